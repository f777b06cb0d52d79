//! Commits: which lead to which, what they say and what they change.
//! It must never walk further back than it is told to.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::answer::{bytes, fields, named, text};
use plan::{
    conventional::credit,
    ownership::Made,
    repo::{LogEntry, Message, Repo},
};

/// How far back a release's own commit may lie behind later ones.
pub const HORIZON: usize = 1_000;

/// The newest commits that any of `tips` leads to.
pub fn log(sh: &Shell, tips: &[&str], limit: usize) -> Result<Vec<LogEntry>> {
    entries(sh, tips, limit, &[])
}

/// The newest commit that `tip` leads to and that touches any of these files.
pub fn newest_of(sh: &Shell, tip: &str, paths: &[&PathBuf]) -> Result<Option<LogEntry>> {
    Ok(entries(sh, &[tip], 1, paths)?.into_iter().next())
}

/// The commits of the first-parent line of `tip` that bring a change to any of these files, newest first.
pub fn along(sh: &Shell, tip: &str, paths: &[&PathBuf]) -> Result<Vec<LogEntry>> {
    entries(sh, &["--first-parent", tip], HORIZON, paths)
}

fn entries(sh: &Shell, tips: &[&str], limit: usize, paths: &[&PathBuf]) -> Result<Vec<LogEntry>> {
    let limit = limit.to_string();
    let options = ["--max-count", &limit, "--no-show-signature", "--encoding=UTF-8", "--format=%H%x00%P%x00%s"];
    let listed = text(cmd!(sh, "git --literal-pathspecs log {options...} {tips...} -- {paths...}"))?;
    let entry = |line: &str| {
        let mut fields = line.splitn(3, '\0').map(str::to_owned);
        let (commit, parents, subject) = (fields.next()?, fields.next()?, fields.next()?);
        Some(LogEntry { commit, parents: parents.split_whitespace().map(str::to_owned).collect(), subject })
    };
    Ok(listed.lines().filter_map(entry).collect())
}

/// The newest of these commits that touch any of `paths`.
pub fn log_of(sh: &Shell, tips: &[&str], paths: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let limit = HORIZON.to_string();
    let log = cmd!(sh, "git --literal-pathspecs log --max-count {limit} --format=%H {tips...} -- {paths...}");
    Ok(text(log)?.lines().map(str::to_owned).collect())
}

/// The commits that `to` leads to and `without` does not, newest first, with all that they say; no more than `limit`,
/// where there is one.
pub fn messages(sh: &Shell, to: &str, without: Option<&str>, limit: Option<usize>) -> Result<Vec<Message>> {
    let not = without.map(|_| "--not");
    let limit = limit.map(|limit| format!("--max-count={limit}"));
    // No message, no name and no path holds a zero byte; an empty field, which no path is, stands before each commit.
    let format = "--format=format:%x00%H%x00%P%x00%aN%x00%aE%x00%ct%x00%B%x00";
    let options = [
        "--name-only",
        "--no-renames",
        "-O/dev/null",
        "--no-show-signature",
        "--diff-merges=combined",
        "-z",
        "--encoding=UTF-8",
        format,
    ];
    Ok(read_messages(&bytes(cmd!(sh, "git log {limit...} {options...} {to} {not...} {without...} --"))?))
}

fn read_messages(listed: &[u8]) -> Vec<Message> {
    let mut parts = listed.split(|byte| *byte == 0).peekable();
    let mut read = || {
        while parts.next_if(|part| part.is_empty()).is_some() {}
        let mut field = || parts.next().map(legacy);
        let (commit, parents, name, address, time) = (field()?, field()?, field()?, field()?, field()?);
        let text = field()?.trim().to_owned();
        // A merge that changed something by itself has one empty field before its paths; a commit without any, two behind it.
        let mut ahead = parts.clone();
        let is_list = ahead.next().is_some_and(<[u8]>::is_empty) && ahead.next().is_some_and(|part| !part.is_empty());
        if is_list {
            parts.next();
        }
        let mut paths = Vec::new();
        while let Some(path) = parts.next_if(|part| !part.is_empty()) {
            // The list of paths begins on a line of its own.
            let start = if paths.is_empty() { path.iter().take_while(|byte| **byte == b'\n').count() } else { 0 };
            paths.push(named(&path[start..]));
        }
        Some(Message {
            commit,
            parents: parents.split_whitespace().map(str::to_owned).collect(),
            author: credit(&name, &address),
            time: time.parse().unwrap_or_default(),
            text,
            paths,
        })
    };
    std::iter::from_fn(&mut read).collect()
}

