//! `vso decompose`: from the master specification to slices on disk.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Flag, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::report::slices::{SliceView, columns};
use crate::slicing::slice::LeftOut;
use crate::sync::refine::{ProposedCriterion as ProposedText, Refined};
use crate::sync::{Decomposition, Fate, Request, decompose as files};
use crate::worktree::Watch;
use crate::worktree::log::{Level, Log};

/// Cut the master specification into slices and write their files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What people made of a slice is merged with what the master makes now. An item that both sides changed differently gets \
markers in its file, and the exit code is 1. Where there is no base to merge with (no git repository), a file that \
differs stops the run before anything is written; with --force files are replaced, and what stood there is kept beside \
as NAME.orig. A run that is killed at any moment is finished or undone by the next one.

Keys of --json: format, master, title, master_version, dry_run, slices (id, name, number, version, status, platform, \
platform_reason, dependencies, counts, files), written, unchanged, conflicts, removed, refused, kept, renamed, retired, \
and with --refine refined (owners, dependencies, criteria, notes).

Examples:
  vso decompose --dry-run
  vso decompose --json | jq '.slices[].id'
  vso decompose --slice-id slice-003-loans --force")]
pub struct Args {
    /// Show what would be written and touch nothing
    #[arg(long)]
    dry_run: bool,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,

    /// Replace files that differ, and keep what stands there beside
    #[arg(long)]
    force: bool,

    /// Let the language model of [refine] in vso.toml propose owners, dependencies and criteria
    #[arg(long)]
    refine: bool,

    /// Only this slice: its id, number or component's name
    #[arg(long, value_name = "ID")]
    slice_id: Option<String>,

    /// The platform of slices whose text and work do not say one
    #[arg(long, value_name = "PLATFORM", value_parser = ["hetzner", "modal"])]
    platform: Option<String>,
}

impl Args {
    /// Settings that this command's own flags give.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let platform = self.platform.iter();
        platform.map(|platform| ("--platform", "slicing.platform".to_owned(), platform.clone())).collect()
    }
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The master specification's path from the root.
    pub master: String,
    /// The system's name.
    pub title: String,
    /// The master's version.
    pub master_version: String,
    /// Whether nothing was touched because the person asked only to see.
    pub dry_run: bool,
    /// The slices, dependencies first.
    pub slices: Vec<SliceFiles>,
    /// Files that were written, or would be.
    pub written: Vec<String>,
    /// Files that were there with the same bytes.
    pub unchanged: Vec<String>,
    /// Files that got markers, because both sides changed an item in them differently.
    pub conflicts: Vec<String>,
    /// Files that were removed, or would be: they moved with their folder, or the master no longer makes them.
    pub removed: Vec<String>,
    /// Files that differ and have no base to merge with; while there are any, nothing is written.
    pub refused: Vec<String>,
    /// Replaced files, with the name under which what stood there is kept.
    pub kept: BTreeMap<String, String>,
    /// Folders that have another name now: the old id, the new one.
    pub renamed: BTreeMap<String, String>,
    /// Slices on disk that the master no longer makes, by id; vso leaves them alone.
    pub retired: Vec<String>,
    /// What a language model proposed, with --refine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refined: Option<Proposals>,
}

/// What a language model proposed and was believed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Proposals {
    /// Components by the id of the item that goes to them.
    pub owners: BTreeMap<String, String>,
    /// Pairs of components: who needs whom.
    pub dependencies: Vec<(String, String)>,
    /// Criteria to read; they are written nowhere.
    pub criteria: Vec<ProposedCriterion>,
    /// Where it comes from, what was dropped, why nothing came.
    pub notes: Vec<String>,
}

/// A criterion that a language model proposed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProposedCriterion {
    /// The requirement that it makes checkable.
    pub requirement: String,
    /// What is to be seen.
    pub text: String,
    /// How a test would go, in plain words.
    pub steps: Vec<String>,
}

