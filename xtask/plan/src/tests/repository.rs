//! What keeps a release from being made where one is: the repository's state, names that are not there, versions that do not
//! belong together. Each state is told by hand; none may come of a plan.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::sketch::{Sketch, house, v};
use crate::{
    check::{self, repository::repository, versions, waivers},
    files::cargo_toml::VersionField,
    finding::Check,
    repo::{Elsewhere, Lock, Repo, Underway},
    snapshot::Snapshot,
};

const OWN: &str = "release/v0.10.0";

fn shown(found: &[crate::finding::Finding]) -> Vec<String> {
    found.iter().map(|found| format!("{}: {}; next: {}", found.check, found.what, found.next)).collect()
}

/// What is found where a release may stand on a branch of its own.
fn found(mut sketch: Sketch, change: impl FnOnce(&mut Repo)) -> Vec<String> {
    change(&mut sketch.repo);
    shown(&repository(&sketch.snapshot(), Some(OWN)))
}

#[test]
fn a_release_is_made_on_its_branch() {
    let on = |branch: Option<&str>| found(house(), |repo| repo.branch = branch.map(str::to_owned));
    assert_eq!(on(Some("main")), [""; 0]);
    assert_eq!(on(Some(OWN)), [""; 0]);
    assert_eq!(on(Some("dev")), ["branch: on branch dev, releases are made on main; next: git switch main"]);
    assert_eq!(on(None), ["branch: the head is detached; next: git switch main"]);
    let elsewhere = |gone| {
        found(house(), |repo| {
            repo.branch = None;
            repo.elsewhere.insert("main".to_owned(), Elsewhere { dir: PathBuf::from("/main"), gone });
        })
    };
    let detached = "branch: the head is detached; next:";
    assert_eq!(elsewhere(false), [format!("{detached} main is checked out in /main: run the command there")]);
    assert_eq!(elsewhere(true), [format!("{detached} git worktree prune && git switch main")]);
}

#[test]
fn of_a_clone_of_one_branch_the_default_one_is_not_known() {
    let left_out = |sketch: Sketch| found(sketch, |repo| repo.is_main_left_out = true);
    let [one] = &left_out(house())[..] else { panic!() };
    assert!(
        one.contains("only main was cloned")
            && one.ends_with("or `main = \"main\"` under [workspace.metadata.trains.barter]"),
        "{one}"
    );
    assert_eq!(left_out(house().configured("main", json!("main"))), [""; 0]);
}

#[test]
fn a_configured_branch_is_one_that_git_knows() {
    let trunk = || house().configured("main", json!("trunk"));
    let unknown = [
        "configuration: Cargo.toml: [workspace.metadata.trains.barter]: `main = \"trunk\"` is a branch neither here nor at origin; next: correct it in Cargo.toml, or git fetch origin",
    ];
    let another = ["branch: on branch main, releases are made on trunk; next: git switch trunk"];
    assert_eq!(found(trunk(), |_| ()), unknown);
    for (branch, expected) in [("fork/trunk", &unknown[..]), ("origin/trunk", &another)] {
        let at_remote = |repo: &mut Repo| repo.remote_branches = [branch.to_owned()].into();
        assert_eq!(found(trunk(), at_remote), expected, "{branch}");
    }
    let here = |repo: &mut Repo| repo.branches = [("trunk".to_owned(), "1".to_owned())].into();
    assert_eq!(found(trunk(), here), another);
    assert_eq!(found(trunk(), |repo| repo.is_shallow = true), another);
    assert_eq!(found(trunk(), |repo| repo.lacks_branches = true), another);
}

