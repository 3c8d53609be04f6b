//! What of an answer is believed: proposals about things that were asked about, in their fields, of bearable length.
//!
//! Servers need not keep to the schema, and a specification may tell the model to write elsewhere. Whatever is not
//! exactly as asked is dropped and counted; the rest stands.

use serde::Deserialize;
use serde_json::Value;

use super::asked::Asked;
use super::{ProposedCriterion, Refined};
use crate::model::shown;
use crate::slicing::ProposedDependency;
use crate::spec::item::Voice;

/// Most characters of a proposed text.
const MAX_TEXT: usize = 400;
/// Most steps of a proposed test.
const MAX_STEPS: usize = 10;
/// Most criteria for one requirement.
const MAX_CRITERIA: usize = 2;
/// Most dropped proposals that are named one by one.
const MAX_NAMED: usize = 3;

const LISTS: [&str; 3] = ["owners", "dependencies", "criteria"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    item: String,
    component: String,
    #[serde(default, rename = "why")]
    _why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Need {
    from: String,
    to: String,
    #[serde(default, rename = "why")]
    _why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Criterion {
    requirement: String,
    voice: Voice,
    text: String,
    #[serde(default)]
    steps: Vec<String>,
}

/// Whether an answer is an object with at least one of the lists that were asked for.
pub(super) fn has_shape(answer: &Value) -> bool {
    LISTS.iter().any(|list| answer.get(list).is_some_and(Value::is_array))
}

/// Takes what can be believed and says what was dropped.
pub(super) fn judge(answer: &Value, asked: &Asked) -> Refined {
    let mut bench = Bench { asked, refined: Refined::default(), dropped: Vec::new() };
    for name in answer.as_object().into_iter().flat_map(|object| object.keys()) {
        if !LISTS.contains(&name.as_str()) {
            bench.dropped.push(format!("the field `{}`, which nobody asked for", shown(name)));
        }
    }
    bench.each(answer, "owners", Bench::owner);
    bench.each(answer, "dependencies", Bench::dependency);
    bench.each(answer, "criteria", Bench::criterion);
    bench.done()
}

struct Bench<'a> {
    asked: &'a Asked,
    refined: Refined,
    dropped: Vec<String>,
}

impl Bench<'_> {
    /// Judges the entries of a list; one that is not of its shape is dropped.
    fn each<T: for<'de> Deserialize<'de>>(
        &mut self,
        answer: &Value,
        list: &str,
        judge: fn(&mut Self, T) -> Result<(), String>,
    ) {
        for entry in answer.get(list).and_then(Value::as_array).into_iter().flatten() {
            let judged = match T::deserialize(entry) {
                Ok(entry) => judge(self, entry),
                Err(error) => Err(format!("an entry of `{list}` ({})", shown(&error.to_string()))),
            };
            self.dropped.extend(judged.err());
        }
    }

    fn owner(&mut self, owner: Owner) -> Result<(), String> {
        let Owner { item, component, .. } = owner;
        if !self.asked.unsure.contains(&item) {
            return Err(format!("an owner for `{}`, which was not asked about", shown(&item)));
        }
        self.component(&component)?;
        let owners = &mut self.refined.refinements.owners;
        if owners.contains_key(&item) {
            return Err(format!("a second owner for `{item}`"));
        }
        owners.insert(item, component);
        Ok(())
    }

    fn dependency(&mut self, need: Need) -> Result<(), String> {
        let Need { from, to, .. } = need;
        self.component(&from)?;
        self.component(&to)?;
        let known = self.asked.needs.contains(&(from.clone(), to.clone()));
        let proposed = &mut self.refined.refinements.dependencies;
        if from == to || known || proposed.iter().any(|other| other.from == from && other.to == to) {
            // Saying what is known is no mistake worth a note.
            return Ok(());
        }
        proposed.push(ProposedDependency { from, to });
        Ok(())
    }

    fn criterion(&mut self, criterion: Criterion) -> Result<(), String> {
        let Criterion { requirement, voice, text, steps } = criterion;
        if !self.asked.requirements.contains(&requirement) {
            return Err(format!("a criterion for `{}`, which was not asked about", shown(&requirement)));
        }
        if !is_line(&text) || steps.len() > MAX_STEPS || !steps.iter().all(|step| is_line(step)) {
            return Err(format!("a criterion for `{requirement}` that is empty, too long or not on one line"));
        }
        if self.refined.criteria.iter().filter(|other| other.requirement == requirement).count() >= MAX_CRITERIA {
            return Err(format!("a further criterion for `{requirement}`"));
        }
        self.refined.criteria.push(ProposedCriterion { requirement, voice, text, steps });
        Ok(())
    }

    fn component(&self, name: &str) -> Result<(), String> {
        if self.asked.components.contains(name) {
            return Ok(());
        }
        Err(format!("the component `{}`, which there is not", shown(name)))
    }

    fn done(mut self) -> Refined {
        if !self.dropped.is_empty() {
            let named = self.dropped.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join("; ");
            let more = if self.dropped.len() > MAX_NAMED { "; …" } else { "" };
            self.refined.notes.push(format!("refine: dropped {}: {named}{more}", self.dropped.len()));
        }
        self.refined
    }
}

