//! A workflow of GitHub Actions: its values with the keys that lead to them, the commands in a script, and what a glob
//! means. It must never guess: what it cannot read (anchors, tags, odd indentation) it leaves out, and never fails.

use std::path::Path;

/// Whether GitHub takes the file for a workflow.
pub fn is_one(path: &Path) -> bool {
    let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    is_yaml && path.parent() == Some(Path::new(".github/workflows"))
}

/// A value, where it stands, and the keys that lead to it; the items of a list count as `[0]`, `[1]`, ….
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub line: usize,
    pub path: Vec<String>,
    pub text: String,
}

impl Leaf {
    /// Whether the keys are these; `*` stands for any one of them.
    pub fn is(&self, path: &[&str]) -> bool {
        self.path.len() == path.len() && self.path.iter().zip(path).all(|(key, wanted)| *wanted == "*" || key == wanted)
    }
}

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

/// Whether a list of filters lets a name through: the last one that matches decides, and `!` lets nothing through.
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>)
pub fn lets_through<'f>(filters: impl IntoIterator<Item = &'f str>, name: &str) -> bool {
    filters.into_iter().fold(false, |through, filter| match filter.strip_prefix('!') {
        Some(filter) => through && !matches(filter, name),
        None => through || matches(filter, name),
    })
}

/// Whether a glob of GitHub's matches all of a name: `*` stops at `/`, `**` does not; `?` and `+` say how often the
/// character before them comes.
pub fn matches(glob: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // The places in the name that the glob so far may have come to.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for part in parts(glob) {
        let before = reached.clone();
        if part.at_least_once {
            reached.fill(false);
        }
        for at in 0..name.len() {
            let from = before[at] || part.again && reached[at];
            reached[at + 1] |= from && part.takes.has(name[at]);
        }
        if part.takes == Takes::Directories {
            // Only whole directories: it ends after a slash, or takes nothing.
            for at in 0..name.len() {
                reached[at + 1] = before[at + 1] || reached[at + 1] && name[at] == '/';
            }
        }
    }
    reached[name.len()]
}

#[derive(PartialEq)]
enum Takes {
    /// Characters and ranges of them.
    OneOf(Vec<(char, char)>),
    NoSlash,
    Anything,
    Directories,
}

impl Takes {
    fn has(&self, c: char) -> bool {
        match self {
            Takes::OneOf(ranges) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)),
            Takes::NoSlash => c != '/',
            Takes::Anything | Takes::Directories => true,
        }
    }
}

struct Part {
    takes: Takes,
    at_least_once: bool,
    again: bool,
}

fn parts(glob: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut chars = glob.chars().peekable();
    let mut in_front = true;
    while let Some(c) = chars.next() {
        let any = |takes| Part { takes, at_least_once: false, again: true };
        let one = |ranges| Part { takes: Takes::OneOf(ranges), at_least_once: true, again: false };
        let part = match c {
            '*' if chars.next_if_eq(&'*').is_some() => match in_front && chars.next_if_eq(&'/').is_some() {
                true => any(Takes::Directories),
                false => any(Takes::Anything),
            },
            '*' => any(Takes::NoSlash),
            '?' | '+' if parts.last().is_some_and(|part| matches!(part.takes, Takes::OneOf(_))) => {
                let last = parts.last_mut().expect("there is one");
                (last.at_least_once, last.again) = (c == '+', c == '+');
                continue;
            }
            '[' => {
                let set: String = chars.clone().take_while(|c| *c != ']').collect();
                match chars.clone().nth(set.chars().count()) {
                    Some(_) => {
                        chars.nth(set.chars().count());
                        one(ranges(&set))
                    }
                    None => one(vec![('[', '[')]),
                }
            }
            '\\' => {
                let c = chars.next().unwrap_or('\\');
                one(vec![(c, c)])
            }
            c => one(vec![(c, c)]),
        };
        in_front = c == '/' || part.takes == Takes::Directories;
        parts.push(part);
    }
    parts
}

