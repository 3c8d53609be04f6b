//! Checks on the hosted forge: written where they say something new, and nowhere twice.
//!
//! What is on a commit already is found by looking. What this clone wrote last is remembered besides, so that a run in
//! which nothing happened asks nothing; without that memory everything is looked at again, and still nothing is written.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Asked, Ground, Judge, stand};
use crate::config::Config;
use crate::fault::{Fault, FaultKind};
use crate::forge::github::{Credential, Hub};
use crate::forge::local::{Board, Step};
use crate::git::{Id, Repo};
use crate::report::check::slices::Stand;
use crate::report::check::{Check, SLICES, SPECIFICATION, TRACE};
use crate::sync::pulls::PlannedCall;
use crate::worktree::{cache, cached};

/// The name of the memory in the cache.
const ENTRY: &str = "published-checks";

/// So many commits are remembered; the oldest go first.
const REMEMBERED: usize = 2_000;

/// Annotations of the specification's check that are published, in requests of 50; a person reads no more.
const MOST_FINDINGS: usize = 500;

/// Those of the other checks: one request each.
const MOST: usize = 50;

/// What became of checks that were to be published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Published {
    /// How many were written.
    pub written: usize,
    /// How many were there already.
    pub same: usize,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// Whether the credential may not write them: nothing else was tried then.
    pub refused: bool,
}

impl Published {
    fn add(&mut self, other: Self) {
        self.written += other.written;
        self.same += other.same;
        self.notes.extend(other.notes);
        self.refused |= other.refused;
    }
}

/// Publishes the checks of commits that are on the remote: of those that say something else than when this clone
/// published last.
///
/// # Errors
/// When git fails or GitHub can't be asked (exit 3), or the person interrupts (exit 130). A credential that may not write
/// checks is no error: a note says so.
pub fn publish(
    hub: &Hub<'_>,
    repo: &Repo,
    config: &Config,
    ground: &Ground,
    commits: &[Id],
) -> Result<Published, Fault> {
    // Reading what is judged by costs more than seeing that there is nothing to judge.
    let mut judge: Option<Judge<'_>> = None;
    let mut memory = Memory::read(repo.root());
    let mut published = Published::default();
    for commit in commits {
        let asked = stand::asked(repo, config, *commit)?;
        let key = key(hub, repo, config, ground, &asked)?;
        if memory.has(*commit, &key) {
            continue;
        }
        if judge.is_none() {
            judge = Some(Judge::new(repo, config, ground)?);
        }
        let Some(judge) = &judge else { break };
        let done = publish_checks(hub, *commit, &judge.judge(&asked).checks)?;
        let is_done = !done.refused;
        published.add(done);
        if !is_done {
            break;
        }
        memory.keep(*commit, key);
        // After each commit: what is killed here is not asked again.
        memory.write(repo.root());
    }
    Ok(published)
}

/// Publishes the checks of what a sync has left on the remote: the branches of proposals that wait, then the target.
/// `there` says where the remote's branches are.
///
/// # Errors
/// As [`publish`].
pub fn publish_synced(
    hub: &Hub<'_>,
    repo: &Repo,
    config: &Config,
    branch: &str,
    there: &BTreeMap<String, Id>,
) -> Result<Published, Fault> {
    if !config.github.checks {
        return Ok(Published::default());
    }
    let mut commits = Vec::new();
    for proposal in Board::read(repo)?.all_open().filter(|proposal| proposal.target == branch) {
        let head = repo.find_ref(&proposal.reference())?;
        commits.extend(head.filter(|head| there.get(&proposal.reference()) == Some(head)));
    }
    // A commit that was not pushed yet can have no checks.
    let target = repo.find_ref(&format!("refs/heads/{branch}"))?;
    let pushed = repo.find_ref(&format!("refs/remotes/{}/{branch}", config.sync.remote))?;
    if let (Some(target), Some(pushed)) = (target, pushed)
        && (target == pushed || repo.ancestor(target, pushed)?)
    {
        commits.push(target);
    }
    let ground = target.map_or_else(|| Ground::worktree(repo), |target| Ground::commit(repo, target))?;
    publish(hub, repo, config, &ground, &commits)
}

/// The calls by which a run after these steps would publish checks; where nothing changes, what is remembered counts.
///
/// # Errors
/// When git fails (exit 3).
pub fn planned(
    hub: &Hub<'_>,
    repo: &Repo,
    config: &Config,
    branch: &str,
    board: &Board,
    steps: &[Step],
) -> Result<Vec<PlannedCall>, Fault> {
    if !config.github.checks {
        return Ok(Vec::new());
    }
    let target = repo.find_ref(&format!("refs/heads/{branch}"))?;
    let ground = target.map_or_else(|| Ground::worktree(repo), |target| Ground::commit(repo, target))?;
    let memory = Memory::read(repo.root());
    let is_new = |commit: Id| -> Result<bool, Fault> {
        Ok(!memory.has(commit, &key(hub, repo, config, &ground, &stand::asked(repo, config, commit)?)?))
    };
    let mut wanted = Vec::new();
    for proposal in board.all_open().filter(|proposal| proposal.target == branch) {
        let moves = steps.iter().flat_map(|step| &step.moves).any(|moved| moved.name == proposal.reference());
        match repo.find_ref(&proposal.reference())? {
            Some(head) if !moves && !is_new(head)? => {}
            _ => wanted.push(proposal.branch.as_str()),
        }
    }
    if let Some(target) = target
        && (!steps.is_empty() || is_new(target)?)
    {
        wanted.push(branch);
    }
    let access = hub.access();
    let repository = format!("/repos/{}/{}", access.owner(), access.name());
    let kind = if access.credential() == Credential::Personal { "statuses/{commit}" } else { "check-runs" };
    let call = |(branch, name): (&str, &str)| PlannedCall {
        method: "POST".to_owned(),
        path: format!("{repository}/{kind}"),
        why: format!("{name} of {branch}, unless it is there"),
    };
    let names = [SPECIFICATION, SLICES, TRACE];
    Ok(wanted.into_iter().flat_map(|branch| names.map(|name| (branch, name))).map(call).collect())
}

