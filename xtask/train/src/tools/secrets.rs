//! What must not be read by others: the values of the environment's secrets, parts and spellings of them, and passwords in
//! addresses. It must never be asked what a secret is, only for a text without any.

use std::{
    ops::Range,
    sync::{LazyLock, PoisonError, RwLock},
};

use crate::inherited::is_secret;

/// What is known by now: the environment's secrets, and passwords of addresses that were come across.
static KNOWN: LazyLock<RwLock<Secrets>> = LazyLock::new(|| {
    let mut known = Secrets::default();
    for (name, value) in std::env::vars_os() {
        let value = value.to_string_lossy();
        match is_secret(&name.to_string_lossy()) {
            true => known.add(&value),
            false => known.add_login(&value),
        }
    }
    RwLock::new(known)
});

/// From now on the password in this address is a secret wherever it stands.
pub fn learn(address: &str) {
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).add_login(address);
}

/// The text without secrets, however they are spelt.
pub fn blanked(text: &str) -> String {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).blank(text)
}

/// The text as people may see it: passwords in addresses are blanked, too. What is only read keeps its addresses.
pub fn shown(text: &str) -> String {
    without_passwords(&blanked(text))
}

/// All that gives secrets away, as it is and as bytes that are each a character of their own.
#[derive(Debug, Default)]
struct Secrets {
    plain: Vec<String>,
    bytes: Vec<String>,
}

impl Secrets {
    /// A value, the parts of an address, and both in what `Authorization: Basic` carries.
    fn add(&mut self, value: &str) {
        let value = value.trim();
        for text in [value].into_iter().chain(parts(value)) {
            self.add_secret(text);
        }
        self.add_login(value);
    }

    /// Who logs in by an address, as in `https://USER:TOKEN@HOST`, or `https://TOKEN@HOST` as forges take it.
    fn add_login(&mut self, value: &str) {
        for (_, rest) in value.match_indices("://").map(|(at, _)| value.split_at(at + 3)) {
            let authority = &rest[..rest.find(['/', '?', '#', ' ', ',']).unwrap_or(rest.len())];
            let Some((user, _)) = authority.rsplit_once('@') else { continue };
            match user.split_once(':') {
                Some((_, password)) => self.add_secret(password),
                None if is_no_secret(user) => self.add_secret(user),
                None => {}
            }
        }
    }

    fn add_secret(&mut self, text: &str) {
        let mut spelt = Spelt::of(text);
        let mut stages = vec![text.as_bytes().to_vec()];
        while let Some(next) = spelt.decoded() {
            stages.push(next.bytes.clone());
            spelt = next;
        }
        for stage in &stages {
            let encoded = (0..3).flat_map(|before| base64(stage, before)).map(String::into_bytes);
            for bytes in encoded.chain([stage.clone()]) {
                self.plain.extend(String::from_utf8(bytes.clone()));
                self.bytes.push(characters(&bytes));
            }
        }
        for list in [&mut self.plain, &mut self.bytes] {
            // A short word would blank half of the text, and is no secret.
            list.retain(|word| word.len() >= 6);
            list.sort();
            list.dedup();
        }
    }

    fn blank(&self, text: &str) -> String {
        if self.plain.is_empty() {
            return text.to_owned();
        }
        let places = |text: &str, words: &[String]| -> Vec<Range<usize>> {
            let all = words.iter().flat_map(|word| text.match_indices(word.as_str()));
            all.map(|(at, word)| at..at + word.len()).collect()
        };
        let mut found = places(text, &self.plain);
        // Who quotes what was quoted spells it twice.
        let mut decoded = Spelt::if_encoded(text);
        for _ in 0..3 {
            let Some(next) = decoded.and_then(|spelt| spelt.decoded()) else { break };
            let spelt = characters(&next.bytes);
            // Where each byte of the characters comes from.
            let origins: Vec<&Range<usize>> = std::iter::zip(spelt.chars(), &next.origins)
                .flat_map(|(c, origin)| std::iter::repeat_n(origin, c.len_utf8()))
                .collect();
            let places = places(&spelt, &self.bytes).into_iter();
            found.extend(places.map(|place| origins[place.start].start..origins[place.end - 1].end));
            decoded = Some(next);
        }
        without(text, found)
    }
}

