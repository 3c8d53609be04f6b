//! How answers read: all wording of comments in one place. What comes from specifications, branches and people is text
//! there: it notifies nobody, links nowhere and forges no marker.

use super::Answer;
use super::marker::Marker;
use crate::fault::Fault;
use crate::report::check::markdown::{code, inline};
use crate::report::plan::{Change, Plan};
use crate::sync::propose::{Deed, Seen, Synced};

/// What can be asked for.
pub(super) const HELP: &str = include_str!("../../../templates/comment/help.md");

/// Rows of a table: the rest is counted. A comment takes 65,536 characters.
const ROWS: usize = 50;

/// Text of others, on one line.
pub(super) fn text(words: &str) -> String {
    inline(words)
}

/// The acknowledgement.
pub(super) fn working(marker: &Marker) -> String {
    format!("vso is on it{}.\n\n{}", at(marker), marker.line())
}

/// The answer; `lead` stands before it.
pub(super) fn answered(lead: &str, answers: &[Answer], marker: &Marker) -> String {
    let mut text = format!("{lead}{}", sections(answers));
    let at = at(marker);
    if !at.is_empty() {
        text.push_str(&format!("\n<sub>Asked{at}.</sub>\n"));
    }
    format!("{text}\n{}", marker.line())
}

/// What is said when the work could not be done.
pub(super) fn failed(answers: &[Answer], fault: &Fault, marker: &Marker) -> String {
    let text = sections(answers);
    let message = inline(fault.message());
    let again = "A server tries it again by itself; else run this workflow again, or ask with `/vso retry`.";
    format!("{text}vso could not finish: {message}\n\n{again}\n\n{}", marker.line())
}

/// Who pressed which button.
pub(super) fn pressed(by: &str, label: &str) -> String {
    format!("{} pressed **{label}**.\n\n", code(by))
}

/// Why nothing came of a press.
pub(super) fn not_pressed(by: &str, label: &str, why: &str, marker: &Marker) -> String {
    format!("{}Nothing was done: {why}.\n\n{}", pressed(by, label), marker.line())
}

/// A no, as a line and as Markdown.
pub(super) fn refused(fault: &Fault) -> (String, String) {
    let hints: Vec<String> = fault.hints().iter().map(|hint| format!("\n- {}", inline(hint))).collect();
    (fault.message().to_owned(), format!("Not done: {}\n{}", inline(fault.message()), hints.concat()))
}

fn at(marker: &Marker) -> String {
    // In code, and short of what becomes a link.
    marker.head.as_deref().map(|head| format!(" at {}", code(&head[..10.min(head.len())]))).unwrap_or_default()
}

fn sections(answers: &[Answer]) -> String {
    let section = |answer: &Answer| match answers.len() {
        1 => format!("{}\n", answer.markdown.trim_end()),
        _ => format!("**`{}`**\n\n{}\n\n", answer.command, answer.markdown.trim_end()),
    };
    answers.iter().map(section).collect()
}

fn table(rows: &[String], none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let mut text = String::from("| State | Proposal | Content |\n| --- | --- | --- |\n");
    rows.iter().take(ROWS).for_each(|row| text.push_str(row));
    if rows.len() > ROWS {
        text.push_str(&format!("\n{} more are not shown.\n", rows.len() - ROWS));
    }
    text
}

fn row(first: &str, second: &str, third: &str) -> String {
    format!("| {} | {} | {third} |\n", inline(first), cell(second))
}

/// Code in a table's cell.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// What a plan says.
pub(super) fn plan(view: &Plan) -> String {
    let changed = view.slices.iter().filter(|slice| slice.change != Change::Unchanged);
    let mut rows: Vec<String> = changed
        .map(|slice| {
            let conflicts: Vec<String> = slice.conflicts.iter().map(|conflict| cell(&conflict.item)).collect();
            let third = match conflicts.is_empty() {
                true => inline(&slice.items.words(3)),
                false => format!("conflict: {}", conflicts.join(", ")),
            };
            row(change(slice.change), &slice.id, &third)
        })
        .collect();
    if !view.master.is_empty() {
        let edits: Vec<String> = view.master.edits.iter().map(|edit| cell(&edit.item)).collect();
        rows.push(row("update", "master-spec", &edits.join(", ")));
    }
    let reach = if view.is_empty() { String::new() } else { format!("\n{}\n", inline(&view.reach.words)) };
    format!("{}{reach}", table(&rows, "The master specification and its slices are in step.\n"))
}

fn change(change: Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Update => "update",
        Change::Conflict => "conflict",
        Change::Retired => "retire",
        Change::Unchanged => "unchanged",
        Change::Upstream => "upstream",
    }
}

/// How open proposals stand.
pub(super) fn status(open: &[Seen]) -> String {
    let line = |seen: &Seen| {
        let items: Vec<String> = seen.proposal.conflicts.iter().map(|open| cell(&open.item)).collect();
        let third = if items.is_empty() { inline(&seen.proposal.title) } else { format!("open: {}", items.join(", ")) };
        row(&seen.standing, &seen.proposal.branch, &third)
    };
    let rows: Vec<String> = open.iter().map(line).collect();
    table(&rows, "No proposal is open.\n")
}

/// What a sync did.
pub(super) fn synced(done: &Synced) -> String {
    let lines = done.lines.iter();
    let rows: Vec<String> = lines
        .map(|line| {
            let items: Vec<String> = line.conflicts.iter().map(|open| cell(&open.item)).collect();
            let third = match (&line.note, items.is_empty()) {
                (Some(note), _) if line.deed != Deed::Unchanged => inline(note),
                (_, false) => format!("open: {}", items.join(", ")),
                (Some(note), true) => inline(note),
                (None, true) => inline(&line.title),
            };
            row(line.deed.word(), &line.branch, &third)
        })
        .collect();
    let notes: Vec<String> = done.notes.iter().take(ROWS).map(|note| format!("\n- {}", inline(note))).collect();
    format!("{}{}", table(&rows, "The master specification and its slices are in step.\n"), notes.concat())
}
