//! Which versions of this tool a workspace is released with: `required-version` of `[workspace.metadata.cargo-train]`.
//! It must never be guessed: what is not understood is a problem of its own.

use semver::{Version, VersionReq};
use serde_json::Value;

use super::nearest;
use crate::tool::{TOOL, Tool};

const AT: &str = "[workspace.metadata.cargo-train]";
const KEY: &str = "required-version";

/// What is wrong with it, for a tool of that version.
pub fn problems(metadata: &Value, version: &str) -> Vec<String> {
    let Some(table) = metadata.get("cargo-train") else { return Vec::new() };
    let Some(table) = table.as_object() else { return vec![format!("{AT} must hold `{KEY}`")] };
    let problem = |(key, value): (&String, &Value)| {
        if key != KEY {
            return Some(format!("{AT}: unknown key `{key}`: {}", nearest(key, &[KEY])));
        }
        let read = value.as_str().map(VersionReq::parse);
        let Some(Ok(required)) = read else {
            return Some(format!(
                "{AT}: `{KEY} = {value}`: expected a requirement as cargo has them, as \"0.3\" or \"=0.3.1\""
            ));
        };
        let is_met = Version::parse(version).is_ok_and(|version| required.matches(&version));
        (!is_met).then(|| format!("{AT}: `{KEY} = {value}`: this is cargo-train {version}: {}", next(&required)))
    };
    table.iter().filter_map(problem).collect()
}

/// What to type for a version that is accepted.
fn next(required: &VersionReq) -> String {
    match TOOL.tool() {
        Tool::CargoTrain => format!("cargo install --locked cargo-train --version '{required}'"),
        Tool::Xtask => format!("in the Cargo.toml of the xtask: cargo-train = \"{required}\""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_version_that_is_required_goes_on() {
        for (metadata, reported) in [
            (json!({}), None),
            (json!({ "cargo-train": { "required-version": "0.3" } }), None),
            (json!({ "cargo-train": { "required-version": ">=0.2, <0.4" } }), None),
            (
                json!({ "cargo-train": { "required-version": "=0.3.2" } }),
                Some("this is cargo-train 0.3.1: in the Cargo.toml of the xtask: cargo-train = \"=0.3.2\""),
            ),
            (
                json!({ "cargo-train": { "required-version": "three" } }),
                Some("`required-version = \"three\"`: expected"),
            ),
            (json!({ "cargo-train": { "required-version": 3 } }), Some("`required-version = 3`: expected")),
            (
                json!({ "cargo-train": { "required": "1" } }),
                Some("unknown key `required`: did you mean `required-version`?"),
            ),
            (json!({ "cargo-train": "0.3" }), Some("must hold `required-version`")),
        ] {
            let problems = problems(&metadata, "0.3.1");
            assert_eq!(problems.is_empty(), reported.is_none(), "{metadata}: {problems:?}");
            assert!(reported.is_none_or(|reported| problems[0].contains(reported)), "{problems:?}");
        }
    }
}
