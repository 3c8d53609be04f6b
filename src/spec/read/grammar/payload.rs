//! The grammar of requests, answers and fields: `{email: string, phone?: string} → 201 Member; 409 when … — text`.
//! Text in, values out; every function takes any text and gives what it could read of it.

use std::collections::HashSet;

use super::super::super::item::{Answer, Payload};
use super::super::super::text::name_key;
use super::fields::{collection, is_identifier, read_fields};

/// The names of the models that the document defines.
#[derive(Debug, Default)]
pub(in super::super) struct Known(HashSet<String>);

impl Known {
    /// Collects names.
    pub(in super::super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(name_key).collect())
    }

    /// Whether a model of this name is defined, in singular or plural.
    pub(in super::super) fn contains(&self, name: &str) -> bool {
        let key = name_key(name);
        self.0.contains(&key) || key.strip_suffix('s').is_some_and(|one| self.0.contains(one))
    }
}

/// What follows a path on its line.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Tail {
    /// The request, when two arrows say that there is one.
    pub(in super::super) request: Option<Payload>,
    /// The answers in the order written.
    pub(in super::super) answers: Vec<Answer>,
    /// What the author says the endpoint does.
    pub(in super::super) description: String,
}

/// Reads what follows a path: `→ request → answers — description`, any part of it missing.
pub(in super::super) fn read_tail(text: &str, known: &Known) -> Tail {
    let mut tail = Tail::default();
    let mut parts: Vec<&str> = Vec::new();
    for (at, piece) in split_top(text, arrow).into_iter().enumerate() {
        let (front, description) = cut_description(piece);
        if tail.description.is_empty() {
            tail.description = clean(if at == 0 && description.is_empty() { front } else { description });
        }
        if at > 0 {
            parts.push(front.trim());
        }
    }
    let answers = match parts.as_slice() {
        [] => return tail,
        [only] => *only,
        [request, rest @ ..] => {
            tail.request = read_payload(request, known, true);
            rest[rest.len() - 1]
        }
    };
    tail.answers = read_answers(answers, known);
    let spoken = parts.len() == 1 && tail.answers.iter().all(is_plain_words);
    if spoken {
        tail.answers.clear();
        let words = clean(answers);
        tail.description =
            if tail.description.is_empty() { words } else { format!("{words} — {}", tail.description) };
    }
    tail
}

fn is_plain_words(answer: &Answer) -> bool {
    answer.status.is_none() && answer.body.as_ref().is_none_or(|body| !body.text.is_empty())
}

/// Length of the arrow at the start of a text, 0 without one.
fn arrow(text: &str) -> usize {
    ["→", "⇒", "➜", "->", "=>"].iter().find(|mark| text.starts_with(**mark)).map_or(0, |mark| mark.len())
}

/// Splits at what `separator` measures, outside of brackets and quotes. Linear; unbalanced brackets never fail.
pub(in super::super) fn split_top(text: &str, mut separator: impl FnMut(&str) -> usize) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    let (mut depth, mut quote) = (0_usize, None);
    while let Some(letter) = text[at..].chars().next() {
        let length = if depth == 0 && quote.is_none() { separator(&text[at..]) } else { 0 };
        if length > 0 {
            parts.push(&text[start..at]);
            at += length;
            start = at;
            continue;
        }
        match letter {
            '"' | '`' if quote == Some(letter) => quote = None,
            '"' | '`' if quote.is_none() => quote = Some(letter),
            '{' | '[' | '(' if quote.is_none() => depth += 1,
            '}' | ']' | ')' if quote.is_none() => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += letter.len_utf8();
    }
    parts.push(&text[start..]);
    parts
}

/// Splits ` — description` off, outside of brackets.
fn cut_description(text: &str) -> (&str, &str) {
    let dash =
        |rest: &str| [" — ", " – ", " - ", " -- "].iter().find(|mark| rest.starts_with(**mark)).map_or(0, |m| m.len());
    let front = split_top(text, dash)[0];
    let rest = &text[front.len()..];
    (front, &rest[dash(rest)..])
}

fn clean(text: &str) -> String {
    let separators = |letter: char| letter.is_whitespace() || matches!(letter, ':' | '：' | '-' | '–' | '—' | '|');
    let text = text.trim_matches(separators);
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|rest| !rest.contains('('));
    inner.unwrap_or(text).trim_end_matches('.').trim().to_owned()
}

/// Reads answers: `201 Member; 409 when the email is taken`, `200/404`, `Tool[]`.
pub(in super::super) fn read_answers(text: &str, known: &Known) -> Vec<Answer> {
    let mut found = Vec::new();
    for part in split_top(text, answer_separator).into_iter().take(64) {
        read_answer(part.trim(), known, &mut found);
    }
    found
}

