//! When a train releases: each window from its preparation to what follows, who leads it, and what each day asks for.
//! It must never ask the clock: what day it is, somebody says.

use std::fmt;

use serde::Serialize;

use crate::{config::TrainConfig, date::Date, tool::TOOL, train::Train, workspace::Workspace};

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

/// As `--json` has it.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
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

/// What a train has that asks for a day, or for a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Has {
    /// release-plz, and crates that it bumps.
    pub release_plz: bool,
    pub wheels: bool,
    /// Channels on which it is announced.
    pub channels: bool,
}

impl Has {
    pub fn of(workspace: &Workspace, train: &Train) -> Has {
        let is_configured = ["release-plz.toml", ".release-plz.toml"]
            .iter()
            .any(|name| workspace.tracked.contains(&workspace.in_root(name.as_ref())));
        Has {
            release_plz: is_configured && train.members().iter().any(|&at| train.publishes(&workspace.members[at])),
            wheels: !train.wheels.is_empty(),
            channels: !train.config.announce.is_empty(),
        }
    }

    fn days(self) -> Vec<Asked> {
        let mut days = vec![(
            -3,
            "preparation",
            Role::Captain,
            "review what was merged and its changelog entries; CI is green on main",
            &["{tool} due{train}", "{tool} changelog{train}", "{tool} check{train}"][..],
        )];
        if self.release_plz {
            days.push((
                -2,
                "release-plz",
                Role::Captain,
                "bump the crates, review and merge the pull request; note the new version",
                &["release-plz release-pr", "{tool} due{train}"],
            ));
        }
        let (name, role, asks) = match self.wheels {
            true => {
                ("alignment", Role::Python, "align wheels and files with the crates, run the smoke tests, rehearse")
            }
            false => ("rehearsal", Role::Captain, "run the smoke tests, rehearse"),
        };
        days.push((-1, name, role, asks, &["{tool} rehearse{train}", "{tool} release{train}"]));
        let asks = match self.wheels {
            true => "push commit and tag, watch the wheels, verify the listings",
            false => "push commit and tag, verify the listings",
        };
        let commands = &["{tool} release{train} --push", "{tool} status{train}"];
        days.push((0, "release", Role::Captain, asks, commands));
        let asks = match self.channels {
            true => "follow-ups, announcements, snippets in the documentation",
            false => "follow-ups, snippets in the documentation",
        };
        let commands = &["{tool} post-release{train}", "{tool} status{train}"];
        days.push((1, "post-release", Role::Documentation, asks, commands));
        days
    }
}

/// From the release: the day's name, who, what, and what to type; `{tool}` is how this tool is called, `{train}` says which.
type Asked = (i64, &'static str, Role, &'static str, &'static [&'static str]);

impl Day {
    /// `T-3`, `T`, `T+1`.
    pub fn label(&self) -> String {
        match self.offset {
            0 => "T".to_owned(),
            offset => format!("T{offset:+}"),
        }
    }

    /// `release-plz on Mon 30 Nov`
    pub fn headline(&self) -> String {
        format!("{} on {}", self.name, self.date.spoken())
    }

    /// The role, and who has it where that is known.
    pub fn responsible(&self) -> String {
        match &self.who {
            Some(who) => format!("{} {who}", self.role),
            None => self.role.to_string(),
        }
    }
}

impl Window {
    /// The window whose release falls into a month; `None` for a train without `cadence`.
    fn of_month(config: &TrainConfig, has: Has, month: i64) -> Option<Window> {
        let release = config.cadence?.day(month);
        // Month by month, whoever asks and whenever: nobody keeps a list of whose turn it is.
        let turn = config.captains.len().max(1) as i64;
        let who = config.captains.get(month.rem_euclid(turn) as usize).cloned();
        let day = |(offset, name, role, asks, commands): Asked| Day {
            offset,
            name,
            date: release.plus(offset),
            role,
            who: who.clone().filter(|_| role == Role::Captain),
            asks,
            commands: commands
                .iter()
                .map(|command| command.replace("{tool}", TOOL.as_str()).replace("{train}", &config.option()))
                .collect(),
        };
        let captain = who.clone().unwrap_or_else(|| Role::Captain.to_string());
        Some(Window { release, captain, days: has.days().into_iter().map(day).collect() })
    }

    /// The last day of what follows the release.
    pub fn ends(&self) -> Date {
        self.release.plus(1)
    }

