//! Words that must not stand in the repository: paths of one machine, hosts of package registries.

use super::layout::tracked;
use super::source::root;

/// Each as two halves, so that this file does not hold them itself.
const WORDS: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/root/.car", "go"),
    ("/root/.py", "env"),
    ("chat ses", "sion"),
    ("index.cra", "tes.io"),
    ("static.cra", "tes.io"),
    ("pypi", ".org"),
    ("files.python", "hosted.org"),
    ("registry.npm", "js.org"),
    ("proxy.go", "lang.org"),
];

/// Other people's texts and lock files, which name their sources.
fn is_ours(path: &str) -> bool {
    !path.starts_with("tests/fixtures/specs/") && !path.ends_with(".lock") && !path.ends_with("package-lock.json")
}

/// The forbidden words of a text, with their lines.
fn found(text: &str) -> Vec<(usize, String)> {
    let words: Vec<String> = WORDS.iter().map(|(start, end)| format!("{start}{end}")).collect();
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(number, line)| {
            words.iter().filter(move |word| is_said(line, word)).map(move |word| (number + 1, word.clone()))
        })
        .collect()
}

/// Whether a line says a word; a path counts only where it begins.
fn is_said(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !word.starts_with('/') || !before.is_some_and(|letter| letter.is_alphanumeric() || "-_.}".contains(letter))
    })
}

#[test]
fn no_file_speaks_of_one_machine() {
    let Some(files) = tracked() else { return };
    let mut all = Vec::new();
    for path in files.iter().filter(|path| is_ours(path)) {
        // What is no text, or tracked but gone from the folder, says nothing.
        let Ok(text) = std::fs::read_to_string(root().join(path)) else { continue };
        all.extend(found(&text).into_iter().map(|(line, word)| format!("{path}:{line}: {word}")));
    }
    assert!(all.is_empty(), "wall `words`:\n{}\n", all.join("\n"));
}

#[test]
fn a_forbidden_word_is_found_where_it_begins() {
    let path = format!("{}{}", WORDS[0].0, WORDS[0].1);
    assert_eq!(found(&format!("a\nsee {path}x")), [(2, path.clone())]);
    assert_eq!(found(&format!("https://example.invalid{path}")), []);
    assert_eq!(found(&format!("\"{path}\"")).len(), 1);
}
