//! How a rehearsal ends, as a person at a terminal sees it: everything on one stream, a verdict on the last line.
//! It must never take long: whole rehearsals with all registries are in `tests/rehearsal.rs`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use crate::harness::{CommandOutput, Place, run, write_program};

fn trains(name: &str) -> Place {
    let place = Place::of_workspace(name, "trains");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    place
}

/// A line without its times.
fn timeless(line: &str) -> String {
    let words = line.split(' ').map(|word| if word.parse::<f64>().is_ok() { "N" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn last(text: &str) -> String {
    timeless(text.lines().last().unwrap_or_default())
}

/// Whether each of the texts stands in standard output, in this order.
fn in_order(output: &CommandOutput, texts: &[&str]) -> bool {
    let mut rest = output.out.as_str();
    texts.iter().all(|text| rest.split_once(text).map(|(_, after)| rest = after).is_some())
}

#[test]
fn a_failed_rehearsal_ends_with_a_result_on_the_stream_of_its_headings() {
    let mut place = trains("rehearse_fails");
    // The registries pass on to the user's index.
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    place.write("crates/lark/tests/wrong.rs", "#[test]\nfn wrong() {\n    panic!(\"the song is wrong\");\n}\n");
    place.commit("test: a wrong song");
    let output = place.xtask("rehearse 0.8.0 --train lark");
    assert_eq!((output.code, output.err.as_str()), (Some(1), ""), "all of it is on one stream");
    let lines = [
        "begin   set up the clone",
        "release:",
        "begin   [2/5] prove cargo-test",
        "the song is wrong",
        "failed  prove",
    ];
    assert!(in_order(&output, &lines), "{}", output.out);
    let verdict = "rehearsal of lark 0.8.0: failed after N s: `cargo xtask release 0.8.0 --push` failed: see above";
    assert_eq!(last(&output.out), verdict, "{}", output.out);

    // The document stays alone on standard output.
    let output = place.xtask("rehearse 0.8.0 --train lark --json --quiet");
    assert_eq!(output.code, Some(1));
    let json: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!((&json[0]["outcome"], &json[0]["rehearsal"]["version"]), (&"failed".into(), &"0.8.0".into()));
    assert_eq!(last(&output.err), verdict, "{}", output.err);
}

#[test]
fn what_goes_by_pull_request_is_merged_tagged_and_published() {
    let mut place = Place::of_workspace("rehearse_pull", "plain");
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    place.replace("Cargo.toml", "driver = \"lark\"\n", "driver = \"lark\"\nflow = \"pull-request\"\n");
    place.commit("release by pull request");
    let output = place.xtask("rehearse 0.8.0 --json --quiet").ok();
    let json: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(json[0]["outcome"], "proved", "{json:#}");
    let stages = json[0]["rehearsal"]["stages"].as_array().unwrap();
    let lines: Vec<&str> = stages
        .iter()
        .flat_map(|stage| stage["lines"].as_array().unwrap())
        .map(|line| line["title"].as_str().unwrap())
        .collect();
    for title in ["commit \"align: release 0.8.0\"", "tag v0.8.0", "push v0.8.0 to origin", "crate lark 0.8.0"] {
        assert!(lines.contains(&title), "{title}: {lines:#?}");
    }
    let has_gh = std::process::Command::new("gh").arg("--version").output().is_ok();
    assert_eq!(lines.contains(&"merged by somebody"), has_gh, "{lines:#?}");
}

#[test]
fn each_train_has_a_result_and_the_last_is_that_of_all_even_when_nothing_could_be_set_up() {
    // Without a network, nobody can tell whose the names are.
    let place = trains("rehearse_trains");
    fs::write(place.tree.with_file_name("file"), "").unwrap();
    let output = place.xtask("rehearse --page ../file/page.html");
    assert_eq!((output.code, output.err.as_str()), (Some(1), ""));
    let why = "failed after N s: cargo is offline: CARGO_NET_OFFLINE is set";
    let verdicts: Vec<String> =
        output.out.lines().filter(|line| line.starts_with("rehearsal of ")).map(timeless).collect();
    assert_eq!(
        verdicts,
        [
            format!("rehearsal of lark 0.7.3: {why}"),
            format!("rehearsal of ingest 0.3.0: {why}"),
            format!("rehearsal of lark 0.7.3 and ingest 0.3.0: {}", why.replace("s: cargo", "s: lark: cargo")),
        ],
        "{}",
        output.out
    );
    assert_eq!(last(&output.out), verdicts[2]);
    assert!(output.out.contains("failed     write the page ("), "{}", output.out);
}

/// A public index on this machine, which ends with this.
struct Public {
    server: Child,
    /// The environment under which cargo publishes there.
    env: Vec<(String, String)>,
}

impl Public {
    /// Serves from beside the place, whose user takes crates from there.
    fn serve_to(place: &mut Place) -> Public {
        let dir = place.tree.with_file_name("public");
        let mut command = place.tool("serve --alone --dir");
        let mut server = command.arg(&dir).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
        let reported = lines.take_while(|line| !line.is_empty()).map(|line| {
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        });
        let env = reported.filter(|(name, _)| name.starts_with("CARGO_")).collect();
        let config = fs::read_to_string(dir.join("cargo-home/config.toml")).unwrap();
        let index = config.split_once("index = \"").unwrap().1.split_once('"').unwrap().0;
        let home = place.tree.with_file_name("home");
        fs::create_dir_all(&home).unwrap();
        let config =
            format!("[source.crates-io]\nreplace-with = \"public\"\n[source.public]\nregistry = \"{index}\"\n");
        fs::write(home.join("config.toml"), config).unwrap();
        // What the registries of the rehearsal are built from is on no such index.
        let cargo = place.tree.with_file_name("cargo");
        let real =
            std::env::var("CARGO_HOME").map_or("unset CARGO_HOME".to_owned(), |home| format!("CARGO_HOME='{home}'"));
        let script =
            format!("#!/bin/sh\ncase $PWD in */xtask/stand-in) {real};; esac\nexec '{}' \"$@\"\n", env!("CARGO"));
        write_program(&cargo, &script);
        let set = |name: &str, value: String| (name.to_owned(), value);
        place.env.extend([
            set("CARGO", cargo.display().to_string()),
            set("CARGO_HOME", home.display().to_string()),
            set("CARGO_NET_OFFLINE", "false".to_owned()),
        ]);
        let public = Public { server, env };
        // Whoever stands before an index asks it for this crate first.
        public.publish(place, "semver", "1.0.0", "");
        public
    }

    /// Publishes a crate of somebody else's, whose build leaves a mark.
    fn publish(&self, place: &Place, name: &str, version: &str, more: &str) {
        let dir = place.tree.with_file_name(format!("theirs-{name}"));
        fs::create_dir_all(dir.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\ndescription = \"theirs\"\nlicense = \"MIT\"\n{more}\n[workspace]\n"
        );
        fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        fs::write(dir.join("src/lib.rs"), "").unwrap();
        let mark = place.tree.with_file_name("mark");
        fs::write(dir.join("build.rs"), format!("fn main() {{ std::fs::write({mark:?}, \"\").unwrap() }}\n")).unwrap();
        let mut cargo = place.command("cargo");
        cargo.args(["publish", "--quiet", "--no-verify", "--allow-dirty"]).current_dir(&dir);
        run(cargo.envs(self.env.iter().map(|(name, value)| (name, value))));
    }
}

impl Drop for Public {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn strangers_with_our_names_are_not_observed_and_are_reported_at_the_end() {
    let mut place = Place::of_workspace("rehearse_collides", "plain");
    let public = Public::serve_to(&mut place);
    // It satisfies what is required of ours, and is higher.
    for name in ["lark-core", "lark-io"] {
        public.publish(&place, name, "0.8.9", "repository = \"https://forge.example/they/lark\"\n");
    }
    let output = place.xtask("rehearse 0.8.0 --quiet");
    assert_eq!(output.code, Some(0), "{}", output.all());
    assert!(!place.tree.with_file_name("mark").exists(), "what a stranger wrote was run");
    let lines: Vec<&str> = output.out.lines().rev().take(2).collect();
    let names = "2 names belong to another project on the registry (https://forge.example/they/lark): this release cannot be \
                 published there under these names: lark-core, lark-io";
    assert_eq!(lines[0], names, "{}", output.all());
    assert!(lines[1].starts_with("rehearsal of lark 0.8.0: proved in "), "{}", output.all());
    let page = fs::read_to_string(place.tree.with_file_name("target").join("xtask/rehearsal-lark.html")).unwrap();
    assert!(page.contains("2 names belong to another project"), "{page}");
}

#[test]
fn a_command_that_is_run_with_the_registries_has_no_other_index_and_no_credential() {
    let place = Place::of_workspace("serve_alone", "plain");
    let mut tool = place.tool("serve --alone --dir ../registries -- env");
    for name in ["UV_EXTRA_INDEX_URL", "UV_PUBLISH_INDEX", "UV_INDEX", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"] {
        tool.env(name, "http://foreign.example/");
    }
    for name in ["CARGO_REGISTRY_TOKEN", "CARGO_REGISTRIES_PROD_TOKEN", "UV_PUBLISH_PASSWORD", "TWINE_PASSWORD"] {
        tool.env(name, "foreign-w0rd");
    }
    let output = CommandOutput::of(tool.env("UV_DEFAULT_INDEX", "http://mirror.example/").output().unwrap()).ok();
    assert!(!output.out.contains("foreign"), "{}", output.out);
    assert!(output.out.contains("UV_INDEX=rehearsal=http://127.0.0.1:"), "{}", output.out);
    assert!(output.out.contains("UV_DEFAULT_INDEX=http://mirror.example/"), "{}", output.out);
}

#[test]
fn what_is_not_known_to_be_ours_is_hidden_from_a_command_with_the_registries() {
    let mut place = Place::of_workspace("serve_hides", "wheel");
    let public = Public::serve_to(&mut place);
    let theirs = "repository = \"https://forge.example/they/lark\"\n";
    for name in ["lark-io", "sparrow"] {
        public.publish(&place, name, "0.8.9", theirs);
    }
    let script = "import os, urllib.request
address = os.environ['UV_INDEX'].removeprefix('rehearsal=') + 'lark-python/'
print('python', urllib.request.urlopen(address).read().decode().count('.whl'))
for name in ['lark-io', 'sparrow']:
    print(name, os.system(f'cargo info --quiet --registry rehearsal {name} >/dev/null 2>&1') == 0)";
    let mut tool = place.tool("serve --dir ../registries -- python3 -c");
    // Nobody answers there, so whose the Python name is is not known.
    let output = CommandOutput::of(tool.arg(script).env("UV_DEFAULT_INDEX", "http://127.0.0.1:1/").output().unwrap());
    assert_eq!(output.out, "python 0\nlark-io False\nsparrow True\n", "{}", output.all());
    let reported = "hidden, because they are not known to be this project's: lark-io, lark-python";
    assert!(output.all().contains(reported), "{}", output.all());
}

/// The true pip, against an index that has more than ours.
#[test]
fn pip_finds_nothing_of_a_stranger_with_the_registries_and_all_else() {
    let mut place = Place::of_workspace("serve_pip", "wheel");
    let _public = Public::serve_to(&mut place);
    let config = place.tree.with_file_name("config");
    fs::create_dir_all(config.join("pip")).unwrap();
    let script = "import functools, http.server, os, subprocess, sys, threading, zipfile
place, *command = sys.argv[1:]
for name, version in [('lark_python', '99.0'), ('dove', '1.0')]:
    os.makedirs(f'{place}/simple/' + name.replace('_', '-'))
    with zipfile.ZipFile(f'{place}/simple/' + name.replace('_', '-') + f'/{name}-{version}-py3-none-any.whl', 'w') as wheel:
        about = f'{name}-{version}.dist-info/'
        wheel.writestr(about + 'METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')
        wheel.writestr(about + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        wheel.writestr(about + 'RECORD', '')
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=place)
handler.log_message = lambda *_: None
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.environ['XDG_CONFIG_HOME'] + '/pip/pip.conf', 'w') as config:
    config.write(f'[global]\\nindex-url = http://127.0.0.1:{server.server_port}/simple/\\n[install]\\nfind-links = {place}/simple/lark-python\\n[download]\\nfind-links = {place}/simple/lark-python\\n')
sys.exit(subprocess.call(command))";
    let fetch = "import subprocess, sys
subprocess.run([sys.executable, '-m', 'venv', '../pip'], check=True)
for name in ['dove', 'lark-python']:
    call = ['../pip/bin/python', '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', '../had', name]
    print(name, subprocess.run(call, stderr=subprocess.DEVNULL).returncode == 0)";
    let tool = place.tool("serve --dir ../registries -- python3 -c");
    let mut python = place.command("python3");
    python.args(["-c", script]).arg(place.tree.with_file_name("theirs")).arg(tool.get_program()).args(tool.get_args());
    let output = CommandOutput::of(python.arg(fetch).env("XDG_CONFIG_HOME", &config).output().unwrap());
    assert_eq!(output.out, "dove True\nlark-python False\n", "{}", output.all());
    assert!(
        output.all().contains("hidden, because they are not known to be this project's: lark-python"),
        "{}",
        output.all()
    );
}

#[test]
fn a_workspace_that_cannot_be_read_hides_something_or_nothing_is_run() {
    let place = Place::of_workspace("serve_unread", "plain");
    place.write("Cargo.toml", "[workspace\n");
    let output = CommandOutput::of(place.tool("serve --dir ../registries -- echo is run").output().unwrap());
    assert_eq!((output.code, output.out.as_str()), (Some(1), ""), "{}", output.all());
    assert!(output.err.contains("which names another project has cannot be asked of this workspace"), "{}", output.err);
    let output =
        CommandOutput::of(place.tool("serve --alone --dir ../registries -- echo is run").output().unwrap()).ok();
    assert_eq!(output.out, "is run\n");
}

#[test]
fn a_command_is_run_with_the_registries_and_leaves_what_was_built_alone() {
    let place = Place::of_workspace("serve_command", "plain");
    let script = "echo $CARGO_REGISTRY_DEFAULT $CARGO_REGISTRIES_PROD_INDEX; echo $CARGO_TARGET_DIR; exit 7";
    let mut tool = place.tool("serve --alone --registry prod --dir ../registries --");
    let output = CommandOutput::of(tool.args(["sh", "-c", script]).output().unwrap());
    assert_eq!(output.code, Some(7), "{}", output.all());
    let lines: Vec<&str> = output.out.lines().collect();
    assert!(lines[0].starts_with("rehearsal sparse+http://127.0.0.1:"), "{}", output.all());
    let own = place.tree.with_file_name("registries").join("target");
    assert_eq!(
        fs::canonicalize(fs::create_dir_all(lines[1]).map(|()| lines[1]).unwrap()).unwrap(),
        own.canonicalize().unwrap()
    );
}
