//! Settings in layers: built-in defaults, `vso.toml`, environment, command line. Knows where each value came from.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

mod layers;
pub mod server;

pub use layers::{FILE, Settings, Source, keys, layered, load, load_text};

use crate::fault::Fault;
use crate::slicing::slice::PlatformKind;
use crate::spec::lint::Severity;

/// The settings of a project, from `vso.toml`. Every key has a default, so an empty file is a good one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where things are.
    pub project: ProjectConfig,
    /// How slices are made.
    pub slicing: SlicingConfig,
    /// What generated infrastructure starts from.
    pub deploy: DeployConfig,
    /// Severities of lint rules.
    pub lint: LintConfig,
    /// How both sides are kept in step.
    pub sync: SyncConfig,
    /// Pull requests and checks on GitHub.
    pub github: GithubConfig,
    /// The optional language model.
    pub refine: RefineConfig,
    /// The nightly run.
    pub nightly: NightlyConfig,
}

/// `[project]`: where things are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectConfig {
    /// The master specification, relative to the project's root.
    pub master: String,
    /// The folder of the slices, relative to the project's root.
    pub slices: String,
}

impl Default for ProjectConfig {
    fn default() -> Self {
        Self { master: "master-spec.md".into(), slices: "vertical-slices".into() }
    }
}

/// `[slicing]`: how slices are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SlicingConfig {
    /// The platform where neither word nor evidence decides.
    pub platform: PlatformKind,
    /// Other names of components: `synonyms.Auth = ["login", "sign-in"]`.
    pub synonyms: BTreeMap<String, Vec<String>>,
}

impl Default for SlicingConfig {
    fn default() -> Self {
        Self { platform: PlatformKind::Hetzner, synonyms: BTreeMap::new() }
    }
}

/// `[deploy]`: what generated Terraform and Modal files start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeployConfig {
    /// The git repository that servers clone; empty until the project has one.
    pub repository: String,
    /// The git ref that servers check out.
    pub reference: String,
    /// Hetzner location, such as `nbg1`.
    pub location: String,
    /// Hetzner server type of the test environment.
    pub test_server: String,
    /// Hetzner server type of the production environment.
    pub production_server: String,
    /// Operating system image.
    pub image: String,
    /// TCP port that a slice listens on.
    pub port: u16,
}

impl Default for DeployConfig {
    fn default() -> Self {
        Self {
            repository: String::new(),
            reference: "main".into(),
            location: "nbg1".into(),
            test_server: "cx23".into(),
            production_server: "cx33".into(),
            image: "debian-13".into(),
            port: 8080,
        }
    }
}

/// `[lint]`: severities of lint rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LintConfig {
    /// `rules.vague-words = "off"`.
    pub rules: BTreeMap<String, Severity>,
}

/// What happens where master and slice changed one item differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// A person decides.
    #[default]
    Manual,
    /// The side that alone raised its version since the base wins; where none or both did, a person decides.
    Version,
    /// The master wins.
    Master,
    /// The slice wins, and its text goes up to the master.
    Slice,
}

/// `[sync]`: how both sides are kept in step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SyncConfig {
    /// The branch that proposals are made for; empty for the one that HEAD is on.
    pub branch: String,
    /// The git remote with which `refs/vso/*` travel; nothing travels while there is none of that name.
    pub remote: String,
    /// What happens where both sides changed one item differently.
    pub conflicts: Policy,
    /// Most proposals that are open at one time; 0 for no limit.
    pub max_open: usize,
    /// Whether all slices go into one proposal.
    pub together: bool,
    /// Where proposals become pull requests.
    pub forge: ForgeKind,
}

/// Where proposals become pull requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// On GitHub where the remote is there and the environment has a token for it, else only in the repository.
    #[default]
    Auto,
    /// Only in the repository.
    Local,
    /// On GitHub; without a token that is an error.
    Github,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            branch: String::new(),
            remote: "origin".into(),
            conflicts: Policy::Manual,
            max_open: 0,
            together: false,
            forge: ForgeKind::Auto,
        }
    }
}

/// `[github]`: what pull requests and checks are like. Addresses and credentials never stand in a file that comes with
/// a repository: they are in the environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GithubConfig {
    /// Labels that pull requests get besides `vso`.
    pub labels: Vec<String>,
    /// People who are asked to review.
    pub reviewers: Vec<String>,
    /// Teams that are asked to review, by their slugs.
    pub team_reviewers: Vec<String>,
    /// Whether pull requests are opened as drafts.
    pub drafts: bool,
    /// Whether checks are written.
    pub checks: bool,
    /// Whether commits are made through the API where an App signs in, so that GitHub shows them as verified.
    pub verified: bool,
}

impl Default for GithubConfig {
    fn default() -> Self {
        Self {
            labels: Vec::new(),
            reviewers: Vec::new(),
            team_reviewers: Vec::new(),
            drafts: false,
            checks: true,
            verified: false,
        }
    }
}

/// `[nightly]`: when it is night.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NightlyConfig {
    /// An IANA time zone, such as `Europe/Berlin`; empty for that of the server or the machine. The night is at 02:00 there.
    pub zone: String,
}

impl NightlyConfig {
    /// The time zone that is named; none where none is.
    #[must_use]
    pub fn time_zone(&self) -> Option<TimeZone> {
        if self.zone.is_empty() { None } else { TimeZone::get(&self.zone).ok() }
    }
}

/// `[refine]`: a language model over an OpenAI-compatible interface. Off until `base-url` and `model` are set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RefineConfig {
    /// `https://openrouter.ai/api/v1`, `http://127.0.0.1:11434/v1`, …
    pub base_url: String,
    /// The model's name as the server knows it.
    pub model: String,
    /// The environment variable that holds the key; the key itself never stands in a file. Its name begins with
    /// `VSO_`: a `vso.toml` that came with a repository must not be able to send other secrets away.
    pub key_variable: String,
    /// Longest wait for one answer, in seconds.
    pub timeout_seconds: u64,
}

impl RefineConfig {
    /// Whether there is a model to ask.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !self.base_url.is_empty() && !self.model.is_empty()
    }

    /// The key from the environment, when there is one.
    ///
    /// # Errors
    /// When the variable is none that this file may name, or holds no text (exit 2).
    pub fn key(&self) -> Result<Option<String>, Fault> {
        let name = &self.key_variable;
        if !name.starts_with("VSO_") {
            return Err(Fault::usage(format!("refine.key-variable: {name:?} does not begin with `VSO_`"))
                .hint("only such variables are sent to a model; put the key into VSO_MODEL_KEY"));
        }
        match std::env::var(name) {
            Ok(key) => Ok(Some(key)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(Fault::usage(format!("{name} is not UTF-8"))),
        }
    }
}

impl Default for RefineConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            model: String::new(),
            key_variable: "VSO_MODEL_KEY".into(),
            timeout_seconds: 60,
        }
    }
}
