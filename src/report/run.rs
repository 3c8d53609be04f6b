//! What a run of the Action comes to: outputs for later steps, a summary, annotations and lines for the log, made from what
//! `vso sync`, `plan`, `nightly` or `comment` print as JSON.
//!
//! The JSON holds text of specifications: everything is escaped for the place where it goes.

use serde_json::{Value, json};

use super::check::markdown::{code, inline};
use super::check::{Annotation, Level};
use super::finding::{counted, visible};
use super::github;

/// Rows of the summary's table; a step's summary may have 1 MiB, and nobody reads more.
const ROWS: usize = 200;

/// A report, understood as far as the Action needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// The slices that a proposal was opened or updated for, or would be.
    pub changed: Vec<String>,
    /// The open pull requests.
    pub pulls: Vec<u64>,
    /// How many items wait for a person.
    pub conflicts: usize,
    rows: Vec<Row>,
    open: Vec<Open>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    deed: String,
    what: String,
    title: String,
    pull: Option<u64>,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    path: String,
    item: String,
    branch: String,
}

impl Run {
    /// Reads a report; what is not in it is left out.
    #[must_use]
    pub fn of(report: &Value) -> Self {
        let mut run = Self::default();
        let night = list(report, "steps").iter().find(|step| step["name"] == "report").map(|step| &step["data"]);
        for part in [Some(report), night, Some(&report["sync"])].into_iter().flatten() {
            list(part, "proposals").iter().for_each(|proposal| run.proposal(proposal));
            list(part, "slices").iter().for_each(|slice| run.slice(slice));
            run.notes.extend(list(part, "notes").iter().filter_map(|note| note.as_str().map(str::to_owned)));
        }
        for answer in list(report, "answers") {
            run.rows.push(Row {
                deed: if answer["done"] == true { "answered" } else { "refused" }.to_owned(),
                what: word(answer, "command"),
                title: word(answer, "words"),
                pull: None,
                note: None,
            });
        }
        if let Some(reason) = report["reason"].as_str() {
            run.notes.push(reason.to_owned());
        }
        run.pulls.sort_unstable();
        run.pulls.dedup();
        run
    }

    fn proposal(&mut self, proposal: &Value) {
        let deed = word(proposal, "deed");
        let pull = proposal["pull"].as_u64().or_else(|| proposal["pull"]["number"].as_u64());
        let is_open = !matches!(deed.as_str(), "merged" | "closed" | "superseded" | "refused" | "waiting");
        self.pulls.extend(pull.filter(|_| is_open));
        if let Some(slice) = proposal["slice"].as_str().filter(|_| matches!(deed.as_str(), "opened" | "updated")) {
            self.changed.push(slice.to_owned());
        }
        let branch = word(proposal, "branch");
        for open in list(proposal, "conflicts") {
            self.conflicts += 1;
            self.open.push(Open { path: word(open, "path"), item: word(open, "item"), branch: branch.clone() });
        }
        let note = proposal["note"].as_str().map(str::to_owned);
        self.rows.push(Row { deed, what: branch, title: word(proposal, "title"), pull, note });
    }

    /// A slice of a plan.
    fn slice(&mut self, slice: &Value) {
        let change = word(slice, "change");
        if change == "unchanged" || change.is_empty() {
            return;
        }
        let id = word(slice, "id");
        self.changed.push(id.clone());
        for open in list(slice, "conflicts") {
            self.conflicts += 1;
            self.open.push(Open { path: word(open, "path"), item: word(open, "item"), branch: id.clone() });
        }
        let version = word(&slice["version"], "to");
        self.rows.push(Row { deed: change, what: id, title: version, pull: None, note: None });
    }

    /// Lines for the file that `GITHUB_OUTPUT` names: one a line, JSON where it is a list.
    #[must_use]
    pub fn outputs(&self) -> String {
        format!(
            "slices-changed={}\npull-requests={}\nconflicts={}\n",
            json!(self.changed),
            json!(self.pulls),
            self.conflicts
        )
    }

    /// Markdown for the summary of the step.
    #[must_use]
    pub fn summary(&self, command: &str) -> String {
        let mut text = format!("## vso {}: {}\n", inline(command), self.sentence());
        if !self.rows.is_empty() {
            text.push_str("\n| State | Pull request | Proposal | Content |\n| --- | --- | --- | --- |\n");
        }
        for row in self.rows.iter().take(ROWS) {
            let pull = row.pull.map(|number| format!("#{number}")).unwrap_or_default();
            let more = row.note.as_deref().map(|note| format!(": {}", inline(note))).unwrap_or_default();
            let what = code(&row.what).replace('|', "\\|");
            text.push_str(&format!("| {} | {pull} | {what} | {}{more} |\n", inline(&row.deed), inline(&row.title)));
        }
        if self.rows.len() > ROWS {
            text.push_str(&format!("\n{} are not shown.\n", counted(self.rows.len() - ROWS, "more row")));
        }
        for note in self.notes.iter().take(ROWS) {
            text.push_str(&format!("\n- {}", inline(note)));
        }
        text.push('\n');
        text
    }

