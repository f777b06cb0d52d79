//! Registries as they can be: busy, ill, late, forgetful, cut off, strange, or not to be paid with this token any more.
//! It must never be said that all is well before it is: each story ends where an uninterrupted run ends, or is refused.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    crashes::start,
    harness::{Place, CommandOutput, run},
    outside::{INGEST, LARK, Outside, dist, is_sent, sent, tells_no_secret, tools, venvs},
    publish::{assert_ended, end, whole},
    fault_proxy::{Fault, Rule},
};

tests! {
    a_registry_that_asks_to_wait_some_seconds: needs WORLD;
    a_registry_that_asks_to_wait_until_a_time: needs WORLD;
    a_registry_that_is_ill_for_a_while: needs WORLD;
    a_registry_that_stays_ill: needs WORLD;
    a_gateway_that_answers_for_a_channel: needs WORLD;
    indexes_that_lag_behind: needs WORLD;
    a_slow_machine_waits_as_often_for_an_index_that_lags_behind: needs WORLD;
    an_index_that_shows_an_older_state_to_every_second_request: needs WORLD;
    a_connection_that_breaks_in_the_middle_of_each_kind_of_upload: needs WORLD;
    an_index_with_a_wrong_hash: needs WORLD;
    a_registry_that_has_another_crate_under_our_name: needs WORLD;
    a_registry_that_spells_our_name_otherwise: needs WORLD;
    what_only_a_patch_has_is_not_published: needs WORLD;
    an_index_that_has_another_wheel_under_our_name: needs WORLD;
    a_python_version_that_is_listed_and_yanked: needs WORLD;
    a_python_index_that_answers_anything: needs WORLD;
    names_that_another_project_has: needs WORLD;
    names_of_a_repository_that_moved: needs WORLD;
    a_token_that_expires_half_way: needs WORLD;
    what_is_not_available_is_reported_before_anything_is_sent: needs WORLD;
    two_on_one_machine: needs WORLD;
    two_clones_at_once: needs WORLD, partly IMAGES;
    a_lease_whose_holder_is_dead: needs WORLD;
}

const CRATE: &str = "PUT /api/v1/crates/new";
const FILE: &str = "POST /legacy/";
const DRAFT: &str = "POST http://api.github.localhost";
const ASSET: &str = "POST http://uploads.github.localhost";
const MESSAGE: &str = "POST /api/webhooks";

/// Publishes the first train under these rules.
fn under(name: &str, rules: impl Into<Vec<Rule>>) -> (Outside, Place, CommandOutput) {
    let outside = Outside::new(name);
    let machine = outside.machine("a");
    outside.fault_proxy.set(rules);
    let output = outside.run(&machine, &LARK.publish());
    (outside, machine, output)
}

fn answers(on: &'static str, after: usize, times: usize, status: &'static str, head: &str, body: &str) -> Rule {
    Rule { fault: Fault::Answer(status, head.to_owned(), body.to_owned()), on, after, times }
}

/// The time between the first request of this kind and the one after it.
#[track_caller]
fn pause(outside: &Outside, on: &str) -> f64 {
    let times = outside.fault_proxy.times(on);
    assert!(times.len() > 1, "{on} came {} times", times.len());
    (times[1] - times[0]).as_secs_f64()
}

fn a_registry_that_asks_to_wait_some_seconds() {
    let plain =
        |on, seconds| answers(on, 0, 1, "429 Too Many Requests", &format!("Retry-After: {seconds}"), "slow down");
    let (outside, machine, output) = under("busy", [plain(CRATE, 3), plain(FILE, 2), plain(DRAFT, 2), plain(MESSAGE, 4)]);
    let output = sent(output);
    for (on, seconds) in [(CRATE, 3), (FILE, 2), (DRAFT, 2), (MESSAGE, 4)] {
        assert!(pause(&outside, on) >= f64::from(seconds), "{on}: {}", output.all());
    }
    for seconds in [3, 4] {
        assert!(output.all().contains(&format!("waiting {seconds} s")), "{}", output.all());
    }
    assert_ended(&outside, &machine, LARK, "busy");
}

