//! From criteria, endpoints and targets to tests that really test. Each rule takes a sentence and the contract and
//! gives checks, which are calls of the methods in `templates/slice/tests/interface.py`.
//!
//! Where no rule applies, the test calls a step that a person has to write, is red until then, and is marked as
//! unwritten; nothing is skipped and nothing is called covered that is not.

pub(super) mod contract;
mod deeds;
mod limits;
mod load;
mod refusals;
mod sentence;
pub(super) mod shape;

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;

use crate::slicing::Slice;
use crate::slicing::slice::Criterion;
use crate::spec::item::RequirementKind;
use crate::spec::text::name_key;
use contract::{Contract, EndpointContract, distinct};
use sentence::Sentence;

/// One call of a method of `Interface` or of the load tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Check {
    /// The method, and the name of the rule.
    pub(super) rule: &'static str,
    /// Its positional arguments.
    pub(super) arguments: Vec<Value>,
    /// Its named arguments.
    pub(super) options: Vec<(&'static str, Value)>,
}

impl Check {
    /// A check of a call, such as `check_answer("POST /members")`.
    fn new(rule: &'static str, endpoint: &EndpointContract) -> Self {
        Self { rule, arguments: vec![Value::from(endpoint.call.as_str())], options: Vec::new() }
    }

    /// Adds a positional argument.
    fn with(mut self, argument: impl Into<Value>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds a named argument where there is a value.
    fn option(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        self.options.extend(value.map(|value| (name, value.into())));
        self
    }
}

/// A test function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Test {
    /// The function: `test_ac_fr_002`.
    pub(super) name: String,
    /// The criterion, requirement or endpoint that it tests.
    pub(super) of: String,
    /// The text for its docstring.
    pub(super) text: String,
    /// What it checks; empty when only a person can say.
    pub(super) checks: Vec<Check>,
    /// The step that a person has to write where there are no checks: `ac_fr_002`.
    pub(super) step: String,
}

/// All tests of a slice.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Tests {
    /// `tests/unit/test_criteria.py`.
    pub(super) criteria: Vec<Test>,
    /// `tests/integration/test_endpoints.py`.
    pub(super) endpoints: Vec<Test>,
    /// `tests/performance/test_limits.py`.
    pub(super) performance: Vec<Test>,
}

impl Tests {
    /// The steps that people have to write, with their texts.
    pub(super) fn steps(&self) -> Vec<&Test> {
        let all = self.criteria.iter().chain(&self.endpoints).chain(&self.performance);
        all.filter(|test| test.checks.is_empty()).collect()
    }
}

/// The contract of a slice, with the limits that its criteria state, and its tests.
pub(super) fn of_slice(slice: &Slice) -> (Contract, Tests) {
    let mut contract = Contract::of(slice);
    let sentences: Vec<Sentence> = slice.criteria.iter().map(|criterion| Sentence::of(&criterion.text)).collect();
    for sentence in &sentences {
        limits::teach(&mut contract, sentence);
    }
    let mut names = HashSet::new();
    let mut tests = Tests::default();
    for (criterion, sentence) in slice.criteria.iter().zip(&sentences) {
        let name = distinct(&format!("test_{}", identifier(&criterion.id)), &mut names);
        let measured = measured_by(slice, criterion, sentence, &contract);
        let is_load = !measured.is_empty();
        let checks = if is_load { measured } else { checks_of(sentence, &contract) };
        let test = test(name, &criterion.id, &criterion.text, checks);
        if is_load { tests.performance.push(test) } else { tests.criteria.push(test) }
    }
    let held = |id: &String| slice.criteria.iter().any(|criterion| criterion.origin.contains(id));
    for requirement in slice.requirements.iter().filter(|requirement| !held(&requirement.id)) {
        let sentence = Sentence::of(&requirement.item.text);
        let measured = load::checks(&requirement.item, &sentence, &contract);
        let is_load = !measured.is_empty();
        let checks = if is_load { measured } else { checks_of(&sentence, &contract) };
        if checks.is_empty() || (requirement.item.kind == RequirementKind::Functional && requirement.shared) {
            continue;
        }
        let name = distinct(&format!("test_{}", identifier(&requirement.id)), &mut names);
        let test = test(name, &requirement.id, &requirement.item.text, checks);
        if is_load { tests.performance.push(test) } else { tests.criteria.push(test) }
    }
    tests.endpoints = endpoint_tests(&contract);
    (contract, tests)
}

