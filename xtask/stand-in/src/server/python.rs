//! The Python index: the upload form of PyPI, its JSON, and the simple index of PEP 503 and PEP 691.
//! It must never let other bytes take the name of a file that is there.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, State, is_plain, now, timestamp};
use plan::{
    hash::sha256,
    pep503::normalized,
    pypi::{self, About},
};

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

pub fn answer(state: &State, call: &Call, path: &[&str]) -> Result<Answer> {
    let not_found = || Answer::text(404, "Not Found");
    let address = state.reading(&call.address(state));
    match (call.method.as_str(), path) {
        ("POST", ["legacy"]) if !is_known(state, call) => {
            Ok(Answer::text(403, "Invalid or non-existent authentication information."))
        }
        ("POST", ["legacy"]) => upload(state, call),
        // What a person does on PyPI's own pages.
        ("POST", ["manage", "project", _, "release", _, "yank"]) if !is_known(state, call) => {
            Ok(Answer::text(403, "log in"))
        }
        ("POST", ["manage", "project", name, "release", version, "yank"]) => yank(state, name, version),
        ("GET", ["simple", name]) => Ok(match files(state, name)? {
            Some(_) if *name != normalized(name) => {
                Answer::elsewhere(format!("{address}/simple/{}/", normalized(name)))
            }
            Some(files) if call.header("accept").contains(JSON) => {
                Answer::new(200, JSON, simple_json(&address, name, &files).to_string())
            }
            Some(files) => Answer::new(200, "text/html; charset=utf-8", simple_html(&address, name, &files)),
            // There, it is known by its one spelling.
            None => match state.upstreams.projects.as_ref().filter(|_| is_plain(name)) {
                Some(index) => Answer::elsewhere(format!("{}/{}/", index.trim_end_matches('/'), normalized(name))),
                None => not_found(),
            },
        }),
        ("GET", ["files", name, file]) if is_plain(name) && is_plain(file) => {
            Ok(state.load(&stored(name, file))?.map_or_else(not_found, Answer::bytes))
        }
        ("GET", ["pypi", name, version, "json"]) => {
            let mut files = files(state, name)?.unwrap_or_default();
            files.retain(|file| file.version == *version);
            let none = Answer::json(404, &json!({ "message": "Not Found" }));
            Ok(if files.is_empty() { none } else { Answer::json(200, &release_json(&address, name, version, &files)) })
        }
        _ => Ok(not_found()),
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

/// The upload form (warehouse, "Upload API"); the answers to files that are there are PyPI's.
fn upload(state: &State, call: &Call) -> Result<Answer> {
    let Some(parts) = parts(call.header("content-type"), &call.body) else {
        return Ok(Answer::text(400, "the form cannot be read"));
    };
    let field = |name: &str| {
        let part = parts.iter().find(|part| part.name == name);
        part.map(|part| String::from_utf8_lossy(part.content).trim().to_owned()).filter(|text| !text.is_empty())
    };
    let content = parts.iter().find(|part| part.name == "content");
    let filename = content.and_then(|part| part.file.clone()).unwrap_or_default();
    let (Some(name), Some(version), Some(filetype), Some(content)) =
        (field("name"), field("version"), field("filetype"), content)
    else {
        return Ok(Answer::text(400, "Missing data: name, version, filetype or content."));
    };
    let sha256 = sha256(content.content);
    let about = about(&parts);
    let judged = pypi::objections(&about).into_iter().next().map(|objection| objection.what);
    let unfit = || pypi::platform_objection(&filename).filter(|_| !pypi::is_private(&about));
    let why = objection(&name, &version, &filename, &sha256, field).or(judged).or_else(unfit);
    if let Some(why) = why {
        return Ok(Answer::text(400, why));
    }
    let _turn = state.turn();
    let mut known = files(state, &name)?.unwrap_or_default();
    if let Some(file) = known.iter().find(|file| file.filename == filename) {
        let other = format!("File already exists ('{filename}', with sha256 hash '{}').", file.sha256);
        return Ok(if file.sha256 == sha256 { Answer::text(200, "") } else { Answer::text(400, other) });
    }
    state.save(&stored(&name, &filename), content.content)?;
    let what = json!({ "name": normalized(&name), "version": version, "file": filename });
    known.push(File {
        filename,
        version,
        filetype,
        sha256: sha256.clone(),
        size: content.content.len(),
        uploaded: now(),
        requires_python: field("requires_python"),
        yanked: false,
    });
    state.save(&project(&name), &serde_json::to_vec(&known)?)?;
    state.effect("file", &sha256, what)?;
    Ok(Answer::text(200, ""))
}

/// What a form says of a project. Of addresses of people, it holds more than those alone.
fn about(parts: &[Part<'_>]) -> About {
    let all = |name: &str| -> Vec<String> {
        let named = parts.iter().filter(|part| part.name == name);
        let texts = named.map(|part| String::from_utf8_lossy(part.content).trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    };
    let one = |name: &str| all(name).into_iter().next();
    let urls = all("project_urls").into_iter().filter_map(|pair| {
        let (label, url) = pair.split_once(',')?;
        Some((label.trim().to_owned(), url.trim().to_owned()))
    });
    About {
        summary: one("summary"),
        classifiers: all("classifiers"),
        requires_python: one("requires_python"),
        requirements: all("requires_dist"),
        urls: urls.collect(),
        emails: Vec::new(),
        license: one("license_expression"),
        content_type: one("description_content_type"),
        any_linux: false,
    }
}

/// Yanks all files of a release, as PyPI does (PEP 592).
fn yank(state: &State, name: &str, version: &str) -> Result<Answer> {
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

fn objection(
    name: &str,
    version: &str,
    file: &str,
    sha256: &str,
    field: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let action = field(":action");
    if action.as_deref() != Some("file_upload") {
        return Some("Invalid value for :action. Use 'file_upload'.".to_owned());
    }
    if !is_plain(name) {
        return Some(format!("'{name}' is an invalid value for Name."));
    }
    if version.contains('+') {
        return Some(format!("The use of local versions in <Version('{version}')> is not allowed."));
    }
    let typed = [".whl", ".tar.gz", ".zip"].iter().any(|end| file.ends_with(end));
    if !is_plain(file) || !typed {
        return Some("Invalid file extension: Use .tar.gz, .whl or .zip extension.".to_owned());
    }
    let (project, named) = (normalized(name), normalized(file));
    if !named.strip_prefix(&project).is_some_and(|rest| rest.starts_with('-')) {
        return Some(format!("Start filename for '{file}' with '{}'.", project.replace('-', "_")));
    }
    let reported = field("sha256_digest").unwrap_or_default().to_ascii_lowercase();
    let other = "The digest supplied does not match a digest calculated from the uploaded file.";
    (reported != sha256).then(|| other.to_owned())
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

/// A field of a form; a file has a name of its own.
struct Part<'a> {
    name: String,
    file: Option<String>,
    content: &'a [u8],
}

/// Reads `multipart/form-data` (RFC 7578).
fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty())?;
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&delimiter.as_bytes()[2..])?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head = find(rest, b"\r\n\r\n")?;
        let (head, body) = (std::str::from_utf8(&rest[..head]).ok()?, &rest[head + 4..]);
        let end = find(body, delimiter.as_bytes())?;
        rest = &body[end + delimiter.len()..];
        let disposition = head.lines().filter_map(|line| line.split_once(':'));
        let mut disposition = disposition.filter(|(name, _)| name.eq_ignore_ascii_case("content-disposition"));
        let (_, disposition) = disposition.next()?;
        let (name, file) = (parameter(disposition, "name")?, parameter(disposition, "filename"));
        parts.push(Part { name, file, content: &body[..end] });
    }
    Some(parts)
}

/// `form-data; name="content"`: the parameter of that name.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut parameters = header.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let (_, value) = parameters.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value.trim_matches('"').to_owned())
}

