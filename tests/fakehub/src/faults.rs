//! Faults on demand: which call is to fail next, and how.
//!
//! The choice is pure: method, path and body come in, what to do with the call comes out. What that does to the connection
//! is done where requests come in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::{Answer, Refusal, Reply};
use crate::gate::Hub;
use crate::state::State;

/// What is done to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// This answer, and nothing else happens.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Headers of the answer.
        headers: BTreeMap<String, String>,
        /// The body, JSON or text.
        body: Value,
    },
    /// No answer, and no effect; the connection stays until the client goes.
    Hang,
    /// The connection is closed before anything happens.
    Cut,
    /// All happens, and the connection is closed without an answer.
    CutAfter,
}

/// How to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Answer with a status.
    Status,
    /// Never answer.
    Hang,
    /// Close the connection before the effect.
    Cut,
    /// Close the connection after the effect.
    CutAfter,
}

/// A fault as it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only calls of this method; all by default.
    pub method: Option<String>,
    /// Only paths like this: `*` stands for anything within a segment, `**` for anything. The path is meant as in the
    /// official API (`/repos/o/n/pulls`, `/graphql`), or whole (`/o/n.git/git-receive-pack`).
    pub path: Option<String>,
    /// Only calls whose body has this text, say the name of a GraphQL mutation.
    pub contains: Option<String>,
    /// So many matching calls go through first.
    #[serde(default)]
    pub skip: u32,
    /// So many calls fail then; one by default.
    #[serde(default = "once")]
    pub times: u32,
    /// How they fail.
    pub kind: Kind,
    /// The status of [`Kind::Status`]; 502 by default.
    pub status: Option<u16>,
    /// Headers of the answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body of the answer: what is text is sent as it is.
    #[serde(default)]
    pub body: Value,
}

fn once() -> u32 {
    1
}

/// All faults that are still to come, in the order in which they were asked for.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// One more.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// None any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What is still to come.
    fn pending(&self) -> &[Fault] {
        &self.0
    }

    /// The fault of this call, if it has one. Every fault that matches counts the call as seen; the first that is due
    /// is used up by it.
    pub fn take(&mut self, method: &str, path: &str, body: &[u8]) -> Option<Effect> {
        let mut effect = None;
        for fault in self.0.iter_mut().filter(|fault| fault.is_for(method, path, body)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if effect.is_none() {
                fault.times = fault.times.saturating_sub(1);
                effect = Some(fault.effect());
            }
        }
        self.0.retain(|fault| fault.times > 0);
        effect
    }
}

impl Fault {
    fn is_for(&self, method: &str, path: &str, body: &[u8]) -> bool {
        let is_method = self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let short = path.strip_prefix("/api/v3").or_else(|| path.strip_prefix("/api")).unwrap_or(path);
        let is_path = self.path.as_deref().is_none_or(|glob| matches(glob, path) || matches(glob, short));
        let has_text = self.contains.as_deref().is_none_or(|text| String::from_utf8_lossy(body).contains(text));
        is_method && is_path && has_text
    }

    fn effect(&self) -> Effect {
        match self.kind {
            Kind::Hang => Effect::Hang,
            Kind::Cut => Effect::Cut,
            Kind::CutAfter => Effect::CutAfter,
            Kind::Status => Effect::Answer {
                status: self.status.unwrap_or(502),
                headers: self.headers.clone(),
                body: self.body.clone(),
            },
        }
    }
}

/// What happens to a call.
pub enum Verdict {
    /// Nothing.
    Pass,
    /// It is answered with this, without an effect.
    Answer(Answer),
    /// The connection is cut, without an effect.
    Cut,
    /// It has its effect, then the connection is cut.
    CutAfter,
    /// It is never answered, and has no effect.
    Hang,
}

/// What is to go wrong with this call.
pub async fn strike(hub: &Hub, method: &str, path: &str, body: &[u8]) -> Verdict {
    let (method, path, body) = (method.to_owned(), path.to_owned(), body.to_vec());
    match hub.with(move |state| state.faults.take(&method, &path, &body)).await {
        None => Verdict::Pass,
        Some(Effect::Cut) => Verdict::Cut,
        Some(Effect::CutAfter) => Verdict::CutAfter,
        Some(Effect::Hang) => Verdict::Hang,
        Some(Effect::Answer { status, headers, body }) => {
            Verdict::Answer(Answer { status, headers: headers.into_iter().collect(), body })
        }
    }
}

