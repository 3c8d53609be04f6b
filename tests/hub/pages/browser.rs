//! The dashboard of a server for an App in a real browser, over the demonstration's project with a month behind it: every
//! page at two widths in both themes; and the pictures of the README, made anew with VSO_TEST_README_PICTURES=1.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use vso::ledger::{Class, Clock, Ending, Ledger, NewDelivery, Time, Work};
use vso::sync::fleet::Fleet;

use super::office::Office;
use crate::chromium::{play, play_into};
use crate::hub::world::{HubWorld, REPO};
use crate::world::World;
use crate::world::project::Project;

const DAY: i64 = 86_400_000;
const LOANS: &str = "vertical-slices/slice-004-loans/spec.md";

/// Edits of the master, so many days ago, and after how many hours each was merged.
const MONTH: &[(i64, f64, &str, &str)] = &[
    (24, 30.0, "at most 80 characters", "at most 120 characters"),
    (17, 6.5, "between 1 and 28 days", "between 1 and 21 days"),
    (11, 50.0, "must expire", "must expire and the next member is asked"),
    (5, 3.0, "ten tools that fit", "twelve tools that fit"),
];

/// Letters that look like a commit's, always the same for a text.
fn signature(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// git at a moment, as somebody.
fn git(world: &World, at: Time, who: &str, arguments: &[&str]) {
    let mut command = world.command("git");
    let (date, email) = (at.to_string(), format!("{}@example.invalid", who.to_lowercase()));
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), who).env(format!("GIT_{role}_EMAIL"), &email);
        command.env(format!("GIT_{role}_DATE"), &date);
    }
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn edit(world: &World, at: Time, who: &str, path: &str, (from, to): (&str, &str)) {
    let text = world.read(path);
    assert!(text.contains(from), "{path} has no {from:?}");
    world.write(path, text.replace(from, to));
    git(world, at, who, &["commit", "-qam", &format!("{}: {to}", path.rsplit('/').next().unwrap())]);
}

/// The demonstration's project: sliced a month ago, edited and merged since by plain git.
fn library() -> Project {
    let world = World::with_master(include_str!("../../../templates/demo/master-spec.md"));
    let ago = |days: i64, hours: f64| Time(Time::now().0 - days * DAY + (hours * 3_600_000.0) as i64);
    world.write(".gitignore", ".slice-orchestrator/\n");
    world.git(&["init", "-q", "-b", "main"]);
    world.git(&["add", "-A"]);
    git(&world, ago(29, 0.0), "Alice", &["commit", "-qm", "Write down what the tool library does"]);
    let project = Project { world };
    project.sync().exits(0);
    merged(&project, ago(28, 0.0));
    for (days, hours, from, to) in MONTH {
        edit(&project.world, ago(*days, 0.0), "Alice", "master-spec.md", (from, to));
        project.sync().exits(0);
        merged(&project, ago(*days, *hours));
    }
    project
}

/// Bob merges whatever is open by plain git.
fn merged(project: &Project, at: Time) {
    for _ in 0..2 {
        for (_, _, branch) in project.proposals().into_iter().filter(|(_, state, _)| state == "open") {
            git(&project.world, at, "Bob", &["merge", "-q", "--no-ff", &branch, "-m", &format!("Merge {branch}")]);
        }
        project.sync().exits(0);
    }
}

/// What happened in a month, in the ledgers of the mirror and the server.
fn remembered(office: &Office) {
    let now = Time::now().0;
    for days in (1..=28).rev().filter(|days| days % 3 != 0) {
        let clock = Clock::at(Time(now - days * DAY - days * 97 % 400 * 60_000));
        let ledger = Ledger::open_with(&office.member.root, clock.clone()).unwrap();
        let event = |kind: &str, number: i64| {
            clock.pass(Duration::from_secs(313));
            let slice =
                ["slice-004-loans", "slice-003-members", "slice-006-fees"][(number % 3).unsigned_abs() as usize];
            ledger.event(kind, slice, &json!({ "number": number, "target": "main" })).unwrap();
        };
        (0..days * 7 % 4 + 1).for_each(|number| event("proposal.opened", 40 - days + number));
        event("proposal.updated", 40 - days);
        (0..days * 5 % 3).for_each(|number| event("proposal.merged", 40 - days + number));
        let commit = signature(&days.to_string());
        let data =
            json!({ "commit": &commit[..40], "rows": 62, "covered": 53 - days, "gaps": 3, "conflicts": days % 2 });
        ledger.event("trace.measured", "project", &data).unwrap();
    }
    let ledger = Ledger::open_with(&office.member.root, Clock::at(Time(now - 3_600_000))).unwrap();
    for (kind, slice) in [("sync", ""), ("test", "slice-004-loans"), ("test", "slice-006-fees")] {
        ledger.enqueue(Work::new(kind).slice(slice, "1.0.1")).unwrap();
    }
    let lease = ledger.claim("worker 1", &["sync"], Duration::from_secs(60)).unwrap().unwrap();
    ledger.ack(&lease).unwrap();
    let lease = ledger.claim("worker 2", &["test"], Duration::from_secs(60)).unwrap().unwrap();
    ledger.fail(&lease, Class::Permanent, "test_ac_fr_024 failed: 4 loans were open").unwrap();
}

