//! Reads endpoints: one walk over the blocks of the document. What has a method and a path by its form is stated;
//! what is an example, or only mentioned in a sentence, counts where nothing stated covers it.

mod detail;
mod gather;
mod inline;
mod labels;
mod tabled;

use super::super::document::{Document, InlineKind, NodeId, NodeKind};
use super::super::item::{Component, Endpoint, Model, Rung};
use super::super::span::Span;
use super::code::{openapi, routes, value};
use super::grammar::columns::Rows;
use super::grammar::path;
use super::grammar::payload::{Known, read_tail};
use super::ground::Ground;
use super::lexicon::Topic;
use super::requirements::{Names, front};
use detail::Detail;
use gather::{Gathered, Weight};
use labels::{Label, Pending};

/// The endpoints of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component], models: &[Model]) -> Vec<Endpoint> {
    let mut reader = Reader {
        ground,
        document: ground.document(),
        known: Known::of(models.iter().map(|model| model.name.as_str())),
        names: Names::of(components),
        gathered: Gathered::default(),
        pending: Pending::default(),
        scope: None,
        heading_paths: Vec::new(),
        part: 0,
    };
    reader.walk();
    reader.gathered.finish(components)
}

/// Where the details of the last endpoints stand.
struct Scope {
    /// The endpoints, as places in what was gathered.
    places: std::ops::Range<usize>,
    /// A heading of this level or above ends it; 0: no heading inside.
    level: u8,
    /// Where it ends at the latest, in bytes.
    end: usize,
    detail: Detail,
}

struct Reader<'g> {
    ground: &'g Ground<'g>,
    document: &'g Document,
    known: Known,
    names: Names,
    gathered: Gathered,
    pending: Pending,
    scope: Option<Scope>,
    /// Paths that headings above name, with their level, and whether an endpoint came of them.
    heading_paths: Vec<HeadingPath>,
    part: usize,
}

struct HeadingPath {
    level: u8,
    path: path::FoundPath,
    span: Span,
    used: bool,
    /// How many endpoints were known when the heading came.
    before: usize,
}

impl<'g> Reader<'g> {
    fn walk(&mut self) {
        let parts = self.ground.parts();
        for (id, node) in self.document.nodes() {
            let start = node.span.start;
            while parts.get(self.part + 1).is_some_and(|next| next.span.start <= start) {
                self.part += 1;
            }
            if parts[self.part].skipped {
                continue;
            }
            match &node.kind {
                NodeKind::Heading(level) => self.heading(id, *level),
                NodeKind::Paragraph => self.paragraph(id),
                NodeKind::Table => self.table(id),
                NodeKind::Fence(info) => self.code(id, info),
                NodeKind::IndentedCode => self.code(id, ""),
                _ => {}
            }
        }
        self.close_headings(0);
        self.flush_pending();
    }

    fn topic(&self) -> Option<Topic> {
        self.ground.parts()[self.part].topic
    }

    /// Whether the section or the text speaks of an interface.
    fn speaks(&self, text: &str) -> bool {
        self.topic() == Some(Topic::Endpoints)
            || inline::speaks_of_interface(text)
            || inline::speaks_of_interface(&self.ground.parts()[self.part].title)
    }

    fn rung(&self, typed: Rung) -> Rung {
        if self.topic() == Some(Topic::Endpoints) && typed != Rung::Fence { Rung::Section } else { typed }
    }

    fn take(&mut self, mut endpoint: Endpoint, span: Span, rung: Rung, weight: Weight) {
        if self.ground.is_skipped(span.start) {
            return;
        }
        endpoint.origin = self.ground.origin(span, self.rung(rung));
        self.gathered.push(endpoint, weight);
    }

    /// Opens the place where details of the endpoints gathered since `from` stand.
    fn open_scope(&mut self, from: usize, level: u8, end: usize) {
        if self.gathered.len() > from {
            self.scope = Some(Scope { places: from..self.gathered.len(), level, end, detail: Detail::default() });
        }
    }

    /// Whether a byte is inside the open scope; closes it otherwise.
    fn in_scope(&mut self, at: usize) -> bool {
        if self.scope.as_ref().is_some_and(|scope| at >= scope.end) {
            self.scope = None;
        }
        self.scope.is_some()
    }

    /// Runs `fill` on each endpoint of the scope.
    fn detail(&mut self, mut fill: impl FnMut(&mut Detail, &mut Endpoint, &Known)) {
        if let Some(scope) = &mut self.scope {
            for place in scope.places.clone() {
                fill(&mut scope.detail, self.gathered.endpoint(place), &self.known);
            }
        }
    }

