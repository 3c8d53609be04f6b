//! The dashboard of a server for an App: nothing is checked out there, so conflicts are settled on the branches of
//! proposals, pushed, and seen in their pull requests.

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use vso::sync::fleet::Fleet;

use super::office::{KEY, Office};
use crate::hub::world::HubWorld;

const LOANS: &str = "vertical-slices/slice-003-loans/spec.md";

/// Master and slice say FR-020 differently; the pull request that asks is open.
fn in_conflict() -> Office {
    let world = HubWorld::in_step();
    let app = world.app();
    world.project.edit(LOANS, "borrow a tool that is available", "borrow a tool that is not lent");
    world.edit_master("borrow a tool that is available", "borrow a tool that is available today");
    world.vso_with(&world.app_variables(&app), &["sync"]).exits(1);
    Office::open(world, app)
}

/// The branch of the loans' open proposal on the hub.
fn branch(office: &Office) -> String {
    office.world.open_branches().into_iter().find(|branch| branch.contains("loans")).unwrap()
}

fn first(office: &Office) -> Value {
    let found = office.api("/conflicts");
    assert!(!found["conflicts"].as_array().unwrap().is_empty(), "{found}");
    found["conflicts"][0].clone()
}

fn choice(item: &Value, take: &str, text: &str) -> Value {
    json!({
        "slice": item["slice_id"], "item": item["item"], "take": take, "text": text, "branch": item["places"][0]["branch"],
    })
}

#[test]
fn a_conflict_is_settled_on_the_proposals_branch_where_people_see_it() {
    let office = in_conflict();
    let branch = branch(&office);
    let page = office.page("/conflicts");
    assert!(page.contains("not lent") && page.contains("available today") && page.contains(&branch), "{page}");
    assert!(!page.contains("checked out here"), "{page}");
    let item = first(&office);
    assert_eq!(item["places"].as_array().unwrap().len(), 1, "{item}");
    let choice = choice(&item, "master", "");
    let before = office.world.branches();
    let preview = office.ask("/conflicts/preview", &choice).json();
    assert_eq!(preview["branch"], branch.as_str(), "{preview}");
    assert!(preview["files"].to_string().contains("available today"), "{preview}");
    let commit = |seen: &Value| office.ask("/conflicts/commit", &json!({ "choice": choice, "seen": seen }));
    assert_eq!(commit(&json!("00")).status, 409);
    assert_eq!(office.world.branches(), before, "nothing moved");

    // Bob commits to the branch meanwhile: what was shown is not what would be committed.
    office.world.commit_on(&branch, "vertical-slices/slice-003-loans/docs/why.md", |_| "because\n".into());
    let refused = commit(&preview["seen"]);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(office.world.show(&branch, LOANS).contains("not lent"));

    let done = office.settle(&choice);
    assert!(done["words"].as_str().unwrap().starts_with("Settled "), "{done}");
    assert!(office.world.show(&branch, LOANS).contains("available today"), "{done}");
    assert_eq!(office.world.show(&branch, "vertical-slices/slice-003-loans/docs/why.md"), "because\n");
    assert_eq!(office.api("/conflicts")["conflicts"], json!([]));
    assert_eq!(office.api("/activity?kind=conflict.settled")["events"].as_array().unwrap().len(), 1);

    // It can be merged now, there as everywhere, and both sides are in step.
    let number = office.api("/proposals")["proposals"][0]["number"].as_u64().unwrap();
    let merged = office.ask(&format!("/proposals/{number}/merge"), &json!({ "style": "squash" }));
    assert_eq!(merged.status, 200, "{}", merged.body);
    assert!(office.world.show("main", LOANS).contains("available today"));
    assert_eq!(office.world.open_pulls().len(), 0);
    assert!(office.page("").contains("Nothing: master and slices are in step"), "{}", office.page(""));
}

#[test]
fn a_text_of_ones_own_goes_onto_the_branch_and_up() {
    let office = in_conflict();
    let item = first(&office);
    assert!(item["both"].as_str().unwrap().contains("not lent"));
    let own = item["slice"].as_str().unwrap().replace("not lent", "neither lent nor <broken>");
    let done = office.settle(&choice(&item, "edit", &own));
    assert!(office.world.show(&branch(&office), LOANS).contains("neither lent nor <broken>"), "{done}");
}

#[test]
fn what_only_the_branch_has_is_shown_and_settled() {
    let world = HubWorld::in_step();
    let app = world.app();
    let variables = world.app_variables(&app);
    world.edit_master("borrow a tool that is available", "borrow a tool that is available today");
    world.vso_with(&variables, &["sync"]).exits(0);
    let name = world.open_branches().remove(0);
    world.commit_on(&name, LOANS, |text| text.replace("that is available today", "that is not lent"));
    world.edit_master("that is available today", "that is available tomorrow");
    world.vso_with(&variables, &["sync"]).exits(1);
    let office = Office::open(world, app);
    assert!(office.page("").contains("to settle on its branch"), "{}", office.page(""));
    let item = first(&office);
    assert!(
        item["slice"].as_str().unwrap().contains("not lent") && item["master"].as_str().unwrap().contains("tomorrow"),
        "{item}"
    );
    office.settle(&choice(&item, "slice", ""));
    assert!(office.world.show(&name, LOANS).contains("not lent"));
    assert_eq!(office.api("/conflicts")["conflicts"], json!([]));
}

