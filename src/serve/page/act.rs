//! Pages that do: each is posted by a form, does one use case, and leads back to a page that says what came of it.
//! The guard has checked origin and CSRF token before anything here runs.

use std::sync::Arc;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::ask::{Ask, Page};
use super::render::Outcome;
use crate::fault::Fault;
use crate::ledger::{DeliveryId, JobId};
use crate::serve::deed;
use crate::serve::problem::Problem;
use crate::serve::view::{self, Choice, Project};

/// What a deed came to, in words; and what a person should know besides.
pub(super) type Done = Result<(String, Vec<String>), Fault>;

/// Does something and leads to a page that says what came of it.
async fn lead(
    ask: Ask,
    repository: String,
    to: String,
    work: impl FnOnce(&Project) -> Done + Send + 'static,
) -> Response {
    let (app, visitor) = (Arc::clone(&ask.app), ask.visitor);
    let done = app.blocking(move |shared| {
        let Some(project) = shared.pages.projects.get(&repository, &visitor.may) else { return Ok(None) };
        let outcome = match work(&project) {
            Ok((words, notes)) => Outcome { is_good: true, words, notes },
            Err(fault) => {
                let problem = Problem::from(fault);
                Outcome { is_good: false, words: problem.words(), notes: problem.hints().to_vec() }
            }
        };
        Ok(Some((project.key.clone(), shared.pages.say(visitor.session, outcome))))
    });
    match done.await {
        Ok(Some((key, id))) => {
            let mark = if to.contains('?') { '&' } else { '?' };
            Redirect::to(&format!("/r/{key}{to}{mark}said={id}")).into_response()
        }
        Ok(None) => Problem::new(StatusCode::NOT_FOUND, "there is no such repository").into_response(),
        Err(fault) => Problem::from(fault).into_response(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SyncForm {
    slice: String,
    wide: String,
    back: String,
}

/// Opens, updates and ends proposals.
pub(super) async fn sync(ask: Ask, Path(repository): Path<String>, Form(form): Form<SyncForm>) -> Response {
    let to = if form.back == "slice" && !form.slice.is_empty() {
        format!("/slices/{}", safe(&form.slice))
    } else {
        String::new()
    };
    let order = ask.visitor.order();
    lead(ask, repository, to, move |project| {
        let only = Some(form.slice).filter(|slice| !slice.is_empty());
        let done = deed::sync(project, only, !form.wide.is_empty(), &order)?;
        Ok((done.words, done.notes))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProposalForm {
    style: String,
}

/// Merges, closes, reopens a proposal, or says that it is ready.
pub(super) async fn proposal(
    ask: Ask,
    Path((repository, number, word)): Path<(String, u32, String)>,
    Form(form): Form<ProposalForm>,
) -> Response {
    let order = ask.visitor.order();
    lead(ask, repository, format!("/proposals/{number}"), move |project| {
        let done = deed::proposal(project, number, &word, &form.style, &order)?;
        Ok((done.words, done.notes))
    })
    .await
}

/// Tries a job again, or takes it back.
pub(super) async fn job(ask: Ask, Path((repository, job, word)): Path<(String, JobId, String)>) -> Response {
    lead(ask, repository, format!("/queue/{job}"), move |project| {
        Ok((deed::job(project, job, &word)?.words, Vec::new()))
    })
    .await
}

/// Tries a delivery again, or takes it back.
pub(super) async fn delivery(
    ask: Ask,
    Path((repository, delivery, word)): Path<(String, DeliveryId, String)>,
) -> Response {
    let (app, key, may) = (Arc::clone(&ask.app), repository.clone(), ask.visitor.may.clone());
    let is_there = app.blocking(move |shared| match shared.pages.projects.get(&key, &may) {
        Some(project) => view::is_delivery_of(&project, delivery),
        None => Ok(false),
    });
    match is_there.await {
        Ok(true) => {
            let to = format!("/deliveries/{delivery}");
            let work = move |project: &Project| Ok((deed::delivery(project, delivery, &word)?.words, Vec::new()));
            lead(ask, repository, to, work).await
        }
        Ok(false) => Problem::new(StatusCode::NOT_FOUND, "there is no such delivery").into_response(),
        Err(fault) => Problem::from(fault).into_response(),
    }
}

/// Shows what a choice would commit.
pub(super) async fn preview(ask: Ask, Path(repository): Path<String>, Form(choice): Form<Choice>) -> Response {
    ask.page(repository, Page("preview.html", "Preview of the commit", "conflicts"), move |project| {
        view::preview(project, &choice).map(Some)
    })
    .await
}

#[derive(Debug, Deserialize)]
pub(super) struct CommitForm {
    #[serde(flatten)]
    choice: Choice,
    seen: String,
}

/// Commits what was shown.
pub(super) async fn commit(ask: Ask, Path(repository): Path<String>, Form(form): Form<CommitForm>) -> Response {
    let order = ask.visitor.order();
    lead(ask, repository, "/conflicts".to_owned(), move |project| {
        let done = deed::settle(project, &form.choice, &form.seen, &order)?;
        Ok((done.words, done.notes))
    })
    .await
}

/// A slice's id as a part of an address: others never come from our own forms.
fn safe(slice: &str) -> String {
    slice.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
}
