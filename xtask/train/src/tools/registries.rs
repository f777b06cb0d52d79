//! Which registries cargo knows, as it is configured from the workspace upwards and in the user's home.
//! It must never hand on what would run a program of the tree: wrappers, aliases and credential providers stay there.

mod config;
mod tokens;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};
use toml_edit::{DocumentMut, Item};

use config::{absolute, leave_programs};
pub(super) use config::{merge, text};
#[cfg(test)]
use tokens::instead_of_programs;
pub use tokens::let_in;

use super::cargo;
use plan::{check::published::Unconfigured, config::closest, files::values, names};

/// The registry that cargo calls so publishes to crates.io, whatever stands in for reading.
pub const CRATES_IO: &str = "crates-io";

/// The tables that say where crates are, and how one gets there and is let in; the latter are the user's own alone.
const OF_ALL: [&str; 3] = ["registries", "registry", "source"];
const OF_THE_USER: [&str; 3] = ["http", "net", "credential-alias"];

/// The variable that comes before `default` of `[registry]`.
const DEFAULT: &str = "CARGO_REGISTRY_DEFAULT";

/// What is configured, the nearest word counting.
#[derive(Debug, Default)]
pub struct Registries {
    config: Map<String, Value>,
    /// The file that says which registry is taken when none is named.
    default_in: Option<PathBuf>,
    /// What `cargo login` keeps, by the registry's name.
    tokens: BTreeMap<String, String>,
    /// A directory of this machine stands for crates.io: vendored sources or a local registry. It has nothing of what is
    /// published.
    pub is_vendored: bool,
}

impl Registries {
    /// Reads the configuration that holds in a directory (<https://doc.rust-lang.org/cargo/reference/config.html>).
    pub fn of(dir: &Path) -> Result<Registries> {
        Registries::read(dir, cargo::home().as_deref())
    }

    pub(super) fn read(dir: &Path, home: Option<&Path>) -> Result<Registries> {
        let mut registries = Registries::default();
        // As on the command line, it is nearer than anything else.
        if let Some(path) = cargo::given_config() {
            registries.add_file(dir, &path, |_| {})?;
        }
        let own = home.map(|home| home.canonicalize().unwrap_or_else(|_| home.to_owned()));
        for above in dir.ancestors() {
            let at = above.join(".cargo");
            if at.canonicalize().ok() != own {
                registries.add(above, &at, |config| {
                    config.retain(|name, _| OF_ALL.contains(&name.as_str()));
                    let named = config.get_mut("registries").and_then(Value::as_object_mut);
                    let named = named.into_iter().flat_map(|all| all.values_mut().collect::<Vec<_>>());
                    named.for_each(leave_programs);
                    config.get_mut("registry").into_iter().for_each(leave_programs);
                })?;
            }
        }
        // What the tree has in a directory, the user may have from a mirror.
        registries.leave_local();
        if let Some(home) = home {
            let above = home.parent().unwrap_or(home);
            registries.add(above, home, |config| {
                config.retain(|name, _| OF_ALL.contains(&name.as_str()) || OF_THE_USER.contains(&name.as_str()));
            })?;
            registries.tokens = tokens(home)?;
        }
        registries.leave_local();
        Ok(registries)
    }

    /// Adds what a configuration says and a nearer one does not.
    fn add(&mut self, above: &Path, dir: &Path, clean: impl FnOnce(&mut Map<String, Value>)) -> Result<()> {
        let Some(path) = ["config", "config.toml"].iter().map(|name| dir.join(name)).find(|path| path.is_file()) else {
            return Ok(());
        };
        self.add_file(above, &path, clean)
    }

