//! A folder on disk as a value: what people have there, as far as git would keep it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::shown;
use crate::fault::Fault;
use crate::merge::{Entry, Mode, Tree};

/// Folders that tools fill and nobody keeps: reading them would take long, and nothing in them is anybody's text.
const FOREIGN: &[&str] = &["__pycache__", "node_modules", "target", ".git", ".terraform", ".venv", "venv"];

/// Reads all files and symbolic links below a folder. Folders of tools are left out, links are not followed, and what
/// is neither file nor link is left out too. Empty when there is no such folder.
///
/// # Errors
/// When the disk does not say, or a name is not UTF-8 (exit 3).
pub fn read_folder(folder: &Path) -> Result<Tree, Fault> {
    let mut tree = Tree::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let here = folder.join(&prefix);
        read_one(&here, &prefix, &mut tree, &mut open)
            .map_err(|error| Fault::unfinished(format!("can't read {}", shown(&here))).because(&error))?;
    }
    Ok(tree)
}

/// Reads one file or symbolic link; none when neither stands there.
///
/// # Errors
/// When the disk does not say (exit 3).
pub fn read_entry(path: &Path) -> Result<Option<Entry>, Fault> {
    let read = || -> io::Result<Option<Entry>> {
        let about = match fs::symlink_metadata(path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            other => other?,
        };
        if about.is_file() || about.is_symlink() { entry(path, &about).map(Some) } else { Ok(None) }
    };
    read().map_err(|error| Fault::unfinished(format!("can't read {}", shown(path))).because(&error))
}

fn entry(path: &Path, about: &fs::Metadata) -> io::Result<Entry> {
    if about.is_symlink() {
        let target = fs::read_link(path)?.into_os_string().into_string();
        let target = target.map_err(|_| io::Error::other("a link's target is not UTF-8"))?;
        return Ok(Entry { bytes: target.into_bytes(), mode: Mode::Link });
    }
    let mode = if is_executable(about) { Mode::Executable } else { Mode::File };
    Ok(Entry { bytes: fs::read(path)?, mode })
}

fn read_one(here: &Path, prefix: &str, tree: &mut Tree, open: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(here) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::Error::other("a name is not UTF-8"))?;
        let kind = entry.file_type()?;
        let path = format!("{prefix}{name}");
        if kind.is_dir() {
            if !FOREIGN.contains(&name.as_str()) {
                open.push(format!("{path}/"));
            }
        } else if kind.is_symlink() || kind.is_file() {
            tree.insert(path, self::entry(&entry.path(), &fs::symlink_metadata(entry.path())?)?);
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_about: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_without_what_tools_leave() {
        let root = tempfile::tempdir().unwrap();
        for path in ["spec.md", "tests/unit/test_a.py", "tests/__pycache__/a.pyc", ".terraform/x", "notes/.keep"] {
            fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            fs::write(root.path().join(path), path).unwrap();
        }
        let tree = read_folder(root.path()).unwrap();
        let paths: Vec<&str> = tree.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["notes/.keep", "spec.md", "tests/unit/test_a.py"]);
        assert_eq!(tree.get("spec.md"), Some(&Entry::file("spec.md")));
        assert!(read_folder(&root.path().join("none")).unwrap().is_empty());
    }
}