fn a_registry_that_asks_to_wait_until_a_time() {
    // The words of crates.io, of which cargo shows only what is in the body.
    let words = "You have published too many versions of this crate in the last 24 hours. Please try again after DATE and see \
                 https://crates.io/docs/rate-limits for more details.";
    let body = format!("{{\"errors\":[{{\"detail\":\"{}\"}}]}}", words.replace("DATE", "{in 8 s}"));
    let head = "Content-Type: application/json\r\nRetry-After: {in 8 s}";
    let (outside, machine, output) = under(
        "busy_until",
        [
            answers(CRATE, 0, 1, "429 Too Many Requests", head, &body),
            answers(
                DRAFT,
                0,
                1,
                "429 Too Many Requests",
                "Retry-After: {in 6 s}",
                "{\"message\":\"slow\"}",
            ),
        ],
    );
    let output = sent(output);
    let waits: Vec<u32> = output
        .all()
        .lines()
        .filter_map(|line| line.trim().strip_prefix("waiting ")?.split(' ').next()?.parse().ok())
        .collect();
    let [first, second] = waits[..] else { panic!("{waits:?}\n{}", output.all()) };
    assert!((1..=9).contains(&first) && (1..=7).contains(&second), "{waits:?}");
    assert!(pause(&outside, CRATE) >= f64::from(first) && pause(&outside, DRAFT) >= f64::from(second));
    assert_ended(&outside, &machine, LARK, "busy until");
}

fn a_registry_that_is_ill_for_a_while() {
    let ill = |on, times, status| answers(on, 0, times, status, "", "down");
    let (outside, machine, output) = under(
        "ill",
        [
            ill(CRATE, 3, "503 Service Unavailable"),
            ill(FILE, 1, "502 Bad Gateway"),
            ill(ASSET, 1, "500 Internal Server Error"),
        ],
    );
    let output = sent(output);
    assert_eq!(outside.fault_proxy.left(), 0);
    assert!(
        ["waiting 1 s", "waiting 2 s", "waiting 4 s"].iter().all(|wait| output.all().contains(wait)),
        "{}",
        output.all()
    );
    assert_ended(&outside, &machine, LARK, "ill");
}

fn a_gateway_that_answers_for_a_channel() {
    let outside = Outside::new("gateway");
    let machine = outside.machine("a");
    // It quotes what it was asked for.
    let html = "<html>no answer for %s</html>";
    let asked = outside.variable("DISCORD_WEBHOOK_URL").rsplit('/').next().unwrap();
    let body = html.replace("%s", asked);
    outside.fault_proxy.set([answers(MESSAGE, 0, 1, "504 Gateway Time-out", "Retry-After: 1", &body)]);
    let output = outside.run(&machine, &LARK.publish());
    assert_eq!(output.code, Some(1), "{}", output.all());
    let unknown = format!("whether {} has the message is not known: HTTP 504: {}", LARK.channel, html.replace("%s", "***"));
    assert!(output.all().contains(&unknown), "{}", output.all());
    let posted = outside.fault_proxy.times(MESSAGE).len();
    let output = outside.run(&machine, &LARK.publish());
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert_eq!((outside.fault_proxy.times(MESSAGE).len(), posted), (1, 1), "a person looks before it is sent again");
    // Each time a person looks, and has it sent again: it is sent once then, and not by itself after it.
    let page = "<!doctype html><title>Log in to this network</title>";
    let again = format!("{} --only announce --announce-again {}", LARK.publish(), LARK.channel);
    for strange in [
        answers(MESSAGE, 0, 1, "200 OK", "Content-Type: text/html", page),
        answers(MESSAGE, 0, 1, "429 Too Many Requests", "Retry-After: 1", page),
        answers(MESSAGE, 0, 1, "307 Temporary Redirect", "Location: /elsewhere", ""),
        Rule { fault: Fault::Noise("what is this\n"), on: MESSAGE, after: 0, times: 1 },
        Rule { fault: Fault::Noise("HTTP/1.1 400 Bad Request\r\nContent-Le"), on: MESSAGE, after: 0, times: 1 },
    ] {
        let what = format!("{strange:?}");
        outside.fault_proxy.set([strange]);
        for run in [&again, &LARK.publish()] {
            let output = outside.run(&machine, run);
            assert!(output.code == Some(1) && output.all().contains("--announce-again"), "{what}: {}", output.all());
            assert_eq!(outside.fault_proxy.times(MESSAGE).len(), 1, "{what}: {}", output.all());
        }
    }
    // Of those that took effect, two are there: only a person can see that.
    let observed = outside.messages(LARK.channel);
    assert_eq!(observed, 2);
    sent(outside.run(&machine, &format!("{} --announced {}", LARK.publish(), LARK.channel)));
    outside.publish(&machine, LARK);
    assert_eq!(outside.messages(LARK.channel), observed);
}

