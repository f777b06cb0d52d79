//! What the working tree has and a checkout of its commit would lack: submodules, large files, files that git ignores.
//! A release must never be tagged whose packages could not be made from the repository alone.

use std::fs;

use crate::harness::{Place, run};

const RELEASE: &str = "release minor --waive cargo-test";

/// Another repository beside the workspace, of one file.
pub fn songs(place: &Place) -> String {
    let songs = place.tree.with_file_name("songs");
    fs::create_dir_all(&songs).unwrap();
    fs::write(songs.join("songs.rs"), "pub const SONGS: u32 = 3;\n").unwrap();
    let dir = songs.display().to_string();
    for args in ["init --quiet --initial-branch main", "add --all", "commit --quiet --message songs"] {
        place.git(&format!("-C {dir} {args}"));
    }
    dir
}

/// A workspace whose first crate has the other repository as `vendor`, and is compiled with it.
pub fn with_submodule(place: &Place) {
    let songs = songs(place);
    place.git(&format!("-c protocol.file.allow=always submodule --quiet add {songs} crates/lark/vendor"));
    place.write("crates/lark/src/songs.rs", "include!(\"../vendor/songs.rs\");\n");
    let lib = place.read("crates/lark/src/lib.rs");
    place.write("crates/lark/src/lib.rs", &format!("{lib}\nmod songs;\npub use songs::SONGS;\n"));
    place.commit("feat: songs");
}

/// `check` and a release refuse with these words, and after what they say to type, nothing is in the way.
#[track_caller]
fn is_refused_until_typed(place: &Place, what: &str, next: &str) {
    is_refused(place, what, next);
    run(place.command("sh").args(["-c", next]).env("GIT_ALLOW_PROTOCOL", "file"));
}

/// `check` and a release refuse with these words.
#[track_caller]
fn is_refused(place: &Place, what: &str, next: &str) {
    for command in ["check", RELEASE, &format!("{RELEASE} --dry-run")] {
        let output = place.xtask(command);
        let line = format!("refused contents: {what}\n   next: {next}\n");
        assert!(output.code == Some(1) && output.out.contains(&line), "{command}: {}", output.all());
        assert_eq!(output.out.matches(what).count(), 1, "{command}: {}", output.all());
    }
}

#[test]
fn a_submodule_that_is_not_here_is_missed_before_the_tag() {
    let place = Place::of_workspace("contents_submodule", "plain");
    with_submodule(&place);
    place.xtask("check").ok();
    place.git("submodule --quiet deinit --force crates/lark/vendor");
    // What git still keeps of it is as good.
    place.xtask(&format!("{RELEASE} --dry-run")).ok();
    fs::remove_dir_all(place.tree.join(".git/modules")).unwrap();
    is_refused_until_typed(
        &place,
        "crates/lark/vendor is a submodule that is not here, and lark would be published without it",
        "git submodule update --init --recursive crates/lark/vendor",
    );
    place.xtask(RELEASE).ok();
}

#[test]
fn a_submodule_beside_what_is_published_is_nobodys_business() {
    let place = Place::of_workspace("contents_beside", "plain");
    let songs = songs(&place);
    place.git(&format!("-c protocol.file.allow=always submodule --quiet add {songs} theme"));
    place.commit("theme");
    place.git("submodule --quiet deinit --force theme");
    fs::remove_dir_all(place.tree.join(".git/modules")).unwrap();
    place.xtask("check").ok();
}

