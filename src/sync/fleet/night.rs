//! The night of each repository: at two o'clock in its own time zone, served once, made up for when it was missed. What is
//! to be done is ordered through the inbox, so that order and fairness hold for it too.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::json;

use super::{Fleet, Member, Order, order};
use crate::fault::Fault;
use crate::ledger::{Begun, Ledger, Time};
use crate::sync::work::nightly::{latest, nights_between};

/// How long whoever orders a night holds its place.
const LEASE: Duration = Duration::from_secs(30);

/// After so long the zone of a repository is read again: its settings may have changed.
const AGAIN: Duration = Duration::from_secs(600);

/// What is remembered of repositories between two looks, so that most of them cost nothing.
#[derive(Debug, Default)]
pub struct Nights(BTreeMap<u64, Time>);

/// Orders the night of every repository whose time has come. A repository that is seen for the first time has its first
/// night when the next one comes. Gives those for which something was ordered.
///
/// # Errors
/// When the ledger fails (exit 3). A repository whose settings can't be read has the server's nights.
pub fn nights(fleet: &Fleet, ledger: &Ledger, zone: &TimeZone, seen: &mut Nights) -> Result<Vec<Member>, Fault> {
    let mut ordered = Vec::new();
    let members = fleet.members();
    seen.0.retain(|id, _| members.iter().any(|member| member.id == *id));
    for member in members {
        let now = ledger.now();
        if seen.0.get(&member.id).is_some_and(|next| *next > now) {
            continue;
        }
        let zone = zone_of(&member).unwrap_or_else(|| zone.clone());
        if night(ledger, &member, &zone, now)? {
            ordered.push(member.clone());
        }
        seen.0.insert(member.id, after(now, &zone).min(now.after(AGAIN)));
    }
    Ok(ordered)
}

/// The zone that a repository wants, by its own settings.
fn zone_of(member: &Member) -> Option<TimeZone> {
    member.settings().ok()?.0.config.nightly.time_zone()
}

/// Serves the last night of a repository, if nobody did; whether something was ordered.
fn night(ledger: &Ledger, member: &Member, zone: &TimeZone, now: Time) -> Result<bool, Fault> {
    let name = format!("nightly {}", member.id);
    let tick = latest(now, zone);
    let last = ledger.last_run(&name)?.and_then(|last| last.served);
    if last.is_some_and(|last| last >= tick) {
        return Ok(false);
    }
    let worker = format!("process {}", std::process::id());
    let Begun::Turn(turn) = ledger.begin(&name, tick, false, &worker, LEASE)? else { return Ok(false) };
    let Some(last) = last else {
        // What there is was looked at when it was taken in.
        ledger.finish(&turn, true, "first", &json!({}))?;
        return Ok(false);
    };
    let missed = nights_between(last, tick, zone);
    // Killed between the two, the same order is given again, which is none.
    let is_new = order(ledger, member, Order::Sync, &format!("the night of {tick}"))?.is_new;
    ledger.finish(&turn, true, "ordered", &json!({ "missed": missed }))?;
    if missed > 0 {
        let data = json!({ "night": tick, "missed": missed });
        ledger.event("nightly.made-up", &member.full_name(), &data)?;
    }
    Ok(is_new)
}

