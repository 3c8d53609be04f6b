//! Which server and which repository: addresses of the environment and of a git remote, read and compared.
//!
//! A token must reach its own server only, so everything that is not plainly the server's is "elsewhere". Pure: the
//! environment is read in [`super::access`].

use reqwest::Url;

use crate::fault::Fault;

/// GitHub's own addresses.
const API: &str = "https://api.github.com";
const WEB: &str = "https://github.com";

/// Where a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Servers {
    /// REST, without a `/` at the end.
    pub(super) api: Url,
    /// GraphQL.
    pub(super) graph: Url,
    /// git and people.
    pub(super) web: Url,
}

/// A repository's place on its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) name: String,
}

impl Servers {
    /// The servers that the three variables name; what one does not say is concluded from the others.
    ///
    /// # Errors
    /// When an address is none, or would send a token over a line that is not encrypted (exit 2).
    pub(super) fn of(api: Option<&str>, graph: Option<&str>, web: Option<&str>) -> Result<Self, Fault> {
        let api = api.map(|text| address("GITHUB_API_URL", text)).transpose()?;
        let web = web.map(|text| address("GITHUB_SERVER_URL", text)).transpose()?;
        let graph = graph.map(|text| address("GITHUB_GRAPHQL_URL", text)).transpose()?;
        let known = |text: &str| address("the default", text);
        let (api, web) = match (api, web) {
            (Some(api), Some(web)) => (api, web),
            (Some(api), None) if api.as_str().trim_end_matches('/') == API => (api, known(WEB)?),
            (Some(api), None) => (api.clone(), web_of(api)),
            (None, Some(web)) if web.as_str().trim_end_matches('/') == WEB => (known(API)?, web),
            (None, Some(mut web)) => {
                let root = web.clone();
                web.set_path("/api/v3");
                (web, root)
            }
            (None, None) => (known(API)?, known(WEB)?),
        };
        let graph = graph.unwrap_or_else(|| graph_of(&api));
        Ok(Self { api, graph, web })
    }

    /// The servers that an environment names by `GITHUB_API_URL`, `GITHUB_GRAPHQL_URL` and `GITHUB_SERVER_URL`.
    ///
    /// # Errors
    /// As [`Servers::of`].
    pub(super) fn read(read: &dyn Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let given = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        let [api, graph, web] = ["GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_SERVER_URL"].map(given);
        Self::of(api.as_deref(), graph.as_deref(), web.as_deref())
    }

    /// The repository that a remote's URL names on this server; none when it is elsewhere or no repository.
    pub(super) fn place(&self, remote: &str) -> Option<Place> {
        let remote = remote.trim();
        let path = if remote.contains("://") {
            let url = Url::parse(remote).ok()?;
            let host = url.host_str()?;
            let is_here = match url.scheme() {
                "http" | "https" => {
                    url.scheme() == self.web.scheme()
                        && self.is_host(host)
                        && url.port_or_known_default() == self.web.port_or_known_default()
                }
                // The port of ssh is another one than the web's.
                "ssh" | "git+ssh" | "ssh+git" => self.is_ssh_host(host),
                _ => false,
            };
            is_here.then(|| url.path().to_owned())?
        } else {
            // `[user@]host:path`, as scp writes it; a `/` before the colon makes it a path on this machine.
            let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/'))?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            self.is_ssh_host(host).then(|| path.to_owned())?
        };
        Place::of_path(&path)
    }

    /// The beginning of every https address of this server, with `/` at the end.
    pub(super) fn web_prefix(&self) -> String {
        let mut root = self.web.clone();
        root.set_path("/");
        root.to_string()
    }

    /// Whether it is a company's own server, as far as the address tells. One on this machine is a test.
    pub(super) fn is_enterprise(&self) -> bool {
        self.is_own() && !is_loopback(&self.web)
    }

    /// Whether it is not one of GitHub's own servers.
    pub(super) fn is_own(&self) -> bool {
        let host = self.web.host_str().unwrap_or_default();
        !(self.is_host("github.com") || host.ends_with(".ghe.com"))
    }

    fn is_host(&self, host: &str) -> bool {
        self.web.host_str().is_some_and(|own| own.eq_ignore_ascii_case(host))
    }

    fn is_ssh_host(&self, host: &str) -> bool {
        self.is_host(host)
            || host.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("ssh.")) && self.is_host(&host[4..])
    }
}

impl Place {
    /// `/OWNER/NAME.git/`: two parts of the letters that GitHub allows.
    fn of_path(path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let (owner, name) = path.split_once('/')?;
        let is_plain = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        (is_plain(owner) && is_plain(name)).then(|| Self { owner: owner.into(), name: name.into() })
    }
}

/// Whether an address is this machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One part of a path or a query, with everything but plain letters escaped: a login or a branch is data.
pub(super) fn escaped(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    // These two would be steps through the path.
    match text.as_str() {
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        _ => text,
    }
}

