//! The channels: Discord's "Execute Webhook" and Slack's incoming webhooks.
//! It must never take a message that the true channel would cut or refuse.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Answered, Call, State, now, timestamp};
use plan::hash::sha256;

/// The last segment of the Discord webhook's address, but for what it is in this run.
pub const DISCORD_TOKEN: &str = "rehearsal-discord-token";
/// The last segment of the Slack webhook's address, but for what it is in this run.
pub const SLACK_TOKEN: &str = "rehearsal-slack-token";

/// Discord refuses longer messages.
const LONGEST: usize = 2_000;

pub fn answer(state: &State, call: &Call) -> Answered {
    match (call.method.as_str(), call.path().as_slice()) {
        ("POST", ["api", "webhooks", "1", token]) if *token == state.token(DISCORD_TOKEN) => discord(state, call),
        ("POST", ["api", "webhooks", "1", _]) => Err(refuse(401, 50_027, "Invalid Webhook Token")),
        ("POST", ["api", "webhooks", ..]) => Err(refuse(404, 10_015, "Unknown Webhook")),
        ("POST", ["services", "T1", "B1", token]) if *token == state.token(SLACK_TOKEN) => slack(state, call),
        ("POST", ["services", "T1", "B1", _]) => Err(Answer::text(403, "invalid_token")),
        ("POST", ["services", ..]) => Err(Answer::text(404, "no_service")),
        _ => Err(Answer::text(404, "Not Found")),
    }
}

fn refuse(status: u16, code: u32, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message, "code": code }))
}

fn discord(state: &State, call: &Call) -> Answered {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| refuse(400, 50_109, "The request body contains invalid JSON."))?;
    let content = body["content"].as_str().unwrap_or_default();
    if content.trim().is_empty() {
        return Err(refuse(400, 50_006, "Cannot send an empty message"));
    }
    if content.chars().count() > LONGEST {
        let why = json!({ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." });
        let errors = json!({ "content": { "_errors": [why] } });
        return Err(Answer::json(400, &json!({ "message": "Invalid Form Body", "code": 50_035, "errors": errors })));
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

fn slack(state: &State, call: &Call) -> Answered {
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Answer::text(400, "invalid_payload"))?;
    let text = body["text"].as_str().filter(|text| !text.is_empty()).ok_or_else(|| Answer::text(400, "no_text"))?;
    keep(state, "slack", text)?;
    Ok(Answer::text(200, "ok"))
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
