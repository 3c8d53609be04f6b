//! Hiding credentials in what is kept: logs, events, causes of failures. Stricter than [`super::secret`], which
//! must not cry wolf over a specification: here a hidden word that was none costs nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::secret;

/// What stands in the place of a credential; the other patterns know it as a placeholder.
const HIDDEN: &str = "***";

/// Patterns whose second group is hidden; what stands before it says what it was.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let all = [
        // A key over several lines, or cut off.
        r"(?s)(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)(.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        // `Authorization: Bearer …`, `proxy-authorization: Basic …`, also as a key of JSON.
        r#"(?i)(authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|negotiate)\s+)?)([^\s"',;]+)"#,
        r"(?i)(\bbearer\s+)([A-Za-z0-9._~+/=-]{6,})",
        r#"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@"'`<>]*:)([^\s/@"'`<>]+)@"#,
        // `https://TOKEN@host`
        r#"([a-zA-Z][a-zA-Z0-9+.-]*://)([^\s:/@"'`<>]{12,})@"#,
        // All of GitHub's tokens; an App's are some 520 characters long and have a JSON web token inside.
        r"(gh[a-z]_)([A-Za-z0-9._-]{36,})",
        r"(github_pat_)([A-Za-z0-9_]{22,})",
        r#"(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["'`]?\s*[:=]\s*["'`]?)([^\s"'`,;&<>{}()\[\]|\\]{4,})"#,
    ];
    all.iter().map(|pattern| Regex::new(pattern).expect("a constant pattern")).collect()
});

/// A text with every credential in it hidden.
#[must_use]
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut result = Cow::Borrowed(text);
    for pattern in PATTERNS.iter() {
        let replaced = pattern.replace_all(&result, |captures: &regex::Captures<'_>| {
            let whole = captures[0].to_owned();
            let Some(value) = captures.get(2) else { return whole };
            let start = captures.get(0).map_or(0, |all| all.start());
            let (from, to) = (value.start() - start, value.end() - start);
            format!("{}{HIDDEN}{}", &whole[..from], &whole[to..])
        });
        if let Cow::Owned(replaced) = replaced {
            result = Cow::Owned(replaced);
        }
    }
    // Last, because it keeps the length and knows no end of a parameter.
    let known = match secret::hidden(&result) {
        Cow::Owned(known) => Some(known),
        Cow::Borrowed(_) => None,
    };
    known.map_or(result, Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(redacted(text), expected);
    }

    #[test]
    fn credentials_are_hidden_in_any_dress() {
        check("Authorization: Bearer abc.def", "Authorization: Bearer ***");
        check(r#"{"authorization": "Basic dXNlcjpw"}"#, r#"{"authorization": "Basic ***"}"#);
        check("postgres://app:password@db/x", "postgres://app:***@db/x");
        check("https://0123456789abcdef@example.org/a.git", "https://***@example.org/a.git");
        check("HCLOUD_TOKEN=abcdef next", "HCLOUD_TOKEN=*** next");
        check("?token=abcd&page=2", "?token=***&page=2");
        let key = "-----BEGIN EC PRIVATE KEY-----\nMHcC\nAQEE\n-----END EC PRIVATE KEY-----";
        check(key, "-----BEGIN EC PRIVATE KEY-----***-----END EC PRIVATE KEY-----");
        let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        check(&format!("remote said {token}"), "remote said ghp_***");
        let long = format!("ghs_123456_{}.{}-{}", "eyJhbGciOi".repeat(4), "example_your".repeat(30), "x".repeat(86));
        check(&format!("[{long}]: {long}\n"), "[ghs_***]: ghs_***\n");
        check(&format!("github_pat_{}", "a".repeat(82)), "github_pat_***");
    }

    #[test]
    fn ordinary_words_stay() {
        for text in ["wrote 12 files in vertical-slices/slice-001-auth", "http://localhost:8080/health", "a@b.example"]
        {
            check(text, text);
        }
    }
}
