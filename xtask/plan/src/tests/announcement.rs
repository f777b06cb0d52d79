//! What the channels are told, occasion by occasion, and in each channel's own markup.
//! None of the texts is sent: a plan is data.

use std::sync::Arc;

use serde_json::json;

use super::sketch::{Sketch, house, v};
use crate::{
    announcement::text,
    config::Channel,
    files::tag_record::Record,
    finding::Check,
    occasion::Occasion,
    step::{Elsewhere, Group, Tagged},
    version::{Dialect, Version},
};

fn reported(sketch: &Sketch, version: &str, occasion: &Occasion, channel: Channel, notes: &str) -> String {
    reported_of(sketch, version, occasion, channel, notes, |of| of)
}

fn reported_of(
    sketch: &Sketch,
    version: &str,
    occasion: &Occasion,
    channel: Channel,
    notes: &str,
    change: impl Fn(Tagged) -> Tagged,
) -> String {
    let snapshot = sketch.snapshot();
    let version = Version::parse(version, Dialect::Tag).unwrap();
    let of = Arc::new(change(Tagged {
        train: "barter".to_owned(),
        tag: format!("v{}", version.tag()),
        version,
        commit: "1111111111".to_owned(),
        remote: "origin".to_owned(),
        template: snapshot.train.tag.clone(),
        own: Default::default(),
        waived: Default::default(),
        without: Vec::new(),
        elsewhere: Default::default(),
        option: String::new(),
        packed: None,
    }));
    text(&snapshot, &of, occasion, channel, notes)
}

fn with_image() -> Sketch {
    house().configured("images", json!([{ "name": "house", "dockerfile": "Dockerfile", "registry": "r.example/x/" }]))
}

#[test]
fn the_version_and_the_tags_message_say_the_occasion() {
    let of = |version: &str, message: &str| Occasion::of(&v(version), Some(&Record::read(message, "v0.9.4")));
    assert_eq!(of("0.10.0", "Release version 0.10.0\n\nThis is no Hotfix of anything"), Occasion::Final);
    assert_eq!(of("0.10.0-rc.1", ""), Occasion::PreRelease);
    assert_eq!(of("0.9.3+post.1", "Hotfix of v0.9.3"), Occasion::PostRelease);
    let hotfix = of("0.9.4", "Release version 0.9.4\n\nHotfix of v0.9.3\n\n### Fixed\n- x");
    assert_eq!(hotfix, Occasion::Hotfix { of: "v0.9.3".to_owned() });
    let hotfix = of("0.9.4", "Release version 0.9.4\n\nRelease: v0.9.4\nHotfix-of: v0.9.3");
    assert_eq!(hotfix, Occasion::Hotfix { of: "v0.9.3".to_owned() });
    assert_eq!(Occasion::of(&v("0.9.4"), None), Occasion::Final);
}

#[test]
fn every_occasion_says_who_must_act_and_how() {
    let rollback =
        |to: &str, reason: Option<&str>| Occasion::Rollback { to: to.to_owned(), reason: reason.map(str::to_owned) };
    let hotfix = Occasion::Hotfix { of: "v0.9.3".to_owned() };
    let cases = [
        (
            "0.10.0",
            Occasion::Final,
            "barter 0.10.0 is released.\n- `cargo add barter@0.10.0`\n- `pip install barter-python==0.10.0`\n- image `r.example/x/house:0.10.0`\n\nnotes",
        ),
        (
            "0.10.0-rc.1",
            Occasion::PreRelease,
            "barter 0.10.0-rc.1 is released for trial.\nIt is a pre-release: only who asks for it by name gets it.\n\
             - `cargo add barter@0.10.0-rc.1`\n- `pip install barter-python==0.10.0rc1`\n- image `r.example/x/house:0.10.0-rc.1`\n\nnotes",
        ),
        (
            "0.9.3.post1",
            Occasion::PostRelease,
            "barter 0.9.3.post1 is released.\nIt is a fix of the Python package alone; the crates stay at 0.9.3.\n\
             Who must act: pins like `==0.9.3` do not see it, and must ask for 0.9.3.post1 by name. `>=0.9.3` and `~=0.9.3` find it by themselves.\n\
             - `pip install barter-python==0.9.3.post1`\n\nnotes",
        ),
        (
            "0.9.4",
            hotfix,
            "barter 0.9.4 is released: a hotfix of 0.9.3.\nWho uses 0.9.3 should upgrade at once:\n\
             - `cargo update -p barter --precise 0.9.4`\n- `pip install barter-python==0.9.4`\n- image `r.example/x/house:0.9.4`\n\nnotes",
        ),
        (
            "0.10.0",
            rollback("v0.9.3", Some("orders were lost")),
            "barter 0.10.0 is withdrawn.\nWhy: orders were lost\n\
             The registries do not offer it any more; what is locked to it still builds, and should move.\nUse 0.9.3 instead:\n\
             - `cargo add barter@0.9.3`\n- `pip install barter-python==0.9.3`\n- image `r.example/x/house:0.9.3`\n\nnotes",
        ),
        (
            "0.9.4",
            rollback("0.9.3", None),
            "barter 0.9.4 is withdrawn.\nThe registries do not offer it any more; what is locked to it still builds, and should move.\n\
             Use 0.9.3 instead:\n- `cargo update -p barter --precise 0.9.3`\n- `pip install barter-python==0.9.3`\n- image `r.example/x/house:0.9.3`\n\nnotes",
        ),
    ];
    for (version, occasion, expected) in cases {
        assert_eq!(reported(&with_image(), version, &occasion, Channel::Mail, "notes\n"), expected);
        let discord = reported(&with_image(), version, &occasion, Channel::Discord, "notes\n");
        assert!(discord.starts_with("**barter "), "{discord}");
        assert_eq!(discord.replace("**", ""), expected, "but for the bold words, they are told the same");
    }
}

