//! `pyproject.toml`: the wheel's name and version in PEP 621 metadata, and how maturin finds its crate.
//! It must never guess a version that maturin would take from elsewhere: `dynamic` is said as such.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use toml_edit::{Item, TableLike};

use super::{Place, Toml, entries, texts};
use crate::{
    paths::{dir, normalized},
    pypi::About,
};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PyProject {
    pub name: Option<String>,
    /// Static `project.version`.
    pub version: Option<Place>,
    /// `version` is listed in `project.dynamic`: maturin takes Cargo's.
    pub dynamic: bool,
    /// There is a `[project]` at all.
    pub has_project: bool,
    /// The version that poetry reads, under `[tool.poetry]`.
    pub poetry: Option<Place>,
    /// A table that says a version which maturin does not read.
    pub misplaced: Option<&'static str>,
    /// `tool.maturin.manifest-path`, relative to the file.
    pub manifest_path: Option<String>,
    /// maturin is the build backend, or what one in the project's own tree calls.
    pub maturin: bool,
    /// That backend in the tree.
    pub backend: Option<Backend>,
    /// The files and directories that it names for the wheel, relative to the file: the Python source, the readme, licenses.
    pub packed: Vec<String>,
    /// The patterns of `tool.maturin.include`, which takes files that git ignores.
    pub included: Vec<String>,
    /// The addresses of `project.urls` that are of the repository or the home page.
    pub links: Vec<String>,
    /// What an index judges.
    pub about: About,
}

/// A build backend that a project has in its own tree: what it does beside calling maturin, only it knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Backend {
    pub name: String,
    /// Where it is, relative to the file.
    pub paths: Vec<String>,
}

impl PyProject {
    /// The manifest of the crate that it is built from, where the project is at `path`.
    pub fn crate_at(&self, path: &Path) -> Option<PathBuf> {
        normalized(&dir(path).join(self.manifest_path.as_deref().unwrap_or("Cargo.toml")))
    }
}

/// Reads the parts that a release needs.
pub fn read(text: &str) -> Result<PyProject> {
    let toml = Toml::parse(text)?;
    let name = toml.text(&["project", "name"]);
    if let Some(name) = name.filter(|name| !is_name(name)) {
        bail!(
            "`project.name = \"{name}\"` is no name of a project: write letters, digits, and `.`, `_`, `-` between them"
        );
    }
    let about = about(&toml);
    let links = about.urls.iter().filter(|(label, _)| is_link(label)).map(|(_, url)| url.clone());
    let misplaced = ["poetry", "maturin"].into_iter().find(|tool| toml.get(&["tool", tool, "version"]).is_some());
    let backend = backend(&toml);
    Ok(PyProject {
        name: name.map(str::to_owned),
        version: toml.place_at(&["project", "version"])?,
        dynamic: texts(toml.get(&["project", "dynamic"])).iter().any(|field| field == "version"),
        has_project: toml.get(&["project"]).is_some(),
        poetry: toml.place_at(&["tool", "poetry", "version"])?,
        misplaced,
        manifest_path: toml.owned(&["tool", "maturin", "manifest-path"]),
        maturin: toml.text(&["build-system", "build-backend"]) == Some("maturin") || backend.is_some(),
        backend,
        packed: packed(&toml),
        included: named(toml.get(&["tool", "maturin", "include"])).map(str::to_owned).collect(),
        links: links.collect(),
        about,
    })
}

/// The backend in the project's own tree, where it is built with maturin.
fn backend(toml: &Toml) -> Option<Backend> {
    let list = |keys: &[&str]| -> Vec<String> { named(toml.get(keys)).map(str::to_owned).collect() };
    let (name, paths) = (toml.text(&["build-system", "build-backend"])?, list(&["build-system", "backend-path"]));
    let is_maturin = |requirement: &String| {
        let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        requirement[..end.unwrap_or(requirement.len())].eq_ignore_ascii_case("maturin")
    };
    let is_its = !paths.is_empty()
        && toml.get(&["tool", "maturin"]).is_some()
        && list(&["build-system", "requires"]).iter().any(is_maturin);
    is_its.then(|| Backend { name: name.to_owned(), paths })
}

/// The directory in which towncrier or scriv keeps the entries of a changelog, where the project says one.
pub fn fragments(text: &str) -> Option<String> {
    let toml = Toml::parse(text).ok()?;
    let keys = [["tool", "towncrier", "directory"], ["tool", "scriv", "fragment_directory"]];
    keys.iter().find_map(|keys| toml.owned(keys))
}

