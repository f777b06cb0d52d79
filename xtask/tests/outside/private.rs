//! Registries as companies have them: allow-lists in `publish`, one that is named in the workspace and wants a token.
//! It must never be enough that a command succeeds: what counts is what stands in which registry.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use crate::{
    harness::{Place, run, write_program},
    outside::serve_with,
};

tests! {
    each_allowed_registry_is_rehearsed: needs WORLD;
    a_private_registry_of_the_workspace_is_published_to: needs GH;
    a_private_dependency_is_fetched_with_the_token_and_compiled_without: needs GH;
    what_was_packed_before_is_sent_and_nothing_is_compiled: needs GH;
    a_rehearsal_takes_the_place_of_what_replaces_crates_io: needs NOTHING;
    what_a_mirror_or_a_directory_replaces_is_packed_for_crates_io: needs GH;
    what_a_private_registry_gives_for_a_token_is_there_in_a_rehearsal: needs NOTHING;
}

/// The first crate and what it needs say so in `publish`, and that they need each other from there.
fn with_publish(name: &str, publish: &str, registry: &str) -> Place {
    let mut place = Place::of_workspace(name, "plain");
    for dir in ["crates/lark", "crates/lark-core", "crates/lark-io"] {
        let manifest = format!("{dir}/Cargo.toml");
        let text = place.read(&manifest).replace("license", &format!("publish = [{publish}]\nlicense"));
        let named = if registry.is_empty() { String::new() } else { format!(", registry = \"{registry}\" }}") };
        place.write(&manifest, &if named.is_empty() { text } else { text.replace(" }", &named) });
    }
    // What compiles must not be able to publish; what a user compiles later is not ours to keep from it.
    let spy = "fn main() {\n    let is_user = env!(\"CARGO_MANIFEST_DIR\").contains(\"registry\");\n    \
               assert!(is_user || !std::env::vars().any(|(name, _)| name.ends_with(\"_TOKEN\")));\n}\n";
    place.write("crates/lark-core/build.rs", spy);
    // The registries pass on to the user's index.
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    place
}

fn name_registries(place: &Place, names: &[&str]) {
    let table = |name: &&str| format!("[registries.{name}]\nindex = \"sparse+http://127.0.0.1:9/{name}/\"\n");
    place.write(".cargo/config.toml", &names.iter().map(table).collect::<String>());
}

fn each_allowed_registry_is_rehearsed() {
    for (name, publish, registry, registries, places) in [
        ("public", "\"crates-io\"", "", &[][..], &["crates-io"][..]),
        ("two", "\"prod\", \"dev\"", "prod", &["prod", "dev"], &["prod", "dev"]),
    ] {
        let place = with_publish(&format!("private_{name}"), publish, registry);
        if !registries.is_empty() {
            name_registries(&place, registries);
            place.replace("Cargo.toml", "driver = \"lark\"", &format!("driver = \"lark\"\nregistries = {registries:?}"));
        }
        // Nobody sends a mail in a rehearsal, which ends as if somebody had.
        place.replace("Cargo.toml", "driver = \"lark\"", "driver = \"lark\"\nannounce = [\"mail\"]");
        place.commit("build: say where it is published");
        let output = place.xtask("rehearse 0.8.0").ok();
        for what in ["draft the mail (announcement-v0.8.0.txt, an asset of release v0.8.0)", "announce to mail (seen by a person)"] {
            assert!(output.out.contains(&format!("proved     {what}")), "{name}: {}", output.all());
        }
        for at in places {
            for what in ["crate lark-core 0.8.0", "crate lark 0.8.0"] {
                assert!(output.out.contains(&format!("proved     {what} in {at} (")), "{name}: {}", output.all());
            }
            assert!(output.out.contains("a new project builds with lark 0.8.0"), "{name}: {}", output.all());
        }
        assert_eq!(output.out.lines().filter(|line| line.contains("proved     crate ")).count(), 3 * places.len());
    }
}

/// A registry `corp` that wants a token, and the machine that knows it.
struct Corp {
    server: Child,
    registries: PathBuf,
    token: String,
    home: PathBuf,
    /// The workspace's configuration.
    config: String,
}

