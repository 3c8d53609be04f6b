//! Reads endpoints out of code blocks line by line: `GET /users`, `curl -X POST https://host/users`,
//! `@app.get("/users")`, `router.post('/users', …)`, `@GetMapping("/users")`, messages of sequence diagrams.

use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Payload;
use super::super::grammar::path::{self, METHODS};
use super::super::grammar::payload::{Known, read_tail};
use super::{CodeEndpoint, openapi, value};

/// What kind of block it is, by its info string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Style {
    /// Text, HTTP, shell, or nothing said: lines may be requests.
    Plain,
    /// A diagram: labels may be requests.
    Diagram,
    /// A programming language: decorators and router calls.
    Program,
}

static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)(?-u:\b)[`*:\]\s]+(?:[`*]+)?")
        .expect("a constant pattern")
});
static ROUTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        @\w+\.(?P<deco>get|post|put|patch|delete|head|options|route|websocket|api_route)\s*\(\s*(?:path\s*=\s*|rule\s*=\s*)?["'`](?P<p1>[^"'`\n]*)["'`](?P<rest>[^\n]*)
        | \b(?P<recv>app|api|server|route|routes|router|fastify|blueprint|bp|mux|group|r|e|g|v1|api_v1|\w*[rR]outer|\w*[rR]outes|\w*_bp|\w*App)\.(?P<call>get|post|put|patch|delete|GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete|all|MapGet|MapPost|MapPut|MapPatch|MapDelete)\s*(?:<[^>\n]*>)?\(\s*["'`](?P<p2>/[^"'`\n]*)["'`]
        | @(?P<spring>Get|Post|Put|Patch|Delete|Request)Mapping\s*(?:\((?P<sargs>[^)\n]*)\))?
        | @(?P<nest>Get|Post|Put|Patch|Delete)\(\s*(?:["'`](?P<p4>[^"'`\n]*)["'`])?\s*\)
        | \[Http(?P<net>Get|Post|Put|Patch|Delete)(?:\(\s*"(?P<p5>[^"\n]*)"[^\]\n]*)?\)?\]
        | \.(?:HandleFunc|Handle)\(\s*"(?P<gomethod>(?:GET|POST|PUT|PATCH|DELETE)\s+)?(?P<p6>/[^"\n]*)"(?P<gorest>[^\n]*)
        | \.route\(\s*"(?P<p7>/[^"\n]*)"\s*,\s*(?P<axum>[^\n]*)
        | ^\s*(?P<rails>get|post|put|patch|delete)\s+["'](?P<p8>/[^"'\n]*)["']
        | APIRouter\(\s*[^)\n]*prefix\s*=\s*["'](?P<prefix>[^"'\n]+)["']
        | @Controller\(\s*["'`](?P<controller>[^"'`\n]+)["'`]\s*\)
        | \[Route\(\s*"(?P<netroute>[^"\n]+)"
        "#,
    )
    .expect("a constant pattern")
});
static QUOTED_PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"["']([^"'\n]*)["']"#).expect("a constant pattern"));
static METHOD_WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(get|post|put|patch|delete|head|options)(?-u:\b)").expect("a constant pattern")
});

/// Longest line that is read, in bytes: minified code and data are no routes.
const LONGEST_LINE: usize = 2_000;

/// The endpoints in a block.
pub(in super::super) fn endpoints(code: &str, style: Style, known: &Known) -> Vec<CodeEndpoint> {
    if !code.contains('/') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut prefix = String::new();
    let mut curl: Option<(usize, String)> = None;
    for (number, line) in code.lines().enumerate() {
        if line.len() > LONGEST_LINE {
            continue;
        }
        if let Some((first, mut command)) = curl.take() {
            command.push(' ');
            command.push_str(line.trim());
            if continues(line, &command) && command.len() < LONGEST_LINE {
                curl = Some((first, command));
            } else {
                found.extend(curl_request(&command, first));
            }
            continue;
        }
        match style {
            Style::Program => program_line(line, number, &mut prefix, &mut found),
            Style::Diagram => found.extend(request_line(line, number, known, true)),
            Style::Plain => {
                if line.contains("curl ") {
                    if continues(line, line) {
                        curl = Some((number, line.to_owned()));
                    } else {
                        found.extend(curl_request(line, number));
                    }
                } else {
                    found.extend(request_line(line, number, known, false));
                    if line.contains(['@', '.', '[']) {
                        program_line(line, number, &mut prefix, &mut found);
                    }
                }
            }
        }
    }
    if let Some((first, command)) = curl {
        found.extend(curl_request(&command, first));
    }
    if style != Style::Diagram {
        attach_body(code, &mut found);
    }
    found
}

/// Whether a command goes on: its line ends in a continuation mark, or a quote is open.
fn continues(line: &str, command: &str) -> bool {
    line.trim_end().ends_with(['\\', '^']) || command.matches('\'').count() % 2 == 1
}

