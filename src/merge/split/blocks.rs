//! The blocks of Markdown by their lines: where each begins and ends.

use super::{indent, lines};
use crate::spec::span::Span;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Heading(usize),
    Paragraph,
    Quote,
    List,
    Table,
    /// A fence, HTML, indented code, a rule.
    Verbatim,
}

/// A block without the blank lines around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The blocks between two places; `deep` columns of white space belong to what is around them.
pub(super) fn scan(text: &str, from: usize, to: usize, deep: usize) -> Vec<Block> {
    let lines: Vec<(usize, &str)> = lines(text, from, to).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].1.trim().is_empty() {
            at += 1;
            continue;
        }
        let (kind, count) = block(&lines[at..], deep);
        let last = lines[at + count - 1];
        found.push(Block { kind, span: Span::new(lines[at].0, last.0 + last.1.len()) });
        at += count;
    }
    found
}

/// The block that begins here, and its lines.
fn block(lines: &[(usize, &str)], deep: usize) -> (Kind, usize) {
    let first = lines[0].1;
    let own = first.trim();
    if indent(first) >= deep + 4 {
        return (Kind::Verbatim, indented(lines, deep + 4));
    }
    if let Some(level) = atx(own) {
        return (Kind::Heading(level), 1);
    }
    if let Some(fence) = fence(own) {
        let inside = lines[1..].iter().position(|(_, line)| closes(line.trim(), fence));
        return (Kind::Verbatim, inside.map_or(lines.len(), |count| count + 2));
    }
    if is_rule(own) {
        return (Kind::Verbatim, 1);
    }
    if own.starts_with('>') {
        return (Kind::Quote, lines.iter().take_while(|(_, line)| line.trim_start().starts_with('>')).count());
    }
    if is_html(own) {
        return (Kind::Verbatim, html(lines));
    }
    if marker(own).is_some() {
        return (Kind::List, list(lines));
    }
    if own.contains('|') && lines.get(1).is_some_and(|(_, line)| is_delimiter(line.trim())) {
        let rows = lines[2..].iter().take_while(|(_, line)| line.contains('|') && !opens(line.trim())).count();
        return (Kind::Table, rows + 2);
    }
    paragraph(lines)
}

/// A paragraph, or a heading with a line below it.
fn paragraph(lines: &[(usize, &str)]) -> (Kind, usize) {
    let mut count = 1;
    while let Some((_, line)) = lines.get(count) {
        let own = line.trim();
        if let Some(level) = underline(own).filter(|_| indent(line) < 4) {
            return (Kind::Heading(level), count + 1);
        }
        if own.is_empty() || interrupts(own) {
            break;
        }
        count += 1;
    }
    (Kind::Paragraph, count)
}

/// Where the paragraph ends that goes on at `from`.
pub(super) fn paragraph_end(text: &str, from: usize, to: usize) -> usize {
    let ends = |line: &str| line.trim().is_empty() || interrupts(line.trim()) || line.trim_start().starts_with('|');
    lines(text, from, to).find(|(_, line)| ends(line)).map_or(to, |(at, _)| at)
}

fn interrupts(line: &str) -> bool {
    let begins_list = marker(line).is_some_and(|(_, width)| {
        let number = line[..width].trim_end_matches(['.', ')']);
        line[width..].trim() != "" && (number == "1" || !number.starts_with(|letter: char| letter.is_ascii_digit()))
    });
    begins_list || opens_hard(line)
}

/// Whether a line begins a block other than a paragraph.
pub(super) fn opens(line: &str) -> bool {
    marker(line).is_some() || opens_hard(line)
}

fn opens_hard(line: &str) -> bool {
    atx(line).is_some() || fence(line).is_some() || line.starts_with('>') || is_rule(line) || line.starts_with("<!--")
}

fn atx(line: &str) -> Option<usize> {
    let level = line.len() - line.trim_start_matches('#').len();
    ((1..=6).contains(&level) && (line.len() == level || line[level..].starts_with([' ', '\t']))).then_some(level)
}

fn underline(line: &str) -> Option<usize> {
    let letter = line.chars().next().filter(|letter| matches!(letter, '=' | '-'))?;
    line.chars().all(|other| other == letter).then_some(if letter == '=' { 1 } else { 2 })
}

/// The letters that open a fence.
fn fence(line: &str) -> Option<&str> {
    let letter = line.chars().next().filter(|letter| matches!(letter, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(letter).len();
    (length >= 3 && (letter == '~' || !line[length..].contains('`'))).then_some(&line[..length])
}

fn closes(line: &str, fence: &str) -> bool {
    line.starts_with(fence) && line.trim_start_matches(&fence[..1]).is_empty()
}

fn is_rule(line: &str) -> bool {
    let letters: Vec<char> = line.chars().filter(|letter| !letter.is_whitespace()).collect();
    letters.len() >= 3 && matches!(letters[0], '-' | '*' | '_') && letters.iter().all(|letter| *letter == letters[0])
}

fn is_html(line: &str) -> bool {
    let mut letters = line.chars();
    letters.next() == Some('<')
        && letters.next().is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(next))
        && !line[1..].starts_with("http")
}

fn html(lines: &[(usize, &str)]) -> usize {
    if lines[0].1.trim_start().starts_with("<!--") {
        return lines.iter().position(|(_, line)| line.contains("-->")).map_or(lines.len(), |at| at + 1);
    }
    lines.iter().take_while(|(_, line)| !line.trim().is_empty()).count()
}

fn indented(lines: &[(usize, &str)], deep: usize) -> usize {
    let mut count = 0;
    for (at, (_, line)) in lines.iter().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        if indent(line) < deep {
            break;
        }
        count = at + 1;
    }
    count
}

