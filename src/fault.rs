//! What can go wrong, as people see it: a kind (which decides the exit code), the message, its causes and a hint.
//!
//! Libraries inside vso use small `thiserror` enums next to the code; the edges turn them into a [`Fault`], once.
//! This file knows no room of the house, so that every room may use it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Why a command did not succeed. Each kind has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The work was done and the answer is no: findings, conflicts, red tests (exit 1).
    Refused,
    /// The command line, the configuration or the input file can't be used (exit 2).
    Usage,
    /// Git, network, disk or a child process failed (exit 3).
    Unfinished,
    /// A person interrupted the run (exit 130).
    Interrupted,
}

impl FaultKind {
    /// The process exit code that stands for this kind.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unfinished => 3,
            Self::Interrupted => 130,
        }
    }
}

/// One failure with everything that a person needs to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    wait: Option<Duration>,
}

impl Fault {
    /// The work was done and the answer is no (exit 1).
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Refused, message)
    }

    /// The command line, configuration or input can't be used (exit 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// Something outside failed (exit 3).
    pub fn unfinished(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Unfinished, message)
    }

    /// A fault of this kind, without causes or hints.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new(), wait: None }
    }

    /// Adds an error and all that it names as its source.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            self.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }

    /// Adds what the person can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says that it will work again after so long, and not before: the other side asked for patience.
    #[must_use]
    pub fn wait(mut self, span: Duration) -> Self {
        self.wait = Some(span);
        self
    }

    /// How long the other side asked to wait; none where it did not.
    #[must_use]
    pub fn wanted_wait(&self) -> Option<Duration> {
        self.wait
    }

    /// The kind, which decides the exit code.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The first line, without `error: `.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the person can do next, in the order given.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// `error: …`, `  caused by: …`, a blank line, `hint: …`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        if !self.hints.is_empty() {
            writeln!(f)?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_error_causes_and_hint() {
        let inner = std::io::Error::other("no space left");
        let fault = Fault::unfinished("could not write spec.md").because(&inner).hint("free some room");
        assert_eq!(
            fault.to_string(),
            "error: could not write spec.md\n  caused by: no space left\n\nhint: free some room"
        );
        assert_eq!(fault.kind().exit_code(), 3);
    }
}
