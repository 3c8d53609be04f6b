//! The token of each call: the environment's, or one that an App makes for this repository and the permissions that vso
//! needs, kept in memory until shortly before its end.
//!
//! Times are the server's: its `Date` headers tell how far this machine's clock is off, because a JSON web token with a
//! wrong time is refused.

use std::sync::Arc;

use octocrab::jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::access::{Hidden, Secret};
use super::address::escaped;
use super::governor::Cost;
use super::governor::shared::Book;
use super::refusal::Refusal;
use super::send::{As, Request};
use super::{Hub, clock};
use crate::fault::Fault;

/// What the App's tokens may do, at most.
pub const PERMISSIONS: &[(&str, &str)] = &[
    ("checks", "write"),
    ("contents", "write"),
    ("issues", "write"),
    ("metadata", "read"),
    ("pull_requests", "write"),
];

/// Seconds before its end from which a token is not used any more.
const MARGIN: i64 = 120;

/// The beginning and end of a JSON web token, in seconds from now: GitHub allows an end of at most 10 minutes.
const ISSUED: i64 = -60;
const EXPIRES: i64 = 9 * 60;

/// A token that an App made.
#[derive(Debug, Clone)]
pub(in crate::forge::github) struct Pass {
    token: Hidden,
    /// Seconds since 1970, by the server's clock.
    until: i64,
}

/// An App's place on the repository.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Installation {
    id: u64,
    /// The App's name in addresses; its bot is called `SLUG[bot]`.
    #[serde(default)]
    pub(super) app_slug: Option<String>,
    #[serde(default)]
    permissions: Map<String, Value>,
}

#[derive(Deserialize)]
struct Made {
    token: String,
    #[serde(default)]
    expires_at: Option<String>,
}

