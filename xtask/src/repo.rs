//! The git repository as it stands: head, branches, tags, what is dirty, and texts as any commit has them.
//! It must never change anything; what does is in `perform/git`.

mod answer;
pub mod contents;
mod cut_off;
pub mod filters;
mod find;
mod temp;
mod underway;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    io::BufRead as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use xshell::{PushEnv, Shell, cmd};

pub use answer::{bytes, path, text};
use answer::{fields, lossy, named};
pub use cut_off::way_back;
pub use find::{Found, UNUSED_GIT_DIR, find};
pub use temp::{TempDir, make_private};

use plan::{
    conventional::credit,
    edit::{STAGED, slashed},
    files::tag_record::Record,
    names::check_name,
    ownership::Made,
    parallel,
    paths::{dir, normalized},
    repo::{At, Elsewhere, Hit, LogEntry, Message, Recorded, Repo},
    workspace::Texts,
};

/// How far back a release's own commit may lie behind later ones.
pub const HORIZON: usize = 1_000;

/// Whether this repository made a commit that somebody else names.
pub fn made(sh: &Shell, commit: &str) -> Made {
    let is_name = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let object = format!("{commit}^{{commit}}");
    let found = is_name && cmd!(sh, "git cat-file -e {object}").quiet().ignore_stderr().run().is_ok();
    if found { Made::Here } else { Made::Elsewhere }
}

/// The commits that git was most likely on its way from or to, whatever it did: the head's parents and the branches.
pub fn around(sh: &Shell, repo: &Repo) -> Result<Vec<String>> {
    let parents = log(sh, &["HEAD"], 1)?.into_iter().flat_map(|head| head.parents);
    Ok(parents.chain(repo.branches.values().cloned()).collect())
}

/// The commits on the head that nothing leads to: git was cut off before it had moved a branch to one of them.
pub fn unborn(sh: &Shell, repo: &Repo) -> Result<Vec<String>> {
    let listed = text(cmd!(sh, "git fsck --unreachable --no-reflogs --connectivity-only --no-progress"))?;
    let commits = listed.lines().filter_map(|line| line.strip_prefix("unreachable commit "));
    let asked: String = commits.map(|commit| format!("{commit}\n")).collect();
    // All at once: what was fetched and dropped may be thousands. Without any, git would tell of the head.
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let output = text(cmd!(sh, "git rev-list --no-walk=unsorted --parents --stdin").stdin(asked))?;
    let on_head = output.lines().filter_map(|line| line.split_once(' ')).filter(|(_, parents)| *parents == repo.head);
    Ok(on_head.map(|(commit, _)| commit.to_owned()).collect())
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
        is_main_left_out: refs.is_main_left_out,
        lacks_branches: refs.lacks_branches,
        remote_branches: refs.remote_branches,
        origin: refs.origin,
        elsewhere: refs.elsewhere,
        underway: underway::underway(sh, found),
        locks,
        is_shallow: found.is_shallow,
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
    let scratch = TempDir::new()?;
    let store = path(cmd!(sh, "git rev-parse --path-format=absolute --git-path objects"))?;
    let made = sh.push_env("GIT_OBJECT_DIRECTORY", scratch.path());
    Ok((made, sh.push_env("GIT_ALTERNATE_OBJECT_DIRECTORIES", alternate(&store)), scratch))
}

/// The variable takes a list of paths; one that holds the separator is written in quotes
/// (<https://git-scm.com/docs/git#Documentation/git.txt-GITALTERNATEOBJECTDIRECTORIES>).
fn alternate(store: &Path) -> OsString {
    let Some(path) = store.to_str().filter(|_| !cfg!(windows)) else { return store.into() };
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")).into()
}

