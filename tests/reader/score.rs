//! The matching rules of `fixtures/specs/gold/score.py`: which found item is which labelled one.

use std::collections::HashSet;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// The kinds that are scored, as keys of the JSON.
pub const KINDS: [&str; 5] = ["endpoints", "components", "models", "requirements", "dependencies"];

const GENERIC: [&str; 9] = ["service", "server", "module", "component", "slice", "system", "table", "entity", ""];

/// An item as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Endpoint(String, String),
    Name(String),
    Line(i64, String),
    Pair(String, String),
}

/// Letters and digits in lower case.
pub fn name_key(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    text.nfkc().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}

/// 2 for equal names, 1 for equal but for one trailing generic word, 0 for others.
fn same_name(a: &str, b: &str) -> u8 {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    if a == b {
        return 2;
    }
    let longer = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| !rest.is_empty() && GENERIC.contains(&rest))
    };
    u8::from(longer(a, b) || longer(b, a))
}

/// A path without host, query and trailing slash, its placeholders blank.
fn path_key(path: &str) -> String {
    let path = path.trim().trim_matches('`');
    let path = match path.split_once("://") {
        Some((scheme, rest))
            if !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c)) =>
        {
            rest.find('/').map_or("", |at| &rest[at..])
        }
        _ => path,
    };
    let mut blank = String::new();
    let mut closing = None;
    for letter in path.chars() {
        match (closing, letter) {
            (None, '{') => closing = Some('}'),
            (None, '<') => closing = Some('>'),
            (Some(close), letter) if letter == close => {
                blank.push_str("{}");
                closing = None;
            }
            (None, letter) => blank.push(letter),
            (Some(_), _) => {}
        }
    }
    let bare = blank.split(['?', '#']).next().unwrap_or_default().trim();
    let parts: Vec<&str> = bare
        .split('/')
        .enumerate()
        .map(|(at, part)| if at > 0 && part.len() > 1 && part.starts_with(':') { "{}" } else { part })
        .collect();
    let joined = parts.join("/");
    let trimmed = joined.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

fn key(kind: &str, entry: &Value) -> Key {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    match kind {
        "endpoints" => Key::Endpoint(text("method").trim().to_uppercase(), path_key(text("path"))),
        "requirements" => {
            let words = name_key(&entry["text"]).chars().take(40).collect();
            Key::Line(entry["line"].as_i64().unwrap_or(i64::MIN), words)
        }
        "dependencies" => Key::Pair(name_key(&entry["from"]), name_key(&entry["to"])),
        _ => Key::Name(name_key(&entry["name"])),
    }
}

/// The keys of the entries of one kind, repeated ones once.
pub fn keys(kind: &str, entries: &Value) -> Vec<Key> {
    let mut seen = HashSet::new();
    let all = entries.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|entry| key(kind, entry)).filter(|key| seen.insert(key.clone())).collect()
}

/// 0 for no match; the larger, the closer.
fn closeness(gold: &Key, found: &Key) -> u8 {
    match (gold, found) {
        (Key::Endpoint(gold_method, gold_path), Key::Endpoint(method, path)) if gold_path == path => {
            if gold_method == method { 2 } else { u8::from(gold_method.is_empty()) }
        }
        (Key::Line(gold_line, gold_text), Key::Line(line, text)) if gold_line.abs_diff(*line) <= 1 => {
            let near = if gold_line == line { 2 } else { 1 };
            near + if !gold_text.is_empty() && gold_text == text { 2 } else { 0 }
        }
        (Key::Pair(gold_from, gold_to), Key::Pair(from, to)) => same_name(gold_from, from).min(same_name(gold_to, to)),
        (Key::Name(gold), Key::Name(found)) => same_name(gold, found),
        _ => 0,
    }
}

