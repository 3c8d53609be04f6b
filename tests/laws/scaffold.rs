//! Laws 2, 5 and 10 for generation: pure whatever the threads; a change touches only the slices that hold it; text of a
//! specification is text in every file. The real Python and Terraform judge the same in tests/generated/hostile.rs.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vso::scaffold::FileTree;

use super::poison::{EXAMPLE, SHARDS, poisoned, slicing_of, tree_of};

fn text_of<'t>(tree: &'t FileTree, path: &str) -> &'t str {
    std::str::from_utf8(&tree.get(path).unwrap_or_else(|| panic!("{path} is missing")).bytes).unwrap()
}

/// All text of a Markdown document, white space folded.
fn read_markdown(text: &str) -> String {
    let mut found = String::new();
    for event in pulldown_cmark::Parser::new(text) {
        match event {
            pulldown_cmark::Event::Text(part) => found.push_str(&part),
            pulldown_cmark::Event::Html(part) | pulldown_cmark::Event::InlineHtml(part) => panic!("HTML: {part}"),
            pulldown_cmark::Event::Code(part) => panic!("code: {part}"),
            _ => {}
        }
    }
    found
}

fn folded(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// How deep the brackets of a text stand when its quoted strings are left out; none when a string does not end.
fn depth_outside_strings(text: &str) -> Option<i64> {
    let (mut depth, mut quoted, mut letters) = (0, false, text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => drop(letters.next()),
            '"' => quoted = !quoted,
            '{' | '[' | '(' if !quoted => depth += 1,
            '}' | ']' | ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    (!quoted).then_some(depth)
}

fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![3 => proptest::sample::select(SHARDS).prop_map(str::to_owned), 1 => "\\PC{0,6}"],
        1..8,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generation_is_the_same_on_any_number_of_threads(text in hostile()) {
        let slicing = poisoned(slicing_of(EXAMPLE), &text);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| tree_of(&slicing))
        };
        prop_assert_eq!(on(1), on(5));
    }

    #[test]
    fn places_in_the_master_reach_no_file(shift in 1_usize..100_000) {
        let slicing = slicing_of(EXAMPLE);
        let mut moved = slicing.clone();
        for slice in &mut moved.slices {
            slice.requirements.iter_mut().for_each(|held| held.item.origin.line += shift);
            slice.endpoints.iter_mut().for_each(|held| held.item.origin.line += shift);
            slice.models.iter_mut().for_each(|held| held.item.origin.span.start += shift);
        }
        prop_assert_eq!(tree_of(&slicing), tree_of(&moved));
    }

    #[test]
    fn changing_one_requirement_changes_only_the_slices_that_hold_it(which in 0_usize..200, text in hostile()) {
        let before = slicing_of(EXAMPLE);
        let ids: BTreeSet<&str> =
            before.slices.iter().flat_map(|slice| &slice.requirements).map(|held| held.id.as_str()).collect();
        let id = ids.iter().nth(which % ids.len()).unwrap().to_string();
        let mut after = before.clone();
        for slice in &mut after.slices {
            let old = slice.requirements.iter().find(|held| held.id == id).map(|held| held.item.text.clone());
            slice.requirements.iter_mut().filter(|held| held.id == id).for_each(|held| held.item.text = text.clone());
            let of_it = slice.criteria.iter_mut().filter(|criterion| Some(&criterion.text) == old.as_ref());
            of_it.for_each(|criterion| criterion.text = text.clone());
        }
        let holders: Vec<String> = before
            .slices
            .iter()
            .filter(|slice| slice.requirements.iter().any(|held| held.id == id))
            .map(|slice| format!("vertical-slices/{}/", slice.id))
            .collect();
        let (old, new) = (tree_of(&before), tree_of(&after));
        let paths: BTreeSet<&str> = old.iter().chain(new.iter()).map(|(path, _)| path).collect();
        for path in paths.into_iter().filter(|path| old.get(path) != new.get(path)) {
            prop_assert!(holders.iter().any(|folder| path.starts_with(folder)), "{} changed {}", id, path);
        }
    }

    #[test]
    fn hostile_text_arrives_as_text(text in hostile()) {
        let slicing = poisoned(slicing_of(EXAMPLE), &text);
        let tree = tree_of(&slicing);
        for slice in &slicing.slices {
            let folder = format!("vertical-slices/{}", slice.id);
            let spec = read_markdown(text_of(&tree, &format!("{folder}/spec.md")));
            for held in &slice.requirements {
                let expected = folded(&held.item.text);
                prop_assert!(spec.contains(&expected), "{expected:?} is not in {spec:?}");
            }
            let metadata: serde_json::Value = serde_json::from_str(text_of(&tree, &format!("{folder}/metadata.json"))).unwrap();
            prop_assert_eq!(metadata["name"].as_str(), Some(slice.name.as_str()));
        }
        for (path, file) in tree.iter().filter(|(path, _)| path.ends_with(".tf") || path.ends_with(".tfvars")) {
            let lines = std::str::from_utf8(&file.bytes).unwrap().lines().filter(|line| !line.trim_start().starts_with('#'));
            let code: Vec<&str> = lines.collect();
            prop_assert_eq!(depth_outside_strings(&code.join("\n")), Some(0), "{} does not close", path);
        }
        for (path, file) in tree.iter() {
            let invisible = ['\u{0}', '\u{202e}'].iter().any(|letter| std::str::from_utf8(&file.bytes).unwrap().contains(*letter));
            prop_assert!(!invisible || path.ends_with("spec.md") || path.ends_with("metadata.json"), "{} hides a letter", path);
        }
    }
}
