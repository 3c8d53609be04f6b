//! Writes explicit ids into an author's text: the author's own scheme goes on, and every other byte stays.
//!
//! Whether an id was written well is not believed but read back: what the reader does not find again is left out.

mod place;
mod scheme;

use std::collections::{HashMap, HashSet};

use super::document::Document;
use super::edit::{self, Edit};
use super::item::{Reading, Requirement};
use super::read;
use super::text::normal;
use place::Places;
use scheme::Schemes;

/// What giving ids to a document's requirements comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbering {
    /// New ids, in the order of the text.
    pub given: Vec<Given>,
    /// Requirements that stay without one.
    pub left: Vec<Left>,
}

/// A new id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which requirement, as a place in [`Reading::requirements`].
    pub requirement: usize,
    /// The id.
    pub id: String,
    /// How it is written into the text.
    pub edit: Edit,
}

/// A requirement that can't be given an id in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which requirement, as a place in [`Reading::requirements`].
    pub requirement: usize,
    /// Why.
    pub reason: &'static str,
}

const NOT_READ_BACK: &str = "the id would not be read back from here";

/// Finds an id for each requirement that has none.
///
/// `taken` are ids that must not be used again although the text no longer has them.
#[must_use]
pub fn number(document: &Document, reading: &Reading, taken: &HashSet<String>) -> Numbering {
    let mut schemes = Schemes::of(document, reading, taken);
    let places = Places::of(document, reading);
    let mut numbering = Numbering::default();
    for (at, requirement) in reading.requirements.iter().enumerate().filter(|(_, found)| found.id.is_none()) {
        match places.of_requirement(requirement) {
            Ok(place) => {
                let scheme = schemes.for_requirement(at, place.is_cell());
                let (id, words) = schemes.next(&scheme);
                let edit = place.edit(document, requirement, &scheme, &id, words);
                numbering.given.push(Given { requirement: at, id, edit });
            }
            Err(reason) => numbering.left.push(Left { requirement: at, reason }),
        }
    }
    without_unread(document, reading, &mut numbering);
    numbering
}

impl Numbering {
    /// The text with the new ids.
    #[must_use]
    pub fn text(&self, document: &Document) -> String {
        let edits: Vec<Edit> = self.given.iter().map(|given| given.edit.clone()).collect();
        // Each edit inserts at the place of its own requirement, and no two requirements begin at one byte.
        edit::apply(document.text(), &edits).unwrap_or_else(|_| document.text().to_owned())
    }
}

/// Reads the new text and takes back what was not understood as it was meant. Twice, because taking one id back may
/// change what the reader makes of a list; what is wrong even then is taken back altogether.
fn without_unread(document: &Document, reading: &Reading, numbering: &mut Numbering) {
    for _ in 0..2 {
        let wrong = wrong(document, reading, numbering);
        if wrong.is_empty() {
            return;
        }
        leave(numbering, |given| wrong.contains(&given.requirement));
    }
    if !wrong(document, reading, numbering).is_empty() {
        leave(numbering, |_| true);
    }
}

fn leave(numbering: &mut Numbering, is_wrong: impl Fn(&Given) -> bool) {
    let (back, kept) = std::mem::take(&mut numbering.given).into_iter().partition(|given| is_wrong(given));
    numbering.given = kept;
    let back: Vec<Given> = back;
    numbering.left.extend(back.iter().map(|given| Left { requirement: given.requirement, reason: NOT_READ_BACK }));
    numbering.left.sort_by_key(|left| left.requirement);
}