    fn heading(&mut self, id: NodeId, level: u8) {
        let (text, span) = (self.document.plain(id), self.document.node(id).span);
        let title = self.ground.parts()[self.part].title.as_str();
        if let Some(label) = labels::label(title) {
            if matches!(label, Label::Path(_) | Label::Method) {
                self.pending.awaited = Some(label);
            }
            let inside = self.scope.as_ref().is_some_and(|scope| level > scope.level && scope.level > 0);
            if inside
                || (self.scope.is_some()
                    && matches!(
                        label,
                        Label::Request | Label::Response | Label::Errors | Label::Parameters | Label::Description
                    ))
            {
                self.detail(|detail, _, _| detail.heading(text));
                return;
            }
            if matches!(label, Label::Path(_) | Label::Method) {
                return;
            }
        }
        self.flush_pending();
        let ends = self.scope.as_ref().is_some_and(|scope| level <= scope.level || scope.level == 0);
        self.close_headings(level);
        let from = self.gathered.len();
        let hits = inline::with_method(text);
        for hit in hits.iter().filter(|hit| !hit.spoken) {
            let description = description_in_title(text, hit.start, hit.end);
            for method in &hit.methods {
                let mut endpoint = openapi::bare(Some(method), &hit.path.path);
                endpoint.parameters.clone_from(&hit.path.query);
                endpoint.description.clone_from(&description);
                self.take(endpoint, span, Rung::Typed, Weight::Stated);
            }
        }
        if self.gathered.len() > from {
            self.open_scope(from, level, usize::MAX);
            return;
        }
        if ends {
            self.scope = None;
        }
        if let Some(method) = method_title(text)
            && let Some(above) = self.heading_paths.last_mut()
        {
            above.used = true;
            let mut endpoint = openapi::bare(Some(method), &above.path.path);
            endpoint.parameters.clone_from(&above.path.query);
            self.take(endpoint, span, Rung::Typed, Weight::Stated);
            self.open_scope(from, level, usize::MAX);
            return;
        }
        if self.scope.is_some() {
            self.detail(|detail, _, _| detail.heading(text));
        }
        self.heading_path(id, level, text, span);
    }

