//! The index that a project goes to: where it is sent, where it is listed, and whether uv is let in. Variables come first,
//! then uv's settings beside the project, then the user's own, as uv has them.
//! It must never put an address into arguments: there may be a password in it.

mod settings;

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

pub use settings::leave_links;
use settings::{Named, Settings};

use super::{
    credentials,
    defaults::{self, Defaults},
};
use plan::problem::Problem;

/// What to set for an index that wants to know who publishes.
const LOGIN: &str = "set UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD; a netrc file, `uv auth login` or UV_KEYRING_PROVIDER=subprocess with a user do as well, and trusted publishing in CI";

type Variable<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Who is asked where projects come from when nothing of uv's says it.
type Ask = fn() -> Result<Defaults>;

/// A list of projects (PEP 503), and what uv calls it.
#[derive(Clone, Debug, PartialEq)]
struct Page {
    name: Option<String>,
    url: String,
}

impl Page {
    /// As uv takes it.
    fn spelt(self) -> String {
        self.name.map_or(self.url.clone(), |name| format!("{name}={}", self.url))
    }
}

/// Where a project is sent and looked for.
#[derive(Debug)]
pub struct Index {
    /// Nothing says it for PyPI, which uv knows by itself.
    upload: Option<String>,
    /// `UV_PUBLISH_INDEX`.
    named: Option<String>,
    /// Where it is looked for, in this order, as uv has it.
    pages: Vec<Page>,
    /// It is looked for in pip's indexes as well, since no last index is configured for uv.
    by_default: bool,
    ask: Ask,
    /// Those are where it is sent to, and not all from which the user installs.
    is_stated: bool,
    asks_keyring: bool,
}

impl Index {
    /// What holds for a project in this directory.
    pub fn of(project: &Path) -> Result<Index> {
        let variable = |name: &str| std::env::var(name).ok();
        Index::read(&variable, &Settings::of(project, &variable)?, defaults::ask)
    }

    fn read(variable: Variable<'_>, settings: &Settings, ask: Ask) -> Result<Index> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let named = variable("UV_PUBLISH_INDEX");
        let (upload, check) = match &named {
            Some(name) => {
                for other in ["UV_PUBLISH_URL", "UV_PUBLISH_CHECK_URL"] {
                    if variable(other).is_some() {
                        bail!("UV_PUBLISH_INDEX and {other} are both set, and uv takes one: unset one of them");
                    }
                }
                let Some(known) = settings.indexes.iter().find(|index| index.page.name.as_ref() == Some(name)) else {
                    bail!(
                        "UV_PUBLISH_INDEX is `{name}`, and neither the project's pyproject.toml nor a uv.toml has a `[[tool.uv.index]]` of that name: add it, with `url` and `publish-url`"
                    );
                };
                if known.publish_url.is_none() {
                    bail!("UV_PUBLISH_INDEX is `{name}`, and its `[[tool.uv.index]]` has no `publish-url`: add it");
                }
                (known.publish_url.clone(), Some(known.page.clone()))
            }
            None => {
                let upload = variable("UV_PUBLISH_URL").or_else(|| settings.publish_url.clone());
                let check = variable("UV_PUBLISH_CHECK_URL").or_else(|| settings.check_url.clone());
                let is_there = |index: &&Named| upload.is_some() && index.publish_url == upload;
                let known = || settings.indexes.iter().find(is_there).map(|index| index.page.clone());
                let check = check.map(|url| Page { name: None, url }).or_else(known);
                (upload, check)
            }
        };
        let is_stated = check.is_some();
        let (pages, by_default) = match check {
            Some(page) => (vec![page], false),
            None => pages(&variable, settings),
        };
        if pages.is_empty()
            && let Some(upload) = &upload
            && !is_public(upload, ask)?
            && !ask()?.are_configured()
        {
            bail!(
                "UV_PUBLISH_URL says where projects go, and nothing says where they are listed: set UV_PUBLISH_CHECK_URL"
            );
        }
        let keyring = variable("UV_KEYRING_PROVIDER").or_else(|| settings.keyring.clone());
        let asks_keyring = keyring.as_deref() == Some("subprocess");
        Ok(Index { upload, named, pages, by_default, ask, is_stated, asks_keyring })
    }

