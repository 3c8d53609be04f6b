//! Refs and commits through the API: moved by compare-and-swap, and made without an author so that GitHub signs them.
//!
//! A commit that an App makes so is shown as verified. Its bytes are the payload that was signed and the signature, so
//! the same object can stand in the local repository without a fetch.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Hub;
use super::governor::Cost;
use super::refusal::Refusal;
use super::send::{Request, read};
use super::wire::Method;
use crate::fault::Fault;
use crate::git::{Exchange, Id, Update};
use crate::merge::{Entry, Mode};

/// What git writes for "nothing".
const NOTHING: &str = "0000000000000000000000000000000000000000";

/// One file of a commit to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From the repository's root, with `/`.
    pub path: String,
    /// What stands there then; none to delete it.
    pub entry: Option<Entry>,
}

/// A commit to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// What it follows; these must be on GitHub already.
    pub parents: Vec<Id>,
    /// The tree that the changes are made to; it must be on GitHub already. None for an empty one.
    pub base_tree: Option<Id>,
    /// What differs from it.
    pub changes: Vec<Change>,
    /// The tree that must come of it.
    pub tree: Id,
    /// The whole message.
    pub message: String,
}

/// A commit that was made. No ref names it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCommit {
    /// Its name.
    pub id: Id,
    /// Whether GitHub signed it and will show it as verified.
    pub verified: bool,
    /// What was signed: the object without its signature; none where it was not signed.
    pub payload: Option<String>,
    /// The signature, for [`crate::git::Repo::write_commit_object`].
    pub signature: Option<String>,
}

