//! The Python index: the upload form of PyPI, its JSON, and the simple index of PEP 503 and PEP 691.
//! It must never let other bytes take the name of a file that is there.

mod upload;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Answered, Call, State, is_plain, timestamp};
use plan::pep503::normalized;

/// The token that uploads need, but for what it is in this run.
pub const TOKEN: &str = "rehearsal-python-token";

/// Whether `__token__` and the token came along, as Basic authentication has them (RFC 7617).
fn is_known(state: &State, call: &Call) -> bool {
    let wanted = base64(format!("__token__:{}", state.token(TOKEN)).as_bytes());
    call.header("authorization").strip_prefix("Basic ") == Some(wanted.as_str())
}

/// RFC 4648, section 4.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut reported = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            reported.push(if at > chunk.len() { '=' } else { char::from(LETTERS[bits >> (18 - 6 * at) & 63]) });
        }
    }
    reported
}

const JSON: &str = "application/vnd.pypi.simple.v1+json";

#[derive(Serialize, Deserialize)]
struct File {
    filename: String,
    version: String,
    filetype: String,
    sha256: String,
    size: usize,
    uploaded: u64,
    requires_python: Option<String>,
    yanked: bool,
}

pub fn answer(state: &State, call: &Call, path: &[&str]) -> Answered {
    let not_found = || Answer::text(404, "Not Found");
    let address = state.reading(&call.address(state));
    match (call.method.as_str(), path) {
        ("POST", ["legacy"]) if !is_known(state, call) => {
            Err(Answer::text(403, "Invalid or non-existent authentication information."))
        }
        ("POST", ["legacy"]) => upload::upload(state, call),
        // What a person does on PyPI's own pages.
        ("POST", ["manage", ..]) if !is_known(state, call) => Err(Answer::text(403, "log in")),
        ("POST", ["manage", "project", name, "release", version, "yank"]) => yank(state, name, version),
        ("GET", ["simple", name]) => match files(state, name)? {
            Some(_) if *name != normalized(name) => {
                Ok(Answer::elsewhere(format!("{address}/simple/{}/", normalized(name))))
            }
            Some(files) if call.header("accept").contains(JSON) => {
                Ok(Answer::new(200, JSON, simple_json(&address, name, &files).to_string()))
            }
            Some(files) => Ok(Answer::new(200, "text/html; charset=utf-8", simple_html(&address, name, &files))),
            // There, it is known by its one spelling.
            None => {
                let index = state.upstreams.projects.as_ref().filter(|_| is_plain(name)).ok_or_else(not_found)?;
                Ok(Answer::elsewhere(format!("{}/{}/", index.trim_end_matches('/'), normalized(name))))
            }
        },
        ("GET", ["files", name, file]) if is_plain(name) && is_plain(file) => {
            state.load(&stored(name, file))?.map(Answer::bytes).ok_or_else(not_found)
        }
        ("GET", ["pypi", name, version, "json"]) => {
            let mut files = files(state, name)?.unwrap_or_default();
            files.retain(|file| file.version == *version);
            if files.is_empty() {
                return Err(Answer::json(404, &json!({ "message": "Not Found" })));
            }
            Ok(Answer::json(200, &release_json(&address, name, version, &files)))
        }
        _ => Err(not_found()),
    }
}

fn project(name: &str) -> String {
    format!("python/{}.json", normalized(name))
}

fn stored(name: &str, file: &str) -> String {
    format!("python/files/{}/{file}", normalized(name))
}

/// What is published of a project, if anything.
fn files(state: &State, name: &str) -> Result<Option<Vec<File>>> {
    if is_plain(name) { state.load_json(&project(name)) } else { Ok(None) }
}

/// A name without any file yet.
pub fn hold(state: &State, name: &str) -> Result<()> {
    match files(state, name)? {
        None if is_plain(name) => state.save(&project(name), b"[]"),
        _ => Ok(()),
    }
}

/// Yanks all files of a release, as PyPI does (PEP 592).
fn yank(state: &State, name: &str, version: &str) -> Answered {
    let _turn = state.turn();
    let mut known = files(state, name)?.unwrap_or_default();
    let of_release = known.iter_mut().filter(|file| file.version == version && !file.yanked);
    let yanked = of_release.map(|file| file.yanked = true).count();
    if yanked > 0 {
        state.save(&project(name), &serde_json::to_vec(&known)?)?;
        state.effect("yank-release", "", json!({ "name": normalized(name), "version": version }))?;
    }
    Ok(Answer::text(200, format!("{yanked} files yanked")))
}

fn url(address: &str, name: &str, file: &File) -> String {
    format!("{address}/files/{}/{}", normalized(name), file.filename)
}

/// PEP 691, with the sizes and times of PEP 700.
fn simple_json(address: &str, name: &str, files: &[File]) -> Value {
    let mut versions: Vec<&str> = files.iter().map(|file| file.version.as_str()).collect();
    versions.sort();
    versions.dedup();
    let files = files.iter().map(|file| {
        let mut shown = json!({
            "filename": file.filename,
            "url": url(address, name, file),
            "hashes": { "sha256": file.sha256 },
            "size": file.size,
            "upload-time": timestamp(file.uploaded),
            "yanked": file.yanked,
        });
        if let Some(python) = &file.requires_python {
            shown["requires-python"] = json!(python);
        }
        shown
    });
    let files: Vec<Value> = files.collect();
    json!({ "meta": { "api-version": "1.1" }, "name": normalized(name), "versions": versions, "files": files })
}

/// PEP 503, with `data-yanked` of PEP 592.
fn simple_html(address: &str, name: &str, files: &[File]) -> String {
    let escaped =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let links = files.iter().map(|file| {
        let python = file.requires_python.as_deref().map(escaped);
        let python = python.map(|python| format!(" data-requires-python=\"{python}\"")).unwrap_or_default();
        let yanked = if file.yanked { " data-yanked=\"\"" } else { "" };
        let url = url(address, name, file);
        format!("<a href=\"{url}#sha256={}\"{python}{yanked}>{}</a><br>\n", file.sha256, file.filename)
    });
    format!("<!DOCTYPE html>\n<html><body>\n{}</body></html>\n", links.collect::<String>())
}

/// PyPI's JSON of one release.
fn release_json(address: &str, name: &str, version: &str, files: &[File]) -> Value {
    let urls = files.iter().map(|file| {
        json!({
            "filename": file.filename,
            "url": url(address, name, file),
            "packagetype": file.filetype,
            "digests": { "sha256": file.sha256 },
            "size": file.size,
            "requires_python": file.requires_python,
            "upload_time_iso_8601": timestamp(file.uploaded),
            "yanked": file.yanked,
            "yanked_reason": null,
        })
    });
    let urls: Vec<Value> = urls.collect();
    let yanked = files.iter().all(|file| file.yanked);
    json!({ "info": { "name": name, "version": version, "yanked": yanked }, "urls": urls })
}
