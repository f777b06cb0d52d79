//! What cargo's own index says of a crate's versions: hash, yanked or not, and since when where it tells.
//! It must never name an index: cargo asks the one that it uses, and what it remembers of the answer is read.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::Value;
use toml_edit::DocumentMut;

use super::{
    cargo,
    child::{self, ChildOutput},
    registries::{CRATES_IO, Registries},
};
use crate::repo::TempDir;
use plan::{
    crates_io::{canonical, directory},
    parallel,
};

/// One line of the index (Cargo book, "Registry Index", "JSON schema").
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Line {
    /// As the registry spells it.
    name: String,
    pub vers: String,
    /// The sha256 of the package.
    pub cksum: String,
    #[serde(default)]
    pub yanked: bool,
    /// When it was published, UTC; older lines and other registries do not tell.
    pub pubtime: Option<String>,
}

/// Where cargo says of an index's answer that it is none.
const INDEX_LOG: &str = "cargo::sources::registry::index=info";

/// A question for a crate, or for one version of it, and what cargo keeps of the answer in a home of its own: in the user's,
/// cargo would have several questions wait for one another, and a crate that is remembered may be another registry's.
pub struct Asked {
    home: TempDir,
    name: String,
    /// What was asked for, as people read it.
    what: String,
    output: ChildOutput,
}

impl Asked {
    pub fn of(registries: &Registries, name: &str, version: Option<&str>, registry: Option<&str>) -> Result<Asked> {
        registries.may_ask()?;
        let home = TempDir::new()?;
        let mut command = cargo::command();
        let version = |joint: &str| version.map(|version| format!("{joint}{version}")).unwrap_or_default();
        command.args(["info", "--quiet", &format!("{name}{}", version("@"))]);
        // By its name, too: cargo does not choose by itself between it and what the user has put in its place.
        let crates_io = || registries.default_name().is_none().then_some(CRATES_IO);
        if let Some(registry) = registry.or_else(crates_io) {
            command.args(["--registry", registry]);
        }
        // Outside of the workspace, whose own member of that name would be shown instead; and in no other, which the home may
        // lie in, and of which cargo would resolve every dependency first.
        registries.apply(&mut command, home.path())?;
        fs::write(home.path().join("Cargo.toml"), "[workspace]\n")?;
        command.env("CARGO_LOG", INDEX_LOG);
        let output = child::ask_far(command)?;
        Ok(Asked { home, name: name.to_owned(), what: format!("{name}{}", version(" ")), output })
    }

    /// Whether the crate is shown, and not unknown.
    pub fn is_shown(&self) -> Result<bool> {
        match self.output.ok() {
            true => Ok(true),
            false if self.output.err.contains("could not find `") && !is_garbled(&self.output) => Ok(false),
            false => Err(unanswered(&self.what, &self.output)),
        }
    }

    /// Every version of the crate that the index has, yanked ones too.
    pub fn lines(&self) -> Result<Vec<Line>> {
        Ok(remembered(self.home.path(), &self.name)?.unwrap_or_default())
    }

    /// The package that is shown, as it was downloaded and as it was unpacked: cargo does so with that one, and no other.
    pub fn package(&self) -> Result<(Vec<u8>, PathBuf)> {
        let registry = self.home.path().join("registry");
        let sources = fs::read_dir(registry.join("src")).into_iter().flatten().flatten();
        let unpacked =
            sources.filter_map(|index| Some(fs::read_dir(index.path()).ok()?.flatten().next()?.path())).next();
        let name = |path: &PathBuf| Some(format!("{}.crate", path.file_name()?.to_str()?));
        let file = unpacked.as_ref().and_then(name).and_then(|name| in_each(&registry.join("cache"), name));
        let (unpacked, file) = unpacked
            .zip(file)
            .with_context(|| format!("cargo knows {}, but left no package of it to look into", self.what))?;
        Ok((fs::read(&file).with_context(|| file.display().to_string())?, unpacked))
    }
}

/// Whether the index answered with something else than its lines, which cargo passes over and tells its log alone.
fn is_garbled(output: &ChildOutput) -> bool {
    output.err.contains("registry package: ")
}

/// That cargo's output holds no answer, and why.
fn unanswered(what: &str, output: &ChildOutput) -> anyhow::Error {
    anyhow!("cargo did not answer for {what}: {}", unheard(output))
}

