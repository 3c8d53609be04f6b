//! What a command in a comment does: who may ask, the work, and one answer.
//!
//! Everything is found again by looking: the answer has a hidden marker with the comment's id. So a comment that is handled
//! twice, or by a run that was killed between any two calls, has the effect of once.

mod carry;
mod marker;
mod press;
mod words;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub use self::press::{Pressed, press};

pub use self::marker::answered_comments;
use self::marker::{Marker, Of, Stage};
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

impl Asked {
    /// The comment that an event tells of; none where it is about something else, or about an older comment. What is
    /// missing and not needed is left out: GitHub sends more, and less, than its description says.
    #[must_use]
    pub fn of(event: &Value) -> Option<Self> {
        if event["action"].as_str().is_some_and(|action| action != "created") {
            return None;
        }
        let (comment, issue) = (&event["comment"], &event["issue"]);
        let user = &comment["user"];
        let author = user["login"].as_str()?.to_owned();
        Some(Self {
            comment: comment["id"].as_u64()?,
            author_id: user["id"].as_u64()?,
            by_bot: user["type"].as_str() == Some("Bot") || author.ends_with("[bot]"),
            author,
            body: comment["body"].as_str().unwrap_or_default().to_owned(),
            number: issue["number"].as_u64()?,
            is_pull: issue["pull_request"].is_object(),
            head: None,
        })
    }
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
    let earlier = marker::find(&comments, Of::Comment(asked.comment), me.as_deref());
    if earlier.as_ref().is_some_and(|(_, marker)| marker.stage == Stage::Done) {
        return Ok(Answered::ignored("it was answered before"));
    }
    if !may_ask(ground.hub, &asked.author, asked.author_id)? {
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
            let working = Marker { of: Of::Comment(asked.comment), stage: Stage::Working, head: saw.clone() };
            ground.hub.comment(asked.number, &words::working(&working))?.id
        }
    };
    let work = carry::Work { ground, pull: pull.as_ref(), saw: saw.as_deref(), is_resumed };
    let done = Marker { of: Of::Comment(asked.comment), stage: Stage::Done, head: saw.clone() };
    let answered = answered(ground.hub, &work, &parsed, (place, ""), &done)?;
    let answers = &answered.answers;
    let reaction = if answers.iter().all(|answer| answer.done) {
        Reaction::ThumbsUp
    } else if answers.iter().any(|answer| answer.unknown) {
        Reaction::Confused
    } else {
        Reaction::ThumbsDown
    };
    ground.hub.react(asked.comment, reaction)?;
    Ok(answered)
}

/// Does what is asked, and says it in the place of the acknowledgement: its comment, and what stands before the answer.
fn answered(
    hub: &Hub<'_>,
    work: &carry::Work<'_>,
    parsed: &[Parsed],
    (place, lead): (u64, &str),
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
    hub.change_comment(place, &words::answered(lead, &answers, done))?;
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
fn may_ask(hub: &Hub<'_>, login: &str, id: u64) -> Result<bool, Fault> {
    let standing = hub.permission(login)?;
    Ok(standing.permission.may_write() && standing.user_id == Some(id))
}

/// The branch of a pull request that is vso's to change.
fn own_branch(pull: Option<&Pull>) -> Option<&str> {
    pull.filter(|pull| pull.is_open() && !pull.is_fork).map(|pull| pull.head_branch.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Value {
        json!({
            "action": "created",
            "comment": { "id": 5, "body": "/vso sync", "user": { "login": "bob", "id": 3, "type": "User" } },
            "issue": { "number": 7, "pull_request": { "url": "x" } },
        })
    }

    #[test]
    fn an_event_is_read_leniently() {
        let found = Asked::of(&event()).unwrap();
        assert_eq!((found.comment, found.number, found.is_pull, found.by_bot), (5, 7, true, false));
        let mut bare = event();
        bare.as_object_mut().unwrap().remove("action");
        bare["issue"] = json!({ "number": 7, "pull_request": null });
        bare["comment"]["body"] = Value::Null;
        let found = Asked::of(&bare).unwrap();
        assert_eq!((found.is_pull, found.body.as_str()), (false, ""));
    }

    #[test]
    fn what_is_no_new_comment_is_left_alone() {
        let mut edited = event();
        edited["action"] = "edited".into();
        let mut nameless = event();
        nameless["comment"]["user"] = Value::Null;
        for other in [edited, nameless, json!([]), json!({ "action": "created", "issue": { "number": 1 } })] {
            assert_eq!(Asked::of(&other), None, "{other}");
        }
    }
}
