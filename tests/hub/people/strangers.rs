//! What people may see and do at a server for an App's repositories: every route, as somebody who may nothing, somebody
//! who may read, and somebody who may change; and what happens when a right goes.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::world::{ALICE, BOB, HubWorld, MALLORY};
use super::lobby::{CAROL, DESIGN, Guest, Lobby, NOWHERE, VAULT, look};
use crate::client::{self, Answer};

/// One route below a repository: the method, and the path after the repository with every part filled in.
type Route = (&'static str, String);

/// The routes that a file of the router names below a repository, as the source says them: a new one is walked too.
fn routes(file: &str) -> Vec<Route> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = std::fs::read_to_string(path).unwrap();
    let below = source.split("fn of_repository()").nth(1).unwrap().split("\n}").next().unwrap();
    let mut found = Vec::new();
    for part in below.split(".route(\"").skip(1) {
        let (path, handlers) = part.split_once("\",").unwrap();
        let filled = [
            ("{number}", "1"),
            ("{job}", "1"),
            ("{delivery}", "1"),
            ("{slice}", "slice-003-loans"),
            ("{*path}", "spec.md"),
        ];
        let path = filled.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        let deed = if path.contains("/proposals/") { "merge" } else { "cancel" };
        let path = path.replace("{deed}", deed);
        assert!(!path.contains('{'), "{path}: fill it in");
        for (word, method) in [("get(", "GET"), ("post(", "POST")] {
            if handlers.contains(word) {
                found.push((method, path.clone()));
            }
        }
    }
    found
}

fn every_route() -> Vec<(&'static str, String, &'static str)> {
    let pages = routes("src/serve/page/mod.rs").into_iter().map(|(method, path)| (method, path, "/r"));
    let api = routes("src/serve/api/mod.rs").into_iter().map(|(method, path)| (method, path, "/api/v1/repositories"));
    let all: Vec<_> = pages.chain(api).collect();
    assert!(all.len() >= 45, "{}", all.len());
    all
}

/// What a request to a route brings, except for what is its own each time.
fn answer(lobby: &Lobby, guest: &Guest, (method, path, base): &(&str, String, &str), key: &str) -> Answer {
    let whole = format!("{base}/{key}{}", path.trim_end_matches('/'));
    let mut answer = match (*method, *base) {
        ("GET", "/r") => lobby.page(guest, &whole),
        ("GET", _) => lobby.api(guest, whole.trim_start_matches("/api/v1")),
        (_, "/r") => lobby.post(guest, &whole, ""),
        _ => lobby.ask(guest, whole.trim_start_matches("/api/v1"), &json!({})),
    };
    answer.headers.remove("x-request-id");
    answer.headers.remove("date");
    answer
}

#[test]
fn what_one_may_not_see_is_as_if_it_were_not_there() {
    let lobby = Lobby::new();
    let (alice, bob, carol) = (lobby.sign_in(ALICE), lobby.sign_in(BOB), lobby.sign_in(CAROL));
    for route in every_route() {
        for (guest, key) in [(&bob, VAULT), (&carol, VAULT), (&carol, DESIGN)] {
            let (there, nowhere) = (answer(&lobby, guest, &route, key), answer(&lobby, guest, &route, NOWHERE));
            assert_eq!(there.status, 404, "{route:?} {there:?}");
            assert_eq!(
                (there.status, &there.headers, &there.body),
                (nowhere.status, &nowhere.headers, &nowhere.body),
                "{route:?} {key}"
            );
        }
        // The walk means something: whoever may see it is not told the same.
        if route.0 == "GET" && !route.1.ends_with("/live") {
            let seen = answer(&lobby, &alice, &route, DESIGN);
            assert_ne!(seen.body, answer(&lobby, &alice, &route, NOWHERE).body, "{route:?}");
        }
    }
    // Paths that are no routes, and names that are no text.
    for path in
        ["/r/acme.vault/nothing", "/r/%ff", "/r/%ff/queue", "/r/acme.vault/queue/x", "/api/v1/repositories/%ff/queue"]
    {
        let nowhere = lobby.page(&bob, &path.replace("vault", "nowhere"));
        let there = lobby.page(&bob, path);
        assert_eq!((there.status, &there.body), (nowhere.status, &nowhere.body), "{path}");
        assert!([400, 404].contains(&there.status), "{path}: {}", there.status);
    }
    let keys = |guest: &Guest| -> BTreeSet<String> {
        let list = lobby.api(guest, "/repositories").json();
        list.as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&alice), [DESIGN.to_owned(), VAULT.to_owned()].into());
    assert_eq!(keys(&bob), [DESIGN.to_owned()].into());
    assert!(keys(&carol).is_empty());
    let (page, nothing) = (lobby.page(&bob, "/"), lobby.page(&carol, "/"));
    assert!(page.status == 200 && !page.body.contains("vault") && !page.body.contains("All repositories"));
    assert!(nothing.status == 404 && nothing.body.contains("No repository to show"), "{nothing:?}");
    assert!(!nothing.body.contains("design") && !nothing.body.contains("vault"));

    // What is about several repositories, or about the server.
    let (front, operator) = (lobby.api(&bob, "/front"), lobby.operator());
    assert!(front.status == 200 && front.body.contains(DESIGN) && !front.body.contains("vault"), "{front:?}");
    assert!(!lobby.api(&carol, "/front").body.contains("acme"));
    assert!(lobby.page(&alice, "/").body.contains("vault"));
    for person in [&alice, &bob, &carol] {
        assert_eq!((lobby.page(person, "/server").status, lobby.api(person, "/server").status), (404, 404));
    }
    assert_eq!((lobby.page(&operator, "/server").status, lobby.api(&operator, "/server").status), (200, 200));
}