/// Publishes these checks of a commit, those of them that are not there yet.
///
/// # Errors
/// As [`publish`].
pub fn publish_checks(hub: &Hub<'_>, commit: Id, checks: &[Check]) -> Result<Published, Fault> {
    put(hub, commit, checks, false)
}

/// Publishes all of them, because somebody asked for them again.
///
/// # Errors
/// As [`publish`].
pub fn publish_again(hub: &Hub<'_>, commit: Id, checks: &[Check]) -> Result<Published, Fault> {
    put(hub, commit, checks, true)
}

fn put(hub: &Hub<'_>, commit: Id, checks: &[Check], again: bool) -> Result<Published, Fault> {
    let commit = commit.to_string();
    let mut published = Published::default();
    let seen = hub.checks_of(&commit)?;
    for check in checks {
        let most = if check.name == SPECIFICATION { MOST_FINDINGS } else { MOST };
        let check = check.clone().with_at_most(most);
        let seen = seen.iter().find(|seen| seen.name == check.name);
        if !again && seen.is_some_and(|seen| seen.says(&check)) {
            published.same += 1;
            continue;
        }
        let done = if again { hub.publish_again(&commit, &check, seen) } else { hub.publish(&commit, &check, seen) };
        match done {
            Ok(()) => published.written += 1,
            Err(fault) if is_forbidden(hub, &fault) => {
                published.refused = true;
                published.notes.push(format!("checks are not published: {}", fault.message()));
                published.notes.extend(fault.hints().iter().map(|hint| format!("hint: {hint}")));
                break;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(published)
}

/// Whether the last call was refused because of what the credential may do: on a stranger's pull request it only reads.
fn is_forbidden(hub: &Hub<'_>, fault: &Fault) -> bool {
    let last = hub.calls().last().and_then(|call| call.status);
    // Limits are told by 403 too; the client knows them apart.
    let is_plain = fault.message().contains("GitHub says");
    fault.kind() == FaultKind::Unfinished && is_plain && matches!(last, Some(403 | 404))
}

/// Hash of all that the checks of a commit are made from, and of where they go.
fn key(hub: &Hub<'_>, repo: &Repo, config: &Config, ground: &Ground, asked: &Asked) -> Result<String, Fault> {
    let mut hash = Sha256::new();
    let access = hub.access();
    hash.update(format!("{}\0{}\0{:?}\0", env!("CARGO_PKG_VERSION"), access.page(), access.credential()));
    hash.update(format!("{:?}\0{}\0{:?}\0", config, asked.branch, asked.stand));
    for (path, text) in &ground.own {
        hash.update(format!("{path}\0{}\0{text}", text.len()));
    }
    // What is decided on the branches that wait counts for the target.
    if asked.stand == Stand::Target {
        let board = Board::read(repo)?;
        for proposal in board.all_open().filter(|proposal| proposal.target == asked.branch) {
            let head = repo.find_ref(&proposal.reference())?;
            hash.update(format!("{}\0{:?}\0{head:?}\0", proposal.branch, proposal.pull));
        }
    }
    Ok(hex::encode(&hash.finalize()[..16]))
}

/// Which commits have which checks, by their keys, the latest last.
#[derive(Debug, Default, PartialEq, Eq)]
struct Memory {
    rows: Vec<(String, String)>,
    places: BTreeMap<String, usize>,
}

impl Memory {
    /// What the last run left; nothing when it can't be read.
    fn read(root: &Path) -> Self {
        let text = cached(root, ENTRY).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let mut memory = Self::default();
        for (commit, key) in text.lines().filter_map(|line| line.split_once(' ')) {
            memory.put(commit.to_owned(), key.to_owned());
        }
        memory
    }

    fn has(&self, commit: Id, key: &str) -> bool {
        let row = self.places.get(&commit.to_string()).and_then(|at| self.rows.get(*at));
        row.is_some_and(|(_, kept)| kept == key)
    }

    fn keep(&mut self, commit: Id, key: String) {
        self.put(commit.to_string(), key);
    }

    fn put(&mut self, commit: String, key: String) {
        match self.places.get(&commit) {
            Some(at) => self.rows[*at].1 = key,
            None => {
                self.places.insert(commit.clone(), self.rows.len());
                self.rows.push((commit, key));
            }
        }
    }

    /// Keeps it for the next run. A cache that can't be written is no harm.
    fn write(&self, root: &Path) {
        let skipped = self.rows.len().saturating_sub(REMEMBERED);
        let rows = self.rows.iter().skip(skipped).map(|(commit, key)| format!("{commit} {key}\n"));
        let _ = cache(root, ENTRY, rows.collect::<String>().as_bytes());
    }
}
