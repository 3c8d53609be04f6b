//! One round: what becomes of every proposal of a branch, as lines for people and steps to carry out. Makes commits
//! that no ref names yet; moves nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::decided::Chosen;
use super::graft::{self, Apart, Grafted, How};
use super::keep;
use super::observe::{Standing, peoples, standing};
use super::scribe::Commits;
use super::wide::{self, Reach};
use crate::fault::Fault;
use crate::forge::local::{Board, Move, Step};
use crate::forge::{Open, Proposal, SCHEMA, State, Subject};
use crate::git::{Id, Repo};
use crate::sync::wanted::Wanted;

/// What becomes of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is new.
    Opened,
    /// It got another commit, or says something else.
    Updated,
    /// Nothing.
    Unchanged,
    /// Its content is in the target.
    Merged,
    /// Its branch was deleted by a person.
    Closed,
    /// Nobody wants it any more.
    Superseded,
    /// A person took back a no.
    Reopened,
    /// A person closed the same content before.
    Refused,
    /// There are as many open ones as the settings allow.
    Waiting,
    /// It can't be brought up to date without a person.
    Blocked,
    /// It lives in another clone.
    Away,
}

impl Deed {
    /// The word that people and scripts read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Merged => "merged",
            Self::Closed => "closed",
            Self::Superseded => "superseded",
            Self::Reopened => "reopened",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Away => "away",
        }
    }
}

/// What is said of one proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What becomes of it.
    pub deed: Deed,
    /// The proposal; one that was never opened has no number yet.
    pub number: Option<u32>,
    /// What it is about.
    pub subject: Subject,
    /// Its branch.
    pub branch: String,
    /// The version that it brings.
    pub version: String,
    /// One line.
    pub title: String,
    /// Whether it waits for `vso pr ready` or `--wide`.
    pub draft: bool,
    /// What is open in it.
    pub conflicts: Vec<Open>,
    /// How many commits on its branch are people's.
    pub people: usize,
    /// How many conflicts were settled because a person asked for that.
    pub settled: usize,
    /// Why, where that needs saying.
    pub note: Option<String>,
    /// The number of its pull request on the hosted forge.
    pub pull: Option<u64>,
}

/// What one round would do.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// One a proposal.
    pub(super) lines: Vec<Line>,
    /// What is to be carried out.
    pub(super) steps: Vec<Step>,
}

/// What a round is made for.
pub(super) struct Ask<'a> {
    /// The repository.
    pub(super) repo: &'a Repo,
    /// The proposals as they are.
    pub(super) board: &'a Board,
    /// The target branch.
    pub(super) branch: &'a str,
    /// Its commit.
    pub(super) target: Id,
    /// How far the plan reaches.
    pub(super) reach: Reach,
    /// The master's version.
    pub(super) version: &'a str,
    /// Whether a wide plan becomes ordinary proposals.
    pub(super) wide: bool,
    /// Most open proposals at one time; 0 for no limit.
    pub(super) max_open: usize,
    /// Only this one.
    pub(super) only: Option<&'a Subject>,
    /// What a person asks of one proposal.
    pub(super) chosen: Option<&'a Chosen>,
    /// What they were shown of it.
    pub(super) shown: Option<Id>,
    /// The remote, whose branch names are taken too.
    pub(super) remote: &'a str,
    /// Refs that the remote has.
    pub(super) taken: &'a BTreeSet<String>,
    /// Makes commits.
    pub(super) commits: &'a Commits<'a>,
    /// The moment, for people.
    pub(super) now: &'a str,
}

/// The state of a round while it is being made.
struct Making<'a> {
    ask: &'a Ask<'a>,
    /// The board as it will be.
    next: Board,
    /// Where the branches of those that wait are.
    heads: BTreeMap<u32, Id>,
    round: Round,
}

