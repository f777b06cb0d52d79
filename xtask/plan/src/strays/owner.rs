//! Whose a version is, by the words before it and the lines above.
//! It must never give to the train what stands beside another name.

use super::{
    Above, Search,
    found::Found,
    past,
    place::Place,
    words::{OTHERS, among, is_of_address, is_of_others, is_of_word, is_version_word, spelt},
};

/// Who a version belongs to by what stands before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Owner {
    /// One of the train's names, by itself.
    Own(String),
    /// Words with one of its names among them: `RUFF_VERSION`, `@opendal/lib-linux`.
    Akin,
    /// A word for a version and no name.
    Version,
    /// Neither.
    Nobody,
    /// Another name, or a word for something that is past.
    Other,
}

impl Search {
    /// Whose the version is.
    pub(super) fn owner(&self, found: &Found<'_>, line: &str, above: Above<'_>, place: Place) -> Owner {
        let (before, after) = (&line[..found.start], &line[found.start + found.text.len()..]);
        let head = before.rsplit(|c| !is_of_address(c)).next().unwrap_or_default();
        if head.contains("://") || head.matches('/').count() > 1 {
            return self.owner_in_address(head, after.split(|c| !is_of_address(c)).next().unwrap_or_default());
        }
        let ahead = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        let gap = &before[ahead.len()..];
        let word = ahead.rsplit(|c| !is_of_word(c)).next().unwrap_or_default();
        let ahead = &ahead[..ahead.len() - word.len()];
        if word.is_empty() {
            return self.owner_above(above, place, Owner::Nobody);
        }
        let (name, last) = (spelt(word), word.rsplit('/').next().map(spelt).unwrap_or_default());
        if let Some(own) = [&name, &last].into_iter().find(|name| self.names.contains_key(*name)) {
            return Owner::Own(own.clone());
        }
        let words: Vec<&str> = name.split('-').collect();
        if words.iter().any(|word| is_version_word(word)) {
            return match self.is_akin(word) {
                true => Owner::Akin,
                false if words.iter().any(|word| among(OTHERS, word)) || is_of_others(ahead) => Owner::Other,
                // `NAME = { version = "…"`, `{ name = "NAME", version = "…"`, `Include="NAME" Version="…"`
                false => self.owner_ahead(ahead).unwrap_or_else(|| self.owner_above(above, place, Owner::Version)),
            };
        }
        // `cargo update -p NAME --precise 0.9.3`
        if name == "precise" {
            return ahead.split_whitespace().next_back().and_then(|name| self.owned(name)).unwrap_or(Owner::Other);
        }
        if past::is_word(&name) {
            return Owner::Other;
        }
        // `const VERSION: &str = "…"`, `set("PYO3_VERSION", "…")`
        if spelt(ahead).split('-').any(is_version_word) && !is_of_others(ahead) {
            return if self.is_akin(ahead) { Owner::Akin } else { Owner::Version };
        }
        let is_pair =
            gap.contains(['=', '@', '^', '~', ':']) && !gap.contains([',', ';']) || is_printed(gap, word, found);
        match is_pair {
            true if self.is_akin(word) && (place == Place::Manifest || word.contains('/')) => Owner::Akin,
            true => Owner::Other,
            false if self.is_akin(word) => Owner::Akin,
            false => Owner::Nobody,
        }
    }

    /// An address says whose it is in any of its parts: the last one before the version, or the host.
    fn owner_in_address(&self, head: &str, tail: &str) -> Owner {
        let parts = head.rsplit(['/', ':', '@', '?', '=']).map(spelt);
        if head.split(['/', '.']).any(past::is_journal) {
            return Owner::Other;
        }
        match parts.into_iter().find(|part| self.names.contains_key(part)) {
            Some(name) => Owner::Own(name),
            None if self.is_akin(head) || self.is_akin(tail) => Owner::Akin,
            None => Owner::Other,
        }
    }

    /// The name before a word for a version in the same line.
    pub(super) fn owner_ahead(&self, ahead: &str) -> Option<Owner> {
        let quoted = |key: &str| ahead.split(key).nth(1).and_then(|rest| rest.split('"').next());
        let include = quoted("Include=\"").or_else(|| quoted("name = \""));
        let table = ahead.rfind('{').map(|at| ahead[..at].trim_end());
        let key = table.and_then(|key| key.strip_suffix(['=', ':'])).map(str::trim_end);
        let key = key.map(|key| key.rsplit([' ', '.', '{', ',']).next().unwrap_or(key));
        self.owned(include.or(key)?)
    }

    /// Whose a name is.
    pub(super) fn owned(&self, name: &str) -> Option<Owner> {
        let name = spelt(name);
        Some(match self.names.contains_key(&name) {
            _ if name.is_empty() => return None,
            true => Owner::Own(name),
            false if self.is_akin(&name) => Owner::Akin,
            false => Owner::Other,
        })
    }

    /// The name in the lines before: the table's in TOML, the artifact's in XML, the repository's in a list of them.
    pub(super) fn owner_above(&self, above: Above<'_>, place: Place, otherwise: Owner) -> Owner {
        let quoted = |line: &str| line.split('"').nth(1).map(str::to_owned);
        for line in above.iter().rev().map(|line| line.trim()) {
            let name = if let Some(table) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let Some((_, name)) = table.rsplit_once("dependencies.") else { break };
                Some(name.to_owned())
            } else if place == Place::Generated {
                let keyed = line.strip_suffix('{').and_then(quoted);
                let keyed = keyed.and_then(|key| key.rsplit("node_modules/").next().map(str::to_owned));
                line.strip_prefix("name = ").and_then(|_| quoted(line)).or(keyed)
            } else if let Some((_, rest)) = line.split_once("<artifactId>") {
                rest.split('<').next().map(str::to_owned)
            } else {
                let address = line.split_once("repo: ").or_else(|| line.split_once("repository: "));
                address.map(|(_, address)| address.trim_end_matches('/').trim_end_matches(".git").to_owned())
            };
            if let Some(owner) = name.and_then(|name| self.owned(&name)) {
                return owner;
            }
        }
        if place == Place::Generated { Owner::Other } else { otherwise }
    }

    /// Whether the words have one of the train's names among them.
    fn is_akin(&self, words: &str) -> bool {
        let words = spelt(words);
        let words: Vec<&str> = words.split('-').collect();
        // Looked up and not compared with each: a train may have a thousand names.
        let runs = |from: usize| (from + 1..=words.len()).take(self.longest).map(move |to| from..to);
        (0..words.len()).flat_map(runs).any(|run| self.names.contains_key(&words[run].join("-")))
    }
}

/// A package as programs print it: `Compiling serde-json v1.0.0`.
fn is_printed(gap: &str, word: &str, found: &Found<'_>) -> bool {
    gap == " " && found.text.starts_with('v') && word.contains(['-', '_'])
}
