//! Signing in with GitHub at a server for an App's repositories: the way there and back, what a wrong way gets, how it
//! ends, and what is never shown.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::world::{ALICE, BOB, HubWorld, MALLORY};
use super::lobby::{DESIGN, Lobby, VAULT, look};

/// The value of a word in a query.
fn word<'a>(url: &'a str, name: &str) -> &'a str {
    let pairs = url.split(['?', '&']).filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next().unwrap_or_else(|| panic!("no {name}: {url}"))
}

/// A page with the slashes that templates escape.
fn plain(page: &str) -> String {
    page.replace("&#x2f;", "/")
}

#[test]
fn a_person_signs_in_and_out() {
    let lobby = Lobby::new();
    let door = lobby.server.get(&format!("/r/{DESIGN}/queue?page=1"), &[("accept", "text/html")]);
    assert_eq!(door.status, 401);
    let way = format!("href=\"/sign-in?to=/r/{DESIGN}/queue%3Fpage%3D1\"");
    assert!(plain(&door.body).contains(&way) && door.body.contains("Sign in with GitHub"), "{}", door.body);

    let answer = lobby.server.get(&format!("/sign-in?to=/r/{DESIGN}/queue%3Fpage%3D1"), &[]);
    let set = &answer.headers["set-cookie"];
    assert!(set.starts_with(&format!("vso-in-{}=", lobby.server.port)), "{set}");
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(set.contains(part), "{set}");
    }
    let url = answer.headers["location"].clone();
    assert!(url.starts_with(&format!("{}/login/oauth/authorize?", lobby.world.hub.url)), "{url}");
    assert!((word(&url, "state").len(), word(&url, "code_challenge").len()) == (64, 43), "{url}");
    assert_eq!(word(&url, "code_challenge_method"), "S256");

    let back = lobby.agrees(BOB, &url);
    let entered = lobby.server.get(&back, &[("cookie", &answer.cookie())]);
    assert_eq!(entered.status, 200, "{entered:?}");
    assert!(plain(&entered.body).contains(&format!("url=/r/{DESIGN}/queue?page=1\"")), "{}", entered.body);
    let set = &entered.headers["set-cookie"];
    assert!(set.starts_with(&format!("vso-{}=", lobby.server.port)) && set.contains("SameSite=Strict"), "{set}");
    let cookie = entered.cookie();
    let page = lobby.server.get("/", &[("cookie", &cookie), ("accept", "text/html")]);
    assert!(page.status == 200 && page.body.contains("Signed in as <strong>bob</strong>"), "{page:?}");
    assert_eq!(lobby.server.get("/session", &[("cookie", &cookie)]).json()["login"], "bob");
    lobby.server.says("a person signed in");

    let csrf = lobby.server.get("/session", &[("cookie", &cookie)]).json()["csrf"].as_str().unwrap().to_owned();
    let left = lobby.server.send("POST", "/leave", &[("cookie", &cookie), ("x-csrf-token", &csrf)], b"");
    assert!(left.status == 200 && left.body.contains("You are signed out"), "{left:?}");
    assert!(left.headers["set-cookie"].contains("Max-Age=0"));
    assert_eq!(lobby.server.get("/", &[("cookie", &cookie)]).status, 401, "the cookie of an ended session");
}

