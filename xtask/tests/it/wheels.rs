//! Wheels, with a Python that only plays maturin and uv, and takes what was built before for fresh as cargo does.
//! They must never be satisfied by a wheel's name: what was compiled into it counts.

use std::{fs, path::PathBuf};

use crate::harness::{CommandOutput, Place, write_program};

/// As little of Python as the tool asks for. A wheel is a text: the version that was compiled in.
const PYTHON: &str = r#"#!/bin/sh
case "$*" in
*sys.version_info*) printf '3 12 0\n%s\nTrue\nlinux\n/\n' "$0" ;;
'-m venv '*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && cp PRETENDED/uv "$3/bin/uv" ;;
'-m pip install '* | '-c import pip') ;;
'-c '*create_command*) echo '{"index": "http://127.0.0.1:9/simple", "extra": [], "by_itself": "http://127.0.0.1:9/simple"}' ;;
'-I -c '*' build_'*' own.hooks build')
    echo "$4 $MATURIN_PEP517_ARGS" >>PRETENDED/log && [ -f build/own/hooks.py ]
    case "$4" in build_sdist) file=.tar.gz ;; *) file=-py3-none-any.whl ;; esac
    echo 0.7.3 >"$5/lark_python-0.7.3$file" ;;
'-m maturin sdist --out '*) mkdir -p "$5" && echo sdist >"$5/lark_python-0.7.3.tar.gz" ;;
'-m maturin build --release --out '*)
    built=$CARGO_TARGET_DIR/built
    mkdir -p "$CARGO_TARGET_DIR" "$6"
    [ -f "$built" ] || echo "${COMPILED-0.7.3}" >"$built"
    cp "$built" "$6/lark_python-0.7.3-py3-none-any.whl" ;;
'-I -S -c '*'first index that knows'*) echo '{"versions": {}, "links": []}' ;;
'-I -c '*twine*) [ -z "${COMPLAINTS-}" ] || { printf "$COMPLAINTS" >&2 && exit 1; } ;;
'-m maturin develop '*) cargo build --release --verbose 2>&1 | grep lark-python >>PRETENDED/log ;;
'-I -c '*) cat "$(dirname "$0")/../installed" ;;
*) echo "python: $*" >&2 && exit 2 ;;
esac
"#;

const UV: &str = r#"#!/bin/sh
for last; do :; done
case "$*" in
'venv '*) mkdir -p "$last/bin" && cp PRETENDED/python3 "$last/bin/python" ;;
'pip install '*) printf 'site\n0.7.3\n%s\nmodule lark_python\n' "$(cat "$last")" >"$(dirname "$7")/../installed" ;;
'pip compile '*) echo 'error: there is no version of lark-python==0.7.3' >&2 && exit 1 ;;
*) echo "uv $*" >>PRETENDED/log ;;
esac
"#;

fn place(name: &str) -> Place {
    let mut place = Place::of_workspace(&format!("wheels/{name}"), "shipped");
    place.add_remote();
    let dir = pretended(&place);
    fs::create_dir_all(&dir).unwrap();
    for (name, text) in [("python3", PYTHON), ("uv", UV)] {
        write_program(&dir.join(name), &text.replace("PRETENDED", dir.to_str().unwrap()));
    }
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").unwrap());
    place.env.push(("PATH".to_owned(), path));
    place
}

fn pretended(place: &Place) -> PathBuf {
    place.tree.with_file_name("pretended")
}

/// What the programs were called for that leaves something.
fn log(place: &Place) -> String {
    fs::read_to_string(pretended(place).join("log")).unwrap_or_default()
}

fn compiled(place: &Place, version: &str) -> Place {
    with(place, "COMPILED", version)
}

fn with(place: &Place, name: &str, value: &str) -> Place {
    let mut env = place.env.clone();
    env.push((name.to_owned(), value.to_owned()));
    Place { tree: place.tree.clone(), remote: place.remote.clone(), env }
}

const WHEEL: &str = "lark_python-0.7.3-py3-none-any.whl";

#[test]
fn a_wheel_is_built_where_nothing_was_built_before() {
    let place = place("fresh");
    // A library of another version, as a build of it would have left it.
    let stale = place.tree.with_file_name("target").join("xtask/publish/v0.7.3/wheel");
    fs::create_dir_all(&stale).unwrap();
    fs::write(stale.join("built"), "0.7.2\n").unwrap();
    let output = place.xtask("wheels --train lark --out ../dist").ok();
    assert_eq!(fs::read_to_string(place.tree.with_file_name("dist").join(WHEEL)).unwrap(), "0.7.3\n");
    assert!(
        output.out.contains("          1 file: it says its version as installed; it has no tests"),
        "{}",
        output.out
    );
    // And again: what this build left is as stale for the next one.
    let output = compiled(&place, "0.7.2").xtask("wheels --train lark --out ../dist");
    assert_eq!(output.code, Some(1), "{}", output.all());
}

