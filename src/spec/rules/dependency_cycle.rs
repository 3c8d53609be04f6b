//! Components that need each other in a circle.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::spec::item::{Dependency, Rung};
use crate::spec::lint::circles::circles;
use crate::spec::lint::names::Names;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "dependency-cycle",
    summary: "components depend on each other in a circle",
    reason: "None of them can be built first, so there is no order of slices.",
    hint: "take one of these dependencies out, or join two of the components",
    severity: Severity::Error,
    check,
};

/// So many of the statements on a circle are shown.
const SHOWN: usize = 8;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    // An arrow in a diagram may show how data flows; there and back is no mistake.
    let found = find(subject, |stated| stated.origin.rung != Rung::Fence);
    let found: Vec<Finding> =
        found.iter().map(|circle| circle.finding(subject, "components depend on each other")).collect();
    if found.is_empty() && !subject.facts.cycle.is_empty() { vec![concluded(subject)] } else { found }
}

/// A circle of dependencies: the shortest way from its first component back to it.
pub(super) struct Circle<'a> {
    names: Vec<&'a str>,
    /// The statements on the way.
    pub(super) way: Vec<&'a Dependency>,
}

impl Circle<'_> {
    /// A finding at the first statement that shows the others.
    pub(super) fn finding(&self, subject: &Subject<'_>, who: &str) -> Finding {
        let text = subject.document.text();
        let place = |stated: &Dependency| prose::word_in(text, stated.origin.span, &stated.to);
        let message = format!("{who} in a circle: {}", self.names.join(" → "));
        let first = Finding::at(place(self.way[0]), message);
        self.way[1..].iter().take(SHOWN).fold(first, |finding, stated| {
            finding.related(place(stated), format!("{} depends on {}", stated.from, stated.to))
        })
    }
}

/// For each component whom it needs, by place, with the first statement that says so.
type Needs<'a> = Vec<BTreeMap<usize, &'a Dependency>>;

/// All circles among the dependencies that count, one for each group of components that lead to each other.
pub(super) fn find<'a>(subject: &Subject<'a>, counts: impl Fn(&Dependency) -> bool) -> Vec<Circle<'a>> {
    let names = Names::of(subject.reading, subject.facts);
    let mut needs: Needs<'a> = vec![BTreeMap::new(); subject.reading.components.len()];
    for stated in subject.reading.dependencies.iter().filter(|stated| counts(stated)) {
        if let (Some(from), Some(to)) = (names.index(&stated.from), names.index(&stated.to))
            && from != to
        {
            needs[from].entry(to).or_insert(stated);
        }
    }
    let edges: Vec<Vec<usize>> = needs.iter().map(|needed| needed.keys().copied().collect()).collect();
    let components = &subject.reading.components;
    let found = circles(&edges).into_iter().filter_map(|circle| {
        let way = way(&needs, &circle)?;
        let places = way.iter().map(|(place, _)| *place).chain(circle.first().copied());
        let names = places.map(|place| components[place].name.as_str()).collect();
        Some(Circle { names, way: way.into_iter().map(|(_, stated)| stated).collect() })
    });
    found.collect()
}

/// The shortest way from the first component of a circle back to it, with the statements on it.
fn way<'a>(needs: &Needs<'a>, circle: &[usize]) -> Option<Vec<(usize, &'a Dependency)>> {
    let start = *circle.first()?;
    let mut before: HashMap<usize, (usize, &Dependency)> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(here) = queue.pop_front() {
        for (to, stated) in needs[here].iter().filter(|(to, _)| circle.binary_search(to).is_ok()) {
            if !before.contains_key(to) {
                before.insert(*to, (here, *stated));
                queue.push_back(*to);
            }
        }
    }
    let mut way = Vec::new();
    let mut at = start;
    while way.is_empty() || at != start {
        let (from, stated) = *before.get(&at)?;
        way.push((from, stated));
        at = from;
    }
    way.reverse();
    Some(way)
}

/// A circle that the rooms above found and the statements alone do not show.
fn concluded(subject: &Subject<'_>) -> Finding {
    let text = subject.document.text();
    let message = format!("components depend on each other in a circle: {}", subject.facts.cycle.join(" → "));
    let first = Names::of(subject.reading, subject.facts).component(&subject.facts.cycle[0]);
    let span = first.map_or(Span::new(0, text.len()), |component| component.origin.span);
    Finding::at(prose::first_line(text, span), message)
}
