//! The workspace's manifest with more configuration in it, and the files of a small `xtask`.
//! It must never change what stands there: keys are added, and nothing is moved or formatted anew.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use super::Key;
use crate::{files::values, train::Train};

/// The manifest with lines of configuration at its end.
pub fn extended(text: &str, lines: &str) -> Result<String> {
    let joined = match text.trim_end() {
        "" => format!("{lines}\n"),
        text => format!("{text}\n\n{lines}\n"),
    };
    joined.parse::<DocumentMut>().context("the manifest has no room for the configuration")?;
    Ok(joined)
}

/// Lines of configuration with a table of its own for each train that has one on a line: more keys find room there.
pub fn tables(lines: &str) -> Result<String> {
    let configuration: DocumentMut = lines.parse()?;
    let trains =
        ["workspace", "metadata", "trains"].iter().try_fold(configuration.as_item(), |item, step| item.get(step));
    let Some(trains) = trains.and_then(Item::as_table) else { return Ok(lines.to_owned()) };
    let table = |(name, item): (&str, &Item)| {
        let keys = item.as_inline_table().into_iter().flatten();
        let keys: String = keys.map(|(key, value)| format!("{key} = {}\n", value.to_string().trim())).collect();
        format!("[workspace.metadata.trains.{}]\n{keys}", toml_edit::Key::new(name))
    };
    Ok(trains.iter().map(table).collect::<Vec<_>>().join("\n").trim_end().to_owned())
}

/// Lines of configuration with a table for each train of a list of names, the first of which is the default one.
pub fn unlisted(lines: &str) -> Result<String> {
    let configuration: DocumentMut = lines.parse()?;
    let trains =
        ["workspace", "metadata", "trains"].iter().try_fold(configuration.as_item(), |item, step| item.get(step));
    let Some(trains) = trains.and_then(Item::as_array) else { return Ok(lines.to_owned()) };
    let table = |(nth, name): (usize, &str)| {
        let default = if nth == 0 { "default = true\n" } else { "" };
        format!("[workspace.metadata.trains.{}]\ndriver = {name:?}\n{default}", toml_edit::Key::new(name))
    };
    let names = trains.iter().filter_map(toml_edit::Value::as_str).enumerate();
    Ok(names.map(table).collect::<Vec<_>>().join("\n").trim_end().to_owned())
}

/// The manifest with keys in the table of a train, which is begun where the train is derived.
pub fn with_keys(text: &str, train: &Train, driver: &str, keys: &[Key]) -> Result<String> {
    let mut manifest: DocumentMut = text.parse()?;
    let mut place = Some(manifest.as_item_mut());
    for step in ["workspace", "metadata", "trains"] {
        place = place.and_then(|item| item.get_mut(step));
    }
    let name = &train.config.name;
    match place {
        Some(Item::Value(trains)) if trains.is_array() => bail!("the trains are a list of names, which holds no keys"),
        Some(trains) if trains.get(name).is_some() => {
            let train = trains.get_mut(name).context("the train is no table")?;
            let table = train.as_table_like_mut().context("the train is no table")?;
            for key in keys {
                table.insert(key.name, Item::Value(key.value.parse().with_context(|| key.value.clone())?));
            }
            if let Some(inline) = train.as_inline_table_mut() {
                inline.fmt();
            }
            Ok(manifest.to_string())
        }
        _ => {
            let lines = keys.iter().map(|key| format!("{} = {}\n", key.name, key.value));
            let table = toml_edit::Key::new(name.as_str());
            let lines: String = [format!("driver = {driver:?}\n")].into_iter().chain(lines).collect();
            extended(text, format!("[workspace.metadata.trains.{table}]\n{lines}").trim_end())
        }
    }
}

/// `[workspace.metadata]` of a manifest, as cargo tells it.
pub fn metadata(text: &str) -> Result<Value> {
    let manifest: DocumentMut = text.parse()?;
    let metadata = manifest.get("workspace").and_then(|workspace| workspace.get("metadata"));
    Ok(metadata.map_or(Value::Null, values::of))
}

