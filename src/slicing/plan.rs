//! The way from a reading to its slices, step by step. Each step's how stands in a file of its own.

use rayon::prelude::*;

use super::identity::{self, Lasting, Seen};
use super::owner::{self, Names, Place, Placed};
use super::registry::{self, Named, SliceRecord};
use super::slice::{Assignment, Criterion, Held, ItemKind, LeftOut, Needs, Slice, Status};
use super::{Registry, Settings, Slicing, SlicingError, component, criteria, dependency, need, platform, version};
use crate::spec::item::{Component, Reading, StatedCriterion};

/// The version of a master that states none.
const UNSTATED_VERSION: &str = "1.0.0";

/// All that the steps share.
pub(super) struct Subject<'a> {
    /// What was understood of the master.
    pub(super) reading: &'a Reading,
    /// What earlier generations gave out.
    pub(super) registry: &'a Registry,
    /// What the project says.
    pub(super) settings: &'a Settings<'a>,
    /// The components to cut by.
    pub(super) components: &'a [Component],
    /// How the text calls them.
    pub(super) names: &'a Names,
    /// The items with their lasting ids.
    pub(super) items: &'a Items<'a>,
}

/// The lasting identities of all items, in the order of the reading.
pub(super) struct Items<'a> {
    /// Requirements.
    pub(super) requirements: Vec<Lasting<'a>>,
    /// Endpoints.
    pub(super) endpoints: Vec<Lasting<'a>>,
    /// Models.
    pub(super) models: Vec<Lasting<'a>>,
    /// Stated criteria.
    pub(super) criteria: Vec<Lasting<'a>>,
}

/// Cuts a master specification into slices.
///
/// Pure: the same reading, registry and settings give the same slicing. The spans in the slices' items point into the
/// text that was read.
///
/// # Errors
/// When there is nothing to cut by, when a component has no usable name, and when dependencies that are said in
/// words form a circle; one that is only drawn gives way and is named.
pub fn plan(reading: &Reading, registry: &Registry, settings: &Settings<'_>) -> Result<Slicing, SlicingError> {
    let components = component::gather(reading)?;
    let names = Names::new(&components, &settings.synonyms);
    let items = Items::of(reading, registry);
    let subject = Subject { reading, registry, settings, components: &components, names: &names, items: &items };
    let known = identity::components(&subject);
    let placed = owner::assign(&subject, &known);
    let need = need::find(&subject, &placed, &known);
    let order = dependency::order(components.len(), &need.edges).map_err(|path| SlicingError::Cycle {
        path: path.into_iter().map(|place| components[place].name.clone()).collect(),
    })?;
    let named = registry::name(&components, &known, &order.order, registry);
    let cutter = Cutter {
        subject: &subject,
        placed: &placed,
        named: &named,
        need: &need,
        order: &order,
        held: Shares::new(&placed, components.len()),
    };
    Ok(Slicing {
        title: reading.title.clone().unwrap_or_default(),
        master_version: master_version(reading),
        slices: order.order.par_iter().map(|place| cutter.slice(*place, known[*place].record(registry))).collect(),
        assignments: assignments(&subject, &placed),
        retired: retired(&named, registry),
        slugs: order
            .order
            .iter()
            .filter(|place| named[**place].changed)
            .map(|place| slug_of(&components[*place], &named[*place]))
            .collect(),
        left_out: left_out(&components, &order),
    })
}

impl<'a> Items<'a> {
    fn of(reading: &Reading, registry: &'a Registry) -> Self {
        let recognise = |kind, seen: Vec<Seen>| identity::recognise(&seen, &identity::earlier(registry, kind));
        Self {
            requirements: recognise(
                ItemKind::Requirement,
                reading.requirements.par_iter().map(Seen::requirement).collect(),
            ),
            endpoints: recognise(ItemKind::Endpoint, reading.endpoints.par_iter().map(Seen::endpoint).collect()),
            models: recognise(ItemKind::Model, reading.models.iter().map(Seen::model).collect()),
            criteria: recognise(ItemKind::Criterion, reading.criteria.iter().map(Seen::criterion).collect()),
        }
    }
}

/// The lasting id of each requirement, in the order of the reading, and whether the text gives it. Needs no component, so
/// it answers where [`plan`] has nothing to cut by.
#[must_use]
pub fn requirement_ids(reading: &Reading, registry: &Registry) -> Vec<(String, bool)> {
    let seen: Vec<Seen> = reading.requirements.iter().map(Seen::requirement).collect();
    let lasting = identity::recognise(&seen, &identity::earlier(registry, ItemKind::Requirement));
    lasting.into_iter().map(|found| (found.id, found.explicit)).collect()
}

fn master_version(reading: &Reading) -> String {
    reading.version.clone().unwrap_or_else(|| UNSTATED_VERSION.to_owned())
}

fn retired(named: &[Named], registry: &Registry) -> Vec<String> {
    let numbers: Vec<u32> = named.iter().map(|name| name.number).collect();
    let gone = registry.slices.iter().filter(|slice| !numbers.contains(&slice.number));
    gone.map(|slice| slice.slice_id.clone()).collect()
}

fn slug_of(component: &Component, named: &Named) -> (String, String) {
    (component.name.clone(), named.slug.clone())
}

fn left_out(components: &[Component], order: &dependency::Order) -> Vec<LeftOut> {
    let name = |place: usize| components[place].name.clone();
    let drawn = order.left_out.iter().filter_map(|edge| Some((edge, edge.drawn?)));
    drawn
        .map(|(edge, line)| LeftOut { from: name(edge.from), to: name(edge.to), why: edge.why.clone(), line })
        .collect()
}

