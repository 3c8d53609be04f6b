//! The best one-to-one assignment between two lists, given what some pairs are worth: not greedy, so that one early
//! choice never costs two later ones.
//!
//! Shortest augmenting paths with potentials, the method of Jonker and Volgenant (1987), over the given pairs only. A
//! search never leaves the block of pairs that hang together, so that 10,000 items in small blocks take no time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Worth is counted in whole units, so that the result is the same on every machine.
const UNITS: f64 = 1_000_000.0;

/// Chooses pairs so that the sum of their worths is greatest; each place stands in one pair at most, and a pair that is
/// worth nothing is not chosen. Gives for each place on the left its partner on the right.
///
/// Of several best choices it takes the same one whenever it is asked.
pub(super) fn assign(left: usize, right: usize, pairs: &[(usize, usize, f64)]) -> Vec<Option<usize>> {
    let mut worths: Vec<BTreeMap<usize, i64>> = vec![BTreeMap::new(); left];
    for (from, to, worth) in pairs.iter().filter(|(from, to, worth)| *from < left && *to < right && *worth > 0.0) {
        #[expect(clippy::cast_possible_truncation, reason = "worths lie between 0 and a few units")]
        let worth = (worth * UNITS).round() as i64;
        let held = worths[*from].entry(*to).or_default();
        *held = (*held).max(worth);
    }
    let mut search = Search::new(worths, right);
    (0..left).for_each(|from| search.place(from));
    search.partner_of_left.into_iter().map(|partner| partner.filter(|to| *to < right)).collect()
}

/// Worths become costs, and staying alone becomes a partner of one's own on the right, behind all others, at the cost
/// of a pair that is worth nothing: so everyone on the left can always be placed.
struct Search {
    costs: Vec<Vec<(usize, i64)>>,
    partner_of_left: Vec<Option<usize>>,
    partner_of_right: Vec<Option<usize>>,
    potential_left: Vec<i64>,
    potential_right: Vec<i64>,
}

impl Search {
    fn new(worths: Vec<BTreeMap<usize, i64>>, right: usize) -> Self {
        let left = worths.len();
        let greatest = worths.iter().flat_map(BTreeMap::values).copied().max().unwrap_or(0);
        let costs = worths.into_iter().enumerate().map(|(from, worths)| {
            let pairs = worths.into_iter().map(|(to, worth)| (to, greatest - worth));
            pairs.chain([(right + from, greatest)]).collect()
        });
        Self {
            costs: costs.collect(),
            partner_of_left: vec![None; left],
            partner_of_right: vec![None; right + left],
            potential_left: vec![0; left],
            potential_right: vec![0; right + left],
        }
    }

    /// Finds a partner for one on the left by the cheapest chain of others giving way.
    fn place(&mut self, start: usize) {
        let mut reached: BTreeMap<usize, (i64, usize)> = BTreeMap::new();
        let mut settled: BTreeMap<usize, i64> = BTreeMap::new();
        let mut queue: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
        let (mut from, mut so_far) = (start, 0);
        let end = loop {
            for (to, cost) in &self.costs[from] {
                let cost = so_far + cost - self.potential_left[from] - self.potential_right[*to];
                if !settled.contains_key(to) && reached.get(to).is_none_or(|(known, _)| cost < *known) {
                    reached.insert(*to, (cost, from));
                    queue.push(Reverse((cost, *to)));
                }
            }
            let Some((cost, to)) = cheapest(&mut queue, &reached, &settled) else { return };
            settled.insert(to, cost);
            so_far = cost;
            match self.partner_of_right[to] {
                None => break to,
                Some(left) => from = left,
            }
        };
        self.potential_left[start] += so_far;
        for (to, cost) in &settled {
            if let Some(left) = self.partner_of_right[*to] {
                self.potential_left[left] += so_far - cost;
            }
            self.potential_right[*to] -= so_far - cost;
        }
        self.turn(start, end, &reached);
    }

    /// Gives everyone on the chain the partner that the search came to from there.
    fn turn(&mut self, start: usize, end: usize, reached: &BTreeMap<usize, (i64, usize)>) {
        let mut to = Some(end);
        while let Some(right) = to {
            let from = reached[&right].1;
            let before = self.partner_of_left[from].replace(right);
            self.partner_of_right[right] = Some(from);
            to = before.filter(|_| from != start);
        }
    }
}

/// The next place to settle; entries of the queue that a cheaper way has made void are dropped.
fn cheapest(
    queue: &mut BinaryHeap<Reverse<(i64, usize)>>,
    reached: &BTreeMap<usize, (i64, usize)>,
    settled: &BTreeMap<usize, i64>,
) -> Option<(i64, usize)> {
    loop {
        let Reverse((cost, to)) = queue.pop()?;
        if !settled.contains_key(&to) && reached[&to].0 == cost {
            return Some((cost, to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: usize, right: usize, pairs: &[(usize, usize, f64)], expected: &[Option<usize>]) {
        assert_eq!(assign(left, right, pairs), expected, "{pairs:?}");
    }

    #[test]
    fn the_best_sum_and_not_the_first_come() {
        check(2, 2, &[(0, 0, 0.9), (0, 1, 0.8), (1, 0, 0.8)], &[Some(1), Some(0)]);
        check(2, 2, &[(0, 0, 0.9), (0, 1, 0.1), (1, 0, 0.1)], &[Some(0), None]);
        check(2, 1, &[(0, 0, 0.3), (1, 0, 0.4)], &[None, Some(0)]);
        check(1, 1, &[(0, 0, 0.0)], &[None]);
        check(3, 0, &[], &[None, None, None]);
    }

    /// All assignments of a small problem, tried one by one.
    fn best(left: usize, right: usize, worths: &[Vec<f64>], taken: &mut Vec<bool>) -> f64 {
        let Some(from) = left.checked_sub(1) else { return 0.0 };
        let mut sum = best(from, right, worths, taken);
        for to in 0..right {
            if !taken[to] && worths[from][to] > 0.0 {
                taken[to] = true;
                sum = sum.max(worths[from][to] + best(from, right, worths, taken));
                taken[to] = false;
            }
        }
        sum
    }

    #[test]
    fn it_is_as_good_as_trying_all() {
        let mut seed = 7_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(seed >> 8 & 0xff) / 255.0
        };
        for round in 0..200 {
            let (left, right) = (1 + round % 5, 1 + round / 5 % 5);
            let worths: Vec<Vec<f64>> =
                (0..left).map(|_| (0..right).map(|_| if next() < 0.4 { 0.0 } else { next() }).collect()).collect();
            let pairs: Vec<(usize, usize, f64)> = worths
                .iter()
                .enumerate()
                .flat_map(|(from, row)| row.iter().enumerate().map(move |(to, worth)| (from, to, *worth)))
                .collect();
            let found = assign(left, right, &pairs);
            let sum: f64 = found.iter().enumerate().filter_map(|(from, to)| Some(worths[from][(*to)?])).sum();
            assert!((sum - best(left, right, &worths, &mut vec![false; right])).abs() < 1e-4, "{worths:?}: {found:?}");
        }
    }

    #[test]
    fn ten_thousand_in_small_blocks_are_quick() {
        let pairs: Vec<(usize, usize, f64)> = (0..10_000_usize)
            .flat_map(|at| {
                (at.saturating_sub(3)..(at + 4).min(10_000)).map(move |to| (at, to, if at == to { 1.0 } else { 0.6 }))
            })
            .collect();
        assert!(assign(10_000, 10_000, &pairs).iter().enumerate().all(|(at, to)| *to == Some(at)));
    }
}
