//! Edits of slices, put into the master in place. Each is read back: what would not be read as it was meant, or would
//! change how anything else is read, is refused with the reason, and the text is as if nobody had asked for it.

use super::alike::{self, At, But, Shown};
use super::weave::{self, Writing};
use super::{Asked, Carried, Change, Disagreement, ItemEdit, NewItem, Part, SpecEdits, added};
use crate::scaffold::escape::one_line;
use crate::scaffold::notation;
use crate::slicing::Slicing;
use crate::slicing::slice::ItemKind;
use crate::spec::document::{Document, NodeKind};
use crate::spec::edit::{self, Edit};
use crate::spec::item::Reading;
use crate::spec::read::{self, Ground};
use crate::spec::span::Span;

/// A master with what is understood of it.
pub(super) struct Read {
    pub(super) document: Document,
    pub(super) reading: Reading,
}

impl Read {
    fn of(text: String) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        Some(Self { reading: read::read(&document), document })
    }
}

/// An edit with the item of the master that it speaks of.
struct Job {
    edit: ItemEdit,
    slices: Vec<String>,
    at: At,
    lasting: String,
}

/// Edits the master in place by what was changed in slices: `edits` are the slices by id with their edits, `reading` and
/// `slicing` what the master says as it is. Every byte but the changed words stays.
///
/// The same edit in several slices is one; different ones of the same item are a conflict that names every slice, and
/// so is an item that the master has changed otherwise since. What is removed in a slice is never removed here.
#[must_use]
pub fn carry(master: &Document, reading: &Reading, slicing: &Slicing, edits: &[(String, SpecEdits)]) -> Carried {
    let mut carried = Carried { text: master.text().to_owned(), ..Carried::default() };
    let jobs = jobs(reading, slicing, edits, &mut carried);
    let new = new_items(slicing, edits, &mut carried);
    if jobs.is_empty() && new.is_empty() {
        return carried;
    }
    let mut now = Read { document: master.clone(), reading: reading.clone() };
    if let Some(next) = together(&now, &jobs) {
        carried.applied.extend(jobs.into_iter().map(Job::asked));
        now = next;
    } else {
        for job in jobs {
            match alone(&now, &job) {
                Ok(next) => {
                    now = next;
                    carried.applied.push(job.asked());
                }
                Err(reason) => carried.refused.push((job.asked(), reason)),
            }
        }
    }
    for (item, slice, component) in new {
        let asked = Asked { change: Change::New(item.clone()), slices: vec![slice], lasting: None };
        match insert(&now, &item, &component) {
            Ok(next) => {
                now = next;
                carried.applied.push(asked);
            }
            Err(reason) => carried.refused.push((asked, reason)),
        }
    }
    now.document.text().clone_into(&mut carried.text);
    carried
}

impl Job {
    fn asked(self) -> Asked {
        Asked { change: Change::Edit(self.edit), slices: self.slices, lasting: Some(self.lasting) }
    }
}

/// What several slices want of one part of one item.
struct Wish<'e> {
    kind: ItemKind,
    id: &'e str,
    part: Part,
    before: &'e str,
    sides: Vec<(&'e str, Vec<String>)>,
}

/// Edits that can be tried, one a changed part; what slices disagree about goes into `carried`.
fn jobs(reading: &Reading, slicing: &Slicing, edits: &[(String, SpecEdits)], carried: &mut Carried) -> Vec<Job> {
    let mut jobs = Vec::new();
    for wish in wishes(edits) {
        let found = located(reading, slicing, &wish);
        let master = found.as_ref().map(|(.., text)| text.clone());
        let wanted: Vec<&(&str, Vec<String>)> =
            wish.sides.iter().filter(|(after, _)| master.as_deref() != Some(after)).collect();
        match (found, wanted.as_slice()) {
            // The master says so by now.
            (Some(_), []) => {}
            (Some((at, lasting, text)), [(after, slices)]) if text == wish.before && wish.sides.len() == 1 => {
                let (kind, id, part) = (wish.kind, wish.id.to_owned(), wish.part);
                let edit = ItemEdit { kind, id, part, before: text, after: (*after).to_owned() };
                jobs.push(Job { edit, slices: slices.clone(), at, lasting });
            }
            _ => carried.conflicts.push(Disagreement {
                kind: wish.kind,
                id: wish.id.to_owned(),
                part: wish.part,
                before: wish.before.to_owned(),
                sides: wish.sides.iter().map(|(after, slices)| ((*after).to_owned(), slices.clone())).collect(),
                master: master.filter(|text| text != wish.before),
            }),
        }
    }
    jobs
}

