//! Reads `CREATE TABLE` statements of any dialect, also where the fence says Python and the statement has typos.

use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Field;
use super::super::grammar::fields::{add_note, is_primitive};
use super::{CodeModel, LineCounter};

static CREATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)\bcreate\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged|external|foreign|transient)\s+)*table\s+(?:if\s+)?(?:not\s+)?(?:exists\s+)?([`"\[\]\w.$\-\p{L}]+)\s*\("#,
    )
    .expect("a constant pattern")
});

/// Most columns of a table that are read.
const MOST_COLUMNS: usize = 2_000;

/// The tables that a block creates.
pub(in super::super) fn tables(code: &str) -> Vec<CodeModel> {
    let mut found = Vec::new();
    if !code.contains("TABLE") && !code.contains("able") {
        return found;
    }
    let mut lines = LineCounter::new(code);
    let mut at = 0;
    while let Some(hit) = CREATE.captures_at(code, at) {
        let (whole, name) = (hit.get_match(), &hit[1]);
        let body = &code[whole.end()..];
        let (columns, length) = entries(body);
        let first = lines.line(whole.start());
        at = whole.end() + length;
        let last = lines.line(at.saturating_sub(1).max(whole.start()));
        let name = bare_name(name);
        if !name.is_empty() {
            let fields = fields(&columns);
            found.push(CodeModel { name, fields, description: String::new(), lines: (first, last) });
        }
    }
    found
}

/// A name without quotes and schema.
fn bare_name(written: &str) -> String {
    let quotes = |letter: char| matches!(letter, '`' | '"' | '[' | ']');
    written.rsplit('.').next().unwrap_or(written).trim_matches(quotes).to_owned()
}

/// One definition between the commas of a table's body.
#[derive(Default)]
struct Entry {
    text: String,
    comment: String,
}

/// Splits a table's body at its commas, with the comments set apart. Ends at the closing parenthesis, or where the
/// next statement shows that it was forgotten. Gives the length of the body too.
fn entries(body: &str) -> (Vec<Entry>, usize) {
    let mut found = vec![Entry::default()];
    let (mut depth, mut at) = (0_usize, 0);
    let mut line_has_entry = false;
    while let Some(letter) = body[at..].chars().next() {
        let rest = &body[at..];
        if let Some(length) = comment_length(rest) {
            let words = rest[..length].trim_start_matches(['-', '#', '/', '*']).trim_end_matches(['*', '/']).trim();
            let after_comma = !line_has_entry && found.len() > 1 && found[found.len() - 1].text.trim().is_empty();
            let same_line = after_comma && !body[..at].ends_with('\n') && last_line_is_code(&body[..at]);
            let target = found.len() - 1 - usize::from(same_line);
            let comment = &mut found[target].comment;
            if comment.len() < 400 {
                comment.push_str(if comment.is_empty() { "" } else { " " });
                comment.push_str(words);
            }
            at += length;
            continue;
        }
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return (found, at + 1),
            ')' => depth -= 1,
            ';' if depth == 0 => return (found, at),
            '\'' => {
                let length = quoted_length(rest);
                found.last_mut().expect("never empty").text.push_str(&rest[..length]);
                at += length;
                continue;
            }
            _ => {}
        }
        if letter == '\n' && starts_statement(&rest[1..]) {
            return (found, at);
        }
        if letter == ',' && depth == 0 {
            if found.len() >= MOST_COLUMNS {
                return (found, body.len());
            }
            found.push(Entry::default());
            line_has_entry = false;
        } else {
            line_has_entry = letter != '\n' && (line_has_entry || !letter.is_whitespace());
            found.last_mut().expect("never empty").text.push(letter);
        }
        at += letter.len_utf8();
    }
    (found, body.len())
}

/// Whether the line that the text ends in holds anything but white space.
fn last_line_is_code(text: &str) -> bool {
    text.rsplit('\n').next().is_some_and(|line| !line.trim().is_empty())
}

fn comment_length(rest: &str) -> Option<usize> {
    if rest.starts_with("--") || rest.starts_with("# ") || rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let inner = rest.strip_prefix("/*")?;
    Some(inner.find("*/").map_or(rest.len(), |end| end + 4))
}

