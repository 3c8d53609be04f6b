//! git signs in on the hub with the client's token: over real HTTP, beside what `actions/checkout` left, and nowhere else.

use vso::git::{Credentials, Exchange, Id, Repo, Update};

use super::desk::Desk;

fn repo(desk: &Desk) -> Repo {
    Repo::at(desk.world.project.world.path()).unwrap().unwrap()
}

fn push(repo: &Repo, branch: &str) -> Exchange {
    let to: Id = repo.head().unwrap().unwrap();
    repo.push("origin", &[Update { name: format!("refs/heads/{branch}"), expected: None, to: Some(to) }]).unwrap()
}

#[test]
fn pushes_and_fetches_sign_in_with_every_kind_of_token() {
    let desk = Desk::new();
    let mut repo = repo(&desk);
    assert!(matches!(push(&repo, "without"), Exchange::Unreachable(_)), "nobody pushes without a token");
    let app = desk.world.app();
    let environments = [
        ("action", desk.world.variables(&desk.world.action)),
        ("personal", desk.world.variables(&desk.world.personal())),
        ("app", desk.world.app_variables(&app)),
    ];
    for (name, variables) in environments {
        repo.set_credentials(desk.with(&variables, |hub| hub.git_credentials().unwrap()));
        assert_eq!(push(&repo, name), Exchange::Done);
        assert_eq!(repo.fetch("origin", &["+refs/heads/*:refs/remotes/origin/*"]).unwrap(), Exchange::Done);
        assert_eq!(repo.remote_refs("origin", &[&format!("refs/heads/{name}")]).unwrap().unwrap().len(), 1);
    }
}

#[test]
fn what_checkout_left_behind_does_not_stand_in_the_way() {
    let desk = Desk::new();
    let key = format!("http.{}/.extraheader", desk.world.hub.url);
    desk.world.project.git(&["config", "--local", &key, "AUTHORIZATION: basic b2xkOm9sZA=="]);
    let mut repo = repo(&desk);
    assert!(matches!(push(&repo, "old"), Exchange::Unreachable(_)), "an old token is refused");
    repo.set_credentials(desk.action(|hub| hub.git_credentials().unwrap()));
    assert_eq!(push(&repo, "new"), Exchange::Done);
}

#[test]
fn a_token_that_is_refused_is_not_repeated_in_the_complaint() {
    let desk = Desk::new();
    let mut repo = repo(&desk);
    let token = format!("ghs_1_{}", "q".repeat(400));
    let url_prefix = format!("{}/", desk.world.hub.url);
    repo.set_credentials(Credentials { url_prefix, user: "x-access-token".into(), token: token.clone() });
    let Exchange::Unreachable(why) = push(&repo, "x") else { panic!("it was let in") };
    assert!(!why.contains("qqqq") && !why.is_empty(), "{why}");
    let config = std::fs::read_to_string(desk.world.project.world.path().join(".git/config")).unwrap();
    assert!(!config.contains("ghs_") && !config.contains("credential"), "{config}");
}
