//! The inbox's promises, one by one, with a clock that stands still until a test moves it.

use std::time::Duration;

use super::*;
use crate::ledger::{Beat, Class, Clock, Keep, Ledger, Written};

const LEASE: Duration = Duration::from_secs(60);

struct Desk {
    _folder: tempfile::TempDir,
    clock: Clock,
    ledger: Ledger,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::at(Time(1_767_225_600_000));
        let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
        Self { _folder: folder, clock, ledger }
    }

    fn add(&self, guid: &str, key: &str) -> Receipt {
        self.ledger.receive(vec![new(guid, key)]).unwrap()[0]
    }

    fn claim(&self) -> Option<Claimed> {
        self.ledger.claim_delivery("me", LEASE).unwrap()
    }

    fn guid(&self) -> Option<String> {
        self.claim().map(|claimed| claimed.delivery.guid)
    }

    fn settle(&self, claimed: &Claimed, ending: Ending) {
        assert_eq!(self.ledger.settle_delivery(claimed, ending).unwrap(), Written::Done);
    }

    fn state(&self, id: DeliveryId) -> (DeliveryState, Option<Time>) {
        let found = self.ledger.delivery(id).unwrap().unwrap();
        (found.state, found.due)
    }
}

fn new(guid: &str, key: &str) -> NewDelivery {
    NewDelivery {
        guid: guid.into(),
        event: "push".into(),
        action: String::new(),
        repository: format!("org/{key}"),
        installation: Some(7),
        key: key.into(),
        body: b"{}".to_vec(),
    }
}

fn failed(class: Class) -> Ending {
    Ending::Failed(class, "it failed with token=abcdefgh".into())
}

#[test]
fn a_guid_is_worked_on_once() {
    let desk = Desk::new();
    let first = desk.add("a", "r");
    assert!(first.is_new && first.before.is_none());
    let again = |expected| {
        let receipt = desk.add("a", "r");
        assert_eq!((receipt.id, receipt.before, receipt.is_new), (first.id, Some(expected), false));
    };
    again(DeliveryState::Received);
    let claimed = desk.claim().unwrap();
    again(DeliveryState::Running);
    assert_eq!(desk.guid(), None);
    desk.settle(&claimed, Ending::Done);
    again(DeliveryState::Done);
    assert_eq!(desk.guid(), None);
    assert_eq!(desk.ledger.settle_delivery(&claimed, Ending::Done).unwrap(), Written::Lost);
    assert_eq!(desk.ledger.delivery(first.id).unwrap().unwrap().copies, 3);
    // The same GUID twice in one transaction, too.
    let receipts = desk.ledger.receive(vec![new("b", "r"), new("b", "r")]).unwrap();
    assert_eq!((receipts[0].is_new, receipts[1].is_new), (true, false));
}

#[test]
fn what_failed_for_good_begins_anew_when_it_is_sent_again() {
    let desk = Desk::new();
    let id = desk.add("a", "r").id;
    desk.settle(&desk.claim().unwrap(), failed(Class::Permanent));
    assert_eq!(desk.state(id), (DeliveryState::Failed, None));
    assert!(!desk.ledger.delivery(id).unwrap().unwrap().cause.unwrap().contains("abcdefgh"));
    assert_eq!(desk.guid(), None);
    let receipt = desk.add("a", "r");
    assert_eq!((receipt.before, receipt.is_new), (Some(DeliveryState::Failed), true));
    let claimed = desk.claim().unwrap();
    assert_eq!((claimed.delivery.id, claimed.delivery.attempts, claimed.fence), (id, 1, 2));
    // One that is tried again by itself is not begun twice.
    desk.settle(&claimed, failed(Class::Transient));
    assert!(!desk.add("a", "r").is_new);
}

