//! Endpoints in the rows of a table: a column of methods and one of paths, one cell with both, or labels in the first
//! column and values in the second.

use super::super::super::item::{Endpoint, Rung};
use super::super::super::span::Span;
use super::super::code::openapi;
use super::super::grammar::columns::{Column, Rows};
use super::super::grammar::path::{self, FoundPath};
use super::super::grammar::payload::{Known, read_answers, read_payload, status};
use super::detail::add_answers;
use super::inline;
use super::labels::{self, Label, Pending};

/// Longest cell that is taken for methods or paths, in bytes.
const LONGEST_CELL: usize = 400;

/// The endpoints of a table, each with the bytes of its row. `spoken`: whether the section speaks of an interface.
pub(super) fn endpoints(rows: &Rows<'_>, spoken: bool, known: &Known) -> Vec<(Endpoint, Span)> {
    let method_column = rows.find(Column::Method);
    let path_column = rows.path();
    let pages = ["page", "component", "view", "screen", "页面", "组件", "seite", "file", "文件", "datei"];
    let screens = rows.headers.iter().any(|header| header.split(' ').any(|word| pages.contains(&word)));
    let mut found = Vec::new();
    for (cells, span) in &rows.rows {
        let named = row_endpoints(cells, method_column, path_column.map(|(at, _)| at));
        let certain = path_column.is_some_and(|(_, certain)| certain);
        for (methods, read) in named {
            let bare = methods.is_empty();
            let believed = (certain || (spoken && path_column.is_some())) && !screens && !read.hosted;
            if bare && !(believed && path::looks_like_api(&read.path) && !path::is_base(&read.path)) {
                continue;
            }
            let methods: Vec<Option<&str>> = if bare { vec![None] } else { methods.into_iter().map(Some).collect() };
            for method in methods {
                let mut endpoint = openapi::bare(method, &read.path);
                endpoint.parameters.clone_from(&read.query);
                describe(&mut endpoint, rows, cells, known);
                endpoint.origin.rung = Rung::Typed;
                found.push((endpoint, *span));
            }
        }
    }
    found
}

/// Methods and paths of one row.
fn row_endpoints(
    cells: &[&str],
    method_column: Option<usize>,
    path_column: Option<usize>,
) -> Vec<(Vec<&'static str>, FoundPath)> {
    let short = |cell: &&&str| cell.len() <= LONGEST_CELL;
    if let Some(hits) = cells
        .iter()
        .filter(short)
        .map(|cell| inline::with_method(cell))
        .find(|hits| hits.first().is_some_and(|hit| !hit.spoken && hit.start < 12))
    {
        return hits.into_iter().filter(|hit| !hit.spoken).map(|hit| (hit.methods, hit.path)).collect();
    }
    let methods = match method_column {
        Some(at) => cells.get(at).filter(short).and_then(|cell| path::methods(cell)),
        None => {
            cells.iter().filter(|cell| cell.len() <= 40).find_map(|cell| path::methods(cell).filter(|_| is_upper(cell)))
        }
    };
    let written = match path_column {
        Some(at) => cells.get(at).filter(short).copied(),
        None if methods.is_some() => cells.iter().filter(short).find(|cell| is_path(cell)).copied(),
        None => None,
    };
    let Some(written) = written else { return Vec::new() };
    let loose = methods.is_some() && path_column.is_some();
    let methods = methods.unwrap_or_default();
    paths(written, loose).into_iter().map(|path| (methods.clone(), path)).collect()
}

fn is_upper(cell: &str) -> bool {
    !cell.chars().any(char::is_lowercase)
}

/// Whether a cell is a path and nothing else.
fn is_path(cell: &str) -> bool {
    let bare = cell.trim_matches(['`', ' ']);
    path::read(bare).is_some_and(|found| found.path.len() > 1 && found.length + 2 >= bare.len())
}

/// The paths that a cell lists, with the methods that stand by them dropped.
fn paths(cell: &str, loose: bool) -> Vec<FoundPath> {
    let mut found = Vec::new();
    for part in cell.split([' ', ',', '，', '、', ';']).take(20) {
        let bare = part.trim_matches(['`', '*', '"', '(', ')', '\\']);
        let read = if loose && found.is_empty() { path::read_loose(bare) } else { path::read(bare) };
        found.extend(read.filter(|read| read.path != "/" || (!read.hosted && bare == "/")));
        if !loose && found.is_empty() {
            break;
        }
    }
    found
}

/// Reads the other columns of the row.
fn describe(endpoint: &mut Endpoint, rows: &Rows<'_>, cells: &[&str], known: &Known) {
    for (at, column) in rows.columns.iter().enumerate() {
        let Some(cell) = cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty()) else { continue };
        match column {
            Column::Id if is_id(cell) => endpoint.id = Some(cell.trim_matches(['`', '*', '[', ']']).to_owned()),
            Column::Description if endpoint.description.is_empty() => endpoint.description = cell.to_owned(),
            Column::Request if !cell.contains('/') => endpoint.request = read_payload(cell, known, true),
            Column::Response => {
                let answers = read_answers(cell, known);
                let text = answers.iter().any(|answer| {
                    answer.status.is_none() && answer.body.as_ref().is_some_and(|body| !body.text.is_empty())
                });
                if text && answers.len() == 1 && endpoint.description.is_empty() {
                    endpoint.description = cell.to_owned();
                } else {
                    add_answers(endpoint, answers);
                }
            }
            Column::Status => {
                let codes = cell.replace('`', "");
                if status(codes.trim()).is_some() {
                    add_answers(endpoint, read_answers(&codes, known));
                }
            }
            _ => {}
        }
    }
    if endpoint.description.is_empty()
        && let Some(last) = rows.columns.iter().rposition(|column| matches!(column, Column::Other | Column::Field))
        && let Some(cell) = cells.get(last).filter(|cell| !cell.is_empty() && !cell.contains('/'))
    {
        endpoint.description = (*cell).to_owned();
    }
}

/// Whether a cell of an id column is an id: it holds a digit and is short.
fn is_id(cell: &str) -> bool {
    let bare = cell.trim_matches(['`', '*', '[', ']']);
    bare.bytes().any(|byte| byte.is_ascii_digit())
        && bare.bytes().any(|byte| byte.is_ascii_alphabetic())
        && bare.len() <= 24
        && !bare.contains(' ')
}

/// Reads a table of labels and values ("| Method | GET |"), its header as a row too. Whether it was one.
pub(super) fn labelled(header: &[&str], rows: &Rows<'_>, pending: &mut Pending) -> bool {
    let first = header.first().and_then(|cell| labels::label(cell));
    let all = rows.rows.iter().filter_map(|(cells, _)| cells.first().and_then(|cell| labels::label(cell)));
    let named: Vec<Label> = first.into_iter().chain(all).collect();
    let path = named.iter().any(|label| matches!(label, Label::Path(_)));
    if !path || !named.contains(&Label::Method) || header.len() < 2 {
        return false;
    }
    let span = rows.rows.first().map(|(_, span)| *span).unwrap_or_default();
    let header_row = std::iter::once((header, span));
    for (cells, span) in header_row.chain(rows.rows.iter().map(|(cells, span)| (cells.as_slice(), *span))) {
        if let (Some(label), Some(value)) = (cells.first().and_then(|cell| labels::label(cell)), cells.get(1)) {
            pending.take(label, value, span);
        }
    }
    true
}
