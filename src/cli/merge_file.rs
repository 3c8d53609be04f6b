//! `vso merge-file`.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Outcome, out};
use crate::crash;
use crate::fault::Fault;
use crate::merge::{self, Conflict, Favour, Kind, Labels, Style, Take};
use crate::report::json::schema_of;

/// Merges what two sides made of one file, item by item, and prints the result
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The common ancestor (with --git-compat: the current file)
    #[arg(value_name = "BASE", required_unless_present = "schema")]
    first: Option<PathBuf>,

    /// Our side; its name says how the file is read (with --git-compat: the ancestor)
    #[arg(value_name = "OURS", required_unless_present = "schema")]
    second: Option<PathBuf>,

    /// Their side
    #[arg(value_name = "THEIRS", required_unless_present = "schema")]
    third: Option<PathBuf>,

    /// Prints the result and writes no file; this is what happens anyway without --git-compat
    #[arg(short = 'p', long, conflicts_with = "in_place")]
    stdout: bool,

    /// Writes the result into OURS
    #[arg(long)]
    in_place: bool,

    /// Takes CURRENT BASE OTHER, merges by lines and writes into CURRENT, as git merge-file does; the exit code is the
    /// number of conflicts, at most 127, and 255 on errors
    #[arg(long, conflicts_with_all = ["in_place", "json"])]
    git_compat: bool,

    /// Says nothing about conflicts
    #[arg(short, long)]
    quiet: bool,

    /// Stands beside the markers of ours, base and theirs, in this order; can be given up to three times
    #[arg(short = 'L', value_name = "LABEL")]
    labels: Vec<String>,

    /// Shows base between the markers; without --git-compat it is always shown
    #[arg(long)]
    diff3: bool,

    /// Settles conflicts with our side
    #[arg(long, conflicts_with_all = ["theirs", "union"])]
    ours: bool,

    /// Settles conflicts with their side
    #[arg(long, conflicts_with = "union")]
    theirs: bool,

    /// Settles conflicts with both sides, ours first
    #[arg(long)]
    union: bool,

    /// Letters in a marker
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1000))]
    marker_size: u16,

    /// Prints the text and the conflicts for scripts
    #[arg(long)]
    json: bool,

    /// Prints the JSON schema of --json and reads nothing
    #[arg(long, exclusive = true)]
    schema: bool,
}

const EXAMPLES: &str = "\
Examples:
  vso merge-file base.md ours.md theirs.md > merged.md
  vso merge-file --json base.json ours.json theirs.json
  vso merge-file --git-compat -p current.txt base.txt other.txt

Exit codes: 0 merged; 1 with conflicts, which are marked in the result; 2 a file can't be read or is binary.";

/// A merge as scripts read it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct View {
    /// The result; open conflicts are between markers.
    text: String,
    /// What is left to decide, in the order of the text.
    conflicts: Vec<ConflictView>,
}

/// A conflict as scripts read it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct ConflictView {
    /// The item's name.
    item: String,
    /// Names the conflict by its content.
    key: String,
    /// The item in base; null if it is not there.
    base: Option<String>,
    /// The item in ours.
    ours: Option<String>,
    /// The item in theirs.
    theirs: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When a file can't be read or is no text (exit 2), or the result can't be written (exit 3).
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<View>());
        return Ok(Outcome::Clean);
    }
    let (Some(first), Some(second), Some(third)) = (&args.first, &args.second, &args.third) else {
        return Err(Fault::usage("three files are needed"));
    };
    if args.git_compat {
        return match as_git(args, first, second, third) {
            Ok(conflicts) => Ok(Outcome::Code(u8::try_from(conflicts.min(127)).unwrap_or(127))),
            Err(fault) => {
                out::fault(&fault);
                Ok(Outcome::Code(255))
            }
        };
    }
    let [base, ours, theirs] = [text(first)?, text(second)?, text(third)?];
    let path = second.to_string_lossy().replace('\\', "/");
    if let Some(record) = merge::newer_record(&path, &ours, &theirs) {
        return finish(args, second, record.to_owned(), &[]);
    }
    let merged = merge::merge(Kind::of(&path), &base, &ours, &theirs);
    let labels = labels(args, [("slice", second), ("base", first), ("master", third)]);
    match favour(args) {
        Favour::Nobody => {
            let conflicts: Vec<&Conflict> = merged.conflicts().collect();
            finish(args, second, merged.marked(&labels), &conflicts)
        }
        favour => finish(args, second, merged.text(&|conflict| taken(favour, conflict)), &[]),
    }
}

