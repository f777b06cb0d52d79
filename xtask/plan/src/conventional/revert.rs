//! What a commit takes back, as git, the forges and Conventional Commits write it.
//! It must never take a word that is no commit's name for one.

use super::{Change, footers, pull_request};

/// What a commit takes back, as git, the forges and Conventional Commits write it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revert {
    /// The names of commits, which may be short.
    pub commits: Vec<String>,
    pub pulls: Vec<u64>,
    /// Whether taking back is all it does: a change with a subject of its own is told beside what it takes back.
    pub is_all: bool,
    /// The subject, where it is quoted.
    subject: Option<String>,
}

impl Revert {
    /// Reads a whole message; `None`: it takes back nothing.
    pub fn parse(message: &str) -> Option<Revert> {
        let (head, body) = message.split_once('\n').unwrap_or((message, ""));
        let head = pull_request(head.trim()).0;
        let quoted = |word: &str| Some(head.strip_prefix(word)?.strip_prefix(" \"")?.strip_suffix('"')?.to_owned());
        let again = quoted("Reapply").map(|inner| format!("Revert \"{inner}\""));
        let conventional = head.split_once(": ").filter(|(word, _)| {
            let word = word.strip_suffix('!').unwrap_or(word);
            word.split('(').next().is_some_and(|word| word.eq_ignore_ascii_case("revert"))
        });
        let subject = quoted("Revert").or(again).or(conventional.map(|(_, text)| text.trim().to_owned()));
        let mut commits = reverted_commits(body);
        if conventional.is_some() {
            let refs = footers(body.lines()).into_iter().filter(|(token, _)| token.eq_ignore_ascii_case("refs"));
            commits.extend(refs.flat_map(|(_, value)| names(&value)));
        }
        // A commit with a subject of its own may do more than what the middle of its body says.
        let is_revert = subject.is_some() || body.trim_start().starts_with(REVERTS);
        let stated = body.lines().map(str::trim);
        let stated = stated
            .filter_map(|line| line.strip_prefix("Reverts ").or(line.strip_prefix("This reverts merge request ")));
        let mut pulls: Vec<u64> =
            stated.filter_map(|what| what.trim_end_matches('.').rsplit_once(['#', '!'])?.1.parse().ok()).collect();
        pulls.extend(subject.as_deref().and_then(|subject| pull_request(subject).1));
        let is_all = subject.is_some() || Change::parse(message).is_none_or(|change| change.kind.is_none());
        is_revert.then_some(Revert { commits, pulls, is_all, subject })
    }

    /// Whether it quotes the subject of that message.
    pub fn is_of(&self, message: &str) -> bool {
        let head = |text: &str| pull_request(text.lines().next().unwrap_or_default().trim()).0.to_owned();
        let Some(subject) = self.subject.as_deref().map(head) else { return false };
        subject == head(message) || Change::parse(message).is_some_and(|change| change.text == subject)
    }
}

const REVERTS: &str = "This reverts commit";

/// The commits that the sentences of git name; after the comma stands what a merge was made on.
fn reverted_commits(body: &str) -> Vec<String> {
    let text = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentences = text.split(REVERTS).skip(1);
    let named = |sentence: &str| {
        let sentence = sentence.strip_prefix('s').unwrap_or(sentence);
        let sentence = sentence.split(['.', ';']).next().unwrap_or_default();
        let sentence = sentence.split("reversing").next().unwrap_or_default();
        names(sentence)
    };
    sentences.flat_map(named).collect()
}

/// The names of commits at the beginning of a text.
fn names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty() && *word != "and");
    let is_name = |word: &&str| (7..=64).contains(&word.len()) && word.chars().all(|c| c.is_ascii_hexdigit());
    words.take_while(is_name).map(str::to_owned).collect()
}
