//! The keyed engine: a part that both sides changed is merged by lines, else cut into parts by key that are merged one
//! by one, else by words where it is prose, and is a conflict only then.
//!
//! What was not touched is copied as it stands. What to cut, and where, is the business of [`split`].

mod children;
mod lead;
mod matching;
mod order;

use std::borrow::Cow;

use super::line;
use super::merged::{Conflict, Draft};
use super::part::{Class, Part};
use super::sound::is_sound;
use super::split;
use super::word;
use crate::spec::span::Span;

/// Base, ours and theirs of something; what is not there is none.
type Sides<T> = [Option<T>; 3];

/// The merge of one text.
pub(super) struct Engine<'a> {
    /// Base, ours, theirs.
    pub(super) texts: [&'a str; 3],
}

/// Where a part goes, and what it is called there.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The name of the part around it.
    scope: &'a str,
    /// What stands before it in the result.
    lead: &'a str,
    /// Its number, when it is an item of a numbered list.
    number: Option<u64>,
    /// Where it would stand in theirs if it is not there.
    spot: usize,
}

/// Whether a part is always laid out as in ours.
fn class_keeps_layout(class: Class) -> bool {
    matches!(class, Class::Value | Class::Member)
}

/// Merges three whole texts that differ from each other.
pub(super) fn merge(root: Class, texts: [&str; 3]) -> Draft {
    let engine = Engine { texts };
    let parts = texts.map(|text| Part::new(root, 0, Span::new(0, text.len())));
    let mut draft = Draft::default();
    let place = Place { scope: "", lead: "", number: None, spot: 0 };
    engine.node([Some(&parts[0]), Some(&parts[1]), Some(&parts[2])], place, &mut draft);
    draft
}

