//! The HTML pages. So far one that says where one is; the routes here stand behind the session.

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;

use super::state::App;

const OVERVIEW: &str = include_str!("../../../templates/page/session/overview.html");

/// The routes of all pages, from `/`.
pub fn router() -> Router<App> {
    Router::new().route("/", get(overview))
}

async fn overview(State(app): State<App>) -> Html<String> {
    let name = app.root.file_name().unwrap_or(app.root.as_os_str()).to_string_lossy().into_owned();
    let mut templates = minijinja::Environment::new();
    templates.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    let values = minijinja::context! { project => name, version => env!("CARGO_PKG_VERSION") };
    Html(templates.render_str(OVERVIEW, values).unwrap_or_default())
}
