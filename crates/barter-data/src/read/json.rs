//! Records from JSON lines.
//! A number must never pass through a binary float: its digits are taken as they are written.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Lines;
use crate::{Fields, ReadError, Record, TimeUnit};

/// Reads records from JSON lines: one object per line, values as strings or numbers. Blank lines are left out.
#[derive(Debug)]
pub struct JsonLinesReader<T, R> {
    lines: Lines<R>,
    unit: TimeUnit,
    record: PhantomData<T>,
}

impl<T: Record, R: Read> JsonLinesReader<T, R> {
    /// Starts at the first line. `file` only names the input in errors.
    pub fn new(file: &str, input: R) -> Self {
        Self { lines: Lines::new(file, input), unit: TimeUnit::default(), record: PhantomData }
    }

    /// The same reader for a file whose times are whole numbers of another unit than milliseconds.
    #[must_use]
    pub fn with_time_unit(self, unit: TimeUnit) -> Self {
        Self { unit, ..self }
    }
}

impl<T: Record, R: Read> Iterator for JsonLinesReader<T, R> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let object = match self.lines.next()? {
            Ok(line) => Object::read(line, self.unit),
            Err(error) => return Some(Err(error)),
        };
        Some(match object {
            Ok(object) => T::read(&object).map_err(|error| self.lines.field(error)),
            Err(why) => Err(self.lines.wrong(why)),
        })
    }
}

/// The values of a JSON object as texts; nested values as their JSON, which no field takes.
struct Object<'a> {
    texts: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    unit: TimeUnit,
}

impl<'a> Object<'a> {
    fn read(line: &'a str, unit: TimeUnit) -> Result<Self, String> {
        if !line.starts_with('{') {
            return Err(format!("{:.40}: expected a JSON object", line));
        }
        let not_json = |error: serde_json::Error| format!("not JSON at character {}: {error}", error.column());
        let pairs: Pairs = serde_json::from_str(line).map_err(not_json)?;
        let mut texts: Vec<(Cow<str>, Cow<str>)> = Vec::with_capacity(pairs.0.len());
        for (key, value) in pairs.0 {
            let (key, value) = (text(key).map_err(not_json)?, text(value).map_err(not_json)?);
            if texts.iter().any(|(other, _)| *other == key) {
                return Err(format!("key {key:?} is there twice: expected each key once"));
            }
            texts.push((key, value));
        }
        Ok(Self { texts, unit })
    }
}

/// What a value says; nothing for null.
fn text(raw: &RawValue) -> serde_json::Result<Cow<'_, str>> {
    let text = raw.get();
    Ok(match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        // The parser has seen that it is sound.
        Some(text) if !text.contains('\\') => text.into(),
        Some(_) => serde_json::from_str::<String>(text)?.into(),
        None => if text == "null" { "" } else { text }.into(),
    })
}

impl Fields for Object<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        self.texts.iter().find(|(key, _)| key == column).map(|(_, text)| &**text)
    }

    fn time_unit(&self) -> TimeUnit {
        self.unit
    }
}

/// Keys and values in the order of the file; a map would keep one of two equal keys only.
struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(&'de RawValue, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                std::iter::from_fn(|| map.next_entry().transpose()).collect()
            }
        }
        deserializer.deserialize_map(Object).map(Pairs)
    }
}
