//! Rolling back as it is lived through: after a publication, before one, cut off anywhere, refused, and by hand.
//! It must never be satisfied by what the tool says of itself: registries, remote and users are asked.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command, sync::LazyLock};

use serde_json::Value;

use crate::{
    crashes::{fault_injecting_git, is_full},
    dists::make_dist,
    harness::{Place, CommandOutput, run},
    outside::{Outside, dist, has_images, is_sent, sent, side_by_side, tools, venvs},
    fault_proxy::{Fault, Rule},
};

tests! {
    a_release_is_rolled_back_and_the_next_one_takes_its_place: needs WORLD;
    latest_goes_back_and_forward: needs WORLD_WITH_IMAGES;
    a_half_published_release_is_rolled_back_as_far_as_it_came: needs WORLD;
    registries_that_do_not_want_to: needs WORLD;
    cut_off_at_each_request_of_a_rollback: needs WORLD, partly IMAGES;
    killed_around_each_call_of_git_in_a_rollback: needs WORLD;
}

const LARK: &str = "rollback 0.8.0 --train lark --reason \"songs are sung twice\" --verbose --deadline 30";

fn ingest() -> String {
    let images = if has_images() { "" } else { " --without images" };
    format!("rollback 0.4.0 --train ingest --reason \"seeds are eaten\" --verbose --deadline 30{images}")
}

const DEPLOYED: &str = "services:\n  ingest:\n    image: registry.example/ingest:0.3.0\n";

pub const UNPROVED: &str = "--waive cargo-test --waive maturin-develop --waive pytest --waive image --waive wheel-test";

/// Two releases of both trains, published.
static SHIPPED: LazyLock<PathBuf> = LazyLock::new(|| {
    let outside = Outside::new("rollback_shipped");
    let machine = outside.machine("a");
    publish(&outside, &machine, "lark", "0.7.3");
    publish(&outside, &machine, "ingest", "0.3.0");
    let images = "images = [{ name = \"ingest\"";
    let more = "development = \"minor\"\nfollow-ups = \"todo.md\"\ndeployments = [{ path = \"deploy/compose.yaml\", image = \"ingest\" }]";
    machine.replace("Cargo.toml", images, &format!("{more}\n{images}"));
    machine.write("deploy/compose.yaml", DEPLOYED);
    machine.commit("deploy the ingestion");
    release(&outside, &machine, "lark", "0.8.0");
    release(&outside, &machine, "ingest", "0.4.0");
    publish(&outside, &machine, "ingest", "0.4.0");
    publish(&outside, &machine, "lark", "0.8.0");
    if has_images() {
        outside.run(&machine, "post-release 0.4.0 --train ingest --push").ok();
    }
    outside.dir().to_owned()
});

fn release(outside: &Outside, machine: &Place, train: &str, version: &str) {
    outside.run(machine, &format!("release {version} --train {train} --push {UNPROVED}")).ok();
}

pub fn publish(outside: &Outside, machine: &Place, train: &str, version: &str) -> CommandOutput {
    let more = match train {
        "lark" => {
            make_dist(machine, &dist().with_file_name("dists").join(version), version);
            format!(" --dist {}", dist().with_file_name("dists").join(version).display())
        }
        _ if has_images() => String::new(),
        _ => " --without images".to_owned(),
    };
    sent(outside.run(machine, &format!("publish {version} --train {train} --deadline 30{more}")))
}

pub fn shipped(name: &str) -> (Outside, Place) {
    on_new_machine(Outside::after(&SHIPPED, &format!("rollback_{name}")))
}

/// The same, where the one who rolls back dies.
fn shipped_to_die(name: &str) -> (Outside, Place) {
    on_new_machine(Outside::after(&SHIPPED, &format!("rollback_{name}")).with_short_leases())
}

fn on_new_machine(outside: Outside) -> (Outside, Place) {
    let machine = outside.new_machine("a");
    (outside, machine)
}

