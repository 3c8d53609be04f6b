//! From what is wanted to branches that wait for a person: `vso sync`.
//!
//! The order: the lock, what an earlier run left, what the remote has, the plan, the generation, the proposals, the push.
//! Whoever is not the first at any compare-and-swap plans again. The person's index, worktree and HEAD are not touched.

mod act;
mod decided;
mod foresee;
mod graft;
mod hosted;
mod hosted_act;
mod keep;
mod look;
mod merge;
mod observe;
mod remote;
mod round;
mod scribe;
mod wide;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

pub use act::{Act, act, act_for};
pub use decided::{Chosen, Decisions, Wish, asked_of, settled, to_regenerate, to_settle};
pub use foresee::{Foreseen, foresee, open_conflicts};
pub use look::{Changed, Seen, SeenCommit, diff, list, settling, show};
pub use merge::{MergeRequest, Merged, Style, merge};
pub use observe::{Standing, peoples, standing};
pub(in crate::sync) use round::line;
pub use round::{Deed, Line};

use super::plan::{Planned, target};
use super::survey::history;
use super::wanted;
use crate::config::Config;
use crate::fault::{Fault, FaultKind};
use crate::forge::local::{self, Board, Carried, Settled, Step, carry, settle, tell};
use crate::forge::{Proposal, Subject};
use crate::git::{Author, Credentials, GENERATED, Id, Recording, Repo};
use crate::report::plan::Plan;
use crate::sync::pulls::{Found, PlannedCall};
use crate::worktree::Lock;
use hosted::Mirror;
use remote::{Pushed, There};
use round::{Ask, Round};
use scribe::Commits;
use wide::Reach;

/// What the person asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Whether nothing may be moved.
    pub dry_run: bool,
    /// Whether a wide plan becomes ordinary proposals.
    pub wide: bool,
    /// Only this slice: its id, number or name; or `master`.
    pub only: Option<String>,
    /// What the person asks of one open proposal besides.
    pub chosen: Option<Chosen>,
    /// The tree that the person was shown for the branch of that proposal: when it would be another one, nothing is done.
    pub shown: Option<Id>,
    /// The login of the person for whom an App does it: its commits say so.
    pub asked_by: Option<String>,
}

/// A ref that moved, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefMove {
    /// Its full name.
    pub name: String,
    /// From where; none when it is new.
    pub from: Option<Id>,
    /// To where; none when it goes, and in a dry run where the commit is not made yet.
    pub to: Option<Id>,
}

/// What a sync did, or would do.
#[derive(Debug, Clone)]
pub struct Synced {
    /// The branch that proposals are made for.
    pub branch: String,
    /// Its commit.
    pub target: Id,
    /// What becomes of every proposal.
    pub lines: Vec<Line>,
    /// The refs that moved, or would.
    pub refs: Vec<RefMove>,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// The plan that it came from.
    pub plan: Plan,
    /// Whether the remote could not be reached: all is done here, and nothing travelled. The notes say why.
    pub unreached: bool,
    /// The calls to the hosted forge that were made, or would be.
    pub calls: Vec<PlannedCall>,
    /// The repository's page there.
    pub page: Option<String>,
    /// Why the settings do not take this for done: they insist on the hosted forge, and it could not be reached.
    pub failure: Option<Fault>,
    /// Why the hosted forge could not be reached, whether the settings insist on it or not.
    pub away: Option<Fault>,
}

/// The trailer that names the person for whom an App made a commit: by login, and without what would notify them.
pub const ASKED_BY: &str = "Asked-By";

/// So often a run plans again because others were faster.
const TRIES: usize = 5;

