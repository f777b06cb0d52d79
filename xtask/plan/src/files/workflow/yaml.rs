//! The values of a YAML text with the keys that lead to them.
//! It must never fail: of a text that is no YAML, it gives what stands before the error.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

use super::Leaf;

/// As many values are read. An alias stands for a whole value, and aliases of aliases can stand for any number.
const MANY: usize = 100_000;

/// Every value of a workflow.
pub fn read(text: &str) -> Vec<Leaf> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        let Ok((event, span)) = event else { break };
        match event {
            Event::Scalar(text, _, anchor, _) => reader.scalar(text.into_owned(), span.start.line(), anchor),
            Event::Alias(anchor) => reader.alias(anchor),
            Event::SequenceStart(anchor, _) => reader.begin(anchor, Open::List(0)),
            Event::MappingStart(anchor, _) => reader.begin(anchor, Open::Map(None)),
            Event::SequenceEnd | Event::MappingEnd => reader.end(),
            _ => {}
        }
        if reader.leaves.len() > MANY {
            break;
        }
    }
    reader.leaves
}

/// What has begun and not ended.
enum Open {
    /// With as many items so far.
    List(usize),
    /// With the key whose value comes next.
    Map(Option<String>),
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    leaves: Vec<Leaf>,
    /// The keys that lead to what an anchor names.
    anchors: BTreeMap<usize, Vec<String>>,
}

impl Reader {
    /// The keys that lead to the value that comes next; a key that is a list or a map has none.
    fn path(&self) -> Vec<String> {
        let key = |open: &Open| match open {
            Open::List(items) => format!("[{items}]"),
            Open::Map(key) => key.clone().unwrap_or_default(),
        };
        self.open.iter().map(key).collect()
    }

    fn scalar(&mut self, text: String, line: usize, anchor: usize) {
        if let Some(Open::Map(key @ None)) = self.open.last_mut() {
            *key = Some(text);
            return;
        }
        let path = self.named_path(anchor);
        let text = text.trim_end_matches('\n').to_owned();
        self.leaves.push(Leaf { line, path, text });
        self.next();
    }

    fn alias(&mut self, anchor: usize) {
        if let (Some(of), here) = (self.anchors.get(&anchor), self.path()) {
            let meant = |leaf: &Leaf| {
                let rest = leaf.path.strip_prefix(of.as_slice())?;
                Some(Leaf { path: [here.as_slice(), rest].concat(), ..leaf.clone() })
            };
            let meant: Vec<Leaf> = self.leaves.iter().filter_map(meant).collect();
            self.leaves.extend(meant);
        }
        self.next();
    }

    fn begin(&mut self, anchor: usize, open: Open) {
        self.named_path(anchor);
        self.open.push(open);
    }

    fn end(&mut self) {
        self.open.pop();
        self.next();
    }

    /// The path to the value that comes next, which an anchor may name.
    fn named_path(&mut self, anchor: usize) -> Vec<String> {
        let path = self.path();
        if anchor > 0 {
            self.anchors.insert(anchor, path.clone());
        }
        path
    }

    /// A value is complete.
    fn next(&mut self) {
        match self.open.last_mut() {
            Some(Open::List(items)) => *items += 1,
            Some(Open::Map(key)) => *key = key.is_none().then(String::new),
            None => {}
        }
    }
}
