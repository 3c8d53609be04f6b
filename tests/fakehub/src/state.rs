//! Everything that the hub knows besides the objects in its bare repositories, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::{Grant, Permissions, Role};
use crate::call::Refusal;
use crate::clock::{Clock, show};
use crate::git::GitError;
use crate::rest::checks::Checks;
use crate::shape::mention::{mentioned, referenced};
use crate::{faults, limits, web, webhooks};

/// The Action's user and the slug of its App.
pub const ACTIONS: &str = "github-actions[bot]";

pub struct State {
    /// `http://127.0.0.1:PORT`
    pub origin: String,
    pub data: PathBuf,
    /// GitHub Enterprise Server instead of github.com.
    pub enterprise: bool,
    pub clock: Clock,
    /// By login in lower case.
    pub users: BTreeMap<String, User>,
    /// By `owner/name` in lower case.
    pub repos: BTreeMap<String, Repo>,
    /// Where renamed repositories went: from the old key to the new one.
    pub moved: BTreeMap<String, String>,
    pub apps: BTreeMap<u64, App>,
    pub installations: BTreeMap<u64, Installation>,
    pub tokens: BTreeMap<String, Token>,
    pub log: Vec<Logged>,
    pub notifications: Vec<Notification>,
    pub references: Vec<Reference>,
    pub faults: faults::Faults,
    pub limits: limits::Limits,
    pub webhooks: webhooks::Webhooks,
    pub web: web::Web,
    last_id: u64,
}

#[derive(Debug, Clone)]
pub struct User {
    pub id: u64,
    pub login: String,
    /// `User`, `Organization` or `Bot`.
    pub kind: String,
}

pub struct App {
    pub id: u64,
    pub slug: String,
    pub name: String,
    pub owner: String,
    /// The homepage.
    pub url: Option<String>,
    pub description: String,
    pub client_id: String,
    pub client_secret: String,
    /// Where people may be sent back to after they signed in.
    pub callback_urls: Vec<String>,
    /// PKCS#1, DER.
    pub public_key: Vec<u8>,
    pub permissions: Permissions,
    pub events: Vec<String>,
    pub hook_url: Option<String>,
    /// `json` or `form`.
    pub hook_content: String,
    /// Empty: deliveries are not signed.
    pub webhook_secret: String,
    pub created: Timestamp,
}

pub struct Installation {
    pub id: u64,
    pub app: u64,
    pub account: String,
    /// Keys of repositories.
    pub repos: Vec<String>,
    pub created: Timestamp,
    /// When it was suspended, and by whom.
    pub suspended: Option<(Timestamp, String)>,
}

/// What a token is good for.
#[derive(Debug, Clone)]
pub struct Token {
    pub login: String,
    /// None for a person's token.
    pub grant: Option<Grant>,
    /// The App that a person signed in to: the token opens what both may.
    pub app: Option<u64>,
    pub expires: Option<Timestamp>,
}

pub struct Repo {
    pub id: u64,
    pub owner: String,
    pub name: String,
    /// The bare repository.
    pub path: PathBuf,
    pub default_branch: String,
    pub private: bool,
    /// The key of the repository that this is a fork of.
    pub fork_of: Option<String>,
    pub created: Timestamp,
    pub pushed: Timestamp,
    /// By login in lower case.
    pub collaborators: BTreeMap<String, Role>,
    /// By branch.
    pub protections: BTreeMap<String, Protection>,
    /// Issues and pull requests, by number.
    pub issues: BTreeMap<u64, Issue>,
    /// Comments on issues and pull requests, by id.
    pub comments: BTreeMap<u64, Comment>,
    pub labels: Vec<Label>,
    /// Slugs of the teams that can be asked to review.
    pub teams: Vec<String>,
    /// Whether the Action's token may open pull requests, which is a setting.
    pub action_opens_pulls: bool,
    /// All refs as the hub last saw them; what differs after a push is what was pushed.
    pub refs: BTreeMap<String, String>,
    pub checks: Checks,
}

#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// Only admins push; all others merge pull requests.
    pub needs_pull: bool,
    /// Approvals that a pull request needs.
    pub approvals: u64,
    /// Names of checks and statuses that must have passed.
    pub contexts: Vec<String>,
    /// The head must hold the base.
    pub strict: bool,
    pub enforce_admins: bool,
    pub allow_force: bool,
    pub allow_deletion: bool,
    /// Logins that alone may push, in lower case.
    pub restrictions: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
    pub description: Option<String>,
}

