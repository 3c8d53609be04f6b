//! A GitHub on this machine, for trying things out with no account: the `fakehub` program, started, set up and ended.
//!
//! It is a separate program; this speaks to it over HTTP only, by GitHub's official paths and by `/_hub/…` for what no
//! person could ask a real one (accounts, repositories, tokens).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).user_agent("vso demo").build();
        let http = http.map_err(|error| failed(&error))?;
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
            (Some(Ok(_)), Some(url)) => Ok(Self { child, url, http, runtime }),
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

    /// The variables with which a program finds it as its GitHub.
    #[must_use]
    pub fn variables(&self, token: &str) -> Vec<(String, String)> {
        let url = &self.url;
        let all = [
            ("GITHUB_API_URL", format!("{url}/api/v3")),
            ("GITHUB_GRAPHQL_URL", format!("{url}/api/graphql")),
            ("GITHUB_SERVER_URL", url.clone()),
            ("GITHUB_TOKEN", token.to_owned()),
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
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        self.runtime.block_on(async {
            let answer = request.send().await.map_err(|error| failed().because(&error))?;
            let status = answer.status();
            let bytes = answer.bytes().await.map_err(|error| failed().because(&error))?;
            let said: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            if status.is_success() {
                return Ok(said);
            }
            Err(failed().hint(format!("it answered {status}: {}", said["message"].as_str().unwrap_or("nothing more"))))
        })
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
