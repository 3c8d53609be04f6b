//! The parties of a protocol: where nothing else names a part, those of which binding sentences speak again and again
//! ("The Server MUST …", "A Client SHOULD …"), and at last the one interface that the title names.

use super::super::super::document::NodeKind;
use super::super::super::item::Rung;
use super::super::super::span::Span;
use super::super::ground::Ground;
use super::super::lexicon::{self, Topic};
use super::super::list;
use super::name;
use super::prose::Named;

/// Words for parties.
const PARTIES: &[&str] = &[
    "client",
    "server",
    "proxy",
    "gateway",
    "registry",
    "host",
    "broker",
    "publisher",
    "subscriber",
    "sender",
    "receiver",
    "producer",
    "consumer",
    "resolver",
    "issuer",
    "verifier",
    "wallet",
    "provider",
    "agent",
    "relay",
    "node",
    "peer",
    "controller",
    "orchestrator",
];

/// So many binding sentences make a party.
const ENOUGH: usize = 3;

/// The parties, in the order of the text.
pub(super) fn read(ground: &Ground<'_>) -> Vec<Named> {
    let mut found: Vec<(Named, usize)> = Vec::new();
    for (name, span) in defined(ground) {
        note(&mut found, &name, span, ENOUGH);
    }
    let document = ground.document();
    for (id, node) in document.nodes().filter(|(_, node)| node.kind == NodeKind::Paragraph) {
        let plain = document.plain(id);
        if !plain.contains(" MUST") && !plain.contains(" SHOULD") && !plain.contains(" SHALL") {
            continue;
        }
        if ground.is_skipped(node.span.start) {
            continue;
        }
        for sentence in plain.split(['.', '\n', ';']) {
            if let Some(name) = bound(sentence) {
                note(&mut found, &name, node.span, 1);
            }
        }
    }
    found.into_iter().filter(|(_, count)| *count >= ENOUGH).map(|(named, _)| named).collect()
}

fn note(found: &mut Vec<(Named, usize)>, name: &str, span: Span, weight: usize) {
    if let Some((_, count)) = found.iter_mut().find(|(known, _)| known.name == name) {
        *count += weight;
        return;
    }
    let named =
        Named { name: name.to_owned(), aliases: Vec::new(), description: String::new(), span, rung: Rung::Sentence };
    found.push((named, weight));
}

/// Parties that a glossary defines.
fn defined(ground: &Ground<'_>) -> Vec<(String, Span)> {
    let document = ground.document();
    let mut found = Vec::new();
    let parts = ground.parts().iter().filter(|part| !part.skipped && part.topic == Some(Topic::Glossary));
    for entry in parts.flat_map(|part| &part.blocks).flat_map(|block| list::entries(document, *block)) {
        let Some(text) = entry.text else { continue };
        let lead = list::lead(document, text);
        found.extend(lead.and_then(|lead| party(&lead.name)).map(|name| (name, document.node(text).span)));
    }
    found
}

/// The party of which a sentence demands something.
fn bound(sentence: &str) -> Option<String> {
    let at = [" MUST", " SHOULD", " SHALL"].iter().filter_map(|word| sentence.find(word)).min()?;
    let subject = sentence[..at].trim();
    let words: Vec<&str> = subject.split_whitespace().collect();
    let article = words.iter().rposition(|word| matches!(word.to_lowercase().as_str(), "the" | "a" | "an"));
    let from = article.map_or(0, |at| at + 1);
    (words.len() - from <= 3).then(|| party(&words[from..].join(" "))).flatten()
}

/// The name of a party in the singular, each word with a capital.
fn party(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let last = words.last()?.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    let singular = PARTIES.iter().find(|party| **party == last || last.strip_suffix('s') == Some(**party))?;
    let plain = words.iter().all(|word| word.chars().all(|letter| letter.is_alphabetic() || letter == '-'));
    if words.len() > 3 || !plain {
        return None;
    }
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let front = words[..words.len() - 1].iter().map(|word| capital(word));
    Some(front.chain(std::iter::once(capital(singular))).collect::<Vec<_>>().join(" "))
}

/// The one interface or service that the document's title names: "Todo API Specification".
pub(super) fn titled(ground: &Ground<'_>) -> Option<Named> {
    let part = ground.parts().iter().find(|part| part.level == 1 && !part.skipped)?;
    let heading = part.heading?;
    let (title, _) = name::clean(part.title.split([':', '—', '–']).next().unwrap_or_default());
    let words: Vec<&str> = title.split_whitespace().collect();
    let last = words.iter().rposition(|word| {
        matches!(lexicon::key(word).as_str(), "api" | "service" | "server" | "microservice" | "gateway")
    })?;
    let own = words[..last].iter().all(|word| word.starts_with(char::is_uppercase))
        && !words[..last].iter().any(|word| matches!(lexicon::key(word).as_str(), "rest" | "http" | "web" | "public"));
    ((1..=4).contains(&last) && own && words.len() - last <= 3).then(|| Named {
        name: words[..=last].join(" "),
        aliases: Vec::new(),
        description: String::new(),
        span: ground.document().node(heading).span,
        rung: Rung::Sentence,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::super::document::Document;
    use super::*;

    #[test]
    fn parties_are_bound_again_and_again() {
        let text = "# P\nThe Server MUST a. The server SHOULD b. Servers MUST NOT c. A client MUST d.\n";
        let document = Document::parse(text).unwrap();
        let found = read(&Ground::new(&document));
        assert_eq!(found.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["Server"]);
    }

    #[test]
    fn titles_name_one_interface() {
        let name = |text: &str| titled(&Ground::new(&Document::parse(text).unwrap())).map(|found| found.name);
        assert_eq!(name("# Todo API Specification\n").as_deref(), Some("Todo API"));
        assert_eq!(name("# API Specification\n"), None);
        assert_eq!(name("# How we serve the API\n"), None);
    }
}
