//! The channels: Discord's "Execute Webhook" and Slack's incoming webhooks.
//! It must never take a message that the true channel would cut or refuse.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Call, State, now, timestamp};
use plan::hash::sha256;

/// The last segment of the Discord webhook's address, but for what it is in this run.
pub const DISCORD_TOKEN: &str = "rehearsal-discord-token";
/// The last segment of the Slack webhook's address, but for what it is in this run.
pub const SLACK_TOKEN: &str = "rehearsal-slack-token";

/// Discord refuses longer messages.
const LONGEST: usize = 2_000;

pub fn answer(state: &State, call: &Call) -> Result<Answer> {
    match (call.method.as_str(), call.path().as_slice()) {
        ("POST", ["api", "webhooks", "1", token]) if *token == state.token(DISCORD_TOKEN) => discord(state, call),
        ("POST", ["api", "webhooks", "1", _]) => Ok(refuse(401, 50_027, "Invalid Webhook Token")),
        ("POST", ["api", "webhooks", ..]) => Ok(refuse(404, 10_015, "Unknown Webhook")),
        ("POST", ["services", "T1", "B1", token]) if *token == state.token(SLACK_TOKEN) => slack(state, call),
        ("POST", ["services", "T1", "B1", _]) => Ok(Answer::text(403, "invalid_token")),
        ("POST", ["services", ..]) => Ok(Answer::text(404, "no_service")),
        _ => Ok(Answer::text(404, "Not Found")),
    }
}

fn refuse(status: u16, code: u32, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message, "code": code }))
}

fn discord(state: &State, call: &Call) -> Result<Answer> {
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else {
        return Ok(refuse(400, 50_109, "The request body contains invalid JSON."));
    };
    let content = body["content"].as_str().unwrap_or_default();
    if content.trim().is_empty() {
        return Ok(refuse(400, 50_006, "Cannot send an empty message"));
    }
    if content.chars().count() > LONGEST {
        let why = json!({ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." });
        let errors = json!({ "content": { "_errors": [why] } });
        return Ok(Answer::json(400, &json!({ "message": "Invalid Form Body", "code": 50_035, "errors": errors })));
    }
    let id = keep(state, "discord", content)?;
    if call.query("wait") != Some("true") {
        return Ok(Answer::nothing());
    }
    let message = json!({
        "id": id.to_string(),
        "type": 0,
        "content": content,
        "channel_id": "1",
        "webhook_id": "1",
        "timestamp": timestamp(now()),
    });
    Ok(Answer::json(200, &message))
}

fn slack(state: &State, call: &Call) -> Result<Answer> {
    let Ok(body) = serde_json::from_slice::<Value>(&call.body) else {
        return Ok(Answer::text(400, "invalid_payload"));
    };
    match body["text"].as_str().filter(|text| !text.is_empty()) {
        Some(text) => keep(state, "slack", text).map(|_| Answer::text(200, "ok")),
        None => Ok(Answer::text(400, "no_text")),
    }
}

/// Keeps a message after all that came before it, and says which number it has.
fn keep(state: &State, channel: &str, text: &str) -> Result<usize> {
    let _turn = state.turn();
    let kept = std::fs::read_dir(state.dir.join("messages")).into_iter().flatten().flatten();
    let id = kept.filter(|entry| entry.path().extension().is_some_and(|end| end == "json")).count() + 1;
    let message = json!({ "id": id, "channel": channel, "at": now(), "text": text });
    state.save(&format!("messages/{id:04}.json"), message.to_string().as_bytes())?;
    state.effect("message", &sha256(text.as_bytes()), json!({ "channel": channel, "id": id }))?;
    Ok(id)
}
