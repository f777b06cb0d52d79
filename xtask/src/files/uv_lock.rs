//! `uv.lock`: the project's own entry, which uv records with its version only when that is static.
//! It must never touch a package that came from an index.

use anyhow::Result;
use toml_edit::Item;

use super::{Place, Toml};
use crate::pep503::normalized;

/// The version of the package called `name` that uv took from a directory, if the lock records one.
pub fn read(text: &str, name: &str) -> Result<Option<Place>> {
    let toml = Toml::parse(text)?;
    let Some(packages) = toml.get(&["package"]).and_then(Item::as_array_of_tables) else {
        return Ok(None);
    };
    for package in packages {
        let from_directory = package
            .get("source")
            .is_some_and(|source| ["editable", "virtual", "directory"].iter().any(|kind| source.get(kind).is_some()));
        let same =
            package.get("name").and_then(Item::as_str).is_some_and(|found| normalized(found) == normalized(name));
        if let (true, true, Some(version)) = (from_directory, same, package.get("version")) {
            return toml.place(version);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_project_itself() {
        let lock = "version = 1\n[[package]]\nname = \"numpy\"\nversion = \"0.9.3\"\nsource = { registry = \"index\" }\n\
            [[package]]\nname = \"barter-python\"\nversion = \"0.9.3\"\nsource = { editable = \".\" }\n[[package]]\nname = \"dyn\"\nsource = { virtual = \".\" }\n";
        let place = read(lock, "Barter_Python").unwrap().unwrap();
        assert_eq!(&lock[place.span], "0.9.3");
        assert_eq!(read(lock, "numpy").unwrap(), None);
        assert_eq!(read(lock, "dyn").unwrap(), None);
    }
}
