//! One round of a simulated project: people edit both sides, vso plans and proposes, people answer, and after every step
//! the oracle looks for every word.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::chance::Chance;
use super::edits::{self, Edit};
use super::master::{Text, id_of};
use super::people::{self, Person, Work};
use super::project::{Project, Proposal, Slice, conflicts, shown, summary};
use super::words::{Words, found};

/// What a round is about, besides free edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Free,
    Rename,
    Move,
    Conflict,
    Partial,
    Close,
    Shared,
    Human,
    Deletion,
}

/// Each occurs in at least two of so many rounds.
pub const THEMES: [Theme; 18] = [
    Theme::Free,
    Theme::Rename,
    Theme::Move,
    Theme::Conflict,
    Theme::Partial,
    Theme::Close,
    Theme::Shared,
    Theme::Human,
    Theme::Deletion,
    Theme::Free,
    Theme::Rename,
    Theme::Move,
    Theme::Conflict,
    Theme::Partial,
    Theme::Close,
    Theme::Shared,
    Theme::Human,
    Theme::Deletion,
];

/// What has to occur in at least 5 % of the rounds.
pub const COUNTED: [&str; 7] = [
    "rename",
    "move",
    "conflict",
    "partial resolution",
    "closed proposal",
    "shared item edited in two slices",
    "human commit on a bot branch",
];

/// A project that people and vso work on.
pub struct Simulation {
    pub project: Project,
    pub words: Words,
    pub chance: Chance,
    pub counts: BTreeMap<&'static str, usize>,
    seed: u64,
    round: usize,
    occurred: BTreeSet<&'static str>,
    log: Vec<String>,
    /// Which component has which number; a number never changes hands.
    numbers: BTreeMap<u64, String>,
}

