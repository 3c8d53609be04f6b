//! The JSON API, mounted at `/api/v1` behind the session. So far it says what answers.

use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::session::Visitor;
use super::state::App;

/// The routes of the API, below `/api/v1`.
pub fn router() -> Router<App> {
    Router::new().route("/version", get(version)).route("/session", get(session))
}

async fn version() -> Json<Value> {
    Json(json!({ "name": "vso", "version": env!("CARGO_PKG_VERSION") }))
}

/// What a program needs to change something: the CSRF token, and when the session ends if it is not used.
async fn session(Extension(visitor): Extension<Visitor>) -> Json<Value> {
    Json(json!({ "csrf": visitor.csrf, "until": visitor.until }))
}
