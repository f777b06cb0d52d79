//! A release by pull request as a captain has it: proposed, reviewed, merged in each of the three ways, tagged and pushed.
//! It must never be content with what the tool says: the forge, the remote and the tag are asked.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::{
    checklist::Forge,
    harness::{CommandOutput, Place, run, write_program},
};

tests! {
    each_way_to_merge_is_tagged_where_main_first_has_it: needs GH;
    what_came_to_main_meanwhile_is_no_part_of_it: needs GH;
    one_request_is_kept_up_to_date: needs GH;
    a_captain_who_is_cut_off_goes_on: needs GH;
    killed_around_the_forge_it_ends_as_ever: needs GH;
    what_is_not_ours_is_not_written_over: needs GH;
    a_flag_does_it_once: needs GH;
    a_branch_that_is_merged_here_waits_for_no_request: needs GH;
    a_post_release_goes_the_same_way: needs GH;
    it_lives_beside_another_tools_request: needs GH;
}

const RELEASE: &str = "release minor --waive cargo-test";

/// A workspace whose main branch nobody pushes to, with a forge that has its commits.
struct World {
    forge: Forge,
    place: Place,
}

impl World {
    fn new(name: &str, configuration: &str) -> World {
        World::of(name, "plain", configuration)
    }

    fn of(name: &str, workspace: &str, configuration: &str) -> World {
        let forge = Forge::new(name);
        let mut place = Place::of_workspace(name, workspace);
        if !configuration.is_empty() {
            place.replace("Cargo.toml", "driver = \"lark\"\n", &format!("driver = \"lark\"\n{configuration}\n"));
            place.commit("configure the flow");
        }
        place.add_remote();
        place.env = forge.env.clone();
        fs::create_dir_all(forge.dir.join("forge")).unwrap();
        fs::write(forge.dir.join("forge/git.json"), json!(place.remote).to_string()).unwrap();
        World { forge, place }
    }

    fn proposing(name: &str) -> World {
        World::new(name, "flow = \"pull-request\"")
    }

    /// What the forge answers, which the true `gh` asks.
    fn ask(&self, args: &[&str]) -> String {
        let mut gh = self.place.command("gh");
        gh.envs(self.forge.env.iter().map(|(name, value)| (name, value)));
        run(gh.arg("api").args(args))
    }

    fn pulls(&self) -> Vec<Value> {
        serde_json::from_str(&self.ask(&["repos/{owner}/{repo}/pulls?state=all"])).unwrap()
    }

    fn merge(&self, number: u64, how: &str) {
        let path = format!("repos/{{owner}}/{{repo}}/pulls/{number}/merge");
        self.ask(&["--method", "PUT", &path, "--field", &format!("merge_method={how}")]);
    }

    /// Somebody else pushes a commit to main.
    fn others_push(&self, file: &str, text: &str) {
        let there = self.place.tree.with_file_name("theirs");
        let _ = fs::remove_dir_all(&there);
        run(self.place.command("git").args(["clone", "--quiet"]).arg(&self.place.remote).arg(&there));
        let before = fs::read_to_string(there.join(file)).unwrap_or_default();
        fs::write(there.join(file), format!("{text}{before}")).unwrap();
        let git = |args: &[&str]| run(self.place.command("git").args(args).current_dir(&there));
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "meanwhile"]);
        git(&["push", "--quiet", "origin", "HEAD:main"]);
    }

    fn pull(&self) {
        self.place.git("switch --quiet main");
        self.place.git("pull --quiet --ff-only origin main");
    }

    #[track_caller]
    fn run(&self, args: &str) -> CommandOutput {
        self.place.xtask(args)
    }

    /// A dry run foresees the steps, and changes nothing.
    #[track_caller]
    fn foreseen(&self, args: &str, step: &str) {
        let before = (self.place.bytes(), self.remote(), self.pulls());
        let output = self.run(&format!("{args} --dry-run"));
        assert!(output.all().contains(step), "{step}: {}", output.all());
        assert!((self.place.bytes(), self.remote(), self.pulls()) == before, "a dry run changed something");
    }

    /// The refs of the remote.
    fn remote(&self) -> String {
        run(Command::new("git").arg("-C").arg(&self.place.remote).args(["for-each-ref", "--format=%(refname) %(objectname)"]))
    }
}

