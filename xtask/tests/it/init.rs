//! `init` on workspaces as people have them: what is proposed, what is written, and that it is then content.
//! It must never be content with what was written alone: what the release makes of it is looked at, too.

use crate::harness::{Place, folder, run};

/// Crates of one version that nobody configured, released twice, each time with the version in a page.
fn released(name: &str) -> Place {
    let place = Place::new(name);
    place.copy_to("", &folder("workspaces/plain"));
    place.write("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n");
    place.write("docs/use.md", "lark = \"0.7.3\"\n");
    place.init();
    place.git("tag --annotate v0.7.3 --message v0.7.3");
    for (from, to) in [("0.7.3", "0.7.4"), ("0.7.4", "0.7.5")] {
        place.write("docs/use.md", &format!("lark = \"{to}\"\n"));
        place.commit("docs: the next version");
        for name in ["lark", "lark-core", "lark-io"] {
            let manifest = format!("crates/{name}/Cargo.toml");
            place.write(&manifest, &place.read(&manifest).replace(from, to));
        }
        run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
        place.commit(&format!("chore: version {to}"));
        place.git(&format!("tag --annotate v{to} --message v{to}"));
    }
    place
}

#[test]
fn what_cannot_be_derived_is_proposed_and_written_once() {
    let place = released("init");
    let before = place.bytes();
    let proposed = place.xtask("init").ok();
    assert!(place.bytes() == before, "it only looks");
    for line in [
        "proposed: `commit` of train lark: so the commits of the last two releases are called",
        "proposed: `files` of train lark: the last 2 releases moved them",
        "+[workspace.metadata.trains.lark]",
        "+commit = \"chore: version {version}\"",
        "+files = [{ path = \"docs/use.md\", after = \"lark = \\\"\" }]",
        "+++ b/.github/workflows/release.yml",
        "next: cargo xtask init --write",
    ] {
        assert!(proposed.out.contains(line), "{line}\n{}", proposed.all());
    }
    place.xtask("init --write --dry-run").ok();
    assert!(place.bytes() == before, "a dry run only looks, whatever is to be written");

    place.xtask("init --write").ok();
    let written = place.tree_bytes();
    let again = place.xtask("init --write").ok();
    assert!(again.out.contains("nothing is to be written"), "{}", again.all());
    assert!(place.tree_bytes() == written);
    place.commit("release with the tool");
    place.xtask("init --check").ok();
    // What somebody released by hand is no release to be resumed, though its commit is called as ours will be.
    let again = place.xtask("release --dry-run --waive cargo-test");
    let taken = "next: name a higher version: cargo xtask release 0.7.6 (a tag is never moved)";
    assert!(again.all().contains(taken) && !again.all().contains("git revert"), "{}", again.all());
    // The train that was derived is the same one, and the release edits what was proposed.
    let release = place.xtask("release minor --waive cargo-test").ok();
    assert!(place.read("docs/use.md").contains("0.8.0"), "{}", release.all());
    assert_eq!(place.git("log -1 --format=%s"), "chore: version 0.8.0");
    for name in ["lark", "lark-core", "lark-io"] {
        assert!(place.read(&format!("crates/{name}/Cargo.toml")).contains("version = \"0.8.0\""), "{name}");
    }
}

#[test]
fn only_what_it_wrote_is_compared_and_written_again() {
    let place = Place::of_workspace("init_workflows", "plain");
    place.write(
        ".github/workflows/release.yml",
        "on: push\njobs:\n  a:\n    steps:\n      - run: cargo publish -p lark\n",
    );
    place.commit("release by hand");
    let proposed = place.xtask("init --write").ok();
    for note in [
        "note: rival workflow: .github/workflows/release.yml:5: `cargo publish`; next: let one of the two publish",
        "note: .github/workflows/release.yml is not generated, and stays as it is; next: ",
    ] {
        assert!(proposed.out.contains(note), "{note}\n{}", proposed.all());
    }
    assert!(place.read(".github/workflows/release.yml").starts_with("on: push"));
    place.commit("ci");
    place.xtask("init --check").ok();
    let ci = place.read(".github/workflows/ci.yml");
    place.write(".github/workflows/ci.yml", &format!("{ci}# mine\n"));
    for command in ["init --check", "check"] {
        let refused = place.xtask(command);
        assert_eq!(refused.code, Some(1), "{}", refused.all());
        let why =
            "refused workflows: .github/workflows/ci.yml: it is generated, and says something else than the trains do";
        assert!(refused.out.contains(why), "{}", refused.all());
    }
    place.xtask("init --write").ok();
    assert_eq!(place.read(".github/workflows/ci.yml"), ci);
    // Whoever says that they write their own has none of ours.
    place.replace("Cargo.toml", "driver = \"lark\"\n", "driver = \"lark\"\nworkflows = \"own\"\n");
    place.xtask("init --write").ok();
    assert_eq!(place.read_or_empty(".github/workflows/ci.yml"), "");
    assert!(place.read(".github/workflows/release.yml").starts_with("on: push"));
}

