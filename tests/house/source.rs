//! Rust sources as the house sees them: which paths a file names, which macros it calls, how long its functions are.
//!
//! Sources are read as tokens, so that strings and comments say nothing, and what stands in macros and in
//! `#[cfg(test)]` modules counts like all else.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A source file.
pub struct Source {
    /// Its path with `/`, relative to the folder it was looked for in: `spec/read/mod.rs`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A path that a file names, with the module in which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `["crate", "spec", "item"]` as written; a glob ends in `*`.
    pub segments: Vec<String>,
    /// Inline modules around it, from the file's own module.
    pub inside: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

/// A function of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`, from 1.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// What a file says, as far as the house cares.
#[derive(Debug, Default)]
pub struct Contents {
    /// All paths: in `use`, in expressions, types, attributes and macros.
    pub paths: Vec<Named>,
    /// Words with the line they stand on: macros as `name!`, and the keywords `async` and `await`.
    pub words: Vec<(String, usize)>,
    /// All functions with a body.
    pub functions: Vec<Function>,
}

impl Source {
    /// A made-up file.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Reads the file.
    pub fn contents(&self) -> Contents {
        let tokens = TokenStream::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let mut contents = Contents::default();
        contents.read(tokens, &[]);
        contents
    }

    /// The module that the file is: `["spec", "read"]` for `spec/read/mod.rs`, none for `lib.rs` and `main.rs`.
    pub fn module(&self) -> Vec<String> {
        let mut parts: Vec<String> = self.path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            parts.pop();
        }
        parts
    }

    /// The path from the crate's root that a named path stands for; none when it leads out of the crate.
    pub fn resolve(&self, named: &Named) -> Option<Vec<String>> {
        let mut here: Vec<String> = self.module().into_iter().chain(named.inside.iter().cloned()).collect();
        let mut segments = named.segments.iter().peekable();
        match segments.peek()?.as_str() {
            "crate" => here.clear(),
            "vso" if self.path == "main.rs" => here.clear(),
            "super" => _ = here.pop(),
            "self" => {}
            _ => return None,
        }
        segments.next();
        while segments.next_if(|segment| *segment == "super").is_some() {
            here.pop();
        }
        here.extend(segments.cloned());
        Some(here)
    }
}

impl Contents {
    fn read(&mut self, tokens: TokenStream, inside: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = match &tokens[at] {
                TokenTree::Group(group) => {
                    self.read(group.stream(), &self.inner_module(&tokens[..at], inside));
                    at + 1
                }
                TokenTree::Ident(word) => self.read_word(&word.to_string(), &tokens, at, inside),
                _ => at + 1,
            };
        }
    }

    /// The modules around a group: one more when the group is the body of an inline module.
    fn inner_module(&self, before: &[TokenTree], inside: &[String]) -> Vec<String> {
        let mut modules = inside.to_vec();
        if let [.., TokenTree::Ident(keyword), TokenTree::Ident(name)] = before
            && keyword == "mod"
        {
            modules.push(name.to_string());
        }
        modules
    }

    fn read_word(&mut self, word: &str, tokens: &[TokenTree], at: usize, inside: &[String]) -> usize {
        let line = line_of(&tokens[at]);
        match word {
            "use" if !is_punct(tokens.get(at + 1), '<') => return self.read_path(tokens, at + 1, inside, true),
            "async" | "await" => self.words.push((word.to_owned(), line)),
            "fn" => self.functions.extend(function(tokens, at)),
            _ if is_punct(tokens.get(at + 1), '!') && !is_punct(tokens.get(at + 2), '=') => {
                self.words.push((format!("{word}!"), line));
            }
            _ if is_double_colon(tokens, at + 1) => return self.read_path(tokens, at, inside, false),
            _ => {}
        }
        at + 1
    }

    /// Reads a path or a tree of paths and gives the place after it.
    fn read_path(&mut self, tokens: &[TokenTree], at: usize, inside: &[String], is_use: bool) -> usize {
        let mut found = Vec::new();
        let end = leaves(tokens, at, &[], &mut found);
        for (segments, line) in found {
            // `crate` alone is the visibility of `pub(crate) use`, or a renaming of the whole crate in a `use`.
            if is_use || segments.len() > 1 {
                self.paths.push(Named { segments, inside: inside.to_vec(), line });
            }
        }
        end
    }
}

