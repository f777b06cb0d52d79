//! What tags and commits record of their releases.
//! It must never take the words of another tag for those that are asked for.

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::answer::text;
use plan::{
    files::tag_record::Record,
    repo::{At, Recorded},
};

/// What a tag, which must be there, records of its release.
pub fn recorded_by_tag(sh: &Shell, tag: &str) -> Result<Recorded> {
    let message = tag_message(sh, tag)?;
    let (is_whole, record) = (Record::is_in(&message, tag), Record::read(&message, tag));
    Ok(Recorded { at: At::Tag(tag.to_owned()), is_whole, record })
}

/// What the commit of a release records that was not tagged yet.
pub fn recorded_by_commit(sh: &Shell, commit: &str, tag: &str) -> Result<Recorded> {
    let message = message(sh, commit)?;
    // A commit says nothing of what is as it should be.
    Ok(Recorded { at: At::Commit(commit.to_owned()), is_whole: true, record: Record::read(&message, tag) })
}

/// Whether a commit says that it is the release of that tag.
pub fn is_recorded_in(sh: &Shell, commit: &str, tag: &str) -> Result<bool> {
    Ok(Record::is_in(&message(sh, commit)?, tag))
}

fn message(sh: &Shell, commit: &str) -> Result<String> {
    text(cmd!(sh, "git log --max-count 1 --encoding=UTF-8 --format=%B {commit} --"))
}

/// When a tag was made, in seconds since 1970.
pub fn tagged_at(sh: &Shell, tag: &str) -> Result<i64> {
    let format = "--format=%(creatordate:unix)";
    let output = cmd!(sh, "git for-each-ref {format} refs/tags/{tag}").quiet().read()?;
    output.trim().parse().with_context(|| format!("when {tag} was made, git does not say: `{output}`"))
}

/// What an annotated tag says, its signature left out; empty for one that is only a name.
pub fn tag_message(sh: &Shell, tag: &str) -> Result<String> {
    let format = "%(objecttype)%00%(contents:signature)%00%(contents)";
    let output = text(cmd!(sh, "git for-each-ref --format {format} refs/tags/{tag}"))?;
    let fields: Vec<&str> = output.splitn(3, '\0').collect();
    match fields.as_slice() {
        ["tag", signature, message] => {
            let message = message.trim_end();
            Ok(message.strip_suffix(signature.trim_end()).unwrap_or(message).trim().to_owned())
        }
        [_, _, _] => Ok(String::new()),
        _ => bail!("there is no tag {tag} here: git fetch --tags"),
    }
}
