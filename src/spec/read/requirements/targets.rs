//! Measurable limits in the text of a requirement: "p95 < 200 ms", "99.9 %", "at most 128 characters".

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::super::super::item::{Comparison, Target};

/// Words before a number that say how the measured value relates to it.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("<=", Comparison::AtMost),
    ("≤", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("≥", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("no more than", Comparison::AtMost),
    ("not more than", Comparison::AtMost),
    ("no longer than", Comparison::AtMost),
    ("not exceed", Comparison::AtMost),
    ("not exceeding", Comparison::AtMost),
    ("at most", Comparison::AtMost),
    ("up to", Comparison::AtMost),
    ("maximum of", Comparison::AtMost),
    ("maximum", Comparison::AtMost),
    ("max.", Comparison::AtMost),
    ("max", Comparison::AtMost),
    ("limited to", Comparison::AtMost),
    ("less than", Comparison::Less),
    ("fewer than", Comparison::Less),
    ("lower than", Comparison::Less),
    ("faster than", Comparison::Less),
    ("under", Comparison::Less),
    ("below", Comparison::Less),
    ("within", Comparison::Less),
    ("no less than", Comparison::AtLeast),
    ("not less than", Comparison::AtLeast),
    ("no fewer than", Comparison::AtLeast),
    ("at least", Comparison::AtLeast),
    ("minimum of", Comparison::AtLeast),
    ("minimum", Comparison::AtLeast),
    ("min.", Comparison::AtLeast),
    ("more than", Comparison::More),
    ("greater than", Comparison::More),
    ("higher than", Comparison::More),
    ("over", Comparison::More),
    ("above", Comparison::More),
    ("exceeds", Comparison::More),
    ("at", Comparison::AtLeast),
    ("höchstens", Comparison::AtMost),
    ("maximal", Comparison::AtMost),
    ("bis zu", Comparison::AtMost),
    ("unter", Comparison::Less),
    ("weniger als", Comparison::Less),
    ("innerhalb von", Comparison::Less),
    ("mindestens", Comparison::AtLeast),
    ("mehr als", Comparison::More),
    ("über", Comparison::More),
    ("au plus", Comparison::AtMost),
    ("moins de", Comparison::Less),
    ("au moins", Comparison::AtLeast),
    ("plus de", Comparison::More),
    ("como máximo", Comparison::AtMost),
    ("menos de", Comparison::Less),
    ("al menos", Comparison::AtLeast),
    ("más de", Comparison::More),
    ("不超过", Comparison::AtMost),
    ("不大于", Comparison::AtMost),
    ("最多", Comparison::AtMost),
    ("小于", Comparison::Less),
    ("低于", Comparison::Less),
    ("少于", Comparison::Less),
    ("不低于", Comparison::AtLeast),
    ("不少于", Comparison::AtLeast),
    ("不小于", Comparison::AtLeast),
    ("至少", Comparison::AtLeast),
    ("大于", Comparison::More),
    ("高于", Comparison::More),
    ("超过", Comparison::More),
    ("达到", Comparison::AtLeast),
];

/// What a unit measures, its spellings and its normal form. Longer spellings come before shorter ones.
const UNITS: &[(&str, &str, &[&str])] = &[
    (
        "throughput",
        "requests/s",
        &[
            "requests per second",
            "transactions per second",
            "requests/second",
            "transactions/s",
            "requests/s",
            "queries per second",
            "messages per second",
            "events per second",
            "req/sec",
            "req/s",
            "rps",
            "tps",
            "qps",
            "anfragen pro sekunde",
            "anfragen/s",
            "requêtes par seconde",
            "peticiones por segundo",
            "次/秒",
            "请求/秒",
        ],
    ),
    ("throughput", "requests/min", &["requests per minute", "requests/min", "requests/minute", "rpm"]),
    (
        "time",
        "ms",
        &["milliseconds", "millisecond", "millisekunden", "millisecondes", "milisegundos", "msec", "ms", "毫秒"],
    ),
    ("time", "min", &["minutes", "minute", "minuten", "minutos", "mins", "min", "分钟"]),
    ("time", "h", &["hours", "hour", "stunden", "stunde", "heures", "horas", "hrs", "h", "小时"]),
    ("time", "d", &["days", "day", "tage", "tagen", "jours", "días", "天"]),
    ("time", "s", &["seconds", "second", "sekunden", "sekunde", "secondes", "segundos", "secs", "sec", "s", "秒"]),
    ("percent", "%", &["%", "％", "percent", "per cent", "prozent", "pour cent", "por ciento"]),
    ("size", "KiB", &["kilobytes", "kib", "kb"]),
    ("size", "MiB", &["megabytes", "mib", "mb"]),
    ("size", "GiB", &["gigabytes", "gib", "gb"]),
    ("size", "TiB", &["terabytes", "tib", "tb"]),
    ("size", "B", &["bytes", "byte"]),
];

/// Nouns that make a bare figure a limit: "10,000 concurrent users".
const COUNTED: &[&str] = &[
    "users",
    "connections",
    "requests",
    "sessions",
    "records",
    "devices",
    "clients",
    "transactions",
    "messages",
    "events",
    "nodes",
    "tenants",
    "orders",
    "products",
    "items",
    "files",
    "documents",
    "customers",
    "members",
    "benutzer",
    "nutzer",
    "utilisateurs",
    "usuarios",
    "用户",
    "并发",
];

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    let words = COMPARISONS.iter().map(|(word, _)| {
        let edge = word.chars().next().is_some_and(|first| first.is_alphabetic() && first < '\u{2e80}');
        let after = word.chars().last().is_some_and(|last| last.is_alphabetic() && last < '\u{2e80}');
        format!("{}{}{}", if edge { r"\b" } else { "" }, regex::escape(word), if after { r"\b" } else { "" })
    });
    let comparisons = words.collect::<Vec<_>>().join("|");
    let units = UNITS.iter().flat_map(|(_, _, spellings)| spellings.iter().map(|unit| regex::escape(unit)));
    let units = units.collect::<Vec<_>>().join("|");
    Regex::new(&format!(
        r"(?i)(?P<comparison>{comparisons})?\s*(?:(?:of|a|an|the|about|approximately|ca\.|than)\s+)?(?P<number>[0-9]{{1,3}}(?:[,'\u{{202f}}\u{{a0}}][0-9]{{3}})+(?:\.[0-9]+)?|[0-9]+(?:[.,][0-9]+)?)\s*(?P<factor>k\b|million\b|thousand\b|万|亿)?\s*-?(?P<unit>(?:{units})(?:\b|$|\s|[,.;)]|\p{{Han}})|[%％])?"
    ))
    .expect("the pattern is fixed")
});

static PERCENTILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bp(?P<short>[0-9]{2}(?:\.[0-9]+)?)\b|(?P<long>[0-9]{2}(?:\.[0-9]+)?)\s*(?:th|st|nd|rd|\.)?[\s-]*(?:percentile|perzentil|percentil)").expect("the pattern is fixed")
});

/// The limits in a text, in order. The label before it ("Availability:") helps to tell what is measured.
#[must_use]
pub fn find_labelled(label: Option<&str>, text: &str) -> Vec<Target> {
    let mut found = find(text);
    let label = label.unwrap_or_default().to_lowercase();
    for target in &mut found {
        match target.metric.as_str() {
            "ratio" if speaks_of_availability(&label) => "availability".clone_into(&mut target.metric),
            "duration" if speaks_of_speed(&label) || label.contains("perf") => "latency".clone_into(&mut target.metric),
            _ => {}
        }
    }
    found
}

/// The limits in a text, in order.
#[must_use]
pub fn find(text: &str) -> Vec<Target> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let lower = text.to_lowercase();
    if !COMPARED.is_match(&lower) && !is_measured(&lower) {
        return Vec::new();
    }
    // The pattern has no fixed beginning to look for, so it is only tried where a mark of a percentile stands.
    let marked =
        lower.contains("per") || lower.as_bytes().windows(2).any(|pair| pair[0] == b'p' && pair[1].is_ascii_digit());
    let percentiles: Vec<(Range<usize>, Option<f64>)> = PERCENTILE
        .captures_iter(if marked { text } else { "" })
        .map(|found| {
            let value =
                found.name("short").or_else(|| found.name("long")).and_then(|digits| digits.as_str().parse().ok());
            (found.get(0).map_or(0..0, |whole| whole.range()), value)
        })
        .collect();
    let mut targets = Vec::new();
    let mut at = 0;
    while let Some(found) = FIGURE.captures_at(text, at) {
        let Some(number) = found.name("number") else { break };
        let noun = noun(text, found.get(0).map_or(number.end(), |whole| whole.end()));
        at = noun.end;
        let in_percentile = percentiles.iter().any(|(range, _)| range.contains(&number.start()));
        if in_percentile || !stands_alone(text, number.start(), number.end()) {
            continue;
        }
        if let Some(mut target) = target(text, &found, noun, &lower) {
            if matches!(target.metric.as_str(), "latency" | "duration") {
                target.percentile = percentiles.first().and_then(|(_, value)| *value);
            }
            targets.push(target);
        }
    }
    targets
}

