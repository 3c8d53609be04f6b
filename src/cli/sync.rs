//! `vso sync`: proposals for what the master, the slices and the branch make of each other.

use std::sync::atomic::AtomicBool;

use schemars::JsonSchema;
use serde::Serialize;

use super::pr::view::{OpenView, about, open};
use super::{Context, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::report::slices::columns;
use crate::sync::propose::{Deed, Line, RefMove, Request, Synced, sync_telling};
use crate::sync::pulls::PlannedCall;
use crate::sync::work::log::log;

/// Open, update and end proposals: a branch for each slice that has to change, one for the master
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It works on what is committed on the branch (sync.branch, else the one that HEAD is on), and touches no file, no index and \
not HEAD: commits are made in memory, and only branches of proposals and refs/vso/* move. Commits that people make on such a \
branch are kept. Where nothing changed, nothing is written. A plan that changes more than half of the slices, or comes from a \
new vso or new templates alone, becomes one draft. Exits with 1 while a proposal has open conflicts.

Where the remote is on GitHub and the environment has a token (GITHUB_TOKEN, or VSO_APP_ID with VSO_APP_PRIVATE_KEY), each \
proposal is a pull request there too: what people did to it counts here, and it says what the proposal says. Where GitHub \
can't be reached, all else is done and a note says so; with sync.forge = \"github\" that exits with 3.

Keys of --json: format, branch, target, dry_run, proposals (number, deed, kind, slice, branch, version, title, draft, conflicts, \
people, note, pull, url), refs (name, from, to), calls (method, path, why), notes.

Examples:
  vso sync --dry-run
  vso sync --slice slice-003-loans
  vso sync --json | jq -r '.proposals[] | select(.deed == \"opened\") | .branch'")]
pub struct Args {
    /// Name every ref that would move and every call to GitHub that would be made, and do none of it
    #[arg(long)]
    dry_run: bool,

    /// Make one proposal a slice, also where the plan is wide
    #[arg(long)]
    wide: bool,

    /// Only this slice: its id, number or component's name; or `master`
    #[arg(long, alias = "slice-id", value_name = "ID")]
    slice: Option<String>,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The branch that proposals are made for.
    pub branch: String,
    /// Its commit.
    pub target: String,
    /// Whether nothing was moved because the person asked only to see.
    pub dry_run: bool,
    /// What became of every proposal.
    pub proposals: Vec<LineView>,
    /// The refs that moved, or would.
    pub refs: Vec<RefView>,
    /// The calls to GitHub that were made, or would be.
    pub calls: Vec<CallView>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// What became of one proposal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LineView {
    /// Its number; null while it is not opened.
    pub number: Option<u32>,
    /// `opened`, `updated`, `unchanged`, `merged`, `closed`, `superseded`, `reopened`, `refused` (people closed the same content
    /// before), `waiting` (sync.max-open), `blocked` (needs a person) or `away` (in another clone).
    pub deed: String,
    /// `slice`, `master` or `all`.
    pub kind: String,
    /// The slice's id; null for the master's and the wide one.
    pub slice: Option<String>,
    /// Its branch.
    pub branch: String,
    /// The version that it brings.
    pub version: String,
    /// One line.
    pub title: String,
    /// Whether it waits for `vso pr ready` or `--wide`.
    pub draft: bool,
    /// What is not settled.
    pub conflicts: Vec<OpenView>,
    /// How many commits on its branch are people's.
    pub people: usize,
    /// Why, where that needs saying.
    pub note: Option<String>,
    /// The number of its pull request on GitHub; null while it has none.
    pub pull: Option<u64>,
    /// The page of its pull request.
    pub url: Option<String>,
}

/// A call to GitHub that was made, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CallView {
    /// `GET`, `POST`, `PATCH`, …
    pub method: String,
    /// The path from the API's root; `{new}` stands for the number of a pull request that is not there yet.
    pub path: String,
    /// What for.
    pub why: String,
}

/// A ref that moved, or would.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RefView {
    /// Its full name.
    pub name: String,
    /// From where; null when it is new.
    pub from: Option<String>,
    /// To where; null when it goes, and in a dry run where the commit is not made yet.
    pub to: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When there is no repository or no usable master (exit 1 or 2), git fails (exit 3), or the person interrupts (exit 130).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let request = Request { dry_run: args.dry_run, wide: args.wide, only: args.slice.clone(), ..Request::default() };
    let done = logged(context, &request, interrupt::listen())?;
    if args.json {
        out::json(&report(args.dry_run, &done));
    } else {
        show(args, &done);
    }
    if let Some(fault) = done.failure {
        return Err(fault);
    }
    let is_open = done.lines.iter().any(|line| !line.conflicts.is_empty());
    Ok(if is_open { Outcome::SaysNo } else { Outcome::Clean })
}

/// Syncs and writes down what became of it, for whoever asked: a person, the queue or the night.
pub(super) fn logged(context: &Context, request: &Request, stop: &AtomicBool) -> Result<Synced, Fault> {
    let say = |words: &str| out::note(&out::plain(&format!("note: {words}")));
    let done = sync_telling(&context.root, &context.config, request, stop, &super::waiting, &say);
    if !request.dry_run {
        log(&context.root, done.as_ref());
    }
    done
}

fn show(args: &Args, done: &Synced) {
    proposals(args.dry_run, done);
    if args.dry_run && !done.refs.is_empty() {
        let rows: Vec<Vec<String>> = done.refs.iter().map(ref_row).collect();
        out::data(&format!("\n{}", columns(&rows)));
    }
    if args.dry_run && !done.calls.is_empty() {
        let rows: Vec<Vec<String>> = done.calls.iter().map(call_row).collect();
        out::data(&out::plain(&format!("\n{}", columns(&rows))));
    }
    notes(done);
    if done.lines.is_empty() {
        out::note(&format!("{} and its slices are in step", done.branch));
    } else if done.lines.iter().any(|line| !line.conflicts.is_empty()) {
        out::note("hint: `vso pr show NUMBER` says how open conflicts are settled");
    }
}

/// A line a proposal.
pub(super) fn proposals(dry_run: bool, done: &Synced) {
    let would = |deed: Deed| if dry_run { format!("would be {}", deed.word()) } else { deed.word().to_owned() };
    let rows: Vec<Vec<String>> = done
        .lines
        .iter()
        .map(|line| {
            let deed = match line.deed {
                Deed::Opened | Deed::Updated | Deed::Merged | Deed::Closed | Deed::Superseded => would(line.deed),
                other => other.word().to_owned(),
            };
            let number = line.number.map(|number| format!("#{number}")).unwrap_or_default();
            vec![deed, number, line.branch.clone(), line.title.clone(), more(line)]
        })
        .collect();
    out::data(&out::plain(&columns(&rows)));
}

/// What needs saying besides.
pub(super) fn notes(done: &Synced) {
    for line in &done.lines {
        if let Some(note) = &line.note {
            let number = line.number.map(|number| format!("#{number} ")).unwrap_or_default();
            out::note(&out::plain(&format!("{number}{}: {note}", line.subject.word())));
        }
    }
    for note in &done.notes {
        out::note(&out::plain(&format!("note: {note}")));
    }
}

fn more(line: &Line) -> String {
    let mut more = Vec::new();
    if line.draft {
        more.push("draft".to_owned());
    }
    more.extend(line.pull.map(|pull| format!("pull request {pull}")));
    if !line.conflicts.is_empty() {
        more.push(counted(line.conflicts.len(), "conflict"));
    }
    if line.people > 0 {
        more.push(format!("{} of people", counted(line.people, "commit")));
    }
    more.join(", ")
}

fn ref_row(moved: &RefMove) -> Vec<String> {
    let verb = match (moved.from, moved.to) {
        (None, _) => "would make",
        (Some(_), None) if moved.name.starts_with("refs/heads/") => "would delete",
        _ => "would move",
    };
    vec![verb.to_owned(), moved.name.clone()]
}

fn call_row(call: &PlannedCall) -> Vec<String> {
    let verb = if call.method == "GET" { "asked" } else { "would call" };
    vec![verb.to_owned(), call.method.clone(), call.path.clone(), call.why.clone()]
}

/// The same for scripts.
pub(super) fn report(dry_run: bool, done: &Synced) -> Report {
    let line = |line: &Line| {
        let (kind, slice) = about(&line.subject);
        LineView {
            number: line.number,
            deed: line.deed.word().to_owned(),
            kind,
            slice,
            branch: line.branch.clone(),
            version: line.version.clone(),
            title: line.title.clone(),
            draft: line.draft,
            conflicts: open(&line.conflicts),
            people: line.people,
            note: line.note.clone(),
            pull: line.pull,
            url: done.page.as_ref().zip(line.pull).map(|(page, pull)| format!("{page}/pull/{pull}")),
        }
    };
    let called =
        |call: &PlannedCall| CallView { method: call.method.clone(), path: call.path.clone(), why: call.why.clone() };
    let moved = |moved: &RefMove| RefView {
        name: moved.name.clone(),
        from: moved.from.map(|id| id.to_string()),
        to: moved.to.map(|id| id.to_string()),
    };
    Report {
        format: 1,
        branch: done.branch.clone(),
        target: done.target.to_string(),
        dry_run,
        proposals: done.lines.iter().map(line).collect(),
        refs: done.refs.iter().map(moved).collect(),
        calls: done.calls.iter().map(called).collect(),
        notes: done.notes.clone(),
    }
}
