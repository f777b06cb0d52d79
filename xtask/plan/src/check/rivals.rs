//! Workflows of somebody else that publish what a train does.
//! It must never report one that this tool generated, nor what a workflow only tries.

use super::workflows::{own_tag, read};
use crate::{edit::note_of, files::workflow, problem::grouped, train::Train, workflows, workspace::Workspace};

/// Programs that publish or tag, as they are called, and actions that do.
const RIVALS: [&str; 27] = [
    "cargo publish",
    "cargo release",
    "cargo smart-release",
    "cargo workspaces publish",
    "dist host",
    "docker push",
    "gh release create",
    "goreleaser release",
    "knope release",
    "maturin publish",
    "maturin upload",
    "npx semantic-release",
    "podman push",
    "poetry publish",
    "python -m twine upload",
    "release-plz release",
    "semantic-release",
    "twine upload",
    "uv publish",
    "docker/build-push-action",
    "google-github-actions/release-please-action",
    "googleapis/release-please-action",
    "katyo/publish-crates",
    "ncipollo/release-action",
    "pypa/gh-action-pypi-publish",
    "release-plz/action",
    "softprops/action-gh-release",
];

/// Actions that run a program with the command that they are given.
const RUNNERS: [(&str, &str); 2] = [("pyo3/maturin-action", "maturin"), ("actions-rs/cargo", "cargo")];

