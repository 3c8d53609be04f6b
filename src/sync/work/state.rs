//! The keys of an earlier system's `state.json`, told from git, the master and the ledger; the file itself is a view that
//! is written when asked and never read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::UNIX_EPOCH;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::nightly::NAME;
use crate::config::Config;
use crate::fault::Fault;
use crate::ledger::{Ledger, Time};
use crate::report::slices::SliceView;
use crate::sync::status::Status;
use crate::worktree::{Change, Lock, STATE, Watch, shown, standing, write};

/// The file's name in vso's folder.
pub const FILE: &str = "state.json";

/// What is known of a project beside its slices.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct State {
    /// The version of these keys: `1.0.0`.
    pub version: String,
    /// The master specification.
    pub master_spec: MasterState,
    /// What is deployed where, by environment.
    pub deployments: BTreeMap<String, Deployed>,
    /// Slices that hold a conflict which waits for a person, by id.
    pub conflicts: Vec<String>,
    /// When the last nightly run that ended began.
    pub nightly_last_run: Option<Time>,
    /// When these keys were told.
    pub last_updated: Time,
    /// How many jobs of each status the queue holds.
    pub queue: BTreeMap<String, i64>,
}

/// The master specification.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MasterState {
    /// Its version.
    pub version: String,
    /// SHA-256 of its bytes, in hex.
    pub hash: String,
    /// When the file was changed last.
    pub last_modified: Option<Time>,
}

/// What is deployed in one environment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Deployed {
    /// Slices, by id.
    pub slices_deployed: Vec<String>,
}

impl State {
    /// Tells the state of a project whose slices were looked at. Makes nothing: a project without a ledger has none
    /// afterwards.
    ///
    /// # Errors
    /// When the master or the ledger can't be read (exit 2 or 3).
    pub fn of(root: &Path, config: &Config, found: &Status, conflicts: Vec<String>) -> Result<Self, Fault> {
        let path = root.join(&config.project.master);
        let failed = |error: &std::io::Error| Fault::unfinished(format!("can't read {}", shown(&path))).because(error);
        let bytes = fs::read(&path).map_err(|error| failed(&error))?;
        let ledger = Ledger::existing(root)?;
        let last = ledger.as_ref().map(|ledger| ledger.last_run(NAME)).transpose()?.flatten();
        let counts = ledger.as_ref().map(Ledger::counts).transpose()?.unwrap_or_default();
        let environments = ["test", "production"].map(|name| (name.to_owned(), Deployed::default()));
        Ok(Self {
            version: "1.0.0".into(),
            master_spec: MasterState {
                version: found.survey.slicing.master_version.clone(),
                hash: hex::encode(Sha256::digest(&bytes)),
                last_modified: modified(&path),
            },
            deployments: environments.into(),
            conflicts,
            nightly_last_run: last.and_then(|last| last.started),
            last_updated: Time::now(),
            queue: counts.into_iter().map(|(word, count)| (word.to_owned(), count)).collect(),
        })
    }

    /// Writes `state.json`, with the slices by their ids as that file has them.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn write(&self, root: &Path, config: &Config, found: &Status, waiting: &dyn Fn()) -> Result<(), Fault> {
        let slices = found.survey.slicing.slices.iter().map(|slice| {
            let view = SliceView::of(slice);
            let spec = root.join(&config.project.slices).join(&view.id).join("spec.md");
            let value = json!({
                "version": view.version,
                "status": view.status,
                "dependencies": view.dependencies,
                "platform": view.platform,
                "last_modified": modified(&spec),
            });
            (view.id, value)
        });
        let slices: serde_json::Map<String, Value> = slices.collect();
        let mut all = json!(self);
        all["slices"] = Value::Object(slices);
        let text = format!("{all:#}\n");
        let path = format!("{STATE}/{FILE}");
        let lock = Lock::take(root, waiting)?;
        let target = root.join(&path);
        let before = standing(&target)
            .map_err(|error| Fault::unfinished(format!("can't look at {}", shown(&target))).because(&error))?;
        let change = Change { path: &path, before, bytes: Some(text.as_bytes()), executable: false, keep: None };
        write(&lock, &[change], Watch { step: &|| (), stop: &AtomicBool::new(false) })
    }
}

fn modified(path: &Path) -> Option<Time> {
    let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Time(i64::try_from(since.as_millis()).ok()?))
}
