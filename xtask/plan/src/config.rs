//! The trains as `[workspace.metadata.trains.NAME]` configures them.
//! It must never accept a key or value that it does not understand, nor ask for what can be derived.

mod artifacts;
mod cadence;
mod channel;
mod checklist;
mod choices;
mod entries;
mod keys;
mod lines;
mod problems;
mod required;
mod template;
mod values;
mod version_file;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Value, json};

pub use self::{
    artifacts::{Deployment, Image, PLATFORMS, SDIST},
    cadence::{Budgets, Cadence, Span},
    channel::{Channel, Markup},
    checklist::{Confirmed, NamedProof},
    choices::{Development, Flow, Lockstep, Workflows},
    entries::{Entries, KindHeading, NotesSince},
    lines::VersionLine,
    template::{Template, apart},
    version_file::{VersionFile, When},
};
use self::{
    problems::problems_of,
    template::{ref_template, subject_template},
};
use crate::{
    names::{Branch, SafeName},
    tool::TOOL,
    visible,
};

/// All trains, and what is wrong with how they are configured.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub trains: Vec<TrainConfig>,
    pub problems: Vec<String>,
}

/// One train's configuration. Every key but `driver` has a default, and a workspace with one obvious driver needs
/// no configuration at all.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainConfig {
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    pub form: Form,
    /// The train that commands take when `--train` names none; that is so of an only one, too.
    #[serde(default)]
    pub default: bool,
    /// The crate whose version is the train's.
    pub driver: Option<String>,
    /// Which members a patch release moves; without the key, what its last patches moved says.
    pub lockstep: Option<Lockstep>,
    /// Crates that maturin builds wheels from; without the key, those that have the driver's version.
    pub wheels: Option<Vec<String>>,
    /// Dependencies of the driver that do not travel with it; a name may end with `*`.
    #[serde(default)]
    pub except: Vec<String>,
    /// Members that travel along though the driver does not need them; a name may end with `*`.
    #[serde(default)]
    pub also: Vec<String>,
    /// Crates that travel along at versions of their own.
    #[serde(default)]
    pub lines: Vec<VersionLine>,
    /// Where its crates are published, by the names that cargo has for registries; without it, where the only one in a
    /// crate's `publish` says, else to cargo's default. An empty list is nowhere.
    pub registries: Option<Vec<SafeName>>,
    /// The branch that releases are made on; without it, the remote's default branch.
    pub main: Option<Branch>,
    /// The git remote that `--push` pushes to; `origin` without the key.
    pub remote: Option<SafeName>,
    /// Template of the tag, with `{version}` in it; without the key, the form of the tags that are there, else `v{version}`.
    #[serde(default, deserialize_with = "ref_template")]
    pub tag: Option<Template>,
    /// Template of the release commit's subject, with `{version}` in it.
    #[serde(default, deserialize_with = "subject_template")]
    pub commit: Template,
    /// A branch to prepare the release on before it is merged to `main`.
    #[serde(default, deserialize_with = "ref_template")]
    pub branch: Option<Template>,
    /// How a release comes to the main branch; pushed there without the key.
    #[serde(default)]
    pub flow: Flow,
    /// The path of its changelog; without the key, `CHANGELOG.md` or `CHANGES.md` where it has sections.
    pub changelog: Option<PathBuf>,
    /// Where the changelog's entries come from; only `unreleased` without the key.
    pub changes: Option<Vec<Entries>>,
    /// What the notes of a final version begin after.
    #[serde(default)]
    pub notes_since: NotesSince,
    /// The directory of fragments; `changelog.d` without the key.
    pub fragments: Option<PathBuf>,
    /// Kinds of change beside the six of Keep a Changelog, and other headings for those.
    #[serde(default)]
    pub kinds: Vec<KindHeading>,
    /// A list of what is still to be done after a release.
    pub follow_ups: Option<PathBuf>,
    /// A readme with a `## Release Notes` section.
    pub release_notes: Option<PathBuf>,
    /// Versions in other files.
    #[serde(default)]
    pub files: Vec<VersionFile>,
    /// Images that carry its version.
    #[serde(default)]
    pub images: Vec<Image>,
    /// The platforms that the wheels are published for, `sdist` among them.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Where a release is announced.
    #[serde(default)]
    pub announce: Vec<Channel>,
    /// The directory of the train's own templates for announcements.
    pub templates: Option<PathBuf>,
    /// Manifests that say by tag and digest which image runs.
    #[serde(default)]
    pub deployments: Vec<Deployment>,
    /// Which version the development goes on with after a release; without it, with the released one.
    pub development: Option<Development>,
    /// The release day of each month; without it, the train has no dates.
    pub cadence: Option<Cadence>,
    /// Who leads a release, in turn; without it, the role stands for the person.
    #[serde(default)]
    pub captains: Vec<String>,
    /// How long may pass from the crates to the wheels.
    #[serde(default)]
    pub budgets: Budgets,
    /// What the forge must confirm of a commit before it is released.
    #[serde(default)]
    pub checklist: Vec<Confirmed>,
    /// Commands that must succeed, beside the proofs that are derived.
    #[serde(default)]
    pub proofs: Vec<NamedProof>,
    /// Who writes its workflows; without the key, they are generated.
    pub workflows: Option<Workflows>,
}

