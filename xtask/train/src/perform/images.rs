//! Images: built from the tagged commit with its version and revision as labels, pushed, and `latest` moved forward.
//! It must never move `latest` back to a version that is not the highest final one.

pub mod registry;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use xshell::cmd;

use self::registry::{REVISION, VERSION, engine, is_ours, or_the_rest, ready};
use super::{
    Context, ownership,
    publish::{self, digits, pack_again},
    static_binary,
};
use crate::tools::{child, engine::Recipe};
use plan::{
    files::dockerfile::takes,
    finding::Check,
    ownership::{Kind, Name},
    repo::{Lacking, short},
    step::{ImageRelease, Observation, RetagLatest},
};

/// The name of what is built here; the commit in it keeps two builds of a version apart.
fn local(release: &ImageRelease) -> String {
    format!("{}:{}-{}", release.image.name, release.of.version.tag(), short(&release.of.commit))
}

/// The file that an image is kept in, to be pushed elsewhere.
fn archive(release: &ImageRelease) -> String {
    format!("{}-{}.tar", release.image.name.replace('/', "-"), release.of.version.tag())
}

/// Puts the image that was built here into a directory, and tells the file's name.
pub fn hand_over(cx: &Context<'_>, release: &ImageRelease, out: &Path) -> Result<String> {
    let archive = archive(release);
    engine(cx)?.save(&local(release), &out.join(&archive))?;
    Ok(archive)
}

pub fn observe_build(cx: &Context<'_>, release: &ImageRelease) -> Result<Observation> {
    if let Some(dir) = release.of.packed.as_ref().filter(|dir| !dir.join(archive(release)).is_file()) {
        let why = format!("{} lacks {}", dir.display(), archive(release));
        return Ok(Observation::blocked(why, pack_again(&release.of)));
    }
    Ok(match engine(cx)?.inspect(&local(release))? {
        Some(found) if is_ours(release, &found) => {
            Observation::done(format!("image {} of {}", digits(&found.id), short(&release.of.commit)))
        }
        _ => Observation::Todo,
    })
}

/// Builds the image, or loads the one that was built elsewhere.
pub fn build(cx: &Context<'_>, release: &ImageRelease) -> Result<()> {
    let ImageRelease { of, root, image } = release;
    let (sh, engine) = (cx.sh, engine(cx)?);
    if let Some(dir) = &of.packed {
        let archive = dir.join(archive(release));
        engine.load(&archive)?;
        return match engine.inspect(&local(release))? {
            Some(found) if is_ours(release, &found) => Ok(()),
            _ => {
                bail!("{} does not hold the image of commit {}; next: {}", archive.display(), of.commit, pack_again(of))
            }
        };
    }
    let tree = publish::checkout(cx, of)?;
    let (within, root) = (root, tree.join(root));
    let dockerfile = root.join(&image.dockerfile);
    if image.binary.is_none() {
        let (text, ignored) =
            (sh.read_file(&dockerfile)?, sh.read_file(root.join(".dockerignore")).unwrap_or_default());
        let is_taken =
            |Lacking { path, .. }: &Lacking| path.strip_prefix(within).is_ok_and(|path| takes(&text, &ignored, path));
        publish::refuse_lacking(sh, &tree, is_taken)?;
    }
    let builder = engine.builder(&dockerfile).map_err(or_the_rest)?;
    let (version, commit) = (of.version.tag(), of.commit.as_str());
    let epoch = cmd!(sh, "git show --no-patch --format=%ct {commit}").quiet().read()?;
    let at = epoch.trim().parse().with_context(|| format!("git tells no time of {commit}: {epoch}"))?;
    let context = publish::place(cx, of).join("image").join("context");
    let context = static_binary::context(cx, &root, image, context, at)?;
    let recipe = Recipe {
        dockerfile: &dockerfile,
        context: &context,
        tag: &local(release),
        args: &[("VERSION", &version), ("REVISION", commit)],
        labels: &[(VERSION, &version), (REVISION, commit)],
        epoch: Some(epoch.trim()),
    };
    child::run(cx.report, builder.build(&recipe))
}

pub fn observe(cx: &Context<'_>, release: &ImageRelease) -> Result<Observation> {
    let (engine, name) = ready(cx, release)?;
    let of = &release.of;
    let reference = format!("{name}:{}", of.version.tag());
    Ok(match engine.pull(&reference)? {
        None => {
            let image = &release.image;
            let registry = image.registry.as_ref().map(ToString::to_string);
            let name = Name { kind: Kind::Image, name: image.name.to_string(), registry, within: PathBuf::new() };
            ownership::stranger(cx, of, name)?.unwrap_or(Observation::Todo)
        }
        Some(found) if is_ours(release, &found) => {
            let digest = engine.digest(&found, &name);
            Observation::done(format!("sha256:{} of {}", digits(&digest), short(&of.commit)))
        }
        Some(found) => {
            let theirs = |label| found.label(label).unwrap_or("unknown");
            let other = Observation::blocked(
                format!(
                    "the registry has another {reference}: version {} of commit {}, ours is {} of {}",
                    theirs(VERSION),
                    theirs(REVISION),
                    of.version.tag(),
                    of.commit
                ),
                "find out who pushed it; a version's tag is never moved: release a higher one",
            );
            ownership::unless_waived(of, Check::RegistryContent, other)
        }
    })
}

