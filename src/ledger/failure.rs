//! What SQLite says went wrong, in words that help.

use rusqlite::{Error, ErrorCode};

use super::place::{FILE, FOLDER};
use crate::fault::Fault;

/// The result of a statement, before it is put into words.
pub(super) type Sql<T> = Result<T, Error>;

/// Says a failure of SQLite.
pub(super) fn fault(error: &Error) -> Fault {
    let path = format!("{FOLDER}/{FILE}");
    let code = error.sqlite_error_code();
    let (message, hint) = match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            format!("{path} is locked by another program"),
            "another vso or a database tool holds it; end that or wait, then run this again",
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            format!("{path} is damaged"),
            "move it away, with its -wal and -shm files, and run this again: the queue and its history are lost, no \
             design and no code is",
        ),
        Some(ErrorCode::DiskFull) => {
            (format!("the disk is full; {path} was not changed"), "make room and run this again")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            (format!("{path} can't be opened for writing"), "the folder and the file have to be writable")
        }
        _ => (format!("{path} can't be used"), "nothing of what was asked was done"),
    };
    Fault::unfinished(message).because(error).hint(hint)
}

/// A database that a later vso wrote.
pub(super) fn newer(found: i64, known: usize) -> Fault {
    Fault::unfinished(format!("{FOLDER}/{FILE} was written by a newer vso (format {found}; this one knows {known})"))
        .hint("use that version, or move the file away: the queue and its history are lost, no design and no code is")
}