/// The text without these places; those that overlap are one.
fn without(text: &str, mut places: Vec<Range<usize>>) -> String {
    places.sort_by_key(|place| place.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for place in places {
        if place.start >= at {
            out.push_str(&text[at..place.start]);
            out.push_str("***");
        }
        at = at.max(place.end);
    }
    out + &text[at..]
}

/// Each byte as a character, by which bytes are looked for as text is.
fn characters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The parts of a secret address that are no words: of its path and its query.
fn parts(address: &str) -> impl Iterator<Item = &str> {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let path = &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..];
    path.split(['/', '?', '#', '&', '=']).filter(|part| is_no_secret(part))
}

fn is_no_secret(part: &str) -> bool {
    part.len() >= 16 || part.len() >= 8 && part.contains(|c: char| c.is_ascii_digit())
}

/// What all of the text with this in it has in common as base64 (RFC 4648, both alphabets), after so many bytes of others.
pub fn base64(bytes: &[u8], before: usize) -> Vec<String> {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bit = |at: usize| at.checked_sub(8 * before).is_some_and(|at| bytes[at / 8] >> (7 - at % 8) & 1 == 1);
    let own = (8 * before).div_ceil(6)..8 * (before + bytes.len()) / 6;
    let numbers = own.map(|at| (0..6).fold(0, |number, next| number << 1 | usize::from(bit(6 * at + next))));
    let numbers: Vec<usize> = numbers.collect();
    let spell = |last: &[u8; 2]| {
        let letter = |number: &usize| *LETTERS.get(*number).unwrap_or_else(|| &last[number - LETTERS.len()]);
        numbers.iter().map(|number| char::from(letter(number))).collect::<String>()
    };
    // Less than this much of a secret stands in other texts by chance.
    if numbers.len() < 8 { Vec::new() } else { vec![spell(b"+/"), spell(b"-_")] }
}

/// A text with some of its spelling taken back, and where each byte stands in the text.
struct Spelt {
    bytes: Vec<u8>,
    origins: Vec<Range<usize>>,
}

impl Spelt {
    fn of(text: &str) -> Spelt {
        Spelt { bytes: text.as_bytes().to_vec(), origins: (0..text.len()).map(|at| at..at + 1).collect() }
    }

    /// Most of what is printed says everything as it is.
    fn if_encoded(text: &str) -> Option<Spelt> {
        text.contains(['%', '\\', '&', '\n']).then(|| Spelt::of(text))
    }

    /// The same with percent-encoding (RFC 3986), JSON's and HTML's escapes and line wraps taken back once; `None` when
    /// there are none.
    fn decoded(&self) -> Option<Spelt> {
        let mut decoded = Spelt { bytes: Vec::new(), origins: Vec::new() };
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let (bytes, length) = escape(&self.bytes[at..]).unwrap_or((vec![*byte], 1));
            let origin = self.origins[at].start..self.origins[at + length - 1].end;
            decoded.origins.extend(std::iter::repeat_n(origin, bytes.len()));
            decoded.bytes.extend(bytes);
            at += length;
        }
        (decoded.bytes != self.bytes).then_some(decoded)
    }
}

