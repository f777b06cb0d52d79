//! The OpenAPI description, held against a running server.

use std::{collections::BTreeSet, io::Write, process::Stdio};

use barter_data::Timestamp;
use serde_json::{Value, json};

use super::{ENDLESS, serving};
use crate::program::{Program, Server};

/// What makes the database unreadable, unusable or slow.
const BROKEN: [(&str, &str); 3] =
    [("missing", "DROP TABLE candle"), ("wrong", "UPDATE candle SET close = 'secret'"), ("slow", ENDLESS)];

/// A request for each answer that is described: the state of the database, the path and the status.
const REQUESTS: [(&str, &str, &str); 16] = [
    ("well", "/health", "200"),
    ("well", "/ready", "200"),
    ("missing", "/ready", "503"),
    ("slow", "/ready", "503"),
    ("well", "/symbols", "200"),
    ("missing", "/symbols", "500"),
    ("slow", "/symbols", "503"),
    ("well", "/candles?symbol=BTC-USDT&interval=1m&limit=7&order=newest", "200"),
    ("well", "/candles?symbol=BTC-USDT&interval=15m&provider=kraken", "200"),
    ("well", "/candles?symbol=BTC-USDT", "400"),
    ("well", "/candles?symbol=BTC-USDT&interval=7m", "404"),
    ("wrong", "/candles?symbol=BTC-USDT&interval=1m", "500"),
    ("slow", "/candles?symbol=BTC-USDT&interval=1m", "503"),
    ("well", "/metrics", "200"),
    ("slow", "/metrics", "200"),
    ("well", "/openapi.json", "200"),
];

/// One that answers one question at once.
fn narrow(program: &Program) -> Server {
    let mut command = program.command(&["serve", "--listen", "127.0.0.1:0", "--max-connections", "3"]);
    command.stderr(Stdio::null());
    Server::start(command)
}

fn resolved<'a>(document: &'a Value, node: &'a Value) -> &'a Value {
    let Some(reference) = node.get("$ref") else { return node };
    let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
    document.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is nowhere"))
}

/// Holds a value against a schema, and fails for a keyword that it does not know, and for a key that is not described.
fn check(document: &Value, schema: &Value, value: &Value) {
    let schema = resolved(document, schema);
    for (keyword, rule) in schema.as_object().unwrap() {
        let holds = match keyword.as_str() {
            "type" if rule.is_array() => rule.as_array().unwrap().iter().any(|kind| is_of(kind, value)),
            "type" => is_of(rule, value),
            "const" => rule == value,
            "required" => rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "properties" => {
                for (key, value) in value.as_object().unwrap() {
                    check(document, rule.get(key).unwrap_or_else(|| panic!("{key} is not described")), value);
                }
                true
            }
            "items" => {
                let items = value.as_array().unwrap();
                assert!(!items.is_empty(), "no items to check");
                items.iter().for_each(|item| check(document, rule, item));
                true
            }
            "format" => match (rule.as_str().unwrap(), value.as_str().unwrap()) {
                ("date-time", text) => text.parse::<Timestamp>().is_ok() && text.ends_with('Z'),
                ("decimal", text) => text.parse::<f64>().is_ok() && !text.contains(['e', 'E', '+']),
                (other, _) => panic!("format {other} is not known"),
            },
            "description" => true,
            other => panic!("keyword {other} is not known"),
        };
        assert!(holds, "{value} against {keyword} {rule}");
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other} is not known"),
    }
}

#[test]
fn each_answer_is_as_described() {
    let (program, server) = serving();
    let document = server.get("/openapi.json").1;
    drop(server);
    let mut states = vec![("well", narrow(&program), program, None)];
    for (state, sql) in BROKEN {
        let (program, _) = serving();
        let server = narrow(&program);
        program.database().execute_batch(sql).unwrap();
        let mut asking = (state == "slow").then(|| server.connect());
        if let Some(asking) = &mut asking {
            asking.write_all(b"GET /candles?symbol=BTC-USDT&interval=1m HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        }
        states.push((state, server, program, asking));
    }
    let mut checked = BTreeSet::new();
    for (state, path, status) in REQUESTS {
        let (_, server, ..) = states.iter().find(|(name, ..)| *name == state).unwrap();
        let (got, head, body) = server.fetch("GET", path);
        assert_eq!(got.to_string(), status, "{state} {path}: {body}");
        let route = path.split('?').next().unwrap();
        let responses = &document["paths"][route]["get"]["responses"];
        let content = resolved(&document, &responses[status])["content"].as_object().unwrap();
        let (kind, media) = content.iter().next().unwrap();
        assert!(head.contains(&format!("content-type: {kind}\r\n")), "{path}: {head}");
        let body = if kind == "application/json" { serde_json::from_str(&body).unwrap() } else { json!(body) };
        check(&document, &media["schema"], &body);
        checked.insert((route, status));
    }
    let paths = document["paths"].as_object().unwrap().iter();
    let described = paths.flat_map(|(path, methods)| {
        assert_eq!(methods.as_object().unwrap().len(), 1, "{path} is only for reading");
        methods["get"]["responses"].as_object().unwrap().keys().map(move |status| (path.as_str(), status.as_str()))
    });
    assert_eq!(described.collect::<BTreeSet<_>>(), checked);
}

#[test]
fn each_path_and_parameter_is_described_and_no_other() {
    let (_program, server) = serving();
    let (status, head, body) = server.fetch("GET", "/openapi.json");
    assert!(status == 200 && head.contains("content-type: application/json\r\n"), "{head}");
    let document: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&document["openapi"], &document["info"]["version"]),
        (&json!("3.1.0"), &json!(env!("CARGO_PKG_VERSION_MAJOR")))
    );

    let missing = server.get("/").1;
    let paths = missing["error"].as_str().unwrap().strip_prefix("no such path: ask ").unwrap();
    let described: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(described, paths.split(", ").collect());

    let refusal = server.get("/candles?unknown=1").1;
    let known = refusal["error"].as_str().unwrap().split_once(": use ").unwrap().1.replace(" and ", ", ");
    let parameters = document["paths"]["/candles"]["get"]["parameters"].as_array().unwrap();
    let named: Vec<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(named, known.split(", ").collect::<Vec<_>>());
    let limit = &parameters.last().unwrap()["schema"];
    for (limit, status) in [(&limit["minimum"], 200), (&limit["maximum"], 200), (&json!(0), 400), (&json!(5001), 400)] {
        assert_eq!(server.get(&format!("/candles?symbol=BTC-USDT&interval=1m&limit={limit}")).0, status, "{limit}");
    }
    for parameter in parameters.iter().filter(|parameter| parameter["required"] == true) {
        let others = ["symbol", "interval"].into_iter().filter(|name| *name != parameter["name"]);
        let query: Vec<_> = others.map(|name| format!("{name}=1m")).collect();
        assert_eq!(server.get(&format!("/candles?{}", query.join("&"))).0, 400);
    }
}
