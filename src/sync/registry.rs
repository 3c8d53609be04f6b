//! Who has which number and id, as the slices on disk say it: one `metadata.json` a slice.

use std::path::Path;

use rayon::prelude::*;

use crate::config::Config;
use crate::fault::Fault;
use crate::slicing::registry::{Registry, SCHEMA, SliceRecord};
use crate::worktree::{folders, read_text, shown};

pub use crate::scaffold::RECORD;

/// Reads the records of all slices of a project, by number. A folder without `metadata.json` is no slice.
///
/// # Errors
/// When a record can't be read or understood, or two slices have one number (exit 2), with file, line and hint.
pub fn registry(root: &Path, config: &Config) -> Result<Registry, Fault> {
    let above = root.join(&config.project.slices);
    let paths = folders(&above)?.into_iter().map(|name| above.join(name).join(RECORD)).filter(|path| path.is_file());
    let paths: Vec<_> = paths.collect();
    let mut slices = paths.par_iter().map(|path| record(path)).collect::<Result<Vec<_>, _>>()?;
    slices.sort_by(|one, other| (one.number, &one.slice_id).cmp(&(other.number, &other.slice_id)));
    match slices.windows(2).find(|pair| pair[0].number == pair[1].number) {
        Some(pair) => Err(twice(&pair[0], &pair[1])),
        None => Ok(Registry { slices }),
    }
}

fn record(path: &Path) -> Result<SliceRecord, Fault> {
    let text = read_text(path)?;
    let record: SliceRecord = serde_json::from_str(&text).map_err(|error| {
        let fault = Fault::usage(format!("{}:{}: this is no record of a slice", shown(path), error.line()));
        fault.because(&error).hint("vso writes this file; take the last good version of it from git")
    })?;
    if record.schema > SCHEMA {
        return Err(Fault::usage(format!("{}: schema {} is newer than this vso knows", shown(path), record.schema))
            .hint("use the vso that wrote it, or a newer one"));
    }
    Ok(record)
}

fn twice(one: &SliceRecord, other: &SliceRecord) -> Fault {
    let (one, other) = (&one.slice_id, &other.slice_id);
    Fault::usage(format!("{one} and {other} have the same number"))
        .hint(format!("if one of them is a copy or an old name of the other, take its {RECORD} out of the way"))
}
