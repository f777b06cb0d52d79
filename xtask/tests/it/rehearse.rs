//! How a rehearsal ends, as a person at a terminal sees it: everything on one stream, a verdict on the last line.
//! It must never take long: whole rehearsals with all registries are in `tests/rehearsal.rs`.

use std::fs;

use serde_json::Value;

use crate::harness::{Place, Said};

fn trains(name: &str) -> Place {
    let place = Place::of_world(name, "trains");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    place
}

/// A line without its times.
fn timeless(line: &str) -> String {
    let words = line.split(' ').map(|word| if word.parse::<f64>().is_ok() { "N" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn last(text: &str) -> String {
    timeless(text.lines().last().unwrap_or_default())
}

/// Whether each of the texts stands in standard output, in this order.
fn in_order(said: &Said, texts: &[&str]) -> bool {
    let mut rest = said.out.as_str();
    texts.iter().all(|text| rest.split_once(text).map(|(_, after)| rest = after).is_some())
}

#[test]
fn a_failed_rehearsal_ends_with_a_verdict_on_the_stream_of_its_headings() {
    let mut place = trains("rehearse_fails");
    // The registries pass on to the user's index.
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    place.write("crates/lark/tests/wrong.rs", "#[test]\nfn wrong() {\n    panic!(\"the song is wrong\");\n}\n");
    place.commit("test: a wrong song");
    let said = place.xtask("rehearse 0.8.0 --train lark");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""), "all of it is on one stream");
    let lines =
        ["begin   set up the clone", "release:", "begin   prove cargo-test", "the song is wrong", "failed  prove"];
    assert!(in_order(&said, &lines), "{}", said.out);
    let verdict = "rehearsal of lark 0.8.0: failed after N s: `xtask release 0.8.0 --push` failed: see above";
    assert_eq!(last(&said.out), verdict, "{}", said.out);

    // The document stays alone on standard output.
    let said = place.xtask("rehearse 0.8.0 --train lark --json --quiet");
    assert_eq!(said.code, Some(1));
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&json[0]["outcome"], &json[0]["rehearsal"]["version"]), (&"failed".into(), &"0.8.0".into()));
    assert_eq!(last(&said.err), verdict, "{}", said.err);
}

#[test]
fn each_train_has_a_verdict_and_the_last_is_that_of_all_even_when_nothing_could_be_set_up() {
    // Without a network, the registries have nobody to pass on to.
    let place = trains("rehearse_trains");
    fs::write(place.tree.with_file_name("file"), "").unwrap();
    let said = place.xtask("rehearse --page ../file/page.html");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    let why = "failed after N s: the registries of the rehearsal did not start: what they said stands above";
    let verdicts: Vec<String> =
        said.out.lines().filter(|line| line.starts_with("rehearsal of ")).map(timeless).collect();
    assert_eq!(
        verdicts,
        [
            format!("rehearsal of lark 0.7.3: {why}"),
            format!("rehearsal of ingest 0.3.0: {why}"),
            format!("rehearsal of lark 0.7.3 and ingest 0.3.0: {}", why.replace("s: the", "s: lark: the")),
        ],
        "{}",
        said.out
    );
    assert_eq!(last(&said.out), verdicts[2]);
    assert!(said.out.contains("failed     write the page ("), "{}", said.out);
}
