//! Tells which checks a release went on without: one line, with the one command that makes up for all of them.
//! It must never propose to send something out past a confirmation without saying that this waives it.

use super::Session;
use crate::{perform::Unverified, resume_point::Intent};
use plan::{problem::grouped, tool::TOOL, train::Train, version::Version};

/// The line; `None` when every check was made or waived.
pub fn line(unverified: &[Unverified], command: &str, train: &Train) -> Option<String> {
    if unverified.is_empty() {
        return None;
    }
    let reasons = grouped(unverified.iter().map(|one| (&*one.check.why, &*one.check.name)));
    let reasons: Vec<String> = reasons.iter().map(|(why, names)| format!("{} ({why})", names.join(", "))).collect();
    let confirmations: Vec<&Unverified> = unverified.iter().filter(|one| one.is_confirmation).collect();
    let next = grouped(confirmations.iter().map(|one| ((), one.next.as_str()))).pop().unwrap_or_default().1;
    let waivers: Vec<String> = confirmations.iter().map(|one| format!("--waive {}", one.check.name)).collect();
    let next = match waivers.is_empty() {
        true => format!("{TOOL} smoke{} on a machine that can", train.config.option()),
        false => {
            format!("{}, then {command} --push; or without: {command} --push {}", next.join(", "), waivers.join(" "))
        }
    };
    Some(format!("not verified: {}; next: {next}", reasons.join(", ")))
}

/// The command again, as it can be typed.
pub fn command(session: &Session<'_>, intent: &Intent, train: &Train, to: &Version) -> String {
    let mut args = vec![TOOL.to_string()];
    match intent {
        Intent::Release(_) => args.push(format!("release {}", to.tag())),
        Intent::Hotfix(_) => args.push(format!("hotfix {}", to.tag())),
        Intent::Postfix(fix) => {
            args.push("postfix".to_owned());
            args.extend(fix.note.iter().map(|note| format!("--note {}", quoted(note))));
            args.extend(fix.issue.iter().map(|issue| format!("--issue {}", issue)));
        }
    }
    args.extend(session.manifest.iter().map(|path| format!("--manifest-path {}", quoted(&path.to_string_lossy()))));
    format!("{}{}", args.join(" "), train.config.option())
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,#@%".contains(c);
    match !word.is_empty() && !word.starts_with('#') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}