    /// Whether the day is in the window, on which something may be asked for or not.
    pub fn holds(&self, day: Date) -> bool {
        self.days.first().is_some_and(|first| first.date <= day) && day <= self.ends()
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
pub fn windows(config: &TrainConfig, has: Has, today: Date, months: usize) -> Vec<Window> {
    // The month before may end with a release, and this one begin with what follows it.
    let from = today.month() - 1;
    let windows = (from..).map_while(|month| Window::of_month(config, has, month));
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

    const ALL: Has = Has { release_plz: true, wheels: true, channels: true };

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_window_is_five_days_with_what_each_asks_for() {
        let config = TrainConfig { name: "lark".to_owned(), ..config("first wednesday", &[]) };
        let windows = windows(&config, ALL, day("2026-11-20"), 2);
        let reported: Vec<String> =
            windows[0].days.iter().map(|day| format!("{} {}", day.headline(), day.responsible())).collect();
        assert_eq!(
            reported,
            [
                "preparation on Sun 29 Nov Release Captain",
                "release-plz on Mon 30 Nov Release Captain",
                "alignment on Tue 1 Dec Python Maintainer",
                "release on Wed 2 Dec Release Captain",
                "post-release on Thu 3 Dec Documentation Lead",
            ]
        );
        assert_eq!(windows[0].days[3].commands[0], "cargo xtask release --train lark --push");
        assert_eq!(windows[1].release, day("2027-01-06"));
    }

    #[test]
    fn a_day_is_there_for_what_the_train_has() {
        let config = config("first wednesday", &[]);
        let names = |has: Has| {
            let window = windows(&config, has, day("2026-11-20"), 1).remove(0);
            window.days.iter().map(|day| (day.name, day.role)).collect::<Vec<_>>()
        };
        let asks = |has: Has| {
            let window = windows(&config, has, day("2026-11-20"), 1).remove(0);
            window.days.iter().map(|day| format!("{} {}", day.asks, day.commands.join(" "))).collect::<String>()
        };
        let (captain, python, docs) = (Role::Captain, Role::Python, Role::Documentation);
        let bare = Has::default();
        let of_crates =
            [("preparation", captain), ("rehearsal", captain), ("release", captain), ("post-release", docs)];
        assert_eq!(names(bare), of_crates);
        for word in ["wheel", "align", "release-plz", "announce"] {
            assert!(!asks(bare).contains(word) && asks(ALL).contains(word), "{word}");
        }
        assert_eq!(names(Has { release_plz: true, ..bare })[1], ("release-plz", captain));
        assert_eq!(names(Has { wheels: true, ..bare })[1], ("alignment", python));
        // A day on which nothing is asked for is one of the window's all the same.
        let window = &windows(&config, bare, day("2026-11-30"), 1)[0];
        assert_eq!((window.on(day("2026-11-30")), window.holds(day("2026-11-30"))), (None, true));
        assert!(!window.holds(day("2026-11-28")) && !window.holds(day("2026-12-04")));
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
            assert_eq!(windows(&config, ALL, day(today), 1)[0].release, day(release), "{today}");
        }
        for (today, before) in [("2026-09-30", "2026-08-26"), ("2026-10-01", "2026-09-30")] {
            assert_eq!(last_release_day(&config, day(today)), Some(day(before)), "{today}");
        }
    }

    #[test]
    fn captains_take_turns_month_by_month() {
        let config = config("first wednesday", &["@ada", "@grace", "@mary"]);
        let turns = |today: &str| -> Vec<String> {
            windows(&config, ALL, day(today), 4).into_iter().map(|window| window.captain).collect()
        };
        let from_november = turns("2026-11-01");
        assert_eq!(from_november[..3].iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
        assert_eq!(from_november[0], from_november[3]);
        assert_eq!(turns("2026-12-01")[..3], from_november[1..], "whenever it is asked");
        let window = &windows(&config, ALL, day("2026-11-01"), 1)[0];
        assert_eq!(window.days[0].responsible(), format!("Release Captain {}", window.captain));
        assert_eq!(window.days[2].responsible(), "Python Maintainer");
    }

    #[test]
    fn a_train_without_cadence_has_no_dates() {
        assert_eq!(windows(&TrainConfig::default(), ALL, day("2026-11-20"), 3), []);
        assert_eq!(last_release_day(&TrainConfig::default(), day("2026-11-20")), None);
    }
}
