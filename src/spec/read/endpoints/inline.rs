//! Endpoints inside one line of text: `POST /users → …` at its start, "a `GET` request to `/users`" inside a sentence,
//! `/users` alone. Text in, places out.

use std::sync::LazyLock;

use regex::Regex;

use super::super::grammar::path::{self, FoundPath};

static METHOD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)(?-u:\b)").expect("a constant pattern")
});

/// An endpoint in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    /// Its methods; several when the text names them together (`GET/POST /x`).
    pub(super) methods: Vec<&'static str>,
    /// Its path.
    pub(super) path: FoundPath,
    /// Where the first method or the path begins, in bytes of the text.
    pub(super) start: usize,
    /// Where the path begins.
    pub(super) path_start: usize,
    /// Where what belongs to it ends.
    pub(super) end: usize,
    /// Whether words stand between method and path.
    pub(super) spoken: bool,
}

/// Longest stretch of words between a method and its path, in bytes.
const LONGEST_GAP: usize = 90;

/// All endpoints with a method in a text, in order.
pub(super) fn with_method(text: &str) -> Vec<Hit> {
    let mut found: Vec<Hit> = Vec::new();
    if !text.contains(['/', '<', '{']) {
        return found;
    }
    let mut open: Vec<&'static str> = Vec::new();
    let mut start = 0;
    let mut last_end = 0;
    for word in METHOD.find_iter(text) {
        if word.start() < last_end {
            continue;
        }
        let Some(method) = path::METHODS.iter().find(|method| **method == word.as_str()) else { continue };
        let between = &text[last_end..word.start()];
        if open.is_empty()
            || between.len() > 8
            || !between.chars().all(|l| !l.is_alphanumeric() || "orandund和或".contains(l))
        {
            open.clear();
            start = word.start();
        }
        open.push(method);
        last_end = word.end();
        if let Some((path_start, path, spoken)) = path_after(text, word.end()) {
            let end = path_start + path.length;
            found.push(Hit { methods: std::mem::take(&mut open), path, start, path_start, end, spoken });
            last_end = end;
        }
    }
    found
}

/// The path after a method: at once, or after a few words that lead to it.
fn path_after(text: &str, at: usize) -> Option<(usize, FoundPath, bool)> {
    let marks = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '`' | '*' | ':' | '：' | ']' | '"' | '-' | '–' | '|' | '→' | '\'' | ')')
    };
    let rest = &text[at..];
    let trimmed = rest.trim_start_matches(marks);
    let skipped = rest.len() - trimmed.len();
    if skipped > 0 && skipped < 12 {
        let loose = trimmed.starts_with('<') || trimmed.starts_with('{');
        let read = if loose { path::read_loose(trimmed) } else { path::read(trimmed) };
        let slash = |path: &FoundPath| {
            // the stroke of `GET` / `HEAD` is no path
            let next = trimmed[path.length..].trim_start_matches([' ', '`', '*']);
            path.path == "/" && METHOD.find(next).is_some_and(|word| word.start() == 0)
        };
        if let Some(path) = read.filter(|path| !slash(path)) {
            return Some((at + skipped, path, false));
        }
    }
    spoken_path(text, at)
}