/// `GET /users HTTP/1.1`, `POST https://host/users`, also after a comment mark, a bullet or the lines of a tree.
/// In diagrams the request may stand anywhere on the line.
fn request_line(line: &str, number: usize, known: &Known, anywhere: bool) -> Option<CodeEndpoint> {
    let hit = REQUEST.captures(line)?;
    let (whole, method) = (hit.get_match(), &hit[1]);
    let front = line[..whole.start()].trim_matches(|letter: char| !letter.is_alphanumeric());
    let listed = front.len() <= 6 && front.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !anywhere && !listed {
        return None;
    }
    let rest = &line[whole.end()..];
    let read = path::read(rest)?;
    let tail = rest[read.length..].trim_start_matches(['`', '*', '"', '\'', '|', ')', ']', '>', ' ', '\t']);
    let tail = tail.strip_prefix("HTTP/").map_or(tail, |rest| rest.trim_start_matches(|l: char| !l.is_whitespace()));
    let mut endpoint = openapi::bare(Some(method), &read.path);
    endpoint.parameters = read.query;
    if !anywhere {
        let tail = read_tail(tail.trim_start_matches(['#', '/', ' ']), known);
        (endpoint.request, endpoint.answers, endpoint.description) = (tail.request, tail.answers, tail.description);
    }
    Some(CodeEndpoint { endpoint, line: number, example: read.hosted || line.contains(" HTTP/") })
}

/// `curl -X POST https://host/users -d '{…}'`.
fn curl_request(command: &str, number: usize) -> Option<CodeEndpoint> {
    let at = command.find("curl ")?;
    let (mut method, mut body, mut target) = (None, None, None);
    let words = shell_words(&command[at + 5..]);
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        match word {
            "-X" | "--request" => method = words.next().map(str::to_ascii_uppercase),
            "-d" | "--data" | "--data-raw" | "--json" | "--data-binary" | "-F" | "--form" => body = words.next(),
            "-H" | "--header" | "-u" | "-o" | "--user" | "-b" | "--output" | "-A" | "-w" => {
                words.next();
            }
            "-I" | "--head" => method = Some("HEAD".to_owned()),
            "|" | "&&" | ";" | ">" => break,
            _ if word.starts_with("-X") => method = Some(word[2..].to_ascii_uppercase()),
            _ if word.starts_with('-') => {}
            _ if target.is_none() => target = path::read(word),
            _ => {}
        }
    }
    let read = target?;
    let last = read.path.rsplit('/').next().unwrap_or_default();
    let download = [".sh", ".gz", ".zip", ".tgz", ".deb", ".asc", ".key", ".yml", ".yaml", ".py", ".gpg", ".md"];
    let foreign = command.contains("github.com") || command.contains("githubusercontent.com");
    if foreign || read.path == "/" || download.iter().any(|ending| last.ends_with(ending)) {
        return None;
    }
    let default = if body.is_some() { "POST" } else { "GET" };
    let method = method.unwrap_or_else(|| default.to_owned());
    let method = METHODS.iter().find(|known| **known == method)?;
    let mut endpoint = openapi::bare(Some(method), &read.path);
    endpoint.parameters = read.query;
    endpoint.request =
        body.filter(|body| body.contains('{')).and_then(value::json).map(|body| openapi::sample_payload(&body));
    Some(CodeEndpoint { endpoint, line: number, example: true })
}

/// Splits a command line at spaces outside of quotes.
fn shell_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => word.push(letter),
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            None if letter == '\\' => {}
            None => word.push(letter),
        }
    }
    words.push(word);
    words
}

fn program_line(line: &str, number: usize, prefix: &mut String, found: &mut Vec<CodeEndpoint>) {
    if !line.contains(['(', '@', '[', '"', '\'']) {
        return;
    }
    let Some(hit) = ROUTER.captures(line) else { return };
    let named = |name: &str| hit.name(name).map(|found| found.as_str());
    if let Some(written) = named("prefix").or_else(|| named("controller")).or_else(|| named("netroute")) {
        *prefix = format!("/{}", written.trim_matches('/'));
        return;
    }
    let (methods, written): (Vec<&'static str>, String) = if let Some(word) = named("deco") {
        let rest = named("rest").unwrap_or_default();
        (decorator_methods(word, rest), named("p1").unwrap_or_default().to_owned())
    } else if let Some(word) = named("call") {
        (one_method(word.trim_start_matches("Map")), named("p2").unwrap_or_default().to_owned())
    } else if let Some(word) = named("spring") {
        let arguments = named("sargs").unwrap_or_default();
        let written = QUOTED_PATH.captures(arguments).map(|found| found[1].to_owned()).unwrap_or_default();
        let method = if word == "Request" {
            words_of(arguments.split("RequestMethod.").nth(1).unwrap_or_default())
        } else {
            one_method(word)
        };
        if word == "Request" && method.is_empty() {
            *prefix = written;
            return;
        }
        (method, written)
    } else if let Some(word) = named("nest").or_else(|| named("net")) {
        (one_method(word), named("p4").or_else(|| named("p5")).unwrap_or_default().to_owned())
    } else if let Some(written) = named("p6") {
        let spoken =
            named("gomethod").map(str::to_owned).unwrap_or_else(|| methods_call(named("gorest").unwrap_or_default()));
        (words_of(&spoken), written.to_owned())
    } else if let Some(written) = named("p7") {
        (words_of(named("axum").unwrap_or_default()), written.to_owned())
    } else {
        (one_method(named("rails").unwrap_or_default()), named("p8").unwrap_or_default().to_owned())
    };
    let joined = join(prefix, &written);
    let Some(read) = path::read(&joined) else { return };
    for method in methods {
        let mut endpoint = openapi::bare(Some(method), &read.path);
        endpoint.parameters.clone_from(&read.query);
        found.push(CodeEndpoint { endpoint, line: number, example: false });
    }
}

