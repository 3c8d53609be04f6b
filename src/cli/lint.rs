//! `vso lint`.

use std::path::PathBuf;

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::finding::{Linted, Tally, counted, severity_word};
use crate::report::{github, human, json, sarif};
use crate::spec::rules;
use crate::sync::lint::{self, LintedFile};

/// Says what is wrong with specifications: each finding with its line and what to do about it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with 1 when there are errors (--strict: or warnings). Severities are set in vso.toml:
    [lint]
    rules.vague-words = \"off\"          (error, warning, note, off)
In the text, `<!-- vso-ignore: RULE -->` silences a rule: under a heading for its section, at the end of a line for that \
line, else for the block on the next line.

Examples:
  vso lint
  vso lint docs --strict
  vso lint --format sarif > lint.sarif")]
pub struct Args {
    /// Markdown files, or folders in which every Markdown file is linted [default: the project's master]
    files: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Makes the edits that change no meaning, then lints again
    #[arg(long)]
    fix: bool,
    /// Warnings too make it exit with 1
    #[arg(long)]
    strict: bool,
    /// Says what a rule finds, why, and what to do; without RULE lists all rules
    #[arg(long, value_name = "RULE", num_args = 0..=1, default_missing_value = "")]
    explain: Option<String>,
    /// Prints the JSON Schema of --format json
    #[arg(long)]
    schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With the line of the source, for people
    Human,
    /// As JSON, see --schema
    Json,
    /// As SARIF 2.1.0, for code scanning
    Sarif,
    /// As workflow commands of GitHub Actions
    Github,
}

/// Runs the command.
///
/// # Errors
/// When a file can't be read or vso.toml names an unknown rule (exit 2), or a fixed file can't be written (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::data(&json::schema());
        return Ok(Outcome::Clean);
    }
    if let Some(id) = &args.explain {
        return explain(id);
    }
    lint::check_rules(&context.config)?;
    let given = match args.files.as_slice() {
        [] => &[context.root.join(&context.config.project.master)][..],
        files => files,
    };
    let mut linted = Vec::new();
    let mut settled = 0;
    for path in lint::files(given, &context.config)? {
        let LintedFile { linted: file, settled: count } =
            lint::lint_file(&context.root, &context.config, &path, args.fix)?;
        settled += count;
        linted.push(file);
    }
    print(if args.json { Format::Json } else { args.format }, &linted, settled);
    let tally = Tally::of(&linted);
    let says_no = tally.errors > 0 || (args.strict && tally.warnings > 0);
    Ok(if says_no { Outcome::SaysNo } else { Outcome::Clean })
}

fn print(format: Format, linted: &[Linted], settled: usize) {
    let fixed = match settled {
        0 => String::new(),
        count => format!("{} fixed; ", counted(count, "finding")),
    };
    let summary = format!("{fixed}{}", human::summary(linted));
    match format {
        Format::Human => out::data(&format!("{}{summary}\n", human::render(linted))),
        Format::Json => out::data(&json::render(linted)),
        Format::Sarif => out::data(&sarif::render(linted)),
        Format::Github => {
            out::data(&github::render(linted));
            out::note(&summary);
        }
    }
}

fn explain(id: &str) -> Result<Outcome, Fault> {
    if id.is_empty() {
        let width = rules::ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
        for rule in rules::ALL {
            out::data(&format!("{:width$}  {:7}  {}\n", rule.id, severity_word(rule.severity), rule.summary));
        }
        return Ok(Outcome::Clean);
    }
    let rule = rules::find(id).ok_or_else(|| lint::unknown_rule(&format!("there is no rule {id:?}"), id))?;
    out::data(&format!(
        "{id} ({})\n\n  finds: {}\n  why:   {}\n  do:    {}\n\nTo silence it: `<!-- vso-ignore: {id} -->` in the \
         text, or `rules.{id} = \"off\"` under [lint] in vso.toml.\n",
        severity_word(rule.severity),
        rule.summary,
        rule.reason,
        rule.hint,
    ));
    Ok(Outcome::Clean)
}
