//! Pages that show: one handler each, which names its view and its template.

use axum::extract::{Path, Query};
use axum::response::Response;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Deserialize;

use super::ask::{Ask, Page};
use crate::fault::Fault;
use crate::serve::session::{Who, nothing_to_show};
use crate::serve::view;

/// Slices of which the overview still draws the graph; a larger one has a page of its own.
const DRAWN: usize = 60;

/// The repositories; where there is one, its overview.
pub(super) async fn front(ask: Ask, Query(query): Query<view::FrontQuery>) -> Response {
    let rows = ask.app.pages.projects.rows(&ask.visitor.may);
    match rows.as_slice() {
        [only] => {
            let key = only.key.clone();
            ask.always_shown().overview(key, view::OverviewQuery::default()).await
        }
        // Whoever runs the server is told how to go on.
        [] if ask.visitor.who != Who::Link => nothing_to_show(&ask.app, &ask.visitor),
        _ => {
            let page = Page("repositories.html", "Repositories", "repositories");
            ask.outside(page, move |shared, visitor| {
                let view = view::front(&shared.pages.projects.seen(&visitor.may), &query)?;
                Ok(Some(context! { view => Value::from(Serde(view)), q => query.q }))
            })
            .await
        }
    }
}

/// The server's own settings and health, for whoever runs it.
pub(super) async fn server(ask: Ask) -> Response {
    let page = Page("server.html", "Server", "server");
    ask.outside(page, |shared, visitor| {
        let found = view::server(shared, visitor);
        Ok(found.map(|view| context! { view => Value::from(Serde(view)) }))
    })
    .await
}

pub(super) async fn overview(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<view::OverviewQuery>,
) -> Response {
    ask.overview(repository, query).await
}

impl Ask {
    async fn overview(self, repository: String, query: view::OverviewQuery) -> Response {
        self.with(repository, Page("overview.html", "Overview", "overview"), move |project| {
            if let (Some(_), Some((standing, words))) = (project.id, view::lacking(project)) {
                return Ok(Some(context! { lacking => Value::from(Serde(standing)), words }));
            }
            let found = view::overview(project, &query)?;
            let graph = view::graph(project)?;
            let drawing = if graph.nodes.len() <= DRAWN { drawn(project, &graph)? } else { Value::from(()) };
            let view = Value::from(Serde(found));
            Ok(Some(
                context! { lacking => (), view, drawing, slices => graph.nodes.len(), q => query.q, freshness => query.freshness },
            ))
        })
        .await
    }
}

pub(super) async fn graph(ask: Ask, Path(repository): Path<String>) -> Response {
    ask.with(repository, Page("graph.html", "Dependencies", "overview"), |project| {
        let graph = view::graph(project)?;
        let drawing = drawn(project, &graph)?;
        Ok(Some(context! { drawing, view => Value::from(Serde(graph)) }))
    })
    .await
}

fn drawn(project: &view::Project, graph: &crate::report::graph::Graph) -> Result<Value, Fault> {
    let link = |id: &str| format!("/r/{}/slices/{id}", project.key);
    let drawing = graph.svg_within(&link);
    drawing.map(Value::from_safe_string).map_err(|error| Fault::unfinished("the graph can't be drawn").because(&error))
}

pub(super) async fn slice(ask: Ask, Path((repository, slice)): Path<(String, String)>) -> Response {
    ask.page(repository, Page("slice.html", "Slice", "overview"), move |project| view::slice(project, &slice)).await
}

