//! What a command in a comment does: who may ask, the work, and one answer.
//!
//! Everything is found again by looking: the answer has a hidden marker with the comment's id. So a comment that is handled
//! twice, or by a run that was killed between any two calls, has the effect of once.

mod carry;
mod marker;
mod words;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use self::marker::{Marker, Stage};
use crate::config::Config;
use crate::fault::{Fault, FaultKind};
use crate::forge::command::{Parsed, commands};
use crate::forge::github::{Comment, Hub, Pull, Reaction};
use crate::sync::propose::{Request, Synced};

/// A comment that asks for something, as the forge told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The comment's id.
    pub comment: u64,
    /// Who wrote it.
    pub author: String,
    /// Their number, which a rename keeps.
    pub author_id: u64,
    /// Whether a machine wrote it.
    pub by_bot: bool,
    /// Its text.
    pub body: String,
    /// The issue or pull request below which it stands.
    pub number: u64,
    /// Whether that is a pull request.
    pub is_pull: bool,
    /// The commit that the person saw, where the forge says it.
    pub head: Option<String>,
}

/// Where and with what an answer is made.
pub struct Ground<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// Its settings.
    pub config: &'a Config,
    /// The forge.
    pub hub: &'a Hub<'a>,
    /// A sync, with everything that belongs to one.
    pub sync: &'a dyn Fn(&Request) -> Result<Synced, Fault>,
    /// Takes over what the remote has.
    pub bring: &'a dyn Fn() -> Result<Vec<String>, Fault>,
}

/// What was answered to one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answer {
    /// The command as it is written, without its item.
    pub command: String,
    /// Whether it was done.
    pub done: bool,
    /// What was said, in one line.
    pub words: String,
    /// The same as Markdown.
    #[serde(skip)]
    markdown: String,
    /// Whether the command was not understood.
    #[serde(skip)]
    unknown: bool,
}

/// What became of a comment.
#[derive(Debug)]
pub struct Answered {
    /// Why nothing was answered; none where something was.
    pub ignored: Option<String>,
    /// An answer a command.
    pub answers: Vec<Answer>,
    /// What the last sync did.
    pub synced: Option<Synced>,
}

impl Answered {
    fn ignored(reason: impl Into<String>) -> Self {
        Self { ignored: Some(reason.into()), answers: Vec::new(), synced: None }
    }
}

/// Answers a comment.
///
/// # Errors
/// When the forge can't be asked, or the work could not be done for a reason that is no answer: network, git, disk (exit
/// 3). The next run goes on from there.
pub fn answer(ground: &Ground<'_>, asked: &Asked) -> Result<Answered, Fault> {
    let parsed = commands(&asked.body);
    if asked.by_bot {
        return Ok(Answered::ignored("a machine wrote it"));
    }
    if parsed.is_empty() {
        return Ok(Answered::ignored("it holds no command"));
    }
    let me = ground.hub.me()?;
    if me.as_deref() == Some(asked.author.as_str()) {
        return Ok(Answered::ignored("vso wrote it"));
    }
    let comments = ground.hub.comments(asked.number)?;
    if let Some(reason) = gone(asked, &parsed, &comments) {
        return Ok(Answered::ignored(reason));
    }
    let earlier = marker::find(&comments, asked.comment, me.as_deref());
    if earlier.as_ref().is_some_and(|(_, marker)| marker.stage == Stage::Done) {
        return Ok(Answered::ignored("it was answered before"));
    }
    if !may_ask(ground.hub, asked)? {
        ground.hub.react(asked.comment, Reaction::ThumbsDown)?;
        return Ok(Answered::ignored("who wrote it may not push to the repository"));
    }
    ground.hub.react(asked.comment, Reaction::Eyes)?;
    let pull = if asked.is_pull { ground.hub.pull(asked.number)? } else { None };
    let head = pull.as_ref().map(|pull| pull.head_commit.clone());
    let saw = earlier.as_ref().and_then(|(_, marker)| marker.head.clone()).or_else(|| asked.head.clone()).or(head);
    let is_resumed = earlier.is_some();
    let place = match earlier {
        Some((comment, _)) => comment,
        None => {
            let working = Marker { comment: asked.comment, stage: Stage::Working, head: saw.clone() };
            ground.hub.comment(asked.number, &words::working(&working))?.id
        }
    };
    let work = carry::Work { ground, pull: pull.as_ref(), saw: saw.as_deref(), is_resumed };
    let done = Marker { comment: asked.comment, stage: Stage::Done, head: saw.clone() };
    answered(ground.hub, &work, &parsed, place, &done)
}

/// Does what is asked, and says it in the place of the acknowledgement.
fn answered(
    hub: &Hub<'_>,
    work: &carry::Work<'_>,
    parsed: &[Parsed],
    place: u64,
    done: &Marker,
) -> Result<Answered, Fault> {
    let mut answers = Vec::new();
    let mut synced = None;
    for parsed in parsed {
        match work.answer(parsed, &mut synced) {
            Ok(answer) => answers.push(answer),
            Err(fault) if fault.kind() == FaultKind::Interrupted => return Err(fault),
            Err(fault) => {
                let failed = Marker { stage: Stage::Failed, ..done.clone() };
                hub.change_comment(place, &words::failed(&answers, &fault, &failed))?;
                return Err(fault);
            }
        }
    }
    hub.change_comment(place, &words::answered(&answers, done))?;
    let reaction = if answers.iter().all(|answer| answer.done) {
        Reaction::ThumbsUp
    } else if answers.iter().any(|answer| answer.unknown) {
        Reaction::Confused
    } else {
        Reaction::ThumbsDown
    };
    hub.react(done.comment, reaction)?;
    Ok(Answered { ignored: None, answers, synced })
}

/// Why a comment is no longer what it was.
fn gone(asked: &Asked, parsed: &[Parsed], comments: &[Comment]) -> Option<String> {
    let Some(now) = comments.iter().find(|comment| comment.id == asked.comment) else {
        return Some("it was deleted".to_owned());
    };
    (now.author_id != asked.author_id || commands(&now.body) != parsed).then(|| "it was edited since".to_owned())
}

/// Whether somebody may push. A name that changed hands since counts as nobody.
fn may_ask(hub: &Hub<'_>, asked: &Asked) -> Result<bool, Fault> {
    let standing = hub.permission(&asked.author)?;
    Ok(standing.permission.may_write() && standing.user_id == Some(asked.author_id))
}

/// The branch of a pull request that is vso's to change.
fn own_branch(pull: Option<&Pull>) -> Option<&str> {
    pull.filter(|pull| pull.is_open() && !pull.is_fork).map(|pull| pull.head_branch.as_str())
}