/// The first place of `needle`; looking for one byte first is quick even unoptimised.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, mut from) = (needle.first()?, 0);
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| byte == first)?;
        if bytes[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_is_read() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ntiny\r\n\
            --B\r\ncontent-disposition: form-data; name=\"content\"; filename=\"t.whl\"\r\nContent-Type: x\r\n\r\n\r\n--b\r\n\xff\r\n--B--\r\n";
        let read = parts("multipart/form-data; boundary=\"B\"", body).unwrap();
        let read: Vec<_> = read.iter().map(|part| (part.name.as_str(), part.file.as_deref(), part.content)).collect();
        assert_eq!(read, [("name", None, &b"tiny"[..]), ("content", Some("t.whl"), &b"\r\n--b\r\n\xff"[..])]);
        for end in 0..body.len() - 4 {
            assert!(parts("multipart/form-data; boundary=B", &body[..end]).is_none(), "{end}");
        }
        for kind in ["", "text/plain; boundary=B", "multipart/form-data", "multipart/form-data; boundary=C"] {
            assert!(parts(kind, body).is_none(), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_form(pieces in prop::collection::vec(prop_oneof![
            Just(b"--B".to_vec()), Just(b"\r\n".to_vec()), Just(b"\r\n\r\n".to_vec()), Just(b"--".to_vec()),
            Just(b"Content-Disposition: form-data; name=\"a\"".to_vec()), any::<Vec<u8>>()], 0..12), kind: String) {
            let body = pieces.concat();
            parts("multipart/form-data; boundary=B", &body);
            parts(&kind, &body);
            normalized(&kind);
        }
    }
}
