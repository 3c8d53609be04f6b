//! Where a new criterion or requirement goes in the master: behind the last of its kind, with its component's tag; else
//! into a section of its own, before the index of slices.

use super::{NewItem, alike};
use crate::scaffold::escape;
use crate::slicing::slice::ItemKind;
use crate::spec::document::{Document, NodeId, NodeKind};
use crate::spec::edit::Edit;
use crate::spec::item::{Reading, Requirement, RequirementKind};
use crate::spec::read::{Ground, Topic, lexicon};
use crate::spec::span::Span;

/// The edit that writes a new item into the master.
pub(super) fn place(document: &Document, reading: &Reading, item: &NewItem, component: &str) -> Edit {
    let ground = Ground::new(document);
    let end = if document.text().contains("\r\n") { "\r\n" } else { "\n" };
    let line = line(item, component);
    match last_of_kind(ground.document(), reading, item).or_else(|| last_in_section(&ground, item)) {
        Some(entry) => after(document, entry, &line, end),
        None => {
            let (title, below) = match item.kind {
                ItemKind::Criterion => ("## Acceptance Criteria", ""),
                _ if item.quality => ("## Requirements", "### Non-Functional"),
                _ => ("## Requirements", "### Functional"),
            };
            let below = if below.is_empty() { String::new() } else { format!("{below}{end}{end}") };
            section(&ground, &format!("{title}{end}{end}{below}- {line}{end}"), end)
        }
    }
}

/// `**AC-009** (Loans) text`, `**FR-033** [component: Loans] text`.
fn line(item: &NewItem, component: &str) -> String {
    let name = escape::prose(component);
    let id = item.id.as_ref().map(|id| format!("**{}** ", escape::markdown(id))).unwrap_or_default();
    let text = written(&item.text);
    match item.kind {
        ItemKind::Requirement => {
            let label =
                item.category.as_ref().map(|label| format!("{}: ", escape::markdown(label))).unwrap_or_default();
            format!("{label}{id}[component: {name}] {text}")
        }
        _ => format!("{id}({name}) {text}"),
    }
}

/// A text whose references `([FR-003])` stay brackets.
fn written(text: &str) -> String {
    let (words, ids) = super::page::references(text);
    if ids.is_empty() {
        return escape::prose(text);
    }
    let ids: Vec<String> = ids.into_iter().map(|id| format!("[{id}]")).collect();
    format!("{} ({})", escape::prose(words), ids.join(", "))
}

/// The list item of the last item of this kind that stands in a list.
fn last_of_kind(document: &Document, reading: &Reading, item: &NewItem) -> Option<NodeId> {
    let wanted = if item.quality { RequirementKind::NonFunctional } else { RequirementKind::Functional };
    let fits = |requirement: &&Requirement| requirement.kind == wanted;
    let spans: Vec<Span> = match item.kind {
        ItemKind::Criterion => reading.criteria.iter().map(|criterion| criterion.origin.span).collect(),
        _ => reading.requirements.iter().filter(fits).map(|requirement| requirement.origin.span).collect(),
    };
    spans.into_iter().rev().find_map(|span| {
        let (id, _) = document.nodes_in(span).find(|(_, node)| node.kind == NodeKind::Paragraph)?;
        let parent = document.node(id).parent;
        let listed =
            document.node(parent).kind == NodeKind::Item && document.node(document.node(parent).parent).depth == 1;
        (listed && document.node(id).span.start == span.start).then_some(parent)
    })
}

/// The last entry of a list in the section that is for such items.
fn last_in_section(ground: &Ground<'_>, item: &NewItem) -> Option<NodeId> {
    let topic = match item.kind {
        ItemKind::Criterion => Topic::Criteria,
        _ if item.quality => Topic::NonFunctional,
        _ => Topic::Requirements,
    };
    let document = ground.document();
    let parts = ground.parts().iter().rev().filter(|part| part.topic == Some(topic) && !part.skipped);
    let lists = parts.flat_map(|part| part.blocks.iter().rev());
    let mut lists = lists.filter(|block| matches!(document.node(**block).kind, NodeKind::List(_)));
    document.children(*lists.next()?).last()
}

/// Behind a list item, with its marker.
fn after(document: &Document, entry: NodeId, line: &str, end: &str) -> Edit {
    let text = document.text();
    let span = document.node(entry).span;
    let first = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[first..span.start];
    let marker = match document.node(document.node(entry).parent).kind {
        NodeKind::List(Some(start)) => {
            let count = document.children(document.node(entry).parent).count() as u64;
            format!("{}. ", start + count)
        }
        _ => format!("{} ", text[span.start..].chars().next().filter(|mark| "-*+".contains(*mark)).unwrap_or('-')),
    };
    let last = span.start + span.of(text).trim_end().len();
    Edit::new(Span::new(last, last), format!("{end}{indent}{marker}{line}"))
}

/// A section of its own: before the index of slices, else at the end.
fn section(ground: &Ground<'_>, words: &str, end: &str) -> Edit {
    let text = ground.text();
    let index = ground.parts().iter().find(|part| part.level > 0 && lexicon::key(&part.title) == super::index::TITLE);
    match index {
        Some(part) => Edit::new(Span::new(part.span.start, part.span.start), format!("{words}{end}")),
        None => {
            let gap = if text.ends_with(&format!("{end}{end}")) || text.is_empty() {
                String::new()
            } else if text.ends_with('\n') {
                end.to_owned()
            } else {
                format!("{end}{end}")
            };
            Edit::new(Span::new(text.len(), text.len()), format!("{gap}{words}"))
        }
    }
}

/// The new item in a reading of the master with it.
///
/// # Errors
/// How it is read instead.
pub(super) fn found(reading: &Reading, item: &NewItem, component: &str) -> Result<usize, String> {
    let text = escape::one_line(&item.text);
    let tag = Some(component);
    let place = match item.kind {
        ItemKind::Criterion => reading.criteria.iter().position(|found| {
            found.id == item.id && found.tag.as_deref() == tag && escape::one_line(&alike::criterion(found)) == text
        }),
        _ => reading.requirements.iter().position(|found| {
            found.id == item.id && found.tag.as_deref() == tag && escape::one_line(&found.text) == text
        }),
    };
    let place = place.ok_or("the master would not read it like that")?;
    if item.kind == ItemKind::Criterion && reading.criteria[place].voice != item.voice() {
        return Err(format!("begin it with {:?}, so that the master says who speaks", item.voice().words()));
    }
    if item.kind == ItemKind::Requirement
        && (reading.requirements[place].kind == RequirementKind::NonFunctional) != item.quality
    {
        return Err("the master would take it for the other kind of requirement".to_owned());
    }
    Ok(place)
}