#[test]
fn slack_has_a_markup_of_its_own() {
    let notes = "### Added\n\n- **all** of [it](https://x.example/a?b=c&d) by <!channel> & `Vec<T>` (a < b)\n```\n**x** <y>\n```";
    let reported = reported(&house(), "0.10.0", &Occasion::Final, Channel::Slack, notes);
    let expected = "*barter 0.10.0 is released.*\n- `cargo add barter@0.10.0`\n- `pip install barter-python==0.10.0`\n\n\
                    *Added*\n\n- *all* of <https://x.example/a?b=c&amp;d|it> by &lt;!channel&gt; &amp; `Vec&lt;T&gt;` (a &lt; b)\n\
                    ```\n**x** &lt;y&gt;\n```";
    assert_eq!(reported, expected);
}

#[test]
fn nothing_that_is_quoted_calls_anybody() {
    let last = |channel, notes: &str| {
        reported(&house(), "0.10.0", &Occasion::Final, channel, notes).lines().last().unwrap().to_owned()
    };
    for (notes, slack) in [
        ("- [y](!channel)", "- [y](!channel)"),
        ("- [z](@U123) [c](#C123)", "- [z](@U123) [c](#C123)"),
        ("- [s](!subteam^S1|x)", "- [s](!subteam^S1|x)"),
        ("- [d](!date^1^{date}^https://x.example|x)", "- [d](!date^1^{date}^https://x.example|x)"),
        ("- [j](javascript:x) [f](file:///x) [r](docs/x.md)", "- [j](javascript:x) [f](file:///x) [r](docs/x.md)"),
        (
            "- <!here> <@U123> `<!here>` [<!here>](https://x.example)",
            "- &lt;!here&gt; &lt;@U123&gt; `&lt;!here&gt;` <https://x.example|&lt;!here&gt;>",
        ),
        ("- [a](https://x.example/a|b>c)", "- <https://x.example/a%7Cb&gt;c|a>"),
        ("- [a](HTTPS://x.example) [m](mailto:a@x.example)", "- <HTTPS://x.example|a> <mailto:a@x.example|m>"),
    ] {
        assert_eq!(last(Channel::Slack, notes), slack);
        // Discord is told with the message that it calls nobody; a mail calls whom it is sent to.
        assert_eq!(last(Channel::Discord, notes), notes);
        assert_eq!(last(Channel::Mail, notes), notes);
    }
}

#[test]
fn what_markdown_escapes_is_shown_everywhere() {
    let notes = "- \\# Vec\\<T> [x]\\(y) `a\\<b` C:\\x \\";
    let reported =
        |channel| reported(&house(), "0.10.0", &Occasion::Final, channel, notes).lines().last().unwrap().to_owned();
    assert_eq!(reported(Channel::Discord), notes);
    assert_eq!(reported(Channel::Mail), "- # Vec<T> [x](y) `a\\<b` C:\\x \\");
    assert_eq!(reported(Channel::Slack), "- # Vec&lt;T&gt; [x](y) `a\\&lt;b` C:\\x \\");
}

#[test]
fn notes_are_cut_to_the_room_at_the_end_of_a_line() {
    let notes: String = (0..1_000).map(|n| format!("- change <{n}> is ä\n")).collect();
    let length = |channel: Channel| reported(&house(), "0.10.0", &Occasion::Final, channel, &notes).chars().count();
    for (channel, room) in [(Channel::Discord, 2_000), (Channel::Slack, 3_000)] {
        let reported = reported(&house(), "0.10.0", &Occasion::Final, channel, &notes);
        assert!((room - 60..=room).contains(&length(channel)), "{channel}: {}", length(channel));
        assert!(reported.ends_with("is ä\n…"), "{reported}");
    }
    let mail = reported(&house(), "0.10.0", &Occasion::Final, Channel::Mail, &notes);
    assert!(mail.ends_with(notes.trim_end()), "a mail has all of them");
    let one = reported(&house(), "0.10.0", &Occasion::Final, Channel::Discord, &"x".repeat(5_000));
    assert!(one.ends_with("\n\n…"), "a line without an end is left out: {one}");
}