fn unheard(output: &ChildOutput) -> String {
    match is_garbled(output) {
        true => "the index answered with something else than the lines of an index".to_owned(),
        false => output.last_lines(),
    }
}

/// Every version that a registry has of each of these crates; none for a name that it does not know. One cargo asks for
/// all of them: it resolves a package that needs of each a version that nobody has, and so hears of all versions.
pub fn versions(registries: &Registries, names: &[&str], registry: Option<&str>) -> Result<Vec<Vec<Line>>> {
    const ANSWERED: [&str; 2] = ["failed to select a version", "no matching package"];
    registries.may_ask()?;
    let scratch = TempDir::new()?;
    let home = scratch.path();
    let default = registries.default_name();
    let registry = registry.or(default.as_deref()).filter(|name| *name != CRATES_IO);
    let needs = names.iter().enumerate().map(|(at, name)| {
        let from = registry.map(|name| format!(", registry = {}", Value::from(name))).unwrap_or_default();
        format!("need-{at} = {{ package = {}, version = \"=0.0.0-none\"{from} }}\n", Value::from(*name))
    });
    let package =
        "[package]\nname = \"asks\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n";
    fs::write(home.join("Cargo.toml"), format!("{package}[dependencies]\n{}", needs.collect::<String>()))?;
    let mut command = cargo::command();
    command.args(["generate-lockfile", "--quiet"]);
    registries.apply(&mut command, home)?;
    command.env("CARGO_LOG", INDEX_LOG);
    let output = child::ask_far(command)?;
    if is_garbled(&output) || !ANSWERED.iter().any(|words| output.err.contains(words)) {
        let what = if let [name] = names { (*name).to_owned() } else { format!("{} crates", names.len()) };
        return Err(unanswered(&what, &output));
    }
    let of = |name: &&str| match remembered(home, name)? {
        // On a busy machine cargo may have chosen before it heard of an error of another name.
        None if names.len() > 1 => Ok(versions(registries, &[*name], registry)?.pop().unwrap_or_default()),
        lines => Ok(lines.unwrap_or_default()),
    };
    parallel::map_waiting(names, of).into_iter().collect()
}

/// How the registry spells a name that it has in other letters or dashes only: it takes no crate under a second spelling.
pub fn other_spelling(registries: &Registries, name: &str, registry: Option<&str>) -> Result<Option<String>> {
    // Cargo asks for the name with every other dash, too.
    let asked = Asked::of(registries, name, None, registry)?;
    asked.is_shown()?;
    spelt_otherwise(asked.home.path(), name)
}

fn spelt_otherwise(home: &Path, name: &str) -> Result<Option<String>> {
    let indexes = fs::read_dir(home.join("registry").join("index")).into_iter().flatten().flatten();
    let mut within: Vec<PathBuf> = indexes.map(|index| index.path().join(".cache")).collect();
    while let Some(path) = within.pop() {
        if path.is_dir() {
            within.extend(fs::read_dir(&path)?.flatten().map(|entry| entry.path()));
        } else if path.file_name().and_then(|file| file.to_str()).is_some_and(|file| canonical(file) == canonical(name))
        {
            let lines = read(&fs::read(&path)?)?;
            if let Some(line) = lines.into_iter().next().filter(|line| line.name != name) {
                return Ok(Some(line.name));
            }
        }
    }
    Ok(None)
}

/// What a crate's newest version says of itself, and all its versions.
#[derive(Debug, Default)]
pub struct Newest {
    pub lines: Vec<Line>,
    pub repository: Option<String>,
    /// The commit that it was packed from.
    pub commit: Option<String>,
}

/// The version that is named, or else the newest one, that the registry has of a crate, asked once; nothing but lines where
/// all are yanked, and none at all for a name that it does not know.
pub fn newest(registries: &Registries, name: &str, version: Option<&str>, registry: Option<&str>) -> Result<Newest> {
    let asked = Asked::of(registries, name, version, registry)?;
    let lines = asked.lines()?;
    if lines.is_empty() {
        return asked.is_shown().map(|_| Newest::default());
    }
    // Whose it is stands in the package; of what is yanked, it is not wanted, and nothing is shown.
    if !asked.output.ok() {
        return match lines.iter().all(|line| line.yanked) {
            true => Ok(Newest { lines, ..Newest::default() }),
            false => Err(unanswered(&asked.what, &asked.output)),
        };
    }
    let (_, package) = asked.package()?;
    let manifest = package.join("Cargo.toml");
    let manifest = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    Ok(Newest { lines, repository: repository(&manifest), commit: packed_from(&package)?.0 })
}