fn quoted_length(rest: &str) -> usize {
    rest[1..]
        .find(['\'', '\n'])
        .map_or(rest.len(), |end| if rest[1 + end..].starts_with('\'') { end + 2 } else { end + 1 })
}

fn starts_statement(line: &str) -> bool {
    let word = line.get(..7).unwrap_or_default();
    word.eq_ignore_ascii_case("create ") || word.eq_ignore_ascii_case("insert ")
}

fn fields(entries: &[Entry]) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    for entry in entries {
        let words: Vec<&str> = entry.text.split_whitespace().take(64).collect();
        let Some(first) = words.first() else { continue };
        if is_table_constraint(first, &words) {
            constrain(&mut found, &entry.text);
        } else if let Some(field) = column(&words, &entry.comment) {
            found.push(field);
        }
    }
    found
}

fn is_table_constraint(first: &str, words: &[&str]) -> bool {
    let head = first.split('(').next().unwrap_or(first).to_ascii_uppercase();
    let second = words.get(1).map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    match head.as_str() {
        "CONSTRAINT" | "EXCLUDE" | "FULLTEXT" | "SPATIAL" | "FOREIGN" | "CHECK" => true,
        "PRIMARY" => second.starts_with("KEY"),
        "UNIQUE" | "KEY" | "INDEX" | "PARTITION" | "PERIOD" | "LIKE" => {
            first.contains('(') || (!second.is_empty() && !is_primitive(&second))
        }
        _ => false,
    }
}

