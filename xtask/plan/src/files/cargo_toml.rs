//! `Cargo.toml`: where a manifest names versions and requirements, whatever way they are written.
//! It must never decide which of them change; it only finds their places.

use anyhow::Result;
use toml_edit::Item;

use super::{Place, Toml, entries, texts};

/// What a manifest says about versions, with the place of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    pub name: Option<String>,
    pub version: VersionField,
    /// `[workspace.package] version`.
    pub workspace_version: Option<Place>,
    pub dependencies: Vec<Dependency>,
    pub features: Vec<String>,
    /// How many entries the feature with the most of them has.
    pub enabled: usize,
    /// It says itself which file is its readme.
    pub names_readme: bool,
    /// The sources that it names for what others get, each with its key: library, programs, build script.
    pub sources: Vec<(&'static str, String)>,
    /// Which files are packed: may be some that git ignores.
    pub include: Patterns,
    pub exclude: Patterns,
    /// The same in `[workspace.package]`.
    pub workspace_include: Patterns,
    pub workspace_exclude: Patterns,
}

/// A field of a package.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Field<T> {
    #[default]
    Absent,
    /// `….workspace = true`.
    Inherited,
    Literal(T),
}

/// The `version`: where none is written, cargo takes 0.0.0 for it.
pub type VersionField = Field<Place>;

/// A list of patterns.
pub type Patterns = Field<Vec<String>>;

impl<T> Field<T> {
    /// What the manifest itself says.
    pub fn literal(&self) -> Option<&T> {
        self.or_inherited(None)
    }

    /// What the manifest says, or the workspace's does for it.
    pub fn or_inherited<'f>(&'f self, of_workspace: Option<&'f T>) -> Option<&'f T> {
        match self {
            Field::Literal(own) => Some(own),
            Field::Inherited => of_workspace,
            Field::Absent => None,
        }
    }
}

/// Which table an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    Normal,
    Dev,
    Build,
    /// `[workspace.dependencies]`, from which the others inherit.
    Workspace,
    /// `[patch.*]` and `[replace]`: make a name resolve to a path.
    Patch,
}

/// One dependency entry: inline table, sub-table, dotted keys or a bare requirement.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    pub table: Table,
    /// The key, which `package = "…"` may make another name than the package's.
    pub key: String,
    pub package: String,
    /// As written, relative to the manifest that says it.
    pub path: Option<String>,
    pub requirement: Option<Place>,
    /// `workspace = true`.
    pub inherited: bool,
    pub optional: bool,
    /// The git repository that it names.
    pub git: Option<String>,
    /// The registry of its own that it names, by its name or its index.
    pub registry: Option<String>,
    /// The entry as written, so that two versions of a manifest can be compared.
    pub written: String,
}

const TABLES: [(&str, Table); 5] = [
    ("dependencies", Table::Normal),
    ("dev-dependencies", Table::Dev),
    ("dev_dependencies", Table::Dev),
    ("build-dependencies", Table::Build),
    ("build_dependencies", Table::Build),
];

