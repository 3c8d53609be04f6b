//! A server with its workers beside a hub: an App whose deliveries go there, and means to wait until all is done.
#![allow(dead_code, reason = "each topic uses its own part")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vso::ledger::{Delivery, DeliveryState, FILE, FOLDER, InboxFilter, Ledger};
use vso::serve::webhook::EVENTS;

use super::world::{APP, App, HubWorld, OWNER, REPO};
use crate::client::Server;
use crate::world::World;

/// How long anything may take here.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The server and its world. The fields end in this order: first who sends, then who is sent to.
pub struct Served {
    pub world: HubWorld,
    pub app: App,
    pub server: Server,
    variables: Vec<(String, String)>,
}

impl Served {
    /// A server whose App is installed on `acme/design`; the deliveries of that are done.
    pub fn start(world: HubWorld) -> Self {
        Self::start_with(world, &[])
    }

    /// The same with further variables.
    pub fn start_with(world: HubWorld, more: &[(&str, &str)]) -> Self {
        let mut served = Self::uninstalled_with(world, more);
        served.install(&[REPO]);
        served.settled();
        served
    }

    /// A server whose App is installed nowhere.
    pub fn uninstalled(world: HubWorld) -> Self {
        Self::uninstalled_with(world, &[])
    }

    /// The same with further variables.
    pub fn uninstalled_with(world: HubWorld, more: &[(&str, &str)]) -> Self {
        let made = world.hub.control("POST", "apps", &json!({ "slug": APP, "owner": OWNER, "events": EVENTS }));
        let word = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
        let app = App {
            id: made["id"].as_u64().unwrap(),
            pem: word("pem"),
            webhook_secret: word("webhook_secret"),
            installation: 0,
        };
        // Ten seconds of the hub's quick clock are too short for a machine that does much else.
        world.hub.control("POST", "webhooks/patience", &json!({ "ms": 10_000 }));
        let mut variables = world.app_variables(&app);
        variables.push(("VSO_WEBHOOK_SECRET".into(), app.webhook_secret.clone()));
        variables.push(("VSO_TEST_TIMEOUT_MS".into(), "8000".into()));
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let home = World::new();
        home.write("server.toml", "listen = \"127.0.0.1:0\"\ndata = \"data\"\n");
        let server = run(home, &variables);
        let hook = json!({ "hook_url": format!("http://127.0.0.1:{}/webhooks", server.port) });
        world.hub.control("PATCH", &format!("apps/{}", app.id), &hook);
        Self { world, app, server, variables }
    }

    /// The App is installed on the organisation, for some repositories.
    pub fn install(&mut self, repos: &[&str]) {
        let path = format!("apps/{}/installations", self.app.id);
        let made = self.world.hub.control("POST", &path, &json!({ "account": OWNER, "repos": repos }));
        self.app.installation = made["id"].as_u64().unwrap();
    }

    /// The server is killed and another one started in its place, on its port.
    pub fn restart(self) -> Self {
        self.kill().start()
    }

    /// The server is killed.
    pub fn kill(self) -> Down {
        let Self { world, app, server, variables } = self;
        let port = server.port;
        Down { world, app, home: server.kill(), port, variables }
    }

    /// The server's ledger.
    pub fn ledger(&self) -> Ledger {
        Ledger::open(&self.data()).unwrap()
    }

    /// The folder of the server's data.
    pub fn data(&self) -> PathBuf {
        self.server.world.path().join("data")
    }

    /// All deliveries, the oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        assert!(self.data().join(FOLDER).join(FILE).is_file());
        let filter = InboxFilter { limit: Some(100_000), ..InboxFilter::default() };
        let mut found = self.ledger().deliveries(&filter).unwrap();
        found.reverse();
        found
    }

    /// Waits until the hub has sent all that happened and the server has done all that came. Insists that nothing failed.
    #[track_caller]
    pub fn settled(&self) -> Vec<Delivery> {
        let begun = Instant::now();
        let mut quiet = 0;
        loop {
            let found = self.deliveries();
            let waits = found.iter().find(|one| one.due.is_some() || one.state == DeliveryState::Running);
            // The hub's list is long: it is asked for when the server is done.
            let is_sent = waits.is_none() && {
                let sent = self.world.hub.control("GET", "webhooks/deliveries", &Value::Null);
                sent.as_array().unwrap().iter().all(|one| one["status"] != "pending")
            };
            quiet = if is_sent { quiet + 1 } else { 0 };
            if quiet > 2 {
                let failed: Vec<_> = found.iter().filter(|one| one.state != DeliveryState::Done).collect();
                assert!(failed.is_empty(), "{failed:#?}");
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "it is not done: sent {is_sent}, waits {waits:#?}");
            std::thread::sleep(Duration::from_millis(60));
        }
    }

    /// What the deliveries of an event and action were told to have done, in order.
    pub fn words(&self, event: &str, action: &str) -> Vec<String> {
        let all = self.deliveries().into_iter();
        all.filter(|one| one.event == event && one.action == action).filter_map(|one| one.cause).collect()
    }

    /// Name, conclusion and title of the check runs of a commit, in order, with their ids.
    pub fn checks(&self, commit: &str) -> Vec<(String, String, String, u64)> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |run: &Value| {
            (word(&run["name"]), word(&run["conclusion"]), word(&run["output"]["title"]), run["id"].as_u64().unwrap())
        };
        let mut said: Vec<_> = self.world.checks(commit).iter().map(one).collect();
        said.sort();
        said
    }

    /// The commit of a branch on the hub.
    #[track_caller]
    pub fn head(&self, branch: &str) -> String {
        let output = self.world.bare_git(&["rev-parse", &format!("refs/heads/{branch}")]);
        assert!(output.status.success(), "no branch {branch}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Somebody presses a button of a check run.
    pub fn press(&self, login: &str, check: u64, identifier: &str) {
        let body = json!({ "repo": REPO, "check_run": check, "identifier": identifier, "login": login });
        self.world.hub.control("POST", "webhooks/press", &body);
    }
}

/// A world whose server is not there.
pub struct Down {
    pub world: HubWorld,
    pub app: App,
    home: World,
    port: u16,
    variables: Vec<(String, String)>,
}

impl Down {
    /// Another server in its place, on its port.
    pub fn start(self) -> Served {
        let Self { world, app, home, port, variables } = self;
        home.write("server.toml", format!("listen = \"127.0.0.1:{port}\"\ndata = \"data\"\n"));
        let server = run(home, &variables);
        Served { world, app, server, variables }
    }
}

fn run(home: World, variables: &[(String, String)]) -> Server {
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    Server::run(home, &variables, &["--settings", "server.toml"])
        .unwrap_or_else(|_| panic!("the server does not start"))
}
