//! The JSON API, mounted at `/api/v1` behind the session: the same views as the pages, described by
//! `/api/v1/openapi.json`. Whatever changes something shows the session's CSRF token in `x-csrf-token`.

mod answer;
mod openapi;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use self::answer::{Body, Call, Checked, not_found};
use super::deed;
use super::problem::Problem;
use super::state::App;
use super::view::{self, Choice};

/// The routes of the API, below `/api/v1`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/version", get(version))
        .route("/openapi.json", get(description))
        .route("/repositories", get(repositories))
        .route("/front", get(front))
        .route("/server", get(server))
        .nest("/repositories/{repository}", of_repository())
        .fallback(|| async { not_found() })
        .method_not_allowed_fallback(|| async { Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not by this method") })
}

fn of_repository() -> Router<App> {
    Router::new()
        .route("/overview", get(overview))
        .route("/graph", get(graph))
        .route("/slices/{slice}", get(slice))
        .route("/slices/{slice}/file", get(file))
        .route("/conflicts", get(conflicts))
        .route("/conflicts/preview", post(preview))
        .route("/conflicts/commit", post(commit))
        .route("/proposals", get(proposals))
        .route("/proposals/{number}", get(proposal))
        .route("/proposals/{number}/{deed}", post(do_proposal))
        .route("/sync", post(sync))
        .route("/queue", get(queue))
        .route("/queue/{job}", get(job))
        .route("/queue/{job}/{deed}", post(do_job))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/{delivery}", get(delivery))
        .route("/deliveries/{delivery}/{deed}", post(do_delivery))
        .route("/activity", get(activity))
        .route("/logs", get(logs))
        .route("/analytics", get(analytics))
        .route("/settings", get(settings))
        .route("/search", get(search))
}

type Repository = Checked<Path<String>>;

async fn version() -> Json<Value> {
    Json(json!({ "name": "vso", "version": env!("CARGO_PKG_VERSION") }))
}

async fn description() -> Json<Value> {
    Json(openapi::description())
}

async fn repositories(call: Call) -> Json<Vec<view::RepositoryRow>> {
    Json(call.app.pages.projects.rows(&call.visitor.may))
}

async fn front(call: Call, query: Checked<Query<view::FrontQuery>>) -> Response {
    call.outside(move |shared, visitor| view::front(&shared.pages.projects.seen(&visitor.may), &query.0.0).map(Some))
        .await
}

async fn server(call: Call) -> Response {
    call.outside(|shared, visitor| Ok(view::server(shared, visitor))).await
}

async fn overview(call: Call, Checked(Path(key)): Repository, query: Checked<Query<view::OverviewQuery>>) -> Response {
    call.view(key, move |project| view::overview(project, &query.0.0).map(Some)).await
}

async fn graph(call: Call, Checked(Path(key)): Repository) -> Response {
    call.view(key, |project| view::graph(project).map(Some)).await
}

async fn slice(call: Call, Checked(Path((key, slice))): Checked<Path<(String, String)>>) -> Response {
    call.view(key, move |project| view::slice(project, &slice)).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct FileQuery {
    /// The file's path from the slice's folder.
    path: String,
}

async fn file(
    call: Call,
    Checked(Path((key, slice))): Checked<Path<(String, String)>>,
    query: Checked<Query<FileQuery>>,
) -> Response {
    call.view(key, move |project| view::file(project, &slice, &query.0.0.path)).await
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub(super) struct ConflictQuery {
    /// Only of this slice.
    slice: String,
}

async fn conflicts(call: Call, Checked(Path(key)): Repository, query: Checked<Query<ConflictQuery>>) -> Response {
    call.view(key, move |project| {
        let slice = Some(query.0.0.slice.as_str()).filter(|slice| !slice.is_empty());
        view::conflicts(project, slice).map(Some)
    })
    .await
}

async fn preview(call: Call, Checked(Path(key)): Repository, Body(choice): Body<Choice>) -> Response {
    call.view(key, move |project| view::preview(project, &choice).map(Some)).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct CommitBody {
    /// What the person chose.
    choice: Choice,
    /// Which preview they saw: its `seen`.
    seen: String,
}

async fn commit(call: Call, Checked(Path(key)): Repository, Body(body): Body<CommitBody>) -> Response {
    let order = call.visitor.order();
    call.view(key, move |project| deed::settle(project, &body.choice, &body.seen, &order).map(Some)).await
}

async fn proposals(
    call: Call,
    Checked(Path(key)): Repository,
    query: Checked<Query<view::ProposalsQuery>>,
) -> Response {
    call.view(key, move |project| view::proposals(project, &query.0.0).map(Some)).await
}

async fn proposal(call: Call, Checked(Path((key, number))): Checked<Path<(String, u32)>>) -> Response {
    call.view(key, move |project| view::proposal(project, number)).await
}

/// How a proposal is merged.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub(super) struct MergeBody {
    /// `merge` (also when empty), `squash` or `rebase`.
    style: String,
}

async fn do_proposal(
    call: Call,
    Checked(Path((key, number, word))): Checked<Path<(String, u32, String)>>,
    Body(body): Body<MergeBody>,
) -> Response {
    let order = call.visitor.order();
    call.view(key, move |project| {
        if view::proposal(project, number)?.is_none() {
            return Ok(None);
        }
        deed::proposal(project, number, &word, &body.style, &order).map(Some)
    })
    .await
}

/// What is synced.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub(super) struct SyncBody {
    /// Only this slice; empty for all.
    slice: String,
    /// Whether a wide plan becomes ordinary proposals.
    wide: bool,
}

async fn sync(call: Call, Checked(Path(key)): Repository, Body(body): Body<SyncBody>) -> Response {
    let order = call.visitor.order();
    call.view(key, move |project| {
        let only = Some(body.slice).filter(|slice| !slice.is_empty());
        deed::sync(project, only, body.wide, &order).map(Some)
    })
    .await
}

async fn queue(call: Call, Checked(Path(key)): Repository, query: Checked<Query<view::QueueQuery>>) -> Response {
    call.view(key, move |project| view::queue(project, &query.0.0).map(Some)).await
}

async fn job(call: Call, Checked(Path((key, job))): Checked<Path<(String, i64)>>) -> Response {
    call.view(key, move |project| view::job(project, job)).await
}

async fn do_job(call: Call, Checked(Path((key, job, word))): Checked<Path<(String, i64, String)>>) -> Response {
    call.view(key, move |project| {
        if view::job(project, job)?.is_none() {
            return Ok(None);
        }
        deed::job(project, job, &word).map(Some)
    })
    .await
}

async fn deliveries(
    call: Call,
    Checked(Path(key)): Repository,
    query: Checked<Query<view::DeliveriesQuery>>,
) -> Response {
    call.view(key, move |project| view::deliveries(project, &query.0.0).map(Some)).await
}

async fn delivery(call: Call, Checked(Path((key, delivery))): Checked<Path<(String, i64)>>) -> Response {
    call.view(key, move |project| view::delivery(project, delivery)).await
}

async fn do_delivery(
    call: Call,
    Checked(Path((key, delivery, word))): Checked<Path<(String, i64, String)>>,
) -> Response {
    call.view(key, move |project| {
        if view::delivery(project, delivery)?.is_none() {
            return Ok(None);
        }
        deed::delivery(project, delivery, &word).map(Some)
    })
    .await
}

async fn activity(call: Call, Checked(Path(key)): Repository, query: Checked<Query<view::ActivityQuery>>) -> Response {
    call.view(key, move |project| view::activity(project, &query.0.0, None).map(Some)).await
}

async fn logs(call: Call, Checked(Path(key)): Repository, query: Checked<Query<view::LogQuery>>) -> Response {
    call.view(key, move |project| view::logs(project, &query.0.0, 200).map(Some)).await
}

async fn analytics(call: Call, Checked(Path(key)): Repository) -> Response {
    call.view(key, |project| view::analytics(project).map(Some)).await
}

async fn settings(call: Call, Checked(Path(key)): Repository) -> Response {
    call.view(key, |project| Ok(Some(view::settings(project).as_ref().clone()))).await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct SearchQuery {
    /// The text to look for.
    q: String,
}

async fn search(call: Call, Checked(Path(key)): Repository, query: Checked<Query<SearchQuery>>) -> Response {
    call.view(key, move |project| view::search(project, &query.0.0.q).map(Some)).await
}
