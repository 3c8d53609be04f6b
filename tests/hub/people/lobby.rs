//! A server for two repositories of an App, at whose door people stand: `acme/design`, which alice and bob may change and
//! mallory may read, and `acme/vault`, which is alice's alone. Carol is on the hub and may nothing.

use serde_json::{Value, json};
use vso::sync::fleet::{Fleet, Member};

use super::super::world::{ALICE, APP, App, HubWorld, NAME, OWNER, REPO};
use crate::client::{self, Answer, Server};
use crate::world::World;

/// May nothing.
pub const CAROL: &str = "carol";

/// `acme/design` in addresses.
pub const DESIGN: &str = "acme.design";
/// `acme/vault`.
pub const VAULT: &str = "acme.vault";
/// One that there is not.
pub const NOWHERE: &str = "acme.nowhere";

/// The server and its hub.
pub struct Lobby {
    pub server: Server,
    pub world: HubWorld,
    /// The secret of the App's webhooks.
    pub secret: String,
    /// The mirrors of both.
    pub members: [Member; 2],
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Guest {
    pub cookie: String,
    pub csrf: String,
}

impl Lobby {
    /// With the example project and nothing but its master.
    pub fn new() -> Self {
        Self::with(HubWorld::new(), &[])
    }

    /// With further variables of the server; one without a value is not set.
    pub fn with(world: HubWorld, variables: &[(&str, &str)]) -> Self {
        let hub = &world.hub;
        hub.control("POST", "users", &json!({ "login": CAROL }));
        let vault = json!({ "owner": OWNER, "name": "vault", "default_branch": "main", "private": true });
        let vault = hub.control("POST", "repos", &vault)["id"].as_u64().unwrap();
        let admin = json!({ "permission": "admin" });
        hub.control("PUT", &format!("repos/{OWNER}/vault/collaborators/{ALICE}"), &admin);
        let made = hub.control("POST", "apps", &json!({ "slug": APP, "owner": OWNER }));
        let word = |key: &str| made[key].as_str().unwrap().to_owned();
        let id = made["id"].as_u64().unwrap();
        let installed = json!({ "account": OWNER, "repos": [REPO, format!("{OWNER}/vault")] });
        let installed = hub.control("POST", &format!("apps/{id}/installations"), &installed);
        let installation = installed["id"].as_u64().unwrap();
        let app = App { id, pem: word("pem"), webhook_secret: word("webhook_secret"), installation };

        let home = World::new();
        home.write("server.toml", "listen = \"127.0.0.1:0\"\ndata = \"data\"\n");
        let fleet = Fleet::open(&home.path().join("data"), &format!("{}/", hub.url)).unwrap();
        let design = hub.api(&world.alice, "GET", &format!("/repos/{REPO}"), &Value::Null).ok()["id"].as_u64().unwrap();
        let members =
            [(design, NAME), (vault, "vault")].map(|(id, name)| fleet.admit(id, (OWNER, name), installation).unwrap());
        fetch(&world, &members[0]);

        let mut all = world.app_variables(&app);
        all.push(("VSO_WEBHOOK_SECRET".into(), app.webhook_secret.clone()));
        all.push(("VSO_CLIENT_ID".into(), word("client_id")));
        all.push(("VSO_CLIENT_SECRET".into(), word("client_secret")));
        let all: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (&**name, &**value)).chain(variables.iter().copied()).collect();
        let server = Server::run(home, &all, &["--settings", "server.toml"])
            .unwrap_or_else(|_| panic!("the server does not start"));
        let back = format!("http://127.0.0.1:{}/sign-in/back", server.port);
        world.hub.control("PATCH", &format!("apps/{id}"), &json!({ "callback_urls": [back] }));
        Self { server, world, secret: app.webhook_secret, members }
    }

    /// Brings the mirror to where the hub is, as a worker does before it works.
    pub fn refresh(&self) {
        fetch(&self.world, &self.members[0]);
    }

