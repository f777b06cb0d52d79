//! Rust sources: which other files one surely reads when it is compiled, by `mod`, `#[path]` and the `include` macros.
//! It must never tell of what may be left out: an attribute or a macro that is not known here hides all that it is on.

mod tokens;

use self::tokens::{Token, tokens};

/// Something that a source file reads.
#[derive(Debug, PartialEq)]
pub struct Reads {
    /// As it is written, for people.
    pub written: String,
    pub what: What,
}

#[derive(Debug, PartialEq)]
pub enum What {
    /// `mod NAME;` at the top of the file.
    Module(String),
    /// `#[path = "PATH"] mod NAME;` there: from the directory of the file.
    ModuleAt(String),
    /// `include_str!("PATH")` and its like: from the directory of the file.
    Included(String),
    /// The same of `concat!(env!("CARGO_MANIFEST_DIR"), "PATH")`: from the directory of the crate.
    InCrate(String),
}

/// What a text surely reads.
pub fn reads(text: &str) -> Vec<Reads> {
    let mut found = Vec::new();
    if let Some(tokens) = tokens(text) {
        items(&tokens, Level::File, &mut found);
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    File,
    /// In a module, an implementation or a trait.
    Within,
}

/// Attributes that leave what they are on where it is.
const HARMLESS: [&str; 18] = [
    "allow",
    "warn",
    "deny",
    "forbid",
    "expect",
    "doc",
    "inline",
    "must_use",
    "derive",
    "repr",
    "macro_use",
    "non_exhaustive",
    "rustfmt",
    "path",
    "deprecated",
    "no_mangle",
    "cold",
    "default",
];

/// With what an item begins that follows another one.
const BEGINNINGS: [&str; 16] = [
    "pub",
    "mod",
    "fn",
    "use",
    "const",
    "static",
    "struct",
    "enum",
    "union",
    "trait",
    "impl",
    "type",
    "extern",
    "unsafe",
    "async",
    "macro_rules",
];

/// Reads the items of a file or of a body.
fn items(tokens: &[Token], level: Level, found: &mut Vec<Reads>) {
    let mut rest = tokens;
    while let [Token::Sign('#'), Token::Sign('!'), Token::Group('[', attribute), after @ ..] = rest {
        if names_cfg(attribute) {
            return;
        }
        if attribute.first().is_some_and(|token| token.is("doc")) {
            expression(attribute, found);
        }
        rest = after;
    }
    while !rest.is_empty() {
        let mut is_sure = true;
        let (mut read, mut path) = (Vec::new(), None);
        while let [Token::Sign('#'), Token::Group('[', attribute), after @ ..] = rest {
            is_sure &= is_harmless(attribute);
            match &attribute[..] {
                [name, Token::Sign('='), Token::Text(text)] if name.is("path") => path = Some(text.as_deref()),
                _ => expression(attribute, &mut read),
            }
            rest = after;
        }
        let length = length(rest);
        let (item, after) = rest.split_at(length);
        rest = after;
        if is_sure {
            found.append(&mut read);
            of_item(item, path, level, found);
        }
    }
}

/// `#![cfg_attr(…, cfg(…))]` has its `cfg` inside.
fn names_cfg(attribute: &[Token]) -> bool {
    attribute.iter().any(|token| token.is("cfg") || matches!(token, Token::Group(_, inner) if names_cfg(inner)))
}

fn is_harmless(attribute: &[Token]) -> bool {
    HARMLESS.iter().any(|name| attribute.first().is_some_and(|token| token.is(name)))
}

/// How many tokens an item has: until its `;`, or until a body after which another item begins.
fn length(tokens: &[Token]) -> usize {
    let begins = |rest: &[Token]| match rest {
        [] | [Token::Sign('#'), ..] => true,
        [Token::Word(_), Token::Sign('!'), ..] => true,
        [Token::Word(word), ..] => BEGINNINGS.contains(&word.as_str()),
        _ => false,
    };
    let is_end = |at: usize| {
        tokens[at] == Token::Sign(';') || matches!(tokens[at], Token::Group('{', _)) && begins(&tokens[at + 1..])
    };
    (0..tokens.len()).find(|at| is_end(*at)).map_or(tokens.len(), |at| at + 1)
}

fn of_item(item: &[Token], path: Option<Option<&str>>, level: Level, found: &mut Vec<Reads>) {
    let mut rest = item;
    if let [first, after @ ..] = rest
        && first.is("pub")
    {
        rest = match after {
            [Token::Group('(', _), after @ ..] => after,
            after => after,
        };
    }
    match rest {
        [first, Token::Word(name), Token::Sign(';')] if first.is("mod") => {
            let (written, what) = match path {
                _ if level != Level::File => return,
                None => (format!("mod {name};"), What::Module(name.clone())),
                Some(Some(path)) => (format!("#[path = \"{path}\"] mod {name};"), What::ModuleAt(path.to_owned())),
                Some(None) => return,
            };
            found.push(Reads { written, what });
        }
        [first, Token::Word(_), Token::Group('{', body)] if first.is("mod") => items(body, Level::Within, found),
        // A macro may stand behind it.
        [first, head @ .., Token::Group('{', body)]
            if (first.is("impl") || first.is("trait")) && !head.contains(&Token::Sign('!')) =>
        {
            items(body, Level::Within, found);
        }
        _ => expression(rest, found),
    }
}

/// Reads what is compiled wherever it stands, but for what is given to macros and what an attribute may take out.
fn expression(tokens: &[Token], found: &mut Vec<Reads>) {
    let is_unsure = |at: usize| match &tokens[at..] {
        [Token::Sign('#'), Token::Group('[', attribute), ..] => !is_harmless(attribute),
        [Token::Sign('#'), Token::Sign('!'), ..] => true,
        _ => false,
    };
    if (0..tokens.len()).any(is_unsure) {
        return;
    }
    for at in 0..tokens.len() {
        let Token::Group(_, inner) = &tokens[at] else { continue };
        match &tokens[..at] {
            [.., Token::Word(name), Token::Sign('!')] => found.extend(included(name, inner)),
            [.., Token::Sign('!'), Token::Word(_)] | [.., Token::Sign('#')] => {}
            _ => expression(inner, found),
        }
    }
}

/// What a macro reads, where it is one that includes a file and says plainly which.
fn included(name: &str, of: &[Token]) -> Option<Reads> {
    if !["include_str", "include_bytes", "include"].contains(&name) {
        return None;
    }
    if let [Token::Text(Some(path))] | [Token::Text(Some(path)), Token::Sign(',')] = of {
        return Some(Reads { written: format!("{name}!(\"{path}\")"), what: What::Included(path.clone()) });
    }
    let [concat, Token::Sign('!'), Token::Group('(', parts)] = of else { return None };
    let [env, Token::Sign('!'), Token::Group('(', of), Token::Sign(','), Token::Text(Some(path)), rest @ ..] =
        &parts[..]
    else {
        return None;
    };
    let is_directory = matches!(&of[..], [Token::Text(Some(variable))] if variable == "CARGO_MANIFEST_DIR");
    let is_in_crate = concat.is("concat") && env.is("env") && is_directory && matches!(rest, [] | [_]);
    Some(Reads {
        written: format!("{name}!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"{path}\"))"),
        what: What::InCrate(path.strip_prefix('/').filter(|_| is_in_crate)?.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reported(text: &str, expected: &[&str]) {
        let found: Vec<String> = reads(text).into_iter().map(|reads| reads.written).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_surely_compiled_is_reported() {
        for (text, expected) in [
            ("mod made;", "mod made;"),
            ("//! A crate.\n#![no_std]\n#![cfg_attr(docsrs, feature(doc_auto_cfg))]\npub mod made;", "mod made;"),
            ("/* a /* b */ */ use a::{b, c};\n#[allow(x)]\npub(crate) mod r#made;", "mod made;"),
            ("#!/usr/bin/env run\nmod made;", "mod made;"),
            ("#[path = \"../x.rs\"]\nmod made;", "#[path = \"../x.rs\"] mod made;"),
            ("#![doc = include_str!(\"../README.md\")]", "include_str!(\"../README.md\")"),
            ("/// x\n#[doc = include_str!(\"a.md\")]\npub struct A { b: u8 }", "include_str!(\"a.md\")"),
            ("const A: &str = include_str!(\"a.txt\");", "include_str!(\"a.txt\")"),
            ("static A: &[u8] = &*include_bytes!(r\"a.bin\",);", "include_bytes!(\"a.bin\")"),
            ("include!(\"a.rs\");", "include!(\"a.rs\")"),
            (
                "fn a<'a>(b: &'a str) -> char { let _c = '\\''; if b == \"}\" { core::include_str!(\"a\"); } '\"' }",
                "include_str!(\"a\")",
            ),
            ("impl A { #[inline] fn b() -> &'static str { include_str!(\"a\") } }", "include_str!(\"a\")"),
            ("mod a { const B: [&str; 1] = [include_str!(\"a\")]; }", "include_str!(\"a\")"),
            (
                "const A: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../a\"));",
                "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../a\"))",
            ),
            ("#[cfg(test)] mod tests;\nmod made;", "mod made;"),
            ("/// About it.\n#[doc = \"more\"] mod made;", "mod made;"),
            ("fn a() {}\n/// x\nmod made;", "mod made;"),
            ("impl A {} include!(\"a.rs\");", "include!(\"a.rs\")"),
            ("impl A {}\nmod made;", "mod made;"),
            ("#[cfg(x)] fn a() {}\ninclude!(\"b.rs\");", "include!(\"b.rs\")"),
            ("impl A { const B: &str = include_str!(\"b\"); } c! { mod made; }", "include_str!(\"b\")"),
            ("use made;\nextern crate other;\nmod made;", "mod made;"),
            ("mod a { #[cfg(x)] fn b() {} const C: &str = include_str!(\"c\"); }", "include_str!(\"c\")"),
            ("trait A { #[cfg(x)] fn b() {} fn c() { include_str!(\"c\") } }", "include_str!(\"c\")"),
            ("#[test] fn a() {}\nconst A: u8 = { 1 };\nconst B: &str = include_str!(\"b\");", "include_str!(\"b\")"),
        ] {
            reported(text, &[expected]);
        }
    }

    #[test]
    fn what_may_be_left_out_is_not_reported() {
        for text in [
            "// mod made;\n/* mod made; */ const A: &str = \"mod made;\";",
            "#[cfg(x)] mod made;",
            "#[cfg(x)]\n#[allow(y)]\npub mod made;",
            "#![cfg(x)]\nmod made;",
            "#![cfg_attr(x, cfg(y))]\nmod made;",
            "#[cfg_attr(x, path = \"a.rs\")] mod made;",
            "#[path = \"a\\u{62}.rs\"] mod made;",
            "#[cfg(doctest)]\n#[doc = include_str!(\"../README.md\")]\nstruct A;",
            "#[doc = include_str!(\"../README.md\")]\n#[cfg(doctest)]\nstruct A;",
            "#![cfg_attr(doc, doc = include_str!(\"../README.md\"))]",
            "#[cfg(test)]\nmod tests { const A: &str = include_str!(\"a\"); mod b; }",
            "mod a { #[cfg(x)] const A: &str = include_str!(\"a\"); mod b; }",
            "macro_rules! a { () => { include_str!(\"a\") } }",
            "macro_rules! a { () => { mod made; } }",
            "fn a() { #![cfg(x)] include_str!(\"a\"); }",
            "const A: &str = include_str!(concat!(option_env!(\"CARGO_MANIFEST_DIR\"), \"/a\"));",
            "const A: &str = include_str!(join!(env!(\"CARGO_MANIFEST_DIR\"), \"/a\"));",
            "const A: &str = include_str!(concat!(env!(\"HOME\"), \"/a\"));",
            "cfg_if::cfg_if! { if #[cfg(x)] { mod made; } }",
            "cfg_if! { if #[cfg(x)] { const A: &str = include_str!(\"a\"); } }",
            "fn a() { b!(include_str!(\"a\")); }",
            "fn a() { #[cfg(x)] let b = include_str!(\"a\"); #[cfg(y)] { include_str!(\"a\"); } }",
            "fn a() { match b { #[cfg(x)] 1 => include_str!(\"a\"), _ => \"\" } }",
            "#[tokio::main] async fn main() { include_str!(\"a\"); }",
            "#[cfg(x)] impl A<{ 1 }> for B { fn c() { include_str!(\"a\"); } }",
            "#[cfg(x)] const A: usize = { 1 } + include_str!(\"a\").len();",
            "#[cfg(x)] const A: usize = if b { 1 } else { include_str!(\"a\").len() };",
            "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));",
            "include!(env!(\"MADE\"));",
            "impl A {} a::b! { mod made; const A: &str = include_str!(\"a\"); }",
            "const A: &str = include_str!(concat!(\"a\", \"b\"));",
            "const A: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/a\", \"b\", \"c\"));",
            // It does not compile at all.
            "mod made; }",
            "mod made; const A: &str = \"",
            "mod made; /* ",
            "mod made; '",
            "",
        ] {
            reported(text, &[]);
        }
    }

    #[test]
    fn no_text_is_too_strange_to_be_read() {
        let pieces = [
            "'", "\"", "r#\"", "#", "!", "[", "]", "{", "}", "(", ")", "mod a;", "\\", "é", "/*", "*/", "//", "\n",
            "b'", "r#", "path",
        ];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    reads(&format!("{one}{two}{three}"));
                    reads(&format!("mod b; {one}{two}{three}mod a;"));
                }
            }
        }
    }
}
