//! Components named only in running text: defined terms ("**Registry**: a service that …") and proper names that end in
//! a word for a part ("Verification Server").

use std::collections::HashMap;

use super::super::super::document::{InlineKind, NodeId, NodeKind};
use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::super::text::name_key;
use super::super::ground::Ground;
use super::super::lexicon::Topic;
use super::super::list;
use super::name;

/// A component named in running text.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) description: String,
    pub(super) span: Span,
    pub(super) rung: Rung,
}

/// Words with which a definition says that the term is a part of a system.
const DEFINED_AS: &[&str] = &[
    "service",
    "server",
    "tool",
    "component",
    "module",
    "system",
    "application",
    "program",
    "daemon",
    "process",
    "library",
    "agent",
    "client",
    "subsystem",
    "microservice",
    "gateway",
    "proxy",
    "worker",
    "app",
    "engine",
    "database",
    "broker",
    "dienst",
    "komponente",
    "anwendung",
    "modul",
];

/// Terms that lists define as parts.
pub(super) fn defined(ground: &Ground<'_>) -> Vec<Named> {
    let document = ground.document();
    let mut found = Vec::new();
    for part in ground.parts().iter().filter(|part| !part.skipped && part.topic != Some(Topic::Operations)) {
        for block in &part.blocks {
            for entry in list::entries(document, *block) {
                let Some(text) = entry.text else { continue };
                let Some(lead) = list::lead(document, text).filter(|lead| lead.marked) else { continue };
                if is_definition(&lead.rest) && lead.name.split_whitespace().count() <= 5 {
                    let (name, aliases) = name::clean(&lead.name);
                    found.push(Named {
                        name,
                        aliases,
                        description: lead.rest,
                        span: document.node(text).span,
                        rung: Rung::Typed,
                    });
                }
            }
        }
    }
    found
}

/// "a service that …", "the tool which …".
fn is_definition(text: &str) -> bool {
    let lower = text.to_lowercase();
    let Some(rest) = ["a ", "an ", "the ", "ein ", "eine "].iter().find_map(|article| lower.strip_prefix(article))
    else {
        return false;
    };
    let mut words =
        rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '-')).filter(|word| !word.is_empty()).take(5);
    let Some(at) = words.position(|word| DEFINED_AS.contains(&word)) else { return false };
    let next = rest.split_whitespace().nth(at + 1).unwrap_or_default();
    matches!(
        next.trim_end_matches(','),
        "that" | "which" | "responsible" | "for" | "der" | "die" | "das" | "to" | "providing" | "running"
    )
}

/// Longest name in words.
const MOST_WORDS: usize = 6;

/// Words that begin sentences and are no part of a name.
const STOP_WORDS: &[&str] = &[
    "der",
    "die",
    "das",
    "ein",
    "eine",
    "le",
    "la",
    "les",
    "un",
    "une",
    "el",
    "los",
    "las",
    "il",
    "the",
    "a",
    "an",
    "this",
    "these",
    "each",
    "if",
    "when",
    "on",
    "in",
    "for",
    "from",
    "to",
    "as",
    "at",
    "by",
    "with",
    "upon",
    "our",
    "its",
    "their",
    "all",
    "every",
    "any",
    "no",
    "after",
    "before",
    "while",
    "both",
    "most",
    "also",
    "only",
    "and",
    "or",
    "via",
    "using",
    "other",
    "another",
    "new",
    "some",
    "see",
    "figure",
    "table",
    "step",
    "section",
    "note",
    "chapter",
    "appendix",
    "however",
    "therefore",
    "thus",
    "then",
    "that",
    "which",
    "your",
    "be",
];

