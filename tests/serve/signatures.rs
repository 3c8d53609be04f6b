//! Signatures: what is not signed with one of the secrets gets a 401 and leaves nothing; what comes twice is kept once.

use vso::ledger::{Ending, InboxFilter, Ledger};

use crate::serve::client::Server;
use crate::serve::hook::{SECRET, Sender, guid, push, server, signature, with};
use crate::world::World;

#[test]
fn wrong_missing_and_truncated_signatures_get_nothing() {
    let server = server();
    let mut sender = Sender::new(server.port).unwrap();
    let body = push(1);
    let right = signature(SECRET, &body);
    let other = signature("another secret of some length", &body);
    let of_another_body = signature(SECRET, &push(2));
    let zeros = format!("sha256={}", "0".repeat(64));
    let wrong = [
        "",
        "sha256=",
        &right[..right.len() - 1],
        &right[..right.len() - 2],
        &right[7..],
        &right.replace("sha256", "sha1"),
        &format!("{right}00"),
        &format!("{right}, {right}"),
        &zeros,
        &other,
        &of_another_body,
    ];
    for wrong in wrong {
        let answer = sender.send("push", &guid(1), wrong, &body).unwrap();
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(!answer.body.contains(&right[7..]));
    }
    let headers = [("x-github-event", "push"), ("x-github-delivery", "x")];
    assert_eq!(server.send("POST", "/webhooks", &headers, &body).status, 401, "missing");
    let twice = [headers[0], headers[1], ("x-hub-signature-256", &right), ("x-hub-signature-256", &zeros)];
    assert_eq!(server.send("POST", "/webhooks", &twice, &body).status, 401, "two of them");
    // Nothing of it is parsed: garbage gets the same answer as a payload.
    assert_eq!(sender.send("push", "no guid", &zeros, b"\xff{{{").unwrap().status, 401);
    let ledger = Ledger::open(server.world.path()).unwrap();
    assert_eq!(ledger.deliveries(&InboxFilter::default()).unwrap(), []);
    assert_eq!(sender.send("push", &guid(1), &right, &body).unwrap().status, 202);
}

#[test]
fn two_secrets_count_while_one_is_changed() {
    let new = "the new secret, long enough";
    let server = Server::with(
        World::with_master("# Shop\n"),
        &[("VSO_WEBHOOK_SECRET", new), ("VSO_WEBHOOK_SECRET_OLD", SECRET)],
    );
    let mut sender = Sender::new(server.port).unwrap();
    for (number, secret, status) in [(1, new, 202), (2, SECRET, 202), (3, "a third secret, long enough", 401)] {
        let body = push(number);
        assert_eq!(sender.send("push", &guid(number), &signature(secret, &body), &body).unwrap().status, status);
    }
}

#[test]
fn without_a_secret_nothing_is_taken() {
    let server = Server::new();
    let mut sender = Sender::new(server.port).unwrap();
    for secret in ["", SECRET] {
        let body = push(1);
        assert_eq!(sender.send("push", &guid(1), &signature(secret, &body), &body).unwrap().status, 404);
    }
    let world = World::with_master("# Shop\n");
    let ran = world.vso_with(&[("VSO_WEBHOOK_SECRET", "short")], &["serve"]).exits(2);
    assert!(
        ran.err.contains("VSO_WEBHOOK_SECRET has fewer than 16 characters") && !ran.err.contains("`short`"),
        "{}",
        ran.err
    );
    world.vso_with(&[("VSO_WEBHOOK_SECRET_OLD", SECRET)], &["serve"]).exits(2);
}

#[test]
fn a_replay_is_known_in_every_state() {
    let server = with(&[]);
    let mut sender = Sender::new(server.port).unwrap();
    let ledger = Ledger::open(server.world.path()).unwrap();
    let lease = std::time::Duration::from_secs(60);
    let state = |sender: &mut Sender| {
        let answer = sender.signed("push", &guid(1), &push(1)).unwrap();
        assert_eq!(answer.status, 202);
        answer.json()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&mut sender), "received");
    assert_eq!(state(&mut sender), "received");
    let claimed = ledger.claim_delivery("test", lease).unwrap().unwrap();
    assert_eq!(state(&mut sender), "running");
    assert_eq!(ledger.claim_delivery("test", lease).unwrap(), None, "never twice at once");
    ledger.settle_delivery(&claimed, Ending::Done).unwrap();
    assert_eq!(state(&mut sender), "done");
    assert_eq!(ledger.claim_delivery("test", lease).unwrap(), None);
    assert_eq!(ledger.delivery_of(&guid(1)).unwrap().unwrap().copies, 3);
}
