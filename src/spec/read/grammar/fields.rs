//! The grammar of fields: `email: string (unique), phone?: string, items: Item[]`, and what types refer to.

use super::super::super::item::Field;
use super::payload::split_top;

/// The element of a collection: `Tool[]`, `[Tool]`, `List<Tool>`, `list of Tools`; else the text itself.
pub(in super::super) fn collection(text: &str) -> (&str, bool) {
    let text = text.trim().trim_end_matches(['?', '!']);
    if let Some(one) = text.strip_suffix("[]") {
        return (collection(one).0, true);
    }
    if let Some(one) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return (one.trim_end_matches('!').trim(), true);
    }
    for words in ["list of ", "array of ", "a list of ", "an array of ", "Liste von ", "page of "] {
        if let Some(start) = text.get(..words.len()).filter(|start| start.eq_ignore_ascii_case(words)) {
            return (text[start.len()..].trim(), true);
        }
    }
    let (open, close) = if text.ends_with('>') { ('<', '>') } else { ('[', ']') };
    if let Some((outer, inner)) = text.strip_suffix(close).and_then(|rest| rest.split_once(open)) {
        let outer = outer.trim_end_matches(['\\', ' ']).rsplit('.').next().unwrap_or_default();
        const LISTS: [&str; 14] = [
            "list",
            "array",
            "set",
            "collection",
            "page",
            "paginated",
            "vec",
            "sequence",
            "iterable",
            "flux",
            "arraylist",
            "ienumerable",
            "icollection",
            "repeated",
        ];
        const WRAPS: [&str; 12] = [
            "optional",
            "responseentity",
            "promise",
            "mono",
            "option",
            "task",
            "actionresult",
            "result",
            "response",
            "apiresponse",
            "r",
            "future",
        ];
        let lower = outer.to_ascii_lowercase();
        let inner = inner.trim_end_matches('\\').trim();
        if LISTS.contains(&lower.as_str()) {
            return (inner.split('<').next().unwrap_or(inner).trim(), true);
        }
        if WRAPS.contains(&lower.as_str()) && !inner.contains(['<', '[']) {
            return (inner, false);
        }
    }
    (text, false)
}

/// Whether a text is one word as programs name things.
pub(in super::super) fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
        && text.len() <= 80
}

/// Reads the fields between braces: `email: string (unique), phone?: string`.
pub(in super::super) fn read_fields(text: &str) -> Vec<Field> {
    let mut angle = 0_usize;
    let parts = split_top(text, |rest| {
        let first = rest.as_bytes()[0];
        match first {
            b'<' => angle += 1,
            b'>' => angle = angle.saturating_sub(1),
            _ => {}
        }
        usize::from(matches!(first, b',' | b';' | b'\n') && angle == 0)
    });
    parts.into_iter().take(2_000).filter_map(read_field).collect()
}

/// Reads one field: `email: string (unique)`, `phone?: string`, `"id": 5`, `name (string, required)`, `name`.
pub(in super::super) fn read_field(text: &str) -> Option<Field> {
    let text = text.trim();
    let mut halves = split_top(text, |rest| usize::from(rest.starts_with(':'))).into_iter();
    let first = halves.next()?;
    let rest = text[first.len()..].trim_start_matches(':').trim();
    let (name, name_note) = cut_note(first.trim());
    let name = name.trim_matches(['"', '\'', '`', '*']).trim();
    let optional = name.ends_with('?');
    let name = name.trim_end_matches(['?', '!', '*']).trim();
    let plain =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '$' | '@' | ' ' | '[' | ']');
    if name.is_empty() || name.len() > 80 || !name.chars().all(plain) || name.split(' ').count() > 5 {
        return None;
    }
    let mut field = Field { name: name.to_owned(), required: optional.then_some(false), ..Field::default() };
    let (type_name, note) = cut_note(rest);
    let (type_name, default) = match type_name.split_once(" = ") {
        Some((type_name, default)) => (type_name.trim(), format!("default {}", default.trim())),
        None => (type_name, String::new()),
    };
    set_type(&mut field, type_name);
    if field.type_name.is_none() && !name_note.is_empty() {
        set_typed_note(&mut field, name_note);
    } else {
        add_note(&mut field, name_note);
    }
    add_note(&mut field, note);
    add_note(&mut field, &default);
    Some(field)
}

