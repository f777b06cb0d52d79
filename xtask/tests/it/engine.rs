//! Container engines that work in part: what the machine does not let them do is not verified, what an image does wrong fails.
//! It must never need an engine: a script speaks its command line.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::harness::{CommandOutput, Place, folder, run, write_program};

const HYBRID: &str = "podman cannot run even a trivial image: OCI runtime error: crun: cgroups in hybrid mode not supported, \
                      drop all controllers from cgroupv2";
const RUN: &str = "image owl:0.8.0 is pulled, run, and healthy";

/// A place whose machine has an engine called that way, which lacks something.
fn place(name: &str, engine: &str, lacks: &str) -> Place {
    let mut place = Place::of_workspace(&format!("engine/{name}"), "image");
    place.write("crates/owl/src/main.rs", "fn main() {\n    println!(\"hoot\");\n}\n");
    place.commit("feat: hoot");
    place.add_remote();
    let bin = place.tree.with_file_name("bin");
    fs::create_dir_all(&bin).unwrap();
    let no_daemon =
        "#!/bin/sh\necho 'Cannot connect to the Docker daemon. Is the docker daemon running?' >&2\nexit 1\n";
    write_program(&bin.join("docker"), no_daemon);
    let script = fs::read_to_string(folder("engine").join("engine.py")).unwrap();
    write_program(&bin.join(engine), &script);
    let registry = fs::read_to_string(folder("engine").join("registry.py")).unwrap();
    write_program(&bin.join("docker-registry"), &registry);
    let path = std::env::var("PATH").unwrap();
    place.env = vec![
        ("PATH".to_owned(), format!("{}:{path}", bin.display())),
        ("ENGINE_STATE".to_owned(), bin.join("state.json").display().to_string()),
        ("ENGINE_LACKS".to_owned(), lacks.to_owned()),
        // The registries of a rehearsal stand before the index that the user has.
        ("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()),
    ];
    place
}

fn rehearse(place: &Place) -> (CommandOutput, Value) {
    let output = place.xtask("rehearse minor --json --waive cargo-test");
    let reported: Value = serde_json::from_str(&output.out).unwrap_or_else(|_| panic!("{}", output.all()));
    let one = reported[0].clone();
    (output, one)
}

/// How the step of that title came out: the word, and why.
fn outcome<'r>(rehearsal: &'r Value, title: &str) -> (&'r str, &'r str) {
    let stages = rehearsal["rehearsal"]["stages"].as_array().unwrap();
    let lines = stages.iter().flat_map(|stage| stage["lines"].as_array().unwrap());
    let line = lines.clone().find(|line| line["title"] == title);
    let line =
        line.unwrap_or_else(|| panic!("no {title} in {:?}", lines.map(|line| &line["title"]).collect::<Vec<_>>()));
    let outcome = &line["outcome"];
    let why = outcome["why"].as_str().or(outcome["evidence"].as_str()).unwrap();
    (outcome["outcome"].as_str().unwrap(), why)
}

#[test]
fn an_engine_that_runs_nothing_says_nothing_about_the_image() {
    let place = with_binary(place("no-run", "podman", "run"));
    let (output, reported) = rehearse(&place);
    assert_eq!((output.code, reported["outcome"].as_str()), (Some(0), Some("proved")), "{}", output.all());
    let (word, why) = outcome(&reported, RUN);
    assert_eq!(word, "not-proved");
    assert_eq!(why, format!("{HYBRID}; next: install another runtime: runsc (Debian, Ubuntu: apt install runsc)"));
    let not_proved = reported["rehearsal"]["not_proved"].as_array().unwrap();
    assert_eq!(not_proved.iter().filter(|pair| pair[0] == RUN).count(), 1, "{not_proved:?}");
    assert!(output.err.contains(&format!("not verified here: {RUN}: {HYBRID}")), "{}", output.err);
    let verdict = output.err.lines().last().unwrap();
    assert!(verdict.contains("; not verified here: ") && verdict.contains(&format!("{RUN} ({HYBRID}")), "{verdict}");
    let compiled = output.err.matches("Compiling semver v").count();
    assert_eq!(compiled, 1, "release and publication share what they compile: {}", output.err);
    let page = fs::read_to_string(place.tree.with_file_name("target").join("xtask/rehearsal-owl.html")).unwrap();
    assert!(page.contains("What was not proved here, and why") && page.contains("cgroups in hybrid mode"), "{page}");
}