/// Makes a round over what is wanted.
///
/// # Errors
/// When git fails (exit 3).
pub(super) fn round(ask: &Ask<'_>, wanted: Vec<Wanted>) -> Result<Round, Fault> {
    let mut making = Making { ask, next: ask.board.clone(), heads: BTreeMap::new(), round: Round::default() };
    for proposal in ask.board.all_open() {
        if making.concerns(proposal) {
            making.observe(proposal)?;
        }
    }
    let mut wanted = wanted;
    // Whoever names one slice means that one, however far the plan reaches.
    let is_named = ask.only.is_some_and(|only| *only != Subject::All);
    if is_named {
        wanted.retain(|one| ask.only.is_none_or(|only| only.is_same(&wide::subject(&one.subject))));
    }
    let guarded = wide::guard(wanted, ask.reach, ask.version, ask.branch, &making.next, ask.wide || is_named);
    let subjects: Vec<Subject> = guarded.wanted.iter().map(|one| wide::subject(&one.subject)).collect();
    let unwanted: Vec<Proposal> =
        making.next.all_open().filter(|proposal| making.is_unwanted(proposal, &subjects)).cloned().collect();
    for proposal in &unwanted {
        making.supersede(proposal)?;
    }
    for (one, subject) in guarded.wanted.iter().zip(&subjects) {
        if ask.only.is_none_or(|only| only.is_same(subject)) {
            making.want(one, subject, guarded.draft)?;
        }
    }
    Ok(making.round)
}

