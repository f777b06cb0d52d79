//! What the pages show of the tool where nothing but Rust, Python and git is needed; the other stories are told in
//! `tests/outside/book.rs`. It must never let a page show what is not said; how a page tells a story is in `stage.rs`.

use crate::{
    harness::Place,
    stage::{Scene, pages, tell, workspaces},
};

/// A page with stories that need nothing else, and with some that need the local registries.
macro_rules! pages {
    (here { $($name:ident: $path:literal,)* } outside { $($outside:literal,)* }) => {
        $(#[test] fn $name() { tell($path, open); })*
        const HERE: &[&str] = &[$($path),*];
        const OUTSIDE: &[&str] = &[$($outside),*];
    };
}

pages! {
    here {
        readme: "README.md",
        adopt: "docs/adopt.md",
        captain: "docs/captain.md",
        cli: "docs/cli.md",
        hotfix: "docs/hotfix.md",
        stuck: "docs/stuck.md",
    }
    outside {
        "docs/after.md",
        "docs/calendar.md",
        "docs/captain.md",
        "docs/pull-request.md",
        "docs/rollback.md",
    }
}

fn open(name: &str, workspace: &str) -> Option<Scene> {
    let place = match workspace {
        "outside" => return None,
        "empty" => Place::new(name),
        workspace => Place::of_workspace(name, workspace),
    };
    Some(Scene { place, shown: Vec::new(), _workspace: Box::new(()) })
}

#[test]
fn every_page_with_a_story_is_reported() {
    let reported = |is_reported: fn(&String) -> bool| -> Vec<String> {
        pages().into_iter().filter(|page| workspaces(page).iter().any(is_reported)).collect()
    };
    let sorted = |pages: &'static [&'static str]| {
        let mut pages = pages.to_vec();
        pages.sort();
        pages
    };
    assert_eq!(
        reported(|workspace| workspace != "outside"),
        sorted(HERE),
        "the list above is that of the pages with a story"
    );
    assert_eq!(
        reported(|workspace| workspace == "outside"),
        sorted(OUTSIDE),
        "so is the other, and that of tests/outside/book.rs"
    );
}
