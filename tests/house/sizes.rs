//! Sizes and names: files, functions and folders stay small enough to be read at one go, and names say something.

use std::collections::BTreeMap;

use super::source::{Source, sources};

/// Most lines of a file.
const FILE_LINES: usize = 600;
/// Most lines of a function, from `fn` to its closing brace.
const FUNCTION_LINES: usize = 100;
/// Most Rust files of a folder.
const FOLDER_FILES: usize = 15;
/// Most Rust files of a folder that holds one small file a thing: a command or a rule, or their tests.
const LONG_FOLDER_FILES: usize = 40;
/// Those folders.
const LONG_FOLDERS: &[&str] = &["src/cli", "src/spec/rules", "tests/cli"];
/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "misc"];

/// What is too large or badly named, as lines to print. Paths start at the repository's root.
fn complaints(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sources {
        let path = &source.path;
        let lines = source.text.lines().count();
        if lines > FILE_LINES {
            found.push(format!("file: {path} has {lines} lines; the limit is {FILE_LINES}"));
        }
        if !source.text.starts_with("//!") {
            found.push(format!("opening: {path} does not open with `//!`"));
        }
        for function in source.contents().functions.iter().filter(|function| function.lines > FUNCTION_LINES) {
            let (name, line, lines) = (&function.name, function.line, function.lines);
            found.push(format!("function: {path}:{line}: `{name}` has {lines} lines; the limit is {FUNCTION_LINES}"));
        }
        let is_empty_name = |part: &str| part.split('_').any(|word| EMPTY_NAMES.contains(&word));
        for part in path.trim_end_matches(".rs").split('/').filter(|part| is_empty_name(part)) {
            found.push(format!("name: {path}: `{part}` says nothing"));
        }
        *folders.entry(path.rsplit_once('/').map_or("", |(folder, _)| folder)).or_default() += 1;
    }
    for (folder, count) in folders {
        let limit = if LONG_FOLDERS.contains(&folder) { LONG_FOLDER_FILES } else { FOLDER_FILES };
        if count > limit {
            found.push(format!("folder: {folder} has {count} files; the limit is {limit}"));
        }
    }
    found
}

fn below(folder: &str) -> Vec<Source> {
    let rename = |source: Source| Source { path: format!("{folder}/{}", source.path), text: source.text };
    sources(folder).into_iter().map(rename).collect()
}

#[test]
fn files_functions_and_folders_are_small_and_well_named() {
    let all: Vec<Source> = below("src").into_iter().chain(below("tests")).collect();
    let found = complaints(&all);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn each_limit_is_reported() {
    let check = |path: &str, text: &str, expected: &str| {
        let found = complaints(&[Source::new(path, text)]);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{path}: {found:?}");
    };
    let lines = |count: usize| "\n".repeat(count);
    check("src/a.rs", &format!("//! A.\n{}", lines(600)), "file:");
    check("src/a.rs", &format!("//! A.\nfn f() {{\n{}}}", lines(99)), "function:");
    check("src/a.rs", "fn f() {}", "opening:");
    check("src/spec/utils.rs", "//! A.", "name:");
    check("src/spec/path_helpers/a.rs", "//! A.", "name:");
    assert!(complaints(&[Source::new("src/a.rs", &format!("//! A.\nfn f() {{\n{}}}", lines(98)))]).is_empty());

    let crowd = |folder: &str, count: usize| -> Vec<Source> {
        (0..count).map(|number| Source::new(&format!("{folder}/a{number}.rs"), "//! A.")).collect()
    };
    assert!(complaints(&crowd("src/spec", 15)).is_empty() && complaints(&crowd("src/cli", 40)).is_empty());
    assert_eq!(complaints(&crowd("src/spec", 16)).len(), 1);
    assert_eq!(complaints(&crowd("src/cli", 41)).len(), 1);
}
