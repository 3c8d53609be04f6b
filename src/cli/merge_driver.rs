//! `vso merge-driver`.

use std::path::PathBuf;

use super::{Outcome, merge_file, out};
use crate::fault::Fault;
use crate::merge::{self, Kind, Labels};

/// Merges one file for git, as a driver that .gitattributes names; the path says how the file is read
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The common ancestor (%O)
    base: PathBuf,

    /// Our side, which the result is written into (%A)
    ours: PathBuf,

    /// Their side (%B)
    theirs: PathBuf,

    /// Letters in a marker (%L)
    #[arg(default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=1000))]
    marker_size: u16,

    /// The file's path in the repository (%P)
    #[arg(default_value = "")]
    path: String,
}

const EXAMPLES: &str = "\
Examples:
  git config merge.vso.driver 'vso merge-driver %O %A %B %L %P'
  echo '*.md merge=vso' >> .gitattributes

Exit codes: 0 merged; 1 with conflicts, which are marked in the file; 129 the file can't be merged, and is as it was.";

/// What git takes for a driver that failed, as opposed to a conflict.
const FAILED: u8 = 129;

/// Runs the command. Faults are told here, because git reads every code up to 128 as a number of conflicts.
#[must_use]
pub fn run(args: &Args) -> Outcome {
    merged(args).unwrap_or_else(|fault| {
        out::fault(&fault);
        Outcome::Code(FAILED)
    })
}

fn merged(args: &Args) -> Result<Outcome, Fault> {
    let read = |path: &PathBuf| merge_file::text(path);
    let (base, ours, theirs) = (read(&args.base)?, read(&args.ours)?, read(&args.theirs)?);
    if let Some(record) = merge::newer_record(&args.path, &ours, &theirs) {
        merge_file::write(&args.ours, record.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    let merged = merge::merge(Kind::of(&args.path), &base, &ours, &theirs);
    let size = usize::from(args.marker_size);
    let labels = Labels { ours: "ours".into(), base: "base".into(), theirs: "theirs".into(), size };
    merge_file::write(&args.ours, merged.marked(&labels).as_bytes())?;
    Ok(if merged.is_clean() { Outcome::Clean } else { Outcome::SaysNo })
}
