//! Readers of code blocks: SQL, JSON and YAML with OpenAPI in it, classes and structs of several languages, diagrams,
//! routes. Each takes the text of a block, however broken, and gives what it found with the lines (from 0) where.
//! They know no document; all are linear, and bounded where people could nest.

pub(super) mod classes;
pub(super) mod diagram;
pub(super) mod openapi;
pub(super) mod routes;
pub(super) mod sql;
pub(super) mod value;

use super::super::document::{Document, NodeId, NodeKind};
use super::super::item::{Endpoint, Field};
use super::super::span::Span;

/// A model found in a code block.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CodeModel {
    /// Its name as written.
    pub(super) name: String,
    /// Its fields in order.
    pub(super) fields: Vec<Field>,
    /// What a comment or the format says it is.
    pub(super) description: String,
    /// Its first and last line in the block, from 0.
    pub(super) lines: (usize, usize),
}

/// An endpoint found in a code block: without origin, which only the document can tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CodeEndpoint {
    /// The endpoint; its `origin` is a placeholder.
    pub(super) endpoint: Endpoint,
    /// Its line in the block, from 0.
    pub(super) line: usize,
    /// Whether it may be an example of an endpoint that is documented elsewhere (`curl https://host/users/7`).
    pub(super) example: bool,
}

/// The line (from 0) of each byte offset asked for in ascending order; one pass over the text in all.
pub(super) struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> LineCounter<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 0 }
    }

    /// The line of an offset that is not before the last one asked for.
    pub(super) fn line(&mut self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        if end > self.at {
            self.line += self.text.as_bytes()[self.at..end].iter().filter(|byte| **byte == b'\n').count();
            self.at = end;
        }
        self.line
    }
}

/// The bytes of lines (from 0) of a code block in the source: a fence's code begins on the line after its opening.
pub(super) fn place(document: &Document, block: NodeId, lines: (usize, usize)) -> Span {
    let node = document.node(block);
    let fenced = usize::from(matches!(node.kind, NodeKind::Fence(_)));
    let first = document.line(node.span) + fenced;
    let start = document.lines().line_span(first + lines.0, document.text());
    let end = document.lines().line_span(first + lines.1, document.text());
    let text = Span::new(start.start, end.end.max(start.end)).of(document.text());
    let indent = text.len() - text.trim_start().len();
    Span::new(start.start + indent, start.start + indent + text.trim().len())
}
