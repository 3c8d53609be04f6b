//! The settings of a server for many repositories: one TOML file, checked as a whole. What is secret, or says who the
//! server is on GitHub, comes from the environment and never stands in here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::layers::in_file;
use crate::fault::Fault;

/// The settings of a server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServerConfig {
    /// The address that it listens on. Other than loopback only with a public address, whose proxy speaks https.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The address by which people and GitHub reach it, such as `https://vso.example.org`; none for loopback.
    #[serde(default)]
    pub public_url: Option<String>,
    /// The folder of its ledger and its mirrors.
    pub data: PathBuf,
    /// How many repositories are worked on at a time.
    #[serde(default = "workers")]
    pub workers: usize,
    /// The nightly run.
    #[serde(default)]
    pub nightly: NightConfig,
    /// The clones that it keeps.
    #[serde(default)]
    pub mirrors: MirrorConfig,
}

/// `[nightly]`: when it is night.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NightConfig {
    /// An IANA time zone, such as `Europe/Berlin`.
    pub zone: String,
}

impl Default for NightConfig {
    fn default() -> Self {
        Self { zone: "UTC".into() }
    }
}

/// `[mirrors]`: how much is kept.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MirrorConfig {
    /// MiB of all mirrors together; those that nobody needed for longest go first.
    pub most_mb: u64,
    /// Days after which one that nobody needed goes. It is fetched again when it is.
    pub days: u64,
}

impl Default for MirrorConfig {
    fn default() -> Self {
        Self { most_mb: 4096, days: 30 }
    }
}

/// Most repositories that are worked on at a time.
const MOST_WORKERS: usize = 64;

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 4711))
}

fn workers() -> usize {
    2
}

impl ServerConfig {
    /// Reads a file. A relative `data` is relative to the file's folder.
    ///
    /// # Errors
    /// When it can't be read or understood, or what it says can't work (exit 2).
    pub fn read(file: &Path) -> Result<Self, Fault> {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            Fault::usage(format!("the server's settings can't be read from {shown}"))
                .because(&error)
                .hint("deployment/server.toml is an example of such a file")
        })?;
        let mut config = Self::of(&shown, &text)?;
        if let Some(folder) = file.parent() {
            config.data = folder.join(&config.data);
        }
        Ok(config)
    }

    /// Understands a text; `file` is what errors call it.
    ///
    /// # Errors
    /// As [`ServerConfig::read`].
    pub fn of(file: &str, text: &str) -> Result<Self, Fault> {
        let config: Self = toml::from_str(text).map_err(|error| in_file(file, text, &error))?;
        let wrong = |key: &str, why: &str| Err(Fault::usage(format!("{file}: `{key}` {why}")));
        if !config.listen.ip().is_loopback() && config.public_url.is_none() {
            return wrong("listen", "is not loopback, and there is no `public-url` whose proxy would speak https");
        }
        if config.data.as_os_str().is_empty() {
            return wrong("data", "is empty");
        }
        if !(1..=MOST_WORKERS).contains(&config.workers) {
            return wrong("workers", &format!("is not between 1 and {MOST_WORKERS}"));
        }
        if TimeZone::get(&config.nightly.zone).is_err() {
            return wrong("nightly.zone", "is no time zone, such as Europe/Berlin");
        }
        if config.mirrors.most_mb == 0 || config.mirrors.days == 0 {
            return wrong("mirrors", "lets none be kept");
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_needed() {
        let config = ServerConfig::of("server.toml", "data = \"x\"\n").unwrap();
        assert_eq!((config.listen, config.workers, config.nightly.zone.as_str()), (listen(), 2, "UTC"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.toml");
        std::fs::write(&file, "data = \"x\"\nlisten = \"127.0.0.1:0\"\n").unwrap();
        assert_eq!(ServerConfig::read(&file).unwrap().data, folder.path().join("x"));
        assert!(ServerConfig::read(&folder.path().join("no.toml")).unwrap_err().to_string().contains("no.toml"));
    }

    #[test]
    fn the_example_says_the_defaults() {
        let text = include_str!("../../deployment/server.toml");
        let config = ServerConfig::of("server.toml", text).unwrap();
        let least = ServerConfig::of("server.toml", "data = \"/var/lib/vso\"\n").unwrap();
        assert_eq!(config, ServerConfig { public_url: config.public_url.clone(), ..least });
    }

    #[test]
    fn what_can_t_work_is_said() {
        let check = |text: &str, expected: &str| {
            let fault = ServerConfig::of("server.toml", text).unwrap_err();
            assert!(format!("{fault} {:?}", fault.hints()).contains(expected), "{fault} {:?}", fault.hints());
        };
        check("", "missing field `data`");
        check("data = \"x\"\nworkrs = 3\n", "did you mean `workers`?");
        check("data = \"x\"\nworkers = 0\n", "`workers` is not between");
        check("data = \"x\"\nlisten = \"0.0.0.0:80\"\n", "`public-url`");
        check("data = \"x\"\n[nightly]\nzone = \"Mars/Olympus\"\n", "`nightly.zone`");
        check("data = \"x\"\n[mirrors]\ndays = 0\n", "`mirrors`");
        check("data = \"x\"\nlisten = \"here\"\n", "server.toml:2");
    }
}
