//! When a job runs: for which trains, for a tag or the button, and never in a copy of the repository.
//! They must never be looser than what the job may do.

use super::setup::{Part, Setup};

/// Neither tags nor schedules of a copy of the repository are for its owner's registries.
pub const NO_FORK: &str = "!github.event.repository.fork";

pub const TAG: &str = "github.ref_type == 'tag'";

/// The name of the train whose tag it is, in an expression. The longest beginning is looked at first: `v` is one of
/// `vessel-v`, too.
pub fn of_tag(setup: &Setup) -> String {
    let mut trains: Vec<(String, String, &str)> = setup
        .trains
        .iter()
        .map(|train| {
            let (before, after) = train.around();
            (before, after, train.name.as_str())
        })
        .collect();
    trains.sort_by_key(|(before, ..)| std::cmp::Reverse(before.len()));
    let Some((last, others)) = trains.split_last() else { return "''".to_owned() };
    let of = |(before, after, name): &(String, String, &str)| {
        let ends = if after.is_empty() { String::new() } else { format!(" && endsWith(github.ref_name, '{after}')") };
        format!("startsWith(github.ref_name, '{before}'){ends} && '{name}' || ")
    };
    let tags: String = others.iter().map(of).collect();
    format!("{tags}'{}'", last.2)
}

/// The condition that a job has whose part only some trains have; none, where all have it.
pub fn only(setup: &Setup, has: impl Fn(&Part) -> bool) -> Option<String> {
    let with: Vec<&Part> = setup.trains.iter().filter(|train| has(train)).collect();
    if with.len() == setup.trains.len() {
        return None;
    }
    let names: Vec<&str> = with.iter().map(|train| train.name.as_str()).collect();
    Some(match names.as_slice() {
        [one] => format!("({}) == '{one}'", of_tag(setup)),
        names => format!("contains(fromJSON('[\"{}\"]'), {})", names.join("\", \""), of_tag(setup)),
    })
}

/// Conditions that must all hold.
pub fn all(conditions: &[&str], last: Option<String>) -> Option<String> {
    let all: Vec<&str> = conditions.iter().copied().chain(last.as_deref()).collect();
    Some(all.join(" && "))
}
