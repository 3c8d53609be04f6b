//! The workflows that bring vso to a repository on GitHub, from templates: pinned by commit and by sum, each with the
//! permissions that its one job needs.

use std::path::Path;

use super::schedule::put_new;
use crate::fault::Fault;

/// What the workflows check the repository out with.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

/// The nightly workflow's name.
pub const NIGHTLY: &str = "vso-nightly.yml";

const TEMPLATES: [(&str, &str); 4] = [
    ("vso-check.yml", include_str!("../../../templates/init/github/vso-check.yml")),
    ("vso-comment.yml", include_str!("../../../templates/init/github/vso-comment.yml")),
    (NIGHTLY, include_str!("../../../templates/init/github/vso-nightly.yml")),
    ("vso-sync.yml", include_str!("../../../templates/init/github/vso-sync.yml")),
];

/// What the workflows are pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    action: String,
    sha256: String,
    branch: String,
}

impl Pinned {
    /// The action as `OWNER/NAME@COMMIT`, the sum of the binary for Linux on x86-64, and the branch that proposals are
    /// made for.
    ///
    /// # Errors
    /// When one of them is none (exit 2): nothing else may stand in a workflow.
    pub fn of(action: &str, sha256: &str, branch: &str) -> Result<Self, Fault> {
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        let plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let pinned = action.split_once('@').and_then(|(name, commit)| Some((name.split_once('/')?, commit)));
        if !pinned.is_some_and(|((owner, name), commit)| plain(owner) && plain(name) && hex(commit, 40)) {
            return Err(Fault::usage(format!("{action:?} is no action that is pinned by commit"))
                .hint("such as --action OWNER/vso@0123456789abcdef0123456789abcdef01234567, all forty digits"));
        }
        if !hex(sha256, 64) {
            return Err(Fault::usage(format!("{sha256:?} is no SHA-256 sum"))
                .hint("SHA256SUMS of the release has it, beside vso-x86_64-unknown-linux-musl"));
        }
        let is_branch = branch.split('/').all(plain) && !branch.starts_with('-');
        if !is_branch {
            return Err(Fault::usage(format!("the branch {branch:?} can't stand in a workflow's filter"))
                .hint("set sync.branch to one with letters, digits, `-`, `_`, `.` and `/`"));
        }
        Ok(Self { action: action.to_owned(), sha256: sha256.to_owned(), branch: branch.to_owned() })
    }

    fn filled(&self, template: &str) -> String {
        let version = env!("CARGO_PKG_VERSION");
        template
            .replace("VSO_CHECKOUT", CHECKOUT)
            .replace("VSO_ACTION", &format!("{} # v{version}", self.action))
            .replace("VSO_VERSION", version)
            .replace("VSO_SHA256", &self.sha256)
            .replace("VSO_BRANCH", &self.branch)
    }

    /// The workflows, each with its path from the repository's root.
    #[must_use]
    pub fn workflows(&self) -> Vec<(String, String)> {
        let all = TEMPLATES.iter();
        all.map(|(name, template)| (format!(".github/workflows/{name}"), self.filled(template))).collect()
    }

    /// Writes them where there are none, all of them or the one of this name; gives each path and whether it was written.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn write(&self, root: &Path, only: Option<&str>, waiting: &dyn Fn()) -> Result<Vec<(String, bool)>, Fault> {
        let wanted = |path: &String| only.is_none_or(|only| path.ends_with(&format!("/{only}")));
        let all = self.workflows().into_iter().filter(|(path, _)| wanted(path));
        all.map(|(path, text)| put_new(root, &path, &text, waiting).map(|is_new| (path, is_new))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTION: &str = "acme/vso@0123456789abcdef0123456789abcdef01234567";

    fn sum() -> String {
        "ab".repeat(32)
    }

    #[test]
    fn nothing_but_what_is_pinned_comes_in() {
        assert!(Pinned::of(ACTION, &sum(), "release/1.x").is_ok());
        for (action, sha256, branch) in [
            ("acme/vso@v1", sum(), "main"),
            ("acme/vso@0123456789ABCDEF0123456789abcdef01234567", sum(), "main"),
            ("acme/v so@0123456789abcdef0123456789abcdef01234567", sum(), "main"),
            ("acme@0123456789abcdef0123456789abcdef01234567", sum(), "main"),
            (ACTION, "ab".into(), "main"),
            (ACTION, sum(), "$(touch x)"),
            (ACTION, sum(), "a\nb"),
            (ACTION, sum(), ""),
        ] {
            assert!(Pinned::of(action, &sha256, branch).is_err(), "{action} {branch}");
        }
    }

    #[test]
    fn every_workflow_is_pinned_and_may_what_its_job_needs() {
        for (path, text) in Pinned::of(ACTION, &sum(), "main").unwrap().workflows() {
            for line in text.lines().filter(|line| line.contains("uses:")) {
                let (_, hash) = line.split_once('@').unwrap();
                assert!(
                    hash[..40].bytes().all(|byte| byte.is_ascii_hexdigit()) && hash[40..].starts_with(" # v"),
                    "{line}"
                );
            }
            assert!(text.contains("\npermissions: {}\n") && !text.contains("VSO_"), "{path}");
            let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
            let job = read["jobs"].as_object().unwrap().values().next().unwrap();
            let command = job["steps"][1]["with"]["command"].as_str().unwrap();
            assert!(path.ends_with(&format!("/vso-{command}.yml")), "{path}");
            let writes = job["permissions"]["contents"] == "write";
            assert_eq!(writes, command != "check", "{path}");
            assert_eq!(read["concurrency"]["cancel-in-progress"], !writes, "{path}");
            let checkout = &job["steps"][0]["with"];
            assert_eq!(checkout["persist-credentials"], false, "{path}");
            assert!(checkout["ref"] == "main" || !writes, "{path}: what writes works on one fixed branch");
        }
    }
}
