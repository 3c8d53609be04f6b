//! What pages and API show, as plain serde values that are gathered from one repository and its ledger.
//!
//! A view takes a [`Project`] and what was asked, and gives a value that knows nothing of HTTP or HTML: the pages render
//! it and the API prints it. What depends on commits alone is kept as long as the refs stand still (`ground`); the
//! ledger is read a page at a time.

mod activity;
mod analytics;
mod conflict;
mod delivery;
mod ground;
mod overview;
mod project;
mod proposal;
mod queue;
mod search;
mod settings;
mod several;
mod slice;

pub use activity::{Activity, ActivityQuery, EventView, LogQuery, LogView, Logs, activity, logs};
pub use analytics::{Analytics, Day, analytics};
pub use conflict::{
    Choice, ConflictItem, Conflicts, FilePatch, Place, PreviewView, aim_of, conflicts, message, preview, settle_of,
    shown,
};
pub use delivery::{Deliveries, DeliveriesQuery, DeliveryPage, DeliveryRow, deliveries, delivery, is_delivery_of};
pub use ground::{Board, Ground};
pub use overview::{Attention, Need, Overview, OverviewQuery, SliceRow, TestCounts, graph, overview};
pub use project::{Project, Projects, RepositoryRow};
pub use proposal::{ProposalPage, ProposalRow, Proposals, ProposalsQuery, proposal, proposals};
pub use queue::{JobPage, JobRow, Queue, QueueQuery, job, queue};
pub use search::{Found, Hit, search};
pub use settings::{SettingsView, VariableRow, settings};
pub use several::{Front, FrontQuery, FrontRow, Seen as SeenServer, ServerView, Standing, front, lacking, server};
pub use slice::{FileRow, FileText, HistoryRow, SlicePage, file, slice};
