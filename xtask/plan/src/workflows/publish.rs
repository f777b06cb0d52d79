//! The jobs of `release.yml` that write: to registries, the forge and channels, each with the token of one group.
//! They must never compile, nor run for a copy of the repository. PyPI takes no token of a workflow that another one calls.

use std::collections::BTreeSet;

use super::{
    actions::{ATTEST, CRATES_IO, DOWNLOAD, UPLOAD},
    conditions::{NO_FORK, TAG, all, only},
    setup::{Part, Setup},
    steps::{Keeps, LINUX, check_out_all, take_tool},
    text::{Job, Permission, Step, gh_token, image_registry, secret, var},
};
use crate::{config::Channel, names::variables_of};

/// Only tags may use it: the tokens are given to it alone.
const ENVIRONMENT: &str = "release";

/// They push the leases (`refs/xtask/…`) that keep two runs, wherever they are, from sending one thing twice.
const LEASES: Permission = ("contents", "write", "to push leases");

/// A job whose part the train does not have is skipped, and the next one begins all the same.
fn condition(setup: &Setup, has: impl Fn(&Part) -> bool) -> Option<String> {
    all(&["!failure()", "!cancelled()", TAG, NO_FORK, "needs.pack.result == 'success'"], only(setup, has))
}

fn needs(first: &[&str], more: &[String]) -> Vec<String> {
    first.iter().map(|id| (*id).to_owned()).chain(more.iter().cloned()).collect()
}

fn begun() -> impl Iterator<Item = Step> {
    [check_out_all(Keeps::Token)].into_iter().chain(take_tool())
}

fn take(name: &'static str, pattern: &'static str, path: &'static str) -> Step {
    Step::uses(name, DOWNLOAD, &[("pattern", pattern), ("path", path), ("merge-multiple", "true")])
}

fn packed() -> Step {
    take("take what was compiled", "packed", "${{ runner.temp }}/packed")
}

pub fn crates(setup: &Setup, wheels: &[String]) -> Option<Job> {
    let has = |train: &Part| train.has_crates();
    setup.trains.iter().any(has).then(|| {
        let mut env = Vec::new();
        let is_public = |train: &Part| train.crates_io;
        let token = setup.trains.iter().any(is_public).then(|| {
            env.push(var("CARGO_REGISTRY_TOKEN", "${{ steps.auth.outputs.token }}"));
            let step = Step::uses("get a token of the registry", CRATES_IO, &[]);
            Step { id: Some("auth"), condition: only(setup, is_public), ..step }
        });
        let mut permissions = vec![LEASES];
        permissions.extend(token.as_ref().map(|_| ("id-token", "write", "to get a token of the registry")));
        let publish = format!(
            "{} publish --only crates --packed \"$RUNNER_TEMP/packed\" --train \"$TRAIN\" --deadline 1500",
            setup.way.taken()
        );
        let others: BTreeSet<&String> = setup.trains.iter().flat_map(|train| &train.registries).collect();
        env.extend(others.into_iter().map(|name| secret(&format!("{}_TOKEN", variables_of(name)))));
        Job {
            id: "crates".to_owned(),
            name: "publish the crates".to_owned(),
            why: &["A token of crates.io lives half an hour."],
            needs: needs(&["rehearse", "pack"], wheels),
            condition: condition(setup, has),
            runner: LINUX,
            minutes: 30,
            environment: Some(ENVIRONMENT),
            permissions,
            steps: begun()
                .chain([packed()])
                .chain(token)
                .chain([Step::run("publish", publish).with_env(env)])
                .collect(),
            ..Job::default()
        }
    })
}

pub fn upload(setup: &Setup, wheels: &[String]) -> Option<Job> {
    let has = |train: &Part| train.wheels.is_some();
    let crates = setup.trains.iter().any(Part::has_crates).then(|| "crates".to_owned());
    let before: Vec<String> = wheels.iter().cloned().chain(crates).collect();
    let publish = format!("{} publish --only wheels --dist dist --train \"$TRAIN\"", setup.way.taken());
    setup.trains.iter().any(has).then(|| Job {
        id: "upload".to_owned(),
        name: "publish the wheels".to_owned(),
        needs: needs(&["rehearse", "pack"], &before),
        condition: condition(setup, has),
        runner: LINUX,
        minutes: 30,
        environment: Some(ENVIRONMENT),
        permissions: vec![
            ("attestations", "write", "to keep the attestations"),
            LEASES,
            ("id-token", "write", "to sign attestations, and to get a token of the index"),
        ],
        steps: begun()
            .chain([
                take("take what was built and tested", "wheels-*", "dist"),
                Step::uses("attest where it was built", ATTEST, &[("subject-path", "dist/*")]),
                Step::run("publish", publish),
            ])
            .collect(),
        ..Job::default()
    })
}

