//! A mirror brought to what GitHub has: the branch that proposals are made for, and which one that is.
//!
//! The branches of proposals and `refs/vso/*` are brought by the sync itself. A mirror that got broken is thrown away and
//! fetched anew; what GitHub does not have of it can be made again.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::member::{REMOTE, settings_of};
use super::{Fleet, Member, tidy};
use crate::config::{Config, Settings};
use crate::fault::{Fault, FaultKind};
use crate::forge::github::{Access, Hub};
use crate::git::{Exchange, Id, Moved, Repo};

/// How long the first fetch of a large repository may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A mirror as GitHub has it now.
pub(super) struct Fresh<'a> {
    pub(super) repo: Repo,
    pub(super) hub: Hub<'a>,
    /// The branch that proposals are made for, and its commit.
    pub(super) branch: String,
    pub(super) commit: Id,
    /// The settings in that commit; the fault where they can't be used.
    pub(super) settings: Result<Settings, Fault>,
}

/// What there is to work on.
pub(super) enum Found<'a> {
    Fresh(Box<Fresh<'a>>),
    /// The App is not there any more.
    Gone,
    /// Nothing can be done, with the reason.
    Nothing(String),
}

impl Fresh<'_> {
    /// The settings, or their fault.
    pub(super) fn config(&self) -> Result<&Config, Fault> {
        self.settings.as_ref().map(|settings| &settings.config).map_err(Clone::clone)
    }
}

pub(super) fn refresh<'a>(
    fleet: &Fleet,
    member: &Member,
    stop: &'a AtomicBool,
    say: &'a dyn Fn(&str),
) -> Result<Found<'a>, Fault> {
    let mut repo = opened(fleet, member)?;
    let url = repo.remote_url(REMOTE)?;
    let access = Access::find(url.as_deref())?.ok_or_else(|| {
        Fault::usage("there is no way to GitHub").hint(
            "VSO_APP_ID and VSO_APP_PRIVATE_KEY sign in; GITHUB_SERVER_URL has to be the server of the repository",
        )
    })?;
    let hub = Hub::open(access, stop, say)?;
    if !hub.is_installed()? {
        return Ok(Found::Gone);
    }
    if fleet.me().is_none()
        && let Some(me) = hub.me()?
    {
        fleet.is_called(me);
    }
    repo.set_credentials(hub.git_credentials()?);
    repo.set_patience(PATIENCE);
    let head = match repo.remote_head(REMOTE)? {
        Ok(head) => head,
        Err(why) => return Err(away(member, &why)),
    };
    let Some((default, tip)) = head else { return Ok(Found::Nothing("the repository is empty".into())) };
    bring(fleet, member, &repo, (&default, tip))?;
    repo.turn_head(&default)?;
    let mut settings = settings_of(&repo, Some(tip));
    let (mut branch, mut commit) = (default, tip);
    let wanted = settings.as_ref().map(|settings| settings.config.sync.branch.clone()).unwrap_or_default();
    if !wanted.is_empty() && wanted != branch {
        let name = format!("refs/heads/{wanted}");
        let Ok(found) = repo.remote_refs(REMOTE, &[&name])? else {
            return Err(Fault::unfinished(format!("{} can't be reached", member.full_name())));
        };
        let Some((_, tip)) = found.into_iter().find(|(found, _)| *found == name) else {
            return Ok(Found::Nothing(format!("there is no branch {wanted}, which vso.toml names")));
        };
        bring(fleet, member, &repo, (&wanted, tip))?;
        // Its own settings count, as they do for whoever works on it.
        settings = settings_of(&repo, Some(tip));
        (branch, commit) = (wanted, tip);
    }
    if let Ok(settings) = &mut settings {
        settings.config.sync.branch.clone_from(&branch);
    }
    tidy::used(member);
    repo.set_patience(PATIENCE / 5);
    Ok(Found::Fresh(Box::new(Fresh { repo, hub, branch, commit, settings })))
}

/// Opens a mirror; one that can't be opened is made anew.
fn opened(fleet: &Fleet, member: &Member) -> Result<Repo, Fault> {
    match Repo::at(&member.root) {
        Ok(Some(repo)) if repo.remote_url(REMOTE).is_ok_and(|url| url.is_some()) => return Ok(repo),
        _ => tracing::warn!(repository = member.full_name(), "the mirror can't be opened and is made anew"),
    }
    fleet.empty(member)?;
    Repo::at(&member.root)?
        .ok_or_else(|| Fault::unfinished(format!("the mirror of {} can't be made", member.full_name())))
}

/// Brings a branch to its commit on GitHub, whatever was there.
fn bring(fleet: &Fleet, member: &Member, repo: &Repo, (branch, tip): (&str, Id)) -> Result<(), Fault> {
    let seen = format!("refs/remotes/{REMOTE}/{branch}");
    if repo.find_ref(&seen).ok().flatten() != Some(tip) || !repo.has(tip) {
        let spec = format!("+refs/heads/{branch}:{seen}");
        match repo.fetch(REMOTE, &[&spec])? {
            Exchange::Done => {}
            why => return Err(away(member, &why)),
        }
        tidy::bounded(fleet, member)?;
    }
    let name = format!("refs/heads/{branch}");
    let tip = repo.find_ref(&seen)?.unwrap_or(tip);
    let ours = repo.find_ref(&name)?;
    if ours != Some(tip) && repo.move_ref(&name, ours, Some(tip), "vso: fetched")? != Moved::Done {
        return Err(Fault::unfinished(format!("somebody else moves {branch} of {}", member.full_name())));
    }
    Ok(())
}

fn away(member: &Member, why: &Exchange) -> Fault {
    let why = match why {
        Exchange::Unreachable(why) | Exchange::Refused(why) => why.clone(),
        Exchange::Absent(name) => format!("{name} went while it was being fetched"),
        Exchange::Rejected(names) => format!("{} were not given", names.join(", ")),
        Exchange::NoSuchRemote | Exchange::Done => "there is no remote".to_owned(),
    };
    Fault::unfinished(format!("{} can't be fetched: {why}", member.full_name()))
}

/// Whether words of git or libgit2 speak of a repository that is broken here, not of another side that is away.
pub(super) fn is_broken(words: &str) -> bool {
    const SIGNS: [&str; 13] = [
        "index file",
        "packfile",
        "objects/pack",
        "object corrupt or missing",
        "bad object",
        "is corrupt",
        "loose object",
        "not a git repository",
        "unable to read tree",
        "missing blob",
        "object not found",
        "inflate",
        "did not send all necessary objects",
    ];
    let words = words.to_lowercase();
    SIGNS.iter().any(|sign| words.contains(sign))
}

/// Whether a fault says that the mirror is broken.
pub(super) fn is_from_a_broken_mirror(fault: &Fault) -> bool {
    fault.kind() == FaultKind::Unfinished && is_broken(&fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_mirror_is_told_from_a_server_that_is_away() {
        for words in ["fatal: loose object 1234 (stored in x) is corrupt", "error: Object not found - no match for id"]
        {
            assert!(is_broken(words), "{words}");
        }
        for words in ["fatal: unable to access 'http://x/': Failed to connect", "remote: Repository not found.", ""] {
            assert!(!is_broken(words), "{words}");
        }
    }
}
