//! Requirements around a version in a text of any kind: which bounds it is one of, and whether they accept the release.
//! It must never take an arrow, a tag or a quotation for a bound.

use semver::VersionReq;

use super::found::Found;
use crate::version::Version;

/// How a version in a line bounds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// It is what it says.
    None,
    /// It says from which one on, or what it is not: `>=0.9.3`.
    Open,
    /// It says a series: `~=0.9.3`, `^0.9.3`.
    Series,
    /// What is released is not accepted.
    Shut,
}

/// What the operators around a version say of a release of `to`.
pub(super) fn bound(found: &Found<'_>, line: &str, to: &Version) -> Bound {
    let core = to.final_version();
    let numbers = found.text.trim_start_matches(['v', 'V']);
    let numbers = &numbers[..numbers.len() - found.suffix.len()];
    let (before, operator) = operator(&line[..found.start]);
    let accepts = |operator: &str, numbers: &str| {
        let requirement = VersionReq::parse(&format!("{operator}{numbers}"));
        requirement.map_or(true, |requirement| requirement.matches(core.semver()))
    };
    let own = match operator {
        "" => return Bound::None,
        ">=" | ">" | "≥" | "&gt;=" | "!=" | "<" | "&lt;" => Bound::Open,
        "^" if accepts("^", numbers) => Bound::Series,
        "~" if accepts("~", numbers) => Bound::Series,
        // All but its last number stay.
        "~=" | "~>" if accepts(if found.numbers.len() > 2 { "~" } else { "^" }, numbers) => Bound::Series,
        "=" | "==" | "===" | ":" => return Bound::None,
        _ => return Bound::Shut,
    };
    let after = &line[found.start + found.text.len()..];
    let others = others_before(before).into_iter().chain(others_after(after));
    let is_shut =
        others.filter(|(operator, _)| operator.starts_with('<')).any(|(operator, numbers)| !accepts(operator, numbers));
    if is_shut { Bound::Shut } else { own }
}

/// The operator that ends a text, and what is before it.
fn operator(before: &str) -> (&str, &str) {
    let text = before.trim_end_matches(|c: char| c == ' ' || "\"'`".contains(c));
    for escaped in ["&gt;=", "&lt;", "≥"] {
        if let Some(rest) = text.strip_suffix(escaped) {
            return (rest, &text[rest.len()..]);
        }
    }
    let rest = text.trim_end_matches(['<', '>', '=', '~', '^', '!']);
    let operator = &text[rest.len()..];
    let is_alone = |text: &str| text.ends_with(' ') && !text.trim().is_empty();
    match operator {
        // `->`, `<b>0.9`, and a quotation
        ">" if !is_alone(rest) || rest.trim_end().ends_with(['-', '=']) || text.len() == before.len() => (before, ""),
        _ => (rest, operator),
    }
}

/// The bounds of a list that stand before one of them, as operators and numbers.
fn others_before(text: &str) -> Vec<(&str, &str)> {
    let mut others = Vec::new();
    let mut rest = text;
    while let Some(list) = rest.trim_end().strip_suffix(',') {
        let ahead = list.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let (before, operator) = operator(ahead);
        others.push((operator, &list[ahead.len()..]));
        rest = before;
    }
    others
}

/// The bounds that follow in the same list.
fn others_after(text: &str) -> Vec<(&str, &str)> {
    let mut others = Vec::new();
    let mut rest = text;
    loop {
        let list = rest.trim_start_matches([',', ' ']);
        let numbers = list.trim_start_matches(['<', '>', '=', '~', '^', '!']);
        let operator = &list[..list.len() - numbers.len()];
        let numbers = numbers.trim_start();
        let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
        if operator.is_empty() || end == 0 {
            return others;
        }
        others.push((operator, &numbers[..end]));
        rest = &numbers[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Dialect;

    #[test]
    fn a_version_bounds_others_as_its_list_does() {
        for (line, to, expected) in [
            ("0.9.3", "0.10.0", Bound::None),
            ("=0.9.3", "0.10.0", Bound::None),
            ("== 0.9.3", "0.10.0", Bound::None),
            ("owl: 0.9.3", "0.10.0", Bound::None),
            (">=0.9.3", "0.10.0", Bound::Open),
            ("&gt;=0.9.3", "0.10.0", Bound::Open),
            ("≥ 0.9.3", "0.10.0", Bound::Open),
            ("!=0.9.3", "0.10.0", Bound::Open),
            ("<0.9.3", "0.10.0", Bound::Open),
            ("&lt;0.9.3", "0.10.0", Bound::Open),
            ("owl > 0.9.3", "0.10.0", Bound::Open),
            // Quotations, tags and arrows.
            ("> 0.9.3", "0.10.0", Bound::None),
            ("<b>0.9.3", "0.10.0", Bound::None),
            ("owl >0.9.3", "0.10.0", Bound::None),
            ("owl -> 0.9.3", "0.10.0", Bound::None),
            ("owl - > 0.9.3", "0.10.0", Bound::None),
            ("owl = > 0.9.3", "0.10.0", Bound::None),
            ("^0.9.3", "0.9.4", Bound::Series),
            ("^0.9.3", "0.10.0", Bound::Shut),
            ("~0.9.3", "0.9.4", Bound::Series),
            ("~0.9.3", "0.10.0", Bound::Shut),
            ("~> 0.9.3", "0.9.4", Bound::Series),
            ("~=0.9.3", "0.10.0", Bound::Shut),
            ("~=1.2", "1.3.0", Bound::Series),
            ("~=1.2.0", "1.3.0", Bound::Shut),
            ("<=0.9.3", "0.10.0", Bound::Shut),
            (">=0.9.3, <0.10", "0.10.0", Bound::Shut),
            (">=0.9.3 <0.10", "0.10.0", Bound::Shut),
            (">=0.9.3, <0.11", "0.10.0", Bound::Open),
            (">=0.9.3, != 0.9.5, < 0.10", "0.10.0", Bound::Shut),
            (">=0.9.3, see <owl> 0.10", "0.10.0", Bound::Open),
            ("<0.10,>=0.9.3", "0.10.0", Bound::Shut),
            ("<0.11,>=0.9.3", "0.10.0", Bound::Open),
        ] {
            let at = line.find(|c: char| c.is_ascii_digit());
            let at = if line.starts_with("<0.1") { line.find("0.9.3") } else { at };
            let found = Found::read(line, at.unwrap()).unwrap();
            let to = Version::parse(to, Dialect::Cargo).unwrap();
            assert_eq!(bound(&found, line, &to), expected, "{line} {to:?}");
        }
    }
}
