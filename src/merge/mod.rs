//! Three-way merge by key. Pure: texts and folders in, merged ones and conflicts out.
//!
//! [`merge`] merges one text: lines first, and structure (headings, items, keys, definitions, blocks) only around what
//! lines can't settle, so that untouched bytes stay untouched. [`trees`] merges folders: renames, moves and deletions.
//! What nobody can settle is a [`Conflict`] on one item; the one who asks decides with [`Take`].

mod endings;
pub mod folder;
mod keyed;
mod line;
mod merged;
mod part;
mod plain;
mod record;
mod sound;
mod split;
mod trees;
mod word;

pub use folder::{Entry, Mode, Tree};
pub use merged::{Conflict, Decided, Labels, Merged, Take};
pub use plain::{Favour, Style, plain};
pub use record::newer_record;
pub use trees::{Resolved, TreeMerged, trees};

use endings::Endings;
use part::Class;

/// How a text is cut into keyed parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Front matter by key, sections by heading, list items by id, table rows by first cell.
    Markdown,
    /// Objects by key, arrays of objects by `id`.
    Json,
    /// Definitions by name.
    Python,
    /// Blocks by type and labels, attributes by name.
    Hcl,
    /// Nothing but lines.
    Lines,
}

impl Kind {
    /// The kind that a file's name says it has.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        match ending.as_str() {
            "md" | "markdown" => Self::Markdown,
            "json" => Self::Json,
            "py" | "pyi" => Self::Python,
            "tf" | "tfvars" | "hcl" => Self::Hcl,
            _ => Self::Lines,
        }
    }
}

/// Merges what `ours` and `theirs` made of `base`.
///
/// A side that did not change anything gives way to the other, byte for byte. Where both changed, line ends and the
/// final newline follow ours if ours changed them, else theirs. Deleting what the other side edited is a conflict.
#[must_use]
pub fn merge(kind: Kind, base: &str, ours: &str, theirs: &str) -> Merged {
    if theirs == base || ours == theirs {
        return Merged::settled(ours, theirs);
    }
    if ours == base {
        return Merged::settled(theirs, theirs);
    }
    let merged = attempt(kind, base, ours, theirs);
    if merged.is_clean() || merged.is_asked_again(&|_| None).is_some() {
        return merged;
    }
    // Repeated text can be read in two ways; what would not be asked again the same way is one question.
    Merged::undecided(kind, base, ours, theirs)
}

/// A merge by structure where there is one. Whether it would be asked again the same way is not tried.
fn attempt(kind: Kind, base: &str, ours: &str, theirs: &str) -> Merged {
    if theirs == base || ours == theirs {
        return Merged::settled(ours, theirs);
    }
    if ours == base {
        return Merged::settled(theirs, theirs);
    }
    let endings = Endings::of(base, ours, theirs);
    let plain = [base, ours, theirs].map(|text| endings.plain(text));
    let texts = [&*plain[0], &*plain[1], &*plain[2]];
    let root = match kind {
        Kind::Markdown => Some(Class::Document),
        Kind::Json => Some(Class::Value).filter(|_| texts.iter().all(|text| split::json::is_sound(text))),
        Kind::Python => Some(Class::Module),
        Kind::Hcl => Some(Class::Body),
        Kind::Lines => None,
    };
    let draft = root.map_or_else(|| line::merge(texts), |root| keyed::merge(root, texts));
    Merged::new(draft, kind, [texts[2], theirs], endings, root == Some(Class::Value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_kind() {
        for (path, kind) in [
            ("a/spec.md", Kind::Markdown),
            ("metadata.JSON", Kind::Json),
            ("tests/unit/test_a.py", Kind::Python),
            ("terraform.tfvars", Kind::Hcl),
            ("main.tf", Kind::Hcl),
            ("user-data.sh", Kind::Lines),
            (".md/x", Kind::Lines),
        ] {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }

    #[test]
    fn far_edits_meet_and_one_line_changed_twice_is_a_conflict() {
        let merged = merge(Kind::Lines, "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n");
        assert!(merged.is_clean());
        assert_eq!(merged.text(&|_| Take::Base), "A\nb\nC\n");
        let merged = merge(Kind::Lines, "a\nb\n", "a\nours\n", "a\ntheirs");
        assert_eq!(merged.text(&|_| Take::Ours), "a\nours");
        assert_eq!(merged.text(&|_| Take::Theirs), "a\ntheirs");
        assert_eq!(merged.next_base(&|_| true), "a\nb");
        assert_eq!(
            merged.marked(&Labels::default()),
            "a\n<<<<<<< slice\nours\n||||||| base\nb\n=======\ntheirs\n>>>>>>> master\n"
        );
    }
}
