//! The demonstration on a stand-in for GitHub, with vso's App installed and its server running: a push, pull requests
//! with checks, edits on both sides, conflicts that buttons settle, on the dashboard and on a check's page. What people
//! do goes by GitHub's REST interface and the server's own forms; what vso does, the server does by itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Outcome, out};
use super::server::{Server, until};
use super::{Args, heading, quote, say, scene, short, tell_slices, words};
use crate::fault::Fault;
use crate::forge::stand_in::{StandIn, Visitor, program};
use crate::git::Credentials;
use crate::report::finding::counted;
use crate::serve::webhook::EVENTS;
use crate::sync::demo::{AGAIN, FIRST, LAST, SAME, Scene, Stage};
use crate::worktree::shown;

const OWNER: &str = "acme";
const NAME: &str = "tool-library";
/// What the repository is called in the server's addresses.
const KEY: &str = "acme.tool-library";
/// The App.
const APP: &str = "vso-acme";
/// An architect, who may do everything.
const PERSON: &str = "alice";
/// Time between two looks at whether the person has seen enough.
const LOOK: Duration = Duration::from_millis(100);
/// How many checks vso makes of a commit.
const CHECKS: usize = 3;

/// Everything on the stage.
struct Play {
    stage: Stage,
    // First, so that the server ends before what it serves.
    server: Server,
    hub: StandIn,
    /// The person's token.
    token: String,
    credentials: Credentials,
    /// The person's browser, on the dashboard.
    visitor: Visitor,
    _data: tempfile::TempDir,
}

/// Plays it.
///
/// # Errors
/// When the stand-in is not there, or git, the disk or it fails (exit 3); when the person interrupts (exit 130).
pub(super) fn run(args: &Args, stage: Stage, stop: &'static AtomicBool) -> Result<Outcome, Fault> {
    let play = Play::set_up(stage)?;
    let page = format!("{}/{OWNER}/{NAME}", play.hub.url());
    say(&format!("\nThe repository is at {page}, the server at {}.", play.server.base));
    play.change()?;
    play.dashboard()?;
    play.check()?;
    play.last()?;
    heading("What to look at", "");
    say(&format!("{}\n     the dashboard; the link lets one browser in, once", play.server.link()));
    say(&format!("{page}\n     the pull request that is open now, with its body and its checks"));
    if args.hold || out::is_terminal() {
        say("\nIt stays until Ctrl-C.");
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK);
        }
    }
    let Play { stage, server, .. } = play;
    drop(server);
    if args.keep || args.dir.is_some() {
        out::note(&format!("the clone is in {}", shown(&stage.keep())));
    }
    Ok(Outcome::Clean)
}

impl Play {
    /// A repository with slices, an App, its server, and the App installed on the repository.
    fn set_up(stage: Stage) -> Result<Self, Fault> {
        let program = program(&|words| out::note(words))?;
        let failed = |error: std::io::Error| Fault::unfinished("can't make a folder for the demo").because(&error);
        let data = tempfile::Builder::new().prefix("vso-demo-hub-").tempdir().map_err(failed)?;
        let folder = |name: &str| {
            let path = data.path().join(name);
            std::fs::create_dir(&path).map(|()| path).map_err(failed)
        };
        let hub = StandIn::start(&program, &folder("hub")?)?;
        let token = hub.person(PERSON)?;
        hub.repository(OWNER, NAME, &[(PERSON, "admin")])?;
        stage.share(&format!("{}/{OWNER}/{NAME}.git", hub.url()))?;
        let credentials =
            Credentials { url_prefix: format!("{}/", hub.url()), user: PERSON.into(), token: token.clone() };
        heading("1  A repository on GitHub (a stand-in on this machine)", "vso decompose && git push");
        tell_slices(&stage.decompose()?);
        stage.push(&credentials)?;
        heading("2  vso's App is installed on it, and its server runs", "vso serve --settings server.toml");
        let app = hub.app(APP, OWNER, &EVENTS)?;
        let vso = std::env::current_exe();
        let vso = vso.map_err(|error| Fault::unfinished("can't find this program").because(&error))?;
        let mut server = Server::start(&vso, &folder("server")?, &app.variables)?;
        let visitor = Visitor::enter(server.link())?;
        server.next_link()?;
        hub.install(&app, &server.base, OWNER, &[&format!("{OWNER}/{NAME}")])?;
        let play = Self { stage, hub, token, credentials, visitor, server, _data: data };
        until("the repository is taken in", || {
            let all = play.visitor.read("/api/v1/repositories")?;
            Ok(all.as_array().filter(|all| all.iter().any(|one| one["key"] == KEY)).map(|_| ()))
        })?;
        play.rest()?;
        Ok(play)
    }

    /// An edit of the master is pushed, and a pull request appears.
    fn change(&self) -> Result<(), Fault> {
        heading("3  A requirement changes, and is pushed", "git push");
        scene(&self.stage, &FIRST)?;
        self.push()?;
        say("\nGitHub tells the server, which proposes what that means for the slices:");
        self.tell_pulls()?;
        say("\nalice reviews and merges:\n");
        self.merge_all()
    }

