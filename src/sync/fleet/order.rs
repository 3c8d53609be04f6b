//! What a server asks of itself: orders that go through the same inbox as GitHub's deliveries, so that they are kept, wait
//! for their repository's turn and are done once.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::Member;
use super::event::OWN;
use crate::fault::Fault;
use crate::ledger::{Ledger, NewDelivery, Receipt};

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Bring the proposals up to date.
    Sync,
    /// Put the mirror in order.
    Tidy,
    /// Throw the mirror's content away.
    Evict,
}

impl Order {
    fn word(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Tidy => "tidy",
            Self::Evict => "evict",
        }
    }
}

/// Orders something for a repository in the server's ledger. The same `occasion` (a delivery's GUID, a night) twice is
/// one order.
///
/// # Errors
/// When the ledger can't be written (exit 3).
pub fn order(ledger: &Ledger, member: &Member, order: Order, occasion: &str) -> Result<Receipt, Fault> {
    let body = json!({
        "action": order.word(),
        "repository": { "id": member.id, "full_name": member.full_name() },
        "installation": { "id": member.installation },
        "occasion": occasion,
    });
    let new = NewDelivery {
        guid: guid(&format!("{OWN} {} {} {occasion}", order.word(), member.id)),
        event: OWN.to_owned(),
        action: order.word().to_owned(),
        repository: member.full_name(),
        installation: i64::try_from(member.installation).ok(),
        key: key(member.id),
        body: body.to_string().into_bytes(),
    };
    let receipts = ledger.receive(vec![new])?;
    receipts.into_iter().next().ok_or_else(|| Fault::unfinished("the ledger gave no receipt"))
}

/// What excludes each other: the inbox calls a repository so.
#[must_use]
pub fn key(repository: u64) -> String {
    format!("repository {repository}")
}

/// A name in the form of GitHub's for deliveries, made from what is ordered.
fn guid(seed: &str) -> String {
    let digits = hex::encode(&Sha256::digest(seed.as_bytes())[..16]);
    let part = |from: usize, to: usize| &digits[from..to];
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::sync::fleet::{Heard, Wish};

    #[test]
    fn an_order_is_a_delivery_that_is_understood_and_comes_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        let (owner, name) = ("acme".to_owned(), "design".to_owned());
        let member = Member { id: 7, owner, name, installation: 3, root: PathBuf::new() };
        let first = order(&ledger, &member, Order::Sync, "admitted").unwrap();
        assert!(first.is_new && !order(&ledger, &member, Order::Sync, "admitted").unwrap().is_new);
        assert!(order(&ledger, &member, Order::Sync, "another night").unwrap().is_new);
        assert!(order(&ledger, &member, Order::Evict, "admitted").unwrap().is_new);
        let body = ledger.delivery_body(first.id).unwrap().unwrap();
        let heard = Heard::of(OWN, "g", &body, None);
        assert_eq!((heard.wish, heard.installation), (Wish::Sync, Some(3)));
        assert_eq!(heard.repository.map(|named| named.id), Some(7));
    }
}
