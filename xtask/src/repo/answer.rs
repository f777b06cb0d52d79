//! What git answers, as it is: names, messages and contents need not be UTF-8.
//! It must never fail for the sake of a name that nobody asked for.

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::Cmd;

/// An answer as bytes, without the line ending at its end.
pub fn bytes(cmd: Cmd<'_>) -> Result<Vec<u8>> {
    let asked = cmd.to_string();
    let output = cmd.quiet().ignore_status().output()?;
    if !output.status.success() {
        bail!("{asked}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let mut answer = output.stdout;
    if answer.last() == Some(&b'\n') {
        answer.pop();
    }
    Ok(answer)
}

/// The same as a text; bytes that are not UTF-8 are shown as `\u{FFFD}`.
pub fn text(cmd: Cmd<'_>) -> Result<String> {
    Ok(lossy(&bytes(cmd)?))
}

/// The same, where the answer is one path.
pub fn path(cmd: Cmd<'_>) -> Result<PathBuf> {
    Ok(named(&bytes(cmd)?))
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path from the bytes that git has for it.
#[cfg(unix)]
pub fn named(bytes: &[u8]) -> PathBuf {
    PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

/// On other systems git gives names as UTF-8; what is not cannot be a file there.
#[cfg(not(unix))]
pub fn named(bytes: &[u8]) -> PathBuf {
    PathBuf::from(lossy(bytes))
}

/// What is separated by zero bytes.
pub fn fields(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    answer.split(|byte| *byte == 0).filter(|field| !field.is_empty())
}