#[test]
fn a_file_that_git_ignores_is_not_published_by_whoever_checks_out_the_tag() {
    let place = Place::of_workspace("contents_ignored", "plain");
    let manifest = place.read("crates/lark/Cargo.toml");
    let include = "include = [\"src/**\", \"gen/**\", \"Cargo.toml\"]\n\n[dependencies]";
    place.write("crates/lark/Cargo.toml", &manifest.replacen("\n[dependencies]", include, 1));
    place.write(".gitignore", "gen/\ntarget/\n");
    place.commit("build: take what is made along");
    place.xtask("check").ok();
    place.write("crates/lark/gen/songs.rs", "pub const SONGS: u32 = 3;\n");
    // Ignored as well, and in no package.
    place.write("crates/lark-io/gen/songs.rs", "pub const SONGS: u32 = 3;\n");
    is_refused_until_typed(
        &place,
        "`include` in crates/lark/Cargo.toml takes gen/songs.rs, which git ignores: lark would be published without it",
        "git add --force crates/lark/gen/songs.rs",
    );
    place.git("commit --quiet --message gen");
    place.xtask(RELEASE).ok();
}

#[test]
fn a_pointer_is_not_the_file_that_it_stands_for() {
    let place = Place::of_workspace("contents_pointer", "plain");
    place.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    place.write("crates/lark/song.bin", pointer);
    place.write("docs/cover.bin", pointer);
    place.commit("feat: a song");
    let output = place.xtask(RELEASE);
    let line = "refused contents: crates/lark/song.bin is only a pointer of Git LFS here, and lark would be published with that in its place\n   next: git lfs pull --include crates/lark/song.bin\n";
    assert!(output.code == Some(1) && output.out.contains(line), "{}", output.all());
    assert!(!output.out.contains("cover.bin"), "{}", output.all());
}

/// Cargo reads it as it publishes, after the tag.
#[test]
fn a_readme_that_cannot_be_read_is_reported_once() {
    let place = Place::of_workspace("contents_unread", "plain");
    let manifest = place.read("crates/lark/Cargo.toml");
    fs::write(place.tree.join("crates/lark/README.md"), b"# Lark\n\nAn al\xe8rion.\n").unwrap();
    place.commit("docs: a readme");
    let latin = "crates/lark/README.md is not UTF-8: line 3 has the byte 0xe8";
    let file = "crates/lark/docs cannot be read (Is a directory (os error 21))";
    for (names, reported) in [
        ("", format!("crates/lark/Cargo.toml: `readme`: {latin}, and cargo cannot publish without it")),
        (
            "readme = \"docs\"\n",
            format!("crates/lark/Cargo.toml: `readme`: {file}, and cargo cannot publish without it"),
        ),
        (
            "readme = false\nlicense-file = \"docs\"\n",
            format!("crates/lark/Cargo.toml: `license-file`: {file}, and cargo cannot publish without it"),
        ),
    ] {
        place.write("crates/lark/docs/song.md", names);
        place.write(
            "crates/lark/Cargo.toml",
            &manifest.replacen("\n[dependencies]", &format!("{names}\n[dependencies]"), 1),
        );
        place.commit("docs: what is shown");
        for command in ["check", &format!("{RELEASE} --dry-run")] {
            let output = place.xtask(command);
            assert_eq!(output.code, Some(1), "{reported}: {command}: {}", output.all());
            assert_eq!(output.all().matches("refused ").count(), 1, "{reported}: {command}: {}", output.all());
            assert!(
                output.all().contains(&format!("refused metadata: {reported}\n")),
                "{reported}: {command}: {}",
                output.all()
            );
        }
    }
}

/// What a filter is called, everybody says for himself.
#[test]
fn a_pointer_is_known_whatever_its_filter_is_called() {
    let place = Place::of_workspace("contents_pointer_named", "plain");
    place.write(".gitattributes", "[attr]large filter=media -text\n*.bin large\n");
    let pointer = |place: &str| format!("version {place}\noid sha256:4d7a2146\nsize 12345\n");
    place.write("crates/lark/song.bin", &pointer("https://git-lfs.github.com/spec/v1"));
    place.write("crates/lark/old.bin", &pointer("https://hawser.github.com/spec/v1"));
    // What somebody writes about pointers, and a file that is none.
    place.write("crates/lark/pointer.txt", &pointer("https://git-lfs.github.com/spec/v1"));
    place.write("crates/lark/short.bin", "1\n");
    place.commit("feat: songs");
    let output = place.xtask("check");
    for (file, count) in [("song.bin", 1), ("old.bin", 1), ("pointer.txt", 0), ("short.bin", 0)] {
        assert_eq!(output.out.matches(file).count(), count, "{file}: {}", output.all());
    }
}

