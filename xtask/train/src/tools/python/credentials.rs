//! With what an index lets somebody in, as uv finds it: in its address, a variable, a netrc file, what `uv auth login` keeps,
//! and a keyring. It must never be shown to people, nor be given to another host.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;
use toml_edit::DocumentMut;

use super::super::secrets;
use plan::{
    files::values,
    percent::{decoded, encoded},
};

/// A user and a password.
#[derive(Debug, PartialEq)]
pub struct Pair {
    user: String,
    password: String,
}

impl Pair {
    /// The address with them in it.
    pub fn within(&self, url: &str) -> String {
        let Some((scheme, _)) = url.split_once("://") else { return url.to_owned() };
        let (_, authority, path) = split(url);
        let address = format!("{scheme}://{}:{}@{authority}{path}", encoded(&self.user), encoded(&self.password));
        secrets::learn(&address);
        address
    }
}

/// What stands before the host, the host with its port, and all that follows.
pub fn split(url: &str) -> (Option<&str>, &str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host, path),
        None => (None, authority, path),
    }
}

/// The host of an address, with its port.
pub fn host(url: &str) -> &str {
    split(url).1
}

/// How the variables of an index begin (<https://docs.astral.sh/uv/concepts/authentication/http/>).
pub fn variable_of(name: &str) -> String {
    let spelt: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("UV_INDEX_{spelt}")
}

/// What there is for an address: of the index of that name, and of that user.
pub fn of(url: &str, name: Option<&str>, user: Option<&str>, asks_keyring: bool) -> Option<Pair> {
    let (within, authority, _) = split(url);
    let (named, password) = match within.map(|within| within.split_once(':').unwrap_or((within, ""))) {
        Some((named, password)) => (Some(decoded(named)), decoded(password)),
        None => (None, String::new()),
    };
    let user = named.or_else(|| user.map(str::to_owned)).filter(|user| !user.is_empty());
    if !password.is_empty() {
        return Some(Pair { user: user.unwrap_or_default(), password });
    }
    let variable = |end: &str| name.and_then(|name| std::env::var(format!("{}_{end}", variable_of(name))).ok());
    if let Some(password) = variable("PASSWORD").filter(|password| !password.is_empty()) {
        return Some(Pair { user: variable("USERNAME").or(user).unwrap_or_default(), password });
    }
    let user = user.or_else(|| variable("USERNAME").filter(|user| !user.is_empty()));
    let is_of = |pair: &Pair| user.as_ref().is_none_or(|user| *user == pair.user);
    // Neither a port nor brackets are written there.
    let bare = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let bare = bare.map_or(authority, |(host, _)| host);
    let kept = netrc().and_then(|text| in_netrc(&text, bare)).filter(is_of);
    let kept = kept.or_else(|| stored(url).into_iter().find(is_of));
    kept.or_else(|| if asks_keyring { in_keyring(&[url, authority], user?) } else { None })
}

fn netrc() -> Option<String> {
    let places = match (std::env::var_os("NETRC"), std::env::home_dir()) {
        (Some(path), _) => vec![PathBuf::from(path)],
        (None, Some(home)) => [".netrc", "_netrc"].map(|name| home.join(name)).to_vec(),
        (None, None) => Vec::new(),
    };
    places.iter().find_map(|path| fs::read_to_string(path).ok())
}

