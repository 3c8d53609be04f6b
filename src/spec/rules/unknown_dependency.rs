//! Dependencies on something that is no component.

use crate::spec::item::Rung;
use crate::spec::lint::names::Names;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::text::name_key;

/// The rule.
pub const RULE: Rule = Rule {
    id: "unknown-dependency",
    summary: "a component depends on something that is no component",
    reason: "The order in which slices are built comes from dependencies; one that leads nowhere is left out.",
    hint: "name a component, or add it under Components; what lies outside of the system belongs into the prose",
    severity: Severity::Error,
    check,
};

/// What systems stand on and nobody lists as a component of their own.
const OUTSIDE: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "sqlite",
    "mongodb",
    "redis",
    "memcached",
    "kafka",
    "rabbitmq",
    "nats",
    "elasticsearch",
    "opensearch",
    "nginx",
    "docker",
    "kubernetes",
    "s3",
    "aws",
    "gcp",
    "azure",
    "hetzner",
    "modal",
    "cloudflare",
    "github",
    "gitlab",
    "stripe",
    "paypal",
    "twilio",
    "sendgrid",
    "openai",
    "smtp",
    "ldap",
    "oauth",
    "linux",
    "none",
    "nothing",
    "nobody",
    "external",
    "internet",
    "user",
    "users",
    "browser",
    "keine",
    "aucune",
    "ninguna",
    "нет",
    "无",
];
/// Suggestions are looked for at so many findings of one document only.
const SUGGESTIONS: usize = 50;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let reading = subject.reading;
    if reading.components.is_empty() {
        return Vec::new();
    }
    let names = Names::of(reading, subject.facts);
    let text = subject.document.text();
    let mut found: Vec<Finding> = Vec::new();
    // Diagrams and sentences also show people, browsers and databases; there a stranger is no mistake.
    let stated = reading.dependencies.iter().filter(|stated| matches!(stated.origin.rung, Rung::Section | Rung::Typed));
    for stated in stated {
        for (name, is_needed) in [(&stated.to, true), (&stated.from, false)] {
            if names.index(name).is_some() || is_outside(name) {
                continue;
            }
            let message = if is_needed {
                format!("{} depends on {name:?}, which is no component", stated.from)
            } else {
                format!("{name:?} is said to depend on {}, and is no component", stated.to)
            };
            let finding = Finding::at(prose::word_in(text, stated.origin.span, name), message);
            let near = if found.len() < SUGGESTIONS { names.nearest(name) } else { None };
            found.push(match near {
                Some(near) => finding.hint(format!("did you mean {near:?}?")),
                None => finding,
            });
        }
    }
    found
}

/// "PostgreSQL 16", "the Stripe API".
fn is_outside(name: &str) -> bool {
    let words: Vec<String> = name.split_whitespace().map(name_key).collect();
    words.iter().any(|word| OUTSIDE.contains(&word.as_str())) || words.iter().all(String::is_empty)
}
