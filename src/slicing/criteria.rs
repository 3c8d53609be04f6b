//! Acceptance criteria from requirements. Ids come from the requirement's id, so that inserting one renumbers none.

use std::collections::HashSet;

use super::identity::DetailIds;
use super::slice::{Criterion, Held, test_name};
use crate::spec::item::{Requirement, RequirementKind, StatedCriterion, Voice};
use crate::spec::text::{Fingerprint, words};

/// Who acts in a system, as far as specifications name them. Roles that end like "-er" and stand before "can" are
/// recognised without being listed.
const ACTORS: &[&str] = &[
    "user",
    "users",
    "member",
    "members",
    "visitor",
    "visitors",
    "admin",
    "admins",
    "administrator",
    "administrators",
    "customer",
    "customers",
    "guest",
    "guests",
    "staff",
    "person",
    "people",
    "anyone",
    "everyone",
    "someone",
    "i",
    "author",
    "authors",
    "editor",
    "operator",
    "operators",
    "student",
    "students",
    "patient",
    "patients",
    "doctor",
    "employee",
    "employees",
    "tenant",
    "host",
    "participant",
    "moderator",
    "librarian",
    "clerk",
    "human",
    "benutzer",
    "nutzer",
    "anwender",
    "kunde",
    "kunden",
    "mitglied",
    "mitglieder",
    "besucher",
    "utilisateur",
    "utilisateurs",
    "client",
    "clients",
    "membre",
    "membres",
    "visiteur",
    "usuario",
    "usuarios",
    "cliente",
    "miembro",
    "usuário",
    "пользователь",
];

/// Things that end like roles.
const MACHINES: &[&str] = &[
    "server",
    "scheduler",
    "worker",
    "container",
    "router",
    "parser",
    "controller",
    "compiler",
    "orchestrator",
    "analyzer",
    "analyser",
    "browser",
    "header",
    "parameter",
    "identifier",
    "number",
    "order",
    "folder",
    "layer",
    "driver",
    "filter",
    "buffer",
    "cluster",
    "handler",
    "processor",
    "generator",
    "connector",
    "sensor",
    "monitor",
    "editor",
    "error",
    "vector",
    "provider",
    "consumer",
    "producer",
    "broker",
    "loader",
    "trigger",
    "computer",
];

/// Words that allow: what stands before them is who may.
const ALLOWING: &[&str] = &[
    "can",
    "may",
    "could",
    "able",
    "wants",
    "kann",
    "können",
    "darf",
    "peut",
    "peuvent",
    "puede",
    "pueden",
    "pode",
    "может",
];

/// Words that make a detail a check of its own.
const BINDING: &[&str] = &[
    "must", "shall", "should", "can", "cannot", "may", "will", "only", "never", "always", "required", "rejected",
    "refused", "returns", "gets", "fails", "within", "muss", "soll", "darf", "kann", "doit", "peut", "debe", "deve",
];

/// The criteria of a slice, in the order of its requirements, then those that the master states.
///
/// Each own functional requirement is one, word for word; so is each requirement with a measurable target or
/// an answer by status code, whoever it binds. A detail that is a check of its own becomes one too; `details` holds the ids that were given before.
pub(super) fn of_slice(
    requirements: &[Held<Requirement>],
    stated: &[(String, &StatedCriterion)],
    details: &DetailIds,
) -> Vec<Criterion> {
    let mut made = Vec::new();
    for held in requirements {
        let binds = held.item.kind == RequirementKind::Functional && !held.shared;
        if !binds && held.item.targets.is_empty() && !names_a_status(&held.item.text) {
            continue;
        }
        let text = held.item.text.clone();
        made.push(Criterion { id: id(&held.id), voice: voice(&text), text, origin: vec![held.id.clone()] });
        for detail in held.item.details.iter().filter(|detail| is_check(detail)) {
            let known = details.get(&(held.id.clone(), detail.clone())).cloned();
            let id = known.unwrap_or_else(|| detail_id(&held.id, detail));
            made.push(Criterion { id, voice: voice(detail), text: detail.clone(), origin: vec![held.id.clone()] });
        }
    }
    made.extend(stated.iter().map(|(id, criterion)| Criterion {
        id: id.clone(),
        voice: criterion.voice,
        text: criterion.text.clone(),
        origin: criterion.requirements.clone(),
    }));
    tell_apart(&mut made);
    made
}

/// Words before which a number of three digits is a status code and counts nothing.
const BEFORE_A_STATUS: &[&str] = &[
    "status",
    "code",
    "http",
    "error",
    "with",
    "return",
    "returns",
    "returning",
    "give",
    "gives",
    "get",
    "gets",
    "answer",
    "answers",
    "yield",
    "yields",
    "a",
    "an",
    "mit",
    "avec",
    "código",
    "状态码",
];

/// Codes with which requests are refused, as far as requirements name them.
const REFUSING: &[&str] = &["400", "401", "403", "404", "405", "406", "409", "410", "412", "413", "415", "422", "429"];

