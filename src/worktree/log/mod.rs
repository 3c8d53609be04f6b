//! The logs under `.slice-orchestrator/logs/`: one file a subject, a line an event, credentials hidden.
//!
//! A file that is full is set aside as `NAME.log.1`, the older ones move up, and the oldest goes. Several processes may
//! write at once; a reader that follows loses no line when files move.

mod follow;
mod line;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

pub use follow::Follow;
pub use line::{Level, Line};

use super::{shown, state};
use crate::crash;
use crate::fault::Fault;

/// A file is set aside before it is longer, in bytes (1 MiB).
const MAX_BYTES: u64 = 1 << 20;

/// How many full files are kept of each log.
const KEPT: usize = 5;

/// What is logged, a file each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// From the master to slices on disk.
    Decomposition,
    /// Proposals, in both directions.
    Sync,
    /// What was deployed and destroyed.
    Deployment,
    /// Agents at work on slices.
    Orchestration,
    /// Test runs.
    Testing,
    /// The nightly run.
    Nightly,
    /// Git hooks.
    Hooks,
    /// The queue.
    Queue,
}

impl Log {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Decomposition,
        Self::Sync,
        Self::Deployment,
        Self::Orchestration,
        Self::Testing,
        Self::Nightly,
        Self::Hooks,
        Self::Queue,
    ];

    /// Its name: the file's without `.log`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decomposition => "decomposition",
            Self::Sync => "sync",
            Self::Deployment => "deployment",
            Self::Orchestration => "orchestration",
            Self::Testing => "testing",
            Self::Nightly => "nightly",
            Self::Hooks => "hooks",
            Self::Queue => "queue",
        }
    }

    /// The log of a name, with or without `.log`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.strip_suffix(".log").unwrap_or(name);
        Self::ALL.into_iter().find(|log| log.name() == name)
    }

    /// The folder of a project's logs.
    #[must_use]
    pub fn folder(root: &Path) -> PathBuf {
        root.join(state::STATE).join("logs")
    }

    /// The file of a project's log; with a number from 1 the one set aside so many files ago.
    fn path(self, root: &Path, aside: usize) -> PathBuf {
        let name = self.name();
        let file = if aside == 0 { format!("{name}.log") } else { format!("{name}.log.{aside}") };
        Self::folder(root).join(file)
    }

    /// Adds a line. Text over several lines becomes one, and credentials are hidden.
    ///
    /// # Errors
    /// When the disk fails or something else stands in the log's place (exit 3). The work that is logged need not end
    /// because of it.
    pub fn add(self, root: &Path, level: Level, text: &str) -> Result<(), Fault> {
        self.add_within(root, &Line::now(level, text), MAX_BYTES)
    }

    fn add_within(self, root: &Path, line: &Line, limit: u64) -> Result<(), Fault> {
        let folder = Self::folder(root);
        state::open(root)?;
        let text = format!("{line}\n");
        self.append(root, &folder, &text, limit).map_err(|error| {
            Fault::unfinished(format!("can't write to {}", shown(&self.path(root, 0)))).because(&error)
        })
    }

    /// The lock keeps two processes from setting the same file aside, and a line from landing in a file that moves.
    fn append(self, root: &Path, folder: &Path, text: &str, limit: u64) -> io::Result<()> {
        make(folder)?;
        let lock = File::options().write(true).create(true).truncate(false).open(folder.join(".lock"))?;
        lock.lock()?;
        let path = self.path(root, 0);
        match fs::symlink_metadata(&path) {
            Ok(about) if !about.is_file() => return Err(io::Error::from(ErrorKind::InvalidInput)),
            Ok(about) if about.len() > 0 && about.len() + text.len() as u64 > limit => self.set_aside(root)?,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut file = File::options().append(true).create(true).open(&path)?;
        crash::point("log.append.before");
        file.write_all(text.as_bytes())?;
        crash::point("log.append.after");
        Ok(())
    }

    fn set_aside(self, root: &Path) -> io::Result<()> {
        for number in (0..KEPT).rev() {
            crash::point("log.rotate.before");
            match fs::rename(self.path(root, number), self.path(root, number + 1)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        crash::point("log.rotate.after");
        Ok(())
    }

    /// The last `most` lines, oldest first, also from files set aside. None where nothing was logged.
    ///
    /// # Errors
    /// When a file can't be read (exit 3).
    pub fn last(self, root: &Path, most: usize) -> Result<Vec<Line>, Fault> {
        let mut found: Vec<Line> = Vec::new();
        for aside in 0..=KEPT {
            if found.len() >= most {
                break;
            }
            let path = self.path(root, aside);
            let bytes = match fs::symlink_metadata(&path) {
                Ok(about) if about.is_file() => fs::read(&path),
                _ => continue,
            };
            let bytes =
                bytes.map_err(|error| Fault::unfinished(format!("can't read {}", shown(&path))).because(&error))?;
            let mut lines: Vec<Line> = String::from_utf8_lossy(&bytes).lines().map(Line::read).collect();
            lines.append(&mut found);
            found = lines;
        }
        found.drain(..found.len().saturating_sub(most));
        Ok(found)
    }
}

/// The last lines of several logs in the order of their times, at most `most` in all.
///
/// # Errors
/// When a file can't be read (exit 3).
pub fn last(root: &Path, logs: &[Log], most: usize) -> Result<Vec<(Log, Line)>, Fault> {
    let mut all = Vec::new();
    for log in logs {
        all.extend(log.last(root, most)?.into_iter().map(|line| (*log, line)));
    }
    // The sort is stable: lines of one log keep their order.
    all.sort_by(|a, b| a.1.at.cmp(&b.1.at));
    all.drain(..all.len().saturating_sub(most));
    Ok(all)
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match fs::symlink_metadata(folder) {
            Ok(about) if about.is_dir() => Ok(()),
            _ => Err(io::Error::from(ErrorKind::NotADirectory)),
        },
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> Line {
        Line { at: format!("2026-01-01T00:00:{number:02}.000Z"), level: "info".into(), text: format!("line {number}") }
    }

    fn texts(lines: Vec<Line>) -> Vec<String> {
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn full_files_are_set_aside_and_the_oldest_goes() {
        let root = tempfile::tempdir().unwrap();
        let length = line(10).to_string().len() as u64 + 1;
        for number in 10..40 {
            Log::Sync.add_within(root.path(), &line(number), 3 * length).unwrap();
        }
        let count = fs::read_dir(Log::folder(root.path())).unwrap().count();
        assert_eq!(count, 1 + KEPT + 1, "the log, those set aside, the lock");
        assert_eq!(texts(Log::Sync.last(root.path(), 4).unwrap()), ["line 36", "line 37", "line 38", "line 39"]);
        assert_eq!(Log::Sync.last(root.path(), 1_000).unwrap().len(), 3 * (KEPT + 1));
        assert_eq!(Log::Nightly.last(root.path(), 9).unwrap(), []);
    }

    #[test]
    fn several_logs_are_read_in_the_order_of_their_times() {
        let root = tempfile::tempdir().unwrap();
        for (log, number) in [(Log::Sync, 1), (Log::Queue, 2), (Log::Sync, 3), (Log::Hooks, 4)] {
            log.add_within(root.path(), &line(number), MAX_BYTES).unwrap();
        }
        let found = last(root.path(), &Log::ALL, 3).unwrap();
        let found: Vec<_> = found.into_iter().map(|(log, line)| format!("{} {}", log.name(), line.text)).collect();
        assert_eq!(found, ["queue line 2", "sync line 3", "hooks line 4"]);
    }

    #[test]
    fn who_follows_misses_nothing_when_files_move() {
        let root = tempfile::tempdir().unwrap();
        let length = line(10).to_string().len() as u64 + 1;
        Log::Sync.add_within(root.path(), &line(10), 2 * length).unwrap();
        let mut follow = Follow::from_end(root.path(), &[Log::Sync, Log::Queue]).unwrap();
        let mut seen = Vec::new();
        for number in 11..30 {
            Log::Sync.add_within(root.path(), &line(number), 2 * length).unwrap();
            // Not asked after each line, so that files move more than once between two questions.
            if number % 5 == 0 {
                seen.extend(follow.more().unwrap().into_iter().map(|(_, line)| line.text));
            }
        }
        Log::Queue.add_within(root.path(), &line(40), MAX_BYTES).unwrap();
        seen.extend(follow.more().unwrap().into_iter().map(|(_, line)| line.text));
        let expected: Vec<String> = (11..30).chain([40]).map(|number| format!("line {number}")).collect();
        assert_eq!(seen, expected);
        assert!(follow.more().unwrap().is_empty());
    }

    #[test]
    fn a_line_is_shown_when_it_is_complete() {
        let root = tempfile::tempdir().unwrap();
        Log::Sync.add_within(root.path(), &line(10), MAX_BYTES).unwrap();
        let mut follow = Follow::from_end(root.path(), &[Log::Sync]).unwrap();
        let path = Log::Sync.path(root.path(), 0);
        let mut file = File::options().append(true).open(path).unwrap();
        let text = format!("{}\n", line(11));
        let (front, back) = text.split_at(30);
        file.write_all(front.as_bytes()).unwrap();
        assert!(follow.more().unwrap().is_empty());
        file.write_all(back.as_bytes()).unwrap();
        assert_eq!(follow.more().unwrap()[0].1, line(11));
    }

    #[test]
    fn processes_that_write_at_once_lose_no_line() {
        let root = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| Log::Hooks.add_within(root.path(), &line(10), 4_000).unwrap()));
            }
        });
        assert_eq!(Log::Hooks.last(root.path(), 1_000).unwrap(), vec![line(10); 200]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(state::STATE)).unwrap();
        std::os::unix::fs::symlink(outside.path(), Log::folder(root.path())).unwrap();
        assert!(Log::Sync.add(root.path(), Level::Info, "x").is_err());
        fs::remove_file(Log::folder(root.path())).unwrap();
        Log::Sync.add(root.path(), Level::Info, "x").unwrap();
        fs::remove_file(Log::Sync.path(root.path(), 0)).unwrap();
        std::os::unix::fs::symlink(outside.path().join("x"), Log::Sync.path(root.path(), 0)).unwrap();
        assert!(Log::Sync.add(root.path(), Level::Info, "x").is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
