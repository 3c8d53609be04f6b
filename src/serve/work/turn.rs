//! One delivery from claim to settlement: what it asks for, done, counted, logged, and told to the project's ledger.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::json;

use super::hold::{Stopped, hold};
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Claimed, Class, Delivery, Ending, Ledger, Written};
use crate::serve::state::{App, Shared};
use crate::serve::webhook::EVENTS;
use crate::sync::fleet::{Fleet, Heard, Member, Named, Order, Told, Wish, carry, order, tidy};

/// Works on a claimed delivery and settles it.
pub(super) fn turn(shared: &App, ledger: &Ledger, claimed: &Claimed) {
    let begun = Instant::now();
    let delivery = &claimed.delivery;
    let event = EVENTS.into_iter().find(|known| *known == delivery.event).unwrap_or("vso");
    shared.figures.begins();
    let (done, stopped) = hold(shared, ledger, claimed, |stop| one(shared, ledger, delivery, stop));
    let (outcome, words, ending) = ended(shared, done, stopped);
    let took = begun.elapsed();
    let written = match ending {
        Some(ending) => ledger.settle_delivery(claimed, ending),
        None => Ok(Written::Lost),
    };
    let outcome = match written {
        Ok(Written::Done) => outcome,
        Ok(Written::Lost) => "lost",
        Err(fault) => {
            tracing::error!(%fault, delivery = delivery.guid, "how a delivery ended can't be written down");
            "lost"
        }
    };
    shared.figures.ends(event, outcome, took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let Delivery { guid, repository, action, .. } = delivery;
    if outcome == "failed" {
        tracing::warn!(delivery = guid, event, action, repository, outcome, words, ms, "a turn failed");
    } else {
        tracing::info!(delivery = guid, event, action, repository, outcome, words, ms, "a turn ended");
    }
}

/// How it ended: the word for figures, the words for people, and what the ledger is told.
fn ended(
    shared: &Shared,
    done: Option<Result<Told, Fault>>,
    stopped: Stopped,
) -> (&'static str, String, Option<Ending>) {
    let fault = match done {
        Some(Ok(told)) => return ("done", told.words.clone(), Some(Ending::Did(told.words))),
        Some(Err(fault)) => fault,
        None => Fault::unfinished("the turn ended by a defect of vso; what it said on the way is in the server's log"),
    };
    let words = fault.message().to_owned();
    match (fault.kind(), stopped) {
        (_, Stopped::Lost) => return ("lost", words, None),
        (FaultKind::Interrupted, Stopped::Cancelled) => return ("cancelled", words, Some(Ending::Cancelled)),
        (FaultKind::Interrupted, _) => return ("released", words, Some(Ending::Released)),
        _ => {}
    }
    let class = match (fault.wanted_wait(), fault.kind()) {
        (Some(wait), _) => Class::Until(shared.clock.now().after(wait)),
        (None, FaultKind::Refused | FaultKind::Usage) => Class::Permanent,
        (None, _) => Class::Transient,
    };
    ("failed", words, Some(Ending::Failed(class, fault.to_string())))
}

fn one(shared: &App, ledger: &Ledger, delivery: &Delivery, stop: &AtomicBool) -> Result<Told, Fault> {
    let Some(fleet) = &shared.fleet else { return Ok(Told::nothing("this server has no repositories")) };
    let Some(body) = ledger.delivery_body(delivery.id)? else {
        return Ok(Told::nothing("its body is not kept any more"));
    };
    let heard = Heard::of(&delivery.event, &delivery.guid, &body, fleet.me());
    drop(body);
    match &heard.wish {
        Wish::Nothing(why) => Ok(Told::nothing(why)),
        Wish::Admit(named) => match heard.installation {
            Some(installation) => admit(shared, ledger, (named, installation), &delivery.guid),
            None => Ok(Told::nothing("it names no installation")),
        },
        Wish::Dismiss(ids) => dismiss(shared, fleet, ids),
        Wish::Leave => {
            let left = heard.installation.map_or(Ok(Vec::new()), |installation| fleet.leave(installation))?;
            dismiss(shared, fleet, &left)
        }
        Wish::Rename(named) => rename(shared, ledger, (fleet, named, heard.installation), &delivery.guid),
        wish => match member(shared, fleet, &heard)? {
            Some(member) => about(shared, ledger, (&member, wish, heard.kib), delivery, stop),
            None => Ok(Told::nothing("it names no repository that an installation is known of")),
        },
    }
}

/// The repository that a delivery is about; one that is not known yet is taken in.
fn member(shared: &App, fleet: &Fleet, heard: &Heard) -> Result<Option<Member>, Fault> {
    let Some(named) = &heard.repository else { return Ok(None) };
    match (fleet.member(named.id), heard.installation) {
        // Its name is changed by what tells so, and not by what was sent before and comes late.
        (Some(known), _) => Ok(Some(known)),
        (None, Some(installation)) => taken_in(shared, fleet, named, installation).map(Some),
        (None, None) => Ok(None),
    }
}

fn taken_in(shared: &App, fleet: &Fleet, named: &Named, installation: u64) -> Result<Member, Fault> {
    let member = fleet.admit(named.id, (&named.owner, &named.name), installation)?;
    shared.show(&member)?;
    Ok(member)
}

/// Takes repositories in and orders a sync of each, which waits for its own turn.
fn admit(shared: &App, ledger: &Ledger, (named, installation): (&[Named], u64), occasion: &str) -> Result<Told, Fault> {
    let Some(fleet) = &shared.fleet else { return Ok(Told::nothing("this server has no repositories")) };
    for named in named {
        let member = taken_in(shared, fleet, named, installation)?;
        order(ledger, &member, Order::Sync, occasion)?;
    }
    shared.bell.ring();
    Ok(Told::nothing(format!("took in {}", names(named.iter().map(|named| format!("{}/{}", named.owner, named.name))))))
}

fn dismiss(shared: &App, fleet: &Fleet, ids: &[u64]) -> Result<Told, Fault> {
    ids.iter().try_for_each(|id| fleet.dismiss(*id))?;
    let is_gone = |id: Option<u64>| id.is_some_and(|id| ids.contains(&id) && fleet.member(id).is_none());
    let gone = shared.pages.projects.all().into_iter().filter(|project| is_gone(project.id));
    let gone = names(gone.map(|project| project.name.clone()));
    shared.pages.projects.keep(|project| !is_gone(project.id));
    Ok(Told::nothing(format!("left {gone}")))
}

fn names(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    match all.len() {
        0 => "none".to_owned(),
        count @ 1..=5 => all[..count].join(", "),
        count => format!("{} and {} more", all[..5].join(", "), count - 5),
    }
}

fn rename(
    shared: &App,
    ledger: &Ledger,
    (fleet, named, installation): (&Fleet, &Named, Option<u64>),
    occasion: &str,
) -> Result<Told, Fault> {
    let known = fleet.member(named.id);
    let Some(installation) = installation.or(known.as_ref().map(|known| known.installation)) else {
        return Ok(Told::nothing("it names no repository that an installation is known of"));
    };
    if known.is_none() {
        return admit(shared, ledger, (std::slice::from_ref(named), installation), occasion);
    }
    let member = taken_in(shared, fleet, named, installation)?;
    Ok(Told::nothing(format!("it is called {} from now on", member.full_name())))
}

/// What is asked of one repository.
fn about(
    shared: &App,
    ledger: &Ledger,
    (member, wish, kib): (&Member, &Wish, u64),
    delivery: &Delivery,
    stop: &AtomicBool,
) -> Result<Told, Fault> {
    let Some(fleet) = &shared.fleet else { return Ok(Told::nothing("this server has no repositories")) };
    let is_sync = matches!(wish, Wish::Sync);
    if is_sync && shared.in_step.is_since(member.id, delivery.received) {
        return Ok(Told::nothing("in step: a turn that began after it came has done it"));
    }
    tidy::fits(fleet, member, kib)?;
    let (now, begun) = (shared.clock.now(), Instant::now());
    let say = |words: &str| {
        tracing::info!(delivery = delivery.guid, repository = delivery.repository, words, "it takes long")
    };
    let done = carry(fleet, member, wish, stop, &say);
    match &done {
        Ok(told) if told.is_gone => {
            dismiss(shared, fleet, &[member.id])?;
        }
        Ok(told) => {
            if is_sync && told.is_in_step {
                shared.in_step.began(member.id, now);
            }
            shared.show(member)?;
            // So that nobody has to wait for it who opens a page now.
            let shown = shared.pages.projects.all().into_iter().find(|project| project.id == Some(member.id));
            if let Some(project) = shown {
                project.begin_look();
            }
            if tidy::is_loose(member) {
                order(ledger, member, Order::Tidy, &delivery.guid)?;
            }
        }
        Err(_) => {}
    }
    happened(shared, member, wish, delivery, &done, begun);
    done
}

/// Tells the project's ledger what a turn did, where people want to hear of it.
fn happened(
    shared: &App,
    member: &Member,
    wish: &Wish,
    delivery: &Delivery,
    done: &Result<Told, Fault>,
    begun: Instant,
) {
    let (words, mut data) = match done {
        Ok(told) if told.is_news => (told.words.clone(), told.data.clone()),
        Err(fault) if fault.kind() != FaultKind::Interrupted => (fault.message().to_owned(), json!({ "failed": true })),
        _ => return,
    };
    let mut all = shared.pages.projects.all().into_iter();
    let Some(project) = all.find(|project| project.id == Some(member.id)) else { return };
    data["words"] = words.into();
    data["delivery"] = delivery.guid.as_str().into();
    data["event"] = delivery.event.as_str().into();
    data["seconds"] = json!((begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0);
    if let Err(fault) = project.ledger().event(&format!("delivery.{}", wish.word()), "project", &data) {
        tracing::warn!(%fault, repository = member.full_name(), "the project's ledger can't be written");
    }
}
