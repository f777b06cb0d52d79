//! The release on the forge, through `gh`: a draft first, its assets, and published when all of them are there.
//! It must never be published while an asset is missing.

pub mod assets;

use std::path::PathBuf;

use anyhow::Result;

use self::assets::{Found, SUMS, attach, find, hash_of, place, read_checksums, stop, stranger, text, write_checksums};
use super::{
    Context, mail,
    publish::{self, Hashes},
    wheels,
};
use crate::tools::forge::{Asset, Forge, NotSetUp, Release};
use plan::{
    problem::Problem,
    publish::missing,
    step::{ForgeRelease, Observation, Tagged},
};

pub fn observe(cx: &Context<'_>, wanted: &ForgeRelease) -> Result<Observation> {
    let found = match NotSetUp::apart(find(cx, &wanted.of))? {
        Ok(Found::None) => return todo(cx, wanted),
        Ok(Found::One(release)) => release,
        Ok(Found::Drafts(ids)) => return Ok(drafts(&wanted.of, &ids)),
        Err(Problem { what, next }) => {
            let next = format!("{next}; or publish the rest: --only crates,wheels,images");
            return Ok(Observation::blocked(what, next));
        }
    };
    let there = hashes(cx, &wanted.of, &found)?;
    let ours = built(cx, wanted)?;
    if let Some((name, theirs, ours)) = ours.as_ref().and_then(|ours| differing(ours, &there)) {
        return Ok(stranger(name, theirs, ours));
    }
    if found.draft {
        return todo(cx, wanted);
    }
    let checksums = match found.assets.iter().find(|asset| asset.name == SUMS && asset.is_whole()) {
        Some(asset) => read_checksums(&text(cx, &wanted.of, asset)?)?,
        None if wanted.dists.is_empty() => Hashes::new(),
        None => return todo(cx, wanted),
    };
    if let Some((name, theirs, ours)) = differing(&checksums, &there) {
        return Ok(stranger(name, theirs, ours));
    }
    let names: Vec<String> = checksums.keys().cloned().collect();
    let lacks = wanted.dists.iter().any(|dist| !missing(&dist.platforms, &names).is_empty());
    if lacks || !checksums.keys().chain(ours.iter().flat_map(Hashes::keys)).all(|name| there.contains_key(name)) {
        return todo(cx, wanted);
    }
    if let Some(name) = ours.iter().flat_map(Hashes::keys).find(|name| !checksums.contains_key(*name)) {
        return Ok(Observation::blocked(
            format!("its {SUMS} does not name {name}"),
            "a published release is not changed: find out who made it",
        ));
    }
    let evidence = match there.len() {
        0 => "published, no assets".to_owned(),
        n if ours.is_some() => format!("{n} assets, hashes as built"),
        n => format!("{n} assets, hashes as in {SUMS}"),
    };
    Ok(Observation::Done { evidence, since: found.published_at })
}

/// It can only be done with the files of all projects.
fn todo(cx: &Context<'_>, wanted: &ForgeRelease) -> Result<Observation> {
    for dist in &wanted.dists {
        let observed = wheels::build::observe(cx, dist)?;
        if observed.is_blocking() {
            return Ok(observed);
        }
    }
    Ok(Observation::Todo)
}

fn drafts(of: &Tagged, ids: &[u64]) -> Observation {
    let surplus = ids.iter().skip(1).map(|id| format!("gh api -X DELETE repos/{{owner}}/{{repo}}/releases/{id}"));
    Observation::blocked(
        format!("{} has {} drafts, and only one can be published", of.tag, ids.len()),
        surplus.collect::<Vec<_>>().join(" && "),
    )
}

/// The first file that both have, with different hashes: its name, theirs, ours.
fn differing<'h>(ours: &'h Hashes, theirs: &'h Hashes) -> Option<(&'h str, &'h str, &'h str)> {
    ours.iter().find_map(|(name, ours)| {
        let theirs = theirs.get(name).filter(|theirs| *theirs != ours)?;
        Some((name.as_str(), theirs.as_str(), ours.as_str()))
    })
}

/// The files of all projects, when each is complete on this machine.
fn built(cx: &Context<'_>, wanted: &ForgeRelease) -> Result<Option<Hashes>> {
    let mut all = Hashes::new();
    for dist in &wanted.dists {
        if !wheels::build::observe(cx, dist)?.is_done() {
            return Ok(None);
        }
        all.extend(wheels::build::files(cx, dist)?);
    }
    Ok(Some(all))
}

/// The release's whole assets without the sums and what is drafted for people.
fn hashes(cx: &Context<'_>, of: &Tagged, release: &Release) -> Result<Hashes> {
    let mut hashes = Hashes::new();
    let is_released = |asset: &&Asset| asset.name != SUMS && !mail::is_draft(of, &asset.name);
    for asset in release.assets.iter().filter(is_released) {
        if let Some(hash) = hash_of(cx, of, release, &asset.name)? {
            hashes.insert(asset.name.clone(), hash);
        }
    }
    Ok(hashes)
}

/// Goes on from whatever is there: each piece is looked for before it is made.
pub fn release(cx: &Context<'_>, wanted: &ForgeRelease) -> Result<()> {
    let of = &wanted.of;
    let files = assets(cx, wanted)?;
    let forge = Forge::new(cx.sh);
    let release = match find(cx, of)? {
        Found::None => forge.create(&of.tag, &of.commit, &wanted.title, &wanted.notes, wanted.prerelease)?,
        Found::One(release) => release,
        Found::Drafts(ids) => return stop(drafts(of, &ids)),
    };
    for (name, file) in &files {
        attach(cx, of, &release, name, file)?;
    }
    if let Some(announcement) = wanted.mail.as_ref().filter(|_| release.draft) {
        mail::attach(cx, announcement, &release)?;
    }
    if release.draft {
        let highest = publish::RemoteTags::ask(cx, of)?.highest(of);
        forge.publish(&release, wanted.prerelease, highest.as_ref() == Some(&of.version))?;
    }
    Ok(())
}

/// What is uploaded, the sums last.
fn assets(cx: &Context<'_>, wanted: &ForgeRelease) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    let mut all = Hashes::new();
    for dist in &wanted.dists {
        match wheels::build::observe(cx, dist)? {
            Observation::Done { .. } => {}
            Observation::Todo => wheels::build::build(cx, dist)?,
            blocking => return stop(blocking),
        }
        let dir = wheels::build::dir(cx, dist);
        let found = wheels::build::files(cx, dist)?;
        files.extend(found.keys().map(|name| (name.clone(), dir.join(name))));
        all.extend(found);
    }
    if !all.is_empty() {
        let path = place(cx, &wanted.of)?.join(SUMS);
        cx.sh.write_file(&path, write_checksums(&all))?;
        files.push((SUMS.to_owned(), path));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_have_can_differ() {
        let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Hashes>();
        let (ours, theirs) = (of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("c", "3")]));
        assert_eq!(differing(&ours, &theirs), None);
        assert_eq!(differing(&ours, &of(&[("b", "4")])), Some(("b", "4", "2")));
    }
}
