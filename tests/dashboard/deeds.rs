//! What the buttons do: sync, merge, close, reopen, ready, settle a conflict, retry and cancel; and exports.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::visit::{Visit, field};
use crate::world::project::Project;

const LOANS: &str = "vertical-slices/slice-003-loans/spec.md";

#[test]
fn a_stale_slice_is_synced_merged_and_in_step() {
    let visit = Visit::in_step();
    visit.edit("master-spec.md", "with a title", "with a title and a photo");
    assert!(visit.does("/sync", &[]).contains("1 opened"));
    let proposals = visit.api("/proposals");
    let number = proposals["proposals"][0]["number"].as_u64().unwrap();
    assert_eq!(visit.api("/overview")["needs"][0]["attention"], "merge");
    assert!(visit.does(&format!("/proposals/{number}/close"), &[]).contains("is closed"));
    assert!(visit.does("/sync", &[]).contains("Synced"));
    assert!(visit.does(&format!("/proposals/{number}/reopen"), &[]).contains("is open"));
    assert!(visit.does(&format!("/proposals/{number}/merge"), &[("style", "squash")]).contains("is merged into main"));
    assert!(visit.does(&format!("/proposals/{number}/merge"), &[]).contains("bad"), "twice is refused and said");
    assert!(visit.does("/sync", &[]).contains("everything is in step"));
    let overview = visit.api("/overview");
    assert!(overview["slices"].as_array().unwrap().iter().all(|row| row["freshness"] == "in-step"), "{overview}");
    assert!(visit.server.world.read("vertical-slices/slice-002-catalogue/spec.md").contains("and a photo"));
    let merges = visit.api("/analytics");
    assert!(merges["merges"].as_array().unwrap().len() >= 6, "{merges}");
}

/// A conflict in the loans' FR-020, seen by the server.
fn conflict() -> Visit {
    let visit = Visit::in_step();
    visit.edit("master-spec.md", "borrow a tool that is available", "borrow a tool that is available today");
    visit.edit(LOANS, "borrow a tool that is available", "borrow a tool that is not lent");
    visit
}

#[test]
fn a_conflict_is_previewed_and_committed_as_it_was_shown() {
    let visit = conflict();
    let page = visit.page("/conflicts?slice=slice-003-loans");
    assert!(
        page.contains("available today") && page.contains("not lent") && page.contains("What stands there afterwards?")
    );
    let (slice, item) = (field(&page, "slice"), field(&page, "item"));
    let choice = [("slice", slice.as_str()), ("item", item.as_str()), ("take", "master"), ("text", "")];
    let preview = visit.post("/conflicts/preview", &choice);
    assert!(preview.status == 200 && preview.body.contains("Preview of the commit"), "{}", preview.body);
    assert!(preview.body.contains("available today"), "{}", preview.body);
    let head = visit.git(&["rev-parse", "HEAD"]);
    let seen = field(&preview.body, "seen");
    assert!(
        visit
            .does("/conflicts/commit", &[&choice[..], &[("seen", "00")]].concat())
            .contains("changed since this was shown")
    );
    assert_eq!(visit.git(&["rev-parse", "HEAD"]), head);

    // What a person has on disk and did not commit is not swept into the commit.
    let text = visit.server.world.read(LOANS);
    visit.server.world.write(LOANS, format!("{text}\nA note of mine.\n"));
    let said = visit.does("/conflicts/commit", &[&choice[..], &[("seen", &seen)]].concat());
    assert!(said.contains("bad"), "{said}");
    visit.server.world.write(LOANS, &text);

    visit.server.world.write("other.txt", "staged\n");
    visit.git(&["add", "other.txt"]);
    let said = visit.does("/conflicts/commit", &[&choice[..], &[("seen", &seen)]].concat());
    assert!(said.contains("Settled"), "{said}");
    assert_eq!(visit.git(&["rev-parse", "HEAD~1"]), head, "one commit");
    assert_eq!(visit.git(&["status", "--porcelain"]), "A  other.txt\n", "what was staged still is");
    let message = visit.git(&["log", "-1", "--format=%s"]);
    assert!(
        message.contains("slice-003-loans") && message.contains("the master&#x27;s".replace("&#x27;", "'").as_str()),
        "{message}"
    );
    assert!(visit.server.world.read(LOANS).contains("available today"));
    assert!(visit.page("/conflicts").contains("No conflict waits"));
    assert!(visit.does("/sync", &[]).contains("Synced"));
}

#[test]
fn a_text_of_ones_own_goes_in_and_up() {
    let visit = conflict();
    let page = visit.page("/conflicts");
    let (slice, item) = (field(&page, "slice"), field(&page, "item"));
    let conflicts = visit.api("/conflicts");
    let both = conflicts["conflicts"][0]["both"].as_str().unwrap().to_owned();
    assert!(both.contains("not lent") && both.contains("available today"), "{both}");
    let own = conflicts["conflicts"][0]["slice"].as_str().unwrap().replace("not lent", "neither lent nor <broken>");
    let choice = [("slice", slice.as_str()), ("item", item.as_str()), ("take", "edit"), ("text", own.as_str())];
    let preview = visit.post("/conflicts/preview", &choice);
    assert_eq!(preview.status, 200, "{}", preview.body);
    let seen = field(&preview.body, "seen");
    let said = visit.does("/conflicts/commit", &[&choice[..], &[("seen", &seen)]].concat());
    assert!(said.contains("Settled"), "{said}");
    assert!(visit.server.world.read(LOANS).contains("neither lent nor <broken>"));
}