/// The manifest with a member more, where no pattern among the members means it.
pub fn with_member(text: &str, member: &str) -> Result<String> {
    let mut manifest: DocumentMut = text.parse()?;
    let workspace = manifest.entry("workspace").or_insert_with(toml_edit::table);
    let workspace = workspace.as_table_like_mut().context("`workspace` is no table")?;
    let members = workspace.entry("members").or_insert(Item::Value(toml_edit::Array::new().into()));
    let members = members.as_array_mut().context("`members` is no list")?;
    let is_meant = |value: &toml_edit::Value| value.as_str().is_some_and(|meant| meant == member || meant == "*");
    if members.iter().any(is_meant) {
        return Ok(text.to_owned());
    }
    // On a line of its own, where the others are.
    let is_line = |prefix: &&str| prefix.contains('\n');
    let prefix = members.iter().last().and_then(|last| last.decor().prefix()?.as_str().filter(is_line));
    let prefix = prefix.unwrap_or(if members.is_empty() { "" } else { " " }).to_owned();
    // A comment behind the last one stays behind that.
    let comment = members.trailing().as_str().filter(|rest| rest.contains('#')).map(|rest| rest.trim_end().to_owned());
    if comment.is_some() {
        members.set_trailing("\n");
    }
    let prefix = comment.unwrap_or_default() + &prefix;
    let member = toml_edit::Value::from(member).decorated(prefix, "");
    members.push_formatted(member);
    Ok(manifest.to_string())
}

/// A package's manifest that says that no registry gets it.
pub fn unpublished(text: &str) -> Result<String> {
    let mut manifest: DocumentMut = text.parse()?;
    let package = manifest.get_mut("package").and_then(Item::as_table_like_mut).context("`package` is no table")?;
    package.insert("publish", toml_edit::value(false));
    Ok(manifest.to_string())
}

