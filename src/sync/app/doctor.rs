//! Whether the App of the environment still fits: its key, the clock, what it may do and is told of, its webhook, what could
//! not be delivered, where it is installed. Each finding says what to do; nothing is said that was not looked at.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::fault::{Fault, FaultKind};
use crate::forge::github::{Access, AppHub, AppSelf, FailedDelivery, HookConfig, Installed, knock};
use crate::ledger::Time;
use crate::report::finding::counted;
use crate::sync::doctor::{Check, Verdict};

/// Seconds by which this machine's clock may differ from GitHub's without a word.
const DRIFT: i64 = 30;

/// How far back failed deliveries are asked for: as long as GitHub keeps them.
const RECENT: Duration = Duration::from_secs(3 * 24 * 3600);

/// Fewer letters of a webhook secret are refused by the server.
const SHORTEST: usize = 16;

/// All that `vso app doctor` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The version of this format: 1.
    pub format: u32,
    /// The App's name in addresses, as GitHub says it.
    pub app: Option<String>,
    /// Whether everything could be looked at; false where GitHub could not be asked.
    pub complete: bool,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// Whether something has to be done.
    #[must_use]
    pub fn is_ill(&self) -> bool {
        self.checks.iter().any(|check| check.verdict == Verdict::Fail)
    }

    fn add(&mut self, checks: impl IntoIterator<Item = Check>) {
        self.checks.extend(checks);
    }

    /// Takes what GitHub answered; where it could not be asked, that is said.
    fn asked<T>(&mut self, name: &str, hub: &AppHub<'_>, answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(fault) if fault.kind() == FaultKind::Interrupted => Err(fault),
            Err(fault) => {
                let status = hub.calls().last().and_then(|call| call.status);
                self.complete &= status.is_some_and(|status| (400..500).contains(&status));
                self.add([Check::fail(name, &fault)]);
                Ok(None)
            }
        }
    }
}

type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Looks at everything. `read` is the environment; `stop` and `say` are those of [`AppHub::open`].
///
/// # Errors
/// When the environment names no App, or an address that is none (exit 2), or a person interrupts (exit 130). All else is
/// said in the checks.
pub fn diagnose(read: Read<'_>, stop: &AtomicBool, say: &dyn Fn(&str)) -> Result<Diagnosis, Fault> {
    let mut found = Diagnosis { format: 1, app: None, complete: true, checks: environment(read) };
    let access = match Access::app_in(read) {
        Ok(Some(access)) => access,
        Ok(None) => {
            return Err(Fault::usage("VSO_APP_ID is not set, so there is no App to look at")
                .hint("`vso app doctor --dir DIR` reads the app.env that `vso app create` wrote there"));
        }
        Err(fault) if given(read, "VSO_APP_PRIVATE_KEY").or(given(read, "VSO_APP_PRIVATE_KEY_FILE")).is_some() => {
            found.add([Check::fail("key", &fault)]);
            return Ok(found);
        }
        Err(fault) => return Err(fault),
    };
    found.add([Check::ok("key", "the private key can be read".into())]);
    let hub = AppHub::open(access, stop, say)?;
    let answer = hub.app();
    let app = found.asked("app", &hub, answer)?;
    if hub.calls().last().is_some_and(|call| call.status.is_some()) {
        found.add([clock(hub.server_time().0 / 1000 - jiff::Timestamp::now().as_second())]);
    }
    let Some(app) = app else { return Ok(found) };
    found.app = Some(app.slug.clone());
    found.add([identity(read, &app), permissions(&app.permissions, &app.html_url), events(&app)]);
    let answer = hub.hook_config();
    if let Some(hook) = found.asked("webhook", &hub, answer)? {
        found.add(webhook(&hook));
        found.add(door(&hook, given(read, "VSO_WEBHOOK_SECRET")));
    }
    let since = Time(hub.server_time().0.saturating_sub(i64::try_from(RECENT.as_millis()).unwrap_or(i64::MAX)));
    let answer = hub.failed_deliveries(since);
    if let Some(failed) = found.asked("deliveries", &hub, answer)? {
        found.add([deliveries(&failed)]);
    }
    let answer = hub.installations();
    if let Some(installed) = found.asked("installations", &hub, answer)? {
        found.add(installations(&installed, &app));
        if let Some(awake) = installed.iter().find(|one| !one.suspended) {
            let answer = hub.try_token(awake);
            if let Some((kind, letters)) = found.asked("token", &hub, answer)? {
                found.add([token(&kind, letters, &awake.owner)]);
            }
        }
    }
    Ok(found)
}

