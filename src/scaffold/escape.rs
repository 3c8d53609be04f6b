//! Text of a specification as a literal of the language that a generated file is written in.
//!
//! A value that a template prints is escaped for its file's language by default (law 10): in Python, HCL, YAML, TOML
//! and JSON it becomes a literal with its own quotation marks; in Markdown and HTML it becomes text. What can't be
//! text in a language (NUL in most of them) becomes U+FFFD, as CommonMark has it.

use std::fmt::Write;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

/// A language that templates are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// `.md`: text that no reader takes for markup.
    Markdown,
    /// `.py`: a literal.
    Python,
    /// `.tf`, `.tfvars`: a literal that interpolates nothing.
    Hcl,
    /// `.sh`: one word in single quotes; interpolates nothing when Terraform reads the file as a template first.
    Shell,
    /// `.toml`: a basic string.
    Toml,
    /// `.yaml`, `.yml`: a double-quoted scalar.
    Yaml,
    /// `.json`: JSON.
    Json,
    /// `.html`: text.
    Html,
    /// All else: values must be plain words.
    Plain,
}

/// A value that a language can't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum EscapeError {
    #[error("a {0} can't be printed in this kind of file; name one of its values")]
    Shape(&'static str),
    #[error("{0:?} can't stand in a file without quoting rules")]
    NotPlain(String),
    #[error("{0:?} is no identifier")]
    NotIdentifier(String),
}

impl Language {
    /// The language of a file, by the end of its name; a final `.example` does not count.
    pub(super) fn of(path: &str) -> Self {
        let path = path.strip_suffix(".example").unwrap_or(path);
        match path.rsplit_once('.').map_or("", |(_, end)| end) {
            "md" => Self::Markdown,
            "py" => Self::Python,
            "tf" | "tfvars" | "hcl" => Self::Hcl,
            "sh" => Self::Shell,
            "toml" => Self::Toml,
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            "html" => Self::Html,
            _ => Self::Plain,
        }
    }

    /// The name by which the template engine knows it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Python => "python",
            Self::Hcl => "hcl",
            Self::Shell => "shell",
            Self::Toml => "toml",
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Html => "html",
            Self::Plain => "plain",
        }
    }

    /// The language of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Markdown,
            Self::Python,
            Self::Hcl,
            Self::Shell,
            Self::Toml,
            Self::Yaml,
            Self::Json,
            Self::Html,
            Self::Plain,
        ];
        all.into_iter().find(|language| language.name() == name)
    }

    /// A value as it may stand in a file of this language.
    pub(super) fn literal(self, value: &Value) -> Result<String, EscapeError> {
        match (self, value) {
            (Self::Python, _) => Ok(python(value)),
            (Self::Hcl, _) => Ok(hcl(value)),
            (Self::Json, _) => Ok(json(value)),
            (Self::Yaml | Self::Toml, _) => Ok(flow(value, self)),
            (_, Value::Number(number)) => Ok(number.to_string()),
            (_, Value::Bool(truth)) => Ok(truth.to_string()),
            (Self::Markdown, Value::String(text)) => Ok(markdown(text)),
            (Self::Html, Value::String(text)) => Ok(html(text)),
            (Self::Shell, Value::String(text)) => Ok(shell(text)),
            (Self::Plain, Value::String(text)) => plain(text),
            (_, Value::Null) => Err(EscapeError::Shape("missing value")),
            (_, Value::Array(_)) => Err(EscapeError::Shape("list")),
            (_, Value::Object(_)) => Err(EscapeError::Shape("mapping")),
        }
    }
}

/// Text that a Markdown reader gives back as it is, whatever stands before and after it on its line.
pub(super) fn markdown(text: &str) -> String {
    let line = one_line(text);
    let mut escaped = String::with_capacity(line.len() + 8);
    let mut before = None;
    for (index, letter) in line.char_indices() {
        let inside_word = letter == '_'
            && before.is_some_and(char::is_alphanumeric)
            && line[index + 1..].starts_with(char::is_alphanumeric);
        let opens_block = line[..index].chars().all(|earlier| earlier.is_ascii_digit())
            && matches!(letter, '-' | '+' | '=' | '.' | ')' | '#' | ':');
        let marks = matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' | '^');
        if opens_block || (marks && !inside_word) {
            escaped.push('\\');
        }
        escaped.push(letter);
        before = Some(letter);
    }
    escaped
}

