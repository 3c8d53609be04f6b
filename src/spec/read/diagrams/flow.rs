//! Mermaid flowcharts: `A[Label] -->|text| B & C`.

use super::{Diagram, DiagramKind, Lines, Relation, Sketch};
use crate::spec::span::Span;

/// Words that begin a line which draws nothing.
const OTHER: &[&str] = &[
    "graph",
    "flowchart",
    "flowchart-elk",
    "subgraph",
    "end",
    "direction",
    "style",
    "classDef",
    "class",
    "click",
    "linkStyle",
    "accTitle",
    "accDescr",
    "title",
];

pub(super) fn read(part: usize, lines: Lines<'_>) -> Diagram {
    let mut sketch = Sketch::new(DiagramKind::Flow, part);
    for (line, span) in lines {
        let first = line.split([' ', '\t', ';', ':']).next().unwrap_or_default();
        if !OTHER.contains(&first) {
            statements(&mut sketch, line, span);
        }
    }
    sketch.diagram
}

/// The statements of a line, which semicolons part.
fn statements(sketch: &mut Sketch, line: &str, span: Span) {
    let mut scanner = Scanner { rest: line };
    loop {
        scanner.chain(sketch, span);
        let Some(at) = scanner.rest.find(';') else { break };
        scanner.rest = &scanner.rest[at + 1..];
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// Nodes with links between them.
    fn chain(&mut self, sketch: &mut Sketch, span: Span) {
        let mut from = self.nodes(sketch, span);
        while !from.is_empty() {
            let Some((forward, backward)) = self.link() else { break };
            let to = self.nodes(sketch, span);
            for (left, right) in from.iter().flat_map(|left| to.iter().map(move |right| (*left, *right))) {
                if !(forward || backward) {
                    sketch.edge(left, right, Relation::Attached, span);
                }
                if forward {
                    sketch.edge(left, right, Relation::Uses, span);
                }
                if backward {
                    sketch.edge(right, left, Relation::Uses, span);
                }
            }
            from = to;
        }
    }

    /// One node, or several with `&` between.
    fn nodes(&mut self, sketch: &mut Sketch, span: Span) -> Vec<usize> {
        let mut found = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let length = id_length(self.rest);
            if length == 0 {
                return found;
            }
            let id = &self.rest[..length];
            self.rest = &self.rest[length..];
            let label = self.label();
            self.class();
            found.push(sketch.node(id, label, false, span));
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('&') {
                Some(rest) => self.rest = rest,
                None => return found,
            }
        }
    }

    /// The text in a node's brackets.
    fn label(&mut self) -> Option<&'a str> {
        let open = self.rest.len() - self.rest.trim_start_matches(['[', '(', '{', '>', '/', '\\']).len();
        if open == 0 || !self.rest.starts_with(['[', '(', '{', '>']) {
            return None;
        }
        let opening = &self.rest[..open];
        let closing: String = opening.chars().rev().map(mirrored).collect();
        let inner = &self.rest[open..];
        let quoted = inner.trim_start().strip_prefix('"').and_then(|text| Some((text, text.find('"')?)));
        let (label, after) = match quoted {
            Some((text, end)) => (&text[..end], &text[end + 1..]),
            None => {
                let end = inner.find(&closing).or_else(|| inner.find([']', ')', '}'])).unwrap_or(inner.len());
                (&inner[..end], &inner[end..])
            }
        };
        let closed = after.trim_start().trim_start_matches([']', ')', '}', '/', '\\']);
        self.rest = closed;
        Some(label.trim().trim_matches('"'))
    }

    /// `:::class` and `@{ … }`.
    fn class(&mut self) {
        if let Some(rest) = self.rest.strip_prefix(":::") {
            self.rest = &rest[id_length(rest)..];
        }
        if self.rest.starts_with("@{") {
            self.rest = self.rest.find('}').map_or("", |end| &self.rest[end + 1..]);
        }
    }

    /// A link and the text on it: whether it has a head at its end and at its beginning.
    fn link(&mut self) -> Option<(bool, bool)> {
        let text = self.rest.trim_start();
        let backward = text.starts_with('<');
        let stroke = text.trim_start_matches('<');
        let length = stroke.len() - stroke.trim_start_matches(['-', '=', '.', '~']).len();
        if length < 2 {
            return None;
        }
        let (line, mut after) = stroke.split_at(length);
        let mut forward = head(&mut after);
        if !forward && matches!(line, "--" | "==" | "-.") {
            // The text stands inside of the link: `A -- text --> B`.
            let close = if line == "==" {
                "=="
            } else if line == "-." {
                ".-"
            } else {
                "--"
            };
            let end = after.find(close)?;
            after = after[end..].trim_start_matches(['-', '=', '.']);
            forward = head(&mut after);
        }
        after = after.trim_start();
        if let Some(labelled) = after.strip_prefix('|') {
            after = labelled.find('|').map_or("", |end| &labelled[end + 1..]);
        }
        self.rest = after;
        Some((forward, backward))
    }
}

/// Takes an arrow's head off: `>`, or `x` and `o` before a space.
fn head(after: &mut &str) -> bool {
    if let Some(rest) = after.strip_prefix('>') {
        *after = rest;
        return true;
    }
    for mark in ["x ", "o "] {
        if let Some(rest) = after.strip_prefix(mark) {
            *after = rest;
            return true;
        }
    }
    false
}

fn mirrored(letter: char) -> char {
    match letter {
        '[' | '>' => ']',
        '(' => ')',
        '{' => '}',
        '/' => '/',
        other => other,
    }
}

/// Length of the id at the front: letters, digits, `_`, and single `-` or `.` between them.
fn id_length(text: &str) -> usize {
    let mut end = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let joins =
            matches!(letter, '-' | '.') && at > 0 && letters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !(letter.is_alphanumeric() || letter == '_' || joins) {
            break;
        }
        end = at + letter.len_utf8();
    }
    end
}
