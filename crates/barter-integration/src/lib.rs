//! Rate limiter, back-off and secrets for programs that talk to exchanges.
//!
//! This crate knows when a request may be sent and what must not be printed. It never sends a
//! request, sleeps or reads a clock: time comes in and waiting times go out, so a back-test gets
//! the same answers as a live system.
//!
//! ```
//! use std::time::Duration;
//! use barter_integration::{Decision, Quota, RateLimiter};
//!
//! let limiter = RateLimiter::new(Quota::window(10, Duration::from_secs(1))?);
//! assert_eq!(limiter.acquire("account", 10, Duration::ZERO), Decision::Granted);
//! assert_eq!(
//!     limiter.acquire("account", 1, Duration::ZERO),
//!     Decision::Wait(Duration::from_secs(1)),
//! );
//! # Ok::<(), barter_integration::QuotaError>(())
//! ```

mod backoff;
mod quota;
mod rate_limiter;
mod secret;

pub use backoff::Backoff;
pub use quota::{Quota, QuotaError};
pub use rate_limiter::{Decision, RateLimiter};
pub use secret::Secret;

/// The README's example, compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
