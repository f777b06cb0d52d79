//! What the public crate registry takes: its rules about a crate's metadata, as its public code has them.
//! It must never know where a value is written, nor ask anybody: the rehearsal's registry judges by the same lines.

use semver::VersionReq;
use serde::Deserialize;

use crate::{problem::Problem, visible};

/// What a crate says of itself, by the keys of its manifest and of an upload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct About {
    pub description: Option<String>,
    pub license: Option<String>,
    pub license_file: Option<String>,
    pub homepage: Option<String>,
    pub documentation: Option<String>,
    pub repository: Option<String>,
    pub keywords: Vec<String>,
    pub categories: Vec<String>,
}

/// `MAX_NAME_LENGTH`, crates/crates_io_validation/src/lib.rs in rust-lang/crates.io.
const LONGEST_NAME: usize = 64;
/// `MAX_DESCRIPTION_LENGTH`, src/controllers/krate/publish.rs in rust-lang/crates.io. It counts bytes.
const LONGEST_DESCRIPTION: usize = 1000;
/// Keywords of a crate, and categories: src/controllers/krate/publish.rs in rust-lang/crates.io.
const MOST: usize = 5;
/// src/controllers/krate/publish.rs in rust-lang/crates.io. It counts bytes.
const LONGEST_KEYWORD: usize = 20;
/// `upload_size`, src/config/publish_limits.rs in rust-lang/crates.io, which is raised for some crates.
pub const LARGEST: usize = 10 << 20;
/// `features` and `dependencies`, src/config/publish_limits.rs in rust-lang/crates.io: both are raised for who asks.
const MOST_FEATURES: usize = 300;
const MOST_DEPENDENCIES: usize = 500;
/// `MAX_VERSION_LENGTH`, crates/crates_io_validation/src/lib.rs in rust-lang/crates.io.
const LONGEST_VERSION: usize = 150;
/// `MAX_JSON_LENGTH`, src/controllers/krate/publish.rs in rust-lang/crates.io: all that is said of a crate, in JSON, which
/// is little beside its readme.
pub const LARGEST_METADATA: usize = 1 << 20;

/// `is_reserved_name`, src/controllers/krate/publish.rs in rust-lang/crates.io, and the names of
/// migrations/20170305095748_create_reserved_crate_names, migrations/20170430202433_reserve_windows_crate_names and
/// migrations/2021-02-10-141019_reserve_com0_lpt0 there.
const RESERVED: &str = "\
    alloc arena ast builtins collections compiler-builtins compiler-rt compiletest core coretest debug driver flate \
    fmt_macros grammar graphviz macro macros proc_macro rbml rust-installer rustbook rustc rustc_back rustc_borrowck \
    rustc_driver rustc_llvm rustc_resolve rustc_trans rustc_typeck rustdoc rustllvm rustuv serialize std syntax test \
    unicode nul con prn aux com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 \
    lpt8 lpt9";

