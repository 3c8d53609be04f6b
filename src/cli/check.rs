//! `vso check`: what is said of an exact commit.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Flag, Outcome, interrupt, out};
use crate::config::{self, Config};
use crate::fault::Fault;
use crate::forge::github::{Access, Hub};
use crate::git::{Id, Repo};
use crate::report::check::slices::Stand;
use crate::report::check::{Check, human, summary, tally};
use crate::report::json::schema_of;
use crate::report::{github, sarif};
use crate::sync::checks::{Ground, Judge, Judged, publish_checks, settings_at, stand};

/// Checks a commit: its specification, its slices, its trace
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Looks at what is committed, as data: nothing of it is run. Templates and vso.toml come from the folder, or from --settings-from, \
which is how a stranger's commit is checked by the rules of the base. The target branch has to be in step with its slices, a \
proposal must have nothing to decide, and an edit of the master passes and says what it will change. Exits with 1 when a check \
failed or needs a person, also where vso could not do its work.

Keys of --json: format, commit, stand (target, proposal or change), branch, settings_from, checks (name, conclusion, title, \
summary, annotations, buttons), published (written, same, refused), notes.

Examples:
  vso check
  vso check --commit main~1 --format github
  vso check --commit \"$HEAD\" --settings-from origin/main --format github --summary \"$GITHUB_STEP_SUMMARY\" --publish")]
pub struct Args {
    /// The commit: a branch, a tag, an id
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    commit: String,

    /// Take templates and vso.toml from this commit instead of the folder
    #[arg(long, value_name = "REV")]
    settings_from: Option<String>,

    /// How the checks are printed
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    format: Format,

    /// Write the checks to GitHub: those that say something new
    #[arg(long)]
    publish: bool,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Append the checks as Markdown to a file, such as $GITHUB_STEP_SUMMARY
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// As JSON, see --schema
    Json,
    /// As workflow commands of GitHub Actions, which become annotations
    Github,
    /// As Markdown, for the summary of a step
    Summary,
    /// As SARIF 2.1.0, for code scanning
    Sarif,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The commit.
    pub commit: String,
    /// `target`, `proposal` or `change`.
    pub stand: String,
    /// The branch that it is on, or is for.
    pub branch: String,
    /// The commit that templates and settings come from; null for the folder.
    pub settings_from: Option<String>,
    /// Three of them, in a fixed order.
    pub checks: Vec<Check>,
    /// What became of them on GitHub; null without --publish.
    pub published: Option<PublishedView>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// What became of checks on GitHub.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PublishedView {
    /// How many were written.
    pub written: usize,
    /// How many were there already.
    pub same: usize,
    /// Whether the credential may not write them.
    pub refused: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no repository or no such commit, or the settings can't be used (exit 2), or git fails (exit 3).
pub fn run(args: &Args, root: Option<PathBuf>, flags: &[Flag]) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let root = super::project_root(root)?;
    let mut repo = Repo::at(&root)?.ok_or_else(|| {
        Fault::usage("there is no git repository here").hint("vso checks commits; `vso lint` checks files")
    })?;
    let from = args.settings_from.as_deref().map(|rev| commit(&repo, rev)).transpose()?;
    let (config, ground) = ground(&repo, from, flags)?;
    let say = |words: &str| out::note(&out::plain(&format!("note: {words}")));
    let hub = if args.publish { Some(hub(&mut repo, &config, &say)?) } else { None };
    let asked = stand::asked(&repo, &config, commit(&repo, &args.commit)?)?;
    let judged = Judge::new(&repo, &config, &ground)?.judge(&asked);
    // What can't be published is printed all the same.
    let published = hub.map(|hub| publish_checks(&hub, asked.commit, &judged.checks));
    let (published, failed) = match published.transpose() {
        Ok(published) => (published, None),
        Err(fault) => (None, Some(fault)),
    };
    let report = Report {
        format: 1,
        commit: asked.commit.to_string(),
        stand: word(&asked.stand).to_owned(),
        branch: asked.branch.clone(),
        settings_from: from.map(|from| from.to_string()),
        checks: judged.checks.clone(),
        notes: published.iter().flat_map(|published| published.notes.clone()).collect(),
        published: published.map(|published| PublishedView {
            written: published.written,
            same: published.same,
            refused: published.refused,
        }),
    };
    print(if args.json { Format::Json } else { args.format }, &report, &judged);
    if let Some(path) = &args.summary {
        append(path, &summary::render(&report.checks))?;
    }
    if let Some(fault) = failed {
        return Err(fault);
    }
    let is_passed = report.checks.iter().all(Check::is_passed);
    Ok(if is_passed { Outcome::Clean } else { Outcome::SaysNo })
}

/// The settings and the templates: those of the folder, or of a commit; then nothing in the folder is read.
fn ground(repo: &Repo, from: Option<Id>, flags: &[Flag]) -> Result<(Config, Ground), Fault> {
    match from {
        None => Ok((config::load(repo.root(), flags)?.config, Ground::worktree(repo)?)),
        Some(from) => {
            let settings = config::load_text(settings_at(repo, from)?.as_deref(), flags)?;
            Ok((settings.config, Ground::commit(repo, from)?))
        }
    }
}

/// GitHub, where the remote and the environment lead there; what it knows of proposals is fetched.
fn hub<'a>(repo: &mut Repo, config: &Config, say: &'a dyn Fn(&str)) -> Result<Hub<'a>, Fault> {
    let url = repo.remote_url(&config.sync.remote)?;
    let access = Access::find(url.as_deref())?.ok_or_else(|| {
        Fault::usage(format!("there is no way to GitHub by the remote {:?}", config.sync.remote))
            .hint("set GITHUB_TOKEN, or VSO_APP_ID and VSO_APP_PRIVATE_KEY; the remote has to be on GITHUB_SERVER_URL")
    })?;
    let hub = Hub::open(access, interrupt::listen(), say)?.remembering(repo.root());
    repo.set_credentials(hub.git_credentials()?);
    stand::bring(repo, config)?;
    Ok(hub)
}

fn commit(repo: &Repo, rev: &str) -> Result<Id, Fault> {
    repo.resolve(rev)?.ok_or_else(|| {
        Fault::usage(format!("there is no commit {rev:?} here")).hint("fetch it first, or name another one")
    })
}

fn word(stand: &Stand) -> &'static str {
    match stand {
        Stand::Target => "target",
        Stand::Proposal(_) => "proposal",
        Stand::Change => "change",
    }
}

fn print(format: Format, report: &Report, judged: &Judged) {
    match format {
        Format::Human => out::data(&out::plain(&human::render(&report.checks))),
        Format::Json => out::json(report),
        Format::Summary => out::data(&summary::render(&report.checks)),
        Format::Sarif => out::data(&sarif::render_with(&judged.linted, &judged.others())),
        Format::Github => {
            let all: Vec<_> = report.checks.iter().flat_map(|check| check.annotations.clone()).collect();
            out::data(&github::commands(&all));
            for check in &report.checks {
                out::note(&out::plain(&format!("{}: {}: {}", check.name, check.conclusion.word(), check.title)));
            }
            out::note(&tally(&report.checks));
        }
    }
    if let Some(published) = &report.published {
        out::note(&format!("published: {} new, {} there already", published.written, published.same));
    }
    report.notes.iter().for_each(|note| out::note(&out::plain(&format!("note: {note}"))));
}

fn append(path: &std::path::Path, text: &str) -> Result<(), Fault> {
    use std::io::Write;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Fault::unfinished(format!("can't write {}", path.display())).because(&error))
}
