//! People who sign in with GitHub: the way to their browser's yes (with PKCE), who they are, and what they may read and
//! write of what the App is installed on.
//!
//! A person's token stays in memory and is never shown. It is asked with, and nothing is ever written by it.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::access::Hidden;
use super::super::address::{Servers, escaped};
use super::super::commit::base64;
use super::super::refusal::Refusal;
use super::super::send::read;
use super::super::wire;
use super::plain::{self, Plain};
use crate::fault::Fault;

/// The variables of the sign-in.
const VARIABLES: [&str; 2] = ["VSO_CLIENT_ID", "VSO_CLIENT_SECRET"];

/// Most pages (of 100) of one list that are read.
const PAGES: u32 = 100;

/// What an App signs people in with.
#[derive(Clone)]
pub struct SignIn {
    servers: Servers,
    client: String,
    secret: Hidden,
    timeout: Duration,
}

/// Somebody who signed in.
#[derive(Clone)]
pub struct Person {
    /// The name, as GitHub writes it. It can be changed; the number can't.
    pub login: String,
    /// GitHub's number of the account.
    pub id: u64,
    token: Hidden,
    servers: Servers,
    timeout: Duration,
}

/// A repository of the App that a person may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// GitHub's number, which a rename keeps.
    pub id: u64,
    /// Who owns it.
    pub owner: String,
    /// What it is called.
    pub name: String,
    /// Whether the person may push there.
    pub may_write: bool,
}

/// What shows that whoever brings a code is who asked for it (RFC 7636): the verifier stays here, its challenge goes
/// along with the browser.
#[derive(Clone)]
pub struct Proof {
    /// 64 letters of chance. Secret until the code is exchanged.
    pub verifier: String,
    /// The SHA-256 of it, in the alphabet of addresses.
    pub challenge: String,
}

impl Proof {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers (exit 3).
    pub fn new() -> Result<Self, Fault> {
        let mut chance = [0; 32];
        getrandom::fill(&mut chance)
            .map_err(|error| Fault::unfinished("the system gives no random numbers").because(&error))?;
        Ok(Self::of(hex::encode(chance)))
    }

    fn of(verifier: String) -> Self {
        let digest = base64(&Sha256::digest(verifier.as_bytes()));
        let challenge = digest.trim_end_matches('=').replace('+', "-").replace('/', "_");
        Self { verifier, challenge }
    }
}

impl SignIn {
    /// Reads `VSO_CLIENT_ID` and `VSO_CLIENT_SECRET` of the environment, and the addresses of its GitHub
    /// (`GITHUB_API_URL`, `GITHUB_SERVER_URL`); none where neither is set.
    ///
    /// # Errors
    /// When one of the two is missing or no such thing, or an address is not https (exit 2).
    pub fn find() -> Result<Option<Self>, Fault> {
        Self::find_in(&|name| std::env::var(name).ok())
    }

    /// As [`SignIn::find`], from another environment.
    ///
    /// # Errors
    /// As [`SignIn::find`].
    pub fn find_in(read: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, Fault> {
        let given = VARIABLES.map(|name| read(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
        let (client, secret) = match given {
            [None, None] => return Ok(None),
            [Some(client), Some(secret)] => (client, secret),
            [client, _] => {
                let (has, lacks) = if client.is_some() { (0, 1) } else { (1, 0) };
                let words = format!("{} is set, but no {}", VARIABLES[has], VARIABLES[lacks]);
                return Err(Fault::usage(words).hint("both stand in the app.env that `vso app create` wrote"));
            }
        };
        for (name, text) in VARIABLES.iter().zip([&client, &secret]) {
            if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Fault::usage(format!("{name} holds letters that it can't have")));
            }
        }
        let (servers, timeout) = (Servers::read(read)?, wire::timeout(read));
        Ok(Some(Self { servers, client, secret: Hidden(secret), timeout }))
    }

    /// Where the browser is sent. `state` comes back with the code and has to be compared; `redirect` is one of the
    /// App's callback addresses, exactly; `challenge` is that of a [`Proof`].
    #[must_use]
    pub fn authorize_url(&self, state: &str, redirect: &str, challenge: &str) -> String {
        let pairs = [
            ("client_id", self.client.as_str()),
            ("redirect_uri", redirect),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("allow_signup", "false"),
        ];
        let query = pairs.map(|(name, value)| format!("{name}={}", escaped(value))).join("&");
        format!("{}login/oauth/authorize?{query}", self.servers.web_prefix())
    }

    /// The beginning of the address that [`SignIn::authorize_url`] leads to: `https://github.com`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.servers.web_prefix().trim_end_matches('/').to_owned()
    }

