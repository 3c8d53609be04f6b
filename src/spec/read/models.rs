//! Reads data models: one walk over the blocks of the document. Named sections first, then tables and headings that say
//! what they are, then code, then the few forms of running text that are certain enough.

mod fenced;
mod listed;
mod prose;
mod tabled;
mod titled;

use std::collections::HashMap;

use super::super::document::{Document, InlineKind, NodeId, NodeKind};
use super::super::item::{Component, Field, Model, Rung};
use super::super::span::Span;
use super::super::text::name_key;
use super::code;
use super::endpoints;
use super::grammar::columns::Rows;
use super::grammar::owners::bodies;
use super::ground::Ground;
use super::lexicon::Topic;
use super::requirements::Enclosing;

/// The models of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component]) -> Vec<Model> {
    let mut reader = Reader {
        ground,
        document: ground.document(),
        part: 0,
        found: Vec::new(),
        caption: None,
        interface: None,
        list_owner: None,
    };
    reader.walk();
    finish(reader.found, components)
}

struct Reader<'g> {
    ground: &'g Ground<'g>,
    document: &'g Document,
    part: usize,
    found: Vec<Model>,
    /// The short line just before a block, which may name it ("`users`:").
    caption: Option<(NodeId, String)>,
    /// The section that describes an endpoint, where one did.
    interface: Option<usize>,
    /// The model whose fields are the items of the list that comes next or is being read, and where that list ends.
    list_owner: Option<Owner>,
}

struct Owner {
    place: usize,
    /// Depth of the items that are fields; set by the first one.
    depth: Option<u32>,
    end: usize,
}

