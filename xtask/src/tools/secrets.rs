//! What must not be read by others: the values of the environment's secrets, parts and spellings of them, and passwords in
//! addresses. It must never be asked what a secret is, only for a text without any.

use std::sync::LazyLock;

use crate::inherited::is_secret;

/// The text without the values of the environment's secrets, however they are spelt.
pub fn blanked(text: &str) -> String {
    static SPELLINGS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let held = std::env::vars_os().filter(|(name, _)| is_secret(&name.to_string_lossy()));
        spellings(&held.map(|(_, value)| value.to_string_lossy().into_owned()).collect::<Vec<_>>())
    });
    without(text, &SPELLINGS)
}

/// The text as people may see it: passwords in addresses are blanked, too. What is only read keeps its addresses.
pub fn shown(text: &str) -> String {
    without_passwords(&blanked(text))
}

fn without(text: &str, spellings: &[String]) -> String {
    let found = spellings.iter().filter(|spelling| text.contains(spelling.as_str()));
    found.fold(text.to_owned(), |text, spelling| text.replace(spelling.as_str(), "***"))
}

/// All that gives these values away: they themselves, the parts of an address, and each as addresses and JSON spell it.
/// The longest come first, so that no rest of one is left.
fn spellings(values: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for value in values {
        // A short word would blank half of the text, and is no secret.
        let whole = Some(value.trim()).filter(|value| value.len() >= 6);
        for text in whole.into_iter().chain(parts(value.trim())) {
            let plain = decoded(text);
            let encoded = encoded(&plain);
            found.extend([text.to_owned(), text.replace('/', "\\/"), encoded.to_lowercase(), encoded, plain]);
        }
    }
    found.retain(|spelling| spelling.len() >= 6);
    found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    found.dedup();
    found
}

/// The parts of a secret address that are no words: of its user, its path and its query.
fn parts(address: &str) -> impl Iterator<Item = &str> {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let parts = user.split(':').chain(path.split(['/', '?', '#', '&', '=']));
    parts.filter(|part| part.len() >= 16 || part.len() >= 8 && part.contains(|c: char| c.is_ascii_digit()))
}

/// Percent-encoded, but for what an address never encodes (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let spell = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(spell).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
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

    #[test]
    fn no_part_of_an_address_is_told_in_any_spelling() {
        let address = format!("https://hooks.example/api/webhooks/{ID}/{KEY}?thread=a%2Fb%2bcdefghijklmnop");
        let secrets = spellings(&[address.clone(), "tok/en+secret".to_owned(), "short".to_owned(), String::new()]);
        for (told, expected) in [
            (format!("POST {address} failed"), "POST *** failed".to_owned()),
            (format!("no route for /api/webhooks/{ID}/{KEY}"), "no route for /api/webhooks/***/***".to_owned()),
            (
                format!("{{\"path\":\"\\/api\\/webhooks\\/{ID}\\/{KEY}\"}}"),
                "{\"path\":\"\\/api\\/webhooks\\/***\\/***\"}".to_owned(),
            ),
            (format!("%2Fapi%2Fwebhooks%2F{ID}%2F{KEY}"), "%2Fapi%2Fwebhooks%2F***%2F***".to_owned()),
            (address.replace('/', "\\/"), "***".to_owned()),
            ("thread a/b+cdefghijklmnop is closed".to_owned(), "thread *** is closed".to_owned()),
            ("tok%2Fen%2Bsecret, tok%2fen%2bsecret, tok/en+secret".to_owned(), "***, ***, ***".to_owned()),
            (
                "a short text of webhooks at hooks.example".to_owned(),
                "a short text of webhooks at hooks.example".to_owned(),
            ),
        ] {
            assert_eq!(without(&told, &secrets), expected);
        }
        let user = spellings(&["https://ada:pass-word-1@host.example/x".to_owned()]);
        assert_eq!(without("pass-word-1 of ada at host.example/x", &user), "*** of ada at host.example/x");
    }

    #[test]
    fn an_address_is_told_without_its_password() {
        for (told, expected) in [
            ("pushing to https://ada:s3cret@forge.example/a/b.git", "pushing to https://***@forge.example/a/b.git"),
            ("'https://ghp_abc@forge.example/a': 403", "'https://***@forge.example/a': 403"),
            ("https://x:p@ss@forge.example, HTTP://t@h", "https://***@forge.example, HTTP://***@h"),
            ("ssh://git@forge.example/a ssh://git:pw@h/b", "ssh://git@forge.example/a ssh://git:***@h/b"),
            ("sparse+https://t@h/index/ git@forge.example:a/b", "sparse+https://***@h/index/ git@forge.example:a/b"),
            ("https://forge.example/@ada and ada@forge.example", "https://forge.example/@ada and ada@forge.example"),
            ("https://", "https://"),
            ("https://@h", "https://@h"),
        ] {
            assert_eq!(without_passwords(told), expected);
        }
    }

    #[test]
    fn a_spelling_is_taken_back() {
        for text in ["", "a b/c+ä%", "plain", "100%", "%zz%4"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!(decoded("%ff"), "%ff", "no text");
    }
}
