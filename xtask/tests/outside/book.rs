//! What the pages show of a publication and what follows it: the stories that need registries, a forge and channels.
//! It must never tell the pages' other stories, which `tests/it/book.rs` tells where nothing else is needed.

use crate::{
    outside::Outside,
    stage::{Scene, tell},
};

tests! {
    after: needs WORLD, partly IMAGES;
    calendar: needs WORLD, partly IMAGES;
    captain: needs WORLD, partly IMAGES;
    pull_request: needs WORLD, partly IMAGES;
    rollback: needs WORLD, partly IMAGES;
}

fn after() {
    tell("docs/after.md", open);
}

fn calendar() {
    tell("docs/calendar.md", open);
}

fn captain() {
    tell("docs/captain.md", open);
}

fn pull_request() {
    tell("docs/pull-request.md", open);
}

fn rollback() {
    tell("docs/rollback.md", open);
}

fn open(name: &str, workspace: &str) -> Option<Scene> {
    if workspace != "outside" {
        return None;
    }
    let outside = Outside::new(name);
    let place = outside.machine("a");
    outside.merges();
    let address = outside.fault_proxy.address.trim_start_matches("http://").to_owned();
    Some(Scene { place, shown: vec![(address, "registry.example")], _workspace: Box::new(outside) })
}