/// A semicolon, or a comma that a status follows.
fn answer_separator(text: &str) -> usize {
    let mark = text.chars().next().filter(|letter| matches!(letter, ';' | '；' | ',' | '，' | '、'));
    let Some(mark) = mark else { return 0 };
    let length = mark.len_utf8();
    let next = text[length..].trim_start();
    if matches!(mark, ';' | '；') || status(next).is_some() { length } else { 0 }
}

/// The status code with which a text begins, and its length.
pub(in super::super) fn status(text: &str) -> Option<(u16, usize)> {
    let text_start = text.strip_prefix("HTTP ").unwrap_or(text);
    let skipped = text.len() - text_start.len();
    let code: u16 = text_start.get(..3)?.parse().ok().filter(|code| (100..600).contains(code))?;
    let next = text_start[3..].chars().next();
    let ends = next.is_none_or(|letter| !letter.is_alphanumeric() && !matches!(letter, '.' | '_' | '%' | '-'));
    let stop = matches!(next, Some('.' | '-')) && !text_start[4..].starts_with(|l: char| l.is_alphanumeric());
    (ends || stop).then_some((code, skipped + 3))
}

fn read_answer(text: &str, known: &Known, found: &mut Vec<Answer>) {
    let (mut codes, mut rest) = (Vec::new(), text);
    while let Some((code, length)) = status(rest) {
        codes.push(code);
        rest = rest[length..].trim_start();
        match rest.strip_prefix(['/', '|', ',', '+']) {
            Some(next) if status(next.trim_start()).is_some() => rest = next.trim_start(),
            _ => break,
        }
    }
    let rest = rest.trim_start_matches([':', '：', '-', '–', '—', '=', ' ']);
    if codes.is_empty() {
        if !rest.is_empty() {
            found.push(plain_answer(rest, None, known));
        }
        return;
    }
    found.extend(codes.into_iter().take(16).map(|code| plain_answer(rest, Some(code), known)));
}

fn plain_answer(text: &str, status: Option<u16>, known: &Known) -> Answer {
    let text = without_reason(text);
    let (body, note) = cut_condition(text);
    let payload = read_payload(body, known, status.is_some());
    match payload {
        Some(payload) if status.is_some() && !payload.text.is_empty() => {
            Answer { status, body: None, note: clean(text) }
        }
        body => Answer { status, body, note: clean(note) },
    }
}

/// Drops the reason phrase of a status ("Created", "Not Found") where it stands for nothing else.
fn without_reason(text: &str) -> &str {
    const PHRASES: [&str; 22] = [
        "OK",
        "Created",
        "Accepted",
        "No Content",
        "Moved Permanently",
        "Found",
        "Not Modified",
        "Bad Request",
        "Unauthorized",
        "Forbidden",
        "Not Found",
        "Method Not Allowed",
        "Not Acceptable",
        "Conflict",
        "Gone",
        "Payload Too Large",
        "Unprocessable Entity",
        "Unprocessable Content",
        "Too Many Requests",
        "Internal Server Error",
        "Service Unavailable",
        "Precondition Failed",
    ];
    for phrase in PHRASES {
        let Some(start) = text.get(..phrase.len()).filter(|start| start.eq_ignore_ascii_case(phrase)) else { continue };
        let rest = &text[start.len()..];
        if !rest.starts_with(|letter: char| letter.is_alphanumeric()) {
            return rest.trim_start_matches([' ', ':', ',', '-', '–', '—', '+', '&']);
        }
    }
    text
}

/// Splits "when …", "if …" off.
fn cut_condition(text: &str) -> (&str, &str) {
    const WORDS: [&str; 10] = ["when", "if", "on", "unless", "wenn", "falls", "bei", "si", "quand", "for"];
    let mut at = 0;
    for part in split_top(text, |rest| usize::from(rest.starts_with(' '))) {
        if WORDS.contains(&part) {
            return (text[..at].trim(), &text[at..]);
        }
        at = (at + part.len() + 1).min(text.len());
    }
    match text.find(['当', '如']) {
        Some(0) => ("", text),
        _ => (text.trim(), ""),
    }
}

/// Reads a body: `{a: string}`, `Member`, `Tool[]`, `list of Tool`, or words. `certain`: the place says that a body
/// stands here, so that a capitalised name is a model even if the document does not define it.
pub(in super::super) fn read_payload(text: &str, known: &Known, certain: bool) -> Option<Payload> {
    let text = text.trim().trim_matches('`').trim_end_matches(['.', ',', ';']).trim();
    if text.is_empty() || is_nothing(text) {
        return None;
    }
    if let Some(fields) = braces(text) {
        let list = text.starts_with('[') || text.ends_with("[]");
        return Some(Payload { list, fields: read_fields(fields), ..Payload::default() });
    }
    let (name, list) = collection(text);
    let capital = name.starts_with(char::is_uppercase);
    let one_word = is_identifier(name);
    let marked = list && !text.starts_with('[');
    if one_word && (known.contains(name) || (capital && (certain || marked)) || (list && certain)) {
        return Some(Payload { model: Some(name.to_owned()), list, ..Payload::default() });
    }
    if known.contains(name) {
        return Some(Payload { model: Some(name.to_owned()), list, ..Payload::default() });
    }
    Some(Payload { text: text.to_owned(), ..Payload::default() })
}

