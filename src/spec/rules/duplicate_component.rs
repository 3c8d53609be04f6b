//! Two components with one name.

use std::collections::{HashMap, HashSet};

use crate::spec::document::NodeKind;
use crate::spec::item::Component;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::outline::SectionId;
use crate::spec::span::Span;
use crate::spec::text::name_key;

/// The rule.
pub const RULE: Rule = Rule {
    id: "duplicate-component",
    summary: "two components have one name",
    reason: "They become one slice; if two were meant, their requirements are mixed.",
    hint: "join the two descriptions, or give one of them another name",
    severity: Severity::Warning,
    check,
};

/// Reads the text itself: the reader joins components of one name, which is right for slices and hides what is told
/// here. Entries are compared with those of the same list, headings with their neighbours.
fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let components = subject.reading.components.iter().map(|found| (name_key(&found.name), found));
    let components: HashMap<String, &Component> = components.collect();
    let lists = lists(subject);
    let mut seen: HashMap<(Group, String), Span> = HashMap::new();
    let mut found = Vec::new();
    for (id, node) in document.nodes() {
        let list = document.node(document.node(node.parent).parent);
        let (group, name) = match node.kind {
            NodeKind::Paragraph if lists.contains(&list.span.start) && list.kind != NodeKind::Root => {
                (Group::List(list.span.start), lead(document.plain(id)))
            }
            NodeKind::Heading(_) => {
                let section = document.outline().section(document.outline().at(node.span.start));
                (Group::Headings(section.parent), document.plain(id))
            }
            _ => continue,
        };
        let key = name_key(name);
        let Some(component) = components.get(&key) else { continue };
        if matches!(group, Group::Headings(_)) && !is_read_from(component, node.span) {
            continue;
        }
        let place = prose::name_in(document.text(), node.span, name.trim());
        match seen.get(&(group, key.clone())) {
            Some(first) => {
                let finding = Finding::at(place, format!("the component {:?} is there already", name.trim()));
                found.push(finding.related(*first, "it stands here first"));
            }
            None => {
                seen.insert((group, key), place);
            }
        }
    }
    found
}

/// What stands side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Group {
    /// The entries of a list, by its first byte.
    List(usize),
    /// The headings below one section.
    Headings(Option<SectionId>),
}

/// The lists in which components were found, by their first bytes.
fn lists(subject: &Subject<'_>) -> HashSet<usize> {
    let document = subject.document;
    let starts: HashSet<usize> = subject.reading.components.iter().map(|found| found.origin.span.start).collect();
    let entries =
        document.nodes().filter(|(_, node)| node.kind == NodeKind::Paragraph && starts.contains(&node.span.start));
    let lists = entries.map(|(_, node)| document.node(document.node(node.parent).parent));
    lists.filter(|list| matches!(list.kind, NodeKind::List(_))).map(|list| list.span.start).collect()
}

/// Whether a component was read from a heading or its section.
fn is_read_from(component: &Component, heading: Span) -> bool {
    component.origin.span == heading || component.body.iter().any(|body| body.contains(heading))
}

/// The name at the front of an entry: what stands before a colon or a dash.
fn lead(text: &str) -> &str {
    let end = [":", "：", " – ", " — ", " - "].iter().filter_map(|mark| text.find(mark)).min();
    end.map_or("", |end| &text[..end])
}