impl Reader<'_> {
    fn walk(&mut self) {
        let ground = self.ground;
        let parts = ground.parts();
        for (id, node) in ground.document().nodes() {
            let start = node.span.start;
            while parts.get(self.part + 1).is_some_and(|next| next.span.start <= start) {
                self.part += 1;
            }
            if parts[self.part].skipped {
                continue;
            }
            match &node.kind {
                NodeKind::Heading(_) => self.heading(id),
                NodeKind::Paragraph => self.paragraph(id),
                NodeKind::Table => self.table(id),
                NodeKind::Fence(info) => self.code(id, info),
                NodeKind::IndentedCode => self.code(id, ""),
                _ => {}
            }
        }
    }

    fn topic(&self) -> Option<Topic> {
        self.ground.parts()[self.part].topic
    }

    fn in_models(&self) -> bool {
        self.topic() == Some(Topic::Models)
    }

    fn heading(&mut self, id: NodeId) {
        self.caption = None;
        self.list_owner = None;
        let inside = self.interface.is_some_and(|part| self.ground.above(self.part).any(|above| above == part));
        if !inside {
            self.interface = endpoints::is_part_of_endpoint(self.document.plain(id)).then_some(self.part);
        }
    }

    /// Adds a model. Gives its place.
    fn take(&mut self, name: &str, fields: Vec<Field>, description: &str, span: Span, rung: Rung) -> Option<usize> {
        let name = name.trim();
        if name.is_empty() || name_key(name).is_empty() || self.ground.is_skipped(span.start) {
            return None;
        }
        let rung = if self.in_models() && rung == Rung::Typed { Rung::Section } else { rung };
        self.found.push(Model {
            name: name.to_owned(),
            fields,
            description: description.trim().to_owned(),
            tag: None,
            section: None,
            origin: self.ground.origin(span, rung),
        });
        Some(self.found.len() - 1)
    }

    fn paragraph(&mut self, id: NodeId) {
        let text = self.document.plain(id);
        let node = self.document.node(id);
        if text.trim().is_empty() {
            return;
        }
        let item = self.document.node(node.parent).kind == NodeKind::Item;
        if self.owned_field(id, text, item) {
            return;
        }
        let strong = self.strong(id, text);
        if !self.in_models() && self.interface.is_none() && text.len() < 2_000 && endpoints::is_part_of_endpoint(text) {
            self.interface = Some(self.part);
        }
        self.caption = titled::caption(text, strong).map(|name| (id, name));
        if item {
            self.item(id, text, strong);
        } else if text.contains('{')
            && let Some(line) = listed::with_braces(text).filter(|_| self.in_models())
        {
            self.take(&line.name, line.fields, &line.description, node.span, Rung::Typed);
        }
        self.prose(id, text);
    }

    /// The marked-up text with which a block begins.
    fn strong<'t>(&self, id: NodeId, text: &'t str) -> Option<&'t str> {
        let first = self.document.inlines(id).iter().find(|inline| inline.kind != InlineKind::Emphasis)?;
        let kinds = matches!(first.kind, InlineKind::Strong | InlineKind::Code | InlineKind::Link);
        (kinds && first.plain.start <= text.len() - text.trim_start().len()).then(|| first.plain.of(text))
    }

    /// A bullet that is a field of the model named just before. Whether it was.
    fn owned_field(&mut self, id: NodeId, text: &str, item: bool) -> bool {
        let Some(owner) = &mut self.list_owner else { return false };
        let node = self.document.node(id);
        let over = owner.depth.is_some_and(|depth| node.depth < depth) || node.span.start >= owner.end;
        if !item || over {
            self.list_owner = None;
            return false;
        }
        let depth = *owner.depth.get_or_insert(node.depth);
        if node.depth > depth {
            return true;
        }
        let (place, strong) = (owner.place, self.strong(id, text));
        let names: Vec<&str> = self
            .document
            .inlines(id)
            .iter()
            .filter(|inline| inline.kind == InlineKind::Strong)
            .map(|inline| inline.plain.of(text))
            .collect();
        let model = &mut self.found[place];
        if let Some(field) = listed::bullet_field(text) {
            model.fields.push(field);
        } else if strong.is_some() {
            model.fields.extend(
                names
                    .into_iter()
                    .map(|name| Field { name: name.trim_end_matches([':', ' ']).to_owned(), ..Field::default() }),
            );
        } else {
            let name: String =
                text.split(['(', ':', '–', '—']).next().unwrap_or(text).trim().chars().take(80).collect();
            model.fields.push(Field { name, ..Field::default() });
        }
        true
    }

    fn item(&mut self, id: NodeId, text: &str, strong: Option<&str>) {
        let span = self.document.node(id).span;
        match self.topic() {
            Some(Topic::Models) => {
                if let Some(name) = titled::schema_file(text) {
                    self.take(name, Vec::new(), "", span, Rung::Typed);
                    return;
                }
                let Some(line) = listed::in_section(text, strong) else { return };
                let nested = self.nested_fields(id);
                let plain = line.fields.is_empty() && !nested;
                if plain && (strong.is_none() && !text.contains([':', '：', '—', '–']) || self.is_field_bullet(text))
                {
                    return;
                }
                let place = self.take(&line.name, line.fields, &line.description, span, Rung::Typed);
                if let Some(place) = place.filter(|_| nested) {
                    let parent = self.document.node(self.document.node(id).parent).span;
                    self.list_owner = Some(Owner { place, depth: None, end: parent.end });
                }
            }
            Some(Topic::Glossary | Topic::Meta) => {
                let defined = strong.filter(|_| self.topic() == Some(Topic::Glossary));
                if let Some(term) = defined.map(|term| term.trim_end_matches([':', '：', ' '])) {
                    let rest = text.trim_start().get(term.len()..).unwrap_or_default();
                    if prose::defines_data(rest.trim_start_matches([' ', ':', '：', '-', '–', '—'])) {
                        self.take(
                            term,
                            Vec::new(),
                            rest.trim_start_matches([' ', ':', '：', '-', '–', '—']),
                            span,
                            Rung::Sentence,
                        );
                    }
                }
            }
            _ => {
                if text.contains('{')
                    && let Some(line) = listed::with_braces(text)
                {
                    self.take(&line.name, line.fields, &line.description, span, Rung::Typed);
                }
            }
        }
    }

    /// Whether an item reads as a field of the heading's model rather than as a model: `id (uuid): …`.
    fn is_field_bullet(&self, text: &str) -> bool {
        let first = text.trim_start().chars().next();
        first.is_some_and(char::is_lowercase) && titled::model_of(&self.ground.parts()[self.part].title, true).is_some()
    }

    /// Whether an item has bullets below it that could be fields.
    fn nested_fields(&self, id: NodeId) -> bool {
        let item = self.document.node(id).parent;
        let lists =
            self.document.children(item).filter(|child| matches!(self.document.node(*child).kind, NodeKind::List(_)));
        lists.flat_map(|list| self.document.children(list)).take(3).any(|item| {
            self.document
                .children(item)
                .next()
                .is_some_and(|text| listed::bullet_field(self.document.plain(text)).is_some())
        })
    }

    fn prose(&mut self, id: NodeId, text: &str) {
        let span = self.document.node(id).span;
        for (_, name) in prose::suffixed(text) {
            self.take(name, Vec::new(), "", span, Rung::Sentence);
        }
        for (_, name) in prose::introduced(text) {
            self.take(&name, Vec::new(), "", span, Rung::Sentence);
        }
        for described in prose::described(text) {
            let place = self.take(&described.name, described.fields, "", span, Rung::Sentence);
            if let Some(place) = place.filter(|_| described.list_follows) {
                self.list_owner = Some(Owner { place, depth: None, end: usize::MAX });
            }
        }
    }

    fn table(&mut self, id: NodeId) {
        let rows = Rows::of(self.document, id);
        let span = self.document.node(id).span;
        let in_models = self.in_models();
        let entities = tabled::entities(&rows, in_models);
        if !entities.is_empty() {
            for (name, fields, description, row) in entities {
                self.take(&name, fields, &description, row, Rung::Typed);
            }
            self.caption = None;
            return;
        }
        let title = &self.ground.parts()[self.part].title;
        if self.interface.is_none() && tabled::is_model_table(&rows, in_models) {
            let caption = self
                .caption
                .as_ref()
                .map(|(_, name)| name.clone())
                .filter(|_| in_models || rows.find(super::grammar::columns::Column::Type).is_some());
            let named = caption.or_else(|| titled::model_of(title, in_models));
            if let Some(name) = named {
                let fields = rows.fields().into_iter().map(|(field, _)| field).collect();
                let at = self.heading_span().unwrap_or(span);
                self.take(&name, fields, "", at, Rung::Typed);
            }
        }
        for (name, row) in tabled::mentioned_types(&rows) {
            self.take(&name, Vec::new(), "", row, Rung::Typed);
        }
        for (cells, row) in rows.rows.iter().filter(|(cells, _)| cells.len() <= 12) {
            for cell in cells {
                for (_, name) in prose::suffixed(cell) {
                    self.take(name, Vec::new(), "", *row, Rung::Sentence);
                }
                for described in prose::described(cell) {
                    self.take(&described.name, described.fields, "", *row, Rung::Sentence);
                }
            }
        }
        self.caption = None;
    }

    fn heading_span(&self) -> Option<Span> {
        self.ground.parts()[self.part].heading.map(|heading| self.document.node(heading).span)
    }

    fn code(&mut self, id: NodeId, info: &str) {
        let code = self.document.plain(id);
        let language = info.split([' ', '{', ',', ':']).next().unwrap_or_default().to_ascii_lowercase();
        let caption = self.caption.take().map(|(_, name)| name).filter(|_| self.in_models());
        let title = titled::model_of(&self.ground.parts()[self.part].title, self.in_models());
        let title = title.filter(|_| self.interface.is_none());
        for found in fenced::models(code, &language, caption.or(title).as_deref()) {
            let span = code::place(self.document, id, found.lines);
            self.take(&found.name, found.fields, &found.description, span, Rung::Fence);
        }
    }
}

/// Each model once, by its name; the first place counts, and fields come from where there are any.
fn finish(found: Vec<Model>, components: &[Component]) -> Vec<Model> {
    let mut kept: Vec<Model> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for model in found {
        match places.get(&name_key(&model.name)) {
            Some(place) => {
                let known = &mut kept[*place];
                if known.fields.is_empty() && !model.fields.is_empty() {
                    known.fields = model.fields;
                    known.origin = model.origin;
                }
                if known.description.is_empty() {
                    known.description = model.description;
                }
            }
            None => {
                places.insert(name_key(&model.name), kept.len());
                kept.push(model);
            }
        }
    }
    kept.sort_by_key(|model| (model.origin.span.start, model.origin.span.end));
    let bodies = bodies(components);
    let mut enclosing = Enclosing::new(&bodies);
    for model in &mut kept {
        model.section = enclosing.around(model.origin.span).map(str::to_owned);
    }
    kept
}
