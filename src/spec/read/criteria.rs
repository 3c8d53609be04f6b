//! Reads acceptance criteria that an author states: below a heading that announces them ("As a user, I can:" too), and
//! entries anywhere whose id says that they are one.

use std::sync::LazyLock;

use regex::Regex;

use super::super::document::{NodeId, NodeKind};
use super::super::item::{Component, Rung, StatedCriterion, Voice};
use super::super::span::Span;
use super::ground::Ground;
use super::lexicon::Topic;
use super::list::{self, Entry};
use super::requirements::{self, Enclosing, Names};
use super::table::{Table, cell};

/// The ids in brackets with which a criterion names its requirements: `([FR-003], [FR-4])`.
static REFERENCES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*\(?\s*\[(?P<id>[A-Z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*)\](?:\([^)]*\))?\s*[,;]?\s*\)?")
        .expect("the pattern is fixed")
});

/// The criteria of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component]) -> Vec<StatedCriterion> {
    let mut reader = Reader { ground, names: Names::of(components), found: Vec::new() };
    for (at, part) in ground.parts().iter().enumerate().filter(|(_, part)| !part.skipped) {
        let opening = opening(&part.title);
        let asked = part.topic == Some(Topic::Criteria) || opening.is_some();
        for block in &part.blocks {
            match ground.document().node(*block).kind {
                NodeKind::List(_) => reader.list(*block, asked, opening, &part.title),
                NodeKind::Table if asked => reader.table(*block),
                _ => {}
            }
        }
        if asked {
            reader.scenario(at);
        }
    }
    let mut bodies: Vec<(Span, String)> = components
        .iter()
        .flat_map(|component| component.body.iter().map(|span| (*span, component.name.clone())))
        .collect();
    bodies.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut found = reader.found;
    found.sort_by_key(|criterion| criterion.origin.span.start);
    let mut bodies = Enclosing::new(&bodies);
    for criterion in &mut found {
        criterion.section = bodies.around(criterion.origin.span).map(str::to_owned);
    }
    found
}

/// "As a user, I can:" as a heading above a list.
fn opening(title: &str) -> Option<Voice> {
    let lower = title.to_lowercase();
    let spoken = lower.starts_with("as a ") || lower.starts_with("as an ") || lower.starts_with("as the ");
    let ends = [" can", " must", " should", " want to", " am able to", " shall"]
        .iter()
        .any(|verb| lower.trim_end_matches([':', '…', '.']).ends_with(verb));
    (spoken && ends).then(|| voice(&lower))
}

/// The system speaks of itself as a system; everybody else is a user.
fn voice(text: &str) -> Voice {
    let lower = text.trim_start().to_lowercase();
    if lower.starts_with("as a system") || lower.starts_with("as the system") || lower.starts_with("the system") {
        Voice::System
    } else {
        Voice::User
    }
}

struct Reader<'a> {
    ground: &'a Ground<'a>,
    names: Names,
    found: Vec<StatedCriterion>,
}

impl Reader<'_> {
    fn list(&mut self, list: NodeId, asked: bool, opening: Option<Voice>, title: &str) {
        for entry in list::entries(self.ground.document(), list) {
            self.entry(&entry, asked, opening, title);
        }
    }

    fn entry(&mut self, entry: &Entry, asked: bool, opening: Option<Voice>, title: &str) {
        let document = self.ground.document();
        let Some(text) = entry.text else { return };
        let plain = document.plain(text).trim();
        let front = requirements::front(plain, &self.names, false);
        let says = front.prefix == "AC" || front.prefix.starts_with("AC-");
        if !(asked || says) || (plain.starts_with('[') && plain.ends_with(']') && front.id.is_none()) {
            return;
        }
        let rung = if asked { Rung::Section } else { Rung::Typed };
        let words = &plain[front.rest_at..];
        let words = match opening {
            Some(_) if !words.to_lowercase().starts_with("as a") => {
                format!("{} {words}", title.trim_end_matches([':', '…', '.']))
            }
            _ => words.to_owned(),
        };
        self.take(front, &words, document.node(text).span, rung);
    }

    /// Rows below a head such as "Criterion": the longest cell is the text.
    fn table(&mut self, node: NodeId) {
        let document = self.ground.document();
        let Some(table) = Table::of(document, node) else { return };
        for row in &table.rows {
            let texts: Vec<String> = (0..row.cells.len()).map(|at| cell(document, row, Some(at))).collect();
            let Some(longest) = texts.iter().max_by_key(|text| text.len()) else { continue };
            let mut front = requirements::front(longest, &self.names, false);
            let words = longest[front.rest_at..].to_owned();
            if let Some(found) = texts
                .iter()
                .take(2)
                .find_map(|text| requirements::leading(text).filter(|found| found.rest_at >= text.len()))
            {
                front.id = Some(found.id);
            }
            self.take(front, &words, row.span, Rung::Section);
        }
    }

    /// "Given … when … then …" written as paragraphs.
    fn scenario(&mut self, at: usize) {
        let document = self.ground.document();
        for block in &self.ground.parts()[at].blocks {
            let plain = document.plain(*block).trim();
            let lower = plain.to_lowercase();
            let told = lower.starts_with("given ") && lower.contains("when ") && lower.contains("then ");
            if document.node(*block).kind == NodeKind::Paragraph && told {
                let front = requirements::front(plain, &self.names, false);
                self.take(front, plain, document.node(*block).span, Rung::Section);
            }
        }
    }

    fn take(&mut self, front: requirements::Front, words: &str, span: Span, rung: Rung) {
        let requirements: Vec<String> = REFERENCES.captures_iter(words).map(|found| found["id"].to_owned()).collect();
        let text = REFERENCES.replace_all(words, "");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().filter(|letter| letter.is_alphanumeric()).count() < 3 {
            return;
        }
        let origin = self.ground.origin(span, rung);
        self.found.push(StatedCriterion {
            id: front.id,
            voice: voice(&text),
            text,
            requirements,
            tag: front.tag,
            section: None,
            origin,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::document::Document;
    use super::*;

    fn check(text: &str, expected: &[(Option<&str>, Voice, &str, &[&str])]) {
        let document = Document::parse(text).unwrap();
        let found = read(&Ground::new(&document), &[]);
        let seen: Vec<_> = found
            .iter()
            .map(|c| {
                (
                    c.id.as_deref(),
                    c.voice,
                    c.text.as_str(),
                    c.requirements.iter().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        let wanted: Vec<_> = expected.iter().map(|(id, voice, text, ids)| (*id, *voice, *text, ids.to_vec())).collect();
        assert_eq!(seen, wanted, "{text}");
    }

    #[test]
    fn criteria_are_read_with_what_they_refer_to() {
        check(
            "## Acceptance Criteria\n- **AC-001** As a member, I can return a tool. ([FR-004])\n- A tool has one owner.\n",
            &[
                (Some("AC-001"), Voice::User, "As a member, I can return a tool.", &["FR-004"]),
                (None, Voice::User, "A tool has one owner.", &[]),
            ],
        );
        check(
            "### As a system, I must:\n- log every loan\n\n## Notes\n- AC-7: it works\n- other\n",
            &[
                (None, Voice::System, "As a system, I must log every loan", &[]),
                (Some("AC-7"), Voice::User, "it works", &[]),
            ],
        );
    }
}
