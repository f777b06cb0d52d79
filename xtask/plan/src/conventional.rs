//! What a commit says of a change, in the form of Conventional Commits 1.0.0 (<https://www.conventionalcommits.org>).
//! It must never guess: a message in another form is no change, and a type that no user sees has no kind.

mod credit;
mod revert;

use self::credit::co_author;
pub use self::{credit::credit, revert::Revert};
use crate::names::named;

named! {
    /// The kinds of change, in the order in which Keep a Changelog 1.1.0 lists them.
    Kind {
        Added "Added",
        Changed "Changed",
        Deprecated "Deprecated",
        Removed "Removed",
        Fixed "Fixed",
        Security "Security",
    }
}

impl Kind {
    /// The kind of that name, however it is capitalised.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// A commit's message, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The type as written, in lower case: `feat`, `fix`, `chore`.
    pub word: String,
    pub scope: Option<String>,
    /// What it is to a user; `None`: nothing.
    pub kind: Option<Kind>,
    pub breaking: bool,
    /// The description, without the number of the pull request at its end.
    pub text: String,
    /// What the footer `BREAKING CHANGE` says.
    pub breaks: Option<String>,
    /// The pull request first, when the subject ends with it as a squash merge leaves it, then what the footers name.
    pub references: Vec<u64>,
    /// Who the footers `Co-authored-by` name, without addresses.
    pub co_authors: Vec<String>,
}

impl Change {
    /// Reads a whole message; `None`: it is not in the form.
    pub fn parse(message: &str) -> Option<Change> {
        if let Some((inner, is_back)) = unquoted(message.lines().next()?) {
            let pull = pull_request(message.lines().next()?.trim()).1;
            let rest = message.split_once('\n').map_or("", |(_, rest)| rest);
            let mut change = Change::parse(&format!("{inner}\n{rest}"))?;
            change.references.retain(|number| Some(*number) != pull);
            change.references.splice(0..0, pull);
            return Some(if is_back { change } else { change.reverted() });
        }
        let mut lines = message.lines();
        let (head, text) = lines.next()?.split_once(": ")?;
        let (head, marked) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
        let (word, scope) = match head.split_once('(') {
            Some((word, scope)) => (word, Some(scope.strip_suffix(')').filter(|scope| is_scope(scope))?)),
            None => (head, None),
        };
        let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        let (text, pull) = pull_request(text.trim());
        if !is_word || text.is_empty() {
            return None;
        }
        let footers = footers(lines);
        let breaks = footers.iter().find(|(token, _)| is_breaking(token)).map(|(_, value)| value.clone());
        let mut references: Vec<u64> = pull.into_iter().collect();
        for number in numbers(text).chain(footers.iter().flat_map(|(_, value)| numbers(value))) {
            if !references.contains(&number) {
                references.push(number);
            }
        }
        let co_authors = footers.iter().filter(|(token, _)| token.eq_ignore_ascii_case("co-authored-by"));
        let breaking = marked || breaks.is_some();
        let word = word.to_lowercase();
        let mut change = Change {
            kind: kind(&word, scope, text, breaking),
            word,
            scope: scope.map(str::to_owned),
            breaking,
            text: text.to_owned(),
            breaks,
            references,
            co_authors: co_authors.filter_map(|(_, value)| co_author(value)).collect(),
        };
        if change.word != "revert" {
            return Some(change);
        }
        let is_plain = !text.to_lowercase().starts_with("revert") && unquoted(text).is_none();
        if is_plain && let Some(inner) = Change::parse(text) {
            change.scope = change.scope.or(inner.scope);
            change.breaking |= inner.breaking;
            (change.kind, change.text) = (inner.kind, inner.text);
        }
        Some(change.reverted())
    }

    /// The change that takes this one back. What no user saw, nobody misses.
    fn reverted(self) -> Change {
        let (kind, text) = (self.kind.map(|_| Kind::Changed), format!("Reverted \"{}\"", self.text));
        Change { word: "revert".to_owned(), kind, text, ..self }
    }
}

