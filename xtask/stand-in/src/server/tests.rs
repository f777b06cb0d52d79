//! Exchanges with the running server, as the true clients would have them.
//! They must never leave this machine: what is not held here is only looked at, not followed.

mod client;

use std::{
    fs,
    io::{Read as _, Write as _},
    path::PathBuf,
    process::Command,
};

use proptest::prelude::*;
use serde_json::{Value, json};

use plan::hash::sha256;

use super::{upstream::replacement, *};

/// A server in a directory of its own.
struct Running {
    dir: PathBuf,
    stand_in: StandIn,
}

impl Running {
    fn new(name: &str) -> Running {
        let dir = std::env::temp_dir().join(format!("stand-in-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let upstream = Upstream { index: "http://up.test/i/".to_owned(), dl: "http://up.test/dl".to_owned() };
        let running = Upstreams { crates: Some(upstream), projects: Some("http://py.test/simple".to_owned()) };
        Running { stand_in: StandIn::start(&dir, 0, running, &["prod".to_owned()]).unwrap(), dir }
    }

    /// What the server answers to a request in curl's words. `@/…` is a path on this server, `@@/…` one that is read.
    fn answer(&self, words: &[&str]) -> client::Answer {
        let address = self.stand_in.address();
        let words = words.iter().map(|word| match (word.strip_prefix("@@/"), word.strip_prefix("@/")) {
            (Some(path), _) => format!("{}/{path}", self.stand_in.state.reading(&address)),
            (_, Some(path)) => format!("{address}/{path}"),
            _ => (*word).to_owned(),
        });
        client::send(&words.collect::<Vec<_>>(), &self.dir)
    }

    /// The status and the body.
    fn curl(&self, words: &[&str]) -> (u16, String) {
        let answer = self.answer(words);
        (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
    }

    fn json(&self, arguments: &[&str]) -> (u16, Value) {
        let (status, body) = self.curl(arguments);
        (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}")))
    }

    /// A token of this run.
    fn token(&self, name: &str) -> String {
        self.stand_in.state.token(name)
    }

    /// The kind of each effect.
    fn effects(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.dir.join("effects.jsonl")).unwrap_or_default();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| line["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// Ends the server and starts another one on what it left.
    fn again(mut self) -> Running {
        self.stand_in = StandIn::start(&self.dir, 0, Upstreams::default(), &[]).unwrap();
        self
    }

    fn upload_crate(&self, token: &str, name: &str, version: &str) -> (u16, Value) {
        self.upload_crate_of(token, name, version, json!({ "description": "d", "license": "MIT" }))
    }

    /// One that says more of itself.
    fn upload_crate_of(&self, token: &str, name: &str, version: &str, about: Value) -> (u16, Value) {
        let mut metadata = json!({
            "name": name, "vers": version, "features": { "default": [], "x": ["dep:log"] },
            "links": null, "rust_version": "1.85",
            "deps": [{
                "name": "log", "version_req": "^0.4", "features": [], "optional": true, "default_features": true,
                "target": null, "kind": "normal", "registry": "https://example.test/crates.io-index",
                "explicit_name_in_toml": "logging",
            }],
        });
        metadata.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        let metadata = metadata.to_string();
        let file = vec![7; 100_000];
        let mut body = (metadata.len() as u32).to_le_bytes().to_vec();
        body.extend(metadata.as_bytes());
        body.extend((file.len() as u32).to_le_bytes());
        body.extend(file);
        fs::write(self.dir.join("upload"), body).unwrap();
        let token = format!("Authorization: {token}");
        let expect = ["--header", "Expect: 100-continue", "--header", &token];
        self.json(&[&expect[..], &["--upload-file", "upload", "@/api/v1/crates/new"]].concat())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[test]
fn crates() {
    let running = Running::new("crates");
    let detail = |answer: (u16, Value)| (answer.0, answer.1["errors"][0]["detail"].as_str().unwrap().to_owned());
    assert_eq!(detail(running.upload_crate("wrong", "Tiny-One", "0.1.0")), (403, "authentication failed".to_owned()));
    assert_eq!(running.effects(), [""; 0]);
    assert_eq!(running.upload_crate(&running.token(crates::TOKEN), "Tiny-One", "0.1.0").0, 200);
    for (name, version, why) in [
        ("Tiny-One", "0.1.0", "crate version `0.1.0` is already uploaded"),
        ("Tiny-One", "0.1.0+post.1", "crate version `0.1.0+post.1` is already uploaded"),
        ("tiny_one", "0.2.0", "crate was previously named `tiny-one`"),
        (
            "../one",
            "0.2.0",
            "crates.io does not take the name `../one`: write a name of letters from a to z, digits, `-` and `_`, with a letter first",
        ),
        (
            "Core",
            "0.2.0",
            "the name `Core` is reserved on crates.io: give the crate another name, or name the registry that it goes to: `publish = [\"NAME\"]`",
        ),
        (
            "two",
            &format!("0.2.0-{}", "a".repeat(145)),
            "the version has 151 characters, and crates.io takes 150: give the release a version with a shorter pre-release or build",
        ),
    ] {
        assert_eq!(detail(running.upload_crate(&running.token(crates::TOKEN), name, version)), (400, why.to_owned()));
    }
    for (about, why) in [
        (
            json!({ "license": "MIT" }),
            "no description, and crates.io takes no crate without: write it under [package], or `publish = false` where it goes to no registry",
        ),
        (
            json!({ "description": "d", "license": "MIT", "keywords": ["a", "b", "c", "d", "e", "f"] }),
            "`keywords` has 6 entries, and crates.io takes 5: take 1 out",
        ),
        (
            json!({ "description": "d", "license": "MIT", "deps": [{
                "name": "log", "version_req": "^0.4", "features": [], "optional": false, "default_features": true,
                "target": null, "kind": "normal", "registry": null, "explicit_name_in_toml": "tagebücher",
            }] }),
            "invalid dependency name: `tagebücher`",
        ),
    ] {
        assert_eq!(
            detail(running.upload_crate_of(&running.token(crates::TOKEN), "two", "0.1.0", about)),
            (400, why.to_owned())
        );
    }
    let long = json!({ "description": "d", "license": "MIT", "readme": "x".repeat(1 << 20) });
    assert_eq!(
        detail(running.upload_crate_of(&running.token(crates::TOKEN), "two", "0.1.0", long)),
        (413, "JSON metadata blob too large".to_owned())
    );
    let (status, entry) = running.json(&["@@/index/ti/ny/tiny-one"]);
    assert_eq!((status, &entry["cksum"]), (200, &json!(sha256(&[7; 100_000]))));
    assert_eq!((&entry["v"], &entry["features2"]), (&json!(2), &json!({ "x": ["dep:log"] })));
    let dependency = &entry["deps"][0];
    assert_eq!(dependency["name"], "logging");
    assert_eq!((&dependency["package"], &dependency["registry"]), (&json!("log"), &Value::Null));
    let tag = format!("If-None-Match: \"{}\"", sha256(running.curl(&["@@/index/ti/ny/tiny-one"]).1.as_bytes()));
    assert_eq!(running.curl(&["--header", &tag, "@@/index/ti/ny/tiny-one"]), (304, String::new()));
    assert_eq!(running.answer(&["@@/crates/Tiny-One/0.1.0/download"]).body, [7; 100_000]);

    let upgrade = ["--header", "Connection: Upgrade, HTTP2-Settings", "--header", "Upgrade: h2c"];
    assert_eq!(running.curl(&[&upgrade[..], &["@@/index/config.json"]].concat()).0, 200, "cargo offers HTTP/2");

    let elsewhere = |path: &str| {
        let answer = running.answer(&[path]);
        (answer.status, answer.header("location").unwrap_or_default().to_owned())
    };
    assert_eq!(elsewhere("@@/index/se/mv/semver"), (302, "http://up.test/i/se/mv/semver".to_owned()));
    let file = "http://up.test/dl/semver/1.0.0/download".to_owned();
    assert_eq!(elsewhere("@@/crates/semver/1.0.0/download"), (302, file));

    // Under a name that is hidden, nothing of the world's is had, by the index or past it.
    running.stand_in.hide(&["tiny-two".to_owned()]).unwrap();
    assert_eq!(running.curl(&["@@/index/ti/ny/tiny-two"]), (200, String::new()));
    assert_eq!(running.curl(&["@@/crates/tiny-two/1.0.0/download"]).0, 404);
    assert_eq!(running.upload_crate(&running.token(crates::TOKEN), "tiny-two", "0.1.0").0, 200);
    assert_eq!(running.json(&["@@/index/ti/ny/tiny-two"]).1["vers"], "0.1.0");
    assert_eq!(running.answer(&["@@/crates/tiny-two/0.1.0/download"]).body, [7; 100_000]);

    let token = format!("Authorization: {}", running.token(crates::TOKEN));
    let yank = ["--request", "DELETE", "--header", &token, "@/api/v1/crates/tiny-one/0.1.0/yank"];
    assert_eq!(running.json(&yank), (200, json!({ "ok": true })));
    assert_eq!(running.json(&["@@/index/ti/ny/tiny-one"]).1["yanked"], true);
    assert_eq!(running.effects(), ["crate", "crate", "yank"]);

    let running = running.again();
    assert_eq!(running.json(&["@@/index/ti/ny/tiny-one"]).1["yanked"], true);
    assert_eq!(running.curl(&["@@/index/se/mv/semver"]).0, 404);
}

#[test]
fn the_index_is_asked_without_curl() {
    let running = Running::new("fetch");
    assert_eq!(running.upload_crate(&running.token(crates::TOKEN), "tiny-one", "0.1.0").0, 200);
    let address = running.stand_in.state.reading(&running.stand_in.address());
    let fetch = |url: &str| {
        let output = Command::new("python3").args(["-c", crates::FETCH, url]).env("no_proxy", "*").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, lines, _) = fetch(&format!("{address}/index/ti/ny/tiny-one"));
    assert_eq!((code, lines), (Some(0), running.curl(&["@@/index/ti/ny/tiny-one"]).1));
    let (code, lines, why) = fetch(&format!("{address}/index/.."));
    assert_eq!((code, lines.as_str()), (Some(22), ""), "{why}");
    assert!(why.contains("404"), "{why}");
    drop(running);
    let (code, _, why) = fetch(&format!("{address}/index/ti/ny/tiny-one"));
    assert!(code == Some(1) && !why.contains("Traceback"), "{why}");
}

#[test]
fn nobody_gets_in_who_was_not_reported_the_tokens_of_this_run() {
    let running = Running::new("tokens");
    let others = Running::new("other-tokens");
    let earlier = running.token(crates::TOKEN);
    assert!(earlier.len() >= crates::TOKEN.len() + 32, "{earlier}");
    for token in [crates::TOKEN.to_owned(), format!("{}-", crates::TOKEN), others.token(crates::TOKEN)] {
        assert_eq!(running.upload_crate(&token, "tiny-one", "0.1.0").0, 403, "{token}");
    }
    assert_eq!(running.curl(&["--data", r#"{"text": "x"}"#, "@/services/T1/B1/rehearsal-slack-token"]).0, 403);
    assert_eq!(running.curl(&["--data", r#"{"content": "x"}"#, "@/api/webhooks/1/rehearsal-discord-token"]).0, 401);
    let running = running.again();
    assert_eq!(running.upload_crate(&earlier, "tiny-one", "0.1.0").0, 403, "it was another run's");
    assert_eq!(running.effects(), [""; 0]);
    assert_eq!(running.upload_crate(&running.token(crates::TOKEN), "tiny-one", "0.1.0").0, 200);
}

#[test]
fn nobody_reads_who_was_not_reported_where() {
    let running = Running::new("reading");
    let others = Running::new("other-reading");
    assert_eq!(running.upload_crate(&running.token(crates::TOKEN), "tiny-one", "0.1.0").0, 200);
    let read = ["index/config.json", "index/ti/ny/tiny-one", "crates/tiny-one/0.1.0/download"];
    for path in read {
        assert_eq!(running.curl(&[&format!("@@/{path}")]).0, 200, "{path}");
    }
    for path in read.into_iter().chain(["simple/tiny-whl/", "files/tiny-whl/x.whl", "pypi/tiny-whl/0.1.0/json"]) {
        let state = &running.stand_in.state;
        for guess in ["", "x/", &format!("{}/", state.run), &format!("{}/", others.stand_in.state.word)] {
            let (status, body) = running.curl(&[&format!("@/{guess}{path}")]);
            assert!([403, 404].contains(&status), "{guess}{path}: {status}");
            assert!(!body.contains("tiny-one") && !body.contains(&state.word), "{guess}{path}: {body}");
        }
    }
    // What is told leads to what can be read.
    let (_, config) = running.json(&["@@/index/config.json"]);
    let download = config["dl"].as_str().unwrap().replace("{crate}", "tiny-one").replace("{version}", "0.1.0");
    assert_eq!(running.curl(&[&download]).0, 200);
    assert!(!running.token(crates::TOKEN).contains(&running.stand_in.state.word), "a token is not known by it");
    let reported = running.stand_in.environment();
    for name in ["UV_INDEX", "UV_PUBLISH_CHECK_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "XTASK_CRATES_IO_INDEX"] {
        let (_, value) = reported.iter().find(|(known, _)| known == name).unwrap();
        assert!(value.contains(&running.stand_in.state.word), "{name}");
    }
}

/// A page in a browser reaches this machine under whatever name its own server says.
#[test]
fn nobody_gets_in_under_a_name_that_is_not_ours() {
    let running = Running::new("host");
    let (at, word) = (running.stand_in.address(), &running.stand_in.state.word);
    let answer = |first: &str, host: &str| {
        let mut stream = std::net::TcpStream::connect(at.trim_start_matches("http://")).unwrap();
        write!(stream, "{first} HTTP/1.1\r\n{host}Connection: close\r\n\r\n").unwrap();
        let mut reported = String::new();
        stream.read_to_string(&mut reported).unwrap();
        reported.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(answer(&format!("GET /{word}/index/config.json"), "Host: 127.0.0.1:1\r\n"), "200");
    for host in [
        "",
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evilgithub.localhost",
    ] {
        let line = if host.is_empty() { String::new() } else { format!("Host: {host}\r\n") };
        assert_eq!(answer(&format!("GET /{word}/index/config.json"), &line), "502", "{host}");
        assert_eq!(
            answer(&format!("GET http://{host}/{word}/index/config.json"), "Host: 127.0.0.1\r\n"),
            "502",
            "{host}"
        );
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_on_this_machine_reads_what_is_published() {
    use std::os::unix::fs::PermissionsExt as _;
    let running = Running::new("mode");
    assert_eq!(running.upload_crate(&running.token(crates::TOKEN), "tiny-one", "0.1.0").0, 200);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&running.dir), 0o700);
    assert_eq!(mode(&running.dir.join("effects.jsonl")), 0o600);
    let dirs = fs::read_dir(&running.dir).unwrap().flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    let dirs: Vec<PathBuf> = dirs.collect();
    assert!(dirs.len() > 2, "{dirs:?}");
    assert!(dirs.iter().all(|dir| mode(dir) == 0o700), "{dirs:?}");
}

#[test]
fn base64_is_that_of_the_standard() {
    // RFC 4648, section 10.
    for (text, reported) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(python::base64(text.as_bytes()), reported);
    }
}

#[test]
fn python() {
    let running = Running::new("python");
    let file = "Tiny.Whl-0.1.0-py3-none-any.whl";
    let upload = |token: &str, bytes: &[u8], digest: &str, version: &str| {
        fs::write(running.dir.join(file), bytes).unwrap();
        let user = format!("__token__:{token}");
        let (digest, version) = (format!("sha256_digest={digest}"), format!("version={version}"));
        let content = format!("content=@{file}");
        let form = [":action=file_upload", "name=Tiny.Whl", &version, "filetype=bdist_wheel", &digest, &content];
        let form = form.iter().flat_map(|field| ["--form", *field]).chain(["--form", "requires_python=>=3.9"]);
        running.curl(&["--user", &user].into_iter().chain(form).chain(["@/legacy/"]).collect::<Vec<_>>())
    };
    let (bytes, other) = (b"\r\nbytes\xff\r\n".as_slice(), b"other".as_slice());
    assert_eq!(upload("wrong", bytes, &sha256(bytes), "0.1.0").0, 403);
    assert_eq!(upload(&running.token(python::TOKEN), bytes, &sha256(other), "0.1.0").0, 400);
    assert_eq!(upload(&running.token(python::TOKEN), bytes, "", "0.1.0").0, 400);
    assert_eq!(upload(&running.token(python::TOKEN), bytes, &sha256(bytes), "0.1.0+post.1").0, 400);
    for (field, why) in [
        ("requires_dist=log @ https://forge.example/log.zip", "`log @ https://forge.example/log.zip` names an address"),
        ("classifiers=Birds :: Lark", "PyPI does not take `Birds :: Lark`"),
        ("project_urls=Home, lark.example", "PyPI takes no address like `lark.example`"),
        ("license_expression=Ours", "`license = \"Ours\"` is no SPDX expression"),
    ] {
        let (user, digest) =
            (format!("__token__:{}", running.token(python::TOKEN)), format!("sha256_digest={}", sha256(bytes)));
        let content = format!("content=@{file}");
        let form =
            [":action=file_upload", "name=Tiny.Whl", "version=0.1.0", "filetype=bdist_wheel", &digest, &content, field];
        let form = form.iter().flat_map(|field| ["--form", *field]);
        let (status, reported) =
            running.curl(&["--user", &user].into_iter().chain(form).chain(["@/legacy/"]).collect::<Vec<_>>());
        assert!(status == 400 && reported.contains(why), "{status} {reported}");
    }
    // What is not held here is where it is otherwise; what is held is not, though there is nothing of it.
    let led = running.answer(&["@@/simple/Tiny_Whl/"]);
    let to = led.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, to)| to.as_str());
    assert_eq!((led.status, to), (302, Some("http://py.test/simple/tiny-whl/")));
    running.stand_in.hold(&[], &["tiny.strange".to_owned()], "").unwrap();
    let (status, page) = running.curl(&["@@/simple/tiny-strange/"]);
    assert!(status == 200 && !page.contains("href"), "{status} {page}");
    assert_eq!(upload(&running.token(python::TOKEN), bytes, &sha256(bytes), "0.1.0"), (200, String::new()));
    assert_eq!(upload(&running.token(python::TOKEN), bytes, &sha256(bytes), "0.1.0"), (200, String::new()));
    let (status, why) = upload(&running.token(python::TOKEN), other, &sha256(other), "0.1.0");
    assert!(status == 400 && why.starts_with("File already exists"), "{status} {why}");
    assert_eq!(running.effects(), ["file"]);

    let running = running.again();
    let accept = "Accept: application/vnd.pypi.simple.v1+json, text/html;q=0.01";
    let (status, project) = running.json(&["--header", accept, "@@/simple/tiny-whl/"]);
    assert_eq!((status, &project["versions"]), (200, &json!(["0.1.0"])));
    let listed = &project["files"][0];
    assert_eq!((&listed["hashes"]["sha256"], &listed["size"]), (&json!(sha256(bytes)), &json!(bytes.len())));
    assert_eq!(running.answer(&[listed["url"].as_str().unwrap()]).body, bytes);
    let (status, html) = running.curl(&["@@/simple/tiny-whl/"]);
    assert!(
        status == 200 && html.contains(&format!("#sha256={}", sha256(bytes))) && html.contains("&gt;=3.9"),
        "{html}"
    );
    assert_eq!(running.curl(&["--head", listed["url"].as_str().unwrap()]).0, 200);
    assert_eq!(running.curl(&["@@/simple/Tiny_Whl/"]).0, 302);
    let (_, release) = running.json(&["@@/pypi/tiny-whl/0.1.0/json"]);
    assert_eq!((&release["urls"][0]["filename"], &release["urls"][0]["yanked"]), (&json!(file), &json!(false)));
    assert_eq!(running.curl(&["@@/pypi/tiny-whl/0.2.0/json"]).0, 404);
}

#[test]
fn forge() {
    let running = Running::new("forge");
    let proxy = running.stand_in.address();
    let token = format!("Authorization: token {}", running.token(forge::TOKEN));
    let ask = |arguments: &[&str]| running.json(&[&["--proxy", &proxy, "--header", &token], arguments].concat());
    let all = "http://api.github.localhost/repos/o/r/releases";
    assert_eq!(running.curl(&["--proxy", &proxy, all]).0, 401);
    assert_eq!(ask(&[all]), (200, json!([])));
    let draft = r#"{"tag_name": "v0.1.0", "draft": true, "body": "x", "make_latest": "false"}"#;
    let (status, made) = ask(&["--data", draft, all]);
    assert_eq!((status, &made["draft"], &made["published_at"]), (201, &json!(true), &Value::Null));
    let upload = made["upload_url"].as_str().unwrap().replace("{?name,label}", "?name=a%20b%2B1.tar.gz");
    assert!(upload.starts_with("http://uploads.github.localhost/repos/o/r/"), "{upload}");
    let (status, asset) = ask(&["--data-binary", "bytes", &upload]);
    assert_eq!((status, &asset["name"]), (201, &json!("a.b+1.tar.gz")));
    assert_eq!(asset["digest"], format!("sha256:{}", sha256(b"bytes")));
    let (status, again) = ask(&["--data-binary", "bytes", &upload]);
    assert_eq!((status, &again["errors"][0]["code"]), (422, &json!("already_exists")));
    let at = asset["url"].as_str().unwrap();
    let raw = ["--proxy", &proxy, "--header", &token, "--header", "Accept: application/octet-stream", at];
    assert_eq!(running.curl(&raw), (200, "bytes".to_owned()));
    assert_eq!(ask(&[&format!("{all}/tags/v0.1.0")]).0, 404, "a draft has no tag yet");
    let url = made["url"].as_str().unwrap();
    assert_eq!(ask(&["--request", "PATCH", "--data", r#"{"draft": "false"}"#, url]).0, 422, "a word is no truth");
    let (status, published) = ask(&["--request", "PATCH", "--data", r#"{"draft": false}"#, url]);
    assert_eq!((status, &published["draft"], &published["body"]), (200, &json!(false), &json!("x")));
    assert_eq!(ask(&[&format!("{all}/tags/v0.1.0")]).1["assets"][0]["id"], asset["id"]);
    let (status, taken) = ask(&["--data", draft, all]);
    assert_eq!((status, &taken["errors"][0]["field"]), (422, &json!("tag_name")));
    assert_eq!(ask(&["--data", r#"{"tag_name": "v0.2.0"}"#, all]).0, 201);
    assert_eq!(ask(&[&format!("{all}?per_page=1")]).1[0]["tag_name"], "v0.2.0");
    assert_eq!(ask(&[&format!("{all}?per_page=1&page=2")]).1[0]["tag_name"], "v0.1.0");
    assert_eq!(ask(&[&format!("{all}/latest")]).1["tag_name"], "v0.2.0");
    assert_eq!(running.curl(&["--proxy", &proxy, "--header", &token, "--request", "DELETE", at]).0, 204);
    assert_eq!(ask(&[at]).0, 404);
    let (_, surplus) = ask(&["--data", r#"{"tag_name": "v0.3.0", "draft": true}"#, all]);
    let surplus = surplus["url"].as_str().unwrap();
    assert_eq!(running.curl(&["--proxy", &proxy, "--header", &token, "--request", "DELETE", surplus]).0, 204);
    let effects = ["release", "asset", "release-edit", "release", "asset-delete", "release", "release-delete"];
    assert_eq!(running.effects(), effects);

    let running = running.again();
    let token = format!("Authorization: token {}", running.token(forge::TOKEN));
    let (status, releases) = running.json(&["--header", &token, "@/api/v3/repos/o/r/releases"]);
    assert_eq!((status, releases.as_array().unwrap().len()), (200, 2));
    assert_eq!(running.curl(&["--proxy", &running.stand_in.address(), "http://elsewhere.test/"]).0, 502);
}

#[test]
fn channels() {
    let running = Running::new("channels");
    let variable = |name: &str| {
        let environment = running.stand_in.environment().into_iter();
        environment.filter(|(known, _)| known == name).map(|(_, value)| value).next().unwrap()
    };
    let (discord, slack) = (variable("DISCORD_WEBHOOK_URL"), variable("SLACK_WEBHOOK_URL"));
    let waiting = format!("{discord}?wait=true");
    let (status, message) = running.json(&["--data", r#"{"content": "one"}"#, &waiting]);
    assert_eq!((status, &message["id"], &message["content"]), (200, &json!("1"), &json!("one")));
    assert_eq!(running.curl(&["--data", r#"{"content": "two"}"#, &discord]), (204, String::new()));
    let long = json!({ "content": "é".repeat(2_001) }).to_string();
    assert_eq!(running.json(&["--data", &long, &waiting]).0, 400);
    assert_eq!(running.json(&["--data", r#"{"content": "x"}"#, "@/api/webhooks/1/wrong"]).0, 401);
    assert_eq!(running.curl(&["--data", r#"{"text": "three"}"#, &slack]), (200, "ok".to_owned()));
    assert_eq!(running.curl(&["--data", "{}", &slack]), (400, "no_text".to_owned()));
    assert_eq!(running.curl(&["--data", "{}", "@/services/T1/B1/wrong"]), (403, "invalid_token".to_owned()));
    let kept: Vec<Value> = (1..=3)
        .map(|id| {
            serde_json::from_slice(&fs::read(running.dir.join(format!("messages/{id:04}.json"))).unwrap()).unwrap()
        })
        .collect();
    assert_eq!(
        kept.iter().map(|message| message["text"].as_str().unwrap()).collect::<Vec<_>>(),
        ["one", "two", "three"]
    );
    assert_eq!(running.effects(), ["message"; 3]);
}

/// What is announced and never comes costs the client its connection, and nobody else anything.
#[test]
fn a_client_that_lies_is_left_alone() {
    let running = Running::new("lies");
    let address = running.stand_in.address();
    for length in ["99999", "18446744073709551615"] {
        let mut stream = std::net::TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        write!(stream, "POST /legacy/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\nshort").unwrap();
    }
    for _ in 0..WORKERS {
        assert_eq!(running.curl(&["@@/index/config.json"]).0, 200);
    }
}

#[test]
fn the_index_in_the_place_of_crates_io() {
    for (config, found) in [
        ("", None),
        ("[source.crates-io]\nreplace-with = 'a'\n[source.a]\nregistry = 'sparse+http://a/'", Some("http://a/")),
        ("[source.crates-io]\nreplace-with = 'a'\n[registries.a]\nindex = 'sparse+http://a/'", Some("http://a/")),
        (
            "[source]\ncrates-io = { replace-with = 'a' }\na = { replace-with = 'b' }\nb = { registry = 'sparse+http://b/' }",
            Some("http://b/"),
        ),
    ] {
        assert_eq!(replacement(config).unwrap().as_deref(), found, "{config}");
    }
    for config in [
        "[",
        "[source.crates-io]\nreplace-with = 'a'\n[source.a]\ndirectory = 'x'",
        "[source.crates-io]\nreplace-with = 'a'\n[source.a]\nregistry = 'http://git'",
    ] {
        assert!(replacement(config).is_err(), "{config}");
    }
}

#[test]
fn times_and_names() {
    assert_eq!(timestamp(1_795_178_096), "2026-11-20T12:34:56Z");
    assert!(is_plain("a-1.0+x_y.whl") && !is_plain("") && !is_plain(".x") && !is_plain("a/b") && !is_plain("a\\b"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_request_is_too_odd(
        method in prop_oneof!["GET", "PUT", "POST", "PATCH", "DELETE", ".*"],
        url in prop_oneof![
            "(/w)?/(index|crates|legacy|simple|files|pypi|api/v1/crates|api/v3/repos|api/webhooks/1)(/[a-z.%é]{0,4}){0,5}(\\?.*)?",
            "http://api\\.github\\.localhost/repos/o/r/releases(/[a-z0-9]{0,4}){0,3}(\\?.*)?", ".*"],
        authorization in prop_oneof![
            Just(format!("{}-1", crates::TOKEN)), Just(format!("token {}-1", forge::TOKEN)), ".*"],
        body: Vec<u8>,
    ) {
        let dir = std::env::temp_dir().join(format!("stand-in-odd-{}", std::process::id()));
        let (address, run, named) = ("http://127.0.0.1:1".to_owned(), "1".to_owned(), BTreeMap::new());
        let state = State { dir, address, run, word: "w".to_owned(), upstreams: Upstreams::default(), turn: Default::default(), named, is_private: false, read_for: None };
        let headers = vec![("Host".to_owned(), "127.0.0.1:1".to_owned()), ("Authorization".to_owned(), authorization)];
        let call = Call::new(&method, &url, headers, body);
        let answer = handle(&state, &call).conditional(&call);
        prop_assert_ne!(answer.status, 500, "{}", String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn a_named_registry_is_private_and_has_nothing_of_another() {
    let running = Running::new("named");
    let token = format!("Authorization: {}", running.stand_in.state.token(crates::TOKEN));
    assert_eq!(running.upload_crate(&running.stand_in.state.token(crates::TOKEN), "tiny-one", "0.1.0").0, 200);
    assert_eq!(running.curl(&["@/at/prod/index/config.json"]).0, 401);
    assert_eq!(running.curl(&["@/at/dev/index/config.json", "--header", &token]).0, 404);
    let (status, config) = running.json(&["@/at/prod/index/config.json", "--header", &token]);
    assert_eq!((status, &config["auth-required"]), (200, &json!(true)));
    let api = format!("{}/at/prod", running.stand_in.address());
    assert_eq!(config["api"], json!(api));
    for name in ["tiny-one", "serde"] {
        let path = format!("@/at/prod/index/{}/{name}", if name == "serde" { "se/rd" } else { "ti/ny" });
        assert_eq!(running.curl(&[&path, "--header", &token]).0, 404, "{name}");
    }
    let environment = running.stand_in.environment();
    let index = environment.iter().find(|(name, _)| name == "CARGO_REGISTRIES_PROD_INDEX").unwrap();
    assert_eq!(index.1, format!("sparse+{api}/index/"));
}