    /// Whether it is one of the user's own; that of a rehearsal stands for PyPI.
    pub fn is_own(&self) -> Result<bool> {
        let upload = self.upload.as_deref().filter(|url| !url.starts_with("http://127.0.0.1:"));
        upload.map_or(Ok(false), |url| Ok(!is_public(url, self.ask)?))
    }

    /// Where it is looked for; pip is asked only for this.
    fn all_pages(&self) -> Result<Vec<Page>> {
        let mut pages = self.pages.clone();
        if self.by_default {
            let Defaults { index, extra, .. } = (self.ask)()?;
            let extra = if pages.is_empty() { extra } else { Vec::new() };
            pages.extend(extra.into_iter().chain([index]).map(|url| Page { name: None, url }));
        }
        Ok(pages)
    }

    /// Has uv ask where the project is published, when that is configured, and nowhere else; otherwise where pip is configured to look,
    /// which uv does not hear by itself.
    pub fn ask_by_uv(&self, uv: &mut Command) -> Result<()> {
        if self.by_default && (self.ask)()?.are_configured() {
            let mut pages: Vec<String> = self.all_pages()?.into_iter().map(|page| page.spelt()).collect();
            uv.envs(pages.pop().map(|last| ("UV_DEFAULT_INDEX", last)));
            uv.env("UV_INDEX", pages.join(" "));
        }
        if let (true, [page]) = (self.is_stated, self.pages.as_slice()) {
            for name in ["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_URL"] {
                uv.env_remove(name);
            }
            uv.env("UV_DEFAULT_INDEX", page.clone().spelt());
        }
        self.use_keyring(uv);
        Ok(())
    }

    /// Has uv send to it, and see there what was sent already.
    pub fn send_by_uv(&self, uv: &mut Command) {
        // Of an index that is named, uv knows the rest.
        if self.named.is_none() {
            uv.envs(self.upload.iter().map(|url| ("UV_PUBLISH_URL", url)));
            uv.envs(self.pages.iter().filter(|_| self.is_stated).map(|page| ("UV_PUBLISH_CHECK_URL", &page.url)));
        }
        self.use_keyring(uv);
    }

    fn use_keyring(&self, uv: &mut Command) {
        if self.asks_keyring {
            uv.env("UV_KEYRING_PROVIDER", "subprocess");
        }
    }

    /// Where the project is looked for, each address with what lets somebody in: not for people, nor for arguments.
    pub fn addresses(&self) -> Result<Vec<String>> {
        let known = |page: &Page| credentials::of(&page.url, page.name.as_deref(), None, self.asks_keyring);
        let address = |page: &Page| known(page).map_or_else(|| page.url.clone(), |pair| pair.within(&page.url));
        Ok(self.all_pages()?.iter().map(address).collect())
    }

    /// Why the index does not say what it has, when it wants to know who asks.
    pub fn closed(&self, status: &str) -> Problem {
        let pages = self.all_pages().unwrap_or_default();
        let hosts: Vec<&str> = pages.iter().map(|page| credentials::host(&page.url)).collect();
        let named = self.pages.iter().find_map(|page| page.name.as_deref());
        let set = match named.map(credentials::variable_of) {
            Some(index) => format!("set {index}_USERNAME and {index}_PASSWORD"),
            None => "write user and password into UV_PUBLISH_CHECK_URL (https://USER:PASSWORD@HOST/simple/)".to_owned(),
        };
        Problem::new(
            format!("the index at {} does not let in who asks ({status})", hosts.join(", ")),
            format!("{set}; a netrc file, `uv auth login` or UV_KEYRING_PROVIDER=subprocess with a user do as well"),
        )
    }

    /// What uv lacks to be let in; nothing is asked of the index.
    pub fn lacks_login(&self, name: &str) -> Result<Option<Problem>> {
        self.lacks(name, &|name| std::env::var(name).ok())
    }

