//! Ids, tags and labels that authors put in front of an item: `**FR-001**`, `[R-12]`, `[component: Loans]`,
//! `Performance:`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Component;
use super::super::super::text::name_key;

static LEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s*(?P<open>[\[(（【]?)
        (?P<id>(?P<prefix>[A-Z][A-Z0-9]{0,11}(?:[-_.][A-Z][A-Z0-9]{0,11}){0,3})(?P<joint>[-_.]?)
            [0-9]{1,5}(?:[.-][0-9]{1,4}){0,3}[a-z]?)
        (?P<close>[\])）】]?)(?P<separator>\s*[:：.|]\s*|\s+[-–—]+\s+|\s+|$)",
    )
    .expect("the pattern is fixed")
});

/// Prefixes of standards, algorithms, formats and products that look like ids and are none.
const NO_IDS: &[&str] = &[
    "SHA", "UTF", "ISO", "RFC", "HTTP", "AES", "TLS", "SSL", "UTC", "COVID", "ADR", "RSA", "MD", "IPV", "BASE", "IEEE",
    "CVE", "DIN", "EN", "PCI", "WCAG", "ECMA", "ES", "OAUTH", "CP", "GPT", "SARS", "HMAC", "PBKDF", "SOC", "NIST",
    "GDPR", "X", "V", "K", "S", "EC", "H", "HS", "RS", "ED", "BCP", "STD", "TOP", "WEB", "HTML", "CSS", "PEP", "WIN",
    "GPT-", "ARM", "PHASE", "STEP", "FIGURE", "TABLE",
];

/// Prefixes that say of themselves that a requirement follows, so that `FR1` and `R2` need no hyphen.
const OPEN_PREFIXES: &[&str] = &[
    "FR", "NFR", "REQ", "R", "F", "NF", "US", "UC", "BR", "SR", "UR", "AC", "QR", "RQ", "SRS", "PRD", "C", "Q", "NFA",
    "FA", "RF", "RNF", "EF", "ENF", "CU", "HU", "LF", "LL", "LD", "TR", "CON", "DR", "IR",
];

/// An id at the front of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadingId {
    /// The id without brackets.
    pub id: String,
    /// Its letters: `FR`, `NFR-PERF`.
    pub prefix: String,
    /// Where the text goes on.
    pub rest_at: usize,
}

/// The id between slashes at the front of a plain text, as German specification sheets write it: `/LF10/ …`.
#[must_use]
pub fn slashed(text: &str) -> Option<LeadingId> {
    let front = text.len() - text.trim_start().len();
    let (id, _) = text[front..].strip_prefix('/')?.split_once('/')?;
    let prefix = id.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let shaped = (1..=4).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=4).contains(&(id.len() - prefix.len()));
    let after = front + id.len() + 2;
    let gap = text[after..].len() - text[after..].trim_start_matches([' ', ':', '\t']).len();
    shaped.then(|| LeadingId { id: id.to_owned(), prefix: prefix.to_owned(), rest_at: after + gap })
}

/// The id at the front of a plain text.
#[must_use]
pub fn leading(text: &str) -> Option<LeadingId> {
    let first = text.trim_start().chars().next()?;
    if first == '/' {
        return slashed(text);
    }
    if !(first.is_ascii_uppercase() || matches!(first, '[' | '(' | '（' | '【')) {
        return None;
    }
    let word = text.split_whitespace().next()?;
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Some(found) = plain(text) {
        return Some(found).filter(|found| !NO_IDS.contains(&found.prefix.as_str()));
    }
    let found = LEADING.captures(text)?;
    let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
    let (prefix, joint, separator) = (part("prefix"), part("joint"), part("separator"));
    let bracketed = !part("open").is_empty() && !part("close").is_empty();
    if part("open").is_empty() != part("close").is_empty() && !part("open").is_empty() {
        return None;
    }
    let letters = prefix.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if NO_IDS.contains(&letters) && !bracketed {
        return None;
    }
    let open = OPEN_PREFIXES.contains(&letters);
    let spoken = separator.contains([':', '：', '|', '–', '—', '-', '.']) || bracketed || separator.is_empty();
    if joint.is_empty() && !(open && (spoken || letters.len() > 1)) {
        return None;
    }
    let end = found.get(0).map_or(0, |whole| whole.end());
    Some(LeadingId { id: part("id").to_owned(), prefix: letters.to_owned(), rest_at: end })
}

