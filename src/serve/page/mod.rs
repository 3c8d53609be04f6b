//! The HTML pages. Each renders one view of `serve::view` through a template under `templates/page/`; whatever changes
//! something is a form that is posted, does one use case, and leads back with what came of it.

mod act;
mod ask;
mod asset;
mod export;
mod live;
mod markdown;
mod render;
mod show;

use axum::Router;
use axum::routing::{get, post};

pub use render::Pages;

use super::state::App;

/// What the door's pages need too: styles and pictures, the same for everybody.
pub fn open_router() -> Router<App> {
    Router::new().route("/asset/{file}", get(asset::asset))
}

/// The routes of all pages, from `/`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(show::front))
        .route("/server", get(show::server))
        .nest("/r/{repository}", of_repository())
}

fn of_repository() -> Router<App> {
    Router::new()
        .route("/", get(show::overview))
        .route("/graph", get(show::graph))
        .route("/slices/{slice}", get(show::slice))
        .route("/slices/{slice}/files/{*path}", get(show::file))
        .route("/conflicts", get(show::conflicts))
        .route("/conflicts/preview", post(act::preview))
        .route("/conflicts/commit", post(act::commit))
        .route("/proposals", get(show::proposals))
        .route("/proposals/{number}", get(show::proposal))
        .route("/proposals/{number}/{deed}", post(act::proposal))
        .route("/sync", post(act::sync))
        .route("/queue", get(show::queue))
        .route("/queue/{job}", get(show::job))
        .route("/queue/{job}/{deed}", post(act::job))
        .route("/deliveries", get(show::deliveries))
        .route("/deliveries/{delivery}", get(show::delivery))
        .route("/deliveries/{delivery}/{deed}", post(act::delivery))
        .route("/activity", get(show::activity))
        .route("/activity/export", get(export::activity))
        .route("/logs", get(show::logs))
        .route("/logs/export", get(export::logs))
        .route("/analytics", get(show::analytics))
        .route("/settings", get(show::settings))
        .route("/search", get(show::search))
        .route("/live", get(live::live))
}
