//! Text for people: what is planned, what is being done and for how long, what failed and what to type next.
//! It must never print to standard output what is not the answer when `--json` was asked for, nor panic on a closed pipe.
//! All text for people leaves the tool here, and none of it as more than text: what somebody else wrote commands neither a
//! terminal nor a runner of GitHub Actions.

use std::{
    fmt,
    io::{IsTerminal, Write as _},
    process::Stdio,
    time::Instant,
};

use anyhow::anyhow;
use serde::Serialize;

use crate::tools::secrets;
use plan::{
    check,
    draft::Plan,
    due::Due,
    edit::count,
    finding::Finding,
    problem::Problem,
    publish::Publication,
    rollback::Rollback,
    run_report::Observed,
    status::{self, TrainStatus},
    step::{Kind, Observation, Step, by_cause},
    strays::{self, Stray},
    train::Refusal,
    version::Level,
    visible,
};

/// How much is said.
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
    /// GitHub Actions folds what stands between `::group::` and `::endgroup::`.
    pub groups: bool,
}

/// A color by what it means.
#[derive(Clone, Copy, Debug)]
enum Tint {
    Good,
    Bad,
    Weak,
    Strong,
}

/// A line of text, one word of it in a color perhaps.
#[derive(Clone, Debug)]
pub struct Line {
    before: String,
    label: Option<(Tint, String)>,
    after: String,
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line { before: text.to_owned(), label: None, after: String::new() }
    }
}

impl From<String> for Line {
    fn from(text: String) -> Line {
        Line { before: text, label: None, after: String::new() }
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
        let color = color.unwrap_or(terminal && std::env::var_os("NO_COLOR").is_none());
        Report { json, loudness, color, groups: std::env::var_os("GITHUB_ACTIONS").is_some() }
    }