impl Making<'_> {
    fn concerns(&self, proposal: &Proposal) -> bool {
        proposal.target == self.ask.branch && self.ask.only.is_none_or(|only| only.is_same(&proposal.subject))
    }

    fn is_unwanted(&self, proposal: &Proposal, subjects: &[Subject]) -> bool {
        self.concerns(proposal)
            && self.heads.contains_key(&proposal.number)
            && !subjects.iter().any(|subject| subject.is_same(&proposal.subject))
    }

    /// Sees what became of an open proposal.
    fn observe(&mut self, proposal: &Proposal) -> Result<(), Fault> {
        match standing(self.ask.repo, proposal, self.ask.target)? {
            Standing::Waits { head } => {
                self.heads.insert(proposal.number, head);
            }
            Standing::Merged { by } => {
                let after = Proposal { state: State::Merged, merged: Some(by.to_string()), ..proposal.clone() };
                self.finish(after, Deed::Merged, Vec::new(), format!("in {} since {}", proposal.target, short(by)));
            }
            Standing::Deleted => {
                let after = Proposal { state: State::Closed, ..proposal.clone() };
                self.finish(after, Deed::Closed, Vec::new(), "its branch was deleted".to_owned());
            }
            Standing::Away => {
                let note = "its branch is in another clone".to_owned();
                self.round.lines.push(Line { note: Some(note), ..line(Deed::Away, proposal) });
            }
            Standing::Ahead => {
                let note =
                    format!("built in another clone on commits that {0} does not have here: pull {0}", proposal.target);
                self.round.lines.push(Line { note: Some(note), ..line(Deed::Away, proposal) });
            }
        }
        Ok(())
    }

    /// Ends a proposal.
    fn finish(&mut self, mut after: Proposal, deed: Deed, moves: Vec<Move>, reason: String) {
        after.reason = Some(reason.clone());
        self.next.proposals.insert(after.number, after.clone());
        self.round.lines.push(Line { note: Some(reason), ..line(deed, &after) });
        self.round.steps.push(Step { after, moves, event: deed.word().to_owned() });
    }

    /// Ends a proposal that nobody wants any more, unless people's commits wait in it.
    fn supersede(&mut self, proposal: &Proposal) -> Result<(), Fault> {
        let Some(head) = self.heads.get(&proposal.number).copied() else { return Ok(()) };
        let people = peoples(self.ask.repo, proposal, head, self.ask.target)?.len();
        if people > 0 && self.keep(proposal, head, people)? {
            return Ok(());
        }
        let name = proposal.reference();
        let is_used = self.ask.repo.checked_out(&name)?.is_some();
        let mut after = Proposal { state: State::Superseded, head: head.to_string(), ..proposal.clone() };
        after.draft = false;
        let (moves, reason) = if people > 0 || is_used {
            (Vec::new(), format!("nothing of it is wanted any more; the branch {} stays", proposal.branch))
        } else {
            (vec![Move { name, from: Some(head), to: None, worktree: None }], "nothing of it is wanted any more".into())
        };
        self.finish(after, Deed::Superseded, moves, reason);
        Ok(())
    }

    /// Lets a proposal wait on with people's commits alone. False where the target has all of them.
    fn keep(&mut self, proposal: &Proposal, head: Id, people: usize) -> Result<bool, Fault> {
        let Ask { repo, target, .. } = *self.ask;
        let Some(wanted) = keep::left(repo, proposal, target)? else {
            let note = "nothing else of it is wanted any more, but people committed to it: merge it, or close it";
            self.round.lines.push(Line { people, note: Some(note.into()), ..line(Deed::Unchanged, proposal) });
            return Ok(true);
        };
        if let Ok(joined) = graft::joined(repo, proposal, head, target, &wanted, &How::default())?
            && joined.tree == repo.tree_of(target)?
        {
            return Ok(false);
        }
        self.update(proposal, head, &wanted, &proposal.subject)?;
        Ok(true)
    }

    /// Brings what is wanted into a proposal.
    fn want(&mut self, wanted: &Wanted, subject: &Subject, draft: bool) -> Result<(), Fault> {
        let same = |proposal: &&Proposal| proposal.target == self.ask.branch && proposal.subject.is_same(subject);
        let known = self.next.all_open().find(same).cloned();
        if let Some(proposal) = known {
            return match self.heads.get(&proposal.number).copied() {
                Some(head) => self.update(&proposal, head, wanted, subject),
                None => Ok(()),
            };
        }
        let told = |deed, number, branch: &str, note: String| Line {
            deed,
            number,
            subject: subject.clone(),
            branch: branch.to_owned(),
            version: wanted.version.clone(),
            title: wanted.title.clone(),
            draft: false,
            conflicts: Vec::new(),
            people: 0,
            settled: 0,
            note: Some(note),
            pull: None,
        };
        if let Some(closed) = self.next.was_refused(subject, self.ask.branch, &wanted.key) {
            let note = format!(
                "closed before; it comes back when its content changes, or with `vso pr reopen {}`",
                closed.number
            );
            // A no that was seen in this very round has its line already.
            if self.round.lines.iter().any(|line| line.number == Some(closed.number)) {
                return Ok(());
            }
            self.round.lines.push(told(Deed::Refused, Some(closed.number), &closed.branch, note));
            return Ok(());
        }
        if let Some((merged, by)) = self.merged_elsewhere(subject, &wanted.key)? {
            let note = format!("merged in another clone as {by}; pull {}", self.ask.branch);
            self.round.lines.push(told(Deed::Away, Some(merged.number), &merged.branch, note));
            return Ok(());
        }
        let open = self.next.all_open().filter(|proposal| proposal.target == self.ask.branch).count();
        if self.ask.max_open > 0 && open >= self.ask.max_open {
            let note = format!("{open} are open, and sync.max-open is {}", self.ask.max_open);
            self.round.lines.push(told(Deed::Waiting, None, "", note));
            return Ok(());
        }
        self.open(wanted, subject, draft && *subject == Subject::All)
    }

    /// A proposal that was merged where this clone has not looked yet, and the commit.
    fn merged_elsewhere(&self, subject: &Subject, key: &str) -> Result<Option<(Proposal, String)>, Fault> {
        if self.ask.repo.remotes()?.is_empty() {
            return Ok(None);
        }
        let same = |proposal: &Proposal| {
            proposal.state == State::Merged
                && proposal.key == key
                && proposal.target == self.ask.branch
                && proposal.subject.is_same(subject)
        };
        let all = self.ask.board.clone().full(self.ask.repo)?;
        let merged = all.proposals.into_values().rev().find(same);
        Ok(merged.and_then(|merged| {
            let by = merged.merged.as_ref()?.parse::<Id>().ok()?;
            (!self.ask.repo.has(by)).then(|| (merged, short(by)))
        }))
    }

    fn open(&mut self, wanted: &Wanted, subject: &Subject, draft: bool) -> Result<(), Fault> {
        let Ask { repo, target, .. } = *self.ask;
        let Grafted { tree, wanted: pure, paths, conflicts, .. } = graft::planted(repo, target, wanted)?;
        if tree == repo.tree_of(target)? {
            return Ok(());
        }
        let number = self.next.next_number();
        let branch = self.free_name(subject, &wanted.version)?;
        let commit = (self.ask.commits)(tree, &[target], &message(wanted, number))?;
        let after = Proposal {
            schema: SCHEMA,
            number,
            subject: subject.clone(),
            state: State::Open,
            draft,
            title: wanted.title.clone(),
            body: wanted.body.clone(),
            branch,
            target: self.ask.branch.to_owned(),
            version: wanted.version.clone(),
            key: wanted.key.clone(),
            onto: target.to_string(),
            wanted: pure.to_string(),
            head: commit.to_string(),
            commits: vec![commit.to_string()],
            paths,
            conflicts,
            opened_at: self.ask.now.to_owned(),
            reason: None,
            merged: None,
            pull: None,
            pull_closed: false,
        };
        let note =
            draft.then(|| format!("waits: `vso pr ready {number}`, or `vso sync --wide` for one proposal a slice"));
        self.next.proposals.insert(number, after.clone());
        self.round.lines.push(Line { note, ..line(Deed::Opened, &after) });
        let moves = vec![Move { name: after.reference(), from: None, to: Some(commit), worktree: None }];
        self.round.steps.push(Step { after, moves, event: Deed::Opened.word().to_owned() });
        Ok(())
    }

    fn update(&mut self, proposal: &Proposal, head: Id, wanted: &Wanted, subject: &Subject) -> Result<(), Fault> {
        let Ask { repo, target, .. } = *self.ask;
        let people = peoples(repo, proposal, head, target)?.len();
        let is_still = self.is_still(proposal)?;
        let how = how(self.ask, proposal);
        if !how.is_none() && self.has_moved(proposal, head)? {
            let note = "somebody committed to it since; look at it and ask again".to_owned();
            self.round.lines.push(Line { people, note: Some(note), ..line(Deed::Blocked, proposal) });
            return Ok(());
        }
        if proposal.key == wanted.key && is_still && how.is_none() {
            self.round.lines.push(Line { people, ..line(Deed::Unchanged, proposal) });
            return self.stand_on_target(proposal);
        }
        let grafted = match graft::joined(repo, proposal, head, target, wanted, &how)? {
            Ok(grafted) => grafted,
            Err(Apart(files)) => {
                let note = format!(
                    "{} changed both on the branch and on {}: merge {} into {} by hand",
                    files.join(", "),
                    proposal.target,
                    proposal.target,
                    proposal.branch
                );
                self.round.lines.push(Line { people, note: Some(note), ..line(Deed::Blocked, proposal) });
                return Ok(());
            }
        };
        if !how.is_none() && !self.is_as_shown(head, grafted.tree)? {
            let note = "it would not be what was shown any more; look at it again".to_owned();
            self.round.lines.push(Line { people, note: Some(note), ..line(Deed::Blocked, proposal) });
            return Ok(());
        }
        let follows = repo.ancestor(target, head)?;
        let mut after = Proposal {
            subject: subject.clone(),
            title: wanted.title.clone(),
            body: wanted.body.clone(),
            version: wanted.version.clone(),
            key: wanted.key.clone(),
            wanted: grafted.wanted.to_string(),
            paths: grafted.paths,
            conflicts: grafted.conflicts,
            ..proposal.clone()
        };
        let mut moves = Vec::new();
        let mut deed = Deed::Unchanged;
        if grafted.tree != repo.tree_of(head)? || !(follows || is_still) {
            if let Some(folder) = repo.checked_out(&proposal.reference())? {
                let note = format!(
                    "{} is checked out in {}: switch to another branch there",
                    proposal.branch,
                    folder.display()
                );
                self.round.lines.push(Line { people, note: Some(note), ..line(Deed::Blocked, proposal) });
                return Ok(());
            }
            let parents = if follows { vec![head] } else { vec![head, target] };
            let commit = (self.ask.commits)(grafted.tree, &parents, &message(wanted, proposal.number))?;
            after.onto = target.to_string();
            after.head = commit.to_string();
            after.commits.push(commit.to_string());
            moves.push(Move { name: proposal.reference(), from: Some(head), to: Some(commit), worktree: None });
            deed = Deed::Updated;
        }
        if follows {
            after.onto = target.to_string();
        }
        self.next.proposals.insert(after.number, after.clone());
        let gone = proposal.conflicts.len().saturating_sub(after.conflicts.len());
        let settled = if how.settle.is_some() { gone } else { 0 };
        self.round.lines.push(Line { people, settled, ..line(deed, &after) });
        if after != *proposal {
            self.round.steps.push(Step { after, moves, event: Deed::Updated.word().to_owned() });
        }
        Ok(())
    }

    /// Whether somebody committed to a proposal's branch since the person who asks something of it saw it.
    fn has_moved(&self, proposal: &Proposal, head: Id) -> Result<bool, Fault> {
        let Ask { repo, target, chosen, .. } = *self.ask;
        let Some(at) = chosen.filter(|chosen| chosen.branch == proposal.branch).and_then(|chosen| chosen.at) else {
            return Ok(false);
        };
        if at == head {
            return Ok(false);
        }
        if !repo.has(at) || !repo.ancestor(at, head)? {
            return Ok(true);
        }
        for commit in peoples(repo, proposal, head, at)? {
            if !repo.ancestor(commit, target)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a branch would hold what the person was shown, or holds it since an earlier try of the same run.
    fn is_as_shown(&self, head: Id, tree: Id) -> Result<bool, Fault> {
        let Some(shown) = self.ask.shown else { return Ok(true) };
        let is_seen = self.ask.chosen.is_some_and(|chosen| chosen.at == Some(head));
        Ok(tree == shown || (!is_seen && self.ask.repo.tree_of(head)? == shown))
    }

    /// A target that people rewrote is what the proposal stands on from now: other clones never saw the old one.
    fn stand_on_target(&mut self, proposal: &Proposal) -> Result<(), Fault> {
        let Ask { repo, target, .. } = *self.ask;
        let onto = proposal.onto.parse::<Id>().ok().filter(|onto| repo.has(*onto));
        if onto.is_some_and(|onto| repo.ancestor(onto, target).unwrap_or(true)) {
            return Ok(());
        }
        let after = Proposal { onto: target.to_string(), ..proposal.clone() };
        self.next.proposals.insert(after.number, after.clone());
        self.round.steps.push(Step { after, moves: Vec::new(), event: Deed::Updated.word().to_owned() });
        Ok(())
    }

    /// Whether the target has the same at a proposal's own paths as when it was built.
    fn is_still(&self, proposal: &Proposal) -> Result<bool, Fault> {
        let Ask { repo, target, .. } = *self.ask;
        let Some(onto) = proposal.onto.parse::<Id>().ok().filter(|onto| repo.has(*onto)) else { return Ok(false) };
        let (before, now) = (repo.tree_of(onto)?, repo.tree_of(target)?);
        for path in &proposal.paths {
            if repo.entry(before, path)? != repo.entry(now, path)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first name that no branch has, here or on the remote.
    fn free_name(&self, subject: &Subject, version: &str) -> Result<String, Fault> {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-.+".contains(letter) { letter } else { '-' };
        let stem: String = subject.branch(version).chars().map(plain).collect();
        let stem = stem.replace("..", ".-");
        let stem = stem.trim_end_matches('.');
        for name in std::iter::once(stem.to_owned()).chain((2..).map(|number: u32| format!("{stem}-{number}"))) {
            let is_given = self.next.all_open().any(|proposal| proposal.branch == name);
            let here = self.ask.repo.find_ref(&format!("refs/heads/{name}"))?;
            let there = self.ask.repo.find_ref(&format!("refs/remotes/{}/{name}", self.ask.remote))?;
            let is_taken = self.ask.taken.contains(&format!("refs/heads/{name}"));
            if !is_given && !is_taken && here.is_none() && there.is_none() {
                return Ok(name);
            }
        }
        Err(Fault::unfinished(format!("no branch name is free for {stem}")))
    }
}

/// What a person asks of this proposal besides bringing it up to date.
fn how<'a>(ask: &Ask<'a>, proposal: &Proposal) -> How<'a> {
    let Some(chosen) = ask.chosen else { return How::default() };
    How { settle: chosen.settles(&proposal.branch), again: chosen.regenerates(&proposal.branch) }
}

/// What is said of a proposal whose deed needs no further words.
pub(in crate::sync) fn line(deed: Deed, proposal: &Proposal) -> Line {
    Line {
        deed,
        number: Some(proposal.number),
        subject: proposal.subject.clone(),
        branch: proposal.branch.clone(),
        version: proposal.version.clone(),
        title: proposal.title.clone(),
        draft: proposal.draft,
        conflicts: if proposal.is_open() { proposal.conflicts.clone() } else { Vec::new() },
        people: 0,
        settled: 0,
        note: None,
        pull: proposal.pull,
    }
}

/// What changed, item by item, and which proposal it is.
fn message(wanted: &Wanted, number: u32) -> String {
    let body = wanted.body.trim();
    let body = if body.is_empty() { String::new() } else { format!("{body}\n\n") };
    let title = wanted.title.lines().next().unwrap_or_default();
    format!("{title}\n\n{body}Vso-Proposal: {number}\n")
}

/// An id as people read it.
pub(super) fn short(id: Id) -> String {
    id.to_string().chars().take(10).collect()
}
