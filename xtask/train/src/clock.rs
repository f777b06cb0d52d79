//! What time it is: as the system says, and as a reproducible build is told.
//! It must never be asked while a plan is computed: a plan has its day from the snapshot.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};

use plan::date::Date;

/// Seconds since 1970-01-01T00:00:00Z; `SOURCE_DATE_EPOCH` makes it reproducible
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
pub fn now() -> i64 {
    fixed_time().ok().flatten().unwrap_or_else(|| system().as_secs() as i64)
}

/// What the system's clock says, since 1970, whatever the environment says that it is.
pub fn system() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time that the environment says it is.
pub fn fixed_time() -> Result<Option<i64>> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(None) };
    let text = text.to_string_lossy();
    match Date::epoch(&text) {
        Some(seconds) => Ok(Some(seconds)),
        None => bail!(
            "SOURCE_DATE_EPOCH={text} is no time: write seconds since 1970-01-01 in digits, up to the year 9999, or unset it"
        ),
    }
}

/// The day in UTC.
pub fn today() -> Date {
    Date::from_unix(now())
}