#[test]
fn a_state_counts_once_and_in_its_own_browser() {
    let lobby = Lobby::new();
    let comes = |path: &str, cookie: &str| {
        let answer = lobby.server.get(path, &[("cookie", cookie), ("accept", "text/html")]);
        let opens = answer.headers.get("set-cookie").is_some_and(|set| !set.contains("Max-Age=0"));
        (answer.status, opens)
    };
    let (flow, url) = lobby.begins("", "");
    let back = lobby.agrees(BOB, &url);
    let (other, other_url) = lobby.begins("", "");
    assert_eq!(comes(&back, ""), (403, false), "no cookie");
    assert_eq!(comes(&back, &other), (403, false), "another browser's cookie");
    assert_eq!(comes(&back, &format!("{flow}; {flow}")), (403, false), "two cookies");
    assert_eq!(comes(&back, &flow), (200, true));
    assert_eq!(comes(&back, &flow), (403, false), "replayed");
    // A wrong state ended the other one, so its own state comes too late.
    let other_back = lobby.agrees(BOB, &other_url);
    assert_eq!(comes(&other_back, &other), (403, false));

    for wrong in ["", "state=", "code=abc", "code=abc&state=", "code=abc&state=0000", "state=%00&code=%00"] {
        let (flow, _) = lobby.begins("", "");
        assert_eq!(comes(&format!("/sign-in/back?{wrong}"), &flow), (403, false), "{wrong}");
    }
    let (flow, url) = lobby.begins("", "");
    let back = lobby.agrees(BOB, &url);
    assert_eq!(comes(&back.replace("state=", "state=0"), &flow), (403, false), "a state with more in front");
    let session = lobby.sign_in(BOB).cookie;
    let (_, value) = session.split_once('=').unwrap();
    let as_flow = format!("vso-in-{}={value}", lobby.server.port);
    assert_eq!(comes(&back, &as_flow), (403, false), "a session's cookie is none of a sign-in");
    let (_, value) = flow.split_once('=').unwrap();
    let as_session = format!("vso-{}={value}", lobby.server.port);
    assert_eq!(lobby.server.get("/", &[("cookie", &as_session)]).status, 401, "and the other way round");
}

#[test]
fn a_code_of_another_sign_in_is_not_taken() {
    let lobby = Lobby::new();
    // The code was given for another challenge: whoever has it can't prove that they began (PKCE).
    let (_, theirs) = lobby.begins("", "");
    let stolen = lobby.agrees(ALICE, &theirs);
    let (flow, url) = lobby.begins("", "");
    let back = format!("/sign-in/back?code={}&state={}", word(&stolen, "code"), word(&url, "state"));
    let answer = lobby.server.get(&back, &[("cookie", &flow), ("accept", "text/html")]);
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("did not take the code") && !answer.headers.contains_key("set-cookie"), "{answer:?}");
    // Nor is one that nobody gave, or was used.
    let (flow, url) = lobby.begins("", "");
    let back = format!("/sign-in/back?code=0123456789&state={}", word(&url, "state"));
    assert_eq!(lobby.server.get(&back, &[("cookie", &flow)]).status, 403);
    // Who says no on GitHub is told so.
    let (flow, url) = lobby.begins("", "");
    lobby.world.hub.control("POST", "browser", &json!({ "login": BOB, "denies": true }));
    let back = lobby.agrees(BOB, &url);
    let answer = lobby.server.get(&back, &[("cookie", &flow), ("accept", "text/html")]);
    assert!(answer.status == 403 && answer.body.contains("You did not agree on GitHub"), "{answer:?}");
}

#[test]
fn nobody_is_led_elsewhere() {
    let lobby = Lobby::new();
    for to in [
        "https://evil.example",
        "//evil.example",
        "/r//evil.example",
        "/%5Cevil.example",
        "/r/%0d%0aset-cookie:%20a=b",
        "/r/x%22%3E%3Cscript%3E",
        "/leave",
        "javascript:alert(1)",
    ] {
        let (flow, url) = lobby.begins(to, "");
        let entered = lobby.server.get(&lobby.agrees(BOB, &url), &[("cookie", &flow)]);
        assert!(
            entered.status == 200 && plain(&entered.body).contains("content=\"0; url=/\""),
            "{to}: {}",
            entered.body
        );
        let door = lobby.server.get(&format!("/sign-in/back?to={to}"), &[("accept", "text/html")]);
        assert!(
            plain(&door.body).contains("href=\"/sign-in?to=/\"") && !door.body.contains("evil"),
            "{to}: {}",
            door.body
        );
    }
    // Another name of the same address is DNS rebinding.
    for path in ["/sign-in", "/sign-in/back?code=a&state=b"] {
        assert_eq!(lobby.server.get(path, &[("host", "evil.example")]).status, 403, "{path}");
    }
}

