//! What is wrong with trains that could be read, each by itself and beside the others.
//! It must never leave in a train what cannot be used.

use std::path::{Path, PathBuf};

use super::{
    Image, PLATFORMS, SDIST, TrainConfig, checklist,
    entries::{Entries, unkind},
    nearest,
    template::shared,
};
use crate::{
    names::{self, blocking, check_name},
    paths::normalized,
    visible,
};

impl TrainConfig {
    /// What is wrong with the paths that it names. What has one that cannot be used is left out.
    fn leave_unusable(&mut self, root: &Path) -> Vec<String> {
        let mut problems = Vec::new();
        let mut is_usable = |key: &str, path: &mut PathBuf| {
            *path = portable(path);
            let problem = unusable(key, path, root);
            let is_usable = problem.is_none();
            problems.extend(problem);
            is_usable
        };
        let single = [
            ("changelog", &mut self.changelog),
            ("fragments", &mut self.fragments),
            ("follow-ups", &mut self.follow_ups),
            ("release-notes", &mut self.release_notes),
            ("templates", &mut self.templates),
        ];
        for (key, path) in single {
            path.take_if(|path| !is_usable(key, path));
        }
        self.files.retain_mut(|file| is_usable("files.path", &mut file.path));
        self.deployments.retain_mut(|deployment| is_usable("deployments.path", &mut deployment.path));
        self.images.retain_mut(|image| {
            let files = image.files.iter_mut().map(|file| is_usable("images.files", file));
            let unusable = files.filter(|is_usable| !is_usable).count();
            is_usable("images.dockerfile", &mut image.dockerfile) && unusable == 0
        });
        self.proofs.retain_mut(|proof| is_usable("proofs.in", &mut proof.dir));
        problems
    }
}

/// What is wrong with trains that could be read. What cannot be used is left out of them.
pub(super) fn problems_of(trains: &mut [TrainConfig], root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for train in trains.iter_mut() {
        let own = values(train, root);
        found.extend(own.into_iter().map(|problem| (train.name.clone(), problem)));
    }
    found.extend(drivers(trains));
    found.extend(shared(trains, "tag", |train| train.tag.as_ref()));
    found.extend(shared(trains, "branch", |train| train.branch.as_ref()));
    found.extend(branches(trains));
    found.into_iter().map(|(name, problem)| format!("[workspace.metadata.trains.{name}]: {problem}")).collect()
}

/// What is wrong with the values of a train.
fn values(train: &mut TrainConfig, root: &Path) -> Vec<String> {
    let mut problems = train.leave_unusable(root);
    let known: Vec<&str> = PLATFORMS.iter().map(|(name, ..)| *name).chain([SDIST]).collect();
    let images: Vec<&str> = train.images.iter().map(|image| &*image.name).collect();
    let platforms = train.platforms.iter().map(|platform| ("platform", platform, &known));
    let deployed = train.deployments.iter().map(|deployment| ("image", &deployment.image, &images));
    let unknown = platforms.chain(deployed).filter(|(_, word, known)| !known.contains(&word.as_str()));
    problems.extend(unknown.map(|(kind, word, known)| format!("unknown {kind} `{word}`: {}", nearest(word, known))));
    let images = &train.images;
    train.deployments.retain(|deployment| images.iter().any(|image| *image.name == deployment.image));
    problems.extend(misnamed_images(images));
    problems.extend(checklist::problems(&train.proofs));
    problems.extend(train.kinds.iter().enumerate().filter_map(|(at, kind)| unkind(kind, &train.kinds[..at])));
    if train.fragments.is_some() && !train.takes(Entries::Fragments) {
        problems.push("`fragments` is set, but `changes` does not name them: add \"fragments\" there".to_owned());
    }
    problems
}

/// Why a path cannot be used.
fn unusable(key: &str, path: &Path, root: &Path) -> Option<String> {
    let place = visible::line(&path.to_string_lossy());
    // Where a key of an entry is left out, it is empty.
    let is_word = if place.is_empty() { Ok(()) } else { check_name(&path.to_string_lossy()) };
    if let Err(why) = is_word {
        Some(format!("`{key}`: {why}"))
    } else if place.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        Some(format!("`{key} = \"{place}\"` leads into git's own directory: name a file that git tracks"))
    } else {
        let leaves = path.has_root() || normalized(&root.join(path)).is_none();
        leaves.then(|| format!("`{key} = \"{place}\"` leaves the repository: name a path inside of it"))
    }
}

fn misnamed_images(images: &[Image]) -> Vec<String> {
    let mut problems = Vec::new();
    for (nth, image) in images.iter().enumerate() {
        let registry = image.registry.as_ref().map(|registry| ("registry", names::check_image_registry(registry)));
        let checked = std::iter::once(("name", names::check_image(&image.name))).chain(registry);
        problems.extend(checked.filter_map(|(key, checked)| Some(format!("`images`: `{key}`: {}", checked.err()?))));
        if images[..nth].iter().any(|other| other.name == image.name) {
            problems.push(format!("`images`: there are two of the name `{}`: rename one", &*image.name));
        }
    }
    problems
}

/// The trains whose driver an earlier one has.
fn drivers(trains: &[TrainConfig]) -> Vec<(String, String)> {
    let twice = trains.iter().enumerate().filter_map(|(nth, train)| {
        let driver = train.driver.as_ref()?;
        let other = trains[..nth].iter().find(|other| other.driver == train.driver)?;
        Some((train.name.clone(), format!(
            "`driver = \"{driver}\"` is the driver of train {}, too: one crate has one version, so take one of the two out",
            other.name
        )))
    });
    twice.collect()
}

/// The trains whose branch git could not make beside one that releases are made on.
fn branches(trains: &[TrainConfig]) -> Vec<(String, String)> {
    let mains: Vec<String> = trains.iter().filter_map(|train| train.main.as_ref()).map(ToString::to_string).collect();
    let blocked = trains.iter().filter_map(|train| {
        let branch = train.branch.as_ref()?;
        let main = blocking(&branch.sample(), mains.iter())?;
        Some((train.name.clone(), format!(
            "git makes no branch of `branch = \"{branch}\"` while there is the branch {main}: write another one, as \"release/v{{version}}\""
        )))
    });
    blocked.collect()
}

/// The path as it is written on every system. A drive is a root of its own (`C:\x`).
fn portable(path: &Path) -> PathBuf {
    let path = path.to_string_lossy().replace('\\', "/");
    let has_drive =
        path.split_once(':').is_some_and(|(drive, _)| drive.len() == 1 && drive.as_bytes()[0].is_ascii_alphabetic());
    PathBuf::from(if has_drive { format!("/{path}") } else { path })
}
