//! The sections that requirements are grouped in ("5.1 Authentication and identity"). Where an author names no
//! component, these are the nearest thing to one; what becomes of them is not decided here.

use super::super::item::{Requirement, RequirementGroup, RequirementKind};
use super::ground::Ground;

/// The groups of functional requirements, in the order of the text. A group is the widest section around a requirement
/// that neither is the whole document nor only says what kind of thing stands in it ("Functional requirements").
#[must_use]
pub fn read(ground: &Ground<'_>, requirements: &[Requirement]) -> Vec<RequirementGroup> {
    let top = title_part(ground);
    let mut found: Vec<(usize, RequirementGroup)> = Vec::new();
    let functional = requirements.iter().filter(|one| one.kind == RequirementKind::Functional);
    for requirement in functional {
        let innermost = ground.part_at(requirement.origin.span.start);
        let around = std::iter::once(innermost).chain(ground.above(innermost));
        let narrow = around.take_while(|at| !is_generic(ground, *at) && Some(*at) != top);
        let Some(at) = narrow.last().filter(|at| ground.parts()[*at].heading.is_some()) else { continue };
        match found.iter_mut().rev().find(|(part, _)| *part == at) {
            Some((_, group)) => group.count += 1,
            None => {
                let part = &ground.parts()[at];
                let line = ground.line(part.span);
                found.push((at, RequirementGroup { title: part.title.clone(), span: part.span, line, count: 1 }));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, group)| group).collect()
}

/// The one section that holds the whole document, when there is such a one.
fn title_part(ground: &Ground<'_>) -> Option<usize> {
    let mut highest = ground.parts().iter().enumerate().filter(|(_, part)| part.level == 1);
    let first = highest.next()?.0;
    highest.next().is_none().then_some(first)
}

fn is_generic(ground: &Ground<'_>, at: usize) -> bool {
    let part = &ground.parts()[at];
    part.title.is_empty() || part.announced.is_some_and(|announced| announced.exact)
}

#[cfg(test)]
mod tests {
    use crate::spec::Document;
    use crate::spec::read::read;

    #[test]
    fn groups_are_the_sections_below_the_generic_ones() {
        let text = "# Store\n\n## 5. Functional requirements\n\n### 5.1 Sign-in\n\n- **F-1** Users shall sign in.\n- **F-2** \
                    Users shall sign out.\n\n### 5.2 Stock\n\n#### Receipts\n\n- **F-3** A receipt shall raise the stock.\n\n\
                    ## 6. Non-functional requirements\n\n### 6.1 Speed\n\n- **N-1** Answers shall take 1 s at most.\n";
        let reading = read(&Document::parse(text).unwrap());
        let groups: Vec<_> =
            reading.groups.iter().map(|group| (group.title.as_str(), group.line, group.count)).collect();
        assert_eq!(groups, [("Sign-in", 5, 2), ("Stock", 10, 1)]);
    }
}
