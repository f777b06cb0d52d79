//! One train's table, read key by key: what is wrong is told of each key and entry, with its value.
//! It must never call a wrong value an unknown key, nor tell one slip twice.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    TrainConfig, checklist, nearest,
    values::{self, Kind, Slip},
};
use crate::{
    finding::Check,
    names::{check_name, check_ref},
};

/// The train, without what could not be read, and what is wrong. `None` when a value is: what it was to say is not known.
pub fn train(name: &str, table: &Value) -> (Option<TrainConfig>, Vec<String>) {
    let Some(table) = table.as_object() else {
        return (None, vec![format!("`{name} = {}`: expected a table of keys", shown(table))]);
    };
    // Its tags may begin with the name, and commands take it.
    let named = check_name(name).and_then(|()| check_ref(&format!("{name}-v0.1.0")));
    let mut is_sound = named.is_ok();
    let mut problems: Vec<String> = named.err().map(|why| format!("the name {why}")).into_iter().collect();
    let mut known = Map::new();
    for (key, value) in table {
        if let Some(problem) = unknown_key(key) {
            problems.push(problem);
            continue;
        }
        let entries = value.as_array().filter(|entries| !entries.is_empty());
        let wrong: Vec<String> = match entries.filter(|_| problem_of(key, &Value::Array(Vec::new())).is_none()) {
            Some(entries) => entries.iter().flat_map(|entry| wrong_entry(key, entry)).collect(),
            None if blank(value).is_some() => vec![blank_key(key)],
            None => wrong_value(key, value),
        };
        is_sound &= wrong.is_empty();
        problems.extend(wrong);
        known.insert(key.clone(), value.clone());
    }
    let train = is_sound.then(|| TrainConfig::deserialize(values::table(&known)).ok()).flatten();
    (train.map(|train| TrainConfig { name: name.to_owned(), ..train }), problems)
}

/// What is wrong with a key and that value alone: every other key has a default.
fn problem_of(key: &str, value: &Value) -> Option<Slip> {
    TrainConfig::deserialize(values::table(&Map::from_iter([(key.to_owned(), value.clone())]))).err()
}

/// What is wrong with each key of a table by itself, else with the whole, which serde gives up at the first problem.
fn problems_of(key: &str, value: &Value, placed: impl Fn(Value) -> Value) -> Vec<Slip> {
    let of = |table: Map<String, Value>| {
        problem_of(key, &placed(Value::Object(table))).filter(|problem| !matches!(problem, Slip::Missing(_)))
    };
    let table = value.as_object().filter(|_| of(Map::new()).is_none());
    let alone = |(inner, value): (&String, &Value)| of(Map::from_iter([(inner.clone(), value.clone())]));
    let mut problems: Vec<Slip> = table.into_iter().flatten().filter_map(alone).collect();
    if problems.is_empty() {
        problems.extend(problem_of(key, &placed(value.clone())));
    }
    problems
}

fn unknown_key(key: &str) -> Option<String> {
    problem_of(key, &Value::Null)
        .filter(|problem| matches!(problem, Slip::UnknownKey { .. }))
        .map(|problem| in_words(problem, &Value::Null))
}

fn wrong_value(key: &str, value: &Value) -> Vec<String> {
    let reported = |problem: Slip| match problem {
        Slip::Missing(_) | Slip::Expected(_) => format!("`{key} = {}`: {}", shown(value), in_words(problem, value)),
        // Its own words say which value it is.
        problem => format!("`{key}`: {}", in_words(problem, value)),
    };
    problems_of(key, value, |value| value).into_iter().map(reported).collect()
}

/// One entry of a list.
fn wrong_entry(key: &str, entry: &Value) -> Vec<String> {
    let of = || format!("`{key}`: {}", shown(entry));
    if let Some(blank) = blank(entry) {
        return vec![match blank {
            "" => format!("`{key}`: an entry is blank: take it out"),
            blank => format!("{}: `{blank}` is blank: say it, or leave it out", of()),
        }];
    }
    let reported = |problem: Slip| match problem {
        Slip::UnknownWord { .. } if entry.is_string() => format!("`{key}`: {}", in_words(problem, entry)),
        problem => format!("{}: {}", of(), in_words(problem, entry)),
    };
    let mut reported: Vec<String> =
        problems_of(key, entry, |entry| Value::Array(vec![entry])).into_iter().map(reported).collect();
    if entry.get("times").is_some_and(|times| times.as_u64() == Some(0)) {
        reported.push(format!(
            "{}: `times = 0` would never set the version: write how often it occurs, or remove the entry",
            of()
        ));
    }
    reported
}

