//! Models in tables: a table of fields below a heading that names the model, a table whose rows are entities, and types
//! that a column of types mentions.

use super::super::super::item::Field;
use super::super::super::span::Span;
use super::super::grammar::columns::{Column, Rows};
use super::super::grammar::fields::{collection, is_primitive};
use super::listed::field_list;
use super::typed;

/// Whether a table of fields may be a model: no parameters, headers, settings or codes.
pub(super) fn is_model_table(rows: &Rows<'_>, in_models: bool) -> bool {
    const PARAMETERS: [&str; 14] = [
        "parameter",
        "param",
        "parameters",
        "参数",
        "参数名",
        "参数名称",
        "variable",
        "header",
        "option",
        "flag",
        "parametername",
        "environment variable",
        "setting",
        "parameter name",
    ];
    if !rows.are_fields() || rows.rows.is_empty() {
        return false;
    }
    let typed = rows.find(Column::Type).is_some();
    let parameters = rows.headers.iter().any(|header| PARAMETERS.contains(&header.as_str()));
    let fielded = rows.headers.iter().any(|header| {
        [
            "field",
            "column",
            "attribute",
            "property",
            "字段",
            "字段名",
            "字段名称",
            "列名",
            "属性",
            "feld",
            "spalte",
            "attribut",
            "champ",
            "campo",
            "column name",
            "field name",
        ]
        .contains(&header.as_str())
    });
    let placed = rows.find(Column::Place).is_some();
    !placed
        && if in_models {
            typed || fielded
        } else {
            typed && !parameters && (fielded || rows.find(Column::Field).is_some())
        }
}

/// The models whose rows a table lists: name, fields, description, bytes of the row.
pub(super) fn entities(rows: &Rows<'_>, in_models: bool) -> Vec<(String, Vec<Field>, String, Span)> {
    const NAMES: [&str; 24] = [
        "entity",
        "model",
        "table",
        "collection",
        "data model",
        "table name",
        "entity name",
        "model name",
        "entities",
        "实体",
        "表名",
        "数据表",
        "表",
        "模型",
        "entität",
        "tabelle",
        "entité",
        "entidad",
        "tabla",
        "object",
        "aggregate",
        "record",
        "dto",
        "schema",
    ];
    const FIELDS: [&str; 18] = [
        "fields",
        "attributes",
        "columns",
        "key fields",
        "properties",
        "key attributes",
        "main fields",
        "字段",
        "属性",
        "关键字段",
        "主要字段",
        "felder",
        "attribute",
        "champs",
        "campos",
        "key columns",
        "important fields",
        "schema",
    ];
    let Some(name_at) = rows.headers.iter().position(|header| NAMES.contains(&header.as_str())) else {
        return Vec::new();
    };
    let tables = matches!(
        rows.headers[name_at].as_str(),
        "table" | "table name" | "collection" | "表名" | "数据表" | "tabelle" | "tabla" | "entity" | "entity name"
    );
    let field_at = rows.headers.iter().position(|header| FIELDS.contains(&header.as_str())).filter(|at| *at != name_at);
    if !(in_models || tables || (field_at.is_some() && name_at == 0))
        || rows.are_fields() && rows.find(Column::Type).is_some() && field_at.is_none()
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (cells, span) in &rows.rows {
        let name = cells.get(name_at).copied().unwrap_or_default().trim_matches(['`', '*', ' ']);
        let identifier = !name.contains(' ')
            && (name.contains('_') || name.chars().all(|l| l.is_ascii_lowercase()) || typed::is_own(name));
        if !in_models && field_at.is_none() && !identifier {
            continue;
        }
        if name.is_empty() || name.len() > 60 || name.split(' ').count() > 4 || is_primitive(name) && !in_models {
            continue;
        }
        let listed = field_at.and_then(|at| cells.get(at)).map(|cell| field_list(cell)).unwrap_or_default();
        let description = rows.find(Column::Description).and_then(|at| cells.get(at)).copied().unwrap_or_default();
        found.push((name.to_owned(), listed, description.to_owned(), *span));
    }
    found
}

/// Types that a column of types, requests or answers mentions and that no language or framework brings along.
pub(super) fn mentioned_types(rows: &Rows<'_>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let columns = rows.columns.iter().zip(&rows.headers).enumerate();
    let bodies = columns.filter(|(_, (column, header))| {
        matches!(column, Column::Request | Column::Response)
            || header.contains("payload")
            || header.contains("message type")
    });
    let bodies: Vec<usize> = bodies.map(|(at, _)| at).collect();
    let typed = rows.find(Column::Type).filter(|at| !bodies.contains(at));
    // a single capitalised word is a type where others in its column surely are: `Account` beside `AccountsList`
    let compounds = rows.rows.iter().any(|(cells, _)| {
        bodies
            .iter()
            .filter_map(|at| cells.get(*at))
            .map(|cell| element_name(cell))
            .any(|name| typed::is_own(name) && typed::is_compound(name))
    });
    for (cells, span) in &rows.rows {
        let body = bodies.iter().filter_map(|at| cells.get(*at)).map(|cell| (*cell, false));
        for (written, compound) in typed.and_then(|at| cells.get(at)).map(|cell| (*cell, true)).into_iter().chain(body)
        {
            let name = element_name(written);
            let whole = compound || written.len() < name.len() + 40;
            if whole
                && typed::is_own(name)
                && (typed::is_compound(name) || (!compound && compounds && is_code_word(written, name)))
            {
                found.push((name.to_owned(), *span));
            }
        }
    }
    found
}

/// The name of the element type of what a cell says: `List<UserDTO>`, `Account`, `DebitResponse (balance_after)`.
fn element_name(written: &str) -> &str {
    let first = written.split([' ', ',']).next().unwrap_or_default().trim_matches(['`', '*']);
    let whole = collection(written.trim_matches(['`', '*'])).0;
    let element = if whole.contains(' ') { collection(first).0 } else { whole };
    element.split(['<', '[', '(', ' ', '|', '?', '\\', ',']).next().unwrap_or_default().trim_matches(['`', '*', '#'])
}

/// Whether a cell is one capitalised word, or one with a remark in brackets.
fn is_code_word(written: &str, name: &str) -> bool {
    let rest =
        written.trim().trim_start_matches(['`', '*']).strip_prefix(name).unwrap_or("x").trim_start_matches(['`', '*']);
    rest.is_empty() || rest.trim_start().starts_with('(') || rest.starts_with("[]")
}