    /// Both sides change the same words, and a button of the dashboard settles it.
    fn dashboard(&self) -> Result<(), Fault> {
        heading("4  Both sides change the same words", "git push");
        self.both(&SAME)?;
        heading("5  A button of the dashboard settles it", "Conflicts, Take master, Commit");
        let base = format!("/api/v1/repositories/{KEY}");
        let conflicts = self.visitor.read(&format!("{base}/conflicts"))?;
        let slice = conflicts["conflicts"][0]["slice_id"].as_str().unwrap_or_default().to_owned();
        let choice = json!({ "slice": slice, "item": "", "take": "master", "text": "" });
        let preview = self.visitor.ask(&format!("{base}/conflicts/preview"), &choice)?;
        let seen = preview["seen"].as_str().unwrap_or_default();
        let branch = preview["branch"].as_str().unwrap_or_default();
        let fields =
            [("slice", &*slice), ("item", ""), ("take", "master"), ("text", ""), ("branch", branch), ("seen", seen)];
        let settled = counted(preview["settled"].as_u64().unwrap_or(0).try_into().unwrap_or(0), "conflict");
        quote(&format!("{PERSON} on the dashboard: Take master: {settled} on {branch}"));
        self.visitor.press(&format!("/r/{KEY}/conflicts/commit"), &fields)?;
        self.tell_pulls()?;
        say("");
        self.merge_all()
    }

    /// The same again, and a button of the check settles it.
    fn check(&self) -> Result<(), Fault> {
        heading("6  And once more", "git push");
        self.both(&AGAIN)?;
        heading("7  A button of the check settles it", "Take slice");
        let found = self.pulls()?.into_iter().find_map(|pull| {
            let checks = self.checks(&pull).ok()?;
            let check = checks.into_iter().find(|check| check["conclusion"] == "action_required")?;
            Some((check["id"].as_u64()?, check["name"].as_str()?.to_owned()))
        });
        let (check, name) = found.ok_or_else(|| Fault::unfinished("no check waits for a decision"))?;
        quote(&format!("{PERSON} on {name}: Take slice"));
        self.hub.press(PERSON, &format!("{OWNER}/{NAME}"), check, "take-slice")?;
        self.tell_pulls()?;
        say("");
        self.merge_all()?;
        self.merge_all()?;
        words_of(&self.stage)
    }

    /// One more edit, of which the pull request stays open.
    fn last(&self) -> Result<(), Fault> {
        heading("8  One more, left for you to look at", "git push");
        scene(&self.stage, &LAST)?;
        self.push()?;
        self.tell_pulls()
    }

    fn both(&self, scenes: &[Scene; 2]) -> Result<(), Fault> {
        for edit in scenes {
            scene(&self.stage, edit)?;
        }
        self.push()?;
        self.tell_pulls()
    }

    /// Waits until the server has done all that GitHub told it.
    fn rest(&self) -> Result<(), Fault> {
        until("everything delivered is done", || {
            if !self.is_idle()? {
                return Ok(None);
            }
            let Some(before) = self.hub.delivered()? else { return Ok(None) };
            // What was delivered meanwhile is in the server's books by now.
            let after = if self.is_idle()? { self.hub.delivered()? } else { None };
            Ok(after.filter(|after| *after == before).map(|_| ()))
        })
    }

    /// Whether nothing that was delivered waits or is worked on.
    fn is_idle(&self) -> Result<bool, Fault> {
        for state in ["received", "running"] {
            let some = self.visitor.read(&format!("/api/v1/repositories/{KEY}/deliveries?state={state}"))?;
            if some["deliveries"].as_array().is_none_or(|some| !some.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn push(&self) -> Result<(), Fault> {
        self.stage.push(&self.credentials)
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

    fn checks(&self, pull: &Value) -> Result<Vec<Value>, Fault> {
        let head = pull["head"]["sha"].as_str().unwrap_or_default();
        let checks = self.ask("GET", &format!("/commits/{head}/check-runs"), &Value::Null)?;
        Ok(checks["check_runs"].as_array().cloned().unwrap_or_default())
    }

    /// The open pull requests with their checks, once the server is at rest.
    fn tell_pulls(&self) -> Result<(), Fault> {
        self.rest()?;
        say("");
        for pull in self.pulls()? {
            let (number, title) = (&pull["number"], pull["title"].as_str().unwrap_or_default());
            quote(&short(&format!("#{number} {title}")));
            let checks = self.checks(&pull)?;
            if checks.len() < CHECKS {
                return Err(Fault::unfinished(format!("#{number} has {} of {CHECKS} checks", checks.len())));
            }
            for check in checks {
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
        self.rest()?;
        self.stage.pull(&self.credentials)
    }
}

fn words_of(stage: &Stage) -> Result<(), Fault> {
    say("");
    words(&stage.plan()?);
    Ok(())
}
