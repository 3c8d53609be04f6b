//! Laws 4, 6, 7 and 9 over random projects: fixed seeds here, other ones and longer runs by the environment.

use std::collections::BTreeMap;

use super::chance::{Chance, setting};
use super::master::MASTER;
use super::rounds::{COUNTED, Simulation, THEMES};

/// So many rounds has a run of one seed.
const ROUNDS: usize = 18;

/// The seeds that are run always.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// Runs one seed; gives what occurred in how many rounds.
fn run(seed: u64, rounds: usize, master: &str) -> BTreeMap<&'static str, usize> {
    let mut simulation = Simulation::new(seed, master);
    let mut themes = Vec::new();
    let mut order = Chance::new(seed ^ 0x5eed);
    while themes.len() < rounds {
        let mut next = THEMES;
        order.shuffle(&mut next);
        themes.extend(next);
    }
    for theme in themes.into_iter().take(rounds) {
        simulation.round(theme);
    }
    simulation.come_to_rest();
    let (written, discarded) = simulation.words.counts();
    let mut counts = simulation.counts.clone();
    counts.insert("word written", written);
    counts.insert("word discarded", discarded);
    counts
}

/// Prints the counts, and insists that everything that is hard occurred often enough.
fn judge(all: &[BTreeMap<&'static str, usize>]) {
    let mut counts: BTreeMap<&str, usize> = COUNTED.iter().map(|name| (*name, 0)).collect();
    for (name, count) in all.iter().flatten() {
        *counts.entry(name).or_default() += count;
    }
    let rounds = counts["round"];
    for (name, count) in &counts {
        println!("{count:>6}  {name} ({:.1} % of the rounds)", 100.0 * *count as f64 / rounds as f64);
    }
    let rare: Vec<&str> = COUNTED.iter().filter(|name| counts[**name] * 20 < rounds).copied().collect();
    assert!(rare.is_empty(), "in less than 5 % of {rounds} rounds: {rare:?}");
}

#[test]
fn nothing_that_people_wrote_is_lost_and_everything_comes_to_rest() {
    let rounds = setting("VSO_LOOP_ROUNDS").map_or(ROUNDS, |rounds| rounds as usize);
    if let Some(seed) = setting("VSO_LOOP_SEED") {
        let counts = run(seed, rounds, MASTER);
        println!("{counts:#?}");
        return;
    }
    let counts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = SEEDS.map(|seed| scope.spawn(move || run(seed, rounds, MASTER))).into();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    judge(&counts);
}