fn is_nothing(text: &str) -> bool {
    const NOTHING: [&str; 14] =
        ["-", "–", "—", "/", "none", "empty", "no body", "n/a", "nothing", "no content", "无", "空", "void", "null"];
    NOTHING.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// What stands between the outer braces of `{…}`, `[{…}]` or `{…}[]`.
fn braces(text: &str) -> Option<&str> {
    let text = text.strip_suffix("[]").unwrap_or(text).trim();
    let text = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).trim();
    text.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::super::super::super::item::Field;
    use super::*;

    fn show_field(field: &Field) -> String {
        let mark = if field.required == Some(false) { "?" } else { "" };
        let kind = field.type_name.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
        let target = field.refers_to.as_ref().map(|name| format!(" >{name}")).unwrap_or_default();
        let note = if field.note.is_empty() { String::new() } else { format!(" ({})", field.note) };
        format!("{}{mark}{kind}{target}{note}", field.name)
    }

    fn show_payload(payload: &Payload) -> String {
        let list = if payload.list { "[]" } else { "" };
        if let Some(model) = &payload.model {
            return format!("{model}{list}");
        }
        if !payload.text.is_empty() {
            return format!("'{}'", payload.text);
        }
        format!("{{{}}}{list}", payload.fields.iter().map(show_field).collect::<Vec<_>>().join(", "))
    }

    /// The tail as `request | status body note; … | description`.
    fn check(text: &str, expected: &str) {
        let tail = read_tail(text, &Known::of(["Member", "Tool", "Loan"]));
        let answers = tail.answers.iter().map(|answer| {
            let status = answer.status.map(|status| status.to_string()).unwrap_or_default();
            let body = answer.body.as_ref().map(show_payload).unwrap_or_default();
            [status, body, answer.note.clone()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        });
        let request = tail.request.as_ref().map(show_payload).unwrap_or_default();
        let seen = format!("{request} | {} | {}", answers.collect::<Vec<_>>().join("; "), tail.description);
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn the_forms_of_the_tidy_format() {
        check(
            " → {email: string, name: string} → 201 Member; 409 when the email is taken — Register a member",
            "{email: string, name: string} | 201 Member; 409 when the email is taken | Register a member",
        );
        check(" → Tool; 404 when there is no such tool", " | Tool; 404 when there is no such tool | ");
        check(" → 200 Tool[] — Search the catalogue", " | 200 Tool[] | Search the catalogue");
        check(" -> 204", " | 204 | ");
        check(" => Liveness", " |  | Liveness");
        check(" → [Description]", " |  | [Description]");
        check(" — List things → 200 list of Tools", " | 200 Tools[] | List things");
        check(" → Register, then log in", " |  | Register, then log in");
        check("", " |  | ");
        check(": Get all", " |  | Get all");
    }

    #[test]
    fn answers_of_other_authors() {
        check(" → 200 OK; 404 Not Found", " | 200; 404 | ");
        check(" → 200/404", " | 200; 404 | ");
        check(
            " → {a} → {id: uuid, items: Loan[]}, 400 bad input",
            "{a} | {id: uuid, items: Loan[] >Loan}; 400 bad input | ",
        );
        check(" → [{id: int}] ", " | {id: int}[] | ");
        check(" → Page<Tool>", " | Tool[] | ");
        check(" → none → 201 Created: Loan", " | 201 Loan | ");
    }

    #[test]
    fn fields_with_marks() {
        let fields = |text: &str| read_fields(text).iter().map(show_field).collect::<Vec<_>>().join(" & ");
        assert_eq!(
            fields("id: uuid, email: string (unique), tool_id: Tool.id, returned_at?: datetime, items: Item[]"),
            "id: uuid & email: string (unique) & tool_id: Tool.id >Tool & returned_at?: datetime & items: Item[] >Item"
        );
        assert_eq!(
            fields("m: Map<string, Loan>, s: \"a\" | \"b\", n: {x: int, y: int}"),
            "m: Map<string, Loan> & s: \"a\" | \"b\" & n: {x: int, y: int}"
        );
        assert_eq!(fields("name (string, optional), at"), "name?: string (optional) & at");
        assert_eq!(fields(""), "");
    }

    #[test]
    fn unbalanced_brackets_do_no_harm() {
        for text in ["{{{{", "→ }}} → )", "→ {a: [b", "→ \"", "、→：", "→ 201 {é: ü", "→ 20"] {
            let _ = read_tail(text, &Known::default());
        }
    }
}
