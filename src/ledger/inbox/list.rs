//! Reading the inbox: single deliveries, their bodies, lists by what people search for, and how many there are.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde::Serialize;

use super::{Delivery, DeliveryId, DeliveryState, PARTS};
use crate::fault::Fault;
use crate::ledger::failure::Sql;
use crate::ledger::store::Ledger;
use crate::ledger::time::Time;

/// What [`delivery`] reads, in its order.
pub(super) const COLUMNS: &str = "id, guid, event, action, repository, installation, received, copies, bytes, kept, \
    state, due, attempts, attempts_max, fence, worker, cancelling, settled, failure, cause, key";

/// What a list of deliveries is narrowed to; an empty one is all, newest first.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// Only these.
    pub states: Vec<DeliveryState>,
    /// Only of this event.
    pub event: Option<String>,
    /// Only about this repository, by the name that it had then.
    pub repository: Option<String>,
    /// Only with this key: those of one repository under all names that it had.
    pub key: Option<String>,
    /// Only those that hold this text in GUID, event, action, repository or cause, in any case.
    pub text: Option<String>,
    /// Only with smaller numbers: the next page begins below the last one of this.
    pub before: Option<DeliveryId>,
    /// At most so many; all when none.
    pub limit: Option<u32>,
}

/// How many deliveries of an event stand so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct InboxCount {
    /// The event.
    pub event: String,
    /// The state.
    pub state: DeliveryState,
    /// How many.
    pub count: i64,
}

impl Ledger {
    /// One delivery.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3), as for all that follow.
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE id = ?1");
            connection.prepare_cached(&sql)?.query_row([id], delivery).optional()
        })
    }

    /// The delivery of a GUID.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn delivery_of(&self, guid: &str) -> Result<Option<Delivery>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE guid = ?1");
            connection.prepare_cached(&sql)?.query_row([guid.to_ascii_lowercase()], delivery).optional()
        })
    }

    /// The body of a delivery, byte for byte; none when it is not kept any more, or there is no such delivery.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn delivery_body(&self, id: DeliveryId) -> Result<Option<Vec<u8>>, Fault> {
        self.read(|connection| {
            let sql = "SELECT bytes FROM deliveries WHERE id = ?1 AND kept";
            let bytes: Option<i64> = connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
            let Some(bytes) = bytes else { return Ok(None) };
            let mut body = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
            let sql = "SELECT bytes FROM delivery_parts WHERE id >= ?1 AND id < ?2 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![id * PARTS, (id + 1) * PARTS])?;
            while let Some(row) = rows.next()? {
                body.extend_from_slice(row.get_ref(0)?.as_blob()?);
            }
            Ok(Some(body))
        })
    }

    /// Deliveries, newest first.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn deliveries(&self, filter: &InboxFilter) -> Result<Vec<Delivery>, Fault> {
        let (sql, values) = question(filter, None);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(params_from_iter(values), delivery)?.collect()
        })
    }

    /// The same, but only the `most` newest numbers below `before` are looked at, so that no question takes long; and the
    /// number below which it has to be asked again, where there are older ones.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn deliveries_among(
        &self,
        filter: &InboxFilter,
        most: u32,
    ) -> Result<(Vec<Delivery>, Option<DeliveryId>), Fault> {
        self.read(|connection| {
            // Two questions: one for both would read all of them.
            let ends =
                "SELECT COALESCE((SELECT min(id) FROM deliveries), 0), COALESCE((SELECT max(id) FROM deliveries), 0)";
            let (first, last): (DeliveryId, DeliveryId) =
                connection.prepare_cached(ends)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let top = last.saturating_add(1);
            let floor = filter.before.map_or(top, |before| before.min(top)).saturating_sub(i64::from(most));
            let (sql, values) = question(filter, Some(floor));
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map(params_from_iter(values), delivery)?.collect::<Sql<_>>()?;
            Ok((found, Some(floor).filter(|floor| first < *floor)))
        })
    }

    /// How many deliveries there are, by event and state.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn delivery_counts(&self) -> Result<Vec<InboxCount>, Fault> {
        self.read(|connection| {
            let sql = "SELECT state, event, count(*) FROM deliveries GROUP BY state, event";
            let mut statement = connection.prepare_cached(sql)?;
            let count =
                |row: &Row<'_>| Ok(InboxCount { state: state(row, 0)?, event: row.get(1)?, count: row.get(2)? });
            statement.query_map([], count)?.collect()
        })
    }

    /// When the oldest delivery of a key that waits came in; none when none waits.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn oldest_delivery_of(&self, key: &str) -> Result<Option<Time>, Fault> {
        self.read(|connection| {
            let sql = "SELECT min(received) FROM deliveries WHERE key = ?1 AND due IS NOT NULL";
            Ok(connection.prepare_cached(sql)?.query_row([key], |row| row.get::<_, Option<i64>>(0))?.map(Time))
        })
    }

    /// When the oldest delivery that waits came in; none when none waits.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn oldest_delivery(&self) -> Result<Option<Time>, Fault> {
        self.read(|connection| {
            let sql = "SELECT min(received) FROM deliveries WHERE due IS NOT NULL";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(Time))
        })
    }
}

fn question(filter: &InboxFilter, floor: Option<DeliveryId>) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {COLUMNS} FROM deliveries WHERE 1");
    let mut values: Vec<Value> = Vec::new();
    if !filter.states.is_empty() {
        let marks = vec!["?"; filter.states.len()].join(", ");
        sql.push_str(&format!(" AND state IN ({marks})"));
        values.extend(filter.states.iter().map(|state| Value::from(state.word().to_owned())));
    }
    for (column, wanted) in [("event", &filter.event), ("repository", &filter.repository), ("key", &filter.key)] {
        if let Some(wanted) = wanted {
            sql.push_str(&format!(" AND {column} = ?"));
            values.push(wanted.clone().into());
        }
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.is_empty()) {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let all = "guid || ' ' || event || ' ' || action || ' ' || repository || ' ' || COALESCE(cause, '')";
        sql.push_str(&format!(" AND {all} LIKE ? ESCAPE '\\'"));
        values.push(format!("%{escaped}%").into());
    }
    if let Some(before) = filter.before {
        sql.push_str(" AND id < ?");
        values.push(before.into());
    }
    if let Some(floor) = floor {
        sql.push_str(" AND id >= ?");
        values.push(floor.into());
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(filter.limit.map_or(-1, i64::from).into());
    (sql, values)
}

fn state(row: &Row<'_>, at: usize) -> Sql<DeliveryState> {
    let word: String = row.get(at)?;
    // The table's own check lets no other word in.
    Ok(DeliveryState::of(&word).unwrap_or(DeliveryState::Failed))
}

/// The delivery of a row with [`COLUMNS`].
pub(super) fn delivery(row: &Row<'_>) -> Sql<Delivery> {
    let time = |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(Time));
    Ok(Delivery {
        id: row.get(0)?,
        guid: row.get(1)?,
        event: row.get(2)?,
        action: row.get(3)?,
        repository: row.get(4)?,
        installation: row.get(5)?,
        received: Time(row.get(6)?),
        copies: row.get(7)?,
        bytes: u64::try_from(row.get::<_, i64>(8)?).unwrap_or(0),
        kept: row.get(9)?,
        state: state(row, 10)?,
        due: time(11)?,
        attempts: row.get(12)?,
        attempts_max: row.get(13)?,
        fence: row.get(14)?,
        worker: row.get(15)?,
        cancelling: row.get(16)?,
        settled: time(17)?,
        failure: row.get(18)?,
        cause: row.get(19)?,
        key: row.get(20)?,
    })
}
