//! The lint rules, one a file. The list below is the registry: a rule that is not in it does not exist.
//!
//! Each rule has a good and a bad example in `tests/fixtures/lint/<id>/`, and is tested because they are there.

use super::lint::Rule;
use super::lint::nearest::nearest;

mod awkward_name;
mod broken_link;
mod component_without_requirements;
mod conflict_markers;
mod dependency_cycle;
mod drawn_cycle;
mod duplicate_component;
mod duplicate_endpoint;
mod duplicate_field;
mod duplicate_id;
mod empty_section;
mod endpoint_without_owner;
mod endpoint_without_response;
mod guessed_components;
mod invalid_front_matter;
mod invalid_version;
mod invisible_characters;
mod likely_secret;
mod lookalike_letters;
mod malformed_path;
mod missing_title;
mod misspelt_key;
mod no_component;
mod repeated_requirement;
mod requirement_without_owner;
mod self_dependency;
mod stray_fence;
mod todo_left;
mod uncertain_owner;
mod unclosed_fence;
mod undefined_model;
mod unknown_component;
mod unknown_dependency;
mod unknown_requirement;
mod unknown_status;
mod unknown_suppression;
mod unmeasurable_requirement;
mod unread_section;
mod vague_words;
mod vanished_id;

/// Every rule, by id.
pub const ALL: &[&Rule] = &[
    &awkward_name::RULE,
    &broken_link::RULE,
    &component_without_requirements::RULE,
    &conflict_markers::RULE,
    &dependency_cycle::RULE,
    &drawn_cycle::RULE,
    &duplicate_component::RULE,
    &duplicate_endpoint::RULE,
    &duplicate_field::RULE,
    &duplicate_id::RULE,
    &empty_section::RULE,
    &endpoint_without_owner::RULE,
    &endpoint_without_response::RULE,
    &guessed_components::RULE,
    &invalid_front_matter::RULE,
    &invalid_version::RULE,
    &invisible_characters::RULE,
    &likely_secret::RULE,
    &lookalike_letters::RULE,
    &malformed_path::RULE,
    &missing_title::RULE,
    &misspelt_key::RULE,
    &no_component::RULE,
    &repeated_requirement::RULE,
    &requirement_without_owner::RULE,
    &self_dependency::RULE,
    &stray_fence::RULE,
    &todo_left::RULE,
    &uncertain_owner::RULE,
    &unclosed_fence::RULE,
    &undefined_model::RULE,
    &unknown_component::RULE,
    &unknown_dependency::RULE,
    &unknown_requirement::RULE,
    &unknown_status::RULE,
    &unknown_suppression::RULE,
    &unmeasurable_requirement::RULE,
    &unread_section::RULE,
    &vague_words::RULE,
    &vanished_id::RULE,
];

/// The rule with an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

/// The id of the rule that a wrong id may have meant.
#[must_use]
pub fn nearest_id(id: &str) -> Option<&'static str> {
    nearest(id, ALL.iter().map(|rule| rule.id))
}