    /// A heading that is or ends in a path: endpoints of it may follow.
    fn heading_path(&mut self, id: NodeId, level: u8, text: &str, span: Span) {
        let bare =
            text.trim_start_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ' ' | ')' | '、'));
        let code = self.document.inlines(id).iter().filter(|inline| inline.kind == InlineKind::Code);
        let coded = code.map(|inline| inline.plain.of(text)).find_map(inline::leading_path);
        let bracketed =
            || text.rsplit(['[', '(']).next().filter(|part| part.len() < text.len()).and_then(inline::leading_path);
        let Some(hit) = coded.or_else(|| inline::leading_path(bare)).or_else(bracketed) else { return };
        if !path::looks_like_api(&hit.path.path) {
            return;
        }
        if hit.methods.is_empty() {
            self.heading_paths.push(HeadingPath {
                level,
                path: hit.path,
                span,
                used: false,
                before: self.gathered.len(),
            });
            return;
        }
        let from = self.gathered.len();
        for method in hit.methods {
            let endpoint = openapi::bare(Some(method), &hit.path.path);
            self.take(endpoint, span, Rung::Typed, Weight::Stated);
        }
        self.open_scope(from, level, usize::MAX);
    }

    /// Drops the paths of headings of a level and below. One that no method joined is an endpoint without method where
    /// the section is about endpoints.
    fn close_headings(&mut self, level: u8) {
        while let Some(last) = self.heading_paths.pop_if(|last| last.level >= level) {
            let weak =
                last.used || self.gathered.len() > last.before || path::is_base(&last.path.path) || last.path.hosted;
            let part = self.ground.part_at(last.span.start);
            if !weak && self.ground.parts()[part].topic == Some(Topic::Endpoints) {
                let endpoint = openapi::bare(None, &last.path.path);
                self.take(endpoint, last.span, Rung::Typed, Weight::Mentioned);
            }
        }
    }

    /// Makes endpoints of what labels named, once path and method are known; or of a path alone that is certain.
    fn flush_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let above = self.heading_paths.last_mut().filter(|_| pending.path.is_none() && !pending.methods.is_empty());
        if let Some(above) = above {
            above.used = true;
            let (path, span) = (above.path.path.clone(), above.span);
            for method in pending.methods {
                self.take(openapi::bare(Some(method), &path), span, Rung::Typed, Weight::Stated);
            }
            return;
        }
        let Some((found, span, certain)) = pending.path else { return };
        let from = self.gathered.len();
        if pending.methods.is_empty() {
            let believed = certain || self.topic() == Some(Topic::Endpoints);
            if believed && !found.hosted && path::looks_like_api(&found.path) && !path::is_base(&found.path) {
                self.take(openapi::bare(None, &found.path), span, Rung::Typed, Weight::Mentioned);
            }
            return;
        }
        for method in pending.methods {
            let mut endpoint = openapi::bare(Some(method), &found.path);
            endpoint.parameters.clone_from(&found.query);
            self.take(endpoint, span, Rung::Typed, Weight::Stated);
        }
        let level = self.ground.parts()[self.part].level;
        let title = self.ground.parts()[self.part].title.clone();
        for place in from..self.gathered.len() {
            self.gathered.endpoint(place).description.clone_from(&title);
        }
        self.open_scope(from, level, usize::MAX);
    }

    fn paragraph(&mut self, id: NodeId) {
        let (text, node) = (self.document.plain(id), self.document.node(id));
        if text.trim().is_empty() {
            return;
        }
        let item = Some(node.parent).filter(|parent| self.document.node(*parent).kind == NodeKind::Item);
        if self.labelled_lines(id, item.is_some()) {
            return;
        }
        let from = self.gathered.len();
        let rest = if text.contains(['/', '<', '{']) { self.stated(id, text, item.is_some()) } else { None };
        if self.gathered.len() > from {
            let end = item.map_or(usize::MAX, |item| self.document.node(item).span.end);
            if rest.is_some() {
                self.open_scope(from, self.ground.parts()[self.part].level, end);
            }
            return;
        }
        if self.in_scope(node.span.start) {
            self.detail(|detail, endpoint, known| detail.line(text, item.is_some(), endpoint, known));
        }
        if text.contains('/') {
            self.mentioned(id, text);
        }
    }

    /// Endpoints with a method in a paragraph or list item. Gives the text behind when one begins it.
    fn stated(&mut self, id: NodeId, text: &'g str, listed: bool) -> Option<&'g str> {
        let ahead = front(text, &self.names, false);
        let body = &text[ahead.rest_at..];
        let hits = inline::with_method(text);
        let first = hits.first().filter(|hit| !hit.spoken && leads(&text[..hit.start], ahead.rest_at, listed));
        if first.is_some() || hits.is_empty() {
            let lead = match first {
                Some(hit) => Some(hit.clone()),
                None => inline::leading_path(body).filter(|hit| !hit.methods.is_empty()),
            };
            if let Some(hit) = lead {
                let offset = if first.is_some() { 0 } else { ahead.rest_at };
                let rest = tail_text(&text[(offset + hit.end).min(text.len())..]);
                let tagged = front(rest.trim_start(), &self.names, false);
                let rest = if tagged.tag.is_some() { &rest.trim_start()[tagged.rest_at..] } else { rest };
                let tag = ahead.tag.clone().or(tagged.tag);
                let tail = read_tail(rest, &self.known);
                for method in &hit.methods {
                    let mut endpoint = openapi::bare(Some(method), &hit.path.path);
                    endpoint.parameters.clone_from(&hit.path.query);
                    endpoint.id.clone_from(&ahead.id);
                    endpoint.tag.clone_from(&tag);
                    endpoint.description.clone_from(&tail.description);
                    endpoint.request.clone_from(&tail.request);
                    endpoint.answers.clone_from(&tail.answers);
                    self.take(endpoint, self.document.node(id).span, Rung::Typed, Weight::Stated);
                }
                if hits.len() > 1 && tail.answers.is_empty() {
                    self.spoken(id, text, &hits[1..]);
                }
                return Some(rest);
            }
        }
        self.spoken(id, text, &hits);
        None
    }

    /// Endpoints that a sentence names.
    fn spoken(&mut self, id: NodeId, text: &str, hits: &[inline::Hit]) {
        let mut cursor = Cursor::new(self.document, id);
        for hit in hits {
            let span = cursor.find(&text[hit.path_start..hit.end]);
            if hit.path.path.ends_with('*') {
                continue;
            }
            if hit.path.path.len() < 2 && !hit.path.hosted && !text[..hit.path_start].ends_with('`') && hit.spoken {
                continue;
            }
            for method in &hit.methods {
                let mut endpoint = openapi::bare(Some(method), &hit.path.path);
                endpoint.parameters.clone_from(&hit.path.query);
                self.take(endpoint, span, Rung::Sentence, Weight::Mentioned);
            }
        }
    }

    /// Paths without method: in code, or at the start of a list item in a section about endpoints.
    fn mentioned(&mut self, id: NodeId, text: &str) {
        if !self.speaks(text) {
            return;
        }
        let mut cursor = Cursor::new(self.document, id);
        let code = self.document.inlines(id).iter().filter(|inline| inline.kind == InlineKind::Code);
        let mut places: Vec<(usize, &str)> = code.map(|inline| (inline.plain.start, inline.plain.of(text))).collect();
        if places.is_empty() && self.topic() == Some(Topic::Endpoints) {
            places.extend(inline::leading_path(text).map(|hit| (hit.start, &text[hit.start..hit.end])));
        }
        for (at, code) in places {
            let Some(found) = path::read(code).filter(|found| found.length == code.len() && !found.hosted) else {
                continue;
            };
            let weak = !path::looks_like_api(&found.path) || path::is_base(&found.path) || found.path.ends_with('*');
            if weak || inline::is_prefix_of_others(&text[..at]) {
                continue;
            }
            let mut endpoint = openapi::bare(None, &found.path);
            endpoint.parameters.clone_from(&found.query);
            self.take(endpoint, cursor.find(code), Rung::Sentence, Weight::Mentioned);
        }
    }

    /// Lines such as "请求URL：/x". Whether the block was nothing else.
    fn labelled_lines(&mut self, id: NodeId, listed: bool) -> bool {
        let span = self.document.node(id).span;
        let source = span.of(self.document.text());
        let mut taken = false;
        let mut start = span.start;
        for line in source.split_inclusive('\n') {
            let line_span = Span::new(start, start + line.trim_end().len());
            start += line.len();
            if let Some(awaited) = self.pending.awaited.take()
                && self.pending.take(awaited, line.trim().trim_start_matches(['-', '*', '+', '>', ' ']), line_span)
            {
                taken = true;
            } else if let Some((label, value)) =
                labels::read(line).filter(|(label, _)| matches!(label, Label::Path(_) | Label::Method))
            {
                if matches!(label, Label::Path(_)) && self.pending.path.is_some() {
                    self.flush_pending();
                }
                if value.is_empty() {
                    self.pending.awaited = Some(label);
                    taken = true;
                } else {
                    taken |= self.pending.take(label, value, line_span);
                }
            }
            if self.pending.is_complete() {
                self.flush_pending();
            }
        }
        let _ = listed;
        taken
    }

    fn table(&mut self, id: NodeId) {
        let rows = Rows::of(self.document, id);
        let head: Vec<&str> = self
            .document
            .children(id)
            .next()
            .map(|head| self.document.children(head).map(|cell| self.document.plain(cell)).collect())
            .unwrap_or_default();
        if tabled::labelled(&head, &rows, &mut self.pending) {
            self.flush_pending();
            return;
        }
        let spoken = self.speaks("") || rows.headers.iter().any(|header| inline::speaks_of_interface(header));
        let found = tabled::endpoints(&rows, spoken, &self.known);
        if !found.is_empty() {
            for (endpoint, span) in found {
                let weight = if endpoint.method.is_some() { Weight::Stated } else { Weight::Mentioned };
                self.take(endpoint, span, Rung::Typed, weight);
            }
            return;
        }
        if self.in_scope(self.document.node(id).span.start) {
            self.detail(|detail, endpoint, known| {
                detail.table(&rows, endpoint, known);
            });
        }
    }

    fn code(&mut self, id: NodeId, info: &str) {
        let code = self.document.plain(id);
        let language = info.split([' ', '{', ',', ':']).next().unwrap_or_default().to_ascii_lowercase();
        if let Some(awaited) = self.pending.awaited.take() {
            let line = code.lines().next().unwrap_or_default();
            if self.pending.take(awaited, line, self.code_line(id, 0)) {
                if self.pending.is_complete() {
                    self.flush_pending();
                }
                return;
            }
        }
        let start = self.document.node(id).span.start;
        let from = self.gathered.len();
        let found = code_endpoints(code, &language, &self.known);
        let several = found.len() > 1;
        for found in found {
            let span = self.code_line(id, found.line);
            let weight = if found.example { Weight::Example } else { Weight::Stated };
            self.take(found.endpoint, span, Rung::Fence, weight);
        }
        let in_scope = self.in_scope(start);
        if self.gathered.len() == from && in_scope {
            self.detail(|detail, endpoint, _| detail.sample(code, endpoint));
        } else if !several && self.gathered.len() == from + 1 && !in_scope && is_request_block(&language) {
            self.open_scope(from, self.ground.parts()[self.part].level, usize::MAX);
        }
    }

    /// The bytes of a line (from 0) of a code block.
    fn code_line(&self, id: NodeId, line: usize) -> Span {
        super::code::place(self.document, id, (line, line))
    }
}

