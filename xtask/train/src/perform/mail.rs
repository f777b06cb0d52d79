//! The mail of an announcement: drafted where people find it, and sent by one of them.
//! It must never say that it was sent before somebody says so, nor write over a draft that differs.

use std::{fs, io, path::PathBuf};

use anyhow::{Context as _, Result, bail};

use super::{
    Context, announced,
    forge::assets::{self, Found},
    lease::Stored,
    publish,
};
use crate::tools::{
    forge::{NotSetUp, Release},
    transient::Transient,
};
use plan::{
    edit::typed,
    hash,
    problem::Problem,
    step::{Announcement, Observation, Tagged},
};

/// Where a draft lies.
enum Lies {
    Nowhere,
    At(String),
    /// Nobody can look from here.
    Unobserved(String),
    /// Something else has its name.
    Taken(Problem),
}

/// The draft: the remote remembers its text, so that every machine means the same one.
pub fn observe_draft(cx: &Context<'_>, announcement: &Announcement) -> Result<Observation> {
    let stored = announced::reference(cx, announcement).read()?;
    if let Some(Observation::Done { since, .. }) = stored.as_ref().and_then(announced::sent) {
        return Ok(Observation::Done { evidence: "the mail is sent".to_owned(), since });
    }
    let (drafted, text) = wanted(stored.as_ref(), announcement);
    Ok(match (lies(cx, announcement, &text)?, drafted) {
        (Lies::Taken(problem), _) => Observation::Blocked(problem),
        (Lies::At(place) | Lies::Unobserved(place), Some((since, _))) => {
            Observation::Done { evidence: place, since: Some(since.to_owned()) }
        }
        _ => Observation::Todo,
    })
}

/// Whether it was sent: a person says it.
pub fn observe(cx: &Context<'_>, announcement: &Announcement) -> Result<Observation> {
    let Some(stored) = announced::reference(cx, announcement).read()? else { return Ok(Observation::Todo) };
    if let Some(sent) = announced::sent(&stored) {
        return Ok(sent);
    }
    let Some((_, text)) = drafted(&stored) else { return Ok(Observation::Todo) };
    Ok(match lies(cx, announcement, text)? {
        Lies::At(place) | Lies::Unobserved(place) => Observation::blocked(
            format!("waiting for you to send it: {place}"),
            format!("send it, then {} --announced mail", announced::command(announcement)),
        ),
        _ => Observation::Todo,
    })
}

/// Puts the draft where it is missing.
pub fn draft(cx: &Context<'_>, announcement: &Announcement) -> Result<()> {
    let reference = announced::reference(cx, announcement);
    let stored = reference.read()?;
    let (known, text) = wanted(stored.as_ref(), announcement);
    match release(cx, announcement)? {
        Some(release) => put(cx, announcement, &release, &text)?,
        None => match lies(cx, announcement, &text)? {
            Lies::Taken(problem) => bail!(problem),
            _ => drop(write(cx, announcement, &text)?),
        },
    }
    cx.report.say(format!("          the mail to send: {}", file(cx, announcement).display()));
    if known.is_none() {
        // Who was faster has drafted it: the next look tells.
        reference.swap(stored.as_ref(), &format!("drafted {}\n{text}", announced::now()))?;
    }
    Ok(())
}

/// Adds the draft to a release that is not published yet: a forge may let nobody add anything afterwards.
pub fn attach(cx: &Context<'_>, announcement: &Announcement, release: &Release) -> Result<()> {
    let stored = announced::reference(cx, announcement).read()?;
    if stored.as_ref().is_some_and(|stored| announced::sent(stored).is_some()) {
        return Ok(());
    }
    put(cx, announcement, release, &wanted(stored.as_ref(), announcement).1)
}

fn put(cx: &Context<'_>, announcement: &Announcement, release: &Release, text: &str) -> Result<()> {
    if let Lies::Taken(problem) = on(cx, announcement, release, text)? {
        bail!(problem);
    }
    let path = write(cx, announcement, text)?;
    assets::attach(cx, &announcement.of, release, &name(announcement), &path).map_err(|error| {
        match error.is::<Transient>() {
            true => error,
            false => error.context("the forge did not take the draft (--without forge leaves it here, as a file)"),
        }
    })
}

/// The draft that there is, and its text, or what it shall be.
fn wanted<'s>(stored: Option<&'s Stored>, announcement: &Announcement) -> (Option<(&'s str, &'s str)>, String) {
    let drafted = stored.and_then(drafted);
    (drafted, drafted.map_or_else(|| mail(&announcement.text), |(_, text)| text.to_owned()))
}

/// `drafted WHEN`, and the mail below it.
fn drafted(stored: &Stored) -> Option<(&str, &str)> {
    let (line, text) = stored.text.split_once('\n')?;
    Some((line.strip_prefix("drafted ")?, text))
}

