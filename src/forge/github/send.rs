//! The one way to the network: governor, crash point, request, status, log of the call, error.
//!
//! What only reads or sets the same content again is sent again after a bad moment, at most [`TRIES`] times in all. A
//! POST is not: whoever made it looks whether it was done. A refusal because of limits was not done, so it may go again.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{DATE, ETAG, HeaderMap, LOCATION, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::governor::shared::{Book, Place};
use super::governor::{Cost, Said, Why};
use super::refusal::Refusal;
use super::wire::{Answer, Broken, Line, Method};
use super::{Call, Hub, clock};
use crate::crash;

/// How often a request that may be repeated is sent in all.
const TRIES: u32 = 3;

/// How many refusals in a row because of limits are waited for.
const REFUSALS: u32 = 6;

/// How long it is left alone after so many refusals.
const LIMITED: Duration = Duration::from_secs(60);

/// The pause after a bad moment, doubled each time.
const PAUSE: Duration = Duration::from_secs(1);

/// A wait that is worth a word to the person.
const WORTH_A_WORD: Duration = Duration::from_secs(5);

/// Most redirects of one request: a repository that was renamed.
const REDIRECTS: u32 = 3;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// The token, which an App makes first.
    Token,
    /// The App itself, without an installation.
    App,
    /// The App at one of its installations, for all repositories there.
    Installation(u64),
}

/// A request, as the rest of this room says it.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) line: Line,
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) cost: Cost,
    pub(super) by: As,
    /// Whether it may be sent twice: what only reads, and what sets the same content again.
    pub(super) repeatable: bool,
}

impl Request {
    pub(super) fn get(path: String) -> Self {
        let (line, method, cost, by) = (Line::Rest, Method::Get, Cost::Read, As::Token);
        Self { line, method, path, body: None, cost, by, repeatable: true }
    }

    /// A change of something that is there already.
    pub(super) fn change(method: Method, path: String, body: Value) -> Self {
        let repeatable = method != Method::Post;
        Self { method, body: Some(body), cost: Cost::Write, repeatable, ..Self::get(path) }
    }

    /// Something new that people see.
    pub(super) fn create(path: String, body: Value) -> Self {
        Self { cost: Cost::Content, ..Self::change(Method::Post, path, body) }
    }

    /// A question or mutation of GraphQL.
    pub(super) fn graph(body: Value, cost: Cost) -> Self {
        let repeatable = cost == Cost::Read;
        Self { line: Line::Graph, cost, repeatable, ..Self::change(Method::Post, String::new(), body) }
    }
}

/// An answer that was given before, and how the server calls it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    tag: String,
    answer: Answer,
}

/// What to do after one attempt.
enum Next {
    Done(Answer),
    Again,
    No(Refusal),
}

/// How often each reason for another attempt was used.
#[derive(Default)]
struct Tries {
    failures: u32,
    tokens: u32,
    redirects: u32,
    refusals: u32,
}

