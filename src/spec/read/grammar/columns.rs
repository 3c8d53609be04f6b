//! What the columns of a table hold, by their headers in several languages, and fields out of the rows below them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::super::document::{Document, NodeId, NodeKind};
use super::super::super::item::Field;
use super::super::super::span::Span;
use super::fields::{add_note, is_identifier, set_type};

/// Most columns of a table that are read.
const MOST_COLUMNS: usize = 40;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Column {
    /// An id of the row.
    Id,
    /// A method of HTTP.
    Method,
    /// A path; `true` when the header says that it is one of an interface, and not of a file.
    Path(bool),
    /// The name of a field or parameter.
    Field,
    /// A type.
    Type,
    /// Whether it must be there.
    Required,
    /// A default value.
    Default,
    /// What it is.
    Description,
    /// What is sent.
    Request,
    /// What comes back.
    Response,
    /// Status codes.
    Status,
    /// Where a parameter stands: path, query, body.
    Place,
    /// Anything else.
    Other,
}

/// A table as rows of cells.
#[derive(Debug, Default)]
pub(in super::super) struct Rows<'a> {
    /// What each column holds.
    pub(in super::super) columns: Vec<Column>,
    /// The headers, in lower case.
    pub(in super::super) headers: Vec<String>,
    /// The rows below the header: plain texts of the cells, and the bytes of the row.
    pub(in super::super) rows: Vec<(Vec<&'a str>, Span)>,
}

impl<'a> Rows<'a> {
    /// Reads a table.
    pub(in super::super) fn of(document: &'a Document, table: NodeId) -> Self {
        let mut read = Self::default();
        for row in document.children(table) {
            let cells = document.children(row).take(MOST_COLUMNS).map(|cell| document.plain(cell).trim()).collect();
            if document.node(row).kind == NodeKind::TableHead {
                let cells: Vec<&str> = cells;
                read.headers = cells.iter().map(|header| header_key(header)).collect();
                read.columns = read.headers.iter().map(|header| column(header)).collect();
            } else {
                read.rows.push((cells, document.node(row).span));
            }
        }
        read
    }

    /// The place of the first column of a kind.
    pub(in super::super) fn find(&self, kind: Column) -> Option<usize> {
        self.columns.iter().position(|column| *column == kind)
    }

    /// The place of the first column with a path.
    pub(in super::super) fn path(&self) -> Option<(usize, bool)> {
        self.columns.iter().enumerate().find_map(|(at, column)| match column {
            Column::Path(certain) => Some((at, *certain)),
            _ => None,
        })
    }

    /// Whether the rows are fields: a column with names, and one with types or duties.
    pub(in super::super) fn are_fields(&self) -> bool {
        let named = self.find(Column::Field).is_some() || self.columns.first() == Some(&Column::Other);
        let typed = self.find(Column::Type).is_some();
        let field = self.find(Column::Field).is_some();
        named
            && (typed
                || (field && self.find(Column::Required).is_some())
                || (field && self.find(Column::Description).is_some()))
    }

