//! Why one component needs another: what the text states, what its items speak of, what a language model proposed.

use super::dependency::Edge;
use super::identity::Known;
use super::owner::Placed;
use super::plan::Subject;
use super::slice::Source;

/// All edges between components: stated ones first.
pub(super) fn edges(subject: &Subject<'_>, _placed: &Placed, _known: &[Known]) -> Vec<Edge> {
    stated(subject)
}

/// Dependencies that the text states. Names that nobody has are lint's business.
fn stated(subject: &Subject<'_>) -> Vec<Edge> {
    let edges = subject.reading.dependencies.iter().filter_map(|dependency| {
        let (from, to) = (subject.names.find(&dependency.from)?, subject.names.find(&dependency.to)?);
        Some(Edge { from, to, source: Source::Stated, why: dependency.why.clone() })
    });
    edges.collect()
}
