//! Symbols and providers in one spelling, so that `btc-usdt` and `BTC-USDT` are one key.
//!
//! This module knows which characters a name may have. It never knows which names exist.

use std::{fmt, str::FromStr};

use thiserror::Error;

const LONGEST: usize = 40;

/// What candles are of, as the provider writes it: `BTC-USDT`, `kBONK`. All in lower case stands for upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol(String);

/// Who candles are from, in lower case: `binance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider(String);

/// A name with the wrong characters or length.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{kind} {value:?} is not usable: give 1 to {LONGEST} ASCII letters, digits or any of - _ . / :")]
pub struct NameError {
    kind: &'static str,
    value: String,
}

impl Symbol {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Provider {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = NameError;

    fn from_str(value: &str) -> Result<Self, NameError> {
        let value = checked("symbol", value)?;
        let is_lower = !value.bytes().any(|b| b.is_ascii_uppercase());
        Ok(Self(if is_lower { value.to_ascii_uppercase() } else { value.to_owned() }))
    }
}

impl FromStr for Provider {
    type Err = NameError;

    fn from_str(value: &str) -> Result<Self, NameError> {
        Ok(Self(checked("provider", value)?.to_ascii_lowercase()))
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn checked<'a>(kind: &'static str, value: &'a str) -> Result<&'a str, NameError> {
    let usable = (1..=LONGEST).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b));
    if usable {
        return Ok(value);
    }
    let value = value.to_owned();
    Err(NameError { kind, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_counts_in_a_symbol_unless_all_of_it_is_lower() {
        assert_eq!("btc-usdt".parse::<Symbol>().unwrap().as_str(), "BTC-USDT");
        assert_eq!("kBONK".parse::<Symbol>().unwrap().as_str(), "kBONK");
        assert_eq!("Binance".parse::<Provider>().unwrap().as_str(), "binance");
    }

    #[test]
    fn unusable_names_are_quoted_in_the_error() {
        for value in ["", "BTC USDT", "BTC\n", "€", &"A".repeat(41)] {
            let error = value.parse::<Symbol>().unwrap_err().to_string();
            let start = format!("symbol {value:?} is not usable: give");
            assert!(error.starts_with(&start), "{error}");
        }
    }
}