#[test]
fn repositories_are_served_by_turns_and_each_in_order() {
    let desk = Desk::new();
    for guid in ["a1", "a2", "a3", "a4"] {
        desk.add(guid, "a");
    }
    desk.add("b1", "b");
    desk.add("c1", "c");
    let first: Vec<Claimed> = std::iter::from_fn(|| desk.claim()).collect();
    let guids: Vec<&str> = first.iter().map(|claimed| claimed.delivery.guid.as_str()).collect();
    assert_eq!(guids, ["a1", "b1", "c1"], "one of each at a time");
    desk.add("b2", "b");
    first.iter().for_each(|claimed| desk.settle(claimed, Ending::Done));
    let mut order = Vec::new();
    while let Some(claimed) = desk.claim() {
        order.push(claimed.delivery.guid.clone());
        desk.settle(&claimed, Ending::Done);
    }
    assert_eq!(order, ["a2", "b2", "a3", "a4"], "a busy repository starves nobody");
}

#[test]
fn poison_steps_aside_and_ends() {
    let desk = Desk::new();
    let id = desk.add("poison", "a").id;
    desk.add("next", "a");
    let mut seen = Vec::new();
    for _ in 0..20 {
        while let Some(claimed) = desk.claim() {
            seen.push(claimed.delivery.guid.clone());
            let ending = if claimed.delivery.id == id { failed(Class::Transient) } else { Ending::Done };
            desk.settle(&claimed, ending);
        }
        desk.clock.pass(Duration::from_secs(15 * 60));
    }
    assert_eq!(seen.iter().filter(|guid| *guid == "poison").count(), 5);
    assert!(seen.contains(&"next".to_owned()));
    assert_eq!(desk.state(id), (DeliveryState::Failed, None));
}

#[test]
fn classes_of_failure_decide_what_comes_next() {
    let desk = Desk::new();
    let later = desk.clock.now().after(Duration::from_secs(600));
    let id = desk.add("a", "r").id;
    desk.settle(&desk.claim().unwrap(), failed(Class::Until(later)));
    assert_eq!(desk.state(id), (DeliveryState::Failed, Some(later)));
    assert_eq!(desk.ledger.next_delivery_due().unwrap(), Some(later));
    assert_eq!(desk.guid(), None);
    desk.clock.pass(Duration::from_secs(600));
    let claimed = desk.claim().unwrap();
    desk.settle(&claimed, Ending::Released);
    assert_eq!(desk.state(id).0, DeliveryState::Received);
    assert_eq!(desk.ledger.delivery(id).unwrap().unwrap().attempts, 1, "the one given back does not count");
    desk.settle(&desk.claim().unwrap(), failed(Class::NeedsInput));
    assert_eq!(desk.state(id), (DeliveryState::Failed, None));
}

#[test]
fn a_lease_that_ends_lets_another_worker_in() {
    let desk = Desk::new();
    let id = desk.add("a", "r").id;
    let first = desk.claim().unwrap();
    desk.clock.pass(LEASE / 2);
    assert!(matches!(desk.ledger.prolong_delivery(&first, LEASE).unwrap(), Beat::Until(_)));
    desk.clock.pass(LEASE / 2);
    assert_eq!(desk.guid(), None, "prolonged");
    desk.clock.pass(LEASE);
    let second = desk.claim().unwrap();
    assert_eq!((second.delivery.id, second.delivery.attempts), (id, 2));
    assert_eq!(desk.ledger.settle_delivery(&first, Ending::Done).unwrap(), Written::Lost);
    assert_eq!(desk.ledger.prolong_delivery(&first, LEASE).unwrap(), Beat::Lost);
    desk.settle(&second, Ending::Done);
}

