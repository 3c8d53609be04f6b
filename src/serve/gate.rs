//! What every request passes: it gets a number that the log and the answer name, is counted, and its answer gets the
//! headers that keep a browser from doing what no page of vso wants.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::session::random;
use super::state::App;

/// No script, style, image or connection but from the server itself, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer. The referrer stays within the server, and is not turned off: a browser that may not send
/// it says `Origin: null` in forms, and the check of the origin would be blind.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// The header that names a request, in its answer too.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request's number, for whoever wants to name it.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(*name).or_insert(HeaderValue::from_static(value));
    }
    // Pages hold what a person may read; only what says otherwise (assets) is kept.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

pub(super) async fn account(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = given(&request).unwrap_or_else(|| random(8).unwrap_or_default());
    let method = request.method().clone();
    // Without the query: it may hold the one-time token.
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    let took = begun.elapsed();
    let status = response.status().as_u16();
    app.figures.answered(status, took);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match status {
        500.. => tracing::error!(request = id, %method, path, status, ms, "answered"),
        400..500 => tracing::warn!(request = id, %method, path, status, ms, "answered"),
        // Webhooks are in the ledger, and reading is no news.
        _ if method == Method::GET || path == "/webhooks" => {
            tracing::debug!(request = id, %method, path, status, ms, "answered");
        }
        _ => tracing::info!(request = id, %method, path, status, ms, "answered"),
    }
    response
}

/// The number that a proxy gave, if it is a modest one.
fn given(request: &Request) -> Option<String> {
    let text = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let modest =
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    modest.then(|| text.to_owned())
}
