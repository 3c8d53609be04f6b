//! A runner for composite actions: reads action.yml and does what the hosted one does with it, as far as the Action uses
//! that. What it does not know is an error, so that nothing is passed over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::world::World;

/// Reads a YAML file of this repository, or of a world.
pub fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A file of this repository.
pub fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Action.
pub fn action() -> Value {
    yaml(&source("action.yml"))
}

/// One run of the Action in a workspace.
pub struct Job<'a> {
    /// Where the runner's own files go, and whose environment is used.
    pub world: &'a World,
    /// The checkout.
    pub workspace: PathBuf,
    /// `push`, `issue_comment`, …
    pub event_name: &'a str,
    /// The event as GitHub sends it.
    pub event: Value,
    /// The job's token.
    pub token: String,
    /// Further variables of the job.
    pub variables: Vec<(String, String)>,
}

/// How a run of the Action ended.
#[derive(Debug, Default)]
pub struct Done {
    /// The exit code of the step that failed, else 0.
    pub code: i32,
    /// The Action's outputs.
    pub outputs: BTreeMap<String, String>,
    /// Everything that was printed, as it was.
    pub log: String,
    /// The workflow commands in it that the runner obeys: name, properties and message.
    pub commands: Vec<(String, String)>,
    /// The summaries of the steps.
    pub summary: String,
}

impl Job<'_> {
    /// Runs the Action with these inputs.
    pub fn run(&self, inputs: &[(&str, &str)]) -> Done {
        self.run_of(&action(), inputs)
    }

    fn run_of(&self, action: &Value, given: &[(&str, &str)]) -> Done {
        assert_eq!(action["runs"]["using"], "composite");
        let mut scope = self.scope();
        let declared = action["inputs"].as_object().unwrap();
        for (name, _) in given {
            assert!(declared.contains_key(*name), "there is no input {name}");
        }
        for (name, input) in declared {
            let value = given.iter().find(|(key, _)| key == name).map(|(_, value)| (*value).to_owned());
            assert!(value.is_some() || input["required"] != true, "the input {name} is required");
            let value = value.unwrap_or_else(|| filled(input["default"].as_str().unwrap_or_default(), &scope));
            scope["inputs"][name] = json!(value);
        }
        let mut done = Done::default();
        let mut added: Vec<(String, String)> = Vec::new();
        let mut paths: Vec<String> = Vec::new();
        for (number, step) in action["runs"]["steps"].as_array().unwrap().iter().enumerate() {
            for key in step.as_object().unwrap().keys() {
                let known = ["name", "id", "shell", "env", "run"];
                assert!(known.contains(&key.as_str()), "the runner of these tests does not know `{key}` of a step");
            }
            let outputs = self.step(number, step, &scope, (&mut added, &mut paths), &mut done);
            if let Some(id) = step["id"].as_str() {
                scope["steps"][id] = json!({ "outputs": outputs });
            }
            if done.code != 0 {
                break;
            }
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            done.outputs.insert(name.clone(), filled(output["value"].as_str().unwrap(), &scope));
        }
        done
    }

    /// What expressions see.
    fn scope(&self) -> Value {
        let variable = |name: &str| self.variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        json!({
            "github": {
                "token": self.token,
                "event": self.event,
                "event_name": self.event_name,
                "server_url": variable("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".into()),
                "action_repository": "acme/vso",
                "action_path": env!("CARGO_MANIFEST_DIR"),
            },
            "inputs": {},
            "steps": {},
        })
    }

    fn step(
        &self,
        number: usize,
        step: &Value,
        scope: &Value,
        (added, paths): (&mut Vec<(String, String)>, &mut Vec<String>),
        done: &mut Done,
    ) -> BTreeMap<String, String> {
        assert_eq!(step["shell"], "bash", "a step without a known shell");
        let file = |name: &str| self.world.write(&format!("_runner/{number}/{name}"), "");
        let script =
            self.world.write(&format!("_runner/{number}/script.sh"), filled(step["run"].as_str().unwrap(), scope));
        let (output, env, path, summary) = (file("output"), file("env"), file("path"), file("summary"));
        let event = self.world.write("_runner/event.json", self.event.to_string());
        let temp = self.world.path().join("_runner/temp");
        std::fs::create_dir_all(&temp).unwrap();
        let log = std::fs::File::create(self.world.path().join(format!("_runner/{number}/log"))).unwrap();
        let mut command = self.world.command("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script).current_dir(&self.workspace);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.env("GITHUB_ACTIONS", "true").env("CI", "true").env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.env("RUNNER_TEMP", &temp).env("GITHUB_WORKSPACE", &self.workspace).env("GITHUB_EVENT_PATH", event);
        command.env("GITHUB_EVENT_NAME", self.event_name).env("GITHUB_REPOSITORY", crate::hub::REPO);
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_ENV", &env).env("GITHUB_PATH", &path);
        command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_SERVER_URL", "https://github.com");
        command.envs(self.variables.iter().cloned()).envs(added.iter().cloned());
        if let Some(values) = step["env"].as_object() {
            command.envs(values.iter().map(|(name, value)| (name.clone(), filled(value.as_str().unwrap(), scope))));
        }
        if !paths.is_empty() {
            let old = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{}:{old}", paths.join(":")));
        }
        let code = command.status().expect("bash can be started").code().unwrap_or(-1);
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let log = read(&self.world.path().join(format!("_runner/{number}/log")));
        done.commands.extend(obeyed(&log));
        done.log.push_str(&log);
        done.summary.push_str(&read(&summary));
        added.extend(pairs(&read(&env)));
        paths.extend(read(&path).lines().map(str::to_owned));
        done.code = code;
        pairs(&read(&output)).into_iter().collect()
    }
}

