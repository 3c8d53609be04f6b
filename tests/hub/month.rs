//! A month in the life of a repository on GitHub, by chance that can be repeated: pushes to the master and to slices, merges
//! of every style, people's commits and force pushes on vso's branches, closed pull requests, calls that fail. At the end
//! everything comes to rest, nothing that a person wrote is gone, and nobody was told more than the pull requests say.
//!
//! `VSO_MONTH_SEED` replays one seed, `VSO_MONTH_DAYS` changes the length.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{HubWorld, REPO};
use crate::chance::{Chance, setting};
use crate::world::World;

const DAYS: u64 = 14;
const SEEDS: std::ops::Range<u64> = 1..3;
/// So many rounds at most until everything is at rest.
const ROUNDS: usize = 8;
/// Requirements that are edited in the master, and others that are edited in their slice: what both sides change
/// differently is another test's.
const OF_MASTER: [&str; 4] = ["FR-001", "FR-010", "FR-020", "FR-040"];
const OF_SLICES: [(&str, &str); 3] =
    [("FR-002", "slice-001-members"), ("FR-011", "slice-002-catalogue"), ("FR-030", "slice-004-fees")];

struct Month {
    world: HubWorld,
    chance: Chance,
    seed: u64,
    /// What people wrote so far: a word that stands nowhere else, and the branch that it was written on.
    words: Vec<(String, String)>,
    /// Branches that a person refused: what people wrote there alone is refused with them.
    refused: BTreeSet<String>,
    /// What goes wrong in the next sync: people's own calls are left alone.
    faults: Vec<Value>,
    story: Vec<String>,
}

#[test]
fn a_month_of_everything_loses_nothing_and_comes_to_rest() {
    let days = setting("VSO_MONTH_DAYS").unwrap_or(DAYS);
    let seeds = setting("VSO_MONTH_SEED").map_or(SEEDS, |seed| seed..seed + 1);
    for seed in seeds {
        let world = HubWorld::in_step();
        let mut month = Month {
            world,
            chance: Chance::new(seed),
            seed,
            words: Vec::new(),
            refused: BTreeSet::new(),
            faults: Vec::new(),
            story: Vec::new(),
        };
        for day in 0..days {
            month.story.push(format!("day {day}"));
            for _ in 0..=month.chance.below(3) {
                month.act();
            }
            month.sync(true);
        }
        month.rest();
    }
}

