//! One turn: what a delivery asks for, done for its repository in the mirror, and told in words.
//!
//! Everything here is found again by looking, so that a turn which was killed is done once more without doing anything
//! twice. What a person has to put right (a specification that can't be used) is no failure of the delivery: the checks say
//! it.

use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::member::REMOTE;
use super::refresh::{Found, Fresh, is_from_a_broken_mirror, refresh};
use super::{Fleet, Member, Wish, tidy};
use crate::config::{Config, ForgeKind};
use crate::fault::{Fault, FaultKind};
use crate::forge::github::Hub;
use crate::git::{Exchange, Id, Repo};
use crate::report::check::{Check, SLICES, SPECIFICATION, TRACE};
use crate::report::finding::counted;
use crate::sync::answer::{self, Answered, Asked, Pressed};
use crate::sync::checks::{Ground, Judge, has_master, publish, publish_again, publish_checks, stand};
use crate::sync::propose::{Deed, Request, Synced, bring, sync_telling};
use crate::sync::work::log::log;

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// In words.
    pub words: String,
    /// In figures, for the project's ledger.
    pub data: Value,
    /// Whether anything changed, so that people want to hear of it.
    pub is_news: bool,
    /// Whether everything that had happened on GitHub before the turn began is carried into the proposals.
    pub is_in_step: bool,
    /// Whether the App is not at the repository any more.
    pub is_gone: bool,
}

impl Told {
    /// Nothing was done, or nothing that people want to hear of.
    #[must_use]
    pub fn nothing(words: impl Into<String>) -> Self {
        Self { words: words.into(), data: json!({}), is_news: false, is_in_step: false, is_gone: false }
    }
}

/// What a turn is done with.
struct Turn<'a> {
    fleet: &'a Fleet,
    member: &'a Member,
    stop: &'a AtomicBool,
    say: &'a dyn Fn(&str),
}

/// Does what is asked for a repository. `stop` ends it early; `say` hears why it takes long.
///
/// # Errors
/// When GitHub, git or the disk fail (exit 3, [`Fault::wanted_wait`] where GitHub asks for patience), the repository is too
/// large (exit 1), or `stop` was set (exit 130). The next try goes on from there.
pub fn carry(
    fleet: &Fleet,
    member: &Member,
    wish: &Wish,
    stop: &AtomicBool,
    say: &dyn Fn(&str),
) -> Result<Told, Fault> {
    let turn = Turn { fleet, member, stop, say };
    let done = turn.carry(wish);
    if let Err(fault) = &done
        && is_from_a_broken_mirror(fault)
    {
        tracing::warn!(repository = member.full_name(), %fault, "the mirror is broken and fetched anew");
        fleet.empty(member)?;
        return turn.carry(wish);
    }
    done
}

