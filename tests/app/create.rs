//! `vso app create`, acting as the browser: the whole way from the printed link over GitHub's page to the files; every wrong
//! way back; what is there already; failures of GitHub and of the disk; Ctrl-C, kills and silence.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::hub_world::{ALICE, Hub};
use crate::world::World;

/// Where the server would be: nobody is there.
pub const SERVER: &str = "http://127.0.0.1:9";

/// A hub with alice, who sits at a browser.
pub fn hub() -> Hub {
    let hub = Hub::start();
    hub.control("POST", "users", &json!({ "login": ALICE }));
    hub
}

/// The environment that leads to a hub.
pub fn addresses(hub: &Hub) -> Vec<(String, String)> {
    let url = &hub.url;
    vec![
        ("GITHUB_API_URL".into(), format!("{url}/api/v3")),
        ("GITHUB_GRAPHQL_URL".into(), format!("{url}/api/graphql")),
        ("GITHUB_SERVER_URL".into(), url.clone()),
    ]
}

/// A running `vso app create` with its files in `secrets`; killed when dropped.
struct Making {
    world: World,
    child: Child,
    lines: Receiver<String>,
    link: String,
    cookie: String,
}

/// What a browser got.
struct Page {
    status: u16,
    head: String,
    body: String,
}

impl Page {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(world: &World, hub: &Hub, arguments: &[&str]) -> Command {
    let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
    command.args(["app", "create", "--url", SERVER, "--dir", "secrets"]).args(arguments).envs(addresses(hub));
    command
}

impl Making {
    fn new(hub: &Hub, arguments: &[&str]) -> Self {
        Self::with(World::new(), hub, arguments, &[])
    }

    fn with(world: World, hub: &Hub, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(&world, hub, arguments);
        let child = command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, lines) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut making = Self { world, child, lines, link: String::new(), cookie: String::new() };
        let line = making.hears("open this link");
        making.link = line.rsplit(' ').next().unwrap().to_owned();
        let entered = making.get(&making.link.clone());
        assert_eq!(entered.status, 303, "{}", entered.head);
        let cookie = entered.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        making.cookie = cookie.split(';').next().unwrap().to_owned();
        making
    }

