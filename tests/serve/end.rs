//! How the server begins and ends: probes, signals, a port that is taken, and what the log must not say.

use std::io::{BufReader, Write};

use crate::serve::client::{Server, connect, head, read};
use crate::world::World;

#[test]
fn probes_need_no_session() {
    let server = Server::new();
    assert_eq!(server.get("/healthz", &[("host", "10.0.0.1:80")]).body, "ok\n");
    let ready = server.get("/readyz", &[]);
    assert_eq!((ready.status, &ready.json()["ready"]), (200, &true.into()), "{ready:?}");
    let metrics = server.get("/metrics", &[]);
    assert!(metrics.body.contains("vso_sessions 0\n"), "{}", metrics.body);
    assert!(metrics.headers["content-type"].starts_with("text/plain; version=0.0.4"));
}

#[test]
fn a_ledger_that_cant_be_written_is_not_ready() {
    let server = Server::new();
    // Locked by somebody else: the write waits, and gives up.
    let path = server.world.path().join(".slice-orchestrator/queue.db");
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ready = server.get("/readyz", &[]);
    assert_eq!(ready.status, 503, "{ready:?}");
    assert_eq!(ready.json()["checks"][0]["ok"], false);
    assert_eq!(server.get("/healthz", &[]).status, 200, "alive all the same");
}

#[test]
fn a_signal_ends_it_and_what_has_begun_is_answered() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::new();
        let mut stream = connect(server.port).unwrap();
        // The head is there, the end of it is not.
        let text = head(server.port, "GET", "/healthz", &[], 0);
        stream.write_all(&text.as_bytes()[..text.len() - 2]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(100));
        server.signal(signal);
        server.says("ending");
        let _ = stream.write_all(b"\r\n");
        // Either it was begun, then it is answered, or it was not: nothing hangs.
        if let Ok(answer) = read(&mut BufReader::new(stream)) {
            assert_eq!(answer.status, 200);
        }
        assert_eq!(server.wait(), Some(0), "{signal}");
    }
}

#[test]
fn a_taken_port_and_a_wrong_address_are_said() {
    let server = Server::new();
    let world = World::with_master("# Other\n");
    let ran = world.vso(&["serve", "--port", &server.port.to_string()]).exits(3);
    assert!(ran.err.contains("can't listen on 127.0.0.1"), "{}", ran.err);
    let ran = world.vso(&["serve", "--public-url", "http://a.example"]).exits(2);
    assert!(ran.err.contains("is no public address"), "{}", ran.err);
    world.vso_with(&[("VSO_LOG", "=;=")], &["serve"]).exits(2);
    let schema = world.vso(&["serve", "--schema"]).exits(0);
    assert!(schema.out.contains("\"url\""));
}

#[test]
fn the_log_is_json_and_knows_no_token() {
    let server = Server::with(World::with_master("# Shop\n"), &[("VSO_LOG", "debug")]);
    let cookie = server.enter();
    server.get("/", &[("cookie", &cookie), ("x-request-id", "mine-1")]);
    let token = server.link().split_once('=').unwrap().1.to_owned();
    let secret = cookie.split_once('=').unwrap().1.to_owned();
    loop {
        let line = server.says("");
        assert!(!line.contains(&token) && !line.contains(&secret), "{line}");
        if line.contains("mine-1") {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!((&line["path"], &line["status"], &line["level"]), (&"/".into(), &200.into(), &"debug".into()));
            break;
        }
    }
}