/// Something that GitHub delivers about a repository.
fn deliver(lobby: &Lobby, repository: u64, guid: &str) {
    let body = json!({ "action": "opened", "repository": { "id": repository }, "pull_request": { "title": guid } });
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(lobby.secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "pull_request"),
        ("x-github-delivery", guid),
        ("x-hub-signature-256", &signature),
    ];
    assert_eq!(lobby.server.send("POST", "/webhooks", &headers, body.as_bytes()).status, 202);
}

#[test]
fn what_was_delivered_for_others_is_not_there() {
    let lobby = Lobby::new();
    let (alice, bob) = (lobby.sign_in(ALICE), lobby.sign_in(BOB));
    deliver(&lobby, lobby.members[1].id, "0b1f5a60-0000-4000-8000-00000000000a");
    let list = lobby.api(&alice, &format!("/repositories/{VAULT}/deliveries")).json();
    let id = list["deliveries"][0]["id"].as_i64().unwrap_or_else(|| panic!("{list}"));
    assert_eq!(lobby.page(&alice, &format!("/r/{VAULT}/deliveries/{id}")).status, 200);
    for key in [DESIGN, VAULT] {
        let page = format!("/r/{key}/deliveries/{id}");
        assert_eq!(lobby.page(&bob, &page).status, 404, "{page}");
        assert_eq!(lobby.api(&bob, &format!("/repositories/{key}/deliveries/{id}")).status, 404, "{page}");
        for word in ["retry", "cancel"] {
            assert_eq!(lobby.post(&bob, &format!("{page}/{word}"), "").status, 404, "{page}");
            let path = format!("/repositories/{key}/deliveries/{id}/{word}");
            assert_eq!(lobby.ask(&bob, &path, &json!({})).status, 404, "{path}");
        }
    }
    for path in ["/deliveries", "/search?q=0b1f5a60", "/activity", "/activity/export", "/logs"] {
        let said = lobby.page(&bob, &format!("/r/{DESIGN}{path}"));
        assert_eq!(said.status, 200, "{path}");
        assert!(!said.body.contains("0b1f5a60-0000"), "{path}: {}", said.body);
    }
}

#[test]
fn without_a_session_no_route_says_anything() {
    let lobby = Lobby::new();
    let nobody = Guest { cookie: "a=b".into(), csrf: "0".repeat(64) };
    for route in every_route() {
        for key in [DESIGN, NOWHERE] {
            let said = answer(&lobby, &nobody, &route, key);
            assert_eq!(said.status, 401, "{route:?} {said:?}");
        }
    }
}

#[test]
fn who_may_read_changes_nothing() {
    let lobby = Lobby::with(HubWorld::in_step(), &[]);
    let (bob, mallory) = (lobby.sign_in(BOB), lobby.sign_in(MALLORY));
    // The server works by itself too, but has nothing to do here.
    let folder = lobby.members[0].root.to_str().unwrap();
    let refs = || lobby.world.project.world.git(&["-C", folder, "for-each-ref", "refs/heads", "refs/vso/proposals"]);
    let before = refs();
    let mut posts = 0;
    for route in every_route().iter().filter(|route| route.0 != "GET") {
        let said = answer(&lobby, &mallory, route, DESIGN);
        assert_eq!(said.status, 403, "{route:?} {said:?}");
        assert!(said.body.contains("may only read") || said.body.contains("and not change it"), "{route:?} {said:?}");
        posts += 1;
    }
    assert!(posts >= 12, "{posts}");
    assert_eq!(refs(), before);
    assert!(lobby.world.pulls().is_empty());
    let asked = lobby.api(&bob, &format!("/repositories/{DESIGN}/activity?kind=deed.asked")).json();
    assert_eq!(asked["events"], json!([]), "nothing is taken for asked for");

    // No page shows what would not be done; whoever may change sees it.
    for path in ["", "/slices/slice-003-loans", "/conflicts", "/proposals", "/proposals/1", "/queue", "/deliveries"] {
        let page = lobby.page(&mallory, &format!("/r/{DESIGN}{path}"));
        assert_eq!(page.status, 200, "{path}: {page:?}");
        let forms = page.body.matches("method=\"post\"").count();
        assert_eq!(forms, 1, "{path}: signing out alone: {}", page.body);
        assert!(page.body.contains("You may read this repository and not change it"), "{path}");
    }
    let page = lobby.page(&bob, &format!("/r/{DESIGN}"));
    assert!(page.body.matches("method=\"post\"").count() > 1 && !page.body.contains("and not change it"));
    // A deed needs the session's own token, whoever asks.
    for csrf in ["", &*mallory.csrf] {
        let forged = Guest { csrf: csrf.into(), ..bob.clone() };
        assert_eq!(lobby.post(&forged, &format!("/r/{DESIGN}/sync"), "").status, 403);
        assert_eq!(lobby.ask(&forged, &format!("/repositories/{DESIGN}/sync"), &json!({})).status, 403);
    }
}

