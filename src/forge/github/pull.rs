//! Pull requests: read, opened, changed, merged. The branch is the key: one open pull request on each.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Hub;
use super::address::escaped;
use super::cut;
use super::governor::Cost;
use super::refusal::Refusal;
use super::send::{As, Request, header, read};
use super::wire::{Answer, Method};
use crate::fault::Fault;

/// How many things stand on a page; more than 100 are not given.
const PAGE: usize = 100;

/// Where a pull request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullState {
    /// It waits for a person.
    Open,
    /// Somebody closed it, or its branch is gone.
    Closed,
    /// Its content is in the base.
    Merged {
        /// The commit on the base; empty where GitHub does not say it.
        commit: String,
    },
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Its name in GraphQL.
    pub node_id: String,
    /// The branch that it wants to bring, without `refs/heads/`.
    pub head_branch: String,
    /// The commit on it.
    pub head_commit: String,
    /// The branch that it wants to be merged into.
    pub base_branch: String,
    /// The commit that the base was at, as GitHub last looked.
    pub base_commit: String,
    /// Where it stands.
    pub state: PullState,
    /// Whether it is a draft.
    pub draft: bool,
    /// One line. Data of whoever wrote it.
    pub title: String,
    /// Markdown; empty where there is none. Data of whoever wrote it.
    pub body: String,
    /// Who opened it; `ghost` where the account is gone.
    pub author: String,
    /// Its page.
    pub url: String,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// Whether the branch is in another repository than the base.
    pub is_fork: bool,
}

impl Pull {
    /// Whether it waits for a person.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == PullState::Open
    }
}

/// A pull request to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPull {
    /// The branch that it brings; it must be there and differ from the base.
    pub head: String,
    /// The branch that it wants to be merged into.
    pub base: String,
    /// One line; cut to 256 characters.
    pub title: String,
    /// Markdown; cut to 65,536 characters with a note at the end.
    pub body: String,
    /// Whether it is opened as a draft.
    pub draft: bool,
}

/// What to change of a pull request: only what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PullChange {
    /// The title.
    pub title: Option<String>,
    /// The body.
    pub body: Option<String>,
    /// Open it again (true), or close it (false).
    pub open: Option<bool>,
    /// The branch that it wants to be merged into.
    pub base: Option<String>,
}

impl PullChange {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a pull request is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeStyle {
    /// A merge commit.
    Merge,
    /// One commit of all.
    Squash,
    /// Each commit anew on the base.
    Rebase,
}

/// How a merge ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeAnswer {
    /// It is merged.
    Merged {
        /// The commit on the base.
        commit: String,
    },
    /// The branch is not where it was believed to be: look again.
    HeadMoved,
    /// GitHub does not want it now: conflicts, a required check, this style is off. In its words.
    NotNow(String),
}

