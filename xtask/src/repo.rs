//! The git repository as it stands: head, branches, tags, what is dirty, and texts as any commit has them.
//! It must never change anything; what does is in `perform/git`.

mod find;
mod underway;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use xshell::{PushEnv, Shell, TempDir, cmd};

pub use find::{Found, UNUSED_GIT_DIR, find};
pub use underway::{Lock, Underway};

use crate::{
    conventional::credit,
    edit::{STAGED, typed},
    workspace::Texts,
};

/// Facts about the repository at one moment.
#[derive(Clone, Debug, Default)]
pub struct Repo {
    /// The working tree's top directory.
    pub top: PathBuf,
    pub head: String,
    /// `None`: the head is detached.
    pub branch: Option<String>,
    /// The branch that the remote calls its default, else `main` or `master`.
    pub main: Option<String>,
    /// Changed and untracked files; ignored ones do not count.
    pub dirty: Vec<PathBuf>,
    /// Files that a run which was cut off left waiting beside those that they would have replaced.
    pub staged: Vec<PathBuf>,
    /// Tags and the commits that they lead to.
    pub tags: BTreeMap<String, String>,
    /// Local branches and their commits.
    pub branches: BTreeMap<String, String>,
    /// The branches that other working trees have checked out.
    pub elsewhere: BTreeMap<String, Elsewhere>,
    /// What git has begun here and not finished.
    pub underway: Option<Underway>,
    /// Locks that keep git from changing anything.
    pub locks: Vec<Lock>,
}

/// Another working tree of the repository. git lets a branch be checked out in one of them only.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    pub dir: PathBuf,
    /// The directory was deleted, and git does not know it yet.
    pub gone: bool,
}

impl Elsewhere {
    /// Why that branch cannot be used here, and what to type.
    pub fn in_the_way(&self, branch: &str) -> (String, String) {
        let dir = self.dir.display();
        match self.gone {
            false => (
                format!("{branch} is checked out in another working tree, {dir}"),
                format!("git -C {} switch --detach, then the same command", typed(&self.dir)),
            ),
            true => (
                format!("{branch} counts as checked out in {dir}, which is not there any more"),
                "git worktree prune, then the same command".to_owned(),
            ),
        }
    }
}

impl Repo {
    /// Whether the release of that tag was rolled back: there is a tag that says so.
    pub fn is_rolled_back(&self, tag: &str) -> bool {
        self.tags.contains_key(&rollback_tag(tag))
    }
}

/// The tag that says that the release of another one was rolled back.
pub fn rollback_tag(tag: &str) -> String {
    format!("{ROLLBACK}{tag}")
}

/// What such a tag begins with.
pub const ROLLBACK: &str = "rollback/";

/// How far back a release's own commit may lie behind later ones.
pub const HORIZON: usize = 1_000;

/// A commit in a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub commit: String,
    pub parents: Vec<String>,
    pub subject: String,
}

/// Reads the repository; the shell stands at its top. The status and the refs are asked side by side.
pub fn load(sh: &Shell, found: &Found) -> Result<Repo> {
    // Before git is asked anything that takes a lock for itself.
    let locks = underway::locks(found);
    let (status, refs) = beside(sh, status, refs);
    let refs = refs?;
    Ok(Repo {
        tags: refs.tags,
        branches: refs.branches,
        main: refs.main,
        elsewhere: refs.elsewhere,
        underway: underway::underway(found),
        locks,
        ..status?
    })
}

