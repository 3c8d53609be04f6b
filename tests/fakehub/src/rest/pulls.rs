//! Pull requests: listed, opened, changed, and who is asked to review them.

use serde_json::{Value, json};

use crate::access::{How, Role};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::{self, commits, settle};
use crate::rest::{self, PULLS_READ, PULLS_WRITE, Route, issues, merge, repos};
use crate::shape;
use crate::state::{Issue, Mergeable, Pull, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/pulls", PULLS_READ, list),
    Route::new("POST", "/repos/{owner}/{repo}/pulls", PULLS_WRITE, create).creating(),
    Route::new("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", PULLS_READ, get),
    Route::new("PATCH", "/repos/{owner}/{repo}/pulls/{pull_number}", PULLS_WRITE, change),
    Route::new("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/files", PULLS_READ, files),
    Route::new("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/commits", PULLS_READ, listed_commits),
    Route::new("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", PULLS_READ, reviewers),
    Route::new("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", PULLS_WRITE, ask).creating(),
    Route::new("DELETE", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", PULLS_WRITE, unask),
];

/// The most files and commits that a pull request lists.
const FILES: usize = 3000;
const COMMITS: usize = 250;

fn invalid(code: &str, field: &str, message: &str) -> Refusal {
    Refusal::invalid("PullRequest", code, field, message)
}

fn list(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let key = call.repo();
    let repo = state.repo(&key)?;
    let wanted = call.query("state").unwrap_or("open");
    if !matches!(wanted, "open" | "closed" | "all") {
        return Err(invalid("invalid", "state", ""));
    }
    // Without `owner:` the head is no filter at all: GitHub ignores it.
    let head = call.query("head").and_then(|head| head.split_once(':'));
    let picks = |issue: &&Issue| {
        let Some(pull) = &issue.pull else { return false };
        let owner = state.repos.get(&pull.head_repo).map_or("", |repo| repo.owner.as_str());
        (wanted == "all" || (wanted == "open") == issue.is_open)
            && head.is_none_or(|(user, branch)| owner.eq_ignore_ascii_case(user) && pull.head_branch == branch)
            && call.query("base").is_none_or(|base| pull.base_branch == base)
    };
    let mut found: Vec<&Issue> = repo.issues.values().filter(picks).collect();
    let sort = call.query("sort").unwrap_or("created");
    match sort {
        "updated" => found.sort_by_key(|issue| issue.updated),
        "popularity" => {
            let comments = |number| repo.comments.values().filter(|comment| comment.issue == number).count();
            found.sort_by_key(|issue| comments(issue.number));
        }
        _ => {}
    }
    let falls = call.query("direction").map_or(sort == "created", |direction| direction == "desc");
    if falls {
        found.reverse();
    }
    let (shown, link) = rest::slice(state, call, &found);
    let mut sides = shape::pull::Sides::default();
    let shown = shown.iter().map(|issue| shape::pull::simple_beside(state, &key, issue.number, &mut sides)).collect();
    Ok(rest::link_header(Answer::ok(shown), link))
}

/// What a new pull request is between: the key of the head's repository, its branch and commit.
struct Head {
    repo: String,
    owner: String,
    branch: String,
    commit: String,
}

fn head(state: &State, key: &str, asked: &str) -> Result<Head, Refusal> {
    let unknown = || invalid("invalid", "head", "");
    let here = state.repo(key)?;
    let (owner, branch) = asked.split_once(':').unwrap_or((&here.owner, asked));
    let is_source = |repo: &&crate::state::Repo| {
        repo.owner.eq_ignore_ascii_case(owner) && (repo.key() == key || repo.fork_of.as_deref() == Some(key))
    };
    let repo = state.repos.values().find(is_source).ok_or_else(unknown)?;
    let commit = repo.branch(branch).ok_or_else(unknown)?.clone();
    Ok(Head { repo: repo.key(), owner: repo.owner.clone(), branch: branch.to_owned(), commit })
}

/// Whether an open pull request has this head and base.
fn is_taken(state: &State, key: &str, head: (&str, &str), base: &str, but: u64) -> bool {
    let Ok(repo) = state.repo(key) else { return false };
    repo.issues.values().filter(|issue| issue.is_open && issue.number != but).any(|issue| {
        issue.pull.as_ref().is_some_and(|pull| {
            (pull.head_repo.as_str(), pull.head_branch.as_str()) == head && pull.base_branch == base
        })
    })
}

fn create(state: &mut State, call: &Call) -> Reply {
    let key = call.repo();
    let repo = state.repo(&key)?;
    if call.actor.is_action() && !repo.action_opens_pulls {
        return Err(Refusal::new(403, "GitHub Actions is not permitted to create or approve pull requests."));
    }
    let (asked, base) = (call.needed_text("head")?, call.needed_text("base")?);
    let title = call.needed_text("title")?;
    let body = call.text("body")?;
    issues::check_texts("PullRequest", Some(title), body)?;
    let draft = call.flag("draft")?.unwrap_or(false);
    let base_commit = repo.branch(base).ok_or_else(|| invalid("invalid", "base", ""))?.clone();
    let head = head(state, &key, asked)?;
    if is_taken(state, &key, (&head.repo, &head.branch), base, 0) {
        let said = format!("A pull request already exists for {}:{}.", head.owner, head.branch);
        return Err(invalid("custom", "", &said));
    }
    let path = repo.path.clone();
    if head.repo != key {
        let from = state.repo(&head.repo)?.path.clone();
        git::run(&path, &["fetch", "-q", "--no-write-fetch-head", &from.to_string_lossy(), &head.commit])?;
    }
    if git::is_ancestor(&path, &head.commit, &base_commit) {
        return Err(invalid("custom", "", &format!("No commits between {base} and {asked}")));
    }
    if !git::holds(&path, &["merge-base", &base_commit, &head.commit]) {
        return Err(invalid("custom", "", &format!("The {asked} branch has no history in common with {base}")));
    }
    let pull = Pull {
        id: state.new_id(),
        head_repo: head.repo,
        head_branch: head.branch,
        head_commit: head.commit.clone(),
        base_branch: base.to_owned(),
        base_commit,
        draft,
        merged: None,
        reviewers: Vec::new(),
        teams: Vec::new(),
        reviews: Vec::new(),
        mergeable: Mergeable::Unknown,
        by_action: call.actor.is_action(),
    };
    let number = issues::add(state, &key, &call.actor, title, body, Some(pull))?;
    settle::take_head(state, &key, number, &head.commit)?;
    event(state, &key, number, &call.actor.login, "opened", json!({}));
    let shown = shape::pull::full(state, &key, number);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(shown).header("location", location))
}

