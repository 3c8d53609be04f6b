//! The REST API: its routes by the official paths, and paging.
//!
//! A handler gets the state locked and the call authenticated and admitted; what its route asks for is checked before.

pub mod apps;
pub mod checks;
pub mod comments;
pub mod git;
pub mod issues;
pub mod merge;
pub mod moved;
pub mod pulls;
pub mod refs;
pub mod repos;
pub mod reviews;
pub mod signed;
pub mod users;

use serde_json::Value;

use crate::access::{Grade, Need, Role};
use crate::call::{Answer, Call, Reply};
use crate::state::State;

/// One operation. `{name}` stands for one part of the path, `{*name}` for one or more.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub need: Need,
    /// Creates content that people are told of: it counts against the secondary limits.
    pub creates: bool,
    pub run: fn(&mut State, &Call) -> Reply,
}

impl Route {
    pub const fn new(
        method: &'static str,
        path: &'static str,
        need: Need,
        run: fn(&mut State, &Call) -> Reply,
    ) -> Self {
        Self { method, path, need, creates: false, run }
    }

    pub const fn creating(self) -> Self {
        Self { creates: true, ..self }
    }
}

/// What routes ask for again and again.
pub const METADATA: Need = Need::Repo(&[("metadata", Grade::Read)], Role::Read);
pub const CONTENTS_READ: Need = Need::Repo(&[("contents", Grade::Read)], Role::Read);
pub const CONTENTS_WRITE: Need = Need::Repo(&[("contents", Grade::Write)], Role::Write);
pub const PULLS_READ: Need = Need::Repo(&[("pull_requests", Grade::Read)], Role::Read);
pub const PULLS_WRITE: Need = Need::Repo(&[("pull_requests", Grade::Write)], Role::Read);
pub const ISSUES_READ: Need = Need::Repo(&[("issues", Grade::Read), ("pull_requests", Grade::Read)], Role::Read);
pub const ISSUES_WRITE: Need = Need::Repo(&[("issues", Grade::Write), ("pull_requests", Grade::Write)], Role::Read);
pub const ISSUES_TRIAGE: Need = Need::Repo(&[("issues", Grade::Write), ("pull_requests", Grade::Write)], Role::Triage);

/// All routes, more literal ones before those that would swallow them.
const TABLES: &[&[Route]] = &[
    checks::ROUTES,
    users::ROUTES,
    apps::ROUTES,
    signed::ROUTES,
    crate::web::manifest::ROUTES,
    pulls::ROUTES,
    merge::ROUTES,
    reviews::ROUTES,
    comments::ROUTES,
    issues::ROUTES,
    refs::ROUTES,
    git::ROUTES,
    repos::ROUTES,
    crate::limits::ROUTES,
    crate::webhooks::ROUTES,
];

/// What a route's placeholders stand for.
pub type Params = Vec<(&'static str, String)>;

/// The route of a call, and what its placeholders stand for.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, Params)> {
    let routes = TABLES.iter().flat_map(|table| table.iter());
    routes.filter(|route| route.method == method).find_map(|route| Some((route, matched(route.path, path)?)))
}

/// Every route: `GET /repos/{owner}/{repo}`.
pub fn all() -> impl Iterator<Item = String> {
    TABLES.iter().flat_map(|table| table.iter()).map(|route| format!("{} {}", route.method, route.path))
}

fn matched(pattern: &'static str, path: &str) -> Option<Params> {
    let wanted: Vec<&'static str> = pattern.trim_start_matches('/').split('/').collect();
    let given: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut params = Vec::new();
    let mut at = 0;
    for (index, part) in wanted.iter().enumerate() {
        if let Some(name) = part.strip_prefix("{*").and_then(|name| name.strip_suffix('}')) {
            let after = wanted.len() - index - 1;
            let end = given.len().checked_sub(after).filter(|end| *end > at)?;
            params.push((name, decode(&given[at..end].join("/"))));
            at = end;
            continue;
        }
        let here = given.get(at)?;
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => params.push((name, decode(here))),
            None if part == here => {}
            None => return None,
        }
        at += 1;
    }
    (at == given.len()).then_some(params)
}

/// A part of a path without its percent signs.
pub fn decode(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One page of a list as the caller asked for it (30 a page, at most 100), with the `Link` header.
pub fn page<T>(state: &State, call: &Call, all: &[T], show: impl Fn(&T) -> Value) -> Answer {
    let (shown, link) = slice(state, call, all);
    let answer = Answer::ok(shown.iter().map(show).collect());
    link_header(answer, link)
}

/// The page's items and its `Link` header.
pub fn slice<'a, T>(state: &State, call: &Call, all: &'a [T]) -> (&'a [T], Option<String>) {
    let asked = |name: &str, default: usize| {
        call.query(name).and_then(|value| value.parse::<usize>().ok()).filter(|value| *value > 0).unwrap_or(default)
    };
    let size = asked("per_page", 30).min(100);
    let number = asked("page", 1);
    let last = all.len().div_ceil(size).max(1);
    let from = (number - 1).saturating_mul(size).min(all.len());
    let link = |to: usize, what: &str| {
        let kept = call.query.iter().filter(|(name, _)| name != "page");
        let kept: String = kept.map(|(name, value)| format!("{}={}&", encode(name), encode(value))).collect();
        format!("<{}/api/v3{}?{kept}page={to}>; rel=\"{what}\"", state.origin, call.path)
    };
    let mut links = Vec::new();
    if number > 1 {
        links.push(link(number - 1, "prev"));
        links.push(link(1, "first"));
    }
    if number < last {
        links.push(link(number + 1, "next"));
        links.push(link(last, "last"));
    }
    (&all[from..(from + size).min(all.len())], (!links.is_empty()).then(|| links.join(", ")))
}

pub fn link_header(answer: Answer, link: Option<String>) -> Answer {
    match link {
        Some(link) => answer.header("link", link),
        None => answer,
    }
}

/// Percent signs for what may not stand in a query.
pub fn encode(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte as char).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::matched;

    fn check(pattern: &'static str, path: &str, expected: Option<&[&str]>) {
        let found = matched(pattern, path).map(|params| params.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
        let expected = expected.map(|values| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected, "{pattern} {path}");
    }

    #[test]
    fn placeholders_take_their_parts() {
        check("/repos/{o}/{r}", "/repos/a/b", Some(&["a", "b"]));
        check("/repos/{o}/{r}", "/repos/a", None);
        check("/repos/{o}/{r}", "/repos/a/b/c", None);
        check("/r/{*ref}", "/r/heads/a%20b", Some(&["heads/a b"]));
        check("/r/{*ref}/check-runs", "/r/heads/a/check-runs", Some(&["heads/a"]));
        check("/r/{*ref}/check-runs", "/r/check-runs", None);
        check("/r/{n}", "/r/%24%28touch%20x%29", Some(&["$(touch x)"]));
        check("/r/{n}", "/r/50%", Some(&["50%"]));
    }
}
