//! What a tag records of its release for later commands: a block of git trailers at the end of its message.
//! It must never read a fact out of other text: only the last block counts, and only when it names the tag that it is of.

use serde::Serialize;

use crate::visible;

/// The first trailer of every block: it makes the block ours, whatever the text before it looks like.
const RELEASE: &str = "Release";
/// The same in the tag that says that a release was rolled back.
const ROLLBACK_OF: &str = "Rollback-of";
const HOTFIX_OF: &str = "Hotfix-of";
const CONFIRMED: &str = "Confirmed";
const WAIVED: &str = "Waived";
const NOT_VERIFIED: &str = "Not-verified";

/// A reason is one line of a tag, not a report.
const LONGEST_REASON: usize = 160;

/// The facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Record {
    /// The tag of the release that a hotfix fixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotfix_of: Option<String>,
    /// What a person confirmed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
    /// The checks that the captain set aside.
    pub waived: Vec<String>,
    /// The checks that could not be made.
    pub not_verified: Vec<NotVerified>,
}

/// A check that could not be made, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotVerified {
    pub name: String,
    pub why: String,
}

/// What a tag is of.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    Release(String),
    Rollback(String),
}

impl std::fmt::Display for NotVerified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.why.as_str() {
            "" => f.write_str(&self.name),
            why => write!(f, "{} ({why})", self.name),
        }
    }
}

impl NotVerified {
    /// The reason on one line, and not too long for one.
    pub fn new(name: &str, why: &str) -> NotVerified {
        let words = why.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let why = words.collect::<Vec<_>>().join(" ");
        let (start, more) = visible::start(&why, LONGEST_REASON);
        NotVerified { name: name.to_owned(), why: format!("{}{more}", start.trim_end()) }
    }

    fn parse(value: &str) -> NotVerified {
        let reason = value.split_once(" (").and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
        let (name, why) = reason.unwrap_or((value, ""));
        NotVerified { name: name.to_owned(), why: why.to_owned() }
    }
}

impl Record {
    /// Whether a check was set aside.
    pub fn waives(&self, name: &str) -> bool {
        self.waived.iter().any(|waived| waived == name)
    }

    /// No check was set aside, and none was impossible.
    pub fn is_clean(&self) -> bool {
        self.waived.is_empty() && self.not_verified.is_empty()
    }

    /// The message with the block at its end.
    pub fn append_to(&self, message: &str, of: &Of) -> String {
        let mut lines = vec![match of {
            Of::Release(tag) => format!("{RELEASE}: {tag}"),
            Of::Rollback(tag) => format!("{ROLLBACK_OF}: {tag}"),
        }];
        lines.extend(self.hotfix_of.iter().map(|of| format!("{HOTFIX_OF}: {of}")));
        lines.extend(self.confirmed.iter().map(|name| format!("{CONFIRMED}: {name}")));
        lines.extend(self.waived.iter().map(|name| format!("{WAIVED}: {name}")));
        lines.extend(self.not_verified.iter().map(|check| format!("{NOT_VERIFIED}: {check}")));
        format!("{}\n\n{}", message.trim_end(), lines.join("\n"))
    }

    /// Whether the message of that tag has a block.
    pub fn is_in(message: &str, tag: &str) -> bool {
        own_block(message, tag).is_some()
    }

    /// Reads the message of that tag. A tag of an older tool, or of a person, has no block: what such tags say of waivers
    /// and hotfixes is read as it was written then.
    pub fn read(message: &str, tag: &str) -> Record {
        let Some(block) = own_block(message, tag) else { return before_trailers(message) };
        let mut record = Record::default();
        for (key, value) in block {
            match key.as_str() {
                HOTFIX_OF => record.hotfix_of = Some(value),
                CONFIRMED => record.confirmed.push(value),
                WAIVED => record.waived.push(value),
                NOT_VERIFIED => record.not_verified.push(NotVerified::parse(&value)),
                _ => {}
            }
        }
        record
    }
}