    /// The line as it is written.
    fn rendered(&self, line: &Line) -> String {
        let safe = |text: &str| visible::lines(&secrets::shown(text));
        let (before, after) = (safe(&line.before), safe(&line.after));
        let label = line.label.as_ref().map(|(tint, label)| (tint, safe(label)));
        let label = match label {
            Some((tint, label)) if self.color => {
                let code = match tint {
                    Tint::Good => "32",
                    Tint::Bad => "31",
                    Tint::Weak => "2",
                    Tint::Strong => "1",
                };
                format!("\u{1b}[{code}m{label}\u{1b}[0m")
            }
            label => label.map(|(_, label)| label).unwrap_or_default(),
        };
        let text = format!("{before}{label}{after}");
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

    /// What a child prints while it runs, as it prints it.
    pub fn pass_on(&self, printed: &str) {
        self.write(&secrets::shown(printed));
    }

    /// Tells a runner of GitHub Actions something; a value is one line, in which `%` begins an escape
    /// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).
    fn command(&self, name: &str, value: &str) {
        self.write(&format!("::{name}::{}", visible::line(&secrets::shown(value)).replace('%', "%25")));
    }

    fn write(&self, text: &str) {
        // Nobody is left to be told when the pipe is closed.
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
        let line = tinted("", Tint::Bad, "error", format!(": {text}"));
        let _ = writeln!(std::io::stderr(), "{}", self.rendered(&line));
    }

    /// Where all that a child prints goes: into the stream of our own lines, so that the two stay in order.
    pub fn child_output(&self) -> Stdio {
        if self.json { Stdio::from(std::io::stderr()) } else { Stdio::from(std::io::stdout()) }
    }

    /// What will move, what stands against it, and what else should be known.
    pub fn plan(&self, plan: &Plan) {
        let line = match plan.level {
            Level::None => format!("train {}: {} (the driver has it already)", plan.train, plan.to.tag()),
            level => format!("train {}: {} -> {} ({level})", plan.train, plan.from.tag(), plan.to.tag()),
        };
        self.say(tinted("", Tint::Strong, &line, ""));
        for line in &plan.lines {
            self.say(format!("  {line}"));
        }
        let width = plan.moved.iter().map(|moved| moved.name.len()).max().unwrap_or(0);
        let shown = if self.loudness >= Loudness::Verbose { plan.moved.len() } else { 20 };
        for moved in plan.moved.iter().take(shown) {
            self.say(format!("  {:width$}  {} -> {}", moved.name, moved.from, moved.to));
        }
        if plan.moved.len() > shown {
            self.say(format!("  and {} more members (-v lists them)", plan.moved.len() - shown));
        }
        for edit in plan.edits().iter().filter(|_| self.loudness >= Loudness::Verbose) {
            let why: Vec<String> = edit.why.iter().map(ToString::to_string).collect();
            self.say(format!("  {}: {}", plan::edit::slashed(&edit.path), why.join("; ")));
        }
        self.notes(&plan.remarks);
        self.strays(&plan.strays);
        for waived in &plan.waived {
            self.warn(format!("waived: {}: {}", waived.check, waived.what));
        }
    }

    /// The files that still say the version left behind: how many they are, or each of them.
    fn strays(&self, strays: &[Stray]) {
        self.notes(strays::summary(strays).as_slice());
        for Stray { path, lines, line, text, .. } in strays.iter().filter(|_| self.loudness >= Loudness::Verbose) {
            let lines = if *lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
            self.say(format!("  stray: {path}:{line} ({lines}): {text}"));
        }
    }

    /// A note without the list that stands below its first line, unless all is wanted.
    pub fn brief<'n>(&self, note: &'n str) -> &'n str {
        match note.split_once('\n') {
            Some((first, _)) if self.loudness < Loudness::Verbose => first,
            _ => note,
        }
    }

    /// What should be known, and stands against nothing.
    pub fn notes(&self, notes: &[String]) {
        for note in notes {
            self.say(tinted("", Tint::Weak, "note:", format!(" {}", self.brief(note))));
        }
    }

    /// What is published, and what should be known of it.
    pub fn publication(&self, publication: &Publication) {
        let of = &publication.of;
        let line = format!("train {}: {} of commit {}", of.train, of.tag, plan::repo::short(&of.commit));
        self.say(tinted("", Tint::Strong, &line, ""));
        self.notes(&publication.remarks);
    }

    /// What is rolled back, and what should be known of it.
    pub fn rollback(&self, rollback: &Rollback) {
        let of = &rollback.of;
        let to = rollback.to.as_ref().filter(|_| rollback.pushed).map(|to| format!(" -> {to}")).unwrap_or_default();
        let line =
            format!("train {}: rollback of {} of commit {}{to}", of.train, of.tag, plan::repo::short(&of.commit));
        self.say(tinted("", Tint::Strong, &line, ""));
        self.notes(&rollback.remarks);
    }

    /// What is where, since when, by what evidence.
    pub fn table<'o>(&self, observed: impl IntoIterator<Item = &'o Observed>) {
        let rows = observed.into_iter().map(|one| (one.title.clone(), one.place.as_str(), one.observed.clone()));
        let causes = by_cause(rows);
        let rows = causes.iter().map(|(title, place, observed)| {
            let (label, tint, since, evidence) = match observed {
                Observation::Done { evidence, since } => ("done", Tint::Good, since.clone(), evidence.clone()),
                Observation::Todo => ("todo", Tint::Bad, None, String::new()),
                Observation::Blocked(problem) => ("blocked", Tint::Bad, None, problem.to_string()),
                Observation::Unknown(problem) => ("unknown", Tint::Bad, None, problem.to_string()),
                Observation::Waived { by } => ("waived", Tint::Weak, None, by.clone()),
            };
            (label, tint, title, *place, since.unwrap_or_default(), evidence)
        });
        let rows: Vec<_> = rows.collect();
        let width = |of: &dyn Fn(usize) -> usize| (0..rows.len()).map(of).max().unwrap_or(0);
        let (what, place) = (width(&|at| rows[at].2.chars().count()), width(&|at| rows[at].3.len()));
        let since = width(&|at| rows[at].4.len());
        self.say("");
        for (label, tint, title, at, when, evidence) in &rows {
            let after = format!(" {title:what$}  {at:place$}  {when:since$}  {evidence}");
            self.say(tinted("  ", *tint, &format!("{label:7}"), after.trim_end()));
        }
    }

    /// Where a train stands, and what is next.
    pub fn status(&self, status: &TrainStatus, due: &Due) {
        self.say(tinted("", Tint::Strong, &format!("{}: {}", status.train, status.window), ""));
        self.say(format!("  {}: {}", status.captain, due.message));
        for line in status_lines(status).into_iter().skip(1) {
            self.warn(line);
        }
    }

    pub fn findings(&self, findings: &[Finding]) {
        for found in by_check(findings) {
            let check = found[0].check;
            let way = if check::waivers::WAIVABLE.contains(&check) {
                format!(" (or --waive {check})")
            } else {
                String::new()
            };
            refused(&found, &way, self.loudness).into_iter().for_each(|line| self.warn(line));
        }
    }

    /// The same where it stands against nothing.
    pub fn noted(&self, findings: &[Finding]) {
        for found in by_check(findings) {
            noted(&found, self.loudness).into_iter().for_each(|line| self.say(line));
        }
    }

    /// What a step does, in as many words as are wanted.
    pub fn title(&self, step: &Step) -> String {
        if self.loudness >= Loudness::Verbose { step.whole_title() } else { step.title() }
    }

    /// A step as it was seen, without anything being done.
    pub fn observed(&self, step: &Step, observed: &Observation) {
        let title = self.title(step);
        match observed {
            Observation::Done { evidence, .. } => {
                self.say(tinted("  ", Tint::Good, "done   ", format!(" {title} ({evidence})")))
            }
            Observation::Todo => self.say(format!("  todo    {title}")),
            Observation::Blocked(problem) => self.stuck("blocked", step, problem),
            Observation::Unknown(problem) => self.stuck("unknown", step, problem),
            Observation::Waived { by } => self.say(tinted("  ", Tint::Weak, "waived ", format!(" {title} ({by})"))),
        }
    }

    /// A check that cannot be made, and that does not stop the run.
    pub fn unverified(&self, step: &Step, why: &str) {
        let label = if step.kind() == Kind::Proof { "not proved" } else { "not verified" };
        self.warn(tinted("  ", Tint::Strong, label, format!(" {}: {why}", self.title(step))));
    }

    fn stuck(&self, label: &str, step: &Step, Problem { what, next }: &Problem) {
        self.warn(tinted("  ", Tint::Bad, label, format!(" {}: {what}", self.title(step))));
        let waive = step.check().map(|name| format!("; or --waive {name}")).unwrap_or_default();
        self.warn(format!("     next: {next}{waive}"));
    }

    /// A step begins.
    pub fn begin(&self, title: &str) -> Instant {
        if self.groups {
            self.command("group", title);
        } else {
            self.say(tinted("  ", Tint::Strong, "begin  ", format!(" {title}")));
        }
        Instant::now()
    }

    /// A proof ended that this machine cannot make.
    pub fn unproved(&self, title: &str, begun: Instant, why: &str) {
        if self.groups {
            self.command("endgroup", "");
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.warn(tinted("  ", Tint::Strong, "not proved", format!(" {title} ({seconds:.1} s): {why}")));
    }

    /// A step was done, with less than its title says.
    pub fn end_with(&self, title: &str, begun: Instant, note: &str) {
        if self.groups {
            self.command("endgroup", "");
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.say(tinted("  ", Tint::Strong, "done   ", format!(" {title} ({seconds:.1} s): {note}")));
    }

    /// A step ended; how long it took is the proof that somebody was at work.
    pub fn end(&self, title: &str, begun: Instant, ended: Result<&str, &str>) {
        if self.groups {
            self.command("endgroup", "");
        }
        let seconds = begun.elapsed().as_secs_f64();
        match ended {
            Ok(label) => {
                self.say(tinted("  ", Tint::Good, &format!("{label:7}"), format!(" {title} ({seconds:.1} s)")))
            }
            Err(error) => self.warn(tinted("  ", Tint::Bad, "failed ", format!(" {title} ({seconds:.1} s): {error}"))),
        }
    }
}

/// How many findings of one check are shown, when there are more.
const EXAMPLES: usize = 3;

/// What one check finds. In many places, that is mostly of one cause: some of it is told, with the way out.
fn refused(found: &[&Finding], way: &str, loudness: Loudness) -> Vec<Line> {
    let headed = |text: &str| tinted("", Tint::Bad, "refused", format!(" {}: {text}", found[0].check));
    if is_summed_up(found, loudness) {
        return examples(headed, found, way);
    }
    let each =
        |finding: &&Finding| [headed(message(finding, loudness)), format!("   next: {}{way}", finding.next).into()];
    found.iter().flat_map(each).collect()
}

/// The same where it stands against nothing.
fn noted(found: &[&Finding], loudness: Loudness) -> Vec<Line> {
    let headed = |text: &str| tinted("", Tint::Weak, "note:", format!(" {text}"));
    if is_summed_up(found, loudness) {
        return examples(|text| headed(&format!("{}: {text}", found[0].check)), found, "");
    }
    found.iter().map(|finding| headed(&format!("{}; next: {}", message(finding, loudness), finding.next))).collect()
}

fn message(finding: &Finding, loudness: Loudness) -> &str {
    if loudness < Loudness::Verbose { finding.in_brief() } else { &finding.what }
}

fn is_summed_up(found: &[&Finding], loudness: Loudness) -> bool {
    loudness < Loudness::Verbose && found.len() > EXAMPLES
}

fn examples(headed: impl Fn(&str) -> Line, found: &[&Finding], way: &str) -> Vec<Line> {
    let next = &found[0].next;
    let is_one_way = found.iter().all(|finding| finding.next == *next);
    let mut lines = vec![headed(&format!("{} (-v lists them)", count(found.len(), "place")))];
    lines.extend(found.iter().take(EXAMPLES).map(|finding| match is_one_way {
        true => Line::from(format!("   {}", finding.in_brief())),
        false => format!("   {}; next: {}{way}", finding.in_brief(), finding.next).into(),
    }));
    lines.extend(is_one_way.then(|| Line::from(format!("   next: {next}{way}"))));
    lines
}

/// What each check found, in the order of the first of each.
fn by_check(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut checks: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match checks.iter_mut().find(|found| found[0].check == finding.check) {
            Some(found) => found.push(finding),
            None => checks.push(vec![finding]),
        }
    }
    checks
}

