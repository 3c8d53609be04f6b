//! In what order, how often and whether deliveries leave, when a test wants them other than well.
//!
//! Pure: ids go in, what to do with them comes out.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What a test asks for; the counts are of the next deliveries and run down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// So many never arrive; the log says that nobody was there.
    pub lose: u32,
    /// So many arrive twice.
    pub duplicate: u32,
    /// So many are held back, and then leave last first.
    pub reorder: u32,
    /// Each leaves so many milliseconds later, on the real clock.
    pub delay_ms: u64,
}

/// What to do with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Send(u64),
    Lose(u64),
}

/// Deliveries on their way out.
#[derive(Debug, Default)]
pub struct Schedule {
    pub behaviour: Behaviour,
    held: VecDeque<Step>,
}

impl Schedule {
    /// One more delivery: what leaves now.
    pub fn next(&mut self, id: u64) -> Vec<Step> {
        let take = |count: &mut u32| {
            let is_left = *count > 0;
            *count = count.saturating_sub(1);
            is_left
        };
        let behaviour = &mut self.behaviour;
        let mut steps = vec![if take(&mut behaviour.lose) { Step::Lose(id) } else { Step::Send(id) }];
        if steps == [Step::Send(id)] && take(&mut behaviour.duplicate) {
            steps.push(Step::Send(id));
        }
        if !take(&mut behaviour.reorder) {
            return steps;
        }
        self.held.extend(steps);
        if behaviour.reorder > 0 { Vec::new() } else { self.release() }
    }

    /// Whether something is held back.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// All that is held back, last first: nothing more came for a while.
    pub fn release(&mut self) -> Vec<Step> {
        self.behaviour.reorder = 0;
        self.held.drain(..).rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{Lose, Send};
    use super::*;

    fn check(behaviour: Behaviour, count: u64, expected: &[&[Step]]) {
        let mut schedule = Schedule { behaviour, ..Schedule::default() };
        let steps: Vec<Vec<Step>> = (1..=count).map(|id| schedule.next(id)).collect();
        assert_eq!(steps, expected);
        assert!(!schedule.is_holding());
    }

    #[test]
    fn deliveries_go_wrong_as_asked() {
        check(Behaviour::default(), 2, &[&[Send(1)], &[Send(2)]]);
        check(Behaviour { lose: 1, ..Behaviour::default() }, 2, &[&[Lose(1)], &[Send(2)]]);
        check(Behaviour { duplicate: 1, ..Behaviour::default() }, 2, &[&[Send(1), Send(1)], &[Send(2)]]);
        let expected: &[&[Step]] = &[&[], &[], &[Send(3), Send(2), Send(1)], &[Send(4)]];
        check(Behaviour { reorder: 3, ..Behaviour::default() }, 4, expected);
        let behaviour = Behaviour { lose: 1, duplicate: 1, reorder: 2, delay_ms: 0 };
        check(behaviour, 2, &[&[], &[Send(2), Send(2), Lose(1)]]);
    }

    #[test]
    fn what_is_held_is_let_go_when_nothing_comes() {
        let behaviour = Behaviour { reorder: 5, ..Behaviour::default() };
        let mut schedule = Schedule { behaviour, ..Schedule::default() };
        assert!(schedule.next(1).is_empty() && schedule.next(2).is_empty());
        assert_eq!(schedule.release(), [Send(2), Send(1)]);
        assert_eq!(schedule.next(3), [Send(3)]);
    }
}
