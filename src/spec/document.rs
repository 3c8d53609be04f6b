//! Markdown as a lossless tree of blocks over the bytes of the text.
//!
//! A [`Document`] owns its text and never changes a byte of it: nodes are spans. The leaves tile the text, so that
//! printing them in order gives the same bytes (law 1). Inline markup is read once, into plain text and spans.
//! The tree is an arena, because people nest quotes thousands deep and nothing here may recurse.

use super::front_matter::{self, FrontMatter};
use super::outline::Outline;
use super::span::{LineIndex, Span};
use super::tree;

/// Longest document that is read, in bytes (32 MiB). A master specification of a thousand components has about 1 MiB.
pub const MAX_BYTES: usize = 32 << 20;

/// Deepest nesting of blocks that is read.
pub const MAX_DEPTH: usize = 10_000;

/// Why a text is not a document that vso reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is over [`MAX_BYTES`].
    #[error("the document has {bytes} bytes; the limit is {MAX_BYTES}")]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// Blocks are nested deeper than [`MAX_DEPTH`].
    #[error("line {line}: blocks are nested more than {MAX_DEPTH} levels deep")]
    TooDeep {
        /// The line (from 1) where the limit is passed.
        line: usize,
    },
}

/// A node's place in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The root, which spans the whole text.
    pub const ROOT: Self = Self(0);

    /// Its place among [`Document::nodes`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// The whole document.
    Root,
    /// The metadata block at the top, with its fences.
    FrontMatter,
    /// A heading of level 1 to 6, ATX or setext.
    Heading(u8),
    /// Running text. The text of a tight list item is a paragraph too.
    Paragraph,
    /// A list; `Some(first)` when numbered.
    List(Option<u64>),
    /// An item of a list.
    Item,
    /// A quotation.
    Quote,
    /// A table with header.
    Table,
    /// The header row of a table.
    TableHead,
    /// A row of a table below its header.
    TableRow,
    /// A cell of a row.
    TableCell,
    /// A fenced code block with its info string.
    Fence(String),
    /// An indented code block.
    IndentedCode,
    /// A block of raw HTML, comments too.
    Html,
    /// A thematic break.
    Rule,
    /// A footnote definition with its label.
    Footnote(String),
}

/// Inline markup that readers care about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InlineKind {
    /// `**strong**`
    Strong,
    /// `*emphasis*`
    Emphasis,
    /// `` `code` ``
    Code,
    /// `[text](destination)`, in any of its forms
    Link,
    /// `![alt](destination)`
    Image,
    /// `<tag>` inside a line
    Html,
    /// `- [ ]` or `- [x]`
    Task(bool),
}

/// One stretch of inline markup inside a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// What it is.
    pub kind: InlineKind,
    /// The bytes of the source with the markup.
    pub span: Span,
    /// Where the text of it stands in the block's plain text.
    pub plain: Span,
    /// Destination of a link or an image.
    pub target: Option<String>,
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its bytes, without the markers of the containers around it.
    pub span: Span,
    /// The block around it; the root is its own parent.
    pub parent: NodeId,
    /// How many containers are around it; 0 for the root.
    pub depth: u32,
    /// One past the last descendant: the children of `n` are in `n+1..end`.
    pub(super) end: NodeId,
    pub(super) plain: Span,
    pub(super) inlines: Span,
}

impl Node {
    /// Length in bytes of its plain text.
    #[must_use]
    pub fn plain_len(&self) -> usize {
        self.plain.len()
    }

    /// Whether it holds other blocks rather than text of its own.
    #[must_use]
    pub fn is_container(&self) -> bool {
        use NodeKind as K;
        matches!(
            self.kind,
            K::Root | K::List(_) | K::Item | K::Quote | K::Table | K::TableHead | K::TableRow | K::Footnote(_)
        )
    }
}

/// A Markdown text with the tree of its blocks.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) text: String,
    pub(super) nodes: Vec<Node>,
    pub(super) inlines: Vec<Inline>,
    pub(super) plain: String,
    front_matter: Option<FrontMatter>,
    lines: LineIndex,
    outline: Outline,
}

