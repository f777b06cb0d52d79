//! What a rehearsal came to, as a graph for the page and as lines for the screen.
//! It must never make it better than it was: what was not proved comes last, where it is read.

use std::collections::BTreeSet;

use super::{
    page::took,
    rehearsal::{Node, Rehearsal},
};
use crate::{report::Report, tools::child};
use plan::{problem::grouped, snapshot::Snapshot};

/// What needs what in the train.
pub fn graph(snapshot: &Snapshot) -> Vec<Node> {
    let Snapshot { workspace, train, .. } = snapshot;
    let members = train.members();
    let mut nodes: Vec<Node> = members
        .iter()
        .map(|&at| {
            let member = &workspace.members[at];
            let needed = member.links.iter().filter(|link| link.is_built() && members.contains(&link.to));
            let needs: BTreeSet<String> = needed.map(|link| workspace.members[link.to].name.clone()).collect();
            let needs = needs.into_iter().collect();
            let kind = if train.owns_wheel(at) { "wheel" } else { "crate" };
            Node { name: member.name.clone(), version: member.version.to_string(), kind, needs }
        })
        .collect();
    let driver = &workspace.members[train.driver];
    nodes.extend(train.config.images.iter().map(|image| Node {
        name: format!("image {}", image.name),
        version: driver.version.tag(),
        kind: "image",
        needs: vec![driver.name.clone()],
    }));
    nodes
}

/// Every step with its time and evidence, what was not proved, and where the time went.
pub fn show(report: &Report, rehearsal: &Rehearsal) {
    report.say("");
    for stage in &rehearsal.stages {
        report.say(format!("{}:", stage.name));
        for line in &stage.lines {
            let seconds = line.seconds.map(|seconds| format!("{seconds:6.1} s")).unwrap_or(" ".repeat(8));
            let (.., label) = line.outcome.label();
            report.say(format!("  {seconds}  {label:10} {} ({})", line.title, line.outcome.because()));
        }
    }
    for (what, why) in &rehearsal.left_out {
        report.say(format!("left out by design: {what}: {why}"));
    }
    for (what, why) in &rehearsal.not_proved {
        report.tell(format!("not verified here: {what}: {why}"));
    }
    let spent: Vec<String> =
        rehearsal.spent.iter().map(|(program, seconds)| format!("{program} {seconds:.1} s")).collect();
    report.say(format!("{:.0} s in all: {}", rehearsal.seconds, spent.join(", ")));
    if let Some(peak) = child::peak_memory() {
        report.say(format!("{} MB at most in the tool itself", peak / 1_000_000));
    }
}

/// How the rehearsals of some trains ended, on one line.
pub fn verdict(rehearsals: &[Rehearsal], interrupted: bool) -> String {
    let names: Vec<String> = rehearsals.iter().map(|one| format!("{} {}", one.train, one.version)).collect();
    let names = names.iter().map(|name| name.trim()).collect::<Vec<_>>().join(" and ");
    let time = took(Some(rehearsals.iter().map(|one| one.seconds).sum()));
    let failed = rehearsals.iter().find_map(|one| Some((one, *one.failed().first()?)));
    if interrupted {
        return format!("rehearsal of {names}: interrupted after {time}; nothing was published");
    }
    if let Some((one, (title, why))) = failed {
        let train = if rehearsals.len() > 1 { format!("{}: ", one.train) } else { String::new() };
        let step = if title == "stopped" { String::new() } else { format!("{title}: ") };
        let why = why.lines().next().unwrap_or_default();
        return format!("rehearsal of {names}: failed after {time}: {train}{step}{why}");
    }
    let open = not_verified(rehearsals);
    let open = if open.is_empty() { open } else { format!("; not verified here: {open}") };
    format!("rehearsal of {names}: proved in {time}{open}")
}

/// What the machine or the rehearsal could not verify; what has one reason is together.
fn not_verified(rehearsals: &[Rehearsal]) -> String {
    let open = rehearsals.iter().flat_map(Rehearsal::open);
    let groups = grouped(open.map(|(what, why)| (why.lines().next().unwrap_or_default(), what)));
    let groups = groups.iter().map(|(why, whats)| format!("{} ({why})", whats.join(", ")));
    groups.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::rehearsal::{Ending, Line};

    fn rehearsal(train: &str, lines: &[(&str, Ending)]) -> Rehearsal {
        let version = "0.9.3".to_owned();
        let mut one = Rehearsal { train: train.to_owned(), version, seconds: 83.0, ..Rehearsal::default() };
        for (title, outcome) in lines {
            one.add("use", Line { title: (*title).to_owned(), seconds: None, outcome: outcome.clone() });
        }
        one
    }

    fn proved() -> Ending {
        Ending::Proved { evidence: "it is".to_owned() }
    }

    fn not(why: &str) -> Ending {
        Ending::NotProved { why: why.to_owned() }
    }

    fn failed(why: &str) -> Ending {
        Ending::Failed { why: why.to_owned() }
    }

    #[test]
    fn the_result_is_one_line_and_names_what_was_not_verified() {
        let mut good = rehearsal("barter", &[("tests", proved())]);
        good.left_out = vec![("wheels for macos".to_owned(), "each is built on its own machine".to_owned())];
        let mut open = rehearsal("ingest", &[("tests", proved()), ("image", not("no container engine\nat all"))]);
        let why = "no `gh`".to_owned();
        open.not_proved = vec![("forge".to_owned(), why.clone()), ("ci".to_owned(), why)];
        let bad = rehearsal("ingest", &[("image is healthy", failed("it is not\nlog")), ("stopped", failed("x"))]);
        let stopped = rehearsal("ingest", &[("stopped", failed("`cargo xtask release` failed: see above"))]);
        let mut early = stopped.clone();
        early.version = String::new();
        for (rehearsals, interrupted, line) in [
            (vec![&good], false, "barter 0.9.3: proved in 1 min 23 s"),
            (
                vec![&open],
                false,
                "ingest 0.9.3: proved in 1 min 23 s; not verified here: forge, ci (no `gh`); image (no container engine)",
            ),
            (
                vec![&good, &open],
                false,
                "barter 0.9.3 and ingest 0.9.3: proved in 2 min 46 s; not verified here: forge, ci (no `gh`); \
                 image (no container engine)",
            ),
            (vec![&bad], false, "ingest 0.9.3: failed after 1 min 23 s: image is healthy: it is not"),
            (vec![&stopped], false, "ingest 0.9.3: failed after 1 min 23 s: `cargo xtask release` failed: see above"),
            (vec![&early], false, "ingest: failed after 1 min 23 s: `cargo xtask release` failed: see above"),
            (
                vec![&good, &stopped],
                false,
                "barter 0.9.3 and ingest 0.9.3: failed after 2 min 46 s: ingest: `cargo xtask release` failed: see above",
            ),
            (
                vec![&good, &bad],
                true,
                "barter 0.9.3 and ingest 0.9.3: interrupted after 2 min 46 s; nothing was published",
            ),
        ] {
            let rehearsals: Vec<Rehearsal> = rehearsals.into_iter().cloned().collect();
            assert_eq!(verdict(&rehearsals, interrupted), format!("rehearsal of {line}"));
        }
    }
}