impl Hub<'_> {
    /// The token for a call.
    pub(super) fn token_for(&self, by: As) -> Result<String, Refusal> {
        match (&self.access.secret, by) {
            (Secret::Token { token, .. }, _) => Ok(token.0.clone()),
            (Secret::App { id, key }, As::App) => self.signed(id, key).map_err(Refusal::Fault),
            (Secret::App { .. }, As::Token) => self.pass(),
            (Secret::App { .. }, As::Installation(id)) => self.pass_of(id),
        }
    }

    /// The budgets that a call is booked in.
    pub(super) fn book(&self, by: As) -> Arc<Book> {
        let As::Installation(id) = by else { return Arc::clone(&self.account) };
        let owner = self.state.borrow().installed.get(&id).map(|known| known.owner.clone());
        self.access.book(&owner.unwrap_or_else(|| format!("installation {id}")))
    }

    /// Whether another try with a new token makes sense.
    pub(super) fn may_renew(&self, _by: As) -> bool {
        matches!(self.access.secret, Secret::App { .. })
    }

    pub(super) fn forget_token(&self, by: As) {
        let mut state = self.state.borrow_mut();
        match by {
            As::Installation(id) => drop(state.passes.remove(&id)),
            As::Token | As::App => {
                state.pass = None;
                self.account.keep_pass(self.access.name(), None);
            }
        }
    }

    /// Where the App is installed; asked for once in a run.
    pub(super) fn installation(&self) -> Result<Installation, Refusal> {
        if let Some(known) = &self.state.borrow().installation {
            return Ok(known.clone());
        }
        let path = format!("{}/installation", self.repository());
        let found: Installation = self.ask(Request { by: As::App, ..Request::get(path) }).map_err(|refusal| {
            let place = format!("{}/{}", self.access.owner(), self.access.name());
            match refusal.status() {
                Some(404) => Refusal::Fault(
                    Fault::unfinished(format!("the App is not installed on {place}"))
                        .hint("install it there: on the App's page, \"Install App\""),
                ),
                _ => refusal,
            }
        })?;
        self.state.borrow_mut().installation = Some(found.clone());
        Ok(found)
    }

    /// Whether the App is installed on the repository; who signs in otherwise needs no installation. Asked for once.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn is_installed(&self) -> Result<bool, Fault> {
        if !matches!(self.access.secret, Secret::App { .. }) || self.state.borrow().installation.is_some() {
            return Ok(true);
        }
        let path = format!("{}/installation", self.repository());
        match self.ask::<Installation>(Request { by: As::App, ..Request::get(path) }) {
            Ok(found) => {
                self.state.borrow_mut().installation = Some(found);
                Ok(true)
            }
            Err(refusal) if refusal.status() == Some(404) => Ok(false),
            Err(refusal) => Err(refusal.fault("it can't be known where the App is installed", &self.access)),
        }
    }

    fn pass(&self) -> Result<String, Refusal> {
        let now = self.server_time();
        let lives = |pass: &Pass| pass.until - MARGIN > now;
        if let Some(pass) = self.state.borrow().pass.as_ref().filter(|pass| lives(pass)) {
            return Ok(pass.token.0.clone());
        }
        if let Some(pass) = self.account.pass(self.access.name()).filter(lives) {
            let token = pass.token.0.clone();
            self.state.borrow_mut().pass = Some(pass);
            return Ok(token);
        }
        let installation = self.installation()?;
        let wanted = json!({ "repositories": [self.access.name()], "permissions": wanted(&installation.permissions) });
        let pass = self.new_pass(installation.id, wanted)?;
        let token = pass.token.0.clone();
        self.account.keep_pass(self.access.name(), Some(pass.clone()));
        self.state.borrow_mut().pass = Some(pass);
        Ok(token)
    }

    /// A token for all repositories of an installation that may only look: one for many of them, because making one is a
    /// write.
    fn pass_of(&self, installation: u64) -> Result<String, Refusal> {
        let now = self.server_time();
        if let Some(pass) = self.state.borrow().passes.get(&installation).filter(|pass| pass.until - MARGIN > now) {
            return Ok(pass.token.0.clone());
        }
        let granted = self.state.borrow().installed.get(&installation).map(|known| known.permissions.clone());
        let granted = granted.unwrap_or_default();
        let reads = PERMISSIONS.iter().map(|(name, _)| *name);
        let reads = reads.filter(|name| *name == "metadata" || granted.contains_key(*name));
        let reads: Map<String, Value> = reads.map(|name| (name.to_owned(), json!("read"))).collect();
        let pass = self.new_pass(installation, json!({ "permissions": reads }))?;
        let token = pass.token.0.clone();
        self.state.borrow_mut().passes.insert(installation, pass);
        Ok(token)
    }

    /// Lends another connection the token of an installation; it may look and nothing else.
    pub(super) fn lend(&self, installation: u64, to: &Self) -> Result<(), Refusal> {
        self.pass_of(installation)?;
        let pass = self.state.borrow().passes.get(&installation).cloned();
        let mut state = to.state.borrow_mut();
        state.date = self.state.borrow().date;
        state.pass = pass;
        Ok(())
    }

    fn new_pass(&self, installation: u64, wanted: Value) -> Result<Pass, Refusal> {
        let request = Request {
            by: As::App,
            // It makes nothing that people see, but it is a write.
            cost: Cost::Write,
            ..Request::create(format!("/app/installations/{installation}/access_tokens"), wanted)
        };
        let made: Made = self.ask(request)?;
        // An hour, where the answer does not say.
        let named = made.expires_at.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let until = named.map_or(self.server_time() + 3600, jiff::Timestamp::as_second);
        Ok(Pass { token: Hidden(made.token), until })
    }

    fn signed(&self, id: &str, key: &EncodingKey) -> Result<String, Fault> {
        let now = self.server_time();
        let issuer = id.parse::<u64>().map_or_else(|_| json!(id), |number| json!(number));
        let claims = json!({ "iat": now + ISSUED, "exp": now + EXPIRES, "iss": issuer });
        encode(&Header::new(Algorithm::RS256), &claims, key)
            .map_err(|error| Fault::unfinished("the App can't sign in with its key").because(&error))
    }

    /// Seconds since 1970 by the server's clock, as far as it is known.
    pub(super) fn server_time(&self) -> i64 {
        let heard = self.state.borrow().date;
        heard.map_or_else(clock::wall, |(date, at)| {
            let since = self.clock.now().saturating_sub(at).as_secs();
            date.saturating_add(i64::try_from(since).unwrap_or(i64::MAX))
        })
    }

    /// The path of the repository in the API.
    pub(super) fn repository(&self) -> String {
        format!("/repos/{}/{}", escaped(self.access.owner()), escaped(self.access.name()))
    }
}

/// What to ask for: all that vso needs, as far as the installation has it. What it lacks is said by the first call that
/// needs it.
fn wanted(has: &Map<String, Value>) -> Map<String, Value> {
    let rank = |level: &str| ["read", "write", "admin"].iter().position(|known| *known == level);
    let level = |name: &str, most: &str| match has.get(name).and_then(Value::as_str) {
        Some(has) if rank(has) < rank(most) => Some(has.to_owned()),
        Some(_) => Some(most.to_owned()),
        None => None,
    };
    let all = PERMISSIONS.iter();
    if has.is_empty() {
        return all.map(|(name, most)| ((*name).to_owned(), json!(most))).collect();
    }
    all.filter_map(|(name, most)| Some(((*name).to_owned(), json!(level(name, most)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_narrowed_to_what_is_needed_and_there() {
        let check = |has: Value, expected: Value| {
            assert_eq!(Value::Object(wanted(has.as_object().unwrap())), expected);
        };
        check(
            json!({"contents": "write", "checks": "read", "administration": "write", "pull_requests": "admin"}),
            json!({"checks": "read", "contents": "write", "pull_requests": "write"}),
        );
        let all: Map<String, Value> = PERMISSIONS.iter().map(|(name, most)| ((*name).into(), json!(most))).collect();
        check(json!({}), Value::Object(all));
    }
}
