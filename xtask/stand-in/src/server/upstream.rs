//! Where those are led that ask for what is not held here.
//! It must never be chosen here: cargo and pip say which indexes they use otherwise.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

/// Where those are led that ask for what is not held here.
#[derive(Default)]
pub struct Upstreams {
    pub crates: Option<Upstream>,
    /// The address of the Python index that pip uses otherwise.
    pub projects: Option<String>,
}

/// The crate index that cargo uses otherwise.
pub struct Upstream {
    /// The address of the sparse index, with its slash.
    pub index: String,
    /// Where its crates are, as its `config.json` says: a template or a base.
    pub dl: String,
}

impl Upstream {
    /// Asks cargo, as the configuration in that home says, for a crate that every index has, and looks which index it used.
    /// The home is removed.
    pub fn find(sh: &Shell, home: &Path) -> Result<Upstream> {
        let home = std::path::absolute(home)?;
        sh.create_dir(&home)?;
        let config = fs::read_to_string(home.join("config.toml")).unwrap_or_default();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let asked = {
            let _dir = sh.push_dir(&home);
            cmd!(sh, "{cargo} info --quiet --registry crates-io semver")
                .env("CARGO_HOME", &home)
                .quiet()
                .ignore_stdout()
                .run()
        };
        asked.context(
            "cargo reaches no crate index without a token: see that `cargo info semver --registry crates-io` works; what stands in for a registry hands no token on to a mirror",
        )?;
        let (name, settings) = only_index(&home.join("registry/index"))?;
        sh.remove_path(&home)?;
        let index = replacement(&config).context("the index that replaces crates-io")?;
        let host = name.rsplit_once('-').map_or(name.as_str(), |(host, _)| host);
        let index = index.unwrap_or_else(|| format!("https://{host}/"));
        let settings: Value = serde_json::from_str(&settings).context("the index's config.json is not JSON")?;
        let dl = settings["dl"].as_str().context("the index's config.json names no `dl`")?;
        Ok(Upstream { index: format!("{}/", index.trim_end_matches('/')), dl: dl.to_owned() })
    }
}

/// The name of the one index below `dir`, and its `config.json`.
fn only_index(dir: &Path) -> Result<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).context("cargo made no index directory: it is told by `cargo info`")? {
        let entry = entry?;
        if let Ok(settings) = fs::read_to_string(entry.path().join("config.json")) {
            found.push((entry.file_name().to_string_lossy().into_owned(), settings));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => bail!("cargo uses no sparse index: replace crates-io with one (`registry = \"sparse+…\"`)"),
        _ => bail!("cargo uses {} indexes at once: replace crates-io with one", found.len()),
    }
}

/// The address of the sparse index that a cargo configuration puts in the place of crates-io.
pub(super) fn replacement(config: &str) -> Result<Option<String>> {
    let config: toml_edit::DocumentMut = config.parse()?;
    let text = |table: &str, name: &str, key: &str| -> Option<String> {
        Some(config.get(table)?.get(name)?.get(key)?.as_str()?.to_owned())
    };
    let mut name = "crates-io".to_owned();
    // Sources may replace each other in turn; cargo itself refuses a circle.
    for _ in 0..8 {
        match text("source", &name, "replace-with") {
            Some(next) => name = next,
            None => break,
        }
    }
    if name == "crates-io" {
        return Ok(None);
    }
    let index = text("source", &name, "registry").or_else(|| text("registries", &name, "index"));
    let index = index.with_context(|| format!("`{name}` has no `registry`, and only an index can be passed on to"))?;
    Ok(Some(index.strip_prefix("sparse+").with_context(|| format!("`{index}` is not sparse"))?.to_owned()))
}