#[test]
fn proposals_are_closed_reopened_and_made_anew_as_pull_requests() {
    let office = in_conflict();
    let number = office.api("/proposals")["proposals"][0]["number"].as_u64().unwrap();
    let deed = |word: &str| office.ask(&format!("/proposals/{number}/{word}"), &json!({}));
    assert_eq!(deed("close").status, 200);
    assert_eq!(office.world.open_pulls().len(), 0);
    assert_eq!(deed("reopen").status, 200);
    assert_eq!(office.world.open_pulls().len(), 1);
    assert_eq!(deed("ready").status, 200);
    let merged = deed("merge");
    assert!(merged.status == 409 && merged.body.contains("open conflict"), "{}", merged.body);
    let anew = deed("regenerate");
    assert_eq!(anew.status, 200, "{}", anew.body);
    assert_eq!(office.ask("/sync", &json!({})).status, 200);
    // While GitHub is away nothing is merged in the mirror alone.
    office.settle(&choice(&first(&office), "master", ""));
    let before = office.api("/overview")["commit"].clone();
    office.world.hub.fault(&json!({ "path": "/repos/**", "kind": "status", "status": 503, "times": 1000 }));
    let away = deed("merge");
    assert!(away.status >= 400, "{}", away.body);
    office.world.hub.heal();
    assert_eq!(office.api("/overview")["commit"], before);
}

/// Sends a delivery about a repository, as GitHub does.
fn delivered(office: &Office, guid: &str, id: u64, name: &str) {
    let body = json!({ "ref": "refs/tags/v1", "repository": { "id": id, "full_name": name } }).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(office.app.webhook_secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "push"),
        ("x-github-delivery", guid),
        ("x-hub-signature-256", signature.as_str()),
    ];
    assert_eq!(office.server.send("POST", "/webhooks", &headers, body.as_bytes()).status, 202);
}

#[test]
fn a_repository_shows_its_own_deliveries_under_all_its_names_and_no_others() {
    let world = HubWorld::in_step();
    let app = world.app();
    let office = Office::open(world, app);
    let own = office.member.id;
    let guid = |number: u32| format!("72d3162e-cc78-11e3-81ab-{number:012}");
    delivered(&office, &guid(1), own, "acme/old-name");
    delivered(&office, &guid(2), own, "acme/design");
    delivered(&office, &guid(3), own + 1, "acme/design");
    let found = office.api("/deliveries");
    let rows = found["deliveries"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["repository"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme/design", "acme/old-name"], "{found}");
    let foreign = rows[0]["id"].as_i64().unwrap() + 1;
    assert_eq!(office.get(&format!("/deliveries/{foreign}")).status, 404);
    assert!(office.page(&format!("/deliveries/{}", rows[1]["id"])).contains("old-name"));
    for word in ["cancel", "retry"] {
        assert_eq!(office.ask(&format!("/deliveries/{foreign}/{word}"), &json!({})).status, 404);
        let token = office.token();
        let form = [("cookie", &*office.cookie), ("content-type", "application/x-www-form-urlencoded")];
        let path = format!("/r/{KEY}/deliveries/{foreign}/{word}");
        assert_eq!(office.server.send("POST", &path, &form, format!("csrf={token}").as_bytes()).status, 404);
    }
    let hits = office.api(&format!("/search?q={}", guid(3)));
    assert_eq!(hits["deliveries"], json!([]), "{hits}");
    assert_eq!(office.api(&format!("/search?q={}", guid(1)))["deliveries"].as_array().unwrap().len(), 1);
}

#[test]
fn the_first_page_says_what_is_wrong_first_and_what_is_missing() {
    let office = in_conflict();
    let of = |name: &str, id: u64| {
        let fleet = Fleet::open(&office.server.world.path().join("data"), &office.world.hub.url).unwrap();
        fleet.admit(id, ("acme", name), office.app.installation).unwrap()
    };
    let plain = of("a-plain-one", 9_000_001);
    of("b-empty-one", 9_000_002);
    // One with a commit and no master.
    let bare = plain.root.to_str().unwrap();
    let git = |arguments: &[&str]| office.server.world.git(&[&["-C", bare], arguments].concat());
    let commit = git(&["commit-tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "-m", "nothing"]);
    git(&["update-ref", "refs/heads/main", commit.trim()]);
    let office = office.again();
    let page = office.server.get("/", &[("cookie", &office.cookie)]);
    assert_eq!(page.status, 200, "{}", page.body);
    let at = |words: &str| page.body.find(words).unwrap_or_else(|| panic!("{words}: {}", page.body));
    assert!(
        at("/r/acme.design\"") < at("/r/acme.a-plain-one\"")
            && at("/r/acme.a-plain-one\"") < at("/r/acme.b-empty-one\"")
    );
    at("1 conflict to settle");
    at("There is no master-spec.md on main.");
    at("Nothing of main is here yet.");
    let found = office.server.get("/?q=plain", &[("cookie", &office.cookie)]);
    assert!(found.body.contains("a-plain-one") && !found.body.contains("b-empty-one"));
    let lacks = office.server.get("/r/acme.a-plain-one", &[("cookie", &office.cookie)]);
    assert!(lacks.status == 200 && lacks.body.contains("project.master"), "{}", lacks.body);
    let settings = office.page("/settings");
    assert!(settings.contains("fetched") && settings.contains("/server"), "{settings}");
    let server = office.server.get("/server", &[("cookie", &office.cookie)]);
    assert_eq!(server.status, 200, "{}", server.body);
    for words in ["signs in as an App", "3 mirrors with", "mirrors.most-mb", "VSO_APP_PRIVATE_KEY", "set, hidden"] {
        assert!(server.body.contains(words), "{words}: {}", server.body);
    }
    assert!(!server.body.contains("PRIVATE KEY-----") && !server.body.contains(&office.app.webhook_secret));
}
