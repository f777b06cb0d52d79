//! What the world says of a step.
//! It must never make "not done" of "could not ask", nor "done" of what was set aside.

use serde::Serialize;

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
    /// Something is in the way; `next` is what to type.
    Blocked {
        why: String,
        next: String,
    },
    /// It could not be asked, which is not the same as "not done".
    Unknown {
        why: String,
        next: String,
    },
    /// The captain set it aside, which is not the same as "done".
    Waived {
        by: String,
    },
}

impl Observation {
    pub fn done(evidence: impl Into<String>) -> Observation {
        Observation::Done { evidence: evidence.into(), since: None }
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
        matches!(self, Observation::Blocked { .. } | Observation::Unknown { .. })
    }
}
