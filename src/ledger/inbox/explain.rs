//! Why a delivery is not being worked on, as values: whoever prints them finds the words.

use rusqlite::params;
use serde::Serialize;

use super::{Delivery, DeliveryId, DeliveryState};
use crate::fault::Fault;
use crate::ledger::store::Ledger;
use crate::ledger::time::Time;

/// One reason why a delivery is not being worked on, or what it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum DeliveryReason {
    /// It pauses after a failure.
    Waits {
        /// Until then.
        until: Time,
        /// What failed.
        cause: Option<String>,
    },
    /// Another one of its repository is being worked on.
    Busy {
        /// That delivery.
        by: DeliveryId,
    },
    /// So many of its repository go first.
    Behind {
        /// How many.
        deliveries: i64,
    },
    /// The next worker whose turn comes to its repository takes it.
    Next,
    /// It is being worked on.
    Leased {
        /// By whom.
        worker: String,
        /// Until when, should nothing be heard of that worker.
        until: Time,
        /// Whether somebody wants it to end early.
        cancelling: bool,
    },
    /// Nothing happens to it by itself any more.
    Over {
        /// How it stands.
        state: DeliveryState,
        /// The class of the last failure.
        failure: Option<String>,
        /// Its words.
        cause: Option<String>,
        /// How often it was tried.
        attempts: u32,
    },
}

impl Ledger {
    /// A delivery with the reasons why it is not being worked on; none when there is no such delivery.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn explain_delivery(&self, id: DeliveryId) -> Result<Option<(Delivery, Vec<DeliveryReason>)>, Fault> {
        let now = self.now();
        let Some(found) = self.delivery(id)? else { return Ok(None) };
        let (running, until, ahead): (Option<DeliveryId>, Option<i64>, i64) = self.read(|connection| {
            let sql = "SELECT running, until, (SELECT count(*) FROM deliveries AS other WHERE other.key = this.key
                    AND other.due IS NOT NULL AND (other.due, other.id) < (this.due, this.id))
                FROM deliveries AS this LEFT JOIN delivery_turns USING (key) WHERE this.id = ?1";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            connection.prepare_cached(sql)?.query_row(params![id], read)
        })?;
        let until = until.map_or(now, Time);
        let reasons = match (found.state, found.due) {
            (DeliveryState::Running, _) => vec![DeliveryReason::Leased {
                worker: found.worker.clone().unwrap_or_default(),
                until,
                cancelling: found.cancelling,
            }],
            (_, Some(due)) if due > now => vec![DeliveryReason::Waits { until: due, cause: found.cause.clone() }],
            (_, Some(_)) => {
                let mut reasons: Vec<_> = running.map(|by| DeliveryReason::Busy { by }).into_iter().collect();
                reasons.extend((ahead > 0).then_some(DeliveryReason::Behind { deliveries: ahead }));
                if reasons.is_empty() { vec![DeliveryReason::Next] } else { reasons }
            }
            (state, None) => vec![DeliveryReason::Over {
                state,
                failure: found.failure.clone(),
                cause: found.cause.clone(),
                attempts: found.attempts,
            }],
        };
        Ok(Some((found, reasons)))
    }
}