/// How a train is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Form {
    #[default]
    Table,
    /// A name in a list, which holds no keys.
    Listed,
    /// It is derived.
    Absent,
}

impl TrainConfig {
    /// Whether every release moves every member: what goes to no registry has nobody who would take its parts one by one.
    pub fn moves_all(&self) -> bool {
        match self.lockstep {
            Some(lockstep) => lockstep == Lockstep::Always,
            None => self.is_unpublished(),
        }
    }

    /// Whether nothing of it goes to a registry.
    pub fn is_unpublished(&self) -> bool {
        self.registries.as_ref().is_some_and(Vec::is_empty)
    }

    /// Where its keys stand, or would.
    pub fn table(&self) -> String {
        let table = format!("[workspace.metadata.trains.{}]", self.name);
        match (self.form, &self.driver) {
            (Form::Listed, _) => format!("{table} (first write a table with its `driver` for each train of the list)"),
            // The one that was named on the command line need not be what is derived without it.
            (Form::Absent, Some(driver)) => format!("{table} (with `driver = \"{driver}\"`)"),
            _ => table,
        }
    }

    /// ` --train NAME`, where a command needs it to mean this one.
    pub fn option(&self) -> String {
        if self.default { String::new() } else { format!(" --train {}", self.name) }
    }

    /// A command as it is typed to mean this one.
    pub fn typed(&self, command: &str) -> String {
        format!("{TOOL} {command}{}", self.option())
    }
}

/// Whether a member's name is meant by an entry of `also` or `except`.
pub fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Reads `workspace.metadata`. What is wrong is told beside what could be read, so that a release can be refused for
/// all its reasons together.
///
/// Paths count from `root`, the workspace's directory from the top of the repository.
pub fn read(metadata: &Value, root: &Path) -> Config {
    let mut config = read_trains(metadata, root);
    config.problems.extend(required::problems(metadata, env!("CARGO_PKG_VERSION")));
    config
}

fn read_trains(metadata: &Value, root: &Path) -> Config {
    let Some(tables) = metadata.get("trains") else {
        return Config::default();
    };
    if let Some(names) = tables.as_array() {
        return listed(names);
    }
    let Ok(tables) = BTreeMap::<String, Value>::deserialize(tables) else {
        let problem = "[workspace.metadata.trains] must hold one table per train: [workspace.metadata.trains.NAME]";
        return Config { trains: Vec::new(), problems: vec![problem.to_owned()] };
    };
    let mut config = Config::default();
    let is_only = tables.len() == 1;
    for (name, table) in tables {
        let (train, problems) = keys::train(&name, &table);
        let at = format!("[workspace.metadata.trains.{}]", visible::line(&name));
        config.problems.extend(problems.into_iter().map(|problem| format!("{at}: {problem}")));
        config.trains.extend(train);
    }
    config.problems.extend(problems_of(&mut config.trains, root));
    // One that is left because the others could not be read is not what is meant without a name.
    if let [only] = config.trains.as_mut_slice()
        && is_only
    {
        only.default = true;
    }
    if config.trains.iter().filter(|train| train.default).count() > 1 {
        config.problems.push("more than one train says `default = true`: leave it on one".to_owned());
    }
    config
}

