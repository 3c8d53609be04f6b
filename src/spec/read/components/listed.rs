//! Components that an author lists: below a heading that announces them, in a table of parts, in a numbered series of
//! headings, or after a sentence that says what the system consists of.

use super::super::super::document::{NodeId, NodeKind};
use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::ground::Ground;
use super::super::lexicon::{self, Topic};
use super::super::list;
use super::super::table::{Table, cell};
use super::name;

/// One entry of a listing.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) description: String,
    /// The section or the list item that speaks of it alone.
    pub(super) body: Vec<Span>,
    pub(super) span: Span,
}

/// A place where an author lists components.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    /// Whether it lists the parts of the whole system, as far as its headings tell.
    pub(super) whole: bool,
    pub(super) rung: Rung,
}

/// All listings, in the order of the text.
pub(super) fn read(ground: &Ground<'_>) -> Vec<Listing> {
    let mut found = Vec::new();
    let mut series: Vec<Entry> = Vec::new();
    for at in 0..ground.parts().len() {
        let part = &ground.parts()[at];
        if part.skipped {
            continue;
        }
        if let Some(entry) = in_series(ground, at) {
            series.push(entry);
        }
        let announces = part.announced.is_some_and(|found| found.topic == Topic::Components);
        if announces {
            let entries = [below(ground, at), lists(ground, at), tables(ground, at, true)].concat();
            push(&mut found, entries, is_whole(ground, at), Rung::Section);
        } else {
            push(&mut found, tables(ground, at, false), false, Rung::Typed);
            push(&mut found, consists(ground, at), false, Rung::Typed);
            if !matches!(part.topic, Some(Topic::Operations | Topic::Endpoints | Topic::Models)) {
                push(&mut found, coded(ground, at), false, Rung::Typed);
            }
        }
    }
    if series.len() > 1 {
        push(&mut found, series, true, Rung::Typed);
    }
    found
}

fn push(found: &mut Vec<Listing>, entries: Vec<Entry>, whole: bool, rung: Rung) {
    if !entries.is_empty() {
        found.push(Listing { entries, whole, rung });
    }
}

/// Whether a section, and the sections around it, say nothing more than that components follow.
fn is_whole(ground: &Ground<'_>, at: usize) -> bool {
    let says_nothing_else =
        |part: &super::super::ground::Part| part.level <= 1 || part.announced.is_some_and(|found| found.exact);
    says_nothing_else(&ground.parts()[at]) && ground.above(at).all(|above| says_nothing_else(&ground.parts()[above]))
}

/// A heading of a series: "Slice 3: Memory".
fn in_series(ground: &Ground<'_>, at: usize) -> Option<Entry> {
    let part = &ground.parts()[at];
    let heading = part.heading?;
    name::without_series(&part.title)?;
    if matches!(part.topic, Some(Topic::Operations | Topic::Meta)) {
        return None;
    }
    entry(
        ground,
        heading,
        &part.title,
        first_paragraph(ground, at),
        vec![part.span],
        ground.document().node(heading).span,
    )
}

/// The sections right below a section that announces components.
fn below(ground: &Ground<'_>, at: usize) -> Vec<Entry> {
    let parts = ground.parts();
    let children = (at + 1..parts.len()).take_while(|below| parts[*below].span.start < parts[at].span.end);
    let mut found = Vec::new();
    for child in children.filter(|child| parts[*child].parent == Some(at)) {
        let part = &parts[child];
        let Some(heading) = part.heading else { continue };
        if is_container(&part.title) {
            found.extend([below(ground, child), lists(ground, child), tables(ground, child, true)].concat());
            continue;
        }
        let other = part.announced.is_some_and(|found| found.exact || found.topic != Topic::Models);
        let strange = is_about(&part.title) || part.title.split_whitespace().count() > 6;
        if (other || strange) && !name::ends_with_kind(&part.title) {
            continue;
        }
        found.extend(entry(
            ground,
            heading,
            &part.title,
            first_paragraph(ground, child),
            vec![part.span],
            ground.document().node(heading).span,
        ));
    }
    found
}

