//! Percent-encoding, as it stands in addresses (RFC 3986, 2).
//! It must never fail: what is not encoded well stands as it is.

/// All but what an address never encodes (RFC 3986, 2.3).
pub fn encoded(text: &str) -> String {
    let spell = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(spell).collect()
}

pub fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let decoded = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_taken_back() {
        for text in ["", "a b/c+\u{e4}%", "plain", "100%", "%zz%4", "%\u{e9}"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!((decoded("%zz%4%\u{e9}").as_str(), decoded("%ff").as_str()), ("%zz%4%\u{e9}", "%ff"));
        assert_eq!(encoded("a-1.0+x y.whl"), "a-1.0%2Bx%20y.whl");
    }
}
