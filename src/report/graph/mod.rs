//! Who needs whom, as a value and in four notations: Mermaid, DOT, JSON and a drawing. Names are data in all of them.

mod layout;
mod svg;

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::finding::counted;
use crate::report::slices::{platform_word, status_word};
use crate::slicing::Slicing;
use crate::slicing::slice::Source;

/// The slices and what they need; slices that are needed come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Graph {
    /// The system's name.
    pub title: String,
    /// The slices, in an order in which they can be built.
    pub nodes: Vec<Node>,
    /// Who needs whom, in the order of `nodes`.
    pub edges: Vec<Edge>,
}

/// One slice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Node {
    /// Number and slug: `slice-001-members`.
    pub id: String,
    /// The number alone.
    pub number: u32,
    /// The component's name.
    pub name: String,
    /// `hetzner` or `modal`.
    pub platform: String,
    /// The slice's version.
    pub version: String,
    /// `draft`, `implemented`, `tested` or `deployed`.
    pub status: String,
    /// How many requirements are its own.
    pub requirements: usize,
    /// How many endpoints it has.
    pub endpoints: usize,
}

/// One dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Edge {
    /// The slice that needs.
    pub from: String,
    /// The slice that is needed.
    pub to: String,
    /// `stated` by the text, `inferred` from items, or `refined` by a language model.
    #[schemars(with = "String")]
    pub source: Source,
    /// The words that say so.
    pub why: String,
}

impl Graph {
    /// The graph of a slicing.
    #[must_use]
    pub fn of(slicing: &Slicing) -> Self {
        let node = |slice: &crate::slicing::Slice| Node {
            id: slice.id.clone(),
            number: slice.number,
            name: slice.name.clone(),
            platform: platform_word(slice.platform.kind).to_owned(),
            version: slice.version.to_string(),
            status: status_word(slice.status).to_owned(),
            requirements: slice.requirements.iter().filter(|held| !held.shared).count(),
            endpoints: slice.endpoints.len(),
        };
        let edges = slicing.slices.iter().flat_map(|slice| {
            slice.needs.iter().map(|need| Edge {
                from: slice.id.clone(),
                to: need.slice.clone(),
                source: need.source,
                why: need.why.clone(),
            })
        });
        Self { title: slicing.title.clone(), nodes: slicing.slices.iter().map(node).collect(), edges: edges.collect() }
    }

