//! What is observed of a step.
//! It must never make "not done" of "could not ask", nor "done" of what was set aside.

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// What is observed of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Observation {
    /// It shows, and it is ours: by this evidence.
    Done {
        evidence: String,
        /// Since when, where that is known: UTC, as the registry or git writes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    Todo,
    /// Something is in the way.
    Blocked(#[serde(with = "Reported")] Problem),
    /// It could not be asked, which is not the same as "not done".
    Unknown(#[serde(with = "Reported")] Problem),
    /// The captain set it aside, which is not the same as "done".
    Waived {
        by: String,
    },
}

impl Observation {
    pub fn done(evidence: impl Into<String>) -> Observation {
        Observation::Done { evidence: evidence.into(), since: None }
    }

    pub fn blocked(why: impl Into<String>, next: impl Into<String>) -> Observation {
        Observation::Blocked(Problem::new(why, next))
    }

    pub fn unknown(why: impl Into<String>, next: impl Into<String>) -> Observation {
        Observation::Unknown(Problem::new(why, next))
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Observation::Done { .. })
    }

    /// Nothing is left to do about it.
    pub fn is_settled(&self) -> bool {
        matches!(self, Observation::Done { .. } | Observation::Waived { .. })
    }

    /// It keeps the loop from acting.
    pub fn is_blocking(&self) -> bool {
        matches!(self, Observation::Blocked(_) | Observation::Unknown(_))
    }
}

/// The rows of a checklist, each cause once: what cannot be checked for one reason is one row, which names all of it.
pub fn by_cause<P>(rows: impl IntoIterator<Item = (String, P, Observation)>) -> Vec<(String, P, Observation)> {
    let mut causes: Vec<(String, P, Observation)> = Vec::new();
    for (title, place, observed) in rows {
        let of_same_cause = causes.iter_mut().find_map(|(names, _, known)| match (known, &observed) {
            (Observation::Unknown(known), Observation::Unknown(Problem { what, next })) if known.what == *what => {
                Some((names, &mut known.next, next))
            }
            _ => None,
        });
        let Some((names, ways, next)) = of_same_cause else {
            causes.push((title, place, observed));
            continue;
        };
        let name = |title: &str| title.split_once(": ").map_or(title, |(name, _)| name).to_owned();
        *names = format!("{}, {}", name(names), name(&title));
        if !ways.split("; ").any(|way| way == next) {
            *ways = format!("{ways}; {next}");
        }
    }
    causes
}

/// As `--json` has it: there, what is wrong is why it is in that state.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Problem")]
struct Reported {
    #[serde(rename = "why")]
    what: String,
    next: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cause_is_one_row_that_names_all_that_it_keeps_from_being_checked() {
        let unknown = |why: &str, next: &str| Observation::unknown(why, next);
        let rows = [
            ("ci: all checks pass", unknown("gh not found", "install gh")),
            ("changelog: it is updated", Observation::done("yes")),
            ("review: all is reviewed", unknown("gh not found", "install gh")),
            ("tests: they pass", unknown("gh not found", "cargo xtask smoke")),
            ("docs: they are updated", unknown("no proof", "add one")),
        ];
        let rows = by_cause(rows.map(|(title, observed)| (title.to_owned(), (), observed)));
        let titles: Vec<&str> = rows.iter().map(|(title, ..)| title.as_str()).collect();
        assert_eq!(titles, ["ci, review, tests", "changelog: it is updated", "docs: they are updated"]);
        assert_eq!(rows[0].2, unknown("gh not found", "install gh; cargo xtask smoke"));
    }
}