/// Emits a `pull_request` event.
pub fn event(state: &mut State, key: &str, number: u64, login: &str, action: &str, more: Value) {
    let shown = shape::pull::full(state, key, number);
    let mut payload = json!({ "action": action, "number": number, "pull_request": shown });
    for (name, value) in more.as_object().into_iter().flatten() {
        payload[name.as_str()] = value.clone();
    }
    state.emit("pull_request", key, login, payload);
}

/// The first question after a push finds `mergeable` unknown, as on GitHub: asking makes it known for the next.
fn get(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("pull_number")?);
    state.repo(&key)?.pull(number)?;
    let shown = shape::pull::full(state, &key, number);
    merge::weigh(state, &key, number)?;
    Ok(Answer::ok(shown))
}

/// Whether the caller may change this pull request: its author, who may write, or an App with the permission.
fn may_change(state: &State, call: &Call, key: &str, number: u64) -> Result<(), Refusal> {
    let repo = state.repo(key)?;
    let issue = repo.issue(number)?;
    let is_mine = issue.author.eq_ignore_ascii_case(&call.actor.login);
    let may = call.actor.grant().is_some() || is_mine || state.role(repo, &call.actor.login) >= Role::Triage;
    if may { Ok(()) } else { Err(Refusal::new(403, "Must have admin rights to Repository.")) }
}

fn change(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("pull_number")?);
    state.repo(&key)?.pull(number)?;
    may_change(state, call, &key, number)?;
    let (title, body) = (call.text("title")?, call.text("body")?);
    issues::check_texts("PullRequest", title, body)?;
    let wanted = call.text("state")?;
    if wanted.is_some_and(|wanted| !matches!(wanted, "open" | "closed")) {
        return Err(invalid("invalid", "state", ""));
    }
    if let Some(base) = call.text("base")? {
        rebase(state, call, &key, number, base)?;
    }
    let is_open = state.repo(&key)?.issue(number)?.is_open;
    if wanted == Some("open") && !is_open {
        check_reopening(state, &key, number)?;
    }
    issues::rewrite(state, call, &key, number, title, call.body.get("body").map(|_| body))?;
    match wanted {
        Some("closed") if is_open => settle::close(state, &key, number, &call.actor.login, None),
        Some("open") if !is_open => reopen(state, call, &key, number)?,
        _ => {}
    }
    Ok(Answer::ok(shape::pull::full(state, &key, number)))
}