#[test]
fn another_runtime_that_is_installed_runs_the_image() {
    let (output, reported) = rehearse(&place("runc", "podman", "crun"));
    assert_eq!(output.code, Some(0), "{}", output.all());
    let wanted = "its health check passes; run with --runtime runc --ulimit nofile=1024:1024 --ulimit nproc=1024:1024";
    assert_eq!(outcome(&reported, RUN), ("proved", wanted));
}

/// Its registry, which is on a port that every user of the machine reaches, lets nobody else in.
#[test]
fn an_image_that_is_broken_fails_the_rehearsal() {
    for (engine, does, why) in [
        ("podman", "crash", "it ended with exit code 3; it printed: the database is locked"),
        ("docker", "ail", "its health check fails; it printed: nothing"),
    ] {
        let mut place = place(&format!("{engine}-{does}"), engine, "");
        place.replace("Dockerfile", "serve", does);
        place.commit("fix: break it");
        let own = place.tree.with_file_name("own");
        fs::create_dir_all(own.join("contexts")).unwrap();
        fs::write(own.join("config.json"), "{\"currentContext\": \"far\", \"credsStore\": \"keys\"}").unwrap();
        place.env.push(("DOCKER_CONFIG".to_owned(), own.display().to_string()));
        let (output, reported) = rehearse(&place);
        assert_eq!((output.code, reported["outcome"].as_str()), (Some(1), Some("failed")), "{}", output.all());
        assert_eq!(outcome(&reported, RUN), ("failed", why));
        let state = fs::read_to_string(place.tree.with_file_name("bin").join("state.json")).unwrap();
        let state: Value = serde_json::from_str(&state).unwrap();
        assert_eq!(state["logins"], json!([null, own]), "base images are pulled with the user's own logins");
        let asked = state["asked"].as_array().unwrap();
        for verb in ["push", "pull"] {
            assert!(asked.iter().any(|one| one["verb"] == verb), "{verb}: {asked:?}");
        }
        for one in asked {
            assert_eq!(one["modes"], json!(["0o700", "0o600"]), "{one}");
            assert_eq!(one["answers"], json!([[401, ""], [401, ""], [200, "{}"]]), "{one}");
            assert_eq!(one["context"], "far", "docker talks to the daemon that the user chose");
        }
    }
}

#[test]
fn a_build_that_the_engine_cannot_make_is_not_verified() {
    let place = place("no-build", "podman", "build");
    let why = "podman cannot build even a trivial image: mount /proc: operation not permitted";
    let output = place.xtask("smoke").ok();
    assert!(output.out.contains(&format!("note: image owl is not verified here: {why}; next: ")), "{}", output.all());
    let line = |line: &str| line.starts_with("  not proved prove image: ") && line.ends_with(why);
    assert!(
        output.out.lines().filter(|one| line(one)).count() == 2,
        "once as it ends, once in the summary: {}",
        output.out
    );
    assert!(!output.out.contains("done    prove image"), "{}", output.out);
    place.xtask("release minor").ok();
    let tag = place.git("for-each-ref --format %(contents) refs/tags/v0.8.0");
    assert!(tag.ends_with(&format!("\n\nRelease: v0.8.0\nNot-verified: image ({why})")), "{tag}");
}

#[test]
fn a_dockerfile_that_is_broken_fails_the_proof() {
    let place = place("broken", "podman", "run");
    place.replace("Dockerfile", "COPY Cargo.toml", "COPY gone.toml");
    let output = place.xtask("smoke");
    assert_eq!(output.code, Some(1), "{}", output.all());
    assert!(output.out.contains("COPY gone.toml") && !output.all().contains("not proved "), "{}", output.all());
}

