//! The demonstration on a stand-in for GitHub: a push, pull requests with checks, edits on both sides, a conflict that a
//! comment settles. What people do goes by GitHub's REST interface, what vso does by the command lines of its Action.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Outcome, out};
use super::{Args, heading, quote, say, scene, short, tell_slices, words};
use crate::fault::Fault;
use crate::forge::stand_in::{StandIn, program};
use crate::git::Credentials;
use crate::runner;
use crate::sync::demo::{FIRST, LAST, SAME, Stage};
use crate::worktree::shown;

const OWNER: &str = "acme";
const NAME: &str = "tool-library";
/// An architect, who may do everything.
const PERSON: &str = "alice";
/// Time between two looks at whether the person has seen enough.
const LOOK: Duration = Duration::from_millis(100);

/// Everything on the stage.
struct Play {
    stage: Stage,
    hub: StandIn,
    /// The person's token.
    token: String,
    credentials: Credentials,
    /// The environment of a workflow run.
    workflow: Vec<(String, String)>,
    vso: PathBuf,
    _data: tempfile::TempDir,
}

/// Plays it.
///
/// # Errors
/// When the stand-in is not there, or git, the disk or it fails (exit 3); when the person interrupts (exit 130).
pub(super) fn run(args: &Args, stage: Stage, stop: &'static AtomicBool) -> Result<Outcome, Fault> {
    let play = Play::set_up(stage)?;
    let page = format!("{}/{OWNER}/{NAME}", play.hub.url());
    heading("1  A repository on GitHub (a stand-in on this machine)", "vso decompose && git push");
    let plan = play.stage.decompose()?;
    tell_slices(&plan);
    play.push()?;
    say(&format!("\nIt is at {page}."));
    play.change()?;
    play.conflict()?;
    play.last()?;
    heading("What to look at", "");
    say(&format!("{page}     the pull request that is open now, with its body and its checks"));
    if args.hold || out::is_terminal() {
        say("\nIt stays until Ctrl-C.");
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
        }
    }
    if args.keep || args.dir.is_some() {
        out::note(&format!("the clone is in {}", shown(&play.stage.keep())));
    }
    Ok(Outcome::Clean)
}

impl Play {
    fn set_up(stage: Stage) -> Result<Self, Fault> {
        let program = program(&|words| out::note(words))?;
        let failed = |error: std::io::Error| Fault::unfinished("can't make a folder for the demo").because(&error);
        let data = tempfile::Builder::new().prefix("vso-demo-hub-").tempdir().map_err(failed)?;
        let hub = StandIn::start(&program, data.path())?;
        let token = hub.person(PERSON)?;
        let runs = hub.repository(OWNER, NAME, &[(PERSON, "admin")])?;
        stage.share(&format!("{}/{OWNER}/{NAME}.git", hub.url()))?;
        let credentials =
            Credentials { url_prefix: format!("{}/", hub.url()), user: PERSON.into(), token: token.clone() };
        let mut workflow = hub.variables(&runs);
        workflow.push(("GITHUB_ACTIONS".into(), "true".into()));
        workflow.push(("GITHUB_REPOSITORY".into(), format!("{OWNER}/{NAME}")));
        let vso = std::env::current_exe();
        let vso = vso.map_err(|error| Fault::unfinished("can't find this program").because(&error))?;
        Ok(Self { stage, hub, token, credentials, workflow, vso, _data: data })
    }

    /// An edit of the master is pushed, and a pull request appears.
    fn change(&self) -> Result<(), Fault> {
        heading("2  A requirement changes, and is pushed", "git push");
        scene(&self.stage, &FIRST)?;
        self.push()?;
        heading("3  The push's workflow proposes what that means for the slices", "vso sync");
        self.workflow(&["sync"])?;
        self.tell_pulls()?;
        say("\nalice reviews and merges:\n");
        self.merge_all()
    }

    /// Both sides change the same words, and a comment settles it.
    fn conflict(&self) -> Result<(), Fault> {
        heading("4  Both sides change the same words", "git push");
        for edit in &SAME {
            scene(&self.stage, edit)?;
        }
        self.push()?;
        say("");
        self.workflow(&["sync"])?;
        self.tell_pulls()?;
        let Some(number) = self.pulls()?.iter().find_map(|pull| pull["number"].as_u64()) else { return Ok(()) };
        let words = "/vso resolve master";
        heading("5  A comment settles it", words);
        let event = self.comment(number, words)?;
        quote(&format!("{PERSON} on #{number}: {words}"));
        self.workflow(&["comment", "--event", &event.path().display().to_string()])?;
        for answer in self.comments(number)?.iter().filter(|answer| answer["user"]["login"] != PERSON) {
            say("");
            quote(&format!("{}:", answer["user"]["login"].as_str().unwrap_or("?")));
            let body = answer["body"].as_str().unwrap_or_default();
            // Its table and what only pages need are left to them.
            let is_prose = |line: &&str| !line.is_empty() && !line.starts_with(['<', '|']);
            body.lines().filter(is_prose).for_each(|line| quote(&short(line)));
        }
        self.tell_pulls()?;
        say("");
        self.merge_all()?;
        self.workflow(&["sync"])?;
        self.merge_all()?;
        words_of(&self.stage)
    }

