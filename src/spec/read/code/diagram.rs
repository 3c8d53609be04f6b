//! Reads models out of Mermaid: entities of `erDiagram`, classes of `classDiagram`, and typed data that is passed along
//! the edges of flowcharts and sequences (`A->>B: ParsedFrame`).

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Field;
use super::super::grammar::fields::{add_note, set_type};
use super::{CodeModel, classes};

static ENTITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*"?([A-Za-z_][\w-]*)"?(?:\["?([^"\]]+)"?\])?\s*\{\s*$"#).expect("a constant pattern")
});
static RELATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*"?([A-Za-z_][\w-]*)"?\s+[|}o]{1,2}[o|]?(?:--|\.\.)[o|][|{o]\s+"?([A-Za-z_][\w-]*)"?"#)
        .expect("a constant pattern")
});
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*(\S+)\s+(\S+)\s*((?:PK|FK|UK|,|\s)*)(?:"([^"]*)")?\s*$"#).expect("a constant pattern")
});
static CLASS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*class\s+`?([A-Za-z_]\w*)`?(?:~[^~]+~)?(?:\["[^"]*"\])?\s*(\{)?"#).expect("a constant pattern")
});
static MEMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*([A-Za-z_]\w*)\s*:\s*([+\-#~]?\S.*)$").expect("a constant pattern"));
static PASSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:-?->>|->|-\)|-x)\s*[^:|]+:\s*([A-Za-z]\w+)\s*$|\|\s*"?([A-Za-z]\w+)"?\s*\|"#)
        .expect("a constant pattern")
});

/// The models in a Mermaid block.
pub(in super::super) fn models(code: &str) -> Vec<CodeModel> {
    let kind = code.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("%%")).unwrap_or_default();
    match kind.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default() {
        "erDiagram" => entities(code),
        "classDiagram" => class_diagram(code),
        "sequenceDiagram" => passed_data(code),
        "flowchart" | "graph" => {
            let mut found = passed_data(code);
            found.extend(stored(code));
            found
        }
        _ => Vec::new(),
    }
}

fn at<'a>(found: &'a mut Vec<CodeModel>, name: &str, line: usize) -> &'a mut CodeModel {
    let place = found.iter().position(|model| model.name == name).unwrap_or_else(|| {
        found.push(CodeModel { name: name.to_owned(), lines: (line, line), ..CodeModel::default() });
        found.len() - 1
    });
    &mut found[place]
}

/// Most models of a diagram: names are compared with each other.
const MOST: usize = 500;

fn entities(code: &str) -> Vec<CodeModel> {
    let mut found: Vec<CodeModel> = Vec::new();
    let mut open: Option<String> = None;
    for (number, line) in code.lines().enumerate().filter(|(_, line)| line.len() < 1_000) {
        if found.len() > MOST {
            break;
        }
        if let Some(name) = &open {
            if line.trim() == "}" {
                open = None;
            } else if let Some(hit) = ATTRIBUTE.captures(line) {
                let mut field = Field { name: hit[2].trim_end_matches(',').to_owned(), ..Field::default() };
                set_type(&mut field, &hit[1]);
                if hit[3].contains("PK") {
                    field.required = Some(true);
                    add_note(&mut field, "primary key");
                }
                add_note(&mut field, if hit[3].contains("FK") { "foreign key" } else { "" });
                add_note(&mut field, hit.get(4).map(|note| note.as_str()).unwrap_or_default());
                let model = at(&mut found, name, number);
                model.fields.push(field);
                model.lines.1 = number;
            }
        } else if let Some(hit) = ENTITY.captures(line) {
            let name = hit.get(2).map_or(&hit[1], |label| label.as_str()).to_owned();
            at(&mut found, &name, number);
            open = Some(name);
        } else if let Some(hit) = RELATION.captures(line) {
            at(&mut found, &hit[1], number);
            at(&mut found, &hit[2], number);
        }
    }
    found
}

fn class_diagram(code: &str) -> Vec<CodeModel> {
    let mut found: Vec<CodeModel> = Vec::new();
    let mut methods: Vec<(String, usize)> = Vec::new();
    let mut acting: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    for (number, line) in code.lines().enumerate().filter(|(_, line)| line.len() < 1_000) {
        if found.len() > MOST || methods.len() > 10 * MOST {
            break;
        }
        let bare = line.trim();
        let (name, member) = if let Some(name) = open.clone() {
            if bare.starts_with('}') {
                open = None;
                continue;
            }
            (name, bare.to_owned())
        } else if let Some(hit) = CLASS.captures(line) {
            at(&mut found, &hit[1], number);
            open = hit.get(2).map(|_| hit[1].to_owned());
            continue;
        } else if let Some(hit) = MEMBER.captures(line) {
            (hit[1].to_owned(), hit[2].to_owned())
        } else {
            continue;
        };
        if member.starts_with("<<") {
            let data = ["entity", "dataclass", "record", "struct", "value", "dto", "table", "aggregate", "datatype"];
            let lower = member.to_lowercase();
            if !data.iter().any(|word| lower.contains(word)) {
                acting.push(name);
            }
        } else if member.contains('(') {
            methods.push((name, number));
        } else if let Some(field) = class_field(&member) {
            let model = at(&mut found, &name, number);
            model.fields.push(field);
            model.lines.1 = number;
        }
    }
    found.retain(|model| {
        let acts = methods.iter().filter(|(name, _)| *name == model.name).count();
        !model.fields.is_empty()
            && !acting.contains(&model.name)
            && (acts == 0 || model.fields.len() >= acts)
            && !classes::is_actor(&model.name)
    });
    found
}

