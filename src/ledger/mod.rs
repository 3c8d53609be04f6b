//! What is to be done and what happened: `.slice-orchestrator/queue.db`, the one truth about work.
//!
//! The queue hands each job to one worker at a time, with a lease and a fencing token; events say what happened, in
//! order; the schedule says which of its times were served. The only place with rusqlite. Deleting the file loses no
//! design and no code: specifications, slices and proposals are in git, and nothing of them is here.

mod claim;
mod decide;
mod event;
mod explain;
mod failure;
mod inbox;
mod list;
mod migrate;
mod place;
mod schedule;
mod settle;
mod store;
mod time;
mod work;

pub use decide::{Decided, Keep, Removed};
pub use event::{Event, Held, Query};
pub use explain::Reason;
pub use inbox::{
    Claimed, Collected, Delivery, DeliveryDecided, DeliveryId, DeliveryReason, DeliveryState, Ending, InboxCount,
    InboxFilter, InboxKeep, NewDelivery, Receipt,
};
pub use list::{Attempt, Filter};
pub use place::{FILE, FOLDER, is_there, path};
pub use schedule::{Begun, LastRun, Turn};
pub use settle::pause;
pub use store::Ledger;
pub use time::{Clock, Time};
pub use work::{AGEING, Beat, Class, Enqueued, Job, JobId, Lease, Status, Work, Written};

#[cfg(test)]
mod tests;
