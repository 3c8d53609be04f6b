//! The check of slices: whether they are in step with the master, and what a person has to decide.
//!
//! What is asked of a commit depends on where it stands: the target branch has to be in step; a proposal has to have
//! nothing open; an edit of the master can't be required to be in step with slices that it is about to change.

use std::collections::BTreeSet;

use super::place::Paths;
use super::{Annotation, Button, Check, Conclusion, Level, SLICES, markdown};
use crate::report::finding::{counted, safe};
use crate::report::plan::{Change, ConflictView, Plan, SlicePlan};

/// The rule of an open conflict, in annotations and SARIF.
pub const OPEN_CONFLICT: &str = "open-conflict";
/// The rule of a slice that is not in step with the master.
pub const STALE_SLICE: &str = "stale-slice";

/// So many slices, conflicts or items are named in a summary.
const NAMED: usize = 100;
/// So much of one side's text is quoted, in characters.
const QUOTED: usize = 400;

/// Where the commit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// It is the target's.
    Target,
    /// It is on a proposal's branch, which brings these slices.
    Proposal(BTreeSet<String>),
    /// It is a person's, on its way to the target.
    Change,
}

/// A proposal that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub number: u32,
    /// The number of its pull request, where there is one.
    pub pull: Option<u64>,
    /// Its branch.
    pub branch: String,
}

/// What is known of a commit's slices.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// What a sync would do for the commit.
    pub plan: &'a Plan,
    /// Where the commit stands.
    pub stand: &'a Stand,
    /// The proposals that wait for the target.
    pub waiting: &'a [Waiting],
    /// Conflicts that the target has already, by slice and key: neither a person's change nor another slice's proposal has
    /// to settle them.
    pub settled_elsewhere: &'a BTreeSet<(String, String)>,
    /// Where the files are.
    pub paths: &'a Paths,
}

/// An open conflict with the line of the slice's file on which it stands.
type Open<'a> = (&'a SlicePlan, &'a ConflictView);

/// The check. `line` finds the line of a conflict: its file from the repository's root, the conflict.
#[must_use]
pub fn check(known: &Known<'_>, line: &dyn Fn(&str, &ConflictView) -> usize) -> Check {
    let (open, elsewhere) = conflicts(known);
    let changed: Vec<&SlicePlan> = known.plan.slices.iter().filter(|slice| slice.change != Change::Unchanged).collect();
    let is_stale = *known.stand == Stand::Target && !known.plan.is_empty();
    let mut annotations: Vec<Annotation> = open.iter().map(|open| conflict(known, open, line)).collect();
    if !matches!(known.stand, Stand::Proposal(_)) {
        annotations.extend(changed.iter().flat_map(|slice| sources(known, slice)));
    }
    let is_passed = open.is_empty() && !is_stale;
    Check {
        name: SLICES.to_owned(),
        conclusion: if is_passed { Conclusion::Success } else { Conclusion::ActionRequired },
        title: title(known, &open, changed.len()),
        summary: summary(known, &open, elsewhere, &changed),
        annotations,
        buttons: buttons(!open.is_empty(), is_stale),
    }
}

/// The conflicts that count here, and how many are the target's own.
fn conflicts<'a>(known: &Known<'a>) -> (Vec<Open<'a>>, usize) {
    let all = known.plan.slices.iter().flat_map(|slice| slice.conflicts.iter().map(move |conflict| (slice, conflict)));
    let is_elsewhere = |(slice, conflict): &Open<'_>| {
        let is_own = match known.stand {
            Stand::Target => true,
            Stand::Proposal(slices) => slices.contains(&slice.id),
            Stand::Change => false,
        };
        !is_own && known.settled_elsewhere.contains(&(slice.id.clone(), conflict.key.clone()))
    };
    let (elsewhere, open): (Vec<Open<'a>>, Vec<Open<'a>>) = all.partition(is_elsewhere);
    (open, elsewhere.len())
}

