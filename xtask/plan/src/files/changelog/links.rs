//! Where a changelog leads to: the links in its headings, and the definitions `[label]: address` wherever they stand.
//! It must never take a definition for an entry, nor move a link whose form it does not know: that is told.

mod comparison;
mod definitions;
mod release;

use std::{collections::BTreeMap, ops::Range};

pub use self::definitions::{definitions, start, without_definitions};
use self::{
    comparison::{Comparison, is_between, is_version, path},
    definitions::{Definition, end_of_label, normal},
    release::Release,
};
use super::{
    Section,
    headings::{Is, Line, lines},
    names::Log,
    read, section,
};

/// The body with those definitions of the whole text that it uses and does not hold, so that it can stand alone.
pub fn with_definitions(text: &str, body: &str) -> String {
    let body = without_tail(body);
    let held: Vec<String> = definitions(body).iter().map(|found| normal(found.label)).collect();
    let used = references(body);
    let mut reported: Vec<String> = Vec::new();
    let mut out = body.to_owned();
    for found in definitions(text) {
        let label = normal(found.label);
        // The first definition of a label counts.
        if held.contains(&label) || reported.contains(&label) || !used.contains(&label) {
            continue;
        }
        let gap = if reported.is_empty() { "\n\n" } else { "\n" };
        // In a line, wherever it stands.
        let shown = text[found.line.clone()].lines().map(|line| line.trim_start_matches([' ', '>']).trim());
        out.push_str(&format!("{gap}{}", shown.collect::<Vec<_>>().join(" ")));
        reported.push(label);
    }
    out
}

/// The body without what stands between it and the next section: a rule, the anchor of that one, links of versions.
fn without_tail(body: &str) -> &str {
    let mut rest = body.trim_end();
    while let Some(line) = lines(rest).pop().filter(|line| line.is == Is::Text) {
        let above = &rest[..line.span.start];
        let is_rule =
            matches!(line.text.trim(), "---" | "***" | "___") && (above.ends_with("\n\n") || above.ends_with("\n\r\n"));
        let is_anchor =
            ["<a name=", "<a id="].iter().any(|sign| line.text.starts_with(sign)) && line.text.ends_with("</a>");
        let of_version = |found: &Definition<'_>| normal(found.label) == "unreleased" || is_version(found.label);
        let is_link = definitions(line.text).iter().any(of_version);
        if !(is_rule || is_anchor || is_link) {
            break;
        }
        rest = above.trim_end();
    }
    rest
}

/// Everything between brackets that could be a label, outside code. A label may go on in the next line.
fn references(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    for paragraph in lines(body)
        .chunk_by(|one, next| [one, next].iter().all(|line| line.is == Is::Text && !line.text.trim().is_empty()))
    {
        let words: Vec<&str> = paragraph.iter().filter(|line| line.is == Is::Text).map(|line| line.text).collect();
        let words = words.join("\n");
        let prose: String = words.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for (at, _) in prose.match_indices('[') {
            let inner = &prose[at + 1..];
            // `[text](address)` refers to nothing.
            if let Some(end) = end_of_label(inner).filter(|end| !inner[end + 1..].starts_with('(')) {
                found.push(normal(&inner[..end]));
            }
        }
    }
    found
}

/// An entry of the text `from` as it can stand in the text `to`: where a label means nothing there, or something else, its
/// address takes its place.
pub fn with_addresses(entry: &str, from: &str, to: &str) -> String {
    // The first definition of a label counts, and a footnote is no address.
    let meaning = |text: &str| -> BTreeMap<String, String> {
        let found = definitions(text).into_iter().rev().filter(|found| !found.label.starts_with('^'));
        let address = |found: &Definition<'_>| text[found.address.start..found.line.end].trim().to_owned();
        found.map(|found| (normal(found.label), address(&found))).collect()
    };
    let (mut theirs, ours) = (meaning(from), meaning(to));
    theirs.retain(|label, address| ours.get(label) != Some(address));
    let mut changes = Vec::new();
    let defined = definitions(entry);
    let is_prose =
        |line: &Line<'_>| line.is == Is::Text && !defined.iter().any(|found| found.line.contains(&line.span.start));
    for line in lines(entry).into_iter().filter(is_prose) {
        let mut at = line.span.start;
        for (number, prose) in line.text.split('`').enumerate() {
            if number % 2 == 0 {
                changes.extend(
                    addressed(prose, &theirs).into_iter().map(|(span, new)| (at + span.start..at + span.end, new)),
                );
            }
            at += prose.len() + 1;
        }
    }
    apply(entry, changes)
}

