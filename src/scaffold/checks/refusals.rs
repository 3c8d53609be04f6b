//! Rules for refusals: the error answers that an endpoint states, criteria that name one, and missing credentials.

use super::Check;
use super::contract::{Contract, EndpointContract, Refusal};
use super::sentence::{Sentence, stem};

/// The checks that make a stated error answer happen; none when only a person can say how.
pub(super) fn checks(endpoint: &EndpointContract, refusal: &Refusal, contract: &Contract) -> Vec<Check> {
    let note = &refusal.said;
    match refusal.status {
        401 => vec![Check::new("check_credentials", endpoint).with(401)],
        404 => unknown(endpoint, note),
        409 => conflict(endpoint, note, contract),
        400 | 422 => invalid(endpoint, refusal.status, note),
        _ => Vec::new(),
    }
}

/// 404: each reference that the note speaks of, and the record of the path.
fn unknown(endpoint: &EndpointContract, note: &Sentence) -> Vec<Check> {
    let references = endpoint.request.iter().filter_map(|(field, shape)| Some((field, shape.reference.as_deref()?)));
    let named = references.filter(|(field, model)| note.names(model) || note.names(field));
    let check = || Check::new("check_unknown", endpoint).with(404);
    let mut checks: Vec<Check> = named.map(|(field, _)| check().option("field", Some(field.as_str()))).collect();
    let target = endpoint.placeholders.values().find(|placeholder| placeholder.target);
    let of_path = target.is_some_and(|target| {
        let generic = note.words.is_empty() || note.says(&["no such", "not found", "unknown", "not exist", "missing"]);
        checks.is_empty() && (generic || target.model.as_deref().is_some_and(|model| note.names(model)))
    });
    if of_path {
        checks.push(check());
    }
    checks
}

/// 409: a value that must be unique, or the same request again where that makes the state that the note speaks of.
fn conflict(endpoint: &EndpointContract, note: &Sentence, contract: &Contract) -> Vec<Check> {
    if note.words.iter().any(|word| word.parse::<u32>().is_ok()) {
        return super::limits::checks(note, contract);
    }
    let repeated = note.says(&[
        "taken",
        "already",
        "duplicate",
        "exists",
        "in use",
        "twice",
        "same",
        "conflict",
        "registered",
        "used",
    ]);
    let field = endpoint
        .request
        .iter()
        .find(|(name, shape)| shape.reference.is_none() && (note.names(name) || (shape.unique && repeated)));
    if let Some((field, _)) = field.filter(|_| repeated && endpoint.method == "POST") {
        return vec![Check::new("check_unique", endpoint).with(field.as_str()).option("status", Some(409))];
    }
    let acts = endpoint.action().is_some() && endpoint.method == "POST";
    let creates = endpoint.method == "POST" && !acts;
    let own_state = endpoint.model.as_deref().is_some_and(|model| note.names(model));
    let again = note.words.is_empty() || repeated || own_state;
    if acts || (creates && again) {
        return vec![Check::new("check_twice", endpoint).with(409)];
    }
    Vec::new()
}

/// 400 and 422: missing fields, values beyond their limits, values of another type.
fn invalid(endpoint: &EndpointContract, status: u16, note: &Sentence) -> Vec<Check> {
    let needed: Vec<&str> =
        endpoint.request.iter().filter(|(_, shape)| shape.required).map(|(name, _)| name.as_str()).collect();
    let missing = note.words.is_empty() || note.says(&["missing", "required", "absent", "incomplete", "left out"]);
    if missing {
        let check = Check::new("check_missing", endpoint).with(status).with(needed.clone());
        return if needed.is_empty() { Vec::new() } else { vec![check] };
    }
    let named = endpoint.request.iter().filter(|(name, _)| note.names(name));
    let mut fields: Vec<_> = named.collect();
    if fields.is_empty()
        && note.says(&[
            "invalid",
            "out of range",
            "not valid",
            "too long",
            "too short",
            "negative",
            "malformed",
            "validation",
            "bad",
        ])
    {
        fields =
            endpoint.request.iter().filter(|(_, shape)| !shape.limits.is_empty() || shape.kind == "enum").collect();
        if fields.is_empty() && !needed.is_empty() {
            return vec![Check::new("check_missing", endpoint).with(status).with(needed)];
        }
    }
    let check = |(field, shape): &(String, super::shape::Shape)| {
        let rule = if shape.limits.is_empty() && shape.kind != "enum" { "check_malformed" } else { "check_outside" };
        Check::new(rule, endpoint).with(status).with(field.as_str())
    };
    fields.into_iter().map(check).collect()
}

