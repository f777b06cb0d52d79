//! What is read by a command: a file or standard input, compressed or not.
//!
//! This module knows how a file starts. It never knows what it is about.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::{Result, anyhow, bail};
use flate2::read::MultiGzDecoder;

pub type Input = Box<dyn Read + Send>;

/// The name of a file for errors, and what it holds once it is decompressed.
pub fn open(file: &Path) -> Result<(String, Input)> {
    let (name, mut input): (String, Input) = if file == Path::new("-") {
        ("standard input".to_owned(), Box::new(io::stdin()))
    } else {
        let name = file.display().to_string();
        let input = File::open(file)
            .map_err(|why| anyhow!("cannot open {name}: {why}: give the path of a file, or - for standard input"))?;
        (name, Box::new(input))
    };
    let mut start = Vec::new();
    input.by_ref().take(2).read_to_end(&mut start).map_err(|why| anyhow!("cannot read {name}: {why}: give a file"))?;
    let (is_gzip, is_zip) = (start == [0x1f, 0x8b], start == *b"PK");
    let input = io::Cursor::new(start).chain(input);
    if is_zip {
        bail!("{name} is a ZIP archive: unzip it, for example with unzip -p, and give - for standard input");
    }
    Ok((name, if is_gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) }))
}
