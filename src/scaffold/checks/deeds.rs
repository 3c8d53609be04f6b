//! Rules for deeds: "a member can borrow a tool" is a request that an endpoint answers, and then the state after it.

use std::sync::LazyLock;

use super::Check;
use super::contract::{Contract, EndpointContract};
use super::sentence::{Deed, Sentence, VerbKind, kind_of_verb, stem};
use super::shape::Shape;

/// The checks of what somebody can do; none unless every deed that the sentence names has its endpoint.
pub(super) fn checks(sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    if let Some(endpoint) = sentence.named_endpoint(contract) {
        return vec![Check::new("check_answer", endpoint)];
    }
    if sentence.says(&["cannot", "can not", "can t", "can only", "may not", "may only"]) {
        return Vec::new();
    }
    let deeds = sentence.deeds();
    let mut matched: Vec<(&Deed, &EndpointContract)> = Vec::new();
    for deed in &deeds {
        let before = matched.last().map(|(_, endpoint)| *endpoint);
        let found = endpoint_of(deed, contract).or_else(|| read_back(deed, before?, contract));
        matched.extend(found.map(|endpoint| (deed, endpoint)));
    }
    if sentence.says(&["again"]) {
        return again(&matched).into_iter().collect();
    }
    // a verb that no endpoint answers leaves the sentence to a person: half a check would look like a whole one
    let is_verb = |deed: &&Deed| deed.goes_on || kind_of_verb(&deed.verb).is_some();
    let first_is_matched = matched.first().is_some_and(|(deed, _)| Some(*deed) == deeds.first());
    if !first_is_matched || deeds.iter().filter(is_verb).any(|deed| !matched.iter().any(|(other, _)| *other == deed)) {
        return Vec::new();
    }
    let mut checks: Vec<Check> = Vec::new();
    for (deed, endpoint) in matched {
        match check(deed, endpoint, sentence, contract) {
            Some(check) if !checks.contains(&check) => checks.push(check),
            Some(_) => {}
            None => return Vec::new(),
        }
    }
    checks
}

/// "return a tool and borrow it again": an action, then the creation that it makes possible once more.
fn again(matched: &[(&Deed, &EndpointContract)]) -> Option<Check> {
    let action = matched.iter().find(|(_, endpoint)| endpoint.action().is_some())?.1;
    let create = matched.iter().find(|(_, endpoint)| endpoint.method == "POST" && endpoint.action().is_none())?.1;
    let model = create.model.as_deref().filter(|model| action.model.as_deref() == Some(model))?;
    let mut check = Check::new("check_again", create).with(action.call.as_str());
    check = check.with(model);
    Some(check)
}

/// The endpoint that answers a deed best.
fn endpoint_of<'c>(deed: &Deed, contract: &'c Contract) -> Option<&'c EndpointContract> {
    let ranked = contract.endpoints.iter().map(|endpoint| (rank(deed, endpoint), endpoint));
    let mut best: Option<(usize, &EndpointContract)> = None;
    for (rank, endpoint) in ranked.filter(|(rank, _)| *rank > 0) {
        if best.is_none_or(|(highest, _)| rank > highest) {
            best = Some((rank, endpoint));
        }
    }
    best.map(|(_, endpoint)| endpoint)
}

/// "register and read back what I entered": the endpoint that shows what the one before it has made.
fn read_back<'c>(deed: &Deed, before: &EndpointContract, contract: &'c Contract) -> Option<&'c EndpointContract> {
    let read = contract.model(before.model.as_deref()?)?.read.as_deref()?;
    let reads = kind_of_verb(&deed.verb) == Some(VerbKind::Read);
    contract.endpoints.iter().find(|endpoint| reads && endpoint.call == read)
}

/// Verbs that make the very thing they name; the others may make something about it, as a loan is made of a tool.
const MAKING: &[&str] =
    &["add", "create", "register", "upload", "enter", "store", "save", "write", "publish", "post", "open", "start"];

/// How well an endpoint answers a deed; 0 when it does not. Its own words count most, then method and nouns.
fn rank(deed: &Deed, endpoint: &EndpointContract) -> usize {
    static MAKING_STEMS: LazyLock<Vec<String>> = LazyLock::new(|| MAKING.iter().map(|verb| stem(verb)).collect());
    let by_description = endpoint.described.stems.first() == Some(&deed.verb);
    let by_action = endpoint.action().is_some_and(|action| stem(action) == deed.verb);
    let by_method = kind_of_verb(&deed.verb).is_some_and(|kind| answers(endpoint, kind));
    let nouns = deed.about.iter().filter(|noun| **noun != deed.verb && endpoint.called.contains(noun)).count().min(3);
    // "a loan" is one, "loans" are many; an endpoint's own words say more than that
    let number = usize::from(endpoint.method == "GET" && endpoint.lists() == deed.plural);
    let nouns = 2 * nouns + number;
    if by_description || by_action {
        return 10 + nouns + usize::from(by_method);
    }
    if by_method && nouns > 1 {
        return 3 + nouns;
    }
    let makes = by_method && answers(endpoint, VerbKind::Create) && !MAKING_STEMS.contains(&deed.verb);
    let sends = |(field, _): &(String, Shape)| {
        let name = field.strip_suffix("_id").unwrap_or(field);
        deed.about.contains(&stem(name))
    };
    usize::from(makes && endpoint.request.iter().any(sends))
}