/// What brackets in a line refer to, and what to write in the place of the label.
fn addressed(prose: &str, addresses: &BTreeMap<String, String>) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = prose[from..].find('[').map(|at| from + at + 1) {
        from = start;
        let Some(end) = prose[start..].find(['[', ']']).map(|at| start + at).filter(|at| prose[*at..].starts_with(']'))
        else {
            continue;
        };
        from = end + 1;
        let after = &prose[from..];
        if after.starts_with(['(', ':']) {
            continue;
        }
        // `[text][label]`, `[label][]` or `[label]`.
        let second = after.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(label, _)| label);
        let label = second.filter(|label| !label.is_empty()).unwrap_or(&prose[start..end]);
        let gone = from..from + second.map_or(0, |label| label.len() + 2);
        if let Some(address) = addresses.get(&normal(label)) {
            found.push((gone.clone(), format!("({address})")));
        }
        from = gone.end;
    }
    found
}

/// Has the link of Unreleased start at the new tag, and gives the section of `version` its own: in the heading where the
/// file's links are there, else as a definition. `tags` are that of the release before, if there is one, and of this one.
pub fn advance<'a>(log: impl Into<Log<'a>>, version: &str, tags: (Option<&str>, &str)) -> String {
    let log @ Log { text, .. } = log.into();
    let defined = definitions(text);
    let link_of = |section: &Section| link_of(text, &defined, section);
    let release = Release { log, version, tags };
    let Some(own) = section(log, version) else { return text.to_owned() };
    let unreleased = section(log, "Unreleased").and_then(|section| Some((link_of(&section)?, section.name)));
    let newest = read(log).into_iter().filter(|other| is_version(&other.name) && other.name != own.name);
    let newest = newest.filter_map(|other| Some((link_of(&other)?, other.name))).next();
    let compared = |link: &Link| Comparison::of_unreleased(&text[link.address.clone()], tags.0.unwrap_or_default());
    let range = unreleased.as_ref().and_then(|(link, _)| compared(link)).map(|range| release.opened(range));
    let own_link = link_of(&own);
    // Before its release it may have been compared with what is on main.
    let open = own_link.as_ref().and_then(compared).filter(Comparison::is_open);
    let address = match (open.as_ref().or(range.as_ref()), &newest) {
        (Some(range), _) => Some(match release.base(range.base()) {
            Some(base) => range.between(&base, tags.1),
            None => range.page(tags.1),
        }),
        (None, Some((link, name))) => release.successor(&text[link.address.clone()], name),
        (None, None) => None,
    };
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    if let (Some((link, _)), Some(range)) = (&unreleased, &range) {
        changes.push((link.address.clone(), range.from(tags.1)));
    }
    let beside = unreleased.as_ref().filter(|_| range.is_some()).or(newest.as_ref());
    match (&own_link, beside, address) {
        (Some(link), _, Some(address)) if open.is_some() => changes.push((link.address.clone(), address)),
        (None, Some((beside, _)), Some(address)) => changes.push(release.place(&own, beside, &address)),
        _ => {}
    }
    changes.extend(release.reported(&own));
    // The link that led to main is that of the release now, and Unreleased gets one of its own.
    let bare = section(log, "Unreleased").filter(|_| unreleased.is_none());
    if let (Some(link), Some(open), Some(bare)) = (&own_link, &open, bare) {
        changes.push(release.place(&bare, link, &open.from(tags.1)));
    }
    apply(text, changes)
}

/// The text with each of these places replaced; they do not meet.
pub(super) fn apply(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(span, _)| (span.start, span.end));
    let mut new = text.to_owned();
    for (span, with) in changes.into_iter().rev() {
        new.replace_range(span, &with);
    }
    new
}

/// The address in the heading of a section.
pub(super) fn in_heading(text: &str, section: &Section) -> Option<Range<usize>> {
    let heading = &text[section.heading.clone()];
    let start = heading.find("](")? + 2;
    let end = start + heading[start..].find(')')?;
    Some(section.heading.start + start..section.heading.start + end)
}

/// Takes `advance` back: the version has no link, and that of Unreleased starts where the version's did.
pub fn retreat<'a>(log: impl Into<Log<'a>>, version: &str) -> String {
    let log @ Log { text, .. } = log.into();
    let defined = definitions(text);
    let link = |name: &str| section(log, name).and_then(|section| link_of(text, &defined, &section));
    let mut changes = Vec::new();
    // Where the one begins, the other ends.
    if let (Some(open), Some(own)) = (link("Unreleased"), link(version))
        && let open_at = &text[open.address.clone()]
        && let Some(now) = Comparison::of_unreleased(open_at, "").map(|range| range.base())
        && let Some(before) = Comparison::of_release(&text[own.address], now)
    {
        changes.push((open.address, open_at.replace(now, before.base())));
    }
    let after = |end: usize| text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let own = defined.iter().filter(|found| found.is_of(version));
    changes.extend(own.map(|found| (found.line.start..after(found.line.end), String::new())));
    apply(text, changes)
}

