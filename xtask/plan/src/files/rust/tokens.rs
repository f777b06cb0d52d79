//! Rust sources as tokens, groups among them.
//! It must never give tokens of a text that it cannot read to its end.

#[derive(Debug, PartialEq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Sign(char),
    /// Without its quotes; `None` where it is not written as it is.
    Text(Option<&'t str>),
    Group(char, Vec<Token<'t>>),
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(own) if *own == word)
    }

    pub(super) fn is_group(&self, open: char) -> bool {
        matches!(self, Token::Group(own, _) if *own == open)
    }
}

/// The tokens, in their groups; `None` where a group or a literal has no end.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut rest = text.trim_start_matches('\u{feff}');
    if rest.starts_with("#!") && !rest[2..].trim_start().starts_with('[') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let mut open: Vec<(char, Vec<Token<'_>>)> = vec![(' ', Vec::new())];
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let word = word_at(rest);
        if first.is_whitespace() {
            rest = after;
        } else if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if rest.starts_with("/*") {
            rest = behind_comment(rest)?;
        } else if let Some((token, behind)) = quoted(rest, word)? {
            open.last_mut()?.1.push(token);
            rest = behind;
        } else if !word.is_empty() {
            open.last_mut()?.1.push(Token::Word(word));
            rest = &rest[word.len()..];
        } else {
            rest = after;
            match first {
                '\'' => rest = behind_quote(after)?,
                '(' | '[' | '{' => open.push((first, Vec::new())),
                ')' | ']' | '}' => {
                    let (begun, tokens) = open.pop()?;
                    if !matches!((begun, first), ('(', ')') | ('[', ']') | ('{', '}')) {
                        return None;
                    }
                    open.last_mut()?.1.push(Token::Group(begun, tokens));
                }
                sign => open.last_mut()?.1.push(Token::Sign(sign)),
            }
        }
    }
    let (_, tokens) = open.pop()?;
    open.is_empty().then_some(tokens)
}

/// The name or number that a text begins with.
fn word_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Comments may stand in one another.
fn behind_comment(text: &str) -> Option<&str> {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += rest.chars().next()?.len_utf8();
        }
        if depth == 0 {
            return text.get(at..);
        }
    }
    None
}

/// What follows a character or a lifetime, behind its first quote.
fn behind_quote(text: &str) -> Option<&str> {
    let mut characters = text.char_indices();
    let (_, first) = characters.next()?;
    let (at, second) = characters.next()?;
    match (first, second) {
        ('\\', _) => {
            let behind = &text[at + second.len_utf8()..];
            Some(&behind[behind.find('\'')? + 1..])
        }
        (_, '\'') => Some(&text[at + 1..]),
        _ => Some(&text[word_at(text).len()..]),
    }
}

/// The text that begins here and what is behind it, if one begins; `word` is what a prefix would be in. `None` without an end.
#[allow(clippy::type_complexity)]
fn quoted<'t>(text: &'t str, word: &str) -> Option<Option<(Token<'t>, &'t str)>> {
    let behind = &text[word.len()..];
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    if matches!(word, "r" | "br" | "cr") && behind[hashes..].starts_with('"') {
        let content = &behind[hashes + 1..];
        let end = format!("\"{}", "#".repeat(hashes));
        let at = content.find(&end)?;
        return Some(Some((Token::Text((word == "r").then_some(&content[..at])), &content[at + end.len()..])));
    }
    if word == "r" && hashes == 1 {
        let name = word_at(&behind[1..]);
        return Some(Some((Token::Word(name), &behind[1 + name.len()..])));
    }
    if word == "b" && behind.starts_with('\'') {
        return Some(Some((Token::Text(None), behind_quote(&behind[1..])?)));
    }
    if !matches!(word, "" | "b" | "c") || !behind.starts_with('"') {
        return Some(None);
    }
    let content = &behind[1..];
    let (mut at, mut is_plain) = (0, word.is_empty());
    loop {
        match content[at..].chars().next()? {
            '"' => {
                let text = is_plain.then_some(&content[..at]);
                return Some(Some((Token::Text(text), &content[at + 1..])));
            }
            '\\' => {
                is_plain = false;
                at += 1 + content[at + 1..].chars().next()?.len_utf8();
            }
            other => at += other.len_utf8(),
        }
    }
}
