//! What git answers, as it is: names, messages and contents need not be UTF-8.
//! It must never fail for the sake of a name that nobody asked for.

use std::{io::BufRead as _, iter, path::PathBuf};

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
    let mut rest = answer;
    let fields = iter::from_fn(move || {
        let (field, behind) = split_once(rest, 0).or_else(|| (!rest.is_empty()).then_some((rest, &[])))?;
        rest = behind;
        Some(field)
    });
    fields.filter(|field| !field.is_empty())
}

/// What stands before and behind the first such byte. The library's search is quick in a debug build, too: answers of git
/// have a hundred bytes for each file of a repository.
pub fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    let length = rest.skip_until(at).ok()?;
    let before = bytes[..length].strip_suffix(&[at])?;
    Some((before, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_split_at_each_zero_byte() {
        let all = |answer: &'static [u8]| fields(answer).collect::<Vec<_>>();
        assert_eq!(all(b"a\0\0b c\0\xff\0"), [&b"a"[..], b"b c", b"\xff"]);
        assert_eq!(all(b"a\0b"), [b"a", b"b"]);
        assert_eq!((all(b"\0"), all(b"")), (Vec::<&[u8]>::new(), Vec::new()));
        assert_eq!(split_once(b"a\tb\tc", b'\t'), Some((&b"a"[..], &b"b\tc"[..])));
        assert_eq!((split_once(b"a", b'\t'), split_once(b"", b'\t')), (None, None));
    }
}