/// What Unreleased is compared with, as its link has it.
pub fn compared_with<'a>(log: impl Into<Log<'a>>) -> Option<&'a str> {
    let log @ Log { text, .. } = log.into();
    let link = link_of(text, &definitions(text), &section(log, "Unreleased")?)?;
    Some(Comparison::of_unreleased(&text[link.address], "")?.base()).filter(|base| !base.is_empty())
}

/// How many versions tell whether they have links now.
const NEWEST: usize = 5;

/// A link that stayed behind in the text of a release: its line, and words for a person.
pub fn left_behind<'a>(log: impl Into<Log<'a>>, version: &str, tag: &str) -> Option<(usize, String)> {
    let log @ Log { text, .. } = log.into();
    let defined = definitions(text);
    let link_of = |section: &Section| link_of(text, &defined, section);
    let line = |at: usize| 1 + text[..at].matches('\n').count();
    if let Some(link) = section(log, "Unreleased").and_then(|section| link_of(&section))
        && let address = &text[link.address.clone()]
        && path(address).split(is_between).any(is_version)
        && !address.contains(tag)
    {
        let what = format!("the link of Unreleased was not moved to {tag}: {address}");
        return Some((line(link.address.start), what));
    }
    let own = section(log, version)?;
    if let Some(link) = link_of(&own) {
        let address = &text[link.address.clone()];
        let misses = |ends: Comparison<'_>| !ends.ends.iter().any(|end| end.contains(version));
        let what = || format!("the link of {version} does not lead to {tag}: {address}");
        return Comparison::split(address).is_some_and(misses).then(|| (line(link.address.start), what()));
    }
    // Those of long ago may have been written by another hand.
    let others = read(log).into_iter().filter(|other| is_version(&other.name) && other.name != own.name).take(NEWEST);
    let is_linked = others.filter_map(|other| link_of(&other)).next().is_some();
    is_linked.then(|| (line(own.heading.start), format!("{version} got no link: the form of the others is not known")))
}

/// Where the link of a section is written.
struct Link {
    address: Range<usize>,
    /// The line of its definition; `None`: it is in the heading.
    line: Option<Range<usize>>,
}

fn link_of(text: &str, defined: &[Definition<'_>], section: &Section) -> Option<Link> {
    if let Some(address) = in_heading(text, section) {
        return Some(Link { address, line: None });
    }
    let label = label(text, section).map(normal);
    let is_its = |found: &&Definition<'_>| match &label {
        Some(label) => normal(found.label) == *label,
        None => found.is_of(&section.name),
    };
    let found = defined.iter().find(is_its)?;
    Some(Link { address: found.address.clone(), line: Some(found.line.clone()) })
}

/// What stands in the brackets of a heading.
fn label<'a>(text: &'a str, section: &Section) -> Option<&'a str> {
    Some(text[section.heading.clone()].split_once('[')?.1.split_once(']')?.0)
}

#[cfg(test)]
mod tests {
    use super::{super::promote, *};
    use crate::date::Date;

    const TAGS: (Option<&str>, &str) = (Some("v0.7.3"), "v0.8.0");

    fn released(text: &str, version: &str, tags: (Option<&str>, &str)) -> String {
        promote(text, version, Date::parse("2026-12-02").unwrap(), tags).unwrap()
    }

    /// A log with these lines at its end, before and after 0.8.0.
    fn log(links: &str) -> String {
        format!("# Changelog\n\n## [Unreleased]\n\n- x\n\n## [0.7.3] - 2026-01-01\n\n- c\n\n{links}")
    }

    fn moved(links: &str) -> String {
        let new = released(&log(links), "0.8.0", TAGS);
        let (_, rest) = new.split_once("- c\n\n").unwrap();
        rest.to_owned()
    }

