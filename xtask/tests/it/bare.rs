//! Machines that lack something: programs that are not there, Pythons that do not work, a git that knows nobody.
//! It must never depend on what this machine has beside Rust, Python and git.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::symlink,
};

use crate::{
    harness::{CommandOutput, Place, run, write_program},
    hotfix,
};

/// Puts a script on that PATH.
fn script(place: &Place, name: &str, text: &str) {
    write_program(
        &place.bin().join(name),
        &format!(
            "#!/bin/sh
{text}
"
        ),
    );
}

/// What python3 is here, by its path.
fn real_python(place: &Place) -> String {
    run(place.command("python3").args(["-c", "import sys; print(sys.executable)"])).trim().to_owned()
}

/// A Python that is there and lacks ensurepip, as Debian packs it.
fn without_ensurepip(place: &Place, name: &str) {
    let real = real_python(&Place { tree: place.tree.clone(), remote: place.remote.clone(), env: Vec::new() });
    let site = place.tree.with_file_name("site");
    fs::create_dir_all(&site).unwrap();
    // It is asked for its platform first: the module for that hides the other, and makes room for the true one.
    let hide = "import os, sys\n\nclass Hide:\n    def find_spec(self, name, path=None, target=None):\n        if name == 'ensurepip':\n            raise ModuleNotFoundError(name)\n\nsys.meta_path.insert(0, Hide())\nsys.path.remove(os.path.dirname(__file__))\ndel sys.modules['sysconfig']\nimport sysconfig\n";
    fs::write(site.join("sysconfig.py"), hide).unwrap();
    script(place, name, &format!("PYTHONDONTWRITEBYTECODE=1 PYTHONPATH={} exec {real} \"$@\"", site.display()));
}

/// git knows nobody, and is not to guess.
fn nobody(place: &mut Place) {
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        place.env.push((name.to_owned(), String::new()));
    }
    place.git("config user.useConfigOnly true");
}

/// The dry run and the real run say the same, and change nothing.
#[track_caller]
fn refused(place: &Place, args: &str, words: &[&str]) {
    let before = place.bytes();
    for args in [format!("{args} --dry-run"), args.to_owned()] {
        let output = place.xtask(&args);
        assert_eq!(output.code, Some(1), "{args}: {}", output.all());
        for word in words {
            assert_eq!(output.all().matches(word).count(), 1, "{args}: {word}: {}", output.all());
        }
        assert!(place.bytes() == before, "{args} changed something");
        assert!(venvs(place).is_empty());
    }
}

fn venvs(place: &Place) -> Vec<String> {
    let made = fs::read_dir(place.tree.with_file_name("target").join("xtask")).into_iter().flatten().flatten();
    let names = made.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("venv-")).collect()
}

#[track_caller]
fn is_planned(place: &Place, args: &str) -> CommandOutput {
    place.xtask(&format!("{args} --dry-run")).ok()
}

const NO_PYTHON: &str = "Python 3.9 or newer is not found (python3 is not found, python is not found)";

#[test]
fn all_that_is_missing_is_reported_at_once_before_anything_is_written() {
    let mut place = Place::of_workspace("bare/all", "wheel");
    place.path_without(&["python", "uv", "pip"]);
    nobody(&mut place);
    let nobody = "git has no name and email for the author and the committer: ";
    refused(
        &place,
        "release minor",
        &[NO_PYTHON, "apt install python3 python3-venv", nobody, "git config --global user.name"],
    );
    // What is waived needs no program.
    let waived = "release minor --waive maturin-develop --waive pytest";
    refused(&place, waived, &[nobody]);
    let output = place.xtask(waived);
    assert!(!output.all().contains("Python"), "{}", output.all());
    refused(&place, "smoke", &[NO_PYTHON]);
    refused(&place, "wheels", &[NO_PYTHON]);
    let rehearsed = place.xtask("rehearse");
    assert!(rehearsed.code == Some(1) && rehearsed.all().contains(NO_PYTHON), "{}", rehearsed.all());
}

