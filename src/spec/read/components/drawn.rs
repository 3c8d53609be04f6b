//! Components that an author draws. A picture of data or of steps is no picture of components, and people, values and
//! the surroundings are left out.

use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::diagrams::{Diagram, DiagramKind, Drawn, Relation};
use super::super::requirements::verbs;
use super::name;

/// A component in a picture.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) span: Span,
    pub(super) rung: Rung,
}

/// The components that pictures show, in the order of the text.
pub(super) fn read(diagrams: &[Diagram]) -> Vec<Found> {
    let arrows = diagrams.iter().filter(|diagram| diagram.kind == DiagramKind::Flow).flat_map(|diagram| &diagram.edges);
    let points = arrows.clone().any(|edge| edge.relation == Relation::Uses);
    let mut found = Vec::new();
    for diagram in diagrams.iter().filter(|diagram| shows_components(diagram)) {
        for (at, node) in diagram.nodes.iter().enumerate() {
            let attached = points && diagram.kind == DiagramKind::Flow && is_attached(diagram, at);
            if !attached && is_component(diagram, node) {
                let name = label_name(&node.label);
                let alias = Some(node.id.clone()).filter(|id| is_word(id) && *id != name);
                found.push(Found { name, aliases: alias.into_iter().collect(), span: node.span, rung: Rung::Fence });
            }
        }
    }
    found
}

/// Whether most of a picture's nodes are parts rather than data or steps.
pub fn shows_components(diagram: &Diagram) -> bool {
    if diagram.kind != DiagramKind::Flow {
        return true;
    }
    let other = diagram.nodes.iter().filter(|node| {
        let name = label_name(&node.label);
        name::is_data(&name) || is_step(&name)
    });
    other.count() * 2 <= diagram.nodes.len()
}

fn is_component(diagram: &Diagram, node: &Drawn) -> bool {
    let name = label_name(&node.label);
    let words = name.split_whitespace().count();
    let named = name.chars().filter(|letter| letter.is_alphanumeric()).count() >= 2 && words <= 6;
    let acts = diagram.kind != DiagramKind::Flow || !(name::is_data(&name) || is_step(&name));
    named && acts && !node.person && !name::is_person(&name)
}

/// A node that only lines without head touch: where the author draws arrows too, those are the surroundings.
fn is_attached(diagram: &Diagram, at: usize) -> bool {
    let mut touching = diagram.edges.iter().filter(|edge| edge.from == at || edge.to == at).peekable();
    touching.peek().is_some() && touching.all(|edge| edge.relation == Relation::Attached)
}

/// A step of a process: it asks, or it tells someone to do something.
fn is_step(name: &str) -> bool {
    name.ends_with(['?', '？']) || (name.contains(' ') && verbs::begins_with_verb(name) && !name::is_actor_noun(name))
}

/// An id that says something to people.
fn is_word(id: &str) -> bool {
    id.chars().count() >= 4
        && id.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
        && id.chars().any(char::is_lowercase)
}

/// The name on a node: the text before a line break, without markup, emoji and the number of an instance.
pub fn label_name(label: &str) -> String {
    let end = ["<br", "\\n", "\n", "<BR"]
        .iter()
        .filter_map(|mark| label.find(mark))
        .filter(|at| *at > 0)
        .min()
        .unwrap_or(label.len());
    let mut text = String::new();
    let mut in_tag = false;
    for letter in label[..end].chars() {
        match letter {
            '<' if !in_tag && label[..end].contains('>') => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            '"' | '`' | '*' => {}
            other => text.push(other),
        }
    }
    let text = text
        .trim()
        .strip_prefix("fa:")
        .map_or(text.trim().to_owned(), |rest| rest.split_once(' ').map_or("", |(_, rest)| rest).to_owned());
    let (name, _) = name::clean(&text);
    instance_of(&name).to_owned()
}

/// "Sensor #1", "Worker 2" and "Node N" are instances of what stands before the number.
fn instance_of(name: &str) -> &str {
    let Some((stem, last)) = name.rsplit_once(' ') else { return name };
    let bare = last.trim_start_matches('#');
    let numbered = !bare.is_empty() && bare.len() <= 2 && bare.bytes().all(|byte| byte.is_ascii_digit());
    let symbolic = matches!(bare, "N" | "n" | "A" | "B" | "C") || last == "...";
    if numbered || symbolic { stem.trim_end() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_give_names() {
        for (label, name) in [
            ("Sensor #1<br/>Raspberry Pi", "Sensor"),
            ("\"REST API\"", "REST API"),
            ("Slice: Agent Core<br/>├─ DB", "Agent Core"),
            ("Sensor 2", "Sensor"),
            ("Web\\nApp", "Web"),
            ("<b>Auth</b>", "Auth"),
            ("OAuth2", "OAuth2"),
        ] {
            assert_eq!(label_name(label), name, "{label}");
        }
    }
}
