//! What uv's settings say of indexes, beside the project and in the user's home.
//! It must never quote a file of settings: there may be a password in it.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use toml_edit::DocumentMut;

use super::{Page, Variable};
use crate::tools::registries;
use plan::files::values;

/// What uv's settings say, the nearest word counting
/// (<https://docs.astral.sh/uv/concepts/configuration-files/>).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub publish_url: Option<String>,
    pub check_url: Option<String>,
    pub keyring: Option<String>,
    pub indexes: Vec<Named>,
    /// The index that is asked after all others, in the place of the public one.
    pub last: Option<Page>,
}

impl Settings {
    pub fn of(project: &Path, variable: Variable<'_>) -> Result<Settings> {
        let mut settings = Settings::default();
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if are_off(&set) {
            return Ok(settings);
        }
        if let Some(path) = set("UV_CONFIG_FILE") {
            if !settings.add(Path::new(&path), &[])? {
                bail!("UV_CONFIG_FILE names {path}, which is not there: correct or unset it");
            }
            return Ok(settings);
        }
        for dir in project.ancestors() {
            // A uv.toml counts, and not what stands in the pyproject.toml beside it.
            if settings.add(&dir.join("uv.toml"), &[])? || settings.add(&dir.join("pyproject.toml"), &["tool", "uv"])? {
                break;
            }
        }
        settings.add(&own_settings(&set), &[])?;
        Ok(settings)
    }

    /// Adds what a file says, and tells whether it says anything of uv.
    fn add(&mut self, path: &Path, table: &[&str]) -> Result<bool> {
        let Some(toml) = toml(path)? else { return Ok(false) };
        let found = table.iter().try_fold(&toml, |value, key| value.get(key)).filter(|found| found.is_object());
        let Some(found) = found else { return Ok(false) };
        let text = |table: &Value, key: &str| table[key].as_str().map(str::to_owned);
        let take = |own: &mut Option<String>, key: &str| *own = own.take().or_else(|| text(found, key));
        take(&mut self.publish_url, "publish-url");
        take(&mut self.check_url, "check-url");
        take(&mut self.keyring, "keyring-provider");
        for index in found["index"].as_array().into_iter().flatten() {
            let url = text(index, "url").with_context(|| format!("{}: an index has no `url`", path.display()))?;
            let page = Page { name: text(index, "name"), url };
            if index["default"] == true {
                self.last = self.last.take().or(Some(page.clone()));
            }
            self.indexes.push(Named { page, publish_url: text(index, "publish-url") });
        }
        let plain = text(found, "index-url").map(|url| Page { name: None, url });
        self.last = self.last.take().or(plain);
        Ok(true)
    }
}

/// An index that settings name.
#[derive(Debug, PartialEq)]
pub(super) struct Named {
    pub page: Page,
    pub publish_url: Option<String>,
}

fn are_off(set: Variable<'_>) -> bool {
    set("UV_NO_CONFIG").is_some_and(|value| value != "0" && value != "false")
}

/// What a file says, if it is there.
fn toml(path: &Path) -> Result<Option<Value>> {
    let text = match fs::read_to_string(path) {
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => return Ok(None),
        text => text.with_context(|| path.display().to_string())?,
    };
    // What is wrong with it is not quoted: there may be a password in it.
    let Ok(toml) = text.parse::<DocumentMut>() else { bail!("{} is not TOML", path.display()) };
    Ok(Some(values::of(toml.as_item())))
}

/// Where the user's own settings of uv are.
fn own_settings(set: Variable<'_>) -> PathBuf {
    let own = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| match cfg!(windows) {
        true => set("APPDATA").map(PathBuf::from),
        false => Some(std::env::home_dir()?.join(".config")),
    });
    own.unwrap_or_default().join("uv/uv.toml")
}

/// Where those of the machine are.
fn machine_settings(set: Variable<'_>) -> Vec<PathBuf> {
    let listed = set("XDG_CONFIG_DIRS").unwrap_or_default();
    let listed = std::env::split_paths(&listed).map(|dir| dir.join("uv/uv.toml")).collect::<Vec<_>>();
    let usual = match cfg!(windows) {
        true => PathBuf::from(format!("{}\\ProgramData\\uv\\uv.toml", set("SYSTEMDRIVE").unwrap_or_default())),
        false => PathBuf::from("/etc/uv/uv.toml"),
    };
    listed.into_iter().chain([usual]).collect()
}

/// Has uv take no file from `find-links`, where whatever lies is on no index; the other settings are written below `dir`. It
/// is to be called outside of the tree, whose settings would count as well.
pub fn leave_links(uv: &mut Command, dir: &Path) -> Result<()> {
    leave_links_of(uv, dir, &|name| std::env::var(name).ok())
}

/// What uv calls them.
const LINKS: &str = "find-links";

pub(super) fn leave_links_of(uv: &mut Command, dir: &Path, variable: Variable<'_>) -> Result<()> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    uv.env_remove("UV_FIND_LINKS");
    if are_off(&set) {
        return Ok(());
    }
    let files = match set("UV_CONFIG_FILE") {
        Some(path) => vec![PathBuf::from(path)],
        None => [own_settings(&set)].into_iter().chain(machine_settings(&set)).collect(),
    };
    let (mut settings, mut has_links) = (Map::new(), false);
    for path in files {
        let Some(Value::Object(mut found)) = toml(&path)? else { continue };
        has_links |= found.remove(LINKS).is_some();
        let pip = found.get_mut("pip").and_then(Value::as_object_mut);
        has_links |= pip.is_some_and(|pip| pip.remove(LINKS).is_some());
        registries::merge(&mut settings, found);
    }
    if has_links || set("UV_CONFIG_FILE").is_some() {
        let path = dir.join("uv.toml");
        fs::write(&path, registries::text(&settings)).with_context(|| path.display().to_string())?;
        uv.env("UV_CONFIG_FILE", path);
    }
    Ok(())
}
