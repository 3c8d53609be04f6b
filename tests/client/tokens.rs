//! Apps: found, signed in, renewed, narrowed; and no token is ever shown.

use serde_json::{Value, json};

use super::desk::{Desk, new_pull};
use crate::hub_world::REPO;

#[test]
fn an_app_signs_in_once_and_again_after_an_hour() {
    let desk = Desk::new();
    desk.branch("one");
    let app = desk.world.app();
    let mark = desk.world.hub.mark();
    desk.with(&desk.world.app_variables(&app), |hub| {
        let pull = hub.make_pull(&new_pull("one")).unwrap();
        assert_eq!(pull.author, "vso-acme[bot]");
        hub.open_pulls().unwrap();
        let made = |hub: &vso::forge::github::Hub<'_>| {
            let made =
                |call: &&vso::forge::github::Call| call.path.ends_with("/access_tokens") && call.status == Some(201);
            hub.calls().iter().filter(made).count()
        };
        assert_eq!(made(hub), 1, "{:?}", hub.calls());
        desk.world.hub.control("POST", "clock", &json!({ "advance": 3700 }));
        hub.open_pulls().unwrap();
        hub.comment(pull.number, "after an hour").unwrap();
        assert_eq!(made(hub), 2, "{:?}", hub.calls());
    });
    let asked = desk.count(mark, &format!("POST /repos/{REPO}/issues/"));
    assert_eq!(asked, 1, "a refused token makes nothing twice");
}

#[test]
fn a_clock_that_is_wrong_by_hours_does_not_matter() {
    let desk = Desk::new();
    let app = desk.world.app();
    desk.world.hub.control("POST", "clock", &json!({ "advance": 40_000 }));
    desk.with(&desk.world.app_variables(&app), |hub| assert_eq!(hub.open_pulls().unwrap(), []));
}

#[test]
fn a_token_is_for_this_repository_only() {
    let desk = Desk::new();
    let app = desk.world.app();
    desk.world.hub.control("POST", "repos", &json!({ "owner": "acme", "name": "other", "private": true }));
    let credentials = desk.with(&desk.world.app_variables(&app), |hub| hub.git_credentials().unwrap());
    let other = desk.world.hub.api(&credentials.token, "GET", "/repos/acme/other", &Value::Null);
    assert_eq!(other.status, 404);
    let own = desk.world.hub.api(&credentials.token, "GET", &format!("/repos/{REPO}"), &Value::Null);
    assert_eq!(own.status, 200);
}

#[test]
fn an_app_that_is_not_installed_says_so() {
    let desk = Desk::new();
    let made = desk.world.hub.control("POST", "apps", &json!({ "slug": "lonely", "owner": "acme" }));
    let app = crate::hub_world::App {
        id: made["id"].as_u64().unwrap(),
        pem: made["pem"].as_str().unwrap().to_owned(),
        webhook_secret: String::new(),
        installation: 0,
    };
    let fault = desk.with(&desk.world.app_variables(&app), |hub| hub.open_pulls().unwrap_err());
    assert!(fault.message().contains("is not installed on acme/design"), "{fault}");
    let other = desk.world.app();
    let mixed = crate::hub_world::App { pem: app.pem, ..other };
    let fault = desk.with(&desk.world.app_variables(&mixed), |hub| hub.open_pulls().unwrap_err());
    assert!(fault.to_string().contains("do not belong together"), "{fault}");
}

#[test]
fn no_token_is_shown_whatever_happens() {
    let desk = Desk::new();
    desk.branch("one");
    let app = desk.world.app();
    let variables = desk.world.app_variables(&app);
    let echo = |token: &str| json!({ "status": 422, "body": { "message": format!("you sent {token}") } });
    desk.with(&variables, |hub| {
        let token = hub.git_credentials().unwrap().token;
        assert!(token.starts_with("ghs_") && token.len() > 100, "the long form");
        desk.fault("POST", "**/pulls", "status", echo(&token));
        let fault = hub.make_pull(&new_pull("one")).unwrap_err();
        let shown = format!("{fault} {fault:?} {hub:?} {:?} {:?}", hub.calls(), hub.git_credentials().unwrap());
        assert!(!shown.contains(&token[10..60]) && shown.contains("you sent ghs_***"), "{shown}");
        assert!(!desk.said.borrow().iter().any(|said| said.contains("ghs_")));
    });
}
