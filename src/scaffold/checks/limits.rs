//! Rules for limits: lengths, ranges, signs, uniqueness, counts, required and hidden fields, first values, order, pages.

use std::sync::LazyLock;

use regex::Regex;

use super::Check;
use super::contract::{Contract, EndpointContract};
use super::sentence::Sentence;
use super::shape::{Limits, Shape, as_lengths, json_number, pattern};

/// A bound in a sentence: from 1, at most 28, of `days`.
#[derive(Debug, Clone, PartialEq)]
struct Bound {
    limits: Limits,
    unit: String,
}

/// A field of a request that a sentence names.
struct Named<'c> {
    endpoint: &'c EndpointContract,
    field: &'c str,
    shape: &'c Shape,
}

/// The checks of the first rule of this file that applies.
pub(super) fn checks(sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    type Rule = fn(&Sentence, &Contract) -> Option<Check>;
    let first = |rules: &[Rule]| rules.iter().find_map(|rule| rule(sentence, contract));
    let bound = bound(sentence);
    let (lengths, values) = if bound.as_ref().is_some_and(is_length) { (bound, None) } else { (None, bound) };
    let check = lengths.and_then(|bound| length(sentence, contract, &bound));
    let check = check.or_else(|| first(&[unique, page, count]));
    let check = check.or_else(|| range(sentence, contract, &values?));
    check.or_else(|| first(&[required, hidden, start, order])).into_iter().collect()
}

/// Writes the limits that a sentence states into the contract, so that examples keep to them.
pub(super) fn teach(contract: &mut Contract, sentence: &Sentence) {
    let Some(bound) = bound(sentence) else { return };
    let Some(named) = named_field(sentence, contract, |shape| holds(shape, &bound)) else { return };
    let limits = if is_length(&bound) { as_lengths(bound.limits) } else { bound.limits };
    let (field, shape) = (named.field.to_owned(), named.shape.clone());
    if matches!(shape.kind, "date" | "datetime") || !shape.limits.is_empty() {
        return;
    }
    for endpoint in &mut contract.endpoints {
        for (_, shape) in endpoint.request.iter_mut().filter(|(name, _)| *name == field) {
            shape.limits = limits;
        }
    }
}

/// "must be at most 80 characters long"
fn length(sentence: &Sentence, contract: &Contract, bound: &Bound) -> Option<Check> {
    let named = named_field(sentence, contract, |shape| holds(shape, bound))?;
    let limits = as_lengths(bound.limits);
    let check = Check::new("check_length", named.endpoint).with(named.field);
    Some(check.option("least", limits.min_length).option("most", limits.max_length))
}

/// "must last between 1 and 28 days", "must not be negative"
fn range(sentence: &Sentence, contract: &Contract, bound: &Bound) -> Option<Check> {
    let named = named_field(sentence, contract, |shape| holds(shape, bound))?;
    let limits = bound.limits;
    let mut check = Check::new("check_range", named.endpoint).with(named.field);
    for (name, limit) in
        [("least", limits.least), ("most", limits.most), ("above", limits.above), ("below", limits.below)]
    {
        check = check.option(name, limit.map(json_number));
    }
    Some(check.option("days", (named.shape.kind == "date").then_some(true)))
}

/// "must be unique", "no two members share an email address"
fn unique(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    let says =
        sentence.says(&["unique", "no two", "only once", "twice", "already registered", "already taken", "in use"]);
    let named = says.then(|| named_field(sentence, contract, |_| true))??;
    let stated = named.endpoint.refusals.iter().find(|refusal| refusal.status == 409).map(|refusal| refusal.status);
    let status = sentence.refusing_status().or(stated);
    Some(Check::new("check_unique", named.endpoint).with(named.field).option("status", status))
}

/// "must not have more than 5 open loans", "can borrow up to 3 tools at once"
fn count(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    static COUNT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:more than|at most|up to|no more than|maximum of|exceed|limit of)\s+([0-9]{1,3})\s+((?:[\w-]+\s*){1,4})",
        )
    });
    let compares = ["more than", "at most", "up to", "maximum of", "exceed", "limit of"];
    let found = holds_one(sentence, &compares).then(|| COUNT.captures(&sentence.lower))??;
    let most: u64 = found[1].parse().ok().filter(|most| (1..=100).contains(most))?;
    let counted = Sentence::of(&found[2]);
    let before = Sentence::of(&sentence.lower[..found.get(0)?.start()]);
    let forbids = !found[0].starts_with("more than") || before.says(&["not", "no", "never", "cannot", "can't", "t"]);
    let creates = |endpoint: &&EndpointContract| endpoint.method == "POST" && endpoint.action().is_none();
    let counts = |endpoint: &&EndpointContract| {
        let own = endpoint.model.as_deref().is_some_and(|model| counted.names(model));
        let referred = endpoint.request.iter().filter_map(|(_, shape)| shape.reference.as_deref());
        own || (referred.into_iter().any(|model| counted.names(model)) && before.shares(&endpoint.described) > 0)
    };
    let endpoint = contract.endpoints.iter().filter(creates).find(counts).filter(|_| forbids)?;
    let per = endpoint.request.iter().find(|(_, shape)| {
        shape.reference.as_deref().is_some_and(|model| before.names(model) && !counted.names(model))
    });
    Some(Check::new("check_count", endpoint).with(most).option("per", per.map(|(field, _)| field.as_str())))
}