impl Turn<'_> {
    fn carry(&self, wish: &Wish) -> Result<Told, Fault> {
        match wish {
            Wish::Nothing(why) => return Ok(Told::nothing(why)),
            Wish::Admit(_) | Wish::Dismiss(_) | Wish::Leave | Wish::Rename(_) => {
                return Ok(Told::nothing("it is about which repositories there are"));
            }
            Wish::Tidy => return tidy::pack(self.member),
            Wish::Evict => return self.evict(),
            Wish::Branch(branch) if !self.is_target(branch) => {
                return Ok(Told::nothing(format!("no proposals are made for {branch}")));
            }
            _ => {}
        }
        let fresh = match refresh(self.fleet, self.member, self.stop, self.say)? {
            Found::Fresh(fresh) => fresh,
            Found::Nothing(why) => return Ok(Told::nothing(why)),
            Found::Gone => {
                return Ok(Told { is_gone: true, ..Told::nothing("the App is not installed there any more") });
            }
        };
        let config = match fresh.config() {
            Ok(config) => config,
            Err(fault) if fault.kind() == FaultKind::Usage => return self.unusable(&fresh, &fault),
            Err(fault) => return Err(fault),
        };
        if config.sync.forge == ForgeKind::Local {
            return Ok(Told::nothing("its vso.toml keeps proposals in the repository (sync.forge)"));
        }
        if !has_master(&fresh.repo, fresh.commit, config)? {
            let words = format!("there is no {} on {}", config.project.master, fresh.branch);
            return Ok(Told { is_in_step: true, ..Told::nothing(words) });
        }
        match wish {
            Wish::Check { number } => self.check(&fresh, config, *number),
            Wish::Rerun { commit } => self.rerun(&fresh, config, commit),
            Wish::Answer(asked) => self.answer(&fresh, config, asked),
            Wish::Press(pressed) => self.press(&fresh, config, pressed),
            _ => self.sync(&fresh, config),
        }
    }

    /// Whether proposals are made for a branch, as far as the mirror knows.
    fn is_target(&self, branch: &str) -> bool {
        let settings = self.member.settings();
        settings.is_ok_and(|(settings, _)| settings.config.sync.branch == branch)
    }

    fn synced(&self, config: &Config, request: &Request) -> Result<Synced, Fault> {
        let done = sync_telling(&self.member.root, config, request, self.stop, &|| (), self.say);
        log(&self.member.root, done.as_ref());
        done
    }

    fn sync(&self, fresh: &Fresh<'_>, config: &Config) -> Result<Told, Fault> {
        let done = match self.synced(config, &Request::default()) {
            Ok(done) => done,
            Err(fault) if matches!(fault.kind(), FaultKind::Refused | FaultKind::Usage) => {
                return self.unusable(fresh, &fault);
            }
            Err(fault) => return Err(fault),
        };
        is_reached(&done)?;
        Ok(told(&done))
    }

    /// What is there can't be used: its author reads it at the commit.
    fn unusable(&self, fresh: &Fresh<'_>, fault: &Fault) -> Result<Told, Fault> {
        let checks = match fresh.config() {
            Ok(config) => {
                let ground = Ground::commit(&fresh.repo, fresh.commit)?;
                let asked = stand::asked(&fresh.repo, config, fresh.commit)?;
                Judge::new(&fresh.repo, config, &ground)?.judge(&asked).checks
            }
            Err(_) => [SPECIFICATION, SLICES, TRACE].map(|name| Check::undone(name, fault)).to_vec(),
        };
        // Not the specification: somebody moved something meanwhile. That is tried again.
        if checks.first().is_some_and(Check::is_passed) {
            return Err(Fault::unfinished(format!("the sync did not end: {}", fault.message())));
        }
        let published = publish_checks(&fresh.hub, fresh.commit, &checks)?;
        let words = format!("it can't be used, and the checks say so: {}", fault.message());
        let data = json!({ "fault": fault.message(), "checks": published.written });
        Ok(Told { is_news: published.written > 0, data, is_in_step: true, ..Told::nothing(words) })
    }

    /// The checks of a person's pull request, by the rules of its base.
    fn check(&self, fresh: &Fresh<'_>, config: &Config, number: u64) -> Result<Told, Fault> {
        if !config.github.checks {
            return Ok(Told::nothing("its vso.toml wants no checks (github.checks)"));
        }
        let pull = fresh.hub.pull(number)?.filter(|pull| pull.is_open());
        let Some(pull) = pull else { return Ok(Told::nothing(format!("pull request {number} is not open"))) };
        if pull.base_branch != fresh.branch {
            return Ok(Told::nothing(format!("pull request {number} is not for {}", fresh.branch)));
        }
        let name = format!("refs/vso/pulls/{number}");
        let head = match self.fetched(&fresh.repo, &format!("refs/pull/{number}/head"), &name)? {
            Some(head) => head,
            None => return Ok(Told::nothing(format!("the commit of pull request {number} is not there any more"))),
        };
        self.bring(fresh, config)?;
        let ground = Ground::commit(&fresh.repo, fresh.commit)?;
        let published = publish(&fresh.hub, &fresh.repo, config, &ground, &[head]);
        forget(&fresh.repo, &name, head)?;
        let published = published?;
        let words = format!("{} of pull request {number} written", counted(published.written, "check"));
        let data = json!({ "pull": number, "checks": published.written });
        Ok(Told { is_news: published.written > 0, data, ..Told::nothing(words) })
    }

    /// The checks of a commit, because somebody asked for them again.
    fn rerun(&self, fresh: &Fresh<'_>, config: &Config, commit: &str) -> Result<Told, Fault> {
        let Ok(id) = commit.parse::<Id>() else { return Ok(Told::nothing("it names no commit")) };
        self.bring(fresh, config)?;
        let name = format!("refs/vso/rerun/{id}");
        let is_fetched = !fresh.repo.has(id);
        if is_fetched && self.fetched(&fresh.repo, commit, &name)?.is_none() {
            return Ok(Told::nothing(format!("the commit {commit} is not there any more")));
        }
        let ground = Ground::commit(&fresh.repo, fresh.commit)?;
        let asked = stand::asked(&fresh.repo, config, id)?;
        let judged = Judge::new(&fresh.repo, config, &ground)?.judge(&asked);
        let published = publish_again(&fresh.hub, id, &judged.checks);
        if is_fetched {
            forget(&fresh.repo, &name, id)?;
        }
        let written = published?.written;
        let words = format!("made {} of {} anew", counted(written, "check"), &commit[..10.min(commit.len())]);
        Ok(Told { is_news: true, data: json!({ "commit": commit, "checks": written }), ..Told::nothing(words) })
    }

    /// What else GitHub has is taken over: proposals, their branches.
    fn bring(&self, fresh: &Fresh<'_>, config: &Config) -> Result<Vec<String>, Fault> {
        let credentials = fresh.hub.git_credentials()?;
        bring(&self.member.root, config, Some(credentials), self.stop, &|| ())
    }

    /// Fetches something that has no branch here; none when it is not there.
    fn fetched(&self, repo: &Repo, from: &str, to: &str) -> Result<Option<Id>, Fault> {
        match repo.fetch(REMOTE, &[&format!("+{from}:{to}")])? {
            Exchange::Done => repo.find_ref(to),
            Exchange::Absent(_) => Ok(None),
            Exchange::Unreachable(words) if words.contains("not our ref") => Ok(None),
            why => Err(Fault::unfinished(format!("{from} of {} can't be fetched: {why:?}", self.member.full_name()))),
        }
    }

    fn answer(&self, fresh: &Fresh<'_>, config: &Config, asked: &Asked) -> Result<Told, Fault> {
        let (sync, bring) = (|request: &Request| self.synced(config, request), || self.bring(fresh, config));
        let ground = answer::Ground { root: &self.member.root, config, hub: &fresh.hub, sync: &sync, bring: &bring };
        Ok(answered(&answer::answer(&ground, asked)?, &asked.author, asked.number))
    }

    fn press(&self, fresh: &Fresh<'_>, config: &Config, pressed: &Pressed) -> Result<Told, Fault> {
        let (sync, bring) = (|request: &Request| self.synced(config, request), || self.bring(fresh, config));
        let ground = answer::Ground { root: &self.member.root, config, hub: &fresh.hub, sync: &sync, bring: &bring };
        let done = answer::press(&ground, pressed)?;
        if let Some(synced) = &done.synced {
            is_reached(synced)?;
        }
        let mut told = answered(&done, &pressed.by, 0);
        told.data["button"] = pressed.identifier.as_str().into();
        Ok(told)
    }

    fn evict(&self) -> Result<Told, Fault> {
        let Some(mut repo) = Repo::at(&self.member.root)? else { return Ok(Told::nothing("there is no mirror")) };
        let hub = Hub::open(tidy::access(&repo)?, self.stop, self.say)?;
        tidy::evict(self.fleet, self.member, &hub, &mut repo)
    }
}

