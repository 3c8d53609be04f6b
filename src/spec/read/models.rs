//! Reads data models: one walk over the blocks of the document. Named sections first, then tables and headings that say
//! what they are, then code, then the few forms of running text that are certain enough.

mod fenced;
mod listed;
mod prose;
mod tabled;
mod titled;
mod typed;

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
        samples: Vec::new(),
        models_here: false,
        heading_model: None,
        caption: None,
        interface: None,
        shows_sample: false,
        list_owner: None,
    };
    reader.walk();
    finish(reader.found, reader.samples, components)
}

struct Reader<'g> {
    ground: &'g Ground<'g>,
    document: &'g Document,
    part: usize,
    found: Vec<Model>,
    /// Objects inside of samples, which count where no model goes by their name.
    samples: Vec<Model>,
    /// Whether the section is about data models.
    models_here: bool,
    /// The model that the heading of a section about data models names.
    heading_model: Option<String>,
    /// Whether the text just before a block says that a body is shown.
    shows_sample: bool,
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
    /// Whether a bullet that reads as no field is left out.
    strict: bool,
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
        self.models_here
    }

    fn heading(&mut self, id: NodeId) {
        (self.caption, self.list_owner, self.heading_model, self.shows_sample) = (None, None, None, false);
        let inside = self.interface.is_some_and(|part| self.ground.above(self.part).any(|above| above == part));
        if !inside {
            let parts = self.ground.parts();
            let above = parts[self.part].parent.map_or("", |parent| parts[parent].title.as_str());
            let sample = titled::sample_of(&parts[self.part].title, above).is_some();
            let part = !sample && endpoints::is_part_of_endpoint(self.document.plain(id));
            self.interface = part.then_some(self.part);
        }
        let parts = self.ground.parts();
        let announces = |part: &usize| parts[*part].announced.is_some_and(|found| found.topic == Topic::Models);
        let announcing = std::iter::once(self.part).chain(self.ground.above(self.part)).find(announces);
        let data = titled::is_data_title(&parts[self.part].title);
        let handled = announcing.is_some_and(|part| titled::is_handling(&parts[part].title));
        // a table may be called users, roles or modules: a title that announces something else, but stands among models
        let around = parts[self.part].parent.is_some_and(|parent| parts[parent].topic == Some(Topic::Models));
        let named = around && titled::may_name_model(&parts[self.part].title);
        self.models_here = data || ((self.topic() == Some(Topic::Models) || named) && !handled);
        if self.models_here && !data && announcing != Some(self.part) {
            self.heading_model = titled::model_of(&parts[self.part].title, true);
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
        if !item {
            self.caption = titled::caption(text, strong).map(|name| (id, name));
            self.shows_sample = prose::shows_body(text);
        }
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
        let (place, strict, strong) = (owner.place, owner.strict, self.strong(id, text));
        let names: Vec<&str> = self
            .document
            .inlines(id)
            .iter()
            .filter(|inline| inline.kind == InlineKind::Strong)
            .map(|inline| inline.plain.of(text))
            .collect();
        let model = &mut self.found[place];
        let fields = listed::bullet_fields(text);
        if !fields.is_empty() || strict {
            model.fields.extend(fields);
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
        if self.models_here && self.interface.is_none() {
            self.listed_model(id, text, strong);
        } else if matches!(self.topic(), Some(Topic::Glossary)) {
            let Some(term) = strong.map(|term| term.trim().trim_end_matches([':', '：', ' '])) else { return };
            let rest = text.trim_start().get(term.len()..).unwrap_or_default();
            let definition = rest.trim_start_matches([' ', ':', '：', '-', '–', '—']);
            let abbreviation = !term.chars().any(char::is_lowercase);
            if !abbreviation && prose::defines_data(definition) {
                self.take(term, Vec::new(), definition, span, Rung::Sentence);
            }
        } else if text.contains('{')
            && let Some(line) = listed::with_braces(text).filter(|_| self.interface.is_none())
        {
            self.take(&line.name, line.fields, &line.description, span, Rung::Typed);
        }
    }

    /// An item of a section about data models: a model, or a field of the one that the heading names.
    fn listed_model(&mut self, id: NodeId, text: &str, strong: Option<&str>) {
        let span = self.document.node(id).span;
        if let Some(name) = titled::schema_file(text) {
            self.take(name, Vec::new(), "", span, Rung::Typed);
            return;
        }
        let list = self.document.node(self.document.node(self.document.node(id).parent).parent).span;
        if !text.contains('{')
            && listed::is_field(text)
            && let Some(name) = self.heading_model.clone().or_else(|| self.caption_before(list))
        {
            let at = self.heading_span().unwrap_or(span);
            let fields = listed::bullet_fields(text);
            if let Some(place) = self.take(&name, fields, "", at, Rung::Typed) {
                let depth = Some(self.document.node(id).depth);
                self.list_owner = Some(Owner { place, depth, end: list.end, strict: true });
            }
            return;
        }
        let Some(line) = listed::in_section(text, strong) else { return };
        let id_like = line.name.bytes().any(|byte| byte.is_ascii_digit())
            && !line.name.bytes().any(|byte| byte.is_ascii_lowercase());
        let nested = self.nested_fields(id);
        let plain = line.fields.is_empty() && !nested;
        let unmarked = strong.is_none() && (!text.contains([':', '：', '—', '–']) || self.heading_model.is_some());
        if id_like
            || !titled::is_model_name(&line.name)
            || listed::is_field(text) && !text.contains('{')
            || plain && unmarked
        {
            return;
        }
        let place = self.take(&line.name, line.fields, &line.description, span, Rung::Typed);
        if let Some(place) = place.filter(|_| nested) {
            let parent = self.document.node(self.document.node(id).parent).span;
            self.list_owner = Some(Owner { place, depth: None, end: parent.end, strict: false });
        }
    }

    /// The model that the line just before a list names.
    fn caption_before(&self, list: Span) -> Option<String> {
        let (id, name) = self.caption.as_ref()?;
        (self.document.node(*id).span.end <= list.start).then(|| name.clone())
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
                .is_some_and(|text| !listed::bullet_fields(self.document.plain(text)).is_empty())
        })
    }

    fn prose(&mut self, id: NodeId, text: &str) {
        let span = self.document.node(id).span;
        let code = self.document.inlines(id).iter().filter(|inline| inline.kind == InlineKind::Code);
        let code = code.map(|inline| inline.plain.of(text));
        let coded = code.flat_map(|code| {
            let whole = typed::is_named_as_data(code).then_some(code);
            whole.into_iter().chain(typed::arguments(code)).chain(typed::signatures(code)).collect::<Vec<_>>()
        });
        let names: Vec<&str> =
            coded.chain(typed::called(text)).chain(prose::suffixed(text).map(|(_, name)| name)).collect();
        for name in names {
            self.take(name, Vec::new(), "", span, Rung::Sentence);
        }
        for name in prose::enumerated(text) {
            self.take(name, Vec::new(), "", span, Rung::Typed);
        }
        for (_, name) in prose::introduced(text) {
            self.take(&name, Vec::new(), "", span, Rung::Sentence);
        }
        for described in prose::described(text).into_iter().chain(prose::in_passing(text)) {
            let place = self.take(&described.name, described.fields, "", span, Rung::Sentence);
            if let Some(place) = place.filter(|_| described.list_follows) {
                self.list_owner = Some(Owner { place, depth: None, end: usize::MAX, strict: false });
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
                for name in prose::suffixed(cell).map(|(_, name)| name).chain(typed::signatures(cell)) {
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
        let parts = self.ground.parts();
        let title = &parts[self.part].title;
        let above = parts[self.part].parent.map_or("", |parent| parts[parent].title.as_str());
        let named = titled::model_of(title, self.in_models()).or_else(|| titled::sample_of(title, above));
        let named = named.filter(|_| self.interface.is_none());
        let found = fenced::models(code, &language, caption.or(named).as_deref());
        let own = !found.is_empty();
        for found in found {
            let span = code::place(self.document, id, found.lines);
            self.take(&found.name, found.fields, &found.description, span, Rung::Fence);
        }
        let sample = matches!(language.as_str(), "json" | "jsonc" | "json5" | "" | "http");
        let shown = self.interface.is_some() || self.shows_sample || self.topic() == Some(Topic::Endpoints);
        if sample && (shown || own && language == "json") {
            self.sample(id, code);
        } else if !sample {
            self.code_types(id, code, &language);
        }
        self.shows_sample = false;
    }

    /// The named objects inside a sample body.
    fn sample(&mut self, id: NodeId, code: &str) {
        for found in fenced::nested(code) {
            let span = code::place(self.document, id, found.lines);
            if let Some(place) = self.take(&found.name, found.fields, "", span, Rung::Fence) {
                let model = self.found.remove(place);
                self.samples.push(model);
            }
        }
    }

    /// Types that a program or a comment in it mentions.
    fn code_types(&mut self, id: NodeId, code: &str, language: &str) {
        if matches!(language, "mermaid" | "html" | "xml" | "yaml" | "yml" | "bash" | "sh") {
            return;
        }
        for (number, line) in code.lines().enumerate().filter(|(_, line)| line.len() < 500) {
            let comment =
                line.find("--").or_else(|| line.find("//")).or_else(|| line.find("# ")).map_or("", |at| &line[at..]);
            let mut names = typed::called(comment);
            if language != "sql" {
                names.extend(typed::arguments(line));
            }
            for name in names {
                let span = code::place(self.document, id, (number, number));
                self.take(name, Vec::new(), "", span, Rung::Fence);
            }
        }
    }
}

/// Each model once, by its name; the first place counts, and fields come from where there are any.
fn finish(found: Vec<Model>, mut samples: Vec<Model>, components: &[Component]) -> Vec<Model> {
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
    // one user is a better name than the users of a list
    samples.sort_by_key(|model| model.name.ends_with('s'));
    for model in samples {
        let key = name_key(&model.name);
        let single = key.strip_suffix('s').unwrap_or(&key);
        let known = [key.as_str(), single, &format!("{key}s")].iter().any(|key| places.contains_key(*key));
        if !known {
            places.insert(key, kept.len());
            kept.push(model);
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
