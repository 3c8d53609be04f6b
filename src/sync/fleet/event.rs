//! What a delivery asks of a server. Pure: an event's name and its payload go in, a wish comes out.
//!
//! Payloads change, come late and out of order, and anybody's text is in them: everything is optional and of any type,
//! what is not as expected is as if it were not there, and what is not understood asks for nothing, with the reason.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::forge::command::commands;
use crate::forge::proposal::is_branch_of_vso;
use crate::sync::answer::{Asked, Pressed};

/// The event of what a server asks of itself, through the same inbox; GitHub has none of this name.
pub const OWN: &str = "vso";

/// What of a payload can be large and is never looked at.
const HEAVY: [&str; 4] = ["commits", "head_commit", "enterprise", "organization"];

/// A repository as a payload names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// GitHub's number.
    pub id: u64,
    /// Who owns it.
    pub owner: String,
    /// What it is called.
    pub name: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Bring the proposals up to date.
    Sync,
    /// The same, should this be the branch that proposals are made for.
    Branch(String),
    /// Say what is to be said of the newest commit of a person's pull request.
    Check {
        /// The pull request.
        number: u64,
    },
    /// Answer a comment.
    Answer(Asked),
    /// Do what the button of a check says.
    Press(Pressed),
    /// Make the checks of a commit anew.
    Rerun {
        /// The commit.
        commit: String,
    },
    /// Take repositories in.
    Admit(Vec<Named>),
    /// Forget repositories.
    Dismiss(Vec<u64>),
    /// Forget all repositories of the installation.
    Leave,
    /// The repository has another name or owner now.
    Rename(Named),
    /// Put the mirror in order.
    Tidy,
    /// Throw the mirror's content away; it is fetched again when it is needed.
    Evict,
    /// Nothing, because of this.
    Nothing(String),
}

impl Wish {
    /// A word for logs and figures.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sync | Self::Branch(_) => "sync",
            Self::Check { .. } => "check",
            Self::Answer(_) => "answer",
            Self::Press(_) => "press",
            Self::Rerun { .. } => "rerun",
            Self::Admit(_) => "admit",
            Self::Dismiss(_) | Self::Leave => "dismiss",
            Self::Rename(_) => "rename",
            Self::Tidy | Self::Evict => "tidy",
            Self::Nothing(_) => "nothing",
        }
    }
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The repository that it is about.
    pub repository: Option<Named>,
    /// The App's installation.
    pub installation: Option<u64>,
    /// KiB that the repository has, as GitHub counts.
    pub kib: u64,
    /// What is asked for.
    pub wish: Wish,
}

impl Heard {
    /// Reads a delivery. `me` is what vso is called on GitHub (`name[bot]`), as far as that is known: what it did itself
    /// asks for nothing, so that no ring begins. `guid` is the delivery's name.
    #[must_use]
    pub fn of(event: &str, guid: &str, body: &[u8], me: Option<&str>) -> Self {
        let Ok(Outside(payload)) = serde_json::from_slice(body) else {
            let wish = nothing("its payload can't be understood");
            return Self { repository: None, installation: None, kib: 0, wish };
        };
        let payload = Value::Object(payload);
        let repository = named(&payload["repository"]);
        let told = Payload { payload: &payload, repository: repository.as_ref(), me };
        let wish = match event {
            "push" => told.push(),
            "pull_request" => told.pull_request(),
            "issue_comment" => told.comment(),
            "check_run" => told.check_run(guid),
            "check_suite" => told.check_suite(),
            "installation" => told.installation(),
            "installation_repositories" => told.installation_repositories(),
            "repository" => told.repository(),
            "workflow_dispatch" => nothing("workflows run by themselves"),
            OWN => told.own(),
            _ => nothing("vso does not handle this event"),
        };
        let kib = payload["repository"]["size"].as_u64().unwrap_or(0);
        Self { installation: number(&payload["installation"]["id"]), repository, kib, wish }
    }
}

