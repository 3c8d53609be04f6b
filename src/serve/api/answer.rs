//! From a view to JSON, and from a request that can't be understood to a problem.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::serve::problem::Problem;
use crate::serve::session::Visitor;
use crate::serve::state::{App, Shared};
use crate::serve::view::Project;

/// A request to the API.
pub(super) struct Call {
    pub(super) app: App,
    pub(super) visitor: Visitor,
}

impl FromRequestParts<App> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        let visitor = visitor.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "there is no session"))?;
        Ok(Self { app: Arc::clone(app), visitor })
    }
}

/// Something taken from a request; where it can't be, that is said as a problem.
pub(super) struct Checked<T>(pub(super) T);

impl<S: Send + Sync, T: FromRequestParts<S>> FromRequestParts<S> for Checked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match T::from_request_parts(parts, state).await {
            Ok(found) => Ok(Self(found)),
            Err(rejection) => {
                let status = rejection.into_response().status();
                Err(Problem::new(status, "the address can't be understood").hint("/api/v1/openapi.json describes it"))
            }
        }
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(found)) => Ok(Self(found)),
            Err(rejection) => {
                Err(Problem::new(rejection.status(), rejection.body_text()).hint("/api/v1/openapi.json describes it"))
            }
        }
    }
}

impl Call {
    /// Gathers a view where blocking is allowed; none is what is not there.
    pub(super) async fn view<V: Serialize + Send + 'static>(
        self,
        key: String,
        view: impl FnOnce(&Project) -> Result<Option<V>, Fault> + Send + 'static,
    ) -> Response {
        let Self { app, visitor } = self;
        let done = app.blocking(move |shared| match shared.pages.projects.get(&key, &visitor.may) {
            Some(project) => view(&project),
            None => Ok(None),
        });
        match done.await {
            Ok(Some(view)) => Json(view).into_response(),
            Ok(None) => not_found().into_response(),
            Err(fault) => Problem::from(fault).into_response(),
        }
    }
}

impl Call {
    /// Gathers a view of the server itself; none is what is not there.
    pub(super) async fn outside<V: Serialize + Send + 'static>(
        self,
        view: impl FnOnce(&Shared, &Visitor) -> Result<Option<V>, Fault> + Send + 'static,
    ) -> Response {
        let Self { app, visitor } = self;
        match app.blocking(move |shared| view(shared, &visitor)).await {
            Ok(Some(view)) => Json(view).into_response(),
            Ok(None) => not_found().into_response(),
            Err(fault) => Problem::from(fault).into_response(),
        }
    }
}

pub(super) fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such thing")
}
