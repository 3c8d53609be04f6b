//! How git asks vso: one file per git hook. They say what they have to say as lines; the command line prints them.
//!
//! A hook runs at every commit of every person, so it looks before it works: nothing relevant touched means no ledger,
//! no child process and no word. It never stops anybody but by a finding that is an error.

use std::ffi::OsString;

use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Repo};

mod after;
mod along;
mod check;
pub mod install;
mod post_commit;
mod post_merge;
mod post_rewrite;
mod pre_commit;
mod pre_push;
mod project;
mod touched;

/// What differs between two commits in the project that `repo` was opened for, in words: requirements, slices, settings,
/// templates. None when nothing that matters to vso does.
///
/// # Errors
/// When an object is missing (exit 3).
pub fn changed(repo: &Repo, config: &Config, before: Id, after: Id) -> Result<Option<String>, Fault> {
    let (prefix, config, tree) = (repo.prefix().to_owned(), config.clone(), repo.tree_of(after)?);
    let project = project::Project { prefix, config, tree };
    Ok(touched::between(repo, &project, repo.tree_of(before)?)?.map(|touched| touched.words))
}

/// A hook that vso has something to do in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// After a commit.
    PostCommit,
    /// Before a push.
    PrePush,
    /// After a merge or a pull.
    PostMerge,
    /// After a rebase or an amended commit.
    PostRewrite,
    /// Before a commit; installed only when asked for.
    PreCommit,
}

impl Hook {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::PostCommit, Self::PrePush, Self::PostMerge, Self::PostRewrite, Self::PreCommit];
    /// Those that are installed unless others are named.
    pub const USUAL: &'static [Self] = &[Self::PostCommit, Self::PrePush, Self::PostMerge, Self::PostRewrite];

    /// Its name, which is the name of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PostCommit => "post-commit",
            Self::PrePush => "pre-push",
            Self::PostMerge => "post-merge",
            Self::PostRewrite => "post-rewrite",
            Self::PreCommit => "pre-commit",
        }
    }

    /// The hook of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|hook| hook.name() == name)
    }

    /// The script that stands in `hooks/`.
    #[must_use]
    pub fn script(self) -> &'static str {
        match self {
            Self::PostCommit => include_str!("../../hooks/post-commit"),
            Self::PrePush => include_str!("../../hooks/pre-push"),
            Self::PostMerge => include_str!("../../hooks/post-merge"),
            Self::PostRewrite => include_str!("../../hooks/post-rewrite"),
            Self::PreCommit => include_str!("../../hooks/pre-commit"),
        }
    }
}

/// What a hook has to say, and whether git shall stop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Lines for the person.
    pub lines: Vec<String>,
    /// Whether the push or the commit is stopped.
    pub stops: bool,
}

/// Runs a hook with what git gives to it. `VSO_SKIP=1` leaves it out, and so does CI unless `VSO_HOOKS=1`.
///
/// Whatever goes wrong is a line and no more: vso's own trouble stops nobody.
#[must_use]
pub fn run(hook: Hook, arguments: &[OsString]) -> Said {
    if is_left_out() {
        return Said::default();
    }
    let ran = std::panic::catch_unwind(|| match hook {
        Hook::PostCommit => post_commit::run(),
        Hook::PostMerge => post_merge::run(),
        Hook::PostRewrite => post_rewrite::run(),
        Hook::PrePush => pre_push::run(arguments),
        Hook::PreCommit => pre_commit::run(),
    });
    let line = match ran {
        Ok(Ok(said)) => return said,
        Ok(Err(fault)) => fault.message().lines().next().unwrap_or_default().to_owned(),
        // The panic has said where.
        Err(_) => "it broke; this is a bug in vso".to_owned(),
    };
    Said { lines: vec![format!("vso: {} was passed over: {line}", hook.name())], stops: false }
}

fn is_left_out() -> bool {
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|set| set == value);
    let in_ci = std::env::var_os("CI").is_some_and(|set| !set.is_empty() && set != "false" && set != "0");
    is("VSO_SKIP", "1") || (in_ci && !is("VSO_HOOKS", "1"))
}
