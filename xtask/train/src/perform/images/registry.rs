//! Where images go, what an engine tells of one there, and whose a name is.
//! It must never take an image for ours that is not of our commit.

use anyhow::{Result, bail};

use super::super::Context;
use crate::{
    repo,
    tools::engine::{Engine, Found, Login, NotSetUp},
};
use plan::{
    names::SafeName,
    ownership as names,
    ownership::{Name, Own, Owner, Registered},
    problem::Problem,
    step::ImageRelease,
    version::{Dialect, Version},
};

pub(super) const VERSION: &str = "org.opencontainers.image.version";

pub(super) const REVISION: &str = "org.opencontainers.image.revision";

/// The repository that an image is built from.
const SOURCE: &str = "org.opencontainers.image.source";

/// In a rehearsal, the registry that every image is pushed to, whatever else says where; empty where it has none.
pub const REHEARSED: &str = "XTASK_IMAGE_REGISTRY";

/// The directory of the login for that registry. By its name it is a secret: what compiles does not get it.
pub const LOGIN: &str = "XTASK_IMAGE_CREDENTIALS";

/// The engine, and the image's name in its registry; otherwise what is missing.
pub(super) fn ready(cx: &Context<'_>, release: &ImageRelease) -> Result<(Engine, String)> {
    let image = &release.image;
    let Some(registry) = registry(image.registry.as_deref())? else {
        bail!(Problem::new(
            "nothing says which registry it is pushed to",
            "IMAGE_REGISTRY=HOST/NAMESPACE in the environment, or `registry` of the image in the configuration",
        ));
    };
    Ok((engine(cx)?, format!("{registry}/{}", image.name)))
}

/// Where images are pushed to, their names left out; `configured` is what the configuration says.
fn registry(configured: Option<&str>) -> Result<Option<String>, Problem> {
    let variable = |name: &str| std::env::var(name).ok();
    let given = variable(REHEARSED).or_else(|| configured.map(str::to_owned)).or_else(|| variable("IMAGE_REGISTRY"));
    let given = given.filter(|given| !given.is_empty()).map(|given| SafeName::parse(&given)).transpose();
    let given = given.map_err(|why| {
        Problem::new(format!("IMAGE_REGISTRY: {why}"), "IMAGE_REGISTRY=HOST/NAMESPACE in the environment")
    })?;
    Ok(given.map(|given| given.trim_end_matches('/').to_owned()))
}

/// Whose an image's name is, by its `latest`, or by another tag where there is none.
pub fn owner(cx: &Context<'_>, name: &Name, own: &Own) -> Result<Owner> {
    // Where nothing says where it goes, there is nobody to ask; the registry of a rehearsal has nothing of others.
    let Some(registry) = registry(name.registry.as_deref())? else { return Ok(Owner::Nobody) };
    if std::env::var_os(REHEARSED).is_some() {
        return Ok(Owner::Nobody);
    }
    let (engine, name) = (engine(cx)?, format!("{registry}/{}", name.name));
    let pull = |tag: &str| engine.pull(&format!("{name}:{tag}"));
    let found = match pull("latest")? {
        Some(found) => found,
        None => {
            let Some(tags) = engine.tags(&name)? else {
                let why = "the registry has no `latest` of it, and docker does not list what else it has; with podman, its tags are asked for";
                return Ok(Owner::Unknown(why.to_owned()));
            };
            let Some(tag) = telling(&tags) else { return Ok(Owner::Nobody) };
            match pull(tag)? {
                Some(found) => found,
                None => return Ok(Owner::Unknown(format!("the registry lists its tag {tag}, and does not have that"))),
            }
        }
    };
    let registered = Registered {
        links: found.label(SOURCE).map(str::to_owned).into_iter().collect(),
        commit: found.label(REVISION).map(|commit| repo::made(cx.sh, commit)),
        versions: Vec::new(),
    };
    Ok(names::owner(&registered, own))
}

/// The tag that tells most: that of the highest version, else the last of those that are no signature of another.
fn telling(tags: &[String]) -> Option<&String> {
    let versions =
        tags.iter().filter_map(|tag| Some((Version::parse(tag.trim_start_matches('v'), Dialect::Tag).ok()?, tag)));
    let newest = versions.max_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, tag)| tag);
    newest.or_else(|| tags.iter().rfind(|tag| !tag.starts_with("sha256-"))).or(tags.last())
}

pub(super) fn engine(cx: &Context<'_>) -> Result<Engine> {
    let engine = Engine::find(cx.sh).map_err(or_the_rest)?;
    Ok(match std::env::var_os(LOGIN) {
        Some(dir) => engine.with_login(Login(dir.into())),
        None => engine,
    })
}

pub(super) fn or_the_rest(NotSetUp(Problem { what, next }): NotSetUp) -> Problem {
    Problem::new(what, format!("{next}, or publish the rest: --without images"))
}

pub(super) fn is_ours(release: &ImageRelease, found: &Found) -> bool {
    found.label(REVISION) == Some(&release.of.commit) && found.label(VERSION) == Some(&release.of.version.tag())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_judged_by_its_newest_version_or_else_by_some_tag() {
        for (tags, expected) in [
            (&["nightly", "1.9.0", "v1.10.0", "main"][..], Some("v1.10.0")),
            (&["main", "edge", "sha256-ab.sig"], Some("edge")),
            (&["sha256-ab.sig"], Some("sha256-ab.sig")),
            (&[], None),
        ] {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            assert_eq!(telling(&tags).map(String::as_str), expected, "{tags:?}");
        }
    }
}
