//! Pictures that authors draw with words: Mermaid flowcharts, sequences and C4, and PlantUML. They are read into nodes
//! and edges, in time linear in their length; nobody else needs to know a notation.

mod flow;
mod plantuml;
mod sequence;
mod structured;

use super::super::document::NodeKind;
use super::super::span::Span;
use super::ground::Ground;

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiagramKind {
    /// Boxes and arrows.
    Flow,
    /// Participants and messages.
    Sequence,
    /// Boxes that the notation itself calls systems, containers or components.
    Structured,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    /// What it shows.
    pub kind: DiagramKind,
    /// The section in which it stands, as a place in [`Ground::parts`].
    pub part: usize,
    /// Its nodes, in the order of the text.
    pub nodes: Vec<Drawn>,
    /// Its edges, in the order of the text.
    pub edges: Vec<Edge>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Its id in the picture.
    pub id: String,
    /// What is written on it, as written.
    pub label: String,
    /// Whether the notation says that it is a person.
    pub person: bool,
    /// The line of the picture on which it first stands.
    pub span: Span,
}

/// An edge between two nodes, as places in [`Diagram::nodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What it says of the two.
    pub relation: Relation,
    /// The line of the picture on which it stands.
    pub span: Span,
}

/// What an edge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// An arrow, or a message that asks.
    Uses,
    /// The answer to a message.
    Replies,
    /// A line without a head.
    Attached,
}

/// All pictures of a document, in the order of the text.
#[must_use]
pub fn all(ground: &Ground<'_>) -> Vec<Diagram> {
    let document = ground.document();
    let mut found = Vec::new();
    for (id, node) in document.nodes() {
        let NodeKind::Fence(info) = &node.kind else { continue };
        let language = info.split([' ', '{', ',']).next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(language.as_str(), "mermaid" | "plantuml" | "puml" | "c4plantuml")
            || ground.is_skipped(node.span.start)
        {
            continue;
        }
        let part = ground.part_at(node.span.start);
        let lines = Lines::new(document.source(id), node.span.start);
        found.extend(read(&language, part, lines));
    }
    found
}

fn read(language: &str, part: usize, lines: Lines<'_>) -> Option<Diagram> {
    if language != "mermaid" {
        return Some(plantuml::read(part, lines));
    }
    let head = lines.clone().find_map(|(line, _)| line.split([' ', ';']).next().filter(|word| is_head(word)))?;
    match head {
        "graph" | "flowchart" | "flowchart-elk" => Some(flow::read(part, lines)),
        "sequenceDiagram" => Some(sequence::read(part, lines)),
        _ if head.starts_with("C4") || head == "architecture-beta" => Some(structured::read(part, lines)),
        _ => None,
    }
}

fn is_head(word: &str) -> bool {
    !word.is_empty() && !word.starts_with(['%', '-', '`', '~']) && !word.ends_with(':')
}

/// The lines of a picture, trimmed, with their bytes in the document; comments and fence lines are left out.
#[derive(Clone)]
struct Lines<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn new(source: &'a str, at: usize) -> Self {
        Self { rest: source, at }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (&'a str, Span);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let length = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
            let (line, rest) = self.rest.split_at(length);
            let start = self.at + (line.len() - line.trim_start().len());
            self.rest = rest;
            self.at += length;
            let trimmed = line.trim();
            if !(trimmed.is_empty()
                || trimmed.starts_with("```")
                || trimmed.starts_with("~~~")
                || trimmed.starts_with("%%"))
            {
                return Some((trimmed, Span::new(start, start + trimmed.len())));
            }
        }
        None
    }
}

/// Collects nodes and edges while lines are read.
struct Sketch {
    diagram: Diagram,
    places: std::collections::HashMap<String, usize>,
}

impl Sketch {
    fn new(kind: DiagramKind, part: usize) -> Self {
        Self {
            diagram: Diagram { kind, part, nodes: Vec::new(), edges: Vec::new() },
            places: std::collections::HashMap::new(),
        }
    }