fn address(variable: &str, text: &str) -> Result<Url, Fault> {
    let shown = text.rsplit('@').next().unwrap_or_default();
    let refused = |why: &str| Fault::usage(format!("{variable} is {shown:?}, {why}"));
    let mut url = Url::parse(text.trim().trim_end_matches('/')).map_err(|_| refused("which is no address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("with a user or password in it").hint("the token belongs into GITHUB_TOKEN"));
    }
    let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url);
    if !is_safe {
        return Err(refused("over which a token would travel in the open").hint("use its https address"));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// `https://host/api/v3` belongs to `https://host`.
fn web_of(mut api: Url) -> Url {
    api.set_path("/");
    api
}

/// `https://host/api/v3` -> `https://host/api/graphql`; `https://api.github.com` -> `https://api.github.com/graphql`.
fn graph_of(api: &Url) -> Url {
    let path = api.path().trim_end_matches('/');
    let path = format!("{}/graphql", path.strip_suffix("/v3").unwrap_or(path));
    let mut graph = api.clone();
    graph.set_path(&path);
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(web: Option<&str>, remote: &str) -> Option<String> {
        let found = Servers::of(None, None, web).unwrap().place(remote);
        found.map(|place| format!("{}/{}", place.owner, place.name))
    }

    #[test]
    fn the_remotes_of_the_server_name_their_repository() {
        let good = [
            "https://github.com/o/n",
            "https://github.com/o/n.git",
            "https://GitHub.com/o/n/",
            "https://me:pass@github.com/o/n.git",
            "https://github.com:443/o/n.git",
            "ssh://git@github.com/o/n.git",
            "ssh://git@ssh.github.com:443/o/n.git",
            "git+ssh://git@github.com/o/n",
            "git@github.com:o/n.git",
            "git@github.com:/o/n.git",
            "github.com:o/n",
            "  git@ssh.github.com:o/n.git\n",
        ];
        for remote in good {
            assert_eq!(place(None, remote).as_deref(), Some("o/n"), "{remote}");
        }
        assert_eq!(place(None, "git@github.com:o-1/n.x.git").as_deref(), Some("o-1/n.x"));
    }

    #[test]
    fn what_is_elsewhere_is_no_repository() {
        let bad = [
            "https://github.com.evil.example/o/n",
            "https://evil.example/github.com/o/n",
            "https://github.com@evil.example/o/n",
            "https://github.com:444/o/n",
            "http://github.com/o/n",
            "git://github.com/o/n",
            "https://gist.github.com/o/n",
            "https://xgithub.com/o/n",
            "git@evil.example:github.com/o/n",
            "https://github.com/o",
            "https://github.com/o/n/x",
            "https://github.com/o/..",
            "https://github.com/o/%2e%2e",
            "https://github.com/o/n%20m",
            "/srv/github.com:o/n",
            "../n",
            "C:\\o\\n",
            "",
        ];
        for remote in bad {
            assert_eq!(place(None, remote), None, "{remote}");
        }
    }

    #[test]
    fn a_server_of_ones_own_has_its_addresses() {
        let of = |api, graph, web| {
            let servers = Servers::of(api, graph, web).unwrap();
            [servers.api, servers.graph, servers.web].map(|url| url.to_string())
        };
        let own = ["https://ghe.example/api/v3", "https://ghe.example/api/graphql", "https://ghe.example/"];
        assert_eq!(of(Some("https://ghe.example/api/v3/"), None, None), own);
        assert_eq!(of(None, None, Some("https://ghe.example")), own);
        let official = ["https://api.github.com/", "https://api.github.com/graphql", "https://github.com/"];
        assert_eq!(of(None, None, None), official);
        assert_eq!(of(Some("https://api.github.com"), None, None), official);
        assert_eq!(of(None, None, Some("https://github.com/")), official);
        let here = "http://127.0.0.1:8080";
        assert_eq!(of(Some(&format!("{here}/api/v3")), None, None)[2], format!("{here}/"));
        assert_eq!(place(Some(here), "http://127.0.0.1:8080/o/n.git").as_deref(), Some("o/n"));
        assert_eq!(place(Some(here), "http://127.0.0.1:8081/o/n.git"), None);
        let is_enterprise = |web| Servers::of(None, None, Some(web)).unwrap().is_enterprise();
        assert!(is_enterprise("https://ghe.example") && !is_enterprise(here) && !is_enterprise(WEB));
    }

    #[test]
    fn no_token_travels_in_the_open() {
        for bad in ["http://ghe.example/api/v3", "ftp://127.0.0.1", "nonsense", "https://u:p@ghe.example", ""] {
            let fault = Servers::of(Some(bad), None, None).unwrap_err();
            assert!(fault.kind().exit_code() == 2 && !fault.to_string().contains("u:p"), "{fault}");
        }
        for good in ["http://127.0.0.1:1/api/v3", "http://localhost:1", "http://[::1]:1/api/v3"] {
            assert!(Servers::of(Some(good), None, None).is_ok(), "{good}");
        }
    }

    #[test]
    fn names_are_data_in_a_path() {
        let check = |part: &str, expected: &str| assert_eq!(escaped(part), expected);
        check("slice-001-auth-v1.1.0", "slice-001-auth-v1.1.0");
        check("../x?y#z", "..%2Fx%3Fy%23z");
        check("$(touch x)", "%24%28touch%20x%29");
        check("..", "%2E%2E");
        check("ä[bot]", "%C3%A4%5Bbot%5D");
    }
}
