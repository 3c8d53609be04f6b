//! Who may see and change a repository is decided in one place, `serve/session/guard.rs`, by what a route calls
//! `{repository}`: so every route that could show or change one calls it so, and no answer reaches all of them.

use super::source::sources;

/// Files that answer people: pages, API, deeds, views.
const ANSWERING: &[&str] = &["serve/page/", "serve/api/", "serve/deed.rs", "serve/view/"];

/// What reaches repositories without asking who asks, and the one file that has it.
const UNASKED: &[(&str, &str)] =
    &[("projects.all()", ""), (".member(", ""), ("fleet.members()", "serve/view/several/server.rs")];

/// Where something is posted without a repository: deliveries, with a signature, and leaving.
const WITHOUT: &[&str] = &["/webhooks", "/leave"];

#[test]
fn no_answer_reaches_a_repository_without_asking_who_asks() {
    for source in sources("src") {
        if !ANSWERING.iter().any(|start| source.path.starts_with(start)) {
            continue;
        }
        for (reach, only) in UNASKED {
            let is_there = source.text.contains(reach) && source.path != *only;
            assert!(!is_there, "wall `rights`: src/{} says `{reach}`: ask for what the visitor may see", source.path);
        }
    }
}

#[test]
fn every_route_that_changes_something_names_its_repository() {
    let mut found = 0;
    for source in sources("src").iter().filter(|source| source.path.starts_with("serve/")) {
        let mut is_below = false;
        for line in source.text.lines() {
            if line.starts_with("fn ") || line.starts_with("pub fn ") || line.starts_with("async fn ") {
                is_below = line.contains("fn of_repository()");
            }
            let Some(rest) = line.trim_start().strip_prefix(".route(\"") else { continue };
            let path = rest.split('"').next().unwrap_or_default();
            let place = format!("wall `rights`: src/{}: the route {path}", source.path);
            let changes = ["post(", "put(", "patch(", "delete(", "any("].iter().any(|word| rest.contains(word));
            if changes {
                assert!(is_below || WITHOUT.contains(&path), "{place} changes something without a `{{repository}}`");
                found += 1;
            }
            let shows_one = path.contains('{') && path != "/asset/{file}";
            assert!(!shows_one || is_below, "{place} names something outside of `of_repository`");
        }
        for nested in source.text.split(".nest(\"").skip(1) {
            let path = nested.split('"').next().unwrap_or_default();
            let is_known = path == "/api/v1" || path.ends_with("/{repository}");
            assert!(is_known, "wall `rights`: src/{}: what is nested at {path}", source.path);
        }
    }
    assert!(found >= 14, "{found}");
}