fn title(known: &Known<'_>, open: &[Open<'_>], changed: usize) -> String {
    let all = known.plan.slices.len();
    let in_conflict: BTreeSet<&str> = open.iter().map(|(slice, _)| slice.id.as_str()).collect();
    let conflicts = format!("{} in {}", counted(open.len(), "open conflict"), counted(in_conflict.len(), "slice"));
    match (known.stand, open.is_empty()) {
        (Stand::Target, _) if known.plan.is_empty() => {
            format!("{} in step with the master", counted(all, "slice"))
        }
        (Stand::Target, is_clean) => {
            let stale = if changed > 0 {
                format!("not in step: {}", known.plan.reach.words)
            } else {
                "the master waits for an edit".to_owned()
            };
            let waiting = match known.waiting.len() {
                0 => "; `vso sync` proposes it".to_owned(),
                1 => "; 1 proposal waits for a person".to_owned(),
                count => format!("; {count} proposals wait for a person"),
            };
            if is_clean { stale + &waiting } else { format!("{conflicts}; {stale}") }
        }
        (_, false) => conflicts,
        (Stand::Proposal(_), true) => "nothing to decide".to_owned(),
        (Stand::Change, true) if known.plan.is_empty() => {
            format!("{} in step with the master", counted(all, "slice"))
        }
        (Stand::Change, true) => format!("changes {} once it is merged", known.plan.reach.words),
    }
}

fn summary(known: &Known<'_>, open: &[Open<'_>], elsewhere: usize, changed: &[&SlicePlan]) -> String {
    let mut text = String::new();
    for (slice, conflict) in open.iter().take(NAMED) {
        let place = markdown::code(&known.paths.of_slice(&slice.id, &conflict.path));
        text.push_str(&format!("### {} in {place}\n\n", markdown::inline(&conflict.item)));
        for (name, side) in sides(conflict) {
            match side {
                Some(words) => text.push_str(&format!("{name}:\n{}\n", markdown::fenced(&quoted(words)))),
                None => text.push_str(&format!("{name}: (not there)\n\n")),
            }
        }
    }
    if open.len() > NAMED {
        text.push_str(&format!("and {} more\n\n", counted(open.len() - NAMED, "conflict")));
    }
    if !open.is_empty() {
        text.push_str(SETTLING);
    }
    if elsewhere > 0 && *known.stand == Stand::Change {
        let words = counted(elsewhere, "conflict");
        text.push_str(&format!(
            "{words} of the target branch itself, not of this change, wait in their own proposals.\n\n"
        ));
    }
    if let Stand::Proposal(_) = known.stand {
        if open.is_empty() {
            text.push_str("What people wrote goes together with what the master says.\n");
        }
        return text;
    }
    text.push_str(&changes(known, changed));
    text
}

/// How a conflict is settled.
const SETTLING: &str = "Both sides changed these differently, and the slice's text stays until a person decides: by \
    `/vso resolve master` or `/vso resolve slice` in a comment on the pull request, by an edit on its branch, or by \
    `vso resolve`.\n\n";

/// What a sync would change, and what waits.
fn changes(known: &Known<'_>, changed: &[&SlicePlan]) -> String {
    if known.plan.is_empty() {
        return "Every slice says what the master says.\n".to_owned();
    }
    let mut text = match known.stand {
        Stand::Target => "What the master and the slices do not have in common yet:\n\n".to_owned(),
        _ => "What vso will propose once this is merged:\n\n".to_owned(),
    };
    for slice in changed.iter().take(NAMED) {
        let (from, to) = (slice.version.from.as_deref(), slice.version.to.as_deref());
        let version = match (from, to) {
            (Some(from), Some(to)) if from != to => format!(" {from} → {to}"),
            (_, Some(version)) | (Some(version), None) => format!(" {version}"),
            (None, None) => String::new(),
        };
        let items = slice.items.words(12);
        let items = if items.is_empty() { String::new() } else { format!(": {}", markdown::inline(&items)) };
        let (word, id) = (slice.change.word(), markdown::code(&slice.id));
        text.push_str(&format!("- {word} {id}{}{items}\n", markdown::inline(&version)));
    }
    if changed.len() > NAMED {
        text.push_str(&format!("- and {} more\n", counted(changed.len() - NAMED, "slice")));
    }
    text.push_str(&master(known));
    if *known.stand == Stand::Target {
        text.push_str(&waiting(known.waiting));
    }
    text
}