fn given(read: Read<'_>, name: &str) -> Option<String> {
    read(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What the server needs beside the App's number and key.
fn environment(read: Read<'_>) -> Vec<Check> {
    let webhook = match given(read, "VSO_WEBHOOK_SECRET") {
        None => Check::fail(
            "secret",
            &Fault::usage("VSO_WEBHOOK_SECRET is not set: the server takes no deliveries")
                .hint("it stands in app.env; a new one is set on the App's page and here"),
        ),
        Some(secret) if secret.len() < SHORTEST => Check::fail(
            "secret",
            &Fault::usage(format!("VSO_WEBHOOK_SECRET has fewer than {SHORTEST} letters: the server refuses it"))
                .hint("`openssl rand -hex 32` makes a good one; set it on the App's page too"),
        ),
        Some(_) => Check::ok("secret", "VSO_WEBHOOK_SECRET is set".into()),
    };
    let sign_in = match (given(read, "VSO_CLIENT_ID"), given(read, "VSO_CLIENT_SECRET")) {
        (Some(_), Some(_)) => Check::ok("sign-in", "VSO_CLIENT_ID and VSO_CLIENT_SECRET are set".into()),
        (None, None) => Check::warn(
            "sign-in",
            "VSO_CLIENT_ID and VSO_CLIENT_SECRET are not set: nobody can sign in".into(),
            "they stand in app.env; a new client secret is made on the App's page",
        ),
        _ => Check::fail(
            "sign-in",
            &Fault::usage("one of VSO_CLIENT_ID and VSO_CLIENT_SECRET is not set").hint("both stand in app.env"),
        ),
    };
    vec![webhook, sign_in]
}

/// `ahead`: seconds by which GitHub's clock is ahead of this machine's.
fn clock(ahead: i64) -> Check {
    let off = ahead.unsigned_abs();
    if ahead.abs() <= DRIFT {
        return Check::ok("clock", format!("within {DRIFT} s of GitHub's ({off} s)"));
    }
    let how = if ahead > 0 { "behind" } else { "ahead of" };
    let words = format!("this machine's clock is {off} s {how} GitHub's; vso goes by GitHub's, other programs may not");
    Check::warn("clock", words, "let the machine set its clock by the network (NTP): `timedatectl set-ntp true`")
}

/// Whether the App that the key belongs to is the one that is named.
fn identity(read: Read<'_>, app: &AppSelf) -> Check {
    let named = given(read, "VSO_APP_ID").unwrap_or_default();
    let is_named = named == app.id.to_string() || app.client_id.as_deref() == Some(named.as_str());
    let fault = |words: String, hint: &str| Check::fail("app", &Fault::refused(words).hint(hint));
    if !is_named {
        let words = format!("VSO_APP_ID is {named}, and the key belongs to the App {} ({})", app.id, app.slug);
        return fault(words, "take number and key from the same app.env");
    }
    match (given(read, "VSO_CLIENT_ID"), &app.client_id) {
        (Some(given), Some(known)) if given != *known => fault(
            format!("VSO_CLIENT_ID is that of another App: {} has {known}", app.slug),
            "take both from the same app.env",
        ),
        _ => Check::ok("app", format!("{} (number {}), and GitHub takes its key", app.slug, app.id)),
    }
}

fn rank(level: &str) -> usize {
    ["read", "write", "admin"].iter().position(|known| *known == level).map_or(0, |at| at + 1)
}

/// What is missing of what is wanted, and what is there beyond it: `name: level`.
fn compared(has: &BTreeMap<String, String>) -> (Vec<String>, Vec<String>) {
    let wanted = super::permissions();
    let level = |of: &BTreeMap<String, String>, name: &str| of.get(name).map_or(0, |level| rank(level));
    let missing = wanted.iter().filter(|(name, most)| level(has, name) < rank(most));
    let missing = missing.map(|(name, most)| format!("{name}: {most}")).collect();
    let beyond = has.iter().filter(|(name, level_here)| rank(level_here) > level(&wanted, name));
    (missing, beyond.map(|(name, level)| format!("{name}: {level}")).collect())
}

fn permissions(has: &BTreeMap<String, String>, page: &str) -> Check {
    let (missing, beyond) = compared(has);
    if !missing.is_empty() {
        let fault = Fault::refused(format!("the App lacks {}", missing.join(", ")));
        let hint = format!("{page}: App settings, Permissions; then its owners accept it where it is installed");
        return Check::fail("permissions", &fault.hint(hint));
    }
    if !beyond.is_empty() {
        let words = format!("the App may more than vso needs: {}", beyond.join(", "));
        return Check::warn("permissions", words, &format!("take it away at {page}: App settings, Permissions"));
    }
    let all: Vec<String> = has.iter().map(|(name, level)| format!("{name}: {level}")).collect();
    Check::ok("permissions", format!("all that vso needs and no more: {}", all.join(", ")))
}

fn events(app: &AppSelf) -> Check {
    let wanted = super::events();
    let missing: Vec<&str> = wanted.iter().filter(|event| !app.events.contains(event)).map(String::as_str).collect();
    if !missing.is_empty() {
        let fault = Fault::refused(format!("the App is not told of {}", missing.join(", ")));
        let hint = format!("{}: App settings, Permissions & events, Subscribe to events", app.html_url);
        return Check::fail("events", &fault.hint(hint));
    }
    let beyond: Vec<&str> = app.events.iter().filter(|event| !wanted.contains(event)).map(String::as_str).collect();
    if beyond.is_empty() {
        return Check::ok("events", wanted.join(", "));
    }
    let words = format!("the App is told of more than vso looks at: {}", beyond.join(", "));
    Check::warn("events", words, "unsubscribe from them on the App's page: they are refused or put aside")
}

/// What GitHub has in its settings.
fn webhook(hook: &HookConfig) -> Vec<Check> {
    let fault = |words: &str, hint: &str| Check::fail("webhook", &Fault::refused(words).hint(hint));
    let Some(url) = hook.url.as_deref().filter(|url| !url.is_empty()) else {
        return vec![fault(
            "the App has no webhook address",
            "on its page: Webhook, Active, https://YOUR-SERVER/webhooks",
        )];
    };
    let mut checks = Vec::new();
    if hook.content_type.as_deref() != Some("json") {
        checks.push(fault(
            "deliveries come as a form, which the server refuses",
            "on the App's page: Content type, application/json",
        ));
    }
    if hook.secret.as_deref().unwrap_or_default().is_empty() {
        checks.push(fault(
            "deliveries are not signed, so the server refuses them",
            "set VSO_WEBHOOK_SECRET's value as the webhook secret on the App's page",
        ));
    }
    let is_blind = hook.insecure_ssl == "1" || hook.insecure_ssl == 1;
    if is_blind || url.starts_with("http://") {
        let words = format!("deliveries go to {url} without a certificate that is looked at");
        checks.push(Check::warn("webhook", words, "give the server https, and turn SSL verification on"));
    }
    if !url.trim_end_matches('/').ends_with("/webhooks") {
        let words = format!("deliveries go to {url}, and vso takes them at /webhooks");
        checks.push(Check::warn("webhook", words, "unless a proxy leads there, end the address with /webhooks"));
    }
    if checks.is_empty() {
        checks.push(Check::ok("webhook", format!("{url}, JSON, signed with a secret")));
    }
    checks
}

/// Whether somebody is at home, seen from here.
fn door(hook: &HookConfig, secret: Option<String>) -> Option<Check> {
    let (url, secret) = (hook.url.as_deref().filter(|url| !url.is_empty())?, secret?);
    let warn = |words: String, hint: &str| Check::warn("server", words, hint);
    Some(match knock(url, &secret) {
        Ok(200..=299) => Check::ok("server", format!("{url} took a signed ping, sent from this machine")),
        Ok(401) => Check::fail(
            "server",
            &Fault::refused(format!("{url} has another secret than VSO_WEBHOOK_SECRET here"))
                .hint("start the server with the same app.env"),
        ),
        Ok(404) => {
            warn(format!("{url} answers 404"), "does the server have VSO_WEBHOOK_SECRET, and the proxy the right path?")
        }
        Ok(status) => warn(
            format!("{url} answers {status} to a signed ping from this machine"),
            "see the server's and the proxy's log",
        ),
        Err(fault) => warn(
            format!("{url} can't be reached from this machine: {}", fault.message()),
            "is the server running? GitHub may see it all the same: the deliveries below tell",
        ),
    })
}

fn deliveries(failed: &[FailedDelivery]) -> Check {
    let Some(last) = failed.first() else {
        return Check::ok("deliveries", "none failed within three days".into());
    };
    let count = counted(failed.len(), "try");
    let count = if failed.len() == 1 { count } else { format!("{} tries", failed.len()) };
    let words =
        format!("{count} to deliver failed within three days, the last one ({}) with {}", last.event, last.status);
    let hint = match last.status {
        401 => "the secret on the App's page is another one than the server's VSO_WEBHOOK_SECRET",
        404 => "the webhook's address leads elsewhere, or the server has no VSO_WEBHOOK_SECRET",
        0 | 502..=504 => "GitHub does not reach the server, or it answers too late",
        _ => "the server's log says why; what failed is asked for again every ten minutes",
    };
    Check::warn("deliveries", words, hint)
}

fn installations(all: &[Installed], app: &AppSelf) -> Vec<Check> {
    if all.is_empty() {
        let hint = format!("{}/installations/new", app.html_url);
        return vec![Check::warn("installations", "the App is installed nowhere".into(), &hint)];
    }
    let mut checks = Vec::new();
    for one in all {
        let (missing, _) = compared(&one.permissions);
        if one.suspended {
            let words = format!("{} has suspended the App: nothing is done there", one.owner);
            checks.push(Check::warn("installations", words, "its owners let it go on under Settings, GitHub Apps"));
        } else if !missing.is_empty() {
            let words = format!("{} has not granted {}", one.owner, missing.join(", "));
            checks.push(Check::warn(
                "installations",
                words,
                "its owners accept what is new under Settings, GitHub Apps",
            ));
        }
    }
    if checks.is_empty() {
        let owners: Vec<&str> = all.iter().map(|one| one.owner.as_str()).collect();
        checks.push(Check::ok("installations", owners.join(", ")));
    }
    checks
}

fn token(kind: &str, letters: usize, owner: &str) -> Check {
    if kind == "ghs" {
        return Check::ok("token", format!("GitHub makes tokens for {owner} (ghs_, {letters} letters)"));
    }
    let words = format!("GitHub's token for {owner} does not begin with ghs_: logs may not hide it");
    Check::warn("token", words, "is something between this machine and GitHub? a newer vso may know the form")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(found: &Check, verdict: Verdict, word: &str) {
        let hint = found.hint.clone().unwrap_or_default();
        assert!(found.verdict == verdict && format!("{} {hint}", found.message).contains(word), "{found:?}");
        assert!(verdict == Verdict::Ok || !hint.is_empty(), "what to do: {found:?}");
    }

    #[test]
    fn a_clock_is_judged_by_half_a_minute() {
        check(&clock(30), Verdict::Ok, "30 s");
        check(&clock(31), Verdict::Warn, "31 s behind");
        check(&clock(-4000), Verdict::Warn, "4000 s ahead of");
    }

    #[test]
    fn permissions_are_all_and_no_more() {
        let with = |name: &str, level: &str| {
            let mut all = crate::sync::app::permissions();
            all.insert(name.to_owned(), level.to_owned());
            permissions(&all, "https://github.com/apps/x")
        };
        check(&with("metadata", "read"), Verdict::Ok, "no more");
        check(&with("contents", "read"), Verdict::Fail, "lacks contents: write");
        check(&with("administration", "read"), Verdict::Warn, "administration: read");
        check(&with("issues", "admin"), Verdict::Warn, "issues: admin");
        check(&permissions(&BTreeMap::new(), "x"), Verdict::Fail, "pull_requests: write");
    }

    #[test]
    fn a_webhook_is_looked_at_in_all_its_parts() {
        let hook = |changes: serde_json::Value| {
            let mut raw = json!({ "url": "https://a.example/webhooks", "content_type": "json", "secret": "****", "insecure_ssl": "0" });
            for (name, value) in changes.as_object().into_iter().flatten() {
                raw[name] = value.clone();
            }
            webhook(&serde_json::from_value(raw).unwrap())
        };
        check(&hook(json!({}))[0], Verdict::Ok, "signed");
        check(&hook(json!({ "url": "" }))[0], Verdict::Fail, "no webhook address");
        check(&hook(json!({ "content_type": "form" }))[0], Verdict::Fail, "form");
        check(&hook(json!({ "secret": null }))[0], Verdict::Fail, "not signed");
        check(&hook(json!({ "insecure_ssl": 1 }))[0], Verdict::Warn, "certificate");
        check(&hook(json!({ "url": "https://a.example/" }))[0], Verdict::Warn, "/webhooks");
        assert_eq!(hook(json!({ "content_type": "form", "secret": "" })).len(), 2);
    }

    #[test]
    fn an_environment_is_whole_half_or_empty() {
        let of = |pairs: &[(&str, &str)]| {
            let read =
                |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            environment(&read)
        };
        let none = of(&[]);
        check(&none[0], Verdict::Fail, "VSO_WEBHOOK_SECRET");
        check(&none[1], Verdict::Warn, "nobody can sign in");
        check(&of(&[("VSO_WEBHOOK_SECRET", "short")])[0], Verdict::Fail, "fewer than 16");
        check(&of(&[("VSO_CLIENT_ID", "x")])[1], Verdict::Fail, "one of");
    }

    #[test]
    fn a_failed_delivery_says_what_it_may_be() {
        let of = |status| {
            deliveries(&[FailedDelivery {
                id: 1,
                guid: String::new(),
                event: "push".into(),
                action: String::new(),
                at: Time(0),
                status,
                repository: None,
            }])
        };
        check(&deliveries(&[]), Verdict::Ok, "none");
        check(&of(401), Verdict::Warn, "another one than");
        check(&of(502), Verdict::Warn, "1 try to deliver failed");
        check(&of(500), Verdict::Warn, "(push) with 500");
    }
}