#[test]
fn a_backend_in_the_tree_builds_the_wheel() {
    let place = place("own_backend");
    let pyproject = place.read("lark-python/pyproject.toml");
    let own = "build-backend = \"own.hooks\"\nbackend-path = [\"build\"]";
    let pyproject =
        pyproject.replace("build-backend = \"maturin\"", own) + "\n[tool.maturin]\nmodule-name = \"lark_python\"\n";
    place.write("lark-python/pyproject.toml", &pyproject);
    place.write("lark-python/build/own/hooks.py", "from maturin import *\n");
    place.git("add --all");
    place.git("commit --quiet --message own");
    place.xtask("wheels --train lark --sdist --out ../dist").ok();
    // What it does beside calling maturin would be lost with maturin alone, and its libraries are looked at as there.
    assert_eq!(log(&place), "build_sdist --compatibility pypi\nbuild_wheel --compatibility pypi\n");
    assert!(place.tree.with_file_name("dist").join(WHEEL).exists());
}

#[test]
fn a_wheel_whose_library_is_of_another_version_goes_nowhere() {
    let place = compiled(&place("stale"), "0.7.2");
    let refused = |output: &CommandOutput| {
        assert_eq!(output.code, Some(1), "{}", output.all());
        let why = "as installed, lark-python is 0.7.3 by its metadata and 0.7.2 by its code, not 0.7.3";
        assert!(output.err.contains(why), "{}", output.all());
    };
    refused(&place.xtask("wheels --train lark --out ../dist"));
    assert!(!place.tree.with_file_name("dist").join(WHEEL).exists());
    let mut sends = compiled(&place, "0.7.2");
    sends.env.push(("UV_PUBLISH_TOKEN".to_owned(), "t".to_owned()));
    refused(&sends.xtask("publish 0.7.3 --train lark --only wheels --deadline 5"));
    assert_eq!(log(&place), "", "nothing was uploaded");
    // Code that tells no version is told as such.
    let silent = compiled(&place, "");
    let output = silent.xtask("wheels --train lark --out ../dist").ok();
    assert!(output.out.contains("its code has no __version__ to compare; it has no tests"), "{}", output.out);
}

#[test]
fn what_an_index_would_refuse_is_found_where_it_is_built() {
    let place = place("refused");
    let complains = |text: &str| with(&place, "COMPLAINTS", text).xtask("wheels --train lark --out ../dist");
    let silent =
        "`long_description_content_type` missing. defaulting to `text/x-rst`.\\n`long_description` missing.\\n";
    complains(silent).ok();
    for text in ["`long_description` has syntax errors in markup\\n", &format!("{silent}line 1: Error: x\\n")] {
        let output = complains(text);
        assert_eq!(output.code, Some(1), "{}", output.all());
        let last = text.trim_end_matches("\\n").rsplit("\\n").next().unwrap();
        let why = "twine check --strict of lark-python 0.7.3: ";
        assert!(output.err.contains(why) && output.err.contains(last), "{}", output.all());
    }
}

#[test]
fn a_file_that_an_index_takes_for_another_is_reported() {
    let place = place("one_name");
    let dist = place.tree.with_file_name("dist");
    fs::create_dir_all(&dist).unwrap();
    for name in [WHEEL, "Lark.Python-0.7.3-py3-none-any.whl"] {
        fs::write(dist.join(name), "0.7.3\n").unwrap();
    }
    let output = place.xtask("publish 0.7.3 --train lark --only wheels --dist ../dist --dry-run");
    assert_eq!(output.code, Some(1), "{}", output.all());
    let why = format!("Lark.Python-0.7.3-py3-none-any.whl and {WHEEL} are one file to an index");
    assert!(output.all().contains(&why), "{}", output.all());
}

#[test]
fn the_library_is_compiled_again_for_every_proof() {
    let place = place("again");
    for times in 1..=2 {
        place.xtask("smoke --train lark --waive cargo-test").ok();
        let log = log(&place);
        assert_eq!(log.matches("Compiling lark-python").count(), times, "{log}");
        assert_eq!(log.matches("Fresh lark-python").count(), 0, "{log}");
    }
}
