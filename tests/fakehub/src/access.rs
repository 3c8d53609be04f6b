//! Who calls, and what they may do: people by their role in a repository, Apps and the Action by their permissions.

use std::collections::BTreeMap;

use crate::call::Refusal;
use crate::state::{Repo, State};

/// What an App was granted, by name: `contents` -> write.
pub type Permissions = BTreeMap<String, Grade>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Read,
    Write,
    Admin,
}

impl Grade {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What a person is in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    None,
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}

impl Role {
    /// By GitHub's names; `pull` and `push` are the older ones.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Self::None,
            "read" | "pull" => Self::Read,
            "triage" => Self::Triage,
            "write" | "push" => Self::Write,
            "maintain" => Self::Maintain,
            "admin" => Self::Admin,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The four values that `permission` knew before roles: maintain is write, triage is read.
    pub fn legacy(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

/// Who makes a call.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    /// The user that the call's effects are by: a person, `slug[bot]`, `github-actions[bot]`; empty for nobody.
    pub login: String,
    pub how: How,
}

/// By what somebody is known.
#[derive(Debug, Clone, Default)]
pub enum How {
    /// No credential.
    #[default]
    Anonymous,
    /// A person's own token.
    Personal,
    /// A person who signed in to an App: its id. The token opens what both may.
    User(u64),
    /// An App's JWT: the app's id.
    Jwt(u64),
    /// An installation token or the Action's token.
    Token(Grant),
}

/// What an installation token or the Action's token opens.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The app's id; the Action is an App too.
    pub app: u64,
    pub installation: Option<u64>,
    /// Keys of repositories.
    pub repos: Vec<String>,
    pub permissions: Permissions,
    /// True for the Action's own token.
    pub is_action: bool,
}

impl Actor {
    /// The token's grant, when the caller is an App or the Action.
    pub fn grant(&self) -> Option<&Grant> {
        match &self.how {
            How::Token(grant) => Some(grant),
            _ => None,
        }
    }

    pub fn is_action(&self) -> bool {
        self.grant().is_some_and(|grant| grant.is_action)
    }
}

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Anybody, also without a credential.
    Nothing,
    /// Any token.
    Token,
    /// An App's JWT.
    Jwt,
    /// In the repository of the route: of Apps one of the permissions, of people the role.
    Repo(&'static [(&'static str, Grade)], Role),
}

/// Whether the caller may use a route at all; what depends on the thing itself (its author, a protection) is the handler's.
pub fn check(state: &State, actor: &Actor, need: Need, repo: &str) -> Result<(), Refusal> {
    match need {
        Need::Nothing => Ok(()),
        Need::Token if matches!(actor.how, How::Personal | How::User(_) | How::Token(_)) => Ok(()),
        Need::Token => Err(Refusal::new(401, "Requires authentication")),
        Need::Jwt if matches!(actor.how, How::Jwt(_)) => Ok(()),
        Need::Jwt => Err(Refusal::new(401, "A JSON web token could not be decoded")),
        Need::Repo(permissions, role) => {
            let repo = state.repos.get(repo).ok_or_else(Refusal::not_found)?;
            in_repo(state, actor, repo, permissions, role)
        }
    }
}

fn in_repo(
    state: &State,
    actor: &Actor,
    repo: &Repo,
    permissions: &[(&'static str, Grade)],
    role: Role,
) -> Result<(), Refusal> {
    match &actor.how {
        How::Jwt(_) => Err(Refusal::new(401, "Bad credentials")),
        How::Anonymous if repo.private => Err(Refusal::not_found()),
        How::Anonymous if role > Role::Read || permissions.iter().all(|(_, grade)| *grade > Grade::Read) => {
            Err(Refusal::new(401, "Requires authentication"))
        }
        How::Anonymous => Ok(()),
        How::Personal => as_person(state, actor, repo, role),
        How::User(app) => {
            as_person(state, actor, repo, role)?;
            let held = state.apps.get(app).map(|app| app.permissions.clone()).unwrap_or_default();
            as_app(repo, state.reaches(*app, &repo.key()), &held, permissions)
        }
        How::Token(grant) => as_app(repo, grant.repos.contains(&repo.key()), &grant.permissions, permissions),
    }
}

fn as_person(state: &State, actor: &Actor, repo: &Repo, role: Role) -> Result<(), Refusal> {
    let has = state.role(repo, &actor.login);
    if has == Role::None {
        return Err(Refusal::not_found());
    }
    if has < role {
        return Err(Refusal::new(403, "Must have the right permissions to the repository."));
    }
    Ok(())
}

fn as_app(
    repo: &Repo,
    reaches: bool,
    held: &Permissions,
    permissions: &[(&'static str, Grade)],
) -> Result<(), Refusal> {
    if !reaches && repo.private {
        return Err(Refusal::not_found());
    }
    let reads = !repo.private && permissions.iter().any(|(_, grade)| *grade == Grade::Read);
    if reads || reaches && permissions.iter().any(|(name, grade)| may(held, name, *grade)) {
        return Ok(());
    }
    let names: Vec<_> = permissions.iter().map(|(name, grade)| format!("{name}={}", grade.name())).collect();
    Err(Refusal::new(403, "Resource not accessible by integration")
        .header("x-accepted-github-permissions", names.join("; ")))
}

/// Whether permissions hold this one; everybody reads metadata.
pub fn may(permissions: &Permissions, name: &str, grade: Grade) -> bool {
    (name == "metadata" && grade == Grade::Read) || permissions.get(name).is_some_and(|has| *has >= grade)
}
