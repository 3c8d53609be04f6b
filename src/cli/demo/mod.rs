//! `vso demo`: the main job on an example, told step by step; here alone in a repository, in `github` with pull requests.

mod github;
mod server;

use std::path::PathBuf;

use super::{Outcome, interrupt, out};

use crate::fault::Fault;
use crate::merge::Take;
use crate::report::finding::counted;
use crate::report::slices::{SliceView, columns};
use crate::slicing::Slice;
use crate::sync::Decomposition;
use crate::sync::demo::{BOTH, FIRST, SAME, Scene, Stage};
use crate::sync::propose::Deed;
use crate::worktree::shown;

/// Show what vso does on an example: a library that lends tools, from one document to slices,
/// then edits on both sides, proposals, a conflict and its resolution
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Needs no network, no account and no key. Makes a git repository in a temporary folder, and removes it at the end.

With --github it also starts a stand-in for GitHub on this machine (the program fakehub, found beside this one or built by cargo \
in a checkout of vso) and vso's own server as a GitHub App. Pushes lead to pull requests with checks; conflicts are settled by a \
button of the dashboard and by one of a check. On a terminal it stays, to be looked at in a browser, until Ctrl-C.

Examples:
  vso demo
  vso demo --keep
  vso demo --dir tool-library
  vso demo --github")]
pub struct Args {
    /// Make the repository here and leave it; the folder has to be new or empty
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Leave the temporary folder
    #[arg(long)]
    keep: bool,

    /// Play it with pull requests, on a stand-in for GitHub
    #[arg(long)]
    github: bool,

    /// With --github: stay at the end until Ctrl-C, also without a terminal
    #[arg(long, requires = "github")]
    hold: bool,
}

/// The slice and the criterion that the walk stops at.
const SHOWN_COMPONENT: &str = "Loans";
const SHOWN_CRITERION: &str = "AC-FR-022";

/// Runs the command.
///
/// # Errors
/// When the folder is not empty (exit 2), git or the disk fails (exit 3), or the person interrupts (exit 130).
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    let stop = interrupt::listen();
    let stage = Stage::set_up(args.dir.as_deref(), stop)?;
    out::note(&format!("working in {}\n", shown(stage.root())));
    if args.github {
        return github::run(args, stage, stop);
    }
    let plan = stage.decompose()?;
    tell_master(&plan);
    heading("2  It becomes vertical slices, dependencies first", "vso decompose");
    tell_slices(&plan);
    let slice = plan.slicing.slices.iter().find(|slice| slice.name == SHOWN_COMPONENT);
    if let Some(slice) = slice.or(plan.slicing.slices.first()) {
        tell_one(&plan, slice);
        tell_trace(&plan, slice);
    }
    tell_change(&stage)?;
    tell_both(&stage)?;
    tell_conflict(&stage)?;
    let kept = args.keep || args.dir.is_some();
    let place = if kept { Some(shown(&stage.keep())) } else { None };
    tell_next(place.as_deref());
    Ok(Outcome::Clean)
}

fn tell_master(plan: &Decomposition) {
    let reading = &plan.master.reading;
    let text = plan.master.document.text();
    heading("1  One document says what the system does", "master-spec.md");
    let counts = [
        counted(reading.components.len(), "component"),
        counted(reading.requirements.len(), "requirement"),
        counted(reading.models.len(), "data model"),
        counted(reading.endpoints.len(), "endpoint"),
        counted(reading.criteria.len(), "stated criterion").replace("criterions", "criteria"),
    ];
    say(&format!(
        "{} lines of Markdown, in which vso reads\n{}.\nSome of its lines:\n",
        text.lines().count(),
        counts.join(", ")
    ));
    let component = reading.components.iter().find(|found| found.name == SHOWN_COMPONENT).map(|found| found.origin);
    let requirement = reading.requirements.iter().find(|found| found.id.as_deref() == Some("FR-022"));
    let model = reading.models.iter().find(|found| found.name == "Loan").map(|found| found.origin);
    let endpoint = reading.endpoints.iter().find(|found| found.path == "/loans").map(|found| found.origin);
    let origins = [requirement.map(|found| found.origin), component, model, endpoint];
    let lines: Vec<&str> = text.lines().collect();
    for origin in origins.into_iter().flatten() {
        let line = lines.get(origin.line - 1).copied().unwrap_or_default();
        quote(&format!("{:>4}  {}", origin.line, short(line)));
    }
}

