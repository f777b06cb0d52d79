//! `calendar`: the days of the trains, with what each asks for and who leads, as a table, as JSON and as iCalendar.
//! It must never leave half a file: a calendar that is there stays whole until the new one takes its place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::arguments::from_here;
use crate::{
    clock,
    session::{Session, sound},
};
use plan::{
    config::TrainConfig,
    edit::{STAGED, count},
    files::icalendar::{self, Event},
    run_report::{DayReport, TrainCalendar},
    timetable::{self, Has, Window},
    tool::TOOL,
};

/// The days of the trains: preparation, release and what follows, with what each asks for and who leads.
///
/// The trains' `cadence` says which weekday of the month, `captains` whose turn it is.
#[derive(Args)]
#[command(after_help = format!("Examples:\n  {TOOL} calendar --months 12\n  {TOOL} calendar --ics releases.ics"))]
pub struct Calendar {
    /// How many releases of each train are shown.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=120))]
    months: u16,
    /// Also write them as iCalendar; importing it again updates the events.
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
}

impl Calendar {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        if session.dry_run && self.ics.is_some() {
            bail!("--ics writes a file: leave --dry-run out, or --ics");
        }
        let loader = session.loader()?;
        let (head, report) = (sound(&loader)?, session.report);
        let (mut trains, mut events) = (Vec::new(), Vec::new());
        for train in loader.trains(&head)? {
            let windows =
                timetable::windows(&train.config, Has::of(&head.workspace, &train), head.today, self.months.into());
            match train.config.cadence {
                Some(cadence) => report.say(format!("train {}: the {cadence} of each month", train.name())),
                None => report.say(format!("train {}: no dates, because it has no `cadence`", train.name())),
            }
            for window in &windows {
                report.say("");
                for day in &window.days {
                    let (label, date, weekday) = (day.label(), day.date, day.date.weekday().short());
                    report.say(format!("  {label:3}  {weekday} {date}  {:12}  {}", day.name, day.responsible()));
                    report.say(format!("         {}: {}", day.asks, day.commands.join("; ")));
                }
            }
            report.say("");
            events.extend(windows.iter().flat_map(|window| events_of(&train.config, window)));
            trains.push(TrainCalendar { train: train.name().to_owned(), cadence: train.config.cadence, windows });
        }
        if let Some(path) = self.ics.as_deref().map(from_here) {
            put_whole(&path, &icalendar::calendar("Releases", clock::now(), &events))?;
            report.say(format!("{} in {}", count(events.len(), "day"), path.display()));
        }
        report.json(&DayReport { today: head.today, trains });
        Ok(())
    }
}

fn events_of(config: &TrainConfig, window: &Window) -> Vec<Event> {
    let month = &window.release.to_string()[..7];
    let event = |day: &timetable::Day| Event {
        // By month, train and kind of day: a release day that is moved within its month moves in the calendar.
        uid: format!("{month}-{}-{}@cargo-xtask", config.name, day.name),
        day: day.date,
        summary: format!("{} {}: {} ({})", config.name, day.label(), day.name, day.responsible()),
        description: format!("{}\n\n{}", day.asks, day.commands.join("\n")),
    };
    window.days.iter().map(event).collect()
}

/// Writes a file beside the one that it then takes the place of.
fn put_whole(path: &Path, text: &str) -> Result<()> {
    let Some(name) = path.file_name() else { bail!("--ics {}: it is not a file", path.display()) };
    // Through a symbolic link: the link itself must stay one.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let waiting = path.with_file_name(format!(".{}{STAGED}", name.to_string_lossy()));
    let put = fs::write(&waiting, text).and_then(|()| fs::rename(&waiting, &path));
    if put.is_err() {
        let _ = fs::remove_file(&waiting);
    }
    put.with_context(|| format!("--ics {}", path.display()))
}
