//! The GitHub client of the library against `fakehub`: each call, what it does when answers are lost, limits are hit or
//! tokens end, and what it never does. One file a topic.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod world;

#[path = "hub/world.rs"]
mod hub_world;

mod client {
    mod app;
    mod checks;
    mod comments;
    mod commits;
    mod described;
    pub mod desk;
    mod failing;
    mod limits;
    mod people;
    mod pulls;
    mod signing;
    mod tokens;
}
