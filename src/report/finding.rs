//! A linted document as reports see it: findings with the places that people see, and nothing that must not be shown.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::spec::document::Document;
use crate::spec::lint::secret::{self, Secret};
use crate::spec::lint::{Finding, Severity};
use crate::spec::span::Span;

/// The findings of one document.
#[derive(Debug)]
pub struct Linted {
    /// Its path as people named it, with `/`.
    pub path: String,
    /// The text.
    pub document: Document,
    /// What the rules found, in the order of the text.
    pub findings: Vec<Finding>,
    secrets: OnceLock<Vec<Secret>>,
}

/// Where a finding begins and ends: lines and columns from 1, columns in characters, the end one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
}

impl Linted {
    /// A document with its findings.
    #[must_use]
    pub fn new(path: impl Into<String>, document: Document, findings: Vec<Finding>) -> Self {
        Self { path: path.into(), document, findings, secrets: OnceLock::new() }
    }

    /// Looked for when something is shown: most documents have no finding.
    fn secrets(&self) -> &[Secret] {
        self.secrets.get_or_init(|| secret::find(self.document.text()))
    }

    /// Lines and columns of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let (lines, text) = (self.document.lines(), self.document.text());
        Place {
            line: lines.line(span.start),
            column: lines.column(text, span.start),
            end_line: lines.line(span.end),
            end_column: lines.column(text, span.end),
        }
    }

    /// A stretch of the text with credentials masked; offsets in it are those in the text.
    #[must_use]
    pub fn shown(&self, span: Span) -> Cow<'_, str> {
        secret::shown(self.document.text(), span, self.secrets())
    }

    /// Words about the text, which may quote it: credentials masked, control characters made visible.
    #[must_use]
    pub fn words(&self, words: &str) -> String {
        let safe = if self.secrets().is_empty() { Cow::Borrowed(words) } else { secret::hidden(words) };
        visible(&safe)
    }
}

/// Words that may quote people's text, wherever they come from: as [`Linted::words`].
#[must_use]
pub fn safe(words: &str) -> String {
    visible(&secret::hidden(words))
}

/// A text on one line without control characters and without those that reorder what follows.
#[must_use]
pub fn visible(text: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars().map(|letter| if hidden(letter) { '\u{fffd}' } else { letter }).collect()
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Tally {
    /// Findings that make lint exit with 1.
    pub errors: usize,
    /// Findings that do so under `--strict`.
    pub warnings: usize,
    /// Findings worth knowing.
    pub notes: usize,
    /// Findings that `vso lint --fix` would settle.
    pub fixable: usize,
    /// Documents that were linted.
    pub files: usize,
}

impl Tally {
    /// Counts.
    #[must_use]
    pub fn of(linted: &[Linted]) -> Self {
        let mut tally = Self { files: linted.len(), ..Self::default() };
        for finding in linted.iter().flat_map(|document| &document.findings) {
            tally.fixable += usize::from(!finding.fix.is_empty());
            match finding.severity {
                Severity::Error => tally.errors += 1,
                Severity::Warning => tally.warnings += 1,
                Severity::Note => tally.notes += 1,
                Severity::Off => {}
            }
        }
        tally
    }

    /// "3 errors, 2 warnings in 1 file (1 can be fixed with `vso lint --fix`)".
    #[must_use]
    pub fn sentence(&self) -> String {
        let files = counted(self.files, "file");
        let kinds = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let kinds: Vec<_> =
            kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| counted(*count, word)).collect();
        if kinds.is_empty() {
            return format!("no findings in {files}");
        }
        let fixable = match self.fixable {
            0 => String::new(),
            count => format!(" ({count} can be fixed with `vso lint --fix`)"),
        };
        format!("{} in {files}{fixable}", kinds.join(", "))
    }
}

/// "1 file", "2 files".
#[must_use]
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The word of a severity.
#[must_use]
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Off => "off",
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lines_hide_credentials_and_controls() {
        let key = "AKIAIOSFODNN7QWERTZU";
        let text = format!("a {key} b\n");
        let linted = Linted::new("a.md", Document::parse(text.as_str()).unwrap(), Vec::new());
        assert_eq!(linted.shown(Span::new(0, text.len() - 1)), "a AKIA**************** b");
        assert_eq!(linted.shown(Span::new(4, 8)), "IA**");
        assert_eq!(linted.words(&format!("{key}\u{1b}[31m")), "AKIA****************\u{fffd}[31m");
    }

    #[test]
    fn a_tally_reads_as_a_sentence() {
        let tally = Tally { errors: 3, warnings: 1, notes: 0, fixable: 0, files: 1 };
        assert_eq!(tally.sentence(), "3 errors, 1 warning in 1 file");
        assert_eq!(Tally { files: 2, ..Tally::default() }.sentence(), "no findings in 2 files");
    }
}
