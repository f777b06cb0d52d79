//! Which of the commits since a release a merge brought in.
//! It must never walk the whole of a long history once for each merge.

use std::collections::BTreeMap;

use crate::repo::Message;

/// Commits and which of them lead to which.
pub(super) struct Ancestry<'a> {
    /// Each before all that it leads to, whatever the clocks said.
    commits: Vec<&'a Message>,
    at: BTreeMap<&'a str, usize>,
}

impl<'a> Ancestry<'a> {
    pub(super) fn of(commits: &'a [Message]) -> Ancestry<'a> {
        let known: BTreeMap<&str, &Message> = commits.iter().map(|commit| (commit.commit.as_str(), commit)).collect();
        let mut children: BTreeMap<&str, usize> = BTreeMap::new();
        for parent in commits.iter().flat_map(|commit| &commit.parents) {
            *children.entry(parent).or_default() += 1;
        }
        let mut open: Vec<&Message> =
            commits.iter().filter(|commit| !children.contains_key(commit.commit.as_str())).collect();
        let mut sorted = Vec::with_capacity(commits.len());
        while let Some(commit) = open.pop() {
            sorted.push(commit);
            for parent in &commit.parents {
                let left = children.entry(parent).or_default();
                *left = left.saturating_sub(1);
                open.extend(known.get(parent.as_str()).filter(|_| *left == 0));
            }
        }
        let at = sorted.iter().enumerate().map(|(at, commit)| (commit.commit.as_str(), at)).collect();
        Ancestry { commits: sorted, at }
    }

    /// The commits that `topics` lead to, themselves among them, and `main` does not. From the newest on, until all that is
    /// left is of `main` too.
    pub(super) fn brought(&self, topics: &[String], main: &str) -> impl Iterator<Item = &'a Message> {
        let place = |name: &str| self.at.get(name).copied();
        let mut queue: BTreeMap<usize, bool> = topics.iter().filter_map(|topic| Some((place(topic)?, false))).collect();
        queue.extend(place(main).map(|at| (at, true)));
        std::iter::from_fn(move || {
            while queue.values().any(|is_on_main| !is_on_main) {
                let (at, is_on_main) = queue.pop_first()?;
                let commit = self.commits[at];
                for parent in commit.parents.iter().filter_map(|parent| self.at.get(parent.as_str())) {
                    *queue.entry(*parent).or_default() |= is_on_main;
                }
                if !is_on_main {
                    return Some(commit);
                }
            }
            None
        })
    }

    /// The pull request that brought each commit in by a merge, as the forge's own message of the merge tells.
    pub(super) fn pulls(&self) -> BTreeMap<&'a str, u64> {
        let mut pulls = BTreeMap::new();
        // As a topic may itself have merged others, the oldest merge comes last, and has the last word.
        for merge in &self.commits {
            let number =
                merge.text.strip_prefix("Merge pull request #").and_then(|rest| rest.split_whitespace().next());
            let (Some(Ok(number)), [main, _]) = (number.map(str::parse), merge.parents.as_slice()) else {
                continue;
            };
            pulls.extend(self.brought(&merge.parents[1..], main).map(|commit| (commit.commit.as_str(), number)));
        }
        pulls
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn commit(name: usize, parents: &[usize]) -> Message {
        Message {
            commit: format!("c{name}"),
            parents: parents.iter().map(|parent| format!("c{parent}")).collect(),
            author: String::new(),
            time: 0,
            text: format!("Merge pull request #{name} from x"),
            paths: Vec::new(),
        }
    }

    fn all_behind(commits: &[Message], from: &str) -> Vec<String> {
        let (mut found, mut queue) = (Vec::new(), vec![from.to_owned()]);
        while let Some(name) = queue.pop() {
            if let Some(commit) = commits.iter().find(|commit| commit.commit == name && !found.contains(&name)) {
                queue.extend(commit.parents.iter().cloned());
                found.push(name);
            }
        }
        found
    }

    proptest! {
        /// Of histories in any order and cut off anywhere, a merge brought what its topic leads to and its main does not.
        #[test]
        fn a_merge_brought_what_main_did_not_have(
            parents in prop::collection::vec(prop::collection::vec(0usize..8, 0..3), 1..14),
            order in prop::collection::vec(any::<u32>(), 14),
            (topic, main) in (0usize..14, 0usize..14),
        ) {
            // Each leads to older ones only, which have the higher numbers.
            let all = parents.iter().enumerate();
            let mut commits: Vec<Message> = all
                .map(|(at, parents)| commit(at, &parents.iter().map(|step| at + 1 + step).collect::<Vec<_>>()))
                .collect();
            commits.sort_by_key(|commit| order[commit.commit[1..].parse::<usize>().unwrap()]);
            let (topic, main) = (format!("c{topic}"), format!("c{main}"));
            let of_main = all_behind(&commits, &main);
            let mut expected = all_behind(&commits, &topic);
            expected.retain(|name| !of_main.contains(name));
            expected.sort();
            let ancestry = Ancestry::of(&commits);
            let mut brought: Vec<String> = ancestry.brought(&[topic], &main).map(|one| one.commit.clone()).collect();
            brought.sort();
            prop_assert_eq!(brought, expected);
        }
    }

    #[test]
    fn of_two_merges_the_one_nearer_to_the_commit_names_its_pull_request() {
        // c0 merges c1 into c4, and c1 merged c2 into c3 before.
        let commits = [commit(0, &[4, 1]), commit(1, &[3, 2]), commit(2, &[4]), commit(3, &[4]), commit(4, &[])];
        let ancestry = Ancestry::of(&commits);
        let pulls: Vec<(&str, u64)> = ancestry.pulls().into_iter().collect();
        assert_eq!(pulls, [("c1", 0), ("c2", 1), ("c3", 0)]);
    }
}