/// The wishes of all slices, those of one item together, in the order in which they come.
fn wishes(edits: &[(String, SpecEdits)]) -> Vec<Wish<'_>> {
    let mut wishes: Vec<Wish<'_>> = Vec::new();
    for (slice, edits) in edits {
        let changed = edits.changed.iter().map(|edit| {
            (edit.kind, edit.id.as_str(), edit.part, edit.before.as_str(), std::slice::from_ref(&edit.after))
        });
        let split = edits
            .split
            .iter()
            .map(|split| (split.kind, split.id.as_str(), split.part, split.before.as_str(), split.wordings.as_slice()));
        for (kind, id, part, before, wordings) in changed.chain(split) {
            let same = |wish: &Wish<'_>| (wish.kind, wish.id, wish.part, wish.before) == (kind, id, part, before);
            let at = wishes.iter().position(same).unwrap_or_else(|| {
                wishes.push(Wish { kind, id, part, before, sides: Vec::new() });
                wishes.len() - 1
            });
            let wish = &mut wishes[at];
            for after in wordings {
                match wish.sides.iter_mut().find(|(text, _)| text == after) {
                    Some((_, slices)) => slices.push(slice.clone()),
                    None => wish.sides.push((after, vec![slice.clone()])),
                }
            }
        }
    }
    wishes
}

/// The item of a wish in the master with its lasting id, and how that part of it reads there.
fn located(reading: &Reading, slicing: &Slicing, wish: &Wish<'_>) -> Option<(At, String, String)> {
    let id = match wish.kind {
        ItemKind::Requirement | ItemKind::Criterion => wish.id.to_owned(),
        ItemKind::Endpoint | ItemKind::Model => lasting_id(slicing, wish)?,
    };
    let assigned = slicing.assignments.iter().find(|found| found.kind == wish.kind && found.id == id)?;
    let at = (wish.kind, assigned.index);
    let shown = alike::shown(reading, at)?;
    let text = match wish.part {
        Part::Text => shown.text,
        Part::Category => shown.category,
        Part::Detail => {
            let wanted = |text: &&String| *text == wish.before || wish.sides.iter().any(|(after, _)| text == after);
            shown.details.iter().find(wanted)?.clone()
        }
    };
    Some((at, id, text))
}

/// The lasting id of an endpoint or model, by its line in the slices that speak of it, else by its address.
fn lasting_id(slicing: &Slicing, wish: &Wish<'_>) -> Option<String> {
    let named: Vec<&String> = wish.sides.iter().flat_map(|(_, slices)| slices).collect();
    let slices = slicing.slices.iter().filter(|slice| named.contains(&&slice.id));
    let lines: Vec<(String, String, String)> = slices
        .flat_map(|slice| {
            let endpoints = slice.endpoints.iter().map(|held| {
                (held.id.clone(), one_line(&notation::endpoint(&held.item)), one_line(&notation::call(&held.item)))
            });
            let models = slice
                .models
                .iter()
                .chain(&slice.foreign_models)
                .map(|held| (held.id.clone(), one_line(&notation::model(&held.item)), one_line(&held.item.name)));
            let wanted: Vec<_> = if wish.kind == ItemKind::Endpoint { endpoints.collect() } else { models.collect() };
            wanted
        })
        .collect();
    let by_line = lines.iter().find(|(_, line, _)| line == wish.before);
    let by_address =
        || lines.iter().find(|(_, _, address)| wish.id == address || wish.id.starts_with(&format!("{address}?")));
    by_line.or_else(by_address).map(|(id, ..)| id.clone())
}