#[test]
fn what_is_not_committed_is_named() {
    let dirty = |names: &str, sketch: Sketch| {
        found(sketch, |repo| repo.dirty = names.split_whitespace().map(PathBuf::from).collect())
    };
    let next = "; next: git commit, or `git stash --include-untracked`";
    assert_eq!(dirty("a b c d e", house()), [format!("dirty-tree: uncommitted changes in a, b, c, d, e{next}")]);
    assert_eq!(
        dirty("a b c d e f", house()),
        [format!("dirty-tree: uncommitted changes in a, b, c, d, e and 1 more{next}")]
    );
    let changed = format!("dirty-tree: uncommitted changes in Cargo.lock{next}");
    assert_eq!(dirty("Cargo.lock", house()), [changed]);
    let lock = "lock: Cargo.lock is neither committed nor ignored; next: git add Cargo.lock && git commit, or add it to .gitignore";
    let untracked = || Sketch { ignored: vec!["Cargo.lock"], ..house() };
    assert_eq!(dirty("Cargo.lock", untracked()), [lock]);
    assert_eq!(dirty("Cargo.lock a", untracked()), [lock, &format!("dirty-tree: uncommitted changes in a{next}")]);
    assert_eq!(dirty("", untracked()), [""; 0]);
    let conflicts = found(house(), |repo| repo.unmerged = vec!["a".into(), "b".into(), "c".into()]);
    assert!(conflicts[0].starts_with("dirty-tree: unresolved conflicts in a and 2 more; next: "), "{conflicts:?}");
    let module = found(house(), |repo| (repo.dirty, repo.dirty_submodules) = (vec!["m".into()], vec!["m".into()]));
    assert!(
        module[0].ends_with(
            "--include-untracked`, in m, which is a submodule; then here git commit, or git submodule update m"
        ),
        "{module:?}"
    );
}

#[test]
fn only_the_unfinished_merge_of_its_own_branch_is_a_releases() {
    let merge = |name, of: Option<&str>, ways, dirty: &[&str]| {
        found(house(), |repo| {
            repo.branches.insert(OWN.to_owned(), "tip".to_owned());
            repo.underway = Some(Underway { name, of: of.map(str::to_owned), ways });
            repo.dirty = dirty.iter().map(PathBuf::from).collect();
        })
        .len()
    };
    let ways = "git merge --continue";
    assert_eq!(merge("merge", Some("tip"), ways, &[]), 0);
    for count in [
        merge("rebase", Some("tip"), ways, &[]),
        merge("merge", Some("another"), ways, &[]),
        merge("merge", None, ways, &[]),
        merge("merge", Some("tip"), "git merge --quit", &[]),
        merge("merge", Some("tip"), ways, &["a"]),
    ] {
        assert_eq!(count, 1);
    }
    let no_tip = found(house(), |repo| repo.underway = Some(Underway { name: "merge", of: None, ways }));
    assert!(no_tip[0].starts_with("in-progress: a merge is in progress"), "{no_tip:?}");
}

#[test]
fn a_lock_of_git_says_who_holds_it() {
    for (is_held, why) in [
        (
            Some(true),
            "a git process is at work in this repository; next: wait for it, or end it; if the file stays then: rm l",
        ),
        (Some(false), "no git process is at work in this repository any more, so one was cut off; next: rm l"),
        (None, "a git process is at work in this repository, or was cut off; next: when none is: rm l"),
    ] {
        let found = found(house(), |repo| repo.locks.push(Lock { path: "l".into(), is_held }));
        assert_eq!(found, [format!("git-lock: l keeps git from changing anything: {why}, then the same command")]);
    }
}

/// What is found of one check in a state.
fn of(check: Check, sketch: &Sketch) -> Vec<String> {
    let snapshot = sketch.snapshot();
    let found = check::state(&snapshot.workspace, &snapshot.train);
    found.into_iter().filter(|found| found.check == check).map(|found| found.problem.what).collect()
}

#[test]
fn no_crate_is_ahead_of_its_driver() {
    let at = |crate_: &str, version: &str| {
        let manifest = format!("crates/{crate_}/Cargo.toml");
        of(Check::Lockstep, &house().with(&manifest, "\nversion = \"0.9.3\"", &format!("\nversion = \"{version}\"")))
    };
    assert_eq!(at("barter-data", "0.9.3"), [""; 0]);
    assert_eq!(at("barter-data", "0.9.2"), [""; 0]);
    assert_eq!(at("barter-data", "0.9.4"), ["barter-data is at 0.9.4, ahead of the driver's 0.9.3"]);
    let stray = house().with("crates/tool/Cargo.toml", "version = \"0.1.0\"", "version = \"1.0.0\"");
    assert_eq!(of(Check::Lockstep, &stray), [""; 0]);
}

#[test]
fn the_drivers_version_is_the_trains() {
    let none = house().with("crates/barter/Cargo.toml", "\nversion = \"0.9.3\"", "");
    let lacks = "crates/barter/Cargo.toml has no `version`, and the driver's is the train's";
    assert_eq!(of(Check::Version, &none), [lacks]);
    // What comes of it is not found besides.
    assert_eq!(of(Check::Lock, &none), [""; 0]);
    assert_eq!(of(Check::Requirements, &none), [""; 0]);
}