/// Deliveries of the last hour; the server works on what it can and shows the rest.
fn delivered(data: &Path, office: &Office) {
    let events =
        [("pull_request", "opened"), ("check_run", "requested_action"), ("issue_comment", "created"), ("push", "")];
    let begun = Time::now().0 - 1_800_000;
    for (number, (event, action)) in events.into_iter().enumerate() {
        let at = Clock::at(Time(begun + number as i64 * 407_000));
        let ledger = Ledger::open_with(data, at).unwrap();
        let mut body = json!({
            "repository": { "id": office.member.id, "full_name": REPO, "default_branch": "main" },
            "sender": { "login": "alice" }, "installation": { "id": office.app.installation },
        });
        match event {
            "push" => body["ref"] = json!("refs/heads/main"),
            "check_run" => {
                body["action"] = json!(action);
                body["check_run"] = json!({ "name": "vso / slices", "head_sha": &signature("head")[..40] });
                body["requested_action"] = json!({ "identifier": "resolve-master" });
            }
            _ => body["action"] = json!(action),
        }
        ledger
            .receive(vec![NewDelivery {
                guid: format!("{}-cc78-11e3-81ab-4c9367dc095{number}", &signature(event)[..8]),
                event: event.into(),
                action: action.into(),
                repository: REPO.into(),
                installation: Some(office.app.installation.cast_signed()),
                key: format!("repository {}", office.member.id),
                body: body.to_string().into_bytes(),
            }])
            .unwrap();
        let held = ledger.claim_delivery("worker 1", Duration::from_secs(60)).unwrap().unwrap();
        let ending = match event {
            "check_run" => Ending::Failed(Class::Permanent, "GitHub answered 403: the App may not write checks".into()),
            _ => Ending::Done,
        };
        ledger.settle_delivery(&held, ending).unwrap();
    }
}

/// A server for the library, with something of everything.
fn open() -> Office {
    let project = library();
    let world = HubWorld::with(project);
    let app = world.app();
    let (here, now) = (&world.project.world, Time::now());
    let before = |minutes: i64| Time(now.0 - minutes * 60_000);
    edit(here, before(300), "Bob", LOANS, ("more than 5 open loans", "more than 2 open loans"));
    edit(here, before(200), "Alice", "master-spec.md", ("more than 5 open loans", "more than 4 open loans"));
    edit(here, before(150), "Alice", "master-spec.md", ("can pay an open fee.", "can pay an open fee by card."));
    world.push(&["main"]);
    world.vso_with(&world.app_variables(&app), &["sync"]).exits(1);
    edit(
        &world.project.world,
        before(20),
        "Alice",
        "master-spec.md",
        ("can report a damaged tool.", "can report a damaged tool with a photo."),
    );
    world.push(&["main"]);
    let office = Office::open(world, app);
    let data = office.server.world.path().join("data");
    let fleet = Fleet::open(&data, &office.world.hub.url).unwrap();
    let other = fleet.admit(9_000_001, ("acme", "tool-photos"), office.app.installation).unwrap();
    let bare = other.root.to_str().unwrap();
    let plain = |arguments: &[&str]| office.server.world.git(&[&["-C", bare], arguments].concat());
    let commit = plain(&["commit-tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "-m", "nothing"]);
    plain(&["update-ref", "refs/heads/main", commit.trim()]);
    remembered(&office);
    delivered(&data, &office);
    let office = office.again();
    // Somebody has had a look at one slice, which is written down.
    assert_eq!(office.ask("/sync", &json!({ "slice": "slice-007-repairs" })).status, 200);
    // The first look is over before a browser looks.
    assert_eq!(office.api("/overview")["repository"], "acme.design");
    office
}

/// The link for another browser, as the server says it.
fn next_link(office: &Office) -> String {
    let line = office.server.says("the next link");
    line[line.find("http").unwrap()..].trim().to_owned()
}

#[test]
fn every_page_of_a_server_for_an_app_without_serious_findings() {
    let office = open();
    play("fleet", &next_link(&office), OsStr::new("acme.design"));
    if std::env::var_os("VSO_TEST_README_PICTURES").is_some() {
        let office = office.again();
        assert_eq!(office.api("/overview")["repository"], "acme.design");
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/screenshots");
        play_into(&place, "readme", &next_link(&office), OsStr::new("acme.design"));
    }
}
