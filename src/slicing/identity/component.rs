//! Which component of this version is which slice of the one before. A rename keeps the slice's number.

use std::collections::HashSet;

use crate::slicing::component::same_name_key;
use crate::slicing::plan::Subject;
use crate::slicing::registry::{Registry, SliceRecord};
use crate::spec::text::{Fingerprint, name_key};

/// A component with its lasting identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::slicing) struct Known {
    /// Its lasting id, derived from its first-seen name.
    pub(in crate::slicing) component: String,
    /// The slice that it was before, as a place in the registry.
    pub(in crate::slicing) slice: Option<usize>,
}

impl Known {
    /// The record of the slice that it was before.
    pub(in crate::slicing) fn record<'a>(&self, registry: &'a Registry) -> Option<&'a SliceRecord> {
        self.slice.and_then(|slice| registry.slices.get(slice))
    }
}

/// Gives every component its lasting identity.
pub(in crate::slicing) fn components(subject: &Subject<'_>) -> Vec<Known> {
    let slices = &subject.registry.slices;
    let mut found: Vec<Option<usize>> = vec![None; subject.components.len()];
    let mut free = vec![true; slices.len()];
    for (at, component) in subject.components.iter().enumerate() {
        let key = same_name_key(&component.name);
        let place = (0..slices.len()).find(|place| free[*place] && same_name_key(&slices[*place].name) == key);
        if let Some(place) = place {
            found[at] = Some(place);
            free[place] = false;
        }
    }
    name(subject, &found)
}

fn name(subject: &Subject<'_>, found: &[Option<usize>]) -> Vec<Known> {
    let mut taken: HashSet<String> = subject.registry.slices.iter().map(|slice| slice.component.clone()).collect();
    let known = subject.components.iter().zip(found).map(|(component, slice)| {
        let id = slice.map(|slice| subject.registry.slices[slice].component.clone());
        Known { component: id.unwrap_or_else(|| fresh(&component.name, &mut taken)), slice: *slice }
    });
    known.collect()
}

/// `component:members`; with digits of the name's hash where that is taken or nothing is left of the name.
fn fresh(name: &str, taken: &mut HashSet<String>) -> String {
    let key = name_key(name);
    let print = Fingerprint::of(&same_name_key(name));
    let short = format!("component:{key}");
    let lengths = [6, 10, 16].map(|length| format!("{short}-{}", &print.as_str()[..length]));
    let numbered = (2..).map(|count| format!("{}-{count}", lengths[2]));
    let plain = Some(short.clone()).filter(|_| !key.is_empty());
    let id = plain.into_iter().chain(lengths.clone()).chain(numbered).find(|id| !taken.contains(id));
    let id = id.expect("the numbers never end");
    taken.insert(id.clone());
    id
}