/// The trailers of the last paragraph, when it is the block of that tag.
fn own_block(message: &str, tag: &str) -> Option<Vec<(String, String)>> {
    let mut trailers: Vec<(String, String)> = Vec::new();
    for line in paragraphs(message).pop()? {
        // A long line may have been folded: then it goes on with a space.
        if line.starts_with([' ', '\t']) {
            let (_, value) = trailers.last_mut()?;
            *value = format!("{value} {}", line.trim()).trim_start().to_owned();
            continue;
        }
        let (key, value) = line.split_once(':')?;
        trailers.push((key.trim_end().to_owned(), value.trim().to_owned()));
    }
    let (key, value) = trailers.first()?;
    let is_ours = match key.as_str() {
        RELEASE => value == tag,
        ROLLBACK_OF => tag.strip_suffix(value.as_str()).is_some_and(|before| before.ends_with('/')),
        _ => false,
    };
    is_ours.then_some(trailers)
}

fn paragraphs(message: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = message.trim_end().lines().map(str::trim_end).collect();
    let blocks = lines.split(|line| line.is_empty()).filter(|block| !block.is_empty());
    blocks.map(<[&str]>::to_vec).collect()
}

/// What older tags say: `Hotfix of v0.9.3` at the head of the message, and at its end lines like
/// `Waived: image: build house` and `Not proved: pytest -q: no python`.
fn before_trailers(message: &str) -> Record {
    let blocks = paragraphs(message);
    let hotfix = blocks.iter().take(2).find_map(|block| block.first()?.strip_prefix("Hotfix of "));
    let mut record =
        Record { hotfix_of: hotfix.map(|of| of.trim().trim_end_matches('.').to_owned()), ..Record::default() };
    let named = |line: &str, key: &str| {
        let (name, what) = line.strip_prefix(key)?.split_once(": ")?;
        Some((name.to_owned(), what.to_owned()))
    };
    for block in blocks.iter().skip(1).rev() {
        let waived: Option<Vec<_>> = block.iter().map(|line| named(line, "Waived: ")).collect();
        let not_proved: Option<Vec<_>> = block.iter().map(|line| named(line, "Not proved: ")).collect();
        match (waived, not_proved) {
            (Some(waived), _) => record.waived = waived.into_iter().map(|(name, _)| name).collect(),
            (_, Some(not)) => {
                record.not_verified = not.iter().map(|(name, why)| NotVerified::new(name, why)).collect();
            }
            _ => break,
        }
    }
    record
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn release(tag: &str) -> Of {
        Of::Release(tag.to_owned())
    }

    #[test]
    fn a_block_reads_as_people_would_write_it() {
        let record = Record {
            hotfix_of: Some("v0.9.3".to_owned()),
            confirmed: vec!["website".to_owned()],
            waived: vec!["ci".to_owned()],
            not_verified: vec![NotVerified::new("image", "no container\nengine")],
        };
        let message = record.append_to("Release version 0.9.4\n\n### Fixed\n\n- x\n\n", &release("v0.9.4"));
        assert_eq!(
            message,
            "Release version 0.9.4\n\n### Fixed\n\n- x\n\n\
             Release: v0.9.4\nHotfix-of: v0.9.3\nConfirmed: website\nWaived: ci\nNot-verified: image (no container engine)"
        );
        assert_eq!(Record::read(&message, "v0.9.4"), record);
        let rollback = Record::default().append_to("Rollback of v0.9.4 to v0.9.3", &Of::Rollback("v0.9.4".to_owned()));
        assert_eq!(rollback, "Rollback of v0.9.4 to v0.9.3\n\nRollback-of: v0.9.4");
        assert_eq!(Record::read(&rollback, "rollback/v0.9.4"), Record::default());
    }

    #[test]
    fn a_rollbacks_block_names_the_whole_tag_that_it_takes_back() {
        for (of, is_ours) in
            [("v0.9.4", true), ("0.9.4", false), ("4", false), ("v0.9.3", false), ("rollback/v0.9.4", false)]
        {
            let message = format!("Rollback\n\nRollback-of: {of}\nWaived: ci");
            assert_eq!(Record::is_in(&message, "rollback/v0.9.4"), is_ours, "{of}");
        }
    }

    #[test]
    fn only_a_record_of_nothing_is_clean() {
        let check = || vec![NotVerified::new("image", "")];
        for (waived, not_verified, is_clean) in [
            (vec![], vec![], true),
            (vec!["ci".to_owned()], vec![], false),
            (vec![], check(), false),
            (vec!["ci".to_owned()], check(), false),
        ] {
            let record = Record { waived, not_verified, ..Record::default() };
            assert_eq!(record.is_clean(), is_clean, "{record:?}");
        }
    }

    #[test]
    fn a_reason_is_one_line_that_is_cut_where_it_is_long() {
        let long = |many: usize| "ä".repeat(many);
        assert_eq!(NotVerified::new("x", &long(LONGEST_REASON)).why, long(LONGEST_REASON));
        assert_eq!(NotVerified::new("x", &long(LONGEST_REASON + 1)).why, format!("{}…", long(LONGEST_REASON)));
        assert_eq!(NotVerified::new("x", " a\n\tb\u{1b}c ").why, "a b c");
    }

    #[test]
    fn only_our_block_counts() {
        let waived = |names: &[&str]| Record {
            waived: names.iter().map(|name| name.to_string()).collect(),
            ..Record::default()
        };
        for (message, expected) in [
            ("Release version 1\n\n- x\n\nWaived: ci\n\nRelease: v1", waived(&[])),
            ("Release version 1\n\nRelease: v1\nWaived: ci", waived(&["ci"])),
            ("Release version 1\r\n\r\nRelease: v1\r\nWaived: ci\r\n", waived(&["ci"])),
            ("Release version 1\n\nRelease: v1\nWaived:\n ci\nChange-Id: I1", waived(&["ci"])),
            ("Release version 1\n\nRelease: v2\nWaived: ci", waived(&[])),
            ("Release version 1\n\nRelease: v1\nWaived: ci\n\nand more", waived(&[])),
            ("Release version 1\n\nRelease: v1\nWaived: ci\nand more", waived(&[])),
            ("Release version 1\n\nNotes.\n\nWaived: x", waived(&[])),
            ("", waived(&[])),
        ] {
            assert_eq!(Record::read(message, "v1"), expected, "{message}");
        }
    }

    #[test]
    fn tags_of_older_tools_are_read_as_they_were_written() {
        let message = "Release version 0.9.4\n\nHotfix of v0.9.3\n\n### Fixed\n\n- Waived: no\n\n\
                       Waived: ci: all CI checks pass on 123\nWaived: image: build house\n\n\
                       Not proved: pytest -q: no python";
        let expected = Record {
            hotfix_of: Some("v0.9.3".to_owned()),
            waived: vec!["ci".to_owned(), "image".to_owned()],
            not_verified: vec![NotVerified::new("pytest -q", "no python")],
            ..Record::default()
        };
        assert_eq!(Record::read(message, "v0.9.4"), expected);
        assert_eq!(Record::read("Hotfix of v0.9.3.", "v0.9.4").hotfix_of.as_deref(), Some("v0.9.3"));
        let text =
            "Release version 0.9.4\n\nThis is no Hotfix of anything\n\nHotfix of a wrong note\n\nWaived: x: y\n\nEnd";
        assert_eq!(Record::read(text, "v0.9.4"), Record::default());
    }

    fn records() -> impl Strategy<Value = Record> {
        let name = "[a-z][a-z0-9-]{0,12}";
        let not = (name, "\\PC{0,30}|[ -~\n\t]{0,220}").prop_map(|(name, why)| NotVerified::new(&name, &why));
        let of = proptest::option::of("[a-z]{0,5}-?v[0-9.]{1,6}[0-9]");
        let names = || proptest::collection::vec(name, 0..4);
        (of, names(), names(), proptest::collection::vec(not, 0..4)).prop_map(
            |(hotfix_of, confirmed, waived, not_verified)| Record { hotfix_of, confirmed, waived, not_verified },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(
            record in records(),
            body in "([a-zA-Z-]{1,9}: [a-z ]{0,9}|\\PC{0,20}|Waived: ci|Release: v1|---|```|# x|)(\r?\n([A-Z][a-z]{1,9}: [a-z]{0,9}|\\PC{0,20}|))*",
        ) {
            let message = record.append_to(&format!("Release version 1\n\n{body}"), &release("v1"));
            prop_assert_eq!(Record::read(&message, "v1"), record.clone());
            // As git keeps it: without blanks at the ends of lines.
            let kept: String = message.lines().map(|line| format!("{}\n", line.trim_end())).collect();
            prop_assert_eq!(Record::read(&kept, "v1"), record);
        }
    }
}