/// What a rollback leaves in the world, however it came to it.
#[derive(Debug, PartialEq)]
struct End {
    effects: Vec<String>,
    images: BTreeMap<String, String>,
    refs: Vec<String>,
    remote: String,
    releases: Vec<(String, String, String, bool)>,
}

fn end(outside: &Outside) -> End {
    let git = outside.dir().join("remote.git");
    let remote = run(Command::new("git").arg("--git-dir").arg(git).args(["for-each-ref", "refs/heads", "refs/tags"]));
    End {
        effects: outside.effects(),
        images: outside.image_tags(),
        refs: outside.refs(),
        remote,
        releases: forge(outside).into_iter().map(|release| release.1).collect(),
    }
}

/// The forge's releases, the latest first: tag, title, first line of the notes, pre-release or not.
pub fn forge(outside: &Outside) -> Vec<(u64, (String, String, String, bool))> {
    let text = fs::read_to_string(outside.dir().join("registries/forge/releases.json")).unwrap();
    let forge: Value = serde_json::from_str(&text).unwrap();
    let word = |release: &Value, name: &str| release[name].as_str().unwrap().to_owned();
    let of = |release: &Value| {
        let line = word(release, "body").lines().next().unwrap_or_default().to_owned();
        let shown = (word(release, "tag"), word(release, "name"), line, release["prerelease"].as_bool().unwrap());
        (release["latest"].as_u64().unwrap(), shown)
    };
    let mut releases: Vec<_> = forge["releases"].as_array().unwrap().iter().map(of).collect();
    releases.sort_by(|a, b| b.cmp(a));
    releases
}

/// What came to the world's effects since there were so many of them: kind, and name or tag.
fn news(outside: &Outside, before: &str) -> Vec<String> {
    let all = outside.raw_effects();
    let lines = all.strip_prefix(before).unwrap().lines();
    let effects = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let word = |effect: &Value, name: &str| effect[name].as_str().map(|word| format!(" {word}")).unwrap_or_default();
    let of = |e: Value| format!("{}{}{}", e["kind"].as_str().unwrap(), word(&e, "name"), word(&e, "tag"));
    effects.map(of).collect()
}

/// The titles of the steps of a run.
fn titles(output: &CommandOutput) -> Vec<String> {
    output.report().steps.into_iter().map(|step| step.title).collect()
}

