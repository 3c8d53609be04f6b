//! Conflicts: one item with what vso generated last, what the slice says and what the master says; and what a choice
//! would change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::ground::{Board, Ground};
use super::project::Project;
use crate::fault::Fault;
use crate::forge::Proposal;
use crate::git::Repo;
use crate::report::diff::patch;
use crate::report::plan::ConflictView;
use crate::slicing::slice::test_name;
use crate::sync::decompose::Settle;
use crate::sync::propose::{self, Foreseen, Seen};
use crate::sync::resolve;

/// Longest patch of one file that is shown, in bytes.
const LONGEST: usize = 40_000;
/// Most files whose patches are shown.
const MOST_FILES: usize = 60;

/// One item that both sides changed differently.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConflictItem {
    /// The slice's id.
    pub slice_id: String,
    /// Its component's name.
    pub slice_name: String,
    /// The conflict.
    #[serde(flatten)]
    pub conflict: ConflictView,
    /// The slice's text word by word against the base: the kind (`same`, `add` or `remove`) and the words.
    pub slice_words: Vec<(String, String)>,
    /// The same of the master's text.
    pub master_words: Vec<(String, String)>,
    /// Other conflicts of the slice that a choice of a side settles along with it: what vso makes of the same item.
    pub along: Vec<String>,
    /// What "both" begins from: the slice's text, then the master's.
    pub both: String,
    /// Where it can be settled; nowhere while nothing is checked out and no open proposal carries it: a sync opens one.
    pub places: Vec<Place>,
}

/// A branch on which a conflict can be settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The branch that gets the commit.
    pub branch: String,
    /// The open proposal whose branch it is; none for the branch that is checked out.
    pub proposal: Option<u32>,
}

/// All that wait.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Conflicts {
    /// The branch that proposals are made for.
    pub branch: String,
    /// They, slice by slice; then those that only a proposal's branch has.
    pub conflicts: Vec<ConflictItem>,
}

/// What a person chose.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Choice {
    /// The slice.
    pub slice: String,
    /// The item; empty for all of the slice.
    pub item: String,
    /// `master`, `slice`, `base` or `edit`.
    pub take: String,
    /// What stands there afterwards, for `edit`.
    pub text: String,
    /// The branch that gets the commit: the one that is checked out, or an open proposal's. When empty, the first of these
    /// on which it can be.
    pub branch: String,
}

/// One file that changes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FilePatch {
    /// Its path.
    pub path: String,
    /// Lines that come, and lines that go.
    pub counts: (usize, usize),
    /// Its unified diff, line by line with its kind: `add`, `remove`, `place` or `same`. Empty where it is too long or
    /// not text.
    pub lines: Vec<(String, String)>,
    /// Why lines are missing.
    pub note: Option<String>,
}

/// What a choice would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PreviewView {
    /// The slice.
    pub slice: String,
    /// The item; empty for all.
    pub item: String,
    /// `master`, `slice`, `base` or `edit`.
    pub take: String,
    /// The text for `edit`.
    pub text: String,
    /// The branch that gets the commit.
    pub branch: String,
    /// The proposal whose branch it is; none where it is the one that is checked out.
    pub proposal: Option<u32>,
    /// What the commit will say.
    pub message: String,
    /// The files in it.
    pub files: Vec<FilePatch>,
    /// How many conflicts it settles.
    pub settled: usize,
    /// How many stay open in the slice.
    pub open: usize,
    /// Names this preview: committing asks for it, so that nothing else is committed than what was seen.
    pub seen: String,
}

