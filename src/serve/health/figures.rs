//! What is counted while the server runs: answers, how long they took, and what became of deliveries.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::text::Text;

/// Bounds of the histograms, in microseconds.
const BOUNDS: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 2_500_000, 10_000_000];

/// The counts of a server, from its start.
#[derive(Debug, Default)]
pub struct Figures {
    /// Answers by the first digit of their status.
    answers: [AtomicU64; 6],
    took: Histogram,
    stored: Histogram,
    /// Deliveries by event and by what became of them; both are words of vso's own, so there are few.
    deliveries: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    /// Turns by event and by how they ended; words of vso's own too.
    turns: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    turned: Histogram,
    running: AtomicU64,
}

impl Figures {
    /// A request was answered.
    pub fn answered(&self, status: u16, took: Duration) {
        if let Some(count) = self.answers.get(usize::from(status / 100)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.took.add(took);
    }

    /// A delivery came to an end at the door: its event (one of vso's, or `other`) and what became of it.
    pub fn delivered(&self, event: &'static str, outcome: &'static str) {
        let mut counts = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((event, outcome)).or_default() += 1;
    }

    /// A delivery was on the disk this long after it had been read.
    pub fn stored(&self, took: Duration) {
        self.stored.add(took);
    }

    /// A worker began with a delivery.
    pub fn begins(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker's turn ended: the delivery's event, how it ended, how long it took.
    pub fn ends(&self, event: &'static str, outcome: &'static str, took: Duration) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        self.turned.add(took);
        *self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry((event, outcome)).or_default() += 1;
    }

    pub(super) fn write(&self, text: &mut Text) {
        let classes = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];
        let labels = classes.map(|class| [("status", class)]);
        let answers: Vec<_> = labels
            .iter()
            .zip(&self.answers)
            .map(|(labels, count)| (&labels[..], count.load(Ordering::Relaxed) as f64))
            .skip(2)
            .collect();
        text.counter("vso_http_answers_total", "Answers by class of status.", &answers);
        self.took.write(text, "vso_http_answer_seconds", "From the head of a request to that of its answer.");
        let counts = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let counts: Vec<_> = counts
            .iter()
            .map(|((event, outcome), count)| ([("event", *event), ("outcome", *outcome)], *count as f64))
            .collect();
        let counts: Vec<_> = counts.iter().map(|(labels, count)| (&labels[..], *count)).collect();
        text.counter("vso_webhook_deliveries_total", "Deliveries by what became of them at the door.", &counts);
        let help = "From the last byte of a delivery until it is on the disk.";
        self.stored.write(text, "vso_webhook_store_seconds", help);
        let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let turns: Vec<_> = turns
            .iter()
            .map(|((event, outcome), count)| ([("event", *event), ("outcome", *outcome)], *count as f64))
            .collect();
        let turns: Vec<_> = turns.iter().map(|(labels, count)| (&labels[..], *count)).collect();
        text.counter("vso_turns_total", "Turns of workers by the delivery's event and by how they ended.", &turns);
        let running = self.running.load(Ordering::Relaxed) as f64;
        text.gauge("vso_turns_running", "Deliveries that are worked on.", &[(&[], running)]);
        self.turned.write(text, "vso_turn_seconds", "From the claim of a delivery until it is settled.");
    }
}

/// Durations by bounds.
#[derive(Debug, Default)]
struct Histogram {
    /// How many fell below each bound and not below the one before.
    counts: [AtomicU64; BOUNDS.len()],
    all: AtomicU64,
    /// In microseconds.
    sum: AtomicU64,
}

impl Histogram {
    fn add(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(at) = BOUNDS.iter().position(|bound| micros <= *bound) {
            self.counts[at].fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(micros, Ordering::Relaxed);
        self.all.fetch_add(1, Ordering::Relaxed);
    }

    fn write(&self, text: &mut Text, name: &str, help: &str) {
        let mut below = 0;
        let buckets = BOUNDS.iter().zip(&self.counts).map(|(bound, count)| {
            below += count.load(Ordering::Relaxed);
            (*bound as f64 / 1e6, below)
        });
        let buckets: Vec<(f64, u64)> = buckets.collect();
        // A value that is added meanwhile must not make a bucket larger than the whole.
        let all = self.all.load(Ordering::Relaxed).max(below);
        text.histogram(name, help, &buckets, self.sum.load(Ordering::Relaxed) as f64 / 1e6, all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_bounds_add_up() {
        let figures = Figures::default();
        figures.answered(200, Duration::from_micros(400));
        figures.answered(204, Duration::from_millis(30));
        figures.answered(503, Duration::from_secs(60));
        figures.delivered("push", "stored");
        figures.delivered("push", "stored");
        figures.begins();
        figures.begins();
        figures.ends("push", "done", Duration::from_millis(300));
        let mut text = Text::default();
        figures.write(&mut text);
        let text = text.end();
        for line in [
            "vso_http_answers_total{status=\"2xx\"} 2",
            "vso_http_answers_total{status=\"5xx\"} 1",
            "vso_http_answer_seconds_bucket{le=\"0.0005\"} 1",
            "vso_http_answer_seconds_bucket{le=\"0.05\"} 2",
            "vso_http_answer_seconds_bucket{le=\"10\"} 2",
            "vso_http_answer_seconds_bucket{le=\"+Inf\"} 3",
            "vso_http_answer_seconds_count 3",
            "vso_webhook_deliveries_total{event=\"push\",outcome=\"stored\"} 2",
            "vso_turns_total{event=\"push\",outcome=\"done\"} 1",
            "vso_turns_running 1",
            "vso_turn_seconds_bucket{le=\"0.5\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