impl Hub<'_> {
    /// Sends a request and reads its answer.
    pub(super) fn ask<T: DeserializeOwned>(&self, request: Request) -> Result<T, Refusal> {
        read(&self.send(request)?)
    }

    /// Sends a request; only a success comes back.
    pub(super) fn send(&self, mut request: Request) -> Result<Answer, Refusal> {
        let mut tries = Tries::default();
        loop {
            let token = self.token_for(request.by)?;
            let book = self.book(request.by);
            let (_place, waited) = self.wait(&book, request.cost)?;
            match self.attempt(&mut request, &book, (&token, waited), &mut tries) {
                Next::Done(answer) => return Ok(answer),
                Next::Again => {}
                Next::No(refusal) => return Err(refusal),
            }
        }
    }

    fn attempt(
        &self,
        request: &mut Request,
        book: &Book,
        (token, waited): (&str, Duration),
        tries: &mut Tries,
    ) -> Next {
        let kept = (request.method == Method::Get).then(|| self.kept(&request.path)).flatten();
        let address = (request.line, request.method, request.path.as_str());
        crash::point("hub.call.before");
        let tag = kept.as_ref().map(|kept| kept.tag.as_str());
        let came = self.wire.send(address, request.body.as_ref(), tag, token, self.stop);
        crash::point("hub.call.after");
        self.log(request, came.as_ref().ok().map(|answer| answer.status), waited);
        match came {
            Ok(answer) => self.judge(request, book, (answer, kept), tries),
            Err(Broken::Stopped) => Next::No(Refusal::Stopped),
            Err(Broken::Unsent(why)) => after_failure(book, true, tries, Refusal::Unsent(why)),
            Err(Broken::Lost(why)) => after_failure(book, request.repeatable, tries, Refusal::Lost(why)),
        }
    }

    fn judge(
        &self,
        request: &mut Request,
        book: &Book,
        (answer, kept): (Answer, Option<Kept>),
        tries: &mut Tries,
    ) -> Next {
        let said = self.said(request.line, &answer);
        let too_long = book.heard(said);
        if said.refused {
            tries.refusals += 1;
            let refusals = tries.refusals;
            return match too_long {
                Some(wait) => Next::No(Refusal::Limited(format!("GitHub asks to wait {}", span(wait)), wait)),
                None if refusals >= REFUSALS => {
                    let words = format!("GitHub refused {refusals} requests in a row because of its limits");
                    Next::No(Refusal::Limited(words, LIMITED))
                }
                None => Next::Again,
            };
        }
        match answer.status {
            304 => kept.map_or_else(|| Next::No(Refusal::of(&answer)), |kept| Next::Done(kept.answer)),
            200..=299 => {
                if request.method == Method::Get {
                    self.keep(&request.path, &answer);
                }
                Next::Done(answer)
            }
            301 | 302 | 307 | 308 if request.line == Line::Rest => self.redirected(request, &answer, tries),
            401 if tries.tokens == 0 && self.may_renew(request.by) => {
                tries.tokens += 1;
                self.forget_token(request.by);
                Next::Again
            }
            500 | 502 | 503 | 504 => after_failure(book, request.repeatable, tries, Refusal::of(&answer)),
            403 if self.may_renew(request.by) => {
                // The next token has what somebody may have granted meanwhile.
                self.forget_token(request.by);
                Next::No(Refusal::of(&answer))
            }
            _ => Next::No(Refusal::of(&answer)),
        }
    }

    /// Follows a redirect on the same server with the same method; a repository that was renamed answers so.
    fn redirected(&self, request: &mut Request, answer: &Answer, tries: &mut Tries) -> Next {
        tries.redirects += 1;
        let to = header(&answer.headers, LOCATION.as_str()).and_then(|to| self.access.servers.api.join(to).ok());
        let is_here = |url: &reqwest::Url| url.origin() == self.access.servers.api.origin();
        match to.filter(|url| tries.redirects <= REDIRECTS && is_here(url)) {
            Some(url) => {
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                request.path = format!("{}{query}", url.path());
                Next::Again
            }
            None => Next::No(Refusal::of(answer)),
        }
    }

    /// Waits until the account's book lets a request go, and books it; gives the place of who writes, and how long it
    /// waited for the limits' sake.
    fn wait(&self, book: &Arc<Book>, cost: Cost) -> Result<(Place, Duration), Refusal> {
        let mut begun = None;
        loop {
            let place = book.place(cost, self.stop).ok_or(Refusal::Stopped)?;
            let asked = self.clock.now();
            let Err((wait, why)) = book.go(cost) else {
                let waited = begun.map_or(Duration::ZERO, |begun| asked.saturating_sub(begun));
                book.has_waited(waited);
                return Ok((place, waited));
            };
            // Others write while this one waits.
            drop(place);
            begun.get_or_insert(asked);
            if wait >= WORTH_A_WORD {
                (self.say)(&reason(wait, why));
            }
            if !self.clock.sleep(wait, self.stop) {
                return Err(Refusal::Stopped);
            }
        }
    }

    fn said(&self, line: Line, answer: &Answer) -> Said {
        let date = header(&answer.headers, DATE.as_str()).and_then(clock::of_header);
        let mut state = self.state.borrow_mut();
        if let Some(date) = date {
            state.date = Some((date, self.clock.now()));
        }
        state.enterprise |= answer.headers.contains_key("x-github-enterprise-version");
        let number = |name: &str| header(&answer.headers, name).and_then(|text| text.trim().parse::<u64>().ok());
        drop(state);
        let now = u64::try_from(self.server_time()).unwrap_or_default();
        let retry_after = number(RETRY_AFTER.as_str());
        let remaining = number("x-ratelimit-remaining");
        let is_limit = || retry_after.is_some() || remaining == Some(0) || speaks_of_limits(&answer.body);
        // GraphQL says it with success.
        let in_graph = || line == Line::Graph && String::from_utf8_lossy(&answer.body).contains("\"RATE_LIMITED\"");
        Said {
            refused: match answer.status {
                429 => true,
                403 => is_limit(),
                200 => in_graph(),
                _ => false,
            },
            retry_after,
            remaining,
            // A second more: the header is cut to whole seconds.
            reset: number("x-ratelimit-reset").map(|at| at.saturating_sub(now) + 1),
        }
    }

    fn log(&self, request: &Request, status: Option<u16>, waited: Duration) {
        let path = if request.line == Line::Graph { "/graphql".into() } else { request.path.clone() };
        self.state.borrow_mut().calls.push(Call { method: request.method.word(), path, status, waited });
    }

    fn kept(&self, path: &str) -> Option<Kept> {
        self.state.borrow().kept.get(path).cloned()
    }

    fn keep(&self, path: &str, answer: &Answer) {
        if let Some(tag) = header(&answer.headers, ETAG.as_str()) {
            let kept = Kept { tag: tag.to_owned(), answer: answer.clone() };
            self.state.borrow_mut().kept.insert(path.to_owned(), kept);
        }
    }
}

fn after_failure(book: &Book, may_repeat: bool, tries: &mut Tries, refusal: Refusal) -> Next {
    tries.failures += 1;
    if !may_repeat || tries.failures >= TRIES {
        return Next::No(refusal);
    }
    book.rest(PAUSE * 2u32.pow(tries.failures - 1));
    Next::Again
}

/// Reads the JSON of an answer; one without content reads as `null`.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Refusal> {
    let body = if answer.body.is_empty() { b"null" } else { answer.body.as_slice() };
    serde_json::from_slice(body).map_err(|error| Refusal::Unreadable(error.to_string()))
}

pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A 403 without headers about limits says it in words: "You have exceeded a secondary rate limit".
fn speaks_of_limits(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]).to_lowercase();
    text.contains("rate limit") || text.contains("abuse detection")
}

fn reason(wait: Duration, why: Why) -> String {
    let wait = span(wait);
    match why {
        Why::Asked => format!("GitHub asks to wait {wait}"),
        Why::Primary => format!("the hour's requests to GitHub are used up: waiting {wait}"),
        Why::Budget => format!("waiting {wait} to stay within GitHub's limits"),
        Why::Failing => format!("GitHub has a bad moment: waiting {wait}"),
    }
}

fn span(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    if seconds < 180 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}