fn blank_key(key: &str) -> String {
    format!("`{key}` is blank: say it, or leave the key out")
}

/// The key of the first blank text: empty when it is the value itself.
fn blank(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.trim().is_empty().then_some(""),
        Value::Object(table) => {
            // Of a file that is a version and nothing else, no words are before it.
            let said = |(key, value): &(&String, &Value)| !(key.as_str() == "after" && value.as_str() == Some(""));
            table.iter().filter(said).find_map(|(key, value)| blank(value).map(|_| key.as_str()))
        }
        _ => None,
    }
}

/// What is wrong with a value, with the nearest known word where it is one of several.
fn in_words(problem: Slip, value: &Value) -> String {
    let expected = match problem {
        Slip::UnknownKey { key, known } => return format!("unknown key `{key}`: {}", nearest(&key, known)),
        Slip::UnknownWord { word, known } => return format!("unknown value `{word}`: {}", nearest(&word, known)),
        Slip::Missing("after") => {
            return "it is not pinned to a place: say `after = \"…\"`, the words right before the version".to_owned();
        }
        Slip::Missing("crates") => return "it names no `crates`: add `crates = [\"…\"]`".to_owned(),
        Slip::Missing(field) => return format!("it says no `{field}`: add `{field} = \"…\"`"),
        Slip::Mention(message) => return message,
        Slip::Expected(Kind::Table("NamedProof")) => {
            let word = value.as_str().and_then(|word| super::closest(word, &checklist::DERIVED.map(Check::name)));
            let derived = word.map(|word| format!(" (`{word}` runs without being named)")).unwrap_or_default();
            return format!("expected a command, as {{ name = \"docs\", run = \"cargo doc\" }}{derived}");
        }
        Slip::Expected(Kind::Bool) => "true or false",
        Slip::Expected(Kind::Number) => "a whole number",
        Slip::Expected(Kind::Text) => "a string",
        Slip::Expected(Kind::List) => "a list",
        Slip::Expected(Kind::Table(_)) => "a table",
    };
    format!("expected {expected}")
}

