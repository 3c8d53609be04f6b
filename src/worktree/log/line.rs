//! One line of a log: an RFC 3339 moment in UTC, a level, and a text without line ends.

use std::fmt;

use crate::spec::lint::redact::redacted;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What happened.
    Info,
    /// What a person may want to look at.
    Warning,
    /// What failed.
    Error,
}

impl Level {
    /// `info`, `warning` or `error`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, as RFC 3339 with milliseconds; empty for a line that is none of vso's.
    pub at: String,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What.
    pub text: String,
}

impl Line {
    /// A line of this moment. Credentials are hidden before line ends are, so that a key over several lines is found.
    #[must_use]
    pub fn now(level: Level, text: &str) -> Self {
        let at = format!("{:.3}", jiff::Timestamp::now());
        let safe = redacted(text);
        let mut one = String::with_capacity(safe.len());
        for letter in safe.trim_end().chars() {
            match letter {
                '\n' => one.push_str("\\n"),
                '\t' => one.push(' '),
                letter if letter.is_control() => one.push('\u{fffd}'),
                letter => one.push(letter),
            }
        }
        Self { at, level: level.word().to_owned(), text: one }
    }

    /// Reads a line back.
    #[must_use]
    pub fn read(line: &str) -> Self {
        let mut parts = line.splitn(3, ' ');
        let (at, level, text) = (parts.next(), parts.next(), parts.next());
        match (at, level, text) {
            (Some(at), Some(level @ ("info" | "warning" | "error")), text) if at.parse::<jiff::Timestamp>().is_ok() => {
                Self { at: at.to_owned(), level: level.to_owned(), text: text.unwrap_or_default().to_owned() }
            }
            _ => Self { at: String::new(), level: "info".into(), text: line.to_owned() },
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.at, self.level, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_and_holds_no_credential() {
        let line = Line::now(Level::Error, "push to https://me:pa55word@host/x.git\nfailed\u{1b}[31m\n");
        assert_eq!(line.text, "push to https://me:***@host/x.git\\nfailed\u{fffd}[31m");
        assert_eq!(Line::read(&line.to_string()), line);
        assert_eq!(Line::read("not ours at all").text, "not ours at all");
    }
}
