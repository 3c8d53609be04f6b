//! Which component's section a place stands in.

use super::super::super::item::Component;
use super::super::super::span::Span;

/// The bodies of components with their names, in the order of the text, outer ones first.
pub(in super::super) fn bodies(components: &[Component]) -> Vec<(Span, String)> {
    let named = |component: &Component| {
        let name = component.name.clone();
        component.body.iter().map(|span| (*span, name.clone())).collect::<Vec<_>>()
    };
    let mut found: Vec<(Span, String)> = components.iter().flat_map(named).collect();
    found.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    found
}
