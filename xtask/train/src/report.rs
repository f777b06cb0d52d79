//! Text for people: what is planned, what is being done and for how long, what failed and what to type next.
//! It must never print to standard output what is not the answer when `--json` was asked for, nor panic on a closed pipe.
//! All text for people leaves the tool here, and none of it as more than text: what somebody else wrote commands neither a
//! terminal nor a runner of GitHub Actions.

mod clock;
mod findings;
mod github;
mod planned;
mod status;
mod steps;
mod wrap;

use clock::Clock;
pub use clock::Running;
pub use status::status_lines;
pub use steps::Ended;

use std::{
    fmt,
    io::{IsTerminal, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::anyhow;
use serde::Serialize;

use crate::tools::secrets;
use plan::{train::Refusal, visible};

/// The variable in which GitHub Actions names the file that a job's summary is appended to.
pub const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loudness {
    Quiet,
    Normal,
    Verbose,
}

#[derive(Clone, Debug)]
pub struct Report {
    /// Standard output is for one JSON document; people are talked to on standard error.
    pub json: bool,
    pub loudness: Loudness,
    pub color: bool,
    /// Columns of the terminal, where it is one.
    pub width: Option<usize>,
    /// GitHub Actions folds what is between `::group::` and `::endgroup::`, and shows annotations.
    pub groups: bool,
    /// What GitHub Actions shows of the job is appended to this file.
    pub summary: Option<PathBuf>,
    /// Only where somebody looks at a terminal.
    clock: Option<Clock>,
}

/// A color by what it means, and how a terminal is told (ECMA-48, "Select Graphic Rendition").
#[derive(Clone, Copy, Debug)]
enum Tint {
    Good = 32,
    Bad = 31,
    Weak = 2,
    Strong = 1,
}

/// A line of text, one word of it in a color perhaps.
#[derive(Clone, Debug)]
pub struct Line {
    before: String,
    label: Option<(Tint, String)>,
    after: String,
}

impl<T: Into<String>> From<T> for Line {
    fn from(text: T) -> Line {
        Line { before: text.into(), label: None, after: String::new() }
    }
}

/// As it is, without color, for what is no terminal.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label.as_ref().map_or("", |(_, label)| label);
        write!(f, "{}{label}{}", self.before, self.after)
    }
}

fn tinted(before: &str, tint: Tint, label: &str, after: impl Into<String>) -> Line {
    Line { before: before.to_owned(), label: Some((tint, label.to_owned())), after: after.into() }
}

impl Report {
    pub fn new(json: bool, loudness: Loudness, color: Option<bool>) -> Report {
        let terminal = if json { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        let variable = |name: &str| std::env::var(name).ok();
        let color = color.unwrap_or_else(|| wants_color(terminal, variable));
        let width = width(json);
        let groups = std::env::var_os("GITHUB_ACTIONS").is_some();
        let clock = (terminal && !json && !groups && has_clock(variable)).then(Clock::default);
        let summary = std::env::var_os(SUMMARY).filter(|path| groups && !path.is_empty()).map(PathBuf::from);
        Report { json, loudness, color, width, groups, summary, clock }
    }

    fn rendered(&self, line: &Line) -> String {
        let safe = |text: &str| visible::lines(&secrets::shown(text));
        let label = match &line.label {
            Some((tint, label)) if self.color => format!("\u{1b}[{}m{}\u{1b}[0m", *tint as u8, safe(label)),
            label => label.as_ref().map(|(_, label)| safe(label)).unwrap_or_default(),
        };
        let text = format!("{}{label}{}", safe(&line.before), safe(&line.after));
        if self.groups { disarmed(&text) } else { text }
    }

    /// A line for people.
    pub fn say(&self, line: impl Into<Line>) {
        if self.loudness > Loudness::Quiet {
            self.warn(line);
        }
    }

    /// A line that even `--quiet` does not silence.
    pub fn warn(&self, line: impl Into<Line>) {
        self.write(&self.rendered(&line.into()));
    }

    /// The same for sentences, which break between words.
    pub fn tell(&self, line: impl Into<Line>) {
        self.warn(self.wrapped(line.into()));
    }

    fn wrapped(&self, line: Line) -> Line {
        let Some(width) = self.width else { return line };
        let Line { before, label, after } = line;
        match &label {
            None => wrap::wrapped("", &before, width).into(),
            Some((_, text)) => {
                let after = wrap::wrapped(&format!("{before}{text}"), &after, width);
                Line { before, label, after }
            }
        }
    }

    /// What a child prints while it runs, as it prints it.
    pub fn pass_on(&self, printed: &str) {
        self.write(&secrets::shown(printed));
    }

    /// Tells a runner of GitHub Actions something; a value is one line, in which `%` begins an escape
    /// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).
    fn command(&self, name: &str, value: &str) {
        self.write(&format!("::{name}::{}", visible::line(&secrets::shown(value)).replace('%', "%25")));
    }

    /// Shows a text at the run and at its pull request; `level` is how bad it is, as the runner calls it
    /// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).
    fn annotate(&self, level: &str, title: &str, text: &str) {
        if !self.groups {
            return;
        }
        let escaped = |text: &str| {
            let text = visible::lines(&secrets::shown(text));
            text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
        };
        let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
        let place = github::place(text, |path| Path::new(path).is_file());
        let place = place.map(|(path, line)| {
            let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
            format!("file={}{line},", property(path))
        });
        let (place, title) = (place.unwrap_or_default(), property(title));
        self.write(&format!("::{level} {place}title={title}::{}", escaped(text)));
    }

    fn write(&self, text: &str) {
        let _erased = self.clock.as_ref().map(Clock::erase);
        // Nobody reads it when the pipe is closed.
        let _ = if self.json { writeln!(std::io::stderr(), "{text}") } else { writeln!(std::io::stdout(), "{text}") };
    }

    /// The answer for machines, where one was asked for.
    pub fn json(&self, document: &impl Serialize) {
        if !self.json {
            return;
        }
        match serde_json::to_value(document) {
            Ok(value) => {
                let _ = writeln!(std::io::stdout(), "{}", visible::json(&secrets::shown(&format!("{value:#}"))));
            }
            // A path that is not UTF-8 is none in JSON.
            Err(error) => self.error(&anyhow!("no JSON of it can be written: {error}")),
        }
    }

    pub fn error(&self, error: &anyhow::Error) {
        let whole = error.downcast_ref::<Refusal>().filter(|_| self.loudness >= Loudness::Verbose);
        let text = whole.map_or_else(|| format!("{error:#}"), |refusal| refusal.whole.clone());
        self.annotate("error", "error", &text);
        let line = self.wrapped(tinted("", Tint::Bad, "error", format!(": {text}")));
        let _erased = self.clock.as_ref().map(Clock::erase);
        let _ = writeln!(std::io::stderr(), "{}", self.rendered(&line));
    }

    /// Leaves the terminal to a program that may write to it, or ask there: until the next step, no clock runs.
    pub fn lend_terminal(&self) {
        if let Some(clock) = &self.clock {
            clock.lend();
        }
    }

    /// Where all that a child prints goes: into the stream of our own lines, so that the two stay in order.
    pub fn child_output(&self) -> Stdio {
        self.lend_terminal();
        if self.json { Stdio::from(std::io::stderr()) } else { Stdio::from(std::io::stdout()) }
    }

    /// A note without the list below its first line, unless all is wanted.
    pub fn brief<'n>(&self, note: &'n str) -> &'n str {
        match note.split_once('\n') {
            Some((first, _)) if self.loudness < Loudness::Verbose => first,
            _ => note,
        }
    }

    /// A line that `--quiet` silences, with sentences in it.
    fn note(&self, line: Line) {
        self.say(self.wrapped(line));
    }

    /// What should be known, and is in the way of nothing.
    pub fn notes(&self, notes: &[String]) {
        for note in notes {
            self.note(tinted("", Tint::Weak, "note:", format!(" {}", self.brief(note))));
        }
    }
}

