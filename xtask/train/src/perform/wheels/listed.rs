//! What an index has of a project, asked through uv.
//! It must never take an index that lets nobody in for one without the project.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context as _, Result, bail};
use toml_edit::DocumentMut;

use super::super::{Context, Tools, publish};
use crate::{
    repo,
    tools::{
        child,
        python::{
            self, Environment,
            index::{Index, leave_links},
            project,
        },
    },
};
use plan::{files::values, pep503::normalized, problem::Problem, step::Dist, tool::TOOL};

/// Where the project goes.
pub fn index(cx: &Context<'_>, dist: &Dist) -> Result<Index> {
    Index::of(&cx.sh.current_dir().join(&dist.project))
}

/// What an index says of a file.
pub struct OnIndex {
    pub sha256: String,
    pub since: Option<String>,
}

/// The files of this version on the index, asked through uv, which writes them as a lock (PEP 751).
pub fn listed(cx: &Context<'_>, dist: &Dist) -> Result<BTreeMap<String, OnIndex>> {
    let Some(uv) = uv(cx)? else { return listed_by_python(cx, dist) };
    match resolved(cx, dist, uv, "asked", &format!("=={}", dist.version))? {
        Some(lock) => read_lock(&lock),
        None => Ok(BTreeMap::new()),
    }
}

/// Whether all files of the version are yanked (PEP 592): an index lists them all the same.
pub fn is_yanked(cx: &Context<'_>, dist: &Dist) -> Result<bool> {
    let Dist { name, version, .. } = dist;
    match (project::versions(cx.sh, name, &index(cx, dist)?), uv(cx)?) {
        (Ok(versions), _) => Ok(versions.get(version) == Some(&true)),
        // uv may be let in where nobody else is. It takes none that is yanked for whoever does not pin it.
        (Err(_), Some(uv)) => Ok(resolved(cx, dist, uv, "offered", &format!(">={version},<={version}"))?.is_none()),
        (Err(error), None) => Err(error),
    }
}

/// The uv to ask with; who only looks makes none.
fn uv(cx: &Context<'_>) -> Result<Option<Command>> {
    match cx.tools {
        Tools::Installed => Environment::prepare(cx.sh, &cx.target)?.uv().map(Some),
        Tools::AsFound => python::uv_as_found(&cx.target),
    }
}

/// Python alone knows the versions that there are, and their files and hashes are not asked for with it.
fn listed_by_python(cx: &Context<'_>, dist: &Dist) -> Result<BTreeMap<String, OnIndex>> {
    match project::versions(cx.sh, &dist.name, &index(cx, dist)?)?.contains_key(&dist.version) {
        false => Ok(BTreeMap::new()),
        true => bail!(Problem::new(
            format!("the index has {} {}, and only uv shows its files and hashes", dist.name, dist.version),
            format!("install uv, or `{TOOL} smoke --train {}`, which makes an environment with it", dist.of.train),
        )),
    }
}

/// The lock that uv writes for the project at these versions, if one is available.
fn resolved(
    cx: &Context<'_>,
    dist: &Dist,
    mut command: Command,
    place: &str,
    versions: &str,
) -> Result<Option<String>> {
    let dir = publish::place(cx, &dist.of).join(place).join(normalized(&dist.name));
    cx.sh.create_dir(&dir)?;
    // uv takes settings, and the Python that it runs, from the directories above where it is called: those of the tree.
    let elsewhere = repo::TempDir::new()?;
    let wanted = dir.join("requirements.in");
    cx.sh.write_file(&wanted, format!("{}{versions}\n", dist.name))?;
    command
        .args(["pip", "compile", "--no-deps", "--format", "pylock.toml", "--no-header", "--no-annotate", "--quiet"])
        .args(["--prerelease", "allow", "--refresh-package", &dist.name])
        .arg("--cache-dir")
        .arg(dir.join("cache"))
        .arg(&wanted)
        .current_dir(elsewhere.path());
    leave_links(&mut command, elsewhere.path())?;
    let index = index(cx, dist)?;
    index.ask_by_uv(&mut command)?;
    let output = child::ask_far(command)?;
    if !output.ok() {
        // uv takes a project that it may not see for one that is not there.
        if let Some(status) = child::refused(&output) {
            bail!(index.closed(&status));
        }
        if is_absent(&output.err) {
            return Ok(None);
        }
        bail!("uv got no answer for {}: {}", dist.name, output.last_lines());
    }
    Ok(Some(output.out))
}