#[test]
fn the_session_is_new_whatever_the_browser_brought() {
    let lobby = Lobby::new();
    let planted = format!("vso-{}={}", lobby.server.port, "a".repeat(64));
    let (flow, url) = lobby.begins("", &planted);
    let entered = lobby.server.get(&lobby.agrees(BOB, &url), &[("cookie", &format!("{planted}; {flow}"))]);
    assert_eq!(entered.status, 200);
    assert_ne!(entered.cookie(), planted, "no fixation");
    assert_eq!(lobby.server.get("/", &[("cookie", &planted)]).status, 401);

    // Whoever signs in again as somebody else has one session, not two.
    let bob = entered.cookie();
    let (flow, url) = lobby.begins("", &bob);
    assert_ne!(flow, bob);
    let entered = lobby.server.get(&lobby.agrees(ALICE, &url), &[("cookie", &flow)]);
    assert_eq!(lobby.server.get("/session", &[("cookie", &entered.cookie())]).json()["login"], "alice");
    assert_eq!(lobby.server.get("/", &[("cookie", &bob)]).status, 401, "the one before is over");

    let (name, value) = entered.cookie().split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    for forged in [format!("{name}={}", "0".repeat(value.len())), format!("{name}={}", &value[1..]), format!("{name}=")]
    {
        assert_eq!(lobby.server.get("/", &[("cookie", &forged)]).status, 401, "{forged}");
    }
}

#[test]
fn nobody_crowds_out_others() {
    let lobby = Lobby::new();
    let (alice, operator) = (lobby.sign_in(ALICE), lobby.operator());
    let first = lobby.sign_in(BOB);
    let others: Vec<_> = (0..8).map(|_| lobby.sign_in(BOB)).collect();
    assert_eq!(lobby.page(&first, "/").status, 401, "the ninth ends the stalest of the same person");
    for guest in others.iter().chain([&alice, &operator]) {
        assert_eq!(lobby.page(guest, "/").status, 200);
    }
}

#[test]
fn a_session_ends_with_the_token() {
    let lobby = Lobby::new();
    let bob = lobby.sign_in(BOB);
    assert_eq!(lobby.page(&bob, &format!("/r/{DESIGN}")).status, 200);
    // GitHub's tokens of people are good for eight hours.
    lobby.world.hub.control("POST", "clock", &json!({ "advance": 9 * 60 * 60 }));
    let begun = Instant::now();
    let over = loop {
        let answer = lobby.page(&bob, &format!("/r/{DESIGN}"));
        if answer.status != 200 || begun.elapsed() > Duration::from_secs(10) {
            break answer;
        }
        sleep(Duration::from_millis(50));
    };
    assert!(over.status == 401 && over.body.contains("does not take your sign-in any more"), "{over:?}");
    assert_eq!(lobby.server.get("/session", &[("cookie", &bob.cookie)]).status, 401, "and it stays over");
}

#[test]
fn while_github_is_away_nothing_is_shown() {
    let lobby = Lobby::new();
    let (bob, operator) = (lobby.sign_in(BOB), lobby.operator());
    lobby.world.hub.fault(&json!({ "path": "/user/installations", "times": 1000, "kind": "status", "status": 503 }));
    sleep(Duration::from_millis(400));
    let page = lobby.page(&bob, &format!("/r/{DESIGN}"));
    assert_eq!(page.status, 503, "{page:?}");
    assert!(page.body.contains("GitHub can&#x27;t be asked right now") || page.body.contains("GitHub can't be asked"));
    assert!(page.headers.contains_key("retry-after") && page.body.contains("Sign out"), "{page:?}");
    let api = lobby.api(&bob, "/repositories");
    assert_eq!((api.status, api.json()["status"].as_u64()), (503, Some(503)));
    assert_eq!(lobby.post(&bob, &format!("/r/{DESIGN}/sync"), "").status, 503);
    assert_eq!(lobby.page(&operator, &format!("/r/{DESIGN}")).status, 200, "the link asks nobody");
    // It comes back.
    lobby.world.hub.heal();
    sleep(Duration::from_millis(400));
    assert_eq!(lobby.page(&bob, &format!("/r/{DESIGN}")).status, 200);
    // Who wants to go may, also without GitHub.
    lobby.world.hub.fault(&json!({ "path": "/user/installations", "times": 1000, "kind": "cut" }));
    sleep(Duration::from_millis(400));
    assert_eq!(lobby.post(&bob, "/leave", "").status, 200);
    assert_eq!(lobby.page(&bob, "/").status, 401);
    // Nor can anybody be signed in.
    lobby.world.hub.fault(&json!({ "path": "/login/oauth/access_token", "times": 10, "kind": "status" }));
    let (flow, url) = lobby.begins("", "");
    let answer = lobby.server.get(&lobby.agrees(BOB, &url), &[("cookie", &flow), ("accept", "text/html")]);
    assert!(answer.status == 503 && answer.body.contains("nobody can be signed in"), "{answer:?}");
}