#[test]
fn a_right_that_goes_is_gone_within_a_minute() {
    let lobby = Lobby::new();
    let (bob, mallory) = (lobby.sign_in(BOB), lobby.sign_in(MALLORY));
    let mut stream = client::connect(lobby.server.port).unwrap();
    let head = client::head(
        lobby.server.port,
        "GET",
        &format!("/r/{DESIGN}/live"),
        &[("cookie", &bob.cookie), ("accept", "text/event-stream")],
        0,
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line == "event: hello"));

    lobby.permit(BOB, "read");
    let until = |wanted: u16, ask: &dyn Fn() -> u16| {
        let begun = Instant::now();
        while ask() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(10), "never {wanted}");
            sleep(Duration::from_millis(50));
        }
    };
    // A minute is 0.3 s for this server.
    until(403, &|| lobby.post(&bob, &format!("/r/{DESIGN}/queue/1/cancel"), "").status);
    assert_eq!(lobby.page(&bob, &format!("/r/{DESIGN}")).status, 200);
    lobby.permit(BOB, "none");
    until(404, &|| lobby.page(&bob, &format!("/r/{DESIGN}")).status);
    let begun = Instant::now();
    for line in lines {
        // The end, clean or not.
        let Ok(line) = line else { break };
        assert!(begun.elapsed() < Duration::from_secs(20), "the stream goes on: {line}");
    }
    assert_eq!(lobby.page(&mallory, &format!("/r/{DESIGN}")).status, 200, "others keep theirs");
    lobby.permit(BOB, "write");
    until(200, &|| lobby.page(&bob, &format!("/r/{DESIGN}")).status);
}

#[test]
fn what_came_of_a_deed_is_for_whoever_did_it() {
    let lobby = Lobby::new();
    let (alice, bob, mallory, operator) =
        (lobby.sign_in(ALICE), lobby.sign_in(BOB), lobby.sign_in(MALLORY), lobby.operator());
    let done = lobby.post(&bob, &format!("/r/{DESIGN}/queue/99/cancel"), "");
    assert_eq!(done.status, 303, "{done:?}");
    let to = &done.headers["location"];
    let id = to.rsplit('=').next().unwrap();
    let page = format!("/r/{DESIGN}?said={id}");
    assert!(lobby.page(&bob, &page).body.contains("there is no job 99"));
    for other in [&alice, &mallory, &operator] {
        let body = lobby.page(other, &page).body;
        assert!(!body.contains("there is no job 99") && !body.contains("class=\"said"), "{body}");
    }
}

#[test]
fn many_people_at_once_get_their_own() {
    let lobby = Lobby::new();
    let people = [ALICE, BOB, MALLORY, CAROL].map(|login| (login, lobby.sign_in(login)));
    let keys: BTreeSet<&str> = people.iter().map(|(_, guest)| &*guest.cookie).collect();
    assert_eq!(keys.len(), people.len());
    let port = lobby.server.port;
    std::thread::scope(|scope| {
        for (login, guest) in &people {
            scope.spawn(move || {
                for _ in 0..10 {
                    assert_eq!(look(port, guest, "/session").json()["login"], *login);
                    let list: Value = look(port, guest, "/api/v1/repositories").json();
                    let expected = match *login {
                        ALICE => 2,
                        CAROL => 0,
                        _ => 1,
                    };
                    assert_eq!(list.as_array().unwrap().len(), expected, "{login}");
                    let vault = look(port, guest, &format!("/r/{VAULT}/queue")).status;
                    assert_eq!(vault, if *login == ALICE { 200 } else { 404 }, "{login}");
                }
            });
        }
    });
}
