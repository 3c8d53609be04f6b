//! Titles, captions and links that name a model: "User Table", "`users`", "Entity: Order", "telemetry.json".

use super::super::endpoints::is_label;
use super::super::lexicon::{self, Topic};

/// Words in a title that say that a model is named there.
const MARKS: [&str; 31] = [
    "table",
    "entity",
    "model",
    "schema",
    "object",
    "record",
    "collection",
    "struct",
    "structure",
    "document",
    "dto",
    "class",
    "type",
    "resource",
    "message",
    "表",
    "实体",
    "模型",
    "对象",
    "tabelle",
    "entität",
    "modell",
    "entité",
    "entidad",
    "payload",
    "event",
    "format",
    "output",
    "envelope",
    "shape",
    "таблица",
];

/// Words that keep a title from naming a model.
const NEVER: [&str; 34] = [
    "request",
    "response",
    "parameters",
    "parameter",
    "errors",
    "error",
    "headers",
    "configuration",
    "config",
    "settings",
    "environment",
    "variables",
    "options",
    "status",
    "codes",
    "code",
    "example",
    "examples",
    "overview",
    "fields",
    "flags",
    "arguments",
    "params",
    "metrics",
    "permissions",
    "roles",
    "参数",
    "请求",
    "响应",
    "返回",
    "示例",
    "配置",
    "usage",
    "query",
];

/// The model that a title names. In a section about models any short noun is one; elsewhere the title has to say so, or
/// to be written as programs name things (`UserProfile`, `user_profiles`).
pub(super) fn model_of(title: &str, in_models: bool) -> Option<String> {
    let title = title.trim().trim_end_matches([':', '：']);
    if title.is_empty() || title.len() > 80 || title.contains('/') || announces_other(title, in_models) {
        return None;
    }
    let key = lexicon::key(title);
    let words: Vec<&str> = key.split(' ').collect();
    let single = in_models
        && (words.len() == 1 || title.contains('_'))
        && !matches!(key.as_str(), "overview" | "example" | "examples");
    if !single && words.iter().any(|word| NEVER.contains(word))
        || NEVER.iter().any(|word| !word.is_ascii() && key.contains(word))
        || is_label(title)
    {
        return None;
    }
    if let Some(inner) = bracketed(title) {
        return Some(inner);
    }
    let marked = words.iter().any(|word| MARKS.contains(word))
        || MARKS.iter().any(|mark| !mark.is_ascii() && (key.ends_with(mark) || key.starts_with(mark)));
    let name = without_marks(title);
    let words = name.split_whitespace().count();
    let identifier = words == 1
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && (name.contains('_') || name.chars().skip(1).any(char::is_uppercase) && name.chars().any(char::is_lowercase));
    let believed = if in_models { words <= 4 } else { (marked || identifier) && words <= 3 };
    (believed && !name.is_empty()).then_some(name)
}

/// Whether a title announces a topic rather than naming a model. Tables are often called users, roles or modules.
fn announces_other(title: &str, in_models: bool) -> bool {
    let exact = lexicon::announced(title).filter(|found| found.exact);
    exact.is_some_and(|found| {
        !in_models
            || !matches!(found.topic, Topic::Stakeholders | Topic::Components | Topic::Operations | Topic::Requirements)
    })
}

/// `用户表 (sys_user)`, "Users (`users`)": a name as programs write it in brackets wins.
fn bracketed(title: &str) -> Option<String> {
    let open = title.find(['(', '（', '`'])?;
    let inner = title[open..].trim_start_matches(['(', '（', '`']).split([')', '）', '`']).next()?.trim();
    let plain =
        inner.len() > 1 && inner.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    let cased = inner.contains('_')
        || inner.chars().any(char::is_uppercase)
        || inner.chars().all(|letter| letter.is_ascii_lowercase());
    let word = ["new", "optional", "required", "draft", "deprecated", "main", "beta"].contains(&inner);
    (plain && cased && !word && inner.starts_with(|first: char| first.is_ascii_alphabetic())).then(|| inner.to_owned())
}

/// "Table: users", "The User entity", "User Table" → the name alone.
fn without_marks(title: &str) -> String {
    let after = title.split_once([':', '：']).filter(|(front, _)| {
        front.split(' ').all(|word| MARKS.contains(&word.to_lowercase().as_str()) || word == "Data")
    });
    let name = after.map_or(title, |(_, rest)| rest).trim();
    let name = name.trim_matches(|letter: char| matches!(letter, '`' | '*' | '"' | '.'));
    let mut words: Vec<&str> = name.split_whitespace().collect();
    if words.len() > 1 && matches!(words[0], "The" | "the" | "A" | "An") {
        words.remove(0);
    }
    while words.len() > 1
        && words.last().is_some_and(|last| {
            MARKS.contains(&last.to_lowercase().as_str())
                && !matches!(*last, "Output" | "Message" | "Event" | "Payload" | "Envelope")
                || matches!(*last, "Data" | "Definition")
        })
    {
        words.pop();
    }
    if words.len() > 1
        && matches!(
            words[0].to_lowercase().as_str(),
            "table" | "entity" | "model" | "schema" | "class" | "struct" | "tabelle"
        )
    {
        words.remove(0);
    }
    words.join(" ").trim_matches(['`', '*', '"']).to_owned()
}