    /// The fields that the rows are, each with the bytes of its row and where it is said to stand.
    pub(in super::super) fn fields(&self) -> Vec<(Field, &'a str)> {
        let name = self.find(Column::Field).unwrap_or(0);
        let cell =
            |cells: &[&'a str], kind: Column| self.find(kind).and_then(|at| cells.get(at).copied()).unwrap_or_default();
        let mut found = Vec::new();
        for (cells, _) in &self.rows {
            let written = cells
                .get(name)
                .copied()
                .unwrap_or_default()
                .trim_start_matches(['»', '›', '+', '-', '└', '─', ' ', '├', '│']);
            let bare = written.trim_matches(['`', '*', '"']).trim();
            let optional = bare.ends_with('?');
            let bare = bare.trim_end_matches(['?', '*']).trim();
            let first = bare.split(" (").next().unwrap_or(bare).trim();
            let plain = !first.is_empty() && first.len() <= 80 && first.split(' ').count() <= 4;
            if !plain {
                continue;
            }
            let mut field = Field { name: first.to_owned(), ..Field::default() };
            field.required = optional.then_some(false);
            let type_name = cell(cells, Column::Type);
            if !matches!(type_name, "-" | "—" | "/") {
                set_type(&mut field, &type_name.replace('\\', ""));
            }
            if let Some(required) = required(cell(cells, Column::Required)) {
                field.required = Some(required);
            }
            let default = cell(cells, Column::Default);
            if !matches!(default, "" | "-" | "—" | "/" | "无") {
                add_note(&mut field, &format!("default {default}"));
            }
            add_description(&mut field, cell(cells, Column::Description));
            found.push((field, cell(cells, Column::Place)));
        }
        found
    }
}

/// A description says more than a note, so only its first words say whether the field must be there.
fn add_description(field: &mut Field, text: &str) {
    let lower = text.get(..text.len().min(24)).unwrap_or_default().to_lowercase();
    let says = lower.starts_with("optional") || lower.starts_with("required") || lower.starts_with("可选");
    let before = field.required;
    add_note(field, text);
    if !says || before.is_some() {
        field.required = before;
    }
    if field.refers_to.is_none()
        && let Some(target) = foreign_key(text)
    {
        field.refers_to = Some(target);
    }
}

/// The table that `FK -> users.id`, `references users(id)` or `foreign key to users` names.
fn foreign_key(text: &str) -> Option<String> {
    const MARKS: [&str; 8] =
        ["fk ->", "fk →", "fk→", "fk to ", "fk: ", "references ", "foreign key to ", "foreign key -> "];
    let lower = text.to_ascii_lowercase();
    let (at, mark) = MARKS.iter().find_map(|mark| lower.find(mark).map(|at| (at, mark)))?;
    let rest = text.get(at + mark.len()..)?.trim_start().trim_start_matches('`');
    let name = rest.split(['.', '(', ' ', ',', ';', ')', '`']).next().unwrap_or_default();
    (is_identifier(name) && name.len() > 1).then(|| name.to_owned())
}

fn required(text: &str) -> Option<bool> {
    const YES: [&str; 14] =
        ["yes", "y", "true", "required", "是", "必须", "必填", "ja", "oui", "sí", "да", "✓", "✅", "not null"];
    const NO: [&str; 13] =
        ["no", "n", "false", "optional", "否", "可选", "选填", "nein", "non", "нет", "❌", "✗", "null"];
    let text = text.trim().trim_matches(['`', '*']).to_lowercase();
    let first = text.split([',', ';', '(']).next().unwrap_or_default().trim();
    if YES.contains(&first) { Some(true) } else { NO.contains(&first).then_some(false) }
}

/// A header as it is compared: lower case, letters and digits with single spaces.
pub(in super::super) fn header_key(header: &str) -> String {
    let words = header.split(|letter: char| !letter.is_alphanumeric() && letter != '#');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The headers of columns, as [`header_key`] gives them. A header that stands twice counts at its first place.
const HEADERS: &[(Column, &[&str])] = &[
    (Column::Id, &["id", "#", "no", "nr", "编号", "序号", "ref"]),
    (
        Column::Method,
        &[
            "method",
            "http method",
            "verb",
            "http verb",
            "request method",
            "http",
            "methods",
            "http methods",
            "方法",
            "请求方式",
            "请求方法",
            "http方法",
            "请求类型",
            "methode",
            "http methode",
            "méthode",
            "méthode http",
            "método",
            "método http",
            "метод",
            "メソッド",
            "动词",
        ],
    ),
    (
        Column::Path(true),
        &[
            "endpoint",
            "endpoints",
            "api endpoint",
            "api",
            "api path",
            "route",
            "routes",
            "api route",
            "接口",
            "接口地址",
            "请求路径",
            "请求url",
            "请求地址",
            "接口路径",
            "接口url",
            "api路径",
            "api接口",
            "endpunkt",
            "эндпоинт",
            "エンドポイント",
            "request url",
            "request path",
            "http request",
            "operation",
            "api url",
            "endpoint url",
            "endpoint path",
            "method path",
            "method url",
            "method endpoint",
            "rest endpoint",
            "rest api",
            "webhook",
            "point d accès",
            "method and path",
        ],
    ),
    (
        Column::Path(false),
        &[
            "path",
            "url",
            "uri",
            "resource",
            "url path",
            "resource path",
            "路径",
            "地址",
            "路由",
            "pfad",
            "chemin",
            "ruta",
            "rota",
            "url地址",
            "путь",
            "パス",
            "uri path",
            "relative path",
            "url pattern",
            "resource url",
        ],
    ),
    (
        Column::Field,
        &[
            "field",
            "fields",
            "attribute",
            "property",
            "column",
            "name",
            "parameter",
            "param",
            "key",
            "字段",
            "字段名",
            "字段名称",
            "名称",
            "参数",
            "参数名",
            "参数名称",
            "属性",
            "列名",
            "变量名",
            "feld",
            "attribut",
            "eigenschaft",
            "spalte",
            "parametername",
            "champ",
            "propriété",
            "campo",
            "atributo",
            "поле",
            "имя",
            "параметр",
            "项目",
            "フィールド",
            "名前",
            "field name",
            "column name",
            "attribute name",
            "parameters",
            "property name",
            "parameter name",
            "nom",
            "nombre",
            "variable",
            "member",
            "json key",
            "参数字段",
        ],
    ),
    (
        Column::Type,
        &[
            "type",
            "data type",
            "datatype",
            "类型",
            "数据类型",
            "字段类型",
            "参数类型",
            "typ",
            "datentyp",
            "type de données",
            "tipo",
            "tipo de dato",
            "тип",
            "型",
            "field type",
            "column type",
            "sql type",
            "format",
            "schema",
        ],
    ),
    (
        Column::Required,
        &[
            "required",
            "mandatory",
            "optional required",
            "req",
            "是否必须",
            "是否必填",
            "必填",
            "必须",
            "必选",
            "是否必选",
            "是否必需",
            "pflicht",
            "obligatoire",
            "requis",
            "obligatorio",
            "requerido",
            "обязательный",
            "required optional",
            "必需",
            "nullable",
            "null",
            "非空",
            "not null",
            "是否为空",
            "允许空",
        ],
    ),
    (
        Column::Default,
        &["default", "default value", "默认值", "默认", "standard", "defaultwert", "standardwert", "valor por defecto"],
    ),
    (
        Column::Description,
        &[
            "description",
            "desc",
            "purpose",
            "summary",
            "notes",
            "note",
            "comment",
            "comments",
            "meaning",
            "details",
            "function",
            "action",
            "usage",
            "explanation",
            "备注",
            "说明",
            "描述",
            "注释",
            "含义",
            "功能",
            "解释",
            "接口描述",
            "参数说明",
            "字段说明",
            "beschreibung",
            "bedeutung",
            "zweck",
            "bemerkung",
            "descripción",
            "descrição",
            "описание",
            "назначение",
            "説明",
            "功能描述",
            "接口说明",
            "remarks",
            "remark",
            "constraints",
        ],
    ),
    (
        Column::Request,
        &[
            "request",
            "request body",
            "body",
            "input",
            "payload",
            "请求",
            "请求参数",
            "请求体",
            "anfrage",
            "запрос",
            "requête",
            "parameters body",
            "request schema",
        ],
    ),
    (
        Column::Response,
        &[
            "response",
            "responses",
            "returns",
            "output",
            "result",
            "response body",
            "返回",
            "响应",
            "返回值",
            "返回参数",
            "antwort",
            "réponse",
            "respuesta",
            "ответ",
            "レスポンス",
            "response schema",
        ],
    ),
    (
        Column::Status,
        &[
            "success",
            "failure",
            "status",
            "code",
            "status code",
            "status codes",
            "http status",
            "http code",
            "codes",
            "errors",
            "error codes",
            "状态码",
            "返回码",
            "statuscode",
            "http status code",
            "http状态码",
            "error",
            "success code",
            "failure codes",
            "错误码",
        ],
    ),
    (
        Column::Place,
        &["in", "location", "place", "位置", "参数位置", "传参方式", "parameter type", "where", "请求类型位置"],
    ),
];

static BY_HEADER: LazyLock<HashMap<&'static str, Column>> =
    LazyLock::new(|| HEADERS.iter().flat_map(|(column, words)| words.iter().map(|word| (*word, *column))).collect());

/// What a column with this header holds.
pub(in super::super) fn column(header: &str) -> Column {
    BY_HEADER.get(header).copied().unwrap_or(Column::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let document = Document::parse(text).unwrap();
        let table = document.nodes().find(|(_, node)| node.kind == NodeKind::Table).unwrap().0;
        let rows = Rows::of(&document, table);
        assert!(rows.are_fields(), "{text}");
        let seen: Vec<String> = rows
            .fields()
            .into_iter()
            .map(|(field, _)| {
                format!("{} {} {:?} {}", field.name, field.type_name.unwrap_or_default(), field.required, field.note)
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn field_tables_of_several_languages() {
        check(
            "| Field | Type | Required | Description |\n|-|-|-|-|\n| `id` | uuid | yes | The id |\n| a? | int | | |\n",
            &["id uuid Some(true) The id", "a int Some(false) "],
        );
        check(
            "| 名称 | 类型 | 是否必须 | 默认值 | 备注 |\n|-|-|-|-|-|\n| data | List\\<A\\> | 否 | / | 数据 |\n",
            &["data List<A> Some(false) 数据"],
        );
        check(
            "| Feld | Typ | Beschreibung |\n|-|-|-|\n| name | Text | optional, Name |\n",
            &["name Text Some(false) optional, Name"],
        );
    }

    #[test]
    fn foreign_keys_in_descriptions() {
        assert_eq!(foreign_key("FK -> users.id"), Some("users".to_owned()));
        assert_eq!(foreign_key("references `loans`"), Some("loans".to_owned()));
        assert_eq!(foreign_key("a key"), None);
    }
}
