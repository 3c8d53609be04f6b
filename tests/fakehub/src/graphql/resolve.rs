//! What the fields of the schema's types say, from the hub's state.

use serde_json::{Map, Value, json};

use crate::access::{self, Grade, Need, Role};
use crate::call::{Call, Refusal};
use crate::git;
use crate::shape;
use crate::state::{Repo, State};

use super::mutate;

/// What a field can stand on.
#[derive(Debug, Clone)]
pub enum Node {
    Query,
    Mutation,
    /// A login.
    User(String),
    RateLimit,
    /// A repository's key.
    Repo(String),
    /// A repository's key and the whole name.
    Ref(String, String),
    /// A repository's key and the commit.
    Commit(String, String),
    /// The signature of that commit.
    Signature(String, String),
    /// A repository's key and the number.
    Pull(String, u64),
    /// What a mutation of this type gives back.
    Payload(&'static str, Vec<(&'static str, Found)>),
}

/// What a field is.
#[derive(Debug, Clone)]
pub enum Found {
    /// A value without fields, or null.
    Leaf(Value),
    Node(Node),
}

impl<T: Into<Value>> From<T> for Found {
    fn from(value: T) -> Self {
        Self::Leaf(value.into())
    }
}

/// Why a field has no value: GitHub's type of error, and the message.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub kind: &'static str,
    pub message: String,
}

impl Trouble {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub fn unknown_node(id: &str) -> Self {
        Self::new("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'"))
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.status {
            401 | 403 => "FORBIDDEN",
            404 => "NOT_FOUND",
            422 => "UNPROCESSABLE",
            _ => "INTERNAL",
        };
        Self::new(kind, refusal.message)
    }
}

impl From<git::GitError> for Trouble {
    fn from(error: git::GitError) -> Self {
        Self::new("INTERNAL", error.to_string())
    }
}

impl Node {
    /// The name of its type.
    pub fn typename(&self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::User(_) => "User",
            Self::RateLimit => "RateLimit",
            Self::Repo(_) => "Repository",
            Self::Ref(..) => "Ref",
            Self::Commit(..) => "Commit",
            Self::Signature(..) => "GitSignature",
            Self::Pull(..) => "PullRequest",
            Self::Payload(name, _) => name,
        }
    }
}

/// The value of a field.
pub fn field(
    state: &mut State,
    call: &Call,
    node: &Node,
    name: &str,
    given: &Map<String, Value>,
) -> Result<Found, Trouble> {
    match node {
        Node::Query => query(state, call, name, given),
        Node::Mutation => mutate::run(state, call, name, given.get("input").unwrap_or(&Value::Null)),
        Node::User(login) => Ok(user(state, login, name)),
        Node::RateLimit => Ok(rate_limit(state, call, name)),
        Node::Repo(key) => repository(state, call, key, name, given),
        Node::Ref(key, full) => Ok(reference(state, key, full, name)),
        Node::Commit(key, id) => commit(state, key, id, name),
        Node::Signature(key, id) => signature(state, key, id, name),
        Node::Pull(key, number) => pull(state, key, *number, name),
        Node::Payload(_, fields) => {
            let field = fields.iter().find(|(known, _)| *known == name);
            Ok(field.map_or(Found::Leaf(Value::Null), |(_, found)| found.clone()))
        }
    }
}

pub fn text<'a>(given: &'a Map<String, Value>, name: &str) -> &'a str {
    given.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the caller may read what needs this permission in a repository.
pub fn readable(state: &State, call: &Call, key: &str, permission: &'static str) -> Result<(), Refusal> {
    let permission: &'static [(&'static str, Grade)] = match permission {
        "pull_requests" => &[("pull_requests", Grade::Read)],
        "contents" => &[("contents", Grade::Read)],
        _ => &[("metadata", Grade::Read)],
    };
    access::check(state, &call.actor, Need::Repo(permission, Role::Read), key)
}

