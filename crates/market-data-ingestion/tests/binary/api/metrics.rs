//! `/metrics`, read by the rules of the text format:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.

use std::collections::BTreeMap;

use super::serving;
use crate::program::Server;

/// A sample: its name, its labels and its value.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// The samples of each family, with its type.
type Families = BTreeMap<String, (String, Vec<Sample>)>;

fn read(text: &str) -> Families {
    assert!(text.ends_with('\n'), "the last line has no end");
    let mut families = Families::new();
    let (mut help, mut current) = (None, String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map(|(name, _)| name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(help.take().as_deref(), Some(name), "its help comes before");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned(), (kind.to_owned(), Vec::new())).is_none(), "{name} is there twice");
            current = name.to_owned();
        } else {
            let sample = sample(line);
            let (kind, samples) = families.get_mut(&current).unwrap();
            let suffix = sample.name.strip_prefix(&current).unwrap_or_else(|| panic!("{line} is of another family"));
            let known: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(known.contains(&suffix), "{line}");
            samples.push(sample);
        }
    }
    families
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
}

fn sample(line: &str) -> Sample {
    let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    let mut rest = rest.strip_prefix('{').unwrap_or(rest);
    while !rest.starts_with(' ') {
        let (label, after) = rest.split_once("=\"").unwrap();
        assert!(is_name(label), "{line}");
        let (mut value, mut characters) = (String::new(), after.chars());
        loop {
            match characters.next().unwrap() {
                '"' => break,
                '\\' => value.push(match characters.next() {
                    Some('n') => '\n',
                    Some(escaped @ ('\\' | '"')) => escaped,
                    other => panic!("{other:?} cannot be escaped: {line}"),
                }),
                character => value.push(character),
            }
        }
        assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
        rest = characters.as_str();
        rest = rest.strip_prefix([',', '}']).unwrap();
    }
    let value = match rest.trim() {
        "+Inf" => f64::INFINITY,
        number => number.parse().unwrap_or_else(|_| panic!("{line}")),
    };
    Sample { name: name.to_owned(), labels, value }
}

fn metrics(server: &Server) -> Families {
    let (status, head, body) = server.fetch("GET", "/metrics");
    assert_eq!(status, 200);
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    read(&body)
}

fn value(families: &Families, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let family = name.strip_suffix("_count").unwrap_or(name);
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut samples = families.get(family)?.1.iter().filter(|sample| sample.name == name && sample.labels == labels);
    let found = samples.next().map(|sample| sample.value);
    assert!(samples.next().is_none(), "{name} is there twice");
    found
}

#[test]
fn requests_are_counted_and_timed() {
    let (_program, server) = serving();
    let known = "/candles?symbol=BTC-USDT&interval=1m";
    for path in [known, known, "/candles", "/health", "/a\"b\\", "/nowhere"] {
        server.fetch("GET", path);
    }
    server.fetch("POST", "/symbols");
    server.fetch("BREW", "/symbols");
    let metrics = metrics(&server);
    for (route, method, status, count) in [
        ("/candles", "GET", "200", 2.0),
        ("/candles", "GET", "400", 1.0),
        ("/health", "GET", "200", 1.0),
        ("other", "GET", "404", 2.0),
        ("/symbols", "POST", "405", 1.0),
        ("/symbols", "other", "405", 1.0),
    ] {
        let labels = [("route", route), ("method", method), ("status", status)];
        assert_eq!(value(&metrics, "market_data_http_requests_total", &labels), Some(count), "{labels:?}");
    }
    let count = value(&metrics, "market_data_http_request_duration_seconds_count", &[("route", "/candles")]);
    assert_eq!(count, Some(3.0));
    assert_eq!(value(&metrics, "market_data_http_connections", &[]), Some(1.0));
    assert_eq!(value(&metrics, "market_data_http_connections_max", &[]), Some(512.0));
    assert_eq!(value(&metrics, "market_data_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
}

#[test]
fn buckets_of_a_histogram_are_cumulative_up_to_all() {
    let (_program, server) = serving();
    server.fetch("GET", "/health");
    let metrics = metrics(&server);
    let (kind, samples) = &metrics["market_data_http_request_duration_seconds"];
    assert_eq!(kind, "histogram");
    let health: Vec<_> = samples.iter().filter(|sample| sample.labels["route"] == "/health").collect();
    let (buckets, rest) = health.split_at(health.len() - 2);
    let bounds = buckets.iter().map(|bucket| bucket.labels["le"].replace("+Inf", "inf").parse::<f64>().unwrap());
    let bounds: Vec<_> = bounds.collect();
    assert!(bounds.len() > 5 && bounds.is_sorted() && bounds.ends_with(&[f64::INFINITY]), "{bounds:?}");
    let counts: Vec<_> = buckets.iter().map(|bucket| bucket.value).collect();
    assert!(counts.is_sorted() && counts.ends_with(&[1.0]), "{counts:?}");
    let [sum, count] = rest else { panic!("{rest:?}") };
    assert!(sum.name.ends_with("_sum") && sum.value > 0.0 && sum.value < 5.0, "{sum:?}");
    assert!(count.name.ends_with("_count") && count.value == 1.0, "{count:?}");
}

#[test]
fn the_newest_candles_are_told_while_the_database_can_be_read() {
    let (program, server) = serving();
    let newest = "market_data_newest_candle_open_time_seconds";
    let before = metrics(&server);
    let labels = [("symbol", "BTC-USDT"), ("interval", "1m")];
    assert_eq!(value(&before, newest, &labels), Some(1_767_572_040.0));
    assert_eq!(value(&before, "market_data_database_readable", &[]), Some(1.0));
    assert!(value(&before, "market_data_database_bytes", &[]).unwrap() > 4096.0);
    program.database().execute("DROP TABLE candle", []).unwrap();
    let after = metrics(&server);
    assert_eq!(value(&after, newest, &labels), None);
    assert_eq!(value(&after, "market_data_database_readable", &[]), Some(0.0));
}
