//! A running fakehub, somebody who calls it, and clones of what is on it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// A hub of one's own; it ends with the test.
pub struct World {
    child: Child,
    pub url: String,
    folder: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    /// The body, when the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The message and the first error's message of a refusal.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let error = &self.body["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text(&self.body["message"]), text(&error["field"]), text(&error["message"]))
            .trim()
            .to_owned()
    }
}

/// Somebody with a token (or none).
pub struct Caller<'a> {
    world: &'a World,
    pub token: String,
}

impl Drop for World {
    fn drop(&mut self) {
        // Its standard input closes with the child's handle; killing is for a hub that hangs.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// A hub with `ada` (owner of `ada/app`, which has one commit on `main`) and `bob` (who may write there).
    pub async fn new() -> Self {
        let world = Self::empty();
        world.control("POST", "users", json!({ "login": "ada" })).await.expect(201);
        world.control("POST", "users", json!({ "login": "bob" })).await.expect(201);
        world.control("POST", "repos", json!({ "owner": "ada", "name": "app" })).await.expect(201);
        world.control("PUT", "repos/ada/app/collaborators/bob", json!({ "permission": "write" })).await.expect(204);
        let ada = world.person("ada").await;
        let clone = world.clone("ada/app", &ada.token, "seed");
        clone.commit("README.md", "one\n", "first");
        clone.push("main");
        world
    }

    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_fakehub"))
            .arg("--data")
            .arg(folder.path().join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("fakehub starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("its address");
        let said: Value = serde_json::from_str(&line).expect("one line of JSON");
        let url = said["url"].as_str().expect("an address").to_owned();
        Self { child, url, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Ends it as its owner does, by closing its input; gives back whether it ended by itself.
    pub fn close(mut self) -> bool {
        drop(self.child.stdin.take());
        self.ended()
    }

    /// Asks it to end with a signal, its input still open.
    #[cfg(unix)]
    pub fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &id]).status().expect("a signal");
        self.ended()
    }

    fn ended(&mut self) -> bool {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.success();
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        false
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        let method: Method = method.parse().expect("a method");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut request = client.request(method, format!("{}{path}", self.url)).header("user-agent", "test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply { status, headers, body }
    }

    /// What a browser gets that follows nothing: the status, where it is sent, the page.
    pub async fn browse(&self, path: &str, form: Option<&[(&str, &str)]>) -> (u16, String, String) {
        let none = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().no_proxy().redirect(none).build().expect("a client");
        let url = format!("{}{path}", self.url);
        let request = match form {
            None => client.get(url),
            Some(form) => {
                let mut body = reqwest::Url::parse("http://x").expect("a URL");
                body.query_pairs_mut().extend_pairs(form);
                let kind = "application/x-www-form-urlencoded";
                client.post(url).header("content-type", kind).body(body.query().unwrap_or_default().to_owned())
            }
        };
        let answer = request.send().await.expect("an answer");
        let to = answer.headers().get("location").map(|to| to.to_str().expect("a text").to_owned());
        (answer.status().as_u16(), to.unwrap_or_default(), answer.text().await.expect("a page"))
    }

    /// One of the control paths.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Reply {
        self.send(method, &format!("/_hub/{path}"), &[], (!body.is_null()).then_some(body)).await
    }

    /// The repository `ada/app` as the hub reports it.
    pub async fn report(&self) -> Value {
        self.control("GET", "state", Value::Null).await.expect(200)
    }

    pub fn nobody(&self) -> Caller<'_> {
        Caller { world: self, token: String::new() }
    }

    pub fn with(&self, token: &str) -> Caller<'_> {
        Caller { world: self, token: token.to_owned() }
    }

    async fn token(&self, asked: Value) -> Caller<'_> {
        let made = self.control("POST", "tokens", asked).await.expect(201);
        self.with(made["token"].as_str().expect("a token"))
    }

    pub async fn person(&self, login: &str) -> Caller<'_> {
        self.token(json!({ "kind": "personal", "login": login })).await
    }

    /// The Action's own token in `ada/app`.
    pub async fn action(&self) -> Caller<'_> {
        self.token(json!({ "kind": "actions", "repo": "ada/app" })).await
    }

    /// A clone made with a token, with `main` checked out.
    pub fn clone(&self, repo: &str, token: &str, name: &str) -> Clone {
        let path = self.path(name);
        let url = self.url.replace("http://", &format!("http://x-access-token:{token}@"));
        let said = git(self.folder.path(), &["clone", "-q", &format!("{url}/{repo}.git"), name]);
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let clone = Clone { path };
        clone.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        clone
    }
}

impl Caller<'_> {
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.call_with(method, path, body, &[]).await
    }

    pub async fn call_with(&self, method: &str, path: &str, body: Option<Value>, more: &[(&str, &str)]) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = more.to_vec();
        if !self.token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        self.world.send(method, &format!("/api/v3{path}"), &headers, body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call("PATCH", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, None).await
    }

    /// Opens a pull request in `ada/app` to `main`; gives its number.
    pub async fn open(&self, branch: &str) -> u64 {
        let asked = json!({ "title": format!("About {branch}"), "head": branch, "base": "main", "body": "A text" });
        let made = self.post("/repos/ada/app/pulls", asked).await.expect(201);
        made["number"].as_u64().expect("a number")
    }

    /// A pull request of `ada/app`.
    pub async fn pull(&self, number: u64) -> Value {
        self.get(&format!("/repos/ada/app/pulls/{number}")).await.expect(200)
    }
}

/// A clone on disk.
pub struct Clone {
    pub path: PathBuf,
}

fn git(path: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(path)
        .output()
        .expect("git runs")
}

impl Clone {
    /// Runs git; it must succeed. Gives what it printed.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = git(&self.path, arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs git, which must fail; gives what it complained of.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = git(&self.path, arguments);
        assert!(!output.status.success(), "git {arguments:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Commits a file on the branch that is checked out; gives the commit's id.
    pub fn commit(&self, file: &str, text: &str, message: &str) -> String {
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let mut written = std::fs::File::create(path).expect("a file");
        written.write_all(text.as_bytes()).expect("a text");
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A new branch at `main`'s commit on the server, with one commit, pushed; gives the commit's id.
    pub fn branch(&self, name: &str, file: &str, text: &str) -> String {
        self.git(&["fetch", "-q", "origin"]);
        self.git(&["checkout", "-q", "-B", name, "origin/main"]);
        let id = self.commit(file, text, &format!("about {name}"));
        self.push(name);
        id
    }

    #[track_caller]
    pub fn push(&self, name: &str) {
        self.git(&["push", "-q", "origin", &format!("HEAD:refs/heads/{name}")]);
    }
}
