//! Untrusted text in Markdown that a forge shows: it is read as it stands, and nothing in it links, mentions, notifies,
//! formats, hides or forges a marker.
//!
//! A forge looks for mentions in the finished page, where an escaped `@` is an `@` again; so what it looks for is parted
//! by a character without width.

use crate::report::finding::{safe, visible};
use crate::spec::lint::secret;

/// A space without width: parts what would be found as a whole.
const PART: char = '\u{200b}';

/// Text on one line, between words of our own.
#[must_use]
pub fn inline(text: &str) -> String {
    let text = safe(text);
    let mut shown = String::with_capacity(text.len() + text.len() / 8);
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        match letter {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => {
                shown.push('\\');
                shown.push(letter);
            }
            '@' => shown.extend(['@', PART]),
            // `#12`, and `GH-12`, are references; `://` and `www.` become links.
            '#' if next.is_alphanumeric() => shown.extend(['#', PART]),
            '-' if next.is_ascii_digit() && matches!(before, 'h' | 'H') => shown.extend(['-', PART]),
            ':' if next == '/' => shown.extend([':', PART]),
            '.' if matches!(before, 'w' | 'W') => shown.extend([PART, '.']),
            _ => shown.push(letter),
        }
        before = letter;
    }
    shown
}

/// Text on one line as code.
#[must_use]
pub fn code(text: &str) -> String {
    let text = unmarked(&safe(text));
    let fence = "`".repeat(longest(&text) + 1);
    let room = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// Text of several lines as a block of code, with its line end.
#[must_use]
pub fn fenced(text: &str) -> String {
    let text = secret::hidden(text);
    let lines: Vec<String> = text.trim_end_matches(['\n', '\r']).lines().map(|line| unmarked(&visible(line))).collect();
    let text = lines.join("\n");
    let fence = "`".repeat(longest(&text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Comments hold the markers by which a forge's things are found again; none may come from outside, not even as code.
fn unmarked(text: &str) -> String {
    text.replace("<!--", &format!("<{PART}!--"))
}

fn longest(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(made: &str, expected: &str) {
        assert_eq!(made.replace(PART, "~"), expected);
    }

    #[test]
    fn text_between_words_does_nothing() {
        check(&inline("Members can join"), "Members can join");
        check(&inline("@everyone see #12, GH-12, a/b#3 and https://x.y or www.x.y"), {
            "@~everyone see #~12, GH-~12, a/b#~3 and https:~//x.y or www~.x.y"
        });
        check(&inline("<!-- m --><script>`x` [y](z) **b** ![i](j)"), {
            "&lt;\\!-- m --&gt;&lt;script&gt;\\`x\\` \\[y\\](z) \\*\\*b\\*\\* \\!\\[i\\](j)"
        });
        check(&inline("a\n\u{1b}[31mb\u{202e}c &amp;"), "a\u{fffd}\u{fffd}\\[31mb\u{fffd}c &amp;amp;");
        check(&inline("key AKIAIOSFODNN7QWERTZU"), "key AKIA\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*\\*");
    }

    #[test]
    fn code_holds_any_text() {
        check(&code("a"), "`a`");
        check(&code("`a`` <!-- @b"), "``` `a`` <~!-- @b ```");
        check(&code(""), "`  `");
        check(&fenced("a\n```\n<!-- b\u{7}\n"), "````text\na\n```\n<~!-- b\u{fffd}\n````\n");
    }
}