/// "a title is required", "must have a name and an email address"
fn required(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    let says = sentence.says(&[
        "required",
        "mandatory",
        "must have",
        "must give",
        "must contain",
        "must include",
        "must not be empty",
        "must state",
    ]);
    if !says {
        return None;
    }
    let endpoint = named_field(sentence, contract, |shape| shape.required)?.endpoint;
    let fields = endpoint.request.iter().filter(|(name, shape)| shape.required && names_field(sentence, name));
    let fields: Vec<&str> = fields.map(|(name, _)| name.as_str()).collect();
    Some(Check::new("check_required", endpoint).with(fields))
}

/// "the password is never shown"
fn hidden(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    let never = sentence.says(&["never", "not be", "must not"]);
    let shown = sentence.says(&["shown", "returned", "exposed", "visible", "show", "contain", "revealed", "included"]);
    if !never || !shown {
        return None;
    }
    let named = named_field(sentence, contract, |_| true)?;
    let model = named.endpoint.model.as_deref()?;
    let mut check = Check::new("check_hidden", named.endpoint).with(named.field);
    check.arguments[0] = model.into();
    Some(check)
}

/// "a new order starts as draft", "a new tool is available"
fn start(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    if !sentence.says(&["new", "starts as", "starts with", "start as", "initially", "by default", "at first"]) {
        return None;
    }
    let of_model = |endpoint: &&EndpointContract| {
        let creates = endpoint.method == "POST" && endpoint.action().is_none();
        creates && endpoint.model.as_deref().is_some_and(|model| sentence.names(model))
    };
    let endpoint = contract.endpoints.iter().find(of_model)?;
    let fields = &contract.model(endpoint.model.as_deref()?)?.fields;
    let own = fields.iter().filter(|(name, _)| endpoint.field(name).is_none());
    for (name, shape) in own {
        let value = shape.values.iter().find(|value| sentence.names(value));
        if let Some(value) = value.filter(|_| shape.kind == "enum") {
            return Some(Check::new("check_start", endpoint).with(name.as_str()).with(value.as_str()));
        }
        if shape.kind == "boolean" && names_field(sentence, name) {
            let value = !sentence.says(&["not", "isn t", "never", "un"]);
            return Some(Check::new("check_start", endpoint).with(name.as_str()).with(value));
        }
    }
    None
}

/// "sorted by title", "newest first"
fn order(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    let newest = sentence.says(&["newest first", "latest first", "most recent first", "descending", "highest first"]);
    if !newest
        && !sentence.says(&["sorted by", "ordered by", "in order of", "oldest first", "ascending", "alphabetical"])
    {
        return None;
    }
    let endpoint = listing(sentence, contract)?;
    let model = endpoint.model.as_deref()?;
    let fields = &contract.model(model)?.fields;
    let named = fields.iter().find(|(name, _)| names_field(sentence, name));
    let dated = || fields.iter().find(|(_, shape)| matches!(shape.kind, "datetime" | "date"));
    let (field, _) = named.or_else(|| dated().filter(|_| newest || sentence.says(&["oldest first"])))?;
    let check = Check::new("check_order", endpoint).with(model).with(field.as_str());
    Some(check.option("descending", newest.then_some(true)))
}

/// "a list shows at most 50 tools", "20 results per page"
fn page(sentence: &Sentence, contract: &Contract) -> Option<Check> {
    static PAGE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:at most|no more than|up to|maximum of)?\s*([0-9]{1,3})\s+(?:[\w-]+\s+){0,2}(?:per page|a page|at a time)|(?:lists?|search|page|results?)\b.{0,40}(?:at most|no more than|up to)\s+([0-9]{1,3})\b",
        )
    });
    let marks = ["per page", "a page", "at a time", "at most", "no more than", "up to"];
    let found = holds_one(sentence, &marks).then(|| PAGE.captures(&sentence.lower))??;
    let most: u64 = found.get(1).or(found.get(2))?.as_str().parse().ok().filter(|most| *most > 0)?;
    let endpoint = listing(sentence, contract)?;
    let model = endpoint.model.as_deref().filter(|model| contract.creator(model).is_some())?;
    Some(Check::new("check_page", endpoint).with(model).with(most))
}

