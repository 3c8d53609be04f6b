//! The files that a slice is made of, rendered through `templates/`. Pure: same slices and templates, same bytes.
//!
//! The journey: [`templates`] are compiled once into a press; each slice becomes a view (values without spans, line
//! numbers or clock); the press prints every template with it. Slices are printed in parallel and put into one tree,
//! whose order does not depend on threads.

pub mod carry;
mod checks;
mod escape;
mod notation;
mod press;
mod record;
mod resources;
#[cfg(test)]
mod sample;
pub mod templates;
pub mod tree;
mod view;

use minijinja::value::{Serde, Value};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

pub use crate::slicing::registry::record as record_of;
pub use record::printed as printed_record;
pub use templates::Templates;
pub use tree::FileTree;

use sha2::{Digest, Sha256};

use crate::slicing::slice::PlatformKind;
use crate::slicing::{Slice, Slicing};
use crate::spec::item::{Origin, Rung};
use crate::spec::span::Span;
use press::Press;

/// The file in a slice's folder that vso owns: its record.
pub const RECORD: &str = "metadata.json";

/// What generated files start from: plain values that the caller takes from the project's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the slices, relative to the project's root.
    pub slices: String,
    /// The git repository that servers clone; empty until the project has one.
    pub repository: String,
    /// The git ref that servers check out.
    pub reference: String,
    /// Hetzner location, such as `nbg1`.
    pub location: String,
    /// Hetzner server type of the test environment.
    pub test_server: String,
    /// Hetzner server type of the production environment.
    pub production_server: String,
    /// Operating system image.
    pub image: String,
    /// TCP port that a slice listens on.
    pub port: u16,
}

impl Default for Settings {
    /// The defaults of `vso.toml`.
    fn default() -> Self {
        Self {
            slices: "vertical-slices".into(),
            repository: String::new(),
            reference: "main".into(),
            location: "nbg1".into(),
            test_server: "cx23".into(),
            production_server: "cx33".into(),
            image: "debian-13".into(),
            port: 8080,
        }
    }
}

