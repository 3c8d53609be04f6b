//! Pictures whose arrows go round in a circle.

use super::dependency_cycle;
use crate::spec::item::Rung;
use crate::spec::lint::{Finding, Rule, Severity, Subject};

/// The rule.
pub const RULE: Rule = Rule {
    id: "drawn-cycle",
    summary: "the arrows of a picture go round in a circle",
    reason: "A picture often shows how data flows. Slices are built in an order, so one of these arrows is not followed.",
    hint: "say in words who needs whom, as in `Depends on: Storage`, or draw one arrow only",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let circles = dependency_cycle::find(subject, |_| true).into_iter();
    let drawn = circles.filter(|circle| circle.way.iter().any(|stated| stated.origin.rung == Rung::Fence));
    drawn.map(|circle| circle.finding(subject, "drawn dependencies go round")).collect()
}
