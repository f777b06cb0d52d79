//! Trains that nobody configured, and configurations that are proposed instead of one: what is printed is pasted here.
//! None of them may say which lines there are in another way than a person reads them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use toml_edit::{Item, Value as Toml};

use super::sketch::{Sketch, findings, moved, v};
use crate::{check, due, publish, repo::Message, snapshot::Snapshot, step::Step, train::Train};

/// A workspace without configuration.
fn bare(shared: &str) -> Sketch {
    let mut start = Sketch { trains: json!({}), ..Sketch::default() };
    start.repo.branch = Some("main".to_owned());
    start.repo.main = Some("main".to_owned());
    start.repo.head = "1111111111".to_owned();
    start.file("Cargo.toml", &format!("[workspace]\nmembers = [\"crates/*\"]\n{shared}"))
}

/// The keys of a member that needs others, each with its version.
fn needing(needs: &[(&str, &str)]) -> String {
    let entry =
        |(name, version): &(&str, &str)| format!("{name} = {{ path = \"../{name}\", version = \"{version}\" }}\n");
    format!("\n[dependencies]\n{}", needs.iter().map(entry).collect::<String>())
}

fn refusal(sketch: &Sketch, train: Option<&str>) -> String {
    Train::choose(&sketch.workspace(), &sketch.repo, train).unwrap_err().to_string()
}

/// The sketch with what its refusal proposes.
fn pasted(sketch: &Sketch, train: Option<&str>) -> Sketch {
    let message = refusal(sketch, train);
    let (_, proposal) = message.split_once("\n\n").unwrap_or_else(|| panic!("it proposes nothing: {message}"));
    let root = format!("{}\n{proposal}", sketch.texts[std::path::Path::new("Cargo.toml")]);
    let document = toml_edit::Document::parse(root.clone()).unwrap_or_else(|error| panic!("{error}\n{root}"));
    let trains = json_of(&document["workspace"]["metadata"]["trains"]);
    Sketch { trains, ..sketch.clone() }.file("Cargo.toml", &root)
}

fn json_of(item: &Item) -> Value {
    match item {
        Item::Value(value) => json_of_value(value),
        item => item.as_table().unwrap().iter().map(|(key, item)| (key.to_owned(), json_of(item))).collect(),
    }
}

fn json_of_value(value: &Toml) -> Value {
    match value {
        Toml::String(text) => json!(text.value()),
        Toml::Boolean(flag) => json!(flag.value()),
        Toml::Array(entries) => entries.iter().map(json_of_value).collect(),
        Toml::InlineTable(table) => table.iter().map(|(key, value)| (key.to_owned(), json_of_value(value))).collect(),
        other => panic!("{other:?}"),
    }
}

/// What a release moves, of each train that is proposed; no train is refused, and no member is in two.
fn proposed(sketch: &Sketch, train: Option<&str>) -> Vec<String> {
    let sketch = pasted(sketch, train);
    let names: Vec<String> = sketch.workspace().trains.into_iter().map(|train| train.name).collect();
    let mut observed = BTreeSet::new();
    let mut trains = Vec::new();
    for name in &names {
        let of_train = Sketch { train: Some(name.clone().leak()), ..sketch.clone() };
        let plan = of_train.release("minor");
        assert_eq!(findings(&plan), [""; 0], "{name}");
        let Snapshot { workspace, train, .. } = of_train.snapshot();
        let state: Vec<_> = check::state(&workspace, &train).into_iter().map(|found| found.problem.what).collect();
        assert_eq!(state, [""; 0], "{name}");
        assert_eq!(plan.remarks.iter().find(|remark| remark.contains("pulled up")), None, "{name}");
        let moved: Vec<String> = moved(&plan).into_iter().map(str::to_owned).collect();
        assert!(moved.iter().all(|member| observed.insert(member.clone())), "{name} moves {moved:?}, too");
        trains.push(format!("{name}: {}", moved.join(" ")));
    }
    trains.sort();
    let default = sketch.release("minor");
    assert!(trains.iter().any(|train| train.ends_with(&moved(&default).join(" "))), "no train is the default one");
    trains
}

/// A base that two crates build on, and a program above all.
fn fan(field: &str) -> Sketch {
    let on = |needs: &[&str]| needing(&needs.iter().map(|name| (*name, "0.7.3")).collect::<Vec<_>>());
    let shared = if field.starts_with("version.") { "\n[workspace.package]\nversion = \"0.7.3\"\n" } else { "" };
    let member = |sketch: Sketch, name: &str, rest: &str| {
        sketch.file(&format!("crates/{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\n{field}\n{rest}"))
    };
    let fan = member(bare(shared), "lark", "");
    let fan = member(fan, "lark-glue", &on(&["lark"]));
    let fan = member(fan, "lark-sql", &on(&["lark"]));
    let fan = member(fan, "lark-cli", &format!("{}\n[[bin]]\nname = \"lark\"\n", on(&["lark-glue", "lark-sql"])));
    fan.member("lark-bench", "0.1.0", &format!("publish = false\n{}", on(&["lark"]))).tagged("v0.7.3").lock()
}

#[test]
fn one_version_is_one_train_without_configuration() {
    for field in ["version = \"0.7.3\"", "version.workspace = true"] {
        let plan = fan(field).release("minor");
        assert_eq!(findings(&plan), [""; 0]);
        assert_eq!((plan.train.as_str(), plan.to.tag().as_str()), ("lark", "0.8.0"));
        assert_eq!(moved(&plan), ["lark", "lark-cli", "lark-glue", "lark-sql"]);
        assert_eq!(plan.remarks, [""; 0]);
    }
    // After a patch that moved only what it had to.
    let house = fan("version = \"0.7.3\"").changed("v0.7.3", &["crates/lark-sql/src/lib.rs"]);
    let patch = house.release("patch");
    assert_eq!(moved(&patch), ["lark", "lark-cli", "lark-glue", "lark-sql"], "all need the driver");
    let named = Sketch { train: Some("lark"), ..house };
    assert_eq!(moved(&named.release("minor")), ["lark", "lark-cli", "lark-glue", "lark-sql"], "its name may be said");
}