#[test]
fn an_identity_is_needed_only_for_what_is_not_made_yet() {
    let waived = "--waive cargo-test";
    let mut place = Place::of_workspace("bare/identity", "plain");
    nobody(&mut place);
    refused(
        &place,
        &format!("release minor {waived}"),
        &["git has no name and email for the author and the committer"],
    );
    // git takes the committer's name from anywhere, and so do we.
    place.env.push(("GIT_AUTHOR_NAME".to_owned(), "Captain".to_owned()));
    place.env.push(("GIT_AUTHOR_EMAIL".to_owned(), "captain@example.com".to_owned()));
    refused(&place, &format!("release minor {waived}"), &["git has no name and email for the committer"]);
    let named = Place { tree: place.tree.clone(), remote: place.remote.clone(), env: Vec::new() };
    named.xtask(&format!("release minor {waived}")).ok();
    place.xtask(&format!("release minor {waived}")).ok();
    place.git("tag -d v0.8.0");
    refused(&place, &format!("release minor {waived}"), &["git has no name and email for the committer"]);
}

#[test]
fn what_keeps_git_from_an_identity_is_named() {
    let with = |place: &Place, name: &str, value: &str| Place {
        tree: place.tree.clone(),
        remote: place.remote.clone(),
        env: vec![(name.to_owned(), value.to_owned())],
    };
    let waived = "release minor --waive cargo-test";
    let place = Place::of_workspace("bare/kept_from", "plain");
    // A variable wins over what would be configured.
    let empty = with(&place, "GIT_COMMITTER_NAME", "");
    refused(&empty, waived, &["for the committer: ", "next: unset GIT_COMMITTER_NAME; git config --global user.name"]);
    let dated = with(&place, "GIT_COMMITTER_DATE", "nonsense");
    refused(&dated, waived, &["git takes no date for the committer: ", "next: unset GIT_COMMITTER_DATE\n"]);
    // And the repository's configuration over the user's.
    place.git("config user.name <>");
    let mut own = with(&place, "GIT_AUTHOR_NAME", "");
    own.env.push(("GIT_COMMITTER_NAME".to_owned(), String::new()));
    refused(&own, waived, &["next: unset GIT_AUTHOR_NAME GIT_COMMITTER_NAME; git config user.name"]);
}

#[test]
fn a_program_that_signs_is_looked_for() {
    let place = Place::of_workspace("bare/signs", "plain");
    place.git("config commit.gpgSign true");
    place.git("config gpg.program no-such-gpg");
    refused(&place, "release minor", &["commit.gpgSign is set, and git signs with `no-such-gpg`, which is not found"]);
    place.git("config commit.gpgSign false");
    place.git("config tag.gpgSign true");
    place.git("config gpg.format ssh");
    place.git("config gpg.ssh.program /no/such/ssh-keygen");
    refused(&place, "release minor", &["tag.gpgSign is set, and git signs with `/no/such/ssh-keygen`"]);
}

#[test]
fn a_git_that_is_too_old_is_reported_with_its_version() {
    let mut place = hotfix::released("bare/git", "plain", hotfix::Main::Working);
    place.xtask(hotfix::HOTFIX);
    hotfix::fix(&place);
    place.path_without(&["git-no"]);
    let bin = place.bin();
    let real = fs::read_link(bin.join("git")).unwrap();
    fs::remove_file(bin.join("git")).unwrap();
    let old = "[ \"$1\" = --version ] && echo 'git version 2.37.2 (old)' && exit";
    script(&place, "git", &format!("{old}\nexec {} \"$@\"", real.display()));
    refused(&place, hotfix::HOTFIX, &["git is 2.37.2, and 2.38 or newer is needed"]);
}

#[test]
fn a_python_that_does_not_work_is_passed_over_for_one_that_does() {
    let mut place = Place::of_workspace("bare/python", "wheel");
    let real = real_python(&place);
    place.path_without(&["python", "uv", "pip"]);
    script(&place, "python3", "echo 'pyenv: python3: command not found' >&2; exit 127");
    script(&place, "python", &format!("exec {real} \"$@\""));
    is_planned(&place, "release minor");
    // One that is too old is none, whatever stands after it.
    script(&place, "python", "printf '3 6 15\\n/p\\nTrue\\nlinux\\n/\\n'");
    refused(&place, "release minor", &["(python3 does not work, python is 3.6)"]);
    // What uv has installed is as good as one on the PATH.
    script(&place, "uv", &format!("[ \"$1 $2\" = 'python find' ] && echo {real}"));
    is_planned(&place, "release minor");
    script(&place, "uv", "exit 2");
    refused(&place, "release minor", &["uv has none installed", "next: uv python install"]);
}

