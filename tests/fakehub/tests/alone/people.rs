//! Labels, comments, reactions, mentions and review requests.

use serde_json::{Value, json};

use super::world::World;

async fn opened(world: &World) -> u64 {
    let ada = world.person("ada").await;
    world.clone("ada/app", &ada.token, "a").branch("one", "one", "x\n");
    ada.open("one").await
}

async fn told(world: &World) -> Vec<String> {
    let report = world.report().await;
    let told = report["notifications"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    told.iter()
        .map(|told| format!("{} {} {}", text(&told["login"]), text(&told["reason"]), text(&told["by"])))
        .collect()
}

#[tokio::test]
async fn adding_a_label_makes_it() {
    let world = World::new().await;
    let number = opened(&world).await;
    let bob = world.person("bob").await;
    let path = format!("/repos/ada/app/issues/{number}/labels");
    bob.get("/repos/ada/app/labels/vso").await.refused(404);
    let labels = bob.post(&path, json!({ "labels": ["vso", "two words"] })).await.expect(200);
    assert_eq!(labels.as_array().map(Vec::len), Some(2));
    assert_eq!(bob.get("/repos/ada/app/labels/two%20words").await.expect(200)["name"], "two words");
    bob.post(&path, json!(["VSO"])).await.expect(200);
    assert_eq!(bob.pull(number).await["labels"].as_array().map(Vec::len), Some(2), "names ignore case");
    bob.delete(&format!("{path}/vso")).await.expect(200);
    bob.delete(&format!("{path}/vso")).await.refused(404);
    bob.post("/repos/ada/app/labels", json!({ "name": "vso", "color": "ff0000" })).await.refused(422);
    bob.post("/repos/ada/app/labels", json!({ "name": "new", "color": "red" })).await.refused(422);
}

#[tokio::test]
async fn a_reaction_is_given_once() {
    let world = World::new().await;
    let number = opened(&world).await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let made =
        bob.post(&format!("/repos/ada/app/issues/{number}/comments"), json!({ "body": "/vso help" })).await.expect(201);
    let path = format!("/repos/ada/app/issues/comments/{}/reactions", made["id"]);
    let first = ada.post(&path, json!({ "content": "eyes" })).await.expect(201);
    let again = ada.post(&path, json!({ "content": "eyes" })).await.expect(200);
    assert_eq!(first["id"], again["id"]);
    bob.post(&path, json!({ "content": "eyes" })).await.expect(201);
    assert_eq!(ada.get(&path).await.expect(200).as_array().map(Vec::len), Some(2));
    ada.post(&path, json!({ "content": "tea" })).await.refused(422);
    ada.delete(&format!("{path}/{}", first["id"])).await.expect(204);
    let comment = ada.get(&format!("/repos/ada/app/issues/comments/{}", made["id"])).await.expect(200);
    assert_eq!(comment["reactions"]["eyes"], 1);
}

#[tokio::test]
async fn comments_are_changed_by_who_may() {
    let world = World::new().await;
    let number = opened(&world).await;
    let (ada, bob, action) = (world.person("ada").await, world.person("bob").await, world.action().await);
    world.control("POST", "users", json!({ "login": "eve" })).await.expect(201);
    let eve = world.person("eve").await;
    let path = format!("/repos/ada/app/issues/{number}/comments");
    let made = action.post(&path, json!({ "body": "by the Action" })).await.expect(201);
    assert_eq!(made["user"]["login"], "github-actions[bot]");
    assert_eq!(made["performed_via_github_app"]["slug"], "github-actions");
    let one = format!("/repos/ada/app/issues/comments/{}", made["id"]);
    eve.patch(&one, json!({ "body": "by Eve" })).await.refused(403);
    bob.patch(&one, json!({ "body": "by Bob" })).await.expect(200);
    eve.post(&path, json!({ "body": "anybody may speak" })).await.expect(201);
    eve.post(&path, json!({ "body": " " })).await.refused(422);
    assert_eq!(ada.get(&path).await.expect(200).as_array().map(Vec::len), Some(2));
    ada.delete(&one).await.expect(204);
    ada.get(&one).await.refused(404);
}

#[tokio::test]
async fn mentions_outside_code_tell_people_once() {
    let world = World::new().await;
    let number = opened(&world).await;
    let ada = world.person("ada").await;
    let path = format!("/repos/ada/app/issues/{number}/comments");
    let body = "`@bob` and @nobody-known, a@bob.example\n\n```\n@bob\n```\n";
    let made = ada.post(&path, json!({ "body": body })).await.expect(201);
    assert_eq!(told(&world).await, Vec::<String>::new());
    let one = format!("/repos/ada/app/issues/comments/{}", made["id"]);
    ada.patch(&one, json!({ "body": "now @bob" })).await.expect(200);
    ada.patch(&one, json!({ "body": "now @bob again" })).await.expect(200);
    assert_eq!(told(&world).await, ["bob mention ada"]);
    ada.patch(&format!("/repos/ada/app/pulls/{number}"), json!({ "body": "@bob", "title": "@bob" })).await.expect(200);
    assert_eq!(told(&world).await.len(), 3);
}

#[tokio::test]
async fn commit_messages_tell_people_too() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.git(&["checkout", "-q", "-b", "one"]);
    clone.commit("x", "x\n", "thanks @bob, `@ada`");
    clone.push("one");
    clone.push("two");
    assert_eq!(told(&world).await, ["bob mention ada"]);
}

