//! Models in lists: `Member: {id: uuid, …}`, `**Loan**: id, tool, due date`, a name with its fields as bullets below.

use super::super::super::item::Field;
use super::super::grammar::fields::{is_identifier, is_primitive, read_field, read_fields, set_type};
use super::super::grammar::payload::split_top;

/// A model on one line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Its name.
    pub(super) name: String,
    /// Its fields.
    pub(super) fields: Vec<Field>,
    /// What is said of it.
    pub(super) description: String,
}

/// Reads `Name: {a: type, b?: type} — description`, in any section: the braces say what it is.
pub(super) fn with_braces(text: &str) -> Option<Line> {
    let open = text.find('{')?;
    let front = text[..open].trim_end();
    let name = front.trim_end_matches([':', '：', '=', '→', '-', '–', '—', ' ', '(']).trim();
    let name = name.trim_matches(['*', '`', '"']);
    let words = name.split(' ').count();
    let named =
        name.starts_with(char::is_alphabetic) && words <= 4 && name.len() <= 60 && !name.contains(['/', ':', '.', ',']);
    if !named || name.is_empty() {
        return None;
    }
    let rest = &text[open..];
    let length = closing(rest)?;
    let fields = read_fields(&rest[1..length - 1]);
    let typed = fields.iter().any(|field| field.type_name.is_some());
    (fields.len() >= 2 || typed).then(|| Line {
        name: name.to_owned(),
        fields,
        description: description(&rest[length..]),
    })
}

/// The length of the braces with which a text begins.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn description(text: &str) -> String {
    text.trim_matches(|letter: char| {
        letter.is_whitespace() || matches!(letter, ')' | '.' | '-' | '–' | '—' | ':' | ',')
    })
    .to_owned()
}

/// Reads a list item of a section about data models: `**Name**: a, b (type), c`, `Name (a, b)`, `Name — what it is`.
/// `strong`: the marked-up text with which the item begins.
pub(super) fn in_section(text: &str, strong: Option<&str>) -> Option<Line> {
    if let Some(line) = with_braces(text) {
        return Some(line);
    }
    let (name, rest) = match strong.map(|strong| strong.trim().trim_end_matches([':', '：'])) {
        Some(strong) if text.trim_start().starts_with(strong) => (strong, &text.trim_start()[strong.len()..]),
        _ => cut_name(text)?,
    };
    let name = name.trim_matches(['*', '`', ' ']);
    let words = name.split(' ').count();
    let shaped =
        name.starts_with(char::is_alphabetic) && words <= 4 && name.len() <= 60 && !name.contains(['/', ',', ';', '=']);
    if !shaped || is_primitive(name) {
        return None;
    }
    let rest = rest.trim_start_matches([' ', ':', '：', '-', '–', '—', '→', '`']).trim();
    let fields = field_list(rest);
    let description = if fields.is_empty() { rest.to_owned() } else { String::new() };
    Some(Line { name: name.to_owned(), fields, description })
}

fn cut_name(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let at = text
        .find([':', '：', '(', '（'])
        .or_else(|| text.find(" — "))
        .or_else(|| text.find(" – "))
        .or_else(|| text.find(" - "));
    match at {
        Some(at) => Some((&text[..at], &text[at..])),
        None => (is_identifier(text) && text.starts_with(char::is_uppercase)).then_some((text, "")),
    }
}

/// `a, b (type), c: type`: a list of short names is fields, a sentence is not.
pub(super) fn field_list(text: &str) -> Vec<Field> {
    let inner = text.trim().trim_end_matches('.');
    let inner =
        inner.strip_prefix(['(', '（', '[']).map_or(inner, |rest| rest.split([')', '）', ']']).next().unwrap_or(rest));
    let inner = ["fields:", "Fields:", "attributes:", "Attributes:", "columns:", "字段：", "字段:", "Felder:"]
        .iter()
        .find_map(|label| inner.find(label).map(|at| &inner[at + label.len()..]))
        .unwrap_or(inner);
    let parts = split_top(inner, |rest| {
        let mark = rest.chars().next().filter(|letter| matches!(letter, ',' | '，' | '、' | ';'));
        mark.map_or(0, char::len_utf8)
    });
    if parts.len() < 2 {
        return Vec::new();
    }
    let short = |part: &&str| {
        let name = part.split([':', '(', '（']).next().unwrap_or(part).trim();
        let name = name.strip_prefix("and ").unwrap_or(name);
        !name.is_empty() && name.split_whitespace().count() <= 3 && name.len() <= 40
    };
    if !parts.iter().all(short) {
        return Vec::new();
    }
    parts
        .into_iter()
        .take(200)
        .filter_map(|part| read_field(part.trim().trim_start_matches("and ").trim_end_matches('.')))
        .collect()
}

