//! The release on the forge, through `gh`: a draft first, its assets, and published when all of them are there.
//! It must never replace an asset: what is there with another hash stops it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    World, mail, publish,
    wheels::{self, Hashes},
};
use crate::tools::forge::{Asset, Forge, NotSetUp, Release};
use plan::{
    hash,
    publish::missing,
    step::{ForgeRelease, Observation, Tagged},
};

/// The asset that names the others with their hashes, as `sha256sum` writes it.
const SUMS: &str = "SHA256SUMS";

pub fn observe(world: &World<'_>, wanted: &ForgeRelease) -> Result<Observation> {
    let found = match find(world, &wanted.of) {
        Ok(Found::None) => return todo(world, wanted),
        Ok(Found::One(release)) => release,
        Ok(Found::Drafts(ids)) => return Ok(drafts(&wanted.of, &ids)),
        Err(error) => match error.downcast::<NotSetUp>() {
            Ok(NotSetUp { why, next }) => {
                let next = format!("{next}; or publish the rest: --only crates,wheels,images");
                return Ok(Observation::Blocked { why, next });
            }
            Err(error) => return Err(error),
        },
    };
    let there = hashes(world, &wanted.of, &found)?;
    let ours = built(world, wanted)?;
    if let Some((name, theirs, ours)) = ours.as_ref().and_then(|ours| differing(ours, &there)) {
        return Ok(stranger(name, theirs, ours));
    }
    if found.draft {
        return todo(world, wanted);
    }
    let sums = match found.assets.iter().find(|asset| asset.name == SUMS && asset.is_whole()) {
        Some(asset) => read_sums(&text(world, &wanted.of, asset)?)?,
        None if wanted.dists.is_empty() => Hashes::new(),
        None => return todo(world, wanted),
    };
    if let Some((name, theirs, ours)) = differing(&sums, &there) {
        return Ok(stranger(name, theirs, ours));
    }
    let names: Vec<String> = sums.keys().cloned().collect();
    let lacks = wanted.dists.iter().any(|dist| !missing(&dist.platforms, &names).is_empty());
    if lacks || !sums.keys().chain(ours.iter().flat_map(Hashes::keys)).all(|name| there.contains_key(name)) {
        return todo(world, wanted);
    }
    if let Some(name) = ours.iter().flat_map(Hashes::keys).find(|name| !sums.contains_key(*name)) {
        return Ok(Observation::Blocked {
            why: format!("its {SUMS} does not name {name}"),
            next: "a published release is not changed: find out who made it".to_owned(),
        });
    }
    let evidence = match there.len() {
        0 => "published, no assets".to_owned(),
        n if ours.is_some() => format!("{n} assets, hashes as built"),
        n => format!("{n} assets, hashes as in {SUMS}"),
    };
    Ok(Observation::Done { evidence, since: found.published_at })
}

/// It can only be done with the files of all projects.
fn todo(world: &World<'_>, wanted: &ForgeRelease) -> Result<Observation> {
    for dist in &wanted.dists {
        let seen = wheels::observe_build(world, dist)?;
        if seen.is_in_the_way() {
            return Ok(seen);
        }
    }
    Ok(Observation::Todo)
}

pub enum Found {
    None,
    One(Release),
    /// Several, and none of them is published.
    Drafts(Vec<u64>),
}

pub fn find(world: &World<'_>, of: &Tagged) -> Result<Found> {
    let mut releases = Forge::new(world.sh).releases_of(&of.tag)?;
    if let Some(at) = releases.iter().position(|release| !release.draft) {
        return Ok(Found::One(releases.swap_remove(at)));
    }
    releases.sort_by_key(|release| release.id);
    Ok(match releases.len() {
        0 => Found::None,
        1 => Found::One(releases.swap_remove(0)),
        _ => Found::Drafts(releases.iter().map(|release| release.id).collect()),
    })
}

fn drafts(of: &Tagged, ids: &[u64]) -> Observation {
    let surplus = ids.iter().skip(1).map(|id| format!("gh api -X DELETE repos/{{owner}}/{{repo}}/releases/{id}"));
    Observation::Blocked {
        why: format!("{} has {} drafts, and only one can be published", of.tag, ids.len()),
        next: surplus.collect::<Vec<_>>().join(" && "),
    }
}

