//! A version somewhere in any text file, found by the words right before it.
//! It must never change a version that its anchor does not name: too few or too many matches are an error.

use anyhow::{Result, bail};

use super::Place;

/// The versions that follow `after`, which must occur exactly `times` times; without words, the whole text is one.
pub fn read(text: &str, after: &str, times: usize) -> Result<Vec<Place>> {
    if after.is_empty() {
        let word = text.trim();
        if word.is_empty() || word.contains(char::is_whitespace) {
            bail!("it is not a version alone: say `after = \"…\"`, the words right before the version");
        }
        let start = text.len() - text.trim_start().len();
        return Ok(vec![Place { text: word.to_owned(), span: start..start + word.len() }]);
    }
    let found: Vec<Place> = text
        .match_indices(after)
        .map(|(at, _)| {
            let start = at + after.len();
            let rest = &text[start..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-+_!".contains(c)).unwrap_or(rest.len());
            // A sentence may end right after the version.
            let word = rest[..end].trim_end_matches(['.', '-', '_', '+', '!']);
            Place { text: word.to_owned(), span: start..start + word.len() }
        })
        .collect();
    if found.len() != times {
        let occurs = match found.len() {
            0 => bail!("`{after}` does not occur, expected {times}: correct `after` or the file, or remove the entry"),
            1 => "once".to_owned(),
            many => format!("{many} times"),
        };
        bail!("`{after}` occurs {occurs}, expected {times}: set `times = {}` or a longer `after`", found.len());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::splice;

    #[test]
    fn exactly_as_often_as_said() {
        let text = "pip install barter-python==0.9.3.\nor barter-python==0.9.3; other==0.9.3\n";
        let places = read(text, "barter-python==", 2).unwrap();
        let new = splice(text, places.into_iter().map(|p| (p.span, "0.10.0".to_owned())).collect());
        assert_eq!(new, "pip install barter-python==0.10.0.\nor barter-python==0.10.0; other==0.9.3\n");
        for times in [1, 3] {
            let reported = read(text, "barter-python==", times).unwrap_err().to_string();
            assert!(
                reported.ends_with(
                    "occurs 2 times, expected {times}: set `times = 2` or a longer `after`"
                        .replace("{times}", &times.to_string())
                        .as_str()
                ),
                "{reported}"
            );
        }
        let alone = "\n0.9.3\n";
        let places = read(alone, "", 1).unwrap();
        let new = splice(alone, places.into_iter().map(|p| (p.span, "0.10.0".to_owned())).collect());
        assert_eq!(new, "\n0.10.0\n");
        for more in ["", "\n", "0.9.3 is out\n", "0.9.3\n0.9.2\n"] {
            let reported = read(more, "", 1).unwrap_err().to_string();
            assert_eq!(reported, "it is not a version alone: say `after = \"…\"`, the words right before the version");
        }
        let gone = read(text, "barter==", 1).unwrap_err().to_string();
        assert_eq!(gone, "`barter==` does not occur, expected 1: correct `after` or the file, or remove the entry");
    }
}
