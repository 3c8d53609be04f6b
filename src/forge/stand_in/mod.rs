//! A GitHub on this machine, for trying things out with no account: the `fakehub` program, started, set up and ended.
//!
//! It is a separate program; this speaks to it over HTTP only, by GitHub's official paths and by `/_hub/…` for what no
//! person could ask a real one (accounts, repositories, tokens).

mod visitor;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use visitor::Visitor;

use crate::fault::Fault;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to end by itself.
const FAREWELL: Duration = Duration::from_secs(3);
const PROGRAM: &str = "fakehub";

/// A running stand-in. It ends when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    child: Child,
    url: String,
    wire: Wire,
}

/// HTTP for one thread that waits.
#[derive(Debug)]
struct Wire {
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

/// What came back.
struct Answer {
    status: reqwest::StatusCode,
    is_good: bool,
    /// The first cookie that it sets, as `name=value`.
    cookie: Option<String>,
    bytes: Vec<u8>,
}

impl Wire {
    fn open() -> Result<Self, Box<dyn std::error::Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).user_agent("vso demo").build()?;
        Ok(Self { http, runtime })
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        self.runtime.block_on(async {
            let answer = request.send().await?;
            let status = answer.status();
            let cookie = answer.headers().get(reqwest::header::SET_COOKIE).and_then(|value| value.to_str().ok());
            let cookie = cookie.and_then(|text| text.split(';').next()).map(str::to_owned);
            Ok(Answer { status, is_good: status.is_success(), cookie, bytes: answer.bytes().await?.to_vec() })
        })
    }
}

impl Answer {
    /// The body; null where it is no JSON.
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
}

/// An App on it.
#[derive(Debug)]
pub struct App {
    id: u64,
    /// With which a server is that App.
    pub variables: Vec<(String, String)>,
}

