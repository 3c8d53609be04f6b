//! HCL by block type and labels, and attributes by name. Strings, heredocs, comments and brackets are followed so far
//! that the end of each is found; expressions are not parsed.

use super::first_words;
use crate::merge::part::{Class, Part};
use crate::spec::span::Span;

/// The blocks and attributes of a body or a block, or the pieces of an attribute.
pub(super) fn parts(part: &Part, text: &str) -> Option<Vec<Part>> {
    match part.class {
        Class::Body => {
            let mut found = body(text, part.span, part.span.start, "")?;
            let end = found.last().map_or(part.span.start, |part| part.span.end);
            found.push(Part::new(Class::Blank, end, Span::new(end, part.span.end)).strict("end"));
            Some(found)
        }
        Class::Block => block(part, text),
        _ => attribute(part, text),
    }
}

/// Header, body and closing brace; none for a block on one line.
fn block(part: &Part, text: &str) -> Option<Vec<Part>> {
    let start = skip_comments(text, part.span.start, part.span.end);
    let open = start + opening(&text[start..part.span.end])?;
    let head = open + 1 + text[open + 1..part.span.end].find('\n')? + 1;
    if !text[open + 1..head].trim().is_empty() {
        return None;
    }
    let close = text[..part.span.end].rfind('}')?;
    let close = text[..close].rfind('\n')? + 1;
    if close < head || text[close..part.span.end].trim().len() != 1 {
        return None;
    }
    let mut found =
        vec![Part::new(Class::Verbatim, part.span.start, Span::new(part.span.start, head)).strict("header")];
    found.extend(body(text, Span::new(head, close), head, ".")?);
    let end = found.last().map_or(head, |part| part.span.end);
    found.push(Part::new(Class::Verbatim, end, Span::new(close, part.span.end)).strict("closing"));
    Some(found)
}

/// Name, equals sign and value, so that aligning anew is no edit of the value.
fn attribute(part: &Part, text: &str) -> Option<Vec<Part>> {
    let own = part.span.of(text);
    let equals =
        part.span.start + skip_comments(own, 0, own.len()) + own[skip_comments(own, 0, own.len())..].find('=')?;
    let name = part.span.start + own[..equals - part.span.start].trim_end().len();
    let value = equals + 1 + text[equals + 1..part.span.end].len()
        - text[equals + 1..part.span.end].trim_start_matches(' ').len();
    let piece = |from: usize, to: usize, key: &str| Part::new(Class::Verbatim, from, Span::new(from, to)).strict(key);
    let sign = Part { class: Class::Delimiter, ..piece(name, value, "sign") };
    Some(vec![piece(part.span.start, name, "name"), sign, piece(value, part.span.end, "value")])
}

fn body(text: &str, span: Span, from: usize, prefix: &str) -> Option<Vec<Part>> {
    let mut found: Vec<Part> = Vec::new();
    let (mut at, mut end) = (from, from);
    while at < span.end {
        let line_end = text[at..span.end].find('\n').map_or(span.end, |length| at + length + 1);
        if text[at..line_end].trim().is_empty() {
            at = line_end;
            continue;
        }
        let start = at;
        let head = skip_comments(text, at, span.end);
        // A comment that nothing follows directly stands for itself.
        if head >= span.end || text[head..span.end].lines().next().is_none_or(|line| line.trim().is_empty()) {
            found.push(Part::new(Class::Verbatim, end, Span::new(start, head)));
            (at, end) = (head, head);
            continue;
        }
        let to = statement_end(&text[..span.end], head)?;
        found.push(known(Part::new(Class::Block, end, Span::new(start, to)), text[head..to].trim_start(), prefix));
        (at, end) = (to, to);
    }
    Some(found)
}

