//! Every call of the client through GitHub's official API description: a validating proxy stands between it and
//! fakehub, and what either side gets wrong comes back as an error.
//!
//! Left out, and said so, where the proxy is not installed (`tests/run` does it, and names it in `VSO_TEST_PRISM`).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use vso::forge::github::{
    Access, AppHub, Change, Hub, MergeAnswer, MergeStyle, NewCommit, NewPull, PullChange, PullState, Reaction,
    Registry, SeenCheck, SignIn,
};
use vso::git::Id;
use vso::merge::{Entry, Mode};
use vso::report::check::{Annotation, Button, Check, Conclusion, Level, SLICES};

use super::desk::{Desk, Variables, new_pull};

/// The proxy; it ends when this is dropped.
struct Proxy {
    child: Child,
    url: String,
}

impl Proxy {
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    fn start(hub: &str) -> Option<Self> {
        let Some(program) = std::env::var_os("VSO_TEST_PRISM") else {
            eprintln!("left out: VSO_TEST_PRISM names no validating proxy (tests/run installs it)");
            return None;
        };
        let command = Command::new(program).arg(hub).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = command.expect("the proxy can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("the proxy says where it is");
        Some(Self { child, url: ready["url"].as_str().unwrap().to_owned() })
    }

    /// An environment whose REST goes through the proxy; GraphQL has no description.
    fn through(&self, mut variables: Variables) -> Variables {
        variables.retain(|(name, _)| name != "GITHUB_API_URL");
        variables.push(("GITHUB_API_URL".into(), self.url.clone()));
        variables
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It ends Prism when its input closes; killed at once it could not.
        drop(self.child.stdin.take());
        for _ in 0..500 {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn check(annotations: usize) -> Check {
    let one = |line: usize| Annotation {
        path: "master-spec.md".into(),
        start_line: line,
        end_line: line + line % 2,
        columns: Some((1, 2)),
        level: [Level::Failure, Level::Warning, Level::Notice][line % 3],
        title: if line == 1 { String::new() } else { "t".repeat(400) },
        message: "m".repeat(70_000 / line),
    };
    Check {
        name: SLICES.into(),
        conclusion: if annotations == 0 { Conclusion::Success } else { Conclusion::ActionRequired },
        title: "title ".repeat(90),
        summary: "summary\n".repeat(20_000),
        annotations: (1..=annotations).map(one).collect(),
        buttons: vec![Button { label: "l".repeat(30), description: "d".repeat(60), identifier: "i".repeat(30) }; 4],
    }
}

fn publish(hub: &Hub<'_>, commit: &str, check: &Check) -> Vec<SeenCheck> {
    let seen = hub.checks_of(commit).unwrap();
    hub.publish(commit, check, seen.first()).unwrap();
    let seen = hub.checks_of(commit).unwrap();
    assert!(seen.len() == 1 && seen[0].says(check), "{seen:?}");
    seen
}

/// Everything that one does with a pull request.
fn story(desk: &Desk, hub: &Hub<'_>, branch: &str) {
    let head = desk.branch(branch);
    let new = NewPull { body: "ä".repeat(70_000), draft: true, ..new_pull(branch) };
    let pull = hub.make_pull(&new).unwrap();
    assert_eq!(hub.make_pull(&new).unwrap().number, pull.number);
    hub.set_draft(&pull, false).unwrap();
    hub.add_labels(pull.number, &["vso".into()]).unwrap();
    hub.ask_review(pull.number, &["bob".into()], &[]).unwrap();
    let comment = hub.comment(pull.number, "hello").unwrap();
    hub.change_comment(comment.id, "other").unwrap();
    for reaction in
        [Reaction::Eyes, Reaction::ThumbsUp, Reaction::ThumbsDown, Reaction::Confused, Reaction::Rocket, Reaction::Eyes]
    {
        hub.react(comment.id, reaction).unwrap();
    }
    assert_eq!(hub.comments(pull.number).unwrap().len(), 1);
    for open in [false, true] {
        let change = PullChange {
            title: Some("t".repeat(300)),
            body: Some("b".into()),
            open: Some(open),
            base: Some("main".into()),
        };
        hub.change_pull(pull.number, &change).unwrap();
    }
    publish(hub, &head, &check(0));
    publish(hub, &head, &check(60));
    assert_eq!((hub.open_pulls().unwrap().len(), hub.pulls_of(branch).unwrap().len()), (1, 1));
    assert_eq!(hub.pull(4_000).unwrap(), None);
    let merged = hub.merge_pull(pull.number, &head, MergeStyle::Squash).unwrap();
    assert!(matches!(merged, MergeAnswer::Merged { .. }), "{merged:?}");
    assert!(matches!(hub.pull(pull.number).unwrap().unwrap().state, PullState::Merged { .. }));
    assert!(hub.permission("bob").unwrap().permission.may_write());
    assert!(!hub.permission("nobody-at-all").unwrap().permission.may_write());
    hub.me().unwrap();
}

#[test]
fn every_call_is_as_the_official_description_has_it() {
    let desk = Desk::new();
    let Some(proxy) = Proxy::start(&desk.world.hub.url) else { return };
    let app = desk.world.app();
    let environments = [
        ("of-action", desk.world.variables(&desk.world.action)),
        ("of-person", desk.world.variables(&desk.world.personal())),
        ("of-app", desk.world.app_variables(&app)),
    ];
    for (branch, variables) in environments {
        desk.with(&proxy.through(variables), |hub| {
            story(&desk, hub, branch);
            assert!(hub.calls().iter().all(|call| call.status.is_some_and(|status| status < 500)), "{:?}", hub.calls());
        });
    }
}

#[test]
fn commits_and_refs_are_as_the_official_description_has_them() {
    let desk = Desk::new();
    let Some(proxy) = Proxy::start(&desk.world.hub.url) else { return };
    let git = |arguments: &[&str]| desk.world.project.git(arguments).trim().parse::<Id>().unwrap();
    let (main, base) = (git(&["rev-parse", "main"]), git(&["rev-parse", "main^{tree}"]));
    let repo = vso::git::Repo::at(desk.world.project.world.path()).unwrap().unwrap();
    let mut tree = repo.read(base, "").unwrap();
    let changes: Vec<Change> = [("text.md", &b"x\n"[..], Mode::File), ("bytes", &[0xff, 0], Mode::Executable)]
        .map(|(path, bytes, mode)| Change { path: path.into(), entry: Some(Entry { bytes: bytes.to_vec(), mode }) })
        .into_iter()
        .chain([Change { path: ".gitignore".into(), entry: None }])
        .collect();
    for change in &changes {
        match change.entry.clone() {
            Some(entry) => tree.insert(change.path.clone(), entry),
            None => tree.remove(&change.path),
        };
    }
    let tree = repo.write(&tree).unwrap();
    let new = NewCommit { parents: vec![main], base_tree: Some(base), changes, tree, message: "m".into() };
    let app = desk.world.app();
    desk.with(&proxy.through(desk.world.app_variables(&app)), |hub| {
        let made = hub.commit(&new).unwrap();
        let row = |expected: Option<Id>, to: Option<Id>| vso::git::Update { name: "refs/heads/x".into(), expected, to };
        assert_eq!(hub.move_refs(&[row(None, Some(made.id))]).unwrap(), vso::git::Exchange::Done);
        // A refusal looks at the ref itself.
        let stale = hub.move_refs(&[row(None, Some(main))]).unwrap();
        assert_eq!(stale, vso::git::Exchange::Rejected(vec!["refs/heads/x".into()]));
    });
    let left = desk.world.hub.control("GET", "violations", &Value::Null);
    assert_eq!(left, json!([]));
}

#[test]
fn people_and_apps_are_asked_for_as_described() {
    let desk = Desk::new();
    let Some(proxy) = Proxy::start(&desk.world.hub.url) else { return };
    let (app, variables) = super::people::sign_in(&desk);
    // Only the API goes through the proxy: the pages of the sign-in have no description.
    let variables = proxy.through(variables);
    let read = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let sign_in = SignIn::find_in(&read).unwrap().unwrap();
    let bob = super::people::signed_in(&desk, &sign_in, crate::hub_world::BOB);
    assert_eq!(bob.repositories().unwrap().len(), 1);
    let code = super::people::manifest_code(&desk, &variables);
    let made = Registry::find_in(&read).unwrap().convert(&code).unwrap();
    assert_ne!(made.id, app);
    let mut own = proxy.through(desk.world.addresses());
    own.push(("VSO_APP_ID".into(), made.id.to_string()));
    own.push(("VSO_APP_PRIVATE_KEY".into(), made.key().to_owned()));
    let read = |name: &str| own.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let hub = AppHub::open(Access::app_in(&read).unwrap().unwrap(), &desk.stop, &|_| {}).unwrap();
    assert_eq!(hub.app().unwrap().client_id.as_deref(), Some(made.client_id.as_str()));
    let hook = hub.hook_config().unwrap();
    assert_eq!((hook.content_type.as_deref(), hook.secret.is_some()), (Some("json"), true));
}