/// An issue; a pull request is one with `pull`.
#[derive(Debug, Clone)]
pub struct Issue {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    pub is_open: bool,
    pub author: String,
    pub labels: Vec<String>,
    pub assignees: Vec<String>,
    pub locked: bool,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub closed: Option<Timestamp>,
    pub closed_by: Option<String>,
    pub reactions: Vec<Reaction>,
    pub pull: Option<Pull>,
}

#[derive(Debug, Clone)]
pub struct Pull {
    pub id: u64,
    /// The key of the repository that the head is in: this one or a fork.
    pub head_repo: String,
    pub head_branch: String,
    /// Stays as it was once the pull request is closed.
    pub head_commit: String,
    pub base_branch: String,
    pub base_commit: String,
    pub draft: bool,
    pub merged: Option<Merged>,
    pub reviewers: Vec<String>,
    pub teams: Vec<String>,
    pub reviews: Vec<Review>,
    pub mergeable: Mergeable,
    /// Opened by the Action's own token: its workflow runs do not start by themselves.
    pub by_action: bool,
}

#[derive(Debug, Clone)]
pub struct Review {
    pub id: u64,
    pub author: String,
    pub body: String,
    /// `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.
    pub state: String,
    /// The head that it was about.
    pub commit: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone)]
pub struct Merged {
    pub at: Timestamp,
    pub by: String,
    pub commit: String,
}

/// What is known of a merge; computed when somebody asks, not when something is pushed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mergeable {
    /// Nobody has asked since head or base moved.
    #[default]
    Unknown,
    /// For this head and base: the test merge's commit, none when they conflict.
    Known { head: String, base: String, commit: Option<String> },
}

#[derive(Debug, Clone)]
pub struct Comment {
    pub id: u64,
    /// The number of the issue or pull request.
    pub issue: u64,
    pub author: String,
    /// The App that wrote it.
    pub app: Option<u64>,
    pub body: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub reactions: Vec<Reaction>,
}

#[derive(Debug, Clone)]
pub struct Reaction {
    pub id: u64,
    pub author: String,
    pub content: String,
    pub created: Timestamp,
}

/// Somebody was told of something.
#[derive(Debug, Clone)]
pub struct Notification {
    pub login: String,
    /// `mention` or `review_requested`.
    pub reason: String,
    pub repo: String,
    pub number: u64,
    /// `title`, `body`, `comment ID`, `pull`, `commit ID`.
    pub place: String,
    pub by: String,
    pub at: Timestamp,
}

/// A text that names an issue or pull request by `#12`, which then shows a link back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub repo: String,
    /// The number of the issue or pull request that the text stands in; 0 for a commit's message.
    pub from: u64,
    pub to: u64,
    /// As in [`Notification`].
    pub place: String,
}

/// One call of the API, for `GET /_hub/log`.
#[derive(Debug, Clone)]
pub struct Logged {
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    pub status: u16,
    pub login: String,
    pub cost: limits::Cost,
    /// Seconds, on the real clock, that a fault held the call.
    pub waited: f64,
}

impl Repo {
    /// `owner/name` in lower case.
    pub fn key(&self) -> String {
        self.full_name().to_lowercase()
    }

    /// What somebody is by name: without what a public repository gives everybody.
    pub fn given_role(&self, login: &str) -> Role {
        if self.owner.eq_ignore_ascii_case(login) {
            return Role::Admin;
        }
        self.collaborators.get(&login.to_lowercase()).copied().unwrap_or(Role::None)
    }

    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The commit that a branch is at, as last seen.
    pub fn branch(&self, name: &str) -> Option<&String> {
        self.refs.get(&format!("refs/heads/{name}"))
    }

    pub fn next_number(&self) -> u64 {
        self.issues.keys().next_back().map_or(1, |last| last + 1)
    }

    pub fn issue(&self, number: u64) -> Result<&Issue, Refusal> {
        self.issues.get(&number).ok_or_else(Refusal::not_found)
    }

    /// A pull request with the issue that it is.
    pub fn pull(&self, number: u64) -> Result<(&Issue, &Pull), Refusal> {
        let issue = self.issue(number)?;
        issue.pull.as_ref().map(|pull| (issue, pull)).ok_or_else(Refusal::not_found)
    }
}

