//! The walls: which room may know which, and what a room must not know of the outside.
//!
//! The tables are the design; `src/ARCHITECTURE.md` says them in prose. A room that has no place here can't be built.

use super::source::{Named, Source, root, sources};

/// Where a room stands. Arrows run from higher to lower levels only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// What everything may use: `fault`.
    Ground,
    /// What vso knows: pure.
    Knows,
    /// What vso touches: one outside thing each.
    Touches,
    /// What vso does: use cases.
    Does,
    /// How one asks vso.
    Edge,
}

use Level::{Does, Edge, Ground, Knows, Touches};

/// Every room, also those that are still to come.
const ROOMS: &[(&str, Level)] = &[
    ("fault", Ground),
    ("crash", Ground),
    ("spec", Knows),
    ("slicing", Knows),
    ("scaffold", Knows),
    ("merge", Knows),
    ("report", Knows),
    ("worktree", Touches),
    ("git", Touches),
    ("ledger", Touches),
    ("forge", Touches),
    ("runner", Touches),
    ("config", Touches),
    ("model", Touches),
    ("sync", Does),
    ("pipeline", Does),
    ("cli", Edge),
    ("hooks", Edge),
    ("serve", Edge),
];

/// The doors between rooms of one level: from, to.
const DOORS: &[(&str, &str)] = &[
    ("slicing", "spec"),
    ("scaffold", "spec"),
    ("scaffold", "slicing"),
    ("merge", "spec"),
    ("report", "spec"),
    ("report", "slicing"),
    ("report", "merge"),
    ("forge", "git"),
    ("forge", "ledger"),
    // git starts the same program under another name, and what a hook has to say is printed where all is printed.
    ("cli", "hooks"),
    // `vso serve` starts the server, which itself never knows the command line.
    ("cli", "serve"),
];

/// Things of the outside that have one room, or a few: the wall's name, the paths, the rooms or files that may.
const KEPT: &[(&str, &[&str], &[&str])] = &[
    ("git2-only-in-git", &["git2"], &["git"]),
    ("rusqlite-only-in-ledger", &["rusqlite"], &["ledger"]),
    ("axum-only-in-serve", &["axum", "tower_http", "hyper", "hyper_util"], &["serve"]),
    ("octocrab-only-in-forge", &["octocrab"], &["forge"]),
    ("reqwest-only-in-model-and-forge", &["reqwest"], &["model", "forge"]),
    (
        "printing-only-in-out",
        &["std::io::stdout", "std::io::stderr", "anstream", "print!", "println!", "eprint!", "eprintln!", "dbg!"],
        &["cli/out.rs"],
    ),
];

/// What the pure rooms must not know: the wall's name and the paths, macros and keywords behind it.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("pure-rooms-know-no-files", &["std::fs", "std::os", "tempfile"]),
    ("pure-rooms-know-no-environment", &["std::env", "clap"]),
    ("pure-rooms-know-no-network", &["std::net", "reqwest", "octocrab", "axum"]),
    ("pure-rooms-know-no-processes", &["std::process"]),
    ("pure-rooms-know-no-clock", &["std::time", "jiff", "chrono", "time"]),
    ("pure-rooms-know-no-chance", &["rand", "getrandom", "uuid"]),
    ("pure-rooms-know-no-async", &["tokio", "futures", "async", "await"]),
    ("pure-rooms-know-no-git", &["git2"]),
    ("pure-rooms-know-no-database", &["rusqlite"]),
];

/// A wall that is broken.
#[derive(Debug, PartialEq, Eq)]
pub struct Breach {
    wall: &'static str,
    place: String,
    what: String,
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wall `{}`: {}: {}", self.wall, self.place, self.what)
    }
}

fn level(room: &str) -> Option<Level> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, level)| *level)
}

/// The room that a file of `src/` stands in; none for `lib.rs` and `main.rs`.
fn room(path: &str) -> Option<&str> {
    let first = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
    (!matches!(path, "lib.rs" | "main.rs")).then_some(first)
}

/// All walls that a file breaks.
fn breaches(source: &Source) -> Vec<Breach> {
    let contents = source.contents();
    let mut found = Vec::new();
    let mut report = |wall, line: usize, what: String| {
        found.push(Breach { wall, place: format!("src/{}:{line}", source.path), what })
    };
    let here = room(&source.path);
    if let Some(here) = here
        && level(here).is_none()
    {
        report("every-room-has-a-place", 1, format!("`{here}` is not in the table of tests/house/walls.rs"));
        return found;
    }
    for named in &contents.paths {
        if let Some((wall, what)) = arrow(source, here, named) {
            report(wall, named.line, what);
        }
        for wall in outside(source, here, &named.segments.join("::")) {
            report(wall, named.line, format!("names `{}`", named.segments.join("::")));
        }
    }
    for (word, line) in &contents.words {
        for wall in outside(source, here, word) {
            report(wall, *line, format!("says `{word}`"));
        }
    }
    found
}

