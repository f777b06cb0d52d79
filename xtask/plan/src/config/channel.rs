//! The channels that a release is announced in: a row for each, with how much it takes and in which markup.
//! It must never send anything, nor know an address: the row names the variable that holds it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a release is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Discord,
    Slack,
    /// A draft of a mail, for a person to send.
    Mail,
}

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    Markdown,
    /// <https://api.slack.com/reference/surfaces/formatting>
    Slack,
    Plain,
}

impl Channel {
    pub const ALL: [Channel; 3] = [Channel::Discord, Channel::Slack, Channel::Mail];

    /// Its name, how many characters it takes in one message, their markup, and the variable that holds the address which
    /// messages are posted to.
    fn row(self) -> (&'static str, usize, Markup, Option<&'static str>) {
        match self {
            // <https://discord.com/developers/docs/resources/webhook#execute-webhook>
            Channel::Discord => ("discord", 2_000, Markup::Markdown, Some("DISCORD_WEBHOOK_URL")),
            // It takes more, and folds it away.
            Channel::Slack => ("slack", 3_000, Markup::Slack, Some("SLACK_WEBHOOK_URL")),
            Channel::Mail => ("mail", usize::MAX, Markup::Plain, None),
        }
    }

    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// How many characters it takes in one message.
    pub fn room(self) -> usize {
        self.row().1
    }

    pub fn markup(self) -> Markup {
        self.row().2
    }

    /// The variable that holds the address which messages are posted to; `None` where a person sends them.
    pub fn variable(self) -> Option<&'static str> {
        self.row().3
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