fn master(known: &Known<'_>) -> String {
    let plan = &known.plan.master;
    let mut text = String::new();
    for edit in plan.edits.iter().take(NAMED) {
        let (item, slices) = (markdown::inline(&edit.item), markdown::inline(&edit.slices.join(", ")));
        text.push_str(&match &edit.refused {
            None => format!("- the master takes {item} from {slices}\n"),
            Some(why) => format!("- {item} stays in {slices}: {}\n", markdown::inline(why)),
        });
    }
    if plan.index {
        text.push_str("- the master's index of slices\n");
    }
    for path in &plan.shared {
        text.push_str(&format!("- {}\n", markdown::code(path)));
    }
    text
}

fn waiting(waiting: &[Waiting]) -> String {
    if waiting.is_empty() {
        return "\nNo proposal waits for it: `vso sync` opens them.\n".to_owned();
    }
    let name = |one: &Waiting| {
        let branch = markdown::code(&one.branch);
        match one.pull {
            Some(pull) => format!("- #{pull} {branch}\n"),
            None => format!("- proposal {} {branch}\n", one.number),
        }
    };
    let named: String = waiting.iter().take(NAMED).map(name).collect();
    let rest = waiting.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!("- and {rest} more\n") } else { String::new() };
    format!("\nMerging what waits settles it:\n\n{named}{more}")
}

fn conflict(known: &Known<'_>, open: &Open<'_>, line: &dyn Fn(&str, &ConflictView) -> usize) -> Annotation {
    let (slice, conflict) = open;
    let path = known.paths.of_slice(&slice.id, &conflict.path);
    let line = line(&path, conflict);
    let mut message = format!("{}: {} was changed on both sides differently", slice.id, safe(&conflict.item));
    for (name, side) in sides(conflict) {
        let words = side.map_or_else(|| "(not there)".to_owned(), |words| safe(quoted(words).trim()));
        message.push_str(&format!("\n{name}: {words}"));
    }
    message.push_str(
        "\nhint: `/vso resolve master` or `/vso resolve slice` on the pull request, or an edit on its branch",
    );
    Annotation {
        path,
        start_line: line,
        end_line: line,
        columns: None,
        level: Level::Failure,
        title: OPEN_CONFLICT.to_owned(),
        message,
    }
}

/// The items of the master that are not yet in a slice as it says them.
fn sources<'a>(known: &'a Known<'_>, slice: &'a SlicePlan) -> impl Iterator<Item = Annotation> + 'a {
    let is_target = *known.stand == Stand::Target;
    let words = move |id: &str| match is_target {
        true => format!("{} is not in step with {id}\nhint: merge what waits, or `vso sync`", slice.id),
        false => format!("{id} changes {} once this is merged", slice.id),
    };
    slice.sources.iter().filter_map(move |source| {
        let line = source.line?;
        Some(Annotation {
            path: known.paths.master(),
            start_line: line,
            end_line: line,
            columns: None,
            level: if is_target { Level::Warning } else { Level::Notice },
            title: STALE_SLICE.to_owned(),
            message: words(&safe(&source.id)),
        })
    })
}