/// The wall between rooms that a path runs through.
fn arrow(source: &Source, here: Option<&str>, named: &Named) -> Option<(&'static str, String)> {
    let inside = source.resolve(named)?;
    let there = match inside.first().map(String::as_str) {
        None | Some("*") => return Some(("rooms-are-named", "the whole crate under another name or as a glob".into())),
        Some(first) => first,
    };
    let Some(here) = here else {
        let is_lobby = source.path == "main.rs" && there != "cli";
        return is_lobby.then(|| ("main-knows-only-the-command-line", format!("`main` -> `{there}`")));
    };
    let (from, to) = (level(here)?, level(there));
    let what = format!("`{here}` -> `{there}`");
    match to {
        _ if here == there => None,
        None => Some(("every-room-has-a-place", what)),
        Some(to) if to > from => Some(("arrows-run-downwards", what)),
        Some(to) if to == from && !DOORS.contains(&(here, there)) => Some(("rooms-of-one-level-do-not-meet", what)),
        Some(_) => None,
    }
}

/// The walls around the outside that a path, macro or keyword breaks.
fn outside(source: &Source, here: Option<&str>, said: &str) -> Vec<&'static str> {
    let is_kept = |rooms: &[&str]| rooms.iter().any(|room| source.path == *room || here == Some(*room));
    let kept = KEPT.iter().filter(|(_, paths, rooms)| !is_kept(rooms) && names(paths, said)).map(|(wall, ..)| *wall);
    let is_pure = here.is_some_and(|room| level(room) == Some(Knows));
    // A span of time is a number; only the clock is outside.
    let is_clock = said != "std::time" && !said.starts_with("std::time::Duration");
    let pure = OUTSIDE.iter().filter(|(_, paths)| is_pure && is_clock && names(paths, said)).map(|(wall, _)| *wall);
    kept.chain(pure).collect()
}

fn names(paths: &[&str], said: &str) -> bool {
    let under = |path: &str| said == path || said.strip_prefix(path).is_some_and(|rest| rest.starts_with("::"));
    // A glob over the parent names them all.
    let glob = |path: &str| said.strip_suffix("::*").is_some_and(|over| path.starts_with(&format!("{over}::")));
    paths.iter().any(|path| under(path) || glob(path))
}

