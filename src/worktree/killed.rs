//! Every state that a killed run can leave on disk, made by hand; the next run brings each to before or after.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::journal::{Journal, Record, Recovered, recover};
use super::lock::Lock;
use super::standing::{Standing, standing};
use super::write::{Change, Watch, record, stage, write};
use super::{STATE, apply};
use crate::fault::FaultKind;

type Tree = BTreeMap<String, Vec<u8>>;

/// A project with files to replace, to remove and to leave alone.
struct Project {
    folder: tempfile::TempDir,
}

const NEW: [(&str, &str); 4] =
    [("s/slice-1/spec.md", "one"), ("s/slice-1/tests/a.py", "a"), ("s/slice-2/spec.md", "two"), ("s-x/y", "y")];

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("replaced.md", "old"), ("kept.md", "mine"), ("gone.md", "gone"), ("other/x", "x")] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn changes(&self) -> Vec<Change<'static>> {
        let change = |path, bytes: Option<&'static str>, keep: Option<&str>| Change {
            path,
            before: standing(&self.root().join(path)).unwrap(),
            bytes: bytes.map(str::as_bytes),
            executable: false,
            keep: keep.map(str::to_owned),
        };
        let mut changes: Vec<_> = NEW.iter().map(|(path, text)| change(path, Some(text), None)).collect();
        changes.push(change("other/new", Some("n"), None));
        changes.push(change("replaced.md", Some("new"), None));
        changes.push(change("kept.md", Some("theirs"), Some("kept.md.orig")));
        changes.push(change("gone.md", None, None));
        changes
    }

    fn tree(&self) -> Tree {
        let mut found = Tree::new();
        let mut folders = vec![self.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.root()).unwrap().to_string_lossy().into_owned();
                if name == STATE {
                    continue;
                }
                if path.is_dir() {
                    found.insert(format!("{name}/"), Vec::new());
                    folders.push(path);
                } else {
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    /// Stages and records everything, as [`write`] does, and stops there.
    fn committed(&self) -> (Lock, Journal, Record) {
        let lock = Lock::take(self.root(), &|| ()).unwrap();
        let changes = self.changes();
        let record = record(self.root(), &changes).unwrap();
        let journal = Journal::begin(&lock).unwrap();
        stage(&journal, self.root(), &changes, watch(&AtomicBool::new(false))).unwrap();
        journal.commit(&record).unwrap();
        (lock, journal, record)
    }

    fn journals(&self) -> usize {
        fs::read_dir(self.root().join(STATE).join("journal")).unwrap().count()
    }
}

fn watch(stop: &AtomicBool) -> Watch<'_> {
    Watch { step: &|| (), stop }
}

fn after() -> Tree {
    let project = Project::new();
    let lock = Lock::take(project.root(), &|| ()).unwrap();
    write(&lock, &project.changes(), watch(&AtomicBool::new(false))).unwrap();
    assert_eq!(project.journals(), 0);
    project.tree()
}

/// Kills a run in the state that `reach` makes, and says how the next one ends it.
fn check(reach: impl Fn(&Project), expected: (Option<Recovered>, &Tree)) {
    let project = Project::new();
    reach(&project);
    assert_eq!(recover(project.root(), &|| ()).unwrap(), expected.0);
    assert_eq!(&project.tree(), expected.1);
    assert_eq!(project.journals(), 0);
    assert_eq!(recover(project.root(), &|| ()).unwrap(), None);
}

#[test]
fn a_write_does_what_it_was_asked() {
    let tree = after();
    assert_eq!(tree["replaced.md"], b"new");
    assert_eq!((&tree["kept.md"][..], &tree["kept.md.orig"][..]), (&b"theirs"[..], &b"mine"[..]));
    assert!(!tree.contains_key("gone.md"));
    assert!(NEW.iter().all(|(path, text)| tree[*path] == text.as_bytes()));
}

#[test]
fn killed_while_staging_leaves_the_tree_before() {
    let before = Project::new().tree();
    let begun = |project: &Project| {
        let lock = Lock::take(project.root(), &|| ()).unwrap();
        let journal = Journal::begin(&lock).unwrap();
        let half = &project.changes()[..2];
        stage(&journal, project.root(), half, watch(&AtomicBool::new(false))).unwrap();
    };
    check(begun, (Some(Recovered::Undone), &before));
    let drafted = |project: &Project| {
        let (_lock, _journal, _) = project.committed();
        let folder = project.root().join(STATE).join("journal/1");
        fs::remove_file(folder.join("record.json")).unwrap();
        fs::write(folder.join("record.draft"), "{\"mov").unwrap();
    };
    check(drafted, (Some(Recovered::Undone), &before));
}