fn status(sh: &Shell) -> Result<Repo> {
    // Whoever has git ignore changes of a submodule is spared its untracked files alone: others are in no checkout.
    let modules = std::fs::read(sh.current_dir().join(".gitmodules"));
    let is_ignored = modules.is_ok_and(|modules| {
        let settings = "^(submodule\\..*\\.ignore|diff\\.ignoresubmodules)$";
        let configured = cmd!(sh, "git config --get-regexp {settings}").quiet().ignore_stdout().ignore_stderr();
        lossy(&modules).contains("ignore") || configured.run().is_ok()
    });
    let ignores = if is_ignored { "--ignore-submodules=untracked" } else { "--ignore-submodules=none" };
    let status = cmd!(
        sh,
        "git status --porcelain=v2 --branch -z --untracked-files=all --ignored=matching --no-renames {ignores}"
    );
    let status = status.quiet().ignore_status().output()?;
    if !status.status.success() {
        let output = String::from_utf8_lossy(&status.stderr).trim().replace('\n', "; ");
        bail!(
            "git cannot tell what is changed in {}: {output}; next: git status, git fsck",
            sh.current_dir().display()
        );
    }
    let mut repo = Repo { top: sh.current_dir(), ..Repo::default() };
    for line in fields(&status.stdout) {
        if let Some(head) = line.strip_prefix(b"# branch.oid ") {
            repo.head = lossy(head);
        } else if let Some(branch) = line.strip_prefix(b"# branch.head ") {
            repo.branch = (branch != b"(detached)").then(|| lossy(branch));
        } else {
            // The path is the last field; how many stand before it depends on the kind of line.
            let fields = match line.first() {
                Some(b'1') => 9,
                Some(b'u') => 11,
                Some(b'?' | b'!') => 2,
                _ => continue,
            };
            if let Some(path) = line.splitn(fields, |byte| *byte == b' ').nth(fields - 1) {
                let kind = match line.first() {
                    Some(b'!') => &mut repo.ignored,
                    _ if path.ends_with(STAGED.as_bytes()) => &mut repo.staged,
                    _ => &mut repo.dirty,
                };
                kind.push(named(path));
                // `<XY> <sub>` (git-status(1), porcelain version 2).
                if fields > 2 && line.get(5) == Some(&b'S') {
                    repo.dirty_submodules.push(named(path));
                }
                if line.starts_with(b"u ") {
                    repo.unmerged.push(named(path));
                }
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
    is_main_left_out: bool,
    lacks_branches: bool,
    remote_branches: BTreeSet<String>,
    origin: Option<String>,
    elsewhere: BTreeMap<String, Elsewhere>,
}

fn refs(sh: &Shell) -> Result<Refs> {
    let format = "%(refname)%00%(objectname)%00%(symref)%00%(worktreepath)";
    let usual = ["main", "master"];
    let remote = "refs/remotes/origin/";
    let (listed, tags) =
        beside(sh, |sh| bytes(cmd!(sh, "git for-each-ref --format {format} refs/heads refs/remotes")), tags);
    let (listed, mut refs) = (listed?, Refs { tags: tags?, ..Refs::default() });
    for line in listed.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.splitn(4, |byte| *byte == 0).collect();
        let [name, object, symref, worktree] = fields.as_slice() else {
            continue;
        };
        let Some(name) = meant(name, &["refs/heads/", "refs/remotes/"]) else { continue };
        if let Some(name) = name.strip_prefix("refs/heads/") {
            refs.branches.insert(name.to_owned(), lossy(object));
            let other = other_worktree(sh, named(worktree));
            refs.elsewhere.extend(other.map(|other| (name.to_owned(), other)));
        } else if symref.is_empty() {
            refs.remote_branches.extend(name.strip_prefix("refs/remotes/").map(str::to_owned));
        } else if name == "refs/remotes/origin/HEAD" {
            let main = std::str::from_utf8(symref).ok().and_then(|main| main.strip_prefix(remote));
            refs.main = main.filter(|main| check_name(main).is_ok()).map(str::to_owned);
        }
    }
    if refs.main.is_none() {
        // A checkout of CI knows the remote's branches, and not which of them is the default one.
        let is_there =
            |name: &&str| refs.branches.contains_key(*name) || refs.remote_branches.contains(&format!("origin/{name}"));
        let main = usual.into_iter().find(is_there);
        refs.main = main.map(str::to_owned);
    }
    let listed = cmd!(sh, "git config --get-regexp ^remote\\..*\\.(fetch|url)$").quiet().ignore_status().output()?;
    let listed = lossy(&listed.stdout);
    refs.origin = listed.lines().find_map(|line| line.strip_prefix("remote.origin.url ")).map(str::to_owned);
    let is_fetch = |line: &&str| line.split(' ').next().is_some_and(|key| key.ends_with(".fetch"));
    let fetched: Vec<&str> = listed.lines().filter(is_fetch).collect();
    let is_of_origin = |line: &&str| line.starts_with("remote.origin.fetch ");
    let of_origin: Vec<&str> = fetched.iter().copied().filter(is_of_origin).collect();
    let is_cut = |lines: &[&str]| !lines.is_empty() && !lines.iter().any(|line| line.contains('*'));
    refs.is_main_left_out = refs.main.is_none() && is_cut(&of_origin);
    refs.lacks_branches = is_cut(&of_origin) || is_cut(&fetched);
    Ok(refs)
}

/// The name of a ref. One that is not UTF-8 is none that a configuration could mean, nor is one that git itself would not
/// make.
fn meant<'n>(name: &'n [u8], starts: &[&str]) -> Option<&'n str> {
    let name = std::str::from_utf8(name).ok()?;
    let short = starts.iter().find_map(|start| name.strip_prefix(start));
    short.is_none_or(|short| check_name(short).is_ok()).then_some(name)
}

