//! Who gets in: the printed link, once; and what a forged cookie, another host's name, another origin or a missing CSRF
//! token gets.

use crate::serve::client::Server;

#[test]
fn the_link_lets_one_browser_in_and_the_next_one_is_printed() {
    let server = Server::new();
    assert!(server.url.starts_with(&format!("http://127.0.0.1:{}/enter?token=", server.port)), "{}", server.url);
    let answer = server.get(server.link(), &[]);
    assert_eq!(answer.status, 200);
    let set = &answer.headers["set-cookie"];
    assert!(set.starts_with(&format!("vso-{}=", server.port)), "{set}");
    for part in ["Path=/", "HttpOnly", "SameSite=Strict"] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = answer.cookie();
    let overview = server.get("/", &[("cookie", &cookie)]);
    assert_eq!(overview.status, 200, "{overview:?}");
    assert!(overview.headers["content-security-policy"].contains("default-src 'none'"));
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("cache-control", "no-store")]
    {
        assert_eq!(overview.headers[name], value);
    }
    assert!(!overview.headers["x-request-id"].is_empty());

    assert_eq!(server.get(server.link(), &[]).status, 401, "used");
    assert_eq!(server.get(server.link(), &[("cookie", &cookie)]).status, 200, "the one who used it is not sent away");
    let said = server.says("the next link: ");
    let next = said[said.find("/enter").unwrap()..].to_owned();
    assert_ne!(next, server.link());
    assert_ne!(server.get(&next, &[]).cookie(), cookie);
}

#[test]
fn without_a_session_there_is_nothing() {
    let server = Server::new();
    let cookie = server.enter();
    let (name, value) = cookie.split_once('=').unwrap();
    let forged = format!("{name}={}", "0".repeat(value.len()));
    let twice = format!("{cookie}; {forged}");
    for shown in ["", &forged, &twice, &format!("other={value}"), &format!("{name}=")] {
        for path in ["/", "/session", "/api/v1/version", "/nowhere"] {
            assert_eq!(server.get(path, &[("cookie", shown)]).status, 401, "{path} {shown}");
        }
    }
    let page = server.get("/", &[("accept", "text/html")]);
    assert!(page.status == 401 && page.body.contains("<h1>There is no session"), "{page:?}");
    assert_eq!(server.get("/api/v1/version", &[]).json()["status"], 401);
    assert_eq!(server.get("/enter?token=", &[]).status, 401);
    assert_eq!(server.get("/enter", &[]).status, 401);
    // Another name of the same address is DNS rebinding, whatever the cookie.
    for host in ["evil.example", &format!("evil.example:{}", server.port), "127.0.0.1"] {
        assert_eq!(server.get("/", &[("host", host), ("cookie", &cookie)]).status, 403, "{host}");
        assert_eq!(server.get(server.link(), &[("host", host)]).status, 403, "{host}");
    }
    assert_eq!(server.get("/", &[("cookie", &cookie)]).status, 200);
    assert_eq!(server.get("/nowhere", &[("cookie", &cookie)]).status, 404);
}

#[test]
fn what_changes_something_needs_the_csrf_token() {
    let server = Server::new();
    let cookie = server.enter();
    let csrf = server.get("/session", &[("cookie", &cookie)]).json()["csrf"].as_str().unwrap().to_owned();
    let leave = |headers: &[(&str, &str)], body: &str| {
        let headers: Vec<_> = [("cookie", cookie.as_str())].into_iter().chain(headers.iter().copied()).collect();
        server.send("POST", "/leave", &headers, body.as_bytes()).status
    };
    let form = ("content-type", "application/x-www-form-urlencoded");
    let field = format!("a=b&csrf={csrf}");
    let wrong = "0".repeat(csrf.len());
    assert_eq!(leave(&[], ""), 403);
    assert_eq!(leave(&[("x-csrf-token", &wrong)], ""), 403);
    assert_eq!(leave(&[("x-csrf-token", &wrong), form], &field), 403, "the header counts");
    assert_eq!(leave(&[form], "csrf="), 403);
    assert_eq!(leave(&[form], &format!("xcsrf={csrf}")), 403);
    assert_eq!(leave(&[("content-type", "text/plain")], &field), 403);
    assert_eq!(leave(&[form], &"a".repeat((1 << 20) + 1)), 413);
    for origin in ["null", "http://evil.example", "http://127.0.0.1:1"] {
        assert_eq!(leave(&[form, ("origin", origin)], &field), 403, "{origin}");
    }
    assert_eq!(leave(&[form, ("sec-fetch-site", "cross-site")], &field), 403);
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(server.send(method, "/", &[("cookie", &cookie)], b"").status, 403, "{method}");
    }
    let own = format!("http://127.0.0.1:{}", server.port);
    assert_eq!(leave(&[form, ("origin", &own), ("sec-fetch-site", "same-origin")], &field), 200);
    assert_eq!(server.get("/", &[("cookie", &cookie)]).status, 401, "left");
}