fn known(part: Part, head: &str, prefix: &str) -> Part {
    let line = head.lines().next().unwrap_or(head);
    let name_end =
        line.find(|letter: char| !(letter.is_alphanumeric() || "_-\"".contains(letter))).unwrap_or(line.len());
    let name = line[..name_end].trim_matches('"');
    if line[name_end..].trim_start().starts_with('=') {
        let part = Part { class: Class::Attribute, ..part };
        return part.named(format!("{prefix}{name}")).strict(name);
    }
    let labels = line.split('{').next().unwrap_or(line);
    let words: Vec<&str> = labels.split_whitespace().map(|word| word.trim_matches('"')).collect();
    let shown = match words[..] {
        ["resource" | "data", kind, name] => format!("{prefix}{kind}.{name}"),
        [] => format!("{prefix}{}", first_words(line)),
        _ => format!("{prefix}{}", words.join(".")),
    };
    part.named(shown).keyed(words.join(" "))
}

/// Where the first line begins that is no comment and not blank after one.
fn skip_comments(text: &str, mut at: usize, to: usize) -> usize {
    while at < to {
        let own = text[at..to].trim_start_matches([' ', '\t']);
        let line = text[at..to].find('\n').map_or(to, |length| at + length + 1);
        if own.starts_with('#') || own.starts_with("//") {
            at = line;
        } else if own.starts_with("/*") {
            let close = text[at..to].find("*/").map_or(to, |length| at + length + 2);
            at = text[close..to].find('\n').map_or(to, |length| close + length + 1);
        } else {
            return at;
        }
    }
    to
}

/// Where the block of a header begins.
fn opening(text: &str) -> Option<usize> {
    let mut in_string = false;
    text.bytes().enumerate().find_map(|(at, byte)| {
        in_string ^= byte == b'"';
        (byte == b'{' && !in_string).then_some(at)
    })
}

/// One past the line on which a block or an attribute ends.
fn statement_end(text: &str, start: usize) -> Option<usize> {
    let mut scan = Scan { text, at: start, depth: 0 };
    loop {
        if scan.at >= text.len() {
            return (scan.depth == 0).then_some(text.len());
        }
        let is_line_end = text.as_bytes()[scan.at] == b'\n';
        if is_line_end && scan.depth == 0 {
            return Some(scan.at + 1);
        }
        scan.step()?;
    }
}

/// Whether brackets, strings, comments and heredocs of a text all end.
pub(in crate::merge) fn is_balanced(text: &str) -> bool {
    let mut scan = Scan { text, at: 0, depth: 0 };
    while scan.at < text.len() {
        if scan.step().is_none() {
            return false;
        }
    }
    scan.depth == 0
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Scan<'_> {
    /// One letter, string, comment or heredoc further; none when something does not end.
    fn step(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let letter = rest.chars().next()?;
        let line = rest.find('\n').unwrap_or(rest.len());
        self.at += match letter {
            '{' | '[' | '(' => {
                self.depth += 1;
                1
            }
            '}' | ']' | ')' => {
                self.depth = self.depth.checked_sub(1)?;
                1
            }
            '"' => string(rest)?,
            '#' => line,
            '/' if rest.starts_with("//") => line,
            '/' if rest.starts_with("/*") => rest.find("*/")? + 2,
            '<' if rest.starts_with("<<") => heredoc(rest).unwrap_or(Some(2))?,
            _ => letter.len_utf8(),
        };
        Some(())
    }
}

/// Length of the string that begins here, with what is interpolated in it.
fn string(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (1, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if depth == 0 => at += 1,
            b'"' if depth == 0 => return Some(at + 1),
            b'"' => at += string(&text[at..])? - 1,
            b'\n' if depth == 0 => return None,
            b'{' if depth > 0 || (bytes[at - 1] == b'$' || bytes[at - 1] == b'%') => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Length of the heredoc that begins here up to the end of its closing word: `None` if it is none, `Some(None)` if it
/// does not end.
fn heredoc(text: &str) -> Option<Option<usize>> {
    let word = text[2..].trim_start_matches('-');
    let end = word.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(word.len());
    let (word, rest) = word.split_at(end);
    if word.is_empty() || !rest.starts_with('\n') {
        return None;
    }
    let mut at = text.len() - rest.len() + 1;
    for line in text[at..].split_inclusive('\n') {
        if line.trim() == word {
            return Some(Some(at + line.trim_end().len()));
        }
        at += line.len();
    }
    Some(None)
}