/// What the escape at the beginning of this stands for, and how long it is.
fn escape(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let code = |digits: &[u8], radix: u32| {
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with(['+', '-']))?;
        u32::from_str_radix(digits, radix).ok()
    };
    let letter = |code: u32| Some(char::from_u32(code)?.to_string().into_bytes());
    match rest {
        [b'%', digits @ ..] => Some((vec![u8::try_from(code(digits.get(..2)?, 16)?).ok()?], 3)),
        [b'\\', b'u', digits @ ..] => Some((letter(code(digits.get(..4)?, 16)?)?, 6)),
        [b'\\', b'x', digits @ ..] => Some((letter(code(digits.get(..2)?, 16)?)?, 4)),
        [b'\\', own @ (b'/' | b'\\' | b'"' | b'\''), ..] => Some((vec![*own], 2)),
        // A line that is wrapped goes on after its indentation.
        [b'\\', b'n' | b'r' | b't', ..] => Some((Vec::new(), 2)),
        [b'\\' | b'=', b'\n', ..] => Some((Vec::new(), 2)),
        [b'\n' | b'\r', more @ ..] => {
            let indentation = more.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
            Some((Vec::new(), 1 + indentation))
        }
        [b'&', more @ ..] => {
            let name = &more[..more.iter().take(8).position(|byte| *byte == b';')?];
            let bytes = match name {
                b"amp" => vec![b'&'],
                b"lt" => vec![b'<'],
                b"gt" => vec![b'>'],
                b"quot" => vec![b'"'],
                b"apos" => vec![b'\''],
                [b'#', b'x' | b'X', digits @ ..] => letter(code(digits, 16)?)?,
                [b'#', digits @ ..] => letter(code(digits, 10)?)?,
                _ => return None,
            };
            Some((bytes, name.len() + 2))
        }
        _ => None,
    }
}