/// Whether uv says that there is no such version. It says so, with a hint, of an index that did not let it in.
fn is_absent(err: &str) -> bool {
    const ABSENT: [&str; 5] = [
        "there is no version of",
        "there are no versions of",
        "was not found in the package registry",
        "was yanked",
        "were yanked",
    ];
    let text = err.split_whitespace().collect::<Vec<_>>().join(" ");
    ABSENT.iter().any(|word| text.contains(word)) && !text.contains("credentials")
}

/// Reads the files that a `pylock.toml` names.
fn read_lock(text: &str) -> Result<BTreeMap<String, OnIndex>> {
    let lock: DocumentMut = text.parse().context("uv did not write a pylock.toml")?;
    let lock = values::of(lock.as_item());
    let mut files = BTreeMap::new();
    for package in lock["packages"].as_array().into_iter().flatten() {
        let wheels = package["wheels"].as_array().into_iter().flatten();
        for file in package.get("sdist").into_iter().chain(wheels) {
            let name = file["name"].as_str().or_else(|| file["url"].as_str()?.rsplit('/').next());
            let sha256 = file["hashes"]["sha256"].as_str();
            let (Some(name), Some(sha256)) = (name, sha256) else { bail!("a file in uv's lock has no name or sha256") };
            let name = name.split(['?', '#']).next().unwrap_or(name);
            let since = file["upload-time"].as_str().map(str::to_owned);
            files.insert(name.to_owned(), OnIndex { sha256: sha256.to_owned(), since });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_lets_nobody_in_is_not_one_without_the_project() {
        let none = "  \u{d7} No solution found when resolving dependencies:\n  \u{2570}\u{2500}\u{25b6} Because lark was not found in the\n      \
            package registry and you require lark==0.8.0, we can conclude that your\n      requirements are unsatisfiable.";
        let hint = "\n\n      hint: An index URL (http://127.0.0.1:1/simple) could not be queried\n      due to a lack of valid \
            authentication credentials (401 Unauthorized).";
        assert!(is_absent(none));
        assert!(!is_absent(&format!("{none}{hint}")));
        let hint = "hint: An index (http://127.0.0.1:1/) returned a 403 Forbidden error. Check that the index URL is correct and \
            the credentials are valid.";
        assert!(!is_absent(&format!("{none}\n\n{hint}")));
        assert!(!is_absent("error: Request failed after 3 retries\n  Caused by: HTTP status server error (503)"));
    }

    #[test]
    fn nothing_that_uv_prints_breaks_who_reads_it() {
        use crate::tools::http::served::{Chance, Served, seed};

        let mut chance = Chance(seed());
        let pieces = [
            "[[packages]]\n",
            "packages = 1\n",
            "name = \"x\"\n",
            "sdist = { url = \"https://a/x-1.tar.gz\", hashes = { sha256 = \"aa\" } }\n",
            "sdist = { url = \"\", hashes = 3 }\n",
            "wheels = [{ name = \"x.whl\", hashes = { sha256 = \"bb\" } }, 1]\n",
            "wheels = [{ url = \"?#\", upload-time = 9999-99-99, hashes = {} }]\n",
        ];
        for _ in 0..2_000 {
            let mut text: String = (0..chance.below(5)).map(|_| *chance.pick(&pieces)).collect();
            if chance.once_in(3) {
                text += &String::from_utf8_lossy(&Served::make(&mut chance).bytes);
            }
            for file in read_lock(&text).unwrap_or_default().into_values() {
                assert!(!file.sha256.is_empty());
            }
            is_absent(&text);
        }
    }

    #[test]
    fn a_lock_names_files_with_hashes() {
        let text = "lock-version = \"1.0\"\n[[packages]]\nname = \"x\"\nversion = \"1\"\n\
            sdist = { url = \"https://a/x-1.tar.gz\", upload-time = 2025-03-19T20:09:59Z, hashes = { sha256 = \"aa\" } }\n\
            wheels = [{ name = \"x-1-py3-none-any.whl\", url = \"https://a/1\", hashes = { sha256 = \"bb\" } }]\n";
        let files = read_lock(text).unwrap();
        assert_eq!(files["x-1.tar.gz"].sha256, "aa");
        assert_eq!(files["x-1.tar.gz"].since.as_deref(), Some("2025-03-19T20:09:59Z"));
        assert_eq!(files["x-1-py3-none-any.whl"].sha256, "bb");
        assert!(read_lock("[[packages]]\nsdist = { url = \"x\" }\n").is_err());
    }
}
