//! A repository as a person has it, and what git alone says of it: where words are, which proposals are open, who has
//! which number.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::words::{PATTERN, found};
use crate::world::{Ran, World};

/// A project under git, with main checked out.
pub struct Project {
    pub world: World,
}

/// An open proposal, as `refs/vso/proposals` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub number: u64,
    pub branch: String,
    pub state: String,
    pub draft: bool,
    /// `slice`, `master` or `all`.
    pub kind: String,
    /// Number of the slice; 0 for the others.
    pub slice: u64,
}

impl Project {
    /// A repository with the master committed and nothing else.
    pub fn new(master: &str) -> Self {
        let world = World::with_master(master);
        world.git(&["init", "-q", "-b", "main"]);
        world.write(".gitignore", ".slice-orchestrator/\n");
        let project = Self { world };
        project.commit("the master");
        project
    }

    /// The same with all slices merged and everything in step.
    pub fn in_step(master: &str) -> Self {
        let project = Self::new(master);
        for _ in 0..3 {
            project.sync();
            for proposal in project.open() {
                project.vso(&["pr", "merge", &proposal.number.to_string()]).exits(0);
            }
        }
        assert!(is_empty(&project.plan()), "a new project is not in step: {}", summary(&project.plan()));
        project
    }

    /// Runs a program; nothing in its output is replaced, unlike in snapshots.
    pub fn run(&self, command: &mut Command) -> Ran {
        let output = command.output().expect("the program can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Runs vso.
    pub fn vso(&self, arguments: &[&str]) -> Ran {
        self.vso_with(&[], arguments)
    }

    /// Runs vso with further environment variables.
    pub fn vso_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.world.command(&binary());
        let ran = self.run(command.envs(variables.iter().copied()).args(arguments));
        assert!(!ran.err.contains("panicked at"), "vso {arguments:?}\n{}", ran.err);
        ran
    }

    /// Runs git; what it printed, when it succeeded.
    pub fn try_git(&self, arguments: &[&str]) -> Option<String> {
        let ran = self.run(self.world.command("git").args(arguments));
        (ran.code == 0).then_some(ran.out)
    }

    /// Runs git and insists that it succeeds.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let ran = self.run(self.world.command("git").args(arguments));
        assert_eq!(ran.code, 0, "git {arguments:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// `vso plan --json`, as a value.
    #[track_caller]
    pub fn plan(&self) -> Value {
        let ran = self.vso(&["plan", "--json"]);
        assert!(matches!(ran.code, 0 | 1), "vso plan: {}\n{}", ran.code, ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("vso plan --json: {error}\n{}", ran.out))
    }

    /// `vso sync --wide --json`, as a value.
    #[track_caller]
    pub fn sync(&self) -> Value {
        self.sync_with(&["--wide"])
    }

    /// `vso sync --json`, as a value.
    #[track_caller]
    pub fn sync_with(&self, arguments: &[&str]) -> Value {
        let ran = self.vso(&[&["sync", "--json"], arguments].concat());
        assert!(matches!(ran.code, 0 | 1), "vso sync: {}\n{}", ran.code, ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("vso sync --json: {error}\n{}", ran.out))
    }

    /// All proposals by number, read with git alone.
    pub fn proposals(&self) -> Vec<Proposal> {
        let name = "refs/vso/proposals";
        let Some(list) = self.try_git(&["ls-tree", "--name-only", &format!("{name}:proposals")]) else {
            return Vec::new();
        };
        let mut found: Vec<Proposal> = list
            .lines()
            .map(|file| {
                let text = self.git(&["cat-file", "blob", &format!("{name}:proposals/{file}")]);
                let value: Value = serde_json::from_str(&text).expect("a proposal is JSON");
                let word = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
                Proposal {
                    number: value["number"].as_u64().expect("a proposal has a number"),
                    branch: word("branch"),
                    state: word("state"),
                    draft: value["draft"].as_bool().unwrap_or_default(),
                    kind: value["subject"]["kind"].as_str().unwrap_or_default().to_owned(),
                    slice: value["subject"]["number"].as_u64().unwrap_or_default(),
                }
            })
            .collect();
        found.sort_by_key(|proposal| proposal.number);
        found
    }

    /// Those that wait for a person.
    pub fn open(&self) -> Vec<Proposal> {
        self.proposals().into_iter().filter(|proposal| proposal.state == "open").collect()
    }

    /// All refs with what they name.
    pub fn refs(&self) -> String {
        self.git(&["for-each-ref", "--format=%(refname) %(objectname)"])
    }

    /// The words that files hold in some commits, but for records, which remember what is gone.
    pub fn words(&self, commits: &[&str], paths: &[&str]) -> BTreeSet<String> {
        let fixed = ["grep", "-I", "-h", "-o", "-i", "-E", PATTERN];
        let record = [":(exclude,glob)**/metadata.json"];
        let arguments: Vec<&str> = [&fixed[..], commits, &["--"], paths, &record].concat();
        let ran = self.run(self.world.command("git").args(&arguments));
        assert!(matches!(ran.code, 0 | 1), "git grep: {}", ran.err);
        found(&ran.out)
    }

    /// The slices that stand on disk, by number: folder and lasting id of the component.
    pub fn slices(&self) -> BTreeMap<u64, Slice> {
        let folder = self.world.path().join("vertical-slices");
        let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
        let mut slices = BTreeMap::new();
        for name in entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()) {
            let path = format!("vertical-slices/{name}/metadata.json");
            if !self.world.has(&path) {
                continue;
            }
            let record: Value = serde_json::from_str(&self.world.read(&path)).expect("a record is JSON");
            let number = record["number"].as_u64().expect("a slice has a number");
            let slice = Slice {
                folder: format!("vertical-slices/{name}"),
                id: name,
                name: record["name"].as_str().unwrap_or_default().to_owned(),
                component: record["component"].as_str().unwrap_or_default().to_owned(),
                version: record["version"].as_str().unwrap_or_default().to_owned(),
                retired: record["retired"].as_bool().unwrap_or_default(),
            };
            if let Some(other) = slices.insert(number, slice) {
                panic!("two folders have the number {number}: {} and another", other.folder);
            }
        }
        slices
    }

    /// Those that are not retired.
    pub fn standing(&self) -> Vec<Slice> {
        self.slices().into_values().filter(|slice| !slice.retired).collect()
    }

    /// Removes what is not committed and not design: the ledger, the lock, journals.
    pub fn forget(&self) {
        let folder = self.world.path().join(".slice-orchestrator");
        if folder.exists() {
            std::fs::remove_dir_all(folder).expect("the folder can be removed");
        }
    }
}

/// The program under test: this build's, or another one for long runs.
pub fn binary() -> String {
    std::env::var("VSO_LOOP_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_vso").to_owned())
}