/// Gathers what waits in the branch and on the branches of open proposals, or in one slice of it.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn conflicts(project: &Project, slice: Option<&str>) -> Result<Conflicts, Fault> {
    let (ground, board, repo) = (project.ground()?, project.board()?, project.repo()?);
    let places = Places { project, ground: &ground, board: &board, repo: &repo };
    let mut found = Vec::new();
    for plan in ground.plan.slices.iter().filter(|plan| slice.is_none_or(|slice| plan.id == slice)) {
        let of = |conflict: &ConflictView| places.of(&plan.id, conflict);
        found.extend(items((&plan.id, &plan.name), &plan.conflicts, &of));
    }
    for seen in board.open().filter(|seen| !seen.proposal.conflicts.is_empty()) {
        found.extend(places.alone(seen, slice)?);
    }
    Ok(Conflicts { branch: ground.branch.clone(), conflicts: found })
}

/// The conflicts of one slice as items; what vso makes of an item goes along with it.
fn items(
    (id, name): (&str, &str),
    all: &[ConflictView],
    places: &dyn Fn(&ConflictView) -> Vec<Place>,
) -> Vec<ConflictItem> {
    let leads = |conflict: &ConflictView| all.iter().any(|other| is_made_of(&conflict.item, &other.item));
    let item = |conflict: &ConflictView| {
        let along = all.iter().filter(|other| is_made_of(&other.item, &conflict.item));
        let side = |side: &Option<String>| side.clone().unwrap_or_default();
        ConflictItem {
            slice_id: id.to_owned(),
            slice_name: name.to_owned(),
            both: side(&conflict.slice) + &side(&conflict.master),
            slice_words: words(conflict.base.as_deref(), conflict.slice.as_deref()),
            master_words: words(conflict.base.as_deref(), conflict.master.as_deref()),
            along: along.map(|other| other.item.clone()).collect(),
            places: places(conflict),
            conflict: conflict.clone(),
        }
    };
    all.iter().filter(|conflict| !leads(conflict)).map(item).collect()
}

/// Where conflicts can be settled.
struct Places<'a> {
    project: &'a Project,
    ground: &'a Ground,
    board: &'a Board,
    repo: &'a Repo,
}

impl Places<'_> {
    /// Whether the branch that proposals are made for is checked out.
    fn is_here(&self) -> bool {
        self.repo.worktree().is_some() && self.repo.branch().as_deref() == Some(&self.ground.branch)
    }

    fn of(&self, slice: &str, conflict: &ConflictView) -> Vec<Place> {
        let here = self.is_here().then(|| Place { branch: self.ground.branch.clone(), proposal: None });
        let carries = |proposal: &Proposal| {
            let path = self.path(slice, &conflict.path);
            proposal.conflicts.iter().any(|open| open.path == path && open.item == conflict.item)
        };
        let there = self.carriers().filter(|proposal| carries(proposal)).map(place);
        here.into_iter().chain(there).collect()
    }

    /// Open proposals whose branch is here.
    fn carriers(&self) -> impl Iterator<Item = &Proposal> {
        self.board.open().filter(|seen| seen.head.is_some()).map(|seen| &seen.proposal)
    }

    /// A file of a slice, from the repository's root.
    fn path(&self, slice: &str, path: &str) -> String {
        self.repo.place(&format!("{}/{slice}/{path}", self.project.config().project.slices))
    }

    /// Conflicts that only a proposal's own branch has: people committed there what vso wants otherwise.
    fn alone(&self, seen: &Seen, slice: Option<&str>) -> Result<Vec<ConflictItem>, Fault> {
        let proposal = &seen.proposal;
        let is_known = |path: &str, item: &str| {
            let mut plans = self.ground.plan.slices.iter();
            plans.any(|plan| {
                let mut all = plan.conflicts.iter();
                all.any(|conflict| conflict.item == item && self.path(&plan.id, &conflict.path) == path)
            })
        };
        if proposal.conflicts.iter().all(|open| is_known(&open.path, &open.item)) {
            return Ok(Vec::new());
        }
        let open = propose::open_conflicts(self.project.root(), self.project.config(), proposal)?;
        let above = format!("{}/", self.repo.place(&self.project.config().project.slices));
        let mut by_slice: Vec<(String, Vec<ConflictView>)> = Vec::new();
        for (path, conflict) in open.iter().filter(|(path, conflict)| !is_known(path, &conflict.item)) {
            let below = path.strip_prefix(&above).and_then(|below| below.split_once('/'));
            let (id, path) = below.unwrap_or(("", path));
            if slice.is_some_and(|slice| slice != id) {
                continue;
            }
            let view = ConflictView::of(path, conflict);
            match by_slice.iter_mut().find(|(other, _)| other == id) {
                Some((_, all)) => all.push(view),
                None => by_slice.push((id.to_owned(), vec![view])),
            }
        }
        let name = |id: &str| {
            let plan = self.ground.plan.slices.iter().find(|plan| plan.id == id);
            plan.map_or_else(|| proposal.subject.word().to_owned(), |plan| plan.name.clone())
        };
        let on_it = |_: &ConflictView| vec![place(proposal)];
        Ok(by_slice.iter().flat_map(|(id, all)| items((id, &name(id)), all, &on_it)).collect())
    }
}

