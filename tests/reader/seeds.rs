//! The two documents that vso comes from give the parts that their authors list.

use vso::spec::document::Document;
use vso::spec::read;

fn components(text: &str) -> Vec<String> {
    let reading = read::read(&Document::parse(text).unwrap());
    reading.components.into_iter().map(|component| component.name).collect()
}

#[test]
fn eight_slices_come_out_of_the_headings_and_no_box_of_the_pictures() {
    let found = components(include_str!("../fixtures/specs/refactorbot-seed.md"));
    let wanted = [
        "Agent Core",
        "Tool System",
        "Memory System",
        "Communication",
        "Session Management",
        "Providers",
        "Skills Engine",
        "Event Bus",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_slice_is_also_known_by_its_name_in_code() {
    let text = include_str!("../fixtures/specs/refactorbot-seed.md");
    let reading = read::read(&Document::parse(text).unwrap());
    assert_eq!(reading.components[0].aliases, ["slice_agent_core"]);
    let body = reading.components[0].body[0].of(text);
    assert!(body.starts_with("### Slice 1") && body.contains("prompt_templates") && !body.contains("### Slice 2"));
}

#[test]
fn seven_core_components_come_out_of_the_list_and_none_of_the_format_examples() {
    let found = components(include_str!("../fixtures/specs/vso-seed.md"));
    let wanted = [
        "Slice Decomposer",
        "Spec Manager",
        "Orchestrator Hub",
        "Deployment Engine",
        "Queue Manager",
        "Testing Pipeline",
        "Change Detector",
    ];
    assert_eq!(found, wanted);
}