/// All breaches of the house's own sources.
fn report(wanted: impl Fn(&Breach) -> bool) {
    let found: Vec<String> =
        sources("src").iter().flat_map(breaches).filter(wanted).map(|breach| breach.to_string()).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn is_between_rooms(breach: &Breach) -> bool {
    let walls = [
        "every-room-has-a-place",
        "arrows-run-downwards",
        "rooms-of-one-level-do-not-meet",
        "rooms-are-named",
        "main-knows-only-the-command-line",
    ];
    walls.contains(&breach.wall)
}

#[test]
fn arrows_between_rooms_run_downwards() {
    report(is_between_rooms);
}

#[test]
fn pure_rooms_know_no_outside() {
    report(|breach| breach.wall.starts_with("pure-rooms-"));
}

#[test]
fn each_outside_thing_has_one_room() {
    report(|breach| KEPT.iter().any(|(wall, ..)| *wall == breach.wall));
}

#[test]
fn the_source_has_no_room_without_a_place() {
    for entry in std::fs::read_dir(root().join("src")).expect("src can be read") {
        let name = entry.expect("an entry can be read").file_name().to_string_lossy().into_owned();
        let known = matches!(name.as_str(), "lib.rs" | "main.rs" | "ARCHITECTURE.md");
        let stem = name.trim_end_matches(".rs");
        assert!(known || level(stem).is_some(), "wall `every-room-has-a-place`: src/{name}");
    }
}

/// Each wall broken once, in a made-up source.
#[test]
fn every_broken_wall_is_reported() {
    let cases = [
        ("cupboard/mod.rs", "fn f() {}", "every-room-has-a-place"),
        ("spec/a.rs", "use crate::cupboard::x;", "every-room-has-a-place"),
        ("spec/a.rs", "use crate::slicing::slice::Slice;", "rooms-of-one-level-do-not-meet"),
        ("spec/a.rs", "use super::super::report::Table;", "rooms-of-one-level-do-not-meet"),
        ("merge/mod.rs", "use super::slicing::slice::Slice;", "rooms-of-one-level-do-not-meet"),
        ("git/a.rs", "use crate::{fault::Fault, config::Config};", "rooms-of-one-level-do-not-meet"),
        ("hooks/a.rs", "use crate::serve::start;", "rooms-of-one-level-do-not-meet"),
        ("scaffold/a.rs", "fn f() { crate::worktree::write() }", "arrows-run-downwards"),
        ("config/mod.rs", "use crate::cli::Context;", "arrows-run-downwards"),
        ("fault.rs", "use crate::spec::span::Span;", "arrows-run-downwards"),
        ("spec/a.rs", "#[cfg(test)] mod tests { use crate::git::open; }", "arrows-run-downwards"),
        ("spec/a.rs", "use crate as other;", "rooms-are-named"),
        ("sync/a.rs", "use crate::*;", "rooms-are-named"),
        ("main.rs", "use vso::git::open;", "main-knows-only-the-command-line"),
        ("spec/a.rs", "use std::{fs, fmt};", "pure-rooms-know-no-files"),
        ("spec/a.rs", "use std::*;", "pure-rooms-know-no-files"),
        ("report/a.rs", "fn f() { std::env::var(\"HOME\"); }", "pure-rooms-know-no-environment"),
        ("merge/a.rs", "use std::net::TcpStream;", "pure-rooms-know-no-network"),
        ("slicing/a.rs", "use std::process::Command;", "pure-rooms-know-no-processes"),
        ("slicing/a.rs", "use std::time::{Duration, Instant};", "pure-rooms-know-no-clock"),
        ("slicing/a.rs", "fn f() { std::time::SystemTime::now(); }", "pure-rooms-know-no-clock"),
        ("scaffold/a.rs", "use rand::random;", "pure-rooms-know-no-chance"),
        ("scaffold/a.rs", "async fn f() {}", "pure-rooms-know-no-async"),
        ("scaffold/a.rs", "#[tokio::main] fn f() {}", "pure-rooms-know-no-async"),
        ("merge/a.rs", "use git2::Repository;", "pure-rooms-know-no-git"),
        ("merge/a.rs", "use rusqlite::Connection;", "pure-rooms-know-no-database"),
        ("sync/a.rs", "fn f() { git2::Repository::open(\".\"); }", "git2-only-in-git"),
        ("sync/a.rs", "use rusqlite::Connection;", "rusqlite-only-in-ledger"),
        ("cli/a.rs", "use axum::Router;", "axum-only-in-serve"),
        ("cli/a.rs", "use octocrab::Octocrab;", "octocrab-only-in-forge"),
        ("sync/a.rs", "use reqwest::Client;", "reqwest-only-in-model-and-forge"),
        ("cli/items.rs", "fn f() { println!(\"x\"); }", "printing-only-in-out"),
        ("cli/items.rs", "use std::io::{Write, stdout};", "printing-only-in-out"),
    ];
    for (path, text, wall) in cases {
        let found = breaches(&Source::new(path, text));
        assert!(found.iter().any(|breach| breach.wall == wall), "{path}: {text}: {found:?}");
    }
    let walls = KEPT.iter().map(|(wall, ..)| wall).chain(OUTSIDE.iter().map(|(wall, _)| wall));
    for wall in walls {
        assert!(cases.iter().any(|(.., broken)| broken == wall), "no case breaks `{wall}`");
    }
}

/// What the design allows is not reported.
#[test]
fn open_doors_are_no_breach() {
    let cases = [
        ("spec/a.rs", "use super::span::Span; use crate::spec::item; use crate::fault::Fault; use std::fmt;"),
        ("spec/a.rs", "use std::time::Duration; pub(crate) fn f() {} pub(in crate::spec) fn g() {}"),
        ("report/a.rs", "use crate::{merge::Tree, slicing::Slicing, spec::item::Reading};"),
        ("forge/local.rs", "use crate::git::open; use crate::ledger::Queue;"),
        ("sync/a.rs", "use crate::{git, worktree, scaffold::FileTree}; use std::fs; use std::time::Instant;"),
        ("git/a.rs", "use git2::Repository; use crate::spec::text::name_key;"),
        ("cli/out.rs", "fn f() { anstream::stdout(); std::io::stderr(); }"),
        ("spec/a.rs", "// crate::cli\nconst A: &str = \"crate::git std::fs println!()\";"),
    ];
    for (path, text) in cases {
        assert_eq!(breaches(&Source::new(path, text)), [], "{path}: {text}");
    }
}
