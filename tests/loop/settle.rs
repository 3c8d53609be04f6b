//! How a simulated project comes to rest: people decide conflicts and merge proposals in any order and style, and law 6
//! says that at most one further round appears.

use serde_json::Value;

use super::master::{Text, add_word};
use super::project::{Proposal, conflicts, is_empty, shown, summary};
use super::rounds::{Simulation, deeds};
use super::words::found;

/// How a proposal is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Merge,
    Squash,
    Rebase,
    GitMerge,
    GitSquash,
    GitRebase,
    CherryPick,
}

/// All of them.
pub const STYLES: [Style; 7] = [
    Style::Merge,
    Style::Squash,
    Style::Rebase,
    Style::GitMerge,
    Style::GitSquash,
    Style::GitRebase,
    Style::CherryPick,
];

/// So often people may have to decide again before a project is at rest.
const DECISIONS: usize = 8;

impl Simulation {
    /// A person settles some conflicts and leaves others.
    pub fn resolve_some(&mut self) {
        let open = conflicts(&self.project.plan());
        let Some((slice, conflict)) = self.chance.pick(&open) else { return };
        self.decide(&slice, &conflict);
        self.project.commit("a decision");
        let left = conflicts(&self.project.plan());
        self.say(format!("{} of {} conflicts are left", left.len(), open.len()));
        if !left.is_empty() && left.len() < open.len() {
            self.occurs("partial resolution");
        }
        self.check("after a decision");
        self.propose();
    }

    /// One decision in the worktree. It settles every conflict of the slice that speaks of the item.
    fn decide(&mut self, slice: &str, conflict: &Value) {
        let take = self.chance.pick(&["master", "slice", "slice", "base", "edit"]).expect("there are sides");
        let text = |one: &Value, side: &str| one[side].as_str().map(str::to_owned);
        let item = conflict["item"].as_str().unwrap_or_default();
        if conflict["path"] == "" {
            return self.decide_retired(slice, item, take);
        }
        let open = conflicts(&self.project.plan()).into_iter();
        let meant: Vec<Value> =
            open.filter(|(of, one)| of == slice && speaks_of(one, item)).map(|(_, one)| one).collect();
        let is_line = |text: &String| conflict["path"] == "spec.md" && text.starts_with("- ");
        let from = text(conflict, "slice").or_else(|| text(conflict, "master")).filter(is_line);
        let (take, edited) = match (take, from) {
            ("edit", Some(from)) => {
                let word = self.words.fresh(&format!("{slice}: {item} decided otherwise"));
                let (first, rest) = from.split_once('\n').unwrap_or((&from, ""));
                ("edit", Some(format!("{}\n{rest}", add_word(first, &word))))
            }
            ("edit", None) => ("master", None),
            (take, _) => (take, None),
        };
        // A text of one's own is for the item alone.
        for one in meant.iter().filter(|one| edited.is_none() || one["item"] == item) {
            let chosen = edited.clone().or_else(|| text(one, take));
            self.discard_others(one, &chosen.unwrap_or_default(), &format!("{take} was taken for {item} of {slice}"));
        }
        let mut arguments = vec!["resolve", slice, "--item", item, "--take", take];
        if let Some(edited) = &edited {
            arguments.extend(["--text", edited.trim_end()]);
        }
        let ran = self.project.vso(&arguments);
        self.say(format!("resolve {slice} {} {item} --take {take}: {}", conflict["path"], ran.code));
        if !matches!(ran.code, 0 | 1) {
            self.fail(&format!("vso {arguments:?}: {}\n{}", ran.code, ran.err));
        }
    }

    /// A person has seen a conflict's texts and wants this one.
    fn discard_others(&mut self, conflict: &Value, chosen: &str, how: &str) {
        // Whoever decides about a test's text says nothing about the master's.
        let is_page = conflict["path"] == "spec.md";
        let master = if is_page { Default::default() } else { self.project.words(&["main"], &["master-spec.md"]) };
        let kept = found(chosen);
        let gone = found(&shown(conflict)).into_iter().filter(|word| !kept.contains(word) && !master.contains(word));
        self.words.discard(&gone.collect::<Vec<_>>().join(" "), how);
    }

    /// Whether what people made of a slice that the master no longer has goes with it.
    fn decide_retired(&mut self, slice: &str, item: &str, take: &str) {
        let take = if matches!(take, "master" | "base") { "master" } else { "slice" };
        let folder = format!("vertical-slices/{slice}");
        let there = self.project.words(&["main"], &[&folder]).into_iter().collect::<Vec<_>>().join(" ");
        if take == "master" {
            let elsewhere = self.project.words(&["main"], &["master-spec.md"]);
            let gone: Vec<String> = found(&there).into_iter().filter(|word| !elsewhere.contains(word)).collect();
            self.words.discard(&gone.join(" "), "went with its slice");
        }
        self.words.stay_local(&there);
        let ran = self.project.vso(&["resolve", slice, "--take", take]);
        self.say(format!("resolve retired {slice} {item} --take {take}: {}", ran.code));
        if !matches!(ran.code, 0 | 1) {
            self.fail(&format!("vso resolve {slice} --take {take}: {}\n{}", ran.code, ran.err));
        }
    }