pub(super) async fn file(ask: Ask, Path((repository, slice, path)): Path<(String, String, String)>) -> Response {
    ask.page(repository, Page("file.html", "File", "overview"), move |project| view::file(project, &slice, &path)).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfSlice {
    slice: String,
}

pub(super) async fn conflicts(ask: Ask, Path(repository): Path<String>, Query(query): Query<OfSlice>) -> Response {
    ask.page(repository, Page("conflicts.html", "Conflicts", "conflicts"), move |project| {
        let slice = Some(query.slice.as_str()).filter(|slice| !slice.is_empty());
        view::conflicts(project, slice).map(Some)
    })
    .await
}

pub(super) async fn proposals(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<view::ProposalsQuery>,
) -> Response {
    ask.with(repository, Page("proposals.html", "Proposals", "proposals"), move |project| {
        let view = Value::from(Serde(view::proposals(project, &query)?));
        Ok(Some(context! { view, state => if query.state.is_empty() { "open".to_owned() } else { query.state } }))
    })
    .await
}

pub(super) async fn proposal(ask: Ask, Path((repository, number)): Path<(String, u32)>) -> Response {
    ask.page(repository, Page("proposal.html", "Proposal", "proposals"), move |project| view::proposal(project, number))
        .await
}

pub(super) async fn queue(ask: Ask, Path(repository): Path<String>, Query(query): Query<view::QueueQuery>) -> Response {
    ask.with(repository, Page("queue.html", "Queue", "queue"), move |project| {
        let view = Value::from(Serde(view::queue(project, &query)?));
        Ok(Some(context! { view, status => query.status, kind => query.kind, slice => query.slice }))
    })
    .await
}

pub(super) async fn job(ask: Ask, Path((repository, job)): Path<(String, i64)>) -> Response {
    ask.page(repository, Page("job.html", "Job", "queue"), move |project| view::job(project, job)).await
}

pub(super) async fn deliveries(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<view::DeliveriesQuery>,
) -> Response {
    ask.with(repository, Page("deliveries.html", "Deliveries", "deliveries"), move |project| {
        let view = Value::from(Serde(view::deliveries(project, &query)?));
        Ok(Some(context! { view, q => query.q, event => query.event, state => query.state }))
    })
    .await
}

pub(super) async fn delivery(ask: Ask, Path((repository, delivery)): Path<(String, i64)>) -> Response {
    ask.page(repository, Page("delivery.html", "Delivery", "deliveries"), move |project| {
        view::delivery(project, delivery)
    })
    .await
}

/// Whether a page goes on with what is added.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Following {
    follow: String,
}

pub(super) async fn activity(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<view::ActivityQuery>,
    Query(following): Query<Following>,
) -> Response {
    ask.with(repository, Page("activity.html", "Activity", "activity"), move |project| {
        let view = Value::from(Serde(view::activity(project, &query, None)?));
        let follow = !following.follow.is_empty();
        Ok(Some(context! { view, q => query.q, kind => query.kind, subject => query.subject, follow }))
    })
    .await
}

pub(super) async fn logs(
    ask: Ask,
    Path(repository): Path<String>,
    Query(query): Query<view::LogQuery>,
    Query(following): Query<Following>,
) -> Response {
    ask.with(repository, Page("logs.html", "Logs", "logs"), move |project| {
        let view = Value::from(Serde(view::logs(project, &query, 200)?));
        let follow = !following.follow.is_empty();
        Ok(Some(context! { view, q => query.q, log => query.log, level => query.level, follow }))
    })
    .await
}

pub(super) async fn analytics(ask: Ask, Path(repository): Path<String>) -> Response {
    ask.page(repository, Page("analytics.html", "Analytics", "analytics"), |project| view::analytics(project).map(Some))
        .await
}

pub(super) async fn settings(ask: Ask, Path(repository): Path<String>) -> Response {
    ask.with(repository, Page("settings.html", "Settings", "settings"), |project| {
        Ok(Some(context! { view => Value::from(Serde(view::settings(project).as_ref().clone())) }))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Question {
    q: String,
}

pub(super) async fn search(ask: Ask, Path(repository): Path<String>, Query(question): Query<Question>) -> Response {
    ask.page(repository, Page("search.html", "Search", "search"), move |project| {
        view::search(project, &question.q).map(Some)
    })
    .await
}
