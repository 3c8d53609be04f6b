//! GitHub's limits, on fakehub's clock: refused requests wait as they are told, and no published limit is broken.

use serde_json::{Value, json};

use super::desk::{Desk, new_pull};
use crate::hub_world::REPO;

fn now(desk: &Desk) -> i64 {
    let clock = desk.world.hub.control("GET", "clock", &Value::Null);
    let now = clock["now"].as_i64().or_else(|| clock["now"].as_f64().map(|now| now as i64));
    now.or_else(|| clock["now"].as_str()?.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second))
        .unwrap_or_else(|| panic!("{clock}"))
}

#[test]
fn what_github_asks_for_is_waited_for() {
    let desk = Desk::new();
    desk.branch("one");
    let refused = |status: u16, headers: Value| json!({ "status": status, "headers": headers, "body": { "message": "You have exceeded a secondary rate limit" } });
    let reset = |after: i64| (now(&desk) + after).to_string();
    let cases = [
        (403, json!({ "retry-after": "40" }), 40.0, "GitHub asks to wait 40 s"),
        (429, json!({ "retry-after": "30" }), 30.0, "GitHub asks to wait 30 s"),
        (403, json!({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset(1200) }), 600.0, "used up"),
        (429, json!({}), 60.0, "GitHub asks to wait 60 s"),
        (403, json!({}), 60.0, "GitHub asks to wait 60 s"),
    ];
    for (status, headers, least, word) in cases {
        desk.said.borrow_mut().clear();
        desk.fault("POST", "**/labels", "status", refused(status, headers.clone()));
        desk.action(|hub| {
            let pull = hub.make_pull(&new_pull("one")).unwrap();
            hub.add_labels(pull.number, &["vso".into()]).unwrap();
            let labels: Vec<_> = hub.calls().into_iter().filter(|call| call.path.ends_with("/labels")).collect();
            assert_eq!(labels.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(status), Some(200)]);
            assert!(labels[1].waited.as_secs_f64() >= least, "{status} {headers}: {:?}", labels[1].waited);
        });
        assert!(desk.said.borrow().iter().any(|said| said.contains(word)), "{headers}: {:?}", desk.said.borrow());
    }
}

#[test]
fn a_limit_that_does_not_end_is_an_error_after_a_while() {
    let desk = Desk::new();
    let said = json!({ "status": 429, "headers": { "retry-after": "1" }, "times": 99 });
    desk.fault("GET", "**/pulls", "status", said);
    desk.action(|hub| {
        let fault = hub.open_pulls().unwrap_err();
        assert!(fault.message().contains("because of its limits") && fault.kind().exit_code() == 3, "{fault}");
        assert_eq!(hub.calls().len(), 6);
    });
    desk.world.hub.heal();
    let said = json!({ "status": 403, "headers": { "retry-after": "90000" } });
    desk.fault("GET", "**/pulls", "status", said);
    desk.action(|hub| {
        let fault = hub.open_pulls().unwrap_err();
        assert!(fault.message().contains("asks to wait 1500 min"), "{fault}");
    });
}

#[test]
fn forty_pull_requests_at_once_break_no_limit() {
    let desk = Desk::new();
    let names = desk.branches(40);
    // Slow enough for the limits to matter: the hub itself takes some milliseconds a call.
    desk.world.hub.control("POST", "clock", &json!({ "speed": 20 }));
    let mut variables = desk.world.variables(&desk.world.action);
    variables.retain(|(name, _)| name != "VSO_TEST_CLOCK_SPEED");
    variables.push(("VSO_TEST_CLOCK_SPEED".into(), "20".into()));
    desk.with(&variables, |hub| {
        for name in &names {
            let pull = hub.make_pull(&new_pull(name)).unwrap();
            hub.add_labels(pull.number, &["vso".into()]).unwrap();
            hub.comment(pull.number, &format!("<!-- {name} -->")).unwrap();
        }
        assert!(hub.calls().iter().all(|call| call.status == Some(201) || call.status == Some(200)));
        assert!(hub.calls().iter().any(|call| call.waited.as_millis() > 500), "the governor held some back");
    });
    let broken = desk.world.hub.control("GET", "violations", &Value::Null);
    assert_eq!(broken, json!([]));
}

#[test]
fn enterprise_servers_are_recognised_by_what_they_answer() {
    let desk = Desk::new();
    desk.action(|hub| {
        hub.open_pulls().unwrap();
        assert!(!hub.is_enterprise());
    });
    desk.world.hub.control("POST", "mode", &json!({ "enterprise": true }));
    desk.action(|hub| {
        hub.open_pulls().unwrap();
        assert!(hub.is_enterprise());
        assert_eq!(hub.access().page(), format!("{}/{REPO}", desk.world.hub.url));
    });
}

#[test]
fn a_budget_that_others_have_used_up_is_waited_for() {
    let desk = Desk::new();
    desk.branch("one");
    let number = desk.action(|hub| hub.make_pull(&new_pull("one")).unwrap().number);
    let path = format!("/repos/{REPO}/issues/{number}/comments");
    let write = || desk.world.hub.api(&desk.world.action, "POST", &path, &json!({ "body": "x" })).status;
    let refused = (0..200).map(|_| write()).find(|status| *status != 201);
    assert!(matches!(refused, Some(403 | 429)), "{refused:?}");
    desk.action(|hub| {
        hub.comment(number, "in the end").unwrap();
        let statuses: Vec<_> = hub.calls().iter().map(|call| call.status).collect();
        assert!(statuses.len() <= 3 && statuses.last() == Some(&Some(201)), "{statuses:?}");
    });
}

#[test]
fn graphql_says_it_with_success() {
    let desk = Desk::new();
    desk.branch("one");
    desk.action(|hub| {
        let pull = hub.make_pull(&new_pull("one")).unwrap();
        let reset = (now(&desk) + 900).to_string();
        let said = json!({
            "status": 200,
            "headers": { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
            "body": { "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] },
        });
        desk.fault("POST", "/graphql", "status", said);
        hub.set_draft(&pull, true).unwrap();
        let last = hub.calls().pop().unwrap();
        assert!(last.path == "/graphql" && last.waited.as_secs() > 600, "{last:?}");
    });
}
