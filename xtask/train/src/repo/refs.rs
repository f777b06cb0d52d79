//! Tags, branches and remotes as git lists them.
//! It must never take a name that git itself would not make, nor one that is not UTF-8, for one that is meant.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::{
    answer::{bytes, lossy, named, path, text},
    beside,
};
use plan::{
    names::check_name,
    repo::{Elsewhere, Repo},
};

/// The repository as far as its refs and remotes tell of it.
pub fn refs(sh: &Shell) -> Result<Repo> {
    let format = "%(refname)%00%(objectname)%00%(symref)%00%(worktreepath)";
    let usual = ["main", "master"];
    let remote = "refs/remotes/origin/";
    let (listed, tags) =
        beside(sh, |sh| bytes(cmd!(sh, "git for-each-ref --format {format} refs/heads refs/remotes")), tags);
    let (listed, mut refs) = (listed?, Repo { tags: tags?, ..Repo::default() });
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

/// The other working tree that a branch is checked out in.
pub fn elsewhere(sh: &Shell, branch: &str) -> Result<Option<Elsewhere>> {
    let name = format!("refs/heads/{branch}");
    Ok(other_worktree(sh, path(cmd!(sh, "git for-each-ref --format=%(worktreepath) {name}"))?))
}

fn other_worktree(sh: &Shell, dir: PathBuf) -> Option<Elsewhere> {
    let dir = Some(dir).filter(|dir| !dir.as_os_str().is_empty() && *dir != sh.current_dir())?;
    Some(Elsewhere { gone: !dir.exists(), dir })
}

/// Whether there is such a remote: a name that git knows, or an address.
pub fn is_remote(sh: &Shell, remote: &str) -> Result<bool> {
    Ok(remote.contains(['/', ':']) || text(cmd!(sh, "git remote"))?.lines().any(|known| known == remote))
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
}
