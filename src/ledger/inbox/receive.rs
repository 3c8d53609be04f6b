//! Keeping what was delivered: many deliveries, one transaction, one flush to the disk, and only then an answer.

use rusqlite::{Connection, OptionalExtension, params};

use super::{DeliveryId, DeliveryState, PART, PARTS};
use crate::fault::Fault;
use crate::ledger::failure::Sql;
use crate::ledger::store::{Ledger, Points};
use crate::ledger::time::Time;

/// What came in. Its body is whatever holds bytes, so that whoever lends the memory gets it back once it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery<B = Vec<u8>> {
    /// GitHub's name for it.
    pub guid: String,
    /// The event.
    pub event: String,
    /// Its action; empty for events that have none.
    pub action: String,
    /// `owner/name`; empty for what is about no repository.
    pub repository: String,
    /// The App's installation.
    pub installation: Option<i64>,
    /// What it excludes while it is worked on: the repository by its number, the installation, or nothing else.
    pub key: String,
    /// The raw body.
    pub body: B,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its number; of one that is known, the first one's.
    pub id: DeliveryId,
    /// How the GUID stood before; none when it is new.
    pub before: Option<DeliveryState>,
    /// Whether it will be worked on because it came now.
    pub is_new: bool,
}

impl Ledger {
    /// Keeps deliveries, all or none, and returns when the disk has them.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3); nothing is kept then, and no answer may say otherwise.
    pub fn receive<B: AsRef<[u8]> + Send + 'static>(
        &self,
        deliveries: Vec<NewDelivery<B>>,
    ) -> Result<Vec<Receipt>, Fault> {
        self.write(Points("ledger.inbox.before", "ledger.inbox.after"), move |connection, now| {
            // Bodies go one by one as they are written, not when the transaction ends.
            deliveries.into_iter().map(|delivery| receive(connection, now, &delivery)).collect()
        })
    }
}

fn receive<B: AsRef<[u8]>>(connection: &Connection, now: Time, new: &NewDelivery<B>) -> Sql<Receipt> {
    let known: Option<(DeliveryId, String, bool, bool)> = connection
        .prepare_cached("SELECT id, state, due IS NULL, kept FROM deliveries WHERE guid = ?1")?
        .query_row([&new.guid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((id, word, is_idle, is_kept)) = known else {
        let id = insert(connection, now, new)?;
        return Ok(Receipt { id, before: None, is_new: true });
    };
    let before = DeliveryState::of(&word);
    // It was given up here and somebody asked GitHub to send it once more.
    let begins_anew = before == Some(DeliveryState::Failed) && is_idle;
    if begins_anew {
        if !is_kept {
            keep(connection, id, new.body.as_ref())?;
        }
        connection
            .prepare_cached(
                "UPDATE deliveries SET state = 'received', due = ?2, attempts = 0, kept = 1, copies = copies + 1,
                    failure = NULL, cause = NULL WHERE id = ?1",
            )?
            .execute(params![id, now.0])?;
        let key: String =
            connection.prepare_cached("SELECT key FROM deliveries WHERE id = ?1")?.query_row([id], |row| row.get(0))?;
        queue(connection, &key, now)?;
    } else {
        connection.prepare_cached("UPDATE deliveries SET copies = copies + 1 WHERE id = ?1")?.execute([id])?;
    }
    Ok(Receipt { id, before, is_new: begins_anew })
}

fn insert<B: AsRef<[u8]>>(connection: &Connection, now: Time, new: &NewDelivery<B>) -> Sql<DeliveryId> {
    connection
        .prepare_cached(
            "INSERT INTO deliveries (guid, event, action, repository, installation, key, received, bytes, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7)",
        )?
        .execute(params![
            new.guid,
            new.event,
            new.action,
            new.repository,
            new.installation,
            new.key,
            now.0,
            i64::try_from(new.body.as_ref().len()).unwrap_or(i64::MAX)
        ])?;
    let id = connection.last_insert_rowid();
    keep(connection, id, new.body.as_ref())?;
    queue(connection, &new.key, now)?;
    Ok(id)
}

fn keep(connection: &Connection, id: DeliveryId, body: &[u8]) -> Sql<()> {
    let mut insert = connection.prepare_cached("INSERT INTO delivery_parts (id, bytes) VALUES (?1, ?2)")?;
    for (number, part) in (id * PARTS..(id + 1) * PARTS).zip(body.chunks(PART)) {
        insert.execute(params![number, part])?;
    }
    Ok(())
}

/// Something of a key waits from a moment on.
pub(super) fn queue(connection: &Connection, key: &str, due: Time) -> Sql<()> {
    connection
        .prepare_cached(
            "INSERT INTO delivery_turns (key, due) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET due = min(COALESCE(due, ?2), ?2) WHERE due IS NULL OR due > ?2",
        )?
        .execute(params![key, due.0])?;
    Ok(())
}
