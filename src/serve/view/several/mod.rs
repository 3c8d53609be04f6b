//! What is shown of a server with several repositories: all of them at a glance, and the server itself.

mod front;
mod server;

pub use front::{Front, FrontQuery, FrontRow, Standing, front, lacking};
pub use server::{Seen, ServerView, server};
pub(super) use server::{fetched, lasting, size};
