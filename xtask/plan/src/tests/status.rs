//! The overview, told on what was seen of a train.
//! What could not be asked must be neither overdue nor done, and a budget counts from where it says.

use serde_json::json;

use crate::{
    config::TrainConfig,
    date::Date,
    due::{Due, Proposal, Reason, Weight},
    files::tag_record::{NotVerified, Record},
    status::{Facts, Hotfix, Last, Line, Part, Proposed, State, TrainStatus, status},
    step::{Group, Observation},
    timetable::Has,
    version::{Dialect, Version},
};

const HOUR: i64 = 3_600;

fn at(text: &str) -> i64 {
    Date::seconds(text).unwrap()
}

fn done(since: Option<&str>) -> Observation {
    Observation::Done { evidence: "as built".to_owned(), since: since.map(str::to_owned) }
}

fn unknown() -> Observation {
    Observation::unknown("it does not answer", "ask again")
}

fn version(text: &str) -> Version {
    Version::parse(text, Dialect::Tag).unwrap()
}

/// A train that was released on Wednesday, 2026-12-02, at noon.
struct Scene {
    config: TrainConfig,
    last: Last,
    hotfixes: Vec<Hotfix>,
    proposed: Vec<Proposed>,
    due: Due,
    waiting_since: Option<i64>,
}

fn scene() -> Scene {
    let part = |group, title: &str, observed| Part { group, title: title.to_owned(), is_own: true, observed };
    let crates = done(Some("2026-12-02T12:00:00Z"));
    Scene {
        config: serde_json::from_value(json!({ "default": true, "cadence": "first wednesday" })).unwrap(),
        last: Last {
            version: version("0.7.3"),
            tag: "v0.7.3".to_owned(),
            tagged: at("2026-12-02T11:00:00Z"),
            is_hotfix: false,
            record: Record::default(),
            watched: vec![],
            published: vec![
                part(Group::Release, "tag v0.7.3", done(None)),
                part(Group::Crates, "crate lark-core", crates.clone()),
                part(Group::Crates, "crate lark", crates),
                part(Group::Wheels, "wheels", done(Some("2026-12-02T13:00:00Z"))),
                part(Group::Announce, "announce to discord", done(None)),
            ],
            after: vec![],
        },
        hotfixes: vec![],
        proposed: vec![],
        due: Due {
            train: "lark".to_owned(),
            last: Some("v0.7.3".to_owned()),
            due: false,
            message: "nothing to release".to_owned(),
            reasons: vec![],
            changed: Default::default(),
            lines: Vec::new(),
            first: None,
            proposal: None,
            or: None,
            unknown: vec![],
        },
        waiting_since: None,
    }
}

impl Scene {
    fn with(mut self, group: Group, observed: Observation) -> Scene {
        self.last
            .published
            .iter_mut()
            .filter(|part| part.group == group)
            .for_each(|part| part.observed = observed.clone());
        self
    }

    fn at(&self, now: &str) -> TrainStatus {
        status(&Facts {
            config: &self.config,
            has: Has { release_plz: true, wheels: true, channels: true },
            now: at(now),
            last: Some(self.last.clone()),
            released: Some(self.last.tagged),
            hotfixes: self.hotfixes.clone(),
            proposed: self.proposed.clone(),
            checklist: vec![],
            due: &self.due,
            waiting_since: self.waiting_since,
        })
    }
}

#[track_caller]
fn line<'s>(status: &'s TrainStatus, what: &str) -> &'s Line {
    status.lines.iter().find(|line| line.what.contains(what)).unwrap_or_else(|| panic!("{what}: {status:#?}"))
}

#[test]
fn what_is_done_is_reported_group_by_group_with_its_evidence() {
    let status = scene().at("2026-12-10T12:00:00Z");
    assert!(status.lines.iter().all(|line| line.state == State::Done), "{status:#?}");
    assert_eq!(line(&status, "crates").evidence, "2 of 2; crate lark: 2026-12-02T12:00:00Z, as built");
    assert_eq!(
        line(&status, "budget: wheels").evidence,
        "60 min of 48 h since the registry had the crates (2026-12-02T12:00:00Z)"
    );
    assert_eq!(status.window, "no release in progress; next: preparation on Sun 3 Jan");
    assert_eq!(status.next, "nothing until preparation on Sun 3 Jan");
}

#[test]
fn a_workflow_that_failed_comes_before_what_it_left_to_do() {
    let mut scene = scene().with(Group::Wheels, Observation::Todo);
    let observed = |why: &str| Observation::blocked(why, "gh run rerun 7");
    scene.last.watched = vec![("workflows".to_owned(), observed("workflow release failed"))];
    let status = scene.at("2026-12-03T12:00:00Z");
    let found = line(&status, "v0.7.3: workflows");
    assert_eq!((found.state, found.evidence.as_str()), (State::Open, "workflow release failed"));
    assert_eq!(status.next, "cargo xtask publish 0.7.3", "the budget runs");
    scene.last.published.iter_mut().for_each(|part| part.observed = done(None));
    assert_eq!(scene.at("2026-12-03T12:00:00Z").next, "gh run rerun 7");
}

