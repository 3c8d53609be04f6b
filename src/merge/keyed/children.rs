//! Merges the parts of one part: which is which, in which order, and each by itself.

use super::lead::Leads;
use super::matching::{self, Slot};
use super::order;
use super::{Engine, Place};
use crate::merge::merged::Draft;
use crate::merge::part::{Class, Part};

/// The merged parts; none when their order is in question.
pub(super) fn merge(
    engine: &Engine<'_>,
    class: Class,
    parts: &[Vec<Part>; 3],
    scope: &str,
    number: Option<u64>,
    start: usize,
) -> Option<Draft> {
    let slots = matching::slots(&engine.texts, parts);
    let is_gone = |slot: &Slot| match slot.0 {
        [Some(_), None, None] => true,
        [Some(base), Some(ours), None] => engine.is_same((1, &parts[1][ours]), (0, &parts[0][base])),
        [Some(base), None, Some(theirs)] => engine.is_same((2, &parts[2][theirs]), (0, &parts[0][base])),
        _ => false,
    };
    let gone: Vec<bool> = slots.iter().map(is_gone).collect();
    let arranged = order::arrange(&slots, &gone, parts, class)?;
    if is_contested(class, &slots, &arranged) {
        return None;
    }
    let leads = Leads::new(&engine.texts, parts, &slots, class);
    let numbers = Numbers::of(engine, parts, class);
    let mut draft = Draft::default();
    let mut previous = None;
    for (at, slot) in arranged.into_iter().enumerate() {
        let sides = side_parts(&slots[slot], parts);
        let lead = leads.of(slot, previous);
        let is_numbered = sides.iter().flatten().any(|part| part.number.is_some());
        let number = if class == Class::List { numbers.of_place(at) } else { number.filter(|_| is_numbered) };
        let place = Place { scope, lead: &lead, number, spot: spot(&slots, slot, &parts[2], start) };
        engine.node(sides, place, &mut draft);
        previous = Some(slot);
    }
    Some(draft)
}

fn side_parts<'p>(slot: &Slot, parts: &'p [Vec<Part>; 3]) -> [Option<&'p Part>; 3] {
    [0, 1, 2].map(|side| slot.0[side].map(|at| &parts[side][at]))
}

/// Whether both sides put values next to each other in a sequence whose order may count.
fn is_contested(class: Class, slots: &[Slot], arranged: &[usize]) -> bool {
    let added = |slot: usize| match slots[slot].0 {
        [None, Some(_), None] => Some(1),
        [None, None, Some(_)] => Some(2),
        _ => None,
    };
    let keyed = |slot: usize| slots[slot].1;
    let meet = |one: usize, other: usize| match (added(one), added(other)) {
        (Some(one_side), Some(other_side)) => one_side != other_side && !(keyed(one) && keyed(other)),
        _ => false,
    };
    class == Class::Value && arranged.windows(2).any(|pair| meet(pair[0], pair[1]))
}

/// Where in theirs a part stood that theirs does not have: after the nearest part before it in base that is there.
fn spot(slots: &[Slot], slot: usize, theirs: &[Part], start: usize) -> usize {
    if slots[slot].0[2].is_some() {
        return start;
    }
    let Some(base) = slots[slot].0[0] else { return start };
    // The parts of base come first among the slots, in their order.
    let before = slots[..base].iter().rev().find_map(|slot| slot.0[2]);
    before.map_or(start, |at| theirs[at].span.end)
}

/// How the items of a list are numbered.
struct Numbers {
    first: Option<u64>,
    step: u64,
}

impl Numbers {
    fn of(engine: &Engine<'_>, parts: &[Vec<Part>; 3], class: Class) -> Self {
        let none = Self { first: None, step: 0 };
        if class != Class::List {
            return none;
        }
        let numbers = |side: usize| -> Option<Vec<u64>> {
            parts[side].iter().map(|part| part.number?.of(engine.texts[side]).parse().ok()).collect()
        };
        let (Some(base), Some(ours), Some(theirs)) = (numbers(0), numbers(1), numbers(2)) else { return none };
        let counts = |step: u64| {
            let sides = [&base, &ours, &theirs];
            sides.into_iter().all(|side| side.windows(2).all(|pair| pair[1] == pair[0].saturating_add(step)))
        };
        let first = [&base, &ours, &theirs].map(|side| side.first().copied());
        let first = if first[1] == first[0] { first[2].or(first[1]) } else { first[1].or(first[2]) };
        match (counts(1), counts(0)) {
            (true, _) => Self { first, step: 1 },
            (_, true) => Self { first, step: 0 },
            _ => none,
        }
    }

    fn of_place(&self, at: usize) -> Option<u64> {
        self.first.map(|first| first.saturating_add(self.step * at as u64))
    }
}
