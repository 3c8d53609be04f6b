//! A code fence that nothing closes: the rest of the document becomes code.

use crate::spec::document::{Document, NodeId, NodeKind};
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "unclosed-fence",
    summary: "a code fence is opened and never closed",
    reason: "All that follows is code to Markdown: its headings, requirements and endpoints are not read.",
    hint: "close the fence with a line of the same marks",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let fences = document.nodes().filter(|(_, node)| matches!(node.kind, NodeKind::Fence(_)));
    fences.filter(|(id, _)| !is_closed(document, *id)).map(|(id, _)| finding(document, id)).collect()
}

fn finding(document: &Document, id: NodeId) -> Finding {
    let headings = document.plain(id).lines().filter(|line| is_heading(line)).count();
    let swallowed = match headings {
        0 => String::new(),
        1 => "; it swallows a heading".to_owned(),
        many => format!("; it swallows {many} headings"),
    };
    let place = prose::first_line(document.text(), document.node(id).span);
    Finding::at(place, format!("this code fence is never closed{swallowed}"))
}

/// Whether the last line of a fence closes it. Markers of the quotes and lists around it may stand before the marks.
fn is_closed(document: &Document, id: NodeId) -> bool {
    let source = document.source(id).trim_end();
    let Some(mark) = source.trim_start().chars().next() else { return true };
    let opening = source.trim_start().chars().take_while(|letter| *letter == mark).count();
    let Some((_, last)) = source.rsplit_once('\n') else { return false };
    let closing = last.trim_end().chars().rev().take_while(|letter| *letter == mark).count();
    let before = &last[..last.trim_end().len() - closing];
    closing >= opening && before.trim_matches([' ', '\t', '>']).is_empty()
}

/// A heading in Markdown's words: hashes, a space, a capital or a digit. A comment in code may look so too.
fn is_heading(line: &str) -> bool {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    (1..=6).contains(&level) && title.starts_with(' ') && !title.trim().is_empty()
}
