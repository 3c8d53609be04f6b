//! Settling conflicts: a person says which side an item takes, and the slice on disk is brought up to the master with
//! that. The decision stands in the slice's record and is not asked again.
//!
//! Two kinds of conflicts wait on disk: those that planning finds, and those that `decompose` has put into files as
//! markers.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::decompose::{Decomposition, Fate, Request, Settle, is_written};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::merge::{Labels, Take};
use crate::spec::text::name_key;
use crate::worktree::{Change, Lock, Standing, Watch, folders, read_entry, read_folder, write};

/// A slice as a person settles it.
#[derive(Debug)]
pub struct Resolution {
    /// Files that change, from the project's root.
    pub files: Vec<String>,
    /// How many conflicts this settles.
    pub settled: usize,
    /// How many stay open.
    pub open: usize,
    work: Work,
}

#[derive(Debug)]
enum Work {
    Planned(Box<Decomposition>),
    Marked(Vec<(String, Vec<u8>, String)>),
}

/// Finds what a person's choice settles; touches nothing. Markers in files come first: they are what the person sees.
///
/// # Errors
/// When there is no such slice (exit 2), or nothing to settle in it (exit 1).
pub fn resolve(root: &Path, config: &Config, slice: &str, settle: &Settle) -> Result<Resolution, Fault> {
    if let Some(found) = marked(root, config, slice, settle)? {
        return Ok(found);
    }
    let request = Request { only: Some(slice.to_owned()), settle: Some(settle.clone()), ..Request::default() };
    let planned = Decomposition::make(root, config, &request)?;
    let plain = Decomposition::make(root, config, &Request { settle: None, ..request })?;
    let before = plain.open(slice).len();
    let open = planned.open(slice).len();
    if before == open {
        let which = settle.item.as_ref().map(|item| format!(" of {item}")).unwrap_or_default();
        return Err(Fault::refused(format!("there is no conflict{which} in {slice}"))
            .hint("`vso plan` lists the conflicts that wait, `vso diff` shows both sides"));
    }
    let files = planned.with(|fate| *fate != Fate::Unchanged).map(str::to_owned).collect();
    Ok(Resolution { files, settled: before - open, open, work: Work::Planned(Box::new(planned)) })
}

/// One file before and after; none where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path from the project's root.
    pub path: String,
    /// What stands there.
    pub before: Option<Vec<u8>>,
    /// What will.
    pub after: Option<Vec<u8>>,
}

/// What one choice would do, to be looked at before it is done.
#[derive(Debug)]
pub struct Preview {
    /// The files that change.
    pub files: Vec<FileChange>,
    /// How many conflicts it settles, and how many stay open.
    pub counts: (usize, usize),
    /// Hash of the files before and after: whoever commits says which preview they saw.
    pub seen: String,
}

/// What was committed.
#[derive(Debug)]
pub struct Settled {
    /// The commit.
    pub commit: Id,
    /// The files in it.
    pub files: Vec<String>,
    /// How many conflicts it settles, and how many stay open.
    pub counts: (usize, usize),
}

/// What a choice would do with the files here.
///
/// # Errors
/// As [`resolve`].
pub fn preview(root: &Path, config: &Config, slice: &str, settle: &Settle) -> Result<Preview, Fault> {
    let found = resolve(root, config, slice, settle)?;
    let files = found.changes(root)?;
    Ok(Preview { counts: (found.settled, found.open), seen: hash(&files), files })
}