/// Collects the paths of a tree such as `a::{b, c::d as e, f::*}` and gives the place after it.
fn leaves(tokens: &[TokenTree], start: usize, prefix: &[String], found: &mut Vec<(Vec<String>, usize)>) -> usize {
    let mut at = if is_double_colon(tokens, start) { start + 2 } else { start };
    let mut segments = prefix.to_vec();
    let line = tokens.get(at).map_or(0, line_of);
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) => segments.push(word.to_string().trim_start_matches("r#").to_owned()),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => segments.push("*".into()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let branch: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in branch.split(|token| is_punct(Some(token), ',')).filter(|part| !part.is_empty()) {
                    leaves(part, 0, &segments, found);
                }
                return at + 1;
            }
            // A turbofish: the path ends here for the house.
            _ => break,
        }
        at += 1;
        if !is_double_colon(tokens, at) {
            break;
        }
        at += 2;
    }
    if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
        segments.pop();
    }
    found.push((segments, line));
    at
}

fn function(tokens: &[TokenTree], at: usize) -> Option<Function> {
    let TokenTree::Ident(name) = tokens.get(at + 1)? else { return None };
    let ends = |token: &&TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    let TokenTree::Group(body) = tokens[at..].iter().find(ends)? else { return None };
    let line = line_of(&tokens[at]);
    Some(Function { name: name.to_string(), line, lines: body.span_close().end().line - line + 1 })
}

fn line_of(token: &TokenTree) -> usize {
    token.span().start().line
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_double_colon(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder of the repository, in the order of their paths.
pub fn sources(folder: &str) -> Vec<Source> {
    let top = root().join(folder);
    let mut found = Vec::new();
    for path in files(&top) {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source is UTF-8");
            found.push(Source { path: relative(&path, &top), text });
        }
    }
    assert!(!found.is_empty(), "there are sources in {folder}");
    found
}

/// All files below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A path relative to a folder, with `/`.
pub fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).expect("it is below").to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of a source, resolved where they stay in the crate.
    fn check(path: &str, text: &str, expected: &[&str]) {
        let source = Source::new(path, text);
        let resolve = |named: &Named| match source.resolve(named) {
            Some(inside) => format!("crate::{}", inside.join("::")),
            None => named.segments.join("::"),
        };
        let found: Vec<String> = source.contents().paths.iter().map(resolve).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn use_trees_are_followed_to_their_leaves() {
        check(
            "a/b.rs",
            "use crate::{c::{d, self}, e as f, g::*};",
            &["crate::c::d", "crate::c", "crate::e", "crate::g::*"],
        );
        check("a/b.rs", "pub(crate) use {::std::fs, git2};", &["std::fs", "git2"]);
        check("a/b.rs", "fn f() -> impl Iterator + use<'_> {}", &[]);
    }

    #[test]
    fn supers_count_from_the_module_they_stand_in() {
        check("a/b.rs", "use super::c; use super::super::d;", &["crate::a::c", "crate::d"]);
        check("a/mod.rs", "use super::c; use self::d;", &["crate::c", "crate::a::d"]);
        check("a/b.rs", "mod tests { use super::super::c; use super::super::super::d; }", &["crate::a::c", "crate::d"]);
        check("main.rs", "fn main() { vso::cli::main() }", &["crate::cli::main"]);
    }

    #[test]
    fn paths_count_wherever_they_stand() {
        check(
            "a.rs",
            "#[tokio::main] fn f(x: &crate::b::C) { g!(crate::d::e(), 1); }",
            &["tokio::main", "crate::b::C", "crate::d::e"],
        );
        check("a.rs", "#[cfg(test)] mod tests { fn f() { std::fs::read(\"x\"); } }", &["std::fs::read"]);
        check("a.rs", "// crate::b\n/* use crate::c; */ /// crate::d\nconst A: &str = r#\"use crate::e;\"#;", &[]);
        check("a.rs", "const A: char = '\"'; use crate::b; const B: char = '\"';", &["crate::b"]);
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let source =
            Source::new("a.rs", "/// Doc.\n#[must_use]\nfn a() {\n\n}\ntrait T { fn b(); }\ntype F = fn();\nfn c() {}");
        let found: Vec<_> = source.contents().functions.into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("a".to_owned(), 3, 3), ("c".to_owned(), 8, 1)]);
    }

    #[test]
    fn macros_and_async_are_words() {
        let found = Source::new("a.rs", "async fn f() { println!(\"x\"); g().await; if a != b {} }").contents().words;
        let words: Vec<_> = found.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["async", "println!", "await"]);
    }
}
