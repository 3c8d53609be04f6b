//! The server itself: its settings, what its environment says without secrets, and the health of every part.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::server::ServerConfig;
use crate::fault::Fault;
use crate::forge::github::governor::shared::accounts;
use crate::ledger::{DeliveryState, Ledger, Time};
use crate::report::finding::counted;
use crate::serve::session::{Visitor, Who};
use crate::serve::state::Shared;
use crate::serve::view::project::{Project, locked};
use crate::serve::view::settings::{VariableRow, variables};
use crate::sync::doctor::{Check, SettingRow, Verdict};

/// How long what was found counts: folders are measured to find it.
const FRESH: Duration = Duration::from_secs(60);
/// Files of mirrors that are measured; where there are more, the size is a lower bound.
const MEASURED: usize = 50_000;

/// The server.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ServerView {
    /// This vso.
    pub version: String,
    /// When it began (RFC 3339).
    pub begun: String,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// Its settings.
    pub settings: Vec<SettingRow>,
    /// Its environment.
    pub variables: Vec<VariableRow>,
}

/// What was found last, and when.
pub type Seen = std::sync::Mutex<Option<(Instant, ServerView)>>;

/// Gathers the page for whoever runs the server; none for others, and where one project is served. What is wrong is said
/// in its checks.
#[must_use]
pub fn server(shared: &Shared, visitor: &Visitor) -> Option<ServerView> {
    let config = shared.config.as_ref().filter(|_| visitor.who == Who::Link)?;
    let mut seen = locked(&shared.pages.server);
    if let Some((at, found)) = &*seen
        && at.elapsed() < FRESH
    {
        return Some(found.clone());
    }
    let found = ServerView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        begun: shared.begun.to_string(),
        checks: checks(shared, config, &shared.pages.projects.seen(&visitor.may)),
        settings: rows(config),
        variables: variables(),
    };
    *seen = Some((Instant::now(), found.clone()));
    Some(found)
}

fn rows(config: &ServerConfig) -> Vec<SettingRow> {
    let row = |key: &str, value: String| SettingRow {
        key: key.to_owned(),
        value,
        source: "the server's settings".to_owned(),
    };
    let public = config.public_url.clone().unwrap_or_else(|| "none: loopback alone".to_owned());
    vec![
        row("listen", config.listen.to_string()),
        row("public-url", public),
        row("data", config.data.display().to_string()),
        row("workers", config.workers.to_string()),
        row("nightly.zone", config.nightly.zone.clone()),
        row("mirrors.most-mb", config.mirrors.most_mb.to_string()),
        row("mirrors.days", config.mirrors.days.to_string()),
    ]
}

