//! The pages' stories: every block is run for real, and what it prints is compared with what the page shows.
//! It must never know of a world that needs more than Rust, Python and git: whoever has one hands it in.
//!
//! A block of a story is a `console` block with a comment before it:
//!
//! ```text
//! <!-- story: captain world: plain exit: 1
//! remote
//! append notes.txt what happens before, unseen: lines as in a case of `cases/`
//! -->
//! ```
//!
//! `world` stands at a story's first block: a folder of `workspaces/`, `empty`, or `outside`, the first train of `shipped`
//! with its remote and all registries. `exit` is how the last command of the block ends, 0 without it; the others
//! succeed. A block with `write: PATH` or `append: PATH` is not run, but put into that file. A comment without a block
//! after it is set up alone. Beside the lines of a case there are `dist VERSION`, which makes a wheel and a source
//! distribution in `dist`; `run COMMAND`; and `beside`, after which this very workspace stands in `../barter`, cargo may ask
//! the user's index, and what is built is kept for the next time.
//!
//! In what a command prints, `…` stands for what is left out: alone on a line for lines, in a line for the rest of it.

use std::{
    any::Any,
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{
    cases::set_up,
    dists::make_dist,
    harness::{Place, run, without_ids, without_seconds},
};

/// A page and the blocks of its stories.
struct Page {
    path: PathBuf,
    lines: Vec<String>,
    blocks: Vec<Block>,
}

/// A comment and the block after it.
#[derive(Default)]
struct Block {
    story: String,
    workspace: String,
    exit: i32,
    file: Option<(String, bool)>,
    setup: Vec<String>,
    /// The lines of the page between the fences, and how far they are indented.
    from: usize,
    to: usize,
    indent: usize,
}

/// The pages of the book and the README, from the top of the workspace.
pub fn pages() -> Vec<String> {
    let found = walkdir::WalkDir::new(top().join("docs")).sort_by_file_name().into_iter().map(Result::unwrap);
    let found = found.filter(|entry| entry.path().extension().is_some_and(|end| end == "md"));
    let paths = found.map(|entry| entry.path().strip_prefix(top()).unwrap().to_str().unwrap().to_owned());
    std::iter::once("README.md".to_owned()).chain(paths).collect()
}

/// The workspaces of a page's stories.
pub fn workspaces(path: &str) -> Vec<String> {
    Page::read(path).blocks.into_iter().map(|block| block.workspace).filter(|workspace| !workspace.is_empty()).collect()
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

impl Page {
    fn read(path: &str) -> Page {
        let path = top().join(path);
        let lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        let mut blocks = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let Some(head) = lines[at].trim_start().strip_prefix("<!-- story: ") else {
                at += 1;
                continue;
            };
            let mut block = Block::comment(head.trim_end_matches("-->"));
            while !lines[at].trim_end().ends_with("-->") {
                at += 1;
                block.setup.push(lines[at].trim().trim_end_matches("-->").trim_end().to_owned());
            }
            block.setup.retain(|line| !line.is_empty());
            let fence = (at + 1..lines.len()).find(|at| !lines[*at].trim().is_empty());
            if let Some(fence) = fence.filter(|at| lines[*at].trim_start().starts_with("```")) {
                block.indent = lines[fence].len() - lines[fence].trim_start().len();
                block.from = fence + 1;
                block.to = (fence + 1..lines.len()).find(|at| lines[*at].trim() == "```").expect("the block ends");
                at = block.to;
            }
            blocks.push(block);
            at += 1;
        }
        Page { path, lines, blocks }
    }

    /// What stands in a block.
    fn text(&self, block: &Block) -> Vec<String> {
        let lines = self.lines[block.from..block.to].iter();
        lines.map(|line| line.get(block.indent..).unwrap_or_default().to_owned()).collect()
    }
}

impl Block {
    /// `captain world: plain exit: 1`.
    fn comment(head: &str) -> Block {
        let mut words = head.split_whitespace();
        let mut block = Block { story: words.next().expect("a story's name").to_owned(), ..Block::default() };
        while let (Some(key), value) = (words.next(), words.next()) {
            let value = value.expect("a value").to_owned();
            match key {
                "workspace:" => block.workspace = value,
                "exit:" => block.exit = value.parse().unwrap(),
                "write:" => block.file = Some((value, false)),
                "append:" => block.file = Some((value, true)),
                _ => panic!("{head}: what is `{key}`?"),
            }
        }
        block
    }
}

/// Where a story happens, as whoever tells it opens it.
pub struct Scene {
    pub place: Place,
    /// What is shown instead of something in what is said: addresses.
    pub shown: Vec<(String, &'static str)>,
    /// What lives as long as the story.
    pub _workspace: Box<dyn Any>,
}

struct Stage {
    scene: Scene,
    target: PathBuf,
}

impl Stage {
    fn new(mut scene: Scene) -> Stage {
        let place = &mut scene.place;
        // `cargo xtask` is what a person types; in a workspace with an xtask of its own, that is meant.
        let shims = place.tree.with_file_name("shims");
        fs::create_dir_all(&shims).unwrap();
        let shim = format!(
            "#!/bin/sh\n[ \"$1\" = xtask ] && [ ! -d xtask ] || exec '{}' \"$@\"\nshift\nexec '{}' \"$@\"\n",
            env!("CARGO"),
            env!("CARGO_BIN_EXE_xtask")
        );
        fs::write(shims.join("cargo"), shim).unwrap();
        fs::set_permissions(shims.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", shims.display(), std::env::var("PATH").unwrap());
        place.env.push(("PATH".to_owned(), path));
        let target = place.tree.with_file_name("target");
        Stage { scene, target }
    }

    fn set_up(&mut self, line: &str) {
        let place = &mut self.scene.place;
        if line == "beside" {
            std::os::unix::fs::symlink(top(), place.tree.with_file_name("barter")).unwrap();
            self.target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("beside");
            let set = |name: &str, value: String| (name.to_owned(), value);
            place.env.push(set("CARGO_TARGET_DIR", self.target.display().to_string()));
            place.env.push(set("CARGO_NET_OFFLINE", "false".to_owned()));
            // The next time, little has changed.
            place.env.push(set("CARGO_INCREMENTAL", "1".to_owned()));
            return;
        }
        match line.split_once(' ') {
            Some(("dist", version)) => {
                make_dist(place, &place.tree.join("dist"), version);
                fs::write(place.tree.join(".git/info/exclude"), "dist\n").unwrap();
            }
            Some(("run", command)) => drop(run(place.command("sh").args(["-c", command]))),
            _ => set_up(place, line),
        }
    }

    /// What a command prints, as a person sees it.
    fn type_in(&self, command: &str) -> (Option<i32>, Vec<String>) {
        let output = self.scene.place.command("sh").args(["-c", &format!("exec 2>&1\n{command}")]).output().unwrap();
        let mut printed = String::from_utf8(output.stdout).unwrap();
        let home = self.scene.place.tree.parent().unwrap().display().to_string();
        for (from, to) in [(format!("{home}/tree"), "~/lark"), (format!("{home}/target"), "~/lark/target"), (home, "~")]
        {
            printed = printed.replace(&from, to);
        }
        for (from, to) in &self.scene.shown {
            printed = printed.replace(from, to);
        }
        printed = printed.replace(env!("CARGO"), "cargo");
        (output.status.code(), printed.lines().map(|line| line.trim_end().to_owned()).collect())
    }
}

/// Runs the stories of a page whose world is opened, and compares or rewrites what they show.
pub fn tell(path: &str, open: impl Fn(&str, &str) -> Option<Scene>) {
    let page = Page::read(path);
    let mut stages = BTreeMap::new();
    let mut new = BTreeMap::new();
    let mut stale = Vec::new();
    for block in &page.blocks {
        let stage = stages.entry(&block.story).or_insert_with(|| {
            assert!(!block.workspace.is_empty(), "{}: the first block names the world", block.story);
            open(&format!("book_{}", block.story), &block.workspace).map(Stage::new)
        });
        let Some(stage) = stage else { continue };
        block.setup.iter().for_each(|line| stage.set_up(line));
        let text = page.text(block);
        if let Some((file, append)) = &block.file {
            let before = if *append { stage.scene.place.read_or_empty(file) } else { String::new() };
            stage.scene.place.write(file, &format!("{before}{}\n", text.join("\n")));
            continue;
        }
        let mut shown = Vec::new();
        let commands: Vec<&[String]> = text.chunk_by(|_, next| !next.starts_with("$ ")).collect();
        for (nth, lines) in commands.iter().enumerate() {
            let command = lines[0].strip_prefix("$ ").unwrap_or_else(|| panic!("{path}:{}: `$ …`", block.from + 1));
            let (code, printed) = stage.type_in(command);
            let wanted = if nth + 1 == commands.len() { block.exit } else { 0 };
            assert_eq!(code, Some(wanted), "{path}: {command}\n{}", printed.join("\n"));
            let lines = &lines[1..];
            shown.push(format!("$ {command}"));
            shown.extend(aligned(lines, &printed).unwrap_or_else(|| {
                let now = rewritten(lines, &printed);
                stale.push(format!("{path}: $ {command}\n{}", difference(lines, &now)));
                now
            }));
        }
        new.insert(block.from, (block, shown));
    }
    if stale.is_empty() {
        return;
    }
    assert!(std::env::var_os("BLESS").is_some(), "BLESS=1 rewrites what is shown:\n{}", stale.join("\n"));
    // All of it, so that a story tells of the same commits from its beginning to its end.
    let mut lines = page.lines.clone();
    for (block, shown) in new.into_values().rev() {
        let indented = shown.into_iter().map(|line| format!("{:1$}{line}", "", block.indent).trim_end().to_owned());
        lines.splice(block.from..block.to, indented);
    }
    fs::write(&page.path, lines.join("\n") + "\n").unwrap();
}

/// The line without what differs from run to run: ids, times, how long it took.
fn normal(line: &str) -> String {
    let line = without_seconds(&without_ids(line));
    // `2026-11-21T04:05:10Z`
    let is_time = |word: &str| word.len() >= 20 && word.as_bytes()[10] == b'T' && word.as_bytes()[19] == b'Z';
    let words: Vec<&str> = line.split(' ').map(|word| if is_time(word) { "TIME" } else { word }).collect();
    let line = words.join(" ");
    // `     0.9 s  proved`
    match line.trim_start().split_once(" s ") {
        Some((seconds, rest)) if seconds.parse::<f64>().is_ok() => format!("N s {rest}"),
        _ => line,
    }
}

/// The lines that a page may show of what was said, when those that it shows may be.
fn aligned(shown: &[String], printed: &[String]) -> Option<Vec<String>> {
    let before = |first: &String, rest: Vec<String>| std::iter::once(first.clone()).chain(rest).collect();
    match (shown, printed) {
        ([], []) => Some(Vec::new()),
        ([dots, shown @ ..], _) if dots == "…" => {
            (0..=printed.len()).find_map(|at| aligned(shown, &printed[at..])).map(|rest| before(dots, rest))
        }
        ([shown, more @ ..], [line, rest @ ..]) if is_line(shown, line) => {
            let line = if shown.ends_with('…') { shown } else { line };
            aligned(more, rest).map(|rest| before(line, rest))
        }
        _ => None,
    }
}

fn is_line(shown: &str, line: &str) -> bool {
    let (shown, line) = (normal(shown), normal(line));
    match shown.strip_suffix('…') {
        Some(start) => line.starts_with(start),
        None => shown == line,
    }
}

/// What was said, less what the page left out before.
fn rewritten(shown: &[String], printed: &[String]) -> Vec<String> {
    // A line that is shown in part counts as the one that it is part of.
    let whole = |part: &String| {
        printed.iter().find(|line| is_line(part, line)).map_or_else(|| normal(part), |line| normal(line))
    };
    let old: Vec<String> = shown.iter().map(|line| if line == "…" { line.clone() } else { whole(line) }).collect();
    let new: Vec<String> = printed.iter().map(|line| normal(line)).collect();
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (old, new) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            let pairs = shown[old].iter().zip(&printed[new]);
            lines.extend(pairs.map(|(shown, printed)| if shown.ends_with('…') { shown } else { printed }.clone()));
            continue;
        }
        let (before, new) = (&shown[old], &printed[new]);
        match before.iter().position(|line| line == "…") {
            // So many lines before it and after it as were shown before.
            Some(at) if before.len() <= new.len() => {
                lines.extend_from_slice(&new[..at]);
                lines.push("…".to_owned());
                lines.extend_from_slice(&new[new.len() - (before.len() - at - 1)..]);
            }
            _ => lines.extend_from_slice(new),
        }
    }
    lines
}

fn difference(shown: &[String], printed: &[String]) -> String {
    let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (shown, printed) = (text(shown), text(printed));
    similar::TextDiff::from_lines(&shown, &printed).unified_diff().header("shown", "said").to_string()
}

#[test]
fn what_is_shown_may_be_less_but_not_other() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed =
        lines("train lark: 0.7.3\n  done tag of 5d91a86b3\n  begin prove\nrunning 1 test\n  done (1.5 s)\nend");
    for (shown, is_true) in [
        ("train lark: 0.7.3\n  done tag of 0a91a86b3\n  begin prove\nrunning 1 test\n  done (0.1 s)\nend", true),
        ("train lark: 0.7.3\n…\n  done (2.1 s)\nend", true),
        ("…\nend", true),
        ("train …\n…", true),
        ("train lark: 0.7.3\n…", true),
        ("train lark: 0.7.3", false),
        ("train lark: 0.7.4\n…\nend", false),
        ("…\n  done (2.1 s)", false),
        ("…\nend\nend", false),
        ("", false),
    ] {
        assert_eq!(aligned(&lines(shown), &printed).is_some(), is_true, "{shown}");
    }
    // What is rewritten leaves out what was left out before.
    let shown = lines("train lark: 0.7.2\n…\nrunning 1 test\n  done (0.1 s)\nfin");
    assert_eq!(
        rewritten(&shown, &printed),
        lines("train lark: 0.7.3\n…\nrunning 1 test\n  done (1.5 s)\nend"),
        "changed lines are new, and the rest is still left out"
    );
    assert_eq!(rewritten(&[], &printed), printed);
}
