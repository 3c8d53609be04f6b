//! A fakehub for one test, and what tests do with it: people, tokens, an App, commits, calls. The hub ends with the test.
#![allow(dead_code, reason = "each test uses its own part")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// The repository that [`Scene::new`] makes.
pub const REPO: &str = "acme/design";
/// Its path in the API.
pub const PATH: &str = "/repos/acme/design";

/// A running fakehub with the repository `acme/design`, one commit on `main`.
pub struct Scene {
    child: Child,
    _data: tempfile::TempDir,
    http: reqwest::Client,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// The bare repository.
    pub path: PathBuf,
    /// The first commit.
    pub first: String,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    /// The body; null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// Insists on a status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Insists on a status and on a word in the body.
    #[track_caller]
    pub fn says(self, status: u16, word: &str) {
        let body = self.is(status).to_string();
        assert!(body.contains(word), "{word:?} is not in {body}");
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// An App with an installation on the repository.
#[derive(Debug, Clone)]
pub struct App {
    pub id: u64,
    pub pem: String,
    pub secret: String,
    pub installation: u64,
}

impl Scene {
    pub async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_fakehub"))
            .arg("--data")
            .arg(data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let url = ready["url"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let mut scene = Self { child, _data: data, http, url, path: PathBuf::new(), first: String::new() };
        let made = scene.control("POST", "repos", json!({"owner": "acme", "name": "design"})).await;
        scene.path = PathBuf::from(made["path"].as_str().unwrap());
        scene.first = scene.commit("main", &[("a.md", "one\n")]).await;
        scene
    }

    /// A request to the hub; `path` is whole.
    pub async fn send(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.try_send(method, path, token, body).await.unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// The same; an error is no answer.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Value,
    ) -> Result<Answer, reqwest::Error> {
        send(&self.http, &self.url, method, path, token, body).await
    }

    /// The hub's own control paths; insists on success.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.send(method, &format!("/_hub/{path}"), None, body).await;
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// The REST API, with the path of its documentation.
    pub async fn api(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.send(method, &format!("/api/v3{path}"), Some(token), body).await
    }

    /// The GraphQL API.
    pub async fn graphql(&self, token: &str, query: &str, variables: Value) -> Value {
        let body = json!({"query": query, "variables": variables});
        self.send("POST", "/api/graphql", Some(token), body).await.is(200)
    }

    /// A person with a permission, and a token of theirs.
    pub async fn person(&self, login: &str, permission: &str) -> String {
        self.control("POST", "users", json!({"login": login})).await;
        let path = format!("repos/{REPO}/collaborators/{login}");
        self.control("PUT", &path, json!({"permission": permission})).await;
        self.token(json!({"login": login, "kind": "personal"})).await
    }

    /// The Action's token; its own permissions when none are named.
    pub async fn action(&self, permissions: Option<Value>) -> String {
        let mut body = json!({"kind": "actions", "repo": REPO});
        if let Some(permissions) = permissions {
            body["permissions"] = permissions;
        }
        self.token(body).await
    }

    async fn token(&self, body: Value) -> String {
        self.control("POST", "tokens", body).await["token"].as_str().unwrap().to_owned()
    }

    /// An App that is installed on the repository.
    pub async fn app(&self, slug: &str, hook_url: Option<&str>) -> App {
        let events = ["push", "pull_request", "issue_comment", "check_run", "check_suite", "repository", "status"];
        let body = json!({
            "slug": slug, "owner": "acme", "events": events, "hook_url": hook_url,
            "permissions": {
                "contents": "write", "pull_requests": "write", "checks": "write", "issues": "write",
                "statuses": "write", "metadata": "read",
            },
        });
        let app = self.control("POST", "apps", body).await;
        let id = app["id"].as_u64().unwrap();
        let body = json!({"account": "acme", "repos": [REPO]});
        let installation = self.control("POST", &format!("apps/{id}/installations"), body).await;
        let text = |field: &str| app[field].as_str().unwrap().to_owned();
        App { id, pem: text("pem"), secret: text("webhook_secret"), installation: installation["id"].as_u64().unwrap() }
    }

    /// A JWT of an App, on the hub's clock.
    pub async fn jwt(&self, app: &App) -> String {
        let clock = self.control("GET", "clock", Value::Null).await;
        let now = clock["now"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
        let claims = json!({"iat": now - 60, "exp": now + 300, "iss": app.id.to_string()});
        let key = jsonwebtoken::EncodingKey::from_rsa_pem(app.pem.as_bytes()).unwrap();
        jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256), &claims, &key).unwrap()
    }

    /// An installation token of an App.
    pub async fn installed(&self, app: &App) -> String {
        let jwt = self.jwt(app).await;
        let path = format!("/app/installations/{}/access_tokens", app.installation);
        self.api(&jwt, "POST", &path, json!({})).await.is(201)["token"].as_str().unwrap().to_owned()
    }

    /// The code that GitHub gives a browser for a new App, when this person says yes.
    pub async fn manifest_code(&self, login: &str) -> String {
        let manifest = json!({"name": "an app", "url": "http://127.0.0.1:9", "redirect_url": "http://127.0.0.1:9/made",
                              "hook_attributes": {"url": "http://127.0.0.1:9/hooks"},
                              "default_permissions": {"contents": "write"}, "default_events": ["push"]});
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let form = format!("manifest={}", manifest.to_string().replace('&', "%26"));
        let url = format!("{}/settings/apps/new?state=s&as={login}", self.url);
        let kind = "application/x-www-form-urlencoded";
        let answer = http.post(url).header("content-type", kind).body(form).send().await.unwrap();
        let to = answer.headers()["location"].to_str().unwrap().to_owned();
        to.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned()
    }

    /// A commit with these files (and no others) on top of a branch, which is made when it is not there.
    pub async fn commit(&self, branch: &str, files: &[(&str, &str)]) -> String {
        let parent = self.head(branch);
        self.commit_on(branch, parent.as_deref(), files).await
    }

    /// A branch set to a commit on top of another one, or to one without a parent.
    pub async fn commit_on(&self, branch: &str, parent: Option<&str>, files: &[(&str, &str)]) -> String {
        let mut tree = String::new();
        for (name, text) in files {
            let blob = self.git(&["hash-object", "-w", "--stdin"], text);
            tree.push_str(&format!("100644 blob {blob}\t{name}\n"));
        }
        let tree = self.git(&["mktree"], &tree);
        let mut arguments = vec!["commit-tree", &tree, "-m", "a commit"];
        arguments.extend(parent.iter().flat_map(|parent| ["-p", parent]));
        let commit = self.git(&arguments, "");
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &commit], "");
        self.control("POST", &format!("repos/{REPO}/look"), Value::Null).await;
        commit
    }

