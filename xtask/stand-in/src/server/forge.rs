//! The forge: releases and their assets, as GitHub's REST API (2022-11-28, "Releases" and "Release assets") has them.
//! It must never show a release to somebody without the token, nor two published releases of one tag.

mod changes;
mod history;
mod pulls;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Call, State, issues, timestamp};

/// The host that `gh` is given; it asks `api.` before it, over plain HTTP because it is local.
pub const HOST: &str = "github.localhost";

/// The token that everything needs, but for what it is in this run.
pub const TOKEN: &str = "rehearsal-forge-token";

const STATE: &str = "forge/releases.json";

#[derive(Default, Serialize, Deserialize)]
struct Forge {
    /// The number given last, to a release or an asset.
    last: u64,
    /// In the order they were made.
    releases: Vec<Release>,
}

#[derive(Serialize, Deserialize)]
struct Release {
    /// `owner/name`
    repository: String,
    id: u64,
    tag: String,
    target: String,
    name: String,
    body: String,
    draft: bool,
    prerelease: bool,
    /// Which of the published ones is the latest: the one with the highest number.
    latest: u64,
    created: u64,
    published: Option<u64>,
    assets: Vec<Asset>,
}

#[derive(Serialize, Deserialize)]
struct Asset {
    id: u64,
    name: String,
    label: Option<String>,
    content_type: String,
    size: usize,
    sha256: String,
    created: u64,
}

/// Whether a host is the forge's, or one of those below it that have a part of it.
pub fn is_host(host: &str) -> bool {
    host.strip_suffix(HOST).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

pub fn answer(state: &State, call: &Call) -> Result<Answer> {
    let authorization = call.header("authorization");
    let token = state.token(TOKEN);
    if !["Bearer ", "token "].iter().any(|scheme| authorization.strip_prefix(scheme) == Some(&token)) {
        return Ok(refuse(401, "Bad credentials"));
    }
    let path = call.path();
    let path = path.strip_prefix(&["api", "v3"]).or_else(|| path.strip_prefix(&["api", "uploads"])).unwrap_or(&path);
    let ["repos", owner, name, rest @ ..] = path else { return Ok(refuse(404, "Not Found")) };
    if let ["issues" | "labels", ..] = rest {
        return issues::answer(state, call, rest);
    }
    let _turn = state.turn();
    let forge = state.load_json(STATE)?.unwrap_or_default();
    Repository { state, call, urls: Urls::new(state, call, owner, name), name: format!("{owner}/{name}"), forge }
        .answer(rest)
}

fn refuse(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message, "documentation_url": "", "status": status.to_string() }))
}

fn invalid(resource: &str, code: &str, field: &str) -> Answer {
    let errors = json!([{ "resource": resource, "code": code, "field": field }]);
    Answer::json(422, &json!({ "message": "Validation Failed", "errors": errors, "documentation_url": "" }))
}

/// The addresses that answers name: those under which the client came.
struct Urls {
    api: String,
    uploads: String,
    html: String,
}

impl Urls {
    fn new(state: &State, call: &Call, owner: &str, name: &str) -> Urls {
        let repository = format!("repos/{owner}/{name}");
        if call.host.ends_with(HOST) {
            return Urls {
                api: format!("http://api.{HOST}/{repository}"),
                uploads: format!("http://uploads.{HOST}/{repository}"),
                html: format!("http://{HOST}/{owner}/{name}"),
            };
        }
        let address = call.address(state);
        Urls {
            api: format!("{address}/api/v3/{repository}"),
            uploads: format!("{address}/api/uploads/{repository}"),
            html: format!("{address}/{owner}/{name}"),
        }
    }
}

/// One repository, for the length of one call.
struct Repository<'a> {
    state: &'a State,
    call: &'a Call,
    urls: Urls,
    name: String,
    forge: Forge,
}

