//! What a proposal says: its title and its body in Markdown. Text of specifications is quoted, never run: it goes into
//! commits' messages and pull requests, so it is made harmless here, before anything keeps it.

use super::plan::{Change, ConflictView, MasterPlan, Reach, SlicePlan};
use super::pull::defang;
use crate::slicing::Slice;

/// The title of a slice's proposal: `slice-001-auth 1.1.0: ~FR-003`.
#[must_use]
pub fn slice_title(plan: &SlicePlan) -> String {
    let version = plan.version.to.clone().unwrap_or_default();
    let words = match plan.change {
        Change::New => "new slice".to_owned(),
        Change::Retired => "retired".to_owned(),
        _ if plan.items.is_empty() && plan.renamed_from.is_some() => "renamed".to_owned(),
        _ if plan.items.is_empty() => "generated anew".to_owned(),
        _ => plan.items.words(3),
    };
    defang(&format!("{} {version}: {words}", plan.id))
}

/// The title of the master's proposal.
#[must_use]
pub fn master_title(name: &str, plan: &MasterPlan) -> String {
    let version = plan.version.to.clone().unwrap_or_default();
    let carried: Vec<&str> =
        plan.edits.iter().filter(|edit| edit.refused.is_none()).map(|edit| edit.item.as_str()).collect();
    let words = match (carried.is_empty(), plan.index, plan.shared.is_empty()) {
        (false, ..) => format!("~{}", carried.join(" ~")),
        (true, true, _) => "index of the slices".to_owned(),
        (true, false, false) => "files that all slices share".to_owned(),
        (true, false, true) => "nothing".to_owned(),
    };
    defang(&format!("{name} {version}: {words}").replace("  ", " ").replace(" :", ":"))
}

/// The body of a slice's proposal; `of` is how many slices there are.
#[must_use]
pub fn slice_body(plan: &SlicePlan, slice: Option<&Slice>, of: usize) -> String {
    let mut text = String::new();
    text.push_str(match plan.change {
        Change::New => "The master specification has a component that no slice stands for yet.\n",
        Change::Retired => {
            "The master specification no longer has this component. What is left of the slice is its \
            record, so that its number never comes back.\n"
        }
        _ => "The master specification changed. What people wrote in this slice stays.\n",
    });
    if let Some(was) = &plan.renamed_from {
        text.push_str(&format!("\nThe component was renamed: `{was}` moves to `{}`.\n", plan.id));
    }
    text.push_str(&format!("\nReach: {}.\n", Reach::within(std::slice::from_ref(plan), of).words));
    items(&mut text, plan);
    if let Some(slice) = slice.filter(|slice| !slice.criteria.is_empty() && plan.change != Change::Retired) {
        text.push_str("\n## Acceptance criteria\n\n");
        for criterion in &slice.criteria {
            text.push_str(&format!("- [ ] **{}** {}\n", criterion.id, one_line(&criterion.text)));
        }
    }
    files(&mut text, &plan.files);
    for note in &plan.notes {
        text.push_str(&format!("\nNote: {}\n", one_line(note)));
    }
    conflicts(&mut text, &plan.id, &plan.conflicts);
    defang(&text)
}

/// The files of a slice, by what they are for.
fn files(text: &mut String, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    text.push_str("\n## Files\n\n");
    let groups: [(&str, &[&str]); 4] =
        [("Specification", &[]), ("Tests", &["tests/"]), ("Terraform", &["terraform/"]), ("Modal", &["modal/"])];
    let group = |path: &str| {
        let found = groups.iter().rposition(|(_, folders)| folders.iter().any(|folder| path.starts_with(folder)));
        found.unwrap_or_default()
    };
    for (at, (name, _)) in groups.iter().enumerate() {
        let own = paths.iter().filter(|path| group(path) == at);
        let own: Vec<String> = own.map(|path| format!("`{}`", one_line(path).replace('`', "'"))).collect();
        if !own.is_empty() {
            text.push_str(&format!("- {name}: {}\n", own.join(", ")));
        }
    }
}

/// The body of the master's proposal.
#[must_use]
pub fn master_body(plan: &MasterPlan) -> String {
    let mut text = String::from("Edits that people made in slices go up to the master specification.\n");
    if plan.edits.is_empty() {
        text = "What vso keeps beside the slices is brought up to date.\n".into();
    }
    for edit in plan.edits.iter().filter(|edit| edit.refused.is_none()) {
        text.push_str(&format!("\n**{}**, from {}:\n\n", one_line(&edit.item), edit.slices.join(", ")));
        text.push_str(&fenced(edit.from.as_deref(), "master"));
        text.push_str(&fenced(Some(&edit.to), "slice"));
    }
    for edit in &plan.edits {
        if let Some(why) = &edit.refused {
            text.push_str(&format!(
                "\nNot carried up: **{}** of {}: {why}\n",
                one_line(&edit.item),
                edit.slices.join(", ")
            ));
        }
    }
    if plan.index {
        text.push_str("\nThe index under \"Vertical Slices\" is written anew.\n");
    }
    for path in &plan.shared {
        text.push_str(&format!("\n- `{}`", path.replace('`', "'")));
    }
    if !plan.shared.is_empty() {
        text.push('\n');
    }
    defang(&text)
}

fn items(text: &mut String, plan: &SlicePlan) {
    if plan.items.is_empty() {
        return;
    }
    text.push_str("\n## What the master says now\n\n");
    for (ids, word) in [(&plan.items.added, "new"), (&plan.items.changed, "changed"), (&plan.items.removed, "removed")]
    {
        for id in ids {
            let source = plan.sources.iter().find(|source| source.id == *id);
            let place = source.and_then(|source| source.line).map(|line| format!(" (line {line})")).unwrap_or_default();
            let words = source.map(|source| one_line(&source.text)).unwrap_or_default();
            text.push_str(format!("- {word} **{id}**{place}: {words}").trim_end_matches([':', ' ']));
            text.push('\n');
        }
    }
}

fn conflicts(text: &mut String, slice: &str, conflicts: &[ConflictView]) {
    if conflicts.is_empty() {
        return;
    }
    text.push_str(
        "\n## For a person to decide\n\nBoth sides changed these differently. The slice's text stays until then.\n",
    );
    for conflict in conflicts {
        text.push_str(&format!("\n**{}** in `{}`\n\n", one_line(&conflict.item), conflict.path.replace('`', "'")));
        text.push_str(&fenced(conflict.base.as_deref(), "base"));
        text.push_str(&fenced(conflict.slice.as_deref(), "slice"));
        text.push_str(&fenced(conflict.master.as_deref(), "master"));
    }
    text.push_str(&format!(
        "\n`vso resolve {slice} --take master`, `--take slice`, or an edit on this branch settles it; \
         `--item` takes one at a time.\n"
    ));
}

/// A text in a fence that is longer than any in it.
fn fenced(text: Option<&str>, name: &str) -> String {
    let Some(text) = text else { return format!("{name}: (not there)\n\n") };
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{name}:\n{fence}text\n{}\n{fence}\n\n", text.trim_end_matches(['\n', '\r']))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_holds_any_text() {
        assert_eq!(fenced(Some("a\n"), "base"), "base:\n```text\na\n```\n\n");
        assert_eq!(fenced(Some("````\nx"), "base"), "base:\n`````text\n````\nx\n`````\n\n");
        assert_eq!(fenced(None, "base"), "base: (not there)\n\n");
    }
}