fn a_registry_that_stays_ill() {
    let outside = Outside::new("stays_ill");
    let machine = outside.machine("a");
    outside.fault_proxy.set([answers(CRATE, 1, 99, "503 Service Unavailable", "", "down")]);
    let output = outside.run(&machine, &LARK.publish().replace("--deadline 30", "--deadline 4"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("it did not pass within 4 s") && output.err.contains("503"), "{}", output.all());
    assert_eq!(outside.effects().len(), 1, "nothing after the crate that fails: {:?}", outside.effects());
    outside.fault_proxy.clear();
    outside.publish(&machine, LARK);
    assert_ended(&outside, &machine, LARK, "stays ill");
}

fn indexes_that_lag_behind() {
    let outside = Outside::new("late");
    let machine = outside.machine("a");
    outside.fault_proxy.lag(&["/index/", "/simple/"], Duration::from_secs(3));
    let output = outside.publish(&machine, LARK);
    assert!(!output.out.contains("  todo "), "{}", output.all());
    assert_ended(&outside, &machine, LARK, "late");
}

/// The deadline counts the pauses. By the clock it would be over after the first look, in which cargo takes a second.
fn a_slow_machine_waits_as_often_for_an_index_that_lags_behind() {
    let outside = Outside::new("slow_machine");
    let mut machine = outside.machine("a");
    let slow = machine.tree.with_file_name("slow-cargo");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    fs::write(&slow, format!("#!/bin/sh\n[ \"$1\" = package ] || sleep 1\nexec '{cargo}' \"$@\"\n")).unwrap();
    fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).unwrap();
    machine.env.retain(|(name, _)| name != "CARGO");
    machine.env.push(("CARGO".to_owned(), slow.display().to_string()));
    outside.fault_proxy.lag(&["/index/"], Duration::from_secs(3));
    let publish = LARK.publish().replace("--deadline 30", "--deadline 1 --only crates");
    let output = outside.run(&machine, &publish).ok();
    assert!(!output.out.contains("  todo "), "{}", output.all());
}

fn an_index_that_shows_an_older_state_to_every_second_request() {
    let outside = Outside::new("fickle");
    let machine = outside.machine("a");
    outside.fault_proxy.fickle(&["/index/", "/simple/"], Duration::from_secs(6));
    let output = outside.publish(&machine, LARK);
    assert!(!output.out.contains("  todo "), "what is told done must be done: {}", output.all());
    assert_ended(&outside, &machine, LARK, "fickle");
}

fn a_connection_that_breaks_in_the_middle_of_each_kind_of_upload() {
    let cut = |on| Rule { fault: Fault::Cut, on, after: 1, times: 1 };
    let (outside, machine, output) = under("cut", [cut(CRATE), cut(FILE), cut(ASSET)]);
    sent(output);
    assert_eq!(outside.fault_proxy.left(), 0);
    assert_ended(&outside, &machine, LARK, "cut");
}