fn finish(args: &Args, ours: &Path, text: String, conflicts: &[&Conflict]) -> Result<Outcome, Fault> {
    if !args.quiet && !args.json {
        for conflict in conflicts {
            out::note(&format!("conflict: {}", out::plain(&conflict.item)));
        }
    }
    if args.in_place {
        write(ours, text.as_bytes())?;
    }
    if args.json {
        let conflicts = conflicts.iter().map(|conflict| ConflictView {
            item: conflict.item.clone(),
            key: conflict.key(),
            base: conflict.base.clone(),
            ours: conflict.ours.clone(),
            theirs: conflict.theirs.clone(),
        });
        out::json(&View { text, conflicts: conflicts.collect() });
    } else if !args.in_place {
        out::exact(text.as_bytes());
    }
    Ok(if conflicts.is_empty() { Outcome::Clean } else { Outcome::SaysNo })
}

/// As git merge-file: the number of conflicts.
fn as_git(args: &Args, current: &Path, base: &Path, other: &Path) -> Result<usize, Fault> {
    let texts = [lossless(base)?, lossless(current)?, lossless(other)?];
    // Bytes that are no UTF-8 are read as Latin-1 and written back the same way; which line is which stays the same.
    let is_utf8 = texts.iter().all(|bytes| std::str::from_utf8(bytes).is_ok());
    let read = |bytes: &Vec<u8>| match String::from_utf8(bytes.clone()) {
        Ok(text) if is_utf8 => text,
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let [b, o, t] = [read(&texts[0]), read(&texts[1]), read(&texts[2])];
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let (in_ours, in_base, in_theirs) = (shown(current), shown(base), shown(other));
    let mut labels = Labels { ours: in_ours, base: in_base, theirs: in_theirs, size: usize::from(args.marker_size) };
    relabel(&mut labels, &args.labels);
    let style = Style { labels, with_base: args.diff3, favour: favour(args) };
    let (text, conflicts) = merge::plain(&b, &o, &t, &style);
    let bytes = if is_utf8 {
        text.into_bytes()
    } else {
        text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
    };
    if args.stdout {
        out::exact(&bytes);
    } else {
        write(current, &bytes)?;
    }
    Ok(conflicts)
}

fn favour(args: &Args) -> Favour {
    match (args.ours, args.theirs, args.union) {
        (true, ..) => Favour::Ours,
        (_, true, _) => Favour::Theirs,
        (.., true) => Favour::Both,
        _ => Favour::Nobody,
    }
}

fn taken(favour: Favour, conflict: &Conflict) -> Take {
    match favour {
        Favour::Ours | Favour::Nobody => Take::Ours,
        Favour::Theirs => Take::Theirs,
        Favour::Both => {
            let sides = [conflict.ours.as_deref(), conflict.theirs.as_deref()];
            Take::Text(sides.into_iter().flatten().collect())
        }
    }
}

fn labels(args: &Args, [ours, base, theirs]: [(&str, &PathBuf); 3]) -> Labels {
    let [ours, base, theirs] = [ours, base, theirs].map(|(label, _)| label.to_owned());
    let mut labels = Labels { ours, base, theirs, size: usize::from(args.marker_size) };
    relabel(&mut labels, &args.labels);
    labels
}

fn relabel(labels: &mut Labels, given: &[String]) {
    let places = [&mut labels.ours, &mut labels.base, &mut labels.theirs];
    for (place, label) in places.into_iter().zip(given) {
        label.clone_into(place);
    }
}

/// The bytes of a file that is not binary.
pub(super) fn lossless(path: &Path) -> Result<Vec<u8>, Fault> {
    let bytes =
        std::fs::read(path).map_err(|error| Fault::usage(format!("can't read {}", path.display())).because(&error))?;
    if bytes.contains(&0) {
        return Err(Fault::usage(format!("cannot merge binary files: {}", path.display()))
            .hint("take one side as a whole, such as with git checkout --ours"));
    }
    Ok(bytes)
}

pub(super) fn text(path: &Path) -> Result<String, Fault> {
    String::from_utf8(lossless(path)?).map_err(|error| {
        Fault::usage(format!("{} is not UTF-8", path.display())).because(&error).hint("--git-compat merges any bytes")
    })
}

/// Replaces the content of a file in one step; a link stays a link and its target's permissions stay.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let failed = |error: std::io::Error| Fault::unfinished(format!("can't write {}", path.display())).because(&error);
    let target = path.canonicalize().map_err(failed)?;
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut staged = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    staged.write_all(bytes).map_err(failed)?;
    let permissions = std::fs::metadata(&target).map_err(failed)?.permissions();
    staged.as_file().set_permissions(permissions).map_err(failed)?;
    staged.as_file().sync_all().map_err(failed)?;
    crash::point("merge-file.write.before");
    staged.persist(&target).map_err(|error| failed(error.error))?;
    crash::point("merge-file.write.after");
    Ok(())
}
