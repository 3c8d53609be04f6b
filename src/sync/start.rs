//! A new project: a master specification to learn from, settings, and what git should ignore. Nothing is overwritten.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::fault::Fault;
use crate::worktree::{Change, Lock, Standing, Watch, read_text, shown, standing, write};

const MASTER: &str = include_str!("../../templates/init/master-spec.md");
const SETTINGS: &str = include_str!("../../templates/init/vso.toml");
const IGNORED: &str = include_str!("../../templates/init/gitignore");

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It is new.
    Written,
    /// Lines were added at its end.
    Extended,
    /// It was there and stays as it is.
    Kept,
}

/// Writes what is missing, all of it or nothing.
///
/// # Errors
/// When the disk fails (exit 3) or a `.gitignore` that is there can't be read (exit 2).
pub fn start(root: &Path, waiting: &dyn Fn()) -> Result<Vec<(&'static str, Started)>, Fault> {
    let ignored = ignore_file(root)?;
    let ignored = ignored.as_ref().map(|(before, text)| (before.clone(), text.as_str()));
    let mut changes = Vec::new();
    let mut done = Vec::new();
    for (path, new) in [
        ("master-spec.md", new_file(root, "master-spec.md", MASTER)?),
        ("vso.toml", new_file(root, "vso.toml", SETTINGS)?),
        (".gitignore", ignored),
    ] {
        let Some((before, text)) = new else {
            done.push((path, Started::Kept));
            continue;
        };
        done.push((path, if before == Standing::Nothing { Started::Written } else { Started::Extended }));
        changes.push(Change { path, before, bytes: Some(text.as_bytes()), executable: false, keep: None });
    }
    if !changes.is_empty() {
        let lock = Lock::take(root, waiting)?;
        write(&lock, &changes, Watch { step: &|| (), stop: &AtomicBool::new(false) })?;
    }
    Ok(done)
}

fn new_file<'a>(root: &Path, path: &str, text: &'a str) -> Result<Option<(Standing, &'a str)>, Fault> {
    let free = stands(root, path)? == Standing::Nothing;
    Ok(free.then_some((Standing::Nothing, text)))
}

/// `.gitignore` with the entries that it lacks, in its own line ends; none when it lacks nothing or is no plain file.
fn ignore_file(root: &Path) -> Result<Option<(Standing, String)>, Fault> {
    let before = stands(root, ".gitignore")?;
    let mut text = match before {
        Standing::Nothing => return Ok(Some((before, IGNORED.to_owned()))),
        Standing::File(_) => read_text(&root.join(".gitignore"))?,
        _ => return Ok(None),
    };
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let lacking = lacking(&text);
    if lacking.is_empty() {
        return Ok(None);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(end);
    }
    for line in lacking {
        text.push_str(line);
        text.push_str(end);
    }
    Ok(Some((before, text)))
}

/// The entries that a text lacks, each under its comment.
fn lacking(text: &str) -> Vec<&'static str> {
    let there = |entry: &str| text.lines().any(|line| line.trim().trim_start_matches('/') == entry);
    let mut found = Vec::new();
    let mut comment = None;
    for line in IGNORED.lines() {
        if line.starts_with('#') {
            comment = Some(line);
        } else if !there(line) {
            found.extend(comment.take());
            found.push(line);
        }
    }
    found
}

fn stands(root: &Path, path: &str) -> Result<Standing, Fault> {
    let path = root.join(path);
    standing(&path).map_err(|error| Fault::unfinished(format!("can't look at {}", shown(&path))).because(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, keys, layered};
    use std::collections::BTreeMap;

    #[test]
    fn the_settings_show_every_key_with_its_default() {
        let shown: String = SETTINGS
            .lines()
            .map(|line| {
                line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '#']) && !rest.is_empty()).unwrap_or(line)
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let found = layered(Some(&shown), &BTreeMap::new(), &[]).unwrap();
        assert_eq!(found.config, Settings::default().config);
        let named: Vec<String> = found.sources.into_keys().collect();
        assert_eq!(named, keys());
    }

    #[test]
    fn entries_are_added_once_and_under_their_comment() {
        assert!(lacking(IGNORED).is_empty());
        assert!(
            lacking("/.slice-orchestrator/\n.terraform/\n*.tfstate\n*.tfstate.*\n__pycache__/\n.pytest_cache/")
                .is_empty()
        );
        let some = lacking(".terraform/\n*.tfstate\n__pycache__/\n.pytest_cache/\n");
        assert_eq!(some[1..], [".slice-orchestrator/", "# Terraform: state and downloaded providers", "*.tfstate.*"]);
    }
}
