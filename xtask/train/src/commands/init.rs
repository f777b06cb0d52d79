//! `init`: what a workspace needs to be released by this tool, proposed as a diff and written on request.
//! It must never overwrite what it did not write, nor propose what can be derived.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Result, bail};
use clap::Args;

use crate::{
    loader::{Loader, Source},
    repo,
    run::Mode,
    session::{Session, refuse},
};
use plan::{
    edit::{self, Edit, count, slashed},
    finding::Finding,
    run_report::{Outcome, Proposed},
    snapshot::Snapshot,
    step::{Step, Write},
    tool::TOOL,
    workflows::{self, Setup, Way},
    workspace::Workspace,
};

/// Propose what the workspace needs to be released by this tool: configuration and workflows.
///
/// It prints what it would write as a diff; files that it did not write stay as they are. Run again, it proposes only
/// what changed.
#[derive(Args)]
#[command(after_help = format!("Examples:\n  {TOOL} init\n  {TOOL} init --write\n  {TOOL} init --check"))]
pub struct Init {
    /// Write what is proposed.
    #[arg(long)]
    write: bool,
    /// Only compare the generated workflows with the trains; `check` does it, too.
    #[arg(long, conflicts_with = "write")]
    check: bool,
}

impl Init {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let loader = session.loader()?;
        let head = loader.load(Source::Tree)?;
        let setup = setup(&loader, &head)?;
        let here = here(&loader, &head.workspace, &setup)?;
        if self.check {
            return refuse(session.report, &workflows::stale(&setup, &here), "changed");
        }
        let mut notes = Vec::new();
        for path in workflows::taken(&setup, &here) {
            let path = slashed(&path);
            notes.push(format!("{path} is not generated, and stays as it is; next: give it another name, or write `workflows = \"own\"` into the train's table"));
        }
        let edits = workflows::edits(&setup, &here);
        self.propose(session, &loader, edits, notes)
    }

    /// Shows what is proposed, and writes it where that is wanted.
    fn propose(&self, session: &Session<'_>, loader: &Loader<'_>, edits: Vec<Edit>, notes: Vec<String>) -> Result<()> {
        let report = session.report;
        report.notes(&notes);
        let mode = if self.write { session.mode() } else { Mode::Look };
        let edits = Arc::new(edits);
        let steps = match edits.len() {
            0 => Vec::new(),
            _ => vec![Step::Write(Write { edits: edits.clone(), branch: None })],
        };
        let of = Proposed { notes };
        let outcome = if mode == Mode::Act { Outcome::Done } else { Outcome::Planned };
        let observed = session.take(&session.context(loader)?, &of, (&steps, mode), |_| outcome)?;
        if mode == Mode::Look && !report.json {
            for diff in edit::diffs(&edits) {
                report.warn(diff.strip_suffix('\n').unwrap_or(&diff));
            }
        }
        if observed.iter().any(|step| step.refuses()) {
            bail!("nothing was written: see the step above");
        }
        match (edits.len(), mode) {
            (0, _) => report.say("nothing is to be written: all of it is here"),
            (many, Mode::Act) => report.say(format!("next: read {} and commit: git add .", count(many, "file"))),
            _ => report.say(format!("next: {TOOL} init --write")),
        }
        Ok(())
    }
}

/// The generated workflows that say something else than the trains. Where the history is cut off, the form of a tag may
/// not be known, and nothing is compared.
pub fn stale(loader: &Loader<'_>, head: &Snapshot) -> Result<Vec<Finding>> {
    let texts = &head.workspace.texts;
    if loader.repo.is_shallow || !texts.values().any(|text| workflows::is_generated(text)) {
        return Ok(Vec::new());
    }
    Ok(workflows::stale(&setup(loader, head)?, texts))
}

/// What workflows are generated from.
fn setup(loader: &Loader<'_>, head: &Snapshot) -> Result<Setup> {
    let mut trains = loader.every_train(head)?;

    trains.sort_by_key(|train| (!train.config.default, train.name().to_owned()));
    Ok(Setup::of(&head.workspace, &trains, Way::of(&head.workspace, env!("CARGO_PKG_VERSION"))))
}

/// The workflows as the working tree has them, those among them that git does not know yet.
fn here(loader: &Loader<'_>, workspace: &Workspace, setup: &Setup) -> Result<plan::workspace::Texts> {
    let known = workspace.texts.keys().filter(|path| plan::files::workflow::is_one(path));
    let paths: Vec<PathBuf> = known.cloned().chain(workflows::generate(setup).into_keys()).collect();
    repo::texts_in_tree(loader.sh, &workspace.tracked, paths.iter())
}