fn stranger(name: &str, theirs: &str, ours: &str) -> Observation {
    Observation::Blocked {
        why: format!("the release has another {name}: its sha256 is {theirs}, ours is {ours}"),
        next: "publish the files that were uploaded first (--dist DIR), or release a higher version: an asset is never replaced"
            .to_owned(),
    }
}

/// Whether a whole asset stays, of a draft as of a release: only the same bytes do, and others are never replaced.
fn is_kept(name: &str, theirs: &str, ours: &str) -> Result<(), Observation> {
    if theirs == ours { Ok(()) } else { Err(stranger(name, theirs, ours)) }
}

/// The first file that both have, with different hashes: its name, theirs, ours.
fn differing<'h>(ours: &'h Hashes, theirs: &'h Hashes) -> Option<(&'h str, &'h str, &'h str)> {
    ours.iter().find_map(|(name, ours)| {
        let theirs = theirs.get(name).filter(|theirs| *theirs != ours)?;
        Some((name.as_str(), theirs.as_str(), ours.as_str()))
    })
}

/// The files of all projects, when each is complete on this machine.
fn built(world: &World<'_>, wanted: &ForgeRelease) -> Result<Option<Hashes>> {
    let mut all = Hashes::new();
    for dist in &wanted.dists {
        if !wheels::observe_build(world, dist)?.is_done() {
            return Ok(None);
        }
        all.extend(wheels::files(world, dist)?);
    }
    Ok(Some(all))
}

/// The release's whole assets without the sums and what is drafted for people.
fn hashes(world: &World<'_>, of: &Tagged, release: &Release) -> Result<Hashes> {
    let mut hashes = Hashes::new();
    let is_released = |asset: &&Asset| asset.name != SUMS && !mail::is_draft(of, &asset.name);
    for asset in release.assets.iter().filter(is_released) {
        if let Some(hash) = hash_of(world, of, release, &asset.name)? {
            hashes.insert(asset.name.clone(), hash);
        }
    }
    Ok(hashes)
}

/// The hash of an asset, when it is whole; what the forge does not tell is downloaded.
pub fn hash_of(world: &World<'_>, of: &Tagged, release: &Release, name: &str) -> Result<Option<String>> {
    let Some(asset) = release.assets.iter().find(|asset| asset.name == name && asset.is_whole()) else {
        return Ok(None);
    };
    Ok(Some(match asset.sha256() {
        Some(hash) => hash.to_owned(),
        None => hash::sha256(&bytes(world, of, asset)?),
    }))
}

fn bytes(world: &World<'_>, of: &Tagged, asset: &Asset) -> Result<Vec<u8>> {
    // Several questions may be asked side by side.
    let thread = format!("{:?}-{}", std::thread::current().id(), asset.id).replace(['(', ')'], "");
    let path = place(world, of)?.join(thread);
    let read = Forge::new(world.sh).download(asset, &path).and_then(|()| Ok(fs::read(&path)?));
    world.sh.remove_path(&path)?;
    read
}

fn text(world: &World<'_>, of: &Tagged, asset: &Asset) -> Result<String> {
    String::from_utf8(bytes(world, of, asset)?).with_context(|| format!("{} is not a text", asset.name))
}

fn place(world: &World<'_>, of: &Tagged) -> Result<PathBuf> {
    let dir = publish::place(world, of).join("forge");
    world.sh.create_dir(&dir)?;
    Ok(dir)
}

/// Goes on from whatever is there: each piece is looked for before it is made.
pub fn release(world: &World<'_>, wanted: &ForgeRelease) -> Result<()> {
    let of = &wanted.of;
    let files = assets(world, wanted)?;
    let forge = Forge::new(world.sh);
    let release = match find(world, of)? {
        Found::None => forge.create(&of.tag, &of.commit, &wanted.title, &wanted.notes, wanted.prerelease)?,
        Found::One(release) => release,
        Found::Drafts(ids) => return stop(drafts(of, &ids)),
    };
    for (name, file) in &files {
        attach(world, of, &release, name, file)?;
    }
    if let Some(announcement) = wanted.mail.as_ref().filter(|_| release.draft) {
        mail::attach(world, announcement, &release)?;
    }
    if release.draft {
        let highest = publish::RemoteTags::ask(world, of)?.highest(of);
        forge.publish(&release, wanted.prerelease, highest.as_ref() == Some(&of.version))?;
    }
    Ok(())
}

