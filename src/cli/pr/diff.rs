//! `vso pr diff`: what merging a proposal would change.

use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::sync::propose::{Changed, diff};

/// Show what merging a proposal would change in its target
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Keys of --json: format, files (path, change: added, changed or removed, diff; null for binary files).

Example:
  vso pr diff 3 | git apply --stat")]
pub struct Args {
    /// Its number, slice or branch
    #[arg(value_name = "PROPOSAL", required_unless_present = "schema")]
    which: Option<String>,

    /// Print it as JSON
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
    /// The files, by path.
    pub files: Vec<FileView>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileView {
    /// Its path from the repository's root.
    pub path: String,
    /// `added`, `changed` or `removed`.
    pub change: String,
    /// The unified diff; null for a binary file.
    pub diff: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let changed = diff(&context.root, args.which.as_deref().unwrap_or_default())?;
    if args.json {
        let file = |changed: &Changed| FileView {
            path: changed.path.clone(),
            change: change(changed).to_owned(),
            diff: unified(changed),
        };
        out::json(&Report { format: super::view::FORMAT, files: changed.iter().map(file).collect() });
        return Ok(Outcome::Clean);
    }
    for one in &changed {
        let text = unified(one).unwrap_or_else(|| format!("Binary file {} {}\n", one.path, change(one)));
        out::data(&out::plain(&text));
    }
    Ok(Outcome::Clean)
}

fn change(changed: &Changed) -> &'static str {
    match (&changed.before, &changed.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    }
}

/// As git writes it; none for what is no text.
fn unified(changed: &Changed) -> Option<String> {
    let text = |bytes: &Option<Vec<u8>>| match bytes {
        None => Some(String::new()),
        Some(bytes) if bytes.contains(&0) => None,
        Some(bytes) => String::from_utf8(bytes.clone()).ok(),
    };
    let (before, after) = (text(&changed.before)?, text(&changed.after)?);
    let name =
        |side: char, there: bool| if there { format!("{side}/{}", changed.path) } else { "/dev/null".to_owned() };
    let (from, to) = (name('a', changed.before.is_some()), name('b', changed.after.is_some()));
    let mode = match change(changed) {
        "added" => "new file mode 100644\n",
        "removed" => "deleted file mode 100644\n",
        _ => "",
    };
    let body = TextDiff::from_lines(&before, &after).unified_diff().header(&from, &to).to_string();
    Some(format!("diff --git a/{0} b/{0}\n{mode}{body}", changed.path))
}
