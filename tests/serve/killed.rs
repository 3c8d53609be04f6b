//! The server is killed again and again while deliveries come in, twice and out of order: what was answered with 202 is
//! there, once, byte for byte.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use vso::ledger::{DeliveryState, Ending, Ledger};

use crate::serve::client::Server;
use crate::serve::hook::{SECRET, Sender, guid, push};
use crate::world::World;

const DELIVERIES: usize = 1_000;
const KILLS: usize = 20;
const SENDERS: usize = 8;

/// Numbers by chance from a seed, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[derive(Default)]
struct Desk {
    /// What is still to be sent, by number; some twice.
    waiting: VecDeque<usize>,
    answered: BTreeSet<usize>,
}

/// Sends until there is nothing more to send or the server is gone.
fn send_all(port: u16, desk: &Arc<Mutex<Desk>>) {
    let threads: Vec<_> = (0..SENDERS)
        .map(|_| {
            let desk = Arc::clone(desk);
            thread::spawn(move || {
                let Ok(mut sender) = Sender::new(port) else { return };
                loop {
                    let Some(number) = desk.lock().unwrap().waiting.pop_front() else { return };
                    match sender.signed("push", &guid(number), &push(number)) {
                        Ok(answer) => {
                            assert_eq!(answer.status, 202, "{answer:?}");
                            desk.lock().unwrap().answered.insert(number);
                        }
                        // Like GitHub, nobody knows whether it arrived: it is sent again, later.
                        Err(_) => {
                            desk.lock().unwrap().waiting.push_back(number);
                            return;
                        }
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn is_there(world: &World, desk: &Mutex<Desk>) {
    let ledger = Ledger::open(world.path()).unwrap();
    for number in &desk.lock().unwrap().answered {
        let found =
            ledger.delivery_of(&guid(*number)).unwrap().unwrap_or_else(|| panic!("{number} was answered and lost"));
        assert_eq!(ledger.delivery_body(found.id).unwrap().unwrap(), push(*number));
    }
}

#[test]
fn what_was_answered_is_there_after_every_kill() {
    let mut chance = Chance(20_261_121);
    let mut numbers: Vec<usize> = (0..DELIVERIES).chain((0..DELIVERIES).step_by(7)).collect();
    for at in (1..numbers.len()).rev() {
        numbers.swap(at, chance.below(at + 1));
    }
    let desk = Arc::new(Mutex::new(Desk { waiting: numbers.into(), ..Desk::default() }));
    let mut world = World::with_master("# Shop\n");
    let (mut kills, mut by_signal) = (0, 0);
    while kills < KILLS {
        // By turns at a point of its own choice (between the disk and the answer, too), and by a signal at any moment.
        let point = (kills % 2 == 0).then(|| (4 + chance.below(70)).to_string());
        let mut variables = vec![("VSO_WEBHOOK_SECRET", SECRET)];
        variables.extend(point.as_deref().map(|point| (vso::crash::AT, point)));
        let server = match Server::start(world, &variables, 0) {
            Ok(server) => server,
            // It met its point before it listened.
            Err(back) => {
                (world, kills) = (back, kills + 1);
                continue;
            }
        };
        let before = desk.lock().unwrap().answered.len();
        if point.is_none() {
            let (pid, pause) =
                (server.pid().to_string(), Duration::from_millis(u64::try_from(chance.below(10)).unwrap()));
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                let begun = Instant::now();
                while desk.lock().unwrap().answered.len() == before && begun.elapsed() < Duration::from_secs(5) {
                    thread::sleep(Duration::from_millis(1));
                }
                thread::sleep(pause);
                // The process is waited for only after the senders are done, so the number is still its own.
                std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap();
            });
            by_signal += 1;
        }
        send_all(server.port, &desk);
        world = server.kill();
        kills += 1;
        is_there(&world, &desk);
    }
    let left = desk.lock().unwrap().waiting.len();
    assert!(left > 0, "the kills came too late to meet deliveries");
    assert!(by_signal >= KILLS / 4);
    let server = Server::with(world, &[("VSO_WEBHOOK_SECRET", SECRET)]);
    send_all(server.port, &desk);
    is_there(&server.world, &desk);
    assert_eq!(desk.lock().unwrap().answered.len(), DELIVERIES);
    worked_on_once(&server.world);
}

/// Every delivery is claimed once, each repository's in the order in which they came.
fn worked_on_once(world: &World) {
    let ledger = Ledger::open(world.path()).unwrap();
    assert!(ledger.is_sound().unwrap());
    let (mut seen, mut last) = (BTreeSet::new(), BTreeMap::new());
    while let Some(claimed) = ledger.claim_delivery("test", Duration::from_secs(60)).unwrap() {
        let found = &claimed.delivery;
        assert!(seen.insert(found.guid.clone()), "{} twice", found.guid);
        let before = last.insert(found.repository.clone(), (found.received, found.id));
        assert!(before.is_none_or(|before| before < (found.received, found.id)), "{found:?}");
        ledger.settle_delivery(&claimed, Ending::Done).unwrap();
    }
    assert_eq!(seen.len(), DELIVERIES);
    let counts = ledger.delivery_counts().unwrap();
    assert!(counts.iter().all(|count| count.state == DeliveryState::Done));
}