/// Every tag and the commit that it leads to. Where git has packed its refs, it knows both without a look at each tag.
fn tags(sh: &Shell) -> Result<BTreeMap<String, String>> {
    let output = cmd!(sh, "git show-ref --tags --dereference").quiet().ignore_status().output()?;
    // 1 is its "none".
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("git cannot list its tags: {}; next: git fsck", lossy(&output.stderr).trim());
    }
    Ok(tags_listed(&output.stdout))
}

/// Takes apart what `git show-ref` printed: a tag that is an object has a second line with what that leads to.
fn tags_listed(listed: &[u8]) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for line in listed.split(|byte| *byte == b'\n') {
        let Some(at) = line.iter().position(|byte| *byte == b' ') else { continue };
        let (object, name) = (&line[..at], &line[at + 1..]);
        let name = name.strip_suffix(b"^{}").unwrap_or(name);
        let Some(name) = meant(name, &["refs/tags/"]).and_then(|name| name.strip_prefix("refs/tags/")) else {
            continue;
        };
        tags.insert(name.to_owned(), lossy(object));
    }
    tags
}

/// Whether files were left out of this working tree (git-sparse-checkout(1)).
pub fn is_sparse(sh: &Shell) -> bool {
    let asked = cmd!(sh, "git config --type=bool --get core.sparseCheckout").quiet().ignore_status().ignore_stderr();
    asked.read().is_ok_and(|output| output == "true")
}

/// The other working tree that a branch is checked out in.
pub fn elsewhere(sh: &Shell, branch: &str) -> Result<Option<Elsewhere>> {
    let name = format!("refs/heads/{branch}");
    Ok(other_worktree(sh, path(cmd!(sh, "git for-each-ref --format=%(worktreepath) {name}"))?))
}

fn other_worktree(sh: &Shell, dir: PathBuf) -> Option<Elsewhere> {
    let dir = Some(dir).filter(|dir| !dir.as_os_str().is_empty() && *dir != sh.current_dir())?;
    Some(Elsewhere { gone: !dir.exists(), dir })
}

