//! What others answered in one look at many trains, which ask the same of the same remote and forge.
//! It must never be there where something is made: what acts observes anew.

use std::sync::Arc;

use super::{Context, git::remote::Refs};
use crate::tools::{forge, once::Once};
use plan::problem::Problem;

/// The answers of one look, by who gave them.
#[derive(Default)]
pub struct Seen {
    /// What a remote has of refs, or why it did not answer, by the words of the question.
    pub(super) refs: Once<Vec<String>, Result<Refs, Problem>>,
    forge: Arc<forge::Known>,
}

impl Context<'_> {
    /// What the forge answered in this look.
    pub fn forge(&self) -> Option<Arc<forge::Known>> {
        self.seen.as_ref().map(|seen| seen.forge.clone())
    }
}