fn each_way_to_merge_is_tagged_where_main_first_has_it() {
    for how in ["merge", "squash", "rebase"] {
        let world = World::proposing(&format!("pull-{how}"));
        let push = format!("{RELEASE} --push");
        world.foreseen(&push, "todo    pull request from release/v0.8.0 into main");
        let output = world.run(&push).ok();
        assert!(output.out.contains("next: merge it, in any way"), "{}", output.all());
        assert!(!world.remote().contains("refs/tags/v0.8.0"), "nothing is tagged before it is merged");
        let [pull] = world.pulls().try_into().expect("one pull request");
        assert_eq!((&pull["state"], &pull["head"]["ref"]), (&json!("open"), &json!("release/v0.8.0")));
        let body = pull["body"].as_str().unwrap();
        for part in ["| lark | 0.7.3 | 0.8.0 |", "`CHANGELOG.md`", "- [ ] the notes say what users see", "## Notes"] {
            assert!(body.contains(part), "{part}: {body}");
        }
        // The same command again finds it waiting.
        let again = world.run(&push).ok();
        assert!(again.out.contains("#1 waits to be merged"), "{}", again.all());
        let status = world.run("status");
        assert!(status.all().contains("release 0.8.0 on release/v0.8.0"), "{}", status.all());
        assert!(status.all().contains("#1 waits to be merged"), "{}", status.all());
        assert_eq!(world.pulls().len(), 1);

        world.merge(1, how);
        let early = world.run(&push);
        assert_eq!(early.code, Some(1));
        assert!(early.all().contains("#1 is merged, and main here has not got it yet"), "{}", early.all());
        world.pull();
        let merged = world.place.git("rev-parse main");
        world.foreseen(&push, "todo    push v0.8.0 to origin");
        world.run(&push).ok();
        assert_eq!(world.place.git("rev-parse v0.8.0^{commit}"), merged, "{how}: the tag is where main has it");
        assert!(world.remote().contains("refs/tags/v0.8.0"));
        let main = world.place.git("rev-parse main");
        assert!(!world.run("status").all().contains("on release/v0.8.0"));
        // Once more, all is done, and nothing is proposed anew.
        world.run("release 0.8.0 --waive cargo-test --push").ok();
        assert_eq!((world.place.git("rev-parse main"), world.pulls().len()), (main, 1));
    }
}

fn what_came_to_main_meanwhile_is_no_part_of_it() {
    for how in ["merge", "squash", "rebase"] {
        let world = World::proposing(&format!("pull-race-{how}"));
        world.run(&format!("{RELEASE} --push")).ok();
        world.others_push("crates/lark/src/lib.rs", "// before the merge\n");
        world.merge(1, how);
        let merged = run(Command::new("git").arg("-C").arg(&world.place.remote).args(["rev-parse", "main"]));
        world.others_push("crates/lark/src/lib.rs", "// after the merge\n");
        world.pull();
        // What stands here is another commit, and nobody proved the one that is released.
        let refused = world.run("release 0.8.0 --push");
        assert_eq!(refused.code, Some(1), "{}", refused.all());
        assert!(refused.all().contains("which is not the head, and nobody proved it"), "{}", refused.all());
        assert!(refused.all().contains(&format!("git switch --detach {}", &merged[..9])), "{}", refused.all());
        let green = json!({ "commits": { merged.trim(): { "runs": [{ "name": "t", "status": "completed", "conclusion": "success" }] } } });
        fs::write(world.forge.dir.join("forge/history.json"), green.to_string()).unwrap();
        let output = world.run("release 0.8.0 --push").ok();
        assert!(output.out.contains("its proofs are those of CI"), "{}", output.all());
        assert_eq!(world.place.git("rev-parse v0.8.0^{commit}"), merged.trim(), "{how}");
        assert!(world.remote().contains("refs/tags/v0.8.0"));
    }
}