#[test]
fn crates_with_versions_of_their_own_get_a_train_each_to_paste() {
    let apart = bare("")
        .member("lark", "0.8.9", &needing(&[("lark-core", "0.5"), ("lark-macros", "0.5")]))
        .member("lark-core", "0.5.6", "")
        .member("lark-macros", "0.5.1", "")
        .member("lark-extra", "0.12.6", &needing(&[("lark", "0.8"), ("lark-core", "0.5")]));
    let tags = ["lark-v0.8.9", "lark-core-v0.5.6", "lark-macros-v0.5.1", "lark-extra-v0.12.6", "lark-extra-v0.12.5"];
    let mut apart = tags.iter().fold(apart, |apart, tag| apart.tagged(tag)).lock();
    apart.repo.origin = Some("https://forge.example/they/lark".to_owned());
    assert_eq!(
        refusal(&apart, None),
        "the 4 publishable crates have versions of their own: lark 0.8.9, lark-extra 0.12.6, lark-core 0.5.6 and lark-macros 0.5.1\n\
         next: say in Cargo.toml what is released together, for example\n\n\
         [workspace.metadata]\n\
         trains = [\"lark\", \"lark-extra\", \"lark-core\", \"lark-macros\"]"
    );
    let each = ["lark-core: lark-core", "lark-extra: lark-extra", "lark-macros: lark-macros", "lark: lark"];
    assert_eq!(proposed(&apart, None), each);
    assert_eq!(proposed(&apart, Some("lark-extra")), each);
    let tag = |train: &str| Train::choose(&pasted(&apart, None).workspace(), &apart.repo, Some(train)).unwrap().tag;
    assert_eq!(
        Train::choose(&pasted(&apart, None).workspace(), &apart.repo, None).unwrap().name(),
        "lark",
        "the first"
    );
    // Where a table of that name stands, a second one would be no TOML.
    let other =
        apart.clone().file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.metadata]\nx = 1\n");
    assert_eq!(proposed(&other, None), each);
    assert_eq!(tag("lark").to_string(), "lark-v{version}");
    assert_eq!(tag("lark-core").to_string(), "lark-core-v{version}");
    // What needs nobody else's version is released when it is named.
    let core = Sketch { train: Some("lark-core"), ..apart };
    assert_eq!(moved(&core.release("minor")), ["lark-core"]);
}

#[test]
fn crates_of_one_version_that_nothing_joins_are_proposed_as_one_train() {
    let names = ["lark2d", "lark2d-f64", "lark3d", "lark3d-f64"];
    let crates = names.iter().fold(bare(""), |bare, name| bare.member(name, "0.7.3", ""));
    assert_eq!(
        refusal(&crates, None),
        "lark2d, lark2d-f64, lark3d and lark3d-f64 have one version, and none of them needs another\n\
         next: say in Cargo.toml that they are released together, or give each a train of its own, for example\n\n\
         [workspace.metadata.trains]\n\
         lark2d = { driver = \"lark2d\", also = [\"lark2d-f64\", \"lark3d\", \"lark3d-f64\"] }"
    );
    let crates = crates.lock();
    assert_eq!(proposed(&crates, None), ["lark2d: lark2d lark2d-f64 lark3d lark3d-f64"]);
    let mut crates = crates.tagged("v0.7.3");
    crates.repo.origin = Some("https://forge.example/they/lark".to_owned());
    assert_eq!(moved(&crates.release("minor")), names);
}

#[test]
fn a_crate_that_several_need_is_in_its_own_train_alone() {
    let apart = bare("")
        .member("ant", "1.0.0", &needing(&[("owl-core", "0.3")]))
        .member("bee", "2.0.0", &needing(&[("owl-core", "0.3")]))
        .member("owl-core", "0.3.0", "")
        .member("fly", "3.0.0", "")
        .member("gnat", "4.0.0", &needing(&[("owl-core", "0.3"), ("bee", "2.0")]))
        .lock();
    assert_eq!(proposed(&apart, None), ["ant: ant", "bee: bee", "fly: fly", "gnat: gnat", "owl-core: owl-core"]);
}

#[test]
fn two_trains_that_need_the_crate_of_a_third_do_not_quarrel_over_it() {
    let crates = [("ant", "4.0.0"), ("bee", "3.0.0"), ("fly", "2.0.0")];
    let needs = |name: &str| if name == "ant" { String::new() } else { needing(&[("owl-core", "0.3")]) };
    let apart = crates.iter().fold(bare(""), |apart, (name, version)| apart.member(name, version, &needs(name)));
    let apart = apart.member("owl-core", "0.3.0", "").lock();
    // The default one needs nothing of it, and the third one comes last.
    let trains = json!(["ant", "bee", "fly", "owl-core"]);
    let listed = |train| Sketch { trains: trains.clone(), train: Some(train), ..apart.clone() };
    for train in ["ant", "bee", "fly", "owl-core"] {
        assert_eq!(moved(&listed(train).release("minor")), [train]);
    }
    // Where nobody else has it, they do.
    let both = Sketch { trains: json!(["ant", "bee", "fly"]), train: Some("fly"), ..apart };
    let refused = Train::choose(&both.workspace(), &both.repo, both.train).unwrap_err().to_string();
    assert!(refused.starts_with("trains fly and bee both take owl-core along: "), "{refused}");
}

