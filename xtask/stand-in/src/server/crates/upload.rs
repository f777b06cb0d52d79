//! The upload of a crate, as crates.io takes or refuses it.
//! It must never take a second version of one number, nor what crates.io's own rules refuse.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, crate_file, entries, own_index, refuse, save_entries};
use crate::server::{Answer, Answered, State, now, timestamp};
use plan::{
    crates_io::{self, About, LARGEST, LARGEST_METADATA, canonical, is_name},
    hash::sha256,
};

/// The metadata of an upload (Cargo book, "Registry Web API", "Publish").
#[derive(Deserialize)]
struct Upload {
    name: String,
    vers: Version,
    deps: Vec<Dependency>,
    features: BTreeMap<String, Vec<String>>,
    #[serde(flatten)]
    about: About,
    links: Option<String>,
    rust_version: Option<String>,
}

/// As it is uploaded; the index has it with two names changed.
#[derive(Serialize, Deserialize)]
struct Dependency {
    name: String,
    #[serde(rename(serialize = "req"))]
    version_req: String,
    features: Vec<String>,
    optional: bool,
    default_features: bool,
    target: Option<String>,
    kind: Option<String>,
    registry: Option<String>,
    #[serde(rename(serialize = "package"))]
    explicit_name_in_toml: Option<String>,
}

/// The two parts of an upload: each after its length, a `u32` in little endian.
pub fn frames(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let frame = |bytes: &'_ [u8]| -> Option<usize> { Some(u32::from_le_bytes(*bytes.first_chunk()?) as usize) };
    let metadata = body.get(4..)?.get(..frame(body)?)?;
    let rest = body.get(4 + metadata.len()..)?;
    let file = rest.get(4..)?;
    (file.len() == frame(rest)?).then_some((metadata, file))
}

pub fn publish(state: &State, body: &[u8]) -> Answered {
    let invalid = |why: &dyn std::fmt::Display| refuse(400, format!("invalid upload request: {why}"));
    let (metadata, file) = frames(body).ok_or_else(|| invalid(&"the lengths are wrong"))?;
    let upload: Upload = serde_json::from_slice(metadata).map_err(|error| invalid(&error))?;
    if metadata.len() > LARGEST_METADATA && !state.is_private {
        return Err(refuse(413, "JSON metadata blob too large"));
    }
    if file.len() > LARGEST {
        return Err(refuse(413, format!("max upload size is: {LARGEST}")));
    }
    let _turn = state.turn();
    let mut entries = entries(state, &upload.name)?;
    if let Some(why) = upload.objection(state).or_else(|| upload.taken(state, &entries)) {
        return Err(refuse(400, why));
    }
    let (name, version, sha256) = (upload.name.clone(), upload.vers.to_string(), sha256(file));
    // The true one refuses them, by a list that grows and limits that are raised; cargo tells them as warnings.
    let unknown: Vec<String> = crates_io::unknown_categories(&upload.about).into_iter().map(str::to_owned).collect();
    let enabled = upload.features.values().map(Vec::len).max().unwrap_or_default();
    let excesses = crates_io::excesses(upload.features.len(), enabled, upload.deps.len());
    entries.push(upload.into_entry(state, sha256.clone()));
    state.save(&crate_file(&name, &version), file)?;
    save_entries(state, &name, &entries)?;
    state.effect("crate", &sha256, json!({ "name": name, "version": version }))?;
    let warnings = json!({ "invalid_categories": unknown, "invalid_badges": [], "other": excesses });
    Ok(Answer::json(200, &json!({ "warnings": warnings })))
}

impl Upload {
    /// What crates.io would say against it, whatever is there already.
    fn objection(&self, state: &State) -> Option<String> {
        // The rest are crates.io's own rules.
        if state.is_private {
            return (!is_name(&self.name)).then(|| format!("invalid crate name `{}`", self.name));
        }
        let mut objections = crates_io::objections(&self.name, &self.about);
        objections.extend(crates_io::version_objection(&self.vers.to_string()));
        if let Some(objection) = objections.first() {
            return Some(format!("{}: {}", objection.what, objection.next));
        }
        self.deps.iter().find_map(|dependency| {
            let name = &dependency.name;
            let foreign = dependency.registry.as_ref().is_some_and(|registry| {
                // The name under which cargo uploads crates-io, replaced or not.
                !registry.ends_with("/crates.io-index") && *registry != own_index(state)
            });
            if foreign {
                return Some(format!("Dependency `{name}` is hosted on another registry. Cross-registry dependencies are not permitted on crates.io."));
            }
            let renamed = dependency.explicit_name_in_toml.as_ref();
            if !is_name(name) || renamed.is_some_and(|name| !crates_io::is_dependency_name(name)) {
                return Some(format!("invalid dependency name: `{}`", renamed.unwrap_or(name)));
            }
            crates_io::is_wildcard(&dependency.version_req).then(|| format!("wildcard (`*`) dependency constraints are not allowed on crates.io. Crate with this problem: `{name}`"))
        })
    }

    /// Names are one whatever their case and dashes, versions are one whatever their build.
    fn taken(&self, state: &State, entries: &[Entry]) -> Option<String> {
        let names = std::fs::read_dir(state.dir.join("crates/index")).into_iter().flatten().flatten();
        let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let same = names.find(|name| canonical(name) == canonical(&self.name) && !name.ends_with(".new"));
        let spelt = entries.first().map(|entry| entry.name.clone()).or(same).filter(|name| *name != self.name);
        if let Some(name) = spelt {
            return Some(format!("crate was previously named `{name}`"));
        }
        let vers = &self.vers;
        let bare = |v: &Version| (v.major, v.minor, v.patch, v.pre.clone());
        let same = entries.iter().any(|entry| bare(&entry.vers) == bare(vers));
        same.then(|| format!("crate version `{vers}` is already uploaded"))
    }

    fn into_entry(self, state: &State, cksum: String) -> Entry {
        let new = |value: &String| value.starts_with("dep:") || value.contains("?/");
        let (newer, features): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.features.into_iter().partition(|(_, values)| values.iter().any(new));
        let v = if newer.is_empty() { 1 } else { 2 };
        Entry {
            name: self.name,
            vers: self.vers,
            deps: self.deps.into_iter().map(|dependency| dependency.into_entry(state)).collect(),
            cksum,
            features,
            features2: (!newer.is_empty()).then_some(newer),
            yanked: false,
            links: self.links,
            rust_version: self.rust_version,
            pubtime: timestamp(now()),
            v,
        }
    }
}

impl Dependency {
    /// The index has the dependency's own name in `package` when it is renamed. What stands for crates.io has all crates in
    /// it; a private registry says of those that it does not have where they are.
    fn into_entry(mut self, state: &State) -> Value {
        self.registry = self.registry.filter(|registry| state.is_private && *registry != own_index(state));
        self.kind.get_or_insert_with(|| "normal".to_owned());
        if let Some(renamed) = &mut self.explicit_name_in_toml {
            std::mem::swap(renamed, &mut self.name);
        }
        json!(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_must_fill_the_body() {
        let body = b"\x02\0\0\0{}\x03\0\0\0abc";
        assert_eq!(frames(body), Some((&b"{}"[..], &b"abc"[..])));
        for end in 0..body.len() {
            assert_eq!(frames(&body[..end]), None);
        }
        assert_eq!(frames(b"\x02\0\0\0{}\x03\0\0\0abcd"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_frames(body: Vec<u8>) {
            if let Some((metadata, file)) = frames(&body) {
                prop_assert_eq!(metadata.len() + file.len() + 8, body.len());
            }
        }
    }
}
