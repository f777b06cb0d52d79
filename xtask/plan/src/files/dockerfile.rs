//! `Dockerfile`: which files of its context a build takes along.
//! It must never decide what an engine does; it only reads which places are named.

use std::path::{Component, Path, PathBuf};

/// Whether a build by this text takes along what stands at `path` of its context, or something below or above it.
/// `ignored` is the text of `.dockerignore`.
pub fn takes(text: &str, ignored: &str, path: &Path) -> bool {
    let touches = |place: &PathBuf| path.starts_with(place) || place.starts_with(path);
    let leaves_out =
        |line: &str| !line.starts_with(['#', '!']) && !line.trim().is_empty() && path.starts_with(plain(line));
    sources(text).iter().any(touches) && !ignored.lines().any(leaves_out)
}

/// What `COPY` and `ADD` name of the context; a wildcard stands for the directory that it is in
/// (<https://docs.docker.com/reference/dockerfile/#copy>).
fn sources(text: &str) -> Vec<PathBuf> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut sources = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let is_copy = words.next().is_some_and(|first| ["COPY", "ADD"].iter().any(|it| first.eq_ignore_ascii_case(it)));
        let words: Vec<&str> = words.collect();
        // From another stage, or written here: not from the context.
        if !is_copy || words.iter().any(|word| word.starts_with("--from") || word.starts_with("<<")) {
            continue;
        }
        let words: Vec<&str> = words.into_iter().filter(|word| !word.starts_with("--")).collect();
        let listed: Option<Vec<String>> = serde_json::from_str(&words.join(" ")).ok();
        let mut named = listed.unwrap_or_else(|| words.iter().map(|&word| word.to_owned()).collect());
        // The last one is where they go.
        named.pop();
        sources.extend(named.iter().filter(|word| !word.contains("://")).map(|word| plain(word)));
    }
    sources
}

/// A path of the context, up to its first wildcard.
fn plain(word: &str) -> PathBuf {
    let parts = Path::new(word.trim()).components().filter_map(|part| match part {
        Component::Normal(part) => Some(part),
        _ => None,
    });
    parts.take_while(|part| !part.to_string_lossy().contains(['*', '?', '['])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_takes_along_is_read() {
        for (text, ignored, takes_it) in [
            ("FROM x\nCOPY . /src\n", "", true),
            ("FROM x\ncopy --chown=a vendor/songs/ \\\n  /src\n", "", true),
            ("ADD [\"vendor\", \"/src\"]\n", "", true),
            ("COPY vendor/*.c /src\n", "", true),
            ("COPY Cargo.toml crates /src\n", "", false),
            ("COPY --from=build /vendor /src\n", "", false),
            ("COPY <<EOF /vendor\n", "", false),
            ("ADD https://owl.example/vendor /src\n", "", false),
            ("# COPY . /src\nRUN cp -r . /src\n", "", false),
            ("COPY . /src\n", "target\n/vendor/songs\n", false),
            ("COPY . /src\n", "vendor\n", false),
            ("COPY . /src\n", "# vendor\n\n!vendor\nvendors\n", true),
        ] {
            assert_eq!(takes(text, ignored, Path::new("vendor/songs")), takes_it, "{text}{ignored}");
        }
    }
}
