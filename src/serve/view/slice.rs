//! One slice: what it says, how its criteria are tested, what differs, who proposed what, and its files.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::conflict::FilePatch;
use super::ground::Ground;
use super::overview::{SliceRow, row};
use super::project::{Project, locked};
use super::proposal::ProposalRow;
use crate::fault::Fault;
use crate::forge::Subject;
use crate::git::{Id, Kind, Repo};
use crate::ledger::Time;
use crate::report::diff::ItemDiff;
use crate::report::trace::Row;
use crate::sync::survey::diff::of_commit;

/// Commits of the branch that are walked for a slice's history, and how many of those are shown.
const WALKED: usize = 400;
const SHOWN: usize = 30;
/// Histories that are kept.
const KEPT: usize = 512;
/// Largest file that is shown, in bytes.
const LARGEST: usize = 400_000;
/// Largest specification that is rendered, in bytes.
const LARGEST_PAGE: usize = 200_000;

/// A commit that changed a slice.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HistoryRow {
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// When (RFC 3339).
    pub at: String,
}

/// A file of a slice.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileRow {
    /// Its path from the slice's folder.
    pub path: String,
}

/// One slice.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SlicePage {
    /// As in the overview.
    #[serde(flatten)]
    pub row: SliceRow,
    /// What the author says it is.
    pub description: String,
    /// Why it runs where it runs.
    pub platform_reason: String,
    /// Slices that need it, by id.
    pub needed_by: Vec<String>,
    /// The branch and its commit.
    pub branch: String,
    /// That commit.
    pub commit: String,
    /// Its `spec.md` (Markdown); empty while it is not on the branch.
    pub spec: String,
    /// Requirements to criteria to tests; what is not covered comes first.
    pub trace: Vec<Row>,
    /// Items that people or the master changed since vso generated it.
    pub changed: Vec<ItemDiff>,
    /// What people changed in its files.
    pub people: Vec<FilePatch>,
    /// What the master changes in its files.
    pub master: Vec<FilePatch>,
    /// Whether what vso generated last can't be found.
    pub base_lost: bool,
    /// Proposals about it, newest first; those that are over too.
    pub all_proposals: Vec<ProposalRow>,
    /// Commits that changed it, newest first, along the branch's first parents.
    pub history: Vec<HistoryRow>,
    /// Its files on the branch.
    pub files: Vec<FileRow>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// The text of one file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileText {
    /// The slice.
    pub slice: String,
    /// Its path from the slice's folder.
    pub path: String,
    /// Its text; none where it is not UTF-8 or too large.
    pub text: Option<String>,
    /// Its size in bytes.
    pub size: usize,
}

/// Gathers one slice; none when there is no such slice.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn slice(project: &Project, id: &str) -> Result<Option<SlicePage>, Fault> {
    let (ground, board, repo) = (project.ground()?, project.board()?, project.repo()?);
    let Some(plan) = ground.plan.slices.iter().find(|plan| plan.id == id) else { return Ok(None) };
    let made = ground.survey.slicing.slice(id);
    let folder = folder(project, &ground, id);
    let at = ground.tree.map(|tree| repo.entry(tree, &folder)).transpose()?.flatten();
    let tree = at.filter(|(_, kind)| *kind == Kind::Folder).map(|(id, _)| id);
    let spec = tree.map(|tree| repo.file(tree, "spec.md")).transpose()?.flatten().unwrap_or_default();
    let mut notes = plan.notes.clone();
    if spec.len() > LARGEST_PAGE {
        notes.push(format!("spec.md has {} bytes; only the first {LARGEST_PAGE} are shown", spec.len()));
    }
    let diff = of_commit(&repo, project.config(), ground.tree, &ground.survey, id)?;
    let (items, files, base_lost) = diff.map_or_else(Default::default, |diff| (diff.items, diff.files, diff.base_lost));
    let patched = |side: fn(&crate::report::diff::FileDiff) -> Option<&String>| {
        let texts = files.iter().filter_map(|file| Some((file.path.clone(), side(file)?)));
        texts.enumerate().map(|(at, (path, text))| FilePatch::of(path, text, at < 40)).collect()
    };
    let number = made.map(|slice| slice.number);
    let about = |subject: &Subject| match subject {
        Subject::Slice { number: other, id: named } => Some(*other) == number || named == id,
        Subject::Master | Subject::All => false,
    };
    let proposals = board.all.iter().rev().filter(|seen| about(&seen.proposal.subject)).take(SHOWN);
    let needed_by = ground.survey.slicing.slices.iter().filter(|other| other.needs.iter().any(|need| need.slice == id));
    Ok(Some(SlicePage {
        row: row(&ground, &board, plan),
        description: made.map(|slice| slice.description.clone()).unwrap_or_default(),
        platform_reason: made.map(|slice| slice.platform.reason.clone()).unwrap_or_default(),
        needed_by: needed_by.map(|other| other.id.clone()).collect(),
        branch: ground.branch.clone(),
        commit: ground.target.to_string(),
        spec: String::from_utf8_lossy(&spec[..spec.len().min(LARGEST_PAGE)]).into_owned(),
        trace: ground.trace.rows.iter().filter(|row| row.slice.as_deref() == Some(id)).cloned().collect(),
        changed: items,
        people: patched(|file| file.slice_patch.as_ref()),
        master: patched(|file| file.master_patch.as_ref()),
        base_lost,
        all_proposals: proposals.map(ProposalRow::of).collect(),
        history: history(project, &repo, ground.target, &folder)?.as_ref().clone(),
        files: tree.map_or_else(|| Ok(Vec::new()), |tree| listed(&repo, tree))?,
        notes,
    }))
}