/// One finding, and the same before and after what git keeps of it is gone.
#[test]
fn a_member_in_a_submodule_is_reported_once() {
    let place = Place::of_workspace("contents_member_within", "plain");
    let dove = place.tree.with_file_name("dove");
    fs::create_dir_all(dove.join("src")).unwrap();
    let manifest = "[package]\nname = \"dove\"\nversion = \"0.7.3\"\nedition = \"2021\"\nlicense = \"MIT\"\ndescription = \"Coos.\"\nreadme = \"README.md\"\n";
    for (file, text) in [("Cargo.toml", manifest), ("src/lib.rs", ""), ("README.md", "Coo.\n")] {
        fs::write(dove.join(file), text).unwrap();
    }
    let dir = dove.display().to_string();
    for args in ["init --quiet --initial-branch main", "add --all", "commit --quiet --message dove"] {
        place.git(&format!("-C {dir} {args}"));
    }
    place.git(&format!("-c protocol.file.allow=always submodule --quiet add {dir} crates/dove"));
    let lark = place.read("crates/lark/Cargo.toml");
    let needs = "[dependencies]\ndove = { path = \"../dove\", version = \"0.7.3\" }\n";
    place.write("crates/lark/Cargo.toml", &lark.replacen("[dependencies]\n", needs, 1));
    run(place.command("cargo").args(["update", "--workspace", "--offline", "--quiet"]));
    place.commit("feat: doves");
    let reported = "crates/dove is a repository of its own, so crates/dove/Cargo.toml would not be committed";
    let is_reported_once = |what: &str| {
        for command in ["check", RELEASE, &format!("{RELEASE} --dry-run")] {
            let output = place.xtask(command);
            assert_eq!(output.code, Some(1), "{what}: {command}: {}", output.all());
            assert_eq!(output.all().matches(reported).count(), 1, "{what}: {command}: {}", output.all());
            assert!(!output.all().contains("submodule that is not here"), "{what}: {command}: {}", output.all());
        }
    };
    is_reported_once("as git has it");
    // As archives and images of containers have it.
    fs::remove_file(place.tree.join("crates/dove/.git")).unwrap();
    fs::remove_dir_all(place.tree.join(".git/modules")).unwrap();
    is_reported_once("without its repository");
}

