//! A slice's `spec.md` in three states, item by item: what vso printed last, what people made of it, what the master makes
//! of it now. One fact is one row, also where the page states it twice.

use super::difference::{address, edits, is_copy};
use super::page::{self, Line};
use super::{Part, SpecEdits};
use crate::slicing::slice::ItemKind;

/// An item that does not read alike in all three states. Texts are plain; none where it does not stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// Its kind.
    pub kind: ItemKind,
    /// Its lasting id; for endpoints method and path, for models the name; a new item without an id has its text here.
    pub id: String,
    /// What of it.
    pub part: Part,
    /// What vso printed last.
    pub base: Option<String>,
    /// What the slice says.
    pub slice: Option<String>,
    /// What the master makes of it.
    pub master: Option<String>,
}

/// The items that differ between three pages, by kind and id.
#[must_use]
pub fn sides(base: &str, slice: &str, master: &str) -> Vec<Sides> {
    let lines = page::lines(base);
    let mut rows: Vec<Sides> = Vec::new();
    for fact in told(base, &lines, slice) {
        row(&mut rows, &fact).slice.clone_from(&fact.after);
    }
    for fact in told(base, &lines, master) {
        row(&mut rows, &fact).master.clone_from(&fact.after);
    }
    rows.sort_by(|one, other| {
        (one.kind, &one.id, one.part, &one.base).cmp(&(other.kind, &other.id, other.part, &other.base))
    });
    rows
}

/// What one page says otherwise.
struct Told {
    kind: ItemKind,
    id: String,
    part: Part,
    before: Option<String>,
    after: Option<String>,
}

/// The row of an item; what no side says otherwise reads as it was.
fn row<'r>(rows: &'r mut Vec<Sides>, told: &Told) -> &'r mut Sides {
    let same = |row: &Sides| (row.kind, &row.id, row.part, &row.base) == (told.kind, &told.id, told.part, &told.before);
    let at = rows.iter().position(same).unwrap_or_else(|| {
        let (base, slice, master) = (told.before.clone(), told.before.clone(), told.before.clone());
        rows.push(Sides { kind: told.kind, id: told.id.clone(), part: told.part, base, slice, master });
        rows.len() - 1
    });
    &mut rows[at]
}

/// Everything that a page says otherwise than the base.
fn told(base: &str, lines: &[Line], page: &str) -> Vec<Told> {
    if base == page {
        return Vec::new();
    }
    let found = edits(base, page);
    let mut told = gone(lines, &found);
    told.extend(new(lines, &page::lines(page), &found));
    let changed = found.changed.into_iter().map(|edit| (edit.kind, edit.id, edit.part, edit.before, edit.after));
    let split = found.split.into_iter().map(|split| {
        let wordings = split.wordings.join(" / ");
        (split.kind, split.id, split.part, split.before, wordings)
    });
    let other = changed.chain(split);
    told.extend(other.map(|(kind, id, part, before, after)| Told {
        kind,
        id,
        part,
        before: Some(before),
        after: Some(after),
    }));
    told
}

/// What went. A criterion that repeats a requirement goes with it.
fn gone(lines: &[Line], found: &SpecEdits) -> Vec<Told> {
    let line =
        |kind: ItemKind, id: &str| lines.iter().find(|line| line.kind == Some(kind) && key(line) == Some(id.into()));
    let requirements = || {
        let removed = found.removed.iter().filter(|(kind, _)| *kind == ItemKind::Requirement);
        removed.filter_map(|(kind, id)| line(*kind, id))
    };
    let kept = found.removed.iter().filter_map(|(kind, id)| Some((*kind, id, line(*kind, id)?)));
    let kept = kept.filter(|(_, _, line)| !requirements().any(|requirement| repeats(line, requirement)));
    kept.map(|(kind, id, line)| Told { kind, id: id.clone(), part: Part::Text, before: Some(text(line)), after: None })
        .collect()
}

