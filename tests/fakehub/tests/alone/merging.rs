//! Merging by the API: three styles, what stands in the way, protection.

use serde_json::json;

use super::world::{Caller, World};

async fn merge(caller: &Caller<'_>, number: u64, asked: serde_json::Value) -> super::world::Reply {
    caller.put(&format!("/repos/ada/app/pulls/{number}/merge"), asked).await
}

#[tokio::test]
async fn each_style_makes_its_own_history() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    for (style, parents) in [("merge", 2), ("squash", 1), ("rebase", 1)] {
        clone.branch(style, style, "x\n");
        let head = clone.commit(&format!("{style}2"), "y\n", "second");
        clone.push(style);
        let number = ada.open(style).await;
        // Main moves, so that no style is a fast-forward.
        clone.git(&["checkout", "-q", "-B", "main", "origin/main"]);
        clone.commit(&format!("main-{style}"), "x\n", "main");
        clone.push("main");
        let base = clone.git(&["rev-parse", "HEAD"]);
        let made = merge(&ada, number, json!({ "merge_method": style, "sha": head })).await.expect(200);
        clone.git(&["fetch", "-q", "origin"]);
        let tip = clone.git(&["rev-parse", "origin/main"]);
        assert_eq!((&made["sha"], &made["merged"]), (&json!(tip), &json!(true)), "{style}");
        let found = clone.git(&["show", "-s", "--format=%P", "origin/main"]).split(' ').count();
        assert_eq!(found, parents, "{style}");
        let new = clone.git(&["rev-list", "--first-parent", "--count", &format!("{base}..origin/main")]);
        assert_eq!(new, if style == "rebase" { "2" } else { "1" }, "{style}");
        clone.git(&["cat-file", "-e", &format!("origin/main:{style}2")]);
        let pull = ada.pull(number).await;
        assert_eq!((&pull["merged"], &pull["merge_commit_sha"]), (&json!(true), &json!(tip)), "{style}");
        assert_eq!((&pull["state"], &pull["merged_by"]["login"]), (&json!("closed"), &json!("ada")));
        assert_eq!(merge(&ada, number, json!({})).await.refused(405), "Pull Request is not mergeable");
        let said = ada.patch(&format!("/repos/ada/app/pulls/{number}"), json!({ "state": "open" })).await.refused(422);
        assert!(said.contains("merged"), "{said}");
    }
}

#[tokio::test]
async fn a_merge_is_for_the_head_that_was_seen() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    let seen = clone.branch("one", "one", "x\n");
    let number = ada.open("one").await;
    clone.commit("two", "x\n", "two");
    clone.push("one");
    let said = merge(&ada, number, json!({ "sha": seen })).await.refused(409);
    assert_eq!(said, "Head branch was modified. Review and try the merge again.");
    assert_eq!(ada.pull(number).await["state"], "open");
}

#[tokio::test]
async fn conflicts_and_drafts_are_not_merged() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("one", "README.md", "mine\n");
    clone.branch("two", "two", "x\n");
    let number = ada.open("one").await;
    let asked = json!({ "title": "D", "head": "two", "base": "main", "draft": true });
    let draft = ada.post("/repos/ada/app/pulls", asked).await.expect(201)["number"].as_u64().expect("a number");
    clone.git(&["checkout", "-q", "-B", "main", "origin/main"]);
    clone.commit("README.md", "theirs\n", "theirs");
    clone.push("main");
    assert_eq!(merge(&ada, number, json!({})).await.refused(405), "Pull Request is not mergeable");
    assert_eq!(merge(&ada, draft, json!({})).await.refused(405), "Pull Request is still a draft");
    merge(&ada, number, json!({ "merge_method": "octopus" })).await.refused(422);
}

#[tokio::test]
async fn a_protected_base_waits_for_its_checks() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let clone = world.clone("ada/app", &bob.token, "a");
    clone.branch("one", "one", "x\n");
    let number = bob.open("one").await;
    let rules = json!({ "required_status_checks": { "strict": false, "contexts": ["build"] } });
    world.control("PUT", "repos/ada/app/protection/main", rules).await.expect(204);
    let said = merge(&bob, number, json!({})).await.refused(405);
    assert_eq!(said, "Required status check \"build\" is expected.");
    bob.pull(number).await;
    assert_eq!(bob.pull(number).await["mergeable_state"], "blocked");
    let branch = bob.get("/repos/ada/app/branches/main").await.expect(200);
    assert_eq!(branch["protection"]["required_status_checks"]["contexts"], json!(["build"]));
    merge(&ada, number, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_protected_base_waits_for_approvals_and_its_own_commits() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    world.control("PUT", "repos/ada/app/collaborators/tom", json!({ "permission": "triage" })).await.expect(204);
    let tom = world.person("tom").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("one", "one", "x\n");
    let number = bob.open("one").await;
    let rules = json!({ "required_pull_request_reviews": { "required_approving_review_count": 1 },
                        "required_status_checks": { "strict": true, "contexts": [] } });
    world.control("PUT", "repos/ada/app/protection/main", rules).await.expect(204);
    let reviews = format!("/repos/ada/app/pulls/{number}/reviews");
    let approve = json!({ "event": "APPROVE" });
    assert!(merge(&bob, number, json!({})).await.refused(405).contains("approving review"));
    assert_eq!(bob.post(&reviews, approve.clone()).await.refused(422), "Can not approve your own pull request");
    tom.post(&reviews, approve.clone()).await.expect(200);
    assert!(merge(&bob, number, json!({})).await.refused(405).contains("approving review"), "his word does not count");
    ada.post(&reviews, json!({ "event": "REQUEST_CHANGES", "body": "no" })).await.expect(200);
    assert!(merge(&bob, number, json!({})).await.refused(405).contains("Changes have been requested"));
    ada.post(&reviews, approve).await.expect(200);
    assert_eq!(ada.get(&reviews).await.expect(200).as_array().map(Vec::len), Some(3));
    clone.git(&["checkout", "-q", "-B", "main", "origin/main"]);
    clone.commit("main", "x\n", "main");
    clone.push("main");
    assert!(merge(&bob, number, json!({})).await.refused(405).contains("not up to date"));
    bob.pull(number).await;
    assert_eq!(bob.pull(number).await["mergeable_state"], "behind");
    clone.git(&["checkout", "-q", "one"]);
    clone.git(&["merge", "-q", "main"]);
    clone.push("one");
    merge(&bob, number, json!({})).await.expect(200);
}

#[tokio::test]
async fn only_who_may_write_merges() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.control("PUT", "repos/ada/app/collaborators/tom", json!({ "permission": "triage" })).await.expect(204);
    let tom = world.person("tom").await;
    world.clone("ada/app", &ada.token, "a").branch("one", "one", "x\n");
    let number = ada.open("one").await;
    merge(&tom, number, json!({})).await.refused(403);
    merge(&world.nobody(), number, json!({})).await.refused(401);
}
