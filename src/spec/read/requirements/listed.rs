//! Requirements in lists: every entry below a heading that announces requirements, and the tasks that follow a
//! sentence such as "The server needs to fulfil the following:".

use super::super::super::document::{Document, InlineKind, NodeId, NodeKind};
use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::lexicon::{self, Topic};
use super::super::list::{self, Entry};
use super::super::sentences;
use super::{Draft, Front, Reader, front, ids, normative, prose, story, targets, verbs};

/// How deep lists of groups are followed.
const MAX_DEPTH: usize = 4;

/// Reads all lists that are asked for, and headings that carry an id.
pub(super) fn read(reader: &mut Reader<'_>) {
    for part in 0..reader.ground.parts().len() {
        if reader.ground.parts()[part].skipped {
            continue;
        }
        let headed = heading(reader, part);
        let blocks = reader.ground.parts()[part].blocks.clone();
        for (at, block) in blocks.iter().enumerate() {
            if !matches!(reader.ground.document().node(*block).kind, NodeKind::List(_)) || reader.is_spent(*block) {
                continue;
            }
            let before = at.checked_sub(1).map(|back| blocks[back]);
            if let Some(lead) = before.and_then(|before| announces_tasks(reader, before)) {
                tasks(reader, part, *block, lead);
            } else if !headed {
                section_list(reader, part, *block);
            }
        }
    }
}

/// A heading with the id of a requirement, or one that is a binding sentence. What hangs below belongs to it.
fn heading(reader: &mut Reader<'_>, part: usize) -> bool {
    let ground = reader.ground;
    let document = ground.document();
    let this = &ground.parts()[part];
    let Some(node) = this.heading else { return false };
    let title = document.plain(node);
    let asked = is_asked(this.topic);
    let trimmed = super::super::title::unnumbered(title);
    let front = front(trimmed, &reader.names, false);
    let is_requirement = front.id.is_some() && (asked || says_requirement(&front.prefix));
    let binds = front.id.is_none()
        && asked
        && trimmed.split_whitespace().count() >= 5
        && normative::force(trimmed) >= Some(normative::Force::KeyWord);
    let described = front.id.is_none() && asked && this.announced.is_none() && attributes(reader, part) >= 2;
    let criterion = front.prefix == "AC";
    if criterion || !(is_requirement || binds || described) {
        return false;
    }
    let mut details = Vec::new();
    for block in &this.blocks {
        if let NodeKind::List(_) = document.node(*block).kind {
            let entries = list::entries(document, *block);
            if entries.iter().any(|entry| entry.text.is_some_and(|text| ids::leading(document.plain(text)).is_some())) {
                // Requirements of their own: "FR-1.1 …".
                section_list(reader, part, *block);
                continue;
            }
            details.extend(
                entries.iter().filter_map(|entry| entry.text).map(|text| document.plain(text).trim().to_owned()),
            );
            reader.spend_all(*block);
        }
    }
    let text = trimmed[front.rest_at..].to_owned();
    let first = this.blocks.first().filter(|block| document.node(**block).kind == NodeKind::Paragraph);
    let text = match first {
        Some(first) if !binds => {
            let words = document.plain(*first).trim().to_owned();
            reader.spend(*first);
            if text.is_empty() { words } else { format!("{text}: {words}") }
        }
        _ => text,
    };
    reader.spend(node);
    reader.take(Draft {
        text: &text,
        front,
        details,
        topic: this.topic,
        span: document.node(node).span,
        rung: Rung::Typed,
    });
    true
}

fn says_requirement(prefix: &str) -> bool {
    let first = prefix.split(['-', '_', '.']).next().unwrap_or_default();
    matches!(
        first,
        "FR" | "NFR"
            | "REQ"
            | "US"
            | "BR"
            | "SR"
            | "UR"
            | "SRS"
            | "NFA"
            | "FA"
            | "RF"
            | "RNF"
            | "UC"
            | "HU"
            | "CU"
            | "R"
            | "F"
    )
}

/// How many entries of a section's lists are attributes of one requirement: "Priority: high", "Input: …".
fn attributes(reader: &Reader<'_>, part: usize) -> usize {
    const LABELS: &[&str] = &[
        "description",
        "priority",
        "input",
        "inputs",
        "output",
        "outputs",
        "actor",
        "actors",
        "precondition",
        "preconditions",
        "postcondition",
        "postconditions",
        "trigger",
        "rationale",
        "source",
        "stimulus",
        "response",
        "acceptance criteria",
        "verification",
        "status",
        "beschreibung",
        "priorität",
        "描述",
        "优先级",
        "输入",
        "输出",
        "前置条件",
        "后置条件",
        "处理",
        "processing",
        "prioridad",
        "descripción",
        "entrada",
        "salida",
        "stimulus response sequences",
        "functional requirements",
        "main flow",
        "basic flow",
        "alternative flow",
        "user story",
        "as a",
        "i want",
        "so that",
    ];
    let document = reader.ground.document();
    let entries = reader.ground.parts()[part]
        .blocks
        .iter()
        .flat_map(|block| list::entries(document, *block).into_iter().take(12));
    let leads = entries.filter_map(|entry| entry.text).filter_map(|text| list::lead(document, text));
    leads.filter(|lead| LABELS.contains(&lexicon::key(&lead.name).as_str())).count()
}

