//! Requirements in tables: a column that is called so, or any table with texts in a section of requirements.

use super::super::super::document::{Document, NodeId, NodeKind};
use super::super::super::item::Rung;
use super::super::ground::Ground;
use super::super::lexicon::Topic;
use super::super::table::{Row, Table, cell};
use super::{Draft, Front, Reader, front, ids, normative};

const ID_HEADS: &[&str] = &[
    "id",
    "nr",
    "no",
    "number",
    "req id",
    "requirement id",
    "req",
    "ref",
    "reference",
    "key",
    "编号",
    "序号",
    "需求编号",
    "需求id",
    "kennung",
    "nummer",
    "identifiant",
    "réf",
    "id requisito",
    "código",
    "identificador",
    "num",
    "req no",
    "fr id",
    "nfr id",
    "story id",
    "us id",
    "",
];

/// Heads that say by themselves that requirements stand below.
const TEXT_HEADS: &[&str] = &[
    "requirement",
    "requirements",
    "requirement description",
    "requirement statement",
    "functional requirement",
    "non functional requirement",
    "anforderung",
    "anforderungen",
    "anforderungsbeschreibung",
    "exigence",
    "exigences",
    "requisito",
    "requisitos",
    "requerimiento",
    "需求",
    "需求描述",
    "需求内容",
    "需求说明",
    "功能需求",
    "user story",
    "story",
    "constraint",
    "randbedingung",
    "rule",
    "business rule",
    "quality requirement",
];

/// Heads of a text column where the section says what stands there.
const PLAIN_HEADS: &[&str] = &[
    "description",
    "statement",
    "text",
    "details",
    "detail",
    "definition",
    "beschreibung",
    "erläuterung",
    "erklärung",
    "description de l exigence",
    "libellé",
    "descripción",
    "descrição",
    "描述",
    "说明",
    "内容",
    "功能描述",
    "指标",
    "要求",
    "specification",
    "feature",
    "functionality",
    "功能",
    "title",
    "name",
    "summary",
    "target",
    "goal",
    "criteria",
    "measure",
    "scenario",
    "szenario",
];

const TAG_HEADS: &[&str] = &[
    "component",
    "module",
    "service",
    "slice",
    "subsystem",
    "komponente",
    "模块",
    "组件",
    "composant",
    "componente",
    "owner component",
];

const CATEGORY_HEADS: &[&str] = &[
    "category",
    "quality",
    "attribute",
    "quality attribute",
    "area",
    "aspect",
    "metric",
    "kategorie",
    "qualitätsmerkmal",
    "类别",
    "分类",
    "类型",
    "指标",
    "catégorie",
    "categoría",
    "quality goal",
    "quality requirement",
];

/// Heads of tables that only refer to requirements, or that describe something else.
const OTHER_HEADS: &[&str] = &[
    "test case",
    "test",
    "test id",
    "tests",
    "endpoint",
    "method",
    "path",
    "url",
    "verification",
    "traced to",
    "code",
    "risk",
    "mitigation",
    "actor",
    "role",
    "term",
    "status code",
    "http method",
    "field",
    "column",
    "parameter",
    "类型",
    "字段",
    "字段名",
    "参数",
    "参数名",
    "port",
    "phase",
    "version",
    "date",
    "author",
    "document",
    "impact",
    "probability",
    "file",
    "evidence",
];

/// Reads all tables.
pub(super) fn read(reader: &mut Reader<'_>) {
    let ground = reader.ground;
    let document = ground.document();
    let tables = document.nodes().filter(|(_, node)| node.kind == NodeKind::Table).map(|(id, _)| id);
    for id in tables {
        let start = document.node(id).span.start;
        if ground.is_skipped(start) {
            continue;
        }
        if let Some(table) = Table::of(document, id) {
            let part = ground.part_at(start);
            if let Some(columns) = columns(ground, part, &table) {
                rows(reader, part, &table, &columns);
                reader.spend_all(id);
            }
        }
    }
}

/// Where the parts of a requirement stand in a row.
struct Columns {
    id: Option<usize>,
    text: Option<usize>,
    tag: Option<usize>,
    category: Option<usize>,
    rung: Rung,
}