impl Corp {
    fn serve(place: &mut Place) -> Corp {
        let home = place.tree.with_file_name("cargo-home");
        let registries = place.tree.with_file_name("registries");
        let (server, served) = serve_with(&registries, &["--alone", "--registry", "corp"]);
        let of = |name: &str| served.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let config = format!("[registries.corp]\nindex = {:?}\n", of("CARGO_REGISTRIES_CORP_INDEX"));
        place.write(".cargo/config.toml", &config);
        place.commit("build: say where it is published");
        place.add_remote();
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("config.toml"), "[registry]\nglobal-credential-providers = [\"cargo:token\"]\n").unwrap();
        place.env.push(("CARGO_HOME".to_owned(), home.display().to_string()));
        for name in ["GH_HOST", "GH_REPO", "GH_TOKEN", "HTTP_PROXY", "NO_PROXY"] {
            place.env.push((name.to_owned(), of(name)));
        }
        Corp { server, registries, token: of("CARGO_REGISTRIES_CORP_TOKEN"), home, config }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.registries.join("at/corp/crates/files").join(name)
    }
}

impl Drop for Corp {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn a_private_registry_of_the_workspace_is_published_to() {
    let mut place = with_publish("private_workspace", "\"corp\"", "corp");
    let corp = Corp::serve(&mut place);
    // A tree may name programs, too; nobody who asks runs them.
    let trap = place.tree.with_file_name("trap.sh");
    write_program(&trap, "#!/bin/sh\ntouch \"$0.ran\"\nexit 1\n");
    place.xtask("release 0.8.0 --push --waive cargo-test").ok();

    let publish = "publish 0.8.0 --only crates";
    let output = place.xtask(publish);
    // It asks for a token before it says anything.
    assert!(output.code == Some(1) && output.all().contains("crate lark 0.8.0 in corp"), "{}", output.all());
    assert!(!corp.file("lark-0.8.0.crate").exists());

