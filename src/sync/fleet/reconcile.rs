//! What GitHub has, compared with what the server knows: which repositories there are, what changed in them, and commands in
//! comments that nobody answered. What is missing is put into the inbox as if GitHub had delivered it, under a name that is
//! made from what it is about: so twice is once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::order::key;
use super::{Fleet, Member, Order, order};
use crate::fault::{Fault, FaultKind};
use crate::forge::command::commands;
use crate::forge::github::{AppHub, Hub, Posted, Pull};
use crate::forge::proposal::is_branch_of_vso;
use crate::ledger::{Begun, LastRun, Ledger, NewDelivery, Time};
use crate::sync::answer::answered_comments;

/// How far back comments are looked for where nobody ever looked: as long as GitHub keeps deliveries.
const FIRST: Duration = Duration::from_secs(3 * 86_400);

/// The longest time that is looked back over.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// What is looked at twice, because moments of two machines differ and lists lag.
const OVERLAP: Duration = Duration::from_secs(120);

/// Pages of a hundred comments that are read at a time; the next look goes on.
const PAGES: usize = 20;

/// Most pull requests of people that are asked for checks in one look; the next one goes on.
const PULLS: usize = 50;

/// How long a look holds its place without a sign of life.
const LEASE: Duration = Duration::from_secs(600);

/// Which repositories came, went and moved.
#[derive(Debug, Default)]
pub struct Membership {
    /// New ones.
    pub admitted: Vec<Member>,
    /// Those that have another name, owner or installation now.
    pub moved: Vec<Member>,
    /// Those that went, as they were.
    pub dismissed: Vec<Member>,
    /// The default branch of each that is there, by number.
    pub branches: BTreeMap<u64, String>,
    /// Why an installation's repositories are not known; its members stay as they are.
    pub unread: Option<Fault>,
}

/// Brings the members to what the App's installations have. Archived repositories and suspended installations count as gone.
///
/// # Errors
/// When the installations can't be listed, or the disk fails (exit 3).
pub fn membership(app: &AppHub<'_>, fleet: &Fleet) -> Result<Membership, Fault> {
    // Before GitHub is asked: what a delivery takes in meanwhile is not dismissed.
    let before = fleet.members();
    let mut found = Membership::default();
    let mut unread = BTreeSet::new();
    for installed in app.installations()?.iter().filter(|installed| !installed.suspended) {
        let repositories = match app.repositories(installed) {
            Ok(repositories) => repositories,
            Err(fault) if fault.kind() == FaultKind::Interrupted => return Err(fault),
            Err(fault) => {
                unread.insert(installed.id);
                found.unread = Some(fault);
                continue;
            }
        };
        for repository in repositories.into_iter().filter(|repository| !repository.archived) {
            let known = fleet.member(repository.id);
            let name = (repository.owner.as_str(), repository.name.as_str());
            let member = match fleet.admit(repository.id, name, installed.id) {
                Ok(member) => member,
                // A name that can't be one is no reason to leave out the others.
                Err(fault) if fault.kind() == FaultKind::Usage => continue,
                Err(fault) => return Err(fault),
            };
            found.branches.insert(repository.id, repository.default_branch);
            match known {
                None => found.admitted.push(member),
                Some(known) if known != member => found.moved.push(member),
                Some(_) => {}
            }
        }
    }
    for member in before {
        if !found.branches.contains_key(&member.id) && !unread.contains(&member.installation) {
            fleet.dismiss(member.id)?;
            found.dismissed.push(member);
        }
    }
    Ok(found)
}

/// What a look at a repository is made with.
pub struct Look<'a> {
    /// The App, which has listed its repositories.
    pub app: &'a AppHub<'a>,
    /// The server's ledger.
    pub ledger: &'a Ledger,
    /// What vso is called on GitHub.
    pub me: Option<&'a str>,
    /// Ends it early.
    pub stop: &'a AtomicBool,
}

/// What a look put into the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked {
    /// Whether a sync was ordered.
    pub synced: bool,
    /// Commands in comments.
    pub comments: usize,
    /// People's pull requests without checks.
    pub pulls: usize,
}

/// What the last look at a repository saw.
#[derive(Debug, Default)]
struct Seen {
    /// A hash of what a sync depends on.
    state: String,
    /// Until when comments were read, by GitHub's clock.
    comments: Option<Time>,
    /// The commits of people's pull requests, by number.
    pulls: BTreeMap<String, String>,
    /// When that was.
    at: Option<Time>,
}

