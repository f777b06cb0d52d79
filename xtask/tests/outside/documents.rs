//! The docs, man pages and completions as the programs take them that show them: mdBook, man, fish and zsh.
//! A complaint of theirs is a failure, too.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

tests! {
    mdbook_builds_it_without_a_warning: needs MDBOOK;
    man_reads_the_man_pages: needs MAN;
    fish_takes_its_completions: needs FISH;
    zsh_takes_its_completions: needs ZSH;
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The pages of the book, from the top of the workspace.
fn pages() -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(top().join("docs")).into_iter().map(|entry| entry.expect("an entry").into_path());
    found.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

fn mdbook_builds_it_without_a_warning() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
    let mut mdbook = Command::new("mdbook");
    let built = mdbook.args(["build", "--dest-dir"]).arg(&out).current_dir(top()).output().expect("mdbook starts");
    let printed = printed(&built);
    let bad = |line: &&str| line.contains("WARN") || line.contains("ERROR");
    let complaints: Vec<&str> = printed.lines().filter(bad).collect();
    assert!(built.status.success() && complaints.is_empty(), "{printed}");
    for page in pages().iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        let made = out.join(page.strip_prefix(top().join("docs")).expect("a page")).with_extension("html");
        assert!(made.exists(), "{} was not built", made.display());
    }
}

fn man_reads_the_man_pages() {
    let pages = fs::read_dir(top().join("docs/man")).expect("man pages");
    for page in pages.map(|entry| entry.expect("an entry").path()) {
        let shown = Command::new("man").args(["--warnings", "-l"]).arg(&page).env("MANPAGER", "cat").output();
        let shown = shown.expect("man starts");
        let complaints = String::from_utf8_lossy(&shown.stderr);
        assert!(shown.status.success() && complaints.trim().is_empty(), "{}: {complaints}", page.display());
        let text = String::from_utf8_lossy(&shown.stdout);
        assert!(text.contains("SYNOPSIS") && text.contains("cargo xtask"), "{text}");
    }
}

fn fish_takes_its_completions() {
    let script = "source completions/xtask.fish; complete --do-complete 'cargo xtask rel'";
    let output = Command::new("fish").args(["--no-config", "-c", script]).current_dir(top()).output();
    let printed = printed(&output.expect("fish starts"));
    assert!(printed.starts_with("release\t"), "{printed}");
}

fn zsh_takes_its_completions() {
    let output = Command::new("zsh").args(["-f", "-n", "completions/_cargo-xtask"]).current_dir(top()).output();
    assert_eq!(printed(&output.expect("zsh starts")), "");
}
