//! What people do to pull requests: close, open again, merge in any style, delete and rewrite branches, retarget, mark as
//! ready, and pretend to be vso.

use serde_json::{Value, json};

use super::pulls::{MEMBERS, deeds, edit, number, opened, sync, text};
use super::world::{HubWorld, REPO};
use crate::world::World;

/// The state that the board on the hub has for each proposal: number, state and pull request.
fn board(world: &HubWorld) -> Vec<(u64, String, Option<u64>)> {
    let output = world.bare_git(&["ls-tree", "-r", "--name-only", "refs/vso/proposals"]).stdout;
    let files = String::from_utf8(output).unwrap();
    let mut found: Vec<(u64, String, Option<u64>)> = files
        .lines()
        .filter(|file| file.starts_with("proposals/") || file.starts_with("finished/"))
        .map(|file| {
            let one: Value = serde_json::from_str(&world.show("refs/vso/proposals", file)).unwrap();
            (one["number"].as_u64().unwrap(), text(&one, "state").to_owned(), one["pull"].as_u64())
        })
        .collect();
    found.sort();
    found
}

fn last(world: &HubWorld) -> (u64, String, Option<u64>) {
    board(world).pop().unwrap()
}

#[test]
fn closed_is_remembered_until_there_is_something_else_to_say() {
    let world = opened();
    world.change_pull(&world.bob, 1, &json!({ "state": "closed" }));
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report)[0].0, "closed");
    assert_eq!(last(&world), (7, "closed".to_owned(), Some(1)));
    let mark = world.hub.mark();
    assert_eq!(deeds(&sync(&world, &[]))[0].0, "refused");
    assert_eq!(world.hub.calls(mark).len(), 1);
    // Also for somebody who was not there.
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &["sync"]).exits(0);
    world.assert_nothing_else(&[], 0);
    world.edit_master("unique among members", "unique among all members");
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]).exits(0);
    world.assert_nothing_else(&[&format!("{MEMBERS}-2")], 0);
    assert_eq!(last(&world), (8, "open".to_owned(), Some(2)));
}

#[test]
fn opened_again_goes_on() {
    let world = opened();
    world.change_pull(&world.bob, 1, &json!({ "state": "closed" }));
    sync(&world, &[]);
    world.change_pull(&world.bob, 1, &json!({ "state": "open" }));
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]).exits(0);
    assert_eq!(last(&world), (7, "open".to_owned(), Some(1)));
    world.edit_master("unique among members", "unique among all members");
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report), [("updated".to_owned(), MEMBERS.to_owned(), Some(1))]);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn merged_in_any_style_is_merged() {
    for style in ["merge", "squash", "rebase"] {
        let world = opened();
        let merged = world.merge_pull(1, style);
        world.delete_branch(MEMBERS);
        // Before and after this clone has the target.
        let report = sync(&world, &[]);
        assert_eq!(deeds(&report)[0].0, "merged", "{style}: {report}");
        assert_eq!(last(&world), (7, "merged".to_owned(), Some(1)));
        world.pull_main();
        let report = sync(&world, &[]);
        assert_eq!(deeds(&report), [], "{style}: {report}");
        let (.., state) = (0, last(&world).1);
        assert_eq!(state, "merged");
        let output = world.bare_git(&["ls-tree", "--name-only", "refs/vso/proposals", "finished/"]).stdout;
        let file = String::from_utf8(output).unwrap().lines().last().unwrap().to_owned();
        assert!(world.show("refs/vso/proposals", &file).contains("\"state\": \"merged\""));
        assert!(merged["sha"].is_string());
        world.assert_nothing_else(&[], 0);
    }
}

#[test]
fn merged_while_vso_was_away_and_then_edited_is_still_merged() {
    let world = opened();
    world.merge_pull(1, "squash");
    world.delete_branch(MEMBERS);
    world.pull_main();
    world.edit_master("unique among members", "unique among all members");
    let report = sync(&world, &[]);
    let found: Vec<String> = deeds(&report).into_iter().map(|(deed, ..)| deed).collect();
    assert_eq!(found, ["merged", "opened"], "{report}");
    world.assert_nothing_else(&["slice-001-members-v1.0.2"], 0);
}

#[test]
fn a_deleted_branch_is_a_no() {
    let world = opened();
    world.delete_branch(MEMBERS);
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]).exits(0);
    assert_eq!(last(&world).1, "closed");
    sync(&world, &[]);
    assert_eq!(world.branches(), [], "it does not come back from the other clone");
    world.assert_nothing_else(&[], 0);
}

#[test]
fn a_rewritten_branch_is_peoples() {
    let world = opened();
    let other = World::new();
    world.git_in(&other, &world.bob, &["clone", "-q", "--branch", MEMBERS, &world.remote(), "."]);
    let spec = "vertical-slices/slice-001-members/spec.md";
    let theirs = other.read(spec) + "\nRewritten by bob.\n";
    other.write(spec, theirs);
    other.git(&["commit", "-q", "-a", "--amend", "-m", "bob's own"]);
    world.git_in(&other, &world.bob, &["push", "-q", "--force", "origin", MEMBERS]);
    let head = world.branches();
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]).exits(0);
    assert_eq!(world.branches(), head, "nothing to say, nothing pushed");
    world.edit_master("unique among members", "unique among all members");
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]).exits(0);
    let text = world.show(MEMBERS, spec);
    assert!(text.contains("Rewritten by bob.") && text.contains("among all members"), "{text}");
    // The clone that was here before says so, and overwrites nothing.
    let report = sync(&world, &[]);
    assert!(world.show(MEMBERS, spec).contains("Rewritten by bob."), "{report}");
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_wide_draft_waits_until_it_is_marked_as_ready() {
    let world = HubWorld::in_step();
    world.edit_master("An email address must be unique.", "An email address must be unique among members.");
    world.edit_master("A member can borrow a tool", "Each member can borrow a tool");
    world.edit_master("for each late day", "for every late day");
    sync(&world, &[]);
    let branch = world.open_branches().remove(0);
    let pull = world.pull_of(&branch);
    assert_eq!((text(&pull, "title"), &pull["draft"]), ("3 slices at once", &json!(true)));
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1);
    let query = json!({
        "query": "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }",
        "variables": { "id": pull["node_id"] },
    });
    world.hub.send("POST", "/api/graphql", Some(&world.bob), &query).ok();
    let report = sync(&world, &[]);
    assert_eq!(report["proposals"][0]["draft"], json!(false), "{report}");
    assert_eq!(world.pull_of(&branch)["draft"], json!(false));
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1, "{:?}", world.hub.calls(mark));
    world.assert_nothing_else(&[&branch], 0);
}

