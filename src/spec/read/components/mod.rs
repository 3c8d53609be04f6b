//! Reads components. Where the author lists the parts of the whole system, those are its components, and pictures and
//! prose only add other names; else everything counts that is listed for a part of it, headed, defined or drawn, and at
//! last what running text names.

mod around;
pub mod attributes;
mod drawn;
mod listed;
pub mod name;
mod parties;
mod prose;
mod sketched;

use std::collections::HashMap;

use super::super::item::{Component, Origin, Rung};
use super::super::span::Span;
use super::super::text::name_key;
use super::diagrams::Diagram;
use super::ground::{Ground, Part};
use super::lexicon::{self, Topic};
use attributes::Attribute;
use listed::{Entry, Listing};

pub use drawn::{label_name, shows_components};

/// The components of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, diagrams: &[Diagram]) -> Vec<Component> {
    let listings = listed::read(ground);
    let drawn = drawn::read(diagrams);
    let mut found = Components::new(ground);
    if let Some(system) = system(&listings) {
        for listing in system {
            for entry in &listing.entries {
                found.list(entry, listing.rung);
            }
        }
        for node in drawn {
            found.alias(&node.name, &node.aliases);
        }
    } else {
        for listing in &listings {
            for entry in &listing.entries {
                found.list(entry, listing.rung);
            }
        }
        headed(ground, &mut found);
        for term in prose::defined(ground) {
            found.add(&term.name, term.aliases, term.description, term.span, term.rung);
        }
        for system in around::read(ground) {
            found.add_around(&system.name, system.aliases, system.description, system.span, system.rung);
        }
        let pictured = !drawn.is_empty();
        for node in drawn {
            found.add(&node.name, node.aliases, String::new(), node.span, node.rung);
        }
        for node in sketched::read(ground) {
            found.add(&node.name, Vec::new(), String::new(), node.span, Rung::Fence);
        }
        if !pictured && found.all.len() <= ENOUGH {
            for term in prose::named(ground) {
                found.add(&term.name, term.aliases, term.description, term.span, term.rung);
            }
        }
        if found.all.is_empty() {
            let parties = parties::read(ground);
            let named = if parties.is_empty() { parties::titled(ground).into_iter().collect() } else { parties };
            for party in named {
                found.add(&party.name, party.aliases, party.description, party.span, party.rung);
            }
        }
    }
    found.finish()
}

/// With so many components found by better means, running text is not searched for more.
const ENOUGH: usize = 3;

/// The listings of the whole system's parts. A series of headings goes before a section; of sections that share names
/// the longest one is the list, and one of which it holds at least half only elaborates on it.
fn system(listings: &[Listing]) -> Option<Vec<&Listing>> {
    let mut whole: Vec<&Listing> =
        listings.iter().filter(|listing| listing.whole && listing.entries.len() > 1).collect();
    if let Some(series) = whole.iter().find(|listing| listing.rung == Rung::Typed) {
        return Some(vec![series]);
    }
    whole.sort_by_key(|listing| std::cmp::Reverse(listing.entries.len()));
    let longest = whole.first()?;
    let known: Vec<String> = longest.entries.iter().map(|entry| name_key(&entry.name)).collect();
    let adds = |listing: &&&Listing| {
        let shared = listing.entries.iter().filter(|entry| known.contains(&name_key(&entry.name))).count();
        shared * 2 < listing.entries.len()
    };
    let mut chosen = vec![*longest];
    chosen.extend(whole.iter().skip(1).filter(adds).copied());
    Some(chosen)
}

/// Headings anywhere that end in a word for a part, and names from code in headings: "gRPC API (auth-service)".
fn headed(ground: &Ground<'_>, found: &mut Components<'_>) {
    for part in ground.parts() {
        let Some(heading) = part.heading else { continue };
        let other = matches!(
            part.topic,
            Some(Topic::Meta | Topic::Operations | Topic::OutOfScope | Topic::Endpoints | Topic::Criteria)
        );
        if part.skipped || part.level == 1 {
            continue;
        }
        let (mut name, mut aliases) = name::clean(headline(&part.title));
        if let Some(coded) = name::coded(&part.title).filter(|_| part.topic != Some(Topic::Models)) {
            (name, aliases) = (coded.to_owned(), Vec::new());
        } else if other
            || (part.announced.is_some() && name == part.title)
            || !(name::ends_with_kind(&name) || (is_built(part) && name::ends_with_role(&name)))
        {
            continue;
        }
        let span = ground.document().node(heading).span;
        let description =
            part.blocks.first().map(|block| ground.document().plain(*block).trim().to_owned()).unwrap_or_default();
        found.list(&Entry { name, aliases, description, body: vec![part.span], span }, Rung::Typed);
    }
}

/// Whether a section stands where an author tells how the system is built.
fn is_built(part: &Part) -> bool {
    matches!(part.topic, Some(Topic::Architecture | Topic::Components))
}

