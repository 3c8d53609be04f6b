//! Pull requests: opening, listing, what pushes do to them, closing and opening again.

use serde_json::{Value, json};

use super::world::World;

const PULLS: &str = "/repos/ada/app/pulls";

#[tokio::test]
async fn head_filters_only_with_its_owner() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    for name in ["one", "two"] {
        clone.branch(name, name, "x\n");
        ada.open(name).await;
    }
    let count = async |query: &str| ada.get(&format!("{PULLS}?{query}")).await.expect(200).as_array().map(Vec::len);
    assert_eq!(count("head=ada:one").await, Some(1));
    assert_eq!(count("head=ADA:one&state=all").await, Some(1));
    assert_eq!(count("head=bob:one").await, Some(0));
    assert_eq!(count("head=one").await, Some(2), "a head without owner is no filter");
    assert_eq!(count("base=other").await, Some(0));
    assert_eq!(count("state=closed").await, Some(0));
}

#[tokio::test]
async fn a_second_open_pull_request_of_a_pair_is_refused() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.clone("ada/app", &ada.token, "a").branch("one", "one", "x\n");
    let number = ada.open("one").await;
    let asked = json!({ "title": "Again", "head": "ada:one", "base": "main" });
    let said = ada.post(PULLS, asked.clone()).await.refused(422);
    assert_eq!(said, "Validation Failed  A pull request already exists for ada:one.");
    ada.patch(&format!("{PULLS}/{number}"), json!({ "state": "closed" })).await.expect(200);
    ada.post(PULLS, asked).await.expect(201);
}

#[tokio::test]
async fn a_pull_request_needs_commits_known_branches_and_a_title() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.push("same");
    clone.branch("one", "one", "x\n");
    let open = async |title: &str, head: &str, base: &str| {
        ada.post(PULLS, json!({ "title": title, "head": head, "base": base })).await.refused(422)
    };
    assert_eq!(open("T", "same", "main").await, "Validation Failed  No commits between main and same");
    assert_eq!(open("T", "nowhere", "main").await, "Validation Failed head");
    assert_eq!(open("T", "one", "nowhere").await, "Validation Failed base");
    assert_eq!(open(" ", "one", "main").await, "Validation Failed title title can't be blank");
    let said = ada.post(PULLS, json!({ "head": "one", "base": "main" })).await.refused(422);
    assert!(said.contains("title"), "{said}");
    clone.git(&["checkout", "-q", "--orphan", "alien"]);
    clone.commit("alien", "x\n", "alien");
    clone.push("alien");
    assert!(open("T", "alien", "main").await.contains("no history in common"));
}

#[tokio::test]
async fn bodies_end_at_65536_characters() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.clone("ada/app", &ada.token, "a").branch("one", "one", "x\n");
    let (fits, over) = ("ä".repeat(65_536), "ä".repeat(65_537));
    let asked = |body: &str| json!({ "title": "T", "head": "one", "base": "main", "body": body });
    let said = ada.post(PULLS, asked(&over)).await.refused(422);
    assert_eq!(said, "Validation Failed body body is too long (maximum is 65536 characters)");
    ada.post(PULLS, asked(&fits)).await.expect(201);
    ada.patch(&format!("{PULLS}/1"), json!({ "body": over })).await.refused(422);
    let comments = "/repos/ada/app/issues/1/comments";
    ada.post(comments, json!({ "body": over })).await.refused(422);
    let id = ada.post(comments, json!({ "body": fits })).await.expect(201)["id"].clone();
    ada.patch(&format!("/repos/ada/app/issues/comments/{id}"), json!({ "body": over })).await.refused(422);
}

#[tokio::test]
async fn a_push_moves_the_head_and_forgets_the_mergeability() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("one", "README.md", "mine\n");
    let number = ada.open("one").await;
    assert_eq!(ada.pull(number).await["mergeable"], Value::Null, "nobody has asked yet");
    let known = ada.pull(number).await;
    assert_eq!((&known["mergeable"], &known["mergeable_state"]), (&json!(true), &json!("clean")));
    let second = clone.commit("more", "x\n", "more");
    clone.push("one");
    let moved = ada.pull(number).await;
    assert_eq!(moved["head"]["sha"], second.as_str());
    assert_eq!((&moved["mergeable"], &moved["commits"]), (&Value::Null, &json!(2)));
    clone.git(&["checkout", "-q", "-B", "main", "origin/main"]);
    clone.commit("README.md", "theirs\n", "theirs");
    clone.push("main");
    assert_eq!(ada.pull(number).await["mergeable_state"], "unknown");
    let conflicted = ada.pull(number).await;
    assert_eq!((&conflicted["mergeable"], &conflicted["mergeable_state"]), (&json!(false), &json!("dirty")));
}