#[test]
fn a_wheel_takes_along_no_file_that_git_ignores() {
    let place = Place::of_workspace("contents_included", "shipped");
    let project = place.read("lark-python/pyproject.toml");
    let include = "[tool.maturin]\ninclude = [{ path = \"gen/**/*.json\", format = \"sdist\" }]\n";
    place.write("lark-python/pyproject.toml", &format!("{project}\n{include}"));
    place.write(".gitignore", "gen/\ntarget/\n");
    place.commit("build: take what is made along");
    let what = "`include` in lark-python/pyproject.toml takes gen/deep/songs.json, which git ignores: lark-python would be published without it";
    assert!(!place.xtask("check").out.contains("refused contents"));
    place.write("lark-python/gen/deep/songs.json", "{}");
    // Ignored as well, and not included.
    place.write("lark-python/gen/deep/songs.txt", "");
    let output = place.xtask("check");
    let line = format!("refused contents: {what}\n   next: git add --force lark-python/gen/deep/songs.json\n");
    assert!(output.code == Some(1) && output.out.contains(&line), "{}", output.all());
    assert!(!output.out.contains("songs.txt"), "{}", output.all());
    place.git("add --force lark-python/gen/deep/songs.json");
    place.git("commit --quiet --message gen");
    assert!(!place.xtask("check").out.contains("refused contents"));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_repository_is_not_what_it_leads_to() {
    let place = Place::of_workspace("contents_link", "plain");
    let songs = place.tree.with_file_name("songs.txt");
    fs::write(&songs, "three\n").unwrap();
    let link = |to: &std::path::Path, at: &str| std::os::unix::fs::symlink(to, place.tree.join(at)).unwrap();
    link(&songs, "crates/lark/songs.txt");
    // What git tracks, and what no package takes.
    link("../../Cargo.toml".as_ref(), "crates/lark/workspace.toml");
    link("src".as_ref(), "crates/lark/sources");
    link("/nowhere".as_ref(), "nowhere");
    place.commit("feat: songs");
    is_refused(
        &place,
        &format!(
            "crates/lark/songs.txt is a link to {}, which git does not track: whoever checks out the tag cannot pack lark with it",
            songs.display()
        ),
        "put the file itself in its place, or leave it out with `exclude` in crates/lark/Cargo.toml",
    );
    place.replace("crates/lark/Cargo.toml", "\n[dependencies]", "exclude = [\"songs.txt\"]\n\n[dependencies]");
    place.commit("build: no songs");
    place.xtask(RELEASE).ok();
}

#[cfg(unix)]
#[test]
fn a_file_that_cargo_does_not_pack_is_reported_before_the_tag() {
    for (file, why) in [
        ("a:b.txt", "cannot package a filename with a special character `:`: a:b.txt"),
        ("Cargo.toml.orig", "invalid inclusion of reserved file name Cargo.toml.orig in package source"),
    ] {
        let place = Place::of_workspace("contents_refused", "plain");
        place.write(&format!("crates/lark/{file}"), "");
        // Below it, and in no package, it is a file like any other.
        place.write("crates/lark/src/Cargo.toml.orig", "");
        place.write("docs/a:b.txt", "");
        place.commit("feat: a file");
        is_refused(
            &place,
            &format!("cargo does not pack lark: {why}"),
            "give the file another name, or leave it out with `exclude` in crates/lark/Cargo.toml",
        );
        let exclude = format!("exclude = [\"/{file}\"]\n\n[dependencies]");
        place.replace("crates/lark/Cargo.toml", "\n[dependencies]", &exclude);
        place.commit("build: without it");
        place.xtask(RELEASE).ok();
    }
}

#[test]
fn a_workspace_that_needs_a_submodule_says_which() {
    let place = Place::of_workspace("contents_member", "plain");
    let songs = songs(&place);
    place.git(&format!("-c protocol.file.allow=always submodule --quiet add {songs} vendor"));
    place.replace("Cargo.toml", "members = [\"crates/*\"]", "members = [\"crates/*\", \"vendor\"]");
    place.commit("build: a member elsewhere");
    place.git("submodule --quiet deinit --force vendor");
    let is_named = || {
        let output = place.xtask("check");
        let next = "next: vendor is a submodule that is not here: git submodule update --init --recursive, then the same command";
        assert!(output.code == Some(1) && output.err.contains(next), "{}", output.all());
    };
    is_named();
    fs::remove_dir_all(place.tree.join(".git/modules")).unwrap();
    is_named();
    // It is not to blame for whatever cargo cannot read.
    place.replace("Cargo.toml", ", \"vendor\"]", "]\nresolver = \"9\"");
    place.commit("build: no member");
    let output = place.xtask("check");
    assert!(output.code == Some(1) && !output.err.contains("vendor"), "{}", output.all());
}

#[test]
fn what_is_changed_in_a_submodule_is_not_committed() {
    let place = Place::of_workspace("contents_changed", "plain");
    with_submodule(&place);
    place.write("crates/lark/vendor/songs.rs", "pub const SONGS: u32 = 4;\n");
    let line = "refused dirty-tree: uncommitted changes in crates/lark/vendor\n   next: git commit, or `git stash --include-untracked`, in crates/lark/vendor, which is a submodule; then here git commit, or git submodule update crates/lark/vendor\n";
    let output = place.xtask(RELEASE);
    assert!(output.code == Some(1) && output.out.contains(line), "{}", output.all());
    let output = place.xtask(&format!("{RELEASE} --dry-run")).ok();
    assert!(output.out.contains("note: the tree is dirty"), "{}", output.all());
    // Its new commit is not the one that is tagged, either, staged or not.
    place.git("-C crates/lark/vendor commit --quiet --all --message songs");
    for stage in ["status --short", "add crates/lark/vendor"] {
        place.git(stage);
        let output = place.xtask(RELEASE);
        assert!(
            output.out.contains("refused dirty-tree: uncommitted changes in crates/lark/vendor\n"),
            "{}",
            output.all()
        );
    }
    place.git("commit --quiet --message songs");
    place.xtask(RELEASE).ok();
}

#[test]
fn a_submodule_of_a_submodule_that_is_not_here_is_missed() {
    let place = Place::of_workspace("contents_nested", "plain");
    let songs = songs(&place);
    let outer = place.tree.with_file_name("outer").display().to_string();
    place.git(&format!("clone --quiet {songs} {outer}"));
    place.git(&format!("-C {outer} -c protocol.file.allow=always submodule --quiet add {songs} inner"));
    place.git(&format!("-C {outer} commit --quiet --message inner"));
    place.git(&format!("-c protocol.file.allow=always submodule --quiet add {outer} crates/lark/vendor"));
    place.commit("feat: songs");
    is_refused_until_typed(
        &place,
        "crates/lark/vendor/inner is a submodule that is not here, and lark would be published without it",
        "git submodule update --init --recursive crates/lark/vendor",
    );
    place.xtask(RELEASE).ok();
}

#[test]
fn what_a_package_leaves_out_may_be_missing() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    for (name, output) in [
        ("exclude", "exclude = [\"vendor/\", \"/*.bin\"]"),
        ("include", "include = [\"src/**\"]"),
        ("inherited", "exclude.workspace = true"),
    ] {
        let place = Place::of_workspace(&format!("contents_out_{name}"), "plain");
        let songs = songs(&place);
        place.git(&format!("-c protocol.file.allow=always submodule --quiet add {songs} crates/lark/vendor"));
        place.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
        place.write("crates/lark/song.bin", pointer);
        place.replace("crates/lark/Cargo.toml", "\n[dependencies]", &format!("{output}\n\n[dependencies]"));
        let root = place.read("Cargo.toml");
        place.write("Cargo.toml", &format!("{root}\n[workspace.package]\nexclude = [\"vendor\", \"*.bin\"]\n"));
        place.commit("build: pack only what is needed");
        place.git("submodule --quiet deinit --force crates/lark/vendor");
        fs::remove_dir_all(place.tree.join(".git/modules")).unwrap();
        let checked = place.xtask("check");
        assert!(checked.code == Some(0), "{name}: {}", checked.all());
    }
}

