//! Git over HTTP: who may fetch and push, protected branches, workflows.

use serde_json::json;

use super::world::World;

#[tokio::test]
async fn without_rights_nothing_is_fetched_or_pushed() {
    let world = World::new().await;
    world.control("POST", "repos", json!({ "owner": "ada", "name": "secret", "private": true })).await.expect(201);
    world.control("POST", "users", json!({ "login": "eve" })).await.expect(201);
    let eve = world.person("eve").await;
    let clone = world.clone("ada/app", &eve.token, "e");
    clone.commit("x", "x\n", "x");
    assert!(clone.refused(&["push", "-q", "origin", "HEAD:x"]).contains("403"), "she may only read");
    let url =
        |user: &str, repo: &str| world.url.replace("http://", &format!("http://{user}")) + "/ada/" + repo + ".git";
    assert!(clone.refused(&["ls-remote", &url("x:ghp_wrong@", "secret")]).contains("Authentication failed"));
    assert!(clone.refused(&["ls-remote", &url(&format!("x:{}@", eve.token), "secret")]).contains("not found"));
    let asked = clone.refused(&["ls-remote", &url("", "secret")]);
    assert!(asked.contains("could not read Username"), "401 asks for a name: {asked}");
    clone.git(&["ls-remote", &url("", "app")]);
    let asked = clone.refused(&["push", "-q", &url("", "app"), "HEAD:x"]);
    assert!(asked.contains("could not read Username"), "{asked}");
}

#[tokio::test]
async fn a_protected_branch_takes_no_pushes_but_an_admin_s() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    world.control("PUT", "repos/ada/app/protection/main", json!({})).await.expect(204);
    let clone = world.clone("ada/app", &bob.token, "b");
    clone.commit("x", "x\n", "x");
    let said = clone.refused(&["push", "origin", "HEAD:main", "HEAD:refs/heads/other"]);
    assert!(said.contains("GH006: Protected branch update failed for refs/heads/main"), "{said}");
    clone.git(&["fetch", "-q", "origin", "other"]);
    let head = clone.git(&["rev-parse", "HEAD"]);
    let said = bob.patch("/repos/ada/app/git/refs/heads/main", json!({ "sha": head })).await.refused(422);
    assert_eq!(said, "Changes must be made through a pull request.");

    let own = world.clone("ada/app", &ada.token, "a");
    own.commit("y", "y\n", "y");
    own.push("main");
    own.git(&["commit", "-q", "--amend", "-m", "other"]);
    let said = own.refused(&["push", "-q", "--force", "origin", "HEAD:main"]);
    assert!(said.contains("Cannot force-push to this branch"), "not even an admin: {said}");
}

#[tokio::test]
async fn an_app_without_the_permission_brings_no_workflow() {
    let world = World::new().await;
    let (ada, action) = (world.person("ada").await, world.action().await);
    let clone = world.clone("ada/app", &action.token, "a");
    clone.commit("x", "x\n", "x");
    clone.push("fine");
    clone.commit(".github/workflows/a.yml", "on: push\n", "workflow");
    let said = clone.refused(&["push", "-q", "origin", "HEAD:refs/heads/bad"]);
    assert!(said.contains("without `workflows` permission"), "{said}");
    let own = world.clone("ada/app", &ada.token, "o");
    own.branch("flow", ".github/workflows/a.yml", "on: push\n");
    clone.git(&["fetch", "-q", "origin"]);
    clone.git(&["checkout", "-q", "-B", "after", "origin/flow"]);
    clone.commit("y", "y\n", "beside it");
    clone.push("after");
}

#[tokio::test]
async fn the_action_s_permissions_bound_its_pushes() {
    let world = World::new().await;
    let asked = json!({ "kind": "actions", "repo": "ada/app", "permissions": { "contents": "read" } });
    let token = world.control("POST", "tokens", asked).await.expect(201)["token"].as_str().expect("a token").to_owned();
    let clone = world.clone("ada/app", &token, "a");
    let head = clone.commit("x", "x\n", "x");
    assert!(clone.refused(&["push", "-q", "origin", "HEAD:x"]).contains("403"));
    let asked = json!({ "ref": "refs/heads/x", "sha": head });
    let refused = world.with(&token).post("/repos/ada/app/git/refs", asked).await;
    assert_eq!(refused.headers["x-accepted-github-permissions"], "contents=write");
    assert_eq!(refused.refused(403), "Resource not accessible by integration");
}

#[tokio::test]
async fn a_lease_that_is_not_met_pushes_nothing() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let clone = world.clone("ada/app", &ada.token, "a");
    let first = clone.branch("one", "one", "x\n");
    let other = world.clone("ada/app", &bob.token, "b");
    other.git(&["checkout", "-q", "-B", "one", "origin/one"]);
    let second = other.commit("more", "x\n", "more");
    other.push("one");
    clone.git(&["commit", "-q", "--amend", "-m", "again"]);
    let lease = format!("--force-with-lease=refs/heads/one:{first}");
    assert!(clone.refused(&["push", "-q", &lease, "origin", "HEAD:one"]).contains("stale info"));
    clone.git(&["fetch", "-q", "origin"]);
    assert_eq!(clone.git(&["rev-parse", "origin/one"]), second);
}

#[tokio::test]
async fn the_hub_ends_when_its_input_does() {
    assert!(World::empty().close());
    #[cfg(unix)]
    assert!(World::empty().terminate());
}