/// The form that most ids have, `FR-001 ` before a word, which needs no pattern: [`LEADING`] finds the same, slowly.
fn plain(text: &str) -> Option<LeadingId> {
    let (id, rest) = text.split_once(' ')?;
    let (prefix, digits) = id.split_once('-')?;
    let holds = (1..=12).contains(&prefix.len())
        && prefix.bytes().all(|letter| letter.is_ascii_uppercase())
        && (1..=5).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && rest.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '[' | '('));
    holds.then(|| LeadingId { id: id.to_owned(), prefix: prefix.to_owned(), rest_at: id.len() + 1 })
}

/// Whether a word is an id as authors write them in a column of ids.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let shape = text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '#'));
    let named = text.chars().any(char::is_alphabetic) || text.contains('.');
    digits && shape && named && text.len() <= 32
}

/// What stands before an item's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Front {
    /// The id.
    pub id: Option<String>,
    /// The letters of the id.
    pub prefix: String,
    /// The component that the author names.
    pub tag: Option<String>,
    /// The label before a colon.
    pub category: Option<String>,
    /// Where the text goes on.
    pub rest_at: usize,
}

/// Names of components, for tags in parentheses.
pub struct Names(HashMap<String, String>);

impl Names {
    /// Collects the names and aliases.
    #[must_use]
    pub fn of(components: &[Component]) -> Self {
        let mut known = HashMap::new();
        for component in components {
            for name in std::iter::once(&component.name).chain(&component.aliases) {
                // Of two components with one name the first one counts.
                known.entry(name_key(name)).or_insert_with(|| component.name.clone());
            }
        }
        known.remove("");
        Self(known)
    }

    /// The component that goes by a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(&name_key(name)).map(String::as_str)
    }
}

/// Takes id, tag and label off the front of a plain text, in any order. A label is only looked for where `labelled`.
#[must_use]
pub fn front(text: &str, names: &Names, labelled: bool) -> Front {
    let mut front = Front::default();
    for _ in 0..4 {
        let rest = &text[front.rest_at..];
        if front.id.is_none()
            && let Some(found) = leading(rest)
        {
            front.rest_at += found.rest_at;
            (front.id, front.prefix) = (Some(found.id), found.prefix);
            continue;
        }
        if front.tag.is_none()
            && let Some((tag, length)) = tag(rest, names)
        {
            front.rest_at += length;
            front.tag = Some(tag);
            continue;
        }
        if labelled
            && front.category.is_none()
            && let Some((label, length)) = label(rest)
        {
            front.rest_at += length;
            front.category = Some(label);
            continue;
        }
        break;
    }
    front
}

/// `[component: Loans]`, or `(Loans)` and `[Loans]` where Loans is a component.
fn tag(text: &str, names: &Names) -> Option<(String, usize)> {
    let front = text.len() - text.trim_start().len();
    let open = text[front..].chars().next()?;
    let close = match open {
        '[' => ']',
        '(' => ')',
        _ => return None,
    };
    let length = text[front..].find(close)?;
    let inner = text[front + 1..front + length].trim();
    if inner.len() > 120 {
        return None;
    }
    let stated = inner.split_once(':').filter(|(word, _)| {
        matches!(
            word.trim().to_lowercase().as_str(),
            "component" | "slice" | "module" | "service" | "komponente" | "composant" | "componente" | "组件" | "模块"
        )
    });
    let name = match stated {
        Some((_, name)) => names.find(name).unwrap_or(name.trim()).to_owned(),
        None => names.find(inner)?.to_owned(),
    };
    let rest = &text[front + length + 1..];
    let gap = rest.len() - rest.trim_start_matches([' ', ':', '\t']).len();
    (!name.is_empty()).then_some((name, front + length + 1 + gap))
}