/// Gives an open pull request another base.
fn rebase(state: &mut State, call: &Call, key: &str, number: u64, base: &str) -> Result<(), Refusal> {
    let repo = state.repo(key)?;
    let (issue, pull) = repo.pull(number)?;
    if pull.base_branch == base {
        return Ok(());
    }
    if !issue.is_open {
        return Err(invalid("invalid", "base", "Cannot change the base branch of a closed pull request."));
    }
    let commit = repo.branch(base).ok_or_else(|| invalid("invalid", "base", ""))?.clone();
    if is_taken(state, key, (&pull.head_repo, &pull.head_branch), base, number) {
        let said =
            format!("A pull request already exists for base branch '{base}' and head branch '{}'", pull.head_branch);
        return Err(invalid("invalid", "base", &said));
    }
    if git::is_ancestor(&repo.path, &pull.head_commit, &commit) {
        let said =
            format!("There are no new commits between base branch '{base}' and head branch '{}'", pull.head_branch);
        return Err(invalid("invalid", "base", &said));
    }
    let from = pull.base_branch.clone();
    let pull = state.pull_mut(key, number)?;
    pull.base_branch = base.to_owned();
    pull.base_commit = commit;
    pull.mergeable = Mergeable::Unknown;
    event(
        state,
        key,
        number,
        &call.actor.login,
        "edited",
        json!({ "changes": { "base": { "ref": { "from": from } } } }),
    );
    Ok(())
}

/// The commit that a closed pull request's branch is at, when it may be opened again.
fn check_reopening(state: &State, key: &str, number: u64) -> Result<String, Refusal> {
    let repo = state.repo(key)?;
    let (_, pull) = repo.pull(number)?;
    let refused = |why: String| invalid("custom", "state", &format!("state cannot be changed. {why}"));
    if pull.merged.is_some() {
        return Err(refused("The pull request cannot be reopened because it was merged.".to_owned()));
    }
    let branch = &pull.head_branch;
    let head = state.repos.get(&pull.head_repo).and_then(|repo| repo.branch(branch).cloned());
    let head = head.ok_or_else(|| refused(format!("The {branch} branch has been deleted.")))?;
    let base = repo.branch(&pull.base_branch);
    let base = base.ok_or_else(|| refused(format!("The {} branch has been deleted.", pull.base_branch)))?;
    if is_taken(state, key, (&pull.head_repo, branch), &pull.base_branch, number) {
        return Err(refused(format!("There is already an open pull request from {branch} to {}.", pull.base_branch)));
    }
    let source = state.repo(&pull.head_repo)?;
    if !git::is_ancestor(&source.path, &pull.head_commit, &head) {
        return Err(refused(format!("The {branch} branch was force-pushed or recreated.")));
    }
    if git::is_ancestor(&repo.path, &head, base) {
        return Err(refused(format!("There are no new commits on the {branch} branch.")));
    }
    Ok(head)
}

fn reopen(state: &mut State, call: &Call, key: &str, number: u64) -> Result<(), Refusal> {
    let head = check_reopening(state, key, number)?;
    let repo = state.repo(key)?;
    let base = repo.branch(&repo.pull(number)?.1.base_branch).cloned().unwrap_or_default();
    let issue = state.issue_mut(key, number)?;
    issue.is_open = true;
    issue.closed = None;
    issue.closed_by = None;
    if let Some(pull) = &mut issue.pull {
        pull.base_commit = base;
    }
    settle::take_head(state, key, number, &head)?;
    event(state, key, number, &call.actor.login, "reopened", json!({}));
    Ok(())
}

fn files(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let (_, pull) = repo.pull(call.number("pull_number")?)?;
    let fork = git::run(&repo.path, &["merge-base", &pull.base_commit, &pull.head_commit])?;
    let mut files = repos::files(state, repo, &fork, &pull.head_commit)?;
    files.truncate(FILES);
    Ok(rest::page(state, call, &files, Value::clone))
}

