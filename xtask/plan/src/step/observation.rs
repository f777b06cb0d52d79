//! What the world says of a step.
//! It must never make "not done" of "could not ask", nor "done" of what was set aside.

use serde::{Serialize, Serializer};

use crate::problem::Problem;

/// What the world says of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Observation {
    /// It shows, and it is ours: by this evidence.
    Done {
        evidence: String,
        /// Since when, where the world says so: UTC, as it says it.
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    Todo,
    /// Something is in the way.
    #[serde(serialize_with = "reported")]
    Blocked(Problem),
    /// It could not be asked, which is not the same as "not done".
    #[serde(serialize_with = "reported")]
    Unknown(Problem),
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

/// As `--json` has it: there, what is wrong is why it is in that state.
fn reported<S: Serializer>(Problem { what, next }: &Problem, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Reported<'a> {
        why: &'a str,
        next: &'a str,
    }
    Reported { why: what, next }.serialize(serializer)
}
