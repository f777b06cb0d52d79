//! What the arguments of several commands have in common: their values, and how each is read.
//! It must never look at anything but the words themselves.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{
    Arg, Args, Command,
    builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser},
};

use crate::session;
use plan::{
    check::waivers::WAIVABLE,
    config::{Channel, Flow},
    names,
    options::Options,
    patience::LONGEST_WAIT,
    release::Goal,
    step::Group,
    version::{Dialect, Version},
};

/// What `--waive` names: completions offer what every train has, and a proof of a train's own is a name, too.
#[derive(Clone)]
struct Named;

impl TypedValueParser for Named {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(WAIVABLE.iter().map(|check| PossibleValue::new(check.name()))))
    }
}

/// The waivers of a command that makes no tag.
#[derive(Args)]
pub struct Waiving {
    /// Waive a finding or a proof, by its name.
    #[arg(long, value_name = "NAME", value_parser = Named, hide_possible_values = true)]
    pub waive: Vec<String>,
}

/// The waivers and confirmations of a release.
#[derive(Args)]
pub struct Aside {
    /// Waive a finding or a proof, by its name; the tag's message records it.
    #[arg(long, value_name = "NAME", value_parser = Named, hide_possible_values = true)]
    waive: Vec<String>,
    /// Confirm a row of the checklist that only a person can check, by its name; the tag's message records it.
    #[arg(long, value_name = "NAME")]
    confirm: Vec<String>,
}

/// How far a release goes, and what is set aside for it.
#[derive(Args)]
pub struct Going {
    /// Push the branch and the tag in one transaction.
    #[arg(long)]
    push: bool,
    /// Push it on a branch, and open a pull request or bring it up to date; after the merge, the same command goes on.
    #[arg(long)]
    pr: bool,
    #[command(flatten)]
    aside: Aside,
}

impl From<Going> for Options {
    fn from(Going { push, pr, aside }: Going) -> Options {
        Options { push: push || pr, flow: pr.then_some(Flow::PullRequest), ..aside.into() }
    }
}

impl From<Aside> for Options {
    fn from(aside: Aside) -> Options {
        Options { waive: aside.waive, confirm: aside.confirm, ..Options::default() }
    }
}

/// How `publish` and `rollback` send.
#[derive(Args)]
pub struct Sending {
    /// How long to wait for a registry to show an upload, or to recover.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=LONGEST_WAIT))]
    deadline: u64,
    /// The interrupted message is in this channel, or the mail is sent: you have checked.
    #[arg(long, value_name = "CHANNEL", value_parser = channel())]
    announced: Vec<Channel>,
    /// The interrupted message is not in this channel: send it.
    #[arg(long, value_name = "CHANNEL", value_parser = channel())]
    announce_again: Vec<Channel>,
}

impl Sending {
    /// Whether somebody looked into a channel; that is remembered, and can not only be looked at.
    pub fn remembers(&self) -> bool {
        !self.announced.is_empty() || !self.announce_again.is_empty()
    }

    pub fn read(&self) -> session::Sending {
        let observed = self.announced.iter().map(|&channel| (channel, true));
        let settled = observed.chain(self.announce_again.iter().map(|&channel| (channel, false))).collect();
        session::Sending { deadline: Duration::from_secs(self.deadline), settled }
    }
}

/// What `--only` and `--without` name.
pub fn group() -> impl TypedValueParser<Value = Group> {
    one_of(&[Group::Crates, Group::Wheels, Group::Images, Group::Forge, Group::Announce], Group::name)
}

fn channel() -> impl TypedValueParser<Value = Channel> {
    one_of(Channel::ALL, Channel::name)
}

/// One of several by its name.
fn one_of<T: Copy + Send + Sync>(all: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(all.iter().map(|one| name(*one)));
    names.try_map(move |typed| all.iter().copied().find(|one| name(*one) == typed).ok_or("it is none of them"))
}

/// Counted from where it was typed, not from the top of the repository.
pub fn from_here(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

pub fn goal(text: &str) -> Result<Goal, String> {
    Goal::parse(text).map_err(|error| error.to_string())
}

/// A version that has a tag: `0.10.0`, `v0.10.0`, `0.9.3.post1`.
pub fn released(text: &str) -> Result<Version, String> {
    Version::parse(text.strip_prefix('v').unwrap_or(text), Dialect::Tag).map_err(|error| format!("{error:#}"))
}

/// What other programs are given as a word of its own.
pub fn name(text: &str) -> Result<String, String> {
    names::check_name(text).map(|()| text.to_owned())
}

pub fn registry(text: &str) -> Result<String, String> {
    names::check_registry(text).map(|()| text.to_owned())
}

/// A text that says something.
pub fn message(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is blank: say it, or leave the option out".to_owned()),
        text => Ok(text.to_owned()),
    }
}

pub fn one_line(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => message(text),
        text if text.contains('\n') => Err("one line is wanted: the whole story belongs in the issue".to_owned()),
        text => Ok(text.to_owned()),
    }
}