#[test]
fn a_product_on_crates_of_one_other_version_is_two_trains() {
    let inner = ["owl-cache", "owl-client", "owl-fs", "owl-python"];
    let product = inner.iter().fold(bare(""), |bare, name| bare.member(name, "0.0.72", ""));
    let needs: Vec<(&str, &str)> = inner.iter().map(|name| (*name, "0.0.72")).collect();
    let product = product
        .member("owl", "0.12.5", &needing(&[&needs[..], &[("owl-version", "0.12.5")]].concat()))
        .member("owl-version", "0.12.5", "")
        .tagged("0.12.5")
        .lock();
    assert_eq!(
        refusal(&product, Some("owl")),
        "the 6 publishable crates have 2 versions, and owl 0.12.5 needs owl-cache 0.0.72:\n  \
           0.12.5: owl and owl-version\n  \
           0.0.72: owl-cache, owl-client, owl-fs and owl-python\n\
         next: say in Cargo.toml what is released together, for example\n\n\
         [workspace.metadata.trains]\n\
         owl = { driver = \"owl\", default = true, also = [\"owl-version\"] }\n\
         owl-cache = { driver = \"owl-cache\", also = [\"owl-*\"] }"
    );
    let inner = "owl-cache: owl-cache owl-client owl-fs owl-python";
    assert_eq!(proposed(&product, Some("owl")), [inner, "owl: owl owl-version"]);
    // What has its version and is not needed by it travels along; what is meant for no registry is left alone.
    let wider = product
        .member("owl-build", "0.12.5", &needing(&[("owl-version", "0.12.5")]))
        .member("owl-xtask", "0.0.0", "# no description\n")
        .lock();
    assert_eq!(
        pasted(&wider, Some("owl")).trains,
        json!({
            "owl": { "driver": "owl", "default": true, "also": ["owl-build"] },
            "owl-cache": { "driver": "owl-cache", "also": ["owl-client", "owl-fs", "owl-python"] },
        })
    );
    assert_eq!(proposed(&wider, Some("owl")), [inner, "owl: owl owl-build owl-version"]);
}

#[test]
fn of_many_lines_the_first_one_is_a_train_that_leaves_the_others_alone() {
    let lines = bare("")
        .member("ant", "2.3.1", &needing(&[("ant-derive", "2.3.1"), ("ant-infer", "0.1.0"), ("ant-macros", "0.3.0")]))
        .member("ant-derive", "2.3.1", "")
        .member("ant-cli", "2.3.1", &needing(&[("ant-schema", "0.2.4")]))
        .member("ant-infer", "0.1.0", "")
        .member("ant-parser", "0.1.0", &needing(&[("ant-infer", "0.1.0")]))
        .member("ant-macros", "0.3.0", "")
        .member("ant-schema", "0.2.4", "")
        .member("ant-tree", "0.2.4", &needing(&[("ant-schema", "0.2.4")]))
        .lock();
    let mut lines = Sketch { train: Some("ant"), ..lines };
    lines.repo.origin = Some("https://forge.example/they/ant".to_owned());
    let message = refusal(&lines, None);
    assert!(
        message.contains("for example this, which leaves the other 5 crates where they are; each can have such a line, too, with `default = true` in the first one\n\n"),
        "{message}"
    );
    assert!(
        message.ends_with("\nant = { driver = \"ant\", also = [\"ant-cli\"], except = [\"ant-infer\", \"ant-macros\", \"ant-schema\"] }"),
        "{message}"
    );
    assert_eq!(proposed(&lines, None), ["ant: ant ant-cli ant-derive"]);
    // Such a line for another one.
    let mut more = pasted(&lines, None);
    more.trains["ant"]["default"] = json!(true);
    more.trains["ant-parser"] = json!({ "driver": "ant-parser", "except": ["ant-infer"] });
    assert_eq!(moved(&Sketch { train: Some("ant-parser"), ..more.clone() }.release("minor")), ["ant-parser"]);
    assert_eq!(moved(&more.release("minor")), ["ant", "ant-cli", "ant-derive"]);
}

#[test]
fn of_many_versions_some_are_reported_and_all_in_detail() {
    let names: Vec<String> = (0..14).map(|nth| format!("ant-{nth:02}")).collect();
    let many = names.iter().enumerate().fold(bare(""), |bare, (nth, name)| {
        let needs = if nth > 0 { needing(&[(&names[0], "0.1.0")]) } else { String::new() };
        bare.member(name, &format!("0.{}.0", nth + 1), &needs)
    });
    let many = many.lock();
    let error = Train::choose(&many.workspace(), &many.repo, None).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "the 14 publishable crates have versions of their own: ant-00 0.1.0, ant-13 0.14.0 and 12 more (-v lists them)\n"
        ),
        "{error}"
    );
    assert!(error.to_string().ends_with("[workspace.metadata.trains]\nant-00 = { driver = \"ant-00\" }"), "{error}");
    let whole = &error.downcast_ref::<crate::train::Refusal>().unwrap().whole;
    assert!(
        names.iter().all(|name| whole.contains(&format!("{name} 0.")) && whole.contains(&format!("\"{name}\""))),
        "{whole}"
    );
    assert!(whole.contains("\n\n[workspace.metadata]\ntrains = [\"ant-00\", \"ant-13\""), "{whole}");
}

#[test]
fn a_product_beside_the_workspaces_own_is_left_alone() {
    let house = bare("")
        .member("egg-doe", "0.34.0", "")
        .member("egg-gp", "0.34.0", &needing(&[("egg-doe", "0.34.0")]))
        .member("study", "0.2.1", &needing(&[("egg-gp", "0.34.0")]))
        .tagged("0.34.0")
        .tagged("study-v0.2.1")
        .lock();
    let plan = house.release("minor");
    assert_eq!((findings(&plan), moved(&plan)), (vec![], vec!["egg-doe", "egg-gp"]));
    assert_eq!(plan.to.tag(), "0.35.0");
    assert_eq!(plan.remarks.len(), 1, "{:?}", plan.remarks);
    assert_eq!(
        plan.remarks[0],
        "study needs a release: no train moves it, and it requires egg-gp, whose requirement is rewritten here (cargo xtask release patch --train study says which lines give it a train)"
    );
    assert!(refusal(&house, Some("study")).ends_with("\ntrains = [\"egg-gp\", \"study\"]"));
    assert_eq!(proposed(&house, Some("study")), ["egg-gp: egg-doe egg-gp", "study: study"]);
    let tests = house.member("egg-checks", "0.1.0", &format!("# no description\n{}", needing(&[("egg-gp", "0.34.0")])));
    assert_eq!(tests.lock().release("minor").remarks.len(), 1, "what is meant for no registry needs no release");
}

