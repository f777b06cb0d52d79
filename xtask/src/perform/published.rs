//! Whether a release is out: every part of its publication is looked for again, side by side.
//! It must never take a part that could not be asked for one that is there.

use super::World;
use crate::run;
use plan::problem::Problem;
use plan::step::{Observation, Published};

pub fn observe(world: &World<'_>, published: &Published) -> Observation {
    let seen = run::look(world, &published.parts);
    for part in &seen {
        if let Observation::Unknown(Problem { what, next }) = &part.seen {
            return Observation::unknown(format!("{}: {what}", part.title), next);
        }
    }
    let publish = published.of.typed("publish");
    // What only a person can do holds nothing up.
    let (waits, seen): (Vec<_>, Vec<_>) = seen.into_iter().partition(|part| part.waits);
    // While a part is missing, the sum was not asked for.
    let is_whole = seen.iter().all(|part| part.seen.is_settled() || part.step.is_sum());
    let open = seen.iter().filter(|part| !part.seen.is_settled() && (is_whole || !part.step.is_sum()));
    let open: Vec<&str> = open.map(|part| part.title.as_str()).collect();
    let waits: Vec<&str> = waits.iter().map(|part| part.title.as_str()).collect();
    match (open.as_slice(), waits.as_slice()) {
        ([], []) => Observation::done(format!("all {} of it", seen.len())),
        ([], waits) => Observation::done(format!("all but what waits for a person: {}", waits.join(", "))),
        (open, _) => Observation::blocked(format!("it is not out yet: {}", open.join(", ")), publish),
    }
}
