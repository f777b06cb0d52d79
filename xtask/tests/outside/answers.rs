//! Thousands of answers that no service would give on purpose, from a server that counts what it was sent.
//! It must never be the tool's word that a message went out once: the server has it, or has it not.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use xshell::Shell;

use crate::outside::side_by_side;
use http::{
    Answer, Post,
    served::{Chance, Served, Strange, seed},
};

/// The tool's own module, with what it needs of its neighbours.
#[allow(dead_code, unused_imports)]
#[path = "../../train/src/tools/http.rs"]
mod http;

#[allow(dead_code, unused_imports)]
#[path = "../../train/src/tools/transient.rs"]
mod transient;

mod secrets {
    pub fn blanked(text: &str) -> String {
        text.to_owned()
    }
}

tests! {
    curl_and_a_channel_that_answers_anything: needs CURL;
    gh_and_a_forge_that_answers_anything: needs GH;
}

fn made(count: usize) -> Arc<Vec<Served>> {
    let mut chance = Chance(seed());
    Arc::new((0..count).map(|_| Served::make(&mut chance)).collect())
}

fn shown(served: &Served) -> String {
    String::from_utf8_lossy(&served.bytes).chars().take(1_000).collect()
}

fn curl_and_a_channel_that_answers_anything() {
    let (begun, answers) = (Instant::now(), made(500));
    let server = Strange::serve(answers.clone(), |_| None);
    let numbers: Vec<usize> = (0..answers.len()).collect();
    let counts = Mutex::new([0; 3]);
    side_by_side(&numbers, 8, |&at| {
        let (sh, served) = (Shell::new().unwrap(), &answers[at]);
        let address = format!("http://{}/services/answer-{at}", server.address);
        let post = http::post(&sh, &address, &format!("{{\"text\": \"{}\"}}", "x".repeat(at * 40))).unwrap();
        let taken = server.taken(at);
        assert!(taken <= 1, "answer {at}: it was sent {taken} times: {}", shown(served));
        match &post {
            // It will be sent again.
            Post::Refused(answer) => {
                assert!(taken == 0 || served.is_refusal, "answer {at}: {answer:?} of {}", shown(served));
                assert!(answer.failure("x").to_string().len() < 3_000);
            }
            Post::Unsent(why) => assert!(taken == 0, "answer {at}: {why}: {}", shown(served)),
            // It will be told that it is there.
            Post::Taken(answer) => assert!(answer.is_ok() && served.status.is_some(), "answer {at}: {}", shown(served)),
            Post::Unknown(_) => {}
        }
        counts.lock().unwrap()[match post {
            Post::Taken(_) => 0,
            Post::Refused(_) | Post::Unsent(_) => 1,
            Post::Unknown(_) => 2,
        }] += 1;
    });
    let [taken, again, unknown] = *counts.lock().unwrap();
    assert!(taken > 15 && again > 50 && unknown > 100, "{taken} {again} {unknown}");
    println!("{} answers to curl in {:.1?}: {taken} taken, {again} to send again, {unknown} to look at", answers.len(), begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(60));
}

fn gh_and_a_forge_that_answers_anything() {
    let (begun, answers) = (Instant::now(), made(100));
    let server = Strange::serve(answers.clone(), |_| None);
    let numbers: Vec<usize> = (0..answers.len()).collect();
    side_by_side(&numbers, 4, |&at| {
        let served = &answers[at];
        let mut gh = Command::new("gh");
        gh.args(["api", "--include", "--method", "POST", "--input", "-", &format!("repos/we/lark/releases/answer-{at}")]);
        for (name, value) in [("GH_HOST", "github.localhost"), ("GH_TOKEN", "t"), ("GH_ENTERPRISE_TOKEN", "t"), ("NO_PROXY", ""), ("no_proxy", "")] {
            gh.env(name, value);
        }
        gh.env("HTTP_PROXY", format!("http://{}", server.address));
        let mut gh = gh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = gh.stdin.take().unwrap().write_all(b"{\"tag_name\": \"v1\"}");
        let reported = gh.wait_with_output().unwrap();
        let reported = String::from_utf8_lossy(&reported.stdout).into_owned();
        if let Some(answer) = Answer::read(&reported) {
            assert_eq!(Some(answer.status), served.status, "answer {at}: {reported}: {}", shown(served));
            assert!(answer.failure("x").to_string().len() < 3_000);
        }
        assert!(server.taken(at) <= 1, "answer {at}: {}", shown(served));
    });
    println!("{} answers to gh in {:.1?}", answers.len(), begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(60));
}