/// What came. A criterion that repeats a requirement comes with it.
fn new(before: &[Line], now: &[Line], found: &SpecEdits) -> Vec<Told> {
    let is_known = |line: &Line| {
        let addressed = found.changed.iter().any(|edit| Some(edit.kind) == line.kind && edit.after == line.whole);
        // An id that moved to another section is no new item.
        let stood =
            before.iter().any(|other| key(other) == key(line) && (other.kind == line.kind || line.id.is_some()));
        addressed || stood || before.iter().any(|other| other.kind == line.kind && other.whole == line.whole)
    };
    let fresh: Vec<&Line> = now.iter().filter(|line| line.kind.is_some() && !is_known(line)).collect();
    let requirements = || fresh.iter().filter(|line| line.kind == Some(ItemKind::Requirement));
    let mut told = Vec::new();
    for line in fresh.iter().filter(|line| !requirements().any(|requirement| repeats(line, requirement))) {
        let unnamed = || found.added.iter().find(|item| item.line == line.whole).map(|item| item.text.clone());
        let (Some(kind), Some(id)) = (line.kind, key(line).or_else(unnamed)) else { continue };
        told.push(Told { kind, id, part: Part::Text, before: None, after: Some(text(line)) });
    }
    told
}

/// Whether a criterion is what vso derives from a requirement, from its text or from a detail.
fn repeats(line: &Line, requirement: &Line) -> bool {
    let Some(id) = &requirement.id else { return false };
    let texts = std::iter::once(&requirement.text).chain(&requirement.details);
    texts.into_iter().any(|text| is_copy(line, id, text))
}

/// What a line is found by again.
fn key(line: &Line) -> Option<String> {
    match line.kind? {
        ItemKind::Endpoint | ItemKind::Model => Some(address(&line.whole)),
        ItemKind::Requirement | ItemKind::Criterion => line.id.clone(),
    }
}

/// What a line says.
fn text(line: &Line) -> String {
    match line.kind {
        Some(ItemKind::Endpoint | ItemKind::Model) => line.whole.clone(),
        _ => line.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "## Acceptance Criteria (TDD)\n\n- **AC-FR-1** A member can pay. ([FR-1])\n\
        - **AC-FR-2** A member can go. ([FR-2])\n- **AC-9** It works.\n\n## Requirements\n\n\
        - **FR-1** A member can pay.\n- **FR-2** A member can go.\n\n## API Specification\n\n- GET /a → 200 A\n";

    /// Each row as `id: base | slice | master`.
    #[track_caller]
    fn check(slice: &str, master: &str, expected: &[&str]) {
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let told =
            |row: Sides| format!("{}: {} | {} | {}", row.id, word(&row.base), word(&row.slice), word(&row.master));
        let seen: Vec<String> = sides(BASE, slice, master).into_iter().map(told).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_fact_that_stands_twice_is_one_row() {
        let pays = BASE.replace("can pay", "must pay");
        check(BASE, BASE, &[]);
        check(&pays, BASE, &["FR-1: A member can pay. | A member must pay. | A member can pay."]);
        check(&pays, &pays, &["FR-1: A member can pay. | A member must pay. | A member must pay."]);
        let other = BASE.replace("can pay", "may pay");
        check(&pays, &other, &["FR-1: A member can pay. | A member must pay. | A member may pay."]);
    }

    #[test]
    fn what_comes_and_goes_is_a_row() {
        let gone = BASE.replace("- **FR-2** A member can go.\n", "");
        let gone = gone.replace("- **AC-FR-2** A member can go. ([FR-2])\n", "");
        let changed = BASE.replace("can go", "must go");
        check(&gone, &changed, &["FR-2: A member can go. | - | A member must go."]);
        let more = BASE.replace("- GET /a → 200 A\n", "- GET /a → 200 A\n- GET /b → 200 B\n");
        let more = more.replace("- **FR-2**", "- **FR-3** A guest can pay.\n- **FR-2**");
        let more = more.replace("- **AC-9**", "- **AC-FR-3** A guest can pay. ([FR-3])\n- **AC-9**");
        check(BASE, &more, &["FR-3: - | - | A guest can pay.", "GET /b: - | - | GET /b → 200 B"]);
        let waived = BASE.replace("- **AC-FR-2** A member can go. ([FR-2])\n", "");
        check(&waived, BASE, &["AC-FR-2: A member can go. ([FR-2]) | - | A member can go. ([FR-2])"]);
        let moved = BASE.replace("GET /a →", "GET /as →");
        check(BASE, &moved, &["GET /a: GET /a → 200 A | GET /a → 200 A | GET /as → 200 A"]);
    }
}
