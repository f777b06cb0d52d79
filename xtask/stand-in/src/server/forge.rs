//! The forge: releases and their assets, as GitHub's REST API (2022-11-28, "Releases" and "Release assets") has them.
//! It must never show a release to somebody without the token, nor two published releases of one tag.

mod changes;
mod history;
mod issues;
mod pulls;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Answer, Answered, Call, State, timestamp};

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

#[derive(Default, Serialize, Deserialize)]
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

pub fn answer(state: &State, call: &Call) -> Answered {
    let authorization = call.header("authorization");
    let token = state.token(TOKEN);
    if !["Bearer ", "token "].iter().any(|scheme| authorization.strip_prefix(scheme) == Some(&token)) {
        return Err(refuse(401, "Bad credentials"));
    }
    let path = call.path();
    let path = path.strip_prefix(&["api", "v3"]).or_else(|| path.strip_prefix(&["api", "uploads"])).unwrap_or(&path);
    let ["repos", owner, name, rest @ ..] = path else { return Err(not_found()) };
    let _turn = state.turn();
    if let ["issues" | "labels", ..] = rest {
        return issues::answer(state, call, rest);
    }
    let forge = state.load_json(STATE)?.unwrap_or_default();
    Repository { state, call, urls: Urls::new(state, call, owner, name), name: format!("{owner}/{name}"), forge }
        .answer(rest)
}

fn refuse(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message, "documentation_url": "", "status": status.to_string() }))
}

fn not_found() -> Answer {
    refuse(404, "Not Found")
}

/// What was sent along, of which nothing is nothing.
fn fields<T: DeserializeOwned>(call: &Call) -> Result<T, Answer> {
    let body = if call.body.is_empty() { b"{}" } else { call.body.as_slice() };
    let value: Value = serde_json::from_slice(body).map_err(|_| refuse(400, "Problems parsing JSON"))?;
    serde_json::from_value(value).map_err(|error| refuse(422, &format!("Invalid request.\n\n{error}")))
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
        let [api, uploads, html] = match call.host.ends_with(HOST) {
            true => ["api.", "uploads.", ""].map(|part| format!("http://{part}{HOST}")),
            false => ["/api/v3", "/api/uploads", ""].map(|part| call.address(state) + part),
        };
        let of = |start: String| format!("{start}/{owner}/{name}");
        Urls { api: of(api + "/repos"), uploads: of(uploads + "/repos"), html: of(html) }
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
    fn answer(mut self, path: &[&str]) -> Answered {
        match (self.call.method.as_str(), path) {
            ("GET", []) => Ok(self.itself()),
            ("GET", ["releases"]) => Ok(self.list()),
            ("POST", ["releases"]) => self.create(),
            ("GET", ["releases", "latest"]) => {
                let finals = self.releases().filter(|release| !release.draft && !release.prerelease);
                self.show(finals.max_by_key(|release| release.latest))
            }
            ("GET", ["releases", "tags", tag @ ..]) => self.show(self.published(&tag.join("/"))),
            (method, ["releases", "assets", id]) => match (method, self.asset(id).ok_or_else(not_found)?) {
                ("GET", (_, asset)) if self.call.header("accept").contains("application/octet-stream") => {
                    self.state.load(&stored(asset.id))?.map(Answer::bytes).ok_or_else(not_found)
                }
                ("GET", (release, asset)) => Ok(Answer::json(200, &self.asset_json(release, asset))),
                ("DELETE", (_, asset)) => self.delete(asset.id),
                _ => Err(not_found()),
            },
            (method, ["releases", id, rest @ ..]) => {
                let id = self.releases().map(|release| release.id).find(|known| known.to_string() == *id);
                let id = id.ok_or_else(not_found)?;
                match (method, rest) {
                    ("GET", []) => self.show(self.releases().find(|release| release.id == id)),
                    ("PATCH", []) => self.edit(id),
                    ("DELETE", []) => self.delete_release(id),
                    ("GET", ["assets"]) => {
                        let assets = self.releases().filter(|release| release.id == id);
                        let assets = assets.flat_map(|of| of.assets.iter().map(|asset| self.asset_json(of, asset)));
                        Ok(self.page(&format!("releases/{id}/assets"), assets.collect()))
                    }
                    ("POST", ["assets"]) => self.upload(id),
                    _ => Err(not_found()),
                }
            }
            (method, path) => {
                let of_pulls = if let ["pulls", rest @ ..] = path { pulls::answer(&self, rest)? } else { None };
                match of_pulls {
                    Some(answer) => Ok(answer),
                    None if method == "GET" => history::answer(&self, path)?.ok_or_else(not_found),
                    None => Err(not_found()),
                }
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

    fn show(&self, release: Option<&Release>) -> Answered {
        release.map(|release| Answer::json(200, &self.release_json(release))).ok_or_else(not_found)
    }

    /// Newest first, in pages whose `Link` names the next.
    fn list(&self) -> Answer {
        let mut releases: Vec<&Release> = self.releases().collect();
        releases.sort_by_key(|release| std::cmp::Reverse(release.id));
        self.page("releases", releases.iter().map(|release| self.release_json(release)).collect())
    }

    pub fn owner(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// As many entries of a list as are asked for.
    pub fn page(&self, path: &str, all: Vec<Value>) -> Answer {
        self.page_in(path, all, |shown, _| shown)
    }

    /// The same with the list in something; it is given how many there are in all.
    pub fn page_in(&self, path: &str, all: Vec<Value>, wrap: impl Fn(Value, usize) -> Value) -> Answer {
        let (size, page) = self.call.page();
        let start = (page - 1).saturating_mul(size);
        let many = all.len();
        let shown = all.into_iter().skip(start).take(size).collect();
        let mut answer = Answer::json(200, &wrap(shown, many));
        if start.saturating_add(size) < many {
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
