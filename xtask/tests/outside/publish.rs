//! Publishing as it is lived through: uninterrupted, cut off anywhere, refused, lied to, and by two at once.
//! It must never be satisfied by what the tool says of itself: what has reached the registries is counted there.

use std::{
    collections::BTreeMap,
    fs,
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use crate::{
    crashes::{fault_injecting_git, is_full, signal, start},
    harness::{Place, CommandOutput, run},
    outside::{INGEST, LARK, Outside, Train, has_images, is_sent, side_by_side},
    fault_proxy::{Fault, Rule},
};

tests! {
    a_publication_is_done_once: needs WORLD, partly IMAGES;
    without_gh_the_same_is_published: needs WORLD;
    a_shallow_checkout_of_the_tag_publishes_the_same: needs WORLD;
    cut_off_at_each_request_of_crates_wheels_and_forge: needs WORLD;
    cut_off_at_each_request_of_images: needs WORLD_WITH_IMAGES;
    killed_around_each_push: needs WORLD;
    killed_at_any_moment_of_a_publication: needs WORLD, partly IMAGES;
}

/// What an uninterrupted run leaves in the world.
#[derive(Debug, PartialEq)]
pub struct End {
    pub effects: Vec<String>,
    images: Vec<String>,
    refs: Vec<String>,
}

pub fn end(outside: &Outside) -> End {
    End { effects: outside.effects(), images: outside.images(), refs: outside.refs() }
}

/// An uninterrupted run.
pub struct Whole {
    pub end: End,
    /// The requests that changed something.
    changes: usize,
    time: Duration,
}

pub fn whole(train: Train) -> &'static Whole {
    static LARKS: LazyLock<Whole> = LazyLock::new(|| live_whole(LARK));
    static INGESTS: LazyLock<Whole> = LazyLock::new(|| live_whole(INGEST));
    if train.name == LARK.name { &LARKS } else { &INGESTS }
}

fn live_whole(train: Train) -> Whole {
    let outside = Outside::new(&format!("whole_{}", train.name));
    let machine = outside.machine("a");
    let begun = Instant::now();
    outside.publish(&machine, train);
    let time = begun.elapsed();
    // What all others are compared with is held against what was released, not against another run.
    let forge = fs::read(outside.dir().join("registries/forge/releases.json")).unwrap();
    let forge: serde_json::Value = serde_json::from_slice(&forge).unwrap();
    let [release] = forge["releases"].as_array().unwrap().as_slice() else { panic!("{forge}") };
    let (notes, images) = match train.name {
        "lark" => ("### Added\n\n- songs", [""; 0].as_slice()),
        _ => ("", ["0.3.0", "latest"].as_slice()),
    };
    assert_eq!((release["tag"].as_str(), release["body"].as_str()), (Some(train.tag), Some(notes)));
    assert_eq!((release["draft"].as_bool(), release["prerelease"].as_bool()), (Some(false), Some(false)));
    assert_eq!(outside.messages(train.channel), 1);
    if has_images() {
        let tags = outside.image_tags();
        assert_eq!(tags.keys().map(String::as_str).collect::<Vec<_>>(), images);
        assert!(tags.values().all(|digest| Some(digest) == tags.values().next()), "one image: {tags:?}");
    }
    Whole { end: end(&outside), changes: outside.fault_proxy.changes().len(), time }
}

fn a_publication_is_done_once() {
    for train in [LARK, INGEST] {
        let outside = Outside::new(&format!("once_{}", train.name));
        let machine = outside.machine("a");
        let status = format!("status {} --train {}", train.version, train.name);
        let nothing = outside.run(&machine, &format!("{} --dry-run", train.publish())).ok();
        assert!(nothing.out.contains("todo"), "{}", nothing.all());
        assert_eq!(outside.run(&machine, &status).code, Some(1));
        assert_eq!(end(&outside), End { effects: vec![], images: vec![], refs: vec![] }, "looking leaves nothing");
        assert_eq!(outside.fault_proxy.changes(), [""; 0]);

        outside.publish(&machine, train);
        let (effects, end) = (outside.raw_effects(), end(&outside));
        assert_eq!(end, whole(train).end, "the same everywhere");
        assert!(end.refs.iter().all(|name| name.contains("/announced/")), "no lease is left: {end:?}");
        outside.fault_proxy.clear();
        for machine in [&machine, &outside.new_machine("b")] {
            outside.run(machine, &format!("{} --dry-run", train.publish())).ok();
            outside.publish(machine, train);
            let output = outside.run(machine, &status);
            assert!(!output.out.contains("todo") && output.out.contains("done"), "{}", output.all());
        }
        outside.confirm(&machine, train);
        outside.run(&machine, &status).ok();
        assert_eq!(outside.fault_proxy.changes(), [""; 0], "there is nothing to send twice");
        assert_eq!(outside.raw_effects(), effects);
        // What the tree says of sources is not what a user has, though things are built below it. The wheels are left
        // out: the uv to ask with is in the other directory.
        if train.name == INGEST.name {
            machine.write(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"nowhere\"\n");
            CommandOutput::of(machine.tool(&status).env("CARGO_TARGET_DIR", "target").output().unwrap()).ok();
        }
    }
}