/// Another crate, where the line in a manifest leads.
fn other_crate(place: &Place, name: &str, dir: &str) {
    let manifest = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n\n[workspace]\n");
    place.write(&format!("{dir}/Cargo.toml"), &manifest);
    place.write(&format!("{dir}/src/lib.rs"), "");
}

#[test]
fn what_cargo_reads_of_the_workspace_is_in_the_repository() {
    let outside = "outside of the repository";
    let untracked = "not tracked by git";
    let into = "move it into the repository, or require what a registry has instead of the path";
    for (name, manifest, line, path, why, next) in [
        (
            "outside",
            "crates/lark/Cargo.toml",
            "wren = { path = \"../../../wren\", version = \"1\" }",
            "../wren",
            outside,
            into,
        ),
        (
            "dev",
            "crates/lark-io/Cargo.toml",
            "[dev-dependencies.wren]\npath = \"../../../wren\"",
            "../wren",
            outside,
            into,
        ),
        ("bare", "crates/lark/Cargo.toml", "wren = { path = \"../../../wren\" }", "../wren", outside, into),
        ("patch", "Cargo.toml", "[patch.crates-io]\nwren = { path = \"../wren\" }", "../wren", outside, into),
        ("replace", "Cargo.toml", "[replace]\n\"wren:1.0.0\" = { path = \"../wren\" }", "../wren", outside, into),
        (
            "ignored",
            "crates/lark/Cargo.toml",
            "wren = { path = \"../../gen/wren\", version = \"1\" }",
            "gen/wren",
            untracked,
            "git add --force gen/wren, and commit",
        ),
    ] {
        let place = Place::of_workspace(&format!("contents_path_{name}"), "plain");
        other_crate(&place, "wren", path);
        place.write(".gitignore", "gen/\ntarget/\n");
        place.replace("Cargo.toml", "members =", "exclude = [\"gen\"]\nmembers =");
        let text = place.read(manifest);
        place.write(manifest, &format!("{text}\n{line}\n"));
        run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline", "--quiet"]));
        place.commit("feat: a wren");
        let what = format!(
            "refused contents: {manifest} names {path}, which is {why}: cargo reads no checkout of the tag without it\n   next: {next}\n"
        );
        for command in ["check", RELEASE] {
            let output = place.xtask(command);
            assert!(output.code == Some(1) && output.out.contains(&what), "{name}: {}", output.all());
            assert_eq!(output.out.matches("refused ").count(), 1, "{name}: {}", output.all());
        }
    }
}

