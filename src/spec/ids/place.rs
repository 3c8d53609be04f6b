//! Where in the text an id for a requirement can stand: in front of a list entry or a heading, or in the empty cell of
//! a column of ids. A sentence of running text has no such place.

use std::collections::HashMap;

use super::scheme::Scheme;
use crate::spec::document::{Document, NodeId, NodeKind};
use crate::spec::edit::Edit;
use crate::spec::item::{Reading, Requirement};
use crate::spec::span::Span;

/// Where an id goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In front of the text that begins here.
    Front(usize),
    /// Into the blank between two bars of a table.
    Cell(Span),
}

/// The places of a document.
pub(super) struct Places<'a> {
    document: &'a Document,
    /// Text blocks by where they begin.
    blocks: HashMap<usize, NodeId>,
    /// For each table, the column in which ids stand.
    columns: HashMap<NodeId, usize>,
}

impl<'a> Places<'a> {
    pub(super) fn of(document: &'a Document, reading: &'a Reading) -> Self {
        let texts = document
            .nodes()
            .filter(|(_, node)| matches!(node.kind, NodeKind::Paragraph | NodeKind::Heading(_) | NodeKind::TableCell));
        let mut places = Self { document, blocks: HashMap::new(), columns: HashMap::new() };
        for (id, node) in texts {
            places.blocks.entry(node.span.start).or_insert(id);
        }
        for requirement in reading.requirements.iter().filter(|found| found.id.is_some()) {
            if let Some((table, row)) = places.row(requirement) {
                let wanted = requirement.id.as_deref().unwrap_or_default();
                let column = document.children(row).position(|cell| document.plain(cell).contains(wanted));
                places.columns.extend(column.map(|column| (table, column)));
            }
        }
        places
    }

    /// The table and the row that a requirement stands in.
    fn row(&self, requirement: &Requirement) -> Option<(NodeId, NodeId)> {
        let start = requirement.origin.span.start;
        let cell = self.blocks.get(&start).or_else(|| self.blocks.get(&(start + 1)))?;
        let row = self.document.node(*cell).parent;
        let is_row = self.document.node(row).kind == NodeKind::TableRow;
        is_row.then(|| (self.document.node(row).parent, row))
    }

    /// The place for a requirement's id, or why there is none.
    pub(super) fn of_requirement(&self, requirement: &Requirement) -> Result<Place, &'static str> {
        const SENTENCE: &str = "it is part of running text; make it an entry of a list to give it an id";
        if let Some((table, row)) = self.row(requirement) {
            return self.cell(table, row).ok_or("its table has no empty cell in a column of ids");
        }
        let start = requirement.origin.span.start;
        let block = *self.blocks.get(&start).ok_or(SENTENCE)?;
        let text = self.document.text();
        match self.document.node(block).kind {
            NodeKind::Heading(_) if text[start..].starts_with('#') => {
                let marks = text[start..].len() - text[start..].trim_start_matches(['#', ' ', '\t']).len();
                Ok(Place::Front(start + marks))
            }
            NodeKind::Paragraph if self.document.node(self.document.node(block).parent).kind == NodeKind::Item => {
                Ok(Place::Front(start + task_mark(&text[start..])))
            }
            _ => Err(SENTENCE),
        }
    }

    /// The blank between the bars of the column of ids. Its cell in the tree has no text and no place of its own, so
    /// the bars are counted.
    fn cell(&self, table: NodeId, row: NodeId) -> Option<Place> {
        let column = *self.columns.get(&table)?;
        let cell = self.document.children(row).nth(column)?;
        if !self.document.plain(cell).trim().is_empty() {
            return None;
        }
        let line = self.document.node(row).span;
        let source = line.of(self.document.text());
        let bars: Vec<usize> = source
            .char_indices()
            .filter(|(at, letter)| *letter == '|' && !source[..*at].ends_with('\\'))
            .map(|(at, _)| at)
            .collect();
        let first = usize::from(!source.trim_start().starts_with('|'));
        let (open, close) = (*bars.get((column).checked_sub(first)?)?, *bars.get(column + 1 - first)?);
        let blank = Span::new(line.start + open + 1, line.start + close);
        blank.of(self.document.text()).trim().is_empty().then_some(Place::Cell(blank))
    }
}

/// Length of `[ ] ` in front of a task.
fn task_mark(text: &str) -> usize {
    let marked = ["[ ] ", "[x] ", "[X] "].iter().any(|mark| text.starts_with(mark));
    if marked { 4 } else { 0 }
}

impl Place {
    pub(super) fn is_cell(self) -> bool {
        matches!(self, Self::Cell(_))
    }

    /// The edit that writes an id here. `words` are the id with the marks of its scheme.
    pub(super) fn edit(
        self,
        document: &Document,
        requirement: &Requirement,
        scheme: &Scheme,
        id: &str,
        words: String,
    ) -> Edit {
        match self {
            Self::Cell(blank) => {
                // The column keeps its width where the id fits.
                let width = blank.len().saturating_sub(1).max(id.chars().count() + 1);
                Edit::new(blank, format!(" {id:<width$}"))
            }
            Self::Front(start) => {
                let label = requirement.category.as_deref().filter(|_| scheme.label_first);
                let after = label.and_then(|label| after_label(&document.text()[start..], label)).unwrap_or(0);
                Edit::new(Span::new(start + after, start + after), words)
            }
        }
    }
}

/// Where the text goes on after "Performance: ", "**Performance:** " or "**Performance**: ".
fn after_label(text: &str, label: &str) -> Option<usize> {
    let line = text.lines().next()?;
    let end = line.find(label)? + label.len();
    let colon = end + line[end..].find([':', '：'])?;
    let colon = colon + line[colon..].chars().next()?.len_utf8();
    let rest = line[colon..].trim_start_matches(['*', '_']).trim_start();
    (!rest.is_empty()).then(|| line.len() - rest.len())
}
