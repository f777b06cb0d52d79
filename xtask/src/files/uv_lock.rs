//! `uv.lock`: the project's own entry, which uv records with its version only when that is static.
//! It must never touch a package that came from an index.

use anyhow::Result;
use toml_edit::Item;

use super::{Place, Toml};

/// The version of the package that uv took from the project's own directory, if the lock records one. `is_own` knows that
/// directory by its path from the lock's: another project may well have the same name.
pub fn read(text: &str, is_own: impl Fn(&str) -> bool) -> Result<Option<Place>> {
    let toml = Toml::parse(text)?;
    let Some(packages) = toml.get(&["package"]).and_then(Item::as_array_of_tables) else {
        return Ok(None);
    };
    for package in packages {
        let source = package.get("source");
        let from = ["editable", "virtual", "directory"].iter().find_map(|kind| source?.get(kind)?.as_str());
        if let (true, Some(version)) = (from.is_some_and(&is_own), package.get("version")) {
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
            [[package]]\nname = \"barter-python\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n\
            [[package]]\nname = \"barter-python\"\nversion = \"0.9.3\"\nsource = { editable = \"python\" }\n[[package]]\nname = \"dyn\"\nsource = { virtual = \"dyn\" }\n";
        let of = |dir: &str| read(lock, |from| from == dir).unwrap().map(|place| lock[place.span].to_owned());
        assert_eq!(of("python").as_deref(), Some("0.9.3"));
        assert_eq!(of(".").as_deref(), Some("1.0"));
        assert_eq!((of("numpy"), of("dyn")), (None, None));
    }
}
