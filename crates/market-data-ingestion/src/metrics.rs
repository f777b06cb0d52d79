//! What is counted while the service runs, in the text format of Prometheus:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
//!
//! This module knows how requests are counted and how a sample is written. It never takes a label from a request.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Write},
    sync::{Mutex, PoisonError},
    time::Duration,
};

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The requests that were answered.
#[derive(Default)]
pub struct Requests(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// By route, method and status.
    answers: BTreeMap<(&'static str, &'static str, u16), u64>,
    times: BTreeMap<&'static str, Times>,
}

#[derive(Default)]
struct Times {
    /// Of each bucket alone; what is beyond the last bound is in `count` only.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Requests {
    pub fn count(&self, route: &'static str, method: &str, status: u16, took: Duration) {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known.into_iter().find(|known| *known == method).unwrap_or("other");
        let seconds = took.as_secs_f64();
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.answers.entry((route, method, status)).or_default() += 1;
        let times = counted.times.entry(route).or_default();
        if let Some(bucket) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            times.buckets[bucket] += 1;
        }
        times.count += 1;
        times.seconds += seconds;
    }

    pub fn write(&self, text: &mut Text) -> fmt::Result {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = "market_data_http_requests_total";
        text.family(name, "counter", "Requests that were answered.")?;
        for ((route, method, status), count) in &counted.answers {
            text.sample(name, &[("route", route), ("method", method), ("status", &status.to_string())], count)?;
        }
        let name = "market_data_http_request_duration_seconds";
        text.family(name, "histogram", "Time from the head of a request to its answer.")?;
        for (route, times) in &counted.times {
            let (bucket, mut below) = (format!("{name}_bucket"), 0);
            for (bound, count) in BOUNDS.iter().zip(times.buckets) {
                below += count;
                text.sample(&bucket, &[("route", route), ("le", &bound.to_string())], below)?;
            }
            text.sample(&bucket, &[("route", route), ("le", "+Inf")], times.count)?;
            text.sample(&format!("{name}_sum"), &[("route", route)], times.seconds)?;
            text.sample(&format!("{name}_count"), &[("route", route)], times.count)?;
        }
        Ok(())
    }
}

/// Lines of families and their samples.
#[derive(Default)]
pub struct Text(pub String);

impl Text {
    /// A family of one sample without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) -> fmt::Result {
        self.family(name, "gauge", help)?;
        self.sample(name, &[], value)
    }

    /// What the samples that follow are.
    pub fn family(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}")
    }

    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) -> fmt::Result {
        self.0.push_str(name);
        let mut before = '{';
        for (label, value) in labels {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            write!(self.0, "{before}{label}=\"{value}\"")?;
            before = ',';
        }
        let end = if labels.is_empty() { "" } else { "}" };
        writeln!(self.0, "{end} {value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Text::default();
        text.sample("name", &[("a", "1\\2\"3\n4"), ("b", "")], 1.5).unwrap();
        text.sample("name", &[], 2).unwrap();
        assert_eq!(text.0, "name{a=\"1\\\\2\\\"3\\n4\",b=\"\"} 1.5\nname 2\n");
    }
}