fn one_request_is_kept_up_to_date() {
    let world = World::proposing("pull-update");
    let push = format!("{RELEASE} --push");
    world.run(&push).ok();
    // People tick and write.
    let body = world.pulls()[0]["body"].as_str().unwrap().replace("- [ ] the notes", "- [x] the notes");
    let body = format!("On Monday, please.\n\n{body}");
    world.ask(&["--method", "PATCH", "repos/{owner}/{repo}/pulls/1", "--field", &format!("body={body}")]);
    world.run(&push).ok();
    assert_eq!(world.pulls()[0]["body"], json!(body), "what people write stays");
    // Main goes on, and the release is planned anew from there.
    world.others_push("crates/lark/src/lib.rs", "// more\n");
    world.pull();
    world.place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- a late idea\n");
    world.place.commit("tell of a late idea");
    world.place.git("push --quiet origin main");
    // What a person changed in it is kept.
    let made = world.place.git("rev-parse release/v0.8.0");
    world.place.git("switch --quiet release/v0.8.0");
    world.place.replace("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n<!-- words of a person -->\n");
    world.place.git("commit --quiet --all --amend --no-edit --date=2026-01-01T00:00:00Z");
    let amended = world.place.git("rev-parse HEAD");
    world.place.git("switch --quiet main");
    world.run(&push).ok();
    assert_eq!(world.place.git("rev-parse release/v0.8.0"), amended);
    world.place.git(&format!("branch --quiet --force release/v0.8.0 {made}"));
    world.foreseen(&push, "branch release/v0.8.0");
    world.run(&push).ok();
    let pulls = world.pulls();
    assert_eq!(pulls.len(), 1, "never two");
    let body = pulls[0]["body"].as_str().unwrap();
    assert!(body.contains("a late idea") && body.contains("- [x] the notes") && body.starts_with("On Monday"), "{body}");
    assert_eq!(pulls[0]["head"]["sha"], json!(world.place.git("rev-parse release/v0.8.0")));
    // Merged where a clone has something newer than the release, but not the merge.
    world.others_push("crates/lark/src/lib.rs", "// still more\n");
    world.pull();
    world.merge(1, "squash");
    let before = world.remote();
    let refused = world.run(&push);
    assert!(refused.all().contains("#1 is merged, and main here has not got it yet"), "{}", refused.all());
    assert!(world.remote() == before && world.pulls().len() == 1);
}

fn a_captain_who_is_cut_off_goes_on() {
    let world = World::proposing("pull-crash");
    let push = format!("{RELEASE} --push");
    // Only the commit was made.
    let output = world.run(RELEASE).ok();
    assert!(output.out.contains("--push pushes release/v0.8.0 and opens the pull request"), "{}", output.all());
    let made = world.place.git("rev-parse release/v0.8.0");
    // The branch was pushed, and no request opened; once from the branch, once from main.
    world.place.git("push --quiet origin release/v0.8.0");
    world.place.git("switch --quiet main");
    world.run(&push).ok();
    world.place.git("switch --quiet release/v0.8.0");
    world.run(&push).ok();
    assert_eq!((world.pulls().len(), world.place.git("rev-parse release/v0.8.0")), (1, made));
    // Merged, and the tag made, but not pushed, when main goes on.
    world.merge(1, "squash");
    world.pull();
    world.run(RELEASE).ok();
    let tagged = world.place.git("rev-parse v0.8.0^{commit}");
    assert!(!world.remote().contains("refs/tags/v0.8.0"));
    world.others_push("crates/lark/src/lib.rs", "// more\n");
    world.pull();
    world.run("release 0.8.0 --waive cargo-test --push").ok();
    assert_eq!(world.place.git("rev-parse v0.8.0^{commit}"), tagged);
    assert!(world.remote().contains("refs/tags/v0.8.0"));
}