    /// Workflow commands for what a person has to decide, then lines for the log.
    #[must_use]
    pub fn log(&self) -> String {
        let annotations: Vec<Annotation> = self.open.iter().map(Open::annotation).collect();
        let mut text = github::commands(&annotations);
        for row in &self.rows {
            let pull = row.pull.map(|number| format!(" #{number}")).unwrap_or_default();
            let more = row.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            text.push_str(&harmless(&format!("{}{pull} {} {}{more}", row.deed, row.what, row.title)));
        }
        self.notes.iter().for_each(|note| text.push_str(&harmless(&format!("note: {note}"))));
        text.push_str(&harmless(&self.sentence()));
        text
    }

    fn sentence(&self) -> String {
        let changed = match self.changed.len() {
            0 => "no slice changes".to_owned(),
            1 => "1 slice changes".to_owned(),
            count => format!("{count} slices change"),
        };
        let mut words = vec![changed];
        if !self.pulls.is_empty() {
            words.push(format!("{} open", counted(self.pulls.len(), "pull request")));
        }
        if self.conflicts > 0 {
            words.push(format!("{} for a person to decide", counted(self.conflicts, "conflict")));
        }
        words.join(", ")
    }
}

impl Open {
    fn annotation(&self) -> Annotation {
        let message = format!(
            "{} changed on both sides. A comment on the pull request of {} settles it: /vso resolve master or /vso resolve slice",
            visible(&self.item),
            visible(&self.branch)
        );
        Annotation {
            path: self.path.clone(),
            start_line: 1,
            end_line: 1,
            columns: None,
            level: Level::Warning,
            title: "conflict".to_owned(),
            message,
        }
    }
}

/// A line of the log that is no workflow command: the runner looks for `::name::` at the start of a line and for
/// `##[name]` anywhere in it.
fn harmless(line: &str) -> String {
    let line = visible(line).replace("##[", "## [");
    let room = if line.trim_start().starts_with("::") { " " } else { "" };
    format!("{room}{line}\n").replace(" ::", " : :")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hostile() -> Value {
        json!({ "format": 1, "proposals": [
            { "deed": "opened", "slice": "slice-001-auth", "branch": "slice-001-auth-v1.0.0", "pull": 7,
              "title": "a\n::error::b | <script> @everyone ##[error]c", "conflicts": [{ "path": "a,b:c.md", "item": "FR-1\n::error::x" }] },
            { "deed": "merged", "slice": "slice-002-b", "branch": "slice-002-b-v1.0.0", "pull": 6, "title": "t", "note": "::set-output name=x::y" },
        ], "notes": ["::warning::n"] })
    }

    #[test]
    fn outputs_are_one_line_each() {
        let run = Run::of(&hostile());
        assert_eq!(run.outputs(), "slices-changed=[\"slice-001-auth\"]\npull-requests=[7]\nconflicts=1\n");
        let odd = json!({ "proposals": [{ "deed": "opened", "slice": "a\nconflicts=9", "conflicts": [] }] });
        assert_eq!(Run::of(&odd).outputs().lines().count(), 3);
        assert_eq!(Run::of(&Value::Null), Run::default());
    }

    #[test]
    fn nothing_in_a_report_is_a_command_to_the_runner() {
        let log = Run::of(&hostile()).log();
        let commands: Vec<&str> = log.lines().filter(|line| line.trim_start().starts_with("::")).collect();
        assert_eq!(commands.len(), 1, "{log}");
        assert!(commands[0].starts_with("::warning file=a%2Cb%3Ac.md,line=1"), "{log}");
        assert!(!log.contains("##["), "{log}");
    }

    #[test]
    fn a_summary_shows_text_as_text() {
        let text = Run::of(&hostile()).summary("sync");
        assert!(
            text.starts_with("## vso sync: 1 slice changes, 1 pull request open, 1 conflict for a person to decide\n")
        );
        assert!(
            !text.contains("<script>") && !text.contains("@everyone") && text.contains("| opened | #7 |"),
            "{text}"
        );
    }

    #[test]
    fn a_night_and_a_plan_are_read_too() {
        let night = json!({ "steps": [{ "name": "plan", "data": {} }, { "name": "report", "data": hostile() }] });
        assert_eq!(Run::of(&night).pulls, [7]);
        let plan = json!({ "slices": [
            { "id": "slice-001-a", "change": "unchanged", "conflicts": [] },
            { "id": "slice-002-b", "change": "conflict", "version": { "to": "1.1.0" }, "conflicts": [{ "path": "p", "item": "i" }] },
        ] });
        let run = Run::of(&plan);
        assert_eq!((run.changed.as_slice(), run.conflicts), (["slice-002-b".to_owned()].as_slice(), 1));
    }
}