impl Simulation {
    /// A project in step, with the chance of a seed.
    pub fn new(seed: u64, master: &str) -> Self {
        Self {
            project: Project::in_step(master),
            words: Words::default(),
            chance: Chance::new(seed),
            counts: BTreeMap::new(),
            seed,
            round: 0,
            occurred: BTreeSet::new(),
            log: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Writes down what was done; the last lines are shown when something fails.
    pub fn say(&mut self, what: impl Into<String>) {
        let what = what.into();
        if std::env::var_os("VSO_LOOP_SAY").is_some() {
            println!("{} {:>3} {what}", self.seed, self.round);
        }
        self.log.push(format!("{:>3} {what}", self.round));
    }

    /// Counts something once a round.
    pub fn occurs(&mut self, what: &'static str) {
        if self.occurred.insert(what) {
            *self.counts.entry(what).or_default() += 1;
        }
    }

    /// One round.
    pub fn round(&mut self, theme: Theme) {
        self.round += 1;
        self.occurred.clear();
        self.occurs("round");
        self.say(format!("--- {theme:?}"));
        self.edit_both_sides(theme);
        self.project.commit("people's edits");
        self.check_forgetting();
        let plan = self.project.plan();
        if !conflicts(&plan).is_empty() {
            self.occurs("conflict");
        }
        self.check("after the edits");
        self.propose();
        if theme == Theme::Partial || self.chance.percent(15) {
            self.resolve_some();
        }
        if theme == Theme::Human || self.chance.percent(15) {
            self.commit_on_a_branch(theme == Theme::Human);
        }
        if theme == Theme::Close {
            self.close_one();
        }
        self.merge_some();
        self.check("at the end of the round");
        if self.chance.percent(30) {
            self.come_to_rest();
        }
    }

    fn edit_both_sides(&mut self, theme: Theme) {
        let mut text = Text::of(&self.project.world.read("master-spec.md"));
        match theme {
            Theme::Rename => {
                self.edit_master(&mut text, Edit::Rename, "rename");
                self.work_anywhere(Work::Item);
            }
            Theme::Move => {
                let kind = if self.chance.percent(50) { Edit::Move } else { Edit::Retag };
                self.edit_master(&mut text, kind, "move");
                self.work_anywhere(Work::Bullet);
            }
            Theme::Conflict => self.conflict_in(&mut text, 1),
            Theme::Partial => self.conflict_in(&mut text, 2),
            Theme::Deletion => self.delete_against_edit(&mut text),
            Theme::Shared => self.shared_in_two(),
            Theme::Close | Theme::Human => self.edit_master(&mut text, Edit::Reword, "edit"),
            Theme::Free => {}
        }
        for _ in 0..self.chance.below(3) {
            let kind = self.chance.pick(&edits::FREE).expect("there are edits");
            let counted = match kind {
                Edit::Rename => "rename",
                Edit::Move | Edit::Retag => "move",
                _ => "edit",
            };
            self.edit_master(&mut text, kind, counted);
        }
        self.project.world.write("master-spec.md", text.text());
        for _ in 0..self.chance.below(3) {
            let work = self.chance.pick(&people::FREE).expect("there is work");
            self.work_anywhere(work);
        }
    }

    /// An edit of the master; tried again where the first place allows none.
    pub fn edit_master(&mut self, text: &mut Text, kind: Edit, counted: &'static str) {
        let made = (0..4).find_map(|_| edits::edit(text, kind, &mut self.words, &mut self.chance));
        if let Some(said) = made {
            self.occurs(counted);
            self.say(format!("master: {said}"));
        }
    }

    /// Work in some slice.
    pub fn work_anywhere(&mut self, work: Work) {
        let Some(slice) = self.chance.pick(&self.project.standing()) else { return };
        self.work_in(&slice, work);
    }

    fn work_in(&mut self, slice: &Slice, work: Work) {
        let mut person = Person { project: &self.project, words: &mut self.words, chance: &mut self.chance };
        if let Some(said) = (0..3).find_map(|_| person.work(slice, work)) {
            self.occurs("slice edit");
            self.say(format!("slice: {said}"));
        }
    }

    fn on_item(&mut self, slice: &Slice, id: &str, work: Work) -> bool {
        let mut person = Person { project: &self.project, words: &mut self.words, chance: &mut self.chance };
        let done = person.on(slice, id, work).is_some();
        if done {
            self.say(format!("slice: {} {work:?} {id}", slice.id));
        }
        done
    }

    /// The requirements that a slice holds alone and that the master has too.
    fn held(&self, slice: &Slice, text: &Text) -> Vec<String> {
        let spec = Text::of(&self.project.world.read(&format!("{}/spec.md", slice.folder)));
        let ids = spec.items("FR-").into_iter().filter_map(|at| id_of(&spec.lines[at]));
        ids.filter(|id| text.find(id).is_some()).collect()
    }

    /// Both sides edit the same requirements of one slice.
    fn conflict_in(&mut self, text: &mut Text, count: usize) {
        let slices = self.project.standing();
        let fits: Vec<Slice> = slices.into_iter().filter(|slice| self.held(slice, text).len() >= count).collect();
        let Some(slice) = self.chance.pick(&fits) else { return };
        let mut ids = self.held(&slice, text);
        self.chance.shuffle(&mut ids);
        for id in ids.into_iter().take(count) {
            if let Some(at) = text.find(&id)
                && let Some(said) = edits::reword(text, at, &mut self.words)
            {
                self.say(format!("master: {said}"));
            }
            let work = if self.chance.percent(70) { Work::Item } else { Work::Sentence };
            self.on_item(&slice, &id, work);
        }
    }

    /// One side takes a requirement out, the other one works on it.
    fn delete_against_edit(&mut self, text: &mut Text) {
        let Some(slice) = self.chance.pick(&self.project.standing()) else { return };
        let held = self.held(&slice, text);
        let Some(id) = self.chance.pick(&held) else { return };
        let Some(at) = text.find(&id) else { return };
        if self.chance.percent(60) {
            let work = self.chance.pick(&[Work::Item, Work::Sentence, Work::Bullet]).expect("there is work");
            self.on_item(&slice, &id, work);
            if let Some(said) = edits::remove(text, at, &mut self.words) {
                self.say(format!("master: {said}"));
            }
        } else {
            self.on_item(&slice, &id, Work::Remove);
            if let Some(said) = edits::reword(text, at, &mut self.words) {
                self.say(format!("master: {said}"));
            }
        }
    }

    /// A requirement that binds all is edited in two slices, mostly in two ways.
    fn shared_in_two(&mut self) {
        let mut slices = self.project.standing();
        self.chance.shuffle(&mut slices);
        let id = self.chance.pick(&["NFR-1", "NFR-2"]).expect("there are two");
        let before = self.words.counts().0;
        let mut done = 0;
        for slice in slices.iter().take(2) {
            done += usize::from(self.on_item(slice, id, Work::Item));
        }
        if done == 2 {
            self.occurs("shared item edited in two slices");
        }
        if self.chance.percent(25) && done == 2 {
            // The same edit twice: the second slice gets the first one's word.
            let (first, second) = (format!("qw{:04}k", before + 1), format!("qw{:04}k", before + 2));
            let path = format!("{}/spec.md", slices[1].folder);
            let text = self.project.world.read(&path).replace(&second, &first);
            self.project.world.write(&path, text);
            self.words.discard(&second, "the same edit as in the other slice");
            self.say("slice: the same edit in both");
        }
    }

    /// `vso sync`, sometimes twice, and the oracle.
    pub fn propose(&mut self) {
        // A wide plan sometimes waits as one draft first.
        if self.chance.percent(10) {
            self.project.sync_with(&[]);
            self.check("after a sync that is not told to be wide");
        }
        let done = self.project.sync();
        self.say(format!("sync: {}", deeds(&done)));
        self.check("after the sync");
        if self.chance.percent(40) {
            let refs = self.project.refs();
            let again = self.project.sync();
            if refs != self.project.refs() {
                self.fail(&format!(
                    "law 9: a second sync moved a ref\n{refs}\n{}\n{}",
                    self.project.refs(),
                    deeds(&again)
                ));
            }
            self.occurs("sync twice");
        }
    }

    /// Law 7: what is not in git decides nothing.
    fn check_forgetting(&mut self) {
        if !self.chance.percent(25) {
            return;
        }
        let before = self.project.plan();
        self.project.forget();
        let after = self.project.plan();
        if before != after {
            self.fail(&format!("law 7: the plan changed\n{}\n{}", summary(&before), summary(&after)));
        }
        self.occurs("forgotten");
    }

    /// A person commits on a branch that vso made; sometimes the master moves on below it.
    fn commit_on_a_branch(&mut self, insists: bool) {
        let mut open = self.project.open();
        open.retain(|proposal| proposal.kind != "all");
        let Some(proposal) = self.chance.pick(&open) else { return };
        if !self.on_branch(&proposal) {
            return;
        }
        self.check("after a commit on a branch");
        if insists && self.chance.percent(60) {
            let mut text = Text::of(&self.project.world.read("master-spec.md"));
            self.edit_master(&mut text, Edit::Reword, "edit");
            self.project.world.write("master-spec.md", text.text());
            self.project.commit("the master goes on");
        }
        self.propose();
    }

    fn on_branch(&mut self, proposal: &Proposal) -> bool {
        if self.project.try_git(&["switch", "-q", &proposal.branch]).is_none() {
            return false;
        }
        let slices = self.project.slices();
        let own = slices.get(&proposal.slice).filter(|slice| !slice.retired).cloned();
        let slice = own.or_else(|| self.chance.pick(&self.project.standing()));
        let before = self.words.counts();
        if let Some(slice) = slice {
            let kinds = [Work::Note, Work::Item, Work::Test, Work::Bullet, Work::Sentence, Work::Body, Work::File];
            for _ in 0..=self.chance.below(2) {
                let work = self.chance.pick(&kinds).expect("there is work");
                self.work_in(&slice, work);
            }
        }
        if self.chance.percent(20) {
            let word = self.words.fresh("a file beside the slices on a branch");
            self.project.world.write(&format!("docs/{word}.md"), format!("{word}\n"));
        }
        let done = self.words.counts() != before;
        if done {
            self.project.commit(&format!("a person on {}", proposal.branch));
            self.say(format!("committed on {}", proposal.branch));
            self.occurs("human commit on a bot branch");
        }
        self.project.git(&["switch", "-q", "main"]);
        done
    }

    /// A person says no to a proposal.
    fn close_one(&mut self) {
        let Some(proposal) = self.chance.pick(&self.project.open()) else { return };
        let (branch, number) = (proposal.branch.as_str(), proposal.number.to_string());
        let there = self.project.words(&["main"], &[]);
        let only: Vec<String> = self.project.words(&[branch], &[]).difference(&there).cloned().collect();
        self.words.discard(&only.join(" "), "its proposal was closed");
        match self.chance.below(3) {
            0 => drop(self.project.vso(&["pr", "close", &number]).exits(0)),
            1 => drop(self.project.vso(&["pr", "close", &number, "--delete-branch"]).exits(0)),
            _ => drop(self.project.git(&["branch", "-qD", branch])),
        }
        self.occurs("closed proposal");
        self.say(format!("closed #{number} {branch}"));
        let done = self.project.sync();
        self.say(format!("sync: {}", deeds(&done)));
        let back = self.project.open().into_iter().find(|open| {
            (&open.kind, open.slice) == (&proposal.kind, proposal.slice) && open.number >= proposal.number
        });
        if let Some(back) = back {
            self.fail(&format!("a closed proposal came back with the same content: {back:?}"));
        }
        self.check("after a proposal was closed");
    }

    /// The oracle: git alone says where every word is.
    pub fn check(&mut self, when: &str) {
        let open: Vec<String> = self.project.open().into_iter().map(|proposal| proposal.branch).collect();
        let there = |branch: &String| self.project.try_git(&["rev-parse", "-q", "--verify", branch]).is_some();
        let branches: Vec<String> = open.into_iter().filter(there).collect();
        let revisions: Vec<&str> = std::iter::once("main").chain(branches.iter().map(String::as_str)).collect();
        let mut seen = self.project.words(&revisions, &[]);
        if !self.words.missing(&seen).is_empty() {
            let plan = self.project.plan();
            for (_, conflict) in conflicts(&plan) {
                seen.extend(found(&shown(&conflict)));
            }
            let missing = self.words.missing(&seen);
            if !missing.is_empty() {
                self.fail(&format!("law 4: {when} these words are nowhere: {missing:#?}\n{}", summary(&plan)));
            }
        }
        self.check_numbers();
    }

    /// Numbers are given once.
    fn check_numbers(&mut self) {
        for (number, slice) in self.project.slices() {
            let before = self.numbers.entry(number).or_insert_with(|| slice.component.clone());
            if *before != slice.component {
                let (before, now) = (before.clone(), slice.component);
                self.fail(&format!("the number {number} went from {before} to {now}"));
            }
        }
    }

    /// Ends the run with what a person needs to repeat it.
    #[track_caller]
    pub fn fail(&self, what: &str) -> ! {
        panic!("{what}");
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let from = self.log.len().saturating_sub(60);
            println!(
                "seed {} failed in round {}; what happened last:\n{}\nreplay: VSO_LOOP_SEED={} VSO_LOOP_ROUNDS={} \
                 VSO_LOOP_KEEP=/tmp cargo test --test loop -- simulation",
                self.seed,
                self.round,
                self.log[from..].join("\n"),
                self.seed,
                self.round,
            );
        }
    }
}

/// What a sync did, in a line.
pub fn deeds(report: &Value) -> String {
    let lines = report["proposals"].as_array().expect("a list").iter();
    let line = |one: &Value| {
        let open = one["conflicts"].as_array().map_or(0, Vec::len);
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {}{}",
            text("deed"),
            text("branch"),
            if open > 0 { format!(" ({open} open)") } else { String::new() }
        )
    };
    lines.map(line).collect::<Vec<_>>().join(", ")
}
