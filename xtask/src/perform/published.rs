//! Whether a release is out: every part of its publication is looked for again, side by side.
//! It must never take a part that could not be asked for one that is there.

use super::World;
use crate::{
    run,
    step::{Observation, Published},
};

pub fn observe(world: &World<'_>, published: &Published) -> Observation {
    let seen = run::look(world, &published.parts);
    for part in &seen {
        if let Observation::Unknown { why, next } = &part.seen {
            return Observation::Unknown { why: format!("{}: {why}", part.title), next: next.clone() };
        }
    }
    let publish = format!("cargo xtask publish {}", published.of.version.tag());
    // While a part is missing, the sum was not asked for.
    let is_whole = seen.iter().all(|part| part.seen.is_settled() || part.step.is_sum());
    let open = seen.iter().filter(|part| !part.seen.is_settled() && (is_whole || !part.step.is_sum()));
    let open: Vec<&str> = open.map(|part| part.title.as_str()).collect();
    match open.as_slice() {
        [] => Observation::done(format!("all {} of it", seen.len())),
        open => Observation::Blocked { why: format!("it is not out yet: {}", open.join(", ")), next: publish },
    }
}