/// A title that only says how the components below it are looked at: "Level 1", "Whitebox Overall System".
fn is_container(title: &str) -> bool {
    const WORDS: &[&str] = &[
        "level",
        "ebene",
        "niveau",
        "nivel",
        "whitebox",
        "blackbox",
        "detailed",
        "top",
        "view",
        "gesamtsystem",
        "tier",
    ];
    let key = lexicon::key(title);
    let mut words = key.split(' ');
    words.next().is_some_and(|first| WORDS.contains(&first)) || key.ends_with(" view") || key.ends_with(" overview")
}

/// A title about components rather than of one: "Building Block Diagram", "Key Advantages of …", "Vue Logique".
fn is_about(title: &str) -> bool {
    const LAST: &[&str] = &[
        "diagram",
        "diagrams",
        "advantages",
        "benefits",
        "flow",
        "flows",
        "interaction",
        "interactions",
        "communication",
        "structure",
        "principles",
        "considerations",
        "relationships",
        "summary",
        "notes",
        "details",
        "patterns",
        "decisions",
        "hierarchy",
        "lifecycle",
        "matrix",
        "interfaces",
        "definitions",
        "conventions",
        "guidelines",
        "diagramm",
        "übersicht",
        "diagramme",
        "diagrama",
        "图",
        "流程",
        "说明",
        "关系",
        "交互",
        "总览",
    ];
    const FIRST: &[&str] = &[
        "key",
        "how",
        "what",
        "why",
        "when",
        "vue",
        "vista",
        "sicht",
        "adding",
        "list",
        "about",
        "general",
        "common",
        "common patterns",
    ];
    let key = lexicon::key(title);
    let (first, last) = (key.split(' ').next().unwrap_or_default(), key.rsplit(' ').next().unwrap_or_default());
    let unspaced =
        LAST.iter().any(|word| !word.is_ascii() && !word.starts_with(char::is_lowercase) && key.ends_with(word));
    LAST.contains(&last) || unspaced || (FIRST.contains(&first) && !name::ends_with_kind(title))
}

/// Headings that begin with the name of a folder or a file: "vision/ — QR pipeline". Two beside each other make a
/// listing of modules; what stands below one of them is a part of it.
fn coded(ground: &Ground<'_>, at: usize) -> Vec<Entry> {
    let document = ground.document();
    let parts = ground.parts();
    if path_name(&parts[at].title).is_some() {
        return Vec::new();
    }
    let children = (at + 1..parts.len()).take_while(|below| parts[*below].span.start < parts[at].span.end);
    let mut found = Vec::new();
    for child in children.filter(|child| parts[*child].parent == Some(at)) {
        let part = &parts[child];
        if let (Some(heading), Some(name)) = (part.heading, path_name(&part.title)) {
            let span = document.node(heading).span;
            found.extend(entry(ground, heading, name, first_paragraph(ground, child), vec![part.span], span));
        }
    }
    if found.len() > 1 { found } else { Vec::new() }
}

/// The folder or file that a title begins with, when nothing or a dash follows.
fn path_name(title: &str) -> Option<&str> {
    let (first, rest) = title.split_once(' ').unwrap_or((title, ""));
    let goes_on = rest.is_empty() || rest.starts_with(['-', '–', '—', ':', '(']);
    let is_file = first.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty() && (1..=4).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    let simple = !first.starts_with(['/', '-', '@', '.']) && !first.contains(['(', '{', '<', ':', '*']);
    (goes_on && simple && (first.ends_with('/') || is_file)).then(|| first.trim_end_matches('/'))
}

fn first_paragraph(ground: &Ground<'_>, at: usize) -> String {
    let document = ground.document();
    let first = ground.parts()[at].blocks.first().filter(|block| document.node(**block).kind == NodeKind::Paragraph);
    first.map(|block| document.plain(*block).trim().to_owned()).unwrap_or_default()
}

/// The entries of the lists in a section, where at least half of them begin with a name.
fn lists(ground: &Ground<'_>, at: usize) -> Vec<Entry> {
    let blocks = &ground.parts()[at].blocks;
    blocks.iter().flat_map(|block| named_list(ground, *block, true)).collect()
}

