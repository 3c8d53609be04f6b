//! The request over HTTP: sent, sent again once where that may help, and read up to a limit, all within one deadline.
//!
//! reqwest's own blocking client would start a thread for each call; a runtime on this thread does the same with the
//! features that are there anyway. The future is built in a function without type parameters, so that it is compiled
//! once.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};
use serde_json::json;

use super::{Key, MAX_ANSWER_BYTES, ModelError, Question, Server, shown};

/// The wait before a second attempt when the server names none.
const PAUSE: Duration = Duration::from_secs(1);

/// Most bytes of an error's text that are read, to show some of it.
const MAX_ERROR_BYTES: usize = 16 << 10;

/// Sends a question and gives the bytes of a successful answer.
pub(super) fn run(server: &Server, question: &Question<'_>) -> Result<Vec<u8>, ModelError> {
    let call = Call { client: client(server)?, url: address(server)?, body: body(server, question) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ModelError::Start)?;
    let answer = runtime.block_on(async {
        let attempts = call.attempts(server.timeout);
        tokio::time::timeout(server.timeout, attempts).await.unwrap_or(Err(ModelError::TooSlow(server.timeout)))
    });
    // A name that is still being looked up in the background must not hold the process.
    runtime.shutdown_background();
    answer
}

struct Call {
    client: Client,
    url: Url,
    body: Vec<u8>,
}

/// What one attempt brought.
enum Attempt {
    /// An answer.
    Answer(Vec<u8>),
    /// An error, with the time after which it is worth asking again.
    Later(Duration, ModelError),
}

impl Call {
    async fn attempts(&self, timeout: Duration) -> Result<Vec<u8>, ModelError> {
        match self.attempt().await? {
            Attempt::Answer(bytes) => return Ok(bytes),
            Attempt::Later(wait, error) if wait >= timeout => return Err(error),
            Attempt::Later(wait, _) => tokio::time::sleep(wait).await,
        }
        match self.attempt().await? {
            Attempt::Answer(bytes) => Ok(bytes),
            Attempt::Later(_, error) => Err(error),
        }
    }

    async fn attempt(&self) -> Result<Attempt, ModelError> {
        let sent = self.client.post(self.url.clone()).body(self.body.clone()).send().await;
        let response = sent.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(Attempt::Answer(read(response).await?));
        }
        let wait = wait(response.headers());
        let error = ModelError::Status { status: status.as_u16(), message: message(response).await };
        if status.is_server_error() || status.as_u16() == 429 { Ok(Attempt::Later(wait, error)) } else { Err(error) }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(ModelError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The beginning of what a server says about an error; it is only shown, so a broken connection is no further error.
async fn message(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ERROR_BYTES {
            break;
        }
    }
    shown(&String::from_utf8_lossy(&bytes))
}

/// The seconds of `Retry-After`; its other form, a date, would need a clock that agrees with the server's.
fn wait(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(PAUSE, Duration::from_secs)
}

/// An error of the connection with its causes, without the address, which may hold a password.
fn unreachable(error: reqwest::Error) -> ModelError {
    let error = error.without_url();
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |cause| cause.source());
    ModelError::Unreachable(shown(&causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")))
}

fn body(server: &Server, question: &Question<'_>) -> Vec<u8> {
    let body = json!({
        "model": server.model,
        "stream": false,
        "messages": [
            {"role": "system", "content": question.instructions},
            {"role": "user", "content": question.data},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": question.name, "strict": true, "schema": question.schema},
        },
    });
    body.to_string().into_bytes()
}

fn client(server: &Server) -> Result<Client, ModelError> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if let Some(Key(key)) = &server.key {
        let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| ModelError::BadKey)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    // A redirect could lead the key and the specification to another host.
    let builder = Client::builder().default_headers(headers).redirect(redirect::Policy::none());
    builder.user_agent(concat!("vso/", env!("CARGO_PKG_VERSION"))).build().map_err(unreachable)
}

fn address(server: &Server) -> Result<Url, ModelError> {
    // What stands before an `@` may be a password.
    let shown = server.base_url.rsplit('@').next().unwrap_or_default();
    let refused = |why: &str| ModelError::Address { address: shown.into(), why: why.into() };
    let base = server.base_url.trim_end_matches('/');
    let url = Url::parse(&format!("{base}/chat/completions")).map_err(|error| refused(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("it holds a user name or password; the key belongs into the environment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if server.key.is_none() || is_this_machine(&url) => Ok(url),
        "http" => Err(ModelError::OpenKey),
        _ => Err(refused("it has to begin with https:// or http://")),
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base_url: &str, key: &str, expected: Result<&str, &str>) {
        let server = Server {
            base_url: base_url.into(),
            model: "m".into(),
            key: Key::new(key.into()),
            timeout: Duration::from_secs(1),
        };
        let found = address(&server).map(String::from).map_err(|error| error.to_string());
        match expected {
            Ok(url) => assert_eq!(found.as_deref(), Ok(url)),
            Err(part) => assert!(found.as_ref().is_err_and(|error| error.contains(part)), "{base_url}: {found:?}"),
        }
    }

    #[test]
    fn addresses_are_checked_before_anything_is_sent() {
        check("https://a.example/v1/", "k", Ok("https://a.example/v1/chat/completions"));
        check("http://127.0.0.1:11434/v1", "k", Ok("http://127.0.0.1:11434/v1/chat/completions"));
        check("http://[::1]/v1", "k", Ok("http://[::1]/v1/chat/completions"));
        check("http://10.0.0.7/v1", "", Ok("http://10.0.0.7/v1/chat/completions"));
        check("http://10.0.0.7/v1", "k", Err("only sent over https"));
        check("http://localhost.evil.example/v1", "k", Err("only sent over https"));
        check("ftp://a.example", "", Err("has to begin with https://"));
        check("a.example", "", Err("no address"));
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_shown() {
        check("https://me:hunter2@a.example/v1", "", Err("belongs into the environment"));
        let server = Server {
            base_url: "https://me:hunter2@a.example/v1".into(),
            model: "m".into(),
            key: Key::new("sk-secret".into()),
            timeout: Duration::from_secs(1),
        };
        assert!(!address(&server).unwrap_err().to_string().contains("hunter2"));
        assert!(!format!("{server:?}").contains("sk-secret"));
    }

    #[test]
    fn the_server_names_the_wait_in_seconds() {
        let with = |value: &'static str| HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
        assert_eq!(wait(&with("7")), Duration::from_secs(7));
        assert_eq!(wait(&with("Wed, 21 Oct 2026 07:28:00 GMT")), PAUSE);
        assert_eq!(wait(&HeaderMap::new()), PAUSE);
    }
}
