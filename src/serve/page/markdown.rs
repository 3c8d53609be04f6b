//! Markdown as HTML that can't run: only the tags written here ever come out, raw HTML is shown as text, links go to
//! the web or to this page, pictures become their words.

use std::fmt::Write as _;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::render::visible;

/// A document as HTML. Headings begin two levels down: the page has its own.
pub(super) fn safe(text: &str) -> String {
    let text = visible(without_front_matter(text));
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut out =
        Writer { html: String::with_capacity(text.len() * 3 / 2), links: Vec::new(), in_head: false, depth: 2 };
    for event in Parser::new_ext(&text, options) {
        out.event(event);
    }
    out.html
}

fn without_front_matter(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---\n") else { return text };
    rest.split_once("\n---\n").map_or(text, |(_, rest)| rest)
}

struct Writer {
    html: String,
    /// Of each open link, whether it became one.
    links: Vec<bool>,
    in_head: bool,
    /// Of the last heading on the page; it begins with the one above the document.
    depth: usize,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(code) | Event::InlineMath(code) | Event::DisplayMath(code) => {
                self.html.push_str("<code>");
                self.text(&code);
                self.html.push_str("</code>");
            }
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>\n"),
            Event::Rule => self.html.push_str("<hr>\n"),
            Event::TaskListMarker(is_done) => self.html.push_str(if is_done { "☑ " } else { "☐ " }),
            Event::FootnoteReference(name) => self.text(&name),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.html.push_str("<p>"),
            Tag::Heading { level, .. } => {
                // No level is left out on the way down: screen readers take headings for a table of contents.
                self.depth = (level as usize + 2).min(self.depth + 1).clamp(3, 6);
                let _ = write!(self.html, "<h{}>", self.depth);
            }
            Tag::BlockQuote(_) => self.html.push_str("<blockquote>"),
            Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => {
                self.html.push_str("<pre tabindex=\"0\"><code>");
            }
            Tag::List(Some(first)) => {
                let _ = write!(self.html, "<ol start=\"{first}\">");
            }
            Tag::List(None) => self.html.push_str("<ul>"),
            Tag::Item => self.html.push_str("<li>"),
            Tag::Table(_) => {
                self.html.push_str("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>")
            }
            Tag::TableHead => {
                self.in_head = true;
                self.html.push_str("<thead><tr>");
            }
            Tag::TableRow => self.html.push_str("<tr>"),
            Tag::TableCell => self.html.push_str(if self.in_head { "<th scope=\"col\">" } else { "<td>" }),
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Strikethrough => self.html.push_str("<s>"),
            Tag::Link { dest_url, .. } => self.link(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.html.push_str("</p>\n"),
            TagEnd::Heading(_) => {
                let _ = writeln!(self.html, "</h{}>", self.depth);
            }
            TagEnd::BlockQuote(_) => self.html.push_str("</blockquote>\n"),
            TagEnd::CodeBlock => self.html.push_str("</code></pre>\n"),
            TagEnd::List(true) => self.html.push_str("</ol>\n"),
            TagEnd::List(false) => self.html.push_str("</ul>\n"),
            TagEnd::Item => self.html.push_str("</li>\n"),
            TagEnd::Table => self.html.push_str("</tbody></table></div>\n"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.html.push_str("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.html.push_str("</tr>"),
            TagEnd::TableCell => self.html.push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Strikethrough => self.html.push_str("</s>"),
            TagEnd::Link if self.links.pop() == Some(true) => self.html.push_str("</a>"),
            _ => {}
        }
    }

    fn link(&mut self, target: &str) {
        let lower = target.to_ascii_lowercase();
        let is_web = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
        self.links.push(is_web);
        if is_web {
            self.html.push_str("<a rel=\"noopener noreferrer nofollow\" href=\"");
            self.text(target);
            self.html.push_str("\">");
        }
    }

    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '&' => self.html.push_str("&amp;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#x27;"),
                letter => self.html.push(letter),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(safe(text).trim_end(), expected, "{text}");
    }

    #[test]
    fn markdown_becomes_html() {
        check(
            "---\na: b\n---\n# T\n\n*a* **b** `c<`",
            "<h3>T</h3>\n<p><em>a</em> <strong>b</strong> <code>c&lt;</code></p>",
        );
        check("1. a\n2. b", "<ol start=\"1\"><li>a</li>\n<li>b</li>\n</ol>");
        check(
            "[a](https://b.example/?c&d)",
            "<p><a rel=\"noopener noreferrer nofollow\" href=\"https://b.example/?c&amp;d\">a</a></p>",
        );
    }

    #[test]
    fn headings_leave_no_level_out() {
        check("## a\n\n#### b\n\n# c", "<h3>a</h3>\n<h4>b</h4>\n<h3>c</h3>");
    }

    #[test]
    fn nothing_of_it_runs() {
        check("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
        check("a <img src=x onerror=y> b", "<p>a &lt;img src=x onerror=y&gt; b</p>");
        check("[a](javascript:alert(1)) [b](data:text/html,x) [c](//evil)", "<p>a b c</p>");
        check("![p](https://b.example/x.png)", "<p>p</p>");
        check("```\"><script>\nx\n```", "<pre tabindex=\"0\"><code>x\n</code></pre>");
        check(
            "[a](https://b\"onclick=\"x)",
            "<p>[a](https://b&quot;onclick=&quot;x)</p>"
                .replace(
                    "[a](https://b&quot;onclick=&quot;x)",
                    "<a rel=\"noopener noreferrer nofollow\" href=\"https://b&quot;onclick=&quot;x\">a</a>",
                )
                .as_str(),
        );
        check("a\u{202e}b", "<p>a\u{fffd}b</p>");
    }
}
