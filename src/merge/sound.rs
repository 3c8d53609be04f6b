//! What lines can't see: whether a text that lines merged cleanly still says everything once.
//!
//! Both sides may have added the same key in different places, or one moved what the other moved elsewhere. Then every
//! line is in its place, and yet the result is wrong.

use std::collections::HashMap;

use super::part::{Class, Part};
use super::split::{self, hcl, json};
use crate::spec::span::Span;

/// Whether `merged` has no key more often than one of the sides has it, and can still be read where they could.
pub(super) fn is_sound(class: Class, [_, ours, theirs]: [&str; 3], merged: &str) -> bool {
    let is_readable = match class {
        Class::Value => json::is_sound(merged),
        Class::Body | Class::Block => hcl::is_balanced(merged) || !hcl::is_balanced(ours) || !hcl::is_balanced(theirs),
        Class::Document => {
            let fenced = |text| split::front_matter::find(text).is_some();
            fenced(merged) || !(fenced(ours) && fenced(theirs))
        }
        _ => true,
    };
    let is_keyed = matches!(
        class,
        Class::Document
            | Class::Section
            | Class::FrontMatter
            | Class::List
            | Class::Table
            | Class::Module
            | Class::Type
            | Class::Body
            | Class::Block
    );
    if !is_readable || !is_keyed {
        return is_readable;
    }
    let (in_ours, in_theirs) = (keys(class, ours), keys(class, theirs));
    keys(class, merged)
        .into_iter()
        .all(|(key, count)| count <= 1 || count <= in_ours.get(&key).max(in_theirs.get(&key)).copied().unwrap_or(0))
}

/// How often a text has each key: ids wherever they stand, other keys under what they belong to.
fn keys(class: Class, text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let mut open = vec![(String::new(), Part::new(class, 0, Span::new(0, text.len())))];
    while let Some((path, part)) = open.pop() {
        let Some(parts) = split::parts(&part, text) else { continue };
        for part in parts {
            let Some(key) = &part.key else {
                if matches!(part.class, Class::List | Class::Table) {
                    open.push((path.clone(), part));
                }
                continue;
            };
            let own = match part.class {
                Class::Item | Class::Row if part.strict => key.clone(),
                Class::Section | Class::Entry | Class::Type | Class::Block | Class::Attribute => {
                    format!("{path}/{key}")
                }
                Class::Statement => format!("{path}/{key}"),
                _ => continue,
            };
            if matches!(part.class, Class::Section | Class::Type | Class::Block) {
                open.push((own.clone(), part));
            } else if part.class == Class::Item {
                open.push((path.clone(), part));
            }
            *counts.entry(own).or_default() += 1;
        }
    }
    counts
}
