//! `vso graph`: the pictures of a small specification, hostile names included.

use crate::world::World;

/// Three components, one of them with a name that wants to be markup.
pub(crate) const MASTER: &str = "\
---
title: \"Small <System>\"
version: \"1.1.0\"
---

# Small System

## Requirements
### Functional
- **FR-001** [component: Members] A visitor can register with a name.
- **FR-002** [component: Loans] A member can borrow a tool.
- **FR-003** [component: =cmd()</script>] The nightly batch inference shall run on a GPU.

### Non-Functional
- Performance: **NFR-1** p95 latency of every endpoint under 200 ms at 50 requests/s.

## Architecture
### Components
- **Loans**: Lends tools. Depends on: Members.
- **Members**: Registers people.
- **=cmd()</script>**: Trains a model. Platform: modal.
";

#[test]
fn every_notation_is_what_it_says() {
    let world = World::with_master(MASTER);
    insta::assert_snapshot!("graph_mermaid", world.vso(&["graph"]).exits(0).all());
    insta::assert_snapshot!("graph_dot", world.vso(&["graph", "--format", "dot"]).exits(0).all());
    insta::assert_snapshot!("graph_json", world.vso(&["graph", "--format", "json"]).exits(0).all());
    let drawing = world.vso(&["graph", "--format", "svg"]).exits(0).out;
    assert!(drawing.starts_with("<svg ") && drawing.contains("<title") && !drawing.contains("</script"), "{drawing}");
    let schema = world.vso(&["graph", "--schema"]).exits(0).out;
    assert!(serde_json::from_str::<serde_json::Value>(&schema).is_ok());
}

#[test]
fn a_circle_is_refused_with_its_path() {
    let world = World::with_master(&MASTER.replace("Registers people.", "Registers people. Depends on: Loans."));
    insta::assert_snapshot!("graph_circle", world.vso(&["graph"]).exits(1).all());
}
