//! A GitHub of its own for each test: the `fakehub` binary on a free port, the repository `acme/design` with the example
//! project pushed, people with permissions, tokens of every kind, a clone, and the environment in which vso runs.
//!
//! People act by the official REST API with their own tokens, and by git. What vso called is in [`Hub::calls`].
#![allow(dead_code, reason = "each topic uses its own part")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::project::Project;
use crate::world::{Ran, World};

/// Who owns the repository.
pub const OWNER: &str = "acme";
/// What it is called.
pub const NAME: &str = "design";
/// Both.
pub const REPO: &str = "acme/design";
/// May do everything.
pub const ALICE: &str = "alice";
/// May push and merge.
pub const BOB: &str = "bob";
/// May read.
pub const MALLORY: &str = "mallory";
/// The account of the personal token that vso runs with in [`HubWorld::personal`].
pub const ROBOT: &str = "design-robot";
/// The App that vso runs as in [`HubWorld::app`].
pub const APP: &str = "vso-acme";

/// So much faster than real time the hub's clock and vso's waits run.
const SPEED: u32 = 200;

/// A running `fakehub`; it ends when this is dropped.
pub struct Hub {
    child: Child,
    data: tempfile::TempDir,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    /// `http://127.0.0.1:PORT`
    pub url: String,
}

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// Insists on a status of 2xx.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.body);
        self.body
    }
}

impl Hub {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let program = program();
        let mut child = Command::new(&program)
            .arg("--data")
            .arg(data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", program.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("fakehub did not say where it is, but {line:?}: {error}"));
        let url = ready["url"].as_str().unwrap().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        Self { child, data, http, runtime, url }
    }

    /// Sends a request; `path` starts with `/`.
    pub fn send(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Answer {
        let method: reqwest::Method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("user-agent", "a-person");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !body.is_null() {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
            let status = answer.status().as_u16();
            let bytes = answer.bytes().await.unwrap_or_else(|error| panic!("{path}: {error}"));
            Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
        })
    }

