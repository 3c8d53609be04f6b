//! Items as identity sees them: the id that the text gives, the ids that could be derived, the words to compare.

use super::wording;
use crate::slicing::registry::ItemRecord;
use crate::slicing::slice::ItemKind;
use crate::spec::item::{Endpoint, Model, Requirement, StatedCriterion};
use crate::spec::text::{Fingerprint, name_key};

/// An item of this version, before it has its lasting id.
#[derive(Debug, Clone)]
pub(in crate::slicing) struct Seen {
    /// The id that the text gives.
    pub(super) given: Option<String>,
    /// Ids to derive, the shortest first.
    pub(super) natural: Vec<String>,
    /// What models and endpoints are addressed by besides their id: name, or method and path.
    pub(super) address: Option<String>,
    /// Its wording.
    pub(super) text: String,
    /// Hash of its wording.
    pub(super) fingerprint: Fingerprint,
}

impl Seen {
    /// A requirement.
    pub(in crate::slicing) fn requirement(item: &Requirement) -> Self {
        let text = wording::requirement(item);
        Self::new(item.id.clone(), "R-", None, text, &Fingerprint::of(&item.text))
    }

    /// A stated criterion.
    pub(in crate::slicing) fn criterion(item: &StatedCriterion) -> Self {
        let text = wording::criterion(item);
        let print = Fingerprint::of(&text);
        Self::new(item.id.clone(), "AC-", None, text, &print)
    }

    /// A model.
    pub(in crate::slicing) fn model(item: &Model) -> Self {
        let text = wording::model(item);
        let print = Fingerprint::of(&text);
        Self::new(None, "model:", Some(name_key(&item.name)), text, &print)
    }

    /// An endpoint.
    pub(in crate::slicing) fn endpoint(item: &Endpoint) -> Self {
        let text = wording::endpoint(item);
        let print = Fingerprint::of(&text);
        Self::new(item.id.clone(), "endpoint:", Some(blanked(&wording::address(item))), text, &print)
    }

    /// A detail of a requirement that is a criterion of its own.
    pub(in crate::slicing) fn detail(requirement: &str, detail: &str) -> Self {
        let print = Fingerprint::of(detail);
        Self::new(None, &format!("AC-{requirement}-"), None, detail.to_owned(), &print)
    }

    fn new(given: Option<String>, prefix: &str, address: Option<String>, text: String, print: &Fingerprint) -> Self {
        let digits = |lengths: &[usize]| -> Vec<String> {
            lengths.iter().map(|length| format!("{prefix}{}", &print.as_str()[..*length])).collect()
        };
        let address = address.filter(|address| !address.is_empty());
        let natural = address.as_ref().map_or_else(|| digits(&[6, 10, 16]), |key| vec![format!("{prefix}{key}")]);
        let given = given.filter(|id| !id.trim().is_empty());
        Self { given, natural, address, fingerprint: Fingerprint::of(&text), text }
    }
}

/// What a recorded model or endpoint was addressed by: its wording begins with that.
pub(super) fn address_of(record: &ItemRecord) -> Option<String> {
    let first = record.text.lines().next()?;
    match record.kind {
        ItemKind::Model => Some(name_key(first)),
        ItemKind::Endpoint => Some(blanked(first)),
        ItemKind::Requirement | ItemKind::Criterion => None,
    }
}

/// An address with what stands in placeholders blanked: `GET /tools/{tool_id}` and `GET /tools/:id` are one.
pub(super) fn blanked(address: &str) -> String {
    let (bare, query) = address.split_once('?').map_or((address, None), |(bare, query)| (bare, Some(query)));
    let blank = |segment: &str| {
        let placeholder = segment.starts_with([':', '{', '<', '[', '$']) && segment.len() > 1;
        if placeholder { "{}".to_owned() } else { segment.to_owned() }
    };
    let mut path = bare.split('/').map(blank).collect::<Vec<_>>().join("/");
    if path.len() > 1 && path.ends_with('/') && !path.ends_with(" /") {
        path.pop();
    }
    let mut keys: Vec<&str> = query.unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next()).collect();
    keys.retain(|key| !key.is_empty());
    keys.sort_unstable();
    if keys.is_empty() { path } else { format!("{path}?{}", keys.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_blank_in_addresses() {
        let check = |address: &str, expected: &str| assert_eq!(blanked(address), expected);
        check("GET /tools/{tool_id}", "GET /tools/{}");
        check("GET /tools/:id/", "GET /tools/{}");
        check("GET /v2/<name>/blobs/<digest>", "GET /v2/{}/blobs/{}");
        check("GET /tools?sort={by}&page=1", "GET /tools?page&sort");
        check("GET /", "GET /");
    }
}
