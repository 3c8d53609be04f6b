//! What stands between slices and the master, as a value: item by item and file by file, with what vso generated last.
//!
//! `vso diff --json` prints it as it stands here; the keys stay. [`words`] is the same for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::TextDiff;

use super::finding::visible;
use crate::slicing::slice::ItemKind;

/// The version of this format.
pub const FORMAT: u32 = 1;

/// Who changed something since vso generated the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// People, in the slice.
    Slice,
    /// The master, a template or a setting.
    Master,
    /// Both, and it goes together: they say the same, it merges, or it was decided.
    Both,
    /// Both, differently, and a person has to decide.
    Conflict,
}

impl By {
    /// `slice`, `master`, `both` or `conflict`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Slice => "slice",
            Self::Master => "master",
            Self::Both => "both",
            Self::Conflict => "conflict",
        }
    }

    /// Who changed it; none where nobody did.
    #[must_use]
    pub fn of(slice: bool, master: bool, is_open: bool) -> Option<Self> {
        match (slice, master) {
            _ if is_open => Some(Self::Conflict),
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Slice),
            (false, true) => Some(Self::Master),
            (false, false) => None,
        }
    }

    /// How a terminal shows it.
    fn colour(self) -> &'static str {
        match self {
            Self::Slice => "\u{1b}[36m",
            Self::Master => "\u{1b}[32m",
            Self::Both => "\u{1b}[33m",
            Self::Conflict => "\u{1b}[1;31m",
        }
    }
}

/// How a slice stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is here, and the master makes it.
    Here,
    /// The master makes it, and nothing of it is here.
    New,
    /// It is here, and the master no longer makes it.
    Retired,
}

/// An item of a slice's specification that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemDiff {
    /// Its kind; null for another part of the page, such as the front matter.
    pub kind: Option<ItemKind>,
    /// The item, as `vso resolve --item` takes it; a new one without an id has its text here.
    pub id: String,
    /// Which part of it: `text`, `category` or `detail`.
    pub part: String,
    /// Who changed it.
    pub by: By,
    /// What vso generated last; null where it was not there, or where that is not known.
    pub base: Option<String>,
    /// What the slice says; null where people removed it.
    pub slice: Option<String>,
    /// What the master makes of it now; null where it went.
    pub master: Option<String>,
}

/// A file of a slice that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDiff {
    /// Its path from the slice's folder.
    pub path: String,
    /// Who changed it.
    pub by: By,
    /// What in it a person has to decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// With `--patch`: what people changed, as a unified diff; left out where they changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_patch: Option<String>,
    /// With `--patch`: what the master changes, as a unified diff; left out where it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_patch: Option<String>,
}

/// What stands between one slice and the master.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SliceDiff {
    /// `slice-001-auth`.
    pub id: String,
    /// The component's name.
    pub name: String,
    /// How it stands here.
    pub standing: Standing,
    /// The id of what vso generated last, as its record names it.
    pub base: Option<String>,
    /// Whether that can't be found; every difference then waits for a person.
    pub base_lost: bool,
    /// Items of `spec.md`, by kind and id.
    pub items: Vec<ItemDiff>,
    /// Files, by path.
    pub files: Vec<FileDiff>,
    /// What else is to be said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl SliceDiff {
    /// Whether nothing stands between it and the master.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.standing == Standing::Here && self.items.is_empty() && self.files.is_empty()
    }

    /// Whether a person has to decide something in it.
    #[must_use]
    pub fn has_conflict(&self) -> bool {
        self.items.iter().map(|item| item.by).chain(self.files.iter().map(|file| file.by)).any(|by| by == By::Conflict)
    }
}

/// What stands between slices and the master.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diff {
    /// The version of this format: 1.
    pub format: u32,
    /// The slices with a difference, dependencies first, then the retired ones.
    pub slices: Vec<SliceDiff>,
}

impl Diff {
    /// Whether a person has to decide something.
    #[must_use]
    pub fn has_conflict(&self) -> bool {
        self.slices.iter().any(SliceDiff::has_conflict)
    }
}