/// Whether a requirement names the status code with which something is answered: "with status 401", "returns a 429".
/// After "status", "code" or "HTTP" any code counts; after other words only those that refuse, since "with 500 users"
/// is a number of users.
pub(super) fn names_a_status(text: &str) -> bool {
    let words = words(text);
    words.windows(2).any(|pair| {
        let code = pair[1].parse::<u16>().is_ok_and(|code| pair[1].len() == 3 && (200..600).contains(&code));
        let outright = matches!(pair[0].as_str(), "status" | "code" | "http" | "状态码");
        code && (outright || BEFORE_A_STATUS.contains(&pair[0].as_str()) && REFUSING.contains(&pair[1].as_str()))
    })
}

/// The id of the criterion that a requirement is: `AC-FR-003`.
pub(super) fn id(requirement: &str) -> String {
    format!("AC-{requirement}")
}

/// The id of the criterion that a detail is, when first seen: `AC-FR-003-5be1f0`.
pub(super) fn detail_id(requirement: &str, detail: &str) -> String {
    format!("AC-{requirement}-{}", &Fingerprint::of(detail).as_str()[..6])
}

/// Whether a detail can be checked by itself, rather than explaining what stands above it.
pub(super) fn is_check(detail: &str) -> bool {
    let words = words(detail);
    words.len() >= 3 && words.iter().any(|word| BINDING.contains(&word.as_str()))
        || ["必须", "应", "不得", "可以"].iter().any(|word| detail.contains(word))
}

/// Whether an actor speaks ("As a member, I can …", "A visitor can …") or the system ("The system shall …").
pub(super) fn voice(text: &str) -> Voice {
    let words = words(text);
    let story = matches!(
        words.iter().take(2).map(String::as_str).collect::<Vec<_>>()[..],
        ["as", "a" | "an" | "any" | "the"] | ["als", _] | ["en", "tant"] | ["como", _]
    );
    if story {
        return if words.iter().take(4).any(|word| word == "system") { Voice::System } else { Voice::User };
    }
    if ["用户可", "用户能", "ユーザーは"].iter().any(|start| text.contains(start)) {
        return Voice::User;
    }
    let Some(allowing) = words.iter().take(9).position(|word| ALLOWING.contains(&word.as_str())) else {
        return Voice::System;
    };
    let subject = &words[..allowing];
    let bound = subject.iter().any(|word| ["shall", "must", "should", "will", "muss", "soll"].contains(&word.as_str()));
    if bound && words[allowing] != "able" {
        return Voice::System;
    }
    let acts = subject.iter().any(|word| ACTORS.contains(&word.as_str()));
    if acts || subject.last().is_some_and(|word| is_role(word)) { Voice::User } else { Voice::System }
}

fn is_role(word: &str) -> bool {
    let one = super::owner::stem::singular(word);
    let ends = ["er", "or", "ist", "ian", "ant"].iter().any(|ending| one.ends_with(ending));
    one.len() > 4 && ends && !MACHINES.contains(&&*one)
}

/// Two criteria must not share a test: the later one gets a suffix from its text.
fn tell_apart(criteria: &mut [Criterion]) {
    let mut taken = HashSet::new();
    for criterion in criteria {
        let mut digits = 4;
        let (first, print) = (criterion.id.clone(), Fingerprint::of(&criterion.text));
        while !taken.insert(test_name(&criterion.id)) {
            criterion.id = format!("{first}-{}", &print.as_str()[..digits.min(16)]);
            if digits > 16 {
                criterion.id = format!("{}-{digits}", criterion.id);
            }
            digits += 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Voice) {
        assert_eq!(voice(text), expected, "{text}");
    }

    #[test]
    fn who_speaks() {
        check("As a member, I can return a tool early.", Voice::User);
        check("As a system, I must log every login.", Voice::System);
        check("A visitor can register with an email address.", Voice::User);
        check("Librarians may waive a fee.", Voice::User);
        check("A gardener can reserve a plot.", Voice::User);
        check("The system shall send a reminder that members can read.", Voice::System);
        check("The server can be restarted.", Voice::System);
        check("A member must not hold more than five tools.", Voice::System);
        check("用户可以登录", Voice::User);
    }

    #[test]
    fn details_that_are_checks() {
        for (detail, expected) in [
            ("The email address must be unique", true),
            ("A second registration is rejected", true),
            ("see the handbook", false),
            ("must log", false),
        ] {
            assert_eq!(is_check(detail), expected, "{detail}");
        }
    }

    #[test]
    fn status_codes_are_no_counts() {
        for (text, expected) in [
            ("Every endpoint must refuse requests without a token with status 401.", true),
            ("Too many requests get a 429.", true),
            ("Failures of others are answered by HTTP 502.", true),
            ("It works with 500 users.", false),
            ("Up to 401 tools are shown.", false),
            ("Status 4010 is none.", false),
        ] {
            assert_eq!(names_a_status(text), expected, "{text}");
        }
    }

    #[test]
    fn criteria_never_share_a_test() {
        let criterion = |id: &str, text: &str| Criterion {
            id: id.into(),
            voice: Voice::System,
            text: text.into(),
            origin: Vec::new(),
        };
        let mut criteria = [
            criterion("AC-FR.1", "a"),
            criterion("AC-FR-1", "b"),
            criterion("AC-FR_1", "b"),
            criterion("AC-FR 1", "b"),
        ];
        tell_apart(&mut criteria);
        let names: HashSet<String> = criteria.iter().map(Criterion::test_name).collect();
        assert_eq!(names.len(), 4, "{criteria:?}");
    }
}
