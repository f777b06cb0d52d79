//! Each kind of step, and what is the same for all steps of it: how far it reaches, what it leaves, and what it is called.
//! No row may hold what one step alone is about: that is told where the step is planned.

use std::{path::PathBuf, sync::Arc};

use serde_json::json;

use super::sketch::{house, v};
use crate::{
    edit::{Edit, Fate},
    files::tag_record::{NotVerified, Record},
    occasion::Occasion,
    problem::Problem,
    publish::{self, Options},
    repo::{At, Recorded},
    step::{
        Announcement, Branch, Checks, Commit, Confirmation, CrateUpload, DeleteLocal, Evidence, Fix, Issue, Kept,
        MarkRolledBack, MergeBack, Observation, PullRequest, PushMain, PushTag, RequirePublished, RetagLatest, Revert,
        Runs, Step, Target, Undone,
        release::{Way, Work},
    },
};

/// All that is asked of a step, in a line.
fn row(step: &Step) -> String {
    let check = step.check().map(|name| format!("check {name}"));
    let announced = step.announcement().map(|announcement| format!("tells {}", announcement.channel));
    let words = [
        (step.is_durable(), "durable"),
        (step.is_aggregate(), "aggregate"),
        (!step.is_own(), "of others"),
        (step.is_edit(), "edit"),
        (step.is_outward(), "outward"),
        (step.is_manual(), "manual"),
    ];
    let words = words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word.to_owned());
    let words: Vec<String> = words.chain(check).chain(announced).collect();
    let (scope, group, kind) = (step.scope(), step.group(), step.kind());
    format!("{} | {scope:?} {group} {} {kind:?} | {}", step.title(), step.place(), words.join(", "))
}

/// A release that is committed on a branch, merged, tagged and pushed.
fn release() -> Vec<Step> {
    let mut house = house().configured("branch", json!("prepare/{version}")).configured("checklist", json!(["ci"]));
    house.options.push = true;
    house.release("minor").steps().to_vec()
}

/// A publication of all that a train may have.
fn publication() -> Vec<Step> {
    let sketch = house()
        .configured("images", json!([{ "name": "house", "dockerfile": "Dockerfile" }]))
        .configured("announce", json!(["slack", "mail"]));
    publish::plan(&sketch.snapshot(), &v("0.9.3"), &Options::default()).steps
}

