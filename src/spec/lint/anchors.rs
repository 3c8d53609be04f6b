//! Where links inside a document and to its neighbours lead: the anchors of headings as GitHub makes them, and the
//! relative paths that links name.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::spec::document::{Document, Inline, InlineKind, NodeId, NodeKind};
use crate::spec::span::Span;

/// `id="x"` and `name="x"` in raw HTML.
static HTML_ANCHOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?i)\b(?:id|name)\s*=\s*["']?([^"'\s>]+)"#).expect("a constant pattern"));
/// `## Title {#x}` as some site builders read it.
static HEADING_ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{[^{}]*#([^\s{}]+)[^{}]*\}\s*$").expect("a constant pattern"));

/// All anchors that a link inside the document may name.
#[must_use]
pub fn anchors(document: &Document) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (id, node) in document.nodes() {
        match node.kind {
            NodeKind::Heading(_) => {
                let title = rendered(document, id);
                if let Some(attribute) = HEADING_ATTRIBUTE.captures(&title) {
                    found.insert(attribute[1].to_owned());
                }
                found.insert(numbered(slug(&title), &mut seen));
            }
            NodeKind::Html => collect_html(document.source(id), &mut found),
            _ => {}
        }
        for inline in document.inlines(id).iter().filter(|inline| inline.kind == InlineKind::Html) {
            collect_html(inline.span.of(document.text()), &mut found);
        }
    }
    found
}

fn collect_html(html: &str, found: &mut HashSet<String>) {
    found.extend(HTML_ANCHOR.captures_iter(html).map(|name| name[1].to_owned()));
}

/// The text of a heading as a page shows it: tags are gone.
fn rendered(document: &Document, id: NodeId) -> String {
    let plain = document.plain(id);
    let mut title = String::with_capacity(plain.len());
    let mut at = 0;
    for inline in document.inlines(id).iter().filter(|inline| inline.kind == InlineKind::Html) {
        title.push_str(plain.get(at..inline.plain.start).unwrap_or_default());
        at = inline.plain.end.max(at);
    }
    title.push_str(plain.get(at..).unwrap_or_default());
    title
}

/// The anchor of a heading: lower case, spaces become hyphens, punctuation is dropped, letters of every script stay.
#[must_use]
pub fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let kept = lower.chars().filter(|letter| is_word(*letter) || matches!(letter, '-' | ' '));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Letters, digits, marks and connecting punctuation. A mark is what is neither of these nor white space, control or
/// punctuation, which the standard library can't tell; the blocks of combining marks stand in for it.
fn is_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '_' | '\u{203f}' | '\u{2040}')
        || matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}' | '\u{fe00}'..='\u{fe0f}' | '\u{200d}')
}

/// The second heading of a name gets `-1`, the third `-2`.
fn numbered(base: String, seen: &mut HashMap<String, usize>) -> String {
    let mut name = base.clone();
    while let Some(count) = seen.get(&name).copied() {
        let next = seen.entry(base.clone()).or_insert(0);
        *next = (*next).max(count) + 1;
        name = format!("{base}-{next}");
    }
    seen.insert(name.clone(), 0);
    name
}

/// A link or an image with the block that it stands in.
pub struct Place<'a> {
    /// The inline markup.
    pub inline: &'a Inline,
    /// Its destination.
    pub target: &'a str,
}

impl Place<'_> {
    /// The bytes of the destination, or of the whole link when the destination stands elsewhere.
    #[must_use]
    pub fn span(&self, text: &str) -> Span {
        let inside = self.inline.span.of(text);
        match inside.rfind(self.target).filter(|_| !self.target.is_empty()) {
            Some(at) => Span::new(self.inline.span.start + at, self.inline.span.start + at + self.target.len()),
            None => self.inline.span,
        }
    }
}

/// All links and images with a destination, in the order of the text.
pub fn links(document: &Document) -> impl Iterator<Item = Place<'_>> {
    let inlines = document.nodes().flat_map(|(id, _)| document.inlines(id));
    inlines
        .filter(|inline| matches!(inline.kind, InlineKind::Link | InlineKind::Image))
        .filter_map(|inline| Some(Place { inline, target: inline.target.as_deref()? }))
}

/// The path of a link to a neighbour of the document, decoded and without query and fragment; none for links to
/// elsewhere, into the document itself, and from the root of a site.
#[must_use]
pub fn relative_path(target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    let scheme = path.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    });
    let elsewhere = path.is_empty() || scheme || path.starts_with(['/', '\\', '<', '{', '$']) || path.contains("{{");
    if elsewhere { None } else { Some(decoded(path)) }
}

/// The relative paths that the links of a document name, each once, in the order of the text.
#[must_use]
pub fn file_links(document: &Document) -> Vec<String> {
    let mut seen = HashSet::new();
    links(document).filter_map(|link| relative_path(link.target)).filter(|path| seen.insert(path.clone())).collect()
}

/// `%C3%A4` is `ä`; what is no valid escape stays.
#[must_use]
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = (*first == b'%').then(|| after.get(..2)).flatten();
        let value = digits.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        match value {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let document = Document::parse(text).unwrap();
        let found = anchors(&document);
        let expected: HashSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn anchors_are_those_of_github() {
        check("# Hello, World!\n## A & B\n", &["hello-world", "a--b"]);
        check("# 数据 模型\n# Über `uns`_x\n", &["数据-模型", "über-uns_x"]);
        check("# A\n# A\n# A-1\n# A\n", &["a", "a-1", "a-1-1", "a-2"]);
        check("# `<name>`\n# <name> b\n", &["name", "-b"]);
        check("# Title {#own}\n<a id=\"x\"></a>\n\ntext <a name='y'></a>\n", &["title-own", "own", "x", "y"]);
    }

    #[test]
    fn relative_paths_are_told_from_addresses() {
        let found = ["a/b%20c.md#x", "https://x.y/z", "mailto:a@b", "#x", "/root.md", "../up.png?raw=1"];
        let found = found.map(|target| relative_path(target).unwrap_or_default());
        assert_eq!(found, ["a/b c.md", "", "", "", "", "../up.png"]);
    }
}
