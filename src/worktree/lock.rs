//! One vso at a time writes in a project. The lock is the operating system's, so a killed run leaves none behind.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::state;
use crate::fault::{Fault, FaultKind};

/// Time between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a run waits for another one: ten times what the largest measured decomposition takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The right to write in a project, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    root: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting up to 30 seconds for another vso; `waiting` is called once if there is one.
    ///
    /// # Errors
    /// When the other one does not end, or the lock file can't be made (exit 3).
    pub fn take(root: &Path, waiting: &dyn Fn()) -> Result<Self, Fault> {
        Self::take_within(root, waiting, &AtomicBool::new(false), PATIENCE)
    }

    /// The same, until `stop` is set.
    ///
    /// # Errors
    /// As [`take`](Self::take), and when the person interrupts the waiting (exit 130).
    pub fn take_unless(root: &Path, waiting: &dyn Fn(), stop: &AtomicBool) -> Result<Self, Fault> {
        Self::take_within(root, waiting, stop, PATIENCE)
    }

    fn take_within(root: &Path, waiting: &dyn Fn(), stop: &AtomicBool, patience: Duration) -> Result<Self, Fault> {
        let path = state::open(root)?.join("lock");
        let failed = |error: &std::io::Error| {
            Fault::unfinished(format!("can't lock {}", super::shown(&path))).because(error).hint("nothing was written")
        };
        let options = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(|error| failed(&error))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { root: root.to_owned(), _file: file }),
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
                Err(TryLockError::WouldBlock) if stop.load(Ordering::Relaxed) => {
                    return Err(Fault::new(FaultKind::Interrupted, "interrupted; nothing was written"));
                }
                Err(TryLockError::WouldBlock) if waited >= patience => {
                    return Err(Fault::unfinished("another vso is still writing in this project")
                        .hint("wait until it has finished, then run this again; nothing was written"));
                }
                Err(TryLockError::WouldBlock) => {
                    if waited.is_zero() {
                        waiting();
                    }
                    sleep(PAUSE);
                    waited += PAUSE;
                }
            }
        }
    }

    /// The project's root.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn two_exclude_each_other() {
        let root = tempfile::tempdir().unwrap();
        let told = Cell::new(0);
        let first = Lock::take(root.path(), &|| ()).unwrap();
        let never = AtomicBool::new(false);
        let second = Lock::take_within(root.path(), &|| told.set(told.get() + 1), &never, PAUSE * 3);
        assert!(second.unwrap_err().message().contains("another vso"));
        assert_eq!(told.get(), 1);
        let interrupted = Lock::take_unless(root.path(), &|| (), &AtomicBool::new(true));
        assert_eq!(interrupted.unwrap_err().kind(), FaultKind::Interrupted);
        drop(first);
        Lock::take_within(root.path(), &|| (), &never, Duration::ZERO).unwrap();
    }
}
