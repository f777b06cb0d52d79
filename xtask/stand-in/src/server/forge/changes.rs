//! What is made and changed of releases and their assets.
//! It must never publish a second release of a tag, nor replace an asset.

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asset, Release, Repository, STATE, invalid, refuse, stored};
use crate::server::{Answer, now};
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
    fn fields(&self) -> Result<Fields, Answer> {
        let body = if self.call.body.is_empty() { b"{}" } else { self.call.body.as_slice() };
        let value: Value = serde_json::from_slice(body).map_err(|_| refuse(400, "Problems parsing JSON"))?;
        serde_json::from_value(value).map_err(|error| refuse(422, &format!("Invalid request.\n\n{error}")))
    }

    pub fn create(&mut self) -> Result<Answer> {
        let fields = match self.fields() {
            Ok(fields) => fields,
            Err(refused) => return Ok(refused),
        };
        let Some(tag) = fields.tag_name.clone().filter(|tag| !tag.is_empty()) else {
            return Ok(refuse(422, "Invalid request.\n\n\"tag_name\" wasn't supplied."));
        };
        if self.published(&tag).is_some() {
            return Ok(invalid("Release", "already_exists", "tag_name"));
        }
        let id = self.number();
        self.forge.releases.push(Release {
            repository: self.name.clone(),
            id,
            tag,
            target: "main".to_owned(),
            name: String::new(),
            body: String::new(),
            draft: false,
            prerelease: false,
            latest: 0,
            created: now(),
            published: None,
            assets: Vec::new(),
        });
        self.change(id, fields, "release", 201)
    }

    pub fn edit(&mut self, id: u64) -> Result<Answer> {
        let fields = match self.fields() {
            Ok(fields) => fields,
            Err(refused) => return Ok(refused),
        };
        let Some(release) = self.releases().find(|release| release.id == id) else {
            return Ok(refuse(404, "Not Found"));
        };
        let draft = fields.draft.unwrap_or(release.draft);
        let tag = fields.tag_name.as_ref().unwrap_or(&release.tag);
        if !draft && self.published(tag).is_some_and(|other| other.id != id) {
            return Ok(invalid("Release", "already_exists", "tag_name"));
        }
        self.change(id, fields, "release-edit", 200)
    }

    /// Sets what is given, and publishes what is no draft any more.
    fn change(&mut self, id: u64, fields: Fields, kind: &str, status: u16) -> Result<Answer> {
        let number = self.number();
        let Some(release) = self.forge.releases.iter_mut().find(|release| release.id == id) else {
            return Ok(refuse(404, "Not Found"));
        };
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
        let what = json!({ "repository": self.name, "id": id, "tag": release.tag, "draft": release.draft });
        let sha256 = sha256(release.body.as_bytes());
        self.save()?;
        self.state.effect(kind, &sha256, what)?;
        let mut answer = self.show(self.releases().find(|release| release.id == id));
        answer.status = status;
        Ok(answer)
    }

    pub fn upload(&mut self, id: u64) -> Result<Answer> {
        let Some(name) = self.call.query("name").filter(|name| !name.is_empty()) else {
            return Ok(invalid("ReleaseAsset", "missing_field", "name"));
        };
        // GitHub puts a dot for what it does not like in a name.
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && !"._+-@".contains(c), ".");
        let number = self.number();
        let Some(release) = self.forge.releases.iter_mut().find(|release| release.id == id) else {
            return Ok(refuse(404, "Not Found"));
        };
        if release.assets.iter().any(|asset| asset.name == name) {
            return Ok(invalid("ReleaseAsset", "already_exists", "name"));
        }
        let asset = Asset {
            id: number,
            name,
            label: self.call.query("label").map(str::to_owned),
            content_type: self.call.header("content-type").to_owned(),
            size: self.call.body.len(),
            sha256: sha256(&self.call.body),
            created: now(),
        };
        let what =
            json!({ "repository": self.name, "id": number, "release": id, "tag": release.tag, "name": asset.name });
        let sha256 = asset.sha256.clone();
        release.assets.push(asset);
        self.state.save(&stored(number), &self.call.body)?;
        self.save()?;
        self.state.effect("asset", &sha256, what)?;
        let made = self.asset(&number.to_string()).map(|(release, asset)| self.asset_json(release, asset));
        Ok(Answer::json(201, &json!(made)))
    }

    pub fn delete_release(&mut self, id: u64) -> Result<Answer> {
        self.forge.releases.retain(|release| release.id != id);
        self.save()?;
        self.state.effect("release-delete", &sha256(b""), json!({ "repository": self.name, "id": id }))?;
        Ok(Answer::nothing())
    }

    pub fn delete(&mut self, id: u64) -> Result<Answer> {
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

    fn number(&mut self) -> u64 {
        self.forge.last = self.forge.last.saturating_add(1);
        self.forge.last
    }

    fn save(&self) -> Result<()> {
        self.state.save(STATE, &serde_json::to_vec(&self.forge)?)
    }
}