/// Requirements whose new id the reader does not find exactly once with the words that it belongs to; all of them when
/// the new text reads otherwise in any other way.
fn wrong(document: &Document, reading: &Reading, numbering: &Numbering) -> HashSet<usize> {
    let all = || numbering.given.iter().map(|given| given.requirement).collect();
    if numbering.given.is_empty() {
        return HashSet::new();
    }
    let Ok(changed) = Document::parse(numbering.text(document)) else { return all() };
    let after = read::read(&changed);
    let mut by_id: HashMap<&str, Vec<&Requirement>> = HashMap::new();
    for found in &after.requirements {
        if let Some(id) = &found.id {
            by_id.entry(id.as_str()).or_default().push(found);
        }
    }
    let is_read = |given: &Given| {
        let words = normal(&reading.requirements[given.requirement].text);
        by_id.get(given.id.as_str()).is_some_and(|found| found.len() == 1 && normal(&found[0].text) == words)
    };
    let wrong: HashSet<usize> =
        numbering.given.iter().filter(|given| !is_read(given)).map(|given| given.requirement).collect();
    if wrong.is_empty() && after.requirements.len() != reading.requirements.len() { all() } else { wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let document = Document::parse(text).unwrap();
        let numbering = number(&document, &read::read(&document), &HashSet::new());
        let changed = numbering.text(&document);
        assert_eq!(changed, expected);
        // Never twice.
        let again = Document::parse(changed).unwrap();
        let second = number(&again, &read::read(&again), &HashSet::new());
        assert_eq!(second.given, [], "{}", again.text());
    }

    const TOP: &str = "# A\n\n## Requirements\n\n### Functional\n\n";

    #[test]
    fn the_authors_scheme_goes_on() {
        check(
            &format!(
                "{TOP}- **FR-001** A member can borrow a tool.\n- A member can return a tool.\n- **FR-007** A fee is due.\n"
            ),
            &format!(
                "{TOP}- **FR-001** A member can borrow a tool.\n- **FR-008** A member can return a tool.\n- **FR-007** A fee is due.\n"
            ),
        );
        check(
            &format!("{TOP}1. [R-1] A member can borrow a tool.\r\n2. A member can return a tool.\r\n"),
            &format!("{TOP}1. [R-1] A member can borrow a tool.\r\n2. [R-2] A member can return a tool.\r\n"),
        );
        check(
            &format!("{TOP}* REQ-09: A member can borrow a tool.\n* A member can *return* a tool."),
            &format!("{TOP}* REQ-09: A member can borrow a tool.\n* REQ-10: A member can *return* a tool."),
        );
    }

    #[test]
    fn without_a_scheme_the_usual_ones_begin() {
        check(
            &format!(
                "{TOP}- A member can borrow a tool.\n- [ ] A fee is due.\n\n### Non-Functional\n\n- Availability: 99.9 % per month.\n"
            ),
            &format!(
                "{TOP}- **FR-001** A member can borrow a tool.\n- [ ] **FR-002** A fee is due.\n\n### Non-Functional\n\n- Availability: **NFR-1** 99.9 % per month.\n"
            ),
        );
    }

    #[test]
    fn a_column_of_ids_is_filled() {
        let table = |id: &str| {
            format!(
                "{TOP}| ID | Requirement |\n|---|---|\n| FR-01 | A member can borrow a tool. |\n|{id}| A member must return it. |\n"
            )
        };
        check(&table("  "), &table(" FR-02 "));
    }

    #[test]
    fn numbers_that_were_ever_used_are_not_used_again() {
        let text =
            format!("{TOP}- **FR-001** A member can borrow a tool. It replaced FR-004.\n- A fee is due for it.\n");
        let document = Document::parse(text).unwrap();
        let taken = HashSet::from(["FR-009".to_owned()]);
        let numbering = number(&document, &read::read(&document), &taken);
        assert_eq!(numbering.given.iter().map(|given| given.id.as_str()).collect::<Vec<_>>(), ["FR-010"]);
    }

    #[test]
    fn running_text_is_left_alone() {
        let text = "# A\n\nThe server MUST answer every request. It is old.\n";
        let document = Document::parse(text).unwrap();
        let numbering = number(&document, &read::read(&document), &HashSet::new());
        assert_eq!((numbering.given.len(), numbering.text(&document).as_str()), (0, text));
    }
}
