//! Methods and paths of HTTP interfaces, as people write them: with or without host, with `{id}`, `<id>` or `:id`,
//! with a query. Knows nothing of documents: text in, path out. Every scan is linear in what it consumes.

use super::super::super::item::Field;

/// The methods that are read, in capitals.
pub(in super::super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Longest path that is believed, in bytes.
const LONGEST: usize = 300;

/// A path at the start of a text.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct FoundPath {
    /// Without host and query, placeholders as written.
    pub(in super::super) path: String,
    /// Parameters of its query, by name.
    pub(in super::super) query: Vec<Field>,
    /// Whether a host or a variable for one stood before it.
    pub(in super::super) hosted: bool,
    /// How many bytes of the text it takes up, with host and query.
    pub(in super::super) length: usize,
}

/// Reads the path with which `text` begins: `/a/{id}?x=1`, `https://host/a`, `{{base}}/a`, `localhost:80/a`.
pub(in super::super) fn read(text: &str) -> Option<FoundPath> {
    let host = host_length(text);
    let rest = &text[host..];
    let path = if rest.starts_with('/') { scan(rest) } else { 0 };
    let ended = host > 0 && path == 0;
    if (path == 0 && !ended) || rest.starts_with("//") {
        return None;
    }
    let written = if ended { "/" } else { &rest[..path] };
    Some(finish(text, written, host, path))
}

/// Like [`read`], but takes a path without leading slash too (`users/{id}`, `<location>`). Only for places that say
/// themselves that a path stands there: a column named Path, a line after a method.
pub(in super::super) fn read_loose(text: &str) -> Option<FoundPath> {
    if let Some(found) = read(text) {
        return Some(found);
    }
    let length = scan(text);
    let written = &text[..length];
    let placeholder = written.starts_with(['<', '{']) && written.ends_with(['>', '}']) && length > 3;
    let relative = written.contains('/') && written.starts_with(|first: char| first.is_ascii_alphanumeric());
    let words = written.split('/').all(|part| !part.is_empty() || written.ends_with('/'));
    (placeholder || (relative && words && !written.contains("//"))).then(|| finish(text, written, 0, length))
}

fn finish(text: &str, written: &str, host: usize, path: usize) -> FoundPath {
    let (query, query_length) = read_query(&text[host + path..]);
    let bare = template_query(written);
    FoundPath { path: bare.to_owned(), query, hosted: host > 0, length: host + path + query_length }
}

/// Cuts an RFC 6570 query (`/users{?page,limit}`, `/users[?page=]`) from a path.
fn template_query(path: &str) -> &str {
    let cut = ["{?", "{&", "[?", "(?"].iter().filter_map(|mark| path.find(mark)).min();
    &path[..cut.unwrap_or(path.len())]
}

/// How many bytes at the start name a scheme and host, or stand for them.
fn host_length(text: &str) -> usize {
    let scheme = ["https://", "http://", "wss://", "ws://"].into_iter();
    for prefix in scheme {
        if text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            return prefix.len() + authority(&text[prefix.len()..]);
        }
    }
    let variable = variable_length(text);
    if variable > 0 && text[variable..].starts_with('/') {
        return variable;
    }
    let bare = authority(text);
    let named = &text[..bare];
    let local = named.starts_with("localhost") || named.starts_with("127.0.0.1");
    let port = named.rsplit_once(':').is_some_and(|(name, port)| {
        !name.is_empty() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let dotted = named.split('.').count() >= 3
        && named.split('.').all(|part| !part.is_empty())
        && named.rsplit('.').next().is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()));
    if (local || port || dotted) && text[bare..].starts_with('/') { bare } else { 0 }
}

/// Length of a host name with port at the start: letters, digits, dots, dashes, or placeholders such as `{host}`.
fn authority(text: &str) -> usize {
    let mut at = 0;
    while at < text.len().min(LONGEST) {
        let rest = &text[at..];
        let first = rest.as_bytes()[0];
        if first.is_ascii_alphanumeric() || matches!(first, b'.' | b'-' | b':' | b'_' | b'@') {
            at += 1;
        } else if let Some(length) = placeholder(rest) {
            at += length;
        } else {
            break;
        }
    }
    at
}

/// Length of a variable that stands for a host at the start: `{{url}}`, `${API}`, `$BASE_URL`, `{baseUrl}`, `<host>`.
fn variable_length(text: &str) -> usize {
    let closed = |open: &str, close: &str| {
        let inner = text.strip_prefix(open)?;
        let end = inner.bytes().take(60).position(|byte| byte == close.as_bytes()[0])?;
        let name = inner.get(..end)?;
        (!name.is_empty() && inner[end..].starts_with(close)).then_some((open.len() + end + close.len(), name))
    };
    if let Some((length, _)) = closed("{{", "}}").or_else(|| closed("${", "}")) {
        return length;
    }
    if let Some(rest) = text.strip_prefix('$') {
        let name = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        return if name > 0 { name + 1 } else { 0 };
    }
    let named = closed("{", "}").or_else(|| closed("<", ">")).or_else(|| closed("[", "]"));
    named.filter(|(_, name)| stands_for_host(name)).map_or(0, |(length, _)| length)
}

