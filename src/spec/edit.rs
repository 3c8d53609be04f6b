//! Editing a text in place: spans are replaced, every other byte stays.

use super::span::Span;

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Replaces `span` by `text`.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

/// Why edits can't be applied together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Two edits touch the same bytes.
    #[error("two edits overlap at byte {at}")]
    Overlap {
        /// Where the second one begins.
        at: usize,
    },
    /// An edit lies outside of the text or cuts a character in two.
    #[error("an edit does not fit the text at byte {at}")]
    Misplaced {
        /// Where it begins.
        at: usize,
    },
}

/// Applies edits to a text. Insertions at one place keep the order in which they were given.
///
/// # Errors
/// When edits overlap or do not fit the text; then nothing is applied.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in ordered {
        let start = edit.span.start;
        if start < at {
            return Err(EditError::Overlap { at: start });
        }
        if edit.span.end < start || text.get(edit.span.range()).is_none() {
            return Err(EditError::Misplaced { at: start });
        }
        result.push_str(&text[at..start]);
        result.push_str(&edit.text);
        at = edit.span.end;
    }
    result.push_str(&text[at..]);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_leave_every_other_byte_alone() {
        let edits = [Edit::new(Span::new(2, 3), "X"), Edit::new(Span::new(0, 0), "1"), Edit::new(Span::new(0, 0), "2")];
        assert_eq!(apply("ab\rc\n", &edits).unwrap(), "12abXc\n");
    }

    #[test]
    fn edits_that_do_not_fit_are_refused() {
        let overlap = [Edit::new(Span::new(0, 2), ""), Edit::new(Span::new(1, 2), "")];
        assert_eq!(apply("abc", &overlap), Err(EditError::Overlap { at: 1 }));
        assert_eq!(apply("ä", &[Edit::new(Span::new(1, 2), "")]), Err(EditError::Misplaced { at: 1 }));
        assert_eq!(apply("a", &[Edit::new(Span::new(0, 9), "")]), Err(EditError::Misplaced { at: 0 }));
    }
}