/// What a user gets who asks for the newest.
fn newest(machine: &Place) -> (String, String) {
    let dir = machine.tree.with_file_name("user");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::write(dir.join("src/lib.rs"), "").unwrap();
    fs::write(dir.join("Cargo.toml"), "[package]\nname = \"user\"\nedition = \"2021\"\n[workspace]\n").unwrap();
    run(machine.command("cargo").args(["add", "--quiet", "lark"]).current_dir(&dir));
    let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
    let uv = venvs(&tools()).into_iter().map(|venv| venv.join("bin/uv")).find(|uv| uv.is_file()).unwrap();
    fs::write(dir.join("in"), "lark-python\n").unwrap();
    let args = ["pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "--no-cache", "in"];
    let python = run(machine.command(uv).args(args).current_dir(&dir));
    let line = manifest.lines().find(|line| line.starts_with("lark =")).unwrap();
    let cargo = line.split('"').nth(1).unwrap().to_owned();
    (cargo, python.trim().trim_start_matches("lark-python==").to_owned())
}

fn a_release_is_rolled_back_and_the_next_one_takes_its_place() {
    let (outside, machine) = shipped("story");
    assert_eq!(newest(&machine), ("0.8.0".to_owned(), "0.8.0".to_owned()));
    let (before, effects) = (machine.bytes(), outside.raw_effects());
    let dry = outside.run(&machine, &format!("{LARK} --dry-run")).ok();
    let shown = titles(&outside.run(&machine, &format!("{LARK} --dry-run --json")).ok());
    assert_eq!(machine.bytes(), before, "looking leaves nothing");
    for part in
        ["-## [0.8.0] - 2026-11-20\n+## [0.8.0] - 2026-11-20 [YANKED]", "-version = \"0.8.0\"\n+version = \"0.7.3\""]
    {
        assert!(dry.all().contains(part), "{}", dry.all());
    }
    assert_eq!(outside.fault_proxy.changes(), [""; 0]);

    // All that can be done without a person is done, and the rest is told.
    let output = outside.run(&machine, LARK);
    assert_eq!(output.code, Some(1), "{}", output.all());
    for part in [
        "blocked yank wheels and sdist of lark-python 0.8.0: pip still takes its 2 files",
        "Manage, Releases, 0.8.0, Options, Yank; then the same command",
        "do the 2 steps above",
    ] {
        assert!(output.all().contains(part), "{}", output.all());
    }
    let done = ["release-edit v0.7.3", "release-edit v0.8.0", "yank lark", "yank lark-io", "yank lark-core"];
    let news_now = news(&outside, &effects);
    assert_eq!(news_now[..5], done, "marked, and yanked in the order in which nobody is left without what he needs");
    assert_eq!(news_now[5..], ["message", "asset withdrawal-v0.8.0.txt v0.8.0"]);
    let shown_now = forge(&outside);
    let lark = |tag: &str| shown_now.iter().find(|(_, release)| release.0 == tag).unwrap().clone();
    let mark = "Rolled back: songs are sung twice; use v0.7.3".to_owned();
    assert_eq!(lark("v0.8.0").1, ("v0.8.0".to_owned(), "lark 0.8.0 (rolled back)".to_owned(), mark, true));
    assert!(lark("v0.7.3").0 > lark("v0.8.0").0, "{shown_now:?}");

    // The same command on another machine, once a person has yanked the wheels: all is done, and nothing is done twice.
    outside.yank_manually("lark-python", "0.8.0");
    let effects = outside.raw_effects();
    let other = outside.new_machine("b");
    sent(outside.run(&other, LARK));
    outside.run(&machine, &format!("{LARK} --announced mail")).ok();
    for machine in [&machine, &other] {
        let output = outside.run(machine, LARK).ok();
        assert!(!output.out.contains("todo") && output.out.contains("v0.8.0 is rolled back to v0.7.3"), "{}", output.all());
        assert_eq!(
            titles(&outside.run(machine, &format!("{LARK} --json")).ok()),
            shown,
            "what was shown is what was done"
        );
    }
    assert_eq!(outside.raw_effects(), effects);
    assert_eq!(newest(&machine), ("0.7.3".to_owned(), "0.7.3".to_owned()));

    // What was pushed stands; a new tag says what became of it.
    assert_eq!(machine.git("rev-parse rollback/v0.8.0^{commit}"), machine.git("rev-parse v0.7.3^{commit}"));
    assert_eq!(machine.git("merge-base --is-ancestor v0.8.0 main"), "");
    assert_eq!(machine.git("rev-parse origin/main rollback/v0.8.0"), other.git("rev-parse main rollback/v0.8.0"));
    assert_eq!(machine.git("log -1 --format=%s"), "Revert \"align: release 0.8.0\"");
    assert!(machine.git("tag --list --format=%(contents) rollback/v0.8.0").contains("- yank crate lark-core 0.8.0"));
    outside.run(&machine, "check --train lark").ok();

    // It is neither published nor released again.
    let output = outside.run(&machine, "publish 0.8.0 --train lark");
    assert!(output.code == Some(1) && output.all().contains("v0.8.0 was rolled back"), "{}", output.all());
    let output = outside.run(&machine, "release 0.8.0 --train lark");
    assert!(output.code == Some(1) && output.all().contains("v0.8.0 was rolled back"), "{}", output.all());

    let output = outside.run(&machine, "status 0.8.0 --train lark");
    assert!(
        output.code == Some(1) && output.all().contains("v0.8.0 was rolled back: git show rollback/v0.8.0"),
        "{}",
        output.all()
    );

    // The next release takes its place.
    machine.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- songs are sung once\n");
    machine.commit("fix: sing once");
    release(&outside, &machine, "lark", "0.8.1");
    publish(&outside, &machine, "lark", "0.8.1");
    assert_eq!(newest(&machine), ("0.8.1".to_owned(), "0.8.1".to_owned()));
    assert_eq!(forge(&outside)[0].1.0, "v0.8.1", "it is the latest");
    let log = machine.read("CHANGELOG.md");
    let headings: Vec<&str> = log.lines().filter(|line| line.starts_with("## ")).collect();
    let wanted =
        ["## [Unreleased]", "## [0.8.1] - 2026-11-20", "## [0.8.0] - 2026-11-20 [YANKED]", "## [0.7.3] - 2026-10-01"];
    assert_eq!(headings, wanted);
    let output = outside.run(&machine, LARK).ok();
    assert!(!output.out.contains("todo"), "still rolled back: {}", output.all());
}

fn latest_goes_back_and_forward() {
    let (outside, machine) = shipped("images");
    let tags = outside.image_tags();
    assert_eq!(tags["latest"], tags["0.4.0"]);
    assert!(machine.read("deploy/compose.yaml").contains(&format!("ingest:0.4.0@{}", tags["0.4.0"])));
    assert!(machine.read("crates/ingest/Cargo.toml").contains("0.5.0-dev.1"));
    let sent = outside.raw_effects();
    outside.run(&machine, &ingest()).ok();
    let now = outside.image_tags();
    assert_eq!((&now["latest"], &now["0.4.0"]), (&tags["0.3.0"], &tags["0.4.0"]), "nothing is deleted");
    assert_eq!(news(&outside, &sent), ["release-edit ingest-v0.4.0", "message"], "the other train's is the latest");
    assert_eq!(machine.git("log -1 --format=%s"), "Revert \"Release v0.4.0\"");
    assert!(machine.read("crates/ingest/Dockerfile").contains("ARG VERSION=0.3.0"));
    // What followed the release went with it.
    assert!(machine.read("crates/ingest/Cargo.toml").contains("version = \"0.3.0\""));
    assert_eq!(machine.read("deploy/compose.yaml"), DEPLOYED);
    assert!(machine.read("todo.md").contains("- [ ] find out why 0.4.0 had to be rolled back"));
    outside.run(&machine, "check --train ingest").ok();
    outside.fault_proxy.clear();
    let output = outside.run(&machine, &ingest()).ok();
    assert_eq!((outside.fault_proxy.changes(), output.all().contains("todo")), (vec![], false), "{}", output.all());
    // A late publisher does not bring it back.
    let late = outside.run(&outside.new_machine("b"), "publish 0.4.0 --train ingest --only images");
    assert!(late.code == Some(1) && late.all().contains("was rolled back"), "{}", late.all());
    assert_eq!(outside.image_tags(), now);
    machine.replace(
        "crates/ingest/CHANGELOG.md",
        "## [Unreleased]\n",
        "## [Unreleased]\n\n### Fixed\n\n- seeds stay\n",
    );
    machine.commit("fix: seeds");
    release(&outside, &machine, "ingest", "0.4.1");
    publish(&outside, &machine, "ingest", "0.4.1");
    let now = outside.image_tags();
    assert_eq!(now["latest"], now["0.4.1"]);
}

fn a_half_published_release_is_rolled_back_as_far_as_it_came() {
    let (outside, machine) = shipped("half");
    machine.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- more\n");
    machine.commit("feat: more");
    release(&outside, &machine, "lark", "0.9.0");
    let only = "publish 0.9.0 --train lark --deadline 30 --only crates";
    // The second crate does not arrive any more.
    let gone = Rule { fault: Fault::Killed, on: "PUT /api/v1/crates/new", after: 1, times: 1 };
    outside.fault_proxy.set([gone]);
    assert_eq!(outside.run_watched(&machine, only).code, None);
    outside.fault_proxy.clear();
    let effects = outside.raw_effects();
    sent(outside.run(&machine, "rollback 0.9.0 --train lark --deadline 30"));
    // The forge has no release of it that could hold a draft.
    let place = machine.tree.with_file_name("target/xtask/publish/v0.9.0/withdrawal-v0.9.0.txt");
    assert!(fs::read_to_string(&place).unwrap().starts_with("Subject: lark 0.9.0"), "{}", place.display());
    let output = outside.run(&machine, "rollback 0.9.0 --train lark --announced mail").ok();
    let news = news(&outside, &effects);
    assert_eq!((news[0].as_str(), news.len()), ("yank lark-core", 2), "{news:?}");
    for part in
        ["release v0.9.0 marked as rolled back", "yank wheels and sdist of lark-python 0.9.0", "yank crate lark 0.9.0"]
    {
        let line = output.out.lines().find(|line| line.contains(part)).unwrap();
        assert!(line.contains("was never published"), "{}", output.all());
    }
    assert!(output.all().contains("v0.9.0 is rolled back to v0.8.0"), "{}", output.all());
}

fn registries_that_do_not_want_to() {
    let yank = "DELETE /api/v1/crates/lark/";
    let answers = |times, status: &'static str, head: &str, body: &str| Rule {
        fault: Fault::Answer(status, head.to_owned(), body.to_owned()),
        on: yank,
        after: 0,
        times,
    };
    let (outside, machine) = shipped("refused");
    outside.yank_manually("lark-python", "0.8.0");
    // Without a token nothing is begun.
    let mut poor = outside.new_machine("poor");
    poor.env.retain(|(name, _)| !name.ends_with("_TOKEN") || !name.starts_with("CARGO_"));
    let effects = outside.raw_effects();
    let output = outside.run(&poor, LARK);
    assert!(output.code == Some(1) && output.all().contains("cargo has no token to yank it with"), "{}", output.all());
    assert_eq!(outside.raw_effects(), effects);
    // Who publishes it at this moment is waited for.
    let output = "somebody elsewhere\nbeat";
    fs::write(machine.tree.with_file_name("said"), output).unwrap();
    let object = machine.git("hash-object -w ../said");
    machine.git(&format!("push --quiet origin {object}:refs/xtask/v0.8.0/lease/crates"));
    // A token that may not yank ends it there; what was done before stays done.
    outside.fault_proxy.set([answers(1, "403 Forbidden", "", "{\"errors\":[{\"detail\":\"must be an owner\"}]}")]);
    let output = outside.run(&machine, LARK);
    assert!(output.code == Some(1) && output.all().contains("a token that may yank"), "{}", output.all());
    assert!(output.all().contains("waiting: somebody elsewhere is publishing v0.8.0 (crates)"), "{}", output.all());
    assert_eq!(news(&outside, &effects), ["release-edit v0.7.3", "release-edit v0.8.0"]);
    // What passes is waited out, as long as the registry asks.
    let busy = answers(1, "429 Too Many Requests", "Retry-After: 2", "slow down");
    outside.fault_proxy.set([busy, answers(2, "500 Internal Server Error", "", "{}")]);
    sent(outside.run(&machine, LARK));
    let times = outside.fault_proxy.times(yank);
    assert!((times[1] - times[0]).as_secs_f64() >= 2.0);
    assert_eq!(news(&outside, &effects).iter().filter(|effect| effect.starts_with("yank ")).count(), 3);
}