    /// The next line on stderr that has these words.
    fn hears(&self, words: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|_| panic!("it never said {words:?}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    fn origin(&self) -> &str {
        self.link.split("/?").next().unwrap()
    }

    fn get(&self, url: &str) -> Page {
        self.ask(url, &self.cookie, None)
    }

    fn ask(&self, url: &str, cookie: &str, host: Option<&str>) -> Page {
        let rest = url.strip_prefix("http://").unwrap();
        let (address, path) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let host = host.unwrap_or(address);
        write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The form: where it goes, and the manifest in it.
    fn form(&self) -> (String, String) {
        let page = self.get(&format!("{}/", self.origin()));
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(!page.body.contains("<script") && page.body.contains("<button"), "{}", page.body);
        let part = |before: &str| {
            let text = page.body.split(before).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let signs =
                [("&quot;", "\""), ("&#x2f;", "/"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
            signs.iter().fold(text.to_owned(), |text, (code, sign)| text.replace(code, sign))
        };
        (part("action=\""), part("name=\"manifest\" value=\""))
    }

    /// Presses the button and says yes at GitHub: where the browser is sent back to.
    fn back(&self, hub: &Hub) -> String {
        let (action, manifest) = self.form();
        assert!(action.starts_with(&hub.url), "{action}");
        let form = [("manifest", manifest.as_str()), ("as", ALICE)];
        let (status, to, page) = hub.browse(&action, Some(&form));
        assert_eq!(status, 302, "{page}");
        assert!(to.starts_with(&format!("{}/made?", self.origin())), "{to}");
        to
    }

    /// How it ended: the code and what it printed.
    fn ended(mut self) -> (i32, String, World) {
        let mut text = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let world = std::mem::replace(&mut self.world, World::new());
        (code, text, world)
    }
}

fn secrets(world: &World) -> Vec<String> {
    let names = world.files().into_keys().filter_map(|name| name.strip_prefix("secrets/").map(str::to_owned));
    names.collect()
}

fn replaced(url: &str, name: &str, value: Option<&str>) -> String {
    let mut url = reqwest::Url::parse(url).unwrap();
    let kept: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
    url.into()
}

/// What `--json` printed has exactly the fields of `--schema`.
#[track_caller]
pub fn assert_schema(world: &World, command: &str, value: &Value) {
    let schema: Value = serde_json::from_str(&world.vso(&["app", command, "--schema"]).exits(0).out).unwrap();
    let names = |value: &Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(value), names(&schema["properties"]));
}

#[cfg(unix)]
fn mode(path: PathBuf) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn an_app_is_made_and_its_secrets_are_its_owners() {
    let hub = hub();
    let making = Making::new(&hub, &["--json", "--name", "our <vso>"]);
    let page = making.get(&format!("{}/", making.origin()));
    let policy = page.header("content-security-policy").unwrap();
    let expected = format!("default-src 'none'; form-action {}; base-uri 'none'; frame-ancestors 'none'", hub.url);
    assert_eq!(policy, expected);
    assert!(page.body.contains("our &lt;vso&gt;") && page.header("x-frame-options") == Some("DENY"), "{}", page.body);
    let there = making.get(&making.back(&hub));
    assert!(
        there.status == 200 && there.body.contains("/apps&#x2f;our-vso&#x2f;installations&#x2f;new")
            || there.body.contains("our-vso"),
        "{}",
        there.body
    );
    let (code, text, world) = making.ended();
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&report["slug"], &report["owner"]), (&json!("our-vso"), &json!(ALICE)));
    assert_schema(&world, "create", &report);
    assert_eq!(report["install"], format!("{}/apps/our-vso/installations/new", hub.url));
    let (env, key) = (world.read("secrets/app.env"), world.read("secrets/app.pem"));
    assert!(key.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    let value = |name: &str| {
        let line = env.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name} is missing")).to_owned()
    };
    assert_eq!(value("VSO_APP_ID"), report["id"].to_string());
    assert!(value("VSO_APP_PRIVATE_KEY_FILE").ends_with("/secrets/app.pem"));
    assert_eq!(value("GITHUB_API_URL"), format!("{}/api/v3", hub.url));
    for name in ["VSO_WEBHOOK_SECRET", "VSO_CLIENT_ID", "VSO_CLIENT_SECRET"] {
        let secret = value(name);
        assert!(secret.len() > 15 && (name == "VSO_CLIENT_ID" || !text.contains(&secret)), "{name}");
    }
    assert!(!text.contains("PRIVATE KEY"));
    #[cfg(unix)]
    {
        let path = |name: &str| world.path().join(name);
        assert_eq!(
            ["secrets", "secrets/app.env", "secrets/app.pem"].map(|name| mode(path(name))),
            [0o700, 0o600, 0o600]
        );
    }
    assert_eq!(secrets(&world), ["app.env", "app.pem"]);
    // Who runs it again by mistake loses nothing, and no App is made for it.
    let again = command(&world, &hub, &[]).output().unwrap();
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.code() == Some(1) && said.contains("is there already"), "{said}");
    assert_eq!(world.read("secrets/app.env"), env);
    let making = Making::with(world, &hub, &["--force", "--name", "another"], &[]);
    making.get(&making.back(&hub));
    let (code, text, world) = making.ended();
    assert!(code == 0 && text.contains("vso app doctor --dir") && text.contains("/apps/another/"), "{text}");
    assert_eq!(secrets(&world), ["app.env", "app.env.old", "app.pem", "app.pem.old"]);
    assert_eq!(world.read("secrets/app.env.old"), env);
}