#[test]
fn what_cargo_does_not_read_may_be_anywhere() {
    let place = Place::of_workspace("contents_path_unread", "plain");
    other_crate(&place, "robin", "vendor/robin");
    let songs = songs(&place);
    other_crate(&place, "wren", "../songs");
    for args in ["add --all", "commit --quiet --message wren"] {
        place.git(&format!("-C {songs} {args}"));
    }
    place.git(&format!("-c protocol.file.allow=always submodule --quiet add {songs} theme"));
    place.replace("Cargo.toml", "members =", "exclude = [\"vendor\", \"theme\"]\nmembers =");
    let root = place.read("Cargo.toml");
    place.write("Cargo.toml", &format!("{root}\n[workspace.dependencies]\nunread = {{ path = \"../unread\" }}\n"));
    let manifest = place.read("crates/lark/Cargo.toml");
    place.write("crates/lark/Cargo.toml", &format!("{manifest}wren = {{ path = \"../../theme\", version = \"1\" }}\n"));
    let manifest = place.read("crates/lark-io/Cargo.toml");
    place.write(
        "crates/lark-io/Cargo.toml",
        &format!("{manifest}\n[dev-dependencies]\nother = {{ package = \"robin\", path = \"../../vendor/robin\" }}\n"),
    );
    run(place.command(env!("CARGO")).args(["generate-lockfile", "--offline", "--quiet"]));
    place.commit("feat: a wren");
    place.xtask("check").ok();
    place.git("submodule --quiet deinit --force theme");
    fs::remove_dir_all(place.tree.join(".git/modules")).unwrap();
    is_refused_until_typed(
        &place,
        "crates/lark/Cargo.toml names theme, which is a submodule that is not here: cargo reads no checkout of the tag without it",
        "git submodule update --init --recursive theme",
    );
}

