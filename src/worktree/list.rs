//! What lies in a folder, by name and in order, on every system the same.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::shown;
use crate::fault::Fault;

/// The names of the folders in a folder, in order; links are not followed. None when there is no such folder.
///
/// # Errors
/// When the disk does not say (exit 3).
pub fn folders(above: &Path) -> Result<Vec<String>, Fault> {
    let listed = list(above).map_err(|error| cant_list(above, &error))?;
    Ok(listed.into_iter().filter(|(_, is_folder)| *is_folder).map(|(name, _)| name).collect())
}

/// The paths of all files below a folder, with `/` and in order; links are not followed. None when there is no such
/// folder.
///
/// # Errors
/// When the disk does not say (exit 3).
pub fn files_below(above: &Path) -> Result<Vec<String>, Fault> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let folder = above.join(&prefix);
        for (name, is_folder) in list(&folder).map_err(|error| cant_list(&folder, &error))? {
            let path = format!("{prefix}{name}");
            if is_folder {
                open.push(format!("{path}/"));
            } else {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The paths of all Markdown files below a folder, with `/` and in order. Hidden folders, those of package managers and
/// build tools, and folders named `skipped` are left out: what lies there is nobody's own text.
///
/// # Errors
/// When the disk does not say (exit 3).
pub fn markdown_below(above: &Path, skipped: &str) -> Result<Vec<String>, Fault> {
    let is_foreign = |name: &str| name.starts_with('.') || name == skipped || FOREIGN.contains(&name);
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(prefix) = open.pop() {
        let folder = above.join(&prefix);
        for (name, is_folder) in list(&folder).map_err(|error| cant_list(&folder, &error))? {
            let path = format!("{prefix}{name}");
            if is_folder && !is_foreign(&name) {
                open.push(format!("{path}/"));
            } else if !is_folder && (name.ends_with(".md") || name.ends_with(".markdown")) {
                found.push(path);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

const FOREIGN: &[&str] = &["node_modules", "target", "vendor", "__pycache__", "site-packages"];

/// Names with whether each is a folder; what is neither folder nor file is left out, and so are names not in UTF-8,
/// which vso never writes.
fn list(folder: &Path) -> io::Result<Vec<(String, bool)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if let (true, Ok(name)) = (kind.is_dir() || kind.is_file(), entry.file_name().into_string()) {
            found.push((name, kind.is_dir()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn cant_list(folder: &Path, error: &io::Error) -> Fault {
    Fault::unfinished(format!("can't list {}", shown(folder))).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_complete() {
        let root = tempfile::tempdir().unwrap();
        for path in ["b/x.md", "a/deep/er/y.md", "c.md"] {
            fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            fs::write(root.path().join(path), "").unwrap();
        }
        assert_eq!(folders(root.path()).unwrap(), ["a", "b"]);
        assert_eq!(files_below(root.path()).unwrap(), ["a/deep/er/y.md", "b/x.md", "c.md"]);
        assert_eq!(files_below(&root.path().join("none")).unwrap(), Vec::<String>::new());
        assert_eq!(markdown_below(root.path(), "deep").unwrap(), ["b/x.md", "c.md"]);
    }
}
