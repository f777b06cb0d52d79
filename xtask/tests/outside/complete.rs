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
    let mut place = Place::of_world("complete_submodule", "plain");
    contents::with_submodule(&place);
    // The registries pass on to the user's index.
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    let said = place.xtask("rehearse 0.8.0 --keep").ok();
    assert!(said.out.contains("adds lark 0.8.0 and builds"), "{}", said.all());
    let published = "xtask/rehearsal/lark/target/xtask/publish/v0.8.0/crates/package/lark-0.8.0.crate";
    let package = place.tree.with_file_name("target").join(published);
    let files = run(place.command("tar").arg("tzf").arg(package));
    assert!(files.lines().any(|file| file == "lark-0.8.0/vendor/songs.rs"), "{files}");
}
