//! The reader takes any text: it never panics, every span it gives is a place in the text, and no input makes it slow
//! beyond its size. Slowness is told by comparing a size with four times that size, not by the clock alone.

use std::time::Instant;

use proptest::prelude::*;
use vso::spec::document::Document;
use vso::spec::item::Reading;
use vso::spec::read::read;

/// Real documents that mutations start from.
const REAL: &[&str] = &[
    include_str!("../fixtures/specs/sentinel-netlab-system-design.md"),
    include_str!("../fixtures/specs/exchangis-interface-cn.md"),
    include_str!("../fixtures/specs/oci-distribution-spec.md"),
];

/// A small document with every form that the readers of endpoints and models know.
const FORMS: &str = "# T\n\n## Data Models\n- Member: {id: uuid, email: string (unique), phone?: string, items: Item[]}\n- **Loan**: id, tool\n\n### `users`\n- `id uuid pk`\n- `org uuid fk orgs(id)`\n\n| Field | Type |\n|---|---|\n| id | uuid |\n\n```sql\nCREATE TABLE IF NOT EXISTS `a`.b (\n id int PRIMARY KEY, -- x\n c text REFERENCES d(e)\n);\n```\n\n```python\n@dataclass\nclass U:\n    a: Optional[int] = None  # n\n```\n\n```ts\nexport interface V { a?: string; b: W[] }\n```\n\n```go\ntype X struct {\n A *string `json:\"a,omitempty\"`\n}\n```\n\n```mermaid\nerDiagram\n A ||--o{ B : has\n A {\n  uuid id PK \"k\"\n }\n```\n\n```mermaid\nsequenceDiagram\n A->>B: POST /x/{id}\n B->>A: ParsedFrame\n```\n\n## API Endpoints\n- POST /members → {email: string} → 201 Member; 409 when taken — Register\n- GET /tools?query={text} → 200 Tool[]\n- PUT /tools/{id} [component: Loans] → 204\n\n请求URL：/a/b\n\n请求方式：GET、POST\n\n| 名称 | 类型 | 是否必须 |\n|---|---|---|\n| a | List\\<AbDTO\\> | 是 |\n\n```json\n{\"a\": {\"b\": 1, \"c\": [1, ...]}} // x\n```\n\n```yaml\npaths:\n  /p:\n    get:\n      responses: {200: {description: ok}}\n```\n\n```bash\ncurl -X POST https://h/x -d '{\"a\": 1}'\n```\n\n@app.get(\"/y\")\n\n## Glossary\n- **Tag**: a pointer to a thing\n\nEach window contains the following information:\n\n- **one** thing\n";

/// Pieces that cut what surrounds them in odd places.
const SHARDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "`",
    "\"",
    "'",
    "：",
    "，",
    "。",
    "（",
    "）",
    "【",
    "→",
    "—",
    "->",
    "|",
    "\n",
    "\n\n",
    "```\n",
    "```json\n",
    "```sql\n",
    "```mermaid\n",
    "GET ",
    "POST /",
    "/a/{",
    "?x=",
    "CREATE TABLE x (",
    "class Ü(",
    ": ",
    "é",
    "数据",
    "🔮",
    "\u{301}",
    "İ",
    "ß",
    "\u{a0}",
    "\t",
    "--",
    "//",
    "/*",
    "#",
    "## ",
    "- ",
    "404",
    "http://",
    "$",
    "İd?: ",
    "{{",
    "\\",
];

fn check(text: &str) -> Reading {
    let document = Document::parse(text).unwrap();
    let reading = read(&document);
    let spans = reading.endpoints.iter().map(|endpoint| endpoint.origin.span);
    for span in spans.chain(reading.models.iter().map(|model| model.origin.span)) {
        assert!(text.get(span.range()).is_some(), "{span:?} is no place in {text:?}");
    }
    reading
}

/// A text with pieces put in and taken out at places given as fractions.
fn mutated(text: &str, cuts: &[(f64, usize, usize)]) -> String {
    let mut text = text.to_owned();
    for (place, shard, removed) in cuts {
        let mut at = (*place * text.len() as f64) as usize;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let mut end = (at + removed).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.replace_range(at..end, SHARDS[shard % SHARDS.len()]);
    }
    text
}

