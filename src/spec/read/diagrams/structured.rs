//! Mermaid C4 diagrams, whose notation itself says what is a component: `Container(web, "Web App", "React")`.

use super::{Diagram, DiagramKind, Lines, Relation, Sketch};

pub(super) fn read(part: usize, lines: Lines<'_>) -> Diagram {
    let mut sketch = Sketch::new(DiagramKind::Structured, part);
    for (line, span) in lines {
        let Some((word, rest)) = line.split_once('(') else { continue };
        let word = word.trim();
        let arguments = arguments(rest);
        let argument = |at: usize| arguments.get(at).map(String::as_str).unwrap_or_default();
        if word.contains("Boundary") || word.starts_with("Update") || argument(0).is_empty() {
            continue;
        }
        if word.starts_with("Rel") || word.starts_with("BiRel") {
            if !argument(1).is_empty() {
                let (from, to) =
                    (sketch.node(argument(0), None, false, span), sketch.node(argument(1), None, false, span));
                sketch.edge(from, to, Relation::Uses, span);
            }
        } else if ["Person", "System", "Container", "Component", "Node", "Deployment_Node"]
            .iter()
            .any(|kind| word.starts_with(kind))
        {
            let person = word.starts_with("Person") || word.contains("Node");
            sketch.node(argument(0), Some(argument(1)), person, span);
        }
    }
    sketch.diagram
}

/// The arguments up to the closing parenthesis, without quotes.
fn arguments(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ')' if !quoted => break,
            ',' if !quoted => found.push(String::new()),
            _ => found.last_mut().expect("one is there from the start").push(letter),
        }
    }
    found.iter().map(|argument| argument.trim().to_owned()).collect()
}
