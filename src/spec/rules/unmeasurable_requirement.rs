//! Non-functional requirements that no test could measure.

use std::sync::LazyLock;

use regex::Regex;

use super::vague_words;
use crate::spec::item::{Requirement, RequirementKind, Rung};
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "unmeasurable-requirement",
    summary: "a non-functional requirement has no number",
    reason: "\"Fast\" can't be tested. With a number the slice gets a performance test that measures it.",
    hint: "say how much: p95 under 200 ms, 99.9 % per month, 50 requests/s",
    severity: Severity::Warning,
    check,
};

/// Digits, or numbers in words.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let words = "one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|hundred|thousand|million|zero|half|twice\
                 |ein|eine|zwei|drei|vier|fünf|zehn|hundert|tausend|doppelt|un|une|deux|trois|quatre|cinq|dix|cent|mille\
                 |uno|dos|tres|cuatro|cinco|diez|cien|mil|один|два|три|пять|десять|сто";
    Regex::new(&format!(r"(?i)\p{{Nd}}|[一二三四五六七八九十百千万]|\b(?:{words})\b")).expect("a constant pattern")
});

/// What can be checked with yes or no: an absolute, a ban, a standard or technique named by its capitals.
static CHECKABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i:\b(?:all|every|each|any|no|never|none|always|only|without|must not|shall not|may not|cannot|encrypt\w*|hash\w*|sign\w*|audit\w*|log(?:s|ged|ging)?|backups?|alle[rsn]?|jede[rsn]?|nie|keine?[rsn]?|nur|ohne|tous|toutes|chaque|jamais|aucune?|sans|todos|todas|cada|nunca|sin|каждый|все|никогда|только)\b)|\b[A-Z]{2,}[a-z]?\b|\b[A-Z]+[a-z]*[A-Z]\w*\b|所有|每|不得|仅|加密",
    )
    .expect("a constant pattern")
});

/// Words and labels that speak of a quantity: there a number is missed even if the words are absolute.
static QUANTITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:performance|performant|latency|throughput|response times?|availability|uptime|scalab\w+|scales?|capacity|load times?|speed|concurrent users|verfügbarkeit|hochverfügbar|leistung|skalier\w+|antwortzeit\w*|latenz|durchsatz|disponibilit[éày]|latence|latencia|rendimiento|escalab\w+|disponibilidad|prestazioni|desempenho|производительност\w*|доступност\w*|задержк\w*)\b|性能|可用性|吞吐|并发|延迟|响应时间|高可用|レイテンシ|応答時間|성능|가용성",
    )
    .expect("a constant pattern")
});

/// Labels of qualities that have to be made measurable, unless the words name something to check.
static QUALITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)usab|reliab|maintainab|recover|efficien|accura|robust|resilien|quality|responsive|benutzbar|bedienbar|zuverlässig|wartbar|utilisab|fiabil|maintenab|usabil|mantenib|usabilidad|confiab|удобств|надёжност|надежност|易用|可靠|可维护|使用性|信頼性|保守性",
    )
    .expect("a constant pattern")
});

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    // A sentence in the middle of an explanation is not where an author lists qualities.
    let listed = |found: &&Requirement| matches!(found.origin.rung, Rung::Section | Rung::Typed);
    let limits = subject.reading.requirements.iter().filter(|found| found.kind == RequirementKind::NonFunctional);
    let findings = limits.filter(listed).filter(|found| is_unmeasurable(found)).map(|found| {
        let id = found.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let place = prose::first_line(text, found.origin.span);
        Finding::at(place, format!("this non-functional requirement{id} has no number"))
    });
    findings.collect()
}

/// Security, privacy, formats and the like are checked by yes or no, so only what speaks of a quantity, carries the
/// label of a quality, or uses vague words needs a number.
fn is_unmeasurable(requirement: &Requirement) -> bool {
    let words = || std::iter::once(&requirement.text).chain(&requirement.details);
    if !requirement.targets.is_empty() || words().any(|words| NUMBER.is_match(words)) {
        return false;
    }
    let label = requirement.category.as_deref().unwrap_or_default();
    let needs_number = QUALITY.is_match(label) || vague_words::is_vague(&requirement.text);
    let checkable = words().any(|words| CHECKABLE.is_match(words));
    QUANTITY.is_match(label) || QUANTITY.is_match(&requirement.text) && !checkable || needs_number && !checkable
}
