//! What the App asks as itself, at no repository: who it is, where it is installed, what GitHub could not deliver to it.
//!
//! Signed with the App's key; only the list of an installation's repositories takes a token of that installation, which may
//! look and nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use serde::Deserialize;

use super::governor::Cost;
use super::refusal::Refusal;
use super::send::{As, Request, header, read};
use super::wire::Method;
use super::{Access, Call, Credential, Hub};
use crate::fault::Fault;
use crate::ledger::Time;

/// Most pages of failed deliveries that are read at a time: ten thousand of them.
const PAGES: usize = 100;

/// The App, as GitHub knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AppSelf {
    /// Its number.
    pub id: u64,
    /// Its name in addresses; its bot is called `SLUG[bot]`.
    #[serde(default)]
    pub slug: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Under which people sign in to it; none where GitHub does not say it.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its page for people.
    #[serde(default)]
    pub html_url: String,
    /// What it may do, as it asks for: `contents` to `write`, …
    #[serde(default)]
    pub permissions: BTreeMap<String, String>,
    /// What it is told of.
    #[serde(default)]
    pub events: Vec<String>,
    /// On how many accounts it is installed; none where GitHub does not say it.
    #[serde(default)]
    pub installations_count: Option<u64>,
}

/// Where GitHub delivers to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HookConfig {
    /// The address; none when there is none.
    #[serde(default)]
    pub url: Option<String>,
    /// `json` or `form`.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Stars where deliveries are signed; none where they are not.
    #[serde(default)]
    pub secret: Option<String>,
    /// `"1"` or 1 where the certificate of the address is not looked at.
    #[serde(default)]
    pub insecure_ssl: serde_json::Value,
}

/// A delivery that GitHub could not make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDelivery {
    /// The number of this try to deliver it.
    pub id: u64,
    /// The delivery's name, the same when it is sent again.
    pub guid: String,
    /// The event.
    pub event: String,
    /// Its action; empty for events that have none.
    pub action: String,
    /// When it was tried, by GitHub's clock.
    pub at: Time,
    /// What the listener answered, or 502 and the like where nobody did.
    pub status: u16,
    /// The repository's number.
    pub repository: Option<u64>,
}

/// What asking for a delivery once more gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentAgain {
    /// It is on its way.
    Asked,
    /// GitHub does not keep it any more.
    Gone,
}

/// An account on which the App is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The installation's number.
    pub id: u64,
    /// The account.
    pub owner: String,
    /// Whether somebody suspended it: nothing can be done there until it is let go on.
    pub suspended: bool,
    /// What was granted; less than the App asks for until somebody accepts what is new.
    pub permissions: BTreeMap<String, String>,
}

/// A repository of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number, which a rename keeps.
    pub id: u64,
    /// Who owns it.
    pub owner: String,
    /// What it is called.
    pub name: String,
    /// The branch that people mean when they name none.
    pub default_branch: String,
    /// Whether nothing can be written there.
    pub archived: bool,
}

#[derive(Deserialize)]
struct RawDelivery {
    id: u64,
    guid: String,
    delivered_at: String,
    #[serde(default)]
    event: String,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    status_code: i64,
    #[serde(default)]
    repository_id: Option<u64>,
}

#[derive(Deserialize)]
struct RawInstallation {
    id: u64,
    #[serde(default)]
    account: Option<RawAccount>,
    #[serde(default)]
    suspended_at: Option<String>,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct RawAccount {
    /// A company of many organisations has a slug instead.
    #[serde(default, alias = "slug")]
    login: String,
}

#[derive(Deserialize)]
struct RawList {
    repositories: Vec<RawFound>,
}

#[derive(Deserialize)]
struct RawFound {
    id: u64,
    name: String,
    owner: RawAccount,
    #[serde(default)]
    default_branch: Option<String>,
    #[serde(default)]
    archived: bool,
}

/// The App at its server.
pub struct AppHub<'a> {
    hub: Hub<'a>,
    stop: &'a AtomicBool,
    say: &'a dyn Fn(&str),
}

impl std::fmt::Debug for AppHub<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppHub").field("hub", &self.hub).finish_non_exhaustive()
    }
}