/// What no release and no publication of one train has beside one another.
fn others(commit: &Commit, announcement: &Announcement, upload: &CrateUpload) -> Vec<Step> {
    let of = announcement.of.clone();
    let parts = publication();
    let (dist, image, tag) = (
        parts.iter().find_map(|step| if let Step::Upload(dist) = step { Some(dist.clone()) } else { None }).unwrap(),
        parts.iter().find_map(|step| if let Step::Latest(image) = step { Some(image.clone()) } else { None }).unwrap(),
        release().iter().find_map(|step| if let Step::Tag(tag) = step { Some(tag.clone()) } else { None }).unwrap(),
    );
    let text = |text: &str| text.to_owned();
    let (main, remote, branch) = (text("main"), text("origin"), text("hotfix/v0.9.4"));
    let manual = || Some(Problem::new("a conflict", "merge it"));
    let on = || Target::Base(text("0000000000"));
    let merge_back = |manual| MergeBack { branch: branch.clone(), main: main.clone(), on: on(), sides: None, manual };
    let kept = Kept {
        names: Default::default(),
        version: text("0.9.3"),
        changelog: None,
        fragments: None,
        follow_ups: None,
        stays: Default::default(),
        unreleased: false,
    };
    assert_eq!(kept.follow_up(), "find out why 0.9.3 had to be rolled back");
    let revert = |files, manual| Revert {
        of: of.clone(),
        main: main.clone(),
        onto: text("1111111111"),
        commits: vec![Undone { commit: text("2222222222"), is_merge: false, brought: None }],
        kept: kept.clone(),
        tree: text("3333333333"),
        files,
        message: text("roll back"),
        manual,
    };
    let occasion = Occasion::Rollback { to: text("0.9.2"), reason: None };
    let gone = Announcement { occasion, has_release: false, ..announcement.clone() };
    let deleted =
        |to: Option<&str>| DeleteLocal::Branch { name: branch.clone(), tip: text("1"), to: to.map(str::to_owned) };
    let earlier = CrateUpload { released_with: v("0.9.2"), registry: Some(text("ours")), ..upload.clone() };
    let issue =
        |body: Option<&str>| Issue { label: text("overdue"), title: text("due"), body: body.map(str::to_owned) };
    let evidence = [
        Evidence::Texts(Observation::Todo),
        Evidence::Run { commit: text("1"), at: vec![text("ci.yml:1")], command: text("cargo test") },
        Evidence::Runs(Arc::new(Runs { tag: text("v0.9.3"), commit: text("1"), remote: text("origin") })),
    ];
    let rows = evidence.map(|by| Step::Confirm(Confirmation { name: text("row"), what: text("it holds"), by }));
    let rest = [
        Step::Branch(Branch {
            name: branch.clone(),
            from: main.clone(),
            base: text("0000000000"),
            of: Some(text("v0.9.3")),
            renews: None,
        }),
        Step::Fix(Fix {
            branch: branch.clone(),
            of: text("v0.9.3"),
            base: text("0000000000"),
            within: Vec::new(),
            not_within: Vec::new(),
        }),
        Step::MergeBack(merge_back(None)),
        Step::MergeBack(merge_back(manual())),
        Step::PullRequest(PullRequest {
            remote: remote.clone(),
            main: main.clone(),
            branch: text("prepare/0.10.0"),
            commit: commit.clone(),
            title: text("release"),
            body: text("all of it"),
        }),
        Step::PushTag(PushTag { remote: remote.clone(), main: main.clone(), tag }),
        Step::PushMain(PushMain { remote, main: main.clone(), commit: commit.clone() }),
        Step::RequirePublished(RequirePublished { of: of.clone(), parts: Vec::new() }),
        Step::Crate(earlier),
        Step::Yank(upload.clone()),
        Step::YankFiles(dist),
        Step::RetagLatest(RetagLatest { gone: image.clone(), to: image }),
        Step::MarkRolledBack(MarkRolledBack { of: of.clone(), line: text("rolled back"), latest: None }),
        Step::Revert(revert(3, None)),
        Step::Revert(revert(0, manual())),
        Step::DeleteLocal(DeleteLocal::Commit { main, from: text("1"), to: text("222222222222") }),
        Step::DeleteLocal(deleted(Some("222222222222"))),
        Step::DeleteLocal(deleted(None)),
        Step::DeleteLocal(DeleteLocal::Tag { name: text("v0.9.3"), commit: text("1") }),
        Step::Draft(gone.clone()),
        Step::Announce(gone),
        Step::Issue(issue(Some("late"))),
        Step::Issue(issue(None)),
    ];
    rows.into_iter().chain(rest).collect()
}