static FOREIGN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)foreign\s+key\s*[^(]*\(([^)]+)\)\s*references\s+([`"\[\]\w.]+)"#).expect("a constant pattern")
});
static PRIMARY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)primary\s+key\s*[^(]*\(([^)]+)\)").expect("a constant pattern"));

/// Writes what a constraint on the table says onto its columns.
fn constrain(fields: &mut [Field], text: &str) {
    if let Some(hit) = FOREIGN.captures(text) {
        let target = bare_name(&hit[2]);
        for name in hit[1].split(',').map(|name| bare_name(name.trim())) {
            if let Some(field) = fields.iter_mut().find(|field| field.name == name) {
                field.refers_to = Some(target.clone());
            }
        }
    } else if let Some(hit) = PRIMARY.captures(text) {
        for name in hit[1].split(',').map(|name| bare_name(name.trim())) {
            if let Some(field) = fields.iter_mut().find(|field| field.name == name) {
                field.required = Some(true);
                add_note(field, "primary key");
            }
        }
    }
}

/// Words that continue a type rather than constrain a column.
const TYPE_WORDS: [&str; 10] =
    ["PRECISION", "VARYING", "UNSIGNED", "SIGNED", "WITH", "WITHOUT", "TIME", "ZONE", "ARRAY", "LOCAL"];

fn column(words: &[&str], comment: &str) -> Option<Field> {
    let name = bare_name(words[0]);
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '-' | ' ');
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let (type_name, used) = column_type(&words[1..]);
    let mut field = Field { name, type_name, ..Field::default() };
    let rest = words[1 + used..].join(" ");
    let upper = rest.to_ascii_uppercase();
    let has = |phrase: &str| upper.contains(phrase);
    if has("NOT NULL") || has("PRIMARY KEY") {
        field.required = Some(true);
    } else if upper.split(' ').any(|word| word == "NULL") && !has("SET NULL") && !has("DEFAULT NULL") {
        field.required = Some(false);
    }
    for (phrase, note) in [("PRIMARY KEY", "primary key"), ("UNIQUE", "unique")] {
        if has(phrase) {
            push_note(&mut field, note);
        }
    }
    if let Some(at) = upper.find("DEFAULT ").filter(|at| rest.is_char_boundary(*at)) {
        push_note(&mut field, &format!("default {}", default_value(&rest[at + 8..])));
    }
    if let Some(at) = upper.find("REFERENCES ") {
        let target = rest[at + 11..].split([' ', '(', ')']).next().unwrap_or_default();
        field.refers_to = Some(bare_name(target)).filter(|target| !target.is_empty());
    }
    if let Some(at) = upper.find("CHECK").filter(|at| rest.is_char_boundary(*at)) {
        push_note(&mut field, &format!("check {}", rest[at + 5..].trim()));
    }
    push_note(&mut field, comment);
    Some(field)
}

/// The type of a column, with all its words, and how many words it takes.
fn column_type(words: &[&str]) -> (Option<String>, usize) {
    let Some(first) = words.first() else { return (None, 0) };
    if matches!(first.to_ascii_uppercase().as_str(), "NOT" | "PRIMARY" | "REFERENCES" | "DEFAULT" | "UNIQUE") {
        return (None, 0);
    }
    let (mut written, mut used) = ((*first).to_owned(), 1);
    while let Some(word) = words.get(used) {
        let open = written.matches('(').count() > written.matches(')').count();
        let continues = TYPE_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
            || (word.starts_with('(') && used == 1)
            || word.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("varying("));
        if !(open || continues) || used > 12 {
            break;
        }
        written.push_str(if word.starts_with('(') || open { "" } else { " " });
        written.push_str(word);
        used += 1;
    }
    (Some(written), used)
}

/// The value after DEFAULT: a word, a quoted text, or a call with its arguments.
fn default_value(rest: &str) -> &str {
    let mut depth = 0_usize;
    let mut quoted = false;
    for (at, letter) in rest.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ' ' if !quoted && depth == 0 => return &rest[..at],
            _ => {}
        }
    }
    rest
}

fn push_note(field: &mut Field, note: &str) {
    if note.is_empty() {
        return;
    }
    if !field.note.is_empty() {
        field.note.push_str("; ");
    }
    field.note.push_str(note);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each table as `name: column type! >target (note)`.
    fn check(code: &str, expected: &[&str]) {
        let seen: Vec<String> = tables(code)
            .into_iter()
            .map(|table| {
                let columns = table.fields.into_iter().map(|field| {
                    let mut text = field.name;
                    text += &field.type_name.map(|name| format!(" {name}")).unwrap_or_default();
                    text += if field.required == Some(true) { "!" } else { "" };
                    text += &field.refers_to.map(|target| format!(" >{target}")).unwrap_or_default();
                    text + &if field.note.is_empty() { String::new() } else { format!(" ({})", field.note) }
                });
                format!("{}: {}", table.name, columns.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn columns_types_and_keys() {
        check(
            "# schema.sql\nCREATE TABLE IF NOT EXISTS loans (\n  id UUID PRIMARY KEY,\n  tool_id TEXT NOT NULL,\n  \
             price NUMERIC(10, 2) DEFAULT 0, -- in euro\n  at TIMESTAMP WITH TIME ZONE DEFAULT now(),\n  \
             key TEXT,\n  who TEXT REFERENCES members(id),\n  FOREIGN KEY (tool_id) REFERENCES \"tools\"(id)\n);\n",
            &["loans: id UUID! (primary key), tool_id TEXT! >tools, price NUMERIC(10,2) (default 0; in euro), \
               at TIMESTAMP WITH TIME ZONE (default now()), key TEXT, who TEXT >members"],
        );
    }

    #[test]
    fn typos_quotes_and_forgotten_ends() {
        check(
            "CREATE TABLE IF NOT slice_states (\n slice_id TEXT PRIMARY KEY\n)",
            &["slice_states: slice_id TEXT! (primary key)"],
        );
        check(
            "create table `a`.`b` (\n `x` int(11) unsigned NOT NULL COMMENT 'the, x'\nCREATE TABLE c (y int)",
            &["b: x int(11) unsigned!", "c: y int"],
        );
        check("CREATE TABLE x AS SELECT 1", &[]);
        check(
            "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b), KEY idx_b (b), UNIQUE (b))",
            &["p: a int! (primary key), b int! (primary key)"],
        );
    }

    #[test]
    fn lines_are_those_of_the_statement() {
        let found = tables("-- a\n\nCREATE TABLE t (\n  a int\n);\n");
        assert_eq!(found[0].lines, (2, 4));
    }
}
