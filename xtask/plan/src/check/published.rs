//! What keeps a published crate from its registry, as far as manifests tell: what it needs, and what it says of itself.
//! It must never ask a registry, nor object to what cargo leaves out of a package.

use std::{collections::BTreeMap, path::Path};

use super::{checkout, versions::lacks_version};
use crate::{
    crates_io::{self, LARGEST_METADATA},
    edit::{first_of, note_of, slashed, typed},
    files::{
        cargo_lock,
        cargo_toml::{self, Dependency, Table, VersionField},
    },
    finding::{Check, Finding},
    names,
    paths::{is_inside, lexical, normalized},
    pep503,
    problem::Problem,
    pypi, requirement,
    train::Train,
    version::{Dialect, Version},
    workspace::{Member, Package, Workspace},
};

/// The modules of Python that are no module of a module; `STDLIB_PROHIBITED`, warehouse/packaging/services.py in
/// pypi/warehouse, has all of every version.
const MODULES: &str = "\
    abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 \
    calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser \
    contextlib contextvars copy copyreg cprofile crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis \
    distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib \
    functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib \
    imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap \
    marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath numbers opcode \
    operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath \
    pprint profile pstats pty pwd py-compile pyclbr pydoc pyexpat queue quopri random re readline reprlib resource \
    rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket \
    socketserver spwd sqlite3 ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog \
    tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace \
    traceback tracemalloc tty turtle types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser \
    winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// An entry of a published crate's manifest, with the one that says how.
struct Needed<'w> {
    by: &'w Member,
    table: Table,
    /// The manifest that says how, which is the root's for what is inherited.
    path: &'w Path,
    declared: &'w Dependency,
    /// The member that it leads to.
    on: Option<&'w Member>,
}

fn published<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = &'w Member> {
    packages(workspace, train).map(|(member, _)| member)
}

/// The same with what cargo says of each.
fn packages<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = (&'w Member, &'w Package)> {
    let crates = train.crates.iter().map(|&at| (&workspace.members[at], &workspace.graph.packages[at]));
    crates.filter(|(member, _)| train.publishes(member))
}

/// Whether a member goes to the public registry.
fn is_public(member: &Member) -> bool {
    member.is_public()
}

/// All that the train's published crates need, what is stripped by cargo left out: a dev-dependency without a version.
fn needed<'w>(workspace: &'w Workspace, train: &'w Train) -> impl Iterator<Item = Needed<'w>> {
    published(workspace, train).flat_map(move |by| {
        let entries = workspace.manifests[&by.manifest].manifest.dependencies.iter().enumerate();
        entries.filter_map(move |(at, entry)| {
            let (path, declared) = match entry.inherited {
                true => (&workspace.graph.root, workspace.shared(&entry.key)?),
                false => (&by.manifest, entry),
            };
            let is_kept = match entry.table {
                Table::Normal | Table::Build => true,
                Table::Dev => declared.requirement.is_some(),
                Table::Workspace | Table::Patch => false,
            };
            let link = by.links.iter().find(|link| link.entry == at);
            let on = link.map(|link| &workspace.members[link.to]);
            is_kept.then_some(Needed { by, table: entry.table, path, declared, on })
        })
    })
}

/// A published crate's dependencies on members say a version: the registry knows no paths.
pub fn path_only(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let bare = needed(workspace, train).filter(|needed| needed.declared.requirement.is_none());
    let refused = bare.filter_map(|needed| {
        let Needed { by, path, on, .. } = needed;
        let on = on.filter(|on| workspace.member(&on.name).is_none_or(|at| !lacks_version(workspace, train, at)))?;
        let (of, path, its) = (slashed(&by.manifest), slashed(path), slashed(&on.manifest));
        let never = format!("{}, which never is:", on.name);
        let (what, next) = match on.version_field {
            // Cargo takes 0.0.0 for its version, which no registry gets.
            VersionField::Absent => (
                format!("{never} {its} has no version"),
                format!(
                    "add `version = \"{0}\"` under [package] there, and beside the path in {path}",
                    train.version(workspace).base()
                ),
            ),
            _ if !on.publish => (
                format!("{never} {its} says `publish = false`"),
                format!("take that out, and add `version = \"{}\"` beside the path in {path}", on.version.base()),
            ),
            _ => {
                let there = if path == of { String::new() } else { format!(" in {path}") };
                (
                    format!("{} by path only", on.name),
                    format!("add `version = \"{}\"` beside the path{there}", on.version.base()),
                )
            }
        };
        Some((of, what, next))
    });
    findings(Check::PathOnly, refused)
}