impl Done {
    /// Insists on an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.log);
        self
    }

    /// Annotations of a level.
    pub fn annotations(&self, level: &str) -> Vec<&str> {
        self.commands.iter().filter(|(name, _)| name == level).map(|(_, rest)| rest.as_str()).collect()
    }
}

/// Replaces `${{ … }}` by values; only paths into contexts are known.
fn filled(text: &str, scope: &Value) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression ends");
        made.push_str(before);
        let path: Vec<&str> = expression.trim().split('.').collect();
        assert!(scope.get(path[0]).is_some(), "the expression {expression:?} is unknown here");
        let value = path.iter().fold(scope, |value, key| &value[*key]);
        match value {
            Value::Null => {}
            Value::String(text) => made.push_str(text),
            other => made.push_str(&other.to_string()),
        }
        rest = after;
    }
    made + rest
}

/// `NAME=VALUE` lines and `NAME<<END` blocks of a runner's file; anything else fails the step there, and the test here.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let heredoc = line.split_once("<<").filter(|(name, _)| !name.contains('='));
        if let Some((name, end)) = heredoc {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            found.push((name.to_owned(), value.join("\n")));
        } else {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("no line of an output: {line:?}"));
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    found
}

/// The commands that the runner obeys: `::name properties::message` at the start of a line but for spaces, and
/// `##[name]message`, unless they are stopped.
fn obeyed(log: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut stopped: Option<String> = None;
    for line in log.lines() {
        let line = line.trim_start();
        let command = line.strip_prefix("::").and_then(|rest| rest.split_once("::"));
        let old = line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
        let Some((head, message)) = command.or(old) else { continue };
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        if let Some(token) = &stopped {
            if name == token {
                stopped = None;
            }
            continue;
        }
        if name == "stop-commands" {
            stopped = Some(message.to_owned());
            continue;
        }
        let known = [
            "error",
            "warning",
            "notice",
            "debug",
            "group",
            "endgroup",
            "add-mask",
            "set-output",
            "set-env",
            "add-path",
            "save-state",
        ];
        if known.contains(&name) {
            found.push((name.to_owned(), format!("{properties}::{message}")));
        }
    }
    found
}

/// Runs a program and gives what it said.
pub fn said(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().expect("the program can be started");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[test]
fn the_runner_reads_files_and_logs_as_the_hosted_one() {
    assert_eq!(pairs("a=b=c\nd<<E\nx\ny\nE\n"), [("a".into(), "b=c".into()), ("d".into(), "x\ny".into())]);
    let log =
        "::error file=a::b\nx ::error::no\n::stop-commands::t\n::error::no\n::t::\n  ::warning::w\n a ##[debug]d\n";
    let names: Vec<String> = obeyed(log).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["error", "warning", "debug"]);
    let scope = json!({ "inputs": { "x": "$(touch y)" }, "github": {} });
    assert_eq!(filled("a ${{ inputs.x }} ${{ github.event.none }}b", &scope), "a $(touch y) b");
}