#[test]
fn a_python_without_ensurepip_needs_uv() {
    let mut place = Place::of_workspace("bare/ensurepip", "wheel");
    place.path_without(&["python", "uv", "pip"]);
    without_ensurepip(&place, "python3");
    refused(
        &place,
        "release minor",
        &["python3 has no ensurepip", "apt install python3-venv (Debian and Ubuntu), or install uv"],
    );
    script(&place, "uv", "exit 0");
    is_planned(&place, "release minor");
}

/// An index that gives every call the same answer; it ends with the tests.
fn answering(status: &str, page: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/simple/", listener.local_addr().unwrap());
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n", page.len());
    let answer = format!("{head}Connection: close\r\n\r\n{page}");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn who_only_looks_makes_no_environment() {
    let mut place = Place::of_workspace("bare/look", "shipped");
    place.add_remote();
    let real = real_python(&place);
    place.path_without(&["python", "uv", "pip", "gh", "podman", "docker"]);
    let row = |place: &Place| {
        let output = place.xtask("status 0.7.3 --train lark");
        assert!(venvs(place).is_empty(), "{}", output.all());
        output.all().lines().find(|line| line.contains("wheels and sdist of lark-python")).unwrap().to_owned()
    };
    let ask = |place: &mut Place, address: String| {
        place.env.retain(|(name, _)| name != "UV_PUBLISH_CHECK_URL");
        place.env.push(("UV_PUBLISH_CHECK_URL".to_owned(), address));
    };
    ask(&mut place, answering("404 Not Found", ""));
    let nobody_to_ask = row(&place);
    assert!(nobody_to_ask.contains("unknown"), "{nobody_to_ask}");
    // uv, as it is found, and Python, which uv needs as well.
    symlink(&real, place.bin().join("python3")).unwrap();
    script(&place, "uv", "echo \"$@\" >&2; echo 'error: there is no version of lark-python==0.7.3' >&2; exit 1");
    assert!(row(&place).contains("is not (wholly) on the index"), "{}", row(&place));
    // Whose the name is was not found out: nothing may go out under it.
    let unheard = "the Python index did not answer for lark-python: 127.0.0.1";
    for dead in ["http://127.0.0.1:1/".to_owned(), answering("503 Service Unavailable", "")] {
        ask(&mut place, dead);
        assert!(row(&place).contains("unknown") && row(&place).contains(unheard), "{}", row(&place));
    }
    // Python alone, which shows no hashes.
    fs::remove_file(place.bin().join("uv")).unwrap();
    assert!(row(&place).contains("unknown") && row(&place).contains(unheard), "{}", row(&place));
    let has = |version: &str| format!("<a href=\"lark_python-{version}-cp39-abi3-linux_x86_64.whl\">it</a>");
    ask(&mut place, answering("200 OK", &has("0.7.2")));
    assert!(!row(&place).contains("only uv"), "{}", row(&place));
    ask(&mut place, answering("200 OK", &has("0.7.3")));
    assert!(row(&place).contains("unknown") && row(&place).contains("only uv shows its files"), "{}", row(&place));
    // Where nothing of uv's says it, a company's mirror that pip is told of is asked.
    let config = place.tree.with_file_name("pip.conf");
    fs::write(&config, format!("[global]\nindex-url = {}\n", answering("200 OK", &has("0.7.3")))).unwrap();
    place.env.retain(|(name, _)| name != "UV_PUBLISH_CHECK_URL");
    let own = ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"];
    place.env.extend(own.map(|name| (name.to_owned(), String::new())));
    place.env.push(("PIP_CONFIG_FILE".to_owned(), config.display().to_string()));
    assert!(row(&place).contains("only uv shows its files"), "{}", row(&place));
    // uv hears of it from this tool.
    script(&place, "uv", "echo \"the mirror is $UV_DEFAULT_INDEX\" >&2; exit 1");
    assert!(row(&place).contains("the mirror is http://127.0.0.1:"), "{}", row(&place));
}
