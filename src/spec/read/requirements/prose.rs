//! Requirements in running text: one per binding sentence, wherever nothing better was read.

use super::super::super::document::{NodeId, NodeKind};
use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::ground::Ground;
use super::super::lexicon::Topic;
use super::super::sentences;
use super::normative::{self, Force};
use super::{Draft, Reader, front, ids, story};

/// How an author marks what binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Style {
    /// With key words in capitals: then a sentence without a key word is explanation.
    pub(super) capitals: bool,
}

/// So many key words in capitals make it the style of a document.
const CAPITALS_STYLE: usize = 8;

impl Style {
    pub(super) fn of(ground: &Ground<'_>) -> Self {
        let words = ["MUST", "SHALL", "SHOULD"];
        let count = words.iter().map(|word| ground.text().matches(word).take(CAPITALS_STYLE).count()).sum::<usize>();
        Self { capitals: count >= CAPITALS_STYLE }
    }
}

/// Whether a sentence in a section on a topic counts as a requirement.
pub(super) fn counts(topic: Option<Topic>, style: Style, sentence: &str) -> bool {
    let Some(force) = normative::force(sentence) else { return false };
    match topic {
        Some(Topic::Meta | Topic::Glossary | Topic::OutOfScope | Topic::Criteria) => false,
        Some(Topic::Operations | Topic::Stakeholders) => force >= Force::KeyWord && !addresses_reader(sentence),
        _ if style.capitals => force >= Force::KeyWord,
        _ => true,
    }
}

/// Instructions to whoever reads: "You must install …", "Please …".
fn addresses_reader(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    lower.starts_with("you ") || lower.contains(" you ") || lower.contains("your ") || lower.starts_with("please")
}

/// Reads every paragraph and cell that is not spent.
pub(super) fn read(reader: &mut Reader<'_>) {
    let ground = reader.ground;
    let document = ground.document();
    let mut in_head = false;
    for (id, node) in document.nodes() {
        match node.kind {
            NodeKind::TableHead => in_head = true,
            NodeKind::TableRow => in_head = false,
            _ => {}
        }
        let is_cell = node.kind == NodeKind::TableCell;
        if reader.is_spent(id) || !(node.kind == NodeKind::Paragraph || is_cell) || (is_cell && in_head) {
            continue;
        }
        if node.plain_len() >= 6 && !ground.is_skipped(node.span.start) {
            block(reader, id, is_cell);
        }
    }
}

fn block(reader: &mut Reader<'_>, id: NodeId, is_cell: bool) {
    let ground = reader.ground;
    let document = ground.document();
    let plain = document.plain(id);
    let topic = ground.parts()[ground.part_at(document.node(id).span.start)].topic;
    let mut wanted: Vec<(std::ops::Range<usize>, Rung)> = Vec::new();
    for range in sentences::split(plain) {
        let sentence = &plain[range.clone()];
        let told = story::is_story(sentence) && topic != Some(Topic::Criteria);
        let binds = counts(topic, reader.style, sentence) && (!is_cell || fills_cell(sentence));
        let numbered = !is_cell
            && ids::leading(sentence).is_some_and(|found| found.prefix != "AC")
            && sentence.split_whitespace().count() > 3
            && matches!(topic, Some(Topic::Requirements | Topic::NonFunctional));
        if told || numbered {
            wanted.push((range, Rung::Typed));
        } else if binds {
            wanted.push((range, Rung::Sentence));
        }
    }
    if wanted.is_empty() {
        return;
    }
    let places: Vec<usize> = wanted.iter().flat_map(|(range, _)| [range.start, last(plain, range)]).collect();
    let sources = document.source_offsets(id, &places);
    for ((range, rung), source) in wanted.iter().zip(sources.chunks(2)) {
        let end = source[1] + plain[last(plain, range)..].chars().next().map_or(1, char::len_utf8);
        let span = whole_characters(ground.text(), source[0], end.max(source[0]));
        let sentence = &plain[range.clone()];
        let front = front(sentence, &reader.names, false);
        let text = &sentence[front.rest_at..];
        reader.take(Draft { text, front, details: Vec::new(), topic, span, rung: *rung });
    }
}

/// Where the last character of a range begins.
fn last(plain: &str, range: &std::ops::Range<usize>) -> usize {
    plain[range.clone()].char_indices().next_back().map_or(range.start, |(at, _)| range.start + at)
}

/// A span with its ends moved outwards to whole characters, inside the text.
fn whole_characters(text: &str, start: usize, end: usize) -> Span {
    let start = (0..=start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end = (end.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    Span::new(start, end.max(start))
}

/// A sentence in a cell binds when it has a subject, a key word and some length: "must be unique" describes a field.
fn fills_cell(sentence: &str) -> bool {
    if normative::force(sentence) < Some(Force::KeyWord) {
        return false;
    }
    let ideographs = sentence.chars().filter(|letter| *letter > '\u{2e80}').count();
    let first = sentence.split_whitespace().next().unwrap_or_default().to_lowercase();
    ideographs >= 8
        || (sentence.split_whitespace().count() >= 6
            && !matches!(first.as_str(), "must" | "should" | "shall" | "needs" | "need"))
}