    /// Makes a code into the person who gave it. Blocks. `redirect` and `verifier` as when it was asked for. A code is
    /// good once and for ten minutes.
    ///
    /// # Errors
    /// When GitHub refuses the code or the App's secret (exit 1), or can't be asked (exit 3).
    pub fn exchange(&self, code: &str, verifier: &str, redirect: &str) -> Result<Person, Fault> {
        let failed = |refusal| plain::fault(refusal, "the sign-in can't be finished", &self.servers.web);
        let web = Plain::open(&self.servers.web, self.timeout)?;
        let body = json!({
            "client_id": self.client, "client_secret": self.secret.0, "code": code, "code_verifier": verifier,
            "redirect_uri": redirect,
        });
        let mut root = self.servers.web.clone();
        root.set_path("/");
        let url = plain::below(&root, "/login/oauth/access_token").map_err(failed)?;
        let answer = web.post(url, &body, plain::JSON).map_err(failed)?;
        let given: Given = read(&answer).map_err(failed)?;
        if let Some(error) = given.error {
            return Err(refused(&error));
        }
        let token = given.access_token.unwrap_or_default();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(failed(Refusal::Unreadable("there is no token in it".into())));
        }
        let (servers, timeout, token) = (self.servers.clone(), self.timeout, Hidden(token));
        let api = Plain::open(&servers.api, timeout)?;
        let me: RawUser = plain::below(&servers.api, "/user")
            .and_then(|url| api.get(url, &token.0))
            .and_then(|answer| read(&answer))
            .map_err(|refusal| plain::fault(refusal, "GitHub does not say who signed in", &servers.api))?;
        let is_login = |byte: u8| byte.is_ascii_alphanumeric() || b"-_[]".contains(&byte);
        if me.id == 0 || me.login.is_empty() || !me.login.bytes().all(is_login) {
            return Err(failed(Refusal::Unreadable("there is no login in it".into())));
        }
        Ok(Person { login: me.login, id: me.id, token, servers, timeout })
    }
}

impl Person {
    /// The repositories of the App's installations that the person may read, asked for now. Blocks: one request for the
    /// installations and one for each of them, more where there are more than 100.
    ///
    /// # Errors
    /// When the token is not good any more (exit 1), or GitHub can't be asked (exit 3). Then nothing is known.
    pub fn repositories(&self) -> Result<Vec<Seen>, Fault> {
        let failed = |refusal| {
            let what = format!("GitHub does not say what {} may see", self.login);
            plain::fault(refusal, &what, &self.servers.api)
        };
        let api = Plain::open(&self.servers.api, self.timeout)?;
        self.all(&api).map_err(failed)
    }

    fn all(&self, api: &Plain) -> Result<Vec<Seen>, Refusal> {
        let mut seen = Vec::new();
        for list in self.pages::<RawInstallations>(api, "/user/installations")? {
            for installation in list.installations.iter().filter(|one| one.suspended_at.is_none()) {
                let path = format!("/user/installations/{}/repositories", installation.id);
                let lists = self.pages::<RawRepositories>(api, &path)?;
                seen.extend(lists.into_iter().flat_map(|list| list.repositories).filter_map(RawRepository::seen));
            }
        }
        Ok(seen)
    }

    fn pages<T: serde::de::DeserializeOwned>(&self, api: &Plain, path: &str) -> Result<Vec<T>, Refusal> {
        let mut all = Vec::new();
        for number in 1..=PAGES {
            let url: Url = plain::below(&self.servers.api, &format!("{path}?per_page=100&page={number}"))?;
            let (list, has_next) = plain::page(&api.get(url, &self.token.0)?)?;
            all.push(list);
            if !has_next {
                break;
            }
        }
        Ok(all)
    }
}

/// Hides the secret.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("web", &self.servers.web.as_str()).finish_non_exhaustive()
    }
}

/// Hides the token.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("login", &self.login).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Hides the verifier.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proof").field("challenge", &self.challenge).finish_non_exhaustive()
    }
}