/// A bullet that is a field: `` `name`: type ``, `name (type) – what`, `**name** type`.
pub(super) fn bullet_field(text: &str) -> Option<Field> {
    let text = text.trim();
    let head = text.split([':', '：', '(', '（']).next().unwrap_or(text);
    let head = head
        .split(" - ")
        .next()
        .unwrap_or(head)
        .split(" – ")
        .next()
        .unwrap_or(head)
        .split(" — ")
        .next()
        .unwrap_or(head);
    let name = head.trim().trim_matches(['*', '`', '"']).trim();
    let bare = name.trim_end_matches(['?', '*']);
    if !is_identifier(bare) || bare.len() > 48 {
        return None;
    }
    let rest = text[head.len()..].trim_start_matches([' ', '-', '–', '—']);
    let front = rest
        .split(" - ")
        .next()
        .unwrap_or(rest)
        .split(" – ")
        .next()
        .unwrap_or(rest)
        .split(" — ")
        .next()
        .unwrap_or(rest);
    let mut field = read_field(&format!("{name}{front}")).or_else(|| read_field(name))?;
    let words = field.type_name.as_ref().map_or(0, |written| written.split_whitespace().count());
    if words > 3 {
        // a sentence behind the colon is a description, not a type
        field.note = field.type_name.take().unwrap_or_default();
        field.refers_to = None;
    } else if rest.len() > front.len() && field.note.is_empty() {
        field.note = rest[front.len()..].trim_start_matches([' ', '-', '–', '—']).to_owned();
    }
    Some(field)
}

/// The fields that a bullet names: one, `id uuid pk` as in a table, or several names between commas.
pub(super) fn bullet_fields(text: &str) -> Vec<Field> {
    if let Some(field) = bullet_field(text) {
        return vec![field];
    }
    let bare = text.trim().trim_matches('`');
    let mut words = bare.split_whitespace().map(|word| word.trim_matches('`'));
    if let (Some(name), Some(kind)) = (words.next(), words.next())
        && is_identifier(name)
        && (is_primitive(kind) || kind.ends_with("[]"))
    {
        let rest: Vec<&str> = words.collect();
        let mut field = Field { name: name.to_owned(), ..Field::default() };
        set_type(&mut field, kind);
        let note = rest.join(" ");
        field.required =
            (note.contains("not null") || note.contains("NOT NULL") || rest.first() == Some(&"pk")).then_some(true);
        if let Some(target) = rest
            .iter()
            .position(|word| matches!(*word, "fk" | "FK" | "references" | "->"))
            .and_then(|at| rest.get(at + 1))
        {
            field.refers_to = target.split(['(', '.']).next().map(str::to_owned).filter(|target| !target.is_empty());
        }
        field.note = note;
        return vec![field];
    }
    let names: Vec<&str> = bare.split(',').map(|name| name.trim().trim_matches('`').trim_end_matches('?')).collect();
    if names.len() >= 2 && names.iter().all(|name| is_identifier(name)) {
        return names.into_iter().map(|name| Field { name: name.to_owned(), ..Field::default() }).collect();
    }
    Vec::new()
}

/// Whether a bullet is surely a field rather than a model: its type is one, or its name is one of those that fields have.
pub(super) fn is_field(text: &str) -> bool {
    bullet_fields(text).iter().any(|field| {
        let name = field.name.as_str();
        let common =
            matches!(name, "id" | "name" | "email" | "title" | "status" | "description" | "created_at" | "createdAt")
                || name.ends_with("_id")
                || name.ends_with("_at")
                || name.ends_with("Id");
        let lower = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        lower && (common || field.type_name.as_deref().is_some_and(is_primitive))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(line: Option<Line>) -> String {
        let Some(line) = line else { return "none".to_owned() };
        let names: Vec<_> = line.fields.iter().map(|field| field.name.as_str()).collect();
        format!("{}: {} | {}", line.name, names.join(","), line.description)
    }

    fn check(text: &str, strong: Option<&str>, expected: &str) {
        assert_eq!(show(in_section(text, strong)), expected, "{text}");
    }

    #[test]
    fn the_tidy_form_and_its_neighbours() {
        check("Member: {id: uuid, email: string (unique), phone?: string}", None, "Member: id,email,phone | ");
        check("Loan: {id: uuid, items: Item[]} — what is lent", None, "Loan: id,items | what is lent");
        check("User: id, name, email", Some("User"), "User: id,name,email | ");
        check("Order (id, total)", None, "Order: id,total | ");
        check(
            "Session: A login of a user, kept for a day",
            Some("Session"),
            "Session:  | A login of a user, kept for a day",
        );
        check("one long sentence without any name", None, "none");
        assert_eq!(show(with_braces("GET /x → {a: b}")), "none");
        assert_eq!(show(with_braces("set it to {value}")), "none");
    }

    #[test]
    fn bullets_are_fields() {
        let names = |text: &str| bullet_fields(text).into_iter().map(|field| field.name).collect::<Vec<_>>().join("+");
        assert_eq!(names("id uuid pk"), "id");
        assert_eq!(names("created_at, updated_at"), "created_at+updated_at");
        assert_eq!(bullet_fields("user_id uuid fk users(id)")[0].refers_to.as_deref(), Some("users"));
        assert!(is_field("id uuid pk") && is_field("email: string") && !is_field("User: a person"));
        let field = bullet_field("`due_on` (date, required) - when it is due").unwrap();
        assert_eq!(
            (field.name.as_str(), field.type_name.as_deref(), field.required),
            ("due_on", Some("date"), Some(true))
        );
        assert_eq!(bullet_field("name: string").unwrap().type_name.as_deref(), Some("string"));
        assert_eq!(bullet_field("id: The id of the thing it is").unwrap().note, "The id of the thing it is");
        assert_eq!(bullet_field("Some long words: x"), None);
    }
}