/// What a load test measures for a criterion that comes from a non-functional requirement.
fn measured_by(slice: &Slice, criterion: &Criterion, sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    let origin =
        slice.requirements.iter().find(|held| criterion.origin.contains(&held.id) && held.item.text == criterion.text);
    origin.map(|held| load::checks(&held.item, sentence, contract)).unwrap_or_default()
}

fn test(name: String, of: &str, text: &str, checks: Vec<Check>) -> Test {
    let step = name.strip_prefix("test_").unwrap_or(&name).to_owned();
    Test { name, of: of.to_owned(), text: text.to_owned(), checks, step }
}

/// Each endpoint's answer, and each stated refusal, as a test of its own.
fn endpoint_tests(contract: &Contract) -> Vec<Test> {
    let mut names = HashSet::new();
    let mut tests = Vec::new();
    for endpoint in &contract.endpoints {
        let stem = format!("test_{}", endpoint.stem);
        let says = if endpoint.description.is_empty() {
            endpoint.call.clone()
        } else {
            format!("{}: {}", endpoint.call, endpoint.description)
        };
        let name = distinct(&stem, &mut names);
        tests.push(test(name, &endpoint.call, &says, vec![Check::new("check_answer", endpoint)]));
        let mut asks_for_all = false;
        for refusal in &endpoint.refusals {
            let name = distinct(&format!("{stem}_{}", refusal.status), &mut names);
            let text = format!("{} gives {} {}", endpoint.call, refusal.status, refusal.note);
            let checks = refusals::checks(endpoint, refusal, contract);
            asks_for_all |= checks.iter().any(|check| check.rule == "check_missing");
            tests.push(test(name, &endpoint.call, text.trim_end(), checks));
        }
        if !asks_for_all && !endpoint.needed.is_empty() {
            let name = distinct(&format!("{stem}_needs_its_fields"), &mut names);
            let text = format!("{} refuses a body without one of the fields that it must have", endpoint.call);
            let check = Check::new("check_required", endpoint).with(endpoint.needed.clone());
            tests.push(test(name, &endpoint.call, &text, vec![check]));
        }
    }
    for path in &contract.uncallable {
        let name = distinct(&format!("test_path_{}", identifier(path)), &mut names);
        tests.push(test(name, path, &format!("{path}: nothing says with which method it is called"), Vec::new()));
    }
    tests
}

/// The rules in their order; the first that applies writes the test.
fn checks_of(sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    let rules: [fn(&Sentence, &Contract) -> Vec<Check>; 4] =
        [refusals::credentials, limits::checks, refusals::stated, deeds::checks];
    rules.iter().map(|rule| rule(sentence, contract)).find(|checks| !checks.is_empty()).unwrap_or_default()
}

