//! The index of slices in the master: number, name and link between markers, and nothing else. What stands between the
//! markers is vso's; every byte outside of them stays.

use crate::scaffold::escape;
use crate::slicing::Slicing;
use crate::spec::document::{Document, NodeKind};
use crate::spec::edit::{self, Edit};
use crate::spec::read::{Ground, lexicon};
use crate::spec::span::Span;

/// The title of the section, as titles are compared.
pub(super) const TITLE: &str = "vertical slices";
const BEGIN: &str = "<!-- vso:slices:begin -->";
const END: &str = "<!-- vso:slices:end -->";

/// The master with its index brought up to date; none when it has no section for one, or it is right already.
///
/// `slices` is the folder of the slices as a link from the master reaches it (`vertical-slices`).
#[must_use]
pub fn index(master: &Document, slicing: &Slicing, slices: &str) -> Option<String> {
    let text = master.text();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let block = block(slicing, slices, end);
    let edit = match markers(master) {
        Some(span) => Edit::new(span, block),
        None => first_time(master, &block, end)?,
    };
    let changed = edit::apply(text, &[edit]).ok()?;
    (changed != text).then_some(changed)
}

/// A text with the index of another version of the same master: what stands between the markers is vso's, so that two
/// versions never differ there by what people wrote. None where the other has no index or this has no room for one.
#[must_use]
pub fn indexed_as(text: &str, other: &str) -> Option<String> {
    let (document, model) = (Document::parse(text).ok()?, Document::parse(other).ok()?);
    let block = markers(&model)?.of(other);
    let edit = match markers(&document) {
        Some(span) => Edit::new(span, block),
        None => first_time(&document, block, if text.contains("\r\n") { "\r\n" } else { "\n" })?,
    };
    edit::apply(text, &[edit]).ok()
}

fn block(slicing: &Slicing, slices: &str, end: &str) -> String {
    let mut ordered: Vec<_> = slicing.slices.iter().collect();
    ordered.sort_by_key(|slice| slice.number);
    let mut text = format!("{BEGIN}{end}");
    for slice in ordered {
        let name = escape::markdown(&slice.name);
        text.push_str(&format!("- {:03} [{name}]({slices}/{}/spec.md){end}", slice.number, slice.id));
    }
    text.push_str(END);
    text
}

/// From the beginning of the first marker to the end of its partner. Markers count where they are comments on lines of
/// their own, not in code that speaks of them.
fn markers(master: &Document) -> Option<Span> {
    let text = master.text();
    let comment = |at: &usize| {
        let line = text[..*at].rfind('\n').map_or(0, |start| start + 1);
        let fenced = master.nodes().any(|(_, node)| {
            matches!(node.kind, NodeKind::Fence(_) | NodeKind::IndentedCode) && node.span.range().contains(at)
        });
        !fenced && text[line..*at].trim_matches([' ', '\t', '\u{feff}']).is_empty()
    };
    let start = text.match_indices("<!-- vso:slices:begin").map(|(at, _)| at).find(comment)?;
    let last = text[start..].match_indices("<!-- vso:slices:end").map(|(at, _)| start + at).find(comment)?;
    let close = last + text[last..].find("-->")? + "-->".len();
    Some(Span::new(start, close))
}

/// Into the section, behind a comment that opens it, else right below its heading.
fn first_time(master: &Document, block: &str, end: &str) -> Option<Edit> {
    let ground = Ground::new(master);
    let document = ground.document();
    let part = ground.parts().iter().find(|part| part.level > 0 && lexicon::key(&part.title) == TITLE)?;
    let comment = part.blocks.first().filter(|block| {
        document.node(**block).kind == NodeKind::Html && document.source(**block).trim_start().starts_with("<!--")
    });
    let before = document.node(comment.copied().or(part.heading)?).span;
    let at = before.start + before.of(master.text()).trim_end().len();
    let rest = &master.text()[at..];
    let tail = if rest.trim().is_empty()
        || rest.trim_start_matches([' ', '\t', '\r']).starts_with("\n\n")
        || rest.starts_with("\r\n\r\n")
    {
        ""
    } else {
        end
    };
    let gap = if comment.is_some() { end.to_owned() } else { format!("{end}{end}") };
    Some(Edit::new(Span::new(at, at), format!("{gap}{block}{tail}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::sample;

    fn check(text: &str, expected: Option<&str>) {
        let document = Document::parse(text).unwrap();
        let found = index(&document, &sample::members(), "vertical-slices");
        assert_eq!(found.as_deref(), expected);
        if let Some(found) = found {
            let again = Document::parse(found).unwrap();
            assert_eq!(index(&again, &sample::members(), "vertical-slices"), None, "{}", again.text());
        }
    }

    const LINES: &str = "<!-- vso:slices:begin -->\n- 001 [Members](vertical-slices/slice-001-members/spec.md)\n<!-- vso:slices:end -->";

    #[test]
    fn the_index_stands_between_its_markers() {
        check("# A\n\nwords\n", None);
        check(
            "# A\n\n## Vertical Slices\n\n<!-- vso:slices:begin -->\nold\n<!-- vso:slices:end -->\n\nmine\n",
            Some(&format!("# A\n\n## Vertical Slices\n\n{LINES}\n\nmine\n")),
        );
        check(
            "## Vertical Slices\n<!-- Auto-generated during decomposition -->\n",
            Some(&format!("## Vertical Slices\n<!-- Auto-generated during decomposition -->\n{LINES}\n")),
        );
        check("## 7. Vertical Slices\n\nwords\n", Some(&format!("## 7. Vertical Slices\n\n{LINES}\n\nwords\n")));
        check("## Vertical Slices", Some(&format!("## Vertical Slices\n\n{LINES}")));
        check("## Vertical Slices\nwords\n", Some(&format!("## Vertical Slices\n\n{LINES}\n\nwords\n")));
    }

    #[test]
    fn a_version_takes_the_index_of_another() {
        let with = |lines: &str| {
            format!("# A\n\n## Vertical Slices\n\n<!-- vso:slices:begin -->\n{lines}<!-- vso:slices:end -->\n")
        };
        assert_eq!(indexed_as(&with("- 001\n"), &with("- 001\n- 002\n")), Some(with("- 001\n- 002\n")));
        assert_eq!(indexed_as("# A\n\n## Vertical Slices\n", &with("- 001\n")), Some(with("- 001\n")));
        assert_eq!(indexed_as(&with("- 001\n"), "# A\n"), None);
        assert_eq!(indexed_as("# A\n", &with("- 001\n")), None);
    }

    #[test]
    fn markers_in_code_are_not_taken() {
        check("```\n<!-- vso:slices:begin -->\n<!-- vso:slices:end -->\n```\n", None);
    }
}
