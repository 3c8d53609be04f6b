//! Whether the server can take work, found by trying: a write to the ledger, and a file on its disk. What was found
//! counts for a while, so that asking often costs nothing.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::fault::Fault;
use crate::ledger::FOLDER;
use crate::serve::state::{App, Shared};

/// How long what was found counts.
const FRESH: Duration = Duration::from_secs(5);

/// Bytes that must fit on the ledger's disk.
const ROOM: usize = 1 << 20;

/// What was found last. The lock lets one look while others wait for what it finds.
#[derive(Debug, Default)]
pub(in crate::serve) struct Probe(Mutex<Option<(Instant, Vec<Check>)>>);

/// One thing that was tried.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Check {
    pub name: &'static str,
    /// Why it failed, in words; none when it did not.
    pub fault: Option<String>,
}

pub(super) async fn look(app: &App) -> Vec<Check> {
    let mut last = app.probe.0.lock().await;
    if let Some((at, found)) = &*last
        && at.elapsed() < FRESH
    {
        return found.clone();
    }
    let tried =
        |name, done: Result<(), Fault>| Check { name, fault: done.err().map(|fault| fault.message().to_owned()) };
    let ledger = tried("ledger", app.blocking(|shared| shared.ledger.try_write()).await);
    let disk = tried("disk", app.blocking(has_room).await);
    let found = vec![ledger, disk];
    *last = Some((Instant::now(), found.clone()));
    found
}

fn has_room(shared: &Shared) -> Result<(), Fault> {
    // One server a process: its number keeps two servers of a project apart.
    let path = shared.root.join(FOLDER).join(format!("room-{}.tmp", std::process::id()));
    let written = fill(&path);
    let removed = std::fs::remove_file(&path);
    written.and(removed).map_err(|error| Fault::unfinished("the ledger's disk takes no more").because(&error))
}

fn fill(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    // No pattern that a file system would store as a hole.
    file.write_all(&vec![b'x'; ROOM])?;
    file.sync_data()
}
