//! What a package would hold here and not where the release is built: files that git ignores, and links that lead astray.
//! It must never ask cargo for a package that has none of them: each question takes a process.

use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::{Shell, cmd};

use crate::repo::{self, contents};
use plan::{
    edit::slashed,
    files::{cargo_toml::Patterns, packing, pyproject},
    paths::dir,
    repo::{Lack, Lacking, Tracked},
    workspace::{self, Graph, Manifests},
};

/// What cargo would pack here and a checkout does not have, files that git ignores (only `include` takes such) and links to
/// what git does not track; and why cargo packs nothing at all.
pub fn not_packed(
    sh: &Shell,
    graph: &Graph,
    parsed: &Manifests,
    tracked: &Tracked,
    ignored: &[PathBuf],
) -> Result<Vec<Lacking>> {
    let top = sh.current_dir();
    let mut lacking = Vec::new();
    for package in graph.packages.iter().filter(|package| package.publish) {
        let (by, within) = (&package.manifest, dir(&package.manifest));
        let at = top.join(&within);
        let includes = parsed.get(by).is_some_and(|parsed| parsed.manifest.include != Patterns::Absent);
        let ignored = match includes {
            true if tracked.files.contains(by) => {
                ignored.iter().filter_map(|path| Some(path.strip_prefix(&within).ok()?.to_owned())).collect()
            }
            // It may be in another repository.
            true => repo::ignored(sh, &at)?,
            false => Vec::new(),
        };
        let astray = contents::astray(tracked, &top, &within);
        let mut own = tracked.files.range(within.clone()..).take_while(|path| path.starts_with(&within));
        let has_refused = own.any(|path| is_refused(path, &within));
        if ignored.is_empty() && astray.is_empty() && !has_refused {
            continue;
        }
        let (cargo, manifest) = (std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), at.join("Cargo.toml"));
        let options =
            ["package", "--list", "--quiet", "--color=never", "--allow-dirty", "--offline", "--manifest-path"];
        let listed = cmd!(sh, "{cargo} {options...} {manifest}").quiet().ignore_status().output()?;
        // Of what else keeps it from being packed, cargo tells when it is packed.
        if has_refused && !listed.status.success() {
            let message = String::from_utf8_lossy(&listed.stderr);
            let why =
                message.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or(message.trim()).to_owned();
            lacking.push(Lacking { path: by.clone(), what: Lack::Unpacked { why } });
        }
        let listed = String::from_utf8_lossy(&listed.stdout);
        for file in listed.lines().map(|file| within.join(file)) {
            let by = by.clone();
            if let Some((link, to)) = astray.iter().find(|(link, _)| file.starts_with(link)) {
                lacking.push(Lacking { path: link.to_path_buf(), what: Lack::Astray { by, to: to.clone() } });
            } else if ignored.iter().any(|path| file.starts_with(within.join(path))) {
                lacking.push(Lacking { path: file, what: Lack::Ignored { by } });
            }
        }
    }
    lacking.dedup();
    Ok(lacking)
}

/// What maturin would pack here and a checkout does not have: files that git ignores.
pub fn not_included(top: &Path, tree: &workspace::Texts, ignored: &[PathBuf]) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for (by, text) in tree.iter().filter(|(path, _)| path.ends_with("pyproject.toml")) {
        let Ok(project) = pyproject::read(text) else { continue };
        for pattern in project.included {
            let fixed: PathBuf = pattern.split('/').take_while(|part| !part.contains(['*', '?', '['])).collect();
            let Some(start) = plan::paths::normalized(&dir(by).join(fixed)) else { continue };
            let mut to_see: Vec<PathBuf> = Vec::new();
            for path in ignored {
                match (start.starts_with(path), path.starts_with(&start)) {
                    (true, _) => to_see.push(start.clone()),
                    (_, true) => to_see.push(path.clone()),
                    _ => {}
                }
            }
            while let Some(path) = to_see.pop() {
                let at = top.join(&path);
                if at.join("CACHEDIR.TAG").is_file() {
                    // What cargo and others keep there is large, and nothing that anybody releases.
                } else if at.is_dir() && !at.is_symlink() {
                    let entries = std::fs::read_dir(&at).into_iter().flatten().flatten();
                    to_see.extend(entries.map(|entry| path.join(entry.file_name())));
                } else if at.is_file()
                    && let Ok(within) = path.strip_prefix(dir(by))
                    && packing::includes(&pattern, &slashed(within))
                {
                    lacking.push(Lacking { path, what: Lack::Ignored { by: by.clone() } });
                }
            }
        }
    }
    lacking.sort();
    lacking.dedup();
    lacking
}

/// Whether cargo packs nothing with a file of that name: `check_filename` and `build_ar_list`,
/// src/cargo/ops/cargo_package in rust-lang/cargo.
fn is_refused(path: &Path, within: &Path) -> bool {
    const RESERVED: [&str; 2] = [".cargo_vcs_info.json", "Cargo.toml.orig"];
    // By bytes: every file of the repository is looked at.
    let is_bad = |byte: &u8| matches!(byte, b'/' | b'\\' | b'<' | b'>' | b':' | b'"' | b'|' | b'?' | b'*');
    path.file_name().is_some_and(|name| {
        let is_reserved = || RESERVED.iter().any(|reserved| name == *reserved && path == within.join(reserved));
        name.to_str().is_none_or(|name| name.as_bytes().iter().any(is_bad)) || is_reserved()
    })
}
