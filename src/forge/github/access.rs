//! Who vso is on GitHub and which repository is meant: read from the environment and a remote's URL.
//!
//! Nothing of it ever stands in a file that comes with a repository, and none of it is shown: `Debug` hides secrets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use octocrab::jsonwebtoken::EncodingKey;
use sha2::{Digest, Sha256};

use super::address::{Place, Servers};
use super::governor::shared::{Book, book};
use super::{clock, wire};
use crate::fault::Fault;

/// What the environment signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A person's token. It can't write checks; commit statuses stand in for them.
    Personal,
    /// The token of an App's installation that somebody else made: `GITHUB_TOKEN` in a workflow.
    Action,
    /// An App whose key is here: installation tokens are made as they are needed.
    App,
}

/// A text that is not shown.
#[derive(Clone)]
pub(super) struct Hidden(pub(super) String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What vso signs in with.
#[derive(Clone)]
pub(super) enum Secret {
    /// A token, and the variable that it came from.
    Token { token: Hidden, variable: &'static str },
    /// An App's id (or client id) and private key.
    App { id: String, key: EncodingKey },
}

/// The right to speak to one repository's server as somebody.
#[derive(Clone)]
pub struct Access {
    pub(super) servers: Servers,
    place: Place,
    pub(super) secret: Secret,
    credential: Credential,
    /// How long a request may take.
    pub(super) timeout: Duration,
    /// How much faster than the world the run goes: 1 but in tests.
    pub(super) speed: f64,
    /// Whether GitHub's published budgets hold there.
    is_limited: bool,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("api", &self.servers.api.as_str())
            .field("repository", &format!("{}/{}", self.place.owner, self.place.name))
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Reads the environment: `VSO_APP_ID` with `VSO_APP_PRIVATE_KEY` or `VSO_APP_PRIVATE_KEY_FILE`, else
    /// `GITHUB_TOKEN`, else `GH_TOKEN`; `GITHUB_API_URL`, `GITHUB_GRAPHQL_URL`, `GITHUB_SERVER_URL`. None when there
    /// is no credential, or the remote is not on that server.
    ///
    /// # Errors
    /// When a credential is there but can't be used: half an App, a key that is none, an address without https
    /// (exit 2).
    pub fn find(remote_url: Option<&str>) -> Result<Option<Self>, Fault> {
        Self::find_in(&|name| std::env::var(name).ok(), remote_url)
    }

    /// As [`Access::find`], from another environment.
    ///
    /// # Errors
    /// As [`Access::find`].
    pub fn find_in(read: &dyn Fn(&str) -> Option<String>, remote_url: Option<&str>) -> Result<Option<Self>, Fault> {
        let given = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        let Some(remote) = remote_url else { return Ok(None) };
        let Some((secret, credential)) = secret(&given)? else { return Ok(None) };
        let [api, graph, web] = ["GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_SERVER_URL"].map(given);
        let servers = Servers::of(api.as_deref(), graph.as_deref(), web.as_deref())?;
        let place = servers.place(remote);
        let (timeout, speed) = (wire::timeout(read), clock::speed(read));
        let is_limited = is_limited(&given, &servers)?;
        Ok(place.map(|place| Self { servers, place, secret, credential, timeout, speed, is_limited }))
    }

    /// Where the App of the environment finds its repositories: the server's address for people and git, with `/` at its
    /// end. None when the environment names no App.
    ///
    /// # Errors
    /// As [`Access::find`].
    pub fn app_server() -> Result<Option<String>, Fault> {
        Ok(Self::app()?.map(|app| app.servers.web_prefix()))
    }

    /// The App of the environment, at no repository: for [`super::AppHub`] and [`Access::at`]. None when the environment
    /// names no App.
    ///
    /// # Errors
    /// As [`Access::find`].
    pub fn app() -> Result<Option<Self>, Fault> {
        Self::app_in(&|name| std::env::var(name).ok())
    }

    /// As [`Access::app`], from another environment.
    ///
    /// # Errors
    /// As [`Access::find`].
    pub fn app_in(read: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, Fault> {
        let given = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        if given("VSO_APP_ID").is_none() {
            return Ok(None);
        }
        let Some((secret, credential)) = secret(&given)? else { return Ok(None) };
        let [api, graph, web] = ["GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_SERVER_URL"].map(given);
        let servers = Servers::of(api.as_deref(), graph.as_deref(), web.as_deref())?;
        let (timeout, speed) = (wire::timeout(read), clock::speed(read));
        let is_limited = is_limited(&given, &servers)?;
        let place = Place { owner: String::new(), name: String::new() };
        Ok(Some(Self { servers, place, secret, credential, timeout, speed, is_limited }))
    }

    /// The same right at a repository of the same server; none when that can't be one's name.
    #[must_use]
    pub fn at(&self, owner: &str, name: &str) -> Option<Self> {
        let place = self.servers.place(&format!("{}{owner}/{name}", self.servers.web_prefix()))?;
        (place.owner == owner && place.name == name).then(|| Self { place, ..self.clone() })
    }

    /// The address from which a repository is cloned, without a token.
    #[must_use]
    pub fn clone_url(&self, owner: &str, name: &str) -> String {
        format!("{}{owner}/{name}.git", self.servers.web_prefix())
    }

    /// The address of the API.
    #[must_use]
    pub fn api(&self) -> &str {
        self.servers.api.as_str().trim_end_matches('/')
    }

    /// The budgets of an account on this server: an installation's by its owner, else the token's or the App's own.
    pub(super) fn book(&self, owner: &str) -> Arc<Book> {
        let owner = owner.to_ascii_lowercase();
        let (name, secret) = match &self.secret {
            Secret::App { id, .. } if owner.is_empty() => ("app", format!("app {id} itself")),
            Secret::App { id, .. } => (owner.as_str(), format!("app {id}")),
            Secret::Token { token, .. } => ("token", hex::encode(&Sha256::digest(&token.0)[..16])),
        };
        book(self.api(), (name, &secret), self.speed, self.is_limited)
    }

    /// Whether the environment has a credential at all, usable or not.
    #[must_use]
    pub fn is_configured() -> bool {
        ["VSO_APP_ID", "GITHUB_TOKEN", "GH_TOKEN"]
            .iter()
            .any(|name| std::env::var(name).is_ok_and(|value| !value.trim().is_empty()))
    }

    /// Who owns the repository: a person or an organisation.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.place.owner
    }

    /// The repository's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.place.name
    }

    /// What it signs in with.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.credential
    }

    /// Whether it is a company's own server, as far as its address tells; [`super::Hub::is_enterprise`] knows better.
    #[must_use]
    pub fn is_enterprise(&self) -> bool {
        self.servers.is_enterprise()
    }

    /// The repository's page for people, without a `/` at the end.
    #[must_use]
    pub fn page(&self) -> String {
        format!("{}{}/{}", self.servers.web_prefix(), self.place.owner, self.place.name)
    }

    /// Where the credential comes from, for hints.
    pub(super) fn source(&self) -> &'static str {
        match &self.secret {
            Secret::Token { variable, .. } => variable,
            Secret::App { .. } => "VSO_APP_ID and VSO_APP_PRIVATE_KEY",
        }
    }
}