pub fn images(setup: &Setup) -> Option<Job> {
    let has = |train: &Part| !train.images.is_empty();
    let places = setup.trains.iter().flat_map(|train| &train.images);
    let places: BTreeSet<&Option<String>> = places.collect();
    let crates = setup.trains.iter().any(Part::has_crates).then(|| "crates".to_owned());
    let publish =
        format!("{} publish --only images --packed \"$RUNNER_TEMP/packed\" --train \"$TRAIN\"", setup.way.taken());
    let log_in = |place: &&Option<String>| {
        let (host, ghcr) = match place {
            None => ("${IMAGE_REGISTRY%%/*}".to_owned(), false),
            Some(place) => {
                let host = place.split('/').next().unwrap_or_default();
                (host.to_owned(), host == "ghcr.io")
            }
        };
        // The forge's own registry takes the job's token.
        let env = if ghcr {
            [var("IMAGE_REGISTRY_USER", "${{ github.actor }}"), var("TOKEN", "${{ github.token }}")]
        } else {
            [
                var("IMAGE_REGISTRY_USER", "${{ vars.IMAGE_REGISTRY_USER || github.actor }}"),
                var("TOKEN", "${{ secrets.IMAGE_REGISTRY_TOKEN || github.token }}"),
            ]
        };
        let script =
            format!("docker login \"{host}\" --username \"$IMAGE_REGISTRY_USER\" --password-stdin <<< \"$TOKEN\"");
        Step::run("log in", script).with_env(env)
    };
    (!places.is_empty()).then(|| Job {
        id: "images".to_owned(),
        name: "publish the images".to_owned(),
        needs: needs(&["rehearse", "pack"], &crates.into_iter().collect::<Vec<_>>()),
        condition: condition(setup, has),
        runner: LINUX,
        minutes: 60,
        environment: Some(ENVIRONMENT),
        permissions: vec![LEASES, ("packages", "write", "to push images")],
        env: vec![image_registry()],
        steps: begun()
            .chain([packed()])
            .chain(places.iter().map(log_in))
            .chain([Step::run("publish", publish)])
            .collect(),
        ..Job::default()
    })
}

pub fn announce(setup: &Setup, published: &[String]) -> Job {
    let wheels = setup.trains.iter().any(|train| train.wheels.is_some());
    let announces = |channel: Channel| setup.trains.iter().any(|train| train.channels.contains(&channel));
    let dist = if wheels { " --dist dist" } else { "" };
    let publish = format!("{} publish --only forge,announce{dist} --train \"$TRAIN\"", setup.way.taken());
    let channels = Channel::ALL.iter().filter(|channel| announces(**channel));
    let publish = Step::run("publish", publish).with_env(channels.filter_map(|channel| channel.variable()).map(secret));
    let mail = announces(Channel::Mail).then(|| {
        let keep = [
            ("name", "mail"),
            ("path", "target/xtask/publish/*/announcement-*.txt"),
            ("if-no-files-found", "ignore"),
            ("overwrite", "true"),
        ];
        Step {
            why: &["The step before it fails while a person has still to send the mail: then this is what to send."],
            condition: Some("!cancelled()".to_owned()),
            ..Step::uses("keep the draft of the mail", UPLOAD, &keep)
        }
    });
    Job {
        id: "announce".to_owned(),
        name: "publish the release, and announce it".to_owned(),
        needs: needs(&["rehearse", "pack"], published),
        condition: condition(setup, |_| true),
        runner: LINUX,
        minutes: 30,
        environment: Some(ENVIRONMENT),
        permissions: vec![("contents", "write", "to push leases, and to make the release")],
        env: vec![gh_token(), image_registry()],
        steps: begun()
            .chain(wheels.then(|| take("take what was published", "wheels-*", "dist")))
            .chain([publish])
            .chain(mail)
            .collect(),
        ..Job::default()
    }
}
