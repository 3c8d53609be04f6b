//! GraphQL: the form of its errors, and the mutations in use.

use serde_json::{Value, json};

use crate::scene::{REPO, Scene};

const ZERO: &str = "0000000000000000000000000000000000000000";
const UPDATE: &str = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";

async fn repository(scene: &Scene, token: &str) -> String {
    let query = "query($o: String!, $n: String!) { repository(owner: $o, name: $n) { id nameWithOwner } }";
    let found = scene.graphql(token, query, json!({"o": "acme", "n": "design"})).await;
    assert_eq!(found["data"]["repository"]["nameWithOwner"], REPO);
    found["data"]["repository"]["id"].as_str().unwrap().to_owned()
}

/// Moves refs (name, before, after, force); the message of the first error.
async fn update(scene: &Scene, token: &str, refs: &[(&str, Option<&str>, &str, bool)]) -> Option<String> {
    let id = repository(scene, token).await;
    let updates: Vec<Value> = refs
        .iter()
        .map(|(name, before, after, force)| {
            json!({"name": format!("refs/heads/{name}"), "beforeOid": before, "afterOid": after, "force": force})
        })
        .collect();
    let input = json!({"repositoryId": id, "refUpdates": updates, "clientMutationId": "m"});
    let said = scene.graphql(token, UPDATE, json!({"input": input})).await;
    let error = said["errors"][0]["message"].as_str().map(str::to_owned);
    let done = json!({"clientMutationId": "m"});
    assert_eq!(said["data"]["updateRefs"], if error.is_some() { Value::Null } else { done }, "{said}");
    error
}

#[tokio::test]
async fn refs_move_only_from_where_they_are_thought_to_be() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let first = scene.first.clone();
    let second = scene.commit_on("side", Some(&first), &[("a.md", "two\n")]).await;
    assert_eq!(update(&scene, &token, &[("main", Some(&first), &second, false)]).await, None);
    assert_eq!(scene.head("main").unwrap(), second);
    let said = update(&scene, &token, &[("main", Some(&first), &first, true)]).await.unwrap();
    assert!(said.contains("beforeOid"), "{said}");
    let said = update(&scene, &token, &[("main", Some(&second), &first, false)]).await.unwrap();
    assert!(said.contains("fast forward"), "{said}");
    assert_eq!(update(&scene, &token, &[("main", Some(&second), &first, true)]).await, None);
    assert_eq!(scene.head("main").unwrap(), first);
    assert_eq!(update(&scene, &token, &[("main", None, &second, false)]).await, None, "nothing was expected");
}

#[tokio::test]
async fn refs_are_made_and_deleted_with_zeros() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let first = scene.first.clone();
    assert_eq!(update(&scene, &token, &[("new", Some(ZERO), &first, false)]).await, None);
    assert!(update(&scene, &token, &[("new", Some(ZERO), &first, false)]).await.is_some(), "it is there by now");
    assert_eq!(update(&scene, &token, &[("new", Some(&first), ZERO, false)]).await, None);
    assert_eq!(scene.head("new"), None);
    let missing = "0123456789012345678901234567890123456789";
    assert!(update(&scene, &token, &[("new", None, missing, false)]).await.is_some());
    assert!(update(&scene, &token, &[("a..b", None, &first, false)]).await.is_some());
}

#[tokio::test]
async fn all_refs_move_or_none() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let first = scene.first.clone();
    let (one, two) = (scene.commit("one", &[("a.md", "1\n")]).await, scene.commit("two", &[("a.md", "2\n")]).await);
    for (name, before) in [("two", &first), ("main", &two)] {
        let other = if name == "two" { "one" } else { "two" };
        let refs = [(other, None, first.as_str(), true), (name, Some(before.as_str()), one.as_str(), true)];
        assert!(update(&scene, &token, &refs).await.is_some());
        assert_eq!((scene.head("one"), scene.head("two")), (Some(one.clone()), Some(two.clone())));
    }
    let refs = [("one", Some(one.as_str()), first.as_str(), true), ("two", Some(&two), &first, true)];
    assert_eq!(update(&scene, &token, &refs).await, None);
    assert_eq!((scene.head("one"), scene.head("two")), (Some(first.clone()), Some(first)));
}

