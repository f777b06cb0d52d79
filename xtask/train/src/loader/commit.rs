//! What cargo says of a workspace as a commit has it: cargo wants to see files, so they are put where nobody else looks.
//! It must never put a large repository there for the few files that cargo looks at.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand};
use xshell::{Shell, cmd};

use super::{Loader, paths::may_be_read};
use crate::repo::{self, Entry, TempDir};
use plan::parallel;

/// The files of a commit that cargo looks at, where nobody else looks, and what it says of them.
pub struct LaidOut {
    pub top: PathBuf,
    pub files: Vec<Entry>,
    pub metadata: Metadata,
    /// What holds them.
    pub scratch: TempDir,
}

impl LaidOut {
    pub fn of(sh: &Shell, commit: &str, root: &Path) -> Result<LaidOut> {
        let scratch = TempDir::new()?;
        let top = scratch.path().canonicalize()?.join("tree");
        let files = repo::entries(sh, commit)?;
        let metadata = metadata(sh, commit, &files, &top, root)?;
        Ok(LaidOut { top, files, metadata, scratch })
    }
}

impl<'a> Loader<'a> {
    /// What [`Loader::at`] loads of some commits, of no train yet. What takes long is done side by side; one that cannot
    /// be loaded is left out.
    pub fn at_each(&self, commits: &[String]) -> Vec<(String, Loader<'a>)> {
        let (dir, root) = (self.sh.current_dir(), &self.graph.root);
        let laid_out = parallel::map(commits, 1, |commit| {
            let sh = Shell::new()?;
            sh.change_dir(&dir);
            LaidOut::of(&sh, commit, root)
        });
        let load = |(commit, laid_out): (&String, Result<_>)| {
            Some((commit.clone(), self.at_laid_out(commit, laid_out.ok()?, None).ok()?))
        };
        commits.iter().zip(laid_out).filter_map(load).collect()
    }
}

/// Asks for the members of the workspace with that root, whose files go to `top`.
fn metadata(sh: &Shell, commit: &str, files: &[Entry], top: &Path, root: &Path) -> Result<Metadata> {
    let git = |index: &Path, args: &[&str]| cmd!(sh, "git {args...}").env("GIT_INDEX_FILE", index).quiet();
    let (index, prefix) = (top.with_extension("index"), format!("--prefix={}/", top.display()));
    git(&index, &["read-tree", commit]).run()?;
    let ask = || MetadataCommand::new().no_deps().manifest_path(top.join(root)).exec();
    let few =
        files.iter().filter(|file| is_looked_at(file)).filter_map(|file| Some(format!("{}\0", file.path.to_str()?)));
    git(&index, &["checkout-index", "-z", "--stdin", &prefix]).stdin(few.collect::<String>()).run()?;
    if let Ok(metadata) = ask() {
        return Ok(metadata);
    }
    // A manifest may lead cargo to anything.
    git(&index, &["checkout-index", "--all", "--force", &prefix]).run()?;
    ask().with_context(|| format!("cargo cannot read the workspace as {commit} has it"))
}

/// Whether cargo, or who reads its answer, looks at a file of that name: a manifest, the root of a target
/// (<https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery>), prose, or a link.
fn is_looked_at(file: &Entry) -> bool {
    const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "build.rs"];
    const DIRS: [&str; 4] = ["bin", "examples", "tests", "benches"];
    const PROSE: [&str; 4] = ["md", "rst", "txt", "adoc"];
    let path = file.path.as_path();
    let named = |part: Option<&std::ffi::OsStr>, names: &[&str]| {
        part.is_some_and(|part| names.iter().any(|name| part == *name))
    };
    let is_prose = path.extension().is_none() || named(path.extension(), &PROSE);
    let is_rust = named(path.extension(), &["rs"]);
    let is_root = named(path.file_name(), &ROOTS) || named(path.parent().and_then(Path::file_name), &DIRS);
    file.is_link() || may_be_read(path) || is_prose || is_rust && is_root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of each member: its targets, and whether it has a readme.
    fn members(metadata: Metadata) -> Vec<String> {
        let of = |package: cargo_metadata::Package| {
            let targets = package.targets.iter().map(|target| format!(" {:?}:{}", target.kind, target.name));
            format!("{} {:?}{}", package.name, package.readme, targets.collect::<String>())
        };
        metadata.packages.into_iter().map(of).collect()
    }

    #[test]
    fn a_commit_has_the_targets_that_its_whole_tree_has() {
        let scratch = repo::TempDir::new().unwrap();
        let dir = scratch.path().canonicalize().unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(&dir);
        let members_of = |manifests: &[(&str, &str)], files: &[&str]| {
            for (path, text) in manifests.iter().copied().chain(files.iter().map(|path| (*path, ""))) {
                sh.write_file(path, text).unwrap();
            }
            let git = |args: &[&str]| cmd!(sh, "git -c user.name=x -c user.email=x@x.example {args...}").quiet();
            git(&["init", "--quiet"]).run().unwrap();
            git(&["add", "--all"]).run().unwrap();
            git(&["commit", "--quiet", "--message=all"]).run().unwrap();
            let top = repo::TempDir::new().unwrap();
            let top = top.path().canonicalize().unwrap().join("tree");
            let files = repo::entries(&sh, "HEAD").unwrap();
            let there = metadata(&sh, "HEAD", &files, &top, Path::new("Cargo.toml")).unwrap();
            let whole = MetadataCommand::new().no_deps().manifest_path(dir.join("Cargo.toml")).exec().unwrap();
            let has_deep = top.join("crates/lark/src/deep.rs").exists();
            assert_eq!(members(there), members(whole));
            has_deep
        };
        let workspace = ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n");
        let lark = ("crates/lark/Cargo.toml", "[package]\nname = \"lark\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        let files = ["lib.rs", "main.rs", "bin/three.rs", "bin/four/main.rs", "deep.rs"]
            .map(|file| format!("crates/lark/src/{file}"));
        let beside = ["build.rs", "README.md", "tests/one.rs", "examples/two/main.rs", "benches/five.rs"];
        let files = files.into_iter().chain(beside.map(|file| format!("crates/lark/{file}"))).collect::<Vec<_>>();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        assert!(!members_of(&[workspace, lark], &files), "a source that no target begins with is not needed");
        // A binary of the first edition may be beside the library, where nobody else looks for one.
        let wren =
            ("crates/wren/Cargo.toml", "[package]\nname = \"wren\"\nversion = \"0.1.0\"\n[[bin]]\nname = \"sing\"\n");
        assert!(members_of(&[workspace, lark, wren], &["crates/wren/src/sing.rs"]));
    }
}