fn place(proposal: &Proposal) -> Place {
    Place { branch: proposal.branch.clone(), proposal: Some(proposal.number) }
}

/// One text against another, word by word; nothing where one of them is not there or both are long.
fn words(before: Option<&str>, after: Option<&str>) -> Vec<(String, String)> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    if before.len() + after.len() > LONGEST {
        return Vec::new();
    }
    let diff = TextDiff::from_words(before, after);
    let mut found: Vec<(String, String)> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => "same",
            ChangeTag::Insert => "add",
            ChangeTag::Delete => "remove",
        };
        match found.last_mut() {
            Some((last, text)) if last == kind => text.push_str(change.value()),
            _ => found.push((kind.to_owned(), change.value().to_owned())),
        }
    }
    found
}

/// Whether one item is a criterion or a test that vso makes of the other.
fn is_made_of(made: &str, item: &str) -> bool {
    let test = test_name(&format!("AC-{item}"));
    let rest = made.strip_prefix("AC-").and_then(|rest| rest.strip_prefix(item)).or(made.strip_prefix(test.as_str()));
    made != item && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// What a choice says to the merge.
///
/// # Errors
/// When it is none (exit 2).
pub fn settle_of(choice: &Choice) -> Result<Settle, Fault> {
    let is_edit = choice.take == "edit";
    if is_edit && choice.item.is_empty() {
        return Err(Fault::usage("a text of your own is for one item"));
    }
    // Forms send CR LF.
    let text = choice.text.replace("\r\n", "\n");
    let take = resolve::take(&choice.take, is_edit.then_some(text.as_str()))?;
    Ok(Settle { item: Some(choice.item.clone()).filter(|item| !item.is_empty()), take })
}

/// The proposal on whose branch a choice is committed; none where it goes to the branch that is checked out.
///
/// # Errors
/// When it can be settled on no branch, or not on the one that is named (exit 1); when the branch can't be looked at.
pub fn aim_of(project: &Project, choice: &Choice) -> Result<Option<u32>, Fault> {
    let (ground, board, repo) = (project.ground()?, project.board()?, project.repo()?);
    let places = Places { project, ground: &ground, board: &board, repo: &repo };
    // What names the checked out branch, or no branch in a worktree, is refused later with better words.
    let is_here = repo.worktree().is_some();
    if is_here && (choice.branch.is_empty() || choice.branch == ground.branch) {
        return Ok(None);
    }
    if choice.branch == ground.branch {
        return Err(Fault::refused(format!("{} is not checked out here", ground.branch))
            .hint("settle it on the branch of the proposal that carries it"));
    }
    let below = places.path(&choice.slice, "");
    let carries = |proposal: &&Proposal| {
        let mut open = proposal.conflicts.iter();
        let is_meant =
            open.any(|open| open.path.starts_with(&below) && (choice.item.is_empty() || open.item == choice.item));
        if choice.branch.is_empty() { is_meant } else { proposal.branch == choice.branch }
    };
    match places.carriers().find(carries) {
        Some(proposal) => Ok(Some(proposal.number)),
        None if choice.branch.is_empty() => {
            Err(Fault::refused("no open proposal carries this conflict").hint("a sync opens one"))
        }
        None => Err(Fault::refused(format!("{} is no branch of an open proposal", choice.branch))
            .hint("look at the conflicts again")),
    }
}

/// Names what was shown of a proposal's branch.
#[must_use]
pub fn shown(foreseen: &Foreseen) -> String {
    format!("{}-{}", foreseen.head, foreseen.tree)
}

/// What a choice would do.
///
/// # Errors
/// When there is no such slice (exit 2), nothing to settle (exit 1), or the disk or git fails (exit 3).
pub fn preview(project: &Project, choice: &Choice) -> Result<PreviewView, Fault> {
    let settle = settle_of(choice)?;
    let proposal = aim_of(project, choice)?;
    let view = |branch: String, message: String, files: Vec<FilePatch>, counts: (usize, usize), seen: String| {
        let Choice { slice, item, take, text, .. } = choice.clone();
        PreviewView {
            slice,
            item,
            take,
            text,
            branch,
            proposal,
            message,
            files,
            settled: counts.0,
            open: counts.1,
            seen,
        }
    };
    let Some(number) = proposal else {
        let found = resolve::preview(project.root(), project.config(), &choice.slice, &settle)?;
        let files = found.files.into_iter().map(|file| (file.path, file.before, file.after));
        let branch = project.ground()?.branch.clone();
        return Ok(view(branch, message(choice), patches(files), found.counts, found.seen));
    };
    let (_, found) = propose::foresee(project.root(), project.config(), &number.to_string(), &settle)?;
    let (seen, branch) = (shown(&found), found.proposal.branch.clone());
    let files = found.files.into_iter().map(|file| (file.path, file.before, file.after));
    let says = found.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default().to_owned();
    Ok(view(branch, says, patches(files), found.counts, seen))
}

/// The first line of the commit of a choice.
pub fn message(choice: &Choice) -> String {
    let item = if choice.item.is_empty() { "all conflicts" } else { &choice.item };
    let takes = match choice.take.as_str() {
        "edit" => "an own text".to_owned(),
        "base" => "the text from before".to_owned(),
        side => format!("the {side}'s text"),
    };
    format!("{}: {item} takes {takes}", choice.slice)
}

/// A file's path with its bytes before and after.
type Sides = (String, Option<Vec<u8>>, Option<Vec<u8>>);

/// Files as patches.
pub(super) fn patches(files: impl Iterator<Item = Sides>) -> Vec<FilePatch> {
    let one = |(at, (path, before, after)): (usize, Sides)| {
        let text = patch(&path, ("before", "after"), before.as_deref(), after.as_deref()).unwrap_or_default();
        FilePatch::of(path, &text, at < MOST_FILES)
    };
    files.enumerate().map(one).collect()
}

impl FilePatch {
    /// A unified diff, line by line.
    pub(super) fn of(path: String, text: &str, is_shown: bool) -> Self {
        let kind = |line: &str| match line.as_bytes().first() {
            _ if line.starts_with("+++") || line.starts_with("---") => "head",
            Some(b'+') => "add",
            Some(b'-') => "remove",
            Some(b'@') => "place",
            _ => "same",
        };
        let count = |wanted: &str| text.lines().filter(|line| kind(line) == wanted).count();
        let counts = (count("add"), count("remove"));
        let note = if !is_shown {
            Some("many files: only the first ones are shown".to_owned())
        } else if text.len() > LONGEST {
            Some("too long to show here".to_owned())
        } else {
            None
        };
        let lines = text.lines().filter(|line| note.is_none() && kind(line) != "head");
        let lines = lines.map(|line| (kind(line).to_owned(), line.to_owned())).collect();
        Self { path, counts, lines, note }
    }
}
