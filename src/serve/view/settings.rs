//! The settings with the source of each value, the environment without its secrets, and the health of every part.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::project::{Project, locked};
use crate::sync::doctor::{Check, SettingRow, Verdict, diagnose};

/// How long what was found counts: other programs are started to find it.
const FRESH: Duration = Duration::from_secs(300);

/// Variables of the environment that vso reads besides those of single settings, and whether they are secret.
const VARIABLES: &[(&str, bool)] = &[
    ("GITHUB_TOKEN", true),
    ("GH_TOKEN", true),
    ("VSO_APP_ID", false),
    ("VSO_APP_PRIVATE_KEY", true),
    ("VSO_APP_PRIVATE_KEY_FILE", false),
    ("VSO_WEBHOOK_SECRET", true),
    ("VSO_WEBHOOK_SECRET_OLD", true),
    ("VSO_MODEL_KEY", true),
    ("GITHUB_API_URL", false),
    ("GITHUB_SERVER_URL", false),
];

/// A variable of the environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VariableRow {
    /// Its name.
    pub name: String,
    /// Whether it is set.
    pub is_set: bool,
    /// Its value; none where it is secret or not set.
    pub value: Option<String>,
}

/// The page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SettingsView {
    /// This vso.
    pub version: String,
    /// The project's folder.
    pub root: String,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// Every setting with its source.
    pub settings: Vec<SettingRow>,
    /// The environment.
    pub variables: Vec<VariableRow>,
}

/// Gathers the page; what is wrong is said in its checks.
#[must_use]
pub fn settings(project: &Project) -> Arc<SettingsView> {
    let mut kept = locked(&project.health);
    if let Some((at, found)) = &*kept
        && at.elapsed() < FRESH
    {
        return found.clone();
    }
    let found = Arc::new(looked_at(project));
    *kept = Some((Instant::now(), found.clone()));
    found
}

fn looked_at(project: &Project) -> SettingsView {
    let mut checks = diagnose(project.root(), &[]).checks;
    // That it answers; a check of the whole file takes longer the more it holds, and everybody would wait.
    let (verdict, message) = match project.ledger().pulse() {
        Ok(_) => (Verdict::Ok, ".slice-orchestrator/queue.db answers".to_owned()),
        Err(fault) => (Verdict::Fail, fault.message().to_owned()),
    };
    checks.push(Check { name: "ledger".to_owned(), verdict, message, hint: None });
    let rows = project.settings().values().into_iter();
    let row = |(key, value, source): (String, String, crate::config::Source)| SettingRow {
        key,
        value,
        source: source.to_string(),
    };
    let variable = |(name, is_secret): &(&str, bool)| {
        let found = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        VariableRow { name: (*name).to_owned(), is_set: found.is_some(), value: found.filter(|_| !is_secret) }
    };
    SettingsView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        root: project.root().display().to_string(),
        checks,
        settings: rows.map(row).collect(),
        variables: VARIABLES.iter().map(variable).collect(),
    }
}
