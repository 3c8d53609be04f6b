//! `/healthz` (the process answers), `/readyz` (it can take work: ledger, disk, not ending) and `/metrics`. They hold no
//! secret and need no session, so that a probe can ask.

mod figures;
pub(super) mod probe;
mod text;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

pub use figures::Figures;

use self::text::Text;
use super::problem::Problem;
use super::state::{App, Shared};
use crate::fault::Fault;
use crate::forge::github::governor::shared::{Account, accounts};

/// `GET /healthz`: the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when it can take work, else 503; each check with its words.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let found = if app.is_draining() { Vec::new() } else { probe::look(&app).await };
    let is_ready = !app.is_draining() && found.iter().all(|check| check.fault.is_none());
    let checks =
        found.iter().map(|check| json!({ "name": check.name, "ok": check.fault.is_none(), "fault": check.fault }));
    let body = json!({ "ready": is_ready, "draining": app.is_draining(), "checks": checks.collect::<Vec<_>>() });
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

/// `GET /metrics`: in the Prometheus text format.
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let text = app.blocking(gathered).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn gathered(shared: &Shared) -> Result<String, Fault> {
    let mut text = Text::default();
    let version = env!("CARGO_PKG_VERSION");
    text.gauge("vso_build_info", "The version that answers.", &[(&[("version", version)], 1.0)]);
    let begun = shared.begun.0 as f64 / 1000.0;
    text.gauge("vso_start_time_seconds", "When the server began, in seconds since 1970.", &[(&[], begun)]);
    text.gauge("vso_sessions", "Open sessions of the dashboard.", &[(&[], shared.sessions.count() as f64)]);
    let draining = f64::from(u8::from(shared.is_draining()));
    text.gauge("vso_draining", "1 while the server ends.", &[(&[], draining)]);
    if let Some(bytes) = resident() {
        text.gauge("process_resident_memory_bytes", "Resident memory.", &[(&[], bytes)]);
    }
    let jobs = shared.ledger.counts()?;
    let jobs: Vec<_> = jobs.iter().map(|(status, count)| ([("status", *status)], *count as f64)).collect();
    let jobs: Vec<_> = jobs.iter().map(|(labels, count)| (&labels[..], *count)).collect();
    text.gauge("vso_queue_jobs", "Jobs of the queue.", &jobs);
    inbox(shared, &mut text)?;
    github(&accounts(), &mut text);
    shared.figures.write(&mut text);
    Ok(text.end())
}

fn inbox(shared: &Shared, text: &mut Text) -> Result<(), Fault> {
    let counts = shared.ledger.delivery_counts()?;
    let counts: Vec<_> = counts
        .iter()
        .map(|found| ([("event", found.event.as_str()), ("state", found.state.word())], found.count as f64))
        .collect();
    let counts: Vec<_> = counts.iter().map(|(labels, count)| (&labels[..], *count)).collect();
    text.gauge("vso_inbox_deliveries", "Deliveries in the ledger by event and state.", &counts);
    let age = shared.ledger.oldest_delivery()?.map_or(0.0, |oldest| shared.clock.now().since(oldest).as_secs_f64());
    text.gauge("vso_inbox_oldest_seconds", "How long the oldest delivery has waited.", &[(&[], age)]);
    if let Some(webhooks) = &shared.webhooks {
        let waiting = webhooks.waiting() as f64;
        text.gauge("vso_webhook_unwritten", "Deliveries on their way to the disk.", &[(&[], waiting)]);
    }
    Ok(())
}

/// What was asked of GitHub by account: an installation's owner, the App itself, or a token.
fn github(accounts: &[Account], text: &mut Text) {
    let labels: Vec<_> =
        accounts.iter().map(|one| [("server", one.server.as_str()), ("account", one.name.as_str())]).collect();
    let mut write = |is_counter: bool, name: &str, help: &str, value: &dyn Fn(&Account) -> Option<f64>| {
        let values: Vec<_> =
            labels.iter().zip(accounts).filter_map(|(labels, account)| Some((&labels[..], value(account)?))).collect();
        if is_counter { text.counter(name, help, &values) } else { text.gauge(name, help, &values) }
    };
    write(true, "vso_github_calls_total", "Requests to GitHub.", &|one| Some(one.calls as f64));
    let help = "How long requests to GitHub waited because of its limits.";
    write(true, "vso_github_wait_seconds_total", help, &|one| Some(one.waited.as_secs_f64()));
    let help = "Requests that GitHub said are left in this hour.";
    write(false, "vso_github_requests_left", help, &|one| one.requests.map(|left| left as f64));
    let help = "Points left of this minute's 900; a write costs 5.";
    write(false, "vso_github_points_left", help, &|one| Some(f64::from(one.left.points)));
    let help = "Pull requests, comments and checks left of this hour's 500.";
    write(false, "vso_github_content_left", help, &|one| Some(f64::from(one.left.content_hour)));
    let help = "How long GitHub wants nothing to be sent any more.";
    write(false, "vso_github_closed_seconds", help, &|one| Some(one.closed.as_secs_f64()));
}

/// Bytes of resident memory, where the system says so in a file.
fn resident() -> Option<f64> {
    // In pages; Linux has 4 KiB on all that vso is built for.
    const PAGE: f64 = 4096.0;
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<f64>().ok()? * PAGE)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::forge::github::governor::Left;

    #[test]
    fn accounts_are_told_apart_and_what_nobody_knows_is_left_out() {
        let left = Left { points: 895, content_minute: 79, content_hour: 499 };
        let account = |name: &str, requests| Account {
            server: "https://api.github.com".into(),
            name: name.into(),
            calls: 3,
            waited: Duration::from_millis(1500),
            left,
            requests,
            closed: Duration::ZERO,
        };
        let mut text = Text::default();
        github(&[account("acme", Some(4990)), account("app", None)], &mut text);
        let text = text.end();
        let labels = |name: &str| format!("{{server=\"https://api.github.com\",account=\"{name}\"}}");
        for line in [
            format!("vso_github_calls_total{} 3", labels("acme")),
            format!("vso_github_wait_seconds_total{} 1.5", labels("app")),
            format!("vso_github_requests_left{} 4990", labels("acme")),
            format!("vso_github_content_left{} 499", labels("acme")),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains(&format!("vso_github_requests_left{}", labels("app"))), "{text}");
    }
}
