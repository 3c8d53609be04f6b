//! The governor against the published budgets, on a clock of its own.

use proptest::prelude::*;

use super::*;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sends requests as fast as the governor lets them go, from the times at which they are wanted; gives when they went.
fn sent(wanted: &[(u64, Cost)]) -> Vec<(Duration, Cost)> {
    let mut governor = Governor::default();
    let mut now = Duration::ZERO;
    let mut gone = Vec::new();
    for (pause, cost) in wanted {
        now += Duration::from_millis(*pause);
        while let Some((wait, _)) = governor.wait(now, *cost) {
            assert!(wait > Duration::ZERO);
            now += wait;
        }
        governor.went(now, *cost);
        gone.push((now, *cost));
    }
    gone
}

/// The most that any span of this length holds; only spans that begin with a request can hold most.
fn most(gone: &[(Duration, Cost)], span: Duration, worth: impl Fn(Cost) -> u32) -> u32 {
    let held = |start: Duration| {
        gone.iter().filter(|(at, _)| (start..start + span).contains(at)).map(|(_, cost)| worth(*cost)).sum()
    };
    gone.iter().map(|(at, _)| held(*at)).max().unwrap_or(0)
}

fn any_requests() -> impl Strategy<Value = Vec<(u64, Cost)>> {
    let cost = prop::sample::select(vec![Cost::Read, Cost::Write, Cost::Content]);
    let pause = prop_oneof![5 => Just(0u64), 3 => 0..400u64, 1 => 0..90_000u64];
    let mixed = prop::collection::vec((pause.clone(), cost), 0..700);
    let reads = prop::collection::vec((pause, Just(Cost::Read)), 900..1400);
    prop_oneof![4 => mixed, 1 => reads]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_budget_is_overdrawn_whatever_the_order(wanted in any_requests()) {
        let gone = sent(&wanted);
        let content = |cost| u32::from(cost == Cost::Content);
        prop_assert!(most(&gone, secs(60), Cost::points) <= POINTS_A_MINUTE);
        prop_assert!(most(&gone, secs(60), content) <= CONTENT_A_MINUTE);
        prop_assert!(most(&gone, secs(3600), content) <= CONTENT_AN_HOUR);
        let writes: Vec<Duration> = gone.iter().filter(|(_, cost)| *cost != Cost::Read).map(|(at, _)| *at).collect();
        for (index, pair) in writes.windows(WRITES_AT_ONCE as usize + 1).enumerate() {
            prop_assert!(pair[WRITES_AT_ONCE as usize] - pair[0] >= secs(1), "writes from {index}");
        }
    }

    #[test]
    fn nothing_goes_before_the_time_that_was_asked_for(asked in 1..3000u64, cost in 0..3usize) {
        let cost = [Cost::Read, Cost::Write, Cost::Content][cost];
        let mut governor = Governor::default();
        governor.went(secs(1), cost);
        let said = Said { refused: true, retry_after: Some(asked), ..Said::default() };
        prop_assert_eq!(governor.heard(secs(2), said), None);
        prop_assert_eq!(governor.wait(secs(2), cost), Some((secs(asked), Why::Asked)));
        prop_assert_eq!(governor.wait(secs(2 + asked), Cost::Read), None);
    }
}

#[test]
fn a_long_run_of_content_keeps_every_budget() {
    let gone = sent(&[(0, Cost::Content); 620]);
    let content = |cost| u32::from(cost == Cost::Content);
    assert_eq!(gone[9].0, Duration::ZERO, "ten at once");
    assert_eq!(gone[10].0, secs(1));
    assert!(most(&gone, secs(60), content) <= CONTENT_A_MINUTE);
    assert_eq!(most(&gone, secs(3600), content), CONTENT_AN_HOUR);
    assert!(gone[500].0 >= secs(3600), "the hour is waited for");
}

#[test]
fn reads_go_at_once_until_their_points_are_spent() {
    let gone = sent(&[(0, Cost::Read); 901]);
    assert_eq!(gone[899].0, Duration::ZERO);
    assert!(gone[900].0 > secs(60));
}

