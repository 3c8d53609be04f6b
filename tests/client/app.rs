//! The App as itself: who it is, where it is installed, what could not be delivered; and budgets that are shared.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vso::forge::github::governor::shared::accounts;
use vso::forge::github::{Access, AppHub, SentAgain};
use vso::ledger::Time;

use super::desk::{Desk, Variables, new_pull};
use crate::hub_world::{NAME, OWNER, REPO};

/// An App whose listener is not there, and the environment that signs in as it.
fn deaf_app(desk: &Desk) -> (u64, u64, Variables) {
    let events = ["push", "pull_request", "issue_comment", "check_run", "check_suite", "repository"];
    let app = json!({ "slug": "deaf", "owner": OWNER, "hook_url": "http://127.0.0.1:9/webhooks", "events": events });
    let made = desk.world.hub.control("POST", "apps", &app);
    let id = made["id"].as_u64().unwrap();
    let body = json!({ "account": OWNER, "repos": [REPO] });
    let installed = desk.world.hub.control("POST", &format!("apps/{id}/installations"), &body);
    let mut variables = desk.world.addresses();
    variables.push(("VSO_APP_ID".into(), id.to_string()));
    variables.push(("VSO_APP_PRIVATE_KEY".into(), made["pem"].as_str().unwrap().to_owned()));
    (id, installed["id"].as_u64().unwrap(), variables)
}

fn access(variables: &Variables) -> Access {
    let read = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Access::app_in(&read).unwrap().expect("an App is in the environment")
}

