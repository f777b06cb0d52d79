//! Calendar dates, as changelogs write them.
//! It must never ask the clock: what day it is comes in with the snapshot.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::names::named;

/// A day in the proleptic Gregorian calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: u8,
    day: u8,
}

/// The first and the last second of the years 0 to 9999.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

impl Date {
    /// The day that `seconds` since 1970-01-01T00:00:00Z falls on
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
    /// Beyond the years that are written with four digits, it is the first or the last of their days.
    pub fn from_unix(seconds: i64) -> Date {
        let days = seconds.clamp(FIRST, LAST).div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date { year, month: month as u8, day: day as u8 }
    }

    /// Days since 1970-01-01 (Hinnant's `days_from_civil`).
    fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = self.year - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// When the day begins, in seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.days() * 86_400
    }

    /// So many days later; earlier when negative.
    pub fn plus(self, days: i64) -> Date {
        Date::from_unix(self.unix().saturating_add(days.saturating_mul(86_400)))
    }

    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        Weekday::ALL[(self.days() + 3).rem_euclid(7) as usize]
    }

    /// `Mon 30 Nov`
    pub fn spoken(self) -> String {
        let month = MONTHS[usize::from(self.month) - 1];
        format!("{} {} {}{}", self.weekday().short(), self.day, month[..1].to_uppercase(), &month[1..3])
    }

    /// The months since year 0, January of that year being 0.
    pub fn month(self) -> i64 {
        self.year * 12 + i64::from(self.month) - 1
    }

    /// A weekday of a month, `month` as [`Date::month`] counts.
    pub fn nth(month: i64, nth: Nth, weekday: Weekday) -> Date {
        let first = |month: i64| Date { year: month.div_euclid(12), month: month.rem_euclid(12) as u8 + 1, day: 1 };
        let from = |start: Date| start.plus((weekday as i64 - start.weekday() as i64).rem_euclid(7));
        match nth {
            Nth::Last => from(first(month + 1)).plus(-7),
            nth => from(first(month)).plus(7 * nth as i64),
        }
    }

    /// The seconds since 1970-01-01T00:00:00Z of a time as RFC 3339 writes it: `2026-11-20T12:34:56Z`, with a fraction
    /// or another offset if need be.
    pub fn seconds(timestamp: &str) -> Option<i64> {
        let (date, time) = timestamp.split_at_checked(10)?;
        let time = time.strip_prefix(['T', 't', ' '])?;
        let (clock, rest) = time.split_at_checked(8)?;
        let is_pair = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let number = |text: &str| text.parse::<i64>().ok().filter(|_| is_pair(text));
        let of = |clock: &str| {
            let mut parts = clock.split(':').map(number);
            Some((parts.next()??, parts.next()??, parts.next()))
        };
        let (hours, minutes, seconds) = of(clock)?;
        let zone = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let offset = match zone.split_at_checked(1)? {
            ("Z" | "z", "") => 0,
            (sign @ ("+" | "-"), zone) => {
                let (hours, minutes, None) = of(zone)? else { return None };
                (hours * 3600 + minutes * 60) * if sign == "+" { 1 } else { -1 }
            }
            _ => return None,
        };
        Some(Date::parse(date)?.unix() + hours * 3600 + minutes * 60 + seconds?? - offset)
    }

    /// `20261120`, as iCalendar writes a day.
    pub fn basic(self) -> String {
        self.to_string().replace('-', "")
    }

    /// `2026-11-20T12:34:56Z`, of seconds since 1970-01-01T00:00:00Z (RFC 3339).
    pub fn timestamp(seconds: i64) -> String {
        let seconds = seconds.clamp(FIRST, LAST);
        let of_day = seconds.rem_euclid(86_400);
        format!("{}T{:02}:{:02}:{:02}Z", Date::from_unix(seconds), of_day / 3600, of_day / 60 % 60, of_day % 60)
    }

    /// Seconds since 1970-01-01T00:00:00Z as they are written in digits, up to the year 9999.
    pub fn epoch(digits: &str) -> Option<i64> {
        let seconds = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
        (0..=LAST).contains(&seconds).then_some(seconds)
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Date> {
        let parts: Vec<&str> = text.split('-').collect();
        let shaped = parts.iter().map(|part| part.len()).eq([4, 2, 2]);
        Date::of(&parts).filter(|_| shaped)
    }

    /// The day of a year, a month and a day; `None` when the month has no such day.
    fn of(parts: &[&str]) -> Option<Date> {
        let [year, month, day] = parts else { return None };
        let is_number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
        let date = Date { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        let is_day = year.len() == 4 && (1..=12).contains(&date.month) && Date::from_unix(date.unix()) == date;
        (is_day && parts.iter().all(is_number)).then_some(date)
    }
}

/// Whether a word in small letters is the name of a month, or short for it.
pub fn is_month(word: &str) -> bool {
    word == "sept" || MONTHS.iter().any(|month| *month == word || month[..3] == *word)
}

/// Whether words that stand where a date is expected can be one, or say that there is none yet. Other forms of a date than
/// `2026-11-20` are not held against the calendar.
pub fn is_dated(words: &str) -> bool {
    let words = words.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    let days = words.iter().filter_map(|word| {
        let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
        let is_shaped = parts.len() == 3 && parts[0].len() == 4 && word.starts_with(|c: char| c.is_ascii_digit());
        is_shaped.then(|| Date::of(&parts).is_some())
    });
    let mut days = days.peekable();
    if days.peek().is_some() {
        return days.all(|is_day| is_day);
    }
    let is_year = |word: &str| word.split(|c: char| !c.is_ascii_digit()).any(|number| [4, 8].contains(&number.len()));
    let says_none = |word: &str| ["unreleased", "tbd", "tba", "yanked"].contains(&word);
    words.iter().any(|word| is_month(word) || is_year(word) || says_none(word))
}

named! {
    /// Which one of a month's.
    Nth {
        First "first",
        Second "second",
        Third "third",
        Fourth "fourth",
        Last "last",
    }
}

named! {
    Weekday {
        Monday "monday",
        Tuesday "tuesday",
        Wednesday "wednesday",
        Thursday "thursday",
        Friday "friday",
        Saturday "saturday",
        Sunday "sunday",
    }
}

impl Weekday {
    /// `Mon`
    pub fn short(self) -> &'static str {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][self as usize]
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_days() {
        for (seconds, text) in
            [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_795_132_800, "2026-11-20"), (-1, "1969-12-31")]
        {
            assert_eq!(Date::from_unix(seconds).to_string(), text);
            assert_eq!(Date::parse(text), Some(Date::from_unix(seconds)));
        }
        let none = ["2026-13-01", "2026-00-10", "2026-1-01", "20261120", "2026-11-20-1", "yyyy-mm-dd", "2026-+1-+1"];
        let no_day = ["2026-02-31", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-00", "2026-12-32"];
        for text in none.into_iter().chain(no_day) {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_takes_the_place_of_a_date_is_one_or_says_that_there_is_none() {
        for words in [
            "2026-01-07",
            "(2026-01-07)",
            "2026-01-07 and more",
            "2026/1/7",
            "May 30th, 2024",
            "7 Sept",
            "07.01.2026",
            "20260107",
            "TBD",
            "unreleased",
            "(yanked)",
            "2026",
        ] {
            assert!(is_dated(words), "{words}");
        }
        for words in
            ["banana", "2026-02-31", "(2026-13-01)", "2026/02/30", "2026-1-32", "YYYY-MM-DD", "soon", "mayhem 3", ""]
        {
            assert!(!is_dated(words), "{words}");
        }
    }

    #[test]
    fn an_epoch_is_of_digits_and_before_the_year_10000() {
        for (digits, seconds) in [("0", 0), ("1795132800", 1_795_132_800), ("253402300799", 253_402_300_799)] {
            assert_eq!(Date::epoch(digits), Some(seconds));
        }
        for text in ["", " ", "-1", "+1", "1.5", "banana", "2026-11-20", "253402300800", "9223372036854775807"] {
            assert_eq!(Date::epoch(text), None, "{text}");
        }
    }

    #[test]
    fn weekdays_of_months() {
        let month = |year: i64, month: i64| year * 12 + month - 1;
        for (at, nth, weekday, text) in [
            (month(2026, 12), Nth::First, Weekday::Wednesday, "2026-12-02"),
            // The first day of the month itself, and the last.
            (month(2026, 7), Nth::First, Weekday::Wednesday, "2026-07-01"),
            (month(2026, 9), Nth::Last, Weekday::Wednesday, "2026-09-30"),
            (month(2026, 12), Nth::Last, Weekday::Monday, "2026-12-28"),
            (month(2024, 2), Nth::Last, Weekday::Thursday, "2024-02-29"),
            (month(2026, 11), Nth::Second, Weekday::Sunday, "2026-11-08"),
            (month(2026, 11), Nth::Third, Weekday::Friday, "2026-11-20"),
            (month(2026, 11), Nth::Fourth, Weekday::Saturday, "2026-11-28"),
        ] {
            let date = Date::nth(at, nth, weekday);
            assert_eq!(date.to_string(), text);
            assert_eq!((date.weekday(), date.month()), (weekday, at));
        }
    }

    #[test]
    fn times_as_registries_write_them() {
        assert_eq!(Date::timestamp(1_795_132_800 + 3_661), "2026-11-20T01:01:01Z");
        let noon = 1_795_132_800 + 12 * 3600;
        for text in [
            "2026-11-20T12:00:00Z",
            "2026-11-20T12:00:00.123456Z",
            "2026-11-20 13:00:00+01:00",
            "2026-11-20T06:30:00-05:30",
        ] {
            assert_eq!(Date::seconds(text), Some(noon), "{text}");
        }
        assert_eq!(Date::seconds(&Date::timestamp(noon)), Some(noon));
        for text in
            ["", "2026-11-20", "2026-11-20T12:00:00", "2026-11-20T12:00Z", "2026-11-20T12:00:00+1", "ä026-11-20T1"]
        {
            assert_eq!(Date::seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_beyond_the_calendar_is_its_last_or_first_day() {
        // git prints whatever stands in a commit.
        let (first, last) = (Date::from_unix(i64::MIN), Date::from_unix(i64::MAX));
        assert_eq!((first.to_string().as_str(), last.to_string().as_str()), ("0000-01-01", "9999-12-31"));
        assert_eq!((first.plus(-7), last.plus(7)), (first, last));
        assert_eq!((first.plus(i64::MIN), last.plus(i64::MAX)), (first, last));
        assert_eq!(Date::timestamp(i64::MAX), "9999-12-31T23:59:59Z");
    }

    proptest! {
        #[test]
        fn days_go_both_ways(day in -200_000_i64..200_000, later in -5_000_i64..5_000) {
            let date = Date::from_unix(day * 86_400);
            prop_assert_eq!(date.unix(), day * 86_400);
            prop_assert_eq!(date.plus(later).plus(-later), date);
            prop_assert_eq!(date.plus(7).weekday(), date.weekday());
        }
    }
}