/// Everything that one run needs.
pub(super) struct Run<'a> {
    pub(super) repo: &'a Repo,
    pub(super) config: &'a Config,
    pub(super) branch: String,
    pub(super) author: Author,
    pub(super) now: String,
    pub(super) stop: &'a AtomicBool,
    /// Refs that the remote has: names that nobody else may take.
    pub(super) taken: BTreeSet<String>,
    /// The login of the person for whom an App does it.
    pub(super) asked_by: Option<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(repo: &'a Repo, config: &'a Config, branch: String, stop: &'a AtomicBool) -> Self {
        let now = jiff::Timestamp::now();
        let seconds = now.as_second();
        let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let author = Author::vso(seconds);
        Self { repo, config, branch, author, now, stop, taken: BTreeSet::new(), asked_by: None }
    }

    /// A commit's message with a trailer that says who asked for it, where somebody did.
    pub(super) fn message(&self, message: &str) -> String {
        let Some(login) = &self.asked_by else { return message.to_owned() };
        let text = message.trim_end();
        let is_trailer = text.rsplit("\n\n").next().is_some_and(|last| last.starts_with("Vso-"));
        format!("{text}{}{ASKED_BY}: {login}\n", if is_trailer { "\n" } else { "\n\n" })
    }

    /// The commit that the target branch is at.
    pub(super) fn target(&self) -> Result<Id, Fault> {
        self.repo.find_ref(&format!("refs/heads/{}", self.branch))?.ok_or_else(|| {
            Fault::usage(format!("the branch {} has no commit", self.branch))
                .hint("vso proposes changes to what is committed: commit the master specification first")
        })
    }

    /// Stops between two steps when the person asked for it; what is done stays done.
    fn go_on(&self) -> Result<(), Fault> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Interrupted, "interrupted; every proposal is whole")
                .hint("`vso sync` goes on from here"));
        }
        Ok(())
    }

    /// Finishes what an earlier run left.
    pub(super) fn settle(&self) -> Result<Settled, Fault> {
        settle(self.repo, Board::read(self.repo)?, &self.author)
    }

    /// Plans and makes a round.
    fn round(
        &self,
        board: &Board,
        planned: &Planned,
        target: Id,
        request: &Request,
        only: Option<&Subject>,
        commits: &Commits<'_>,
    ) -> Result<Round, Fault> {
        let version = planned.view.master.version.to.clone().unwrap_or_default();
        let ask = Ask {
            repo: self.repo,
            board,
            branch: &self.branch,
            target,
            reach: Reach { changed: planned.changed, existing: planned.existing, together: self.config.sync.together },
            version: &version,
            wide: request.wide,
            max_open: self.config.sync.max_open,
            only,
            chosen: request.chosen.as_ref(),
            shown: request.shown,
            remote: &self.config.sync.remote,
            taken: &self.taken,
            commits,
            now: &self.now,
        };
        round::round(&ask, planned.wanted.clone())
    }
}

/// What several tries of one run came to.
#[derive(Default)]
struct Told {
    lines: BTreeMap<(u8, u32, String), Line>,
    refs: Vec<RefMove>,
    notes: Vec<String>,
    done: Vec<Step>,
    unreached: bool,
    calls: Vec<PlannedCall>,
    page: Option<String>,
    failure: Option<Fault>,
    away: Option<Fault>,
}

impl Told {
    /// The last word on each proposal counts, but for what only repeats what happened: "unchanged" after an update,
    /// "refused" after a no, "away" after a merge elsewhere.
    fn lines(&mut self, lines: Vec<Line>) {
        for line in lines {
            let key = match &line.subject {
                Subject::Slice { number, .. } => (0, *number, line.branch.clone()),
                Subject::Master => (1, 0, line.branch.clone()),
                Subject::All => (2, 0, line.branch.clone()),
            };
            let repeats = matches!(line.deed, Deed::Unchanged | Deed::Refused | Deed::Away);
            if !repeats || !self.lines.contains_key(&key) {
                self.lines.insert(key, line);
            }
        }
    }

    /// Every line names its pull request, also one that was opened after the line was written.
    fn pulls(&mut self, board: &Board) {
        for line in self.lines.values_mut() {
            let known = line.number.and_then(|number| board.proposals.get(&number)).and_then(|known| known.pull);
            line.pull = known.or(line.pull);
        }
    }