/// Asks two questions at the same time: most of an answer from git is the time that a process takes.
pub fn beside<A, B: Send>(sh: &Shell, one: impl FnOnce(&Shell) -> A, other: impl FnOnce(&Shell) -> B + Send) -> (A, B) {
    let theirs = sh.clone();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || other(&theirs));
        let one = one(sh);
        match other.join() {
            Ok(other) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// While it is held, git writes what it makes where its store does not keep it: a look must leave nothing.
pub fn unkept(sh: &Shell) -> Result<(PushEnv<'_>, PushEnv<'_>, TempDir)> {
    let scratch = sh.create_temp_dir()?;
    let store = cmd!(sh, "git rev-parse --path-format=absolute --git-path objects").quiet().read()?;
    let made = sh.push_env("GIT_OBJECT_DIRECTORY", scratch.path());
    Ok((made, sh.push_env("GIT_ALTERNATE_OBJECT_DIRECTORIES", store), scratch))
}

fn status(sh: &Shell) -> Result<Repo> {
    // Without the lock that it would take to note what it has compared: a look gets in nobody's way.
    let status =
        cmd!(sh, "git --no-optional-locks status --porcelain=v2 --branch -z --untracked-files=all --no-renames");
    let status = status.quiet().ignore_status().output()?;
    if !status.status.success() {
        let told = String::from_utf8_lossy(&status.stderr).trim().replace('\n', "; ");
        bail!("git cannot tell what is changed in {}: {told}; next: git status, git fsck", sh.current_dir().display());
    }
    let status = String::from_utf8(status.stdout).context("git status named a path that is not UTF-8")?;
    let mut repo = Repo { top: sh.current_dir(), ..Repo::default() };
    for line in status.split('\0') {
        if let Some(head) = line.strip_prefix("# branch.oid ") {
            repo.head = head.to_owned();
        } else if let Some(branch) = line.strip_prefix("# branch.head ") {
            repo.branch = (branch != "(detached)").then(|| branch.to_owned());
        } else {
            // The path is the last field; how many stand before it depends on the kind of line.
            let fields = match line.as_bytes().first() {
                Some(b'1') => 9,
                Some(b'u') => 11,
                Some(b'?') => 2,
                _ => continue,
            };
            if let Some(path) = line.splitn(fields, ' ').nth(fields - 1) {
                let kind = if path.ends_with(STAGED) { &mut repo.staged } else { &mut repo.dirty };
                kind.push(PathBuf::from(path));
            }
        }
    }
    if repo.head == "(initial)" {
        let on = repo.branch.map(|branch| format!(" on branch {branch}")).unwrap_or_default();
        bail!("{} has no commit yet{on}: commit the workspace first, or git switch BRANCH", repo.top.display());
    }
    Ok(repo)
}

#[derive(Default)]
struct Refs {
    tags: BTreeMap<String, String>,
    branches: BTreeMap<String, String>,
    main: Option<String>,
    elsewhere: BTreeMap<String, Elsewhere>,
}

fn refs(sh: &Shell) -> Result<Refs> {
    let format = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objectname)%00%(symref)%00%(worktreepath)";
    let patterns = ["refs/tags", "refs/heads", "refs/remotes/origin/HEAD"];
    let listed = cmd!(sh, "git for-each-ref --format {format} {patterns...}").quiet().read()?;
    let mut refs = Refs::default();
    for line in listed.lines() {
        let fields: Vec<&str> = line.split('\0').collect();
        let [name, kind, object, peeled, symref, worktree] = fields.as_slice() else {
            continue;
        };
        if let Some(name) = name.strip_prefix("refs/tags/") {
            let commit = if *kind == "tag" { peeled } else { object };
            refs.tags.insert(name.to_owned(), commit.to_string());
        } else if let Some(name) = name.strip_prefix("refs/heads/") {
            refs.branches.insert(name.to_owned(), object.to_string());
            let other = other_worktree(sh, worktree);
            refs.elsewhere.extend(other.map(|other| (name.to_owned(), other)));
        } else {
            refs.main = symref.strip_prefix("refs/remotes/origin/").map(str::to_owned);
        }
    }
    if refs.main.is_none() {
        let main = ["main", "master"].into_iter().find(|name| refs.branches.contains_key(*name));
        refs.main = main.map(str::to_owned);
    }
    Ok(refs)
}

/// The other working tree that a branch is checked out in.
pub fn elsewhere(sh: &Shell, branch: &str) -> Result<Option<Elsewhere>> {
    let name = format!("refs/heads/{branch}");
    let used = cmd!(sh, "git for-each-ref --format=%(worktreepath) {name}").quiet().read()?;
    Ok(other_worktree(sh, &used))
}

fn other_worktree(sh: &Shell, dir: &str) -> Option<Elsewhere> {
    let dir = Some(PathBuf::from(dir)).filter(|dir| !dir.as_os_str().is_empty() && *dir != sh.current_dir())?;
    Some(Elsewhere { gone: !dir.exists(), dir })
}