/// The one free text of a line, word for word where a Markdown reader gives it back like that; else with its markup
/// escaped. Two such texts on one line could make markup together (a lone backtick in each), so a line has one.
pub(super) fn prose(text: &str) -> String {
    let line = one_line(text);
    let starts_plainly = line.starts_with(|letter: char| letter.is_alphabetic());
    let suspicious =
        |letter: char| letter.is_ascii_punctuation() && !matches!(letter, '.' | ',' | ';' | '%' | '"' | '?');
    if (starts_plainly && !line.contains(suspicious)) || reads_as_itself(&line) { line } else { markdown(&line) }
}

/// Whether a Markdown reader takes a line for one paragraph with just this text.
fn reads_as_itself(line: &str) -> bool {
    let mut read = String::with_capacity(line.len());
    for event in
        Parser::new_ext(line, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS)
    {
        match event {
            Event::Text(text) => read.push_str(&text),
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            _ => return false,
        }
    }
    read == line && !line.contains('\\') && !line.starts_with('[')
}

/// White space folded into single spaces; control characters that are no white space become U+FFFD.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|letter: char| letter.is_whitespace()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }));
    }
    line
}

/// Characters that a reader of code does not see, or sees elsewhere than they are (bidirectional controls).
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => python_string(text),
        Value::Array(values) => format!("[{}]", joined(values.iter().map(python))),
        Value::Object(entries) => {
            format!(
                "{{{}}}",
                joined(entries.iter().map(|(key, value)| format!("{}: {}", python_string(key), python(value))))
            )
        }
    }
}

fn python_string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => literal.extend(['\\', letter]),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            _ if is_invisible(letter) => push_unicode(&mut literal, letter),
            _ => literal.push(letter),
        }
    }
    literal.push('"');
    literal
}

/// Text for the inside of a Python string in three double quotation marks.
pub(super) fn python_docstring(text: &str) -> String {
    let mut inside = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        match letter {
            '"' | '\\' => inside.extend(['\\', letter]),
            _ if is_invisible(letter) => push_unicode(&mut inside, letter),
            _ => inside.push(letter),
        }
    }
    inside
}

/// Text for a comment that ends with its line, in Python, HCL, shell and YAML. In a shell file, Terraform's template
/// marks are doubled so that they stay text.
pub(super) fn comment(text: &str, language: Language) -> String {
    let line = one_line(text).replace(is_invisible, "\u{fffd}");
    if language == Language::Shell { undo_interpolation(&line) } else { line }
}

fn hcl(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let mut literal = String::from("\"");
            for letter in text.chars() {
                match letter {
                    '"' | '\\' => literal.extend(['\\', letter]),
                    '\n' => literal.push_str("\\n"),
                    '\r' => literal.push_str("\\r"),
                    '\t' => literal.push_str("\\t"),
                    '\0' => literal.push('\u{fffd}'),
                    _ if is_invisible(letter) => push_unicode(&mut literal, letter),
                    _ => literal.push(letter),
                }
            }
            literal.push('"');
            undo_interpolation(&literal)
        }
        Value::Array(values) => format!("[{}]", joined(values.iter().map(hcl))),
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{} = {}", hcl(&Value::from(key.as_str())), hcl(value)));
            format!("{{ {} }}", joined(entries))
        }
    }
}

/// Terraform takes `$${` for `${` and `%%{` for `%{`. The mark before the brace is what is doubled: `$$${` is one mark
/// as text and then the doubled one, so nothing else has to change.
fn undo_interpolation(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// One shell word in single quotes.
fn shell(text: &str) -> String {
    let text = text.replace('\0', "\u{fffd}").replace('\'', r"'\''");
    undo_interpolation(&format!("'{text}'"))
}

fn json(value: &Value) -> String {
    let text = value.to_string();
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        // `</script>` and invisible letters only occur inside strings, where an escape means the same
        if is_invisible(letter) || letter == '<' { push_unicode(&mut safe, letter) } else { safe.push(letter) }
    }
    safe
}

