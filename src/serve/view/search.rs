//! One question over everything: slices, their items, proposals, jobs, deliveries.

use schemars::JsonSchema;
use serde::Serialize;

use super::project::Project;
use crate::fault::Fault;
use crate::ledger::{Filter, InboxFilter};

/// Hits of each kind that are shown.
const MOST: usize = 20;
/// Jobs and deliveries that are looked through.
const JOBS: u32 = 1_000;

/// One hit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hit {
    /// `slice`, `requirement`, `criterion`, `endpoint`, `model`, `proposal`, `job` or `delivery`.
    pub kind: String,
    /// Its id or number.
    pub id: String,
    /// What it says, shortened.
    pub text: String,
    /// The slice that it is in, where it is in one.
    pub slice: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Found {
    /// The question.
    pub q: String,
    /// Slices.
    pub slices: Vec<Hit>,
    /// Items of slices.
    pub items: Vec<Hit>,
    /// Proposals, newest first.
    pub proposals: Vec<Hit>,
    /// Jobs, newest first.
    pub jobs: Vec<Hit>,
    /// Deliveries, newest first.
    pub deliveries: Vec<Hit>,
    /// Whether one of the lists was cut.
    pub more: bool,
}

/// Looks for a text, whatever its case.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn search(project: &Project, question: &str) -> Result<Found, Fault> {
    let needle = question.trim().to_lowercase();
    let mut found = Found {
        q: question.chars().take(200).collect(),
        slices: Vec::new(),
        items: Vec::new(),
        proposals: Vec::new(),
        jobs: Vec::new(),
        deliveries: Vec::new(),
        more: false,
    };
    if needle.is_empty() {
        return Ok(found);
    }
    let holds = |parts: &[&str]| parts.iter().any(|part| part.to_lowercase().contains(&needle));
    let ground = project.ground()?;
    for slice in &ground.survey.slicing.slices {
        if holds(&[&slice.id, &slice.name, &slice.description]) {
            found.slices.push(hit("slice", &slice.id, &slice.name, Some(&slice.id)));
        }
        let requirements = slice.requirements.iter().filter(|held| !held.shared);
        let requirements = requirements.map(|held| ("requirement", held.id.as_str(), held.item.text.as_str()));
        let criteria =
            slice.criteria.iter().map(|criterion| ("criterion", criterion.id.as_str(), criterion.text.as_str()));
        let endpoints =
            slice.endpoints.iter().map(|held| ("endpoint", held.item.path.as_str(), held.item.description.as_str()));
        let models = slice.models.iter().map(|held| ("model", held.item.name.as_str(), held.item.description.as_str()));
        for (kind, id, text) in requirements.chain(criteria).chain(endpoints).chain(models) {
            if found.items.len() <= MOST && holds(&[id, text]) {
                found.items.push(hit(kind, id, text, Some(&slice.id)));
            }
        }
    }
    for seen in project.board()?.all.iter().rev() {
        let proposal = &seen.proposal;
        let number = format!("#{}", proposal.number);
        if holds(&[&number, &proposal.title, &proposal.branch]) {
            found.proposals.push(hit("proposal", &proposal.number.to_string(), &proposal.title, None));
        }
    }
    for job in project.ledger().jobs(&Filter { limit: Some(JOBS), ..Filter::default() })? {
        let number = job.id.to_string();
        if holds(&[&number, &job.work.kind, &job.work.slice, job.cause.as_deref().unwrap_or_default()]) {
            let text = format!("{} {}", job.work.kind, job.status);
            found.jobs.push(hit("job", &number, &text, Some(&job.work.slice).filter(|slice| !slice.is_empty())));
        }
    }
    let filter = InboxFilter { key: project.delivery_key(), limit: Some(JOBS), ..InboxFilter::default() };
    for delivery in project.inbox().deliveries(&filter)? {
        if holds(&[&delivery.guid, &delivery.event, &delivery.repository]) {
            let text = format!("{} {} {}", delivery.event, delivery.repository, delivery.state.word());
            found.deliveries.push(hit("delivery", &delivery.id.to_string(), &text, None));
        }
    }
    for list in [&mut found.slices, &mut found.items, &mut found.proposals, &mut found.jobs, &mut found.deliveries] {
        found.more |= list.len() > MOST;
        list.truncate(MOST);
    }
    Ok(found)
}

fn hit(kind: &str, id: &str, text: &str, slice: Option<&String>) -> Hit {
    let short = |text: &str| text.chars().take(240).collect::<String>();
    Hit { kind: kind.to_owned(), id: short(id), text: short(text), slice: slice.cloned() }
}
