//! What manifests and projects say of themselves, as far as a registry would refuse it.
//! It must never refuse what a registry takes.

use std::{collections::BTreeMap, path::Path};

use super::{by_cause, needed, packages, published};
use crate::{
    crates_io::{self, LARGEST_METADATA},
    edit::{slashed, typed},
    finding::{Check, Finding},
    paths::{is_inside, lexical, normalized},
    pep503,
    problem::Problem,
    pypi,
    train::Train,
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

/// The registry takes what a published crate says of itself, and what it names is there.
pub fn metadata(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let mut reported: Vec<(String, Problem)> = Vec::new();
    let none = undescribed(workspace, train);
    for (member, package) in packages(workspace, train).filter(|_| none.is_none()) {
        let mut found = Vec::new();
        if member.is_public() {
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
        reported.extend(found.into_iter().map(|problem| (slashed(&member.manifest), problem)));
    }
    for wheel in &train.wheels {
        let found = pypi::objections(&wheel.project.about).into_iter();
        reported.extend(found.map(|problem| (slashed(&wheel.path), problem)));
    }
    let found = by_cause(reported.into_iter()).into_iter().map(|(Problem { what, next }, manifests)| {
        Finding::of_many(Check::Metadata, &manifests, ", ", &format!(": {what}"), next)
    });
    found.chain(none).chain(same_crate(workspace, train)).chain(same_project(workspace, train)).collect()
}

/// That none of several crates says what the public registry wants to know of each: most often, none is meant for it.
pub fn undescribed(workspace: &Workspace, train: &Train) -> Option<Finding> {
    let all: Vec<_> = packages(workspace, train).collect();
    let is_undescribed = |(member, package): &(&Member, &Package)| {
        member.is_public() && train.private_registry(member).is_none() && !crates_io::lacking(&package.about).is_empty()
    };
    let what = format!(
        "none of the {} crates has both a description and a license, and crates.io takes no crate without",
        all.len()
    );
    let next = format!(
        "`registries = []` in {}, where they go to no registry; or write both under [package]",
        train.config.table()
    );
    (all.len() > 1 && all.iter().all(is_undescribed)).then(|| Finding::new(Check::Metadata, what, next))
}

/// What the public registry may refuse, or may take by then.
pub fn noted(workspace: &Workspace, train: &Train) -> Vec<String> {
    let mut required: BTreeMap<&Path, usize> = BTreeMap::new();
    for needed in needed(workspace, train) {
        *required.entry(&needed.by.manifest).or_default() += 1;
    }
    let mut noted = Vec::new();
    for (member, package) in packages(workspace, train).filter(|(member, _)| member.is_public()) {
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
    let readme = crates_io::shown(readme);
    let what = format!("{readme} has {length} bytes as cargo uploads it, and crates.io takes {LARGEST_METADATA}");
    (length > LARGEST_METADATA).then(|| Problem::new(what, "shorten it, or name another file with `readme`"))
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
        return Some(Problem::new(what("it is outside of the repository"), next));
    };
    // Below a submodule or a link, git knows only that.
    let is_there = path.ancestors().any(|path| workspace.tracked.contains(path));
    let next = format!("correct `{key}`, or write the file and git add {}", typed(&path));
    (!is_there).then(|| Problem::new(what("git tracks no such file"), next))
}

/// A source outside of the crate's directory: cargo packs a crate without it, or nothing at all. It copies only the readme
/// and the license from elsewhere.
fn unpacked(member: &Member, key: &str, path: &str) -> Option<Problem> {
    let shown = crates_io::shown(path);
    let what = format!("`{key} = \"{shown}\"`: cargo packs no source file from outside of the crate's directory");
    let next = format!("move the file into {}, and correct `{key}`", typed(&member.dir()));
    (!is_inside(&lexical(Path::new(path)))).then(|| Problem::new(what, next))
}