/// Whether a block of this language shows a request, so that what follows it is about that.
fn is_request_block(language: &str) -> bool {
    matches!(language, "" | "http" | "text" | "rest" | "txt" | "plain" | "plaintext")
}

fn code_endpoints(code: &str, language: &str, known: &Known) -> Vec<super::code::CodeEndpoint> {
    use routes::Style;
    match language {
        "sql" | "css" | "diff" | "toml" | "ini" | "xml" | "html" | "csv" | "dockerfile" | "hcl" | "proto"
        | "graphql" => Vec::new(),
        "json" | "jsonc" | "json5" if code.contains("\"paths\"") => {
            value::json(code).map(|root| openapi::endpoints(&root)).unwrap_or_default()
        }
        "json" | "jsonc" | "json5" => Vec::new(),
        "yaml" | "yml" | "openapi" if openapi::looks_like_openapi(code) => openapi::endpoints(&value::yaml(code)),
        "yaml" | "yml" | "openapi" => Vec::new(),
        "mermaid" | "plantuml" | "puml" | "sequence" => routes::endpoints(code, Style::Diagram, known),
        "" | "http" | "text" | "txt" | "bash" | "sh" | "shell" | "console" | "curl" | "rest" | "plain"
        | "plaintext" | "zsh" | "none" => {
            if language.is_empty() && code.contains("paths:") && openapi::looks_like_openapi(code) {
                return openapi::endpoints(&value::yaml(code));
            }
            routes::endpoints(code, Style::Plain, known)
        }
        _ => routes::endpoints(code, Style::Program, known),
    }
}

