//! Announcements: one message to each channel.
//! It must never send again what may have been sent: whether it was, a person says.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::{
    Context,
    announced::{command, now, reference, sent},
    lease::{Ref, Stored},
    mail,
};
use crate::{
    clock,
    tools::http::{self, Answer, Post},
};
use plan::{
    config::Channel,
    step::{Announcement, Observation},
};

fn address(variable: &str) -> Option<String> {
    std::env::var(variable).ok().map(|url| url.trim().to_owned()).filter(|url| !url.is_empty())
}

pub fn observe(cx: &Context<'_>, announcement: &Announcement) -> Result<Observation> {
    let Announcement { channel, .. } = announcement;
    if *channel == Channel::Mail {
        return mail::observe(cx, announcement);
    }
    let Some(stored) = reference(cx, announcement).read()? else {
        let variable = channel.variable().filter(|name| address(name).is_none());
        return Ok(variable.map_or(Observation::Todo, |name| {
            Observation::blocked(
                format!("it is not announced, and {channel}'s address is not known"),
                format!("the address of a webhook as {name} in the environment"),
            )
        }));
    };
    Ok(sent(&stored).unwrap_or_else(|| {
        Observation::blocked(
            format!("whether it was sent is not known: it was cut off while {}", stored.text.trim()),
            look(announcement),
        )
    }))
}

fn look(announcement: &Announcement) -> String {
    let (channel, publish) = (announcement.channel, command(announcement));
    format!(
        "look into the channel; if it is there: {publish} --announced {channel}; if not: {publish} --announce-again {channel}"
    )
}

pub fn send(cx: &Context<'_>, announcement: &Announcement) -> Result<()> {
    let Announcement { channel, text, .. } = announcement;
    let reference = reference(cx, announcement);
    // A mail is sent by a person.
    let Some(variable) = channel.variable() else { return Ok(()) };
    let url = address(variable).with_context(|| format!("{variable} is not set"))?;
    // Before it is sent, so that a crash in between leaves a question, not a second message. No two say the same.
    let claim = format!("sending since {} (process {}, {})\n", now(), std::process::id(), clock::system().as_nanos());
    let Some(sending) = reference.swap(None, &claim)? else { return Ok(()) };
    let (url, body) = message(*channel, &url, text);
    let unsent = |error: anyhow::Error| match reference.remove(&sending) {
        Ok(()) => error,
        Err(left) => {
            error.context(format!("it was not sent, but {} says that it may have been: {left:#}", reference.name))
        }
    };
    match http::post(cx.sh, &url, &body.to_string())? {
        Post::Taken(answer) => remember(&reference, &sending, &receipt(&answer)),
        Post::Refused(answer) => Err(unsent(answer.failure(&format!("{channel} did not take the message")))),
        Post::Unsent(why) => Err(unsent(anyhow::anyhow!("the message to {channel} was not sent: {why}"))),
        // Of a gateway's answer, too, nobody knows what the service behind it did.
        Post::Unknown(why) => {
            bail!("whether {channel} has the message is not known: {why}; next: {}", look(announcement))
        }
    }
}

/// The text as it will be sent, to be read beforehand.
pub fn as_sent(announcement: &Announcement) -> String {
    let Announcement { channel, text, .. } = announcement;
    match channel {
        Channel::Discord => cut(text, Channel::Discord.room()),
        Channel::Slack => text.clone(),
        Channel::Mail => mail::mail(text),
    }
}

/// The address and the text as the channel wants them.
fn message(channel: Channel, url: &str, text: &str) -> (String, Value) {
    if channel == Channel::Slack {
        return (url.to_owned(), json!({ "text": text }));
    }
    // Asked to wait, it answers with the message's number; and nobody is called by what a changelog quotes.
    let joint = if url.contains('?') { '&' } else { '?' };
    let content = cut(text, Channel::Discord.room());
    (format!("{url}{joint}wait=true"), json!({ "content": content, "allowed_mentions": { "parse": [] } }))
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room - 1).chain(['…']).collect()
}

fn receipt(answer: &Answer) -> String {
    let id = serde_json::from_str::<Value>(&answer.body).ok().and_then(|body| Some(body["id"].as_str()?.to_owned()));
    id.filter(|id| id.chars().all(|c| c.is_ascii_alphanumeric()))
        .map_or("taken".to_owned(), |id| format!("message {id}"))
}

/// The message is out: that must not be forgotten because the remote is deaf for a moment.
fn remember(reference: &Ref, sending: &Stored, what: &str) -> Result<()> {
    let text = format!("sent {} {what}\n", now());
    for pause in [1, 2, 4, 0] {
        match reference.swap(Some(sending), &text) {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => bail!("it was sent ({what}), but somebody else changed {}", reference.name),
            Err(error) if pause == 0 => {
                return Err(error.context(format!("it was sent ({what}), but that could not be remembered")));
            }
            Err(_) => std::thread::sleep(Duration::from_secs(pause)),
        }
    }
    Ok(())
}

/// What a person saw in the channel, when it was not known.
pub fn settle(cx: &Context<'_>, announcement: &Announcement, was_sent: bool) -> Result<()> {
    let Announcement { of, channel, .. } = announcement;
    let reference = reference(cx, announcement);
    let Some(stored) = reference.read()? else {
        bail!("{} was not announced to {channel} yet: the same command without --announced or --announce-again", of.tag)
    };
    match (sent(&stored), was_sent) {
        (Some(_), true) => Ok(()),
        (Some(_), false) => bail!("{} is announced to {channel}: {}", of.tag, stored.text.trim()),
        (None, true) => match reference.swap(Some(&stored), &format!("sent {} seen by a person\n", now()))? {
            Some(_) => Ok(()),
            None => bail!("somebody else changed {}: the same command looks again", reference.name),
        },
        (None, false) => reference.remove(&stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_gets_what_it_takes() {
        let long = "ä".repeat(2_001);
        let (url, body) = message(Channel::Discord, "https://h/x?thread_id=1", &long);
        assert_eq!(url, "https://h/x?thread_id=1&wait=true");
        let content = body["content"].as_str().unwrap();
        assert_eq!((content.chars().count(), content.chars().last()), (2_000, Some('…')));
        assert_eq!(body["allowed_mentions"], json!({ "parse": [] }), "it calls nobody");
        assert_eq!(cut("ab", 2), "ab");
        assert_eq!(message(Channel::Slack, "u", "t"), ("u".to_owned(), json!({"text": "t"})));
        let answer = Answer::read("HTTP/1.1 200 OK\r\n\r\n{\"id\": \"42\"}").unwrap();
        assert_eq!(receipt(&answer), "message 42");
        assert_eq!(receipt(&Answer::read("HTTP/1.1 200 OK\r\n\r\nok").unwrap()), "taken");
    }
}