/// `a-z0` is a to z, and 0.
fn ranges(set: &str) -> Vec<(char, char)> {
    let set: Vec<char> = set.chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < set.len() {
        match set[at..] {
            [from, '-', to, ..] => {
                ranges.push((from, to));
                at += 3;
            }
            _ => {
                ranges.push((set[at], set[at]));
                at += 1;
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reported(text: &str) -> Vec<String> {
        read(text).iter().map(|leaf| format!("{} {} = {}", leaf.line, leaf.path.join("."), leaf.text)).collect()
    }

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "\u{feff}# comment\nname: x # why\n'on':\n  push:\n    tags: [\"v[0-9]*\", 'it''s', b]\n    paths:\n    - a/**\n    - \"b # c\"\n\n  pull_request:\njobs:\n  build:\n    strategy:\n      matrix:\n        include:\n          - { os: linux, target: x }\n          - os: mac\n            target: y\n    steps:\n      - uses: ./a # here\n        with:\n          name: w-${{ matrix.os }}\n      - run: |\n          one \\\n            two\n\n          # three\n        working-directory: d\n      - name: folded\n        run: >-\n          a\n          b\n      - run: plain\n          goes on\n";
        assert_eq!(
            reported(text),
            [
                "2 name = x",
                "5 on.push.tags.[0] = v[0-9]*",
                "5 on.push.tags.[1] = it's",
                "5 on.push.tags.[2] = b",
                "7 on.push.paths.[0] = a/**",
                "8 on.push.paths.[1] = b # c",
                "10 on.pull_request = ",
                "16 jobs.build.strategy.matrix.include.[0].os = linux",
                "16 jobs.build.strategy.matrix.include.[0].target = x",
                "17 jobs.build.strategy.matrix.include.[1].os = mac",
                "18 jobs.build.strategy.matrix.include.[1].target = y",
                "20 jobs.build.steps.[0].uses = ./a",
                "22 jobs.build.steps.[0].with.name = w-${{ matrix.os }}",
                "24 jobs.build.steps.[1].run = one \\\n  two\n\n# three",
                "28 jobs.build.steps.[1].working-directory = d",
                "29 jobs.build.steps.[2].name = folded",
                "31 jobs.build.steps.[2].run = a b",
                "33 jobs.build.steps.[3].run = plain goes on",
            ]
        );
        let text = "on: { push: { tags: [\n  \"v*\", # finals\n  '!v0*',\n] } }\nafter: 1\n";
        assert_eq!(reported(text), ["1 on.push.tags.[0] = v*", "1 on.push.tags.[1] = !v0*", "5 after = 1"]);
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let text = "a: &x 1\nb: *x\nc: !!str d\ne: [f\ng: \"h\ni: {j}\nk: l\n- m\n? n\n\to: p\nq: 'r' s\nt: u\n";
        assert_eq!(reported(text), ["7 k = l", "12 t = u"].map(str::to_owned), "{:#?}", reported(text));
    }

    #[test]
    fn a_script_is_its_commands() {
        let table: [(&str, &[&str]); 12] = [
            ("cargo test -p 'a b' # c", &["cargo|test|-p|a b"]),
            ("a && b; c | d || e & f", &["a", "b", "c", "d", "e", "f"]),
            ("X=1 Y=\"2 3\" cargo run", &["cargo|run"]),
            ("cargo \\\n  build \\\n  --release", &["cargo|build|--release"]),
            ("if ! cargo test; then exit 1; fi", &["cargo|test", "exit|1", "fi"]),
            ("echo hi > out 2>&1", &["echo|hi"]),
            ("login <<< \"$T\"", &["login"]),
            ("a\ncat << EOF\nb\nEOF\nc", &["a"]),
            ("a $(b)\nc", &["c"]),
            ("cargo xtask release ${{ inputs.version || 'x y' }} --push", &["cargo|xtask|release|$|--push"]),
            ("cargo xtask wheels --target \"$TARGET\"", &["cargo|xtask|wheels|--target|$TARGET"]),
            ("echo 'open", &[]),
        ];
        for (script, expected) in table {
            let found: Vec<String> = commands(script).iter().map(|words| words.join("|")).collect();
            assert_eq!(found, expected, "{script}");
        }
    }

    /// The cheat sheet of GitHub's documentation, and its neighbours.
    #[test]
    fn globs_mean_what_the_documentation_says() {
        let table: [(&str, &[&str], &[&str]); 30] = [
            ("feature/*", &["feature/my-branch", "feature/your-branch"], &["feature/a/b", "feature"]),
            ("feature/**", &["feature/beta-a/my-branch", "feature/mona/the/octocat"], &["feature"]),
            ("main", &["main"], &["mains", "amain"]),
            ("releases/mona-the-octocat", &["releases/mona-the-octocat"], &[]),
            ("*", &["main", "releases"], &["all/the/branches"]),
            ("**", &["all/the/branches", "every/tag", "x"], &[]),
            ("*feature", &["mona-feature", "feature", "ver-10-feature"], &["features", "a/feature"]),
            ("v2*", &["v2", "v2.0", "v2.9"], &["v1", "av2"]),
            ("v[12].[0-9]+.[0-9]+", &["v1.10.1", "v2.0.0"], &["v3.0.0", "v1.0", "v1.0.0-rc.1"]),
            ("*.jsx?", &["page.js", "page.jsx"], &["page.jsxx", "page.j"]),
            ("**.js", &["index.js", "js/index.js", "src/js/app.js"], &["index.jsx"]),
            ("docs/*", &["docs/README.md", "docs/file.txt"], &["docs/a/b"]),
            ("docs/**", &["docs/README.md", "docs/mona/octocat.txt"], &["docs", "a/docs/b"]),
            ("docs/**/*.md", &["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], &["docs.md"]),
            ("**/docs/**", &["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], &["mydocs/a"]),
            ("**/README.md", &["README.md", "js/README.md"], &["aREADME.md"]),
            ("**/*src/**", &["a/src/app.js", "my-src/code/js/app.js"], &["src"]),
            ("**/*-post.md", &["my-post.md", "path/their-post.md"], &["post.md"]),
            ("**/migrate-*.sql", &["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], &[]),
            ("[CB]at", &["Cat", "Bat"], &["at", "Rat"]),
            ("[1-2]00", &["100", "200"], &["300"]),
            ("v[0-9]*", &["v0.10.0", "v0.10.0-rc.1", "v0.9.3.post1"], &["v", "vx", "market-data-v1.3.0", "v1/2"]),
            ("market-data-v[0-9]*", &["market-data-v1.3.0"], &["v1.3.0"]),
            ("v?1", &["1", "v1"], &["vv1"]),
            ("v+1", &["v1", "vv1"], &["1"]),
            ("a\\*b", &["a*b"], &["ab", "axb"]),
            ("[ab", &["[ab"], &["a"]),
            ("*?", &["a?"], &["a"]),
            ("", &[""], &["a"]),
            ("+", &["+"], &[""]),
        ];
        for (glob, these, others) in table {
            these.iter().for_each(|name| assert!(matches(glob, name), "{glob} matches {name}"));
            others.iter().for_each(|name| assert!(!matches(glob, name), "{glob} does not match {name}"));
        }
        assert!(lets_through(["*.md", "!README.md"], "hello.md") && !lets_through(["*.md", "!README.md"], "README.md"));
        assert!(lets_through(["*.md", "!README.md", "README*"], "README.md"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "([ -]{0,4}[a-c:\\[\\]{}\"'|>#&*\\\\\u{e9}$(]{0,6}[: \n]){0,24}", glob in "[a*/?+\\[\\]!\\\\-]{0,12}") {
            read(&text);
            commands(&text);
            matches(&glob, &text);
        }

        #[test]
        fn a_plain_glob_matches_itself_only(a in "[a-z0-9./-]{0,8}", b in "[a-z0-9./-]{0,8}") {
            prop_assert_eq!(matches(&a, &b), a == b);
        }
    }
}
