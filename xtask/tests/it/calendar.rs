//! The calendar as a captain reads it; how another program reads it is in `tests/outside/calendar.rs`.
//! It must never depend on today: the date is the harness's.

use std::fs;

use serde_json::Value;

use crate::harness::Place;

const CADENCE: &str = "cadence = \"first wednesday\"\ncaptains = [\"@ada\", \"@grace\"]\n";

fn place(name: &str) -> Place {
    let place = Place::of_workspace(name, "shipped");
    place.replace("Cargo.toml", "driver = \"lark\"\n", &format!("driver = \"lark\"\n{CADENCE}"));
    place.commit("a cadence");
    place
}

#[test]
fn the_calendar_names_each_day_and_who_leads() {
    let place = place("calendar_table");
    let output = place.xtask("calendar --months 2").ok();
    for line in [
        "train lark: the first wednesday of each month",
        "  T-3  Sun 2026-11-29  preparation   Release Captain @grace",
        "  T-1  Tue 2026-12-01  alignment     Python Maintainer",
        "  T    Wed 2027-01-06  release       Release Captain @ada",
        "train ingest: no dates, because it has no `cadence`",
    ] {
        assert!(output.out.lines().any(|found| found == line), "{line}\n{}", output.out);
    }
    assert!(!output.out.contains("release-plz"), "there is none: {}", output.out);
    place.write("release-plz.toml", "[workspace]\n");
    place.commit("release-plz");
    let output = place.xtask("calendar --months 1").ok();
    assert!(output.out.contains("  T-2  Mon 2026-11-30  release-plz   Release Captain @grace\n"), "{}", output.out);
    let reported: Value = serde_json::from_str(&place.xtask("calendar --json --train lark").ok().out).unwrap();
    let day = &reported["trains"][0]["windows"][0]["days"][3];
    assert_eq!(
        (&day["date"], &day["role"], &day["who"]),
        (&"2026-12-02".into(), &"Release Captain".into(), &"@grace".into())
    );
    assert_eq!(reported["trains"].as_array().unwrap().len(), 1);

    place.replace("Cargo.toml", "first wednesday", "first wendesday");
    let refused = place.xtask("calendar");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("did you mean `wednesday`?"), "{}", refused.err);
}

#[test]
fn a_calendar_that_is_there_is_replaced_whole_or_not_at_all() {
    let place = place("calendar_whole");
    let file = place.tree.with_file_name("calendars").join("releases.ics");
    let calendar = format!("calendar --ics {}", file.display());
    let refused = place.xtask(&calendar);
    assert_eq!(refused.code, Some(1), "its directory is not there: {}", refused.all());
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, "old").unwrap();
    // What stands where the new text waits keeps it from being written, as a full disk would.
    let waiting = file.with_file_name(".releases.ics.xtask-new");
    fs::create_dir(&waiting).unwrap();
    assert_eq!(place.xtask(&calendar).code, Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    fs::remove_dir(&waiting).unwrap();
    place.xtask(&calendar).ok();
    assert!(fs::read_to_string(&file).unwrap().ends_with("END:VCALENDAR\r\n"));
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    assert_eq!(place.xtask(&format!("{calendar} --dry-run")).code, Some(1));
}
