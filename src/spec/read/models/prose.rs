//! Models that running text names: types by their suffix, defined terms that are data, "a row with a, b and c",
//! "each window contains the following information". The last rung of the ladder, so the rules are narrow.

use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Field;

static SUFFIXED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)[A-Z][A-Za-z0-9]*(?:DTO|VO|Dto|Vo|Entity)(?-u:\b)").expect("a constant pattern")
});

/// Names of types whose suffix says that they are data (`UserDTO`), with their offsets.
pub(super) fn suffixed(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let worth = text.contains("DTO")
        || text.contains("VO")
        || text.contains("Dto")
        || text.contains("Vo")
        || text.contains("Entity");
    let found = worth.then(|| SUFFIXED.find_iter(text).map(|hit| (hit.start(), hit.as_str())));
    let cased = |name: &str| name.chars().any(char::is_lowercase) && name != "Entity";
    found.into_iter().flatten().filter(move |(_, name)| cased(name))
}

/// The names that a line lists as entities: "Entities: Customer, Assignment, View".
pub(super) fn enumerated(text: &str) -> Vec<&str> {
    const LABELS: [&str; 14] = [
        "entities",
        "core entities",
        "main entities",
        "key entities",
        "tables",
        "data models",
        "collections",
        "domain entities",
        "实体",
        "数据表",
        "entitäten",
        "tabellen",
        "entidades",
        "сущности",
    ];
    let Some((label, rest)) = text.split_once([':', '：']).filter(|(label, _)| label.len() < 40) else {
        return Vec::new();
    };
    if !LABELS.contains(&label.trim().trim_matches('*').to_lowercase().as_str()) {
        return Vec::new();
    }
    let parts: Vec<&str> = rest
        .split([',', '，', '、', ';'])
        .map(|part| part.trim().trim_start_matches("and ").trim_end_matches('.').trim_matches('`'))
        .collect();
    let name = |part: &&str| {
        !part.is_empty() && part.split(' ').count() <= 3 && part.len() <= 40 && !part.contains(['(', ':'])
    };
    if parts.len() >= 2 && parts.iter().all(name) { parts.into_iter().take(200).collect() } else { Vec::new() }
}

/// Whether a text says that a body is shown next: "Response `200`:", "返回示例：".
pub(super) fn shows_body(text: &str) -> bool {
    const WORDS: [&str; 15] = [
        "response",
        "returns",
        "request body",
        "payload",
        "returned",
        "返回",
        "响应",
        "请求",
        "ответ",
        "запрос",
        "antwort",
        "réponse",
        "respuesta",
        "レスポンス",
        "risposta",
    ];
    let lower = text.trim_end().to_lowercase();
    lower.len() < 300 && WORDS.iter().any(|word| lower.contains(word)) && !lower.contains("config")
}

/// Words that head the definition of a thing that acts, happens, measures or names: no data.
const NO_DATA: &[&str] = &[
    "service",
    "system",
    "tool",
    "server",
    "client",
    "application",
    "app",
    "user",
    "person",
    "actor",
    "role",
    "component",
    "module",
    "process",
    "act",
    "action",
    "method",
    "operation",
    "ability",
    "mechanism",
    "algorithm",
    "protocol",
    "identifier",
    "id",
    "value",
    "number",
    "association",
    "relationship",
    "property",
    "state",
    "environment",
    "software",
    "team",
    "way",
    "technique",
    "framework",
    "platform",
    "library",
    "program",
    "device",
    "machine",
    "standard",
    "practice",
    "procedure",
    "agent",
    "interface",
    "api",
    "network",
    "time",
    "date",
    "period",
    "function",
    "feature",
    "concept",
    "party",
    "language",
    "database",
    "format",
    "technology",
    "approach",
    "pattern",
    "architecture",
    "engine",
    "provider",
    "product",
    "website",
    "browser",
    "specification",
    "convention",
    "rule",
    "policy",
    "principle",
    "layer",
    "level",
    "measure",
    "metric",
    "unit",
    "rate",
    "limit",
    "threshold",
    "command",
    "port",
    "address",
    "hash",
    "signature",
    "encryption",
    "model",
    "test",
    "testing",
    "solution",
    "methodology",
    "workflow",
    "step",
    "phase",
    "mode",
    "flow",
    "pipeline",
    "container",
    "cluster",
    "node",
    "field",
    "administrator",
    "developer",
    "operator",
    "employee",
    "institution",
    "company",
    "authority",
    "capability",
    "guarantee",
];