/// `+String name`, `+name: String`, `name`.
fn class_field(member: &str) -> Option<Field> {
    let member = member.trim_start_matches(['+', '-', '#', '~', ' ']).trim_end_matches(['$', '*', ';']);
    let (name, type_name) = match member.split_once(':') {
        Some((name, type_name)) => (name.trim(), type_name.trim()),
        None => member.rsplit_once(' ').map_or((member, ""), |(type_name, name)| (name, type_name)),
    };
    let name = name.trim_matches('"');
    let plain =
        !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '?'));
    if !plain {
        return None;
    }
    let mut field = Field { name: name.trim_end_matches('?').to_owned(), ..Field::default() };
    set_type(&mut field, &type_name.replacen('~', "<", 1).replacen('~', ">", 1));
    Some(field)
}

/// Names of types on edges: several words written as one (`ParsedFrame`), and not themselves a participant.
fn passed_data(code: &str) -> Vec<CodeModel> {
    let mut found: Vec<CodeModel> = Vec::new();
    let mut seen = HashSet::new();
    for (number, line) in code.lines().enumerate().filter(|(_, line)| line.len() < 1_000) {
        for hit in PASSED.captures_iter(line) {
            let name = hit.get(1).or_else(|| hit.get(2)).map(|name| name.as_str()).unwrap_or_default();
            let typed = is_type_name(name) && !classes::is_actor(name);
            if typed && seen.len() < MOST && seen.insert(name) && !participates(code, name) {
                at(&mut found, name, number);
            }
        }
    }
    found
}

static STORE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\[\(\s*"?([^\n]*?)"?\s*\)\]"#).expect("a constant pattern"));
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[^<>]*>").expect("a constant pattern"));

/// The tables that the node of a database lists below its name: `[("Auth DB<br/>users · sessions")]`.
fn stored(code: &str) -> Vec<CodeModel> {
    let mut found: Vec<CodeModel> = Vec::new();
    for (number, line) in code.lines().enumerate().filter(|(_, line)| line.len() < 1_000 && line.contains("[(")) {
        let Some(hit) = STORE.captures(line) else { continue };
        let label = TAG.replace_all(&hit[1], "\n");
        for part in label.lines().filter(|part| !part.trim().is_empty()).skip(1) {
            let names: Vec<&str> = part.split(['·', ',', '|', ';', '/', '•']).map(str::trim).collect();
            let table =
                |name: &&str| name.len() > 2 && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            if names.iter().all(table) && (names.len() > 1 || names[0].ends_with('s') || names[0].contains('_')) {
                for name in names.into_iter().take(50) {
                    at(&mut found, name, number);
                }
            }
        }
    }
    found
}

fn participates(code: &str, name: &str) -> bool {
    let declared = |open: &str, close: &str| code.contains(&format!("{open}{name}{close}"));
    declared("participant ", "\n")
        || declared(" as ", "\n")
        || declared("[", "]")
        || declared("[", "<")
        || declared("(", ")")
}

/// Whether a word is written as types are: capitalised words without space, at least two (`TelemetryRecord`).
pub(in super::super) fn is_type_name(word: &str) -> bool {
    let capitals = word.chars().filter(|letter| letter.is_uppercase()).count();
    let lower = word.chars().any(char::is_lowercase);
    word.starts_with(char::is_uppercase) && capitals >= 2 && lower && word.chars().all(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &[&str]) {
        let seen: Vec<String> = models(code)
            .into_iter()
            .map(|model| {
                let fields = model.fields.iter().map(|field| {
                    format!("{} {}", field.name, field.type_name.as_deref().unwrap_or_default()).trim().to_owned()
                });
                format!("{}: {}", model.name, fields.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn entities_with_and_without_body() {
        check(
            "erDiagram\n  USER ||--o{ ORDER : places\n  USER {\n    uuid id PK \"the id\"\n    string name\n  }\n",
            &["USER: id uuid, name string", "ORDER: "],
        );
    }

    #[test]
    fn classes_with_data() {
        check(
            "classDiagram\nclass User {\n +String name\n +id: int\n +rename()\n}\nclass UserService {\n +store Store\n +a()\n}\nOrder : +int total\nclass Order\n",
            &["User: name String, id int", "Order: total int"],
        );
    }

    #[test]
    fn data_on_edges() {
        check(
            "sequenceDiagram\n participant P as FrameParser\n P->>N: ParsedFrame\n N->>R: FrameParser\n N->>R: Batch\n",
            &["ParsedFrame: "],
        );
        check(
            "graph TB\n db[(\"Auth DB<br/><span>PostgreSQL 17<br/>users · sessions<br/>refresh_tokens</span>\")]\n",
            &["users: ", "sessions: ", "refresh_tokens: "],
        );
        check("flowchart LR\n A --> |ParsedFrame| B[Normalizer]\n A -->|Raw Frames| B", &["ParsedFrame: "]);
    }
}