/// The list that a sentence speaks of; the only one where it does not say which.
fn listing<'c>(sentence: &Sentence, contract: &'c Contract) -> Option<&'c EndpointContract> {
    let lists: Vec<&EndpointContract> =
        contract.endpoints.iter().filter(|endpoint| endpoint.method == "GET" && endpoint.lists()).collect();
    let named = lists.iter().find(|endpoint| endpoint.model.as_deref().is_some_and(|model| sentence.names(model)));
    named.or_else(|| lists.first().filter(|_| lists.len() == 1)).copied()
}

/// The field of a creating request (else of a changing one) that a sentence names; the one with the longest name.
fn named_field<'c>(sentence: &Sentence, contract: &'c Contract, fits: impl Fn(&Shape) -> bool) -> Option<Named<'c>> {
    let mut best: Option<(usize, Named<'c>)> = None;
    for endpoint in
        contract.endpoints.iter().filter(|endpoint| matches!(endpoint.method.as_str(), "POST" | "PUT" | "PATCH"))
    {
        for (field, shape) in endpoint.request.iter().filter(|(name, shape)| names_field(sentence, name) && fits(shape))
        {
            let of_model = endpoint.model.as_deref().is_some_and(|model| sentence.names(model));
            let creates = endpoint.method == "POST" && endpoint.action().is_none();
            let rank = field.len() * 4 + usize::from(of_model) * 2 + usize::from(creates);
            if best.as_ref().is_none_or(|(highest, _)| rank > *highest) {
                best = Some((rank, Named { endpoint, field, shape }));
            }
        }
    }
    best.map(|(_, named)| named)
}

/// Whether a sentence names a field: all words of its name occur, or its name without the mark of a reference.
fn names_field(sentence: &Sentence, field: &str) -> bool {
    let name = field.strip_suffix("_id").unwrap_or(field);
    let parts = crate::spec::text::words(name);
    !parts.is_empty() && sentence.names(&parts.join(" "))
}

/// Whether a shape can have a bound: texts have lengths, numbers have values, dates lie so many days ahead.
fn holds(shape: &Shape, bound: &Bound) -> bool {
    match shape.kind {
        "string" | "email" | "url" => is_length(bound),
        "integer" | "number" | "decimal" => !is_length(bound),
        "date" => bound.unit.starts_with("day"),
        _ => false,
    }
}

/// Whether a sentence has a figure and one of these marks: quick to see, where a pattern is slow.
fn holds_one(sentence: &Sentence, marks: &[&str]) -> bool {
    sentence.has_figure() && marks.iter().any(|mark| sentence.lower.contains(mark))
}

fn is_length(bound: &Bound) -> bool {
    ["character", "char", "letter", "zeichen"].iter().any(|unit| bound.unit.starts_with(unit))
}

/// The bound that a sentence states.
fn bound(sentence: &Sentence) -> Option<Bound> {
    static BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:between|from)\s+(-?[0-9][0-9.,]*)\s+(?:and|to)\s+(-?[0-9][0-9.,]*)\s*([a-z0-9_%]*)")
    });
    static MOST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:at most|no more than|not more than|up to|no longer than|not be longer than|not exceed|maximum of|not have more than|not be more than)\s+(-?[0-9][0-9.,]*)\s*([a-z0-9_%]*)",
        )
    });
    static LEAST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:at least|no less than|not less than|no fewer than|minimum of|not be shorter than|not be less than)\s+(-?[0-9][0-9.,]*)\s*([a-z0-9_%]*)",
        )
    });
    static ABOVE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"must (?:be )?(?:greater than|more than|above|exceed)\s+(-?[0-9][0-9.,]*)\s*([a-z0-9_%]*)")
    });
    let lower = &sentence.lower;
    let has_figure = sentence.has_figure();
    if let Some(found) = has_figure.then(|| BETWEEN.captures(lower)).flatten() {
        let limits = Limits { least: figure(&found[1]), most: figure(&found[2]), ..Limits::default() };
        return Some(Bound { limits, unit: found[3].to_owned() });
    }
    if sentence.says(&["not be negative", "non negative", "nonnegative", "zero or more"]) {
        return Some(Bound { limits: Limits { least: Some(0.0), ..Limits::default() }, unit: String::new() });
    }
    if sentence.says(&["must be positive", "greater than zero", "be a positive"]) {
        return Some(Bound { limits: Limits { above: Some(0.0), ..Limits::default() }, unit: String::new() });
    }
    if !has_figure {
        return None;
    }
    let (most, least, above) = (MOST.captures(lower), LEAST.captures(lower), ABOVE.captures(lower));
    let unit = [&most, &least, &above].into_iter().flatten().next()?[2].to_owned();
    let value = |found: Option<regex::Captures<'_>>| found.and_then(|found| figure(&found[1]));
    let limits = Limits { most: value(most), least: value(least), above: value(above), ..Limits::default() };
    Some(Bound { limits, unit })
}

/// A figure without thousands separators: `1,000` -> 1000.
pub(super) fn figure(text: &str) -> Option<f64> {
    text.trim_end_matches(['.', ',']).replace(',', "").parse().ok()
}
