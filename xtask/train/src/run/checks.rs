//! What is known of a step that checks something before it is made, and when a run may go on without it.
//! It must never call a check done that was waived, nor one that nobody saw.

use crate::perform::{self, Context, prove};
use plan::step::{Confirmation, Evidence, Kind, Observation, Step};

/// What is known without making the check; `None`: it has to be made.
pub(super) struct Known<'a> {
    cx: &'a Context<'a>,
    /// The plan sends something to others, so that a confirmation is wanted now.
    is_outward: bool,
    /// The remote has the release's tag.
    pushed: Option<String>,
}

impl<'a> Known<'a> {
    pub fn new(cx: &'a Context<'a>, steps: &[Step]) -> Known<'a> {
        let remote = steps.iter().find_map(|step| match step {
            Step::Confirm(Confirmation { by: Evidence::Ci(asked) | Evidence::Review(asked), .. }) => {
                Some(&asked.remote)
            }
            _ => None,
        });
        let pushed = remote.zip(cx.checks.tag()).filter(|(remote, tag)| perform::is_pushed(cx, remote, tag));
        Known {
            cx,
            is_outward: steps.iter().any(Step::is_outward),
            pushed: pushed.map(|(remote, tag)| format!("{remote} has {tag}")),
        }
    }

    pub fn of(&self, step: &Step) -> Option<Observation> {
        let (name, checks) = (step.check()?, &self.cx.checks);
        if let Some(by) = checks.waived.get(name) {
            return Some(Observation::Waived { by: by.clone() });
        }
        let recorded = checks.recorded.as_ref()?;
        let unverified = checks.unverified(name);
        match step.kind() {
            // A commit is made before there is anything that could be pushed: it says nothing of what others confirm.
            Kind::Confirmation => {
                let tag = checks.tag()?;
                if let Some(pushed) = &self.pushed {
                    let recorded = unverified.map(|why| format!(", which says: not verified ({why})"));
                    return Some(Observation::done(format!(
                        "not asked again: {pushed}{}",
                        recorded.unwrap_or_default()
                    )));
                }
                let is_observed = recorded.is_whole && unverified.is_none() && !self.is_outward;
                is_observed.then(|| Observation::done(format!("it was confirmed when {tag} was made")))
            }
            _ => {
                let why = match unverified {
                    Some(why) => why.to_owned(),
                    None if recorded.is_whole => return None,
                    None => format!("{} does not say that it was proved", recorded.at),
                };
                Some(Observation::unknown(why, prove::elsewhere()))
            }
        }
    }
}

/// Which checks the run goes on without: proofs that cannot be made here, and confirmations as long as nothing of the plan
/// is still to be sent to others.
pub(super) fn passed_over(steps: &[Step], observed: &[Observation]) -> Vec<bool> {
    let is_outward = steps.iter().zip(observed).any(|(step, observed)| step.is_outward() && !observed.is_done());
    let both = steps.iter().zip(observed);
    let is_passed = both.map(|(step, observed)| match (step.kind(), observed) {
        (Kind::Proof, Observation::Unknown(_)) => true,
        (Kind::Confirmation, Observation::Unknown(_)) => !is_outward,
        _ => false,
    });
    is_passed.collect()
}

/// What is in the way, and how to go on without it, when it is nothing but confirmations.
pub fn way_on<'s>(blocking: impl IntoIterator<Item = &'s Step>) -> Option<String> {
    let name = |step: &'s Step| step.check().filter(|_| step.kind() == Kind::Confirmation);
    let names: Vec<&str> = blocking.into_iter().map(name).collect::<Option<_>>()?;
    let waivers: Vec<String> = names.iter().map(|name| format!("--waive {name}")).collect();
    (!names.is_empty()).then(|| format!("{} (to continue without: {})", names.join(", "), waivers.join(" ")))
}
