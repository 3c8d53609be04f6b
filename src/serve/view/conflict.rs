//! Conflicts: one item with what vso generated last, what the slice says and what the master says; and what a choice
//! would change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::project::Project;
use crate::fault::Fault;
use crate::report::diff::patch;
use crate::report::plan::ConflictView;
use crate::slicing::slice::test_name;
use crate::sync::decompose::Settle;
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
}

/// All that wait.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Conflicts {
    /// The branch on which they are settled.
    pub branch: String,
    /// They, slice by slice.
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

/// Gathers what waits in the branch, or in one slice of it.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn conflicts(project: &Project, slice: Option<&str>) -> Result<Conflicts, Fault> {
    let ground = project.ground()?;
    let mut found = Vec::new();
    for plan in ground.plan.slices.iter().filter(|plan| slice.is_none_or(|slice| plan.id == slice)) {
        let leads =
            |conflict: &ConflictView| plan.conflicts.iter().any(|other| is_made_of(&conflict.item, &other.item));
        found.extend(plan.conflicts.iter().filter(|conflict| !leads(conflict)).map(|conflict| {
            let along = plan.conflicts.iter().filter(|other| is_made_of(&other.item, &conflict.item));
            let side = |side: &Option<String>| side.clone().unwrap_or_default();
            ConflictItem {
                slice_id: plan.id.clone(),
                slice_name: plan.name.clone(),
                both: side(&conflict.slice) + &side(&conflict.master),
                slice_words: words(conflict.base.as_deref(), conflict.slice.as_deref()),
                master_words: words(conflict.base.as_deref(), conflict.master.as_deref()),
                along: along.map(|other| other.item.clone()).collect(),
                conflict: conflict.clone(),
            }
        }));
    }
    Ok(Conflicts { branch: ground.branch.clone(), conflicts: found })
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

/// What a choice would do.
///
/// # Errors
/// When there is no such slice (exit 2), nothing to settle (exit 1), or the disk or git fails (exit 3).
pub fn preview(project: &Project, choice: &Choice) -> Result<PreviewView, Fault> {
    let ground = project.ground()?;
    let found = resolve::preview(project.root(), project.config(), &choice.slice, &settle_of(choice)?)?;
    let files = found.files.into_iter().map(|file| (file.path, file.before, file.after));
    Ok(PreviewView {
        slice: choice.slice.clone(),
        item: choice.item.clone(),
        take: choice.take.clone(),
        text: choice.text.clone(),
        branch: ground.branch.clone(),
        message: message(choice),
        files: patches(files),
        settled: found.counts.0,
        open: found.counts.1,
        seen: found.seen,
    })
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