/// An id as part of a Python name: `AC-FR-002` -> `ac_fr_002`; letters beyond ASCII by their number.
pub(super) fn identifier(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for letter in id.chars() {
        match letter {
            _ if letter.is_ascii_alphanumeric() => name.push(letter.to_ascii_lowercase()),
            _ if letter.is_ascii() => name.push('_'),
            _ => name.push_str(&format!("u{:x}", u32::from(letter))),
        }
    }
    if name_key(&name).is_empty() { format!("item_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::sample;

    /// A slice with the example's loans: tools and members belong to others.
    fn loans() -> Slice {
        let field = sample::field;
        let loan = vec![
            field("id", "uuid", ""),
            field("tool_id", "Tool.id", ""),
            field("member_id", "Member.id", ""),
            field("days", "integer", "1..28"),
            field("note?", "string", ""),
            field("status", "enum", "open, closed"),
            field("returned_on?", "date", ""),
        ];
        let request = vec![loan[1].clone(), loan[2].clone(), loan[3].clone(), loan[4].clone()];
        let endpoint = sample::endpoint;
        let endpoints = vec![
            endpoint(
                "POST",
                "/loans",
                request,
                &[(201, "Loan", ""), (409, "", "when the tool is on loan")],
                "Borrow a tool",
            ),
            endpoint("GET", "/loans", vec![], &[(200, "Loan[]", "")], "List loans"),
            endpoint("GET", "/loans/{id}", vec![], &[(200, "Loan", "")], ""),
            endpoint("PATCH", "/loans/{id}", vec![loan[4].clone()], &[(200, "Loan", "")], ""),
            endpoint("DELETE", "/loans/{id}", vec![], &[(204, "", "")], ""),
            endpoint("POST", "/loans/{id}/return", vec![], &[(200, "Loan", "")], "Return a tool"),
        ];
        let mut slice = sample::slice(1, "Loans", vec![], endpoints, vec![sample::model("Loan", loan)]);
        let foreign = |name: &str| sample::model(name, vec![field("id", "uuid", "")]);
        slice.foreign_models = vec![foreign("Tool"), foreign("Member")];
        slice
    }

    /// The checks of a criterion as `rule call argument…`, joined by `; `.
    fn check(text: &str, expected: &str) {
        let mut contract = Contract::of(&loans());
        let sentence = Sentence::of(text);
        limits::teach(&mut contract, &sentence);
        let said = |check: &Check| {
            let options = check.options.iter().map(|(name, value)| format!("{name}={value}"));
            let parts: Vec<String> = check.arguments.iter().map(Value::to_string).chain(options).collect();
            format!("{} {}", check.rule, parts.join(" ")).replace('"', "")
        };
        let found: Vec<String> = checks_of(&sentence, &contract).iter().map(said).collect();
        assert_eq!(found.join("; "), expected, "{text}");
    }

    #[test]
    fn what_people_can_do_is_done() {
        check("A member can borrow a tool.", "check_created POST /loans Loan");
        check("A member can see a loan.", "check_read GET /loans/{id} Loan");
        check("A member can list loans.", "check_listed GET /loans Loan");
        check("A member can change the note of a loan.", "check_updated PATCH /loans/{id} Loan note");
        check("A member can delete a loan.", "check_deleted DELETE /loans/{id} Loan");
        check("A member can return a tool.", "check_action POST /loans/{id}/return Loan field=returned_on");
        check("I can return a tool and borrow it again.", "check_again POST /loans POST /loans/{id}/return Loan");
    }

    #[test]
    fn limits_are_tried_from_both_sides() {
        check("A loan must last between 1 and 28 days.", "check_range POST /loans days least=1 most=28");
        check("The days of a loan must be positive.", "check_range POST /loans days above=0");
        check("The note must be at most 1,000 characters.", "check_length POST /loans note most=1000");
        check("The note must be unique.", "check_unique POST /loans note status=409");
        check("A member must not have more than 5 open loans.", "check_count POST /loans 5 per=member_id");
        check("A member can borrow up to 3 tools at once.", "check_count POST /loans 3 per=member_id");
        check("The days of a loan are required.", "check_required POST /loans [days]");
        check("A new loan is open.", "check_start POST /loans status open");
        check("Loans are listed newest first.", "check_order GET /loans Loan returned_on descending=true");
        check("A page lists at most 20 loans.", "check_page GET /loans Loan 20");
    }

    #[test]
    fn refusals_are_provoked() {
        check("A tool that is on loan must not be lent again.", "check_twice POST /loans 409");
        check("GET /loans/{id} must answer 200.", "check_answer GET /loans/{id}");
        check("Deleting loans without a token must fail with 401.", "check_credentials DELETE /loans/{id} 401");
        let every = "Every endpoint but the list of loans must refuse requests without a token.";
        let calls =
            ["POST /loans", "GET /loans/{id}", "PATCH /loans/{id}", "DELETE /loans/{id}", "POST /loans/{id}/return"];
        check(every, &calls.map(|call| format!("check_credentials {call} 401")).join("; "));
    }

    #[test]
    fn what_no_rule_understands_is_left_to_people() {
        for text in [
            "The mood must be good.",
            "A member can dance.",
            "A loan that nobody returns within 3 days must expire.",
            "A member can borrow a tool and teleport it.",
            "A member cannot borrow a broken tool.",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn names_are_identifiers_whatever_the_ids() {
        assert_eq!(identifier("AC-FR-002"), "ac_fr_002");
        assert_eq!(identifier("AC-é.1"), "ac_ue9_1");
        assert_eq!(identifier("--"), "item___");
    }
}
