//! What checks find, for people: each cause once, with the way out.
//! It must never leave out a check that found something.

use super::{Line, Loudness, Report, Tint, tinted};
use plan::{
    check::waivers::WAIVABLE,
    edit::count,
    finding::{Check, Finding},
    problem::grouped,
};

impl Report {
    /// What is in the way.
    pub fn findings(&self, findings: &[Finding]) {
        for (check, found) in by_check(findings) {
            let way = if WAIVABLE.contains(&check) { format!(" (or --waive {check})") } else { String::new() };
            let lines = refused(&found, &way, self.loudness);
            let text = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            self.annotate("error", check.name(), &text);
            lines.into_iter().for_each(|line| self.tell(line));
        }
    }

    /// The same where it is in the way of nothing.
    pub fn noted(&self, findings: &[Finding]) {
        for (_, found) in by_check(findings) {
            noted(&found, self.loudness).into_iter().for_each(|line| self.note(line));
        }
    }
}

/// How many findings of one check are shown, when there are more.
const EXAMPLES: usize = 3;

/// What one check finds. In many places, that is mostly of one cause: some of it is shown, with the way out.
fn refused(found: &[&Finding], way: &str, loudness: Loudness) -> Vec<Line> {
    let headed = |text: &str| tinted("", Tint::Bad, "refused", format!(" {}: {text}", found[0].check));
    if is_summed_up(found, loudness) {
        return examples(headed, found, way);
    }
    let each =
        |finding: &&Finding| [headed(message(finding, loudness)), format!("   next: {}{way}", finding.next).into()];
    found.iter().flat_map(each).collect()
}

/// The same where it is in the way of nothing.
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
fn by_check(findings: &[Finding]) -> Vec<(Check, Vec<&Finding>)> {
    grouped(findings.iter().map(|finding| (finding.check, finding)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_check_finds_often_is_reported_by_examples_and_all_of_it_on_request() {
        let output = |findings: &[Finding], loudness| {
            let groups = by_check(findings).into_iter();
            let way = |check| if check == Check::PathOnly { " (or --waive path-only)" } else { "" };
            let lines = groups.flat_map(|(check, found)| refused(&found, way(check), loudness));
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
}