impl Month {
    fn told(&mut self, words: String) {
        self.story.push(format!("  {words}"));
    }

    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        panic!("seed {}: {why}\n{}", self.seed, self.story.join("\n"));
    }

    fn word(&mut self, branch: &str) -> String {
        let word = format!("word{:03}x", self.words.len());
        self.words.push((word.clone(), branch.to_owned()));
        word
    }

    fn open(&self) -> Vec<(u64, String)> {
        let row = |pull: &Value| (pull["number"].as_u64().unwrap(), pull["head"]["ref"].as_str().unwrap().to_owned());
        self.world.open_pulls().iter().map(row).collect()
    }

    /// One thing that a person does.
    fn act(&mut self) {
        match self.chance.below(12) {
            0..=2 => self.edit_master(),
            3 | 4 => self.edit_slice(),
            5 | 6 => self.merge(),
            7 | 8 => self.commit_on_branch(),
            9 => self.close(),
            10 => self.amend(),
            _ => self.fault(),
        }
    }

    /// Puts a word before the end of the line with a requirement, and pushes.
    fn reword(&mut self, path: &str, item: &str) {
        self.world.pull_main();
        let word = self.word("main");
        let text = self.world.project.world.read(path);
        let mark = format!("- **{item}**");
        let changed: Vec<String> = text
            .split('\n')
            .map(|line| match line.strip_suffix('.') {
                Some(front) if line.starts_with(&mark) => format!("{front} {word}."),
                _ => line.to_owned(),
            })
            .collect();
        self.world.project.world.write(path, changed.join("\n"));
        self.world.project.commit(&format!("{item} {word}"));
        self.world.push(&["main"]);
        self.told(format!("{path}: {item} {word}"));
    }

    fn edit_master(&mut self) {
        let item = self.chance.pick(&OF_MASTER).unwrap();
        self.reword("master-spec.md", item);
    }

    fn edit_slice(&mut self) {
        let (item, slice) = self.chance.pick(&OF_SLICES).unwrap();
        self.reword(&format!("vertical-slices/{slice}/spec.md"), item);
    }

    fn merge(&mut self) {
        let Some((number, branch)) = self.chance.pick(&self.open()) else { return };
        let how = self.chance.pick(&["merge", "squash", "rebase"]).unwrap();
        let path = format!("/repos/{REPO}/pulls/{number}/merge");
        let answer = self.world.hub.api(&self.world.bob, "PUT", &path, &json!({ "merge_method": how }));
        if answer.status == 200 && self.chance.percent(70) {
            self.world.delete_branch(&branch);
        }
        self.told(format!("merge #{number} {branch} {how}: {}", answer.status));
    }

    fn commit_on_branch(&mut self) {
        let Some((_, branch)) = self.chance.pick(&self.open()) else { return };
        let Some((slice, _)) = branch.rsplit_once("-v").filter(|(slice, _)| slice.starts_with("slice-0")) else {
            return;
        };
        let word = self.word(&branch);
        self.world.commit_on(&branch, &format!("vertical-slices/{slice}/docs/{word}.md"), |_| format!("{word}\n"));
        self.told(format!("{word} on {branch}"));
    }

    fn close(&mut self) {
        let Some((number, branch)) = self.chance.pick(&self.open()) else { return };
        self.world.change_pull(&self.world.bob, number, &json!({ "state": "closed" }));
        self.told(format!("closed #{number} {branch}"));
        self.refused.insert(branch);
    }

    /// Rewrites the last commit of a branch and pushes it by force.
    fn amend(&mut self) {
        let Some((_, branch)) = self.chance.pick(&self.open()) else { return };
        let (world, bob) = (World::new(), self.world.bob.clone());
        self.world.git_in(&world, &bob, &["clone", "-q", "--branch", &branch, &self.world.remote(), "."]);
        world.git(&["-c", "user.name=Bob", "commit", "-q", "--amend", "--no-edit", "--reset-author"]);
        self.world.git_in(&world, &bob, &["push", "-q", "--force", "origin", &format!("HEAD:{branch}")]);
        self.told(format!("amended {branch}"));
    }

    /// The next call of some kind fails, or is answered by nobody.
    fn fault(&mut self) {
        let faults = [
            json!({ "method": "POST", "path": "/repos/*/*/pulls", "kind": "cut-after", "times": 1 }),
            json!({ "method": "POST", "path": "/repos/*/*/pulls", "kind": "status", "status": 502, "times": 1 }),
            json!({ "method": "GET", "path": "/repos/*/*/pulls", "kind": "cut", "times": 1 }),
            json!({ "method": "PATCH", "path": "/repos/*/*/pulls/*", "kind": "status", "status": 502, "times": 4 }),
            json!({ "method": "POST", "path": "/repos/*/*/issues/*/labels", "kind": "status", "status": 500, "times": 1 }),
            json!({ "method": "POST", "path": "/repos/*/*/check-runs", "kind": "cut-after", "times": 1 }),
            json!({ "method": "POST", "path": "/repos/*/*/check-runs", "kind": "status", "status": 403, "headers": { "retry-after": "2" }, "times": 1 }),
            json!({ "method": "GET", "path": "/acme/design.git/info/refs", "kind": "status", "status": 503, "times": 2 }),
        ];
        let fault = self.chance.pick(&faults).unwrap();
        self.faults.push(fault.clone());
        self.told(format!("fault {fault}"));
    }

    /// What the push's workflow does, in a checkout that is up to date. Gives whether nothing is left to do.
    fn sync(&mut self, may_fail: bool) -> bool {
        self.world.pull_main();
        self.faults.drain(..).for_each(|fault| self.world.hub.fault(&fault));
        let ran = self.world.vso(&["sync", "--wide", "--json"]);
        self.world.hub.heal();
        let is_done = matches!(ran.code, 0 | 1);
        if !is_done && !may_fail {
            self.fail(&format!("exit {}: {}", ran.code, ran.err));
        }
        let report: Value = serde_json::from_str(&ran.out).unwrap_or(Value::Null);
        let line = |line: &Value| format!("{} {}", line["deed"].as_str().unwrap(), line["branch"].as_str().unwrap());
        let lines: Vec<String> = report["proposals"].as_array().into_iter().flatten().map(line).collect();
        self.told(format!("sync {}: {} {}", ran.code, lines.join(", "), ran.err.trim()));
        let mut subjects = BTreeSet::new();
        for (_, branch) in self.open() {
            let subject = branch.split('-').take(2).collect::<Vec<_>>().join("-");
            if !subjects.insert(subject) {
                self.fail(&format!("two pull requests about the same: {:?}", self.open()));
            }
        }
        // What a person refused stays refused until there is something else to say.
        is_done && lines.iter().all(|line| line.starts_with("refused "))
    }

    /// Nothing fails any more, and bob merges whatever is proposed.
    fn rest(&mut self) {
        self.faults.clear();
        self.told("rest".into());
        for _ in 0..ROUNDS {
            let is_quiet = self.sync(false);
            let open = self.open();
            if is_quiet && open.is_empty() {
                return self.at_rest();
            }
            for (number, branch) in open {
                let path = format!("/repos/{REPO}/pulls/{number}/merge");
                let answer = self.world.hub.api(&self.world.bob, "PUT", &path, &json!({ "merge_method": "merge" }));
                self.told(format!("merge #{number} {branch}: {} {}", answer.status, answer.body["message"]));
            }
        }
        self.fail("it does not come to rest");
    }

    fn at_rest(&self) {
        let plan = self.world.vso(&["plan", "--json"]).exits(0);
        let plan: Value = serde_json::from_str(&plan.out).unwrap();
        let is_refused = |id: &str| self.refused.iter().any(|branch| branch.starts_with(id));
        let is_still = |slice: &Value| slice["change"] == "unchanged" || is_refused(slice["id"].as_str().unwrap());
        if !plan["slices"].as_array().unwrap().iter().all(is_still) {
            self.fail(&format!("the plan is not empty: {plan:#}"));
        }
        let kept = |(word, branch): &&(String, String)| {
            let found = self.world.bare_git(&["grep", "-q", word, "main"]);
            !found.status.success() && !self.refused.contains(branch)
        };
        let lost: Vec<&(String, String)> = self.words.iter().filter(kept).collect();
        if !lost.is_empty() {
            self.fail(&format!("lost: {lost:?}"));
        }
        let state = self.world.hub.state();
        let is_mention = |told: &&Value| told["reason"] == "mention";
        let told: Vec<&Value> = state["notifications"].as_array().unwrap().iter().filter(is_mention).collect();
        assert!(told.is_empty(), "people were mentioned: {told:?}");
        self.world.assert_nothing_else(&[], 0);
    }
}
