//! Making a GitHub App from a manifest: the page that a browser posts it to, and what the code that comes back is good for.
//!
//! The secrets of a new App are shown by nobody: they go from GitHub's answer to files that only their owner reads.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use octocrab::jsonwebtoken::EncodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::super::access::Hidden;
use super::super::address::{Servers, escaped};
use super::super::refusal::Refusal;
use super::super::send::read;
use super::super::{clock, wire};
use super::plain::{self, Plain};
use crate::fault::Fault;

/// The GitHub at which Apps are made.
#[derive(Debug, Clone)]
pub struct Registry {
    servers: Servers,
    timeout: Duration,
    /// How much faster than the world the run goes: 1 but in tests.
    speed: f64,
}

/// How long all of it may take, by GitHub's documentation.
const PATIENCE: Duration = Duration::from_secs(3600);

/// An App that was just made.
pub struct NewApp {
    /// Its number.
    pub id: u64,
    /// Its name in addresses; its bot is called `SLUG[bot]`.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Who owns it.
    pub owner: String,
    /// Its page, where it is installed from.
    pub page: String,
    /// Under which people sign in.
    pub client_id: String,
    /// What it may do: `contents` to `write`, ….
    pub permissions: BTreeMap<String, String>,
    /// What it is told of.
    pub events: Vec<String>,
    client_secret: Hidden,
    webhook_secret: Hidden,
    key: Hidden,
}

impl Registry {
    /// The GitHub that the environment names (`GITHUB_API_URL`, `GITHUB_SERVER_URL`), github.com by default.
    ///
    /// # Errors
    /// When an address is none, or not https (exit 2).
    pub fn find() -> Result<Self, Fault> {
        Self::find_in(&|name| std::env::var(name).ok())
    }

    /// As [`Registry::find`], from another environment.
    ///
    /// # Errors
    /// As [`Registry::find`].
    pub fn find_in(read: &dyn Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        Ok(Self { servers: Servers::read(read)?, timeout: wire::timeout(read), speed: clock::speed(read) })
    }

    /// Where the form with the manifest goes: for an organisation, or for whoever is signed in. `state` comes back with
    /// the code.
    #[must_use]
    pub fn page(&self, organization: Option<&str>, state: &str) -> String {
        let account = organization.map(|name| format!("organizations/{}/", escaped(name))).unwrap_or_default();
        format!("{}{account}settings/apps/new?state={}", self.servers.web_prefix(), escaped(state))
    }

    /// `https://github.com`: the one place that the form may go to.
    #[must_use]
    pub fn origin(&self) -> String {
        self.servers.web_prefix().trim_end_matches('/').to_owned()
    }

    /// How long the way from the form to the App may take: an hour.
    #[must_use]
    pub fn patience(&self) -> Duration {
        PATIENCE.div_f64(self.speed)
    }

    /// The addresses as the environment of the App's server needs them: nothing for github.com, else three variables.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let text = |url: &reqwest::Url| url.as_str().trim_end_matches('/').to_owned();
        if self.origin() == "https://github.com" {
            return Vec::new();
        }
        let Servers { api, graph, web } = &self.servers;
        vec![("GITHUB_SERVER_URL", text(web)), ("GITHUB_API_URL", text(api)), ("GITHUB_GRAPHQL_URL", text(graph))]
    }

    /// Makes the code into the App. Blocks. A code is good once and for an hour.
    ///
    /// # Errors
    /// When GitHub does not know the code (exit 1), can't be asked, or gives something that is no App (exit 3).
    pub fn convert(&self, code: &str) -> Result<NewApp, Fault> {
        let what = "the App can't be fetched";
        let failed = |refusal: Refusal| {
            let is_gone = matches!(refusal.status(), Some(404 | 410));
            let is_lost = refusal.is_lost() || matches!(refusal, Refusal::Unreadable(_));
            let fault = plain::fault(refusal, what, &self.servers.api);
            match (is_gone, is_lost) {
                (true, _) => Fault::refused(fault.message()).hint("a code is good once, and for an hour: start again"),
                (_, true) => fault.hint(
                    "its secrets are given once only: if the App is on GitHub's page of your Apps, delete it there and \
                     start again",
                ),
                _ => fault,
            }
        };
        let api = Plain::open(&self.servers.api, self.timeout)?;
        let path = format!("/app-manifests/{}/conversions", escaped(code));
        let made: Raw = plain::below(&self.servers.api, &path)
            .and_then(|url| api.post(url, &Value::Null, plain::API))
            .and_then(|answer| read(&answer))
            .map_err(failed)?;
        made.app(&self.servers).map_err(|why| failed(Refusal::Unreadable(why.into())))
    }
}

