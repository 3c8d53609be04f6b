//! What the button of a check does: the same as the command of a comment, for who may push.
//!
//! It is answered below the pull request, once for a delivery, because a press has no place of its own where vso could
//! say anything.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::marker::{Marker, Of, Stage};
use super::{Answered, Ground, answered, carry, marker, may_ask, words};
use crate::fault::Fault;
use crate::forge::command::{Command, Side};
use crate::forge::github::Pull;
use crate::forge::proposal::is_branch_of_vso;
use crate::sync::propose::Request;

/// A button that was pressed, as the forge told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed {
    /// A number of its delivery's, the same when that comes again.
    pub number: u64,
    /// The button.
    pub identifier: String,
    /// The commit whose check it is on.
    pub head: String,
    /// The branch that the commit was on; empty where the forge does not say it.
    pub branch: String,
    /// Who pressed it.
    pub by: String,
    /// Their number, which a rename keeps.
    pub by_id: u64,
}

impl Pressed {
    /// The press that an event tells of; none where it does not say who pressed what. `guid` is its delivery's name.
    #[must_use]
    pub fn of(event: &Value, guid: &str) -> Option<Self> {
        let (run, sender) = (&event["check_run"], &event["sender"]);
        let hash = Sha256::digest(guid.as_bytes());
        let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let head = run["head_sha"].as_str()?.to_owned();
        let is_commit = matches!(head.len(), 40 | 64) && head.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_commit.then(|| {
            Some(Self {
                number,
                identifier: event["requested_action"]["identifier"].as_str()?.to_owned(),
                head,
                branch: run["check_suite"]["head_branch"].as_str().unwrap_or_default().to_owned(),
                by: sender["login"].as_str()?.to_owned(),
                by_id: sender["id"].as_u64()?,
            })
        })?
    }

    /// Its label, and what it does on a pull request; none for a button that vso does not have.
    fn command(&self) -> Option<(&'static str, Command)> {
        Some(match self.identifier.as_str() {
            "take-master" => ("Take master", Command::Resolve { side: Side::Master, item: None }),
            "take-slice" => ("Take slice", Command::Resolve { side: Side::Slice, item: None }),
            "regenerate" => ("Regenerate", Command::Regenerate),
            _ => return None,
        })
    }
}

/// Does what a button says.
///
/// # Errors
/// When the forge can't be asked, or the work could not be done for a reason that is no answer (exit 3). The next run
/// goes on from there.
pub fn press(ground: &Ground<'_>, pressed: &Pressed) -> Result<Answered, Fault> {
    let Some((label, command)) = pressed.command() else {
        return Ok(Answered::ignored("vso has no such button"));
    };
    let pull = pull_of(ground, pressed)?;
    let Some(pull) = pull else { return without_pull(ground, pressed, &command) };
    let me = ground.hub.me()?;
    let of = Of::Press(pressed.number);
    let earlier = marker::find(&ground.hub.comments(pull.number)?, of, me.as_deref());
    if earlier.as_ref().is_some_and(|(_, marker)| marker.stage == Stage::Done) {
        return Ok(Answered::ignored("it was answered before"));
    }
    let at = |stage: Stage| Marker { of, stage, head: Some(pressed.head.clone()) };
    if !may_ask(ground.hub, &pressed.by, pressed.by_id)? {
        let why = "who presses it has to be allowed to push here";
        ground.hub.comment(pull.number, &words::not_pressed(&pressed.by, label, why, &at(Stage::Done)))?;
        return Ok(Answered::ignored("who pressed it may not push to the repository"));
    }
    if earlier.is_none() && pull.head_commit != pressed.head {
        let why = "the branch has moved on since. Look at the check of its newest commit";
        ground.hub.comment(pull.number, &words::not_pressed(&pressed.by, label, why, &at(Stage::Done)))?;
        return Ok(Answered::ignored("the branch has moved on since"));
    }
    let is_resumed = earlier.is_some();
    let place = match earlier {
        Some((comment, _)) => comment,
        None => ground.hub.comment(pull.number, &words::working(&at(Stage::Working)))?.id,
    };
    let work = carry::Work { ground, pull: Some(&pull), saw: Some(&pressed.head), is_resumed };
    let lead = words::pressed(&pressed.by, label);
    answered(ground.hub, &work, &[Ok(command)], (place, &lead), &at(Stage::Done))
}

/// The pull request whose commit it is, or was.
fn pull_of(ground: &Ground<'_>, pressed: &Pressed) -> Result<Option<Pull>, Fault> {
    let mut open = ground.hub.open_pulls()?;
    let at = open.iter().position(|pull| pull.head_commit == pressed.head).or_else(|| {
        let is_branch = |pull: &Pull| is_branch_of_vso(&pressed.branch) && pull.head_branch == pressed.branch;
        open.iter().position(is_branch)
    });
    Ok(at.map(|at| open.swap_remove(at)))
}

/// A check of the target, which has no place for an answer: only planning again makes sense there.
fn without_pull(ground: &Ground<'_>, pressed: &Pressed, command: &Command) -> Result<Answered, Fault> {
    if *command != Command::Regenerate {
        return Ok(Answered::ignored("no open proposal has that commit"));
    }
    if !may_ask(ground.hub, &pressed.by, pressed.by_id)? {
        return Ok(Answered::ignored("who pressed it may not push to the repository"));
    }
    let synced = (ground.sync)(&Request::default())?;
    Ok(Answered { ignored: None, answers: Vec::new(), synced: Some(synced) })
}
