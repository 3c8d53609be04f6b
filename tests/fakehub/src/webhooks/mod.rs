//! Webhooks of Apps: who is told of what, the signed deliveries, their log, and what a test wants to go wrong with them.
//!
//! Deliveries are sent one after the other, each waiting a moment for the one before; nothing is ever sent again by itself.

mod control;
mod delivery;
mod payload;
mod routes;
mod schedule;
mod sender;

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::access::{Grade, may};
use crate::state::{App, Installation, State};

use delivery::Delivery;
use schedule::Schedule;

pub use control::{control, installed, suspended};
pub use routes::ROUTES;
pub use sender::start;

/// Deliveries and how they behave.
#[derive(Debug, Default)]
pub struct Webhooks {
    /// Oldest first.
    log: Vec<Delivery>,
    schedule: Schedule,
    /// Where ids of deliveries go to be sent.
    queue: Option<UnboundedSender<u64>>,
    guids: u64,
    /// How long an answer may take on the real clock; by the hub's own where none is set.
    patience: Option<std::time::Duration>,
}

/// The permission that an App needs to be told of an event.
const NEEDED: &[(&str, &[&str])] = &[
    ("push", &["contents"]),
    ("pull_request", &["pull_requests"]),
    ("issue_comment", &["issues", "pull_requests"]),
    ("check_run", &["checks"]),
    ("check_suite", &["checks"]),
    ("status", &["statuses"]),
];

/// What only the App that made a check is told of.
const OWN: &[&str] = &["requested", "rerequested", "requested_action"];

/// Something happened in a repository (`repo` is its key): `payload` is what GitHub would send, without `installation`.
/// Called with the state locked, on a thread that may block: sending is for another task.
pub fn send(state: &mut State, event: &str, repo: &str, payload: &Value) {
    let told: Vec<(u64, u64)> = state
        .installations
        .values()
        .filter(|installation| installation.suspended.is_none() && installation.repos.iter().any(|key| key == repo))
        .filter_map(|installation| Some((installation, state.apps.get(&installation.app)?)))
        .filter(|(_, app)| is_told(app, event, payload))
        .map(|(installation, app)| (app.id, installation.id))
        .collect();
    for (app, installation) in told {
        let payload = payload::finish(state, event, repo, installation, payload.clone());
        deliver(state, app, installation, event, payload);
    }
}

fn is_told(app: &App, event: &str, payload: &Value) -> bool {
    let needed = NEEDED.iter().find(|(known, _)| *known == event).map_or(&[][..], |(_, names)| names);
    let may_see = needed.is_empty() || needed.iter().any(|name| may(&app.permissions, name, Grade::Read));
    let action = payload["action"].as_str().unwrap_or_default();
    let maker = payload[event]["app"]["id"].as_u64();
    let is_others = event.starts_with("check_") && OWN.contains(&action) && maker.is_some_and(|maker| maker != app.id);
    app.hook_url.is_some() && may_see && !is_others && app.events.iter().any(|known| known == event)
}

/// An installation changed: the event that its App gets whether or not it asked for it. `more` stands beside
/// `installation`.
pub fn installation(state: &mut State, id: u64, event: &str, action: &str, more: Value) {
    let Some(Installation { app, account, .. }) = state.installations.get(&id) else { return };
    let (app, account) = (*app, account.clone());
    if state.apps.get(&app).is_none_or(|app| app.hook_url.is_none()) {
        return;
    }
    let payload = payload::installation(state, id, &account, action, more);
    deliver(state, app, id, event, payload);
}

/// Writes a delivery down and queues it; one that is too large is neither.
fn deliver(state: &mut State, app: u64, installation: u64, event: &str, payload: Value) {
    let Some(found) = state.apps.get(&app) else { return };
    let body = payload.to_string();
    if body.len() > delivery::LARGEST {
        return;
    }
    let url = found.hook_url.clone().unwrap_or_default();
    let (secret, content) = (found.webhook_secret.clone(), found.hook_content.clone());
    let sent = delivery::wire(&body, &content);
    state.webhooks.guids += 1;
    let guid = delivery::guid(&format!("{} {} {secret}", state.webhooks.guids, state.origin));
    let new = Delivery {
        id: state.new_id(),
        guid,
        app,
        installation,
        event: event.to_owned(),
        at: state.clock.now(),
        redelivery: false,
        url,
        headers: delivery::headers(&secret, &content, event, app, sent.as_bytes()),
        body,
        outcome: None,
    };
    queue(state, new);
}

fn queue(state: &mut State, delivery: Delivery) {
    let id = delivery.id;
    state.webhooks.log.push(delivery);
    if let Some(queue) = &state.webhooks.queue {
        // Whoever reads it is gone only when the hub ends.
        let _ = queue.send(id);
    }
}