#[test]
fn what_is_deployed_is_named_by_a_tag() {
    let deploys = |text: &str| {
        let deployment = json!([{ "path": "deploy.yaml", "image": "house" }]);
        let images = json!([{ "name": "house", "dockerfile": "Dockerfile" }]);
        let house = house().configured("images", images).configured("deployments", deployment);
        of(Check::Deployments, &house.file("deploy.yaml", text))
    };
    assert_eq!(deploys("image: r.example/house:0.9.3\n"), [""; 0]);
    assert_eq!(deploys("image: r.example/owl:0.9.3\n").len(), 1);
}

#[test]
fn what_is_configured_is_there() {
    let named = |key: &str, value: Value| {
        let house = house().file("deploy/Dockerfile", "FROM scratch\n").file("docs/a.md", "").file("other/a.md", "");
        let house = house.file("crates/tool/src/main.rs", "");
        let found = of(Check::Configuration, &house.configured(key, value));
        // That no other key goes with it is found by itself.
        found.into_iter().filter(|what| !what.contains(" is set, but ")).collect::<Vec<_>>()
    };
    let image = |more: Value| {
        let mut image = json!({ "name": "house", "dockerfile": "Dockerfile" });
        image.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        named("images", json!([image]))
    };
    let at = "Cargo.toml: [workspace.metadata.trains.barter]";
    assert_eq!(image(json!({})), [""; 0]);
    for (file, near) in [
        ("deploy/Dockerfil", "did you mean `deploy/Dockerfile`?"),
        ("deploi/Dockerfile", "did you mean `deploy/Dockerfile`?"),
        ("owl/nothing", "correct the path, or `git add` it"),
    ] {
        let what = format!("{at}: `images.dockerfile = \"{file}\"` is not a file that git tracks: {near}");
        assert_eq!(image(json!({ "dockerfile": file })), [what]);
    }
    let beside = "`images.files` goes beside a `binary`, and none is named: the context is the whole workspace";
    assert_eq!(image(json!({ "files": ["docs/a.md"] })), [format!("{at}: {beside}")]);
    let unknown = "`images.binary = \"owl\"` is a binary of no member: none is known";
    assert_eq!(image(json!({ "binary": "owl", "files": ["docs/a.md"] })), [format!("{at}: {unknown}")]);
    let twice = "`images.files` puts two files called a.md into one directory: rename one";
    let both = image(json!({ "binary": "owl", "files": ["docs/a.md", "other/a.md"] }));
    assert_eq!(both, [format!("{at}: {twice}"), format!("{at}: {unknown}")]);
    let proof = |dir: &str| named("proofs", json!([{ "name": "docs", "run": "true", "in": dir }]));
    let lacks = |dir: &str, near: &str| {
        [format!("{at}: proof `docs`: `in = \"{dir}\"` is not a directory that git tracks: {near}")]
    };
    assert_eq!(proof("docs"), [""; 0]);
    assert_eq!(proof("docz"), lacks("docz", "did you mean `docs`?"));
    assert_eq!(proof("docs/a.md"), lacks("docs/a.md", "correct the path, or `git add` it"));
    for (key, file) in [("fragments", "docs/a.md"), ("templates", "docs/a.md")] {
        assert_eq!(named(key, json!(file)), [format!("{at}: `{key} = \"{file}\"` is a file: name a directory")]);
        assert_eq!(named(key, json!("docs")), [""; 0]);
    }
    assert_eq!(
        named("follow-ups", json!("docs")),
        [format!("{at}: `follow-ups = \"docs\"` is a directory: name a file")]
    );
    assert_eq!(named("follow-ups", json!("docs/a.md")), [""; 0]);
}

#[test]
fn what_cannot_be_waived_or_confirmed_is_refused() {
    let train = house().snapshot().train;
    let with = house().configured("checklist", json!(["website"])).snapshot().train;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(waivers::known_waivers(&train, &names(&["ci", "branch"])).is_ok());
    let refused = waivers::known_waivers(&train, &names(&["ci", "branc"])).unwrap_err().to_string();
    assert!(refused.starts_with("--waive branc (did you mean `branch`?): it can waive branch, "), "{refused}");
    assert!(waivers::known_to_publish(&names(&["registry-content"])).is_ok());
    let refused = waivers::known_to_publish(&names(&["registry-content", "ci"])).unwrap_err().to_string();
    assert!(refused.starts_with("--waive ci: a publication can waive "), "{refused}");
    assert!(waivers::known_confirmations(&with, &names(&["website"])).is_ok());
    for (train, name, why) in [
        (&with, "ci", "--confirm ci: a person confirms website; the forge or a proof does the rest"),
        (&train, "website", "--confirm website: it is not on the checklist"),
    ] {
        let refused = waivers::known_confirmations(train, &names(&[name])).unwrap_err().to_string();
        assert!(refused.starts_with(why), "{refused}");
    }
}

