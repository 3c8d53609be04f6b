//! Since when repositories are in step: a delivery that came before a sync began asks for nothing more, because the sync
//! has looked at what it tells of. Kept in memory only: without it everything is looked at once more.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::ledger::Time;

/// When the last sync of each repository began that was carried through.
#[derive(Debug, Default)]
pub(in crate::serve) struct InStep(Mutex<BTreeMap<u64, Time>>);

impl InStep {
    /// A sync that began then has carried everything through.
    pub(super) fn began(&self, repository: u64, at: Time) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(repository, at);
    }

    /// Whether what came in then was done by a sync that began later.
    pub(super) fn is_since(&self, repository: u64, received: Time) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of one moment it can't be said which was first.
        all.get(&repository).is_some_and(|began| received < *began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_before_a_sync_is_done_by_it() {
        let step = InStep::default();
        assert!(!step.is_since(1, Time(0)));
        step.began(1, Time(10));
        assert!(step.is_since(1, Time(9)) && !step.is_since(1, Time(10)) && !step.is_since(2, Time(9)));
    }
}
