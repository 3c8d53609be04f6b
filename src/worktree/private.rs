//! Files that their owner alone may read: secrets. New ones only, unless told otherwise, and then what stood there is kept
//! beside them; all of them or none.
//!
//! Room for them is taken before there is anything to write, so that a secret that is given once is not lost to a folder
//! that can't be written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::shown;
use crate::crash;
use crate::fault::Fault;

/// What is added to the name of a file that is replaced.
const OLD: &str = ".old";

/// Room for files, taken and still empty. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Private {
    folder: PathBuf,
    files: Vec<(String, NamedTempFile)>,
    replace: bool,
}

impl Private {
    /// Takes room for files of these names in a folder, which is made if it is missing. `replace`: files that are there
    /// will be kept as `NAME.old` when the new ones are written.
    ///
    /// # Errors
    /// When one of them is there already (exit 1), the folder is none (exit 2), or can't be written (exit 3).
    pub fn take(folder: &Path, names: &[&str], replace: bool) -> Result<Self, Fault> {
        let failed = |error: &io::Error| {
            Fault::unfinished(format!("can't write in {}", shown(folder)))
                .because(error)
                .hint("name another folder, or become the user whose it is")
        };
        if folder.exists() && !folder.is_dir() {
            return Err(Fault::usage(format!("{} is no folder", shown(folder))));
        }
        make(folder).map_err(|error| failed(&error))?;
        let folder = folder.canonicalize().map_err(|error| failed(&error))?;
        let mut files = Vec::new();
        for name in names {
            check(&folder.join(name), replace)?;
            let room = tempfile::Builder::new().prefix(&format!(".{name}.")).tempfile_in(&folder);
            let room = room.map_err(|error| failed(&error))?;
            owner_only(&room).map_err(|error| failed(&error))?;
            files.push(((*name).to_owned(), room));
        }
        Ok(Self { folder, files, replace })
    }

    /// The folder, whole.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of this name will be.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes the files, in the order of their names in [`Private::take`]. A program that is killed on the way leaves the
    /// first ones whole and the others missing.
    ///
    /// # Errors
    /// When something of that name came meanwhile (exit 1), or the disk fails (exit 3); then it is as it was.
    pub fn write(self, texts: &[&str]) -> Result<(), Fault> {
        let failed = |error: &io::Error| {
            Fault::unfinished(format!("the secrets can't be written in {}", shown(&self.folder))).because(error)
        };
        let mut files = self.files;
        for ((_, room), text) in files.iter_mut().zip(texts) {
            let written = room.write_all(text.as_bytes()).and_then(|()| room.as_file().sync_all());
            written.map_err(|error| failed(&error))?;
        }
        let mut done: Vec<Placed> = Vec::new();
        for (name, room) in files {
            match place(&self.folder.join(name), room, self.replace) {
                Ok(placed) => done.push(placed),
                Err(error) => {
                    done.into_iter().rev().for_each(Placed::undo);
                    return Err(failed(&error));
                }
            }
        }
        settle(&self.folder).map_err(|error| failed(&error))
    }
}

/// A file in its place.
struct Placed {
    path: PathBuf,
    /// Where the one is that stood there.
    old: Option<PathBuf>,
}

impl Placed {
    fn undo(self) {
        // What can't be undone any more is said by the failure that led here.
        let _ = match self.old {
            Some(old) => fs::rename(old, self.path),
            None => fs::remove_file(self.path),
        };
    }
}

fn place(path: &Path, room: NamedTempFile, replace: bool) -> io::Result<Placed> {
    let mut old = None;
    if replace && path.symlink_metadata().is_ok() {
        let mut name = path.as_os_str().to_owned();
        name.push(OLD);
        let kept = PathBuf::from(name);
        fs::rename(path, &kept)?;
        old = Some(kept);
    }
    let placed = Placed { path: path.to_owned(), old };
    crash::point("private.place.before");
    match room.persist_noclobber(path) {
        Ok(_) => {
            crash::point("private.place.after");
            Ok(placed)
        }
        Err(error) => {
            // Nothing of ours stands there: only what was moved away comes back.
            if placed.old.is_some() {
                placed.undo();
            }
            Err(error.error)
        }
    }
}

fn check(path: &Path, replace: bool) -> Result<(), Fault> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Fault::unfinished(format!("can't look at {}", shown(path))).because(&error)),
        Ok(found) if replace && found.is_file() => Ok(()),
        Ok(found) if found.is_file() => Err(Fault::refused(format!("{} is there already", shown(path)))
            .hint("name another folder; or --force, which keeps what is there as NAME.old")),
        Ok(_) => Err(Fault::refused(format!("{} is there already, and is no file", shown(path)))),
    }
}

/// Makes the folder, for its owner alone; one that is there stays as it is.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Temporary files are made so already; this holds it where a library changes its mind.
#[cfg(unix)]
fn owner_only(room: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    room.as_file().set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn owner_only(_room: &NamedTempFile) -> io::Result<()> {
    Ok(())
}

/// Names are on the disk only when their folder is.
#[cfg(unix)]
fn settle(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn settle(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["app.pem", "app.env"];

    fn names(folder: &Path) -> Vec<String> {
        let mut all: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    #[test]
    fn secrets_are_written_for_their_owner_alone_and_once() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("a/b");
        let room = Private::take(&folder, NAMES, false).unwrap();
        assert_eq!(names(&folder).len(), 2, "room is taken");
        drop(room);
        assert!(names(&folder).is_empty(), "and given back");
        let room = Private::take(&folder, NAMES, false).unwrap();
        room.write(&["key", "secret"]).unwrap();
        assert_eq!(names(&folder), ["app.env", "app.pem"]);
        assert_eq!(fs::read_to_string(folder.join("app.env")).unwrap(), "secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(
                [mode(&folder), mode(&folder.join("app.env")), mode(&folder.join("app.pem"))],
                [0o700, 0o600, 0o600]
            );
        }
        assert_eq!(Private::take(&folder, NAMES, false).unwrap_err().kind().exit_code(), 1);
        assert_eq!(names(&folder), ["app.env", "app.pem"]);
    }

    #[test]
    fn what_is_replaced_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app.env"), "before").unwrap();
        Private::take(folder.path(), NAMES, true).unwrap().write(&["key", "after"]).unwrap();
        assert_eq!(names(folder.path()), ["app.env", "app.env.old", "app.pem"]);
        assert_eq!(fs::read_to_string(folder.path().join("app.env.old")).unwrap(), "before");
    }

    #[test]
    fn who_comes_in_between_keeps_what_is_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let room = Private::take(folder.path(), NAMES, false).unwrap();
        fs::write(folder.path().join("app.env"), "theirs").unwrap();
        assert_eq!(room.write(&["key", "mine"]).unwrap_err().kind().exit_code(), 3);
        assert_eq!(names(folder.path()), ["app.env"], "all or nothing");
        assert_eq!(fs::read_to_string(folder.path().join("app.env")).unwrap(), "theirs");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_never_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("app.env")).unwrap();
        for replace in [false, true] {
            assert_eq!(Private::take(folder.path(), NAMES, replace).unwrap_err().kind().exit_code(), 1);
        }
        assert_eq!(Private::take(&folder.path().join("app.env"), NAMES, true).unwrap_err().kind().exit_code(), 3);
    }
}
