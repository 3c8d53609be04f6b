//! A proposal: a branch with what stands around it, as every forge knows it. These types are the format of
//! `proposals/<number>.json` in `refs/vso/proposals`; every key is documented here.

use serde::{Deserialize, Serialize};

/// The format of a proposal's file, raised when a reader of the old one would go wrong.
pub const SCHEMA: u32 = 1;

/// What the names of proposals' branches begin with.
pub const BRANCHES: [&str; 3] = ["slice-", "master-spec-v", "slices-all-v"];

/// Whether a branch of this name can be a proposal's.
#[must_use]
pub fn is_branch_of_vso(name: &str) -> bool {
    BRANCHES.iter().any(|start| name.starts_with(start))
}

/// What a proposal is about. There is one open proposal for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Subject {
    /// One slice.
    Slice {
        /// Its number, which a rename keeps.
        number: u32,
        /// Its id and folder's name.
        id: String,
    },
    /// The master specification.
    Master,
    /// All slices at once: the wide one.
    All,
}

impl Subject {
    /// Whether two proposals are about the same, also after a rename.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Slice { number, .. }, Self::Slice { number: other, .. }) => number == other,
            _ => self == other,
        }
    }

    /// How the branch of a proposal of this version is called: `slice-001-auth-v1.1.0`.
    #[must_use]
    pub fn branch(&self, version: &str) -> String {
        format!("{}-v{version}", self.word())
    }

    /// `slice-001-auth`, `master-spec`, `slices-all`: in branch names, and what people type.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Slice { id, .. } => id,
            Self::Master => "master-spec",
            Self::All => "slices-all",
        }
    }
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for a person.
    Open,
    /// Its content is in the target.
    Merged,
    /// A person said no. It comes back when there is something else to say.
    Closed,
    /// Nobody wants it any more: the master went back, or another proposal holds the same.
    Superseded,
}

impl State {
    /// `open`, `merged`, `closed`, `superseded`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
            Self::Superseded => "superseded",
        }
    }
}

/// An item that both sides changed and nobody has settled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The file, from the repository's root.
    pub path: String,
    /// The item, for people and for `vso resolve --item`.
    pub item: String,
}

/// A branch that waits for a person, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Its number: given once, never re-used.
    pub number: u32,
    /// What it is about.
    pub subject: Subject,
    /// Where it stands.
    pub state: State,
    /// Whether it waits for `vso pr ready`.
    #[serde(default)]
    pub draft: bool,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Its branch, named by the version at opening; the name stays.
    pub branch: String,
    /// The branch that it wants to be merged into.
    pub target: String,
    /// The version that it brings.
    pub version: String,
    /// Hash of the content that it was last asked for. A closed one comes back when this changes.
    pub key: String,
    /// The target's commit that it was last built on.
    pub onto: String,
    /// The whole tree that vso last wanted on the branch, without people's commits there. Its object lives as long as
    /// the proposal does.
    pub wanted: String,
    /// Where the branch was when vso last saw it.
    pub head: String,
    /// The commits that vso wrote. Any other one between the target and the branch is a person's.
    #[serde(default)]
    pub commits: Vec<String>,
    /// Folders and files that it brings, from the repository's root, in order.
    #[serde(default)]
    pub paths: Vec<String>,
    /// What is not settled.
    #[serde(default)]
    pub conflicts: Vec<Open>,
    /// When it was opened, by the clock of the one who opened it (RFC 3339).
    pub opened_at: String,
    /// Why it is no longer open, in a few words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The target's commit that brought it, when it is merged and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<String>,
    /// The number of its pull request on the hosted forge, once that is known. The branch finds it again where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<u64>,
    /// Whether its pull request was seen closed: open again, it was opened by a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pull_closed: bool,
}

impl Proposal {
    /// Whether it waits for a person.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The full name of its branch.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// What people read in a line: `open`, `draft`, `merged`, …
    #[must_use]
    pub fn standing(&self) -> &'static str {
        if self.is_open() && self.draft { "draft" } else { self.state.word() }
    }

    /// Whether people may have pointed it at a branch that is theirs: what comes from a remote is data, and must not
    /// name a branch that vso never makes.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let own = match &self.subject {
            Subject::Slice { number, .. } => self.branch.starts_with(&format!("slice-{number:03}-")),
            Subject::Master | Subject::All => self.branch.starts_with(&format!("{}-v", self.subject.word())),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.+_".contains(&byte);
        let inside =
            self.paths.iter().all(|path| path.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git")));
        own && self.branch.bytes().all(plain) && !self.branch.contains("..") && self.branch != self.target && inside
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An open proposal for slice 1.
    pub(crate) fn sample(number: u32) -> Proposal {
        Proposal {
            schema: SCHEMA,
            number,
            subject: Subject::Slice { number: 1, id: "slice-001-auth".into() },
            state: State::Open,
            draft: false,
            title: "slice-001-auth 1.1.0".into(),
            body: String::new(),
            branch: "slice-001-auth-v1.1.0".into(),
            target: "main".into(),
            version: "1.1.0".into(),
            key: "k".into(),
            onto: String::new(),
            wanted: String::new(),
            head: String::new(),
            commits: Vec::new(),
            paths: vec!["vertical-slices/slice-001-auth".into()],
            conflicts: Vec::new(),
            opened_at: "2026-01-01T00:00:00Z".into(),
            reason: None,
            merged: None,
            pull: None,
            pull_closed: false,
        }
    }

    #[test]
    fn a_rename_keeps_the_subject() {
        let slice = |number, id: &str| Subject::Slice { number, id: id.into() };
        assert!(slice(1, "slice-001-auth").is_same(&slice(1, "slice-001-login")));
        assert!(!slice(1, "slice-001-auth").is_same(&slice(2, "slice-002-auth")));
        assert!(Subject::All.is_same(&Subject::All) && !Subject::All.is_same(&Subject::Master));
        assert_eq!(Subject::Master.branch("1.2.1"), "master-spec-v1.2.1");
    }

    #[test]
    fn a_proposal_names_no_branch_of_others_and_no_path_outside() {
        assert!(sample(1).is_sound());
        let spoilt: [fn(&mut Proposal); 5] = [
            |proposal| proposal.branch = "main".into(),
            |proposal| proposal.branch = "slice-002-auth-v1.0.0".into(),
            |proposal| proposal.branch = "slice-001-/../../x".into(),
            |proposal| proposal.target = proposal.branch.clone(),
            |proposal| proposal.paths = vec!["a/../../b".into()],
        ];
        for spoil in spoilt {
            let mut proposal = sample(1);
            spoil(&mut proposal);
            assert!(!proposal.is_sound(), "{proposal:?}");
        }
    }
}
