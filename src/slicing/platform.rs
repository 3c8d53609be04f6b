//! Where a slice runs: the author's explicit word, else evidence in its text, else the project's default; always with
//! the reason in words.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Settings;
use super::slice::{Held, Platform, PlatformKind};
use crate::spec::item::{Component, Requirement};
use crate::spec::text::words;

/// What speaks for Modal, with its weight: work that comes in bursts and wants accelerators or many cores. Terms are in
/// the form that [`words`] gives, joined by blanks; the last word also counts with a plural "s".
const EVIDENCE: &[(&str, u32)] = &[
    ("gpu", 3),
    ("cuda", 3),
    ("graphics card", 3),
    ("grafikkarte", 3),
    ("grafikkarten", 3),
    ("tensor core", 3),
    ("inference", 3),
    ("inferenz", 3),
    ("inférence", 3),
    ("inferencia", 3),
    ("inferência", 3),
    ("инференс", 3),
    ("推 理", 3),
    ("推 論", 3),
    ("显 卡", 3),
    ("machine learning", 2),
    ("deep learning", 3),
    ("neural network", 3),
    ("maschinelles lernen", 2),
    ("apprentissage automatique", 2),
    ("aprendizaje automático", 2),
    ("机 器 学 习", 2),
    ("深 度 学 习", 3),
    ("機 械 学 習", 2),
    ("model training", 3),
    ("train model", 3),
    ("trains model", 3),
    ("training run", 3),
    ("training job", 3),
    ("training", 1),
    ("fine tuning", 3),
    ("fine tune", 3),
    ("entraînement", 1),
    ("entrenamiento", 1),
    ("训 练", 2),
    ("обучение модели", 3),
    ("embedding", 2),
    ("embed", 1),
    ("嵌 入 向 量", 2),
    ("向 量 化", 2),
    ("transcoding", 3),
    ("transcode", 3),
    ("video encoding", 3),
    ("转 码", 3),
    ("rendering", 1),
    ("batch", 2),
    ("batches", 2),
    ("stapelverarbeitung", 2),
    ("traitement par lots", 2),
    ("por lotes", 2),
    ("пакетная обработка", 2),
    ("批 处 理", 2),
    ("バッチ", 2),
    ("ッ チ", 1),
    ("nightly", 1),
    ("scheduled compute", 3),
    ("compute intensive", 3),
    ("rechenintensiv", 3),
    ("cpu intensive", 2),
    ("large language model", 2),
    ("llm", 2),
    ("speech recognition", 2),
    ("transcription", 2),
    ("transcribe", 2),
    ("image generation", 3),
    ("diffusion", 2),
    ("ocr", 1),
    ("computer vision", 2),
    ("simulation", 1),
    ("monte carlo", 2),
    ("serverless", 1),
    ("recommender", 1),
];

/// The sum of weights from which evidence decides.
const ENOUGH: u32 = 3;

/// Words that turn evidence around when they stand right before it.
const NEGATIONS: &[&str] =
    &["no", "not", "without", "never", "non", "ohne", "kein", "keine", "sans", "sin", "sem", "без", "无", "不"];

/// Chooses the platform of a slice.
pub(super) fn choose(component: &Component, requirements: &[Held<Requirement>], settings: &Settings<'_>) -> Platform {
    if let Some(said) = &component.platform
        && let Some(kind) = kind_of(said)
    {
        return Platform { kind, reason: format!("the text says so: “{}”", said.trim()) };
    }
    let own: Vec<&Requirement> = requirements.iter().filter(|held| !held.shared).map(|held| &held.item).collect();
    let lines = own.iter().flat_map(|item| item.details.iter().chain([&item.text]));
    for line in [&component.description].into_iter().chain(lines) {
        if let Some((kind, said)) = stated(line) {
            return Platform { kind, reason: format!("the text says so: “{said}”") };
        }
    }
    let mut found: Vec<(&str, u32)> = Vec::new();
    for text in [&component.name, &component.description].into_iter().chain(own.iter().map(|item| &item.text)) {
        gather(text, &mut found);
    }
    let weight: u32 = found.iter().map(|(_, weight)| weight).sum();
    if weight >= ENOUGH {
        let terms: Vec<String> = found.iter().take(4).map(|(term, _)| format!("“{}”", shown(term))).collect();
        return Platform { kind: PlatformKind::Modal, reason: format!("it speaks of {}", terms.join(", ")) };
    }
    let unknown = component.platform.as_ref().map(|said| format!("; “{}” is not a platform of vso", said.trim()));
    Platform { kind: settings.platform, reason: format!("the project's default{}", unknown.unwrap_or_default()) }
}

