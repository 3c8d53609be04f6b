//! Mermaid sequence diagrams: `participant A as Name`, `A->>B: message`.

use super::{Diagram, DiagramKind, Lines, Relation, Sketch};

/// Arrows, those that contain others first.
const ARROWS: &[(&str, Relation)] = &[
    ("<<-->>", Relation::Replies),
    ("<<->>", Relation::Uses),
    ("-->>", Relation::Replies),
    ("->>", Relation::Uses),
    ("--)", Relation::Replies),
    ("-)", Relation::Uses),
    ("--x", Relation::Replies),
    ("-->", Relation::Replies),
    ("->", Relation::Uses),
    ("-x", Relation::Uses),
];

/// Words that begin a line which is no message.
const OTHER: &[&str] = &[
    "sequenceDiagram",
    "Note",
    "note",
    "loop",
    "alt",
    "else",
    "opt",
    "par",
    "and",
    "critical",
    "break",
    "rect",
    "end",
    "activate",
    "deactivate",
    "autonumber",
    "title",
    "box",
    "destroy",
    "link",
    "links",
    "option",
];

pub(super) fn read(part: usize, lines: Lines<'_>) -> Diagram {
    let mut sketch = Sketch::new(DiagramKind::Sequence, part);
    for (line, span) in lines {
        let line = line.strip_prefix("create ").unwrap_or(line);
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if matches!(first, "participant" | "actor") {
            let (id, label) =
                rest.split_once(" as ").map_or((rest.trim(), None), |(id, label)| (id.trim(), Some(label.trim())));
            sketch.node(id, label, first == "actor", span);
        } else if !OTHER.contains(&first.trim_end_matches(':')) {
            let spoken = line.split(':').next().unwrap_or(line);
            let found = ARROWS
                .iter()
                .filter_map(|arrow| Some((spoken.find(arrow.0)?, arrow)))
                .min_by_key(|(at, arrow)| (*at, std::cmp::Reverse(arrow.0.len())));
            if let Some((at, (arrow, relation))) = found {
                let (from, to) =
                    (spoken[..at].trim(), spoken[at + arrow.len()..].trim_start_matches(['+', '-']).trim());
                if !from.is_empty() && !to.is_empty() && spoken.len() < line.len() {
                    let (from, to) = (sketch.node(from, None, false, span), sketch.node(to, None, false, span));
                    sketch.edge(from, to, *relation, span);
                }
            }
        }
    }
    sketch.diagram
}