/// The variable that says that a server has no limits.
const LIMITS: &str = "VSO_GITHUB_LIMITS";

/// Whether a server has GitHub's published budgets. One's own may have none, as Enterprise Server does by default.
fn is_limited(given: &Given<'_>, servers: &Servers) -> Result<bool, Fault> {
    match given(LIMITS).as_deref().map(str::trim) {
        None | Some("on") => Ok(true),
        Some("off") if servers.is_own() => Ok(false),
        Some("off") => Err(Fault::usage(format!("{LIMITS} is off, and the server is GitHub's own, which has limits"))
            .hint("it is for an Enterprise Server on which limits are not switched on")),
        Some(other) => Err(Fault::usage(format!("{LIMITS} is {other:?}")).hint("it is `on` or `off`")),
    }
}

type Given<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn secret(given: &Given<'_>) -> Result<Option<(Secret, Credential)>, Fault> {
    if let Some(id) = given("VSO_APP_ID") {
        let key = private_key(given)?;
        let secret = Secret::App { id: id.trim().to_owned(), key };
        return Ok(Some((secret, Credential::App)));
    }
    let found = ["GITHUB_TOKEN", "GH_TOKEN"].into_iter().find_map(|name| Some((name, given(name)?)));
    let Some((variable, token)) = found else { return Ok(None) };
    let token = token.trim().to_owned();
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::usage(format!("{variable} holds no token: there are letters in it that no token has")));
    }
    let is_personal = ["ghp_", "gho_", "ghu_", "github_pat_"].iter().any(|start| token.starts_with(start));
    let in_action = given("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let is_action = token.starts_with("ghs_") || in_action && !is_personal;
    let credential = if is_action { Credential::Action } else { Credential::Personal };
    Ok(Some((Secret::Token { token: Hidden(token), variable }, credential)))
}

