//! The workflows that are generated, on configurations built by hand: what each needs, and what none may do.
//! None of these tests may take for right what a linter could tell: those run in the tests of the xtask.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    setups::{all, setup, train},
    sketch::{Sketch, house},
};
use crate::{
    check::workflows::xtask,
    config::{Channel, Template},
    edit::Edit,
    files::workflow::{self, Leaf},
    workflows::{Part, Setup, Way, Wheels, edits, generate, is_generated, stale, taken},
    workspace::Texts,
};

/// A file that is generated.
fn file(trains: Vec<Part>, name: &str) -> String {
    let mut all = generate(&setup(trains));
    all.remove(&Path::new(".github/workflows").join(name)).unwrap_or_default()
}

/// The values at some keys.
fn values(text: &str, path: &[&str]) -> Vec<String> {
    values_of(&workflow::read(text), path)
}

fn values_of(leaves: &[workflow::Leaf], path: &[&str]) -> Vec<String> {
    leaves.iter().filter(|leaf| leaf.is(path)).map(|leaf| leaf.text.clone()).collect()
}

#[test]
fn each_train_has_the_workflows_and_jobs_that_it_needs() {
    let (_, every) = all().into_iter().find(|(name, _)| *name == "every kind").unwrap();
    let names = |setup| {
        generate(&setup).into_keys().map(|path| path.file_stem().unwrap().display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(every.clone()), ["calendar", "ci", "python-wheels", "release", "website"]);
    assert_eq!(names(setup(vec![train("lark", "v{version}")])), ["ci", "release"]);
    assert_eq!(names(setup(Vec::new())), [""; 0], "all of them are somebody else's");
    let jobs = |text: &str| {
        let leaves = workflow::read(text);
        let jobs: BTreeSet<String> =
            leaves.into_iter().filter(|leaf| leaf.path[0] == "jobs").map(|leaf| leaf.path[1].clone()).collect();
        jobs.into_iter().collect::<Vec<_>>().join(" ")
    };
    let always = "make pack push rehearse status tool";
    let release = |train: Part| jobs(&file(vec![train], "release.yml"));
    let lark = || train("lark", "v{version}");
    assert_eq!(release(lark()), format!("announce crates {always}"));
    assert_eq!(release(Part { crates_io: false, ..lark() }), format!("announce {always}"));
    let images = BTreeSet::from([None]);
    assert_eq!(release(Part { images, ..lark() }), "announce crates images make pack push rehearse status tool");
    let wheels = Some(Wheels { platforms: vec!["sdist".to_owned()], paths: Vec::new() });
    assert_eq!(
        release(Part { wheels: wheels.clone(), ..lark() }),
        "announce crates make pack push rehearse status tool upload wheels"
    );
    assert_eq!(jobs(&file(vec![Part { wheels, ..lark() }], "python-wheels.yml")), "source");
}

/// What is generated from a sketch.
fn of(sketch: &Sketch) -> Setup {
    let snapshot = sketch.snapshot();
    let way = Way::Installed { version: "0.3.0".to_owned() };
    Setup::of(&snapshot.workspace, std::slice::from_ref(&snapshot.train), way)
}

#[test]
fn a_book_that_nobody_else_builds_becomes_the_website() {
    let website = |files: &[(&str, &str)]| {
        of(&files.iter().fold(house(), |sketch, (path, text)| sketch.file(path, text))).website
    };
    let own = "on: push\njobs:\n  a:\n    steps:\n      - run: mdbook build\n";
    let generated = generate(&all().into_iter().find(|(name, _)| *name == "every kind").unwrap().1);
    let generated = &generated[Path::new(".github/workflows/website.yml")];
    let book = ("book.toml", "[book]\n");
    assert_eq!(website(&[]), None);
    assert_eq!(website(&[("book.toml", "[book]\ntitle = \"x\"\n")]).as_deref(), Some("src"));
    assert_eq!(website(&[("book.toml", "[book]\nsrc = \"docs/\"\n")]).as_deref(), Some("docs"));
    for path in [".github/workflows/pages.yml", ".github/workflows/pages.yaml"] {
        assert_eq!(website(&[book, (path, own)]), None, "{path}");
    }
    for (path, text) in [
        (".github/workflows/website.yml", generated.as_str()),
        (".github/workflows/other.yml", "on: push\n"),
        (".github/pages.yml", own),
        (".github/workflows/notes.md", own),
    ] {
        assert_eq!(website(&[book, (path, text)]).as_deref(), Some("src"), "{path}");
    }
    assert_eq!(website(&[("book.toml", "[book")]), None);
}

#[test]
fn a_train_tells_its_workflows_all_that_its_release_does() {
    let paths =
        ["Cargo.lock", "Cargo.toml", "barter-python/**", "crates/barter-data/**", "crates/barter-instrument/**"];
    let paths = || paths.into_iter().chain(["crates/barter/**"]).map(str::to_owned).collect::<Vec<_>>();
    let wheels = |platforms: &[&str]| {
        let platforms = platforms.iter().map(|platform| (*platform).to_owned()).collect();
        Some(Wheels { platforms, paths: paths() })
    };
    let plain = Part { wheels: wheels(&["manylinux-x86_64", "sdist"]), ..train("barter", "v{version}") };
    let setup = setup(vec![plain.clone()]);
    assert_eq!(of(&house()), Setup { toolchain: Some("1.95.0".to_owned()), ..setup });
    let configured = house()
        .configured("tag", json!("b-{version}"))
        .configured(
            "images",
            json!([{ "name": "a", "dockerfile": "A" }, { "name": "b", "dockerfile": "B", "registry": "ghcr.io/x" }]),
        )
        .configured("platforms", json!(["macos-arm64"]))
        .configured("announce", json!(["slack", "mail"]))
        .configured("cadence", json!("first wednesday"))
        .configured("checklist", json!(["website"]))
        .configured("flow", json!("pull-request"))
        .configured("registries", json!(["house", "crates-io"]));
    let part = Part {
        tag: Template::new("b-{version}").unwrap(),
        registries: BTreeSet::from(["house".to_owned()]),
        wheels: wheels(&["macos-arm64"]),
        images: BTreeSet::from([None, Some("ghcr.io/x".to_owned())]),
        channels: vec![Channel::Slack, Channel::Mail],
        has_dates: true,
        is_confirmed: true,
        proposed: Template::new("release/b-{version}").ok(),
        ..plain.clone()
    };
    assert_eq!(of(&configured).trains, [part]);
    let private = house().configured("registries", json!(["house"])).without("barter-python/pyproject.toml");
    let part =
        Part { crates_io: false, registries: BTreeSet::from(["house".to_owned()]), wheels: None, ..plain.clone() };
    assert_eq!(of(&private).trains, [part]);
    let branch = house().configured("branch", json!("prepare/{version}"));
    assert_eq!(of(&branch).trains, std::slice::from_ref(&plain), "only a pull request's branch starts anything");
    assert_eq!(of(&house().configured("workflows", json!("own"))).trains, []);
    // What builds the wheels is pinned in the xtask, and nowhere else.
    let pins = ["xtask/python-requirements.txt", "docs/python-requirements.txt", "xtask/notes.txt"];
    let pinned = pins.iter().fold(house(), |sketch, path| sketch.file(path, "maturin==1\n"));
    let wheels = of(&pinned).trains.remove(0).wheels.unwrap();
    assert_eq!(wheels.paths, [paths(), vec![pins[0].to_owned()]].concat());
}

#[test]
fn workflows_install_the_rust_that_the_crates_need() {
    let toolchain = |path: &str, text: &str| of(&house().file(path, text)).toolchain;
    let crate_of = |line: &str| format!("[package]\nname = \"owl\"\nversion = \"0.1.0\"\n{line}\n");
    for (line, expected) in [
        ("rust-version = \"1.80\"", "1.95.0"),
        ("rust-version = \"1.95.0\"", "1.95.0"),
        ("rust-version = \"1.96\"", "1.96.0"),
        ("  rust-version=\"1.95.1\"", "1.95.1"),
        ("rust-version = \"2.0.3\" # soon", "2.0.3"),
        ("rust-version.workspace = true", "1.95.0"),
        ("rust-version = \"next\"", "1.95.0"),
    ] {
        assert_eq!(toolchain("crates/owl/Cargo.toml", &crate_of(line)).as_deref(), Some(expected), "{line}");
    }
    for (path, is_named) in [("rust-toolchain", true), ("rust-toolchain.toml", true), ("crates/rust-toolchain", false)]
    {
        assert_eq!(toolchain(path, "").is_none(), is_named, "{path}");
    }
}

#[test]
fn a_tag_is_the_train_whose_tags_begin_so() {
    let trains =
        || vec![train("lark", "v{version}"), train("vessel", "vessel-v{version}"), train("raw", "{version}+raw")];
    let text = file(trains(), "release.yml");
    assert_eq!(values(&text, &["on", "push", "tags", "*"]), ["v[0-9]*", "vessel-v[0-9]*", "[0-9]*\\+raw"]);
    let env = values(&text, &["env", "TRAIN"]).concat();
    assert_eq!(
        env,
        "${{ github.ref_type == 'branch' && inputs.train || startsWith(github.ref_name, 'vessel-v') && 'vessel' || \
            startsWith(github.ref_name, 'v') && 'lark' || 'raw' }}"
    );
    for (tag, train) in [("v0.7.3", 0), ("vessel-v0.7.3", 1), ("0.7.3+raw", 2), ("v0.9.3.post1", 0)] {
        let filters = values(&text, &["on", "push", "tags", "*"]);
        let through: Vec<usize> = (0..3).filter(|at| workflow::matches(&filters[*at], tag)).collect();
        assert_eq!(through, [train], "{tag}");
        assert!(!filters.iter().any(|filter| workflow::matches(filter, &format!("rollback/{tag}"))), "{tag}");
    }
    assert_eq!(
        values(&text, &["on", "workflow_dispatch", "inputs", "train", "options", "*"]),
        ["lark", "vessel", "raw"]
    );
    let alone = file(trains()[..1].to_vec(), "release.yml");
    assert_eq!(values(&alone, &["env", "TRAIN"]), ["lark"]);
    assert_eq!(values(&alone, &["on", "workflow_dispatch", "inputs", "version", "required"]), ["true"]);
    assert!(!alone.contains("inputs.train"), "there is nothing to choose");
}

#[test]
fn a_merged_pull_request_is_the_train_whose_branches_begin_so() {
    let by_pull_request = |name: &str, tag: &str| {
        let proposed = Template::new(&format!("release/{tag}")).ok();
        Part { proposed, ..train(name, tag) }
    };
    let trains = vec![
        by_pull_request("lark", "v{version}"),
        by_pull_request("vessel", "vessel-v{version}"),
        train("raw", "{version}+raw"),
    ];
    let text = file(trains, "release.yml");
    assert_eq!(values(&text, &["on", "pull_request", "types", "*"]), ["closed"]);
    assert_eq!(values(&text, &["on", "pull_request", "branches", "*"]), ["main"]);
    let head = "github.event.pull_request.head.ref";
    let env = values(&text, &["env", "TRAIN"]).concat();
    let of_head = format!("(inputs.train || startsWith({head}, 'release/vessel-v') && 'vessel' || 'lark')");
    assert!(env.starts_with(&format!("${{{{ github.ref_type == 'branch' && {of_head} || starts")), "{env}");
    let is_merged = format!(
        "(github.event_name != 'pull_request' || github.event.pull_request.merged && \
            !github.event.pull_request.head.repo.fork && \
            (startsWith({head}, 'release/vessel-v') || startsWith({head}, 'release/v')))"
    );
    for job in ["tool", "make", "push"] {
        assert!(values(&text, &["jobs", job, "if"]).concat().contains(&is_merged), "{job}");
    }
    assert_eq!(values(&text, &["jobs", "push", "permissions", "pull-requests"]), ["write"]);
    let group = values(&text, &["concurrency", "group"]).concat();
    assert!(group.ends_with(&format!("${{{{ !{is_merged} && github.run_id || '' }}}}")), "{group}");
}

#[test]
fn a_wheel_is_built_again_when_what_it_is_built_from_changes() {
    let paths = ["py/**", "crates/lark/**", "Cargo.lock"].map(str::to_owned).to_vec();
    let wheels = Some(Wheels { platforms: vec!["macos-arm64".to_owned()], paths });
    let text = file(vec![Part { wheels, ..train("lark", "v{version}") }], "python-wheels.yml");
    assert_eq!(
        values(&text, &["on", "pull_request", "paths", "*"]),
        [".github/workflows/python-wheels.yml", "py/**", "crates/lark/**", "Cargo.lock"]
    );
    assert_eq!(values(&text, &["jobs", "desktop", "strategy", "matrix", "include", "*", "runner"]), ["macos-15"]);
}

/// What every generated job must keep: a token, and what runs for a tag, is not for copies of the repository; what
/// publishes or pushes has an environment; main is never cancelled; nothing that is published comes from a cache.
#[test]
fn no_generated_job_gives_away_what_it_holds() {
    for (name, setup) in all() {
        for (path, text) in generate(&setup) {
            let at = format!("{name}: {}", path.display());
            assert!(is_generated(&text), "{at}");
            assert!(text.contains("\npermissions: {}\n"), "{at}: nothing is allowed to all jobs");
            let leaves = workflow::read(&text);
            let of = |job: &str, key: &str| values_of(&leaves, &["jobs", job, key]).concat();
            let jobs: BTreeSet<&String> =
                leaves.iter().filter(|leaf| leaf.path[0] == "jobs").map(|leaf| &leaf.path[1]).collect();
            let is_release = path.ends_with("release.yml");
            for job in jobs {
                let own = || leaves.iter().filter(|leaf| leaf.path.get(1) == Some(job));
                let writes = own().any(|leaf| leaf.path[2] == "permissions" && leaf.text.starts_with("write"));
                let is_guarded = of(job, "if").contains("!github.event.repository.fork");
                let is_website = path.ends_with("website.yml");
                assert_eq!(is_guarded, is_release || is_website || path.ends_with("calendar.yml"), "{at}: {job}");
                let has_secret = own().any(|leaf| leaf.text.contains("secrets."));
                assert_eq!(
                    !of(job, "environment").is_empty(),
                    (is_release || is_website) && (writes || has_secret),
                    "{at}: {job}"
                );
                assert!(is_release || !has_secret, "{at}: {job}");
            }
            let cancels = values(&text, &["concurrency", "cancel-in-progress"]).concat();
            assert!(cancels == "false" || cancels == "${{ github.event_name == 'pull_request' }}", "{at}: {cancels}");
            let is_published = is_release || path.display().to_string().contains("python-wheels");
            assert!(!is_published || !text.contains("actions/cache@"), "{at}");
        }
    }
}

#[test]
fn only_what_was_generated_is_compared() {
    let setup = setup(vec![train("lark", "v{version}")]);
    let mut texts = generate(&setup);
    let stale = |texts: &Texts| stale(&setup, texts).into_iter().map(|found| found.problem.what).collect::<Vec<_>>();
    assert_eq!(stale(&texts), [""; 0]);
    texts.insert(".github/workflows/other.yml".into(), "on: push\n".to_owned());
    texts.insert(".github/workflows/calendar.yml".into(), texts[Path::new(".github/workflows/ci.yml")].clone());
    texts.get_mut(Path::new(".github/workflows/ci.yml")).unwrap().push_str("# mine\n");
    texts.insert(".github/workflows/release.yml".into(), "# by hand\n".to_owned());
    assert_eq!(
        stale(&texts),
        [
            ".github/workflows/ci.yml: it is generated, and says something else than the trains do",
            ".github/workflows/calendar.yml: it is generated, and no train needs it",
        ]
    );
    let paths = |edits: Vec<Edit>| {
        edits.iter().map(|edit| format!("{:?} {}", edit.fate, edit.path.display())).collect::<Vec<_>>()
    };
    let planned = ["Change .github/workflows/ci.yml", "Remove .github/workflows/calendar.yml"];
    assert_eq!(paths(edits(&setup, &texts)), planned, "what is not generated stays as it is");
    assert_eq!(taken(&setup, &texts), [Path::new(".github/workflows/release.yml")]);
    assert_eq!(paths(edits(&setup, &Texts::new())).len(), 2);
}

/// The jobs of a workflow that hold something, each with what of it compiles, or could.
fn holding(text: &str) -> BTreeMap<String, Vec<String>> {
    const HELD: [&str; 5] = ["secrets.", "github.token", "id-token", "GITHUB_TOKEN", "steps.auth."];
    // None of these runs code that is not its own.
    const HARMLESS: [&str; 7] = ["chmod +x", "docker login", "echo ", "[ ", "gh workflow run ", "exit", "fi"];
    let leaves = workflow::read(text);
    let for_all = |leaf: &&Leaf| leaf.path[0] == "env" || leaf.path[0] == "permissions";
    let holds = |leaf: &Leaf| {
        let writes = leaf.path.iter().any(|key| key == "permissions") && leaf.text.starts_with("write");
        let keeps = leaf.path.last().is_some_and(|key| key == "persist-credentials") && leaf.text != "false";
        writes || keeps || HELD.iter().any(|word| leaf.text.contains(word))
    };
    let all_hold = leaves.iter().filter(for_all).any(holds);
    let of = |name: &String| {
        let own: Vec<&Leaf> = leaves.iter().filter(|leaf| leaf.path.get(1) == Some(name)).collect();
        // A token is kept unless it is said that it is not.
        let checks_out = own.iter().filter(|leaf| leaf.text.starts_with("actions/checkout@")).count();
        let says = own.iter().filter(|leaf| leaf.path.last().is_some_and(|key| key == "persist-credentials"));
        (all_hold || own.iter().any(|leaf| holds(leaf)) || says.count() < checks_out).then(|| {
            let mut found = Vec::new();
            for leaf in own {
                if leaf.is(&["jobs", name, "uses"]) || leaf.is(&["jobs", name, "steps", "*", "uses"]) {
                    let is_known = ["actions/", "rust-lang/crates-io-auth-action@"];
                    let is_known = is_known.iter().any(|start| leaf.text.starts_with(start));
                    found.extend((!is_known).then(|| leaf.text.clone()));
                }
                if !leaf.is(&["jobs", name, "steps", "*", "run"]) {
                    continue;
                }
                for words in workflow::commands(&leaf.text) {
                    let line = words.join(" ");
                    let is_harmless = HARMLESS.iter().any(|start| line.starts_with(start)) || words[0] == "git";
                    let sends_what_is_made = |rest: &[String]| match rest.first().map(String::as_str) {
                        Some("publish") => {
                            let sends = |group: &str| line.contains(&format!(" --only {group} "));
                            let is_given = |option: &str| line.contains(option);
                            sends("wheels") && is_given(" --dist ")
                                || sends("forge,announce")
                                || (sends("crates") || sends("images")) && is_given(" --packed ")
                        }
                        // What was proved, committed and tagged already is only pushed.
                        Some("release") => line.contains(" --push "),
                        verb => matches!(verb, Some("status" | "check")),
                    };
                    let is_made = words[0].starts_with("$RUNNER_TEMP/tool/");
                    let is_ours = xtask(&words, false).map(sends_what_is_made);
                    if !(is_harmless || is_made && is_ours.unwrap_or(words[0].ends_with("/release-plz"))) {
                        found.push(line);
                    }
                }
            }
            (name.clone(), found)
        })
    };
    let jobs: BTreeSet<&String> =
        leaves.iter().filter(|leaf| leaf.path[0] == "jobs").map(|leaf| &leaf.path[1]).collect();
    jobs.into_iter().filter_map(of).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test alone reads the project's own workflows")]
fn what_holds_a_token_or_a_secret_compiles_nothing() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/workflows");
    let own = std::fs::read_dir(dir).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.clone(), std::fs::read_to_string(path).unwrap())
    });
    let generated = all().into_iter().flat_map(|(_, setup)| generate(&setup));
    let mut jobs = BTreeSet::new();
    for (path, text) in own.chain(generated) {
        for (job, found) in holding(&text) {
            assert_eq!(found, [""; 0], "{}: {job}", path.display());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            jobs.insert(format!("{name} {job}"));
        }
    }
    let expected = [
        "calendar status",
        "ci check",
        "release announce",
        "release crates",
        "release images",
        "release push",
        "release status",
        "release upload",
        "release-plz pull-request",
        "website publish",
    ];
    assert_eq!(Vec::from_iter(jobs), expected);
    // What would be found.
    let job = |permissions: &str, step: &str| {
        let text = format!("jobs:\n  a:\n    permissions:\n      {permissions}\n    steps:\n      - {step}\n");
        holding(&text).remove("a")
    };
    let token = "id-token: write";
    for run in [
        "cargo xtask publish --only crates --packed packed",
        "cargo test",
        "pip install x",
        "./build.sh",
        "docker build .",
        "$RUNNER_TEMP/tool/xtask publish --only crates",
        "$RUNNER_TEMP/tool/xtask publish --packed packed",
        "$RUNNER_TEMP/tool/xtask publish --only images --dist dist",
        "$RUNNER_TEMP/tool/xtask smoke",
    ] {
        assert_eq!(job(token, &format!("run: {run}")), Some(vec![run.to_owned()]));
        assert_eq!(job("contents: read", &format!("run: {run}")), None);
    }
    assert_eq!(job(token, "run: $RUNNER_TEMP/tool/xtask publish --only crates --packed packed"), Some(Vec::new()));
    assert_eq!(
        job("contents: read", "run: make\n        env:\n          A: ${{ secrets.A }}"),
        Some(vec!["make".to_owned()])
    );
    assert_eq!(job("contents: read", "uses: actions/checkout@1\n      - run: make"), Some(vec!["make".to_owned()]));
    assert_eq!(job(token, "uses: ./.github/actions/x"), Some(vec!["./.github/actions/x".to_owned()]));
    let called =
        holding("jobs:\n  a:\n    permissions:\n      id-token: write\n    uses: ./.github/workflows/wheels.yml\n");
    assert_eq!(called["a"], ["./.github/workflows/wheels.yml"], "PyPI takes no token of a workflow that is called");
    assert_eq!(holding("env:\n  A: ${{ secrets.A }}\njobs:\n  a:\n    steps:\n      - run: make\n")["a"], ["make"]);
}

