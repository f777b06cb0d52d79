//! The overview of trains, for people and for the issue that lists what is overdue.
//! It must never say twice what is next.

use super::{Line, Report, Tint, tinted};
use plan::{
    due::Due,
    status::{self, State, TrainStatus},
};

impl Report {
    /// The state of a train, and what is next.
    pub fn status(&self, status: &TrainStatus, due: &Due) {
        self.say(tinted("", Tint::Strong, &format!("{}: {}", status.train, status.window), ""));
        self.say(format!("  {}: {}", status.captain, due.message));
        for line in status_lines(status).into_iter().skip(1) {
            self.warn(line);
        }
    }
}

/// The lines of the overview, the train first.
pub fn status_lines(status: &TrainStatus) -> Vec<Line> {
    let mut lines = vec![Line::from(format!("{}: {}", status.train, status.window))];
    let width = status.lines.iter().map(|line| line.what.chars().count()).max().unwrap_or(0).min(50);
    let mut add = |rows: &[status::Line], width: usize| {
        for status::Line { state, what, evidence, next } in rows {
            let (label, tint) = match state {
                State::Done => ("done", Tint::Good),
                State::Open => ("open", Tint::Strong),
                State::Overdue => ("overdue", Tint::Bad),
                State::Unknown => ("unknown", Tint::Weak),
                State::Waived => ("waived", Tint::Weak),
                State::Unverified => ("not verified", Tint::Weak),
            };
            lines.push(tinted("  ", tint, &format!("{label:7}"), format!(" {what:width$}  {evidence}")));
            // What the last line has need not be printed before it.
            let next = next.iter().filter(|next| **next != status.next);
            lines.extend(next.map(|next| Line::from(format!("          next: {next}"))));
        }
    };
    add(&status.lines, width);
    add(&status.checklist, 0);
    lines.push(format!("  next: {}", status.next).into());
    lines
}
