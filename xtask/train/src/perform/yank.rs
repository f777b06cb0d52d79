//! What is withdrawn from registries and forge: yanked and marked, never deleted.
//! It must never withdraw what is not of the release, nor take "could not ask" for "not there".

use anyhow::Result;

use super::{
    Context,
    crates::{self, Listed, destination, package::packed_here},
    forge::assets::{self, Found},
    publish,
    wheels::listed::{is_yanked, listed},
};
use crate::tools::{
    cargo, child,
    forge::{Forge, NotSetUp, Release},
    registries,
};
use plan::{
    edit::count,
    problem::Problem,
    repo::short,
    step::{CrateUpload, Dist, MarkRolledBack, Observation},
};

/// What was not sent needs not be taken back.
fn never() -> Observation {
    Observation::done("was never published")
}

pub fn observe_yank(cx: &Context<'_>, upload: &CrateUpload) -> Result<Observation> {
    let registries = destination::registries(cx, upload)?;
    let (listed, _) = crates::look_up(&registries, upload)?;
    let lacks = destination::lacking_login(&registries, upload);
    Ok(judge(upload, listed, packed_here(cx, upload).as_deref(), lacks))
}

/// What is to do about a crate of a release that is taken back: only that release's own is yanked.
fn judge(upload: &CrateUpload, listed: Option<Listed>, packed: Option<&str>, lacks: Option<String>) -> Observation {
    let Some(listed) = listed else { return never() };
    if listed.yanked {
        return Observation::done(format!("sha256 {}, yanked", publish::digits(&listed.sha256)));
    }
    if listed.commit != upload.commit {
        let of = listed.commit.as_deref().map_or("no commit", short);
        return Observation::done(format!("it is of {of}, not of this release: left as it is"));
    }
    if let Some(what) = listed.foreign(upload, packed) {
        let CrateUpload { name, version, .. } = upload;
        return Observation::blocked(
            format!("the registry has another {name} {version} of this commit: {what}"),
            format!(
                "find out who published it: cargo yank {name}@{version} if it must not be used, or --without crates"
            ),
        );
    }
    match lacks {
        None => Observation::Todo,
        Some(login) => Observation::blocked(
            "it is published, and cargo has no token to yank it with",
            format!("{login} in the environment"),
        ),
    }
}

pub fn yank(cx: &Context<'_>, upload: &CrateUpload) -> Result<()> {
    let mut command = cargo::command();
    command
        .arg("yank")
        .arg(format!("{}@{}", upload.name, upload.version))
        .current_dir(cx.sh.current_dir().join(&upload.root));
    let registries = destination::registries(cx, upload)?;
    destination::send_to(&mut command, &registries, upload);
    registries::let_in(&mut command);
    let output = child::send(cx.report, command)?;
    if output.ok() {
        return Ok(());
    }
    let what = format!("cargo yank {}", upload.name);
    Err(destination::failure(&registries, upload, (&what, "a token that may yank"), &output))
}

/// The index has no way in for programs: a person yanks, and what installers are offered tells when it is done.
pub fn observe_files(cx: &Context<'_>, dist: &Dist) -> Result<Observation> {
    let files = listed(cx, dist)?;
    if files.is_empty() {
        return Ok(never());
    }
    if is_yanked(cx, dist)? {
        return Ok(Observation::done(format!("{}, yanked", count(files.len(), "file"))));
    }
    Ok(Observation::blocked(
        format!("pip still takes its {}, and the index lets only a person yank them", count(files.len(), "file")),
        format!(
            "on the index's page of {}: Manage, Releases, {}, Options, Yank; then the same command",
            dist.name, dist.version
        ),
    ))
}

/// The release that is published, if there is one; what is in the way otherwise.
fn published(cx: &Context<'_>, mark: &MarkRolledBack) -> Result<Result<Option<Release>, Observation>> {
    Ok(match NotSetUp::apart(assets::find(cx, &mark.of))? {
        Ok(Found::One(release)) => Ok(Some(release).filter(|release| !release.draft)),
        Ok(Found::None | Found::Drafts(_)) => Ok(None),
        Err(Problem { what, .. }) => Err(Observation::blocked(
            what,
            "gh auth login, or GH_TOKEN and GH_REPO in the environment, or --without forge",
        )),
    })
}

fn is_marked(release: &Release) -> bool {
    release.prerelease && release.body.as_deref().is_some_and(|body| body.starts_with("Rolled back"))
}

pub fn observe_mark(cx: &Context<'_>, mark: &MarkRolledBack) -> Result<Observation> {
    let release = match published(cx, mark)? {
        Ok(Some(release)) => release,
        Ok(None) => return Ok(never()),
        Err(observed) => return Ok(observed),
    };
    Ok(match is_marked(&release) {
        true => Observation::done("marked, as a pre-release"),
        false => Observation::Todo,
    })
}

/// The latest is another one before this one says that it is not to be used.
pub fn mark(cx: &Context<'_>, mark: &MarkRolledBack) -> Result<()> {
    let Ok(Some(release)) = published(cx, mark)? else { return Ok(()) };
    let forge = Forge::new(cx.sh);
    if let Some(tag) = &mark.latest
        && forge.latest()?.is_some_and(|latest| latest.tag_name == mark.of.tag)
        && let Some(wanted) = forge.releases_of(tag)?.iter().find(|release| !release.draft && !release.prerelease)
    {
        forge.make_latest(wanted)?;
    }
    if !is_marked(&release) {
        let name = release.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&release.tag_name);
        let body = format!("{}\n\n{}", mark.line, release.body.as_deref().unwrap_or_default());
        forge.mark(&release, &format!("{name} (rolled back)"), body.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        super::crates::tests::{OURS, dirty, lark, listed, yanked},
        *,
    };

    #[test]
    fn only_the_releases_own_crate_is_yanked() {
        let (same, other) = (Some("aaaaaaaaaaaaaaaa"), Some("bbbbbbbbbbbbbbbb"));
        for (listed, packed, has_token, expected) in [
            (None, None, true, "done: was never published"),
            (Some(yanked()), None, true, "done: sha256 aaaaaaaaaaaa, yanked"),
            (Some(listed(Some(OURS))), None, true, "todo"),
            (Some(listed(Some(OURS))), same, true, "todo"),
            (Some(listed(Some(OURS))), None, false, "blocked: it is published, and cargo has no token to yank it with"),
            // The same name and version, and somebody else's.
            (
                Some(listed(Some("2222222222"))),
                None,
                true,
                "done: it is of 222222222, not of this release: left as it is",
            ),
            (Some(listed(None)), None, true, "done: it is of no commit, not of this release: left as it is"),
            (
                Some(dirty()),
                None,
                true,
                "blocked: the registry has another lark 0.8.0 of this commit: it was packed from a tree with uncommitted changes",
            ),
            (
                Some(listed(Some(OURS))),
                other,
                true,
                "blocked: the registry has another lark 0.8.0 of this commit: its sha256 is aaaaaaaaaaaaaaaa, that of the package made here is bbbbbbbbbbbbbbbb",
            ),
        ] {
            let message = match judge(&lark(), listed, packed, (!has_token).then(|| "CARGO_REGISTRY_TOKEN".to_owned()))
            {
                Observation::Todo => "todo".to_owned(),
                Observation::Done { evidence, .. } => format!("done: {evidence}"),
                Observation::Blocked(problem) => format!("blocked: {}", problem.what),
                other => panic!("{other:?}"),
            };
            assert_eq!(message, expected);
        }
    }
}
