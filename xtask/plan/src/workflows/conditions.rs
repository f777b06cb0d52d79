//! When a job runs: for which trains, for a tag or the button, and never in a copy of the repository.
//! They must never be looser than what the job may do.

use super::setup::{Part, Setup, around};

/// Neither tags nor schedules of a copy of the repository are for its owner's registries.
pub const NO_FORK: &str = "!github.event.repository.fork";

pub const TAG: &str = "github.ref_type == 'tag'";

/// The branch of a pull request.
const HEAD: &str = "github.event.pull_request.head.ref";

/// Trains by what a name of theirs begins and ends with. The longest beginning is looked at first: `v` is one of
/// `vessel-v`, too.
fn by_beginning<'s>(names: impl Iterator<Item = ((String, String), &'s str)>) -> Vec<((String, String), &'s str)> {
    let mut trains: Vec<_> = names.collect();
    trains.sort_by_key(|((before, _), _)| std::cmp::Reverse(before.len()));
    trains
}

/// Whether what an expression says begins and ends so.
fn is_around(what: &str, (before, after): &(String, String)) -> String {
    let ends = if after.is_empty() { String::new() } else { format!(" && endsWith({what}, '{after}')") };
    format!("startsWith({what}, '{before}'){ends}")
}

/// The name of the train that what an expression says is of; the last one, if it is of none.
fn train_of(what: &str, trains: &[((String, String), &str)]) -> String {
    let Some((last, others)) = trains.split_last() else { return "''".to_owned() };
    let of = |(around, name): &((String, String), &str)| format!("{} && '{name}' || ", is_around(what, around));
    format!("{}'{}'", others.iter().map(of).collect::<String>(), last.1)
}

/// The name of the train whose tag it is, in an expression.
pub fn of_tag(setup: &Setup) -> String {
    let trains = setup.trains.iter().map(|train| (train.around(), train.name.as_str()));
    train_of("github.ref_name", &by_beginning(trains))
}

fn proposing(setup: &Setup) -> Vec<((String, String), &str)> {
    by_beginning(setup.trains.iter().filter_map(|train| Some((around(train.proposed.as_ref()?), train.name.as_str()))))
}

/// The name of the train whose pull request it is.
pub fn of_pull_request(setup: &Setup) -> String {
    train_of(HEAD, &proposing(setup))
}

/// Of all pull requests that are closed, those of releases that were merged; `None` where no release goes by one.
pub fn merged(setup: &Setup) -> Option<String> {
    let of: Vec<String> = proposing(setup).iter().map(|(around, _)| is_around(HEAD, around)).collect();
    (!of.is_empty()).then(|| {
        format!(
            "(github.event_name != 'pull_request' || github.event.pull_request.merged && !github.event.pull_request.head.repo.fork && ({}))",
            of.join(" || ")
        )
    })
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