#[tokio::test]
async fn a_head_that_becomes_its_base_closes_the_pull_request() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    let main = clone.git(&["rev-parse", "origin/main"]);
    for (name, by_rest) in [("one", false), ("two", true)] {
        let head = clone.branch(name, name, "x\n");
        let number = ada.open(name).await;
        if by_rest {
            let asked = json!({ "sha": main, "force": true });
            ada.patch(&format!("/repos/ada/app/git/refs/heads/{name}"), asked).await.expect(200);
        } else {
            clone.git(&["push", "-q", "--force", "origin", &format!("{main}:refs/heads/{name}")]);
        }
        let closed = ada.pull(number).await;
        assert_eq!((&closed["state"], &closed["merged"]), (&json!("closed"), &json!(false)));
        clone.git(&["push", "-q", "--force", "origin", &format!("{head}:refs/heads/{name}")]);
        assert_eq!(ada.pull(number).await["state"], "closed", "it does not open again by itself");
    }
}

#[tokio::test]
async fn a_deleted_branch_closes_its_pull_request() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    let head = clone.branch("one", "one", "x\n");
    let number = ada.open("one").await;
    clone.git(&["push", "-q", "origin", ":one"]);
    let closed = ada.pull(number).await;
    assert_eq!((&closed["state"], &closed["merged"]), (&json!("closed"), &json!(false)));
    assert_eq!(closed["head"]["sha"], head.as_str());
    clone.git(&["fetch", "-q", "origin", &format!("refs/pull/{number}/head")]);
    assert_eq!(clone.git(&["rev-parse", "FETCH_HEAD"]), head, "its commits stay");
}

#[tokio::test]
async fn a_base_that_takes_the_head_merges_the_pull_request() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("one", "one", "x\n");
    let number = ada.open("one").await;
    clone.git(&["push", "-q", "origin", "HEAD:main", ":one"]);
    let merged = ada.pull(number).await;
    assert_eq!((&merged["state"], &merged["merged"]), (&json!("closed"), &json!(true)));
    assert_eq!(merged["merged_by"]["login"], "ada");
    ada.get(&format!("{PULLS}/{number}/merge")).await.expect(204);
}

#[tokio::test]
async fn opening_again_has_rules() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    let first = clone.branch("one", "one", "x\n");
    let number = ada.open("one").await;
    let path = format!("{PULLS}/{number}");
    let (closed, open) = (json!({ "state": "closed" }), json!({ "state": "open" }));
    ada.patch(&path, closed.clone()).await.expect(200);
    let said = ada.patch(&path, json!({ "base": "other" })).await.refused(422);
    assert!(said.ends_with("Cannot change the base branch of a closed pull request."), "{said}");

    let later = clone.commit("two", "x\n", "two");
    clone.push("one");
    assert_eq!(ada.pull(number).await["head"]["sha"], first.as_str(), "a closed one keeps its head");
    assert_eq!(ada.patch(&path, open.clone()).await.expect(200)["head"]["sha"], later.as_str());

    ada.patch(&path, closed).await.expect(200);
    clone.git(&["push", "-q", "--force", "origin", &format!("{first}:refs/heads/one")]);
    let said = ada.patch(&path, open.clone()).await.refused(422);
    assert!(said.ends_with("state cannot be changed. The one branch was force-pushed or recreated."), "{said}");
    clone.git(&["push", "-q", "origin", ":one"]);
    let said = ada.patch(&path, open.clone()).await.refused(422);
    assert!(said.ends_with("The one branch has been deleted."), "{said}");
    clone.git(&["push", "-q", "origin", &format!("{later}:refs/heads/one")]);
    ada.open("one").await;
    let said = ada.patch(&path, open).await.refused(422);
    assert!(said.contains("There is already an open pull request"), "{said}");
}

#[tokio::test]
async fn the_base_can_change() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.push("other");
    clone.branch("one", "one", "x\n");
    clone.push("same");
    let number = ada.open("one").await;
    let path = format!("{PULLS}/{number}");
    let said = ada.patch(&path, json!({ "base": "same" })).await.refused(422);
    assert!(said.contains("There are no new commits between base branch 'same' and head branch 'one'"), "{said}");
    let changed = ada.patch(&path, json!({ "base": "other", "title": "New" })).await.expect(200);
    assert_eq!((&changed["base"]["ref"], &changed["title"]), (&json!("other"), &json!("New")));
}

