//! What GitHub documents, held by fakehub alone over real HTTP: one file a topic. No client of ours takes part.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod scene;

mod behaviour {
    mod checks;
    mod faults;
    mod graphql;
    mod limits;
    mod webhooks;
}