    fn moved(&mut self, name: &str, from: Option<Id>, to: Option<Id>) {
        if from == to {
            return;
        }
        match self.refs.iter_mut().find(|moved| moved.name == name) {
            Some(moved) => moved.to = to,
            None => self.refs.push(RefMove { name: name.to_owned(), from, to }),
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for moved in steps.iter().flat_map(|step| &step.moves) {
            self.moved(&moved.name, moved.from, moved.to);
        }
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The hosted forge is away: all else goes on.
    fn not_reached(&mut self, fault: Fault, strict: bool) {
        self.unreached = true;
        let hints: String = fault.hints().iter().map(|hint| format!("; {hint}")).collect();
        self.note(format!("pull requests are left as they are: {}{hints}", fault.message()));
        self.away.get_or_insert_with(|| fault.clone());
        if strict {
            self.failure.get_or_insert(fault);
        }
    }

    fn synced(self, run: &Run<'_>, target: Id, plan: Plan) -> Synced {
        let Self { lines, refs, notes, unreached, calls, page, failure, away, .. } = self;
        let lines = lines.into_values().collect();
        let branch = run.branch.clone();
        Synced { branch, target, lines, refs, notes, plan, unreached, calls, page, failure, away }
    }
}

/// The repository of a project, the branch that proposals are made for, also while HEAD is on a proposal's own, and the
/// commit that it is at.
///
/// # Errors
/// As [`target`].
pub fn aim(root: &Path, config: &Config) -> Result<(Repo, String, Option<Id>), Fault> {
    let (repo, branch, _) = target(root, config)?;
    let branch = below(&Board::read(&repo)?, branch);
    let commit = repo.find_ref(&format!("refs/heads/{branch}"))?;
    Ok((repo, branch, commit))
}

/// Plans, and opens, updates and ends proposals accordingly.
///
/// # Errors
/// When there is no repository, branch or commit, or the master can't be used (exit 1 or 2); when git fails or others
/// keep moving the same refs (exit 3); when the person interrupts (exit 130). Every proposal is whole then, and the next
/// run goes on.
pub fn sync(
    root: &Path,
    config: &Config,
    request: &Request,
    stop: &AtomicBool,
    waiting: &dyn Fn(),
) -> Result<Synced, Fault> {
    sync_telling(root, config, request, stop, waiting, &|_| ())
}

/// The same; `say` tells the person why it takes long.
///
/// # Errors
/// As [`sync`].
pub fn sync_telling(
    root: &Path,
    config: &Config,
    request: &Request,
    stop: &AtomicBool,
    waiting: &dyn Fn(),
    say: &dyn Fn(&str),
) -> Result<Synced, Fault> {
    let (mut repo, branch, _) = target(root, config)?;
    let found = Found::look(&mut repo, config, stop, say)?;
    let board = Board::read(&repo)?;
    let branch = below(&board, branch);
    let mut run = Run::new(&repo, config, branch, stop);
    run.asked_by.clone_from(&request.asked_by);
    let mut told = Told::default();
    let mut mirror = Mirror::of(found, &mut told);
    if request.dry_run {
        return dry(&run, request, board, &mirror, told);
    }
    let _lock = Lock::take_unless(root, waiting, stop)?;
    told.done = run.settle()?.done;
    let mut there = fetched(&mut run, &mut told)?;
    told.unreached |= there.is_none() && !told.notes.is_empty();
    let before = (repo.find_ref(GENERATED)?, repo.find_ref(local::REF)?);
    for _ in 0..TRIES {
        run.go_on()?;
        let seen = match &there {
            Some(there) => mirror.observe(&run, there, &mut told)?,
            None => None,
        };
        let Some((target, plan)) = once(&run, request, &mirror, &mut told)? else { continue };
        if let Some(known) = &mut there {
            let is_there = match remote::push(&repo, known, &told.done, mirror.deletions())? {
                Pushed::Done(notes) => {
                    notes.into_iter().for_each(|note| told.note(note));
                    match &seen {
                        Some(seen) => mirror.publish(&run, known, seen, &mut told)?,
                        None => true,
                    }
                }
                Pushed::Not(notes) => {
                    told.unreached = !notes.is_empty();
                    notes.into_iter().for_each(|note| told.note(note));
                    true
                }
                Pushed::Again => false,
            };
            if !is_there {
                there = fetched(&mut run, &mut told)?.or(there);
                continue;
            }
        }
        told.moved(GENERATED, before.0, repo.find_ref(GENERATED)?);
        told.moved(local::REF, before.1, repo.find_ref(local::REF)?);
        tell_all(root, &told.done, &mut told.notes);
        if let Some(there) = &there {
            mirror.check(&run, there, &mut told)?;
        }
        mirror.tell(&mut told);
        told.pulls(&Board::read(&repo)?);
        return Ok(told.synced(&run, target, plan));
    }
    Err(Fault::unfinished("others keep moving the same refs").hint("every proposal is whole; run `vso sync` again"))
}

/// Takes over what the remote has; none when it can't be reached, with the note why.
fn fetched(run: &mut Run<'_>, told: &mut Told) -> Result<Option<There>, Fault> {
    let (there, notes) = remote::fetch(run.repo, &run.config.sync.remote, &run.author)?;
    notes.into_iter().for_each(|note| told.note(note));
    if let Some(there) = &there {
        run.taken = there.refs.keys().cloned().collect();
    }
    Ok(there)
}

/// Takes over what the remote has, and does nothing else. Gives notes, such as that it can't be reached.
///
/// # Errors
/// When there is no repository (exit 2), git fails (exit 3), or the person interrupts (exit 130).
pub fn bring(
    root: &Path,
    config: &Config,
    credentials: Option<Credentials>,
    stop: &AtomicBool,
    waiting: &dyn Fn(),
) -> Result<Vec<String>, Fault> {
    let (mut repo, branch, _) = target(root, config)?;
    if let Some(credentials) = credentials {
        repo.set_credentials(credentials);
    }
    let run = Run::new(&repo, config, branch, stop);
    let _lock = Lock::take_unless(root, waiting, stop)?;
    run.settle()?;
    remote::fetch(&repo, &config.sync.remote, &run.author).map(|(_, notes)| notes)
}

/// One try: none when somebody else was faster somewhere.
fn once(run: &Run<'_>, request: &Request, mirror: &Mirror<'_>, told: &mut Told) -> Result<Option<(Id, Plan)>, Fault> {
    let target = run.target()?;
    let seen = run.repo.find_ref(GENERATED)?;
    let chosen = request.chosen.as_ref();
    let planned = Planned::settling(run.repo, run.config, Some(target), &run.branch, chosen)?;
    let only = only(&planned, request.only.as_deref())?;
    if !recorded(run.repo, &planned, seen)? {
        return Ok(None);
    }
    run.go_on()?;
    let board = run.settle()?.board;
    let notes = RefCell::default();
    let commits = |tree: Id, parents: &[Id], message: &str| mirror.commit(run, (tree, parents, message), &notes);
    let Round { lines, steps } = run.round(&board, &planned, target, request, only.as_ref(), &commits)?;
    notes.into_inner().into_iter().for_each(|note| told.note(note));
    let unread: Vec<String> =
        board.unread.iter().map(|(path, why)| format!("{path} of {}: {why}", local::REF)).collect();
    unread.into_iter().for_each(|note| told.note(note));
    match carry(run.repo, board, steps, &run.author)? {
        Carried::Elsewhere => Ok(None),
        Carried::Done(settled) => {
            let dropped: Vec<u32> = settled.dropped.iter().map(|(step, _)| step.after.number).collect();
            told.steps(&settled.done);
            told.done.extend(settled.done);
            told.lines(lines.into_iter().filter(|line| !line.number.is_some_and(|it| dropped.contains(&it))).collect());
            Ok(dropped.is_empty().then_some((target, planned.view)))
        }
    }
}

/// Carries out steps that are made anew whenever somebody else was faster. Gives the state then, and what was done.
fn carry_out(run: &Run<'_>, steps: &dyn Fn(&Board) -> Result<Vec<Step>, Fault>) -> Result<(Board, Vec<Step>), Fault> {
    for _ in 0..TRIES {
        let board = run.settle()?.board;
        let made = steps(&board)?;
        if let Carried::Done(settled) = carry(run.repo, board, made, &run.author)? {
            return match settled.dropped.first() {
                None => Ok((settled.board, settled.done)),
                Some((_, reason)) => Err(Fault::refused(reason.clone()).hint("nothing was changed; run this again")),
            };
        }
    }
    Err(Fault::unfinished("others keep changing the proposals").hint("run this again"))
}

/// Writes events into the ledger; a ledger that can't be written stops nothing.
fn tell_all(root: &Path, done: &[Step], notes: &mut Vec<String>) {
    if let Err(fault) = tell(root, done) {
        notes.push(format!("the ledger could not be written: {}", fault.message()));
    }
}

/// Writes what was generated into the history, before anybody names it. Whether nobody else was faster: numbers were given
/// on top of what the plan had seen.
fn recorded(repo: &Repo, planned: &Planned, seen: Option<Id>) -> Result<bool, Fault> {
    if repo.find_ref(GENERATED)? != seen {
        return Ok(false);
    }
    // The last one is what stands at the tip. While it does, those before it are in the chain already.
    if planned.generations.last().is_none_or(|last| !history::is_news(repo, last).unwrap_or(true)) {
        return Ok(true);
    }
    for fresh in &planned.generations {
        if let Recording::Elsewhere(_) = history::record(repo, fresh)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a run would do, without doing it. Objects that nothing names may be written.
fn dry(
    run: &Run<'_>,
    request: &Request,
    mut board: Board,
    mirror: &Mirror<'_>,
    mut told: Told,
) -> Result<Synced, Fault> {
    let target = run.target()?;
    let seen = mirror.foresee(run, &mut board, &mut told)?;
    let chosen = request.chosen.as_ref();
    let planned = Planned::settling(run.repo, run.config, Some(target), &run.branch, chosen)?;
    let only = only(&planned, request.only.as_deref())?;
    if let Some(intent) = &board.intent {
        told.note("an earlier run was interrupted; its moves would be finished first".to_owned());
        told.steps(&intent.steps);
    }
    let commits = |tree: Id, parents: &[Id], message: &str| run.repo.commit(tree, parents, message, &run.author);
    let Round { lines, steps } = run.round(&board, &planned, target, request, only.as_ref(), &commits)?;
    told.steps(&steps);
    told.lines(lines);
    if let Some(seen) = seen {
        let mut after = board.clone();
        after.proposals.extend(steps.iter().map(|step| (step.after.number, step.after.clone())));
        mirror.plan(run, &after, &steps, &seen, &mut told)?;
    }
    mirror.tell(&mut told);
    let is_news = |last| history::is_news(run.repo, last);
    if planned.generations.last().map(is_news).transpose()?.unwrap_or(false) {
        let from = run.repo.find_ref(GENERATED)?;
        told.refs.push(RefMove { name: GENERATED.to_owned(), from, to: None });
    }
    if !steps.is_empty() || board.intent.is_some() {
        told.refs.push(RefMove { name: local::REF.to_owned(), from: board.at, to: None });
    }
    Ok(told.synced(run, target, planned.view))
}

/// The repository around a project.
fn repository(root: &Path) -> Result<Repo, Fault> {
    Repo::at(root)?.ok_or_else(|| {
        Fault::usage("there is no git repository here").hint("`git init` makes one; proposals are branches in it")
    })
}

/// The branch that proposals are for: HEAD may be on a proposal's own branch, where a person works on it.
fn below(board: &Board, branch: String) -> String {
    let own = board.all_open().find(|proposal: &&Proposal| proposal.branch == branch);
    own.map(|proposal| proposal.target.clone()).unwrap_or(branch)
}

/// What the person chose, by id, number, name, or `master`.
fn only(planned: &Planned, wanted: Option<&str>) -> Result<Option<Subject>, Fault> {
    let Some(wanted) = wanted else { return Ok(None) };
    if matches!(wanted, "master" | "master-spec") {
        return Ok(Some(Subject::Master));
    }
    let key = crate::spec::text::name_key(wanted);
    let number = wanted.parse::<u32>().ok();
    let number_of = |id: &str| id.split('-').nth(1).and_then(|digits| digits.parse::<u32>().ok());
    let slices = &planned.view.slices;
    let found = slices.iter().find(|slice| {
        slice.id == wanted
            || (number.is_some() && number_of(&slice.id) == number)
            || crate::spec::text::name_key(&slice.name) == key
    });
    match found.and_then(|slice| Some(Subject::Slice { number: number_of(&slice.id)?, id: slice.id.clone() })) {
        Some(subject) => Ok(Some(subject)),
        None => {
            let ids: Vec<&str> = slices.iter().map(|slice| slice.id.as_str()).collect();
            Err(Fault::usage(format!("there is no slice {wanted:?}"))
                .hint(format!("there are {}, and `master`", ids.join(", "))))
        }
    }
}

/// The subject of what is wanted, as a forge says it.
#[must_use]
pub fn subject_of(wanted: &wanted::Subject) -> Subject {
    wide::subject(wanted)
}