/// A payload that is being read.
struct Payload<'a> {
    payload: &'a Value,
    repository: Option<&'a Named>,
    me: Option<&'a str>,
}

impl Payload<'_> {
    fn action(&self) -> &str {
        text(&self.payload["action"])
    }

    /// Whether vso itself did it.
    fn is_own(&self) -> bool {
        let sender = &self.payload["sender"];
        self.me.is_some_and(|me| sender["login"] == *me)
    }

    /// A wish that is about a repository, which has to be named.
    fn about(&self, wish: Wish) -> Wish {
        if self.repository.is_some() { wish } else { nothing("it names no repository") }
    }

    fn push(&self) -> Wish {
        let Some(branch) = text(&self.payload["ref"]).strip_prefix("refs/heads/") else {
            return nothing("no branch was pushed");
        };
        let repository = &self.payload["repository"];
        let default = [&repository["default_branch"], &repository["master_branch"]].map(text);
        let default = default.into_iter().find(|name| !name.is_empty());
        if default.is_none_or(|default| default == branch) {
            return self.about(Wish::Sync);
        }
        match (is_branch_of_vso(branch), self.is_own()) {
            (true, true) => nothing("vso pushed it itself"),
            (true, false) => self.about(Wish::Sync),
            (false, _) => self.about(Wish::Branch(branch.to_owned())),
        }
    }

    fn pull_request(&self) -> Wish {
        let pull = &self.payload["pull_request"];
        let is_merged = pull["merged"] == true;
        if self.is_own() && !is_merged {
            return nothing("vso did it itself");
        }
        let (head, action) = (&pull["head"], self.action());
        let is_here = self.repository.is_some_and(|repository| head["repo"]["id"] == repository.id);
        let number = number(&pull["number"]).or_else(|| number(&self.payload["number"]));
        match action {
            "closed" | "reopened" | "ready_for_review" | "converted_to_draft" | "edited" | "synchronize" | "opened"
                if is_here && is_branch_of_vso(text(&head["ref"])) =>
            {
                self.about(Wish::Sync)
            }
            "opened" | "reopened" | "synchronize" | "ready_for_review" | "edited" => match number {
                Some(number) => self.about(Wish::Check { number }),
                None => nothing("it names no pull request"),
            },
            "closed" => nothing("the pull request is a person's; what it brought is told by a push"),
            _ => nothing("it changes nothing that vso looks at"),
        }
    }

    fn comment(&self) -> Wish {
        if self.is_own() {
            return nothing("vso wrote it itself");
        }
        match Asked::of(self.payload) {
            None => nothing("it is no new comment"),
            Some(asked) if asked.by_bot => nothing("a machine wrote it"),
            Some(asked) if commands(&asked.body).is_empty() => nothing("the comment holds no command"),
            Some(asked) => self.about(Wish::Answer(asked)),
        }
    }

    fn check_run(&self, guid: &str) -> Wish {
        let run = &self.payload["check_run"];
        let commit = text(&run["head_sha"]);
        match self.action() {
            "rerequested" => self.rerun(commit),
            "requested_action" => match Pressed::of(self.payload, guid) {
                Some(pressed) => self.about(Wish::Press(pressed)),
                None => nothing("it does not say which button was pressed, or by whom"),
            },
            _ => nothing("a check changes nothing"),
        }
    }

    fn check_suite(&self) -> Wish {
        match self.action() {
            "rerequested" => self.rerun(text(&self.payload["check_suite"]["head_sha"])),
            // The push, or the pull request's own event, tells the same.
            _ => nothing("a check suite changes nothing"),
        }
    }

    fn rerun(&self, commit: &str) -> Wish {
        let is_commit = matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit { self.about(Wish::Rerun { commit: commit.to_owned() }) } else { nothing("it names no commit") }
    }

    fn installation(&self) -> Wish {
        match self.action() {
            "created" | "unsuspend" | "new_permissions_accepted" => {
                admit(all_named(&self.payload["repositories"], text(&self.payload["installation"]["account"]["login"])))
            }
            "deleted" | "suspend" => Wish::Leave,
            _ => nothing("it changes no repository"),
        }
    }

    fn installation_repositories(&self) -> Wish {
        let owner = text(&self.payload["installation"]["account"]["login"]);
        match self.action() {
            "added" => admit(all_named(&self.payload["repositories_added"], owner)),
            "removed" => dismiss(all_named(&self.payload["repositories_removed"], owner)),
            _ => nothing("it changes no repository"),
        }
    }

    fn repository(&self) -> Wish {
        let Some(repository) = self.repository else { return nothing("it names no repository") };
        match self.action() {
            "renamed" | "transferred" => Wish::Rename(repository.clone()),
            "deleted" | "archived" => Wish::Dismiss(vec![repository.id]),
            "unarchived" => Wish::Admit(vec![repository.clone()]),
            "edited" if self.payload["changes"]["default_branch"].is_object() => Wish::Sync,
            _ => nothing("it changes nothing that vso looks at"),
        }
    }

    fn own(&self) -> Wish {
        match self.action() {
            "sync" => self.about(Wish::Sync),
            "tidy" => self.about(Wish::Tidy),
            "evict" => self.about(Wish::Evict),
            _ => nothing("vso does not know this order of its own"),
        }
    }
}