/// Why slices could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// A template can't be read or printed; the text says where in it.
    #[error("the template {path} can't be used: {reason}")]
    Template {
        /// Its path below `templates/`.
        path: String,
        /// What the template engine says, with the line.
        reason: String,
    },
    /// A file would leave the project.
    #[error(transparent)]
    Path(#[from] tree::UnsafePath),
    /// A slice's record can't be written as JSON.
    #[error("metadata.json of {slice} can't be written")]
    Record {
        /// The slice's id.
        slice: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl ScaffoldError {
    /// A template that failed; what the engine says of it names the line.
    fn template(path: &str, error: &minijinja::Error) -> Self {
        Self::Template { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Renders all slices: their files below [`Settings::slices`], and `deployments/`.
///
/// Retired slices are not in it: their `metadata.json` is the caller's record of them.
///
/// # Errors
/// When a template is wrong, or a template's or slice's path would leave the project.
pub fn generate(slicing: &Slicing, templates: &Templates, settings: &Settings) -> Result<FileTree, ScaffoldError> {
    let printer = Printer::new(templates, settings)?;
    let slices: Result<Vec<FileTree>, ScaffoldError> =
        slicing.slices.par_iter().map(|slice| printer.with_record(slice)).collect();
    let mut tree = if slicing.slices.is_empty() { FileTree::default() } else { printer.shared()? };
    for files in slices? {
        tree.extend(files);
    }
    Ok(tree)
}

/// A hash of everything that a slice's files are made from, but for templates and settings. Where its items stand in the
/// master does not count.
#[must_use]
pub fn digest(slice: &Slice) -> String {
    let nowhere = Origin { span: Span::new(0, 0), line: 0, rung: Rung::Section };
    let mut slice = slice.clone();
    slice.requirements.iter_mut().for_each(|held| held.item.origin = nowhere);
    slice.endpoints.iter_mut().for_each(|held| held.item.origin = nowhere);
    slice.models.iter_mut().chain(&mut slice.foreign_models).for_each(|held| held.item.origin = nowhere);
    hex::encode(&Sha256::digest(format!("{slice:?}"))[..16])
}

/// Compiled templates, with which slices are printed one by one.
pub struct Printer<'a> {
    press: Press<'a>,
    paths: Vec<&'a str>,
    settings: &'a Settings,
}

impl<'a> Printer<'a> {
    /// Compiles the templates.
    ///
    /// # Errors
    /// When one of them is wrong.
    pub fn new(templates: &'a Templates, settings: &'a Settings) -> Result<Self, ScaffoldError> {
        let paths = templates.iter().map(|(path, _)| path).collect();
        Ok(Self { press: Press::new(templates)?, paths, settings })
    }

    /// The files of one slice but for its record, by their path below the slice's folder.
    ///
    /// # Errors
    /// When a template can't be printed, or its path would leave the slice.
    pub fn slice(&self, slice: &Slice) -> Result<FileTree, ScaffoldError> {
        self.slice_below("", slice)
    }

    /// The files that all slices share, by their path from the project's root; they hold nothing of any one slice.
    ///
    /// # Errors
    /// When a template can't be printed, or its path would leave the project.
    pub fn shared(&self) -> Result<FileTree, ScaffoldError> {
        let mut tree = FileTree::default();
        let values = Value::from(Serde(view::shared(self.settings)));
        for path in &self.paths {
            let target = match path.split_once('/') {
                Some(("slices", below)) => format!("{}/{below}", self.settings.slices),
                Some(("deployments", _)) => (*path).to_owned(),
                _ => continue,
            };
            insert_printed(&mut tree, target, &self.press.print(path, &values)?)?;
        }
        Ok(tree)
    }

    fn with_record(&self, slice: &Slice) -> Result<FileTree, ScaffoldError> {
        let folder = format!("{}/{}/", self.settings.slices, slice.id);
        let mut tree = self.slice_below(&folder, slice)?;
        let record = printed_record(&record_of(slice))?;
        tree.insert(format!("{folder}{RECORD}"), record.into_bytes(), false)?;
        Ok(tree)
    }

    fn slice_below(&self, folder: &str, slice: &Slice) -> Result<FileTree, ScaffoldError> {
        let values = Value::from(Serde(view::of(slice, self.settings)));
        let mut tree = FileTree::default();
        for path in &self.paths {
            let Some(below) = path.strip_prefix("slice/") else { continue };
            if below.starts_with("modal/") && slice.platform.kind != PlatformKind::Modal {
                continue;
            }
            insert_printed(&mut tree, format!("{folder}{below}"), &self.press.print(path, &values)?)?;
        }
        Ok(tree)
    }
}

/// A template that prints nothing but white space makes no file.
fn insert_printed(tree: &mut FileTree, path: String, text: &str) -> Result<(), ScaffoldError> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let executable = path.ends_with(".sh");
    tree.insert(path, text.as_bytes().to_vec(), executable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_becomes_its_files() {
        let tree = generate(&sample::members(), &Templates::embedded(), &Settings::default()).unwrap();
        let folder = "vertical-slices/slice-001-members";
        let spec = String::from_utf8(tree.get(&format!("{folder}/spec.md")).unwrap().bytes.clone()).unwrap();
        assert!(spec.contains("- **AC-FR-002** An email address must be unique among members. ([FR-002])\n"), "{spec}");
        let metadata = String::from_utf8(tree.get(&format!("{folder}/metadata.json")).unwrap().bytes.clone()).unwrap();
        assert!(serde_json::from_str::<crate::slicing::registry::SliceRecord>(&metadata).is_ok());
        assert!(!spec.contains("4711") && !metadata.contains("4711"), "a line number of the master leaked");
    }

    #[test]
    fn a_projects_template_stands_over_the_built_in_one() {
        let own = [
            ("slice/spec.md".to_owned(), "# {{ slice.name }}\n".to_owned()),
            ("slice/NOTES.md".to_owned(), "x".to_owned()),
        ];
        let tree = generate(&sample::members(), &Templates::embedded().overlaid(own), &Settings::default()).unwrap();
        assert_eq!(tree.get("vertical-slices/slice-001-members/spec.md").unwrap().bytes, b"# Members\n");
        assert!(tree.get("vertical-slices/slice-001-members/NOTES.md").is_some());
        let wrong = [("slice/spec.md".to_owned(), "{{ slice.nothing }}".to_owned())];
        let error = generate(&sample::members(), &Templates::embedded().overlaid(wrong), &Settings::default());
        assert!(error.unwrap_err().to_string().contains("slice/spec.md"));
    }
}