/// What cargo wrote into a package of where it was packed; nothing where that was no repository.
pub fn packed_from(package: &Path) -> Result<(Option<String>, bool)> {
    let path = package.join(".cargo_vcs_info.json");
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((None, false)),
        output => Ok(provenance(&output.with_context(|| path.display().to_string())?)),
    }
}

/// The repository that a package's manifest names.
fn repository(manifest: &str) -> Option<String> {
    let manifest: DocumentMut = manifest.parse().ok()?;
    let named = manifest.get("package")?.get("repository")?.as_str()?;
    (!named.trim().is_empty()).then(|| named.to_owned())
}

/// The commit, and whether the tree had changes beside it.
fn provenance(vcs_info: &str) -> (Option<String>, bool) {
    let info: Value = serde_json::from_str(vcs_info).unwrap_or_default();
    let git = &info["git"];
    (git["sha1"].as_str().map(str::to_owned), git["dirty"].as_bool().unwrap_or(false))
}

/// `dir/*/name`, where it exists.
fn in_each(dir: &Path, name: impl AsRef<Path>) -> Option<PathBuf> {
    fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path().join(name.as_ref())).find(|path| path.exists())
}

/// A version as the registry gave it: the line of its index, and the package.
pub fn whole(registries: &Registries, name: &str, version: &str, registry: &str) -> Result<(String, Vec<u8>)> {
    let asked = Asked::of(registries, name, Some(version), Some(registry))?;
    if !asked.output.ok() {
        bail!("cargo did not answer for {name} {version} in {registry}: {}", asked.output.last_lines());
    }
    let bytes = match place_of(asked.home.path(), name) {
        Some(path) => fs::read(&path).with_context(|| path.display().to_string())?,
        None => Vec::new(),
    };
    let is_it = |line: &&[u8]| serde_json::from_slice::<Line>(line).is_ok_and(|line| line.vers == version);
    let line = bytes.split(|byte| *byte == 0).find(is_it);
    let line = line.with_context(|| format!("{registry} does not have {name} {version}"))?;
    Ok((String::from_utf8_lossy(line).into_owned(), asked.package()?.0))
}

/// The address of the index that cargo has of crates.io, as it names the directory in which it keeps what that says; asked for
/// a crate of any name.
pub fn of_crates_io(registries: &Registries, name: &str) -> Result<String> {
    if let Some(mirror) = registries.mirror() {
        return Ok(mirror);
    }
    let asked = Asked::of(registries, name, None, Some(CRATES_IO))?;
    let kept = in_each(&asked.home.path().join("registry").join("index"), "config.json");
    let dir = kept.as_deref().and_then(Path::parent).and_then(Path::file_name).and_then(|dir| dir.to_str());
    match dir.and_then(|dir| dir.rsplit_once('-')) {
        Some((host, _)) => Ok(format!("sparse+https://{host}/")),
        None => bail!("cargo has no sparse index of crates.io: {}", unheard(&asked.output)),
    }
}

/// Every version that the index has of a crate, yanked ones too, as cargo keeps its answer in the home that it was asked
/// in: where all are yanked cargo shows nothing, but keeps them. `None` for a name that the index does not know.
fn remembered(home: &Path, name: &str) -> Result<Option<Vec<Line>>> {
    let Some(path) = place_of(home, name) else { return Ok(None) };
    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
    read(&bytes).map(Some).with_context(|| format!("cargo remembers {name} in another form than is known here"))
}

/// Where cargo keeps an index's answer for a name.
fn place_of(home: &Path, name: &str) -> Option<PathBuf> {
    let name = name.to_lowercase();
    in_each(&home.join("registry").join("index"), Path::new(".cache").join(directory(&name)).join(&name))
}

/// How many pieces a header has at most: the two versions of its form, and what the registry called its answer.
const HEADER: usize = 2;