/// Where every item went, in the order of the text, kind by kind.
fn assignments(subject: &Subject<'_>, placed: &Placed) -> Vec<Assignment> {
    let kinds = [
        (ItemKind::Requirement, &subject.items.requirements, &placed.requirements),
        (ItemKind::Endpoint, &subject.items.endpoints, &placed.endpoints),
        (ItemKind::Model, &subject.items.models, &placed.models),
        (ItemKind::Criterion, &subject.items.criteria, &placed.criteria),
    ];
    let of_kind = |(kind, lasting, places): (ItemKind, &Vec<Lasting<'_>>, &Vec<Place>)| -> Vec<Assignment> {
        let pairs = lasting.iter().zip(places).enumerate();
        pairs.map(|(index, (lasting, place))| assignment(subject, kind, index, lasting, place)).collect()
    };
    kinds.into_iter().flat_map(of_kind).collect()
}

fn assignment(subject: &Subject<'_>, kind: ItemKind, index: usize, lasting: &Lasting<'_>, place: &Place) -> Assignment {
    Assignment {
        kind,
        index,
        id: lasting.id.clone(),
        component: place.owner.map(|owner| subject.components[owner].name.clone()),
        ground: place.ground,
        confidence: place.confidence,
        candidates: place.candidates.clone(),
    }
}

/// For each component the places of its items, so that no slice has to look through all of them.
struct Shares {
    requirements: Vec<Vec<usize>>,
    endpoints: Vec<Vec<usize>>,
    models: Vec<Vec<usize>>,
    criteria: Vec<Vec<usize>>,
    everyone: Vec<usize>,
}

impl Shares {
    fn new(placed: &Placed, components: usize) -> Self {
        let share = |places: &[Place]| {
            let mut shares = vec![Vec::new(); components];
            for (index, place) in places.iter().enumerate() {
                if let Some(owner) = place.owner {
                    shares[owner].push(index);
                }
            }
            shares
        };
        let binds_all = |(_, place): &(usize, &Place)| place.binds_everyone();
        Self {
            requirements: share(&placed.requirements),
            endpoints: share(&placed.endpoints),
            models: share(&placed.models),
            criteria: share(&placed.criteria),
            everyone: placed.requirements.iter().enumerate().filter(binds_all).map(|(index, _)| index).collect(),
        }
    }
}

/// What is needed to cut one slice.
struct Cutter<'a> {
    subject: &'a Subject<'a>,
    placed: &'a Placed,
    named: &'a [Named],
    need: &'a need::Need,
    order: &'a dependency::Order,
    held: Shares,
}

impl Cutter<'_> {
    fn slice(&self, place: usize, record: Option<&SliceRecord>) -> Slice {
        let (subject, reading) = (self.subject, self.subject.reading);
        let component = &subject.components[place];
        let all = self.held.requirements[place].iter().chain(&self.held.everyone);
        let requirements: Vec<_> = all
            .map(|index| {
                let (lasting, place) = (&subject.items.requirements[*index], &self.placed.requirements[*index]);
                hold(&reading.requirements[*index], lasting, place)
            })
            .collect();

        let endpoints: Vec<_> = self.held.endpoints[place]
            .iter()
            .map(|at| hold(&reading.endpoints[*at], &subject.items.endpoints[*at], &self.placed.endpoints[*at]))
            .collect();
        let models: Vec<_> = self.held.models[place].iter().map(|at| self.model(*at)).collect();
        let foreign = self.need.foreign[place].iter().map(|at| self.model(*at)).collect();
        let criteria = self.criteria(place, &requirements, record);
        let mut slice = Slice {
            number: self.named[place].number,
            id: self.named[place].id(),
            name: component.name.clone(),
            component: self.named[place].component.clone(),
            description: component.description.clone(),
            platform: platform::choose(component, &requirements, subject.settings),
            requirements,
            criteria,
            endpoints,
            models,
            foreign_models: foreign,
            needs: self.needs(place),
            version: version::FIRST,
            master_version: master_version(reading),
            status: Status::Draft,
        };
        if let Some(record) = record {
            version::follow(&mut slice, record);
        }
        slice
    }

    fn model(&self, at: usize) -> Held<crate::spec::item::Model> {
        hold(&self.subject.reading.models[at], &self.subject.items.models[at], &self.placed.models[at])
    }

    fn criteria(
        &self,
        place: usize,
        requirements: &[Held<crate::spec::item::Requirement>],
        record: Option<&SliceRecord>,
    ) -> Vec<Criterion> {
        let stated: Vec<(String, &StatedCriterion)> = self.held.criteria[place]
            .iter()
            .map(|at| (self.subject.items.criteria[*at].id.clone(), &self.subject.reading.criteria[*at]))
            .collect();
        let details = record.map(|record| identity::details(requirements, record)).unwrap_or_default();
        criteria::of_slice(requirements, &stated, &details)
    }

    fn needs(&self, place: usize) -> Vec<Needs> {
        let edges = self.order.needs[place].iter();
        edges
            .map(|edge| Needs {
                slice: self.named[edge.to].id(),
                name: self.subject.components[edge.to].name.clone(),
                source: edge.source,
                why: edge.why.clone(),
            })
            .collect()
    }
}

fn hold<T: Clone>(item: &T, lasting: &Lasting<'_>, place: &Place) -> Held<T> {
    Held {
        id: lasting.id.clone(),
        explicit: lasting.explicit,
        fingerprint: lasting.fingerprint.clone(),
        shared: place.binds_everyone(),
        ground: place.first,
        item: item.clone(),
    }
}
