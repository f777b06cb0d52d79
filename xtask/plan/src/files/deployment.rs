//! Deployment manifests: which image, by tag and digest, in the YAML of Compose, Kubernetes, Helm values and Kustomize.
//! It must never touch an image of another name, nor a byte beside the tag and the digest.

use std::{collections::BTreeMap, ops::Range};

use anyhow::{Result, bail};

use super::splice;

/// A `key: value` of one line.
struct Entry<'t> {
    /// Where its key begins; those that begin alike are of one mapping.
    column: usize,
    begins_item: bool,
    key: &'t str,
    value: Range<usize>,
}

/// What a place is to say.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// The rest of a reference after its name: `:TAG@DIGEST`.
    Reference,
    Tag,
    Digest,
}

/// Sets tag and digest of every reference to `image`, whatever registry it is taken from.
pub fn set(text: &str, image: &str, tag: &str, digest: &str) -> Result<String> {
    let places = places(text, image)?;
    if places.is_empty() {
        bail!("it names no image {image}: write `image: REGISTRY/{image}:TAG` there, on a line of its own");
    }
    let new = |part: Part| match part {
        Part::Reference => format!(":{tag}@{digest}"),
        Part::Tag => tag.to_owned(),
        Part::Digest => digest.to_owned(),
    };
    Ok(splice(text, places.into_iter().map(|(_, (span, part))| (span, new(part))).collect()))
}

/// The tags that the references to `image` have now.
pub fn tags<'t>(text: &'t str, image: &str) -> Result<Vec<&'t str>> {
    let tags = places(text, image)?.into_values().filter_map(|(span, part)| match part {
        Part::Reference => text[span].strip_prefix(':').map(|rest| rest.split('@').next().unwrap_or_default()),
        Part::Tag => Some(&text[span]),
        Part::Digest => None,
    });
    Ok(tags.collect())
}

type Places = BTreeMap<usize, (Range<usize>, Part)>;

fn places(text: &str, image: &str) -> Result<Places> {
    let entries = entries(text);
    let mut places = Places::new();
    for (at, entry) in entries.iter().enumerate() {
        let value = &text[entry.value.clone()];
        let line = || text[..entry.value.start].lines().count();
        let (tag, digest) = match entry.key {
            "image" => {
                if let Some(rest) = after_name(value, image) {
                    let span = entry.value.end - rest.len()..entry.value.end;
                    if !is_plain(rest) {
                        bail!(
                            "line {}: `{value}` has no plain tag: write the tag itself, as in `{image}:1.2.3`",
                            line()
                        );
                    }
                    places.insert(span.start, (span, Part::Reference));
                }
                continue;
            }
            // Helm's values.
            "repository" => ("tag", "digest"),
            // Kustomize's images.
            "name" | "newName" => ("newTag", "digest"),
            _ => continue,
        };
        if after_name(value, image) != Some("") {
            continue;
        }
        let siblings = siblings(&entries, at);
        // The name of a container is a name too, but has no tag beside it.
        if !siblings.iter().any(|entry| [tag, digest].contains(&entry.key)) {
            continue;
        }
        for (key, part) in [(tag, Part::Tag), (digest, Part::Digest)] {
            for entry in siblings.iter().filter(|entry| entry.key == key) {
                places.insert(entry.value.start, (entry.value.clone(), part));
            }
        }
    }
    Ok(places)
}

/// What follows the name in a reference to this very image.
fn after_name<'v>(value: &'v str, image: &str) -> Option<&'v str> {
    // A digest has no slash, and a tag neither: the last one ends the registry. A name may have slashes of its own.
    let (at, _) = value.match_indices(image).filter(|(at, _)| *at == 0 || value[..*at].ends_with('/')).last()?;
    let rest = &value[at + image.len()..];
    (rest.is_empty() || rest.starts_with([':', '@'])).then_some(rest)
}

