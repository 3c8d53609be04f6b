//! A slice as templates see it: plain values without spans, line numbers or clock (law 5).

use serde::Serialize;
use serde_json::{Map, Value};

use super::checks::contract::Contract;
use super::checks::{Test, Tests};
use super::resources::Resources;
use super::{Settings, checks, notation};
use crate::slicing::Slice;
use crate::slicing::slice::{Criterion, Held, PlatformKind, Status};
use crate::spec::item::{Endpoint, Model, Requirement, RequirementKind, Voice};

/// What templates of slices get.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    slice: SliceView<'a>,
    criteria: CriteriaView<'a>,
    requirements: RequirementsView<'a>,
    endpoints: Vec<EndpointView<'a>>,
    models: Vec<ModelView<'a>>,
    foreign_models: Vec<ModelView<'a>>,
    needs: Vec<NeedView<'a>>,
    contract: ContractView,
    tests: TestsView,
    modal: Resources,
    settings: SettingsView<'a>,
}

/// What templates of shared files get.
#[derive(Debug, Serialize)]
pub(super) struct SharedView<'a> {
    settings: SettingsView<'a>,
}

#[derive(Debug, Serialize)]
struct SliceView<'a> {
    id: &'a str,
    name: &'a str,
    number: u32,
    description: &'a str,
    version: String,
    master_version: &'a str,
    platform: &'static str,
    platform_reason: &'a str,
    status: Status,
}

#[derive(Debug, Serialize)]
struct CriteriaView<'a> {
    user: Vec<CriterionView<'a>>,
    system: Vec<CriterionView<'a>>,
}

#[derive(Debug, Serialize)]
struct CriterionView<'a> {
    id: &'a str,
    text: &'a str,
    origin: &'a [String],
}

#[derive(Debug, Serialize)]
struct RequirementsView<'a> {
    functional: Vec<RequirementView<'a>>,
    non_functional: Vec<RequirementView<'a>>,
}

#[derive(Debug, Serialize)]
struct RequirementView<'a> {
    id: &'a str,
    text: &'a str,
    category: Option<&'a str>,
    details: &'a [String],
    shared: bool,
}

#[derive(Debug, Serialize)]
struct EndpointView<'a> {
    id: &'a str,
    line: String,
    description: &'a str,
}

#[derive(Debug, Serialize)]
struct ModelView<'a> {
    id: &'a str,
    name: &'a str,
    line: String,
    description: &'a str,
}

#[derive(Debug, Serialize)]
struct NeedView<'a> {
    slice: &'a str,
    name: &'a str,
    why: &'a str,
}

/// The contract with the facts of each model and endpoint as Python will hold them.
#[derive(Debug, Serialize)]
struct ContractView {
    models: Vec<ModelFacts>,
    endpoints: Vec<EndpointFacts>,
}

#[derive(Debug, Serialize)]
struct ModelFacts {
    name: String,
    facts: Map<String, Value>,
    fields: Vec<(String, Value)>,
}

#[derive(Debug, Serialize)]
struct EndpointFacts {
    call: String,
    facts: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct TestsView {
    criteria: Vec<TestView>,
    endpoints: Vec<TestView>,
    performance: Vec<TestView>,
    steps: Vec<TestView>,
}

#[derive(Debug, Serialize)]
struct TestView {
    #[serde(flatten)]
    test: Test,
    unwritten: bool,
}

#[derive(Debug, Serialize)]
struct SettingsView<'a> {
    slices: &'a str,
    repository: &'a str,
    reference: &'a str,
    location: &'a str,
    test_server: &'a str,
    production_server: &'a str,
    image: &'a str,
    port: u16,
}