/// The next two o'clock after a moment.
#[must_use]
pub fn after(now: Time, zone: &TimeZone) -> Time {
    let last = latest(now, zone);
    // A day has 23 to 25 hours where clocks change; a step of half an hour can't jump over a night.
    let step = Duration::from_secs(1800);
    let mut probe = now;
    for _ in 0..=2 * 26 {
        probe = probe.after(step);
        let night = latest(probe, zone);
        if night > last {
            return night;
        }
    }
    probe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Clock, DeliveryState, InboxFilter};

    fn time(text: &str) -> Time {
        Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn the_next_night_is_there_once_when_clocks_change() {
        let check = |name: &str, now: &str, expected: &str| {
            assert_eq!(after(time(now), &zone(name)), time(expected), "{name} {now}");
        };
        check("UTC", "2026-03-01T02:00:00Z", "2026-03-02T02:00:00Z");
        check("UTC", "2026-03-01T01:59:59Z", "2026-03-01T02:00:00Z");
        // 02:00 does not exist on the 29th of March: 03:00 summer time is the night.
        check("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z");
        check("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z");
        // 02:00 exists twice on the 25th of October: the first one counts, and the second is no night.
        check("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z");
        check("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:00:00Z");
        check("Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-26T01:00:00Z");
        check("America/New_York", "2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z");
        check("America/New_York", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z");
        // Half an hour of summer time, and a day that did not exist at all.
        check("Australia/Lord_Howe", "2026-10-03T14:00:00Z", "2026-10-03T15:30:00Z");
        check("Pacific/Apia", "2011-12-29T11:59:00Z", "2011-12-29T12:00:00Z");
    }

    struct Server {
        _folder: tempfile::TempDir,
        clock: Clock,
        ledger: Ledger,
        fleet: Fleet,
        seen: Nights,
    }

    impl Server {
        fn new(now: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::at(time(now));
            let ledger = Ledger::open_with(folder.path(), clock.clone()).unwrap();
            let fleet = Fleet::open(folder.path(), "https://github.example/").unwrap();
            Self { _folder: folder, clock, ledger, fleet, seen: Nights::default() }
        }

        fn look(&mut self) -> Vec<String> {
            let ordered = nights(&self.fleet, &self.ledger, &zone("Europe/Berlin"), &mut self.seen).unwrap();
            ordered.iter().map(Member::full_name).collect()
        }

        /// Looks every minute for so long.
        fn runs(&mut self, hours: u32) -> usize {
            let looks = (0..hours * 60).map(|_| {
                self.clock.pass(Duration::from_secs(60));
                self.look().len()
            });
            looks.sum()
        }

        fn orders(&self) -> usize {
            self.ledger
                .deliveries(&InboxFilter { states: vec![DeliveryState::Received], ..InboxFilter::default() })
                .unwrap()
                .len()
        }
    }

    #[test]
    fn each_repository_has_one_night_a_day() {
        let mut server = Server::new("2026-10-23T12:00:00Z");
        server.fleet.admit(1, ("acme", "one"), 1).unwrap();
        server.fleet.admit(2, ("acme", "two"), 1).unwrap();
        assert!(server.look().is_empty(), "they were just taken in");
        assert_eq!(server.runs(24), 2);
        // Over the change of clocks, in which 02:00 comes twice.
        assert_eq!(server.runs(48), 4);
        assert_eq!(server.orders(), 6);
        server.fleet.admit(3, ("acme", "three"), 1).unwrap();
        assert_eq!(server.runs(24), 3, "the third joins with the next night");
    }

    #[test]
    fn missed_nights_are_made_up_for_once() {
        let mut server = Server::new("2026-03-27T12:00:00Z");
        server.fleet.admit(1, ("acme", "one"), 1).unwrap();
        server.look();
        server.clock.pass(Duration::from_secs(4 * 86_400));
        server.seen = Nights::default();
        assert_eq!(server.look(), ["acme/one"]);
        let made_up = crate::ledger::Query { kind: Some("nightly.made-up".into()), ..Default::default() };
        assert_eq!(server.ledger.happened(&made_up, 9).unwrap()[0].data["missed"], 3);
        server.seen = Nights::default();
        assert!(server.look().is_empty());
        assert_eq!(server.orders(), 1);
    }

    #[test]
    fn who_is_killed_after_the_order_orders_nothing_twice() {
        let mut server = Server::new("2026-03-27T12:00:00Z");
        let member = server.fleet.admit(1, ("acme", "one"), 1).unwrap();
        server.look();
        server.clock.pass(Duration::from_secs(86_400));
        let tick = latest(server.ledger.now(), &zone("Europe/Berlin"));
        server.ledger.begin("nightly 1", tick, false, "killed", LEASE).unwrap();
        order(&server.ledger, &member, Order::Sync, &format!("the night of {tick}")).unwrap();
        server.seen = Nights::default();
        assert!(server.look().is_empty(), "somebody holds it");
        assert_eq!(server.ledger.orphan_turns().unwrap(), 1);
        server.seen = Nights::default();
        assert!(server.look().is_empty());
        assert_eq!(server.orders(), 1);
        assert_eq!(server.ledger.last_run("nightly 1").unwrap().unwrap().served, Some(tick));
    }
}
