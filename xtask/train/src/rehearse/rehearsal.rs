//! What a rehearsal came to, as data: for `--json`, the page and the lines for people.
//! It must never call proved what was not.

use std::time::Duration;

use serde::Serialize;

use plan::{edit::count, ownership::Contested, run_report::Spent};

#[derive(Clone, Debug, Default, Serialize)]
pub struct Rehearsal {
    pub train: String,
    pub version: String,
    pub tag: String,
    pub commit: String,
    /// UTC.
    pub began: String,
    pub seconds: f64,
    pub stages: Vec<Stage>,
    pub graph: Vec<Node>,
    /// File and SHA-256.
    pub hashes: Vec<(String, String)>,
    /// Program and seconds; `ours` is one of them.
    pub spent: Vec<(String, f64)>,
    /// What, and why: it could be proved on another machine, or with other options.
    pub not_proved: Vec<(String, String)>,
    /// What no rehearsal of this train proves on a machine of this kind, and why.
    pub left_out: Vec<(String, String)>,
    /// The names under which it cannot be published outside.
    pub contested: Vec<Contested>,
    /// Seconds in which any other program ran, as the tool reports of its runs.
    #[serde(skip)]
    pub waited: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// `release`, `publish`, `use`.
    pub name: String,
    pub lines: Vec<Line>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub title: String,
    pub seconds: Option<f64>,
    pub outcome: Ending,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Ending {
    Proved { evidence: String },
    NotProved { why: String },
    Failed { why: String },
}

#[derive(Clone, Debug, Serialize)]
pub struct Node {
    pub name: String,
    pub version: String,
    /// `crate`, `wheel` or `image`.
    pub kind: &'static str,
    /// Names of nodes.
    pub needs: Vec<String>,
}

impl Ending {
    /// How it is styled, marked and named: never by color alone.
    pub fn label(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Ending::Proved { .. } => ("good", "✓", "proved"),
            Ending::NotProved { .. } => ("warn", "○", "not proved"),
            Ending::Failed { .. } => ("bad", "✕", "failed"),
        }
    }

    pub fn because(&self) -> &str {
        match self {
            Ending::Proved { evidence } => evidence,
            Ending::NotProved { why } | Ending::Failed { why } => why,
        }
    }
}

impl Rehearsal {
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.stages.iter().flat_map(|stage| &stage.lines)
    }

    /// Adds a line to a stage, which is begun when it is another than the last.
    pub fn add(&mut self, stage: &str, line: Line) {
        match self.stages.last_mut().filter(|last| last.name == stage) {
            Some(last) => last.lines.push(line),
            None => self.stages.push(Stage { name: stage.to_owned(), lines: vec![line] }),
        }
    }

    /// Adds what ended it.
    pub fn fail(&mut self, title: &str, error: &anyhow::Error) {
        let outcome = Ending::Failed { why: format!("{error:#}") };
        let stage = self.stages.last().map_or("set up".to_owned(), |last| last.name.clone());
        self.add(&stage, Line { title: title.to_owned(), seconds: None, outcome });
    }

    /// What failed, and why.
    pub fn failed(&self) -> Vec<(&str, &str)> {
        let failed = self.lines().filter(|line| matches!(line.outcome, Ending::Failed { .. }));
        failed.map(|line| (line.title.as_str(), line.outcome.because())).collect()
    }

    /// What the rehearsal says of itself, then what its lines say; each once.
    pub fn open(&self) -> Vec<(&str, &str)> {
        let lines = self.lines().filter(|line| matches!(line.outcome, Ending::NotProved { .. }));
        let lines = lines.map(|line| (line.title.as_str(), line.outcome.because()));
        let mut open: Vec<(&str, &str)> = Vec::new();
        for pair in self.not_proved.iter().map(|(what, why)| (what.as_str(), why.as_str())).chain(lines) {
            if !open.contains(&pair) {
                open.push(pair);
            }
        }
        open
    }

    /// In one sentence.
    pub fn verdict(&self) -> String {
        let steps = self.lines().count();
        match (self.failed().as_slice(), self.open().as_slice()) {
            ([first], _) => format!("Failed at {}.", first.0),
            ([first, more @ ..], _) => format!("Failed at {}, and at {}.", first.0, count(more.len(), "more step")),
            ([], _) if steps == 0 => "Nothing was rehearsed, so nothing is proved.".to_owned(),
            ([], []) if steps == 1 => "Proved: the one step did what it is to do.".to_owned(),
            ([], []) => format!("Proved: all {steps} steps did what they are to do."),
            ([], [(what, _)]) => format!("Proved, except {what}."),
            ([], [(one, _), (two, _)]) => format!("Proved, except {one} and {two}."),
            ([], open) => format!("Proved, except {} things that are named below.", open.len()),
        }
    }

    pub fn tone(&self) -> &'static str {
        match (self.failed().is_empty(), self.open().is_empty() && self.lines().next().is_some()) {
            (false, _) => "bad",
            (true, false) => "warn",
            (true, true) => "good",
        }
    }

    pub fn spend(&mut self, program: &str, seconds: f64) {
        match self.spent.iter_mut().find(|(name, _)| name == program) {
            Some((_, spent)) => *spent += seconds,
            None => self.spent.push((program.to_owned(), seconds)),
        }
    }

    /// The time in which no other program ran is ours.
    pub fn account(&mut self, took: Duration, before: &Spent, now: &Spent) {
        for (program, seconds) in &now.programs {
            self.spend(program, seconds - before.programs.get(program).copied().unwrap_or_default());
        }
        self.seconds = took.as_secs_f64();
        self.spent.retain(|(_, seconds)| *seconds >= 0.05);
        self.spent.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.spent.push(("ours".to_owned(), (self.seconds - self.waited - now.any + before.any).max(0.0)));
    }
}