/// What `Revert "…"` and `Reapply "…"` quote at last, and whether it is there again.
fn unquoted(subject: &str) -> Option<(&str, bool)> {
    let (mut found, mut is_back) = (None, true);
    let mut rest = pull_request(subject.trim()).0;
    while let Some((word, inner)) = rest.strip_suffix('"').and_then(|rest| rest.split_once(" \"")) {
        match word {
            "Revert" => is_back = !is_back,
            "Reapply" => {}
            _ => break,
        }
        found = Some((inner, is_back));
        rest = inner;
    }
    found
}

/// What a type is to a user. Other words than the usual ones say nothing, unless they break something.
fn kind(word: &str, scope: Option<&str>, text: &str, breaking: bool) -> Option<Kind> {
    let verb = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    match word {
        "security" => Some(Kind::Security),
        "fix" if scope.is_some_and(|scope| scope.eq_ignore_ascii_case("security")) => Some(Kind::Security),
        "fix" | "bugfix" => Some(Kind::Fixed),
        "deprecate" | "deprecated" => Some(Kind::Deprecated),
        "remove" | "removed" => Some(Kind::Removed),
        _ if word != "feat" && word != "feature" && word != "perf" && word != "revert" && !breaking => None,
        _ if ["deprecate", "deprecates", "deprecated"].contains(&verb.as_str()) => Some(Kind::Deprecated),
        _ if ["remove", "removes", "removed", "drop", "drops"].contains(&verb.as_str()) => Some(Kind::Removed),
        "feat" | "feature" if !breaking => Some(Kind::Added),
        _ => Some(Kind::Changed),
    }
}

/// Whether a word is a type that is in use. Others begin subjects with the part that they are about: `cli: …`.
pub fn is_type(word: &str) -> bool {
    const TYPES: [&str; 16] = [
        "feat", "feature", "fix", "bugfix", "perf", "docs", "doc", "chore", "ci", "build", "test", "tests", "refactor",
        "style", "revert", "deps",
    ];
    TYPES.contains(&word)
}

/// Whether half of these messages at least are in the form, with a type that is in use for it.
pub fn is_kept<'m>(messages: impl Iterator<Item = &'m str>) -> bool {
    let is_one = |message| Change::parse(message).is_some_and(|change| is_type(&change.word));
    let (kept, all) = messages.fold((0, 0), |(kept, all), message| (kept + usize::from(is_one(message)), all + 1));
    all > 0 && kept * 2 >= all
}

fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && !scope.contains(['(', ')'])
}

/// The upper case is what the standard asks for.
fn is_breaking(token: &str) -> bool {
    matches!(token, "BREAKING CHANGE" | "BREAKING-CHANGE")
}

/// `(#123)` at the end of a subject is the pull request that was squashed.
pub fn pull_request(subject: &str) -> (&str, Option<u64>) {
    let inner = subject.strip_suffix(')').and_then(|subject| subject.rsplit_once("(#"));
    match inner.map(|(text, number)| (text.trim_end(), number.parse())) {
        Some((text, Ok(number))) => (text, Some(number)),
        _ => (subject, None),
    }
}

/// Every `#N` of this repository's own: not `other/repository#N`, nor a part of a word.
pub fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.match_indices('#').filter_map(|(at, _)| {
        let is_own =
            text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '/' | '-' | '_'));
        let rest = &text[at + 1..];
        let digits = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
        let ends = rest[digits.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        if is_own && ends { digits.parse().ok() } else { None }
    })
}

