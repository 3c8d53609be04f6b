//! Line ends and the final newline: taken off before a merge, three-way merged themselves, and put back after it.
//!
//! Inside the engine every text has `\n` only and ends with one. A text that mixes both line ends is left as it is.

use std::borrow::Cow;

/// Which line ends a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// No line end at all.
    Nothing,
    Lf,
    CrLf,
    Mixed,
}

/// What a merged text, and the text of theirs, get back at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Endings {
    /// Whether texts are read with their line ends as they are.
    exact: bool,
    merged: Ends,
    theirs: Ends,
}

/// How one text ends its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    crlf: bool,
    last: bool,
}

impl Endings {
    /// What the three texts come to.
    pub(super) fn of(base: &str, ours: &str, theirs: &str) -> Self {
        let [b, o, t] = [base, ours, theirs].map(style);
        let merged = three_way(b, o, t, Style::Nothing);
        let exact = merged == Style::Mixed;
        let [last_b, last_o, last_t] = [base, ours, theirs].map(ends_with_newline);
        let last = three_way(last_b, last_o, last_t, None).unwrap_or(true);
        // A mixed text can't be had back; that of base at least leads to the same merge again.
        let next = if t == Style::Mixed { b } else { t };
        Self {
            exact,
            merged: Ends { crlf: merged == Style::CrLf, last },
            theirs: Ends { crlf: next == Style::CrLf, last: last_t.unwrap_or(true) },
        }
    }

    /// A text as the engine reads it.
    pub(super) fn plain(self, text: &str) -> Cow<'_, str> {
        let mut text = Cow::Borrowed(text);
        if !self.exact && text.contains("\r\n") {
            text = Cow::Owned(text.replace("\r\n", "\n"));
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.to_mut().push('\n');
        }
        text
    }

    /// A merged text as people get it.
    pub(super) fn merged(self, text: String) -> String {
        self.merged.put(text, self.exact)
    }

    /// The text of theirs, or what stands for it, as people get it.
    pub(super) fn theirs(self, text: String) -> String {
        self.theirs.put(text, self.exact)
    }

    /// A text with markers: their last line keeps its end.
    pub(super) fn marked(self, text: String, ends_with_marker: bool) -> String {
        let last = self.merged.last || ends_with_marker;
        Ends { last, ..self.merged }.put(text, self.exact)
    }
}

impl Ends {
    fn put(self, mut text: String, exact: bool) -> String {
        if !self.last && text.ends_with('\n') {
            text.pop();
        }
        if self.crlf && !exact { text.replace('\n', "\r\n") } else { text }
    }
}

fn style(text: &str) -> Style {
    let all = text.bytes().filter(|byte| *byte == b'\n').count();
    let windows = if text.contains('\r') { text.matches("\r\n").count() } else { 0 };
    match (all, windows) {
        (0, _) => Style::Nothing,
        (_, 0) => Style::Lf,
        (all, windows) if all == windows => Style::CrLf,
        _ => Style::Mixed,
    }
}

fn ends_with_newline(text: &str) -> Option<bool> {
    (!text.is_empty()).then(|| text.ends_with('\n'))
}

/// Ours if ours changed it, else theirs; a text that says nothing about it does not count.
fn three_way<T: Copy + PartialEq>(base: T, ours: T, theirs: T, nothing: T) -> T {
    match (ours == nothing, theirs == nothing) {
        (true, _) => theirs,
        (_, true) => ours,
        _ if ours == base => theirs,
        _ => ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, ours: &str, theirs: &str, expected: &str) {
        let endings = Endings::of(base, ours, theirs);
        assert_eq!(endings.merged("x\ny\n".to_owned()), expected, "{base:?} {ours:?} {theirs:?}");
    }

    #[test]
    fn the_side_that_changed_line_ends_wins_and_ours_before_theirs() {
        check("a\n", "a\r\n", "b\n", "x\r\ny\r\n");
        check("a\n", "b\n", "a\r\n", "x\r\ny\r\n");
        check("a\n", "b", "c\n", "x\ny");
        check("a\n", "b\n", "c", "x\ny");
        check("a", "b\n", "c", "x\ny\n");
        check("", "b", "", "x\ny");
        check("a\r\n", "b", "c\r\n", "x\r\ny");
        check("a\nb\r\n", "a\nb\r\nc", "b\r\nc\n", "x\ny");
    }

    #[test]
    fn a_mixed_text_is_read_as_it_is() {
        let mixed = "a\r\nb\n";
        assert_eq!(Endings::of(mixed, mixed, mixed).plain(mixed), mixed);
        assert_eq!(Endings::of("a\r\n", "b\r\n", "c\n").plain("a\r\nb"), "a\nb\n");
    }
}
