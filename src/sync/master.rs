//! The master specification of a project, read and checked as far as slices need it.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::fault::Fault;
use crate::slicing::{self, Refinements, Registry, Slicing, SlicingError};
use crate::spec::document::{MAX_BYTES, MAX_DEPTH};
use crate::spec::item::Dependency;
use crate::spec::lint::{Facts, Subject};
use crate::spec::text::name_key;
use crate::spec::{Document, DocumentError, Reading, Span, rules};
use crate::worktree::{read_text, shown};

/// A specification with what was understood of it.
#[derive(Debug, Clone)]
pub struct Master {
    /// Where it stands.
    pub path: PathBuf,
    /// Its blocks.
    pub document: Document,
    /// Its items.
    pub reading: Reading,
}

impl Master {
    /// Reads the master of a project.
    ///
    /// # Errors
    /// When it can't be read or is no document within the limits (exit 2), or when slices can't be made from it
    /// because its front matter is broken or it is empty (exit 1). The fault names the file and the line.
    pub fn read(root: &Path, config: &Config) -> Result<Self, Fault> {
        let path = root.join(&config.project.master);
        Self::of(&path, read_text(&path)?)
    }

    /// Reads a master's text; `path` is where it stands, for messages.
    ///
    /// # Errors
    /// As [`Master::read`], but for the disk's.
    pub fn of(path: &Path, text: String) -> Result<Self, Fault> {
        let document = parsed(path, text)?;
        let master = Self { reading: crate::spec::read::read(&document), path: path.to_owned(), document };
        master.check()?;
        Ok(master)
    }

    /// `master-spec.md:12`, for messages.
    #[must_use]
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", shown(&self.path))
    }

    /// The line of a span, from 1.
    #[must_use]
    pub fn line(&self, span: Span) -> usize {
        self.document.line(span)
    }

    /// Cuts it into slices, with what a language model proposed; nothing, as a rule.
    ///
    /// # Errors
    /// When it names no component, one has no usable name, or dependencies go round in a circle (exit 1), with file,
    /// line and hint.
    pub fn slicing(&self, registry: &Registry, config: &Config, refinements: Refinements) -> Result<Slicing, Fault> {
        let settings = slicing::Settings {
            refinements,
            platform: config.slicing.platform,
            synonyms: config.slicing.synonyms.clone(),
            text: self.document.text(),
        };
        slicing::plan(&self.reading, registry, &settings).map_err(|error| {
            let (line, words) = match &error {
                SlicingError::NoComponent => (1, error.to_string()),
                SlicingError::UnnamedComponent { line } => (*line, "a component has no usable name".to_owned()),
                SlicingError::Cycle { path } => (self.cycle_line(path), error.to_string()),
            };
            Fault::refused(format!("{}: {words}", self.place(line))).hint(error.hint())
        })
    }

    /// Where the first step of a circle is stated.
    fn cycle_line(&self, path: &[String]) -> usize {
        let [from, to, ..] = path else { return 1 };
        let (from, to) = (name_key(from), name_key(to));
        let same = |dependency: &&Dependency| name_key(&dependency.from) == from && name_key(&dependency.to) == to;
        self.reading.dependencies.iter().find(same).map_or(1, |dependency| dependency.origin.line)
    }

    fn check(&self) -> Result<(), Fault> {
        if self.document.text().trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(Fault::refused(format!("{}: the file is empty", self.place(1)))
                .hint("`vso init` in an empty folder writes a master-spec.md to learn from"));
        }
        let facts = Facts::default();
        let subject = Subject { document: &self.document, reading: &self.reading, facts: &facts };
        let Some(rule) = rules::find(FRONT_MATTER) else { return Ok(()) };
        match (rule.check)(&subject).into_iter().next() {
            None => Ok(()),
            Some(finding) => {
                let hint = finding.hint.unwrap_or_else(|| rule.hint.to_owned());
                Err(Fault::refused(format!("{}: {}", self.place(self.line(finding.span)), finding.message)).hint(hint))
            }
        }
    }
}

/// The rule whose findings say that a master can't be used: its title and version are unknown then.
const FRONT_MATTER: &str = "invalid-front-matter";

/// Reads any Markdown file as a document.
///
/// # Errors
/// When it can't be read, or passes the limits of size or nesting (exit 2).
pub fn document(path: &Path) -> Result<Document, Fault> {
    parsed(path, read_text(path)?)
}

pub(super) fn parsed(path: &Path, text: String) -> Result<Document, Fault> {
    let name = shown(path);
    Document::parse(text).map_err(|error| match error {
        DocumentError::TooLarge { bytes } => {
            Fault::usage(format!("{name} has {bytes} bytes; the limit is {MAX_BYTES}"))
        }
        DocumentError::TooDeep { line } => {
            Fault::usage(format!("{name}:{line}: blocks are nested more than {MAX_DEPTH} levels deep"))
                .hint("take out some of the `>` or list levels on this line")
        }
    })
}
