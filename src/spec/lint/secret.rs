//! Finds what looks like a credential, and hides it. Whatever prints a line of the document asks here first.
//!
//! Tokens are known by the shapes that their makers gave them, passwords by the name they are assigned to. A made-up
//! example is no finding: placeholders, type names and words without digits stay.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::spec::span::Span;

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What kind it is, in a few words.
    pub kind: &'static str,
    /// Its bytes.
    pub span: Span,
}

/// A shape with its kind. The secret is the first group, or the whole match without one.
const SHAPES: &[(&str, &str)] = &[
    (
        "private key",
        r#"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n|\\r|[>|"'])*[A-Za-z0-9+/=]{32,}[A-Za-z0-9+/=\s\\>|-]*"#,
    ),
    ("GitHub token", r"\b(?:gh[a-z]_[A-Za-z0-9._-]{35,}[A-Za-z0-9_]|github_pat_[A-Za-z0-9_]{40,})"),
    ("GitLab token", r"\bgl(?:pat|dt|ptt|rt)-[A-Za-z0-9_-]{20,}"),
    ("AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    ("AWS secret key", r#"(?i)aws.{0,20}?secret.{0,20}?["'`]?\s*[:=]\s*["'`]?([A-Za-z0-9/+]{40})\b"#),
    ("Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{20,}"),
    ("Slack webhook", r"hooks\.slack\.com/services/(T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{18,})"),
    ("Google API key", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("Stripe key", r"\b[rs]k_live_[A-Za-z0-9]{16,}"),
    ("model provider key", r"\bsk-(?:ant-|proj-|or-v1-|svcacct-)?[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]{24,}"),
    ("npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("PyPI token", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    ("Modal token", r"\ba[ks]-[A-Za-z0-9]{22}\b"),
    ("SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    ("Azure storage key", r"AccountKey=([A-Za-z0-9+/]{80,}={0,2})"),
    ("JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
    ("password in an address", r#"[a-z][a-z0-9+.-]*://[^\s:/@"'`<>]+:([^\s/@"'`<>]{3,})@"#),
    (
        "assigned secret",
        r#"(?i)(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["'`]?\s*(?::=|=>|[:=])\s*(?:["'`]([^"'`\s]{8,200})["'`]|([^"'`\s,;<>{}()\[\]|]{8,200}))"#,
    ),
];

/// The signature of the example that introduces JSON web tokens everywhere.
const KNOWN_EXAMPLES: &[&str] = &["SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"];

static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compiled = |pattern| Regex::new(pattern).expect("a constant pattern");
    SHAPES.iter().map(|(kind, pattern)| (*kind, compiled(pattern))).collect()
});

/// All credentials in a text, in its order; where two shapes fit the same bytes, the more telling one.
#[must_use]
pub fn find(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    for (kind, pattern) in PATTERNS.iter() {
        for captures in pattern.captures_iter(text) {
            let secret = Secret { kind, span: value(&captures) };
            if is_real(kind, secret.span.of(text)) {
                found.push(secret);
            }
        }
    }
    // The sort is stable: of two that begin at one byte the earlier shape stays first.
    found.sort_by_key(|secret| secret.span.start);
    let mut end = 0;
    found.retain(|secret| {
        let free = secret.span.start >= end;
        end = end.max(secret.span.end);
        free
    });
    found
}

/// The first group that took part in a match, else the whole match.
fn value(captures: &Captures<'_>) -> Span {
    let group = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0));
    group.map_or_else(Span::default, |part| part.range().into())
}

fn is_real(kind: &str, value: &str) -> bool {
    let lower = value.to_lowercase();
    let sample = ["example", "placeholder", "changeme", "change-me", "change_me", "your", "xxxx", "redacted", "dummy"];
    if sample.iter().any(|word| lower.contains(word)) || KNOWN_EXAMPLES.iter().any(|known| value.contains(known)) {
        return false;
    }
    match kind {
        "password in an address" => !is_placeholder(&lower) && !is_common_sample(&lower),
        "assigned secret" => !is_placeholder(&lower) && looks_chosen(value),
        _ => distinct(value) >= 6,
    }
}

/// `${TOKEN}`, `<token>`, `***`, `…`, `{{ secret }}`, `env.TOKEN`, `$TOKEN`, `%TOKEN%`.
fn is_placeholder(lower: &str) -> bool {
    let marks = ["${", "{", "}", "<", ">", "***", "...", "…", "env.", "env[", "secrets.", "var.", "vars."];
    lower.starts_with(['$', '%', '@', '&', '*', '/', '.', '#']) || marks.iter().any(|mark| lower.contains(mark))
}

fn is_common_sample(lower: &str) -> bool {
    matches!(lower, "pass" | "password" | "passwd" | "pw" | "pwd" | "secret" | "token" | "postgres" | "guest" | "user")
}

/// A password that somebody chose has digits among its letters and is no name of a type, an algorithm, a format, a
/// duration or a variable.
fn looks_chosen(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let upper = value.chars().any(char::is_uppercase);
    let lower = value.chars().any(char::is_lowercase);
    let symbols =
        value.chars().any(|letter| !letter.is_alphanumeric() && !matches!(letter, '-' | '_' | '.' | ':' | '/'));
    let classes = [digits > 0, upper, lower, symbols].into_iter().filter(|present| *present).count();
    let known =
        ["sha", "md5", "aes", "rsa", "hmac", "bcrypt", "argon2", "scrypt", "pbkdf2", "base64", "base32", "utf", "uuid"];
    let folded = value.to_lowercase();
    let is_word = known.iter().any(|word| folded.starts_with(word)) || folded.contains("http");
    let is_chosen = classes >= 3 || (digits >= 2 && classes == 2 && value.len() >= 10);
    value.is_ascii() && digits > 0 && !is_word && is_chosen && distinct(value) >= 6
}

fn distinct(value: &str) -> usize {
    value.chars().collect::<std::collections::BTreeSet<_>>().len()
}

/// What may be shown of a credential: its first four characters when it is long, a star for every byte of the rest, so
/// that byte offsets stay.
#[must_use]
pub fn masked(secret: &str) -> String {
    let shown = if secret.len() >= 20 && secret.is_ascii() { 4 } else { 0 };
    secret
        .bytes()
        .enumerate()
        .map(|(at, byte)| if at < shown || byte == b'\n' { char::from(byte) } else { '*' })
        .collect()
}

/// A stretch of the document as it may be printed: credentials in it are masked, and no byte moves.
///
/// `secrets` are those of the whole text, `span` the stretch.
#[must_use]
pub fn shown<'a>(text: &'a str, span: Span, secrets: &[Secret]) -> Cow<'a, str> {
    let first = secrets.partition_point(|secret| secret.span.end <= span.start);
    let mut result = String::new();
    let mut at = span.start;
    for secret in secrets[first..].iter().take_while(|secret| secret.span.start < span.end) {
        let (from, to) = (secret.span.start.max(span.start), secret.span.end.min(span.end));
        result.push_str(&text[at..from]);
        result.push_str(&masked(secret.span.of(text))[from - secret.span.start..to - secret.span.start]);
        at = to;
    }
    if at == span.start {
        return Cow::Borrowed(span.of(text));
    }
    result.push_str(&text[at..span.end]);
    Cow::Owned(result)
}

/// A text of our own that may quote the document, with every credential hidden.
#[must_use]
pub fn hidden(text: &str) -> Cow<'_, str> {
    let secrets = find(text);
    shown(text, Span::new(0, text.len()), &secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = find(text);
        assert_eq!(found.iter().map(|secret| secret.kind).collect::<Vec<_>>(), expected, "{text}");
        let safe = hidden(text);
        for secret in found {
            assert!(!safe.contains(secret.span.of(text)), "{safe}");
        }
        assert_eq!(safe.len(), text.len());
    }

    #[test]
    fn tokens_are_known_by_their_shape() {
        let body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
        check(&format!("ghp_{body} and ghs_123_{body}.x-y_z"), &["GitHub token", "GitHub token"]);
        check("key AKIAIOSFODNN7QWERTZU", &["AWS access key"]);
        check(&format!("aws_secret_access_key = \"{body}abCD\""), &["AWS secret key"]);
        check(&format!("token: sk-ant-{body}"), &["model provider key"]);
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA1234567890abcdefghij\nqrst\n-----END",
            &["private key"],
        );
        check("postgres://app:s3cr3tpw@db:5432/x", &["password in an address"]);
    }

    #[test]
    fn assigned_passwords_are_found() {
        check("DB_PASSWORD=Tr0ub4dor&3", &["assigned secret"]);
        check("\"password\": \"hunter2hunter2\"", &["assigned secret"]);
        check("HCLOUD_TOKEN=\"8aD3kfKz92mQxT7LpW4vR6nB1cY5hJ0s\"", &["assigned secret"]);
    }

    #[test]
    fn placeholders_types_and_examples_are_none() {
        check("AKIAIOSFODNN7EXAMPLE and ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &[]);
        check("password: string (min 8), token: uuid, secret: sha256-digest, api_key: varchar(255)", &[]);
        check("TOKEN=${HCLOUD_TOKEN} token: <your-token1> PASSWORD=$PW12345678 password: \"********\"", &[]);
        check("the access token: expires after 30 minutes; Token-based authentication", &[]);
        check("https://user:pass@host and postgres://user:password@localhost", &[]);
        check("git@github.com:octo/repo.git ssh://git@host:22/x", &[]);
    }
}
