//! Checks of a commit: check runs where an App signs in, commit statuses where a person does.
//!
//! GitHub takes 50 annotations a request and only ever adds to them. So a check with more is *in progress* until its last
//! batch; whoever finds it half-written (its key is in `external_id`) goes on where it stopped.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::address::escaped;
use super::refusal::Refusal;
use super::send::{Request, header, read};
use super::wire::Method;
use super::{Credential, Hub, cut};
use crate::fault::Fault;
use crate::report::check::{Annotation, Check, Conclusion};

/// Annotations that a request may hold.
const BATCH: usize = 50;

/// Annotations of a check that are written; 20 requests. The summary says how many there are in truth.
const MOST: usize = 1000;

/// Characters (and bytes) that fit.
const TITLE: usize = 255;
const SUMMARY: usize = 65_535;
const MESSAGE: usize = 64_000;
const DESCRIPTION: usize = 140;
/// Of a button: label, description, identifier.
const BUTTON: (usize, usize, usize) = (20, 40, 20);
const BUTTONS: usize = 3;

/// What the names of vso's checks begin with, and their keys.
const NAMES: &str = "vso / ";
const KEYS: &str = "vso:";

/// How often a lost answer is followed by a look at what is there.
const LOOKS: usize = 3;

/// A check of vso's that is on a commit already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCheck {
    /// The check run's number; none for a commit status.
    pub id: Option<u64>,
    /// `vso / specification`, …
    pub name: String,
    /// `success`, `failure`, `action_required`; none while it is not complete.
    pub conclusion: Option<String>,
    /// One line.
    pub title: String,
    /// What its content is known by; empty for a commit status.
    pub key: String,
    /// How many annotations it has.
    pub annotations: usize,
    /// Its page; empty where there is none.
    pub url: String,
}

impl SeenCheck {
    /// Whether it says all that this check says, so that there is nothing to publish.
    #[must_use]
    pub fn says(&self, check: &Check) -> bool {
        match self.id {
            Some(_) => {
                self.conclusion.as_deref() == Some(check.conclusion.word())
                    && self.key == key(check)
                    && self.annotations >= check.annotations.len().min(MOST)
            }
            None => {
                self.conclusion.as_deref() == Some(state(check)) && self.title == cut::line(&check.title, DESCRIPTION)
            }
        }
    }
}

