//! `vso comment`: answers the comment that a GitHub event tells of.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::sync::{Report as SyncReport, logged, report};
use super::{Context, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::forge::github::{Access, Hub};
use crate::report::json::schema_of;
use crate::sync::answer::{Answer, Answered, Asked, Ground, answer};
use crate::sync::plan::target;
use crate::sync::propose::{Request, bring};

/// Answer the comment on a GitHub issue or pull request that an event tells of
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A line of the comment that begins with `/vso` is a command: help, status, plan, sync, sync --wide, regenerate, resolve \
master|slice [ITEM], retry. What stands in quotes and code is none. Who may push may ask; the comment gets a reaction and one \
answer, however often it is handled. GITHUB_TOKEN, or an App's VSO_APP_ID and VSO_APP_PRIVATE_KEY, signs in.

Exits with 1 when something that was asked could not be done: an unknown command, a refusal. What is ignored (no command, no \
permission, answered before) is 0.

Keys of --json: format, comment, reason (why nothing was answered), answers (command, done, words), sync (as in `vso sync \
--json`).

Examples:
  vso comment
  vso comment --event event.json --json | jq '.answers[].words'")]
pub struct Args {
    /// The event as GitHub sends it
    #[arg(long, env = "GITHUB_EVENT_PATH", value_name = "FILE", required_unless_present = "schema")]
    event: Option<PathBuf>,

    /// Print what was answered as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The comment's id; null where the event tells of none.
    pub comment: Option<u64>,
    /// Why nothing was answered; null where something was.
    pub reason: Option<String>,
    /// An answer a command.
    pub answers: Vec<Answer>,
    /// What the last sync did; null where there was none.
    pub sync: Option<SyncReport>,
}

/// Runs the command.
///
/// # Errors
/// When the event can't be read or is of another repository, or there is no credential (exit 2), or GitHub, git or disk
/// fail (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let event = read(args.event.as_deref().unwrap_or(Path::new("")))?;
    let Some(asked) = Asked::of(&event) else {
        return Ok(told(args, None, &ignored("the event is not of a new comment")));
    };
    let stop = interrupt::listen();
    let say = |words: &str| out::note(&out::plain(words));
    let hub = Hub::open(access(context, &event)?, stop, &say)?.remembering(&context.root);
    let sync = |request: &Request| logged(context, request, stop);
    let fetch = || bring(&context.root, &context.config, Some(hub.git_credentials()?), stop, &super::waiting);
    let ground = Ground { root: &context.root, config: &context.config, hub: &hub, sync: &sync, bring: &fetch };
    let answered = answer(&ground, &asked)?;
    Ok(told(args, Some(asked.comment), &answered))
}

fn ignored(reason: &str) -> Answered {
    Answered { ignored: Some(reason.to_owned()), answers: Vec::new(), synced: None }
}

fn told(args: &Args, comment: Option<u64>, answered: &Answered) -> Outcome {
    if args.json {
        out::json(&Report {
            format: 1,
            comment,
            reason: answered.ignored.as_ref().map(|reason| format!("nothing was answered: {reason}")),
            answers: answered.answers.clone(),
            sync: answered.synced.as_ref().map(|done| report(false, done)),
        });
    } else {
        for answer in &answered.answers {
            let word = if answer.done { "done" } else { "not done" };
            out::data(&out::plain(&format!("{word}: {}: {}\n", answer.command, answer.words.replace('\n', " "))));
        }
    }
    if let Some(reason) = &answered.ignored {
        out::note(&format!("nothing was answered: {reason}"));
    }
    if answered.answers.iter().all(|answer| answer.done) { Outcome::Clean } else { Outcome::SaysNo }
}

/// The event, as far as it is JSON.
fn read(path: &Path) -> Result<Value, Fault> {
    let text = std::fs::read(path).map_err(|error| {
        Fault::usage(format!("the event {} can't be read", path.display()))
            .because(&error)
            .hint("--event names the file; in a workflow GITHUB_EVENT_PATH does")
    })?;
    serde_json::from_slice(&text)
        .map_err(|error| Fault::usage(format!("the event {} is no JSON", path.display())).because(&error))
}

/// The right to speak to the repository that the event is of.
fn access(context: &Context, event: &Value) -> Result<Access, Fault> {
    let (repo, ..) = target(&context.root, &context.config)?;
    let url = repo.remote_url(&context.config.sync.remote)?;
    let access = Access::find(url.as_deref())?.ok_or_else(|| {
        Fault::usage("there is no way to answer: no token, or the remote is not on that server")
            .hint("set GITHUB_TOKEN, or VSO_APP_ID and VSO_APP_PRIVATE_KEY; on an own server GITHUB_SERVER_URL too")
    })?;
    let here = format!("{}/{}", access.owner(), access.name());
    match event["repository"]["full_name"].as_str() {
        Some(there) if !there.eq_ignore_ascii_case(&here) => {
            Err(Fault::usage(format!("the event is of {there:?}, and this is {here}")))
        }
        _ => Ok(access),
    }
}
