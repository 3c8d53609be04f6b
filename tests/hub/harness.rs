//! The harness itself: a repository that one can push to, people who may do what they may.

use serde_json::{Value, json};

use super::world::{HubWorld, REPO};

#[test]
fn the_repository_is_there_and_people_may_do_what_they_may() {
    let world = HubWorld::new();
    assert_eq!(world.show("main", "master-spec.md"), world.project.world.read("master-spec.md"));
    world.assert_nothing_else(&[], 0);
    world.commit_on("main", "notes.md", |_| "by bob\n".to_owned());
    world.pull_main();
    assert!(world.project.world.has("notes.md"));
    let issue = json!({ "title": "x", "head": "main", "base": "main" });
    let path = format!("/repos/{REPO}/pulls");
    assert!(world.hub.api(&world.mallory, "POST", &path, &issue).status >= 400);
    assert_eq!(world.hub.api("nonsense", "GET", &path, &Value::Null).status, 401);
    let pushed = world.try_git_in(&world.project.world, &world.mallory, &["push", "origin", "main:theirs"]);
    assert!(!pushed.status.success(), "mallory may only read");
    assert!(world.hub.calls(0).iter().all(|call| call.contains("/pulls")), "{:?}", world.hub.calls(0));
}