fn lies(cx: &Context<'_>, announcement: &Announcement, text: &str) -> Result<Lies> {
    match NotSetUp::apart(release(cx, announcement))? {
        Ok(Some(release)) => return on(cx, announcement, &release, text),
        Ok(None) => {}
        // The step of the release says it, and what to do.
        Err(Problem { what: why, .. }) => {
            let place = format!("{} for release {}", name(announcement), announcement.of.tag);
            return Ok(Lies::Unobserved(format!("{place}, which is not looked at: {why}")));
        }
    }
    let path = file(cx, announcement);
    match fs::read(&path) {
        Ok(found) if found == text.as_bytes() => Ok(Lies::At(path.display().to_string())),
        Ok(_) => Ok(Lies::Taken(Problem::new(
            format!("{} is another text than the draft", path.display()),
            "move it away, and the same command writes the draft",
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lies::Nowhere),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn on(cx: &Context<'_>, announcement: &Announcement, release: &Release, text: &str) -> Result<Lies> {
    let (of, name) = (&announcement.of, name(announcement));
    Ok(match assets::hash_of(cx, of, release, &name)? {
        None => Lies::Nowhere,
        Some(theirs) if theirs == hash::sha256(text.as_bytes()) => {
            Lies::At(format!("{name}, an asset of release {}", of.tag))
        }
        Some(_) => Lies::Taken(Problem::new(
            format!("release {} has another {name} than the draft", of.tag),
            format!("read it, then gh release delete-asset {} {name}, and the same command", typed(of.tag.as_ref())),
        )),
    })
}

/// The forge's release, when the publication has one.
fn release(cx: &Context<'_>, announcement: &Announcement) -> Result<Option<Release>> {
    if !announcement.has_release {
        return Ok(None);
    }
    Ok(match assets::find(cx, &announcement.of)? {
        Found::One(release) => Some(release),
        Found::None | Found::Drafts(_) => None,
    })
}

fn file(cx: &Context<'_>, announcement: &Announcement) -> PathBuf {
    publish::place(cx, &announcement.of).join(name(announcement))
}

fn write(cx: &Context<'_>, announcement: &Announcement, text: &str) -> Result<PathBuf> {
    let path = file(cx, announcement);
    if !fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
        cx.sh.write_file(&path, text)?;
    }
    Ok(path)
}

fn name(announcement: &Announcement) -> String {
    name_of(&announcement.of, if announcement.is_rollback() { WITHDRAWAL } else { ANNOUNCEMENT })
}

const ANNOUNCEMENT: &str = "announcement";
const WITHDRAWAL: &str = "withdrawal";

/// As every forge and every file system takes it: another character would come back as another name.
fn name_of(of: &Tagged, what: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    format!("{what}-{}.txt", of.tag.replace(|c| !is_plain(c), "-"))
}

/// Whether an asset of the release is such a draft, which is no part of what is released.
pub fn is_draft(of: &Tagged, asset: &str) -> bool {
    [ANNOUNCEMENT, WITHDRAWAL].iter().any(|what| name_of(of, what) == asset)
}

/// The mail as it can be sent: one header, and the text.
pub fn mail(text: &str) -> String {
    // Anything else on the line would begin another header: some programs end a line at more than a line feed.
    let ends_line = |c: char| c.is_control() || ['\u{2028}', '\u{2029}'].contains(&c);
    let subject = text.lines().next().unwrap_or_default().trim_end_matches('.').replace(ends_line, " ");
    format!("Subject: {subject}\n\n{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_header() {
        assert_eq!(mail("x 1 is out.\n- a\n"), "Subject: x 1 is out\n\nx 1 is out.\n- a\n");
        for end in ["\r", "\u{b}", "\u{c}", "\u{1c}", "\u{85}", "\u{2028}", "\u{2029}", "\0", "\r\u{2028}"] {
            let mail = mail(&format!("x 1{end}Bcc: y@example.com is out.\r\n\n- a"));
            let (header, _) = mail.split_once("\n\n").unwrap();
            let spaces = " ".repeat(end.chars().count());
            assert_eq!(header, format!("Subject: x 1{spaces}Bcc: y@example.com is out"), "{end:?}");
        }
        // What follows the first line is the body, whatever it begins with.
        assert!(mail("x\nBcc: y@example.com\n").starts_with("Subject: x\n\nx\nBcc:"));
    }

    #[test]
    fn a_draft_is_remembered_with_its_text() {
        let stored = |text: &str| Stored { object: String::new(), text: text.to_owned() };
        let found = stored("drafted 2026-11-20T00:00:01Z\nSubject: x\n\nx\n");
        assert_eq!(drafted(&found), Some(("2026-11-20T00:00:01Z", "Subject: x\n\nx\n")));
        assert_eq!(announced::sent(&found), None, "nobody says that it was sent");
        for text in ["sent 2026-11-20T00:00:01Z seen by a person\n", "drafted"] {
            assert_eq!(drafted(&stored(text)), None, "{text}");
        }
    }
}
