//! Which component a name in the text means: its own name, an alias, a synonym, with or without "service" and the like.

use std::collections::{BTreeMap, HashMap};

use super::stem::singular;
use crate::spec::item::Component;
use crate::spec::lint::names::is_generic;
use crate::spec::text::{name_key, words};

/// Finds components by name.
#[derive(Debug, Default)]
pub(in crate::slicing) struct Names {
    /// Key to component; none where two components claim it equally.
    places: HashMap<String, Option<usize>>,
}

impl Names {
    /// Names of components. Stronger claims are entered first: a name beats an alias, an alias beats a shortened name.
    pub(in crate::slicing) fn new(components: &[Component], synonyms: &BTreeMap<String, Vec<String>>) -> Self {
        let mut names = Self::default();
        names.layer(components.iter().enumerate().map(|(at, component)| (name_key(&component.name), at)));
        let aliases =
            components.iter().enumerate().flat_map(|(at, c)| c.aliases.iter().map(move |a| (name_key(a), at)));
        names.layer(aliases.collect::<Vec<_>>());
        let mut given = Vec::new();
        for (component, others) in synonyms {
            if let Some(at) = names.find(component) {
                given.extend(others.iter().map(|other| (name_key(other), at)));
            }
        }
        names.layer(given);
        names.layer(components.iter().enumerate().map(|(at, component)| (core_key(&component.name), at)));
        names
    }

    /// Keys of one strength: those that a stronger layer has are left alone, those that two components claim are void.
    fn layer(&mut self, claims: impl IntoIterator<Item = (String, usize)>) {
        let mut layer: HashMap<String, Option<usize>> = HashMap::new();
        for (key, at) in claims {
            if !key.is_empty() && !self.places.contains_key(&key) {
                layer.entry(key).and_modify(|held| *held = held.filter(|other| *other == at)).or_insert(Some(at));
            }
        }
        self.places.extend(layer);
    }

    /// The component that a name means.
    pub(in crate::slicing) fn find(&self, said: &str) -> Option<usize> {
        let exact = self.places.get(&name_key(said)).copied();
        exact.or_else(|| self.places.get(&core_key(said)).copied()).flatten()
    }
}

/// A name without generic words, its last word in the singular: "the Members service" and "Member" are both `member`.
fn core_key(name: &str) -> String {
    core_words(name).concat()
}

/// The words of a name that tell it from others, in the singular; all of them when only generic ones are there.
pub(in crate::slicing) fn core_words(name: &str) -> Vec<String> {
    let all = words(name);
    let telling: Vec<String> =
        all.iter().filter(|word| !is_generic(word)).map(|word| singular(word).into_owned()).collect();
    if telling.is_empty() { all } else { telling }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::item::{Origin, Rung};
    use crate::spec::span::Span;

    fn component(name: &str, aliases: &[&str]) -> Component {
        Component {
            name: name.into(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            description: String::new(),
            platform: None,
            around: false,
            body: Vec::new(),
            origin: Origin { span: Span::new(0, 0), line: 1, rung: Rung::Section },
        }
    }

    #[test]
    fn names_aliases_synonyms_and_shortened_names() {
        let components =
            [component("Members", &["accounts"]), component("Payment Service", &[]), component("Payment Server", &[])];
        let synonyms = BTreeMap::from([("Members".to_owned(), vec!["people".to_owned()])]);
        let names = Names::new(&components, &synonyms);
        let check = |said: &str, expected: Option<usize>| assert_eq!(names.find(said), expected, "{said}");
        check("members", Some(0));
        check("the Member service", Some(0));
        check("Accounts", Some(0));
        check("people", Some(0));
        check("payment-service", Some(1));
        check("payment", None);
        check("nobody", None);
    }
}
