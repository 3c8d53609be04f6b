//! The templates of slices: built in, overlaid by the project's own, file by file.
//!
//! The caller reads a project's templates from disk; this file only sees their text. A template that the project
//! names and vso does not have becomes one more file of every slice.

use std::collections::BTreeMap;

use rust_embed::RustEmbed;

/// Templates under `templates/`, as bytes inside the binary.
#[derive(RustEmbed)]
#[folder = "templates/"]
#[include = "slice/**"]
#[include = "deployments/**"]
#[include = "slices/**"]
#[exclude = "**/__pycache__/**"]
struct Embedded;

/// Templates by their path below `templates/` (`slice/spec.md`), in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    texts: BTreeMap<String, String>,
}

impl Templates {
    /// The built-in ones.
    #[must_use]
    pub fn embedded() -> Self {
        let text_of = |path: &str| {
            let bytes = Embedded::get(path).map(|file| file.data).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Self { texts: Embedded::iter().map(|path| (path.to_string(), text_of(&path))).collect() }
    }

    /// These templates with a project's own over them: path below `.vso/templates/` -> text. An empty text leaves
    /// that file out of every slice.
    #[must_use]
    pub fn overlaid(mut self, own: impl IntoIterator<Item = (String, String)>) -> Self {
        self.texts.extend(own);
        self
    }

    /// All of them: path and text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one of them.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }
}

impl Default for Templates {
    fn default() -> Self {
        Self::embedded()
    }
}