/// Whether an endpoint is of the kind that a verb asks for.
fn answers(endpoint: &EndpointContract, kind: VerbKind) -> bool {
    match kind {
        VerbKind::Create => endpoint.method == "POST" && endpoint.action().is_none(),
        VerbKind::Read => endpoint.method == "GET",
        VerbKind::List => endpoint.method == "GET" && endpoint.lists(),
        VerbKind::Update => matches!(endpoint.method.as_str(), "PUT" | "PATCH"),
        VerbKind::Delete => endpoint.method == "DELETE",
    }
}

/// The check of one deed through its endpoint.
fn check(deed: &Deed, endpoint: &EndpointContract, sentence: &Sentence, contract: &Contract) -> Option<Check> {
    let model = endpoint.model.as_deref();
    match endpoint.method.as_str() {
        "POST" if endpoint.action().is_some() => Some(action(deed, endpoint, model?, sentence, contract)),
        "POST" => Some(Check::new("check_created", endpoint).with(model?)),
        "GET" if endpoint.lists() => listed(deed, endpoint, model?, sentence, contract),
        "GET" if endpoint.is_about_one() && endpoint.answer.is_some() => {
            Some(Check::new("check_read", endpoint).with(model?))
        }
        "GET" => Some(Check::new("check_answer", endpoint)),
        "PUT" | "PATCH" => {
            let fields = &contract.model(model?)?.fields;
            let sent = endpoint.request.iter().filter(|(name, _)| fields.iter().any(|(other, _)| other == name));
            let named = sent.clone().find(|(name, _)| sentence.names(&name.replace('_', " ")));
            let (field, _) = named.or_else(|| sent.clone().next())?;
            Some(Check::new("check_updated", endpoint).with(model?).with(field.as_str()))
        }
        "DELETE" => Some(Check::new("check_deleted", endpoint).with(model?)),
        _ => None,
    }
}

/// An action, and the field in which it leaves its mark: `returned_on` for "return", a state that the text names.
fn action(deed: &Deed, endpoint: &EndpointContract, model: &str, sentence: &Sentence, contract: &Contract) -> Check {
    let check = Check::new("check_action", endpoint).with(model);
    let Some(known) = contract.model(model) else { return check };
    let marked = known.fields.iter().find(|(name, shape)| is_mark(name, shape, &deed.verb));
    if let Some((name, shape)) = marked {
        let check = check.option("field", Some(name.as_str()));
        return check.option("value", (shape.kind == "boolean").then_some(true));
    }
    for (name, shape) in known.fields.iter().filter(|(_, shape)| shape.kind == "enum") {
        if let Some(value) = shape.values.iter().find(|value| stem(value) == deed.verb || sentence.names(value)) {
            return check.option("field", Some(name.as_str())).option("value", Some(value.as_str()));
        }
    }
    check
}

/// Whether a field tells that something was done: `returned_on` is empty before "return", `paid` false before "pay".
fn is_mark(name: &str, shape: &Shape, verb: &str) -> bool {
    let first = crate::spec::text::words(name).first().map(|word| stem(word));
    let empty_before = !shape.required && matches!(shape.kind, "date" | "datetime");
    first.as_deref() == Some(verb) && (empty_before || shape.kind == "boolean")
}

/// A list, or a search by the parameter and field that the sentence names.
fn listed(
    deed: &Deed,
    endpoint: &EndpointContract,
    model: &str,
    sentence: &Sentence,
    contract: &Contract,
) -> Option<Check> {
    let searches = ["search", "find", "filter"].iter().any(|verb| stem(verb) == deed.verb) || sentence.says(&["by"]);
    if endpoint.parameters.is_empty() || !searches {
        let plain = endpoint.placeholders.is_empty() && contract.creator(model).is_some();
        return plain.then(|| Check::new("check_listed", endpoint).with(model));
    }
    let fields = &contract.model(model)?.fields;
    let same = endpoint.parameters.iter().find(|(name, _)| fields.iter().any(|(field, _)| field == name));
    if let Some((name, _)) = same {
        return Some(Check::new("check_search", endpoint).with(model).with(name.as_str()).with(name.as_str()));
    }
    let texts = fields.iter().filter(|(_, shape)| matches!(shape.kind, "string" | "any" | "email"));
    let named = texts.clone().find(|(name, _)| sentence.names(&name.replace('_', " ")));
    let (field, _) = named.or_else(|| texts.clone().next())?;
    let (parameter, _) = endpoint.parameters.first()?;
    Some(Check::new("check_search", endpoint).with(model).with(parameter.as_str()).with(field.as_str()))
}
