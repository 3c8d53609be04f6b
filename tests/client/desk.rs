//! A repository on fakehub and the client at work on it, inside this process.

use std::cell::RefCell;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use vso::forge::github::{Access, Hub, NewPull};

use crate::hub_world::HubWorld;

/// The environment of a run.
pub type Variables = Vec<(String, String)>;

/// The world, and what the client says and hears.
pub struct Desk {
    pub world: HubWorld,
    pub stop: AtomicBool,
    pub said: RefCell<Vec<String>>,
}

impl Desk {
    pub fn new() -> Self {
        Self { world: HubWorld::new(), stop: AtomicBool::new(false), said: RefCell::default() }
    }

    /// Works with an environment.
    pub fn with<T>(&self, variables: &Variables, act: impl FnOnce(&Hub<'_>) -> T) -> T {
        let read = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let access = Access::find_in(&read, Some(&self.world.remote())).unwrap().expect("a credential for the hub");
        let say = |text: &str| self.said.borrow_mut().push(text.to_owned());
        let hub = Hub::open(access, &self.stop, &say).unwrap();
        act(&hub)
    }

    /// Works with the token of a workflow run.
    pub fn action<T>(&self, act: impl FnOnce(&Hub<'_>) -> T) -> T {
        self.with(&self.world.variables(&self.world.action), act)
    }

    /// Works with the token of an account that may write.
    pub fn personal<T>(&self, act: impl FnOnce(&Hub<'_>) -> T) -> T {
        self.with(&self.world.variables(&self.world.personal()), act)
    }

    /// Pushes a branch with one commit on top of main; gives the commit.
    pub fn branch(&self, name: &str) -> String {
        let project = &self.world.project;
        project.git(&["checkout", "-q", "-b", name, "main"]);
        project.world.write(&format!("{name}.txt"), name);
        project.commit(name);
        self.world.push(&[name]);
        let commit = project.git(&["rev-parse", "HEAD"]).trim().to_owned();
        project.git(&["checkout", "-q", "main"]);
        commit
    }

    /// A branch that points at main's commit but for nothing: many of them for one push.
    pub fn branches(&self, count: usize) -> Vec<String> {
        let project = &self.world.project;
        let tree = project.git(&["rev-parse", "main^{tree}"]);
        let names: Vec<String> = (0..count).map(|number| format!("many-{number:03}")).collect();
        let mut refs = vec!["push".to_owned(), "-q".into(), "origin".into()];
        for name in &names {
            let commit = project.git(&["commit-tree", tree.trim(), "-p", "main", "-m", name]);
            refs.push(format!("{}:refs/heads/{name}", commit.trim()));
        }
        self.world.git(&refs.iter().map(String::as_str).collect::<Vec<_>>());
        names
    }

    /// Makes something go wrong for calls whose path fits.
    pub fn fault(&self, method: &str, path: &str, kind: &str, more: Value) {
        let mut fault = json!({ "path": path, "kind": kind, "times": 1 });
        if method != "*" {
            fault["method"] = json!(method);
        }
        for (key, value) in more.as_object().into_iter().flatten() {
            fault[key] = value.clone();
        }
        self.world.hub.fault(&fault);
    }

    /// How many calls of this kind reached the hub since a mark.
    pub fn count(&self, mark: usize, call: &str) -> usize {
        let calls = self.world.hub.calls(mark);
        calls.iter().filter(|made| made.starts_with(call)).count()
    }
}

/// A pull request of a branch onto main.
pub fn new_pull(head: &str) -> NewPull {
    NewPull {
        head: head.into(),
        base: "main".into(),
        title: format!("bring {head}"),
        body: format!("<!-- marker {head} -->\nA body."),
        draft: false,
    }
}
