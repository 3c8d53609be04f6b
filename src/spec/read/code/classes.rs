//! Reads types with fields out of programs: Python, TypeScript, Go, Rust, Java, C#, Kotlin, Protocol Buffers, GraphQL,
//! Prisma, DBML. What acts rather than holds data (services, protocols, exceptions, tests) is no model.

use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Field;
use super::super::grammar::fields::{add_note, set_type};
use super::super::grammar::payload::split_top;
use super::CodeModel;

static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^\s*(?:(?:export|default|declare|pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|sealed|partial|readonly|data|open|case|typedef)\s+){0,5}
        (?P<kind>enum(?:\s+class)?|class|interface|struct|record(?:\s+class|\s+struct)?|message|type|input|model|[Tt]able|entity)
        \s+["`]?(?P<name>[A-Za-z_][\w]*)["`]?(?P<rest>.*)$"#,
    )
    .expect("a constant pattern")
});
static COLON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^\s*[*+\-\#~]?\s*(?:@[\w.]+(?:\([^)]*\))?\s*)*(?:(?:pub(?:\([^)]*\))?|public|private|protected|readonly|static|override|val|var|let|final|lateinit)\s+)*
        ["'`]?(?P<name>[A-Za-z_$][\w$-]*)["'`]?(?:\([^)]*\))?(?P<mark>[?!]?)\s*:\s*(?P<type>\S.*)$"#,
    )
    .expect("a constant pattern")
});
static TYPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^\s*(?:@[\w.]+(?:\([^)]*\))?\s*|\[[^\]]*\]\s*)*(?:(?:private|public|protected|internal|final|static|readonly|required|virtual|volatile|optional|repeated|const|unsigned)\s+)*
        (?P<type>[A-Za-z_][\w.]*(?:<[^;={}()]*>)?(?:\[\d*\])?\??\*?)\s+\*?(?P<name>[A-Za-z_]\w*)(?:\[\d*\])?\s*(?P<end>=|;|,|\{\s*get|$)",
    )
    .expect("a constant pattern")
});
static GO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*(?P<name>[A-Z]\w*)\s+(?P<type>[*\[\]\w.{}]+)\s*(?:`(?P<tag>[^`]*)`)?\s*(?://\s*(?P<note>.*))?$"#)
        .expect("a constant pattern")
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?P<name>[A-Za-z_]\w*)\s+(?P<type>[A-Za-z_][\w.]*(?:\([^)]*\))?(?:\[\]|\?)?)(?P<rest>\s.*)?$")
        .expect("a constant pattern")
});
static PYTHON_COLUMN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?P<name>[A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:\w+\.)?(?P<call>Column|mapped_column|relationship|ForeignKey|OneToOneField|ManyToManyField|\w+Field)\s*\((?P<rest>.*)$")
        .expect("a constant pattern")
});
static PYTHON_FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?P<name>[A-Za-z_]\w*)\s*:\s*(?P<type>[^=#]+?)\s*(?:=\s*(?P<default>[^#]+?))?\s*(?:#\s*(?P<note>.*))?$",
    )
    .expect("a constant pattern")
});

/// The types with fields in a block. `info` is the fence's info string.
pub(in super::super) fn models(code: &str, info: &str) -> Vec<CodeModel> {
    const KINDS: [&str; 11] = [
        "class ",
        "interface ",
        "struct ",
        "record ",
        "message ",
        "type ",
        "input ",
        "model ",
        "able ",
        "entity ",
        "enum ",
    ];
    if !KINDS.iter().any(|kind| code.contains(kind)) {
        return Vec::new();
    }
    let lines: Vec<&str> = code.lines().collect();
    let mut found: Vec<CodeModel> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let hit = if line.len() < 1_000 { HEAD.captures(line) } else { None };
        let Some(hit) = hit else {
            at += 1;
            continue;
        };
        let head = Head { kind: hit["kind"].to_owned(), name: hit["name"].to_owned(), rest: hit["rest"].to_owned() };
        let body = head.body(&lines, at);
        let decorators = above(&lines, at);
        if let Some(fields) = head.read(&body, &decorators, info) {
            let last = body.last().map_or(at, |(line, _)| *line);
            found.push(CodeModel { name: head.name, fields, description: docstring(&body), lines: (at, last) });
            at = last;
        }
        at += 1;
    }
    found
}

/// The decorators and annotations in the lines just above.
fn above(lines: &[&str], at: usize) -> String {
    let near = lines[at.saturating_sub(6)..at].iter().rev();
    near.take_while(|line| line.trim_start().starts_with(['@', '[', '#'])).copied().collect::<Vec<_>>().join(" ")
}

struct Head {
    kind: String,
    name: String,
    rest: String,
}

/// Names of things that act.
const ACTORS: [&str; 38] = [
    "Service",
    "Controller",
    "Repository",
    "Manager",
    "Handler",
    "Client",
    "Provider",
    "Factory",
    "Gateway",
    "Adapter",
    "Engine",
    "Test",
    "Tests",
    "Exception",
    "Error",
    "Processor",
    "Worker",
    "Orchestrator",
    "Scheduler",
    "Registry",
    "Router",
    "Builder",
    "Validator",
    "Parser",
    "Plugin",
    "Module",
    "Protocol",
    "Interface",
    "Middleware",
    "Props",
    "Monitor",
    "Generator",
    "Analyzer",
    "Detector",
    "Executor",
    "Dispatcher",
    "Listener",
    "Impl",
];

/// Whether a name is that of something that acts rather than of data.
pub(in super::super) fn is_actor(name: &str) -> bool {
    ACTORS.iter().any(|suffix| name.ends_with(suffix)) || name.starts_with("Test") && name.len() > 6
}

impl Head {
    /// The lines of the body with their depth inside it (1 for direct members) as far as they matter.
    fn body<'a>(&self, lines: &[&'a str], at: usize) -> Vec<(usize, &'a str)> {
        if self.is_python() { python_body(lines, at) } else { bracket_body(lines, at) }
    }

    fn is_python(&self) -> bool {
        let rest = self.rest.split('#').next().unwrap_or_default().trim_end();
        self.kind == "class" && rest.ends_with(':')
    }

    fn read(&self, body: &[(usize, &str)], decorators: &str, info: &str) -> Option<Vec<Field>> {
        let rest = self.rest.trim();
        let bases = rest.split(['{', ':']).next().unwrap_or_default();
        let never = ["Protocol", "ABC", "Exception", "Error", "TestCase", "BaseSettings", "Widget", "Component"];
        if self.is_python() {
            let listed = rest.trim_start_matches('(').split([')', ',']).map(str::trim);
            if listed.clone().any(|base| never.iter().any(|word| base.ends_with(word))) {
                return None;
            }
        } else if !self.opens(body, rest, bases) {
            return None;
        }
        if matches!(self.name.as_str(), "Query" | "Mutation" | "Subscription" | "Main" | "Program" | "Config" | "Meta")
        {
            return None;
        }
        let mut fields = Vec::new();
        let mut methods = 0;
        for (_, line) in body {
            match self.member(line, info) {
                Some(field) if !fields.iter().any(|known: &Field| known.name == field.name) => fields.push(field),
                Some(_) => {}
                None => methods += usize::from(is_method(line)),
            }
        }
        let data = self.is_data(decorators, rest);
        let passive = methods == 0 || fields.len() > methods;
        let believed = data || (passive && !is_actor(&self.name));
        (believed && !fields.is_empty() && !self.name.ends_with("Props")).then_some(fields)
    }

    /// Whether what follows the name opens a body that holds fields.
    fn opens(&self, body: &[(usize, &str)], rest: &str, bases: &str) -> bool {
        match self.kind.as_str() {
            "type" => rest.starts_with("struct") || rest.starts_with(['=', '{', '<']) || rest.starts_with("implements"),
            "message" | "input" | "model" | "table" | "Table" | "entity" => rest.contains('{'),
            _ => {
                let acts =
                    ["Exception", "Error", "RuntimeException"].iter().any(|word| bases.trim_end().ends_with(word));
                !body.is_empty() && !acts
            }
        }
    }

    /// Whether kind, decorators or bases say that it is data.
    fn is_data(&self, decorators: &str, rest: &str) -> bool {
        const MARKS: [&str; 9] =
            ["dataclass", "@attr", "@define", "@Entity", "@Data", "@Table", "@Document", "derive(", "[Table"];
        const BASES: [&str; 9] = [
            "BaseModel",
            "TypedDict",
            "NamedTuple",
            "SQLModel",
            "models.Model",
            "db.Model",
            "(Base)",
            "Schema",
            "DeclarativeBase",
        ];
        let held = !matches!(self.kind.as_str(), "class" | "interface" | "struct" | "type") || rest.contains("Enum");
        held || MARKS.iter().any(|mark| decorators.contains(mark)) || BASES.iter().any(|base| rest.contains(base))
    }

    fn member(&self, line: &str, info: &str) -> Option<Field> {
        let bare = line.trim();
        if bare.is_empty() || bare.len() > 600 || bare.starts_with(['#', '/', '"', '}', ')']) && !bare.starts_with("\"")
        {
            return None;
        }
        let listed = self.kind.starts_with("enum") || (self.is_python() && self.rest.contains("Enum"));
        if listed {
            return enum_value(bare);
        }
        if self.is_python() {
            return python_field(line);
        }
        match self.kind.as_str() {
            "message" => typed_field(line),
            "model" | "table" | "Table" => named_field(line),
            "type" if self.rest.trim_start().starts_with("struct") => go_field(line),
            _ if matches!(info, "go" | "golang") => go_field(line),
            _ => colon_field(line).or_else(|| typed_field(line)),
        }
    }
}

/// `ACTIVE = 0;`, `Active,`, `ACTIVE = "active"`.
fn enum_value(bare: &str) -> Option<Field> {
    let name = bare.split([' ', '=', ',', ';', '(', '{', ':']).next().unwrap_or_default();
    let plain = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (plain && name != "def" && name != "return").then(|| Field { name: name.to_owned(), ..Field::default() })
}

fn is_method(line: &str) -> bool {
    let bare = line.trim_start();
    bare.starts_with("def ")
        || bare.starts_with("async def ")
        || bare.starts_with("fn ")
        || bare.starts_with("func ")
        || (bare.contains('(') && !bare.starts_with(['@', '[', '/', '#', '*', '"']))
}

fn docstring(body: &[(usize, &str)]) -> String {
    let first = body.iter().map(|(_, line)| line.trim()).find(|line| !line.is_empty()).unwrap_or_default();
    let text = first.strip_prefix("\"\"\"").map(|rest| rest.trim_end_matches("\"\"\"").trim()).unwrap_or_default();
    text.chars().take(300).collect()
}

/// The lines indented below a Python class, those of its own level only.
fn python_body<'a>(lines: &[&'a str], at: usize) -> Vec<(usize, &'a str)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[at]);
    let mut inner = None;
    let mut found = Vec::new();
    let mut quoted = false;
    for (number, line) in lines.iter().enumerate().skip(at + 1) {
        if line.trim().is_empty() {
            continue;
        }
        let depth = indent(line);
        if depth <= own {
            break;
        }
        let inner = *inner.get_or_insert(depth);
        let marks = line.matches("\"\"\"").count();
        if depth == inner && (!quoted || found.is_empty()) {
            found.push((number, *line));
        }
        if marks % 2 == 1 {
            quoted = !quoted;
        }
    }
    found
}

/// The members between the brackets that a head opens, those of the first level only; one line may hold them all.
fn bracket_body<'a>(lines: &[&'a str], at: usize) -> Vec<(usize, &'a str)> {
    const MOST: usize = 400;
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut pair: Option<(u8, u8)> = None;
    for (number, line) in lines.iter().enumerate().skip(at).take(MOST) {
        let before = depth;
        let mut start = 0;
        for (offset, byte) in line.bytes().enumerate() {
            if pair.is_none() && matches!(byte, b'{' | b'(') {
                pair = Some(if byte == b'{' { (b'{', b'}') } else { (b'(', b')') });
            }
            let Some((open, close)) = pair else { continue };
            if byte == open {
                depth += 1;
                start = if depth == 1 { offset + 1 } else { start };
            } else if byte == close && depth > 0 {
                depth -= 1;
                if depth == 0 {
                    let from = if before == 0 { start } else { 0 };
                    found.extend(members(&line[from..offset]).map(|part| (number, part)));
                    return found;
                }
            }
        }
        if before == 1 {
            found.extend(member_line(line).map(|part| (number, part)));
        } else if before == 0 && depth == 1 && pair.is_some() {
            found.extend(members(&line[start..]).map(|part| (number, part)));
        } else if pair.is_none() && number > at + 1 {
            break;
        }
    }
    found
}

fn members(text: &str) -> impl Iterator<Item = &str> {
    split_top(text, |rest| usize::from(rest.starts_with([',', ';']))).into_iter().filter(|part| !part.trim().is_empty())
}

/// A line with one member stays whole (its comment too); one with several is split.
fn member_line(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or(line).trim_end().trim_end_matches([',', ';']);
    let several =
        code.contains([',', ';']) && split_top(code, |rest| usize::from(rest.starts_with([',', ';']))).len() > 1;
    let generic = code.contains('<') || code.contains('`') || code.contains("get;");
    let parts = if several && !generic { members(line).collect() } else { vec![line] };
    parts.into_iter()
}

