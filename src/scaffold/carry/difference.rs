//! What a person changed in a slice's `spec.md`: the page that vso printed against the page as it is, item by item.
//!
//! A requirement stands twice, as itself and as a criterion, word for word; so does a detail that is a check of its own.
//! Both places are one fact: changed in one of them or alike in both it is one edit, changed differently it is split.

use std::collections::HashSet;

use super::page::{self, Line};
use super::tokens::likeness;
use super::{Change, ItemEdit, NewItem, Part, SpecEdits, Split};
use crate::slicing::slice::ItemKind;
use crate::spec::edit::{self, Edit};

/// Two lines that are less alike than this are two items.
const ALIKE: f64 = 0.5;

/// What a person changed in a slice's `spec.md` against the one that vso generated. Notes, details and sections that only
/// the slice has are no edits: they stay where they are.
#[must_use]
pub fn edits(base_spec: &str, ours_spec: &str) -> SpecEdits {
    if base_spec == ours_spec {
        return SpecEdits::default();
    }
    let (base, ours) = (page::lines(base_spec), page::lines(ours_spec));
    let pairs = Pairs::of(&base, &ours);
    let mut found = SpecEdits::default();
    for fact in facts(&base) {
        pairs.judge(&fact, &mut found);
    }
    pairs.labels(&mut found);
    pairs.gone(&mut found);
    found.added = pairs.new_items();
    found
}

/// Whether a page states an item as a change has it.
#[must_use]
pub fn states(page: &str, change: &Change) -> bool {
    let lines = page::lines(page);
    match change {
        Change::Edit(edit) => lines.iter().filter(|line| line.kind == Some(edit.kind)).any(|line| {
            let own = line.id.as_deref() == Some(&edit.id);
            match (edit.kind, edit.part) {
                (ItemKind::Endpoint | ItemKind::Model, _) => line.whole == edit.after,
                (_, Part::Text) => own && line.text == edit.after,
                (_, Part::Category) => own && line.category.as_deref() == Some(&edit.after),
                (_, Part::Detail) => own && line.details.contains(&edit.after),
            }
        }),
        Change::New(item) => {
            let fits = |line: &&Line| line.kind == Some(item.kind) && line.text == item.text;
            lines.iter().filter(fits).any(|line| item.id.is_none() || line.id == item.id)
        }
    }
}

/// A page without the lines of new items, byte for byte the same otherwise: once the master states them they are printed
/// in their own place.
#[must_use]
pub fn without(page: &str, items: &[NewItem]) -> String {
    let spans = page::spans(page, |line| items.iter().any(|item| item.line == line.whole && !item.noted));
    let edits: Vec<Edit> = spans.into_iter().map(|span| Edit::new(span, "")).collect();
    edit::apply(page, &edits).unwrap_or_else(|_| page.to_owned())
}

/// Something that the master says, and where on the page it stands.
struct Fact {
    kind: ItemKind,
    id: String,
    part: Part,
    before: String,
    mentions: Vec<Mention>,
}

/// A place on the page that vso printed.
#[derive(Clone, Copy)]
enum Mention {
    /// A line's own text.
    Line(usize),
    /// A criterion's line that repeats a requirement, whose references do not count.
    Copy(usize),
    /// A detail below a line.
    Detail(usize, usize),
}

/// The facts of a page that vso printed, in its order.
fn facts(base: &[Line]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    let mut claimed = HashSet::new();
    let requirements = base.iter().enumerate().filter(|(_, line)| line.kind == Some(ItemKind::Requirement));
    for (at, line) in requirements {
        let Some(id) = &line.id else { continue };
        let mut fact = |part, before: &str, own: Mention| {
            let copies = base.iter().enumerate().filter(|(_, other)| is_copy(other, id, before));
            let copies: Vec<usize> = copies.map(|(copy, _)| copy).filter(|copy| claimed.insert(*copy)).collect();
            let mentions = copies.into_iter().map(Mention::Copy).chain([own]).collect();
            let kind = ItemKind::Requirement;
            facts.push(Fact { kind, id: id.clone(), part, before: before.to_owned(), mentions });
        };
        fact(Part::Text, &line.text, Mention::Line(at));
        for (place, detail) in line.details.iter().enumerate() {
            fact(Part::Detail, detail, Mention::Detail(at, place));
        }
    }
    for (at, line) in base.iter().enumerate() {
        let Some(kind) = line.kind.filter(|kind| *kind != ItemKind::Requirement && !claimed.contains(&at)) else {
            continue;
        };
        let (id, before) = match kind {
            ItemKind::Criterion => match &line.id {
                Some(id) => (id.clone(), line.text.clone()),
                None => continue,
            },
            _ => (address(&line.whole), line.whole.clone()),
        };
        facts.push(Fact { kind, id, part: Part::Text, before, mentions: vec![Mention::Line(at)] });
    }
    facts
}