/// "`GET` request to a path in the following format: `/v2/x`".
fn spoken_path(text: &str, at: usize) -> Option<(usize, FoundPath, bool)> {
    let mut limit = (at + LONGEST_GAP).min(text.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let window = &text[at..limit];
    let gap = window.find(['/', '<']).filter(|gap| *gap > 0)?;
    let words = &window[..gap];
    let before = words.chars().next_back().unwrap_or(' ');
    if !(before.is_whitespace() || matches!(before, '`' | '"' | '(' | '：' | ':') || !before.is_ascii()) {
        return None;
    }
    const LINKS: [&str; 12] =
        ["to", "at", "on", "request", "requests", "endpoint", "call", "an", "calls", "against", "route", "via"];
    let leads = words.split(|letter: char| !letter.is_alphanumeric()).any(|word| LINKS.contains(&word))
        || ["请求", "接口", "调用", "访问", "到"].iter().any(|word| words.contains(word));
    let stops = words.contains(". ") || words.contains("。") || METHOD.is_match(words);
    if !leads || stops {
        return None;
    }
    let rest = &text[at + gap..];
    let path = if rest.starts_with('<') { path::read_loose(rest)? } else { path::read(rest)? };
    (path.path.len() > 1).then_some((at + gap, path, true))
}

/// What a text begins with when it begins with a path: the path, and the methods that follow it in brackets or after
/// a dash (`/users (GET)`, `/users – GET, POST`).
pub(super) fn leading_path(text: &str) -> Option<Hit> {
    let marks = |letter: char| letter.is_whitespace() || matches!(letter, '`' | '*' | '-' | '•' | '"' | '[');
    let trimmed = text.trim_start_matches(marks);
    let path_start = text.len() - trimmed.len();
    if !trimmed.starts_with(['/', '{']) {
        return None;
    }
    let path = path::read(trimmed).filter(|path| path.path.len() > 1)?;
    let (mut end, mut methods) = (path_start + path.length, Vec::new());
    let separates = |letter: char| letter.is_whitespace() || "`*-–—:：|,、/([（&".contains(letter);
    loop {
        let rest = text[end..].trim_start_matches(separates);
        let Some(word) = METHOD.find(rest).filter(|word| word.start() == 0) else { break };
        methods.extend(path::METHODS.iter().copied().filter(|method| *method == word.as_str()));
        end = text.len() - rest.len() + word.end();
    }
    if !methods.is_empty() {
        end += text[end..].chars().next().filter(|letter| ")]）`".contains(*letter)).map_or(0, char::len_utf8);
    }
    Some(Hit { methods, path, start: path_start, path_start, end, spoken: false })
}

/// Whether a text speaks of an interface, so that a path in it is likely an endpoint.
pub(super) fn speaks_of_interface(text: &str) -> bool {
    const WORDS: [&str; 22] = [
        "endpoint",
        "Endpoint",
        "ENDPOINT",
        "webhook",
        "Webhook",
        "route",
        "Route",
        "probe",
        "REST",
        "HTTP API",
        "API ",
        "接口",
        "端点",
        "Endpunkt",
        "Schnittstelle",
        "エンドポイント",
        "эндпоинт",
        "callback",
        "WebSocket",
        "websocket",
        "SSE",
        "requests to",
    ];
    WORDS.iter().any(|word| text.contains(word))
}

/// Whether the words just before a path make it a prefix of others: "under", "prefix", "base".
pub(super) fn is_prefix_of_others(before: &str) -> bool {
    const WORDS: [&str; 14] = [
        "under",
        "prefix",
        "base",
        "below",
        "within",
        "unter",
        "prefixed",
        "beneath",
        "with",
        "mounted",
        "from",
        "in",
        "file",
        "directory",
    ];
    let last: Vec<&str> = before.trim_end_matches(|l: char| !l.is_alphanumeric()).rsplit(' ').take(2).collect();
    last.first().is_some_and(|word| WORDS.contains(&word.to_lowercase().as_str()))
        || last.iter().any(|word| matches!(word.to_lowercase().as_str(), "under" | "prefix" | "base" | "mounted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each hit as `METHODS path`, `~` when words stand between.
    fn check(text: &str, expected: &[&str]) {
        let seen: Vec<String> = with_method(text)
            .into_iter()
            .map(|hit| format!("{}{} {}", if hit.spoken { "~" } else { "" }, hit.methods.join("+"), hit.path.path))
            .collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn method_and_path() {
        check("POST /users → {a} → 201", &["POST /users"]);
        check("GET/POST /x and DELETE /y/{id}", &["GET+POST /x", "DELETE /y/{id}"]);
        check("`GET` `/a`: list", &["GET /a"]);
        check("GET / HEAD", &[]);
        check("GET / – the start", &["GET /"]);
        check("List [GET /questions{?page}]", &["GET /questions"]);
        check("PUT <location>?digest=<d>", &["PUT <location>"]);
        check("perform a GET request to a path in the following format: /v2/<name>/x end-8", &["~GET /v2/<name>/x"]);
        check("The HTTP method POST is used instead of GET for added security and/or", &[]);
        check("a GET request. See /docs/x", &[]);
        check("POST (timeout)", &[]);
    }

    #[test]
    fn paths_that_lead() {
        let hit = leading_path("/users (GET, POST) list").unwrap();
        assert_eq!((hit.methods, &"/users (GET, POST) list"[hit.end..]), (vec!["GET", "POST"], " list"));
        let hit = leading_path("/users – GET – list").unwrap();
        assert_eq!((hit.methods, hit.path.path.as_str()), (vec!["GET"], "/users"));
        assert!(leading_path("/users: get them").unwrap().methods.is_empty());
        assert_eq!(leading_path("users"), None);
    }

    #[test]
    fn prefixes_are_no_endpoints() {
        assert!(is_prefix_of_others("JSON HTTP API under ") && is_prefix_of_others("with the prefix `"));
        assert!(!is_prefix_of_others("SignalR endpoint at "));
    }
}
