//! The demonstration: a git repository with an example specification, its slices, and the whole way round: edits on
//! both sides, proposals, a conflict, its resolution.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::decompose::Settle;
use super::propose::{self, MergeRequest, Style, Synced};
use super::{Decomposition, Request, plan, registry, resolve};
use crate::config::Config;
use crate::fault::{Fault, FaultKind};
use crate::git::{self, Credentials, Exchange, Moved, Repo, Update};
use crate::merge::Take;
use crate::report::plan::Plan;
use crate::spec::edit::{self, Edit};
use crate::spec::span::Span;
use crate::worktree::{Change, Lock, Standing, Watch, read_text, replace_text, shown, write};

const MASTER: &str = include_str!("../../templates/demo/master-spec.md");
const MASTER_NAME: &str = "master-spec.md";
const ORIGIN: &str = "origin";
const MAIN: &str = "refs/heads/main";
const TRACKED: &str = "refs/remotes/origin/main";

/// One edit that somebody makes: in which file (the master when it is none of a slice), which item, and its words.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// The component whose slice is edited; none for the master.
    pub slice: Option<&'static str>,
    /// The item.
    pub item: &'static str,
    /// Words of it.
    pub old: &'static str,
    /// What they become.
    pub new: &'static str,
}

/// A requirement of the master changes.
pub const FIRST: Scene = Scene { slice: None, item: "FR-024", old: "5 open loans", new: "3 open loans" };

/// Another requirement of the master changes.
pub const LAST: Scene = Scene { slice: None, item: "FR-041", old: "an open fee", new: "an open fee by card" };

/// Then both sides change, each something else.
pub const BOTH: [Scene; 2] =
    [LAST, Scene { slice: Some("Loans"), item: "FR-024", old: "3 open loans", new: "3 open loans at a time" }];

/// Then both sides change the same words.
pub const SAME: [Scene; 2] = [
    Scene { slice: None, item: "FR-024", old: "3 open loans", new: "4 open loans" },
    Scene { slice: Some("Loans"), item: "FR-024", old: "3 open loans", new: "2 open loans" },
];

/// And once more.
pub const AGAIN: [Scene; 2] = [
    Scene { slice: None, item: "FR-024", old: "4 open loans", new: "6 open loans" },
    Scene { slice: Some("Loans"), item: "FR-024", old: "4 open loans", new: "1 open loan" },
];

/// The folder in which the demonstration plays. A temporary one is removed when this is dropped.
#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    temporary: Option<tempfile::TempDir>,
    config: Config,
    stop: &'static AtomicBool,
}

