//! What a command is about, for people: what moves, what goes out, what is taken back.
//! It must never decide what is known of it.

use super::{Loudness, Report, Tint, tinted};
use plan::{
    draft::Plan,
    edit::{Edit, changed_lines, count, slashed},
    publish::Publication,
    repo::short,
    rollback::Rollback,
    strays::{self, Stray},
    version::Level,
};

impl Report {
    fn heading(&self, line: &str) {
        self.say(tinted("", Tint::Strong, line, ""));
    }

    /// What will move, and what else should be known.
    pub fn plan(&self, plan: &Plan) {
        let line = match plan.level {
            Level::None => format!("train {}: {} (the driver has it already)", plan.train, plan.to.tag()),
            level => format!("train {}: {} -> {} ({level})", plan.train, plan.from.tag(), plan.to.tag()),
        };
        self.heading(&line);
        for line in &plan.lines {
            self.say(format!("  {line}"));
        }
        let width = plan.moved.iter().map(|moved| moved.name.len()).max().unwrap_or(0);
        let shown = self.shown(plan.moved.len());
        for moved in plan.moved.iter().take(shown) {
            self.say(format!("  {:width$}  {} -> {}", moved.name, moved.from, moved.to));
        }
        if plan.moved.len() > shown {
            self.say(format!("  and {} more members (-v lists them)", plan.moved.len() - shown));
        }
        for edit in plan.edits().iter().filter(|_| self.loudness >= Loudness::Verbose) {
            let why: Vec<String> = edit.why.iter().map(ToString::to_string).collect();
            self.say(format!("  {}: {}", slashed(&edit.path), why.join("; ")));
        }
        self.notes(&plan.remarks);
        self.strays(&plan.strays);
        for waived in &plan.waived {
            self.warn(format!("waived: {}: {}", waived.check, waived.what));
        }
    }

    /// The files that change, each with how many lines it gains and loses.
    pub fn files(&self, edits: &[Edit], diffs: &[String]) {
        if edits.is_empty() {
            return;
        }
        self.say("files:");
        let shown = self.shown(edits.len());
        let names: Vec<String> = edits.iter().take(shown).map(|edit| slashed(&edit.path)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, diff) in names.iter().zip(diffs) {
            let (gained, lost) = changed_lines(diff);
            let lost = if lost > 0 { format!(" -{lost}") } else { String::new() };
            self.say(format!("  {name:width$}  +{gained}{lost}"));
        }
        if edits.len() > shown {
            self.say(format!("  and {} more files (-v lists them)", edits.len() - shown));
        }
    }

    /// How many of so many rows are shown: a list that is longer than this would fill the screen.
    fn shown(&self, many: usize) -> usize {
        const FEW: usize = 12;
        if self.loudness >= Loudness::Verbose || many <= FEW { many } else { FEW - 2 }
    }

    /// The files that still say the version left behind: how many they are, or each of them.
    fn strays(&self, strays: &[Stray]) {
        self.notes(strays::summary(strays).as_slice());
        for Stray { path, lines, line, text, .. } in strays.iter().filter(|_| self.loudness >= Loudness::Verbose) {
            self.say(format!("  stray: {path}:{line} ({}): {text}", count(*lines, "line")));
        }
    }

    /// What is published, and what should be known of it.
    pub fn publication(&self, publication: &Publication) {
        let of = &publication.of;
        let line = format!("train {}: {} of commit {}", of.train, of.tag, short(&of.commit));
        self.heading(&line);
        self.notes(&publication.remarks);
    }

    /// What is rolled back, and what should be known of it.
    pub fn rollback(&self, rollback: &Rollback) {
        let of = &rollback.of;
        let to = rollback.to.as_ref().filter(|_| rollback.pushed).map(|to| format!(" -> {to}")).unwrap_or_default();
        let line = format!("train {}: rollback of {} of commit {}{to}", of.train, of.tag, short(&of.commit));
        self.heading(&line);
        self.notes(&rollback.remarks);
    }
}