/// What git ignores below a directory, from there; a directory that holds nothing else stands for all that is in it.
pub fn ignored(sh: &Shell, dir: &Path) -> Result<Vec<PathBuf>> {
    let options = ["--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let listed = bytes(cmd!(sh, "git -C {dir} ls-files {options...} -- ."))?;
    Ok(fields(&listed).map(named).collect())
}

/// Every file that a commit has.
pub fn tracked_at(sh: &Shell, commit: &str) -> Result<BTreeSet<PathBuf>> {
    Ok(fields(&bytes(cmd!(sh, "git ls-tree -r -z --name-only --full-tree {commit}"))?).map(named).collect())
}

/// What a commit has at a path.
pub struct Entry {
    /// As git writes it: `100644`, `120000` of a symbolic link.
    pub mode: String,
    pub object: String,
    pub path: PathBuf,
}

/// All that a commit has.
pub fn entries(sh: &Shell, commit: &str) -> Result<Vec<Entry>> {
    let listed = bytes(cmd!(sh, "git ls-tree -r -z --full-tree {commit}"))?;
    let entry = |entry: &[u8]| {
        let (what, path) = entry.split_at(entry.iter().position(|byte| *byte == b'\t')?);
        let what = lossy(what);
        let mut words = what.split(' ');
        let (mode, object) = (words.next()?.to_owned(), words.next_back()?.to_owned());
        Some(Entry { mode, object, path: named(&path[1..]) })
    };
    Ok(fields(&listed).filter_map(entry).collect())
}

/// Texts from the working tree, in the form in which git keeps them; files that are not there are left out. Bytes that are
/// not UTF-8 are shown as `\u{FFFD}`: most texts are only read, and one that would have to be written is refused when it
/// is looked at.
pub fn texts_in_tree<'p>(
    sh: &Shell,
    tracked: &BTreeSet<PathBuf>,
    paths: impl Iterator<Item = &'p PathBuf>,
) -> Result<Texts> {
    let top = sh.current_dir();
    let mut texts = Texts::new();
    let mut converted = BTreeSet::new();
    for path in paths {
        let at = top.join(path);
        match std::fs::read(&at) {
            Ok(text) => {
                // Only then may git keep it otherwise than it is here: other line endings, another encoding.
                let is_plain = std::str::from_utf8(&text).is_ok_and(|text| !text.contains("\r\n"));
                if !is_plain && tracked.contains(path) {
                    converted.insert(path.clone());
                }
                texts.insert(path.clone(), into_text(text));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            // A directory of that name, or a link that leads nowhere, is no text.
            Err(_) if !at.symlink_metadata().is_ok_and(|there| there.is_file()) => {}
            Err(error) => bail!("{}: {error}", path.display()),
        }
    }
    let known = texts.keys().filter(|path| tracked.contains(*path)).cloned().collect();
    converted.extend(filters::transformed(sh, &known)?);
    texts.extend(filters::stored(sh, &converted)?);
    Ok(texts)
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes()))
}

/// The first part of a path that is a symbolic link.
pub fn link_on_the_way(top: &Path, path: &Path) -> Option<PathBuf> {
    let parts: Vec<&Path> = path.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    parts.into_iter().rev().find(|part| top.join(part).is_symlink()).map(Path::to_owned)
}

/// Where links lead from a path, from the top of the repository; `None` when that is outside, or not there.
pub fn real_place(top: &Path, path: &Path) -> Option<PathBuf> {
    let real = top.join(path).canonicalize().ok()?;
    Some(real.strip_prefix(top.canonicalize().ok()?).ok()?.to_owned())
}

/// Texts as `commit` has them; files that it does not have are left out.
pub fn texts_at(sh: &Shell, commit: &str, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    // Listed once and asked by object: asked as `commit:path`, git walks the trees again for each of them.
    let mut found = entries(sh, commit)?;
    found.retain(|entry| paths.contains(&entry.path));
    texts_of(sh, &found)
}

/// The same as a working tree of the commit shows it: below a link, and in the place of one, stands what it leads to.
pub fn texts_behind_links(sh: &Shell, commit: &str, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    let all = entries(sh, commit)?;
    let (links, files): (Vec<Entry>, Vec<Entry>) = all.into_iter().partition(|entry| entry.mode == "120000");
    let links = if links.is_empty() { Texts::new() } else { texts_of(sh, &links)? };
    let mut named: BTreeMap<PathBuf, Vec<&PathBuf>> = BTreeMap::new();
    for path in paths {
        if let Some(real) = behind_links(&links, path) {
            named.entry(real).or_default().push(path);
        }
    }
    let found: Vec<Entry> = files.into_iter().filter(|entry| named.contains_key(&entry.path)).collect();
    let mut texts = Texts::new();
    for (real, text) in texts_of(sh, &found)? {
        texts.extend(named[&real].iter().map(|path| ((*path).clone(), text.clone())));
    }
    Ok(texts)
}

/// Where these links lead from a path; `None` when that is outside of the repository, or nowhere.
fn behind_links(links: &Texts, path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    // As many as the system follows (path_resolution(7)).
    for _ in 0..40 {
        let parts: Vec<&Path> = path.ancestors().collect();
        let Some(link) = parts.into_iter().rev().find(|part| links.contains_key(*part)) else { return Some(path) };
        let rest = path.strip_prefix(link).ok()?;
        path = normalized(&dir(link).join(&links[link]).join(rest))?;
    }
    None
}

