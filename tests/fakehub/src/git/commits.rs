//! Commits read, written and merged in a bare repository.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::{self, GitError, run};

/// The most commits that a `push` event holds.
const PUSHED: usize = 2048;

/// A commit's parts.
#[derive(Debug, Clone)]
pub struct Commit {
    pub id: String,
    pub tree: String,
    pub parents: Vec<String>,
    pub author: Person,
    pub committer: Person,
    /// As it is in the object, to the last line end.
    pub message: String,
    pub signature: Option<String>,
    /// What the signature signs: the object without it.
    pub payload: String,
}

/// Who and when.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub email: String,
    /// Unix seconds.
    pub at: i64,
    /// `+0000`
    pub zone: String,
}

impl Person {
    /// As it stands in a commit object.
    pub fn line(&self) -> String {
        format!("{} <{}> {} {}", self.name, self.email, self.at, self.zone)
    }

    fn parse(line: &str) -> Self {
        let (name, rest) = line.split_once('<').unwrap_or((line, ""));
        let (email, rest) = rest.split_once('>').unwrap_or((rest, ""));
        let mut words = rest.split_whitespace();
        let at = words.next().and_then(|at| at.parse().ok()).unwrap_or(0);
        let zone = words.next().unwrap_or("+0000").to_owned();
        Self { name: name.trim_end().to_owned(), email: email.to_owned(), at, zone }
    }

    /// The moment as GitHub writes it.
    pub fn when(&self) -> String {
        jiff::Timestamp::from_second(self.at).map(crate::clock::show).unwrap_or_default()
    }
}

/// Reads a commit by its id, or by the id of a tag that stands for it.
pub fn read(path: &Path, id: &str) -> Result<Commit, GitError> {
    let read = read_all(path, std::slice::from_ref(&id.to_owned()))?;
    read.into_iter().next().ok_or_else(|| GitError(format!("{id} is no commit")))
}

/// Reads commits with one process; those that are missing are left out.
pub fn read_all(path: &Path, ids: &[String]) -> Result<Vec<Commit>, GitError> {
    let asked: String = ids.iter().map(|id| format!("{id}^{{commit}}\n")).collect();
    let said = git::feed(path, &["cat-file", "--batch"], asked.as_bytes())?;
    let mut rest = said.as_slice();
    let mut found = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let mut words = head.split(' ');
        let (Some(id), Some("commit"), Some(Ok(size))) = (words.next(), words.next(), words.next().map(str::parse))
        else {
            continue;
        };
        let Some(text) = rest.get(..size) else { break };
        found.push(parse(id.to_owned(), &String::from_utf8_lossy(text)));
        rest = rest.get(size + 1..).unwrap_or_default();
    }
    Ok(found)
}

/// The paths that commits added, removed and modified, by commit; merges change nothing themselves.
pub fn changes(path: &Path, ids: &[String]) -> BTreeMap<String, Vec<(char, String)>> {
    let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let arguments = ["diff-tree", "--stdin", "-r", "--root", "--no-renames", "--name-status", "-z"];
    let said = git::feed(path, &arguments, asked.as_bytes()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut found: BTreeMap<String, Vec<(char, String)>> = BTreeMap::new();
    let mut commit = String::new();
    let mut words = said.split('\0').map(|word| word.trim_start_matches('\n'));
    while let Some(word) = words.next() {
        if word.len() == 40 {
            commit = word.to_owned();
        } else if let (Some(letter), Some(path)) = (word.chars().next(), words.next()) {
            found.entry(commit.clone()).or_default().push((letter, path.to_owned()));
        }
    }
    found
}

fn parse(id: String, text: &str) -> Commit {
    let (head, message) = text.split_once("\n\n").unwrap_or((text, ""));
    let nobody = Person { name: String::new(), email: String::new(), at: 0, zone: "+0000".to_owned() };
    let mut commit = Commit {
        id,
        tree: String::new(),
        parents: Vec::new(),
        author: nobody.clone(),
        committer: nobody,
        message: message.to_owned(),
        signature: None,
        payload: String::new(),
    };
    let mut payload = Vec::new();
    let mut in_signature = false;
    for line in head.split('\n') {
        if let (true, Some(more)) = (in_signature, line.strip_prefix(' ')) {
            let signature = commit.signature.get_or_insert_default();
            signature.push('\n');
            signature.push_str(more);
            continue;
        }
        in_signature = false;
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "tree" => commit.tree = value.to_owned(),
            "parent" => commit.parents.push(value.to_owned()),
            "author" => commit.author = Person::parse(value),
            "committer" => commit.committer = Person::parse(value),
            "gpgsig" => {
                commit.signature = Some(value.to_owned());
                in_signature = true;
                continue;
            }
            _ => {}
        }
        payload.push(line);
    }
    commit.payload = format!("{}\n\n{message}", payload.join("\n"));
    commit
}

/// The commits of a push, oldest first, at most as many as GitHub sends.
pub fn pushed(path: &Path, old: Option<&str>, new: Option<&str>, default_branch: &str) -> Vec<Commit> {
    let Some(new) = new else { return Vec::new() };
    let without = old.map_or_else(|| format!("^refs/heads/{default_branch}"), |old| format!("^{old}"));
    let mut ids = listed(path, new, &without);
    ids.truncate(PUSHED);
    read_all(path, &ids).unwrap_or_default()
}

/// The ids of commits, oldest first, reachable from one but not from what is behind `without`; a ref in `without` may be
/// missing.
pub fn listed(path: &Path, from: &str, without: &str) -> Vec<String> {
    let listed = run(path, &["rev-list", "--reverse", "--topo-order", from, without])
        .or_else(|_| run(path, &["rev-list", "--reverse", "--topo-order", from]));
    listed.unwrap_or_default().lines().map(str::to_owned).collect()
}

/// The tree of a merge; none when the two conflict or share no history.
pub fn merge_tree(path: &Path, base: &str, head: &str) -> Option<String> {
    let said = run(path, &["merge-tree", "--write-tree", "--no-messages", base, head]).ok()?;
    said.lines().next().map(str::to_owned)
}

/// Writes a commit object and gives its id.
pub fn write(
    path: &Path,
    tree: &str,
    parents: &[String],
    author: &Person,
    committer: &Person,
    message: &str,
    signature: Option<&str>,
) -> Result<String, GitError> {
    let text = object(tree, parents, author, committer, message, signature);
    let id = git::feed(path, &["hash-object", "-t", "commit", "-w", "--stdin"], text.as_bytes())?;
    Ok(String::from_utf8_lossy(&id).trim().to_owned())
}

/// A commit object's text.
pub fn object(
    tree: &str,
    parents: &[String],
    author: &Person,
    committer: &Person,
    message: &str,
    signature: Option<&str>,
) -> String {
    let mut text = format!("tree {tree}\n");
    for parent in parents {
        text.push_str(&format!("parent {parent}\n"));
    }
    text.push_str(&format!("author {}\ncommitter {}\n", author.line(), committer.line()));
    if let Some(signature) = signature {
        text.push_str(&format!("gpgsig {}\n", signature.replace('\n', "\n ")));
    }
    text.push('\n');
    text.push_str(message);
    text
}