fn nothing(why: &str) -> Wish {
    Wish::Nothing(why.to_owned())
}

fn admit(named: Vec<Named>) -> Wish {
    if named.is_empty() { nothing("it names no repository") } else { Wish::Admit(named) }
}

fn dismiss(named: Vec<Named>) -> Wish {
    if named.is_empty() {
        return nothing("it names no repository");
    }
    Wish::Dismiss(named.into_iter().map(|named| named.id).collect())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().filter(|number| (1..=i64::MAX as u64).contains(number))
}

/// A repository of a list; where its full name is missing its owner is the installation's.
fn all_named(list: &Value, owner: &str) -> Vec<Named> {
    let one = |value: &Value| {
        let by_owner = || {
            let name = Some(text(&value["name"])).filter(|name| !name.is_empty() && !owner.is_empty())?;
            Some(Named { id: number(&value["id"])?, owner: owner.to_owned(), name: name.to_owned() })
        };
        named(value).or_else(by_owner)
    };
    list.as_array().into_iter().flatten().filter_map(one).collect()
}

fn named(value: &Value) -> Option<Named> {
    let (owner, name) = text(&value["full_name"]).split_once('/')?;
    let is_plain = |name: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=100).contains(&name.len()) && name.bytes().all(is_letter) && !matches!(name, "." | "..")
    };
    let is_good = is_plain(owner) && is_plain(name) && !owner.contains('.');
    is_good.then(|| Some(Named { id: number(&value["id"])?, owner: owner.to_owned(), name: name.to_owned() }))?
}

/// The outermost object without what is heavy: a push can hold 25 MB of commits, and none of them is looked at.
struct Outside(Map<String, Value>);

impl<'de> Deserialize<'de> for Outside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Outside;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Outside, A::Error> {
        let mut kept = Map::new();
        while let Some(key) = all.next_key::<String>()? {
            if HEAVY.contains(&key.as_str()) {
                all.next_value::<IgnoredAny>()?;
            } else {
                kept.insert(key, all.next_value()?);
            }
        }
        Ok(Outside(kept))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ME: &str = "vso-acme[bot]";

    fn heard(event: &str, payload: &Value) -> Wish {
        let mut payload = payload.clone();
        if payload.get("repository").is_none() {
            payload["repository"] = json!({ "id": 7, "full_name": "acme/design", "default_branch": "main" });
        }
        Heard::of(event, "0a1b2c3d-0000-4000-8000-000000000001", payload.to_string().as_bytes(), Some(ME)).wish
    }

