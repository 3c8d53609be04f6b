//! A fence out of step: what was meant to close a block opens one, and text is code until the next mark.

use crate::spec::document::{Document, NodeId, NodeKind};
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "stray-fence",
    summary: "a code fence swallows text up to the opening of the next one",
    reason: "One mark too many turns the text after it into code: nothing in it is read.",
    hint: "delete the stray mark, or give the outer fence more marks than the inner one",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let fences = document.nodes().filter_map(|(id, node)| match &node.kind {
        NodeKind::Fence(_) => finding(document, id),
        _ => None,
    });
    fences.collect()
}

/// Inside a fence a line of at least as many marks with a language can only have been meant to open another one.
fn finding(document: &Document, id: NodeId) -> Option<Finding> {
    let source = document.source(id);
    let mark = source.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let opening = source.chars().take_while(|letter| *letter == mark).count();
    let mut at = document.node(id).span.start;
    let mut inner = None;
    for (number, line) in source.split_inclusive('\n').enumerate() {
        let trimmed = line.trim_start_matches([' ', '\t', '>']);
        let marks = trimmed.chars().take_while(|letter| *letter == mark).count();
        let language = trimmed[marks..].trim();
        if number > 0 && marks >= opening && is_language(language) {
            let start = at + line.len() - trimmed.len();
            inner = Some(Span::new(start, start + trimmed.trim_end().len()));
            break;
        }
        at += line.len();
    }
    let place = prose::first_line(document.text(), document.node(id).span);
    let finding = Finding::at(place, "this code fence swallows the opening of another one");
    Some(finding.related(inner?, "this fence was meant to open here"))
}

fn is_language(info: &str) -> bool {
    let first = info.split([' ', '{', ',', ':']).next().unwrap_or_default();
    first.chars().next().is_some_and(char::is_alphabetic)
        && first.len() <= 20
        && first.chars().all(|letter| letter.is_alphanumeric() || "+-#._".contains(letter))
        && !info.contains('`')
}