/// `https://USER:TOKEN@HOST`, and `https://TOKEN@HOST` as forges take it, without what is before the host. The user of
/// another scheme is no secret, as in `ssh://git@HOST`.
fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let ends = |c: char| c.is_whitespace() || "/?#\\\"'`<>|,;()[]{}".contains(c);
        let authority = &after[..after.find(ends).unwrap_or(after.len())];
        let scheme = before[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or_default();
        let is_web = scheme.to_ascii_lowercase().contains("http");
        rest = after;
        if let Some(user) = authority.rfind('@').filter(|at| *at > 0) {
            match authority[..user].split_once(':') {
                Some((name, _)) if !is_web => out.push_str(&format!("{name}:***")),
                None if !is_web => out.push_str(&authority[..user]),
                _ => out.push_str("***"),
            }
            rest = &after[user..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "123456789012345678";
    const KEY: &str = "aB3_cD-eF9gH1jK2lM4nP5qR6sT7uV8w";

    fn secrets(values: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        values.iter().for_each(|value| secrets.add(value));
        secrets
    }

    #[test]
    fn no_part_of_an_address_is_reported_in_any_spelling() {
        let address = format!("https://hooks.example/api/webhooks/{ID}/{KEY}?thread=a%2Fb%2bcdefghijklmnop");
        let known = secrets(&[&address, "tok/en+secret", "short", ""]);
        let path = format!("/api/webhooks/{ID}/{KEY}");
        let wrapped = format!("no route for {}\r\n    {} here", &path[..40], &path[40..]);
        let in_part = path.replace('/', "%2f").replace('B', "%42").replace('7', "\\u0037").replace("4", "&#x34;");
        for (shown, expected) in [
            (format!("POST {address} failed"), "POST *** failed".to_owned()),
            (format!("no route for {path}"), "no route for /api/webhooks/***/***".to_owned()),
            (
                format!("{{\"path\":\"{}\"}}", path.replace('/', "\\/")),
                "{\"path\":\"\\/api\\/webhooks\\/***\\/***\"}".to_owned(),
            ),
            (format!("%2Fapi%2Fwebhooks%2F{ID}%2F{KEY}"), "%2Fapi%2Fwebhooks%2F***%2F***".to_owned()),
            (address.replace('/', "\\/"), "***".to_owned()),
            (address.replace('&', "&amp;").replace("%2", "%252"), "***".to_owned()),
            (in_part, "%2fapi%2fwebhooks%2f***%2f***".to_owned()),
            (wrapped, "no route for /api/webhooks/***/*** here".to_owned()),
            ("thread a/b+cdefghijklmnop is closed".to_owned(), "thread *** is closed".to_owned()),
            (
                "tok%2Fen%2Bsecret, tok%2fen%2bsecret, tok/en+secret, t%6Fk\\/en+secr\n  et, tok%252Fen+secret"
                    .to_owned(),
                "***, ***, ***, ***, ***".to_owned(),
            ),
            // Basic authentication, whoever the user is.
            ("Basic dTp0b2svZW4rc2VjcmV0 x".to_owned(), "Basic dTp*** x".to_owned()),
            ("__token__: X190b2tlbl9fOnRvay9lbitzZWNyZXQ=".to_owned(), "__token__: X190b2tlbl9fOn***Q=".to_owned()),
            (
                "a short text of webhooks at hooks.example".to_owned(),
                "a short text of webhooks at hooks.example".to_owned(),
            ),
            (
                "100% of it & more\n\\u12 %zz &#; \u{e4}\n".to_owned(),
                "100% of it & more\n\\u12 %zz &#; \u{e4}\n".to_owned(),
            ),
            ("\u{e4}tok%2Fen%2Bsecret\u{e4}".to_owned(), "\u{e4}***\u{e4}".to_owned()),
        ] {
            assert_eq!(known.blank(&shown), expected, "{shown}");
        }
        let user = secrets(&["https://ada:pass-word-1@host.example/x"]);
        assert_eq!(user.blank("pass-word-1 of ada at host.example/x"), "*** of ada at host.example/x");
        let other = secrets(&["p\u{e4}ssword-\u{1f426}"]);
        assert_eq!(other.blank("p%C3%A4ssword-%f0%9f%90%a6 p\\u00e4ssword-\u{1f426}"), "*** ***");
        // What is itself written with an escape, after one that is none.
        assert_eq!(secrets(&["nest%41egg"]).blank("C:\\nest%41egg nestAegg"), "C:\\*** ***");
    }

    #[test]
    fn who_logs_in_by_an_address_is_reported_nowhere() {
        let mut known = Secrets::default();
        known.add_login("own=https://ada:s3cret@forge.example/a/b.git, http://proxy.example:3128");
        known.add_login("https://ghp_0123456789@forge.example/a");
        known.add_login("ssh://git@forge.example/a");
        for (shown, expected) in [
            ("fatal: no ada with s3cret at forge.example", "fatal: no ada with *** at forge.example"),
            ("https:\\/\\/ada:s3%63ret@forge.example", "https:\\/\\/ada:***@forge.example"),
            ("ghp_0123456789 is expired", "*** is expired"),
            ("git@forge.example", "git@forge.example"),
        ] {
            assert_eq!(known.blank(shown), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_blanking(text in "([%\\\\&;#ux0-9a-f\n=\u{e4}]|secret-word){0,60}") {
            let blanked = secrets(&["secret-word"]).blank(&text);
            proptest::prop_assert!(!blanked.contains("secret-word"));
        }
    }

    #[test]
    fn an_address_is_reported_without_its_password() {
        for (shown, expected) in [
            ("pushing to https://ada:s3cret@forge.example/a/b.git", "pushing to https://***@forge.example/a/b.git"),
            ("'https://ghp_abc@forge.example/a': 403", "'https://***@forge.example/a': 403"),
            ("https://x:p@ss@forge.example, HTTP://t@h", "https://***@forge.example, HTTP://***@h"),
            ("ssh://git@forge.example/a ssh://git:pw@h/b", "ssh://git@forge.example/a ssh://git:***@h/b"),
            ("sparse+https://t@h/index/ git@forge.example:a/b", "sparse+https://***@h/index/ git@forge.example:a/b"),
            ("https://forge.example/@ada and ada@forge.example", "https://forge.example/@ada and ada@forge.example"),
            ("https://", "https://"),
            ("https://@h", "https://@h"),
        ] {
            assert_eq!(without_passwords(shown), expected);
        }
    }
}
