//! Checks on the hub: what people read beside a commit, in batches and with true totals, written once, by whoever may.

use serde_json::{Value, json};

use super::world::{HubWorld, REPO};

const UNIQUE: &str = "An email address must be unique.";
const NAMES: [&str; 3] = ["vso / slices", "vso / specification", "vso / trace"];
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

/// `vso check --json` with a token, whatever it says.
#[track_caller]
fn check(world: &HubWorld, token: &str, arguments: &[&str]) -> Value {
    let ran = world.vso_with(&world.variables(token), &[&["check", "--json"], arguments].concat());
    assert!(matches!(ran.code, 0 | 1), "exit {}\n{}\n{}", ran.code, ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}\n{}", ran.out))
}

fn head(world: &HubWorld) -> String {
    world.project.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// All check runs of a commit, also those that a later one of the same name hides.
pub fn all(world: &HubWorld, commit: &str) -> Vec<Value> {
    let path = format!("/repos/{REPO}/commits/{commit}/check-runs?per_page=100&filter=all");
    world.hub.api(&world.alice, "GET", &path, &Value::Null).ok()["check_runs"].as_array().unwrap().clone()
}

/// The names of a commit's check runs, in order.
fn names(world: &HubWorld, commit: &str) -> Vec<String> {
    let mut names: Vec<String> =
        all(world, commit).iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// One check run of a commit.
#[track_caller]
fn run(world: &HubWorld, commit: &str, name: &str) -> Value {
    let runs = all(world, commit);
    let mut found = runs.iter().filter(|run| run["name"] == name);
    let run = found.next().unwrap_or_else(|| panic!("no {name} in {runs:?}"));
    assert!(found.next().is_none(), "{name} is there twice");
    run.clone()
}

fn text<'a>(run: &'a Value, key: &str) -> &'a str {
    run[key].as_str().unwrap_or_default()
}

/// The calls since a mark that wrote something; getting a token writes nothing.
fn writes(world: &HubWorld, mark: usize) -> Vec<String> {
    let calls = world.hub.calls(mark);
    calls.into_iter().filter(|call| !call.starts_with("GET ") && !call.contains("/access_tokens")).collect()
}

#[test]
fn three_checks_are_written_once() {
    let world = HubWorld::in_step();
    let commit = head(&world);
    let before = world.hub.mark();
    let report = check(&world, &world.action, &["--publish"]);
    assert_eq!(report["published"], json!({ "written": 3, "same": 0, "refused": false }));
    assert_eq!(names(&world, &commit), NAMES);
    assert_eq!(writes(&world, before).len(), 3);
    for check in report["checks"].as_array().unwrap() {
        let run = run(&world, &commit, check["name"].as_str().unwrap());
        assert_eq!((text(&run, "status"), &run["conclusion"]), ("completed", &check["conclusion"]));
        assert_eq!(run["output"]["title"], check["title"]);
        assert_eq!(run["output"]["annotations_count"], check["annotations"].as_array().unwrap().len());
    }
    let mark = world.hub.mark();
    assert_eq!(check(&world, &world.action, &["--publish"])["published"]["same"], 3);
    assert_eq!(writes(&world, mark), Vec::<String>::new());
    world.assert_nothing_else(&[], 0);
}

#[test]
fn more_annotations_than_a_request_holds_come_in_batches_with_true_totals() {
    let world = HubWorld::new();
    let many: String =
        (0..120).map(|at| format!("- **FR-{}** [component: Loans] TODO: what comes {at}.\n", 100 + at)).collect();
    world.edit_master("## Architecture", &format!("{many}\n## Architecture"));
    let commit = head(&world);
    let before = world.hub.mark();
    let report = check(&world, &world.action, &["--publish"]);
    let specification = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == NAMES[1]).unwrap();
    let total = specification["annotations"].as_array().unwrap().len();
    assert!((120..500).contains(&total), "{total}");
    let seen = run(&world, &commit, NAMES[1]);
    assert_eq!(seen["output"]["annotations_count"], total);
    assert!(text(&seen["output"], "title").contains(&total.to_string()), "{}", seen["output"]["title"]);
    let all = |name: &str| -> usize {
        let annotations = specification["annotations"].as_array().unwrap();
        annotations.iter().filter(|one| one["level"] == name).count()
    };
    assert_eq!(all("failure") + all("warning") + all("notice"), total);
    let batches = total.div_ceil(50);
    assert_eq!(writes(&world, before).len(), batches + 2, "{:?}", writes(&world, before));
    // 127 requirements that nobody tests: one request, and the title knows of all of them.
    let trace = run(&world, &commit, NAMES[2]);
    assert_eq!(trace["output"]["annotations_count"], 50);
    assert_eq!(text(&trace["output"], "title"), "nobody tests 127 of 127 requirements");
    assert!(text(&trace["output"], "summary").contains("50 annotations of 127"));
    let mark = world.hub.mark();
    check(&world, &world.action, &["--publish"]);
    assert_eq!(writes(&world, mark), Vec::<String>::new());
}

