//! Who asks, and what they may see and do.
//!
//! Rights are made here and in `standing.rs` alone, from what GitHub says of a person; a handler has those of its visitor
//! or none, and without them `Projects` gives it no repository.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::forge::github::Seen;
use crate::ledger::Time;
use crate::serve::deed::Order;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever opened the link that the server printed: on loopback the person at the machine, in App mode its operator.
    Link,
    /// A person, known by GitHub.
    Person {
        /// The name on GitHub.
        login: String,
        /// GitHub's number of the account, which a rename does not change.
        id: u64,
    },
}

impl Who {
    /// The person's name on GitHub; none for the link's.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        match self {
            Self::Link => None,
            Self::Person { login, .. } => Some(login),
        }
    }
}

/// What a visitor may see and change.
#[derive(Debug, Clone)]
pub struct Rights(Reach);

#[derive(Debug, Clone)]
enum Reach {
    All,
    /// Repositories by GitHub's number, and whether they may be changed.
    Only(Arc<BTreeMap<u64, bool>>),
}

impl Rights {
    /// Everything: whoever reads the server's terminal or journal, where the link stands, holds the project or the App's
    /// key and all mirrors anyway.
    pub(super) fn all() -> Self {
        Self(Reach::All)
    }

    /// Nothing.
    pub(super) fn none() -> Self {
        Self(Reach::Only(Arc::default()))
    }

    /// The repositories that a person sees through the App's installations.
    pub(super) fn only(seen: &[Seen]) -> Self {
        Self(Reach::Only(Arc::new(seen.iter().map(|seen| (seen.id, seen.may_write)).collect())))
    }

    /// Whether a repository exists for the visitor. `id` is GitHub's number; the project of this machine has none.
    #[must_use]
    pub fn may_see(&self, id: Option<u64>) -> bool {
        match &self.0 {
            Reach::All => true,
            Reach::Only(those) => id.is_some_and(|id| those.contains_key(&id)),
        }
    }

    /// Whether the visitor may change it.
    #[must_use]
    pub fn may_write(&self, id: Option<u64>) -> bool {
        match &self.0 {
            Reach::All => true,
            Reach::Only(those) => id.and_then(|id| those.get(&id)).is_some_and(|may_write| *may_write),
        }
    }
}

/// What stands for a session where its cookie must not: the cookie's hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::serve) struct Key(pub(super) [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The person who asks, for handlers behind the guard.
#[derive(Clone)]
pub struct Visitor {
    /// What every unsafe request has to show: in the header `x-csrf-token`, or as the field `csrf` of a form.
    pub csrf: String,
    /// When the session ends if it is not used.
    pub until: Time,
    /// Who it is.
    pub who: Who,
    /// What they may see and do, as GitHub said at most a minute ago.
    pub may: Rights,
    pub(in crate::serve) session: Key,
}

/// Hides the token.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("who", &self.who).field("until", &self.until).finish_non_exhaustive()
    }
}

impl Visitor {
    /// What a deed has to know of whoever has it done.
    pub(in crate::serve) fn order(&self) -> Order {
        Order { by: self.who.login().map(str::to_owned), ..Order::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_what_was_seen_and_no_more() {
        let seen = |id, may_write| Seen { id, owner: "acme".into(), name: format!("r{id}"), may_write };
        let rights = Rights::only(&[seen(7, true), seen(8, false)]);
        let check = |rights: &Rights, id, expected| {
            assert_eq!((rights.may_see(id), rights.may_write(id)), expected, "{id:?}");
        };
        check(&rights, Some(7), (true, true));
        check(&rights, Some(8), (true, false));
        check(&rights, Some(9), (false, false));
        check(&rights, None, (false, false));
        check(&Rights::none(), Some(7), (false, false));
        check(&Rights::all(), None, (true, true));
    }
}