fn listed_commits(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let (_, pull) = repo.pull(call.number("pull_number")?)?;
    let mut ids = commits::listed(&repo.path, &pull.head_commit, &format!("^{}", pull.base_commit));
    ids.truncate(COMMITS);
    let (shown, link) = rest::slice(state, call, &ids);
    let read = commits::read_all(&repo.path, shown)?;
    let shown = read.iter().map(|read| shape::commit::commit(state, repo, read)).collect();
    Ok(rest::link_header(Answer::ok(shown), link))
}

fn reviewers(state: &mut State, call: &Call) -> Reply {
    let key = call.repo();
    let number = call.number("pull_number")?;
    state.repo(&key)?.pull(number)?;
    let shown = shape::pull::simple(state, &key, number);
    Ok(Answer::ok(json!({ "users": shown["requested_reviewers"], "teams": shown["requested_teams"] })))
}

fn ask(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("pull_number")?);
    let repo = state.repo(&key)?;
    let (issue, _) = repo.pull(number)?;
    let may = call.actor.grant().is_some() || state.role(repo, &call.actor.login) >= Role::Triage;
    if !may {
        return Err(Refusal::new(403, "Must have admin rights to Repository."));
    }
    let people = call.texts("reviewers")?.unwrap_or_default();
    let teams = call.texts("team_reviewers")?.unwrap_or_default();
    if people.iter().any(|login| login.eq_ignore_ascii_case(&issue.author)) {
        return Err(Refusal::new(422, "Review cannot be requested from pull request author."));
    }
    let is_outside = |login: &&String| {
        let listed = repo.collaborators.get(&login.to_lowercase()).is_some_and(|role| *role > Role::None);
        !listed && !repo.owner.eq_ignore_ascii_case(login)
    };
    if let Some(login) = people.iter().find(is_outside) {
        return Err(Refusal::new(
            422,
            format!(
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified \
                     is not a collaborator of the {} repository: {login}",
                repo.full_name()
            ),
        ));
    }
    if let Some(team) = teams.iter().find(|team| !repo.teams.contains(team)) {
        return Err(Refusal::new(422, format!("Could not resolve to a node with the global id of '{team}'.")));
    }
    let login = call.actor.login.clone();
    for (field, asked) in [("requested_reviewer", &people), ("requested_team", &teams)] {
        for one in asked {
            request(state, &key, number, &login, field, one)?;
        }
    }
    Ok(Answer::created(shape::pull::simple(state, &key, number)))
}

/// Asks one person or team; who is asked already is not told again.
fn request(state: &mut State, key: &str, number: u64, by: &str, field: &str, one: &str) -> Result<(), Refusal> {
    let is_team = field == "requested_team";
    let pull = state.pull_mut(key, number)?;
    let asked = if is_team { &mut pull.teams } else { &mut pull.reviewers };
    if asked.iter().any(|known| known.eq_ignore_ascii_case(one)) {
        return Ok(());
    }
    asked.push(one.to_owned());
    let shown = if is_team { json!({ "slug": one, "name": one }) } else { shape::user::simple(state, one) };
    state.notify(one, "review_requested", key, number, "pull", by);
    event(state, key, number, by, "review_requested", json!({ field: shown }));
    Ok(())
}

fn unask(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("pull_number")?);
    may_change(state, call, &key, number)?;
    let people = call.texts("reviewers")?.unwrap_or_default();
    let teams = call.texts("team_reviewers")?.unwrap_or_default();
    let pull = state.pull_mut(&key, number)?;
    let stays = |gone: &[String], one: &String| !gone.iter().any(|gone| gone.eq_ignore_ascii_case(one));
    pull.reviewers.retain(|login| stays(&people, login));
    pull.teams.retain(|team| stays(&teams, team));
    Ok(Answer::ok(shape::pull::simple(state, &key, number)))
}

/// Whether the caller is a person or program with the right to write: for GraphQL too.
pub fn writes(state: &State, call: &Call, key: &str) -> Result<(), Refusal> {
    let repo = state.repo(key)?;
    let need = rest::PULLS_WRITE;
    crate::access::check(state, &call.actor, need, key)?;
    match call.actor.how {
        How::Personal | How::User(_) if state.role(repo, &call.actor.login) < Role::Write => {
            Err(Refusal::new(403, "Must have push access to the repository."))
        }
        _ => Ok(()),
    }
}
