//! Where a check finds the files that it speaks of, and on which line of them something stands.

use crate::report::finding::visible;

/// The paths of a project in its repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// The project's folder in the repository, with `/`; empty for the top.
    pub prefix: String,
    /// The master, from the project's root.
    pub master: String,
    /// The folder of the slices, from the project's root.
    pub slices: String,
}

impl Paths {
    /// The master, from the repository's root.
    #[must_use]
    pub fn master(&self) -> String {
        self.below(&self.master)
    }

    /// A file of a slice, from the repository's root.
    #[must_use]
    pub fn of_slice(&self, slice: &str, path: &str) -> String {
        let folder = format!("{}/{slice}", self.slices);
        self.below(&if path.is_empty() { folder } else { format!("{folder}/{path}") })
    }

    fn below(&self, path: &str) -> String {
        visible(&if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) })
    }
}

/// The line of a text, from 1, on which an item stands: where its own words begin, else where it is named.
#[must_use]
pub fn line_of(text: &str, item: &str, words: Option<&str>) -> usize {
    let first = words.and_then(|words| words.lines().map(str::trim).find(|line| !line.is_empty()));
    let at = |wanted: &str| text.lines().position(|line| line.contains(wanted));
    let named = || if item.is_empty() { None } else { at(item) };
    first.and_then(at).or_else(named).map_or(1, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_the_repository() {
        let paths = Paths { prefix: "a/b".into(), master: "m.md".into(), slices: "s".into() };
        assert_eq!(paths.master(), "a/b/m.md");
        assert_eq!(paths.of_slice("slice-001-x", "spec.md"), "a/b/s/slice-001-x/spec.md");
        assert_eq!(Paths { prefix: String::new(), ..paths }.of_slice("slice-001-x", ""), "s/slice-001-x");
    }

    #[test]
    fn an_item_is_found_by_its_words_then_by_its_name() {
        let text = "# A\n\n- **FR-1** old\n- FR-2 words\n";
        assert_eq!(line_of(text, "FR-1", Some("\n- FR-2 words\nmore")), 4);
        assert_eq!(line_of(text, "FR-1", Some("gone")), 3);
        assert_eq!(line_of(text, "", None), 1);
    }
}
