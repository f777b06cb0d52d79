//! `init`: what a workspace needs to be released by this tool, proposed as a diff and written on request.
//! It must never overwrite what it did not write, nor propose what can be derived.

mod configure;
mod look;

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;

use self::look::{Looked, look, setup};
use crate::{
    loader::{Loader, Source},
    resume_point::history,
    run::Mode,
    session::{Session, refuse},
};
use plan::{
    edit::{self, count},
    finding::Finding,
    run_report::{Outcome, Proposed},
    step::{Step, Write},
    tool::TOOL,
    workflows,
    workspace::Workspace,
};

/// Propose what the workspace needs to be released by this tool: configuration and workflows.
///
/// It prints what it would write as a diff; files that it did not write stay as they are. Run again, it proposes only
/// what changed.
#[derive(Args)]
#[command(after_help = format!("Examples:\n  {TOOL} init\n  {TOOL} init --write\n  {TOOL} init --write --xtask\n  {TOOL} init --check"))]
pub struct Init {
    /// Write what is proposed.
    #[arg(long)]
    write: bool,
    /// Add a private crate `xtask` that calls the tool in this version, and the alias for it: `cargo xtask`.
    #[arg(long)]
    xtask: bool,
    /// Only compare the generated workflows with the trains; `check` does it, too.
    #[arg(long, conflicts_with_all = ["write", "xtask"])]
    check: bool,
}

impl Init {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let (report, loader) = (session.report, session.loader()?);
        if self.check {
            let workspace = loader.load(Source::Tree)?.workspace;
            return refuse(report, &stale(&loader, &workspace)?, "changed");
        }
        history::whole(&loader)?;
        let Looked { edits, notes, found } = look(&loader, self.xtask)?;
        found.iter().for_each(|line| report.say(line.as_str()));
        report.notes(&notes);
        let mode = if self.write { session.mode() } else { Mode::Look };
        let edits = Arc::new(edits);
        let write = (!edits.is_empty()).then(|| Step::Write(Write { edits: edits.clone(), branch: None }));
        let outcome = if mode == Mode::Act { Outcome::Done } else { Outcome::Planned };
        let (cx, steps) = (session.context(&loader)?, Vec::from_iter(write));
        let observed = session.take(&cx, &Proposed { proposed: found, notes }, (&steps, mode), |_| outcome)?;
        if mode == Mode::Look && !report.json {
            for diff in edit::diffs(&edits) {
                report.warn(diff.strip_suffix('\n').unwrap_or(&diff));
            }
        }
        if observed.iter().any(|step| step.refuses()) {
            bail!("nothing was written: see the step above");
        }
        report.say(match (edits.len(), mode) {
            (0, _) => format!("nothing is to be written; next: {TOOL} check"),
            (many, Mode::Act) => format!("next: read {} and commit, then {TOOL} check", count(many, "file")),
            _ => format!("next: {TOOL} init --write"),
        });
        Ok(())
    }
}

/// The generated workflows that say something else than the trains. Where the history is cut off, the form of a tag may
/// not be known, and nothing is compared.
pub fn stale(loader: &Loader<'_>, workspace: &Workspace) -> Result<Vec<Finding>> {
    let texts = &workspace.texts;
    if loader.repo.is_shallow || !texts.values().any(|text| workflows::is_generated(text)) {
        return Ok(Vec::new());
    }
    Ok(workflows::stale(&setup(loader, workspace)?, texts))
}
