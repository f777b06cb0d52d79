//! What the git remote remembers of announcements, where the next machine can see it.
//! It must never be taken for sent what may have been sent: that, a person says.

use super::{
    Context,
    lease::{Ref, Stored},
};
use crate::clock;
use plan::{
    date::Date,
    step::{Announcement, Observation},
};

/// A version is announced once, and withdrawn once.
pub fn reference(cx: &Context<'_>, announcement: &Announcement) -> Ref {
    let Announcement { of, channel, .. } = announcement;
    let what = if announcement.is_rollback() { "withdrawn" } else { "announced" };
    Ref::new(cx, of, &format!("{what}/{channel}"))
}

/// The command that announces it.
pub fn command(announcement: &Announcement) -> String {
    let word = if announcement.is_rollback() { "rollback" } else { "publish" };
    announcement.of.typed(word)
}

/// `sent WHEN WHAT`. Earlier, a draft was taken for sent.
pub fn sent(stored: &Stored) -> Option<Observation> {
    let mut words = stored.text.trim().splitn(3, ' ');
    let (sent, when, what) = (words.next()?, words.next()?, words.next()?);
    (sent == "sent" && !what.starts_with("drafted as "))
        .then(|| Observation::Done { evidence: what.to_owned(), since: Some(when.to_owned()) })
}

/// The time, UTC, to the second.
pub fn now() -> String {
    Date::timestamp(i64::try_from(clock::system().as_secs()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read() {
        let stored = |text: &str| Stored { object: String::new(), text: text.to_owned() };
        let observed = sent(&stored("sent 2026-11-20T00:00:01Z message 42\n")).unwrap();
        let since = Some("2026-11-20T00:00:01Z".to_owned());
        assert_eq!(observed, Observation::Done { evidence: "message 42".to_owned(), since });
        assert_eq!(sent(&stored("sending since 2026-11-20T00:00:01Z (process 1, 2)\n")), None);
        assert_eq!(
            sent(&stored("sent 2026-11-20T00:00:01Z drafted as announcement-v1.txt\n")),
            None,
            "a draft is not sent"
        );
    }
}