#[test]
fn refusals_are_answered_by_the_first_of_three_rules_that_applies() {
    let check = |said: Said, expected: (u64, Why)| {
        let mut governor = Governor::default();
        assert_eq!(governor.heard(secs(5), Said { refused: true, ..said }), None);
        assert_eq!(governor.wait(secs(5), Cost::Read), Some((secs(expected.0), expected.1)), "{said:?}");
    };
    let said = Said { retry_after: Some(40), remaining: Some(0), reset: Some(900), ..Said::default() };
    check(said, (40, Why::Asked));
    check(Said { retry_after: None, ..said }, (900, Why::Primary));
    check(Said { retry_after: None, remaining: Some(12), ..said }, (60, Why::Asked));
    check(Said::default(), (60, Why::Asked));
    check(Said { retry_after: Some(0), ..said }, (1, Why::Asked));
}

#[test]
fn without_a_named_time_the_wait_doubles_and_success_forgets() {
    let mut governor = Governor::default();
    let refused = Said { refused: true, ..Said::default() };
    let mut now = Duration::ZERO;
    for expected in [60, 120, 240, 480] {
        assert_eq!(governor.heard(now, refused), None);
        let (wait, _) = governor.wait(now, Cost::Read).unwrap();
        assert_eq!(wait, secs(expected));
        now += wait;
    }
    assert_eq!(governor.refusals(), 4);
    assert_eq!(governor.heard(now, Said::default()), None);
    assert_eq!((governor.refusals(), governor.wait(now, Cost::Read)), (0, None));
}

#[test]
fn the_last_request_of_the_hour_is_the_last() {
    let mut governor = Governor::default();
    let said = Said { remaining: Some(0), reset: Some(100), ..Said::default() };
    assert_eq!(governor.heard(secs(1), said), None);
    assert_eq!(governor.wait(secs(1), Cost::Read), Some((secs(100), Why::Primary)));
    assert_eq!(governor.heard(secs(1), Said { refused: true, retry_after: Some(86_400), ..said }), Some(secs(86_400)));
}

#[test]
fn runs_that_follow_each_other_keep_the_pace_together() {
    let mut now = secs(7200);
    let (mut past, mut gone) = (Past::default(), Vec::new());
    for run in 0..4 {
        let mut governor = Governor::default();
        // What a run kept is read as JSON by the next one, half a second later.
        let kept = serde_json::from_str(&serde_json::to_string(&past).unwrap()).unwrap();
        now += Duration::from_millis(500);
        governor.recall(now, &kept, Duration::from_millis(if run == 0 { 0 } else { 500 }));
        for _ in 0..160 {
            while let Some((wait, _)) = governor.wait(now, Cost::Content) {
                now += wait;
            }
            governor.went(now, Cost::Content);
            gone.push((now, Cost::Content));
        }
        past = governor.past(now);
    }
    let content = |cost| u32::from(cost == Cost::Content);
    assert!(most(&gone, secs(60), content) <= CONTENT_A_MINUTE);
    assert!(most(&gone, secs(60), Cost::points) <= POINTS_A_MINUTE);
    assert!(most(&gone, secs(3600), content) <= CONTENT_AN_HOUR);
    let at_the_change: Vec<_> = (1..4).map(|run| gone[run * 160].0 - gone[run * 160 - 1].0).collect();
    assert!(at_the_change.iter().all(|pause| *pause >= Duration::from_millis(499)), "{at_the_change:?}");
    assert!(most(&gone, secs(1), content) <= WRITES_AT_ONCE + 1, "no run begins with ten at once behind another");
}

#[test]
fn what_a_server_asked_for_outlives_the_run() {
    let mut governor = Governor::default();
    governor.heard(secs(7200), Said { refused: true, retry_after: Some(300), ..Said::default() });
    let past = governor.past(secs(7230));
    let mut next = Governor::default();
    next.recall(secs(7200), &past, secs(30));
    assert_eq!(next.wait(secs(7200), Cost::Read), Some((secs(240), Why::Asked)));
    let mut late = Governor::default();
    late.recall(secs(7200), &past, secs(7000));
    assert_eq!(late.wait(secs(7200), Cost::Content), None);
    assert_eq!(late.left(secs(7200)).content_hour, CONTENT_AN_HOUR);
}
