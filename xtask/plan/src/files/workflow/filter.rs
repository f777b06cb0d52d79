//! Which names the filters of a workflow let through, in the globs of GitHub Actions.
//! It must never let through a name that a later filter takes out.

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