/// Whether a criterion is a requirement's text, or a detail of it, word for word.
pub(super) fn is_copy(line: &Line, requirement: &str, text: &str) -> bool {
    let (words, origin) = page::references(&line.text);
    let derived = line.id.as_deref().and_then(|id| id.strip_prefix("AC-"));
    line.kind == Some(ItemKind::Criterion)
        && words == text
        && origin.first() == Some(&requirement)
        && derived.is_some_and(|rest| rest.starts_with(requirement))
}

/// Method and path of an endpoint's line, the name of a model's.
pub(super) fn address(line: &str) -> String {
    let end = line.find(" → ").or_else(|| line.find(": {")).unwrap_or(line.len());
    line[..end].to_owned()
}

/// Which line of the page as it is was which line that vso printed.
struct Pairs<'a> {
    base: &'a [Line],
    ours: &'a [Line],
    /// For each line of the base, its place now.
    now: Vec<Option<usize>>,
    /// Lines of ours that are nobody's.
    free: Vec<bool>,
}

impl<'a> Pairs<'a> {
    fn of(base: &'a [Line], ours: &'a [Line]) -> Self {
        let mut pairs = Self { base, ours, now: vec![None; base.len()], free: vec![true; ours.len()] };
        pairs.join(|line, other| line.kind == other.kind && line.whole == other.whole);
        pairs.join(|line, other| line.kind == other.kind && has_id(line) && line.id == other.id);
        // a heading that was renamed hides what a line is
        pairs.join(|line, other| has_id(line) && line.id == other.id);
        let addressed = |line: &Line| matches!(line.kind, Some(ItemKind::Endpoint | ItemKind::Model));
        pairs.join(|line, other| {
            addressed(line) && line.kind == other.kind && address(&line.whole) == address(&other.whole)
        });
        pairs.by_likeness();
        pairs
    }

    fn join(&mut self, same: impl Fn(&Line, &Line) -> bool) {
        for (at, line) in self.base.iter().enumerate().filter(|(_, line)| line.kind.is_some()) {
            if self.now[at].is_none() {
                let place = (0..self.ours.len()).find(|place| self.free[*place] && same(line, &self.ours[*place]));
                self.pair(at, place);
            }
        }
    }

    /// Endpoints and models whose address was changed: the most alike line of the same section.
    fn by_likeness(&mut self) {
        for (at, line) in self.base.iter().enumerate() {
            let addressed = matches!(line.kind, Some(ItemKind::Endpoint | ItemKind::Model));
            if !addressed || self.now[at].is_some() {
                continue;
            }
            let open = (0..self.ours.len()).filter(|place| self.free[*place] && self.ours[*place].kind == line.kind);
            let scored = open.map(|place| (place, likeness(&line.whole, &self.ours[place].whole)));
            let best = scored.filter(|(_, score)| *score >= ALIKE).max_by(|one, other| one.1.total_cmp(&other.1));
            self.pair(at, best.map(|(place, _)| place));
        }
    }

    fn pair(&mut self, at: usize, place: Option<usize>) {
        if let Some(place) = place {
            self.now[at] = Some(place);
            self.free[place] = false;
        }
    }

    /// What became of a fact.
    fn judge(&self, fact: &Fact, found: &mut SpecEdits) {
        let mut wordings: Vec<String> = Vec::new();
        for mention in &fact.mentions {
            if let Some(wording) = self.wording(*mention).filter(|text| *text != fact.before && !text.is_empty())
                && !wordings.contains(&wording)
            {
                wordings.push(wording);
            }
        }
        let (kind, id, part, before) = (fact.kind, fact.id.clone(), fact.part, fact.before.clone());
        match <[String; 1]>::try_from(wordings) {
            Ok([after]) => found.changed.push(ItemEdit { kind, id, part, before, after }),
            Err(wordings) if wordings.is_empty() => {}
            Err(wordings) => found.split.push(Split { kind, id, part, before, wordings }),
        }
    }

    /// How a place of the page reads now; none when it is gone.
    fn wording(&self, mention: Mention) -> Option<String> {
        match mention {
            Mention::Line(at) => {
                let line = &self.ours[self.now[at]?];
                let addressed = matches!(self.base[at].kind, Some(ItemKind::Endpoint | ItemKind::Model));
                Some(if addressed { line.whole.clone() } else { line.text.clone() })
            }
            Mention::Copy(at) => Some(page::references(&self.ours[self.now[at]?].text).0.to_owned()),
            Mention::Detail(at, place) => self.detail(at, place),
        }
    }