/// Whether a definition ("a JSON document uploaded via …") is that of a piece of data: it says what kind of thing the
/// term is, and that kind neither acts nor names.
pub(super) fn defines_data(definition: &str) -> bool {
    const STOPS: [&str; 26] = [
        "of",
        "that",
        "which",
        "for",
        "from",
        "to",
        "in",
        "on",
        "by",
        "with",
        "used",
        "uploaded",
        "referenced",
        "stored",
        "containing",
        "created",
        "who",
        "where",
        "when",
        "is",
        "are",
        "describing",
        "assigned",
        "associated",
        "defined",
        "representing",
    ];
    let definition = definition.trim().to_lowercase();
    let mut words =
        definition.split(|letter: char| !letter.is_alphanumeric() && letter != '-').filter(|word| !word.is_empty());
    if !words.next().is_some_and(|first| matches!(first, "a" | "an" | "the" | "one" | "any")) {
        return false;
    }
    let clause: Vec<&str> = words.take_while(|word| !STOPS.contains(word)).collect();
    let heads =
        clause.iter().enumerate().filter(|(at, _)| *at + 1 == clause.len() || clause.get(at + 1) == Some(&"or"));
    let mut heads = heads.map(|(_, word)| word.strip_suffix('s').unwrap_or(word)).peekable();
    heads.peek().is_some() && !clause.is_empty() && !heads.any(|word| NO_DATA.contains(&word))
}

static CONTAINS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)(?:^|[.;]\s+|\|\s*)(?:Each|Every|An?|The|This)\s+(?P<name>[A-Za-z][\w-]*(?:\s[a-zA-Z][\w-]*){0,2}?)\s+
        (?:(?:shall|must|should|will|may|can)\s+)?(?:record|contain|include|store|hold|carry|consist\sof|comprise|records|contains|includes|stores|holds|carries|consists\sof|comprises|has)s?\s+
        (?P<rest>[^.|]+)",
    )
    .expect("a constant pattern")
});
static WITH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:create|update|add|register|store|manage|maintain|record|save|edit)s?\s+(?:and\s+\w+\s+)?(?:an?\s+|the\s+|new\s+|their\s+)?(?P<name>[a-z][a-z-]*(?:\s[a-z][a-z-]*)?)\s+with\s+(?:an?\s+|the\s+)?(?P<rest>[^.|;]+)")
        .expect("a constant pattern")
});

static LISTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<name>[a-z][a-z-]+\s(?:events?|records?|entries|entry|rows?|messages?|payloads?|objects?|documents?))\s+(?:with|containing|including|contains?|includes?|consists? of)(?:\s+the\s+following[^:]*)?\s*:\s*$")
        .expect("a constant pattern")
});
static STORED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:creates?|inserts?|writes?|persists?|updates?|saves?|stores?)\s+(?:(?:an?|the|new|one)\s+)*(?P<name>[a-z]+(?:\s[a-z]+)?)\s+(?:record|row|entity)s?(?-u:\b)")
        .expect("a constant pattern")
});
static BODY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[Bb]ody|[Rr]equest|[Pp]ayload|[Rr]eturns?|[Rr]esponse)\s*:?\s+(?P<name>[a-z]+(?:\s[a-z]+){0,2})\s*\((?P<rest>[^()]*,[^()]*)\)")
        .expect("a constant pattern")
});

/// Models of which only data are said in passing: "write audit events with:", "creates a bank connection record",
/// "Body: forecast config (horizon, currency, scenario)".
pub(super) fn in_passing(text: &str) -> Vec<Described> {
    let mut found = Vec::new();
    if text.len() > 4_000 {
        return found;
    }
    if let Some(hit) = LISTED.captures(text) {
        let name = hit.name("name").expect("a group of the pattern");
        let single = singular_name(name.as_str()).to_lowercase();
        found.push(Described { name: single, fields: Vec::new(), list_follows: true, at: name.start() });
    }
    if let Some(hit) = BODY.captures(text) {
        let name = hit.name("name").expect("a group of the pattern");
        let fields = enumeration(&hit["rest"]);
        if fields.len() >= 2 && !is_acting(name.as_str()) {
            found.push(Described { name: name.as_str().to_owned(), fields, list_follows: false, at: name.start() });
        }
    }
    const LOOSE: [&str; 16] = [
        "database",
        "the",
        "a",
        "this",
        "that",
        "each",
        "every",
        "existing",
        "one",
        "new",
        "multiple",
        "all",
        "corresponding",
        "its",
        "in",
        "no",
    ];
    for hit in STORED.captures_iter(text).take(20) {
        let name = hit.name("name").expect("a group of the pattern");
        if !name.as_str().split(' ').any(|word| LOOSE.contains(&word.to_lowercase().as_str())) {
            found.push(Described {
                name: name.as_str().to_owned(),
                fields: Vec::new(),
                list_follows: false,
                at: name.start(),
            });
        }
    }
    found
}

