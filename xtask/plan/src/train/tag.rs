//! The form of a train's tag where none is configured: what the repository's tags look like, or the usual one.
//! It must never give two trains tags that can be the same: whose history there is must be known, or be said.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::{
    config::{Form, Template, TrainConfig, apart},
    edit::{count, slashed},
    names::ROLLBACK,
    repo::Repo,
    tool::TOOL,
    version::{Dialect, Version},
    workspace::{Member, Workspace},
};

mod plain;

/// What stands before the version where only one train has such tags.
const PLAIN: [&str; 2] = ["v", ""];

/// The tags of a repository by what stands before their versions.
type Series<'r> = BTreeMap<&'r str, Vec<Version>>;

/// The form of the tag that the repository has for the driver's version, or for the highest one below it.
pub fn habitual(workspace: &Workspace, repo: &Repo, config: &TrainConfig, driver: usize) -> Result<Template> {
    let Member { name, version, .. } = &workspace.members[driver];
    let mut series = Series::new();
    let named = repo.tags.keys().filter(|tag| !tag.starts_with(ROLLBACK));
    for (version, prefix) in named.filter_map(|tag| split(tag)) {
        series.entry(prefix).or_default().push(version);
    }
    // Two trains must not share their tags: all but the default one carry their name.
    let theirs = names_of_others(workspace, config, driver);
    let shared = match workspace.trains.len() {
        0 => !config.default && !plain::has_plain_tags(workspace, &series, driver)?,
        1 => false,
        _ if config.default => theirs.contains("v"),
        _ => theirs.contains("v") || !plain::is_heir_of_default(workspace, repo, &series, config),
    };
    series.retain(|prefix, _| !theirs.contains(*prefix));
    let usual = if shared { format!("{}-v", config.name) } else { "v".to_owned() };
    let here = version.base();
    let members = workspace.members.iter().enumerate();
    let all = members.flat_map(|(at, member)| starts(&member.name).into_iter().map(move |start| (start, at))).collect();
    let words = words(&series, &all);
    let after_words = |start: String| words.iter().map(|word| format!("{word}{start}")).collect::<Vec<_>>();
    let own: Vec<String> =
        [&config.name, name].into_iter().flat_map(|name| starts(name)).flat_map(after_words).collect();
    let begins_lower = |prefix: &String| {
        series.get(prefix.as_str()).is_some_and(|versions| versions.iter().any(|found| found.base() <= here))
    };
    if !shared && own.iter().any(begins_lower) {
        // What is called after another member is that one's, however near it comes; so is what has a name and goes on above.
        let others: BTreeSet<String> = all.into_keys().flat_map(after_words).collect();
        let goes_on = |prefix: &str, versions: &[Version]| !PLAIN.contains(&prefix) && goes_on(versions, &here);
        let is_others = |prefix: &str, versions: &[Version]| others.contains(prefix) || goes_on(prefix, versions);
        series.retain(|prefix, versions| own.iter().any(|own| own == prefix) || !is_others(prefix, versions));
    }
    let highest = series.values().map(|versions| reached(versions, &here)).max().unwrap_or_default();
    let is_newest = |versions: &[Version]| shared || reached(versions, &here) == highest;
    let prefixes: Vec<&str> =
        series.iter().filter(|(_, versions)| is_newest(versions)).map(|(prefix, _)| *prefix).collect();
    let mut known = vec![usual.clone()];
    known.extend((!shared).then(String::new));
    known.extend(own);
    refuse_respelt(workspace, repo, config, (driver, &known), highest.1.as_ref())?;
    // A crate may be tagged by a part of its name alone: then that leads to its very version.
    let leads_here = |prefix: &String| leads_to(series.get(prefix.as_str()).into_iter().flatten(), &here);
    known.extend(parts(workspace, name).iter().flat_map(|part| starts(part)).filter(leads_here));
    let single = || single(workspace, &series, prefixes.clone(), &here).filter(|_| !shared && highest.1.is_some());
    // Of several forms that it had, the one that comes nearest; of those, the first.
    let near = known.iter().rev().filter(|known| prefixes.contains(&known.as_str()));
    let near = near.max_by_key(|known| reached(&series[known.as_str()], &here));
    let prefix = near.map(String::as_str).or_else(single);
    let tag = Template::new(&format!("{}{}", prefix.unwrap_or(&usual), Template::SLOT))?;
    refuse_shared(workspace, config, &tag)?;
    Ok(tag)
}