#[tokio::test]
async fn numbers_after_a_hash_link_back() {
    let world = World::new().await;
    let number = opened(&world).await;
    let ada = world.person("ada").await;
    let made = ada.post("/repos/ada/app/issues", json!({ "title": "T", "body": "`#1` #99" })).await.expect(201);
    assert_eq!(world.report().await["references"], json!([]));
    let path = format!("/repos/ada/app/issues/{}", made["number"]);
    ada.patch(&path, json!({ "body": format!("see #{number}") })).await.expect(200);
    let wanted = json!([{ "repo": "ada/app", "from": made["number"], "to": number, "place": "body" }]);
    assert_eq!(world.report().await["references"], wanted);
}

#[tokio::test]
async fn reviews_are_asked_of_collaborators_once() {
    let world = World::new().await;
    let number = opened(&world).await;
    let ada = world.person("ada").await;
    world.control("POST", "users", json!({ "login": "eve" })).await.expect(201);
    let path = format!("/repos/ada/app/pulls/{number}/requested_reviewers");
    for asked in [["ada"], ["eve"]] {
        ada.post(&path, json!({ "reviewers": asked })).await.refused(422);
    }
    ada.post(&path, json!({ "team_reviewers": ["nobody"] })).await.refused(422);
    let asked = json!({ "reviewers": ["bob"] });
    ada.post(&path, asked.clone()).await.expect(201);
    let pull = ada.post(&path, asked).await.expect(201);
    assert_eq!(pull["requested_reviewers"][0]["login"], "bob");
    assert_eq!(told(&world).await, ["bob review_requested ada"]);
    assert_eq!(ada.get(&path).await.expect(200)["users"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_page_shows_text_and_runs_none() {
    let world = World::new().await;
    let number = opened(&world).await;
    let ada = world.person("ada").await;
    let body = "<script>alert(1)</script> & \"quotes\"";
    ada.patch(&format!("/repos/ada/app/pulls/{number}"), json!({ "title": "<b>bold</b>", "body": body }))
        .await
        .expect(200);
    ada.post(&format!("/repos/ada/app/issues/{number}/comments"), json!({ "body": "<img src=x>" })).await.expect(201);
    let get = async |path: &str| {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        client.get(format!("{}{path}", world.url)).send().await.expect("an answer").text().await.expect("a text")
    };
    let page = get(&format!("/ada/app/pull/{number}")).await;
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;"), "{page}");
    assert!(page.contains("&lt;img src=x&gt;") && !page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(get("/").await.contains("ada/app"));
    assert!(get("/ada/app").await.contains("&lt;b&gt;bold&lt;/b&gt;"));
}
