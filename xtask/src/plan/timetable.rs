//! When a train releases: each window from its preparation to what follows, who leads it, and what each day asks for.
//! It must never ask the clock: what day it is, somebody says.

use serde::Serialize;

use crate::{config::TrainConfig, date::Date};

/// Who does what a day asks for (release-cadence.md, "Responsibilities").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Role {
    #[serde(rename = "Release Captain")]
    Captain,
    #[serde(rename = "Python Maintainer")]
    Python,
    #[serde(rename = "Documentation Lead")]
    Documentation,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Captain => "Release Captain",
            Role::Python => "Python Maintainer",
            Role::Documentation => "Documentation Lead",
        }
    }
}

/// One day of a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Day {
    /// Days from the release: -3 to 1.
    pub offset: i64,
    pub name: &'static str,
    pub date: Date,
    pub role: Role,
    /// The captain by name, where the captain does it and the configuration knows names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    pub asks: &'static str,
    /// What to type.
    pub commands: Vec<String>,
}

/// A release and the days around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Window {
    pub release: Date,
    /// By name; without `captains`, the role.
    pub captain: String,
    pub days: Vec<Day>,
}

/// From the release: the day's name, who, what, and what to type; `{train}` says which.
const DAYS: [(i64, &str, Role, &str, &[&str]); 5] = [
    (
        -3,
        "prep",
        Role::Captain,
        "review what was merged and its changelog entries; CI is green on main",
        &["cargo xtask due{train}", "cargo xtask changelog{train}", "cargo xtask check{train}"],
    ),
    (
        -2,
        "release-plz",
        Role::Captain,
        "bump the crates, review and merge the pull request; note the new version",
        &["release-plz release-pr", "cargo xtask due{train}"],
    ),
    (
        -1,
        "alignment",
        Role::Python,
        "align wheels and files with the crates, run the smoke tests, rehearse",
        &["cargo xtask rehearse{train}", "cargo xtask release{train}"],
    ),
    (
        0,
        "release",
        Role::Captain,
        "push commit and tag, watch the wheels, verify the listings",
        &["cargo xtask release{train} --push", "cargo xtask status{train}"],
    ),
    (
        1,
        "post-release",
        Role::Documentation,
        "follow-ups, announcements, snippets in the documentation",
        &["cargo xtask post-release{train}", "cargo xtask status{train}"],
    ),
];

impl Day {
    /// `T-3`, `T`, `T+1`.
    pub fn label(&self) -> String {
        match self.offset {
            0 => "T".to_owned(),
            offset => format!("T{offset:+}"),
        }
    }

    /// `T-2 on Mon 2026-11-30: release-plz`
    pub fn headline(&self) -> String {
        format!("{} on {} {}: {}", self.label(), self.date.weekday().short(), self.date, self.name)
    }

    /// The role, and who has it where that is known.
    pub fn responsible(&self) -> String {
        match &self.who {
            Some(who) => format!("{} {who}", self.role.name()),
            None => self.role.name().to_owned(),
        }
    }
}

impl Window {
    /// The window whose release falls into a month; `None` for a train without `cadence`.
    fn of_month(config: &TrainConfig, month: i64) -> Option<Window> {
        let release = config.cadence?.day(month);
        // Month by month, whoever asks and whenever: nobody keeps a list of whose turn it is.
        let turn = config.captains.len().max(1) as i64;
        let who = config.captains.get(month.rem_euclid(turn) as usize).cloned();
        let day = |(offset, name, role, asks, commands): (i64, &'static str, Role, &'static str, &[&str])| Day {
            offset,
            name,
            date: release.plus(offset),
            role,
            who: who.clone().filter(|_| role == Role::Captain),
            asks,
            commands: commands.iter().map(|command| command.replace("{train}", &config.option())).collect(),
        };
        let captain = who.clone().unwrap_or_else(|| Role::Captain.name().to_owned());
        Some(Window { release, captain, days: DAYS.map(day).to_vec() })
    }