/// What to write for one more train beside these.
pub fn another(trains: &[TrainConfig], name: &str) -> String {
    match trains.first().map(|train| train.form) {
        // The train that nobody configured must be written down with it.
        None => format!("{TOOL} release patch --train {name} says which lines give it a train"),
        Some(Form::Listed) => format!("add \"{name}\" to the list `trains`"),
        Some(_) => format!("add `[workspace.metadata.trains.{name}]` with `driver = \"{name}\"`"),
    }
}

/// Trains that are only named, each after its driver, the default one first.
fn listed(names: &[Value]) -> Config {
    let mut config = Config::default();
    for (nth, entry) in names.iter().enumerate() {
        let (train, problems) = match entry.as_str() {
            Some(name) => keys::train(name, &json!({ "driver": name, "default": nth == 0 })),
            None => (None, vec!["expected the name of a train's driver; with keys of its own each train is a table, [workspace.metadata.trains.NAME]".to_owned()]),
        };
        let is_twice = |train: &TrainConfig| config.trains.iter().any(|other| other.name == train.name);
        let twice = train.as_ref().filter(|train| is_twice(train)).map(|_| "it is listed twice: remove one".to_owned());
        let at = |problem| format!("[workspace.metadata] `trains`: {}: {problem}", visible::line(&entry.to_string()));
        config
            .trains
            .extend(train.filter(|_| twice.is_none()).map(|train| TrainConfig { form: Form::Listed, ..train }));
        config.problems.extend(problems.into_iter().chain(twice).map(at));
    }
    config
}

/// The known word that was most likely meant.
pub fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let same = known.iter().find(|known| known.eq_ignore_ascii_case(word)).copied();
    same.or_else(|| similar::get_close_matches(word, known, 1, 0.5).first().copied())
}