#[test]
fn the_wheels_have_48_hours_from_the_crates() {
    let open = scene().with(Group::Wheels, Observation::Todo);
    for (now, state) in [("2026-12-04T12:00:00Z", State::Open), ("2026-12-04T12:00:01Z", State::Overdue)] {
        let status = open.at(now);
        assert_eq!(line(&status, "budget").state, state, "{now}");
        assert_eq!(status.is_overdue(), state == State::Overdue);
        assert_eq!(status.next, "cargo xtask publish 0.7.3");
    }
    let late = scene().with(Group::Wheels, done(Some("2026-12-05T12:00:00Z"))).at("2026-12-06T12:00:00Z");
    assert_eq!(line(&late, "budget").state, State::Done);
    assert!(line(&late, "budget").evidence.starts_with("late: 3 days of 48 h"), "{late:#?}");
    let in_time = scene().with(Group::Wheels, done(Some("2026-12-04T12:00:00Z"))).at("2026-12-06T12:00:00Z");
    assert!(line(&in_time, "budget").evidence.starts_with("48 h of 48 h"), "{in_time:#?}");
}

#[test]
fn the_clock_starts_when_the_registry_has_all_crates() {
    let mut slow = scene().with(Group::Wheels, Observation::Todo);
    for (first, last) in [(1, 2), (2, 1)] {
        slow.last.published[first].observed = done(Some("2026-12-02T12:00:00Z"));
        slow.last.published[last].observed = done(Some("2026-12-02T15:00:00Z"));
        for (now, state) in [("2026-12-04T15:00:00Z", State::Open), ("2026-12-04T15:00:01Z", State::Overdue)] {
            let status = slow.at(now);
            assert_eq!(line(&status, "budget").state, state, "{now}");
            assert!(line(&status, "budget").evidence.ends_with("(2026-12-02T15:00:00Z)"), "{status:#?}");
        }
    }
    // So does the other end: the last file counts.
    let mut files = scene();
    files.last.published.insert(3, files.last.published[3].clone());
    files.last.published[3].observed = done(Some("2026-12-02T14:00:00Z"));
    let status = files.at("2026-12-10T12:00:00Z");
    assert!(line(&status, "budget").evidence.starts_with("2 h of 48 h"), "{status:#?}");
}

#[test]
fn a_budget_says_what_it_counts_from() {
    let unreported = scene().with(Group::Crates, done(None)).with(Group::Wheels, Observation::Todo);
    let status = unreported.at("2026-12-04T11:30:00Z");
    let budget = line(&status, "budget");
    assert_eq!(budget.state, State::Overdue);
    assert!(budget.evidence.contains("since the tag (2026-12-02T11:00:00Z), because no registry"), "{budget:?}");
    // A crate that an earlier release published starts no clock.
    let mut patch = scene().with(Group::Wheels, Observation::Todo);
    patch.last.published[1].is_own = false;
    patch.last.published[1].observed = done(Some("2026-12-03T12:00:00Z"));
    assert!(line(&patch.at("2026-12-03T13:00:00Z"), "budget").evidence.contains("(2026-12-02T12:00:00Z)"));
}

#[test]
fn a_hotfix_has_24_hours_for_all_of_it() {
    let mut hotfix = scene().with(Group::Wheels, Observation::Todo);
    hotfix.last.is_hotfix = true;
    for (now, state) in [("2026-12-03T11:00:00Z", State::Open), ("2026-12-03T12:30:00Z", State::Overdue)] {
        assert_eq!(line(&hotfix.at(now), "budget: hotfix").state, state, "{now}");
    }
    // Of a hotfix, the images count as well; of another release, the wheels alone.
    let observed = Observation::Todo;
    let image = Part { group: Group::Images, title: "image lark".to_owned(), is_own: true, observed };
    for (is_hotfix, state) in [(true, State::Overdue), (false, State::Done)] {
        let mut all_but_one = scene();
        all_but_one.last.is_hotfix = is_hotfix;
        all_but_one.last.published.push(image.clone());
        assert_eq!(line(&all_but_one.at("2026-12-05T12:00:00Z"), "budget").state, state, "{is_hotfix}");
    }
    // What an earlier release should have published is no part of it.
    let mut own = scene();
    own.last.is_hotfix = true;
    (own.last.published[1].is_own, own.last.published[1].observed) = (false, Observation::Todo);
    assert_eq!(line(&own.at("2026-12-05T12:00:00Z"), "budget").state, State::Done);
}