/// The lines of the overview, the train first.
pub fn status_lines(status: &TrainStatus) -> Vec<Line> {
    let mut message = vec![Line::from(format!("{}: {}", status.train, status.window))];
    let width = status.lines.iter().map(|line| line.what.chars().count()).max().unwrap_or(0).min(50);
    let mut tell = |lines: &[status::Line], width: usize| {
        for status::Line { state, what, evidence, next } in lines {
            let (label, tint) = match state {
                status::State::Done => ("done", Tint::Good),
                status::State::Open => ("open", Tint::Strong),
                status::State::Overdue => ("overdue", Tint::Bad),
                status::State::Unknown => ("unknown", Tint::Weak),
                status::State::Waived => ("waived", Tint::Weak),
                status::State::Unverified => ("not verified", Tint::Weak),
            };
            message.push(tinted("  ", tint, &format!("{label:7}"), format!(" {what:width$}  {evidence}")));
            // What the last line says need not be said before it.
            let next = next.iter().filter(|next| **next != status.next);
            message.extend(next.map(|next| Line::from(format!("          next: {next}"))));
        }
    };
    tell(&status.lines, width);
    if !status.checklist.is_empty() {
        tell(&status.checklist, 0);
    }
    message.push(format!("  next: {}", status.next).into());
    message
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
    use plan::finding::Check;

    use super::*;

    fn report(color: bool, groups: bool) -> Report {
        Report { json: false, loudness: Loudness::Normal, color, groups }
    }

    #[test]
    fn only_our_own_words_have_a_color() {
        let line = tinted("a\u{1b}[1m", Tint::Bad, "b\u{1b}[2J", "c\r\u{9b}31m\u{202e}");
        let shown = |label: &str| format!("a\\u{{1b}}[1m{label}c\\r\\u{{9b}}31m\\u{{202e}}");
        assert_eq!(report(true, false).rendered(&line), shown("\u{1b}[31mb\\u{1b}[2J\u{1b}[0m"));
        assert_eq!(report(false, false).rendered(&line), shown("b\\u{1b}[2J"));
    }

    #[test]
    fn what_a_check_finds_often_is_reported_by_examples_and_all_of_it_on_request() {
        let output = |findings: &[Finding], loudness| {
            let groups = by_check(findings).into_iter();
            let way = |check| if check == Check::PathOnly { " (or --waive path-only)" } else { "" };
            let lines = groups.flat_map(|found| refused(&found, way(found[0].check), loudness));
            lines.map(|line| line.to_string()).collect::<Vec<_>>()
        };
        let finding = |at: usize| Finding::new(Check::PathOnly, format!("crate {at}"), "add a version");
        let mut findings: Vec<Finding> = (1..=3).map(finding).collect();
        findings.insert(1, Finding::new(Check::Lock, "stale", "update it"));
        let each = [
            "refused path-only: crate 1",
            "   next: add a version (or --waive path-only)",
            "refused path-only: crate 2",
            "   next: add a version (or --waive path-only)",
            "refused path-only: crate 3",
            "   next: add a version (or --waive path-only)",
            "refused lock: stale",
            "   next: update it",
        ];
        assert_eq!(output(&findings, Loudness::Normal), each);
        findings.push(finding(4));
        let examples = [
            "refused path-only: 4 places (-v lists them)",
            "   crate 1",
            "   crate 2",
            "   crate 3",
            "   next: add a version (or --waive path-only)",
            "refused lock: stale",
            "   next: update it",
        ];
        assert_eq!(output(&findings, Loudness::Normal), examples);
        assert_eq!(output(&findings, Loudness::Verbose).len(), 10);
        findings.push(Finding::new(Check::PathOnly, "crate 5", "another way"));
        let ways = output(&findings, Loudness::Quiet);
        assert_eq!(ways[1], "   crate 1; next: add a version (or --waive path-only)");
        assert_eq!(ways.len(), 6, "{ways:?}");
        let notes: Vec<String> =
            noted(&findings.iter().collect::<Vec<_>>(), Loudness::Normal).iter().map(ToString::to_string).collect();
        assert_eq!(notes[..2], ["note: path-only: 6 places (-v lists them)", "   crate 1; next: add a version"]);
        assert_eq!(noted(&[&finding(1)], Loudness::Normal)[0].to_string(), "note: crate 1; next: add a version");
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