impl<'a> AppHub<'a> {
    /// Prepares to speak as the App; nothing is sent yet. `stop` and `say` are those of [`Hub::open`].
    ///
    /// # Errors
    /// When it is no App that signs in (exit 2), or the connection can't be prepared (exit 3).
    pub fn open(access: Access, stop: &'a AtomicBool, say: &'a dyn Fn(&str)) -> Result<Self, Fault> {
        if access.credential() != Credential::App {
            return Err(Fault::usage("no App signs in here: VSO_APP_ID is not set")
                .hint("`vso app create` makes an App and says which variables it needs"));
        }
        Ok(Self { hub: Hub::open(access, stop, say)?, stop, say })
    }

    /// A repository of an installation whose repositories were listed, to look at and not to change: all of an installation
    /// share one token. None when that can't be a repository's name.
    ///
    /// # Errors
    /// When the token can't be made (exit 3).
    pub fn reading(&self, installation: u64, owner: &str, name: &str) -> Result<Option<Hub<'a>>, Fault> {
        let Some(access) = self.hub.access.at(owner, name) else { return Ok(None) };
        let hub = Hub::open(access, self.stop, self.say)?;
        let what = format!("{owner}/{name} can't be looked at");
        self.hub.lend(installation, &hub).map_err(|refusal| self.hub.fault(refusal, &what))?;
        Ok(Some(hub))
    }

    /// Who the App is.
    ///
    /// # Errors
    /// When GitHub can't be asked or does not know it (exit 3), as for all that follow.
    pub fn app(&self) -> Result<AppSelf, Fault> {
        self.get("/app", "GitHub does not say who the App is")
    }

    /// Where its deliveries go.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn hook_config(&self) -> Result<HookConfig, Fault> {
        self.get("/app/hook/config", "the webhook's settings can't be read")
    }

    /// The deliveries that failed since a moment of GitHub's clock, newest first: each try counts. GitHub keeps them for three
    /// days (an Enterprise Server for seven).
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn failed_deliveries(&self, since: Time) -> Result<Vec<FailedDelivery>, Fault> {
        let failed = |refusal| self.hub.fault(refusal, "the failed deliveries can't be listed");
        let mut found = Vec::new();
        let mut cursor = None::<String>;
        for _ in 0..PAGES {
            let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let request = Request::get(format!("/app/hook/deliveries?status=failure&per_page=100{next}"));
            let answer = self.hub.send(Request { by: As::App, ..request }).map_err(failed)?;
            let page: Vec<RawDelivery> = read(&answer).map_err(failed)?;
            let is_last = page.is_empty();
            let known: Vec<FailedDelivery> = page.into_iter().filter_map(RawDelivery::read).collect();
            let is_old = known.last().is_some_and(|last| last.at < since);
            found.extend(known.into_iter().filter(|delivery| delivery.at >= since));
            cursor = header(&answer.headers, "link").and_then(next_cursor);
            if is_last || is_old || cursor.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Asks for one more try to deliver.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn redeliver(&self, id: u64) -> Result<SentAgain, Fault> {
        let path = format!("/app/hook/deliveries/{id}/attempts");
        let request = Request::change(Method::Post, path, serde_json::json!({}));
        // A delivery that comes twice has the effect of one.
        match self.hub.send(Request { by: As::App, cost: Cost::Write, repeatable: true, ..request }) {
            Ok(_) => Ok(SentAgain::Asked),
            Err(refusal) if matches!(refusal.status(), Some(400 | 404 | 422)) => Ok(SentAgain::Gone),
            Err(refusal) => Err(self.hub.fault(refusal, "a delivery can't be asked for again")),
        }
    }

    /// The accounts on which it is installed.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn installations(&self) -> Result<Vec<Installed>, Fault> {
        let found = self.hub.pages_by(As::App, "/app/installations", read::<Vec<RawInstallation>>);
        let found = found.map_err(|refusal| self.hub.fault(refusal, "the App's installations can't be listed"))?;
        let installed = |raw: RawInstallation| Installed {
            id: raw.id,
            owner: raw.account.unwrap_or_default().login,
            suspended: raw.suspended_at.is_some(),
            permissions: raw.permissions,
        };
        Ok(found.into_iter().map(installed).collect())
    }

    /// The repositories of an installation.
    ///
    /// # Errors
    /// When GitHub can't be asked, or it is suspended (exit 3).
    pub fn repositories(&self, installed: &Installed) -> Result<Vec<Found>, Fault> {
        self.hub.state.borrow_mut().installed.insert(installed.id, installed.clone());
        let by = As::Installation(installed.id);
        let items = |answer: &_| read::<RawList>(answer).map(|list| list.repositories);
        let found = self.hub.pages_by(by, "/installation/repositories", items);
        let found = found.map_err(|refusal| {
            self.hub.fault(refusal, &format!("the repositories of {} can't be listed", installed.owner))
        })?;
        let whole = |raw: RawFound| Found {
            id: raw.id,
            owner: raw.owner.login,
            name: raw.name,
            default_branch: raw.default_branch.unwrap_or_else(|| "main".to_owned()),
            archived: raw.archived,
        };
        Ok(found.into_iter().map(whole).collect())
    }

    /// Makes a token of an installation that may look and nothing else, and says what it looks like: what it begins with, up
    /// to the first `_`, and how many letters it has.
    ///
    /// # Errors
    /// When GitHub refuses or can't be asked (exit 3).
    pub fn try_token(&self, installed: &Installed) -> Result<(String, usize), Fault> {
        let token = self
            .hub
            .token_for(As::Installation(installed.id))
            .map_err(|refusal| self.hub.fault(refusal, &format!("no token can be made for {}", installed.owner)))?;
        let kind: String = token.chars().take_while(|letter| letter.is_ascii_alphanumeric()).take(12).collect();
        Ok((kind, token.chars().count()))
    }

    /// The moment on GitHub's clock, as far as an answer told it.
    #[must_use]
    pub fn server_time(&self) -> Time {
        Time(self.hub.server_time().saturating_mul(1000))
    }

    /// How much faster than the world GitHub's clock goes: 1 but in tests.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.hub.access.speed
    }

    /// Whether it is a company's own server.
    #[must_use]
    pub fn is_enterprise(&self) -> bool {
        self.hub.is_enterprise()
    }

    /// Every call that was made, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.hub.calls()
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str, what: &str) -> Result<T, Fault> {
        let found: Result<T, Refusal> = self.hub.ask(Request { by: As::App, ..Request::get(path.to_owned()) });
        found.map_err(|refusal| self.hub.fault(refusal, what))
    }
}

