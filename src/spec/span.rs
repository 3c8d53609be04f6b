//! Places in a text: byte ranges, and the lines and columns that people see.

use std::ops::Range;

use serde::Serialize;

/// A half-open range of bytes, `start..end`, in one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same as a range, for indexing a `str`.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether no byte is inside.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies inside.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The part of `text` that this span covers.
    ///
    /// Both ends must be character boundaries of `text`, which holds for every span that a document gives out.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        &text[self.range()]
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// Where the lines of a text begin; turns byte offsets into lines and columns.
#[derive(Debug, Clone, Default)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Reads the line starts of `text`; `\n` ends a line, so `\r\n` does too.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The line of a byte offset, counted from 1. An offset past the end is on the last line.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The column of a byte offset in characters, counted from 1.
    #[must_use]
    pub fn column(&self, text: &str, offset: usize) -> usize {
        let start = self.starts[self.line(offset) - 1];
        text[start..offset.min(text.len())].chars().count() + 1
    }

    /// The bytes of a line (counted from 1) with its line ending; empty when there is no such line.
    #[must_use]
    pub fn line_span(&self, line: usize, text: &str) -> Span {
        let Some(start) = line.checked_sub(1).and_then(|index| self.starts.get(index)) else {
            return Span::new(text.len(), text.len());
        };
        Span::new(*start, self.starts.get(line).copied().unwrap_or(text.len()))
    }

    /// How many lines there are; a text that ends in a newline has an empty last line.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = "ab\r\nçd\n";
        let index = LineIndex::new(text);
        assert_eq!((index.line(0), index.line(3), index.line(4)), (1, 1, 2));
        assert_eq!(index.column(text, 6), 2);
        assert_eq!(index.line_span(2, text).of(text), "çd\n");
        assert_eq!(index.line_span(9, text).of(text), "");
    }
}
