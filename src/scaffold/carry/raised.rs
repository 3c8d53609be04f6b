//! The master's own version, raised in its front matter: those digits change, and nothing around them.

use semver::Version;

use crate::slicing::version::{self, Reach};
use crate::spec::document::Document;
use crate::spec::edit::{self, Edit};
use crate::spec::front_matter::{self, Format};
use crate::spec::span::Span;

/// The master with its version raised by the greatest change; none when its front matter states no version that can be
/// raised. Quotation marks, spaces, comments and a `v` in front stay, and so does `last_updated`.
#[must_use]
pub fn raise_version(master: &Document, reach: Reach) -> Option<String> {
    let text = master.text();
    let front = master.front_matter()?;
    let stated = front.scalar("version", text)?;
    let line = front.entry("version", text)?;
    let digits = stated.trim_start_matches(['v', 'V']);
    let raised = raised(digits, reach)?;
    let mark = line.of(text).find([':', '='])? + 1;
    let at = line.start + mark + line.of(text)[mark..].find(digits)?;
    let quoted = text[..at].trim_end_matches(['v', 'V']).ends_with(['"', '\'']);
    let written = match front.format {
        Format::Yaml => raised.clone(),
        _ if quoted => raised.clone(),
        // Three numbers with points are no number in TOML and JSON.
        _ => format!("\"{raised}\""),
    };
    let changed = edit::apply(text, &[Edit::new(Span::new(at, at + digits.len()), written)]).ok()?;
    let read = front_matter::find(&changed)?.scalar("version", &changed)?;
    (read.trim_start_matches(['v', 'V']) == raised).then_some(changed)
}

/// `1.2` counts as `1.2.0` and stays as short as it can.
fn raised(digits: &str, reach: Reach) -> Option<String> {
    let numbers = digits.split(['-', '+']).next()?.split('.').count();
    let full = match numbers {
        1 => format!("{digits}.0.0"),
        2 => format!("{digits}.0"),
        _ => digits.to_owned(),
    };
    let version = version::raise(&Version::parse(&full).ok()?, reach);
    let text = version.to_string();
    let short = match numbers {
        1 => text.strip_suffix(".0.0").or_else(|| text.strip_suffix(".0")),
        2 => text.strip_suffix(".0"),
        _ => None,
    };
    Some(short.unwrap_or(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, reach: Reach, expected: Option<&str>) {
        let document = Document::parse(text).unwrap();
        assert_eq!(raise_version(&document, reach).as_deref(), expected, "{text}");
    }

    #[test]
    fn only_the_version_changes() {
        check(
            "---\nversion: \"1.2.0\" # mine\na: 1\n---\n",
            Reach::Patch,
            Some("---\nversion: \"1.2.1\" # mine\na: 1\n---\n"),
        );
        check("---\r\nversion:   1.2.9\r\n---\r\n", Reach::Minor, Some("---\r\nversion:   1.3.0\r\n---\r\n"));
        check("---\nversion: 1.2\n---\n", Reach::Minor, Some("---\nversion: 1.3\n---\n"));
        check("---\nversion: 1.2\n---\n", Reach::Patch, Some("---\nversion: 1.2.1\n---\n"));
        check("---\nversion: v1\n---\n", Reach::Major, Some("---\nversion: v2\n---\n"));
        check("+++\nversion = 1.2\n+++\n", Reach::Patch, Some("+++\nversion = \"1.2.1\"\n+++\n"));
        check(
            "---json\n{\n  \"version\": \"1.0.0\",\n  \"a\": 1\n}\n---\n",
            Reach::Patch,
            Some("---json\n{\n  \"version\": \"1.0.1\",\n  \"a\": 1\n}\n---\n"),
        );
    }

    #[test]
    fn what_is_no_version_stays() {
        check("---\nversion: spring\n---\n", Reach::Patch, None);
        check("---\ntitle: x\n---\n", Reach::Patch, None);
        check("# x\n", Reach::Patch, None);
    }
}