/// `/_hub/faults`: one more, all that are left, none any more.
pub fn control(state: &mut State, method: &str, body: &Value) -> Reply {
    match method {
        "POST" => {
            let fault: Fault = serde_json::from_value(body.clone())
                .map_err(|error| Refusal::new(422, format!("no such fault: {error}")))?;
            let is_status = fault.status.is_none_or(|status| (200..600).contains(&status));
            if fault.times == 0 || !is_status {
                return Err(Refusal::new(422, "a fault happens once at least, with a status that there is"));
            }
            state.faults.add(fault);
            Ok(Answer::created(json!({})))
        }
        "GET" => Ok(Answer::ok(json!(state.faults.pending()))),
        "DELETE" => {
            state.faults.clear();
            Ok(Answer::empty())
        }
        _ => Err(Refusal::not_found()),
    }
}

/// Whether a path is like a glob: `*` is anything but `/`, `**` anything at all; both may be nothing.
pub fn matches(glob: &str, path: &str) -> bool {
    fn rest(glob: &[u8], path: &[u8]) -> bool {
        match (glob, path) {
            ([b'*', b'*', glob @ ..], _) => (0..=path.len()).any(|at| rest(glob, &path[at..])),
            ([b'*', glob @ ..], _) => {
                let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
                (0..=end).any(|at| rest(glob, &path[at..]))
            }
            ([], []) => true,
            ([g, glob @ ..], [p, path @ ..]) if g == p => rest(glob, path),
            _ => false,
        }
    }
    rest(glob.as_bytes(), path.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(value: Value) -> Fault {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_star_stays_in_its_segment() {
        for (glob, path, is) in [
            ("/repos/*/*/pulls", "/repos/o/n/pulls", true),
            ("/repos/*/*/pulls", "/repos/o/n/x/pulls", false),
            ("/repos/**/pulls", "/repos/o/n/x/pulls", true),
            ("/repos/*/pulls*", "/repos/o/pulls", true),
            ("/repos/*/pulls*", "/repos/o/pulls/1", false),
            ("**", "/", true),
            ("", "/", false),
        ] {
            assert_eq!(matches(glob, path), is, "{glob} on {path}");
        }
    }

    #[test]
    fn a_fault_waits_strikes_and_is_gone() {
        let mut faults = Faults::default();
        faults.add(fault(json!({"method": "post", "path": "/repos/**", "skip": 1, "times": 2, "kind": "cut-after"})));
        let mut call = |method: &str, path: &str| faults.take(method, path, b"");
        assert_eq!(call("GET", "/api/v3/repos/o/n"), None);
        assert_eq!(call("POST", "/api/v3/repos/o/n"), None, "the first goes through");
        assert_eq!(call("POST", "/api/v3/repos/o/n"), Some(Effect::CutAfter));
        assert_eq!(call("POST", "/api/graphql"), None);
        assert_eq!(call("POST", "/repos/o/n"), Some(Effect::CutAfter));
        assert_eq!(call("POST", "/repos/o/n"), None, "used up");
    }

    #[test]
    fn the_body_can_choose_the_mutation() {
        let mut faults = Faults::default();
        faults.add(fault(json!({"path": "/graphql", "contains": "updateRefs", "kind": "status"})));
        assert_eq!(faults.take("POST", "/api/graphql", b"{viewer{login}}"), None);
        let Some(Effect::Answer { status, .. }) = faults.take("POST", "/api/graphql", b"mutation{updateRefs}") else {
            panic!("it strikes")
        };
        assert_eq!(status, 502);
    }

    #[test]
    fn two_faults_for_the_same_call_strike_one_after_the_other() {
        let mut faults = Faults::default();
        faults.add(fault(json!({"kind": "cut"})));
        faults.add(fault(json!({"kind": "hang"})));
        assert_eq!(faults.take("GET", "/", b""), Some(Effect::Cut));
        assert_eq!(faults.take("GET", "/", b""), Some(Effect::Hang));
        assert!(faults.pending().is_empty());
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        assert!(serde_json::from_value::<Fault>(json!({"kind": "cut", "skp": 1})).is_err());
        assert!(serde_json::from_value::<Fault>(json!({"kind": "cut_after"})).is_err());
    }
}
