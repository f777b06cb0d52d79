//! Answers over HTTP as clients print them, and `curl` for what no other client sends.
//! It must never put an address into arguments: a webhook's address is its secret.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    time::SystemTime,
};

use anyhow::{Context as _, Result, anyhow};
use xshell::{Shell, cmd};

use super::{
    secrets,
    transient::{Transient, retry_after},
};

#[cfg(test)]
#[path = "../../../tests/outside/served.rs"]
pub mod served;

/// What the other side answered, headers first.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Reads what `curl --include` and `gh api --include` print. An answer that is only an interim one is passed over.
    pub fn read(text: &str) -> Option<Answer> {
        let mut rest = text;
        loop {
            let (first, mut after) = rest.strip_prefix("HTTP/")?.split_once('\n')?;
            let status = first.split_whitespace().nth(1)?.parse().ok()?;
            let mut headers = Vec::new();
            loop {
                let (line, below) = after.split_once('\n')?;
                after = below;
                let line = line.trim_end();
                if line.is_empty() {
                    break;
                }
                // A line that is none takes nothing from the others.
                headers.extend(
                    line.split_once(':').map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned())),
                );
            }
            match status {
                100..200 => rest = after,
                _ => return Some(Answer { status, headers, body: after.to_owned() }),
            }
        }
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The service itself says that it did not take what was sent. Who stands before it answers with other numbers or with
    /// a page, and so does who has lost his way with the request (RFC 9110, 15).
    fn is_refusal(&self) -> bool {
        const OWN: [u16; 13] = [400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 415, 422, 429];
        OWN.contains(&self.status) && !self.is_page()
    }

    /// It is for people to look at: no service answers a program so, but gateways and the logins of networks do.
    fn is_page(&self) -> bool {
        self.headers("content-type").any(|kind| kind.to_lowercase().contains("html"))
            || self.body.trim_start().starts_with('<')
    }

    /// Status and text on one line, as much as there is room for.
    pub fn reported(&self) -> String {
        let body: String = secrets::blanked(&self.body).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("HTTP {}: {}", self.status, body.chars().take(300).collect::<String>())
    }

    fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter_map(move |(key, value)| (key == name).then_some(value.as_str()))
    }

    /// Itself, where it says yes or has one of these statuses, but not for a moment only.
    pub fn taken(self, what: &str, or: &[u16]) -> Result<Answer> {
        if self.is_ok() {
            return Ok(self);
        }
        match self.failure(what) {
            error if error.is::<Transient>() || !or.contains(&self.status) => Err(error),
            _ => Ok(self),
        }
    }

    /// The error that it means; one that may pass is `Transient`, with the time that the other side asks for.
    pub fn failure(&self, what: &str) -> anyhow::Error {
        let why = format!("{what}: {}", self.reported());
        let after = self.headers("retry-after").find_map(|value| retry_after(value, SystemTime::now()));
        // GitHub says "forbidden" to those who ask too often.
        let too_many = self.status == 403 && (after.is_some() || self.body.to_lowercase().contains("rate limit"));
        if self.status == 429 || self.status >= 500 || too_many {
            return Transient { why, after }.into();
        }
        anyhow!(why)
    }
}

/// What became of a message.
#[derive(Debug)]
pub enum Post {
    Taken(Answer),
    /// The service itself says that it did not take it.
    Refused(Answer),
    /// It cannot have arrived.
    Unsent(String),
    /// It may have arrived.
    Unknown(String),
}

/// No service answers a message with more.
const LARGEST: u64 = 1 << 20;