fn colon_field(line: &str) -> Option<Field> {
    let hit = COLON.captures(line)?;
    let (type_name, note) = cut_comment(&hit["type"]);
    let type_name = type_name.split(" = ").next().unwrap_or(type_name);
    let type_name = type_name.trim().trim_end_matches([',', ';']).trim_end();
    let reserved = ["return", "default", "case", "public", "private", "constructor", "fn", "func", "def"];
    if type_name.contains("=>") || type_name.ends_with('{') && type_name.len() > 1 || reserved.contains(&&hit["name"]) {
        return None;
    }
    let mut field = Field { name: hit["name"].to_owned(), ..Field::default() };
    set_type(&mut field, if type_name == "{" { "object" } else { type_name });
    match &hit["mark"] {
        "?" => field.required = Some(false),
        "!" => field.required = Some(true),
        _ => {}
    }
    if let Some(inner) = type_name.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        field.required = Some(false);
        field.refers_to = super::super::grammar::fields::referred_model(inner);
    }
    if type_name.contains("| null") || type_name.contains("| undefined") {
        field.required = Some(false);
    }
    add_note(&mut field, note);
    Some(field)
}

fn cut_comment(text: &str) -> (&str, &str) {
    let at = ["//", " # ", "/*"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    (text[..at].trim(), text[at..].trim_matches(|l: char| matches!(l, '/' | '#' | '*') || l.is_whitespace()))
}

fn typed_field(line: &str) -> Option<Field> {
    let (code, note) = cut_comment(line);
    let hit = TYPED.captures(code)?;
    let type_name = &hit["type"];
    let words = [
        "return", "class", "import", "package", "using", "new", "public", "private", "oneof", "reserved", "enum",
        "throw", "else",
    ];
    if words.contains(&type_name) {
        return None;
    }
    let mut field = Field { name: hit["name"].to_owned(), ..Field::default() };
    set_type(&mut field, type_name);
    if code.contains("repeated ") {
        field.type_name = field.type_name.map(|name| name + "[]");
    }
    if code.contains("optional ") {
        field.required = Some(false);
    }
    if code.contains("@NotNull") || code.contains("[Required]") || code.contains("required ") {
        field.required = Some(true);
    }
    add_note(&mut field, note);
    Some(field)
}

fn go_field(line: &str) -> Option<Field> {
    let hit = GO.captures(line)?;
    let tag = hit.name("tag").map(|tag| tag.as_str()).unwrap_or_default();
    let wire = tag.split("json:\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let mut wire = wire.split(',');
    let name = wire.next().filter(|name| !name.is_empty() && *name != "-").unwrap_or(&hit["name"]).to_owned();
    let mut field = Field { name, ..Field::default() };
    let written = &hit["type"];
    field.type_name = Some(written.to_owned());
    let element = written.trim_start_matches(['*', '[', ']']);
    field.refers_to = super::super::grammar::fields::referred_model(element).filter(|_| !element.contains('.'));
    if wire.any(|word| word == "omitempty") || written.starts_with('*') {
        field.required = Some(false);
    }
    add_note(&mut field, hit.name("note").map(|note| note.as_str()).unwrap_or_default());
    Some(field)
}

/// `name Type @marks` (Prisma), `name type [marks]` (DBML).
fn named_field(line: &str) -> Option<Field> {
    let (code, note) = cut_comment(line);
    if code.trim_start().starts_with("@@") || code.contains("Indexes") || code.trim_start().starts_with("Note") {
        return None;
    }
    let hit = NAMED.captures(code)?;
    let mut field = Field { name: hit["name"].to_owned(), ..Field::default() };
    set_type(&mut field, &hit["type"]);
    let marks = hit.name("rest").map(|rest| rest.as_str().trim()).unwrap_or_default();
    if marks.contains("@id") || marks.contains("pk") || marks.contains("not null") || marks.contains("primary key") {
        field.required = Some(true);
    }
    if let Some(target) = marks.split("ref:").nth(1) {
        let target = target.trim_start_matches(['>', '<', '-', ' ']).split(['.', ']', ',']).next().unwrap_or_default();
        field.refers_to = Some(target.trim().to_owned()).filter(|target| !target.is_empty());
    }
    if marks.contains("@unique") || marks.contains("unique") {
        add_note(&mut field, "unique");
    }
    add_note(&mut field, note);
    Some(field)
}

fn python_field(line: &str) -> Option<Field> {
    if let Some(hit) = PYTHON_COLUMN.captures(line) {
        let rest = &hit["rest"];
        let first = rest.split([',', ')']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        let call = &hit["call"];
        let relation = matches!(call, "ForeignKey" | "OneToOneField" | "ManyToManyField" | "relationship");
        let type_name = if matches!(call, "Column" | "mapped_column") || relation { first } else { call };
        let mut field = Field { name: hit["name"].to_owned(), ..Field::default() };
        field.type_name =
            Some(type_name.split('(').next().unwrap_or(type_name).to_owned()).filter(|name| !name.is_empty());
        field.refers_to = relation.then(|| first.to_owned()).filter(|name| !name.is_empty());
        if let Some(target) = rest.split("ForeignKey(").nth(1) {
            let target = target.trim_start_matches(['"', '\'']).split(['.', '"', '\'']).next().unwrap_or_default();
            field.refers_to = Some(target.to_owned()).filter(|target| !target.is_empty());
        }
        let required = rest.contains("nullable=False") || rest.contains("primary_key=True");
        field.required = if required { Some(true) } else { rest.contains("null=True").then_some(false) };
        return Some(field);
    }
    let hit = PYTHON_FIELD.captures(line)?;
    let name = &hit["name"];
    if name == "model_config"
        || line.trim_start().starts_with(['@', '"'])
        || matches!(name, "class" | "def" | "else" | "try")
    {
        return None;
    }
    let written = hit["type"].trim();
    let mut field = Field { name: name.to_owned(), ..Field::default() };
    let optional = written.strip_prefix("Optional[").and_then(|rest| rest.strip_suffix(']'));
    let bare = optional.or_else(|| written.strip_suffix("| None")).or_else(|| written.strip_prefix("None |"));
    set_type(&mut field, bare.unwrap_or(written).trim());
    if bare.is_some() {
        field.required = Some(false);
    }
    if let Some(default) = hit.name("default").map(|found| found.as_str().trim()).filter(|text| text.len() < 60) {
        if default == "None" {
            field.required = Some(false);
        } else if !default.starts_with("Field(") && !default.starts_with("field(") {
            add_note(&mut field, &format!("default {default}"));
        }
    }
    add_note(&mut field, hit.name("note").map(|note| note.as_str()).unwrap_or_default());
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each model as `Name: field type?! >target`.
    fn check(code: &str, info: &str, expected: &[&str]) {
        let seen: Vec<String> = models(code, info)
            .into_iter()
            .map(|model| {
                let fields = model.fields.into_iter().map(|field| {
                    let mark = match field.required {
                        Some(true) => "!",
                        Some(false) => "?",
                        None => "",
                    };
                    let target = field.refers_to.map(|target| format!(" >{target}")).unwrap_or_default();
                    format!("{} {}{mark}{target}", field.name, field.type_name.unwrap_or_default())
                });
                format!("{}: {}", model.name, fields.collect::<Vec<_>>().join(", "))
            })
            .collect();
        assert_eq!(seen, expected, "{code}");
    }

    #[test]
    fn python() {
        check(
            "@dataclass\nclass Loan:\n    \"\"\"A loan.\"\"\"\n    id: UUID\n    tool: Tool\n    due: Optional[date] = None  # when\n    def late(self) -> bool: ...\n\nclass Loans(Protocol):\n    name: str\nclass LoanService:\n    store: Store\n    def a(self): ...\n",
            "python",
            &["Loan: id UUID, tool Tool >Tool, due date?"],
        );
        check(
            "class U(Base):\n    __tablename__ = 'u'\n    id = Column(Integer, primary_key=True)\n    t = Column(ForeignKey('teams.id'))\n",
            "python",
            &["U: id Integer!, t ForeignKey >teams"],
        );
        check(
            "class Slice(Protocol):\n    @property\n    def id(self) -> str: ...\nclass E(Exception):\n    a: int\n",
            "python",
            &[],
        );
    }

    #[test]
    fn typescript() {
        check(
            "export interface User {\n  id: string;\n  team?: Team; // none\n  tags: string[],\n}\ntype P = { a: number; b?: string };\ninterface UserService { get(id: string): User }\ntype S = 'a' | 'b'",
            "ts",
            &["User: id string, team Team? >Team, tags string[]", "P: a number, b string?"],
        );
    }

    #[test]
    fn go_rust_and_java() {
        check(
            "type User struct {\n\tID string `json:\"id\"`\n\tTeam *Team `json:\"team,omitempty\"` // none\n}",
            "go",
            &["User: id string, team *Team? >Team"],
        );
        check(
            "pub struct User {\n    pub id: Uuid,\n    team: Option<Team>,\n}",
            "rust",
            &["User: id Uuid, team Option<Team>? >Team"],
        );
        check(
            "@Data\npublic class UserDTO {\n  @NotNull\n  private String id;\n  private List<Item> items;\n}\nrecord Point(int x, int y) {}",
            "java",
            &["UserDTO: id String, items List<Item> >Item", "Point: x int, y int"],
        );
        check(
            "public class A { public int Id { get; set; }\n public string Name { get; set; }\n}",
            "csharp",
            &["A: Id int, Name string"],
        );
    }

    #[test]
    fn schema_languages() {
        check(
            "message User {\n  string id = 1;\n  repeated Tag tags = 2;\n}",
            "proto",
            &["User: id string, tags Tag[] >Tag"],
        );
        check(
            "type User {\n  id: ID!\n  posts(first: Int): [Post!]!\n}\ntype Query {\n  me: User\n}",
            "graphql",
            &["User: id ID!, posts [Post!]! >Post"],
        );
        check(
            "model User {\n  id Int @id\n  posts Post[]\n  @@index([id])\n}",
            "prisma",
            &["User: id Int!, posts Post[] >Post"],
        );
    }
}