/// A model that a sentence describes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Described {
    /// Its name as written.
    pub(super) name: String,
    /// Its fields; empty when a list follows that names them.
    pub(super) fields: Vec<Field>,
    /// Whether the fields stand in the list that follows.
    pub(super) list_follows: bool,
    /// Where the name stands in the text.
    pub(super) at: usize,
}

/// Models that the sentences of a text describe by their data: at least three fields, or a list that follows.
pub(super) fn described(text: &str) -> Vec<Described> {
    let mut found = Vec::new();
    if text.len() > 20_000 {
        return found;
    }
    for hit in CONTAINS.captures_iter(text) {
        let name = hit.name("name").expect("a group of the pattern");
        let rest = &hit["rest"];
        let lower = rest.to_lowercase();
        let announced = lower.contains("following")
            && ["information", "field", "data", "attribute", "propert", "value", "column"]
                .iter()
                .any(|word| lower.contains(word));
        if announced && rest.trim_end().ends_with(':') && !is_acting(name.as_str()) {
            found.push(Described {
                name: singular_name(name.as_str()),
                fields: Vec::new(),
                list_follows: true,
                at: name.start(),
            });
            continue;
        }
        let records = is_record_name(name.as_str());
        let fields = enumeration(rest);
        if records && fields.len() >= 3 {
            found.push(Described { name: singular_name(name.as_str()), fields, list_follows: false, at: name.start() });
        }
    }
    for hit in WITH.captures_iter(text) {
        let name = hit.name("name").expect("a group of the pattern");
        let fields = enumeration(&hit["rest"]);
        if fields.len() >= 3 && !is_acting(name.as_str()) {
            found.push(Described { name: singular_name(name.as_str()), fields, list_follows: false, at: name.start() });
        }
    }
    found
}

/// "ledger row", "audit record", "log entry".
fn is_record_name(name: &str) -> bool {
    const HEADS: [&str; 12] = [
        "row", "record", "entry", "entity", "object", "document", "message", "event", "payload", "item", "instance",
        "batch",
    ];
    let last = name.rsplit(' ').next().unwrap_or_default().to_lowercase();
    HEADS.contains(&last.as_str())
}

fn is_acting(name: &str) -> bool {
    let last = name.rsplit(' ').next().unwrap_or_default().to_lowercase();
    NO_DATA.contains(&last.as_str())
        || [
            "section",
            "chapter",
            "page",
            "api",
            "document",
            "response",
            "request",
            "table",
            "it",
            "there",
            "following",
            "spec",
            "specification",
            "directory",
            "folder",
            "repository",
            "package",
            "command",
            "project",
            "file",
            "ui",
            "screen",
            "dashboard",
            "figure",
            "example",
            "diagram",
        ]
        .contains(&last.as_str())
}

/// "products" → "Product": the first letter up, a plural ending off.
fn singular_name(name: &str) -> String {
    let name = name.trim();
    let single = match name {
        _ if name.ends_with("ies") && name.len() > 4 => format!("{}y", &name[..name.len() - 3]),
        _ if name.ends_with("ss") || name.ends_with("us") || name.ends_with("is") => name.to_owned(),
        _ => name.strip_suffix('s').unwrap_or(name).to_owned(),
    };
    let mut letters = single.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// "SKU, name, unit, cost, and a recorded location": short noun phrases between commas.
fn enumeration(text: &str) -> Vec<Field> {
    let parts: Vec<&str> = text.split(',').collect();
    if parts.len() < 2 {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    let last = parts.len() - 1;
    for (at, part) in parts.into_iter().enumerate() {
        let part = part.trim().trim_end_matches('.');
        let mut pieces = vec![part];
        if at == last && !part.starts_with("and ") && !part.starts_with("or ") {
            pieces = part.split(" and ").collect();
        }
        for piece in pieces {
            let name = ["and ", "or ", "an ", "a ", "the ", "its ", "optional "]
                .iter()
                .fold(piece.trim(), |rest, word| rest.strip_prefix(word).unwrap_or(rest));
            let words: Vec<&str> = name.split_whitespace().collect();
            if words.is_empty() {
                continue;
            }
            let verbs = ["to", "is", "are", "shall", "must", "when", "if", "which", "that", "will"];
            let long = words.len() > 8;
            if long || words.first().is_some_and(|first| verbs.contains(first)) {
                return Vec::new();
            }
            names.push(name);
        }
    }
    let plain = |name: &&str| name.split_whitespace().count() <= 8;
    names.into_iter().filter(plain).map(|name| Field { name: name.to_owned(), ..Field::default() }).collect()
}

static ABBREVIATED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<name>(?:[A-Z][a-z]+\s){1,3}(?:Key|Identifier|Token|Record|Metadata|Message|Certificate|Payload|Packet|Frame|Entry))s?\s\((?P<short>[A-Z][A-Za-z]{1,7})\)|(?P<noun>token|key|record|message|certificate|payload)\s\((?P<only>[A-Z]{2,6})\)|(?:[Tt]oken|key|record|message)\sis\scalled\s(?P<called>[a-zA-Z]{3,30})(?-u:\b)")
        .expect("a constant pattern")
});

