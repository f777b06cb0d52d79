//! Running other programs: what they print is shown, kept, and rid of secrets.
//! It must never put a secret into arguments, nor let one through to the screen or into an error.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context as _, Result, anyhow, bail};

pub use super::spent::{Watch, peak_memory, spent};

use super::{
    cargo,
    secrets::blanked,
    transient::{Transient, retry_after},
};
use crate::{
    inherited::without_secrets,
    report::{Loudness, Report},
};
use plan::visible;

/// How a child ended, and what it printed, secrets blanked.
#[derive(Debug)]
pub struct ChildOutput {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl ChildOutput {
    pub fn ok(&self) -> bool {
        self.status.success()
    }

    /// Itself, when it did what it was asked; `what` names that in the failure.
    pub fn done(self, what: &str) -> Result<ChildOutput> {
        if self.ok() { Ok(self) } else { Err(failure(what, &self)) }
    }

    /// The same of a program of whose failures none may pass; its last lines are put into words.
    pub fn or(self, words: impl FnOnce(String) -> String) -> Result<ChildOutput> {
        if self.ok() { Ok(self) } else { bail!(words(self.last_lines())) }
    }

    /// That what is called so failed, with its whole output where nothing of it was shown yet.
    pub fn quiet_failure(&self, report: &Report, shown: &str) -> anyhow::Error {
        if report.loudness == Loudness::Quiet {
            report.pass_on(self.out.trim_end());
            report.pass_on(self.err.trim_end());
        }
        anyhow!("`{shown}` ended with {}", self.status)
    }

