//! Finds components by the names that a text uses for them.

use std::collections::HashMap;

use super::Facts;
use super::nearest::nearest;
use crate::spec::item::{Component, Reading};
use crate::spec::text::{name_key, words};

/// Words that people add to a component's name or leave out: "Auth" and "the Auth service" are one.
const GENERIC: &[&str] = &[
    "service",
    "services",
    "module",
    "component",
    "server",
    "system",
    "subsystem",
    "slice",
    "engine",
    "layer",
    "microservice",
    "app",
    "application",
    "the",
    "模块",
    "服务",
    "系统",
    "dienst",
    "modul",
    "servicio",
    "módulo",
];

/// Whether a word only says what kind of thing a component is, and nothing about which one.
#[must_use]
pub fn is_generic(word: &str) -> bool {
    GENERIC.contains(&word)
}

/// The components of a reading by every name that stands for them.
pub struct Names<'a> {
    reading: &'a Reading,
    by_key: HashMap<String, usize>,
}

impl<'a> Names<'a> {
    /// Names, aliases and synonyms of the components. A full name wins over another one, an earlier component over a
    /// later one. More lenient than slicing: a name that two components could claim is no stranger.
    #[must_use]
    pub fn of(reading: &'a Reading, facts: &Facts) -> Self {
        let mut names = Self { reading, by_key: HashMap::new() };
        let components = || reading.components.iter().enumerate();
        for (index, component) in components() {
            names.add(name_key(&component.name), index);
        }
        for (index, component) in components() {
            component.aliases.iter().for_each(|alias| names.add(name_key(alias), index));
        }
        for (name, other) in &facts.synonyms {
            if let Some(index) = names.index(name) {
                names.add(name_key(other), index);
            }
        }
        for (index, component) in components() {
            names.add(core_key(&component.name), index);
        }
        names
    }

    fn add(&mut self, key: String, index: usize) {
        if !key.is_empty() {
            self.by_key.entry(key).or_insert(index);
        }
    }

    /// The component that a name stands for, as a place in [`Reading::components`].
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_key.get(&name_key(name)).or_else(|| self.by_key.get(&core_key(name))).copied()
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

/// A name without generic words, its last word in the singular.
fn core_key(name: &str) -> String {
    let all = words(name);
    let telling: Vec<&str> = all.iter().map(String::as_str).filter(|word| !is_generic(word)).collect();
    let key = if telling.is_empty() { all.concat() } else { telling.concat() };
    let singular = key.strip_suffix('s').filter(|rest| rest.len() > 2 && !rest.ends_with('s'));
    singular.unwrap_or(&key).to_owned()
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
            around: false,
            body: Vec::new(),
            origin: Origin { span: Span::default(), line: 1, rung: Rung::Section },
        }
    }

    #[test]
    fn names_aliases_and_generic_words_lead_to_one_component() {
        let components = vec![component("Auth Service", "identity"), component("Loans", "LN")];
        let reading = Reading { components, ..Reading::default() };
        let names = Names::of(&reading, &Facts::default());
        let found = ["auth-service", "Auth", "Identity", "loans slice", "ln", "Ledger"].map(|name| names.index(name));
        assert_eq!(found, [Some(0), Some(0), Some(0), Some(1), Some(1), None]);
        assert_eq!(names.nearest("Lonas"), Some("Loans"));
    }
}