/// The entries of a list that begin with a name. Where a heading announces names, a marked one may be of any length.
fn named_list(ground: &Ground<'_>, list: NodeId, announced: bool) -> Vec<Entry> {
    let document = ground.document();
    let entries = list::entries(document, list);
    let mut found = Vec::new();
    for item in &entries {
        let Some(text) = item.text else { continue };
        let Some(lead) = list::lead(document, text) else { continue };
        let long = lead.name.split_whitespace().count() > 6 && !(announced && lead.marked);
        let several = lead.name.contains(['→', '⇒']) || lead.name.contains(" / ");
        if long || several || lead.name.ends_with('.') {
            continue;
        }
        let behind = (lead.rest_at..=document.plain(text).len()).next().map(|_| lead.rest.clone()).unwrap_or_default();
        let whole = document.plain(text)[..lead.rest_at.min(document.plain(text).len())].trim().to_owned();
        let raw = if whole.contains('(') { whole } else { lead.name.clone() };
        let span = document.node(text).span;
        found.extend(entry(ground, text, &raw, behind, vec![document.node(item.item).span], span));
    }
    if found.len() * 2 >= entries.len() { found } else { Vec::new() }
}

/// Heads of a column of names.
const NAME_HEADS: &[&str] = &[
    "component",
    "components",
    "module",
    "modules",
    "service",
    "services",
    "microservice",
    "subsystem",
    "slice",
    "component name",
    "module name",
    "service name",
    "building block",
    "container",
    "package",
    "crate",
    "组件",
    "模块",
    "模块名",
    "模块名称",
    "组件名称",
    "服务",
    "服务名",
    "服务名称",
    "子系统",
    "komponente",
    "modul",
    "baustein",
    "dienst",
    "composant",
    "componente",
    "módulo",
    "servicio",
    "layer",
    "tier",
    "agent",
    "daemon",
    "worker",
    "application",
    "сервис",
    "микросервис",
    "модуль",
    "компонент",
    "подсистема",
    "serviço",
    "subsistema",
    "modulo",
    "servizio",
    "schicht",
    "teilsystem",
    "コンポーネント",
    "モジュール",
    "サービス",
];

/// Heads of a column that says what a component is for.
const ROLE_HEADS: &[&str] = &[
    "responsibility",
    "responsibilities",
    "description",
    "purpose",
    "role",
    "function",
    "what it does",
    "summary",
    "职责",
    "说明",
    "描述",
    "功能",
    "作用",
    "verantwortlichkeit",
    "verantwortung",
    "beschreibung",
    "aufgabe",
    "zweck",
    "responsabilité",
    "rôle",
    "responsabilidad",
    "descripción",
    "propósito",
    "functionality",
    "key responsibilities",
    "primary responsibility",
    "details",
    "notes",
    "назначение",
    "описание",
    "ответственность",
    "роль",
    "функции",
    "descrição",
    "função",
    "responsabilidade",
    "descrizione",
    "responsabilità",
    "説明",
    "役割",
    "責務",
    "概要",
    "aufgaben",
];

/// Heads of tables that use components and do not list them.
const OTHER_HEADS: &[&str] = &[
    "requirement",
    "test",
    "risk",
    "version",
    "technology",
    "license",
    "id",
    "需求",
    "status",
    "owner",
    "cost",
    "change",
];

/// The rows of the tables of components in a section.
fn tables(ground: &Ground<'_>, at: usize, announced: bool) -> Vec<Entry> {
    let document = ground.document();
    let part = &ground.parts()[at];
    if !announced
        && matches!(
            part.topic,
            Some(Topic::Operations | Topic::Meta | Topic::Requirements | Topic::NonFunctional | Topic::Criteria)
        )
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for table in part.blocks.iter().filter_map(|block| Table::of(document, *block)) {
        let named =
            table.header.iter().position(|head| NAME_HEADS.contains(&head.as_str())).filter(|column| *column <= 1);
        let plain = table
            .header
            .iter()
            .position(|head| matches!(head.as_str(), "name" | "名称" | "nom" | "nombre"))
            .filter(|_| announced);
        let role = table.header.iter().position(|head| ROLE_HEADS.contains(&head.as_str()));
        let other = table.header.iter().any(|head| OTHER_HEADS.contains(&head.as_str()));
        let Some(column) =
            named.or(plain).filter(|_| role.is_some() || (announced && !other)).filter(|_| announced || !other)
        else {
            continue;
        };
        for row in &table.rows {
            let words = cell(document, row, Some(column));
            let about = cell(document, row, role);
            let Some(node) = row.cells.get(column) else { continue };
            found.extend(entry(ground, *node, &words, about, Vec::new(), row.span));
        }
    }
    found
}

