//! The second build of a rehearsal: from another clone, in another place, with the user's own cargo; with the rehearsal's
//! index where others have our names.
//! It must never share anything with the first but the commit.

use anyhow::Result;

use super::{rehearsal::Ending, stand::Stand};
use crate::perform::{
    Context, crates,
    publish::{self, Hashes},
    wheels::build,
};
use plan::{edit::count, publish::Publication};

impl Stand<'_> {
    /// Builds everything once more, from another clone and with the user's own cargo, and compares byte by byte.
    pub fn compare(&mut self, cx: &Context<'_>, publication: &Publication) -> Result<()> {
        let (packages, dists) = (&publication.packages, &publication.parts.dists);
        if packages.is_none() && dists.is_empty() {
            return Ok(());
        }
        let of = &publication.of;
        let (remote, second, commit) = (self.dir.join("remote.git"), self.dir.join("second"), of.commit.clone());
        // Where packages name the registry that they are in, they have to name the same one.
        let named = self.environment.named_registries();
        let (mut first, mut again) = (Hashes::new(), Hashes::new());
        self.try_out("build again from another clone", |stand| {
            let sh = &stand.sh;
            publish::check_out(sh, &remote, &stand.clone, &commit, &second)?;
            if let Some(packages) = packages {
                first.extend(crates::package::packed(cx, packages));
                let target = stand.dir.join("second-crates");
                again.extend(crates::pack::pack(cx, packages, &second, &target, |cargo| {
                    cargo.arg("--no-verify");
                    cargo.envs(named.iter().cloned());
                    // Of what a stranger has under our names, the user's own index would show; a private one nothing that
                    // is packed beside.
                    if !stand.rehearsal.contested.is_empty() || stand.environment.reads_for_private() {
                        stand.environment.apply(cargo, true);
                    }
                })?);
            }
            for dist in dists {
                let out = stand.dir.join("second-dist").join(&dist.name);
                build::make(cx, dist, &second, &out, &build::Wanted { sdist: true, target: None, zig: false })?;
                first.extend(build::files(cx, dist)?);
                again.extend(build::files_in(&out, dist)?);
            }
            Ok(count(again.len(), "file"))
        })?;
        let differ: Vec<&str> =
            first.iter().filter(|(name, hash)| again.get(*name) != Some(hash)).map(|(name, _)| name.as_str()).collect();
        let title = match named.is_empty() {
            true => "the second build has the same bytes",
            // A package says where that is.
            false => "the second build has the same bytes, but for the registry's address",
        };
        let outcome = match differ.is_empty() {
            true => Ending::Proved { evidence: format!("{} files have the same hashes", first.len()) },
            false => {
                let why = format!(
                    "{} differ when they are built elsewhere; a wheel may hold the path of the build, as maturin's SBOM does ([tool.maturin.sbom] rust = false)",
                    differ.join(", ")
                );
                Ending::NotProved { why }
            }
        };
        self.line("use", title, None, outcome);
        self.rehearsal.hashes = first.into_iter().collect();
        Ok(())
    }
}