/// `PARSE_MODE`, src/licenses.rs in rust-lang/crates.io, and the same parser.
pub const LICENSES: spdx::ParseMode = spdx::ParseMode {
    allow_slash_as_or_operator: true,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

/// The slugs of src/boot/categories.toml in rust-lang/crates.io, as they were in August 2026: others come to be, so that one
/// that is not among them is worth a note only.
const CATEGORIES: &str = "\
    accessibility aerospace aerospace::drones aerospace::protocols aerospace::simulation \
    aerospace::space-protocols aerospace::unmanned-aerial-vehicles algorithms api-bindings artificial-intelligence \
    asynchronous authentication automotive caching command-line-interface command-line-utilities compilers \
    compression computer-vision concurrency config cryptography cryptography::cryptocurrencies data-structures \
    database database-implementations date-and-time development-tools development-tools::build-utils \
    development-tools::cargo-plugins development-tools::debugging development-tools::ffi \
    development-tools::procedural-macro-helpers development-tools::profiling development-tools::testing email \
    embedded emulators encoding external-ffi-bindings filesystem finance game-development game-engines games \
    graphics gui hardware-support internationalization localization mathematics memory-management multimedia \
    multimedia::audio multimedia::encoding multimedia::images multimedia::video network-programming no-std \
    no-std::no-alloc os os::android-apis os::freebsd-apis os::linux-apis os::macos-apis os::unix-apis \
    os::windows-apis parser-implementations parsing rendering rendering::data-formats rendering::engine \
    rendering::graphics-api rust-patterns science science::bioinformatics science::bioinformatics::genomics \
    science::bioinformatics::proteomics science::bioinformatics::sequence-analysis science::computational-biology \
    science::computational-biology::structural-modeling science::computational-biology::systems-biology \
    science::computational-chemistry science::computational-chemistry::cheminformatics \
    science::computational-chemistry::electronic-structure science::computational-chemistry::molecular-simulation \
    science::geo science::materials science::neuroscience science::quantum-computing science::robotics security \
    simulation template-engine text-editors text-processing value-formatting virtualization visualization wasm \
    web-programming web-programming::http-client web-programming::http-server web-programming::websocket";

/// The categories that the registry may not know, and then takes no crate with.
pub fn unknown_categories(about: &About) -> Vec<&str> {
    let is_known = |slug: &&str| CATEGORIES.split(' ').any(|known| known.eq_ignore_ascii_case(slug));
    about.categories.iter().map(String::as_str).filter(|slug| !is_known(slug)).collect()
}

/// All that the registry has against a crate of that name.
pub fn objections(name: &str, about: &About) -> Vec<Problem> {
    let mut found: Vec<Problem> = name_objection(name).into_iter().collect();
    let mut object = |what: String, next: String| found.push(Problem { what, next });
    let lacks = lacking(about);
    if !lacks.is_empty() {
        object(
            format!("no {}, and crates.io takes no crate without", lacks.join(" and no ")),
            "write it under [package], or `publish = false` where it goes to no registry".to_owned(),
        );
    }
    if let Some(text) = about.description.as_ref().filter(|text| text.len() > LONGEST_DESCRIPTION) {
        object(
            format!("`description` has {} bytes, and crates.io takes {LONGEST_DESCRIPTION}", text.len()),
            "shorten it to one or two sentences; the readme has room for the rest".to_owned(),
        );
    }
    if let Some(license) = about.license.as_ref().filter(|_| !lacks.contains(&"license")) {
        found.extend(license_objection(license));
    }
    for (field, url) in
        [("homepage", &about.homepage), ("documentation", &about.documentation), ("repository", &about.repository)]
    {
        if let Some(url) = url.as_ref().filter(|url| !is_url(url)) {
            found.push(Problem {
                what: format!("`{field} = \"{}\"`: crates.io takes no such address", shown(url)),
                next: "write one that begins with https:// or http:// and a host, or leave it out".to_owned(),
            });
        }
    }
    for (field, entries) in [("keywords", &about.keywords), ("categories", &about.categories)] {
        if entries.len() > MOST {
            found.push(Problem {
                what: format!("`{field}` has {} entries, and crates.io takes {MOST}", entries.len()),
                next: format!("take {} out", entries.len() - MOST),
            });
        }
    }
    for keyword in about.keywords.iter().filter(|keyword| !is_keyword(keyword)) {
        found.push(Problem {
            what: format!("`keywords`: crates.io does not take `{}`", shown(keyword)),
            next: format!(
                "write one of at most {LONGEST_KEYWORD} letters from a to z, digits, `-`, `_` and `+`, with a letter or a digit first"
            ),
        });
    }
    found
}

fn name_objection(name: &str) -> Option<Problem> {
    let has = name.chars().count();
    let is_reserved = |reserved: &str| reserved.len() == name.len() && canonical(reserved) == canonical(name);
    let (what, next) = if has > LONGEST_NAME {
        (
            format!("the name `{name}` has {has} characters, and crates.io takes {LONGEST_NAME}"),
            "give the crate a shorter name",
        )
    } else if !is_name(name) {
        (
            format!("crates.io does not take the name `{name}`"),
            "write a name of letters from a to z, digits, `-` and `_`, with a letter first",
        )
    } else if RESERVED.split(' ').any(is_reserved) {
        (
            format!("the name `{name}` is reserved on crates.io"),
            "give the crate another name, or name the registry that it goes to: `publish = [\"NAME\"]`",
        )
    } else {
        return None;
    };
    Some(Problem { what, next: next.to_owned() })
}

/// `publish`, src/controllers/krate/publish.rs in rust-lang/crates.io.
pub fn lacking(about: &About) -> Vec<&'static str> {
    let is_empty = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
    let no_license = is_empty(&about.license) && is_empty(&about.license_file);
    let fields = [("description", is_empty(&about.description)), ("license", no_license)];
    fields.into_iter().filter_map(|(field, is_lacking)| is_lacking.then_some(field)).collect()
}