fn sides(conflict: &ConflictView) -> [(&'static str, Option<&str>); 3] {
    [("base", conflict.base.as_deref()), ("slice", conflict.slice.as_deref()), ("master", conflict.master.as_deref())]
}

/// The beginning of a side's text.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn buttons(is_open: bool, is_stale: bool) -> Vec<Button> {
    let button = |label: &str, description: &str, identifier: &str| Button {
        label: label.into(),
        description: description.into(),
        identifier: identifier.into(),
    };
    let mut buttons = Vec::new();
    if is_open {
        buttons.push(button("Take master", "The master's text in all conflicts", "take-master"));
        buttons.push(button("Take slice", "The slice's text in all conflicts", "take-slice"));
    }
    if is_open || is_stale {
        buttons.push(button("Regenerate", "Plan and propose again", "regenerate"));
    }
    buttons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plan::{FORMAT, Items, MasterPlan, Reach, Source, Upstream, Versions};
    use crate::slicing::slice::ItemKind;

    fn slice(id: &str, change: Change) -> SlicePlan {
        let source = Source { id: "FR-1".into(), kind: ItemKind::Requirement, line: Some(7), text: "x".into() };
        let is_changed = change != Change::Unchanged;
        SlicePlan {
            id: id.into(),
            name: id.into(),
            change,
            version: Versions { from: Some("1.0.0".into()), to: Some("1.0.1".into()) },
            items: Items { changed: if is_changed { vec!["FR-1".into()] } else { vec![] }, ..Items::default() },
            sources: if is_changed { vec![source] } else { vec![] },
            conflicts: Vec::new(),
            renamed_from: None,
            files: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn in_conflict(id: &str) -> SlicePlan {
        let conflict = ConflictView {
            path: "spec.md".into(),
            item: "AC-1 @team".into(),
            key: "k".into(),
            base: Some("old".into()),
            slice: None,
            master: Some("new <!-- vso -->\n::error::x".into()),
        };
        SlicePlan { conflicts: vec![conflict], ..slice(id, Change::Conflict) }
    }

    fn made(slices: Vec<SlicePlan>, stand: Stand, elsewhere: &[(&str, &str)]) -> Check {
        made_of(slices, MasterPlan::default(), stand, elsewhere)
    }

    fn made_of(slices: Vec<SlicePlan>, master: MasterPlan, stand: Stand, elsewhere: &[(&str, &str)]) -> Check {
        let reach = Reach::of(&slices);
        let plan = Plan { format: FORMAT, branch: "main".into(), target: None, slices, master, reach, wide: false };
        let elsewhere = elsewhere.iter().map(|(slice, key)| ((*slice).to_owned(), (*key).to_owned())).collect();
        let paths = Paths { prefix: String::new(), master: "master-spec.md".into(), slices: "vertical-slices".into() };
        let waiting = [
            Waiting { number: 3, pull: Some(12), branch: "slice-001-a-v1.0.1".into() },
            Waiting { number: 4, pull: None, branch: "slice-002-b-v1.0.1".into() },
        ];
        let known =
            Known { plan: &plan, stand: &stand, waiting: &waiting, settled_elsewhere: &elsewhere, paths: &paths };
        check(&known, &|_, _| 5)
    }

    fn says(check: &Check) -> (Conclusion, &str, usize, Vec<&str>) {
        let buttons = check.buttons.iter().map(|button| button.label.as_str()).collect();
        (check.conclusion, check.title.as_str(), check.annotations.len(), buttons)
    }

    #[test]
    fn the_target_has_to_be_in_step() {
        let quiet = made(vec![slice("slice-001-a", Change::Unchanged)], Stand::Target, &[]);
        assert_eq!(says(&quiet), (Conclusion::Success, "1 slice in step with the master", 0, vec![]));
        let slices = vec![slice("slice-001-a", Change::Update), slice("slice-002-b", Change::Unchanged)];
        let stale = made(slices, Stand::Target, &[]);
        let title = "not in step: 1 of 2 slices, 1 requirement; 2 proposals wait for a person";
        assert_eq!(says(&stale), (Conclusion::ActionRequired, title, 1, vec!["Regenerate"]));
        assert!(stale.summary.contains("- #12 `slice-001-a-v1.0.1`\n- proposal 4 `slice"), "{}", stale.summary);
        assert_eq!((stale.annotations[0].path.as_str(), stale.annotations[0].start_line), ("master-spec.md", 7));
    }

    #[test]
    fn an_edit_of_the_master_passes_and_says_what_it_will_change() {
        let slices = vec![slice("slice-001-a", Change::Update), slice("slice-002-b", Change::New)];
        let check = made(slices, Stand::Change, &[]);
        let title = "changes 2 of 2 slices, 1 requirement once it is merged";
        assert_eq!(says(&check), (Conclusion::Success, title, 2, vec![]));
        assert!(check.summary.contains("- update `slice-001-a` 1.0.0 → 1.0.1: ~FR-1".replace('~', "\\~").as_str()));
    }

    #[test]
    fn a_conflict_waits_for_a_person_where_it_belongs() {
        let both = || vec![in_conflict("slice-001-a"), in_conflict("slice-002-b")];
        let all = [("slice-001-a", "k"), ("slice-002-b", "k")];
        let own = made(both(), Stand::Proposal(["slice-001-a".to_owned()].into()), &all);
        let buttons = vec!["Take master", "Take slice", "Regenerate"];
        assert_eq!(says(&own), (Conclusion::ActionRequired, "1 open conflict in 1 slice", 1, buttons));
        let other = made(both(), Stand::Proposal(["slice-003-c".to_owned()].into()), &all);
        assert_eq!(says(&other), (Conclusion::Success, "nothing to decide", 0, vec![]));
        // What a stranger brings beside a proposal is not the target's.
        let beside = made(both(), Stand::Proposal(["slice-001-a".to_owned()].into()), &[]);
        assert_eq!(beside.title, "2 open conflicts in 2 slices");
        let wide = made(both(), Stand::Proposal(["slice-001-a".to_owned(), "slice-002-b".to_owned()].into()), &[]);
        assert_eq!(wide.title, "2 open conflicts in 2 slices");
        let change = made(both(), Stand::Change, &[("slice-001-a", "k")]);
        assert_eq!((change.conclusion, change.title.as_str()), {
            (Conclusion::ActionRequired, "1 open conflict in 1 slice")
        });
        let change = made(both(), Stand::Change, &[("slice-001-a", "k"), ("slice-002-b", "k")]);
        assert_eq!(change.conclusion, Conclusion::Success);
        let target = made(both(), Stand::Target, &[("slice-001-a", "k"), ("slice-002-b", "k")]);
        assert!(target.title.starts_with("2 open conflicts in 2 slices; not in step"), "{}", target.title);
    }

    #[test]
    fn texts_of_people_are_shown_and_do_nothing() {
        let check = made(vec![in_conflict("slice-001-a")], Stand::Target, &[]);
        let annotation = &check.annotations[0];
        assert_eq!((annotation.path.as_str(), annotation.start_line), ("vertical-slices/slice-001-a/spec.md", 5));
        assert!(annotation.message.contains("\nslice: (not there)\nmaster: new <!-- vso -->\u{fffd}::error::x\n"));
        assert!(!check.summary.contains("<!--") && !check.summary.contains("@team"), "{}", check.summary);
    }

    #[test]
    fn the_master_waits_too() {
        let edit = Upstream {
            item: "FR-1".into(),
            slices: vec!["slice-001-a".into()],
            from: None,
            to: "x".into(),
            refused: None,
        };
        let master = MasterPlan { edits: vec![edit], ..MasterPlan::default() };
        let check = made_of(vec![slice("slice-001-a", Change::Unchanged)], master, Stand::Target, &[]);
        assert_eq!(check.conclusion, Conclusion::ActionRequired);
        assert!(check.title.starts_with("the master waits for an edit; 2 proposals wait"), "{}", check.title);
        assert!(check.summary.contains("- the master takes FR-1 from slice-001-a"), "{}", check.summary);
    }

    #[test]
    fn buttons_keep_the_limits() {
        for button in buttons(true, true) {
            let lengths = [&button.label, &button.description, &button.identifier].map(|text| text.chars().count());
            assert!(lengths[0] <= 20 && lengths[1] <= 40 && lengths[2] <= 20, "{button:?}");
        }
    }
}
