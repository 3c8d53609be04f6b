//! The page from which an App is installed: on all repositories of an account, which its owner would choose.

use axum::response::Response;

use crate::control::installed;
use crate::page::{escape, html};
use crate::state::State;

use super::Fields;

/// The App that a page installs.
pub(super) fn app(path: &str) -> Option<&str> {
    match path.trim_matches('/').split('/').collect::<Vec<_>>()[..] {
        ["apps", slug, "installations", "new"] => Some(slug),
        _ => None,
    }
}

/// A button for each account that has repositories, and what comes of it.
pub(super) fn page(state: &mut State, method: &str, slug: &str, form: &Fields) -> Response {
    let Some(app) = state.apps.values().find(|app| app.slug == slug) else { return html(404, "<h1>Not found</h1>") };
    let (id, name) = (app.id, escape(&app.name));
    let mut owners: Vec<String> = state.repos.values().map(|repo| repo.owner.clone()).collect();
    owners.dedup();
    let chosen = form.get("account").filter(|account| method == "POST" && owners.contains(account));
    if let Some(account) = chosen {
        let repos = state.repos.values().filter(|repo| repo.owner == *account).map(|repo| repo.key()).collect();
        installed(state, id, account.clone(), repos);
        return html(200, &format!("<h1>{name} is installed on {}</h1>\n", escape(account)));
    }
    let buttons = owners.iter().map(|owner| {
        let owner = escape(owner);
        format!("<p><button name=\"account\" value=\"{owner}\">on all repositories of {owner}</button>\n")
    });
    html(200, &format!("<h1>Install {name}</h1>\n<form method=\"post\">\n{}</form>\n", buttons.collect::<String>()))
}