#[test]
fn trains_are_proposed_where_there_is_no_release_without_them() {
    let place = Place::new("init_trains");
    place.copy_to("", &folder("workspaces/plain"));
    place.write("Cargo.toml", "# ours\n[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n");
    place.replace("crates/lark-core/Cargo.toml", "0.7.3", "0.2.1");
    for name in ["lark-io", "lark"] {
        let manifest = format!("crates/{name}/Cargo.toml");
        let old = "{ path = \"../lark-core\", version = \"0.7.3\" }";
        place.write(&manifest, &place.read(&manifest).replace(old, "{ path = \"../lark-core\", version = \"0.2\" }"));
    }
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
    place.init();
    assert_eq!(place.xtask("release minor --dry-run").code, Some(1));
    let written = place.xtask("init --write").ok();
    let why =
        "proposed: trains, because the 3 publishable crates have 2 versions, and lark 0.7.3 needs lark-core 0.2.1\n";
    assert!(written.out.contains(why), "{}", written.all());
    assert!(place.read("Cargo.toml").starts_with("# ours\n[workspace]\n"), "{}", place.read("Cargo.toml"));
    assert!(place.xtask("init").ok().out.contains("nothing is to be written"));
    place.xtask("release minor --dry-run --waive cargo-test").ok();
}

#[test]
fn trains_that_are_proposed_as_names_have_tables_where_they_need_keys() {
    let place = Place::new("init_list");
    place.copy_to("", &folder("workspaces/plain"));
    place.write("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n");
    place.replace("crates/lark-core/Cargo.toml", "0.7.3", "0.2.1");
    for name in ["lark-io", "lark"] {
        let manifest = format!("crates/{name}/Cargo.toml");
        let free = place.read(&manifest).replace(", version = \"0.7.3\" }", ", version = \">=0.2\" }");
        place.write(&manifest, &free);
    }
    place.replace("crates/lark-io/Cargo.toml", "version = \"0.7.3\"", "version = \"0.3.0\"");
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
    place.init();
    let listed = place.xtask("init").ok();
    assert!(listed.out.contains("+trains = [\"lark\", "), "{}", listed.all());
    place.git("branch --move trunk");
    let written = place.xtask("init --write").ok();
    assert!(!written.all().contains("is left to you"), "{}", written.all());
    let first = "\n[workspace.metadata.trains.lark]\ndriver = \"lark\"\ndefault = true\nmain = \"trunk\"\n\n[workspace";
    assert!(place.read("Cargo.toml").contains(first), "{}", place.read("Cargo.toml"));
    assert_eq!(place.read("Cargo.toml").matches("main = \"trunk\"").count(), 3);
    assert!(place.xtask("init").ok().out.contains("nothing is to be written"));
}

#[test]
fn what_registries_would_refuse_is_named() {
    let place = Place::of_workspace("init_refused", "plain");
    assert!(!place.xtask("init").ok().all().contains("refused by registries"));
    place.replace("crates/lark-io/Cargo.toml", "license = \"MIT\"\n", "");
    place.commit("forget it");
    let line = "note: refused by registries: crates/lark-io/Cargo.toml: no license, and crates.io takes no crate without; \
        next: write it under [package]";
    let output = place.xtask("init").ok();
    assert!(output.all().contains(line), "{}", output.all());
    // What is of one kind is one note.
    place.replace("crates/lark-core/Cargo.toml", "description = \"A lark\"\n", "");
    let line = "note: refused by registries: 2 places of metadata: crates/lark-core/Cargo.toml: no description, and crates.io takes no crate without, \
        crates/lark-io/Cargo.toml: no license, and crates.io takes no crate without; next: write it under [package]";
    let output = place.xtask("init").ok();
    assert!(output.all().contains(line), "{}", output.all());
}

#[test]
fn a_wheel_that_cargo_would_publish_is_kept_from_it() {
    let place = Place::of_workspace("init_wheel", "wheel");
    place.replace("lark-python/Cargo.toml", "[dependencies]\n", "[dependencies]\npyo3 = \"0.29\"\n");
    let before = place.read("lark-python/Cargo.toml");
    place.replace("lark-python/Cargo.toml", "publish = false\n", "");
    place.commit("forget it");
    let proposed = place.xtask("init --write").ok();
    let line = "proposed: `publish = false` in lark-python/Cargo.toml: a wheel goes to PyPI, not among the crates";
    assert!(proposed.all().contains(line), "{}", proposed.all());
    assert_eq!(place.read("lark-python/Cargo.toml"), before);
    place.commit("adopt it");
    assert!(!place.xtask("init").ok().all().contains("publish = false"));
}