/// Whether a text is one line of bearable length that a terminal and a Markdown file can show.
fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_TEXT && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn asked() -> Asked {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        Asked {
            data: Value::Null,
            components: set(&["Loans", "Members"]),
            unsure: set(&["FR-1", "model:fee"]),
            requirements: set(&["FR-1", "FR-2"]),
            needs: BTreeSet::from([("Loans".to_owned(), "Members".to_owned())]),
            left_out: 0,
        }
    }

    /// The owners, dependencies and criteria that stand, and a part of the note on what was dropped.
    fn check(answer: &Value, expected: (usize, usize, usize), dropped: &str) {
        let found = judge(answer, &asked());
        let counts = (found.refinements.owners.len(), found.refinements.dependencies.len(), found.criteria.len());
        assert_eq!(counts, expected, "{answer}");
        assert_eq!(found.notes.is_empty(), dropped.is_empty(), "{:?}", found.notes);
        assert!(found.notes.iter().all(|note| note.contains(dropped)), "{:?}", found.notes);
    }

    #[test]
    fn what_was_asked_for_stands() {
        let answer = json!({
            "owners": [{"item": "FR-1", "component": "Loans", "why": "it lends"}],
            "dependencies": [{"from": "Members", "to": "Loans", "why": "x"}, {"from": "Loans", "to": "Members", "why": ""}],
            "criteria": [{"requirement": "FR-2", "voice": "user", "text": "see my loans", "steps": ["given", "then"]}],
        });
        check(&answer, (1, 1, 1), "");
    }

    #[test]
    fn names_and_ids_come_from_the_lists_only() {
        let owner = |item: &str, component: &str| json!({"owners": [{"item": item, "component": component}]});
        check(&owner("FR-2", "Loans"), (0, 0, 0), "`FR-2`, which was not asked about");
        check(&owner("FR-1", "../../etc"), (0, 0, 0), "`../../etc`, which there is not");
        check(&owner("FR-1", "loans"), (0, 0, 0), "which there is not");
        check(&json!({"dependencies": [{"from": "Loans", "to": "Root"}]}), (0, 0, 0), "`Root`");
        let twice =
            json!({"owners": [{"item": "FR-1", "component": "Loans"}, {"item": "FR-1", "component": "Members"}]});
        check(&twice, (1, 0, 0), "a second owner");
    }

    #[test]
    fn nothing_is_written_outside_of_the_fields() {
        check(&json!({"owners": [], "files": {"../x": "rm"}}), (0, 0, 0), "`files`, which nobody asked for");
        let extra = json!({"owners": [{"item": "FR-1", "component": "Loans", "path": "/etc"}]});
        check(&extra, (0, 0, 0), "unknown field");
        check(&json!({"owners": "FR-1"}), (0, 0, 0), "");
        assert!(
            !has_shape(&json!({"owners": "FR-1"})) && !has_shape(&json!([])) && has_shape(&json!({"criteria": []}))
        );
    }

    #[test]
    fn a_proposed_text_is_one_short_line() {
        let criterion =
            |text: &str| json!({"criteria": [{"requirement": "FR-1", "voice": "system", "text": text, "steps": []}]});
        check(&criterion("answer in 200 ms"), (0, 0, 1), "");
        for bad in ["", " ", "a\nb", "a\u{1b}[31m", &"x".repeat(401)] {
            check(&criterion(bad), (0, 0, 0), "too long or not on one line");
        }
    }
}
