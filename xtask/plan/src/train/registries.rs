//! Where the members of a train are published.
//! It must never choose among several registries that a manifest allows.

use super::Train;
use crate::{
    edit::{and_more, slashed},
    workspace::{Member, Workspace},
};

impl Train {
    /// The registries that a crate is published to, by their names; `None` is cargo's default. Where several are allowed and
    /// none is chosen there are none, and a check tells.
    pub fn registries<'t>(&'t self, member: &'t Member) -> Vec<Option<&'t str>> {
        let is_allowed = |name: &&str| member.registries.is_empty() || member.registries.iter().any(|own| own == name);
        match (&self.config.registries, &member.registries[..]) {
            (None, []) => vec![None],
            (None, [only]) => vec![Some(only)],
            (None, _) => Vec::new(),
            (Some(chosen), _) => chosen.iter().map(|name| &**name).filter(is_allowed).map(Some).collect(),
        }
    }

    /// Whether it sends a member of its own to a registry.
    pub fn publishes(&self, member: &Member) -> bool {
        member.publish && !self.config.is_unpublished()
    }

    /// The first of them that is not the public one.
    pub fn private_registry<'t>(&'t self, member: &'t Member) -> Option<&'t str> {
        self.registries(member).into_iter().flatten().find(|name| *name != "crates-io")
    }

    /// What is to be said where nobody configured that nothing of it goes to a registry, and a manifest does not tell.
    pub fn unpublished_note(&self, workspace: &Workspace) -> Option<String> {
        let is_stated = workspace.trains.iter().any(|train| train.name == self.name() && train.registries.is_some());
        let is_derived = self.config.is_unpublished() && !is_stated;
        let free: Vec<&Member> =
            self.crates.iter().map(|&at| &workspace.members[at]).filter(|each| each.publish).collect();
        let first = free.iter().find(|_| is_derived)?;
        let driver = &workspace.members[self.driver];
        let why = match driver.publish {
            true => format!("{} requires members by their paths alone", driver.name),
            false => format!("{} says `publish = false`", slashed(&driver.manifest)),
        };
        let more = and_more(free.len() - 1);
        Some(format!(
            "nothing is published to a registry: {why} (`publish = false` for {}{more} says it, too)",
            first.name
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::sketch::house;

    #[test]
    fn a_private_registry_is_any_but_the_public_one() {
        let snapshot = house().snapshot();
        let mut member = snapshot.workspace.members[snapshot.train.driver].clone();
        for (allowed, expected) in
            [(&[][..], None), (&["crates-io"], None), (&["ours"], Some("ours")), (&["ours", "theirs"], None)]
        {
            member.registries = allowed.iter().map(|name| name.to_string()).collect();
            assert_eq!(snapshot.train.private_registry(&member), expected, "{allowed:?}");
        }
    }
}