#[test]
fn what_stands_in_the_notes_is_not_filled() {
    let reported =
        reported(&house(), "0.10.0", &Occasion::Final, Channel::Discord, "- `{version}` is a placeholder, {x} is not");
    assert!(reported.ends_with("- `{version}` is a placeholder, {x} is not"), "{reported}");
}

#[test]
fn own_templates_come_before_those_that_are_built_in() {
    let sketch = house()
        .configured("templates", json!("docs/announcements"))
        .file(
            "docs/announcements/final.md",
            "**{train}** [{version}](https://x.example/{version}) after {previous}\nWhy: {reason}\n\n{notes}",
        )
        .file("docs/announcements/final.slack.md", "*{train}* {version}\n{notes}\n")
        .file("docs/announcements/hotfix.mail.md", "{version} for {previous}\n");
    let reported = |channel, occasion: &Occasion| reported(&sketch, "0.10.0", occasion, channel, "**new**");
    let link = "[0.10.0](https://x.example/0.10.0) after 0.9.3\n\n";
    assert_eq!(reported(Channel::Discord, &Occasion::Final), format!("**barter** {link}**new**"));
    assert_eq!(reported(Channel::Mail, &Occasion::Final), format!("barter {link}new"));
    assert_eq!(reported(Channel::Slack, &Occasion::Final), "*barter* 0.10.0\n*new*", "as it stands, but for the notes");
    let hotfix = Occasion::Hotfix { of: "v0.9.3".to_owned() };
    assert_eq!(reported(Channel::Mail, &hotfix), "0.10.0 for 0.9.3");
    assert!(reported(Channel::Discord, &hotfix).starts_with("**barter 0.10.0 is released: a hotfix of 0.9.3.**"));
    assert_eq!(findings(&sketch), "");
}

fn findings(sketch: &Sketch) -> String {
    let snapshot = sketch.snapshot();
    let found = crate::check::state(&snapshot.workspace, &snapshot.train);
    found.iter().map(|finding| format!("{}; {}\n", finding.what, finding.next)).collect()
}

#[test]
fn a_template_that_nobody_would_fill_is_a_finding() {
    let sketch = house().configured("templates", json!("docs/announcements"));
    let empty = "docs/announcements has no file that git tracks; add a template there, like final.md, or take `templates` out\n";
    assert_eq!(findings(&sketch), empty);
    let sketch = sketch
        .file("docs/announcements/final.md", "{verison} is {a placeholder?} {notes}")
        .file("docs/announcements/finale.slack.md", "")
        .file("docs/announcements/0000", "");
    let reported = findings(&sketch);
    assert!(reported.contains("final.md has a place for `{verison}`; did you mean `version`?\n"), "{reported}");
    assert!(reported.contains("finale.slack.md is no template's name; did you mean `final.slack.md`?\n"), "{reported}");
    assert!(reported.contains("0000 is no template's name; known are final.md, final.discord.md, "), "{reported}");
    assert_eq!(reported.lines().count(), 3, "{reported}");
}

#[test]
fn nobody_is_reported_to_install_what_is_somebody_elses() {
    let ways = |change: &dyn Fn(&mut Tagged)| {
        let change = |mut of: Tagged| {
            change(&mut of);
            of
        };
        let text = reported_of(&with_image(), "0.10.0", &Occasion::Final, Channel::Mail, "- x", change);
        let lines = text.lines().filter(|line| line.contains("0.10.0") && line.contains("`"));
        lines.map(|line| line.trim_start_matches("- ").to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (add, pip, image) =
        ("`cargo add barter@0.10.0`", "`pip install barter-python==0.10.0`", "image `r.example/x/house:0.10.0`");
    assert_eq!(ways(&|_| {}), [add, pip, image].join(" "));
    assert_eq!(ways(&|of| of.without = vec![Group::Crates]), [pip, image].join(" "));
    assert_eq!(ways(&|of| of.without = vec![Group::Wheels, Group::Images]), add);
    let own = Elsewhere { registry: Some("mine".to_owned()), has_own_index: true };
    let from_mine = "`cargo add barter@0.10.0 --registry mine`";
    assert_eq!(ways(&|of| of.elsewhere = own.clone()), [from_mine, image].join(" "));
    for check in [Check::RegistryContent, Check::RegistryYanked] {
        assert_eq!(ways(&|of| drop(of.waived.insert(check, String::new()))), "", "{check}");
    }
}
