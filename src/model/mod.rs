//! A language model over an OpenAI-compatible interface. The only room that speaks to one; optional everywhere.
//!
//! One question, one answer that has to be JSON. The room knows neither specifications nor slices: what a question says
//! and whether its answer can be believed is for the use cases. The key goes into one header and nowhere else.

mod answer;
mod call;

use std::fmt;
use std::time::Duration;

use serde_json::Value;

pub use answer::shown;

/// Longest answer that is read, in bytes (4 MiB): a few hundred proposals have about 100 KiB.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Where a model is and how to reach it.
#[derive(Debug, Clone)]
pub struct Server {
    /// The interface's address without `/chat/completions`: `https://openrouter.ai/api/v1`.
    pub base_url: String,
    /// The model's name as the server knows it.
    pub model: String,
    /// The key, when the server wants one.
    pub key: Option<Key>,
    /// Longest wait for the answer, a second attempt included.
    pub timeout: Duration,
}

/// A secret that no text shows.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    /// Takes a key; none when it is empty.
    #[must_use]
    pub fn new(key: String) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self(key.to_owned()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A question with the shape of its answer.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the model is told to do.
    pub instructions: &'a str,
    /// What it is to do it with: data only.
    pub data: &'a str,
    /// A short name of the answer's shape: ASCII letters, digits, `_` and `-`.
    pub name: &'a str,
    /// The JSON schema of the answer. Servers may ignore it, so whoever asks checks again.
    pub schema: &'a Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The address can't be used.
    #[error("`{address}` is no address of a model: {why}")]
    Address {
        /// As the configuration says it.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The key would travel in the open.
    #[error("the key is only sent over https, or to this machine")]
    OpenKey,
    /// The key can't be sent.
    #[error("the key has characters that no header can hold")]
    BadKey,
    /// The client could not be started.
    #[error("the client could not be started")]
    Start(#[source] std::io::Error),
    /// The server could not be reached or the connection broke.
    #[error("the model could not be reached: {0}")]
    Unreachable(String),
    /// Nothing came in time.
    #[error("the model did not answer within {} s", .0.as_secs_f64())]
    TooSlow(Duration),
    /// The server answered with an error, a second time where that may help.
    #[error("the model's server answered {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Status {
        /// The HTTP status.
        status: u16,
        /// What the server says, shortened, on one line.
        message: String,
    },
    /// More came than [`MAX_ANSWER_BYTES`].
    #[error("the model's answer is over {} KiB", MAX_ANSWER_BYTES >> 10)]
    TooLarge,
    /// The model does not want to.
    #[error("the model refused: {0}")]
    Refused(String),
    /// The answer is not what was asked for.
    #[error("the model's answer can't be used: {0}")]
    Garbage(String),
}

/// Asks a model and waits for its answer: the JSON value that the model wrote, of whatever shape.
///
/// A server that is busy (429) or broken (5xx) is asked once more, after the time it names in `Retry-After`.
///
/// # Errors
/// When no answer comes in time, or one that is no JSON, too long or a refusal.
pub fn ask(server: &Server, question: &Question<'_>) -> Result<Value, ModelError> {
    answer::read(&call::run(server, question)?)
}