/// An uninterrupted rollback of each train: its end, and the requests that change something.
fn whole(train: &str) -> &'static (End, usize) {
    static WHOLE: LazyLock<[(End, usize); 2]> = LazyLock::new(|| {
        [LARK.to_owned(), ingest()].map(|command| {
            let (outside, machine) = shipped(&format!("whole_{}", command.contains("ingest")));
            outside.yank_manually("lark-python", "0.8.0");
            outside.fault_proxy.clear();
            sent(outside.run(&machine, &command));
            (end(&outside), outside.fault_proxy.changes().len())
        })
    });
    &WHOLE[usize::from(train == "ingest")]
}

/// The same command until it succeeds; where a message's fate is not known, somebody looks and answers.
fn resume(outside: &Outside, machine: &Place, command: &str, channel: &str, what: &str) {
    let mut answer = String::new();
    for _ in 0..4 {
        let output = outside.run(machine, &format!("{command}{answer}"));
        if is_sent(&output) {
            return;
        }
        if output.all().contains("--announced") {
            let word = if outside.messages(channel) > 2 { "--announced" } else { "--announce-again" };
            answer = format!(" {word} {channel}");
        }
        if let Some(way) = output.all().find("git restore --staged --worktree .") {
            assert!(way > 0);
            machine.git("restore --staged --worktree .");
        }
    }
    panic!("{what}: it does not end: {}", outside.run(machine, command).all());
}