impl Stage {
    /// Makes the repository in `folder`, which must be new or empty, or in a temporary folder.
    ///
    /// # Errors
    /// When the folder holds anything (exit 2), or git or the disk fails (exit 3).
    pub fn set_up(folder: Option<&Path>, stop: &'static AtomicBool) -> Result<Self, Fault> {
        let failed = |error: &std::io::Error| Fault::unfinished("can't make a folder for the demo").because(error);
        let (root, temporary) = if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|error| failed(&error))?;
            if fs::read_dir(folder).map_err(|error| failed(&error))?.next().is_some() {
                return Err(Fault::usage(format!("{} is not empty", shown(folder)))
                    .hint("--dir takes a folder that is new or empty; nothing was written"));
            }
            (folder.to_owned(), None)
        } else {
            let made = tempfile::Builder::new().prefix("vso-demo-").tempdir().map_err(|error| failed(&error))?;
            (made.path().to_owned(), Some(made))
        };
        let stage = Self { root, temporary, config: Config::default(), stop };
        git::init(&stage.root)?;
        stage.write(MASTER_NAME, MASTER)?;
        git::commit_all(&stage.root, "Write down what the tool library does")?;
        Ok(stage)
    }

    /// Where it plays.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The master's text as it was written.
    #[must_use]
    pub fn master(&self) -> &'static str {
        MASTER
    }

    /// Cuts the specification into slices, writes them and commits them.
    ///
    /// # Errors
    /// When the disk fails (exit 3) or the person interrupts (exit 130).
    pub fn decompose(&self) -> Result<Decomposition, Fault> {
        let plan = Decomposition::make(&self.root, &self.config, &Request::default())?;
        let plan = plan.carry_out(self.watch(), &|| ())?;
        git::commit_all(&self.root, "Decompose the master specification into slices")?;
        self.go_on()?;
        Ok(plan)
    }

    /// Makes an edit and commits it; gives the line before and after.
    ///
    /// # Errors
    /// When the example does not have the words (exit 3), the disk fails (exit 3) or the person interrupts (exit 130).
    pub fn play(&self, scene: &Scene) -> Result<(String, String), Fault> {
        let path = match scene.slice {
            None => MASTER_NAME.to_owned(),
            Some(name) => self.page_of(name)?,
        };
        let text = self.read(&path)?;
        let mark = format!("**{}**", scene.item);
        let at = text.find(&mark).and_then(|at| Some(at + text[at..].find(scene.old)?));
        let at = at.ok_or_else(|| {
            Fault::unfinished(format!("the example has no {} with {:?} in {path}", scene.item, scene.old))
        })?;
        let edits = [Edit::new(Span::new(at, at + scene.old.len()), scene.new)];
        let changed = edit::apply(&text, &edits)
            .map_err(|error| Fault::unfinished("the example can't be edited").because(&error))?;
        replace_text(&self.root.join(&path), &text, &changed)?;
        self.commit(&format!("{}: {}", scene.item, scene.new))?;
        Ok((line_at(&text, at), line_at(&changed, at)))
    }

    /// Commits everything on the stage.
    ///
    /// # Errors
    /// When git fails (exit 3) or the person interrupts (exit 130).
    pub fn commit(&self, message: &str) -> Result<(), Fault> {
        git::commit_all(&self.root, message)?;
        self.go_on()
    }

    /// What a sync would do.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn plan(&self) -> Result<Plan, Fault> {
        let (repo, branch, commit) = plan::target(&self.root, &self.config)?;
        Ok(plan::Planned::make(&repo, &self.config, commit, &branch)?.view)
    }

    /// Opens and updates proposals.
    ///
    /// # Errors
    /// When git or the disk fails (exit 3), or the person interrupts (exit 130).
    pub fn sync(&self) -> Result<Synced, Fault> {
        propose::sync(&self.root, &self.config, &propose::Request::default(), self.stop, &|| ())
    }

    /// Merges an open proposal.
    ///
    /// # Errors
    /// When it can't be merged (exit 1), git fails (exit 3), or the person interrupts (exit 130).
    pub fn merge(&self, branch: &str) -> Result<(), Fault> {
        let request =
            MergeRequest { which: branch.to_owned(), style: Style::Merge, keep_branch: false, asked_by: None };
        propose::merge(&self.root, &self.config, &request, self.stop, &|| ()).map(|_| ())
    }

    /// Settles the conflicts of a slice, and gives the files that changed.
    ///
    /// # Errors
    /// When there is none (exit 1), or the disk fails (exit 3).
    pub fn resolve(&self, slice: &str, take: Take) -> Result<Vec<String>, Fault> {
        let found = resolve::resolve(&self.root, &self.config, slice, &Settle { item: None, take })?;
        let files = found.files.clone();
        found.carry_out(&self.root, self.watch(), &|| ())?;
        Ok(files)
    }

    /// Gives the repository a remote.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn share(&self, url: &str) -> Result<(), Fault> {
        git::add_origin(&self.root, url)
    }

    /// Pushes main.
    ///
    /// # Errors
    /// When git or the remote fails (exit 3), or the person interrupts (exit 130).
    pub fn push(&self, credentials: &Credentials) -> Result<(), Fault> {
        let repo = self.signed_in(credentials)?;
        let update = Update { name: MAIN.into(), expected: repo.find_ref(TRACKED)?, to: repo.head()? };
        let to = update.to;
        match repo.push(ORIGIN, &[update])? {
            Exchange::Done => {
                let _: Moved = repo.move_ref(TRACKED, repo.find_ref(TRACKED)?, to, "vso demo: pushed")?;
                self.go_on()
            }
            other => Err(Fault::unfinished(format!("main can't be pushed: {other:?}"))),
        }
    }

    /// Brings main along with the remote's, as `git pull` does.
    ///
    /// # Errors
    /// When git or the remote fails (exit 3), or the person interrupts (exit 130).
    pub fn pull(&self, credentials: &Credentials) -> Result<(), Fault> {
        let repo = self.signed_in(credentials)?;
        match repo.fetch(ORIGIN, &[&format!("+{MAIN}:{TRACKED}")])? {
            Exchange::Done => {}
            other => return Err(Fault::unfinished(format!("main can't be fetched: {other:?}"))),
        }
        if let (Some(from), Some(to)) = (repo.head()?, repo.find_ref(TRACKED)?)
            && from != to
        {
            repo.bring_worktree(&self.root, from, to)?;
            let _: Moved = repo.move_ref(MAIN, Some(from), Some(to), "vso demo: pulled")?;
        }
        self.go_on()
    }

    fn signed_in(&self, credentials: &Credentials) -> Result<Repo, Fault> {
        let mut repo = Repo::at(&self.root)?.ok_or_else(|| Fault::unfinished("the demo's repository went"))?;
        repo.set_credentials(credentials.clone());
        Ok(repo)
    }

    /// The page of a component's slice.
    fn page_of(&self, name: &str) -> Result<String, Fault> {
        let record = registry(&self.root, &self.config)?.slices.into_iter().find(|record| record.name == name);
        let record = record.ok_or_else(|| Fault::unfinished(format!("the example has no component {name}")))?;
        Ok(format!("{}/{}/spec.md", self.config.project.slices, record.slice_id))
    }

    /// Leaves the folder where it is.
    pub fn keep(mut self) -> PathBuf {
        self.temporary.take().map_or(self.root, tempfile::TempDir::keep)
    }

    /// A file of the stage.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(&self, path: &str) -> Result<String, Fault> {
        read_text(&self.root.join(path))
    }

    fn write(&self, path: &str, text: &str) -> Result<(), Fault> {
        let change =
            Change { path, before: Standing::Nothing, bytes: Some(text.as_bytes()), executable: false, keep: None };
        write(&Lock::take(&self.root, &|| ())?, &[change], self.watch())
    }

    fn watch(&self) -> Watch<'_> {
        Watch { step: &|| (), stop: self.stop }
    }

    fn go_on(&self) -> Result<(), Fault> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Interrupted, "interrupted"));
        }
        Ok(())
    }
}

fn line_at(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[start..].lines().next().unwrap_or_default().to_owned()
}