fn columns(ground: &Ground<'_>, part: usize, table: &Table) -> Option<Columns> {
    let document = ground.document();
    let topic = ground.parts()[part].topic;
    let asked = matches!(topic, Some(Topic::Requirements | Topic::NonFunctional | Topic::Stories | Topic::Features));
    let id = table.header.iter().position(|head| ID_HEADS.contains(&head.as_str()) || head.ends_with(" id"));
    let id = id.filter(|at| table.rows.iter().take(3).any(|row| ids::is_id(&cell(document, row, Some(*at)))));
    let named = exact(table, TEXT_HEADS).filter(|at| Some(*at) != id);
    let plain = exact(table, PLAIN_HEADS).filter(|at| Some(*at) != id);
    let other = table.header.iter().any(|head| OTHER_HEADS.contains(&head.as_str()));
    if other && !(named.is_some() && id.is_some()) {
        return None;
    }
    let has_requirement_ids = id.is_some_and(|at| {
        let open = |row: &Row| {
            ids::leading(&cell(document, row, Some(at))).is_some_and(|found| says_requirement(&found.prefix))
        };
        table.rows.iter().take(3).all(open) && !table.rows.is_empty()
    });
    let text = named.or_else(|| plain.filter(|_| asked || has_requirement_ids));
    let tag = exact(table, TAG_HEADS).filter(|at| Some(*at) != text);
    let category = exact(table, CATEGORY_HEADS).filter(|at| Some(*at) != text);
    if topic == Some(Topic::NonFunctional) && (text.is_none() || id.is_none()) && table.header.len() >= 2 {
        // "| Metric | Target |": the row as a whole says it.
        return Some(Columns { id, text: None, tag, category, rung: Rung::Section });
    }
    let text = text?;
    let texts = table.rows.iter().filter(|row| is_statement(document, row, text)).count();
    let enough = texts * 2 >= table.rows.len();
    let rung = if asked { Rung::Section } else { Rung::Typed };
    (enough && (named.is_some() || id.is_some() || asked)).then_some(Columns {
        id,
        text: Some(text),
        tag,
        category,
        rung,
    })
}

fn exact(table: &Table, heads: &[&str]) -> Option<usize> {
    heads.iter().find_map(|wanted| table.header.iter().position(|head| head == wanted))
}

/// Letters of ids that stand for requirements.
fn says_requirement(prefix: &str) -> bool {
    let first = prefix.split(['-', '_', '.']).next().unwrap_or_default();
    matches!(
        first,
        "FR" | "NFR"
            | "REQ"
            | "R"
            | "F"
            | "NF"
            | "US"
            | "BR"
            | "SR"
            | "UR"
            | "SRS"
            | "RQ"
            | "QR"
            | "NFA"
            | "FA"
            | "RF"
            | "RNF"
            | "PRD"
            | "CON"
            | "EF"
            | "ENF"
    )
}

/// More than a word or an id.
fn is_statement(document: &Document, row: &Row, text: usize) -> bool {
    let words = cell(document, row, Some(text));
    words.split_whitespace().count() >= 3
        || (!words.is_ascii() && words.chars().count() >= 6)
        || normative::force(&words).is_some()
}

fn rows(reader: &mut Reader<'_>, part: usize, table: &Table, columns: &Columns) {
    let document = reader.ground.document();
    let topic = reader.ground.parts()[part].topic;
    for row in &table.rows {
        let (text, at) = match columns.text {
            Some(text) => (cell(document, row, Some(text)), row.cells.get(text).copied()),
            None => (whole(document, row, &[columns.id, columns.tag, columns.category]), None),
        };
        if columns.text.is_none() && !says_something(document, row, columns.id) {
            continue;
        }
        let mut front = in_cell(reader, &text);
        let text = text[front.rest_at..].to_owned();
        let id = cell(document, row, columns.id);
        if ids::is_id(id.trim_matches(['[', ']', '(', ')'])) {
            let id = id.trim_matches(['[', ']', '(', ')']).to_owned();
            front.prefix = id.trim_end_matches(|letter: char| !letter.is_alphabetic()).to_owned();
            front.id = Some(id);
        }
        let tag = cell(document, row, columns.tag);
        if !tag.is_empty() {
            front.tag = Some(reader.names.find(&tag).map_or(tag, str::to_owned));
        }
        let category = cell(document, row, columns.category);
        front.category = front.category.or((!category.is_empty()).then_some(category));
        let span = at.map_or(row.span, |cell: NodeId| document.node(cell).span);
        let span = if span.is_empty() { row.span } else { span };
        reader.take(Draft { text: &text, front, details: Vec::new(), topic, span, rung: columns.rung });
    }
}

/// Whether a row as a whole says more than a name and some marks: a cell behind the first with two words or a figure.
fn says_something(document: &Document, row: &Row, id: Option<usize>) -> bool {
    let cells = row.cells.iter().enumerate().filter(|(at, _)| Some(*at) != id).skip(1);
    let mut texts = cells.map(|(_, cell)| document.plain(*cell).trim());
    texts.any(|text| {
        text.split_whitespace().count() > 1
            || text.bytes().any(|byte| byte.is_ascii_digit())
            || (!text.is_ascii() && text.chars().count() >= 4)
    })
}

fn in_cell(reader: &Reader<'_>, text: &str) -> Front {
    front(text, &reader.names, false)
}

/// All cells of a row but those with a meaning of their own, as one text.
fn whole(document: &Document, row: &Row, apart: &[Option<usize>]) -> String {
    let cells = row.cells.iter().enumerate().filter(|(at, _)| !apart.contains(&Some(*at)));
    let texts: Vec<&str> =
        cells.map(|(_, cell)| document.plain(*cell).trim()).filter(|text| !text.is_empty()).collect();
    texts.join(": ")
}