impl State {
    /// An empty hub whose repositories will be below `data`.
    pub fn new(origin: String, data: PathBuf) -> Result<Self, GitError> {
        std::fs::create_dir_all(&data)?;
        let mut state = Self {
            origin,
            data: data.canonicalize()?,
            enterprise: false,
            clock: Clock::new(),
            users: BTreeMap::new(),
            repos: BTreeMap::new(),
            moved: BTreeMap::new(),
            apps: BTreeMap::new(),
            installations: BTreeMap::new(),
            tokens: BTreeMap::new(),
            log: Vec::new(),
            notifications: Vec::new(),
            references: Vec::new(),
            faults: faults::Faults::default(),
            limits: limits::Limits::default(),
            webhooks: webhooks::Webhooks::default(),
            web: web::Web::default(),
            last_id: 1000,
        };
        state.add_user(ACTIONS, "Bot");
        state.add_user("web-flow", "User");
        Ok(state)
    }

    /// A number that nothing else has.
    pub fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The user of this login, made when there is none.
    pub fn add_user(&mut self, login: &str, kind: &str) -> User {
        let id = self.new_id();
        let user = || User { id, login: login.to_owned(), kind: kind.to_owned() };
        self.users.entry(login.to_lowercase()).or_insert_with(user).clone()
    }

    /// What a person is in a repository; an owner is its admin, and everybody reads a public one.
    pub fn role(&self, repo: &Repo, login: &str) -> Role {
        let floor = if repo.private || login.is_empty() { Role::None } else { Role::Read };
        repo.given_role(login).max(floor)
    }

    /// The installations of an App through which it reaches a repository; suspended ones reach nothing.
    pub fn reaches(&self, app: u64, key: &str) -> bool {
        let mut all = self.installations.values();
        all.any(|one| one.app == app && one.suspended.is_none() && one.repos.iter().any(|repo| repo == key))
    }

    pub fn repo(&self, key: &str) -> Result<&Repo, Refusal> {
        self.repos.get(key).ok_or_else(Refusal::not_found)
    }

    pub fn repo_mut(&mut self, key: &str) -> Result<&mut Repo, Refusal> {
        self.repos.get_mut(key).ok_or_else(Refusal::not_found)
    }

    pub fn issue_mut(&mut self, key: &str, number: u64) -> Result<&mut Issue, Refusal> {
        self.repo_mut(key)?.issues.get_mut(&number).ok_or_else(Refusal::not_found)
    }

    pub fn pull_mut(&mut self, key: &str, number: u64) -> Result<&mut Pull, Refusal> {
        self.issue_mut(key, number)?.pull.as_mut().ok_or_else(Refusal::not_found)
    }

    /// Tells the webhooks of an event; `payload` needs neither `repository` nor `sender`.
    pub fn emit(&mut self, event: &str, repo: &str, login: &str, mut payload: Value) {
        if let Some(known) = self.repos.get(repo) {
            payload["repository"] = crate::shape::repo::repository(self, known);
        }
        payload["sender"] = crate::shape::user::simple(self, login);
        webhooks::send(self, event, repo, &payload);
    }

    /// Records whom a text mentions by `@login` and what by `#12`, outside code; `place` says where the text stands, and
    /// `before` what stood there: who was told by that is not told again.
    pub fn take_note(&mut self, repo: &str, number: u64, place: &str, by: &str, before: &str, text: &str) {
        let known = mentioned(before);
        for login in mentioned(text) {
            let is_new = !known.iter().any(|known| known.eq_ignore_ascii_case(&login));
            if let (true, Some(user)) = (is_new, self.users.get(&login.to_lowercase())) {
                let login = user.login.clone();
                self.notify(&login, "mention", repo, number, place, by);
            }
        }
        for to in referenced(text) {
            let is_there = self.repos.get(repo).is_some_and(|repo| repo.issues.contains_key(&to)) && to != number;
            let made = Reference { repo: repo.to_owned(), from: number, to, place: place.to_owned() };
            if is_there && !self.references.contains(&made) {
                self.references.push(made);
            }
        }
    }

    pub fn notify(&mut self, login: &str, reason: &str, repo: &str, number: u64, place: &str, by: &str) {
        self.notifications.push(Notification {
            login: login.to_owned(),
            reason: reason.to_owned(),
            repo: repo.to_owned(),
            number,
            place: place.to_owned(),
            by: by.to_owned(),
            at: self.clock.now(),
        });
    }
}

impl Logged {
    pub fn show(&self) -> Value {
        json!({
            "at": show(self.at), "method": self.method, "path": self.path, "status": self.status, "login": self.login,
            "content": self.cost.content, "points": self.cost.points, "waited": self.waited,
        })
    }
}
