//! Functional or not: by what the section announces, by the id's letters, by the label, at last by the words.

use super::super::super::item::RequirementKind;
use super::super::lexicon::{self, Topic};

/// Words for qualities of a system. As a label or a heading they say that what follows is not functional.
const QUALITIES: &[&str] = &[
    "performance",
    "security",
    "reliability",
    "availability",
    "scalability",
    "usability",
    "maintainability",
    "portability",
    "compliance",
    "privacy",
    "accessibility",
    "compatibility",
    "capacity",
    "efficiency",
    "safety",
    "observability",
    "robustness",
    "interoperability",
    "quality",
    "testability",
    "operability",
    "recoverability",
    "localization",
    "internationalization",
    "throughput",
    "latency",
    "durability",
    "response time",
    "data protection",
    "data retention",
    "disaster recovery",
    "backup",
    "fault tolerance",
    "resilience",
    "supportability",
    "localisation",
    "extensibility",
    "auditability",
    "data integrity",
    "integrity",
    "regulatory",
    "legal",
    "cost",
    "logging",
    "monitoring",
    "性能",
    "安全",
    "安全性",
    "可用性",
    "可靠性",
    "可扩展性",
    "可维护性",
    "兼容性",
    "易用性",
    "扩展性",
    "稳定性",
    "并发",
    "隐私",
    "leistung",
    "sicherheit",
    "verfügbarkeit",
    "zuverlässigkeit",
    "skalierbarkeit",
    "wartbarkeit",
    "datenschutz",
    "benutzbarkeit",
    "effizienz",
    "benutzerfreundlichkeit",
    "änderbarkeit",
    "übertragbarkeit",
    "barrierefreiheit",
    "antwortzeit",
    "performanz",
    "performances",
    "sécurité",
    "disponibilité",
    "fiabilité",
    "maintenabilité",
    "ergonomie",
    "évolutivité",
    "confidentialité",
    "rendimiento",
    "seguridad",
    "disponibilidad",
    "fiabilidad",
    "escalabilidad",
    "mantenibilidad",
    "usabilidad",
    "portabilidad",
    "desempenho",
    "segurança",
    "disponibilidade",
];

/// Words inside a sentence that speak of a quality rather than of a deed.
const HINTS: &[&str] = &[
    "latency",
    "response time",
    "availability",
    "uptime",
    "throughput",
    "concurrent",
    "privacy",
    "encrypted",
    "performance",
    "scalab",
    "retained",
    "retention",
    "compatib",
    "peak",
    "authenticity",
    "security",
    "p95",
    "p99",
    "percentile",
    "within the last",
    "load ",
    "per second",
    "requests/s",
    "响应时间",
    "并发",
    "可用性",
    "verfügbar",
    "disponibil",
];

/// Whether a title or label names a quality.
#[must_use]
pub fn names_quality(title: &str) -> bool {
    let key = lexicon::key(title);
    let known = |part: &str| {
        QUALITIES.contains(&part)
            || part.split(' ').next_back().is_some_and(|last| {
                last == "requirements" && QUALITIES.contains(&part.trim_end_matches(" requirements"))
            })
    };
    known(&key)
        || key.split(" and ").any(known)
        || key.split(' ').next().is_some_and(|first| QUALITIES.contains(&first) && key.split(' ').count() <= 3)
}

/// What decides the kind, strongest first.
pub fn kind(
    topic: Option<Topic>,
    section_is_quality: bool,
    prefix: &str,
    category: Option<&str>,
    text: &str,
) -> RequirementKind {
    use RequirementKind as K;
    let letters = prefix.to_ascii_uppercase();
    if letters.starts_with("NF")
        || letters.starts_with("RNF")
        || letters.starts_with("ENF")
        || letters.starts_with("NFR")
    {
        return K::NonFunctional;
    }
    if matches!(letters.as_str(), "FR" | "F" | "RF" | "US" | "UC" | "FA") {
        return K::Functional;
    }
    if topic == Some(Topic::NonFunctional) || section_is_quality || category.is_some_and(names_quality) {
        return K::NonFunctional;
    }
    if topic == Some(Topic::Requirements) || topic == Some(Topic::Stories) || topic == Some(Topic::Features) {
        return K::Functional;
    }
    let lower = text.to_lowercase();
    if HINTS.iter().any(|hint| lower.contains(hint)) { K::NonFunctional } else { K::Functional }
}