/// At each request that changes something: lost, its answer lost, the tool killed before and after.
fn cut_off_at_each_request(train: &str, command: &str, channel: &str) {
    let changes = whole(train).1;
    let faults = [
        ("lost", Fault::Lost),
        ("unanswered", Fault::Unanswered),
        ("killed", Fault::Killed),
        ("after", Fault::KilledAfter),
    ];
    let all =
        (0..changes).flat_map(|k| faults.iter().enumerate().map(move |(at, (side, fault))| (*side, fault, k, at)));
    let points: Vec<_> = all.filter(|(.., k, at)| is_full() || (3 * k + at) % 8 == 0).collect();
    side_by_side(&points, 3, |&(side, fault, k, _)| {
        let (outside, machine) = shipped_to_die(&format!("{train}_{side}_{k}"));
        outside.yank_manually("lark-python", "0.8.0");
        outside.fault_proxy.set([Rule { fault: fault.clone(), on: "", after: k, times: 1 }]);
        let first = outside.run_watched(&machine, command);
        let what = format!("{train} with request {k} {side}: {}", first.all());
        assert_eq!(outside.fault_proxy.left(), 0, "{what}");
        outside.fault_proxy.clear();
        let machine = if k % 2 == 1 { outside.new_machine("b") } else { machine };
        resume(&outside, &machine, command, channel, &what);
        assert_eq!(end(&outside), whole(train).0, "{what}");
        outside.forget();
    });
    println!("{train}: {changes} requests that change something, {} points, all converged", points.len());
}

