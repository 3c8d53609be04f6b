//! `vso app doctor` against a hub: an App that fits, and one that does not in each of its parts; and the manifest, held
//! against what the server takes and the client calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vso::forge::github::{PERMISSIONS, Registry};
use vso::serve::webhook::EVENTS;
use vso::sync::app;

use super::create::{SERVER, addresses, hub};
use crate::client::Server;
use crate::hub_world::{ALICE, Hub, HubWorld, OWNER, REPO};
use crate::world::{Ran, World};

/// An App of the manifest, its files in `secrets`, installed on `acme/design`.
struct Made {
    world: World,
    id: u64,
    installation: u64,
}

fn made(hub: &Hub, server: &str) -> Made {
    let variables = addresses(hub);
    let read = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let registry = Registry::find_in(&read).unwrap();
    let mut manifest = app::manifest_for(server, Some("our vso"), None).unwrap();
    manifest["redirect_url"] = "http://127.0.0.1:9/made".into();
    let form = [("manifest", manifest.to_string()), ("as", ALICE.to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (_, to, page) = hub.browse(&registry.page(None, "s"), Some(&form));
    let url = reqwest::Url::parse(&to).unwrap_or_else(|_| panic!("{page}"));
    let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let made = registry.convert(&code).unwrap();
    let world = World::new();
    let key = world.write("secrets/app.pem", made.key());
    world.write("secrets/app.env", app::environment(&made, &registry, &key).unwrap());
    hub.control("POST", "repos", &json!({ "owner": OWNER, "name": "design" }));
    let path = format!("apps/{}/installations", made.id);
    let installed = hub.control("POST", &path, &json!({ "account": OWNER, "repos": [REPO] }));
    Made { world, id: made.id, installation: installed["id"].as_u64().unwrap() }
}

impl Made {
    fn vso(&self, hub: &Hub, more: &[&str]) -> Ran {
        let variables = addresses(hub);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.world.vso_with(&variables, &[&["app", "doctor", "--dir", "secrets"], more].concat())
    }

    /// The verdict and the words of every check, and the exit code.
    fn doctor(&self, hub: &Hub) -> (i32, BTreeMap<String, (String, String)>) {
        let ran = self.vso(hub, &["--json"]);
        let said: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.all()));
        super::create::assert_schema(&self.world, "doctor", &said);
        let mut all = BTreeMap::<String, (String, String)>::new();
        for check in said["checks"].as_array().unwrap() {
            let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
            assert!(check["verdict"] == "ok" || !text("hint").is_empty(), "what to do: {check}");
            let known = all.entry(text("name")).or_default();
            // Of several with one name the worst.
            let rank = |verdict: &str| ["ok", "warn", "fail"].iter().position(|word| *word == verdict);
            if rank(&text("verdict")) >= rank(&known.0) {
                known.0 = text("verdict");
            }
            known.1.push_str(&format!("{} {}", text("message"), text("hint")));
        }
        (ran.code, all)
    }

    #[track_caller]
    fn finds(&self, hub: &Hub, code: i32, check: &str, verdict: &str, word: &str) {
        let (exit, all) = self.doctor(hub);
        let (found, words) = all.get(check).unwrap_or_else(|| panic!("{check} was not looked at: {all:?}"));
        assert_eq!((exit, found.as_str()), (code, verdict), "{check}: {all:?}");
        assert!(words.contains(word), "{check}: {words}");
    }

    fn change(&self, hub: &Hub, change: &Value) -> Value {
        hub.control("PATCH", &format!("apps/{}", self.id), change)
    }
}

#[test]
fn an_app_that_fits_is_well_and_one_that_does_not_is_told_what_to_do() {
    let hub = hub();
    let made = made(&hub, SERVER);
    let (code, all) = made.doctor(&hub);
    assert_eq!(code, 0, "{all:?}");
    for fine in
        ["secret", "sign-in", "key", "app", "clock", "permissions", "events", "deliveries", "installations", "token"]
    {
        // Deliveries to nobody have failed: the installation itself was one.
        let expected = if fine == "deliveries" { "warn" } else { "ok" };
        assert_eq!(all.get(fine).map(|(verdict, _)| verdict.as_str()), Some(expected), "{fine}: {all:?}");
    }
    made.finds(&hub, 0, "server", "warn", "can't be reached from this machine");
    made.finds(&hub, 0, "token", "ok", "ghs_");
    let text = made.vso(&hub, &[]);
    assert!(text.code == 0 && text.out.contains("ok  ") && !text.out.contains("PRIVATE"), "{}", text.out);
    let permissions = |more: &Value| {
        let mut all = json!(app::permissions());
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        made.change(&hub, &json!({ "permissions": all }));
    };
    permissions(&json!({ "checks": "read" }));
    made.finds(&hub, 1, "permissions", "fail", "lacks checks: write");
    permissions(&json!({ "administration": "write" }));
    made.finds(&hub, 0, "permissions", "warn", "administration: write");
    permissions(&json!({}));
    made.change(&hub, &json!({ "events": ["push"] }));
    made.finds(&hub, 1, "events", "fail", "check_suite");
    let more = [app::events(), vec!["release".to_owned()]].concat();
    made.change(&hub, &json!({ "events": more }));
    made.finds(&hub, 0, "events", "warn", "release");
    made.change(&hub, &json!({ "events": app::events() }));
    hub.control("POST", &format!("webhooks/installations/{}/suspend", made.installation), &json!({}));
    made.finds(&hub, 0, "installations", "warn", "has suspended");
    hub.control("DELETE", &format!("webhooks/installations/{}", made.installation), &Value::Null);
    made.finds(&hub, 0, "installations", "warn", "/apps/our-vso/installations/new");
    made.change(&hub, &json!({ "hook_url": "" }));
    made.finds(&hub, 1, "webhook", "fail", "no webhook address");
}