fn an_index_with_a_wrong_hash() {
    let hash = |effects: &[String]| {
        let effect = effects.iter().find(|effect| effect.contains("\"name\":\"lark-io\"")).unwrap();
        effect.split("\"sha256\":\"").nth(1).unwrap()[..64].to_owned()
    };
    let outside = Outside::new("wrong_hash");
    let machine = outside.machine("a");
    let fault = Fault::Forged(hash(&whole(LARK).end.effects), "0".repeat(64));
    outside.fault_proxy.set([Rule { fault, on: "/index/la/rk/lark-io", after: 0, times: 999 }]);
    let output = outside.run(&machine, &LARK.publish().replace("--deadline 30", "--deadline 3"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("lark-io") && output.err.contains("checksum"), "{}", output.all());
    assert_eq!(outside.effects().len(), 2, "nothing after it: {:?}", outside.effects());
    outside.fault_proxy.clear();
    outside.publish(&machine, LARK);
    assert_ended(&outside, &machine, LARK, "wrong hash");
}

fn a_registry_that_has_another_crate_under_our_name() {
    let outside = Outside::new("other_crate");
    let stranger = outside.new_machine("stranger");
    stranger.write("crates/lark-core/src/lib.rs", "pub fn notes() -> u32 { 3 }\n");
    stranger.commit("not what was tagged");
    let theirs = stranger.git("rev-parse HEAD");
    run(stranger.command("cargo").args(["publish", "--quiet", "--no-verify", "-p", "lark-core"]));
    let ours = stranger.git("rev-parse HEAD~1");
    let effects = outside.raw_effects();
    outside.fault_proxy.clear();

    // Where it was packed, the bytes say so; elsewhere, the commit that cargo recorded.
    let output = outside.run(&outside.machine("a"), &LARK.publish());
    assert_eq!(output.code, Some(1), "{}", output.all());
    let hash = |effects: &str| effects.split("\"sha256\":\"").nth(1).unwrap()[..64].to_owned();
    let whole = whole(LARK).end.effects.iter().find(|effect| effect.contains("\"lark-core\"")).unwrap();
    for hash in [hash(&effects), hash(whole)] {
        assert!(output.all().contains(&hash), "{hash}: {}", output.all());
    }
    let output = outside.run(&outside.new_machine("b"), &LARK.publish());
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains(&theirs) && output.all().contains(&ours), "{}", output.all());
    assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
    assert_eq!(outside.raw_effects(), effects);
}

fn a_registry_that_spells_our_name_otherwise() {
    let outside = Outside::new("other_spelling");
    let stranger = outside.new_machine("stranger");
    // The version is ours or another one: the name is taken.
    for version in ["0.7.3", "0.1.0"] {
        let manifest = "[package]\nname = \"lark_core\"\nversion = \"VERSION\"\nedition = \"2021\"\ndescription = \"d\"\nlicense = \"MIT\"\n\n[workspace]\n";
        stranger.write("lark_core/Cargo.toml", &manifest.replace("VERSION", version));
        stranger.write("lark_core/src/lib.rs", "");
        let mut publish = stranger.command("cargo");
        run(publish.args(["publish", "--quiet", "--no-verify", "--allow-dirty", "--manifest-path", "lark_core/Cargo.toml"]));
        outside.fault_proxy.clear();
        let output = outside.run(&outside.new_machine(version), &LARK.publish());
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains("crates.io has the name as `lark_core`"), "{}", output.all());
        assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
    }
}

fn what_only_a_patch_has_is_not_published() {
    let outside = Outside::new("patched");
    let machine = outside.new_machine("a");
    machine.write("vendor/dove/Cargo.toml", "[package]\nname = \"dove\"\nversion = \"1.0.0\"\n\n[workspace]\n");
    machine.write("vendor/dove/src/lib.rs", "pub fn coo() -> u32 { 2 }\n");
    let root = machine.read("Cargo.toml");
    machine.write("Cargo.toml", &format!("{root}\n[patch.crates-io]\ndove = {{ path = \"vendor/dove\" }}\n"));
    let core = machine.read("crates/lark-core/Cargo.toml");
    machine.write("crates/lark-core/Cargo.toml", &format!("{core}\n[dependencies]\ndove = \"1\"\n"));
    machine.write("crates/lark-core/src/lib.rs", "pub fn notes() -> u32 { dove::coo() }\n");
    // It compiles here, where the patch is.
    run(machine.command("cargo").args(["check", "--quiet", "-p", "lark-core"]));
    machine.commit("lean on a patch");
    machine.git("tag --force --annotate v0.7.3 --message v0.7.3");
    machine.git("push --quiet --force origin v0.7.3");
    outside.fault_proxy.clear();
    let output = outside.run(&machine, "publish 0.7.3 --train lark --only crates --deadline 5");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("cargo package") && output.err.contains("dove"), "{}", output.all());
    assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
}

