//! Builds the block tree from pulldown-cmark's events and their offsets.
//!
//! pulldown-cmark says where a block begins and ends; blank lines, list markers and link definitions stand between.
//! [`leaves`] hands those bytes out, so that nothing of the text belongs to nobody.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::document::{Document, Inline, InlineKind, MAX_DEPTH, Node, NodeId, NodeKind};
use super::span::Span;

/// The arenas of a document.
pub(super) struct Parts {
    pub(super) nodes: Vec<Node>,
    pub(super) inlines: Vec<Inline>,
    pub(super) plain: String,
}

/// The extensions of Markdown that specifications use. Front matter is found by bytes, not here.
fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
}

/// Reads `text[body..]` into arenas.
///
/// # Errors
/// The byte offset at which blocks are nested deeper than [`MAX_DEPTH`].
pub(super) fn build(text: &str, front_matter: Option<Span>, body: usize) -> Result<Parts, usize> {
    let mut builder = Builder::new(text, body);
    if let Some(span) = front_matter {
        builder.open(NodeKind::FrontMatter, span);
        builder.close();
    }
    for (event, range) in Parser::new_ext(&text[body..], options()).into_offset_iter() {
        let span = Span::new(range.start + body, range.end + body);
        builder.event(event, span);
        if builder.open.len() > MAX_DEPTH {
            return Err(span.start);
        }
    }
    Ok(builder.finish(text.len()))
}

