//! The tidy format: everything in it is read, and read as meant.

use vso::report::items::ItemsReport;
use vso::spec::document::Document;
use vso::spec::read;

const TIDY: &str = r#"---
title: "Tool Library"
version: "1.2.0"
authors: ["Team"]
dependencies: []
last_updated: "2026-11-21"
---

# Tool Library Master Specification
## Overview
A library that lends tools.
## Requirements
### Functional
- **FR-001** A visitor can register with an email address and a name.
- **FR-002** [component: Loans] A member can borrow a tool that is available.
  - one tool at a time
  - for up to 28 days
- FR-003: A member can return a tool.
- [FR-004] (Loans) A loan that is late is marked.
- A member can search the catalogue.
### Non-Functional
- Performance: **NFR-1** p95 latency of every endpoint under 200 ms at 50 requests/s.
- **NFR-2** Security: every endpoint needs a token.
- Availability: 99.9 % per month.
## Architecture
### Components
- **Members**: Registers people and their membership. Depends on: Notifications. Platform: hetzner. Also called: accounts.
- **Catalogue**: The tools that can be borrowed.
- **Loans**: Lends tools.
- **Notifications**: Sends reminders.
- **Recommendations**: Nightly batch inference on a GPU. Platform: modal.
### Dependencies
- Loans → Members, Catalogue
- Recommendations depends on Loans
- Catalogue -> Notifications
## Acceptance Criteria
- **AC-001** (Loans) As a member, I can return a tool before its due date. ([FR-003])
## Vertical Slices
<!-- vso:slices:begin -->
- **slice-001** Members
<!-- vso:slices:end -->
"#;

#[test]
fn the_tidy_format_is_read_perfectly() {
    let reading = read::read(&Document::parse(TIDY).unwrap());
    insta::assert_json_snapshot!(ItemsReport::new("master-spec.md", reading));
}

#[test]
fn the_parts_of_an_item_lie_where_its_text_is() {
    let reading = read::read(&Document::parse(TIDY).unwrap());
    let first = &reading.requirements[0];
    assert_eq!(first.origin.span.of(TIDY), "**FR-001** A visitor can register with an email address and a name.");
    assert_eq!(reading.requirements[1].details, ["one tool at a time", "for up to 28 days"]);
}
