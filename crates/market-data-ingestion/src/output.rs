//! What commands tell on standard output.
//!
//! This module knows that whoever reads may be gone. It never panics of it.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Tells a line, at once.
pub fn say(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to standard output")
}