/// Terms of data that a sentence introduces: "a Temporary Exposure Key (TEK)", "a short-lived token (TAN)".
pub(super) fn introduced(text: &str) -> Vec<(usize, String)> {
    if !text.contains('(') && !text.contains("called") {
        return Vec::new();
    }
    let hits = ABBREVIATED.captures_iter(text).take(200);
    hits.filter(|hit| !hit[0].contains("Web Token"))
        .filter_map(|hit| {
            let found = hit.name("name").or_else(|| hit.name("only")).or_else(|| hit.name("called"))?;
            Some((found.start(), found.as_str().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let seen: Vec<String> = described(text)
            .into_iter()
            .map(|found| {
                let names: Vec<_> = found.fields.iter().map(|field| field.name.as_str()).collect();
                format!("{}: {}{}", found.name, names.join(", "), if found.list_follows { "…" } else { "" })
            })
            .collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn sentences_that_describe_data() {
        check(
            "A ledger row shall record product, type, actor, reason, and balance.",
            &["Ledger row: product, type, actor, reason, balance"],
        );
        check(
            "Managers shall create and update products with SKU, name, unit, and a location.",
            &["Product: SKU, name, unit, location"],
        );
        check("Each exposure window contains the following information:", &["Exposure window: …"]);
        check("The system shall record everything, always, and without loss.", &[]);
        check("The service stores users, orders and tools.", &[]);
    }

    #[test]
    fn entities_on_one_line() {
        assert_eq!(enumerated("Entities: Customer, Order Item, and View."), ["Customer", "Order Item", "View"]);
        assert_eq!(enumerated("Tables: we keep many of them, for reasons that are long"), Vec::<&str>::new());
    }

    #[test]
    fn data_in_passing() {
        let names = |text: &str| in_passing(text).into_iter().map(|found| found.name).collect::<Vec<_>>();
        assert_eq!(names("Mutations must write audit events with:"), ["audit event"]);
        assert_eq!(names("Creates bank connection record and starts"), ["bank connection"]);
        assert_eq!(names("Body: forecast config (horizon, currency, scenario)"), ["forecast config"]);
        assert_eq!(names("Creates a new record"), Vec::<String>::new());
    }

    #[test]
    fn definitions_of_data() {
        for text in [
            "a JSON document uploaded via the endpoint",
            "the binary form of content that is stored",
            "a manifest containing a list",
            "a blob referenced in the manifest which contains metadata",
            "a reference that describes the type",
            "a custom, human-readable pointer to a manifest",
            "one conceptual piece of content stored as blobs",
            "a list of manifests",
        ] {
            assert!(defines_data(text), "{text}");
        }
        for text in [
            "a service that handles the APIs",
            "the act of uploading blobs",
            "a unique identifier created from a hash",
            "an association from one manifest to another",
            "a tool that communicates",
        ] {
            assert!(!defines_data(text), "{text}");
        }
    }

    #[test]
    fn terms_with_abbreviation() {
        let names = |text: &str| introduced(text).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(
            names("from a Temporary Exposure Key (TEK) and a short-lived token (TAN)"),
            ["Temporary Exposure Key", "TAN"]
        );
        assert_eq!(names("Bluetooth Low Energy (BLE) and the Content Delivery Network (CDN)"), Vec::<String>::new());
    }

    #[test]
    fn types_by_suffix() {
        assert_eq!(
            suffixed("List<UserDTO> and vo DataVO, no NOVO").map(|(_, name)| name).collect::<Vec<_>>(),
            ["UserDTO", "DataVO"]
        );
    }
}
