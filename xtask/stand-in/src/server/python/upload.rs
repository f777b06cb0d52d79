//! The upload form of PyPI, read and judged as PyPI does.
//! It must never let other bytes take the name of a file that is there.

use serde_json::json;

use super::{File, files, project, stored};
use crate::server::{Answer, Answered, Call, State, is_plain, now};
use plan::{
    hash::sha256,
    pep503::normalized,
    pypi::{self, About},
};

/// The upload form (warehouse, "Upload API"); the answers to files that are there are PyPI's.
pub fn upload(state: &State, call: &Call) -> Answered {
    let refuse = |why: &str| Answer::text(400, why);
    let parts = parts(call.header("content-type"), &call.body).ok_or_else(|| refuse("the form cannot be read"))?;
    let field = |name: &str| texts(&parts, name).next();
    let content = parts.iter().find(|part| part.name == "content");
    let filename = content.and_then(|part| part.file.clone()).unwrap_or_default();
    let (Some(name), Some(version), Some(filetype), Some(content)) =
        (field("name"), field("version"), field("filetype"), content)
    else {
        return Err(refuse("Missing data: name, version, filetype or content."));
    };
    let sha256 = sha256(content.content);
    let about = about(&parts);
    let judged = pypi::objections(&about).into_iter().next().map(|objection| objection.what);
    let unfit = || pypi::platform_objection(&filename).filter(|_| !pypi::is_private(&about));
    if let Some(why) = objection(&name, &version, &filename, &sha256, field).or(judged).or_else(unfit) {
        return Err(refuse(&why));
    }
    let _turn = state.turn();
    let mut known = files(state, &name)?.unwrap_or_default();
    if let Some(file) = known.iter().find(|file| file.filename == filename) {
        let other = format!("File already exists ('{filename}', with sha256 hash '{}').", file.sha256);
        return if file.sha256 == sha256 { Ok(Answer::text(200, "")) } else { Err(refuse(&other)) };
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

/// What the fields of that name say.
fn texts<'p>(parts: &'p [Part<'_>], name: &'p str) -> impl Iterator<Item = String> + 'p {
    let named = parts.iter().filter(move |part| part.name == name);
    let texts = named.map(|part| String::from_utf8_lossy(part.content).trim().to_owned());
    texts.filter(|text| !text.is_empty())
}

/// What a form says of a project. Of addresses of people, it holds more than those alone.
fn about(parts: &[Part<'_>]) -> About {
    let (all, one) = (|name| texts(parts, name).collect(), |name| texts(parts, name).next());
    let urls = texts(parts, "project_urls").filter_map(|pair| {
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