    fn add_file(&mut self, above: &Path, path: &Path, clean: impl FnOnce(&mut Map<String, Value>)) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let config: DocumentMut = text.parse().with_context(|| path.display().to_string())?;
        let mut config = values::of_table(config.as_table());
        clean(&mut config);
        absolute(&mut config, above);
        let has_default = config.get("registry").is_some_and(|registry| registry.get("default").is_some());
        self.default_in = self.default_in.take().or_else(|| has_default.then(|| path.to_owned()));
        merge(&mut self.config, config);
        Ok(())
    }

    /// Fails where cargo is configured to be offline: then what it does not know may be there all the same.
    pub fn may_ask(&self) -> Result<()> {
        cargo::may_ask()?;
        let is_offline = || self.config.get("net")?.get("offline")?.as_bool();
        if std::env::var_os("CARGO_NET_OFFLINE").is_none() && is_offline() == Some(true) {
            bail!("cargo is offline: its configuration sets `net.offline`");
        }
        Ok(())
    }

    /// Has cargo know them in a home of its own, and nothing else of the tree.
    pub fn apply(&self, command: &mut Command, home: &Path) -> Result<()> {
        self.write(home)?;
        command.env("CARGO_HOME", home).current_dir(home);
        let_in(command);
        for (name, token) in &self.tokens {
            let variable = token_variable(name);
            if std::env::var_os(&variable).is_none() {
                command.env(variable, token);
            }
        }
        Ok(())
    }

    /// Writes the configuration into a home of cargo.
    pub fn write(&self, home: &Path) -> Result<()> {
        let path = home.join("config.toml");
        fs::write(&path, self.text()).with_context(|| path.display().to_string())
    }

    /// The configuration alone, as a text.
    pub fn text(&self) -> String {
        text(&self.config)
    }

    /// The registry that cargo takes when none is named, if it is another one than crates.io.
    pub fn default_name(&self) -> Option<String> {
        let variable = std::env::var(DEFAULT).ok();
        let configured = || Some(self.config.get("registry")?.get("default")?.as_str()?.to_owned());
        variable.filter(|name| !name.is_empty()).or_else(configured).filter(|name| name != CRATES_IO)
    }

    /// Where a registry's index is.
    pub fn index(&self, name: &str) -> Option<String> {
        let variable = std::env::var(names::index_variable(name)).ok();
        let configured = || Some(self.config.get("registries")?.get(name)?.get("index")?.as_str()?.to_owned());
        variable.filter(|index| !index.is_empty()).or_else(configured)
    }

    /// The registries among these, and the one that is taken when none is named, whose index is not configured.
    pub fn unknown(&self, named: BTreeSet<String>) -> BTreeMap<String, Unconfigured> {
        let default = self.default_name();
        let unknown = named.into_iter().chain(default.clone());
        let unknown = unknown.filter(|name| name != CRATES_IO && self.index(name).is_none());
        let known: Vec<String> = self.names().into_iter().filter(|name| self.index(name).is_some()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let near = |name: &str| closest(name, &known).map(str::to_owned);
        let by = |name: &String| {
            let file = self.default_in.as_ref().map(|path| path.display().to_string());
            let variable = std::env::var_os(DEFAULT).is_some_and(|value| !value.is_empty());
            (default.as_ref() == Some(name)).then(|| file.filter(|_| !variable).unwrap_or_else(|| DEFAULT.to_owned()))
        };
        unknown.map(|name| (name.clone(), Unconfigured { near: near(&name), default_by: by(&name) })).collect()
    }

    /// The name of the registry that has this index, as a lock writes it.
    pub fn name_of(&self, source: &str) -> Option<String> {
        let index = source.strip_prefix("registry+").unwrap_or(source);
        self.names().into_iter().find(|name| self.index(name).is_some_and(|own| own == index))
    }

    /// The names of the registries that are configured in any way.
    fn names(&self) -> BTreeSet<String> {
        let configured = self.config.get("registries").and_then(Value::as_object);
        let mut names: BTreeSet<String> = configured.into_iter().flat_map(|all| all.keys().cloned()).collect();
        let variables = std::env::vars().filter_map(|(name, _)| {
            let name = name.strip_prefix("CARGO_REGISTRIES_")?.strip_suffix("_INDEX")?.to_owned();
            Some(name.to_lowercase().replace('_', "-"))
        });
        names.extend(variables);
        names
    }

    /// The index of the mirror that is read instead of crates.io: sources may replace one another in turn, and cargo itself
    /// refuses a circle.
    pub fn mirror(&self) -> Option<String> {
        let source = |name: &str, key: &str| self.config.get("source")?.get(name)?.get(key)?.as_str();
        let mut name = CRATES_IO;
        for _ in 0..8 {
            match source(name, "replace-with") {
                Some(next) => name = next,
                None => break,
            }
        }
        match name {
            CRATES_IO => None,
            name => source(name, "registry").map(str::to_owned).or_else(|| self.index(name)),
        }
    }

    /// Takes out directories in the place of registries, which say nothing of what is published, and what they replace.
    fn leave_local(&mut self) {
        let Some(sources) = self.config.get_mut("source").and_then(Value::as_object_mut) else { return };
        let is_local = |source: &Value| source.get("directory").is_some() || source.get("local-registry").is_some();
        let named = sources.iter().filter(|(_, source)| is_local(source)).map(|(name, _)| name.to_owned());
        let mut local: BTreeSet<String> = named.collect();
        sources.retain(|name, _| !local.contains(name));
        // What is replaced by one that is replaced by a directory is so, too.
        loop {
            let is_replaced = |source: &Value| source["replace-with"].as_str().is_some_and(|by| local.contains(by));
            let Some(name) = sources.iter().find(|(_, source)| is_replaced(source)).map(|(name, _)| name.to_owned())
            else {
                break;
            };
            sources.remove(&name);
            local.insert(name);
        }
        self.is_vendored |= local.contains(CRATES_IO);
    }

    /// Whether cargo has something to be let in with.
    pub fn has_credentials(&self, name: &str) -> bool {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let variable = token_variable(name);
        let own = match name {
            CRATES_IO => self.config.get("registry"),
            _ => self.config.get("registries").and_then(|all| all.get(name)),
        };
        let says = |table: Option<&Value>, key: &str| table.and_then(|table| table.get(key)).is_some();
        self.tokens.contains_key(name)
            || is_set(&variable)
            || is_set(&variable.replace("_TOKEN", "_CREDENTIAL_PROVIDER"))
            || says(own, "credential-provider")
            || says(own, "token")
            || says(self.config.get("registry"), "global-credential-providers")
    }
}

