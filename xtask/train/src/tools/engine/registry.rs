//! What a registry has of images, asked and given through the engine.
//! It must never take "could not ask" for "not there".

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{Engine, Found, last_line};
use crate::{
    report::Report,
    tools::child::{self, ChildOutput},
};

/// How long an image may take on its way here.
const LONGEST_PULL: Duration = Duration::from_secs(3_600);

/// As podman lists the tags of one name.
pub(super) fn read_tags(text: &str) -> Option<Vec<String>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let tags = value.as_array()?.iter().map(|of_name| of_name["Tags"].as_array());
    let tags: Option<Vec<&Vec<Value>>> = tags.collect();
    tags?.into_iter().flatten().map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// Whether a registry answered that it has no such image; each engine passes its words on differently.
pub(super) fn is_absent(err: &str) -> bool {
    let lower = last_line(err).to_lowercase();
    ["manifest unknown", "name unknown", ": not found", "not found: manifest", "statuscode: 404", "404 (not found)"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether a registry wants to know who asks, or does not let him. Some say so too of what is not there.
pub(super) fn is_refused(err: &str) -> bool {
    let lower = last_line(err).to_lowercase();
    ["unauthorized", "authentication required", "denied", "403 forbidden"].iter().any(|word| lower.contains(word))
}

impl Engine {
    /// What to type to be known to the registry of `reference`.
    pub fn login(&self, reference: &str) -> String {
        format!("{} login {}", self.program, reference.split('/').next().unwrap_or_default())
    }

    /// The image that the registry has under that name. `pull` asks the registry even when an image of that name is here,
    /// and makes the name mean what the registry has; only what is not here yet is downloaded.
    pub fn pull(&self, reference: &str) -> Result<Option<Found>> {
        let program = &self.program;
        let output = child::ask_within(self.to_registry(&["pull", "--quiet"], reference), LONGEST_PULL)?
            .with_context(|| child::unanswered(reference, LONGEST_PULL))?;
        if output.ok() {
            return self.inspect(reference);
        }
        if is_absent(&output.err) {
            return Ok(None);
        }
        let login = if is_refused(&output.err) { format!("; next: {}", self.login(reference)) } else { String::new() };
        bail!("{program} got no answer for {reference}: {}{login}", last_line(&output.err))
    }

    /// The tags that the registry has of an image's name; `None` of an engine that lists none.
    pub fn tags(&self, name: &str) -> Result<Option<Vec<String>>> {
        if !self.is_podman() {
            return Ok(None);
        }
        // Without a limit, some are left out.
        let output = child::ask_far(
            self.to_registry(&["search", "--list-tags", "--format", "json", "--limit", "100000"], name),
        )?;
        if !output.ok() && is_absent(&output.err) {
            return Ok(Some(Vec::new()));
        }
        if !output.ok() {
            bail!("{} got no answer for the tags of {name}: {}", self.program, last_line(&output.err));
        }
        let tags = read_tags(&output.out);
        tags.with_context(|| format!("`{} search --list-tags {name}` said something else", self.program)).map(Some)
    }

    /// What the registry calls an image that was pulled from it. Packed again on its way there, an image has several names
    /// here, and the registry knows one of them.
    pub fn registered_digest(&self, found: &Found, name: &str) -> Result<Option<String>> {
        let named =
            found.digests.iter().filter(|digest| digest.strip_prefix(name).is_some_and(|at| at.starts_with('@')));
        let named: Vec<&String> = named.collect();
        let digest = |digest: &&String| digest.split('@').nth(1).map(str::to_owned);
        if let [only] = &*named {
            return Ok(digest(only));
        }
        for one in &named {
            if self.pull(one)?.is_some() {
                return Ok(digest(one));
            }
        }
        Ok(None)
    }

    /// The same for people to look at, who know an image by its own hash as well.
    pub fn digest(&self, found: &Found, name: &str) -> String {
        self.registered_digest(found, name).ok().flatten().unwrap_or_else(|| found.id.clone())
    }

    /// Gives the registry the image `from` under the name `reference`.
    pub fn push(&self, report: &Report, from: &str, reference: &str) -> Result<()> {
        let program = &self.program;
        self.done("tag", self.call(&["tag", from, reference]))?;
        let output = child::send(report, self.to_registry(&["push"], reference))?;
        if output.ok() {
            return Ok(());
        }
        if is_refused(&output.err) {
            bail!("the registry refuses {reference}: {}; next: {}", last_line(&output.err), self.login(reference));
        }
        // Digests and addresses are full of digits that look like an answer's number.
        let err = last_line(&output.err).split(' ').filter(|word| !word.contains("://") && !word.contains("sha256:"));
        let err = err.collect::<Vec<_>>().join(" ");
        Err(child::failure(
            &format!("{program} push {reference}"),
            &ChildOutput { status: output.status, out: String::new(), err },
        ))
    }

    /// A call that asks the registry of `reference`, or gives it something.
    fn to_registry(&self, words: &[&str], reference: &str) -> Command {
        let mut command = self.call(words);
        command.args(self.plain(reference));
        if let Some(login) = &self.login {
            login.give(self.kind, &mut command);
        }
        command.arg(reference);
        command
    }

    /// A registry on this machine has no certificate; docker knows that by itself.
    pub(super) fn plain(&self, reference: &str) -> Option<&'static str> {
        let host = reference.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        (self.is_podman() && ["127.0.0.1", "localhost", "[::1]"].contains(&name)).then_some("--tls-verify=false")
    }
}
