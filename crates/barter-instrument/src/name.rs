//! Names of venues and assets, checked and put in one spelling.
//! Two spellings of one name must never be two names, and two names never one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::InstrumentError;

const MAX_LEN: usize = 20;

fn is_usable(value: &str) -> bool {
    (1..=MAX_LEN).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn asset_spelling(value: &str) -> String {
    let is_lower = !value.bytes().any(|b| b.is_ascii_uppercase());
    if is_lower { value.to_ascii_uppercase() } else { value.to_owned() }
}

macro_rules! name {
    ($(#[$doc:meta])* $Name:ident, $kind:literal, $spelling:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $Name(Arc<str>);

        impl $Name {
            /// Checks the name and puts it in the one spelling.
            ///
            /// # Errors
            /// [`InstrumentError::Name`] unless it is 1 to 20 ASCII letters, digits, `-`, `_` or `.`.
            pub fn new(value: &str) -> Result<Self, InstrumentError> {
                if !is_usable(value) {
                    return Err(InstrumentError::Name { kind: $kind, value: value.to_owned() });
                }
                Ok(Self($spelling(value).into()))
            }

            /// The name in its one spelling.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $Name {
            type Err = InstrumentError;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Self::new(value)
            }
        }

        impl TryFrom<String> for $Name {
            type Error = InstrumentError;

            fn try_from(value: String) -> Result<Self, Self::Error> {
                Self::new(&value)
            }
        }

        impl From<$Name> for String {
            fn from(name: $Name) -> Self {
                name.as_str().to_owned()
            }
        }
    };
}

name! {
    /// Something that can be owned, such as `BTC` or `kBONK`. Cheap to clone.
    ///
    /// Case counts, as venues have `kBONK` beside `KBONK`; only a name in lower case, such as `btc`, is put in upper case.
    Asset, "asset", asset_spelling
}

name! {
    /// Where instruments are traded, such as `kraken`; lower case. Cheap to clone.
    Venue, "venue", str::to_ascii_lowercase
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_counts_in_an_asset_unless_all_of_it_is_lower() {
        assert_eq!(Asset::new("btc"), Asset::new("BTC"));
        assert_ne!(Asset::new("kBONK"), Asset::new("KBONK"));
        assert_eq!(Asset::new("kBONK").unwrap().to_string(), "kBONK");
        assert_eq!(Venue::new("Kraken").unwrap().to_string(), "kraken");
    }

    #[test]
    fn names_that_are_no_names_are_quoted_in_the_error() {
        for value in ["", "B TC", "BTC/USD", "Ünit", "A2345678901234567890B"] {
            let error = Asset::new(value).unwrap_err();
            assert!(error.to_string().starts_with(&format!("asset name {value:?} is not usable")), "{error}");
        }
    }

    #[test]
    fn serde_checks_as_well() {
        assert!(serde_json::from_str::<Venue>("\"two words\"").is_err());
        let venue: Venue = serde_json::from_str("\"OKX\"").unwrap();
        assert_eq!(serde_json::to_string(&venue).unwrap(), "\"okx\"");
    }
}