fn tell_slices(plan: &Decomposition) {
    let slices = &plan.slicing.slices;
    let number = |id: &str| id.split('-').nth(1).unwrap_or_default().to_owned();
    let rows = slices.iter().map(|slice| {
        let view = SliceView::of(slice);
        let mut needs: Vec<String> = view.dependencies.iter().map(|id| number(id)).collect();
        needs.sort_unstable();
        let needs = if needs.is_empty() { "needs nothing".to_owned() } else { format!("needs {}", needs.join(" ")) };
        vec![format!("   {}", view.id), view.platform, view.counts.words(), needs]
    });
    out::data(&columns(&rows.collect::<Vec<_>>()));
    if let Some(slice) = slices.iter().find(|slice| SliceView::of(slice).platform == "modal") {
        say(&format!("\n{} runs on Modal: {}.", slice.id, slice.platform.reason));
    }
    say(&format!(
        "{} were written; a run that is killed midway is finished by the next one.",
        counted(plan.files.len(), "file")
    ));
}

fn tell_one(plan: &Decomposition, slice: &Slice) {
    heading("3  One slice is a specification, tests that fail, and deployment files", "");
    let paths: Vec<&str> = plan.files_of(slice).map(|file| file.path.as_str()).collect();
    let folder = paths.first().and_then(|path| path.find(&slice.id)).unwrap_or(0);
    for path in &paths {
        quote(path.get(folder..).unwrap_or(path));
    }
    if let Some(spec) = paths.iter().find(|path| path.ends_with("/spec.md")) {
        let text = String::from_utf8_lossy(plan.bytes(spec)).into_owned();
        say("\nFrom its spec.md, each criterion with the requirement it comes from:\n");
        text.lines()
            .skip_while(|line| !line.starts_with("### As a system"))
            .take(5)
            .for_each(|line| quote(&short(line)));
    }
    if let Some((path, function)) = test_of(plan, slice, SHOWN_CRITERION) {
        say(&format!(
            "\nFrom its {}, red until somebody builds it:\n",
            path.rsplit_once("/tests/").map_or(path, |(_, rest)| rest)
        ));
        function.lines().for_each(|line| quote(&short(line)));
    }
}

fn tell_trace(plan: &Decomposition, slice: &Slice) {
    heading("4  From each requirement to its test", "vso trace");
    let rows = slice.criteria.iter().filter(|criterion| !criterion.origin.is_empty()).take(6).map(|criterion| {
        let test = test_of(plan, slice, &criterion.id);
        let test = test.map_or_else(|| "no test yet".to_owned(), |_| criterion.test_name());
        vec![format!("   {}", criterion.origin.join(" ")), slice.id.clone(), criterion.id.clone(), test]
    });
    out::data(&columns(&rows.collect::<Vec<_>>()));
}

/// A requirement of the master changes: who is touched, and the branch that waits for a review.
fn tell_change(stage: &Stage) -> Result<(), Fault> {
    heading("5  A requirement changes: what does that touch?", "vso plan");
    scene(stage, &FIRST)?;
    say("");
    words(&stage.plan()?);
    heading("6  Each change becomes a branch to review, edit or refuse", "vso sync");
    let branches = synced(stage)?;
    say("\nBranches only: nothing on main has moved, and a second sync has nothing to add. Reviewed and merged:\n");
    merged(stage, &branches)
}

/// Both sides change, each something else.
fn tell_both(stage: &Stage) -> Result<(), Fault> {
    heading("7  Both sides change: the master, and a slice", "vso sync");
    for edit in &BOTH {
        scene(stage, edit)?;
    }
    say("\nThe master's edit goes down to its slice, the slice's edit goes up into the master:\n");
    let branches = synced(stage)?;
    say("");
    merged(stage, &branches)?;
    rounds(stage)?;
    say("");
    words(&stage.plan()?);
    Ok(())
}

/// Both sides change the same words.
fn tell_conflict(stage: &Stage) -> Result<(), Fault> {
    heading("8  Both sides change the same words: a person decides", "vso plan");
    for edit in &SAME {
        scene(stage, edit)?;
    }
    say("");
    let plan = stage.plan()?;
    words(&plan);
    let slice = plan.slices.iter().find(|slice| !slice.conflicts.is_empty());
    let Some(slice) = slice else { return Ok(()) };
    heading("9  Settled once, and not asked again", &format!("vso resolve {} --take master", slice.id));
    for path in stage.resolve(&slice.id, Take::Theirs)? {
        quote(&path);
    }
    stage.commit("FR-024: the master's words")?;
    rounds(stage)?;
    say("");
    words(&stage.plan()?);
    Ok(())
}