struct Builder<'a> {
    text: &'a str,
    parts: Parts,
    open: Vec<NodeId>,
    /// Inline markup that is not closed yet, as places in `parts.inlines`.
    pending: Vec<usize>,
    /// Whether the open text block is one that vso put into a tight list item.
    implied: bool,
    body: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, body: usize) -> Self {
        let root = Node {
            kind: NodeKind::Root,
            span: Span::new(0, text.len()),
            parent: NodeId::ROOT,
            depth: 0,
            end: NodeId(1),
            plain: Span::default(),
            inlines: Span::default(),
        };
        let parts = Parts { nodes: vec![root], inlines: Vec::new(), plain: String::with_capacity(text.len() - body) };
        Self { text, parts, open: vec![NodeId::ROOT], pending: Vec::new(), implied: false, body }
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.words(&text, span),
            Event::Code(text) => {
                self.imply_paragraph(span);
                let at = self.begin_inline(InlineKind::Code, span, None);
                self.parts.plain.push_str(&text);
                self.end_inline(at);
            }
            Event::InlineHtml(text) => {
                self.imply_paragraph(span);
                let at = self.begin_inline(InlineKind::Html, span, None);
                self.inline_html(&text);
                self.end_inline(at);
            }
            Event::Html(text) => self.parts.plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak => self.parts.plain.push(' '),
            Event::TaskListMarker(done) => {
                self.imply_paragraph(span);
                let at = self.begin_inline(InlineKind::Task(done), span, None);
                self.end_inline(at);
            }
            Event::FootnoteReference(label) => self.words(&format!("[^{label}]"), span),
            Event::Rule => {
                self.close_implied();
                self.open(NodeKind::Rule, span);
                self.close();
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.words(&text, span),
        }
    }

    fn words(&mut self, text: &str, span: Span) {
        self.imply_paragraph(span);
        self.parts.plain.push_str(text);
    }

    /// `<br>` breaks words; another tag that CommonMark takes for HTML is often a placeholder such as `<name>`.
    fn inline_html(&mut self, html: &str) {
        let is_break = html.len() <= 6 && html.to_ascii_lowercase().starts_with("<br");
        self.parts.plain.push_str(if is_break { " " } else { html });
    }

    fn start(&mut self, tag: Tag<'_>, span: Span) {
        match inline_of(&tag) {
            Some((kind, target)) => {
                self.imply_paragraph(span);
                let at = self.begin_inline(kind, span, target);
                self.pending.push(at);
            }
            None => {
                if let Some(kind) = block_of(tag) {
                    self.close_implied();
                    self.open(kind, span);
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Image => {
                if let Some(at) = self.pending.pop() {
                    self.end_inline(at);
                }
            }
            TagEnd::Strikethrough | TagEnd::Superscript | TagEnd::Subscript => {}
            _ => {
                self.close_implied();
                self.close();
            }
        }
    }

    /// The text of a tight list item has no paragraph of its own in pulldown-cmark; readers want one.
    fn imply_paragraph(&mut self, span: Span) {
        let parent = self.top();
        if matches!(self.parts.nodes[parent.index()].kind, NodeKind::Item) {
            self.open(NodeKind::Paragraph, span);
            self.implied = true;
        }
        if self.implied {
            let top = self.top();
            let node = &mut self.parts.nodes[top.index()];
            node.span.end = node.span.end.max(span.end);
        }
    }

    fn close_implied(&mut self) {
        if self.implied {
            self.implied = false;
            self.close();
        }
    }

    fn top(&self) -> NodeId {
        *self.open.last().expect("the root is never closed")
    }

    fn open(&mut self, kind: NodeKind, span: Span) {
        let id = NodeId(self.parts.nodes.len() as u32);
        let (plain, inlines) = (self.parts.plain.len(), self.parts.inlines.len());
        self.parts.nodes.push(Node {
            kind,
            span,
            parent: self.top(),
            depth: self.open.len() as u32,
            end: NodeId(id.0 + 1),
            plain: Span::new(plain, plain),
            inlines: Span::new(inlines, inlines),
        });
        self.open.push(id);
    }

    fn close(&mut self) {
        if self.open.len() < 2 {
            return;
        }
        let id = self.open.pop().expect("checked above");
        let next = NodeId(self.parts.nodes.len() as u32);
        let (plain, inlines) = (self.parts.plain.len(), self.parts.inlines.len());
        let node = &mut self.parts.nodes[id.index()];
        node.end = next;
        if node.is_container() {
            node.plain = Span::new(plain, plain);
            node.inlines = Span::new(inlines, inlines);
        } else {
            node.plain.end = plain;
            node.inlines.end = inlines;
        }
    }

    fn begin_inline(&mut self, kind: InlineKind, span: Span, target: Option<String>) -> usize {
        let plain = self.plain_here();
        self.parts.inlines.push(Inline { kind, span, plain: Span::new(plain, plain), target });
        self.parts.inlines.len() - 1
    }

    fn end_inline(&mut self, at: usize) {
        self.parts.inlines[at].plain.end = self.plain_here();
    }

    /// Length of the plain text of the open block so far.
    fn plain_here(&self) -> usize {
        self.parts.plain.len() - self.parts.nodes[self.top().index()].plain.start
    }

    fn finish(mut self, end: usize) -> Parts {
        self.close_implied();
        while self.open.len() > 1 {
            self.close();
        }
        debug_assert!(self.body <= self.text.len());
        let count = self.parts.nodes.len() as u32;
        let root = &mut self.parts.nodes[0];
        root.end = NodeId(count);
        root.span.end = end;
        self.parts
    }
}

fn inline_of(tag: &Tag<'_>) -> Option<(InlineKind, Option<String>)> {
    match tag {
        Tag::Emphasis => Some((InlineKind::Emphasis, None)),
        Tag::Strong => Some((InlineKind::Strong, None)),
        Tag::Link { dest_url, .. } => Some((InlineKind::Link, Some(dest_url.to_string()))),
        Tag::Image { dest_url, .. } => Some((InlineKind::Image, Some(dest_url.to_string()))),
        _ => None,
    }
}

fn block_of(tag: Tag<'_>) -> Option<NodeKind> {
    Some(match tag {
        Tag::Paragraph => NodeKind::Paragraph,
        Tag::Heading { level, .. } => NodeKind::Heading(level_number(level)),
        Tag::BlockQuote(_) => NodeKind::Quote,
        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => NodeKind::Fence(info.to_string()),
        Tag::CodeBlock(CodeBlockKind::Indented) => NodeKind::IndentedCode,
        Tag::HtmlBlock => NodeKind::Html,
        Tag::List(first) => NodeKind::List(first),
        Tag::Item => NodeKind::Item,
        Tag::FootnoteDefinition(label) => NodeKind::Footnote(label.to_string()),
        Tag::Table(_) => NodeKind::Table,
        Tag::TableHead => NodeKind::TableHead,
        Tag::TableRow => NodeKind::TableRow,
        Tag::TableCell => NodeKind::TableCell,
        _ => return None,
    })
}

fn level_number(level: HeadingLevel) -> u8 {
    level as u8
}

/// Hands every byte to one leaf: a leaf reaches from where the outermost block that begins with it begins, to the next.
pub(super) fn leaves(document: &Document) -> Vec<(NodeId, Span)> {
    let mut found: Vec<(NodeId, Span)> = Vec::new();
    let mut opened_at: Option<usize> = None;
    for (id, node) in document.nodes().skip(1) {
        let start = opened_at.map_or(node.span.start, |at| at.min(node.span.start));
        if node.end.0 > id.0 + 1 {
            opened_at = Some(start);
            continue;
        }
        opened_at = None;
        found.push((id, Span::new(start, node.span.end)));
    }
    if found.is_empty() {
        return vec![(NodeId::ROOT, Span::new(0, document.text().len()))];
    }
    found[0].1.start = 0;
    for at in 1..found.len() {
        let start = found[at].1.start.max(found[at - 1].1.start);
        found[at].1.start = start;
        found[at - 1].1.end = start;
    }
    let last = found.len() - 1;
    found[last].1.end = document.text().len();
    found
}

/// Walks the source and the plain text of a block side by side, skipping what is only markup.
pub(super) fn source_offset(document: &Document, id: NodeId, plain_offset: usize) -> usize {
    source_offsets(document, id, &[plain_offset])[0]
}

/// The same for several places in ascending order. The end of each inline markup sets the walk right again, so that
/// a link's destination is not taken for text.
pub(super) fn source_offsets(document: &Document, id: NodeId, plain_offsets: &[usize]) -> Vec<usize> {
    let (source, plain) = (document.source(id), document.plain(id));
    let from = document.node(id).span.start;
    let mut marks: Vec<(usize, usize)> =
        document.inlines(id).iter().map(|inline| (inline.plain.end, inline.span.end.saturating_sub(from))).collect();
    marks.sort_unstable();
    let mut marks = marks.into_iter().peekable();
    let mut wanted = plain_offsets.iter().copied().peekable();
    let mut found = Vec::with_capacity(plain_offsets.len());
    let mut at = 0;
    for (offset, letter) in plain.char_indices() {
        while let Some((_, end)) = marks.next_if(|(end, _)| *end <= offset) {
            at = at.max(end.min(source.len()));
        }
        let here = source[at..].char_indices().find(|(_, found)| same_character(*found, letter));
        let Some((skip, letter)) = here else { break };
        while wanted.next_if(|place| *place <= offset).is_some() {
            found.push(from + at + skip);
        }
        if found.len() == plain_offsets.len() {
            return found;
        }
        at += skip + letter.len_utf8();
    }
    found.resize(plain_offsets.len(), from + at.min(source.len()));
    found
}

fn same_character(source: char, plain: char) -> bool {
    source == plain || (plain == ' ' && source.is_whitespace())
}
