//! Who needs whom, and an order in which whatever is needed comes first.
//!
//! What the text says in words is law: a circle in it is an error. An arrow in a diagram may show how data flows, so what
//! is drawn, like what is concluded from items, only adds where it closes no circle. Among all orders that fit, the author's own order of the components is kept as far as it goes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::slice::Source;

/// One component needs another; both as places in the list of components.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// Who needs.
    pub(super) from: usize,
    /// Who is needed.
    pub(super) to: usize,
    /// Where that was learnt.
    pub(super) source: Source,
    /// The words that say so.
    pub(super) why: String,
    /// The line on which it is drawn, where a diagram is all that states it.
    pub(super) drawn: Option<usize>,
}

impl Edge {
    /// Whether the text says it in words.
    fn is_said(&self) -> bool {
        self.source == Source::Stated && self.drawn.is_none()
    }
}

/// The edges that hold, and the order that they make.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Order {
    /// Components, dependencies first.
    pub(super) order: Vec<usize>,
    /// For each component, whom it needs, by place.
    pub(super) needs: Vec<Vec<Edge>>,
    /// What is drawn and would have closed a circle, in the order of the text.
    pub(super) left_out: Vec<Edge>,
}

/// Orders components. Edges count in the order given: the first of two between the same components stays, and of those
/// that are not said in words one that would close a circle is left out.
///
/// # Errors
/// Gives the places on a circle of edges that are said in words, the first one repeated at the end.
pub(super) fn order(components: usize, edges: &[Edge]) -> Result<Order, Vec<usize>> {
    let mut needs: Vec<BTreeMap<usize, Edge>> = vec![BTreeMap::new(); components];
    let (said, others): (Vec<&Edge>, Vec<&Edge>) = edges
        .iter()
        .filter(|edge| edge.from != edge.to && edge.from < components && edge.to < components)
        .partition(|edge| edge.is_said());
    for edge in said {
        needs[edge.from].entry(edge.to).or_insert_with(|| edge.clone());
    }
    let first = sort(&needs).ok_or_else(|| circle(&needs))?;
    let mut ranks = Ranks::new(&first, &needs);
    let mut left_out: Vec<Edge> = Vec::new();
    for edge in others {
        if needs[edge.from].contains_key(&edge.to) {
            continue;
        }
        if ranks.admit(edge.from, edge.to) {
            needs[edge.from].insert(edge.to, edge.clone());
        } else if edge.drawn.is_some() && !left_out.iter().any(|out| (out.from, out.to) == (edge.from, edge.to)) {
            left_out.push(edge.clone());
        }
    }
    let order = sort(&needs).ok_or_else(|| circle(&needs))?;
    Ok(Order { order, needs: needs.into_iter().map(|edges| edges.into_values().collect()).collect(), left_out })
}

