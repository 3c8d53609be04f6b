//! The changes in a hooks folder: a link or a script put into place, and taken out again.
//!
//! Each change is a rename, so that git sees the old hook, or the new one, and never half of one.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::super::Hook;
use super::place::{Ground, Place, Stands};
use crate::crash;
use crate::fault::Fault;
use crate::worktree::shown;

/// How a hook is put into its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As a link to the binary: no shell is started, and git passes it over when the binary is gone.
    Link,
    /// As vso's script.
    Script,
    /// As vso's script, with the hook that stands there moved aside.
    Chain,
}

/// Makes the folder for hooks.
///
/// # Errors
/// When it can't be made (exit 3).
pub fn make_folder(folder: &Path) -> Result<(), Fault> {
    fs::create_dir(folder)
        .map_err(|error| Fault::unfinished(format!("can't make the folder {}", shown(folder))).because(&error))
}

/// Removes the folder if nothing is in it.
///
/// # Errors
/// When the disk fails (exit 3).
pub fn remove_folder(folder: &Path) -> Result<(), Fault> {
    match fs::remove_dir(folder) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
            Err(Fault::unfinished(format!("can't remove the folder {}", shown(folder))).because(&error))
        }
        _ => Ok(()),
    }
}

/// Puts a hook into its place; what is right already is left alone.
///
/// # Errors
/// When the folder can't be written (exit 3).
pub fn put(place: &Place, hook: Hook, how: How, binary: &Path) -> Result<(), Fault> {
    let path = place.path(hook);
    let stands = place.look(hook)?;
    let staged = staged(place, hook);
    let done = match how {
        How::Link if stands == Stands::Link(binary.to_owned()) => Ok(()),
        How::Link => cleared(&staged).and_then(|()| link(binary, &staged)).and_then(|()| moved(&staged, &path)),
        How::Script | How::Chain => {
            // What others check out must not name a path of this machine.
            let text = if place.ground == Ground::Own { script(hook, binary) } else { hook.script().to_owned() };
            if stands == Stands::Shim(text.clone()) {
                return Ok(());
            }
            let aside = |()| if how == How::Chain { moved(&path, &place.before(hook)) } else { Ok(()) };
            cleared(&staged).and_then(|()| write(&staged, &text)).and_then(aside).and_then(|()| moved(&staged, &path))
        }
    };
    done.map_err(|error| {
        // What was staged is worth nothing now; the fault says why.
        let _ = fs::remove_file(&staged);
        Fault::unfinished(format!("can't put the hook {} into place", shown(&path)))
            .because(&error)
            .hint("hooks that stand there are as they were")
    })
}

/// Takes vso's link or script out, and moves the hook that stood there before back.
///
/// # Errors
/// When the folder can't be written (exit 3).
pub fn take_out(place: &Place, hook: Hook) -> Result<(), Fault> {
    let path = place.path(hook);
    let before = place.before(hook);
    let done = if place.has_before(hook) { moved(&before, &path) } else { fs::remove_file(&path) };
    done.map_err(|error| Fault::unfinished(format!("can't take out the hook {}", shown(&path))).because(&error))
}

/// Removes what a run that was killed left of a hook beside its place.
///
/// # Errors
/// When the folder can't be written (exit 3).
pub fn sweep(place: &Place, hook: Hook) -> Result<(), Fault> {
    let staged = staged(place, hook);
    cleared(&staged).map_err(|error| Fault::unfinished(format!("can't remove {}", shown(&staged))).because(&error))
}

/// Where a hook is written before it is moved into its place.
fn staged(place: &Place, hook: Hook) -> std::path::PathBuf {
    place.folder.join(format!("{}.vso-new", hook.name()))
}

/// The script for a hook, calling the binary by its path, or else the one that `PATH` leads to.
fn script(hook: Hook, binary: &Path) -> String {
    match binary.to_str() {
        Some(path) => {
            let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
            hook.script().replacen("\nvso=vso\n", &format!("\nvso={}\n", word(&path)), 1)
        }
        // A path that is no text is left to `PATH`.
        None => hook.script().to_owned(),
    }
}

/// A text as one word of a shell.
pub fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn cleared(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Err(error),
        _ => Ok(()),
    }
}

fn moved(from: &Path, to: &Path) -> io::Result<()> {
    crash::point("hooks.move.before");
    fs::rename(from, to)?;
    crash::point("hooks.move.after");
    Ok(())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    executable(path)
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link(binary: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(binary, path)
}

#[cfg(not(unix))]
fn link(_binary: &Path, _path: &Path) -> io::Result<()> {
    Err(io::Error::from(ErrorKind::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        let check = |text: &str, expected: &str| assert_eq!(word(text), expected);
        check("/usr/bin/vso", "/usr/bin/vso");
        check("/a b/vso", "'/a b/vso'");
        check("/it's $HOME/vso", "'/it'\\''s $HOME/vso'");
        check("", "''");
    }

    #[test]
    fn a_script_names_the_binary_once() {
        let text = script(Hook::PrePush, Path::new("/o'k/vso"));
        assert!(text.contains("\nvso='/o'\\''k/vso'\n") && !text.contains("\nvso=vso\n"), "{text}");
    }
}