fn is_delimiter(line: &str) -> bool {
    line.contains('-') && line.contains('|') && line.chars().all(|letter| "|-: \t".contains(letter))
}

/// White space before the marker of an item, and the marker's letters.
pub(super) fn marker(line: &str) -> Option<(usize, usize)> {
    let front = line.len() - line.trim_start_matches([' ', '\t']).len();
    let own = &line[front..];
    let digits = own.bytes().take_while(u8::is_ascii_digit).count();
    let width = match digits {
        0 => usize::from(own.starts_with(['-', '*', '+'])),
        1..=9 if own[digits..].starts_with(['.', ')']) => digits + 1,
        _ => 0,
    };
    let after = &own[width..];
    let is_marker = width > 0 && (after.trim().is_empty() || after.starts_with([' ', '\t']));
    (is_marker && !is_rule(own.trim())).then_some((front, width))
}

/// The letter that all markers of a list share: its bullet, or what follows its numbers.
fn family(line: &str) -> Option<char> {
    let (front, width) = marker(line)?;
    line[front..front + width].chars().next_back()
}

fn list(lines: &[(usize, &str)]) -> usize {
    let (first, family_of_list) = (lines[0].1, family(lines[0].1));
    let shallow = indent(first);
    let mut content = content(first);
    let (mut count, mut was_blank) = (1, false);
    let mut open: Option<String> = None;
    for (at, (_, line)) in lines.iter().enumerate().skip(1) {
        let own = line.trim();
        if own.is_empty() {
            was_blank = true;
            continue;
        }
        let deep = indent(line);
        if let Some(fence) = &open {
            if deep >= content {
                if closes(own, fence) {
                    open = None;
                }
                (count, was_blank) = (at + 1, false);
                continue;
            }
            open = None;
        }
        let is_item = marker(line).is_some() && deep < content && deep + 4 > shallow;
        if is_item && deep + 2 > shallow && deep <= shallow + 3 {
            if family(line) != family_of_list {
                break;
            }
            content = self::content(line);
        } else if deep < content && (was_blank || interrupts(own)) {
            break;
        }
        if deep >= content {
            open = fence(own).map(str::to_owned);
        }
        (count, was_blank) = (at + 1, false);
    }
    count
}

/// The column at which the text of an item begins.
fn content(line: &str) -> usize {
    let (_, width) = marker(line).unwrap_or((0, 1));
    let front = indent(line);
    let after = line.trim_start()[width..].trim_end();
    let space = indent(after);
    front + width + if after.is_empty() || space > 4 { 1 } else { space }
}

/// The items of a list, without the blank lines between them.
pub(super) fn items(text: &str, span: Span) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut inner = 0;
    for (at, line) in lines(text, span.start, span.end) {
        if line.trim().is_empty() {
            continue;
        }
        let is_next = marker(line).is_some() && indent(line) < inner;
        match found.last_mut() {
            Some(last) if !is_next => last.end = at + line.len(),
            _ => {
                inner = content(line);
                found.push(Span::new(at, at + line.len()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Kind, &str)]) {
        let found: Vec<(Kind, &str)> =
            scan(text, 0, text.len(), 0).iter().map(|block| (block.kind, block.span.of(text))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn blocks_begin_and_end() {
        use Kind::{Heading, List, Paragraph, Quote, Table, Verbatim};
        check(
            "# A\ntext\nmore\n\n> q\n> r\n",
            &[(Heading(1), "# A\n"), (Paragraph, "text\nmore\n"), (Quote, "> q\n> r\n")],
        );
        check("T\n=======\n\n---\n", &[(Heading(1), "T\n=======\n"), (Verbatim, "---\n")]);
        check("```md\n# no\n\n- no\n```\nx\n", &[(Verbatim, "```md\n# no\n\n- no\n```\n"), (Paragraph, "x\n")]);
        check("- a\n\n  b\n- c\n\nd\n", &[(List, "- a\n\n  b\n- c\n"), (Paragraph, "d\n")]);
        check("- a\n  - b\n* c\n", &[(List, "- a\n  - b\n"), (List, "* c\n")]);
        check("1. a\n   ```\nx\n", &[(List, "1. a\n   ```\nx\n")]);
        check("| a |\n|---|\n| b |\n\nx\n", &[(Table, "| a |\n|---|\n| b |\n"), (Paragraph, "x\n")]);
        check("<!-- a\n\nb -->\nx\n", &[(Verbatim, "<!-- a\n\nb -->\n"), (Paragraph, "x\n")]);
        check("    code\n\n    more\n", &[(Verbatim, "    code\n\n    more\n")]);
    }

    #[test]
    fn items_hold_what_is_nested() {
        let text = "- a\n  - b\n  - c\n\n- d\n  e\n";
        let found: Vec<&str> = items(text, Span::new(0, text.len())).iter().map(|item| item.of(text)).collect();
        assert_eq!(found, ["- a\n  - b\n  - c\n", "- d\n  e\n"]);
    }
}