/// Sends a JSON text once. The address goes in on standard input; `curl` follows no redirect and tries nothing again.
pub fn post(sh: &Shell, url: &str, json: &str) -> Result<Post> {
    if let Some((scheme, _)) = url.split_once("://").filter(|(scheme, _)| !["https", "http"].contains(scheme)) {
        return Ok(Post::Unsent(format!("its address begins with {scheme}://, not with https://")));
    }
    let config = format!(
        "url = {}\ndata-raw = {}\nheader = \"Content-Type: application/json\"\nheader = \"Expect:\"\n",
        quoted(url),
        quoted(json)
    );
    let options = ["--silent", "--show-error", "--include", "--suppress-connect-headers", "--globoff", "--no-location"];
    let limits = ["--proto", "=https,http", "--proto-default", "https", "--connect-timeout", "20", "--max-time", "60"];
    let mut curl: Command = cmd!(sh, "curl --disable {options...} {limits...} --config -").into();
    let curl = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut curl = match curl {
        Ok(curl) => curl,
        Err(error) => return Ok(Post::Unsent(format!("curl did not start: {error}"))),
    };
    // Where curl does not read it, it says why. All of it is read before the first answer comes.
    let _ = curl.stdin.take().map(|mut stdin| stdin.write_all(config.as_bytes()));
    let mut printed = Vec::new();
    // An answer without an end is let go of: curl ends when nobody reads on.
    curl.stdout.take().map(|stdout| stdout.take(LARGEST).read_to_end(&mut printed)).transpose().context("curl")?;
    let ended = curl.wait_with_output().context("curl")?;
    let reported = secrets::blanked(&String::from_utf8_lossy(&ended.stderr));
    let reported = format!("curl: {} ({})", reported.trim().trim_start_matches("curl: "), ended.status);
    Ok(became(ended.status.code(), &printed, reported))
}

/// What became of a message, by what curl ended with and printed.
fn became(code: Option<i32>, printed: &[u8], reported: String) -> Post {
    match (code, Answer::read(&String::from_utf8_lossy(printed))) {
        // Cut off or not: that it was taken, the first lines say.
        (_, Some(answer)) if answer.is_ok() && !answer.is_page() => Post::Taken(answer),
        // Who says no, the rest may tell.
        (Some(0), Some(answer)) if answer.is_refusal() => Post::Refused(answer),
        (_, Some(answer)) => Post::Unknown(answer.reported()),
        // The words of curl(1): not initialised, no such address, not resolved, not connected, no TLS, no trust. It ends
        // with 1 for an answer in no version of HTTP that it knows, too.
        (Some(2..=7 | 35 | 60 | 77), _) if printed.is_empty() => Post::Unsent(reported),
        _ => Post::Unknown(reported),
    }
}