/// Every file that git tracks.
pub fn tracked(sh: &Shell) -> Result<BTreeSet<PathBuf>> {
    let listed = cmd!(sh, "git ls-files -z").quiet().read()?;
    Ok(listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
}

/// Every file that a commit has.
pub fn tracked_at(sh: &Shell, commit: &str) -> Result<BTreeSet<PathBuf>> {
    let listed = cmd!(sh, "git ls-tree -r -z --name-only --full-tree {commit}").quiet().read()?;
    Ok(listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
}

/// Texts from the working tree; files that are not there are left out.
pub fn texts_in_tree<'p>(top: &Path, paths: impl Iterator<Item = &'p PathBuf>) -> Result<Texts> {
    let mut texts = Texts::new();
    for path in paths {
        match std::fs::read_to_string(top.join(path)) {
            Ok(text) => drop(texts.insert(path.clone(), text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => bail!("{}: {error}", path.display()),
        }
    }
    Ok(texts)
}

/// Texts as `commit` has them; files that it does not have are left out.
pub fn texts_at(sh: &Shell, commit: &str, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    // Listed once and asked by object: asked as `commit:path`, git walks the trees again for each of them.
    let listed = cmd!(sh, "git ls-tree -r -z --full-tree {commit}").quiet().read()?;
    let found: Vec<(&str, &PathBuf)> = listed
        .split('\0')
        .filter_map(|entry| {
            let (kind, path) = entry.split_once('\t')?;
            Some((kind.rsplit(' ').next()?, paths.get(Path::new(path))?))
        })
        .collect();
    let asked: String = found.iter().map(|(object, _)| format!("{object}\n")).collect();
    let output = cmd!(sh, "git cat-file --batch").stdin(asked).quiet().output()?;
    let mut rest = output.stdout.as_slice();
    let mut texts = Texts::new();
    for (_, path) in found {
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            bail!("git cat-file ended early at {}", path.display())
        };
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let size =
            header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()).filter(|size| rest.len() > *size);
        let Some(size) = size else { bail!("git cat-file said `{header}` of {}", path.display()) };
        let text = std::str::from_utf8(&rest[..size]).with_context(|| format!("{} is not UTF-8", path.display()))?;
        texts.insert(path.clone(), text.to_owned());
        rest = &rest[size + 1..];
    }
    Ok(texts)
}

/// Texts below some directories as `commit` has them.
pub fn texts_below(sh: &Shell, commit: &str, dirs: &[PathBuf]) -> Result<Texts> {
    if dirs.is_empty() {
        return Ok(Texts::new());
    }
    let listed = cmd!(sh, "git ls-tree -r -z --full-tree --name-only {commit} -- {dirs...}").quiet().read()?;
    texts_at(sh, commit, &listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
}

/// The newest commits that any of `tips` leads to.
pub fn log(sh: &Shell, tips: &[&str], limit: usize) -> Result<Vec<LogEntry>> {
    let limit = limit.to_string();
    let listed = cmd!(sh, "git log --max-count {limit} --format=%H%x00%P%x00%s {tips...} --").quiet().read()?;
    Ok(listed
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, '\0');
            let (commit, parents, subject) = (fields.next()?, fields.next()?, fields.next()?);
            Some(LogEntry {
                commit: commit.to_owned(),
                parents: parents.split_whitespace().map(str::to_owned).collect(),
                subject: subject.to_owned(),
            })
        })
        .collect())
}

/// What an annotated tag says, its signature left out; empty for one that is only a name.
pub fn tag_message(sh: &Shell, tag: &str) -> Result<String> {
    let format = "%(objecttype)%00%(contents:signature)%00%(contents)";
    let told = cmd!(sh, "git for-each-ref --format {format} refs/tags/{tag}").quiet().read()?;
    let fields: Vec<&str> = told.splitn(3, '\0').collect();
    match fields.as_slice() {
        ["tag", signature, message] => {
            let message = message.trim_end();
            Ok(message.strip_suffix(signature.trim_end()).unwrap_or(message).trim().to_owned())
        }
        [_, _, _] => Ok(String::new()),
        _ => bail!("there is no tag {tag} here: git fetch --tags"),
    }
}

/// A commit with all that it says and touches. Who it is by is a name, never an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub commit: String,
    pub parents: Vec<String>,
    pub author: String,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    pub text: String,
    /// The files that it changes; of a merge, those in which it differs from all that it merges.
    pub paths: Vec<PathBuf>,
}

impl Message {
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }

    /// Its line in the log: the first paragraph, as git has it.
    pub fn entry(&self) -> LogEntry {
        let first = self.text.lines().take_while(|line| !line.trim().is_empty());
        let subject = first.collect::<Vec<_>>().join(" ");
        LogEntry { commit: self.commit.clone(), parents: self.parents.clone(), subject }
    }
}