/// A ref that was needed for a moment goes.
fn forget(repo: &Repo, name: &str, id: Id) -> Result<(), Fault> {
    repo.move_ref(name, Some(id), None, "vso: looked at").map(|_| ())
}

/// A sync whose result did not reach GitHub is tried again.
fn is_reached(done: &Synced) -> Result<(), Fault> {
    if let Some(fault) = done.failure.as_ref().or(done.away.as_ref()) {
        return Err(fault.clone());
    }
    if done.unreached {
        return Err(Fault::unfinished(format!("nothing travelled: {}", done.notes.join("; "))));
    }
    Ok(())
}

/// What a sync did.
fn told(done: &Synced) -> Told {
    let mut counts: Vec<(Deed, usize)> = Vec::new();
    for line in done.lines.iter().filter(|line| line.deed != Deed::Unchanged) {
        match counts.iter_mut().find(|(deed, _)| *deed == line.deed) {
            Some((_, count)) => *count += 1,
            None => counts.push((line.deed, 1)),
        }
    }
    let open: usize = done.lines.iter().map(|line| line.conflicts.len()).sum();
    let mut parts: Vec<String> = counts.iter().map(|(deed, count)| format!("{count} {}", deed.word())).collect();
    if open > 0 {
        parts.push(format!("{} for a person", counted(open, "conflict")));
    }
    let words = if parts.is_empty() { "all in step".to_owned() } else { parts.join(", ") };
    let mut data = json!({ "branch": done.branch, "target": done.target.to_string(), "conflicts": open });
    for (deed, count) in &counts {
        data[deed.word()] = (*count).into();
    }
    Told { is_news: !done.refs.is_empty(), data, is_in_step: true, ..Told::nothing(words) }
}

fn answered(done: &Answered, by: &str, number: u64) -> Told {
    if let Some(reason) = &done.ignored {
        return Told::nothing(format!("nothing was answered: {reason}"));
    }
    let commands: Vec<Value> = done
        .answers
        .iter()
        .map(|answer| json!({ "command": answer.command, "done": answer.done, "words": answer.words }))
        .collect();
    let said: Vec<String> = done.answers.iter().map(|answer| format!("{}: {}", answer.command, answer.words)).collect();
    let words = if said.is_empty() { "planned again".to_owned() } else { said.join("; ") };
    let data = json!({ "by": by, "number": number, "answers": commands });
    Told { is_news: true, data, ..Told::nothing(words) }
}
