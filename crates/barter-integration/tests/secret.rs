//! A secret shows itself only to who asks.

use barter_integration::Secret;

#[derive(Debug)]
#[allow(dead_code, reason = "read by its Debug only")]
struct Account {
    name: &'static str,
    key: Secret<String>,
}

#[test]
fn no_formatting_shows_the_value() {
    let account = Account { name: "main", key: Secret::from(String::from("hunter2")) };
    for shown in
        [format!("{account:?}"), format!("{account:#?}"), account.key.to_string(), format!("{:>20}", account.key)]
    {
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
    assert_eq!(account.key.expose(), "hunter2");
    assert_eq!(account.key.into_exposed(), "hunter2");
}