/// What a project says of itself.
fn about(toml: &Toml) -> About {
    let project = |key: &str| toml.get(&["project", key]);
    let maturin = |key: &str| toml.get(&["tool", "maturin", key]);
    let extras = entries(project("optional-dependencies")).flat_map(|(_, extra)| texts(Some(extra)));
    // A list of inline tables, or an array of tables.
    let people = [project("authors"), project("maintainers")].into_iter().flatten().flat_map(|people| {
        let inline = people.as_array().into_iter().flatten().filter_map(|one| one.as_inline_table());
        let tables = people.as_array_of_tables().into_iter().flatten();
        inline.map(|one| one as &dyn TableLike).chain(tables.map(|one| one as &dyn TableLike))
    });
    let compatibility = ["compatibility", "manylinux"].into_iter().find_map(|key| maturin(key)?.as_str());
    let is_skipped = maturin("skip-auditwheel").and_then(Item::as_bool) == Some(true)
        || maturin("auditwheel").and_then(Item::as_str) == Some("skip");
    About {
        summary: toml.owned(&["project", "description"]),
        classifiers: texts(project("classifiers")),
        requires_python: toml.owned(&["project", "requires-python"]),
        requirements: texts(project("dependencies")).into_iter().chain(extras).collect(),
        urls: entries(project("urls"))
            .filter_map(|(label, url)| Some((label.to_owned(), url.as_str()?.to_owned())))
            .collect(),
        emails: people.filter_map(|one| Some(one.get("email")?.as_str()?.to_owned())).collect(),
        license: toml.owned(&["project", "license"]),
        content_type: toml.owned(&["project", "readme", "content-type"]),
        any_linux: compatibility.map_or(is_skipped, |compatibility| ["linux", "off"].contains(&compatibility)),
    }
}

/// Whether an address of that label is one of a repository or of a home page
/// (<https://packaging.python.org/en/latest/specifications/well-known-project-urls/>).
pub fn is_link(label: &str) -> bool {
    let label: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let known = ["repository", "source", "sourcecode", "github", "code", "homepage"];
    known.contains(&label.to_ascii_lowercase().as_str())
}

/// <https://packaging.python.org/en/latest/specifications/name-normalization/>
fn is_name(name: &str) -> bool {
    let ends = [name.chars().next(), name.chars().next_back()];
    ends.iter().all(|end| end.is_some_and(|c| c.is_ascii_alphanumeric()))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}

/// The paths of a list, or of one value; some are tables with more about them.
fn named(item: Option<&Item>) -> impl Iterator<Item = &str> {
    let values = item.into_iter().flat_map(|item| match item.as_array() {
        Some(list) => list.iter().collect(),
        None => Vec::from_iter(item.as_value()),
    });
    values.filter_map(|value| value.as_str().or_else(|| value.as_inline_table()?.get("path")?.as_str()))
}