/// A title without the words that only announce: "Level 3 — Components: Gateway" is about the gateway.
fn headline(title: &str) -> &str {
    let Some((front, name)) = title.split_once([':', '：']) else { return title };
    let announces = lexicon::announced(front.rsplit(['—', '–']).next().unwrap_or(front).trim());
    let parts = announces.is_some_and(|found| matches!(found.topic, Topic::Components | Topic::Architecture));
    if parts && !name.trim().is_empty() { name.trim() } else { title }
}

/// Components as they are collected, found again by name.
struct Components<'a> {
    ground: &'a Ground<'a>,
    all: Vec<Component>,
    places: HashMap<String, usize>,
}

impl<'a> Components<'a> {
    fn new(ground: &'a Ground<'a>) -> Self {
        Self { ground, all: Vec::new(), places: HashMap::new() }
    }

    fn list(&mut self, entry: &Entry, rung: Rung) {
        let at = self.add(&entry.name, entry.aliases.clone(), entry.description.clone(), entry.span, rung);
        for span in &entry.body {
            if !self.all[at].body.contains(span) {
                self.all[at].body.push(*span);
            }
        }
    }

    /// Adds a component, or what is new of it.
    fn add(&mut self, name: &str, aliases: Vec<String>, description: String, span: Span, rung: Rung) -> usize {
        let key = key(name);
        if let Some(at) = self.places.get(&key).copied() {
            self.alias(name, &aliases);
            let known = &mut self.all[at];
            if known.description.is_empty() {
                known.description = description;
            }
            if rung < known.origin.rung {
                known.origin.rung = rung;
            }
            return at;
        }
        let at = self.all.len();
        let origin = Origin { span, line: self.ground.line(span), rung };
        self.all.push(Component {
            name: name.to_owned(),
            aliases: Vec::new(),
            description,
            platform: None,
            around: false,
            body: Vec::new(),
            origin,
        });
        self.places.insert(key, at);
        self.alias(name, &aliases);
        at
    }

    /// Adds what the system stands on or speaks to; a part that is known already stays one.
    fn add_around(&mut self, name: &str, aliases: Vec<String>, description: String, span: Span, rung: Rung) {
        let known = self.all.len();
        let at = self.add(name, aliases, description, span, rung);
        self.all[at].around |= at == known;
    }

    /// Adds other names of a component that is known.
    fn alias(&mut self, name: &str, aliases: &[String]) {
        let Some(at) = self.places.get(&key(name)).copied() else { return };
        for alias in aliases {
            let taken = self.places.contains_key(&key(alias));
            let known = &mut self.all[at];
            if !taken && !known.aliases.contains(alias) && name_key(&known.name) != name_key(alias) {
                known.aliases.push(alias.clone());
            }
        }
    }

    /// Adds the sections that carry a component's name, and what their labelled words say of it.
    fn finish(mut self) -> Vec<Component> {
        for part in self.ground.parts().iter().filter(|part| part.heading.is_some() && !part.skipped) {
            let (name, _) = name::clean(&part.title);
            if let Some(at) = self.places.get(&key(&name)).copied() {
                let known = &mut self.all[at];
                if !known.body.iter().any(|span| span.contains(part.span)) {
                    known.body.push(part.span);
                }
            }
        }
        for at in 0..self.all.len() {
            self.describe(at);
        }
        self.all.sort_by_key(|component| component.origin.span.start);
        self.all
    }

    fn describe(&mut self, at: usize) {
        let mut text = self.all[at].description.clone();
        for (_, words) in spoken(self.ground, &self.all[at].body) {
            text.push('\n');
            text.push_str(words);
        }
        for clause in attributes::clauses(&text) {
            match clause.attribute {
                Attribute::Platform => {
                    let known = &mut self.all[at];
                    known.platform =
                        known.platform.take().or_else(|| clause.values.first().map(|value| platform(value)));
                }
                Attribute::AlsoCalled => {
                    let name = self.all[at].name.clone();
                    self.alias(&name, &clause.values);
                }
                Attribute::DependsOn | Attribute::UsedBy => {}
            }
        }
        let known = &mut self.all[at];
        known.description = attributes::without(&known.description);
    }
}

/// `Modal.com` is `modal`, `Hetzner Cloud` is `hetzner`.
fn platform(value: &str) -> String {
    let lower = value.to_lowercase();
    ["hetzner", "modal"].into_iter().find(|known| lower.contains(known)).map_or(lower.clone(), str::to_owned)
}

/// The text blocks in the bodies of a component, with their spans. Only blocks that could hold a labelled clause.
pub(super) fn spoken<'g>(ground: &'g Ground<'_>, body: &[Span]) -> Vec<(Span, &'g str)> {
    use super::super::document::NodeKind;
    let document = ground.document();
    let mut found = Vec::new();
    for span in body {
        for (id, node) in document.nodes_in(*span) {
            let words = document.plain(id);
            if matches!(node.kind, NodeKind::Paragraph | NodeKind::TableCell)
                && words.len() < 2_000
                && words.contains([':', '：'])
            {
                found.push((node.span, words));
            }
        }
    }
    found
}

/// What names are found by: the name key, or the name itself where that is empty (an emoji).
pub(super) fn key(name: &str) -> String {
    let key = name_key(name);
    if key.is_empty() { name.to_owned() } else { key }
}