    /// The hub's port.
    pub fn hub_port(&self) -> u16 {
        self.world.hub.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Begins a sign-in: the browser's cookie, and where it is sent.
    #[track_caller]
    pub fn begins(&self, to: &str, cookie: &str) -> (String, String) {
        let answer = self.server.get(&format!("/sign-in?to={to}"), &[("cookie", cookie)]);
        assert_eq!(answer.status, 303, "{answer:?}");
        (answer.cookie(), answer.headers["location"].clone())
    }

    /// Says yes at the hub, as somebody: the path and query that the browser comes back with.
    #[track_caller]
    pub fn agrees(&self, login: &str, url: &str) -> String {
        let path = url.strip_prefix(&self.world.hub.url).unwrap_or_else(|| panic!("sent elsewhere: {url}"));
        let answer = client::send(self.hub_port(), "GET", &format!("{path}&as={login}"), &[], b"").unwrap();
        assert_eq!(answer.status, 302, "{answer:?}");
        let to = &answer.headers["location"];
        let own = format!("http://127.0.0.1:{}", self.server.port);
        to.strip_prefix(&own).unwrap_or_else(|| panic!("sent elsewhere: {to}")).to_owned()
    }

    /// Signs somebody in.
    #[track_caller]
    pub fn sign_in(&self, login: &str) -> Guest {
        let (flow, url) = self.begins("", "");
        let back = self.agrees(login, &url);
        let answer = self.server.get(&back, &[("cookie", &flow)]);
        assert_eq!(answer.status, 200, "{answer:?}");
        self.guest(&answer.cookie())
    }

    /// Comes in with the link.
    pub fn operator(&self) -> Guest {
        self.guest(&self.server.enter())
    }

    #[track_caller]
    fn guest(&self, cookie: &str) -> Guest {
        let about = self.server.get("/session", &[("cookie", cookie)]);
        assert_eq!(about.status, 200, "{about:?}");
        Guest { cookie: cookie.to_owned(), csrf: about.json()["csrf"].as_str().unwrap().to_owned() }
    }

    /// Says on the hub what somebody may in `acme/design`: `admin`, `write`, `read` or `none`.
    pub fn permit(&self, login: &str, permission: &str) {
        let path = format!("repos/{REPO}/collaborators/{login}");
        self.world.hub.control("PUT", &path, &json!({ "permission": permission }));
    }

    /// A page, as a browser asks for it.
    pub fn page(&self, guest: &Guest, path: &str) -> Answer {
        look(self.server.port, guest, path)
    }

    /// Something of the API.
    pub fn api(&self, guest: &Guest, path: &str) -> Answer {
        self.server.get(&format!("/api/v1{path}"), &[("cookie", &guest.cookie)])
    }

    /// Posts a form of a page with the session's token.
    pub fn post(&self, guest: &Guest, path: &str, form: &str) -> Answer {
        let headers = [
            ("cookie", &*guest.cookie),
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-csrf-token", &*guest.csrf),
        ];
        self.server.send("POST", path, &headers, form.as_bytes())
    }

    /// Posts JSON to the API with the session's token.
    pub fn ask(&self, guest: &Guest, path: &str, body: &Value) -> Answer {
        let headers =
            [("cookie", &*guest.cookie), ("content-type", "application/json"), ("x-csrf-token", &*guest.csrf)];
        self.server.send("POST", &format!("/api/v1{path}"), &headers, body.to_string().as_bytes())
    }

    /// How often the server asked what a person may see.
    pub fn asked(&self) -> usize {
        let log = self.world.hub.log();
        log.iter().filter(|call| call["path"].as_str().is_some_and(|path| path.contains("/user/installations"))).count()
    }
}

/// A page of the server at a port, as a browser asks for it.
pub fn look(port: u16, guest: &Guest, path: &str) -> Answer {
    client::send(port, "GET", path, &[("cookie", &guest.cookie), ("accept", "text/html")], b"").unwrap()
}

fn fetch(world: &HubWorld, member: &Member) {
    let specs = ["+refs/heads/*:refs/heads/*", "+refs/vso/*:refs/vso/*"];
    let fetch = ["-C", member.root.to_str().unwrap(), "fetch", "-q", "--no-tags", "--prune", "origin"];
    world.git_in(&world.project.world, &world.alice, &[&fetch[..], &specs].concat());
}
