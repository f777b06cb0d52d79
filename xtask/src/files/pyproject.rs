//! `pyproject.toml`: the wheel's name and version in PEP 621 metadata, and how maturin finds its crate.
//! It must never guess a version that maturin would take from elsewhere: `dynamic` is said as such.

use anyhow::Result;
use toml_edit::Item;

use super::{Place, Toml};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PyProject {
    pub name: Option<String>,
    /// Static `project.version`.
    pub version: Option<Place>,
    /// `version` is listed in `project.dynamic`: maturin takes Cargo's.
    pub dynamic: bool,
    /// `tool.maturin.manifest-path`, relative to the file.
    pub manifest_path: Option<String>,
    /// maturin is the build backend.
    pub maturin: bool,
}

/// Reads the parts that a release needs.
pub fn read(text: &str) -> Result<PyProject> {
    let toml = Toml::parse(text)?;
    let dynamic = toml.get(&["project", "dynamic"]).and_then(Item::as_array);
    Ok(PyProject {
        name: toml.text(&["project", "name"]).map(str::to_owned),
        version: toml.get(&["project", "version"]).map(|item| toml.place(item)).transpose()?.flatten(),
        dynamic: dynamic.is_some_and(|list| list.iter().any(|value| value.as_str() == Some("version"))),
        manifest_path: toml.text(&["tool", "maturin", "manifest-path"]).map(str::to_owned),
        maturin: toml.text(&["build-system", "build-backend"]) == Some("maturin"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::splice;

    #[test]
    fn static_dynamic_and_neither() {
        let text = "[build-system]\nbuild-backend = \"maturin\"\n[project]\nname = 'x'\nversion = '0.9.3' # here\n[tool.maturin]\nmanifest-path = \"rs/Cargo.toml\"\n";
        let read_back = read(text).unwrap();
        let place = read_back.version.clone().unwrap();
        assert_eq!((place.text.as_str(), read_back.maturin, read_back.dynamic), ("0.9.3", true, false));
        assert_eq!(read_back.manifest_path.as_deref(), Some("rs/Cargo.toml"));
        assert_eq!(splice(text, vec![(place.span, "0.9.3.post1".into())]), text.replace("0.9.3", "0.9.3.post1"));
        assert!(read("[project]\ndynamic = [\"version\"]\n").unwrap().dynamic);
        assert_eq!(read("[project]\n").unwrap(), PyProject::default());
    }
}