/// The workflows follow from what is proposed beside them: nothing is left for a second time.
#[test]
fn a_wheel_alone_has_no_crates_to_publish_once_that_is_proposed() {
    let place = Place::new("init_wheel_alone");
    let package = |name: &str, version: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n")
    };
    let rest = "license = \"MIT\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\npyo3 = { path = \"pyo3\" }\n\n\
        [workspace]\nexclude = [\"pyo3\"]\n";
    place.write("Cargo.toml", &format!("{}{rest}", package("lark", "0.7.3")));
    place.write("pyo3/Cargo.toml", &package("pyo3", "0.29.0"));
    let project = "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"lark\"\n\
        dynamic = [\"version\"]\n";
    place.write("pyproject.toml", project);
    for library in ["src/lib.rs", "pyo3/src/lib.rs"] {
        place.write(library, "");
    }
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline"]));
    place.init();
    let written = place.xtask("init --write").ok();
    assert!(place.read("Cargo.toml").contains("publish = false\n"), "{}", written.all());
    place.commit("adopt it");
    let again = place.xtask("init").ok();
    assert!(again.out.contains("nothing is to be written"), "{}", again.all());
}

#[test]
fn what_git_ignores_is_not_proposed() {
    let place = Place::of_workspace("init_ignored", "plain");
    place.write(".gitignore", "target\nrelease*\n");
    place.commit("leave archives alone");
    let written = place.xtask("init --write").ok();
    let line = "note: git ignores .github/workflows/release.yml, so it is not proposed; next: take out the rule that \
        `git check-ignore --verbose .github/workflows/release.yml` names, and run this again";
    assert!(written.all().contains(line), "{}", written.all());
    assert!(place.read(".github/workflows/ci.yml").starts_with("# Generated"));
    place.commit("adopt it");
    assert!(place.xtask("init").ok().out.contains("nothing is to be written"));
    place.xtask("init --check").ok();
}

#[test]
fn an_xtask_is_added_on_request_and_never_over_another_one() {
    let place = Place::of_workspace("init_xtask", "plain");
    let written = place.xtask("init --write --xtask").ok();
    assert!(place.read(".cargo/config.toml").contains("xtask = \"run --package xtask --\""), "{}", written.all());
    assert!(place.read("xtask/src/main.rs").lines().count() < 6);
    assert!(place.read("Cargo.toml").contains("members = [\"crates/*\", \"xtask\"]"), "{}", place.read("Cargo.toml"));
    assert!(place.read(".github/workflows/ci.yml").contains("cargo build --locked --package xtask"));
    assert!(place.xtask("init --xtask").ok().out.contains("nothing is to be written"));

    let place = Place::of_workspace("init_other_xtask", "plain");
    place.write("xtask/notes.md", "ours\n");
    place.commit("an xtask of our own");
    let refused = place.xtask("init --write --xtask");
    assert_eq!(refused.code, Some(1), "{}", refused.all());
    assert!(refused.err.contains("there is an `xtask` already, which is not this tool's"), "{}", refused.all());
    assert_eq!(place.git("status --porcelain"), "");
}

/// The button of `release.yml`: one job proves, commits and tags, and hands both on as a bundle; the next one, in a clone of
/// its own, holds the token, and must have nothing left to compile.
#[test]
fn what_the_button_made_is_only_pushed_where_a_token_is() {
    for (workspace, train, tag) in [("plain", "lark", "v0.8.0"), ("trains", "ingest", "ingest-v0.4.0")] {
        let place = Place::of_workspace(&format!("init_button_{train}"), workspace);
        place.add_remote();
        place.git("fetch --quiet origin");
        let holder = place.again(&format!("init_button_{train}_holder"));
        run(holder.command("git").args(["remote", "set-url", "origin"]).arg(&place.remote));
        place.xtask(&format!("release --train {train} -- minor")).ok();
        let bundle = place.tree.with_file_name("release.bundle");
        run(place.command("git").args(["bundle", "create"]).arg(&bundle).args([
            "--branches",
            "--tags",
            "--not",
            "--remotes",
        ]));
        let fetch = ["fetch", "--quiet", "--update-head-ok"];
        let refs = ["+refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"];
        run(holder.command("git").args(fetch).arg(&bundle).args(refs));
        holder.git("reset --quiet --hard");
        let pushed = holder.xtask(&format!("release --train {train} --push -- minor")).ok();
        let begun: Vec<&str> = pushed.out.lines().filter(|line| line.starts_with("  begin ")).collect();
        assert!(matches!(begun[..], [only] if only.contains("push main and ")), "{}", pushed.all());
        let newest = "for-each-ref --sort=-creatordate --count=1 --format=%(refname:short) --points-at=HEAD refs/tags";
        assert_eq!(holder.git(newest), tag);
        assert_eq!(place.git("ls-remote --tags origin").lines().filter(|line| line.ends_with(tag)).count(), 1);
    }
}