/// What the registry calls the image of this release; `None` while it has none of ours.
pub fn released_digest(cx: &Context<'_>, release: &ImageRelease) -> Result<Option<String>> {
    let (engine, name) = ready(cx, release)?;
    let reference = format!("{name}:{}", release.of.version.tag());
    let found = engine.pull(&reference)?.filter(|found| is_ours(release, found));
    let Some(found) = found else { return Ok(None) };
    let digest = engine.registered_digest(&found, &name)?;
    digest.with_context(|| format!("the engine does not tell what the registry calls {reference}")).map(Some)
}

pub fn push(cx: &Context<'_>, release: &ImageRelease) -> Result<()> {
    let (engine, name) = ready(cx, release)?;
    if !observe_build(cx, release)?.is_done() {
        build(cx, release)?;
    }
    engine.push(cx.report, &local(release), &format!("{name}:{}", release.of.version.tag()))
}

pub fn observe_latest(cx: &Context<'_>, release: &ImageRelease) -> Result<Observation> {
    if let Some(higher) = publish::RemoteTags::ask(cx, &release.of)?.higher(&release.of) {
        return Ok(Observation::done(format!("stays at {} (higher)", higher.tag())));
    }
    let (engine, name) = ready(cx, release)?;
    let Some(latest) = engine.pull(&format!("{name}:latest"))? else { return Ok(Observation::Todo) };
    let ours = engine.pull(&format!("{name}:{}", release.of.version.tag()))?;
    Ok(match ours {
        Some(ours) if is_ours(release, &ours) && ours.id == latest.id => {
            let digest = engine.digest(&latest, &name);
            Observation::done(format!("sha256:{} as {}", digits(&digest), release.of.version.tag()))
        }
        // What is set aside is not pointed at.
        Some(other)
            if !is_ours(release, &other)
                && let Some(by) = release.of.waived.get(&Check::RegistryContent) =>
        {
            Observation::Waived { by: by.clone() }
        }
        _ => Observation::Todo,
    })
}

pub fn point_latest(cx: &Context<'_>, release: &ImageRelease) -> Result<()> {
    match publish::RemoteTags::ask(cx, &release.of)?.higher(&release.of) {
        Some(_) => Ok(()),
        None => name_latest(cx, release),
    }
}

/// Names what the registry has under the version: it is never built again.
fn name_latest(cx: &Context<'_>, release: &ImageRelease) -> Result<()> {
    let (engine, name) = ready(cx, release)?;
    let (version, latest) = (format!("{name}:{}", release.of.version.tag()), format!("{name}:latest"));
    let ours = engine.pull(&version)?.with_context(|| format!("{version} is not in the registry"))?;
    if !is_ours(release, &ours) {
        bail!("{version} in the registry is not of commit {}: latest stays where it is", release.of.commit);
    }
    if let Some(before) = engine.pull(&latest)? {
        let was = before.label(VERSION).unwrap_or("unknown");
        cx.report.say(format!("          latest was {was}: {}", engine.digest(&before, &name)));
    }
    engine.push(cx.report, &version, &latest)
}

/// `latest` is looked at by what it is: only the one of the release that is taken back is moved.
pub fn observe_back(cx: &Context<'_>, back: &RetagLatest) -> Result<Observation> {
    let (engine, name) = ready(cx, &back.gone)?;
    let Some(latest) = engine.pull(&format!("{name}:latest"))? else {
        return Ok(Observation::done("there is no latest"));
    };
    if !is_ours(&back.gone, &latest) {
        let version = latest.label(VERSION).unwrap_or("another image");
        let digest = engine.digest(&latest, &name);
        return Ok(Observation::done(format!("sha256:{} is {version}", digits(&digest))));
    }
    let version = back.to.of.version.tag();
    Ok(match engine.pull(&format!("{name}:{version}"))? {
        Some(found) if is_ours(&back.to, &found) => Observation::Todo,
        found => Observation::blocked(
            match found {
                None => format!("{name}:{version} is not in the registry, and nothing is built again under its name"),
                Some(_) => format!("{name}:{version} in the registry is not of commit {}", short(&back.to.of.commit)),
            },
            format!("{} --only images, or leave latest as it is: --without images", back.to.of.typed("publish")),
        ),
    })
}

pub fn retag_latest(cx: &Context<'_>, back: &RetagLatest) -> Result<()> {
    name_latest(cx, &back.to)
}
