//! The nine scenarios of template synchronisation: a person's edit in a slice against a generation's edit, through the
//! master, through a project's own template, through the settings. Nothing is dropped in silence.

use super::master::{MASTER, Text};
use super::project::{Project, conflicts, is_empty, shown, summary};

/// The words of the two sides, where a scenario has them.
const MINE: &str = "personword";
const THEIRS: &str = "templateword";

/// How a scenario ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Both words are there and nobody is asked.
    Together,
    /// Somebody is asked, and sees both.
    Asked,
    /// One text, and nobody is asked.
    Once,
}

/// What a person does in the slice, and what the next generation does.
struct Scenario {
    name: &'static str,
    mine: fn(&Project, &str),
    theirs: fn(&Project, &str),
    ends: Ends,
}

/// The slice that both sides work in.
fn folder(project: &Project) -> String {
    let found = project.standing().into_iter().find(|slice| slice.name.starts_with("Goods"));
    found.expect("there is such a slice").folder
}

fn replace(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.world.read(path);
    assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
    project.world.write(path, text.replacen(from, to, 1));
}

/// A template of the project's own: vso's with one text replaced.
fn own_template(project: &Project, name: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(format!("{}/templates/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(text.contains(from), "{name} has no {from:?}");
    project.world.write(&format!(".vso/templates/{name}"), text.replacen(from, to, 1));
}

fn own_spec(project: &Project, from: &str, to: &str) {
    own_template(project, "slice/spec.md", from, to);
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "far edits",
        mine: |project, slice| {
            let text = project.world.read(&format!("{slice}/spec.md"));
            project.world.write(&format!("{slice}/spec.md"), format!("{text}\n## Notes\n\n{MINE}\n"));
        },
        theirs: |project, _| own_spec(project, "## Overview\n", &format!("## Overview\n\nSee {THEIRS}.\n")),
        ends: Ends::Together,
    },
    Scenario {
        name: "far edits, through the master",
        mine: |project, slice| {
            replace(project, &format!("{slice}/spec.md"), "## Tests\n", &format!("## Tests\n\n{MINE}\n"))
        },
        theirs: |project, _| {
            replace(
                project,
                "master-spec.md",
                "with a title and a price",
                &format!("with a title, a price and {THEIRS}"),
            )
        },
        ends: Ends::Together,
    },
    Scenario {
        name: "adjacent edits",
        mine: |project, slice| {
            replace(
                project,
                &format!("{slice}/spec.md"),
                "- **FR-011**",
                &format!("  - Mind the {MINE}.\n- **FR-011**"),
            );
        },
        theirs: |project, _| {
            replace(project, "master-spec.md", "must not be negative", &format!("must not be negative or {THEIRS}"))
        },
        ends: Ends::Together,
    },
    Scenario {
        name: "adjacent lines, through a template",
        mine: |project, slice| {
            replace(project, &format!("{slice}/terraform/outputs.tf"), "\noutput", &format!("\n# {MINE}\noutput"))
        },
        theirs: |project, _| {
            own_template(
                project,
                "slice/terraform/outputs.tf",
                "description = \"",
                &format!("description = \"{THEIRS} "),
            );
        },
        ends: Ends::Together,
    },
    Scenario {
        name: "two words on one line",
        mine: |project, slice| {
            replace(
                project,
                &format!("{slice}/spec.md"),
                "**FR-011** A price must not",
                &format!("**FR-011** A {MINE} must not"),
            );
        },
        theirs: |project, _| {
            replace(project, "master-spec.md", "A price must not be", &format!("A price must not {THEIRS} be"));
        },
        ends: Ends::Together,
    },
    Scenario {
        name: "the same line",
        mine: |project, slice| {
            let (path, old) = (format!("{slice}/spec.md"), "**FR-011** A price must not be negative.");
            replace(project, &path, old, &format!("**FR-011** A price must not be {MINE}."));
        },
        theirs: |project, _| {
            replace(project, "master-spec.md", "must not be negative", &format!("must not be {THEIRS}"))
        },
        ends: Ends::Asked,
    },
    Scenario {
        name: "the same line, through a template",
        mine: |project, slice| {
            replace(project, &format!("{slice}/pytest.ini"), "testpaths = tests", &format!("testpaths = tests {MINE}"))
        },
        theirs: |project, _| {
            own_template(project, "slice/pytest.ini", "testpaths = tests", &format!("testpaths = tests {THEIRS}"))
        },
        ends: Ends::Asked,
    },
    Scenario {
        name: "the same line, through the settings",
        mine: |project, slice| replace(project, &format!("{slice}/spec.md"), "nbg1", MINE),
        theirs: |project, _| drop(project.world.write("vso.toml", format!("[deploy]\nlocation = \"{THEIRS}\"\n"))),
        ends: Ends::Asked,
    },
    Scenario {
        name: "the same edit twice",
        mine: |project, slice| {
            replace(project, &format!("{slice}/spec.md"), "## Overview\n", &format!("## Overview\n\n{MINE}\n"))
        },
        theirs: |project, _| own_spec(project, "## Overview\n", &format!("## Overview\n\n{MINE}\n")),
        ends: Ends::Once,
    },
    Scenario {
        name: "the generation renames, the person edits",
        mine: |project, slice| {
            replace(project, &format!("{slice}/spec.md"), "## Tests\n", &format!("## Tests\n\n{MINE}\n"));
            replace(project, &format!("{slice}/tests/steps.py"), "\n\n", &format!("\n# {MINE}\n\n"));
        },
        theirs: |project, _| {
            let text = project.world.read("master-spec.md");
            project.world.write("master-spec.md", text.replace("Goods", &format!("Goods {THEIRS}")));
        },
        ends: Ends::Together,
    },
    Scenario {
        name: "the person renames, the generation edits",
        mine: |project, slice| {
            let from = format!("{slice}/tests/unit/test_criteria.py");
            project.git(&["mv", &from, &format!("{slice}/tests/unit/test_{MINE}.py")]);
            replace(project, &format!("{slice}/tests/unit/test_{MINE}.py"), "\n\n", &format!("\n# {MINE}\n\n"));
        },
        theirs: |project, _| {
            replace(project, "master-spec.md", "must not be negative", &format!("must not be negative or {THEIRS}"))
        },
        ends: Ends::Together,
    },
    Scenario {
        name: "the generation deletes, the person edits",
        mine: |project, slice| {
            let path = format!("{slice}/tests/performance/test_limits.py");
            let text = project.world.read(&path);
            project.world.write(&path, format!("{text}\n# {MINE}\n"));
        },
        theirs: |project, _| {
            let mut text = Text::of(&project.world.read("master-spec.md"));
            text.lines.retain(|line| !line.contains("**NFR-1**"));
            project.world.write("master-spec.md", text.text());
        },
        ends: Ends::Asked,
    },
    Scenario {
        name: "the person deletes, the generation edits",
        mine: |project, slice| drop(project.git(&["rm", "-q", &format!("{slice}/tests/steps.py")])),
        theirs: |project, _| own_template(project, "slice/tests/steps.py", "\n\n", &format!("\n# {THEIRS}\n\n")),
        ends: Ends::Asked,
    },
    Scenario {
        name: "both add the same file",
        mine: |project, slice| {
            drop(project.world.write(&format!("{slice}/modal/app.py"), format!("SLICE = \"{MINE}\"\n")))
        },
        theirs: |project, _| {
            replace(
                project,
                "master-spec.md",
                "with photographs and prices.",
                "with photographs and prices. Platform: modal.",
            );
            own_template(project, "slice/modal/app.py", "SLICE = {{ slice.id }}", &format!("SLICE = \"{THEIRS}\""));
        },
        ends: Ends::Asked,
    },
];

fn check(scenario: &Scenario) {
    let Scenario { name, mine, theirs, ends } = scenario;
    let project = Project::in_step(MASTER);
    let slice = folder(&project);
    mine(&project, &slice);
    project.commit("a person's edit");
    // What goes up by itself is another story; here the two meet.
    let has_mine = project.git(&["log", "-1", "-p", "--format="]).contains(MINE);
    theirs(&project, &slice);
    project.commit("the generation's edit");
    let has_theirs = project.git(&["log", "-1", "-p", "--format="]).contains(THEIRS);
    let plan = project.plan();
    let open: Vec<_> =
        conflicts(&plan).into_iter().filter(|(id, _)| slice.ends_with(id.as_str()) || id.contains("goods")).collect();
    let texts: String = open.iter().map(|(_, conflict)| shown(conflict)).collect();
    match ends {
        Ends::Asked => {
            assert!(!open.is_empty(), "{name}: nobody is asked\n{}", summary(&plan));
            assert!(!has_mine || texts.contains(MINE), "{name}: my word is not shown\n{texts}");
            assert!(!has_theirs || texts.contains(THEIRS), "{name}: their word is not shown\n{texts}");
        }
        Ends::Together | Ends::Once => assert!(open.is_empty(), "{name}: asked without need\n{}", summary(&plan)),
    }
    for _ in 0..2 {
        project.sync();
        for proposal in project.open() {
            project.vso(&["pr", "merge", &proposal.number.to_string()]);
        }
    }
    let (place, record) = (folder(&project), ":(exclude,glob)**/metadata.json");
    let text = project.try_git(&["grep", "-h", "-I", "-i", "-e", MINE, "-e", THEIRS, "main", "--", &place, record]);
    let text = text.unwrap_or_default();
    assert!(!has_mine || text.contains(MINE), "{name}: my word is gone\n{text}");
    let plan = project.plan();
    match ends {
        Ends::Together => {
            assert!(text.contains(THEIRS), "{name}: their word did not come\n{text}");
            assert!(is_empty(&plan), "{name}: {}", summary(&plan));
        }
        Ends::Once => {
            assert_eq!(text.matches(MINE).count(), 1, "{name}\n{text}");
            assert!(is_empty(&plan), "{name}: {}", summary(&plan));
        }
        Ends::Asked => {
            let asked = conflicts(&plan);
            assert!(!asked.is_empty(), "{name}: settled by silence\n{}", summary(&plan));
        }
    }
}

#[test]
fn nothing_is_dropped_in_silence() {
    let failed: Vec<String> = SCENARIOS
        .iter()
        .filter_map(|scenario| {
            let ran = std::panic::catch_unwind(|| check(scenario));
            let error = ran.err()?;
            let words = error.downcast_ref::<String>().cloned().unwrap_or_else(|| "?".to_owned());
            Some(format!("{}: {words}", scenario.name))
        })
        .collect();
    assert!(failed.is_empty(), "{} of {} scenarios\n{}", failed.len(), SCENARIOS.len(), failed.join("\n\n"));
}
