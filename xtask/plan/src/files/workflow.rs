//! A workflow of GitHub Actions: its values with the keys that lead to them, the commands in a script, and what a glob
//! means. It must never guess, and never fail: what it cannot read, it leaves out.

mod filter;
mod script;
mod yaml;

pub use self::{
    filter::{lets_through, matches},
    script::commands,
    yaml::read,
};
use std::path::Path;

/// Whether GitHub takes the file for a workflow.
pub fn is_one(path: &Path) -> bool {
    let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
    is_yaml && path.parent() == Some(Path::new(".github/workflows"))
}

/// A value, where it stands, and the keys that lead to it; the items of a list count as `[0]`, `[1]`, ….
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub line: usize,
    pub path: Vec<String>,
    pub text: String,
}

impl Leaf {
    /// Whether the keys are these; `*` stands for any one of them.
    pub fn is(&self, path: &[&str]) -> bool {
        self.path.len() == path.len() && self.path.iter().zip(path).all(|(key, wanted)| *wanted == "*" || key == wanted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reported(text: &str) -> Vec<String> {
        read(text).iter().map(|leaf| format!("{} {} = {}", leaf.line, leaf.path.join("."), leaf.text)).collect()
    }

    #[test]
    fn values_are_found_by_their_keys() {
        let text = "\u{feff}# comment\nname: x # why\n'on':\n  push:\n    tags: [\"v[0-9]*\", 'it''s', b]\n    paths:\n    - a/**\n    - \"b # c\"\n\n  pull_request:\njobs:\n  build:\n    strategy:\n      matrix:\n        include:\n          - { os: linux, target: x }\n          - os: mac\n            target: y\n    steps:\n      - uses: ./a # here\n        with:\n          name: w-${{ matrix.os }}\n      - run: |\n          one \\\n            two\n\n          # three\n        working-directory: d\n      - name: folded\n        run: >-\n          a\n          b\n      - run: plain\n          goes on\n";
        assert_eq!(
            reported(text),
            [
                "2 name = x",
                "5 on.push.tags.[0] = v[0-9]*",
                "5 on.push.tags.[1] = it's",
                "5 on.push.tags.[2] = b",
                "7 on.push.paths.[0] = a/**",
                "8 on.push.paths.[1] = b # c",
                "10 on.pull_request = ",
                "16 jobs.build.strategy.matrix.include.[0].os = linux",
                "16 jobs.build.strategy.matrix.include.[0].target = x",
                "17 jobs.build.strategy.matrix.include.[1].os = mac",
                "18 jobs.build.strategy.matrix.include.[1].target = y",
                "20 jobs.build.steps.[0].uses = ./a",
                "22 jobs.build.steps.[0].with.name = w-${{ matrix.os }}",
                "24 jobs.build.steps.[1].run = one \\\n  two\n\n# three",
                "28 jobs.build.steps.[1].working-directory = d",
                "29 jobs.build.steps.[2].name = folded",
                "31 jobs.build.steps.[2].run = a b",
                "33 jobs.build.steps.[3].run = plain goes on",
            ]
        );
        let text = "on: { push: { tags: [\n  \"v*\", # finals\n  '!v0*',\n] } }\nafter: 1\n";
        assert_eq!(reported(text), ["2 on.push.tags.[0] = v*", "3 on.push.tags.[1] = !v0*", "5 after = 1"]);
    }

    #[test]
    fn an_alias_is_what_its_anchor_names() {
        let text = "a: &x { b: [1, &y 2] }\nc: *x\nd: [*y, !!str e]\n";
        let expected =
            ["1 a.b.[0] = 1", "1 a.b.[1] = 2", "1 c.b.[0] = 1", "1 c.b.[1] = 2", "1 d.[0] = 2", "3 d.[1] = e"];
        assert_eq!(reported(text), expected);
        let bomb: String = (1..40).map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1)).collect();
        assert!(read(&format!("a0: &a0 x\n{bomb}")).len() < 1_000_000);
    }

    #[test]
    fn what_stands_before_an_error_is_read() {
        assert_eq!(reported("a: 1\nb: [c\nd: e\n"), ["1 a = 1"]);
    }