/// As curl's configuration files want it.
pub fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_are_read_as_clients_print_them() {
        let curl =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n{\"a\":\r\n\r\n1}";
        let answer = Answer::read(curl).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (429, "{\"a\":\r\n\r\n1}"));
        let error = answer.failure("posting");
        assert_eq!(error.downcast_ref::<Transient>().unwrap().after, Some(Duration::from_secs(7)));
        let gh = Answer::read("HTTP/2.0 204 No Content\nX-A: b:c\r\n\r\n").unwrap();
        assert_eq!((gh.status, gh.headers("x-a").next(), gh.body.as_str()), (204, Some("b:c"), ""));
        for text in ["", "{}", "HTTP/1.1", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(Answer::read(text), None, "{text}");
        }
        let many = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(200_000);
        assert_eq!(Answer::read(&format!("{many}HTTP/1.1 200 OK\r\nno name\r\n\r\nx")).unwrap().status, 200);
        assert_eq!(Answer::read(&many), None);
        let asks = "HTTP/1.1 429 X\r\nRetry-After: soon\r\nRetry-After: 5\r\nRetry-After: 9\r\n\r\n";
        let error = Answer::read(asks).unwrap().failure("x");
        assert_eq!(error.downcast_ref::<Transient>().unwrap().after, Some(Duration::from_secs(5)));
    }

    #[test]
    fn what_may_pass_is_distinguished_from_what_does_not() {
        let passes = |text: &str| Answer::read(text).unwrap().failure("x").is::<Transient>();
        assert!(passes("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        assert!(passes("HTTP/1.1 403 Forbidden\r\n\r\n{\"message\":\"API rate limit exceeded\"}"));
        assert!(!passes("HTTP/1.1 403 Forbidden\r\n\r\nResource not accessible"));
        assert!(!passes("HTTP/1.1 422 Unprocessable\r\nX-Ratelimit-Reset: 429\r\n\r\n"));
    }

    #[test]
    fn only_the_service_itself_refuses() {
        let refuses = |text: &str| matches!(became(Some(0), text.as_bytes(), String::new()), Post::Refused(_));
        let (refused, unknown): (Vec<u16>, Vec<u16>) = [
            200, 301, 302, 307, 400, 401, 403, 404, 407, 408, 409, 410, 413, 421, 422, 425, 429, 444, 460, 499, 500,
            502, 503, 504, 520,
        ]
        .into_iter()
        .partition(|status| refuses(&format!("HTTP/1.1 {status} X\r\n\r\n")));
        assert_eq!(refused, [400, 401, 403, 404, 410, 413, 422, 429]);
        assert_eq!(unknown, [200, 301, 302, 307, 407, 408, 409, 421, 425, 444, 460, 499, 500, 502, 503, 504, 520]);
        assert!(!refuses("HTTP/1.1 403 X\r\n\r\n <html>blocked</html>"));
        assert!(!refuses("HTTP/1.1 429 X\r\nContent-Type: text/html\r\n\r\nslow down"));
    }

    #[test]
    fn what_may_have_arrived_is_distinguished_from_what_cannot() {
        let reported = |code: i32, printed: &str| match became(Some(code), printed.as_bytes(), "curl".to_owned()) {
            Post::Taken(_) => "taken",
            Post::Refused(_) => "refused",
            Post::Unsent(_) => "unsent",
            Post::Unknown(_) => "unknown",
        };
        for (code, printed, became) in [
            (7, "", "unsent"),
            (60, "", "unsent"),
            // No HTTP, or of another version: it came after the message went out.
            (1, "", "unknown"),
            (8, "", "unknown"),
            (52, "", "unknown"),
            (7, "HTTP/1.1 400", "unknown"),
            (0, "HTTP/1.1 400 X\r\n\r\nno", "refused"),
            (56, "HTTP/1.1 400 X\r\n\r\nno", "unknown"),
            (56, "HTTP/1.1 204 No Content\r\n\r\n", "taken"),
            // The login of a network.
            (0, "HTTP/1.1 200 OK\r\n\r\n<!doctype html>", "unknown"),
        ] {
            assert_eq!(reported(code, printed), became, "{code} {printed}");
        }
    }

    #[test]
    fn no_answer_has_a_message_sent_again_but_a_clear_refusal() {
        use served::{Chance, Served, seed};

        let mut chance = Chance(seed());
        let mut refused = 0;
        for round in 0..3_000 {
            let served = Served::make(&mut chance);
            let code = *chance.pick(&[
                Some(0),
                Some(0),
                Some(0),
                Some(1),
                Some(8),
                Some(18),
                Some(28),
                Some(52),
                Some(56),
                None,
            ]);
            let post = became(code, &served.bytes, "curl".to_owned());
            let shown = || String::from_utf8_lossy(&served.bytes).chars().take(2_000).collect::<String>();
            match &post {
                Post::Refused(answer) => {
                    assert!(served.is_refusal, "answer {round}: {}", shown());
                    // How long it asks to wait is read, whatever it is.
                    let error = answer.failure("posting");
                    assert!(error.to_string().len() < 3_000);
                    refused += 1;
                }
                Post::Unsent(_) => panic!("answer {round}, curl ends with {code:?}: {}", shown()),
                Post::Taken(_) => assert!(served.is_receipt, "answer {round}: {}", shown()),
                Post::Unknown(_) => {}
            }
            assert_eq!(
                matches!(post, Post::Refused(_)),
                served.is_refusal && code == Some(0),
                "answer {round}: {}",
                shown()
            );
        }
        assert!(refused > 200, "{refused}");
    }

    #[test]
    fn a_configuration_holds_any_text() {
        assert_eq!(quoted("a\"b\\n\n"), "\"a\\\"b\\\\n\\n\"");
    }
}