    /// All conflicts are decided.
    fn resolve_all(&mut self) {
        for _ in 0..40 {
            let open = conflicts(&self.project.plan());
            let Some((slice, conflict)) = self.chance.pick(&open) else { return };
            self.decide(&slice, &conflict);
            self.project.commit("a decision");
            self.check("after a decision");
        }
        let plan = self.project.plan();
        self.fail(&format!("decisions are asked again and again\n{}", summary(&plan)));
    }

    /// Where two slices say different things of an item that binds both, people sometimes settle for one of them.
    fn agree(&mut self) {
        let plan = self.project.plan();
        let edits = plan["master"]["edits"].as_array().expect("edits").iter();
        let apart: Vec<&Value> =
            edits.filter(|edit| edit["slices"].as_array().is_some_and(|of| of.len() > 1)).collect();
        for edit in apart.into_iter().filter(|edit| edit["refused"].is_string()) {
            if self.chance.percent(40) {
                continue;
            }
            let id = edit["item"].as_str().expect("an item").to_owned();
            let mut chosen: Option<String> = None;
            for slice in edit["slices"].as_array().expect("slices") {
                // A renamed slice may still stand under its old name.
                let number = slice.as_str().and_then(|id| id.split('-').nth(1)?.parse::<u64>().ok());
                let Some(here) = number.and_then(|number| self.project.slices().remove(&number)) else { continue };
                let path = format!("{}/spec.md", here.folder);
                let mut text = Text::of(&self.project.world.read(&path));
                let Some(at) = text.find(&id) else { continue };
                let line = chosen.get_or_insert_with(|| text.lines[at].clone()).clone();
                let kept = found(&line);
                let gone = found(&text.lines[at]).into_iter().filter(|word| !kept.contains(word));
                self.words.discard(&gone.collect::<Vec<_>>().join(" "), "the slices agreed on another text");
                text.lines[at] = line;
                self.project.world.write(&path, text.text());
            }
            self.project.commit(&format!("{id} is one text"));
            self.occurs("agreement on a shared item");
            self.say(format!("agreed on {id}"));
            self.check("after an agreement");
        }
    }

    /// Some proposals are merged, in any order and style, with or without a sync between them.
    pub fn merge_some(&mut self) {
        let mut open = self.project.open();
        self.chance.shuffle(&mut open);
        let count = self.chance.below(open.len() + 1);
        for proposal in open.into_iter().take(count) {
            self.merge_one(&proposal);
            if self.chance.percent(25) {
                self.propose();
            }
        }
    }

    fn merge_one(&mut self, proposal: &Proposal) {
        // An earlier merge or sync may have ended it.
        if !self.project.open().iter().any(|open| open.number == proposal.number) {
            return;
        }
        let style = self.chance.pick(&STYLES).expect("there are styles");
        let branch = proposal.branch.as_str();
        // A person has merged and deleted it, and no sync has looked since.
        if self.project.try_git(&["rev-parse", "-q", "--verify", branch]).is_none() {
            return;
        }
        let range = format!("main..{branch}");
        let git = |simulation: &Self, arguments: &[&str]| simulation.project.try_git(arguments).is_some();
        let done = match style {
            Style::Merge | Style::Squash | Style::Rebase => false,
            Style::GitMerge => self.by_git(branch, |it| git(it, &["merge", "-q", "--no-edit", branch])),
            Style::GitSquash => self.by_git(branch, |it| {
                let message = format!("{branch} squashed");
                git(it, &["merge", "-q", "--squash", branch])
                    && git(it, &["commit", "-q", "--allow-empty", "-m", &message])
            }),
            Style::GitRebase => self.by_git(branch, |it| {
                git(it, &["rebase", "-q", "main", branch])
                    && git(it, &["switch", "-q", "main"])
                    && git(it, &["merge", "-q", "--ff-only", branch])
            }),
            Style::CherryPick => {
                self.by_git(branch, |it| git(it, &["cherry-pick", "--allow-empty", "--keep-redundant-commits", &range]))
            }
        };
        self.say(format!("merge #{} {branch} {style:?}: {done}", proposal.number));
        if done {
            if self.chance.percent(50) {
                self.project.git(&["branch", "-qD", branch]);
            }
            return;
        }
        let flag = match style {
            Style::Squash | Style::GitSquash => "--squash",
            Style::Rebase | Style::GitRebase | Style::CherryPick => "--rebase",
            _ => "--merge",
        };
        // What can't be replayed commit by commit is merged.
        for flag in [flag, "--merge"] {
            let ran = self.project.vso(&["pr", "merge", &proposal.number.to_string(), flag]);
            let why = ran.err.lines().next().unwrap_or_default();
            self.say(format!("pr merge #{} {flag}: {} {why}", proposal.number, ran.code));
            match ran.code {
                0 => return,
                1 => {}
                code => self.fail(&format!("vso pr merge {} {flag}: {code}\n{}", proposal.number, ran.err)),
            }
        }
    }

