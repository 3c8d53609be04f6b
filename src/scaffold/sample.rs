//! A small slicing for the tests of this room, made by hand: lending tools.

use crate::slicing::slice::{Criterion, Ground, Held, Platform, PlatformKind, Status};
use crate::slicing::{Slice, Slicing};
use crate::spec::item::{Answer, Endpoint, Field, Model, Origin, Payload, Requirement, RequirementKind, Rung, Voice};
use crate::spec::span::Span;
use crate::spec::text::Fingerprint;

const ORIGIN: Origin = Origin { span: Span { start: 7, end: 9 }, line: 4711, rung: Rung::Section };

/// A requirement with an id.
pub(super) fn requirement(id: &str, text: &str) -> Held<Requirement> {
    held(
        id,
        Requirement {
            id: Some(id.into()),
            kind: RequirementKind::Functional,
            text: text.into(),
            category: None,
            tag: None,
            section: None,
            targets: Vec::new(),
            details: Vec::new(),
            origin: ORIGIN,
        },
    )
}

/// An item as a slice holds it.
pub(super) fn held<T>(id: &str, item: T) -> Held<T> {
    Held { id: id.into(), explicit: true, fingerprint: Fingerprint::of(id), shared: false, ground: Ground::Tag, item }
}

/// A field: `email: string (unique)`; a `?` after the name makes it optional.
pub(super) fn field(name: &str, type_name: &str, note: &str) -> Field {
    Field {
        name: name.trim_end_matches('?').into(),
        type_name: Some(type_name.into()),
        required: name.ends_with('?').then_some(false),
        note: note.into(),
        refers_to: type_name.split_once('.').map(|(model, _)| model.to_owned()),
    }
}

/// A model.
pub(super) fn model(name: &str, fields: Vec<Field>) -> Held<Model> {
    let item =
        Model { name: name.into(), fields, description: String::new(), tag: None, section: None, origin: ORIGIN };
    held(&format!("model:{}", name.to_lowercase()), item)
}

/// An endpoint with a request of fields and answers (status, model, note).
pub(super) fn endpoint(
    method: &str,
    path: &str,
    request: Vec<Field>,
    answers: &[(u16, &str, &str)],
    description: &str,
) -> Held<Endpoint> {
    let request = (!request.is_empty()).then(|| Payload { fields: request, ..Payload::default() });
    let answers = answers.iter().map(|(status, model, note)| Answer {
        status: Some(*status),
        body: (!model.is_empty()).then(|| Payload {
            model: Some(model.trim_end_matches("[]").into()),
            list: model.ends_with("[]"),
            ..Payload::default()
        }),
        note: (*note).into(),
    });
    held(
        &format!("endpoint:{method} {path}"),
        Endpoint {
            id: None,
            method: Some(method.into()),
            path: path.into(),
            parameters: Vec::new(),
            description: description.into(),
            request,
            answers: answers.collect(),
            tag: None,
            section: None,
            origin: ORIGIN,
        },
    )
}

/// A slice whose criteria are its requirements.
pub(super) fn slice(
    number: u32,
    name: &str,
    requirements: Vec<Held<Requirement>>,
    endpoints: Vec<Held<Endpoint>>,
    models: Vec<Held<Model>>,
) -> Slice {
    let criteria = requirements.iter().map(|held| Criterion {
        id: format!("AC-{}", held.id),
        voice: if held.item.text.contains(" can ") { Voice::User } else { Voice::System },
        text: held.item.text.clone(),
        origin: vec![held.id.clone()],
    });
    Slice {
        number,
        id: format!("slice-{number:03}-{}", name.to_lowercase()),
        name: name.into(),
        component: format!("component:{}", name.to_lowercase()),
        description: format!("Everything about {}.", name.to_lowercase()),
        criteria: criteria.collect(),
        requirements,
        endpoints,
        models,
        foreign_models: Vec::new(),
        needs: Vec::new(),
        platform: Platform { kind: PlatformKind::Hetzner, reason: "nothing speaks for another".into() },
        version: semver::Version::new(1, 0, 0),
        master_version: "1.2.0".into(),
        status: Status::Draft,
    }
}

/// One slice that registers members.
pub(super) fn members() -> Slicing {
    let member = model(
        "Member",
        vec![
            field("id", "uuid", ""),
            field("email", "string", "unique"),
            field("name", "string", "max 80"),
            field("joined_on", "date", ""),
            field("phone?", "string", ""),
        ],
    );
    let request = vec![field("email", "string", ""), field("name", "string", ""), field("phone?", "string", "")];
    let requirements = vec![
        requirement("FR-001", "A visitor can register as a member with an email address and a name."),
        requirement("FR-002", "An email address must be unique among members."),
        requirement("FR-003", "A member's name must be at most 80 characters long."),
        requirement("FR-009", "The mood of the board must be good."),
    ];
    let endpoints = vec![
        endpoint(
            "POST",
            "/members",
            request,
            &[(201, "Member", ""), (409, "", "when the email is taken"), (422, "", "when a field is missing")],
            "Register a member",
        ),
        endpoint("GET", "/members/{id}", vec![], &[(200, "Member", ""), (404, "", "when there is no such member")], ""),
        endpoint("DELETE", "/members/{id}", vec![], &[(204, "", "")], ""),
    ];
    let slices = vec![slice(1, "Members", requirements, endpoints, vec![member])];
    Slicing { title: "Tool Library".into(), master_version: "1.2.0".into(), slices, ..Slicing::default() }
}
