//! Commits that GitHub makes for an App and shows as verified: the same trees, known as vso's own, in no more calls than
//! there may be.

use serde_json::Value;

use super::pulls::{MEMBERS, edit};
use super::world::{HubWorld, REPO};

fn verification(world: &HubWorld, branch: &str) -> Value {
    let path = format!("/repos/{REPO}/commits/{branch}");
    world.hub.api(&world.alice, "GET", &path, &Value::Null).ok()["commit"]["verification"].clone()
}

#[test]
fn an_apps_commits_are_verified_and_still_vsos_own() {
    let world = HubWorld::in_step();
    let app = world.app();
    let variables = world.app_variables(&app);
    edit(&world);
    let mark = world.hub.mark();
    let arguments = ["sync", "--config", "github.verified=true"];
    let ran = world.vso_with(&variables, &arguments).exits(0);
    assert!(!ran.err.contains("not verified"), "{}", ran.err);
    assert_eq!(verification(&world, MEMBERS)["verified"], true);
    let target = world.bare_git(&["rev-parse", "main"]).stdout;
    let target = String::from_utf8(target).unwrap().trim().to_owned();
    // The token and the target's own three checks are none of the slice's.
    let is_write =
        |call: &&String| !call.starts_with("GET") && !call.contains("access_tokens") && !call.contains(&target);
    let writes = world.hub.calls(mark).iter().filter(is_write).count();
    assert!(writes <= 7 + 3, "{:?}", world.hub.calls(mark));
    // The next round knows them as its own, and people's commits beside them as people's.
    world.commit_on(MEMBERS, "vertical-slices/slice-001-members/docs/why.md", |_| "because\n".into());
    world.edit_master("unique among members", "unique among all members");
    world.vso_with(&variables, &arguments).exits(0);
    assert_eq!(verification(&world, MEMBERS)["verified"], true);
    assert_eq!(world.show(MEMBERS, "vertical-slices/slice-001-members/docs/why.md"), "because\n");
    assert!(world.show(MEMBERS, "vertical-slices/slice-001-members/spec.md").contains("among all members"));
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn what_github_does_not_know_yet_is_committed_here() {
    let world = HubWorld::in_step();
    let variables = world.app_variables(&world.app());
    // Not pushed: the API can't build on it.
    world.project.edit_master("An email address must be unique.", "An email address must be unique for ever.");
    let ran = world.vso_with(&variables, &["sync", "--config", "github.verified=true"]).exits(0);
    assert!(ran.err.contains("commits are not verified"), "{}", ran.err);
    world.assert_nothing_else(&[MEMBERS], 0);
    assert_eq!(verification(&world, MEMBERS)["verified"], false);
}
