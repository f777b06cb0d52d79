//! Text of others as a terminal may be given it, now or from a changelog: what would move the cursor, ring, or turn the
//! order of letters is spelt out. It must never change what somebody wrote in a file, nor a letter that is only seen.

/// Characters that a terminal obeys instead of showing them: controls (ESC, and CSI in one character, among them), and
/// those that turn the direction of what follows or break a line (<https://www.unicode.org/reports/tr9/>).
pub fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text on one line.
pub fn line(text: &str) -> String {
    spelt(text, |c| c == '\t', |c| c.escape_default().to_string())
}

/// The text; its lines stay lines, also those that end as on Windows.
pub fn lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| match line.strip_suffix('\r') {
        Some(line) => self::line(line) + "\r",
        None => self::line(line),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a program printed, without the colors that it was told to print.
pub fn uncolored(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once('m') {
        Some((codes, rest)) if codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => text + rest,
        _ => text + "\u{1b}[" + part,
    })
}

/// The first `most` characters of a text, and the sign that there are more.
pub fn start(text: &str, most: usize) -> (&str, &'static str) {
    text.char_indices().nth(most).map_or((text, ""), |(end, _)| (&text[..end], "…"))
}

/// A JSON document that means the same. Between its strings it holds none of these characters but line endings.
pub fn json(document: &str) -> String {
    spelt(document, |c| c == '\n', |c| format!("\\u{:04x}", u32::from(c)))
}

fn spelt(text: &str, is_kept: impl Fn(char) -> bool, spell: impl Fn(char) -> String) -> String {
    if !text.contains(is_obeyed) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match is_obeyed(c) && !is_kept(c) {
            true => out.push_str(&spell(c)),
            false => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        let hostile = "a\u{1b}[2Jb\u{9b}31mc\u{7}d\re\u{8}f\u{202e}g\u{2066}h\u{7f}i\u{2028}j";
        let shown = "a\\u{1b}[2Jb\\u{9b}31mc\\u{7}d\\re\\u{8}f\\u{202e}g\\u{2066}h\\u{7f}i\\u{2028}j";
        assert_eq!(line(hostile), shown);
        assert_eq!(lines(&format!("{hostile}\r\n\tx\n")), format!("{shown}\r\n\tx\n"));
        assert_eq!(line("one\ntwo\r"), "one\\ntwo\\r");
        let observed = "größer 日本 👩‍🚀 e\u{301} \u{200d}\t\"quoted\" \\ `x`";
        assert_eq!((line(observed), lines(observed)), (observed.to_owned(), observed.to_owned()));
    }

    #[test]
    fn only_colors_are_taken_away() {
        assert_eq!(uncolored("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: \u{1b}[38;5;1mx\u{1b}[m"), "error: x");
        assert_eq!(uncolored("m\u{1b}[2J\u{1b}[\u{1b}[31"), "m\u{1b}[2J\u{1b}[\u{1b}[31");
    }

    #[test]
    fn a_document_means_the_same() {
        let value = serde_json::json!({ "subject": "a\u{1b}[2J\u{9b}m\u{7f}\u{202e}\u{2028}\n\tü" });
        let written = json(&format!("{value:#}"));
        assert!(!written.contains(|c| is_obeyed(c) && c != '\n'), "{written:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
    }
}