fn is_asked(topic: Option<Topic>) -> bool {
    matches!(topic, Some(Topic::Requirements | Topic::NonFunctional | Topic::Features | Topic::Stories))
}

/// A list in a section of requirements.
fn section_list(reader: &mut Reader<'_>, part: usize, list: NodeId) {
    let this = &reader.ground.parts()[part];
    let topic = this.topic;
    let own = this.announced.is_some();
    if !is_asked(topic) {
        typed_list(reader, part, list);
        return;
    }
    let needs_key_word = reader.style.capitals && !own;
    let mut open: Vec<(NodeId, Option<String>, usize)> = vec![(list, None, 0)];
    while let Some((list, group, depth)) = open.pop() {
        for entry in list::entries(reader.ground.document(), list) {
            let Some(text) = entry.text else { continue };
            if ids::slashed(reader.ground.document().plain(text)).is_some() {
                sheet(reader, &entry, text, topic);
                continue;
            }
            if let Some(label) = group_label(reader.ground.document(), &entry, text).filter(|_| depth < MAX_DEPTH) {
                reader.spend(text);
                open.extend(
                    nested(reader.ground.document(), &entry).map(|list| (list, Some(label.clone()), depth + 1)),
                );
                continue;
            }
            if needs_key_word && !has_key_word(reader, text) {
                continue;
            }
            one(reader, &entry, text, topic, group.as_deref(), Rung::Section);
        }
    }
}

/// A list outside of such sections: entries that carry an id of a requirement, and user stories.
fn typed_list(reader: &mut Reader<'_>, part: usize, list: NodeId) {
    let topic = reader.ground.parts()[part].topic;
    if matches!(topic, Some(Topic::Criteria | Topic::Meta | Topic::Glossary | Topic::OutOfScope)) {
        return;
    }
    for entry in list::entries(reader.ground.document(), list) {
        let Some(text) = entry.text else { continue };
        let plain = reader.ground.document().plain(text);
        if ids::slashed(plain).is_some() && topic != Some(Topic::Models) {
            sheet(reader, &entry, text, topic);
            continue;
        }
        let numbered = ids::leading(plain).is_some_and(|found| {
            says_requirement(&found.prefix) && plain[found.rest_at..].split_whitespace().count() > 3
        });
        if numbered || story::is_story(plain) {
            one(reader, &entry, text, topic, None, Rung::Typed);
        }
    }
}

/// Takes an entry with an id between slashes. Where it is only a title with a colon, what hangs below it is asked for
/// too, verb or not: "/F10/ Login:" and "Sign-in with name and password".
fn sheet(reader: &mut Reader<'_>, entry: &Entry, text: NodeId, topic: Option<Topic>) {
    let ground = reader.ground;
    let document = ground.document();
    let plain = document.plain(text).trim_end();
    // Such an id makes a feature a requirement, and with it what stands below.
    let topic = topic.map(|topic| if topic == Topic::Features { Topic::Requirements } else { topic });
    let below: Vec<Entry> = nested(document, entry).flat_map(|list| list::entries(document, list)).collect();
    if !plain.ends_with([':', '：']) || below.is_empty() {
        one(reader, entry, text, topic, None, Rung::Typed);
        return;
    }
    let front = front(plain, &reader.names, false);
    let words = plain[front.rest_at..].trim_end_matches([':', '：']).to_owned();
    reader.spend(text);
    let span = document.node(text).span;
    reader.take(Draft { text: &words, front, details: Vec::new(), topic, span, rung: Rung::Typed });
    for inner in below {
        if let Some(text) = inner.text {
            one(reader, &inner, text, topic, None, Rung::Typed);
        }
    }
}

/// Takes one entry with its details.
fn one(reader: &mut Reader<'_>, entry: &Entry, text: NodeId, topic: Option<Topic>, group: Option<&str>, rung: Rung) {
    let document = reader.ground.document();
    let plain = document.plain(text);
    if is_reference(document, text) || is_placeholder(plain) {
        reader.spend(text);
        return;
    }
    let mut front: Front = front(plain, &reader.names, true);
    if front.prefix == "AC" {
        return;
    }
    front.category = front.category.or_else(|| group.map(str::to_owned));
    let words = plain[front.rest_at..].to_owned();
    let words = if words.trim().is_empty() { plain.to_owned() } else { words };
    let span = Span::new(document.node(text).span.start, document.node(text).span.end);
    if front.id.is_none() && !says_something(&words) {
        return;
    }
    let details = details(document, entry);
    reader.spend_all(entry.item);
    reader.take(Draft { text: &words, front, details, topic, span, rung });
}

