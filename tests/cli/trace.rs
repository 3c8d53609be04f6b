//! `vso trace`: gaps first, tests that stand in the folders, results from files, and nothing that computes or runs.

use crate::cli::graph::MASTER;
use crate::world::World;

/// A world with slices as they would be after some work by people.
fn worked() -> World {
    let world = World::with_master(MASTER);
    world.write(
        "vertical-slices/slice-001-members/tests/unit/test_criteria.py",
        "def test_ac_fr_001(api):\n    \"\"\"def test_ac_fr_002(): not a test\"\"\"\n    assert api.post('/members').ok\n",
    );
    world.write(
        "vertical-slices/slice-002-loans/tests/unit/test_criteria.py",
        "def test_ac_fr_002(api, steps):\n    steps.ac_fr_002(api)\n",
    );
    world.write(
        "vertical-slices/slice-002-loans/tests/steps.py",
        "def ac_fr_002(api):\n    raise NotImplementedError('A member can borrow a tool.')\n",
    );
    world.write(
        "vertical-slices/slice-002-loans/tests/performance/test_limits.py",
        "def test_ac_nfr_1(load):\n    assert load.p95 < 0.2\n",
    );
    world.write(
        "out/junit.xml",
        "<testsuites><testsuite name=\"pytest\">\
         <testcase classname=\"vertical-slices.slice-001-members.tests.unit.test_criteria\" name=\"test_ac_fr_001\"/>\
         <testcase classname=\"vertical-slices.slice-002-loans.tests.unit\" name=\"test_ac_fr_002\"/>\
         <testcase classname=\"vertical-slices.slice-002-loans.tests.p\" name=\"test_ac_nfr_1\"><failure/></testcase>\
         <testcase classname=\"elsewhere\" name=\"test_of_nobody\"/>\
         </testsuite></testsuites>",
    );
    world
}

#[test]
fn what_nobody_covers_comes_first() {
    let world = worked();
    insta::assert_snapshot!("trace_md", world.vso(&["trace"]).exits(0).all());
    insta::assert_snapshot!("trace_junit", world.vso(&["trace", "--junit", "out/junit.xml"]).exits(0).all());
    world.vso(&["trace", "--strict"]).exits(1);
}

#[test]
fn text_from_the_specification_stays_text() {
    let world = World::with_master(&MASTER.replace("A member can borrow a tool.", "=HYPERLINK(\"x\") <b>|</b>"));
    let csv = world.vso(&["trace", "--format", "csv"]).exits(0).out;
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")"), "{csv}");
    let html = world.vso(&["trace", "--format", "html"]).exits(0).out;
    assert!(html.contains("&lt;b&gt;") && !html.contains("<b>"), "{html}");
    let json = world.vso(&["trace", "--format", "json"]).exits(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["counts"]["covered"], 0);
}

#[test]
fn a_file_without_results_is_refused() {
    let world = worked();
    world.write("page.xml", "<!DOCTYPE x><html/>");
    insta::assert_snapshot!("trace_refused", world.vso(&["trace", "--junit", "page.xml"]).exits(2).all());
}