impl Hub<'_> {
    /// vso's own checks of a commit, the latest of each name; for a person's token its commit statuses.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn checks_of(&self, commit: &str) -> Result<Vec<SeenCheck>, Fault> {
        let found = if self.access.credential() == Credential::Personal {
            self.statuses_of(commit)
        } else {
            self.runs_of(commit)
        };
        found.map_err(|refusal| self.fault(refusal, "the checks can't be read"))
    }

    /// Publishes a check: as a check run, or as a commit status for a person's token. `seen` is the one of this name
    /// from [`Hub::checks_of`]; where it says the same already, nothing is sent.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn publish(&self, commit: &str, check: &Check, seen: Option<&SeenCheck>) -> Result<(), Fault> {
        if seen.is_some_and(|seen| seen.says(check)) {
            return Ok(());
        }
        let done = if self.access.credential() == Credential::Personal {
            self.publish_status(commit, check)
        } else {
            self.publish_run(commit, check, seen)
        };
        done.map_err(|refusal| self.fault(refusal, &format!("the check \"{}\" can't be published", check.name)))
    }

    /// Publishes a check that somebody asked for again: one that says the same already is finished anew, so that they see
    /// that it was done.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub fn publish_again(&self, commit: &str, check: &Check, seen: Option<&SeenCheck>) -> Result<(), Fault> {
        let same = seen.filter(|seen| seen.says(check)).and_then(|seen| seen.id);
        let Some(id) = same else { return self.publish(commit, check, seen) };
        // Annotations can only be added: those that are there stay.
        let mut body = content(check, &key(check), &[], true, self.access.credential() == Credential::App);
        let now = jiff::Timestamp::from_second(self.server_time()).unwrap_or_default();
        body.insert("completed_at".into(), json!(now.to_string()));
        let path = format!("{}/check-runs/{id}", self.repository());
        let done = self.insist(&Request::change(Method::Patch, path, Value::Object(body)));
        done.map_err(|refusal| self.fault(refusal, &format!("the check \"{}\" can't be published", check.name)))
    }

    fn runs_of(&self, commit: &str) -> Result<Vec<SeenCheck>, Refusal> {
        let path = format!("{}/commits/{}/check-runs?filter=latest", self.repository(), escaped(commit));
        let own = match self.access.credential() {
            Credential::App => self.installation()?.app_slug,
            _ => None,
        };
        let runs = self.listed(&path, |list: RawRuns| list.check_runs)?;
        let is_own = |run: &RawRun| match (&own, &run.app) {
            (Some(own), Some(app)) => app.slug == *own,
            _ => true,
        };
        let mut seen: Vec<SeenCheck> = Vec::new();
        let mut runs: Vec<RawRun> = runs.into_iter().filter(is_own).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.id));
        for run in runs {
            let run = SeenCheck::from(run);
            if run.key.starts_with(KEYS) && !seen.iter().any(|other| other.name == run.name) {
                seen.push(run);
            }
        }
        Ok(seen)
    }

    fn statuses_of(&self, commit: &str) -> Result<Vec<SeenCheck>, Refusal> {
        let path = format!("{}/commits/{}/status?", self.repository(), escaped(commit));
        let statuses = self.listed(&path, |list: RawStatuses| list.statuses)?;
        let own = statuses.into_iter().filter(|status| status.context.starts_with(NAMES));
        Ok(own.map(SeenCheck::from).collect())
    }

    /// A list that is wrapped into an object, page by page.
    fn listed<W: serde::de::DeserializeOwned, T>(&self, path: &str, inner: fn(W) -> Vec<T>) -> Result<Vec<T>, Refusal> {
        let mut found = Vec::new();
        for page in 1.. {
            let answer = self.send(Request::get(format!("{path}&per_page=100&page={page}").replace("?&", "?")))?;
            found.extend(inner(read(&answer)?));
            if !header(&answer.headers, "link").is_some_and(|link| link.contains("rel=\"next\"")) {
                break;
            }
        }
        Ok(found)
    }

    fn publish_status(&self, commit: &str, check: &Check) -> Result<(), Refusal> {
        let body = json!({
            "state": state(check),
            "context": check.name,
            "description": cut::line(&check.title, DESCRIPTION),
        });
        // The latest of a context counts, so a second one of the same content is no harm.
        self.insist(&Request::create(format!("{}/statuses/{}", self.repository(), escaped(commit)), body))
    }

    fn publish_run(&self, commit: &str, check: &Check, seen: Option<&SeenCheck>) -> Result<(), Refusal> {
        let key = key(check);
        let all = &check.annotations[..check.annotations.len().min(MOST)];
        // What was written of it already. Annotations can't be taken back: another content needs another run, unless
        // there are none.
        let begun = |seen: &SeenCheck| {
            let is_same = seen.key == key && seen.conclusion.is_none() && seen.annotations <= all.len();
            let id = seen.id.filter(|_| is_same || seen.annotations == 0)?;
            Some((id, if is_same { seen.annotations } else { 0 }))
        };
        let mut at: Option<(u64, usize)> = seen.and_then(begun);
        for look in 0.. {
            match self.publish_rest(commit, check, &key, all, &mut at) {
                Err(refusal) if refusal.is_lost() && look < LOOKS => {
                    let found = self.runs_of(commit)?.into_iter().find(|run| run.name == check.name && run.key == key);
                    if found.as_ref().is_some_and(|found| found.says(check)) {
                        return Ok(());
                    }
                    at = found.as_ref().and_then(begun).or(at);
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// Sends batch after batch from where it stands; `at` follows.
    fn publish_rest(
        &self,
        commit: &str,
        check: &Check,
        key: &str,
        all: &[Annotation],
        at: &mut Option<(u64, usize)>,
    ) -> Result<(), Refusal> {
        let has_buttons = self.access.credential() == Credential::App;
        loop {
            let sent = at.map_or(0, |(_, sent)| sent);
            let batch = &all[sent..all.len().min(sent + BATCH)];
            let is_last = sent + batch.len() == all.len();
            let mut body = content(check, key, batch, is_last, has_buttons);
            let request = match *at {
                Some((id, _)) => {
                    let path = format!("{}/check-runs/{id}", self.repository());
                    Request {
                        repeatable: batch.is_empty(),
                        ..Request::change(Method::Patch, path, Value::Object(body))
                    }
                }
                None => {
                    body.insert("head_sha".into(), json!(commit));
                    Request::create(format!("{}/check-runs", self.repository()), Value::Object(body))
                }
            };
            let run: RawId = self.ask(request)?;
            *at = Some((run.id, sent + batch.len()));
            if is_last {
                return Ok(());
            }
        }
    }
}

fn content(check: &Check, key: &str, batch: &[Annotation], is_last: bool, has_buttons: bool) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("name".into(), json!(check.name));
    body.insert("external_id".into(), json!(key));
    if is_last {
        body.insert("status".into(), json!("completed"));
        body.insert("conclusion".into(), json!(check.conclusion.word()));
    } else {
        body.insert("status".into(), json!("in_progress"));
    }
    let mut output = json!({ "title": cut::line(&check.title, TITLE), "summary": summary(check) });
    if !batch.is_empty() {
        output["annotations"] = batch.iter().map(annotation).collect();
    }
    body.insert("output".into(), output);
    if has_buttons && !check.buttons.is_empty() {
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let buttons = check.buttons.iter().take(BUTTONS).map(|button| {
            json!({
                "label": cut(&button.label, BUTTON.0),
                "description": cut(&button.description, BUTTON.1),
                "identifier": cut(&button.identifier, BUTTON.2),
            })
        });
        body.insert("actions".into(), buttons.collect());
    }
    body
}

fn summary(check: &Check) -> String {
    let more = check.annotations.len().saturating_sub(MOST);
    if more == 0 {
        return cut::long(&check.summary, SUMMARY);
    }
    let note = format!("\n\n{} annotations; the first {MOST} are shown at their lines.\n", check.annotations.len());
    cut::long(&check.summary, SUMMARY - note.len()) + &note
}

fn annotation(annotation: &Annotation) -> Value {
    let mut value = json!({
        "path": annotation.path,
        "start_line": annotation.start_line.max(1),
        "end_line": annotation.end_line.max(annotation.start_line.max(1)),
        "annotation_level": annotation.level.word(),
        "message": cut::bytes(&annotation.message, MESSAGE),
    });
    if !annotation.title.is_empty() {
        value["title"] = json!(cut::line(&annotation.title, TITLE));
    }
    if let (Some((from, to)), true) = (annotation.columns, annotation.start_line == annotation.end_line) {
        value["start_column"] = json!(from.max(1));
        value["end_column"] = json!(to.max(from.max(1)));
    }
    value
}

fn state(check: &Check) -> &'static str {
    if check.conclusion == Conclusion::Success { "success" } else { "failure" }
}

/// What a check's content is known by.
fn key(check: &Check) -> String {
    let text = serde_json::to_vec(check).expect("a check is plain data with text keys");
    let mut key = hex::encode(Sha256::digest(text));
    key.truncate(20);
    format!("{KEYS}{key}")
}

#[derive(Deserialize)]
struct RawRuns {
    check_runs: Vec<RawRun>,
}

#[derive(Deserialize)]
struct RawRun {
    id: u64,
    name: String,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    output: RawOutput,
    #[serde(default)]
    app: Option<RawApp>,
}

#[derive(Deserialize, Default)]
struct RawOutput {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    annotations_count: usize,
}

#[derive(Deserialize)]
struct RawApp {
    #[serde(default)]
    slug: String,
}

#[derive(Deserialize)]
struct RawId {
    id: u64,
}

impl From<RawRun> for SeenCheck {
    fn from(run: RawRun) -> Self {
        Self {
            id: Some(run.id),
            name: run.name,
            conclusion: run.conclusion.filter(|_| run.status == "completed"),
            title: run.output.title.unwrap_or_default(),
            key: run.external_id.unwrap_or_default(),
            annotations: run.output.annotations_count,
            url: run.html_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
struct RawStatuses {
    statuses: Vec<RawStatus>,
}

#[derive(Deserialize)]
struct RawStatus {
    context: String,
    state: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    target_url: Option<String>,
}

impl From<RawStatus> for SeenCheck {
    fn from(status: RawStatus) -> Self {
        Self {
            id: None,
            name: status.context,
            conclusion: Some(status.state).filter(|state| state != "pending"),
            title: status.description.unwrap_or_default(),
            key: String::new(),
            annotations: 0,
            url: status.target_url.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::check::{Button, Level, SLICES};

    fn check(annotations: usize) -> Check {
        let one = |line: usize| Annotation {
            path: "master-spec.md".into(),
            start_line: line,
            end_line: line + line % 2,
            columns: Some((1, 4)),
            level: Level::Warning,
            title: "rule".into(),
            message: "m".repeat(100_000),
        };
        Check {
            name: SLICES.into(),
            conclusion: Conclusion::ActionRequired,
            title: format!("{annotations} things {}", "x".repeat(400)),
            summary: "s\n".repeat(50_000),
            annotations: (1..=annotations).map(one).collect(),
            buttons: vec![Button { label: "l".repeat(50), description: "d".repeat(50), identifier: "i".repeat(50) }; 5],
        }
    }

    #[test]
    fn everything_is_cut_to_what_github_takes() {
        let check = check(1200);
        let body = Value::Object(content(&check, "k", &check.annotations[..2], true, true));
        assert_eq!(body["output"]["title"].as_str().unwrap().chars().count(), TITLE);
        let summary = body["output"]["summary"].as_str().unwrap();
        assert!(summary.len() <= SUMMARY && summary.contains("1200 annotations; the first 1000"));
        let annotations = body["output"]["annotations"].as_array().unwrap();
        assert!(annotations[0].get("start_column").is_none() && annotations[1]["start_column"] == 1);
        assert!(annotations.iter().all(|one| one["message"].as_str().unwrap().len() <= MESSAGE));
        let buttons = body["actions"].as_array().unwrap();
        assert!(buttons.len() == 3 && buttons[0]["label"].as_str().unwrap().len() == 20);
        assert_eq!(
            (body["status"].as_str(), body["conclusion"].as_str()),
            (Some("completed"), Some("action_required"))
        );
        let body = Value::Object(content(&check, "k", &[], false, false));
        assert!(body.get("conclusion").is_none() && body.get("actions").is_none() && body["status"] == "in_progress");
    }

    #[test]
    fn the_same_content_has_the_same_key() {
        let one = check(2);
        assert_eq!(key(&one), key(&check(2)));
        assert_ne!(key(&one), key(&check(3)));
        let seen = SeenCheck {
            id: Some(1),
            name: one.name.clone(),
            conclusion: Some("action_required".into()),
            title: one.title.clone(),
            key: key(&one),
            annotations: 2,
            url: String::new(),
        };
        assert!(seen.says(&one) && !seen.says(&check(3)));
        assert!(!SeenCheck { annotations: 1, ..seen.clone() }.says(&one), "half-written");
        assert!(!SeenCheck { conclusion: None, ..seen }.says(&one), "in progress");
    }
}
