//! A Python project's files: uploaded, and looked for on the index.
//! It must never skip an upload because of a file's name: only the same hash is the same file.

pub mod build;
pub mod installed;
pub mod listed;

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Result, bail};

use self::{
    build::{build, built, dir, files, is_of},
    listed::{OnIndex, index, is_yanked, listed},
};
use super::{Context, forge::assets, ownership, publish::Hashes};
use crate::{
    inherited::{OF_UV, with_secrets_of},
    tools::{
        child,
        python::{Environment, project},
        transient::Transient,
    },
};
use plan::{
    edit::count,
    finding::Check,
    ownership::{Kind, Name},
    publish::missing,
    repo::short,
    step::{Dist, Observation},
};

pub fn observe(cx: &Context<'_>, dist: &Dist) -> Result<Observation> {
    let listed = listed(cx, dist)?;
    if listed.is_empty()
        && let Some(observed) = blocking(cx, dist)?
    {
        return Ok(observed);
    }
    let ours = files(cx, dist)?;
    let is_built = built(cx, dist, &ours).is_done();
    let rolled_back = match !listed.is_empty() && is_yanked(cx, dist)? {
        true => Some(yanked(dist, &format!("{} was published and yanked", dist.version))),
        false => None,
    };
    // Built elsewhere: the forge release has their hashes, when it was made already.
    let released = match is_built {
        true => Some(ours),
        false if listed.is_empty() => None,
        false => assets::checksums(cx, &dist.of)?
            .map(|checksums| checksums.into_iter().filter(|(name, _)| is_of(dist, name)).collect::<Hashes>()),
    };
    // Files of other content are the nearer cause.
    let differs = released.as_ref().and_then(|released| differing(dist, released, &listed));
    if let Some(other) = differs.or(rolled_back) {
        return Ok(other);
    }
    if let Some(released) = released {
        let missing = missing(&dist.platforms, &listed.keys().cloned().collect::<Vec<_>>());
        if !is_built && !missing.is_empty() {
            return Ok(Observation::blocked(
                format!("the index lacks {}", missing.join(", ")),
                "the same command with --dist DIR, where these wheels are",
            ));
        }
        if !released.is_empty() && released.keys().all(|name| listed.contains_key(name)) {
            return Ok(all_there(&listed));
        }
    }
    let what = format!("{} {} is not (wholly) on the index", dist.name, dist.version);
    Ok(match index(cx, dist)?.lacks_login(&what)? {
        None => Observation::Todo,
        // Without credentials it is only looked at, and what is there may well be what was built elsewhere.
        Some(_) if !is_built && !listed.is_empty() => Observation::unknown(
            format!(
                "the index has {} of it; whether they are ours, the forge's release does not tell",
                count(listed.len(), "file")
            ),
            format!("{} --only forge, where the forge knows you", dist.of.typed("publish")),
        ),
        Some(problem) => Observation::Blocked(problem),
    })
}

/// A file of which the index has other bytes under the same name, unless that is set aside.
fn differing(dist: &Dist, ours: &Hashes, listed: &BTreeMap<String, OnIndex>) -> Option<Observation> {
    let (name, ours, theirs) = ours.iter().find_map(|(name, hash)| {
        listed.get(name).filter(|there| there.sha256 != *hash).map(|there| (name, hash, &there.sha256))
    })?;
    let other = Observation::blocked(
        format!("the index has another {name}: its sha256 is {theirs}, ours is {ours}"),
        "publish the files that were uploaded first (--dist DIR), or release a higher version: an index never takes other bytes under the same name",
    );
    Some(ownership::unless_waived(&dist.of, Check::RegistryContent, other))
}

fn all_there(listed: &BTreeMap<String, OnIndex>) -> Observation {
    let since = listed.values().filter_map(|file| file.since.clone()).max();
    Observation::Done { evidence: format!("{}, hashes as built", count(listed.len(), "file")), since }
}

/// What keeps a project off the index that has no file of this version: another has its name, or the version was
/// yanked. Where either is set aside, it is not asked for.
fn blocking(cx: &Context<'_>, dist: &Dist) -> Result<Option<Observation>> {
    let name = Name { kind: Kind::Project, name: dist.name.clone(), registry: None, within: dist.project.clone() };
    if let Some(stranger) = ownership::stranger(cx, &dist.of, name)? {
        return Ok(Some(stranger));
    }
    if dist.of.waived.contains_key(&Check::RegistryYanked) {
        return Ok(None);
    }
    let versions = project::versions(cx.sh, &dist.name, &index(cx, dist)?)?;
    let why = || format!("{} {} was yanked, and an index takes no file twice", dist.name, dist.version);
    Ok((versions.get(&dist.version) == Some(&true)).then(|| yanked(dist, &why())))
}

fn yanked(dist: &Dist, why: &str) -> Observation {
    let yanked = Observation::blocked(
        why,
        "release a higher version; or, if it was not meant, take the yank back on the index's own page",
    );
    ownership::unless_waived(&dist.of, Check::RegistryYanked, yanked)
}

/// Uploads what the index does not have yet.
pub fn upload(cx: &Context<'_>, dist: &Dist) -> Result<()> {
    if !build::observe(cx, dist)?.is_done() {
        build(cx, dist)?;
        // What is there under our names must be what was built.
        if observe(cx, dist)?.is_blocking() {
            return Ok(());
        }
    }
    let there = listed(cx, dist)?;
    let environment = Environment::prepare(cx.sh, &cx.target)?;
    let dir = dir(cx, dist);
    let to_send: Vec<PathBuf> =
        files(cx, dist)?.into_keys().filter(|name| !there.contains_key(name)).map(|name| dir.join(name)).collect();
    if to_send.is_empty() {
        return Ok(());
    }
    let mut command = environment.uv()?;
    let index = index(cx, dist)?;
    command.args(["publish", "--no-progress"]).args(&to_send);
    // There it finds the settings that say where.
    let project = cx.sh.current_dir().join(&dist.project);
    command.current_dir(if project.is_dir() { &project } else { &dir });
    index.send_by_uv(&mut command);
    // How long it shall wait is in the answer's headers, and uv tells of those nowhere else.
    command.env("RUST_LOG", "uv_publish=trace");
    with_secrets_of(OF_UV, &mut command);
    let output = child::send_hiding(cx.report, command, |line| {
        ["DEBUG ", "TRACE "].iter().any(|start| line.starts_with(start))
    })?;
    if output.ok() {
        return Ok(());
    }
    if let Some(refusal) = child::refusal(&output) {
        bail!(
            "uv publish: {refusal}; next: UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD, that the index takes, then run the same command again"
        );
    }
    let what = format!("uv publish of {} {} ({})", dist.name, dist.version, short(&dist.of.commit));
    let failure = child::failure(&what, &output);
    if failure.is::<Transient>() {
        return Err(failure);
    }
    // Somebody else may have been faster with some of them: those are observed, and the rest is sent.
    let there = listed(cx, dist)?;
    match to_send.iter().filter_map(|path| path.file_name()?.to_str()).any(|name| there.contains_key(name)) {
        true if observe(cx, dist)? == Observation::Todo => upload(cx, dist),
        true => Ok(()),
        false => Err(failure),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The Python project of the release that the tests of crates are about.
    pub fn lark() -> Dist {
        Dist {
            of: super::super::crates::tests::lark().of,
            project: PathBuf::new(),
            name: "lark".to_owned(),
            version: "0.8.0rc1".to_owned(),
            platforms: Vec::new(),
            from: None,
            is_private: false,
            backend: None,
        }
    }
}