    #[test]
    fn a_label_that_means_nothing_elsewhere_becomes_its_address() {
        let from = "[#12]: https://x/12\n[#13]: https://x/13\n[a]: https://x/a\n[^1]: a note\n";
        let to = "[#13]: https://x/13\n[a]: https://y/a\n";
        for (entry, expected) in [
            (
                "`a` see `[#12]` and `b` [#12], [it][#12]",
                "`a` see `[#12]` and `b` [#12](https://x/12), [it](https://x/12)",
            ),
            ("[#13], [a][] [^1] [x](y)", "[#13], [a](https://x/a) [^1] [x](y)"),
            ("ä [a]\n\n```\n[a]\n```\n", "ä [a](https://x/a)\n\n```\n[a]\n```\n"),
            ("[a] `b\n\n[a]: https://z\n", "[a](https://x/a) `b\n\n[a]: https://z\n"),
        ] {
            assert_eq!(with_addresses(entry, from, to), expected);
        }
    }

    #[test]
    fn what_was_advanced_goes_back_and_other_lines_stay() {
        let links = "[Unreleased]: https://x/compare/v0.9.4...HEAD\n[0.9.4]: https://x/compare/v0.9.3...v0.9.4\n";
        let log = "## [Unreleased]\n\n## [0.9.4]\n\n- x\n\n## [0.9.3]\n\n- y\n\n";
        let open = "[Unreleased]: https://x/compare/v0.9.3...HEAD\n";
        for rest in ["[0.9.3]: https://x/tag/v0.9.3\n", ""] {
            assert_eq!(retreat(&format!("{log}{links}{rest}"), "0.9.4"), format!("{log}{open}{rest}"));
        }
        assert_eq!(retreat(format!("{log}{links}").trim_end(), "0.9.4"), format!("{log}{open}"));
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(retreat(&crlf(&format!("{log}{links}")), "0.9.4"), crlf(&format!("{log}{open}")));
    }

    #[test]
    fn a_label_ends_with_its_paragraph() {
        let defined = "## 0.9.3\n\n- see [a\n  b]\n\n## 0.9.2\n\n- see [a\n\n  b] x\n\n[a b]: https://x\n";
        let quoted = |name: &str| super::super::quote(defined, name).unwrap();
        assert!(quoted("0.9.3").ends_with("[a b]: https://x"), "{}", quoted("0.9.3"));
        assert!(!quoted("0.9.2").contains("https://x"), "{}", quoted("0.9.2"));
    }