/// A label of up to four words before a colon.
fn label(text: &str) -> Option<(String, usize)> {
    let end = text.char_indices().take(48).find(|(_, letter)| matches!(letter, ':' | '：'))?;
    let label = text[..end.0].trim();
    let rest = &text[end.0 + end.1.len_utf8()..];
    let words = label.split_whitespace().count();
    let closed = label.matches('[').count() == label.matches(']').count();
    let holds = (1..=4).contains(&words)
        && closed
        && !label.contains(['.', ',', '(', '"', '/', '`'])
        && !label.starts_with(|first: char| first.is_ascii_digit());
    let gap = rest.len() - rest.trim_start().len();
    let goes_on = gap > 0 || end.1 == '：' || rest.is_empty();
    (holds && goes_on && !rest.trim().is_empty()).then(|| (label.to_owned(), end.0 + end.1.len_utf8() + gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, id: Option<&str>, tag: Option<&str>, category: Option<&str>, rest: &str) {
        let loans = Component {
            name: "Loans".to_owned(),
            aliases: vec!["lending".to_owned()],
            description: String::new(),
            platform: None,
            around: false,
            body: Vec::new(),
            origin: super::super::super::super::item::Origin {
                span: super::super::super::super::span::Span::new(0, 0),
                line: 1,
                rung: super::super::super::super::item::Rung::Section,
            },
        };
        let found = front(text, &Names::of(&[loans]), true);
        let seen = (found.id.as_deref(), found.tag.as_deref(), found.category.as_deref(), &text[found.rest_at..]);
        assert_eq!(seen, (id, tag, category, rest), "{text}");
    }

    #[test]
    fn ids_tags_and_labels_come_off_the_front() {
        check("FR-001 A visitor can register", Some("FR-001"), None, None, "A visitor can register");
        check("FR-001: A visitor", Some("FR-001"), None, None, "A visitor");
        check("[R-12] A visitor", Some("R-12"), None, None, "A visitor");
        check("FR-002 [component: Loans] A member", Some("FR-002"), Some("Loans"), None, "A member");
        check("FR-002 (lending) A member", Some("FR-002"), Some("Loans"), None, "A member");
        check("FR-002 (optional) A member", Some("FR-002"), None, None, "(optional) A member");
        check("Performance: NFR-1 p95 under 200 ms", Some("NFR-1"), None, Some("Performance"), "p95 under 200 ms");
        check("NFR-PERF-01 - fast", Some("NFR-PERF-01"), None, None, "fast");
        check(
            "FR-1 [component: Loans] [component: Members] Go",
            Some("FR-1"),
            Some("Loans"),
            None,
            "[component: Members] Go",
        );
        check("fr-1 [component: Loans] Go", None, None, None, "fr-1 [component: Loans] Go");
        check("/LF10/ Buchen", Some("LF10"), None, None, "Buchen");
        check("/api/v1 Buchen", None, None, None, "/api/v1 Buchen");
        check("FR1: go", Some("FR1"), None, None, "go");
        check("REQ-1.2.3. go", Some("REQ-1.2.3"), None, None, "go");
    }

    #[test]
    fn what_only_looks_like_an_id_stays() {
        check("SHA-256 hashes are kept", None, None, None, "SHA-256 hashes are kept");
        check("S3 buckets hold files", None, None, None, "S3 buckets hold files");
        check("R2 is a bucket store", None, None, None, "R2 is a bucket store");
        check("HTTP/2 at 10:30", None, None, None, "HTTP/2 at 10:30");
    }
}