fn an_index_that_has_another_wheel_under_our_name() {
    let outside = Outside::new("other_wheel");
    let machine = outside.machine("a");
    let wheel = outside.dir().join("lark_python-0.7.3-py3-none-any.whl");
    fs::copy(dist().join(wheel.file_name().unwrap()), &wheel).unwrap();
    let script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'a').writestr('lark_python/more.py', '')";
    run(machine.command("python3").args(["-c", script]).arg(&wheel));
    let uv = venvs(&tools()).remove(0).join("bin/uv");
    run(machine.command(uv).args(["publish", "--quiet"]).arg(&wheel));
    let effects = outside.raw_effects();
    outside.fault_proxy.clear();
    let output = outside.run(&machine, &LARK.publish());
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("the index has another lark_python-0.7.3-py3-none-any.whl"), "{}", output.all());
    let theirs = &effects.split("\"sha256\":\"").nth(1).unwrap()[..64];
    let ours = run(Command::new("sha256sum").arg(dist().join(wheel.file_name().unwrap())));
    assert!(output.all().contains(theirs) && output.all().contains(&ours[..64]), "{}", output.all());
    assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
}

fn a_python_version_that_is_listed_and_yanked() {
    let outside = Outside::new("yanked_wheels");
    let machine = outside.machine("a");
    let publish = format!("{} --only wheels", LARK.publish());
    outside.run(&machine, &publish).ok();
    outside.yank_manually("lark-python", "0.7.3");
    outside.fault_proxy.clear();
    for args in [publish.as_str(), "status 0.7.3 --train lark"] {
        let output = outside.run(&machine, args);
        assert!(output.code == Some(1) && output.all().contains("was published and yanked"), "{args}: {}", output.all());
        assert!(output.all().contains("--waive registry-yanked"), "{args}: {}", output.all());
    }
    let output = outside.run(&machine, &format!("{publish} --waive registry-yanked")).ok();
    assert!(!output.all().contains("hashes as built"), "{}", output.all());
    assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
}

/// Only one answer says that nothing is there yet.
fn a_python_index_that_answers_anything() {
    let outside = Outside::new("strange_index");
    let mut machine = outside.machine("a");
    machine.env.push(("UV_HTTP_RETRIES".to_owned(), "0".to_owned()));
    let (json, page) = ("Content-Type: application/vnd.pypi.simple.v1+json", "<html>no answer</html>");
    for (status, head, body, is_answer) in [
        ("404 Not Found", "", "", true),
        ("401 Unauthorized", "WWW-Authenticate: Basic", "", false),
        ("403 Forbidden", "", page, false),
        ("429 Too Many Requests", "Retry-After: 18446744073709551616", "", false),
        ("500 Internal Server Error", "Content-Type: text/html", page, false),
        ("503 Service Unavailable", "Content-Type: text/html", page, false),
        ("200 OK", json, "{\"files\": [", false),
        ("200 OK", json, page, false),
        ("200 OK", "Content-Type: text/plain", "ok", false),
        ("302 Found", "Location: http://127.0.0.1:1/elsewhere", "", false),
    ] {
        outside.fault_proxy.set([answers("/simple/lark-python", 0, 99, status, head, body)]);
        let output = outside.run(&machine, &format!("{} --only wheels --dry-run", LARK.publish()));
        assert_eq!(output.out.contains("  todo "), is_answer, "{status} {head}: {}", output.all());
        assert_eq!(output.code == Some(0), is_answer, "{status} {head}: {}", output.all());
        assert_eq!(outside.fault_proxy.changes(), [""; 0], "{status} {head}");
    }
}

/// Publishes two versions of crates that name a repository, from none: a commit of ours would say that they are ours.
fn publish_elsewhere(outside: &Outside, repository: &str, names: &[&str]) {
    let stranger = outside.new_machine("stranger");
    let each = names.iter().flat_map(|name| ["0.7.1", "0.9.9"].map(|version| (name, version)));
    for (name, version) in each {
        let dir = stranger.tree.with_file_name(format!("theirs-{name}-{version}"));
        fs::create_dir_all(dir.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\ndescription = \"x\"\nlicense = \"MIT\"\nrepository = \"{repository}\"\n[workspace]\n"
        );
        fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        fs::write(dir.join("src/lib.rs"), "").unwrap();
        let mut cargo = stranger.command("cargo");
        cargo.args(["publish", "--quiet", "--no-verify", "--allow-dirty"]).current_dir(dir);
        run(&mut cargo);
    }
}