    /// One more edit, of which the pull request stays open.
    fn last(&self) -> Result<(), Fault> {
        heading("6  One more, left for you to look at", "git push && vso sync");
        scene(&self.stage, &LAST)?;
        self.push()?;
        self.workflow(&["sync"])?;
        self.tell_pulls()
    }

    fn push(&self) -> Result<(), Fault> {
        self.stage.push(&self.credentials)
    }

    /// Runs vso as the Action does; what it prints is shown.
    fn workflow(&self, arguments: &[&str]) -> Result<(), Fault> {
        let ended = runner::run(&self.vso, arguments, self.stage.root(), &self.workflow)?;
        ended.out.lines().chain(ended.err.lines()).for_each(|line| quote(&short(&narrow(line))));
        match ended.code {
            // 1 says that a person has something to decide.
            Some(0 | 1) => Ok(()),
            _ => Err(Fault::unfinished(format!("vso {} did not finish", arguments.join(" ")))),
        }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Fault> {
        self.hub.ask(&self.token, method, &format!("/repos/{OWNER}/{NAME}{path}"), body)
    }

    fn list(&self, path: &str) -> Result<Vec<Value>, Fault> {
        Ok(self.ask("GET", path, &Value::Null)?.as_array().cloned().unwrap_or_default())
    }

    fn pulls(&self) -> Result<Vec<Value>, Fault> {
        self.list("/pulls?state=open&per_page=100")
    }

    fn comments(&self, number: u64) -> Result<Vec<Value>, Fault> {
        self.list(&format!("/issues/{number}/comments"))
    }

    /// The open pull requests with their checks.
    fn tell_pulls(&self) -> Result<(), Fault> {
        say("");
        for pull in self.pulls()? {
            let (number, title) = (&pull["number"], pull["title"].as_str().unwrap_or_default());
            quote(&short(&format!("#{number} {title}")));
            let head = pull["head"]["sha"].as_str().unwrap_or_default();
            let checks = self.ask("GET", &format!("/commits/{head}/check-runs"), &Value::Null)?;
            for check in checks["check_runs"].as_array().into_iter().flatten() {
                let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (name, conclusion) = (word(&check["name"]), word(&check["conclusion"]));
                quote(&short(&format!("   {name:22} {conclusion:16} {}", word(&check["output"]["title"]))));
            }
        }
        Ok(())
    }

    /// Merges what is open, on GitHub, and brings main along.
    fn merge_all(&self) -> Result<(), Fault> {
        for pull in self.pulls()? {
            let number = &pull["number"];
            self.ask("PUT", &format!("/pulls/{number}/merge"), &json!({ "merge_method": "merge" }))?;
            quote(&short(&format!("#{number} merged: {}", pull["title"].as_str().unwrap_or_default())));
        }
        self.stage.pull(&self.credentials)
    }

    /// Comments, and gives the event that GitHub hands to a workflow run then.
    fn comment(&self, number: u64, words: &str) -> Result<tempfile::NamedTempFile, Fault> {
        let comment = self.ask("POST", &format!("/issues/{number}/comments"), &json!({ "body": words }))?;
        let event = json!({
            "action": "created",
            "issue": self.ask("GET", &format!("/issues/{number}"), &Value::Null)?,
            "repository": self.ask("GET", "", &Value::Null)?,
            "sender": comment["user"],
            "comment": comment,
        });
        let failed = |error: std::io::Error| Fault::unfinished("the event can't be written").because(&error);
        let file = tempfile::NamedTempFile::new().map_err(failed)?;
        std::fs::write(file.path(), event.to_string()).map_err(failed)?;
        Ok(file)
    }
}

/// A line of a table without the padding that its longest row needs.
fn narrow(line: &str) -> String {
    line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn words_of(stage: &Stage) -> Result<(), Fault> {
    say("");
    words(&stage.plan()?);
    Ok(())
}