#[test]
fn a_conflict_goes_to_the_branch_that_is_chosen() {
    let visit = conflict();
    assert!(visit.does("/sync", &[]).contains("Synced"));
    let page = visit.page("/conflicts");
    assert!(page.contains("The commit goes to") && page.contains("checked out here"), "{page}");
    let item = visit.api("/conflicts")["conflicts"][0].clone();
    let branch = item["places"][1]["branch"].as_str().unwrap_or_else(|| panic!("{item}")).to_owned();
    let (slice, name) = (item["slice_id"].as_str().unwrap(), item["item"].as_str().unwrap());
    let choice = [("slice", slice), ("item", name), ("take", "master"), ("text", ""), ("branch", branch.as_str())];
    let preview = visit.post("/conflicts/preview", &choice).body;
    let main = visit.git(&["rev-parse", "main"]);
    let said = visit.does("/conflicts/commit", &[&choice[..], &[("seen", &field(&preview, "seen"))]].concat());
    assert!(said.contains("Settled") && said.contains(&branch), "{said}");
    assert_eq!(visit.git(&["rev-parse", "main"]), main, "main stays");
    assert!(visit.git(&["show", &format!("{branch}:{LOANS}")]).contains("available today"));
    assert!(visit.page("/conflicts").contains("No conflict waits"));
    let elsewhere = [("slice", slice), ("item", name), ("take", "master"), ("text", ""), ("branch", "no-such")];
    assert_eq!(visit.post("/conflicts/preview", &elsewhere).status, 409);
}

#[test]
fn another_branch_is_not_touched() {
    let visit = conflict();
    visit.git(&["switch", "-q", "-c", "elsewhere"]);
    let conflicts = visit.api("/conflicts");
    let item = conflicts["conflicts"][0]["item"].as_str().unwrap().to_owned();
    // HEAD's own branch is what proposals are for unless vso.toml names another one.
    assert_eq!(conflicts["branch"], "elsewhere");
    assert!(!item.is_empty());
}

#[test]
fn jobs_are_explained_cancelled_and_tried_again() {
    let project = Project::in_step();
    project.vso(&["hook", "install"]).exits(0);
    project.edit_master("with a title", "with a title and a photo");
    let visit = Visit::of(project);
    let queue = visit.api("/queue");
    let job = queue["jobs"][0]["id"].as_i64().unwrap_or_else(|| panic!("a hook queues a job: {queue}"));
    assert!(visit.page(&format!("/queue/{job}")).contains("The next worker that can do its kind takes it"));
    assert!(visit.does(&format!("/queue/{job}/cancel"), &[]).contains("is cancelled"));
    assert!(visit.does(&format!("/queue/{job}/cancel"), &[]).contains("nothing to cancel"));
    assert!(visit.does(&format!("/queue/{job}/retry"), &[]).contains("waits for a worker again"));
    assert_eq!(visit.api("/queue?status=queued")["jobs"].as_array().unwrap().len(), 1);
}

#[test]
fn activity_is_filtered_searched_and_exported() {
    let visit = Visit::in_step();
    let all = visit.api("/activity");
    assert!(all["events"].as_array().unwrap().len() >= 10, "{all}");
    let opened = visit.api("/activity?kind=proposal.opened&subject=slice-003-loans");
    assert_eq!(opened["events"].as_array().unwrap().len(), 1);
    let found = visit.api("/activity?q=SLICE-004");
    assert!(found["events"].as_array().unwrap().iter().all(|event| event.to_string().contains("slice-004")));
    let csv = visit.get("/activity/export?format=csv&kind=proposal.opened");
    assert!(
        csv.headers["content-type"].starts_with("text/csv")
            && csv.headers["content-disposition"].contains("vso-activity.csv")
    );
    assert!(csv.body.starts_with("\"id\",\"at\",\"kind\",\"subject\",\"data\"\r\n"), "{}", csv.body);
    let json = visit.get("/activity/export?format=json");
    assert_eq!(json.json().as_array().unwrap().len(), all["events"].as_array().unwrap().len());
    assert_eq!(visit.get("/activity?before=nonsense").status, 422);
    let log = visit.get("/logs/export?format=csv&log=sync");
    assert!(log.body.contains("slice-003-loans"), "{}", log.body);
}

#[test]
fn deliveries_are_shown_explained_and_taken_back() {
    let secret = "a secret for tests alone, 0123456789";
    let project = Project::in_step();
    let server = crate::client::Server::with(project.world, &[("VSO_WEBHOOK_SECRET", secret)]);
    let cookie = server.enter();
    let visit = Visit { server, cookie };
    assert!(visit.page("/deliveries").contains("Nothing fits"));
    let body = b"{\"zen\":\"<script>alert(1)</script>\",\"repository\":{\"full_name\":\"o/n\"}}";
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let mac = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "push"),
        ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        ("x-hub-signature-256", mac.as_str()),
    ];
    assert_eq!(visit.server.send("POST", "/webhooks", &headers, body).status, 202);
    let all = visit.api("/deliveries");
    let id = all["deliveries"][0]["id"].as_i64().unwrap_or_else(|| panic!("{all}"));
    assert_eq!(all["deliveries"][0]["event"], "push");
    let page = visit.page(&format!("/deliveries/{id}"));
    assert!(page.contains("72d3162e") && page.contains("&lt;script&gt;alert(1)") && page.contains("Why it stands so"));
    assert!(visit.does(&format!("/deliveries/{id}/cancel"), &[]).contains("is cancelled"));
    assert!(visit.does(&format!("/deliveries/{id}/retry"), &[]).contains("waits for a worker again"));
    assert_eq!(visit.get("/deliveries/999").status, 404);
    assert!(visit.page("/search?q=72d3162e").contains("/deliveries/"));
}