impl RawDelivery {
    /// None when it has no moment: then nobody can say whether it is still kept.
    fn read(self) -> Option<FailedDelivery> {
        let at = self.delivered_at.parse::<jiff::Timestamp>().ok()?;
        Some(FailedDelivery {
            id: self.id,
            guid: self.guid,
            event: self.event,
            action: self.action.unwrap_or_default(),
            at: Time(at.as_millisecond()),
            status: u16::try_from(self.status_code).unwrap_or_default(),
            repository: self.repository_id,
        })
    }
}

/// The `cursor` of the `rel="next"` link: only that is taken from it, so that the next request goes to the same server.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let address = next.split('<').nth(1)?.split('>').next()?;
    let query = address.split_once('?')?.1;
    let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.~%=".contains(&byte);
    (!cursor.is_empty() && cursor.bytes().all(is_plain)).then(|| cursor.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_link_only_the_cursor_is_taken() {
        let check = |link: &str, expected: Option<&str>| assert_eq!(next_cursor(link).as_deref(), expected, "{link}");
        check(
            r#"<https://api.github.com/app/hook/deliveries?per_page=100&cursor=v1_12&status=failure>; rel="next""#,
            Some("v1_12"),
        );
        check(r#"<https://x/?cursor=v1_9>; rel="prev", <https://evil.example/?cursor=v1_8>; rel="next""#, Some("v1_8"));
        check(r#"<https://x/?cursor=a b>; rel="next""#, None);
        check(r#"<https://x/?cursor=>; rel="next""#, None);
        check(r#"<https://x/>; rel="next""#, None);
        check("", None);
    }
}
