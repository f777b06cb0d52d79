//! How many requests an exchange allows: a limit for any window of time, and a burst.
//!
//! This module knows what a valid limit is. It never counts requests: `rate_limiter` does.

use std::{error::Error, fmt, time::Duration};

/// At most `permits` in any window of a `period`, of which up to `burst` may be used at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    permits: u32,
    period: Duration,
    burst: u32,
}

impl Quota {
    /// At most `permits` in any window of a `period`, wherever the window starts; all of them may be used at once.
    ///
    /// # Errors
    ///
    /// When `permits` or `period` is zero: nothing could ever be sent, or everything at once.
    pub fn window(permits: u32, period: Duration) -> Result<Self, QuotaError> {
        if permits == 0 {
            return Err(QuotaError::NoPermits);
        }
        if period.is_zero() {
            return Err(QuotaError::NoPeriod);
        }
        Ok(Self { permits, period, burst: permits })
    }

    /// The same limit with at most `burst` permits at once; they come back evenly, `permits` per `period`.
    ///
    /// # Errors
    ///
    /// When `burst` is zero, as nothing could ever be sent, or above `permits`, as no window allows that.
    pub fn with_burst(self, burst: u32) -> Result<Self, QuotaError> {
        if burst == 0 {
            return Err(QuotaError::NoBurst);
        }
        if burst > self.permits {
            return Err(QuotaError::BurstAboveLimit);
        }
        Ok(Self { burst, ..self })
    }

    /// Permits in any window of a [`period`](Self::period).
    pub fn permits(&self) -> u32 {
        self.permits
    }

    /// The length of the windows in which [`permits`](Self::permits) are the limit.
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
    /// A burst of more permits than a window allows.
    BurstAboveLimit,
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPermits => "0 permits per period allow no request: give 1 or more",
            Self::NoPeriod => "a period of 0 s allows every request: give the time the permits are for",
            Self::NoBurst => "a burst of 0 allows no request: give 1 or more",
            Self::BurstAboveLimit => {
                "a burst above the permits per period is never granted: give at most those permits"
            }
        })
    }
}

impl Error for QuotaError {}
