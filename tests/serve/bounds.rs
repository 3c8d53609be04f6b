//! Bounds: length, time, memory and number of connections. Who sends too much, too slowly or too often is refused, and
//! nobody else notices.

use std::io::{BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vso::ledger::{InboxFilter, Ledger};

use crate::serve::client::{Server, connect, head, read, send};
use crate::serve::hook::{SECRET, Sender, guid, push, server, signature};

const CAP: usize = 25 * 1024 * 1024;

/// The most memory that the server ever held, in KiB, without the pages of its program: those of a debug build are 35 MiB
/// alone. None where the system does not say.
fn peak(server: &Server) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).ok()?;
    let figure = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some(figure("VmHWM:")? - figure("RssFile:")?)
}

/// Most of it, in KiB: what is left of 64 MiB beside a release build's program.
const MOST: u64 = 48 * 1024;

fn kept(server: &Server) -> usize {
    Ledger::open(server.world.path()).unwrap().deliveries(&InboxFilter::default()).unwrap().len()
}

#[test]
fn a_length_that_is_too_large_or_missing_is_refused_before_reading() {
    let server = server();
    let zeros = format!("sha256={}", "0".repeat(64));
    for (length, status) in [((CAP + 1).to_string(), 413), ("99999999999999999999".to_owned(), 400)] {
        let mut stream = connect(server.port).unwrap();
        let headers =
            [("content-length", length.as_str()), ("x-hub-signature-256", &zeros), ("x-github-event", "push")];
        stream.write_all(head(server.port, "POST", "/webhooks", &headers, 0).as_bytes()).unwrap();
        // No byte of the body is sent, and the answer is there.
        assert_eq!(read(&mut BufReader::new(stream)).unwrap().status, status, "{length}");
    }
    let mut stream = connect(server.port).unwrap();
    let text = format!(
        "POST /webhooks HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nx-hub-signature-256: {zeros}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).unwrap();
    assert_eq!(read(&mut BufReader::new(stream)).unwrap().status, 411);
}

#[test]
fn slow_senders_are_cut_off_and_hold_nobody_up() {
    let server = server();
    let port = server.port;
    let body = push(1);
    let signed = signature(SECRET, &body);
    let headers = [("x-github-event", "push"), ("x-github-delivery", "x"), ("x-hub-signature-256", signed.as_str())];
    let text = head(port, "POST", "/webhooks", &headers, body.len());
    // A third says that it is large, and so asks for room that others may need.
    let middle = head(port, "POST", "/webhooks", &headers, 1024 * 1024);
    let begun = Instant::now();
    // Some never finish their headers, some their body.
    let slow: Vec<_> = (0..60)
        .map(|number| {
            let text = if number % 3 == 2 { middle.clone() } else { text.clone() };
            thread::spawn(move || {
                let mut stream = connect(port).unwrap();
                let sent = if number % 3 == 0 { &text.as_bytes()[..text.len() - 5] } else { text.as_bytes() };
                stream.write_all(sent).unwrap();
                let mut drip = stream.try_clone().unwrap();
                let dripping = thread::spawn(move || {
                    while drip.write_all(b"a").is_ok() && begun.elapsed() < Duration::from_secs(25) {
                        thread::sleep(Duration::from_millis(500));
                    }
                });
                let mut answer = String::new();
                let _ = stream.read_to_string(&mut answer);
                let took = begun.elapsed();
                drop(stream);
                dripping.join().unwrap();
                (number, answer, took)
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    let mut sender = Sender::new(port).unwrap();
    for number in 0..50 {
        let asked = Instant::now();
        assert_eq!(sender.signed("push", &guid(number), &push(number)).unwrap().status, 202);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    for slow in slow {
        let (number, answer, took) = slow.join().unwrap();
        assert!(took < Duration::from_secs(20), "{number} {took:?}");
        let refused = |status: &str| answer.starts_with(&format!("HTTP/1.1 {status}"));
        match number % 3 {
            0 => assert!(answer.is_empty() || refused("408"), "{number} {answer}"),
            1 => assert!(refused("408"), "{number} {answer}"),
            // There is room for three of them at a time.
            _ => assert!(refused("408") || refused("503"), "{number} {answer}"),
        }
    }
    assert_eq!(kept(&server), 50);
}

#[test]
fn two_hundred_connections_at_once_are_all_served() {
    let server = server();
    let port = server.port;
    let threads: Vec<_> = (0..200)
        .map(|number| {
            thread::spawn(move || {
                let mut sender = Sender::new(port).unwrap();
                for turn in 0..5 {
                    let number = number * 5 + turn;
                    let answer = sender.signed("push", &guid(number), &push(number)).unwrap();
                    assert_eq!(answer.status, 202, "{answer:?}");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(kept(&server), 1_000);
    if let Some(peak) = peak(&server) {
        assert!(peak < MOST, "{peak} KiB");
    }
}

#[test]
fn a_flood_of_large_bodies_keeps_memory_flat_and_lets_small_ones_through() {
    let server = server();
    let port = server.port;
    let mut body = br#"{"repository":{"id":1,"full_name":"a/b"},"x":""#.to_vec();
    body.resize(CAP - 2, b'y');
    body.extend_from_slice(b"\"}");
    let body = Arc::new(body);
    let signed = Arc::new(signature(SECRET, &body));
    let (taken, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let flood: Vec<_> = (0..12)
        .map(|number| {
            let (body, signed, taken, refused) = (body.clone(), signed.clone(), taken.clone(), refused.clone());
            thread::spawn(move || {
                for turn in 0..3 {
                    // A third of them is signed by nobody.
                    let signature = if turn == 1 { format!("sha256={}", "0".repeat(64)) } else { signed.to_string() };
                    let id = guid(10_000 + number * 3 + turn);
                    let headers = [
                        ("x-github-event", "push"),
                        ("x-github-delivery", id.as_str()),
                        ("x-hub-signature-256", &signature),
                    ];
                    match send(port, "POST", "/webhooks", &headers, &body).map(|answer| answer.status) {
                        Ok(202) => taken.fetch_add(1, Ordering::Relaxed),
                        // Refused for want of room or time, or cut while it still wrote.
                        Ok(401 | 408 | 503) | Err(_) => refused.fetch_add(1, Ordering::Relaxed),
                        Ok(other) => panic!("{other}"),
                    };
                }
            })
        })
        .collect();
    let mut sender = Sender::new(port).unwrap();
    let mut slowest = Duration::ZERO;
    for number in 0..100 {
        let asked = Instant::now();
        assert_eq!(sender.signed("push", &guid(number), &push(number)).unwrap().status, 202);
        slowest = slowest.max(asked.elapsed());
        thread::sleep(Duration::from_millis(20));
    }
    flood.into_iter().for_each(|thread| thread.join().unwrap());
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken > 0, "some of the large ones are kept");
    assert!(slowest < Duration::from_secs(8), "{slowest:?}");
    assert!(kept(&server) >= 100 + taken);
    if let Some(peak) = peak(&server) {
        assert!(peak < MOST, "{peak} KiB");
    }
}