    #[test]
    fn a_script_is_its_commands() {
        let table: [(&str, &[&str]); 18] = [
            ("cargo test -p 'a b' # c", &["cargo|test|-p|a b"]),
            ("a && b; c | d || e & f", &["a", "b", "c", "d", "e", "f"]),
            ("X=1 Y=\"2 3\" cargo run", &["cargo|run"]),
            ("cargo \\\n  build \\\n  --release", &["cargo|build|--release"]),
            ("if ! cargo test; then exit 1; fi", &["cargo|test", "exit|1", "fi"]),
            ("echo hi > out 2>&1", &["echo|hi"]),
            ("login <<< \"$T\"", &["login"]),
            ("a\ncat << EOF\nb\nEOF\nc", &["a"]),
            ("a $(b)\nc", &["c"]),
            ("cargo xtask release ${{ inputs.version || 'x y' }} --push", &["cargo|xtask|release|$|--push"]),
            ("cargo xtask wheels --target \"$TARGET\"", &["cargo|xtask|wheels|--target|$TARGET"]),
            ("echo 'open", &[]),
            ("echo a#b", &["echo|a#b"]),
            ("echo 'a\\b' \"c\\\"d\"", &["echo|a\\b|c\"d"]),
            ("cmd a>out 2> log", &["cmd|a"]),
            ("cmd 2a>out", &["cmd|2a"]),
            ("X-Y=1 cargo run", &["X-Y=1|cargo|run"]),
            ("=1 cargo run", &["=1|cargo|run"]),
        ];
        for (script, expected) in table {
            let found: Vec<String> = commands(script).iter().map(|words| words.join("|")).collect();
            assert_eq!(found, expected, "{script}");
        }
    }

    /// The cheat sheet of GitHub's documentation, and its neighbours.
    #[test]
    fn globs_mean_what_the_documentation_says() {
        let table: [(&str, &[&str], &[&str]); 32] = [
            ("feature/*", &["feature/my-branch", "feature/your-branch"], &["feature/a/b", "feature"]),
            ("feature/**", &["feature/beta-a/my-branch", "feature/mona/the/octocat"], &["feature"]),
            ("main", &["main"], &["mains", "amain"]),
            ("releases/mona-the-octocat", &["releases/mona-the-octocat"], &[]),
            ("*", &["main", "releases"], &["all/the/branches"]),
            ("**", &["all/the/branches", "every/tag", "x"], &[]),
            ("*feature", &["mona-feature", "feature", "ver-10-feature"], &["features", "a/feature"]),
            ("v2*", &["v2", "v2.0", "v2.9"], &["v1", "av2"]),
            ("v[12].[0-9]+.[0-9]+", &["v1.10.1", "v2.0.0"], &["v3.0.0", "v1.0", "v1.0.0-rc.1"]),
            ("*.jsx?", &["page.js", "page.jsx"], &["page.jsxx", "page.j"]),
            ("**.js", &["index.js", "js/index.js", "src/js/app.js"], &["index.jsx"]),
            ("docs/*", &["docs/README.md", "docs/file.txt"], &["docs/a/b"]),
            ("docs/**", &["docs/README.md", "docs/mona/octocat.txt"], &["docs", "a/docs/b"]),
            ("docs/**/*.md", &["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"], &["docs.md"]),
            ("**/docs/**", &["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"], &["mydocs/a"]),
            ("docs**/a", &["docs/a", "docs-b/c/a"], &["docsa"]),
            ("**/**/a", &["a", "b/a", "b/c/a"], &["ba"]),
            ("**/README.md", &["README.md", "js/README.md"], &["aREADME.md"]),
            ("**/*src/**", &["a/src/app.js", "my-src/code/js/app.js"], &["src"]),
            ("**/*-post.md", &["my-post.md", "path/their-post.md"], &["post.md"]),
            ("**/migrate-*.sql", &["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"], &[]),
            ("[CB]at", &["Cat", "Bat"], &["at", "Rat"]),
            ("[1-2]00", &["100", "200"], &["300"]),
            ("v[0-9]*", &["v0.10.0", "v0.10.0-rc.1", "v0.9.3.post1"], &["v", "vx", "market-data-v1.3.0", "v1/2"]),
            ("market-data-v[0-9]*", &["market-data-v1.3.0"], &["v1.3.0"]),
            ("v?1", &["1", "v1"], &["vv1"]),
            ("v+1", &["v1", "vv1"], &["1"]),
            ("a\\*b", &["a*b"], &["ab", "axb"]),
            ("[ab", &["[ab"], &["a"]),
            ("*?", &["a?"], &["a"]),
            ("", &[""], &["a"]),
            ("+", &["+"], &[""]),
        ];
        for (glob, these, others) in table {
            these.iter().for_each(|name| assert!(matches(glob, name), "{glob} matches {name}"));
            others.iter().for_each(|name| assert!(!matches(glob, name), "{glob} does not match {name}"));
        }
        assert!(lets_through(["*.md", "!README.md"], "hello.md") && !lets_through(["*.md", "!README.md"], "README.md"));
        assert!(lets_through(["*.md", "!README.md", "README*"], "README.md"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "([ -]{0,4}[a-c:\\[\\]{}\"'|>#&*\\\\\u{e9}$(]{0,6}[: \n]){0,24}", glob in "[a*/?+\\[\\]!\\\\-]{0,12}") {
            read(&text);
            commands(&text);
            matches(&glob, &text);
        }

        #[test]
        fn a_plain_glob_matches_itself_only(a in "[a-z0-9./-]{0,8}", b in "[a-z0-9./-]{0,8}") {
            prop_assert_eq!(matches(&a, &b), a == b);
        }
    }
}