    fn lacks(&self, project: &str, variable: Variable<'_>) -> Result<Option<Problem>> {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let nothing = |why: &str, next: &str| Ok(Some(Problem::new(format!("{project}: {why}"), next)));
        let (token, user, password) = (set("UV_PUBLISH_TOKEN"), set("UV_PUBLISH_USERNAME"), set("UV_PUBLISH_PASSWORD"));
        match (token, user, password) {
            (true, false, false) | (false, true, true) => return Ok(None),
            (true, ..) => {
                return nothing(
                    "uv takes either a token or user and password, and both are set",
                    "unset UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD",
                );
            }
            (false, false, true) => {
                return nothing(
                    "UV_PUBLISH_PASSWORD is set, and no user",
                    "set UV_PUBLISH_USERNAME; or UV_PUBLISH_TOKEN instead of both",
                );
            }
            (false, ..) => {}
        }
        // In GitHub Actions uv asks for a token by itself, when the job may.
        if set("ACTIONS_ID_TOKEN_REQUEST_TOKEN") {
            return Ok(None);
        }
        let url = self.upload.clone().map_or_else(|| Ok((self.ask)()?.upload()), anyhow::Ok)?;
        let user = variable("UV_PUBLISH_USERNAME").filter(|user| !user.is_empty());
        if credentials::of(&url, self.named.as_deref(), user.as_deref(), self.asks_keyring).is_some() {
            return Ok(None);
        }
        match user {
            Some(_) => nothing(
                "UV_PUBLISH_USERNAME is set, and no password is found",
                "set UV_PUBLISH_PASSWORD, or UV_KEYRING_PROVIDER=subprocess where a keyring has it",
            ),
            None => nothing("uv has nothing to publish it with", LOGIN),
        }
    }
}

/// Whether projects are sent to where uv sends them by itself.
fn is_public(upload: &str, ask: Ask) -> Result<bool> {
    Ok(credentials::host(upload) == credentials::host(&ask()?.upload()))
}