/// A published crate needs nothing else that its registry cannot have.
pub fn dependencies(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let refused = needed(workspace, train).filter_map(|needed| {
        let of = slashed(&needed.by.manifest);
        let (what, next) = unavailable(workspace, &needed, &of).or_else(|| not_taken(&needed))?;
        Some((of, what, next))
    });
    findings(Check::Dependencies, refused)
}

/// What published crates require of a registry, and `[patch]` or `[replace]` takes from elsewhere: whoever uses the crates
/// gets the registry's.
#[derive(Debug)]
pub struct Patched<'w> {
    pub package: &'w str,
    pub requirement: &'w str,
    /// The registry that the requirement names.
    pub registry: Option<&'w str>,
    manifests: Vec<String>,
    /// Where it comes from here.
    from: String,
}

pub fn patched<'w>(workspace: &'w Workspace, train: &'w Train) -> Vec<Patched<'w>> {
    let root = &workspace.graph.root;
    let of = workspace.manifests[root].manifest.dependencies.iter();
    let patches: Vec<&Dependency> = of.filter(|entry| entry.table == Table::Patch).collect();
    if patches.is_empty() {
        return Vec::new();
    }
    let lock = workspace.texts.get(&workspace.root_dir().join("Cargo.lock")).map_or("", String::as_str);
    let locked = cargo_lock::sources(lock);
    let mut found: Vec<Patched<'_>> = Vec::new();
    for needed in needed(workspace, train).filter(|needed| needed.on.is_none()) {
        let declared = needed.declared;
        let Some(place) = declared.requirement.as_ref().filter(|_| declared.path.is_none() && declared.git.is_none())
        else {
            continue;
        };
        // What the lock has of a registry is not patched.
        let is_met = |version: &str| {
            Version::parse(version, Dialect::Cargo)
                .is_ok_and(|had| matches!(requirement::accepts(&place.text, &had), Ok(true)))
        };
        let mut own = locked.iter().filter(|(name, ..)| *name == declared.package);
        if own.any(|(_, version, source)| !source.starts_with("git+") && is_met(version)) {
            continue;
        }
        let mut from = patches.iter().filter(|entry| entry.package == declared.package);
        let Some(from) = from.find_map(|entry| entry.git.as_ref().or(entry.path.as_ref())) else { continue };
        let (package, requirement, registry) = (&*declared.package, &*place.text, declared.registry.as_deref());
        let manifest = slashed(&needed.by.manifest);
        let is_same = |other: &&mut Patched<'_>| {
            (other.package, other.requirement, other.registry) == (package, requirement, registry)
        };
        match found.iter_mut().find(is_same) {
            Some(other) if other.manifests.contains(&manifest) => {}
            Some(other) => other.manifests.push(manifest),
            None => found.push(Patched {
                package,
                requirement,
                registry,
                manifests: vec![manifest],
                from: crates_io::shown(from),
            }),
        }
    }
    found
}

/// What is known of them without the registry, once for each place that they are taken from.
pub fn note_patched(workspace: &Workspace, train: &Train) -> Vec<String> {
    let patched = patched(workspace, train);
    let mut notes = Vec::new();
    for (at, first) in patched.iter().enumerate() {
        if patched[..at].iter().any(|before| before.from == first.from) {
            continue;
        }
        let reported: Vec<String> =
            patched.iter().filter(|other| other.from == first.from).map(Patched::reported).collect();
        notes.extend(note_of(
            &reported,
            |_| first.note(),
            |count, which| {
                format!(
                    "`[patch]` takes {count} requirements from {}: whether their registry has them is not known here: {which}",
                    first.from
                )
            },
        ));
    }
    notes
}