/// The commits that `to` leads to and `without` does not, newest first, with all that they say; no more than `limit`,
/// where there is one.
pub fn messages(sh: &Shell, to: &str, without: Option<&str>, limit: Option<usize>) -> Result<Vec<Message>> {
    let not = without.map(|_| "--not");
    let limit = limit.map(|limit| format!("--max-count={limit}"));
    // No message and no path holds these bytes.
    let format = "--format=format:%x01%H%x1f%P%x1f%aN%x1f%aE%x1f%ct%x1f%B%x1f";
    let options = ["--name-only", "--no-renames", "--diff-merges=combined", "-z", format];
    let listed = cmd!(sh, "git log {limit...} {options...} {to} {not...} {without...} --").quiet().read()?;
    let read = |record: &str| {
        let mut fields = record.splitn(7, '\u{1f}');
        let mut field = || fields.next();
        let (commit, parents, name, address, time) = (field()?, field()?, field()?, field()?, field()?);
        let text = field()?.trim();
        let paths = field()?.trim_start_matches('\n').split('\0').filter(|path| !path.is_empty());
        Some(Message {
            commit: commit.to_owned(),
            parents: parents.split_whitespace().map(str::to_owned).collect(),
            author: credit(name, address),
            time: time.parse().ok()?,
            text: text.to_owned(),
            paths: paths.map(PathBuf::from).collect(),
        })
    };
    Ok(listed.split('\u{1}').filter_map(read).collect())
}

/// The commits that `to` leads to since a tag; all of them when there is none.
pub fn messages_since(sh: &Shell, to: &str, tag: Option<&str>, limit: Option<usize>) -> Result<Vec<Message>> {
    let tag = tag.map(|tag| format!("refs/tags/{tag}"));
    messages(sh, to, tag.as_deref(), limit)
}

/// The newest of these commits that touch any of `paths`.
pub fn log_of(sh: &Shell, tips: &[&str], paths: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let limit = HORIZON.to_string();
    let log = cmd!(sh, "git --literal-pathspecs log --max-count {limit} --format=%H {tips...} -- {paths...}");
    Ok(log.quiet().read()?.lines().map(str::to_owned).collect())
}

/// Files that differ between two commits.
pub fn changed(sh: &Shell, from: &str, to: &str) -> Result<Vec<PathBuf>> {
    let listed = cmd!(sh, "git diff --name-only --no-renames -z {from} {to} --").quiet().read()?;
    Ok(listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
}

/// Whether `commit` is `tip` or one of its ancestors.
pub fn is_ancestor(sh: &Shell, commit: &str, tip: &str) -> Result<bool> {
    let output = cmd!(sh, "git merge-base --is-ancestor {commit} {tip}").quiet().ignore_status().output()?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => bail!("git merge-base {commit} {tip}: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
}

/// The newest commit that both lead to.
pub fn merge_base(sh: &Shell, one: &str, other: &str) -> Result<Option<String>> {
    let output = cmd!(sh, "git merge-base {one} {other}").quiet().ignore_status().output()?;
    match output.status.code() {
        Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
        Some(1) => Ok(None),
        _ => bail!("git merge-base {one} {other}: {}", String::from_utf8_lossy(&output.stderr).trim()),
    }
}

/// Lines of tracked text files in the working tree that hold `version` by itself: path, line number from 1, line.
pub fn mentions(sh: &Shell, version: &str) -> Result<Vec<(PathBuf, usize, String)>> {
    let output = cmd!(sh, "git grep -I -n -z -w -F -e {version} --").quiet().ignore_status().output()?;
    // 1 is its "none".
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("git grep {version}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.splitn(3, '\0');
        Some((PathBuf::from(fields.next()?), fields.next()?.parse().ok()?, fields.next()?.to_owned()))
    });
    // `0.9.3` is part of the longer versions `0.9.3-rc.1`, `1.0.9.3` and `0.9.3.post1`, which are others.
    let joins = |c: Option<char>, next: Option<char>| {
        c.is_some_and(|c| "-+.".contains(c)) && next.is_some_and(char::is_alphanumeric)
    };
    let alone = |line: &str| {
        line.match_indices(version).any(|(at, found)| {
            let (mut before, mut after) = (line[..at].chars().rev(), line[at + found.len()..].chars());
            !joins(before.next(), before.next()) && !joins(after.next(), after.next())
        })
    };
    Ok(lines.filter(|(.., line)| alone(line)).collect())
}
