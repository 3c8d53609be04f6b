//! A project in a real repository, with people who edit, commit, branch and merge by plain git.

use serde_json::Value;

use super::{Ran, World};

/// A master with five small components.
pub const MASTER: &str = "\
---
title: \"Library\"
version: \"1.0.0\"
---

# Library

## Requirements

### Functional

- **FR-001** [component: Members] A visitor can register with an email address.
- **FR-002** [component: Members] An email address must be unique.
- **FR-010** [component: Catalogue] A volunteer can add a tool with a title.
- **FR-011** [component: Catalogue] A member can search by a word of the title.
- **FR-020** [component: Loans] A member can borrow a tool that is available.
- **FR-030** [component: Fees] The system must charge a fee for each late day.
- **FR-040** [component: Reports] A volunteer can download a month as CSV.

## Architecture

### Components

- **Members**: Registers people.
- **Catalogue**: The tools that can be borrowed.
- **Loans**: Lends tools. Depends on: Members, Catalogue.
- **Fees**: Takes payment.
- **Reports**: Monthly figures.
";

/// The branch of the first proposal for each slice, in their order.
pub const FIRST: [&str; 5] = [
    "slice-001-members-v1.0.0",
    "slice-002-catalogue-v1.0.0",
    "slice-003-loans-v1.0.0",
    "slice-004-fees-v1.0.0",
    "slice-005-reports-v1.0.0",
];

/// A world with a repository on `main`.
pub struct Project {
    /// Where it is.
    pub world: World,
}

impl Project {
    /// A repository with the master committed and nothing else.
    pub fn new() -> Self {
        let world = World::with_master(MASTER);
        world.git(&["init", "-q", "-b", "main"]);
        world.write(".gitignore", ".slice-orchestrator/\n");
        let project = Self { world };
        project.commit("master");
        project
    }

    /// The same with all slices merged and everything in step.
    pub fn in_step() -> Self {
        let project = Self::new();
        project.sync().exits(0);
        project.merge_all();
        project.git(&["reset", "-q", "--hard"]);
        project.sync().exits(0);
        project
    }

    /// Runs git.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.world.git(arguments)
    }

    /// Runs vso.
    pub fn vso(&self, arguments: &[&str]) -> Ran {
        self.world.vso(arguments)
    }

    /// `vso sync`.
    pub fn sync(&self) -> Ran {
        self.vso(&["sync"])
    }

    /// `vso sync --json`, as a value, whatever it says.
    pub fn report(&self, arguments: &[&str]) -> Value {
        let ran = self.vso(&[&["sync", "--json"], arguments].concat());
        assert!(matches!(ran.code, 0 | 1), "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}\n{}", ran.out))
    }

    /// What a sync says of each proposal: deed and branch.
    pub fn deeds(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let report = self.report(arguments);
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let lines = report["proposals"].as_array().expect("a list").iter();
        lines.map(|line| (text(line, "deed"), text(line, "branch"))).collect()
    }

    /// All proposals: number, state and branch.
    pub fn proposals(&self) -> Vec<(u64, String, String)> {
        let ran = self.vso(&["pr", "list", "--all", "--json"]).exits(0);
        let report: Value = serde_json::from_str(&ran.out).expect("JSON");
        let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let all = report["proposals"].as_array().expect("a list").iter();
        all.map(|one| (one["number"].as_u64().expect("a number"), text(one, "state"), text(one, "branch"))).collect()
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Edits a file and commits it.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.world.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.world.write(path, text.replacen(from, to, 1));
        self.commit(&format!("{from} becomes {to}").replace('\n', " "));
    }

    /// Edits the master and commits it.
    pub fn edit_master(&self, from: &str, to: &str) {
        self.edit("master-spec.md", from, to);
    }

    /// A person's commit on another branch: switched to, made, and back again.
    pub fn on(&self, branch: &str, work: impl FnOnce(&Self)) {
        self.git(&["switch", "-q", branch]);
        work(self);
        self.git(&["switch", "-q", "main"]);
    }

    /// All open proposals are merged.
    pub fn merge_all(&self) {
        for (number, _, _) in self.proposals().into_iter().filter(|(_, state, _)| state == "open") {
            self.vso(&["pr", "merge", &number.to_string()]).exits(0);
        }
    }

    /// All refs with what they name.
    pub fn refs(&self) -> String {
        self.git(&["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    /// A file of a branch.
    pub fn show(&self, branch: &str, path: &str) -> String {
        self.git(&["show", &format!("{branch}:{path}")])
    }

    /// Whether a branch is there.
    pub fn has_branch(&self, branch: &str) -> bool {
        self.refs().contains(&format!("refs/heads/{branch} "))
    }

    /// How many commits a branch has that main has not.
    pub fn ahead(&self, branch: &str) -> usize {
        self.git(&["rev-list", &format!("main..{branch}")]).lines().count()
    }
}
