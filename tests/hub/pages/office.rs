//! A server for an App's repositories beside a hub: its settings, its mirror of `acme/design`, and somebody at its pages.
#![allow(dead_code, reason = "each topic uses its own part")]

use serde_json::{Value, json};
use vso::sync::fleet::{Fleet, Member};

use crate::client::{Answer, Server};
use crate::hub::world::{App, HubWorld, NAME, OWNER, REPO};
use crate::world::World;

/// The repository's name in addresses.
pub const KEY: &str = "acme.design";

/// The server, and a session at its pages.
pub struct Office {
    pub world: HubWorld,
    pub app: App,
    pub server: Server,
    pub member: Member,
    pub cookie: String,
}

/// The folder of the server's data in its world.
const DATA: &str = "data";

impl Office {
    /// A server whose mirror has all that the hub has.
    pub fn open(world: HubWorld, app: App) -> Self {
        let home = World::new();
        let settings = format!("listen = \"127.0.0.1:0\"\ndata = \"{DATA}\"\n");
        home.write("server.toml", settings);
        let fleet = Fleet::open(&home.path().join(DATA), &format!("{}/", world.hub.url)).unwrap();
        let about = world.hub.api(&world.alice, "GET", &format!("/repos/{REPO}"), &Value::Null).ok();
        let member = fleet.admit(about["id"].as_u64().unwrap(), (OWNER, NAME), app.installation).unwrap();
        mirrored(&world, &member);
        Self::begin(world, app, home, member)
    }

    /// The same after the server was ended and started again.
    pub fn again(self) -> Self {
        let Self { world, app, server, member, .. } = self;
        Self::begin(world, app, server.kill(), member)
    }

    fn begin(world: HubWorld, app: App, home: World, member: Member) -> Self {
        // The server compares nothing with the hub: what is in its folder is what a test has put there.
        world.hub.fault(&json!({ "path": "/app/installations", "kind": "status", "status": 503, "times": 1_000_000 }));
        let mut variables = world.app_variables(&app);
        variables.push(("VSO_WEBHOOK_SECRET".into(), app.webhook_secret.clone()));
        variables.push(("VSO_CLIENT_ID".into(), "Iv23liEXAMPLE".into()));
        variables.push(("VSO_CLIENT_SECRET".into(), "a-client-secret-for-tests-alone".into()));
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let server = Server::run(home, &variables, &["--settings", "server.toml"])
            .unwrap_or_else(|_| panic!("the server does not start"));
        let cookie = server.enter();
        Self { world, app, server, member, cookie }
    }

    /// Brings the mirror to where the hub is.
    pub fn refresh(&self) {
        mirrored(&self.world, &self.member);
    }

    /// A page of the repository.
    pub fn get(&self, path: &str) -> Answer {
        self.server.get(&format!("/r/{KEY}{path}"), &[("cookie", &self.cookie)])
    }

    /// A page that is there.
    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// A view of the API.
    #[track_caller]
    pub fn api(&self, path: &str) -> Value {
        let answer = self.server.get(&format!("/api/v1/repositories/{KEY}{path}"), &[("cookie", &self.cookie)]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Asks the API to do something.
    pub fn ask(&self, path: &str, body: &Value) -> Answer {
        let token = self.token();
        let headers =
            [("cookie", &*self.cookie), ("content-type", "application/json"), ("x-csrf-token", token.as_str())];
        let path = format!("/api/v1/repositories/{KEY}{path}");
        self.server.send("POST", &path, &headers, body.to_string().as_bytes())
    }

    /// The session's CSRF token, as a page has it.
    pub fn token(&self) -> String {
        let page = self.server.get(&format!("/r/{KEY}/queue"), &[("cookie", &self.cookie)]).body;
        page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    }

    /// Settles a conflict as its preview shows it.
    #[track_caller]
    pub fn settle(&self, choice: &Value) -> Value {
        let preview = self.ask("/conflicts/preview", choice);
        assert_eq!(preview.status, 200, "{}", preview.body);
        let done = self.ask("/conflicts/commit", &json!({ "choice": choice, "seen": preview.json()["seen"] }));
        assert_eq!(done.status, 200, "{}", done.body);
        done.json()
    }
}

/// Fetches everything, as a worker does before it works.
fn mirrored(world: &HubWorld, member: &Member) {
    let folder = member.root.to_str().unwrap();
    let specs = ["+refs/heads/*:refs/heads/*", "+refs/vso/*:refs/vso/*"];
    let fetch = ["-C", folder, "fetch", "-q", "--no-tags", "--prune", "origin"];
    world.git_in(&world.project.world, &world.alice, &[&fetch[..], &specs].concat());
}