/// `validate_create_ident`, crates/crates_io_validation/src/lib.rs in rust-lang/crates.io.
pub fn is_name(name: &str) -> bool {
    is_dependency_name(name) && !name.starts_with('_')
}

/// The directory of a crate in an index (Cargo book, "Index Files"): `1`, `2`, `3/b`, `ba/rt`.
pub fn directory(name: &str) -> String {
    let piece = |range| name.get(range).unwrap_or_default();
    match name.len() {
        0..=2 => name.len().to_string(),
        3 => format!("3/{}", piece(0..1)),
        _ => format!("{}/{}", piece(0..2), piece(2..4)),
    }
}

/// Names are one whatever their case and dashes: `canon_crate_name`, migrations/20150319224700_dumped_migration_93 in
/// rust-lang/crates.io.
pub fn canonical(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// `Keyword::valid_name`, crates/crates_io_database/src/models/keyword.rs in rust-lang/crates.io, and its length.
fn is_keyword(keyword: &str) -> bool {
    keyword.len() <= LONGEST_KEYWORD
        && keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
        && keyword.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
}

/// `parse_license_expr`, src/licenses.rs in rust-lang/crates.io.
fn license_objection(license: &str) -> Option<Problem> {
    let error = spdx::Expression::parse_mode(license, LICENSES).err()?;
    let meant = spdx::Expression::canonicalize(license).ok().flatten();
    let meant = meant.filter(|meant| spdx::Expression::parse_mode(meant, LICENSES).is_ok());
    let like =
        meant.map_or_else(|| "an SPDX expression like `MIT OR Apache-2.0`".to_owned(), |meant| format!("`{meant}`"));
    Some(Problem {
        what: format!(
            "`license = \"{}\"`: crates.io takes an SPDX expression, and this is none ({})",
            shown(license),
            error.reason
        ),
        next: format!(
            "write {like}, or `license-file = \"LICENSE\"` with the file of its text instead, or `publish = false` where it goes to no registry"
        ),
    })
}

/// `validate_url`, src/controllers/krate/publish.rs in rust-lang/crates.io; of what its parser refuses, a host that is none
/// and a port that is no number.
fn is_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let authority = rest.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let (host, port) = match address.rsplit_once(':').filter(|_| !address.ends_with(']')) {
        Some((host, port)) => (host, port),
        None => (address, ""),
    };
    let is_port = port.is_empty() || port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit());
    let plain = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_host = !plain.is_empty()
        && match plain.len() == host.len() {
            true => !host.contains(|c: char| c.is_control() || " #%/:<>?@[\\]^|\"`{}".contains(c)),
            false => plain.parse::<core::net::Ipv6Addr>().is_ok(),
        };
    is_port && is_host
}

/// `validate_dependency`, src/controllers/krate/publish.rs in rust-lang/crates.io.
pub fn is_wildcard(requirement: &str) -> bool {
    VersionReq::parse(requirement).is_ok_and(|requirement| requirement == VersionReq::STAR)
}

/// `validate_dependency_name`, crates/crates_io_validation/src/lib.rs in rust-lang/crates.io: the name that a manifest
/// gives to what it requires. Those of features, which the same file limits, cargo limits in the same way.
pub fn is_dependency_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().count() <= LONGEST_NAME
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// `publish`, src/controllers/krate/publish.rs in rust-lang/crates.io.
pub fn version_objection(version: &str) -> Option<Problem> {
    let has = version.chars().count();
    (has > LONGEST_VERSION).then(|| Problem {
        what: format!("the version has {has} characters, and crates.io takes {LONGEST_VERSION}"),
        next: "give the release a version with a shorter pre-release or build".to_owned(),
    })
}