/// After a header, each version and its line, each ended by a zero. The header's form differs between cargo's versions; a
/// line begins with a brace.
fn read(bytes: &[u8]) -> Result<Vec<Line>> {
    let lines = bytes.split(|byte| *byte == 0).filter(|piece| piece.starts_with(b"{"));
    let lines: Vec<Line> = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
    // After a header alone nothing is known of the name: that is an answer, too.
    if lines.is_empty() && bytes.split(|byte| *byte == 0).filter(|piece| !piece.is_empty()).count() > HEADER {
        bail!("it holds no line of the index");
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_remembers_is_read() {
        let line = |vers: &str, more: &str| {
            format!("{{\"name\":\"lark\",\"vers\":\"{vers}\",\"deps\":[],\"cksum\":\"ab\",\"features\":{{}}{more}}}")
        };
        let (old, new) = (
            line("0.9.3", ",\"yanked\":true"),
            line("0.10.0", ",\"yanked\":false,\"pubtime\":\"2026-11-20T12:34:56Z\""),
        );
        let bytes = format!("\x03\x02\0\0\0etag: W/\"{{\"\0{}\0{old}\0{}\0{new}\0", "0.9.3", "0.10.0");
        let read = read(bytes.as_bytes()).unwrap();
        let [old, new] = &read[..] else { panic!("{read:?}") };
        assert_eq!((old.vers.as_str(), old.yanked, old.pubtime.as_deref()), ("0.9.3", true, None));
        assert_eq!((new.yanked, new.pubtime.as_deref()), (false, Some("2026-11-20T12:34:56Z")));
        let home = TempDir::new().unwrap();
        let cache = home.path().join("registry/index/x/.cache/la/rk");
        fs::create_dir_all(&cache).unwrap();
        fs::write(cache.join("lark"), &bytes).unwrap();
        for (name, other) in [("Lark", Some("lark")), ("lark", None), ("larks", None)] {
            assert_eq!(spelt_otherwise(home.path(), name).unwrap().as_deref(), other, "{name}");
        }
        assert!(self::read(b"\x03\x02\0\0\0etag: W/\"x\"\0").unwrap().is_empty(), "a name that it does not know");
        assert!(self::read(b"\x04\x03\0\0\0x\0y\0z\0").is_err() && self::read(b"x\0{\"vers\":1}\0").is_err());
    }

    /// cargo itself asks: what it makes of an answer, nobody else knows.
    #[test]
    fn no_answer_of_an_index_is_taken_for_a_name_that_it_does_not_have() {
        use crate::tools::http::served::{Chance, Served, Strange, seed};

        const COUNT: usize = 40;
        const LINE: &str =
            "{\"name\":\"lark\",\"vers\":\"0.8.0\",\"deps\":[],\"cksum\":\"00\",\"features\":{},\"yanked\":true}\n";
        let mut chance = Chance(seed());
        let answers: Vec<Served> = (0..COUNT)
            .map(|at| {
                let mut served = Served::make(&mut chance);
                if at % 4 == 0 {
                    served.status = Some(200);
                    let length = LINE.len();
                    served.bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{LINE}").into_bytes();
                }
                served
            })
            .collect();
        let answers = std::sync::Arc::new(answers);
        // Of what a registry says of itself, most is sound.
        let server = Strange::serve(answers.clone(), |first| {
            let is_sound = first.contains("config.json") && !first.contains("7/");
            let other = first.contains("/wr/en/wren ").then(|| LINE.replace("lark", "wren"));
            other.or_else(|| is_sound.then(|| "{\"dl\": \"http://127.0.0.1:9/{crate}\"}".to_owned()))
        });
        let (dir, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fs::write(home.path().join("config.toml"), "net.retry = 0\nhttp.timeout = 10\n").unwrap();
        fs::create_dir(dir.path().join(".cargo")).unwrap();
        let named =
            |at: usize| format!("[registries.r{at}]\nindex = \"sparse+http://{}/answer-{at}/\"\n", server.address);
        fs::write(dir.path().join(".cargo/config.toml"), (0..COUNT).map(named).collect::<String>()).unwrap();
        let registries = Registries::read(dir.path(), Some(home.path())).unwrap();
        let numbers: Vec<usize> = (0..COUNT).collect();
        let output = plan::parallel::map_waiting(&numbers, |at| {
            versions(&registries, &["wren", "lark"], Some(&format!("r{at}")))
        });
        for (at, output) in output.into_iter().enumerate() {
            let served = &answers[at];
            let shown: String = String::from_utf8_lossy(&served.bytes).chars().take(500).collect();
            let output = output.map(|output| {
                assert_eq!(output[0].len(), 1, "answer {at}: {shown}");
                output[1].clone()
            });
            match output {
                Ok(lines) if lines.is_empty() => {
                    assert!(
                        [404, 410, 451].map(Some).contains(&served.status),
                        "answer {at} is taken for none: {shown}"
                    );
                }
                Ok(lines) => assert_eq!(lines[0].vers, "0.8.0", "answer {at}: {shown}"),
                Err(error) => assert!(at % 4 != 0 || named(at).contains("7/"), "answer {at}: {error:#}: {shown}"),
            }
        }
    }

    #[test]
    fn what_cargo_is_reported_not_to_ask_is_not_taken_for_none() {
        let home = TempDir::new().unwrap();
        fs::write(home.path().join("config.toml"), "[net]\noffline = true\n").unwrap();
        let registries = Registries::read(home.path(), Some(home.path())).unwrap();
        let errors =
            [versions(&registries, &["lark"], None).unwrap_err(), newest(&registries, "lark", None, None).unwrap_err()];
        for error in errors {
            assert!(error.to_string().starts_with("cargo is offline: "), "{error}");
        }
    }

    /// Its repository and commit stand in the package.
    #[test]
    fn a_crate_whose_package_is_not_available_is_nobodys_yet() {
        use crate::tools::http::served::{Chance, Served, Strange};

        let server = Strange::serve(vec![Served::make(&mut Chance(0))].into(), |first| {
            let yanked = first.contains("la/rk/lark ");
            Some(match first.contains("config.json") {
                true => "{\"dl\": \"http://127.0.0.1:9/{crate}\"}".to_owned(),
                false => format!(
                    "{{\"name\":\"{}\",\"vers\":\"0.8.0\",\"deps\":[],\"cksum\":\"00\",\"features\":{{}},\"yanked\":{yanked}}}",
                    if yanked { "lark" } else { "wren" }
                ),
            })
        });
        let (dir, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let index =
            format!("[registries.own]\nindex = \"sparse+http://{}/answer-0/\"\n[net]\nretry = 0\n", server.address);
        fs::write(home.path().join("config.toml"), index).unwrap();
        let registries = Registries::read(dir.path(), Some(home.path())).unwrap();
        let of = |name: &str| newest(&registries, name, None, Some("own"));
        assert_eq!(of("lark").unwrap().lines.len(), 1, "of what is yanked, no package is wanted");
        let error = of("wren").unwrap_err().to_string();
        assert!(error.starts_with("cargo did not answer for wren: "), "{error}");
    }

    #[test]
    fn a_name_of_any_letters_is_looked_for() {
        let home = TempDir::new().unwrap();
        fs::create_dir_all(home.path().join("registry/index/x/.cache")).unwrap();
        for name in ["", "a", "\u{e4}", "a\u{e4}", "a\u{e4}b", "abc\u{e4}", "\u{1f426}\u{1f426}"] {
            assert_eq!(remembered(home.path(), name).unwrap(), None, "{name}");
        }
    }

    #[test]
    fn a_package_tells_its_commit_or_none() {
        for (text, commit, dirty) in [
            ("{\"git\": {\"sha1\": \"1111111111\"}, \"path_in_vcs\": \"crates/lark\"}", Some("1111111111"), false),
            ("{\"git\": {\"sha1\": \"1111111111\", \"dirty\": true}}", Some("1111111111"), true),
            ("{\"path_in_vcs\": \"\"}", None, false),
            // Without the file, as outside of a repository.
            ("", None, false),
            ("{", None, false),
        ] {
            assert_eq!(provenance(text), (commit.map(str::to_owned), dirty), "{text}");
        }
    }

    #[test]
    fn a_package_names_its_repository_or_none() {
        for (manifest, named) in [
            (
                "[package]\nname = \"lark\"\nrepository = \"https://forge.example/we/lark\"\n",
                Some("https://forge.example/we/lark"),
            ),
            ("[package]\nrepository = \"\"\n", None),
            ("[package]\nname = \"lark\"\n", None),
            ("", None),
            ("[", None),
        ] {
            assert_eq!(repository(manifest).as_deref(), named, "{manifest}");
        }
    }
}