#[test]
fn what_could_not_be_asked_is_neither_overdue_nor_done() {
    let mut silent = scene();
    for group in [Group::Release, Group::Crates, Group::Wheels, Group::Announce] {
        silent = silent.with(group, unknown());
    }
    silent.last.after = vec![Part { group: Group::Announce, title: "x".to_owned(), is_own: true, observed: unknown() }];
    let status = silent.at("2027-03-01T12:00:00Z");
    assert!(status.lines.iter().all(|line| line.state == State::Unknown), "{status:#?}");
    assert!(!status.is_overdue());
    // Crates that cannot be asked do not hide that the wheels are not there.
    let half = scene().with(Group::Crates, unknown()).with(Group::Wheels, Observation::Todo);
    assert_eq!(line(&half.at("2027-03-01T12:00:00Z"), "budget").state, State::Overdue);
}

#[test]
fn an_open_hotfix_counts_from_its_first_commit() {
    let mut scene = scene();
    let begun = at("2026-12-07T12:00:00Z");
    let branch = |begun| Hotfix { branch: "hotfix/v0.7.4".to_owned(), version: version("0.7.4"), begun };
    for (begun, now, state) in [
        (None, begun + 900 * HOUR, State::Open),
        (Some(begun), begun + 23 * HOUR, State::Open),
        (Some(begun), begun + 25 * HOUR, State::Overdue),
    ] {
        scene.hotfixes = vec![branch(begun)];
        let status = scene.at(&Date::timestamp(now));
        assert_eq!(line(&status, "hotfix 0.7.4 on hotfix/v0.7.4").state, state, "{now}");
        assert_eq!(status.next, "cargo xtask hotfix 0.7.4");
    }
}

#[test]
fn a_release_that_waits_for_its_pull_request_is_open() {
    let mut scene = scene();
    let again = "cargo xtask release 0.8.0 --pr";
    for (observed, evidence, next) in [
        (Observation::Todo, "it has no pull request yet", again.to_owned()),
        (Observation::done("#1 waits"), "#1 waits", format!("merge it, pull it, then {again}")),
        (Observation::unknown("gh not found", "install it"), "gh not found", "install it".to_owned()),
    ] {
        let is_known = !matches!(observed, Observation::Unknown(_));
        scene.proposed = vec![Proposed { branch: "release/v0.8.0".to_owned(), version: version("0.8.0"), observed }];
        let status = scene.at("2026-12-03T12:00:00Z");
        let line = line(&status, "release 0.8.0 on release/v0.8.0");
        let state = if is_known { State::Open } else { State::Unknown };
        assert_eq!((line.state, line.evidence.as_str(), line.next.clone()), (state, evidence, Some(next)));
    }
}

#[test]
fn what_is_overdue_comes_before_what_is_open() {
    let mut scene = scene().with(Group::Wheels, Observation::Todo);
    scene.hotfixes = vec![Hotfix { branch: "hotfix/v0.7.4".to_owned(), version: version("0.7.4"), begun: None }];
    assert_eq!(scene.at("2026-12-03T12:00:00Z").next, "cargo xtask hotfix 0.7.4");
    assert_eq!(scene.at("2026-12-05T12:00:00Z").next, "cargo xtask publish 0.7.3");
}

#[test]
fn a_release_day_that_passed_is_overdue_when_there_was_something_to_release() {
    let mut scene = scene();
    scene.due.due = true;
    scene.due.reasons = vec![Reason::Changes { count: 1, weight: Weight::Fix }];
    let command = "cargo xtask release 0.7.4".to_owned();
    scene.due.proposal = Some(Proposal { version: "0.7.4".to_owned(), why: String::new(), command: command.clone() });
    for (since, now, is_overdue) in [
        // The release day is not over; then it is.
        ("2026-12-20T12:00:00Z", "2027-01-06T23:00:00Z", false),
        ("2026-12-20T12:00:00Z", "2027-01-07T01:00:00Z", true),
        // What came after the day waits for the next one.
        ("2027-01-07T12:00:00Z", "2027-01-20T12:00:00Z", false),
        // The last release was that of its day.
        ("2026-12-02T18:00:00Z", "2026-12-04T12:00:00Z", false),
    ] {
        scene.waiting_since = Some(at(since));
        let status = scene.at(now);
        assert_eq!(status.is_overdue(), is_overdue, "{since} {now}");
        if is_overdue {
            assert_eq!(status.next, command);
        }
    }
    // A release in the window of the day, however early, was that day's; one before it was not.
    scene.waiting_since = Some(at("2026-12-20T12:00:00Z"));
    for (tagged, is_overdue) in [
        ("2027-01-02T23:00:00Z", true),
        ("2027-01-03T01:00:00Z", false),
        ("2027-01-05T12:00:00Z", false),
        ("2027-01-06T12:00:00Z", false),
        ("2027-01-07T12:00:00Z", false),
    ] {
        scene.last.tagged = at(tagged);
        assert_eq!(
            scene.at("2027-01-20T12:00:00Z").lines.iter().any(|line| line.what == "release of 2027-01-06"),
            is_overdue,
            "{tagged}"
        );
    }
    scene.config.cadence = None;
    let status = scene.at("2027-02-01T12:00:00Z");
    assert!(!status.is_overdue() && status.window.starts_with("no dates"), "{status:#?}");
}

