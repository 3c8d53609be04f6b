//! What is asked of GitHub without a repository behind it: who somebody is that signs in, what they may see, and the App
//! that was made from a manifest.

mod knock;
mod manifest;
mod person;
mod plain;

pub use knock::knock;
pub use manifest::{NewApp, Registry};
pub use person::{Person, Proof, Seen, SignIn};