#[test]
fn a_new_server_ends_the_claims_of_the_one_before() {
    let desk = Desk::new();
    let (a, b) = (desk.add("a", "r").id, desk.add("b", "s").id);
    let (first, second) = (desk.claim().unwrap(), desk.claim().unwrap());
    assert_eq!(desk.guid(), None);
    assert_eq!(desk.ledger.orphan_deliveries().unwrap(), 2);
    let again = desk.claim().unwrap();
    assert_eq!((again.delivery.id, again.delivery.attempts), (a, 2));
    assert_eq!(desk.ledger.settle_delivery(&first, Ending::Done).unwrap(), Written::Lost);
    assert_eq!(desk.ledger.settle_delivery(&second, Ending::Done).unwrap(), Written::Lost);
    desk.settle(&again, Ending::Did("opened 2".into()));
    let done = desk.ledger.delivery(a).unwrap().unwrap();
    assert_eq!((done.state, done.failure, done.cause.as_deref()), (DeliveryState::Done, None, Some("opened 2")));
    assert_eq!(desk.claim().unwrap().delivery.id, b);
    let mut kills = 1;
    while desk.ledger.orphan_deliveries().unwrap() > 0 {
        kills += 1;
        if desk.claim().is_none() {
            break;
        }
    }
    assert_eq!(kills, 20, "it has killed every server");
    assert_eq!(desk.state(b), (DeliveryState::Failed, None));
}

#[test]
fn people_cancel_and_retry() {
    let desk = Desk::new();
    let (id, behind) = (desk.add("a", "r").id, desk.add("b", "r").id);
    let claimed = desk.claim().unwrap();
    assert_eq!(desk.ledger.cancel_delivery(id).unwrap(), DeliveryDecided::Asked);
    assert!(matches!(desk.ledger.prolong_delivery(&claimed, LEASE).unwrap(), Beat::Cancel(_)));
    desk.settle(&claimed, failed(Class::Transient));
    assert_eq!(desk.state(id), (DeliveryState::Cancelled, None), "nothing begins again that somebody wants to end");
    assert_eq!(desk.ledger.cancel_delivery(behind).unwrap(), DeliveryDecided::Done);
    assert_eq!(desk.guid(), None);
    assert_eq!(desk.ledger.retry_delivery(id).unwrap(), DeliveryDecided::Done);
    let claimed = desk.claim().unwrap();
    desk.settle(&claimed, Ending::Done);
    assert_eq!(desk.ledger.retry_delivery(id).unwrap(), DeliveryDecided::Not(DeliveryState::Done));
    assert_eq!(desk.ledger.cancel_delivery(99).unwrap(), DeliveryDecided::Unknown);
}

#[test]
fn reasons_say_why() {
    let desk = Desk::new();
    let (a, b, c) = (desk.add("a", "r").id, desk.add("b", "r").id, desk.add("c", "r").id);
    let why = |id| desk.ledger.explain_delivery(id).unwrap().unwrap().1;
    assert_eq!(why(a), [DeliveryReason::Next]);
    let claimed = desk.claim().unwrap();
    assert!(matches!(&why(a)[..], [DeliveryReason::Leased { worker, .. }] if worker == "me"));
    assert_eq!(why(b), [DeliveryReason::Busy { by: a }]);
    assert_eq!(why(c), [DeliveryReason::Busy { by: a }, DeliveryReason::Behind { deliveries: 1 }]);
    desk.settle(&claimed, failed(Class::Until(desk.clock.now().after(LEASE))));
    assert!(matches!(why(a)[..], [DeliveryReason::Waits { .. }]));
    desk.ledger.cancel_delivery(b).unwrap();
    assert!(matches!(why(b)[..], [DeliveryReason::Over { state: DeliveryState::Cancelled, .. }]));
    assert!(desk.ledger.explain_delivery(99).unwrap().is_none());
}