fn without_gh_the_same_is_published() {
    let outside = Outside::new("without_gh");
    let mut machine = outside.machine("a");
    machine.path_without(&["gh"]);
    outside.publish(&machine, LARK);
    assert_eq!(end(&outside), whole(LARK).end);
    outside.confirm(&machine, LARK);
    outside.run(&machine, &format!("status {} --train {}", LARK.version, LARK.name)).ok();
}

fn a_shallow_checkout_of_the_tag_publishes_the_same() {
    let outside = Outside::new("shallow_lark");
    let machine = outside.machine("a");
    fs::remove_dir_all(&machine.tree).unwrap();
    let url = format!("file://{}", machine.remote.display());
    let mut clone = machine.command("git");
    let clone = clone.current_dir(machine.tree.parent().unwrap());
    run(clone.args(["clone", "--quiet", "--depth", "1", "--branch", LARK.tag, &url]).arg(&machine.tree));
    assert_eq!(machine.git("rev-parse --is-shallow-repository"), "true");
    outside.publish(&machine, LARK);
    assert_eq!(end(&outside), whole(LARK).end);
    outside.run(&machine, "wheels --train lark --dry-run").ok();
}

/// How often what happened.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<&'static str, usize>>);

impl Tally {
    fn count(&self, what: &'static str) {
        *self.0.lock().unwrap().entry(what).or_default() += 1;
    }

    fn reported(&self) -> String {
        let counts = self.0.lock().unwrap();
        counts.iter().map(|(what, times)| format!("{times} {what}")).collect::<Vec<_>>().join(", ")
    }
}

/// Runs the same command until it succeeds, in turn on these machines; where a message's fate is not known, somebody looks
/// and answers when it is asked again. How many of the runs were killed.
fn resume(outside: &Outside, machines: &[&Place], train: Train, first: CommandOutput, what: &str, tally: &Tally) -> usize {
    let (mut output, mut answer) = (first, String::new());
    let (mut killed, mut asked) = (0, 0);
    for run in 0..12 {
        if is_sent(&output) {
            tally.count(match (run, asked) {
                (0, _) => "went on by themselves",
                (_, 0) => "finished by the same command",
                _ => "finished by the same command, told what a person saw",
            });
            return killed;
        }
        killed += usize::from(output.code.is_none());
        if output.all().contains("--announced") {
            asked += 1;
        }
        if asked > 1 && answer.is_empty() {
            let observed = outside.messages(train.channel);
            assert!(observed <= 1, "{what}: {observed} messages");
            let word = if observed == 1 { "--announced" } else { "--announce-again" };
            assert!(output.all().contains(&format!("{word} {}", train.channel)), "{what}: {}", output.all());
            answer = format!(" {word} {}", train.channel);
        }
        output = outside.run_watched(machines[run % machines.len()], &format!("{}{answer}", train.publish()));
    }
    panic!("{what}: it does not end\n{}", output.all());
}

pub fn assert_ended(outside: &Outside, machine: &Place, train: Train, what: &str) {
    assert_eq!(end(outside), whole(train).end, "{what}");
    outside.confirm(machine, train);
    let output = outside.run(machine, &format!("status {} --train {}", train.version, train.name));
    assert_eq!(output.code, Some(0), "{what}: {}", output.all());
}

/// The kinds of requests that change something, and how many there are of each.
const OF_LARK: [(&str, usize); 6] = [
    ("PUT /api/v1/crates/new", 3),
    ("POST /legacy/", 2),
    ("POST http://api.github.localhost", 1),
    ("POST http://uploads.github.localhost", 4),
    ("PATCH http://api.github.localhost", 1),
    ("POST /api/webhooks", 1),
];
const OF_INGEST: [(&str, usize); 8] = [
    ("POST /v2/", 2),
    ("PATCH /v2/", 2),
    ("PUT /v2/rehearsal/ingest/blobs", 2),
    ("PUT /v2/rehearsal/ingest/manifests/0.3.0", 1),
    ("PUT /v2/rehearsal/ingest/manifests/latest", 1),
    ("POST http://api.github.localhost", 1),
    ("PATCH http://api.github.localhost", 1),
    ("POST /services/", 1),
];

