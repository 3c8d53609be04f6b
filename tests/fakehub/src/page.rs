//! The bare pages for people: repositories, pull requests, comments, checks. Everything is escaped; nothing is styled.

use axum::body::Body;
use axum::response::Response;
use serde_json::Value;

use crate::rest::checks;
use crate::state::{Issue, Repo, State};

/// The page of a path: all repositories, one of them, or one of its pull requests.
pub fn show(state: &State, path: &str) -> Response {
    let words: Vec<&str> = path.trim_matches('/').split('/').filter(|word| !word.is_empty()).collect();
    let body = match words[..] {
        [] => Some(front(state)),
        [owner, name] => find(state, owner, name).map(|repo| overview(state, repo)),
        [owner, name, "pull" | "issues", number] => find(state, owner, name).and_then(|repo| {
            let issue = number.parse().ok().and_then(|number| repo.issues.get(&number))?;
            Some(one(state, repo, issue))
        }),
        _ => None,
    };
    match body {
        Some(body) => html(200, &body),
        None => html(404, "<h1>Not found</h1>"),
    }
}

/// A page with this body.
pub fn html(status: u16, body: &str) -> Response {
    let html = format!("<!doctype html>\n<meta charset=\"utf-8\">\n<title>fakehub</title>\n{body}");
    let response = Response::builder().status(status).header("content-type", "text/html; charset=utf-8");
    response
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
        .body(Body::from(html))
        .unwrap_or_default()
}

fn find<'a>(state: &'a State, owner: &str, name: &str) -> Option<&'a Repo> {
    state.repos.get(&format!("{owner}/{name}").to_lowercase())
}

/// A text as HTML shows it and does not run it.
pub fn escape(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

fn front(state: &State) -> String {
    let rows = state.repos.values().map(|repo| {
        let open = repo.issues.values().filter(|issue| issue.is_open && issue.pull.is_some()).count();
        format!("<li><a href=\"/{0}\">{0}</a>: {open} open pull requests\n", escape(&repo.full_name()))
    });
    format!("<h1>Repositories</h1>\n<ul>\n{}</ul>\n", rows.collect::<String>())
}

fn overview(state: &State, repo: &Repo) -> String {
    let name = escape(&repo.full_name());
    let rows = repo.issues.values().rev().map(|issue| {
        let (number, title) = (issue.number, escape(&issue.title));
        format!("<li><a href=\"/{name}/pull/{number}\">#{number} {title}</a> ({})\n", standing(issue))
    });
    let branches = repo.refs.iter().filter_map(|(name, id)| Some((name.strip_prefix("refs/heads/")?, id)));
    let branches = branches.map(|(name, id)| format!("<li>{} {}\n", escape(name), &id[..12.min(id.len())]));
    let clone = format!("{}/{name}.git", escape(&state.origin));
    format!(
        "<p><a href=\"/\">all</a>\n<h1>{name}</h1>\n<pre>git clone {clone}</pre>\n<h2>Pull requests and issues</h2>\n\
         <ul>\n{}</ul>\n<h2>Branches</h2>\n<ul>\n{}</ul>\n",
        rows.collect::<String>(),
        branches.collect::<String>(),
    )
}

fn standing(issue: &Issue) -> &'static str {
    match &issue.pull {
        Some(pull) if pull.merged.is_some() => "merged",
        Some(pull) if issue.is_open && pull.draft => "draft",
        _ if issue.is_open => "open",
        _ => "closed",
    }
}

fn one(state: &State, repo: &Repo, issue: &Issue) -> String {
    let name = escape(&repo.full_name());
    let mut page = format!(
        "<p><a href=\"/{name}\">{name}</a>\n<h1>#{} {}</h1>\n<p>{} by {}\n",
        issue.number,
        escape(&issue.title),
        standing(issue),
        escape(&issue.author),
    );
    if let Some(pull) = &issue.pull {
        let (head, base) = (escape(&pull.head_branch), escape(&pull.base_branch));
        page.push_str(&format!("<p>{head} ({}) into {base}\n", escape(&pull.head_commit)));
        page.push_str(&format!("<p>labels: {}\n", escape(&issue.labels.join(", "))));
        page.push_str(&seen_checks(repo, &pull.head_commit));
    }
    page.push_str(&format!("<pre>{}</pre>\n", escape(issue.body.as_deref().unwrap_or_default())));
    for comment in repo.comments.values().filter(|comment| comment.issue == issue.number) {
        let said: Vec<&str> = comment.reactions.iter().map(|reaction| reaction.content.as_str()).collect();
        page.push_str(&format!(
            "<h2>{} at {}</h2>\n<pre>{}</pre>\n<p>{}\n",
            escape(&comment.author),
            crate::clock::show(comment.created),
            escape(&comment.body),
            escape(&said.join(" ")),
        ));
    }
    let _ = state;
    page
}

/// The checks and statuses of a commit, as the report has them.
fn seen_checks(repo: &Repo, commit: &str) -> String {
    let mut rows = String::new();
    for all in [checks::report(&repo.checks), checks::report_statuses(&repo.checks)] {
        let mine = all.as_array().into_iter().flatten().filter(|check| says(check, &["head_sha", "sha"]) == commit);
        for check in mine {
            let name = says(check, &["name", "context"]);
            let outcome = says(check, &["conclusion", "state", "status"]);
            rows.push_str(&format!("<li>{}: {}\n", escape(name), escape(outcome)));
        }
    }
    if rows.is_empty() { rows } else { format!("<h2>Checks</h2>\n<ul>\n{rows}</ul>\n") }
}

/// The first of these fields that is a text.
fn says<'a>(value: &'a Value, fields: &[&str]) -> &'a str {
    fields.iter().find_map(|field| value[*field].as_str()).unwrap_or_default()
}
