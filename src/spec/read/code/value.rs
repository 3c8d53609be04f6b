//! Values out of JSON and YAML as people paste them: with comments, `...`, trailing commas, unquoted keys, and cut off
//! in the middle. Nesting is followed down to a limit; what is deeper is skipped.

/// Deepest nesting that is kept.
const DEEPEST: usize = 48;
/// Most entries that are kept of one block.
const MOST: usize = 50_000;

/// A value with the line (from 0) of each key.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Value {
    /// Keys in the order written.
    Object(Vec<Entry>),
    /// Elements in order.
    Array(Vec<Value>),
    /// A text, without quotes.
    Text(String),
    /// A number as written.
    Number(String),
    /// `true` or `false`
    Bool(bool),
    /// `null`, or nothing.
    Null,
}

/// One key of an object.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Entry {
    /// The key.
    pub(in super::super) key: String,
    /// What stands under it.
    pub(in super::super) value: Value,
    /// Its line, from 0.
    pub(in super::super) line: usize,
}

impl Value {
    /// The value under a key.
    pub(in super::super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The entries of an object; none of anything else.
    pub(in super::super) fn entries(&self) -> &[Entry] {
        if let Self::Object(entries) = self { entries } else { &[] }
    }

    /// The elements of an array; none of anything else.
    pub(in super::super) fn elements(&self) -> &[Self] {
        if let Self::Array(elements) = self { elements } else { &[] }
    }

    /// A text, or a number as written.
    pub(in super::super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A text under a key; empty without one.
    pub(in super::super) fn text_of(&self, key: &str) -> &str {
        self.get(key).and_then(Self::text).unwrap_or_default()
    }

    /// The name of the type of a sample value.
    pub(in super::super) fn type_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Object(_) => "object",
            Self::Array(_) => "array",
            Self::Text(_) => "string",
            Self::Number(number) if number.contains(['.', 'e', 'E']) => "number",
            Self::Number(_) => "integer",
            Self::Bool(_) => "boolean",
            Self::Null => return None,
        })
    }
}

/// Reads the first JSON object or array of a text; none when it holds neither.
pub(in super::super) fn json(text: &str) -> Option<Value> {
    let start = text.find(['{', '['])?;
    let line = text[..start].bytes().filter(|byte| *byte == b'\n').count();
    let mut reader = Json { text, at: start, line, count: 0 };
    reader.value(0)
}

struct Json<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    count: usize,
}

impl Json<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn step(&mut self) {
        if let Some(letter) = self.peek() {
            self.line += usize::from(letter == '\n');
            self.at += letter.len_utf8();
        }
    }

    /// Skips white space, comments, commas and ellipses.
    fn skip(&mut self) {
        while let Some(letter) = self.peek() {
            let rest = &self.text[self.at..];
            if rest.starts_with("//") || letter == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                self.line += rest[..length].bytes().filter(|byte| *byte == b'\n').count();
                self.at += length;
            } else if letter.is_whitespace() || matches!(letter, ',' | '.' | '…' | ';') {
                self.step();
            } else {
                break;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip();
        self.count += 1;
        if self.count > MOST {
            return None;
        }
        match self.peek()? {
            '{' | '[' if depth >= DEEPEST => {
                self.skip_nested();
                Some(Value::Null)
            }
            '{' => Some(self.object(depth)),
            '[' => Some(self.array(depth)),
            quote @ ('"' | '\'') => Some(Value::Text(self.quoted(quote))),
            _ => Some(self.bare()),
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        self.step();
        let mut entries = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None | Some('}') => break,
                Some(']') => break,
                _ => {}
            }
            let (before, line) = (self.at, self.line);
            let key = match self.peek() {
                Some(quote @ ('"' | '\'')) => self.quoted(quote),
                _ => self.word(),
            };
            self.skip();
            let colon = self.peek() == Some(':');
            if colon {
                self.step();
                let here = self.at;
                let value = if self.ends_line() { Value::Null } else { self.value(depth + 1).unwrap_or(Value::Null) };
                let _ = here;
                entries.push(Entry { key, value, line });
            }
            if self.at == before {
                self.step();
            }
            self.count += 1;
            if self.count > MOST {
                break;
            }
        }
        self.step();
        Value::Object(entries)
    }

    /// Whether nothing but the end of the object follows: `"key": }`.
    fn ends_line(&self) -> bool {
        self.text[self.at..].trim_start().starts_with(['}', ']', ','])
    }

    fn array(&mut self, depth: usize) -> Value {
        self.step();
        let mut elements = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                None | Some(']') => break,
                Some('}') => return Value::Array(elements),
                _ => {}
            }
            let before = self.at;
            if let Some(value) = self.value(depth + 1) {
                elements.push(value);
            }
            self.skip();
            if self.peek() == Some(':') || self.at == before {
                self.step();
            }
            if self.count > MOST {
                break;
            }
        }
        self.step();
        Value::Array(elements)
    }

    fn quoted(&mut self, quote: char) -> String {
        self.step();
        let mut found = String::new();
        while let Some(letter) = self.peek() {
            if letter == '\n' {
                break;
            }
            self.step();
            if letter == quote {
                break;
            }
            if letter == '\\' {
                if let Some(next) = self.peek().filter(|next| *next != '\n') {
                    found.push(next);
                    self.step();
                }
                continue;
            }
            found.push(letter);
        }
        found
    }

    fn word(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest.find(|l: char| l.is_whitespace() || ":,{}[]\"'".contains(l)).unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    fn bare(&mut self) -> Value {
        let rest = &self.text[self.at..];
        let end = rest.find([',', '\n', '}', ']', '{', '[']).unwrap_or(rest.len());
        let written = rest[..end].split("//").next().unwrap_or_default().split(" #").next().unwrap_or_default().trim();
        self.at += end;
        scalar(written)
    }

    fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(letter) = self.peek() {
            match letter {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                '"' => {
                    self.quoted('"');
                    continue;
                }
                _ => {}
            }
            self.step();
            if depth == 0 {
                break;
            }
        }
    }
}