/// The footers: they begin after a blank line, and each goes on until the next one.
fn footers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let mut footers: Vec<(String, String)> = Vec::new();
    let mut after_blank = false;
    for line in lines {
        match footer(line).filter(|_| after_blank || !footers.is_empty()) {
            Some((token, value)) => footers.push((token.to_owned(), value.to_owned())),
            None => {
                if let Some((_, value)) = footers.last_mut().filter(|_| !line.trim().is_empty()) {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
        }
        after_blank = line.trim().is_empty();
    }
    footers
}

/// `Token: value` or `Token #N`; only `BREAKING CHANGE` may have a space in its token. What goes on after the number is
/// a sentence.
fn footer(line: &str) -> Option<(&str, &str)> {
    let is_listed = |at: &usize| line[*at..].chars().all(|c| c.is_ascii_digit() || "#, ".contains(c));
    let ends = [line.find(": ").map(|at| (at, at + 2)), line.find(" #").filter(is_listed).map(|at| (at, at + 1))];
    let (token, value) = ends.into_iter().flatten().min().map(|(end, start)| (&line[..end], &line[start..]))?;
    let is_token = !token.is_empty() && token.chars().all(|c| c.is_alphanumeric() || c == '-');
    (is_token || is_breaking(token)).then(|| (token, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(subject: &str) -> Option<Kind> {
        Change::parse(subject).unwrap_or_else(|| panic!("not read: {subject}")).kind
    }

    #[test]
    fn the_parts_of_a_message() {
        let message = "feat(data)!: Depth per second (#123)\n\nWhat #7 asked for.\n\nBREAKING CHANGE: `depth` takes\n  seconds\nCloses #98\nRefs: #99, other/repo#5\nCo-authored-by: Jane Doe <jane@example.org>\n";
        let change = Change::parse(message).unwrap();
        assert_eq!(change.word, "feat");
        assert_eq!(change.scope.as_deref(), Some("data"));
        assert_eq!(change.text, "Depth per second");
        assert_eq!(change.breaks.as_deref(), Some("`depth` takes seconds"));
        assert_eq!(change.references, [123, 98, 99]);
        assert_eq!(change.co_authors, ["Jane Doe"]);
        assert!(change.breaking);
    }

    #[test]
    fn a_type_tells_the_kind() {
        for (subject, kind) in [
            ("feat: x", Some(Kind::Added)),
            ("FEAT: x", Some(Kind::Added)),
            ("feat!: x", Some(Kind::Changed)),
            ("feat: deprecate old()", Some(Kind::Deprecated)),
            ("feat!: remove old()", Some(Kind::Removed)),
            ("fix: remove a stray line", Some(Kind::Fixed)),
            ("fix(security): x", Some(Kind::Security)),
            ("security: x", Some(Kind::Security)),
            ("perf: x", Some(Kind::Changed)),
            ("revert: x", Some(Kind::Changed)),
            ("refactor: x", None),
            ("refactor: remove a helper", None),
            ("refactor!: x", Some(Kind::Changed)),
            ("deprecate: x", Some(Kind::Deprecated)),
            ("remove: x", Some(Kind::Removed)),
            ("chore: x", None),
            ("chore(deps): x", None),
            ("chore!: drop Python 3.8", Some(Kind::Removed)),
            ("ci: x", None),
            ("docs: x", None),
            ("test: x", None),
            ("style: x", None),
            ("build: x", None),
            ("align: release 0.9.3", None),
        ] {
            assert_eq!(kind_of(subject), kind, "{subject}");
        }
    }

    #[test]
    fn a_revert_says_what_it_takes_back() {
        for (message, kind, text, references) in [
            (
                "Revert \"feat: two\"\n\nThis reverts commit 0123456789.",
                Some(Kind::Changed),
                "Reverted \"two\"",
                vec![],
            ),
            ("Revert \"feat: two (#12)\" (#13)", Some(Kind::Changed), "Reverted \"two\"", vec![13, 12]),
            ("revert: feat: two\n\nRefs: 0123456", Some(Kind::Changed), "Reverted \"two\"", vec![]),
            ("revert: drop the second", Some(Kind::Changed), "Reverted \"drop the second\"", vec![]),
            ("Revert \"docs: two\"", None, "Reverted \"two\"", vec![]),
            ("revert: docs: two", None, "Reverted \"two\"", vec![]),
            ("Revert \"Revert \"feat: two\"\"", Some(Kind::Added), "two", vec![]),
            ("Reapply \"feat: two\"", Some(Kind::Added), "two", vec![]),
            ("Revert \"Reapply \"fix: two\"\"", Some(Kind::Changed), "Reverted \"two\"", vec![]),
        ] {
            let change = Change::parse(message).unwrap_or_else(|| panic!("not read: {message}"));
            assert_eq!((change.kind, change.text.as_str(), change.references), (kind, text, references), "{message}");
        }
        assert!(Change::parse("Revert \"feat!: two\"").unwrap().breaking, "its users must change again");
        assert_eq!(Change::parse("Revert \"just words\""), None);
        assert!(Change::parse(&"revert: ".repeat(50_000)).is_none_or(|change| change.word == "revert"));
        assert_eq!(Change::parse(&format!("{}x{}", "Revert \"".repeat(50_000), "\"".repeat(50_000))), None);
        assert_eq!(
            Change::parse(&"revert: Reapply \"".repeat(50_000)).map(|change| change.kind),
            Some(Some(Kind::Changed))
        );
    }

    #[test]
    fn a_revert_names_commits_and_pull_requests() {
        let revert = |message: &str| Revert::parse(message).map(|revert| (revert.commits, revert.pulls));
        let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        for (message, commits, pulls) in [
            ("Revert \"x\"\n\nThis reverts commit 0123456789abcdef.", vec!["0123456789abcdef"], vec![]),
            (
                "Revert \"Merge branch 'x'\"\n\nThis reverts commit 0123456, reversing\nchanges made to 89abcde.",
                vec!["0123456"],
                vec![],
            ),
            (
                "Revert \"x\"\n\nThis reverts commits 0123456, 89abcde and fedcba9.",
                vec!["0123456", "89abcde", "fedcba9"],
                vec![],
            ),
            (
                "Revert two\n\nThis reverts commit 0123456.\nThis reverts commit 89abcde.",
                vec!["0123456", "89abcde"],
                vec![],
            ),
            ("revert: x\n\nRefs: 676104e, a215868", vec!["676104e", "a215868"], vec![]),
            ("Revert \"x\" (#13)\n\nReverts owner/repo#12", vec![], vec![12]),
            ("Revert \"x (#12)\" (#13)", vec![], vec![12]),
            ("Revert \"x\"\n\nThis reverts merge request !12", vec![], vec![12]),
            ("fix: back out x\n\nThis reverts commit 0123456.", vec!["0123456"], vec![]),
        ] {
            assert_eq!(revert(message), Some((names(&commits), pulls)), "{message}");
        }
        for message in
            ["feat: x\n\nIt is better.\n\nThis reverts commit 0123456.", "Revert to the old form", "revert x"]
        {
            assert_eq!(revert(message), None, "{message}");
        }
    }

    #[test]
    fn another_form_is_no_change() {
        for subject in [
            "",
            "Add a thing",
            "feat:x",
            "feat : x",
            "feat(: x",
            "feat(): x",
            "feat: ",
            "Merge branch 'x'",
            ": x",
            "a b: x",
        ] {
            assert_eq!(Change::parse(subject), None, "{subject}");
        }
    }

    #[test]
    fn breaking_is_a_footer_in_upper_case_or_a_mark() {
        let breaking = |message: &str| Change::parse(message).unwrap().breaking;
        assert!(breaking("chore: x\n\nBREAKING CHANGE: y"));
        assert!(breaking("chore: x\n\nbody\n\nReviewed-by: Z\nBREAKING-CHANGE: y"));
        assert!(!breaking("chore: x\n\nbreaking change: y"));
        assert!(!breaking("chore: x\nBREAKING CHANGE: no blank line before it"));
        assert!(!breaking("chore: x\n\nthere is no BREAKING CHANGE: here"));
    }

    #[test]
    fn a_number_in_the_body_is_only_talk() {
        let references = |message: &str| Change::parse(message).unwrap().references;
        assert_eq!(references("fix: x\n\nas #5 said, and more"), [0u64; 0]);
        assert_eq!(references("fix: x, closes #5"), [5]);
        assert_eq!(references("fix: colour #00ff00 and a#7 (#8)"), [8]);
        assert_eq!(references("fix: x (#5)\n\nCloses #5"), [5]);
    }

    #[test]
    fn nobodys_address_is_told() {
        for (name, address, reported) in [
            ("Jane Doe", "jane@example.org", "Jane Doe"),
            ("Jane Doe", "123+jane@users.noreply.github.com", "@jane"),
            ("Jane Doe", "jane@users.noreply.github.com", "@jane"),
            ("jane@example.org", "jane@example.org", ""),
        ] {
            assert_eq!(credit(name, address), reported, "{name} <{address}>");
        }
    }

    #[test]
    fn robots_are_nobody_whatever_part_of_their_address_says_so() {
        for (name, address) in [
            ("renovate[bot]", "1+renovate[bot]@users.noreply.github.com"),
            ("dependabot", "49699333+dependabot[bot]@users.noreply.github.com"),
            ("Dependabot", "support@github.com"),
            ("GitHub Actions", "actions@github.com"),
            ("github-actions", "github-actions@github.com"),
            ("CI", "github-actions@users.noreply.github.com"),
            ("Renovate Bot", "bot@renovateapp.com"),
            ("Renovate", "bot@renovateapp.com"),
            ("WhiteSource", "Renovate-Bot@users.noreply.github.com"),
            ("semantic-release-bot", "semantic-release-bot@martynus.example"),
            ("Release Bot", "release@example.org"),
            ("release", "project_7_bot_0af3@noreply.gitlab.example"),
            ("k8s-ci-robot", "k8s-ci-robot@users.noreply.github.com"),
            ("release", "ci@bots.example.org"),
            ("ImgBot", "ImgBotHelp@example.org"),
            ("ImgBotApp", "ImgBotHelp@mail.example"),
            ("GitHub", "noreply@github.com"),
            ("Claude", "noreply@anthropic.com"),
            ("Some Service", "No-Reply@service.example"),
            ("web-flow", "19864447+web-flow@users.noreply.github.com"),
            ("weblate", "hosted@weblate.org"),
            ("bors", "bors@example.org"),
            ("codecov-io", "codecov@example.org"),
            ("@release-plz", "release@example.org"),
            ("Cursor Agent", "agent@example.org"),
        ] {
            assert_eq!(credit(name, address), "", "{name} <{address}>");
            let message = format!("fix: x\n\nCo-authored-by: {name} <{address}>");
            assert_eq!(Change::parse(&message).unwrap().co_authors, [""; 0], "{message}");
        }
        for (name, address, reported) in [
            ("Jane Abbott", "abbott@example.org", "Jane Abbott"),
            ("Jane Abbott", "1+abbott@users.noreply.github.com", "@abbott"),
            ("Talbot", "talbot@example.org", "Talbot"),
            ("Claude Monet", "claude@example.org", "Claude Monet"),
            ("Robot Smith", "robot-smith@example.org", "Robot Smith"),
            ("Jan", "jan.bot@example.org", "Jan"),
            ("Jane Doe", "jane@robots.example.org", "Jane Doe"),
            ("Jane Doe", "jane+bot@bot.example", "Jane Doe"),
            ("botanist", "2+botanist@users.noreply.github.com", "@botanist"),
        ] {
            assert_eq!(credit(name, address), reported, "{name} <{address}>");
        }
    }

    /// What is read can be said again, and is then read the same.
    #[test]
    fn law_reported_again_it_reads_the_same() {
        let (words, scopes) = (["feat", "fix", "chore", "perf"], [None, Some("data"), Some("barter-data, io")]);
        for at in 0..words.len() * scopes.len() * 2 * 3 {
            let (word, scope) = (words[at % 4], scopes[at / 4 % 3]);
            let (mark, pull) = (["", "!"][at / 12 % 2], [None, Some(7), Some(12_345)][at / 24 % 3]);
            let in_brackets = scope.map_or_else(String::new, |scope| format!("({scope})"));
            let number = pull.map_or_else(String::new, |pull| format!(" (#{pull})"));
            let stated = format!("{word}{in_brackets}{mark}: ein Wörtchen{number}");
            let read = Change::parse(&stated).unwrap();
            assert_eq!(
                (read.word.as_str(), read.scope.as_deref(), read.breaking),
                (word, scope, mark == "!"),
                "{stated}"
            );
            assert_eq!((read.text.as_str(), read.references), ("ein Wörtchen", Vec::from_iter(pull)), "{stated}");
        }
    }

    /// A mark, or the footer, adds a kind to what has none and never takes one away.
    #[test]
    fn law_breaking_is_never_silent() {
        for word in ["feat", "fix", "docs", "chore", "ci", "build", "test", "style", "refactor", "perf", "whatever"] {
            assert!(kind_of(&format!("{word}!: x")).is_some(), "{word}");
            assert!(kind_of(&format!("{word}: x\n\nBREAKING CHANGE: y")).is_some(), "{word}");
        }
    }
}