/// A criterion that names a status, or that forbids what an endpoint refuses: the refusal that says the same.
pub(super) fn stated(sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    let status = sentence.refusing_status();
    let forbids =
        sentence.says(&["must not", "cannot", "can not", "never", "refuse", "refused", "reject", "rejected", "not be"]);
    if status.is_none() && !forbids {
        return Vec::new();
    }
    let named = sentence.named_endpoint(contract);
    let enough = if status.is_some() { 1 } else { 2 };
    let mut best: Option<(usize, &EndpointContract, &Refusal)> = None;
    for endpoint in contract.endpoints.iter().filter(|endpoint| named.is_none_or(|named| named.call == endpoint.call)) {
        for refusal in endpoint.refusals.iter().filter(|refusal| status.is_none_or(|status| status == refusal.status)) {
            let shared = sentence.shares(&refusal.said);
            let rank = shared * 2 + sentence.shares(&endpoint.described) + usize::from(named.is_some()) * 8;
            let fits = shared >= enough || (named.is_some() && status.is_some());
            if fits && best.is_none_or(|(highest, _, _)| rank > highest) {
                best = Some((rank, endpoint, refusal));
            }
        }
    }
    best.map(|(_, endpoint, refusal)| checks(endpoint, refusal, contract)).unwrap_or_default()
}

/// "Every endpoint but … must refuse requests without a token with status 401."
pub(super) fn credentials(sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    let lacks = sentence.says(&["without", "unauthenticated", "no valid", "anonymous", "missing"]);
    let proof = sentence.says(&[
        "token",
        "tokens",
        "credentials",
        "login",
        "authentication",
        "authenticated",
        "session",
        "api key",
        "signed in",
        "logged in",
    ]);
    let only = sentence.says(&[
        "only signed in",
        "only logged in",
        "only authenticated",
        "must be signed in",
        "must be logged in",
        "must be authenticated",
        "requires authentication",
        "require authentication",
        "unauthenticated",
    ]);
    let status = sentence.refusing_status();
    if !((lacks && proof) || only || (status == Some(401) && proof)) {
        return Vec::new();
    }
    let spared = spared(sentence);
    let every = sentence.says(&["every", "all", "any", "each"]);
    let named = sentence.named_endpoint(contract);
    let meant = contract.endpoints.iter().filter(|endpoint| match (named, &spared) {
        (Some(named), _) => named.call == endpoint.call,
        (None, Some(spared)) => !is_meant(endpoint, spared),
        (None, None) => every || is_meant(endpoint, &sentence.stems),
    });
    meant.map(|endpoint| Check::new("check_credentials", endpoint).with(status.unwrap_or(401))).collect()
}

/// The stems of what stands after "but", "except" or "other than", up to the verb.
fn spared(sentence: &Sentence) -> Option<Vec<String>> {
    let start =
        sentence.words.iter().position(|word| matches!(word.as_str(), "but" | "except" | "excluding" | "save"))?;
    let rest = sentence.words[start + 1..]
        .iter()
        .take_while(|word| !matches!(word.as_str(), "must" | "shall" | "should" | "may" | "can"));
    Some(rest.filter(|word| !super::sentence::is_filler(word)).map(|word| stem(word)).collect())
}

/// Whether at least two words (or all, where there are fewer) speak of an endpoint.
fn is_meant(endpoint: &EndpointContract, stems: &[String]) -> bool {
    let of = Sentence::of(&format!("{} {} {}", endpoint.method, endpoint.description, endpoint.path));
    let says = |stem: &&String| of.stems.contains(stem) && !super::sentence::is_filler(stem);
    let shared = stems.iter().filter(says).count();
    shared >= 2.min(stems.len()) && shared > 0
}
