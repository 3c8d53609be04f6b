//! What went wrong with a request, as `application/problem+json` (RFC 9457): status, words, hints. Never a secret.

use std::any::Any;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::fault::{Fault, FaultKind};
use crate::spec::lint::redact::redacted;

/// Seconds after which what was not there yet may be.
pub(super) const SOON: u32 = 2;

/// A refusal or a failure, ready to be answered.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    words: String,
    hints: Vec<String>,
    retry_after: Option<u32>,
}

impl Problem {
    /// A status with the words that people read.
    pub fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: words.into(), hints: Vec::new(), retry_after: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Asks to come again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its words, credentials hidden.
    #[must_use]
    pub fn words(&self) -> String {
        redacted(&self.words).into_owned()
    }

    /// What to do next.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// The words, causes and hints as at a terminal; the status by kind.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let status = match fault.kind() {
            FaultKind::Refused => StatusCode::CONFLICT,
            FaultKind::Usage => StatusCode::UNPROCESSABLE_ENTITY,
            FaultKind::Unfinished => StatusCode::INTERNAL_SERVER_ERROR,
            FaultKind::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            let all = fault.to_string();
            tracing::error!(fault = %all, "could not finish");
        }
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(SOON);
        Self { hints: fault.hints().to_vec(), retry_after, ..Self::new(status, fault.message()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({ "type": "about:blank", "status": self.status.as_u16(), "title": self.words() });
        if !self.hints.is_empty() {
            body["hints"] = json!(self.hints);
        }
        let mut response = (self.status, format!("{body}\n")).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The answer where a handler panicked. What it said goes to the log only.
pub(super) fn panicked(what: Box<dyn Any + Send>) -> Response {
    let words = what.downcast_ref::<String>().map(String::as_str).or_else(|| what.downcast_ref::<&str>().copied());
    tracing::error!(words = words.unwrap_or("no words"), "a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "a defect of vso; its log says more").into_response()
}
