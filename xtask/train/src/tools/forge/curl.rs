//! `curl` in the place of a missing `gh`, with a token of the environment: the same host and repository as `gh` would find.
//! It must never put a token into arguments, nor send it to a host that it is not for.

use std::process::Command;

use xshell::{Shell, cmd};

use crate::tools::http::quoted;

/// What `curl` needs to know, as `gh` would find it.
pub struct Curl {
    /// What stands before `repos/…`.
    api: String,
    /// `OWNER/NAME`; empty when no remote is on the host.
    pub repository: String,
    token: String,
    proxy: Option<String>,
}

impl Curl {
    /// Without a token there is none. The token is for one host: a remote on another one is no forge.
    pub fn of(set: impl Fn(&str) -> Option<String>, remotes: &str) -> Option<Curl> {
        let chosen = set("GH_REPO").and_then(|chosen| match chosen.split('/').collect::<Vec<_>>().as_slice() {
            [owner, name] if !chosen.contains(':') => Some((None, format!("{owner}/{name}"))),
            _ => located(&chosen).map(|(host, repository)| (Some(host), repository)),
        });
        let (host, repository) = chosen.unzip();
        let host = host.flatten().or_else(|| set("GH_HOST")).unwrap_or_else(|| "github.com".to_owned());
        let is_local = host == "github.localhost";
        let (api, tokens) = match host.as_str() {
            _ if is_local => ("http://api.github.localhost/".to_owned(), ["GH_TOKEN", "GITHUB_TOKEN"]),
            "github.com" => ("https://api.github.com/".to_owned(), ["GH_TOKEN", "GITHUB_TOKEN"]),
            _ if host.ends_with(".ghe.com") => (format!("https://api.{host}/"), ["GH_TOKEN", "GITHUB_TOKEN"]),
            _ => (format!("https://{host}/api/v3/"), ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]),
        };
        let token = tokens.into_iter().find_map(&set)?;
        let repository = repository.or_else(|| on(&host, remotes)).unwrap_or_default();
        // curl itself takes only the variable in small letters for a proxy of http.
        let proxy = is_local.then(|| set("HTTP_PROXY")).flatten();
        Some(Curl { api, repository, token, proxy })
    }

    /// The command, and the configuration that it reads.
    pub fn question(&self, sh: &Shell, path: &str, lines: &str) -> (Command, String) {
        let address = match path.contains("://") {
            true => path.to_owned(),
            false => {
                let (owner, repo) = self.repository.split_once('/').unwrap_or_default();
                self.api.clone() + &path.replace("{owner}", owner).replace("{repo}", repo)
            }
        };
        let proxy = self.proxy.iter().map(|proxy| format!("proxy = {}\n", quoted(proxy))).collect::<String>();
        let config = format!(
            "url = {}\nheader = {}\nheader = \"X-GitHub-Api-Version: 2022-11-28\"\n{proxy}{lines}",
            quoted(&address),
            quoted(&format!("Authorization: Bearer {}", self.token)),
        );
        let scheme = if self.api.starts_with("https:") { "=https" } else { "=http" };
        let options =
            ["--disable", "--silent", "--show-error", "--suppress-connect-headers", "--globoff", "--location"];
        let command = cmd!(sh, "curl {options...} --proto {scheme} --connect-timeout 20 --config -");
        (command.into(), config)
    }
}

/// Host, and `OWNER/NAME`, of a repository's address, as git takes them or without a scheme.
fn located(address: &str) -> Option<(String, String)> {
    let plain = address.split_once("://").map_or_else(|| address.replacen(':', "/", 1), |(_, rest)| rest.to_owned());
    let parts: Vec<&str> = plain.trim_end_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    let [host, owner, name] = parts.as_slice() else { return None };
    let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default().to_lowercase();
    let host = if host == "ssh.github.com" { "github.com".to_owned() } else { host };
    Some((host, format!("{owner}/{}", name.trim_end_matches(".git"))))
}

/// The repository of the first remote on the host, in the order of `gh`.
fn on(host: &str, remotes: &str) -> Option<String> {
    let mut remotes: Vec<(&str, &str)> = remotes.lines().filter_map(|line| line.split_once('\t')).collect();
    remotes
        .sort_by_key(|(name, _)| ["upstream", "github", "origin"].iter().position(|first| first == name).unwrap_or(3));
    let mut located = remotes.into_iter().filter_map(|(_, rest)| located(rest.split(' ').next()?));
    located.find_map(|(known, repository)| (known == host).then_some(repository))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_the_repository_and_the_token_are_those_of_gh() {
        const REMOTES: &str = "far\thttps://forge.example/o/far (fetch)\norigin\tgit@github.com:o/own.git (fetch)\n\
                               upstream\tssh://git@ssh.github.com:443/o/up.git (fetch)\n";
        let found = |set: &[(&str, &str)], remotes: &str| {
            let value =
                |name: &str| set.iter().find_map(|(known, value)| (*known == name).then(|| (*value).to_owned()));
            Curl::of(value, remotes).map(|curl| curl.api + &curl.repository + " " + &curl.token)
        };
        let enterprise = [("GH_TOKEN", "a"), ("GH_ENTERPRISE_TOKEN", "b"), ("GH_HOST", "forge.example")];
        for (set, remotes, expected) in [
            (&[][..], REMOTES, None),
            (&[("GITHUB_TOKEN", "a")], REMOTES, Some("https://api.github.com/o/up a")),
            (&[("GITHUB_TOKEN", "a"), ("GH_TOKEN", "b"), ("GH_REPO", "o/r")], "", Some("https://api.github.com/o/r b")),
            (&enterprise, REMOTES, Some("https://forge.example/api/v3/o/far b")),
            (&[("GH_TOKEN", "a"), ("GH_HOST", "forge.example")], REMOTES, None),
            (&[("GH_TOKEN", "a"), ("GH_REPO", "we.ghe.com/o/r")], REMOTES, Some("https://api.we.ghe.com/o/r a")),
            (&[("GH_TOKEN", "a"), ("GH_REPO", "https://github.com/o/r.git")], "", Some("https://api.github.com/o/r a")),
        ] {
            assert_eq!(found(set, remotes).as_deref(), expected, "{set:?}");
        }
        // It is for github.com, and goes nowhere else.
        for remotes in ["", "origin\t../remote.git (fetch)\n", "far\thttps://forge.example/o/far (fetch)\n"] {
            assert_eq!(found(&[("GH_TOKEN", "a")], remotes).as_deref(), Some("https://api.github.com/ a"), "{remotes}");
        }
    }

    #[test]
    fn no_token_stands_in_arguments() {
        let curl = Curl {
            api: "https://h/".to_owned(),
            repository: "o/r".to_owned(),
            token: "s\"ecret".to_owned(),
            proxy: None,
        };
        let sh = Shell::new().unwrap();
        let (command, config) = curl.question(&sh, "repos/{owner}/{repo}/pulls?head={owner}:b", "request = PATCH\n");
        assert!(!format!("{command:?}").contains("ecret"), "{command:?}");
        assert_eq!(
            config,
            "url = \"https://h/repos/o/r/pulls?head=o:b\"\nheader = \"Authorization: Bearer s\\\"ecret\"\n\
             header = \"X-GitHub-Api-Version: 2022-11-28\"\nrequest = PATCH\n"
        );
    }
}
