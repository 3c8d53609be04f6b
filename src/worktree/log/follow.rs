//! Following logs: what was added since the last question, also when the file was set aside meanwhile.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{KEPT, Line, Log};
use crate::fault::Fault;
use crate::worktree::shown;

/// A reader of several logs that remembers how far it has read.
#[derive(Debug)]
pub struct Follow {
    root: PathBuf,
    logs: Vec<Followed>,
}

#[derive(Debug)]
struct Followed {
    log: Log,
    /// The file that was read last; none while there was no file.
    file: Option<File>,
    /// Bytes of a line whose end is not there yet.
    rest: Vec<u8>,
}

impl Follow {
    /// Begins after what is there now.
    ///
    /// # Errors
    /// When a file can't be read (exit 3).
    pub fn from_end(root: &Path, logs: &[Log]) -> Result<Self, Fault> {
        let mut followed = Vec::new();
        for &log in logs {
            // A file may have just been set aside, and the next one not begun.
            let mut file = match opened(root, log, 0)? {
                None => opened(root, log, 1)?,
                file => file,
            };
            if let Some(file) = &mut file {
                file.seek(SeekFrom::End(0)).map_err(|error| failed(root, log, &error))?;
            }
            followed.push(Followed { log, file, rest: Vec::new() });
        }
        Ok(Self { root: root.to_owned(), logs: followed })
    }

    /// What was added since the last question, in the order of time.
    ///
    /// # Errors
    /// When a file can't be read (exit 3).
    pub fn more(&mut self) -> Result<Vec<(Log, Line)>, Fault> {
        let mut found = Vec::new();
        for followed in &mut self.logs {
            let log = followed.log;
            found.extend(followed.more(&self.root)?.into_iter().map(|line| (log, line)));
        }
        found.sort_by(|a, b| a.1.at.cmp(&b.1.at));
        Ok(found)
    }
}

impl Followed {
    /// The file that was open is read to its end, then those that came after it, oldest first.
    fn more(&mut self, root: &Path) -> Result<Vec<Line>, Fault> {
        let failed = |error: io::Error| failed(root, self.log, &error);
        let mut lines = Vec::new();
        let mut newer = Vec::new();
        match &mut self.file {
            Some(file) => {
                // Which file it is by now is found before its end is read: what is written to it afterwards is
                // found by the next question.
                let own = file.metadata().map_err(failed)?;
                for aside in 0..=KEPT {
                    match opened(root, self.log, aside)? {
                        Some(other) if same(&own, &other.metadata().map_err(failed)?) => break,
                        Some(other) => newer.push(other),
                        None => {}
                    }
                }
                read(file, &mut self.rest, &mut lines).map_err(failed)?;
            }
            None => {
                for aside in 0..=KEPT {
                    newer.extend(opened(root, self.log, aside)?);
                }
            }
        }
        for mut file in newer.into_iter().rev() {
            read(&mut file, &mut self.rest, &mut lines).map_err(failed)?;
            self.file = Some(file);
        }
        Ok(lines)
    }
}

fn read(file: &mut File, rest: &mut Vec<u8>, lines: &mut Vec<Line>) -> io::Result<()> {
    file.read_to_end(rest)?;
    let complete = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    lines.extend(String::from_utf8_lossy(&rest[..complete]).lines().map(Line::read));
    rest.drain(..complete);
    Ok(())
}

fn opened(root: &Path, log: Log, aside: usize) -> Result<Option<File>, Fault> {
    match File::open(log.path(root, aside)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(root, log, &error)),
    }
}

fn failed(root: &Path, log: Log, error: &io::Error) -> Fault {
    Fault::unfinished(format!("can't read {}", shown(&log.path(root, 0)))).because(error)
}

#[cfg(unix)]
fn same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Without numbers of files, the time of its making says which one it is.
#[cfg(not(unix))]
fn same(a: &Metadata, b: &Metadata) -> bool {
    a.created().ok() == b.created().ok()
}
