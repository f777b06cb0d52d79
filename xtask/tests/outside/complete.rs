//! What is published is what is in the repository, and complete.
//! It must never look at a checkout where the package itself can be opened.

use crate::{
    contents,
    harness::{Place, run},
};

tests! {
    a_submodule_is_published_with_its_crate: needs NOTHING;
}

fn a_submodule_is_published_with_its_crate() {
    let mut place = Place::of_workspace("complete_submodule", "plain");
    contents::with_submodule(&place);
    // The registries pass on to the user's index.
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    let output = place.xtask("rehearse 0.8.0 --keep").ok();
    assert!(output.out.contains("a new project builds with lark 0.8.0"), "{}", output.all());
    let published = "xtask/rehearsal/lark/target/xtask/publish/v0.8.0/crates/package/lark-0.8.0.crate";
    let package = place.tree.with_file_name("target").join(published);
    let files = run(place.command("tar").arg("tzf").arg(package));
    assert!(files.lines().any(|file| file == "lark-0.8.0/vendor/songs.rs"), "{files}");
}