impl Drop for Project {
    /// A failed repository can be looked at.
    fn drop(&mut self) {
        if let (true, Ok(keep)) = (std::thread::panicking(), std::env::var("VSO_LOOP_KEEP")) {
            let name = self.world.path().file_name().expect("it has a name").to_string_lossy().into_owned();
            let to = std::path::Path::new(&keep).join(name.trim_start_matches('.'));
            let _ = Command::new("cp").arg("-a").arg(self.world.path()).arg(&to).status();
            println!("kept: {}", to.display());
        }
    }
}

/// A slice that stands on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub folder: String,
    pub id: String,
    pub name: String,
    pub component: String,
    pub version: String,
    pub retired: bool,
}

/// Whether a plan has nothing to do.
pub fn is_empty(plan: &Value) -> bool {
    let still = plan["slices"].as_array().expect("a plan has slices").iter().all(|one| one["change"] == "unchanged");
    let master = &plan["master"];
    let settled = master["edits"].as_array().expect("edits").iter().all(|edit| edit["refused"].is_string());
    still && settled && master["index"] == false && master["shared"].as_array().expect("files").is_empty()
}

/// The conflicts of a plan: slice and conflict.
pub fn conflicts(plan: &Value) -> Vec<(String, Value)> {
    let slices = plan["slices"].as_array().expect("a plan has slices").iter();
    let of = |slice: &Value| -> Vec<(String, Value)> {
        let id = slice["id"].as_str().expect("a slice has an id").to_owned();
        slice["conflicts"].as_array().expect("a list").iter().map(|one| (id.clone(), one.clone())).collect()
    };
    slices.flat_map(of).collect()
}

/// The texts that a conflict shows to a person.
pub fn shown(conflict: &Value) -> String {
    ["base", "slice", "master"].map(|side| conflict[side].as_str().unwrap_or_default()).join("\n")
}

/// A plan in a few lines, for messages.
pub fn summary(plan: &Value) -> String {
    let slices =
        plan["slices"].as_array().expect("a plan has slices").iter().filter(|one| one["change"] != "unchanged");
    let mut lines: Vec<String> = slices
        .map(|one| {
            let conflicts: Vec<String> = one["conflicts"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|c| format!("{}:{}", c["path"], c["item"]))
                .collect();
            let names = ["change", "id", "items", "files", "notes", "renamed_from"].map(|key| one[key].to_string());
            format!("{} conflicts {conflicts:?}", names.join(" "))
        })
        .collect();
    lines.push(format!("master {}", plan["master"]));
    lines.join("\n")
}
