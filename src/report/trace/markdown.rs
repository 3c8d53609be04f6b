//! The trace as Markdown tables: first what nobody covers, then the rest.

use std::fmt::Write;

use super::{Row, State, Trace};
use crate::report::finding::counted;
use crate::report::trace::junit::Outcome;

/// Renders the trace.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let counts = trace.counts;
    let mut text = String::new();
    let title = if trace.title.is_empty() { "Trace".to_owned() } else { format!("Trace of {}", cell(&trace.title)) };
    let _ = writeln!(text, "# {title}\n");
    let _ = write!(text, "{} of {} covered", counts.covered, counted(counts.rows, "criterion and requirement pair"));
    let _ = writeln!(text, ", {} passed, {} failed, {} not covered.", counts.passed, counts.failed, counts.gaps);
    let (covered, gaps): (Vec<&Row>, Vec<&Row>) = trace.rows.iter().partition(|row| row.state.is_covered());
    section(&mut text, "Not covered", &gaps);
    section(&mut text, "Covered", &covered);
    if !trace.unplaced.is_empty() {
        let names: Vec<String> = trace.unplaced.iter().map(|name| format!("`{}`", cell(name))).collect();
        let _ = writeln!(text, "\nResults whose slice could not be told count nowhere: {}.", names.join(", "));
    }
    text
}

fn section(text: &mut String, title: &str, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## {title}\n\n| State | Requirement | Slice | Criterion | Text | Tests |");
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for row in rows {
        let shown = |value: &Option<String>| value.as_deref().map_or_else(|| "–".to_owned(), cell);
        let mark = if row.state == State::Failed { "**failed**" } else { row.state.word() };
        let (requirement, slice, criterion) = (shown(&row.requirement), shown(&row.slice), shown(&row.criterion));
        let said = cell(&row.text);
        let _ = writeln!(text, "| {mark} | {requirement} | {slice} | {criterion} | {said} | {} |", tests(row));
    }
}

fn tests(row: &Row) -> String {
    let shown = row.tests.iter().map(|test| {
        let outcome = match (test.unwritten, test.outcome) {
            (true, _) => " (unwritten)",
            (false, Some(Outcome::Passed)) => " (passed)",
            (false, Some(Outcome::Skipped)) => " (skipped)",
            (false, Some(Outcome::Failed)) => " (failed)",
            (false, None) => "",
        };
        format!("`{}:{}`{outcome}", cell(&test.file), test.line)
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "–".to_owned() } else { shown.join(", ") }
}

/// Text inside a table cell: one line, no markup that begins a column, a tag, a link or code.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '[' | ']' => {
                safe.push('\\');
                safe.push(letter);
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests_of_cells {
    use super::cell;

    #[test]
    fn markup_is_text() {
        assert_eq!(cell("a | b\n<script> `x` [y](z)"), "a \\| b &lt;script&gt; \\`x\\` \\[y\\](z)");
    }
}
