//! Checks for people at a terminal: how each ended, then what is wrong where.

use super::findings::word;
use super::{Annotation, Check, tally};
use crate::report::slices::columns;

/// Renders them; what comes from documents is masked already, and made visible where it is printed.
#[must_use]
pub fn render(checks: &[Check]) -> String {
    let row = |check: &Check| vec![check.name.clone(), check.conclusion.word().replace('_', " "), check.title.clone()];
    let mut text = columns(&checks.iter().map(row).collect::<Vec<_>>());
    for check in checks {
        if check.annotations.is_empty() && check.is_passed() {
            continue;
        }
        text.push_str(&format!("\n{}\n", check.name));
        if check.annotations.is_empty() {
            check.summary.lines().for_each(|line| text.push_str(&format!("{}\n", format!("  {line}").trim_end())));
        }
        check.annotations.iter().for_each(|annotation| text.push_str(&lines(annotation)));
    }
    text.push_str(&format!("\n{}\n", tally(checks)));
    text
}

fn lines(annotation: &Annotation) -> String {
    let column = annotation.columns.map(|(column, _)| format!(":{column}")).unwrap_or_default();
    let place = format!("{}:{}{column}", annotation.path, annotation.start_line);
    let mut message = annotation.message.lines();
    let first = message.next().unwrap_or_default();
    let mut text = format!("  {place}: {} {}: {first}\n", word(annotation.level), annotation.title);
    message.for_each(|line| text.push_str(&format!("      {line}\n")));
    text
}