/// What the registry takes only for who has asked it to.
pub fn excesses(features: usize, enabled: usize, dependencies: usize) -> Vec<String> {
    let excess = |has: usize, what: &str, most: usize| {
        (has > most).then(|| format!("{has} {what}, and crates.io takes {most} without having been asked for more"))
    };
    let found = [
        excess(features, "features", MOST_FEATURES),
        excess(enabled, "entries of one feature", MOST_FEATURES),
        excess(dependencies, "dependencies", MOST_DEPENDENCIES),
    ];
    found.into_iter().flatten().collect()
}

/// As much of a value as a line has room for.
pub fn shown(value: &str) -> String {
    let (start, more) = visible::start(value, 60);
    format!("{}{more}", start.escape_debug())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Of a crate that is taken.
    pub fn about() -> About {
        About { description: Some("A crate".to_owned()), license: Some("MIT".to_owned()), ..About::default() }
    }

    fn reported(name: &str, about: &About) -> Vec<String> {
        objections(name, about).into_iter().map(|objection| objection.what).collect()
    }

    #[test]
    fn an_index_has_a_crate_by_its_length() {
        for (name, expected) in [("a", "1"), ("ab", "2"), ("abc", "3/a"), ("abcd", "ab/cd"), ("cargo-train", "ca/rg")] {
            assert_eq!(directory(name), expected, "{name}");
        }
    }

    #[test]
    fn each_value_is_taken_or_refused_as_the_registry_does() {
        let some = |text: &str| Some(text.to_owned());
        let list = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let long = "x".repeat(1000);
        assert_eq!(reported("lark", &about()), [""; 0]);
        assert_eq!(reported("lark", &About { description: some(&long), ..about() }), [""; 0]);
        let five = ["parser", "c++", "2d", "a_b-c+d", "abcdefghijklmnopqrst"];
        assert_eq!(reported("lark", &About { keywords: list(&five), ..about() }), [""; 0]);
        let own = About { license: None, license_file: some("LICENSE"), ..about() };
        assert_eq!(reported("lark", &own), [""; 0]);
        for (is, refused) in [
            (
                About { description: some(&format!("{long}x")), ..about() },
                "`description` has 1001 bytes, and crates.io takes 1000",
            ),
            (About { description: None, ..about() }, "no description, and crates.io takes no crate without"),
            (About { license: some(""), ..about() }, "no license, and crates.io takes no crate without"),
            (About::default(), "no description and no license, and crates.io takes no crate without"),
            (
                About { keywords: list(&["a", "b", "c", "d", "e", "f"]), ..about() },
                "`keywords` has 6 entries, and crates.io takes 5",
            ),
            (
                About { categories: list(&["a", "b", "c", "d", "e", "f"]), ..about() },
                "`categories` has 6 entries, and crates.io takes 5",
            ),
            (
                About { keywords: list(&["abcdefghijklmnopqrstu"]), ..about() },
                "`keywords`: crates.io does not take `abcdefghijklmnopqrstu`",
            ),
            (About { keywords: list(&["not ok"]), ..about() }, "`keywords`: crates.io does not take `not ok`"),
            (About { keywords: list(&["-x"]), ..about() }, "`keywords`: crates.io does not take `-x`"),
            (About { keywords: list(&[""]), ..about() }, "`keywords`: crates.io does not take ``"),
            (
                About { homepage: some("lark.example"), ..about() },
                "`homepage = \"lark.example\"`: crates.io takes no such address",
            ),
            (
                About { repository: some("git@forge.example:a/b"), ..about() },
                "`repository = \"git@forge.example:a/b\"`: crates.io takes no such address",
            ),
        ] {
            assert_eq!(reported("lark", &is), [refused]);
        }
    }

    #[test]
    fn a_license_is_an_expression() {
        for license in [
            "MIT",
            "MIT/Apache-2.0",
            "MIT OR (Apache-2.0 AND BSD-3-Clause)",
            "GPL-3.0+",
            "GPL-3.0",
            "MIT or ISC",
            "LicenseRef-Ours",
        ] {
            assert_eq!(license_objection(license), None, "{license}");
        }
        for (license, written) in [
            ("apache 2.0", "write `Apache-2.0`,"),
            ("GPLv3 or apache2", "write `GPL-3.0-only OR Apache-2.0`,"),
            ("Proprietary", "write an SPDX expression like"),
            ("MIT OR", "write an SPDX expression like"),
            (" ", "write an SPDX expression like"),
        ] {
            let objection = license_objection(license).expect(license);
            assert!(objection.next.starts_with(written), "{objection:?}");
        }
    }

    #[test]
    fn a_name_is_short_and_plain() {
        let long = "a".repeat(64);
        for name in ["a", "Lark_core-2", &long] {
            assert_eq!(reported(name, &about()), [""; 0]);
        }
        assert_eq!(
            reported(&format!("{long}a"), &about()),
            [format!("the name `{long}a` has 65 characters, and crates.io takes 64")]
        );
        for name in ["1lark", "_lark", "lärk", ""] {
            assert_eq!(reported(name, &about()), [format!("crates.io does not take the name `{name}`")]);
        }
        for name in ["test", "Compiler_Builtins", "NUL", "lpt0"] {
            assert_eq!(reported(name, &about()), [format!("the name `{name}` is reserved on crates.io")]);
        }
        assert_eq!(canonical("Lark-Core_x"), canonical("lark_core-X"));
        for name in ["_lark", "Lark_core-2", &long] {
            assert!(is_dependency_name(name), "{name}");
        }
        for name in ["1lark", "-lark", "lärk", "", &format!("{long}a")] {
            assert!(!is_dependency_name(name), "{name}");
        }
    }

    #[test]
    fn a_version_has_a_length() {
        let version = format!("1.0.0-{}", "a".repeat(144));
        assert_eq!(version_objection(&version), None);
        let refused = version_objection(&format!("{version}a")).expect("a version of 151 characters");
        assert_eq!(refused.what, "the version has 151 characters, and crates.io takes 150");
    }

    #[test]
    fn limits_that_are_raised_for_who_asks() {
        assert_eq!(excesses(300, 300, 500), [""; 0]);
        assert_eq!(
            excesses(301, 302, 501),
            [
                "301 features, and crates.io takes 300 without having been asked for more",
                "302 entries of one feature, and crates.io takes 300 without having been asked for more",
                "501 dependencies, and crates.io takes 500 without having been asked for more",
            ]
        );
    }

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for url in [
            "https://lark.example",
            "http://lark.example:8080/a?b#c",
            "https://user@lark.example/",
            "https://[::1]:8/x",
            "https://lark.example/a b",
            "https://bücher.example/",
        ] {
            assert!(is_url(url), "{url}");
        }
        for url in [
            "",
            "lark.example",
            "HTTPS://lark.example",
            "https:/lark.example",
            "ftp://lark.example",
            "https://",
            "https://?x",
            "https://lark example/",
            "https://lark.example:port/",
            "https://lark.example:99999/",
            "https://[::g]/",
            "https://:8/",
        ] {
            assert!(!is_url(url), "{url}");
        }
    }

    #[test]
    fn a_category_is_known_or_noted() {
        let categories =
            ["parsing", "science::geo", "no-std::no-alloc", "finance", "birds"].map(str::to_owned).to_vec();
        let about = About { categories, ..about() };
        assert_eq!(reported("lark", &about), [""; 0]);
        assert_eq!(unknown_categories(&about), ["birds"]);
    }

    #[test]
    fn a_wildcard_is_the_bare_star() {
        for (requirement, is_one) in [("*", true), (" * ", true), ("1.*", false), ("1", false), ("not one", false)] {
            assert_eq!(is_wildcard(requirement), is_one, "{requirement}");
        }
    }
}
