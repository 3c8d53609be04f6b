//! The settings with the source of each value, the environment without its secrets, and the health of every part.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::project::{Project, locked};
use super::several::{fetched, lacking, lasting, size};
use crate::config::load_text;
use crate::sync::checks::settings_at;
use crate::sync::doctor::{Check, SettingRow, Verdict, diagnose};
use crate::sync::propose::aim;

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
    ("VSO_CLIENT_ID", false),
    ("VSO_CLIENT_SECRET", true),
    ("VSO_LOG", false),
    ("GITHUB_API_URL", false),
    ("GITHUB_GRAPHQL_URL", false),
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
    let mut checks = if project.id.is_some() { mirrored(project) } else { diagnose(project.root(), &[]).checks };
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
    SettingsView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        root: project.root().display().to_string(),
        checks,
        settings: rows.map(row).collect(),
        // A server's own environment is on its own page.
        variables: if project.id.is_some() { Vec::new() } else { variables() },
    }
}

/// The environment, with secrets hidden.
pub(super) fn variables() -> Vec<VariableRow> {
    let variable = |(name, is_secret): &(&str, bool)| {
        let found = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        VariableRow { name: (*name).to_owned(), is_set: found.is_some(), value: found.filter(|_| !is_secret) }
    };
    VARIABLES.iter().map(variable).collect()
}

/// What there is to say of a mirror.
fn mirrored(project: &Project) -> Vec<Check> {
    let check = |name: &str, verdict, message: String, hint: Option<String>| Check {
        name: name.to_owned(),
        verdict,
        message,
        hint,
    };
    let mut checks = vec![match fetched(project.root()) {
        Some(age) => {
            let words = format!("fetched {} ago; {}", lasting(age), size(project.root()));
            check("mirror", Verdict::Ok, words, None)
        }
        None => {
            let hint = "it is fetched when the first delivery is worked on".to_owned();
            check("mirror", Verdict::Warn, "was not fetched yet".to_owned(), Some(hint))
        }
    }];
    checks.push(match lacking(project) {
        None => check("master", Verdict::Ok, format!("{} is there", project.config().project.master), None),
        Some((_, words)) => {
            let hint = "commit one, or name yours in vso.toml: project.master".to_owned();
            check("master", Verdict::Warn, words, Some(hint))
        }
    });
    let read = || {
        let (repo, _, target) = aim(project.root(), project.config())?;
        let text = target.map(|target| settings_at(&repo, target)).transpose()?.flatten();
        load_text(text.as_deref(), &[]).map(|_| text.is_some())
    };
    checks.push(match read() {
        Ok(true) => check("settings", Verdict::Ok, "vso.toml of the branch".to_owned(), None),
        Ok(false) => check("settings", Verdict::Ok, "there is no vso.toml: all values are defaults".to_owned(), None),
        Err(fault) => {
            let hint = "defaults count until it can be understood".to_owned();
            check("settings", Verdict::Fail, fault.message().to_owned(), Some(hint))
        }
    });
    checks
}
