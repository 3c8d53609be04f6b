//! The validating proxy in front of a scene's hub.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use crate::scene::{Answer, Scene, send};

/// A scene with Prism in front of its hub, and what was asked through it.
pub struct Proxy {
    child: Child,
    http: reqwest::Client,
    pub url: String,
    pub scene: Scene,
    asked: Mutex<Vec<String>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The command that starts the proxy: what `VSO_TEST_PRISM` says, or this repository's when it is installed.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("VSO_TEST_PRISM") {
        return Some(named.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if root.join("target/prism/installed.txt").is_file() {
        return Some(root.join("tests/prism"));
    }
    assert!(std::env::var_os("CI").is_none(), "Prism is missing; run tests/run, which installs it");
    let note = Path::new(env!("CARGO_TARGET_TMPDIR")).join("left-out-prism");
    std::fs::write(note, "Prism not found: nothing was held against GitHub's description of its API\n").unwrap();
    None
}

impl Proxy {
    /// None, and a note of it, where Prism is not installed.
    pub async fn new() -> Option<Self> {
        let program = program()?;
        let scene = Scene::new().await;
        let mut command = Command::new(&program);
        let mut child =
            command.arg(&scene.url).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| {
                panic!("{} can't be started: {error}", program.display());
            });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the proxy did not start"));
        let url = ready["url"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        Some(Self { child, http, url, scene, asked: Mutex::default() })
    }

    /// A call through the proxy, whatever it says to it.
    pub async fn ask(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let asked = format!("{method} {}", path.split('?').next().unwrap_or(path));
        self.asked.lock().unwrap().push(asked);
        let answer =
            send(&self.http, &self.url, method, path, Some(token).filter(|token| !token.is_empty()), body).await;
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    /// A call that is right, and is answered rightly, with this status.
    pub async fn call(&self, token: &str, method: &str, path: &str, body: Value, status: u16) -> Value {
        let answer = self.ask(token, method, path, body).await;
        let violations = violations(&answer);
        assert!(violations.is_empty(), "{method} {path}: {violations:#?}");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// The operations of the hub that nobody asked for.
    pub async fn untold(&self) -> Vec<String> {
        let routes = self.scene.control("GET", "routes", Value::Null).await;
        let routes: Vec<&str> = routes.as_array().unwrap().iter().map(|route| route.as_str().unwrap()).collect();
        let asked = self.asked.lock().unwrap();
        // The hub takes the first route that fits, and so does this.
        let told: Vec<&str> =
            asked.iter().filter_map(|asked| routes.iter().copied().find(|route| fits(route, asked))).collect();
        routes.iter().filter(|route| !told.contains(route)).map(|route| (*route).to_owned()).collect()
    }
}

/// What the proxy has against a call or its answer.
pub fn violations(answer: &Answer) -> Vec<String> {
    let is_problem = answer.header("content-type").is_some_and(|kind| kind.contains("problem+json"));
    let listed = answer.body["validation"].as_array().cloned().unwrap_or_default();
    if is_problem && listed.is_empty() {
        return vec![answer.body.to_string()];
    }
    if is_problem { listed.iter().map(Value::to_string).collect() } else { Vec::new() }
}

/// Whether a call is one of a route's.
fn fits(route: &str, asked: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), asked.split('/').collect());
    let Some(many) = wanted.iter().position(|part| part.starts_with("{*")) else {
        return wanted.len() == given.len() && alike(&wanted, &given);
    };
    let after = wanted.len() - many - 1;
    given.len() >= wanted.len()
        && alike(&wanted[..many], &given[..many])
        && alike(&wanted[many + 1..], &given[given.len() - after..])
}

fn alike(wanted: &[&str], given: &[&str]) -> bool {
    wanted.iter().zip(given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}
