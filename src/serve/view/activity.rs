//! What happened: events of the ledger, and the lines of the logs; filtered, searched, a page at a time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project::Project;
use crate::fault::Fault;
use crate::ledger::{Event, Query, Time};
use crate::worktree::log::{Log, last};

/// Rows on one page.
const PAGE: usize = 100;
/// Events that one search reads; it says how far it came.
const SEARCHED: u32 = 20_000;
/// Lines of the logs that one search reads.
const LINES: usize = 5_000;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ActivityQuery {
    /// Only events that hold this in their kind, subject or data.
    pub q: String,
    /// Only of this kind, such as `proposal.opened`.
    pub kind: String,
    /// Only about this: a slice's id, `master-spec`, `project`.
    pub subject: String,
    /// Beyond this event: `MILLISECONDS-NUMBER`, as `next` gives it.
    pub before: String,
}

/// One event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EventView {
    /// Its number.
    pub id: i64,
    /// When (RFC 3339).
    pub at: String,
    /// What, with dots.
    pub kind: String,
    /// What it happened to.
    pub subject: String,
    /// All else.
    pub data: serde_json::Value,
    /// All else in words: `key value, key value`.
    pub words: String,
}

/// A page of events, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Activity {
    /// They.
    pub events: Vec<EventView>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// While searching: how far back was read, where there is more.
    pub searched_back_to: Option<String>,
}

/// What lines are asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LogQuery {
    /// Only lines that hold this.
    pub q: String,
    /// Only this log.
    pub log: String,
    /// Only this level: `info`, `warning` or `error`.
    pub level: String,
}

/// One line.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LogView {
    /// When (RFC 3339); empty for a line that is none of vso's.
    pub at: String,
    /// The log.
    pub log: String,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What.
    pub text: String,
}

/// The newest lines that fit, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Logs {
    /// The logs that there are.
    pub logs: Vec<String>,
    /// They.
    pub lines: Vec<LogView>,
    /// How many of the newest lines were read.
    pub searched: usize,
}

/// Gathers events. `most` is the size of a page, 100 at most unless it is an export.
///
/// # Errors
/// When the query names no place in the list (exit 2), or the ledger can't be read (exit 3).
pub fn activity(project: &Project, query: &ActivityQuery, most: Option<usize>) -> Result<Activity, Fault> {
    let most = most.unwrap_or(PAGE);
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut wanted = Query { kind: some(&query.kind), subject: some(&query.subject), ..Query::default() };
    if !query.before.is_empty() {
        wanted.beyond = Some(place(&query.before)?);
    }
    let needle = query.q.trim();
    if needle.is_empty() {
        let mut events = project.ledger().happened(&wanted, u32::try_from(most + 1).unwrap_or(u32::MAX))?;
        let more = events.len() > most;
        events.truncate(most);
        let next = events.last().filter(|_| more).map(|last| (last.at, last.id));
        return Ok(Activity::of(events, next, None));
    }
    let held = project.ledger().holding(&wanted, needle, most, SEARCHED)?;
    let is_full = held.events.len() == most;
    let next = held.last.filter(|_| !held.is_end);
    Ok(Activity::of(held.events, next, next.filter(|_| !is_full)))
}

impl Activity {
    fn of(events: Vec<Event>, next: Option<(Time, i64)>, searched: Option<(Time, i64)>) -> Self {
        Self {
            events: events.into_iter().map(EventView::of).collect(),
            next: next.map(|(at, id)| format!("{}-{id}", at.0)),
            searched_back_to: searched.map(|(at, _)| at.to_string()),
        }
    }
}

/// Gathers log lines.
///
/// # Errors
/// When there is no such log (exit 2), or one can't be read (exit 3).
pub fn logs(project: &Project, query: &LogQuery, most: usize) -> Result<Logs, Fault> {
    let wanted = match query.log.as_str() {
        "" => Log::ALL.to_vec(),
        name => vec![Log::of(name).ok_or_else(|| Fault::usage(format!("there is no log {name:?}")))?],
    };
    let needle = query.q.trim().to_lowercase();
    let lines = last(project.root(), &wanted, LINES)?;
    let searched = lines.len();
    let fits = |line: &&(Log, crate::worktree::log::Line)| {
        (query.level.is_empty() || line.1.level == query.level)
            && (needle.is_empty() || line.1.text.to_lowercase().contains(&needle))
    };
    let view = |(log, line): &(Log, crate::worktree::log::Line)| LogView {
        at: line.at.clone(),
        log: log.name().to_owned(),
        level: line.level.clone(),
        text: line.text.clone(),
    };
    Ok(Logs {
        logs: Log::ALL.iter().map(|log| log.name().to_owned()).collect(),
        lines: lines.iter().rev().filter(fits).take(most).map(view).collect(),
        searched,
    })
}

impl EventView {
    fn of(event: Event) -> Self {
        let words = match &event.data {
            serde_json::Value::Object(data) => {
                let word = |value: &serde_json::Value| match value {
                    // The name of a commit: nobody reads more than its begin.
                    serde_json::Value::String(text) if is_commit(text) => text.chars().take(10).collect(),
                    serde_json::Value::String(text) => text.chars().take(80).collect(),
                    other => other.to_string().chars().take(80).collect::<String>(),
                };
                data.iter().map(|(key, value)| format!("{key} {}", word(value))).collect::<Vec<_>>().join(", ")
            }
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        let (id, at) = (event.id, event.at.to_string());
        Self { id, at, kind: event.kind, subject: event.subject, data: event.data, words }
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn place(text: &str) -> Result<(Time, i64), Fault> {
    let parts = text.rsplit_once('-').and_then(|(at, id)| Some((Time(at.parse().ok()?), id.parse().ok()?)));
    parts.ok_or_else(|| Fault::usage(format!("{text:?} names no place in the list")).hint("take `next` of a page"))
}
