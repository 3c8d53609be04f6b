//! The repositories that a server keeps in step: which there are, and what is done for each.
//!
//! GitHub knows best which there are; what stands here can be rebuilt from it. A member is a bare mirror in a folder
//! that is named by GitHub's number, so that a rename moves nothing.

pub mod event;
pub mod gap;
pub mod member;
pub mod night;
pub mod order;
pub mod reconcile;
mod refresh;
pub mod sweep;
pub mod tidy;
pub mod turn;

pub use event::{Heard, Named, Wish};
pub use gap::Gap;
pub use member::{Fleet, Member};
pub use order::{Order, order};
pub use turn::{Told, carry};
