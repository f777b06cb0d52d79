//! The pre-release checklist as a captain meets it: a forge that says green, red, not yet, nothing, or does not answer.
//! What refuses must have changed nothing, and the dry run must have foreseen it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
};

use serde_json::{Value, json};

use crate::{
    harness::{Place, CommandOutput, run},
    outside::serve,
};

tests! {
    a_release_waits_until_ci_is_green: needs GH;
    without_gh_the_forge_is_asked_through_curl: needs CURL;
    a_hotfix_waits_for_its_own_branch: needs GH;
    what_cannot_be_asked_is_unknown_and_a_waiver_is_written_down: needs GH;
    a_commit_that_nobody_reviewed_is_named: needs GH;
    a_releases_own_commits_need_no_review_but_what_hides_behind_their_subject_does: needs GH;
    proofs_of_the_configurations_own_are_run_and_can_be_waived_by_their_names: needs NOTHING;
    a_proof_that_fails_or_tests_nothing_takes_everything_back: needs NOTHING;
    a_proof_that_cannot_start_is_reported_before_anything_is_written: needs NOTHING;
    check_shows_every_row_with_evidence_or_what_to_do_and_fails_for_none_of_them: needs GH;
    a_remote_of_no_forge_is_reported_as_none: needs GH;
    a_workflow_of_the_tag_that_failed_is_named_with_what_to_type: needs GH;
}

/// A forge of one story, asked by the real `gh`.
pub struct Forge {
    server: Child,
    pub dir: PathBuf,
    pub env: Vec<(String, String)>,
}

impl Forge {
    pub fn new(name: &str) -> Forge {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("places").join(format!("{name}-forge"));
        let _ = fs::remove_dir_all(&dir);
        let (server, env) = serve(&dir);
        let of_gh = |name: &str| name.starts_with("GH_") || ["HTTP_PROXY", "NO_PROXY", "no_proxy"].contains(&name);
        Forge { server, dir, env: env.into_iter().filter(|(name, _)| of_gh(name)).collect() }
    }

