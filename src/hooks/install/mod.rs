//! Puts vso's hooks into a repository, says how they stand, and takes them out again without a trace.
//!
//! Where nothing stands, a link to the binary; where somebody's hook stands, vso's script, which calls that one first;
//! where a tool manages the hooks or the folder is not the repository's own, the lines to add and no edit.

use schemars::JsonSchema;
use serde::Serialize;

use super::Hook;
use crate::fault::Fault;
use crate::git::hooks_path::{self, Hooked};
use crate::worktree::shown;

mod driver;
mod place;
mod tool;
mod write;

pub use place::{Ground, Place, Stands};

/// The key under which a repository remembers its projects: a JSON list of folders from its root, `.` for the root.
pub const PROJECTS: &str = "vso.projects";
/// The key that says that vso made the hooks folder.
const MADE: &str = "vso.hooksFolder";

/// How a hook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A link to vso.
    Linked,
    /// vso's script.
    Shim,
    /// vso's script, which first calls the hook that stood there before.
    Chained,
    /// Somebody's hook, or a tool, runs vso.
    Called,
    /// Nothing stands there.
    Absent,
    /// Somebody's hook stands there and does not run vso.
    Other,
    /// A tool writes what stands there, and its settings do not run vso.
    Managed,
}

impl State {
    /// Whether git comes by vso.
    #[must_use]
    pub fn runs(self) -> bool {
        matches!(self, Self::Linked | Self::Shim | Self::Chained | Self::Called)
    }

    /// The word for people and for JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Shim => "shim",
            Self::Chained => "chained",
            Self::Called => "called",
            Self::Absent => "absent",
            Self::Other => "other",
            Self::Managed => "managed",
        }
    }
}

/// What a person has to add by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Add {
    /// The file, from the work tree's root or absolute.
    pub to: String,
    /// The lines.
    pub lines: String,
}

/// One hook and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Its name, such as `post-commit`.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// What there is to say of it, in a few words.
    pub detail: String,
    /// What a person has to add so that it runs.
    pub add: Option<Add>,
}

/// What `--json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The folder in which hooks of this project go.
    pub folder: String,
    /// The hooks.
    pub hooks: Vec<Row>,
    /// Whether git merges with vso (`merge.vso.driver`).
    pub merge_driver: bool,
    /// Whether the slices and the master are given to it (`.git/info/attributes`).
    pub attributes: bool,
}

/// What the project calls its things, as far as merging needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The master, from the project's root.
    pub master: String,
    /// The folder of the slices, from the project's root.
    pub slices: String,
}

/// The place of the hooks of the repository around a folder.
///
/// # Errors
/// When there is none (exit 2), or git fails (exit 3).
pub fn place(root: &std::path::Path) -> Result<Place, Fault> {
    let hooked: Option<Hooked> = hooks_path::hooked(root)?;
    hooked.map(Place::of).ok_or_else(|| {
        Fault::usage(format!("{} is in no git repository with a work tree", shown(root))).hint("`git init` makes one")
    })
}

/// Puts hooks and the merge driver in. With `scripts`, no links.
///
/// # Errors
/// When git or the disk fails (exit 3). What was done until then stays, and another run goes on from there.
pub fn install(place: &Place, hooks: &[Hook], project: &Project, scripts: bool) -> Result<Report, Fault> {
    let root = &place.hooked.root;
    let binary = place::binary()?;
    remember(place, |projects| projects.push(named(&place.hooked.prefix).to_owned()))?;
    driver::register(place, project, &binary)?;
    let writes = matches!(place.ground, Ground::Own | Ground::Tracked | Ground::Husky);
    if writes && std::fs::symlink_metadata(&place.folder).is_err() {
        // Said first: a run that is killed in between leaves nothing that nobody takes away.
        hooks_path::set(root, MADE, "made")?;
        write::make_folder(&place.folder)?;
    }
    for hook in hooks {
        if let Some(how) = wanted(place, &place.look(*hook)?, *hook, scripts) {
            write::put(place, *hook, how, &binary)?;
        }
    }
    report(place, hooks)
}

/// How a hook is put into its place; none where that is not for vso to do.
fn wanted(place: &Place, stands: &Stands, hook: Hook, scripts: bool) -> Option<write::How> {
    use write::How;
    let own = place.ground == Ground::Own;
    let writes = own || matches!(place.ground, Ground::Tracked | Ground::Husky);
    match stands {
        Stands::Nothing | Stands::Link(_) if own && !scripts && !cfg!(windows) && !place.has_before(hook) => {
            Some(How::Link)
        }
        Stands::Nothing | Stands::Link(_) if writes => Some(How::Script),
        // A script that somebody copied by hand into the work tree is theirs, and committed.
        Stands::Shim(_) if own => Some(How::Script),
        Stands::Other if own && !place.has_before(hook) => Some(How::Chain),
        _ => None,
    }
}

