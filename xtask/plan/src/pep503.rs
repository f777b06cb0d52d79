//! The names of Python projects as indexes compare them.
//! It must never be shown: people know a project by the name that it writes.

/// One case, and one dash for each run of `-`, `_` and `.` (<https://peps.python.org/pep-0503/#normalized-names>).
pub fn normalized(name: &str) -> String {
    let dashed = name.chars().map(|c| if "-_.".contains(c) { '-' } else { c.to_ascii_lowercase() });
    let mut dashed: Vec<char> = dashed.collect();
    dashed.dedup_by(|one, other| *one == '-' && *other == '-');
    dashed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_one_dash() {
        for name in ["friendly-bard", "Friendly-Bard", "friendly.bard", "friendly_bard", "FrIeNdLy-._.-bArD"] {
            assert_eq!(normalized(name), "friendly-bard");
        }
        assert_eq!(normalized("Owl.Py__Wheel"), "owl-py-wheel");
        assert_eq!((normalized("_x_").as_str(), normalized("").as_str()), ("-x-", ""));
    }
}