/// Splits a trailing `(…)` off.
fn cut_note(text: &str) -> (&str, &str) {
    let front = split_top(text, |rest| usize::from(rest.starts_with('(')))[0];
    if front.trim().is_empty() || front.len() == text.len() {
        return (text, "");
    }
    let note = text[front.len()..].trim().trim_start_matches('(').trim_end_matches(')');
    (front.trim(), note)
}

/// `name (string, required)`: the first word of the note is the type when it is one.
fn set_typed_note(field: &mut Field, note: &str) {
    let (first, rest) = note.split_once([',', ';']).unwrap_or((note, ""));
    if is_primitive(first.trim()) || collection(first.trim()).1 {
        set_type(field, first.trim());
        add_note(field, rest.trim());
    } else {
        add_note(field, note);
    }
}

/// Sets the type as written, with what its marks say.
pub(in super::super) fn set_type(field: &mut Field, written: &str) {
    let mut written = written.trim().trim_matches('`').trim_end_matches([',', ';']).trim();
    if let Some(rest) = written.strip_suffix('?') {
        (written, field.required) = (rest.trim(), Some(false));
    } else if let Some(rest) = written.strip_suffix('!') {
        (written, field.required) = (rest.trim(), Some(true));
    }
    if written.is_empty() {
        return;
    }
    field.type_name = Some(written.to_owned());
    field.refers_to = referred_model(written);
}

/// Adds a note, and reads from it whether the field must be there.
pub(in super::super) fn add_note(field: &mut Field, note: &str) {
    let note = note.trim();
    if note.is_empty() {
        return;
    }
    let lower = note.to_lowercase();
    let says = |word: &str| lower.split(|letter: char| !letter.is_alphanumeric()).any(|found| found == word);
    if says("optional") || says("nullable") || says("可选") || lower.contains("not required") {
        field.required = Some(false);
    } else if says("required") || says("mandatory") || says("必填") || says("必须") {
        field.required = Some(true);
    }
    if !field.note.is_empty() {
        field.note.push_str("; ");
    }
    field.note.push_str(note);
}

/// The model to which a type as written refers: `Tool.id`, `Item[]`, `List<Loan>`; none for primitive types.
pub(in super::super) fn referred_model(written: &str) -> Option<String> {
    let (name, _) = collection(written);
    let name = name.trim_end_matches(['?', '!', '*']).trim_start_matches(['*', '&']);
    let name = name.split('.').next().unwrap_or(name);
    let camel = name.starts_with(char::is_uppercase) && name.chars().any(char::is_lowercase);
    (camel && is_identifier(name) && !is_primitive(name)).then(|| name.to_owned())
}

/// Whether a name is a primitive type of some language, format or database.
pub(in super::super) fn is_primitive(name: &str) -> bool {
    const PRIMITIVES: [&str; 84] = [
        "string",
        "str",
        "text",
        "char",
        "varchar",
        "nvarchar",
        "citext",
        "int",
        "integer",
        "smallint",
        "bigint",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "long",
        "short",
        "byte",
        "bytes",
        "bytea",
        "blob",
        "binary",
        "float",
        "float32",
        "float64",
        "double",
        "real",
        "decimal",
        "numeric",
        "number",
        "money",
        "bool",
        "boolean",
        "bit",
        "date",
        "time",
        "datetime",
        "timestamp",
        "timestamptz",
        "instant",
        "localdate",
        "localdatetime",
        "offsetdatetime",
        "zoneddatetime",
        "duration",
        "timedelta",
        "interval",
        "uuid",
        "guid",
        "id",
        "objectid",
        "any",
        "object",
        "map",
        "dict",
        "record",
        "hashmap",
        "json",
        "jsonb",
        "array",
        "list",
        "set",
        "enum",
        "null",
        "none",
        "void",
        "unknown",
        "url",
        "uri",
        "email",
        "file",
        "serial",
        "bigserial",
        "inet",
        "literal",
        "struct",
        "bigdecimal",
        "biginteger",
        "collection",
    ];
    let bare = name.split(['(', '<', '[']).next().unwrap_or(name).trim().to_ascii_lowercase();
    PRIMITIVES.contains(&bare.as_str())
}