fn stands_for_host(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["base", "host", "url", "server", "domain", "endpoint", "gateway", "origin", "ip"].iter().any(|word| {
        // "ip" inside "recipient" is no host
        if *word == "ip" { name == *word || name.starts_with("ip:") } else { name.contains(word) }
    })
}

/// How many bytes at the start are a path.
fn scan(text: &str) -> usize {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let first = rest.as_bytes()[0];
        let step = match first {
            b'{' | b'<' | b'[' | b'(' => match placeholder(rest) {
                Some(length) => length,
                None => break,
            },
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => 1,
            b'/' | b'-' | b'_' | b'.' | b'~' | b':' | b'@' | b'%' | b'+' | b'=' | b'*' | b'!' => 1,
            b'$' | b'&' if at > 0 => 1,
            _ => break,
        };
        at += step;
        if at > LONGEST {
            return 0;
        }
    }
    text[..at].trim_end_matches(['.', ',', ':', '!', '=', '&']).len()
}

/// Length of a placeholder at the start: `{id}`, `<name>`, `[slug]`, `(\d+)`, `{id:[0-9]{3}}`.
fn placeholder(text: &str) -> Option<usize> {
    let open = text.bytes().next()?;
    let close = match open {
        b'{' => b'}',
        b'<' => b'>',
        b'[' => b']',
        b'(' => b')',
        _ => return None,
    };
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(80) {
        match byte {
            _ if byte == open => depth += 1,
            _ if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return (at > 1).then_some(at + 1);
                }
            }
            b'\n' | b'`' | b'"' => return None,
            b' ' if open != b'{' && open != b'<' => return None,
            b'/' if open == b'<' && at == 1 => return None,
            _ => {}
        }
    }
    None
}

/// The query after a path: its parameters and how many bytes it takes.
fn read_query(text: &str) -> (Vec<Field>, usize) {
    let spaces = text.bytes().take_while(|byte| *byte == b' ').count();
    let Some(query) = text[spaces..].strip_prefix('?') else { return (Vec::new(), 0) };
    let padding = query.bytes().take_while(|byte| *byte == b' ').count();
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '`' | '"' | '\'' | '|' | ')' | '，' | '。');
    let end = query[padding..].find(ends).unwrap_or(query.len() - padding);
    let written = &query[padding..padding + end];
    if !written.contains('=') && (spaces > 0 || padding > 0) {
        return (Vec::new(), 0);
    }
    let mut found: Vec<Field> = Vec::new();
    for pair in written.split(['&', ',']).take(64) {
        let name = pair.split(['=', ']', '[']).find(|part| !part.is_empty()).unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
        if !name.is_empty() && name.bytes().all(plain) && !found.iter().any(|field| field.name == name) {
            found.push(Field { name: name.to_owned(), ..Field::default() });
        }
    }
    (found, spaces + 1 + padding + end)
}

/// What two paths are compared by: placeholders blanked, host, query and trailing slash dropped.
pub(in super::super) fn key(path: &str) -> String {
    let parts: Vec<String> = path.trim_end_matches('/').split('/').map(blanked).collect();
    let key = parts.join("/");
    if key.is_empty() { "/".to_owned() } else { key }
}

/// One part of a path with its placeholders blanked.
fn blanked(part: &str) -> String {
    if part.len() > 1 && part.starts_with(':') {
        return "{}".to_owned();
    }
    let (mut key, mut rest) = (String::with_capacity(part.len()), part);
    while let Some(open) = rest.find(['{', '<']) {
        let Some(length) = placeholder(&rest[open..]) else { break };
        key.push_str(&rest[..open]);
        key.push_str("{}");
        rest = &rest[open + length..];
    }
    key + rest
}

/// Whether `concrete` (a key, `/users/7`) is an instance of `template` (a key, `/users/{}`).
pub(in super::super) fn is_instance(concrete: &str, template: &str) -> bool {
    let (mut left, mut right) = (concrete.split('/'), template.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || b.contains("{}") => {}
            _ => return false,
        }
    }
}

/// Whether a path without a method is more likely one of an interface than of a file system, a document or prose.
pub(in super::super) fn looks_like_api(path: &str) -> bool {
    let mut parts = path.split('/').skip(1).filter(|part| !part.is_empty());
    let Some(first) = parts.next() else { return false };
    let named = first.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "_{<:.".contains(letter));
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    named && !is_file_root(first) && !has_file_ending(last)
}

/// Whether a path is only the root under which an interface stands: `/api`, `/api/v1`, `/v2`, `/rest/v1`.
pub(in super::super) fn is_base(path: &str) -> bool {
    let version = |part: &str| {
        let digits = part.strip_prefix(['v', 'V']).unwrap_or_default();
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
            || part.starts_with("{version")
            || part == "{v}"
    };
    path.split('/').filter(|part| !part.is_empty()).all(|part| {
        let part = part.trim_matches('*');
        part.is_empty() || version(part) || matches!(part.to_ascii_lowercase().as_str(), "api" | "apis" | "rest")
    })
}