    /// A detail that was printed, as it reads now. What stands below a line besides is the slice's own.
    fn detail(&self, at: usize, place: usize) -> Option<String> {
        let (base, ours) = (&self.base[at].details, &self.ours[self.now[at]?].details);
        let wanted = &base[place];
        if ours.contains(wanted) {
            return Some(wanted.clone());
        }
        let fresh = ours.iter().filter(|text| !base.contains(text));
        let gone: Vec<&String> = base.iter().filter(|text| !ours.contains(text)).collect();
        let mine = |text: &&String| {
            let own = likeness(wanted, text);
            own >= ALIKE && gone.iter().all(|other| likeness(other, text) <= own)
        };
        fresh.filter(mine).max_by(|one, other| likeness(wanted, one).total_cmp(&likeness(wanted, other))).cloned()
    }

    /// Labels in front of requirements that read otherwise.
    fn labels(&self, found: &mut SpecEdits) {
        for (at, line) in self.base.iter().enumerate().filter(|(_, line)| line.kind == Some(ItemKind::Requirement)) {
            let now = self.now[at].and_then(|place| self.ours[place].category.clone());
            if let (Some(before), Some(after), Some(id)) = (&line.category, now, &line.id)
                && *before != after
            {
                let (kind, part) = (ItemKind::Requirement, Part::Category);
                found.changed.push(ItemEdit { kind, id: id.clone(), part, before: before.clone(), after });
            }
        }
    }

    fn gone(&self, found: &mut SpecEdits) {
        for (at, line) in self.base.iter().enumerate().filter(|(at, _)| self.now[*at].is_none()) {
            let Some(kind) = line.kind else { continue };
            let id = match kind {
                ItemKind::Endpoint | ItemKind::Model => Some(address(&line.whole)),
                ItemKind::Requirement | ItemKind::Criterion => line.id.clone(),
            };
            let stands_elsewhere = || {
                let others = self.base.iter().enumerate().filter(|(other, _)| *other != at);
                others.filter(|(_, other)| other.kind == line.kind && other.id == line.id && has_id(line)).count() > 0
            };
            if let Some(id) = id.filter(|_| !stands_elsewhere()) {
                found.removed.push((kind, id));
            }
        }
    }

    /// Criteria and requirements that nobody printed, with an id or a tag.
    fn new_items(&self) -> Vec<NewItem> {
        let known: HashSet<&str> = self.base.iter().map(|line| page::references(&line.text).0).collect();
        let ids: HashSet<&str> = self.base.iter().filter_map(|line| line.id.as_deref()).collect();
        let free = self.ours.iter().enumerate().filter(|(place, _)| self.free[*place]).map(|(_, line)| line);
        let new = free.filter_map(new_item);
        new.filter(|item| {
            // An id that was only given another name is no new item.
            !known.contains(page::references(&item.text).0) && !item.id.as_deref().is_some_and(|id| ids.contains(id))
        })
        .collect()
    }
}

fn has_id(line: &Line) -> bool {
    line.id.is_some() && matches!(line.kind, Some(ItemKind::Criterion | ItemKind::Requirement))
}

fn new_item(line: &Line) -> Option<NewItem> {
    let kind = line.kind.filter(|kind| matches!(kind, ItemKind::Criterion | ItemKind::Requirement))?;
    let (tag, text) = tag(&line.text);
    if text.chars().filter(|letter| letter.is_alphanumeric()).count() < 3 || (line.id.is_none() && tag.is_none()) {
        return None;
    }
    let headed = |words: &str| line.headings.iter().any(|title| title.starts_with(words));
    Some(NewItem {
        kind,
        id: line.id.clone(),
        tag: tag.map(str::to_owned),
        category: line.category.clone(),
        text: text.to_owned(),
        system: headed("as a system") || headed("as the system"),
        quality: headed("non-functional"),
        line: line.whole.clone(),
        noted: !line.details.is_empty(),
    })
}