fn check(name: &str, found: Result<(Verdict, String, Option<String>), Fault>) -> Check {
    let name = name.to_owned();
    match found {
        Ok((verdict, message, hint)) => Check { name, verdict, message, hint },
        Err(fault) => {
            let hint = fault.hints().first().cloned();
            Check { name, verdict: Verdict::Fail, message: fault.message().to_owned(), hint }
        }
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn checks(shared: &Shared, config: &ServerConfig, projects: &[Arc<Project>]) -> Vec<Check> {
    let app = if is_set("VSO_APP_ID") {
        (Verdict::Ok, "signs in as an App".to_owned(), None)
    } else {
        let hint = "`vso app create` makes an App and a file with what the environment needs".to_owned();
        (Verdict::Fail, "VSO_APP_ID is not set".to_owned(), Some(hint))
    };
    let sign_in = if is_set("VSO_CLIENT_ID") && is_set("VSO_CLIENT_SECRET") {
        (Verdict::Ok, "people sign in with GitHub".to_owned(), None)
    } else {
        let hint =
            "VSO_CLIENT_ID and VSO_CLIENT_SECRET let people sign in; until then only the printed link does".to_owned();
        (Verdict::Warn, "nobody can sign in with GitHub".to_owned(), Some(hint))
    };
    let webhooks = if shared.webhooks.is_some() {
        (Verdict::Ok, format!("deliveries are taken at {}/webhooks", shared.hosts.url()), None)
    } else {
        (Verdict::Fail, "VSO_WEBHOOK_SECRET is not set: no delivery is taken".to_owned(), None)
    };
    vec![
        check("app", Ok(app)),
        check("sign-in", Ok(sign_in)),
        check("webhooks", Ok(webhooks)),
        check("ledger", ledger(&shared.ledger, &config.data)),
        check("deliveries", deliveries(&shared.ledger, shared.clock.now())),
        check("mirrors", mirrors(config, projects)),
        check("github", Ok(github())),
    ]
}

type Found = Result<(Verdict, String, Option<String>), Fault>;

fn ledger(ledger: &Ledger, data: &Path) -> Found {
    ledger.pulse()?;
    let size = fs::metadata(data.join(".slice-orchestrator/queue.db")).map_or(0, |about| about.len());
    Ok((Verdict::Ok, format!("answers; {}", mebibytes(size)), None))
}

fn deliveries(ledger: &Ledger, now: Time) -> Found {
    let counts = ledger.delivery_counts()?;
    let of = |state: DeliveryState| counts.iter().filter(|found| found.state == state).map(|found| found.count).sum();
    let (waiting, running, failed): (i64, i64, i64) =
        (of(DeliveryState::Received), of(DeliveryState::Running), of(DeliveryState::Failed));
    let oldest = ledger.oldest_delivery()?.map(|at| now.since(at));
    let age = oldest.map(|age| format!(", the oldest for {}", lasting(age))).unwrap_or_default();
    let words = format!("{waiting} wait{age}, {running} are worked on, {failed} failed");
    let is_late = oldest.is_some_and(|age| age > Duration::from_secs(600));
    let hint = "the pages of the repositories say why; `Retry` tries one again".to_owned();
    let is_bad = failed > 0 || is_late;
    Ok((if is_bad { Verdict::Warn } else { Verdict::Ok }, words, is_bad.then_some(hint)))
}

fn mirrors(config: &ServerConfig, projects: &[Arc<Project>]) -> Found {
    if projects.is_empty() {
        let hint = "install the App on a repository on GitHub; it is here within seconds".to_owned();
        return Ok((Verdict::Warn, "the App is installed on no repository yet".to_owned(), Some(hint)));
    }
    let mut files = 0;
    let bytes = projects.iter().map(|project| measured(project.root(), &mut files)).sum();
    let ages = projects.iter().filter_map(|project| fetched(project.root()));
    let oldest = ages.max().map(|age| format!(", each fetched within {}", lasting(age))).unwrap_or_default();
    let most = if files >= MEASURED { "more than " } else { "" };
    let words = format!(
        "{} with {most}{} of {} MiB{oldest}",
        counted(projects.len(), "mirror"),
        mebibytes(bytes),
        config.mirrors.most_mb
    );
    Ok((Verdict::Ok, words, None))
}

/// Bytes of all files below a folder; stops counting at a bound.
fn measured(folder: &Path, files: &mut usize) -> u64 {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            *files += 1;
            if *files > MEASURED {
                return bytes;
            }
            match entry.metadata() {
                Ok(about) if about.is_dir() => folders.push(entry.path()),
                Ok(about) => bytes += about.len(),
                Err(_) => {}
            }
        }
    }
    bytes
}

/// How long ago a mirror was last fetched; none when it never was.
pub(in crate::serve::view) fn fetched(root: &Path) -> Option<Duration> {
    fs::metadata(root.join("FETCH_HEAD")).ok()?.modified().ok()?.elapsed().ok()
}

/// The bytes of a mirror, for people.
pub(in crate::serve::view) fn size(root: &Path) -> String {
    mebibytes(measured(root, &mut 0))
}

fn github() -> (Verdict, String, Option<String>) {
    let all = accounts();
    if all.is_empty() {
        return (Verdict::Ok, "nothing was asked of GitHub yet".to_owned(), None);
    }
    let calls: u64 = all.iter().map(|account| account.calls).sum();
    let closed = all.iter().map(|account| account.closed).max().unwrap_or_default();
    let left = all.iter().filter_map(|account| account.requests).min();
    let left = left.map(|left| format!(", at least {left} left in this hour")).unwrap_or_default();
    let words = format!("{calls} requests{left}");
    if closed.is_zero() {
        return (Verdict::Ok, words, None);
    }
    let hint = "its limits are waited for; nothing is lost".to_owned();
    (Verdict::Warn, format!("{words}; it wants nothing for {}", lasting(closed)), Some(hint))
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// A length of time for people.
pub(in crate::serve::view) fn lasting(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_said_as_people_say_them() {
        let check = |seconds: u64, expected: &str| assert_eq!(lasting(Duration::from_secs(seconds)), expected);
        check(0, "0 s");
        check(119, "119 s");
        check(120, "2 min");
        check(7_200, "2 h");
        check(200_000, "2 days");
        assert_eq!(mebibytes(3 << 19), "1.5 MiB");
    }
}