/// The newest version is of a commit that is not here, and names an address that is not known here.
fn names_of_a_repository_that_moved() {
    let outside = Outside::new("moved_names");
    let machine = outside.machine("a");
    machine.write("crates/lark/src/lib.rs", "/// Two.\npub fn two() {}\n");
    machine.write("CHANGELOG.md", &machine.read("CHANGELOG.md").replace("## [Unreleased]", "## [Unreleased]\n\n### Added\n\n- two"));
    machine.commit("feat: two");
    let asks = "release minor --train lark --push --dry-run";
    let refused = || {
        let output = outside.run(&machine, asks).all();
        output.lines().find(|line| line.contains("registry-names")).map(str::to_owned)
    };
    outside.run(&machine, &format!("{} --only crates", LARK.publish())).ok();
    publish_elsewhere(&outside, "https://forge.example/moved/lark/tree/main/crates/x", &["lark-core", "lark-io"]);
    assert_eq!(refused(), None, "0.7.3 was packed from a commit that is here");
}

fn names_that_another_project_has() {
    let outside = Outside::new("strange_names");
    let theirs = "https://forge.example/they/lark";
    publish_elsewhere(&outside, theirs, &["lark-core", "lark-io"]);
    let effects = outside.raw_effects();
    outside.fault_proxy.clear();

    // What goes out is asked for, what stays here is not.
    let machine = outside.machine("a");
    machine.write("crates/lark/src/lib.rs", "/// Two.\npub fn two() {}\n");
    machine.write("CHANGELOG.md", &machine.read("CHANGELOG.md").replace("## [Unreleased]", "## [Unreleased]\n\n### Added\n\n- two"));
    machine.commit("feat: two");
    let names = format!(
        "2 names belong to another project on the registry ({theirs}): this release cannot be published there under these names: lark-core, lark-io"
    );
    for release in ["release minor --train lark --push --dry-run", "release minor --train lark --push"] {
        let output = outside.run(&machine, release);
        assert_eq!(output.code, Some(1), "{release}: {}", output.all());
        assert!(output.all().contains(&format!("refused registry-names: {names}")), "{release}: {}", output.all());
        assert!(output.all().contains("(or --waive registry-names)"), "{release}: {}", output.all());
    }
    let output = outside.run(&machine, "release minor --train lark --dry-run").ok();
    let last = output.out.lines().last().unwrap_or_default();
    assert_eq!(
        last,
        "the registries were not asked: cargo xtask release 0.8.0 --push --dry-run asks them, and changes nothing"
    );
    let noted = outside.run(&machine, "check --train lark");
    assert!(noted.all().contains(&names) && !noted.err.contains("registry-names"), "{}", noted.all());

    let (publish, one) = (LARK.publish(), "1 name belongs to another project on the registry");
    for publish in [publish.clone(), format!("{publish} --dry-run")] {
        let output = outside.run(&machine, &publish);
        assert_eq!(output.code, Some(1), "{publish}: {}", output.all());
        assert_eq!(output.all().matches(one).count(), 2, "{publish}: {}", output.all());
        assert!(output.all().contains("or --waive registry-names"), "{publish}: {}", output.all());
    }
    assert_eq!((outside.raw_effects(), outside.fault_proxy.changes()), (effects, Vec::new()), "nothing was sent");
    // Whoever has the name all the same says so: then the registry decides.
    outside.run(&machine, &format!("{publish} --waive registry-names --only crates")).ok();
    let sent = outside.effects();
    assert!(sent.iter().filter(|effect| effect.contains("\"version\":\"0.7.3\"")).count() == 3, "{sent:?}");
    let output = outside.run(&machine, &format!("{publish} --waive ci"));
    assert!(output.code == Some(1) && output.err.contains("a publication can waive registry-names"), "{}", output.all());
}

