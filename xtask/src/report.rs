//! Text for people: what is planned, what is being done and for how long, what failed and what to type next.
//! It must never print to standard output what is not the answer when `--json` was asked for, nor panic on a closed pipe.

use std::{
    io::{IsTerminal, Write as _},
    process::Stdio,
    time::Instant,
};

use crate::{
    check::{self, Finding},
    plan::{
        Plan,
        due::Due,
        publish::Publication,
        rollback::Rollback,
        standing::{self, Line, Standing},
    },
    step::{Observation, Step},
    version::Level,
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

impl Report {
    pub fn new(json: bool, loudness: Loudness, color: Option<bool>) -> Report {
        let terminal = if json { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
        let color = color.unwrap_or(terminal && std::env::var_os("NO_COLOR").is_none());
        Report { json, loudness, color, groups: std::env::var_os("GITHUB_ACTIONS").is_some() }
    }

    fn tint(&self, tint: Tint, text: &str) -> String {
        let code = match tint {
            Tint::Good => "32",
            Tint::Bad => "31",
            Tint::Weak => "2",
            Tint::Strong => "1",
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A line for people.
    pub fn say(&self, line: impl AsRef<str>) {
        if self.loudness > Loudness::Quiet {
            self.write(line.as_ref());
        }
    }

    /// A line that even `--quiet` does not silence.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.write(line.as_ref());
    }

    fn write(&self, line: &str) {
        // Nobody is left to be told when the pipe is closed.
        let _ = if self.json { writeln!(std::io::stderr(), "{line}") } else { writeln!(std::io::stdout(), "{line}") };
    }

    /// The answer for machines.
    pub fn json(&self, value: &serde_json::Value) {
        let _ = writeln!(std::io::stdout(), "{value:#}");
    }

    pub fn error(&self, error: &anyhow::Error) {
        let _ = writeln!(std::io::stderr(), "{}: {error:#}", self.tint(Tint::Bad, "error"));
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
        self.say(self.tint(Tint::Strong, &line));
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
            self.say(format!("  {}: {}", crate::edit::slashed(&edit.path), why.join("; ")));
        }
        self.notes(&plan.remarks);
        for waived in &plan.waived {
            self.warn(format!("waived: {}: {}", waived.check, waived.what));
        }
    }

    /// What should be known, and stands against nothing.
    pub fn notes(&self, notes: &[String]) {
        for note in notes {
            self.say(format!("{} {note}", self.tint(Tint::Weak, "note:")));
        }
    }

    /// What is published, and what should be known of it.
    pub fn publication(&self, publication: &Publication) {
        let of = &publication.of;
        let line = format!("train {}: {} of commit {}", of.train, of.tag, check::short(&of.commit));
        self.say(self.tint(Tint::Strong, &line));
        self.notes(&publication.remarks);
    }

    /// What is rolled back, and what should be known of it.
    pub fn rollback(&self, rollback: &Rollback) {
        let of = &rollback.of;
        let to = rollback.to.as_ref().filter(|_| rollback.pushed).map(|to| format!(" -> {to}")).unwrap_or_default();
        let line = format!("train {}: rollback of {} of commit {}{to}", of.train, of.tag, check::short(&of.commit));
        self.say(self.tint(Tint::Strong, &line));
        self.notes(&rollback.remarks);
    }

    /// What is where, since when, by what evidence.
    pub fn table(&self, seen: &[(&str, &str, &Observation)]) {
        let rows = seen.iter().map(|(title, place, seen)| {
            let (word, tint, since, evidence) = match seen {
                Observation::Done { evidence, since } => ("done", Tint::Good, since.clone(), evidence.clone()),
                Observation::Todo => ("todo", Tint::Bad, None, String::new()),
                Observation::Blocked { why, next } => ("blocked", Tint::Bad, None, format!("{why}; next: {next}")),
                Observation::Unknown { why, next } => ("unknown", Tint::Bad, None, format!("{why}; next: {next}")),
                Observation::Waived { by } => ("waived", Tint::Weak, None, by.clone()),
            };
            (word, tint, *title, *place, since.unwrap_or_default(), evidence)
        });
        let rows: Vec<_> = rows.collect();
        let width = |of: &dyn Fn(usize) -> usize| (0..rows.len()).map(of).max().unwrap_or(0);
        let (what, place) = (width(&|at| rows[at].2.chars().count()), width(&|at| rows[at].3.len()));
        let since = width(&|at| rows[at].4.len());
        self.say("");
        for (word, tint, title, at, when, evidence) in &rows {
            let word = self.tint(*tint, &format!("{word:7}"));
            self.say(format!("  {word} {title:what$}  {at:place$}  {when:since$}  {evidence}").trim_end());
        }
    }

    /// Where a train stands, and what is next.
    pub fn standing(&self, standing: &Standing, due: &Due) {
        self.say(self.tint(Tint::Strong, &format!("train {}: {}", standing.train, standing.window)));
        self.say(format!("  {}: {}", standing.captain, due.said));
        for line in self.standing_lines(standing).iter().skip(1) {
            self.warn(line);
        }
    }

    /// The lines of the overview, the train first.
    pub fn standing_lines(&self, standing: &Standing) -> Vec<String> {
        let mut said = vec![format!("train {}: {}", standing.train, standing.window)];
        let width = standing.lines.iter().map(|line| line.what.chars().count()).max().unwrap_or(0).min(50);
        let mut tell = |lines: &[Line], width: usize| {
            for Line { state, what, evidence, next } in lines {
                let (word, tint) = match state {
                    standing::State::Done => ("done", Tint::Good),
                    standing::State::Open => ("open", Tint::Strong),
                    standing::State::Overdue => ("overdue", Tint::Bad),
                    standing::State::Unknown => ("unknown", Tint::Weak),
                    standing::State::Waived => ("waived", Tint::Weak),
                    standing::State::Unverified => ("not verified", Tint::Weak),
                };
                said.push(format!("  {} {what:width$}  {evidence}", self.tint(tint, &format!("{word:7}"))));
                // What the last line says need not be said before it.
                let next = next.iter().filter(|next| **next != standing.next);
                said.extend(next.map(|next| format!("          next: {next}")));
            }
        };
        tell(&standing.lines, width);
        if !standing.checklist.is_empty() {
            tell(&standing.checklist, 0);
        }
        said.push(format!("  next: {}", standing.next));
        said
    }

    pub fn findings(&self, findings: &[Finding]) {
        for finding in findings {
            self.warn(format!("{} {}: {}", self.tint(Tint::Bad, "refused"), finding.check, finding.what));
            let waive = if check::WAIVABLE.contains(&finding.check) {
                format!(" (or --waive {})", finding.check)
            } else {
                String::new()
            };
            self.warn(format!("   next: {}{waive}", finding.next));
        }
    }

    /// A step as it was seen, without anything being done.
    pub fn observed(&self, step: &Step, seen: &Observation) {
        let title = step.title();
        match seen {
            Observation::Done { evidence, .. } => {
                self.say(format!("  {} {title} ({evidence})", self.tint(Tint::Good, "done   ")))
            }
            Observation::Todo => self.say(format!("  todo    {title}")),
            Observation::Blocked { why, next } => self.stuck("blocked", step, why, next),
            Observation::Unknown { why, next } => self.stuck("unknown", step, why, next),
            Observation::Waived { by } => self.say(format!("  {} {title} ({by})", self.tint(Tint::Weak, "waived "))),
        }
    }

    /// A check that cannot be made, and that does not stop the run.
    pub fn unverified(&self, step: &Step, why: &str) {
        let word = if matches!(step, Step::Prove(_)) { "not proved" } else { "not verified" };
        self.warn(format!("  {} {}: {why}", self.tint(Tint::Strong, word), step.title()));
    }

    fn stuck(&self, word: &str, step: &Step, why: &str, next: &str) {
        self.warn(format!("  {} {}: {why}", self.tint(Tint::Bad, word), step.title()));
        let waive = step.check().map(|name| format!("; or --waive {name}")).unwrap_or_default();
        self.warn(format!("     next: {next}{waive}"));
    }

    /// A step begins.
    pub fn begin(&self, title: &str) -> Instant {
        if self.groups {
            self.write(&format!("::group::{title}"));
        } else {
            self.say(format!("  {} {title}", self.tint(Tint::Strong, "begin  ")));
        }
        Instant::now()
    }

    /// A proof ended that this machine cannot make.
    pub fn unproved(&self, title: &str, begun: Instant, why: &str) {
        if self.groups {
            self.write("::endgroup::");
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.warn(format!("  {} {title} ({seconds:.1} s): {why}", self.tint(Tint::Strong, "not proved")));
    }

    /// A step ended; how long it took is the proof that somebody was at work.
    pub fn end(&self, title: &str, begun: Instant, ended: Result<&str, &str>) {
        if self.groups {
            self.write("::endgroup::");
        }
        let seconds = begun.elapsed().as_secs_f64();
        match ended {
            Ok(word) => self.say(format!("  {} {title} ({seconds:.1} s)", self.tint(Tint::Good, &format!("{word:7}")))),
            Err(error) => self.warn(format!("  {} {title} ({seconds:.1} s): {error}", self.tint(Tint::Bad, "failed "))),
        }
    }
}