impl Patched<'_> {
    fn reported(&self) -> String {
        let manifests = if self.manifests.len() > 3 { first_of(&self.manifests) } else { self.manifests.join(" and ") };
        let require = if self.manifests.len() > 1 { "require" } else { "requires" };
        format!("{manifests} {require} {} \"{}\"", self.package, self.requirement)
    }

    /// What is known without the registry.
    pub fn note(&self) -> String {
        format!(
            "{}, which `[patch]` takes from {}: whether its registry has one is not known here",
            self.reported(),
            self.from
        )
    }

    /// The registry has a version that is required; these are its own, each with whether it was yanked.
    pub fn unmet<'v>(&self, versions: impl Iterator<Item = (&'v str, bool)>) -> Option<Finding> {
        let had = versions.filter(|(_, yanked)| !yanked);
        let mut had: Vec<Version> =
            had.filter_map(|(version, _)| Version::parse(version, Dialect::Cargo).ok()).collect();
        if had.iter().any(|had| !matches!(requirement::accepts(self.requirement, had), Ok(false))) {
            return None;
        }
        had.sort();
        let most = had.last().map_or("none at all".to_owned(), |most| format!("{} at most", most.tag()));
        let what = format!(
            "{}, which its registry does not have ({most}): here, `[patch]` takes it from {}",
            self.reported(),
            self.from
        );
        let next = format!("require a version of {} that is there, or have one published first", self.package);
        Some(Finding::new(Check::Dependencies, what, next))
    }
}

/// What no registry has.
fn unavailable(workspace: &Workspace, needed: &Needed<'_>, of: &str) -> Option<(String, String)> {
    let Needed { by, table, path, declared, on } = needed;
    let (name, at) = (&declared.package, slashed(path));
    let there = if at == of { String::new() } else { format!(" in {at}") };
    let Some(place) = &declared.requirement else {
        return match (&declared.git, &declared.path) {
            // Said of members by `path_only`.
            _ if on.is_some() => None,
            (Some(git), _) => Some((
                format!("{name} from a git repository only ({})", crates_io::shown(git)),
                format!("add `version = \"X.Y.Z\"`{there} beside `git`, of a version that its registry has"),
            )),
            // Then no version beside it would help.
            (None, Some(outside))
                if checkout::why(workspace, &lexical(&crate::paths::dir(path).join(outside))).is_some() =>
            {
                None
            }
            (None, Some(outside)) => {
                let manifest = normalized(&crate::paths::dir(path).join(outside).join("Cargo.toml"));
                let text = manifest.and_then(|manifest| workspace.texts.get(&manifest));
                let version = text.and_then(|text| cargo_toml::read(text).ok()?.version.literal().cloned());
                let version = version.map_or_else(|| "X.Y.Z".to_owned(), |place| place.text);
                Some((
                    format!("{name} by path only, and `{outside}` is no member of the workspace"),
                    format!("add `version = \"{version}\"` beside the path{there}, and publish {name} first"),
                ))
            }
            (None, None) => None,
        };
    };
    // Without a path, it is the registry's: a patch makes the name lead here.
    let on = (*on).filter(|_| declared.path.is_some())?;
    let text = &place.text;
    if on.publish {
        let is_there = |name: &String| by.registries.contains(name);
        let other = on.registries.first().filter(|_| !on.is_public() && !on.registries.iter().any(is_there))?;
        return declared.registry.is_none().then(|| {
            let its = slashed(&on.manifest);
            (
                format!("{} \"{text}\", which is not published there: {its} says `publish = [\"{other}\"]`", on.name),
                "publish both in one place: write the same `publish` in both".to_owned(),
            )
        });
    }
    let its = slashed(&on.manifest);
    // That it has no version is told where its requirement does not accept 0.0.0.
    if on.version_field == VersionField::Absent && !matches!(requirement::accepts(text, &on.version), Ok(true)) {
        return None;
    }
    let why = if on.version_field == VersionField::Absent { "has no version" } else { "says `publish = false`" };
    let next = match table {
        Table::Dev => format!("leave only the path in that dev-dependency{there}: cargo strips it when publishing"),
        _ if on.version_field == VersionField::Absent => {
            format!("add `version = \"{text}\"` under [package] in {its}, or do without {}", on.name)
        }
        _ => "take that out, or say `publish = false` of both".to_owned(),
    };
    Some((format!("{} \"{text}\", which never is: {its} {why}", on.name), next))
}