/// How many columns the terminal has that people are talked to on.
pub fn width(json: bool) -> Option<usize> {
    use terminal_size::{Width, terminal_size_of};
    let size = if json { terminal_size_of(std::io::stderr()) } else { terminal_size_of(std::io::stdout()) };
    size.map(|(Width(columns), _)| usize::from(columns))
}

/// Whether colors are wanted, where no option says so (<https://no-color.org>, <https://bixense.com/clicolors>).
fn wants_color(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    match () {
        _ if is_set("NO_COLOR") => false,
        _ if variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
        _ => terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Whether a terminal can show a clock, and somebody looks at it: some runners of CI have a terminal.
fn has_clock(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_ci = variable("CI").is_some_and(|value| !["", "false", "0"].contains(&value.as_str()));
    !is_ci && variable("TERM").is_some_and(|term| term != "dumb")
}

/// The text without what a runner of GitHub Actions takes for a command: `::` at the beginning of a line, or `##[` anywhere.
fn disarmed(text: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..line.len() - rest.len() - 2]),
        None => line.to_owned(),
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n").replace("##[", "#\\u{23}[")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(color: bool, groups: bool) -> Report {
        Report { json: false, loudness: Loudness::Normal, color, width: None, groups, summary: None, clock: None }
    }

    #[test]
    fn only_our_own_words_have_a_color() {
        let line = tinted("a\u{1b}[1m", Tint::Bad, "b\u{1b}[2J", "c\r\u{9b}31m\u{202e}");
        let shown = |label: &str| format!("a\\u{{1b}}[1m{label}c\\r\\u{{9b}}31m\\u{{202e}}");
        assert_eq!(report(true, false).rendered(&line), shown("\u{1b}[31mb\\u{1b}[2J\u{1b}[0m"));
        assert_eq!(report(false, false).rendered(&line), shown("b\\u{1b}[2J"));
    }

    #[test]
    fn colors_are_for_terminals_unless_a_variable_says_otherwise() {
        for (terminal, set, wanted) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (true, &[("TERM", "dumb")], false),
            (true, &[("TERM", "xterm")], true),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        ] {
            let variable =
                |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(wants_color(terminal, variable), wanted, "{terminal} {set:?}");
        }
    }

    #[test]
    fn nothing_that_is_reported_commands_a_runner() {
        let runner = report(false, true);
        for (message, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            ("a\n  ::stop-commands::x\r\nb", "a\n  \\u{3a}:stop-commands::x\r\nb"),
            ("a ##[add-mask]b", "a #\\u{23}[add-mask]b"),
            ("config::read and ## [Unreleased]", "config::read and ## [Unreleased]"),
        ] {
            assert_eq!(runner.rendered(&message.into()), shown);
            assert_eq!(report(false, false).rendered(&message.into()), message);
        }
    }
}