impl Repository<'_> {
    fn answer(mut self, path: &[&str]) -> Result<Answer> {
        let not_found = || Ok(refuse(404, "Not Found"));
        match (self.call.method.as_str(), path) {
            ("GET", []) => Ok(self.itself()),
            ("GET", ["releases"]) => Ok(self.list()),
            ("POST", ["releases"]) => self.create(),
            ("GET", ["releases", "latest"]) => {
                let finals = self.releases().filter(|release| !release.draft && !release.prerelease);
                Ok(self.show(finals.max_by_key(|release| release.latest)))
            }
            ("GET", ["releases", "tags", tag @ ..]) => Ok(self.show(self.published(&tag.join("/")))),
            (method, ["releases", "assets", id]) => match (method, self.asset(id)) {
                ("GET", Some((_, asset))) if self.call.header("accept").contains("application/octet-stream") => {
                    let bytes = self.state.load(&stored(asset.id))?;
                    Ok(bytes.map_or_else(|| refuse(404, "Not Found"), Answer::bytes))
                }
                ("GET", Some((release, asset))) => Ok(Answer::json(200, &self.asset_json(release, asset))),
                ("DELETE", Some((_, asset))) => self.delete(asset.id),
                _ => not_found(),
            },
            (method, ["releases", id, rest @ ..]) => {
                let Some(id) = self.releases().map(|release| release.id).find(|known| known.to_string() == *id) else {
                    return not_found();
                };
                match (method, rest) {
                    ("GET", []) => Ok(self.show(self.releases().find(|release| release.id == id))),
                    ("PATCH", []) => self.edit(id),
                    ("DELETE", []) => self.delete_release(id),
                    ("GET", ["assets"]) => Ok(self.list_assets(id)),
                    ("POST", ["assets"]) => self.upload(id),
                    _ => not_found(),
                }
            }
            (method, path) => {
                let mut found = match path {
                    ["pulls", rest @ ..] => pulls::answer(&self, rest)?,
                    _ => None,
                };
                if found.is_none() && method == "GET" {
                    found = history::answer(self.state, &self, path)?;
                }
                Ok(found.unwrap_or_else(|| refuse(404, "Not Found")))
            }
        }
    }

    fn itself(&self) -> Answer {
        let (owner, name) = self.name.split_once('/').unwrap_or_default();
        Answer::json(
            200,
            &json!({
                "name": name, "full_name": self.name, "owner": { "login": owner }, "private": true,
                "default_branch": "main", "url": self.urls.api, "html_url": self.urls.html,
                "permissions": { "admin": true, "push": true, "pull": true },
            }),
        )
    }

    fn releases(&self) -> impl Iterator<Item = &Release> {
        self.forge.releases.iter().filter(|release| release.repository == self.name)
    }

    fn published(&self, tag: &str) -> Option<&Release> {
        self.releases().find(|release| release.tag == tag && !release.draft)
    }

    fn asset(&self, id: &str) -> Option<(&Release, &Asset)> {
        let mut assets = self.releases().flat_map(|release| release.assets.iter().map(move |asset| (release, asset)));
        assets.find(|(_, asset)| asset.id.to_string() == *id)
    }

    fn show(&self, release: Option<&Release>) -> Answer {
        release.map_or_else(|| refuse(404, "Not Found"), |release| Answer::json(200, &self.release_json(release)))
    }

    /// Newest first, in pages whose `Link` names the next.
    fn list(&self) -> Answer {
        let mut releases: Vec<&Release> = self.releases().collect();
        releases.sort_by_key(|release| std::cmp::Reverse(release.id));
        self.page("releases", releases.iter().map(|release| self.release_json(release)).collect())
    }

    fn list_assets(&self, id: u64) -> Answer {
        let assets = self.releases().filter(|release| release.id == id);
        let assets = assets.flat_map(|release| release.assets.iter().map(|asset| self.asset_json(release, asset)));
        self.page(&format!("releases/{id}/assets"), assets.collect())
    }

    /// A word of the question.
    pub fn query(&self, name: &str) -> Option<String> {
        self.call.query(name).map(|value| value.to_string())
    }

    pub fn owner(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Where people look at it.
    pub fn html(&self) -> &str {
        &self.urls.html
    }

    /// As many entries of a list as are asked for.
    pub fn page(&self, path: &str, all: Vec<Value>) -> Answer {
        self.page_in(path, all, |shown, _| json!(shown))
    }

    /// The same with the list in something; it is given how many there are in all.
    pub fn page_in(&self, path: &str, all: Vec<Value>, wrap: impl Fn(Vec<&Value>, usize) -> Value) -> Answer {
        let (size, page) = self.call.page();
        let start = (page - 1).saturating_mul(size);
        let shown: Vec<&Value> = all.iter().skip(start).take(size).collect();
        let mut answer = Answer::json(200, &wrap(shown, all.len()));
        if start.saturating_add(size) < all.len() {
            let next = format!("<{}/{path}?per_page={size}&page={}>; rel=\"next\"", self.urls.api, page + 1);
            answer.headers.push(("Link", next));
        }
        answer
    }

    fn release_json(&self, release: &Release) -> Value {
        let Urls { api, uploads, html } = &self.urls;
        let id = release.id;
        let assets: Vec<Value> = release.assets.iter().map(|asset| self.asset_json(release, asset)).collect();
        json!({
            "url": format!("{api}/releases/{id}"),
            "assets_url": format!("{api}/releases/{id}/assets"),
            "upload_url": format!("{uploads}/releases/{id}/assets{{?name,label}}"),
            "html_url": format!("{html}/releases/tag/{}", release.tag),
            "id": id,
            "tag_name": release.tag,
            "target_commitish": release.target,
            "name": release.name,
            "body": release.body,
            "draft": release.draft,
            "prerelease": release.prerelease,
            "immutable": false,
            "created_at": timestamp(release.created),
            "published_at": release.published.map(timestamp),
            "author": { "login": "rehearsal" },
            "assets": assets,
        })
    }

    fn asset_json(&self, release: &Release, asset: &Asset) -> Value {
        let Urls { api, html, .. } = &self.urls;
        json!({
            "url": format!("{api}/releases/assets/{}", asset.id),
            "browser_download_url": format!("{html}/releases/download/{}/{}", release.tag, asset.name),
            "id": asset.id,
            "name": asset.name,
            "label": asset.label,
            "state": "uploaded",
            "content_type": asset.content_type,
            "size": asset.size,
            "digest": format!("sha256:{}", asset.sha256),
            "download_count": 0,
            "created_at": timestamp(asset.created),
            "updated_at": timestamp(asset.created),
            "uploader": { "login": "rehearsal" },
        })
    }
}

fn stored(asset: u64) -> String {
    format!("forge/assets/{asset}")
}