/// The model that a short line before a block names: `**users**`, "`users` table:", "Table `users`:".
pub(super) fn caption(text: &str, strong: Option<&str>) -> Option<String> {
    let text = text.trim();
    if text.len() > 70 {
        return None;
    }
    let whole = strong
        .filter(|strong| text.trim_end_matches([':', '：']).trim() == strong.trim_end_matches([':', '：']).trim());
    let key = lexicon::key(text);
    let marked = key.split(' ').any(|word| MARKS.contains(&word));
    if whole.is_none() && !(marked && text.ends_with([':', '：'])) {
        return None;
    }
    let named = strong.filter(|strong| text.len() < strong.len() + 24);
    model_of(named.unwrap_or(text), whole.is_some() || marked)
}

/// The model that the title of a sample names below a title that speaks of samples ("Response envelopes" → "Error").
pub(super) fn sample_of(title: &str, above: &str) -> Option<String> {
    const GROUPS: [&str; 16] = [
        "envelope",
        "envelopes",
        "formats",
        "format",
        "payloads",
        "payload",
        "messages",
        "schemas",
        "objects",
        "structures",
        "events",
        "types",
        "models",
        "entities",
        "documents",
        "records",
    ];
    let groups = lexicon::key(above).split(' ').any(|word| GROUPS.contains(&word));
    let name = without_marks(title.trim().trim_end_matches([':', '：']));
    let words = name.split_whitespace().count();
    (groups && (1..=3).contains(&words) && !name.contains('/') && name.starts_with(char::is_uppercase)).then_some(name)
}

/// Whether a title that announces something else may be the name of a table among models: "users", "roles".
pub(super) fn may_name_model(title: &str) -> bool {
    lexicon::key(title).split(' ').count() <= 2 && !announces_other(title, true) && !is_handling(title)
}

/// Whether the name of a list item can be that of a model: no index, constraint, operation or expression.
pub(super) fn is_model_name(name: &str) -> bool {
    const NONE: [&str; 24] = [
        "unique",
        "index",
        "indexes",
        "indices",
        "check",
        "constraint",
        "constraints",
        "partitioning",
        "partition",
        "primary key",
        "foreign key",
        "foreign keys",
        "relationships",
        "relationship",
        "relations",
        "select",
        "insert",
        "update",
        "delete",
        "triggers",
        "trigger",
        "functions",
        "policies",
        "views",
    ];
    let key = lexicon::key(name);
    let last = key.rsplit(' ').next().unwrap_or_default();
    !name.contains(['>', '<', '(', ')', '=', '.']) && !NONE.contains(&key.as_str()) && !NONE.contains(&last)
}

/// Whether a section about models is about handling them instead ("Data Model Management").
pub(super) fn is_handling(title: &str) -> bool {
    const WORDS: [&str; 16] = [
        "management",
        "migration",
        "migrations",
        "validation",
        "integration",
        "strategy",
        "requirements",
        "permissions",
        "security",
        "principles",
        "considerations",
        "conventions",
        "optimization",
        "performance",
        "indexing",
        "backup",
    ];
    lexicon::key(title).rsplit(' ').next().is_some_and(|last| WORDS.contains(&last))
}

/// Whether a title says nothing but that data are listed: "Daten", "Data".
pub(super) fn is_data_title(title: &str) -> bool {
    const TITLES: [&str; 26] = [
        "daten",
        "produktdaten",
        "data",
        "données",
        "datos",
        "данные",
        "stored data",
        "persistent data",
        "модель данных",
        "модели данных",
        "структуры данных",
        "таблицы",
        "сущности",
        "modelo de dados",
        "tabelas",
        "modello dei dati",
        "entità",
        "データ",
        "テーブル定義",
        "エンティティ",
        "数据",
        "database tables",
        "data objects",
        "domain objects",
        "message types",
        "key types",
    ];
    TITLES.contains(&lexicon::key(title).as_str())
}

/// The schema file that an item names: "telemetry.json - Single record".
pub(super) fn schema_file(text: &str) -> Option<&str> {
    let first = text.trim().split([' ', ':', ',']).next()?.trim_matches(['`', '*', '[', ']']);
    let name = first.rsplit('/').next()?;
    let known = [".json", ".avsc", ".proto", ".xsd", ".schema"].iter().any(|ending| name.ends_with(ending));
    (known && name.len() > 6).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, in_models: bool, expected: Option<&str>) {
        assert_eq!(model_of(title, in_models).as_deref(), expected, "{title}");
    }

    #[test]
    fn titles_that_name_models() {
        check("User Table", false, Some("User"));
        check("Table: users", false, Some("users"));
        check("UserProfile", false, Some("UserProfile"));
        check("Members", true, Some("Members"));
        check("用户表 (sys_user)", false, Some("sys_user"));
        check("Entity: Order Item", false, Some("Order Item"));
        check("Getting started", false, None);
        check("Request parameters", true, None);
        check("Data Models", true, None);
    }

    #[test]
    fn captions_and_files() {
        assert_eq!(caption("users", Some("users")).as_deref(), Some("users"));
        assert_eq!(caption("The users table:", None).as_deref(), Some("users"));
        assert_eq!(caption("This is text.", None), None);
        assert_eq!(schema_file("telemetry.json - Single record"), Some("telemetry.json"));
    }
}
