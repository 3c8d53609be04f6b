//! The merge driver: git's own merges of slices and the master go through vso, item by item.
//!
//! It is registered in the repository's own settings and attributes, which no commit holds: a clone without vso merges
//! by lines, as ever. A driver that is gone or broken must not cost anybody a line, so its command falls back to git's.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::place::Place;
use super::write::word;
use super::{Project, named};
use crate::fault::Fault;
use crate::git::hooks_path;
use crate::worktree::shown;

/// The section of git's settings that the driver has to itself.
pub const SECTION: &str = "merge.vso";

const NAME: &str = "vso: item by item";
const COMMAND: &str = include_str!("../../../templates/hooks/driver.sh");
const BLOCK: &str = include_str!("../../../templates/hooks/attributes");

/// Registers the driver, and gives it this project's slices and master.
///
/// # Errors
/// When git's settings or attributes can't be written (exit 3).
pub fn register(place: &Place, project: &Project, binary: &Path) -> Result<(), Fault> {
    let root = &place.hooked.root;
    hooks_path::set(root, "merge.vso.name", NAME)?;
    hooks_path::set(root, "merge.vso.driver", &command(binary))?;
    let text = attributes(place)?;
    let rest = without(&text, &place.hooked.prefix);
    // At the top, so that whatever people say themselves further down wins.
    replace(place, &text, &(block(&place.hooked.prefix, project) + &rest))
}

/// Whether the driver is registered.
///
/// # Errors
/// When git can't be started (exit 3).
pub fn is_registered(place: &Place) -> Result<bool, Fault> {
    Ok(!hooks_path::settings(&place.hooked.root, "merge.vso.driver")?.is_empty())
}

/// Whether this project's files are given to the driver.
///
/// # Errors
/// When the attributes can't be read (exit 3).
pub fn has_attributes(place: &Place) -> Result<bool, Fault> {
    let text = attributes(place)?;
    Ok(without(&text, &place.hooked.prefix) != text)
}

/// Takes this project's lines out of the attributes.
///
/// # Errors
/// When they can't be read or written (exit 3).
pub fn take_attributes(place: &Place) -> Result<(), Fault> {
    // What a run that was killed left; a folder that is not there has none.
    let _ = fs::remove_file(place.hooked.attributes.with_extension("vso-new"));
    let text = attributes(place)?;
    replace(place, &text, &without(&text, &place.hooked.prefix))
}

/// The command that git hands to a shell. git itself fills in what follows a `%`.
fn command(binary: &Path) -> String {
    let path = binary.to_string_lossy();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() };
    COMMAND.trim_end().replacen("VSO", &word(&path).replace('%', "%%"), 1)
}

fn attributes(place: &Place) -> Result<String, Fault> {
    let path = &place.hooked.attributes;
    match fs::read(path) {
        // Bytes that are no text are someone's path: they must come back as they are, so they are not touched.
        Ok(bytes) => String::from_utf8(bytes).map_err(|error| {
            Fault::unfinished(format!("{} is not UTF-8", shown(path))).because(&error).hint("nothing was written to it")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Fault::unfinished(format!("can't read {}", shown(path))).because(&error)),
    }
}

fn replace(place: &Place, before: &str, after: &str) -> Result<(), Fault> {
    let path = &place.hooked.attributes;
    if before == after {
        return Ok(());
    }
    let staged = path.with_extension("vso-new");
    let written = if after.is_empty() {
        fs::remove_file(path)
    } else {
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&staged, after)).and_then(|()| {
            crate::crash::point("hooks.attributes.before");
            fs::rename(&staged, path)
        })
    };
    written.map_err(|error| Fault::unfinished(format!("can't write {}", shown(path))).because(&error))
}

/// The text without this project's block.
fn without(text: &str, prefix: &str) -> String {
    let (begin, end) = marks(prefix);
    let found = text.find(&begin).and_then(|from| Some((from, from + text[from..].find(&end)? + end.len())));
    found.map_or_else(|| text.to_owned(), |(from, to)| format!("{}{}", &text[..from], &text[to..]))
}

fn marks(prefix: &str) -> (String, String) {
    let project = named(prefix);
    (format!("# >>> vso hook install {project}\n"), format!("# <<< vso hook install {project}\n"))
}

fn block(prefix: &str, project: &Project) -> String {
    let path = |name: &str| if prefix.is_empty() { format!("/{name}") } else { format!("/{prefix}/{name}") };
    let slices = pattern(&path(&project.slices), "/**");
    // From the end, so that no name is taken for a place to fill.
    let master = pattern(&path(&project.master), "");
    let lines = BLOCK.lines().map(|line| match line.split_once(' ') {
        Some(("SLICES", rest)) => format!("{slices} {rest}\n"),
        Some(("MASTER", rest)) => format!("{master} {rest}\n"),
        _ => format!("{}\n", line.replace("PROJECT", named(prefix))),
    });
    lines.collect()
}

/// A path as a pattern of gitattributes: letters that mean something there are escaped, and a pattern with spaces or
/// quotes stands in double quotes, in which a backslash is written twice.
fn pattern(path: &str, tail: &str) -> String {
    let mut plain = String::new();
    for letter in path.chars() {
        if "*?[]\\".contains(letter) {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain.push_str(tail);
    if !plain.contains([' ', '\t', '"', '#', '!']) {
        return plain;
    }
    let quoted = plain.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
    format!("\"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project { master: "the \"master\".md".into(), slices: "slices [all]".into() }
    }

    #[test]
    fn names_with_meaning_are_patterns_for_themselves() {
        let check = |path: &str, expected: &str| assert_eq!(pattern(path, "/**"), expected);
        check("/vertical-slices", "/vertical-slices/**");
        check("/my slices", "\"/my slices/**\"");
        check("/a*[b]", "/a\\*\\[b\\]/**");
        check("/a \"b\" [c]", "\"/a \\\"b\\\" \\\\[c\\\\]/**\"");
    }

    #[test]
    fn a_block_comes_and_goes() {
        for text in ["", "*.png binary", "# mine\n* text\n"] {
            let one = block("", &project()) + text;
            let two = block("sub dir", &project()) + &one;
            assert_eq!(without(&two, ""), block("sub dir", &project()) + text);
            assert_eq!(without(&without(&two, "sub dir"), ""), text);
        }
    }

    #[test]
    fn the_command_names_the_binary_as_one_word() {
        let text = command(Path::new("/100% it's/vso"));
        assert!(text.starts_with("vso='/100%% it'\\''s/vso'; if "), "{text}");
    }
}
