//! Front matter: found by its bytes here, read through gray_matter, never written back by it.
//!
//! gray_matter's own YAML engine dies of an alias bomb and its fences swallow lines, so vso gives it an engine with a
//! budget (serde-saphyr) and only ever hands it the block between fences that were found by byte.

use gray_matter::engine::Engine;
use gray_matter::{Matter, Pod};
use serde_json::{Map, Value};

use super::span::Span;

/// Longest front matter that is read, in bytes.
pub const MAX_FRONT_MATTER: usize = 64 << 10;
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 10_000;

/// The language a front matter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Between `---` lines.
    Yaml,
    /// Between `+++` lines.
    Toml,
    /// Between `---json` and `---`, or between `;;;` lines.
    Json,
}

/// What is wrong with a front matter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontMatterError {
    /// It opens like one but no fence closes it.
    #[error("the front matter opens here and is never closed")]
    Unclosed,
    /// It is over [`MAX_FRONT_MATTER`].
    #[error("the front matter has {bytes} bytes; the limit is {MAX_FRONT_MATTER}")]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// It is a list, a number or plain text.
    #[error("the front matter is not a mapping of keys to values")]
    NotAMapping,
    /// The parser's words: syntax, repeated keys, too many aliases, nested too deep.
    #[error("{0}")]
    Invalid(String),
}

/// The metadata block at the top of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontMatter {
    /// The language.
    pub format: Format,
    /// The whole block: from its opening fence (after a byte order mark) past the end of its closing line.
    pub span: Span,
    /// What stands between the fences.
    pub inner: Span,
    /// The values, or what is wrong.
    pub values: Result<Map<String, Value>, FrontMatterError>,
}

impl FrontMatter {
    /// A value by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.as_ref().ok()?.get(key)
    }

    /// A single value as the author spelled it: `1.0` stays `1.0`, quotes and comments are dropped.
    #[must_use]
    pub fn scalar(&self, key: &str, text: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(found) => Some(found.clone()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
            other => {
                let line = self.entry(key, text)?.of(text);
                let raw = line.split_once([':', '='])?.1.split('#').next()?.trim();
                Some(if raw.is_empty() { other.to_string() } else { raw.trim_end_matches(',').to_owned() })
            }
        }
    }

    /// The line (without its end) on which a key of the first level stands.
    #[must_use]
    pub fn entry(&self, key: &str, text: &str) -> Option<Span> {
        let mut at = self.inner.start;
        for line in self.inner.of(text).split_inclusive('\n') {
            let name = line.split([':', '=']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            if name == key && (self.format == Format::Json || !line.starts_with([' ', '\t'])) {
                return Some(Span::new(at, at + line.trim_end().len()));
            }
            at += line.len();
        }
        None
    }
}

/// Length of a byte order mark.
pub(super) fn bom(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Finds and reads the front matter of a text. A thematic break on the first line is none.
#[must_use]
pub fn find(text: &str) -> Option<FrontMatter> {
    let start = bom(text);
    let mut lines = Lines { text, at: start };
    let opening = lines.next()?;
    let (format, closing) = fence(opening.of(text))?;
    let inner_start = opening.end;
    for line in lines {
        if line.of(text).trim_end() == closing {
            let inner = Span::new(inner_start, line.start);
            if inner.of(text).trim().is_empty() || opens_like_keys(inner.of(text), format) {
                let values = read(format, inner.of(text));
                return Some(FrontMatter { format, span: Span::new(start, line.end), inner, values });
            }
            return None;
        }
    }
    let rest = &text[inner_start..];
    if !opens_like_keys(rest, format) {
        return None;
    }
    // Nothing says where it was meant to end; it is taken to be the lines up to the first blank one.
    let length = rest.find("\n\n").or_else(|| rest.find("\n\r\n")).map_or(rest.len(), |at| at + 1);
    let inner = Span::new(inner_start, inner_start + length);
    Some(FrontMatter { format, span: Span::new(start, inner.end), inner, values: Err(FrontMatterError::Unclosed) })
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        Some(span)
    }
}

fn fence(line: &str) -> Option<(Format, &'static str)> {
    match line.trim_end() {
        "---" | "---yaml" | "--- yaml" => Some((Format::Yaml, "---")),
        "---toml" | "--- toml" => Some((Format::Toml, "---")),
        "---json" | "--- json" => Some((Format::Json, "---")),
        "+++" => Some((Format::Toml, "+++")),
        ";;;" => Some((Format::Json, ";;;")),
        _ => None,
    }
}

/// A thematic break is followed by a blank line, a heading or prose; a front matter by a key, a comment or a value.
fn opens_like_keys(inner: &str, format: Format) -> bool {
    let Some(first) = inner.lines().find(|line| !line.trim_start().starts_with('#') || line.trim().is_empty()) else {
        return inner.lines().next().is_some_and(|line| line.starts_with('#'));
    };
    let first = first.trim_end();
    match format {
        Format::Json => first.trim_start().starts_with(['{', '[']),
        Format::Toml => first.contains('=') || first.starts_with('['),
        Format::Yaml => {
            let key = first.split(':').next().unwrap_or_default();
            let plain = !key.is_empty() && key.len() <= 64 && !key.contains(['`', '*', '|', '<']);
            (first.contains(':') && plain && key.split(' ').count() <= 3)
                || first.starts_with("- ")
                || first.starts_with(['{', '[', '"', '&', '*', '?'])
        }
    }
}

