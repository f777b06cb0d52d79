//! Asks a provider as often as it allows, and again after what passes.
//!
//! This module knows which failures pass. It never shows the API key, and never sends it in the clear.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Result, anyhow, bail};
use barter_data::{Interval, Timestamp};
use barter_integration::{Backoff, Decision, Quota, RateLimiter, Secret};
use ureq::Agent;

use crate::{backfill::api::Api, cli::Backfill, name::Symbol, store::Row};

/// For one request with its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than any true answer.
const LONGEST_ANSWER: u64 = 8 << 20;

/// The first delay between two attempts at most, and the last.
const DELAYS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// What a provider may ask to wait; a longer ban is for the user to sit out.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

pub struct Client {
    api: Api,
    url: String,
    agent: Agent,
    key: Option<Secret<String>>,
    limiter: RateLimiter<Api>,
    started: Instant,
    backoff: Backoff,
    retries: u32,
}

/// Why a request failed.
enum Failure {
    Lasting(String),
    /// And when the provider says to come back.
    Passing(String, Option<Duration>),
}

impl Client {
    pub fn new(arguments: &Backfill) -> Result<Self> {
        let api = arguments.provider;
        let url = arguments.url.as_deref().unwrap_or_else(|| api.url()).trim_end_matches('/').to_owned();
        let key = arguments.api_key_file.as_deref().map(|file| read_key(api, &url, file)).transpose()?;
        let limit = api.limit();
        let quota = Quota::window(limit.permits, limit.period).and_then(|quota| quota.with_burst(limit.burst))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // An answer from elsewhere is not the provider's, and the key is not for others.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("market-data-ingestion/", env!("CARGO_PKG_VERSION")));
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seed = u64::from(since.subsec_nanos()) << 32 | u64::from(process::id());
        Ok(Self {
            api,
            url,
            agent: config.build().into(),
            key,
            limiter: RateLimiter::new(quota),
            started: Instant::now(),
            backoff: Backoff::new(DELAYS.0, DELAYS.1, seed),
            retries: arguments.retries,
        })
    }

    /// The candles from `start` to `stop` (exclusive).
    pub fn candles(
        &mut self,
        symbol: &Symbol,
        interval: Interval,
        start: Timestamp,
        stop: Timestamp,
    ) -> Result<Vec<Row>> {
        let request = self.api.request(symbol, interval, start, stop);
        self.backoff.reset();
        let mut attempts = 0;
        loop {
            self.wait_turn()?;
            let (why, wait) = match self.ask(&request, interval) {
                Ok(mut rows) => {
                    // Coinbase: "some of those candles may precede your declared start value".
                    rows.retain(|row| (start..stop).contains(&row.open_time.get()));
                    return Ok(rows);
                }
                Err(Failure::Lasting(why)) => {
                    bail!("{why}: give a symbol and an interval that {} has", self.api.name())
                }
                Err(Failure::Passing(why, wait)) => (why, wait),
            };
            if attempts == self.retries {
                bail!("{why}: what came before is stored: run the same command again, and it goes on");
            }
            attempts += 1;
            let wait = wait.unwrap_or_else(|| self.backoff.next_delay());
            if wait > LONGEST_WAIT {
                bail!("{why}: it asks to wait {} s: run the same command again after that", wait.as_secs());
            }
            let _ = writeln!(io::stderr(), "{why}: asking again in {:.1} s", wait.as_secs_f64());
            sleep(wait);
        }
    }

    fn wait_turn(&self) -> Result<()> {
        loop {
            match self.limiter.acquire(self.api, self.api.limit().cost, self.started.elapsed()) {
                Decision::Granted => return Ok(()),
                Decision::Wait(time) => sleep(time),
                Decision::Never => bail!("the limit of {} allows no request", self.api.name()),
            }
        }
    }

    fn ask(&self, request: &str, interval: Interval) -> Result<Vec<Row>, Failure> {
        let url = format!("{}{request}", self.url);
        let passing = |why: String| Failure::Passing(format!("{url} failed: {why}"), None);
        let mut get = self.agent.get(&url);
        if let (Some(header), Some(key)) = (self.api.key_header(), &self.key) {
            get = get.header(header, key.expose());
        }
        let mut answer = get.call().map_err(|why| passing(why.to_string()))?;
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = answer.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string();
        match status {
            200 => {
                let body = body.map_err(|why| passing(why.to_string()))?;
                self.api.read(&body, interval).map_err(passing)
            }
            // 418 is what Binance answers to an address that did not heed 429.
            418 | 429 | 500..=599 => {
                Err(Failure::Passing(format!("{url} answered {status}"), wait.map(Duration::from_secs)))
            }
            _ => Err(Failure::Lasting(format!("{url} answered {status} {:.200}", body.unwrap_or_default().trim()))),
        }
    }
}

fn read_key(api: Api, url: &str, file: &Path) -> Result<Secret<String>> {
    let shown = file.display();
    if api.key_header().is_none() {
        bail!("{} takes no API key: leave out --api-key-file {shown}", api.name());
    }
    // What stands before an @ is no host.
    let is_local = !url.contains('@')
        && ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"].iter().any(|host| url.starts_with(host));
    if !is_local && !url.starts_with("https://") {
        bail!("{url} would get the API key in the clear: give --url with https");
    }
    let key =
        fs::read_to_string(file).map_err(|why| anyhow!("cannot read {shown}: {why}: give a file with the key"))?;
    let key = Secret::new(key.trim().to_owned());
    if key.expose().is_empty() || !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("{shown} holds no API key: write it into the file, and nothing else");
    }
    Ok(key)
}