/// `: did you mean …?`, where a known word was most likely meant.
pub fn did_you_mean(word: &str, known: &[&str]) -> String {
    closest(word, known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default()
}

/// The known word that was most likely meant, else all of them.
pub fn nearest(word: &str, known: &[&str]) -> String {
    match closest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "none is known".to_owned(),
        None => format!("known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::version::{Dialect, Version};

    fn problems(trains: Value) -> String {
        read(&json!({ "trains": trains }), Path::new("")).problems.join("\n")
    }

    #[test]
    fn every_problem_is_reported_with_the_nearest_key() {
        let reported = problems(
            json!({ "a": { "drvier": "x", "tags": "v{version}" }, "b": { "lockstep": "alway" }, "c": { "tag": "v" } }),
        );
        assert!(reported.contains("trains.a]: unknown key `drvier`: did you mean `driver`?"), "{reported}");
        assert!(reported.contains("unknown key `tags`: did you mean `tag`?"), "{reported}");
        assert!(
            reported.contains("trains.b]: `lockstep`: unknown value `alway`: did you mean `always`?"),
            "{reported}"
        );
        assert!(reported.contains("`v` holds `{version}` 0 times"), "{reported}");
    }

    #[test]
    fn no_value_is_taken_for_an_option() {
        let hostile = "--upload-pack=touch x;";
        let image = |key: &str, value: &str| {
            let mut image = json!({ "name": "owl", "dockerfile": "Dockerfile" });
            image[key] = json!(value);
            json!([image])
        };
        let file = |path: &str| json!([{ "path": path, "after": "x" }]);
        for (key, value) in [
            ("remote", json!(hostile)),
            ("remote", json!("a\u{1b}[2J")),
            ("main", json!(hostile)),
            ("main", json!("a b")),
            ("main", json!("refs/heads/main")),
            ("main", json!("$(id)")),
            ("remote", json!("x; touch y #")),
            ("tag", json!("-d{version}")),
            ("branch", json!("-d{version}")),
            ("images", image("name", hostile)),
            ("images", image("registry", hostile)),
            ("images", image("binary", hostile)),
        ] {
            let reported = problems(json!({ "a": { key: value } }));
            assert!(reported.contains(&format!("trains.a]: `{key}`")), "{key} = {value}: {reported}");
            // A command could still be typed for it.
            assert!(read(&json!({ "trains": { "a": { key: value } } }), Path::new("")).trains.is_empty(), "{key}");
        }
        for (key, place, value) in [
            ("changelog", "changelog", json!(hostile)),
            ("fragments", "fragments", json!(hostile)),
            ("files", "files.path", file("-x")),
            ("images", "images.dockerfile", image("dockerfile", hostile)),
        ] {
            let reported = problems(json!({ "a": { key: value, "changes": ["fragments"] } }));
            assert!(reported.contains(&format!("trains.a]: `{place}`: `-")), "{key} = {value}: {reported}");
        }
        for name in ["--waive=x", "a b", "$(id)", "refs/a", "a..b", ""] {
            assert!(read(&json!({ "trains": { name: {} } }), Path::new("")).trains.is_empty(), "{name}");
            let reported = problems(json!({ name: {} }));
            assert!(reported.contains("]: the name `"), "{name}: {reported}");
        }
    }

    #[test]
    fn a_template_filled_in_is_a_name_that_git_takes() {
        for (key, template, reason) in [
            ("tag", "a b{version}", "holds ` `"),
            ("tag", "-d{version}", "begins with `-`"),
            ("tag", "v{version}.lock", "ends with `.lock`"),
            ("tag", "@{{version}", "holds `@{`"),
            ("tag", "v{version}.", "ends with `.`"),
            ("tag", "v", "0 times"),
            ("branch", "release//{version}", "empty part"),
            ("branch", "release:{version}", "holds `:`"),
            ("tag", "v$(id){version}", "holds `$`, which a shell"),
            ("tag", "refs/tags/v{version}", "begins with `refs/tags/`"),
            ("branch", "refs/heads/rel-{version}", "begins with `refs/heads/`"),
            ("commit", "release {version}\n\nmore", "is not one line"),
            ("commit", " {version}", "begins or ends with a space"),
        ] {
            let reported = problems(json!({ "a": { key: template } }));
            let value = format!("trains.a]: `{key}`: `{}`", visible::line(template));
            assert!(reported.contains(&value) && reported.contains(reason), "{template}: {reported}");
        }
        let good = json!({ "tag": "owl/v{version}", "branch": "release/{version}", "commit": "release {version} (ü)" });
        assert_eq!(problems(json!({ "a": good })), "");
    }

    #[test]
    fn what_is_kept_for_rollbacks_and_hotfixes_names_no_release() {
        for (key, value) in
            [("tag", "rollback/{version}"), ("branch", "rollback/v{version}"), ("branch", "hotfix/v{version}")]
        {
            let problems =
                read(&json!({ "trains": { "lark": { "driver": "lark", key: value } } }), "".as_ref()).problems;
            let [problem] = problems.as_slice() else { panic!("{problems:?}") };
            let own = &value[..value.find('/').unwrap() + 1];
            assert!(problem.starts_with("[workspace.metadata.trains.lark]: ") && problem.contains(key), "{problem}");
            assert!(problem.contains(&format!("begins with `{own}`, which is kept for ")), "{problem}");
        }
        let fine = json!({ "trains": { "lark": { "driver": "lark", "tag": "rollbacks/{version}" } } });
        assert_eq!(read(&fine, "".as_ref()).problems, [""; 0]);
    }

    #[test]
    fn a_version_file_must_be_pinned_to_a_place() {
        assert!(problems(json!({ "a": { "files": [{ "path": "x.md" }] } })).contains("not pinned to a place"));
        assert!(
            problems(json!({ "a": { "files": [{ "path": "x.md", "after": "x", "time": 2 }] } }))
                .contains("did you mean `times`?")
        );
    }

    #[test]
    fn only_what_could_mean_another_train_needs_the_option() {
        let options = |trains: Value| -> Vec<String> {
            read(&json!({ "trains": trains }), Path::new("")).trains.iter().map(TrainConfig::option).collect()
        };
        assert_eq!(options(json!({ "a": {} })), [""]);
        assert_eq!(options(json!({ "a": { "default": true }, "b": {} })), ["", " --train b"]);
        assert_eq!(options(json!({ "a": {}, "b": {} })), [" --train a", " --train b"]);
        assert_eq!(options(json!({ "a": { "remote": "-x" }, "b": {} })), [" --train b"]);
    }

    #[test]
    fn what_is_reported_of_a_train_is_not_looked_at_any_further() {
        let config = json!({ "a": {
            "changelog": "../x.md", "files": [{ "path": "/x", "after": "y" }, { "path": "z", "after": "y" }],
            "deployments": [{ "path": "d.yaml", "image": "x" }],
        } });
        let config = read(&json!({ "trains": config }), Path::new(""));
        assert_eq!(config.problems.len(), 3, "{:?}", config.problems);
        let [train] = config.trains.as_slice() else { panic!("{:?}", config.trains) };
        assert_eq!((&train.changelog, train.files.len(), train.deployments.len()), (&None, 1, 0));
    }

    #[test]
    fn no_path_leads_into_gits_own_directory() {
        let config = json!({ "a": {
            "changelog": "x/.Git/x.md", "follow-ups": ".git/config", "release-notes": ".git\\config", "files": [
                { "path": "./.GIT/HEAD", "after": "y" }, { "path": ".github/x", "after": "y" }
            ],
        } });
        let reported = read(&json!({ "trains": config }), Path::new("")).problems;
        assert_eq!(reported.len(), 4, "{reported:?}");
        assert!(reported.iter().all(|problem| problem.contains("` leads into git's own directory: ")), "{reported:?}");
    }

    #[test]
    fn a_driver_and_an_images_name_are_there_once() {
        assert_eq!(
            problems(json!({ "a": { "driver": "x" }, "b": { "driver": "x" }, "c": {}, "d": {} })),
            "[workspace.metadata.trains.b]: `driver = \"x\"` is the driver of train a, too: one crate has one version, so take one of the two out"
        );
        let image = json!({ "name": "x", "dockerfile": "d" });
        assert_eq!(
            problems(json!({ "a": { "images": [image, image] } })),
            "[workspace.metadata.trains.a]: `images`: there are two of the name `x`: rename one"
        );
    }

    #[test]
    fn an_image_is_named_as_registries_name_it() {
        let with = |key: &str, value: &str| {
            let mut image = json!({ "name": "x", "dockerfile": "d" });
            image[key] = json!(value);
            problems(json!({ "a": { "images": [image] } }))
        };
        for (key, value) in [
            ("name", "ingest"),
            ("name", "market-data/x_1.y__z--a"),
            ("registry", "ghcr.io/org"),
            ("registry", "127.0.0.1:5000"),
            ("registry", "[::1]:5000/a/b/"),
            ("registry", "localhost"),
        ] {
            assert_eq!(with(key, value), "", "{key} {value}");
        }
        for name in ["owl:1", "Owl", "owl@sha256", "a//b", "/a", "a/", "owl.", "_owl"] {
            let reported = format!("`images`: `name`: `{name}` is no name of an image: ");
            assert!(with("name", name).contains(&reported), "{name}: {}", with("name", name));
        }
        for registry in
            ["https://ghcr.io/org", "ghcr.io/org:1", "ghcr.io//org", "ghcr.io/Org", "ghcr.io:x/org", ":5000"]
        {
            let reported = format!("`images`: `registry`: `{registry}` is no HOST/NAMESPACE");
            assert!(with("registry", registry).contains(&reported), "{registry}: {}", with("registry", registry));
        }
    }

    #[test]
    fn no_two_trains_can_meet_in_a_tag() {
        let with = |one: &str, other: &str| problems(json!({ "a": { "tag": one }, "b": { "tag": other } }));
        for (one, other) in [
            ("v{version}", "v{version}"),
            ("v{version}", "v{version}-b"),
            ("v{version}", "v1{version}"),
            ("b{version}.post1", "b{version}"),
            ("x/{version}", "x/{version}/y"),
            ("x/{version}/y/z", "x/{version}"),
        ] {
            assert_eq!(
                with(one, other),
                format!(
                    "[workspace.metadata.trains.b]: `tag = \"{other}\"` can be a tag of train a, too, whose are \"{one}\": write another one, as \"b-v{{version}}\""
                )
            );
        }
        for (one, other) in
            [("v{version}", "{version}"), ("a-v{version}", "b-v{version}"), ("v{version}", "b-v{version}")]
        {
            assert_eq!(with(one, other), "", "{one} {other}");
        }
    }

    #[test]
    fn the_train_that_took_the_others_name_takes_another_one() {
        let reported = problems(json!({ "a": { "tag": "b-v{version}" }, "b": { "tag": "b-v{version}" } }));
        assert!(
            reported.ends_with("whose are \"b-v{version}\": write another one there, as \"a-v{version}\""),
            "{reported}"
        );
    }

    #[test]
    fn no_branch_is_that_of_another_train_or_lies_in_main() {
        let with = |one: Value, other: Value| problems(json!({ "a": one, "b": other }));
        let reported = with(json!({ "branch": "rel/{version}" }), json!({ "branch": "rel/{version}" }));
        assert_eq!(
            reported,
            "[workspace.metadata.trains.b]: `branch = \"rel/{version}\"` can be a branch of train a, too, whose are \"rel/{version}\": write another one, as \"b-v{version}\""
        );
        assert_eq!(with(json!({ "branch": "rel/{version}" }), json!({ "branch": "rel/b-{version}" })), "");
        assert_eq!(
            with(json!({ "main": "main" }), json!({ "branch": "main/{version}" })),
            "[workspace.metadata.trains.b]: git makes no branch of `branch = \"main/{version}\"` while there is the branch main: write another one, as \"release/v{version}\""
        );
    }

    #[test]
    fn a_platform_must_be_one_that_wheels_can_have() {
        assert_eq!(problems(json!({ "a": { "platforms": ["sdist", "macos-arm64"] } })), "");
        let reported = problems(json!({ "a": { "platforms": ["macos-arm46"] } }));
        assert!(
            reported.contains("trains.a]: unknown platform `macos-arm46`: did you mean `macos-arm64`?"),
            "{reported}"
        );
    }

    #[test]
    fn what_is_deployed_is_an_image_of_the_train() {
        let images = json!([{ "name": "ingest", "dockerfile": "Dockerfile" }]);
        let with = |deployment: Value| problems(json!({ "a": { "images": images, "deployments": [deployment] } }));
        assert_eq!(with(json!({ "path": "d.yaml", "image": "ingest" })), "");
        let reported = with(json!({ "path": "d.yaml", "image": "injest" }));
        assert!(reported.contains("trains.a]: unknown image `injest`: did you mean `ingest`?"), "{reported}");
        assert!(with(json!({ "path": "d.yaml", "images": "ingest" })).contains("did you mean `image`?"));
        assert!(problems(json!({ "a": { "development": "minro" } })).contains("did you mean `minor`?"));
        let when = problems(json!({ "a": { "files": [{ "path": "x", "after": "y", "when": "publish" }] } }));
        assert!(when.contains("did you mean `published`?"), "{when}");
    }

    #[test]
    fn proofs_and_the_checklist_are_understood_or_refused() {
        let proof = |name: &str, run: &str| json!({ "name": name, "run": run });
        let good = json!({ "a": { "checklist": ["ci", "review"], "proofs": [proof("docs", "cargo doc"), { "name": "x", "run": "x", "in": "d" }] } });
        assert_eq!(problems(good), "");
        assert!(
            problems(json!({ "a": { "checklist": ["reviw"] } }))
                .contains("unknown value `reviw`: did you mean `review`?")
        );
        assert!(problems(json!({ "a": { "proofs": [{ "name": "x", "runs": "x" }] } })).contains("did you mean `run`?"));
        for (name, run, reported) in [
            ("Docs", "x", "lowercase"),
            ("", "x", "`name` is blank"),
            ("docs", " ", "`run` is blank"),
            ("docs", "echo 'x", "not a program"),
            ("docs", "'' x", "not a program"),
            ("docs", "make docs && make check", "without a shell"),
        ] {
            let reported_of = problems(json!({ "a": { "proofs": [proof(name, run)] } }));
            assert!(reported_of.contains(reported), "{name}: {run}: {reported_of}");
        }
        assert!(
            problems(json!({ "a": { "proofs": [proof("x", "x"), proof("x", "y")] } })).contains("two of that name")
        );
    }

    #[test]
    fn fragments_must_be_taken_to_be_configured() {
        let all = json!({ "a": { "changes": ["unreleased", "fragments", "crates", "commits"], "fragments": "news" } });
        assert_eq!(problems(all), "");
        assert!(problems(json!({ "a": { "fragments": "news" } })).contains("add \"fragments\" there"));
        assert!(problems(json!({ "a": { "changes": ["comits"] } })).contains("`comits`: did you mean `commits`?"));
    }

    #[test]
    fn templates_go_both_ways() {
        let tag = Template::new("market-data-v{version}").unwrap();
        let version = Version::parse("0.9.3+post.1", Dialect::Cargo).unwrap();
        assert_eq!(tag.fill(&version), "market-data-v0.9.3.post1");
        assert_eq!(tag.version_in("market-data-v0.9.3.post1"), Some(version));
        assert_eq!(tag.version_in("v0.9.3"), None);
    }

    #[test]
    fn the_place_tells_the_dialect() {
        let of = |path: &str, after: &str| {
            let file = json!({ "path": path, "after": after });
            VersionFile::deserialize(&file).unwrap().dialect()
        };
        assert_eq!(of("docs/install.md", "barter-python=="), Dialect::Pep440);
        assert_eq!(of("x/__init__.py", "__version__ = \""), Dialect::Pep440);
        assert_eq!(of("docs/install.toml", "barter = \""), Dialect::Cargo);
        assert_eq!(of("python/pyproject.toml", "version = \""), Dialect::Pep440);
        assert_eq!(of("setup.cfg", "version = "), Dialect::Pep440);
        assert_eq!(of("my-pyproject.toml", "version = \""), Dialect::Cargo);
        assert_eq!(of("Dockerfile", "ARG VERSION="), Dialect::Tag);
    }

    #[test]
    fn a_list_names_trains_after_their_drivers() {
        let of = |list: Value| {
            let Config { trains, problems } = read(&json!({ "trains": list }), Path::new(""));
            let reported = trains.iter().map(|train| {
                (train.name.clone(), train.driver.clone().unwrap(), train.default, train.table().len() > 60)
            });
            (reported.collect::<Vec<_>>(), problems)
        };
        let train = |name: &str, default| (name.to_owned(), name.to_owned(), default, true);
        assert_eq!(of(json!(["owl", "owl-core"])), (vec![train("owl", true), train("owl-core", false)], vec![]));
        assert_eq!(of(json!(["owl"])), (vec![train("owl", true)], vec![]));
        assert_eq!(of(json!([])), (vec![], vec![]));
        assert_eq!(of(json!([3, "owl"])).0, [train("owl", false)], "it is not what is meant without a name");
        for (list, reported) in [
            (json!(["owl", "owl"]), "[workspace.metadata] `trains`: \"owl\": it is listed twice: remove one"),
            (json!(["owl", "a b"]), "[workspace.metadata] `trains`: \"a b\": the name `a b-v0.1.0` holds"),
            (
                json!([{ "driver": "owl" }]),
                "[workspace.metadata] `trains`: {\"driver\":\"owl\"}: expected the name of a train's driver; with keys of its own each train is a table, [workspace.metadata.trains.NAME]",
            ),
        ] {
            let problems = of(list).1;
            assert!(problems.len() == 1 && problems[0].starts_with(reported), "{problems:?}");
        }
    }

    #[test]
    fn no_trains_is_no_problem() {
        assert!(
            read(&Value::Null, Path::new("")).trains.is_empty()
                && read(&Value::Null, Path::new("")).problems.is_empty()
        );
        assert_eq!(read(&json!({ "trains": 3 }), Path::new("")).problems.len(), 1);
    }
}