/// At requests that change something: they are lost, their answers are lost, and the tool is killed before they take effect
/// and after. One story has the same happen at each kind, and goes on after each; the full matrix has one for each request.
fn cut_off_everywhere(train: Train, kinds: &[(&'static str, usize)]) {
    let begun = Instant::now();
    let changes = whole(train).changes;
    assert_eq!(kinds.iter().map(|(_, count)| count).sum::<usize>(), changes);
    let faults = [
        ("lost", Fault::Lost),
        ("unanswered", Fault::Unanswered),
        ("killed", Fault::Killed),
        ("killed_after", Fault::KilledAfter),
    ];
    let mut stories = Vec::new();
    for (at, (side, fault)) in faults.iter().enumerate() {
        let rule = |on, after| Rule { fault: fault.clone(), on, after, times: 1 };
        stories.push((*side, 0, kinds.iter().map(|(on, count)| rule(on, at % count)).collect::<Vec<_>>()));
        if is_full() {
            stories.extend((0..changes).map(|k| (*side, k + 1, vec![rule("", k)])));
        }
    }
    let tally = Tally::default();
    side_by_side(&stories, 4, |(side, nth, rules)| {
        let what = format!("{}_{side}_{nth}", train.name);
        let outside = Outside::new(&what).with_short_leases();
        let machines = [outside.machine("a"), outside.new_machine("b")];
        outside.fault_proxy.set(rules.clone());
        let first = outside.run_watched(&machines[0], &train.publish());
        let killed = resume(&outside, &[&machines[1], &machines[0]], train, first, &what, &tally);
        assert_eq!(outside.fault_proxy.left(), 0, "{what}: {:?}", outside.fault_proxy.changes());
        assert_eq!(killed, if side.starts_with("killed") { rules.len() } else { 0 }, "{what}");
        outside.fault_proxy.clear();
        assert_ended(&outside, &machines[1], train, &what);
        outside.forget();
    });
    println!(
        "{}: {changes} requests that change something; lost, unanswered, and the tool killed before or after: {} stories, \
         all converged in {:.0?}: {}",
        train.name,
        stories.len(),
        begun.elapsed(),
        tally.reported()
    );
}

fn cut_off_at_each_request_of_crates_wheels_and_forge() {
    cut_off_everywhere(LARK, &OF_LARK);
}

fn cut_off_at_each_request_of_images() {
    cut_off_everywhere(INGEST, &OF_INGEST);
}

/// Leases of four groups taken and given back, one message before and after, one draft.
const PUSHES: usize = 11;

/// Lets git kill the tool around each of its pushes: of leases, and of what is remembered of announcements.
fn killed_around_each_push() {
    let begun = Instant::now();
    let tally = Tally::default();
    let all = (1..=PUSHES).flat_map(|at| [("before", at), ("after", at)]);
    // Each kind of push on either side; the others are like one of these.
    let some = [("before", 1), ("after", 2), ("before", 5), ("after", 6), ("before", 8), ("after", 9), ("after", 10)];
    let points: Vec<(&str, usize)> = all.filter(|point| is_full() || some.contains(point)).collect();
    side_by_side(&points, 3, |&(side, at)| {
        let outside = Outside::new(&format!("push_{side}_{at}")).with_short_leases();
        let mut machine = outside.machine("a");
        let env = std::mem::take(&mut machine.env);
        fault_injecting_git(&mut machine, at, side);
        machine.env.extend(env.clone());
        // Without a beat in between, the pushes are always the same.
        machine.env.push(("XTASK_LEASE_SECONDS".to_owned(), "1000".to_owned()));
        let first = outside.run(&machine, &LARK.publish());
        machine.env = env;
        let what = format!("killed {side} push {at}");
        assert_eq!(first.code, None, "{what}: {}", first.all());
        let machine = if at % 2 == 1 { outside.new_machine("b") } else { machine };
        resume(&outside, &[&machine], LARK, first, &what, &tally);
        assert_ended(&outside, &machine, LARK, &what);
        outside.forget();
    });
    println!(
        "killed before or after each of {PUSHES} pushes: {} points, all converged in {:.0?}: {}",
        points.len(),
        begun.elapsed(),
        tally.reported()
    );
}

fn killed_at_any_moment_of_a_publication() {
    // More of them on request: `CRASHES=200 cargo test -p xtask --test outside killed_at_any_moment`.
    let rounds: u32 = std::env::var("CRASHES").map_or(6, |rounds| rounds.parse().unwrap());
    let begun = Instant::now();
    let mut seed = 20_261_121_u64;
    let moments: Vec<(u32, f64)> = (0..rounds)
        .map(|round| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (round, (f64::from(round) + (seed >> 40) as f64 / f64::from(1 << 24)) / f64::from(rounds))
        })
        .collect();
    let tally = Tally::default();
    side_by_side(&moments, 2, |&(round, part)| {
        let train = if round % 3 == 2 { INGEST } else { LARK };
        let outside = Outside::new(&format!("killed_{round}")).with_short_leases();
        let machine = outside.machine("a");
        let mut child = start(&machine, &train.publish());
        std::thread::sleep(whole(train).time.mul_f64(part));
        // In turn the tool alone, which lets a program go on that it had started, and all at once, as a power cut does.
        let whom = if round % 2 == 0 { child.id().to_string() } else { format!("-{}", child.id()) };
        signal("KILL", &whom);
        child.wait().unwrap();
        outside.settle();
        let what = format!("round {round}: {} killed at {part:.2} of {:?}", train.name, whole(train).time);
        let machine = if round % 4 < 2 { outside.new_machine("b") } else { machine };
        let first = CommandOutput { code: None, out: String::new(), err: String::new() };
        resume(&outside, &[&machine], train, first, &what, &tally);
        assert_ended(&outside, &machine, train, &what);
        outside.forget();
    });
    println!("killed at {rounds} moments, all converged in {:.0?}: {}", begun.elapsed(), tally.reported());
}