/// One file of a slice on the branch; none when there is no such file.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn file(project: &Project, id: &str, path: &str) -> Result<Option<FileText>, Fault> {
    let (ground, repo) = (project.ground()?, project.repo()?);
    let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !is_plain || !ground.plan.slices.iter().any(|plan| plan.id == id) {
        return Ok(None);
    }
    let place = format!("{}/{path}", folder(project, &ground, id));
    let found = ground.tree.map(|tree| repo.entry(tree, &place)).transpose()?.flatten();
    let Some((blob, Kind::File | Kind::Executable)) = found else { return Ok(None) };
    let bytes = repo.blob(blob)?;
    let size = bytes.len();
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= LARGEST && !text.contains('\0'));
    Ok(Some(FileText { slice: id.to_owned(), path: path.to_owned(), text, size }))
}

/// Where a slice stands on the branch, from the project's root: a rename moves it only with the next proposal.
fn folder(project: &Project, ground: &Ground, id: &str) -> String {
    let survey = &ground.survey;
    let number = survey.slicing.slice(id).map(|slice| slice.number);
    let standing = number.and_then(|number| survey.inputs.standing.get(&number));
    let name = standing.map_or(id, |standing| standing.seen.name.as_str());
    format!("{}/{name}", project.config().project.slices)
}

fn listed(repo: &Repo, tree: Id) -> Result<Vec<FileRow>, Fault> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for (name, _, kind) in repo.list(tree, &folder)? {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if kind == Kind::Folder { folders.push(path) } else { found.push(FileRow { path }) }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// Commits along the first parents in which the folder's tree changed.
fn history(project: &Project, repo: &Repo, target: Id, folder: &str) -> Result<Arc<Vec<HistoryRow>>, Fault> {
    let key = (target, folder.to_owned());
    if let Some(found) = locked(&project.histories).get(&key) {
        return Ok(found.clone());
    }
    let place = repo.place(folder);
    let tree_at =
        |commit: Id| -> Result<Option<Id>, Fault> { Ok(repo.entry(repo.tree_of(commit)?, &place)?.map(|(id, _)| id)) };
    let mut found = Vec::new();
    let (mut at, mut tree) = (Some(target), tree_at(target)?);
    for _ in 0..WALKED {
        let Some(commit) = at else { break };
        let about = repo.commit_at(commit)?;
        at = about.parents.first().copied().filter(|parent| repo.has(*parent));
        let before = at.map(tree_at).transpose()?.flatten();
        if before != tree {
            found.push(HistoryRow {
                id: commit.to_string(),
                subject: about.message.lines().next().unwrap_or_default().to_owned(),
                author: about.author.name,
                at: Time(about.author.seconds.saturating_mul(1_000)).to_string(),
            });
        }
        tree = before;
        if found.len() >= SHOWN {
            break;
        }
    }
    let found = Arc::new(found);
    let mut kept = locked(&project.histories);
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key, found.clone());
    Ok(found)
}
