//! Text of others as a terminal may be given it: what would move the cursor, ring, or turn the order of letters is spelt
//! out. It must never change what is kept in a file, nor a letter that is only seen.

/// Characters that a terminal obeys instead of showing them: controls (ESC, and CSI in one character, among them), and
/// those that turn the direction of what follows or break a line (<https://www.unicode.org/reports/tr9/>).
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text on one line.
pub fn line(text: &str) -> String {
    spelt(text, |c| c == '\t', |c| c.escape_default().to_string())
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
        assert_eq!(line("one\ntwo\r"), "one\\ntwo\\r");
        let seen = "größer 日本 👩‍🚀 e\u{301} \u{200d}\t\"quoted\" \\ `x`";
        assert_eq!(line(seen), seen);
    }
}
