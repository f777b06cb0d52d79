//! `uv.lock`: the project's own entry, which uv records with its version only when that is static.
//! It must never touch a package that came from an index.

use std::ops::Range;

use anyhow::Result;
use toml_edit::Item;

use super::{Place, Toml, is_toml, packages};

/// The version of the package that uv took from the project's own directory, if the lock records one. `is_own` knows that
/// directory by its path from the lock's: another project may well have the same name.
pub fn read(text: &str, is_own: impl Fn(&str) -> bool) -> Result<Option<Place>> {
    if !is_toml(text) {
        Toml::parse(text)?;
    }
    for part in from_directories(text) {
        if let Some(Place { text, span }) = read_toml(&text[part.clone()], &is_own)? {
            return Ok(Some(Place { text, span: part.start + span.start..part.start + span.end }));
        }
    }
    Ok(None)
}

fn read_toml(text: &str, is_own: impl Fn(&str) -> bool) -> Result<Option<Place>> {
    let toml = Toml::parse(text)?;
    let packages = toml.get(&["package"]).and_then(Item::as_array_of_tables);
    for package in packages.into_iter().flatten() {
        let source = package.get("source");
        let from = DIRECTORIES.iter().find_map(|kind| source?.get(kind)?.as_str());
        if let (true, Some(version)) = (from.is_some_and(&is_own), package.get("version")) {
            return toml.place(version);
        }
    }
    Ok(None)
}

/// The sources that are a directory.
const DIRECTORIES: [&str; 3] = ["editable", "virtual", "directory"];

/// The few packages that may come from a directory. To build the values of all of them takes long.
fn from_directories(text: &str) -> impl Iterator<Item = Range<usize>> {
    packages(text).into_iter().filter(|part| DIRECTORIES.iter().any(|kind| text[part.clone()].contains(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_project_itself() {
        let lock = "version = 1\n[[package]]\nname = \"numpy\"\nversion = \"0.9.3\"\nsource = { registry = \"index\" }\n\
            [[package]]\nname = \"barter-python\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n\
            [[package]]\nname = \"barter-python\"\nversion = \"0.9.3\"\nsource = { editable = \"python\" }\n[[package]]\nname = \"dyn\"\nsource = { virtual = \"dyn\" }\n";
        let of = |dir: &str| read(lock, |from| from == dir).unwrap().map(|place| lock[place.span].to_owned());
        assert_eq!(of("python").as_deref(), Some("0.9.3"));
        assert_eq!(of(".").as_deref(), Some("1.0"));
        assert_eq!((of("numpy"), of("dyn")), (None, None));
    }
    #[test]
    fn most_of_a_lock_is_not_parsed() {
        let lock = "version = 1\nrevision = 3\nrequires-python = \">=3.9\"\nresolution-markers = [\n    \"python_version < '3.10'\",\n]\n\n\
            [manifest]\nmembers = [\n    \"owl\",\n]\n\n[[package]]\nname = \"numpy\"\nversion = \"0.9.3\"\nsource = { registry = \"index\" }\n\
            wheels = [\n    { url = \"https://x.test/a.whl\", size = 3 },\n]\n\n[[package]]\nname = \"owl\"\nversion = \"0.9.3\"\n\
            source = { editable = \"python\" }\ndependencies = [\n    { name = \"numpy\" },\n]\n\n[package.metadata]\nrequires-dist = [{ name = \"numpy\" }]\n\n\
            [[package]]\nname = \"six\"\nversion = \"1.0\"\nsource = { registry = \"index\" }\n";
        for lock in [lock.to_owned(), lock.replace('\n', "\r\n")] {
            let parts: Vec<_> = from_directories(&lock).collect();
            assert!(
                parts.len() == 1
                    && lock[parts[0].clone()].trim_end().ends_with("requires-dist = [{ name = \"numpy\" }]")
            );
            let place = read(&lock, |from| from == "python").unwrap().unwrap();
            assert_eq!((&lock[place.span.clone()], &lock[place.span.end..][..1]), ("0.9.3", "\""));
        }
        for wrong in ["<<<<<<< HEAD\n", "=======\n", ">>>>>>> topic\n", "name = \n", "name = \"a\n", "]\n", "  x\n"] {
            for at in [lock.find("[[package]]\nname = \"six").unwrap(), lock.find("    { url").unwrap(), lock.len()] {
                let broken = format!("{}{wrong}{}", &lock[..at], &lock[at..]);
                assert!(read(&broken, |from| from == "python").is_err(), "{broken}");
            }
        }
        assert!(read("[[package]]\nname = \"a\"\nwheels = [\n", |_| false).is_err(), "a list without an end");
    }
}