/// Puts a `gh` first on PATH that kills the tool before or after its n-th call.
fn deadly(place: &Place, at: usize, side: &str) -> Vec<(String, String)> {
    let dir = place.tree.with_file_name("deadly");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let path = std::env::var("PATH").unwrap();
    let gh = std::env::split_paths(&path).map(|dir| dir.join("gh")).find(|gh| gh.is_file()).unwrap();
    let (gh, count) = (gh.display(), dir.join("count").display().to_string());
    let script = format!(
        "#!/bin/sh\necho x >> '{count}'\n[ $(wc -l < '{count}') -eq {at} ] || exec '{gh}' \"$@\"\n\
        [ {side} = before ] || '{gh}' \"$@\"\nkill -9 $PPID\n"
    );
    write_program(&dir.join("gh"), &script);
    vec![("PATH".to_owned(), format!("{}:{path}", dir.display()))]
}

fn killed_around_the_forge_it_ends_as_ever() {
    let push = format!("{RELEASE} --push");
    let mut kills = 0;
    for side in ["before", "after"] {
        for at in 1.. {
            let mut world = World::proposing("pull-killed");
            let env = world.place.env.clone();
            world.place.env.extend(deadly(&world.place, at, side));
            let output = world.run(&push);
            world.place.env = env;
            if output.code.is_some() {
                output.ok();
                break;
            }
            kills += 1;
            world.foreseen(&push, "pull request from release/v0.8.0");
            world.run(&push).ok();
            let [pull] = world.pulls().try_into().expect("one pull request");
            assert_eq!(pull["head"]["sha"], json!(world.place.git("rev-parse release/v0.8.0")), "{side} call {at}");
            world.merge(1, "squash");
            world.pull();
            world.run(&push).ok();
            assert!(world.remote().contains("refs/tags/v0.8.0"), "killed {side} call {at}");
        }
    }
    assert!(kills >= 8, "it asks at least four times: {kills}");
}

fn what_is_not_ours_is_not_written_over() {
    let world = World::proposing("pull-others");
    let push = format!("{RELEASE} --push");
    world.place.git("push --quiet origin main:release/v0.8.0");
    let there = world.place.tree.with_file_name("theirs");
    run(world.place.command("git").args(["clone", "--quiet", "--branch", "release/v0.8.0"]).arg(&world.place.remote).arg(&there));
    let git = |args: &[&str]| run(world.place.command("git").args(args).current_dir(&there));
    git(&["commit", "--quiet", "--allow-empty", "--message", "somebody's work"]);
    git(&["push", "--quiet", "origin", "HEAD"]);
    let before = world.remote();
    let refused = world.run(&push);
    assert_eq!(refused.code, Some(1), "{}", refused.all());
    assert!(refused.all().contains("which is not this release"), "{}", refused.all());
    assert_eq!((world.remote(), world.pulls().len()), (before, 0));

    // A request that was closed is somebody's decision.
    git(&["push", "--quiet", "origin", "--delete", "release/v0.8.0"]);
    world.run(&push).ok();
    world.ask(&["--method", "PATCH", "repos/{owner}/{repo}/pulls/1", "--field", "state=closed"]);
    let closed = world.run(&push);
    assert!(closed.all().contains("#1 was closed without being merged"), "{}", closed.all());
    assert_eq!(world.pulls().len(), 1);
}

