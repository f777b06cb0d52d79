//! Laws that hold for every workspace: what a plan writes is what a person with endless patience would have written.
//! None of them may ask the code under test what to expect: the model says it.

mod model;

use proptest::prelude::*;

use model::{Asks, Crate, Edge, Form, Model, SECTIONS};

use super::sketch::{Sketch, findings, v};
use crate::{
    draft::Plan,
    edits::Places,
    version::{Bump, Version},
    workspace::Texts,
};

fn asks() -> impl Strategy<Value = Asks> + Clone {
    let ops = prop::sample::select(vec!["", "^", "^ ", "=", "= ", "~"]);
    (ops, 1..=3usize).prop_map(|(op, numbers)| Asks { op, numbers })
}

fn edges(at: usize, total: usize) -> impl Strategy<Value = Vec<Edge>> {
    let forms = vec![
        Form::Inline,
        Form::Dotted,
        Form::SubTable,
        Form::InheritedInline,
        Form::InheritedDotted,
        Form::InheritedSubTable,
        Form::PathOnly,
    ];
    let shape = (
        prop::sample::select(SECTIONS.to_vec()),
        prop::sample::select(forms),
        asks(),
        any::<bool>(),
        prop::sample::select(vec!['"', '\'']),
        prop::sample::select(vec!["", " ", "\t ", "   "]),
    );
    let others: Vec<usize> = (0..total).filter(|on| *on != at).collect();
    prop::sample::subsequence(others.clone(), 0..=others.len().min(3)).prop_flat_map(move |targets| {
        let shapes = prop::collection::vec(shape.clone(), targets.len());
        shapes.prop_map(move |shapes| {
            let edges = targets.iter().zip(shapes);
            edges
                .map(|(&on, (section, form, asks, renamed, quote, gap))| {
                    // Only a dev-dependency may lead upwards, and by its path alone; a published crate's other
                    // dependencies say a version.
                    let upwards = on > at;
                    let dev = section.contains("dev-");
                    Edge {
                        on,
                        section: if upwards { "dev-dependencies" } else { section },
                        form: match form {
                            _ if upwards => Form::PathOnly,
                            Form::PathOnly if !dev => Form::Inline,
                            form => form,
                        },
                        asks,
                        renamed,
                        quote,
                        gap,
                    }
                })
                .collect()
        })
    })
}

fn models() -> impl Strategy<Value = Model> {
    (2..6usize).prop_flat_map(|total| {
        let crates: Vec<_> = (0..total)
            .map(|at| {
                let flags = (0..3u64, prop::bool::weighted(0.2), any::<bool>(), any::<bool>());
                (flags, edges(at, total)).prop_map(|((behind, inherits, crlf, bom), edges)| Crate {
                    behind,
                    inherits,
                    crlf,
                    bom,
                    edges,
                })
            })
            .collect();
        let driver = (0..2u64, 0..12u64, 0..12u64).prop_map(|(a, b, c)| v(&format!("{a}.{b}.{c}")));
        (driver, crates, prop::collection::vec(asks(), total), any::<bool>()).prop_map(
            |(driver, mut crates, shared, twin)| {
                if let Some(last) = crates.last_mut() {
                    last.behind = 0;
                }
                Model { driver, crates, shared, twin }
            },
        )
    })
}

fn goals() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["patch", "minor", "major", "rc", "alpha"])
}

/// Applies a plan, and says where the texts differ from what was expected.
fn check(after: &Texts, expected: &Texts) -> Result<(), TestCaseError> {
    for (path, text) in expected {
        prop_assert_eq!(&after[path], text, "{}", path.display());
    }
    Ok(())
}

/// What the editing floor makes of texts when members get versions, whatever a release would say to it.
fn edited(sketch: &Sketch, versions: impl Fn(&str) -> Option<Version>) -> Texts {
    let workspace = sketch.workspace();
    let members = workspace.members.iter().enumerate();
    let versions = members.filter_map(|(at, member)| Some((at, versions(&member.name)?))).collect();
    let mut places = Places::new(&workspace);
    places.versions(&versions);
    places.requirements(&versions, None);
    let texts = places.apply(&versions);
    let findings = texts.findings.clone();
    assert!(findings.is_empty(), "{findings:?}");
    let mut after = sketch.texts.clone();
    after.extend(texts.into_edits().into_iter().map(|edit| (edit.path, edit.new)));
    after
}

/// Every version reads as planned, every requirement follows as its author would have it, and not a byte besides.
fn writes_exactly_what_is_meant(model: &Model, after: &Sketch, plan: &Plan) -> Result<(), TestCaseError> {
    prop_assert_eq!(findings(plan), [""; 0]);
    check(&after.texts, &model.render(&model.moves(&plan.to)))
}

/// What was read back is what cargo will read: requirements accept, versions and lock agree.
fn reads_back(model: &Model, after: &Sketch, plan: &Plan) -> Result<(), TestCaseError> {
    let workspace = after.workspace();
    let travellers = model.travellers();
    for (at, _) in model.crates.iter().enumerate() {
        let member = &workspace.members[workspace.member(&Model::name(at)).unwrap()];
        let expected = if travellers.contains(&at) { plan.to.clone() } else { model.version(at) };
        prop_assert_eq!(&member.version, &expected);
        for link in &member.links {
            let accepts = |asked: &String| {
                semver::VersionReq::parse(asked).unwrap().matches(workspace.members[link.to].version.semver())
            };
            prop_assert!(link.requirement.iter().all(accepts), "{:?}", link);
        }
    }
    Ok(())
}

/// A release of the version that everything has finds nothing left to edit.
fn is_aligned(after: &Sketch, plan: &Plan) -> Result<(), TestCaseError> {
    let again = after.release("");
    prop_assert_eq!(&again.to, &plan.to);
    prop_assert!(again.work.edits().is_empty(), "{:?}", again.work.edits());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Planning a release is most of what a case costs: three laws of one release are asked of the same one.
    #[test]
    fn a_release_writes_what_is_meant_reads_back_and_is_aligned(model in models(), goal in goals()) {
        let before = model.before();
        let plan = before.release(goal);
        let after = before.after(&plan);
        writes_exactly_what_is_meant(&model, &after, &plan)?;
        reads_back(&model, &after, &plan)?;
        is_aligned(&after, &plan)?;
    }

    /// Up to another version and back again: every byte is where it was.
    #[test]
    fn up_and_back_is_where_it_was(model in models(), bump in prop::sample::select(vec![Bump::Patch, Bump::Minor, Bump::Major])) {
        let before = model.before();
        let to = model.driver.bump(bump).unwrap();
        let moves = model.moves(&to);
        let index = |name: &str| name[1..].parse::<usize>().unwrap();
        let up = edited(&before, |name| moves[index(name)].cloned());
        check(&up, &model.render(&moves))?;
        let back = edited(&model.sketch(up), |name| moves[index(name)].map(|_| model.version(index(name))));
        check(&back, &before.texts)?;
    }
}
