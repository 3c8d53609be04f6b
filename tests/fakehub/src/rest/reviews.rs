//! Reviews of pull requests, as far as a protected base asks for approvals.

use serde_json::{Value, json};

use crate::access::Role;
use crate::call::{Answer, Call, Refusal, Reply};
use crate::clock::show;
use crate::rest::issues::{BODY, check_length};
use crate::rest::{self, PULLS_READ, PULLS_WRITE, Route};
use crate::shape::{issue, node, repo as repository, user};
use crate::state::{Pull, Repo, Review, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", PULLS_READ, list),
    Route::new("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", PULLS_WRITE, create).creating(),
];

/// What the last word of each reviewer who may write is: the approvals, and whether somebody asks for changes.
pub fn verdict(state: &State, repo: &Repo, pull: &Pull) -> (u64, bool) {
    let said = |review: &&Review| review.state != "COMMENTED" && state.role(repo, &review.author) >= Role::Write;
    let mut last: Vec<&Review> = Vec::new();
    for review in pull.reviews.iter().filter(said) {
        last.retain(|known| known.author != review.author);
        last.push(review);
    }
    let count = |state: &str| last.iter().filter(|review| review.state == state).count();
    (count("APPROVED") as u64, count("CHANGES_REQUESTED") > 0)
}

/// `pull-request-review`
fn shape(state: &State, repo: &Repo, number: u64, review: &Review) -> Value {
    let page = format!("{}/pull/{number}#pullrequestreview-{}", repository::page(state, repo), review.id);
    let pull = format!("{}/pulls/{number}", repository::url(state, repo));
    json!({
        "id": review.id, "node_id": node("PRR", review.id), "user": user::simple(state, &review.author),
        "body": review.body, "state": review.state, "html_url": page, "pull_request_url": pull,
        "author_association": issue::association(state, repo, &review.author),
        "_links": { "html": { "href": page }, "pull_request": { "href": pull } },
        "submitted_at": show(review.at), "commit_id": review.commit,
    })
}

fn list(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let number = call.number("pull_number")?;
    let repo = state.repo(&call.repo())?;
    let (_, pull) = repo.pull(number)?;
    Ok(rest::page(state, call, &pull.reviews, |review| shape(state, repo, number, review)))
}

fn create(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("pull_number")?);
    let repo = state.repo(&key)?;
    let (issue, pull) = repo.pull(number)?;
    let body = call.text("body")?.unwrap_or_default().to_owned();
    check_length("PullRequestReview", "body", &body, BODY)?;
    let outcome = match call.text("event")? {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        None => return Err(Refusal::new(422, "The hub knows no pending reviews: an event is needed.")),
        Some(_) => return Err(Refusal::invalid("PullRequestReview", "invalid", "event", "")),
    };
    let is_mine = issue.author.eq_ignore_ascii_case(&call.actor.login);
    if is_mine && outcome == "APPROVED" {
        return Err(Refusal::new(422, "Can not approve your own pull request"));
    }
    if is_mine && outcome == "CHANGES_REQUESTED" {
        return Err(Refusal::new(422, "Can not request changes on your own pull request"));
    }
    if call.actor.is_action() && outcome == "APPROVED" && !repo.action_opens_pulls {
        return Err(Refusal::new(403, "GitHub Actions is not permitted to create or approve pull requests."));
    }
    let commit = pull.head_commit.clone();
    let (id, at) = (state.new_id(), state.clock.now());
    let author = call.actor.login.clone();
    let review = Review { id, author, body: body.clone(), state: outcome.to_owned(), commit, at };
    let pull = state.pull_mut(&key, number)?;
    pull.reviewers.retain(|login| !login.eq_ignore_ascii_case(&call.actor.login));
    pull.reviews.push(review.clone());
    state.take_note(&key, number, &format!("review {id}"), &call.actor.login, "", &body);
    let repo = state.repo(&key)?;
    let shown = shape(state, repo, number, &review);
    let payload = json!({ "action": "submitted", "review": shown,
                          "pull_request": crate::shape::pull::simple(state, &key, number) });
    state.emit("pull_request_review", &key, &call.actor.login, payload);
    Ok(Answer::ok(shown))
}
