//! A call without a repository behind it: by a person's own token, or by nobody who is known yet.
//!
//! Few are made, at a person's own pace, so no governor holds them; nothing is sent twice but what never left.

use std::time::Duration;

use reqwest::header::{ACCEPT, LINK, USER_AGENT};
use reqwest::{Client, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::super::refusal::Refusal;
use super::super::send::{header, read};
use super::super::wire::{Answer, Broken, causes, client, received};
use crate::fault::Fault;

/// What answers of the API are asked for as.
pub(super) const API: &str = "application/vnd.github+json";
/// What the sign-in's answers are asked for as; without it they come as a form.
pub(super) const JSON: &str = "application/json";

/// How often a request is sent that never left.
const TRIES: u32 = 2;

/// A connection to one server.
pub(super) struct Plain {
    runtime: Option<Runtime>,
    client: Client,
    timeout: Duration,
}

impl Plain {
    /// Prepares it; nothing is sent yet.
    pub(super) fn open(server: &Url, timeout: Duration) -> Result<Self, Fault> {
        let failed = |error: &dyn std::error::Error| {
            Fault::unfinished("the connection to GitHub can't be prepared").because(error)
        };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
        let inside = runtime.enter();
        let client = client(server).map_err(|error| failed(&error))?;
        drop(inside);
        Ok(Self { runtime: Some(runtime), client, timeout })
    }

    /// Reads something as whoever the token is of.
    pub(super) fn get(&self, url: Url, token: &str) -> Result<Answer, Refusal> {
        self.send(|| self.client.get(url.clone()).bearer_auth(token).header(ACCEPT, API))
    }

    /// Brings something without a token. `accept` is what the answer is asked for as.
    pub(super) fn post(&self, url: Url, body: &Value, accept: &str) -> Result<Answer, Refusal> {
        self.send(|| {
            let request = self.client.post(url.clone()).header(ACCEPT, accept);
            if body.is_null() { request } else { request.json(body) }
        })
    }

    /// Sends one request once; every status is an answer.
    pub(super) fn knock(&self, request: impl Fn(&Client) -> reqwest::RequestBuilder) -> Result<u16, Refusal> {
        let Some(runtime) = &self.runtime else { return Err(Refusal::Stopped) };
        let request = request(&self.client).header(USER_AGENT, concat!("vso/", env!("CARGO_PKG_VERSION")));
        match runtime.block_on(once(request, self.timeout)) {
            Ok(answer) => Ok(answer.status),
            Err(Broken::Unsent(why)) => Err(Refusal::Unsent(why)),
            Err(Broken::Lost(why)) => Err(Refusal::Lost(why)),
            Err(Broken::Stopped) => Err(Refusal::Stopped),
        }
    }

    fn send(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<Answer, Refusal> {
        let Some(runtime) = &self.runtime else { return Err(Refusal::Stopped) };
        for tries in 1.. {
            let request = request().header(USER_AGENT, concat!("vso/", env!("CARGO_PKG_VERSION")));
            match runtime.block_on(once(request, self.timeout)) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => return Err(Refusal::of(&answer)),
                Err(Broken::Unsent(_)) if tries < TRIES => {}
                Err(Broken::Unsent(why)) => return Err(Refusal::Unsent(why)),
                Err(Broken::Lost(why)) => return Err(Refusal::Lost(why)),
                Err(Broken::Stopped) => break,
            }
        }
        Err(Refusal::Stopped)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // A name that is still being looked up in the background must not hold the process.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn once(request: reqwest::RequestBuilder, timeout: Duration) -> Result<Answer, Broken> {
    let exchange = async {
        let response = request.send().await.map_err(|error| {
            let why = causes(&error);
            if error.is_connect() { Broken::Unsent(why) } else { Broken::Lost(why) }
        })?;
        received(response).await
    };
    let late = || Broken::Lost(format!("no answer within {} s", timeout.as_secs_f32()));
    tokio::time::timeout(timeout, exchange).await.unwrap_or_else(|_| Err(late()))
}

/// An address below a server's root.
pub(super) fn below(root: &Url, path: &str) -> Result<Url, Refusal> {
    let text = format!("{}{path}", root.as_str().trim_end_matches('/'));
    Url::parse(&text).map_err(|error| Refusal::Unreadable(error.to_string()))
}

/// The JSON of an answer, and whether there is another page of it.
pub(super) fn page<T: DeserializeOwned>(answer: &Answer) -> Result<(T, bool), Refusal> {
    let has_next = header(&answer.headers, LINK.as_str()).is_some_and(|link| link.contains("rel=\"next\""));
    Ok((read(answer)?, has_next))
}

/// As people read it. `what` is the deed that failed: "GitHub does not say who that is".
pub(super) fn fault(refusal: Refusal, what: &str, server: &Url) -> Fault {
    match refusal {
        Refusal::Fault(fault) => fault,
        Refusal::Stopped => Fault::unfinished(format!("{what}: the connection is closed")),
        Refusal::Unsent(why) => Fault::unfinished(format!("{what}: GitHub can't be reached ({why})"))
            .hint(format!("is {server} right, and the network there?")),
        Refusal::Lost(why) => Fault::unfinished(format!("{what}: the answer of GitHub was lost ({why})")),
        Refusal::Limited(why, _) => Fault::unfinished(format!("{what}: {why}")),
        Refusal::Unreadable(why) => Fault::unfinished(format!("{what}: the answer of GitHub can't be read ({why})")),
        // A token that is not good any more is an answer, not a failure.
        Refusal::Said { status: 401, message, .. } => Fault::refused(format!("{what}: GitHub says 401: {message}")),
        Refusal::Said { status, message, .. } => Fault::unfinished(format!("{what}: GitHub says {status}: {message}")),
    }
}
