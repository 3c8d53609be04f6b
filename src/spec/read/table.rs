//! Tables as readers see them: a header of words and rows of cells.

use super::super::document::{Document, NodeId, NodeKind};
use super::super::span::Span;
use super::lexicon;

/// A table with header.
#[derive(Debug)]
pub struct Table {
    /// The header's cells, in the form in which titles are compared ([`lexicon::key`]).
    pub header: Vec<String>,
    /// The rows below it.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// Its node.
    pub node: NodeId,
    /// Its bytes.
    pub span: Span,
    /// Its cells.
    pub cells: Vec<NodeId>,
}

impl Table {
    /// Reads a table node; none for a node of another kind.
    #[must_use]
    pub fn of(document: &Document, table: NodeId) -> Option<Self> {
        if document.node(table).kind != NodeKind::Table {
            return None;
        }
        let mut header = Vec::new();
        let mut rows = Vec::new();
        for child in document.children(table) {
            let cells: Vec<NodeId> = document.children(child).collect();
            match document.node(child).kind {
                NodeKind::TableHead => header = cells.iter().map(|cell| lexicon::key(document.plain(*cell))).collect(),
                _ => rows.push(Row { node: child, span: document.node(child).span, cells }),
            }
        }
        Some(Self { header, rows })
    }

    /// The first column whose head is one of these words, or begins or ends with one of them.
    #[must_use]
    pub fn column(&self, heads: &[&str]) -> Option<usize> {
        let exact = self.header.iter().position(|head| heads.contains(&head.as_str()));
        exact.or_else(|| {
            self.header.iter().position(|head| {
                head.split(' ').count() <= 4
                    && heads.iter().any(|word| {
                        let rest = head.strip_prefix(word).or_else(|| head.strip_suffix(word));
                        rest.is_some_and(|rest| rest.starts_with(' ') || rest.ends_with(' '))
                    })
            })
        })
    }
}

/// The plain text of a cell, trimmed.
#[must_use]
pub fn cell(document: &Document, row: &Row, column: Option<usize>) -> String {
    column.and_then(|at| row.cells.get(at)).map(|cell| document.plain(*cell).trim().to_owned()).unwrap_or_default()
}
