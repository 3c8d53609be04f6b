//! Refs and comparisons over REST.

use serde_json::json;

use super::world::World;

const REFS: &str = "/repos/ada/app/git/refs";

#[tokio::test]
async fn a_ref_that_is_missing_can_be_made_but_not_moved() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let main = world.clone("ada/app", &ada.token, "a").git(&["rev-parse", "origin/main"]);
    let said = ada.patch(&format!("{REFS}/heads/new"), json!({ "sha": main })).await.refused(422);
    assert_eq!(said, "Reference does not exist");
    assert_eq!(ada.delete(&format!("{REFS}/heads/new")).await.refused(422), "Reference does not exist");
    ada.get("/repos/ada/app/git/ref/heads/new").await.refused(404);
    let asked = json!({ "ref": "refs/heads/new", "sha": main });
    let made = ada.post(REFS, asked.clone()).await.expect(201);
    assert_eq!((&made["ref"], &made["object"]["sha"]), (&json!("refs/heads/new"), &json!(main)));
    assert_eq!(ada.post(REFS, asked).await.refused(422), "Reference already exists");
    ada.delete(&format!("{REFS}/heads/new")).await.expect(204);
    for (name, sha) in [
        ("heads/x", main.as_str()),
        ("refs/heads/x", &"1".repeat(40)),
        ("refs/heads/a..b", &main),
        ("refs/heads/x", "12"),
    ] {
        ada.post(REFS, json!({ "ref": name, "sha": sha })).await.refused(422);
    }
}

#[tokio::test]
async fn only_force_moves_a_ref_sideways() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    let one = clone.branch("one", "one", "x\n");
    let two = clone.branch("two", "two", "x\n");
    let path = format!("{REFS}/heads/one");
    assert_eq!(ada.patch(&path, json!({ "sha": two })).await.refused(422), "Update is not a fast forward");
    ada.patch(&path, json!({ "sha": two, "force": true })).await.expect(200);
    assert_eq!(ada.get("/repos/ada/app/git/ref/heads/one").await.expect(200)["object"]["sha"], two.as_str());
    ada.patch(&path, json!({ "sha": one, "force": true })).await.expect(200);
    ada.patch(&path, json!({ "sha": "2".repeat(40), "force": true })).await.refused(422);
}

#[tokio::test]
async fn refs_are_found_by_their_beginning() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    for name in ["slice-1", "slice-2", "$(touch)"] {
        clone.branch(name, "x", name);
    }
    let found = ada.get("/repos/ada/app/git/matching-refs/heads/slice").await.expect(200);
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    for path in ["$(touch)", "%24%28touch%29"] {
        let odd = ada.get(&format!("/repos/ada/app/git/ref/heads/{path}")).await.expect(200);
        assert_eq!(odd["ref"], "refs/heads/$(touch)");
    }
}

#[tokio::test]
async fn a_comparison_stops_at_300_files() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.git(&["checkout", "-q", "-b", "many"]);
    for number in 0..301 {
        std::fs::write(clone.path.join(format!("f{number}")), "x\n").expect("a file");
    }
    let head = clone.commit("last", "x\n", "many");
    clone.push("many");
    let compared = ada.get("/repos/ada/app/compare/main...many").await.expect(200);
    assert_eq!(compared["files"].as_array().map(Vec::len), Some(300));
    assert_eq!((&compared["status"], &compared["ahead_by"]), (&json!("ahead"), &json!(1)));
    assert_eq!(compared["commits"][0]["sha"], head.as_str());
    let same = ada.get("/repos/ada/app/compare/main...main").await.expect(200);
    assert_eq!((&same["status"], &same["total_commits"]), (&json!("identical"), &json!(0)));
    ada.get("/repos/ada/app/compare/main...nowhere").await.refused(404);
}

#[tokio::test]
async fn contents_and_branches_are_read() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let clone = world.clone("ada/app", &ada.token, "a");
    clone.branch("feature/one", "d/file", "text\n");
    let file = ada.get("/repos/ada/app/contents/d/file?ref=feature/one").await.expect(200);
    assert_eq!((&file["content"], &file["encoding"]), (&json!("dGV4dAo=\n"), &json!("base64")));
    ada.get("/repos/ada/app/contents/d/file").await.refused(404);
    let folder = ada.get("/repos/ada/app/contents/d?ref=feature/one").await.expect(200);
    assert_eq!(folder[0]["path"], "d/file");
    for path in ["feature/one", "feature%2Fone"] {
        assert_eq!(ada.get(&format!("/repos/ada/app/branches/{path}")).await.expect(200)["name"], "feature/one");
    }
    assert_eq!(ada.get("/repos/ada/app/branches/none").await.refused(404), "Branch not found");
}