/// The variable in which cargo looks for the token of a registry.
pub fn token_variable(name: &str) -> String {
    match name {
        CRATES_IO => "CARGO_REGISTRY_TOKEN".to_owned(),
        name => format!("{}_TOKEN", names::variables_of(name)),
    }
}

/// What `cargo login` wrote into the user's home.
fn tokens(home: &Path) -> Result<BTreeMap<String, String>> {
    let names = ["credentials", "credentials.toml"];
    let Some(path) = names.iter().map(|name| home.join(name)).find(|path| path.is_file()) else {
        return Ok(BTreeMap::new());
    };
    // What is wrong with it must not be quoted.
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let kept: DocumentMut = match text.parse() {
        Ok(kept) => kept,
        Err(_) => bail!("{} is not TOML; next: cargo login, which writes it anew", path.display()),
    };
    let token = |table: &Item| Some(table.get("token")?.as_str()?.to_owned());
    let mut tokens = BTreeMap::new();
    tokens.extend(kept.get("registry").and_then(token).map(|token| (CRATES_IO.to_owned(), token)));
    let named = kept.get("registries").and_then(Item::as_table_like);
    for (name, table) in named.into_iter().flat_map(|all| all.iter()) {
        tokens.extend(token(table).map(|token| (name.to_owned(), token)));
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{inherited::is_outside_of_a_rehearsal, repo::TempDir};

    #[test]
    fn no_program_of_the_tree_is_run_for_credentials_where_tokens_are() {
        let dir = TempDir::new().unwrap();
        let (tree, home) = (dir.path().join("group/work"), dir.path().join(".cargo"));
        fs::create_dir_all(tree.join(".cargo")).unwrap();
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("config.toml"), "[registry]\nglobal-credential-providers = [\"of-the-user\"]\n").unwrap();
        let of_prod = ("CARGO_REGISTRIES_PROD_CREDENTIAL_PROVIDER".to_owned(), "cargo:token");
        let of_public = ("CARGO_REGISTRY_CREDENTIAL_PROVIDER".to_owned(), "cargo:token");
        for (config, variables) in [
            ("", Some(vec![])),
            ("[registries.dev]\ncredential-provider = \"cargo:token\"\n", Some(vec![])),
            ("[registries.prod]\ncredential-provider = \"./steal\"\n", Some(vec![of_prod])),
            (
                "[registries.prod]\ncredential-provider = [\"cargo:token-from-stdout\", \"x\"]\n[registries.dev]\ncredential-provider = \"x\"\n",
                None,
            ),
            ("[registry]\ncredential-provider = \"./steal\"\n", Some(vec![of_public])),
            ("[registry]\nglobal-credential-providers = [\"cargo:token\", \"./steal\"]\n", None),
            ("[registries.prod", Some(vec![])),
        ] {
            fs::write(tree.join(".cargo/config.toml"), config).unwrap();
            let is_set = |name: &str| ["CARGO_REGISTRIES_PROD_TOKEN", "CARGO_REGISTRY_TOKEN"].contains(&name);
            assert_eq!(instead_of_programs(&tree, Some(&home), &is_set), variables, "{config}");
        }
    }

    #[test]
    fn the_nearest_word_counts_and_no_program_of_the_tree_is_named() {
        let dir = TempDir::new().unwrap();
        let (tree, home) = (dir.path().join("group/work"), dir.path().join("home"));
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            &tree.join(".cargo/config.toml"),
            "[registries.prod]\nindex = \"sparse+https://near.example/\"\ncredential-provider = \"./steal\"\ntoken = \"x\"\n\
             [registry]\ndefault = \"prod\"\nglobal-credential-providers = [\"./steal\"]\n\
             [registries.own]\ncredential-provider = [\"cargo:token-from-stdout\", \"./steal\"]\n\
             [registries.kept]\ncredential-provider = \"cargo:token\"\n\
             [alias]\ninfo = \"run steal\"\n[build]\nrustc-wrapper = \"./steal\"\n[http]\nproxy = \"steal:1\"\n\
             [source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n",
        );
        write(
            &tree.parent().unwrap().join(".cargo/config.toml"),
            "registries.prod.index = \"sparse+https://far.example/\"\nregistries.dev.index = \"sparse+https://dev.example/\"\n",
        );
        write(
            &home.join("config.toml"),
            "[http]\ncainfo = \"ca.pem\"\n[build]\nrustc-wrapper = \"sccache\"\n[registries.own]\nindex = \"sparse+https://own.example/\"\n\
             credential-provider = \"cargo:libsecret\"\n",
        );
        write(&home.join("credentials.toml"), "[registry]\ntoken = \"a\"\n[registries.prod]\ntoken = \"b\"\n");
        let found = Registries::read(&tree, Some(&home)).unwrap();
        let text = found.text();
        for (what, is_there) in [
            ("near.example", true),
            ("far.example", false),
            ("dev.example", true),
            ("own.example", true),
            ("cargo:libsecret", true),
            ("cargo:token\"", true),
            ("steal", false),
            ("wrapper", false),
            ("vendor", false),
            (&*dir.path().join("ca.pem").display().to_string(), true),
        ] {
            assert_eq!(text.contains(what), is_there, "{what}: {text}");
        }
        assert_eq!(found.default_name().as_deref(), Some("prod"));
        assert_eq!(found.default_in.as_deref(), Some(&*tree.join(".cargo/config.toml")));
        let has = [CRATES_IO, "prod", "dev", "own"].map(|name| found.has_credentials(name));
        assert_eq!(has[1..], [true, false, true]);
        assert_eq!(found.tokens[CRATES_IO], "a");
        write(&home.join("credentials.toml"), "[registry\ntoken = \"a secret\"\n");
        assert!(!format!("{:#}", Registries::read(&tree, Some(&home)).unwrap_err()).contains("a secret"));
    }

    #[test]
    fn what_is_read_instead_of_crates_io_is_found_across_files() {
        let name = "tools::registries::tests::what_is_read_instead_of_crates_io_is_found_across_files";
        if !is_outside_of_a_rehearsal(name) {
            return;
        }
        let replace = |by: &str| format!("[source.crates-io]\nreplace-with = \"{by}\"\n");
        let (vendored, local) = ("[source.v]\ndirectory = \"vendor\"\n", "[source.v]\nlocal-registry = \"r\"\n");
        let mirror = "[source.m]\nregistry = \"sparse+https://m.example/\"\n";
        let named = "[registries.m]\nindex = \"sparse+https://m.example/\"\n";
        let between = "[source.w]\nregistry = \"https://w.example\"\nreplace-with = \"v\"\n";
        for (tree, home, has_mirror, is_vendored) in [
            (String::new(), String::new(), false, false),
            (replace("m") + mirror, String::new(), true, false),
            (replace("m"), mirror.to_owned(), true, false),
            (replace("m"), named.to_owned(), true, false),
            (String::new(), replace("m") + mirror, true, false),
            (replace("v") + vendored, String::new(), false, true),
            (replace("v"), vendored.to_owned(), false, true),
            (replace("v"), local.to_owned(), false, true),
            (replace("w") + between + vendored, String::new(), false, true),
            (replace("v") + vendored, replace("m") + mirror, true, true),
        ] {
            let dir = TempDir::new().unwrap();
            let (at, own) = (dir.path().join("work"), dir.path().join("home"));
            fs::create_dir_all(at.join(".cargo")).unwrap();
            fs::create_dir_all(&own).unwrap();
            // Its old name.
            fs::write(at.join(".cargo/config"), &tree).unwrap();
            fs::write(own.join("config.toml"), &home).unwrap();
            let found = Registries::read(&at, Some(&own)).unwrap();
            let expected = has_mirror.then_some("sparse+https://m.example/");
            assert_eq!((found.mirror().as_deref(), found.is_vendored), (expected, is_vendored), "{tree}{home}");
            // What is handed on must be whole: cargo refuses a source that is replaced by one that is nowhere.
            let text = found.text();
            assert!(!["\"v\"", "directory", "\"w\""].iter().any(|word| text.contains(word)), "{text}");
        }
    }

    #[test]
    fn a_source_of_a_lock_is_the_registry_that_has_its_index() {
        let home = TempDir::new().unwrap();
        let text = "[registries]\na = { index = \"sparse+https://a.example/\" }\nb.index = \"https://b.example/git\"\n";
        fs::write(home.path().join("config.toml"), text).unwrap();
        let known = Registries::read(home.path(), Some(home.path())).unwrap();
        for (source, name) in [
            ("sparse+https://a.example/", Some("a")),
            ("registry+https://b.example/git", Some("b")),
            ("registry+https://forge.example/crates.io-index", None),
            ("git+https://b.example/git#1", None),
        ] {
            assert_eq!(known.name_of(source).as_deref(), name, "{source}");
        }
    }

    #[test]
    fn the_users_own_programs_are_found_from_anywhere() {
        let dir = TempDir::new().unwrap();
        let (at, own) = (dir.path().join("work"), dir.path().join(".cargo"));
        fs::create_dir_all(at.join(".cargo")).unwrap();
        fs::create_dir_all(&own).unwrap();
        fs::write(at.join(".cargo/config.toml"), "[registry]\nglobal-credential-providers = [\"cargo:token\"]\n")
            .unwrap();
        fs::write(
            own.join("config.toml"),
            "[registry]\nglobal-credential-providers = [\"corp\", \"bin/ask --quiet\"]\n[credential-alias]\ncorp = [\"bin/corp\", \"--x\"]\n\
             [registries.a]\ncredential-provider = \"tools/a one\"\n[registries.b]\ncredential-provider = \"b\"\n",
        )
        .unwrap();
        let text = Registries::read(&at, Some(&own)).unwrap().text();
        let place = |path: &str| dir.path().join(path).display().to_string();
        for expected in [
            format!("[\"corp\", \"{} --quiet\", \"cargo:token\"]", place("bin/ask")),
            format!("[\"{}\", \"--x\"]", place("bin/corp")),
            format!("[\"{}\", \"one\"]", place("tools/a")),
            "\"credential-provider\" = [\"b\"]".to_owned(),
        ] {
            assert!(text.contains(&expected), "{expected}: {text}");
        }
    }

    #[test]
    fn the_variable_of_a_token_is_the_registrys() {
        for (name, variable) in [
            (CRATES_IO, "CARGO_REGISTRY_TOKEN"),
            ("prod", "CARGO_REGISTRIES_PROD_TOKEN"),
            ("my-own", "CARGO_REGISTRIES_MY_OWN_TOKEN"),
        ] {
            assert_eq!(token_variable(name), variable);
        }
    }
}