/// `:TAG`, `@sha256:…`, both or none, without a variable in it.
fn is_plain(rest: &str) -> bool {
    let is_word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ['.', '_', '-', ':'].contains(&c))
    };
    let (tag, digest) = rest.split_once('@').map_or((rest, None), |(tag, digest)| (tag, Some(digest)));
    (tag.is_empty() || tag.strip_prefix(':').is_some_and(|tag| is_word(tag) && !tag.contains(':')))
        && digest.is_none_or(is_word)
}

/// The other entries of the same mapping.
fn siblings<'e, 't>(entries: &'e [Entry<'t>], at: usize) -> Vec<&'e Entry<'t>> {
    let column = entries[at].column;
    let mut found = Vec::new();
    for entry in &entries[at + 1..] {
        if entry.column < column || (entry.column == column && entry.begins_item) {
            break;
        }
        found.push(entry);
    }
    for (entry, next) in entries[..at].iter().zip(&entries[1..]).rev() {
        if entry.column < column || (next.column == column && next.begins_item) {
            break;
        }
        found.push(entry);
    }
    found.retain(|entry| entry.column == column);
    found
}

/// The lines that are `key: value`, `- key: value` or the beginning of more; comments are left out.
fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let mut column = line.len() - line.trim_start_matches(' ').len();
        let mut begins_item = false;
        while let Some(rest) = line[column..].strip_prefix('-').filter(|rest| rest.starts_with(' ') || rest.is_empty())
        {
            begins_item = true;
            column += 1 + rest.len() - rest.trim_start_matches(' ').len();
        }
        let rest = &line[column..];
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        let (key, value) = match rest.split_once(": ") {
            Some((key, value)) => (key, value),
            None => (rest.strip_suffix(':').unwrap_or(""), ""),
        };
        let from = line.len() - value.len();
        let value = value.trim_start();
        let from = from.max(line.len() - value.len());
        let value = match value.chars().next().filter(|c| ['"', '\''].contains(c)) {
            Some(quote) => from + 1..from + 1 + value[1..].find(quote).unwrap_or(value.len() - 1),
            None => {
                let plain = value.find(" #").map_or(value, |at| &value[..at]).trim_end();
                from..from + plain.len()
            }
        };
        entries.push(Entry {
            column,
            begins_item,
            key: key.trim_end().trim_matches(['"', '\'']),
            value: begin + value.start..begin + value.end,
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "sha256:1111";
    const TWO: &str = "sha256:2222";

    const COMPOSE: &str = "services:\n  ingest: # the service\n    image: \"r.example/x/ingest:0.3.0@sha256:1111\"  # pinned\n    container_name: ingest\n\
                           \x20   environment:\n      URL: http://ingest:9100/health\n  ingest-web:\n    image: r.example/x/ingest-web:0.3.0\n";
    const KUBERNETES: &str = "kind: Deployment\nspec:\n  containers:\n    - name: ingest\n      image: '127.0.0.1:5000/ingest:0.3.0@sha256:1111'\n\
                              \x20   - image: r/x/ingest:0.3.0@sha256:1111\n      name: other\n    - name: b\n      image: r/my-ingest:0.3.0\n---\n# image: r/ingest:0.1.0\n";
    const HELM: &str = "replicas: 2\nimage:\n  repository: r.example/ingest\n  pullPolicy: Always\n  tag: \"0.3.0\"\n  digest: sha256:1111\nother:\n  repository: r/b\n  tag: 0.3.0\n";
    const KUSTOMIZE: &str = "images:\n- digest: sha256:1111\n  name: ingest\n  newName: r.example/x/ingest\n  newTag: 0.3.0\n- name: web\n  newTag: 0.3.0\n  digest: sha256:9\n";

    #[test]
    fn every_reference_to_the_image_follows_and_no_other() {
        for (text, times) in [(COMPOSE, 1), (KUBERNETES, 2), (HELM, 1), (KUSTOMIZE, 1)] {
            let new = set(text, "ingest", "0.4.0-rc.1", TWO).unwrap();
            assert_eq!((new.matches("0.4.0-rc.1").count(), new.matches(TWO).count()), (times, times), "{new}");
            let changed = text.lines().zip(new.lines()).filter(|(old, new)| old != new);
            for (old, new) in changed {
                assert_eq!(old.replace("0.3.0", "0.4.0-rc.1").replace(ONE, TWO), new);
            }
            assert_eq!(text.lines().count(), new.lines().count());
            assert_eq!(tags(&new, "ingest").unwrap(), vec!["0.4.0-rc.1"; times]);
        }
    }

    #[test]
    fn a_digest_is_added_where_the_reference_has_none() {
        let added = |text: &str| set(text, "ingest", "0.4.0", TWO).unwrap();
        assert_eq!(
            added("image: ${R:-r.example/x}/ingest:0.3.0\n"),
            "image: ${R:-r.example/x}/ingest:0.4.0@sha256:2222\n"
        );
        assert_eq!(added("  image: ingest # untagged"), "  image: ingest:0.4.0@sha256:2222 # untagged");
        assert_eq!(added("image: r/ingest@sha256:1111"), "image: r/ingest:0.4.0@sha256:2222");
        assert_eq!(
            added("repository: ingest\ntag: 0.3.0\n"),
            "repository: ingest\ntag: 0.4.0\n",
            "as one writes it there"
        );
        let slashed = set("image: r/ingest/ingest:1", "ingest/ingest", "2", TWO).unwrap();
        assert_eq!(slashed, "image: r/ingest/ingest:2@sha256:2222");
    }

    /// Each line with `X` in it is one that follows; the others stay.
    #[test]
    fn what_stands_beside_the_name_follows_and_nothing_farther_off() {
        for form in [
            "images:\n- name: ingest\n  newTag: X\n- name: web\n  newTag: 1\n",
            "images:\n- newTag: 1\n  name: web\n- newTag: X\n  name: ingest\n- newTag: 1\n  name: bus\n",
            "images:\n- newTag: X\n  more:\n    deep: 1\n  name: ingest\n",
            "images:\n- newTag: X\n  more:\n    - deep: 1\n  name: ingest\n",
            "images:\n- name: ingest\n  more:\n    - newTag: 1\n  newTag: X\n",
            "images:\n  -   name: ingest\n      newTag: X\n",
            "other:\n  tag: 1\nimage:\n  repository: ingest\n  tag: X\nlast:\n  tag: 1\n",
            "image:\n  repository: ingest\n# of the house\n\n  tag: X\n",
            "image:\n  tag: X\n# of the house\n\n  repository: ingest\n",
            "repository: ingest\ndigest: D\n",
            "image: \"ingest:X@D",
            "- image: ingest:X@D\n-\n  - image: 'ingest:X@D'\n",
        ] {
            let text = form.replace('X', "0.3.0").replace('D', ONE);
            let expected = form.replace('X', "0.4.0").replace('D', TWO);
            assert_eq!(set(&text, "ingest", "0.4.0", TWO).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_set_is_an_error() {
        let reported = |text: &str| format!("{:#}", set(text, "ingest", "0.4.0", TWO).unwrap_err());
        for none in ["", "image: r/ingest-web:1\n", "# image: r/ingest:1\n", "name: ingest\nurl: http://ingest:80\n"] {
            assert!(reported(none).contains("names no image ingest"), "{none}");
        }
        assert!(reported("a: b\nimage: r/ingest:${TAG}\n").starts_with("line 2: `r/ingest:${TAG}` has no plain tag"));
    }

    /// Set twice is set once, set back is what it was, and line endings stay.
    #[test]
    fn law_back_and_again() {
        for text in [COMPOSE, KUBERNETES, HELM, KUSTOMIZE] {
            for text in [text.to_owned(), text.replace('\n', "\r\n"), text.trim_end().to_owned()] {
                assert_eq!(set(&text, "ingest", "0.3.0", ONE).unwrap(), text, "what is right stays");
                let new = set(&text, "ingest", "10.0.0", TWO).unwrap();
                assert_eq!(set(&new, "ingest", "10.0.0", TWO).unwrap(), new);
                assert_eq!(set(&new, "ingest", "0.3.0", ONE).unwrap(), text);
            }
        }
    }
}