fn private_key(given: &Given<'_>) -> Result<EncodingKey, Fault> {
    let (source, text) = match (given("VSO_APP_PRIVATE_KEY"), given("VSO_APP_PRIVATE_KEY_FILE")) {
        (Some(text), _) => ("VSO_APP_PRIVATE_KEY", text),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file.trim())
                .map_err(|error| Fault::usage(format!("the App's key can't be read from {file}")).because(&error))?;
            ("the file of VSO_APP_PRIVATE_KEY_FILE", text)
        }
        (None, None) => {
            return Err(Fault::usage("VSO_APP_ID is set, but no private key")
                .hint("set VSO_APP_PRIVATE_KEY to the PEM text, or VSO_APP_PRIVATE_KEY_FILE to its path"));
        }
    };
    // Settings pages that take one line only get `\n` written out.
    let text = if text.trim().contains('\n') { text } else { text.replace("\\n", "\n") };
    EncodingKey::from_rsa_pem(text.trim().as_bytes()).map_err(|_| {
        Fault::usage(format!("{source} holds no RSA private key in PEM"))
            .hint("take the .pem file that GitHub gave you when you made the App's key, whole")
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The access that an environment of these variables gives.
    pub(in crate::forge::github) fn found(variables: &[(&str, &str)], remote: &str) -> Result<Option<Access>, Fault> {
        let read = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Access::find_in(&read, Some(remote))
    }

    const HERE: &str = "https://github.com/o/n";

    #[test]
    fn the_kind_of_a_credential_is_seen_from_its_token() {
        let check = |variables: &[(&str, &str)], expected: Option<Credential>| {
            let kind = found(variables, HERE).unwrap().map(|access| access.credential());
            assert_eq!(kind, expected, "{variables:?}");
        };
        check(&[], None);
        check(&[("GITHUB_TOKEN", " ")], None);
        check(&[("GITHUB_TOKEN", "ghp_x")], Some(Credential::Personal));
        check(&[("GH_TOKEN", "github_pat_x"), ("GITHUB_ACTIONS", "true")], Some(Credential::Personal));
        check(&[("GITHUB_TOKEN", "ghs_x")], Some(Credential::Action));
        check(&[("GITHUB_TOKEN", "0123abc"), ("GITHUB_ACTIONS", "true")], Some(Credential::Action));
        check(&[("GITHUB_TOKEN", "0123abc")], Some(Credential::Personal));
    }

    #[test]
    fn a_token_goes_nowhere_else() {
        assert!(found(&[("GITHUB_TOKEN", "ghp_x")], "https://gitlab.example/o/n").unwrap().is_none());
        let own = [("GITHUB_TOKEN", "ghp_x"), ("GITHUB_SERVER_URL", "https://ghe.example")];
        assert!(found(&own, HERE).unwrap().is_none());
        assert!(found(&own, "git@ghe.example:o/n.git").unwrap().is_some());
        assert!(found(&[("GITHUB_TOKEN", "ghp_x"), ("GITHUB_API_URL", "http://ghe.example/api/v3")], HERE).is_err());
    }

    #[test]
    fn only_a_server_of_ones_own_has_no_limits() {
        let own =
            [("GITHUB_TOKEN", "ghp_x"), ("GITHUB_SERVER_URL", "https://ghe.example"), ("VSO_GITHUB_LIMITS", "off")];
        assert!(!found(&own, "https://ghe.example/o/n").unwrap().unwrap().is_limited);
        assert!(found(&own[..2], "https://ghe.example/o/n").unwrap().unwrap().is_limited);
        assert!(found(&[own[0], own[2]], HERE).is_err());
        assert!(found(&[own[0], ("VSO_GITHUB_LIMITS", "none")], HERE).is_err());
    }

    #[test]
    fn half_an_app_or_a_spoilt_token_is_said() {
        for variables in [
            &[("VSO_APP_ID", "1")][..],
            &[("VSO_APP_ID", "1"), ("VSO_APP_PRIVATE_KEY", "nonsense")],
            &[("VSO_APP_ID", "1"), ("VSO_APP_PRIVATE_KEY_FILE", "/nowhere/at.all")],
            &[("GITHUB_TOKEN", "ghp_a b")],
            &[("GITHUB_TOKEN", "ghp_\u{e4}")],
        ] {
            let fault = found(variables, HERE).unwrap_err();
            assert!(fault.kind().exit_code() == 2 && !fault.to_string().contains("ghp_"), "{fault}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let access = found(&[("GITHUB_TOKEN", "ghp_abc")], HERE).unwrap().unwrap();
        let shown = format!("{access:?} {:?}", Hidden("ghp_abc".into()));
        assert!(shown.contains("o/n") && !shown.contains("abc"), "{shown}");
        assert_eq!(access.page(), "https://github.com/o/n");
    }
}
