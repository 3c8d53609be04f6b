//! The components to cut by: the parts that the text names, equal names merged; where it names none, the sections that
//! its functional requirements are grouped in; where there are no such groups, the resources that its paths speak of. What
//! the system only stands on or speaks to (a database, somebody's service) is nobody's slice, unless there is nothing else.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::SlicingError;
use crate::spec::item::{Component, Endpoint, Origin, Reading, RequirementGroup, Rung};

/// The components of a reading, in the order of the text.
///
/// # Errors
/// When there is none, no groups and no endpoint either, or when one has no usable name.
pub(super) fn gather(reading: &Reading) -> Result<Vec<Component>, SlicingError> {
    let (around, parts): (Vec<_>, Vec<_>) = reading.components.iter().cloned().partition(|component| component.around);
    if !parts.is_empty() {
        return join(&parts);
    }
    let groups = requirement_groups(&reading.groups)?;
    let groups = if groups.len() < 2 { resource_groups(&reading.endpoints) } else { groups };
    match (groups.is_empty(), around.is_empty()) {
        (false, _) => Ok(groups),
        (true, false) => join(&around),
        (true, true) => Err(SlicingError::NoComponent),
    }
}

/// Components with equal names are one.
fn join(components: &[Component]) -> Result<Vec<Component>, SlicingError> {
    let mut gathered: Vec<Component> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for component in components {
        let key = same_name_key(&component.name);
        if key.is_empty() {
            return Err(SlicingError::UnnamedComponent { line: component.origin.line });
        }
        match places.get(&key) {
            Some(place) => merge(&mut gathered[*place], component),
            None => {
                places.insert(key, gathered.len());
                gathered.push(Component { name: visible(&component.name), ..component.clone() });
            }
        }
    }
    Ok(gathered)
}

/// The part of a name that can be seen: NFKC without control and format characters.
pub(super) fn visible(name: &str) -> String {
    let seen: String = name.nfkc().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    let seen: String = seen.chars().filter(|letter| !letter.is_control() && !is_format(*letter)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two components with the same key are one: case, spaces, hyphens and underscores do not tell names apart, other
/// signs do ("C++" is not "C#").
pub(super) fn same_name_key(name: &str) -> String {
    let plain = visible(name);
    plain.chars().filter(|letter| !matches!(letter, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Invisible characters of Unicode's format category that are met in text.
fn is_format(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn merge(first: &mut Component, again: &Component) {
    for alias in &again.aliases {
        if !first.aliases.contains(alias) {
            first.aliases.push(alias.clone());
        }
    }
    if !again.description.is_empty() && !first.description.contains(&again.description) {
        if !first.description.is_empty() {
            first.description.push(' ');
        }
        first.description.push_str(&again.description);
    }
    if first.platform.is_none() {
        first.platform.clone_from(&again.platform);
    }
    first.body.extend(again.body.iter().copied());
}

/// One component a section that holds functional requirements. One such section alone says nothing about parts.
fn requirement_groups(groups: &[RequirementGroup]) -> Result<Vec<Component>, SlicingError> {
    let usable = groups.iter().filter(|group| !same_name_key(&group.title).is_empty());
    let component = |group: &RequirementGroup| Component {
        name: group.title.clone(),
        aliases: Vec::new(),
        description: String::new(),
        platform: None,
        around: false,
        body: vec![group.span],
        origin: Origin { span: group.span, line: group.line, rung: Rung::Sentence },
    };
    join(&usable.map(component).collect::<Vec<_>>())
}

/// One component a resource: the first segment of a path that is no prefix, version or placeholder.
fn resource_groups(endpoints: &[Endpoint]) -> Vec<Component> {
    let mut groups: Vec<Component> = Vec::new();
    for endpoint in endpoints {
        let Some(segment) = static_segments(&endpoint.path).next() else { continue };
        let name = title(segment);
        let key = same_name_key(&name);
        if key.is_empty() || groups.iter().any(|group| same_name_key(&group.name) == key) {
            continue;
        }
        groups.push(Component {
            name,
            aliases: Vec::new(),
            description: String::new(),
            platform: None,
            around: false,
            body: Vec::new(),
            origin: Origin { rung: Rung::Sentence, ..endpoint.origin },
        });
    }
    groups
}

/// The segments of a path that name something: no placeholders, no `api`, no versions.
pub(super) fn static_segments(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    bare.split('/').map(str::trim).filter(|segment| !segment.is_empty() && !is_frame(segment))
}

fn is_frame(segment: &str) -> bool {
    let placeholder = segment.starts_with([':', '{', '<', '[', '$', '*', '(']);
    let number = segment.strip_prefix(['v', 'V']).unwrap_or(segment);
    let version = !number.is_empty() && number.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    placeholder || version || matches!(segment.to_ascii_lowercase().as_str(), "api" | "rest" | "_" | "-")
}

fn title(segment: &str) -> String {
    let words = segment.split(['-', '_', '.', '~', '%']).filter(|word| !word.is_empty());
    let titled = words.map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    titled.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &[&str]) {
        assert_eq!(static_segments(path).collect::<Vec<_>>(), expected, "{path}");
    }

    #[test]
    fn segments_that_name_something() {
        check("/api/v1/members/{id}/loans?sort={by}", &["members", "loans"]);
        check("/v2/<name>/blobs/<digest>", &["blobs"]);
        check("/", &[]);
    }

    #[test]
    fn names_are_the_same_by_what_can_be_seen() {
        assert_eq!(same_name_key("Agent-Core  Slice"), same_name_key("agent core_slice"));
        assert_ne!(same_name_key("C++"), same_name_key("C#"));
        assert_eq!(same_name_key("\u{200b}\u{7}"), "");
    }
}