/// A slice as its templates see it.
pub(super) fn of<'a>(slice: &'a Slice, settings: &'a Settings) -> View<'a> {
    let (contract, tests) = checks::of_slice(slice);
    let needs = slice.needs.iter();
    View {
        slice: slice_view(slice),
        criteria: CriteriaView { user: criteria(slice, Voice::User), system: criteria(slice, Voice::System) },
        requirements: RequirementsView {
            functional: requirements(slice, RequirementKind::Functional),
            non_functional: requirements(slice, RequirementKind::NonFunctional),
        },
        endpoints: slice.endpoints.iter().map(endpoint).collect(),
        models: slice.models.iter().map(model).collect(),
        foreign_models: slice.foreign_models.iter().map(model).collect(),
        needs: needs.map(|need| NeedView { slice: &need.slice, name: &need.name, why: &need.why }).collect(),
        contract: contract_view(&contract),
        tests: tests_view(&tests),
        modal: Resources::of(slice),
        settings: settings_view(settings),
    }
}

/// What shared files see.
pub(super) fn shared(settings: &Settings) -> SharedView<'_> {
    SharedView { settings: settings_view(settings) }
}

fn slice_view(slice: &Slice) -> SliceView<'_> {
    SliceView {
        id: &slice.id,
        name: &slice.name,
        number: slice.number,
        description: &slice.description,
        version: slice.version.to_string(),
        master_version: &slice.master_version,
        platform: platform_name(slice.platform.kind),
        platform_reason: &slice.platform.reason,
        status: slice.status,
    }
}

fn platform_name(kind: PlatformKind) -> &'static str {
    match kind {
        PlatformKind::Hetzner => "hetzner",
        PlatformKind::Modal => "modal",
    }
}

fn criteria(slice: &Slice, voice: Voice) -> Vec<CriterionView<'_>> {
    let view = |criterion: &'_ Criterion| criterion.voice == voice;
    let of_voice = slice.criteria.iter().filter(|criterion| view(criterion));
    of_voice
        .map(|criterion| CriterionView { id: &criterion.id, text: &criterion.text, origin: &criterion.origin })
        .collect()
}

fn requirements(slice: &Slice, kind: RequirementKind) -> Vec<RequirementView<'_>> {
    let of_kind = slice.requirements.iter().filter(|held| held.item.kind == kind);
    of_kind.map(requirement).collect()
}

fn requirement(held: &Held<Requirement>) -> RequirementView<'_> {
    RequirementView {
        id: &held.id,
        text: &held.item.text,
        category: held.item.category.as_deref(),
        details: &held.item.details,
        shared: held.shared,
    }
}

fn endpoint(held: &Held<Endpoint>) -> EndpointView<'_> {
    EndpointView { id: &held.id, line: notation::endpoint(&held.item), description: &held.item.description }
}

fn model(held: &Held<Model>) -> ModelView<'_> {
    let item = &held.item;
    ModelView { id: &held.id, name: &item.name, line: notation::model(item), description: &item.description }
}

fn contract_view(contract: &Contract) -> ContractView {
    let models = contract.models.iter().map(|model| {
        let mut facts = facts_of(model);
        let fields = match facts.shift_remove("fields") {
            Some(Value::Object(fields)) => fields.into_iter().collect(),
            _ => Vec::new(),
        };
        ModelFacts { name: model.name.clone(), facts, fields }
    });
    let endpoints = contract
        .endpoints
        .iter()
        .map(|endpoint| EndpointFacts { call: endpoint.call.clone(), facts: facts_of(endpoint) });
    ContractView { models: models.collect(), endpoints: endpoints.collect() }
}

fn facts_of(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(facts)) => facts,
        _ => Map::new(),
    }
}

fn tests_view(tests: &Tests) -> TestsView {
    let views = |tests: &[Test]| -> Vec<TestView> { tests.iter().map(test_view).collect() };
    TestsView {
        criteria: views(&tests.criteria),
        endpoints: views(&tests.endpoints),
        performance: views(&tests.performance),
        steps: tests.steps().into_iter().map(test_view).collect(),
    }
}

fn test_view(test: &Test) -> TestView {
    TestView { unwritten: test.checks.is_empty(), test: test.clone() }
}

fn settings_view(settings: &Settings) -> SettingsView<'_> {
    SettingsView {
        slices: &settings.slices,
        repository: &settings.repository,
        reference: &settings.reference,
        location: &settings.location,
        test_server: &settings.test_server,
        production_server: &settings.production_server,
        image: &settings.image,
        port: settings.port,
    }
}