/// More than a word or two: three words, a limit, or as much in a language without spaces.
fn says_something(words: &str) -> bool {
    let ideographs = words.chars().filter(|letter| *letter > '\u{2e80}').count();
    words.split_whitespace().count() >= 3 || ideographs >= 4 || !targets::find(words).is_empty()
}

/// The texts of everything below an entry.
fn details(document: &Document, entry: &Entry) -> Vec<String> {
    let blocks = entry.below.iter().flat_map(|block| std::iter::once(*block).chain(document.descendants(*block)));
    let texts = blocks.filter(|id| document.node(*id).kind == NodeKind::Paragraph);
    texts.map(|id| document.plain(id).trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

fn nested(document: &Document, entry: &Entry) -> impl Iterator<Item = NodeId> {
    entry.below.iter().copied().filter(|block| matches!(document.node(*block).kind, NodeKind::List(_)))
}

/// The name of a group: an entry that only announces the list below it.
fn group_label(document: &Document, entry: &Entry, text: NodeId) -> Option<String> {
    nested(document, entry).next()?;
    let plain = document.plain(text).trim();
    if ids::leading(plain).is_some() {
        return None;
    }
    let bold = document
        .inlines(text)
        .first()
        .is_some_and(|inline| inline.kind == InlineKind::Strong && inline.plain.len() + 2 >= plain.len());
    let bare = plain.trim_end_matches([':', '：']);
    let short =
        bare.split_whitespace().count() <= 5 && normative::force(plain).is_none() && !verbs::begins_with_verb(bare);
    ((bold || bare.len() < plain.len() || short) && bare.split_whitespace().count() <= 6).then(|| bare.to_owned())
}

/// An entry that is nothing but a link.
fn is_reference(document: &Document, text: NodeId) -> bool {
    let plain = document.plain(text).trim();
    document.inlines(text).iter().any(|inline| inline.kind == InlineKind::Link && inline.plain.len() + 1 >= plain.len())
}

/// "[Requirement 1]", "TBD": a place where something is still to be written.
fn is_placeholder(plain: &str) -> bool {
    let plain = plain.trim();
    let bracketed = plain.starts_with('[') && plain.ends_with(']') && plain.len() > 2 && ids::leading(plain).is_none();
    bracketed
        || matches!(
            plain.to_lowercase().trim_end_matches(['.', '…']),
            "tbd" | "todo" | "none" | "n/a" | "无" | "" | "keine"
        )
}

fn has_key_word(reader: &Reader<'_>, text: NodeId) -> bool {
    normative::force(reader.ground.document().plain(text)).is_some_and(|force| force >= normative::Force::KeyWord)
}

/// How a sentence leads into the list below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// "The client SHOULD:": every entry completes the sentence.
    Open,
    /// "The server needs to do the following:": entries that say what to do count.
    Closed,
}

/// How a block leads into a list, when it ends in a binding sentence with a colon.
fn announces_tasks(reader: &Reader<'_>, block: NodeId) -> Option<Lead> {
    let document = reader.ground.document();
    let NodeKind::Paragraph = document.node(block).kind else { return None };
    let plain = document.plain(block).trim_end();
    if !plain.ends_with([':', '：']) {
        return None;
    }
    let topic = reader.ground.parts()[reader.ground.part_at(document.node(block).span.start)].topic;
    let last = sentences::split(plain).pop().map_or("", |range| &plain[range]);
    let bare = last.trim_end_matches([':', '：', ' ']);
    let word = bare.rsplit(' ').next().unwrap_or_default();
    let open = normative::force(&format!("It {word} be")) >= Some(normative::Force::KeyWord);
    prose::counts(topic, reader.style, last).then_some(if open { Lead::Open } else { Lead::Closed })
}

/// The list below such a sentence: entries that say what to do, at every depth.
fn tasks(reader: &mut Reader<'_>, part: usize, list: NodeId, lead: Lead) {
    let topic = reader.ground.parts()[part].topic;
    let mut open = vec![(list, 0)];
    while let Some((list, depth)) = open.pop() {
        for entry in list::entries(reader.ground.document(), list) {
            let document = reader.ground.document();
            if depth < MAX_DEPTH {
                open.extend(nested(document, &entry).map(|list| (list, depth + 1)));
            }
            let Some(text) = entry.text else { continue };
            let plain = document.plain(text);
            let front = front(plain, &reader.names, false);
            let words = plain[front.rest_at..].to_owned();
            let completes = lead == Lead::Open && depth == 0;
            let asks = completes
                || verbs::begins_with_verb(&words)
                || is_asked(topic) && depth == 0
                || normative::force(&words).is_some();
            if asks {
                let span = document.node(text).span;
                reader.spend(text);
                reader.take(Draft { text: &words, front, details: Vec::new(), topic, span, rung: Rung::Sentence });
            }
        }
    }
}