/// Whether a word that compares stands in a text of small letters, anywhere: quick to see, where [`FIGURE`] is slow. The
/// word "at" makes no limit without a unit or a counted noun.
static COMPARED: LazyLock<Regex> = LazyLock::new(|| {
    let edge = |letter: Option<char>| if letter.is_some_and(|c| c.is_ascii_alphabetic()) { r"(?-u:\b)" } else { "" };
    let words = COMPARISONS.iter().map(|(word, _)| *word).filter(|word| *word != "at");
    let words: Vec<String> = words
        .map(|word| format!("{}{}{}", edge(word.chars().next()), regex::escape(word), edge(word.chars().last())))
        .collect();
    Regex::new(&words.join("|")).expect("the pattern is fixed")
});

/// Whether a figure in a text of small letters is followed by what could be a unit or a counted noun. Whatever is no
/// letter of English counts as one.
fn is_measured(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let mut ends = (1..=bytes.len())
        .filter(|at| bytes[at - 1].is_ascii_digit() && !bytes.get(*at).is_some_and(u8::is_ascii_digit));
    ends.any(|end| {
        let rest = lower[end..].trim_start_matches([' ', '-']);
        let mut words =
            rest.split_whitespace().take(4).map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()));
        !rest.is_empty() && !rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || ",.;:)".contains(letter))
            || words.any(|word| !word.is_ascii() || is_unit_or_noun(word))
    })
}

/// Whether a word begins the spelling of a unit, is a factor, or is counted.
fn is_unit_or_noun(word: &str) -> bool {
    static FIRST: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let units = UNITS.iter().flat_map(|(_, _, spellings)| spellings.iter());
        let edge = |spelling: &&'static str| spelling.split(|c: char| !c.is_alphanumeric()).next();
        units.filter_map(edge).chain(["k", "million", "thousand"]).collect()
    });
    let bare = word.split(|c: char| !c.is_alphanumeric()).next().unwrap_or(word);
    FIRST.contains(bare) || COUNTED.iter().any(|known| word.starts_with(known))
}

/// A number that is not a part of an id, a version, a date or a word.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let mut after = text[end..].chars();
    let (next, second) = (after.next(), after.next());
    let glued = before.is_some_and(|letter| {
        (letter.is_alphanumeric() && letter < '\u{2e80}') || matches!(letter, '-' | '_' | '.' | '/' | '#' | ':')
    });
    let goes_on =
        matches!(next, Some('-' | '.' | '/' | ':' | '_')) && second.is_some_and(|letter| letter.is_ascii_digit());
    !glued && !goes_on
}

/// Up to two words that follow a figure and its unit, with the white space before them.
fn noun(text: &str, start: usize) -> Range<usize> {
    let mut end = start;
    for _ in 0..2 {
        let word = text[end..].trim_start();
        let length = word.find(|letter: char| !letter.is_alphabetic() && letter != '-').unwrap_or(word.len());
        if !word.starts_with(char::is_alphabetic) {
            break;
        }
        end = text.len() - word.len() + length;
    }
    start..end
}

/// What a figure says, with the words behind it.
fn target(text: &str, found: &Captures<'_>, behind: Range<usize>, lower: &str) -> Option<Target> {
    let part = |name: &str| found.name(name).map_or("", |part| part.as_str()).trim();
    let comparison = comparison(part("comparison"));
    let spelled = part("unit").trim_end_matches([',', '.', ';', ')']).trim();
    let unit = unit(spelled);
    let noun = text[behind.clone()].trim();
    let value = value(part("number"))? * factor(part("factor"));
    let counted = counted(noun);
    let (metric, unit, comparison) = match (unit, comparison) {
        (Some(("time", unit)), Some(comparison))
            if comparison != Comparison::AtLeast || part("comparison").to_lowercase() != "at" =>
        {
            (if speaks_of_speed(lower) { "latency" } else { "duration" }, unit.to_owned(), comparison)
        }
        (Some(("time", _)), _) => return None,
        (Some(("percent", unit)), given) => (
            if speaks_of_availability(lower) { "availability" } else { "ratio" },
            unit.to_owned(),
            given.unwrap_or(Comparison::AtLeast),
        ),
        (Some(("throughput", unit)), given) => ("throughput", unit.to_owned(), given.unwrap_or(Comparison::AtLeast)),
        (Some((metric, unit)), Some(comparison)) => (metric, unit.to_owned(), comparison),
        (Some(_), None) => return None,
        (None, given) => {
            let noun = counted.or_else(|| {
                given.filter(|_| part("comparison").to_lowercase() != "at").and_then(|_| first_noun(noun))
            })?;
            ("count", noun, given.unwrap_or(Comparison::AtLeast))
        }
    };
    let start = found.get(0).map_or(behind.start, |whole| whole.start());
    let words = text[start..behind.end].trim();
    let words = if metric == "count" { words } else { words.strip_suffix(noun).unwrap_or(words).trim() };
    let words = words.trim_end_matches([',', '.', ';', ')']);
    Some(Target { metric: metric.to_owned(), percentile: None, comparison, value, unit, text: words.to_owned() })
}

