//! How a changelog writes its headings and bullets, so that what is new is written like what stands there.
//! It must never take over what a heading says beside version and day, such as the name of a release.

use super::{
    Section,
    names::Log,
    parts::{MARKS, of_body},
    read,
};
use crate::date::Date;

/// How sections of versions begin.
pub struct Habit {
    level: usize,
    underlined: Option<char>,
    /// What stands before the version: `[`, `v`, `Version `.
    before: String,
    /// What stands between the version and the day, but for a link; without days, what stands after the version.
    between: String,
    after: String,
    is_dated: bool,
    /// What leads to the heading of the newest version, when something leads to the newest ones, and that version.
    lead: Option<(String, String)>,
}

impl Habit {
    /// The habit of the newest version with a day, else of the newest one, be it released or not, else of Unreleased.
    pub fn of(log: Log<'_>) -> Habit {
        let (text, sections) = (log.text, read(log));
        let mut versions = sections.iter().filter(|section| !section.title.version.is_empty());
        let dated = versions.clone().find(|section| section.date.is_some());
        let released = versions.clone().filter(|section| !section.is_unreleased());
        // Where the newest ones have some, that older ones have none tells nothing.
        let mut leads =
            released.map(|section| (section.name.clone(), &text[section.span.start..section.heading.start])).take(3);
        let newest = leads.clone().next().filter(|_| leads.all(|(_, lead)| !lead.is_empty()));
        let habit = match dated.or_else(|| versions.next()) {
            Some(section) => Habit::of_version(text, section),
            None => Habit::of_unreleased(text, sections.iter().find(|section| section.is_unreleased())),
        };
        Habit { lead: newest.map(|(version, lead)| (version, lead.to_owned())), ..habit }
    }

    fn of_version(text: &str, section: &Section) -> Habit {
        let title = &text[section.words.clone()];
        let version = &section.title.version;
        // A link in the heading follows when the links do.
        let (bracket, start) = match title[version.end..].strip_prefix("](").and_then(|rest| rest.find(')')) {
            Some(end) => ("]", version.end + end + 3),
            None => ("", version.end),
        };
        // What an address holds is no day of the heading.
        let day = section.title.day.as_ref().filter(|day| day.start >= start);
        let run = |from: usize, signs: &str| {
            let rest = &title[from..];
            rest[..rest.find(|c: char| !signs.contains(c)).unwrap_or(rest.len())].to_owned()
        };
        let closing = format!("{bracket}{}", run(start, "]\\*_`)"));
        let (between, after) = match day {
            // A name between them belongs to that release alone.
            Some(day) if title[start..day.start].contains(char::is_alphanumeric) => {
                (format!("{closing} - "), String::new())
            }
            Some(day) => (format!("{bracket}{}", &title[start..day.start]), run(day.end, "]\\*_`)")),
            None => (closing, String::new()),
        };
        Habit {
            level: section.level,
            underlined: section.underlined,
            before: title[..version.start].to_owned(),
            between,
            after,
            is_dated: day.is_some(),
            lead: None,
        }
    }

    fn of_unreleased(text: &str, unreleased: Option<&Section>) -> Habit {
        let title = unreleased.map_or("", |section| &text[section.words.clone()]);
        let (bracket, between) = match title {
            title if title.starts_with("\\[") => ("\\[", "\\] - "),
            title if title.starts_with('[') => ("[", "] - "),
            _ => ("", " - "),
        };
        // Before it may stand whose it is.
        let named = title.to_ascii_lowercase().find("unreleased").and_then(|at| title.get(..at));
        let before = named.filter(|named| named.contains(char::is_alphanumeric)).unwrap_or(bracket);
        // What towncrier writes stands below a comment.
        let level = unreleased.map_or(2, |section| section.level).max(1);
        let underlined = unreleased.and_then(|section| section.underlined);
        let (before, between, after) = (before.to_owned(), between.to_owned(), String::new());
        Habit { level, underlined, before, between, after, is_dated: true, lead: None }
    }

    /// The heading of a version's section.
    pub fn heading(&self, version: &str, date: Date, eol: &str) -> String {
        let date = if self.is_dated { date.to_string() } else { String::new() };
        self.marked(&format!("{}{version}{}{date}{}", self.before, self.between, self.after), eol)
    }

    /// The rules and anchors that lead to the heading. An anchor that does not say its version leads to that one alone.
    pub fn lead(&self, version: &str) -> String {
        let Some((old, lead)) = &self.lead else { return String::new() };
        let is_known = !lead.contains("<a ") || lead.contains(old.as_str());
        if is_known { lead.replace(old.as_str(), version) } else { String::new() }
    }

