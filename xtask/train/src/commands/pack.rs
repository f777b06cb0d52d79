//! `pack`: makes of the commit at the head what `publish` sends of crates and images, for who sends it elsewhere.
//! It must never need a token: it runs where there is none.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::arguments::{from_here, group};
use crate::{
    loader::Source,
    perform::{crates, images},
    resume_point::publication::{elsewhere, tagged_here},
    session::{Session, sound},
};
use plan::{
    publish,
    run_report::{Outcome, Prepared},
    snapshot::Snapshot,
    step::{Group, Step},
    tool::TOOL,
};

/// Make the packages and images that `publish --packed` sends, on a machine that holds no token.
///
/// It packs and builds the commit at the head as `publish` does, and puts packages and archives of images into DIR.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} pack --out packed\n  {TOOL} pack --train market-data --without images")
)]
pub struct Pack {
    /// Leave out these groups.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = group())]
    without: Vec<Group>,
    /// Where the files go.
    #[arg(long, value_name = "DIR", default_value = "packed")]
    out: PathBuf,
}

impl Pack {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let out = from_here(&self.out);
        let loader = session.loader()?;
        let (train, version) = tagged_here(&loader, sound(&loader)?)?;
        let snapshot = Snapshot { train, ..loader.load(Source::Commit(&loader.repo.head))? };
        let options = publish::Options {
            without: self.without,
            elsewhere: elsewhere(&loader, &snapshot.train)?,
            ..Default::default()
        };
        let publication = publish::plan(&snapshot, &version, &options);
        let report = session.report;
        let of = Prepared { train: &publication.of.train, version: version.tag() };
        let (packages, built) = (&publication.packages, &publication.parts.images);
        let mut steps: Vec<Step> = packages.iter().cloned().map(Step::Package).collect();
        steps.extend(built.iter().cloned().map(Step::BuildImage));
        if steps.is_empty() {
            report.say(format!("{} has neither crates nor images to pack", publication.of.tag));
        }
        session.refuse(&of, &publication.findings, steps.clone(), "packed")?;
        let cx = session.context(&loader)?;
        let observed = session.take(&cx, &of, (&steps, session.mode()), Outcome::of)?;
        if !session.dry_run && !steps.is_empty() {
            session.sh.create_dir(&out)?;
        }
        for packages in packages.iter().filter(|_| !session.dry_run) {
            for (name, hash) in crates::package::hand_over(&cx, packages, &out)? {
                report.say(format!("          {hash}  {name}"));
            }
        }
        for release in built.iter().filter(|_| !session.dry_run) {
            report.say(format!("          {}", images::hand_over(&cx, release, &out)?));
        }
        session.ending(&[], &observed)
    }
}