/// "It consists of two components:" and the list below.
fn consists(ground: &Ground<'_>, at: usize) -> Vec<Entry> {
    let document = ground.document();
    let blocks = &ground.parts()[at].blocks;
    let pairs = blocks.windows(2).filter(|pair| matches!(document.node(pair[1]).kind, NodeKind::List(_)));
    let announced = pairs
        .filter(|pair| document.node(pair[0]).kind == NodeKind::Paragraph && says_consists(document.plain(pair[0])));
    announced.flat_map(|pair| named_list(ground, pair[1], false)).collect()
}

fn says_consists(text: &str) -> bool {
    let text = text.trim_end();
    if !text.ends_with([':', '：']) {
        return false;
    }
    let last = text.trim_end_matches([':', '：']).rsplit(['.', '\n']).next().unwrap_or_default().to_lowercase();
    let verbs = [
        "consists of",
        "comprises",
        "composed of",
        "made up of",
        "divided into",
        "split into",
        "following",
        "由",
        "包括",
        "包含",
        "besteht aus",
        "se compose",
        "consta de",
        "has ",
        "contains",
        "includes",
        "umfasst",
        "gliedert sich",
        "состоит из",
        "включает",
        "composto por",
        "composto da",
        "é composta",
        "构成",
        "から構成",
    ];
    let parts = [
        "component",
        "module",
        "service",
        "subsystem",
        "building block",
        "microservice",
        "模块",
        "组件",
        "服务",
        "子系统",
        "komponente",
        "modul",
        "dienst",
        "composant",
        "componente",
        "módulo",
        "servicio",
        "модул",
        "компонент",
        "сервис",
        "подсистем",
        "serviço",
        "moduli",
        "コンポーネント",
        "モジュール",
    ];
    verbs.iter().any(|verb| last.contains(verb)) && parts.iter().any(|part| last.contains(part))
}

/// An entry, when what is left of its name is one.
fn entry(
    ground: &Ground<'_>,
    node: NodeId,
    raw: &str,
    description: String,
    body: Vec<Span>,
    span: Span,
) -> Option<Entry> {
    let document = ground.document();
    let (cleaned, mut aliases) = name::clean(raw);
    // A name that is nothing but what cleaning takes away is kept as it stands: odd, but the author's.
    let name = if cleaned.chars().any(char::is_alphanumeric) {
        cleaned
    } else {
        raw.trim().trim_end_matches([':', '：']).to_owned()
    };
    let codes =
        document.inlines(node).iter().filter(|inline| inline.kind == super::super::super::document::InlineKind::Code);
    let front = raw.len().max(name.len());
    for code in codes.filter(|code| code.plain.start <= front + 4) {
        let word = code.plain.of(document.plain(node)).trim();
        if word != name
            && !aliases.iter().any(|alias| alias == word)
            && !word.is_empty()
            && !word.contains(char::is_whitespace)
            && raw.contains(word)
        {
            aliases.push(word.to_owned());
        }
    }
    let placeholder =
        name.starts_with('[') && name.ends_with(']') || name.chars().all(|letter| matches!(letter, '.' | '…' | '-'));
    let usable = name.chars().any(char::is_alphanumeric) && name.chars().count() <= 300 && !placeholder;
    (usable && !lexicon::key(&name).is_empty() || is_only_symbols(&name)).then_some(Entry {
        name,
        aliases,
        description,
        body,
        span,
    })
}

/// A name of symbols alone, such as an emoji: odd, but a name.
fn is_only_symbols(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| !letter.is_alphanumeric() && !letter.is_ascii())
}
