//! Which release a hotfix is of, and the branch on which it is made.
//! None of it may depend on what the working tree says: tags and names decide.

use super::sketch::{house, v};
use crate::{
    hotfix::{branch, newest, version_in},
    train::may_be_tag,
};

#[test]
fn a_hotfix_is_of_the_newest_final_release_of_its_line() {
    let mut sketch = house();
    for tag in ["v0.8.6", "v0.8.7", "v0.10.0-rc.1"] {
        sketch = sketch.tagged(tag);
    }
    let snapshot = sketch.snapshot();
    for (current, expected) in [
        ("0.9.3", Some("0.9.3")),
        ("0.9.4", Some("0.9.3")),
        ("0.10.0-rc.1", Some("0.9.3")),
        ("0.8.6", Some("0.8.7")),
        ("0.9.0", Some("0.8.7")),
        ("0.7.0", None),
    ] {
        assert_eq!(newest(&snapshot.train, &snapshot.repo, &v(current)), expected.map(v), "{current}");
    }
}

#[test]
fn a_branch_of_a_hotfix_says_its_version() {
    let train = house().snapshot().train;
    assert_eq!(branch(&train, &v("0.9.4")), "hotfix/v0.9.4");
    assert_eq!(version_in(&train.tag, "hotfix/v0.9.4"), Some(v("0.9.4")));
    for none in ["v0.9.4", "hotfix/owl", "fix/v0.9.4"] {
        assert_eq!(version_in(&train.tag, none), None, "{none}");
    }
}

#[test]
fn without_a_form_any_tag_of_a_version_may_be_the_trains() {
    let (free, formed) = (house(), house().configured("tag", "owl-{version}".into()));
    for (tag, may_be, is_formed) in [
        ("v1.0.0", true, false),
        ("owl-1.0.0", true, true),
        ("nightly", false, false),
        ("rollback/v1.0.0", false, false),
    ] {
        assert_eq!(may_be_tag(&free.snapshot().train, tag), may_be, "{tag}");
        assert_eq!(may_be_tag(&formed.snapshot().train, tag), is_formed, "{tag}");
    }
}