/// The first entry for a host, or that for all (<https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html>).
fn in_netrc(text: &str, host: &str) -> Option<Pair> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = lines.flat_map(str::split_whitespace);
    let mut found: Option<Pair> = None;
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if found.is_some() => break,
            "machine" if words.next() != Some(host) => {}
            "machine" | "default" => found = Some(Pair { user: String::new(), password: String::new() }),
            "login" | "password" | "account" => {
                let value = words.next().unwrap_or_default();
                match (found.as_mut(), word) {
                    (Some(pair), "login") => value.clone_into(&mut pair.user),
                    (Some(pair), "password") => value.clone_into(&mut pair.password),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found.filter(|pair| !pair.password.is_empty())
}

/// What `uv auth login` keeps for what an address begins with.
fn stored(url: &str) -> Vec<Pair> {
    let own = match std::env::var_os("UV_CREDENTIALS_DIR") {
        Some(dir) => Some(PathBuf::from(dir)),
        None => {
            let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
            data.or_else(|| Some(std::env::home_dir()?.join(".local/share"))).map(|data| data.join("uv/credentials"))
        }
    };
    let text = own.and_then(|dir| fs::read_to_string(dir.join("credentials.toml")).ok()).unwrap_or_default();
    in_store(&text, url)
}

fn in_store(text: &str, url: &str) -> Vec<Pair> {
    let Ok(kept) = text.parse::<DocumentMut>() else { return Vec::new() };
    let kept = values::of(kept.as_item());
    let scheme = |url: &str| url.split_once("://").map(|(scheme, _)| scheme.to_owned());
    let (_, authority, path) = split(url);
    let is_of = |service: &str| {
        let (_, host, above) = split(service);
        let below = path.strip_prefix(above.trim_end_matches('/'));
        scheme(service) == scheme(url)
            && host == authority
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let tables = kept["credential"].as_array().into_iter().flatten();
    let tables = tables.filter(|table| table["service"].as_str().is_some_and(is_of));
    let word = |table: &Value, key: &str| table[key].as_str().map(str::to_owned);
    let pair =
        |table| Some(Pair { user: word(table, "username").unwrap_or_default(), password: word(table, "password")? });
    tables.filter_map(pair).collect()
}

/// What the user's keyring has, asked as uv asks it.
fn in_keyring(services: &[&str], user: String) -> Option<Pair> {
    let ask = |service: &&str| {
        // What it answers is a secret, and so would be blanked elsewhere.
        let output = Command::new("keyring").args(["get", service, &user]).stdin(Stdio::null()).output().ok()?;
        let password = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        Some(password.trim().to_owned()).filter(|password| !password.is_empty())
    };
    let password = services.iter().find_map(ask)?;
    Some(Pair { user, password })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(user: &str, password: &str) -> Option<Pair> {
        Some(Pair { user: user.to_owned(), password: password.to_owned() })
    }

    #[test]
    fn an_address_is_taken_apart_and_put_together() {
        assert_eq!(host("https://ada:x@h.example:8080/simple/?a=b@c"), "h.example:8080");
        assert_eq!(of("https://ada:p%40ss@h/", None, None, false), pair("ada", "p@ss"));
        assert_eq!(
            pair("ada", "p@s:s").unwrap().within("https://ada@h:1/simple/"),
            "https://ada:p%40s%3As@h:1/simple/"
        );
        assert_eq!(variable_of("my-corp.2"), "UV_INDEX_MY_CORP_2");
    }

    #[test]
    fn a_netrc_file_is_read_by_its_words() {
        let text = "# all\nmachine other login a password b\nmachine h.example\n  login ada\n  account q password c\ndefault login any password d\n";
        for (host, expected) in
            [("h.example", pair("ada", "c")), ("other", pair("a", "b")), ("elsewhere", pair("any", "d"))]
        {
            assert_eq!(in_netrc(text, host), expected, "{host}");
        }
        assert_eq!(in_netrc("machine h login ada\n", "h"), None);
        assert_eq!(in_netrc("machine", "h"), None);
    }

    #[test]
    fn what_uv_keeps_is_for_one_service() {
        let text =
            "[[credential]]\nservice = \"https://h/a\"\nusername = \"ada\"\nscheme = \"basic\"\npassword = \"x\"\n";
        for (url, is_for_it) in [
            ("https://h/a/simple/", true),
            ("https://h/a", true),
            ("https://h/ab", false),
            ("http://h/a", false),
            ("https://h:1/a", false),
            ("https://evil.example/https://h/a", false),
        ] {
            assert_eq!(!in_store(text, url).is_empty(), is_for_it, "{url}");
        }
        assert_eq!(in_store("[[", "https://h"), Vec::new());
    }
}
