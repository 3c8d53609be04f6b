//! What a person does to the master in one commit: words, items, components.

use super::chance::Chance;
use super::master::{Text, add_word, free_id, id_of, replace_sentence};
use super::words::Words;

/// What an edit was, for the count of what occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    Reword,
    Replace,
    Add,
    Remove,
    Detail,
    Move,
    Retag,
    Rename,
    Describe,
    Split,
    Drop,
    Shared,
    Endpoint,
    Model,
    Criterion,
    Raise,
}

/// The edits that a free round draws from; what is rare in life is rare here.
pub const FREE: [Edit; 22] = [
    Edit::Reword,
    Edit::Reword,
    Edit::Reword,
    Edit::Reword,
    Edit::Replace,
    Edit::Replace,
    Edit::Add,
    Edit::Add,
    Edit::Remove,
    Edit::Detail,
    Edit::Detail,
    Edit::Move,
    Edit::Retag,
    Edit::Rename,
    Edit::Describe,
    Edit::Split,
    Edit::Drop,
    Edit::Shared,
    Edit::Endpoint,
    Edit::Model,
    Edit::Criterion,
    Edit::Raise,
];

/// Makes one edit. Says what was done; none where there is nothing to do it to.
pub fn edit(text: &mut Text, edit: Edit, words: &mut Words, chance: &mut Chance) -> Option<String> {
    let mark = words.mark();
    let done = try_edit(text, edit, words, chance);
    if done.is_none() {
        words.take_back(mark);
    }
    done
}

fn try_edit(text: &mut Text, edit: Edit, words: &mut Words, chance: &mut Chance) -> Option<String> {
    let requirements = text.items("FR-");
    match edit {
        Edit::Reword => reword(text, chance.pick(&requirements)?, words),
        Edit::Replace => {
            let at = chance.pick(&requirements)?;
            let id = id_of(&text.lines[at])?;
            let word = words.fresh_item(&format!("master: {id} says something else"));
            text.lines[at] = replace_sentence(&text.lines[at], &word, words);
            Some(format!("replaced {id} {word}"))
        }
        Edit::Add => add(text, words, chance),
        Edit::Remove if requirements.len() > 8 => remove(text, chance.pick(&requirements)?, words),
        Edit::Remove => None,
        Edit::Detail => {
            let at = chance.pick(&requirements)?;
            let id = id_of(&text.lines[at])?;
            let word = words.fresh_item(&format!("master: detail below {id}"));
            text.lines.insert(at + 1, format!("  - The {word} is kept."));
            Some(format!("detail below {id} {word}"))
        }
        Edit::Move => {
            let from = chance.pick(&requirements)?;
            let taken = text.cut(from);
            let to = chance.pick(&text.items("FR-"))?;
            let said = format!("moved {} before line {to}", id_of(&taken[0])?);
            text.lines.splice(to..to, taken);
            Some(said)
        }
        Edit::Retag => retag(text, chance.pick(&requirements)?, chance),
        Edit::Rename => rename(text, words, chance),
        Edit::Describe => {
            let at = chance.pick(&text.section("### Components"))?;
            let word = words.fresh("master: a component's description");
            let cut = text.lines[at].find(". ").unwrap_or(text.lines[at].len() - 1);
            text.lines[at].insert_str(cut, &format!(" and {word}"));
            Some(format!("described {} {word}", id_of(&text.lines[at])?))
        }
        Edit::Split => split(text, words, chance),
        Edit::Drop => drop_component(text, words, chance),
        Edit::Shared => {
            let at = chance.pick(&text.items("NFR-"))?;
            reword(text, at, words)
        }
        Edit::Endpoint => {
            let at = chance.pick(&text.section("## API Endpoints"))?;
            let word = words.fresh("master: an endpoint's parameter");
            let space = text.lines[at].char_indices().filter(|(_, letter)| *letter == ' ').nth(2)?.0;
            let mark = if text.lines[at][..space].contains('?') { '&' } else { '?' };
            text.lines[at].insert_str(space, &format!("{mark}{word}={{{word}}}"));
            Some(format!("endpoint {word}"))
        }
        Edit::Model => {
            let at = chance.pick(&text.section("### Data Models"))?;
            let word = words.fresh("master: a model's field");
            let end = text.lines[at].rfind('}')?;
            text.lines[at].insert_str(end, &format!(", {word}?: string"));
            Some(format!("model field {word}"))
        }
        Edit::Criterion => reword(text, chance.pick(&text.items("AC-"))?, words),
        Edit::Raise => {
            let at = text.lines.iter().position(|line| line.starts_with("version: "))?;
            let minor = text.lines[at].split('.').nth(1)?.parse::<u32>().ok()? + 1;
            let major = text.lines[at].split(['"', '.']).nth(1)?.to_owned();
            text.lines[at] = format!("version: \"{major}.{minor}.0\"");
            Some(format!("raised the version to {major}.{minor}.0"))
        }
    }
}

/// One more word in an item.
pub fn reword(text: &mut Text, at: usize, words: &mut Words) -> Option<String> {
    let id = id_of(&text.lines[at])?;
    let word = words.fresh_item(&format!("master: {id} reworded"));
    text.lines[at] = add_word(&text.lines[at], &word);
    Some(format!("reworded {id} {word}"))
}

/// Takes a requirement out, and what refers to it.
pub fn remove(text: &mut Text, at: usize, words: &mut Words) -> Option<String> {
    let gone = text.cut(at);
    let id = id_of(&gone[0])?;
    words.discard(&gone.join("\n"), "removed from the master");
    for line in &mut text.lines {
        *line = line.replace(&format!("[{id}], "), "").replace(&format!(", [{id}]"), "");
        *line = line.replace(&format!(" ([{id}])"), "");
    }
    Some(format!("removed {id}"))
}