impl<'a> Engine<'a> {
    fn text(&self, side: usize, part: &Part) -> &'a str {
        part.span.of(self.texts[side])
    }

    fn is_same(&self, one: (usize, &Part), other: (usize, &Part)) -> bool {
        one.1.class == other.1.class
            && (self.text(one.0, one.1) == self.text(other.0, other.1)
                || one.1.form(self.texts[one.0]) == other.1.form(self.texts[other.0]))
    }

    /// Merges one part of which at least one side has something.
    fn node(&self, sides: Sides<&Part>, place: Place<'_>, out: &mut Draft) {
        match sides {
            [_, Some(ours), None] if sides[0].is_none() => self.emit((1, ours), place, out),
            [None, None, Some(theirs)] => self.emit((2, theirs), place, out),
            [base, Some(ours), Some(theirs)] => self.both(base, ours, theirs, place, out),
            _ => match self.emptied(sides, place) {
                Some(mut draft) => {
                    let base = sides[0].map_or("", |part| part.lead.of(self.texts[0]));
                    draft.lead_with(place.lead, if sides[2].is_none() { base } else { "" });
                    out.append(draft);
                }
                None => self.conflict(sides, place, out),
            },
        }
    }

    /// A list that one side took out whole: the conflict is on the items that the other edited.
    fn emptied(&self, sides: Sides<&Part>, place: Place<'_>) -> Option<Draft> {
        let is_list = sides.into_iter().flatten().all(|part| part.class == Class::List);
        if is_list { self.cut(sides, place) } else { None }
    }

    fn both(&self, base: Option<&Part>, ours: &Part, theirs: &Part, place: Place<'_>, out: &mut Draft) {
        if self.is_same((1, ours), (2, theirs)) {
            // Alike but for the layout, which theirs may have changed alone.
            let is_ours =
                class_keeps_layout(ours.class) || base.is_none_or(|base| self.text(0, base) != self.text(1, ours));
            return self.emit(if is_ours { (1, ours) } else { (2, theirs) }, place, out);
        }
        if let Some(base) = base {
            if self.is_same((2, theirs), (0, base)) {
                return self.emit((1, ours), place, out);
            }
            // Ours may have laid it out anew, which only its parts can tell from theirs' edit.
            let is_kept = self.text(1, ours) == self.text(0, base) || !self.is_cut(ours);
            if is_kept && self.is_same((1, ours), (0, base)) {
                return self.emit((2, theirs), place, out);
            }
        }
        match self.settled(base, ours, theirs, place) {
            Some(draft) => {
                out.push(place.lead);
                out.append(draft);
            }
            None => self.conflict([base, Some(ours), Some(theirs)], place, out),
        }
    }

    fn is_cut(&self, part: &Part) -> bool {
        matches!(part.class, Class::Value | Class::Member) && split::parts(part, self.texts[1]).is_some()
    }

    /// What both changed, if it need not be a conflict as a whole.
    fn settled(&self, base: Option<&Part>, ours: &Part, theirs: &Part, place: Place<'_>) -> Option<Draft> {
        let class = ours.class;
        if class != theirs.class || base.is_some_and(|base| base.class != class) {
            return None;
        }
        let own = |text: String| {
            let mut draft = Draft::default();
            draft.push(&text);
            draft
        };
        let texts = base.map(|base| [self.text(0, base), self.text(1, ours), self.text(2, theirs)]);
        if let Some([b, o, t]) = texts
            && class.is_of_lines()
            && place.number.is_none()
            && let Some(text) = line::settled(b, o, t).filter(|text| is_sound(class, [b, o, t], text))
        {
            return Some(own(text));
        }
        if let Some(draft) = self.cut([base, Some(ours), Some(theirs)], place) {
            return Some(draft);
        }
        if let (Some([b, o, t]), Some(care)) = (texts, class.care()) {
            return word::merge(b, o, t, care).map(own);
        }
        let [o, t] = [self.text(1, ours), self.text(2, theirs)];
        (class == Class::Blank).then(|| own(if o.len() < t.len() { t } else { o }.to_owned()))
    }

    fn cut(&self, sides: Sides<&Part>, place: Place<'_>) -> Option<Draft> {
        let class = sides.into_iter().flatten().next()?.class;
        if class == Class::Member {
            return self.member(sides, place);
        }
        let mut parts: [Vec<Part>; 3] = Default::default();
        for (side, part) in sides.iter().enumerate() {
            if let Some(part) = part {
                parts[side] = split::parts(part, self.texts[side])?;
            }
        }
        let scope = self.name(sides, place);
        let starts = sides.map(|part| part.map_or(place.spot, |part| part.span.start));
        let draft = children::merge(self, class, &parts, &scope, place.number, starts[2])?;
        let is_one =
            class.is_atomic() || (0..3).any(|side| split::json::is_plain_array(&parts[side], self.texts[side]));
        (draft.conflicts.is_empty() || !is_one).then_some(draft)
    }

    /// A member whose values can be merged keeps its key as ours has it.
    fn member(&self, sides: Sides<&Part>, place: Place<'_>) -> Option<Draft> {
        let value = |side: usize| sides[side].and_then(|part| split::json::value_of(part, self.texts[side]));
        let (base, ours, theirs) = (value(0), value(1)?, value(2)?);
        let scope = self.name(sides, place);
        let inner = Place { scope: &scope, lead: "", ..place };
        let mut draft = Draft::default();
        draft.push(&self.texts[1][sides[1]?.span.start..ours.span.start]);
        draft.append(self.settled(base.as_ref(), &ours, &theirs, inner)?);
        Some(draft)
    }

    fn name(&self, sides: Sides<&Part>, place: Place<'_>) -> String {
        let own = sides.into_iter().flatten().find_map(|part| part.name.as_deref());
        own.map_or_else(|| place.scope.to_owned(), |own| split::name(place.scope, own))
    }

    fn emit(&self, (side, part): (usize, &Part), place: Place<'_>, out: &mut Draft) {
        out.push(place.lead);
        out.push(&self.renumbered(side, part, place.number));
    }

    fn renumbered(&self, side: usize, part: &Part, number: Option<u64>) -> Cow<'a, str> {
        let text = self.texts[side];
        match (number, part.number) {
            (Some(number), Some(at)) => {
                let (before, after) = (&text[part.span.start..at.start], &text[at.end..part.span.end]);
                Cow::Owned(format!("{before}{number}{after}"))
            }
            _ => Cow::Borrowed(part.span.of(text)),
        }
    }

    fn conflict(&self, sides: Sides<&Part>, place: Place<'_>, out: &mut Draft) {
        let text = |side: usize| sides[side].map(|part| self.text(side, part).to_owned());
        let name = self.name(sides, place);
        let item = if name.is_empty() { "text".to_owned() } else { name };
        let conflict = Conflict { item, base: text(0), ours: text(1), theirs: text(2) };
        let (span, lead) = match (sides[0], sides[2]) {
            (Some(_), Some(theirs)) => (theirs.span, ""),
            (None, Some(theirs)) => (Span::new(theirs.lead.start, theirs.span.end), ""),
            (Some(base), None) => (Span::new(place.spot, place.spot), base.lead.of(self.texts[0])),
            (None, None) => (Span::new(place.spot, place.spot), ""),
        };
        out.conflict(conflict, place.lead, span, lead);
    }
}
