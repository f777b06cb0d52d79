//! How many requests an exchange allows: a rate and a burst.
//!
//! This module knows what a valid limit is. It never counts requests: `rate_limiter` does.

use std::{error::Error, fmt, time::Duration};

/// A rate of `permits` per `period`, of which up to `burst` may be used at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    permits: u32,
    period: Duration,
    burst: u32,
}

impl Quota {
    /// `permits` per `period`, with a burst of the whole `permits`.
    ///
    /// # Errors
    ///
    /// When `permits` or `period` is zero: nothing could ever be sent, or everything at once.
    pub fn new(permits: u32, period: Duration) -> Result<Self, QuotaError> {
        if permits == 0 {
            return Err(QuotaError::NoPermits);
        }
        if period.is_zero() {
            return Err(QuotaError::NoPeriod);
        }
        Ok(Self { permits, period, burst: permits })
    }

    /// The same rate with at most `burst` permits at once.
    ///
    /// A window of length `t` then sees at most `burst + permits * t / period` grants, so a burst
    /// smaller than `permits` keeps clear of exchanges that count in fixed windows.
    ///
    /// # Errors
    ///
    /// When `burst` is zero: nothing could ever be sent.
    pub fn with_burst(self, burst: u32) -> Result<Self, QuotaError> {
        if burst == 0 {
            return Err(QuotaError::NoBurst);
        }
        Ok(Self { burst, ..self })
    }

    /// Permits that come back per [`period`](Self::period).
    pub fn permits(&self) -> u32 {
        self.permits
    }

    /// The time in which [`permits`](Self::permits) come back.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Permits that may be used at once after a long silence.
    pub fn burst(&self) -> u32 {
        self.burst
    }
}

/// Why a [`Quota`] was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuotaError {
    /// Zero permits per period.
    NoPermits,
    /// A period of zero length.
    NoPeriod,
    /// A burst of zero permits.
    NoBurst,
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPermits => "0 permits per period allow no request: give 1 or more",
            Self::NoPeriod => "a period of 0 s allows every request: give the time the permits are for",
            Self::NoBurst => "a burst of 0 allows no request: give 1 or more",
        })
    }
}

impl Error for QuotaError {}
