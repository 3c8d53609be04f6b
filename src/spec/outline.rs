//! The sections of a document: each heading of the first block level with all that follows up to the next of its rank.

use super::document::{Document, NodeId, NodeKind};
use super::span::Span;

/// A section's place in the outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SectionId(pub(super) u32);

impl SectionId {
    /// Its place among [`Outline::sections`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A heading and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading; none for what stands before the first one.
    pub heading: Option<NodeId>,
    /// Level of the heading, 1 to 6; 0 without one.
    pub level: u8,
    /// The heading's plain text.
    pub title: String,
    /// From the heading to the next one of the same or a higher rank.
    pub span: Span,
    /// The section around it.
    pub parent: Option<SectionId>,
    /// The blocks of the first level that stand directly in it, before any subsection.
    pub blocks: Vec<NodeId>,
}

/// All sections, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    sections: Vec<Section>,
}

impl Outline {
    pub(super) fn of(document: &Document) -> Self {
        let end = document.text().len();
        let mut sections = vec![Section {
            heading: None,
            level: 0,
            title: String::new(),
            span: Span::new(0, end),
            parent: None,
            blocks: Vec::new(),
        }];
        let mut open: Vec<usize> = Vec::new();
        for id in document.children(NodeId::ROOT) {
            let node = document.node(id);
            let NodeKind::Heading(level) = node.kind else {
                let here = open.last().copied().unwrap_or(0);
                sections[here].blocks.push(id);
                continue;
            };
            while let Some(last) = open.pop_if(|last| sections[*last].level >= level) {
                sections[last].span.end = node.span.start;
            }
            if open.is_empty() && sections.len() == 1 {
                sections[0].span.end = node.span.start;
            }
            let parent = open.last().map(|index| SectionId(*index as u32));
            open.push(sections.len());
            sections.push(Section {
                heading: Some(id),
                level,
                title: document.plain(id).trim().to_owned(),
                span: Span::new(node.span.start, end),
                parent,
                blocks: Vec::new(),
            });
        }
        Self { sections }
    }

    /// All sections; the first one has no heading and holds what stands before the first heading.
    pub fn sections(&self) -> impl Iterator<Item = (SectionId, &Section)> {
        self.sections.iter().enumerate().map(|(index, section)| (SectionId(index as u32), section))
    }

    /// A section.
    #[must_use]
    pub fn section(&self, id: SectionId) -> &Section {
        &self.sections[id.0 as usize]
    }

    /// The sections around a section, from its parent upwards.
    pub fn ancestors(&self, id: SectionId) -> impl Iterator<Item = SectionId> + '_ {
        std::iter::successors(self.section(id).parent, |at| self.section(*at).parent)
    }

    /// The direct subsections of a section.
    pub fn subsections(&self, id: SectionId) -> impl Iterator<Item = SectionId> + '_ {
        self.sections().filter(move |(_, section)| section.parent == Some(id)).map(|(found, _)| found)
    }

    /// The innermost section in which a byte stands.
    #[must_use]
    pub fn at(&self, offset: usize) -> SectionId {
        let after = self.sections.partition_point(|section| section.span.start <= offset);
        SectionId(after.saturating_sub(1) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_nest_by_level() {
        let document =
            Document::parse("intro\n\n# A\n\ntext\n\n## B\n\n### C\n\nx\n\n## D\n\n- # no section\n\n# E\n").unwrap();
        let outline = document.outline();
        let seen: Vec<_> =
            outline.sections().map(|(_, s)| (s.title.clone(), s.parent.map(|p| p.0), s.blocks.len())).collect();
        let wanted =
            [("", None, 1), ("A", None, 1), ("B", Some(1), 0), ("C", Some(2), 1), ("D", Some(1), 1), ("E", None, 0)];
        assert_eq!(seen, wanted.map(|(title, parent, blocks)| (title.to_owned(), parent, blocks)));
        let c = outline.at(document.text().find("\nx").unwrap() + 1);
        assert_eq!(outline.section(c).title, "C");
    }
}
