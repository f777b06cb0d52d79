//! The commands in a script, word by word.
//! It must never take a word for known that a shell or the forge fills in.

/// The simple commands of a shell script, as words without their quotes; `$` stays, and says that the shell fills in.
/// Lines with substitutions are left out, and all from a here-document on.
pub fn commands(script: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let script = without_expressions(&script.replace("\\\n", " "));
    for line in script.lines() {
        if line.replace("<<<", "").contains("<<") {
            break;
        }
        if line.contains("$(") || line.contains('`') {
            continue;
        }
        let Some(words) = words(line) else { continue };
        for command in words.split(|word| word.is_operator) {
            let first = |word: &&Word| {
                let assigns = word.text.split_once('=').is_some_and(|(name, _)| is_name(name));
                assigns || KEYWORDS.contains(&word.text.as_str())
            };
            let start = command.iter().take_while(first).count();
            let end = command.iter().position(|word| word.redirects).unwrap_or(command.len());
            if start < end {
                commands.push(command[start..end].iter().map(|word| word.text.clone()).collect());
            }
        }
    }
    commands
}

/// What may stand before a command.
const KEYWORDS: [&str; 11] = ["if", "then", "elif", "else", "while", "do", "!", "time", "exec", "env", "sudo"];

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Each `${{ … }}` becomes a `$`: one value that is not known here.
fn without_expressions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        out.push_str(before);
        out.push('$');
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    out + rest
}

#[derive(Default)]
struct Word {
    text: String,
    /// `&&`, `|`, `;` and the like: another command begins.
    is_operator: bool,
    /// It sends words elsewhere; what follows is no argument.
    redirects: bool,
}

/// The words of a line up to a comment; `None` when a quote is left open.
fn words(line: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '#' if word.is_none() => break,
            ' ' | '\t' => words.extend(word.take()),
            ';' | '&' | '|' | '(' | ')' => {
                words.extend(word.take());
                words.push(Word { is_operator: true, ..Word::default() });
            }
            '<' | '>' => {
                // `2>` is a redirection as a whole.
                let number = |word: &Word| word.text.chars().all(|c| c.is_ascii_digit());
                words.extend(word.take().filter(|word| !number(word)));
                words.push(Word { redirects: true, ..Word::default() });
                // `>&1` begins no command.
                chars.next_if_eq(&'&');
            }
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        end if end == c => break,
                        '\\' if c == '"' => word.text.push(chars.next()?),
                        inner => word.text.push(inner),
                    }
                }
            }
            '\\' => word.get_or_insert_default().text.push(chars.next()?),
            c => word.get_or_insert_default().text.push(c),
        }
    }
    words.extend(word);
    Some(words)
}
