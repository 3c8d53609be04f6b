//! `vso demo --github`: the whole way over pull requests, as somebody sees it who tries vso for the first time.

use crate::world::World;

#[test]
fn it_goes_from_a_push_to_conflicts_that_buttons_settle() {
    let world = World::new();
    let ran = world.vso(&["demo", "--github"]).exits(0);
    let said = |words: &str| assert!(ran.out.contains(words), "{words:?} is missing:\n{}\n{}", ran.out, ran.err);
    said("slice-004-loans 1.0.1: ~FR-024");
    said("alice on the dashboard: Take master: 1 conflict on slice-004-loans-v1.0.2");
    said("alice on vso / slices: Take slice");
    said("#4 merged: slice-004-loans 1.0.3: ~FR-024");
    said("nothing to do: 9 slices in step with the master");
    said("#6 slice-006-fees 1.0.1: ~FR-041");
    said("/enter?token=");
    for (check, conclusion) in
        [("vso / specification", "success"), ("vso / slices", "action_required"), ("vso / slices", "success")]
    {
        let is_line = |line: &str| line.contains(check) && line.contains(conclusion);
        assert!(ran.out.lines().any(is_line), "{check} {conclusion}:\n{}", ran.out);
    }
    let ended = ran
        .out
        .lines()
        .filter(|line| line.contains("enter?token="))
        .find_map(|line| line.trim().split("/enter").next());
    let address = ended.unwrap().trim_start_matches("http://");
    assert!(std::net::TcpStream::connect(address).is_err(), "the server at {address} outlived the demo");
    assert!(!ran.out.contains("ghs_") && !ran.out.contains("ghp_"), "a token was printed:\n{}", ran.out);
}

#[test]
fn without_the_stand_in_it_says_what_to_build() {
    let world = World::new();
    let alone = world.path().join(format!("vso{}", std::env::consts::EXE_SUFFIX));
    std::fs::copy(env!("CARGO_BIN_EXE_vso"), &alone).unwrap();
    let ended = world.command(alone.to_str().unwrap()).args(["demo", "--github"]).output().unwrap();
    let err = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{err}");
    assert!(err.contains("fakehub") && err.contains("cargo build -p fakehub"), "{err}");
}