#[test]
fn github_is_asked_once_a_minute_for_each_person() {
    let lobby = Lobby::with(HubWorld::new(), &[("VSO_TEST_CLOCK_SPEED", "1")]);
    let (before, port) = (lobby.asked(), lobby.server.port);
    let (bob, mallory) = (lobby.sign_in(BOB), lobby.sign_in(MALLORY));
    std::thread::scope(|scope| {
        for guest in [&bob, &mallory, &bob, &mallory, &bob, &mallory] {
            scope.spawn(move || {
                for path in ["/", &format!("/r/{DESIGN}"), &format!("/r/{DESIGN}/queue"), &format!("/r/{VAULT}")] {
                    look(port, guest, path);
                }
            });
        }
    });
    // One list of installations, and the repositories of one.
    assert_eq!(lobby.asked() - before, 2 * 2);
    lobby.permit(BOB, "none");
    assert_eq!(lobby.page(&bob, &format!("/r/{DESIGN}")).status, 200, "for a minute");
}

#[test]
fn no_token_is_kept_on_the_disk_or_said() {
    let lobby = Lobby::with(HubWorld::new(), &[("VSO_LOG", "debug")]);
    let (flow, url) = lobby.begins("", "");
    let back = lobby.agrees(BOB, &url);
    let entered = lobby.server.get(&back, &[("cookie", &flow)]);
    let cookie = entered.cookie();
    lobby.server.get("/", &[("cookie", &cookie)]);
    lobby.server.get("/sign-in/back?code=last", &[]);
    let mut said = String::new();
    while !said.contains("begun here") {
        said += &lobby.server.says("");
    }
    let (code, state) = (word(&back, "code"), word(&back, "state"));
    let secrets = [code, state, "ghu_", cookie.split_once('=').unwrap().1, flow.split_once('=').unwrap().1];
    for secret in secrets {
        assert!(!said.contains(secret), "{secret}: {said}");
        assert!(!entered.body.contains(secret));
        for (path, bytes) in lobby.server.world.files() {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} in {path}");
        }
    }
}

#[test]
fn without_a_client_the_link_is_the_only_way() {
    let lobby = Lobby::with(HubWorld::new(), &[("VSO_CLIENT_ID", ""), ("VSO_CLIENT_SECRET", "")]);
    for path in ["/", "/sign-in", "/sign-in/back?code=a&state=b"] {
        let door = lobby.server.get(path, &[("accept", "text/html")]);
        assert!([401, 403].contains(&door.status), "{path}: {door:?}");
        assert!(door.body.contains("VSO_CLIENT_ID") && !door.body.contains("href=\"/sign-in"), "{path}: {}", door.body);
    }
    let operator = lobby.operator();
    for key in [DESIGN, VAULT] {
        let page = lobby.page(&operator, &format!("/r/{key}/queue"));
        assert!(
            page.status == 200 && page.body.contains("The server&#x27;s operator")
                || page.body.contains("The server's operator")
        );
    }
    assert_eq!(lobby.api(&operator, "/repositories").json().as_array().unwrap().len(), 2);
}