#[tokio::test]
async fn who_may_not_push_moves_nothing() {
    let scene = Scene::new().await;
    let first = scene.first.clone();
    let second = scene.commit_on("side", Some(&first), &[("a.md", "two\n")]).await;
    let reader = scene.person("eve", "read").await;
    assert!(update(&scene, &reader, &[("main", Some(&first), &second, false)]).await.is_some());
    let token = scene.action(Some(json!({"contents": "read", "metadata": "read"}))).await;
    assert!(update(&scene, &token, &[("main", Some(&first), &second, false)]).await.is_some());
    scene.control("PUT", &format!("repos/{REPO}/protection/main"), json!({})).await;
    let writer = scene.person("bob", "write").await;
    let said = update(&scene, &writer, &[("main", Some(&first), &second, false)]).await.unwrap();
    assert!(said.contains("pull request"), "{said}");
    assert_eq!(scene.head("main").unwrap(), first);
}

#[tokio::test]
async fn a_commit_is_made_where_the_branch_is_thought_to_be() {
    let scene = Scene::new().await;
    let app = scene.app("robot", None).await;
    let token = scene.installed(&app).await;
    let query = "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) {
        commit { oid messageHeadline messageBody signature { isValid state } } ref { name prefix target { oid } } } }";
    let make = async |head: &str, changes: Value| {
        let input = json!({
            "branch": {"repositoryNameWithOwner": REPO, "branchName": "main"}, "expectedHeadOid": head,
            "message": {"headline": "a headline", "body": "and more"}, "fileChanges": changes,
        });
        scene.graphql(&token, query, json!({"input": input})).await
    };
    // "two\n" and "new\n"
    let additions = json!([{"path": "a.md", "contents": "dHdvCg=="}, {"path": "b/c.md", "contents": "bmV3Cg=="}]);
    let made = make(&scene.first, json!({"additions": additions})).await;
    let made = &made["data"]["createCommitOnBranch"];
    let head = scene.head("main").unwrap();
    assert_eq!(made["commit"]["oid"], head);
    assert_eq!(made["commit"]["messageBody"], "and more");
    assert_eq!(made["commit"]["signature"], json!({"isValid": true, "state": "VALID"}));
    assert_eq!(made["ref"], json!({"name": "main", "prefix": "refs/heads/", "target": {"oid": head}}));
    assert_eq!(scene.git(&["show", "main:b/c.md"], ""), "new");
    assert_eq!(scene.git(&["log", "-1", "--format=%an %cn", "main"], ""), "robot[bot] GitHub");
    let stale = make(&scene.first, json!({})).await;
    assert_eq!(stale["errors"][0]["type"], "STALE_DATA");
    let gone = make(&head, json!({"deletions": [{"path": "b/c.md"}]})).await;
    assert_eq!(gone["errors"], Value::Null);
    assert_eq!(scene.git(&["ls-tree", "-r", "--name-only", "main"], ""), "a.md");
    let head = scene.head("main").unwrap();
    for changes in [
        json!({"deletions": [{"path": "nothing"}]}),
        json!({"additions": [{"path": "../x", "contents": ""}]}),
        json!({"additions": [{"path": "x/.git/config", "contents": ""}]}),
        json!({"additions": [{"path": ".github/workflows/x.yml", "contents": ""}]}),
    ] {
        let said = make(&head, changes).await;
        assert!(said["errors"][0]["message"].is_string(), "{said}");
    }
    assert_eq!(scene.head("main").unwrap(), head);
}