fn cuts() -> impl Strategy<Value = Vec<(f64, usize, usize)>> {
    proptest::collection::vec((0.0..1.0_f64, 0..SHARDS.len(), 0..40_usize), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_forms_are_read(cuts in cuts()) {
        check(&mutated(FORMS, &cuts));
    }

    #[test]
    fn garbage_is_read(pieces in proptest::collection::vec((0..SHARDS.len(), "[a-zA-Z0-9:=,.{}\\[\\] é数：-]{0,12}"), 0..60)) {
        let text: String = pieces.iter().map(|(shard, letters)| format!("{}{letters}", SHARDS[*shard])).collect();
        check(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_real_documents_are_read(real in 0..REAL.len(), cuts in cuts()) {
        check(&mutated(REAL[real], &cuts));
    }
}

#[test]
fn the_forms_are_understood() {
    let reading = check(FORMS);
    let models: Vec<_> = reading.models.iter().map(|model| model.name.as_str()).collect();
    for name in ["Member", "Loan", "users", "b", "U", "V", "X", "A", "B", "ParsedFrame", "AbDTO", "Tag", "Window"] {
        assert!(models.iter().any(|model| model.eq_ignore_ascii_case(name)), "{name} is not in {models:?}");
    }
    let named = |method: &str, path: &str| {
        reading.endpoints.iter().any(|found| found.method.as_deref() == Some(method) && found.path == path)
    };
    for (method, path) in
        [("POST", "/members"), ("GET", "/tools"), ("GET", "/a/b"), ("POST", "/a/b"), ("GET", "/p"), ("POST", "/x/{id}")]
    {
        assert!(named(method, path), "{method} {path}");
    }
}

#[test]
fn a_tag_behind_a_path_names_the_component() {
    let reading = check(FORMS);
    let tagged = reading.endpoints.iter().find(|found| found.path == "/tools/{id}").unwrap();
    assert_eq!((tagged.tag.as_deref(), tagged.answers[0].status), (Some("Loans"), Some(204)));
}

/// Four times as much input may take eight times as long, plus a little for what is measured badly.
fn grows_with_its_size(name: &str, make: impl Fn(usize) -> String) {
    let time = |size: usize| {
        let text = make(size);
        let document = Document::parse(text).unwrap();
        let start = Instant::now();
        let reading = read(&document);
        (start.elapsed(), reading.endpoints.len())
    };
    let _ = time(1);
    let (small, _) = time(1);
    let (large, _) = time(4);
    assert!(large.as_millis() <= 8 * small.as_millis() + 400, "{name}: {small:?} became {large:?}");
}

#[test]
fn hostile_shapes_take_time_in_proportion() {
    let unit = 6_000;
    grows_with_its_size("one line", |size| "GET /a ".repeat(size * unit / 2));
    grows_with_its_size("one word", |size| "a".repeat(size * unit * 8));
    grows_with_its_size("braces", |size| "{".repeat(size * unit));
    grows_with_its_size("names with braces", |size| format!("- A: {}", "{a: ".repeat(size * unit)));
    grows_with_its_size("deep JSON", |size| format!("```json\n{}\n```\n", "{\"a\":[".repeat(size * unit)));
    grows_with_its_size("wide table", |size| {
        let row = format!("|{}\n", " a |".repeat(size * 2_500));
        let line = format!("|{}\n", "---|".repeat(size * 2_500));
        format!("{row}{line}{row}")
    });
    grows_with_its_size("many tables in SQL", |size| {
        format!("```sql\n{}```\n", "CREATE TABLE a (b int, c text);\n".repeat(size * unit / 4))
    });
    grows_with_its_size("a table that never ends", |size| {
        format!("```sql\nCREATE TABLE a (\n{}```\n", "b int,\n".repeat(size * unit / 2))
    });
    grows_with_its_size("classes", |size| format!("```ts\n{}```\n", "interface A {\n".repeat(size * unit / 4)));
    grows_with_its_size("labels", |size| "请求URL：/a/b\n请求方式：GET\n".repeat(size * unit / 8));
    grows_with_its_size("spaces", |size| format!("GET{}/a", " ".repeat(size * unit)));
    grows_with_its_size("calls", |size| format!("```py\n{}\n```\n", "@app.get(\"/a\"\n".repeat(size * unit / 4)));
    grows_with_its_size("sentences", |size| "A ledger row shall record a, b, c and d. ".repeat(size * unit / 8));
}
