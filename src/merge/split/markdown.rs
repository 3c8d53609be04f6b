//! Markdown by headings, then by blocks, list items and table rows.
//!
//! [`super::super::split`] asks for one level at a time, so only what both sides changed is ever cut. The blocks come
//! from [`blocks`](super::blocks), a scanner over lines: a merge needs to know where blocks end, not what they say.

use super::blocks::{self, Block, Kind};
use super::{first_words, front_matter, id, lines};
use crate::merge::part::{Class, Part};
use crate::spec::span::Span;

/// The parts of a part of a Markdown text.
pub(super) fn parts(part: &Part, text: &str) -> Option<Vec<Part>> {
    match part.class {
        Class::Document => Some(document(text)),
        Class::Section => Some(section(text, part.span)),
        Class::Heading => heading(text, part.span),
        Class::List => Some(list(text, part.span)),
        Class::Item => item(text, part),
        Class::Head => head(text, part),
        Class::Table => Some(table(text, part.span)),
        _ => None,
    }
}

fn document(text: &str) -> Vec<Part> {
    let matter = front_matter::find(text);
    let start = matter.map_or(0, |span| span.end);
    let mut found = Vec::new();
    found
        .extend(matter.map(|span| Part::new(Class::FrontMatter, 0, span).strict("front matter").named("front matter")));
    nested(text, Span::new(start, text.len()), &blocks::scan(text, start, text.len(), 0), &mut found);
    let end = found.last().map_or(start, |part| part.span.end);
    found.push(Part::new(Class::Blank, end, Span::new(end, text.len())).strict("end"));
    found
}

fn section(text: &str, span: Span) -> Vec<Part> {
    let mut blocks = blocks::scan(text, span.start, span.end, 0);
    let heading = if blocks.is_empty() { None } else { Some(blocks.remove(0)) };
    let mut found = Vec::new();
    found.extend(heading.map(|heading| Part::new(Class::Heading, span.start, heading.span).strict("heading")));
    nested(text, span, &blocks, &mut found);
    found
}

/// Blocks up to the first heading, then a section a heading, with all deeper ones in it.
fn nested(text: &str, span: Span, blocks: &[Block], found: &mut Vec<Part>) {
    let mut end = found.last().map_or(span.start, |part| part.span.end);
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        let mut to = block.span.end;
        at += 1;
        let part = if let Kind::Heading(level) = block.kind {
            while let Some(next) =
                blocks.get(at).filter(|next| !matches!(next.kind, Kind::Heading(own) if own <= level))
            {
                to = next.span.end;
                at += 1;
            }
            let title = title(block.span.of(text));
            let key = id::leading(title).map_or_else(|| title.to_lowercase(), str::to_owned);
            let name = id::leading(title).unwrap_or(title).to_owned();
            Part::new(Class::Section, end, Span::new(block.span.start, to)).keyed(key).named(name)
        } else {
            plain(block, end)
        };
        end = to;
        found.push(part);
    }
}

fn plain(block: &Block, end: usize) -> Part {
    let class = match block.kind {
        Kind::Paragraph | Kind::Quote | Kind::Heading(_) => Class::Paragraph,
        Kind::List => Class::List,
        Kind::Table => Class::Table,
        Kind::Verbatim => Class::Verbatim,
    };
    Part::new(class, end, block.span)
}

/// The text of a heading, ATX or setext.
fn title(text: &str) -> &str {
    let line = text.lines().next().unwrap_or("").trim();
    if line.starts_with('#') { line.trim_matches('#').trim() } else { line }
}

/// Marker and text of a heading, so that a new level and a new title meet.
fn heading(text: &str, span: Span) -> Option<Vec<Part>> {
    let own = span.of(text);
    let front = own.len() - own.trim_start().len();
    if own[front..].starts_with('#') {
        let hashes = front + own[front..].len() - own[front..].trim_start_matches('#').len();
        let title = span.start + hashes + own[hashes..].len() - own[hashes..].trim_start_matches([' ', '\t']).len();
        let marker = Part::new(Class::Bullet, span.start, Span::new(span.start, title)).strict("marker");
        return Some(vec![marker, words(title, span.end)]);
    }
    let line = own.trim_end_matches('\n').rfind('\n')? + 1 + span.start;
    let underline = Part::new(Class::Underline, line, Span::new(line, span.end)).strict("underline");
    Some(vec![words(span.start, line), underline])
}