    /// Where a branch is.
    pub fn head(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        Some(self.try_git(&["rev-parse", "--verify", "--quiet", &name], "")).filter(|head| !head.is_empty())
    }

    /// What git prints in the bare repository.
    #[track_caller]
    pub fn git(&self, arguments: &[&str], input: &str) -> String {
        let said = self.try_git(arguments, input);
        assert!(!said.is_empty() || arguments[0] == "update-ref", "git {arguments:?} failed");
        said
    }

    fn try_git(&self, arguments: &[&str], input: &str) -> String {
        git(&self.path, arguments, input)
    }

    /// Moves the hub's clock.
    pub async fn advance(&self, seconds: f64) {
        self.control("POST", "clock", json!({"advance": seconds})).await;
    }

    /// What clients did that they must not.
    pub async fn violations(&self) -> Vec<String> {
        let found = self.control("GET", "violations", Value::Null).await;
        found.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    }
}

fn git(path: &Path, arguments: &[&str], input: &str) -> String {
    use std::io::Write as _;
    let mut child = Command::new("git")
        .args(["-c", "safe.directory=*"])
        .args(arguments)
        .current_dir(path)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "somebody")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "somebody@example.org")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

/// A request anywhere.
pub async fn send(
    http: &reqwest::Client,
    url: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Value,
) -> Result<Answer, reqwest::Error> {
    let method: reqwest::Method = method.parse().unwrap();
    let mut request = http.request(method, format!("{url}{path}")).header("user-agent", "a-test");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body })
}