fn is_file_root(part: &str) -> bool {
    const ROOTS: [&str; 26] = [
        "etc",
        "usr",
        "var",
        "home",
        "tmp",
        "opt",
        "bin",
        "sbin",
        "dev",
        "proc",
        "sys",
        "lib",
        "lib64",
        "mnt",
        "root",
        "srv",
        "boot",
        "run",
        "Users",
        "Library",
        "path",
        "src",
        "node_modules",
        "workspace",
        "mount",
        "media",
    ];
    ROOTS.contains(&part)
}

fn has_file_ending(part: &str) -> bool {
    const ENDINGS: [&str; 34] = [
        "md", "rs", "py", "js", "ts", "tsx", "jsx", "java", "go", "rb", "cs", "cpp", "c", "h", "sh", "sql", "yml",
        "yaml", "toml", "ini", "conf", "log", "txt", "db", "sqlite", "pem", "key", "crt", "env", "lock", "css", "tf",
        "zip", "gz",
    ];
    part.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && ENDINGS.contains(&ending))
}

/// The methods that a text consists of: `GET`, `` `GET` / `HEAD` ``, `GET、POST`, `get or post`. None when it holds
/// anything else.
pub(in super::super) fn methods(text: &str) -> Option<Vec<&'static str>> {
    let mut found = Vec::new();
    let separators = |letter: char| !letter.is_alphanumeric();
    for word in text.split(separators).filter(|word| !word.is_empty()) {
        if matches!(word, "or" | "and" | "oder" | "und" | "和" | "或" | "或者" | "ou" | "et" | "o" | "y" | "HTTP") {
            continue;
        }
        let method = METHODS.iter().find(|method| method.eq_ignore_ascii_case(word))?;
        if !found.contains(method) {
            found.push(*method);
        }
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).map(|found| found.path).as_deref(), expected, "{text}");
    }

    #[test]
    fn paths_lose_host_and_query() {
        check("/users/{id}?full=1 returns", Some("/users/{id}"));
        check("https://api.example.com/v1/users, and", Some("/v1/users"));
        check("{{baseUrl}}/v1/users/:id", Some("/v1/users/:id"));
        check("{base_url}/users", Some("/users"));
        check("http://{host}:{port}/a/b", Some("/a/b"));
        check("localhost:8000/items", Some("/items"));
        check("api.example.com/v2/x", Some("/v2/x"));
        check("https://example.com", Some("/"));
        check("/users{?page,limit}", Some("/users"));
        check("/v2/<name>/blobs/<digest>`", Some("/v2/<name>/blobs/<digest>"));
        check("/接口", Some("/"));
        check("/a/b。返回", Some("/a/b"));
        check("users/{id}", None);
        check("//comment", None);
        check("</div>", None);
        check("", None);
        assert_eq!(read_loose("<blob-push-location>?digest=<digest>").unwrap().path, "<blob-push-location>");
        assert_eq!(read_loose("users/{id}").unwrap().path, "users/{id}");
        assert_eq!(read_loose("word"), None);
    }

    #[test]
    fn queries_become_parameters() {
        let names = |text: &str| read(text).unwrap().query.into_iter().map(|field| field.name).collect::<Vec<_>>();
        assert_eq!(names("/log? from=&size=&from="), ["from", "size"]);
        assert_eq!(names("/tools?query={text}&limit=5`"), ["query", "limit"]);
        assert_eq!(names("/is it? yes"), Vec::<String>::new());
    }

    #[test]
    fn keys_blank_placeholders() {
        assert_eq!(key("/users/{id}/x/:name/"), "/users/{}/x/{}");
        assert_eq!(key("/v2/<name>/blobs"), "/v2/{}/blobs");
        assert_eq!(key("/"), "/");
        assert!(is_instance("/users/7", "/users/{}"));
        assert!(!is_instance("/users/7/x", "/users/{}"));
    }

    #[test]
    fn weak_paths_are_told_from_files() {
        assert!(looks_like_api("/health/live") && looks_like_api("/api/v1/x") && looks_like_api("/{id}"));
        assert!(!looks_like_api("/etc/hosts") && !looks_like_api("/docs/a.md") && !looks_like_api("/"));
        assert!(is_base("/api/v1") && is_base("/api") && !is_base("/api/v1/users"));
    }

    #[test]
    fn methods_are_a_whole_text() {
        assert_eq!(methods("`GET` / `HEAD`"), Some(vec!["GET", "HEAD"]));
        assert_eq!(methods("GET、POST"), Some(vec!["GET", "POST"]));
        assert_eq!(methods("post"), Some(vec!["POST"]));
        assert_eq!(methods("GET request"), None);
        assert_eq!(methods(" – "), None);
    }
}
