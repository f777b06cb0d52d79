//! What is read by a command: a file or standard input, compressed or not.
//!
//! This module knows how a file starts. It never knows what it is about.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use anyhow::{Result, anyhow, bail};
use flate2::read::MultiGzDecoder;

pub type Input = Box<dyn Read + Send>;

/// The name of a file for errors, what it holds once it is decompressed, and how much of it was read.
pub struct Opened {
    pub name: String,
    pub input: Input,
    pub read: ReadSoFar,
}

/// The part of a file that was read, as far as that can be known.
pub struct ReadSoFar(Option<File>);

impl fmt::Display for ReadSoFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.0.as_ref().and_then(|mut file| {
            // Both handles have one position.
            (file.stream_position().ok()? * 100).checked_div(file.metadata().ok()?.len())
        });
        part.map_or(Ok(()), |part| write!(f, ", {part} % of the file"))
    }
}

pub fn open(file: &Path) -> Result<Opened> {
    let mut read = ReadSoFar(None);
    let (name, mut input): (String, Input) = if file == Path::new("-") {
        ("standard input".to_owned(), Box::new(io::stdin()))
    } else {
        let name = file.display().to_string();
        let input = File::open(file)
            .map_err(|why| anyhow!("cannot open {name}: {why}: give the path of a file, or - for standard input"))?;
        read = ReadSoFar(input.try_clone().ok());
        (name, Box::new(input))
    };
    let mut start = Vec::new();
    input.by_ref().take(2).read_to_end(&mut start).map_err(|why| anyhow!("cannot read {name}: {why}: give a file"))?;
    let (is_gzip, is_zip) = (start == [0x1f, 0x8b], start == *b"PK");
    let input = io::Cursor::new(start).chain(input);
    if is_zip {
        bail!("{name} is a ZIP archive: unzip it, for example with unzip -p, and give - for standard input");
    }
    let input: Input = if is_gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
    Ok(Opened { name, input, read })
}
