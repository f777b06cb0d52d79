//! The names of Python projects as indexes compare them.
//! It must never be shown: people know a project by the name that it writes.

/// One case, and one dash for each run of `-`, `_` and `.` (<https://peps.python.org/pep-0503/#normalized-names>).
pub fn normalized(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    out
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