impl Seen {
    fn of(last: Option<LastRun>) -> Self {
        let Some(last) = last else { return Self::default() };
        let pulls = last.report["pulls"].as_object().into_iter().flatten();
        Self {
            state: last.report["state"].as_str().unwrap_or_default().to_owned(),
            comments: last.report["comments"].as_i64().map(Time),
            pulls: pulls.map(|(number, head)| (number.clone(), head.as_str().unwrap_or_default().to_owned())).collect(),
            at: last.report["at"].as_i64().map(Time),
        }
    }

    fn report(&self) -> Value {
        let millis = |time: Option<Time>| time.map(|time| time.0);
        json!({
            "state": self.state, "comments": millis(self.comments), "pulls": self.pulls, "at": millis(self.at),
        })
    }
}

impl Look<'_> {
    /// Compares a repository with what was seen of it last, and orders what follows from the difference.
    ///
    /// # Errors
    /// When GitHub can't be asked or the ledger fails (exit 3); the next look begins where this one did. When `stop` is set
    /// (exit 130).
    pub fn look(&self, member: &Member, default_branch: &str) -> Result<Looked, Fault> {
        let name = format!("reconcile {}", member.id);
        let seen = Seen::of(self.ledger.last_run(&name)?);
        let worker = format!("process {}", std::process::id());
        let Begun::Turn(turn) = self.ledger.begin(&name, self.ledger.now(), true, &worker, LEASE)? else {
            return Ok(Looked::default());
        };
        let mut looked = Looked::default();
        let done = self.all(member, default_branch, &seen, &mut looked);
        let (next, outcome) = match &done {
            Ok(next) => (next, "looked"),
            Err(_) => (&seen, "failed"),
        };
        self.ledger.finish(&turn, done.is_ok(), outcome, &next.report())?;
        done.map(|_| looked)
    }

    fn all(&self, member: &Member, default_branch: &str, seen: &Seen, looked: &mut Looked) -> Result<Seen, Fault> {
        let hub = self
            .app
            .reading(member.installation, &member.owner, &member.name)?
            .ok_or_else(|| Fault::unfinished(format!("{} can't be asked for under that name", member.full_name())))?;
        let wanted = member.settings().map(|(settings, _)| settings.config.sync.branch).unwrap_or_default();
        let branches: BTreeSet<&str> = [default_branch, &wanted].into_iter().filter(|name| !name.is_empty()).collect();
        let mut tips = BTreeMap::new();
        for branch in &branches {
            tips.insert(*branch, hub.branch_head(branch)?.map(|id| id.to_string()));
        }
        let pulls = hub.every_open_pull()?;
        let (own, others): (Vec<&Pull>, Vec<&Pull>) =
            pulls.iter().partition(|pull| !pull.is_fork && is_branch_of_vso(&pull.head_branch));
        let mut next = Seen { state: state(&tips, &own), at: Some(self.ledger.now()), ..Seen::default() };
        if next.state != seen.state && tips.values().any(Option::is_some) {
            // With the look before: a state that comes again is another occasion.
            let before = seen.at.map_or(0, |at| at.0);
            let occasion = format!("reconciled {} {before}", next.state);
            looked.synced = order(self.ledger, member, Order::Sync, &occasion)?.is_new;
        }
        let others = others.into_iter().filter(|pull| branches.contains(pull.base_branch.as_str()));
        next.pulls = self.pulls(&hub, member, others, seen, looked)?;
        next.comments = Some(self.comments(&hub, member, seen, looked)?);
        Ok(next)
    }

    /// People's pull requests whose commits changed since the last look and have no checks.
    fn pulls<'p>(
        &self,
        hub: &Hub<'_>,
        member: &Member,
        others: impl Iterator<Item = &'p Pull>,
        seen: &Seen,
        looked: &mut Looked,
    ) -> Result<BTreeMap<String, String>, Fault> {
        let mut known = BTreeMap::new();
        let mut asked = 0;
        for pull in others {
            let number = pull.number.to_string();
            if seen.pulls.get(&number) != Some(&pull.head_commit) {
                if asked >= PULLS {
                    continue;
                }
                asked += 1;
                if hub.checks_of(&pull.head_commit)?.is_empty() {
                    let here = if pull.is_fork { 0 } else { member.id };
                    let payload = json!({
                        "action": "synchronize",
                        "number": pull.number,
                        "pull_request": {
                            "number": pull.number, "merged": false,
                            "head": { "ref": pull.head_branch, "sha": pull.head_commit, "repo": { "id": here } },
                            "base": { "ref": pull.base_branch },
                        },
                    });
                    let about = format!("pull {} {}", pull.number, pull.head_commit);
                    looked.pulls += self.put(member, ("pull_request", "synchronize"), &about, payload)?;
                }
            }
            known.insert(number, pull.head_commit.clone());
        }
        Ok(known)
    }

    /// Commands that nobody answered. Gives until when comments were read.
    fn comments(&self, hub: &Hub<'_>, member: &Member, seen: &Seen, looked: &mut Looked) -> Result<Time, Fault> {
        let now = self.app.server_time();
        let back = |span: Duration| Time(now.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)));
        let since = seen.comments.unwrap_or_else(|| back(FIRST)).max(back(LONGEST));
        let (found, is_whole) = hub.comments_since(since, PAGES)?;
        let done = answered_comments(found.iter().map(|posted| &posted.comment), self.me);
        for posted in found.iter().filter(|posted| self.asks(posted, since) && !done.contains(&posted.comment.id)) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Interrupted, "ended while comments were looked at"));
            }
            let about = format!("comment {} {}", posted.comment.id, posted.comment.body);
            looked.comments += self.put(member, ("issue_comment", "created"), &about, payload_of(posted))?;
        }
        let last = found.last().and_then(|posted| moment(&posted.updated_at));
        Ok(match (is_whole, last) {
            (false, Some(last)) => last,
            _ => back(OVERLAP).max(since),
        })
    }

    /// Whether a comment holds a command that is to be answered.
    fn asks(&self, posted: &Posted, since: Time) -> bool {
        let comment = &posted.comment;
        let is_own = self.me == Some(comment.author.as_str());
        // Who edits an old comment does not ask anew.
        let is_new = moment(&comment.created_at).is_none_or(|at| at >= since);
        !comment.by_bot && !is_own && comment.author_id != 0 && is_new && !commands(&comment.body).is_empty()
    }

    /// Puts a delivery into the inbox that GitHub might have made; how many are new there.
    fn put(&self, member: &Member, (event, action): (&str, &str), about: &str, payload: Value) -> Result<usize, Fault> {
        let mut payload = payload;
        payload["repository"] = json!({ "id": member.id, "full_name": member.full_name() });
        payload["installation"] = json!({ "id": member.installation });
        let new = NewDelivery {
            guid: format!("reconciled-{}-{}", member.id, hash(about)),
            event: event.to_owned(),
            action: action.to_owned(),
            repository: member.full_name(),
            installation: i64::try_from(member.installation).ok(),
            key: key(member.id),
            body: payload.to_string().into_bytes(),
        };
        let receipts = self.ledger.receive(vec![new])?;
        Ok(receipts.iter().filter(|receipt| receipt.is_new).count())
    }
}

/// A hash of what a sync depends on: the branches' commits, and vso's own pull requests as people left them.
fn state(tips: &BTreeMap<&str, Option<String>>, own: &[&Pull]) -> String {
    let mut pulls: Vec<Value> = own
        .iter()
        .map(|pull| json!([pull.number, pull.head_branch, pull.head_commit, pull.base_branch, pull.draft]))
        .collect();
    pulls.sort_by_key(ToString::to_string);
    hash(&json!([tips, pulls]).to_string())
}

fn payload_of(posted: &Posted) -> Value {
    let comment = &posted.comment;
    let kind = if comment.by_bot { "Bot" } else { "User" };
    let mut issue = json!({ "number": posted.number });
    if posted.is_pull {
        issue["pull_request"] = json!({});
    }
    let user = json!({ "login": comment.author, "id": comment.author_id, "type": kind });
    json!({
        "action": "created",
        "issue": issue,
        "comment": { "id": comment.id, "body": comment.body, "user": user, "created_at": comment.created_at },
        "sender": user,
    })
}

fn moment(text: &str) -> Option<Time> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Time(at.as_millisecond()))
}

fn hash(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..16])
}
