//! Headings with nothing below them.

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "empty-section",
    summary: "a heading has nothing below it",
    reason: "Either something got lost or the heading promises what nobody wrote.",
    hint: "write the section or delete its heading",
    severity: Severity::Note,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let sections: Vec<_> = document.outline().sections().collect();
    let mut found = Vec::new();
    for (index, (id, section)) in sections.iter().enumerate() {
        let Some(heading) = section.heading else { continue };
        // Subsections follow their parent, so the next section tells whether there is one.
        let has_subsection = sections.get(index + 1).is_some_and(|(_, next)| next.parent == Some(*id));
        let is_title = section.level == 1 && section.parent.is_none();
        if section.blocks.is_empty() && !has_subsection && !is_title {
            let message = format!("nothing stands under the heading {:?}", section.title);
            found.push(Finding::at(prose::first_line(document.text(), document.node(heading).span), message));
        }
    }
    found
}
