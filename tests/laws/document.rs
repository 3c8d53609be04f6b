//! Law 1: printing a parsed document gives the same bytes, for every input; and the tree is well formed.

use proptest::prelude::*;
use vso::spec::document::{Document, NodeId};
use vso::spec::edit::{self, Edit};

/// Real documents that mutations start from.
const REAL: &[&str] = &[
    include_str!("../fixtures/specs/stockverity-srs.md"),
    include_str!("../fixtures/specs/sentinel-netlab-system-design.md"),
    include_str!("../fixtures/specs/exchangis-interface-cn.md"),
];

/// Pieces that Markdown parsers trip over.
const SHARDS: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\u{feff}",
    "```",
    "~~~",
    "---\n",
    "+++\n",
    "| a | b |\n|---|---|\n",
    "> ",
    "- ",
    "1. ",
    "    ",
    "\t",
    "# ",
    "====\n",
    "<!--",
    "-->",
    "<div>",
    "[a]: b\n",
    "[^1]: x\n",
    "**",
    "`",
    "\\",
    "\u{0}",
    "é",
    "数",
    "🔮",
    "- [x] ",
    "***\n",
    "&amp;",
];

fn check(text: &str) {
    let document = Document::parse(text).unwrap();
    assert_eq!(document.echo(), text);
    let mut at = 0;
    for (_, span) in document.leaves() {
        assert_eq!(span.start, at, "a gap before a leaf of {text:?}");
        assert!(span.end >= span.start);
        at = span.end;
    }
    assert_eq!(at, text.len());
    for (id, node) in document.nodes() {
        let parent = document.node(node.parent);
        assert!(parent.span.contains(node.span), "{node:?} leaves its parent {parent:?} in {text:?}");
        assert!(text.get(node.span.range()).is_some());
        assert!(document.plain(id).len() <= text.len());
        for inline in document.inlines(id) {
            assert!(text.get(inline.span.range()).is_some());
            assert!(document.plain(id).get(inline.plain.range()).is_some(), "{inline:?} in {text:?}");
        }
        assert!(document.source_offset(id, 3) <= text.len());
    }
    assert_eq!(document.children(NodeId::ROOT).count(), document.nodes().filter(|(_, node)| node.depth == 1).count());
}

fn shards() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![prop::sample::select(SHARDS).prop_map(str::to_owned), "[ a-z:|{}]{0,6}"], 0..40)
        .prop_map(|parts| parts.concat())
}

/// A real document with a few cuts, copies and insertions.
fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::sample::select(SHARDS), 0..3u8);
    (prop::sample::select(REAL), prop::collection::vec(change, 1..6)).prop_map(|(text, changes)| {
        let mut text = text.to_owned();
        for (from, to, shard, how) in changes {
            let (a, b) = (boundary(&text, &from), boundary(&text, &to));
            let (a, b) = (a.min(b), a.max(b).min(a.min(b) + 2_000));
            let b = (b..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            match how {
                0 => text.insert_str(a, shard),
                1 => text.replace_range(a..b, ""),
                _ => text = [&text[..b], &text[a..]].concat(),
            }
        }
        text
    })
}

fn boundary(text: &str, index: &prop::sample::Index) -> usize {
    let at = index.index(text.len().max(1)).min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_prints_back(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn markdown_shards_print_back(text in shards()) {
        check(&text);
    }

    #[test]
    fn an_edit_leaves_every_other_byte(text in shards(), at in any::<prop::sample::Index>()) {
        let document = Document::parse(text.as_str()).unwrap();
        let leaves = document.leaves();
        let (_, span) = leaves[at.index(leaves.len())];
        let edited = edit::apply(&text, &[Edit::new(span, "§")]).unwrap();
        prop_assert_eq!(&edited[..span.start], &text[..span.start]);
        prop_assert_eq!(&edited[span.start + "§".len()..], &text[span.end..]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_real_documents_print_back(text in mutated()) {
        check(&text);
    }
}

#[test]
fn real_documents_print_back() {
    REAL.iter().for_each(|text| check(text));
    REAL.iter().for_each(|text| check(&text.replace('\n', "\r\n")));
}

#[test]
fn five_thousand_levels_work_and_the_limit_is_named() {
    let deep = format!("{}x\n", ">".repeat(5_000));
    check(&deep);
    let lists: String = (0..1_200).map(|level| format!("{}- x\n", " ".repeat(level * 2))).collect();
    check(&lists);
    let error = Document::parse(format!("\n{}x\n", "> ".repeat(11_000))).unwrap_err();
    assert_eq!(error.to_string(), "line 2: blocks are nested more than 10000 levels deep");
}

#[test]
fn a_document_over_the_limit_is_refused() {
    let error = Document::parse("x".repeat(50 << 20)).unwrap_err();
    assert!(error.to_string().contains("the limit is"), "{error}");
}

#[test]
fn markup_that_reaches_beyond_its_block_is_held_in() {
    check("- [x] ---\n\n  \u{feff}");
}
