//! Components that an author sketches with box characters (`│ Rust Backend │`) or as a tree (`├── ChatView`) in a
//! fence of plain text. Columns are only trusted to a hand's width: such sketches are seldom aligned exactly.

use super::super::super::document::NodeKind;
use super::super::super::span::Span;
use super::super::ground::{Ground, Part};
use super::super::lexicon::Topic;
use super::super::requirements::verbs;
use super::{drawn, name};

/// A name in a sketch.
#[derive(Debug, Clone)]
pub(super) struct Sketched {
    pub(super) name: String,
    pub(super) span: Span,
}

/// Longer lines are no sketch.
const WIDEST: usize = 400;

/// More boxes at once are no sketch either; it keeps the work per line bounded.
const MOST_OPEN: usize = 64;

/// The components that sketches show, in the order of the text.
pub(super) fn read(ground: &Ground<'_>) -> Vec<Sketched> {
    let document = ground.document();
    let mut found = Vec::new();
    for (id, node) in document.nodes() {
        let NodeKind::Fence(info) = &node.kind else { continue };
        let plain = matches!(info.trim(), "" | "text" | "txt" | "plaintext" | "ascii" | "plain");
        if !plain || ground.is_skipped(node.span.start) {
            continue;
        }
        let part = &ground.parts()[ground.part_at(node.span.start)];
        let source = document.source(id);
        if shows_parts(part) && source.contains(['┌', '╭', '╔', '┏', '+']) {
            found.extend(boxes(source, node.span.start, part.topic.is_some()));
        }
        if part.announced.is_some_and(|found| found.topic == Topic::Components) && source.contains("── ") {
            found.extend(tree(source, node.span.start));
        }
    }
    found
}

/// Whether a sketch in this section may show how the system is built.
fn shows_parts(part: &Part) -> bool {
    matches!(part.topic, None | Some(Topic::Architecture | Topic::Components | Topic::Background))
}

/// A box while its lines are read.
#[derive(Debug, Default)]
struct Frame {
    left: usize,
    right: usize,
    open: bool,
    /// Whether other boxes stand in it.
    holds: bool,
    lines: Vec<Sketched>,
}

/// The names of the boxes in a sketch. Where the section does not say that it is about the architecture, most of them
/// have to be words for parts.
fn boxes(source: &str, at: usize, announced: bool) -> Vec<Sketched> {
    let mut frames: Vec<Frame> = Vec::new();
    let lines: Vec<(usize, Vec<(usize, char)>)> = rows(source, at);
    for (place, (start, letters)) in lines.iter().enumerate() {
        let below = lines.get(place + 1).map(|(_, letters)| letters.as_slice()).unwrap_or_default();
        let covered = borders(&mut frames, letters, below, *start);
        texts(&mut frames, letters, &covered, *start);
    }
    let named: Vec<Sketched> = frames.iter().flat_map(names).collect();
    let acting = named.iter().filter(|found| name::is_actor_noun(&found.name)).count();
    let other = named.iter().filter(|found| !is_part(&found.name)).count();
    if named.len() < 2 || other * 2 > named.len() || (!announced && acting * 2 < named.len()) {
        return Vec::new();
    }
    named.into_iter().filter(|found| is_part(&found.name)).collect()
}

/// The lines of a fence with the byte at which each begins, without the fence lines themselves.
fn rows(source: &str, at: usize) -> Vec<(usize, Vec<(usize, char)>)> {
    let mut start = at;
    let mut found = Vec::new();
    for line in source.split_inclusive('\n') {
        let marks = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        if !marks && line.len() <= WIDEST * 3 {
            found.push((start, line.trim_end().char_indices().collect()));
        }
        start += line.len();
    }
    found
}

/// Opens and closes boxes at the borders of a line; gives back the columns that borders cover.
fn borders(frames: &mut Vec<Frame>, letters: &[(usize, char)], below: &[(usize, char)], start: usize) -> Vec<bool> {
    let mut covered = vec![false; letters.len()];
    let mut at = 0;
    while at < letters.len() {
        let first = letters[at].1;
        let Some(end) = border_end(letters, at) else {
            at += 1;
            continue;
        };
        covered[at..=end].fill(true);
        let side = below.get(at).is_some_and(|(_, letter)| matches!(letter, '|' | '│'));
        let closes = matches!(first, '└' | '╰' | '╚' | '┗') || first == '+';
        if closes {
            close(frames, at, end);
        }
        if matches!(first, '┌' | '╭' | '╔' | '┏') || (first == '+' && side) {
            open(frames, letters, at, end, start);
        }
        // A cross may end one border and begin the next.
        at = if first == '+' { end } else { end + 1 };
    }
    covered
}