impl NewApp {
    /// The secret that people's codes are exchanged with.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.client_secret.0
    }

    /// The secret that deliveries are signed with.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        &self.webhook_secret.0
    }

    /// The private key, PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key.0
    }

    /// Where it is installed on an account.
    #[must_use]
    pub fn install_page(&self) -> String {
        format!("{}/installations/new", self.page)
    }
}

/// Hides what is secret.
impl fmt::Debug for NewApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApp").field("id", &self.id).field("slug", &self.slug).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Raw {
    id: u64,
    slug: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    owner: Option<RawOwner>,
    client_id: String,
    client_secret: String,
    webhook_secret: Option<String>,
    pem: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Deserialize)]
struct RawOwner {
    /// A company of many organisations has a slug instead.
    #[serde(default, alias = "slug")]
    login: String,
}

impl Raw {
    /// The App, if all of it is what it should be: it goes into a file that programs and shells read.
    fn app(self, servers: &Servers) -> Result<NewApp, &'static str> {
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let webhook_secret = self.webhook_secret.ok_or("it names no webhook secret")?;
        if self.id == 0 || ![&self.slug, &self.client_id, &self.client_secret].into_iter().all(|text| is_plain(text)) {
            return Err("it names no App");
        }
        if !is_plain(&webhook_secret) || webhook_secret.len() < 16 {
            return Err("its webhook secret is none");
        }
        EncodingKey::from_rsa_pem(self.pem.trim().as_bytes()).map_err(|_| "it holds no private key")?;
        // The page is not taken from the answer: people follow it.
        let page = format!("{}apps/{}", servers.web_prefix(), self.slug);
        Ok(NewApp {
            id: self.id,
            name: if self.name.is_empty() { self.slug.clone() } else { self.name },
            slug: self.slug,
            owner: self.owner.map(|owner| owner.login).unwrap_or_default(),
            page,
            client_id: self.client_id,
            permissions: self.permissions,
            events: self.events,
            client_secret: Hidden(self.client_secret),
            webhook_secret: Hidden(webhook_secret),
            key: Hidden(format!("{}\n", self.pem.trim())),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registry(variables: &[(&str, &str)]) -> Registry {
        let read = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Registry::find_in(&read).unwrap()
    }

    #[test]
    fn the_form_goes_to_one_place() {
        let github = registry(&[]);
        assert_eq!(github.page(None, "a b"), "https://github.com/settings/apps/new?state=a%20b");
        let of = github.page(Some("../x"), "s");
        assert_eq!(of, "https://github.com/organizations/..%2Fx/settings/apps/new?state=s");
        assert!(github.variables().is_empty() && github.origin() == "https://github.com");
        let own = registry(&[("GITHUB_SERVER_URL", "https://ghe.example")]);
        assert_eq!(own.page(None, "s"), "https://ghe.example/settings/apps/new?state=s");
        assert_eq!(own.variables()[1], ("GITHUB_API_URL", "https://ghe.example/api/v3".into()));
    }

    #[test]
    fn what_is_no_app_is_not_taken_for_one() {
        let check = |field: &str, value: Value, word: &str| {
            let mut raw = json!({
                "id": 1, "slug": "a", "client_id": "Iv1", "client_secret": "b", "webhook_secret": "c".repeat(40), "pem": "x",
            });
            raw[field] = value;
            let raw: Raw = serde_json::from_value(raw).unwrap();
            let said = raw.app(&registry(&[]).servers).unwrap_err();
            assert!(said.contains(word), "{field}: {said}");
        };
        check("id", json!(0), "names no App");
        check("slug", json!("a\nVSO_APP_ID=2"), "names no App");
        check("client_secret", json!("$(touch x)"), "names no App");
        check("webhook_secret", json!(null), "no webhook secret");
        check("webhook_secret", json!("short"), "webhook secret is none");
        check(
            "pem",
            json!("-----BEGIN RSA PRIVATE KEY-----\nnonsense\n-----END RSA PRIVATE KEY-----"),
            "no private key",
        );
    }
}