#[test]
fn a_retargeted_and_a_locked_one_are_left_as_they_are() {
    let world = opened();
    world.push(&["main:release"]);
    world.change_pull(&world.bob, 1, &json!({ "base": "release" }));
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1, "{:?}", world.hub.calls(mark));
    assert_eq!(text(&world.pull_of(MEMBERS)["base"], "ref"), "release");
    world.hub.api(&world.alice, "PUT", &format!("/repos/{REPO}/issues/1/lock"), &json!({ "lock_reason": "resolved" }));
    world.edit_master("unique among members", "unique among all members");
    sync(&world, &[]);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_forged_marker_is_only_text() {
    let world = opened();
    let body = text(&world.pull_of(MEMBERS), "body").to_owned();
    world.commit_on("main", "notes.md", |_| "x\n".to_owned());
    let other = World::new();
    world.git_in(&other, &world.bob, &["clone", "-q", &world.remote(), "."]);
    other.git(&["switch", "-q", "-c", "feature"]);
    other.write("feature.md", "x\n");
    other.git(&["add", "-A"]);
    other.git(&["commit", "-q", "-m", "feature"]);
    world.git_in(&other, &world.bob, &["push", "-q", "origin", "feature"]);
    let forged = json!({ "title": "mine", "head": "feature", "base": "main", "body": body });
    let made = world.hub.api(&world.bob, "POST", &format!("/repos/{REPO}/pulls"), &forged).ok();
    world.pull_main();
    sync(&world, &[]);
    let pull = world.pull_of("feature");
    assert_eq!((number(&pull), text(&pull, "title"), text(&pull, "body")), (number(&made), "mine", body.as_str()));
    assert_eq!(pull["labels"], json!([]));
    world.assert_nothing_else(&[MEMBERS, "feature"], 0);
}

#[test]
fn one_that_a_person_opened_for_the_branch_is_taken_over_as_it_is() {
    let world = HubWorld::in_step();
    edit(&world);
    // The branch is there before vso speaks to GitHub at all.
    world.vso_with(&world.variables(&world.action), &["sync", "--config", "sync.forge=local"]);
    let name = format!("{MEMBERS}:{MEMBERS}");
    world.try_git_in(&world.project.world, &world.alice, &["push", "-q", "origin", &name]);
    let theirs = json!({ "title": "by bob", "head": MEMBERS, "base": "main", "body": "look" });
    world.hub.api(&world.bob, "POST", &format!("/repos/{REPO}/pulls"), &theirs).ok();
    sync(&world, &[]);
    let pull = world.pull_of(MEMBERS);
    assert_eq!((text(&pull, "title"), text(&pull, "body")), ("by bob", "look"));
    assert_eq!((text(&pull["labels"][0], "name"), last(&world).2), ("vso", Some(1)));
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn text_of_a_specification_notifies_nobody() {
    let world = HubWorld::in_step();
    let hostile = "An email address must be unique, says @mallory and @everyone, fixes #1 and acme/design#1 \
                   <!-- vso:proposal 1 x draft=1 title=a body=b --> <script>alert(1)</script> [skip ci] deadbeef1.";
    world.edit_master("An email address must be unique.", hostile);
    sync(&world, &[]);
    let state = world.hub.state();
    // Alice's own commit says it too; that is her word.
    let mut notified = state["notifications"].as_array().cloned().unwrap_or_default();
    notified.retain(|one| text(one, "by") != "alice");
    assert!(
        notified.iter().all(|one| text(one, "login") != "mallory" && text(one, "login") != "everyone"),
        "{notified:?}"
    );
    let body = text(&world.pull_of(MEMBERS), "body").to_owned();
    assert_eq!(body.matches("<!--").count(), 1);
    assert!(!body.contains("@mallory") && !body.contains("#1 ") && !body.contains("<script"), "{body}");
    let message = world.bare_git(&["log", "-1", "--format=%B", MEMBERS]).stdout;
    let message = String::from_utf8_lossy(&message).into_owned();
    assert!(!message.contains("@mallory") && !message.contains("[skip ci]") && !message.contains("#1 "), "{message}");
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_draft_made_ready_at_the_command_line_is_ready_there() {
    let world = HubWorld::in_step();
    world.edit_master("An email address must be unique.", "An email address must be unique among members.");
    world.edit_master("A member can borrow a tool", "Each member can borrow a tool");
    world.edit_master("for each late day", "for every late day");
    sync(&world, &[]);
    world.vso(&["pr", "ready", "all"]).exits(0);
    let branch = world.open_branches().remove(0);
    assert_eq!(world.pull_of(&branch)["draft"], json!(false));
    sync(&world, &[]);
    assert!(!text(&world.pull_of(&branch), "body").contains("It waits for a person"));
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&[&branch], 0);
}
