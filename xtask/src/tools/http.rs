//! Answers over HTTP as clients print them, and `curl` for what no other client sends.
//! It must never put an address into arguments: a webhook's address is its secret.

use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow};
use xshell::{Shell, cmd};

use super::{child::Passing, secrets};

/// What the other side answered, headers first.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// Reads what `curl --include` and `gh api --include` print. An answer that is only an interim one is passed over.
    pub fn read(text: &str) -> Option<Answer> {
        let (first, mut rest) = text.strip_prefix("HTTP/")?.split_once('\n')?;
        let status = first.split_whitespace().nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n')?;
            rest = after;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
        match status {
            100..200 => Answer::read(rest),
            _ => Some(Answer { status, headers, body: rest.to_owned() }),
        }
    }

    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The service itself says that it did not take what was sent. Who stands before it answers with other numbers, and
    /// so does who has lost his way with the request (RFC 9110, 15).
    pub fn is_refusal(&self) -> bool {
        const OF_OTHERS: [u16; 5] = [407, 408, 421, 425, 499];
        (400..500).contains(&self.status) && !OF_OTHERS.contains(&self.status)
    }

    /// Status and text on one line, as much as there is room for.
    pub fn told(&self) -> String {
        let body: String = secrets::blanked(&self.body).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("HTTP {}: {}", self.status, body.chars().take(300).collect::<String>())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    /// The error that it means; one that may pass is told as such, with the time that the other side asks for.
    pub fn failure(&self, what: &str) -> anyhow::Error {
        let why = format!("{what}: {}", self.told());
        let after = self.header("retry-after").and_then(|value| retry_after(value, SystemTime::now()));
        // GitHub says "forbidden" to those who ask too often.
        let too_many = self.status == 403 && (after.is_some() || self.body.to_lowercase().contains("rate limit"));
        if self.status == 429 || self.status >= 500 || too_many {
            return Passing { why, after }.into();
        }
        anyhow!(why)
    }
}

/// `Retry-After` has two forms, seconds and a date (RFC 9110, 10.2.3); some send fractions of a second.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.ceil()).ok();
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default().saturating_add(Duration::from_secs(1)))
}

/// What became of a message.
#[derive(Debug)]
pub enum Post {
    Answered(Answer),
    /// It cannot have arrived.
    Unsent(String),
    /// It may have arrived.
    Unknown(String),
}

/// Sends a JSON text once. The address goes in on standard input; `curl` follows no redirect and tries nothing again.
pub fn post(sh: &Shell, url: &str, json: &str) -> Result<Post> {
    let config = format!(
        "url = {}\ndata-raw = {}\nheader = \"Content-Type: application/json\"\nheader = \"Expect:\"\n",
        quoted(url),
        quoted(json)
    );
    let options = ["--silent", "--show-error", "--include", "--suppress-connect-headers", "--globoff"];
    let limits = ["--proto", "=https,http", "--connect-timeout", "20", "--max-time", "60"];
    let curl = cmd!(sh, "curl --disable {options...} {limits...} --config -").stdin(config).quiet().ignore_status();
    let output = match curl.output() {
        Ok(output) => output,
        Err(error) => return Ok(Post::Unsent(format!("curl did not start: {error}"))),
    };
    let told = secrets::blanked(&String::from_utf8_lossy(&output.stderr));
    let told = format!("curl: {} ({})", told.trim().trim_start_matches("curl: "), output.status);
    Ok(match (output.status.code(), Answer::read(&String::from_utf8_lossy(&output.stdout))) {
        // Cut off or not: the answer's first line says all that matters.
        (_, Some(answer)) => Post::Answered(answer),
        // The words of curl(1): not initialised, no such address, not resolved, not connected, no TLS, no trust.
        (Some(1..=7 | 35 | 60 | 77), _) => Post::Unsent(told),
        _ => Post::Unknown(told),
    })
}

/// As curl's configuration files want it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_clients_print_them() {
        let curl =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n{\"a\":\r\n\r\n1}";
        let answer = Answer::read(curl).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (429, "{\"a\":\r\n\r\n1}"));
        let error = answer.failure("posting");
        assert_eq!(error.downcast_ref::<Passing>().unwrap().after, Some(Duration::from_secs(7)));
        let gh = Answer::read("HTTP/2.0 204 No Content\nX-A: b:c\r\n\r\n").unwrap();
        assert_eq!((gh.status, gh.header("x-a"), gh.body.as_str()), (204, Some("b:c"), ""));
        for text in ["", "{}", "HTTP/1.1", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(Answer::read(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_does_not() {
        let passes = |text: &str| Answer::read(text).unwrap().failure("x").is::<Passing>();
        assert!(passes("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        assert!(passes("HTTP/1.1 403 Forbidden\r\n\r\n{\"message\":\"API rate limit exceeded\"}"));
        assert!(!passes("HTTP/1.1 403 Forbidden\r\n\r\nResource not accessible"));
        assert!(!passes("HTTP/1.1 422 Unprocessable\r\nX-Ratelimit-Reset: 429\r\n\r\n"));
        let now = SystemTime::UNIX_EPOCH;
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(retry_after("0.3", now), seconds(1));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:09 GMT", now), seconds(10));
        assert_eq!(retry_after("18446744073709551615", now), None, "rounded up, it is no time");
        assert_eq!(retry_after("1e18", now), seconds(1_000_000_000_000_000_000));
        for none in ["1e300", "inf", "NaN", "99999999999999999999999", "Thu, 01 Jan 99999 00:00:00 GMT"] {
            assert_eq!(retry_after(none, now), None, "{none}");
        }
        assert_eq!(retry_after("-1", now), None);
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn only_the_service_itself_refuses() {
        let refuses = |status: u16| Answer::read(&format!("HTTP/1.1 {status} X\r\n\r\n")).unwrap().is_refusal();
        let (refused, unknown): (Vec<u16>, Vec<u16>) = [
            200, 301, 302, 307, 400, 401, 403, 404, 407, 408, 410, 413, 421, 422, 425, 429, 499, 500, 502, 503, 504,
            520,
        ]
        .into_iter()
        .partition(|status| refuses(*status));
        assert_eq!(refused, [400, 401, 403, 404, 410, 413, 422, 429]);
        assert_eq!(unknown, [200, 301, 302, 307, 407, 408, 421, 425, 499, 500, 502, 503, 504, 520]);
    }

    #[test]
    fn a_configuration_holds_any_text() {
        assert_eq!(quoted("a\"b\\n\n"), "\"a\\\"b\\\\n\\n\"");
    }
}
