//! Words as names and texts have them: how they are spelt, and which of them mean a version.
//! It must never know of a train.

pub(super) fn among(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Words before a version that are no name.
const VERSION_WORDS: &str = "ver tag rev ref revision release pkgver versions";

/// Words whose version is another thing's, however it is called.
pub(super) const OTHERS: &str = "\
    python node rust rustc msrv toolchain schema lockfile format protocol spec min minimum max maximum required \
    requires java jdk dotnet npm pnpm yarn cmake lang language os ubuntu macos compat compatibility edition cuda xml \
    openapi swagger tools target gradle engine";

/// The name in small letters, with `-` between its words: `OpenDAL_core` is `opendal-core`, `bindingVersion` `binding-version`.
pub(super) fn spelt(name: &str) -> String {
    let mut spelt = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !spelt.is_empty() && !spelt.ends_with('-') {
                spelt.push('-');
            }
            was_small = false;
            continue;
        }
        if c.is_uppercase() && was_small {
            spelt.push('-');
        }
        was_small = c.is_lowercase();
        spelt.extend(c.to_lowercase());
    }
    spelt.trim_matches('-').to_owned()
}

pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "-_./".contains(c)
}

pub(super) fn is_of_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.~:/?#@!&+=%{}$".contains(c)
}

pub(super) fn is_version_word(word: &str) -> bool {
    among(VERSION_WORDS, word) || word.ends_with("version") || word == "versionprefix"
}

/// Whether the last words of a text say another thing's version.
pub(super) fn is_of_others(ahead: &str) -> bool {
    spelt(ahead).rsplit('-').take(3).any(|word| among(OTHERS, word))
}
