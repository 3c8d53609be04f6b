//! `vso queue gc`: what is over and old goes, and its room is given back to the disk.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::ShapeArgs;
use crate::cli::{Outcome, out};
use crate::fault::Fault;
use crate::ledger::{InboxKeep, Keep, Ledger};
use crate::report::finding::counted;

#[derive(Debug, clap::Args)]
pub(super) struct GcArgs {
    /// Keep what is younger, in days
    #[arg(long, default_value_t = 30, value_name = "N")]
    days: u32,

    /// Keep so many jobs that are over, whatever their age
    #[arg(long, default_value_t = 0, value_name = "N")]
    keep: u32,

    /// Keep the bodies of deliveries that are over up to so many MiB in all, the youngest first
    #[arg(long, default_value_t = 256, value_name = "MIB")]
    bodies: u32,

    /// Remove dead letters too, and deliveries that failed for good
    #[arg(long)]
    dead: bool,

    #[command(flatten)]
    pub(super) shape: ShapeArgs,
}

/// What `gc --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct GcReport {
    /// The version of this format: 1.
    format: u32,
    /// Jobs that were removed.
    jobs: usize,
    /// Events that were removed.
    events: usize,
    /// Deliveries that were removed with their bodies.
    deliveries: usize,
    /// Bodies that were removed of deliveries that stay known.
    bodies: usize,
}

pub(super) fn collect(args: &GcArgs, ledger: &Ledger) -> Result<Outcome, Fault> {
    let age = Duration::from_secs(u64::from(args.days) * 86_400);
    let keep = InboxKeep { age, bytes: u64::from(args.bodies) << 20, failed_too: args.dead };
    // First, because what follows gives the room back.
    let inbox = ledger.collect_deliveries(keep)?;
    let removed = ledger.gc(Keep { age, jobs: args.keep, dead_too: args.dead })?;
    if args.shape.json {
        let (deliveries, bodies) = (inbox.deliveries, inbox.bodies);
        out::json(&GcReport { format: 1, jobs: removed.jobs, events: removed.events, deliveries, bodies });
    } else {
        let (jobs, events) = (counted(removed.jobs, "job"), counted(removed.events, "event"));
        let gone = match (inbox.deliveries, inbox.bodies) {
            (0, 0) => String::new(),
            (count, bodies) => format!("; deliveries: {count} removed, and the bodies of {bodies} more"),
        };
        out::note(&format!("removed {jobs} and {events}{gone}"));
    }
    Ok(Outcome::Clean)
}