/// The value as TOML has it in one line.
fn shown(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(entries) => format!("[{}]", joined(entries.iter().map(shown).collect())),
        Value::Object(table) => {
            let keys = table.iter().map(|(key, value)| format!("{key} = {}", shown(value))).collect();
            format!("{{ {} }}", joined(keys))
        }
        simple => simple.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(table: Value) -> Vec<String> {
        let (train, problems) = train("owl", &table);
        assert_eq!(train.is_none(), !problems.is_empty(), "{problems:?}");
        problems
    }

    #[test]
    fn a_wrong_value_is_reported_with_its_key_and_the_nearest_one() {
        for (table, reported) in [
            (json!({ "lockstep": "alway" }), "`lockstep`: unknown value `alway`: did you mean `always`?"),
            (json!({ "lockstep": 3 }), "`lockstep = 3`: expected a string"),
            (json!({ "checklist": ["ci", "cii"] }), "`checklist`: unknown value `cii`: did you mean `ci`?"),
            (json!({ "checklist": "ci" }), "`checklist = \"ci\"`: expected a list"),
            (json!({ "changes": ["comits"] }), "`changes`: unknown value `comits`: did you mean `commits`?"),
            (json!({ "announce": ["slak"] }), "`announce`: unknown value `slak`: did you mean `slack`?"),
            (json!({ "development": "minro" }), "`development`: unknown value `minro`: did you mean `minor`?"),
            (json!({ "default": "true" }), "`default = \"true\"`: expected true or false"),
            (json!({ "driver": ["owl"] }), "`driver = [\"owl\"]`: expected a string"),
            (json!({ "driver": "" }), "`driver` is blank: say it, or leave the key out"),
            (json!({ "changelog": " " }), "`changelog` is blank: say it, or leave the key out"),
            (json!({ "changelog": 1 }), "`changelog = 1`: expected a string"),
            (json!({ "except": ["a", ""] }), "`except`: an entry is blank: take it out"),
            (json!({ "except": [1] }), "`except`: 1: expected a string"),
            (
                json!({ "files": { "path": "x", "after": "y" } }),
                "`files = { after = \"y\", path = \"x\" }`: expected a list",
            ),
            (
                json!({ "files": [{ "path": "x", "after": "y", "dialect": "pep44" }] }),
                "`files`: { after = \"y\", dialect = \"pep44\", path = \"x\" }: unknown value `pep44`: did you mean `pep440`?",
            ),
            (
                json!({ "files": [{ "path": "x", "after": "y", "spelling": "pep440" }] }),
                "`files`: { after = \"y\", path = \"x\", spelling = \"pep440\" }: unknown key `spelling`: known are path, after, times, when, dialect",
            ),
            (
                json!({ "files": [{ "path": "x", "after": "y", "times": 0 }] }),
                "`files`: { after = \"y\", path = \"x\", times = 0 }: `times = 0` would never set the version: write how often it occurs, or remove the entry",
            ),
            (
                json!({ "files": [{ "path": "x", "after": "y", "times": -1 }] }),
                "`files`: { after = \"y\", path = \"x\", times = -1 }: expected a whole number",
            ),
            (
                json!({ "files": [{ "path": "x", "after": " " }] }),
                "`files`: { after = \" \", path = \"x\" }: `after` is blank: say it, or leave it out",
            ),
            (
                json!({ "files": [{ "path": "x" }] }),
                "`files`: { path = \"x\" }: it is not pinned to a place: say `after = \"…\"`, the words right before the version",
            ),
            (
                json!({ "images": [{ "name": "owl" }] }),
                "`images`: { name = \"owl\" }: it says no `dockerfile`: add `dockerfile = \"…\"`",
            ),
            (
                json!({ "images": [{ "name": "owl", "dockerfile": "x", "registry": 3 }] }),
                "`images`: { dockerfile = \"x\", name = \"owl\", registry = 3 }: expected a string",
            ),
            (
                json!({ "proofs": ["carg-test"] }),
                "`proofs`: \"carg-test\": expected a command, as { name = \"docs\", run = \"cargo doc\" } (`cargo-test` runs without being named)",
            ),
            (
                json!({ "cadence": "frist monday" }),
                "`cadence`: cadence `frist monday`: unknown word `frist`: did you mean `first`?",
            ),
            (
                json!({ "lines": [{ "bump": "patch" }] }),
                "`lines`: { bump = \"patch\" }: it names no `crates`: add `crates = [\"…\"]`",
            ),
            (
                json!({ "lines": [{ "crates": ["owl-*"], "bump": "pach" }] }),
                "`lines`: { bump = \"pach\", crates = [\"owl-*\"] }: unknown value `pach`: did you mean `patch`?",
            ),
            (json!({ "budgets": { "wheel": "1h" } }), "`budgets`: unknown key `wheel`: did you mean `wheels`?"),
        ] {
            assert_eq!(problems(table), [reported]);
        }
    }

    #[test]
    fn every_wrong_value_of_a_table_is_reported() {
        let reported = problems(json!({ "budgets": { "wheels": "x", "hotfix": "y", "weels": "1h" } }));
        assert_eq!(reported.len(), 3, "{reported:?}");
        let image = json!({ "name": "owl", "registry": "-x", "dockerfile": 3, "times": 0 });
        let reported = problems(json!({ "images": [image] }));
        assert!(
            ["expected a string", "begins with `-`", "unknown key `times`"]
                .iter()
                .all(|why| reported.iter().any(|reported| reported.contains(why))),
            "{reported:?}"
        );
        assert_eq!(problems(json!({ "checklist": ["CI"] })), ["`checklist`: unknown value `CI`: did you mean `ci`?"]);
    }

    #[test]
    fn a_train_is_a_table_and_each_of_its_slips_is_reported_once() {
        assert_eq!(problems(json!(3)), ["`owl = 3`: expected a table of keys"]);
        let three = problems(json!({ "lockstep": "x", "checklist": ["cii", "reviw"], "driver": "owl" }));
        assert_eq!(three.len(), 3, "{three:?}");
        // What an unknown key was to say is no value of ours: the rest is read.
        let (owl, reported) = train("owl", &json!({ "drvier": 3, "tag": "v{version}" }));
        assert_eq!(reported, ["unknown key `drvier`: did you mean `driver`?"]);
        assert_eq!(owl.unwrap().tag.unwrap().to_string(), "v{version}");
    }
}
