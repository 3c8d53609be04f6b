//! The GitHub App of a server: `vso app create` with the browser's part acted over HTTP, and `vso app doctor`, both the real
//! binary against `fakehub`.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod world;

#[path = "serve/client.rs"]
#[allow(dead_code, reason = "these tests use a part of the client")]
mod client;

#[path = "hub/world.rs"]
mod hub_world;

mod app {
    pub mod create;
    mod doctor;
}
