//! What a check run's body may hold: the limits that GitHub documents, and those that it only enforces.
//!
//! Pure: a body comes in, what it asks for or the refusal comes out.

use serde_json::Value;

use crate::call::Refusal;

/// Annotations of one request; more are added by further ones.
const ANNOTATIONS: usize = 50;
/// Buttons of a check run.
const ACTIONS: usize = 3;
/// Characters of a title.
const TITLE: usize = 255;
/// Characters of `summary` and of `text`.
const TEXT: usize = 65_535;
/// Bytes of an annotation's message and of its raw details.
const MESSAGE: usize = 64 * 1024;
/// Characters of a button's label, description and identifier.
const BUTTON: [(&str, usize); 3] = [("label", 20), ("description", 40), ("identifier", 20)];
/// How a check run may be said to have ended; `stale` is only GitHub's to say.
const CONCLUSIONS: &[&str] = &["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];

/// What a body asks for; what it does not name is none.
#[derive(Debug, Default, PartialEq)]
pub struct Wanted {
    pub name: Option<String>,
    pub head_sha: Option<String>,
    pub details_url: Option<String>,
    pub external_id: Option<String>,
    /// `queued`, `in_progress` or `completed`, which a conclusion implies.
    pub status: Option<String>,
    pub conclusion: Option<String>,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
    pub output: Option<Output>,
    pub actions: Option<Vec<Value>>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Output {
    pub title: Option<String>,
    pub summary: String,
    pub text: Option<String>,
    /// As GitHub gives them back, without `blob_href`.
    pub annotations: Vec<Value>,
}

/// Reads the body that makes (`is_new`) or changes a check run.
///
/// # Errors
/// 422, as GitHub would.
pub fn read(body: &Value, is_new: bool) -> Result<Wanted, Refusal> {
    let mut wanted = Wanted {
        name: text(body, "name")?,
        head_sha: text(body, "head_sha")?,
        details_url: text(body, "details_url")?,
        external_id: text(body, "external_id")?,
        status: one_of(body, "status", &["queued", "in_progress", "completed"])?,
        conclusion: one_of(body, "conclusion", CONCLUSIONS)?,
        started_at: moment(body, "started_at")?,
        completed_at: moment(body, "completed_at")?,
        output: body.get("output").filter(|value| !value.is_null()).map(|value| output(value, is_new)).transpose()?,
        actions: body.get("actions").filter(|value| !value.is_null()).map(actions).transpose()?,
    };
    if is_new {
        for (field, value) in [("name", &wanted.name), ("head_sha", &wanted.head_sha)] {
            if value.as_deref().is_none_or(str::is_empty) {
                return Err(Refusal::missing(field));
            }
        }
    }
    if let Some(url) = &wanted.details_url
        && !url.starts_with("http://")
        && !url.starts_with("https://")
    {
        return Err(Refusal::invalid("CheckRun", "custom", "details_url", "details_url must use http or https scheme"));
    }
    if wanted.conclusion.is_some() {
        wanted.status = Some("completed".into());
    } else if wanted.status.as_deref() == Some("completed") {
        return Err(Refusal::missing("conclusion"));
    }
    Ok(wanted)
}

fn invalid(why: impl std::fmt::Display) -> Refusal {
    Refusal::new(422, format!("Invalid request.\n\n{why}"))
}

fn text(body: &Value, field: &str) -> Result<Option<String>, Refusal> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Refusal::wrong_type(field, other, "a string")),
    }
}

fn one_of(body: &Value, field: &str, words: &[&str]) -> Result<Option<String>, Refusal> {
    let found = text(body, field)?;
    match found.as_deref() {
        Some(word) if !words.contains(&word) => {
            Err(invalid(format!("{word} is not a member of [{}] for '{field}'.", words.join(", "))))
        }
        _ => Ok(found),
    }
}

