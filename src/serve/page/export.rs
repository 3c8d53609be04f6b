//! Activity and logs as files: JSON, or CSV that no spreadsheet takes for formulas.

use std::sync::Arc;

use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::ask::Ask;
use crate::fault::Fault;
use crate::serve::problem::Problem;
use crate::serve::view::{self, ActivityQuery, LogQuery, Project};

/// Most rows of a file.
const MOST: usize = 10_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    format: String,
}

pub(super) async fn activity(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<ActivityQuery>,
    Query(form): Query<Form>,
) -> Response {
    let head = ["id", "at", "kind", "subject", "data"];
    file(ask, repository, "activity", form, head, move |project| {
        let events = view::activity(project, &query, Some(MOST))?.events;
        let row = |event: &view::EventView| {
            vec![
                event.id.to_string(),
                event.at.clone(),
                event.kind.clone(),
                event.subject.clone(),
                event.data.to_string(),
            ]
        };
        Ok((events.iter().map(row).collect(), events))
    })
    .await
}

pub(super) async fn logs(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<LogQuery>,
    Query(form): Query<Form>,
) -> Response {
    let head = ["at", "log", "level", "text"];
    file(ask, repository, "logs", form, head, move |project| {
        let lines = view::logs(project, &query, MOST)?.lines;
        let row = |line: &view::LogView| vec![line.at.clone(), line.log.clone(), line.level.clone(), line.text.clone()];
        Ok((lines.iter().map(row).collect(), lines))
    })
    .await
}

type Rows<T> = (Vec<Vec<String>>, Vec<T>);

async fn file<T: Serialize + Send + 'static, const N: usize>(
    ask: Ask,
    repository: String,
    name: &'static str,
    form: Form,
    head: [&'static str; N],
    gather: impl FnOnce(&Project) -> Result<Rows<T>, Fault> + Send + 'static,
) -> Response {
    let is_csv = form.format == "csv";
    let (app, visitor) = (Arc::clone(&ask.app), ask.visitor);
    let done = app.blocking(move |shared| {
        let Some(project) = shared.pages.projects.get(&repository, &visitor.may) else { return Ok(None) };
        let (rows, values) = gather(&project)?;
        if !is_csv {
            return Ok(serde_json::to_string_pretty(&values).ok());
        }
        let mut text = line(&head.map(str::to_owned));
        rows.iter().for_each(|row| text.push_str(&line(row)));
        Ok(Some(text))
    });
    match done.await {
        Ok(Some(text)) => {
            let mut response = text.into_response();
            let (kind, end) = if is_csv { ("text/csv; charset=utf-8", "csv") } else { ("application/json", "json") };
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"vso-{name}.{end}\"")) {
                response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
            }
            response
        }
        Ok(None) => Problem::new(StatusCode::NOT_FOUND, "there is no such repository").into_response(),
        Err(fault) => Problem::from(fault).into_response(),
    }
}

/// One line of CSV (RFC 4180). A cell that a spreadsheet would calculate gets an apostrophe.
fn line(cells: &[String]) -> String {
    let cell = |text: &String| {
        let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let check = |text: &str, expected: &str| assert_eq!(line(&[text.to_owned()]), format!("{expected}\r\n"));
        check("a\"b,c", "\"a\"\"b,c\"");
        check("=1+1", "\"'=1+1\"");
        check("-2", "\"'-2\"");
    }
}
