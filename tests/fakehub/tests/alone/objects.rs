//! Blobs, trees and commits over REST, and what is verified.

use serde_json::{Value, json};

use super::world::{Caller, World};

const GIT: &str = "/repos/ada/app/git";

/// A tree on top of main's with one file more.
async fn tree(caller: &Caller<'_>, main: &str, more: Value) -> Value {
    let asked = json!({ "base_tree": main, "tree": more });
    caller.post(&format!("{GIT}/trees"), asked).await.expect(201)
}

#[tokio::test]
async fn what_an_app_commits_without_a_name_is_verified_and_really_there() {
    let world = World::new().await;
    let (ada, action) = (world.person("ada").await, world.action().await);
    let clone = world.clone("ada/app", &ada.token, "a");
    let main = clone.git(&["rev-parse", "origin/main"]);
    let made = tree(
        &action,
        &main,
        json!([{ "path": "d/run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n" }]),
    )
    .await;
    let asked = json!({ "message": "made by the API\n\nwith a body", "tree": made["sha"], "parents": [main] });
    let commit = action.post(&format!("{GIT}/commits"), asked.clone()).await.expect(201);
    let proof = &commit["verification"];
    assert_eq!((&proof["verified"], &proof["reason"]), (&json!(true), &json!("valid")));
    assert_eq!(commit["author"]["name"], "github-actions[bot]");
    assert_eq!(commit["committer"]["email"], "noreply@github.com");
    let id = commit["sha"].as_str().expect("an id");
    action.post(&format!("{GIT}/refs"), json!({ "ref": "refs/heads/made", "sha": id })).await.expect(201);

    clone.git(&["fetch", "-q", "origin"]);
    assert_eq!(clone.git(&["rev-parse", "origin/made"]), id);
    let object = clone.git(&["cat-file", "commit", id]);
    let signature = proof["signature"].as_str().expect("a signature");
    let payload = proof["payload"].as_str().expect("a payload");
    let header = format!("gpgsig {}\n", signature.replace('\n', "\n "));
    let (head, message) = payload.split_once("\n\n").expect("a head and a message");
    assert_eq!(object, format!("{head}\n{header}\n{message}"), "payload and signature make up the object");
    assert_eq!(clone.git(&["ls-tree", "origin/made", "d/run.sh"]).split(' ').next(), Some("100755"));
    clone.git(&["fsck", "--strict", id]);

    let mut named = asked;
    named["author"] = json!({ "name": "Ada", "email": "ada@example.org", "date": "2026-01-02T03:04:05Z" });
    let commit = action.post(&format!("{GIT}/commits"), named).await.expect(201);
    assert_eq!(
        (&commit["verification"]["verified"], &commit["verification"]["reason"]),
        (&json!(false), &json!("unsigned"))
    );
    assert_eq!(commit["author"]["date"], "2026-01-02T03:04:05Z");
}

#[tokio::test]
async fn a_person_s_commit_is_not_signed_by_the_hub() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let main = world.clone("ada/app", &ada.token, "a").git(&["rev-parse", "origin/main"]);
    let made = tree(&ada, &main, json!([{ "path": "x", "mode": "100644", "type": "blob", "content": "x" }])).await;
    let asked = json!({ "message": "m", "tree": made["sha"], "parents": [main] });
    let commit = ada.post(&format!("{GIT}/commits"), asked).await.expect(201);
    assert_eq!(commit["verification"]["verified"], false);
    assert_eq!(commit["author"]["name"], "ada");
    for asked in
        [json!({ "message": "m", "tree": main }), json!({ "message": "m", "tree": made["sha"], "parents": ["1"] })]
    {
        ada.post(&format!("{GIT}/commits"), asked).await.refused(422);
    }
}

#[tokio::test]
async fn trees_change_what_they_are_told_to() {
    let world = World::new().await;
    let (ada, action) = (world.person("ada").await, world.action().await);
    let main = world.clone("ada/app", &ada.token, "a").git(&["rev-parse", "origin/main"]);
    let blob = ada.post(&format!("{GIT}/blobs"), json!({ "content": "AAEC", "encoding": "base64" })).await.expect(201);
    let read = ada.get(&format!("{GIT}/blobs/{}", blob["sha"].as_str().expect("an id"))).await.expect(200);
    assert_eq!((&read["content"], &read["size"]), (&json!("AAEC\n"), &json!(3)));
    let first =
        tree(&ada, &main, json!([{ "path": "d/b", "mode": "100644", "type": "blob", "sha": blob["sha"] }])).await;
    let paths = |tree: &Value| {
        tree["tree"].as_array().expect("entries").iter().map(|entry| entry["path"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(paths(&first), ["README.md", "d"]);
    let id = first["sha"].as_str().expect("an id");
    let second = tree(&ada, id, json!([{ "path": "README.md", "mode": "100644", "type": "blob", "sha": null }])).await;
    let deep =
        ada.get(&format!("{GIT}/trees/{}?recursive=1", second["sha"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(paths(&deep), ["d", "d/b"]);
    for path in ["../x", "/x", "a//b", ".git/hooks/x", "a/./b", "a/.GIT/b"] {
        let asked = json!({ "tree": [{ "path": path, "mode": "100644", "type": "blob", "content": "x" }] });
        let said = ada.post(&format!("{GIT}/trees"), asked).await.refused(422);
        assert_eq!(said, "tree.path contains a malformed path component", "{path}");
    }
    let asked =
        json!({ "tree": [{ "path": ".github/workflows/x.yml", "mode": "100644", "type": "blob", "content": "x" }] });
    action.post(&format!("{GIT}/trees"), asked.clone()).await.refused(403);
    ada.post(&format!("{GIT}/trees"), asked).await.expect(201);
}
