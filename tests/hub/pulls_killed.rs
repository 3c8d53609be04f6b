//! `vso sync` killed at every numbered point, between any two calls and any two moves: the next run ends where an
//! undisturbed one does, with one pull request a proposal and nothing said twice.

use std::path::Path;

use serde_json::Value;

use super::pulls::{MEMBERS, sync, text};
use super::world::HubWorld;
use crate::world::World;
use crate::world::project::Project;

const SYNC: [&str; 3] = ["sync", "--config", "github.checks=false"];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A hub of its own with a copy of a project in which two slices change, one proposal gets something else to say, and
/// another is not wanted any more.
fn busy(project: &Project) -> HubWorld {
    let copied = Project { world: World::new() };
    copy(project.world.path(), copied.world.path());
    copied.git(&["update-index", "-q", "--refresh"]);
    let world = HubWorld::with(copied);
    world.edit_master("An email address must be unique.", "An email address must be unique among members.");
    world.edit_master("for each late day", "for every late day");
    sync(&world, &[]);
    assert_eq!(world.open_pulls().len(), 2);
    world.edit_master("for every late day", "for each late day");
    world.edit_master("among members", "among all members");
    world.edit_master("A member can borrow a tool", "Each member can borrow a tool");
    world
}

/// What matters in the end.
fn end(world: &HubWorld) -> String {
    let mut lines = Vec::new();
    for pull in world.pulls() {
        let labels: Vec<&str> = pull["labels"].as_array().unwrap().iter().map(|label| text(label, "name")).collect();
        let words = ["state", "title", "body"].map(|key| text(&pull, key));
        lines.push(format!(
            "{} {} {words:?} {labels:?} {}",
            pull["number"],
            text(&pull["head"], "ref"),
            pull["merged_at"]
        ));
    }
    for (branch, _) in world.branches() {
        let tree = world.bare_git(&["rev-parse", &format!("{branch}^{{tree}}")]).stdout;
        let ahead = world.bare_git(&["rev-list", "--count", &format!("main..{branch}")]).stdout;
        lines.push(format!("{branch} {} {}", String::from_utf8_lossy(&tree), String::from_utf8_lossy(&ahead)));
    }
    let files = world.bare_git(&["ls-tree", "-r", "--name-only", "refs/vso/proposals"]).stdout;
    let is_state = |file: &&str| !file.starts_with("wanted/") && *file != "last";
    for file in String::from_utf8(files).unwrap().lines().filter(is_state) {
        let one: Value = serde_json::from_str(&world.show("refs/vso/proposals", file)).unwrap();
        lines.push(format!("{file} {} {} {}", one["state"], one["branch"], one["pull"]));
    }
    lines.join("\n")
}

/// Kills a sync at every point of one part of all, and lets the next one go on.
fn killed(part: usize, of: usize) {
    let project = Project::in_step();
    let whole = busy(&project);
    let counted = whole.project.world.path().join(".git/points");
    let mut variables = whole.variables(&whole.action);
    variables.push(("VSO_TEST_CRASH_COUNT".into(), counted.display().to_string()));
    whole.vso_with(&variables, &SYNC).exits(0);
    let points: Vec<String> = std::fs::read_to_string(&counted).unwrap().lines().map(str::to_owned).collect();
    assert!(points.iter().filter(|point| point.starts_with("hub.call")).count() >= 8, "{points:?}");
    sync(&whole, &[]);
    let expected = end(&whole);
    for (at, point) in points.iter().enumerate().filter(|(at, _)| at % of == part) {
        let world = busy(&project);
        let mut variables = world.variables(&world.action);
        variables.push(("VSO_TEST_CRASH_AT".into(), (at + 1).to_string()));
        let ran = world.vso_with(&variables, &SYNC);
        assert_eq!(ran.code, -1, "point {at} ({point}) did not kill: {}", ran.err);
        sync(&world, &[]);
        assert_eq!(end(&world), expected, "killed at point {} ({point})", at + 1);
        let mark = world.hub.mark();
        sync(&world, &[]);
        assert_eq!(world.hub.calls(mark).len(), 1, "killed at point {} ({point})", at + 1);
        world.assert_nothing_else(&[MEMBERS, "slice-003-loans-v1.0.1"], 0);
    }
}

/// The points are tried in parts, so that none of them takes long.
macro_rules! parts {
    ($($name:ident $part:literal)*) => {
        $(#[test]
        fn $name() {
            killed($part, 8);
        })*
    };
}

parts!(part_1 0 part_2 1 part_3 2 part_4 3 part_5 4 part_6 5 part_7 6 part_8 7);
