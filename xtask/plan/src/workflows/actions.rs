//! The actions that generated workflows use, each pinned by its commit, and the toolchain that they compile with.
//! It must never name an action by a tag or a branch: both can be moved.

/// An action, the commit that is run, and the version that has this commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Action {
    pub name: &'static str,
    pub commit: &'static str,
    pub version: &'static str,
}

const fn pinned(name: &'static str, version: &'static str, commit: &'static str) -> Action {
    Action { name, commit, version }
}

// To update one: `git ls-remote https://github.com/NAME 'refs/tags/VERSION*'` prints the commit (the line that ends with
// `^{}`, where there is one); write version and commit here, then `cargo xtask init --write`, and run `tests/outside`'s
// linters. docs/architecture.md has the same in its table.
pub const ATTEST: Action =
    pinned("actions/attest-build-provenance", "v4.1.0", "a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32");
pub const CACHE: Action = pinned("actions/cache", "v5.0.5", "27d5ce7f107fe9357f9df03efb73ab90386fccae");
pub const CHECKOUT: Action = pinned("actions/checkout", "v6.0.2", "de0fac2e4500dabe0009e67214ff5f5447ce83dd");
pub const CRATES_IO: Action =
    pinned("rust-lang/crates-io-auth-action", "v1.0.5", "c6f97d42243bad5fab37ca0427f495c86d5b1a18");
pub const DEPLOY_PAGES: Action = pinned("actions/deploy-pages", "v5.0.0", "cd2ce8fcbc39b97be8ca5fce6e763baed58fa128");
pub const DOWNLOAD: Action = pinned("actions/download-artifact", "v8.0.1", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c");
pub const UPLOAD: Action = pinned("actions/upload-artifact", "v7.0.0", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f");

/// The Rust that workflows install where the tree names none and the crates need no newer one.
pub const RUST: &str = "1.95.0";

/// The mdBook that a website is built with.
pub const MDBOOK: &str = "0.5.4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_pinned_by_a_whole_commit_and_says_its_version() {
        for action in [ATTEST, CACHE, CHECKOUT, CRATES_IO, DEPLOY_PAGES, DOWNLOAD, UPLOAD] {
            assert_eq!(action.commit.len(), 40, "{}", action.name);
            assert!(action.commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", action.name);
            assert!(action.version.starts_with('v') && action.version.matches('.').count() == 2, "{}", action.name);
        }
    }
}
