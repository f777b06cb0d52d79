//! The calendar as another program reads it: a Python library that is installed from its pins.
//! It must never take other bytes than the pinned ones.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    harness::{Place, CommandOutput},
    needs::Missing,
};

tests! {
    a_calendar_program_imports_it_and_updates_what_it_has: needs NOTHING;
}

/// A Python that has the pinned library, where an index gives it.
fn python() -> Result<PathBuf, Missing> {
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/calendar.txt");
    let wanted = fs::read_to_string(&pins).unwrap();
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("icalendar");
    let python = dir.join("bin/python");
    if fs::read_to_string(dir.join("finished")).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let _ = fs::remove_dir_all(&dir);
    let runs = |command: &mut Command| command.stdin(Stdio::null()).output().map(CommandOutput::of).unwrap();
    let made = runs(Command::new("python3").args(["-m", "venv"]).arg(&dir));
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary"]);
    let reported = if made.code == Some(0) { runs(pip.args([":all:", "--requirement"]).arg(&pins)) } else { made };
    if reported.code != Some(0) {
        // Other bytes than the pinned ones are no lack of an index.
        assert!(!reported.err.contains("HASH"), "{}", reported.err);
        let last = reported.err.lines().last().unwrap_or_default();
        return Err(Missing(format!("icalendar could not be installed: {last}")));
    }
    fs::write(dir.join("finished"), wanted).unwrap();
    Ok(python)
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

fn a_calendar_program_imports_it_and_updates_what_it_has() -> Result<(), Missing> {
    let python = python()?;
    let mut place = Place::of_workspace("calendar_ics", "shipped");
    let cadence = "driver = \"lark\"\ncadence = \"first wednesday\"\ncaptains = [\"@ada\", \"@grace\"]\n";
    place.replace("Cargo.toml", "driver = \"lark\"\n", cadence);
    let (first, second) = (place.tree.with_file_name("first.ics"), place.tree.with_file_name("second.ics"));
    place.xtask(&format!("calendar --months 2 --ics {}", first.display())).ok();
    place.replace("Cargo.toml", "first wednesday", "second tuesday");
    place.env.push(("SOURCE_DATE_EPOCH".to_owned(), (1_795_132_800 + 86_400).to_string()));
    place.xtask(&format!("calendar --months 2 --ics {}", second.display())).ok();
    let import = |files: &[&PathBuf]| -> Value {
        let output = CommandOutput::of(Command::new(&python).args(["-c", IMPORT]).args(files).output().unwrap()).ok();
        serde_json::from_str(&output.out).unwrap()
    };
    let (before, after) = (import(&[&first]), import(&[&first, &second]));
    assert_eq!(before.as_object().unwrap().len(), 8);
    assert_eq!(after.as_object().unwrap().len(), 8, "the same days moved, none was doubled: {after:#}");
    let uid = "2026-12-lark-release@cargo-xtask";
    let reported =
        "push commit and tag, watch the wheels, verify the listings\n\ncargo xtask release --push\ncargo xtask status";
    let day = |date: &str, sequence: u64| {
        serde_json::json!([date, "lark T: release (Release Captain @grace)", reported, sequence])
    };
    assert_eq!(before[uid], day("2026-12-02", 20_777));
    assert_eq!(after[uid], day("2026-12-08", 20_778));
    Ok(())
}