/// How hooks stand.
///
/// # Errors
/// When git or the disk fails (exit 3).
pub fn report(place: &Place, hooks: &[Hook]) -> Result<Report, Fault> {
    let rows = hooks.iter().map(|hook| row(place, *hook)).collect::<Result<Vec<_>, Fault>>()?;
    Ok(Report {
        format: 1,
        folder: place.folder.to_string_lossy().into_owned(),
        hooks: rows,
        merge_driver: driver::is_registered(place)?,
        attributes: driver::has_attributes(place)?,
    })
}

/// Takes out what [`install`] put in: for this project, and when it was the last one in the repository, everything.
/// Gives the rows of the hooks that still run vso because somebody added it by hand.
///
/// # Errors
/// When git or the disk fails (exit 3).
pub fn uninstall(place: &Place) -> Result<Vec<Row>, Fault> {
    let root = &place.hooked.root;
    driver::take_attributes(place)?;
    if !remember(place, |projects| projects.retain(|name| name != named(&place.hooked.prefix)))?.is_empty() {
        return Ok(Vec::new());
    }
    for hook in Hook::ALL {
        write::sweep(place, *hook)?;
        match place.look(*hook)? {
            Stands::Link(_) | Stands::Shim(_) => write::take_out(place, *hook)?,
            Stands::Nothing if place.has_before(*hook) => write::take_out(place, *hook)?,
            _ => {}
        }
    }
    if !hooks_path::settings(root, MADE)?.is_empty() {
        write::remove_folder(&place.folder)?;
        hooks_path::take_out(root, MADE)?;
    }
    hooks_path::take_out_section(root, driver::SECTION)?;
    let left = Hook::ALL.iter().map(|hook| row(place, *hook)).collect::<Result<Vec<_>, Fault>>()?;
    Ok(left.into_iter().filter(|row| row.state.runs()).collect())
}

/// Changes the list of projects that the repository remembers, and gives the new one.
fn remember(place: &Place, edit: impl FnOnce(&mut Vec<String>)) -> Result<Vec<String>, Fault> {
    let root = &place.hooked.root;
    let set = hooks_path::settings(root, PROJECTS)?;
    // A list that somebody broke is as good as none: the hooks take the root then.
    let mut projects: Vec<String> = set.last().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    edit(&mut projects);
    projects.sort();
    projects.dedup();
    match serde_json::to_string(&projects) {
        Ok(text) if !projects.is_empty() => hooks_path::set(root, PROJECTS, &text)?,
        _ => hooks_path::take_out(root, PROJECTS)?,
    }
    Ok(projects)
}

fn named(prefix: &str) -> &str {
    if prefix.is_empty() { "." } else { prefix }
}

fn row(place: &Place, hook: Hook) -> Result<Row, Fault> {
    let stands = place.look(hook)?;
    let before = place.has_before(hook);
    let (state, detail) = match &stands {
        Stands::Nothing => (State::Absent, absent(place)),
        Stands::Link(target) if target.exists() => (State::Linked, format!("to {}", target.display())),
        Stands::Link(target) => (State::Linked, format!("to {}, which is gone: git passes it over", target.display())),
        Stands::Shim(_) if before => (State::Chained, format!("after {}", shown(&place.before(hook)))),
        Stands::Shim(_) => (State::Shim, shown(&place.path(hook))),
        Stands::Calls(Some(tool)) => (State::Called, format!("by {}", tool.name)),
        Stands::Calls(None) => (State::Called, format!("by {}", shown(&place.path(hook)))),
        Stands::Managed(tool) => (State::Managed, format!("{} writes {}", tool.name, shown(&place.path(hook)))),
        Stands::Other if before => {
            let (one, other) = (place.path(hook), place.before(hook));
            (State::Other, format!("{} and {} both stand there", shown(&one), shown(&other)))
        }
        Stands::Other => (State::Other, format!("{} stands there", shown(&place.path(hook)))),
        Stands::Odd => (State::Other, format!("{} is no file", shown(&place.path(hook)))),
    };
    let add = match &stands {
        Stands::Managed(tool) => Some(tool.add(&place.hooked.root, hook)),
        Stands::Other => Some(by_hand(place, hook)),
        Stands::Nothing if matches!(place.ground, Ground::Shared) => Some(by_hand(place, hook)),
        _ => None,
    };
    Ok(Row { name: hook.name().to_owned(), state, detail, add })
}

fn absent(place: &Place) -> String {
    let set = place.hooked.hooks_path.as_deref().unwrap_or_default();
    match place.ground {
        Ground::Off => format!("core.hooksPath = {set} switches hooks off"),
        Ground::Shared => format!("core.hooksPath = {set} is not this repository's own"),
        Ground::Own | Ground::Tracked | Ground::Husky => "nothing stands there".to_owned(),
    }
}

fn by_hand(place: &Place, hook: Hook) -> Add {
    let path = place.path(hook);
    let path = path.strip_prefix(&place.hooked.root).unwrap_or(&path);
    let line = tool::line(hook);
    let lines = if place.path(hook).exists() { line } else { format!("#!/bin/sh\n{line}") };
    Add { to: path.to_string_lossy().into_owned(), lines }
}
