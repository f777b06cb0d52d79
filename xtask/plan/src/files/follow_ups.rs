//! A list of what is still to be done after a release: open items in Markdown, under a heading for each version.
//! It must never tick, reword or repeat an item, nor touch what others wrote there.

use super::changelog::{
    headings::{Heading, headings},
    line_ending,
};

/// What the list begins with when there is none yet.
pub const EMPTY: &str = "# Follow-ups\n";

/// Adds an open item for each text under the heading of `version`, which is made at the end where it is missing. An item
/// that stands there already, open or ticked, stays as it is.
pub fn append(text: &str, version: &str, items: &[String]) -> String {
    let eol = line_ending(text);
    let headings = headings(text);
    let is_own = |heading: &Heading<'_>| heading.level == 2 && first_word(heading.title) == version;
    let begin = headings.iter().position(is_own);
    let next = begin.and_then(|at| headings[at + 1..].iter().find(|heading| heading.level <= 2));
    let end = next.map_or(text.len(), |next| next.span.start);
    let start = begin.map_or(text.len(), |at| headings[at].span.end);
    let mut known: Vec<String> = text[start..end].lines().filter_map(item).map(str::to_owned).collect();
    let mut new = String::new();
    for text in items {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !known.contains(&text) {
            new += &format!("{eol}- [ ] {text}");
            known.push(text);
        }
    }
    if new.is_empty() {
        return text.to_owned();
    }
    // After the last line of the part that says something.
    let last = text[..end].trim_end().len();
    let before = &text[..text[last..end].find(['\r', '\n']).map_or(end, |at| last + at)];
    let blank = if before.is_empty() { "" } else { &eol.repeat(2) };
    match begin {
        None => format!("{before}{blank}## {version}{eol}{new}{eol}"),
        Some(_) => {
            let gap = if before.len() <= start { eol } else { "" };
            let rest = &text[before.len()..];
            format!("{before}{gap}{new}{}", if rest.is_empty() { eol } else { rest })
        }
    }
}

fn first_word(title: &str) -> &str {
    title.split_whitespace().next().unwrap_or_default().trim_matches(['[', ']'])
}

/// What an item says, open or ticked.
fn item(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("- [").or_else(|| line.trim().strip_prefix("* ["))?;
    let (mark, text) = rest.split_once("] ")?;
    matches!(mark, " " | "x" | "X").then(|| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str, version: &str, items: &[&str]) -> String {
        append(text, version, &items.iter().map(|item| item.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn a_version_begins_at_the_end_and_goes_on_under_its_heading() {
        let first = added(EMPTY, "0.9.4", &["announce"]);
        assert_eq!(first, "# Follow-ups\n\n## 0.9.4\n\n- [ ] announce\n");
        let second = added(&first, "0.9.5", &["tell Jane"]);
        assert_eq!(second, "# Follow-ups\n\n## 0.9.4\n\n- [ ] announce\n\n## 0.9.5\n\n- [ ] tell Jane\n");
        let third = added(&second, "0.9.4", &["announce", "look after it"]);
        assert_eq!(
            third,
            "# Follow-ups\n\n## 0.9.4\n\n- [ ] announce\n- [ ] look after it\n\n## 0.9.5\n\n- [ ] tell Jane\n"
        );
    }

    #[test]
    fn what_was_ticked_is_not_opened_again() {
        let text = "## 0.9.4 - 2026-12-02\r\n\r\n- [x] announce\r\n";
        assert_eq!(added(text, "0.9.4", &["announce"]), text);
        assert_eq!(added(text, "0.9.4", &["two\nlines"]), format!("{text}- [ ] two lines\r\n"));
        // Another version's is another one.
        assert!(added(text, "0.9.5", &["announce"]).ends_with("\r\n\r\n## 0.9.5\r\n\r\n- [ ] announce\r\n"));
    }

    #[test]
    fn odd_files_stay_readable() {
        assert_eq!(added("", "1.0.0", &["x"]), "## 1.0.0\n\n- [ ] x\n");
        assert_eq!(added("no end", "1.0.0", &["x"]), "no end\n\n## 1.0.0\n\n- [ ] x\n");
        assert_eq!(added("## 1.0.0\n# Later\n", "1.0.0", &["x"]), "## 1.0.0\n\n- [ ] x\n# Later\n");
        assert_eq!(added("text", "1.0.0", &[]), "text");
        let spaced = "## 1.0.0\n\n- [x] y  \t\n\n## 0.9.0\n";
        assert_eq!(added(spaced, "1.0.0", &["x"]), spaced.replace("\t\n", "\t\n- [ ] x\n"), "spaces at an end stay");
    }

    /// Said twice is said once, and nothing that stood there is lost.
    #[test]
    fn law_twice_is_once() {
        for text in
            ["", EMPTY, "## 1.0.0\n", "a\n\n## 1.0.0\n\n- [ ] y\n\n\n## 0.9.0\n\n- [x] x\n\n", "x\r\n## 1.0.0\r\n"]
        {
            let once = added(text, "1.0.0", &["x", "x", "z"]);
            assert_eq!(added(&once, "1.0.0", &["z", "x"]), once, "{text:?}");
            let left = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            let now = left(&once);
            assert!(left(text).iter().all(|line| now.contains(line)), "{text:?}");
        }
    }
}
