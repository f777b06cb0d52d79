//! How a changelog names who made a change.
//! It must never name a robot, nor tell an address.

pub(super) fn co_author(value: &str) -> Option<String> {
    let (name, address) = value.split_once('<').unwrap_or((value, ""));
    Some(credit(name, address.trim_end_matches('>'))).filter(|credit| !credit.is_empty())
}

/// How a changelog names somebody: by the forge's handle, when a no-reply address tells it, else by name. A robot is
/// nobody.
pub fn credit(name: &str, address: &str) -> String {
    let (name, address) = (name.trim(), address.trim());
    let handle = address.strip_suffix("@users.noreply.github.com");
    let handle = handle.map(|handle| handle.split_once('+').map_or(handle, |(_, handle)| handle));
    match handle {
        _ if is_robot(name, address) => String::new(),
        Some(handle) if !handle.is_empty() => format!("@{handle}"),
        _ if name.contains('@') => String::new(),
        _ => name.to_owned(),
    }
}

/// Services that commit and are not called a bot in a word of its own.
const SERVICES: [&str; 22] = [
    "actions-user",
    "allcontributors",
    "bors",
    "codecov-commenter",
    "codecov-io",
    "copilot",
    "copilot-swe-agent",
    "cursor-agent",
    "cursoragent",
    "dependabot",
    "dependabot-preview",
    "github-action",
    "github-actions",
    "greenkeeper",
    "imgbot",
    "imgbotapp",
    "mergify",
    "pre-commit-ci",
    "release-plz",
    "renovate",
    "web-flow",
    "weblate",
];

/// Whether the name or a part of the address says that no person made it. `bot` must be a word: Abbott, Talbot and Robot
/// Smith are people, and so is `jan.bot@…`.
fn is_robot(name: &str, address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let handle = local.split_once('+').filter(|(id, _)| id.chars().all(|c| c.is_ascii_digit()));
    let handle = handle.map_or(local, |(_, handle)| handle);
    let is_host = |host: &str| ["bot", "bots"].contains(&host.to_lowercase().as_str());
    // Nobody reads what is sent there. People's own addresses of this kind have it in the domain.
    let is_nobodys = ["noreply", "no-reply"].contains(&local.to_lowercase().as_str());
    // The last two are whose domain it is: a company may be called so.
    is_nobodys || domain.split('.').rev().skip(2).any(is_host) || [name, handle].into_iter().any(is_robots_name)
}

fn is_robots_name(name: &str) -> bool {
    let name = name.trim_start_matches('@').to_lowercase();
    let name = name.split_whitespace().collect::<Vec<_>>().join("-");
    let mut words = name.split(['-', '_']);
    let is_last = |word: &str| name.rsplit(['-', '_']).next() == Some(word) && name != word;
    name.ends_with("[bot]") || SERVICES.contains(&name.as_str()) || words.any(|word| word == "bot") || is_last("robot")
}