/// So many rounds at most are left once every proposal is merged.
const ROUNDS: usize = 3;

/// Merges what is still proposed, until nothing is.
fn rounds(stage: &Stage) -> Result<(), Fault> {
    for _ in 0..ROUNDS {
        let done = stage.sync()?;
        let open: Vec<String> =
            done.lines.iter().filter(|line| is_open(line.deed)).map(|line| line.branch.clone()).collect();
        if open.is_empty() {
            break;
        }
        merged(stage, &open)?;
    }
    Ok(())
}

fn is_open(deed: Deed) -> bool {
    matches!(deed, Deed::Opened | Deed::Updated | Deed::Unchanged)
}

/// Makes an edit, commits it and shows it.
fn scene(stage: &Stage, edit: &Scene) -> Result<(), Fault> {
    let (before, after) = stage.play(edit)?;
    let place = edit.slice.map_or_else(|| "master-spec.md".to_owned(), |name| format!("the slice of {name}"));
    say(&format!("in {place}:"));
    quote(&short(&format!("- {before}")));
    quote(&short(&format!("+ {after}")));
    Ok(())
}

/// Syncs, shows what became of each proposal, and gives the branches that are open.
fn synced(stage: &Stage) -> Result<Vec<String>, Fault> {
    let done = stage.sync()?;
    for line in &done.lines {
        quote(&short(&format!("{:9} {:33} {}", line.deed.word(), line.branch, line.title)));
    }
    Ok(done.lines.iter().filter(|line| is_open(line.deed)).map(|line| line.branch.clone()).collect())
}

fn merged(stage: &Stage, branches: &[String]) -> Result<(), Fault> {
    for branch in branches {
        stage.merge(branch)?;
        quote(&format!("vso pr merge {branch}"));
    }
    Ok(())
}

fn words(plan: &crate::report::plan::Plan) {
    crate::report::plan::words(plan).lines().for_each(|line| quote(&short(line)));
}

fn tell_next(kept: Option<&str>) {
    heading("What to try next", "");
    match kept {
        Some(place) => say(&format!("cd {place} && git log --graph --oneline     what has happened, as git saw it")),
        None => say("vso demo --keep                          leaves the repository, to look around in"),
    }
    say("vso items YOUR-DESIGN.md                 what vso understands of a document that you have");
    say("mkdir mine && cd mine && vso init        begins a project of your own");
}

/// The test function of a criterion, with its file.
fn test_of<'a>(plan: &'a Decomposition, slice: &Slice, criterion: &str) -> Option<(&'a str, String)> {
    let name = slice.criteria.iter().find(|found| found.id == criterion)?.test_name();
    let tests = plan.files_of(slice).filter(|file| file.path.ends_with(".py"));
    tests.into_iter().find_map(|file| {
        let text = String::from_utf8_lossy(plan.bytes(&file.path)).into_owned();
        let from = text.find(&format!("def {name}("))?;
        let end = text[from..].find("\n\n\n").map_or(text.len(), |length| from + length);
        Some((file.path.as_str(), text[from..end].trim_end().to_owned()))
    })
}

fn heading(words: &str, command: &str) {
    let command = if command.is_empty() { String::new() } else { format!("  \u{1b}[2m{command}\u{1b}[0m") };
    out::data(&format!("\n\u{1b}[1m{words}\u{1b}[0m{command}\n\n"));
}

fn say(words: &str) {
    let indented: Vec<String> =
        words.lines().map(|line| if line.is_empty() { String::new() } else { format!("   {line}") }).collect();
    let end = if words.ends_with('\n') { "\n\n" } else { "\n" };
    out::data(&format!("{}{end}", indented.join("\n")));
}

fn quote(line: &str) {
    out::data(format!("   \u{1b}[36m│\u{1b}[0m {line}").trim_end());
    out::data("\n");
}

/// A line that fits a terminal of the usual width.
fn short(line: &str) -> String {
    const WIDTH: usize = 104;
    if line.chars().count() <= WIDTH { line.to_owned() } else { line.chars().take(WIDTH - 1).chain(['…']).collect() }
}