/// One slice with its files.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SliceFiles {
    /// What is said of it.
    #[serde(flatten)]
    pub slice: SliceView,
    /// The paths of its files from the root.
    pub files: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When slices can't be made (exit 1 or 2), files differ without a base (exit 1), or the disk fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let request = Request { only: args.slice_id.clone(), force: args.force, refine: args.refine, settle: None };
    let planned = Decomposition::make(&context.root, &context.config, &request)?;
    if let (Err(fault), true) = (planned.permitted(), args.dry_run || args.json) {
        show(args, context, &planned);
        out::fault(&fault);
        return Ok(Outcome::SaysNo);
    }
    if let Err(fault) = planned.permitted() {
        list_refused(&planned);
        return Err(fault);
    }
    let done = if args.dry_run { planned } else { carry_out(planned)? };
    if !args.dry_run {
        log(context, &done);
    }
    show(args, context, &done);
    summary(args, &done);
    let marked = done.with(|fate| *fate == Fate::Conflict).count();
    Ok(if marked == 0 { Outcome::Clean } else { Outcome::SaysNo })
}

/// Until here, nothing was touched and Ctrl-C may end the run where it is.
fn carry_out(planned: Decomposition) -> Result<Decomposition, Fault> {
    let stop = interrupt::listen();
    let bar = out::progress("writing", planned.to_write());
    let done = planned.carry_out(Watch { step: &|| bar.inc(1), stop }, &super::waiting);
    bar.finish_and_clear();
    done
}

/// What was written is written, whether the log can be or not.
fn log(context: &Context, done: &Decomposition) {
    let written = done.files.iter().filter(|file| files::is_written(&file.fate)).count();
    let marked = done.with(|fate| *fate == Fate::Conflict).count();
    if written > 0 {
        let (files, version) = (counted(written, "file"), &done.slicing.master_version);
        let level = if marked == 0 { Level::Info } else { Level::Warning };
        let text = format!("wrote {files} from master {version}, {marked} of them with conflicts");
        let _ = Log::Decomposition.add(&context.root, level, &text);
    }
}

fn show(args: &Args, context: &Context, plan: &Decomposition) {
    if args.json {
        out::json(&report(args, context, plan));
        return;
    }
    let rows = plan.slicing.slices.iter().filter(|slice| plan.files_of(slice).next().is_some()).map(|slice| {
        let view = SliceView::of(slice);
        let written = plan.files_of(slice).filter(|file| files::is_written(&file.fate)).count();
        let files = if written == 0 { "unchanged".to_owned() } else { counted(written, "file") };
        vec![view.id, view.version, view.platform, view.counts.words(), files]
    });
    out::data(&columns(&rows.collect::<Vec<_>>()));
    if args.dry_run {
        let lines = plan.files.iter().filter_map(|file| match &file.fate {
            Fate::New => Some(format!("would write    {}\n", file.path)),
            Fate::Replaced { kept } => Some(format!("would replace  {} (kept as {kept})\n", file.path)),
            Fate::Merged => Some(format!("would merge    {}\n", file.path)),
            Fate::Conflict => Some(format!("would mark     {}\n", file.path)),
            Fate::Removed => Some(format!("would remove   {}\n", file.path)),
            Fate::Refused => Some(format!("differs        {}\n", file.path)),
            Fate::Unchanged => None,
        });
        out::data(&format!("\n{}", lines.collect::<String>()));
    }
}

fn summary(args: &Args, plan: &Decomposition) {
    let written = plan.to_write();
    let unchanged = plan.with(|fate| *fate == Fate::Unchanged).count();
    let verb = if args.dry_run { "would write" } else { "wrote" };
    let rest = if unchanged == 0 { String::new() } else { format!("; {unchanged} unchanged") };
    out::note(&format!("{verb} {}{rest}", counted(written, "file")));
    for file in &plan.files {
        if let Fate::Replaced { kept } = &file.fate {
            out::note(&format!("kept what stood at {} as {kept}", file.path));
        }
    }
    for path in plan.with(|fate| *fate == Fate::Conflict) {
        out::note(&format!("conflict: {path} has markers; settle them, or `vso resolve SLICE --take master|slice`"));
    }
    for (old, new) in &plan.renamed {
        out::note(&out::plain(&format!("note: {old} is called {new} now")));
    }
    proposals(&plan.refined);
    for retired in &plan.slicing.retired {
        out::note(&format!("note: the master no longer makes {retired}; its folder is left as it is"));
    }
    left_out(&plan.slicing.left_out);
    for (name, slug) in &plan.slicing.slugs {
        let name =
            if name.chars().count() > 60 { name.chars().take(59).chain(['…']).collect() } else { name.clone() };
        out::note(&out::plain(&format!("note: the component {name:?} is called {slug} on disk")));
    }
}