fn cut_off_at_each_request_of_a_rollback() {
    cut_off_at_each_request("lark", LARK, "discord");
    cut_off_at_each_request("ingest", &ingest(), "slack");
}

/// Leases of four groups taken and given back, the revert and its way to main, the tag, the push, three marks of messages.
const CALLS: usize = 15;

fn killed_around_each_call_of_git_in_a_rollback() {
    let all = (1..=CALLS).flat_map(|at| [("before", at, 0), ("after", at, 1)]);
    let points: Vec<_> = all.filter(|(_, at, side)| is_full() || (at + side * 4) % 10 == 0).collect();
    side_by_side(&points, 3, |&(side, at, _)| {
        let (outside, mut machine) = shipped_to_die(&format!("git_{side}_{at}"));
        outside.yank_manually("lark-python", "0.8.0");
        let env = std::mem::take(&mut machine.env);
        fault_injecting_git(&mut machine, at, side);
        machine.env.extend(env.clone());
        machine.env.push(("XTASK_LEASE_SECONDS".to_owned(), "1000".to_owned()));
        let first = outside.run(&machine, LARK);
        machine.env = env;
        let what = format!("killed {side} call {at}: {}", first.all());
        assert_eq!(first.code, None, "{what}");
        let machine = if at % 2 == 1 { outside.new_machine("b") } else { machine };
        resume(&outside, &machine, LARK, "discord", &what);
        assert_eq!(end(&outside), whole("lark").0, "{what}");
        outside.forget();
    });
}