#[test]
fn an_organisations_app_is_the_organisations() {
    let hub = hub();
    hub.control("POST", "users", &json!({ "login": "acme", "type": "Organization" }));
    let making = Making::new(&hub, &["--json", "--org", "acme"]);
    let (action, manifest) = making.form();
    assert!(action.contains("/organizations/acme/settings/apps/new?state="), "{action}");
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["hook_attributes"]["url"], format!("{SERVER}/webhooks"));
    assert_eq!((&manifest["name"], &manifest["public"]), (&json!("vso-acme"), &json!(false)));
    making.get(&making.back(&hub));
    let (code, text, _) = making.ended();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["owner"]), (0, &json!("acme")));
    let text = |value: &Value| value.to_string();
    assert_eq!(text(&report["permissions"]), json!(vso::sync::app::permissions()).to_string());
    assert_eq!(report["events"], json!(vso::sync::app::events()));
}

#[test]
fn a_way_back_that_is_not_the_one_that_went_out_counts_for_nothing() {
    let hub = hub();
    let making = Making::new(&hub, &["--json"]);
    let back = making.back(&hub);
    // Somebody else's browser, another name, no state, a wrong one.
    for (cookie, host) in [("", None), ("vso-register-1=x", None), (making.cookie.as_str(), Some("evil.example"))] {
        assert_eq!(making.ask(&back, cookie, host).status, 403, "{cookie} {host:?}");
    }
    assert_eq!(making.ask(&format!("{}/", making.origin()), "", None).status, 403);
    assert_eq!(making.ask(&format!("{}/?key=wrong", making.origin()), "", None).status, 403);
    for state in [None, Some(""), Some("0123456789abcdef")] {
        let page = making.get(&replaced(&back, "state", state));
        assert!(page.status == 403 && page.body.contains("Refused"), "{}", page.body);
    }
    making.hears("without a state");
    making.hears("not the one that went out");
    assert_eq!(making.get(&format!("{}/other", making.origin())).status, 404);
    // Without a code the state is used up all the same, and another one goes out.
    let (before, _) = making.form();
    for code in [None, Some(""), Some("../../x"), Some("a b")] {
        let (action, _) = making.form();
        let state = action.split("state=").nth(1).unwrap();
        let page = making.get(&replaced(&replaced(&back, "state", Some(state)), "code", code));
        assert_eq!(page.status, 409, "{code:?} {}", page.body);
    }
    assert_ne!(before, making.form().0);
    let page = making.get(&back);
    assert!(page.status == 403 && page.body.contains("used already"), "{}", page.body);
    making.hears("used already");
    assert_eq!(making.get(&making.back(&hub)).status, 200);
    assert_eq!(making.ended().0, 0);
}

#[test]
fn a_code_that_is_used_or_too_old_makes_no_app() {
    let hub = hub();
    let making = Making::new(&hub, &["--json"]);
    let back = making.back(&hub);
    let code = reqwest::Url::parse(&back).unwrap();
    let code = code.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    hub.send("POST", &format!("/api/v3/app-manifests/{code}/conversions"), None, &Value::Null).ok();
    let page = making.get(&back);
    assert!(page.status == 409 && page.body.contains("start again"), "{}", page.body);
    making.hears("GitHub says 404");
    let making = Making::with(World::new(), &hub, &["--json", "--name", "another"], &[]);
    let back = making.back(&hub);
    hub.control("POST", "clock", &json!({ "advance": 3_601 }));
    assert_eq!(making.get(&back).status, 409);
    // Begun again, it works.
    assert_eq!(making.get(&making.back(&hub)).status, 200);
    assert_eq!(making.ended().0, 0);
}