/// The commits that `to` leads to since a tag; all of them when there is none.
pub fn messages_since(sh: &Shell, to: &str, tag: Option<&str>, limit: Option<usize>) -> Result<Vec<Message>> {
    let tag = tag.map(|tag| format!("refs/tags/{tag}"));
    messages(sh, to, tag.as_deref(), limit)
}

/// What somebody wrote. git brings a message into UTF-8 when its commit says the encoding; one that does not say it is of
/// a time, or a machine, on which a byte was a letter: ISO 8859-1 is most often right.
fn legacy(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Files that differ between two commits.
pub fn changed(sh: &Shell, from: &str, to: &str) -> Result<Vec<PathBuf>> {
    Ok(fields(&bytes(cmd!(sh, "git diff-tree -r --name-only --no-renames -z {from} {to} --"))?).map(named).collect())
}

/// Files that the index has otherwise than a commit.
pub fn staged(sh: &Shell, commit: &str) -> Result<Vec<PathBuf>> {
    Ok(fields(&bytes(cmd!(sh, "git diff-index --cached --name-only --no-renames -z {commit} --"))?)
        .map(named)
        .collect())
}

/// Whether `commit` is `tip` or one of its ancestors.
pub fn is_ancestor(sh: &Shell, commit: &str, tip: &str) -> Result<bool> {
    Ok(commit == tip || based(sh, Some("--is-ancestor"), commit, tip)?.is_some())
}

/// Those of some tags whose commits are `tip` or one of its ancestors. git walks further for all at once than for each of a
/// few.
pub fn merged<'t>(sh: &Shell, tip: &str, tags: &[&'t str]) -> Result<BTreeSet<&'t str>> {
    const FEW: usize = 8;
    if tags.len() > FEW {
        let format = "%(refname:strip=2)";
        let output = text(cmd!(sh, "git for-each-ref --merged={tip} --format={format} refs/tags"))?;
        let merged: BTreeSet<&str> = output.lines().collect();
        return Ok(tags.iter().copied().filter(|tag| merged.contains(tag)).collect());
    }
    let mut merged = BTreeSet::new();
    for tag in tags {
        if is_ancestor(sh, &format!("refs/tags/{tag}"), tip)? {
            merged.insert(*tag);
        }
    }
    Ok(merged)
}

/// The newest commit that both lead to.
pub fn merge_base(sh: &Shell, one: &str, other: &str) -> Result<Option<String>> {
    based(sh, None, one, other)
}

