//! The trace as a table for spreadsheets. Cells that a spreadsheet would take for a formula get an apostrophe in front,
//! as OWASP advises: text from a specification never computes.

use super::{Row, TestView, Trace};
use crate::report::trace::junit::Outcome;

/// The columns.
const HEAD: &str = "state,requirement,kind,line,slice,criterion,text,test,file,test_line,result";

/// One line a test, or one for a row without tests; lines end as RFC 4180 says.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let mut text = HEAD.to_owned() + "\r\n";
    for row in &trace.rows {
        if row.tests.is_empty() {
            line(&mut text, row, None);
        }
        row.tests.iter().for_each(|test| line(&mut text, row, Some(test)));
    }
    text
}

fn line(text: &mut String, row: &Row, test: Option<&TestView>) {
    let number = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
    let result = test.and_then(|test| test.outcome).map_or("", |outcome| match outcome {
        Outcome::Passed => "passed",
        Outcome::Skipped => "skipped",
        Outcome::Failed => "failed",
    });
    let cells = [
        row.state.word().to_owned(),
        row.requirement.clone().unwrap_or_default(),
        row.kind.clone().unwrap_or_default(),
        number(row.line),
        row.slice.clone().unwrap_or_default(),
        row.criterion.clone().unwrap_or_default(),
        row.text.clone(),
        test.map(|test| test.name.clone()).unwrap_or_default(),
        test.map(|test| test.file.clone()).unwrap_or_default(),
        number(test.map(|test| test.line)),
        result.to_owned(),
    ];
    let cells: Vec<String> = cells.iter().map(|value| cell(value)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// One cell, safe and quoted where that is needed.
fn cell(value: &str) -> String {
    let formula = value
        .trim_start_matches([' ', '\u{a0}', '"'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let safe = if formula { format!("'{value}") } else { value.to_owned() };
    if safe.contains([',', '"', '\n', '\r', ';', '\t', '\'']) || safe.starts_with(' ') {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        let check = |value: &str, expected: &str| assert_eq!(cell(value), expected);
        check("plain", "plain");
        check("a, \"b\"", "\"a, \"\"b\"\"\"");
        check("=1+1", "\"'=1+1\"");
        check("  @SUM(A1)", "\"'  @SUM(A1)\"");
        check("-2", "\"'-2\"");
        check("＝cmd|' /C calc'!A0", "\"'＝cmd|' /C calc'!A0\"");
    }
}
