//! GitHub over octocrab, for the rest of the house a value that blocks: pull requests, checks, comments, refs, commits.
//!
//! Every call goes through `send`, which keeps GitHub's limits, and comes back as a value or a
//! [`Fault`] with a hint. The truth about proposals is elsewhere ([`super::local`]); here is only the mirror.

mod access;
mod account;
mod address;
mod app;
mod check;
mod clock;
mod comment;
mod commit;
mod cut;
pub mod governor;
mod pull;
mod refusal;
mod send;
mod token;
mod wire;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub use access::{Access, Credential};
pub use account::{NewApp, Person, Proof, Registry, Seen, SignIn, knock};
pub use app::{AppHub, AppSelf, FailedDelivery, Found, HookConfig, Installed, SentAgain};
pub use check::SeenCheck;
pub use clock::{SPEED, hurried};
pub use comment::{Comment, Permission, Posted, Reaction, Standing};
pub use commit::{Change, MadeCommit, NewCommit};
pub use pull::{MergeAnswer, MergeStyle, NewPull, Pull, PullChange, PullState};
pub use token::PERMISSIONS;
pub use wire::TIMEOUT_SWITCH;

use crate::fault::Fault;
use crate::git::Credentials;
use crate::ledger::Ledger;

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The path with its query, from the API's root; `/graphql` for GraphQL.
    pub path: String,
    /// The answer's status; none when there was no answer.
    pub status: Option<u16>,
    /// How long it had to wait before it was sent, because of limits.
    pub waited: Duration,
}

/// One repository on GitHub.
pub struct Hub<'a> {
    access: Access,
    wire: wire::Wire,
    clock: clock::Clock,
    /// The budgets of the account that it speaks as; others of this process may share them.
    account: Arc<governor::shared::Book>,
    stop: &'a AtomicBool,
    say: &'a dyn Fn(&str),
    state: RefCell<State>,
    /// The project in whose ledger what was spent is kept for a later run.
    memory: Option<PathBuf>,
}

impl Drop for Hub<'_> {
    fn drop(&mut self) {
        // Whoever speaks as the same account longest, here in this process, knows all of it: the list of books and this
        // one are two that hold it.
        if let Some(root) = self.memory.take()
            && Arc::strong_count(&self.account) <= 2
            && self.account.has_written()
            && let Ok(Some(ledger)) = Ledger::existing(&root)
        {
            // A pace that is forgotten is no reason to fail for a run that did its work.
            let _ = self.account.keep(&ledger);
        }
    }
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    /// Answers with a tag, by path.
    kept: BTreeMap<String, send::Kept>,
    pass: Option<token::Pass>,
    /// Of whole installations, by their numbers.
    passes: BTreeMap<u64, token::Pass>,
    /// What is known of installations, by their numbers.
    installed: BTreeMap<u64, Installed>,
    installation: Option<token::Installation>,
    /// The repository's node id.
    node: Option<String>,
    /// The server's time in seconds since 1970, and the run's when it was heard.
    date: Option<(i64, Duration)>,
    enterprise: bool,
}

impl std::fmt::Debug for Hub<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("access", &self.access).finish_non_exhaustive()
    }
}

impl<'a> Hub<'a> {
    /// Prepares to speak to a repository; nothing is sent yet. `stop` ends waits and reads (exit 130); `say` tells the
    /// person why it takes long.
    ///
    /// # Errors
    /// When the connection can't be prepared: no certificates, no threads (exit 3).
    pub fn open(access: Access, stop: &'a AtomicBool, say: &'a dyn Fn(&str)) -> Result<Self, Fault> {
        let wire = wire::Wire::open(&access.servers, access.timeout)?;
        let clock = clock::Clock::start(access.speed);
        let account = access.book(access.owner());
        Ok(Self { access, wire, clock, account, stop, say, state: RefCell::default(), memory: None })
    }

    /// Goes on where the last run of this project stopped: what that spent of the account's budgets is read from the
    /// project's ledger, should there be one, and what this one spends is left there. So several runs in a row keep the
    /// limits together. A ledger that can't be read is as none.
    #[must_use]
    pub fn remembering(mut self, root: &Path) -> Self {
        if let Ok(Some(ledger)) = Ledger::existing(root) {
            let _ = self.account.recall(&ledger);
        }
        self.memory = Some(root.to_owned());
        self
    }

    /// Who it speaks as, and to which repository.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Whether it is a company's own server: by its address, or because an answer said so.
    #[must_use]
    pub fn is_enterprise(&self) -> bool {
        self.access.is_enterprise() || self.state.borrow().enterprise
    }

    /// Every call that was made, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state.borrow().calls.clone()
    }

    /// What git signs in with on this server, for [`crate::git::Repo::set_credentials`]. An App's token lives an hour:
    /// ask again before each push.
    ///
    /// # Errors
    /// When an App can't get its token (exit 3).
    pub fn git_credentials(&self) -> Result<Credentials, Fault> {
        let token = self.token_for(send::As::Token);
        let token = token.map_err(|refusal| refusal.fault("git can't sign in", &self.access))?;
        Ok(Credentials { url_prefix: self.access.servers.web_prefix(), user: "x-access-token".into(), token })
    }
}