#[test]
fn a_registry_that_nothing_configures_is_reported_before_the_tag() {
    let mut place = Place::of_workspace("contents_registry", "plain");
    place.replace("crates/lark/Cargo.toml", "license", "publish = [\"prod\"]\nlicense");
    place.commit("build: say where it is published");
    let what = "crates/lark/Cargo.toml: published to the registry `prod`, and no configuration of cargo that is read here has its index";
    let next = "write `[registries.prod]` with `index = \"sparse+https://HOST/PATH/\"` into .cargo/config.toml and commit, or set CARGO_REGISTRIES_PROD_INDEX as where it is published";
    for command in [RELEASE, &format!("{RELEASE} --dry-run")] {
        let output = place.xtask(command);
        let reported =
            format!("refused registry-configuration: {what}\n   next: {next} (or --waive registry-configuration)\n");
        assert!(output.code == Some(1) && output.out.contains(&reported), "{command}: {}", output.all());
    }
    // Where it is published, it may be known.
    let output = place.xtask("check").ok();
    assert_eq!(output.out.matches(&format!("note: {what}; next: {next}\n")).count(), 1, "{}", output.all());
    place.xtask(&format!("{RELEASE} --dry-run --waive registry-configuration")).ok();
    let index = "sparse+http://127.0.0.1:9/prod/";
    place.env.push(("CARGO_REGISTRIES_PROD_INDEX".to_owned(), index.to_owned()));
    place.xtask(&format!("{RELEASE} --dry-run")).ok();
    place.env.clear();
    place.write(".cargo/config.toml", &format!("[registries.prod]\nindex = \"{index}\"\n"));
    place.commit("build: say where it is");
    place.xtask(RELEASE).ok();
}

/// The sources of a crate read a file by these words.
fn reading(place: &Place, words: &str) {
    let lib = place.read("crates/lark/src/lib.rs");
    place.write("crates/lark/src/lib.rs", &format!("{lib}\n{words}\n"));
}

#[test]
fn a_source_that_reads_what_is_published_nowhere_is_reported_before_the_tag() {
    for (name, words, file, exclude, why, next) in [
        (
            "module",
            "mod made;",
            "crates/lark/src/made.rs",
            "",
            "git ignores crates/lark/src/made.rs",
            "git add --force crates/lark/src/made.rs and commit, or have build.rs write it into OUT_DIR",
        ),
        (
            "path",
            "#[path = \"made/it.rs\"] mod made;",
            "crates/lark/src/made/it.rs",
            "",
            "git ignores crates/lark/src/made/it.rs",
            "git add --force crates/lark/src/made/it.rs and commit, or have build.rs write it into OUT_DIR",
        ),
        (
            "included",
            "pub const SONG: &str = include_str!(\"../song.made\");",
            "crates/lark/song.made",
            "",
            "git ignores crates/lark/song.made",
            "git add --force crates/lark/song.made and commit, or have build.rs write it into OUT_DIR",
        ),
        (
            "outside",
            "pub const SONG: &[u8] = include_bytes!(\"../../../song.txt\");",
            "song.txt",
            "",
            "song.txt is outside of what cargo packs of lark",
            "move the file into crates/lark, or put a link to it there that git tracks (ln -s), or say `publish = false` where it goes to no registry",
        ),
        (
            "other",
            "pub const SONG: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../lark-io/song.txt\"));",
            "crates/lark-io/song.txt",
            "",
            "crates/lark-io/song.txt is outside of what cargo packs of lark",
            "move the file into crates/lark, or put a link to it there that git tracks (ln -s), or say `publish = false` where it goes to no registry",
        ),
        (
            "left_out",
            "pub const SONG: &str = include_str!(\"../song.txt\");",
            "crates/lark/song.txt",
            "exclude = [\"*.txt\"]",
            "`include` or `exclude` in crates/lark/Cargo.toml leaves crates/lark/song.txt out",
            "correct them in crates/lark/Cargo.toml: cargo package --list --package lark shows what they leave",
        ),
    ] {
        let place = Place::of_workspace(&format!("contents_source_{name}"), "plain");
        place.write(".gitignore", "made.rs\nmade/\n*.made\ntarget/\n");
        place.write(file, "");
        reading(&place, words);
        place.replace("crates/lark/Cargo.toml", "\n[dependencies]", &format!("{exclude}\n\n[dependencies]"));
        place.commit("feat: a song");
        let what = format!("crates/lark/src/lib.rs says `{words}`");
        let says = words.trim_start_matches("pub const SONG: &str = ").trim_start_matches("pub const SONG: &[u8] = ");
        let says = if says == words { words } else { says.trim_end_matches(';') };
        let what = what.replace(words, says);
        let line =
            format!("refused sources: {what}, and {why}: lark does not compile for who gets it\n   next: {next}");
        for command in ["check", RELEASE, &format!("{RELEASE} --dry-run")] {
            let output = place.xtask(command);
            assert!(output.code == Some(1) && output.out.contains(&line), "{name}: {command}: {}", output.all());
            assert_eq!(output.out.matches("refused ").count(), 1, "{name}: {command}: {}", output.all());
        }
        place.xtask(&format!("{RELEASE} --dry-run --waive sources")).ok();
    }
}

