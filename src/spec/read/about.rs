//! What a document says of itself: its title and its version.

use serde_json::Value;

use super::super::document::{Document, NodeKind};
use super::ground::Ground;
use super::{lexicon, title};

/// The system's name: `title` (or `name`) of the front matter, else the first heading of level 1, else the first one.
pub(super) fn title(ground: &Ground<'_>) -> Option<String> {
    let document = ground.document();
    let stated = document.front_matter().and_then(|front| {
        let named = |key: &str| front.get(key).and_then(Value::as_str).map(str::trim).filter(|title| !title.is_empty());
        named("title").or_else(|| named("name")).map(str::to_owned)
    });
    stated.or_else(|| {
        let mut headed = ground.parts().iter().filter(|part| part.heading.is_some() && !part.title.is_empty());
        let first = headed.clone().find(|part| part.level == 1).or_else(|| headed.next())?;
        Some(title::clean(&first.title))
    })
}

/// How many blocks at the top are searched for a version.
const TOP: usize = 12;

/// The version: `version` of the front matter as spelled, else a "Version:" line or table row at the top.
pub(super) fn version(ground: &Ground<'_>) -> Option<String> {
    let document = ground.document();
    let stated = document.front_matter().and_then(|front| front.scalar("version", document.text()));
    stated.filter(|version| !version.trim().is_empty()).or_else(|| labelled(document))
}

fn labelled(document: &Document) -> Option<String> {
    let blocks = document.nodes().filter(|(_, node)| matches!(node.kind, NodeKind::Paragraph | NodeKind::TableCell));
    let texts: Vec<&str> = blocks.take(TOP).map(|(id, _)| document.plain(id)).collect();
    let inline = texts.iter().find_map(|text| after_label(text));
    inline.or_else(|| {
        let pairs = texts.windows(2).find(|pair| is_label(pair[0]));
        pairs.and_then(|pair| number(pair[1]))
    })
}

fn is_label(word: &str) -> bool {
    matches!(
        lexicon::key(word).as_str(),
        "version" | "document version" | "spec version" | "版本" | "版本号" | "versión" | "versão"
    )
}

/// "Version: 1.0 baseline" gives "1.0".
fn after_label(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    for label in ["version", "版本号", "版本", "versión"] {
        for (at, found) in lower.match_indices(label).take(4) {
            let rest = text.get(at + found.len()..)?.trim_start_matches(['*', ' ']);
            let value = rest.strip_prefix([':', '：']);
            if let Some(version) = value.and_then(number) {
                return Some(version);
            }
        }
    }
    None
}

/// The first word, when it is a version: `1.0`, `v2.3.1-rc1`.
fn number(text: &str) -> Option<String> {
    let word = text.trim_start_matches(['*', ' ', '`']).split_whitespace().next()?;
    let word = word.trim_end_matches([',', ';', '|', '*', '`', '.']);
    let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
    (bare.starts_with(|first: char| first.is_ascii_digit()) && word.len() <= 32).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, title_wanted: Option<&str>, version_wanted: Option<&str>) {
        let document = Document::parse(text).unwrap();
        let ground = Ground::new(&document);
        assert_eq!((title(&ground).as_deref(), version(&ground).as_deref()), (title_wanted, version_wanted), "{text}");
    }

    #[test]
    fn documents_name_themselves() {
        check("---\ntitle: \"Tool Library\"\nversion: 1.0\n---\n# Other\n", Some("Tool Library"), Some("1.0"));
        check("# 1. The System\n\n**Version:** 1.0 baseline\n", Some("The System"), Some("1.0"));
        check("# S\n\n| Field | Value |\n|---|---|\n| Version | v2.1 |\n", Some("S"), Some("2.1"));
        check("## Only\n\nThis version: of things.\n", Some("Only"), None);
        check("text", None, None);
    }
}
