//! Versions as tags and Python spell them, read.
//! It must never accept a spelling that would be written otherwise.

use anyhow::{Result, bail};

use super::Version;

/// What a pre-release begins with that is nobody's to release as it is.
const DEVELOPMENT: [&str; 11] =
    ["dev", "devel", "development", "nightly", "snapshot", "unreleased", "wip", "git", "main", "master", "trunk"];

/// Whether a pre-release or build metadata begins with a word for what is not released.
pub fn is_development(words: &str) -> bool {
    let first = words.split(['.', '-']).next().unwrap_or_default();
    let word = first.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    DEVELOPMENT.contains(&word.as_str())
}

pub(super) fn parse_tag(text: &str) -> Result<Version> {
    match text.rsplit_once(".post") {
        Some((base, n)) => {
            let base = Version(semver::Version::parse(base)?);
            // Leading zeros would not survive a round trip.
            if n.len() > 1 && n.starts_with('0') {
                bail!("`{n}` has leading zeros");
            }
            Ok(base.with_post(number(n)?))
        }
        None => Ok(Version(semver::Version::parse(text)?)),
    }
}

/// Reads the forms of PEP 440 that have a SemVer twin, alternative spellings included
/// (<https://packaging.python.org/en/latest/specifications/version-specifiers/>, appendix B).
pub(super) fn parse_pep440(text: &str) -> Result<Version> {
    let lower = text.trim().to_ascii_lowercase();
    let rest = lower.strip_prefix('v').unwrap_or(&lower);
    if rest.contains(['!', '+']) {
        bail!("epochs and local versions have no SemVer twin");
    }
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (release, mut rest) = rest.split_at(end);
    let mut core = [0; 3];
    let parts: Vec<&str> = release.trim_end_matches('.').split('.').collect();
    if parts.len() > core.len() {
        bail!("it has more than three numbers");
    }
    for (slot, part) in core.iter_mut().zip(&parts) {
        *slot = number(part)?;
    }
    let mut version = semver::Version::new(core[0], core[1], core[2]);
    let mut post = None;
    while !rest.is_empty() {
        let word = rest.trim_start_matches(['.', '-', '_']);
        let letters = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (kind, after) = word.split_at(letters);
        let after = after.trim_start_matches(['.', '-', '_']);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (digits, after) = after.split_at(digits);
        let n = if digits.is_empty() { 0 } else { number(digits)? };
        let kind = match kind {
            "a" | "alpha" => "alpha",
            "b" | "beta" => "beta",
            "rc" | "c" | "pre" | "preview" => "rc",
            "dev" => "dev",
            "post" | "rev" | "r" | "" => "post",
            other => bail!("`{other}` is not a, b, rc, dev or post"),
        };
        match kind {
            "post" if post.is_none() => post = Some(n),
            kind if kind != "post" && version.pre.is_empty() && post.is_none() => {
                version.pre = format!("{kind}.{n}").parse()?
            }
            _ => bail!("this combination of pre, post and dev releases has no SemVer twin"),
        }
        rest = after;
    }
    let version = Version(version);
    Ok(post.map_or(version.clone(), |n| version.with_post(n)))
}

/// A decimal number without sign.
pub(super) fn number(text: &str) -> Result<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        bail!("`{text}` is not a number");
    }
    Ok(text.parse()?)
}
