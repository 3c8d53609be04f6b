//! Links to a heading or to a neighbouring file that are not there.

use std::collections::{HashMap, HashSet};

use crate::spec::edit::Edit;
use crate::spec::lint::anchors::{self, Place};
use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject};

/// The rule.
pub const RULE: Rule = Rule {
    id: "broken-internal-link",
    summary: "a link leads to a heading or a file that is not there",
    reason: "Readers who follow it end up nowhere, and what it stood for is lost.",
    hint: "link to an existing heading by its anchor, or to a file beside the document",
    severity: Severity::Warning,
    check,
};

/// How many missing files are reported one by one; more are one finding, since then a whole folder is missing.
const ONE_BY_ONE: usize = 5;
/// Suggestions are looked for at so many links of one document only.
const SUGGESTIONS: usize = 50;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let known = Anchors::of(anchors::anchors(subject.document));
    let files: Option<HashSet<&str>> =
        subject.facts.files.as_ref().map(|files| files.iter().map(String::as_str).collect());
    let text = subject.document.text();
    let mut found = Vec::new();
    let mut missing: Vec<(Place<'_>, String)> = Vec::new();
    for link in anchors::links(subject.document) {
        if let Some(fragment) = link.target.strip_prefix('#') {
            found.extend(known.missing(fragment, found.len()).map(|broken| broken.finding(&link, text)));
        } else if let (Some(files), Some(path)) = (&files, anchors::relative_path(link.target))
            && !files.contains(path.as_str())
        {
            missing.push((link, path));
        }
    }
    found.extend(missing_files(&missing, text));
    found
}

fn missing_files(missing: &[(Place<'_>, String)], text: &str) -> Vec<Finding> {
    if missing.len() <= ONE_BY_ONE {
        let each = missing.iter();
        return each
            .map(|(link, path)| Finding::at(link.span(text), format!("the link leads to {path:?}, which is not there")))
            .collect();
    }
    let (first, path) = &missing[0];
    let message = format!("{} links lead to files that are not there; the first is {path:?}", missing.len());
    let rest = missing[1..].iter().take(2);
    let finding = Finding::at(first.span(text), message).hint("is a folder beside the document missing?");
    vec![rest.fold(finding, |finding, (link, path)| finding.related(link.span(text), format!("{path:?} too")))]
}

struct Anchors {
    exact: HashSet<String>,
    by_lower: HashMap<String, String>,
}

/// What is wrong with a fragment and what may have been meant.
struct Broken {
    fragment: String,
    /// The anchor that differs in case only.
    case: Option<String>,
    near: Option<String>,
}

impl Anchors {
    fn of(exact: HashSet<String>) -> Self {
        let by_lower = exact.iter().map(|anchor| (anchor.to_lowercase(), anchor.clone())).collect();
        Self { exact, by_lower }
    }

    fn missing(&self, fragment: &str, found: usize) -> Option<Broken> {
        let name = anchors::decoded(fragment);
        let name = name.strip_prefix("user-content-").unwrap_or(&name);
        // `#top` is known to every browser, `#fn1` to renderers of footnotes, `:~:` to text fragments.
        let known = name.is_empty() || name == "top" || name.starts_with(":~:") || name.starts_with("fn");
        if known || self.exact.contains(name) {
            return None;
        }
        let case = self.by_lower.get(&name.to_lowercase()).cloned();
        let near = if case.is_some() || found > SUGGESTIONS {
            None
        } else {
            let mut all: Vec<&str> = self.exact.iter().map(String::as_str).collect();
            all.sort_unstable();
            nearest(name, all).map(str::to_owned)
        };
        Some(Broken { fragment: fragment.to_owned(), case, near })
    }
}

impl Broken {
    fn finding(self, link: &Place<'_>, text: &str) -> Finding {
        let span = link.span(text);
        let finding = Finding::at(span, format!("no heading makes the anchor \"#{}\"", self.fragment));
        match (self.case, self.near) {
            (Some(anchor), _) => {
                let finding = finding.hint(format!("anchors are lower case: \"#{anchor}\""));
                let exact = span.of(text) == link.target;
                if exact { finding.fix(Edit::new(span, format!("#{anchor}"))) } else { finding }
            }
            (None, Some(anchor)) => finding.hint(format!("did you mean \"#{anchor}\"?")),
            (None, None) => finding,
        }
    }
}
