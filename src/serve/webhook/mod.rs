//! `POST /webhooks`: refused by length, read within a time, checked against the secret before anything is looked at,
//! kept durably, and only then answered.
//!
//! GitHub sends nothing twice by itself: what was answered with 202 must never be lost, and what could not be kept must
//! not be answered so. Nothing is done here; workers claim deliveries from the ledger.

mod body;
mod envelope;
mod keep;
mod sign;

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::timeout;

pub use self::sign::{Secrets, VARIABLES};

use self::body::{Held, Room};
use self::envelope::Envelope;
use self::keep::Keeper;
use super::problem::Problem;
use super::state::App;
use crate::fault::Fault;
use crate::ledger::{Clock, NewDelivery, Receipt};

/// The events that vso handles; others are answered and not kept.
pub const EVENTS: [&str; 9] = [
    "push",
    "pull_request",
    "check_run",
    "check_suite",
    "issue_comment",
    "installation",
    "installation_repositories",
    "workflow_dispatch",
    "repository",
];

/// GitHub's own cap on a payload, in bytes; larger ones are never sent.
const CAP: usize = 25 * 1024 * 1024;

/// How long a delivery may wait for room. GitHub gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(7);

/// A body above this is read on a thread that may block.
const LARGE: usize = 256 * 1024;

/// When to come again after a refusal for want of room, in seconds.
const AGAIN: u32 = 5;

/// What the endpoint needs; none where the environment has no secret.
#[derive(Debug)]
pub struct Webhooks {
    secrets: Secrets,
    room: Room,
    keeper: Keeper,
}

impl Webhooks {
    /// Opens the inbox of a project for these secrets.
    ///
    /// # Errors
    /// When the ledger can't be opened or no thread can be started (exit 3).
    pub(super) fn open(root: &std::path::Path, clock: Clock, secrets: Secrets) -> Result<Self, Fault> {
        Ok(Self { secrets, room: Room::default(), keeper: Keeper::start(root, clock)? })
    }

    /// How many deliveries wait for the disk.
    pub(super) fn waiting(&self) -> usize {
        self.keeper.waiting()
    }
}

/// Why a delivery was refused: the word for the figures, and the answer.
struct Refusal(&'static str, Problem);

/// The endpoint.
pub(super) async fn receive(State(app): State<App>, request: Request) -> Response {
    let event = known(request.headers());
    match taken(&app, request).await {
        Ok((outcome, response)) => {
            app.figures.delivered(event, outcome);
            response
        }
        Err(Refusal(outcome, problem)) => {
            app.figures.delivered(event, outcome);
            tracing::warn!(event, outcome, status = problem.status().as_u16(), "a delivery was refused");
            problem.into_response()
        }
    }
}

async fn taken(app: &App, request: Request) -> Result<(&'static str, Response), Refusal> {
    let webhooks = app.webhooks.as_ref().ok_or_else(|| {
        let problem = Problem::new(StatusCode::NOT_FOUND, "this server takes no webhooks");
        Refusal("no-secret", problem.hint("VSO_WEBHOOK_SECRET in its environment lets it"))
    })?;
    if app.is_draining() {
        return Err(busy("draining", "the server is ending"));
    }
    let (head, body) = request.into_parts();
    let length = length(&head.headers)?;
    let claimed = webhooks.secrets.claimed(&head.headers).ok_or_else(unsigned)?;
    let slow = |_| Refusal("slow", Problem::new(StatusCode::REQUEST_TIMEOUT, "the delivery took too long to arrive"));
    let room = timeout(PATIENCE, webhooks.room.take(length)).await;
    let room = room.map_err(|_| busy("no-room", "too many large deliveries at once"))?;
    let read = timeout(room.time(), body::read(body, room, webhooks.secrets.begin())).await;
    let (bytes, signing) = read.map_err(slow)??;
    if !signing.is(&claimed) {
        return Err(unsigned());
    }
    // From here on it is GitHub that speaks.
    let guid = guid(&head.headers)?;
    let event = event(&head.headers)?;
    let Some(event) = EVENTS.iter().find(|known| **known == event) else {
        return Ok(("ignored", accepted(&guid, "ignored")));
    };
    let delivery = opened(event, guid.clone(), bytes).await?;
    let begun = Instant::now();
    let receipt = webhooks.keeper.keep(delivery).await.map_err(|full| match full {
        keep::Failure::Full => busy("full", "too many deliveries wait for the disk"),
        keep::Failure::Disk => busy("disk", "the delivery could not be kept"),
    })?;
    app.figures.stored(begun.elapsed());
    if receipt.is_new {
        app.bell.ring();
    }
    crate::crash::point("webhook.answer.before");
    Ok(told(&guid, receipt))
}

fn told(guid: &str, receipt: Receipt) -> (&'static str, Response) {
    let (outcome, state) = match (receipt.is_new, receipt.before) {
        (true, None) => ("kept", "received"),
        (true, Some(_)) => ("again", "received"),
        (false, before) => ("known", before.map_or("received", |before| before.word())),
    };
    (outcome, accepted(guid, state))
}

fn accepted(guid: &str, state: &str) -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "delivery": guid, "state": state }))).into_response()
}

/// The event's name if it is one of vso's, else `other`: what stands in figures comes from no stranger.
fn known(headers: &HeaderMap) -> &'static str {
    let name = headers.get("x-github-event").and_then(|value| value.to_str().ok()).unwrap_or_default();
    EVENTS.into_iter().find(|event| *event == name).unwrap_or("other")
}

fn length(headers: &HeaderMap) -> Result<usize, Refusal> {
    let text = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let Some(length) = text.and_then(|text| text.parse::<usize>().ok()) else {
        let problem = Problem::new(StatusCode::LENGTH_REQUIRED, "a delivery has to say its length");
        return Err(Refusal("no-length", problem));
    };
    if length > CAP {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a delivery holds at most 25 MB");
        return Err(Refusal("too-large", problem));
    }
    Ok(length)
}

fn guid(headers: &HeaderMap) -> Result<String, Refusal> {
    let text = headers.get("x-github-delivery").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_hex && parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(bad("the header x-github-delivery holds no GUID"))
}

fn event(headers: &HeaderMap) -> Result<String, Refusal> {
    let text = headers.get("x-github-event").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word && (1..=64).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(bad("the header x-github-event names no event"))
}

/// Reads the little of a body that says where the delivery belongs.
async fn opened(event: &'static str, guid: String, bytes: Held) -> Result<NewDelivery<Held>, Refusal> {
    let is_large = bytes.as_ref().len() > LARGE;
    let open = move || Envelope::read(bytes.as_ref()).map(|envelope| envelope.delivery(event, guid, bytes));
    let opened = if is_large { tokio::task::spawn_blocking(open).await.ok().flatten() } else { open() };
    opened.ok_or_else(|| bad("the delivery is no JSON object"))
}

fn unsigned() -> Refusal {
    Refusal("unsigned", Problem::new(StatusCode::UNAUTHORIZED, "the delivery is not signed with the secret"))
}

fn bad(words: &str) -> Refusal {
    Refusal("malformed", Problem::new(StatusCode::BAD_REQUEST, words))
}

fn busy(outcome: &'static str, words: &str) -> Refusal {
    Refusal(outcome, Problem::new(StatusCode::SERVICE_UNAVAILABLE, words).retry_after(AGAIN))
}