/// All jobs at once; none when anything is read otherwise than it was meant.
fn together(now: &Read, jobs: &[Job]) -> Option<Read> {
    let ground = Ground::new(&now.document);
    let mut edits = Vec::new();
    for job in jobs {
        let origin = alike::origin(&now.reading, job.at)?.span;
        let region = regions(ground.document(), &now.reading, job, origin);
        let woven = region.into_iter().find_map(|region| {
            weave::weave(ground.document(), region, &job.edit.before, &job.edit.after, Writing::Bare).ok()
        });
        edits.extend(woven?);
    }
    let jobs: Vec<&Job> = jobs.iter().collect();
    tried(now, &edits, &jobs).ok()
}

/// One job; why it can't be done, when that is so.
fn alone(now: &Read, job: &Job) -> Result<Read, String> {
    let ground = Ground::new(&now.document);
    let origin = alike::origin(&now.reading, job.at).ok_or(weave::NOT_THERE)?.span;
    let mut reason = None;
    let mut last: Vec<Edit> = Vec::new();
    for region in regions(ground.document(), &now.reading, job, origin) {
        for writing in [Writing::Bare, Writing::Escaped] {
            match weave::weave(ground.document(), region, &job.edit.before, &job.edit.after, writing) {
                Ok(edits) if edits == last => {}
                Ok(edits) => {
                    match tried(now, &edits, &[job]) {
                        Ok(next) => return Ok(next),
                        Err(why) => reason = Some(reason.unwrap_or(why)),
                    }
                    last = edits;
                }
                Err(why) => reason = Some(reason.unwrap_or_else(|| why.to_owned())),
            }
        }
    }
    Err(reason.unwrap_or_else(|| weave::NOT_THERE.to_owned()))
}

/// The stretches of the master in which an item's words are looked for, the narrowest first.
fn regions(document: &Document, reading: &Reading, job: &Job, origin: Span) -> Vec<Span> {
    let around = document
        .nodes_in(Span::new(origin.start.saturating_sub(1), origin.end))
        .find(|(_, node)| node.span.start >= origin.start || node.span.contains(origin));
    let holder = around.and_then(|(id, _)| {
        let mut above = std::iter::once(id).chain(document.ancestors(id));
        above.find(|id| matches!(document.node(*id).kind, NodeKind::TableRow | NodeKind::Item))
    });
    let mut regions = vec![origin];
    regions.extend(holder.map(|id| document.node(id).span).filter(|span| *span != origin));
    if job.edit.kind != ItemKind::Criterion {
        let (start, end) = ends(document, reading, job.at, origin);
        regions.push(Span::new(origin.start, end));
        regions.push(Span::new(start, end));
    }
    if job.edit.part == Part::Detail && regions.len() > 1 {
        regions.remove(0);
    }
    regions.dedup();
    regions
}

/// The section of an item, up to its neighbours of the same kind.
fn ends(document: &Document, reading: &Reading, at: At, origin: Span) -> (usize, usize) {
    let outline = document.outline();
    let section = outline.section(outline.at(origin.start)).span;
    let others = (0..).map_while(|index| alike::origin(reading, (at.0, index))).map(|other| other.span);
    let (mut start, mut end) = (section.start, section.end.max(origin.end));
    for other in others.filter(|other| *other != origin) {
        if other.start >= origin.end {
            end = end.min(other.start);
        } else if other.end <= origin.start {
            start = start.max(other.end);
        }
    }
    (start.min(origin.start), end.max(origin.end))
}