#[test]
fn killed_anywhere_after_the_record_is_finished() {
    let (before, after) = (Project::new().tree(), after());
    let count = Project::new().changes().len();
    for moves in 0..=2 {
        for steps in 0..=if moves == 2 { count } else { 0 } {
            let part = |project: &Project| {
                let (_lock, journal, whole) = project.committed();
                let moved = whole.moved[..moves].to_vec();
                let part = Record { moved, made: Vec::new(), steps: whole.steps[..steps].to_vec() };
                apply::forward(&journal, project.root(), &part).unwrap();
            };
            check(part, (Some(Recovered::Finished), &after));
            let taken_back = |project: &Project| {
                part(project);
                fs::write(project.root().join(STATE).join("journal/1/undo"), "").unwrap();
            };
            check(taken_back, (Some(Recovered::Undone), &before));
        }
    }
}

#[test]
fn killed_inside_a_step_is_finished() {
    let after = after();
    let linked = |project: &Project| {
        let (_lock, journal, _) = project.committed();
        fs::create_dir_all(journal.old("")).unwrap();
        fs::hard_link(project.root().join("kept.md"), journal.old("kept.md")).unwrap();
        fs::hard_link(project.root().join("kept.md"), project.root().join("kept.md.orig")).unwrap();
        fs::hard_link(journal.staged("other/new"), project.root().join("other/new")).unwrap();
    };
    check(linked, (Some(Recovered::Finished), &after));
}

#[test]
fn killed_while_cleaning_up_is_cleaned_up() {
    let after = after();
    let renamed = |project: &Project| {
        let (_lock, journal, record) = project.committed();
        apply::forward(&journal, project.root(), &record).unwrap();
        let folder = project.root().join(STATE).join("journal");
        fs::rename(folder.join("1"), folder.join("1.done")).unwrap();
        fs::remove_file(folder.join("1.done/record.json")).unwrap();
    };
    check(renamed, (None, &after));
}

#[test]
fn what_a_person_did_meanwhile_stops_the_write_and_stays() {
    for (path, text) in [("s/slice-1/spec.md", "person"), ("replaced.md", "person"), ("kept.md.orig", "person")] {
        let project = Project::new();
        let (lock, _, _) = project.committed();
        drop(lock);
        fs::create_dir_all(project.root().join(path).parent().unwrap()).unwrap();
        fs::write(project.root().join(path), text).unwrap();
        let expected = project.tree();
        assert_eq!(recover(project.root(), &|| ()).unwrap(), Some(Recovered::Undone), "{path}");
        assert_eq!(project.tree(), expected, "{path}");
    }
}

#[test]
fn a_live_write_that_fails_takes_itself_back() {
    let project = Project::new();
    let lock = Lock::take(project.root(), &|| ()).unwrap();
    let mut changes = project.changes();
    changes[6].before = Standing::file(b"something else");
    let expected = project.tree();
    let fault = write(&lock, &changes, watch(&AtomicBool::new(false))).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unfinished);
    assert!(fault.to_string().contains("kept.md: it was changed"), "{fault}");
    assert_eq!((project.tree(), project.journals()), (expected, 0));
}

#[test]
fn an_interrupted_write_leaves_nothing() {
    let project = Project::new();
    let expected = project.tree();
    let lock = Lock::take(project.root(), &|| ()).unwrap();
    let fault = write(&lock, &project.changes(), watch(&AtomicBool::new(true))).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Interrupted);
    assert_eq!((project.tree(), project.journals()), (expected, 0));
}

#[test]
fn a_journal_that_came_with_a_repository_reaches_nothing_outside() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("1"), "precious").unwrap();
    for path in ["../x", ".git/hooks/post-commit", "/tmp/x"] {
        let project = Project::new();
        let (lock, journal, mut record) = project.committed();
        drop(lock);
        path.clone_into(&mut record.steps[0].path);
        journal.commit(&record).unwrap();
        let expected = project.tree();
        let fault = recover(project.root(), &|| ()).unwrap_err();
        assert!(fault.to_string().contains("not safe to write"), "{fault}");
        assert_eq!(project.tree(), expected);
    }
    #[cfg(unix)]
    {
        let project = Project::new();
        fs::create_dir(project.root().join(STATE)).unwrap();
        std::os::unix::fs::symlink(outside.path(), project.root().join(STATE).join("journal")).unwrap();
        assert!(recover(project.root(), &|| ()).unwrap_err().message().contains("has to be a folder"));
        assert!(outside.path().join("1").exists());
    }
}

#[test]
#[cfg(unix)]
fn modes_are_kept_and_made() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    let mode = |path: &str| fs::metadata(project.root().join(path)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(project.root().join("replaced.md"), fs::Permissions::from_mode(0o640)).unwrap();
    let mut changes = project.changes();
    changes[0].executable = true;
    let lock = Lock::take(project.root(), &|| ()).unwrap();
    write(&lock, &changes, watch(&AtomicBool::new(false))).unwrap();
    assert_eq!(mode("replaced.md"), 0o640);
    assert_eq!(mode("s/slice-1/spec.md") & 0o111, (mode("s/slice-1/spec.md") & 0o444) >> 2);
}
