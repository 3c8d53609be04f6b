//! Comments, reactions, and who may do what.

use serde_json::json;
use vso::forge::github::{Permission, Reaction};

use super::desk::{Desk, new_pull};
use crate::hub_world::REPO;

#[test]
fn comments_are_written_once_changed_and_reacted_to() {
    let desk = Desk::new();
    desk.branch("one");
    desk.action(|hub| {
        let pull = hub.make_pull(&new_pull("one")).unwrap();
        desk.world.comment(&desk.world.bob, pull.number, "/vso help");
        let own = hub.comment(pull.number, "<!-- vso -->\r\nhere you are\n").unwrap();
        desk.fault("POST", "**/comments", "cut-after", json!({}));
        let lost = hub.comment(pull.number, "<!-- vso 2 -->\nonce").unwrap();
        let all = hub.comments(pull.number).unwrap();
        assert_eq!(all.iter().map(|comment| comment.id).collect::<Vec<_>>()[1..], [own.id, lost.id]);
        assert_eq!((all[0].author.as_str(), all[0].by_bot, all[0].body.as_str()), ("bob", false, "/vso help"));
        assert!(all[0].author_id > 0 && own.by_bot && !all[0].created_at.is_empty());
        hub.change_comment(own.id, "other").unwrap();
        assert_eq!(hub.comments(pull.number).unwrap()[1].body, "other");
        for reaction in [Reaction::Eyes, Reaction::ThumbsUp, Reaction::ThumbsUp, Reaction::Confused] {
            hub.react(all[0].id, reaction).unwrap();
        }
        desk.fault("POST", "**/reactions", "cut-after", json!({}));
        hub.react(all[0].id, Reaction::Rocket).unwrap();
        let path = format!("/repos/{REPO}/issues/comments/{}/reactions", all[0].id);
        let given = desk.world.hub.api(&desk.world.alice, "GET", &path, &json!(null)).ok();
        let words: Vec<&str> = given.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect();
        assert_eq!(words, ["eyes", "+1", "confused", "rocket"]);
        assert!(hub.change_comment(4_000_000, "x").is_err() && hub.react(4_000_000, Reaction::Eyes).is_err());
    });
}

#[test]
fn many_comments_are_all_read() {
    let desk = Desk::new();
    desk.branch("one");
    desk.action(|hub| {
        let pull = hub.make_pull(&new_pull("one")).unwrap();
        for number in 0..104 {
            if number % 40 == 39 {
                // People have limits as well.
                desk.world.hub.control("POST", "clock", &json!({ "advance": 70 }));
            }
            desk.world.comment(&desk.world.bob, pull.number, &format!("{number}"));
        }
        let all = hub.comments(pull.number).unwrap();
        assert_eq!((all.len(), all[103].body.as_str()), (104, "103"));
    });
}

#[test]
fn what_people_may_do_is_known_by_their_number() {
    let desk = Desk::new();
    desk.action(|hub| {
        let levels = ["alice", "bob", "mallory"].map(|login| hub.permission(login).unwrap());
        assert_eq!(
            levels.map(|standing| standing.permission),
            [Permission::Admin, Permission::Write, Permission::Read]
        );
        assert!(levels.iter().all(|standing| standing.user_id.is_some()));
        for stranger in ["nobody-at-all", "../../user", "a b", "$(x)", "ä"] {
            let standing = hub.permission(stranger).unwrap();
            assert!(!standing.permission.may_write(), "{stranger}");
        }
        desk.fault("GET", "**/permission", "status", json!({ "status": 500, "times": 9 }));
        assert!(hub.permission("alice").is_err(), "closed where it can't be asked");
    });
}

#[test]
fn vso_knows_its_own_name() {
    let desk = Desk::new();
    assert_eq!(desk.personal(|hub| hub.me().unwrap()).as_deref(), Some("design-robot"));
    let app = desk.world.app();
    let name = desk.with(&desk.world.app_variables(&app), |hub| hub.me().unwrap());
    assert_eq!(name.as_deref(), Some("vso-acme[bot]"));
    let name = desk.action(|hub| hub.me().unwrap());
    assert!(name.is_none_or(|name| name == "github-actions[bot]"));
}
