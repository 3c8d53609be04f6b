//! Whether everything is there that vso and what it generates need, and where each setting comes from.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Master, registry, templates};
use crate::config::{self, Config, Settings};
use crate::fault::Fault;
use crate::git;
use crate::report::finding::counted;
use crate::runner::{Said, version_of};
use crate::worktree::shown;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Something optional is missing.
    Warn,
    /// vso can't work like this.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SettingRow {
    /// Its key, such as `deploy.port`.
    pub key: String,
    /// Its value, as in `vso.toml`.
    pub value: String,
    /// `default`, `vso.toml`, `environment NAME` or `command line FLAG`.
    pub source: String,
}

/// All that `doctor` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The version of this format: 1.
    pub format: u32,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// Every setting with its source; empty when the settings can't be used.
    pub settings: Vec<SettingRow>,
}

/// Tools with how they are asked and what they are for. Only git is needed by vso itself.
const TOOLS: &[(&str, &str, &[&str], &str)] = &[
    ("python", "python3", &["--version"], "runs the generated tests"),
    ("pytest", "python3", &["-m", "pytest", "--version"], "runs the generated tests: python3 -m pip install pytest"),
    (
        "httpx",
        "python3",
        &["-c", "import httpx; print('httpx', httpx.__version__)"],
        "lets the generated tests send requests: python3 -m pip install httpx",
    ),
    (
        "terraform",
        "terraform",
        &["version"],
        "deploys slices on Hetzner Cloud: https://developer.hashicorp.com/terraform/install",
    ),
    ("modal", "modal", &["--version"], "deploys slices on Modal: python3 -m pip install modal"),
];

/// Looks at everything. Nothing that it finds is an error of its own: it is said in the checks.
#[must_use]
pub fn diagnose(root: &Path, flags: &[(&str, String, String)]) -> Diagnosis {
    let tools = thread::scope(|scope| {
        let asked: Vec<_> = TOOLS.iter().map(|tool| scope.spawn(move || optional(tool))).collect();
        asked.into_iter().filter_map(|answer| answer.join().ok()).collect::<Vec<_>>()
    });
    let mut checks =
        vec![Check::ok("vso", format!("vso {}", env!("CARGO_PKG_VERSION"))), git_itself(), repository(root)];
    let mut settings = Vec::new();
    match config::load(root, flags) {
        Ok(found) => {
            settings = rows(&found);
            checks.push(Check::ok("settings", settings_words(&settings)));
            checks.extend(project(root, &found.config));
        }
        Err(fault) => checks.push(Check::fail("settings", &fault)),
    }
    checks.extend(tools);
    Diagnosis { format: 1, checks, settings }
}

fn git_itself() -> Check {
    match version_of("git", &["--version"]) {
        Said::Version(line) => Check::ok("git", line),
        Said::Missing => {
            Check::warn("git", "git is not installed".into(), "install git: https://git-scm.com/downloads")
        }
        Said::Failed(why) => Check::warn("git", format!("git does not work: {why}"), "install git again"),
    }
}

fn repository(root: &Path) -> Check {
    match git::around(root) {
        Ok(Some(found)) => {
            let place = found.root.map_or_else(|| "bare".to_owned(), |place| place.display().to_string());
            let branch = found.branch.map_or_else(|| "no branch".to_owned(), |branch| format!("branch {branch}"));
            let commits = if found.born { "" } else { ", no commit yet" };
            Check::ok("repository", format!("{place}, {branch}{commits}"))
        }
        Ok(None) => Check::warn(
            "repository",
            format!("{} is in no git repository", shown(root)),
            "`git init`: with it, every change of the design and of the slices can be seen and undone",
        ),
        Err(fault) => Check::fail("repository", &fault),
    }
}

/// The master, the slices and the templates of a project.
fn project(root: &Path, config: &Config) -> Vec<Check> {
    let name = shown(&root.join(&config.project.master));
    let master = match Master::read(root, config) {
        Ok(master) => {
            let reading = &master.reading;
            let components = counted(reading.components.len(), "component");
            let requirements = counted(reading.requirements.len(), "requirement");
            Check::ok("master", format!("{name}: {components}, {requirements}"))
        }
        Err(fault) => Check::fail("master", &fault),
    };
    let slices = match registry(root, config) {
        Ok(found) => {
            Check::ok("slices", format!("{}: {}", config.project.slices, counted(found.slices.len(), "slice")))
        }
        Err(fault) => Check::fail("slices", &fault),
    };
    let templates = match templates::own(root) {
        Ok(own) if own.is_empty() => Check::ok("templates", "the built-in ones".into()),
        Ok(own) => Check::ok("templates", format!("{} in {}", counted(own.len(), "own template"), templates::FOLDER)),
        Err(fault) => Check::fail("templates", &fault),
    };
    vec![master, slices, templates]
}

fn optional((name, program, arguments, purpose): &(&str, &str, &[&str], &str)) -> Check {
    match version_of(program, arguments) {
        Said::Version(line) => Check::ok(name, line),
        Said::Missing | Said::Failed(_) if *name != *program => {
            Check::warn(name, "not found".into(), &format!("optional; {purpose}"))
        }
        Said::Missing => Check::warn(name, "not found".into(), &format!("optional; {purpose}")),
        Said::Failed(why) => Check::warn(name, format!("does not work: {why}"), &format!("optional; {purpose}")),
    }
}

fn rows(settings: &Settings) -> Vec<SettingRow> {
    let rows = settings.values().into_iter();
    rows.map(|(key, value, source)| SettingRow { key, value, source: source.to_string() }).collect()
}

fn settings_words(rows: &[SettingRow]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let layer = row.source.split(' ').next().unwrap_or_default();
        *counts.entry(if layer == "command" { "command line" } else { layer }).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().map(|(layer, count)| format!("{count} from {layer}")).collect();
    words.join(", ")
}

impl Check {
    pub(super) fn ok(name: &str, message: String) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Ok, message, hint: None }
    }

    pub(super) fn warn(name: &str, message: String, hint: &str) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Warn, message, hint: Some(hint.to_owned()) }
    }

    pub(super) fn fail(name: &str, fault: &Fault) -> Self {
        let hint = fault.hints().first().cloned();
        Self { name: name.to_owned(), verdict: Verdict::Fail, message: fault.message().to_owned(), hint }
    }
}
