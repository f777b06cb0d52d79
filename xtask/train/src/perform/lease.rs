//! One publisher at a time, on any machine: a ref on the remote says who is at it, and beats while it lives.
//! It must never be taken from one that lives, nor outlive a publisher for more than a few beats.

use std::{
    path::PathBuf,
    sync::{
        atomic::Ordering,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::{Context, git};
use crate::{clock, repo, tools::child};
use plan::{
    patience,
    step::{Group, Tagged},
};

/// How long the holder of another clone may be silent before it is taken for dead.
const SILENCE: Duration = Duration::from_secs(90);

/// A ref on the remote that only one can make: git compares before it swaps.
#[derive(Clone)]
pub struct Ref {
    top: PathBuf,
    remote: String,
    pub name: String,
}

/// What a ref says, and which object says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub object: String,
    pub text: String,
}

impl Stored {
    /// Who holds a lease, as it says.
    fn holder(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

impl Ref {
    pub fn new(cx: &Context<'_>, of: &Tagged, name: &str) -> Ref {
        let name = format!("refs/xtask/{}/{name}", of.tag);
        // Where it is pushed it is read, too; what is wrong with the remote is reported when its tag is observed.
        let remote = git::remote::address(cx.sh, &of.remote).unwrap_or_else(|_| of.remote.clone());
        Ref { top: cx.sh.current_dir(), remote, name }
    }

    fn shell(&self) -> Result<Shell> {
        let sh = Shell::new()?;
        sh.change_dir(&self.top);
        sh.set_var("GIT_TERMINAL_PROMPT", "0");
        Ok(sh)
    }

    /// What the remote has under this name.
    pub fn read(&self) -> Result<Option<Stored>> {
        let (sh, remote, name) = (self.shell()?, &self.remote, &self.name);
        let mut tries = 5;
        loop {
            let listed = git::remote::asked(&sh, remote, &[name])?;
            if !listed.ok() {
                bail!("{remote} did not answer: {}", listed.last_lines());
            }
            let Some(object) = listed.out.split_whitespace().next() else { return Ok(None) };
            let fetch = cmd!(sh, "git fetch --quiet --no-tags --no-write-fetch-head -- {remote} {name}");
            let fetched = child::ask(fetch.into())?;
            let stored = child::ask(cmd!(sh, "git cat-file blob {object}").into())?;
            if stored.ok() {
                return Ok(Some(Stored { object: object.to_owned(), text: stored.out }));
            }
            // Somebody moved or removed it before it was fetched: what it says now is what counts.
            tries -= 1;
            if tries == 0 {
                bail!("{name} could not be read: {} {}", fetched.last_lines(), stored.last_lines());
            }
        }
    }

    /// Makes it say `text` if it still says `old`; `false` when somebody was faster.
    pub fn swap(&self, old: Option<&Stored>, text: &str) -> Result<Option<Stored>> {
        let (sh, remote, name) = (self.shell()?, &self.remote, &self.name);
        let object = cmd!(sh, "git hash-object -w --stdin").stdin(text).quiet().read()?;
        let expected = old.map_or("", |stored| stored.object.as_str());
        let lease = format!("--force-with-lease={name}:{expected}");
        let pushed = child::ask(cmd!(sh, "git push --quiet --porcelain {lease} -- {remote} {object}:{name}").into())?;
        if pushed.ok() {
            return Ok(Some(Stored { object, text: text.to_owned() }));
        }
        let now = self.read()?;
        if now.as_ref().is_some_and(|now| now.object == object) {
            return Ok(now);
        }
        if now.as_ref().map(|now| &now.object) == old.map(|old| &old.object) {
            bail!("{remote} did not take {name}: {}", pushed.last_lines());
        }
        Ok(None)
    }

    /// Removes it if it still says `old`.
    pub fn remove(&self, old: &Stored) -> Result<()> {
        let (sh, remote, name) = (self.shell()?, &self.remote, &self.name);
        let lease = format!("--force-with-lease={name}:{}", old.object);
        let pushed = child::ask(cmd!(sh, "git push --quiet {lease} -- {remote} :{name}").into())?;
        if !pushed.ok() && self.read()?.is_some_and(|now| now.object == old.object) {
            bail!("{remote} did not remove {name}: {}", pushed.last_lines());
        }
        Ok(())
    }
}

/// Held while a group is published.
pub struct Lease {
    reference: Ref,
    /// It beats as long as this is there.
    alive: Option<Sender<()>>,
    beating: Option<JoinHandle<Stored>>,
}

impl Lease {
    /// Takes the group, or waits until whoever has it lets go or falls silent.
    pub fn take(cx: &Context<'_>, of: &Tagged, group: Group) -> Result<Lease> {
        let silence = match std::env::var("XTASK_LEASE_SECONDS").ok() {
            Some(text) => patience::seconds("XTASK_LEASE_SECONDS", &text)?,
            None => SILENCE,
        };
        let reference = Ref::new(cx, of, &format!("lease/{group}"));
        let clone = clone_id(cx)?;
        let mut watched: Option<Watched> = None;
        loop {
            let is_dead = |held: &Stored| {
                let is_silent = |last: &Watched| last.stored == *held && last.silent >= silence;
                // In this clone no other publisher runs: the lock beside the repository says so.
                held.holder() == clone || watched.as_ref().is_some_and(is_silent)
            };
            let stored = match reference.read()? {
                Some(held) if !is_dead(&held) => held,
                left => match reference.swap(left.as_ref(), &beat(&clone))? {
                    Some(stored) => return Ok(Lease::hold(reference, stored, clone, silence / 4)),
                    None => continue,
                },
            };
            match &mut watched {
                Some(watched) => watched.look(stored, Instant::now(), silence),
                None => {
                    let who = stored.holder();
                    cx.report.say(format!("  waiting: {who} is publishing {} ({group})", of.tag));
                    watched = Some(Watched { stored, silent: Duration::ZERO, looked: Instant::now() });
                }
            }
            if cx.interrupted.load(Ordering::Relaxed) {
                bail!("interrupted; the same command starts it again");
            }
            std::thread::sleep(Duration::from_millis(500).min(silence / 4));
        }
    }

    /// Keeps what was taken, until it is dropped: at the end, and when the publisher panics.
    fn hold(reference: Ref, stored: Stored, clone: String, every: Duration) -> Lease {
        let (alive, ended) = mpsc::channel();
        let beating = std::thread::spawn({
            let reference = reference.clone();
            move || keep_beating(&reference, stored, &clone, every, &ended)
        });
        Lease { reference, alive: Some(alive), beating: Some(beating) }
    }
}

/// What the ref held last, and for how long it has not changed.
struct Watched {
    stored: Stored,
    silent: Duration,
    looked: Instant,
}

impl Watched {
    /// Eight looks are the least before a silence is over: where a look takes long, a beat of the holder does, too.
    fn look(&mut self, stored: Stored, now: Instant, silence: Duration) {
        let passed = now.saturating_duration_since(self.looked).min(silence / 8);
        self.silent = if stored == self.stored { self.silent + passed } else { Duration::ZERO };
        (self.stored, self.looked) = (stored, now);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.alive.take());
        if let Some(Ok(stored)) = self.beating.take().map(JoinHandle::join) {
            // Left behind, it falls silent and is taken by the next.
            let _ = self.reference.remove(&stored);
        }
    }
}

/// Which clone this is: the place, and a word that only this place knows.
fn clone_id(cx: &Context<'_>) -> Result<String> {
    let sh = cx.sh;
    let common = repo::path(cmd!(sh, "git rev-parse --path-format=absolute --git-common-dir"))?;
    let path = common.join("xtask-clone");
    if let Ok(id) = std::fs::read_to_string(&path)
        && !id.is_empty()
    {
        return Ok(id);
    }
    let host = cmd!(sh, "hostname").quiet().ignore_stderr().read().unwrap_or_default();
    let id = format!("{}-{}-{}", host.trim(), std::process::id(), clock::system().as_nanos());
    std::fs::write(&path, &id).with_context(|| path.display().to_string())?;
    Ok(id)
}

fn beat(clone: &str) -> String {
    format!("{clone}\nprocess {} at {}\n", std::process::id(), clock::system().as_nanos())
}

fn keep_beating(reference: &Ref, mut stored: Stored, clone: &str, every: Duration, ended: &Receiver<()>) -> Stored {
    let mut last = Instant::now();
    while ended.recv_timeout(every.saturating_sub(last.elapsed())) == Err(RecvTimeoutError::Timeout) {
        // Counted from where a beat begins: on a slow machine, the push takes a while.
        last = Instant::now();
        // A beat that is lost is no harm: the next one comes.
        if let Ok(Some(next)) = reference.swap(Some(&stored), &beat(clone)) {
            stored = next;
        }
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::TempDir;

    #[test]
    fn a_panic_leaves_no_lease_behind() {
        let dir = TempDir::new().unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(dir.path());
        cmd!(sh, "git init --quiet --bare remote.git").run().unwrap();
        cmd!(sh, "git init --quiet here").run().unwrap();
        let remote = dir.path().join("remote.git").display().to_string();
        let name = "refs/xtask/v1/lease/crates".to_owned();
        let reference = Ref { top: dir.path().join("here"), remote, name };
        let stored = reference.swap(None, &beat("here-1-2")).unwrap().unwrap();
        let panicked = std::thread::spawn({
            let reference = reference.clone();
            move || {
                let _lease = Lease::hold(reference.clone(), stored, "here-1-2".to_owned(), Duration::from_secs(60));
                assert!(reference.read().unwrap().is_none(), "it is held");
            }
        });
        assert!(panicked.join().is_err());
        assert_eq!(reference.read().unwrap(), None);
    }

    #[test]
    fn a_stall_of_the_watcher_is_no_silence_of_the_holder() {
        let (silence, begun) = (Duration::from_secs(80), Instant::now());
        let stored = |text: &str| Stored { object: text.to_owned(), text: text.to_owned() };
        let mut watched = Watched { stored: stored("a"), silent: Duration::ZERO, looked: begun };
        let mut now = begun;
        for (text, passed, silent) in
            [("a", 1, 1), ("a", 3, 4), ("a", 500, 14), ("b", 500, 0), ("b", 2, 2), ("b", 70, 12), ("b", 0, 12)]
        {
            now += Duration::from_secs(passed);
            watched.look(stored(text), now, silence);
            assert_eq!(watched.silent.as_secs(), silent, "{text} after {passed} s");
        }
    }
}