fn query(state: &State, call: &Call, name: &str, given: &Map<String, Value>) -> Result<Found, Trouble> {
    match name {
        "viewer" => Ok(Found::Node(Node::User(call.actor.login.clone()))),
        "rateLimit" => Ok(Found::Node(Node::RateLimit)),
        "repository" => {
            let full = format!("{}/{}", text(given, "owner"), text(given, "name"));
            let key = full.to_lowercase();
            let unseen =
                || Trouble::new("NOT_FOUND", format!("Could not resolve to a Repository with the name '{full}'."));
            readable(state, call, &key, "metadata").map_err(|_| unseen())?;
            Ok(Found::Node(Node::Repo(key)))
        }
        _ => {
            let id = text(given, "id");
            let found = of_id(state, id).ok_or_else(|| Trouble::unknown_node(id))?;
            let (key, permission) = match &found {
                Node::Repo(key) => (key, "metadata"),
                Node::Pull(key, _) => (key, "pull_requests"),
                Node::Ref(key, _) | Node::Commit(key, _) => (key, "contents"),
                _ => return Ok(Found::Node(found)),
            };
            readable(state, call, key, permission).map_err(|_| Trouble::unknown_node(id))?;
            Ok(Found::Node(found))
        }
    }
}

/// What a node's id names.
pub fn of_id(state: &State, id: &str) -> Option<Node> {
    if let Some((key, full)) = id.strip_prefix("REF_").and_then(|rest| rest.split_once(':')) {
        let is_there = state.repos.get(key).is_some_and(|repo| repo.refs.contains_key(full));
        return is_there.then(|| Node::Ref(key.into(), full.into()));
    }
    if let Some(commit) = id.strip_prefix("C_") {
        let holds = |repo: &&Repo| git::resolve(&repo.path, commit).is_some();
        return state.repos.values().find(holds).map(|repo| Node::Commit(repo.key(), commit.into()));
    }
    let (kind, number) = shape::of_node(id)?;
    match kind.as_str() {
        "R" => state.repos.values().find(|repo| repo.id == number).map(|repo| Node::Repo(repo.key())),
        "U" => state.users.values().find(|user| user.id == number).map(|user| Node::User(user.login.clone())),
        "PR" => state.repos.values().find_map(|repo| {
            let issue = repo.issues.values().find(|issue| issue.id == number && issue.pull.is_some())?;
            Some(Node::Pull(repo.key(), issue.number))
        }),
        _ => None,
    }
}

fn user(state: &State, login: &str, name: &str) -> Found {
    let user = shape::user::simple(state, login);
    match name {
        "id" => user["node_id"].clone().into(),
        "databaseId" => user["id"].clone().into(),
        "url" => user["html_url"].clone().into(),
        "login" => user["login"].clone().into(),
        _ => Found::Leaf(Value::Null),
    }
}

fn rate_limit(state: &State, call: &Call, name: &str) -> Found {
    let (limit, used, reset) = crate::limits::graphql_hour(state, &call.actor);
    match name {
        "limit" => limit.into(),
        "used" => used.into(),
        "remaining" => limit.saturating_sub(used).into(),
        "cost" | "nodeCount" => 1.into(),
        _ => {
            let at = i64::try_from(reset).ok().and_then(|reset| jiff::Timestamp::from_second(reset).ok());
            at.map(crate::clock::show).into()
        }
    }
}

fn repository(state: &State, call: &Call, key: &str, name: &str, given: &Map<String, Value>) -> Result<Found, Trouble> {
    let repo = state.repo(key)?;
    let shown = || shape::repo::repository(state, repo);
    Ok(match name {
        "id" => shown()["node_id"].clone().into(),
        "databaseId" => repo.id.into(),
        "name" => repo.name.as_str().into(),
        "nameWithOwner" => repo.full_name().into(),
        "isPrivate" => repo.private.into(),
        "isFork" => repo.fork_of.is_some().into(),
        "url" => shown()["html_url"].clone().into(),
        "owner" => Found::Node(Node::User(repo.owner.clone())),
        "defaultBranchRef" => existing_ref(repo, &format!("refs/heads/{}", repo.default_branch)),
        "ref" => {
            readable(state, call, key, "contents")?;
            let asked = text(given, "qualifiedName");
            let names = [asked.to_owned(), format!("refs/{asked}"), format!("refs/heads/{asked}")];
            let full = names.iter().find(|name| repo.refs.contains_key(*name));
            full.map_or(Found::Leaf(Value::Null), |full| existing_ref(repo, full))
        }
        "object" => {
            readable(state, call, key, "contents")?;
            let asked = given.get("oid").or_else(|| given.get("expression")).and_then(Value::as_str);
            let asked = asked.ok_or_else(|| Trouble::new("UNPROCESSABLE", "Either oid or expression is needed"))?;
            let id = git::resolve(&repo.path, asked);
            id.map_or(Found::Leaf(Value::Null), |id| Found::Node(Node::Commit(key.into(), id)))
        }
        _ => {
            let number = given.get("number").and_then(Value::as_u64).unwrap_or_default();
            let unseen = || format!("Could not resolve to a PullRequest with the number of {number}.");
            readable(state, call, key, "pull_requests")?;
            repo.pull(number).map_err(|_| Trouble::new("NOT_FOUND", unseen()))?;
            Found::Node(Node::Pull(key.into(), number))
        }
    })
}

