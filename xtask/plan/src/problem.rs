//! What is wrong, and what to do or type next: one form of it, whoever finds it.
//! It must never be without the second.

use std::fmt;

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    pub what: String,
    pub next: String,
}

impl Problem {
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Problem {
        Problem { what: what.into(), next: next.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; next: {}", self.what, self.next)
    }
}

impl std::error::Error for Problem {}

/// What shares a cause, together, in the order of the first of each.
pub fn grouped<K: PartialEq, T: PartialEq>(pairs: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (cause, item) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, items)) if items.contains(&item) => {}
            Some((_, items)) => items.push(item),
            None => groups.push((cause, vec![item])),
        }
    }
    groups
}
