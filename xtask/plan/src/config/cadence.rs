//! When a train releases, and how long each part of it may take: `cadence`, `captains` and `budgets`.
//! It must never guess at a word: what is not of the grammar is a problem that names the nearest word.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::date::{Date, Nth, Weekday};

/// `first wednesday` of each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cadence {
    nth: Nth,
    weekday: Weekday,
}

impl TryFrom<String> for Cadence {
    type Error = String;

    fn try_from(text: String) -> Result<Cadence, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let [nth, weekday] = words.as_slice() else {
            return Err(format!("cadence `{text}`: write which weekday of the month, as in `first wednesday`"));
        };
        let unknown = |word: &str, known: &[&str]| {
            format!("cadence `{text}`: unknown word `{word}`: {}", super::nearest(word, known))
        };
        let nths = || Nth::ALL.iter().map(|nth| nth.name()).collect::<Vec<_>>();
        let weekdays = || Weekday::ALL.iter().map(|weekday| weekday.name()).collect::<Vec<_>>();
        Ok(Cadence {
            nth: Nth::named(nth).ok_or_else(|| unknown(nth, &nths()))?,
            weekday: Weekday::named(weekday).ok_or_else(|| unknown(weekday, &weekdays()))?,
        })
    }
}

impl Cadence {
    /// The release day of a month, `month` as [`Date::month`] counts.
    pub fn day(self, month: i64) -> Date {
        Date::nth(month, self.nth, self.weekday)
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.nth.name(), self.weekday.name())
    }
}

/// A length of time as `90m`, `48h` or `2d`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub i64);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Span, String> {
        let unit = text.char_indices().next_back();
        let seconds = unit.and_then(|(at, unit)| {
            let each = [('m', 60), ('h', 3_600), ('d', 86_400)].into_iter().find(|(name, _)| *name == unit)?.1;
            let number = &text[..at];
            let number = number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse::<i64>().ok())??;
            // Ten years are more than enough.
            number.checked_mul(each).filter(|seconds| (1..=3_650 * 86_400).contains(seconds))
        });
        let next = "write a length of time of at most ten years, as in `90m`, `48h` or `2d`";
        seconds.map(Span).ok_or_else(|| format!("budget `{text}`: {next}"))
    }
}

/// In the largest unit of which there are two or more, the rest left out: `47 h`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.max(0) {
            minutes @ 0..7_200 => write!(f, "{} min", minutes / 60),
            hours @ 7_200..259_200 => write!(f, "{} h", hours / 3_600),
            days => write!(f, "{} days", days / 86_400),
        }
    }
}

/// How long may pass from the crates to the wheels of a release, and of a hotfix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budgets {
    pub wheels: Span,
    pub hotfix: Span,
}

impl Default for Budgets {
    fn default() -> Budgets {
        Budgets { wheels: Span(48 * 3_600), hotfix: Span(24 * 3_600) }
    }
}

impl Serialize for Cadence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cadence_is_a_weekday_of_the_month() {
        let december = 2026 * 12 + 11;
        for (text, day) in
            [("first wednesday", "2026-12-02"), ("Last  Friday", "2026-12-25"), ("third monday", "2026-12-21")]
        {
            assert_eq!(Cadence::try_from(text.to_owned()).unwrap().day(december).to_string(), day);
        }
        for (text, reported) in [
            ("frist wednesday", "unknown word `frist`: did you mean `first`?"),
            ("first wendesday", "unknown word `wendesday`: did you mean `wednesday`?"),
            ("fifth monday", "unknown word `fifth`: did you mean `first`?"),
            ("first 3", "known are monday, tuesday"),
            ("monthly", "as in `first wednesday`"),
            ("", "as in `first wednesday`"),
        ] {
            let message = Cadence::try_from(text.to_owned()).unwrap_err();
            assert!(message.contains(reported), "{text}: {message}");
        }
    }

    #[test]
    fn a_budget_is_a_length_of_time() {
        for (text, seconds, shown) in [("90m", 5_400, "90 min"), ("48h", 172_800, "48 h"), ("4d", 345_600, "4 days")] {
            let span = Span::try_from(text.to_owned()).unwrap();
            assert_eq!((span.0, span.to_string().as_str()), (seconds, shown));
        }
        for text in [
            "",
            "h",
            "48",
            "48 h",
            "-1h",
            "0h",
            "1.5h",
            "2w",
            "99999999999999999999d",
            "99999999999999h",
            "3651d",
            "4ü",
        ] {
            assert!(Span::try_from(text.to_owned()).is_err(), "{text}");
        }
        let some: Budgets = serde_json::from_value(json!({ "hotfix": "12h" })).unwrap();
        assert_eq!(some, Budgets { hotfix: Span(43_200), ..Budgets::default() });
        assert!(serde_json::from_value::<Budgets>(json!({ "wheel": "12h" })).is_err());
    }
}