fn join(prefix: &str, written: &str) -> String {
    let rest = written.trim_start_matches('/');
    let joined = if rest.is_empty() { prefix.to_owned() } else { format!("{}/{rest}", prefix.trim_end_matches('/')) };
    if joined.is_empty() { "/".to_owned() } else { joined }
}

fn one_method(word: &str) -> Vec<&'static str> {
    METHODS.iter().copied().filter(|method| method.eq_ignore_ascii_case(word)).collect()
}

/// The methods of `.Methods("GET", "POST")` after a handler.
fn methods_call(rest: &str) -> String {
    rest.split("Methods(").nth(1).unwrap_or_default().to_owned()
}

fn decorator_methods(word: &str, rest: &str) -> Vec<&'static str> {
    match word {
        "route" | "api_route" => {
            let listed = rest.split("methods").nth(1).map(words_of).unwrap_or_default();
            if listed.is_empty() { vec!["GET"] } else { listed }
        }
        _ => one_method(word),
    }
}

/// All methods that are named as words in a text.
fn words_of(text: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for hit in METHOD_WORD.find_iter(text) {
        for method in one_method(hit.as_str()) {
            if !found.contains(&method) {
                found.push(method);
            }
        }
    }
    found
}

/// A block of one HTTP request with a JSON body after an empty line: the body is the request.
fn attach_body(code: &str, found: &mut [CodeEndpoint]) {
    let [only] = found else { return };
    if only.endpoint.request.is_some() || !code.contains('{') || code.contains("HTTP/1.1 2") {
        return;
    }
    let below = code.lines().skip(only.line + 1);
    let body: String =
        below.skip_while(|line| !line.trim_start().starts_with(['{', '['])).collect::<Vec<_>>().join("\n");
    if let Some(body) =
        value::json(&body).map(|body| openapi::sample_payload(&body)).filter(|body| *body != Payload::default())
    {
        only.endpoint.request = Some(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, style: Style, expected: &[&str]) {
        let seen: Vec<String> = endpoints(code, style, &Known::default())
            .into_iter()
            .map(|found| format!("{} {}", found.endpoint.method.unwrap_or_default(), found.endpoint.path))
            .collect();
        assert_eq!(seen, expected, "{code}");
    }

    #[test]
    fn request_lines() {
        check(
            "GET /users?x=1 HTTP/1.1\nHost: a\n\nPOST   /users    Create\n├── PUT /a/{id}\n# DELETE /b",
            Style::Plain,
            &["GET /users", "POST /users", "PUT /a/{id}", "DELETE /b"],
        );
        check("see GET /users there", Style::Plain, &[]);
        check(
            "  A->>B: POST /api/v1/telemetry\n  B-->>A: 200 OK\n C->>D: POST (timeout)",
            Style::Diagram,
            &["POST /api/v1/telemetry"],
        );
    }

    #[test]
    fn curl_commands() {
        check(
            "curl -X POST https://a.example/v1/users \\\n  -H 'A: b' \\\n  -d '{\"a\": 1}'\ncurl http://localhost:80/x",
            Style::Plain,
            &["POST /v1/users", "GET /x"],
        );
        check("curl -fsSL https://github.com/a/b/install | sh", Style::Plain, &[]);
    }

    #[test]
    fn routers_of_several_languages() {
        check(
            "@app.get(\"/a/{id}\")\n@app.route('/b', methods=['GET', 'POST'])\nrouter.post('/c', x)\nclient.get('/no')",
            Style::Program,
            &["GET /a/{id}", "GET /b", "POST /b", "POST /c"],
        );
        check(
            "@RequestMapping(\"/api/d\")\nclass D {\n@GetMapping(\"/{id}\")\n@PostMapping\n}",
            Style::Program,
            &["GET /api/d/{id}", "POST /api/d"],
        );
        check(
            "mux.HandleFunc(\"GET /e\", h)\n.route(\"/f\", get(a).post(b))\n[HttpDelete(\"g\")]",
            Style::Program,
            &["GET /e", "GET /f", "POST /f", "DELETE /g"],
        );
        check("router = APIRouter(prefix=\"/h\")\n@router.get(\"/i\")", Style::Program, &["GET /h/i"]);
    }
}
