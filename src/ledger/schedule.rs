//! What runs at fixed times: one run at a time, and a time that was served is not served again.
//!
//! Whoever calls knows the plan (each night at two); this table knows which of its times was served last and who
//! serves one now. However many times were missed, the next run makes up for them all.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::event::redacted_json;
use super::store::{Ledger, Points};
use super::time::Time;
use super::work::Written;
use crate::fault::Fault;

/// The right to run, for a time. As with a job's lease, every write shows the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The plan's name.
    pub name: String,
    /// The time that this run serves.
    pub tick: Time,
    /// When the run began.
    pub started: Time,
    fence: i64,
}

/// What asking for a turn gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the asker's turn.
    Turn(Turn),
    /// This time was served already.
    Served {
        /// The last time that was served.
        tick: Time,
        /// When that run ended.
        ended: Option<Time>,
    },
    /// Somebody else runs.
    Taken {
        /// Who.
        worker: String,
        /// Until when, should nothing be heard of that run.
        until: Time,
    },
}

/// What is known of a plan's last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// The last time of the plan that was served.
    pub served: Option<Time>,
    /// When the last run that ended began.
    pub started: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// Its outcome, in a word.
    pub outcome: Option<String>,
    /// What it reported.
    pub report: serde_json::Value,
}

impl Ledger {
    /// Asks to serve the time `tick` of a plan; with `again` also when it was served already.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3), as for all that follow.
    pub fn begin(&self, name: &str, tick: Time, again: bool, worker: &str, lease: Duration) -> Result<Begun, Fault> {
        let (name, worker) = (name.to_owned(), worker.to_owned());
        self.write(Points("ledger.begin.before", "ledger.begin.after"), move |connection, now| {
            connection.prepare_cached("INSERT OR IGNORE INTO schedule (name) VALUES (?1)")?.execute([&name])?;
            type Row = (Option<i64>, Option<i64>, Option<String>, i64, Option<i64>);
            let (served, due, holder, fence, ended): Row = connection
                .prepare_cached("SELECT served, due, worker, fence, ended FROM schedule WHERE name = ?1")?
                .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
            if let Some(until) = due.filter(|due| *due > now.0) {
                return Ok(Begun::Taken { worker: holder.unwrap_or_default(), until: Time(until) });
            }
            if let Some(served) = served.filter(|served| *served >= tick.0 && !again) {
                return Ok(Begun::Served { tick: Time(served), ended: ended.map(Time) });
            }
            connection
                .prepare_cached("UPDATE schedule SET due = ?2, worker = ?3, fence = fence + 1 WHERE name = ?1")?
                .execute(params![name, now.after(lease).0, worker])?;
            Ok(Begun::Turn(Turn { name: name.clone(), tick, started: now, fence: fence + 1 }))
        })
    }

    /// Says that a run goes on.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn prolong(&self, turn: &Turn, lease: Duration) -> Result<Written, Fault> {
        let turn = turn.clone();
        self.write(Points("ledger.prolong.before", "ledger.prolong.after"), move |connection, now| {
            let sql = "UPDATE schedule SET due = ?3 WHERE name = ?1 AND fence = ?2 AND due IS NOT NULL";
            let changed =
                connection.prepare_cached(sql)?.execute(params![turn.name, turn.fence, now.after(lease).0])?;
            Ok(if changed == 1 { Written::Done } else { Written::Lost })
        })
    }

    /// Ends a run. Its time counts as served only if `served`: a run that could not finish is made up for.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn finish(
        &self,
        turn: &Turn,
        served: bool,
        outcome: &str,
        report: &serde_json::Value,
    ) -> Result<Written, Fault> {
        let (turn, outcome) = (turn.clone(), outcome.to_owned());
        let report = redacted_json(&report.to_string());
        self.write(Points("ledger.finish.before", "ledger.finish.after"), move |connection, now| {
            let sql = "UPDATE schedule SET served = CASE WHEN ?3 THEN max(COALESCE(served, ?4), ?4) ELSE served END,
                    due = NULL, started = ?5, ended = ?6, outcome = ?7, report = ?8
                WHERE name = ?1 AND fence = ?2 AND due IS NOT NULL";
            let changed = connection.prepare_cached(sql)?.execute(params![
                turn.name,
                turn.fence,
                served,
                turn.tick.0,
                turn.started.0,
                now.0,
                outcome,
                report
            ])?;
            Ok(if changed == 1 { Written::Done } else { Written::Lost })
        })
    }

    /// Takes back every turn that somebody has: for whoever knows that no one else is there, such as a server that has its
    /// folder for itself and whose predecessor was killed. How many there were.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn orphan_turns(&self) -> Result<usize, Fault> {
        self.write(Points("ledger.orphan-turns.before", "ledger.orphan-turns.after"), |connection, _| {
            let sql = "UPDATE schedule SET due = NULL, fence = fence + 1 WHERE due IS NOT NULL";
            connection.prepare_cached(sql)?.execute([])
        })
    }

    /// What is known of a plan's last run; none when it never ran.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn last_run(&self, name: &str) -> Result<Option<LastRun>, Fault> {
        self.read(|connection| {
            let sql = "SELECT served, started, ended, outcome, report FROM schedule WHERE name = ?1";
            let time = |value: Option<i64>| value.map(Time);
            connection
                .prepare_cached(sql)?
                .query_row([name], |row| {
                    let report: Option<String> = row.get(4)?;
                    Ok(LastRun {
                        served: time(row.get(0)?),
                        started: time(row.get(1)?),
                        ended: time(row.get(2)?),
                        outcome: row.get(3)?,
                        report: report.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
                    })
                })
                .optional()
        })
    }
}