#[tokio::test]
async fn lists_come_in_pages_of_at_most_a_hundred() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    for name in ["one", "two", "three"] {
        clone.branch(name, name, "x\n");
        ada.open(name).await;
    }
    let first = ada.get(&format!("{PULLS}?per_page=2")).await;
    let link = first.headers["link"].to_str().expect("text").to_owned();
    assert_eq!(first.body.as_array().map(Vec::len), Some(2));
    assert_eq!(first.body[0]["title"], "About three", "the newest first");
    let next = format!("<{}/api/v3{PULLS}?per_page=2&page=2>; rel=\"next\"", world.url);
    assert!(link.contains(&next) && link.contains("rel=\"last\"") && !link.contains("rel=\"prev\""), "{link}");
    let last = ada.get(&format!("{PULLS}?per_page=2&page=2&direction=desc")).await;
    assert_eq!(last.body[0]["title"], "About one");
    assert!(last.headers["link"].to_str().expect("text").contains("rel=\"prev\""));
    // So many in a minute would be too many.
    world.control("POST", "limits", json!({ "enabled": false })).await;
    for number in 0..101 {
        ada.post("/repos/ada/app/issues", json!({ "title": format!("{number}") })).await.expect(201);
    }
    let most = ada.get("/repos/ada/app/issues?per_page=1000").await.expect(200);
    assert_eq!(most.as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn what_has_not_changed_is_304() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let first = ada.get(PULLS).await;
    let tag = first.headers["etag"].to_str().expect("text").to_owned();
    let again = ada.call_with("GET", PULLS, None, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body), (304, json!("")));
    world.clone("ada/app", &ada.token, "a").branch("one", "one", "x\n");
    ada.open("one").await;
    assert_eq!(ada.call_with("GET", PULLS, None, &[("if-none-match", &tag)]).await.status, 200);
}

#[tokio::test]
async fn files_and_commits_are_the_branch_s_own() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    let head = clone.branch("one", "d/one", "x\ny\n");
    let number = ada.open("one").await;
    clone.git(&["checkout", "-q", "-B", "main", "origin/main"]);
    clone.commit("later", "x\n", "later");
    clone.push("main");
    let files = ada.get(&format!("{PULLS}/{number}/files")).await.expect(200);
    assert_eq!(files.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&files[0]["filename"], &files[0]["status"], &files[0]["additions"]),
        (&json!("d/one"), &json!("added"), &json!(2))
    );
    let commits = ada.get(&format!("{PULLS}/{number}/commits")).await.expect(200);
    assert_eq!(commits.as_array().map(Vec::len), Some(1));
    assert_eq!(commits[0]["sha"], head.as_str());
}

#[tokio::test]
async fn a_fork_brings_its_commits() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    world.control("POST", "users", json!({ "login": "eve" })).await.expect(201);
    world.control("POST", "repos", json!({ "owner": "eve", "name": "app", "fork_of": "ada/app" })).await.expect(201);
    let eve = world.person("eve").await;
    let clone = world.clone("eve/app", &eve.token, "e");
    clone.branch("idea", "idea", "x\n");
    let asked = json!({ "title": "Idea", "head": "eve:idea", "base": "main" });
    let made = eve.post(PULLS, asked).await.expect(201);
    assert_eq!((&made["head"]["repo"]["fork"], &made["head"]["label"]), (&json!(true), &json!("eve:idea")));
    let second = clone.commit("more", "x\n", "more");
    clone.push("idea");
    assert_eq!(ada.pull(1).await["head"]["sha"], second.as_str());
    let own = world.clone("ada/app", &ada.token, "a");
    own.git(&["fetch", "-q", "origin", "refs/pull/1/head"]);
    assert_eq!(own.git(&["rev-parse", "FETCH_HEAD"]), second);
}

#[tokio::test]
async fn the_action_s_pull_requests_wait_for_their_runs() {
    let world = World::new().await;
    let (ada, action) = (world.person("ada").await, world.action().await);
    let clone = world.clone("ada/app", &action.token, "a");
    for (name, caller) in [("one", &action), ("two", &ada)] {
        clone.branch(name, name, "x\n");
        caller.open(name).await;
    }
    let runs = async || {
        let report = world.report().await;
        let pulls = report["repositories"]["ada/app"]["pulls"].as_array().expect("pulls").clone();
        pulls.iter().map(|pull| pull["workflow_runs"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ada.pull(1).await["user"]["login"], "github-actions[bot]");
    assert_eq!(runs().await, ["awaiting_approval", "started"]);
    world.control("POST", "mode", json!({ "enterprise": true })).await.expect(200);
    assert_eq!(runs().await, ["none", "started"]);
}

#[tokio::test]
async fn a_stacked_pull_request_moves_to_the_base_of_the_one_below() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("below", "below", "x\n");
    let below = ada.open("below").await;
    clone.git(&["checkout", "-q", "-b", "above"]);
    clone.commit("above", "x\n", "above");
    clone.push("above");
    let asked = json!({ "title": "Above", "head": "above", "base": "below" });
    let above = ada.post(PULLS, asked).await.expect(201)["number"].as_u64().expect("a number");
    ada.put(&format!("{PULLS}/{below}/merge"), json!({})).await.expect(200);
    ada.delete("/repos/ada/app/git/refs/heads/below").await.expect(204);
    let moved = ada.pull(above).await;
    assert_eq!((&moved["state"], &moved["base"]["ref"]), (&json!("open"), &json!("main")));
}