/// The ends of a name and its beginnings, those that no other member's name ends or begins with. Of its longest end no more
/// is asked than that it is no other's whole name.
fn parts(workspace: &Workspace, name: &str) -> Vec<String> {
    let dashed = |name: &str| name.replace('_', "-");
    let own = dashed(name);
    let names = workspace.members.iter().map(|member| dashed(&member.name));
    let others: Vec<String> = names.filter(|other| *other != own).collect();
    let has = |part: &str| others.iter().any(|other| other == part);
    let ends = |tail: &str| others.iter().any(|other| other.ends_with(&format!("-{tail}")));
    let starts = |head: &str| others.iter().any(|other| other.starts_with(&format!("{head}-")));
    let dashes = || own.match_indices('-').map(|(at, _)| at);
    let tails = dashes().enumerate().map(|(nth, at)| (nth, &own[at + 1..]));
    let tails = tails.filter(|(nth, tail)| !has(tail) && (*nth == 0 || !ends(tail))).map(|(_, tail)| tail);
    let heads = dashes().map(|at| &own[..at]).filter(|head| !has(head) && !starts(head));
    tails.chain(heads).map(str::to_owned).collect()
}

/// Whether tags are of a version, or were last of an earlier one of the same line.
fn leads_to<'v>(tagged: impl Iterator<Item = &'v Version>, here: &Version) -> bool {
    let found: BTreeSet<Version> = tagged.map(Version::base).collect();
    found.contains(here) || found.last().is_some_and(|newest| newest <= here && newest.line() == here.line())
}

/// The member that is tagged by this part of its name alone.
pub(super) fn of_part<'w>(workspace: &'w Workspace, part: &str, tagged: &BTreeSet<Version>) -> Option<&'w Member> {
    let is_near = |name: &str| name.len() > part.len() && (name.starts_with(part) || name.ends_with(part));
    let near = workspace.members.iter().filter(|member| is_near(&member.name.replace('_', "-")));
    let mut own = near.filter(|member| {
        parts(workspace, &member.name).iter().any(|own| own == part) && leads_to(tagged.iter(), &member.version.base())
    });
    own.next().filter(|_| own.next().is_none())
}

/// What stands before names in the tags, besides nothing: `release-` in `release-lark-0.7.3`. Several members have it, since
/// what only one has may belong to another product of its name: `py-lark-0.7.3`.
fn words<'r>(series: &Series<'r>, starts: &BTreeMap<String, usize>) -> Vec<&'r str> {
    let mut users: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for prefix in series.keys() {
        for (at, _) in prefix.match_indices(['-', '_', '/', '@']) {
            let (word, rest) = prefix.split_at(at + 1);
            if let Some(&member) = starts.get(rest) {
                users.entry(word).or_default().insert(member);
            }
        }
    }
    let shared = users.into_iter().filter(|(_, members)| members.len() > 1).map(|(word, _)| word);
    [""].into_iter().chain(shared).collect()
}

/// The series that is left where several come as near: that ends there, and is not called after a crate beside the members.
fn single<'r>(
    workspace: &Workspace,
    series: &Series<'r>,
    mut prefixes: Vec<&'r str>,
    here: &Version,
) -> Option<&'r str> {
    let goes_above =
        |prefix: &str| series.get(prefix).is_some_and(|found| found.iter().any(|found| found.base() > *here));
    if prefixes.len() > 1 {
        prefixes.retain(|prefix| !goes_above(prefix));
    }
    if prefixes.len() > 1 {
        let members: BTreeSet<&Path> = workspace.members.iter().map(|member| member.manifest.as_path()).collect();
        let is_beside = |path: &&PathBuf| path.ends_with("Cargo.toml") && !members.contains(path.as_path());
        let folders = workspace.tracked.iter().filter(is_beside).filter(|path| **path != workspace.graph.root);
        let names = folders.filter_map(|path| path.parent()?.file_name()?.to_str());
        let theirs: BTreeSet<String> = names.flat_map(starts).collect();
        prefixes.retain(|prefix| !theirs.contains(*prefix));
    }
    if let [only] = prefixes.as_slice() { Some(*only) } else { None }
}