/// So many of the drawn dependencies that gave way are named.
const SHOWN_LEFT_OUT: usize = 5;

/// Says which drawn dependencies gave way, so that there is an order.
fn left_out(drawn: &[LeftOut]) {
    for LeftOut { from, to, why, line } in drawn.iter().take(SHOWN_LEFT_OUT) {
        let words = format!("left out: {from} → {to} ({why}, line {line}): it would close a circle");
        out::note(&out::plain(&words));
    }
    if drawn.len() > SHOWN_LEFT_OUT {
        out::note(&format!("left out: {} more (`vso lint` names the circles)", drawn.len() - SHOWN_LEFT_OUT));
    }
}

/// Says what a language model proposed: what is in the plan, and what is only to be read.
fn proposals(refined: &Refined) {
    for note in &refined.notes {
        out::note(&out::plain(note));
    }
    for (item, component) in &refined.refinements.owners {
        out::note(&out::plain(&format!("refined   {item} goes to {component}")));
    }
    for need in &refined.refinements.dependencies {
        out::note(&out::plain(&format!("refined   {} needs {}", need.from, need.to)));
    }
    for proposed in &refined.criteria {
        let ProposedText { requirement, text, .. } = proposed;
        out::note(&out::plain(&format!("proposed  {} {text} ([{requirement}])", proposed.voice.words())));
        for step in &proposed.steps {
            out::note(&out::plain(&format!("            {step}")));
        }
    }
}

/// More than this many lines would push the reason out of sight; `--json` has them all.
const SHOWN: usize = 20;

fn list_refused(plan: &Decomposition) {
    let refused: Vec<&str> = plan.with(|fate| *fate == Fate::Refused).collect();
    for path in refused.iter().take(SHOWN) {
        out::note(&format!("differs  {path}"));
    }
    if refused.len() > SHOWN {
        out::note(&format!("… and {} more (--json lists them all)", refused.len() - SHOWN));
    }
}

fn report(args: &Args, context: &Context, plan: &Decomposition) -> Report {
    let list = |wanted: fn(&Fate) -> bool| plan.with(wanted).map(str::to_owned).collect();
    let permitted = plan.permitted().is_ok();
    let slice = |slice| SliceFiles {
        slice: SliceView::of(slice),
        files: plan.files_of(slice).map(|file| file.path.clone()).collect(),
    };
    let kept = plan.files.iter().filter_map(|file| match &file.fate {
        Fate::Replaced { kept } => Some((file.path.clone(), kept.clone())),
        _ => None,
    });
    Report {
        format: 1,
        master: context.config.project.master.clone(),
        title: plan.slicing.title.clone(),
        master_version: plan.slicing.master_version.clone(),
        dry_run: args.dry_run,
        slices: plan.slicing.slices.iter().map(slice).collect(),
        written: if permitted { list(|fate| files::is_written(fate) && *fate != Fate::Removed) } else { Vec::new() },
        conflicts: if permitted { list(|fate| *fate == Fate::Conflict) } else { Vec::new() },
        removed: if permitted { list(|fate| *fate == Fate::Removed) } else { Vec::new() },
        unchanged: list(|fate| *fate == Fate::Unchanged),
        refused: list(|fate| *fate == Fate::Refused),
        kept: if permitted { kept.collect() } else { BTreeMap::new() },
        renamed: plan.renamed.iter().cloned().collect(),
        retired: plan.slicing.retired.clone(),
        refined: args.refine.then(|| view(&plan.refined)),
    }
}

fn view(refined: &Refined) -> Proposals {
    let criterion = |proposed: &ProposedText| ProposedCriterion {
        requirement: proposed.requirement.clone(),
        text: format!("{} {}", proposed.voice.words(), proposed.text),
        steps: proposed.steps.clone(),
    };
    let needs = &refined.refinements.dependencies;
    Proposals {
        owners: refined.refinements.owners.clone(),
        dependencies: needs.iter().map(|need| (need.from.clone(), need.to.clone())).collect(),
        criteria: refined.criteria.iter().map(criterion).collect(),
        notes: refined.notes.clone(),
    }
}