fn with<T>(desk: &Desk, variables: &Variables, act: impl FnOnce(&AppHub<'_>) -> T) -> T {
    let say = |text: &str| desk.said.borrow_mut().push(text.to_owned());
    act(&AppHub::open(access(variables), &desk.stop, &say).unwrap())
}

/// Until so many deliveries have failed.
fn failures(hub: &AppHub<'_>, least: usize) -> Vec<vso::forge::github::FailedDelivery> {
    let begun = Instant::now();
    loop {
        let found = hub.failed_deliveries(Time(0)).unwrap();
        if found.len() >= least {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{} of {least} failed", found.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_app_says_who_it_is_and_where() {
    let desk = Desk::new();
    let (id, installation, variables) = deaf_app(&desk);
    let others: Vec<String> = (0..120).map(|number| format!("{OWNER}/other-{number}")).collect();
    for name in &others {
        let name = name.strip_prefix("acme/").unwrap();
        desk.world.hub.control("POST", "repos", &json!({ "owner": OWNER, "name": name, "default_branch": "trunk" }));
    }
    let all: Vec<&str> = std::iter::once(REPO).chain(others.iter().map(String::as_str)).collect();
    let path = format!("webhooks/installations/{installation}");
    desk.world.hub.control("PATCH", &path, &json!({ "repos": all }));
    with(&desk, &variables, |hub| {
        let app = hub.app().unwrap();
        assert_eq!((app.id, app.slug.as_str(), app.installations_count), (id, "deaf", Some(1)));
        assert_eq!(app.permissions["contents"], "write");
        assert!(app.events.contains(&"check_run".to_owned()));
        assert_eq!(hub.hook_config().unwrap().url.as_deref(), Some("http://127.0.0.1:9/webhooks"));
        let installed = hub.installations().unwrap();
        assert_eq!(installed.len(), 1);
        assert_eq!(
            (installed[0].id, installed[0].owner.as_str(), installed[0].suspended),
            (installation, OWNER, false)
        );
        let found = hub.repositories(&installed[0]).unwrap();
        assert_eq!(found.len(), 121, "all pages");
        let first = found.iter().find(|repo| repo.name == NAME).unwrap();
        assert_eq!((first.owner.as_str(), first.default_branch.as_str(), first.archived), (OWNER, "main", false));
        assert!(found.iter().any(|repo| repo.default_branch == "trunk"));
        let tokens = hub.calls().iter().filter(|call| call.path.ends_with("/access_tokens")).count();
        assert_eq!(tokens, 1, "one token for all pages");
        let reading = hub.reading(installation, OWNER, NAME).unwrap().expect("it is a name");
        assert!(reading.branch_head("main").unwrap().is_some());
        reading.open_pulls().unwrap();
        let fault = reading.make_pull(&new_pull("one")).unwrap_err();
        assert!(fault.to_string().contains("403"), "it may only look: {fault}");
        let other = hub.reading(installation, OWNER, "other-7").unwrap().expect("it is a name");
        assert_eq!(other.branch_head("trunk").unwrap(), None);
        assert!(hub.reading(installation, OWNER, "../x").unwrap().is_none());
        let made = |calls: Vec<vso::forge::github::Call>| calls.iter().filter(|call| call.method != "GET").count();
        assert_eq!(made(hub.calls()), 1, "still the one token");
        assert_eq!((made(reading.calls()), made(other.calls())), (1, 0), "and the refused one");
        let shown = format!("{hub:?}");
        assert!(!shown.contains("PRIVATE"), "{shown}");
    });
}

#[test]
fn what_could_not_be_delivered_is_listed_and_asked_for_again() {
    let desk = Desk::new();
    let (_, _, variables) = deaf_app(&desk);
    for number in 0..3 {
        let body = json!({ "event": "push", "repo": REPO, "payload": { "ref": "refs/heads/main", "number": number } });
        desk.world.hub.control("POST", "webhooks/send", &body);
    }
    with(&desk, &variables, |hub| {
        let found = failures(hub, 4);
        let guids: std::collections::BTreeSet<_> = found.iter().map(|one| one.guid.as_str()).collect();
        assert_eq!((found.len(), guids.len()), (4, 4));
        let pushes: Vec<_> = found.iter().filter(|one| one.event == "push").collect();
        assert_eq!(pushes.len(), 3, "and the installation's own");
        assert!(pushes.iter().all(|one| one.status == 502 && one.repository.is_some() && one.action.is_empty()));
        assert!(pushes.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
        assert_eq!(hub.redeliver(pushes[0].id).unwrap(), SentAgain::Asked);
        let again = failures(hub, 5);
        assert_eq!(again[0].guid, pushes[0].guid, "the same name once more");
        assert!(hub.failed_deliveries(Time(again[0].at.0 + 60_000)).unwrap().is_empty(), "not older than asked for");
        assert_eq!(hub.redeliver(1).unwrap(), SentAgain::Gone);
        let now = hub.server_time();
        assert!(now.0 >= again[0].at.0, "the server's clock is known");
    });
}

#[test]
fn hundreds_of_failures_come_page_by_page() {
    let desk = Desk::new();
    let (_, _, variables) = deaf_app(&desk);
    for number in 0..230 {
        let body = json!({ "event": "push", "repo": REPO, "payload": { "number": number } });
        desk.world.hub.control("POST", "webhooks/send", &body);
    }
    with(&desk, &variables, |hub| {
        let found = failures(hub, 231);
        let numbers: std::collections::BTreeSet<_> = found.iter().map(|one| one.id).collect();
        assert_eq!((found.len(), numbers.len()), (231, 231));
    });
}

#[test]
fn two_connections_of_one_installation_keep_one_budget() {
    let desk = Desk::new();
    let app = desk.world.app();
    desk.branch("one");
    // Slow enough that the limits show.
    desk.world.hub.control("POST", "clock", &json!({ "speed": 20 }));
    let mut variables = desk.world.app_variables(&app);
    variables.retain(|(name, _)| name != "VSO_TEST_CLOCK_SPEED");
    variables.push(("VSO_TEST_CLOCK_SPEED".into(), "20".into()));
    let number = desk.with(&variables, |hub| hub.make_pull(&new_pull("one")).unwrap().number);
    let stop = AtomicBool::new(false);
    let place = access(&variables).at(OWNER, NAME).expect("a name of a repository");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (place, stop) = (place.clone(), &stop);
            scope.spawn(move || {
                let hub = vso::forge::github::Hub::open(place, stop, &|_| {}).unwrap();
                for round in 0..10 {
                    hub.comment(number, &format!("<!-- {writer} {round} -->")).unwrap();
                }
            });
        }
    });
    assert_eq!(desk.world.hub.control("GET", "violations", &Value::Null), json!([]));
    let mine = |account: &vso::forge::github::governor::shared::Account| {
        account.server.starts_with(&desk.world.hub.url) && account.name == OWNER
    };
    let account = accounts().into_iter().find(mine).expect("the installation's book");
    assert!(account.calls > 40 && account.waited > Duration::from_secs(20), "{account:?}");
    assert!(account.left.content_hour <= 500 - 41 && account.requests.is_some(), "{account:?}");
}

#[test]
fn comments_of_the_whole_repository_are_read_since_a_moment() {
    let desk = Desk::new();
    desk.branch("one");
    let issue = json!({ "title": "a question" });
    let issue = desk.world.hub.api(&desk.world.alice, "POST", &format!("/repos/{REPO}/issues"), &issue).ok();
    let pull = desk.action(|hub| hub.make_pull(&new_pull("one")).unwrap().number);
    desk.world.comment(&desk.world.alice, issue["number"].as_u64().unwrap(), "/vso help");
    desk.world.hub.control("POST", "clock", &json!({ "advance": 600 }));
    desk.world.comment(&desk.world.bob, pull, "/vso sync");
    desk.action(|hub| {
        let (all, whole) = hub.comments_since(Time(0), 5).unwrap();
        assert!(whole);
        let said: Vec<_> = all.iter().map(|one| (one.comment.body.as_str(), one.number, one.is_pull)).collect();
        assert_eq!(said, [("/vso help", issue["number"].as_u64().unwrap(), false), ("/vso sync", pull, true)]);
        let moment = |text: &str| Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let (late, _) = hub.comments_since(Time(moment(&all[1].updated_at).0 - 1000), 5).unwrap();
        assert_eq!(late.len(), 1);
        assert_eq!(
            hub.branch_head("one").unwrap().map(|id| id.to_string()),
            Some(desk.world.project.git(&["rev-parse", "one"]).trim().to_owned())
        );
        assert_eq!(hub.branch_head("nowhere").unwrap(), None);
    });
}
