//! A failure that may pass, and when another try is worth it.
//! It must never wait itself: the loop does.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// A failure that may pass: worth another try.
#[derive(Debug)]
pub struct Transient {
    pub why: String,
    /// What the other side asks for; `None` leaves it to us.
    pub after: Option<Duration>,
}

impl fmt::Display for Transient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Transient {}

/// `Retry-After` has two forms, seconds and a date (RFC 9110, 10.2.3); some send fractions of a second.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.ceil()).ok();
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default().saturating_add(Duration::from_secs(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_wait_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH;
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(retry_after("0.3", now), seconds(1));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:09 GMT", now), seconds(10));
        assert_eq!(retry_after("18446744073709551615", now), None, "rounded up, it is no time");
        assert_eq!(retry_after("1e18", now), seconds(1_000_000_000_000_000_000));
        for none in ["1e300", "inf", "NaN", "99999999999999999999999", "Thu, 01 Jan 99999 00:00:00 GMT"] {
            assert_eq!(retry_after(none, now), None, "{none}");
        }
        assert_eq!(retry_after("-1", now), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
