//! What a rehearsal came to, as a graph for the page and as lines for the screen.
//! It must never make it better than it was: what was not proved is said last, where it is read.

use std::path::Path;

use crate::{
    page::{Kind, Node, Outcome, Rehearsal},
    report::Report,
    snapshot::Snapshot,
    tools::child,
};

/// What needs what in the train.
pub fn graph(snapshot: &Snapshot) -> Vec<Node> {
    let Snapshot { workspace, train, .. } = snapshot;
    let members = train.members();
    let mut nodes: Vec<Node> = members
        .iter()
        .map(|&at| {
            let member = &workspace.members[at];
            let needed = member.links.iter().filter(|link| link.is_built() && members.contains(&link.to));
            let mut needs: Vec<String> = needed.map(|link| workspace.members[link.to].name.clone()).collect();
            needs.sort();
            needs.dedup();
            let kind = if train.owns_wheel(at) { Kind::Wheel } else { Kind::Crate };
            Node { name: member.name.clone(), version: member.version.to_string(), kind, needs }
        })
        .collect();
    let driver = &workspace.members[train.driver];
    nodes.extend(train.config.images.iter().map(|image| Node {
        name: format!("image {}", image.name),
        version: driver.version.tag(),
        kind: Kind::Image,
        needs: vec![driver.name.clone()],
    }));
    nodes
}

/// Every step with its time and evidence, what was not proved, and where the time went.
pub fn tell(report: &Report, rehearsal: &Rehearsal, page: &Path) {
    report.say("");
    for stage in &rehearsal.stages {
        report.say(format!("{}:", stage.name));
        for line in &stage.lines {
            let seconds = line.seconds.map(|seconds| format!("{seconds:6.1} s")).unwrap_or(" ".repeat(8));
            let (word, why) = match &line.outcome {
                Outcome::Proved { evidence } => ("proved", evidence),
                Outcome::NotProved { why } => ("not proved", why),
                Outcome::Failed { why } => ("failed", why),
            };
            report.say(format!("  {seconds}  {word:10} {} ({why})", line.title));
        }
    }
    for (what, why) in &rehearsal.not_proved {
        report.warn(format!("not proved: {what}: {why}"));
    }
    let spent: Vec<String> =
        rehearsal.spent.iter().map(|(program, seconds)| format!("{program} {seconds:.1} s")).collect();
    report.say(format!("{:.0} s in all: {}", rehearsal.seconds, spent.join(", ")));
    if let Some(peak) = child::peak_memory() {
        report.say(format!("{} MB at most in the tool itself", peak / 1_000_000));
    }
    report.say(format!("the page: {}", page.display()));
}