/// A unified diff of one file; a side that is not there is none. None for equal sides.
#[must_use]
pub fn patch(path: &str, sides: (&str, &str), before: Option<&[u8]>, after: Option<&[u8]>) -> Option<String> {
    if before == after {
        return None;
    }
    let text = |bytes: Option<&[u8]>| match bytes {
        None => Some(String::new()),
        Some(bytes) if bytes.contains(&0) => None,
        Some(bytes) => String::from_utf8(bytes.to_vec()).ok(),
    };
    let name = |side: &str, bytes: Option<&[u8]>| match bytes {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (name(sides.0, before), name(sides.1, after));
    let (Some(before), Some(after)) = (text(before), text(after)) else {
        return Some(format!("Binary files {from} and {to} differ\n"));
    };
    Some(TextDiff::from_lines(&before, &after).unified_diff().header(&from, &to).to_string())
}

/// The difference for people, in colours; nothing where there is none.
#[must_use]
pub fn words(diff: &Diff) -> String {
    let mut text = String::new();
    for slice in diff.slices.iter().filter(|slice| !slice.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        let stands = match slice.standing {
            Standing::Here => "",
            Standing::New => " (new: nothing of it is here)",
            Standing::Retired => " (retired: the master no longer makes it)",
        };
        text.push_str(&format!("\u{1b}[1m{}\u{1b}[0m{stands}\n", visible(&slice.id)));
        slice.notes.iter().for_each(|note| text.push_str(&format!("  note: {}\n", visible(note))));
        slice.items.iter().for_each(|item| item_words(item, &mut text));
        if slice.standing != Standing::New || slice.files.iter().any(|file| file.master_patch.is_some()) {
            slice.files.iter().for_each(|file| file_words(file, &mut text));
        }
    }
    text
}

fn head(by: By, what: &str) -> String {
    format!("  {}{:8}\u{1b}[0m  {}\n", by.colour(), by.word(), visible(what))
}

/// The item, and below it the texts, each as far as it differs.
fn item_words(item: &ItemDiff, text: &mut String) {
    let part = if item.part == "text" { String::new() } else { format!(" ({})", item.part) };
    text.push_str(&head(item.by, &format!("{}{part}", item.id)));
    let mut sides = vec![("base", &item.base)];
    if item.slice == item.master {
        sides.push(("both", &item.slice));
    } else {
        let others = [("slice", &item.slice), ("master", &item.master)];
        sides.extend(others.into_iter().filter(|(_, other)| **other != item.base));
    }
    for (side, words) in sides {
        let words = words.as_ref().map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
        text.push_str(&format!("    {side:6}  {}\n", words.map_or("-".to_owned(), |words| visible(&words))));
    }
}

fn file_words(file: &FileDiff, text: &mut String) {
    let open = if file.conflicts.is_empty() { String::new() } else { format!(": {}", file.conflicts.join(", ")) };
    text.push_str(&head(file.by, &format!("{}{open}", file.path)));
    for line in [&file.slice_patch, &file.master_patch].into_iter().flatten().flat_map(|patch| patch.lines()) {
        let colour = match line.chars().next() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => "\u{1b}[1m",
            Some('+') => "\u{1b}[32m",
            Some('-') => "\u{1b}[31m",
            Some('@') => "\u{1b}[36m",
            _ => "",
        };
        let line = line.split('\t').map(visible).collect::<Vec<_>>().join("\t");
        let end = if colour.is_empty() { "" } else { "\u{1b}[0m" };
        text.push_str(&format!("{colour}{line}{end}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(item: ItemDiff, expected: &str) {
        let slice = SliceDiff {
            id: "slice-001-a".into(),
            name: "A".into(),
            standing: Standing::Here,
            base: None,
            base_lost: false,
            items: vec![item],
            files: Vec::new(),
            notes: Vec::new(),
        };
        let text = words(&Diff { format: FORMAT, slices: vec![slice] });
        let plain = ["1", "0", "1;31", "36", "32", "33"]
            .iter()
            .fold(text, |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
        assert_eq!(plain, format!("slice-001-a\n{expected}"));
    }

    fn item(by: By, base: Option<&str>, slice: Option<&str>, master: Option<&str>) -> ItemDiff {
        let [base, slice, master] = [base, slice, master].map(|text| text.map(str::to_owned));
        ItemDiff { kind: None, id: "FR-1".into(), part: "text".into(), by, base, slice, master }
    }

    #[test]
    fn texts_are_shown_where_they_differ() {
        let (x, y, z) = (Some("x"), Some("y\n  y"), Some("z\u{1b}[2J"));
        check(item(By::Slice, x, y, x), "  slice     FR-1\n    base    x\n    slice   y y\n");
        check(item(By::Both, x, None, None), "  both      FR-1\n    base    x\n    both    -\n");
        let conflict = "  conflict  FR-1\n    base    x\n    slice   y y\n    master  z\u{fffd}[2J\n";
        check(item(By::Conflict, x, y, z), conflict);
    }

    #[test]
    fn a_patch_names_its_sides() {
        let text = patch("a.py", ("base", "slice"), Some(b"x\n"), Some(b"y\n"));
        assert_eq!(text.unwrap(), "--- base/a.py\n+++ slice/a.py\n@@ -1 +1 @@\n-x\n+y\n");
        assert_eq!(patch("a", ("base", "slice"), Some(b"x"), Some(b"x")), None);
        let binary = patch("a", ("base", "slice"), None, Some(b"\0"));
        assert_eq!(binary.unwrap(), "Binary files /dev/null and slice/a differ\n");
    }
}
