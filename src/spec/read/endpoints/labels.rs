//! Labelled lines: "Request URL: /x", "**Method**: GET", "请求方式：GET、POST", a label alone with its value below.
//! Collects path and method as they come, in either order, and says when both are known.

use super::super::super::span::Span;
use super::super::grammar::path::{self, FoundPath};

/// What a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// A path follows; `true` when the word says that it is one of an interface.
    Path(bool),
    /// A method follows.
    Method,
    /// What the endpoint does.
    Description,
    /// What is sent.
    Request,
    /// What comes back.
    Response,
    /// What comes back when it fails.
    Errors,
    /// Parameters.
    Parameters,
}

/// The label with which a line begins, and what follows it. A label alone on its line has an empty value.
pub(super) fn read(line: &str) -> Option<(Label, &str)> {
    let marks = |letter: char| {
        letter.is_whitespace() || matches!(letter, '*' | '`' | '-' | '+' | '>' | '#' | '_' | '•' | '|' | '【')
    };
    let bare = line.trim_start_matches(marks);
    let colon = bare.char_indices().take(40).find(|(_, letter)| matches!(letter, ':' | '：' | '】' | '|'));
    let (word, value) = match colon {
        Some((at, mark)) => (&bare[..at], &bare[at + mark.len_utf8()..]),
        None if bare.chars().count() <= 30 => (bare, ""),
        None => return None,
    };
    let label = label(word)?;
    Some((
        label,
        value.trim_start_matches([':', '：']).trim_matches(|l: char| l.is_whitespace() || matches!(l, '*' | '_')),
    ))
}

/// What a word or short phrase announces as a label.
pub(super) fn label(word: &str) -> Option<Label> {
    let mut key = String::with_capacity(word.len());
    for letter in word.chars() {
        if letter.is_alphanumeric() {
            key.extend(letter.to_lowercase());
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
    }
    let key = key.trim_end().trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
    Some(match key {
        "endpoint"
        | "api endpoint"
        | "request url"
        | "request uri"
        | "request path"
        | "api path"
        | "api url"
        | "route"
        | "http request"
        | "请求url"
        | "请求地址"
        | "请求路径"
        | "接口地址"
        | "接口路径"
        | "接口url"
        | "请求接口"
        | "api地址"
        | "请求uri"
        | "接口请求地址"
        | "endpunkt"
        | "エンドポイント"
        | "эндпоинт"
        | "webhook url"
        | "callback url"
        | "api"
        | "endpoint url"
        | "调用地址"
        | "请求的url"
        | "point d accès"
        | "api route"
        | "rest endpoint"
        | "api接口" => Label::Path(true),
        "url" | "uri" | "path" | "resource" | "路径" | "地址" | "url地址" | "路由" | "pfad" | "chemin" | "ruta"
        | "путь" | "パス" | "adresse" | "url path" | "接口" | "resource url" | "resource path" | "url structure" => {
            Label::Path(false)
        }
        "method" | "http method" | "verb" | "http verb" | "request method" | "request type" | "请求方式"
        | "请求方法" | "方法" | "请求类型" | "http方法" | "http请求方式" | "methode" | "http methode" | "méthode"
        | "método" | "метод" | "メソッド" | "接口请求方式" | "提交方式" | "http请求方法" | "调用方式" | "methods"
        | "méthode http" => Label::Method,
        "description" | "summary" | "purpose" | "接口描述" | "描述" | "简要描述" | "接口说明" | "功能" | "功能描述"
        | "beschreibung" | "zweck" | "descripción" | "описание" | "功能说明" | "接口功能" => {
            Label::Description
        }
        "request" | "request body" | "body" | "payload" | "request payload" | "input" | "请求体" | "请求示例"
        | "请求参数示例" | "anfrage" | "requête" | "example request" | "sample request" | "请求"
        | "request example" | "request schema" | "body params" | "body parameters" | "data params" | "请求body"
        | "入参" | "request format" | "request json" => Label::Request,
        "response" | "responses" | "returns" | "output" | "response body" | "success response" | "返回"
        | "返回示例" | "返回参数" | "返回结果" | "响应" | "响应示例" | "响应参数" | "antwort" | "réponse"
        | "example response" | "sample response" | "返回参数说明" | "返回数据" | "response example"
        | "response schema" | "返回值" | "出参" | "result" | "response format" | "success" | "返回说明"
        | "成功返回" | "response json" | "响应体" => Label::Response,
        "errors" | "error response" | "error responses" | "error" | "error codes" | "failure" | "错误" | "错误码"
        | "fehler" | "erreurs" | "status codes" | "状态码" | "possible errors" | "response codes"
        | "http status codes" => Label::Errors,
        "parameters" | "params" | "query parameters" | "path parameters" | "url parameters" | "query params"
        | "参数" | "请求参数" | "url params" | "path params" | "query" | "parameter" | "paramètres" | "parámetros"
        | "参数说明" | "请求参数说明" | "arguments" | "路径参数" | "查询参数" | "headers" | "header"
        | "request parameters" | "query string" => Label::Parameters,
        _ => return None,
    })
}

/// Path and method as labels name them, in one section.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The methods, once named.
    pub(super) methods: Vec<&'static str>,
    /// The path with the bytes of its line, once named, and whether its label is one of an interface.
    pub(super) path: Option<(FoundPath, Span, bool)>,
    /// The label whose value has yet to come.
    pub(super) awaited: Option<Label>,
}

