//! A keyed part of a text: what a splitter gives out and the engine merges.

use std::borrow::Cow;

use super::word::Care;
use crate::spec::span::Span;

/// What a part is, which says how it is cut further and how it is compared and merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// A whole Markdown text.
    Document,
    /// The metadata block at its top.
    FrontMatter,
    /// A key of the front matter with its value.
    Entry,
    /// A heading with all that stands below it.
    Section,
    /// The heading itself.
    Heading,
    /// Running text: a paragraph or a quotation.
    Paragraph,
    /// A list.
    List,
    /// An item of a list.
    Item,
    /// The first paragraph of an item, with its marker.
    Head,
    /// The marker of an item, without its number.
    Bullet,
    /// A stretch of words inside of a heading or an item.
    Words,
    /// A table.
    Table,
    /// A row of a table.
    Row,
    /// The line below a table's header.
    Delimiter,
    /// The line below a heading's text.
    Underline,
    /// What is not cut further: a fence, HTML, indented code, a rule; also fixed pieces such as `{`.
    Verbatim,
    /// Blank lines at the end of a text.
    Blank,
    /// A whole JSON text, or a value in it.
    Value,
    /// A key of an object with its value.
    Member,
    /// A whole Python text.
    Module,
    /// A class with its methods.
    Type,
    /// A function, or a statement.
    Statement,
    /// A whole HCL text.
    Body,
    /// A block with its labels.
    Block,
    /// An attribute of a block.
    Attribute,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) class: Class,
    /// What it is known by among its neighbours.
    pub(super) key: Option<String>,
    /// Whether the key alone says which part it is: one with another key is never the same part.
    pub(super) strict: bool,
    /// Its name in a conflict; none where the part around it gives the name.
    pub(super) name: Option<String>,
    /// Where the number of an ordered item stands.
    pub(super) number: Option<Span>,
    /// What stands before it: blank lines, or a comma and white space.
    pub(super) lead: Span,
    pub(super) span: Span,
}

impl Part {
    /// A part that is known by its content only.
    pub(super) fn new(class: Class, lead: usize, span: Span) -> Self {
        Self { class, key: None, strict: false, name: None, number: None, lead: Span::new(lead, span.start), span }
    }

    /// The same, known by a key.
    pub(super) fn keyed(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The same, known by a key that nothing else can stand for.
    pub(super) fn strict(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), strict: true, ..self }
    }

    /// The same, with a name for people.
    pub(super) fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same, with the place of its number.
    pub(super) fn numbered(self, number: Option<Span>) -> Self {
        Self { number, ..self }
    }

    /// The text as it is compared: without what is layout only.
    pub(super) fn form<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let own = self.span.of(text);
        match self.class {
            Class::Row => Cow::Owned(own.split_whitespace().collect::<Vec<_>>().join(" ")),
            Class::Delimiter => {
                let mut letters: Vec<char> = own.chars().filter(|letter| !letter.is_whitespace()).collect();
                letters.dedup();
                Cow::Owned(letters.into_iter().collect())
            }
            Class::Underline => Cow::Borrowed(&own[..own.chars().next().map_or(0, char::len_utf8)]),
            Class::Value | Class::Member => Cow::Owned(super::split::json::compact(own)),
            Class::Attribute => Cow::Owned(own.split_whitespace().collect::<Vec<_>>().join(" ")),
            _ => match self.number {
                Some(number) => {
                    let (before, after) = (&text[self.span.start..number.start], &text[number.end..self.span.end]);
                    Cow::Owned([before, after].concat())
                }
                None => Cow::Borrowed(own),
            },
        }
    }
}

impl Class {
    /// Whether conflicts inside are one conflict on the whole.
    pub(super) fn is_atomic(self) -> bool {
        matches!(self, Self::Heading | Self::Head | Self::Attribute | Self::Entry | Self::Member)
    }

    /// Whether it is merged by lines before it is cut.
    pub(super) fn is_of_lines(self) -> bool {
        !matches!(self, Self::Heading | Self::Head | Self::Words | Self::Bullet | Self::Value | Self::Member)
    }

    /// Whether it is merged by words when nothing else helps.
    pub(super) fn care(self) -> Option<Care> {
        match self {
            Self::Paragraph | Self::Words => Some(Care::Sentence),
            Self::Row => Some(Care::Row),
            _ => None,
        }
    }

    /// Whether one that stands alone in the place of another is that one, edited.
    pub(super) fn is_placed(self) -> bool {
        matches!(
            self,
            Self::Paragraph
                | Self::Item
                | Self::Row
                | Self::Words
                | Self::Bullet
                | Self::Verbatim
                | Self::Statement
                | Self::Value
                | Self::List
                | Self::Table
                | Self::Head
        )
    }

    /// Whether the order of parts inside says nothing.
    pub(super) fn is_unordered(self) -> bool {
        matches!(self, Self::Value | Self::Member | Self::Body | Self::Block | Self::FrontMatter | Self::Entry)
    }

    /// Whether a blank line must stand between this and a text that follows.
    pub(super) fn needs_blank_before(self, next: Self) -> bool {
        use Class as C;
        matches!(self, C::Paragraph | C::List | C::Table | C::Section)
            && matches!(next, C::Paragraph | C::List | C::Table | C::Verbatim | C::Section)
    }
}
