//! The hunks of a diff where lines changed in their places, made without a search for what is the same.
//! It must never show a line as changed in its place that came, went or moved.

use std::collections::HashSet;

/// How many lines stand around a change.
pub const CONTEXT: usize = 3;

/// Of more changed lines in a row, it is taken that some came, went or moved.
const MANY: usize = 100;

/// The hunks of a diff where every line is in its place, as in a lock of thousands of lines; `None` where a line came, went or
/// moved.
pub fn hunks_in_place(old: &str, new: &str) -> Option<String> {
    let is_plain = |text: &str| text.ends_with('\n') && !text.contains('\r');
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let (old_lines, new_lines) = (lines(old), lines(new));
    if !is_plain(old) || !is_plain(new) || old_lines.len() != new_lines.len() {
        return None;
    }
    let changed: Vec<usize> = (0..old_lines.len()).filter(|at| old_lines[*at] != new_lines[*at]).collect();
    let gone: HashSet<&str> = changed.iter().map(|at| old_lines[*at]).collect();
    let runs = || changed.chunk_by(|one, next| next - one == 1);
    if changed.iter().any(|at| gone.contains(new_lines[*at])) || runs().any(|run| run.len() > MANY) {
        return None;
    }
    let mut out = String::new();
    for hunk in changed.chunk_by(|one, next| next - one <= 2 * CONTEXT + 1) {
        let (start, end) = (hunk[0].saturating_sub(CONTEXT), (hunk[hunk.len() - 1] + 1 + CONTEXT).min(old_lines.len()));
        let place = if end - start == 1 { "1".to_owned() } else { format!("{},{}", start + 1, end - start) };
        out += &format!("@@ -{place} +{place} @@\n");
        let mut add = |sign: &str, lines: &[&str]| out.extend(lines.iter().flat_map(|line| [sign, line]));
        let mut at = start;
        for run in hunk.chunk_by(|one, next| next - one == 1) {
            let (from, to) = (run[0], run[0] + run.len());
            add(" ", &old_lines[at..from]);
            add("-", &old_lines[from..to]);
            add("+", &new_lines[from..to]);
            at = to;
        }
        add(" ", &old_lines[at..end]);
    }
    Some(out)
}