/// What GitHub's words for a refused code mean here.
fn refused(error: &str) -> Fault {
    let word: String = error.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').take(60).collect();
    let fault = Fault::refused(format!("the sign-in was refused: GitHub says {word}"));
    match error {
        "bad_verification_code" => fault.hint("sign in again: a code is good once, and for ten minutes"),
        "incorrect_client_credentials" => fault.hint("VSO_CLIENT_ID and VSO_CLIENT_SECRET do not belong together"),
        "redirect_uri_mismatch" => {
            fault.hint("the server's public address must be the callback address on the App's page, exactly")
        }
        _ => fault,
    }
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct RawUser {
    id: u64,
    login: String,
}

#[derive(Deserialize)]
struct RawInstallations {
    installations: Vec<RawInstallation>,
}

#[derive(Deserialize)]
struct RawInstallation {
    id: u64,
    #[serde(default)]
    suspended_at: Option<String>,
}

#[derive(Deserialize)]
struct RawRepositories {
    repositories: Vec<RawRepository>,
}

#[derive(Deserialize)]
struct RawRepository {
    id: u64,
    name: String,
    owner: RawOwner,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    permissions: RawPermissions,
}

#[derive(Deserialize)]
struct RawOwner {
    login: String,
}

#[derive(Deserialize, Default)]
struct RawPermissions {
    #[serde(default)]
    pull: bool,
    #[serde(default)]
    push: bool,
}

impl RawRepository {
    /// None where the person may not even read.
    fn seen(self) -> Option<Seen> {
        let may_write = self.permissions.push && !self.archived;
        let may_read = self.permissions.pull || self.permissions.push;
        may_read.then_some(Seen { id: self.id, owner: self.owner.login, name: self.name, may_write })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<Option<SignIn>, Fault> {
        SignIn::find_in(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let proof = Proof::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(proof.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let (one, two) = (Proof::new().unwrap(), Proof::new().unwrap());
        assert!(one.verifier != two.verifier && one.verifier.len() == 64 && one.challenge.len() == 43);
        assert!(!format!("{one:?}").contains(&one.verifier));
    }

    #[test]
    fn a_sign_in_is_whole_or_not_there() {
        assert!(found(&[]).unwrap().is_none());
        assert!(found(&[("VSO_CLIENT_ID", " "), ("VSO_CLIENT_SECRET", "")]).unwrap().is_none());
        for half in [("VSO_CLIENT_ID", "Iv1"), ("VSO_CLIENT_SECRET", "s3cret")] {
            let fault = found(&[half]).unwrap_err();
            assert!(fault.kind().exit_code() == 2 && !fault.to_string().contains("s3cret"), "{fault}");
        }
        let open = [("VSO_CLIENT_ID", "a"), ("VSO_CLIENT_SECRET", "b"), ("GITHUB_SERVER_URL", "http://ghe.example")];
        assert!(found(&open).is_err());
    }

    #[test]
    fn the_browser_is_sent_with_all_that_is_compared() {
        let sign_in = found(&[("VSO_CLIENT_ID", "Iv1.x"), ("VSO_CLIENT_SECRET", "s3cret")]).unwrap().unwrap();
        let url = sign_in.authorize_url("st&te", "https://vso.example.org/signed-in", "abc");
        let parts = [
            "https://github.com/login/oauth/authorize?client_id=Iv1.x&",
            "&redirect_uri=https%3A%2F%2Fvso.example.org%2Fsigned-in&",
            "&state=st%26te&",
            "&code_challenge=abc&code_challenge_method=S256",
        ];
        assert!(parts.iter().all(|part| url.contains(part)), "{url}");
        assert!(!url.contains("s3cret") && !format!("{sign_in:?}").contains("s3cret"));
        assert_eq!(sign_in.origin(), "https://github.com");
    }

    #[test]
    fn who_may_not_read_sees_nothing() {
        let seen = |permissions: serde_json::Value, archived: bool| {
            let raw = json!({ "id": 1, "name": "n", "owner": { "login": "o" }, "archived": archived, "permissions": permissions });
            serde_json::from_value::<RawRepository>(raw).unwrap().seen().map(|seen| seen.may_write)
        };
        assert_eq!(seen(json!({}), false), None);
        assert_eq!(seen(json!({ "pull": true }), false), Some(false));
        assert_eq!(seen(json!({ "pull": true, "push": true }), false), Some(true));
        assert_eq!(seen(json!({ "pull": true, "push": true }), true), Some(false));
    }
}
