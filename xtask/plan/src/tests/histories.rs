//! Laws of histories: final versions reached by candidates, and requirements in every spelling on the way.
//! None of them may ask what a requirement becomes: the way without candidates says it.

use proptest::prelude::*;
use serde_json::json;

use super::sketch::{Sketch, findings};
use crate::{
    requirement,
    version::{Bump, Version},
};

/// Spellings that accept 0.9.3, and follow a candidate.
const SPELLINGS: [&str; 22] = [
    "0",
    "0.9",
    "0.9.3",
    "0.9.1",
    "^0.9",
    "^ 0.9.3",
    "=0.9.3",
    "= 0.9.3 ",
    "=0.9",
    "~0.9",
    "~0.9.3",
    "~0",
    ">=0",
    ">=0.9",
    ">= 0.9.1",
    ">=0.9, <1",
    ">= 0.9.3 , < 0.10.0",
    ">=0.9.0, <0.10",
    "<=0.9.3",
    "*",
    "0.*",
    "0.9.*",
];

/// The driver needs data, and that a base; a tool and a manifest beside the workspace use what travels, as does what
/// another train releases.
fn house(message: &[&str], is_released: bool) -> Sketch {
    let [shared, built, twin, of_driver, used, tested, beside] = message else { unreachable!() };
    let mut house = Sketch { trains: json!({ "lark": { "driver": "lark", "default": true } }), ..Sketch::default() };
    if is_released {
        house.trains["wren"] = json!({ "driver": "wren" });
    }
    house.trains["lark"]["lockstep"] = json!("always");
    house.repo.branch = Some("main".to_owned());
    house.repo.main = Some("main".to_owned());
    house.repo.head = "1111111111".to_owned();
    // crates.io takes no wildcard.
    house.options.waive = vec!["dependencies".to_owned()];
    let unpublished = if is_released { "" } else { "publish = false\n" };
    house
        .tagged("v0.9.3")
        .tagged("wren-v0.1.0")
        .file(
            "Cargo.toml",
            &format!(
                "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\nlark-base = {{ path = \"crates/lark-base\", version = \"{shared}\" }}\n"
            ),
        )
        .member("lark-base", "0.9.3", "")
        .member(
            "lark-data",
            "0.9.3",
            &format!(
                "[dependencies]\nlark-base = {{ path = \"../lark-base\", version = \"{built}\" }}\n\n[target.'cfg(unix)'.dependencies]\nlark-base = {{ path = \"../lark-base\", version = \"{twin}\" }}\n"
            ),
        )
        .member(
            "lark",
            "0.9.3",
            &format!("[dependencies]\nlark-base.workspace = true\nlark-data = {{ path = \"../lark-data\", version = \"{of_driver}\" }}\n"),
        )
        .member(
            "wren",
            "0.1.0",
            &format!(
                "{unpublished}[dependencies]\nlark = {{ path = \"../lark\", version = \"{used}\" }}\n\n[dev-dependencies.other]\npackage = \"lark-data\"\npath = \"../lark-data\"\nversion = \"{tested}\"\n"
            ),
        )
        .file(
            "beside/Cargo.toml",
            &format!(
                "[package]\nname = \"beside\"\nversion = \"0.0.0\"\n\n[workspace]\n\n[dependencies]\nlark-data = {{ path = \"../crates/lark-data\", version = \"{beside}\" }}\n"
            ),
        )
        .lock()
}

/// A final version, and the pre-releases before it.
fn rounds() -> impl Strategy<Value = Vec<(Bump, Vec<&'static str>)>> {
    let candidates = prop::sample::subsequence(vec!["alpha.1", "alpha.2", "beta.1", "rc.1", "rc.2"], 0..=3);
    let level = prop::sample::select(vec![Bump::Patch, Bump::Minor, Bump::Major]);
    prop::collection::vec((level, candidates), 1..=3)
}

fn released(house: &Sketch, version: &Version) -> Result<Sketch, TestCaseError> {
    let plan = house.release(&version.tag());
    prop_assert_eq!(findings(&plan), [""; 0], "{}", version);
    let after = house.clone().after(&plan).tagged(&format!("v{}", version.tag()));
    let workspace = after.workspace();
    for site in &workspace.requirements {
        let on = &workspace.members[site.on];
        let is_met = requirement::accepts(&site.place.text, &on.version);
        prop_assert!(matches!(is_met, Ok(true)), "{} of {} {}", site.place.text, on.name, on.version);
    }
    Ok(after)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    /// What requires a candidate accepts it, and no final version leaves a trace of its candidates.
    #[test]
    fn a_final_version_leaves_no_trace_of_its_candidates(
        message in prop::collection::vec(prop::sample::select(SPELLINGS.to_vec()), 7),
        is_released in any::<bool>(),
        rounds in rounds(),
    ) {
        let mut direct = house(&message, is_released);
        let mut led = direct.clone();
        for (bump, candidates) in rounds {
            let workspace = direct.workspace();
            let last = &workspace.members[workspace.member("lark").unwrap()].version;
            let to = last.bump(bump).unwrap();
            direct = released(&direct, &to)?;
            led.before_candidates = None;
            let before = led.texts.clone();
            for candidate in &candidates {
                let candidate = super::sketch::v(&format!("{to}-{candidate}"));
                led = released(&led, &candidate)?;
            }
            led.before_candidates = Some(before);
            led = released(&led, &to)?;
            for (path, text) in direct.texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
                prop_assert_eq!(&led.texts[path], text, "{} of {} by {:?}", path.display(), to, candidates);
            }
        }
    }
}