    /// A Mermaid flow chart. An arrow points at what is needed; a dotted one was not stated by the text.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart RL\n");
        let _ = writeln!(text, "  accTitle: {}", line(&self.heading()));
        let _ = writeln!(text, "  accDescr: {}", line(&self.summary()));
        for node in &self.nodes {
            let label = format!("{:03} {}", node.number, node.name);
            let _ = writeln!(text, "  s{}[\"{}\"]", node.number, mermaid_text(&label));
        }
        for edge in &self.edges {
            let arrow = if edge.source == Source::Stated { "-->" } else { "-.->" };
            let _ = writeln!(text, "  s{} {arrow} s{}", self.number(&edge.from), self.number(&edge.to));
        }
        if self.nodes.iter().any(|node| node.platform == "modal") {
            text.push_str("  classDef modal stroke-dasharray: 1 3,stroke-width: 2px\n");
            let modal = self.nodes.iter().filter(|node| node.platform == "modal");
            let names: Vec<String> = modal.map(|node| format!("s{}", node.number)).collect();
            let _ = writeln!(text, "  class {} modal", names.join(","));
        }
        text
    }

    /// A graph for Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph slices {\n");
        let _ = writeln!(text, "  label=\"{}\";", dot_text(&self.heading()));
        text.push_str("  rankdir=RL;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        for node in &self.nodes {
            let (id, name) = (dot_text(&node.id), dot_text(&node.name));
            let tip = format!("{} on {}, version {}, {}", node.id, node.platform, node.version, node.status);
            let _ = writeln!(text, "  \"{id}\" [label=\"{:03} {name}\", tooltip=\"{}\"];", node.number, dot_text(&tip));
        }
        for edge in &self.edges {
            let style = match edge.source {
                Source::Stated => "solid",
                Source::Inferred => "dashed",
                Source::Refined => "dotted",
            };
            let (from, to, why) = (dot_text(&edge.from), dot_text(&edge.to), dot_text(&edge.why));
            let _ = writeln!(text, "  \"{from}\" -> \"{to}\" [style={style}, tooltip=\"{why}\"];");
        }
        text.push_str("}\n");
        text
    }

    /// A drawing that stands by itself: no scripts, no fonts or pictures from elsewhere, words for screen readers.
    ///
    /// # Errors
    /// When the built-in template can't be rendered, which a test rules out.
    pub fn svg(&self) -> Result<String, minijinja::Error> {
        svg::render(self, None)
    }

    /// The same as a part of a page, which brings the styles: each slice leads to the address that `link` gives for its id.
    ///
    /// # Errors
    /// When the built-in template can't be rendered, which a test rules out.
    pub fn svg_within(&self, link: &dyn Fn(&str) -> String) -> Result<String, minijinja::Error> {
        svg::render(self, Some(link))
    }

    /// The title of the drawing.
    fn heading(&self) -> String {
        if self.title.is_empty() { "Slices".to_owned() } else { format!("Slices of {}", self.title) }
    }

    /// What the drawing shows, for people who do not see it.
    fn summary(&self) -> String {
        let needs = |node: &Node| {
            let needed: Vec<&str> = self
                .edges
                .iter()
                .filter(|edge| edge.from == node.id)
                .filter_map(|edge| self.nodes.iter().find(|other| other.id == edge.to))
                .map(|other| other.name.as_str())
                .collect();
            (!needed.is_empty()).then(|| format!("{} needs {}.", node.name, needed.join(", ")))
        };
        let sentences: Vec<String> = self.nodes.iter().filter_map(needs).collect();
        let count = counted(self.nodes.len(), "slice");
        format!("{count} in the order in which they can be built. {}", sentences.join(" ")).trim_end().to_owned()
    }

    fn number(&self, id: &str) -> u32 {
        self.nodes.iter().find(|node| node.id == id).map_or(0, |node| node.number)
    }
}

/// One line without what ends a Mermaid line or begins a comment or a block.
fn line(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.replace(['{', '}', ';', '%', '#', '<', '>'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text inside a quoted Mermaid label: everything that is not a plain letter or mark becomes a character code.
fn mermaid_text(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            escaped.push(' ');
        } else if letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '.' | ',' | '/') || !letter.is_ascii() {
            escaped.push(letter);
        } else {
            let _ = write!(escaped, "#{};", u32::from(letter));
        }
    }
    escaped
}

/// Text inside a quoted DOT string.
fn dot_text(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A graph from pairs of numbers.
    pub(crate) fn graph(names: &[&str], edges: &[(usize, usize)]) -> Graph {
        let node = |(at, name): (usize, &&str)| Node {
            id: format!("slice-{:03}", at + 1),
            number: u32::try_from(at).unwrap() + 1,
            name: (*name).to_owned(),
            platform: if at == 1 { "modal" } else { "hetzner" }.into(),
            version: "1.0.0".into(),
            status: "draft".into(),
            requirements: 1,
            endpoints: 0,
        };
        let edge = |(from, to): &(usize, usize)| Edge {
            from: format!("slice-{:03}", from + 1),
            to: format!("slice-{:03}", to + 1),
            source: if from + to == 3 { Source::Inferred } else { Source::Stated },
            why: "it says \"so\"".into(),
        };
        Graph {
            title: "T \"<b>\"".into(),
            nodes: names.iter().enumerate().map(node).collect(),
            edges: edges.iter().map(edge).collect(),
        }
    }

    #[test]
    fn hostile_names_stay_names() {
        let graph = graph(&["a\"]; click s1 \"x", "</script>`{{7*7}}`\n", "数据"], &[(1, 0), (2, 1)]);
        insta::assert_snapshot!(graph.mermaid());
        insta::assert_snapshot!(graph.dot());
    }
}