fn add(text: &mut Text, words: &mut Words, chance: &mut Chance) -> Option<String> {
    let name = chance.pick(&text.components())?;
    let id = free_id(&text.text(), "FR-", chance);
    let word = words.fresh_item(&format!("master: new {id}"));
    let sentence = ["A keeper can print", "A customer can see", "The system must keep"];
    let line = format!("- **{id}** [component: {name}] {} the {word}.", chance.pick(&sentence)?);
    let at = chance.pick(&text.items("FR-"))?;
    text.lines.insert(at, line);
    Some(format!("added {id} to {name} {word}"))
}

fn retag(text: &mut Text, at: usize, chance: &mut Chance) -> Option<String> {
    let (head, rest) = text.lines[at].split_once("[component: ")?;
    let (from, tail) = rest.split_once(']')?;
    let others: Vec<String> = text.components().into_iter().filter(|name| name != from).collect();
    // A component that loses its last requirement would be another edit.
    if text.of_component(from).len() < 2 {
        return None;
    }
    let to = chance.pick(&others)?;
    let said = format!("gave {} of {from} to {to}", id_of(&text.lines[at])?);
    text.lines[at] = format!("{head}[component: {to}]{tail}");
    Some(said)
}

fn rename(text: &mut Text, words: &mut Words, chance: &mut Chance) -> Option<String> {
    let from = chance.pick(&text.components())?;
    let word = words.fresh("master: a component's name");
    let stem = from.split(' ').next()?.to_owned();
    let to = format!("{stem} Q{}", &word[1..]);
    words.discard(&from, "the component has another name");
    for line in &mut text.lines {
        for (left, right) in [("- **", "**:"), ("[component: ", "]"), ("(", ")")] {
            *line = line.replace(&format!("{left}{from}{right}"), &format!("{left}{to}{right}"));
        }
        if let Some(at) = line.find("Depends on: ") {
            let (head, needs) = line.split_at(at + 12);
            let needs: Vec<String> = needs
                .trim_end_matches('.')
                .split(", ")
                .map(|need| if need == from { to.clone() } else { need.to_owned() })
                .collect();
            *line = format!("{head}{}.", needs.join(", "));
        }
    }
    Some(format!("renamed {from} to {to}"))
}

fn split(text: &mut Text, words: &mut Words, chance: &mut Chance) -> Option<String> {
    if text.components().len() >= 6 {
        return None;
    }
    let from = chance.pick(&text.components())?;
    let own = text.of_component(&from);
    if own.len() < 3 {
        return None;
    }
    let word = words.fresh("master: a new component");
    let to = format!("Desk Q{}", &word[1..]);
    for at in own.iter().take(own.len() / 2) {
        text.lines[*at] = text.lines[*at].replace(&format!("[component: {from}]"), &format!("[component: {to}]"));
    }
    let last = *text.section("### Components").last()?;
    text.lines.insert(last + 1, format!("- **{to}**: Takes over a part of what stood together. Depends on: {from}."));
    Some(format!("split {to} off {from}"))
}

/// Takes a component out; what it did goes to another one.
fn drop_component(text: &mut Text, words: &mut Words, chance: &mut Chance) -> Option<String> {
    let names = text.components();
    if names.len() < 5 {
        return None;
    }
    let gone = chance.pick(&names)?;
    let heir = names.iter().find(|name| **name != gone)?.clone();
    let at =
        text.section("### Components").into_iter().find(|at| text.lines[*at].starts_with(&format!("- **{gone}**")))?;
    let line = text.lines.remove(at);
    words.discard(&line, "its component was dropped");
    for line in &mut text.lines {
        *line = line.replace(&format!("[component: {gone}]"), &format!("[component: {heir}]"));
        *line = line.replace(&format!("({gone})"), &format!("({heir})"));
        if let Some(place) = line.find("Depends on: ") {
            let (head, needs) = line.split_at(place + 12);
            let needs: Vec<&str> =
                needs.trim_end_matches('.').split(", ").filter(|need| *need != gone && !need.is_empty()).collect();
            let named = line.split("**").nth(1).unwrap_or_default().to_owned();
            let needs: Vec<&str> = needs.into_iter().filter(|need| *need != named).collect();
            *line = if needs.is_empty() {
                head.trim_end_matches("Depends on: ").trim_end().to_owned()
            } else {
                format!("{head}{}.", needs.join(", "))
            };
        }
    }
    Some(format!("dropped {gone}; {heir} has its requirements"))
}

#[test]
fn every_edit_can_be_made_and_carries_its_word() {
    let (mut words, mut chance) = (Words::default(), Chance::new(1));
    for kind in FREE {
        let mut text = Text::of(super::master::MASTER);
        let made = (0..20).find_map(|_| edit(&mut text, kind, &mut words, &mut chance));
        let is_possible = !matches!(kind, Edit::Drop | Edit::Split) || made.is_some() || text.components().len() < 5;
        assert!(is_possible && (made.is_some() || kind == Edit::Drop), "{kind:?}");
        let said = made.unwrap_or_default();
        for word in super::words::found(&said) {
            assert!(super::words::found(&text.text()).contains(&word), "{kind:?}: {said}\n{}", text.text());
        }
        assert!(
            said.is_empty() || text.text() != super::master::MASTER || said.starts_with("moved"),
            "{kind:?}: {said}"
        );
    }
}