impl Hub<'_> {
    /// Moves refs on GitHub, all or none, each only from what it is believed to be; the same as a push with leases, for
    /// commits that are there already. Forced moves are allowed: the belief is the guard.
    ///
    /// # Errors
    /// When GitHub can't be asked, or the token may not (exit 3).
    pub fn move_refs(&self, moves: &[Update]) -> Result<Exchange, Fault> {
        if moves.is_empty() {
            return Ok(Exchange::Done);
        }
        let fault = |refusal: Refusal| self.fault(refusal, "the branches can't be moved");
        let oid = |id: Option<Id>| id.map_or_else(|| NOTHING.to_owned(), |id| id.to_string());
        let rows: Vec<Value> = moves
            .iter()
            .map(
                |row| json!({"name": row.name, "beforeOid": oid(row.expected), "afterOid": oid(row.to), "force": true}),
            )
            .collect();
        let node = self.node().map_err(fault)?;
        let variables = json!({ "input": { "repositoryId": node, "refUpdates": rows } });
        let mutation = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";
        let refusal = match self.graph::<Value>(mutation, &variables, Cost::Write) {
            Ok(_) => return Ok(Exchange::Done),
            Err(refusal) => refusal,
        };
        if !refusal.is_lost() && refusal.status().is_none_or(|status| matches!(status, 401 | 403 | 404)) {
            return Err(fault(refusal));
        }
        // Its words about a ref that moved are not documented; the refs themselves tell.
        let mut others = Vec::new();
        let mut done = 0;
        for row in moves {
            let is = self.ref_there(&row.name).map_err(fault)?;
            if is == row.to {
                done += 1;
            } else if is != row.expected {
                others.push(row.name.clone());
            }
        }
        match refusal {
            _ if done == moves.len() => Ok(Exchange::Done),
            _ if !others.is_empty() => Ok(Exchange::Rejected(others)),
            Refusal::Said { message, status: ..500, .. } => Ok(Exchange::Refused(message)),
            refusal => Err(fault(refusal)),
        }
    }

    /// The commit of a branch on GitHub; none where there is no such branch, or no commit at all.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub fn branch_head(&self, branch: &str) -> Result<Option<Id>, Fault> {
        match self.ref_there(&format!("refs/heads/{branch}")) {
            // A repository without any commit.
            Err(refusal) if refusal.status() == Some(409) => Ok(None),
            found => found.map_err(|refusal| self.fault(refusal, &format!("the branch {branch} can't be read"))),
        }
    }

    /// What a ref (`refs/…`) names on GitHub.
    fn ref_there(&self, name: &str) -> Result<Option<Id>, Refusal> {
        // `heads/x` is one part of the path.
        let short = super::address::escaped(name.strip_prefix("refs/").unwrap_or(name));
        match self.ask::<RawRef>(Request::get(format!("{}/git/ref/{short}", self.repository()))) {
            Ok(found) => found.object.sha.parse().map(Some).map_err(|error: crate::git::NoId| unreadable(&error)),
            Err(refusal) if refusal.status() == Some(404) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Makes a commit without author and committer, so that GitHub writes and signs them. No ref is moved.
    ///
    /// # Errors
    /// When GitHub refuses, or what it made is not what was meant (exit 3).
    pub fn commit(&self, new: &NewCommit) -> Result<MadeCommit, Fault> {
        let fault = |refusal: Refusal| self.fault(refusal, "the commit can't be made on GitHub");
        let tree = self.tree(new).map_err(fault)?;
        if tree != new.tree {
            let what = format!("GitHub made the tree {tree} where {} was meant", new.tree);
            return Err(Fault::unfinished(what).hint("set `verified = false` under [github] and say what you did"));
        }
        let parents: Vec<String> = new.parents.iter().map(Id::to_string).collect();
        let body = json!({ "message": new.message, "tree": tree.to_string(), "parents": parents });
        let made: RawCommit = self.made("commits", body).map_err(fault)?;
        let id = made.sha.parse().map_err(|error: crate::git::NoId| fault(unreadable(&error)))?;
        let RawVerification { verified, payload, signature } = made.verification;
        Ok(MadeCommit { id, verified, payload, signature })
    }

    fn tree(&self, new: &NewCommit) -> Result<Id, Refusal> {
        let mut rows = Vec::new();
        for change in &new.changes {
            rows.push(self.row(change)?);
        }
        let base = new.base_tree.map(|id| id.to_string());
        if let (true, Some(base)) = (rows.is_empty(), new.base_tree) {
            return Ok(base);
        }
        let mut body = json!({ "tree": rows });
        if let Some(base) = base {
            body["base_tree"] = json!(base);
        }
        let tree: RawSha = self.made("trees", body)?;
        tree.sha.parse().map_err(|error: crate::git::NoId| unreadable(&error))
    }

    fn row(&self, change: &Change) -> Result<Value, Refusal> {
        let Some(entry) = &change.entry else {
            return Ok(json!({ "path": change.path, "mode": "100644", "type": "blob", "sha": null }));
        };
        let mode = match entry.mode {
            Mode::File => "100644",
            Mode::Executable => "100755",
            Mode::Link => "120000",
        };
        Ok(match std::str::from_utf8(&entry.bytes) {
            Ok(text) => json!({ "path": change.path, "mode": mode, "type": "blob", "content": text }),
            Err(_) => {
                // JSON holds text only.
                let blob: RawSha =
                    self.made("blobs", json!({ "content": base64(&entry.bytes), "encoding": "base64" }))?;
                json!({ "path": change.path, "mode": mode, "type": "blob", "sha": blob.sha })
            }
        })
    }

    /// Makes a git object. A second one of the same content is the same, or is named by nothing; so a lost answer is
    /// asked for once more.
    fn made<T: serde::de::DeserializeOwned>(&self, kind: &str, body: Value) -> Result<T, Refusal> {
        let path = format!("{}/git/{kind}", self.repository());
        let request = Request::change(Method::Post, path, body);
        read(&match self.send(request.clone()) {
            Err(refusal) if refusal.is_lost() => self.send(request)?,
            other => other?,
        })
    }

    /// The repository's name in GraphQL.
    fn node(&self) -> Result<String, Refusal> {
        if let Some(node) = &self.state.borrow().node {
            return Ok(node.clone());
        }
        let found: RawNode = self.ask(Request::get(self.repository()))?;
        self.state.borrow_mut().node = Some(found.node_id.clone());
        Ok(found.node_id)
    }

    /// Asks GraphQL. Its errors come with status 200, so they get the status that REST would have.
    pub(super) fn graph<T: serde::de::DeserializeOwned>(
        &self,
        query: &str,
        variables: &Value,
        cost: Cost,
    ) -> Result<T, Refusal> {
        let body = json!({ "query": query, "variables": variables });
        let mut answer: Value = self.ask(Request::graph(body, cost))?;
        if let Some(error) = answer["errors"].as_array().and_then(|errors| errors.first()) {
            let status = match error["type"].as_str() {
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => 403,
                Some("NOT_FOUND") => 404,
                _ => 422,
            };
            let message = error["message"].as_str().unwrap_or("it does not say why").chars().take(300).collect();
            return Err(Refusal::Said { status, message, needs: None });
        }
        serde_json::from_value(answer["data"].take()).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &dyn std::error::Error) -> Refusal {
    Refusal::Unreadable(error.to_string())
}

/// RFC 4648, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = three.iter().enumerate().fold(0u32, |sum, (at, byte)| sum | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[derive(Deserialize)]
struct RawRef {
    object: RawSha,
}

#[derive(Deserialize)]
struct RawSha {
    sha: String,
}

#[derive(Deserialize)]
struct RawNode {
    node_id: String,
}

#[derive(Deserialize)]
struct RawCommit {
    sha: String,
    #[serde(default)]
    verification: RawVerification,
}

#[derive(Deserialize, Default)]
struct RawVerification {
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    payload: Option<String>,
    #[serde(default)]
    signature: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_standards() {
        let check = |text: &str, expected: &str| assert_eq!(base64(text.as_bytes()), expected);
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }
}