    /// The last day of what follows the release.
    pub fn ends(&self) -> Date {
        self.release.plus(1)
    }

    /// What the day asks for, if it is one of the window's.
    pub fn on(&self, day: Date) -> Option<&Day> {
        self.days.iter().find(|one| one.date == day)
    }

    pub fn after(&self, day: Date) -> Option<&Day> {
        self.days.iter().find(|one| one.date > day)
    }
}

/// The windows that are not over yet, so many of them; none for a train without `cadence`.
pub fn windows(config: &TrainConfig, today: Date, months: usize) -> Vec<Window> {
    // The month before may end with a release, and this one begin with what follows it.
    let from = today.month() - 1;
    let windows = (from..).map_while(|month| Window::of_month(config, month));
    windows.filter(|window| window.ends() >= today).take(months).collect()
}

/// The newest release day before today.
pub fn last_release_day(config: &TrainConfig, today: Date) -> Option<Date> {
    let cadence = config.cadence?;
    (0..2).map(|back| cadence.day(today.month() - back)).find(|day| *day < today)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(cadence: &str, captains: &[&str]) -> TrainConfig {
        serde_json::from_value(json!({ "cadence": cadence, "captains": captains })).unwrap()
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_window_is_five_days_with_what_each_asks_for() {
        let config = TrainConfig { name: "lark".to_owned(), ..config("first wednesday", &[]) };
        let windows = windows(&config, day("2026-11-20"), 2);
        let told: Vec<String> =
            windows[0].days.iter().map(|day| format!("{} {}", day.headline(), day.responsible())).collect();
        assert_eq!(
            told,
            [
                "T-3 on Sun 2026-11-29: prep Release Captain",
                "T-2 on Mon 2026-11-30: release-plz Release Captain",
                "T-1 on Tue 2026-12-01: alignment Python Maintainer",
                "T on Wed 2026-12-02: release Release Captain",
                "T+1 on Thu 2026-12-03: post-release Documentation Lead",
            ]
        );
        assert_eq!(windows[0].days[3].commands[0], "cargo xtask release --train lark --push");
        assert_eq!(windows[1].release, day("2027-01-06"));
    }

    #[test]
    fn a_window_lasts_until_what_follows_the_release_is_over() {
        let config = config("last wednesday", &[]);
        for (today, release) in [
            ("2026-09-26", "2026-09-30"),
            ("2026-09-30", "2026-09-30"),
            // What follows is in the next month.
            ("2026-10-01", "2026-09-30"),
            ("2026-10-02", "2026-10-28"),
        ] {
            assert_eq!(windows(&config, day(today), 1)[0].release, day(release), "{today}");
        }
        for (today, before) in [("2026-09-30", "2026-08-26"), ("2026-10-01", "2026-09-30")] {
            assert_eq!(last_release_day(&config, day(today)), Some(day(before)), "{today}");
        }
    }

    #[test]
    fn captains_take_turns_month_by_month() {
        let config = config("first wednesday", &["@ada", "@grace", "@mary"]);
        let turns = |today: &str| -> Vec<String> {
            windows(&config, day(today), 4).into_iter().map(|window| window.captain).collect()
        };
        let from_november = turns("2026-11-01");
        assert_eq!(from_november[..3].iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
        assert_eq!(from_november[0], from_november[3]);
        assert_eq!(turns("2026-12-01")[..3], from_november[1..], "whenever it is asked");
        let window = &windows(&config, day("2026-11-01"), 1)[0];
        assert_eq!(window.days[0].responsible(), format!("Release Captain {}", window.captain));
        assert_eq!(window.days[2].responsible(), "Python Maintainer");
    }

    #[test]
    fn a_train_without_cadence_has_no_dates() {
        assert_eq!(windows(&TrainConfig::default(), day("2026-11-20"), 3), []);
        assert_eq!(last_release_day(&TrainConfig::default(), day("2026-11-20")), None);
    }
}
