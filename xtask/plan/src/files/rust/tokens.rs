//! Rust sources as tokens, groups among them.
//! It must never give tokens of a text that it cannot read to its end.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

#[derive(Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Sign(char),
    /// Without its quotes; `None` for a literal that is no text, or is not written as it is.
    Text(Option<String>),
    Group(char, Vec<Token>),
}

impl Token {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(own) if own == word)
    }
}

/// The tokens, in their groups; `None` where a group or a literal has no end.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let text = text.trim_start_matches('\u{feff}');
    let is_script = text.starts_with("#!") && !text[2..].trim_start().starts_with('[');
    let code = if is_script { text.split_once('\n').map_or("", |(_, code)| code) } else { text };
    Some(grouped(code.parse().ok()?))
}

fn grouped(stream: TokenStream) -> Vec<Token> {
    let token = |tree| match tree {
        TokenTree::Ident(name) => Token::Word(name.to_string().trim_start_matches("r#").to_owned()),
        TokenTree::Punct(sign) => Token::Sign(sign.as_char()),
        TokenTree::Literal(literal) => Token::Text(plain(&literal.to_string()).map(str::to_owned)),
        TokenTree::Group(group) => {
            let open = match group.delimiter() {
                Delimiter::Parenthesis => '(',
                Delimiter::Bracket => '[',
                Delimiter::Brace => '{',
                Delimiter::None => ' ',
            };
            Token::Group(open, grouped(group.stream()))
        }
    };
    stream.into_iter().map(token).collect()
}

/// The content of a text without escapes: `"…"`, `r"…"`, `r#"…"#`.
fn plain(literal: &str) -> Option<&str> {
    match literal.strip_prefix('r') {
        Some(raw) => raw.trim_matches('#').strip_prefix('"')?.strip_suffix('"'),
        None => literal.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains('\\')),
    }
}