    #[test]
    fn a_comparison_moves_whatever_the_forge_and_the_hand_that_wrote_it() {
        const OLD: &str = "[0.7.3]: https://x/compare/v0.7.2...v0.7.3\n";
        for (before, after) in [
            (
                "[Unreleased]: https://x/compare/v0.7.3...HEAD\n",
                "[Unreleased]: https://x/compare/v0.8.0...HEAD\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            (
                "[unreleased]: https://x/compare/v0.7.3...main\n",
                "[unreleased]: https://x/compare/v0.8.0...main\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            (
                "[UNRELEASED]:https://x/compare/v0.7.3..release/next\n",
                "[UNRELEASED]:https://x/compare/v0.8.0..release/next\n[0.8.0]: https://x/compare/v0.7.3..v0.8.0\n",
            ),
            (
                "[Unreleased]: https://x/-/compare/v0.7.3...main?from_project_id=7\n",
                "[Unreleased]: https://x/-/compare/v0.8.0...main?from_project_id=7\n[0.8.0]: https://x/-/compare/v0.7.3...v0.8.0?from_project_id=7\n",
            ),
            (
                "[Unreleased]: https://x/branches/compare/HEAD..v0.7.3\n",
                "[Unreleased]: https://x/branches/compare/HEAD..v0.8.0\n[0.8.0]: https://x/branches/compare/v0.8.0..v0.7.3\n",
            ),
            (
                "[Unreleased]: https://x/branches/compare/main%0Dv0.7.3#diff\n",
                "[Unreleased]: https://x/branches/compare/main%0Dv0.8.0#diff\n[0.8.0]: https://x/branches/compare/v0.8.0%0Dv0.7.3#diff\n",
            ),
            // Somebody moved it, and to a tag.
            (
                "[Unreleased]: https://x/compare/v0.7.3...v0.8.0\n",
                "[Unreleased]: https://x/compare/v0.8.0...HEAD\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            (
                "[Unreleased]: https://x/compare/v0.7.2...v0.7.3\n",
                "[Unreleased]: https://x/compare/v0.8.0...HEAD\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            (
                "[Unreleased]: https://x/branches/compare/v0.8.0..v0.7.3\n",
                "[Unreleased]: https://x/branches/compare/HEAD..v0.8.0\n[0.8.0]: https://x/branches/compare/v0.8.0..v0.7.3\n",
            ),
            (
                "[Unreleased]: https://x/compare/v0.7.3...release/0.8\n",
                "[Unreleased]: https://x/compare/v0.8.0...release/0.8\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            // One release forgot to move it.
            (
                "[Unreleased]: https://x/compare/v0.7.1...HEAD\n",
                "[Unreleased]: https://x/compare/v0.8.0...HEAD\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            (
                "[Unreleased]: <https://x/compare/v0.7.3...HEAD>\n",
                "[Unreleased]: <https://x/compare/v0.8.0...HEAD>\n[0.8.0]: <https://x/compare/v0.7.3...v0.8.0>\n",
            ),
            // A branch's page is always right, and none need not be made.
            (
                "[Unreleased]: https://x/commits/main\n",
                "[Unreleased]: https://x/commits/main\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n",
            ),
            ("", "[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n"),
        ] {
            assert_eq!(moved(&format!("{before}{OLD}")), format!("{after}{OLD}"));
        }
    }

    #[test]
    fn definitions_stand_anywhere_and_keep_their_order() {
        const UNRELEASED: &str = "[Unreleased]: https://x/compare/v0.7.3...HEAD";
        const MOVED: &str = "[Unreleased]: https://x/compare/v0.8.0...HEAD";
        const OLD: &str = "[0.7.3]: https://x/compare/v0.7.2...v0.7.3";
        const NEW: &str = "[0.8.0]: https://x/compare/v0.7.3...v0.8.0";
        for (before, after) in [
            (format!("{UNRELEASED}\n{OLD}\n\n<!-- end -->\n"), format!("{MOVED}\n{NEW}\n{OLD}\n\n<!-- end -->\n")),
            (
                format!("{UNRELEASED}\n\n<!--\nmore\n-->\n{OLD}\n"),
                format!("{MOVED}\n{NEW}\n\n<!--\nmore\n-->\n{OLD}\n"),
            ),
            (format!("{OLD}\n{UNRELEASED}"), format!("{OLD}\n{NEW}\n{MOVED}")),
            (
                format!("{OLD}\n{UNRELEASED}\n[#12]: https://x/12\n"),
                format!("{OLD}\n{NEW}\n{MOVED}\n[#12]: https://x/12\n"),
            ),
            (UNRELEASED.to_owned(), format!("{MOVED}\n{NEW}")),
            (format!("{UNRELEASED}\n\nFooter.\n"), format!("{MOVED}\n{NEW}\n\nFooter.\n")),
            (format!("{UNRELEASED}\n[0.8.0]: https://own\n"), format!("{MOVED}\n[0.8.0]: https://own\n")),
            (
                "[0.7.3]: https://x/releases/tag/v0.7.3\n".to_owned(),
                "[0.8.0]: https://x/releases/tag/v0.8.0\n[0.7.3]: https://x/releases/tag/v0.7.3\n".to_owned(),
            ),
            ("No link at all.\n".to_owned(), "No link at all.\n".to_owned()),
            (format!("```\n{UNRELEASED}\n```\n"), format!("```\n{UNRELEASED}\n```\n")),
        ] {
            assert_eq!(moved(&before), after);
            let crlf = |text: &str| text.replace('\n', "\r\n");
            let log = released(&crlf(&log(&before)), "0.8.0", TAGS);
            assert!(log.ends_with(&crlf(&format!("- c\n\n{after}"))), "{log:?}");
        }
        let top = format!("# Changelog\n\n{UNRELEASED}\n{OLD}\n\n## [Unreleased]\n\n- x\n\n## [0.7.3] - 2026-01-01\n");
        let new = released(&top, "0.8.0", TAGS);
        let head =
            format!("# Changelog\n\n{MOVED}\n{NEW}\n{OLD}\n\n## [Unreleased]\n\n## [0.8.0] - 2026-12-02\n\n- x\n");
        assert!(new.starts_with(&head), "{new}");
    }

    #[test]
    fn a_link_in_the_heading_stays_in_the_heading() {
        let old = "## [0.7.3](https://x/compare/v0.7.2...v0.7.3) - 2026-01-01\n\n- c\n";
        let new = "## [0.8.0](https://x/compare/v0.7.3...v0.8.0) - 2026-12-02\n\n- x\n\n";
        for (before, after) in [
            ("## [Unreleased]\n\n", "## [Unreleased]\n\n"),
            ("## Unreleased\n\n", "## Unreleased\n\n"),
            (
                "## [Unreleased](https://x/compare/v0.7.3...HEAD)\n\n",
                "## [Unreleased](https://x/compare/v0.8.0...HEAD)\n\n",
            ),
        ] {
            let text = format!("{before}- x\n\n{old}");
            let promoted = released(&text, "0.8.0", TAGS);
            assert_eq!(promoted, format!("{after}{new}{old}"));
            assert_eq!(left_behind(&promoted, "0.8.0", "v0.8.0"), None);
        }
    }

    #[test]
    fn a_section_that_waited_with_a_link_to_main_gets_that_of_its_release() {
        const OLD: &str = "[0.7.3]: https://x/compare/v0.7.2...v0.7.3";
        for branch in ["HEAD", "main"] {
            let waits = format!("[0.8.0]: https://x/compare/v0.7.3...{branch}");
            let link = "[0.8.0]: https://x/compare/v0.7.3...v0.8.0";
            let unreleased = format!("[Unreleased]: https://x/compare/v0.8.0...{branch}");
            let log = |head: &str, links: &str| format!("{head}\n\n- x\n\n## [0.7.3] - 2026-01-01\n\n- c\n\n{links}\n");
            for (before, after) in [
                (format!("{waits}\n{OLD}"), format!("{unreleased}\n{link}\n{OLD}")),
                (format!("{OLD}\n{waits}"), format!("{OLD}\n{link}\n{unreleased}")),
            ] {
                let new = released(&log("## [0.8.0] - TBD", &before), "0.8.0", TAGS);
                assert_eq!(new, log("## [Unreleased]\n\n## [0.8.0] - 2026-12-02", &after));
                assert_eq!(advance(&new, "0.8.0", TAGS), new);
                // Without an Unreleased nothing leads to main.
                let head = "## [0.8.0] - 2026-12-02";
                let reported = advance(&log(head, &before), "0.8.0", TAGS);
                assert_eq!(
                    reported,
                    log(head, &after.replace(&format!("{unreleased}\n"), "").replace(&format!("\n{unreleased}"), ""))
                );
            }
            let old = "## [0.7.3](https://x/compare/v0.7.2...v0.7.3)";
            let head =
                |to: &str| format!("## [Unreleased]\n\n## [0.8.0](https://x/compare/v0.7.3...{to})\n\n- x\n\n{old}\n");
            let unreleased = format!("## [Unreleased](https://x/compare/v0.8.0...{branch})");
            let new = advance(&head(branch), "0.8.0", TAGS);
            assert_eq!(new, head("v0.8.0").replace("## [Unreleased]", &unreleased));
        }
        let branch = log("[0.8.0]: https://x/compare/v0.7.3...next/0.9\n").replace("## [Unreleased]", "## [0.8.0]");
        assert_eq!(left_behind(&advance(&branch, "0.8.0", TAGS), "0.8.0", "v0.8.0").map(|(line, _)| line), Some(11));
    }

    #[test]
    fn a_comparison_above_the_entries_ends_at_the_release() {
        for (line, is_moved) in [
            ("[Full Changelog](https://x/compare/v0.7.3...HEAD)", true),
            ("**Full Changelog**: https://x/compare/v0.7.3...main", true),
            ("<https://x/branches/compare/HEAD..v0.7.3>", true),
            ("[Theirs](https://y/compare/v2.0.0...HEAD)", false),
            ("- [it](https://x/compare/v0.7.3...HEAD)", false),
        ] {
            let text = format!("## [Unreleased]\n\n{line}\n\n- x\n\n## [0.7.3] - 2026-01-01\n");
            let reported =
                if is_moved { line.replace("HEAD", "v0.8.0").replace("main", "v0.8.0") } else { line.to_owned() };
            let section = format!("## [Unreleased]\n\n## [0.8.0] - 2026-12-02\n\n{reported}\n\n- x\n");
            assert!(released(&text, "0.8.0", TAGS).starts_with(&section), "{line}");
        }
    }

    #[test]
    fn tags_of_other_forms() {
        let text = "## [Unreleased]\n\n- x\n\n## [0.7.3]\n\n[Unreleased]: https://x/compare/owl/0.7.3...HEAD\n";
        let new = released(text, "0.8.0", (Some("owl/0.7.3"), "owl/0.8.0"));
        assert!(
            new.ends_with(
                "[Unreleased]: https://x/compare/owl/0.8.0...HEAD\n[0.8.0]: https://x/compare/owl/0.7.3...owl/0.8.0\n"
            ),
            "{new}"
        );
        let text = "## [Unreleased]\n\n- x\n\n## [0.7.3]\n\n[0.7.3]: https://x/releases/tag/owl/0.7.3\n";
        let new = released(text, "0.8.0", (Some("owl/0.7.3"), "owl/0.8.0"));
        assert!(new.contains("[0.8.0]: https://x/releases/tag/owl/0.8.0\n"), "{new}");
        // A post release is between, and the candidates of a final version are not.
        let between = |between: &str, version: &str, tag: &str| {
            let text = format!(
                "## [Unreleased]\n\n- x\n\n## [{between}]\n\n## [0.7.3]\n\n[Unreleased]: https://x/compare/v{between}...HEAD\n"
            );
            let new = released(&text, version, (Some("v0.7.3"), tag));
            new.lines().last().unwrap().to_owned()
        };
        assert_eq!(between("0.7.3.post1", "0.8.0", "v0.8.0"), "[0.8.0]: https://x/compare/v0.7.3.post1...v0.8.0");
        assert_eq!(between("0.8.0-rc.1", "0.8.0", "v0.8.0"), "[0.8.0]: https://x/compare/v0.7.3...v0.8.0");
        let next = between("0.8.0-rc.1", "0.8.0-rc.2", "v0.8.0-rc.2");
        assert_eq!(next, "[0.8.0-rc.2]: https://x/compare/v0.8.0-rc.1...v0.8.0-rc.2");
        // The readers of a crate come from its own last version, not from the train's.
        let text = "## [Unreleased]\n\n- x\n\n## [0.7.1]\n\n[Unreleased]: https://x/compare/v0.7.1...HEAD\n";
        assert!(released(text, "0.8.0", TAGS).ends_with("[0.8.0]: https://x/compare/v0.7.1...v0.8.0\n"));
    }

    #[test]
    fn a_form_that_is_not_known_is_reported_with_its_line() {
        let odd = "[Unreleased]: https://x/branchCompare?baseVersion=GTv0.7.3&targetVersion=GBmain\n";
        let new = released(&log(odd), "0.8.0", TAGS);
        assert!(new.ends_with(odd), "it is as it was");
        let reported = left_behind(&new, "0.8.0", "v0.8.0");
        assert_eq!(reported.map(|(line, _)| line), Some(13));
        let new = released(&log("[0.7.3]: https://x/7/3\n"), "0.8.0", TAGS);
        assert_eq!(left_behind(&new, "0.8.0", "v0.8.0").map(|(line, _)| line), Some(5));
        for known in ["", "[Unreleased]: https://x/compare/v0.7.3...HEAD\n", "[0.7.3]: https://x/tags/v0.7.3\n"] {
            assert_eq!(left_behind(&released(&log(known), "0.8.0", TAGS), "0.8.0", "v0.8.0"), None, "{known}");
        }
        // Nobody writes them any more.
        let since = |versions: usize| {
            let since: String = (0..versions).rev().map(|nth| format!("## 0.7.{nth}\n\n- x\n\n")).collect();
            let text = format!("## 0.8.0\n\n- x\n\n{since}## [0.6.0](https://x/6/0)\n\n- x\n");
            left_behind(&text, "0.8.0", "v0.8.0").map(|(line, _)| line)
        };
        assert_eq!((since(NEWEST - 1), since(NEWEST)), (Some(1), None));
    }

    #[test]
    fn another_version_in_an_address_of_unknown_form_is_its_base_or_nothing_is_written() {
        for (before, after) in [
            ("https://git.x/log/?q=v0.7.2..v0.7.3", Some("https://git.x/log/?q=v0.7.3..v0.8.0")),
            ("https://git.x/log/?q=v0.7.3-rc.1..v0.7.3", Some("https://git.x/log/?q=v0.7.3..v0.8.0")),
            ("https://x/y?base=GTv0.7.2&target=GTv0.7.3", Some("https://x/y?base=GTv0.7.3&target=GTv0.8.0")),
            ("https://x/y?target=GTv0.7.3&base=GTv0.7.2#c", Some("https://x/y?target=GTv0.8.0&base=GTv0.7.3#c")),
            ("https://x/diff/0.7.2/0.7.3", Some("https://x/diff/0.7.3/0.8.0")),
            ("https://x/releases/v0.7.3/v0.7.3.html", Some("https://x/releases/v0.8.0/v0.8.0.html")),
            ("https://0.7.1.x/tags/v0.7.3", Some("https://0.7.1.x/tags/v0.8.0")),
            ("https://x/y?from=old-0.7.2&to=v0.7.3", None),
        ] {
            let old = format!("[0.7.3]: {before}\n");
            let new = released(&log(&old), "0.8.0", TAGS);
            let made = after.map(|after| format!("[0.8.0]: {after}\n")).unwrap_or_default();
            assert!(new.ends_with(&format!("- c\n\n{made}{old}")), "{new}");
            assert_eq!(left_behind(&new, "0.8.0", "v0.8.0").is_none(), after.is_some(), "{before}");
        }
    }

    #[test]
    fn notes_that_stand_alone_hold_what_they_use() {
        let text = "- see [#12], [the guide][Guide] and [it](https://inline)[^1]\n- `[code]` [x]\n\n```\n[fence]\n```\n\n[x]: https://own";
        let all = format!(
            "## [0.8.0]\n\n{text}\n\n## [0.7.3]\n\n[0.8.0]: https://x/8\n[#12]: https://x/12\n[#13]: https://x/13\n[guide]:\n[code]: https://x/code\n[fence]: https://x/fence\n[x]: https://other\n[GUIDE]: https://x/guide \"The guide\"\n[^1]: As said.\n[it]: https://x/it\n[#12]: https://second\n"
        );
        assert_eq!(
            with_definitions(&all, text),
            format!("{text}\n\n[#12]: https://x/12\n[GUIDE]: https://x/guide \"The guide\"\n[^1]: As said.")
        );
        assert_eq!(with_definitions(&all, "- y"), "- y");
    }

    #[test]
    fn what_leads_to_the_next_section_is_not_quoted() {
        for tail in [
            "---",
            "<a name=\"v0.7.3\"></a>",
            "---\n\n<a id=\"b\"></a>",
            "[Unreleased]: https://x/u\n[0.8.0]: https://x/8",
        ] {
            assert_eq!(with_definitions("", &format!("- x\n\n{tail}\n")), "- x");
        }
        for body in ["Added\n---", "- <a id=\"b\"></a>", "[x]\n\n[x]: https://own", "```\n\n---\n```"] {
            assert_eq!(with_definitions("", body), body);
        }
    }

    #[test]
    fn a_definition_may_have_several_lines_and_stand_in_a_quote() {
        for (written, label, address, reported) in [
            ("[a]:\n  https://x\n", "a", "https://x", "[a]: https://x"),
            ("[a]:\n  https://x\n  'T'\n", "a", "https://x", "[a]: https://x 'T'"),
            ("[A  b]: https://x\n\"T t\"\n", "A  b", "https://x", "[A  b]: https://x \"T t\""),
            ("[x\\]y]: https://x\n", "x\\]y", "https://x", "[x\\]y]: https://x"),
            ("> [a]: https://x\n", "a", "https://x", "[a]: https://x"),
            ("> [a]:\n> https://x\n", "a", "https://x", "[a]: https://x"),
            ("   [a]: https://x\n", "a", "https://x", "[a]: https://x"),
        ] {
            for (eol, tail) in [("\n", ""), ("\r\n", "\r\nText.\r\n")] {
                let text = format!("{}{tail}", written.replace('\n', eol));
                let found = definitions(&text);
                assert_eq!(found.len(), 1, "{text:?}");
                assert_eq!((found[0].label, &text[found[0].address.clone()]), (label, address), "{text:?}");
                assert_eq!(&text[found[0].line.clone()], written.trim_end().replace('\n', eol), "{text:?}");
                assert_eq!(start(&text, &lines(&text)) == 0, tail.is_empty());
                let body = format!("- see [{}].", label.to_uppercase().replace("  ", "\n"));
                assert_eq!(with_definitions(&text, &body), format!("{body}\n\n{reported}"));
            }
        }
        for text in ["[a]:\n\nhttps://x\n", "[a]:\nnot an address\n", "[a [b]: https://x\n", "[a]:\n```\nx\n```\n"] {
            assert!(definitions(text).is_empty(), "{text}");
        }
        let followed = "[a]: https://x\n[b]:\nhttps://y\n[c]: https://z\n";
        assert_eq!(definitions(followed).iter().map(|found| found.label).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn a_link_with_lines_of_its_own_moves() {
        let links = "[Unreleased]:\n  https://x/compare/v0.7.3...HEAD\n[0.7.3]:\n  https://x/compare/v0.7.2...v0.7.3\n  'Old'\n";
        let new = "[Unreleased]:\n  https://x/compare/v0.8.0...HEAD\n[0.8.0]: https://x/compare/v0.7.3...v0.8.0\n[0.7.3]:\n  https://x/compare/v0.7.2...v0.7.3\n  'Old'\n";
        assert_eq!(moved(links), new);
    }

    #[test]
    fn a_sentence_is_no_definition() {
        for (line, is) in [
            ("[a]: https://x", true),
            ("  [a]:https://x 'T'", true),
            ("[^a]: A footnote.", true),
            ("[core]: fixed the panic", false),
            ("- [a]: https://x", false),
            ("[a]:", false),
            ("[]: x", false),
            ("a [b]: https://x", false),
        ] {
            assert_eq!(!definitions(line).is_empty(), is, "{line}");
        }
    }
}