fn a_flag_does_it_once() {
    let mut world = World::new("pull-once", "");
    let propose = format!("{RELEASE} --pr");
    // Through curl, where there is no gh.
    let env = world.place.env.clone();
    world.place.path_without(&["gh"]);
    world.run(&propose).ok();
    world.run(&propose).ok();
    world.place.env = env;
    assert_eq!(world.pulls().len(), 1);
    world.merge(1, "merge");
    world.pull();
    let merged = world.place.git("rev-parse main");
    // The merge says enough.
    world.foreseen(&format!("{RELEASE} --push"), "todo    tag v0.8.0");
    world.run(&format!("{RELEASE} --push")).ok();
    assert_eq!(world.place.git("rev-parse v0.8.0^{commit}"), merged);
    assert!(world.remote().contains("refs/tags/v0.8.0"));
    // What stands at the head is the release that was asked for; what comes after it is another one.
    world.run(RELEASE).ok();
    assert!(!world.remote().contains("v0.9.0") && world.place.git("tag").lines().last() == Some("v0.8.0"));
    world.others_push("crates/lark/src/lib.rs", "// more\n");
    world.pull();
    let next = world.run("release minor --waive cargo-test --waive nothing-to-release --dry-run").ok();
    assert!(next.all().contains("0.8.0 -> 0.9.0") && next.all().contains("todo    tag v0.9.0"), "{}", next.all());
}

fn a_branch_that_is_merged_here_waits_for_no_request() {
    let world = World::new("pull-branch", "branch = \"prepare/{version}\"");
    let shown = || world.run("status --train lark").all().lines().any(|line| line.contains("prepare/0.8.0"));
    world.place.git("switch --quiet --create prepare/0.8.0");
    world.place.write("prepared", "");
    world.place.commit("align: release 0.8.0");
    world.place.git("switch --quiet main");
    assert!(!shown());
    world.place.git("branch --quiet -D prepare/0.8.0");
    world.run(&format!("{RELEASE} --pr")).ok();
    world.place.git("switch --quiet main");
    assert!(shown());
}

fn a_post_release_goes_the_same_way() {
    for how in ["merge", "squash", "rebase"] {
        let world = World::of(&format!("pull-post-{how}"), "wheel", "flow = \"pull-request\"");
        let waived = ["cargo-test", "wheel-test", "maturin-develop", "pytest", "nothing-to-release"];
        let waived: String = waived.iter().map(|name| format!(" --waive {name}")).collect();
        let postfix = format!("postfix --note fix --push{waived}");
        world.run(&postfix).ok();
        assert_eq!(world.pulls()[0]["head"]["ref"], json!("release/v0.7.3.post1"));
        world.merge(1, how);
        world.pull();
        let merged = world.place.git("rev-parse main");
        world.run(&postfix).ok();
        assert_eq!(world.place.git("rev-parse v0.7.3.post1^{commit}"), merged, "{how}");
        assert!(world.remote().contains("refs/tags/v0.7.3.post1"));
        assert_eq!((world.place.git("rev-parse main"), world.pulls().len()), (merged, 1));
    }
}

fn it_lives_beside_another_tools_request() {
    let world = World::proposing("pull-beside");
    // Another tool's request has bumped the driver alone, and was merged.
    world.place.git("switch --quiet --create release-plz-2026-11-27");
    let manifest = world.place.read("crates/lark/Cargo.toml");
    world.place.write("crates/lark/Cargo.toml", &manifest.replacen("version = \"0.7.3\"", "version = \"0.8.0\"", 1));
    world.place.command("cargo").args(["update", "--workspace", "--offline", "--quiet"]).status().unwrap();
    world.place.commit("chore: release v0.8.0");
    world.place.git("push --quiet origin release-plz-2026-11-27");
    let fields = ["head=release-plz-2026-11-27", "base=main", "title=chore: release v0.8.0"];
    let fields: Vec<&str> = fields.iter().flat_map(|field| ["--field", field]).collect();
    world.ask(&[&["--method", "POST", "repos/{owner}/{repo}/pulls"], &fields[..]].concat());
    world.merge(1, "squash");
    world.pull();
    // The rest follows by one of ours.
    world.run("release --waive cargo-test --push").ok();
    let pulls = world.pulls();
    assert_eq!(pulls.len(), 2);
    assert_eq!(pulls[0]["head"]["ref"], json!("release/v0.8.0"));
    world.merge(2, "squash");
    world.pull();
    world.run("release --waive cargo-test --push").ok();
    assert_eq!(world.place.git("rev-parse v0.8.0^{commit}"), world.place.git("rev-parse main"));
    assert!(world.remote().contains("refs/tags/v0.8.0"));
}
