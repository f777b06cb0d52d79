//! Sets of whole numbers that mostly follow one another.
//!
//! This module knows which numbers were seen, in memory for the holes between them only. It never forgets one.

use std::collections::BTreeMap;

/// Whole numbers, as the runs that they form: the first of each, and its last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs(BTreeMap<u64, u64>);

impl Runs {
    /// Adds a number, and says whether it is new.
    pub fn insert(&mut self, number: u64) -> bool {
        let before = self.0.range(..=number).next_back().map(|(first, last)| (*first, *last));
        let first = match before {
            Some((_, last)) if number <= last => return false,
            Some((first, last)) if number == last + 1 => first,
            _ => number,
        };
        let last = number.checked_add(1).and_then(|next| self.0.remove(&next)).unwrap_or(number);
        self.0.insert(first, last);
        true
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
    }
}
