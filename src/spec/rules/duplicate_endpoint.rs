//! One method and path described twice.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::spec::document::{NodeId, NodeKind};
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "duplicate-endpoint",
    summary: "an endpoint is described twice",
    reason: "Both descriptions become contract tests of one address, and where they differ one of them must fail.",
    hint: "join the two descriptions, or mend the method or path of one",
    severity: Severity::Error,
    check,
};

/// A method and a path at the front of a text, after an id or a number.
static STATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\[?[A-Za-z]+-?[0-9]+[a-z]?\]?[:.)]?\s+)?(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+(/[^\s,;→]*)")
        .expect("a constant pattern")
});

/// Reads the text itself: the reader joins equal endpoints, which is right for slices and hides what is told here. A
/// list of contents beside the descriptions is no second description, so only entries of one section are compared.
fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let mut seen: HashMap<(Option<NodeId>, String), Span> = HashMap::new();
    let mut found = Vec::new();
    for (id, node) in document.nodes() {
        let around = document.node(node.parent);
        let container = match (&node.kind, &around.kind) {
            (NodeKind::Paragraph, NodeKind::Item) => Some(around.parent),
            (NodeKind::Heading(_), NodeKind::Root) => None,
            _ => continue,
        };
        let plain =
            document.plain(id).trim_start_matches(|letter: char| letter.is_ascii_digit() || ".) ".contains(letter));
        let Some(stated) = STATED.captures(plain) else { continue };
        let place = prose::first_line(document.text(), node.span);
        match seen.get(&(container, key(&stated[1], &stated[2]))) {
            Some(first) => found.push(
                Finding::at(place, format!("{} {} is described twice", &stated[1], &stated[2]))
                    .related(*first, "it is described here first"),
            ),
            None => {
                seen.insert((container, key(&stated[1], &stated[2])), place);
            }
        }
    }
    found
}

/// Method and path without the names of placeholders and a slash at the end. Paths that differ in the query that they
/// ask for are different descriptions of one address, and often meant so.
fn key(method: &str, path: &str) -> String {
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    let segments = bare.trim_end_matches('/').split('/').map(|segment| match segment.chars().next() {
        Some('{' | ':' | '<' | '[' | '$') => "{}",
        _ => segment,
    });
    format!("{method} {} {query}", segments.collect::<Vec<_>>().join("/"))
}
