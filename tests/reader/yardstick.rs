//! Pooled F1 over the labelled documents, kind by kind, against the least that is promised.

use std::fmt::Write;

use serde_json::Value;
use vso::report::items::ItemsReport;
use vso::spec::document::Document;
use vso::spec::read;

use super::score::{self, KINDS};

const DOCUMENTS: [(&str, &str, &str); 5] = [
    (
        "cwa-solution-architecture",
        include_str!("../fixtures/specs/cwa-solution-architecture.md"),
        include_str!("../fixtures/specs/gold/cwa-solution-architecture.json"),
    ),
    (
        "exchangis-interface-cn",
        include_str!("../fixtures/specs/exchangis-interface-cn.md"),
        include_str!("../fixtures/specs/gold/exchangis-interface-cn.json"),
    ),
    (
        "oci-distribution-spec",
        include_str!("../fixtures/specs/oci-distribution-spec.md"),
        include_str!("../fixtures/specs/gold/oci-distribution-spec.json"),
    ),
    (
        "sentinel-netlab-system-design",
        include_str!("../fixtures/specs/sentinel-netlab-system-design.md"),
        include_str!("../fixtures/specs/gold/sentinel-netlab-system-design.json"),
    ),
    (
        "stockverity-srs",
        include_str!("../fixtures/specs/stockverity-srs.md"),
        include_str!("../fixtures/specs/gold/stockverity-srs.json"),
    ),
];

/// The least pooled F1 of each kind. Dependencies are only reported; the figure keeps them from getting worse.
const LEAST: [(&str, f64); 5] =
    [("endpoints", 0.90), ("components", 0.60), ("models", 0.70), ("requirements", 0.80), ("dependencies", 0.60)];

/// Matched, labelled and found.
type Counts = [usize; 3];

fn counts(text: &str, gold: &Value) -> [Counts; 5] {
    let document = Document::parse(text).unwrap();
    let mut found = serde_json::to_value(ItemsReport::new("", read::read(&document))).unwrap();
    let sections: Vec<&str> =
        gold["labelled_sections"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    if sections != ["whole document"] {
        let lines = score::lines_of(text, &sections);
        found["requirements"].as_array_mut().unwrap().retain(|entry| lines.contains(&entry["line"].as_i64().unwrap()));
    }
    KINDS.map(|kind| {
        let (gold, found) = (score::keys(kind, &gold[kind]), score::keys(kind, &found[kind]));
        [score::matched(&gold, &found), gold.len(), found.len()]
    })
}

#[test]
fn real_documents_are_understood_as_promised() {
    let mut table = format!("{:<30}", "");
    KINDS.iter().for_each(|kind| write!(table, " {kind:>21}").unwrap());
    let mut pooled = [[0; 3]; 5];
    for (name, text, gold) in DOCUMENTS {
        let counts = counts(text, &serde_json::from_str(gold).unwrap());
        write!(table, "\n{name:<30}").unwrap();
        for (kind, [matched, gold, found]) in counts.into_iter().enumerate() {
            write!(table, " {:>6.3} {:>14}", score::f1(matched, gold, found), format!("{matched}/{gold}/{found}"))
                .unwrap();
            pooled[kind] = [pooled[kind][0] + matched, pooled[kind][1] + gold, pooled[kind][2] + found];
        }
    }
    write!(table, "\n{:<30}", "pooled").unwrap();
    for [matched, gold, found] in pooled {
        write!(table, " {:>6.3} {:>14}", score::f1(matched, gold, found), format!("{matched}/{gold}/{found}")).unwrap();
    }
    eprintln!("{table}\n(F1, matched/labelled/found)");
    for (kind, least) in LEAST {
        let at = KINDS.iter().position(|known| *known == kind).unwrap();
        let [matched, gold, found] = pooled[at];
        let f1 = score::f1(matched, gold, found);
        assert!(f1 >= least, "{kind}: pooled F1 {f1:.3} is below {least:.2}\n{table}");
    }
}