impl Document {
    /// Reads a text. Any UTF-8 is a document, within the limits.
    ///
    /// # Errors
    /// When the text is too long or nested too deep.
    pub fn parse(text: impl Into<String>) -> Result<Self, DocumentError> {
        let text = text.into();
        if text.len() > MAX_BYTES {
            return Err(DocumentError::TooLarge { bytes: text.len() });
        }
        let lines = LineIndex::new(&text);
        let front_matter = front_matter::find(&text);
        let body = front_matter.as_ref().map_or_else(|| front_matter::bom(&text), |found| found.span.end);
        let parts = tree::build(&text, front_matter.as_ref().map(|found| found.span), body)
            .map_err(|offset| DocumentError::TooDeep { line: lines.line(offset) })?;
        let mut document = Self {
            text,
            nodes: parts.nodes,
            inlines: parts.inlines,
            plain: parts.plain,
            front_matter,
            lines,
            outline: Outline::default(),
        };
        document.outline = Outline::of(&document);
        Ok(document)
    }

    /// The text, byte for byte as it came.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The metadata at the top, when there is any.
    #[must_use]
    pub fn front_matter(&self) -> Option<&FrontMatter> {
        self.front_matter.as_ref()
    }

    /// The sections that the headings make.
    #[must_use]
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Lines and columns of this text.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    /// The line (from 1) on which a span begins.
    #[must_use]
    pub fn line(&self, span: Span) -> usize {
        self.lines.line(span.start)
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All nodes in the order of the text; a parent comes before its children.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index as u32), node))
    }

    /// The nodes that begin in a span, in the order of the text, found without walking what stands before it.
    pub fn nodes_in(&self, span: Span) -> impl Iterator<Item = (NodeId, &Node)> {
        let first = self.nodes.partition_point(|node| node.span.start < span.start);
        let here = self.nodes.iter().enumerate().skip(first).take_while(move |(_, node)| node.span.start < span.end);
        here.map(|(index, node)| (NodeId(index as u32), node))
    }

    /// The direct children of a node, in order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.node(id).end;
        let first = Some(NodeId(id.0 + 1)).filter(|next| *next < end);
        std::iter::successors(first, move |at| Some(self.node(*at).end).filter(|next| *next < end))
    }

    /// All nodes below a node, in the order of the text.
    pub fn descendants(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (id.0 + 1..self.node(id).end.0).map(NodeId)
    }

    /// The nodes around a node, from its parent up to the root.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(id), |at| Some(self.node(*at).parent).filter(|_| *at != NodeId::ROOT)).skip(1)
    }

    /// The source of a node, with its inline markup.
    #[must_use]
    pub fn source(&self, id: NodeId) -> &str {
        self.node(id).span.of(&self.text)
    }

    /// The text of a node without inline markup; line breaks inside a paragraph are spaces. For a fence: its code,
    /// with line ends as in the source. For a container: empty, see [`Document::plain_below`].
    #[must_use]
    pub fn plain(&self, id: NodeId) -> &str {
        self.node(id).plain.of(&self.plain)
    }

    /// The plain text of all text blocks below a node, joined by newlines.
    #[must_use]
    pub fn plain_below(&self, id: NodeId) -> String {
        let own = std::iter::once(id).chain(self.descendants(id));
        own.map(|node| self.plain(node)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// The inline markup of a text block, in order; nested markup follows what it is nested in.
    #[must_use]
    pub fn inlines(&self, id: NodeId) -> &[Inline] {
        &self.inlines[self.node(id).inlines.range()]
    }

    /// The source byte at which a byte of a node's plain text stands, as near as inline markup lets one say:
    /// exact inside code and outside of markup on one line.
    #[must_use]
    pub fn source_offset(&self, id: NodeId, plain_offset: usize) -> usize {
        tree::source_offset(self, id, plain_offset)
    }

    /// [`Document::source_offset`] for many places of one block, given in ascending order, in one walk over it.
    #[must_use]
    pub fn source_offsets(&self, id: NodeId, plain_offsets: &[usize]) -> Vec<usize> {
        tree::source_offsets(self, id, plain_offsets)
    }

    /// The leaves with the bytes that they stand for. The spans follow each other without gap from 0 to the end:
    /// markers of lists and quotes go to the first leaf inside, blank lines to the leaf before them.
    #[must_use]
    pub fn leaves(&self) -> Vec<(NodeId, Span)> {
        tree::leaves(self)
    }

    /// Prints the document from its leaves: the same bytes as [`Document::text`] (law 1).
    #[must_use]
    pub fn echo(&self) -> String {
        self.leaves().into_iter().map(|(_, span)| span.of(&self.text)).collect()
    }
}