/// The same of the commits of many tags at once: by their names, since of each only a few files are asked for.
pub fn texts_at_tags(sh: &Shell, tags: &[&str], paths: &BTreeSet<PathBuf>) -> Result<Vec<Texts>> {
    // A line cannot name a path with a line ending.
    let paths: Vec<&PathBuf> = paths.iter().filter(|path| !slashed(path).contains('\n')).collect();
    let names =
        |tag: &&str| paths.iter().map(|path| format!("refs/tags/{tag}:{}\n", slashed(path))).collect::<String>();
    let output = objects(sh, tags.iter().map(names).collect())?;
    let asked = tags.iter().enumerate().flat_map(|(at, _)| paths.iter().map(move |path| (at, *path)));
    let mut texts = vec![Texts::new(); tags.len()];
    for ((at, path), bytes) in read_objects(&output, asked, |(_, path)| path)? {
        texts[at].insert(path.clone(), lossy(bytes));
    }
    Ok(texts)
}

fn texts_of(sh: &Shell, found: &[Entry]) -> Result<Texts> {
    let output = objects(sh, found.iter().map(|entry| format!("{}\n", entry.object)).collect())?;
    let read = read_objects(&output, found.iter().map(|entry| &entry.path), |path| path)?;
    Ok(read.into_iter().map(|(path, bytes)| (path.clone(), lossy(bytes))).collect())
}

/// What `git cat-file --batch` prints of the objects that these lines name.
fn objects(sh: &Shell, asked: String) -> Result<Vec<u8>> {
    let output = cmd!(sh, "git cat-file --batch").stdin(asked).quiet().ignore_status().output()?;
    if !output.status.success() {
        let output = lossy(&output.stderr).trim().replace('\n', "; ");
        if output.contains("promisor remote") {
            bail!(
                "this clone is partial, and what it lacks could not be fetched: {output}; next: git fetch, to see why"
            );
        }
        bail!("git cat-file: {output}; next: git fsck");
    }
    Ok(output.stdout)
}

/// Takes apart what `git cat-file --batch` printed of the files that it was asked for; what was asked for by name may not
/// be there.
fn read_objects<A>(
    output: &[u8],
    asked: impl Iterator<Item = A>,
    path: impl Fn(&A) -> &Path,
) -> Result<Vec<(A, &[u8])>> {
    let mut rest = output;
    let mut found = Vec::new();
    for asked in asked {
        let path = path(&asked);
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            bail!("git cat-file ended early at {}", path.display())
        };
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        if header.starts_with("refs/") && header.ends_with(" missing") {
            continue;
        }
        let size =
            header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()).filter(|size| rest.len() > *size);
        let Some(size) = size else { bail!("git cat-file said `{header}` of {}", path.display()) };
        found.push((asked, &rest[..size]));
        rest = &rest[size + 1..];
    }
    Ok(found)
}

/// Texts as the index has them; files that it does not have are left out.
pub fn texts_in_index(sh: &Shell, paths: &BTreeSet<PathBuf>) -> Result<Texts> {
    let listed = bytes(cmd!(sh, "git ls-files --stage -z"))?;
    let found = fields(&listed).filter_map(|entry| {
        let (kind, path) = entry.split_at(entry.iter().position(|byte| *byte == b'\t')?);
        let kind = lossy(kind);
        // A submodule's is a commit, which is no object of this repository.
        let (_, rest) = kind.split_once(' ').filter(|(mode, _)| *mode != contents::SUBMODULE)?;
        Some((rest.split_once(' ')?.0.to_owned(), paths.get(&named(&path[1..]))?))
    });
    let found: Vec<(String, &PathBuf)> = found.collect();
    let asked: String = found.iter().map(|(object, _)| format!("{object}\n")).collect();
    let output = objects(sh, asked)?;
    let read = read_objects(&output, found.iter().map(|(_, path)| *path), |path| path)?;
    Ok(read.into_iter().map(|(path, text)| (path.clone(), lossy(text))).collect())
}

/// Texts below some directories as `commit` has them.
pub fn texts_below(sh: &Shell, commit: &str, dirs: &[PathBuf]) -> Result<Texts> {
    if dirs.is_empty() {
        return Ok(Texts::new());
    }
    let listed =
        bytes(cmd!(sh, "git --literal-pathspecs ls-tree -r -z --full-tree --name-only {commit} -- {dirs...}"))?;
    texts_at(sh, commit, &fields(&listed).map(named).collect())
}

