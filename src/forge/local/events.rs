//! What happened to proposals, for the ledger. Nothing here is ever read back to decide anything: with the ledger gone,
//! all goes on the same.

use std::path::Path;

use serde_json::json;

use super::intent::Step;
use crate::fault::Fault;
use crate::ledger::Ledger;

/// Writes down what became of proposals: `proposal.opened`, `proposal.merged`, …
///
/// # Errors
/// When the ledger can't be written (exit 3); the proposals are as they are all the same.
pub fn tell(root: &Path, done: &[Step]) -> Result<(), Fault> {
    if done.is_empty() {
        return Ok(());
    }
    let event = |step: &Step| {
        let after = &step.after;
        let data = json!({
            "number": after.number, "branch": after.branch, "target": after.target, "version": after.version,
            "head": after.head, "conflicts": after.conflicts.len(),
        });
        (format!("proposal.{}", step.event), after.subject.word().to_owned(), data)
    };
    Ledger::open(root)?.events(done.iter().map(event).collect()).map(|_| ())
}
