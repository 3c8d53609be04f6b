//! Titles of sections and names of things as authors mean them: without numbering, markup, emoji and anchors.

use std::sync::LazyLock;

use regex::Regex;

/// Numbering at the front: `3.`, `3.2.1`, `3)`, `(a)`, `A.`, `IV.`, `§ 4`, `1、`, `一、`, `第三章`.
static NUMBERING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
            (?i:chapter|section|part|appendix|kapitel|abschnitt|teil|chapitre|capítulo)\s+(?:[0-9]+(?:\.[0-9]+)*|[A-Z]|[IVX]+)\b[.:)\-–—\s]*
          | §\s*[0-9]+(?:\.[0-9]+)*[.:)]?\s+
          | \(?[0-9]+(?:\.[0-9]+)*\)\s*
          | [0-9]+(?:\.[0-9]+)+\.?(?:\s+|[:、．\-–—]\s*)
          | [0-9]+[.:、．]\s*
          | [0-9]{1,3}\s+(?:[\-–—]\s+)?
          | \(?[a-zA-Z]\)\s+
          | [A-Z]\.(?:[0-9]+\.?)*\s+
          | [IVX]{1,5}\.\s+
          | [一二三四五六七八九十百]+[、．.]\s*
          | （[一二三四五六七八九十百0-9]+）\s*
          | 第[一二三四五六七八九十百0-9]+[章节部分]+\s*[：:、]?\s*
        )",
    )
    .expect("the pattern is fixed")
});

/// A title without decoration and numbering at the front; the rest as written.
#[must_use]
pub fn unnumbered(title: &str) -> &str {
    let bare = title.trim_matches(is_decoration);
    NUMBERING.find(bare).map_or(bare, |found| &bare[found.end()..])
}

/// A title without numbering, markup, emoji, anchors and a closing colon.
#[must_use]
pub fn clean(title: &str) -> String {
    let mut text = plain(title);
    if let Some(at) = text.rfind("{#").filter(|_| text.ends_with('}')) {
        text.truncate(at);
    }
    let bare = text.trim_matches(is_decoration);
    let unnumbered = NUMBERING.find(bare).map_or(bare, |found| &bare[found.end()..]);
    let rest = unnumbered.trim_matches(is_decoration).trim_end_matches([':', '：']).trim();
    let chosen = if rest.is_empty() { bare } else { rest };
    chosen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Drops marks of emphasis and code that are left in a text.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '*' | '`')).collect()
}

/// White space, emoji and other symbols that stand around a title for looks.
fn is_decoration(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '\u{200d}' | '\u{20e3}' | '\u{fe0f}')
        || matches!(letter, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' | '\u{e000}'..='\u{f8ff}')
        || matches!(letter, '-' | '–' | '—' | '•' | '#' | '_' | '|' | '·')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, expected: &str) {
        assert_eq!(clean(title), expected, "{title}");
    }

    #[test]
    fn numbering_markup_and_emoji_go() {
        check("3.2.1 Functional requirements", "Functional requirements");
        check("1、数据源模块", "数据源模块");
        check("第三章 系统架构", "系统架构");
        check("🎛️ Master Dashboard (Streamlit)", "Master Dashboard (Streamlit)");
        check("**1. Overview**:", "Overview");
        check("A. Appendix", "Appendix");
        check("Appendix B: Error codes", "Error codes");
        check("2FA", "2FA");
        check("3D Viewer", "3D Viewer");
        check("1.", "1.");
        check("Agent `core` {#agent}", "Agent core");
        check("IV. Scope", "Scope");
        check("5G Core", "5G Core");
    }
}
