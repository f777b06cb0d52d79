//! iCalendar (RFC 5545): days with what they ask for, as calendars import them.
//! It must never write an event that a second import would double: the same day of the same window keeps its UID.

use crate::date::Date;

/// An event that lasts a day.
pub struct Event {
    /// The same for the same event, whenever and wherever it is written.
    pub uid: String,
    pub day: Date,
    pub summary: String,
    pub description: String,
}

/// A calendar of that name, `stamp` (seconds since 1970) being when it was written.
pub fn calendar(name: &str, stamp: i64, events: &[Event]) -> String {
    let written = Date::timestamp(stamp).replace(['-', ':'], "");
    let mut text = String::new();
    let mut line = |content: String| fold(&mut text, &content);
    line("BEGIN:VCALENDAR".to_owned());
    line("VERSION:2.0".to_owned());
    line("PRODID:-//cargo xtask//calendar//EN".to_owned());
    line("CALSCALE:GREGORIAN".to_owned());
    line("METHOD:PUBLISH".to_owned());
    line(format!("X-WR-CALNAME:{}", escaped(name)));
    for event in events {
        line("BEGIN:VEVENT".to_owned());
        line(format!("UID:{}", escaped(&event.uid)));
        line(format!("DTSTAMP:{written}"));
        // What is imported later, and only that, takes the place of what is there.
        line(format!("SEQUENCE:{}", stamp.div_euclid(86_400).max(0)));
        line(format!("DTSTART;VALUE=DATE:{}", event.day.basic()));
        line(format!("DTEND;VALUE=DATE:{}", event.day.plus(1).basic()));
        line(format!("SUMMARY:{}", escaped(&event.summary)));
        line(format!("DESCRIPTION:{}", escaped(&event.description)));
        // Nobody is busy all day because of it.
        line("TRANSP:TRANSPARENT".to_owned());
        line("END:VEVENT".to_owned());
    }
    line("END:VCALENDAR".to_owned());
    text
}

/// A line of at most 75 octets, continued on others that begin with a space (3.1); never cut within a character.
fn fold(text: &mut String, content: &str) {
    let mut room = 75;
    for c in content.chars() {
        if c.len_utf8() > room {
            text.push_str("\r\n ");
            room = 74;
        }
        text.push(c);
        room -= c.len_utf8();
    }
    text.push_str("\r\n");
}

/// TEXT (3.3.11).
fn escaped(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    text.replace('\n', "\\n").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(summary: &str) -> String {
        let event = Event {
            uid: "lark-2026-12-release@x".to_owned(),
            day: Date::parse("2026-12-31").unwrap(),
            summary: summary.to_owned(),
            description: "a\nb".to_owned(),
        };
        calendar("lark", 1_795_132_800, &[event])
    }

    #[test]
    fn an_event_lasts_one_day() {
        let text = one("x, y; z\\");
        for line in [
            "DTSTART;VALUE=DATE:20261231",
            "DTEND;VALUE=DATE:20270101",
            "DTSTAMP:20261120T000000Z",
            "SUMMARY:x\\, y\\; z\\\\",
            "DESCRIPTION:a\\nb",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_short_and_unfold_to_what_they_were(summary in "[a-zäöü€😀 ]{0,200}") {
            let text = one(&summary);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
            let line = format!("SUMMARY:{summary}\r\n");
            prop_assert!(text.replace("\r\n ", "").contains(&line));
            // None is cut before it has to be.
            for (line, next) in text.split("\r\n").zip(text.split("\r\n").skip(1)) {
                let cut = next.strip_prefix(' ').and_then(|rest| rest.chars().next());
                prop_assert!(cut.is_none_or(|cut| line.len() + cut.len_utf8() > 75), "{line}");
            }
        }
    }
}