/// The files of a private crate that calls the tool in one version: manifest and program. Without the registries of a
/// rehearsal built in, their sources would be looked for beside the tool, where a registry has none.
pub fn xtask(version: &str) -> [(&'static str, String); 2] {
    let manifest = format!(
        "[package]\nname = \"xtask\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\ncargo-train = {{ version = \"={version}\", default-features = false, features = [\"stand-in\"] }}\n"
    );
    let program = "fn main() {\n    std::process::exit(cargo_train::main(cargo_train::Tool::Xtask));\n}\n";
    [("xtask/Cargo.toml", manifest), ("xtask/src/main.rs", program.to_owned())]
}

/// Cargo's configuration with the alias; `None`, where it has one of that name.
pub fn with_alias(text: &str) -> Result<Option<String>> {
    const RUN: &str = "run --package xtask --";
    let mut config: DocumentMut = text.parse()?;
    match config.get_mut("alias") {
        None => extended(text, &format!("[alias]\nxtask = \"{RUN}\"")).map(Some),
        Some(alias) if alias.get("xtask").is_some() => Ok(None),
        Some(alias) => {
            alias["xtask"] = toml_edit::value(RUN);
            Ok(Some(config.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::sketch::house;

    #[test]
    fn a_member_more_stands_where_the_others_do() {
        for (before, after) in [
            ("[workspace]\nmembers = [\"a\"]\n", "[workspace]\nmembers = [\"a\", \"xtask\"]\n"),
            (
                "[workspace]\nmembers = [\n  \"a\", # ours\n]\n",
                "[workspace]\nmembers = [\n  \"a\", # ours\n  \"xtask\",\n]\n",
            ),
            ("[workspace]\nmembers = [\"*\"]\n", "[workspace]\nmembers = [\"*\"]\n"),
            ("[package]\nname = \"a\"\n", "[package]\nname = \"a\"\n\n[workspace]\nmembers = [\"xtask\"]\n"),
        ] {
            assert_eq!(with_member(before, "xtask").unwrap(), after);
        }
    }

    #[test]
    fn an_alias_that_is_there_stays() {
        let alias = "xtask = \"run --package xtask --\"\n";
        assert_eq!(with_alias("").unwrap().unwrap(), format!("[alias]\n{alias}"));
        assert_eq!(
            with_alias("[net]\noffline = true\n").unwrap().unwrap(),
            format!("[net]\noffline = true\n\n[alias]\n{alias}")
        );
        assert_eq!(
            with_alias("[alias] # ours\nb = \"build\"\n").unwrap().unwrap(),
            format!("[alias] # ours\nb = \"build\"\n{alias}")
        );
        assert_eq!(with_alias("[alias]\nxtask = \"run -p tools --\"\n").unwrap(), None);
    }

    #[test]
    fn a_train_on_a_line_gets_a_table() {
        let lines = "[workspace.metadata.trains]\nuv = { driver = \"uv\", lines = [{ crates = [\"uv-*\"] }] }\nowl = { driver = \"owl\" }";
        let tables = "[workspace.metadata.trains.uv]\ndriver = \"uv\"\nlines = [{ crates = [\"uv-*\"] }]\n\n[workspace.metadata.trains.owl]\ndriver = \"owl\"";
        assert_eq!(super::tables(lines).unwrap(), tables);
        let list = "[workspace.metadata]\ntrains = [\"lark\", \"owl\"]";
        assert_eq!(super::tables(list).unwrap(), list);
        let tables = "[workspace.metadata.trains.lark]\ndriver = \"lark\"\ndefault = true\n\n[workspace.metadata.trains.owl]\ndriver = \"owl\"";
        assert_eq!(unlisted(list).unwrap(), tables);
        assert_eq!(unlisted(tables).unwrap(), tables);
        let manifest = extended("[workspace]\n", list).unwrap();
        assert_eq!(metadata(&manifest).unwrap(), json!({ "trains": ["lark", "owl"] }));
        assert!(extended(&manifest, list).is_err(), "what stands there already is not written twice");
    }

    #[test]
    fn keys_stand_in_the_table_of_their_train() {
        let mut sketch = house();
        sketch.trains = json!({ "lark": { "driver": "barter" } });
        let snapshot = sketch.snapshot();
        let key = |name, value: &str| Key { name, value: value.to_owned(), why: String::new() };
        let keys = [key("main", "\"trunk\""), key("files", "[{ path = \"a\" }]")];
        let with_keys = |text: &str| with_keys(text, &snapshot.train, "barter", &keys);
        let lines = "main = \"trunk\"\nfiles = [{ path = \"a\" }]\n";
        for (before, after) in [
            ("[workspace]\n", format!("[workspace]\n\n[workspace.metadata.trains.lark]\ndriver = \"barter\"\n{lines}")),
            (
                "[workspace.metadata.trains.lark] # ours\ndriver = \"barter\"\n\n[profile]\n",
                format!("[workspace.metadata.trains.lark] # ours\ndriver = \"barter\"\n{lines}\n[profile]\n"),
            ),
            (
                "[workspace.metadata.trains]\nlark = { driver = \"barter\" }\n",
                "[workspace.metadata.trains]\nlark = { driver = \"barter\", main = \"trunk\", files = [{ path = \"a\" }] }\n".to_owned(),
            ),
            (
                "[workspace.metadata]\ntrains = { lark = { driver = \"barter\" } }\n",
                "[workspace.metadata]\ntrains = { lark = { driver = \"barter\", main = \"trunk\", files = [{ path = \"a\" }] } }\n".to_owned(),
            ),
            (
                "[workspace.metadata.trains.owl]\n",
                format!("[workspace.metadata.trains.owl]\n\n[workspace.metadata.trains.lark]\ndriver = \"barter\"\n{lines}"),
            ),
        ] {
            assert_eq!(with_keys(before).unwrap(), after);
        }
        let listed = with_keys("[workspace.metadata]\ntrains = [\"lark\"]\n").unwrap_err();
        assert_eq!(listed.to_string(), "the trains are a list of names, which holds no keys");
    }

    #[test]
    fn a_package_says_that_no_registry_gets_it() {
        assert_eq!(
            unpublished("[package] # ours\nname = \"a\"\n\n[lib]\n").unwrap(),
            "[package] # ours\nname = \"a\"\npublish = false\n\n[lib]\n"
        );
        assert!(unpublished("[workspace]\n").is_err());
    }
}
