//! Where the hooks of a repository lie, whose that folder is, and what stands in it.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::super::Hook;
use super::tool::{self, Tool};
use crate::fault::Fault;
use crate::git::hooks_path::Hooked;
use crate::worktree::shown;

/// Whose the hooks folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// git's own folder: nobody else sees it.
    Own,
    /// A folder of the work tree (`core.hooksPath`): what stands there is committed, and others run it too.
    Tracked,
    /// `.husky`, which husky leads git to.
    Husky,
    /// A folder outside of the repository (`core.hooksPath`): other repositories use it too.
    Shared,
    /// `core.hooksPath` names no folder, which switches hooks off.
    Off,
}

/// The hooks of a repository.
#[derive(Debug, Clone)]
pub struct Place {
    /// What git says.
    pub hooked: Hooked,
    /// Where a hook of this project goes.
    pub folder: PathBuf,
    /// Whose that folder is.
    pub ground: Ground,
}

/// What stands in a hook's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// Nothing.
    Nothing,
    /// A link to vso, to this path.
    Link(PathBuf),
    /// vso's own script, with this text.
    Shim(String),
    /// Something of somebody's that runs vso; the tool when one manages it.
    Calls(Option<&'static Tool>),
    /// A script that a tool writes.
    Managed(&'static Tool),
    /// Somebody's own hook.
    Other,
    /// No file: git would not run it.
    Odd,
}

impl Place {
    /// The place for what git says.
    #[must_use]
    pub fn of(hooked: Hooked) -> Self {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (root, common, hooks) = (real(&hooked.root), real(&hooked.common_dir), real(&hooked.hooks));
        let husky = root.join(".husky");
        let set = hooked.hooks_path.is_some();
        let (ground, folder) = if hooks == husky || hooks == husky.join("_") {
            (Ground::Husky, husky)
        } else if hooks.starts_with(&common) {
            (Ground::Own, hooks)
        } else if set && hooks.exists() && !hooks.is_dir() {
            (Ground::Off, hooks)
        } else if hooks.starts_with(&root) {
            (Ground::Tracked, hooks)
        } else {
            (Ground::Shared, hooks)
        };
        Self { hooked, folder, ground }
    }

    /// Where a hook goes.
    #[must_use]
    pub fn path(&self, hook: Hook) -> PathBuf {
        self.folder.join(hook.name())
    }

    /// Where the hook that stood there before waits to be called by vso's script.
    #[must_use]
    pub fn before(&self, hook: Hook) -> PathBuf {
        self.folder.join(format!("{}.before-vso", hook.name()))
    }

    /// Whether such a one waits.
    #[must_use]
    pub fn has_before(&self, hook: Hook) -> bool {
        fs::symlink_metadata(self.before(hook)).is_ok()
    }

    /// What stands there.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn look(&self, hook: Hook) -> Result<Stands, Fault> {
        let path = self.path(hook);
        let failed = |error: &std::io::Error| Fault::unfinished(format!("can't read {}", shown(&path))).because(error);
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Stands::Nothing);
            }
            Err(error) => return Err(failed(&error)),
        };
        if about.is_symlink() {
            let target = fs::read_link(&path).map_err(|error| failed(&error))?;
            if is_vso(&target) {
                return Ok(Stands::Link(target));
            }
        } else if !about.is_file() {
            return Ok(Stands::Odd);
        }
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // A link that leads nowhere, or to a folder, is somebody's, whatever it was.
            Err(_) if about.is_symlink() => return Ok(Stands::Other),
            Err(error) => return Err(failed(&error)),
        };
        Ok(self.recognised(hook, text))
    }

    fn recognised(&self, hook: Hook, text: String) -> Stands {
        if text.lines().nth(1).is_some_and(|line| line.starts_with(&format!("# vso {}:", hook.name()))) {
            return Stands::Shim(text);
        }
        match Tool::of(&text) {
            Some(tool) if tool.calls_vso(&self.hooked.root, hook) => Stands::Calls(Some(tool)),
            _ if tool::calls(&text, hook) => Stands::Calls(None),
            Some(tool) => Stands::Managed(tool),
            None => Stands::Other,
        }
    }
}

/// Whether a link's target is a vso, there or not.
fn is_vso(target: &Path) -> bool {
    let own = std::env::current_exe().ok().and_then(|own| own.file_name().map(OsStr::to_owned));
    target.file_name().is_some_and(|name| name == "vso" || name == "vso.exe" || own.as_deref() == Some(name))
}

/// The path under which this program is called: from `PATH` where that leads to it, so that an update that moves the
/// file behind a link does not leave hooks that lead nowhere.
///
/// # Errors
/// When the system can't say what it runs (exit 3).
pub fn binary() -> Result<PathBuf, Fault> {
    let own = std::env::current_exe()
        .map_err(|error| Fault::unfinished("can't tell where vso itself lies").because(&error))?;
    let real = own.canonicalize().unwrap_or_else(|_| own.clone());
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&folders).filter(|folder| folder.is_absolute()).map(|folder| folder.join("vso"));
    let mut named = named;
    let found = named.find(|path| path.canonicalize().is_ok_and(|path| path == real));
    Ok(found.unwrap_or(own))
}