/// Settles as [`preview`] showed and commits these files alone, as the person whom git is set up for.
///
/// # Errors
/// When the branch that proposals are made for is not checked out, one of the files holds changes that are not committed,
/// or it is no longer what was shown (exit 1); when the disk or git fails (exit 3).
pub fn settle_and_commit(
    root: &Path,
    config: &Config,
    (slice, settle, seen): (&str, &Settle, &str),
    message: &str,
    watch: Watch<'_>,
    waiting: &dyn Fn(),
) -> Result<Settled, Fault> {
    let (repo, branch, before) = super::propose::aim(root, config)?;
    if repo.branch().as_deref() != Some(branch.as_str()) {
        return Err(Fault::refused(format!("{branch} is not checked out here")).hint(format!("git switch {branch}")));
    }
    let Some(folder) = repo.worktree().map(Path::to_owned) else {
        return Err(Fault::refused("a bare repository has no files to settle"));
    };
    let found = resolve(root, config, slice, settle)?;
    let changes = found.changes(root)?;
    if hash(&changes) != seen {
        return Err(Fault::refused("the slice or the master changed since this was shown; nothing was written")
            .hint("look at it again and choose"));
    }
    let paths: Vec<String> = changes.iter().map(|change| repo.place(&change.path)).collect();
    if let Some(first) = Repo::uncommitted(&folder, &paths)?.first() {
        return Err(Fault::refused(format!("{first} has changes that are not committed"))
            .hint("commit or stash them first, so that the commit holds this choice alone"));
    }
    let counts = (found.settled, found.open);
    found.carry_out(root, watch, waiting)?;
    Repo::commit_files(&folder, &paths, message)?;
    let commit = repo.find_ref(&format!("refs/heads/{branch}"))?.filter(|commit| Some(*commit) != before);
    let commit = commit.ok_or_else(|| Fault::unfinished(format!("git made no commit on {branch}")))?;
    Ok(Settled { commit, files: changes.into_iter().map(|change| change.path).collect(), counts })
}

fn hash(changes: &[FileChange]) -> String {
    let mut hash = Sha256::new();
    for change in changes {
        hash.update(format!("{}\0", change.path));
        for side in [&change.before, &change.after] {
            match side {
                Some(bytes) => {
                    hash.update(format!("{} ", bytes.len()));
                    hash.update(bytes);
                }
                None => hash.update("- "),
            }
        }
    }
    hex::encode(hash.finalize())
}

impl Resolution {
    /// The files that change, with their bytes.
    ///
    /// # Errors
    /// When one can't be read (exit 3).
    pub fn changes(&self, root: &Path) -> Result<Vec<FileChange>, Fault> {
        match &self.work {
            Work::Planned(planned) => planned
                .files
                .iter()
                .filter(|file| is_written(&file.fate))
                .map(|file| {
                    let before = read_entry(&root.join(&file.path))?.map(|entry| entry.bytes);
                    let after = (file.fate != Fate::Removed).then(|| planned.bytes(&file.path).to_vec());
                    Ok(FileChange { path: file.path.clone(), before, after })
                })
                .collect(),
            Work::Marked(files) => {
                let change = |(path, before, after): &(String, Vec<u8>, String)| FileChange {
                    path: path.clone(),
                    before: Some(before.clone()),
                    after: Some(after.clone().into_bytes()),
                };
                Ok(files.iter().map(change).collect())
            }
        }
    }

    /// Writes it, all of it or nothing.
    ///
    /// # Errors
    /// When the disk fails (exit 3) or the person interrupts (exit 130).
    pub fn carry_out(self, root: &Path, watch: Watch<'_>, waiting: &dyn Fn()) -> Result<(), Fault> {
        match self.work {
            Work::Planned(planned) => planned.carry_out(watch, waiting).map(|_| ()),
            Work::Marked(files) => {
                let changes: Vec<Change<'_>> = files
                    .iter()
                    .map(|(path, before, after)| Change {
                        path,
                        before: Standing::file(before),
                        bytes: Some(after.as_bytes()),
                        executable: false,
                        keep: None,
                    })
                    .collect();
                write(&Lock::take_unless(root, waiting, watch.stop)?, &changes, watch)
            }
        }
    }
}

