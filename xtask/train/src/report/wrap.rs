//! Where the lines of a text break on a terminal.
//! It must never break what somebody may paste: `next:` and all after it, what is quoted, a command, an option.

/// The text that is at most so wide where words allow it, and that begins after `before`, whose indentation it keeps.
pub fn wrapped(before: &str, text: &str, width: usize) -> String {
    let mut lines = text.split('\n');
    let first = one(before, lines.next().unwrap_or_default(), width);
    lines.fold(first, |whole, line| whole + "\n" + &one("", line, width))
}

fn one(before: &str, line: &str, width: usize) -> String {
    let whole = format!("{before}{line}");
    if whole.chars().count() <= width || whole.trim_start().starts_with("next: ") {
        return line.to_owned();
    }
    let margin = " ".repeat(whole.len() - whole.trim_start().len() + 3);
    let (prose, next) = line.split_once("; next: ").map_or((line, None), |(prose, next)| (prose, Some(next)));
    let (mut out, mut at) = (String::new(), before.chars().count());
    for chunk in chunks(prose) {
        let long = chunk.trim_end().chars().count();
        if long > 0 && at + long > width && !out.trim().is_empty() {
            out.truncate(out.trim_end().len());
            out += &format!("\n{margin}");
            at = margin.len();
        }
        out += chunk;
        at += chunk.chars().count();
    }
    next.map_or(out.clone(), |next| format!("{out}\n{margin}next: {next}"))
}

/// What stays on one line: a word with the space after it, or all the words of what can be pasted.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let (mut rest, mut quoted, mut command, mut end) = (text, false, false, 0);
    while let Some(space) = rest[end..].find(' ') {
        let word = &rest[end..end + space];
        end += space + 1;
        quoted ^= word.matches('`').count() % 2 == 1;
        let bare = word.trim_start_matches(['(', '`']);
        let ends = word.ends_with([',', ';', ':', ')', '`']);
        command = (command || ["cargo", "gh", "git"].contains(&bare)) && !ends;
        let option = bare.starts_with('-') && !ends || rest[end..].starts_with('-');
        if !quoted && !command && !option {
            chunks.push(&rest[..end]);
            (rest, end) = (&rest[end..], 0);
        }
    }
    chunks.push(rest);
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_so_does_what_is_pasted() {
        for (before, text, expected) in [
            ("note:", " it fits", " it fits"),
            ("note:", " this is longer than that is wide", " this is longer than that\n   is wide"),
            ("  ", "this is longer than that is wide", "this is longer than that is\n     wide"),
            ("", "   next: cargo xtask release 0.8.0 --push", "   next: cargo xtask release 0.8.0 --push"),
            (
                "note:",
                " lark is old; next: cargo xtask release 0.8.0 --push; or not",
                " lark is old\n   next: cargo xtask release 0.8.0 --push; or not",
            ),
            ("", "it can be `pasted as it stands here` once", "it can be\n   `pasted as it stands here`\n   once"),
            (
                "",
                "first of all, git push origin main --tags, then rest",
                "first of all,\n   git push origin main --tags,\n   then rest",
            ),
            (
                "",
                "blocked: ci (without: --waive ci --waive review)",
                "blocked: ci\n   (without: --waive ci --waive review)",
            ),
            ("", "averyveryverylongwordthatfitsnowhere at all", "averyveryverylongwordthatfitsnowhere\n   at all"),
            ("", "one\ntwo is longer than that is wide", "one\ntwo is longer than that is\n   wide"),
            (
                "  todo   ",
                " ci: it passes      forge    none has passed; next: wait",
                " ci: it passes\n     forge    none has passed\n     next: wait",
            ),
            ("", "", ""),
        ] {
            assert_eq!(wrapped(before, text, 30), expected, "{before}{text}");
        }
    }
}