/// Kahn's algorithm; of those that are ready, the one that the author names first comes first. None on a circle.
fn sort(needs: &[BTreeMap<usize, Edge>]) -> Option<Vec<usize>> {
    let mut waiting: Vec<usize> = needs.iter().map(BTreeMap::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (from, edges) in needs.iter().enumerate() {
        for to in edges.keys() {
            dependents[*to].push(from);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..needs.len()).filter(|place| waiting[*place] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse(place)) = ready.pop() {
        order.push(place);
        for dependent in &dependents[place] {
            waiting[*dependent] -= 1;
            if waiting[*dependent] == 0 {
                ready.push(Reverse(*dependent));
            }
        }
    }
    (order.len() == needs.len()).then_some(order)
}

/// A circle: from any component that is on one or leads to one, walk along what is needed until a place comes again.
fn circle(needs: &[BTreeMap<usize, Edge>]) -> Vec<usize> {
    let mut left: Vec<usize> = needs.iter().map(BTreeMap::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (from, edges) in needs.iter().enumerate() {
        edges.keys().for_each(|to| dependents[*to].push(from));
    }
    let mut free: Vec<usize> = (0..needs.len()).filter(|place| left[*place] == 0).collect();
    while let Some(place) = free.pop() {
        for dependent in &dependents[place] {
            left[*dependent] -= 1;
            if left[*dependent] == 0 {
                free.push(*dependent);
            }
        }
    }
    let Some(start) = left.iter().position(|count| *count > 0) else { return Vec::new() };
    let mut path = vec![start];
    loop {
        let here = path[path.len() - 1];
        let Some(next) = needs[here].keys().copied().find(|to| left[*to] > 0) else { return path };
        if let Some(begin) = path.iter().position(|place| *place == next) {
            path.push(next);
            return path.split_off(begin);
        }
        path.push(next);
    }
}

/// A topological order that stays one while edges are added: the algorithm of Pearce and Kelly (2006), which looks only
/// at what lies between the two ends of a new edge.
struct Ranks {
    rank: Vec<usize>,
    needs: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
}

impl Ranks {
    fn new(order: &[usize], edges: &[BTreeMap<usize, Edge>]) -> Self {
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, place)| rank[*place] = at);
        let mut dependents = vec![Vec::new(); order.len()];
        for (from, needed) in edges.iter().enumerate() {
            needed.keys().for_each(|to: &usize| dependents[*to].push(from));
        }
        Self { rank, needs: edges.iter().map(|edges| edges.keys().copied().collect()).collect(), dependents }
    }

    /// Adds the edge unless it closes a circle, and says whether it was added.
    fn admit(&mut self, from: usize, to: usize) -> bool {
        let (low, high) = (self.rank[from], self.rank[to]);
        if high > low {
            // `to` stands after `from`: whatever depends on `from`, up to `to`, has to move behind what `to` needs.
            let after = self.reach(from, &self.dependents, &|rank| rank <= high);
            if after.contains(&to) {
                return false;
            }
            let before = self.reach(to, &self.needs, &|rank| rank >= low);
            self.reorder(before, after);
        }
        self.needs[from].push(to);
        self.dependents[to].push(from);
        true
    }

    fn reach(&self, start: usize, along: &[Vec<usize>], within: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let mut seen = std::collections::BTreeSet::from([start]);
        let mut stack = vec![start];
        while let Some(place) = stack.pop() {
            for next in &along[place] {
                if within(self.rank[*next]) && seen.insert(*next) {
                    stack.push(*next);
                }
            }
        }
        seen.into_iter().collect()
    }

    fn reorder(&mut self, mut before: Vec<usize>, mut after: Vec<usize>) {
        before.sort_by_key(|place| self.rank[*place]);
        after.sort_by_key(|place| self.rank[*place]);
        before.append(&mut after);
        let mut ranks: Vec<usize> = before.iter().map(|place| self.rank[*place]).collect();
        ranks.sort_unstable();
        before.iter().zip(ranks).for_each(|(place, rank)| self.rank[*place] = rank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: usize, to: usize, source: Source) -> Edge {
        Edge { from, to, source, why: String::new(), drawn: None }
    }

    fn check(components: usize, stated: &[(usize, usize)], inferred: &[(usize, usize)], expected: &[usize]) -> Order {
        let mut edges: Vec<Edge> = stated.iter().map(|(from, to)| edge(*from, *to, Source::Stated)).collect();
        edges.extend(inferred.iter().map(|(from, to)| edge(*from, *to, Source::Inferred)));
        let found = order(components, &edges).unwrap();
        assert_eq!(found.order, expected);
        found
    }

    #[test]
    fn what_is_needed_comes_first_and_the_authors_order_stays() {
        check(4, &[], &[], &[0, 1, 2, 3]);
        check(4, &[(0, 3)], &[], &[1, 2, 3, 0]);
        check(4, &[(0, 2), (2, 1)], &[], &[1, 2, 0, 3]);
    }

    #[test]
    fn an_inferred_edge_never_closes_a_circle() {
        let found = check(3, &[(1, 0)], &[(0, 1), (2, 1), (0, 2), (0, 0)], &[0, 1, 2]);
        assert_eq!(found.needs.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 1]);
        check(3, &[], &[(0, 1), (1, 2), (2, 0)], &[2, 1, 0]);
    }

    #[test]
    fn a_drawn_edge_gives_way_to_what_is_said_and_is_named() {
        let drawn = |from, to, line| Edge { drawn: Some(line), ..edge(from, to, Source::Stated) };
        let edges = [
            drawn(0, 1, 7),
            drawn(1, 0, 7),
            drawn(2, 1, 8),
            drawn(0, 1, 9),
            edge(1, 2, Source::Stated),
            drawn(1, 0, 9),
        ];
        let found = order(3, &edges).unwrap();
        assert_eq!(found.order, [2, 1, 0]);
        let out: Vec<_> = found.left_out.iter().map(|edge| (edge.from, edge.to, edge.drawn)).collect();
        assert_eq!(out, [(1, 0, Some(7)), (2, 1, Some(8))]);
    }

    #[test]
    fn a_stated_circle_is_named() {
        let edges = [(3, 0), (0, 1), (1, 2), (2, 0)].map(|(from, to)| edge(from, to, Source::Stated));
        assert_eq!(order(4, &edges).unwrap_err(), [0, 1, 2, 0]);
    }
}
