//! Checks as Markdown for the summary of a step, which people read on the page of a run.

use super::{Check, Conclusion, markdown, tally};

/// The most bytes that a step's summary may have: GitHub's limit is 1 MiB, and the step may have written some itself.
pub const MOST: usize = 1_000_000;

/// Renders them, whole checks as far as they fit; one that does not fit is there by its title.
#[must_use]
pub fn render(checks: &[Check]) -> String {
    let mut text = format!("# vso: {}\n", tally(checks));
    // Titles are short; what they need is kept free.
    let mut room = MOST.saturating_sub(text.len() + checks.len() * 1_000);
    for check in checks {
        text.push_str(&format!(
            "\n## {} {}: {}\n\n",
            mark(check.conclusion),
            check.name,
            markdown::inline(&check.title)
        ));
        if check.summary.len() <= room {
            room -= check.summary.len();
            text.push_str(&check.summary);
        } else {
            text.push_str("More than fits here: `vso check` shows all of it.\n");
        }
    }
    text
}

fn mark(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "✅",
        Conclusion::Failure => "❌",
        Conclusion::ActionRequired => "✋",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::check::{SLICES, SPECIFICATION};

    #[test]
    fn a_summary_keeps_the_limit_and_every_title() {
        let check = |name: &str, summary: String| Check {
            name: name.into(),
            conclusion: Conclusion::Failure,
            title: format!("title of {name}"),
            summary,
            annotations: Vec::new(),
            buttons: Vec::new(),
        };
        let text = render(&[check(SPECIFICATION, "x".repeat(1 << 20)), check(SLICES, "short\n".into())]);
        assert!(text.len() < 1 << 20);
        assert!(text.contains("## ❌ vso / specification: title of vso / specification\n\nMore than fits"), "{text}");
        assert!(text.ends_with("## ❌ vso / slices: title of vso / slices\n\nshort\n"), "{text}");
    }
}
