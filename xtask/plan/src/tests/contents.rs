//! What a package, a wheel or an image would lack that is made of a checkout: files by their places, told by hand.
//! None of them may be one that goes nowhere.

use serde_json::json;

use super::sketch::{Sketch, house};
use crate::{
    check::contents::{contents, sources},
    finding::Finding,
    repo::{Lack, Lacking, Missing},
    snapshot::Snapshot,
};

fn shown(found: Vec<Finding>) -> String {
    let found: Vec<String> = found.iter().map(|found| format!("{}; next: {}", found.what, found.next)).collect();
    found.join("\n")
}

fn lacking(path: &str, what: Lack) -> Lacking {
    Lacking { path: path.into(), what }
}

/// The snapshot of a checkout that lacks something.
fn without(sketch: &Sketch, lacks: Vec<Lacking>) -> Snapshot {
    let mut snapshot = sketch.snapshot();
    snapshot.workspace.graph.lacking = lacks;
    snapshot
}

fn found(sketch: &Sketch, lacks: Vec<Lacking>) -> String {
    let Snapshot { workspace, train, .. } = without(sketch, lacks);
    shown(contents(&workspace, &train))
}

/// The house with a crate that only its wheel holds, one of another train, a package of which a part is left out, and images.
fn wide() -> Sketch {
    let images = json!([
        { "name": "whole", "dockerfile": "Dockerfile" },
        { "name": "alone", "dockerfile": "Dockerfile.alone", "binary": "program" },
    ]);
    house()
        .member("glue", "0.9.3", "publish = false\n")
        .member("other", "0.9.3", "")
        .with(
            "barter-python/Cargo.toml",
            "pyo3 = \"0.28\"\n",
            "pyo3 = \"0.28\"\nglue = { path = \"../crates/glue\" }\n",
        )
        .with("crates/barter/Cargo.toml", "version = \"0.9.3\"\n", "version = \"0.9.3\"\nexclude = [\"big\"]\n")
        .with("Dockerfile", "FROM scratch\n", "FROM scratch\nCOPY assets /\n")
        .file("Dockerfile.alone", "FROM scratch\nCOPY . /\n")
        .file("crates/barter/vendor", "")
        .configured("images", images)
        .lock()
}

#[test]
fn what_is_published_with_something_is_not_lacking_where_it_is_made() {
    let by = || "crates/barter/Cargo.toml".into();
    for (lacks, expected) in [
        (
            vec![("crates/barter/vendor/inner", Lack::Submodule)],
            "crates/barter/vendor/inner is a submodule that is not here, and barter would be published without it; next: git submodule update --init --recursive crates/barter/vendor",
        ),
        (
            vec![("crates/barter/src/words.rs", Lack::Ignored { by: by() })],
            "`include` in crates/barter/Cargo.toml takes src/words.rs, which git ignores: barter would be published without it; next: git add --force crates/barter/src/words.rs",
        ),
        (
            vec![("crates/barter/LICENSE", Lack::Astray { by: by(), to: "../LICENSE".into() })],
            "crates/barter/LICENSE is a link to ../LICENSE, which git does not track: whoever checks out the tag cannot pack barter with it; next: put the file itself in its place, or leave it out with `exclude` in crates/barter/Cargo.toml",
        ),
        (
            vec![("crates/barter/Cargo.toml", Lack::Unpacked { why: "odd name".to_owned() })],
            "cargo does not pack barter: odd name; next: give the file another name, or leave it out with `exclude` in crates/barter/Cargo.toml",
        ),
        (
            vec![("crates/barter/a.bin", Lack::Pointer)],
            "crates/barter/a.bin is only a pointer of Git LFS here, and barter would be published with that in its place; next: git lfs pull --include crates/barter/a.bin",
        ),
        (
            vec![("crates/barter/a.bin", Lack::Pointer), ("crates/barter/b.bin", Lack::Pointer)],
            "crates/barter/a.bin, crates/barter/b.bin are only pointers of Git LFS here, and barter would be published with them in the place of the files; next: git lfs pull",
        ),
        // Who gets it: the first of those that hold it.
        (
            vec![("barter-python/a.bin", Lack::Pointer), ("crates/glue/a.bin", Lack::Pointer)],
            "barter-python/a.bin, crates/glue/a.bin are only pointers of Git LFS here, and barter-python would be published with them in the place of the files; next: git lfs pull",
        ),
        (
            vec![("assets/a.bin", Lack::Pointer)],
            "assets/a.bin is only a pointer of Git LFS here, and whole would be published with that in its place; next: git lfs pull --include assets/a.bin",
        ),
        // Nobody does.
        (vec![("crates/barter/big/a.bin", Lack::Pointer)], ""),
        (vec![("crates/tool/a.bin", Lack::Pointer)], ""),
        (vec![("crates/other/a.bin", Lack::Pointer)], ""),
        (vec![("docs/a.bin", Lack::Pointer)], ""),
    ] {
        let lacks: Vec<Lacking> = lacks.into_iter().map(|(path, what)| lacking(path, what)).collect();
        assert_eq!(found(&wide(), lacks.clone()), expected, "{lacks:?}");
    }
}

