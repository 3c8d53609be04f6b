//! What stands before a part in the result: blank lines between blocks, a comma between members.

use super::matching::Slot;
use crate::merge::part::{Class, Part};

/// The leads of all parts on all sides.
pub(super) struct Leads<'a> {
    texts: &'a [&'a str; 3],
    parts: &'a [Vec<Part>; 3],
    slots: &'a [Slot],
    class: Class,
    /// For each side and part its slot.
    owners: [Vec<usize>; 3],
}

impl<'a> Leads<'a> {
    pub(super) fn new(texts: &'a [&'a str; 3], parts: &'a [Vec<Part>; 3], slots: &'a [Slot], class: Class) -> Self {
        let mut owners = [0, 1, 2].map(|side: usize| vec![0; parts[side].len()]);
        for (slot, sides) in slots.iter().enumerate() {
            for (side, at) in sides.0.iter().enumerate() {
                if let Some(at) = at {
                    owners[side][*at] = slot;
                }
            }
        }
        Self { texts, parts, slots, class, owners }
    }

    /// What stands before `slot` when `previous` comes before it.
    pub(super) fn of(&self, slot: usize, previous: Option<usize>) -> String {
        if self.class == Class::Value {
            return self.in_json(slot, previous);
        }
        let [base, ours, theirs] = [0, 1, 2].map(|side| self.adjacent(side, slot, previous));
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if base == Some(ours) => theirs.to_owned(),
            (Some(one), _) | (None, Some(one)) => one.to_owned(),
            (None, None) => self.fresh(slot, previous),
        }
    }

    /// Members and elements are laid out as in ours; what theirs adds too.
    fn in_json(&self, slot: usize, previous: Option<usize>) -> String {
        let Some(previous) = previous else { return String::new() };
        let inner = |side: usize| self.parts[side].len().saturating_sub(2);
        let side = if inner(1) > 0 { 1 } else { 2 };
        if self.is_edge(slot) {
            return self.lead(side, inner(side) + 1).to_owned();
        }
        if self.is_edge(previous) {
            return self.lead(side, 1).to_owned();
        }
        if let Some(at) = self.slots[slot].0[1].filter(|at| *at > 1) {
            return self.lead(1, at).to_owned();
        }
        if inner(side) > 1 { self.lead(side, 2).to_owned() } else { format!(",{}", self.lead(side, 1)) }
    }

    /// Whether a slot is the opening or the closing bracket.
    fn is_edge(&self, slot: usize) -> bool {
        self.slots[slot].0[1].is_some_and(|at| at == 0 || at + 1 == self.parts[1].len())
    }

    /// The lead on a side, where the two follow each other there too.
    fn adjacent(&self, side: usize, slot: usize, previous: Option<usize>) -> Option<&'a str> {
        let at = self.slots[slot].0[side]?;
        let before = at.checked_sub(1).map(|before| self.owners[side][before]);
        (before == previous).then(|| self.lead(side, at))
    }

    fn lead(&self, side: usize, at: usize) -> &'a str {
        self.parts[side][at].lead.of(self.texts[side])
    }

    /// Where nobody has the two next to each other: as the part has it where it comes from, and a blank line where two
    /// blocks would run into each other.
    fn fresh(&self, slot: usize, previous: Option<usize>) -> String {
        let Some(previous) = previous else { return String::new() };
        let own = [1, 2, 0].into_iter().find_map(|side| {
            let at = self.slots[slot].0[side].filter(|at| *at > 0)?;
            Some(self.lead(side, at))
        });
        let lead = own.unwrap_or_default();
        let class = |slot: usize| {
            let sides = self.slots[slot].0;
            (0..3).find_map(|side| Some(self.parts[side][sides[side]?].class)).unwrap_or(Class::Blank)
        };
        if lead.is_empty() && class(previous).needs_blank_before(class(slot)) { "\n".into() } else { lead.to_owned() }
    }
}
