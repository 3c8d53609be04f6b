//! Gathers endpoints: the same method and path once, examples and mentions only where nothing stated covers them.

use std::collections::HashMap;

use super::super::super::item::{Component, Endpoint};
use super::super::grammar::owners::bodies;
use super::super::grammar::path;
use super::super::requirements::Enclosing;
use super::detail::{add_answers, add_parameters};

/// How sure it is that a text documents an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Its form says so.
    Stated,
    /// A request with a host, which may show another endpoint with values filled in.
    Example,
    /// A sentence speaks of it.
    Mentioned,
}

/// Most stated endpoints that an example or mention is compared with.
const MOST_COMPARED: usize = 2_000;

/// The endpoints found so far, in the order found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    found: Vec<(Endpoint, Weight)>,
}

impl Gathered {
    /// Adds one.
    pub(super) fn push(&mut self, endpoint: Endpoint, weight: Weight) {
        self.found.push((endpoint, weight));
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// One of them, to add details to.
    pub(super) fn endpoint(&mut self, place: usize) -> &mut Endpoint {
        &mut self.found[place].0
    }

    /// The endpoints, each once, in the order of the text, with the components whose sections they stand in.
    pub(super) fn finish(self, components: &[Component]) -> Vec<Endpoint> {
        let mut kept: Vec<(Endpoint, String)> = Vec::new();
        let mut places: HashMap<(Option<String>, String), usize> = HashMap::new();
        let mut found = self.found;
        found.sort_by_key(|(_, weight)| *weight);

        for (endpoint, weight) in found {
            let key = path::key(&endpoint.path);
            let place = places.get(&(endpoint.method.clone(), key.clone())).copied();
            let place = place.or_else(|| {
                let others = &kept[..kept.len().min(MOST_COMPARED)];
                (weight != Weight::Stated)
                    .then(|| others.iter().position(|(known, known_key)| covers(known, known_key, &endpoint, &key)))
                    .flatten()
            });
            match place {
                Some(place) => merge(&mut kept[place].0, endpoint),
                None => {
                    places.insert((endpoint.method.clone(), key.clone()), kept.len());
                    kept.push((endpoint, key));
                }
            }
        }

        let mut kept: Vec<Endpoint> = kept.into_iter().map(|(endpoint, _)| endpoint).collect();
        kept.sort_by_key(|endpoint| (endpoint.origin.span.start, endpoint.origin.span.end));
        let bodies = bodies(components);
        let mut enclosing = Enclosing::new(&bodies);
        for endpoint in &mut kept {
            endpoint.section = enclosing.around(endpoint.origin.span).map(str::to_owned);
        }
        kept
    }
}

/// Whether a known endpoint is the one that an example or a mention speaks of: the same path with values filled in, or
/// with a base path more or less; a mention without method fits any.
fn covers(known: &Endpoint, known_key: &str, other: &Endpoint, other_key: &str) -> bool {
    let methods = other.method.is_none() || known.method == other.method;
    methods
        && (path::is_instance(other_key, known_key) || is_tail(other_key, known_key) || is_tail(known_key, other_key))
}

/// Whether two parts of a path are equal, or values that were made up: `24e533e02ec3bc40`, `17f44dbe1c4bace0`.
fn same_part(left: &str, right: &str) -> bool {
    let made_up = |part: &str| {
        part.len() >= 12
            && part.bytes().any(|b| b.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
    };
    left == right || (made_up(left) && made_up(right))
}

/// Whether `short` is the end of `long`, both as keys, with at least one word that is no placeholder.
fn is_tail(long: &str, short: &str) -> bool {
    let (mut long_parts, mut worded) = (long.rsplit('/'), false);
    for part in short.rsplit('/').filter(|part| !part.is_empty()) {
        let Some(other) = long_parts.next() else { return false };
        let blank = part.contains("{}") || other.contains("{}");
        if !same_part(part, other) && !blank {
            return false;
        }
        worded |= !blank;
    }
    worded
}

/// Adds what a later text says of an endpoint.
fn merge(known: &mut Endpoint, later: Endpoint) {
    known.id = known.id.take().or(later.id);
    known.tag = known.tag.take().or(later.tag);
    if known.description.is_empty() {
        known.description = later.description;
    }
    known.request = known.request.take().or(later.request);
    add_answers(known, later.answers);
    add_parameters(known, later.parameters);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_ignore_base_paths() {
        assert!(is_tail("/api/v1/users/{}", "/users/{}"));
        assert!(!is_tail("/users", "/{}") && !is_tail("/users", "/api/users") && !is_tail("/a/orders", "/users"));
    }
}