/// Where a border that begins here ends.
fn border_end(letters: &[(usize, char)], at: usize) -> Option<usize> {
    let first = letters[at].1;
    let ends: &[char] = match first {
        '┌' | '╭' | '╔' | '┏' => &['┐', '╮', '╗', '┓'],
        '└' | '╰' | '╚' | '┗' => &['┘', '╯', '╝', '┛'],
        '├' | '╠' => &['┤', '╣'],
        '+' => &['+'],
        _ => return None,
    };
    let after = |at: usize| letters.get(at + 1).map(|(_, letter)| *letter);
    let ruled = after(at).is_some_and(|next| matches!(next, '─' | '═' | '━' | '-' | '='));
    let length = letters[at + 1..].iter().position(|(_, letter)| ends.contains(letter))?;
    let within = &letters[at + 1..at + 1 + length];
    let broken = within.iter().any(|(_, letter)| matches!(letter, '│' | '║' | '┃' | '|' | '┌' | '└'));
    let rules = within.iter().filter(|(_, letter)| matches!(letter, '─' | '═' | '━' | '-' | '=')).count();
    (ruled && !broken && rules >= 2).then_some(at + 1 + length)
}

/// Opens the boxes below a border, one for each column that it is divided into.
fn open(frames: &mut Vec<Frame>, letters: &[(usize, char)], left: usize, right: usize, start: usize) {
    if frames.iter().filter(|frame| frame.open).count() >= MOST_OPEN {
        return;
    }
    if let Some(outer) = innermost(frames, left.midpoint(right)) {
        frames[outer].holds = true;
    }
    let mut from = left;
    for at in left + 1..=right {
        if at == right || matches!(letters[at].1, '┬' | '╦') {
            let mut frame = Frame { left: from, right: at, open: true, ..Frame::default() };
            frame.lines.extend(words(&letters[from + 1..at], start));
            frames.push(frame);
            from = at;
        }
    }
}

/// Closes the boxes that end at a border.
fn close(frames: &mut [Frame], left: usize, right: usize) {
    for frame in frames.iter_mut().rev().filter(|frame| frame.open) {
        if frame.left + 3 >= left && frame.right <= right + 3 {
            frame.open = false;
        }
    }
}

/// The narrowest open box around a column.
fn innermost(frames: &[Frame], column: usize) -> Option<usize> {
    let around =
        frames.iter().enumerate().filter(|(_, frame)| frame.open && frame.left <= column && column <= frame.right);
    around.min_by_key(|(_, frame)| frame.right - frame.left).map(|(at, _)| at)
}

/// Puts the words of a line into the boxes around them.
fn texts(frames: &mut [Frame], letters: &[(usize, char)], covered: &[bool], start: usize) {
    let mut from = 0;
    for at in 0..=letters.len() {
        let ends = at == letters.len() || covered[at] || matches!(letters[at].1, '│' | '║' | '┃' | '|');
        if !ends {
            continue;
        }
        if let Some(found) = words(&letters[from..at], start)
            && let Some(frame) = innermost(frames, from.midpoint(at))
        {
            frames[frame].lines.push(found);
        }
        from = at + 1;
    }
}

/// The words in a piece of a line, without rules, arrows and bullets around them.
fn words(letters: &[(usize, char)], start: usize) -> Option<Sketched> {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '(' | ')' | '[' | ']' | '"' | '{');
    let first = letters.iter().position(|(_, letter)| is_word(*letter))?;
    let last = letters.iter().rposition(|(_, letter)| is_word(*letter))?;
    let name: String = letters[first..=last].iter().map(|(_, letter)| *letter).collect();
    let end = letters[last].0 + letters[last].1.len_utf8();
    Some(Sketched { name, span: Span::new(start + letters[first].0, start + end) })
}

