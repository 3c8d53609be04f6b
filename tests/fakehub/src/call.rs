//! One request to the API as the handlers see it, and what they answer: JSON, or a refusal in GitHub's form.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::access::Actor;

/// What a handler gives back.
pub type Reply = Result<Answer, Refusal>;

/// A request, read and authenticated.
#[derive(Debug, Clone)]
pub struct Call {
    /// Upper case.
    pub method: String,
    /// Below the API's root, without the query, as sent: `/repos/o/n/pulls`.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    /// The body as JSON; null when there is none.
    pub body: Value,
    pub actor: Actor,
    /// What the route's placeholders stand for, decoded.
    pub params: Vec<(&'static str, String)>,
}

impl Call {
    /// The value of a placeholder of the route.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub fn number(&self, name: &str) -> Result<u64, Refusal> {
        self.param(name).parse().map_err(|_| Refusal::not_found())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The key of the repository that the route names: `owner/name` in lower case.
    pub fn repo(&self) -> String {
        format!("{}/{}", self.param("owner"), self.param("repo")).to_lowercase()
    }

    /// A text of the body; none when it is missing or null.
    pub fn text(&self, field: &str) -> Result<Option<&str>, Refusal> {
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Refusal::wrong_type(field, other, "a string")),
        }
    }

    pub fn needed_text(&self, field: &str) -> Result<&str, Refusal> {
        self.text(field)?.ok_or_else(|| Refusal::missing(field))
    }

    pub fn flag(&self, field: &str) -> Result<Option<bool>, Refusal> {
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(Refusal::wrong_type(field, other, "a boolean")),
        }
    }

    /// A list of texts of the body; none when it is missing or null.
    pub fn texts(&self, field: &str) -> Result<Option<Vec<String>>, Refusal> {
        match self.body.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => texts(field, value).map(Some),
        }
    }
}

/// A JSON list of strings.
pub fn texts(field: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let list = value.as_array().ok_or_else(|| Refusal::wrong_type(field, value, "an array"))?;
    list.iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| Refusal::wrong_type(field, item, "a string")))
        .collect()
}

/// A status, headers and JSON (null: no body).
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    pub fn created(body: Value) -> Self {
        Self::new(201, body)
    }

    pub fn empty() -> Self {
        Self::new(204, Value::Null)
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An answer that says no.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub message: String,
    /// The `errors` member, when there is one.
    pub errors: Vec<Value>,
    pub headers: Vec<(String, String)>,
}

impl Refusal {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), headers: Vec::new() }
    }

    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 422 "Validation Failed" with one error.
    pub fn invalid(resource: &str, code: &str, field: &str, message: &str) -> Self {
        let mut error = json!({ "resource": resource, "code": code });
        if !field.is_empty() {
            error["field"] = field.into();
        }
        if !message.is_empty() {
            error["message"] = message.into();
        }
        Self { errors: vec![error], ..Self::new(422, "Validation Failed") }
    }

    pub fn missing(field: &str) -> Self {
        Self::new(422, format!("Invalid request.\n\n\"{field}\" wasn't supplied."))
    }

    pub fn wrong_type(field: &str, value: &Value, wanted: &str) -> Self {
        Self::new(422, format!("Invalid request.\n\nFor '{field}', {value} is not {wanted}."))
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The refusal as GitHub sends it.
    pub fn answer(self) -> Answer {
        let mut body = json!({ "message": self.message });
        if !self.errors.is_empty() {
            body["errors"] = self.errors.into();
        }
        body["documentation_url"] = "https://docs.github.com/rest".into();
        body["status"] = self.status.to_string().into();
        Answer { status: self.status, headers: self.headers, body }
    }
}

impl From<crate::git::GitError> for Refusal {
    fn from(error: crate::git::GitError) -> Self {
        Self::new(500, format!("Server Error: {error}"))
    }
}
