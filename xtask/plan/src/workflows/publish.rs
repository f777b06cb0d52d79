//! The jobs of `release.yml` that write: to registries, the forge and channels, each with the token of one group.
//! They must never compile, nor run for a copy of the repository. PyPI takes no token of a workflow that another one calls.

use std::collections::BTreeSet;

use super::{
    actions::{ATTEST, CRATES_IO, DOWNLOAD, UPLOAD},
    conditions::{NO_FORK, TAG, all, only},
    setup::{Part, Setup},
    steps::{Keeps, calling, job},
    text::{Job, Permission, Step, gh_token, image_registry, secret, var},
};
use crate::{config::Channel, names::variables_of};

/// Only tags may use it: the tokens are given to it alone.
const ENVIRONMENT: &str = "release";

/// They push the leases (`refs/xtask/…`) that keep two runs, wherever they are, from sending one thing twice.
const LEASES: Permission = ("contents", "write", "to push leases");

/// A job that publishes one group of what was rehearsed and packed, after these other jobs. One whose part the train does not
/// have is skipped, and the next one begins all the same.
fn publishing(
    setup: &Setup,
    (id, name, minutes): (&str, &str, u32),
    has: impl Fn(&Part) -> bool,
    after: impl IntoIterator<Item = String>,
) -> Job {
    let holds = ["!failure()", "!cancelled()", TAG, NO_FORK, "needs.pack.result == 'success'"];
    Job {
        needs: ["rehearse", "pack"].map(str::to_owned).into_iter().chain(after).collect(),
        condition: all(&holds, only(setup, has)),
        environment: Some(ENVIRONMENT),
        ..job(id, name, minutes)
    }
}

/// The job of the crates, where there is any.
fn of_crates(setup: &Setup) -> Option<String> {
    setup.any(Part::has_crates).then(|| "crates".to_owned())
}

/// The step that publishes these groups, with what else is said.
fn publish(setup: &Setup, groups: &str, more: &str) -> Step {
    Step::run("publish", setup.way.call(&format!("publish --only {groups}{more} --train \"$TRAIN\"")))
}

fn take(name: &'static str, pattern: &'static str, path: &'static str) -> Step {
    Step::uses(name, DOWNLOAD, &[("pattern", pattern), ("path", path), ("merge-multiple", "true")])
}

fn packed() -> Step {
    take("take what was compiled", "packed", "${{ runner.temp }}/packed")
}

pub fn crates(setup: &Setup, wheels: &[String]) -> Option<Job> {
    let id = of_crates(setup)?;
    let mut env = Vec::new();
    let is_public = |train: &Part| train.crates_io;
    let token = setup.any(is_public).then(|| {
        env.push(var("CARGO_REGISTRY_TOKEN", "${{ steps.auth.outputs.token }}"));
        let step = Step::uses("get a token of the registry", CRATES_IO, &[]);
        Step { id: Some("auth"), condition: only(setup, is_public), ..step }
    });
    let mut permissions = vec![LEASES];
    permissions.extend(token.as_ref().map(|_| ("id-token", "write", "to get a token of the registry")));
    let publish =
        setup.way.call("publish --only crates --packed \"$RUNNER_TEMP/packed\" --train \"$TRAIN\" --deadline 1500");
    let others: BTreeSet<&String> = setup.trains.iter().flat_map(|train| &train.registries).collect();
    env.extend(others.into_iter().map(|name| secret(&format!("{}_TOKEN", variables_of(name)))));
    let publish = Step::run("publish", publish).with_env(env);
    Some(Job {
        why: &["A token of crates.io lives half an hour."],
        permissions,
        steps: calling(Keeps::Token, None, [packed()].into_iter().chain(token).chain([publish])),
        ..publishing(setup, (&id, "publish the crates", 30), Part::has_crates, wheels.to_vec())
    })
}

pub fn upload(setup: &Setup, wheels: &[String]) -> Option<Job> {
    let has = |train: &Part| train.wheels.is_some();
    let steps = [
        take("take what was built and tested", "wheels-*", "dist"),
        Step::uses("attest where it was built", ATTEST, &[("subject-path", "dist/*")]),
        publish(setup, "wheels", " --dist dist"),
    ];
    let after = wheels.iter().cloned().chain(of_crates(setup));
    setup.any(has).then(|| Job {
        permissions: vec![
            ("attestations", "write", "to keep the attestations"),
            LEASES,
            ("id-token", "write", "to sign attestations, and to get a token of the index"),
        ],
        steps: calling(Keeps::Token, None, steps),
        ..publishing(setup, ("upload", "publish the wheels", 30), has, after)
    })
}

pub fn images(setup: &Setup) -> Option<Job> {
    let has = |train: &Part| !train.images.is_empty();
    let places: BTreeSet<&Option<String>> = setup.trains.iter().flat_map(|train| &train.images).collect();
    let publish = publish(setup, "images", " --packed \"$RUNNER_TEMP/packed\"");
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
    let steps = [packed()].into_iter().chain(places.iter().map(log_in)).chain([publish]);
    (!places.is_empty()).then(|| Job {
        permissions: vec![LEASES, ("packages", "write", "to push images")],
        env: vec![image_registry()],
        steps: calling(Keeps::Token, None, steps),
        ..publishing(setup, ("images", "publish the images", 60), has, of_crates(setup))
    })
}

pub fn announce(setup: &Setup, published: &[String]) -> Job {
    let wheels = setup.any(|train| train.wheels.is_some());
    let announces = |channel: Channel| setup.any(|train| train.channels.contains(&channel));
    let channels = Channel::ALL.iter().filter(|channel| announces(**channel));
    let publish = publish(setup, "forge,announce", if wheels { " --dist dist" } else { "" });
    let publish = publish.with_env(channels.filter_map(|channel| channel.variable()).map(secret));
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
    let dists = wheels.then(|| take("take what was published", "wheels-*", "dist"));
    let job = ("announce", "publish the release, and announce it", 30);
    Job {
        permissions: vec![("contents", "write", "to push leases, and to make the release")],
        env: vec![gh_token(), image_registry()],
        steps: calling(Keeps::Token, None, dists.into_iter().chain([publish]).chain(mail)),
        ..publishing(setup, job, |_| true, published.to_vec())
    }
}