fn read(format: Format, inner: &str) -> Result<Map<String, Value>, FrontMatterError> {
    if inner.len() > MAX_FRONT_MATTER {
        return Err(FrontMatterError::TooLarge { bytes: inner.len() });
    }
    if inner.trim().is_empty() {
        return Ok(Map::new());
    }
    // gray_matter looks for its own fences inside; a delimiter that cannot occur keeps it from finding any.
    let value = match format {
        Format::Yaml => through_gray_matter::<Yaml>(inner),
        Format::Toml => through_gray_matter::<Toml>(inner),
        Format::Json => through_gray_matter::<Json>(inner),
    }?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(FrontMatterError::NotAMapping),
    }
}

const DELIMITER: &str = "\u{1}vso\u{1}";

fn through_gray_matter<E: Engine>(inner: &str) -> Result<Value, FrontMatterError> {
    let mut matter = Matter::<E>::new();
    matter.delimiter = DELIMITER.to_owned();
    let text = format!("{DELIMITER}\n{inner}\n{DELIMITER}\n");
    let parsed = matter.parse::<Value>(&text).map_err(|error| FrontMatterError::Invalid(words(&error)))?;
    Ok(parsed.data.unwrap_or_default())
}

/// gray_matter puts a prefix of its own before the parser's words; only those help the author.
fn words(error: &gray_matter::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Deserialize error: ").unwrap_or(&text);
    text.lines().next().unwrap_or_default().trim().to_owned()
}

struct Yaml;
struct Toml;
struct Json;

impl Engine for Yaml {
    fn parse(content: &str) -> gray_matter::Result<Pod> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
            with_snippet: false,
            budget: serde_saphyr::budget! {
                max_depth: MAX_DEPTH,
                max_nodes: MAX_NODES,
                max_aliases: MAX_NODES / 100,
            },
        };
        serde_saphyr::from_str_with_options::<Value>(content, options).map(pod).map_err(invalid)
    }
}

impl Engine for Toml {
    fn parse(content: &str) -> gray_matter::Result<Pod> {
        toml::from_str::<Value>(content).map(pod).map_err(|error| invalid(error.message()))
    }
}

impl Engine for Json {
    fn parse(content: &str) -> gray_matter::Result<Pod> {
        serde_json::from_str::<Value>(content).map(pod).map_err(invalid)
    }
}

fn invalid(error: impl std::fmt::Display) -> gray_matter::Error {
    let text = error.to_string();
    // The parser speaks of its counters here; where in the text that was is the part that helps.
    let words = match text.strip_prefix("budget breached: ") {
        Some(rest) => {
            let place = rest.find(" at line ").map_or("", |at| rest[at..].split(" (").next().unwrap_or_default());
            format!("too many values or aliases, or nested too deep (an alias bomb goes over this budget){place}")
        }
        None => text.replace(", set DuplicateKeyPolicy in Options if acceptable", ""),
    };
    gray_matter::Error::deserialize_error(&words)
}

fn pod(value: Value) -> Pod {
    match value {
        Value::Null => Pod::Null,
        Value::Bool(flag) => Pod::Boolean(flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Pod::Integer(whole),
            None => Pod::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Pod::String(text),
        Value::Array(list) => Pod::Array(list.into_iter().map(pod).collect()),
        Value::Object(map) => Pod::Hash(map.into_iter().map(|(key, value)| (key, pod(value))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Result<&str, &str>>) {
        let found = find(text).map(|found| match found.values {
            Ok(map) => Ok(map.get("title").and_then(Value::as_str).unwrap_or("").to_owned()),
            Err(error) => Err(error.to_string()),
        });
        match (&found, expected) {
            (None, None) => {}
            (Some(Ok(title)), Some(Ok(wanted))) => assert_eq!(title, wanted),
            (Some(Err(error)), Some(Err(wanted))) => assert!(error.contains(wanted), "{error}"),
            _ => panic!("{text:?}: {found:?}"),
        }
    }

    #[test]
    fn front_matter_is_read_in_three_languages() {
        check("---\ntitle: A\n---\n# x\n", Some(Ok("A")));
        check("\u{feff}---\r\ntitle: A\r\n---\r\n# x\r\n", Some(Ok("A")));
        check("+++\ntitle = \"A\"\n+++\n", Some(Ok("A")));
        check("---json\n{\"title\": \"A\"}\n---\n", Some(Ok("A")));
        check("---\n---\n", Some(Ok("")));
    }

    #[test]
    fn a_thematic_break_is_no_front_matter() {
        check("---\n\n# Title\n\n---\n", None);
        check("---\nSome prose here.\n", None);
        check("# x\n---\n", None);
    }

    #[test]
    fn broken_front_matter_says_what_is_wrong() {
        check("---\ntitle: A\n\n# x\n", Some(Err("never closed")));
        check("---\n- a\n- b\n---\n", Some(Err("not a mapping")));
        check("---\na: 1\na: 2\n---\n", Some(Err("duplicate")));
        let bomb = (1..10).map(|n| format!("a{n}: &a{n} [*a{p},*a{p},*a{p},*a{p},*a{p},*a{p},*a{p}]\n", p = n - 1));
        let bomb: String = bomb.collect();
        check(&format!("---\na0: &a0 x\n{bomb}---\n"), Some(Err("budget")));
    }

    #[test]
    fn a_scalar_keeps_the_spelling_of_its_author() {
        let text = "---\nversion: 1.0 # two parts\nname: \"x\"\n---\n";
        let found = find(text).unwrap();
        assert_eq!(found.scalar("version", text).as_deref(), Some("1.0"));
        assert_eq!(found.scalar("name", text).as_deref(), Some("x"));
    }
}