    /// What a browser gets that follows nothing: the status, where it is sent, the page. With a form it posts. `url` is
    /// whole: also of another server on this machine.
    pub fn browse(&self, url: &str, form: Option<&[(&str, &str)]>) -> (u16, String, String) {
        let none = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(none).timeout(Duration::from_secs(60));
        let client = client.build().unwrap();
        let request = match form {
            None => client.get(url),
            Some(form) => {
                let mut body = reqwest::Url::parse("http://x").unwrap();
                body.query_pairs_mut().extend_pairs(form);
                let kind = "application/x-www-form-urlencoded";
                client.post(url).header("content-type", kind).body(body.query().unwrap_or_default().to_owned())
            }
        };
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap_or_else(|error| panic!("{url}: {error}"));
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            (answer.status().as_u16(), to.unwrap_or_default(), answer.text().await.unwrap())
        })
    }

    /// Asks the hub's own control interface (`/_hub/…`) and insists on success.
    #[track_caller]
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        self.send(method, &format!("/_hub/{path}"), None, body).ok()
    }

    /// Calls the official API as somebody; `path` as on api.github.com.
    pub fn api(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, &format!("/api/v3{path}"), Some(token), body)
    }

    /// All that is there.
    pub fn state(&self) -> Value {
        self.control("GET", "state", &Value::Null)
    }

    /// Every API call that was made so far, by whom it may be.
    pub fn log(&self) -> Vec<Value> {
        let log = self.control("GET", "log", &Value::Null);
        log.as_array().unwrap_or_else(|| panic!("the log is no list: {log}")).clone()
    }

    /// The API calls since a mark ([`Hub::mark`]) that no person made, as `GET /repos/…`.
    pub fn calls(&self, mark: usize) -> Vec<String> {
        let is_person = |call: &Value| [ALICE, BOB, MALLORY].iter().any(|login| call["login"] == *login);
        let said = |call: &Value| {
            let word = |key: &str| call[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}", word("method"), word("path").trim_start_matches("/api/v3"))
        };
        self.log().iter().skip(mark).filter(|call| !is_person(call)).map(said).collect()
    }

    /// Where the log is now.
    pub fn mark(&self) -> usize {
        self.log().len()
    }

    /// Makes something go wrong: see fakehub's `/_hub/faults`.
    pub fn fault(&self, fault: &Value) {
        self.control("POST", "faults", fault);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.control("DELETE", "faults", &Value::Null);
    }

    /// A new personal token of somebody.
    pub fn token(&self, login: &str) -> String {
        let made = self.control("POST", "tokens", &json!({ "login": login, "kind": "personal" }));
        made["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The hub's binary, which stands beside vso's.
fn program() -> PathBuf {
    let name = format!("fakehub{}", std::env::consts::EXE_SUFFIX);
    let path = PathBuf::from(env!("CARGO_BIN_EXE_vso")).with_file_name(name);
    assert!(
        path.is_file(),
        "{} is not there: `cargo build -p fakehub` makes it (`cargo nextest run --workspace` does so by itself)",
        path.display()
    );
    path
}

/// An App with one installation.
#[derive(Debug, Clone)]
pub struct App {
    /// Its id.
    pub id: u64,
    /// Its private key.
    pub pem: String,
    /// The secret of its webhooks.
    pub webhook_secret: String,
    /// The installation on `acme`.
    pub installation: u64,
}

/// A hub with the repository `acme/design`, and a clone of it in which vso runs.
pub struct HubWorld {
    /// The hub.
    pub hub: Hub,
    /// The clone, with the remote `origin`.
    pub project: Project,
    /// Alice's token.
    pub alice: String,
    /// Bob's.
    pub bob: String,
    /// Mallory's.
    pub mallory: String,
    /// What a workflow run gets as GITHUB_TOKEN.
    pub action: String,
    /// The repository on the hub's disk.
    pub bare: PathBuf,
}

impl HubWorld {
    /// The example project with nothing but its master.
    pub fn new() -> Self {
        Self::with(Project::new())
    }

    /// The example project with all slices merged and everything in step.
    pub fn in_step() -> Self {
        Self::with(Project::in_step())
    }

    /// A project, pushed.
    pub fn with(project: Project) -> Self {
        let hub = Hub::start();
        hub.control("POST", "clock", &json!({ "speed": SPEED }));
        for login in [ALICE, BOB, MALLORY, ROBOT] {
            hub.control("POST", "users", &json!({ "login": login }));
        }
        hub.control("POST", "users", &json!({ "login": OWNER, "type": "Organization" }));
        let made = hub.control("POST", "repos", &json!({ "owner": OWNER, "name": NAME, "default_branch": "main" }));
        for (login, permission) in [(ALICE, "admin"), (BOB, "write"), (MALLORY, "read"), (ROBOT, "write")] {
            let path = format!("repos/{REPO}/collaborators/{login}");
            hub.control("PUT", &path, &json!({ "permission": permission }));
        }
        let action = hub.control("POST", "tokens", &json!({ "kind": "actions", "repo": REPO }));
        let world = Self {
            alice: hub.token(ALICE),
            bob: hub.token(BOB),
            mallory: hub.token(MALLORY),
            action: action["token"].as_str().unwrap().to_owned(),
            bare: PathBuf::from(made["path"].as_str().unwrap()),
            project,
            hub,
        };
        world.project.git(&["remote", "add", "origin", &world.remote()]);
        world.push(&["main"]);
        if !world.project.git(&["for-each-ref", "refs/vso/"]).is_empty() {
            world.push(&["refs/vso/generated:refs/vso/generated", "refs/vso/proposals:refs/vso/proposals"]);
        }
        world
    }

    /// The remote's URL, as a person has it: without a token.
    pub fn remote(&self) -> String {
        format!("{}/{REPO}.git", self.hub.url)
    }

    /// The environment of vso as a workflow run has it, with another token.
    pub fn variables(&self, token: &str) -> Vec<(String, String)> {
        let mut variables = self.addresses();
        variables.push(("GITHUB_TOKEN".into(), token.into()));
        variables
    }

    /// Where the hub is, without a token.
    pub fn addresses(&self) -> Vec<(String, String)> {
        let url = &self.hub.url;
        [
            ("GITHUB_API_URL", format!("{url}/api/v3")),
            ("GITHUB_GRAPHQL_URL", format!("{url}/api/graphql")),
            ("GITHUB_SERVER_URL", url.clone()),
            ("VSO_TEST_CLOCK_SPEED", SPEED.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// A personal token of an account that may write and is nobody's.
    pub fn personal(&self) -> String {
        self.hub.token(ROBOT)
    }

    /// An App that is installed on `acme` for the repository.
    pub fn app(&self) -> App {
        let made = self.hub.control("POST", "apps", &json!({ "slug": APP, "owner": OWNER }));
        let id = made["id"].as_u64().unwrap();
        let installed = self.hub.control(
            "POST",
            &format!("apps/{id}/installations"),
            &json!({ "account": OWNER, "repos": [REPO] }),
        );
        let word = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
        App {
            id,
            pem: word("pem"),
            webhook_secret: word("webhook_secret"),
            installation: installed["id"].as_u64().unwrap(),
        }
    }

    /// The environment of vso that signs in as an App.
    pub fn app_variables(&self, app: &App) -> Vec<(String, String)> {
        let mut variables = self.addresses();
        variables.push(("VSO_APP_ID".into(), app.id.to_string()));
        variables.push(("VSO_APP_PRIVATE_KEY".into(), app.pem.clone()));
        variables
    }

    /// Runs vso in the clone with the token of a workflow run.
    pub fn vso(&self, arguments: &[&str]) -> Ran {
        self.vso_with(&self.variables(&self.action), arguments)
    }

    /// Runs vso in the clone with an environment.
    pub fn vso_with(&self, variables: &[(String, String)], arguments: &[&str]) -> Ran {
        self.vso_in(&self.project, variables, arguments)
    }

    /// Runs vso in another clone. The hub's address is replaced by `[HUB]`.
    pub fn vso_in(&self, project: &Project, variables: &[(String, String)], arguments: &[&str]) -> Ran {
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ran = project.world.vso_with(&variables, arguments);
        let clean = |text: &str| text.replace(&self.hub.url, "[HUB]");
        Ran { code: ran.code, out: clean(&ran.out), err: clean(&ran.err) }
    }

    /// `vso sync --json` as a value, whatever it says.
    #[track_caller]
    pub fn sync(&self, arguments: &[&str]) -> Value {
        let ran = self.vso(&[&["sync", "--json"], arguments].concat());
        assert!(matches!(ran.code, 0 | 1), "exit {}\n{}\n{}", ran.code, ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}\n{}", ran.out))
    }

    /// Runs git in the clone as alice: with her token, which stands in no file and no argument.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.project.world, &self.alice, arguments)
    }

    /// Runs git as somebody in any folder, and insists that it succeeds.
    #[track_caller]
    pub fn git_in(&self, world: &World, token: &str, arguments: &[&str]) -> String {
        let output = self.try_git_in(world, token, arguments);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {err}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs git as somebody in any folder.
    pub fn try_git_in(&self, world: &World, token: &str, arguments: &[&str]) -> Output {
        let answer =
            "!f() { test \"$1\" = get && printf 'username=x-access-token\\npassword=%s\\n' \"$HUB_TOKEN\"; }; f";
        let mut command = world.command("git");
        command.args(arguments).env("HUB_TOKEN", token).env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", "credential.helper").env("GIT_CONFIG_VALUE_0", answer);
        command.output().expect("git can be started")
    }

    /// Pushes refs of the clone as alice.
    #[track_caller]
    pub fn push(&self, refs: &[&str]) {
        self.git(&[&["push", "-q", "origin"], refs].concat());
    }

    /// Brings main up to date with the hub, as `git pull` does.
    #[track_caller]
    pub fn pull_main(&self) {
        self.git(&["fetch", "-q", "origin", "main"]);
        self.project.git(&["merge", "-q", "--ff-only", "FETCH_HEAD"]);
    }

    /// Edits the master here, commits and pushes it.
    #[track_caller]
    pub fn edit_master(&self, from: &str, to: &str) {
        self.project.edit_master(from, to);
        self.push(&["main"]);
    }

    /// Another clone, of another person's machine.
    pub fn clone(&self) -> Project {
        let world = World::new();
        self.git_in(&world, &self.alice, &["clone", "-q", &self.remote(), "."]);
        Project { world }
    }

    /// A commit by bob on a branch of the hub: the file then holds what `change` makes of it.
    #[track_caller]
    pub fn commit_on(&self, branch: &str, path: &str, change: impl FnOnce(String) -> String) {
        let world = World::new();
        self.git_in(&world, &self.bob, &["clone", "-q", "--branch", branch, &self.remote(), "."]);
        let before = if world.has(path) { world.read(path) } else { String::new() };
        world.write(path, change(before));
        world.git(&["add", "-A"]);
        world.git(&["-c", "user.name=Bob", "commit", "-q", "-m", &format!("bob edits {path}")]);
        self.git_in(&world, &self.bob, &["push", "-q", "origin", &format!("HEAD:{branch}")]);
    }

    /// A file of a branch on the hub.
    pub fn show(&self, branch: &str, path: &str) -> String {
        let output = self.bare_git(&["show", &format!("{branch}:{path}")]);
        assert!(output.status.success(), "{branch}:{path}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The branches on the hub with their commits, main apart.
    pub fn branches(&self) -> Vec<(String, String)> {
        let output = self.bare_git(&["for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads/"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let rows = text.lines().filter_map(|line| line.split_once(' '));
        rows.filter(|(name, _)| *name != "main").map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
    }

    /// git on the hub's disk, for looking only.
    pub fn bare_git(&self, arguments: &[&str]) -> Output {
        let mut command = self.project.world.command("git");
        command.arg("--git-dir").arg(&self.bare).args(arguments).output().expect("git can be started")
    }

    /// All pull requests as the official API gives them to alice, oldest first.
    pub fn pulls(&self) -> Vec<Value> {
        let path = format!("/repos/{REPO}/pulls?state=all&per_page=100&sort=created&direction=asc");
        self.hub.api(&self.alice, "GET", &path, &Value::Null).ok().as_array().unwrap().clone()
    }

    /// Those that are open.
    pub fn open_pulls(&self) -> Vec<Value> {
        self.pulls().into_iter().filter(|pull| pull["state"] == "open").collect()
    }

    /// The head branches of the open ones, in order.
    pub fn open_branches(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.open_pulls().iter().map(|pull| pull["head"]["ref"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// The latest pull request of a branch.
    #[track_caller]
    pub fn pull_of(&self, branch: &str) -> Value {
        let found = self.pulls().into_iter().rev().find(|pull| pull["head"]["ref"] == branch);
        found.unwrap_or_else(|| panic!("no pull request of {branch}"))
    }

    /// Somebody changes a pull request: title, body, state, base.
    #[track_caller]
    pub fn change_pull(&self, token: &str, number: u64, change: &Value) -> Value {
        self.hub.api(token, "PATCH", &format!("/repos/{REPO}/pulls/{number}"), change).ok()
    }

    /// Bob merges a pull request: `merge`, `squash` or `rebase`.
    #[track_caller]
    pub fn merge_pull(&self, number: u64, how: &str) -> Value {
        let path = format!("/repos/{REPO}/pulls/{number}/merge");
        self.hub.api(&self.bob, "PUT", &path, &json!({ "merge_method": how })).ok()
    }

    /// Bob deletes a branch on the hub.
    #[track_caller]
    pub fn delete_branch(&self, branch: &str) {
        self.hub.api(&self.bob, "DELETE", &format!("/repos/{REPO}/git/refs/heads/{branch}"), &Value::Null).ok();
    }

    /// Somebody says something below a pull request or issue.
    #[track_caller]
    pub fn comment(&self, token: &str, number: u64, body: &str) -> Value {
        let path = format!("/repos/{REPO}/issues/{number}/comments");
        self.hub.api(token, "POST", &path, &json!({ "body": body })).ok()
    }

    /// All comments below a pull request.
    pub fn comments(&self, number: u64) -> Vec<Value> {
        let path = format!("/repos/{REPO}/issues/{number}/comments?per_page=100");
        self.hub.api(&self.alice, "GET", &path, &Value::Null).ok().as_array().unwrap().clone()
    }

    /// The check runs of a commit, all pages of the first hundred.
    pub fn checks(&self, commit: &str) -> Vec<Value> {
        let path = format!("/repos/{REPO}/commits/{commit}/check-runs?per_page=100");
        let found = self.hub.api(&self.alice, "GET", &path, &Value::Null).ok();
        found["check_runs"].as_array().unwrap().clone()
    }

    /// Insists that the open pull requests are those of these branches, one each, that nobody but the given number of
    /// comments was written in the whole repository, and that no published limit was broken.
    #[track_caller]
    pub fn assert_nothing_else(&self, branches: &[&str], comments: usize) {
        let mut wanted: Vec<String> = branches.iter().map(|branch| (*branch).to_owned()).collect();
        wanted.sort();
        assert_eq!(self.open_branches(), wanted, "open pull requests");
        let found: usize = self.pulls().iter().map(|pull| self.comments(pull["number"].as_u64().unwrap()).len()).sum();
        assert_eq!(found, comments, "comments");
        let broken = self.hub.control("GET", "violations", &Value::Null);
        assert!(broken.as_array().is_none_or(Vec::is_empty), "limits were broken: {broken}");
    }
}
