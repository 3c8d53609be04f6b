//! How an author numbers: letters, digits, and the marks around an id. Learnt from the ids that are there.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::spec::document::Document;
use crate::spec::item::{Reading, Requirement, RequirementKind};
use crate::spec::outline::SectionId;

/// An id is letters and digits with a number at its end, and perhaps a letter: `FR-007`, `AUTH-1.2`, `end-7a`.
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(.*?)([0-9]{1,9})[a-z]?$").expect("a constant pattern"));
/// Words of a text that look like ids.
static MENTIONED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*\b").expect("a constant pattern"));

/// One way of numbering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scheme {
    /// What stands before the number: `FR-`.
    stem: String,
    /// Digits at least.
    width: usize,
    /// Marks before the id: `**`, `[`, nothing.
    open: String,
    /// Marks after the id, up to the text.
    close: String,
    /// Whether a label ("Performance:") stands before the id.
    pub(super) label_first: bool,
}

/// The ways of numbering of a document, with the numbers that are used up.
pub(super) struct Schemes<'a> {
    document: &'a Document,
    reading: &'a Reading,
    /// The scheme that an id shows, by requirement.
    shown: Vec<Option<Scheme>>,
    /// The last requirement with an id of each kind in each section.
    in_section: HashMap<(SectionId, RequirementKind), usize>,
    /// The most used stem of each kind, shown by a requirement.
    usual: HashMap<RequirementKind, usize>,
    /// The highest number of each stem, in lower case.
    highest: HashMap<String, u64>,
}

impl<'a> Schemes<'a> {
    /// Learns from a document. Numbers that only `taken` or the prose still names count as used up.
    pub(super) fn of(document: &'a Document, reading: &'a Reading, taken: &HashSet<String>) -> Self {
        let shown: Vec<_> = reading.requirements.iter().map(|found| shown(document, found)).collect();
        let mut counts: HashMap<(RequirementKind, &str), (usize, usize)> = HashMap::new();
        let mut in_section = HashMap::new();
        for (at, (found, scheme)) in reading.requirements.iter().zip(&shown).enumerate() {
            let Some(scheme) = scheme else { continue };
            let count = counts.entry((found.kind, scheme.stem.as_str())).or_default();
            *count = (count.0 + 1, at);
            in_section.insert((section(document, found), found.kind), at);
        }
        let mut usual: HashMap<RequirementKind, (usize, usize)> = HashMap::new();
        for ((kind, _), (count, at)) in counts {
            let best = usual.entry(kind).or_insert((count, at));
            *best = (*best).max((count, at));
        }
        let usual = usual.into_iter().map(|(kind, (_, at))| (kind, at)).collect();
        let mut highest: HashMap<String, u64> = HashMap::new();
        let mentioned = MENTIONED.find_iter(document.text()).map(|found| found.as_str());
        let given = reading.requirements.iter().filter_map(|found| found.id.as_deref());
        let numbered = |id: &&str| id.bytes().any(|byte| byte.is_ascii_digit());
        for id in mentioned.filter(numbered).chain(given).chain(taken.iter().map(String::as_str)) {
            if let Some((stem, number, _)) = parts(id) {
                let last = highest.entry(stem.to_lowercase()).or_default();
                *last = number.max(*last);
            }
        }
        Self { document, reading, shown, in_section, usual, highest }
    }

    /// The scheme for a requirement: that of its section, else of its kind, else one made after the other kind's.
    pub(super) fn for_requirement(&self, at: usize, is_cell: bool) -> Scheme {
        let requirement = &self.reading.requirements[at];
        let near = self.in_section.get(&(section(self.document, requirement), requirement.kind));
        let found = near.or_else(|| self.usual.get(&requirement.kind)).and_then(|at| self.shown[*at].clone());
        let scheme = found.unwrap_or_else(|| self.usual_scheme(requirement.kind));
        if is_cell { Scheme { open: String::new(), close: String::new(), ..scheme } } else { scheme }
    }

    fn usual_scheme(&self, kind: RequirementKind) -> Scheme {
        let functional = kind == RequirementKind::Functional;
        let usual = Scheme {
            stem: if functional { "FR-" } else { "NFR-" }.to_owned(),
            width: if functional { 3 } else { 1 },
            open: "**".to_owned(),
            close: "** ".to_owned(),
            label_first: !functional,
        };
        // What the other kind shows of the author's hand, but for its letters.
        match self.usual.values().next().and_then(|at| self.shown[*at].as_ref()) {
            Some(other) if functional => {
                Scheme { width: other.width, open: other.open.clone(), close: other.close.clone(), ..usual }
            }
            Some(other) => Scheme { open: other.open.clone(), close: other.close.clone(), ..usual },
            None => usual,
        }
    }

    /// The next id of a scheme, and how it stands in the text with its marks.
    pub(super) fn next(&mut self, scheme: &Scheme) -> (String, String) {
        let last = self.highest.entry(scheme.stem.to_lowercase()).or_default();
        *last += 1;
        let id = format!("{}{:0width$}", scheme.stem, *last, width = scheme.width);
        let words = format!("{}{id}{}", scheme.open, scheme.close);
        (id, words)
    }
}

fn section(document: &Document, requirement: &Requirement) -> SectionId {
    document.outline().at(requirement.origin.span.start)
}

/// Stem, number and digits of an id.
fn parts(id: &str) -> Option<(&str, u64, usize)> {
    let found = NUMBERED.captures(id)?;
    let (stem, digits) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let width = if digits.starts_with('0') { digits.len() } else { 1 };
    Some((stem, digits.parse().ok()?, width))
}

/// The scheme that a requirement's own id shows.
fn shown(document: &Document, requirement: &Requirement) -> Option<Scheme> {
    let id = requirement.id.as_deref()?;
    let (stem, _, width) = parts(id).filter(|(stem, ..)| !stem.is_empty())?;
    let source = requirement.origin.span.of(document.text());
    let usual =
        Scheme { stem: stem.to_owned(), width, open: "**".to_owned(), close: "** ".to_owned(), label_first: false };
    // An id in a cell of its own says nothing about marks in running text.
    let Some(at) = source.find(id) else { return Some(usual) };
    let is_mark = |letter: char| matches!(letter, '*' | '_' | '[' | ']' | '(' | ')' | '`');
    let before = &source[..at];
    let open = &before[before.trim_end_matches(is_mark).len()..];
    let after = &source[at + id.len()..];
    let rest = after.trim_start_matches(|letter| {
        is_mark(letter) || matches!(letter, ':' | '：' | '.' | '–' | '—' | '-') || letter == ' '
    });
    let close = &after[..after.len() - rest.len()];
    // "**FR-001** [component: Loans]": the bracket that follows belongs to the tag.
    let close = close.find(" [").or_else(|| close.find(" (")).map_or(close, |tag| &close[..=tag]);
    let spaced = close.ends_with([' ', '：']);
    let label_first = before.contains([':', '：']);
    Some(if spaced { Scheme { open: open.to_owned(), close: close.to_owned(), label_first, ..usual } } else { usual })
}