/// Uploads an asset, unless it is there.
pub fn attach(world: &World<'_>, of: &Tagged, release: &Release, name: &str, file: &Path) -> Result<()> {
    let ours = hash::sha256(&fs::read(file).with_context(|| file.display().to_string())?);
    if let Some(theirs) = hash_of(world, of, release, name)? {
        return is_kept(name, &theirs, &ours).or_else(stop);
    }
    let forge = Forge::new(world.sh);
    // Half an upload.
    if let Some(half) = release.assets.iter().find(|asset| asset.name == name) {
        forge.delete(half)?;
    }
    world.report.say(format!("          asset {name}"));
    forge.upload(release, name, file)
}

/// What is uploaded, the sums last.
fn assets(world: &World<'_>, wanted: &ForgeRelease) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    let mut all = Hashes::new();
    for dist in &wanted.dists {
        match wheels::observe_build(world, dist)? {
            Observation::Done { .. } => {}
            Observation::Todo => wheels::build(world, dist)?,
            in_the_way => return stop(in_the_way),
        }
        let dir = wheels::dir(world, dist);
        let found = wheels::files(world, dist)?;
        files.extend(found.keys().map(|name| (name.clone(), dir.join(name))));
        all.extend(found);
    }
    if !all.is_empty() {
        let path = place(world, &wanted.of)?.join(SUMS);
        world.sh.write_file(&path, write_sums(&all))?;
        files.push((SUMS.to_owned(), path));
    }
    Ok(files)
}

fn stop<T>(seen: Observation) -> Result<T> {
    match seen {
        Observation::Blocked { why, next } | Observation::Unknown { why, next } => bail!("{why}; next: {next}"),
        _ => bail!("the release cannot be made here"),
    }
}

/// The hashes in the `SHA256SUMS` of the release, when it is published and can be asked for.
pub fn sums(world: &World<'_>, of: &Tagged) -> Result<Option<Hashes>> {
    let release = match find(world, of) {
        Ok(Found::One(release)) if !release.draft => release,
        Err(error) if !error.is::<NotSetUp>() => return Err(error),
        _ => return Ok(None),
    };
    let sums = release.assets.iter().find(|asset| asset.name == SUMS && asset.is_whole());
    sums.map(|asset| read_sums(&text(world, of, asset)?)).transpose()
}

fn write_sums(hashes: &Hashes) -> String {
    hashes.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect()
}

/// Reads what `sha256sum` writes: the hash, a space, a space or a star, the name.
fn read_sums(text: &str) -> Result<Hashes> {
    let line = |line: &str| {
        let (hash, name) = line.split_once(' ')?;
        let name = name.strip_prefix([' ', '*'])?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hash && !name.is_empty()).then(|| (name.to_owned(), hash.to_lowercase()))
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|text| line(text).with_context(|| format!("{SUMS} holds a line that names no file: {text}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_as_they_are_written() {
        let hash = |byte| hash::sha256(&[byte]);
        let hashes = Hashes::from([("b.whl".to_owned(), hash(1)), ("a b.tar.gz".to_owned(), hash(2))]);
        let text = write_sums(&hashes);
        assert!(text.ends_with(&format!("{}  b.whl\n", hash(1))));
        assert_eq!(read_sums(&text).unwrap(), hashes);
        assert_eq!(read_sums(&format!("{} *x\r\n\n", hash(3).to_uppercase())).unwrap()["x"], hash(3));
        for text in ["x", "abc  x", &format!("{}  ", hash(1)), &format!("{} x", hash(1))] {
            assert!(read_sums(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_asset_is_kept_by_its_hash_and_not_by_its_name() {
        assert_eq!(is_kept("x.whl", "aa", "aa"), Ok(()));
        let Err(Observation::Blocked { why, next }) = is_kept("x.whl", "aa", "bb") else { panic!("kept") };
        assert_eq!(why, "the release has another x.whl: its sha256 is aa, ours is bb");
        assert!(next.contains("an asset is never replaced"), "{next}");
    }

    #[test]
    fn only_what_both_have_can_differ() {
        let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Hashes>();
        let (ours, theirs) = (of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("c", "3")]));
        assert_eq!(differing(&ours, &theirs), None);
        assert_eq!(differing(&ours, &of(&[("b", "4")])), Some(("b", "4", "2")));
    }
}