/// Proper names in running text: at least two words, the last one a word for a part, written at least twice or once in
/// bold or as a link.
pub(super) fn named(ground: &Ground<'_>) -> Vec<Named> {
    let document = ground.document();
    let mut counts: HashMap<String, (usize, bool, Named)> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    for (id, node) in document.nodes().filter(|(_, node)| node.kind == NodeKind::Paragraph) {
        if ground.is_skipped(node.span.start) {
            continue;
        }
        let plain = document.plain(id);
        for (start, end) in proper_names(plain) {
            let (name, _) = name::clean(&plain[start..end]);
            let key = name_key(&name);
            let marked = is_marked(ground, id, start, end);
            let entry = counts.entry(key.clone()).or_insert_with(|| {
                order.push(key);
                let span = sentence_span(ground, id, start, end);
                let aliases = abbreviation(&plain[end..]).into_iter().collect();
                (0, false, Named { name, aliases, description: String::new(), span, rung: Rung::Sentence })
            });
            entry.0 += 1;
            entry.1 |= marked;
        }
    }
    let chosen = order.iter().filter_map(|key| counts.get(key)).filter(|(count, marked, _)| *count >= 2 || *marked);
    chosen.map(|(_, _, named)| named.clone()).collect()
}

/// Whether a name stands in bold or is the text of a link.
fn is_marked(ground: &Ground<'_>, id: NodeId, start: usize, end: usize) -> bool {
    let inlines = ground.document().inlines(id);
    inlines.iter().any(|inline| {
        matches!(inline.kind, InlineKind::Strong | InlineKind::Link)
            && inline.plain.start <= start
            && end <= inline.plain.end
            && inline.plain.len() <= end - start + 8
    })
}

fn sentence_span(ground: &Ground<'_>, id: NodeId, start: usize, end: usize) -> Span {
    let document = ground.document();
    let found = document.source_offsets(id, &[start, end.saturating_sub(1)]);
    let text = document.text();
    let last = (found[1] + 1..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    Span::new(found[0].min(last), last)
}

/// "(ENF)" right behind a name.
fn abbreviation(after: &str) -> Option<String> {
    let inner = after.strip_prefix(" (")?.split(')').next()?.trim();
    let fits =
        (2..=8).contains(&inner.len()) && inner.chars().all(|letter| letter.is_uppercase() || letter.is_ascii_digit());
    fits.then(|| inner.to_owned())
}

/// Byte ranges of the proper names in a text.
fn proper_names(plain: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut run: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for word in plain.split_inclusive(|letter: char| {
        letter.is_whitespace() || matches!(letter, ',' | ';' | ':' | '(' | ')' | '"' | '“' | '”' | '.' | '/')
    }) {
        let start = at;
        at += word.len();
        let bare = word.trim_end_matches(|letter: char| !(letter.is_alphanumeric()));
        let bare = bare.strip_suffix("'s").or_else(|| bare.strip_suffix("’s")).unwrap_or(bare);
        let proper = bare.starts_with(char::is_uppercase)
            && bare.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'));
        if proper {
            run.push((start, start + bare.len()));
        }
        let ends = !proper || word.len() > bare.len() && !word[bare.len()..].chars().all(|letter| letter == ' ');
        if ends {
            found.extend(name_in(plain, &run));
            run.clear();
        }
    }
    found.extend(name_in(plain, &run));
    found
}

/// The longest name in a run of capitalised words.
fn name_in(plain: &str, run: &[(usize, usize)]) -> Option<(usize, usize)> {
    let word = |at: usize| &plain[run[at].0..run[at].1];
    let last = (0..run.len()).rev().find(|at| name::is_type_noun(word(*at)))?;
    let first = (0..=last).find(|at| !STOP_WORDS.contains(&word(*at).to_lowercase().as_str()))?;
    let words = last - first + 1;
    let compound = word(last).contains('-') && words == 1;
    ((2..=MOST_WORDS).contains(&words) || compound).then(|| (run[first].0, run[last].1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proper_names_end_in_a_word_for_a_part() {
        let text = "The Test Result Server asks it. On the Corona-Warn-App Server, the Server and Rapid Test are not. Figure 3 shows Big Data.";
        let found: Vec<&str> = proper_names(text).into_iter().map(|(start, end)| &text[start..end]).collect();
        assert_eq!(found, ["Test Result Server", "Corona-Warn-App Server"]);
    }

    #[test]
    fn definitions_name_parts() {
        assert!(is_definition("a service that handles the required APIs"));
        assert!(is_definition("a command-line tool which talks to it"));
        assert!(!is_definition("the binary form of content that is stored"));
        assert!(!is_definition("a scope for API calls on a registry"));
    }
}