fn comparison(words: &str) -> Option<Comparison> {
    let lower = words.to_lowercase();
    COMPARISONS.iter().find(|(word, _)| *word == lower).map(|(_, comparison)| *comparison)
}

fn unit(spelled: &str) -> Option<(&'static str, &'static str)> {
    let lower = spelled.to_lowercase();
    let known = |spellings: &[&str]| {
        spellings.iter().any(|known| {
            *known == lower || lower.strip_prefix(known).is_some_and(|rest| rest.chars().all(|c| c > '\u{2e80}'))
        })
    };
    UNITS
        .iter()
        .find(|(_, _, spellings)| !lower.is_empty() && known(spellings))
        .map(|(metric, unit, _)| (*metric, *unit))
}

/// `10,000` and `1.5` as English writes them, `1,5` as German does.
fn value(digits: &str) -> Option<f64> {
    let grouped = digits
        .split([',', '\'', '\u{202f}', '\u{a0}'])
        .skip(1)
        .all(|group| group.split('.').next().is_some_and(|whole| whole.len() == 3));
    let plain: String = if grouped {
        digits.chars().filter(|letter| letter.is_ascii_digit() || *letter == '.').collect()
    } else {
        digits.replace(',', ".")
    };
    plain.parse().ok()
}

fn factor(word: &str) -> f64 {
    match word.to_lowercase().as_str() {
        "k" | "thousand" => 1e3,
        "million" => 1e6,
        "万" => 1e4,
        "亿" => 1e8,
        _ => 1.0,
    }
}

fn counted(noun: &str) -> Option<String> {
    let words: Vec<String> = noun.split_whitespace().map(str::to_lowercase).collect();
    let at = words.iter().position(|word| COUNTED.iter().any(|known| known == word || word.starts_with(known)))?;
    Some(words[..=at].join(" "))
}

fn first_noun(noun: &str) -> Option<String> {
    let word = noun.split_whitespace().next()?.to_lowercase();
    (!matches!(
        word.as_str(),
        "and" | "or" | "of" | "in" | "to" | "at" | "for" | "on" | "is" | "are" | "per" | "by" | "from"
    ))
    .then_some(word)
}

fn speaks_of_speed(lower: &str) -> bool {
    [
        "latency",
        "respon",
        "p95",
        "p99",
        "p90",
        "p50",
        "percentile",
        "load",
        "answer",
        "render",
        "return",
        "antwort",
        "réponse",
        "respuesta",
        "响应",
        "延迟",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

fn speaks_of_availability(lower: &str) -> bool {
    ["availab", "uptime", "reachable", "sla", "verfügbar", "disponib", "可用"].iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Option<f64>, Comparison, f64, &str)]) {
        let found = find(text);
        let seen: Vec<_> =
            found.iter().map(|t| (t.metric.as_str(), t.percentile, t.comparison, t.value, t.unit.as_str())).collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn limits_are_read_as_people_write_them() {
        use Comparison as C;
        check(
            "p95 latency of every endpoint under 200 ms at 50 requests/s.",
            &[("latency", Some(95.0), C::Less, 200.0, "ms"), ("throughput", None, C::AtLeast, 50.0, "requests/s")],
        );
        check("p95 < 200 ms", &[("latency", Some(95.0), C::Less, 200.0, "ms")]);
        check("99.9 % per month.", &[("ratio", None, C::AtLeast, 99.9, "%")]);
        check("Availability of 99.9%", &[("availability", None, C::AtLeast, 99.9, "%")]);
        check("Pages load in under 2 seconds", &[("latency", None, C::Less, 2.0, "s")]);
        check("MUST be at most 128 characters in length", &[("count", None, C::AtMost, 128.0, "characters")]);
        check("Supports 10,000 concurrent users", &[("count", None, C::AtLeast, 10_000.0, "concurrent users")]);
        check("Coverage ≥ 80 %", &[("ratio", None, C::AtLeast, 80.0, "%")]);
        check("Die Antwortzeit muss unter 1,5 Sekunden liegen", &[("latency", None, C::Less, 1.5, "s")]);
        check("系统响应时间不超过3秒", &[("latency", None, C::AtMost, 3.0, "s")]);
        check("no more than 5 MB", &[("size", None, C::AtMost, 5.0, "MiB")]);
        check(
            "95th percentile response time shall not exceed 300ms",
            &[("latency", Some(95.0), C::AtMost, 300.0, "ms")],
        );
        check("up to 2 million users", &[("count", None, C::AtMost, 2_000_000.0, "users")]);
    }

    #[test]
    fn other_figures_are_no_limits() {
        for text in [
            "SHA-256 and RFC 2119",
            "see FR-001",
            "version 1.2.3 of 2024-01-01",
            "tokens expire after 24 hours",
            "step 3 of figure 2",
        ] {
            check(text, &[]);
        }
    }
}
