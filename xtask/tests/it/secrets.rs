//! Tokens in the environment, and code of anybody's that could read them.
//! It must never be enough that they are not printed: what is run must not have them.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::harness::Place;

const VALUE: &str = "s3cr3t-of-the-captain";

#[test]
fn build_scripts_tests_proofs_and_hooks_get_no_secret() {
    let mut place = Place::of_workspace("secrets", "plain");
    let leaks = place.tree.with_file_name("leaks");
    fs::create_dir_all(&leaks).unwrap();
    // Each writes down that it ran, and every variable that holds the value.
    let spy = |who: &str| {
        format!(
            "let found: Vec<String> = std::env::vars().filter(|(_, value)| value == \"{VALUE}\").map(|(name, _)| name).collect();\n    \
             std::fs::write(\"{}/{who}\", found.join(\" \")).unwrap();\n",
            leaks.display()
        )
    };
    place.write("crates/lark-core/build.rs", &format!("fn main() {{\n    {}}}\n", spy("build")));
    place.write("crates/lark/tests/spy.rs", &format!("#[test]\nfn spy() {{\n    {}}}\n", spy("test")));
    let script = |who: &str| format!("#!/bin/sh\nenv | grep '={VALUE}' > {}/{who}\nexit 0\n", leaks.display());
    place.write("own.sh", &script("proof"));
    fs::set_permissions(place.tree.join("own.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    place.replace(
        "Cargo.toml",
        "driver = \"lark\"",
        "driver = \"lark\"\nproofs = [{ name = \"own\", run = \"./own.sh\" }]",
    );
    place.commit("test: look around");
    place.add_remote();
    for hook in ["pre-commit", "commit-msg", "pre-push"] {
        let path = format!(".git/hooks/{hook}");
        place.write(&path, &script(hook));
        fs::set_permissions(place.tree.join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    for name in ["CARGO_REGISTRY_TOKEN", "UV_PUBLISH_TOKEN", "DISCORD_WEBHOOK_URL", "AWS_SECRET_ACCESS_KEY"] {
        place.env.push((name.to_owned(), VALUE.to_owned()));
    }
    place.xtask("release minor --push").ok();
    for who in ["build", "test", "proof", "pre-commit", "commit-msg", "pre-push"] {
        let found = fs::read_to_string(leaks.join(who)).unwrap_or_else(|error| panic!("{who} did not run: {error}"));
        assert_eq!(found.trim(), "", "{who}");
    }
}