/// A double-quoted scalar, or lists and mappings in one line, as YAML and TOML share them.
fn flow(value: &Value, language: Language) -> String {
    match value {
        Value::String(text) => {
            let mut literal = String::from("\"");
            for letter in text.chars() {
                match letter {
                    '"' | '\\' => literal.extend(['\\', letter]),
                    '\n' => literal.push_str("\\n"),
                    '\t' => literal.push_str("\\t"),
                    '\0' => literal.push('\u{fffd}'),
                    _ if is_invisible(letter) => push_unicode(&mut literal, letter),
                    _ => literal.push(letter),
                }
            }
            literal.push('"');
            literal
        }
        Value::Array(values) => format!("[{}]", joined(values.iter().map(|value| flow(value, language)))),
        Value::Object(entries) => {
            let mark = if language == Language::Toml { " =" } else { ":" };
            let entry = |(key, value): (&String, &Value)| {
                format!("{}{mark} {}", flow(&Value::from(key.as_str()), language), flow(value, language))
            };
            format!("{{{}}}", joined(entries.iter().map(entry)))
        }
        other => other.to_string(),
    }
}

fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\0' => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

fn plain(text: &str) -> Result<String, EscapeError> {
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '/' | ':' | '@' | '=' | '+' | '-')
    };
    if text.chars().all(is_plain) { Ok(text.to_owned()) } else { Err(EscapeError::NotPlain(text.to_owned())) }
}

/// A name for code, checked: ASCII letters, digits and `_`, no digit in front.
pub(super) fn identifier(text: &str) -> Result<String, EscapeError> {
    let starts_well = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    if starts_well && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        Ok(text.to_owned())
    } else {
        Err(EscapeError::NotIdentifier(text.to_owned()))
    }
}

/// `\uXXXX`, or `\UXXXXXXXX` beyond the first plane; every caller's letters but JSON's are ones that know both.
fn push_unicode(literal: &mut String, letter: char) {
    let code = u32::from(letter);
    let written = if code <= 0xffff { write!(literal, "\\u{code:04x}") } else { write!(literal, "\\U{code:08x}") };
    written.expect("writing to a string can't fail");
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "{{ 7*7 }} ${var.hcloud_token} %{ if } $(reboot) `id` \"\"\" \\ ' </script> \u{202e}x\n- y\0";

    fn check(language: Language, text: &str, expected: &str) {
        assert_eq!(language.literal(&Value::from(text)).unwrap(), expected, "{language:?}");
    }

    #[test]
    fn text_becomes_a_literal_of_each_language() {
        check(Language::Python, "a\"\\\n\0\u{202e}é", r#""a\"\\\n\u0000\u202eé""#);
        check(Language::Hcl, "${a} %{b} $${c}", r#""$${a} %%{b} $$${c}""#);
        check(Language::Shell, "it's ${x}", r"'it'\''s $${x}'");
        check(Language::Yaml, "a: \"b\"\n", r#""a: \"b\"\n""#);
        check(Language::Json, "</script>\u{2028}", r#""\u003c/script>\u2028""#);
        check(Language::Html, "<b>'&\"", "&lt;b&gt;&#39;&amp;&quot;");
        check(Language::Markdown, "{{ 7*7 }} and a_b", r"{{ 7\*7 }} and a_b");
        check(Language::Markdown, "**x** `y` <b>\n# z", r"\*\*x\*\* \`y\` \<b\> # z");
        check(Language::Markdown, "1. one", r"1\. one");
        check(Language::Markdown, "- one", r"\- one");
        check(Language::Plain, "debian-13", "debian-13");
        assert!(Language::Plain.literal(&Value::from("a b")).is_err());
        assert!(Language::Shell.literal(&Value::from(vec!["a"])).is_err());
    }

    #[test]
    fn what_markdown_prints_reads_back() {
        for text in
            [HOSTILE, "a * b * c", "x | y", "[a](b)", "&amp; &lt;", "\\*", "~~a~~", "# h", "12) x", "=== ", "$a$"]
        {
            for printed in [markdown(text), prose(text)] {
                assert_eq!(read(&printed), one_line(text), "{text:?} became {printed:?}");
            }
        }
    }

    fn read(printed: &str) -> String {
        let mut read = String::new();
        for event in Parser::new_ext(printed, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES) {
            match event {
                Event::Text(text) => read.push_str(&text),
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                other => panic!("{printed:?} is read as {other:?}"),
            }
        }
        read
    }

    #[test]
    fn comments_and_docstrings_stay_inside() {
        assert_eq!(python_docstring("a\"\"\"\nb\\"), r#"a\"\"\" b\\"#);
        assert_eq!(comment("a\nreboot ${x}", Language::Shell), "a reboot $${x}");
        assert!(identifier("test_ac").is_ok() && identifier("a-b").is_err() && identifier("é").is_err());
    }
}
