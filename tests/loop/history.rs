//! Real histories of two specifications, replayed as a master: version after version through plan and sync, with
//! people's edits in the slices in between, and all proposals merged each time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::people::Work;
use super::project::{Project, conflicts};
use super::rounds::Simulation;
use super::words::found;

/// What a replay came to.
#[derive(Debug, Default)]
struct Figures {
    versions: usize,
    /// Slices that a version's plan changes, of those that stood; one pair a version.
    touched: Vec<(usize, usize)>,
    /// Conflicts that a person was asked about.
    conflicts: usize,
    /// Ids of requirements that the next version still had, of those that there were.
    kept: usize,
    ids: usize,
    written: usize,
    discarded: usize,
    /// Rounds of proposals until nothing was left to do, over all versions.
    rounds: usize,
}

/// The versions in a folder, oldest first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    files.retain(|path| {
        path.file_stem().is_some_and(|stem| stem.to_string_lossy().bytes().all(|it| it.is_ascii_digit()))
    });
    files.sort();
    files
}

/// The ids of the requirements that the slices hold.
fn ids(project: &Project) -> BTreeSet<String> {
    let record = |slice: &super::project::Slice| -> Vec<String> {
        let text = project.world.read(&format!("{}/metadata.json", slice.folder));
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        let items = record["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "requirement");
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    project.standing().iter().flat_map(record).collect()
}

/// The next version as its author would have written it into a master that has people's words: a three-way merge in
/// which the author's text wins. What the author wrote over is discarded.
fn next_version(simulation: &mut Simulation, before: &Path, after: &Path) {
    let world = &simulation.project.world;
    let ours = world.path().join("master-spec.md");
    let (ours, before, after) = (ours.to_str().unwrap(), before.to_str().unwrap(), after.to_str().unwrap());
    let was = found(&world.read("master-spec.md"));
    let merged = simulation.project.git(&["merge-file", "-p", "--theirs", ours, before, after]);
    let gone: Vec<String> = was.difference(&found(&merged)).cloned().collect();
    simulation.project.world.write("master-spec.md", merged);
    simulation.words.discard(&gone.join(" "), "the author wrote over it");
}

/// The work that people do in slices between two versions.
const WORK: [Work; 9] = [
    Work::Item,
    Work::Item,
    Work::Bullet,
    Work::Note,
    Work::Paragraph,
    Work::Test,
    Work::Body,
    Work::File,
    Work::Server,
];

fn replay(folder: &Path, seed: u64) -> Figures {
    let files = versions(folder);
    assert!(files.len() > 1, "{}: no versions", folder.display());
    let first = std::fs::read_to_string(&files[0]).expect("a version is text");
    let mut simulation = Simulation::new(seed, &first);
    let mut figures = Figures { versions: files.len(), ..Figures::default() };
    for pair in files.windows(2) {
        simulation.say(format!("=== {}", pair[1].display()));
        next_version(&mut simulation, &pair[0], &pair[1]);
        for _ in 0..=simulation.chance.below(2) {
            let work = simulation.chance.pick(&WORK).unwrap();
            simulation.work_anywhere(work);
        }
        simulation.project.commit("the next version");
        let (standing, before) = (simulation.project.standing().len(), ids(&simulation.project));
        let plan = simulation.project.plan();
        let slices = plan["slices"].as_array().unwrap();
        figures.touched.push((slices.iter().filter(|slice| slice["change"] != "unchanged").count(), standing));
        figures.conflicts += conflicts(&plan).len();
        simulation.check("after the next version");
        figures.rounds += simulation.come_to_rest();
        let after = ids(&simulation.project);
        figures.ids += before.len();
        figures.kept += before.intersection(&after).count();
    }
    (figures.written, figures.discarded) = simulation.words.counts();
    figures
}

fn say(name: &str, figures: &Figures) {
    let mut touched: Vec<usize> = figures.touched.iter().map(|(touched, _)| *touched).collect();
    touched.sort_unstable();
    let sum: usize = touched.iter().sum();
    let of: usize = figures.touched.iter().map(|(_, of)| *of).sum();
    println!(
        "{name}: {} versions; slices touched per version: {:.1} of {:.1} on average, {} in the median; {} conflicts; \
         {} of {} ids kept ({:.1} %); {} rounds; {} words written, {} of them discarded by people, none lost",
        figures.versions,
        sum as f64 / touched.len() as f64,
        of as f64 / touched.len() as f64,
        touched[touched.len() / 2],
        figures.conflicts,
        figures.kept,
        figures.ids,
        100.0 * figures.kept as f64 / figures.ids.max(1) as f64,
        figures.rounds,
        figures.written,
        figures.discarded,
    );
}

/// Replays a history that is part of these tests, or all of it where the environment names the folder.
fn check(name: &str) {
    let part = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/history");
    let folder = std::env::var_os("VSO_LOOP_HISTORY").map_or(part, PathBuf::from);
    let figures = replay(&folder.join(name), super::chance::setting("VSO_LOOP_SEED").unwrap_or(1));
    say(name, &figures);
}

#[test]
fn a_registry_protocol_is_followed_version_after_version() {
    check("oci-distribution-spec");
}

#[test]
fn an_architecture_is_followed_version_after_version() {
    check("cwa-solution-architecture");
}
