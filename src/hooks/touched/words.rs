//! What was touched, in words that fit into a line.

use std::collections::BTreeMap;

use super::items::{Change, Fate};
use crate::report::finding::counted;

/// How many names a list shows before it counts the rest.
const SHOWN: usize = 6;
/// How many letters of a name are shown: names come from texts.
const LETTERS: usize = 60;

/// What changed in the master.
pub fn master(name: &str, change: &Result<Change, String>) -> String {
    let change = match change {
        Ok(change) => change,
        Err(why) => {
            let why = why.lines().next().unwrap_or_default();
            return format!("{name} changed, but slices can't be made from it: {why}");
        }
    };
    let of = |fate| change.items.iter().filter(move |(_, there)| *there == fate);
    let fates = [(Fate::Changed, "changed"), (Fate::New, "new"), (Fate::Gone, "gone")];
    let named: Vec<String> =
        fates.iter().flat_map(|(fate, word)| of(*fate).map(move |(id, _)| format!("{} {word}", shown(id)))).collect();
    let items = if named.is_empty() { "no item changed".to_owned() } else { list(&named) };
    let slices = match change.touched.as_slice() {
        [] => "touches no slice".to_owned(),
        touched => format!("touches {} of {}: {}", touched.len(), counted(change.count, "slice"), list(touched)),
    };
    let retired = match change.retired.as_slice() {
        [] => String::new(),
        retired => format!("; retires {}", list(retired)),
    };
    format!("{name}: {items}; {slices}{retired}")
}

/// Which slices were edited, by the paths of the files that changed; none when the slices are no longer there.
pub fn slices(changed: &[String], folder: &str) -> Option<String> {
    let mut by_slice: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in changed {
        let below = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
        let (slice, file) = below.split_once('/').unwrap_or((below, ""));
        by_slice.entry(slice).or_default().push(file);
    }
    let words: Vec<String> = by_slice
        .into_iter()
        .map(|(slice, files)| match files.as_slice() {
            [] | [""] => shown(slice),
            [file] => format!("{} ({})", shown(slice), shown(file)),
            files => format!("{} ({})", shown(slice), counted(files.len(), "file")),
        })
        .collect();
    (!words.is_empty()).then(|| format!("edited: {}", list(&words)))
}

/// An id for people: what only says its kind is left out.
fn shown(id: &str) -> String {
    let id = id.strip_prefix("endpoint:").unwrap_or(id);
    let mut text: String = id.chars().take(LETTERS).collect();
    if text.len() < id.len() {
        text.push('…');
    }
    text.replace(['\n', '\r', '\t'], " ")
}

fn list(names: &[String]) -> String {
    match names.len() {
        count if count > SHOWN + 1 => format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_fits_into_a_line() {
        let check = |change: Change, expected: &str| assert_eq!(master("m.md", &Ok(change)), expected);
        let names = |count: usize| (0..count).map(|number| format!("s{number}")).collect::<Vec<_>>();
        check(Change::default(), "m.md: no item changed; touches no slice");
        let items = vec![("FR-3".to_owned(), Fate::New), ("FR-1".to_owned(), Fate::Changed)];
        check(
            Change { items, touched: names(2), retired: vec!["s9".to_owned()], count: 14 },
            "m.md: FR-1 changed, FR-3 new; touches 2 of 14 slices: s0, s1; retires s9",
        );
        check(
            Change { touched: names(20), count: 20, ..Change::default() },
            "m.md: no item changed; touches 20 of 20 slices: s0, s1, s2, s3, s4, s5 and 14 more",
        );
    }

    #[test]
    fn edited_slices_are_named_with_their_files() {
        let check = |paths: &[&str], expected: Option<&str>| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            assert_eq!(slices(&paths, "v/s").as_deref(), expected);
        };
        check(&[], None);
        check(&["v/s/a/spec.md", "v/s/b/x/1", "v/s/b/x/2"], Some("edited: a (spec.md), b (2 files)"));
        check(&["v/s/README.md"], Some("edited: README.md"));
    }
}