#[test]
fn what_is_no_app_ends_it_and_leaves_nothing() {
    let garbage = [
        (json!({ "status": 201, "body": "<html>" }), "be read"),
        (json!({ "status": 201, "body": { "id": 1, "slug": "x" } }), "be read"),
        (json!({ "status": 500, "body": { "message": "oops" } }), "500"),
        (json!({ "kind": "cut" }), "lost"),
    ];
    for (fault, word) in garbage {
        let hub = hub();
        let making = Making::new(&hub, &["--json"]);
        let back = making.back(&hub);
        let mut asked = json!({ "path": "/app-manifests/*/conversions", "kind": "status" });
        asked.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        hub.fault(&asked);
        let page = making.get(&back);
        assert!(
            page.status == 502 && page.body.contains(word) && page.body.contains("delete it"),
            "{word}: {}",
            page.body
        );
        assert!(making.hears("error:").contains(word));
        let (code, text, world) = making.ended();
        assert_eq!((code, text.as_str(), secrets(&world)), (3, "", Vec::new()), "{word}");
    }
}

#[test]
fn what_can_not_be_written_is_said_before_github_is_asked() {
    let hub = hub();
    let world = World::new();
    world.write("file", "x");
    let run = |arguments: &[&str]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
        let output = command.args(["app", "create"]).args(arguments).envs(addresses(&hub)).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let check = |arguments: &[&str], code: i32, word: &str| {
        let (exit, said) = run(arguments);
        assert!(exit == Some(code) && said.contains(word), "{arguments:?} {exit:?} {said}");
    };
    check(&["--url", SERVER, "--dir", "file"], 2, "is no folder");
    check(&["--url", SERVER, "--dir", "file/below"], 3, "can't write in");
    check(&["--url", SERVER, "--dir", "with space"], 2, "spaces");
    check(&["--url", "http://vso.example.org", "--dir", "d"], 2, "https");
    check(&["--url", SERVER, "--dir", "d", "--name", "x\ny"], 2, "name");
    check(&["--url", SERVER], 2, "--dir");
    #[cfg(target_os = "linux")]
    check(&["--url", SERVER, "--dir", "/proc/vso"], 3, "can't write in");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check(&["--url", SERVER, "--dir", "d", "--port", &port], 3, "can't listen");
    world.write("app/app.pem", "x");
    check(&["--url", SERVER, "--dir", "app"], 1, "app.pem is there already");
    assert!(hub.log().is_empty());
    assert_eq!(secrets(&world), [""; 0]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_silence_end_it_with_nothing_written() {
    let hub = hub();
    let making = Making::new(&hub, &["--json"]);
    let pid = making.child.id().to_string();
    Command::new("sh").args(["-c", "kill -INT \"$1\"", "sh", &pid]).status().unwrap();
    let (code, text, world) = making.ended();
    assert_eq!((code, text.as_str(), secrets(&world)), (130, "", Vec::new()));
    let making = Making::with(World::new(), &hub, &[], &[("VSO_TEST_CLOCK_SPEED", "900")]);
    making.hears("within an hour");
    let (code, text, world) = making.ended();
    assert_eq!((code, text.as_str(), secrets(&world)), (3, "", Vec::new()));
}

#[cfg(debug_assertions)]
#[test]
fn a_kill_leaves_each_file_whole_or_not_there() {
    let hub = hub();
    for (at, expected) in [(1, &[][..]), (2, &["app.pem"]), (3, &["app.pem"]), (4, &["app.env", "app.pem"])] {
        let name = format!("killed {at}");
        let at = at.to_string();
        let variables = [("VSO_TEST_CRASH_AT", at.as_str())];
        let making = Making::with(World::new(), &hub, &["--name", &name], &variables);
        let back = making.back(&hub);
        let url = back.clone();
        let cookie = making.cookie.clone();
        // The answer never comes.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| making.ask(&url, &cookie, None).status));
        let (code, _, world) = making.ended();
        assert_ne!(code, 0);
        let there: Vec<String> = secrets(&world).into_iter().filter(|name| !name.starts_with('.')).collect();
        assert_eq!(there, expected, "{at}");
        assert!(there.iter().all(|name| world.read(&format!("secrets/{name}")).ends_with('\n')), "whole");
        #[cfg(unix)]
        for name in secrets(&world) {
            assert_eq!(mode(world.path().join("secrets").join(&name)), 0o600, "{name}");
        }
    }
}
