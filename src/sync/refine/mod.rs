//! Asking a language model for what the rules are not sure of. Its answer is a set of proposals, never more.
//!
//! What may come of it: another owner for an item that no tag and no section settles, a dependency that closes no circle,
//! and wordings of criteria that are shown for the author to take over. Names and ids are taken only from the lists that
//! were sent. No text of a model reaches a generated file, so a slice is the same with and without a cache, and code
//! that a model wrote is never run: test bodies are proposed as steps in plain words. Any failure gives the plain result.

mod asked;
mod judge;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::RefineConfig;
use crate::fault::Fault;
use crate::model::{self, Key, ModelError, Question, Server};
use crate::slicing::{Refinements, Slicing};
use crate::spec::Reading;
use crate::spec::item::Voice;
use crate::worktree::{cache, cached};

use asked::Asked;

/// What a model is told. Its data and the schema of its answer are made from the specification.
const INSTRUCTIONS: &str = include_str!("../../../templates/refine/instructions.md");

/// A criterion that a model proposes. It is shown, never written: the author takes it over or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedCriterion {
    /// The requirement that it makes checkable.
    pub requirement: String,
    /// Who speaks.
    pub voice: Voice,
    /// What is to be seen, on one line.
    pub text: String,
    /// How a test would go, in plain words.
    pub steps: Vec<String>,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refined {
    /// What goes into slicing.
    pub refinements: Refinements,
    /// What is shown to the author.
    pub criteria: Vec<ProposedCriterion>,
    /// What people should know: where it comes from, what was dropped, why nothing came. One line each.
    pub notes: Vec<String>,
}

/// Asks the model of `config` about a specification that was cut without it, or takes its earlier answer to the very
/// same question from the project's cache. Whatever the model does, the plain result stands.
///
/// # Errors
/// Only when the settings can't be used (exit 2): no model is set, or the key's variable is none.
pub fn refine(root: &Path, config: &RefineConfig, reading: &Reading, plain: &Slicing) -> Result<Refined, Fault> {
    if !config.is_set() {
        return Err(Fault::usage("no language model is set")
            .hint("set `base-url` and `model` under `[refine]` in vso.toml, and the key in VSO_MODEL_KEY"));
    }
    let server = Server {
        base_url: config.base_url.clone(),
        model: config.model.clone(),
        key: config.key()?.and_then(Key::new),
        timeout: Duration::from_secs(config.timeout_seconds),
    };
    let asked = Asked::of(reading, plain);
    if !asked.has_questions() {
        return Ok(note(format!("refine: nothing to ask {}", config.model)));
    }
    Ok(match answer(root, &server, &asked) {
        Ok((answer, from)) => judged(&answer, &asked, &format!("{} ({from})", config.model)),
        Err(error) => note(format!("refine: {error}; going on without it")),
    })
}

/// The model's answer and where it came from. Only an answer of the right shape is kept.
fn answer(root: &Path, server: &Server, asked: &Asked) -> Result<(Value, &'static str), ModelError> {
    let (data, schema) = (asked.data.to_string(), asked.schema());
    let name = format!("refine-{}", hash(&[&server.base_url, &server.model, INSTRUCTIONS, &data, &schema.to_string()]));
    let earlier = cached(root, &name).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(answer) = earlier.filter(judge::has_shape) {
        return Ok((answer, "from the cache"));
    }
    let question = Question { instructions: INSTRUCTIONS, data: &data, name: "refinement", schema: &schema };
    let answer = model::ask(server, &question)?;
    if !judge::has_shape(&answer) {
        return Err(ModelError::Garbage("it has none of the fields that were asked for".into()));
    }
    // A full or read-only disk only means that the model is asked again.
    let _ = cache(root, &name, answer.to_string().as_bytes());
    Ok((answer, "asked now"))
}

fn judged(answer: &Value, asked: &Asked, source: &str) -> Refined {
    let mut refined = judge::judge(answer, asked);
    let (owners, needs) = (refined.refinements.owners.len(), refined.refinements.dependencies.len());
    let criteria = refined.criteria.len();
    let summary =
        format!("refine: {source} proposes {owners} owners, {needs} dependencies and {criteria} criteria to read");
    refined.notes.insert(0, summary);
    if asked.left_out > 0 {
        refined
            .notes
            .push(format!("refine: {} items were not asked about; a question holds a limited number", asked.left_out));
    }
    refined
}

fn note(line: String) -> Refined {
    Refined { notes: vec![line], ..Refined::default() }
}

/// 32 hexadecimal digits of the SHA-256 over the parts, each with its length before it.
fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(&hasher.finalize()[..16])
}