    /// Its error, on one line: from its first error on, else the last lines.
    pub fn last_lines(&self) -> String {
        let all = visible::uncolored(if self.err.trim().is_empty() { &self.out } else { &self.err });
        // The last of the causes, which is the one to mend, must have room.
        let is_word = |line: &&str| !line.is_empty() && *line != "Caused by:";
        let lines: Vec<&str> = all.lines().map(str::trim).filter(is_word).collect();
        // Before its error, a program tells what it did; after the first one come those that follow from it.
        let error = lines.iter().position(|line| line.starts_with("error"));
        let from = error.unwrap_or(lines.len().saturating_sub(8));
        let words = lines[from..lines.len().min(from + 8)].join("; ").replace(":;", ":");
        words.strip_prefix("error: ").map_or(words.clone(), str::to_owned)
    }
}

/// Runs a child whose output is for people; quietly, it is shown only when it fails. What it runs may be anybody's code: it
/// gets no secret.
pub fn run(report: &Report, mut command: Command) -> Result<()> {
    let shown = shown(&command);
    without_secrets(&mut command);
    command.stdin(Stdio::null());
    if report.loudness == Loudness::Quiet {
        let output = ask(command)?;
        return if output.ok() { Ok(()) } else { Err(output.quiet_failure(report, &shown)) };
    }
    let _watch = Watch::of(&command);
    command.stdout(report.child_output()).stderr(report.child_output());
    let status = command.status().with_context(|| format!("`{shown}` did not start"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs a child that is only asked something.
pub fn ask(command: Command) -> Result<ChildOutput> {
    ask_bounded(command, Duration::MAX)
}

/// Asks a client that asks somebody far away, who may never come to an end.
pub fn ask_far(command: Command) -> Result<ChildOutput> {
    ask_bounded(command, LONGEST_ANSWER)
}

fn ask_bounded(command: Command, limit: Duration) -> Result<ChildOutput> {
    let shown = shown(&command);
    ask_within(command, limit)?.with_context(|| unanswered(&shown, limit))
}

/// Asks the same, but waits no longer than `limit`: `None` when it has not answered by then.
pub fn ask_within(command: Command, limit: Duration) -> Result<Option<ChildOutput>> {
    ask_while(command, |elapsed| elapsed < limit)
}

/// How long somebody far away is waited for when nobody set another bound, and how much of the output is kept.
pub const LONGEST_ANSWER: Duration = Duration::from_secs(900);
const LARGEST_ANSWER: usize = 1 << 28;

/// A line that is longer than this is read in parts.
const LONGEST_LINE: u64 = 1 << 20;

pub fn unanswered(what: &str, limit: Duration) -> String {
    format!("{what}: no answer within {} s", limit.as_secs())
}

/// Asks the same, and is asked, at least ten times a second, with the time since it began, whether to wait on: `None` when
/// not.
pub fn ask_while(command: Command, waits_on: impl FnMut(Duration) -> bool) -> Result<Option<ChildOutput>> {
    ask_giving(command, None, waits_on)
}

/// The same, giving it a text to read.
pub fn ask_giving(
    command: Command,
    text: Option<String>,
    waits_on: impl FnMut(Duration) -> bool,
) -> Result<Option<ChildOutput>> {
    follow(command, text, |_| {}, waits_on)
}

/// Runs a child that sends something out: its output is shown line by line and kept, secrets blanked.
pub fn send(report: &Report, command: Command) -> Result<ChildOutput> {
    send_hiding(report, command, |_| false)
}

/// The same; lines that are only for us are kept, but not shown.
pub fn send_hiding(report: &Report, command: Command, is_ours: impl Fn(&str) -> bool) -> Result<ChildOutput> {
    let show = |line: &[u8]| {
        let line = blanked(String::from_utf8_lossy(line).trim_end());
        if !is_ours(&line) && report.loudness > Loudness::Quiet {
            report.pass_on(&format!("          {line}"));
        }
    };
    follow(command, None, show, |_| true)?.context("it was not waited for")
}

/// Runs a child that reads `text`, and shows each line that it prints when it comes; `None` when it is not waited for any
/// more.
fn follow(
    mut command: Command,
    text: Option<String>,
    mut show: impl FnMut(&[u8]),
    mut waits_on: impl FnMut(Duration) -> bool,
) -> Result<Option<ChildOutput>> {
    let shown = shown(&command);
    let _watch = Watch::of(&command);
    command.stdin(if text.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| format!("`{shown}` did not start"))?;
    if let Some((mut stdin, text)) = child.stdin.take().zip(text) {
        // Where it does not read it, it says why.
        std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    }
    let streams = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    let (sender, lines) = mpsc::channel();
    for (at, stream) in streams.into_iter().flatten().enumerate() {
        let sender = sender.clone();
        // Not waited for when it is given up: a child of the child may keep the stream open.
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            loop {
                let mut line = Vec::new();
                let read = stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
                if read.as_ref().is_ok_and(|length| *length == 0) || sender.send((at, read.map(|_| line))).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut kept = [Vec::new(), Vec::new()];
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok((at, line)) => {
                let line = line.with_context(|| format!("`{shown}` could not be read"))?;
                show(&line);
                if kept[at].len() < LARGEST_ANSWER {
                    kept[at].extend(line);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !waits_on(begun.elapsed()) {
            // It may have ended just now; in any case it is not left behind.
            let _ = child.kill();
            child.wait().with_context(|| format!("`{shown}` could not be waited for"))?;
            return Ok(None);
        }
    }
    let status = child.wait().with_context(|| format!("`{shown}` could not be waited for"))?;
    let [out, err] = kept.map(|bytes| blanked(&String::from_utf8_lossy(&bytes)));
    Ok(Some(ChildOutput { status, out, err }))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    blanked(&words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
}

/// What a failed exchange means: one that may pass is `Transient`, with the time that the other side asks for.
pub fn failure(what: &str, output: &ChildOutput) -> anyhow::Error {
    let text = format!("{}\n{}", output.out, output.err);
    if let Some(stale) = cargo::stale_lock(&text) {
        return anyhow::Error::from(stale).context(what.to_owned());
    }
    let why = format!("{what}: {}", output.last_lines());
    match passing(&text) {
        Some(after) => Transient { why, after }.into(),
        None => anyhow!(why),
    }
}

/// The last lines, when the other side refuses the credentials, or what they may do.
pub fn refusal(output: &ChildOutput) -> Option<String> {
    let status = status(&format!("{}\n{}", output.out, output.err).to_lowercase())?;
    [401, 403].contains(&status).then(|| output.last_lines())
}

/// The status with which the other side did not let in who asked, as the client names it.
pub fn refused(output: &ChildOutput) -> Option<String> {
    let text = output.err.split_whitespace().collect::<Vec<_>>().join(" ");
    // uv, our own question, and pip.
    let known = ["401 Unauthorized", "403 Forbidden", "HTTP 401", "HTTP 403", "401 Error", "403 Client Error"];
    known.iter().find(|status| text.contains(**status)).map(|status| (*status).to_owned())
}

/// Whether what a client printed tells of a failure that may pass, and after which time; crates.io writes the date into
/// its message.
fn passing(text: &str) -> Option<Option<Duration>> {
    const PASSING: [&str; 11] = [
        "too many requests",
        "rate limit",
        "connection reset",
        "connection closed",
        "connection refused",
        "broken pipe",
        "unexpected eof",
        "timed out",
        "timeout was reached",
        "empty reply",
        "error sending request",
    ];
    let lower = text.to_lowercase();
    if !status(&lower).is_some_and(|status| status == 429 || status >= 500)
        && !PASSING.iter().any(|word| lower.contains(word))
    {
        return None;
    }
    Some(["retry-after:", "\"retry-after\": \"", "try again after", "retry after"].iter().find_map(|word| {
        // Lowercase ASCII has the same places; where other letters do not, there is no time to be read.
        let rest = text.get(lower.find(word)? + word.len()..)?.trim_start();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        retry_after(rest.get(..if digits > 0 { digits } else { 29 })?, SystemTime::now())
    }))
}

/// The HTTP status that a client names. Numbers stand in digests, sizes and addresses too, so the word before one counts.
fn status(lower: &str) -> Option<u16> {
    const BEFORE: [&str; 7] = ["status", "code:", "status:", "code", "http", "got", "error:"];
    let words: Vec<&str> =
        lower.split_whitespace().map(|word| word.trim_matches(|c: char| "(),;\"'`".contains(c))).collect();
    words.windows(2).find_map(|pair| {
        let digits = pair[1].trim_end_matches([':', '.']);
        let status = digits.parse().ok().filter(|status| digits.len() == 3 && (400..600).contains(status))?;
        BEFORE.contains(&pair[0]).then_some(status)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_answer_is_waited_for_only_so_long() {
        let sh = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        let output = ask_within(sh("echo one; echo two >&2; exit 3"), Duration::from_secs(60)).unwrap().unwrap();
        assert_eq!((output.out.as_str(), output.err.as_str(), output.status.code()), ("one\n", "two\n", Some(3)));
        let begun = Instant::now();
        // A child of the child holds the pipes.
        assert!(ask_within(sh("sleep 60 & sleep 60"), Duration::from_millis(200)).unwrap().is_none());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn nothing_that_a_client_prints_breaks_who_reads_it() {
        use crate::tools::http::served::{Chance, Served, seed};

        let mut chance = Chance(seed());
        let starts = [
            "error: failed to get a 200 OK response, got ",
            "error: Server returned status code ",
            "the remote server responded with an error (status ",
            "status: ",
            "\u{130}\u{130} http ",
            "",
        ];
        for round in 0..2_000 {
            let served = Served::make(&mut chance);
            let text = format!("{}{}", chance.pick(&starts), String::from_utf8_lossy(&served.bytes));
            let output = ChildOutput { status: ExitStatus::default(), out: String::new(), err: text };
            let error = failure("x", &output);
            let _ = (refusal(&output), cargo::stale_lock(&output.err));
            if let Some(after) = error.downcast_ref::<Transient>().and_then(|passing| passing.after) {
                // Whoever waits holds it against a bound; no clock is asked before.
                assert!(Duration::ZERO.checked_add(after).is_some(), "answer {round}");
            }
        }
    }

    #[test]
    fn the_last_words_are_those_of_the_error_in_any_color() {
        let err = "\u{1b}[1m   Updating\u{1b}[0m index\n\u{1b}[1m\u{1b}[31merror\u{1b}[0m: no such crate\n\nCaused by:\n  x\n";
        let output = ChildOutput { status: ExitStatus::default(), out: String::new(), err: err.to_owned() };
        assert_eq!(output.last_lines(), "no such crate; x");
        let err = "error: no source of `x`\n\nCaused by:\n  no update of `y`\n\nCaused by:\n  no query of `y`\n\nCaused by:\n  \
                   no config.json\n\nCaused by:\n  [7] no connection to 127.0.0.1:1\n";
        let output = ChildOutput { err: err.to_owned(), ..output };
        assert!(
            output.last_lines().ends_with("; no config.json; [7] no connection to 127.0.0.1:1"),
            "{}",
            output.last_lines()
        );
    }

    #[test]
    fn what_may_pass_is_distinguished_from_what_does_not() {
        let seconds = |n| Some(Some(Duration::from_secs(n)));
        assert_eq!(passing("got 429\nheaders:\n\tRetry-After: 7\nbody"), seconds(7));
        assert_eq!(passing("HTTP 503: Service Unavailable"), Some(None));
        assert_eq!(passing("status: 429, headers: {\"retry-after\": \"7\", \"content-length\": \"4\"}"), seconds(7));
        assert_eq!(passing("the remote server responded with an error (status 502 Bad Gateway)"), Some(None));
        assert_eq!(passing("error: failed to verify package"), None);
        assert_eq!(passing("error: Server returned status code 503 Service Unavailable"), Some(None));
        assert_eq!(passing("uploading 429 KiB of sha256:503 took 500 ms"), None);
        assert_eq!(passing("(status 404 Not Found) blob 502"), None);
        assert_eq!(passing("status 403 Forbidden: invalid token"), None);
        let Some(Some(wait)) = passing("status 429: try again after Fri, 31 Dec 9999 23:59:59 GMT and see") else {
            panic!("the date was not read")
        };
        assert!(wait > Duration::from_secs(1_000_000));
        assert_eq!(passing("(status 429 X): try again after Thu, 01 Jan 1970 00:00:00 GMT"), seconds(1));
    }
}