impl Pending {
    /// Takes the value of a label in. Whether the value is one.
    pub(super) fn take(&mut self, label: Label, value: &str, span: Span) -> bool {
        let value = value.trim().trim_matches(['`', '*', '"', '<', ' ']).trim();
        match label {
            Label::Method => match path::methods(value.split(['(', '（']).next().unwrap_or(value)) {
                Some(methods) => self.methods = methods,
                None => return false,
            },
            Label::Path(certain) => {
                let word = value.split_whitespace().next().unwrap_or_default().trim_end_matches(['`', ':']);
                let (value, methods) = match path::methods(word) {
                    Some(methods) if value.len() > word.len() => {
                        (value[word.len()..].trim_start_matches(['`', ' ', ':']), methods)
                    }
                    _ => (value, Vec::new()),
                };
                let loose = if certain { path::read_loose(value) } else { path::read(value) };
                let Some(found) = loose.filter(|found| found.path != "/" || !found.hosted) else { return false };
                if !methods.is_empty() {
                    self.methods = methods;
                }
                self.path = Some((found, span, certain));
            }
            _ => return false,
        }
        true
    }

    /// Whether both are known.
    pub(super) fn is_complete(&self) -> bool {
        self.path.is_some() && !self.methods.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(Label, &str)>) {
        assert_eq!(read(line), expected, "{line}");
    }

    #[test]
    fn labels_of_several_languages() {
        check("请求URL：/a/b", Some((Label::Path(true), "/a/b")));
        check("- **Method:** GET", Some((Label::Method, "GET")));
        check("**请求方式：** ", Some((Label::Method, "")));
        check("`URL`: `/x`", Some((Label::Path(false), "`/x`")));
        check("Request URL", Some((Label::Path(true), "")));
        check("The method is good", None);
        check("see https://a.b", None);
    }

    #[test]
    fn both_orders_complete() {
        let mut pending = Pending::default();
        assert!(pending.take(Label::Method, "GET、POST", Span::default()));
        assert!(pending.take(Label::Path(true), "`http://host/a/{id}`", Span::default()));
        assert!(pending.is_complete());
        let mut pending = Pending::default();
        assert!(pending.take(Label::Path(true), "POST /x", Span::default()) && pending.is_complete());
        assert!(!pending.take(Label::Path(false), "see below", Span::default()));
    }
}