fn moment(body: &Value, field: &str) -> Result<Option<String>, Refusal> {
    let found = text(body, field)?;
    match &found {
        Some(text) if text.parse::<jiff::Timestamp>().is_err() => {
            Err(invalid(format!("{text:?} is not a valid date-time for '{field}'.")))
        }
        _ => Ok(found),
    }
}

/// A text of at most so many characters.
fn short(body: &Value, field: &str, most: usize) -> Result<Option<String>, Refusal> {
    let found = text(body, field)?;
    let count = found.as_deref().map_or(0, |text| text.chars().count());
    if count > most {
        return Err(invalid(format!("Only {most} characters are allowed for '{field}'; {count} were supplied.")));
    }
    Ok(found)
}

fn items<'a>(value: &'a Value, field: &str, most: usize) -> Result<&'a [Value], Refusal> {
    let items = value.as_array().ok_or_else(|| Refusal::wrong_type(field, value, "an array"))?;
    if items.len() > most {
        let count = items.len();
        return Err(invalid(format!("No more than {most} items are allowed for '{field}'; {count} were supplied.")));
    }
    Ok(items)
}

fn output(value: &Value, is_new: bool) -> Result<Output, Refusal> {
    if !value.is_object() {
        return Err(Refusal::wrong_type("output", value, "an object"));
    }
    let title = short(value, "title", TITLE)?;
    if is_new && title.is_none() {
        return Err(Refusal::missing("title"));
    }
    let summary = short(value, "summary", TEXT)?.ok_or_else(|| Refusal::missing("summary"))?;
    let annotations = match value.get("annotations") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => items(list, "annotations", ANNOTATIONS)?.iter().map(annotation).collect::<Result<_, _>>()?,
    };
    Ok(Output { title, summary, text: short(value, "text", TEXT)?, annotations })
}

fn annotation(value: &Value) -> Result<Value, Refusal> {
    let path = text(value, "path")?.ok_or_else(|| Refusal::missing("path"))?;
    let start = number(value, "start_line")?.ok_or_else(|| Refusal::missing("start_line"))?;
    let end = number(value, "end_line")?.ok_or_else(|| Refusal::missing("end_line"))?;
    let columns = (number(value, "start_column")?, number(value, "end_column")?);
    if end < start {
        return Err(Refusal::invalid("CheckAnnotation", "invalid", "end_line", "end_line is before start_line"));
    }
    if start != end && columns != (None, None) {
        let why = "columns are only allowed when start_line and end_line are the same";
        return Err(Refusal::invalid("CheckAnnotation", "invalid", "start_column", why));
    }
    if let (Some(first), Some(last)) = columns
        && last < first
    {
        return Err(Refusal::invalid("CheckAnnotation", "invalid", "end_column", "end_column is before start_column"));
    }
    let level = one_of(value, "annotation_level", &["notice", "warning", "failure"])?
        .ok_or_else(|| Refusal::missing("annotation_level"))?;
    let message = bytes(value, "message")?.filter(|message| !message.is_empty());
    let message = message.ok_or_else(|| Refusal::missing("message"))?;
    Ok(serde_json::json!({
        "path": path, "start_line": start, "end_line": end, "start_column": columns.0, "end_column": columns.1,
        "annotation_level": level, "title": short(value, "title", TITLE)?, "message": message,
        "raw_details": bytes(value, "raw_details")?,
    }))
}

/// A line or column, from 1.
fn number(value: &Value, field: &str) -> Result<Option<u64>, Refusal> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(given) => match given.as_u64() {
            Some(number) if number > 0 => Ok(Some(number)),
            _ => Err(Refusal::wrong_type(field, given, "an integer from 1")),
        },
    }
}

/// A text of at most 64 KB.
fn bytes(value: &Value, field: &str) -> Result<Option<String>, Refusal> {
    let found = text(value, field)?;
    let size = found.as_deref().map_or(0, str::len);
    if size > MESSAGE {
        return Err(invalid(format!("Only 64 KB are allowed for '{field}'; {size} bytes were supplied.")));
    }
    Ok(found)
}