/// The files of a slice that have markers, with what settles them.
fn marked(root: &Path, config: &Config, slice: &str, settle: &Settle) -> Result<Option<Resolution>, Fault> {
    let slices = root.join(&config.project.slices);
    let number = slice.parse::<u32>().ok().map(|number| format!("slice-{number:03}-"));
    let fits = |name: &String| {
        let called = name.splitn(3, '-').nth(2).unwrap_or(name);
        name == slice
            || number.as_ref().is_some_and(|prefix| name.starts_with(prefix))
            || name_key(called) == name_key(slice)
    };
    let Some(name) = folders(&slices)?.into_iter().find(fits) else { return Ok(None) };
    let (mut files, mut settled, mut open) = (Vec::new(), 0, 0);
    for (path, entry) in read_folder(&slices.join(&name))? {
        let Ok(text) = String::from_utf8(entry.bytes.clone()) else { continue };
        let blocks = blocks(&text);
        if blocks.is_empty() {
            continue;
        }
        let mut after = String::with_capacity(text.len());
        let mut at = 0;
        for block in &blocks {
            after.push_str(&text[at..block.start]);
            match settle.of(&block.conflict) {
                Some(take) => {
                    settled += 1;
                    after.push_str(&block.conflict.taken(take).unwrap_or_default());
                }
                None => {
                    open += 1;
                    after.push_str(&text[block.start..block.end]);
                }
            }
            at = block.end;
        }
        after.push_str(&text[at..]);
        if after != text {
            files.push((format!("{}/{name}/{path}", config.project.slices), entry.bytes, after));
        }
    }
    if settled == 0 {
        return Ok(None);
    }
    let paths = files.iter().map(|(path, ..)| path.clone()).collect();
    Ok(Some(Resolution { files: paths, settled, open, work: Work::Marked(files) }))
}

/// A conflict between markers, with its place in the text.
struct Block {
    start: usize,
    end: usize,
    conflict: crate::merge::Conflict,
}

/// The conflicts that vso's own markers hold; other markers, and setext headings, are text.
fn blocks(text: &str) -> Vec<Block> {
    let labels = Labels::default();
    let sign = |letter: &str| letter.repeat(labels.size);
    let (ours, base, theirs) = (
        format!("{} {}", sign("<"), labels.ours),
        format!("{} {}", sign("|"), labels.base),
        format!("{} {}", sign(">"), labels.theirs),
    );
    let middle = sign("=");
    let mut found = Vec::new();
    let mut open: Option<(usize, [String; 3], usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, plain) = (at, line.trim_end_matches(['\n', '\r']));
        at += line.len();
        if plain == ours {
            open = Some((start, Default::default(), 0));
            continue;
        }
        let Some((begun, parts, part)) = &mut open else { continue };
        match (plain, *part) {
            (line, 0) if line == base => *part = 1,
            (line, 1) if line == middle => *part = 2,
            (line, 2) if line == theirs => {
                let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
                let [slice, before, master] = &*parts;
                let conflict = crate::merge::Conflict {
                    item: String::new(),
                    base: some(before),
                    ours: some(slice),
                    theirs: some(master),
                };
                found.push(Block { start: *begun, end: at, conflict });
                open = None;
            }
            _ => parts[*part].push_str(line),
        }
    }
    found
}

/// What a word of the command line takes.
///
/// # Errors
/// When it is none of them (exit 2).
pub fn take(word: &str, text: Option<&str>) -> Result<Take, Fault> {
    match (word, text) {
        ("edit", Some(text)) => Ok(Take::Text(if text.ends_with('\n') { text.into() } else { format!("{text}\n") })),
        ("edit" | "slice", None) => Ok(Take::Ours),
        ("master", None) => Ok(Take::Theirs),
        ("base", None) => Ok(Take::Base),
        (_, Some(_)) => Err(Fault::usage("--text goes with --take edit")),
        _ => Err(Fault::usage(format!("{word:?} is none of master, slice, base, edit"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_of_vso_are_read_and_others_are_text() {
        let text = "a\n<<<<<<< slice\nx\n||||||| base\n=======\ny\n>>>>>>> master\nHead\n=======\n<<<<<<< other\n";
        let found = blocks(text);
        assert_eq!(found.len(), 1);
        let conflict = &found[0].conflict;
        assert_eq!((conflict.ours.as_deref(), conflict.base.as_deref()), (Some("x\n"), None));
        assert_eq!(conflict.theirs.as_deref(), Some("y\n"));
        assert_eq!(&text[found[0].end..], "Head\n=======\n<<<<<<< other\n");
    }
}
