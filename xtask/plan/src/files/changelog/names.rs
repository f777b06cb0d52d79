//! Whose versions a changelog tells: its headings may say the name of a crate or a train before the version.
//! It must never take the version of one member for that of another: what no name is known of is nobody's.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::Section;

/// The names of a workspace, as those who write the changelogs know them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Those of the train: its own, that of its driver, those of its wheels.
    train: BTreeSet<String>,
    /// The name of the crate that keeps the changelog at this path.
    crates: BTreeMap<PathBuf, BTreeSet<String>>,
    known: BTreeSet<String>,
    read: Arc<Mutex<VecDeque<Read>>>,
}

/// What was read is no difference.
impl PartialEq for Names {
    fn eq(&self, other: &Names) -> bool {
        (&self.train, &self.crates, &self.known) == (&other.train, &other.crates, &other.known)
    }
}

/// A text that was read as the changelog of what has these names: a plan asks for the same few dozens of times, and each
/// may be long.
#[derive(Debug)]
struct Read {
    text: String,
    own: BTreeSet<String>,
    sections: Vec<Section>,
}

/// The names that are those of a changelog, among all that are known.
#[derive(Clone, Copy, Default)]
pub struct Whose<'a>(Option<(&'a BTreeSet<String>, &'a Names)>);

/// The text of a changelog, and whose it is.
#[derive(Clone, Copy)]
pub struct Log<'a> {
    pub text: &'a str,
    pub whose: Whose<'a>,
}

impl Names {
    /// `crates` are those that keep a changelog of their own, or may, with its path.
    pub fn new<'n>(
        train: impl IntoIterator<Item = &'n str>,
        crates: impl IntoIterator<Item = (PathBuf, &'n str)>,
        others: impl IntoIterator<Item = &'n str>,
    ) -> Names {
        let train: BTreeSet<String> = train.into_iter().map(normal).collect();
        let mut known: BTreeSet<String> = others.into_iter().map(normal).chain(train.iter().cloned()).collect();
        let mut logs = BTreeMap::new();
        for (path, name) in crates {
            known.insert(normal(name));
            logs.insert(path, BTreeSet::from([normal(name)]));
        }
        Names { train, crates: logs, known, read: Arc::default() }
    }

    /// The changelog at that path: a crate's, or the train's.
    pub fn log<'a>(&'a self, path: &Path, text: &'a str) -> Log<'a> {
        let own = self.crates.get(path).unwrap_or(&self.train);
        Log { text, whose: Whose(Some((own, self))) }
    }
}

impl Whose<'_> {
    pub fn is_own(&self, name: &str) -> bool {
        self.0.is_some_and(|(own, _)| own.contains(&normal(name)))
    }

    /// Whether it is the name of something else in the workspace.
    pub fn is_of_member(&self, name: &str) -> bool {
        self.0.is_some_and(|(own, all)| all.known.contains(&normal(name)) && !own.contains(&normal(name)))
    }
}

impl<'a> Log<'a> {
    /// What was read of this text before, else what `read` makes of it.
    pub fn remember(self, read: impl FnOnce(Log<'_>) -> Vec<Section>) -> Vec<Section> {
        const KEPT: usize = 8;
        let Some((own, names)) = self.whose.0 else { return read(self) };
        let known = || names.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().iter().find(|known| known.text == self.text && known.own == *own) {
            return found.sections.clone();
        }
        let sections = read(self);
        let mut known = known();
        known.truncate(KEPT - 1);
        known.push_front(Read { text: self.text.to_owned(), own: own.clone(), sections: sections.clone() });
        sections
    }

    /// The same changelog with another text.
    pub fn with<'b>(self, text: &'b str) -> Log<'b>
    where
        'a: 'b,
    {
        Log { text, whose: self.whose }
    }
}

/// A changelog of nobody in particular.
impl<'a> From<&'a str> for Log<'a> {
    fn from(text: &'a str) -> Log<'a> {
        Log { text, whose: Whose::default() }
    }
}

impl<'a> From<&'a String> for Log<'a> {
    fn from(text: &'a String) -> Log<'a> {
        Log::from(text.as_str())
    }
}

/// A name as it is compared.
fn normal(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::{super::read, *};

    #[test]
    fn names_are_compared_by_what_they_are_and_not_by_what_was_read() {
        let names = |train: &'static str, own: &'static str, other: &'static str| {
            Names::new([train], [(PathBuf::from("owl/CHANGELOG.md"), own)], [other])
        };
        let known = names("barter", "owl", "tool");
        assert_eq!(read(known.log(Path::new("CHANGELOG.md"), "## barter 0.9.3\n")).len(), 1);
        assert_eq!(known, names("barter", "owl", "tool"));
        for other in [names("lark", "owl", "tool"), names("barter", "lark", "tool"), names("barter", "owl", "lark")] {
            assert_ne!(known, other);
        }
    }

    #[test]
    fn what_was_read_of_another_text_or_for_another_name_is_not_taken() {
        let known = Names::new(["barter"], [(PathBuf::from("owl/CHANGELOG.md"), "owl")], []);
        let text = "## barter 0.9.3\n\n## owl 0.1.0\n";
        let found = |known: &Names, path: &str, text: &str| {
            let sections = read(known.log(Path::new(path), text));
            sections.iter().map(|section| (section.heading(text).to_owned(), section.name.clone())).collect::<Vec<_>>()
        };
        let fresh = || Names { read: Arc::default(), ..known.clone() };
        let told: Vec<_> = ["CHANGELOG.md", "owl/CHANGELOG.md"].map(|path| found(&fresh(), path, text)).into();
        assert_ne!(told[0], told[1]);
        for _ in 0..2 {
            assert_eq!(found(&known, "CHANGELOG.md", text), told[0]);
            assert_eq!(found(&known, "owl/CHANGELOG.md", text), told[1]);
            let other = ("## 0.9.4".to_owned(), "0.9.4".to_owned());
            assert_eq!(found(&known, "CHANGELOG.md", "## 0.9.4\r\n"), [other]);
        }
    }
}
