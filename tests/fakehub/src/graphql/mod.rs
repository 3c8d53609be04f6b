//! GitHub's GraphQL, as far as it is in use: the request is parsed, checked against the schema and then run.
//!
//! What is wrong with a request is answered with 200 and `errors`, and nothing of it is done. A failing field is null, as
//! is all above it up to the first that may be; other fields of the request keep their effects.

mod check;
mod execute;
mod mutate;
mod reader;
mod resolve;
mod schema;
mod token;

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal, Reply};
use crate::state::State;

/// Answers a POST to the GraphQL address; the caller is authenticated.
///
/// # Errors
/// Another method, or no query at all.
pub fn run(state: &mut State, call: &Call) -> Reply {
    if call.method != "POST" {
        return Err(Refusal::not_found());
    }
    let Some(text) = call.body.get("query").and_then(Value::as_str) else {
        return Err(Refusal::new(400, "A query attribute must be specified and must be a string."));
    };
    let wrong = |errors: Vec<Value>| Ok(Answer::ok(json!({ "errors": errors })));
    let document = match reader::document(text) {
        Ok(document) => document,
        Err(error) => {
            let place = json!({ "line": error.place.line, "column": error.place.column });
            return wrong(vec![json!({ "message": error.message, "locations": [place] })]);
        }
    };
    let name = call.body.get("operationName").and_then(Value::as_str);
    let operation = match check::choose(&document, name) {
        Ok(operation) => operation,
        Err(message) => return wrong(vec![json!({ "message": message })]),
    };
    let variables = match check::variables(operation, call.body.get("variables").unwrap_or(&Value::Null)) {
        Ok(variables) => variables,
        Err(problems) => return wrong(problems.iter().map(check::Problem::show).collect()),
    };
    let problems = check::problems(&document, operation, &variables);
    if !problems.is_empty() {
        return wrong(problems.iter().map(check::Problem::show).collect());
    }
    Ok(Answer::ok(execute::run(state, call, &document, operation, &variables)))
}

/// Whether a request's body asks for a mutation; what can't be read asks for nothing.
#[must_use]
pub fn is_mutation(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let name = body.get("operationName").and_then(Value::as_str);
    let document = body.get("query").and_then(Value::as_str).and_then(|text| reader::document(text).ok());
    document.is_some_and(|document| check::choose(&document, name).is_ok_and(|found| found.kind == "mutation"))
}

#[cfg(test)]
mod tests {
    use super::is_mutation;

    #[test]
    fn the_operation_that_runs_decides() {
        for (body, is) in [
            (r#"{"query": "{ viewer { login } }"}"#, false),
            (r#"{"query": "query mutation { viewer { login } }"}"#, false),
            (r#"{"query": "mutation M { x }"}"#, true),
            (r#"{"query": "mutation M { x } query Q { y }", "operationName": "Q"}"#, false),
            (r#"{"query": "mutation M { x } query Q { y }", "operationName": "M"}"#, true),
            ("garbage", false),
        ] {
            assert_eq!(is_mutation(body.as_bytes()), is, "{body}");
        }
    }
}
