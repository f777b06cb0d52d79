//! What others confirm, as a captain meets it: a release that stays here goes on without it and says so, a push does not.
//! It must never need GitHub CLI: where it answers, a script speaks for it.

use std::{fs, os::unix::fs::symlink, path::PathBuf, time::Duration, time::Instant};

use serde_json::Value;

use crate::harness::{Place, run};

const RELEASE: &str = "release minor --waive cargo-test";

/// A workspace that asks for CI and reviews, has a remote, and stands on a machine with nothing but Rust and git.
fn place(name: &str) -> Place {
    let mut place = Place::of_workspace(&format!("confirmations/{name}"), "plain");
    place.replace("Cargo.toml", "driver = \"lark\"\n", "driver = \"lark\"\nchecklist = [\"ci\", \"review\"]\n");
    place.commit("fix a rest");
    place.add_remote();
    let bin = bin(&place);
    fs::create_dir_all(&bin).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in ["cargo", "rustc", "git", "sh", "sleep", "cat"] {
        let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file()).unwrap();
        symlink(found, bin.join(program)).unwrap();
    }
    place.env = vec![("PATH".to_owned(), bin.display().to_string())];
    place
}

fn bin(place: &Place) -> PathBuf {
    place.tree.with_file_name("bin")
}

/// From now on there is a `gh`, which notes that it was asked.
fn gh(place: &Place, script: &str) {
    let asked = asked_file(place).display().to_string();
    let script = format!("#!/bin/sh\necho \"$*\" >> '{asked}'\n{script}\n");
    // Written by another process: a file that a thread of ours still has open would not start.
    let path = bin(place).join("gh").display().to_string();
    let mut write = place.command("sh");
    run(write.args(["-c", "printf %s \"$1\" > \"$0\" && /bin/chmod 755 \"$0\"", &path, &script]));
}

fn asked_file(place: &Place) -> PathBuf {
    place.tree.with_file_name("asked")
}