/// Workflows of somebody else that publish, or tag, what the trains do: where each does, by which words, and which train's
/// own tag starts it, if one does. Each place is told once, however many trains there are.
pub fn rivals<'t>(workspace: &Workspace, trains: impl IntoIterator<Item = &'t Train>) -> Vec<String> {
    let tags: Vec<String> = trains.into_iter().map(|train| own_tag(workspace, train)).collect();
    let mut found = Vec::new();
    for workflow in read(workspace, |text| !workflows::is_generated(text)) {
        let starting = tags.iter().find(|tag| workflow.chooses_tags() && workflow.starts_on_tag(tag));
        let starts = starting.map(|tag| format!(", which the tag {tag} starts")).unwrap_or_default();
        for leaf in &workflow.leaves {
            let lines: Vec<String> = if workflow.is_shell(leaf) {
                workflow::commands(&leaf.text).into_iter().map(|words| words.join(" ")).collect()
            } else if leaf.is(&["jobs", "*", "steps", "*", "uses"]) {
                let with = |key: &str| workflow.beside(leaf, &["with", key]).unwrap_or_default();
                let action = leaf.text.to_ascii_lowercase();
                let program = RUNNERS.iter().find(|(name, _)| action.split('@').next() == Some(*name));
                let run = program.map(|(_, program)| format!("{program} {} {}", with("command"), with("args")));
                [leaf.text.replace('@', " @")].into_iter().chain(run).collect()
            } else {
                continue;
            };
            let is_one = |line: &str, rival: &str| {
                line.strip_prefix(rival).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            };
            let rivals = RIVALS.iter().filter(|rival| lines.iter().any(|line| is_one(line, rival)));
            let published = !lines.iter().any(|line| line.contains("--dry-run"));
            found.extend(rivals.filter(|_| published).map(|rival| ((rival, starts.clone()), workflow.place(leaf))));
        }
    }
    let next = "next: let one of the two publish";
    let noted = grouped(found).into_iter().filter_map(|((rival, starts), places)| {
        note_of(
            &places,
            |place| format!("rival workflow: {place}: `{rival}`{starts}; {next}"),
            String::clone,
            |n, places| format!("rival workflow: `{rival}`{starts} in {n} places: {places}; {next}"),
        )
    });
    noted.collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::workflows::tests::{trains, workspace},
        *,
    };
    use crate::repo::Repo;

    #[test]
    fn a_rival_is_read_in_the_shells_that_are_and_says_whether_the_tag_starts_it() {
        let rival = |on: &str, shell: &str| {
            let text = format!("{on}jobs:\n  a:\n    steps:\n      - run: cargo publish\n{shell}");
            let workspace = workspace(trains(), &[&text]);
            let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
            rivals(&workspace, [&train])
        };
        let next = "next: let one of the two publish";
        let place = "rival workflow: .github/workflows/a.yml";
        for (shell, is_read) in
            [("bash", true), ("bash -e {0}", true), ("sh", true), ("pwsh", false), ("python", false)]
        {
            let found = rival("on: push\n", &format!("        shell: {shell}\n"));
            assert_eq!(found.len(), usize::from(is_read), "{shell}");
        }
        for (tags, starts) in [("v*", ", which the tag v0.7.3 starts"), ("nightly", "")] {
            let found = rival(&format!("on:\n  push:\n    tags: ['{tags}']\n"), "");
            assert_eq!(found, [format!("{place}:7: `cargo publish`{starts}; {next}")]);
        }
    }

    #[test]
    fn a_workflow_that_publishes_as_well_is_a_rival() {
        let action = "uses: PyO3/maturin-action@v1\n        with:\n          ";
        let with = |keys: &str| format!("{action}{keys}");
        let cargo = "uses: actions-rs/cargo@v1\n        with:\n          command: publish\n          args: --token x";
        let table: [(&str, &[&str]); 13] = [
            (cargo, &["5: `cargo publish`"]),
            (
                "uses: google-github-actions/release-please-action@v3",
                &["5: `google-github-actions/release-please-action`"],
            ),
            (&with("command: upload\n          args: --skip-existing dist/*"), &["5: `maturin upload`"]),
            (&with("command: publish\n          args: --dry-run"), &[]),
            (&with("command: build"), &[]),
            ("run: cargo publish -p lark", &["5: `cargo publish`"]),
            ("run: cargo publish --dry-run", &[]),
            ("run: cargo publisher", &[]),
            ("run: docker push x/y", &["5: `docker push`"]),
            ("run: cargo xtask publish", &[]),
            ("uses: pypa/gh-action-pypi-publish@v1", &["5: `pypa/gh-action-pypi-publish`"]),
            ("uses: actions/checkout@v4", &[]),
            ("shell: pwsh\n        run: cargo publish", &[]),
        ];
        for (step, found) in table {
            for (on, starts) in [("", ""), ("on:\n  push:\n    tags: ['v*']\n", ", which the tag v0.7.3 starts")] {
                let text = format!("jobs:\n  a:\n    steps:\n      - name: a\n        {step}\n{on}");
                let workspace = workspace(trains(), &[&text]);
                let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
                let told = |what: &&str| {
                    format!("rival workflow: .github/workflows/a.yml:{what}{starts}; next: let one of the two publish")
                };
                assert_eq!(rivals(&workspace, [&train]), found.iter().map(told).collect::<Vec<_>>(), "{step}");
            }
        }
    }

    #[test]
    fn a_rival_of_several_trains_is_told_once() {
        let text = "on:\n  push:\n    tags: ['v*']\njobs:\n  a:\n    steps:\n      - run: cargo publish\n";
        let workspace = workspace(trains(), &[text]);
        let starts = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
        let other = Train { tag: crate::config::Template::new("other-{version}").unwrap(), ..starts.clone() };
        let told = "rival workflow: .github/workflows/a.yml:7: `cargo publish`, which the tag v0.7.3 starts; next: let one of the two publish";
        assert_eq!(rivals(&workspace, [&other, &starts]), [told]);
    }

    #[test]
    fn rivals_of_one_kind_are_one_note() {
        let step = "      - run: cargo publish -p lark\n";
        let text = format!("jobs:\n  a:\n    steps:\n{}      - run: docker push x/y\n", step.repeat(5));
        let workspace = workspace(trains(), &[&text]);
        let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
        let place = |line| format!(".github/workflows/a.yml:{line}");
        let all: Vec<String> = (4..9).map(place).collect();
        let brief = format!("{} and 2 more (-v lists them)", all[..3].join(", "));
        let next = "next: let one of the two publish";
        assert_eq!(
            rivals(&workspace, [&train]),
            [
                format!("rival workflow: `cargo publish` in 5 places: {brief}; {next}\n  {}", all.join("\n  ")),
                format!("rival workflow: {}: `docker push`; {next}", place(9)),
            ]
        );
    }
}