/// The master with some edits, if it is then read as it was meant.
fn tried(now: &Read, edits: &[Edit], jobs: &[&Job]) -> Result<Read, String> {
    let text = edit::apply(now.document.text(), edits).map_err(|error| error.to_string())?;
    let next = Read::of(text).ok_or("the master would be no document any more")?;
    let touched: Vec<At> = jobs.iter().map(|job| job.at).collect();
    for job in jobs {
        let wanted = wanted(now, jobs, job.at);
        let found = alike::shown(&next.reading, job.at);
        if alike::count(&next.reading, job.at.0) != alike::count(&now.reading, job.at.0) {
            return Err("the master would no longer state it so that it is found".to_owned());
        }
        if found != wanted {
            let text = found.map(|shown| shown.text).unwrap_or_default();
            return Err(format!("the master would read it as {text:?}"));
        }
    }
    if let Some(kind) = jobs.iter().find_map(|job| alike::other_kind(&now.reading, &next.reading, job.at)) {
        return Err(format!("the master would take it for a {kind} requirement"));
    }
    let quoted: Vec<(String, String)> =
        jobs.iter().map(|job| (job.edit.before.clone(), job.edit.after.clone())).collect();
    match alike::difference(&now.reading, &next.reading, &But { items: &touched, quoted: &quoted }) {
        Some(what) => Err(format!("the master would then read {what} otherwise")),
        None => Ok(next),
    }
}

/// How an item is to be shown after all jobs that speak of it.
fn wanted(now: &Read, jobs: &[&Job], at: At) -> Option<Shown> {
    let mut shown = alike::shown(&now.reading, at)?;
    for job in jobs.iter().filter(|job| job.at == at) {
        let after = job.edit.after.clone();
        match job.edit.part {
            Part::Text => shown.text = after,
            Part::Category => shown.category = after,
            Part::Detail => {
                let old = shown.details.iter_mut().find(|text| **text == job.edit.before)?;
                *old = after;
            }
        }
    }
    Some(shown)
}

/// New items with the slice that has them and its component's name. Those that name another component stay.
fn new_items(
    slicing: &Slicing,
    edits: &[(String, SpecEdits)],
    carried: &mut Carried,
) -> Vec<(NewItem, String, String)> {
    let mut found: Vec<(NewItem, String, String)> = Vec::new();
    for (slice, edits) in edits {
        for item in &edits.added {
            let asked = || Asked { change: Change::New(item.clone()), slices: vec![slice.clone()], lasting: None };
            let Some(component) = slicing.slice(slice).map(|slice| slice.name.clone()) else { continue };
            if item.noted {
                carried.refused.push((asked(), "notes stand below it, which the master has no place for".to_owned()));
                continue;
            }
            if let Some(tag) = item.tag.as_ref().filter(|tag| !names(slicing, slice, tag)) {
                carried.refused.push((asked(), format!("it names the component {tag:?}, which is not this slice's")));
                continue;
            }
            let taken =
                slicing.assignments.iter().any(|known| known.kind == item.kind && Some(&known.id) == item.id.as_ref());
            let twice =
                || found.iter().any(|(other, ..)| other.id.is_some() && other.id == item.id && other.kind == item.kind);
            if taken || twice() {
                carried
                    .refused
                    .push((asked(), format!("its id {} is used already", item.id.as_deref().unwrap_or_default())));
                continue;
            }
            found.push((item.clone(), slice.clone(), component));
        }
    }
    found
}

/// Whether a tag is a slice's own component.
fn names(slicing: &Slicing, slice: &str, tag: &str) -> bool {
    let key = crate::spec::text::name_key(tag);
    slicing.slice(slice).is_some_and(|slice| crate::spec::text::name_key(&slice.name) == key)
}

/// The master with a new item, if it is read as one more with these words.
fn insert(now: &Read, item: &NewItem, component: &str) -> Result<Read, String> {
    let edit = added::place(&now.document, &now.reading, item, component);
    let text = edit::apply(now.document.text(), &[edit]).map_err(|error| error.to_string())?;
    let next = Read::of(text).ok_or("the master would be no document any more")?;
    let index = added::found(&next.reading, item, component)?;
    let rest = alike::without(&next.reading, (item.kind, index));
    match alike::difference(&now.reading, &rest, &But { items: &[], quoted: &[] }) {
        Some(what) => Err(format!("the master would then read {what} otherwise")),
        None => Ok(next),
    }
}
