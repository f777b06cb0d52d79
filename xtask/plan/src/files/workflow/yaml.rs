//! The values of a YAML text with the keys that lead to them, as far as workflows use YAML.
//! It must never give a value that it does not understand.

use super::Leaf;

/// How deep flow collections are followed.
const DEEP: usize = 16;

/// Every value of a workflow, as far as it is plain YAML.
pub fn read(text: &str) -> Vec<Leaf> {
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim_end).collect();
    let mut reader = Reader { lines, next: 0, open: Vec::new(), leaves: Vec::new() };
    while reader.next < reader.lines.len() {
        let at = reader.next;
        reader.next += 1;
        let line = reader.lines[at];
        let content = line.trim_start_matches(' ');
        if !is_blank(line) && !content.starts_with(['\t', '%']) && !matches!(content, "---" | "...") {
            reader.entry(at, line.len() - content.len(), content);
        }
    }
    reader.leaves
}

/// A key or an item that is open: what is indented deeper belongs to it.
struct Open {
    indent: usize,
    key: String,
    is_item: bool,
    items: usize,
}

struct Reader<'t> {
    lines: Vec<&'t str>,
    next: usize,
    open: Vec<Open>,
    leaves: Vec<Leaf>,
}

impl Reader<'_> {
    /// Takes `key: value`, `- item`, or an item that is a key itself.
    fn entry(&mut self, at: usize, indent: usize, content: &str) {
        let item = content.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '));
        // A list may stand as deep as the key that it belongs to.
        let ends = |open: &Open| open.indent > indent || open.indent == indent && (item.is_none() || open.is_item);
        while self.open.last().is_some_and(ends) {
            self.open.pop();
        }
        if let Some(rest) = item {
            let Some(list) = self.open.last_mut() else { return };
            let key = format!("[{}]", list.items);
            list.items += 1;
            self.open.push(Open { indent, key, is_item: true, items: 0 });
            let value = rest.trim_start_matches(' ');
            if key_of(value).is_some() {
                self.entry(at, indent + content.len() - value.len(), value);
            } else if !is_blank(value) {
                self.value(at, indent, value);
            }
        } else if let Some((key, value)) = key_of(content) {
            self.open.push(Open { indent, key, is_item: false, items: 0 });
            if !is_blank(value) {
                self.value(at, indent, value);
            } else if self.is_empty(indent) {
                let path = self.open.iter().map(|open| open.key.clone()).collect();
                self.leaves.push(Leaf { line: at + 1, path, text: String::new() });
            }
        }
    }

    /// Whether nothing belongs to the key of the line before.
    fn is_empty(&self, indent: usize) -> bool {
        let next = self.lines[self.next..].iter().find(|line| !is_blank(line));
        next.is_none_or(|line| {
            let content = line.trim_start_matches(' ');
            let deep = line.len() - content.len();
            deep < indent || deep == indent && !content.starts_with("- ") && content != "-"
        })
    }

    /// Takes the value of what was opened last, with the lines below that belong to it.
    fn value(&mut self, at: usize, indent: usize, value: &str) {
        let path: Vec<String> = self.open.iter().map(|open| open.key.clone()).collect();
        // Nothing else belongs to what has a value.
        self.open.pop();
        let from = self.next;
        let deeper = |line: &str| line.len() - line.trim_start_matches(' ').len() > indent;
        if value.starts_with(['|', '>']) {
            while self.lines.get(self.next).is_some_and(|line| line.is_empty() || deeper(line)) {
                self.next += 1;
            }
            let block = &self.lines[from..self.next];
            let filled = block.iter().filter(|line| !line.is_empty());
            let depth = filled.map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
            let text: Vec<&str> = block.iter().map(|line| line.get(depth..).unwrap_or("")).collect();
            let glue = if value.starts_with('>') { " " } else { "\n" };
            self.leaves.push(Leaf { line: from + 1, path, text: text.join(glue).trim_end().to_owned() });
            return;
        }
        let mut whole = uncommented(value).to_owned();
        let flow = value.starts_with(['[', '{']);
        // The bracket that closes may stand as deep as the key.
        while let Some(line) = self.lines.get(self.next) {
            let more = is_blank(line) || deeper(line) || flow && line.trim_start().starts_with([']', '}']);
            if !more || flow && is_closed(&whole) {
                break;
            }
            self.next += 1;
            whole = format!("{whole} {}", uncommented(line.trim_start()));
        }
        let mut flow = Flow { rest: whole.trim_end(), line: at + 1, leaves: Vec::new() };
        // What is left over shows that it was not understood.
        if flow.value(path, DEEP, &[]).is_some() && flow.rest.trim().is_empty() {
            self.leaves.append(&mut flow.leaves);
        }
    }
}

fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// The line up to its comment; a `#` within quotes, or in a word, is none.
fn uncommented(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) if !before.is_alphanumeric() => quote = Some(c),
            (c, Some(open)) if c == open && before != '\\' => quote = None,
            ('#', None) if before.is_whitespace() => return line[..at].trim_end(),
            _ => {}
        }
        before = c;
    }
    line
}

/// Splits `key: value` and `key:`; the key may be quoted.
fn key_of(content: &str) -> Option<(String, &str)> {
    let (key, rest) = match content.chars().next()? {
        quote @ ('"' | '\'') => content[1..].split_once(quote)?,
        '[' | '{' | '#' | '&' | '*' | '!' | '|' | '>' | '?' | '@' | '`' => return None,
        _ => {
            let end = content.match_indices(':').map(|(at, _)| at);
            let mut end = end.filter(|at| content[at + 1..].is_empty() || content[at + 1..].starts_with(' '));
            content.split_at(end.next()?)
        }
    };
    let value = rest.trim_start().strip_prefix(':')?;
    let separate = value.is_empty() || value.starts_with(' ');
    separate.then(|| (key.trim_end().to_owned(), value.trim_start()))
}

/// Whether as many brackets are closed as were opened, those within quotes aside.
fn is_closed(text: &str) -> bool {
    let (mut quote, mut depth) = (None, 0_i32);
    for c in text.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            _ => {}
        }
    }
    depth <= 0
}

/// A value on one line: a scalar, `[a, b]` or `{a: b}`.
struct Flow<'t> {
    rest: &'t str,
    line: usize,
    leaves: Vec<Leaf>,
}

impl Flow<'_> {
    /// Takes one value; a plain one ends where one of `ends` does, or with the text.
    fn value(&mut self, path: Vec<String>, deep: usize, ends: &[char]) -> Option<()> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some('[') => self.collection(&path, deep.checked_sub(1)?, ']'),
            Some('{') => self.collection(&path, deep.checked_sub(1)?, '}'),
            Some('&' | '*' | '!' | '|' | '>' | '@' | '`') => None,
            _ => {
                let text = self.scalar(ends)?;
                self.leaves.push(Leaf { line: self.line, path, text });
                Some(())
            }
        }
    }

    fn collection(&mut self, path: &[String], deep: usize, close: char) -> Option<()> {
        self.rest = &self.rest[1..];
        for at in 0.. {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(close) {
                self.rest = rest;
                return Some(());
            }
            let key = match close {
                ']' => format!("[{at}]"),
                _ => {
                    let key = self.scalar(&[':', ',', close])?;
                    self.rest = self.rest.trim_start().strip_prefix(':')?;
                    key
                }
            };
            self.value([path, &[key]].concat(), deep, &[',', close])?;
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None if self.rest.starts_with(close) => {}
                None => return None,
            }
        }
        None
    }

    fn scalar(&mut self, ends: &[char]) -> Option<String> {
        let mut chars = self.rest.char_indices().peekable();
        let Some((_, quote @ ('"' | '\''))) = chars.next_if(|(_, c)| matches!(c, '"' | '\'')) else {
            let end = self.rest.find(ends).filter(|_| !ends.is_empty()).unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(text.trim().to_owned());
        };
        let mut text = String::new();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' if quote == '\'' && chars.next_if(|(_, c)| *c == '\'').is_some() => text.push('\''),
                '\\' if quote == '"' => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    c @ ('"' | '\\' | '/' | ' ') => text.push(c),
                    _ => return None,
                },
                c if c == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                c => text.push(c),
            }
        }
        None
    }
}
