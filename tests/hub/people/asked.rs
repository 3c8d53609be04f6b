//! What an App does because a person asked says who: in the ledger, in commits, on the pull request. Nobody is notified.

use serde_json::{Value, json};

use super::super::world::{ALICE, APP, BOB, HubWorld};
use super::lobby::{DESIGN, Guest, Lobby};

/// A server whose master has news.
fn with_news() -> Lobby {
    let lobby = Lobby::with(HubWorld::in_step(), &[]);
    lobby.world.edit_master("with a title", "with a title and a photo");
    lobby.refresh();
    lobby
}

/// What was asked for, oldest first: who, and what.
fn asked(lobby: &Lobby, guest: &Guest) -> Vec<(Value, String)> {
    let found = lobby.api(guest, &format!("/repositories/{DESIGN}/activity?kind=deed.asked")).json();
    let events = found["events"].as_array().unwrap_or_else(|| panic!("{found}"));
    let one = |event: &Value| (event["data"]["by"].clone(), event["subject"].as_str().unwrap().to_owned());
    events.iter().rev().map(one).collect()
}

/// The message of a commit on the hub.
fn message(lobby: &Lobby, commit: &str) -> String {
    let folder = lobby.world.bare.to_str().unwrap().to_owned();
    lobby.world.project.git(&["-C", &folder, "log", "-1", "--format=%B", commit])
}

/// Settles the first conflict with the master's text. The server works by itself too: what it moved meanwhile is looked at
/// again.
fn settle(lobby: &Lobby, guest: &Guest) -> Value {
    for _ in 0..10 {
        let found = lobby.api(guest, &format!("/repositories/{DESIGN}/conflicts")).json();
        let item = &found["conflicts"][0];
        let choice = json!({
            "slice": item["slice_id"], "item": item["item"], "take": "master", "branch": item["places"][0]["branch"],
        });
        let preview = lobby.ask(guest, &format!("/repositories/{DESIGN}/conflicts/preview"), &choice).json();
        let commit = json!({ "choice": choice, "seen": preview["seen"] });
        let done = lobby.ask(guest, &format!("/repositories/{DESIGN}/conflicts/commit"), &commit);
        if done.status == 200 {
            return done.json();
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    panic!("the conflict is never settled");
}

#[test]
fn an_app_says_who_asked() {
    let lobby = Lobby::with(HubWorld::in_step(), &[]);
    let loans = "vertical-slices/slice-003-loans/spec.md";
    lobby.world.project.edit(loans, "borrow a tool that is available", "borrow a tool that is not lent");
    lobby.world.edit_master("borrow a tool that is available", "borrow a tool that is available today");
    lobby.refresh();
    let (alice, bob) = (lobby.sign_in(ALICE), lobby.sign_in(BOB));
    let synced = lobby.ask(&bob, &format!("/repositories/{DESIGN}/sync"), &json!({}));
    assert_eq!(synced.status, 200, "{synced:?}");
    let pulls = lobby.world.pulls();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!(pulls[0]["user"]["login"], format!("{APP}[bot]"), "it runs as the App");

    let settled = settle(&lobby, &bob);
    let commit = message(&lobby, settled["commit"].as_str().unwrap());
    assert!(commit.trim_end().ends_with("\nAsked-By: bob"), "{commit}");
    let number = settled["proposals"][0].as_u64().unwrap();
    let merged = lobby.post(&alice, &format!("/r/{DESIGN}/proposals/{number}/merge"), "");
    assert_eq!(merged.status, 303, "{merged:?}");
    let said = lobby.page(&alice, &merged.headers["location"]);
    assert!(said.body.contains("is merged into main"), "{}", said.body);
    let tip = message(&lobby, "refs/heads/main");
    assert!(tip.contains("Asked-By: alice") && !tip.contains('@'), "{tip}");
    assert!(said.body.contains("as alice asked"), "{}", said.body);

    let asked = asked(&lobby, &alice);
    let merge = format!("proposals/{number}/merge");
    assert_eq!(asked.first(), Some(&(json!("bob"), "sync".to_owned())), "{asked:?}");
    assert_eq!(asked.last(), Some(&(json!("alice"), merge)), "{asked:?}");
    let is_known = |what: &str| ["sync", "conflicts/commit"].contains(&what) || what.ends_with("/merge");
    assert!(asked.iter().all(|(_, what)| is_known(what)), "a preview changes nothing: {asked:?}");
}

#[test]
fn a_no_says_whose_it_is() {
    let lobby = with_news();
    let (bob, operator) = (lobby.sign_in(BOB), lobby.operator());
    let synced = lobby.ask(&operator, &format!("/repositories/{DESIGN}/sync"), &json!({}));
    assert_eq!(synced.status, 200, "{synced:?}");
    let open = lobby.api(&operator, &format!("/repositories/{DESIGN}/proposals")).json();
    let number = open["proposals"][0]["number"].as_u64().unwrap();
    let head = lobby.world.pulls()[0]["head"]["sha"].as_str().unwrap().to_owned();
    assert!(!message(&lobby, &head).contains("Asked-By"), "the operator is the App's own");
    let closed = lobby.post(&bob, &format!("/r/{DESIGN}/proposals/{number}/close"), "");
    assert_eq!(closed.status, 303, "{closed:?}");
    let page = lobby.page(&bob, &format!("/r/{DESIGN}/proposals/{number}"));
    assert!(page.body.contains("bob closed it"), "{}", page.body);
    let pull = &lobby.world.hub.api(&lobby.world.alice, "GET", "/repos/acme/design/pulls/1", &Value::Null).ok();
    let body = pull["body"].as_str().unwrap();
    assert!(pull["state"] == "closed" && body.contains("bob closed it") && !body.contains("@bob"), "{body}");
    let close = format!("proposals/{number}/close");
    assert_eq!(asked(&lobby, &bob), [(Value::Null, "sync".to_owned()), (json!("bob"), close)]);
}
