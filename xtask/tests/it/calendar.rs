//! The calendar as a captain reads it, and as a calendar program does: the library that reads it is pinned in `.ci`.
//! It must never take our own reading of the format for the format's.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::harness::{Place, Said};

const CADENCE: &str = "cadence = \"first wednesday\"\ncaptains = [\"@ada\", \"@grace\"]\n";

fn place(name: &str) -> Place {
    let place = Place::of_world(name, "shipped");
    place.replace("Cargo.toml", "driver = \"lark\"\n", &format!("driver = \"lark\"\n{CADENCE}"));
    place.commit("a cadence");
    place
}

#[test]
fn the_calendar_names_each_day_and_who_leads() {
    let place = place("calendar_table");
    let said = place.xtask("calendar --months 2").ok();
    for line in [
        "train lark: the first wednesday of each month",
        "  T-3  Sun 2026-11-29  prep          Release Captain @grace",
        "  T-1  Tue 2026-12-01  alignment     Python Maintainer",
        "  T    Wed 2027-01-06  release       Release Captain @ada",
        "train ingest: no dates, because it has no `cadence`",
    ] {
        assert!(said.out.lines().any(|found| found == line), "{line}\n{}", said.out);
    }
    let told: Value = serde_json::from_str(&place.xtask("calendar --json --train lark").ok().out).unwrap();
    let day = &told["trains"][0]["windows"][0]["days"][3];
    assert_eq!(
        (&day["date"], &day["role"], &day["who"]),
        (&"2026-12-02".into(), &"Release Captain".into(), &"@grace".into())
    );
    assert_eq!(told["trains"].as_array().unwrap().len(), 1);

    place.replace("Cargo.toml", "first wednesday", "first wendesday");
    let refused = place.xtask("calendar");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("did you mean `wednesday`?"), "{}", refused.err);
}

/// A Python that has the pinned library; `None` when no index gives it.
fn python() -> Option<PathBuf> {
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/calendar.txt");
    let wanted = fs::read_to_string(&pins).unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("icalendar");
    let python = dir.join("bin/python");
    if fs::read_to_string(dir.join("finished")).is_ok_and(|found| found == wanted) {
        return Some(python);
    }
    let _ = fs::remove_dir_all(&dir);
    let runs = |command: &mut Command| command.stdin(Stdio::null()).output().map(Said::of).unwrap();
    let made = runs(Command::new("python3").args(["-m", "venv"]).arg(&dir));
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary"]);
    let told = if made.code == Some(0) { runs(pip.args([":all:", "--requirement"]).arg(&pins)) } else { made };
    if told.code != Some(0) {
        // Other bytes than the pinned ones are no lack of an index.
        assert!(!told.err.contains("HASH"), "{}", told.err);
        println!("not proved: no calendar library could be installed: {}", told.err.lines().last().unwrap_or_default());
        return None;
    }
    fs::write(dir.join("finished"), wanted).unwrap();
    Some(python)
}

/// What a calendar that is imported twice holds: by UID, the newest. Lengths are of the raw lines.
const IMPORT: &str = "
import icalendar, json, sys
held = {}
for path in sys.argv[1:]:
    raw = open(path, 'rb').read()
    assert raw.count(b'\\n') == raw.count(b'\\r\\n'), 'a bare line feed'
    assert max(map(len, raw.split(b'\\r\\n'))) <= 75, 'a long line'
    calendar = icalendar.Calendar.from_ical(raw)
    assert not calendar.errors and calendar['version'] == '2.0' and calendar['prodid']
    for event in calendar.walk('VEVENT'):
        assert not event.errors and event['dtstamp'].dt.tzinfo is not None
        assert (event['dtend'].dt - event['dtstart'].dt).days == 1
        held[event['uid']] = [event['dtstart'].dt.isoformat(), event['summary'], event['description'], event['sequence']]
print(json.dumps(held))
";

#[test]
fn a_calendar_program_imports_it_and_updates_what_it_has() {
    let Some(python) = python() else { return };
    let mut place = place("calendar_ics");
    let (first, second) = (place.tree.with_file_name("first.ics"), place.tree.with_file_name("second.ics"));
    place.xtask(&format!("calendar --months 2 --ics {}", first.display())).ok();
    place.replace("Cargo.toml", "first wednesday", "second tuesday");
    place.env.push(("SOURCE_DATE_EPOCH".to_owned(), (1_795_132_800 + 86_400).to_string()));
    place.xtask(&format!("calendar --months 2 --ics {}", second.display())).ok();
    let import = |files: &[&PathBuf]| -> Value {
        let said = Said::of(Command::new(&python).args(["-c", IMPORT]).args(files).output().unwrap()).ok();
        serde_json::from_str(&said.out).unwrap()
    };
    let (before, after) = (import(&[&first]), import(&[&first, &second]));
    assert_eq!(before.as_object().unwrap().len(), 10);
    assert_eq!(after.as_object().unwrap().len(), 10, "the same days moved, none was doubled: {after:#}");
    let uid = "2026-12-lark-release@cargo-xtask";
    let told =
        "push commit and tag, watch the wheels, verify the listings\n\ncargo xtask release --push\ncargo xtask status";
    let day = |date: &str, sequence: u64| {
        serde_json::json!([date, "lark T: release (Release Captain @grace)", told, sequence])
    };
    assert_eq!(before[uid], day("2026-12-02", 20_777));
    assert_eq!(after[uid], day("2026-12-08", 20_778));
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