#[test]
fn what_sources_read_is_there_for_who_compiles_them() {
    let compiled = |by: &str, path: &str, why: Missing| {
        let says = "include_str!(\"it\")".to_owned();
        lacking(path, Lack::Compiled { by: by.into(), says, why })
    };
    let found = |lacks: Vec<Lacking>| {
        let Snapshot { workspace, train, .. } = without(&wide(), lacks.clone());
        assert_eq!(shown(contents(&workspace, &train)).lines().count(), lacks.len() - 1, "each is found by one check");
        shown(sources(&workspace, &train))
    };
    let barter = "crates/barter/src/lib.rs";
    let start = "crates/barter/src/lib.rs says `include_str!(\"it\")`, and";
    let end = "barter does not compile for who gets it";
    let add = "git add --force crates/barter/it and commit, or have build.rs write it into OUT_DIR";
    for (by, path, why, expected) in [
        (barter, "crates/barter/it", Missing::Ignored, format!("{start} git ignores crates/barter/it: {end}; next: {add}")),
        (
            barter,
            "assets/it",
            Missing::Outside,
            format!("{start} assets/it is outside of what cargo packs of barter: {end}; next: move the file into crates/barter, or put a link to it there that git tracks (ln -s), or say `publish = false` where it goes to no registry"),
        ),
        (
            barter,
            "crates/barter/it",
            Missing::LeftOut,
            format!("{start} `include` or `exclude` in crates/barter/Cargo.toml leaves crates/barter/it out: {end}; next: correct them in crates/barter/Cargo.toml: cargo package --list --package barter shows what they leave"),
        ),
        ("crates/glue/src/lib.rs", "crates/glue/it", Missing::Ignored, "crates/glue/src/lib.rs says `include_str!(\"it\")`, and git ignores crates/glue/it: glue does not compile for who gets it; next: git add --force crates/glue/it and commit, or have build.rs write it into OUT_DIR".to_owned()),
        // A wheel is made of the whole checkout.
        ("crates/glue/src/lib.rs", "assets/it", Missing::Outside, String::new()),
        ("crates/glue/src/lib.rs", "crates/glue/it", Missing::LeftOut, String::new()),
        ("crates/tool/src/lib.rs", "crates/tool/it", Missing::Ignored, String::new()),
        ("crates/other/src/lib.rs", "crates/other/it", Missing::Outside, String::new()),
        ("build/lib.rs", "build/it", Missing::Ignored, String::new()),
        // What a package leaves out, nobody compiles who gets it.
        ("crates/barter/big/build.rs", "assets/it", Missing::Outside, String::new()),
    ] {
        assert_eq!(found(vec![compiled(by, path, why)]), expected, "{by}: {why:?}");
    }
    // What `include` takes and git ignores is told by the other check.
    let ignored = |path: &str| lacking(path, Lack::Ignored { by: "crates/barter/Cargo.toml".into() });
    let one = || compiled(barter, "crates/barter/it", Missing::Ignored);
    assert_eq!(found(vec![one(), ignored("crates/barter/it")]), "");
    assert_ne!(found(vec![one(), ignored("crates/barter/that")]), "");
    assert_ne!(found(vec![one(), lacking("crates/barter/it", Lack::Submodule)]), "");
}