#[test]
fn no_engine_that_works_is_reported_in_one_line_with_what_to_do() {
    let mut place = place("none", "docker-that-nobody-asks", "");
    // What an engine is looked for by.
    let bin = place.tree.with_file_name("bin");
    write_program(&bin.join("podman"), "#!/bin/sh\necho 'Error: unable to connect to Podman socket' >&2\nexit 125\n");
    place.env.retain(|(name, _)| name != "ENGINE_STATE");
    let output = place.xtask("smoke").ok();
    let wanted = "note: image owl is not verified here: docker does not work: Cannot connect to the Docker daemon. Is the \
                  docker daemon running?; nor does podman: Error: unable to connect to Podman socket; next: start the daemon \
                  of docker, or make `podman info` succeed\n";
    assert!(output.out.contains(wanted), "{}", output.all());
}

#[test]
fn an_image_that_was_packed_before_is_pushed_where_nothing_can_be_built() {
    let mut place = place("packed", "podman", "");
    let (bin, packed) = (place.tree.with_file_name("bin"), place.tree.with_file_name("packed"));
    place.env.push(("IMAGE_REGISTRY".to_owned(), "127.0.0.1:1/owls".to_owned()));
    place.xtask("release minor --push --waive cargo-test").ok();
    for _ in 0..2 {
        // Again, over what is there.
        place.xtask("pack --out ../packed").ok();
    }
    fs::remove_file(bin.join("state.json")).unwrap();
    fs::remove_dir_all(place.tree.with_file_name("target")).unwrap();
    place.env.push(("ENGINE_LACKS".to_owned(), "build".to_owned()));
    let pushed = || {
        let state = fs::read_to_string(bin.join("state.json")).unwrap_or("{}".to_owned());
        let state: Value = serde_json::from_str(&state).unwrap();
        state["registry"]["127.0.0.1:1/owls/owl:0.8.0"].clone()
    };
    let publish = || place.xtask(&format!("publish 0.8.0 --only images --packed {}", packed.display()));
    let archive = packed.join("owl-0.8.0.tar");
    let text = fs::read_to_string(&archive).unwrap();
    let commit = place.git("rev-parse v0.8.0^{commit}");
    let refused = |why: &str| {
        let output = publish();
        assert!(output.code == Some(1) && output.all().contains(why), "{}", output.all());
        assert!(output.all().contains("next: at the tag, cargo xtask pack --out DIR"), "{}", output.all());
        assert_eq!(pushed(), Value::Null);
    };
    fs::remove_file(&archive).unwrap();
    refused(&format!("{} lacks owl-0.8.0.tar", packed.display()));
    fs::write(&archive, text.replace(&commit, &place.git("rev-parse v0.7.3^{commit}"))).unwrap();
    refused(&format!("{} does not hold the image of commit {commit}", archive.display()));
    fs::write(&archive, text).unwrap();
    let output = publish().ok();
    assert!(output.out.contains("done    load image owl:0.8.0"), "{}", output.all());
    assert_eq!(pushed()["labels"]["org.opencontainers.image.revision"], commit);
}

/// A place whose image goes to a registry that has a stranger's of that name, under this tag.
fn with_stranger(name: &str, engine: &str, tag: &str) -> (Place, String) {
    let mut place = place(name, engine, "");
    place.env.push(("IMAGE_REGISTRY".to_owned(), "127.0.0.1:1/owls".to_owned()));
    let theirs = "https://forge.example/they/owl";
    let image =
        json!({ "id": "0".repeat(64), "does": "serve", "labels": { "org.opencontainers.image.source": theirs } });
    let reference = format!("127.0.0.1:1/owls/owl:{tag}");
    let state = json!({ "here": {}, "containers": {}, "registry": { reference: image } });
    fs::write(place.tree.with_file_name("bin").join("state.json"), state.to_string()).unwrap();
    (place, format!("1 name belongs to another project on the image registry ({theirs})"))
}

#[test]
fn an_image_of_another_project_is_noted_by_check_and_stops_a_push() {
    for tag in ["latest", "nightly"] {
        let (place, reported) = with_stranger(&format!("stranger-{tag}"), "podman", tag);
        let noted = place.xtask("check");
        assert!(noted.code == Some(0) && noted.all().matches(&reported).count() == 1, "{tag}: {}", noted.all());
        let before = place.history();
        for release in ["release minor --push --dry-run", "release minor --push --waive cargo-test"] {
            let output = place.xtask(release);
            assert!(output.code == Some(1) && output.all().contains(&reported), "{tag}: {release}: {}", output.all());
            assert_eq!(place.history(), before, "{tag}: {release}");
        }
    }
}