/// No two trains may have tags that could be either's.
fn refuse_shared(workspace: &Workspace, config: &TrainConfig, tag: &Template) -> Result<()> {
    let others = workspace.trains.iter().filter(|other| other.name != config.name);
    let mut others = others.filter_map(|other| Some((&other.name, other.tag.as_ref()?)));
    let Some((other, theirs)) = others.find(|(_, theirs)| tag.meets(theirs)) else { return Ok(()) };
    let (train, another) = apart(&config.name, (other, theirs));
    bail!(
        "train {}: its tags \"{tag}\" could be those of train {other}, \"{theirs}\": say `tag = \"{another}\"` in [workspace.metadata.trains.{train}], or another one there",
        config.name
    )
}

/// Tags that lead to the driver's version and spell theirs in a way of their own are none that could be counted from: the
/// release that they are of would be made again, in another series.
fn refuse_respelt(
    workspace: &Workspace,
    repo: &Repo,
    config: &TrainConfig,
    (driver, prefixes): (usize, &[String]),
    newest: Option<&Version>,
) -> Result<()> {
    let here = workspace.members[driver].version.base();
    let read =
        |tag| prefixes.iter().find_map(|prefix| Some((respelt(str::strip_prefix(tag, &**prefix)?)?, prefix, tag)));
    let found = repo.tags.keys().filter_map(|tag| read(tag.as_str()));
    let mut found: Vec<_> =
        found.filter(|(version, ..)| *version <= here && newest.is_none_or(|it| version > it)).collect();
    found.sort();
    let Some((version, prefix, tag)) = found.pop().filter(|_| !found.is_empty()) else { return Ok(()) };
    let own = format!("tag = \"{prefix}{}\"", Template::SLOT);
    let (say, lines) = match config.form {
        Form::Absent => {
            let driver = config.driver.as_ref().map(|driver| format!("driver = \"{driver}\"\n")).unwrap_or_default();
            let table = format!("\n\n[workspace.metadata.trains.{}]\n{driver}{own}", config.name);
            (format!("in {}", slashed(&workspace.graph.root)), table)
        }
        _ => (format!("`{own}` in {}", config.table()), String::new()),
    };
    bail!(
        "tag {tag} and {} like it spell versions in another way, {tag} for {version}: nothing can be counted from them\nnext: say {say} how tags are spelt from now on, and name the version that follows: {TOOL} release X.Y.Z{lines}",
        count(found.len(), "other")
    )
}

/// A version whose numbers begin with zeros, or without the last one.
fn respelt(text: &str) -> Option<Version> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut numbers: Vec<&str> = text.split('.').collect();
    if numbers.len() < 2 || !numbers.iter().all(is_number) {
        return None;
    }
    numbers.resize(3.max(numbers.len()), "0");
    let numbers = numbers.into_iter().map(|number| match number.trim_start_matches('0') {
        "" => "0",
        number => number,
    });
    let numbers: Vec<&str> = numbers.collect();
    Version::parse(&numbers.join("."), Dialect::Tag).ok().filter(|version| version.tag() != text)
}

/// What tags that carry a name begin with.
pub fn starts(name: &str) -> Vec<String> {
    let spelt = BTreeSet::from([name.to_owned(), name.replace('-', "_"), name.replace('_', "-")]);
    let ends = ["-v", "-", "_v", "_", "/v", "/", "@v", "@"];
    ends.iter().flat_map(|end| spelt.iter().map(move |name| format!("{name}{end}"))).collect()
}

/// How near a series comes to a driver at `here`: by its tag of that version, else by the newest below. Where it goes on
/// above, that the numbers met says little, and what counts first is the release before.
fn reached(versions: &[Version], here: &Version) -> (Option<Version>, Option<Version>) {
    let newest = versions.iter().filter(|found| found.base() <= *here).max();
    let final_of = |version: &Version| (version.semver().major, version.semver().minor, version.semver().patch);
    let counts = match goes_on(versions, here) {
        true => versions.iter().filter(|found| final_of(found) < final_of(here)).max(),
        false => newest,
    };
    (counts.cloned(), newest.cloned())
}