/// Whether what stands before a method lets it lead its block: nothing, an id, a number, a short label.
fn leads(before: &str, front: usize, listed: bool) -> bool {
    let rest = before.get(front..).unwrap_or_default();
    let bare = rest.trim_matches(|letter: char| !letter.is_alphanumeric());
    let labelled = before.trim_end().ends_with([':', '：', '-', '–', '—', '[', '(']) && bare.len() <= 40;
    bare.is_empty() || bare.bytes().all(|byte| byte.is_ascii_digit()) || (listed && labelled)
}

/// What follows a path, without the marks that close its code or bracket.
fn tail_text(text: &str) -> &str {
    text.trim_start_matches(['`', '*', ')', ']', '"'])
}

/// The words of a title around the endpoint that it names.
fn description_in_title(text: &str, start: usize, end: usize) -> String {
    let words = |part: &str| {
        let bare = part.trim_matches(|letter: char| !letter.is_alphanumeric());
        bare.trim_start_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ' ' | ')')).to_owned()
    };
    let after = words(&text[end..]);
    if after.is_empty() { words(&text[..start]) } else { after }
}

/// The method that a title consists of, or ends with in brackets: "GET", "GET – list", "Create [POST]".
fn method_title(text: &str) -> Option<&'static str> {
    let bracketed = text.trim_end().strip_suffix([']', ')']).and_then(|rest| rest.rsplit(['[', '(']).next());
    let first = text.split([' ', ':', '：', '-', '–', '—']).next().unwrap_or_default();
    let named = [bracketed.unwrap_or_default(), first.trim_matches('`')];
    path::METHODS.into_iter().find(|method| named.contains(method))
}

/// Finds parts of a block's plain text in its source, in order: one pass over the source in all.
struct Cursor<'a> {
    span: Span,
    source: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(document: &'a Document, id: NodeId) -> Self {
        let span = document.node(id).span;
        Self { span, source: span.of(document.text()), at: 0 }
    }

    /// The bytes of the next place where `text` stands; the whole block where it can't be found.
    fn find(&mut self, text: &str) -> Span {
        match self.source[self.at..].find(text) {
            Some(found) if !text.is_empty() => {
                let start = self.at + found;
                self.at = start + text.len();
                Span::new(self.span.start + start, self.span.start + self.at)
            }
            _ => {
                self.at = self.source.len();
                self.span
            }
        }
    }
}

/// Whether a title is a label of an endpoint's parts ("Request body", "返回参数") and so names nothing.
pub(super) fn is_label(title: &str) -> bool {
    labels::label(title).is_some()
}

/// Whether a block belongs to the description of an endpoint: a label of one, or a method with its path.
pub(super) fn is_part_of_endpoint(text: &str) -> bool {
    labels::read(text).is_some() || inline::with_method(text).first().is_some_and(|hit| !hit.spoken && hit.start < 24)
}
