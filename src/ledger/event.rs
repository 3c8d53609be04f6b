//! Events: what happened, in order, to be read by kind, subject and time, a page at a time.

use regex::RegexBuilder;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::failure::Sql;
use super::store::{Ledger, Points};
use super::time::Time;
use crate::fault::Fault;
use crate::spec::lint::redact::redacted;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number; a later one of the same process is greater.
    pub id: i64,
    /// When.
    pub at: Time,
    /// What, with dots: `sync.finished`, `proposal.opened`.
    pub kind: String,
    /// What it happened to: a slice, a proposal, `project`.
    pub subject: String,
    /// All else.
    pub data: serde_json::Value,
}

/// Which events are asked for; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only about this subject.
    pub subject: Option<String>,
    /// Not before this moment.
    pub since: Option<Time>,
    /// Before this moment.
    pub until: Option<Time>,
    /// Only those beyond this one in the order asked for: time and number of the last one of the page before.
    pub beyond: Option<(Time, i64)>,
    /// Oldest first; else newest first.
    pub oldest_first: bool,
}

/// Events that hold a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// They, in the order asked for.
    pub events: Vec<Event>,
    /// Time and number of the last event that was looked at: the search goes on beyond it. None when there was none.
    pub last: Option<(Time, i64)>,
    /// Whether all that the query asks for was looked at.
    pub is_end: bool,
}

impl Ledger {
    /// Writes down that something happened, now. Credentials in the data are hidden.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn event(&self, kind: &str, subject: &str, data: &serde_json::Value) -> Result<i64, Fault> {
        Ok(self.events(vec![(kind.to_owned(), subject.to_owned(), data.clone())])?.pop().unwrap_or_default())
    }

    /// Several at once, all or none: kind, subject and data of each. Their numbers.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn events(&self, events: Vec<(String, String, serde_json::Value)>) -> Result<Vec<i64>, Fault> {
        self.write(Points("ledger.event.before", "ledger.event.after"), move |connection, now| {
            events.iter().map(|(kind, subject, data)| insert(connection, now, kind, subject, data)).collect()
        })
    }

    /// At most `limit` events that a query asks for, ordered by time, then by number.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn happened(&self, query: &Query, limit: u32) -> Result<Vec<Event>, Fault> {
        let (sql, values) = asked(query, limit);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(params_from_iter(values), event)?.collect()
        })
    }

    /// At most `most` events that hold a text in kind, subject or data, whatever its case. Only the first `read` events
    /// of the query are looked at, so that no text takes long, however much happened.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn holding(&self, query: &Query, text: &str, most: usize, read: u32) -> Result<Held, Fault> {
        let needle = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build();
        // Longer than any address, so nothing holds it.
        let Ok(needle) = needle else { return Ok(Held { events: Vec::new(), last: None, is_end: true }) };
        let (sql, values) = asked(query, read);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let (mut events, mut last, mut count) = (Vec::new(), None, 0);
            while let Some(row) = rows.next()? {
                // Looked at where SQLite holds it: nearly all of it is not wanted.
                let holds =
                    |at: usize| row.get_ref(at).map(|value| value.as_str().is_ok_and(|text| needle.is_match(text)));
                if holds(2)? || holds(3)? || holds(4)? {
                    if events.len() == most {
                        return Ok(Held { events, last, is_end: false });
                    }
                    events.push(event(row)?);
                }
                last = Some((Time(row.get(1)?), row.get(0)?));
                count += 1;
            }
            Ok(Held { events, last, is_end: count < read })
        })
    }
}

/// A query's statement and its values.
fn asked(query: &Query, limit: u32) -> (String, Vec<Value>) {
    let mut sql = String::from("SELECT id, at, kind, subject, data FROM events WHERE 1");
    let mut values: Vec<Value> = Vec::new();
    let mut narrow = |condition: &str, wanted: Vec<Value>| {
        sql.push_str(condition);
        values.extend(wanted);
    };
    for (condition, wanted) in [(" AND kind = ?", &query.kind), (" AND subject = ?", &query.subject)] {
        if let Some(wanted) = wanted {
            narrow(condition, vec![wanted.clone().into()]);
        }
    }
    for (condition, wanted) in [(" AND at >= ?", query.since), (" AND at < ?", query.until)] {
        if let Some(wanted) = wanted {
            narrow(condition, vec![wanted.0.into()]);
        }
    }
    let (beyond, order) = if query.oldest_first { (">", "ASC") } else { ("<", "DESC") };
    if let Some((at, id)) = query.beyond {
        narrow(&format!(" AND (at, id) {beyond} (?, ?)"), vec![at.0.into(), id.into()]);
    }
    narrow(&format!(" ORDER BY at {order}, id {order} LIMIT ?"), vec![limit.into()]);
    (sql, values)
}

/// The event of a row of [`asked`].
fn event(row: &Row<'_>) -> Sql<Event> {
    Ok(Event {
        id: row.get(0)?,
        at: Time(row.get(1)?),
        kind: row.get(2)?,
        subject: row.get(3)?,
        data: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or(serde_json::Value::Null),
    })
}

impl Ledger {
    /// How many events of a kind there were on each day (UTC, days since 1970) from a moment on and before another one;
    /// days without any are left out. Reads one index and no row.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn by_day(&self, kind: &str, since: Time, until: Time) -> Result<Vec<(i64, u32)>, Fault> {
        self.read(|connection| {
            let sql = "SELECT at / 86400000, count(*) FROM events INDEXED BY events_kind WHERE kind = ?1 AND at >= ?2 AND at < ?3
                GROUP BY 1 ORDER BY 1";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(params![kind, since.0, until.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Something that differs whenever anything was written, by this connection or another one: cheap to ask for again
    /// and again, whatever the ledger holds.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn pulse(&self) -> Result<(i64, i64), Fault> {
        self.read(|connection| {
            let others = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
            let own = connection.prepare_cached("SELECT total_changes()")?.query_row([], |row| row.get(0))?;
            Ok((others, own))
        })
    }
}

/// Writes an event inside of a transaction that does more.
pub(super) fn insert(
    connection: &Connection,
    now: Time,
    kind: &str,
    subject: &str,
    data: &serde_json::Value,
) -> Sql<i64> {
    let kept = redacted_json(&data.to_string());
    connection
        .prepare_cached("INSERT INTO events (at, kind, subject, data) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![now.0, kind, subject, kept])?;
    Ok(connection.last_insert_rowid())
}

/// JSON with credentials hidden; still JSON, at worst as one string.
pub(super) fn redacted_json(text: &str) -> String {
    let hidden = redacted(text);
    match serde_json::from_str::<serde_json::Value>(&hidden) {
        Ok(_) => hidden.into_owned(),
        Err(_) => serde_json::Value::from(hidden.into_owned()).to_string(),
    }
}