#[test]
fn what_builds_on_crates_for_no_registry_is_meant_for_none() {
    // A house that publishes an interface for plugins, and ships the rest as a program.
    let inner = |version: &str| format!("\n[dependencies]\nowl-core = {{ path = \"../owl-core\"{version} }}\n");
    let house = |bridge: &str| {
        bare("")
            .member("owl-core", "0.3.0", "# no description\n")
            .member("owl-plugin", "0.1.1", "")
            .member(
                "owl-plugin-bridge",
                "0.3.0",
                &format!("{bridge}owl-plugin = {{ path = \"../owl-plugin\", version = \"0.1.1\" }}\n"),
            )
            .lock()
    };
    let plan = house(&inner("")).release("minor");
    assert_eq!((plan.train.as_str(), moved(&plan)), ("owl-plugin", vec!["owl-plugin"]));
    // Where a version stands beside the path, somebody means to publish it.
    assert!(
        refusal(&house(&inner(", version = \"0.3.0\"")), None).contains("the 3 publishable crates have 2 versions")
    );
}

#[test]
fn a_python_project_of_an_old_version_is_no_wheel_of_a_derived_train() {
    let python = |version: &str| {
        format!(
            "[package]\nname = \"py-checks\"\nversion = \"{version}\"\npublish = false\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
             [dependencies]\nlark = {{ path = \"../crates/lark\" }}\npyo3 = \"0.28\"\n"
        )
    };
    let project =
        "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"py-checks\"\ndynamic = [\"version\"]\n";
    let house = |version: &str| {
        fan("version = \"0.7.3\"")
            .file("checks/Cargo.toml", &python(version))
            .file("checks/pyproject.toml", project)
            .tagged("v0.1.0")
            .tagged("v0.7.2")
            .lock()
    };
    let moves = |sketch: &Sketch| moved(&sketch.release("minor")).contains(&"py-checks");
    assert!(!moves(&house("0.1.0")), "v0.1.0 was a release of another crate");
    assert!(!moves(&house("0.7.2")), "it was left behind on purpose");
    assert!(moves(&house("0.7.3")));
    // Somebody bumped the crates, and has not tagged them.
    let bumped = |sketch: Sketch| {
        let mut sketch = sketch;
        sketch.repo.tags.remove("v0.7.3");
        sketch
    };
    assert!(moves(&bumped(house("0.7.2"))));
    assert!(!moves(&bumped(house("0.1.0"))));
}

#[test]
fn a_train_has_the_name_of_the_extension_that_the_repository_is_called_after() {
    let house = |repository: &str| {
        let mut sketch =
            bare("").file("crates/lark-util/Cargo.toml", "[package]\nname = \"lark-util\"\nversion = \"0.7.3\"\n");
        sketch.repo.origin = Some(format!("https://forge.example/we/{repository}"));
        let extension = "[package]\nname = \"lark-python\"\nversion = \"0.7.3\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
        let needs = needing(&[("lark-util", "0.7.3")]);
        let project =
            "[build-system]\nbuild-backend = \"maturin\"\n[project]\nname = \"lark\"\ndynamic = [\"version\"]\n";
        let sketch = sketch.file("crates/lark-python/Cargo.toml", &format!("{extension}{needs}pyo3 = \"0.28\"\n"));
        sketch.file("crates/lark-python/pyproject.toml", project).lock()
    };
    let train = |repository: &str, named: Option<&str>| {
        let (sketch, name) = (house(repository), |at: usize, of: &Snapshot| of.workspace.members[at].name.clone());
        let snapshot = Sketch { train: named.map(|name| &*name.to_owned().leak()), ..sketch }.snapshot();
        let Train { crates, driver, .. } = &snapshot.train;
        assert_eq!((name(*driver, &snapshot), crates.len()), ("lark-util".to_owned(), 1), "{repository}");
        snapshot.train.name().to_owned()
    };
    for named in [None, Some("lark-python"), Some("lark-util")] {
        assert_eq!(train("lark-python", named), "lark-python", "{named:?}");
    }
    assert_eq!(train("lark-util", None), "lark-util");
    assert_eq!(train("songs", None), "lark-util");
}

#[test]
fn what_is_built_for_other_languages_names_no_train() {
    let bindings = format!(
        "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n{}",
        needing(&[("finch-policy", "4.12.0"), ("finch-policy-core", "4.12.0")])
    );
    let house = bare("")
        .member("finch-policy", "4.12.0", &needing(&[("finch-policy-core", "4.12.0")]))
        .member("finch-policy-core", "4.12.0", "")
        .member(
            "finch-cli",
            "4.12.0",
            &format!("{}\n[[bin]]\nname = \"finch\"\n", needing(&[("finch-policy", "4.12.0")])),
        )
        .member("finch-wasm", "4.12.0", &bindings);
    let name = |sketch: &Sketch| Train::choose(&sketch.workspace(), &sketch.repo, None).unwrap().name().to_owned();
    assert_eq!(name(&house), "finch-policy");
    let mut named = house.clone();
    named.repo.origin = Some("https://forge.example/they/finch-wasm".to_owned());
    assert_eq!(name(&named), "finch-wasm", "but where all is about it");
}

/// A program on members that it names by their paths, one of its version and one of its own; no registry takes any of them.
fn shipped(program: &str) -> Sketch {
    let by_path = |names: &[&str]| {
        let entries = names.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n"));
        format!("\n[dependencies]\n{}", entries.collect::<String>())
    };
    let mut house = bare("")
        .member(program, "1.19.0", &format!("{}\n[[bin]]\nname = \"program\"\n", by_path(&["hoot-api", "hoot-store"])))
        .member("hoot-api", "1.19.0", &by_path(&["hoot-store"]))
        .member("hoot-store", "0.6.0", "")
        .member("hoot-bench", "1.19.0", "# no description\n")
        .tagged("v1.18.2")
        .tagged("v1.19.0")
        .lock();
    house.repo.origin = Some("https://forge.example/they/owl".to_owned());
    house
}

#[test]
fn a_program_that_no_registry_takes_is_released_with_what_has_its_version() {
    let house = shipped("owl").changed("v1.19.0", &["crates/owl/src/main.rs"]);
    for sketch in [
        house.clone(),
        Sketch { train: Some("owl"), ..house.clone() },
        Sketch { trains: json!({ "owl": { "driver": "owl" } }), ..house.clone() },
        Sketch {
            trains: json!({ "owl": { "driver": "owl", "except": ["*"], "also": ["hoot-api"] } }),
            ..house.clone()
        },
    ] {
        for bump in ["minor", "patch"] {
            let plan = sketch.release(bump);
            assert_eq!(
                (findings(&plan), moved(&plan)),
                (vec![], vec!["hoot-api", "owl"]),
                "{bump} {:?}",
                sketch.trains
            );
            assert_eq!(
                plan.remarks,
                [
                    "nothing is published to a registry: owl requires members by their paths alone (`publish = false` for hoot-api and 1 more says it, too)"
                ]
            );
        }
        let snapshot = sketch.snapshot();
        assert_eq!(snapshot.train.tag.to_string(), "v{version}");
        let state: Vec<_> =
            check::state(&snapshot.workspace, &snapshot.train).into_iter().map(|found| found.problem.what).collect();
        assert_eq!(state, [""; 0]);
        let sent = publish::plan(&snapshot, &v("1.19.0"), &publish::Options::default());
        assert!(!sent.steps.iter().any(|step| matches!(step, Step::Crate(_) | Step::Package(_))));
        let left = check::apart::left_out(&snapshot.workspace, std::slice::from_ref(&snapshot.train));
        assert!(left.is_empty(), "what is within the program is nowhere else: {left:?}");
    }
    let message = Sketch { trains: json!({ "owl": { "driver": "owl", "registries": [] } }), ..house.clone() };
    assert_eq!((moved(&message.release("patch")), message.release("patch").remarks), (vec!["hoot-api", "owl"], vec![]));
    // What needs it, and says its version on its own, was moved with it; another version, and `publish = false`, are its own.
    let suite = |version: &str, says: &str| {
        let needs = format!("{says}{}", by_path(&["owl"]));
        house.clone().member("owl-suite", version, &needs).lock().release("minor")
    };
    let plan = suite("1.19.0", "");
    assert_eq!((findings(&plan), moved(&plan)), (vec![], vec!["hoot-api", "owl", "owl-suite"]));
    for (version, says) in [("0.6.0", ""), ("1.19.0", PRIVATE)] {
        assert_eq!(moved(&suite(version, says)), ["hoot-api", "owl"], "{version} {says}");
    }
    // So was what needs a part of it and is built with it.
    let test = |built: &str| {
        let needs = format!("# no description{built}\n{}", by_path(&["hoot-api"]));
        moved(&house.clone().member("hoot-test", "1.19.0", &needs).lock().release("minor")).join(" ")
    };
    assert_eq!(test(" # built by default"), "hoot-api hoot-test owl");
    assert_eq!(test(""), "hoot-api owl");
    // A version beside one path, and somebody means them for a registry: what lacks one is a slip.
    let slip = house.with("crates/hoot-api/Cargo.toml", "../hoot-store\"", "../hoot-store\", version = \"0.6.0\"");
    assert!(refusal(&slip, None).starts_with("the 3 publishable crates have 2 versions"), "{}", refusal(&slip, None));
}

#[test]
fn a_program_is_the_workspaces_by_name_or_because_cargo_builds_it_alone() {
    let train = |sketch: &Sketch| Train::choose(&sketch.workspace(), &sketch.repo, None).unwrap().name().to_owned();
    let built = |program: &str| {
        shipped(program).with(&format!("crates/{program}/Cargo.toml"), "[[bin]]", "# built by default\n[[bin]]")
    };
    assert_eq!(train(&built("ht")), "ht");
    assert_eq!(train(&shipped("OWL")), "OWL");
    let neither = refusal(&shipped("ht"), None);
    assert!(neither.starts_with("the "), "{neither}");
    let mut binary = shipped("ht");
    binary.repo.origin = Some("https://forge.example/they/program".to_owned());
    assert_eq!(train(&binary), "ht", "its binary is called like the repository");
    // A library is not what people run.
    let library = shipped("owl").with("crates/owl/Cargo.toml", "[[bin]]\nname = \"program\"\n", "");
    assert!(refusal(&library, None).starts_with("the "));
    // What Python starts is.
    let extension = "[lib]\ncrate-type = [\"cdylib\"]\n[dependencies.pyo3]\nversion = \"0.28\"\n";
    let extension = shipped("owl").with("crates/owl/Cargo.toml", "[[bin]]\nname = \"program\"\n", extension);
    assert_eq!(train(&extension), "owl");
    // The tags lead to what is published beside it.
    let mut other = shipped("owl").member("owl-sdk", "2.3.0", "").member("owl-sdk-derive", "2.3.0", "").lock();
    assert_eq!(train(&other), "owl");
    other.repo.tags.clear();
    assert_eq!(train(&other), "owl", "nothing is tagged, and it has the name");
    // An old tag of the program's is no tag of what has reached that number since.
    let old = ["v1.18.2", "v1.19.0"].into_iter().fold(shipped("owl"), Sketch::tagged);
    let old = old.member("owl-sdk", "1.18.2", "").with("crates/owl/Cargo.toml", "1.19.0", "1.20.0-dev").lock();
    assert_eq!(train(&old), "owl");
    let other = other.tagged("v2.3.0");
    assert_ne!(
        Train::choose(&other.workspace(), &other.repo, None).ok().map(|train| train.name().to_owned()),
        Some("owl".to_owned())
    );
}

#[test]
fn what_changes_in_a_part_of_a_program_is_a_change_of_the_program() {
    let store = "crates/hoot-store/src/lib.rs";
    let house = shipped("owl").changed("v1.19.0", &[store]);
    assert_eq!(moved(&house.release("patch")), ["hoot-api", "owl"]);
    let past = Message { text: "fix: a leak".to_owned(), paths: vec![store.into()], ..Message::default() };
    let changes = due::changes(&house.snapshot(), &[past]);
    let members: Vec<_> = changes.iter().flat_map(|change| &change.members).collect();
    assert_eq!(members, ["hoot-api", "owl"]);
    // What another crate's registry has is its own.
    let published = bare("")
        .member("lark", "1.0.0", &needing(&[("lark-io", "0.3")]))
        .member("lark-io", "0.3.0", "")
        .tagged("v1.0.0")
        .lock();
    let trains = json!({ "lark": { "driver": "lark", "except": ["lark-io"] } });
    let snapshot = Sketch { trains, ..published }.snapshot();
    assert!(snapshot.train.parts.is_empty(), "{:?}", snapshot.train.parts);
}

#[test]
fn a_program_is_found_behind_a_library_of_its_name_that_nobody_can_publish() {
    let path = |name: &str| format!("\n[dependencies]\n{name} = {{ path = \"../{name}\" }}\n");
    let house = |needs: &str| {
        let mut house = bare("")
            .member("program", "1.19.0", needs)
            .member("program-io", "1.19.0", "")
            .member("program-cli", "1.19.0", &format!("{}\n[[bin]]\nname = \"program\"\n", path("program")))
            .tagged("v1.19.0")
            .lock();
        house.repo.origin = Some("https://forge.example/they/program".to_owned());
        house
    };
    let plan = house(&path("program-io")).release("minor");
    assert_eq!((findings(&plan), moved(&plan)), (vec![], vec!["program", "program-cli", "program-io"]));
    let note = "nothing is published to a registry: program-cli requires members by their paths";
    assert!(plan.remarks[0].starts_with(note), "{:?}", plan.remarks);
    // A part of it that could go there, and says whose it was, names nothing.
    let mut part = house(&path("program-io")).workspace();
    for (at, package) in part.graph.packages.iter_mut().enumerate() {
        let of =
            if part.members[at].name == "program-io" { Some("https://forge.example/they/program-io") } else { None };
        package.about.repository = of.map(str::to_owned);
    }
    assert_eq!(Train::choose(&part, &house("").repo, None).unwrap().name(), "program-cli");
    // One that a registry takes is what the workspace is about.
    let versioned = house("\n[dependencies]\nprogram-io = { path = \"../program-io\", version = \"1.19\" }\n");
    assert_eq!(versioned.snapshot().train.name(), "program");
}

#[test]
fn what_cargo_builds_by_default_and_needs_the_rest_of_that_is_the_product() {
    let path = "\n[dependencies]\nwords = { path = \"../words\" }\n";
    let program = "\n[lib]\ncrate-type = [\"cdylib\"]\n";
    let house = |built: &str| {
        bare("")
            .member("search", "0.25.3", &format!("# no description{built}\n{path}{program}"))
            .member("words", "0.25.3", &format!("# no description{built}\n"))
            .member("checks", "0.25.3", &format!("# no description\n{path}"))
            .tagged("v0.25.3")
            .lock()
    };
    let plan = house(" # built by default").release("minor");
    assert_eq!((findings(&plan), moved(&plan)), (vec![], vec!["search", "words"]));
    assert_eq!(house("").snapshot().train.name(), "checks", "nothing tells");
}

#[test]
fn what_could_be_published_with_a_program_that_is_not_is_for_its_maintainer_to_say() {
    let kept = |sketch: Sketch| sketch.with("crates/owl/Cargo.toml", "version", "publish = false\nversion");
    // One that could go, of the program's version, and another of its own that needs one of a third version.
    let house = kept(shipped("owl"))
        .with(
            "crates/hoot-api/Cargo.toml",
            "hoot-store = { path = \"../hoot-store\" }",
            "hoot-store = { path = \"../hoot-store\", version = \"0.6.0\" }",
        )
        .lock();
    assert_eq!(
        refusal(&house, None),
        "owl 1.19.0 says `publish = false` in crates/owl/Cargo.toml, and of the members that are released with it these may be published: hoot-api\n\
         next: say in Cargo.toml that nothing of it goes to a registry, or `publish = false` for each of them\n\n\
         [workspace.metadata.trains]\n\
         owl = { driver = \"owl\", registries = [] }"
    );
    assert_eq!(proposed(&house, None), ["owl: hoot-api owl"]);
    // One version, which a registry may take: it is theirs.
    let one = kept(bare("").member(
        "owl",
        "0.7.3",
        "\n[dependencies]\nowl-core = { path = \"../owl-core\" }\n[[bin]]\nname = \"owl\"\n",
    ))
    .member("owl-core", "0.7.3", "")
    .tagged("v0.7.3")
    .lock();
    let plan = one.release("minor");
    assert_eq!((plan.train.as_str(), moved(&plan)), ("owl-core", vec!["owl", "owl-core"]), "the program follows");
    let configured = Sketch { trains: json!({ "owl": { "driver": "owl" } }), ..one };
    assert_eq!(moved(&configured.release("minor")), ["owl", "owl-core"]);
    assert_eq!(configured.release("minor").remarks, [""; 0], "what is configured goes where its manifest says");
}

/// The train, who travels, and whether nobody sends any of it to a registry; or how the refusal begins.
fn chosen(sketch: &Sketch, train: Option<&str>) -> String {
    let workspace = sketch.workspace();
    match Train::choose(&workspace, &sketch.repo, train) {
        Ok(train) => {
            let crates: Vec<&str> = train.crates.iter().map(|&at| workspace.members[at].name.as_str()).collect();
            let kept = if train.config.is_unpublished() { "kept" } else { "sent" };
            let default = if train.config.default { "default" } else { "named" };
            format!("{default} {}, {kept}: {}", train.name(), crates.join(" "))
        }
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

/// The keys of a member that needs others by their paths alone.
fn by_path(names: &[&str]) -> String {
    let entries = names.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n"));
    format!("\n[dependencies]\n{}", entries.collect::<String>())
}

fn at(mut sketch: Sketch, repository: &str) -> Sketch {
    sketch.repo.origin = Some(format!("https://forge.example/they/{repository}"));
    sketch.lock()
}

const BINARY: &str = "\n[[bin]]\nname = \"program\"\n";
const PRIVATE: &str = "publish = false\n";

#[test]
fn who_is_named_and_what_goes_with_it_follow_from_the_members() {
    let program = |rest: &str| format!("{rest}{BINARY}");
    let two = shipped("owl").member("ht", "1.4.0", &format!("{PRIVATE}{BINARY}"));
    let inherits = |sketch: Sketch| {
        sketch.with("Cargo.toml", "[workspace]\n", "[workspace]\npackage.version = \"1.19.0\"\n").with(
            "crates/hoot-bench/Cargo.toml",
            "version = \"1.19.0\"",
            "version.workspace = true\n# \nversion-note = \"\"",
        )
    };
    let part = |version: &str, cli: &str| {
        let io = format!("\n[dependencies]\nprogram-io = {{ path = \"../program-io\", version = \"{version}\" }}\n");
        let cli = format!("{cli}{}{BINARY}", by_path(&["program"]));
        bare("").member("program", "1.19.0", &io).member("program-io", version, "").member(
            "program-cli",
            "1.19.0",
            &cli,
        )
    };
    let theirs = |core: &str, needs: &str| {
        let owl = format!("{PRIVATE}{}{BINARY}", by_path(&["owl-core"]));
        let house = bare("").member("owl", "0.7.3", &owl).member("owl-core", "0.7.3", &format!("{core}{needs}"));
        if needs.is_empty() { house } else { house.member("owl-io", "0.7.3", "# no description\n") }
    };
    let built = |names: &[(&str, &[&str])]| {
        names.iter().fold(bare(""), |house, (name, needs)| {
            house.member(name, "0.2.0", &format!("{PRIVATE}# built by default\n{}{BINARY}", by_path(needs)))
        })
    };
    let root =
        bare("").with("Cargo.toml", "[workspace]", "[package]\nname = \"zed\"\nversion = \"0.7.3\"\n\n[workspace]");
    let leads = shipped("ht").with("crates/ht/Cargo.toml", "[[bin]]", "# built by default\n[[bin]]");
    let [mut leads, mut led] = ["1.18.5", "1.17.0"].map(|version| leads.clone().member("owl-sdk", version, "").lock());
    for sketch in [&mut leads, &mut led] {
        sketch.repo.origin = None;
        sketch.repo.tags.remove("v1.19.0");
    }
    for (why, sketch, train, expected) in [
        (
            "a program that is named is the default one where it would be",
            shipped("owl"),
            Some("owl"),
            "default owl, kept: hoot-api owl",
        ),
        ("another is not", two.clone().lock(), Some("ht"), "named ht, kept: ht"),
        ("nor does it change what is", two.lock(), None, "default owl, kept: hoot-api owl"),
        (
            "a versioned path elsewhere means nothing of it",
            at(
                shipped("owl").member("checks", "0.1.0", &format!("{PRIVATE}{}", needing(&[("hoot-store", "0.6.0")]))),
                "owl",
            ),
            None,
            "default owl, kept: hoot-api owl",
        ),
        (
            "what inherits its number alone is not along",
            inherits(shipped("owl")),
            None,
            "default owl, kept: hoot-api owl",
        ),
        (
            "a library that a registry takes is no part",
            at(part("0.3.0", PRIVATE), "program"),
            None,
            "the 2 publishable crates have versions of their own: program 1.19.0 and program-io 0.3.0",
        ),
        (
            "the program of the name, whosever binary is called so",
            at(
                bare("")
                    .member("a-cli", "0.1.0", &program(PRIVATE))
                    .member("program", "1.19.0", &program(PRIVATE))
                    .tagged("v1.19.0"),
                "program",
            ),
            None,
            "default program, kept: program",
        ),
        ("what one can publish is theirs", at(theirs("", ""), "owl"), None, "default owl-core, sent: owl-core"),
        (
            "so it is with what that needs",
            at(theirs("", &needing(&[("owl-io", "0.7.3")])), "owl"),
            None,
            "default owl-core, sent: owl-core owl-io",
        ),
        (
            "what nobody described is not",
            at(theirs("# no description\n", ""), "owl"),
            None,
            "default owl, kept: owl owl-core",
        ),
        ("the only member", built(&[("solo", &[])]).lock(), None, "default solo, kept: solo"),
        ("the only one, a library", bare("").member("solo", "0.2.0", PRIVATE).lock(), None, "default solo, sent: solo"),
        (
            "where cargo builds all, that tells nothing",
            built(&[("one", &["two"]), ("two", &[])]).lock(),
            None,
            "which crate drives the release? no member is publishable: add `[workspace.metadata.trains.NAME]` with `driver = \"…\"` to Cargo.toml, or name it with --train",
        ),
        (
            "the tags are of crates that are no members",
            built(&[("one", &[]), ("two", &[])])
                .member("checks", "0.1.0", PRIVATE)
                .file("owl-io/Cargo.toml", "[workspace]\n")
                .file("owl-old/Cargo.toml", "[workspace]\n")
                .tagged("owl-io-v1.1.0")
                .lock(),
            None,
            "no member of the workspace is publishable, and the tags are of what is beside it: owl-io",
        ),
        (
            "nor where what it builds needs nothing of each other",
            built(&[("one", &[]), ("two", &[])]).member("checks", "0.1.0", PRIVATE).lock(),
            None,
            "which crate drives the release? no member is publishable: add `[workspace.metadata.trains.NAME]` with `driver = \"…\"` to Cargo.toml, or name it with --train",
        ),
        (
            "nor is it what has no version, where the tags are of others",
            bare("")
                .member("a", "1.19.0", "# no description\n")
                .member("a-derive", "0.0.0", "")
                .tagged("v1.19.0")
                .lock(),
            None,
            "which crate drives the release? what is described for a registry is at 0.0.0, and the tags are of other members: add `[workspace.metadata.trains.NAME]` with `driver = \"…\"` to Cargo.toml, or name it with --train",
        ),
        (
            "though it is where they tell nothing",
            bare("").member("a", "1.19.0", "# no description\n").member("a-derive", "0.0.0", "").lock(),
            None,
            "default a-derive, sent: a-derive",
        ),
        (
            "what is released since does not hide it from the commit before",
            led.tagged("v1.20.0"),
            None,
            "default ht, kept: hoot-api ht",
        ),
        (
            "tags below another's version do not lead to it",
            leads,
            None,
            "the 4 publishable crates have 3 versions, and hoot-api 1.19.0 needs hoot-store 0.6.0:",
        ),
        (
            "the root's package",
            root.member("ant", "0.7.3", "").member("bee", "0.7.3", "").lock(),
            None,
            "default zed, sent: ant bee zed",
        ),
    ] {
        assert_eq!(chosen(&sketch, train), expected, "{why}");
    }
    // What could be published with a program: its own name is not among it, nor what says it goes nowhere.
    let kept = shipped("owl")
        .with("crates/owl/Cargo.toml", "version", "publish = false\nversion")
        .with("crates/owl/Cargo.toml", "[dependencies]\n", "[dependencies]\nhoot-keep = { path = \"../hoot-keep\" }\n")
        .member("hoot-keep", "1.19.0", PRIVATE)
        .with("crates/hoot-api/Cargo.toml", "../hoot-store\"", "../hoot-store\", version = \"0.6.0\"");
    let told = chosen(&kept.lock(), None);
    assert!(told.ends_with("these may be published: hoot-api"), "{told}");
    // Of what a crate that is named needs, what goes to no registry stays.
    let named = bare("")
        .member("lark", "0.7.3", "")
        .member("tools", "0.1.0", &format!("{PRIVATE}{}", by_path(&["helper", "lark"])))
        .member("helper", "0.1.0", PRIVATE);
    assert_eq!(chosen(&named.lock(), Some("tools")), "named tools, sent: lark tools");
}

#[test]
fn an_extension_names_a_train_that_it_takes_along_at_its_version() {
    let house = |version: &str, kind: &str, needs: &str| {
        let project =
            "[build-system]\nbuild-backend = \"maturin\"\n[project]\nname = \"lark\"\ndynamic = [\"version\"]\n";
        let house = bare("")
            .member("lark-util", "0.7.3", "")
            .member("lark-python", version, &format!("{PRIVATE}\n{kind}\n[dependencies]\n{needs}"))
            .file("crates/lark-python/pyproject.toml", project);
        chosen(&at(house, "lark-python"), None)
    };
    let (kind, needs) =
        ("[lib]\ncrate-type = [\"cdylib\"]\n", "lark-util = { path = \"../lark-util\", version = \"0.7.3\" }\n");
    let pyo3 = "pyo3 = \"0.28\"\n";
    let name = |told: String| told.split([' ', ',']).nth(1).unwrap_or_default().to_owned();
    assert_eq!(name(house("0.7.3", kind, &format!("{needs}{pyo3}"))), "lark-python");
    assert_eq!(name(house("0.7.3", kind, needs)), "lark-util", "it is none of Python's");
    assert_eq!(name(house("0.7.3", "", &format!("{needs}{pyo3}"))), "lark-util", "it is no extension");
    assert_eq!(name(house("0.7.2", kind, &format!("{needs}{pyo3}"))), "lark-util", "it has another version");
    assert_eq!(name(house("0.7.3", kind, pyo3)), "lark-util", "it needs nothing of it");
}

#[test]
fn a_train_that_is_called_like_a_member_is_not_driven_by_another_one() {
    let lark = bare("").member("lark", "0.7.3", "").member("lark-cli", "0.7.3", &needing(&[("lark", "0.7.3")])).lock();
    let mut named = Sketch { trains: json!({ "lark-cli": {} }), ..lark };
    named.repo.origin = Some("https://forge.example/they/lark".to_owned());
    assert_eq!(
        refusal(&named, None),
        "train lark-cli has no `driver`, and lark would drive it: say `driver = \"lark-cli\"` in [workspace.metadata.trains.lark-cli], or give the train another name"
    );
    let other = |name: &str| Sketch { trains: json!({ name: {} }), ..named.clone() };
    for name in ["lark", "birds"] {
        assert!(Train::choose(&other(name).workspace(), &named.repo, None).is_ok(), "{name}");
    }
}

#[test]
fn wheels_of_one_version_and_nothing_else_are_one_train() {
    let wheel = |sketch: Sketch, name: &str, version: &str, needs: &str| {
        let rest = format!("{PRIVATE}\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\npyo3 = \"0.28\"\n{needs}");
        let project = "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\ndynamic = [\"version\"]\n";
        sketch
            .member(name, version, &rest)
            .file(&format!("crates/{name}/pyproject.toml"), &format!("{project}name = \"{name}\"\n"))
    };
    let three = |version: &str| {
        let mut house = bare("");
        for (name, version) in [("song-add", "0.6.3"), ("song-core", "0.6.3"), ("song-io", version)] {
            house = wheel(house, name, version, "");
        }
        house.member("song-helper", "0.1.0", PRIVATE).lock()
    };
    assert_eq!(
        refusal(&three("0.6.3"), None),
        "no crate is for a registry, and the 3 wheels have one version: song-add, song-core and song-io\n\
         next: say in Cargo.toml that they are released together, for example\n\n\
         [workspace.metadata.trains]\n\
         song-core = { driver = \"song-core\", wheels = [\"song-add\", \"song-core\", \"song-io\"] }"
    );
    assert_eq!(proposed(&three("0.6.3"), None), ["song-core: song-add song-core song-io"]);
    let apart = refusal(&three("0.6.4"), None);
    assert!(apart.starts_with("which crate drives the release? no member is publishable: "), "{apart}");
    // What another one needs comes before what is called a core, and the first where nothing tells.
    let needs = wheel(three("0.6.3"), "song-z", "0.6.3", "song-add = { path = \"../song-add\" }\n").lock();
    assert!(refusal(&needs, None).contains("\nsong-add = { driver = \"song-add\", wheels = ["));
    let plain = wheel(wheel(bare(""), "one", "0.1.0", ""), "two", "0.1.0", "").lock();
    assert!(refusal(&plain, None).contains("\none = { driver = \"one\", wheels = [\"one\", \"two\"] }"));
    // One that stands alone is found as before.
    let one = wheel(bare(""), "song", "0.6.3", "").lock();
    assert_eq!(moved(&one.release("minor")), ["song"]);
}