fn a_token_that_expires_half_way() {
    let body = "{\"errors\":[{\"detail\":\"authentication failed\"}]}";
    let forbidden = answers(CRATE, 1, 99, "403 Forbidden", "Content-Type: application/json", body);
    let (outside, machine, output) = under("expired", [forbidden]);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("403") && output.err.contains("CARGO_REGISTRIES_REHEARSAL_TOKEN"), "{}", output.all());
    assert_eq!(outside.fault_proxy.times(CRATE).len(), 2, "it is not tried again and again");
    outside.fault_proxy.clear();
    outside.publish(&machine, LARK);
    assert_ended(&outside, &machine, LARK, "expired");

    let expired = answers(FILE, 1, 99, "403 Forbidden", "", "Invalid or non-existent authentication information.");
    let (outside, machine, output) = under("expired_python", [expired]);
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.err.contains("403") && output.err.contains("UV_PUBLISH_TOKEN"), "{}", output.all());
    outside.fault_proxy.clear();
    outside.publish(&machine, LARK);
    assert_ended(&outside, &machine, LARK, "expired_python");
}

fn what_is_not_available_is_reported_before_anything_is_sent() {
    let outside = Outside::new("unset");
    let machine = outside.machine("a");
    for names in [
        &["CARGO_REGISTRIES_REHEARSAL_TOKEN"][..],
        &["UV_PUBLISH_TOKEN"],
        &["GH_TOKEN", "GH_ENTERPRISE_TOKEN"],
        &["DISCORD_WEBHOOK_URL"],
    ] {
        let mut poor = Place { tree: machine.tree.clone(), remote: machine.remote.clone(), env: machine.env.clone() };
        poor.env.extend(names.iter().map(|name| (name.to_string(), String::new())));
        let output = outside.run(&poor, &LARK.publish());
        assert_eq!(output.code, Some(1), "{names:?}: {}", output.all());
        assert!(output.all().contains(names[0]), "{names:?}: {}", output.all());
        assert!(output.err.contains("nothing was done"), "{names:?}: {}", output.all());
    }
    assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
    assert_eq!(outside.refs(), [""; 0]);
}

fn two_on_one_machine() {
    let outside = Outside::new("two_here");
    let machine = outside.machine("a");
    let first = start(&machine, &LARK.publish());
    let second = start(&machine, &LARK.publish());
    let both = [first, second].map(|child| CommandOutput::of(child.wait_with_output().unwrap()));
    both.iter().for_each(tells_no_secret);
    let refused: Vec<&CommandOutput> = both.iter().filter(|output| !is_sent(output)).collect();
    assert!(refused.len() < 2, "{both:#?}");
    assert!(refused.iter().all(|output| output.err.contains("another release is in progress")), "{both:#?}");
    outside.publish(&machine, LARK);
    assert_ended(&outside, &machine, LARK, "two on one machine");
}

fn two_clones_at_once() {
    for train in [LARK, INGEST] {
        let outside = Outside::new(&format!("two_clones_{}", train.name));
        let machines = ["a", "b"].map(|name| outside.machine(name));
        let children = [0, 1].map(|at| start(&machines[at], &train.publish()));
        let both = children.map(|child| CommandOutput::of(child.wait_with_output().unwrap()));
        both.iter().for_each(tells_no_secret);
        assert!(both.iter().all(is_sent), "{both:#?}");
        let waited = both.iter().filter(|output| output.all().contains("waiting: ")).count();
        assert!(waited <= 1, "only one waits for the other: {both:#?}");
        for machine in &machines {
            assert_ended(&outside, machine, train, "two clones");
        }
    }
}

fn a_lease_whose_holder_is_dead() {
    let outside = Outside::new("dead_holder").with_short_leases();
    let machine = outside.machine("a");
    outside.fault_proxy.set([Rule { fault: Fault::Killed, on: "", after: 1, times: 1 }]);
    assert_eq!(outside.run_watched(&machine, &LARK.publish()).code, None);
    assert!(outside.refs().iter().any(|name| name.ends_with("lease/crates")), "{:?}", outside.refs());
    outside.fault_proxy.clear();
    let other = outside.machine("b");
    let begun = Instant::now();
    let output = outside.publish(&other, LARK);
    assert!(output.all().contains("waiting: ") && begun.elapsed() > Duration::from_secs(4), "{}", output.all());
    assert_eq!(end(&outside), whole(LARK).end);
    assert_ended(&outside, &other, LARK, "dead holder");
}