    fn word(event: &str, payload: Value) -> &'static str {
        heard(event, &payload).word()
    }

    #[test]
    fn pushes_ask_for_a_sync_where_they_matter() {
        let push = |name: &str, by: &str| heard("push", &json!({ "ref": name, "sender": { "login": by } }));
        assert_eq!(push("refs/heads/main", "alice"), Wish::Sync);
        assert_eq!(push("refs/heads/main", ME), Wish::Sync, "a merge by the server's own button");
        assert_eq!(push("refs/heads/slice-001-members-v1.0.0", "alice"), Wish::Sync);
        assert_eq!(push("refs/heads/slice-001-members-v1.0.0", ME).word(), "nothing");
        assert_eq!(push("refs/heads/feature", "alice"), Wish::Branch("feature".into()));
        for other in ["refs/tags/v1", "refs/vso/generated", "main", ""] {
            assert_eq!(push(other, "alice").word(), "nothing", "{other}");
        }
    }

    #[test]
    fn what_vso_does_itself_begins_no_ring() {
        let sender = json!({ "login": ME, "type": "Bot" });
        let pull =
            json!({ "number": 3, "merged": false, "head": { "ref": "slice-001-x-v1.0.0", "repo": { "id": 7 } } });
        for action in ["opened", "edited", "closed", "synchronize", "reopened"] {
            let own = json!({ "action": action, "pull_request": pull, "sender": sender });
            assert_eq!(word("pull_request", own), "nothing", "{action}");
            let people = json!({ "action": action, "pull_request": pull, "sender": { "login": "bob" } });
            assert_eq!(word("pull_request", people), "sync", "{action}");
        }
        let comment = |by: &str, kind: &str| {
            json!({ "action": "created", "sender": { "login": by }, "issue": { "number": 3 },
                "comment": { "id": 5, "body": "/vso sync", "user": { "login": by, "id": 3, "type": kind } } })
        };
        assert_eq!(word("issue_comment", comment("bob", "User")), "answer");
        assert_eq!(word("issue_comment", comment(ME, "Bot")), "nothing");
        assert_eq!(word("issue_comment", comment("other[bot]", "Bot")), "nothing");
        for action in ["created", "completed"] {
            assert_eq!(word("check_run", json!({ "action": action, "sender": sender })), "nothing");
            assert_eq!(word("check_suite", json!({ "action": action, "sender": sender })), "nothing");
        }
    }

    #[test]
    fn pull_requests_of_people_are_checked() {
        let of = |action: &str, branch: &str, from: u64| {
            let pull = json!({ "number": 3, "merged": true, "head": { "ref": branch, "repo": { "id": from } } });
            heard("pull_request", &json!({ "action": action, "pull_request": pull, "sender": { "login": "bob" } }))
        };
        assert_eq!(of("opened", "feature", 7), Wish::Check { number: 3 });
        assert_eq!(of("synchronize", "slice-001-x-v1.0.0", 99), Wish::Check { number: 3 }, "a fork's branch");
        assert_eq!(of("closed", "slice-001-x-v1.0.0", 7), Wish::Sync);
        assert_eq!(of("closed", "feature", 7).word(), "nothing");
        assert_eq!(of("labeled", "slice-001-x-v1.0.0", 7).word(), "nothing");
    }

    #[test]
    fn buttons_and_both_re_run_events_are_understood() {
        let head = "0123456789abcdef0123456789abcdef01234567";
        let run = json!({ "id": 9, "head_sha": head, "check_suite": { "head_branch": "slice-001-x-v1.0.0" } });
        let sender = json!({ "login": "bob", "id": 3, "type": "User" });
        assert_eq!(
            heard("check_run", &json!({ "action": "rerequested", "check_run": run, "sender": sender })),
            Wish::Rerun { commit: head.into() }
        );
        assert_eq!(
            word("check_suite", json!({ "action": "rerequested", "check_suite": { "head_sha": head } })),
            "rerun"
        );
        assert_eq!(
            word("check_suite", json!({ "action": "rerequested", "check_suite": { "head_sha": "x" } })),
            "nothing"
        );
        let mut press = json!({ "action": "requested_action", "check_run": run, "sender": sender,
            "requested_action": { "identifier": "take-master" } });
        let Wish::Press(pressed) = heard("check_run", &press) else { panic!("no press") };
        assert_eq!((pressed.identifier.as_str(), pressed.head.as_str(), pressed.by_id), ("take-master", head, 3));
        press["sender"] = Value::Null;
        assert_eq!(word("check_run", press), "nothing");
    }

    #[test]
    fn repositories_come_go_and_change_their_names() {
        let account = json!({ "id": 5, "account": { "login": "acme" } });
        let one = json!([{ "id": 7, "name": "design", "full_name": "acme/design" }, { "id": 8, "name": "site" }, { "id": "x" }]);
        let created = json!({ "action": "created", "installation": account, "repositories": one });
        let Wish::Admit(named) = heard("installation", &created) else { panic!("not admitted") };
        assert_eq!(
            named.iter().map(|one| (one.id, one.name.as_str())).collect::<Vec<_>>(),
            [(7, "design"), (8, "site")]
        );
        for (event, payload, expected) in [
            ("installation", json!({ "action": "deleted", "installation": account }), Wish::Leave),
            ("installation", json!({ "action": "suspend", "installation": account }), Wish::Leave),
            (
                "installation_repositories",
                json!({ "action": "removed", "installation": account, "repositories_removed": one }),
                Wish::Dismiss(vec![7, 8]),
            ),
            ("repository", json!({ "action": "deleted" }), Wish::Dismiss(vec![7])),
            ("repository", json!({ "action": "edited", "changes": { "default_branch": { "from": "x" } } }), Wish::Sync),
        ] {
            assert_eq!(heard(event, &payload), expected, "{event} {payload}");
        }
        let renamed = json!({ "action": "renamed", "repository": { "id": 7, "full_name": "acme/plans" } });
        assert!(matches!(heard("repository", &renamed), Wish::Rename(named) if named.name == "plans"));
    }

    #[test]
    fn what_is_not_as_expected_asks_for_nothing() {
        for body in ["", "[]", "null", "{", "{\"ref\":", &format!("{{\"a\":{}", "[".repeat(100_000))] {
            let heard = Heard::of("push", "g", body.as_bytes(), None);
            assert_eq!((heard.wish.word(), heard.repository), ("nothing", None), "{body:.20}");
        }
        let values = [Value::Null, json!(1), json!(-1), json!("x/y/z"), json!([]), json!({}), json!({ "id": 1.5 })];
        for event in ["push", "pull_request", "check_run", "check_suite", "issue_comment", "installation", "repository"]
        {
            for value in &values {
                let all = ["action", "ref", "repository", "pull_request", "comment", "issue", "check_run", "sender"];
                let payload: Map<String, Value> = all.iter().map(|key| ((*key).to_owned(), value.clone())).collect();
                let heard = Heard::of(event, "g", Value::Object(payload).to_string().as_bytes(), Some(ME));
                assert!(matches!(heard.wish, Wish::Nothing(_) | Wish::Leave), "{event} {value}: {heard:?}");
            }
        }
        let heavy =
            format!("{{\"ref\":\"refs/heads/main\",\"commits\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Heard::of("push", "g", heavy.as_bytes(), None).wish.word(), "nothing", "no repository is named");
    }

    #[test]
    fn all_of_githubs_examples_are_understood() {
        let mut words = std::collections::BTreeMap::<&str, usize>::new();
        for event in ["push", "pull_request", "check_run", "check_suite", "issue_comment", "installation", "repository"]
        {
            let path = format!("{}/tests/fixtures/webhooks/{event}.json", env!("CARGO_MANIFEST_DIR"));
            let examples: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            for example in examples {
                let heard = Heard::of(event, "g", example.to_string().as_bytes(), None);
                assert!(event == "installation" || heard.repository.is_some(), "{event}: {example}");
                *words.entry(heard.wish.word()).or_default() += 1;
            }
        }
        for word in ["sync", "check", "press", "rerun", "admit", "dismiss", "rename", "nothing"] {
            assert!(words.get(word).is_some_and(|count| *count > 0), "{word}: {words:?}");
        }
    }
}