/// What `git merge-base` answers, if it is no "none".
fn based(sh: &Shell, option: Option<&str>, one: &str, other: &str) -> Result<Option<String>> {
    let output = cmd!(sh, "git merge-base {option...} {one} {other}").quiet().ignore_status().output()?;
    match output.status.code() {
        Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
        Some(1) => Ok(None),
        _ => bail!("git merge-base {one} {other}: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
}

/// Whether this repository made a commit that somebody else names.
pub fn made(sh: &Shell, commit: &str) -> Made {
    let is_name = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let object = format!("{commit}^{{commit}}");
    let found = is_name && cmd!(sh, "git cat-file -e {object}").quiet().ignore_stderr().run().is_ok();
    if found { Made::Here } else { Made::Elsewhere }
}

/// The commits that git was most likely on its way from or to, whatever it did: the head's parents and the branches.
pub fn around(sh: &Shell, repo: &Repo) -> Result<Vec<String>> {
    let parents = log(sh, &["HEAD"], 1)?.into_iter().flat_map(|head| head.parents);
    Ok(parents.chain(repo.branches.values().cloned()).collect())
}

/// The commits on the head that nothing leads to: git was cut off before it had moved a branch to one of them.
pub fn unborn(sh: &Shell, repo: &Repo) -> Result<Vec<String>> {
    let listed = text(cmd!(sh, "git fsck --unreachable --no-reflogs --connectivity-only --no-progress"))?;
    let commits = listed.lines().filter_map(|line| line.strip_prefix("unreachable commit "));
    let asked: String = commits.map(|commit| format!("{commit}\n")).collect();
    // All at once: what was fetched and dropped may be thousands. Without any, git would tell of the head.
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let output = text(cmd!(sh, "git rev-list --no-walk=unsorted --parents --stdin").stdin(asked))?;
    let on_head = output.lines().filter_map(|line| line.split_once(' ')).filter(|(_, parents)| *parents == repo.head);
    Ok(on_head.map(|(commit, _)| commit.to_owned()).collect())
}

/// The commits that this one says to revert, in git's words (git-revert(1)); of a merge, the merge as well.
pub fn reverted_by(sh: &Shell, commit: &str) -> Result<Vec<String>> {
    let body = text(cmd!(sh, "git log --max-count 1 --no-show-signature --encoding=UTF-8 --format=%b {commit} --"))?;
    let message = body.lines().filter(|line| line.starts_with("This reverts commit "));
    let words = message.flat_map(|line| line.split(|char: char| !char.is_ascii_hexdigit()));
    Ok(words.filter(|word| word.len() >= 40).map(str::to_owned).collect())
}

/// What git's log of the head is told before the tag of a release goes that nobody else had.
pub fn unmade_message(tag: &str) -> String {
    format!("rollback: {tag} is unmade")
}

/// Whether the release of that tag was unmade here, and not made again since by a commit with that subject.
pub fn is_unmade(sh: &Shell, tag: &str, subject: &str) -> Result<bool> {
    // Newest first (git-log(1), `--walk-reflogs`).
    let log = cmd!(sh, "git log --walk-reflogs --format=%gs HEAD --").quiet().read()?;
    // A hook may have put a word before the subject, or behind it.
    let last = log
        .lines()
        .find(|entry| *entry == unmade_message(tag) || entry.starts_with("commit") && entry.contains(subject));
    Ok(last.is_some_and(|entry| entry == unmade_message(tag)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_a_merge_changed_by_itself_is_its_own_and_the_next_commit_is_read() {
        // Between a message and the paths of a merge git writes a zero byte, where it writes a line ending of another commit.
        let listed = "\0c3\0c2 b1\0M\0m@x\x003\0Merge branch 'b'\n\nBoth.\0\0both.rs\0deep/two.rs\0\0\
                      \0c2\0c1 a1\0M\0m@x\x002\0Merge branch 'a'\0\0\
                      \0c1\0c0\0A\0a@x\x001\0fix: one\n\0\none.rs\0\0\
                      \0c0\0\0A\0a@x\x000\0\0\0";
        let read: Vec<_> = read_messages(listed.as_bytes())
            .into_iter()
            .map(|message| {
                let paths: Vec<&str> = message.paths.iter().filter_map(|path| path.to_str()).collect();
                format!("{} {:?} {} {}", message.commit, message.text, message.time, paths.join(" "))
            })
            .collect();
        assert_eq!(
            read,
            [
                "c3 \"Merge branch 'b'\\n\\nBoth.\" 3 both.rs deep/two.rs",
                "c2 \"Merge branch 'a'\" 2 ",
                "c1 \"fix: one\" 1 one.rs",
                "c0 \"\" 0 ",
            ]
        );
    }

    #[test]
    fn git_tells_what_a_merge_changed_by_itself() {
        let dir = std::env::temp_dir().join(format!("xtask-history-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(&dir);
        let git = |args: &str| {
            let args = args.split(' ');
            cmd!(sh, "git -c user.name=x -c user.email=x@x.example {args...}").quiet().ignore_stdout().ignore_stderr()
        };
        let commit = |text: &str, subject: &str| {
            std::fs::write(dir.join("both.rs"), text).unwrap();
            git("add --all").run().unwrap();
            git(&format!("commit --quiet --message={subject}")).run().unwrap();
        };
        git("init --quiet --initial-branch=main").run().unwrap();
        commit("first\n", "first");
        git("switch --quiet --create side").run().unwrap();
        commit("side\n", "side");
        git("switch --quiet main").run().unwrap();
        commit("ours\n", "ours");
        let _ = git("merge --quiet side").ignore_status().run();
        commit("both\n", "merged");
        let read: Vec<_> = messages(&sh, "main", None, None)
            .unwrap()
            .into_iter()
            .map(|message| (message.text, message.paths.iter().any(|path| path == Path::new("both.rs"))))
            .collect();
        std::fs::remove_dir_all(&dir).unwrap();
        let mut subjects: Vec<&str> = read.iter().map(|(text, _)| text.as_str()).collect();
        assert!(read.iter().all(|(_, touches)| *touches), "{read:?}");
        assert_eq!(subjects.remove(0), "merged");
        subjects.sort_unstable();
        assert_eq!(subjects, ["first", "ours", "side"]);
    }
}
