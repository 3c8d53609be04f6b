//! To come.
use crate::rest::Route;
use crate::state::{Pull, Repo};

pub const ROUTES: &[Route] = &[];

/// What keeps a pull request from being merged by its base's protection.
pub fn blocked(repo: &Repo, pull: &Pull) -> Option<String> {
    let protection = repo.protections.get(&pull.base_branch)?;
    let missing =
        protection.contexts.iter().find(|name| !super::checks::passed(&repo.checks, &pull.head_commit, name))?;
    Some(format!("Required status check \"{missing}\" is expected."))
}
