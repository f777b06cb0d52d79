//! Steps, for people: as they are observed, and while they are taken.
//! It must never call a step done that is not.

use super::{Loudness, Report, Running, Tint, tinted};
use plan::{
    run_report::Observed,
    step::{Kind, Observation, Step, by_cause},
};

/// How a step ended.
#[derive(Clone, Copy)]
pub enum Ended<'a> {
    Done,
    Proved,
    /// With less than its title says.
    Partly(&'a str),
    /// It is a proof that this machine cannot make.
    Unproved(&'a str),
    Failed(&'a str),
}

pub(super) fn label(observed: &Observation) -> (&'static str, Tint) {
    match observed {
        Observation::Done { .. } => ("done", Tint::Good),
        Observation::Todo => ("todo", Tint::Bad),
        Observation::Blocked(_) => ("blocked", Tint::Bad),
        Observation::Unknown(_) => ("unknown", Tint::Bad),
        Observation::Waived { .. } => ("waived", Tint::Weak),
    }
}

/// By what evidence it is so, or why not and what is next.
pub(super) fn evidence(observed: &Observation) -> String {
    match observed {
        Observation::Done { evidence, .. } => evidence.clone(),
        Observation::Waived { by } => by.clone(),
        Observation::Todo => String::new(),
        Observation::Blocked(problem) | Observation::Unknown(problem) => problem.to_string(),
    }
}

impl Report {
    /// What is where, since when, by what evidence.
    pub fn table<'o>(&self, observed: impl IntoIterator<Item = &'o Observed>) {
        let rows = observed.into_iter().map(|one| (one.title.clone(), one.place.clone(), one.observed.clone()));
        let rows = by_cause(rows).into_iter().map(|(title, place, observed)| {
            let (label, evidence) = (label(&observed), evidence(&observed));
            let since = if let Observation::Done { since, .. } = observed { since } else { None };
            (label, [title, place, since.unwrap_or_default()], evidence)
        });
        let rows: Vec<_> = rows.collect();
        let width = |at: usize| rows.iter().map(|(_, cells, _)| cells[at].chars().count()).max().unwrap_or(0);
        let [first, second, third] = [0, 1, 2].map(width);
        self.say("");
        for ((label, tint), [title, place, since], evidence) in &rows {
            let after = format!(" {title:first$}  {place:second$}  {since:third$}  {evidence}");
            self.note(tinted("  ", *tint, &format!("{label:7}"), after.trim_end()));
        }
    }

    /// What a step does, in as many words as are wanted.
    pub fn title(&self, step: &Step) -> String {
        if self.loudness >= Loudness::Verbose { step.whole_title() } else { step.title() }
    }

    /// A step as it was observed, without anything being done.
    pub fn observed(&self, step: &Step, observed: &Observation) {
        let ((label, tint), title) = (label(observed), self.title(step));
        if let Observation::Blocked(problem) | Observation::Unknown(problem) = observed {
            self.tell(tinted("  ", tint, label, format!(" {title}: {}", problem.what)));
            let waive = step.check().map(|name| format!("; or --waive {name}")).unwrap_or_default();
            return self.warn(format!("     next: {}{waive}", problem.next));
        }
        let evidence = evidence(observed);
        let evidence = if evidence.is_empty() { evidence } else { format!(" ({evidence})") };
        self.say(tinted("  ", tint, &format!("{label:7}"), format!(" {title}{evidence}")));
    }

    /// A check that cannot be made, and that does not stop the run.
    pub fn unverified(&self, step: &Step, why: &str) {
        let label = if step.kind() == Kind::Proof { "not proved" } else { "not verified" };
        self.annotate("warning", label, &format!("{}: {why}", step.title()));
        self.tell(tinted("  ", Tint::Strong, label, format!(" {}: {why}", self.title(step))));
    }

    /// A step begins, and has a clock where one can be shown.
    pub fn begin(&self, title: &str) -> Running {
        if self.groups {
            self.command("group", title);
        } else {
            self.say(tinted("  ", Tint::Strong, "begin  ", format!(" {title}")));
        }
        // What is left of the terminal's width when the time has its place; a longer line could not be erased.
        let room = self.width.unwrap_or(80).saturating_sub("  running … 99999 s".len());
        let title: String = title.lines().next().unwrap_or_default().chars().take(room).collect();
        let line = self.rendered(&tinted("  ", Tint::Strong, "running", format!(" {title}")));
        Running::start(self.clock.clone(), line)
    }

    /// A step ended; how long it took shows that somebody was at work.
    pub fn end(&self, title: &str, running: Running, ended: Ended<'_>) {
        let seconds = running.elapsed().as_secs_f64();
        drop(running);
        if self.groups {
            self.command("endgroup", "");
        }
        let (label, tint, note) = match ended {
            Ended::Done => ("done", Tint::Good, ""),
            Ended::Proved => ("proved", Tint::Good, ""),
            Ended::Partly(note) => ("done", Tint::Strong, note),
            Ended::Unproved(why) => ("not proved", Tint::Strong, why),
            Ended::Failed(why) => ("failed", Tint::Bad, why),
        };
        let between = if note.is_empty() { "" } else { ": " };
        let after = format!(" {title} ({seconds:.1} s){between}{note}");
        let line = tinted("  ", tint, &format!("{label:7}"), after);
        match ended {
            Ended::Unproved(_) | Ended::Failed(_) => self.warn(line),
            Ended::Done | Ended::Proved | Ended::Partly(_) => self.say(line),
        }
    }
}