#[test]
fn a_key_a_clock_and_a_github_that_are_not_right() {
    let hub = hub();
    let made = made(&hub, SERVER);
    hub.control("POST", "clock", &json!({ "advance": 300 }));
    made.finds(&hub, 0, "clock", "warn", "behind GitHub's");
    let env = made.world.read("secrets/app.env");
    let with = |from: &str, to: &str| {
        let line = env.lines().find(|line| line.starts_with(from)).unwrap_or_else(|| panic!("{from} is missing"));
        made.world.write("secrets/app.env", env.replace(line, to));
    };
    with("VSO_CLIENT_ID=", "VSO_CLIENT_ID=Iv1.another");
    made.finds(&hub, 1, "app", "fail", "another App");
    with("VSO_WEBHOOK_SECRET=", "");
    made.finds(&hub, 1, "secret", "fail", "takes no deliveries");
    with("VSO_APP_ID=", "VSO_APP_ID=999999");
    made.finds(&hub, 1, "app", "fail", "404");
    with("VSO_APP_ID=", "");
    assert!(made.vso(&hub, &[]).exits(2).err.contains("VSO_APP_ID is not set"));
    made.world.write("secrets/app.env", &env);
    let key = made.world.read("secrets/app.pem");
    made.world.write("secrets/app.pem", "nonsense");
    made.finds(&hub, 1, "key", "fail", "no RSA private key");
    made.world.write("secrets/app.pem", key);
    // The key was taken away on GitHub's page.
    let new = made.change(&hub, &json!({ "new_key": true }));
    made.finds(&hub, 1, "app", "fail", "do not belong together");
    made.world.write("secrets/app.pem", new["pem"].as_str().unwrap());
    made.finds(&hub, 0, "app", "ok", "our-vso");
    hub.fault(&json!({ "path": "/app/installations", "kind": "status", "status": 503, "times": 9 }));
    made.finds(&hub, 3, "installations", "fail", "503");
    hub.heal();
    let gone = made.world.vso(&["app", "doctor", "--dir", "nowhere"]);
    assert!(gone.exits(2).err.contains("app.env can't be read"));
}

#[test]
fn the_server_at_the_webhooks_address_is_asked_with_a_signed_ping() {
    let hub = hub();
    let made = made(&hub, SERVER);
    let env = app::variables(&made.world.read("secrets/app.env"));
    let secret = env["VSO_WEBHOOK_SECRET"].as_str();
    let server = |secret: &str| {
        let world = World::with_master("# Shop\n\n- **FR-001** A user can pay.\n");
        let server = Server::with(world, &[("VSO_WEBHOOK_SECRET", secret)]);
        made.change(&hub, &json!({ "hook_url": format!("http://127.0.0.1:{}/webhooks", server.port) }));
        server
    };
    let running = server(secret);
    made.finds(&hub, 0, "server", "ok", "took a signed ping");
    drop(running);
    let running = server("another secret of some length");
    made.finds(&hub, 1, "server", "fail", "another secret");
    drop(running);
}

#[test]
fn the_manifest_asks_for_what_is_used_and_no_more() {
    let asked = app::permissions();
    let used: BTreeMap<String, String> =
        PERMISSIONS.iter().map(|(name, level)| ((*name).to_owned(), (*level).to_owned())).collect();
    assert_eq!(asked, used, "the manifest, and what the client's tokens are narrowed to");
    // Of what the server takes, GitHub tells every App of its installations unasked. `workflow_dispatch` is taken where
    // somebody's App has it, and not asked for: what it would start, a press of "Re-run" or `/vso sync` starts too.
    let unasked = ["installation", "installation_repositories", "workflow_dispatch"];
    let mut expected: Vec<&str> = EVENTS.into_iter().filter(|event| !unasked.contains(event)).collect();
    expected.sort_unstable();
    assert_eq!(app::events(), expected);
}

/// With the manifest's permissions all goes through; with one of them less, something does not.
#[test]
fn every_permission_of_the_manifest_is_needed() {
    let world = HubWorld::new();
    let app = world.app();
    let variables = world.app_variables(&app);
    let change = |permissions: &Value| {
        world.hub.control("PATCH", &format!("apps/{}", app.id), &json!({ "permissions": permissions }));
    };
    let work = || {
        let ran = world.vso_with(&variables, &["sync"]);
        format!("{}{}", ran.out, ran.err)
    };
    // Something to do each time.
    const TEXT: &str = "A visitor can register with an email address";
    let edit = |from: &str, to: &str| world.edit_master(&format!("{TEXT}{from}."), &format!("{TEXT}{to}."));
    let mut last = String::new();
    let refused = |text: &str| text.contains("not accessible") || text.contains("403") || text.contains("lacks");
    for (name, level) in app::permissions() {
        // What a repository is called is everybody's to read. Comments on issues that are no pull requests need
        // `issues`; on the hub, as in GitHub's description, either of the two is enough.
        if level == "read" || name == "issues" {
            continue;
        }
        let mut less = json!(app::permissions());
        less[&name] = "read".into();
        change(&less);
        let next = format!(" and {name}");
        edit(&last, &next);
        last = next;
        let said = work();
        assert!(refused(&said), "without {name} nothing was refused: {said}");
    }
    change(&json!(app::permissions()));
    edit(&last, " at last");
    let said = work();
    assert!(!refused(&said) && said.contains("pull request"), "{said}");
}