/// What the public registry does not take.
fn not_taken(needed: &Needed<'_>) -> Option<(String, String)> {
    let Needed { by, path, declared, on, .. } = needed;
    if !is_public(by) {
        return None;
    }
    let at = slashed(path);
    if let Some(registry) = declared.registry.as_ref().filter(|registry| *registry != "crates-io") {
        return Some((
            format!(
                "{} of the registry `{registry}`, and crates.io takes no dependency on another registry",
                declared.package
            ),
            format!("say where it is published, `publish = [\"NAME\"]`, or require in {at} what crates.io has"),
        ));
    }
    if declared.key != declared.package && !crates_io::is_dependency_name(&declared.key) {
        return Some((
            format!(
                "{} under the name `{}`, which crates.io does not take",
                declared.package,
                crates_io::shown(&declared.key)
            ),
            format!("give it another name in {at}: letters from a to z, digits, `-` and `_`, 64 at most"),
        ));
    }
    let place = declared.requirement.as_ref().filter(|place| crates_io::is_wildcard(&place.text))?;
    let version = match on {
        Some(on) => format!("write `version = \"{}\"` in {at}", on.version.base()),
        None => {
            format!("write the version in {at} that it needs at least, as in `\"1.2\"`; cargo tree tells which it has")
        }
    };
    Some((format!("{} \"{}\", and crates.io takes no wildcard", declared.package, place.text), version))
}

/// The registry takes what a published crate says of itself, and what it names is there.
pub fn metadata(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let mut reported: Vec<(Problem, Vec<String>)> = Vec::new();
    let mut tell = |found: Vec<Problem>, manifest: &Path| {
        for objection in found {
            // What is inherited is one cause, and its advice is the same.
            match reported.iter_mut().find(|(other, _)| *other == objection) {
                Some((_, manifests)) => manifests.push(slashed(manifest)),
                None => reported.push((objection, vec![slashed(manifest)])),
            }
        }
    };
    for (member, package) in packages(workspace, train) {
        let mut found = Vec::new();
        if is_public(member) {
            found.extend(crates_io::objections(&package.name, &package.about));
            found.extend(crates_io::version_objection(&member.version.to_string()));
            found.extend(long_readme(package));
        }
        let is_named = workspace.manifests[&member.manifest].manifest.names_readme;
        let files = [
            ("readme", package.readme.as_ref().filter(|_| is_named)),
            ("license-file", package.about.license_file.as_ref()),
        ];
        let unread = |Problem { what, next }: &Problem, key: &str| Problem {
            what: format!("`{key}`: {what}, and cargo cannot publish without it"),
            next: next.clone(),
        };
        found.extend(package.unread.iter().map(|(key, why)| unread(why, key)));
        let is_read = |key: &str| !package.unread.iter().any(|(other, _)| *other == key);
        let files = files.into_iter().filter(|(key, _)| is_read(key));
        found.extend(files.filter_map(|(key, file)| missing(workspace, member, key, file?)));
        let sources = workspace.manifests[&member.manifest].manifest.sources.iter();
        found.extend(sources.filter_map(|(key, path)| unpacked(member, key, path)));
        tell(found, &member.manifest);
    }
    for wheel in &train.wheels {
        tell(pypi::objections(&wheel.project.about), &wheel.path);
    }
    let found = reported.into_iter().map(|(Problem { what, next }, manifests)| {
        Finding::of_many(Check::Metadata, &manifests, ", ", &format!(": {what}"), next)
    });
    found.chain(same_crate(workspace, train)).chain(same_project(workspace, train)).collect()
}