/// The newest commits that any of `tips` leads to.
pub fn log(sh: &Shell, tips: &[&str], limit: usize) -> Result<Vec<LogEntry>> {
    let limit = limit.to_string();
    let format = "--format=%H%x00%P%x00%s";
    let listed =
        text(cmd!(sh, "git log --max-count {limit} --no-show-signature --encoding=UTF-8 {format} {tips...} --"))?;
    Ok(listed.lines().filter_map(log_entry).collect())
}

/// A line of the log.
fn log_entry(line: &str) -> Option<LogEntry> {
    let mut fields = line.splitn(3, '\0');
    let (commit, parents, subject) = (fields.next()?, fields.next()?, fields.next()?);
    Some(LogEntry {
        commit: commit.to_owned(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        subject: subject.to_owned(),
    })
}

/// The commits that this one says to revert, in git's words (git-revert(1)); of a merge, the merge as well.
pub fn reverted_by(sh: &Shell, commit: &str) -> Result<Vec<String>> {
    let body = text(cmd!(sh, "git log --max-count 1 --no-show-signature --encoding=UTF-8 --format=%b {commit} --"))?;
    let message = body.lines().filter(|line| line.starts_with("This reverts commit "));
    let words = message.flat_map(|line| line.split(|char: char| !char.is_ascii_hexdigit()));
    Ok(words.filter(|word| word.len() >= 40).map(str::to_owned).collect())
}

/// The newest commit that `tip` leads to and that touches any of these files.
pub fn newest_of(sh: &Shell, tip: &str, paths: &[&PathBuf]) -> Result<Option<LogEntry>> {
    let options = ["--max-count=1", "--no-show-signature", "--encoding=UTF-8", "--format=%H%x00%P%x00%s"];
    let listed = text(cmd!(sh, "git --literal-pathspecs log {options...} {tip} -- {paths...}"))?;
    Ok(listed.lines().find_map(log_entry))
}

/// What git's log of the head is told before the tag of a release goes that nobody else had.
pub fn unmade_message(tag: &str) -> String {
    format!("rollback: {tag} is unmade")
}

/// Whether the release of that tag was unmade here, and not made again since by a commit with that subject.
pub fn is_unmade(sh: &Shell, tag: &str, subject: &str) -> Result<bool> {
    // Newest first (git-log(1), `--walk-reflogs`).
    let log = cmd!(sh, "git log --walk-reflogs --format=%gs HEAD --").quiet().read()?;
    // A hook may have put a word before the subject, or behind it.
    let last = log
        .lines()
        .find(|entry| *entry == unmade_message(tag) || entry.starts_with("commit") && entry.contains(subject));
    Ok(last.is_some_and(|entry| entry == unmade_message(tag)))
}

/// What a tag, which must be there, records of its release.
pub fn recorded_by_tag(sh: &Shell, tag: &str) -> Result<Recorded> {
    let message = tag_message(sh, tag)?;
    let (is_whole, record) = (Record::is_in(&message, tag), Record::read(&message, tag));
    Ok(Recorded { at: At::Tag(tag.to_owned()), is_whole, record })
}

/// Whether there is such a remote: a name that git knows, or an address.
pub fn is_remote(sh: &Shell, remote: &str) -> Result<bool> {
    Ok(remote.contains(['/', ':']) || text(cmd!(sh, "git remote"))?.lines().any(|known| known == remote))
}

/// Whether a commit says that it is the release of that tag.
pub fn is_recorded_in(sh: &Shell, commit: &str, tag: &str) -> Result<bool> {
    Ok(Record::is_in(&message(sh, commit)?, tag))
}

fn message(sh: &Shell, commit: &str) -> Result<String> {
    text(cmd!(sh, "git log --max-count 1 --encoding=UTF-8 --format=%B {commit} --"))
}

/// What the commit of a release records that was not tagged yet.
pub fn recorded_by_commit(sh: &Shell, commit: &str, tag: &str) -> Result<Recorded> {
    let message = message(sh, commit)?;
    // A commit says nothing of what is as it should be.
    Ok(Recorded { at: At::Commit(commit.to_owned()), is_whole: true, record: Record::read(&message, tag) })
}

/// When a tag was made, in seconds since 1970.
pub fn tagged_at(sh: &Shell, tag: &str) -> Result<i64> {
    let format = "--format=%(creatordate:unix)";
    let output = cmd!(sh, "git for-each-ref {format} refs/tags/{tag}").quiet().read()?;
    output.trim().parse().with_context(|| format!("when {tag} was made, git does not say: `{output}`"))
}

/// What an annotated tag says, its signature left out; empty for one that is only a name.
pub fn tag_message(sh: &Shell, tag: &str) -> Result<String> {
    let format = "%(objecttype)%00%(contents:signature)%00%(contents)";
    let output = text(cmd!(sh, "git for-each-ref --format {format} refs/tags/{tag}"))?;
    let fields: Vec<&str> = output.splitn(3, '\0').collect();
    match fields.as_slice() {
        ["tag", signature, message] => {
            let message = message.trim_end();
            Ok(message.strip_suffix(signature.trim_end()).unwrap_or(message).trim().to_owned())
        }
        [_, _, _] => Ok(String::new()),
        _ => bail!("there is no tag {tag} here: git fetch --tags"),
    }
}

/// The commits that `to` leads to and `without` does not, newest first, with all that they say; no more than `limit`,
/// where there is one.
pub fn messages(sh: &Shell, to: &str, without: Option<&str>, limit: Option<usize>) -> Result<Vec<Message>> {
    let not = without.map(|_| "--not");
    let limit = limit.map(|limit| format!("--max-count={limit}"));
    // No message, no name and no path holds a zero byte; an empty field, which no path is, stands before each commit.
    let format = "--format=format:%x00%H%x00%P%x00%aN%x00%aE%x00%ct%x00%B%x00";
    let options = [
        "--name-only",
        "--no-renames",
        "-O/dev/null",
        "--no-show-signature",
        "--diff-merges=combined",
        "-z",
        "--encoding=UTF-8",
        format,
    ];
    let listed = bytes(cmd!(sh, "git log {limit...} {options...} {to} {not...} {without...} --"))?;
    let mut parts = listed.split(|byte| *byte == 0).peekable();
    let mut read = || {
        while parts.next_if(|part| part.is_empty()).is_some() {}
        let mut field = || parts.next().map(legacy);
        let (commit, parents, name, address, time) = (field()?, field()?, field()?, field()?, field()?);
        let text = field()?.trim().to_owned();
        let mut paths = Vec::new();
        while let Some(path) = parts.next_if(|part| !part.is_empty()) {
            // The list of paths begins on a line of its own.
            let start = if paths.is_empty() { path.iter().take_while(|byte| **byte == b'\n').count() } else { 0 };
            paths.push(named(&path[start..]));
        }
        Some(Message {
            commit,
            parents: parents.split_whitespace().map(str::to_owned).collect(),
            author: credit(&name, &address),
            time: time.parse().unwrap_or_default(),
            text,
            paths,
        })
    };
    Ok(std::iter::from_fn(&mut read).collect())
}

/// What somebody wrote. git brings a message into UTF-8 when its commit says the encoding; one that does not say it is of
/// a time, or a machine, on which a byte was a letter: ISO 8859-1 is most often right.
fn legacy(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
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
    Ok(text(log)?.lines().map(str::to_owned).collect())
}

/// Files that differ between two commits.
pub fn changed(sh: &Shell, from: &str, to: &str) -> Result<Vec<PathBuf>> {
    Ok(fields(&bytes(cmd!(sh, "git diff-tree -r --name-only --no-renames -z {from} {to} --"))?).map(named).collect())
}

/// Files that the index has otherwise than a commit.
pub fn staged(sh: &Shell, commit: &str) -> Result<Vec<PathBuf>> {
    Ok(fields(&bytes(cmd!(sh, "git diff-index --cached --name-only --no-renames -z {commit} --"))?)
        .map(named)
        .collect())
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

/// Those of some tags whose commits are `tip` or one of its ancestors. git walks further for all at once than for each of a
/// few.
pub fn merged<'t>(sh: &Shell, tip: &str, tags: &[&'t str]) -> Result<BTreeSet<&'t str>> {
    const FEW: usize = 8;
    if tags.len() > FEW {
        let format = "%(refname:strip=2)";
        let output = text(cmd!(sh, "git for-each-ref --merged={tip} --format={format} refs/tags"))?;
        let merged: BTreeSet<&str> = output.lines().collect();
        return Ok(tags.iter().copied().filter(|tag| merged.contains(tag)).collect());
    }
    let mut merged = BTreeSet::new();
    for tag in tags {
        if is_ancestor(sh, &format!("refs/tags/{tag}"), tip)? {
            merged.insert(*tag);
        }
    }
    Ok(merged)
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