fn existing_ref(repo: &Repo, full: &str) -> Found {
    if repo.refs.contains_key(full) { Found::Node(Node::Ref(repo.key(), full.into())) } else { Value::Null.into() }
}

fn reference(state: &State, key: &str, full: &str, name: &str) -> Found {
    let at = full.match_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
    match name {
        "id" => format!("REF_{key}:{full}").into(),
        "prefix" => full[..at].into(),
        "name" => full[at..].into(),
        _ => {
            let target = state.repos.get(key).and_then(|repo| repo.refs.get(full));
            target.map_or(Found::Leaf(Value::Null), |id| Found::Node(Node::Commit(key.into(), id.clone())))
        }
    }
}

fn commit(state: &State, key: &str, id: &str, name: &str) -> Result<Found, Trouble> {
    let repo = state.repo(key)?;
    let found = git::commits::read(&repo.path, id)?;
    let message = found.message.trim_end_matches('\n');
    let (headline, body) = message.split_once('\n').unwrap_or((message, ""));
    let page = format!("{}/commit/{id}", shape::repo::page(state, repo));
    Ok(match name {
        "id" => format!("C_{id}").into(),
        "oid" => id.into(),
        "abbreviatedOid" => id.get(..7).unwrap_or(id).into(),
        "message" => message.into(),
        "messageHeadline" => headline.into(),
        "messageBody" => body.trim_start_matches('\n').into(),
        "committedDate" => found.committer.when().into(),
        "signature" if found.signature.is_none() => Value::Null.into(),
        "signature" => Found::Node(Node::Signature(key.into(), id.into())),
        _ => page.into(),
    })
}

fn signature(state: &State, key: &str, id: &str, name: &str) -> Result<Found, Trouble> {
    let repo = state.repo(key)?;
    let shown = shape::commit::verification(&git::commits::read(&repo.path, id)?);
    let is_valid = shown["verified"] == json!(true);
    Ok(match name {
        "isValid" | "wasSignedByGitHub" => is_valid.into(),
        "state" => if is_valid { "VALID" } else { "INVALID" }.into(),
        "payload" => shown["payload"].clone().into(),
        _ => shown["signature"].clone().into(),
    })
}

fn pull(state: &State, key: &str, number: u64, name: &str) -> Result<Found, Trouble> {
    let repo = state.repo(key)?;
    let (issue, pull) = repo.pull(number)?;
    Ok(match name {
        "id" => shape::node("PR", issue.id).into(),
        "databaseId" => pull.id.into(),
        "fullDatabaseId" => pull.id.to_string().into(),
        "number" => number.into(),
        "title" => issue.title.as_str().into(),
        "body" => issue.body.clone().unwrap_or_default().into(),
        "isDraft" => pull.draft.into(),
        "merged" => pull.merged.is_some().into(),
        "closed" => (!issue.is_open).into(),
        "state" => match (&pull.merged, issue.is_open) {
            (Some(_), _) => "MERGED",
            (None, true) => "OPEN",
            (None, false) => "CLOSED",
        }
        .into(),
        "url" => format!("{}/pull/{number}", shape::repo::page(state, repo)).into(),
        "headRefName" => pull.head_branch.as_str().into(),
        "headRefOid" => pull.head_commit.as_str().into(),
        "baseRefName" => pull.base_branch.as_str().into(),
        "baseRefOid" => pull.base_commit.as_str().into(),
        _ => Found::Node(Node::User(issue.author.clone())),
    })
}
