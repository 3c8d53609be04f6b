//! The bare pages for people: repositories, pull requests, comments. Everything is escaped; nothing is styled.

use axum::body::Body;
use axum::response::Response;

use crate::state::State;

/// The page of a path.
pub fn show(_state: &mut State, _path: &str) -> Response {
    Response::new(Body::from("fakehub"))
}