/// Where the program is: beside this one, or made by cargo in a checkout of vso.
///
/// # Errors
/// When it is in neither place, or cargo can't make it (exit 3).
pub fn program(say: &dyn Fn(&str)) -> Result<PathBuf, Fault> {
    let here = std::env::current_exe().map_err(|error| Fault::unfinished("can't find this program").because(&error))?;
    let beside = here.with_file_name(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    let missing = || {
        Fault::unfinished(format!("{} is not there", beside.display()))
            .hint("it is made in a checkout of vso: cargo build -p fakehub")
    };
    if beside.is_file() {
        return Ok(beside);
    }
    let is_checkout = |folder: &&Path| folder.join("tests/fakehub/Cargo.toml").is_file();
    let checkout = here.ancestors().find(is_checkout).ok_or_else(missing)?;
    say("building the stand-in for GitHub (cargo build -p fakehub)");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--locked", "-p", PROGRAM]).current_dir(checkout).stdout(Stdio::null());
    if here.parent().is_some_and(|folder| folder.ends_with("release")) {
        cargo.arg("--release");
    }
    match cargo.status() {
        Ok(status) if status.success() && beside.is_file() => Ok(beside),
        Ok(_) => Err(missing()),
        Err(error) => Err(missing().because(&error)),
    }
}

impl StandIn {
    /// Starts it, with its repositories in a folder.
    ///
    /// # Errors
    /// When it can't be started or does not say where it is (exit 3).
    pub fn start(program: &Path, data: &Path) -> Result<Self, Fault> {
        let failed = |error: &dyn std::fmt::Display| {
            Fault::unfinished(format!("{} can't be started: {error}", program.display()))
        };
        let wire = Wire::open().map_err(|error| failed(&error))?;
        let mut child = Command::new(program)
            .arg("--data")
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))?;
        let mut line = String::new();
        let read = child.stdout.take().map(|pipe| BufReader::new(pipe).read_line(&mut line));
        let url = serde_json::from_str::<Value>(&line).ok().and_then(|said| Some(said["url"].as_str()?.to_owned()));
        match (read, url) {
            (Some(Ok(_)), Some(url)) => Ok(Self { child, url, wire }),
            _ => {
                let _ = child.kill().and_then(|()| child.wait());
                Err(failed(&"it did not say where it is"))
            }
        }
    }

    /// Where it is, for people with a browser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes an account and gives a personal token of it.
    ///
    /// # Errors
    /// When it does not answer (exit 3).
    pub fn person(&self, login: &str) -> Result<String, Fault> {
        self.control("POST", "users", &json!({ "login": login }))?;
        self.token(&json!({ "login": login, "kind": "personal" }))
    }

    /// Makes an empty repository with people who may do something in it, and gives the token of its workflow runs.
    ///
    /// # Errors
    /// When it does not answer (exit 3).
    pub fn repository(&self, owner: &str, name: &str, people: &[(&str, &str)]) -> Result<String, Fault> {
        self.control("POST", "users", &json!({ "login": owner, "type": "Organization" }))?;
        self.control("POST", "repos", &json!({ "owner": owner, "name": name, "default_branch": "main" }))?;
        for (login, permission) in people {
            let path = format!("repos/{owner}/{name}/collaborators/{login}");
            self.control("PUT", &path, &json!({ "permission": permission }))?;
        }
        self.token(&json!({ "kind": "actions", "repo": format!("{owner}/{name}") }))
    }

    /// Makes an App that delivers nothing yet, and gives the variables with which a server is that App.
    ///
    /// # Errors
    /// When it does not answer (exit 3).
    pub fn app(&self, slug: &str, owner: &str, events: &[&str]) -> Result<App, Fault> {
        let made = self.control("POST", "apps", &json!({ "slug": slug, "owner": owner, "events": events }))?;
        let word = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
        let id = made["id"].as_u64().ok_or_else(|| Fault::unfinished("the stand-in for GitHub gave no App"))?;
        let mut variables = self.addresses();
        variables.extend(
            [
                ("VSO_APP_ID", id.to_string()),
                ("VSO_APP_PRIVATE_KEY", word("pem")),
                ("VSO_WEBHOOK_SECRET", word("webhook_secret")),
                ("VSO_CLIENT_ID", word("client_id")),
                ("VSO_CLIENT_SECRET", word("client_secret")),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Ok(App { id, variables })
    }

    /// Says where an App's server is, and installs the App on repositories of an account.
    ///
    /// # Errors
    /// When it does not answer (exit 3).
    pub fn install(&self, app: &App, server: &str, account: &str, repositories: &[&str]) -> Result<(), Fault> {
        let addresses = json!({
            "hook_url": format!("{server}/webhooks"),
            "callback_urls": [format!("{server}/sign-in/back")],
        });
        self.control("PATCH", &format!("apps/{}", app.id), &addresses)?;
        let asked = json!({ "account": account, "repos": repositories });
        self.control("POST", &format!("apps/{}/installations", app.id), &asked).map(|_| ())
    }

    /// Somebody presses a button of a check run on its page.
    ///
    /// # Errors
    /// When there is no such button, or it does not answer (exit 3).
    pub fn press(&self, login: &str, repository: &str, check_run: u64, identifier: &str) -> Result<(), Fault> {
        let pressed = json!({ "repo": repository, "check_run": check_run, "identifier": identifier, "login": login });
        self.control("POST", "webhooks/press", &pressed).map(|_| ())
    }

    /// How many deliveries it has made of what happened; none while one is under way.
    ///
    /// # Errors
    /// When it does not answer (exit 3).
    pub fn delivered(&self) -> Result<Option<usize>, Fault> {
        let all = self.control("GET", "webhooks/deliveries", &Value::Null)?;
        let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_under_way = all.iter().any(|delivery| delivery["status"] == "pending");
        Ok((!is_under_way).then_some(all.len()))
    }

    /// The variables with which a program finds it as its GitHub.
    #[must_use]
    pub fn variables(&self, token: &str) -> Vec<(String, String)> {
        let mut all = self.addresses();
        all.push(("GITHUB_TOKEN".to_owned(), token.to_owned()));
        all
    }

    fn addresses(&self) -> Vec<(String, String)> {
        let url = &self.url;
        let all = [
            ("GITHUB_API_URL", format!("{url}/api/v3")),
            ("GITHUB_GRAPHQL_URL", format!("{url}/api/graphql")),
            ("GITHUB_SERVER_URL", url.clone()),
            // It counts what a client does too fast, and refuses nobody for it.
            ("VSO_GITHUB_LIMITS", "off".to_owned()),
        ];
        all.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// Asks as somebody, by a path of GitHub's REST interface: what a person does on its pages.
    ///
    /// # Errors
    /// When it does not answer, or says no (exit 3).
    pub fn ask(&self, token: &str, method: &str, path: &str, body: &Value) -> Result<Value, Fault> {
        self.send(method, &format!("/api/v3{path}"), Some(token), body)
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value, Fault> {
        self.send(method, &format!("/_hub/{path}"), None, body)
    }

    fn token(&self, asked: &Value) -> Result<String, Fault> {
        let made = self.control("POST", "tokens", asked)?;
        let token = made["token"].as_str().map(str::to_owned);
        token.ok_or_else(|| Fault::unfinished("the stand-in for GitHub gave no token"))
    }

    fn send(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Result<Value, Fault> {
        let failed = || Fault::unfinished(format!("the stand-in for GitHub did not do {method} {path}"));
        let method: reqwest::Method = method.parse().map_err(|_| failed())?;
        let mut request = self.wire.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = self.wire.send(request).map_err(|error| failed().because(&error))?;
        let said = answer.json();
        if answer.is_good {
            return Ok(said);
        }
        Err(failed().hint(format!(
            "it answered {}: {}",
            answer.status,
            said["message"].as_str().unwrap_or("nothing more")
        )))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.child.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < FAREWELL {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