/// Size of a largest one-to-one matching; the closest candidates are tried first.
pub fn matched(gold: &[Key], found: &[Key]) -> usize {
    let near = |gold: &Key| {
        let mut candidates: Vec<(u8, usize)> = found
            .iter()
            .enumerate()
            .map(|(at, key)| (closeness(gold, key), at))
            .filter(|(close, _)| *close > 0)
            .collect();
        candidates.sort_by_key(|(close, at)| (std::cmp::Reverse(*close), *at));
        candidates.into_iter().map(|(_, at)| at).collect::<Vec<_>>()
    };
    let edges: Vec<Vec<usize>> = gold.iter().map(near).collect();
    let mut owner: Vec<Option<usize>> = vec![None; found.len()];
    (0..gold.len()).filter(|at| place(*at, &edges, &mut owner, &mut HashSet::new())).count()
}

fn place(at: usize, edges: &[Vec<usize>], owner: &mut Vec<Option<usize>>, seen: &mut HashSet<usize>) -> bool {
    for to in &edges[at] {
        if seen.insert(*to) && owner[*to].is_none_or(|other| place(other, edges, owner, seen)) {
            owner[*to] = Some(at);
            return true;
        }
    }
    false
}

/// F1 of counts; nothing to find and nothing found is 1.
pub fn f1(matched: usize, gold: usize, found: usize) -> f64 {
    if gold + found == 0 { 1.0 } else { 2.0 * matched as f64 / (gold + found) as f64 }
}

/// The lines that the named sections span, from heading to next heading of the same or a higher level; ATX headings
/// outside of fences only.
pub fn lines_of(text: &str, sections: &[&str]) -> HashSet<i64> {
    let (mut heads, mut fence): (Vec<(i64, usize, String)>, Option<String>) = (Vec::new(), None);
    let mut count = 0;
    for (line, number) in text.lines().zip(1..) {
        count = number;
        let body = line.trim_start_matches(' ');
        if line.len() - body.len() > 3 {
            continue;
        }
        let ticks: String =
            body.chars().take_while(|c| *c == body.chars().next().unwrap_or(' ') && "`~".contains(*c)).collect();
        if let Some(open) = &fence {
            if ticks.len() >= open.len() && ticks.starts_with(&open[..1]) && body[ticks.len()..].trim().is_empty() {
                fence = None;
            }
        } else if ticks.len() >= 3 && !(ticks.starts_with('`') && body[ticks.len()..].contains('`')) {
            fence = Some(ticks);
        } else {
            let level = body.chars().take_while(|c| *c == '#').count();
            if (1..=6).contains(&level) && body[level..].starts_with([' ', '\t']) {
                heads.push((number, level, name_key(&Value::from(body[level..].trim().trim_end_matches('#')))));
            }
        }
    }
    let mut lines = HashSet::new();
    for section in sections {
        let wanted = name_key(&Value::from(*section));
        let hits: Vec<_> = heads.iter().filter(|(_, _, title)| *title == wanted).collect();
        assert!(!hits.is_empty(), "no heading {section}");
        for (start, level, _) in hits {
            let end =
                heads.iter().find(|(at, other, _)| at > start && other <= level).map_or(count + 1, |(at, _, _)| *at);
            lines.extend(*start..end);
        }
    }
    lines
}

#[test]
fn the_rules_are_those_of_the_scorer() {
    let name = |a: &str, b: &str| same_name(&name_key(&Value::from(a)), &name_key(&Value::from(b)));
    assert_eq!((name("Auth Service", "auth"), name("Auth", "AUTH"), name("Auth", "Audit")), (1, 2, 0));
    assert_eq!(path_key("https://host/a/{id}/b/:c/?x={y}"), "/a/{}/b/{}");
    assert_eq!(path_key("<location>?digest=<digest>"), "{}");
    let lines = |at: &[i64]| at.iter().map(|line| Key::Line(*line, String::new())).collect::<Vec<_>>();
    assert_eq!(matched(&lines(&[1, 2]), &lines(&[2, 3])), 2);
    assert_eq!(lines_of("# A\n## B\nx\n```\n## C\n```\n## D\n", &["B"]).len(), 5);
}