#[test]
fn a_version_file_says_what_the_train_has_or_had() {
    let file = |path: &str| json!({ "path": path, "after": "is " });
    let says = |text: &str| house().file("v.txt", text).configured("files", json!([file("v.txt")]));
    let state = |text: &str| of(Check::VersionFiles, &says(text));
    assert_eq!(state("is 0.9.3\n"), [""; 0]);
    for other in ["0.9.2", "0.10.0"] {
        assert_eq!(state(&format!("is {other}\n")), [format!("v.txt: `is ` is followed by `{other}`, not 0.9.3")]);
    }
    let gone = house().configured("files", json!([file("v.txt"), file("v.txt"), file("w.txt")]));
    let gone = of(Check::VersionFiles, &gone);
    assert!(gone.len() == 2 && gone[0].contains("v.txt") && gone[1].contains("w.txt"), "{gone:?}");
    // What a release of 0.10.0 finds there: what the train had, whether a tag or only its line tells, is no other package's.
    let strange = |tags: &[&str], text: &str| {
        let sketch = tags.iter().fold(says(&format!("is {text}\n")), |sketch, tag| sketch.tagged(tag));
        let found = versions::strange_places(&sketch.snapshot(), &v("0.10.0"));
        found.into_iter().map(|found| found.problem.what).collect::<Vec<_>>()
    };
    let told = |text: &str| [format!("v.txt: `is ` is followed by `{text}`, which is no released version")];
    for text in ["0.9.3", "0.9.1", "0.10.0", "0.11.0"] {
        assert_eq!(strange(&[], text), [""; 0], "{text}");
    }
    for (tags, text) in [(&[][..], "0.1.0"), (&[], "0.8.9"), (&["v0.9.2"], "0.9.1"), (&["v0.9.2"], "0.8.9")] {
        assert_eq!(strange(tags, text), told(text), "{tags:?} {text}");
    }
    assert_eq!(strange(&["v0.8.9"], "0.8.9"), [""; 0]);
}

#[test]
fn a_driver_or_wheel_of_any_train_has_a_version() {
    let mut house = house();
    house.trains["barter"]["wheels"] = json!([]);
    house.trains["owl"] = json!({ "driver": "tool", "wheels": ["barter-python"] });
    let mut snapshot = house.snapshot();
    let lacks = |snapshot: &Snapshot| -> Vec<String> {
        let Snapshot { workspace, train, .. } = snapshot;
        let lacking = (0..workspace.members.len()).filter(|at| versions::lacks_version(workspace, train, *at));
        lacking.map(|at| workspace.members[at].name.clone()).collect()
    };
    assert_eq!(lacks(&snapshot), [""; 0]);
    for member in &mut snapshot.workspace.members {
        member.version_field = VersionField::Absent;
    }
    assert_eq!(lacks(&snapshot), ["barter", "barter-python", "tool"]);
    snapshot.workspace.trains.clear();
    assert_eq!(lacks(&snapshot), ["barter"], "nobody configured another");
    let mut own = super::sketch::house().snapshot();
    own.workspace.members.iter_mut().for_each(|member| member.version_field = VersionField::Absent);
    own.workspace.trains.clear();
    assert_eq!(lacks(&own), ["barter", "barter-python"], "its wheel");
}

#[test]
fn a_line_is_ahead_of_nobody() {
    let manifest = "crates/barter-data/Cargo.toml";
    let ahead = house().with(manifest, "\nversion = \"0.9.3\"", "\nversion = \"2.0.0\"");
    assert_eq!(of(Check::Lockstep, &ahead), ["barter-data is at 2.0.0, ahead of the driver's 0.9.3"]);
    let line = ahead.configured("lines", json!([{ "crates": ["barter-data"] }]));
    assert_eq!(of(Check::Lockstep, &line), [""; 0]);
}