    /// What the forge knows from now on.
    fn knows(&self, history: &Value) {
        fs::create_dir_all(self.dir.join("forge")).unwrap();
        fs::write(self.dir.join("forge/history.json"), history.to_string()).unwrap();
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A workspace with one change since its release, whose train says more.
fn place(name: &str, forge: Option<&Forge>, configuration: &str) -> Place {
    let mut place = Place::of_workspace(name, "plain");
    place.replace("Cargo.toml", "driver = \"lark\"\n", &format!("driver = \"lark\"\n{configuration}\n"));
    place.commit("fix a rest");
    place.env = forge.map(|forge| forge.env.clone()).unwrap_or_default();
    place
}

/// The dry run of a release that stays here goes on, and says in one line what is not verified.
#[track_caller]
fn goes_on(place: &Place, args: &str, why: &str) -> CommandOutput {
    let output = place.xtask(&format!("{args} --dry-run")).ok();
    let lines: Vec<&str> = output.out.lines().filter(|line| line.starts_with("not verified: ")).collect();
    assert!(matches!(lines.as_slice(), [line] if line.contains(why)), "{why}: {}", output.all());
    output
}

/// Refused alike by the dry run and the real one, with nothing changed.
#[track_caller]
fn refused(place: &Place, args: &str, why: &str) -> CommandOutput {
    let before = place.bytes();
    let dry = place.xtask(&format!("{args} --dry-run"));
    let real = place.xtask(args);
    for output in [&dry, &real] {
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains(why), "{why}: {}", output.all());
    }
    assert!(real.all().contains("next: "), "{}", real.all());
    assert!(place.bytes() == before, "it was refused, and yet something changed");
    real
}

fn run_of(name: &str, status: &str, conclusion: Option<&str>) -> Value {
    json!({ "name": name, "status": status, "conclusion": conclusion })
}

const RELEASE: &str = "release minor --waive cargo-test";

fn a_release_waits_until_ci_is_green() {
    let forge = Forge::new("ci");
    let place = place("ci", Some(&forge), "checklist = [\"ci\"]");
    place.add_remote();
    let head = place.git("rev-parse HEAD");
    let push = format!("{RELEASE} --push");
    // No answer yet keeps only a push from going on.
    let none_yet = |why: &str| {
        goes_on(&place, RELEASE, &format!("not verified: ci ({why}"));
        let output = refused(&place, &push, &format!("all CI checks pass on {}: {why}", &head[..9]));
        assert!(output.err.contains("blocked: ci (to continue without: --waive ci)"), "{}", output.all());
        output
    };
    none_yet(&format!("the forge does not have {}", &head[..9]));
    let of = |commit: Value| forge.knows(&json!({ "commits": { &head: commit } }));
    of(json!({}));
    none_yet("no check has passed on it");
    of(json!({ "runs": [run_of("lint", "completed", Some("success")), run_of("tests", "in_progress", None)] }));
    let output = none_yet("not concluded yet: tests");
    assert!(output.all().contains("wait until CI has concluded; or --waive ci"), "{}", output.all());
    // A failure is an answer: it refuses what stays here, too.
    // Checks come in two kinds; one of the older kind counts as well.
    let green: Vec<Value> = (0..150).map(|at| run_of(&format!("job {at}"), "completed", Some("success"))).collect();
    of(json!({ "runs": green, "statuses": [{ "context": "wheels", "state": "failure" }] }));
    refused(&place, RELEASE, "failed: wheels (failure)");
    // What stands on the second page counts as well.
    let late = [green.clone(), vec![run_of("late", "completed", Some("timed_out"))]].concat();
    of(json!({ "runs": late }));
    refused(&place, RELEASE, "failed: late (timed_out)");

    of(json!({ "runs": green, "statuses": [{ "context": "wheels", "state": "success" }] }));
    assert!(place.xtask(&format!("{RELEASE} --dry-run")).ok().out.contains("(151 passed)"));
    let output = place.xtask(RELEASE).ok();
    assert!(output.out.contains(&format!("ci: all CI checks pass on {} (151 passed)", &head[..9])), "{}", output.out);
    assert!(!place.git("for-each-ref --format %(contents) refs/tags/v0.8.0").contains("Waived: ci"));
    // The release's own commit is not at the forge yet, and need not be: the same command finds everything done.
    let after = place.bytes();
    place.xtask(RELEASE).ok();
    assert!(place.bytes() == after);
}

fn without_gh_the_forge_is_asked_through_curl() {
    let forge = Forge::new("no_gh");
    let mut place = place("no_gh", Some(&forge), "checklist = [\"ci\"]");
    place.path_without(&["gh"]);
    let head = place.git("rev-parse HEAD");
    goes_on(&place, RELEASE, &format!("the forge does not have {}", &head[..9]));
    let of = |conclusion: &str| {
        let jobs: Vec<Value> = (0..150).map(|at| run_of(&format!("job {at}"), "completed", Some(conclusion))).collect();
        forge.knows(&json!({ "commits": { &head: { "runs": jobs } } }));
    };
    of("failure");
    refused(&place, RELEASE, "failed: job 0 (failure)");
    of("success");
    assert!(place.xtask(&format!("{RELEASE} --dry-run")).ok().out.contains("(150 passed)"));
    for (set, why) in [
        (&[("GH_TOKEN", "of-nobody")][..], "the forge does not know who asks: HTTP 401: "),
        (&[("GH_TOKEN", ""), ("GITHUB_TOKEN", "")], "GitHub CLI (gh) not found"),
        // No other host gets the token.
        (&[("GITHUB_TOKEN", "of-nobody"), ("GH_REPO", "")], "no remote is on a forge); next: GH_REPO="),
    ] {
        place.env.extend(set.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        goes_on(&place, RELEASE, &format!("not verified: ci ({why}"));
    }
}

fn a_hotfix_waits_for_its_own_branch() {
    let forge = Forge::new("hotfix_ci");
    let place = place("hotfix_ci", Some(&forge), "checklist = [\"ci\"]");
    place.git("tag --annotate --force v0.7.3 --message v0.7.3");
    place.git("switch --quiet --create hotfix/v0.7.4");
    place.write("crates/lark/src/more.rs", "// mended\n");
    place.commit("mend it");
    let fix = place.git("rev-parse HEAD");
    const HOTFIX: &str = "hotfix 0.7.4 --waive cargo-test";
    let output = goes_on(&place, HOTFIX, &format!("not verified: ci (the forge does not have {})", &fix[..9]));
    assert!(output.all().contains("next: git push origin hotfix/v0.7.4, then cargo xtask hotfix 0.7.4 --push"), "{}", output.all());
    let of = |conclusion| {
        forge.knows(&json!({ "commits": { &fix: { "runs": [run_of("tests", "completed", Some(conclusion))] } } }));
    };
    of("failure");
    refused(&place, HOTFIX, &format!("ci: all CI checks pass on {}: failed: tests (failure)", &fix[..9]));
    of("success");
    place.xtask(HOTFIX).ok();
    let message = place.git("for-each-ref --format %(contents) refs/tags/v0.7.4");
    assert!(message.ends_with("\n\nRelease: v0.7.4\nHotfix-of: v0.7.3\nWaived: cargo-test"), "{message}");
}

fn what_cannot_be_asked_is_unknown_and_a_waiver_is_written_down() {
    let mut forge = Forge::new("unreachable");
    let mut place = place("unreachable", Some(&forge), "checklist = [\"review\", \"ci\"]");
    place.add_remote();
    let push = format!("{RELEASE} --push");
    place.env.retain(|(name, _)| name != "GH_TOKEN" && name != "GH_ENTERPRISE_TOKEN");
    goes_on(&place, RELEASE, "; next: gh auth login, or GH_TOKEN in the environment, then cargo xtask release 0.8.0 --push; or without: ");
    refused(&place, &push, "gh auth login, or GH_TOKEN in the environment; or --waive review");
    place.env.clone_from(&forge.env);
    let _ = forge.server.kill();
    let _ = forge.server.wait();
    goes_on(&place, RELEASE, "next: wait until the forge answers, then cargo xtask release 0.8.0 --push");
    let output = refused(&place, &push, "  unknown ci: all CI checks pass on");
    assert!(output.all().contains("wait until the forge answers; or --waive ci"), "{}", output.all());

    place.xtask(&format!("{RELEASE} --waive ci --waive review")).ok();
    let message = place.git("for-each-ref --format %(contents) refs/tags/v0.8.0");
    assert!(message.ends_with("\n\nRelease: v0.8.0\nWaived: ci\nWaived: review\nWaived: cargo-test"), "{message}");
}

fn a_commit_that_nobody_reviewed_is_named() {
    let forge = Forge::new("review");
    let place = place("review", Some(&forge), "checklist = [\"review\"]");
    let first = place.git("rev-parse HEAD");
    place.write("crates/lark/src/more.rs", "// more\n");
    place.commit("add a trill");
    let second = place.git("rev-parse HEAD");
    let pulls = |first_by: &str, second_in: &[u64]| {
        forge.knows(&json!({
            "hidden": true,
            "commits": { &first: { "pulls": [11] }, &second: { "pulls": second_in } },
            "pulls": {
                "11": { "author": "ada", "merged": true, "reviews": [{ "user": first_by, "state": "APPROVED" }] },
                "12": { "author": "bo", "merged": true, "reviews": [{ "user": "ada", "state": "COMMENTED" }] },
                "13": { "author": "bo", "merged": false, "reviews": [{ "user": "ada", "state": "APPROVED" }] },
            },
        }))
    };
    pulls("bo", &[]);
    let why = format!("1 of 2 commits are not reviewed: {} \"add a trill\" (in no merged pull request)", &second[..9]);
    refused(&place, RELEASE, &why);
    pulls("bo", &[13]);
    refused(&place, RELEASE, &why);
    pulls("bo", &[12]);
    refused(&place, RELEASE, "\"add a trill\" (#12 has no approval)");
    pulls("ada", &[11]);
    refused(&place, RELEASE, "2 of 2 commits are not reviewed");
    pulls("bo", &[12, 11]);
    assert!(place.xtask(&format!("{RELEASE} --dry-run")).ok().out.contains("(2 commits, approved in #11)"));

    // Where nothing comes in without a review, nobody has to look through what came.
    let protected = |kind: &str, count: u64, commits: &[&str]| {
        forge.knows(&json!({
            "commits": { &first: {}, &second: {} }, "branches": { "main": { kind: count, "commits": commits } },
        }));
    };
    for kind in ["rules", "protection"] {
        protected(kind, 2, &[&first, &second, "later"]);
        let reported = place.xtask(&format!("{RELEASE} --dry-run")).ok().out;
        assert!(reported.contains("(it is on main, which takes nothing below 2 approvals)"), "{reported}");
        protected(kind, 0, &[&first, &second]);
        refused(&place, RELEASE, "2 of 2 commits are not reviewed");
        // A commit that only this clone has on main was let in by nobody.
        protected(kind, 2, &[&first]);
        refused(&place, RELEASE, "2 of 2 commits are not reviewed");
    }
}

fn a_releases_own_commits_need_no_review_but_what_hides_behind_their_subject_does() {
    let forge = Forge::new("own_commits");
    let place = place("own_commits", Some(&forge), "checklist = [\"review\"]");
    place.xtask(&format!("{RELEASE} --waive review")).ok();
    place.git("switch --quiet --create topic");
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a trill\n");
    place.commit("fix a trill");
    let fix = place.git("rev-parse HEAD");
    place.git("switch --quiet main");
    place.git("commit --quiet --allow-empty --message \"chore: release v0.8.1\"");
    place.git("merge --quiet --no-ff --message \"Merge pull request\" topic");
    let known = |commits: &[&str]| {
        let commits: serde_json::Map<String, Value> =
            commits.iter().map(|commit| (commit.to_string(), json!({ "pulls": [1] }))).collect();
        let pull = json!({ "author": "ada", "merged": true, "reviews": [{ "user": "bo", "state": "APPROVED" }] });
        forge.knows(&json!({ "commits": commits, "pulls": { "1": pull } }));
    };
    known(&[&fix, &place.git("rev-parse HEAD")]);
    let reported = place.xtask(&format!("{RELEASE} --dry-run")).ok().out;
    let evidence = "(1 commits, approved in #1; not asked for: 2 of a release's own, or merges)";
    assert!(reported.contains(evidence), "{reported}");

    place.write("crates/lark/src/lib.rs", "// nothing is tested any more\n");
    place.commit("align: release 0.8.1");
    let hidden = place.git("rev-parse HEAD");
    forge.knows(&json!({
        "commits": { &fix: { "pulls": [1] }, &hidden: {} },
        "pulls": { "1": { "author": "ada", "merged": true, "reviews": [{ "user": "bo", "state": "APPROVED" }] } },
    }));
    refused(&place, RELEASE, &format!("{} \"align: release 0.8.1\" (in no merged pull request)", &hidden[..9]));
}

/// Proofs as `proofs = […]` of the train.
fn proofs(list: &[(&str, &str)]) -> String {
    let list = list.iter().map(|(name, run)| format!("{{ name = \"{name}\", run = {run:?} }}"));
    format!("proofs = [{}]", list.collect::<Vec<_>>().join(", "))
}

fn proofs_of_the_configurations_own_are_run_and_can_be_waived_by_their_names() {
    let list =
        [("songs", "cargo test --offline -p lark sings"), ("tree", "git ls-files --error-unmatch 'CHANGELOG.md'")];
    let place = place("own_proofs", None, &proofs(&list));
    let output = place.xtask("smoke").ok();
    assert!(output.out.contains("prove songs: cargo test --offline -p lark sings"), "{}", output.out);
    assert!(output.out.contains("prove tree: git ls-files"), "{}", output.out);
    let output = place.xtask("release minor --waive tree --waive sings");
    assert!(output.err.contains("--waive sings (did you mean `songs`?): it can waive"), "{}", output.err);
    assert!(output.err.trim_end().ends_with(", registry-yanked, songs, tree"), "{}", output.err);
    place.xtask("release minor --waive tree").ok();
    let message = place.git("for-each-ref --format %(contents) refs/tags/v0.8.0");
    assert!(message.contains("\nWaived: tree"), "{message}");
    assert!(!message.contains("Waived: songs"), "{message}");
}

fn a_proof_that_fails_or_tests_nothing_takes_everything_back() {
    for (name, command, why) in [
        ("fails", "git ls-files --error-unmatch nothing", "ended with exit status: 1"),
        ("no-test", "cargo test --offline -p lark nobody_sings", "0 tests ran: the filter of"),
        ("red", "cargo test --offline -p lark --test nothing", "ended with exit status: 101"),
    ] {
        let place = place(&format!("proof_{name}"), None, &proofs(&[(name, command)]));
        let before = place.tree_bytes();
        place.xtask("release minor --dry-run").ok();
        let output = place.xtask("release minor");
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.err.contains(&format!("{name} failed; ")) && output.err.contains(why), "{}", output.all());
        assert!(place.tree_bytes() == before, "{name}: the tree was not restored");
        assert_eq!(place.git("tag"), "v0.7.3");
    }
}

fn a_proof_that_cannot_start_is_reported_before_anything_is_written() {
    let place = place("proof_missing", None, &proofs(&[("docs", "no-such-program --check")]));
    let output = refused(&place, "release minor", "there is no program `no-such-program`");
    assert!(output.all().contains("install it, or correct `run` in `proofs`"), "{}", output.all());
    let place = self::place("proof_name", None, &proofs(&[("pytest", "git status")]));
    refused(&place, "release minor", "proof `pytest` has a name that is already used");
}

fn check_shows_every_row_with_evidence_or_what_to_do_and_fails_for_none_of_them() {
    let forge = Forge::new("check_rows");
    let list = [("api", "cargo test --offline -p lark sings"), ("docs", "git status")];
    let place = place("check_rows", Some(&forge), &format!("checklist = [\"ci\"]\n{}", proofs(&list)));
    place.write(
        ".github/workflows/ci.yml",
        "on:\n  push:\n    branches: [main]\njobs:\n  a:\n    steps:\n      - run: cargo xtask smoke --train lark --waive docs\n",
    );
    place.commit("ci");
    let head = place.git("rev-parse HEAD");
    let rows = |place: &Place| -> Vec<String> {
        let reported: Value = serde_json::from_str(&place.xtask("check --json").ok().out).unwrap();
        let rows = reported["checklist"][0]["steps"].as_array().unwrap().clone();
        let row = |row: Value| {
            let observed = &row["observed"];
            let why = [&observed["evidence"], &observed["why"]].into_iter().find_map(Value::as_str).unwrap_or_default();
            format!("{} {}: {why}", row["name"].as_str().unwrap(), observed["state"].as_str().unwrap())
        };
        rows.into_iter().map(row).collect()
    };
    let same = [
        "changelog done: entries waiting for CHANGELOG.md: 2",
        "version done: 0.7.3 in 3 places; `release` writes the next one",
    ];
    let short = &head[..9];
    let expected = |ci: String, run: &str| -> Vec<String> {
        let rest = [
            format!("tests {run}"),
            // The workflow leaves one of the proofs out.
            "suite unknown: not verified: no workflow runs it on every push".to_owned(),
            format!("api {run}"),
            "docs unknown: not verified: no workflow runs it on every push".to_owned(),
        ];
        [vec![ci, "review unknown: the forge is not asked".to_owned()], same.map(str::to_owned).into(), rest.into()]
            .concat()
    };
    let unobserved = format!("unknown: the forge does not have {short}");
    assert_eq!(rows(&place), expected(format!("ci unknown: the forge does not have {short}"), &unobserved));
    forge.knows(&json!({ "commits": { &head: { "runs": [run_of("a", "completed", Some("success"))] } } }));
    let run_by = format!("done: .github/workflows/ci.yml:7 runs it, and CI has passed on {short}");
    assert_eq!(rows(&place), expected("ci done: 1 passed".to_owned(), &run_by));
    let reported = place.xtask("check").ok().out;
    assert!(reported.contains("checklist of lark:") && reported.contains("runs it on every push; next: cargo xtask smoke; git status"), "{reported}");
}

fn a_remote_of_no_forge_is_reported_as_none() {
    let mut place = place("no_forge", None, "checklist = [\"ci\"]");
    place.add_remote();
    place.env = vec![("GH_TOKEN".to_owned(), "some-token-of-nobody".to_owned())];
    for name in ["GH_REPO", "GH_HOST"] {
        place.env.push((name.to_owned(), String::new()));
    }
    let output = refused(&place, &format!("{RELEASE} --push"), "  unknown ci: ");
    assert!(output.all().contains("GH_REPO=OWNER/REPOSITORY in the environment"), "{}", output.all());
    goes_on(&place, RELEASE, "not verified: ci (no remote is on a forge); next: GH_REPO=");
    assert_eq!(run(place.command("git").args(["tag"])), "v0.7.3\n");
}

/// After the tag is pushed, what it started is watched.
fn a_workflow_of_the_tag_that_failed_is_named_with_what_to_type() {
    let forge = Forge::new("watched");
    let mut place = place("watched", Some(&forge), "");
    place.write(
        ".github/workflows/release.yml",
        "name: release\non:\n  push:\n    tags: [\"v*\"]\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: cargo xtask publish\n",
    );
    place.commit("publish by the tag");
    place.add_remote();
    place.xtask(&format!("{RELEASE} --push")).ok();
    let (commit, other) = (place.git("rev-parse v0.8.0^{commit}"), place.git("rev-parse v0.7.3^{commit}"));
    let run = |id: u64, name: &str, branch: &str, conclusion: Option<&str>, jobs: Value| {
        let status = if conclusion.is_some() { "completed" } else { "in_progress" };
        json!({ "id": id, "name": name, "path": format!(".github/workflows/{name}.yml"), "branch": branch,
            "status": status, "conclusion": conclusion, "jobs": jobs })
    };
    let failed_jobs = json!([
        run_of("rehearse", "completed", Some("success")),
        run_of("wheels / linux", "completed", Some("failure")),
        run_of("publish", "completed", Some("skipped")),
    ]);
    let failed = run(42, "release", "v0.8.0", Some("failure"), failed_jobs);
    let passed = |id| run(id, "release", "v0.8.0", Some("success"), json!([]));
    let at = |id: u64| format!("http://github.localhost/rehearsal/rehearsal/actions/runs/{id}");
    let reported = |runs: &[&Value], state: &str, words: &[&str], next: Option<&str>| {
        let of_others = run(90, "release", "v0.7.3", Some("failure"), json!([]));
        forge.knows(&json!({ "commits": { &commit: { "workflows": runs }, &other: { "workflows": [of_others] } } }));
        for args in ["status", "status 0.8.0"] {
            let output = place.xtask(args);
            let mut lines = output.out.lines();
            let line = lines.find(|line| line.contains("workflows: what the tag started succeeds"));
            let line = line.unwrap_or_else(|| panic!("{}", output.all()));
            let state = if (args, state) == ("status 0.8.0", "open") { "blocked" } else { state };
            assert!(line.trim_start().starts_with(state), "{state}: {}", output.all());
            for word in words {
                assert!(line.contains(word), "{word}: {}", output.all());
            }
            if let Some(next) = next {
                let line = if args == "status" { output.out.lines().last().unwrap() } else { line };
                assert!(line.ends_with(&format!("next: {next}")), "{}", output.all());
            }
        }
    };
    let rerun = "gh run view 42 --log-failed, which says why; gh run rerun 42 --failed";
    let why = ["workflow release failed (failure) in wheels / linux: ", &at(42)];
    // What ran for the branch, for another tag or long ago is not what the tag started.
    let (on_main, before) = (run(50, "ci", "main", Some("failure"), json!([])), passed(41));
    reported(&[&before, &failed, &on_main], "open", &why, Some(rerun));
    reported(&[&failed, &passed(43)], "done", &["workflow release succeeded: ", &at(43)], None);
    let begun = run(44, "release", "v0.8.0", None, json!([]));
    reported(&[&failed, &begun], "open", &["has not concluded yet: ", &at(44)], Some("gh run watch 44"));
    reported(&[], "unknown", &["the forge knows no run of a workflow for v0.8.0"], None);
    forge.knows(&json!({}));
    let output = place.xtask("status");
    assert!(output.all().contains(&format!("the forge does not have {}", &commit[..9])), "{}", output.all());
    // Who cannot ask says so, and does not say that all is well.
    forge.knows(&json!({ "commits": { &commit: { "workflows": [failed] } } }));
    place.env.iter_mut().filter(|(name, _)| name.contains("TOKEN")).for_each(|(_, token)| *token = "wrong".to_owned());
    let output = place.xtask("status");
    let line = output.out.lines().find(|line| line.contains("workflows: what the tag started")).unwrap();
    assert!(line.trim_start().starts_with("unknown"), "{}", output.all());
    assert!(line.contains("the forge does not know who asks"), "{}", output.all());
}
