//! Python by its top-level definitions with their decorators, classes by their methods, other statements by what they
//! import or assign. Brackets, strings and continued lines are followed, nothing else is parsed.

use super::{indent, lines};
use crate::merge::part::{Class, Part};
use crate::spec::span::Span;

/// The statements of a module, or the header and the statements of a class.
pub(super) fn parts(part: &Part, text: &str) -> Option<Vec<Part>> {
    let logical = logical(text, part.span)?;
    let mut found = Vec::new();
    let mut rest = &logical[..];
    if part.class == Class::Type {
        let body = logical.iter().position(|line| line.text.starts_with("class"))? + 1;
        let span = Span::new(part.span.start, logical[body - 1].span.end);
        found.push(Part::new(Class::Verbatim, part.span.start, span).strict("header"));
        rest = &logical[body..];
    }
    let deep = rest.first().map_or(0, |line| line.indent);
    statements(rest, deep, &mut found, part)?;
    if part.class == Class::Module {
        let end = found.last().map_or(part.span.start, |part| part.span.end);
        found.push(Part::new(Class::Blank, end, Span::new(end, part.span.end)).strict("end"));
    }
    Some(found)
}

/// A line with all that brackets, strings and backslashes tie to it.
struct Logical<'a> {
    text: &'a str,
    span: Span,
    indent: usize,
}

fn logical(text: &str, span: Span) -> Option<Vec<Logical<'_>>> {
    let mut found: Vec<Logical<'_>> = Vec::new();
    let mut state = State::default();
    for (at, line) in lines(text, span.start, span.end) {
        let goes_on = state.is_open();
        state.read(line)?;
        let to = at + line.trim_end().len().max(usize::from(goes_on) * line.len());
        let to = if text[to..].starts_with('\n') { to + 1 } else { to };
        if goes_on {
            let last = found.last_mut()?;
            last.span.end = to;
        } else if !line.trim().is_empty() {
            found.push(Logical { text: line.trim(), span: Span::new(at, at + line.len()), indent: indent(line) });
        }
    }
    (!state.is_open()).then_some(found)
}

/// What is still open at the end of a line.
#[derive(Default)]
struct State {
    depth: usize,
    quote: Option<&'static str>,
    continued: bool,
}

impl State {
    fn is_open(&self) -> bool {
        self.depth > 0 || self.quote.is_some() || self.continued
    }

    /// Reads a line; none when brackets do not match.
    fn read(&mut self, line: &str) -> Option<()> {
        self.continued = false;
        let mut rest = line;
        while let Some(letter) = rest.chars().next() {
            let mut step = letter.len_utf8();
            if let Some(quote) = self.quote {
                if letter == '\\' {
                    step += rest[step..].chars().next().map_or(0, char::len_utf8);
                } else if rest.starts_with(quote) {
                    self.quote = None;
                    step = quote.len();
                } else if letter == '\n' && quote.len() == 1 {
                    return None;
                }
            } else {
                match letter {
                    '#' => return Some(()),
                    '\\' if rest[1..].trim_end_matches('\r').trim_end_matches('\n').is_empty() => self.continued = true,
                    '(' | '[' | '{' => self.depth += 1,
                    ')' | ']' | '}' => self.depth = self.depth.checked_sub(1)?,
                    '"' | '\'' => {
                        let quotes = ["\"\"\"", "'''", "\"", "'"];
                        self.quote = quotes.into_iter().find(|quote| rest.starts_with(quote));
                        step = self.quote.map_or(1, str::len);
                    }
                    _ => {}
                }
            }
            rest = &rest[step..];
        }
        Some(())
    }
}

fn statements(lines: &[Logical<'_>], deep: usize, found: &mut Vec<Part>, around: &Part) -> Option<()> {
    let mut end = found.last().map_or(around.span.start, |part| part.span.end);
    let mut at = 0;
    while at < lines.len() {
        if lines[at].indent != deep {
            return None;
        }
        let start = lines[at].span.start;
        // Comments and decorators belong to what follows them without a blank line.
        let mut head = at;
        while is_prefix(lines[head].text)
            && lines.get(head + 1).is_some_and(|next| next.indent == deep && next.span.start == lines[head].span.end)
        {
            head += 1;
        }
        let mut last = head;
        while let Some(next) = lines.get(last + 1) {
            let is_comment = next.text.starts_with('#') && next.indent < deep;
            if next.indent > deep || is_comment || is_clause(next.text, lines[head].text) {
                last += 1;
            } else {
                break;
            }
        }
        let part = Part::new(Class::Statement, end, Span::new(start, lines[last].span.end));
        end = part.span.end;
        found.push(known(part, lines[head].text, around.class));
        at = last + 1;
    }
    Some(())
}

fn is_prefix(line: &str) -> bool {
    line.starts_with('#') || line.starts_with('@')
}

/// `else:` and its like go on with the statement above them.
fn is_clause(line: &str, head: &str) -> bool {
    let word = |line: &str| line.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or("").to_owned();
    let opens = ["if", "for", "while", "try", "async", "match", "with"].contains(&word(head).as_str());
    opens && ["else", "elif", "except", "finally"].contains(&word(line).as_str())
}

fn known(part: Part, head: &str, around: Class) -> Part {
    let after = |word: &str| {
        let rest = head.strip_prefix("async ").unwrap_or(head).strip_prefix(word)?.strip_prefix(' ')?.trim_start();
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(rest.len());
        Some(rest[..end].to_owned()).filter(|name| !name.is_empty())
    };
    let shown = |name: &str| if around == Class::Type { format!(".{name}") } else { name.to_owned() };
    if let Some(name) = after("def") {
        return part.named(shown(&name)).keyed(format!("def {name}"));
    }
    if let Some(name) = after("class") {
        return Part { class: Class::Type, ..part }.named(shown(&name)).keyed(format!("class {name}"));
    }
    let target = head.split(['=', ':']).next().unwrap_or("").trim();
    let is_target = target.len() < head.len()
        && !target.is_empty()
        && target.chars().all(|letter| letter.is_alphanumeric() || "_.".contains(letter));
    if is_target && !["else", "try", "finally"].contains(&target) {
        return part.named(shown(target)).strict(format!("= {target}"));
    }
    let name = shown(head.split_whitespace().take(4).collect::<Vec<_>>().join(" ").as_str());
    part.named(name)
}
