//! What git's store keeps of the objects that are named.
//! It must never ask for them one at a time: a process for each of thousands takes minutes.

use std::path::Path;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

use super::answer::lossy;

/// What `git cat-file --batch` prints of the objects that these lines name.
pub fn objects(sh: &Shell, asked: String) -> Result<Vec<u8>> {
    let output = cmd!(sh, "git cat-file --batch").stdin(asked).quiet().ignore_status().output()?;
    if !output.status.success() {
        let output = lossy(&output.stderr).trim().replace('\n', "; ");
        if output.contains("promisor remote") {
            bail!(
                "this clone is partial, and what it lacks could not be fetched: {output}; next: git fetch, to see why"
            );
        }
        bail!("git cat-file: {output}; next: git fsck");
    }
    Ok(output.stdout)
}

/// Takes apart what `git cat-file --batch` printed of the files that it was asked for; what was asked for by name may not
/// be there.
pub fn read_objects<A>(
    output: &[u8],
    asked: impl Iterator<Item = A>,
    path: impl Fn(&A) -> &Path,
) -> Result<Vec<(A, &[u8])>> {
    let mut rest = output;
    let mut found = Vec::new();
    for asked in asked {
        let path = path(&asked);
        let Some(end) = rest.iter().position(|b| *b == b'\n') else {
            bail!("git cat-file ended early at {}", path.display())
        };
        let header = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        if header.starts_with("refs/") && header.ends_with(" missing") {
            continue;
        }
        let size =
            header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok()).filter(|size| rest.len() > *size);
        let Some(size) = size else { bail!("git cat-file said `{header}` of {}", path.display()) };
        found.push((asked, &rest[..size]));
        rest = &rest[size + 1..];
    }
    Ok(found)
}