impl Hub<'_> {
    /// All open pull requests whose branch is in this repository, oldest first.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn open_pulls(&self) -> Result<Vec<Pull>, Fault> {
        Ok(self.every_open_pull()?.into_iter().filter(|pull| !pull.is_fork).collect())
    }

    /// All open pull requests, those from forks too, oldest first.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn every_open_pull(&self) -> Result<Vec<Pull>, Fault> {
        let path = format!("{}/pulls?state=open&sort=created&direction=asc", self.repository());
        let found = self.pages(path).map_err(|refusal| self.fault(refusal, "the pull requests can't be listed"))?;
        Ok(self.pulls(found))
    }

    /// One pull request; none when there is none of this number.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn pull(&self, number: u64) -> Result<Option<Pull>, Fault> {
        match self.ask::<RawPull>(Request::get(self.pull_path(number))) {
            Ok(raw) => Ok(Some(self.refined(raw))),
            Err(refusal) if refusal.status() == Some(404) => self.nothing_or_blind(refusal),
            Err(refusal) => Err(self.fault(refusal, &format!("pull request {number} can't be read"))),
        }
    }

    /// The open and closed ones of a branch of this repository, newest first.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn pulls_of(&self, branch: &str) -> Result<Vec<Pull>, Fault> {
        let what = format!("the pull requests of {branch} can't be listed");
        self.pulls_on(branch).map_err(|refusal| self.fault(refusal, &what))
    }

    fn pulls_on(&self, branch: &str) -> Result<Vec<Pull>, Refusal> {
        // Without the owner the filter is ignored, and all are listed.
        let head = escaped(&format!("{}:{branch}", self.access.owner()));
        let path = format!("{}/pulls?state=all&head={head}&sort=created&direction=desc", self.repository());
        let pulls = self.pulls(self.pages(path)?);
        Ok(pulls.into_iter().filter(|pull| !pull.is_fork && pull.head_branch == branch).collect())
    }

    /// Opens a pull request. Where there is an open one of this head and base already, or the answer was lost and it was
    /// opened, that one is given.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3): no difference between the branches, a missing permission.
    pub fn make_pull(&self, new: &NewPull) -> Result<Pull, Fault> {
        let what = format!("the pull request of {} can't be opened", new.head);
        let body = json!({
            "head": new.head,
            "base": new.base,
            "title": cut::title(&new.title),
            "body": cut::body(&new.body),
            "draft": new.draft,
        });
        let refusal = match self.ask::<RawPull>(Request::create(format!("{}/pulls", self.repository()), body)) {
            Ok(raw) => return Ok(self.refined(raw)),
            Err(refusal) => refusal,
        };
        let is_there = refusal.status() == Some(422) && refusal.says("already exists");
        if is_there || refusal.is_lost() {
            let pulls = self.pulls_on(&new.head).map_err(|refusal| self.fault(refusal, &what))?;
            if let Some(pull) = pulls.into_iter().find(|pull| pull.is_open() && pull.base_branch == new.base) {
                return Ok(pull);
            }
        }
        if refusal.status() == Some(403) && refusal.says("not permitted to create") {
            let hint = "Settings, Actions, General: \"Allow GitHub Actions to create and approve pull requests\"";
            return Err(self.fault(refusal, &what).hint(hint));
        }
        Err(self.fault(refusal, &what))
    }

    /// Changes a pull request; gives it as it is then.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3): it can't be opened again once it is merged or its branch is gone.
    pub fn change_pull(&self, number: u64, change: &PullChange) -> Result<Pull, Fault> {
        let mut body = Map::new();
        let mut set = |key: &str, value: Option<Value>| value.map(|value| body.insert(key.to_owned(), value));
        set("title", change.title.as_ref().map(|title| json!(cut::title(title))));
        set("body", change.body.as_ref().map(|body| json!(cut::body(body))));
        set("state", change.open.map(|open| json!(if open { "open" } else { "closed" })));
        set("base", change.base.as_ref().map(|base| json!(base)));
        let request = Request::change(Method::Patch, self.pull_path(number), Value::Object(body));
        let raw = self.ask::<RawPull>(request);
        raw.map(|raw| self.refined(raw))
            .map_err(|refusal| self.fault(refusal, &format!("pull request {number} can't be changed")))
    }

    /// Makes a pull request a draft, or ready for review.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3): drafts are not there on some private repositories.
    pub fn set_draft(&self, pull: &Pull, draft: bool) -> Result<(), Fault> {
        let mutation = if draft {
            "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
        } else {
            "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }"
        };
        let variables = json!({ "id": pull.node_id });
        // Setting it again is no harm, so a lost answer is asked for once more.
        let once = || self.graph::<Value>(mutation, &variables, Cost::Write);
        let done = once().or_else(|refusal| if refusal.is_lost() { once() } else { Err(refusal) });
        let what = format!("pull request {} can't be made {}", pull.number, if draft { "a draft" } else { "ready" });
        done.map(|_| ()).map_err(|refusal| self.fault(refusal, &what))
    }

    /// Adds labels; those that the repository does not have yet are made. What is there already stays.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn add_labels(&self, number: u64, labels: &[String]) -> Result<(), Fault> {
        if labels.is_empty() {
            return Ok(());
        }
        let path = format!("{}/issues/{number}/labels", self.repository());
        // The set of labels is the same after one and two of them.
        self.insist(&Request::create(path, json!({ "labels": labels })))
            .map_err(|refusal| self.fault(refusal, &format!("pull request {number} can't be labelled")))
    }

    /// Asks people and teams (by their slugs) for a review. Who was asked already is not asked again.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3): somebody is no collaborator, or opened it.
    pub fn ask_review(&self, number: u64, people: &[String], teams: &[String]) -> Result<(), Fault> {
        if people.is_empty() && teams.is_empty() {
            return Ok(());
        }
        let path = format!("{}/requested_reviewers", self.pull_path(number));
        self.insist(&Request::create(path, json!({ "reviewers": people, "team_reviewers": teams })))
            .map_err(|refusal| self.fault(refusal, &format!("a review of pull request {number} can't be asked for")))
    }

    /// Merges a pull request whose branch is at this commit.
    ///
    /// # Errors
    /// When GitHub can't be asked, or the token may not (exit 3).
    pub fn merge_pull(&self, number: u64, head: &str, how: MergeStyle) -> Result<MergeAnswer, Fault> {
        self.merge_pull_saying(number, head, how, None)
    }

    /// The same, with a text of one's own for the commit, below its first line.
    ///
    /// # Errors
    /// As [`Hub::merge_pull`].
    pub fn merge_pull_saying(
        &self,
        number: u64,
        head: &str,
        how: MergeStyle,
        message: Option<&str>,
    ) -> Result<MergeAnswer, Fault> {
        let method = match how {
            MergeStyle::Merge => "merge",
            MergeStyle::Squash => "squash",
            MergeStyle::Rebase => "rebase",
        };
        let path = format!("{}/merge", self.pull_path(number));
        let mut body = json!({ "sha": head, "merge_method": method });
        if let Some(message) = message {
            body["commit_message"] = message.into();
        }
        let request = Request::change(Method::Put, path, body);
        let refusal = match self.ask::<RawMerge>(request) {
            Ok(merged) => return Ok(MergeAnswer::Merged { commit: merged.sha }),
            Err(refusal) => refusal,
        };
        // What was merged by a request whose answer was lost can't be merged again.
        if (refusal.is_lost() || matches!(refusal.status(), Some(405 | 409)))
            && let Some(Pull { state: PullState::Merged { commit }, head_commit, .. }) = self.pull(number)?
            && head_commit == head
        {
            return Ok(MergeAnswer::Merged { commit });
        }
        match refusal {
            Refusal::Said { status: 409, .. } => Ok(MergeAnswer::HeadMoved),
            Refusal::Said { status: 405 | 422, message, .. } => Ok(MergeAnswer::NotNow(message)),
            refusal => Err(self.fault(refusal, &format!("pull request {number} can't be merged"))),
        }
    }

    fn pull_path(&self, number: u64) -> String {
        format!("{}/pulls/{number}", self.repository())
    }

    /// Everything of a list, page by page, as long as the answers name a next one.
    pub(super) fn pages<T: serde::de::DeserializeOwned>(&self, path: String) -> Result<Vec<T>, Refusal> {
        self.pages_by(As::Token, &path, read::<Vec<T>>)
    }

    /// The same as somebody, from answers of any shape. Each page is asked for by its number on the API's own address, so
    /// that a credential goes where it belongs, whatever host a link names.
    pub(super) fn pages_by<T>(
        &self,
        by: As,
        path: &str,
        items: impl Fn(&Answer) -> Result<Vec<T>, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        let mut found = Vec::new();
        let and = if path.contains('?') { '&' } else { '?' };
        for page in 1.. {
            let request = Request::get(format!("{path}{and}per_page={PAGE}&page={page}"));
            let answer = self.send(Request { by, ..request })?;
            found.extend(items(&answer)?);
            if !header(&answer.headers, "link").is_some_and(|link| link.contains("rel=\"next\"")) {
                break;
            }
        }
        Ok(found)
    }

    /// Sends a POST that has the same effect once and twice; so a lost answer is asked for once more.
    pub(super) fn insist(&self, request: &Request) -> Result<(), Refusal> {
        match self.send(request.clone()) {
            Err(refusal) if refusal.is_lost() => self.send(request.clone()).map(|_| ()),
            other => other.map(|_| ()),
        }
    }

    /// A 404 means "there is none", or "the token can't see the repository": the repository itself tells.
    pub(super) fn nothing_or_blind<T>(&self, refusal: Refusal) -> Result<Option<T>, Fault> {
        match self.ask::<Value>(Request::get(self.repository())) {
            Ok(_) => Ok(None),
            Err(other) if other.status() == Some(404) => Err(self.fault(refusal, "the repository can't be read")),
            Err(other) => Err(self.fault(other, "the repository can't be read")),
        }
    }

    pub(super) fn fault(&self, refusal: Refusal, what: &str) -> Fault {
        refusal.fault(what, &self.access)
    }

    fn pulls(&self, raw: Vec<RawPull>) -> Vec<Pull> {
        raw.into_iter().map(|raw| self.refined(raw)).collect()
    }

    fn refined(&self, raw: RawPull) -> Pull {
        let own = raw.base.repo.as_ref().map(|repo| repo.id);
        // A fork that was deleted has no repository any more.
        let is_fork = raw.head.repo.as_ref().is_none_or(|repo| Some(repo.id) != own);
        let state = match (raw.merged_at.is_some() || raw.merged == Some(true), raw.state.as_str()) {
            (true, _) => PullState::Merged { commit: raw.merge_commit_sha.unwrap_or_default() },
            (false, "open") => PullState::Open,
            (false, _) => PullState::Closed,
        };
        Pull {
            number: raw.number,
            node_id: raw.node_id,
            head_branch: raw.head.name,
            head_commit: raw.head.sha,
            base_branch: raw.base.name,
            base_commit: raw.base.sha,
            state,
            draft: raw.draft,
            title: raw.title,
            body: raw.body.unwrap_or_default(),
            author: raw.user.map_or_else(|| "ghost".into(), |user| user.login),
            url: raw.html_url,
            labels: raw.labels.into_iter().map(|label| label.name).collect(),
            is_fork,
        }
    }
}

/// What vso reads of a pull request; octocrab's own type insists on more of the two repositories than old ones have.
#[derive(Deserialize)]
struct RawPull {
    number: u64,
    #[serde(default)]
    node_id: String,
    head: RawEnd,
    base: RawEnd,
    state: String,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    merged: Option<bool>,
    #[serde(default)]
    merged_at: Option<String>,
    #[serde(default)]
    merge_commit_sha: Option<String>,
    title: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<super::comment::RawUser>,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    labels: Vec<RawLabel>,
}

#[derive(Deserialize)]
struct RawEnd {
    #[serde(rename = "ref")]
    name: String,
    sha: String,
    #[serde(default)]
    repo: Option<RawRepo>,
}

#[derive(Deserialize)]
struct RawRepo {
    id: u64,
}

#[derive(Deserialize)]
struct RawLabel {
    name: String,
}

#[derive(Deserialize)]
struct RawMerge {
    sha: String,
}