fn scalar(written: &str) -> Value {
    match written {
        "" | "null" | "~" | "None" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if written.parse::<f64>().is_ok() => Value::Number(written.to_owned()),
        _ => Value::Text(written.trim_matches(['"', '\'']).to_owned()),
    }
}

/// Reads block-style YAML: mappings, sequences, scalars, and flow values on one line. Block scalars are joined.
pub(in super::super) fn yaml(text: &str) -> Value {
    let lines: Vec<YamlLine<'_>> =
        text.lines().enumerate().filter_map(|(line, text)| YamlLine::read(text, line)).collect();
    let mut reader = Yaml { lines, at: 0 };
    reader.block(0, 0)
}

struct YamlLine<'a> {
    indent: usize,
    text: &'a str,
    line: usize,
}

impl<'a> YamlLine<'a> {
    fn read(text: &'a str, line: usize) -> Option<Self> {
        let bare = text.trim_start();
        let indent = text.len() - bare.len();
        let bare = bare.trim_end();
        let empty = bare.is_empty() || bare.starts_with('#') || bare == "---" || bare == "...";
        (!empty).then_some(Self { indent, text: bare, line })
    }
}

struct Yaml<'a> {
    lines: Vec<YamlLine<'a>>,
    at: usize,
}

impl Yaml<'_> {
    /// The block of lines indented at least `indent`.
    fn block(&mut self, indent: usize, depth: usize) -> Value {
        let Some(first) = self.lines.get(self.at).filter(|line| line.indent >= indent) else { return Value::Null };
        let own = first.indent;
        if depth >= DEEPEST {
            self.skip_deeper(own);
            return Value::Null;
        }
        if first.text == "-" || first.text.starts_with("- ") {
            return self.sequence(own, depth);
        }
        if split_key(first.text).is_some() {
            return self.mapping(own, depth);
        }
        let text = first.text;
        self.at += 1;
        if text.starts_with(['{', '[']) { json(text).unwrap_or(Value::Null) } else { scalar(text) }
    }

    fn skip_deeper(&mut self, indent: usize) {
        while self.lines.get(self.at).is_some_and(|line| line.indent >= indent) {
            self.at += 1;
        }
    }

    fn mapping(&mut self, own: usize, depth: usize) -> Value {
        let mut entries = Vec::new();
        while let Some(current) = self.lines.get(self.at) {
            let (indent, line) = (current.indent, current.line);
            if indent < own {
                break;
            }
            let Some((key, rest)) = split_key(current.text) else {
                self.at += 1;
                continue;
            };
            if indent > own || current.text.starts_with("- ") {
                if indent == own {
                    break;
                }
                self.at += 1;
                continue;
            }
            let (key, rest) = (key.to_owned(), rest.to_owned());
            self.at += 1;
            let value = self.after_key(&rest, own, depth);
            entries.push(Entry { key, value, line });
        }
        Value::Object(entries)
    }

    /// What stands after `key:`: the rest of the line, or the block below it.
    fn after_key(&mut self, rest: &str, own: usize, depth: usize) -> Value {
        let rest = without_comment(rest);
        match rest.chars().next() {
            Some('|' | '>') => Value::Text(self.block_scalar(own)),
            Some('{' | '[') => json(rest).unwrap_or(Value::Null),
            Some(_) => scalar(rest),
            None => match self.lines.get(self.at) {
                Some(next) if next.indent > own => self.block(own + 1, depth + 1),
                Some(next) if next.indent == own && next.text.starts_with('-') => self.sequence(own, depth + 1),
                _ => Value::Null,
            },
        }
    }

    fn block_scalar(&mut self, own: usize) -> String {
        let mut words = String::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent > own) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(line.text);
            self.at += 1;
        }
        words
    }

    fn sequence(&mut self, own: usize, depth: usize) -> Value {
        let mut elements = Vec::new();
        if depth >= DEEPEST {
            self.skip_deeper(own + 1);
        }
        while let Some(current) = self.lines.get_mut(self.at) {
            if current.indent != own || !(current.text == "-" || current.text.starts_with("- ")) {
                if current.indent > own {
                    self.at += 1;
                    continue;
                }
                break;
            }
            let inner = current.text[1..].trim_start();
            let shift = current.text.len() - inner.len();
            if inner.is_empty() {
                self.at += 1;
                elements.push(self.block(own + 1, depth + 1));
                continue;
            }
            // the rest of the line is the first line of a block that is indented by the dash
            current.indent += shift;
            current.text = inner;
            elements.push(self.block(own + 1, depth + 1));
        }
        Value::Array(elements)
    }
}