    /// The heading of an Unreleased that begins anew.
    pub fn unreleased(&self, eol: &str) -> String {
        let title = match self.before.as_str() {
            before if before.contains("\\[") => "\\[Unreleased\\]",
            before if before.contains('[') => "[Unreleased]",
            _ => "Unreleased",
        };
        self.marked(title, eol)
    }

    fn marked(&self, title: &str, eol: &str) -> String {
        marked(title, self.level, self.underlined, eol)
    }
}

fn marked(title: &str, level: usize, underlined: Option<char>, eol: &str) -> String {
    match underlined {
        Some('*') => format!("**{title}**"),
        Some(sign) => format!("{title}{eol}{}", sign.to_string().repeat(title.chars().count())),
        None => format!("{} {title}", "#".repeat(level)),
    }
}

/// The heading of a kind, as the text writes those of its kinds.
pub fn kind(log: Log<'_>, kind: &str, eol: &str) -> String {
    let sections = newest_first(log);
    let mut firsts = sections
        .iter()
        .filter_map(|section| of_body(&section.body).first().map(|first| (first.level, first.underlined)));
    let below = || (sections.first().map_or(2, |section| section.level) + 1, None);
    let (level, underlined) = firsts.next().unwrap_or_else(below);
    marked(kind, level, underlined, eol)
}

/// What an entry begins with, as the text begins its entries.
pub fn bullet(log: Log<'_>) -> &'static str {
    let bullet = |line: &str| MARKS.into_iter().find(|bullet| line.starts_with(bullet));
    newest_first(log).iter().find_map(|section| section.body.lines().find_map(bullet)).unwrap_or("- ")
}

/// Unreleased, then the others in their order.
fn newest_first(log: Log<'_>) -> Vec<Section> {
    let mut sections = read(log);
    sections.sort_by_key(|section| !section.is_unreleased());
    sections
}

#[cfg(test)]
mod tests {
    use super::{super::promote, *};
    use crate::version::{Dialect, Version};

    #[test]
    fn a_day_in_the_address_of_a_link_is_none_of_the_heading() {
        let text = "# C\n\n## [Unreleased]\n\n- x\n\n## [0.1.0](https://x.test/2026-11-01)\n\n- y\n";
        let released = promote(text, "0.2.0", Date::parse("2026-12-02").unwrap(), (None, "v0.2.0")).unwrap();
        assert!(released.starts_with("# C\n\n## [Unreleased]\n\n## [0.2.0]\n\n- x\n"), "{released}");
        // Nor is a word that stands for one.
        let odd = promote("# 1.2.3](Unreleased<!--)", "2.0.0", Date::parse("2026-12-02").unwrap(), (None, "v2.0.0"));
        assert_eq!(odd.unwrap(), "# Unreleased\n\n# 2.0.0]\n");
    }

    #[test]
    fn brackets_that_are_escaped_stay_so() {
        let released =
            |text: &str| promote(text, "0.2.0", Date::parse("2026-12-02").unwrap(), (None, "v0.2.0")).unwrap();
        let first = "# C\n\n## \\[Unreleased\\]\n\n- x\n";
        let heading = "## \\[Unreleased\\]\n\n## \\[0.2.0\\] - 2026-12-02\n";
        assert_eq!(released(first), format!("# C\n\n{heading}\n- x\n"));
        let later = format!("{first}\n## \\[0.1.0\\] - 2026-11-01\n\n- y\n");
        assert!(released(&later).starts_with(&format!("# C\n\n{heading}")), "{}", released(&later));
        let begun = super::super::begin(
            "# C\n\n## \\[0.1.0\\] - 2026-11-01\n",
            &Version::parse("0.2.0", Dialect::Tag).unwrap(),
        );
        assert_eq!(begun.unwrap(), "# C\n\n## \\[Unreleased\\]\n\n## \\[0.1.0\\] - 2026-11-01\n");
        let bare = "# C\n\n## [Unreleased]\n\n- x\n";
        assert!(released(bare).contains("## [Unreleased]\n\n## [0.2.0] - 2026-12-02\n"));
    }

    #[test]
    fn what_is_new_is_written_as_unreleased_is_wherever_that_stands() {
        let log = "## 0.9.3\n\n#### Added\n\n- y\n\n## Unreleased\n\n### Fixed\n\n* x\n";
        assert_eq!((bullet(log.into()), kind(log.into(), "Changed", "\n").as_str()), ("* ", "### Changed"));
        let bare = "## 0.9.3\n\n+ y\n";
        assert_eq!((bullet(bare.into()), kind(bare.into(), "Changed", "\n").as_str()), ("+ ", "### Changed"));
    }
}