/// What is known of a registry whose index is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Unconfigured {
    /// One that is known, and called nearly so.
    pub near: Option<String>,
    /// The file or the variable by which crates go there that name none.
    pub default_by: Option<String>,
}

/// Cargo knows every registry that crates of the train go to; where they are published, it may know more.
pub fn unconfigured(workspace: &Workspace, train: &Train, unknown: &BTreeMap<String, Unconfigured>) -> Vec<Finding> {
    let found = unknown.iter().filter_map(|(name, Unconfigured { near, default_by })| {
        let goes_there = |member: &&Member| {
            let registries = train.registries(member);
            registries.contains(&Some(name.as_str())) || default_by.is_some() && registries.contains(&None)
        };
        let manifests: Vec<String> =
            published(workspace, train).filter(goes_there).map(|member| slashed(&member.manifest)).collect();
        let near = near.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
        let default = default_by.as_ref().map(|by| format!(", the default of {by}")).unwrap_or_default();
        let what = format!(
            "{}: published to the registry `{name}`{near}{default}, and no configuration of cargo that is read here has its index",
            manifests.join(", ")
        );
        let file = slashed(&workspace.in_root(Path::new(".cargo/config.toml")));
        let next = format!(
            "write `[registries.{name}]` with `index = \"sparse+https://HOST/PATH/\"` into {file} and commit, or set {} as where it is published",
            names::index_variable(name)
        );
        let instead = default_by.as_ref().map(|by| format!("; or take the default out of {by}"));
        let next = format!("{next}{}", instead.unwrap_or_default());
        (!manifests.is_empty()).then(|| Finding::new(Check::RegistryConfiguration, what, next))
    });
    found.collect()
}

/// What the public registry may refuse, or may take by then.
pub fn noted(workspace: &Workspace, train: &Train) -> Vec<String> {
    let mut required: BTreeMap<&Path, usize> = BTreeMap::new();
    for needed in needed(workspace, train) {
        *required.entry(&needed.by.manifest).or_default() += 1;
    }
    let mut noted = Vec::new();
    for (member, package) in packages(workspace, train).filter(|(member, _)| is_public(member)) {
        let of = slashed(&member.manifest);
        let unknown = crates_io::unknown_categories(&package.about);
        if !unknown.is_empty() {
            noted.push(format!(
                "{of}: `categories`: {} was not known to crates.io when this tool was made, and it takes no crate with one that it does not know: see https://crates.io/category_slugs",
                unknown.join(", ")
            ));
        }
        let manifest = &workspace.manifests[&member.manifest].manifest;
        let required = required.get(&*member.manifest).copied().unwrap_or_default();
        let excesses = crates_io::excesses(manifest.features.len(), manifest.enabled, required);
        noted.extend(excesses.into_iter().map(|excess| format!("{of}: {excess}: write to help@crates.io first")));
    }
    for wheel in &train.wheels {
        let (of, about) = (slashed(&wheel.path), &wheel.project.about);
        let name = wheel.project.name.as_ref().unwrap_or(&workspace.members[wheel.member].name);
        if pypi::is_private(about) {
            noted.push(format!(
                "{of}: its classifiers say that it is private, and PyPI takes no such project: set UV_PUBLISH_URL where it is published"
            ));
            continue;
        }
        if is_module(name) {
            noted.push(format!("{of}: `{name}` is a module of Python, and PyPI takes no new project of that name"));
        }
    }
    noted
}

/// A readme that the public registry would not take with the rest of what is said of a crate.
fn long_readme(package: &Package) -> Option<Problem> {
    let (readme, length) = (package.readme.as_ref()?, package.readme_length);
    (length > LARGEST_METADATA).then(|| Problem {
        what: format!(
            "{} has {length} bytes as cargo uploads it, and crates.io takes {LARGEST_METADATA}",
            crates_io::shown(readme)
        ),
        next: "shorten it, or name another file with `readme`".to_owned(),
    })
}