/// The platform that an author's word means.
fn kind_of(said: &str) -> Option<PlatformKind> {
    words(said).iter().find_map(|word| match word.as_str() {
        "modal" => Some(PlatformKind::Modal),
        "hetzner" | "hcloud" => Some(PlatformKind::Hetzner),
        _ => None,
    })
}

/// "Platform: modal" and the like inside a text, with the words that say so.
fn stated(text: &str) -> Option<(PlatformKind, &str)> {
    let lower = text.to_lowercase();
    let labels =
        ["platform:", "platform =", "plattform:", "plateforme:", "plateforme :", "plataforma:", "平台:", "平台："];
    // Lower-casing may move bytes in some scripts; then the place is not certain and nothing is concluded.
    let (at, label) = labels.iter().find_map(|label| Some((lower.find(label)?, *label)))?;
    let rest = text.get(at..).filter(|_| lower.len() == text.len())?;
    let value = rest.get(label.len()..)?.trim_start();
    let word = value.split(|letter: char| !letter.is_alphanumeric()).next()?;
    let kind = kind_of(word)?;
    Some((kind, &rest[..rest.len() - value.len() + word.len()]))
}

/// Adds the terms of evidence in a text, each counted once however often it comes.
fn gather(text: &str, found: &mut Vec<(&'static str, u32)>) {
    let words = words(text);
    if !words.iter().any(|word| begins_evidence(word)) {
        return;
    }
    for (term, weight) in EVIDENCE {
        let is_known = found.iter().any(|(known, _)| known == term || known.contains(&format!("{term} ")));
        if !is_known && stands_in(&words, term) {
            found.push((term, *weight));
        }
    }
}

/// Whether a term of evidence can begin with this word, which few words of a specification do.
fn begins_evidence(word: &str) -> bool {
    static FIRST: LazyLock<HashSet<&str>> =
        LazyLock::new(|| EVIDENCE.iter().filter_map(|(term, _)| term.split(' ').next()).collect());
    FIRST.contains(word) || word.strip_suffix('s').is_some_and(|word| FIRST.contains(word))
}

fn stands_in(words: &[String], term: &str) -> bool {
    let parts: Vec<&str> = term.split(' ').collect();
    words.windows(parts.len()).enumerate().any(|(at, window)| {
        let equal = window.iter().zip(&parts).enumerate().all(|(index, (word, part))| {
            let last = index + 1 == parts.len();
            word == part || (last && word.strip_suffix('s') == Some(part))
        });
        let turned = words[at.saturating_sub(2)..at].iter().any(|word| NEGATIONS.contains(&word.as_str()));
        equal && !turned
    })
}

/// A term as people write it: Han characters are single words inside.
fn shown(term: &str) -> String {
    if term.is_ascii() || term.chars().any(char::is_alphanumeric) && !term.chars().any(|c| c >= '\u{3040}') {
        term.to_owned()
    } else {
        term.replace(' ', "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::item::{Origin, Rung};
    use crate::spec::span::Span;

    fn check(platform: Option<&str>, description: &str, kind: PlatformKind, reason: &str) {
        let component = Component {
            name: "Any".into(),
            aliases: Vec::new(),
            description: description.into(),
            platform: platform.map(str::to_owned),
            around: false,
            body: Vec::new(),
            origin: Origin { span: Span::new(0, 0), line: 1, rung: Rung::Section },
        };
        let chosen = choose(&component, &[], &Settings::default());
        assert_eq!((chosen.kind, chosen.reason.as_str()), (kind, reason), "{description}");
    }

    #[test]
    fn word_then_evidence_then_default() {
        use PlatformKind::{Hetzner, Modal};
        check(Some("Modal.com"), "", Modal, "the text says so: “Modal.com”");
        check(Some("hetzner"), "GPU inference", Hetzner, "the text says so: “hetzner”");
        check(None, "Runs at night. Platform: modal.", Modal, "the text says so: “Platform: modal”");
        check(None, "Nightly batch inference on GPUs", Modal, "it speaks of “gpu”, “inference”, “batch”, “nightly”");
        check(None, "在GPU上进行模型推理", Modal, "it speaks of “gpu”, “推理”");
        check(None, "Runs without a GPU and offers training courses", Hetzner, "the project's default");
        check(Some("lambda"), "", Hetzner, "the project's default; “lambda” is not a platform of vso");
    }
}
