//! The release that the forge has, and its assets by their hashes.
//! It must never replace an asset: what is there with another hash stops it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::super::{
    Context,
    publish::{self, Hashes},
};
use crate::tools::forge::{Asset, Forge, NotSetUp, Release};
use plan::{
    hash,
    step::{Observation, Tagged},
};

/// The asset that names the others with their hashes, as `sha256sum` writes it.
pub(super) const SUMS: &str = "SHA256SUMS";

pub enum Found {
    None,
    One(Release),
    /// Several, and none of them is published.
    Drafts(Vec<u64>),
}

pub fn find(cx: &Context<'_>, of: &Tagged) -> Result<Found> {
    let mut releases = Forge::new(cx.sh).knowing(cx.forge()).releases_of(&of.tag)?;
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

pub(super) fn stranger(name: &str, theirs: &str, ours: &str) -> Observation {
    Observation::blocked(
        format!("the release has another {name}: its sha256 is {theirs}, ours is {ours}"),
        "publish the files that were uploaded first (--dist DIR), or release a higher version: an asset is never replaced",
    )
}

/// Whether a whole asset stays, of a draft as of a release: only the same bytes do, and others are never replaced.
fn is_kept(name: &str, theirs: &str, ours: &str) -> Result<(), Observation> {
    if theirs == ours { Ok(()) } else { Err(stranger(name, theirs, ours)) }
}

/// The hash of an asset, when it is whole; what the forge does not tell is downloaded.
pub fn hash_of(cx: &Context<'_>, of: &Tagged, release: &Release, name: &str) -> Result<Option<String>> {
    let Some(asset) = release.assets.iter().find(|asset| asset.name == name && asset.is_whole()) else {
        return Ok(None);
    };
    Ok(Some(match asset.sha256() {
        Some(hash) => hash.to_owned(),
        None => hash::sha256(&bytes(cx, of, asset)?),
    }))
}

fn bytes(cx: &Context<'_>, of: &Tagged, asset: &Asset) -> Result<Vec<u8>> {
    // Several questions may be asked side by side.
    let thread = format!("{:?}-{}", std::thread::current().id(), asset.id).replace(['(', ')'], "");
    let path = place(cx, of)?.join(thread);
    let read = Forge::new(cx.sh).download(asset, &path).and_then(|()| Ok(fs::read(&path)?));
    cx.sh.remove_path(&path)?;
    read
}

pub(super) fn text(cx: &Context<'_>, of: &Tagged, asset: &Asset) -> Result<String> {
    String::from_utf8(bytes(cx, of, asset)?).with_context(|| format!("{} is not a text", asset.name))
}

pub(super) fn place(cx: &Context<'_>, of: &Tagged) -> Result<PathBuf> {
    let dir = publish::place(cx, of).join("forge");
    cx.sh.create_dir(&dir)?;
    Ok(dir)
}

/// Uploads an asset, unless it is there.
pub fn attach(cx: &Context<'_>, of: &Tagged, release: &Release, name: &str, file: &Path) -> Result<()> {
    let ours = hash::sha256(&fs::read(file).with_context(|| file.display().to_string())?);
    if let Some(theirs) = hash_of(cx, of, release, name)? {
        return is_kept(name, &theirs, &ours).or_else(stop);
    }
    let forge = Forge::new(cx.sh);
    // Half an upload.
    if let Some(half) = release.assets.iter().find(|asset| asset.name == name) {
        forge.delete(half)?;
    }
    cx.report.say(format!("          asset {name}"));
    forge.upload(release, name, file)
}

pub(super) fn stop<T>(observed: Observation) -> Result<T> {
    match observed {
        Observation::Blocked(problem) | Observation::Unknown(problem) => bail!(problem),
        _ => bail!("the release cannot be made here"),
    }
}

/// The hashes in the `SHA256SUMS` of the release, when it is published and can be asked for.
pub fn checksums(cx: &Context<'_>, of: &Tagged) -> Result<Option<Hashes>> {
    let Ok(Found::One(release)) = NotSetUp::apart(find(cx, of))? else { return Ok(None) };
    if release.draft {
        return Ok(None);
    }
    let checksums = release.assets.iter().find(|asset| asset.name == SUMS && asset.is_whole());
    checksums.map(|asset| read_checksums(&text(cx, of, asset)?)).transpose()
}

pub(super) fn write_checksums(hashes: &Hashes) -> String {
    hashes.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect()
}

/// Reads what `sha256sum` writes: the hash, a space, a space or a star, the name.
pub(super) fn read_checksums(text: &str) -> Result<Hashes> {
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
    use plan::problem::Problem;

    use super::*;

    #[test]
    fn sums_are_read_as_they_are_written() {
        let hash = |byte| hash::sha256(&[byte]);
        let hashes = Hashes::from([("b.whl".to_owned(), hash(1)), ("a b.tar.gz".to_owned(), hash(2))]);
        let text = write_checksums(&hashes);
        assert!(text.ends_with(&format!("{}  b.whl\n", hash(1))));
        assert_eq!(read_checksums(&text).unwrap(), hashes);
        assert_eq!(read_checksums(&format!("{} *x\r\n\n", hash(3).to_uppercase())).unwrap()["x"], hash(3));
        for text in ["x", "abc  x", &format!("{}  ", hash(1)), &format!("{} x", hash(1))] {
            assert!(read_checksums(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_asset_is_kept_by_its_hash_and_not_by_its_name() {
        assert_eq!(is_kept("x.whl", "aa", "aa"), Ok(()));
        let Err(Observation::Blocked(Problem { what: why, next })) = is_kept("x.whl", "aa", "bb") else {
            panic!("kept")
        };
        assert_eq!(why, "the release has another x.whl: its sha256 is aa, ours is bb");
        assert!(next.contains("an asset is never replaced"), "{next}");
    }
}
