//! Words that were not written as Markdown, such as a commit's, as an entry that shows them.
//! It must never change what stands between backticks: people mark code there, wherever they write.

use crate::visible;

/// The words on one line, in which nothing begins a heading, a list, HTML, a link or its definition.
pub fn plain(words: &str) -> String {
    let words = visible::line(words);
    let mut out = String::new();
    if begins_block(&words) {
        // A backslash before a digit is none of Markdown.
        let digits = words.len() - words.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        out.push_str(&format!("{}\\", &words[..digits]));
    }
    let mut rest = &words[out.len().saturating_sub(1)..];
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => code(rest),
            // What is escaped already stays so.
            '\\' if rest[1..].starts_with(|next: char| next.is_ascii_punctuation()) => 2,
            _ => c.len_utf8(),
        };
        let (word, after) = rest.split_at(taken);
        let is_tag = c == '<' && after.starts_with(|next: char| next.is_ascii_alphabetic() || "/!?".contains(next));
        let is_link = matches!(c, '(' | '[') && out.ends_with(']');
        if is_tag || is_link {
            out.push('\\');
        }
        out.push_str(word);
        rest = after;
    }
    out
}

/// Whether Markdown takes the first sign for a heading, a quotation, a list, a fence, a rule, or the definition of a link.
fn begins_block(words: &str) -> bool {
    let after = |signs: &str| words.trim_start_matches(|c| signs.contains(c));
    let number = after("0123456789");
    let is_heading = words.starts_with('#') && (after("#").is_empty() || after("#").starts_with([' ', '\t']));
    let is_item =
        super::is_list(words) || number.len() < words.len() && [". ", ") "].iter().any(|mark| number.starts_with(mark));
    let is_rule = words.len() > 2 && ["-", "*", "_", "="].iter().any(|sign| after(&format!("{sign} ")).is_empty());
    let is_fence = words.starts_with("~~~") || words.starts_with("```") && code(words) == after_run(words);
    is_heading || is_item || is_rule || is_fence || words.starts_with('>') || words.starts_with('[')
}

/// How long the run of backticks is.
fn after_run(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// How far the code goes that begins with a text's backticks: as many of them end it (CommonMark 0.31, 6.1). Without an
/// end they are signs like others.
fn code(text: &str) -> usize {
    let run = after_run(text);
    let mut at = run;
    while let Some(start) = text[at..].find('`').map(|found| at + found) {
        let end = start + after_run(&text[start..]);
        if end - start == run {
            return end;
        }
        at = end;
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_as_they_are() {
        for (words, shown) in [
            ("Vec<T> and `Vec<T>`", "Vec\\<T> and `Vec<T>`"),
            ("a < b, 1<2, <3", "a < b, 1<2, <3"),
            ("</x> <!-- <?x", "\\</x> \\<!-- \\<?x"),
            ("an ` and <b>", "an ` and \\<b>"),
            ("`` a ` <b> `` <b> ` <b>", "`` a ` <b> `` \\<b> ` \\<b>"),
            ("see [x](y), [x][y] and [x] (y)", "see [x]\\(y), [x]\\[y] and [x] (y)"),
            ("\\<b> \\\\<b> \\n", "\\<b> \\\\\\<b> \\n"),
            ("# x", "\\# x"),
            ("#12 is fixed", "#12 is fixed"),
            ("> x", "\\> x"),
            ("- x", "\\- x"),
            ("-x", "-x"),
            ("--", "--"),
            (". x", ". x"),
            ("a\\", "a\\"),
            ("\\ö <b>", "\\ö \\<b>"),
            ("12. x", "12\\. x"),
            ("1.2 is out", "1.2 is out"),
            ("--- -", "\\--- -"),
            ("```sh", "\\```sh"),
            ("```sh``` is code", "```sh``` is code"),
            ("~~~", "\\~~~"),
            ("[0.9.3]: https://x", "\\[0.9.3]: https://x"),
            ("a\u{1b}[2J\u{202e}b\rc\td", "a\\u{1b}[2J\\u{202e}b\\rc\td"),
            ("größer 日本", "größer 日本"),
            ("", ""),
        ] {
            assert_eq!(plain(words), shown, "{words}");
        }
    }
}