/// What is a pattern counts as the directory that it begins with.
fn packed(toml: &Toml) -> Vec<String> {
    const KEYS: [&[&str]; 8] = [
        &["project", "readme"],
        &["project", "readme", "file"],
        &["project", "license", "file"],
        &["project", "license-files"],
        &["tool", "maturin", "python-source"],
        &["tool", "maturin", "data"],
        &["tool", "maturin", "include"],
        &["tool", "maturin", "sdist-include"],
    ];
    let named = KEYS.iter().flat_map(|keys| named(toml.get(keys)));
    let fixed = |path: &str| match path.find(['*', '?', '[']) {
        Some(at) => path[..at].rsplit_once('/').map_or("", |(dir, _)| dir).to_owned(),
        None => path.to_owned(),
    };
    named.map(fixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::splice;

    #[test]
    fn a_link_is_known_by_its_label_however_that_is_written() {
        for label in ["Repository", "source code", "Home-page", "homepage", "GitHub", "Source"] {
            assert!(is_link(label), "{label}");
        }
        for label in ["", "Issues", "Documentation", "Changelog", "Sources"] {
            assert!(!is_link(label), "{label}");
        }
    }

    #[test]
    fn what_a_wheel_holds_beside_its_crate() {
        let text = "[project]\nreadme = { file = \"../README.md\" }\nlicense-files = [\"../LICEN*\", \"../legal/**/x\"]\n\
                    [tool.maturin]\npython-source = \"python\"\ninclude = [{ path = \"d/*.json\", format = \"sdist\" }, \"e\"]\n";
        assert_eq!(read(text).unwrap().packed, ["../README.md", "..", "../legal", "python", "d", "e"]);
        assert_eq!(read(text).unwrap().included, ["d/*.json", "e"]);
        assert_eq!(read("[project]\nreadme = \"R.md\"\n").unwrap().packed, ["R.md"]);
    }

    #[test]
    fn what_an_index_judges() {
        let text = "[project]\ndescription = \"d\"\nlicense = \"MIT\"\nclassifiers = [\"Topic :: A\"]\nrequires-python = \">=3.9\"\n\
                    dependencies = [\"a\"]\nauthors = [{ name = \"A\", email = \"a@b.c\" }, { name = \"B\" }]\n\
                    readme = { file = \"R\", content-type = \"text/plain\" }\nurls.Home = \"https://a\"\n\
                    [[project.maintainers]]\nemail = \"d@e.f\"\n[project.optional-dependencies]\nx = [\"b\"]\n";
        let texts = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let about = About {
            summary: Some("d".to_owned()),
            classifiers: texts(&["Topic :: A"]),
            requires_python: Some(">=3.9".to_owned()),
            requirements: texts(&["a", "b"]),
            urls: vec![("Home".to_owned(), "https://a".to_owned())],
            emails: texts(&["a@b.c", "d@e.f"]),
            license: Some("MIT".to_owned()),
            content_type: Some("text/plain".to_owned()),
            any_linux: false,
        };
        assert_eq!(read(text).unwrap().about, about);
        // As maturin names its wheels.
        for (keys, any_linux) in [
            ("", false),
            ("skip-auditwheel = true", true),
            ("auditwheel = \"skip\"", true),
            ("auditwheel = \"check\"", false),
            ("compatibility = \"linux\"", true),
            ("manylinux = \"off\"", true),
            ("skip-auditwheel = true\ncompatibility = \"manylinux2014\"", false),
        ] {
            assert_eq!(read(&format!("[tool.maturin]\n{keys}\n")).unwrap().about.any_linux, any_linux, "{keys}");
        }
        assert_eq!(read("[project]\nlicense = { text = \"Ours\" }\n").unwrap().about, About::default());
    }

    #[test]
    fn static_dynamic_and_neither() {
        let text = "[build-system]\nbuild-backend = \"maturin\"\n[project]\nname = 'x'\nversion = '0.9.3' # here\n[tool.maturin]\nmanifest-path = \"rs/Cargo.toml\"\n";
        let read_back = read(text).unwrap();
        let place = read_back.version.clone().unwrap();
        assert_eq!((place.text.as_str(), read_back.maturin, read_back.dynamic), ("0.9.3", true, false));
        assert_eq!(read_back.manifest_path.as_deref(), Some("rs/Cargo.toml"));
        assert_eq!(splice(text, vec![(place.span, "0.9.3.post1".into())]), text.replace("0.9.3", "0.9.3.post1"));
        assert!(read("[project]\ndynamic = [\"version\"]\n").unwrap().dynamic);
        assert_eq!(read("[project]\n").unwrap(), PyProject { has_project: true, ..PyProject::default() });
        assert_eq!(read("[tool.poetry]\nversion = \"1\"\n").unwrap().misplaced, Some("poetry"));
        assert_eq!(read("").unwrap(), PyProject::default());
    }

    #[test]
    fn a_backend_in_the_tree_may_be_one_of_maturin() {
        let read = |system: &str| {
            let text =
                format!("[build-system]\n{system}\n[project]\nname = \"x\"\n[tool.maturin]\nmodule-name = \"x\"\n");
            let read = read(&text).unwrap();
            (read.maturin, read.backend.map(|backend| format!("{} {}", backend.name, backend.paths.join(" "))))
        };
        let path = "build-backend = \"own.hooks:it\"\nbackend-path = [\"build\", \".\"]";
        for requires in ["maturin", "maturin>=1.14.1,<2.0", "Maturin[zig] ~= 1.0", "maturin ; python_version > '3'"] {
            let system = format!("requires = [\"setuptools\", \"{requires}\"]\n{path}");
            assert_eq!(read(&system), (true, Some("own.hooks:it build .".to_owned())), "{requires}");
        }
        for system in [
            format!("requires = [\"setuptools\", \"maturin-import-hook\"]\n{path}"),
            path.to_owned(),
            "requires = [\"maturin\"]\nbuild-backend = \"setuptools.build_meta\"".to_owned(),
            "requires = [\"maturin\"]\nbackend-path = [\".\"]".to_owned(),
        ] {
            assert_eq!(read(&system), (false, None), "{system}");
        }
        assert_eq!(read("requires = [\"maturin\"]\nbuild-backend = \"maturin\""), (true, None));
        let system = format!("[build-system]\nrequires = [\"maturin\"]\n{path}\n");
        assert!(!super::read(&system).unwrap().maturin, "nothing is said to maturin");
    }

    #[test]
    fn a_name_is_never_an_option() {
        for (name, is_one) in [
            ("owl", true),
            ("Owl.py_x-1", true),
            ("-r", false),
            ("--index-url=x", false),
            ("", false),
            ("a b", false),
            ("a-", false),
        ] {
            assert_eq!(read(&format!("[project]\nname = \"{name}\"\n")).is_ok(), is_one, "{name:?}");
        }
    }
}