fn actions(value: &Value) -> Result<Vec<Value>, Refusal> {
    for action in items(value, "actions", ACTIONS)? {
        for (field, most) in BUTTON {
            short(action, field, most)?.ok_or_else(|| Refusal::missing(field))?;
        }
    }
    Ok(value.as_array().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn note() -> Value {
        json!({"path": "a.md", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"})
    }

    fn with(mut value: Value, field: &str, change: Value) -> Value {
        value[field] = change;
        value
    }

    /// A new check run with this field set so; what the refusal says must hold the word, none is let through.
    fn check(field: &str, value: Value, word: Option<&str>) {
        let body = with(json!({"name": "n", "head_sha": "a"}), field, value);
        match (read(&body, true), word) {
            (Ok(_), None) => {}
            (Err(refusal), Some(word)) => {
                let said = format!("{} {:?}", refusal.message, refusal.errors);
                assert!(refusal.status == 422 && said.contains(word), "{field}: {said}");
            }
            (found, word) => panic!("{field}: {found:?} instead of {word:?}"),
        }
    }

    fn output(field: &str, value: Value) -> Value {
        with(json!({"title": "t", "summary": "s"}), field, value)
    }

    #[test]
    fn sizes() {
        check("output", output("title", json!("é".repeat(255))), None);
        check("output", output("title", json!("x".repeat(256))), Some("255"));
        check("output", output("summary", json!("é".repeat(65_535))), None);
        check("output", output("summary", json!("x".repeat(65_536))), Some("65535"));
        check("output", output("text", json!("x".repeat(65_536))), Some("65535"));
        check("output", output("annotations", json!(vec![note(); 50])), None);
        check("output", output("annotations", json!(vec![note(); 51])), Some("50"));
        let message = |text: String| output("annotations", json!([with(note(), "message", json!(text))]));
        check("output", message("x".repeat(65_536)), None);
        check("output", message("x".repeat(65_537)), Some("64 KB"));
        check("output", message("é".repeat(32_769)), Some("64 KB"));
        let button = json!({"label": "l".repeat(20), "description": "d".repeat(40), "identifier": "i".repeat(20)});
        check("actions", json!(vec![button.clone(); 3]), None);
        check("actions", json!(vec![button.clone(); 4]), Some("3"));
        for (field, most) in BUTTON {
            check("actions", json!([with(button.clone(), field, json!("x".repeat(most + 1)))]), Some(field));
        }
    }

    #[test]
    fn annotations_stand_somewhere() {
        let one = |field: &str, value: Value| output("annotations", json!([with(note(), field, value)]));
        check("output", one("start_column", json!(3)), None);
        let mut lines = with(note(), "end_line", json!(2));
        check("output", output("annotations", json!([lines.clone()])), None);
        lines["end_column"] = json!(3);
        check("output", output("annotations", json!([lines])), Some("columns"));
        check("output", one("start_line", json!(2)), Some("end_line"));
        check("output", one("start_line", json!(0)), Some("start_line"));
        check("output", one("start_line", json!("1")), Some("start_line"));
        check("output", one("annotation_level", json!("error")), Some("annotation_level"));
        check("output", one("annotation_level", json!(null)), Some("annotation_level"));
        check("output", one("title", json!("x".repeat(256))), Some("title"));
        check("output", one("path", json!(null)), Some("path"));
    }

    #[test]
    fn how_it_ends() {
        check("status", json!("completed"), Some("conclusion"));
        check("status", json!("waiting"), Some("status"));
        check("conclusion", json!("stale"), Some("conclusion"));
        check("completed_at", json!("yesterday"), Some("completed_at"));
        check("details_url", json!("javascript:x"), Some("details_url"));
        check("name", json!(null), Some("name"));
        check("output", json!({"title": "t"}), Some("summary"));
        check("output", json!({"summary": "s"}), Some("title"));
        let wanted = read(&json!({"conclusion": "success", "output": {"summary": "s"}}), false).unwrap();
        assert_eq!(wanted.status.as_deref(), Some("completed"));
    }
}