#[test]
fn bodies_come_back_byte_for_byte_and_lists_find_them() {
    let desk = Desk::new();
    let body: Vec<u8> = (0..2 * PART + 77).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let large =
        NewDelivery { body: body.clone(), event: "repository".into(), action: "renamed".into(), ..new("l", "x") };
    let id =
        desk.ledger.receive(vec![new("s", "y"), large, NewDelivery { body: Vec::new(), ..new("e", "y") }]).unwrap()[1]
            .id;
    assert_eq!(desk.ledger.delivery_body(id).unwrap().unwrap(), body);
    assert_eq!(desk.ledger.delivery_body(id + 1).unwrap().unwrap(), b"");
    assert_eq!(desk.ledger.delivery_body(99).unwrap(), None);
    let list = |filter: InboxFilter| -> Vec<String> {
        desk.ledger.deliveries(&filter).unwrap().into_iter().map(|found| found.guid).collect()
    };
    assert_eq!(list(InboxFilter::default()), ["e", "l", "s"]);
    assert_eq!(list(InboxFilter { text: Some("RENAM".into()), ..InboxFilter::default() }), ["l"]);
    assert_eq!(list(InboxFilter { text: Some("%".into()), ..InboxFilter::default() }), [""; 0]);
    assert_eq!(list(InboxFilter { repository: Some("org/y".into()), ..InboxFilter::default() }), ["e", "s"]);
    assert_eq!(list(InboxFilter { before: Some(id), limit: Some(1), ..InboxFilter::default() }), ["s"]);
    assert_eq!(list(InboxFilter { states: vec![DeliveryState::Done], ..InboxFilter::default() }), [""; 0]);
    let among = |text: &str, before, most| {
        let filter = InboxFilter { text: Some(text.into()), before, ..InboxFilter::default() };
        let (found, rest) = desk.ledger.deliveries_among(&filter, most).unwrap();
        (found.into_iter().map(|found| found.guid).collect::<String>(), rest)
    };
    assert_eq!(among("org/y", None, 2), ("e".into(), Some(id)), "three and two are looked at");
    assert_eq!(among("org/y", Some(id), 2), ("s".into(), None));
    assert_eq!(among("org/x", None, 3), ("l".into(), None));
    for least in [i64::MIN, -1, 0] {
        assert_eq!(among("org/x", Some(least), 3), (String::new(), None), "whatever a visitor writes into the address");
    }
    assert_eq!(among("org/x", Some(1_000_000), 1), (String::new(), Some(id + 1)));
    let counts = desk.ledger.delivery_counts().unwrap();
    assert_eq!(counts.iter().map(|count| count.count).sum::<i64>(), 3);
    assert_eq!(desk.ledger.oldest_delivery().unwrap(), Some(desk.clock.now()));
}

#[test]
fn what_is_old_goes_and_what_may_come_again_stays_known() {
    let desk = Desk::new();
    let day = Duration::from_secs(86_400);
    for number in 0..10 {
        desk.add(&format!("done{number}"), "r");
        desk.settle(&desk.claim().unwrap(), Ending::Done);
    }
    let failing = desk.add("failed", "r").id;
    desk.settle(&desk.claim().unwrap(), failed(Class::Permanent));
    let waiting = desk.add("waiting", "r").id;
    let collect = |age, bytes, failed_too| {
        let collected = desk.ledger.collect_deliveries(InboxKeep { age, bytes, failed_too }).unwrap();
        (collected.deliveries, collected.bodies)
    };
    assert_eq!(collect(Duration::ZERO, 1 << 30, true), (0, 0), "GitHub may send them again");
    assert_eq!(collect(Duration::ZERO, 8, false), (0, 6), "2 bytes each: four bodies stay");
    assert_eq!(desk.ledger.delivery_body(1).unwrap(), None);
    assert_eq!(desk.add("done0", "r").before, Some(DeliveryState::Done), "still known");
    desk.clock.pass(day * 9);
    assert_eq!(collect(day * 30, 1 << 30, false), (0, 0));
    assert_eq!(collect(day * 9 - LEASE, 1 << 30, false), (10, 0));
    assert_eq!(desk.state(failing).0, DeliveryState::Failed);
    assert_eq!(collect(Duration::ZERO, 0, true), (1, 0));
    assert_eq!(desk.state(waiting).0, DeliveryState::Received, "what was not worked on never goes");
    desk.ledger.gc(Keep { age: day, jobs: 0, dead_too: false }).unwrap();
    assert_eq!(desk.guid(), Some("waiting".into()));
}