#[test]
fn what_follows_a_release_is_overdue_after_the_next_day() {
    let to_do =
        Part { group: Group::Release, title: "follow-ups".to_owned(), is_own: true, observed: Observation::Todo };
    let mut open = scene().with(Group::Announce, Observation::Todo);
    open.last.after = vec![to_do];
    for (now, state) in [("2026-12-03T23:00:00Z", State::Open), ("2026-12-04T01:00:00Z", State::Overdue)] {
        let status = open.at(now);
        assert_eq!(line(&status, "T+1 announcements").state, state, "{now}");
        assert_eq!(line(&status, "T+1 post-release").state, state, "{now}");
    }
    // The sum of all others is nothing to announce.
    open.last.published.push(Part {
        group: Group::Announce,
        title: "all of 0.7.3".to_owned(),
        is_own: false,
        observed: Observation::Todo,
    });
    let status = open.at("2026-12-03T23:00:00Z");
    assert_eq!(line(&status, "T+1 announcements").evidence, "open: announce to discord; T+1 is Thu 2026-12-03");
    // What only a person can do is what to do next.
    let next = "send it, then cargo xtask publish 0.7.3 --announced mail".to_owned();
    let observed = Observation::blocked("waiting for you to send it", next.clone());
    let waits = scene().with(Group::Announce, observed).at("2026-12-04T01:00:00Z");
    assert_eq!((line(&waits, "T+1 announcements").next.as_ref(), &waits.next), (Some(&next), &next));
    // What somebody set aside is neither to do nor done.
    let mut waived = scene();
    let by = Observation::Waived { by: "--waive ci".to_owned() };
    waived.last.after =
        vec![Part { group: Group::Release, title: "follow-ups".to_owned(), is_own: true, observed: by }];
    assert_eq!(line(&waived.at("2026-12-04T01:00:00Z"), "follow-ups").state, State::Waived);
    // Without dates, no day is missed.
    let mut undated = scene().with(Group::Announce, Observation::Todo);
    undated.config.cadence = None;
    assert_eq!(line(&undated.at("2027-02-01T12:00:00Z"), "T+1 announcements").state, State::Open);
    assert_eq!(
        line(&open.at("2026-12-03T23:00:00Z"), "T+1 post-release").next.as_deref(),
        Some("cargo xtask post-release 0.7.3")
    );
}

#[test]
fn in_the_window_the_day_says_what_to_type() {
    let mut scene = scene();
    scene.due.reasons = vec![Reason::Changes { count: 1, weight: Weight::Fix }];
    let proposal = Proposal { version: "0.7.4".to_owned(), why: String::new(), command: String::new() };
    scene.due.proposal = Some(proposal);
    let status = scene.at("2027-01-04T12:00:00Z");
    assert_eq!(status.window, "release-plz on Mon 4 Jan; next: alignment on Tue 5 Jan");
    assert_eq!(status.next, "release-plz release-pr; cargo xtask due");
    // After the release day, what came too late for it waits.
    assert_eq!(scene.at("2027-01-07T12:00:00Z").next, scene.due.message);
    // Outside of a window, a proposal is made when something is due.
    let command = "cargo xtask release 0.7.4".to_owned();
    scene.due.proposal.as_mut().unwrap().command = command.clone();
    assert_eq!(scene.at("2026-12-20T12:00:00Z").next, "nothing until preparation on Sun 3 Jan");
    scene.due.due = true;
    assert_eq!(scene.at("2026-12-20T12:00:00Z").next, command);
}

#[test]
fn what_the_last_tag_records_is_shown_as_what_it_is() {
    let mut scene = scene();
    scene.last.record.waived = vec!["ci".to_owned()];
    scene.last.record.not_verified = vec![NotVerified::new("image", "no container engine")];
    let status = scene.at("2026-12-05T12:00:00Z");
    let is_recorded = |line: &&Line| [State::Waived, State::Unverified].contains(&line.state);
    let lines: Vec<String> = status
        .lines
        .iter()
        .filter(is_recorded)
        .map(|line| format!("{:?} {}: {}", line.state, line.what, line.evidence))
        .collect();
    assert_eq!(
        lines,
        ["Waived v0.7.3: ci: its tag records it", "Unverified v0.7.3: image: its tag records it: no container engine"]
    );
}