/// The names that a box gives: its first line, and of the further lines those that are words for parts. A box around
/// others is a part only when it says so.
fn names(frame: &Frame) -> Vec<Sketched> {
    let mut lines = frame.lines.iter();
    let Some(first) = lines.next() else { return Vec::new() };
    let mut head = first.clone();
    head.name = drawn::label_name(&head.name);
    let second = lines.clone().next().map(|line| line.name.as_str()).unwrap_or_default();
    if !frame.holds && head.name.split(' ').count() <= 2 && is_kind(second) && !name::ends_with_kind(&head.name) {
        head.name = format!("{} {second}", head.name);
        head.span = Span::new(head.span.start, first.span.end);
        lines.next();
    }
    if frame.holds {
        return if name::ends_with_kind(&head.name) { vec![head] } else { Vec::new() };
    }
    let further = lines.filter_map(|line| {
        let cleaned = drawn::label_name(&line.name);
        let last = cleaned.rsplit(' ').next().unwrap_or_default();
        let short = cleaned.split(' ').count() <= 3 && cleaned.starts_with(char::is_uppercase);
        (short && is_kind(last)).then(|| Sketched { name: cleaned.clone(), span: line.span })
    });
    let rest: Vec<Sketched> = further.collect();
    std::iter::once(head).chain(rest).collect()
}

/// One word for a kind of part, also in the plural.
fn is_kind(word: &str) -> bool {
    !word.contains(' ')
        && word.starts_with(char::is_alphabetic)
        && (name::is_type_noun(word) || name::is_type_noun(word.trim_end_matches('s')))
}

/// Whether words in a box may name a part.
fn is_part(label: &str) -> bool {
    let words = label.split_whitespace().count();
    let lettered = label.chars().filter(|letter| letter.is_alphabetic()).count() >= 2;
    let begins = label.chars().next().is_some_and(|letter| !letter.is_lowercase() && letter.is_alphanumeric())
        || label.contains(['-', '_']);
    let strange = label.contains(['[', ']', '{', '"', '@', ',', ';', ':', '?']) || label.starts_with('/');
    let step = words > 1 && verbs::begins_with_verb(label) && !name::is_actor_noun(label);
    lettered
        && begins
        && (1..=5).contains(&words)
        && !strange
        && !step
        && !name::is_data(label)
        && !name::is_person(label)
}

/// The names in a tree of components. A tree of files is no such tree.
fn tree(source: &str, at: usize) -> Vec<Sketched> {
    let mut found = Vec::new();
    let mut files = 0;
    let mut entries = 0;
    for (start, letters) in rows(source, at) {
        let branch = letters.iter().rposition(|(_, letter)| matches!(letter, '├' | '└'));
        let from = branch.map_or(0, |branch| branch + 1);
        let Some(line) = words(&letters[from..], start) else { continue };
        if branch.is_none() && !found.is_empty() {
            continue;
        }
        let label = line.name.split(['(', '#', '<']).next().unwrap_or_default().trim();
        let label = label.split(" - ").next().unwrap_or_default().split(" — ").next().unwrap_or_default().trim();
        entries += 1;
        files += usize::from(branch.is_some() && (label.ends_with('/') || label.contains(['.', '/'])));
        if label.split(' ').count() <= 4 && label.starts_with(char::is_uppercase) {
            let end = line.span.start + label.len();
            found.push(Sketched { name: label.to_owned(), span: Span::new(line.span.start, end) });
        }
    }
    if files * 2 >= entries { Vec::new() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sketch: &str, expected: &[&str]) {
        let found = boxes(sketch, 0, true);
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, expected, "{sketch}");
    }

    #[test]
    fn boxes_give_names() {
        check(
            "┌──────────────────────────┐\n│       The Platform       │\n│ ┌────────┐   ┌─────────┐ │\n│ │ Web UI │──►│ Order   │ │\n│ │ React  │   │ Service │ │\n│ └────────┘   └─────────┘ │\n└──────────────────────────┘\n",
            &["Web UI", "Order Service"],
        );
        check("+-------+   +--------+\n|  API  |-->| Broker |\n+-------+   +--------+\n", &["API", "Broker"]);
        check("┌────┐\n│ no │\n└────┘\n", &[]);
    }

    #[test]
    fn trees_of_components_are_no_trees_of_files() {
        let names = |text: &str| tree(text, 0).into_iter().map(|found| found.name).collect::<Vec<_>>();
        assert_eq!(names("App\n├── Sidebar (left)\n│   └── Menu\n└── Chat\n"), ["App", "Sidebar", "Menu", "Chat"]);
        assert!(names("src/\n├── Main.java\n└── Lib.java\n").is_empty());
    }
}