/// The paths that git lists with `-z`.
pub fn paths(listed: &[u8]) -> BTreeSet<PathBuf> {
    fields(listed).map(named).collect()
}

/// What `read` finds in the lines of tracked text files of the working tree that hold any of the needles, in the order of
/// the files' names. It is given the whole text, too, where it asks for it.
pub fn search<T: Send>(
    sh: &Shell,
    needles: &BTreeSet<String>,
    read: impl Fn(&Path, &[Hit], &dyn Fn() -> String) -> Vec<T> + Sync,
) -> Result<Vec<T>> {
    let named_needles = needles.iter().flat_map(|needle| ["-e", needle.as_str()]);
    let output = cmd!(sh, "git grep --no-color --no-recurse-submodules --no-column -I -n -z -F {named_needles...} --")
        .quiet()
        .ignore_status()
        .output()?;
    // 1 is its "none".
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("git grep: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let files = hits(&output.stdout);
    let dir = sh.current_dir();
    let found = parallel::map(&files, 32, |(path, hits)| {
        // It may have gone since git looked.
        let text = || std::fs::read(dir.join(path)).unwrap_or_default();
        read(path, hits, &|| String::from_utf8_lossy(&text()).into_owned())
    });
    Ok(found.into_iter().flatten().collect())
}

/// The lines that `git grep -n -z` tells, by their files.
fn hits(mut output: &[u8]) -> Vec<(PathBuf, Vec<Hit>)> {
    let mut files: Vec<(Vec<u8>, Vec<Hit>)> = Vec::new();
    // The standard library finds a byte faster than an iterator of ours.
    let mut next = |end: u8| {
        let mut part = Vec::new();
        output.read_until(end, &mut part).ok()?;
        (part.pop_if(|last| *last == end).is_some() || !part.is_empty()).then_some(part)
    };
    while let (Some(path), Some(number)) = (next(0), next(0)) {
        let line = next(b'\n').unwrap_or_default();
        let Ok(number) = lossy(&number).parse() else { continue };
        let line = String::from_utf8(line).unwrap_or_else(|error| lossy(error.as_bytes()));
        match files.last_mut().filter(|(last, _)| *last == path) {
            Some((_, hits)) => hits.push((number, line)),
            None => files.push((path, vec![(number, line)])),
        }
    }
    files.into_iter().map(|(path, hits)| (named(&path), hits)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_leads_to_its_commit_whatever_stands_between() {
        let listed = b"1 refs/tags/light\n2 refs/tags/v1.0.0\n3 refs/tags/v1.0.0^{}\n4 refs/tags/\xff\n5 refs/tags/-x\n6 refs/tags/a/b\n";
        let tags = tags_listed(listed);
        let output: Vec<(&str, &str)> = tags.iter().map(|(tag, commit)| (tag.as_str(), commit.as_str())).collect();
        assert_eq!(output, [("a/b", "6"), ("light", "1"), ("v1.0.0", "3")]);
        assert!(tags_listed(b"").is_empty());
    }

    #[test]
    fn the_lines_that_git_finds_are_read_by_file() {
        let output = hits(b"a b\x0012\0x: 1\r\na b\x0013\0y\nc\nd\x001\0\xff\nend\x007\0z");
        let line = |number, text: &str| (number, text.to_owned());
        assert_eq!(
            output,
            [
                ("a b".into(), vec![line(12, "x: 1\r"), line(13, "y")]),
                ("c\nd".into(), vec![line(1, "\u{fffd}")]),
                ("end".into(), vec![line(7, "z")]),
            ]
        );
        assert!(hits(b"").is_empty());
    }
}