#[test]
fn every_kind_of_step_says_how_far_it_reaches_and_what_it_leaves() {
    let (made, sent) = (release(), publication());
    let found = |steps: &[Step]| steps.iter().map(row).collect::<Vec<_>>();
    let commit = made.iter().find_map(|step| if let Step::Commit(commit) = step { Some(commit) } else { None });
    let upload = sent.iter().find_map(|step| if let Step::Crate(upload) = step { Some(upload) } else { None });
    let told = sent.iter().find_map(Step::announcement);
    let others = others(commit.unwrap(), told.unwrap(), upload.unwrap());
    assert_eq!(
        found(&made),
        [
            "ci: all CI checks pass on 111111111 | Remote release forge Confirmation | check ci",
            "write 9 files | Local release here Undoable | edit",
            "prove cargo-test: cargo test -p barter -p barter-data -p barter-instrument | Local release here Proof | check cargo-test",
            "prove wheel-test: cargo test -p barter-python --features python-tests | Local release here Proof | check wheel-test",
            "prove maturin-develop: maturin develop --release (in barter-python) | Local release here Proof | check maturin-develop",
            "prove pytest: pytest -q tests_py (in barter-python) | Local release here Proof | check pytest",
            "branch prepare/0.10.0 | Repository release repository Undoable | ",
            "commit \"release 0.10.0\" | Repository release repository Durable | durable",
            "merge prepare/0.10.0 into main (--no-ff) | Repository release repository Durable | durable",
            "tag v0.10.0 | Repository release repository Durable | durable",
            "push main and v0.10.0 to origin (--atomic) | Remote release remote Durable | durable, outward",
        ]
    );
    assert_eq!(
        found(&sent),
        [
            "tag v0.9.3 | Remote release remote Awaited | durable",
            "package 3 crates and compile each from its package | Local crates here Preparation | ",
            "build wheel and sdist of barter-python 0.9.3 | Local wheels here Preparation | ",
            "build image house:0.9.3 | Local images here Preparation | ",
            "crate barter-instrument 0.9.3 | World crates crate registry Durable | durable, outward",
            "crate barter-data 0.9.3 | World crates crate registry Durable | durable, outward",
            "crate barter 0.9.3 | World crates crate registry Durable | durable, outward",
            "wheels and sdist of barter-python 0.9.3 | World wheels Python index Durable | durable, outward",
            "image house:0.9.3 | World images image registry Durable | durable, outward",
            "image house:latest | World images image registry Durable | durable, outward",
            "release v0.9.3 | World forge forge Durable | durable, outward",
            "all 6 artifacts of 0.9.3 are available | World announce everywhere Aggregate | durable, aggregate, of others, outward",
            "announce to slack | World announce channel Durable | durable, outward, tells slack",
            "draft the mail | World announce forge Durable | durable, outward",
            "announce to mail | World announce channel Durable | durable, outward, manual, tells mail",
        ]
    );
    assert_eq!(
        found(&others),
        [
            "row: it holds | Local release here Confirmation | check row",
            "row: it holds | Local release forge Confirmation | check row",
            "row: it holds | Remote release forge Confirmation | check row",
            "branch hotfix/v0.9.4 at v0.9.3 | Repository release repository Undoable | ",
            "fix on hotfix/v0.9.4 | Repository release repository Preparation | manual",
            "merge hotfix/v0.9.4 back into main (--no-ff) | Repository release repository Durable | durable",
            "merge hotfix/v0.9.4 back into main (--no-ff) | Repository release repository Durable | durable, manual",
            "pull request from prepare/0.10.0 into main | Remote release forge Durable | durable, outward",
            "push v0.10.0 to origin | Remote release remote Durable | durable, outward",
            "push main to origin | Remote release remote Durable | durable, outward",
            "v0.9.3 is published | Remote release everywhere Preparation | ",
            "crate barter-instrument 0.9.3 in ours | World crates crate registry Durable | durable, of others, outward",
            "yank crate barter-instrument 0.9.3 | World crates crate registry Durable | durable, outward",
            "yank wheels and sdist of barter-python 0.9.3 | World wheels Python index Durable | durable, outward, manual",
            "image house:latest back to 0.9.3 | World images image registry Durable | durable, outward",
            "release v0.9.3 marked as rolled back | World forge forge Durable | durable, outward",
            "revert v0.9.3 on main (3 files) | Repository release repository Durable | durable, edit",
            "commit the revert | Repository release repository Durable | durable, edit, manual",
            "main back to 222222222 | Repository release repository Durable | durable",
            "branch hotfix/v0.9.4 back to 222222222 | Repository release repository Durable | durable",
            "delete branch hotfix/v0.9.4 | Repository release repository Durable | durable",
            "delete tag v0.9.3 | Repository release repository Durable | durable",
            "draft the mail about the rollback | World announce here Durable | durable, outward",
            "announce the rollback to slack | World announce channel Durable | durable, outward, tells slack",
            "an open issue with the label overdue | World forge forge Durable | durable, outward",
            "no open issue with the label overdue | World forge forge Durable | durable, outward",
        ]
    );
}

#[test]
fn commands_about_a_release_name_its_version_and_its_train_where_they_must() {
    let sent = publication();
    let told = sent.iter().find_map(Step::announcement).unwrap();
    let mut of = (*told.of).clone();
    assert_eq!(of.typed("publish"), "cargo xtask publish 0.9.3");
    of.option = " --train owl".to_owned();
    assert_eq!(of.typed("publish"), "cargo xtask publish 0.9.3 --train owl");
    assert_eq!(of.typed_for("hotfix", &v("0.9.4")), "cargo xtask hotfix 0.9.4 --train owl");
}