#[test]
fn a_source_may_read_what_is_left_out_of_what_others_compile() {
    let place = Place::of_workspace("contents_source_right", "plain");
    place.write(".gitignore", "made.rs\n*.made\ntarget/\n");
    for file in ["crates/lark/src/made.rs", "crates/lark/song.made", "song.txt", "crates/lark/tests/made.rs"] {
        place.write(file, "");
    }
    place.write("crates/lark/README.md", "A lark.\n");
    place.write("crates/lark/src/apart.rs", "const A: &str = include_str!(\"../../../song.txt\");\n");
    place.write("crates/lark/src/tests.rs", "mod deep;\nconst A: &str = include_str!(\"../../../song.txt\");\n");
    place.write("crates/lark/src/tests/deep.rs", "const A: &str = include_str!(\"../../song.made\");\n");
    place.write("crates/lark/tests/it.rs", "mod made;\nconst A: &str = include_str!(\"../../../song.txt\");\n");
    place.write("crates/lark-io/song.made", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../../song.txt", place.tree.join("crates/lark/song.txt")).unwrap();
    reading(
        &place,
        "#[cfg(made)] mod made;\n#[cfg(test)] mod tests;\n#[cfg(doctest)]\n#[doc = include_str!(\"../../../song.txt\")]\nstruct A;\n\
         #[cfg(made)] const A: &str = include_str!(\"../song.made\");\n// include_str!(\"../song.made\")\n\
         const B: &str = include_str!(\"../README.md\");\nconst C: &str = include_str!(\"../song.txt\");\n",
    );
    place.replace(
        "crates/lark/Cargo.toml",
        "\n[dependencies]",
        "readme = \"README.md\"\ninclude = [\"src/[!m]*\", \"song.txt\"]\n\n[dependencies]",
    );
    place.commit("feat: songs");
    place.xtask("check").ok();
    place.xtask(&format!("{RELEASE} --dry-run")).ok();
}

#[test]
fn what_is_changed_in_a_submodule_is_observed_whatever_git_is_to_ignore_there() {
    let key = "submodule.crates/lark/vendor.ignore";
    for (at, setting) in [
        format!("--file .gitmodules {key} all"),
        format!("--file .gitmodules {key} untracked"),
        format!("{key} all"),
        format!("{key} dirty"),
        "diff.ignoreSubmodules all".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let place = Place::of_workspace(&format!("contents_changed_{at}"), "plain");
        with_submodule(&place);
        place.git(&format!("config {setting}"));
        place.git("commit --quiet --all --allow-empty --message settings");
        place.write("crates/lark/vendor/made.txt", "");
        place.xtask(&format!("{RELEASE} --dry-run")).ok();
        place.write("crates/lark/vendor/songs.rs", "pub const SONGS: u32 = 4;\n");
        let output = place.xtask(RELEASE);
        let line = "refused dirty-tree: uncommitted changes in crates/lark/vendor\n";
        assert!(output.code == Some(1) && output.out.contains(line), "{setting}: {}", output.all());
    }
}