/// Reads a manifest.
pub fn read(text: &str) -> Result<Manifest> {
    let toml = Toml::parse(text)?;
    let version = toml.get(&["package", "version"]);
    let patterns = |keys: &[&str]| match toml.get(keys) {
        None => Field::Absent,
        list @ Some(item) if item.is_array() => Field::Literal(texts(list)),
        Some(_) => Field::Inherited,
    };
    let source = |key, item: Option<&Item>| Some((key, item?.as_str()?.to_owned()));
    let bins = toml.get(&["bin"]).and_then(Item::as_array_of_tables).into_iter().flatten();
    let bins = bins.filter_map(|bin| source("bin.path", bin.get("path")));
    let fixed = [source("build", toml.get(&["package", "build"])), source("lib.path", toml.get(&["lib", "path"]))];
    let features = || entries(toml.get(&["features"]));
    let enabled = features().filter_map(|(_, entries)| Some(entries.as_array()?.len()));
    let mut manifest = Manifest {
        name: toml.owned(&["package", "name"]),
        version: match version.map(|version| toml.place(version)).transpose()? {
            None => Field::Absent,
            Some(None) => Field::Inherited,
            Some(Some(place)) => Field::Literal(place),
        },
        workspace_version: toml.place_at(&["workspace", "package", "version"])?,
        dependencies: Vec::new(),
        features: features().map(|(name, _)| name.to_owned()).collect(),
        enabled: enabled.max().unwrap_or_default(),
        names_readme: toml.get(&["package", "readme"]).is_some_and(|readme| readme.as_bool() != Some(false)),
        sources: fixed.into_iter().flatten().chain(bins).collect(),
        include: patterns(&["package", "include"]),
        exclude: patterns(&["package", "exclude"]),
        workspace_include: patterns(&["workspace", "package", "include"]),
        workspace_exclude: patterns(&["workspace", "package", "exclude"]),
    };
    let targets = entries(toml.get(&["target"])).map(|(_, target)| target);
    for holder in std::iter::once(toml.doc.as_item()).chain(targets) {
        for (name, table) in TABLES {
            read_table(&toml, holder.get(name), table, &mut manifest)?;
        }
    }
    read_table(&toml, toml.get(&["workspace", "dependencies"]), Table::Workspace, &mut manifest)?;
    let patches = entries(toml.get(&["patch"])).map(|(_, patch)| patch);
    for patch in toml.get(&["replace"]).into_iter().chain(patches) {
        read_table(&toml, Some(patch), Table::Patch, &mut manifest)?;
    }
    Ok(manifest)
}

fn read_table(toml: &Toml<'_>, item: Option<&Item>, table: Table, manifest: &mut Manifest) -> Result<()> {
    for (key, entry) in entries(item) {
        let text = |field: &str| entry.get(field).and_then(Item::as_str);
        let requirement = if entry.is_str() { Some(entry) } else { entry.get("version") };
        manifest.dependencies.push(Dependency {
            table,
            key: key.to_owned(),
            package: text("package").unwrap_or(key).to_owned(),
            path: text("path").map(str::to_owned),
            requirement: requirement.map(|item| toml.place(item)).transpose()?.flatten(),
            inherited: entry.get("workspace").and_then(Item::as_bool) == Some(true),
            optional: entry.get("optional").and_then(Item::as_bool) == Some(true),
            git: text("git").map(str::to_owned),
            registry: text("registry").or_else(|| text("registry-index")).map(str::to_owned),
            written: match entry.span().filter(|_| entry.is_value()) {
                // Its own bytes are the same, and cheaper than to spell it out again.
                Some(span) => toml.raw[span].to_owned(),
                // A sub-table or dotted keys: no one place holds them all.
                None => fields(toml, entry),
            },
        });
    }
    Ok(())
}