/// `[component: Loans]` or `(Loans)` in front of a text. A parenthesis is only a tag if it is short.
fn tag(text: &str) -> (Option<&str>, &str) {
    let split = || {
        let (inner, rest) = match text.strip_prefix('[') {
            Some(rest) => {
                let (inner, rest) = rest.split_once(']')?;
                (inner.split_once(':').filter(|(word, _)| word.trim().eq_ignore_ascii_case("component"))?.1, rest)
            }
            None => text.strip_prefix('(')?.split_once(')')?,
        };
        let (inner, rest) = (inner.trim(), rest.trim_start_matches([' ', ':']));
        (!inner.is_empty() && inner.split(' ').count() <= 6).then_some((Some(inner), rest))
    };
    split().unwrap_or((None, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "## Acceptance Criteria (TDD)\n\n### As a user, I can:\n\n\
        - **AC-FR-002** A member can borrow a tool\\_x. ([FR-002])\n\
        - **AC-FR-003** A loan must last a week. ([FR-003])\n\
        - **AC-001** As a member, I can do it. ([FR-002])\n\n\
        ## Requirements\n\n### Functional\n\n\
        - **FR-002** A member can borrow a tool\\_x.\n  - The day is noted.\n\
        - **FR-003** A loan must last a week.\n\n### Non-Functional\n\n\
        - Speed: **NFR-1** Every endpoint must be quick.\n\n\
        ## API Specification\n\n- GET /tools → 200 Tool[]\n- POST /tools → {a: int} → 201\n\n\
        ## Data Models\n\n- Tool: {id: uuid, a: int}\n";

    /// Changed as `id part: after`, removed as `-id`, added as `+id text`, split as `!id`.
    fn check(changes: &[(&str, &str)], expected: &[&str]) {
        let ours = changes.iter().fold(BASE.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        });
        let found = edits(BASE, &ours);
        let changed = found.changed.iter().map(|edit| format!("{} {:?}: {}", edit.id, edit.part, edit.after));
        let removed = found.removed.iter().map(|(_, id)| format!("-{id}"));
        let added = found.added.iter().map(|item| format!("+{:?} {}", item.id.as_deref().unwrap_or(""), item.text));
        let split = found.split.iter().map(|split| format!("!{} {}", split.id, split.wordings.join(" | ")));
        let seen: Vec<String> = changed.chain(removed).chain(added).chain(split).collect();
        assert_eq!(seen, expected, "{ours}");
    }

    #[test]
    fn one_fact_in_two_places_is_one_edit() {
        let both = [
            ("- **FR-002** A member can borrow", "- **FR-002** A guest can borrow"),
            ("- **AC-FR-002** A member", "- **AC-FR-002** A guest"),
        ];
        check(&both[..1], &["FR-002 Text: A guest can borrow a tool_x."]);
        check(&both[1..], &["FR-002 Text: A guest can borrow a tool_x."]);
        check(&both, &["FR-002 Text: A guest can borrow a tool_x."]);
        check(
            &[both[0], ("- **AC-FR-002** A member", "- **AC-FR-002** A child")],
            &["!FR-002 A child can borrow a tool_x. | A guest can borrow a tool_x."],
        );
    }

    #[test]
    fn every_kind_of_line_is_compared() {
        check(&[("I can do it", "I can undo it")], &["AC-001 Text: As a member, I can undo it. ([FR-002])"]);
        check(&[("The day is noted", "The hour is noted")], &["FR-002 Detail: The hour is noted."]);
        check(
            &[("Speed:", "Latency:"), ("quick", "fast")],
            &["NFR-1 Text: Every endpoint must be fast.", "NFR-1 Category: Latency"],
        );
        check(
            &[("{a: int} → 201", "{a: int, b?: int} → 201")],
            &["POST /tools Text: POST /tools → {a: int, b?: int} → 201"],
        );
        check(&[("GET /tools", "GET /all-tools")], &["GET /tools Text: GET /all-tools → 200 Tool[]"]);
        check(&[("uuid, a: int", "uuid, a: text")], &["Tool Text: Tool: {id: uuid, a: text}"]);
    }

    #[test]
    fn what_only_the_slice_has_stays() {
        check(&[("([FR-003])\n", "([FR-003])\n  - my own note\n"), ("## API", "## Notes\n\n- mine\n\n## API")], &[]);
        check(&[("  - The day", "  - Mine, quite another thing.\n  - The day")], &[]);
        check(&[("a week. ([FR-003])\n", "a week. ([FR-003])\n- no id and no tag\n")], &[]);
        check(&[("borrow a tool\\_x. ([FR", "**borrow** a\n  tool\\_x. ([FR")], &[]);
    }

    #[test]
    fn lines_go_and_come() {
        check(&[("- **AC-FR-003** A loan must last a week. ([FR-003])\n", "")], &["-AC-FR-003"]);
        check(&[("- GET /tools → 200 Tool[]\n", "")], &["-GET /tools"]);
        check(
            &[("- **AC-001**", "- **AC-009** I can wait.\n- (Loans) I can go.\n- **AC-001**")],
            &["+\"AC-009\" I can wait.", "+\"\" I can go."],
        );
        check(&[("- **FR-003** A", "- **FR-033** A")], &["-FR-003"]);
    }

    #[test]
    fn new_lines_can_be_taken_out_again() {
        let ours = BASE.replace("- **AC-001**", "- **AC-009** I can\n  wait.\n- **AC-001**");
        let found = edits(BASE, &ours);
        assert_eq!(without(&ours, &found.added), BASE);
        assert!(states(&ours, &Change::New(found.added[0].clone())));
    }
}
