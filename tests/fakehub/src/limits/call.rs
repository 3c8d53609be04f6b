//! What a call costs: points, whether it writes, whether it makes something that people are told of.

use crate::faults::matches;
use crate::graphql;

/// POSTs that may be sent twice: the second finds what the first made, or makes a thing that nobody sees.
const REPEATABLE: &[&str] = &[
    "/app/installations/*/access_tokens",
    "/repos/*/*/issues/*/labels",
    "/repos/*/*/issues/*/reactions",
    "/repos/*/*/issues/comments/*/reactions",
    "/repos/*/*/pulls/*/requested_reviewers",
];

/// A call as the limits see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who is charged: the user of a personal token, the installation, the App itself.
    pub actor: String,
    /// Who it is for people.
    pub login: String,
    /// The method.
    pub method: String,
    /// The path below `/api/v3`, or `/graphql`.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it makes something that people are told of: what GitHub's description of the API marks as triggering
    /// notifications.
    pub is_content: bool,
    /// Whether it is a mutation of GraphQL.
    pub is_mutation: bool,
}

impl Call {
    /// A call that makes no content; `path` as it came.
    pub fn new(actor: &str, method: &str, path: &str, body: &[u8]) -> Self {
        let path = path.strip_prefix("/api/v3").or_else(|| path.strip_prefix("/api")).unwrap_or(path);
        let is_mutation = path == "/graphql" && graphql::is_mutation(body);
        let method = method.to_ascii_uppercase();
        let (actor, login) = (actor.to_owned(), actor.to_owned());
        Self { actor, login, method, path: path.into(), body: body.to_vec(), is_content: false, is_mutation }
    }

    /// Whether it is one of GraphQL, which has budgets of its own.
    pub fn is_graphql(&self) -> bool {
        self.path == "/graphql"
    }

    /// Whether it changes something.
    pub fn is_write(&self) -> bool {
        if self.is_graphql() { self.is_mutation } else { !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") }
    }

    /// Whether sending it a second time could make a second thing. Mutations that name what they expect are refused the
    /// second time, and those in use here all do, or leave things as they are.
    pub fn is_once_only(&self) -> bool {
        self.method == "POST" && !self.is_graphql() && !REPEATABLE.iter().any(|path| matches(path, &self.path))
    }

    /// What it costs of the minute's budget.
    pub fn points(&self) -> u32 {
        if self.is_write() { 5 } else { 1 }
    }

    /// Whether it costs nothing of the hour's budget.
    pub fn is_free(&self) -> bool {
        self.path == "/rate_limit"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, path: &str, body: &str, (points, once): (u32, bool)) {
        let call = Call::new("someone", method, path, body.as_bytes());
        assert_eq!((call.points(), call.is_once_only()), (points, once), "{method} {path}");
    }

    #[test]
    fn what_calls_cost() {
        check("GET", "/api/v3/repos/o/n/pulls", "", (1, false));
        check("POST", "/api/v3/repos/o/n/pulls", "{}", (5, true));
        check("PATCH", "/api/v3/repos/o/n/pulls/1", "{}", (5, false));
        check("PUT", "/api/v3/repos/o/n/pulls/1/merge", "{}", (5, false));
        check("POST", "/api/v3/repos/o/n/check-runs", "{}", (5, true));
        check("POST", "/api/v3/repos/o/n/issues/1/labels", "{}", (5, false));
        check("POST", "/api/graphql", r#"{"query":"{viewer{login}}"}"#, (1, false));
        check("POST", "/api/graphql", r#"{"query":"mutation { x(input: {}) { y } }"}"#, (5, false));
    }
}