/// Splits `key: rest`; quotes around the key are dropped.
fn split_key(text: &str) -> Option<(&str, &str)> {
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let end = text[1..].find(quote)? + 1;
        let rest = text[end + 1..].trim_start().strip_prefix(':')?;
        return Some((&text[1..end], rest.trim()));
    }
    if text.starts_with(['{', '[']) {
        return None;
    }
    let end = text.find(": ").or_else(|| text.strip_suffix(':').map(str::len))?;
    Some((text[..end].trim(), text[end + 1..].trim()))
}

fn without_comment(text: &str) -> &str {
    if text.starts_with(['"', '\'']) {
        return text;
    }
    if text.starts_with('#') { "" } else { text.split(" #").next().unwrap_or(text).trim_end() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &Value, expected: &str) {
        fn show(value: &Value) -> String {
            match value {
                Value::Object(entries) => {
                    let inner: Vec<_> = entries
                        .iter()
                        .map(|entry| format!("{}@{}={}", entry.key, entry.line, show(&entry.value)))
                        .collect();
                    format!("{{{}}}", inner.join(" "))
                }
                Value::Array(elements) => format!("[{}]", elements.iter().map(show).collect::<Vec<_>>().join(" ")),
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.clone(),
                Value::Bool(yes) => yes.to_string(),
                Value::Null => "~".to_owned(),
            }
        }
        assert_eq!(show(value), expected);
    }

    #[test]
    fn json_with_comments_ellipses_and_missing_ends() {
        let text = "{\n \"a\": 1, // one\n \"b\": [ {\"c\": \"x\"}, ... ],\n \"d\": {\"e\": null,\n";
        check(&json(text).unwrap(), "{a@1=1 b@2=[{c@2=x}] d@3={e@3=~}}");
        check(&json("{\"logs\": [\"all\": \"\", \"x\": 1]}").unwrap(), "{logs@0=[all  x 1]}");
        assert_eq!(json("no object"), None);
    }

    #[test]
    fn yaml_with_sequences_and_flow() {
        let text =
            "a: 1 # one\nb:\n  - name: x\n    in: query\n  - y\nc: {d: [1, 2]}\ne: |\n  two\n  lines\n\"f\": 'g'\n";
        check(&yaml(text), "{a@0=1 b@1=[{name@2=x in@3=query} y] c@5={d@0=[1 2]} e@6=two lines f@9=g}");
    }

    #[test]
    fn depth_is_bounded() {
        assert!(json(&"[".repeat(100_000)).is_some());
        assert!(json(&"{\"a\":".repeat(100_000)).is_some());
        let deep: String = (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(matches!(yaml(&deep), Value::Object(_)));
        let dashes = "- ".repeat(10_000);
        assert!(matches!(yaml(&dashes), Value::Array(_)));
    }
}
