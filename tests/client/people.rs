//! People who sign in to the App, and what they may see; Apps that are made from a manifest.

use serde_json::{Value, json};
use vso::forge::github::{Person, Proof, Registry, SignIn};

use super::desk::{Desk, Variables};
use crate::hub_world::{BOB, MALLORY, OWNER, REPO};

const BACK: &str = "https://vso.example.org/signed-in";

/// An App with a sign-in, installed on the repository; its number and the environment.
pub fn sign_in(desk: &Desk) -> (u64, Variables) {
    let asked = json!({ "slug": "door", "owner": OWNER, "callback_urls": [BACK] });
    let app = desk.world.hub.control("POST", "apps", &asked);
    let id = app["id"].as_u64().unwrap();
    desk.world.hub.control("POST", &format!("apps/{id}/installations"), &json!({ "account": OWNER, "repos": [REPO] }));
    let text = |field: &str| app[field].as_str().unwrap().to_owned();
    let mut variables = desk.world.variables("unused");
    variables.push(("VSO_CLIENT_ID".into(), text("client_id")));
    variables.push(("VSO_CLIENT_SECRET".into(), text("client_secret")));
    (id, variables)
}

fn reader(variables: &Variables) -> impl Fn(&str) -> Option<String> + '_ {
    |name| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

fn word(url: &str, name: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap_or_else(|_| panic!("no address: {url:?}"));
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The whole way of somebody through the browser.
pub fn signed_in(desk: &Desk, sign_in: &SignIn, login: &str) -> Person {
    let proof = Proof::new().unwrap();
    let url = sign_in.authorize_url("the state", BACK, &proof.challenge);
    let (_, to, _) = desk.world.hub.browse(&format!("{url}&as={login}"), None);
    assert!(to.starts_with(BACK) && word(&to, "state") == "the state", "{to}");
    sign_in.exchange(&word(&to, "code"), &proof.verifier, BACK).unwrap()
}

#[test]
fn a_person_is_who_signed_in_and_sees_what_both_may() {
    let desk = Desk::new();
    let (app, variables) = sign_in(&desk);
    let sign_in = SignIn::find_in(&reader(&variables)).unwrap().unwrap();
    let (bob, mallory) = (signed_in(&desk, &sign_in, BOB), signed_in(&desk, &sign_in, MALLORY));
    assert!(bob.login == BOB && bob.id > 0 && !format!("{bob:?}").contains("ghu_"), "{bob:?}");
    let seen = bob.repositories().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].owner.as_str(), seen[0].name.as_str(), seen[0].may_write), ("acme", "design", true));
    assert!(mallory.repositories().unwrap().iter().all(|seen| !seen.may_write), "who may read may not write");
    // More than one page of repositories, and an installation that is suspended.
    let names: Vec<String> = (0..103).map(|number| format!("{OWNER}/many-{number:03}")).collect();
    for name in &names {
        let name = name.split_once('/').unwrap().1;
        desk.world.hub.control("POST", "repos", &json!({ "owner": OWNER, "name": name }));
        let path = format!("repos/{OWNER}/{name}/collaborators/{BOB}");
        desk.world.hub.control("PUT", &path, &json!({ "permission": "triage" }));
    }
    let path = format!("apps/{app}/installations");
    let other = desk.world.hub.control("POST", &path, &json!({ "account": OWNER, "repos": names }));
    assert_eq!(bob.repositories().unwrap().iter().filter(|seen| !seen.may_write).count(), 103);
    desk.world.hub.control("POST", &format!("webhooks/installations/{}/suspend", other["id"]), &json!({}));
    assert_eq!(bob.repositories().unwrap().len(), 1);
}

#[test]
fn a_sign_in_that_is_refused_or_lost_gives_nobody() {
    let desk = Desk::new();
    let (_, variables) = sign_in(&desk);
    let sign_in = SignIn::find_in(&reader(&variables)).unwrap().unwrap();
    let proof = Proof::new().unwrap();
    let code = || {
        let url = sign_in.authorize_url("s", BACK, &proof.challenge);
        word(&desk.world.hub.browse(&format!("{url}&as={BOB}"), None).1, "code")
    };
    let check = |code: &str, verifier: &str, exit: u8, said: &str| {
        let fault = sign_in.exchange(code, verifier, BACK).unwrap_err();
        assert_eq!(fault.kind().exit_code(), exit, "{fault}");
        assert!(fault.to_string().contains(said) && !fault.to_string().contains(verifier), "{fault}");
    };
    check("nonsense", &proof.verifier, 1, "bad_verification_code");
    check(&code(), &"x".repeat(64), 1, "bad_verification_code");
    let used = code();
    sign_in.exchange(&used, &proof.verifier, BACK).unwrap();
    check(&used, &proof.verifier, 1, "sign in again");
    let fault = |kind: &str, body: Value| {
        desk.fault("POST", "/login/oauth/access_token", kind, json!({ "status": 200, "body": body }));
    };
    for garbage in [json!("<html>"), json!({}), json!({ "access_token": "" }), json!({ "access_token": "a\nb" })] {
        fault("status", garbage);
        check(&code(), &proof.verifier, 3, "can't be read");
    }
    fault("cut", Value::Null);
    check(&code(), &proof.verifier, 3, "lost");
    let bob = signed_in(&desk, &sign_in, BOB);
    desk.fault("GET", "/user/installations", "status", json!({ "status": 200, "body": { "installations": 3 } }));
    assert_eq!(bob.repositories().unwrap_err().kind().exit_code(), 3);
    desk.world.hub.control("POST", "clock", &json!({ "advance": 28_900 }));
    assert_eq!(bob.repositories().unwrap_err().kind().exit_code(), 1, "the token has ended");
}

/// The code for an App that bob says yes to.
pub fn manifest_code(desk: &Desk, variables: &Variables) -> String {
    let registry = Registry::find_in(&reader(variables)).unwrap();
    let manifest = json!({
        "name": "cutter", "url": "https://vso.example.org", "redirect_url": "http://127.0.0.1:9/made",
        "hook_attributes": { "url": "https://vso.example.org/webhooks" }, "default_events": ["push"],
        "default_permissions": { "contents": "write" },
    });
    let url = format!("{}&as={BOB}", registry.page(None, "the state"));
    let (_, to, page) = desk.world.hub.browse(&url, Some(&[("manifest", &manifest.to_string())]));
    assert_eq!(word(&to, "state"), "the state", "{page}");
    word(&to, "code")
}

#[test]
fn an_app_is_made_from_a_manifest_once() {
    let desk = Desk::new();
    let variables = desk.world.variables("unused");
    let registry = Registry::find_in(&reader(&variables)).unwrap();
    let code = manifest_code(&desk, &variables);
    desk.fault("POST", "/app-manifests/*/conversions", "cut", Value::Null);
    let lost = registry.convert(&code).unwrap_err();
    assert!(lost.kind().exit_code() == 3 && lost.to_string().contains("delete it there"), "{lost}");
    let app = registry.convert(&code).unwrap();
    assert_eq!(
        (app.slug.as_str(), app.owner.as_str(), app.events.as_slice()),
        ("cutter", BOB, &["push".to_owned()][..])
    );
    assert!(app.key().starts_with("-----BEGIN RSA PRIVATE KEY-----") && app.webhook_secret().len() >= 16);
    let shown = format!("{app:?}");
    assert!(!shown.contains(app.client_secret()) && !shown.contains("PRIVATE"), "{shown}");
    let again = registry.convert(&code).unwrap_err();
    assert!(again.kind().exit_code() == 1 && again.to_string().contains("once"), "{again}");
}
