//! What a call that did not succeed says, and how people read it: one line, the cause, and what to do about it.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::access::{Access, Credential};
use super::wire::Answer;
use crate::fault::{Fault, FaultKind};

/// Most letters of the server's own words that are shown.
const SHOWN: usize = 300;

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server said no.
    Said {
        status: u16,
        /// Its words.
        message: String,
        /// What a token needs for this, as the server tells it: `pull_requests=write`.
        needs: Option<String>,
    },
    /// Nothing came back, and it was not done.
    Unsent(String),
    /// Nothing came back; what it should change may be changed or not.
    Lost(String),
    /// GitHub's limits leave no room for so long.
    Limited(String, Duration),
    /// An answer that can't be read.
    Unreadable(String),
    /// A person stopped the run.
    Stopped,
    /// It could not even be asked: no token.
    Fault(Fault),
}

impl Refusal {
    /// What an unsuccessful answer says.
    pub(super) fn of(answer: &Answer) -> Self {
        Self::Said { status: answer.status, message: words(&answer.body), needs: needs(&answer.headers) }
    }

    /// The status of a plain no.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Said { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the server's words contain these.
    pub(super) fn says(&self, words: &str) -> bool {
        matches!(self, Self::Said { message, .. } if message.to_lowercase().contains(words))
    }

    /// Whether it is unknown what happened.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Said { status: 500.., .. })
    }

    /// As people read it. `what` is the deed that failed: "the pull request can't be opened".
    pub(super) fn fault(self, what: &str, access: &Access) -> Fault {
        let place = match access.owner() {
            "" => String::new(),
            owner => format!("{owner}/{}", access.name()),
        };
        match self {
            Self::Fault(fault) => fault,
            Self::Stopped => Fault::new(FaultKind::Interrupted, "interrupted while waiting for GitHub"),
            Self::Unsent(why) => Fault::unfinished(format!("{what}: GitHub can't be reached ({why})"))
                .hint(format!("is {} right, and the network there?", access.servers.api)),
            Self::Lost(why) => Fault::unfinished(format!("{what}: the answer of GitHub was lost ({why})"))
                .hint("run it again: what was done already is found and not done twice"),
            Self::Limited(why, wait) => {
                let fault = Fault::unfinished(format!("{what}: {why}")).hint("run it again later; nothing is lost");
                fault.wait(wait.div_f64(access.speed))
            }
            Self::Unreadable(why) => Fault::unfinished(format!("{what}: the answer of GitHub can't be read ({why})")),
            Self::Said { status, message, needs } => {
                let fault = Fault::unfinished(format!("{what}: GitHub says {status}: {message}"));
                match hint(status, needs.as_deref(), access, &place) {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                }
            }
        }
    }
}

fn hint(status: u16, needs: Option<&str>, access: &Access, place: &str) -> Option<String> {
    let source = access.source();
    let credential = access.credential();
    Some(match (status, credential) {
        (401, Credential::App) => format!("{source} do not belong together, or the key was revoked"),
        (401, _) => format!("the token in {source} is not valid (any more): make a new one"),
        (403 | 404, Credential::App) if place.is_empty() => {
            "`vso app doctor` says what the App has and what it lacks".to_owned()
        }
        (403, Credential::App) => match needs {
            Some(needs) => format!("give the App {needs}, and accept it for {}", access.owner()),
            None => format!("the App lacks a permission for {place}"),
        },
        (403, Credential::Action) => match needs {
            Some(needs) => format!("the workflow's `permissions:` must hold {}", yaml(needs)),
            None => "the workflow's `permissions:` do not hold what this needs".into(),
        },
        (403, Credential::Personal) => match needs {
            Some(needs) => format!("the token in {source} lacks {needs}"),
            None => format!("the token in {source} may not do this in {place}"),
        },
        (404, Credential::App) => format!("is the App installed on {place}?"),
        (404, _) => format!("the token in {source} can't see {place}, or there is none of that name"),
        (500.., _) => "GitHub has a bad moment: run it again; see https://www.githubstatus.com".into(),
        _ => return None,
    })
}

/// `contents=write; pull_requests=write` as a workflow writes it.
fn yaml(needs: &str) -> String {
    let first = needs.split(';').next().unwrap_or(needs);
    let parts = first.split(',').map(|part| part.trim().replacen('=', ": ", 1).replace('_', "-"));
    parts.collect::<Vec<_>>().join(", ")
}

fn needs(headers: &HeaderMap) -> Option<String> {
    let read = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).map(str::to_owned);
    let scopes = || read("x-accepted-oauth-scopes").map(|scopes| format!("one of the scopes {scopes}"));
    read("x-accepted-github-permissions").or_else(scopes).filter(|text| !text.is_empty() && !text.ends_with("scopes "))
}

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Value>,
}

/// The server's words in one line: the message, then what is wrong in particular.
fn words(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Body>(body) {
        Ok(read) if !(read.message.is_empty() && read.errors.is_empty()) => {
            let parts = read.errors.iter().map(particular);
            std::iter::once(read.message).chain(parts).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
        }
        // Somebody in between, who has another way to say it.
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect();
    let line = crate::spec::lint::redact::redacted(&line).into_owned();
    if line.is_empty() { "nothing".into() } else { line }
}

/// `{"resource","field","code","message"}` in a few words.
fn particular(error: &Value) -> String {
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    match (error.as_str(), text("message")) {
        (Some(text), _) => text.to_owned(),
        (None, "") => [text("resource"), text("field"), text("code")].join(" ").trim().to_owned(),
        (None, message) => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::github::access::tests::found;

    fn said(token: &str, status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> String {
        let access = found(&[("GITHUB_TOKEN", token)], "https://github.com/o/n").unwrap().unwrap();
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().unwrap());
        }
        Refusal::of(&Answer { status, headers, body: body.into() }).fault("it can't be done", &access).to_string()
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let check = |fault: String, parts: &[&str]| {
            assert!(parts.iter().all(|part| fault.contains(part)), "{fault}");
        };
        check(said("ghp_x", 401, None, r#"{"message":"Bad credentials"}"#), &["401: Bad credentials", "GITHUB_TOKEN"]);
        let needs = Some(("x-accepted-github-permissions", "pull_requests=write,contents=read; contents=write"));
        check(said("ghs_x", 403, needs, "{}"), &["`permissions:` must hold pull-requests: write, contents: read"]);
        check(said("ghp_x", 403, needs, "{}"), &["lacks pull_requests=write"]);
        let scopes = Some(("x-accepted-oauth-scopes", "repo"));
        check(said("ghp_x", 403, scopes, "{}"), &["lacks one of the scopes repo"]);
        check(said("ghp_x", 404, None, ""), &["404: nothing", "can't see o/n"]);
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"base","code":"invalid"},{"message":"No commits between a and b"},"x"]}"#;
        check(
            said("ghp_x", 422, None, body),
            &["Validation Failed; PullRequest base invalid; No commits between a and b; x"],
        );
        check(said("ghp_x", 502, None, "<html>\n  bad\u{1b}[31m</html>"), &["502: <html> bad[31m</html>", "again"]);
    }

    #[test]
    fn a_token_in_an_answer_is_not_repeated() {
        let token = format!("ghs_123_{}", "a1B2c3.D4-".repeat(50));
        let fault = said("ghp_x", 422, None, &format!(r#"{{"message":"saw {token} there"}}"#));
        assert!(!fault.contains(&token[8..40]), "{fault}");
    }
}
