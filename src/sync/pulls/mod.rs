//! The board's proposals as pull requests on the hosted forge: what people did to them is carried into the board, and
//! what the board says is written into them.
//!
//! The board stays the truth. Every effect is found again by looking (branch, number, hidden marker), so a run that is
//! killed between any two calls is finished by the next one, and nothing is made twice.

mod observe;
mod publish;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

pub(in crate::sync) use observe::{Seen, observed};
pub(in crate::sync) use publish::receipts;
pub use wish::PlannedCall;

use crate::config::{Config, ForgeKind, GithubConfig};
use crate::fault::{Fault, FaultKind};
use crate::forge::github::{Access, Hub};
use crate::git::{Id, Repo};

/// The repository's pull requests.
pub(in crate::sync) struct Hosted<'a> {
    pub(in crate::sync) hub: Hub<'a>,
    settings: GithubConfig,
    /// Whether the settings insist on it.
    pub(in crate::sync) strict: bool,
}

/// What the environment and the settings make of the hosted forge.
pub(in crate::sync) enum Found<'a> {
    /// Proposals become pull requests.
    Hosted(Box<Hosted<'a>>),
    /// They stay in the repository.
    Local,
    /// They should become pull requests, and can't at this moment; whether the settings insist.
    Away(Fault, bool),
}

impl<'a> Found<'a> {
    /// The forge, where it can be spoken to.
    pub(in crate::sync) fn hosted(&self) -> Option<&Hosted<'a>> {
        match self {
            Self::Hosted(hosted) => Some(hosted),
            _ => None,
        }
    }

    /// Looks whether the remote is on GitHub and the environment may speak to it. Git gets the same credentials.
    ///
    /// # Errors
    /// When the settings insist on GitHub and there is no credential for it, or a credential can't be used (exit 2); when
    /// the person interrupts (exit 130).
    pub(in crate::sync) fn look(
        repo: &mut Repo,
        config: &Config,
        stop: &'a AtomicBool,
        say: &'a dyn Fn(&str),
    ) -> Result<Self, Fault> {
        let strict = match config.sync.forge {
            ForgeKind::Local => return Ok(Self::Local),
            ForgeKind::Auto => false,
            ForgeKind::Github => true,
        };
        let url = repo.remote_url(&config.sync.remote)?;
        let Some(access) = Access::find(url.as_deref())? else {
            return if strict { Err(absent(&config.sync.remote, url.as_deref())) } else { Ok(Self::Local) };
        };
        let hub = Hub::open(access, stop, say)?.remembering(repo.root());
        match hub.git_credentials() {
            Ok(credentials) => repo.set_credentials(credentials),
            Err(fault) if fault.kind() == FaultKind::Unfinished => return Ok(Self::Away(fault, strict)),
            Err(fault) => return Err(fault),
        }
        Ok(Self::Hosted(Box::new(Hosted { hub, settings: config.github.clone(), strict })))
    }
}

fn absent(remote: &str, url: Option<&str>) -> Fault {
    let fault = Fault::usage("sync.forge is github, but there is no way to it");
    match url {
        None => fault
            .hint(format!("there is no remote {remote}: git remote add {remote} https://github.com/OWNER/NAME.git")),
        Some(_) if Access::is_configured() => fault.hint(format!(
            "the remote {remote} is not on that server: set GITHUB_SERVER_URL and GITHUB_API_URL for one of your own"
        )),
        Some(_) => fault.hint("set GITHUB_TOKEN, or VSO_APP_ID and VSO_APP_PRIVATE_KEY"),
    }
}

/// Where a pull request can be looked at; none where the remote is not known to be on such a forge.
#[must_use]
pub fn page(repo: &Repo, config: &Config) -> Option<String> {
    let url = repo.remote_url(&config.sync.remote).ok().flatten();
    Access::find(url.as_deref()).ok().flatten().map(|access| access.page())
}

/// Whether a branch is on the remote, and where.
pub(in crate::sync) type There = BTreeMap<String, Id>;