#[tokio::test]
async fn a_viewer_knows_their_name() {
    let scene = Scene::new().await;
    let bob = scene.person("bob", "write").await;
    let app = scene.app("robot", None).await;
    let installed = scene.installed(&app).await;
    for (token, login) in [(&bob, "bob"), (&installed, "robot[bot]")] {
        let said = scene.graphql(token, "{ me: viewer { login ... on Node { id } __typename } }", json!({})).await;
        assert_eq!((&said["data"]["me"]["login"], &said["data"]["me"]["__typename"]), (&json!(login), &json!("User")));
    }
    let query = json!({"query": "{ viewer { login } }"});
    scene.send("POST", "/api/graphql", None, query).await.is(401);
}

#[tokio::test]
async fn what_is_wrong_is_answered_with_200_and_has_no_effect() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    for (query, word) in [
        ("{ viewer { name2 } }", "undefinedField"),
        ("{ viewer { login }", "end of file"),
        ("{ repository(owner: \"acme\") { id } }", "missingRequiredArguments"),
        ("{ repository(owner: \"acme\", name: \"nothing\") { id } }", "NOT_FOUND"),
        ("{ node(id: \"nothing\") { id } }", "NOT_FOUND"),
        ("mutation { deleteEverything { id } }", "undefinedField"),
        ("query($x: Int!) { viewer { login } }", "provided invalid value"),
    ] {
        let said = scene.graphql(&token, query, json!({})).await;
        assert!(said["errors"].to_string().contains(word), "{query}: {said}");
        assert!(said["errors"][0]["message"].is_string());
    }
    let private = json!({"owner": "acme", "name": "secret", "private": true});
    scene.control("POST", "repos", private).await;
    let said = scene.graphql(&token, "{ repository(owner: \"acme\", name: \"secret\") { id } }", json!({})).await;
    assert_eq!((&said["data"]["repository"], &said["errors"][0]["type"]), (&Value::Null, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn a_pull_request_is_made_ready_and_a_draft_again() {
    let scene = Scene::new().await;
    let (token, reader) = (scene.person("bob", "write").await, scene.person("eve", "read").await);
    scene.commit_on("work", Some(&scene.first), &[("a.md", "two\n")]).await;
    let new = json!({"title": "t", "head": "work", "base": "main", "draft": true});
    let pull = scene.api(&token, "POST", "/repos/acme/design/pulls", new).await.is(201);
    let run = async |token: &str, name: &str| {
        let (first, rest) = name.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let fields = "pullRequest { isDraft number state author { login } }";
        let query = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} }} }}");
        scene.graphql(token, &query, json!({"input": {"pullRequestId": pull["node_id"]}})).await
    };
    let drafts = [("markPullRequestReadyForReview", false), ("convertPullRequestToDraft", true)];
    for (name, draft) in drafts.into_iter().chain(drafts) {
        let said = run(&token, name).await;
        let shown = &said["data"][name]["pullRequest"];
        let expected = json!({"isDraft": draft, "number": 1, "state": "OPEN", "author": {"login": "bob"}});
        assert_eq!(*shown, expected, "{said}");
        let seen = scene.api(&token, "GET", "/repos/acme/design/pulls/1", Value::Null).await.is(200);
        assert_eq!(seen["draft"], draft);
    }
    let said = run(&reader, "markPullRequestReadyForReview").await;
    assert_eq!(said["errors"][0]["type"], "FORBIDDEN");
    let said = run(&token, "enablePullRequestAutoMerge").await;
    assert_eq!(
        (&said["errors"][0]["type"], &said["data"]["enablePullRequestAutoMerge"]),
        (&json!("UNPROCESSABLE"), &Value::Null)
    );
    let query = "query($id: ID!) { node(id: $id) { ... on PullRequest { isDraft headRefName } } }";
    let said = scene.graphql(&token, query, json!({"id": pull["node_id"]})).await;
    assert_eq!(said["data"]["node"], json!({"isDraft": true, "headRefName": "work"}));
}
