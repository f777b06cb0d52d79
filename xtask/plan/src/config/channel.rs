//! The channels that a release is announced in: a row for each, with how much it takes and in which markup.
//! It must never send anything, nor know an address: the row names the variable that holds it.

use serde::{Deserialize, Serialize};

use crate::names::named;

named! {
    /// Where a release is announced.
    #[derive(Deserialize, Serialize)]
    #[cfg_attr(test, derive(schemars::JsonSchema))]
    #[serde(rename_all = "lowercase")]
    Channel {
        Discord "discord",
        Slack "slack",
        /// A draft of a mail, for a person to send.
        Mail "mail",
    }
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
    /// How many characters it takes in one message, their markup, and the variable that holds the address which messages are
    /// posted to.
    fn row(self) -> (usize, Markup, Option<&'static str>) {
        match self {
            // <https://discord.com/developers/docs/resources/webhook#execute-webhook>
            Channel::Discord => (2_000, Markup::Markdown, Some("DISCORD_WEBHOOK_URL")),
            // It takes more, and folds it away.
            Channel::Slack => (3_000, Markup::Slack, Some("SLACK_WEBHOOK_URL")),
            Channel::Mail => (usize::MAX, Markup::Plain, None),
        }
    }

    /// How many characters it takes in one message.
    pub fn room(self) -> usize {
        self.row().0
    }

    pub fn markup(self) -> Markup {
        self.row().1
    }

    /// The variable that holds the address which messages are posted to; `None` where a person sends them.
    pub fn variable(self) -> Option<&'static str> {
        self.row().2
    }
}
