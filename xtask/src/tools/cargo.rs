//! cargo itself, the one that started us where there is one.
//! It must never be given a toolchain or a registry by us.

use std::ffi::OsString;

/// The program to call.
pub fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
