//! A release whose commit a forge squashed or rebased on its way to main: its tag stays beside main.
//! It must never be pushed or offered for pushing from there, and what is said leads to a tag on the merged commit.

use crate::harness::Place;

const UNPROVED: &str = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest";

/// Somebody merges what stands here into the remote's main as one commit of that subject, and it is pulled.
fn merged_as_one(place: &Place, what: &str, subject: &str) {
    let clone = place.tree.with_file_name("forge");
    place.git(&format!("push --quiet origin {what}:refs/heads/proposed"));
    place.git(&format!("clone --quiet {} {}", place.remote.display(), clone.display()));
    let date = ("GIT_COMMITTER_DATE".to_owned(), "1795136400 +0000".to_owned());
    let forge = Place { tree: clone, remote: place.remote.clone(), env: vec![date] };
    forge.git("merge --quiet --squash origin/proposed");
    forge.git(&format!("commit --quiet --message \"{subject}\""));
    forge.git("push --quiet origin main :proposed");
    place.git("switch --quiet main");
    place.git("fetch --quiet origin");
    place.git("reset --quiet --hard origin/main");
}

fn remote_tags(place: &Place) -> String {
    place.git(&format!("ls-remote --tags {}", place.remote.display()))
}

#[track_caller]
fn leads_out(place: &Place, args: &str, again: &str, tag: &str) {
    let (tags, before) = (remote_tags(place), place.bytes());
    for args in [format!("{args} --dry-run"), args.to_owned(), format!("{args} --push")] {
        let output = place.xtask(&args);
        assert_eq!(output.code, Some(1), "{args}: {}", output.all());
        assert!(output.all().contains("as another commit (a squash or rebase merge)"), "{}", output.all());
        assert!(output.all().contains(&format!("next: git tag -d {tag}, then {again}")), "{}", output.all());
        assert!(!output.all().contains("git push"), "{}", output.all());
    }
    assert!(remote_tags(place) == tags && place.bytes() == before, "nothing was pushed or changed");
    place.git(&format!("tag -d {tag}"));
    let again = again.strip_prefix("cargo xtask ").map_or(args.to_owned(), |again| format!("{again} {UNPROVED}"));
    place.xtask(&format!("{again} --push")).ok();
    assert_eq!(place.git(&format!("rev-parse {tag}^{{commit}}")), place.git("rev-parse origin/main"));
    assert!(remote_tags(place).contains(&format!("refs/tags/{tag}")));
    assert_eq!(place.git("status --porcelain"), "");
}

#[test]
fn a_squashed_release_is_tagged_where_it_was_merged() {
    for (name, subject) in [("squash_same", "align: release 0.8.0"), ("squash_number", "align: release 0.8.0 (#12)")] {
        let place = Place::of_workspace(name, "plain");
        place.add_remote();
        place.xtask(&format!("release 0.8.0 {UNPROVED}")).ok();
        merged_as_one(&place, "main", subject);
        leads_out(&place, &format!("release 0.8.0 {UNPROVED}"), "the same command", "v0.8.0");
    }
}

#[test]
fn another_release_waits_for_one_that_was_squashed() {
    let place = Place::of_workspace("squash_minor", "plain");
    place.add_remote();
    place.xtask(&format!("release 0.8.0 {UNPROVED}")).ok();
    merged_as_one(&place, "main", "something else");
    leads_out(&place, &format!("release 0.9.0 {UNPROVED}"), "cargo xtask release 0.8.0", "v0.8.0");
}

#[test]
fn another_release_does_not_wait_for_one_that_another_tool_made_on_a_branch_of_its_own() {
    let place = Place::of_workspace("squash_foreign", "plain");
    place.add_remote();
    place.xtask(&format!("release 0.8.0 {UNPROVED}")).ok();
    merged_as_one(&place, "main", "something else");
    place.git("tag --annotate --force --message v0.8.0 v0.8.0 v0.8.0^{commit}");
    place.git("remote set-url origin https://forge.invalid/lark");
    let args = format!("release 0.9.0 --waive nothing-to-release {UNPROVED}");
    let output = place.xtask(&format!("{args} --dry-run")).ok();
    assert!(!output.all().contains("as another commit"), "{}", output.all());
    // Nor is that tool's tag to be taken away for the same version.
    let output = place.xtask("release --dry-run");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(
        output.all().contains("name a higher version") && !output.all().contains("then the same"),
        "{}",
        output.all()
    );
}

#[test]
fn a_release_branch_that_was_squashed() {
    let place = Place::of_workspace("squash_branch", "trains");
    place.add_remote();
    place.xtask(&format!("release 0.4.0 --train ingest {UNPROVED}")).ok();
    merged_as_one(&place, "release/v0.4.0", "Release v0.4.0 (#3)");
    leads_out(&place, &format!("release 0.4.0 --train ingest {UNPROVED}"), "the same command", "ingest-v0.4.0");
}

#[test]
fn a_release_on_a_branch_of_ones_own_that_was_squashed() {
    let place = Place::of_workspace("squash_side", "plain");
    place.add_remote();
    place.git("switch --quiet --create side");
    let release = format!("release 0.8.0 --waive branch {UNPROVED}");
    let output = place.xtask(&release).ok();
    assert!(output.out.contains("next: merge it into main, then git push"), "{}", output.all());
    merged_as_one(&place, "side", "align: release 0.8.0 (#7)");
    // Said again where it was made, it offers no push either.
    place.git("switch --quiet side");
    let output = place.xtask(&release).ok();
    assert!(!output.all().contains("git push"), "{}", output.all());
    assert!(
        output.out.contains("git switch main && git tag -d v0.8.0 && cargo xtask release 0.8.0"),
        "{}",
        output.all()
    );
    // Nor does the publication.
    place.git("switch --quiet main");
    let output = place.xtask("publish 0.8.0 --dry-run --only crates");
    assert_eq!(output.code, Some(1));
    leads_out(&place, &format!("release 0.8.0 {UNPROVED}"), "the same command", "v0.8.0");
}

#[test]
fn a_pushed_tag_beside_main_stays() {
    let place = Place::of_workspace("squash_pushed", "plain");
    place.add_remote();
    place.xtask(&format!("release 0.8.0 {UNPROVED}")).ok();
    place.git("push --quiet origin v0.8.0");
    merged_as_one(&place, "main", "align: release 0.8.0");
    let output = place.xtask(&format!("release 0.8.0 {UNPROVED}"));
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.all().contains("a pushed tag is never moved"), "{}", output.all());
    assert!(!output.all().contains("git tag -d"), "{}", output.all());
}
