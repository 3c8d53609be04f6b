//! What GitHub delivered: deliveries with how they stand, and one with why it is not worked on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project::Project;
use crate::fault::Fault;
use crate::ledger::{Delivery, DeliveryId, DeliveryReason, DeliveryState, InboxFilter, Time};
use crate::sync::fleet::gap;

/// Deliveries that one page looks through; it says how far it came.
const SEARCHED: u32 = 20_000;
/// Rows on one page.
const PAGE: u32 = 50;
/// How far back gaps are told of, in milliseconds: GitHub sends nothing again that is older.
const TOLD: i64 = 7 * 86_400_000;
/// Most gaps that are told of.
const GAPS: usize = 10;
/// Bytes of a body that are shown.
const SHOWN: usize = 100_000;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeliveriesQuery {
    /// Only those that stand so: `received`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    /// Only of this event, such as `push`.
    pub event: String,
    /// Only those that hold this in GUID, event, action, repository or cause.
    pub q: String,
    /// Only with smaller numbers.
    pub before: Option<DeliveryId>,
}

/// One delivery in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeliveryRow {
    /// Its number.
    pub id: DeliveryId,
    /// GitHub's name for it.
    pub guid: String,
    /// The event.
    pub event: String,
    /// What of it happened; empty where the event says it all.
    pub action: String,
    /// The repository; empty where it is about none.
    pub repository: String,
    /// How it stands.
    pub state: DeliveryState,
    /// When it came in (RFC 3339).
    pub received: String,
    /// How often it came again.
    pub copies: u32,
    /// Bytes of its body.
    pub bytes: u64,
    /// How often it was tried, and how often it may be.
    pub attempts: (u32, u32),
    /// Why it failed last.
    pub cause: Option<String>,
    /// Whether trying again means something.
    pub can_retry: bool,
    /// Whether it can be taken back.
    pub can_cancel: bool,
}

impl DeliveryRow {
    pub(super) fn of(found: &Delivery) -> Self {
        let waits = found.due.is_some();
        Self {
            id: found.id,
            guid: found.guid.clone(),
            event: found.event.clone(),
            action: found.action.clone(),
            repository: found.repository.clone(),
            state: found.state,
            received: found.received.to_string(),
            copies: found.copies,
            bytes: found.bytes,
            attempts: (found.attempts, found.attempts_max),
            cause: found.cause.clone(),
            can_retry: found.kept && matches!(found.state, DeliveryState::Failed | DeliveryState::Cancelled),
            can_cancel: (waits || found.state == DeliveryState::Running) && !found.cancelling,
        }
    }
}

/// The list, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Deliveries {
    /// The rows of this page.
    pub deliveries: Vec<DeliveryRow>,
    /// When the oldest one that waits came in.
    pub oldest: Option<String>,
    /// The number below which the next page begins.
    pub next: Option<DeliveryId>,
    /// The oldest number that was looked at for this page, where there are older ones and not all of the page is filled.
    pub searched_down_to: Option<DeliveryId>,
    /// When nobody listened in the last seven days, newest first, in words: of the whole server, because what never came
    /// has no repository yet.
    pub gaps: Vec<String>,
}

/// One delivery.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeliveryPage {
    /// As in the list.
    #[serde(flatten)]
    pub row: DeliveryRow,
    /// Why it is not worked on, or what it is doing.
    pub reasons: Vec<DeliveryReason>,
    /// The same in words.
    pub reason_words: Vec<String>,
    /// When it last stopped running.
    pub settled: Option<String>,
    /// Its body as far as it is shown; none where it is not kept any more or is not text.
    pub body: Option<String>,
}

/// Gathers the list.
///
/// # Errors
/// When the ledger can't be read (exit 3).
pub fn deliveries(project: &Project, query: &DeliveriesQuery) -> Result<Deliveries, Fault> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let filter = InboxFilter {
        states: DeliveryState::of(&query.state).into_iter().collect(),
        event: some(&query.event),
        key: project.delivery_key(),
        text: some(query.q.trim()),
        before: query.before,
        limit: Some(PAGE + 1),
        ..InboxFilter::default()
    };
    let (mut found, rest) = project.inbox().deliveries_among(&filter, SEARCHED)?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let oldest = match &filter.key {
        Some(key) => project.inbox().oldest_delivery_of(key)?,
        None => project.inbox().oldest_delivery()?,
    };
    Ok(Deliveries {
        next: found.last().map(|last| last.id).filter(|_| more).or(rest),
        searched_down_to: rest.filter(|_| !more),
        gaps: silences(project)?,
        oldest: oldest.map(|at| at.to_string()),
        deliveries: found.iter().map(DeliveryRow::of).collect(),
    })
}

/// When the server did not listen, or was not reached; one project alone has no such times.
fn silences(project: &Project) -> Result<Vec<String>, Fault> {
    if project.id.is_none() {
        return Ok(Vec::new());
    }
    let inbox = project.inbox();
    let since = Time(inbox.now().0.saturating_sub(TOLD));
    let found = gap::gaps(inbox, since)?;
    Ok(found.iter().take(GAPS).map(gap::Gap::words).collect())
}

/// Whether there is such a delivery of this repository: a server's ledger holds those of others too.
///
/// # Errors
/// When the ledger can't be read (exit 3).
pub fn is_delivery_of(project: &Project, id: DeliveryId) -> Result<bool, Fault> {
    let found = project.inbox().delivery(id)?;
    Ok(found.is_some_and(|found| project.delivery_key().is_none_or(|key| key == found.key)))
}

/// Gathers one; none when there is no such delivery of this repository.
///
/// # Errors
/// When the ledger can't be read (exit 3).
pub fn delivery(project: &Project, id: DeliveryId) -> Result<Option<DeliveryPage>, Fault> {
    let inbox = project.inbox();
    let Some((found, reasons)) = inbox.explain_delivery(id)? else { return Ok(None) };
    if project.delivery_key().is_some_and(|key| key != found.key) {
        return Ok(None);
    }
    let body = if found.bytes as usize <= SHOWN { inbox.delivery_body(id)? } else { None };
    Ok(Some(DeliveryPage {
        row: DeliveryRow::of(&found),
        reason_words: reasons.iter().map(words).collect(),
        reasons,
        settled: found.settled.map(|at| at.to_string()),
        body: body.and_then(|bytes| String::from_utf8(bytes).ok()).map(|text| indented(&text)),
    }))
}

/// JSON for people; what is none stays as it is.
fn indented(text: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| text.to_owned())
}

fn words(reason: &DeliveryReason) -> String {
    let because = |cause: &Option<String>| cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default();
    match reason {
        DeliveryReason::Waits { until, cause } => format!("It waits until {until}{}.", because(cause)),
        DeliveryReason::Busy { by } => format!("Delivery {by} of the same repository is worked on."),
        DeliveryReason::Behind { deliveries: 1 } => "One other delivery of its repository goes first.".to_owned(),
        DeliveryReason::Behind { deliveries } => format!("{deliveries} other deliveries of its repository go first."),
        DeliveryReason::Next => "The next worker takes it when its repository's turn comes.".to_owned(),
        DeliveryReason::Leased { worker, until, cancelling } => {
            let ends = if *cancelling { " Its worker was asked to end it." } else { "" };
            format!("It is worked on: {worker} holds it until {until}.{ends}")
        }
        DeliveryReason::Over { state, cause, attempts, .. } => {
            let times = if *attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
            format!("It is {} after being tried {times}{}.", state.word(), because(cause))
        }
    }
}