    /// A merge by plain git that brings all that the branch has; else nothing has happened.
    fn by_git(&mut self, branch: &str, merge: impl FnOnce(&Self) -> bool) -> bool {
        let (main, head) = (self.project.git(&["rev-parse", "main"]), self.project.git(&["rev-parse", branch]));
        let merged = self.project.try_git(&["merge-tree", "--write-tree", "main", branch]);
        let mut done = merge(self);
        if done && merged.as_deref().map(str::trim) != Some(self.project.git(&["rev-parse", "main^{tree}"]).trim()) {
            // Git leaves out merge commits when it rebases, with all that they bring.
            self.occurs("rebase that drops what a merge commit brought");
            done = false;
        }
        if !done {
            for abort in ["merge", "rebase", "cherry-pick"] {
                self.project.try_git(&[abort, "--abort"]);
            }
            self.project.git(&["switch", "-q", "-f", "main"]);
            self.project.git(&["reset", "-q", "--hard", main.trim()]);
            self.project.git(&["branch", "-qf", branch, head.trim()]);
        }
        done
    }

    /// Everything that is open is merged.
    fn merge_all(&mut self) {
        for _ in 0..2 {
            let mut open = self.project.open();
            self.chance.shuffle(&mut open);
            for proposal in open {
                self.merge_one(&proposal);
            }
        }
    }

    /// Proposals are opened, and people take back their no to those that they closed.
    fn propose_all(&mut self) {
        let done = self.project.sync();
        self.say(format!("sync: {}", deeds(&done)));
        let refused = done["proposals"].as_array().expect("a list").iter().filter(|line| line["deed"] == "refused");
        let numbers: Vec<String> = refused.filter_map(|line| Some(line["number"].as_u64()?.to_string())).collect();
        for number in &numbers {
            self.project.vso(&["pr", "reopen", number]).exits(0);
            self.say(format!("reopened #{number}"));
        }
        if !numbers.is_empty() {
            self.project.sync();
        }
        self.check("after all is proposed");
    }

    /// Law 6: once everything is decided and merged, at most one further round appears. Gives the number of rounds.
    pub fn come_to_rest(&mut self) -> usize {
        let mut rounds = 0;
        'decisions: for _ in 0..DECISIONS {
            self.resolve_all();
            self.agree();
            for round in 1..=3 {
                self.propose_all();
                let plan = self.project.plan();
                if !conflicts(&plan).is_empty() {
                    self.say("a further round brought conflicts");
                    continue 'decisions;
                }
                if self.project.open().is_empty() && is_empty(&plan) {
                    self.at_rest(&plan);
                    return rounds;
                }
                if round == 3 {
                    let open = self.project.open();
                    self.fail(&format!("law 6: a second further round: {open:#?}\n{}", summary(&plan)));
                }
                rounds += 1;
                self.merge_all();
                self.check("after all is merged");
            }
        }
        let plan = self.project.plan();
        self.fail(&format!("law 6: never at rest\n{}", summary(&plan)));
    }

    /// What both sides have is on both sides now.
    fn at_rest(&mut self, plan: &Value) {
        self.say("at rest");
        self.occurs("at rest");
        let refused = plan["master"]["edits"].as_array().expect("edits").iter();
        for edit in refused.filter(|edit| edit["refused"].is_string()) {
            self.words.stay_local(edit["to"].as_str().unwrap_or_default());
            // Where slices disagree, the reason quotes every side.
            self.words.stay_local(edit["refused"].as_str().unwrap_or_default());
        }
        for (place, path) in [("the master", "master-spec.md"), ("the slices", ":(glob)vertical-slices/*/spec.md")] {
            let missing = self.words.missing_items(&self.project.words(&["main"], &[path]));
            if !missing.is_empty() {
                self.fail(&format!("at rest, but {place} has not got: {missing:#?}"));
            }
        }
    }
}

/// Whether `vso resolve --item` means this conflict too: it is about the item, or about what vso makes from it.
fn speaks_of(conflict: &Value, item: &str) -> bool {
    let function = format!("test_ac_{}", item.to_lowercase().replace('-', "_"));
    let name = conflict["item"].as_str().unwrap_or_default();
    let text = format!("{name}\n{}", shown(conflict));
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    [item, &function].iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(|letter| is_part(letter) || letter == '-')
        })
    })
}