#[test]
fn docker_does_not_tell_whose_a_name_without_latest_is() {
    let (place, _) = with_stranger("stranger-docker", "docker", "nightly");
    let reported =
        "the registries were not asked: whose the name owl is: the registry has no `latest` of it, and docker";
    let output = place.xtask("release minor --push --dry-run").ok();
    assert!(output.all().matches(reported).count() == 1, "{}", output.all());
}

/// Overwrites the program of the world, which says a version and a word.
fn program(place: &Place, version: &str, word: &str) {
    let line = format!(
        "println!(\"owl {{}} {word} {{}}\", {version}, semver::Version::new(1, 0, 0) < semver::Version::new(2, 0, 0))"
    );
    place.write("crates/owl/src/main.rs", &format!("fn main() {{\n    {line};\n}}\n"));
}

/// The version that the program is compiled from.
const OWN: &str = "env!(\"CARGO_PKG_VERSION\")";

/// The same place, whose image holds a binary that needs a crate of the registry.
fn with_binary(mut place: Place) -> Place {
    place.env.push(("CARGO_TERM_QUIET".to_owned(), "false".to_owned()));
    place.replace(
        "Cargo.toml",
        "\"Dockerfile\" }",
        "\"Dockerfile\", binary = \"owl\", files = [\"crates/owl/Cargo.toml\"] }",
    );
    place.replace("Dockerfile", "COPY Cargo.toml /Cargo.toml", "COPY owl /owl");
    place.replace(
        "crates/owl/Cargo.toml",
        "publish = false\n",
        "publish = false\n\n[dependencies]\nsemver = { version = \"1\", default-features = false }\n",
    );
    program(&place, OWN, "hoots");
    run(place.command("cargo").args(["generate-lockfile", "--offline", "--quiet"]));
    place.commit("feat: versions");
    place
}

#[test]
fn a_static_binary_is_compiled_once_and_published_from_the_tag_alone() {
    let mut place = with_binary(place("binary", "podman", "run"));
    place.env.push(("IMAGE_REGISTRY".to_owned(), "127.0.0.1:1/owls".to_owned()));
    let output = place.xtask("release minor --push --waive cargo-test").ok();
    assert!(
        output.all().contains("Compiling semver v") && output.all().contains("Compiling owl v0.8.0"),
        "{}",
        output.all()
    );
    let output = place.xtask("publish 0.8.0 --only images").ok();
    assert!(output.all().contains("Compiling owl v0.8.0"), "the tag's own tree is compiled: {}", output.all());
    assert!(!output.all().contains("Compiling semver v"), "a dependency is compiled once: {}", output.all());
    let target = place.tree.with_file_name("target").join("xtask");
    let binary = target.join("publish/v0.8.0/image/context/owl");
    let published = fs::read(&binary).unwrap();
    assert_eq!(run(&mut Command::new(&binary)), "owl 0.8.0 hoots true\n");
    let beside = fs::read_to_string(binary.with_file_name("Cargo.toml")).unwrap();
    assert_eq!(beside, place.read("crates/owl/Cargo.toml"));
    let home = place.tree.parent().unwrap().display().to_string();
    assert!(!String::from_utf8_lossy(&published).contains(&home), "the binary holds a path of this machine");

    // What is proved later, of the working tree at the same version, is newer than the checkout of the tag.
    program(&place, OWN, "screeches");
    place.xtask("smoke --waive cargo-test").ok();
    assert_eq!(run(&mut Command::new(target.join("image/context/owl"))), "owl 0.8.0 screeches true\n");
    fs::remove_file(place.tree.with_file_name("bin").join("state.json")).unwrap();
    place.xtask("publish 0.8.0 --only images").ok();
    assert!(fs::read(&binary).unwrap() == published, "another tree's program was published");

    program(&place, "\"0.7.3\"", "hoots");
    let output = place.xtask("smoke --waive cargo-test");
    assert_eq!(output.code, Some(1));
    assert!(
        output.all().contains("`owl --version` says `owl 0.7.3 hoots true`, but it was compiled from 0.8.0"),
        "{}",
        output.all()
    );
}