/// All files of a setup one after another, without the commits of actions: the table of actions alone says those.
fn kept(setup: &Setup) -> String {
    let pinned = |line: &str| match line.split_once('@') {
        Some((action, _)) if line.trim_start().starts_with("uses: ") => format!("{action}@…\n"),
        _ => format!("{line}\n"),
    };
    let file = |(path, text): (PathBuf, String)| {
        format!("==> {} <==\n{}", path.display(), text.lines().map(pinned).collect::<String>())
    };
    generate(setup).into_iter().map(file).collect::<Vec<_>>().join("\n")
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the kept texts are files beside this one, and nothing that is planned reads them"
)]
fn whole_workflows_are_as_they_are_kept() {
    let setups: BTreeMap<_, _> = all().into_iter().collect();
    for (name, file) in [
        ("every kind", "every_kind"),
        ("two trains with wheels, one of every kind", "two_with_wheels"),
        ("two by pull request, beside one that is pushed", "by_pull_request"),
        ("trains whose tags begin alike, one with an end", "alike_tags"),
        ("a toolchain of the tree's", "own_toolchain"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/tests/workflows/{file}.txt"));
        let made = kept(&setups[name]);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let differs = kept.lines().zip(made.lines()).position(|(kept, made)| kept != made).map(|at| at + 1);
        assert!(kept == made, "{name}: line {differs:?} differs; BLESS=1 makes {} anew", path.display());
    }
}