/// Whether a series goes on above a driver at `here`: it is somebody else's, or the driver's is an old line. A fix of this
/// very line may have been tagged elsewhere, and one version far above is a slip.
fn goes_on(versions: &[Version], here: &Version) -> bool {
    let is_above = |found: &&Version| found.base() > *here && found.line() != here.line();
    let above: BTreeSet<Version> = versions.iter().filter(is_above).map(Version::base).collect();
    let below = versions.iter().filter(|found| found.base() <= *here).count();
    above.len() > 1 || above.len() == 1 && below < 2
}

/// What the tags of other trains may begin with.
fn names_of_others(workspace: &Workspace, config: &TrainConfig, driver: usize) -> BTreeSet<String> {
    let own = [config.name.as_str(), workspace.members[driver].name.as_str()];
    let others = workspace.trains.iter().filter(|other| other.name != config.name);
    let names = others.clone().flat_map(|other| [Some(&other.name), other.driver.as_ref()]).flatten();
    let configured = others.filter_map(|other| {
        Some(other.tag.as_ref()?.to_string().split(Template::SLOT).next().unwrap_or_default().to_owned())
    });
    let named = names.filter(|name| !own.contains(&name.as_str()));
    named.flat_map(|name| starts(name)).chain(configured).collect()
}

/// The version at the end of a tag, and what stands before it.
pub fn split(tag: &str) -> Option<(Version, &str)> {
    // A version has two of them, and there may be thousands of tags without: `nightly-2026-01-02`.
    if tag.bytes().filter(|byte| *byte == b'.').count() < 2 {
        return None;
    }
    let mut before = ' ';
    for (at, c) in tag.char_indices() {
        let begins = c.is_ascii_digit() && !before.is_ascii_digit() && before != '.';
        if let (true, Ok(version)) = (begins, Version::parse(&tag[at..], Dialect::Tag)) {
            return Some((version, &tag[..at]));
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        tests::sketch::{Sketch, house, v},
        train::Train,
    };

    #[test]
    fn a_tag_ends_with_a_version() {
        for (tag, expected) in [
            ("v0.7.3", Some(("0.7.3", "v"))),
            ("0.7.3-rc.1", Some(("0.7.3-rc.1", ""))),
            ("rust-10.20.30", Some(("10.20.30", "rust-"))),
            ("lark2-v1.2.3", Some(("1.2.3", "lark2-v"))),
            ("v12.3.4.5", None),
            ("v01.2.3", None),
            ("v1.2", None),
            ("nightly-2026-01-02", None),
            ("a.b.c", None),
        ] {
            assert_eq!(split(tag), expected.map(|(version, before)| (v(version), before)), "{tag}");
        }
        assert_eq!(split("v0.7.3.post1").map(|(version, _)| version.tag()).as_deref(), Some("0.7.3.post1"));
    }

    #[test]
    fn a_version_may_be_spelt_with_zeros_or_two_numbers() {
        for (text, expected) in [
            ("25.07.1", Some("25.7.1")),
            ("25.07", Some("25.7.0")),
            ("25.10", Some("25.10.0")),
            ("25.00", Some("25.0.0")),
            ("25.7.1", None),
            ("25", None),
            ("25.", None),
            ("25.+7", None),
            ("25.07.1.2", None),
            ("25.07-rc", None),
        ] {
            assert_eq!(respelt(text), expected.map(v), "{text}");
        }
    }

    #[test]
    fn tags_that_spell_versions_in_another_way_are_not_passed_over() {
        let chosen = |tags: &[&str], driver: Option<&str>| {
            let mut sketch = tags.iter().fold(house(), |sketch, tag| sketch.tagged(tag));
            sketch.repo.tags.retain(|tag, _| tags.contains(&tag.as_str()));
            match driver {
                None => sketch.trains = json!({}),
                Some(driver) => sketch.trains["barter"]["driver"] = json!(driver),
            }
            let chosen = Train::choose(&sketch.workspace(), &sketch.repo, None);
            chosen.map(|train| train.tag.to_string()).map_err(|error| format!("{error:#}"))
        };
        let what = "tag 0.09.3 and 1 other like it spell versions in another way, 0.09.3 for 0.9.3: nothing can be counted from them\nnext: say ";
        let ways = "how tags are spelt from now on, and name the version that follows: cargo xtask release X.Y.Z";
        let calendar = ["v0.1.0", "0.09", "0.09.3"];
        assert_eq!(
            chosen(&calendar, None).unwrap_err(),
            format!("{what}in Cargo.toml {ways}\n\n[workspace.metadata.trains.barter]\ntag = \"{{version}}\"")
        );
        assert_eq!(
            chosen(&calendar, Some("barter")).unwrap_err(),
            format!("{what}`tag = \"{{version}}\"` in [workspace.metadata.trains.barter] {ways}")
        );
        // A slip, what the series has passed, and what is above.
        for tags in [&["v0.9.2", "v0.9"][..], &["v0.9.2", "v0.8", "v0.7"], &["v0.9.2", "v0.10", "v0.11"]] {
            assert_eq!(chosen(tags, None).unwrap(), "v{version}", "{tags:?}");
        }
    }

    #[test]
    fn a_series_goes_on_above_what_is_an_old_line_of_it() {
        for (tags, expected) in [
            ("0.5.0", false),
            ("0.4.0 0.5.0", false),
            ("0.4.0 0.5.0 0.5.1 0.5.2", false),
            ("0.4.0 0.5.0 0.6.0", false),
            ("0.5.0 0.6.0", true),
            ("0.6.0", true),
            ("0.3.0 0.4.0 0.5.0 0.6.0 0.6.1", true),
        ] {
            let versions: Vec<Version> = tags.split(' ').map(v).collect();
            assert_eq!(goes_on(&versions, &v("0.5.0")), expected, "{tags}");
        }
    }

    #[test]
    fn the_form_of_the_tags_that_lead_to_a_version_is_the_trains() {
        let driven = |driver: &str, tags: &[&str]| {
            let mut sketch =
                tags.iter().fold(house().configured("driver", json!(driver)), |sketch, tag| sketch.tagged(tag));
            sketch.repo.tags.retain(|tag, _| tags.contains(&tag.as_str()));
            sketch.snapshot().train.tag.to_string()
        };
        for (driver, tags, expected) in [
            ("barter", &["barter-v0.9.3", "v0.9.3"][..], "v{version}"),
            ("barter", &["barter-v0.9.2", "v0.9.3"], "v{version}"),
            ("barter", &["barter-v0.9.3", "v0.9.2"], "barter-v{version}"),
            ("barter-data", &["data-v0.9.3"], "data-v{version}"),
            ("barter-data", &["data-v0.9.2", "x-v0.9.2"], "data-v{version}"),
            ("barter-data", &["data-v0.8.2", "x-v0.8.2"], "v{version}"),
            ("barter-data", &["barter_data-0.9.2"], "barter_data-{version}"),
            // What goes on above has a name of somebody else.
            ("barter", &["barter-v0.9.1", "owl-v0.9.2", "owl-v0.10.0", "owl-v0.11.0"], "barter-v{version}"),
            // With a word before the names of several.
            ("barter", &["release-barter-0.9.2", "release-barter-data-0.9.3"], "release-barter-{version}"),
            ("barter", &["py-barter-0.9.2", "x-v0.9.3", "y-v0.9.3"], "v{version}"),
            // Of two that reach it, the one that ends there.
            ("barter", &["py-v0.9.2", "py-v0.9.3", "x-v0.9.2", "x-v0.9.3", "x-v0.10.0"], "py-v{version}"),
            ("barter", &["py-v0.9.2", "py-v0.9.3", "x-v0.9.2", "x-v0.9.3"], "v{version}"),
        ] {
            assert_eq!(driven(driver, tags), expected, "{driver}: {tags:?}");
        }
        // What is called after a crate that is no member is that one's.
        let beside = |path: &str| {
            let mut sketch = house().file(path, "[workspace]\n").tagged("py-v0.9.3").tagged("owl-v0.9.3");
            sketch.repo.tags.retain(|tag, _| tag != "v0.9.3");
            sketch.snapshot().train.tag.to_string()
        };
        assert_eq!(beside("extra/owl/Cargo.toml"), "py-v{version}");
        assert_eq!(beside("extra/owl/setup.cfg"), "v{version}");
        // The only one that could be read is not the only one.
        let mut broken = house();
        broken.trains["barter"]["default"] = json!(false);
        broken.trains["owl"] = json!(3);
        let Sketch { repo, .. } = &broken;
        assert_eq!(Train::choose(&broken.workspace(), repo, Some("barter")).unwrap().tag.to_string(), "v{version}");
    }
}