/// A crate of the train that the public registry would take for another one of the workspace.
fn same_crate(workspace: &Workspace, train: &Train) -> Option<Finding> {
    let mut by_name = BTreeMap::new();
    let is_ours = |member: &Member| published(workspace, train).any(|ours| ours.manifest == member.manifest);
    workspace.members.iter().filter(|member| member.is_public()).find_map(|member| {
        let other = by_name.insert(crates_io::canonical(&member.name), member)?;
        if !is_ours(member) && !is_ours(other) {
            return None;
        }
        let (one, two) = (slashed(&other.manifest), slashed(&member.manifest));
        let what = format!("{one} and {two}: `{}` and `{}` are one crate to crates.io", other.name, member.name);
        Some(Finding::new(Check::Metadata, what, "give one of them another name: case, `-` and `_` make no difference"))
    })
}

/// Whether PyPI keeps the name from new projects; who has it already keeps it.
fn is_module(name: &str) -> bool {
    MODULES.split_whitespace().any(|module| module == pep503::normalized(name))
}

/// Wheels that an index would take for one project.
fn same_project(workspace: &Workspace, train: &Train) -> Option<Finding> {
    let mut by_name = BTreeMap::new();
    train.wheels.iter().find_map(|wheel| {
        let name = wheel.project.name.as_ref().unwrap_or(&workspace.members[wheel.member].name);
        let other = by_name.insert(pep503::normalized(name), (name, &wheel.path))?;
        let (one, two) = (slashed(other.1), slashed(&wheel.path));
        let what = format!("{one} and {two}: `{}` and `{name}` are one project to an index", other.0);
        Some(Finding::new(Check::Metadata, what, format!("write another `name` under [project] in {two}")))
    })
}

/// A file that a manifest names and that is not published with it, as a checkout of the tag does not have it.
fn missing(workspace: &Workspace, member: &Member, key: &str, file: &str) -> Option<Problem> {
    // What git knows of the crate's own directory is not known by this name.
    if !workspace.tracked.contains(&member.manifest) {
        return None;
    }
    let what =
        |why: &str| format!("`{key} = \"{}\"`: {why}, and cargo cannot publish without it", crates_io::shown(file));
    let Some(path) = normalized(&member.dir().join(file)) else {
        let next = format!("copy the file into the repository, and correct `{key}`");
        return Some(Problem { what: what("it is outside of the repository"), next });
    };
    // Below a submodule or a link, git knows only that.
    let is_there = path.ancestors().any(|path| workspace.tracked.contains(path));
    (!is_there).then(|| Problem {
        what: what("git tracks no such file"),
        next: format!("correct `{key}`, or write the file and git add {}", typed(&path)),
    })
}

/// A source outside of the crate's directory: cargo packs a crate without it, or nothing at all. It copies only the readme
/// and the license from elsewhere.
fn unpacked(member: &Member, key: &str, path: &str) -> Option<Problem> {
    (!is_inside(&lexical(Path::new(path)))).then(|| Problem {
        what: format!(
            "`{key} = \"{}\"`: cargo packs no source file from outside of the crate's directory",
            crates_io::shown(path)
        ),
        next: format!("move the file into {}, and correct `{key}`", typed(&member.dir())),
    })
}

/// One finding for each cause: what several crates inherit, or one has in several tables, is one.
fn findings(check: Check, refused: impl Iterator<Item = (String, String, String)>) -> Vec<Finding> {
    let mut causes: Vec<(String, String, Vec<String>)> = Vec::new();
    for (of, what, next) in refused {
        match causes.iter_mut().find(|(other, advice, _)| (other, advice) == (&what, &next)) {
            Some((.., manifests)) if manifests.contains(&of) => {}
            Some((.., manifests)) => manifests.push(of),
            None => causes.push((what, next, vec![of])),
        }
    }
    let found = causes.into_iter().map(|(what, next, manifests)| {
        let require = if manifests.len() > 1 { "require" } else { "requires" };
        Finding::of_many(check, &manifests, " and ", &format!(" would be published but {require} {what}"), next)
    });
    found.collect()
}
