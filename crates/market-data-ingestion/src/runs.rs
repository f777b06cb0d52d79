//! Sets of whole numbers that mostly follow one another.
//!
//! This module knows which numbers were seen, in memory for the holes between them only. It never takes a number that
//! was added for a new one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whole numbers, as the runs that they form: the first of each, and its last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs(BTreeMap<u64, u64>);

impl Runs {
    pub fn contains(&self, number: u64) -> bool {
        self.before(number).is_some_and(|(_, last)| number <= last)
    }

    /// The run that starts at the number, or the next one below.
    fn before(&self, number: u64) -> Option<(u64, u64)> {
        self.0.range(..=number).next_back().map(|(first, last)| (*first, *last))
    }

    /// Adds a number, and says whether it is new.
    pub fn insert(&mut self, number: u64) -> bool {
        let first = match self.before(number) {
            Some((_, last)) if number <= last => return false,
            Some((first, last)) if number == last + 1 => first,
            _ => number,
        };
        let last = number.checked_add(1).and_then(|next| self.0.remove(&next)).unwrap_or(number);
        self.0.insert(first, last);
        true
    }

    /// Takes the lowest holes for seen until there are at most `most` runs.
    pub fn bridge(&mut self, most: usize) {
        while self.0.len() > most.max(1) {
            let (Some((first, _)), Some((_, last))) = (self.0.pop_first(), self.0.pop_first()) else { return };
            self.0.insert(first, last);
        }
    }

    /// The last number before the first hole.
    pub fn first_end(&self) -> Option<u64> {
        self.0.first_key_value().map(|(_, last)| *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run_in_any_order() {
        let mut runs = Runs::default();
        for number in [5, 7, 6, u64::MAX, 0, 1, 9] {
            assert!(runs.insert(number), "{number}");
        }
        assert_eq!(runs, Runs(BTreeMap::from([(0, 1), (5, 7), (9, 9), (u64::MAX, u64::MAX)])));
        for number in [0, 1, 5, 6, 7, 9, u64::MAX] {
            assert!(!runs.insert(number), "{number}");
        }
        runs.bridge(3);
        assert_eq!((runs.first_end(), runs.insert(3), runs.insert(8)), (Some(7), false, true));
    }
}
