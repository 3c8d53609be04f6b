//! Whatever the text: reading ends, in time that grows with its length, and spans lie inside.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use vso::spec::Reading;
use vso::spec::document::Document;
use vso::spec::read;
use vso::spec::span::Span;

/// Real documents that mutations start from.
const REAL: &[&str] = &[
    include_str!("../fixtures/specs/stockverity-srs.md"),
    include_str!("../fixtures/specs/sentinel-netlab-system-design.md"),
    include_str!("../fixtures/specs/exchangis-interface-cn.md"),
    include_str!("../fixtures/specs/cwa-solution-architecture.md"),
    include_str!("../fixtures/specs/refactorbot-seed.md"),
];

/// Pieces that readers trip over.
const SHARDS: &[&str] = &[
    "\n",
    "\r\n",
    "```",
    "```mermaid\ngraph TB\nA[",
    "-->",
    "|",
    "| ID | Requirement |\n|---|---|\n",
    "- **",
    ": ",
    "：",
    "→",
    "必须",
    "# ",
    "## Components\n",
    "## Requirements\n",
    "### Slice 1: ",
    "FR-001",
    "[",
    "]",
    "(",
    ")",
    "`",
    "“",
    "é",
    "数",
    "🔮",
    "\u{feff}",
    "p95 < 200 ms",
    "99.9",
    "1,000",
    "<",
    "。",
    "Depends on: ",
    "As a user, I want ",
    "MUST",
    "{",
    "\"",
    "&",
    "subgraph",
    "\u{0}",
    "  - ",
    "1. ",
    "\\",
];

fn spans(reading: &Reading) -> Vec<(Span, usize)> {
    let origins = reading.components.iter().map(|item| &item.origin);
    let origins = origins.chain(reading.requirements.iter().map(|item| &item.origin));
    let origins = origins.chain(reading.models.iter().map(|item| &item.origin));
    let origins = origins.chain(reading.endpoints.iter().map(|item| &item.origin));
    let origins = origins.chain(reading.criteria.iter().map(|item| &item.origin));
    let origins = origins.chain(reading.dependencies.iter().map(|item| &item.origin));
    let bodies = reading.components.iter().flat_map(|item| item.body.iter().map(|span| (*span, 0)));
    origins
        .map(|origin| (origin.span, origin.line))
        .chain(bodies)
        .chain(reading.unread.iter().map(|unread| (unread.span, unread.line)))
        .collect()
}

fn check(text: &str) {
    let document = Document::parse(text).unwrap();
    let reading = read::read(&document);
    for (span, line) in spans(&reading) {
        assert!(text.get(span.range()).is_some(), "{span:?} is no place in {text:?}");
        assert!(line == 0 || line == document.line(span), "{span:?} is not on line {line}");
    }
}

/// A real document with pieces put in, taken out and said twice.
fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..3_u8, 0..80_usize);
    (0..REAL.len(), prop::collection::vec(change, 1..8), any::<prop::sample::Index>()).prop_map(
        |(which, changes, window)| {
            let letters: Vec<char> = REAL[which].chars().collect();
            let start = window.index(letters.len());
            let mut text: Vec<char> = letters[start..(start + 6_000).min(letters.len())].to_vec();
            for (place, shard, what, length) in changes {
                let at = place.index(text.len() + 1);
                let end = (at + length).min(text.len());
                match what {
                    0 => drop(text.splice(at..at, SHARDS[shard.index(SHARDS.len())].chars())),
                    1 => drop(text.drain(at..end)),
                    _ => {
                        let again = text[at..end].to_vec();
                        text.splice(at..at, again);
                    }
                }
            }
            text.into_iter().collect()
        },
    )
}

fn shards() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..60)
        .prop_map(|places| places.iter().map(|place| SHARDS[place.index(SHARDS.len())]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_real_documents_are_read(text in mutated()) {
        check(&text);
    }

    #[test]
    fn shards_are_read(text in shards()) {
        check(&text);
    }
}

/// Reading a text of so many bytes, the best of two runs.
fn time(text: &str) -> Duration {
    let document = Document::parse(text).unwrap();
    let run = || {
        let begin = Instant::now();
        let reading = read::read(&document);
        assert!(reading.unread.len() < usize::MAX);
        begin.elapsed()
    };
    run().min(run())
}

/// Ten times the text may cost at most forty times the time: far from the hundred of a quadratic reader, with room for
/// a busy machine.
#[test]
fn time_grows_with_the_length() {
    type Make = fn(usize) -> String;
    let kinds: [(&str, Make); 8] = [
        ("one paragraph", |n| "The system must log it. Others rest. ".repeat(n / 36)),
        ("one list", |n| format!("# Requirements\n\n{}", "- The system must log it\n".repeat(n / 25))),
        ("many sections", |n| "## Payment Service\n\nIt must log.\n\n".repeat(n / 34)),
        ("one table", |n| {
            format!(
                "## Requirements\n\n| ID | Requirement |\n|---|---|\n{}",
                "| FR-1 | It must log all |\n".repeat(n / 27)
            )
        }),
        ("one diagram", |n| {
            format!("```mermaid\ngraph TB\n{}```\n", "A1[Big Server] --> B2[Small Queue] & C\n".repeat(n / 39))
        }),
        ("components", |n| {
            let entries: String =
                (0..n / 40).map(|at| format!("- **Part {at}**: does. Depends on: Part 1\n")).collect();
            format!("## Components\n\n{entries}")
        }),
        ("brackets", |n| "[".repeat(n)),
        ("fences", |n| "```\n```py\n".repeat(n / 10)),
    ];
    for (name, make) in kinds {
        let (small, large) = (time(&make(20_000)), time(&make(200_000)));
        let floor = Duration::from_millis(2);
        assert!(large < small.max(floor) * 40, "{name}: {small:?} for 20 kB, {large:?} for 200 kB");
    }
}

#[test]
fn deep_nesting_is_read() {
    let nested: String = (0..5_000).map(|depth| format!("{}- a must b\n", " ".repeat(depth % 8 * 2))).collect();
    check(&nested);
    check(&format!("{}x", "> ".repeat(5_000)));
    check(&format!("# Requirements\n\n{}x", "- ".repeat(3_000)));
}
