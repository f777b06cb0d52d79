//! Whether a release is out: every part of its publication is looked for again, side by side.
//! It must never take a part that did not answer for one that is there.

use super::Context;
use crate::run;
use plan::problem::Problem;
use plan::step::{Observation, RequirePublished};

pub fn observe(cx: &Context<'_>, published: &RequirePublished) -> Observation {
    let observed = run::look(cx, &published.parts);
    for part in &observed {
        if let Observation::Unknown(Problem { what, next }) = &part.observed {
            return Observation::unknown(format!("{}: {what}", part.title), next);
        }
    }
    let publish = published.of.typed("publish");
    // What only a person can do holds nothing up.
    let (waits, observed): (Vec<_>, Vec<_>) = observed.into_iter().partition(|part| part.waits);
    // While a part is missing, the aggregate was not asked for.
    let is_whole = observed.iter().all(|part| part.observed.is_settled() || part.step.is_aggregate());
    let open = observed.iter().filter(|part| !part.observed.is_settled() && (is_whole || !part.step.is_aggregate()));
    let open: Vec<&str> = open.map(|part| part.title.as_str()).collect();
    let waits: Vec<&str> = waits.iter().map(|part| part.title.as_str()).collect();
    match (open.as_slice(), waits.as_slice()) {
        ([], []) => Observation::done(format!("all {} of it", observed.len())),
        ([], waits) => Observation::done(format!("all but the steps that wait for you: {}", waits.join(", "))),
        (open, _) => Observation::blocked(format!("it is not out yet: {}", open.join(", ")), publish),
    }
}
