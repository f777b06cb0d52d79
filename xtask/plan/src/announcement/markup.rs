//! Markdown in the markup of each channel: Discord takes it as it is, a mail has no bold, Slack has words of its own.
//! It must never change what stands between backticks, nor let a quoted name call anybody.

use crate::config::{Channel, Markup};

/// The text as the channel writes it.
pub fn dress(channel: Channel, text: &str) -> String {
    let markup = channel.markup();
    let mut is_code = false;
    let line = |line: &str| {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        match markup {
            Markup::Markdown => line.to_owned(),
            _ if is_code => escape(markup, line),
            _ => match line.trim_start_matches('#').strip_prefix(' ') {
                Some(heading) if line.starts_with('#') && markup == Markup::Slack => {
                    format!("*{}*", inline(markup, heading.trim()).replace('*', ""))
                }
                _ => match line.strip_prefix("> ") {
                    Some(quoted) => format!("> {}", inline(markup, quoted)),
                    None => inline(markup, line),
                },
            },
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn inline(markup: Markup, line: &str) -> String {
    let (mut reported, mut rest) = (String::new(), line);
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('`')
            && let Some((code, after)) = after.split_once('`')
        {
            reported.push_str(&format!("`{}`", escape(markup, code)));
            rest = after;
        } else if let Some(sign) = rest
            .strip_prefix('\\')
            .and_then(|rest| rest.get(..1))
            .filter(|sign| sign.chars().all(|c| c.is_ascii_punctuation()))
        {
            reported.push_str(&escape(markup, sign));
            rest = &rest[2..];
        } else if let Some(after) = rest.strip_prefix("**") {
            reported.push_str(if markup == Markup::Slack { "*" } else { "" });
            rest = after;
        } else if let Some((words, address, after)) = link(rest).filter(|_| markup == Markup::Slack) {
            // A `|` ends the address there.
            let address = escape(markup, address).replace('|', "%7C");
            reported.push_str(&format!("<{address}|{}>", inline(markup, words)));
            rest = after;
        } else {
            reported.push_str(&escape(markup, c.encode_utf8(&mut [0; 4])));
            rest = &rest[c.len_utf8()..];
        }
    }
    reported
}

/// `[words](address)` at the beginning of the text, and the rest. Only a place is an address: of what else stands there,
/// Slack would make a call to a person, a group or a whole channel.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (address, after) = rest.split_once(')')?;
    let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    let is_place = ["http", "https", "mailto"].contains(&scheme.as_str()) && !address.contains(' ');
    (!words.contains(['[', ']']) && is_place).then_some((words, address, after))
}

fn escape(markup: Markup, text: &str) -> String {
    match markup {
        Markup::Slack => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        _ => text.to_owned(),
    }
}