fn words(from: usize, to: usize) -> Part {
    Part::new(Class::Words, from, Span::new(from, to)).strict("words")
}

fn list(text: &str, span: Span) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut end = span.start;
    for own in blocks::items(text, span) {
        let mut part = Part::new(Class::Item, end, own).numbered(number(text, own));
        end = own.end;
        let words = Marker::of(text, own).map_or("", |marker| &text[marker.words..own.end]);
        part = match id::leading(words) {
            Some(id) => part.strict(id).named(id),
            None => part.named(first_words(words.lines().next().unwrap_or(""))),
        };
        found.push(part);
    }
    found
}

fn number(text: &str, item: Span) -> Option<Span> {
    let marker = Marker::of(text, item)?;
    let digits = text[marker.start..].bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then(|| Span::new(marker.start, marker.start + digits))
}

/// Where the pieces of an item's first line begin.
struct Marker {
    /// The bullet or the number.
    start: usize,
    /// The box, or the words where there is none.
    task: usize,
    words: usize,
}

impl Marker {
    fn of(text: &str, item: Span) -> Option<Self> {
        let own = item.of(text);
        let line = own.lines().next()?;
        let (front, width) = blocks::marker(line)?;
        let space = line[front + width..].len() - line[front + width..].trim_start_matches([' ', '\t']).len();
        let task = item.start + front + width + space;
        let rest = &text[task..item.start + line.len()];
        let is_task = rest.starts_with('[') && rest[1..].starts_with([' ', 'x', 'X']) && rest[2..].starts_with("] ");
        Some(Self { start: item.start + front, task, words: if is_task { task + "[ ] ".len() } else { task } })
    }
}

/// The first paragraph of an item, then what is nested in it.
fn item(text: &str, part: &Part) -> Option<Vec<Part>> {
    let span = part.span;
    let line = span.of(text).lines().next()?;
    let (front, width) = blocks::marker(line)?;
    let marker = Marker::of(text, span)?;
    let inner = &text[marker.words..span.start + line.len()];
    // An item that begins with another block is left whole.
    if inner.trim().is_empty() || blocks::opens(inner) {
        return None;
    }
    let first_line = (span.start + line.len() + 1).min(span.end);
    let head_end = blocks::paragraph_end(text, first_line, span.end);
    let head = Part::new(Class::Head, span.start, Span::new(span.start, head_end)).strict("head").numbered(part.number);
    let mut found = vec![head];
    let mut end = head_end;
    for block in blocks::scan(text, head_end, span.end, front + width + 1) {
        found.push(plain(&block, end));
        end = block.span.end;
    }
    Some(found)
}

/// Bullet, box and words of an item, so that a tick and a new wording meet.
fn head(text: &str, part: &Part) -> Option<Vec<Part>> {
    let marker = Marker::of(text, part.span)?;
    let span = Span::new(part.span.start, marker.task);
    let mut found = vec![Part::new(Class::Bullet, span.start, span).strict("bullet").numbered(part.number)];
    if marker.words > marker.task {
        found.push(Part::new(Class::Bullet, marker.task, Span::new(marker.task, marker.words)).strict("box"));
    }
    found.push(words(marker.words, part.span.end));
    Some(found)
}

fn table(text: &str, span: Span) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    for (row, (at, line)) in lines(text, span.start, span.end).enumerate() {
        let own = Span::new(at, at + line.len());
        let part = match row {
            0 => Part::new(Class::Row, at, own).strict("header").named("table header"),
            1 => Part::new(Class::Delimiter, at, own).strict("delimiter").named("table header"),
            _ => {
                let cell = line.trim().trim_start_matches('|').split('|').next().unwrap_or("").trim();
                let part = Part::new(Class::Row, at, own);
                match id::leading(cell) {
                    Some(id) => part.strict(id).named(id),
                    None => part.keyed(cell).named(cell),
                }
            }
        };
        found.push(part);
    }
    found
}