#[test]
fn what_manifests_name_is_found_where_anything_is_published() {
    let away = |sketch: Sketch, path: &str| {
        sketch.with(
            "crates/barter/Cargo.toml",
            "barter-data.workspace = true\n",
            &format!("barter-data.workspace = true\nnest = {{ path = \"{path}\", version = \"1\" }}\n"),
        )
    };
    let outside = "which is outside of the repository: cargo reads no checkout of the tag without it; next: move it into the repository, or require what a registry has instead of the path";
    let one = format!("crates/barter/Cargo.toml names ../nest, {outside}");
    let nest = "../../../nest";
    let nothing = || house().configured("registries", json!([]));
    let bare = || nothing().configured("wheels", json!([]));
    let image = json!([{ "name": "whole", "dockerfile": "Dockerfile" }]);
    for (why, sketch, expected) in [
        ("crates", away(house().configured("wheels", json!([])), nest), &*one),
        ("a wheel", away(nothing(), nest), &one),
        ("an image", away(bare().configured("images", image), nest), &one),
        ("nothing", away(bare(), nest), ""),
        (
            "the manifest of another crate names it, too",
            {
                let tool = ("crates/tool/Cargo.toml", "[dependencies]\n");
                away(house(), nest).with(tool.0, tool.1, "[dependencies]\nnest = { path = \"../../../nest\" }\n")
            },
            &format!("crates/barter/Cargo.toml and crates/tool/Cargo.toml name ../nest, {outside}"),
        ),
        (
            "the workspace's does, and nobody follows it",
            {
                house().with(
                    "Cargo.toml",
                    "[workspace.dependencies]\n",
                    "[workspace.dependencies]\nnest = { path = \"../nest\" }\n",
                )
            },
            "",
        ),
        (
            "somebody does",
            {
                let root = house().with(
                    "Cargo.toml",
                    "[workspace.dependencies]\n",
                    "[workspace.dependencies]\nnest = { path = \"../nest\" }\n",
                );
                root.with(
                    "crates/barter/Cargo.toml",
                    "barter-data.workspace = true\n",
                    "barter-data.workspace = true\nnest.workspace = true\n",
                )
            },
            &format!("Cargo.toml names ../nest, {outside}"),
        ),
        ("git has it", away(house(), "../../nest").file("nest/lib.rs", "").file("nest/Cargo.toml", "[package]\n"), ""),
        (
            "git has it not",
            away(house(), "../../nest"),
            "crates/barter/Cargo.toml names nest, which is not tracked by git: cargo reads no checkout of the tag without it; next: git add --force nest, and commit",
        ),
    ] {
        assert_eq!(found(&sketch, Vec::new()), expected, "{why}");
    }
    let named = away(house(), "../../nest/egg");
    let module = "crates/barter/Cargo.toml names nest/egg, which is a submodule that is not here: cargo reads no checkout of the tag without it; next: git submodule update --init --recursive nest";
    assert_eq!(found(&named.clone().file("nest", ""), vec![lacking("nest", Lack::Submodule)]), module);
    assert!(!found(&named.clone(), vec![lacking("other", Lack::Submodule)]).contains("submodule"));
    assert!(!found(&named, vec![lacking("nest/egg", Lack::Pointer)]).contains("submodule"));
}
