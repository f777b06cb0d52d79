//! Whether a release is out: every part of its publication is looked for again, side by side.
//! It must never take a part that could not be asked for one that is there.

use super::World;
use crate::step::{Observation, Published, Step};

pub fn observe(world: &World<'_>, published: &Published) -> Observation {
    let (sums, parts): (Vec<&Step>, Vec<&Step>) = published.parts.iter().partition(|step| step.is_sum());
    let asked = world.each(&parts, |world, step| Ok(super::observe(world, step)));
    let asked = asked.into_iter().map(|seen| {
        seen.unwrap_or_else(|error| Observation::Unknown { why: format!("{error:#}"), next: "look again".to_owned() })
    });
    let mut seen: Vec<(String, Observation)> = parts.iter().map(|step| step.title()).zip(asked).collect();
    // What holds when all others do need not be asked for while one is missing.
    if seen.iter().all(|(_, seen)| seen.is_done()) {
        seen.extend(sums.iter().map(|step| (step.title(), super::observe(world, step))));
    }
    let publish = format!("cargo xtask publish {}", published.of.version.tag());
    let unknown = seen.iter().find_map(|(title, seen)| match seen {
        Observation::Unknown { why, next } => Some((format!("{title}: {why}"), next.clone())),
        _ => None,
    });
    if let Some((why, next)) = unknown {
        return Observation::Unknown { why, next };
    }
    let open: Vec<&str> = seen.iter().filter(|(_, seen)| !seen.is_done()).map(|(title, _)| title.as_str()).collect();
    match open.as_slice() {
        [] => Observation::done(format!("all {} of it", seen.len())),
        open => Observation::Blocked { why: format!("it is not out yet: {}", open.join(", ")), next: publish },
    }
}