/// What the environment and uv's settings say of where projects are looked for, and whether pip's configuration counts as
/// well.
fn pages(variable: Variable<'_>, settings: &Settings) -> (Vec<Page>, bool) {
    let named = |list: String| -> Vec<Page> {
        // A name may stand before an address.
        let page = |one: &str| match one.split_once('=') {
            Some((name, url)) if !name.contains("://") => Page { name: Some(name.to_owned()), url: url.to_owned() },
            _ => Page { name: None, url: one.to_owned() },
        };
        list.split_whitespace().map(page).collect()
    };
    let mut pages = variable("UV_INDEX").or_else(|| variable("UV_EXTRA_INDEX_URL")).map(named).unwrap_or_default();
    let last = ["UV_DEFAULT_INDEX", "UV_INDEX_URL"].into_iter().find_map(variable).map(named);
    let last = last.or_else(|| settings.last.clone().map(|page| vec![page]));
    let by_default = last.is_none();
    pages.extend(last.into_iter().flatten());
    (pages, by_default)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{defaults::tests::of, settings::leave_links_of, *};
    use crate::repo::TempDir;

    const PUBLIC: &str = "https://public.example/simple";

    fn silent() -> Result<Defaults> {
        Ok(of(PUBLIC, &[]))
    }

    fn mirrored() -> Result<Defaults> {
        Ok(of("http://mirror/", &["http://more/"]))
    }

    fn unasked() -> Result<Defaults> {
        bail!("pip is asked")
    }

    type Set = &'static [(&'static str, &'static str)];

    fn variable(set: Set) -> impl Fn(&str) -> Option<String> {
        move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn corp() -> Settings {
        let page = Page { name: Some("corp".to_owned()), url: "http://corp/simple/".to_owned() };
        let bare = Page { name: Some("bare".to_owned()), url: "http://bare/".to_owned() };
        Settings {
            indexes: vec![
                Named { page, publish_url: Some("http://corp/up/".to_owned()) },
                Named { page: bare, publish_url: None },
            ],
            ..Settings::default()
        }
    }

    #[test]
    fn a_project_is_looked_for_where_it_is_published() {
        let table: [(Ask, Set, &[&str]); 12] = [
            (silent, &[], &[PUBLIC]),
            (mirrored, &[], &["http://more/", "http://mirror/"]),
            (mirrored, &[("UV_INDEX", "http://b/")], &["http://b/", "http://mirror/"]),
            (
                unasked,
                &[("UV_PUBLISH_CHECK_URL", "http://a/simple/"), ("UV_INDEX", "http://b/")],
                &["http://a/simple/"],
            ),
            (
                unasked,
                &[("UV_INDEX", "own=http://a/ http://b/"), ("UV_DEFAULT_INDEX", "http://c/")],
                &["http://a/", "http://b/", "http://c/"],
            ),
            (unasked, &[("UV_DEFAULT_INDEX", "main=http://a/?x=y")], &["http://a/?x=y"]),
            (unasked, &[("UV_INDEX_URL", "http://a/?x=y"), ("UV_PUBLISH_URL", "http://b/")], &["http://a/?x=y"]),
            (silent, &[("UV_DEFAULT_INDEX", " ")], &[PUBLIC]),
            (mirrored, &[("UV_PUBLISH_URL", "http://b/")], &["http://more/", "http://mirror/"]),
            (silent, &[("UV_PUBLISH_URL", "https://upload.public.example/legacy/")], &[PUBLIC]),
            (unasked, &[("UV_PUBLISH_INDEX", "corp")], &["http://corp/simple/"]),
            (unasked, &[("UV_PUBLISH_URL", "http://corp/up/")], &["http://corp/simple/"]),
        ];
        for (ask, set, expected) in table {
            let index = Index::read(&variable(set), &corp(), ask).unwrap();
            let pages = index.all_pages().unwrap();
            assert_eq!(pages.iter().map(|page| page.url.as_str()).collect::<Vec<_>>(), expected, "{set:?}");
        }
        // What pip is told uv is told, and what it does by itself it does.
        let output = |ask: Ask| {
            let mut uv = Command::new("uv");
            Index::read(&variable(&[]), &corp(), ask).unwrap().ask_by_uv(&mut uv).unwrap();
            let output = uv.get_envs().map(|(name, value)| format!("{}={}", name.display(), value.unwrap().display()));
            output.collect::<Vec<_>>()
        };
        assert_eq!(output(mirrored), ["UV_DEFAULT_INDEX=http://mirror/", "UV_INDEX=http://more/"]);
        assert_eq!(output(silent), [""; 0]);
        let refused: [(Set, &str); 4] = [
            (&[("UV_PUBLISH_URL", "http://b/")], "UV_PUBLISH_CHECK_URL"),
            (&[("UV_PUBLISH_INDEX", "corp"), ("UV_PUBLISH_URL", "http://b/")], "unset one of them"),
            (&[("UV_PUBLISH_INDEX", "other")], "`other`"),
            (&[("UV_PUBLISH_INDEX", "bare")], "no `publish-url`"),
        ];
        for (set, message) in refused {
            let error = Index::read(&variable(set), &corp(), silent).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn the_nearest_settings_count() {
        let dir = TempDir::new().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/pyproject.toml", "[tool.uv]\npublish-url = \"http://far/\"\n");
        write(
            "a/b/pyproject.toml",
            "[project]\nname = \"x\"\n[[tool.uv.index]]\nname = \"corp\"\nurl = \"http://corp/\"\n",
        );
        write(
            "home/uv/uv.toml",
            "index = [{ name = \"corp\", url = \"http://own/\", publish-url = \"http://own/up/\" }]\nkeyring-provider = \"subprocess\"\n",
        );
        let home = dir.path().join("home").display().to_string();
        let own = |name: &str| (name == "XDG_CONFIG_HOME").then(|| home.clone());
        let near = Settings::of(&dir.path().join("a/b"), &own).unwrap();
        let urls: Vec<&str> = near.indexes.iter().map(|index| index.page.url.as_str()).collect();
        assert_eq!((urls.as_slice(), near.publish_url.as_deref()), (["http://corp/", "http://own/"].as_slice(), None));
        assert_eq!(near.keyring.as_deref(), Some("subprocess"));
        let above = Settings::of(&dir.path().join("a/c"), &own).unwrap();
        assert_eq!(above.publish_url.as_deref(), Some("http://far/"));
        write("a/c/uv.toml", "[[index]]\nurl = \"http://b/\"\n[[index]]\nurl = \"http://c/\"\ndefault = true\n");
        write("a/d/uv.toml", "index-url = \"http://d/\"\n");
        for (at, url) in [("a/c", Some("http://c/")), ("a/d", Some("http://d/")), ("a/b", None)] {
            let last = Settings::of(&dir.path().join(at), &own).unwrap().last;
            assert_eq!(last.as_ref().map(|page| page.url.as_str()), url, "{at}");
        }
        let other = |name: &str| (name == "UV_CONFIG_FILE").then(|| dir.path().join("none.toml").display().to_string());
        let error = Settings::of(&dir.path().join("a/b"), &other).unwrap_err().to_string();
        assert!(
            error.starts_with("UV_CONFIG_FILE names ") && error.contains("none.toml, which is not there"),
            "{error}"
        );
        fs::create_dir_all(dir.path().join("a/e/uv.toml")).unwrap();
        let error = format!("{:#}", Settings::of(&dir.path().join("a/e"), &own).unwrap_err());
        assert!(error.contains("uv.toml"), "what cannot be read is not taken for nothing: {error}");
        write("a/b/uv.toml", "check-url = \"http://u:a secret@h/\n");
        let error = format!("{:#}", Settings::of(&dir.path().join("a/b"), &own).unwrap_err());
        assert!(error.contains("uv.toml") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn what_lies_at_find_links_is_on_no_index() {
        let dir = TempDir::new().unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join("uv")).unwrap();
        let own = |name: &str| (name == "XDG_CONFIG_HOME").then(|| home.display().to_string());
        let left = |text: &str| {
            fs::write(home.join("uv/uv.toml"), text).unwrap();
            let mut uv = Command::new("uv");
            leave_links_of(&mut uv, dir.path(), &own).unwrap();
            assert!(uv.get_envs().any(|(name, value)| name == "UV_FIND_LINKS" && value.is_none()));
            let file = uv.get_envs().find(|(name, _)| *name == "UV_CONFIG_FILE");
            file.map(|(_, path)| fs::read_to_string(path.unwrap()).unwrap())
        };
        let kept = "index-url = \"http://corp/\"\n[pip]\nstrict = true\n";
        assert_eq!(left(kept), None, "uv finds them itself");
        let written = "\"index-url\" = \"http://corp/\"\n\"pip\" = { \"strict\" = true }\n";
        assert_eq!(left(&format!("find-links = [\"/links\"]\n{kept}")).as_deref(), Some(written));
        assert_eq!(left(&format!("{kept}find-links = [\"/links\"]\n")).as_deref(), Some(written));
    }

    #[test]
    fn what_uv_would_refuse_is_reported_before_it_is_asked() {
        let index = |url: &str| Index {
            upload: Some(url.to_owned()),
            named: None,
            pages: Vec::new(),
            by_default: true,
            ask: unasked,
            is_stated: false,
            asks_keyring: false,
        };
        let table: [(&str, Set, Option<&str>); 9] = [
            ("http://none/", &[], Some("set UV_PUBLISH_TOKEN, or")),
            ("http://none/", &[("UV_PUBLISH_TOKEN", "")], Some("set UV_PUBLISH_TOKEN, or")),
            ("http://none/", &[("UV_PUBLISH_TOKEN", "x")], None),
            ("http://none/", &[("UV_PUBLISH_USERNAME", "ada")], Some("set UV_PUBLISH_PASSWORD")),
            ("http://none/", &[("UV_PUBLISH_PASSWORD", "x")], Some("set UV_PUBLISH_USERNAME")),
            ("http://none/", &[("UV_PUBLISH_USERNAME", "ada"), ("UV_PUBLISH_PASSWORD", "x")], None),
            ("http://none/", &[("UV_PUBLISH_TOKEN", "x"), ("UV_PUBLISH_PASSWORD", "x")], Some("unset")),
            ("http://none/", &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x")], None),
            ("http://ada:x@none/", &[], None),
        ];
        for (url, set, next) in table {
            let missing = index(url).lacks("lark", &variable(set)).unwrap();
            assert_eq!(missing.is_some(), next.is_some(), "{url} {set:?}: {missing:?}");
            assert!(missing.is_none_or(|missing| missing.next.contains(next.unwrap())), "{set:?}");
        }
    }
}
