//! What is made and changed of releases and their assets.
//! It must never publish a second release of a tag, nor replace an asset.

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;

use super::{Asset, Release, Repository, STATE, fields, invalid, not_found, refuse, stored};
use crate::server::{Answer, Answered, now};
use plan::hash::sha256;

/// What is sent to make or change a release.
#[derive(Default, Deserialize)]
struct Fields {
    tag_name: Option<String>,
    target_commitish: Option<String>,
    name: Option<String>,
    body: Option<String>,
    draft: Option<bool>,
    prerelease: Option<bool>,
    /// `true`, `false` or `legacy`, which is taken for `true`.
    make_latest: Option<String>,
}

impl Repository<'_> {
    pub fn create(&mut self) -> Answered {
        let fields: Fields = fields(self.call)?;
        let tag = fields.tag_name.as_ref().filter(|tag| !tag.is_empty());
        let tag = tag.ok_or_else(|| refuse(422, "Invalid request.\n\n\"tag_name\" wasn't supplied."))?;
        if self.published(tag).is_some() {
            return Err(invalid("Release", "already_exists", "tag_name"));
        }
        let (id, repository, target) = (self.number(), self.name.clone(), "main".to_owned());
        self.forge.releases.push(Release { id, repository, target, created: now(), ..Release::default() });
        self.change(id, fields, "release", 201)
    }

    pub fn edit(&mut self, id: u64) -> Answered {
        let fields: Fields = fields(self.call)?;
        let release = self.releases().find(|release| release.id == id).ok_or_else(not_found)?;
        let draft = fields.draft.unwrap_or(release.draft);
        let tag = fields.tag_name.as_ref().unwrap_or(&release.tag);
        if !draft && self.published(tag).is_some_and(|other| other.id != id) {
            return Err(invalid("Release", "already_exists", "tag_name"));
        }
        self.change(id, fields, "release-edit", 200)
    }

    /// Sets what is given, and publishes what is no draft any more.
    fn change(&mut self, id: u64, fields: Fields, kind: &str, status: u16) -> Answered {
        let number = self.number();
        let release = self.release(id)?;
        let set = |old: &mut String, new: Option<String>| *old = new.unwrap_or_else(|| std::mem::take(old));
        set(&mut release.tag, fields.tag_name);
        set(&mut release.target, fields.target_commitish);
        set(&mut release.name, fields.name);
        set(&mut release.body, fields.body);
        release.draft = fields.draft.unwrap_or(release.draft);
        release.prerelease = fields.prerelease.unwrap_or(release.prerelease);
        let first = !release.draft && release.published.is_none();
        if first {
            release.published = Some(now());
        }
        match fields.make_latest.as_deref() {
            Some("false") => release.latest = 0,
            Some(_) => release.latest = number,
            None if first => release.latest = number,
            None => {}
        }
        let sha256 = sha256(release.body.as_bytes());
        let what = json!({ "repository": release.repository, "id": id, "tag": release.tag, "draft": release.draft });
        self.save()?;
        self.state.effect(kind, &sha256, what)?;
        Ok(Answer { status, ..self.show(self.releases().find(|release| release.id == id))? })
    }

    pub fn upload(&mut self, id: u64) -> Answered {
        let name = self.call.query("name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| invalid("ReleaseAsset", "missing_field", "name"))?;
        // GitHub puts a dot for what it does not like in a name.
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && !"._+-@".contains(c), ".");
        let (number, call) = (self.number(), self.call);
        let release = self.release(id)?;
        if release.assets.iter().any(|asset| asset.name == name) {
            return Err(invalid("ReleaseAsset", "already_exists", "name"));
        }
        let asset = Asset {
            id: number,
            name,
            label: call.query("label").map(str::to_owned),
            content_type: call.header("content-type").to_owned(),
            size: call.body.len(),
            sha256: sha256(&call.body),
            created: now(),
        };
        let Release { repository, tag, .. } = &*release;
        let what = json!({ "repository": repository, "id": number, "release": id, "tag": tag, "name": asset.name });
        let sha256 = asset.sha256.clone();
        release.assets.push(asset);
        self.state.save(&stored(number), &call.body)?;
        self.save()?;
        self.state.effect("asset", &sha256, what)?;
        let made = self.asset(&number.to_string()).map(|(release, asset)| self.asset_json(release, asset));
        Ok(Answer::json(201, &json!(made)))
    }

    pub fn delete_release(&mut self, id: u64) -> Answered {
        self.forge.releases.retain(|release| release.id != id);
        self.save()?;
        self.state.effect("release-delete", &sha256(b""), json!({ "repository": self.name, "id": id }))?;
        Ok(Answer::nothing())
    }

    pub fn delete(&mut self, id: u64) -> Answered {
        for release in &mut self.forge.releases {
            let Some(at) = release.assets.iter().position(|asset| asset.id == id) else { continue };
            let asset = release.assets.remove(at);
            let what = json!({ "repository": self.name, "id": id, "release": release.id, "name": asset.name });
            self.save()?;
            self.state.effect("asset-delete", &asset.sha256, what)?;
            break;
        }
        Ok(Answer::nothing())
    }

    fn release(&mut self, id: u64) -> Result<&mut Release, Answer> {
        self.forge.releases.iter_mut().find(|release| release.id == id).ok_or_else(not_found)
    }

    fn number(&mut self) -> u64 {
        self.forge.last = self.forge.last.saturating_add(1);
        self.forge.last
    }

    fn save(&self) -> Result<()> {
        self.state.save(STATE, &serde_json::to_vec(&self.forge)?)
    }
}
