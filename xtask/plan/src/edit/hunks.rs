//! The hunks of a diff where lines changed in their places, made without cutting what is the same into lines.
//! It must never show a line as changed in its place that came, went or moved.

use std::{collections::BTreeSet, ops::Range};

/// How many lines stand around a change.
pub const CONTEXT: usize = 3;

/// Lines one after the other that say something else.
struct Run {
    line: usize,
    lines: usize,
    old: Range<usize>,
    new: Range<usize>,
}

/// The hunks of a diff where every line is in its place, as in a lock of thousands of lines: what is the same on both sides
/// is compared as bytes, and is not cut into lines. `None` where a line came, went or moved.
pub fn hunks_in_place(old: &str, new: &str) -> Option<String> {
    let is_plain = |text: &str| text.ends_with('\n') && !text.contains('\r');
    if !is_plain(old) || !is_plain(new) {
        return None;
    }
    let runs = runs(old, new)?;
    let lines = |text: &'_ str, run: fn(&Run) -> &Range<usize>| -> BTreeSet<String> {
        runs.iter().flat_map(|of| text[run(of).clone()].lines()).map(str::to_owned).collect()
    };
    if !lines(old, |run| &run.old).is_disjoint(&lines(new, |run| &run.new)) {
        return None;
    }
    let mut out = String::new();
    let mut add = |sign: &str, text: &str| out.extend(text.split_inclusive('\n').flat_map(|line| [sign, line]));
    for hunk in runs.chunk_by(|one, next| next.line - (one.line + one.lines) <= 2 * CONTEXT) {
        let (first, last) = (hunk.first()?, hunk.last()?);
        let start = old[..first.old.start].rmatch_indices('\n').nth(CONTEXT).map_or(0, |(at, _)| at + 1);
        let end = old[last.old.end..].match_indices('\n').nth(CONTEXT - 1);
        let end = end.map_or(old.len(), |(at, _)| last.old.end + at + 1);
        let count = |range: Range<usize>| old[range].matches('\n').count();
        let (from, many) = (first.line - count(start..first.old.start) + 1, count(start..end));
        let place = if many == 1 { from.to_string() } else { format!("{from},{many}") };
        add("", &format!("@@ -{place} +{place} @@\n"));
        let mut at = start;
        for run in hunk {
            add(" ", &old[at..run.old.start]);
            add("-", &old[run.old.clone()]);
            add("+", &new[run.new.clone()]);
            at = run.old.end;
        }
        add(" ", &old[at..end]);
    }
    Some(out)
}

/// The lines that differ, when no text has more of them than the other; of very many in a row it is taken that it has.
fn runs(old: &str, new: &str) -> Option<Vec<Run>> {
    const MANY: usize = 100;
    let mut runs: Vec<Run> = Vec::new();
    let (mut from, mut to, mut line) = (0, 0, 0);
    loop {
        let same = same_start(&old.as_bytes()[from..], &new.as_bytes()[to..]);
        if same == old.len() - from && same == new.len() - to {
            return Some(runs);
        }
        let same = old.as_bytes()[from..from + same].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        line += old[from..from + same].matches('\n').count();
        (from, to) = (from + same, to + same);
        let (old_end, new_end) = (from + old[from..].find('\n')? + 1, to + new[to..].find('\n')? + 1);
        match runs.last_mut() {
            Some(run) if run.old.end == from => {
                (run.old.end, run.new.end, run.lines) = (old_end, new_end, run.lines + 1);
                if run.lines > MANY {
                    return None;
                }
            }
            _ => runs.push(Run { line, lines: 1, old: from..old_end, new: to..new_end }),
        }
        (from, to, line) = (old_end, new_end, line + 1);
    }
}

/// How many bytes both begin with.
fn same_start(one: &[u8], other: &[u8]) -> usize {
    let many = one.len().min(other.len());
    let mut at = 0;
    for step in [4096, 256, 16, 1] {
        while at + step <= many && one[at..at + step] == other[at..at + step] {
            at += step;
        }
    }
    at
}