#[test]
fn a_crate_is_public_where_cargo_sends_it_to_crates_io() {
    let sent = publication();
    let upload = sent.iter().find_map(|step| if let Step::Crate(upload) = step { Some(upload) } else { None });
    let to = |registry: Option<&str>| CrateUpload { registry: registry.map(str::to_owned), ..upload.unwrap().clone() };
    for (registry, is_public, place) in
        [(None, true, ""), (Some("crates-io"), true, " in crates-io"), (Some("ours"), false, " in ours")]
    {
        assert_eq!((to(registry).is_public(), to(registry).place().as_str()), (is_public, place));
    }
}

#[test]
fn a_change_counts_by_the_innermost_place_that_it_is_in() {
    let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    let fix = |within: &[&str], not_within: &[&str]| Fix {
        branch: String::new(),
        of: String::new(),
        base: String::new(),
        within: paths(within),
        not_within: paths(not_within),
    };
    let at_top = fix(&[""], &["crates/tool", "CHANGELOG.md"]);
    let below = fix(&["crates/owl", "Cargo.lock"], &["", "crates/owl/CHANGELOG.md"]);
    for (fix, path, counts) in [
        (&at_top, "src/lib.rs", true),
        (&at_top, "crates/tool/src/lib.rs", false),
        (&at_top, "CHANGELOG.md", false),
        (&below, "crates/owl/src/lib.rs", true),
        (&below, "crates/owl/CHANGELOG.md", false),
        (&below, "crates/owlet/src/lib.rs", false),
        (&below, "Cargo.lock", true),
        (&fix(&["a"], &["a"]), "a/b", false),
        (&fix(&["a"], &[]), "b", false),
    ] {
        assert_eq!(fix.counts(path.as_ref()), counts, "{path}");
    }
}

#[test]
fn a_tag_records_what_could_not_be_checked_and_the_next_run_reads_it() {
    let made = release();
    let tag = made.iter().find_map(|step| if let Step::Tag(tag) = step { Some(tag) } else { None }).unwrap();
    let text = tag.text(vec![NotVerified::new("ci", "no network")]);
    assert!(text.ends_with("\n\nRelease: v0.10.0\nNot-verified: ci (no network)"), "{text}");
    let recorded = |at: At| Some(Recorded { at, is_whole: true, record: Record::read(&text, "v0.10.0") });
    let checks = |recorded| Checks { waived: Default::default(), recorded };
    let tagged = checks(recorded(At::Tag("v0.10.0".to_owned())));
    assert_eq!((tagged.unverified("ci"), tagged.unverified("review")), (Some("no network"), None));
    assert_eq!(tagged.tag(), Some("v0.10.0"));
    assert_eq!(checks(recorded(At::Commit("1".to_owned()))).tag(), None, "a commit is no tag yet");
    assert_eq!((checks(None).tag(), checks(None).unverified("ci")), (None, None));
}

#[test]
fn a_commit_holds_what_git_tracks_and_is_called_by_its_first_line() {
    let edit = |path: &str, tracked| {
        let (old, new) = (String::new(), String::new());
        Edit { path: path.into(), fate: Fate::Create, old, new, tracked, why: Vec::new() }
    };
    let commit = Commit {
        base: String::new(),
        branch: None,
        message: "release 0.10.0\n\nwhy".to_owned(),
        record: None,
        is_unproved: false,
        edits: Arc::new(vec![edit("a", true), edit("b", false)]),
    };
    assert_eq!(commit.subject(), "release 0.10.0");
    assert_eq!(commit.edits().map(|edit| edit.path.clone()).collect::<Vec<_>>(), [PathBuf::from("a")]);
}

#[test]
fn a_release_that_was_merged_at_the_remote_pushes_its_tag_alone() {
    let mut house = house();
    house.options.push = true;
    let Work::Release(mut release) = house.release("minor").work else { panic!() };
    release.way = Way::Merged;
    let steps = Work::Release(release).steps();
    assert_eq!(steps.last().map(Step::title).as_deref(), Some("push v0.10.0 to origin"));
}

#[test]
fn what_is_observed_is_done_settled_or_in_the_way() {
    for (observed, is_so) in [
        (Observation::done("here"), [true, true, false]),
        (Observation::Waived { by: "--waive ci".to_owned() }, [false, true, false]),
        (Observation::Todo, [false, false, false]),
        (Observation::blocked("a conflict", "merge it"), [false, false, true]),
        (Observation::unknown("no network", "try again"), [false, false, true]),
    ] {
        assert_eq!([observed.is_done(), observed.is_settled(), observed.is_blocking()], is_so, "{observed:?}");
    }
}