#[test]
fn an_app_has_buttons_and_a_person_has_statuses() {
    let world = HubWorld::in_step();
    world.project.edit(SPEC, UNIQUE, "An email address must be unique, whatever its case.");
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    let commit = head(&world);
    let app = world.app();
    let ran = world.vso_with(&world.app_variables(&app), &["check", "--publish"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let slices = run(&world, &commit, NAMES[0]);
    assert_eq!(text(&slices, "conclusion"), "action_required");
    assert!(text(&slices["output"], "title").starts_with("1 open conflict in 1 slice"), "{slices}");

    let token = world.personal();
    let mark = world.hub.mark();
    let report = check(&world, &token, &["--publish"]);
    assert_eq!(report["published"]["written"], 3, "{report}");
    assert!(writes(&world, mark).iter().all(|call| call.contains("/statuses/")), "{:?}", writes(&world, mark));
    let path = format!("/repos/{REPO}/commits/{commit}/status");
    let status = world.hub.api(&world.alice, "GET", &path, &Value::Null).ok();
    let mut states: Vec<(String, String)> = status["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|status| (text(status, "context").to_owned(), text(status, "state").to_owned()))
        .collect();
    states.sort();
    let state = |at: usize, state: &str| (NAMES[at].to_owned(), state.to_owned());
    assert_eq!(states, [state(0, "failure"), state(1, "success"), state(2, "failure")]);
    let mark = world.hub.mark();
    assert_eq!(check(&world, &token, &["--publish"])["published"]["same"], 3);
    assert_eq!(writes(&world, mark), Vec::<String>::new());
}

#[test]
fn a_token_that_only_reads_says_so_and_the_checks_decide() {
    let world = HubWorld::in_step();
    let kind = json!({ "kind": "actions", "repo": REPO, "permissions": { "contents": "read", "checks": "read", "metadata": "read" } });
    let made = world.hub.control("POST", "tokens", &kind);
    let token = made["token"].as_str().unwrap();
    let commit = head(&world);
    let report = check(&world, token, &["--publish"]);
    assert_eq!(report["published"], json!({ "written": 0, "same": 0, "refused": true }));
    assert!(report["notes"][0].as_str().unwrap().starts_with("checks are not published: "), "{report}");
    assert_eq!(names(&world, &commit), Vec::<String>::new());
    let summary = world.project.world.path().join("summary.md");
    let arguments = ["check", "--publish", "--format", "github", "--summary", &summary.to_string_lossy()];
    let ran = world.vso_with(&world.variables(token), &arguments);
    // Nobody tests anything yet: that decides, not the token.
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("::error file=master-spec.md") && ran.err.contains("note: checks are not"), "{}", ran.err);
    assert!(world.project.world.read("summary.md").contains("vso / trace"));
    world.project.vso(&["check", "--publish"]).exits(2);
}

#[test]
fn hostile_text_notifies_nobody_and_leaks_nothing() {
    let world = HubWorld::new();
    let secret = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    let hostile = format!("TODO ::error::x @everyone @bob #1 <!-- vso:proposal 1 --> `code` {secret} \u{1b}[31m");
    world.edit_master("A visitor can register with an email address.", &format!("A visitor must {hostile}"));
    let commit = head(&world);
    check(&world, &world.action, &["--publish"]);
    for run in world.checks(&commit) {
        let said = run["output"].to_string();
        for part in ["@everyone", "@bob", "<!--", "\\u001b", "ghp_a1"] {
            assert!(!said.contains(part), "{part} in {said}");
        }
    }
    let annotations = world.checks(&commit).into_iter().map(|run| {
        let path = format!("/repos/{REPO}/check-runs/{}/annotations?per_page=100", run["id"]);
        world.hub.api(&world.alice, "GET", &path, &Value::Null).ok().to_string()
    });
    let annotations: String = annotations.collect();
    assert!(annotations.contains("master-spec.md") && !annotations.contains("ghp_a1"), "{annotations}");
    // Alice's own commit message mentions whom it mentions.
    let state = world.hub.state();
    let told: Vec<&Value> =
        state["notifications"].as_array().unwrap().iter().filter(|one| one["by"] != "alice").collect();
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn work_that_can_not_be_done_never_passes_a_required_check() {
    let world = HubWorld::in_step();
    world.project.world.write("master-spec.md", b"# \xff\n");
    world.project.commit("no text");
    world.push(&["main"]);
    let commit = head(&world);
    check(&world, &world.action, &["--publish"]);
    for name in NAMES {
        let run = run(&world, &commit, name);
        assert_eq!(text(&run, "conclusion"), "action_required", "{name}");
        assert!(
            text(&run["output"], "title").contains("not UTF-8") && text(&run["output"], "summary").contains("UTF-8")
        );
    }
}

#[test]
fn what_is_cut_off_is_found_and_finished() {
    let world = HubWorld::in_step();
    let commit = head(&world);
    // The effect is there, and its answer is lost.
    world.hub.fault(&json!({ "method": "POST", "path": "**/check-runs", "times": 1, "kind": "cut-after" }));
    let mark = world.hub.mark();
    check(&world, &world.action, &["--publish"]);
    assert_eq!(names(&world, &commit), NAMES);
    let looks =
        world.hub.calls(mark).iter().filter(|call| call.contains(&format!("/commits/{commit}/check-runs"))).count();
    assert_eq!(looks, 2, "the lost answer was not looked for: {:?}", world.hub.calls(mark));
    world.hub.heal();
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    let commit = head(&world);
    world.hub.fault(
        &json!({ "method": "POST", "path": "**/check-runs", "skip": 1, "times": 9, "kind": "status", "status": 422 }),
    );
    let ran = world.vso(&["check", "--publish"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.contains("vso / slices"), "what can't be published is printed: {}", ran.out);
    world.hub.heal();
    let report = check(&world, &world.action, &["--publish"]);
    assert_eq!(report["published"], json!({ "written": 2, "same": 1, "refused": false }));
    assert_eq!(names(&world, &commit), NAMES);
}
