//! Finds components by the names that a text uses for them.

use std::collections::HashMap;

use super::nearest::nearest;
use crate::spec::item::{Component, Reading};
use crate::spec::text::name_key;

/// Words that people add to a component's name or leave out: "Auth" and "Auth Service" are one.
const GENERIC: &[&str] = &["service", "component", "module", "slice", "subsystem", "server"];

/// The components of a reading by every name that stands for them.
pub struct Names<'a> {
    reading: &'a Reading,
    by_key: HashMap<String, usize>,
}

impl<'a> Names<'a> {
    /// Names and aliases of the components. A full name wins over an alias, an earlier component over a later one.
    #[must_use]
    pub fn of(reading: &'a Reading) -> Self {
        let mut by_key = HashMap::new();
        let components = || reading.components.iter().enumerate();
        for (index, component) in components() {
            by_key.entry(name_key(&component.name)).or_insert(index);
        }
        for (index, component) in components() {
            for alias in &component.aliases {
                by_key.entry(name_key(alias)).or_insert(index);
            }
        }
        for (index, component) in components() {
            by_key.entry(plain_key(&component.name)).or_insert(index);
        }
        by_key.remove("");
        Self { reading, by_key }
    }

    /// The component that a name stands for, as a place in [`Reading::components`].
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_key.get(&name_key(name)).or_else(|| self.by_key.get(&plain_key(name))).copied()
    }

    /// The component that a name stands for.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&'a Component> {
        self.index(name).map(|index| &self.reading.components[index])
    }

    /// The name of a component that a wrong name may have meant.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&'a str> {
        nearest(name, self.reading.components.iter().map(|component| component.name.as_str()))
    }
}

fn plain_key(name: &str) -> String {
    let kept = name.split([' ', '-', '_']).filter(|word| !GENERIC.contains(&word.to_lowercase().as_str()));
    name_key(&kept.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::item::{Origin, Rung};
    use crate::spec::span::Span;

    fn component(name: &str, alias: &str) -> Component {
        Component {
            name: name.into(),
            aliases: vec![alias.into()],
            description: String::new(),
            platform: None,
            body: Vec::new(),
            origin: Origin { span: Span::default(), line: 1, rung: Rung::Section },
        }
    }

    #[test]
    fn names_aliases_and_generic_words_lead_to_one_component() {
        let components = vec![component("Auth Service", "identity"), component("Loans", "LN")];
        let reading = Reading { components, ..Reading::default() };
        let names = Names::of(&reading);
        let found = ["auth-service", "Auth", "Identity", "loans slice", "ln", "Ledger"].map(|name| names.index(name));
        assert_eq!(found, [Some(0), Some(0), Some(0), Some(1), Some(1), None]);
        assert_eq!(names.nearest("Lonas"), Some("Loans"));
    }
}