/// A forge where CI of every commit has ended that way, and the main branch takes nothing without an approval.
fn forge(place: &Place, conclusion: &str) {
    gh(
        place,
        &format!(
            r#"printf 'HTTP/2.0 200 OK\n\n'
case "$*" in
  *check-runs*) printf '{{"check_runs": [{{"name": "tests", "status": "completed", "conclusion": "{conclusion}"}}]}}' ;;
  */status*) printf '{{"statuses": []}}' ;;
  */rules/*) printf '[{{"type": "pull_request", "parameters": {{"required_approving_review_count": 1}}}}]' ;;
  */compare/*) printf '{{"status": "ahead"}}' ;;
  *) printf '{{}}' ;;
esac"#
        ),
    );
}

fn message(place: &Place) -> String {
    place.git("for-each-ref --format %(contents) refs/tags/v0.8.0")
}

/// The lines of both streams that are about these checks.
fn lines_about(output: &str, words: &str) -> Vec<String> {
    output.lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
}

/// The states of the checks, as machines are told.
fn states(place: &Place, args: &str) -> Vec<(String, String)> {
    let reported: Value = serde_json::from_str(&place.xtask(&format!("{args} --json")).out).unwrap();
    let steps = reported["steps"].as_array().unwrap().iter().filter(|step| step["name"].is_string());
    let checks = steps.filter(|step| ["confirm", "prove"].contains(&step["step"].as_str().unwrap()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks.map(|step| (text(&step["name"]), text(&step["observed"]["state"]))).collect()
}

fn pairs(states: &[(&str, &str)]) -> Vec<(String, String)> {
    states.iter().map(|(name, state)| (name.to_string(), state.to_string())).collect()
}

const NOT_VERIFIED: &str = "not verified: ci, review (GitHub CLI (gh) not found; it is needed to read CI status); next: install GitHub CLI (https://cli.github.com) and run gh auth login, \
     or GH_TOKEN in the environment, then cargo xtask release 0.8.0 --push; or without: cargo xtask release 0.8.0 --push --waive ci --waive review";

#[test]
fn without_a_forge_a_release_is_made_here_and_only_its_push_is_refused() {
    let place = place("bare");
    let before = place.git("rev-parse HEAD");
    let dry = place.xtask(&format!("{RELEASE} --dry-run")).ok();
    assert_eq!(lines_about(&dry.all(), "not verified: ci"), [NOT_VERIFIED]);
    let made = place.xtask(RELEASE).ok();
    assert_eq!(lines_about(&made.all(), "review"), [NOT_VERIFIED], "told once");
    assert!(!made.out.contains("git push"), "{}", made.out);
    assert!(made.out.contains("  waived  prove cargo-test: "), "{}", made.out);
    let end = "\n\nRelease: v0.8.0\nWaived: cargo-test\nNot-verified: ci (GitHub CLI (gh) not found; it is needed to read CI status)\nNot-verified: review (GitHub CLI (gh) not found; it is needed to read CI status)";
    assert!(message(&place).ends_with(end), "{}", message(&place));
    assert_eq!(place.git("rev-parse v0.8.0^{commit}~1"), before, "one commit");

    // The same command again changes nothing, and says the same.
    let bytes = place.bytes();
    let again = place.xtask(RELEASE).ok();
    assert_eq!(lines_about(&again.all(), "review"), [NOT_VERIFIED]);
    let unknown = [("ci", "unknown"), ("review", "unknown"), ("cargo-test", "waived")];
    assert_eq!(states(&place, "release 0.8.0"), pairs(&unknown));
    let push = place.xtask("release 0.8.0 --push");
    assert_eq!(push.code, Some(1), "{}", push.all());
    let waive = "blocked: ci, review (to continue without: --waive ci --waive review)";
    assert!(push.err.contains(waive), "{}", push.all());
    let next = "next: install GitHub CLI (https://cli.github.com) and run gh auth login, or GH_TOKEN in the environment; or --waive ci";
    assert!(push.all().contains(next), "{}", push.all());
    assert!(place.xtask("release 0.8.0 --push --dry-run").err.contains(waive));
    assert!(place.bytes() == bytes, "it was refused, and yet something changed");

    // Waived, it is pushed, and called what it is. A tag that is out is not asked for again.
    let pushed = place.xtask("release 0.8.0 --push --waive ci --waive review").ok();
    assert!(
        pushed.out.contains("  waived  ci: all CI checks pass on ") && pushed.out.contains("(--waive ci)"),
        "{}",
        pushed.out
    );
    assert_eq!(place.git("ls-remote --tags origin v0.8.0").lines().count(), 1);
    gh(&place, "exit 1");
    for args in ["release 0.8.0 --push", "release 0.8.0"] {
        let output = place.xtask(args).ok();
        let why = "(not asked again: origin has v0.8.0, which says: not verified (GitHub CLI (gh) not found; it is needed to read CI status))";
        assert!(output.out.contains(why), "{}", output.all());
    }
    assert!(!asked_file(&place).exists());
}

#[test]
fn a_person_confirms_what_only_a_person_can_see() {
    let place = place("person");
    place.replace("Cargo.toml", "[\"ci\", \"review\"]", "[\"website\"]");
    place.commit("fix: a person confirms");
    let refused = place.xtask(&format!("{RELEASE} --confirm docs"));
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("--confirm docs: a person confirms website"), "{}", refused.err);
    // It stays here without, and says how; a push waits for it.
    let made = place.xtask(RELEASE).ok();
    let reported = "not verified: website (not confirmed for this version); next: read README and website, and add --confirm website to the release, then cargo xtask release 0.8.0 --push; or without: cargo xtask release 0.8.0 --push --waive website";
    assert_eq!(lines_about(&made.all(), "not verified: website"), [reported]);
    assert!(message(&place).contains("\nNot-verified: website ("), "{}", message(&place));
    let push = place.xtask("release 0.8.0 --push");
    assert_eq!(push.code, Some(1), "{}", push.all());
    assert!(push.err.contains("blocked: website"), "{}", push.all());
    let pushed = place.xtask("release 0.8.0 --push --confirm website").ok();
    assert!(
        pushed.out.contains("  done    website: README and website say what is released (--confirm website)"),
        "{}",
        pushed.out
    );
    // The next version is another one, and its tag says who was asked.
    place.write("crates/lark/src/more.rs", "//! More.\n");
    place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- more\n");
    place.commit("feat: more");
    assert_eq!(place.xtask("release 0.9.0 --push --waive cargo-test").code, Some(1));
    place.xtask("release 0.9.0 --waive cargo-test --confirm website").ok();
    let text = place.git("tag -l --format=%(contents) v0.9.0");
    assert!(text.trim_end().ends_with("\n\nRelease: v0.9.0\nConfirmed: website\nWaived: cargo-test"), "{text}");
    place.xtask("release 0.9.0 --push").ok();
}

#[test]
fn what_is_truly_observed_later_is_done_and_what_failed_refuses_here_too() {
    let place = place("later");
    forge(&place, "failure");
    let before = place.bytes();
    for args in [RELEASE, "release minor --dry-run"] {
        let output = place.xtask(args);
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.all().contains("failed: tests (failure)"), "{}", output.all());
    }
    assert!(place.bytes().keys().eq(before.keys().chain([&"asked".into()]).collect::<std::collections::BTreeSet<_>>()));
    assert_eq!(place.git("tag"), "v0.7.3");

    fs::remove_file(bin(&place).join("gh")).unwrap();
    place.xtask(RELEASE).ok();
    forge(&place, "success");
    // What stays here asks again as long as nobody has seen it; then it is done.
    let output = place.xtask("release 0.8.0").ok();
    assert!(output.out.contains("ci: all CI checks pass on ") && output.out.contains("(1 passed)"), "{}", output.all());
    assert!(!output.all().contains("not verified"), "{}", output.all());
    let output = place.xtask("release 0.8.0 --push").ok();
    assert!(output.out.contains("(it is on main, which takes nothing below 1 approvals)"), "{}", output.all());
    assert_eq!(place.git("ls-remote --tags origin v0.8.0").lines().count(), 1);
}

#[test]
fn a_release_that_was_confirmed_is_asked_for_again_before_it_is_pushed() {
    let place = place("confirmed");
    forge(&place, "success");
    place.xtask(RELEASE).ok();
    assert!(message(&place).ends_with("\n\nRelease: v0.8.0\nWaived: cargo-test"), "{}", message(&place));
    fs::remove_file(asked_file(&place)).unwrap();
    let output = place.xtask("release 0.8.0").ok();
    assert!(output.out.contains("(it was confirmed when v0.8.0 was made)"), "{}", output.all());
    assert!(!asked_file(&place).exists());
    forge(&place, "failure");
    let output = place.xtask("release 0.8.0 --push");
    assert!(output.code == Some(1) && output.all().contains("failed: tests (failure)"), "{}", output.all());
}

#[test]
fn a_waiver_holds_for_the_push_of_its_tag_and_stays_a_waiver() {
    let place = place("waived");
    place.xtask(&format!("{RELEASE} --waive ci --waive review")).ok();
    let waived = [("ci", "waived"), ("review", "waived"), ("cargo-test", "waived")];
    assert_eq!(states(&place, "release 0.8.0 --push --dry-run"), pairs(&waived));
    // The commit records it as well: a tag that was not made yet, or is lost, is made with it.
    let made = message(&place);
    place.git("tag --delete v0.8.0");
    let output = place.xtask("release 0.8.0").ok();
    assert!(
        output.out.contains("  waived  prove cargo-test: ") && output.out.contains(" records it)"),
        "{}",
        output.out
    );
    assert_eq!(message(&place), made);
    let output = place.xtask("release 0.8.0 --push").ok();
    assert!(output.out.contains("  waived  ci: ") && output.out.contains("(tag v0.8.0 records it)"), "{}", output.out);
    assert!(!output.out.contains("done    ci") && !output.out.contains("done    prove"), "{}", output.out);
    assert_eq!(states(&place, "release 0.8.0 --push"), pairs(&waived), "pushed, too");
}

#[test]
fn a_tag_of_an_older_tool_still_holds_its_waivers() {
    let place = place("older");
    place.xtask(&format!("{RELEASE} --waive ci --waive review")).ok();
    let old =
        "Release version 0.8.0\n\n### Fixed\n\n- x\n\nWaived: ci: all CI checks pass on 1\nWaived: review: all of it";
    run(place.command("git").args(["tag", "--annotate", "--force", "v0.8.0", "v0.8.0^{commit}", "--message", old]));
    let output = place.xtask("release 0.8.0 --push").ok();
    assert!(output.out.contains("  waived  ci: ") && output.out.contains("  waived  review: "), "{}", output.out);
    // What it does not say was waived is not known to have been proved.
    let line = "not verified: cargo-test (tag v0.8.0 does not say that it was proved); next: cargo xtask smoke on a machine that can";
    assert_eq!(lines_about(&output.all(), "not verified"), [line]);
}

#[test]
fn a_forge_that_does_not_answer_is_waited_for_only_so_long() {
    let place = place("silent");
    gh(&place, "sleep 600");
    let begun = Instant::now();
    let output = place.xtask(RELEASE).ok();
    let why =
        "not verified: ci, review (the forge did not answer within 20 s); next: wait until the forge answers, then ";
    assert!(output.all().contains(why), "{}", output.all());
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[test]
fn a_postfix_says_its_whole_command_again() {
    let mut place = Place::of_workspace("confirmations/postfix", "wheel");
    place.replace("Cargo.toml", "driver = \"lark\"\n", "driver = \"lark\"\nchecklist = [\"ci\"]\n");
    place.write("lark-python/src/more.rs", "// more\n");
    place.commit("fix");
    place.add_remote();
    place.env = self::place("postfix_machine").env;
    let waive = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";
    let again = "cargo xtask postfix --note 'it'\\''s fixed' --issue 7";
    for n in [1, 2] {
        let output = place.xtask(&format!("postfix --note \"it's fixed\" --issue 7 {waive}")).ok();
        let line = format!("then {again} --push; or without: {again} --push --waive ci");
        assert!(output.all().contains(&line), "{}", output.all());
        assert_eq!(place.git(&format!("cat-file -t v0.7.3.post{n}")), "tag");
        place.write("lark-python/src/more.rs", &format!("// more {n}\n"));
        place.commit("fix more");
    }
}

#[test]
fn what_git_reads_at_the_end_of_a_tag_is_what_the_tool_wrote() {
    for (at, body) in [
        "- x\n\nWaived: ci\nNot-verified: image (no engine)",
        "- x\n\nHotfix-of: v0.1.0",
        "- x\n\n---\n\nand below a rule",
        "- x\n\n  ```\n  # a comment in an open block of an item\n",
        "- x\r\n\r\nWaived: ci\r\nRelease: v0.7.3",
        "- Signed-off-by: nobody",
    ]
    .iter()
    .enumerate()
    {
        let place = place(&format!("trailers_{at}"));
        let log = place.read("CHANGELOG.md").replace("- a rest is not a note", body);
        let log = if body.contains('\r') { log.replace("\r\n", "\n").replace('\n', "\r\n") } else { log };
        place.write(
            "CHANGELOG.md",
            &log.replace("### Added\n\n- songs in minor\n\n", "")
                .replace("### Added\r\n\r\n- songs in minor\r\n\r\n", ""),
        );
        place.commit("write");
        place.xtask(RELEASE).ok();
        let expected = "Release: v0.8.0\nWaived: cargo-test\nNot-verified: ci (GitHub CLI (gh) not found; it is needed to read CI status)\nNot-verified: review (GitHub CLI (gh) not found; it is needed to read CI status)";
        let listed = place.git("for-each-ref --format %(contents:trailers:only,unfold) refs/tags/v0.8.0");
        assert_eq!(listed, expected, "{body}");
        let text = place.tree.with_file_name("message");
        fs::write(&text, message(&place)).unwrap();
        let parsed = place.git(&format!("interpret-trailers --parse --no-divider {}", text.display()));
        assert_eq!(parsed, expected, "{body}");
        assert!(!message(&place).contains('\r'));
        let unknown = [("ci", "unknown"), ("review", "unknown"), ("cargo-test", "waived")];
        assert_eq!(states(&place, "release 0.8.0"), pairs(&unknown), "{body}");
    }
}

#[test]
fn a_job_that_asks_the_forge_gets_a_token_and_may_only_read_what_it_asks() {
    let workflows = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows");
    let mut asking = Vec::new();
    for entry in fs::read_dir(workflows).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (_, jobs) = text.split_once("\njobs:\n").unwrap();
        // A job's name is indented by two, everything of it by more.
        let mut texts: Vec<String> = Vec::new();
        for line in jobs.lines() {
            match texts.last_mut() {
                Some(job) if !line.starts_with("  ") || line.starts_with("   ") || line.starts_with("  #") => {
                    *job += &format!("{line}\n");
                }
                _ => texts.push(format!("{line}\n")),
            }
        }
        for job in texts {
            let verbs = ["check", "status", "release", "hotfix", "postfix"];
            let commands =
                verbs.iter().flat_map(|verb| [format!("run: cargo xtask {verb}"), format!("/tool/xtask\" {verb}")]);
            let commands: Vec<String> = commands.collect();
            if !commands.iter().any(|command| job.contains(command.as_str())) {
                continue;
            }
            // What it cannot ask, because it compiles and holds no token, the job asks that pushes what it hands on.
            if job.contains("git bundle create") {
                continue;
            }
            let name = format!("{} {}", path.file_name().unwrap().display(), job.lines().next().unwrap().trim());
            assert!(job.contains("GH_TOKEN: ${{ github.token }}"), "{name}");
            // The publication of one version is looked at without the checklist.
            if !job.contains("xtask\" status --train \"$TRAIN\" -- ") {
                for what in ["checks", "pull-requests", "statuses"] {
                    assert!(job.contains(&format!("\n      {what}: read")), "{name}: {what}");
                }
            }
            // Only what pushes may write.
            let contents = if job.contains(" --push ") { "contents: write" } else { "contents: read" };
            assert!(job.contains(&format!("\n      {contents}")), "{name}");
            asking.push(name);
        }
    }
    asking.sort();
    assert_eq!(asking, ["calendar.yml status:", "ci.yml check:", "release.yml push:", "release.yml status:"]);
}
