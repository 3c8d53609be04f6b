//! Files on disk: reading with limits, writing a whole tree so that it is there entirely or not at all (a journal).
//!
//! Knows nothing of slices or specifications. It is the only room that writes people's files. What it needs for
//! itself (the lock, the journal, the cache) lies in `.slice-orchestrator/`, which git never sees.

mod apply;
mod cache;
mod compare;
mod folder;
mod journal;
#[cfg(test)]
mod killed;
mod list;
mod lock;
pub mod log;
mod path;
mod private;
pub mod read;
mod standing;
mod state;
mod write;

pub use cache::{cache, cached};
pub use compare::{Compared, compare};
pub use folder::{read_entry, read_folder};
pub use journal::{Recovered, recover};
pub use list::{files_below, folders, markdown_below};
pub use lock::Lock;
pub use private::Private;
pub use read::{read_text, shown};
pub use standing::{Standing, standing};
pub use state::STATE;
pub use write::{Change, Watch, free_name, replace_text, write};