    // As `cargo login --registry corp` leaves it.
    let token = &corp.token;
    fs::write(corp.home.join("credentials.toml"), format!("[registries.corp]\ntoken = {token:?}\n")).unwrap();
    let trapped = format!("{}credential-provider = [{trap:?}]\n[build]\nrustc-wrapper = {trap:?}\n", corp.config);
    place.write(".cargo/config.toml", &trapped);
    let output = place.xtask(&format!("{publish} --dry-run")).ok();
    assert!(output.out.contains("todo    crate lark 0.8.0 in corp"), "{}", output.all());
    place.git("checkout -- .cargo/config.toml");
    place.xtask(publish).ok();
    let output = place.xtask(publish).ok();
    assert!(output.out.contains("done    crate lark 0.8.0 in corp (sha256 "), "{}", output.all());
    assert!(!output.all().contains(token), "{}", output.all());
    assert!(corp.file("lark-0.8.0.crate").exists());
    assert!(!corp.registries.join("crates/files/lark-0.8.0.crate").exists());
    assert!(!trap.with_extension("sh.ran").exists(), "a program of the tree was run to ask");
}

fn a_private_dependency_is_fetched_with_the_token_and_compiled_without() {
    let mut place = with_publish("private_dependency", "\"corp\"", "corp");
    // Whatever is compiled, or is called to compile, tells what it was given.
    let leak = place.tree.with_file_name("leak");
    let reported = "std::env::vars().any(|(name, _)| name.ends_with(\"_TOKEN\"))";
    let spy = |who: &str| {
        let (ran, leak) = (leak.with_file_name(who), leak.with_file_name(format!("{who}.leak")));
        format!("    std::fs::write({ran:?}, \"\").unwrap();\n    if {reported} {{ std::fs::write({leak:?}, \"\").unwrap(); }}\n")
    };
    let wrapper = place.tree.with_file_name("wrapper.sh");
    write_program(&wrapper, "#!/bin/sh\nenv | grep -q '_TOKEN=' && touch \"$0.leak\"\nexec \"$@\"\n");
    let corp = Corp::serve(&mut place);
    place.env.push(("CARGO_REGISTRIES_CORP_TOKEN".to_owned(), corp.token.clone()));
    let nest = place.tree.with_file_name("nest");
    fs::create_dir_all(nest.join("src")).unwrap();
    fs::create_dir_all(nest.join(".cargo")).unwrap();
    fs::write(nest.join(".cargo/config.toml"), &corp.config).unwrap();
    let manifest = "[package]\nname = \"nest\"\nversion = \"1.0.0\"\nedition = \"2021\"\ndescription = \"x\"\nlicense = \"MIT\"\n[workspace]\n";
    fs::write(nest.join("Cargo.toml"), manifest).unwrap();
    fs::write(nest.join("src/lib.rs"), "pub fn build() {}\n").unwrap();
    fs::write(nest.join("build.rs"), format!("fn main() {{\n{}}}\n", spy("nest-build"))).unwrap();
    let cargo = |dir: &Path, args: &[&str]| run(place.command("cargo").args(args).current_dir(dir));
    cargo(&nest, &["publish", "--registry", "corp", "--no-verify"]);

    place.write("crates/lark-core/build.rs", &format!("fn main() {{\n{}}}\n", spy("core-build")));
    place.write("crates/lark-core/tests/nest.rs", &format!("#[test]\nfn nest() {{\n    nest::build();\n{}}}\n", spy("test")));
    let core = place.read("crates/lark-core/Cargo.toml");
    place.write("crates/lark-core/Cargo.toml", &format!("{core}\n[dependencies.nest]\nversion = \"1\"\nregistry = \"corp\"\n"));
    cargo(&place.tree, &["generate-lockfile"]);
    let wrapped = format!("{}[build]\nrustc-wrapper = {wrapper:?}\nrustc-workspace-wrapper = {wrapper:?}\n", corp.config);
    place.write(".cargo/config.toml", &wrapped);
    place.commit("build: nest");
    place.git("push --quiet origin main");
    // Nothing is here that the token alone brings.
    fs::remove_dir_all(corp.home.join("registry")).unwrap();
    place.xtask("release 0.8.0 --push").ok();
    fs::remove_dir_all(corp.home.join("registry")).unwrap();
    place.xtask("publish 0.8.0 --only crates").ok();
    assert!(corp.file("lark-core-0.8.0.crate").exists());
    for who in ["nest-build", "core-build", "test"] {
        assert!(leak.with_file_name(who).exists(), "{who} did not run");
        assert!(!leak.with_file_name(format!("{who}.leak")).exists(), "{who} was given a token");
    }
    assert!(!wrapper.with_extension("sh.leak").exists(), "a program of the tree was given a token");
}

fn what_was_packed_before_is_sent_and_nothing_is_compiled() {
    let mut place = with_publish("private_packed", "\"corp\"", "corp");
    let (mark, packed) = (place.tree.with_file_name("compiled"), place.tree.with_file_name("packed"));
    place.write("crates/lark-core/build.rs", &format!("fn main() {{\n    std::fs::write({mark:?}, \"\").unwrap();\n}}\n"));
    let corp = Corp::serve(&mut place);
    place.env.push(("CARGO_REGISTRIES_CORP_TOKEN".to_owned(), corp.token.clone()));
    place.xtask("release 0.8.0 --push --waive cargo-test").ok();
    let output = place.xtask("pack --out ../packed").ok();
    assert!(mark.exists() && output.out.contains("  lark-core-0.8.0.crate\n"), "{}", output.all());

    // Another machine has none of it.
    fs::remove_file(&mark).unwrap();
    fs::remove_dir_all(place.tree.with_file_name("target")).unwrap();
    let publish = || place.xtask(&format!("publish 0.8.0 --only crates --packed {}", packed.display()));
    let refused = |why: &str| {
        let output = publish();
        assert!(output.code == Some(1) && output.all().contains(why), "{}", output.all());
        assert!(output.all().contains("next: at the tag, cargo xtask pack --out DIR"), "{}", output.all());
        assert!(!corp.file("lark-core-0.8.0.crate").exists(), "{}", output.all());
    };
    let last = packed.join("lark-0.8.0.crate");
    let bytes = fs::read(&last).unwrap();
    fs::remove_file(&last).unwrap();
    refused(&format!("{} lacks lark-0.8.0.crate", packed.display()));
    fs::write(&last, [&bytes[..], b"more"].concat()).unwrap();
    refused(&format!("{} is not what this commit is packed to: its sha256 is ", last.display()));
    fs::write(&last, &bytes).unwrap();
    let output = publish().ok();
    assert!(output.out.contains("done    package 3 crates and compare each with the package that was compiled"), "{}", output.all());
    for name in ["lark-core-0.8.0.crate", "lark-io-0.8.0.crate", "lark-0.8.0.crate"] {
        assert_eq!(fs::read(corp.file(name)).unwrap(), fs::read(packed.join(name)).unwrap(), "{name}");
    }
    assert!(!mark.exists(), "something was compiled");
}

/// What a workspace writes to have cargo read a mirror, or vendored sources, instead of crates.io.
fn replace_crates_io(place: &Place, by: &str) {
    place.write(".cargo/config.toml", &format!("[source.crates-io]\nreplace-with = \"other\"\n[source.other]\n{by}\n"));
    place.commit("build: read crates from elsewhere");
}

fn a_rehearsal_takes_the_place_of_what_replaces_crates_io() {
    let mirror = Place::new("private_mirror_for_rehearsal").tree;
    let (mut server, served) = serve_with(&mirror, &["--alone"]);
    let index = &served.iter().find(|(name, _)| name == "XTASK_CRATES_IO_INDEX").unwrap().1;
    // Every index has it, and cargo is asked for it.
    fill(&served, "semver", &[]);
    for (name, by) in [("mirrored", format!("registry = {index:?}")), ("vendored", "directory = \"vendor\"".to_owned())] {
        let mut place = Place::of_workspace(&format!("private_{name}"), "plain");
        place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
        place.write("vendor/.gitkeep", "");
        replace_crates_io(&place, &by);
        let output = place.xtask("rehearse 0.8.0").ok();
        for what in ["crate lark-core 0.8.0 (", "crate lark 0.8.0 (", "a new project builds with lark 0.8.0"] {
            assert!(output.out.contains(&format!("proved     {what}")), "{name}: {}", output.all());
        }
        assert!(output.out.contains("the second build has the same bytes"), "{name}: {}", output.all());
    }
    assert!(!mirror.join("crates/files/lark-0.8.0.crate").exists(), "the mirror was sent something");
    server.kill().unwrap();
    server.wait().unwrap();
}

/// A crate of somebody else's in a registry that was started.
fn fill(served: &[(String, String)], name: &str, options: &[&str]) {
    let dir = Place::new(&format!("private_{name}_of_others")).tree;
    fs::create_dir_all(dir.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"2021\"\ndescription = \"x\"\nlicense = \"MIT\"\n[workspace]\n"
    );
    fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    fs::write(dir.join("src/lib.rs"), "pub fn found() {}\n").unwrap();
    let mut cargo = Command::new("cargo");
    cargo.args(["publish", "--quiet", "--no-verify", "--allow-dirty"]).args(options).current_dir(&dir);
    run(cargo.envs(served.iter().cloned()).env("CARGO_NET_OFFLINE", "false"));
}

fn what_a_mirror_or_a_directory_replaces_is_packed_for_crates_io() {
    let mirror = Place::new("private_mirror_for_packing").tree;
    let (mut server, served) = serve_with(&mirror, &["--alone"]);
    let of = |name: &str| served.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let mirrored = format!("registry = {:?}", of("XTASK_CRATES_IO_INDEX"));
    let home = Place::new("private_home_with_mirror").tree;
    fs::create_dir_all(&home).unwrap();
    fs::write(home.join("config.toml"), format!("[source.crates-io]\nreplace-with = \"mine\"\n[source.mine]\n{mirrored}\n")).unwrap();
    for (name, by) in [
        ("packs_mirrored", mirrored.clone()),
        // The user has the mirror then.
        ("packs_vendored", "directory = \"vendor\"".to_owned()),
    ] {
        let mut place = Place::of_workspace(&format!("private_{name}"), "plain");
        place.write("vendor/.gitkeep", "");
        replace_crates_io(&place, &by);
        place.add_remote();
        // The true one cannot be reached from here, and nothing may be sent there.
        let nowhere = "http://127.0.0.1:9".to_owned();
        place.env.extend([
            ("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()),
            ("CARGO_NET_RETRY".to_owned(), "0".to_owned()),
            ("CARGO_REGISTRY_TOKEN".to_owned(), "of nobody".to_owned()),
            ("HTTPS_PROXY".to_owned(), nowhere),
            ("NO_PROXY".to_owned(), "127.0.0.1".to_owned()),
        ]);
        if name == "packs_vendored" {
            place.env.push(("CARGO_HOME".to_owned(), home.display().to_string()));
        }
        place.xtask("release 0.8.0 --push --waive cargo-test").ok();
        let output = place.xtask("publish 0.8.0 --only crates --deadline 1");
        assert!(output.all().contains("  done    package 3 crates and compile each"), "{}", output.all());
        // cargo names the registry, or the address of its index, as its version has it.
        let names_it = |name: &str| output.all().contains(name);
        assert!(names_it("cargo publish -p lark-core: "), "{}", output.all());
        assert!(names_it("registry `crates-io`") || names_it("https://index.crates.io/"), "{}", output.all());
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

fn what_a_private_registry_gives_for_a_token_is_there_in_a_rehearsal() {
    let registries = Place::new("private_needed_registries").tree;
    let (mut server, served) = serve_with(&registries, &["--alone", "--registry", "corp"]);
    let of = |name: &str| served.iter().find(|(known, _)| known == name).unwrap().1.clone();
    fill(&served, "helper", &["--registry", "corp"]);
    // What needs it goes where it is, or nowhere.
    for (name, publish) in [("same", "\"corp\""), ("other", "\"prod\"")] {
        let mut place = with_publish(&format!("private_needed_{name}"), publish, publish.trim_matches('"'));
        let config = format!(
            "[registries.corp]\nindex = {:?}\n[registries.prod]\nindex = \"sparse+http://127.0.0.1:9/prod/\"\n",
            of("CARGO_REGISTRIES_CORP_INDEX")
        );
        place.write(".cargo/config.toml", &config);
        let manifest = "crates/lark-core/Cargo.toml";
        let more = "\n[dependencies]\nhelper = { version = \"1\", registry = \"corp\" }\n";
        place.write(manifest, &(place.read(manifest) + more));
        let lib = "crates/lark-core/src/lib.rs";
        place.write(lib, &(place.read(lib) + "pub use helper::found;\n"));
        let home = place.tree.with_file_name("cargo-home");
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("config.toml"), "[registry]\nglobal-credential-providers = [\"cargo:token\"]\n").unwrap();
        place.env.push(("CARGO_HOME".to_owned(), home.display().to_string()));
        place.commit("build: need a helper");
        let token = of("CARGO_REGISTRIES_CORP_TOKEN");
        fs::write(home.join("credentials.toml"), format!("[registries.corp]\ntoken = {token:?}\n")).unwrap();
        run(place.command("cargo").args(["update", "--quiet", "--workspace"]));
        place.commit("build: lock it");

        let output = place.xtask("rehearse 0.8.0").ok();
        for what in ["crate lark-core 0.8.0", "crate lark 0.8.0"] {
            assert!(output.out.contains(&format!("proved     {what} in {} (", publish.trim_matches('"'))), "{}", output.all());
        }
        assert!(output.out.contains("a new project builds with lark 0.8.0"), "{}", output.all());
        assert!(output.out.contains("the second build has the same bytes"), "{}", output.all());
        assert!(!output.all().contains(&token) && !registries.join("at/corp/crates/files/lark-0.8.0.crate").exists());

        fs::remove_file(home.join("credentials.toml")).unwrap();
        let output = place.xtask("rehearse 0.8.0");
        let why = "lark needs helper of registry corp: cargo did not answer for helper 1.2.3 in corp";
        assert!(output.code == Some(1) && output.all().contains(why), "{}", output.all());
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
