//! One request and its answer over octocrab: the only file that is asynchronous.
//!
//! octocrab brings the client, addresses, headers and JSON; its retries, cache and redirects are off, because what may
//! be sent again is decided in [`super::send`]. The token is set for each request and marked as sensitive.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use octocrab::Octocrab;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, IF_NONE_MATCH, USER_AGENT};
use reqwest::{Client, Url, redirect};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::address::{Servers, is_loopback};
use crate::fault::Fault;

/// How long a request may take, until the last byte of its answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The variable by which a debug build gives requests less time, in milliseconds.
pub const TIMEOUT_SWITCH: &str = "VSO_TEST_TIMEOUT_MS";

/// Most bytes of an answer that are read (32 MiB); a page of 100 pull requests has at most about 10.
const MOST: usize = 32 << 20;

/// How a resource is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
}

impl Method {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Rest,
    Graph,
}

/// What came back.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// There was no connection: the server has seen nothing of it.
    Unsent(String),
    /// It may have been done, or not.
    Lost(String),
    /// A person stopped the run.
    Stopped,
}

/// The connection to a server.
pub(super) struct Wire {
    runtime: Option<Runtime>,
    rest: Octocrab,
    graph: Octocrab,
    graph_path: String,
    timeout: Duration,
}

impl Wire {
    pub(super) fn open(servers: &Servers, timeout: Duration) -> Result<Self, Fault> {
        let failed = |error: &dyn Error| Fault::unfinished("the connection to GitHub can't be prepared").because(error);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
        let inside = runtime.enter();
        let client = client(&servers.api).map_err(|error| failed(&error))?;
        let octocrab = |base: &Url| {
            let builder = Octocrab::builder().add_header(USER_AGENT, concat!("vso/", env!("CARGO_PKG_VERSION")).into());
            builder.base_uri(base.as_str().trim_end_matches('/'))?.build_with_reqwest(client.clone())
        };
        let rest = octocrab(&servers.api).map_err(|error| failed(&error))?;
        let graph = octocrab(&servers.graph).map_err(|error| failed(&error))?;
        drop(inside);
        let graph_path = servers.graph.path().to_owned();
        Ok(Self { runtime: Some(runtime), rest, graph, graph_path, timeout })
    }

    /// Sends one request once. A stop ends it at once where it only reads; what changes something is waited for.
    pub(super) fn send(
        &self,
        (line, method, path): (Line, Method, &str),
        body: Option<&Value>,
        tag: Option<&str>,
        token: &str,
        stop: &AtomicBool,
    ) -> Result<Answer, Broken> {
        let Some(runtime) = &self.runtime else { return Err(Broken::Stopped) };
        let (octocrab, path) = match line {
            Line::Rest => (&self.rest, path),
            Line::Graph => (&self.graph, self.graph_path.as_str()),
        };
        let octocrab = octocrab.user_access_token(token.to_owned()).map_err(|error| unsent(&error))?;
        let exchange = async {
            let both = exchange(&octocrab, method, path, body, tag);
            tokio::time::timeout(self.timeout, both)
                .await
                .unwrap_or_else(|_| Err(Broken::Lost(format!("no answer within {} s", self.timeout.as_secs_f32()))))
        };
        runtime.block_on(async {
            tokio::select! {
                answer = exchange => answer,
                () = stopped(stop), if method == Method::Get => Err(Broken::Stopped),
            }
        })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // A name that is still being looked up in the background must not hold the process.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn exchange(
    octocrab: &Octocrab,
    method: Method,
    path: &str,
    body: Option<&Value>,
    tag: Option<&str>,
) -> Result<Answer, Broken> {
    let response = match method {
        Method::Get => octocrab._get_with_headers(path, tag.map(condition)).await,
        Method::Post => octocrab._post(path, body).await,
        Method::Put => octocrab._put(path, body).await,
        Method::Patch => octocrab._patch(path, body).await,
    };
    let response = response.map_err(|error| unsent(&error))?;
    received(reqwest::Response::from(response.map(reqwest::Body::wrap))).await
}

/// The whole of an answer, within bounds.
pub(super) async fn received(mut response: reqwest::Response) -> Result<Answer, Broken> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MOST => {
                return Err(Broken::Lost(format!("an answer of more than {} MiB", MOST >> 20)));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(Broken::Lost(causes(&error))),
        }
    }
    Ok(Answer { status, headers, body: bytes })
}

fn condition(tag: &str) -> HeaderMap {
    let value = HeaderValue::from_str(tag).ok();
    value.into_iter().map(|value| (IF_NONE_MATCH, value)).collect()
}

/// An error before the answer's first byte: told apart by whether there was a connection.
fn unsent(error: &octocrab::Error) -> Broken {
    let chain = std::iter::successors(Some(error as &(dyn Error + 'static)), |cause| (*cause).source());
    let is_connect =
        chain.into_iter().any(|cause| cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect));
    let why = causes(error);
    if is_connect { Broken::Unsent(why) } else { Broken::Lost(why) }
}

/// The innermost causes of an error in one line; octocrab's outer ones carry backtraces.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |cause| (*cause).source());
    let mut texts: Vec<String> = Vec::new();
    for cause in chain {
        let text = cause.to_string().lines().next().unwrap_or_default().to_owned();
        // An outer error often ends with the text of its cause.
        if let Some(last) = texts.last_mut()
            && last.ends_with(&text)
        {
            *last = text;
        } else {
            texts.push(text);
        }
    }
    let skip = texts.len().saturating_sub(3);
    let text = texts.split_off(skip).join(": ");
    text.chars().filter(|letter| !letter.is_control()).take(300).collect()
}

/// A client that follows no redirect, and no proxy to this machine.
pub(super) fn client(api: &Url) -> Result<Client, reqwest::Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    // A redirect could lead the token to another host.
    let mut builder = Client::builder().default_headers(headers).redirect(redirect::Policy::none());
    if is_loopback(api) {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// How long a request may take, by the environment.
#[cfg(debug_assertions)]
pub(super) fn timeout(read: &dyn Fn(&str) -> Option<String>) -> Duration {
    let given = read(TIMEOUT_SWITCH).and_then(|text| text.trim().parse().ok());
    given.map_or(TIMEOUT, Duration::from_millis)
}

/// How long a request may take.
#[cfg(not(debug_assertions))]
pub(super) fn timeout(_read: &dyn Fn(&str) -> Option<String>) -> Duration {
    TIMEOUT
}
