//! What the hub's things look like in answers and payloads: one function for each schema of GitHub's API description.

pub mod commit;
pub mod issue;
pub mod mention;
pub mod pull;
pub mod repo;
pub mod user;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The id that GraphQL knows a thing by: `PR_` and what only the hub can read.
pub fn node(kind: &str, id: u64) -> String {
    format!("{kind}_{}", URL_SAFE_NO_PAD.encode(format!("hub:{id:08}")))
}

/// The kind and number behind a [`node`] id.
pub fn of_node(node: &str) -> Option<(String, u64)> {
    let (kind, code) = node.split_once('_')?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(code).ok()?).ok()?;
    Some((kind.to_owned(), text.strip_prefix("hub:")?.parse().ok()?))
}
