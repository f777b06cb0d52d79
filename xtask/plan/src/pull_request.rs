//! What the pull request of a release says: its notes, what moves, which files change, and the checklist.
//! It must never touch what people write before or behind that, nor take back a box that was ticked.

use crate::{
    config::Confirmed,
    edit::{self, Edit, changed_lines, slashed},
    snapshot::Snapshot,
    version::Version,
};

/// As many rows are listed; a forge takes some 65,000 characters in all.
const ROWS: usize = 100;

/// As many characters of notes.
const NOTES: usize = 30_000;

/// The text in Markdown; of each member that moves, its name and both versions.
pub fn body(
    snapshot: &Snapshot,
    to: &Version,
    (moved, edits): (&[[String; 3]], &[Edit]),
    notes: Option<&str>,
) -> String {
    let train = &snapshot.train;
    let mut text = format!(
        "Merge this to release {} {}, in any way: what comes of it on `{}` is tagged.\n",
        train.name(),
        to.tag(),
        train.main
    );
    if let Some(notes) = notes {
        let cut: String = notes.chars().take(NOTES).collect();
        text.push_str(&format!("\n## Notes\n\n{}\n", cut.trim_end()));
    }
    let rows = moved.iter().map(|[name, from, to]| format!("| {name} | {from} | {to} |"));
    text.push_str(&format!("\n## What moves\n\n| member | from | to |\n|---|---|---|\n{}", listed(rows.collect())));
    text.push_str(&files(edits));
    let asked = train.config.checklist.iter().map(|row| match row {
        Confirmed::Ci => "all CI checks pass",
        Confirmed::Review => "what came since the last release is reviewed and approved",
        Confirmed::Website => "README and website say what is released",
    });
    let rows = asked.chain(["the notes say what users see"]).map(|what| format!("- [ ] {what}"));
    text.push_str(&format!("\n## Checklist\n\n{}", listed(rows.collect())));
    text.push_str(&format!("\nAfter the merge, the command that opened this goes on from `{}`.\n", train.main));
    text
}

/// The same of what follows a release: why, and the files.
pub fn follow_up(message: &str, edits: &[Edit]) -> String {
    let why = message.split_once("\n\n").map(|(_, why)| format!("{why}\n")).unwrap_or_default();
    format!("What follows a release that is published.\n{why}{}", files(edits))
}

fn files(edits: &[Edit]) -> String {
    let diffs = edit::diffs(edits);
    let rows = edits.iter().zip(&diffs).filter(|(edit, _)| edit.tracked).map(|(edit, diff)| {
        let (gained, lost) = changed_lines(diff);
        format!("| `{}` | +{gained} | -{lost} |", slashed(&edit.path))
    });
    format!("\n## Files\n\n| file | | |\n|---|---|---|\n{}", listed(rows.collect()))
}

/// How our part of the text begins and ends; what is not between them is for people.
const BEGIN: &str = "<!-- release: written by the release tool, which keeps it up to date -->\n";
const END: &str = "<!-- /release -->\n";

/// The text of a new one.
pub fn marked(body: &str) -> String {
    format!("{BEGIN}{body}{END}")
}

/// Our part of a text, and what is before and behind it; `None` when somebody has made another text of it.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(BEGIN.trim_end())?;
    let (ours, behind) = rest.split_once(END.trim_end())?;
    Some((before, ours, behind))
}

/// Whether our part of a text still says this; a box that was ticked says the same.
pub fn is_same(text: &str, body: &str) -> bool {
    let text = text.replace("\r\n", "\n");
    parts(&text).is_none_or(|(_, ours, _)| unticked(ours).trim() == body.trim())
}

/// A text with our part renewed: what was ticked and is still asked stays so.
pub fn renewed(text: &str, body: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let Some((before, ours, behind)) = parts(&text) else { return text };
    let ticked: Vec<&str> = ours.lines().filter(|line| unticked(line) != **line).collect();
    let line = |line: &str| ticked.iter().find(|was| unticked(was) == line).map_or(line, |was| was).to_owned() + "\n";
    let body: String = body.lines().map(line).collect();
    format!("{before}{BEGIN}{body}{}{behind}", END.trim_end())
}

fn unticked(text: &str) -> String {
    text.replace("- [x] ", "- [ ] ").replace("- [X] ", "- [ ] ")
}

fn listed(rows: Vec<String>) -> String {
    let more = rows.len().saturating_sub(ROWS);
    let mut text: String = rows.iter().take(ROWS).map(|row| format!("{row}\n")).collect();
    if more > 0 {
        text.push_str(&format!("\nand {more} more\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_and_tick_stays() {
        let (old, new) = (
            "## Notes\n\n- one\n\n- [ ] all CI checks pass\n- [ ] gone\n",
            "## Notes\n\n- two\n\n- [ ] all CI checks pass\n",
        );
        let text = marked(old);
        assert!(is_same(&text, old) && !is_same(&text, new));
        let edited =
            format!("Ship it on Monday.\r\n{}\r\ncc @owner\r\n", text.replace("[ ]", "[x]").replace('\n', "\r\n"));
        assert!(is_same(&edited, old), "a box that was ticked says the same");
        let renewed = renewed(&edited, new);
        assert!(is_same(&renewed, new));
        assert!(renewed.starts_with("Ship it on Monday.\n") && renewed.ends_with("\n\ncc @owner\n"), "{renewed}");
        assert!(renewed.contains("- [x] all CI checks pass\n") && !renewed.contains("gone"), "{renewed}");
        assert_eq!(super::renewed(&renewed, new), renewed, "once more changes nothing");
        assert!(is_same("somebody's own words", new), "who took our part out wants another text");
    }
}