/// The fields of an entry as written, one after the other.
fn fields(toml: &Toml<'_>, entry: &Item) -> String {
    let written =
        entries(Some(entry)).map(|(key, value)| format!("{key} = {}", value.span().map_or("", |span| &toml.raw[span])));
    written.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::splice;

    const ODD: &str = "\u{feff}# 0.9.3 is our version\r\n[package]\r\nname = \"a\"\r\nversion   =  '0.9.3'   # keep\r\n\r\n\
        [dependencies]\r\nb = { path = \"../b\", version = \"0.9\" }\r\nc.version = \"=0.9.3\"\r\nc.path = \"../c\"\r\nserde = \"1\"\r\n\
        renamed = { package = \"d\", path = \"../d\", version = \"0.9.3\" }\r\n[dependencies.e]\r\npath = '../e'\r\nversion = '~0.9'\r\n\
        [target.'cfg(unix)'.build-dependencies]\r\nf = { workspace = true, features = [\"x\"] }\r\n\
        [workspace.dependencies]\r\nf = { path = \"f\", version = \"0.9.3\" }\r\n[workspace.package]\r\nversion = \"0.9.3\"\r\n";

    #[test]
    fn a_list_may_be_absent_inherited_or_written() {
        let include = |line: &str| read(&format!("[package]\n{line}\n")).unwrap().include;
        assert_eq!(include(""), Field::Absent);
        assert_eq!(include("include.workspace = true"), Field::Inherited);
        assert_eq!(include("include = []"), Field::Literal(Vec::new()));
        assert_eq!(include("include = [\"a\", \"b\"]"), Field::Literal(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_dependency_is_kept_as_it_is_written_whatever_its_form() {
        for (text, written) in [
            ("[dependencies]\na = \"1\"\n", "\"1\""),
            ("[dependencies]\na = { version = '1', path = \"ä\" } # b\n", "{ version = '1', path = \"ä\" }"),
            ("[dependencies.a]\nversion = '1'\noptional = true\n", "version = '1', optional = true"),
            ("[dependencies]\na.version = \"1\"\na.path = \"b\"\n", "version = \"1\", path = \"b\""),
        ] {
            assert_eq!(read(text).unwrap().dependencies[0].written, written, "{text}");
        }
    }

    #[test]
    fn finds_every_way_of_writing() {
        let manifest = read(ODD).unwrap();
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| {
                (
                    d.table,
                    d.key.as_str(),
                    d.package.as_str(),
                    d.path.as_deref(),
                    d.requirement.as_ref().map(|p| p.text.as_str()),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (Table::Normal, "b", "b", Some("../b"), Some("0.9")),
                (Table::Normal, "c", "c", Some("../c"), Some("=0.9.3")),
                (Table::Normal, "serde", "serde", None, Some("1")),
                (Table::Normal, "renamed", "d", Some("../d"), Some("0.9.3")),
                (Table::Normal, "e", "e", Some("../e"), Some("~0.9")),
                (Table::Build, "f", "f", None, None),
                (Table::Workspace, "f", "f", Some("f"), Some("0.9.3")),
            ]
        );
        assert!(manifest.dependencies[5].inherited);
        assert_eq!(manifest.workspace_version.unwrap().text, "0.9.3");
    }

    #[test]
    fn the_old_spellings_of_tables_are_read() {
        for (name, table) in [
            ("dependencies", Table::Normal),
            ("dev-dependencies", Table::Dev),
            ("dev_dependencies", Table::Dev),
            ("build-dependencies", Table::Build),
            ("build_dependencies", Table::Build),
        ] {
            for holder in ["", "target.'cfg(unix)'."] {
                let manifest =
                    read(&format!("[{holder}{name}]\nb = {{ path = \"../b\", version = \"0.9\" }}\n")).unwrap();
                let found: Vec<_> =
                    manifest.dependencies.iter().map(|found| (found.table, found.key.as_str())).collect();
                assert_eq!(found, [(table, "b")], "{holder}{name}");
            }
        }
    }

    #[test]
    fn up_and_back_is_byte_identical() {
        let bump = |text: &str, to: &str| {
            let manifest = read(text).unwrap();
            let VersionField::Literal(version) = manifest.version else { panic!("literal") };
            let mut changes = vec![(version.span, to.to_owned())];
            changes.extend(
                manifest.dependencies.iter().filter(|d| d.path.is_some()).filter_map(|d| d.requirement.clone()).map(
                    |place| {
                        let version = crate::version::Version::parse(to, crate::version::Dialect::Cargo).unwrap();
                        let new =
                            crate::requirement::upgrade(&place.text, &version).unwrap().unwrap_or(place.text.clone());
                        (place.span, new)
                    },
                ),
            );
            splice(text, changes)
        };
        let up = bump(ODD, "0.10.0");
        assert!(
            up.contains("version   =  '0.10.0'   # keep\r\n")
                && up.contains("b = { path = \"../b\", version = \"0.10\" }")
        );
        assert_eq!(bump(&up, "0.9.3"), ODD);
    }

    #[test]
    fn escapes_and_nonsense_are_errors() {
        assert!(read("[package]\nversion = \"0.9\\u002e3\"\n").unwrap_err().to_string().contains("escapes"));
        assert!(read("[package\n").is_err());
    }
}