    /// The place of a node, which is made when it is new. A label given later counts.
    fn node(&mut self, id: &str, label: Option<&str>, person: bool, span: Span) -> usize {
        if let Some(place) = self.places.get(id) {
            if let Some(label) = label.filter(|label| !label.is_empty()) {
                label.clone_into(&mut self.diagram.nodes[*place].label);
            }
            return *place;
        }
        let place = self.diagram.nodes.len();
        let label = label.filter(|label| !label.is_empty()).unwrap_or(id).to_owned();
        self.diagram.nodes.push(Drawn { id: id.to_owned(), label, person, span });
        self.places.insert(id.to_owned(), place);
        place
    }

    fn edge(&mut self, from: usize, to: usize, relation: Relation, span: Span) {
        self.diagram.edges.push(Edge { from, to, relation, span });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::document::Document;
    use super::*;

    fn check(text: &str, nodes: &[&str], edges: &[(&str, &str, Relation)]) {
        let document = Document::parse(text).unwrap();
        let ground = Ground::new(&document);
        let found = all(&ground);
        let seen: Vec<&str> = found.iter().flat_map(|d| d.nodes.iter().map(|node| node.label.as_str())).collect();
        assert_eq!(seen, nodes, "{text}");
        let drawn = found.iter().flat_map(|d| {
            d.edges
                .iter()
                .map(|edge| (d.nodes[edge.from].label.as_str(), d.nodes[edge.to].label.as_str(), edge.relation))
        });
        assert_eq!(drawn.collect::<Vec<_>>(), edges, "{text}");
    }

    #[test]
    fn flowcharts_give_nodes_and_edges() {
        use Relation::{Attached, Uses};
        check(
            "```mermaid\ngraph TB\n  subgraph \"Layer\"\n    S1[Sensor #1<br/>Pi]\n    DB[(Store)]\n  end\n  S1 & S2 --> |HTTPS| API(\"REST API\")\n  API <--> DB\n  API -- asks --> Q{{Queue}}:::c --- API\n  Q -.-> DB; Q ==> API\n```\n",
            &["Sensor #1<br/>Pi", "Store", "S2", "REST API", "Queue"],
            &[
                ("Sensor #1<br/>Pi", "REST API", Uses),
                ("S2", "REST API", Uses),
                ("REST API", "Store", Uses),
                ("Store", "REST API", Uses),
                ("REST API", "Queue", Uses),
                ("Queue", "REST API", Attached),
                ("Queue", "Store", Uses),
                ("Queue", "REST API", Uses),
            ],
        );
    }

    #[test]
    fn sequences_give_participants_and_messages() {
        use Relation::{Replies, Uses};
        check(
            "```mermaid\nsequenceDiagram\n  actor U as User\n  participant A as Web App\n  U->>+A: go\n  A-->>-U: ok\n  A->>B: x\n  Note over A,B: hm\n```\n",
            &["User", "Web App", "B"],
            &[("User", "Web App", Uses), ("Web App", "User", Replies), ("Web App", "B", Uses)],
        );
    }

    #[test]
    fn c4_and_plantuml_are_read_too() {
        use Relation::Uses;
        check(
            "```mermaid\nC4Container\n  Person(u, \"User\")\n  Container(web, \"Web App\", \"React\")\n  Rel(u, web, \"uses\")\n```\n",
            &["User", "Web App"],
            &[("User", "Web App", Uses)],
        );
        check(
            "```plantuml\n@startuml\ncomponent \"Order Service\" as orders\n[Billing] as B\norders --> B : charges\n[X] --> [Y]\n@enduml\n```\n",
            &["Order Service", "Billing", "X", "Y"],
            &[("Order Service", "Billing", Uses), ("X", "Y", Uses)],
        );
        check("```mermaid\nstateDiagram-v2\n [*] --> A\n```\n", &[], &[]);
    }
}
